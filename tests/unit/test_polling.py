"""Streams that are served over REST because no socket carries them now. Tests only."""

from __future__ import annotations

from upbit_ws_qt.polling import Fetch, Poller
from upbit_ws_qt.subscriptions import BALANCE_STREAM, Stream

ORDERS = Stream("myOrder", "")


def test_a_new_stream_is_asked_for_at_once_and_only_once() -> None:
    poller = Poller(5.0)
    assert poller.next_fetch(100.0) is None
    assert poller.next_deadline() is None
    poller.poll([BALANCE_STREAM])
    deadline = poller.next_deadline()
    assert deadline is not None
    assert deadline <= 100.0
    assert poller.next_fetch(100.0) == Fetch(BALANCE_STREAM, 0)
    assert poller.next_fetch(1000.0) is None, "one question at a time"
    assert poller.next_deadline() is None


def test_the_interval_counts_from_the_answer() -> None:
    poller = Poller(5.0)
    poller.poll([BALANCE_STREAM])
    fetch = poller.next_fetch(100.0)
    assert fetch is not None
    assert poller.answered(fetch, 103.0)
    assert poller.next_deadline() == 108.0
    assert poller.next_fetch(107.9) is None
    assert poller.next_fetch(108.0) == fetch


def test_a_longer_wait_is_kept_and_a_shorter_one_is_not() -> None:
    poller = Poller(5.0)
    poller.poll([BALANCE_STREAM])
    for wait_s, due in ((60.0, 160.0), (1.0, 105.0)):
        fetch = poller.next_fetch(200.0)
        assert fetch is not None
        assert poller.answered(fetch, 100.0, wait_s)
        assert poller.next_deadline() == due


def test_streams_are_asked_for_beside_each_other() -> None:
    poller = Poller(5.0)
    poller.poll([BALANCE_STREAM, ORDERS])
    asked = [poller.next_fetch(100.0), poller.next_fetch(100.0)]
    assert {fetch.stream for fetch in asked if fetch} == {BALANCE_STREAM, ORDERS}
    assert poller.next_fetch(100.0) is None


def test_what_is_wanted_no_more_is_forgotten_with_its_answer() -> None:
    poller = Poller(5.0)
    poller.poll([BALANCE_STREAM, ORDERS])
    fetches = [poller.next_fetch(100.0), poller.next_fetch(100.0)]
    poller.poll([ORDERS])
    counted = [fetch.stream for fetch in fetches if fetch and poller.answered(fetch, 101.0)]
    assert counted == [ORDERS]
    poller.poll([])
    assert poller.next_deadline() is None


def test_a_stream_that_comes_back_is_asked_for_again() -> None:
    """The answer to the former question came while nobody wanted it."""
    poller = Poller(5.0)
    poller.poll([BALANCE_STREAM])
    fetch = poller.next_fetch(100.0)
    assert fetch is not None
    poller.poll([])
    assert not poller.answered(fetch, 101.0)
    poller.poll([BALANCE_STREAM])
    assert poller.next_fetch(101.0) == fetch


def test_a_stream_that_stays_keeps_its_time() -> None:
    poller = Poller(5.0)
    poller.poll([BALANCE_STREAM])
    fetch = poller.next_fetch(100.0)
    assert fetch is not None
    poller.answered(fetch, 100.0)
    poller.poll([BALANCE_STREAM, ORDERS])
    again = poller.next_fetch(101.0)
    assert again is not None
    assert again.stream == ORDERS
    assert poller.next_deadline() == 105.0


def test_answers_from_before_a_restart_do_not_count() -> None:
    """Another key was set: the former account's answer may still be on its way."""
    poller = Poller(5.0)
    poller.poll([BALANCE_STREAM])
    former = poller.next_fetch(100.0)
    assert former is not None
    poller.restart()
    current = poller.next_fetch(100.0)
    assert current == Fetch(BALANCE_STREAM, 1)
    assert not poller.answered(former, 101.0)
    assert poller.next_fetch(101.0) is None, "the present question is still open"
    assert poller.answered(current, 102.0)
    assert poller.next_deadline() == 107.0


def test_after_a_restart_everything_is_due_at_once() -> None:
    poller = Poller(5.0)
    poller.poll([BALANCE_STREAM])
    fetch = poller.next_fetch(100.0)
    assert fetch is not None
    poller.answered(fetch, 100.0)
    poller.restart()
    assert poller.next_fetch(100.0) == Fetch(BALANCE_STREAM, 1)
