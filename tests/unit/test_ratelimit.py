"""Rate limits as sliding windows, exact at sending. Tests only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upbit_ws_qt.ratelimit import (
    MESSAGE_WINDOWS,
    REST_WINDOWS,
    GlobalRateLimiter,
    SlidingWindows,
)

FACTS = Path(__file__).resolve().parents[3] / "shared/facts/rate_limits.json"

#: How much longer than the exchange's every window of ours is, in seconds.
MARGIN_S = 0.05

# Seconds between two calls: bursts, a little, and pauses longer than a window.
PAUSES = st.one_of(st.just(0.0), st.floats(0.0, 0.3), st.floats(0.0, 3.0), st.floats(0.0, 100.0))
SHARES = st.sampled_from([0.1, 0.5, 0.8, 1.0])
WINDOWS = st.sampled_from([MESSAGE_WINDOWS, REST_WINDOWS["candle"], ((3, 1.0), (7, 5.0))])


def allowance(limit: int, share: float) -> int:
    return max(1, int(limit * share))


def most_in_any(times: list[float], per_s: float) -> int:
    """The most of ``times`` in any half-open window of ``per_s``, by trying every one."""
    return max((sum(start <= time < start + per_s for time in times) for start in times), default=0)


@given(WINDOWS, SHARES, st.lists(PAUSES, min_size=1, max_size=60))
@settings(deadline=None)
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
@settings(deadline=None)
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
@settings(deadline=None)
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
@settings(deadline=None)
def test_reserved_places_are_kept_apart_like_sends(pauses: list[float]) -> None:
    """Callers reserve in one moment and send later; first come, first served."""
    limiter = SlidingWindows(REST_WINDOWS["candle"], 0.8)
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


def test_a_stop_holds_everything_and_is_never_shortened() -> None:
    limiter = SlidingWindows(((10, 1.0),))
    assert not limiter.is_stopped(100.0)
    limiter.stop_until(160.0)
    limiter.stop_until(101.0)
    assert limiter.is_stopped(159.9)
    assert limiter.remaining(159.9) == 0
    assert limiter.next_send_time(100.0) == 160.0
    assert not limiter.is_stopped(160.0)
    assert limiter.remaining(160.0) == 10


def test_each_group_has_its_own_budget() -> None:
    limiter = GlobalRateLimiter(share=0.8)
    assert limiter.get_remaining_tokens(100.0) == {
        "market": 8,
        "candle": 8,
        "trade": 8,
        "ticker": 8,
        "orderbook": 8,
        "default": 24,
    }
    limiter.group("candle").sent(100.0)
    assert limiter.get_remaining_tokens(100.0)["candle"] == 7
    assert limiter.get_remaining_tokens(100.0)["ticker"] == 8
    with pytest.raises(KeyError):
        limiter.group("withdrawals")


def test_the_limits_are_those_of_the_facts() -> None:
    if not FACTS.is_file():
        pytest.skip("the fact sheets do not lie beside this checkout")
    facts = json.loads(FACTS.read_text(encoding="utf-8"))
    for name, row in facts["quotation_rest"].items():
        assert REST_WINDOWS[name] == ((row["limit"], float(row["per"].rstrip("s"))),)
    assert REST_WINDOWS["default"] == ((facts["exchange_rest"]["default"]["limit"], 1.0),)
    messages = facts["websocket"]["websocket-message"]
    spans = [float(per.rstrip("s")) for per in messages["per"]]
    assert tuple(zip(messages["limit"], spans, strict=True)) == MESSAGE_WINDOWS
