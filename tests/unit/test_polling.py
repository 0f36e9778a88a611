"""What is read over REST, when, and when again. Tests only."""

from __future__ import annotations

from upbit_ws_qt.polling import Fetch, Poller
from upbit_ws_qt.subscriptions import BALANCE_STREAM, Stream

ORDERS = Stream("myOrder", "")


def polling() -> Poller:
    poller = Poller(5.0)
    poller.poll([BALANCE_STREAM, ORDERS])
    return poller


def test_a_new_stream_is_asked_for_at_once_and_only_once() -> None:
    poller = polling()
    assert poller.next_fetch(100.0) is None
    assert poller.next_deadline() is None
    poller.read([BALANCE_STREAM])
    deadline = poller.next_deadline()
    assert deadline is not None
    assert deadline <= 100.0
    assert poller.next_fetch(100.0) == Fetch(BALANCE_STREAM, 0)
    assert poller.next_fetch(1000.0) is None, "one question at a time"
    assert poller.next_deadline() is None


def test_the_interval_counts_from_the_answer() -> None:
    poller = polling()
    poller.read([BALANCE_STREAM])
    fetch = poller.next_fetch(100.0)
    assert fetch is not None
    assert poller.answered(fetch, 103.0)
    assert poller.next_deadline() == 108.0
    assert poller.next_fetch(107.9) is None
    assert poller.next_fetch(108.0) == fetch


def test_a_longer_wait_is_kept_and_a_shorter_one_is_not() -> None:
    poller = polling()
    poller.read([BALANCE_STREAM])
    for wait_s, due in ((60.0, 160.0), (1.0, 105.0)):
        fetch = poller.next_fetch(200.0)
        assert fetch is not None
        assert poller.answered(fetch, 100.0, wait_s=wait_s)
        assert poller.next_deadline() == due


def test_streams_are_asked_for_beside_each_other() -> None:
    poller = polling()
    poller.read([BALANCE_STREAM, ORDERS])
    asked = [poller.next_fetch(100.0), poller.next_fetch(100.0)]
    assert {fetch.subject for fetch in asked if fetch} == {BALANCE_STREAM, ORDERS}
    assert poller.next_fetch(100.0) is None


def test_what_is_wanted_no_more_is_forgotten_with_its_answer() -> None:
    poller = polling()
    poller.read([BALANCE_STREAM, ORDERS])
    fetches = [poller.next_fetch(100.0), poller.next_fetch(100.0)]
    poller.read([ORDERS])
    counted = [fetch.subject for fetch in fetches if fetch and poller.answered(fetch, 101.0)]
    assert counted == [ORDERS]
    poller.read([])
    assert poller.next_deadline() is None


def test_a_stream_that_comes_back_is_asked_for_again() -> None:
    """The answer to the former question came while nobody wanted it."""
    poller = polling()
    poller.read([BALANCE_STREAM])
    fetch = poller.next_fetch(100.0)
    assert fetch is not None
    poller.read([])
    assert not poller.answered(fetch, 101.0)
    poller.read([BALANCE_STREAM])
    assert poller.next_fetch(101.0) == fetch


def test_a_stream_that_stays_keeps_its_time() -> None:
    poller = polling()
    poller.read([BALANCE_STREAM])
    fetch = poller.next_fetch(100.0)
    assert fetch is not None
    poller.answered(fetch, 100.0)
    poller.read([BALANCE_STREAM, ORDERS])
    again = poller.next_fetch(101.0)
    assert again is not None
    assert again.subject == ORDERS
    assert poller.next_deadline() == 105.0


def test_answers_from_before_a_restart_do_not_count() -> None:
    """Another key was set: the former account's answer may still be on its way."""
    poller = polling()
    poller.read([BALANCE_STREAM])
    former = poller.next_fetch(100.0)
    assert former is not None
    poller.restart()
    current = poller.next_fetch(100.0)
    assert current is not None
    assert current == Fetch(BALANCE_STREAM, 1)
    assert not poller.answered(former, 101.0)
    assert poller.next_fetch(101.0) is None, "the present question is still open"
    assert poller.answered(current, 102.0)
    assert poller.next_deadline() == 107.0


def test_after_a_restart_everything_is_due_at_once() -> None:
    poller = polling()
    poller.read([BALANCE_STREAM])
    fetch = poller.next_fetch(100.0)
    assert fetch is not None
    poller.answered(fetch, 100.0)
    poller.restart()
    assert poller.next_fetch(100.0) == Fetch(BALANCE_STREAM, 1)


def test_each_subject_has_its_interval() -> None:
    poller = Poller(5.0, {BALANCE_STREAM: 2.0})
    poller.poll([BALANCE_STREAM, ORDERS])
    poller.read([BALANCE_STREAM, ORDERS])
    for fetch in (poller.next_fetch(100.0), poller.next_fetch(100.0)):
        assert fetch is not None
        poller.answered(fetch, 100.0)
    first = poller.next_fetch(102.0)
    assert first is not None
    assert first.subject == BALANCE_STREAM
    assert poller.next_fetch(104.9) is None
    second = poller.next_fetch(105.0)
    assert second is not None
    assert second.subject == ORDERS


def test_what_a_socket_carries_is_read_once_and_again_only_when_something_calls_for_it() -> None:
    poller = Poller(5.0)
    poller.read([BALANCE_STREAM, "an order"])
    assert poller.is_reading(100.0)
    for fetch in (poller.next_fetch(100.0), poller.next_fetch(100.0)):
        assert fetch is not None
        assert poller.is_reading(100.0)
        assert poller.answered(fetch, 100.0)
    assert not poller.is_reading(10_000.0)
    assert poller.next_deadline() is None
    assert poller.next_fetch(10_000.0) is None
    poller.ask_by(BALANCE_STREAM, 105.0)
    poller.ask_by(BALANCE_STREAM, 107.0)
    poller.ask_by(ORDERS, 101.0)
    assert poller.next_deadline() == 105.0, "the earlier wish counts, and nobody reads the orders"
    assert not poller.is_reading(104.9)
    assert poller.next_fetch(105.0) == Fetch(BALANCE_STREAM, 0)


def test_a_wish_that_comes_before_the_answer_is_another_question() -> None:
    poller = Poller(5.0)
    poller.read([BALANCE_STREAM])
    fetch = poller.next_fetch(100.0)
    assert fetch is not None
    poller.ask_by(BALANCE_STREAM, 100.1)
    assert poller.next_fetch(100.2) is None
    poller.answered(fetch, 100.3)
    assert poller.next_fetch(100.3) == fetch


def test_what_was_not_answered_is_asked_again_after_the_interval() -> None:
    poller = Poller(5.0)
    poller.read([BALANCE_STREAM])
    fetch = poller.next_fetch(100.0)
    assert fetch is not None
    poller.answered(fetch, 101.0, again=True)
    assert poller.next_deadline() == 106.0


def test_only_so_many_are_asked_at_a_time_and_the_longest_waiting_first() -> None:
    poller = Poller(5.0, most_asked=2)
    poller.read(["a", "b", "c"])
    first, second = poller.next_fetch(100.0), poller.next_fetch(100.0)
    assert poller.next_fetch(100.0) is None
    assert poller.next_deadline() is None, "what is due has to wait for an answer"
    assert first is not None
    assert second is not None
    poller.answered(first, 100.0, again=True)
    deadline = poller.next_deadline()
    assert deadline is not None
    assert deadline <= 100.0
    third = poller.next_fetch(200.0)
    assert third is not None
    assert {first.subject, second.subject, third.subject} == {"a", "b", "c"}


def test_no_group_waits_for_another_one() -> None:
    poller = Poller(5.0, most_asked=1, group_of=lambda subject: str(subject)[0])
    poller.read(["a1", "a2", "b1"])
    asked = [poller.next_fetch(100.0), poller.next_fetch(100.0)]
    assert [fetch.subject for fetch in asked if fetch] == ["a1", "b1"]
    assert poller.next_fetch(100.0) is None
    assert poller.next_deadline() is None
    assert asked[1] is not None
    poller.answered(asked[1], 101.0, again=True)
    assert poller.next_deadline() == 106.0, "what may be asked, and not what has to wait"


def test_a_subject_may_wait_until_it_is_called_for() -> None:
    poller = Poller(5.0)
    poller.read(["a"], at_once=False)
    assert poller.next_fetch(100.0) is None
    assert poller.next_deadline() is None
    poller.ask_by("a", 103.0)
    assert poller.next_fetch(102.9) is None
    assert poller.next_fetch(103.0) == Fetch("a", 0)


def test_what_begins_to_be_polled_is_asked_for_at_once_and_then_again_and_again() -> None:
    poller = Poller(5.0)
    poller.read(["a"], at_once=False)
    poller.poll(["a"])
    for at in (100.0, 105.0):
        fetch = poller.next_fetch(at)
        assert fetch is not None
        assert fetch.subject == "a"
        poller.answered(fetch, at)
    poller.poll(["a"])
    assert poller.next_deadline() == 110.0, "who is polled already keeps its time"


def test_what_is_not_polled_any_more_is_asked_for_once_more_at_most() -> None:
    poller = Poller(5.0)
    poller.read(["a"], at_once=False)
    poller.poll(["a"])
    fetch = poller.next_fetch(100.0)
    assert fetch is not None
    poller.poll([])
    assert poller.answered(fetch, 101.0)
    assert poller.next_deadline() is None


def test_the_wait_that_the_exchange_asks_for_holds_for_wishes_of_before() -> None:
    poller = Poller(5.0)
    poller.read(["a"])
    fetch = poller.next_fetch(100.0)
    assert fetch is not None
    poller.ask_by("a", 100.5)
    poller.answered(fetch, 101.0, wait_s=30.0)
    assert poller.next_deadline() == 131.0
