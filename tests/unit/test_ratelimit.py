"""Rate limits as sliding windows, exact at sending. Tests only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upbit_ws_qt.ratelimit import (
    GROUPS,
    MESSAGE_WINDOWS,
    GlobalRateLimiter,
    Priority,
    SlidingWindows,
    TokenBucket,
    Turn,
)

FACTS = Path(__file__).resolve().parents[3] / "shared/facts/rate_limits.json"

#: How much longer than the exchange's every window of ours is, in seconds.
MARGIN_S = 0.05

CANDLES = ((10, 1.0),)

# Seconds between two calls: bursts, a little, and pauses longer than a window.
PAUSES = st.one_of(st.just(0.0), st.floats(0.0, 0.3), st.floats(0.0, 3.0), st.floats(0.0, 100.0))
SHARES = st.sampled_from([0.1, 0.5, 0.8, 1.0])
WINDOWS = st.sampled_from([MESSAGE_WINDOWS, CANDLES, ((3, 1.0), (7, 5.0))])


def allowance(limit: int, share: float) -> int:
    return max(1, int(limit * share))


def most_in_any(times: list[float], per_s: float) -> int:
    """The most of ``times`` in any half-open window of ``per_s``, by trying every one."""
    return max((sum(start <= time < start + per_s for time in times) for start in times), default=0)


@given(WINDOWS, SHARES, st.lists(PAUSES, min_size=1, max_size=60))
def test_never_one_too_many_in_any_window_and_no_needless_wait(
    windows: tuple[tuple[int, float], ...], share: float, pauses: list[float]
) -> None:
    limiter = SlidingWindows(windows, share)
    now = 1000.0
    sends: list[float] = []

    def may_send(at: float) -> bool:
        """The rule itself, by counting every send there ever was."""
        return all(
            sum(at - per_s - MARGIN_S < time for time in sends) < allowance(limit, share)
            for limit, per_s in windows
        )

    for pause in pauses:
        now += pause
        at = limiter.next_send_time(now)
        assert at >= now
        assert may_send(at + 1e-6)
        assert at == now or not may_send(at - 1e-6)
        now = at
        sends.append(at)
        limiter.sent(at)
    for limit, per_s in windows:
        assert most_in_any(sends, per_s) <= allowance(limit, share)


@given(st.lists(st.tuples(PAUSES, st.floats(0.0, 0.0499)), min_size=1, max_size=60))
def test_the_exchange_never_counts_one_too_many(calls: list[tuple[float, float]]) -> None:
    """It counts arrivals; on the way two messages may come 50 ms closer together."""
    limiter = SlidingWindows(MESSAGE_WINDOWS)
    now = 1000.0
    arrivals: list[float] = []
    for pause, delay in calls:
        now = limiter.next_send_time(now + pause)
        limiter.sent(now)
        arrivals.append(now + delay)
    for limit, per_s in MESSAGE_WINDOWS:
        assert most_in_any(arrivals, per_s) <= limit


@given(st.lists(PAUSES, min_size=1, max_size=60), SHARES)
def test_what_remains_is_what_can_be_sent_at_once(pauses: list[float], share: float) -> None:
    limiter = SlidingWindows(MESSAGE_WINDOWS, share)
    now = 1000.0
    for pause in pauses:
        now += pause
        remaining = limiter.remaining(now)
        assert (remaining > 0) == (limiter.next_send_time(now) == now)
        if remaining:
            limiter.sent(now)
            assert limiter.remaining(now) == remaining - 1


@given(st.lists(PAUSES, min_size=1, max_size=60))
def test_reserved_places_are_kept_apart_like_sends(pauses: list[float]) -> None:
    """Callers reserve in one moment and send later; first come, first served."""
    limiter = SlidingWindows(CANDLES, 0.8)
    now = 1000.0
    places: list[float] = []
    for pause in pauses:
        now += pause / 10
        places.append(limiter.reserve(now))
        assert places[-1] >= now
    assert places == sorted(places)
    assert most_in_any(places, 1.0) <= 8


def test_a_burst_goes_out_at_once_and_the_next_waits_for_the_first() -> None:
    limiter = SlidingWindows(((5, 1.0),), 0.8)
    for _ in range(4):
        assert limiter.next_send_time(100.0) == 100.0
        limiter.sent(100.0)
    assert limiter.remaining(100.0) == 0
    assert limiter.next_send_time(100.5) == 101.05
    assert limiter.remaining(101.05) == 4


def test_the_longer_window_counts_too() -> None:
    limiter = SlidingWindows(MESSAGE_WINDOWS)
    now = 100.0
    for _ in range(100):
        now = limiter.next_send_time(now)
        limiter.sent(now)
    assert now < 125.0
    assert limiter.next_send_time(now) == 160.05


def test_a_small_share_still_lets_one_through() -> None:
    limiter = SlidingWindows(((5, 1.0),), 0.01)
    assert limiter.remaining(100.0) == 1


def test_what_did_not_leave_is_given_back_and_only_that() -> None:
    limiter = SlidingWindows(((2, 1.0),))
    limiter.leaves(100.0)
    limiter.leaves(100.5)
    limiter.give_back(100.5)
    assert limiter.remaining(100.6) == 1
    limiter.give_back(77.0)
    limiter.give_back(200.0)
    assert limiter.remaining(100.6) == 1
    assert limiter.next_send_time(100.6) == 100.6


def test_a_call_keeps_its_place_until_a_second_after_its_answer() -> None:
    limiter = SlidingWindows(((2, 1.0),))
    limiter.leaves(100.0)
    limiter.leaves(100.0)
    assert limiter.remaining(105.0) == 0, "the exchange may not have seen them yet"
    limiter.answered(100.0, 105.0)
    assert limiter.next_send_time(105.0) == 106.05
    limiter.answered(100.0, 105.5)
    assert limiter.remaining(106.05) == 1
    assert limiter.remaining(106.55) == 2


def test_a_call_that_is_never_answered_makes_room_in_the_end() -> None:
    limiter = SlidingWindows(((1, 1.0),))
    limiter.leaves(100.0)
    assert limiter.next_send_time(100.0) == 161.05
    limiter.answered(100.0, 500.0)
    assert limiter.remaining(500.0) == 1, "its answer is no call"


# Seconds from its departure to a call's arrival, and from there to its answer.
WAYS = st.one_of(st.just(0.0), st.floats(0.0, 0.3), st.floats(0.0, 3.0))


@given(st.lists(st.tuples(PAUSES, WAYS, WAYS), min_size=1, max_size=60))
def test_however_late_calls_arrive_the_exchange_never_counts_one_too_many(
    calls: list[tuple[float, float, float]],
) -> None:
    """A GUI thread that stood still between a grant and the socket makes them that late."""
    limiter = SlidingWindows(((2, 1.0),))
    now = 1000.0
    arrivals, open_calls = list[float](), list[tuple[float, float]]()

    def answer_until(at: float) -> None:
        while open_calls and min(open_calls)[0] <= at:
            answered_at, left_at = min(open_calls)
            open_calls.remove((answered_at, left_at))
            limiter.answered(left_at, answered_at)

    for pause, there, back in calls:
        now += pause
        answer_until(now)
        while (at := limiter.next_send_time(now)) > now:
            now = min([at, *(answered_at for answered_at, _ in open_calls)])
            answer_until(now)
        limiter.leaves(now)
        arrivals.append(now + there)
        open_calls.append((now + there + back, now))
    assert most_in_any(arrivals, 1.0) <= 2


def test_what_others_sent_counts_as_sent_now() -> None:
    limiter = SlidingWindows(((10, 1.0),))
    limiter.sent(100.0)
    limiter.at_most(4, 100.2)
    assert limiter.remaining(100.2) == 4
    limiter.at_most(9, 100.2)
    assert limiter.remaining(100.2) == 4, "it is never raised"
    assert limiter.remaining(101.1) == 5
    assert limiter.remaining(101.3) == 10


# --- The bucket ------------------------------------------------------------------------------


def never_finds_its_bucket_empty(calls: list[tuple[float, float]], share: float) -> bool:
    """An exchange's bucket of 30 that fills by 30 a second; each call is some way under way."""
    ours = TokenBucket.within(30, 30, share)
    now, arrivals = 1000.0, list[float]()
    open_calls: list[tuple[float, float]] = []
    for pause, delay in calls:
        now += pause
        while True:
            for arrived_at, left_at in sorted(open_calls):
                if arrived_at <= now:
                    ours.answered(left_at, arrived_at)
                    open_calls.remove((arrived_at, left_at))
            at = ours.next_send_time(now)
            if at == now:
                break
            now = min([at, *(arrived_at for arrived_at, _ in open_calls)])
        ours.leaves(now)
        arrivals.append(now + delay)
        open_calls.append((now + delay, now))
    tokens, at = 30.0, 0.0
    for arrival in sorted(arrivals):
        tokens = min(30.0, tokens + (arrival - at) * 30.0) - 1.0
        at = arrival
        if tokens < -1e-6:
            return False
    return True


@given(st.lists(st.tuples(PAUSES.map(lambda s: s / 20), WAYS), max_size=80), SHARES)
def test_an_exchange_with_a_bucket_never_finds_it_empty(
    calls: list[tuple[float, float]], share: float
) -> None:
    assert never_finds_its_bucket_empty(calls, share)


def test_calls_that_come_closer_together_than_they_left_are_allowed_for() -> None:
    for late_s in (0.05, 1.0, 30.0):
        late_burst = [(0.0, late_s)] * 30
        assert never_finds_its_bucket_empty([*late_burst, *[(0.0, 0.0)] * 5], share=1.0)


def test_a_bucket_gives_what_it_holds_and_then_as_it_fills() -> None:
    bucket = TokenBucket(capacity=3, refill_rate=2)
    for _ in range(3):
        assert bucket.next_send_time(100.0) == 100.0
        bucket.leaves(100.0)
        bucket.answered(100.0, 100.0)
    assert bucket.remaining(100.0) == 0
    assert bucket.next_send_time(100.0) == pytest.approx(100.5)
    assert bucket.remaining(100.5) == 1
    bucket.leaves(100.5)
    bucket.give_back(100.5)
    bucket.give_back(77.0)
    assert bucket.remaining(100.5) == 1
    assert bucket.remaining(999.0) == 3
    bucket.at_most(1, 999.0)
    assert bucket.remaining(999.0) == 1
    bucket.at_most(0, 999.0)
    bucket.at_most(5, 999.0)
    assert bucket.remaining(999.0) == 0, "it is never raised"


def test_a_bucket_is_as_much_smaller_as_calls_are_under_way() -> None:
    bucket = TokenBucket(capacity=2, refill_rate=10)
    bucket.leaves(100.0)
    assert bucket.remaining(110.0) == 1
    bucket.leaves(110.0)
    assert bucket.next_send_time(110.0) == 160.0, "by then the first has arrived"
    bucket.answered(110.0, 111.0)
    assert bucket.next_send_time(111.0) == pytest.approx(111.1)
    assert bucket.remaining(160.0) == 2, "the other was never answered"
    bucket.answered(100.0, 161.0)
    assert bucket.remaining(161.0) == 2


def test_what_others_took_from_the_bucket_is_gone() -> None:
    bucket = TokenBucket(capacity=3, refill_rate=1)
    bucket.at_most(0, 100.6)
    assert bucket.remaining(100.6) == 0
    bucket.at_most(5, 100.6)
    assert bucket.remaining(100.6) == 0, "it is never raised"


def test_a_bucket_has_room_for_one_even_with_a_small_share() -> None:
    assert TokenBucket.within(30, 30, 0.01).remaining(100.0) == 1


# --- All groups together ---------------------------------------------------------------------


class Line:
    """Asks for turns and keeps who went when."""

    def __init__(self, share: float = 1.0) -> None:
        self.limiter = GlobalRateLimiter(share)
        self.went: list[tuple[str, float]] = []
        self.open: list[Turn] = []
        self.now = 1000.0

    def ask(self, name: str, *groups: str, priority: Priority = Priority.SHOWN) -> Turn:
        def wake() -> None:
            if turn.granted_at is not None:
                self.went.append((name, self.now))
                self.open.append(turn)

        turn = self.limiter.ask(groups, priority, wake)
        return turn

    def grant(self) -> None:
        """Let go who may go; each is answered at once."""
        self.limiter.grant(self.now)
        while self.open:
            self.limiter.made(self.open.pop(), self.now)

    def run(self, until: float = float("inf")) -> list[str]:
        """Grant whenever somebody may go; who went."""
        before = len(self.went)
        self.grant()
        while (at := self.limiter.next_grant(self.now)) is not None and at <= until:
            assert at > self.now
            self.now = at
            self.grant()
        return [name for name, _ in self.went[before:]]


CALLS = st.lists(
    st.tuples(
        st.sets(st.sampled_from(["candle", "ticker", "default"]), min_size=1, max_size=2),
        st.sampled_from(Priority),
        PAUSES,
    ),
    max_size=60,
)


@given(CALLS, SHARES)
def test_random_calls_keep_every_limit_and_their_order_and_wait_for_nothing_else(
    calls: list[tuple[set[str], Priority, float]], share: float
) -> None:
    line = Line(share)
    asked: list[tuple[float, Priority, tuple[str, ...]]] = []
    for groups, priority, pause in calls:
        then = line.now + pause / 10
        line.run(then)
        line.now = then
        number = len(asked)
        asked.append((line.now, priority, tuple(sorted(groups))))
        line.ask(str(number), *sorted(groups), priority=priority)
        line.grant()
    line.run()

    went = {int(name): at for name, at in line.went}
    assert len(went) == len(asked), "everybody gets a turn"
    for group in ("candle", "ticker"):
        times = [at for number, at in line.went if group in asked[int(number)][2]]
        assert most_in_any(times, 1.0) <= allowance(10, share)
    for number, (at, priority, groups) in enumerate(asked):
        for other, (other_at, other_priority, other_groups) in enumerate(asked):
            if set(groups).isdisjoint(other_groups) or other == number:
                continue
            ahead = (priority, number) < (other_priority, other)
            if ahead and at < went[other] and other_at < went[number]:
                assert went[number] <= went[other], "nobody is overtaken in his own group"
    # No needless wait: whoever waited found a full budget, or someone ahead of him, at every
    # moment before; it is enough to look a hair before he went.
    for number, (at, priority, groups) in enumerate(asked):
        hair = went[number] - 1e-6
        if went[number] - at < 1e-5:
            continue
        ahead_waits = any(
            not set(groups).isdisjoint(other_groups)
            and (other_priority, other) < (priority, number)
            and other_at <= hair < went[other] + 1e-5
            for other, (other_at, other_priority, other_groups) in enumerate(asked)
        )
        sent = {
            group: [went[n] for n, call in enumerate(asked) if group in call[2] and went[n] <= hair]
            for group in groups
        }
        full = any(not has_room(group, times, share, hair) for group, times in sent.items())
        assert full or ahead_waits


def has_room(group: str, sent: list[float], share: float, at: float) -> bool:
    """The rule itself, from every send there was."""
    budget = GROUPS[group].make(share)
    for went_at in sorted(sent):
        budget.leaves(went_at)
        budget.answered(went_at, went_at)
    return budget.next_send_time(at) <= at


class Exchange:
    """What the limiter has been told and has let go, and the rule by counting all of it.

    ``sent`` are the calls that were made, ``others`` what the exchange said that others had used
    up, both by group; ``stopped`` until when.
    """

    LIMIT = 8

    def __init__(self) -> None:
        self.line = Line(share=0.8)
        self.asked: dict[str, tuple[int, str, Priority]] = {}
        self.turns: dict[str, Turn] = {}
        self.sent: dict[str, list[float]] = {"candle": [], "ticker": []}
        self.others: dict[str, list[float]] = {"candle": [], "ticker": []}
        self.stopped = {"candle": 0.0, "ticker": 0.0}

    def left(self, group: str, at: float) -> int:
        since = at - 1.0 - MARGIN_S
        counted = [*self.sent[group], *self.others[group]]
        return self.LIMIT - sum(since < time <= at for time in counted)

    def may_go(self, group: str, at: float) -> bool:
        return at >= self.stopped[group] and self.left(group, at) > 0

    # -- what can happen --

    def ask(self, group: str, priority: Priority, times: int) -> None:
        for _ in range(times):
            number = len(self.asked)
            self.asked[str(number)] = (number, group, priority)
            self.turns[str(number)] = self.line.ask(str(number), group, priority=priority)

    def give_up(self, which: int) -> None:
        """Somebody who waits cancels."""
        if waiting := self.waiting():
            self.line.limiter.give_up(self.turns.pop(waiting[which % len(waiting)]))

    def refuse(self, status: int, group: str) -> None:
        until = self.line.limiter.refused(status, (group,), self.line.now)
        assert until >= self.line.now + {429: 1.0, 418: 60.0}[status]
        for name in self.stopped if status == 418 else (group,):
            self.stopped[name] = max(self.stopped[name], until)

    def say_left(self, group: str, count: int) -> None:
        now = self.line.now
        self.line.limiter.note_left(f"group={group}; min=600; sec={count}", (group,), now)
        self.others[group] += [now] * (self.left(group, now) - count)

    def go_on(self, until: float) -> None:
        """Time goes by; whoever is let go is checked at that very moment."""
        line = self.line
        while True:
            before = len(line.went)
            line.grant()
            for name, at in line.went[before:]:
                self.check(name, at)
            due = line.limiter.next_grant(line.now)
            if due is None or due > until:
                break
            assert due > line.now, "whoever may go now is let go now"
            hair = due - 1e-6
            waiting = {self.asked[name][1] for name in self.waiting()}
            assert not any(self.may_go(group, hair) for group in waiting), "a needless wait"
            line.now = due
        line.now = max(line.now, min(until, 1e9))

    def waiting(self) -> list[str]:
        return [name for name, turn in self.turns.items() if turn.granted_at is None]

    def check(self, name: str, at: float) -> None:
        number, group, priority = self.asked[name]
        assert name in self.turns, "it was given up"
        assert self.may_go(group, at), "one too many, or during a stop"
        self.sent[group].append(at)
        for other in self.waiting():
            behind, its_group, its_priority = self.asked[other]
            assert its_group != group or (priority, number) < (its_priority, behind)


GROUP = st.sampled_from(["candle", "ticker"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), GROUP, st.sampled_from(Priority), st.integers(1, 12)),
        st.tuples(st.just("ask"), GROUP, st.sampled_from(Priority), st.integers(1, 12)),
        st.tuples(st.just("give_up"), st.integers(0, 9)),
        st.tuples(st.just("give_up"), st.integers(0, 9)),
        st.tuples(st.just("refuse"), st.sampled_from([429, 429, 418]), GROUP),
        st.tuples(st.just("say_left"), GROUP, st.integers(0, 10)),
        st.tuples(st.just("wait"), PAUSES),
    ),
    max_size=40,
)


@given(STEPS)
@settings(max_examples=200)
def test_stops_answers_and_cancelled_calls_among_random_calls(steps: list[Any]) -> None:
    exchange = Exchange()
    for name, *arguments in steps:
        if name == "wait":
            exchange.go_on(exchange.line.now + arguments[0])
        else:
            getattr(exchange, name)(*arguments)
            exchange.go_on(exchange.line.now)
    exchange.go_on(float("inf"))
    assert exchange.waiting() == [], "everybody who stays gets a turn"
    for group, times in exchange.sent.items():
        assert most_in_any(times, 1.0) <= exchange.LIMIT, group


def test_what_waits_goes_by_priority_and_then_in_the_order_it_came() -> None:
    line = Line()
    for number in range(10):
        line.ask(f"first {number}", "candle")
    assert len(line.run(line.now)) == 10
    line.ask("old", "candle", priority=Priority.BACKFILL)
    line.ask("shown 1", "candle")
    line.ask("shown 2", "candle")
    line.ask("click", "candle", priority=Priority.CLICK)
    assert line.run() == ["click", "shown 1", "shown 2", "old"]


def test_groups_do_not_hold_each_other_up() -> None:
    line = Line()
    for number in range(11):
        line.ask(f"candle {number}", "candle")
    line.ask("ticker", "ticker", priority=Priority.BACKFILL)
    assert "ticker" in line.run(line.now)


def test_a_call_that_draws_on_two_groups_waits_for_both_and_is_not_passed() -> None:
    line = Line()
    for number in range(10):
        line.ask(f"{number}", "candle")
    line.run(line.now)
    line.ask("both", "candle", "ticker")
    line.ask("ticker", "ticker")
    assert line.run(line.now) == []
    assert line.run() == ["both", "ticker"]
    assert line.limiter.get_remaining_tokens(line.now)["ticker"] == 8


def test_who_gives_up_is_not_waited_for() -> None:
    line = Line()
    for number in range(10):
        line.ask(f"{number}", "candle")
    line.run(line.now)
    turn = line.ask("gone", "candle")
    assert line.limiter.next_grant(line.now) is not None
    line.limiter.give_up(turn)
    assert line.limiter.next_grant(line.now) is None
    assert line.run() == []


def test_a_granted_call_that_is_not_made_gives_its_place_back() -> None:
    line = Line()
    turn = line.ask("not made", "candle")
    line.limiter.grant(line.now)
    assert line.limiter.get_remaining_tokens(line.now)["candle"] == 9
    line.limiter.give_up(turn)
    assert line.limiter.get_remaining_tokens(line.now)["candle"] == 10


def test_who_waits_is_woken_when_there_may_be_room_sooner() -> None:
    line = Line()
    woken: list[str] = []
    turns = [line.ask(f"{number}", "candle") for number in range(10)]
    line.limiter.grant(line.now)
    line.limiter.ask(("candle",), Priority.SHOWN, lambda: woken.append("next"))
    line.limiter.ask(("candle",), Priority.SHOWN, lambda: woken.append("after"))
    assert line.limiter.next_grant(line.now) == line.now + 61.05
    line.limiter.made(turns[0], line.now + 2.0)
    assert woken == ["next"]
    assert line.limiter.next_grant(line.now + 2.0) == line.now + 3.05
    line.limiter.give_up(turns[1])
    assert woken == ["next", "next"]
    assert line.limiter.next_grant(line.now + 2.0) == line.now + 2.0


def test_a_call_that_waits_cannot_have_been_made() -> None:
    line = Line()
    turn = line.ask("waits", "candle")
    with pytest.raises(ValueError, match="still waits"):
        line.limiter.made(turn, line.now)


def test_an_unknown_group_is_refused_at_the_call() -> None:
    line = Line()
    with pytest.raises(KeyError):
        line.ask("?", "withdrawals")
    assert line.limiter.next_grant(line.now) is None


def test_an_answer_lowers_what_is_left_and_nothing_else() -> None:
    limiter = GlobalRateLimiter(1.0)
    limiter.note_left("group=ticker; min=600; sec=3", ("ticker",), 100.0)
    limiter.note_left("group=candle; min=600", ("candle",), 100.0)
    limiter.note_left(None, ("market",), 100.0)
    left = limiter.get_remaining_tokens(100.0)
    assert (left["ticker"], left["candle"], left["market"]) == (3, 10, 10)


def test_429_stops_a_group_and_418_all_of_its_scope() -> None:
    limiter = GlobalRateLimiter(1.0)
    assert limiter.refused(429, ("candle",), 100.0) == 101.0
    left = limiter.get_remaining_tokens(100.9)
    assert (left["candle"], left["ticker"]) == (0, 10)
    assert limiter.get_remaining_tokens(101.0)["candle"] == 10

    assert limiter.refused(418, ("ticker",), 200.0) == 260.0
    left = limiter.get_remaining_tokens(259.0)
    assert {name for name, count in left.items() if count} == {"default"}
    limiter.refused(418, ("default",), 200.0)
    assert not any(limiter.get_remaining_tokens(259.0).values())


def test_each_further_stop_is_twice_as_long_until_it_is_forgiven() -> None:
    limiter = GlobalRateLimiter(1.0)
    assert limiter.refused(429, ("candle",), 100.0) == 101.0
    assert limiter.refused(429, ("candle",), 100.1) == 101.1, "sent together, refused together"
    assert limiter.refused(429, ("candle",), 102.0) == 104.0
    assert limiter.refused(429, ("candle",), 105.0) == 109.0
    assert limiter.refused(429, ("candle",), 109.0 + 60.1) == 170.1
    for _ in range(20):
        end = limiter.refused(418, ("candle",), limiter.stopped_until("candle") + 1.0)
    assert end == pytest.approx(limiter.stopped_until("ticker"))
    last = limiter.refused(418, ("candle",), end + 1.0)
    assert last == end + 1.0 + 3600.0, "never longer than an hour"


def test_the_exchange_may_ask_for_a_longer_stop() -> None:
    limiter = GlobalRateLimiter(1.0)
    assert limiter.refused(429, ("candle",), 100.0, at_least_s=9.0) == 109.0
    assert limiter.refused(429, ("ticker",), 100.0, at_least_s=0.1) == 101.0


def test_nobody_goes_while_his_group_is_stopped() -> None:
    line = Line()
    line.limiter.refused(429, ("candle",), line.now)
    line.ask("candle", "candle")
    line.ask("ticker", "ticker")
    assert line.run(line.now) == ["ticker"]
    assert line.run() == ["candle"]
    assert line.went[-1][1] == 1001.0


def test_each_group_has_its_own_budget() -> None:
    line = Line(share=0.8)
    assert line.limiter.get_remaining_tokens(line.now) == {
        "market": 8,
        "candle": 8,
        "trade": 8,
        "ticker": 8,
        "orderbook": 8,
        "websocket-connect": 4,
        "default": 24,
    }
    line.ask("one", "candle")
    line.run(line.now)
    assert line.limiter.get_remaining_tokens(line.now)["candle"] == 7


def test_the_limits_are_those_of_the_facts() -> None:
    if not FACTS.is_file():
        pytest.skip("the fact sheets do not lie beside this checkout")
    facts = json.loads(FACTS.read_text(encoding="utf-8"))
    full = GlobalRateLimiter(1.0).get_remaining_tokens(0.0)
    for name, row in facts["quotation_rest"].items():
        assert (row["limit"], row["per"]) == (full[name], "1s")
    connects = facts["websocket"]["websocket-connect"]
    assert (connects["limit"], connects["per"]) == (full["websocket-connect"], "1s")
    # A bucket of 30 less what may come 50 ms closer together.
    assert facts["exchange_rest"]["default"]["limit"] == 30
    assert full["default"] == 28
    messages = facts["websocket"]["websocket-message"]
    spans = [float(per.rstrip("s")) for per in messages["per"]]
    assert tuple(zip(messages["limit"], spans, strict=True)) == MESSAGE_WINDOWS


def test_statistics_say_what_is_left_who_waits_and_what_stands_still() -> None:
    limiter = GlobalRateLimiter(1.0)
    limiter.refused(429, ("candle",), 100.0)
    for _ in range(12):
        limiter.ask(("ticker",), Priority.SHOWN, lambda: None)
    limiter.grant(100.0)
    statistics = limiter.statistics(100.25)
    assert statistics.remaining["ticker"] == statistics.remaining["candle"] == 0
    assert statistics.remaining["trade"] == 10
    assert statistics.waiting == 2
    assert statistics.stopped_for_s == {"candle": 0.75}
    assert statistics.refusals == 1
    assert limiter.statistics(102.0).stopped_for_s == {}
