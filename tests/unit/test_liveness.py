"""Quiet, changed or dead, on literal times. Tests only."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt.actions import Ping, Send
from upbit_ws_qt.errors import SubscriptionLost
from upbit_ws_qt.liveness import Dead, HealthMonitor
from upbit_ws_qt.ratelimit import MESSAGE_WINDOWS, SlidingWindows
from upbit_ws_qt.subscriptions import Stream
from upbit_ws_qt.wire import ListFrame

TICKER, TRADES = Stream("ticker", "KRW-BTC"), Stream("trade", "KRW-BTC")
BOOK = Stream("orderbook", "KRW-BTC", 1000.0)
ASSETS = Stream("myAsset", "")
WANTED = frozenset({TICKER, TRADES})
NEVER_WITHIN_AN_HOUR = 3600.0


class Watch:
    """A monitor of a connection that was opened at 100 s; time moves from deadline to deadline."""

    def __init__(self, share: float = 0.8, **limits: float) -> None:
        tickets = count(1)
        self.monitor = HealthMonitor(lambda: f"t{next(tickets)}", **limits)
        self.messages = SlidingWindows(MESSAGE_WINDOWS, share)
        self.may_ask = True
        self.time = 100.0
        self.monitor.opened(self.messages, self.time)

    def deadline(self) -> float:
        return self.monitor.next_deadline(may_ask=self.may_ask)

    def next(self) -> Ping | Send | Dead:
        """Wait until something is due, and what that is."""
        deadline = self.deadline()
        assert self.monitor.check(deadline - 0.001, may_ask=self.may_ask) is None
        self.time = deadline
        due = self.monitor.check(self.time, may_ask=self.may_ask)
        assert due is not None
        return due

    def asked(self) -> str:
        """Wait until a question is due, whatever comes before; its mark."""
        while not isinstance(due := self.next(), Send):
            assert isinstance(due, Ping)
            self.pong()
        ticket, method, form = json.loads(due.data)
        assert method == {"method": "LIST_SUBSCRIPTIONS"}
        assert form == {"format": "SIMPLE"}, "the running streams keep their format"
        mark: str = ticket["ticket"]
        return mark

    def data(self) -> None:
        self.monitor.received_at = self.monitor.data_at = self.time

    def pong(self) -> None:
        self.monitor.pong_received(self.time)

    def answer(
        self, ticket: str, listed: Iterable[Stream] = WANTED, after_s: float = 0.0
    ) -> SubscriptionLost | None:
        self.time += after_s
        self.monitor.received_at = self.time
        return self.monitor.answered(ListFrame(ticket, frozenset(listed)), WANTED, self.time)

    def reopen(self) -> None:
        self.monitor.opened(self.messages, self.time)


@pytest.fixture
def watch() -> Watch:
    return Watch()


# -- quiet -----------------------------------------------------------------------------------------


def test_after_fifteen_silent_seconds_the_exchange_is_asked(watch: Watch) -> None:
    assert watch.asked() == "t1"
    assert watch.time == 115.0
    assert watch.answer("t1", after_s=0.2) is None
    assert watch.monitor.quiet == 1
    assert watch.monitor.round_trip_s == pytest.approx(0.2)


def test_how_long_a_silence_may_last_can_be_chosen() -> None:
    watch = Watch(stale_after_s=3.0, answer_within_s=2.0)
    watch.asked()
    assert watch.time == 103.0
    assert isinstance(watch.next(), Dead)
    assert watch.time == 105.0


def test_while_it_is_quiet_questions_take_the_place_of_pings(watch: Watch) -> None:
    for _ in range(20):
        assert watch.answer(watch.asked(), after_s=0.2) is None
    assert watch.time == pytest.approx(100.0 + 20 * 15.2)
    assert (watch.monitor.questions, watch.monitor.quiet, watch.monitor.pings) == (20, 20, 0)


@given(st.lists(st.floats(0.01, 14.9), max_size=40))
def test_data_puts_the_question_off(gaps: list[float]) -> None:
    watch = Watch()
    for gap in gaps:
        watch.time += gap
        if watch.time > 390.0:
            return
        assert watch.monitor.check(watch.time, may_ask=True) is None
        watch.data()
    assert watch.deadline() == pytest.approx(watch.time + 15.0)


def test_a_request_puts_it_off_too_because_snapshots_follow(watch: Watch) -> None:
    watch.time = 110.0
    watch.monitor.requested(watch.time)
    watch.monitor.received_at = watch.time
    watch.asked()
    assert watch.time == 125.0


def test_while_data_comes_it_is_asked_every_five_minutes(watch: Watch) -> None:
    """A part of the list can get lost while the rest goes on."""
    asked_at: list[float] = []
    while watch.time < 1100.0:
        watch.time += 1.0
        watch.data()
        if isinstance(watch.monitor.check(watch.time, may_ask=True), Send):
            asked_at.append(watch.time)
            watch.answer(f"t{len(asked_at)}")
    assert asked_at == [400.0, 700.0, 1000.0]


def test_a_question_waits_for_its_turn_among_messages() -> None:
    watch = Watch(share=0.01)
    watch.messages.sent(100.0)
    assert isinstance(watch.next(), Ping)
    assert watch.time == 118.0
    watch.pong()
    watch.asked()
    assert watch.time == pytest.approx(160.05)
    assert watch.messages.next_send_time(watch.time) == pytest.approx(220.1)


def test_a_request_that_waits_goes_first(watch: Watch) -> None:
    watch.may_ask = False
    assert isinstance(watch.next(), Ping)
    watch.may_ask = True
    assert watch.deadline() == 115.0


# -- changed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("listed", "missing", "extra", "said"),
    [
        ({TICKER}, ("trade KRW-BTC",), (), "lacks trade KRW-BTC; it is asked for again"),
        ({TICKER, TRADES, BOOK}, (), ("orderbook KRW-BTC by 1000",), "KRW-BTC by 1000 too many;"),
        ((), ("ticker KRW-BTC", "trade KRW-BTC"), (), "lacks ticker KRW-BTC, trade KRW-BTC;"),
        ({TICKER, ASSETS}, ("trade KRW-BTC",), ("myAsset",), "and has myAsset too many;"),
    ],
)
def test_another_list_is_a_change(
    watch: Watch, listed: set[Stream], missing: tuple[str, ...], extra: tuple[str, ...], said: str
) -> None:
    lost = watch.answer(watch.asked(), listed)
    assert lost is not None
    assert (lost.missing, lost.extra, lost.again) == (missing, extra, True)
    assert said in str(lost)
    assert watch.monitor.changed == 1


def test_what_was_asked_for_again_is_checked_soon(watch: Watch) -> None:
    watch.answer(watch.asked(), {TICKER})
    watch.monitor.requested(watch.time, again=True)
    resent_at = watch.time
    watch.time += 0.1
    watch.data()
    assert watch.answer(watch.asked()) is None
    assert watch.time == resent_at + 2.0
    watch.asked()
    assert watch.time == resent_at + 17.0


def test_if_that_changes_nothing_the_list_is_left_alone(watch: Watch) -> None:
    """Else every silence would send all snapshots to everyone."""
    watch.answer(watch.asked(), {TICKER})
    watch.monitor.requested(watch.time, again=True)
    lost = watch.answer(watch.asked(), {TICKER})
    assert lost is not None
    assert not lost.again
    assert "lacks trade KRW-BTC; asking for it again has not changed that" in str(lost)
    for _ in range(5):
        assert watch.answer(watch.asked(), {TICKER}) is None
    assert (watch.monitor.changed, watch.monitor.quiet) == (2, 5)
    assert watch.answer(watch.asked()) is None, "what is wanted is never wrong"


@pytest.mark.parametrize("how", ["another list", "a request", "a connection"])
def test_until_something_is_different(watch: Watch, how: str) -> None:
    watch.answer(watch.asked(), {TICKER})
    watch.monitor.requested(watch.time, again=True)
    watch.answer(watch.asked(), {TICKER})
    listed = {TRADES} if how == "another list" else {TICKER}
    if how == "a request":
        watch.monitor.requested(watch.time)
    elif how == "a connection":
        watch.reopen()
    lost = watch.answer(watch.asked(), listed)
    assert lost is not None
    assert lost.again


def test_an_answer_after_another_request_says_nothing_about_its_list(watch: Watch) -> None:
    ticket = watch.asked()
    watch.monitor.requested(watch.time)
    assert watch.answer(ticket, {TICKER}, after_s=0.1) is None
    assert (watch.monitor.changed, watch.monitor.quiet) == (0, 0)
    assert watch.monitor.round_trip_s == pytest.approx(0.1)


def test_only_the_last_question_is_answered(watch: Watch) -> None:
    first = watch.asked()
    watch.data()
    second = watch.asked()
    assert watch.answer(first, ()) is None
    assert watch.answer(second) is None
    assert watch.answer(second, ()) is None, "once"
    assert (watch.monitor.changed, watch.monitor.quiet) == (0, 1)


# -- dead ------------------------------------------------------------------------------------------


def test_without_an_answer_and_data_it_is_dead_though_pings_are_answered(watch: Watch) -> None:
    watch.asked()
    assert isinstance(watch.next(), Ping)
    assert watch.time == 118.0
    watch.pong()
    assert watch.next() == Dead("(no data came, and no answer to LIST_SUBSCRIPTIONS)")
    assert watch.time == 125.0
    assert watch.monitor.dead == 1


def test_data_instead_of_an_answer_is_life(watch: Watch) -> None:
    watch.asked()
    watch.time += 5.0
    watch.data()
    assert watch.deadline() == watch.time + 15.0


def test_where_questions_are_not_answered_they_become_rare(watch: Watch) -> None:
    """Once is a death; again and again may be an exchange that does not answer them."""
    waits: list[float] = []
    for _ in range(10):
        watch.reopen()
        opened_at = watch.time
        watch.asked()
        waits.append(watch.time - opened_at)
        while isinstance(due := watch.next(), Ping):
            watch.pong()
        assert isinstance(due, Dead)
    assert waits == [15.0, 15.0, 30.0, 60.0, 120.0, 240.0, 480.0, 960.0, 960.0, 960.0]
    watch.reopen()
    watch.answer(watch.asked())
    answered_at = watch.time
    watch.asked()
    assert watch.time == answered_at + 15.0


def test_a_question_that_is_refused_is_not_asked_again(watch: Watch) -> None:
    assert not watch.monitor.question_refused(), "the error is about something else"
    watch.asked()
    watch.monitor.requested(watch.time)
    assert watch.monitor.question_refused()
    for _ in range(3):
        watch.reopen()
        assert isinstance(watch.next(), Ping)
        watch.pong()
        watch.time += NEVER_WITHIN_AN_HOUR
        watch.data()
        assert watch.deadline() == watch.time + 18.0
    assert watch.monitor.questions == 1


def test_an_error_is_never_about_a_question_of_a_former_connection(watch: Watch) -> None:
    former = watch.asked()
    watch.reopen()
    assert not watch.monitor.question_refused()
    assert watch.answer(former, ()) is None


def pinging() -> Watch:
    """Where questions are refused."""
    watch = Watch()
    watch.asked()
    watch.monitor.question_refused()
    watch.reopen()
    return watch


def test_a_ping_that_is_not_answered_is_death() -> None:
    watch = pinging()
    opened_at = watch.time
    assert isinstance(watch.next(), Ping)
    assert watch.next() == Dead("(a ping was not answered)")
    assert watch.time == opened_at + 28.0
    assert (watch.monitor.pings, watch.monitor.dead) == (1, 1)


def test_anything_that_came_after_the_ping_is_life() -> None:
    watch = pinging()
    watch.next()
    watch.time += 9.9
    watch.monitor.received_at = watch.time
    assert watch.deadline() == watch.time + 18.0


def test_what_comes_at_the_instant_of_the_ping_or_the_question_has_followed_it(
    watch: Watch,
) -> None:
    """Some clocks tick every 16 ms only."""
    watch.asked()
    watch.data()
    assert isinstance(watch.next(), Send)
    other = pinging()
    other.next()
    other.monitor.received_at = other.time
    assert isinstance(other.next(), Ping)


# -- round trips -----------------------------------------------------------------------------------


def test_the_last_and_the_shortest_round_trip() -> None:
    watch = pinging()
    assert watch.monitor.round_trip_s is None
    for round_trip_s in (0.3, 0.1, 0.2):
        watch.next()
        watch.time += round_trip_s
        watch.pong()
        assert watch.monitor.round_trip_s == pytest.approx(round_trip_s)
    assert watch.monitor.shortest_round_trip_s == pytest.approx(0.1)
    watch.pong()
    assert watch.monitor.round_trip_s == pytest.approx(0.2), "nobody asked for this one"


def test_a_ping_of_a_former_connection_is_forgotten() -> None:
    watch = pinging()
    watch.next()
    watch.time += 1.0
    watch.reopen()
    watch.pong()
    assert watch.monitor.round_trip_s is None
    assert watch.deadline() == watch.time + 18.0
