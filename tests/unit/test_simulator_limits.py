"""The exchange's limits with literal times: who is served, who waits, who is blocked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt.simulator.limits import RateLimits

# A whole number of seconds and of ten seconds, as large as the wall clock's.
T = 1_793_000_040.0


def statuses(limits: RateLimits, group: str, *times: float, who: str = "here") -> list[int]:
    return [limits.admit(group, who, time).status for time in times]


@pytest.mark.parametrize("group", ["market", "candle", "trade", "ticker", "orderbook"])
def test_quotation_has_ten_calls_in_each_second_of_the_clock(group: str) -> None:
    limits = RateLimits()
    late = [limits.admit(group, "here", T + 0.9) for _ in range(11)]
    assert [verdict.status for verdict in late] == [200] * 10 + [429]
    assert late[0].remaining_req == f"group={group}; min=600; sec=9"
    assert late[9].remaining_req == late[10].remaining_req == f"group={group}; min=600; sec=0"
    assert late[10].wait_s == pytest.approx(0.1)
    # The next second has begun, and with it another window: twenty calls in little more than 0.1 s.
    assert statuses(limits, group, *[T + 1.01] * 11) == [200] * 10 + [429]


@pytest.mark.parametrize(
    ("group", "calls", "minute", "again_s"),
    [
        ("default", 30, 1800, 1 / 30),
        ("order", 12, 720, 1 / 12),
        ("order-test", 8, 480, 1 / 8),
        ("order-cancel-all", 1, 30, 2.0),
    ],
)
def test_the_exchange_half_fills_a_bucket_again_call_by_call(
    group: str, calls: int, minute: int, again_s: float
) -> None:
    limits = RateLimits()
    first = limits.admit(group, "here", T + 0.5)
    assert first.remaining_req == f"group={group}; min={minute}; sec={calls - 1}"
    assert statuses(limits, group, *[T + 0.5] * calls) == [200] * (calls - 1) + [429]
    verdict = limits.admit(group, "here", T + 0.5)
    assert verdict.wait_s == pytest.approx(again_s)
    # No second of the clock begins here; one call is back, and not more.
    back = T + 0.5 + again_s
    assert statuses(limits, group, back, back) == [200, 429]
    # It never holds more than at the beginning.
    assert statuses(limits, group, *[T + 500.0] * (calls + 1)) == [200] * calls + [429]


def test_five_connections_a_second() -> None:
    limits = RateLimits()
    assert limits.admit("websocket-connect", "here", T).remaining_req == (
        "group=websocket; min=300; sec=4"
    )
    assert statuses(limits, "websocket-connect", *[T + 0.2] * 5) == [200] * 4 + [429]
    assert statuses(limits, "websocket-connect", T + 1.0) == [200]


def test_five_messages_a_second_and_a_hundred_a_minute() -> None:
    limits = RateLimits()
    assert statuses(limits, "websocket-message", *[T + 0.9] * 6) == [200] * 5 + [429]
    # The minute's hundred are not used up, so the wait is for the second alone.
    assert limits.admit("websocket-message", "here", T + 1.4).wait_s == pytest.approx(0.5)
    # Counted from the first message on, not by the clock.
    assert statuses(limits, "websocket-message", T + 1.8, T + 1.9) == [429, 200]
    steady = RateLimits()
    times = [T + 0.5 * number for number in range(120)]
    assert statuses(steady, "websocket-message", *times) == [200] * 100 + [429] * 20
    assert steady.admit("websocket-message", "here", T + 60.0).status == 200


def test_an_origin_is_served_once_in_ten_seconds() -> None:
    limits = RateLimits()
    first = limits.admit("origin", "here", T + 4.0)
    assert (first.status, first.remaining_req) == (200, "group=origin; min=6; sec=0")
    refused = limits.admit("origin", "here", T + 10.0)
    assert (refused.status, refused.wait_s) == (429, pytest.approx(4.0))
    assert statuses(limits, "origin", T + 14.0) == [200]
    quick = RateLimits(origin_interval_s=0.5)
    assert statuses(quick, "origin", T, T + 0.4, T + 0.5) == [200, 429, 200]


def test_groups_and_callers_are_counted_apart() -> None:
    limits = RateLimits()
    assert statuses(limits, "ticker", *[T] * 11)[-1] == 429
    assert statuses(limits, "market", T) == [200]
    assert statuses(limits, "ticker", T, who="elsewhere") == [200]


def test_limits_may_count_without_refusing() -> None:
    limits = RateLimits(enforced=False)
    verdicts = [limits.admit("ticker", "here", T) for _ in range(50)]
    assert {verdict.status for verdict in verdicts} == {200}
    assert [verdict.remaining_req[-5:] for verdict in verdicts[8:11]] == ["sec=1", "sec=0", "sec=0"]


# --- Blocks ----------------------------------------------------------------------------------


def test_who_goes_on_in_spite_of_429_is_blocked_for_everything() -> None:
    limits = RateLimits()
    found = [limits.admit("ticker", "here", T) for _ in range(32)]
    # The first 429 tells to wait; twenty more calls in spite of it are the block.
    assert [verdict.status for verdict in found] == [200] * 10 + [429] * 20 + [418] * 2
    assert (found[-1].wait_s, found[-1].remaining_req) == (10.0, "group=ticker; min=600; sec=0")
    assert limits.admit("market", "here", T + 9.0).status == 418
    assert limits.admit("market", "elsewhere", T + 9.0).status == 200
    assert limits.admit("ticker", "here", T + 10.0).status == 200


def test_blocks_grow_while_one_goes_on() -> None:
    limits = RateLimits()
    statuses(limits, "ticker", *[T] * 31)
    lengths: list[float] = []
    now = T
    for _ in range(6):
        # Twenty calls during the block begin the next one.
        *_, last = (limits.admit("ticker", "here", now) for _ in range(20))
        assert last.status == 418
        lengths.append(last.wait_s)
        now += last.wait_s - 1.0
    assert lengths == [30.0, 60.0, 300.0, 600.0, 600.0, 600.0]


def test_a_block_is_forgotten_after_quiet_time() -> None:
    def length_of_another_block(after_s: float) -> float:
        limits = RateLimits()
        statuses(limits, "ticker", *[T] * 31)
        again = T + 10.0 + after_s
        *_, last = (limits.admit("ticker", "here", again) for _ in range(31))
        assert last.status == 418
        return last.wait_s

    assert length_of_another_block(59.0) == 30.0
    assert length_of_another_block(60.0) == 10.0


def test_few_calls_too_many_are_forgotten_after_quiet_time() -> None:
    limits = RateLimits()
    assert statuses(limits, "ticker", *[T] * 30)[-1] == 429
    assert statuses(limits, "ticker", *[T + 61.0] * 30)[-1] == 429
    assert statuses(limits, "ticker", *[T + 62.0] * 12)[-1] == 418


def test_a_block_may_leave_connections_alone() -> None:
    limits = RateLimits()
    statuses(limits, "ticker", *[T] * 31)
    assert limits.admit("websocket-connect", "here", T).status == 418
    found = [
        limits.admit("websocket-connect", "here", T, heeds_blocks=False).status for _ in range(6)
    ]
    assert found == [200] * 5 + [429]


# --- Properties ------------------------------------------------------------------------------

GROUPS = {
    "ticker": ("clock", ((10, 1.0),)),
    "websocket-connect": ("clock", ((5, 1.0),)),
    "websocket-message": ("window", ((5, 1.0), (100, 60.0))),
    "default": ("bucket", ((30, 1.0),)),
    "order-cancel-all": ("bucket", ((1, 2.0),)),
    "origin": ("window", ((1, 10.0),)),
}
STEPS = st.lists(st.sampled_from([0.0, 0.001, 0.05, 0.3, 0.999, 1.0, 2.5, 11.0]), max_size=150)


@given(group=st.sampled_from(sorted(GROUPS)), steps=STEPS)
def test_never_more_calls_are_served_than_there_are(group: str, steps: list[float]) -> None:
    limits, now = RateLimits(), T
    served: list[float] = []
    for step in steps:
        now += step
        if limits.admit(group, "here", now).status == 200:
            served.append(now)
    kind, windows = GROUPS[group]
    for calls, period_s in windows:
        for index, first in enumerate(served):
            if kind == "bucket":
                for count, last in enumerate(served[index:], 1):
                    assert count <= calls + (last - first) * calls / period_s + 1e-3
            elif kind == "clock":
                window = first // period_s
                assert sum(time // period_s == window for time in served) <= calls
    if kind == "window":
        # A window begins with a call that was served, so any such stretch meets at most two.
        for calls, period_s in windows:
            for first in served:
                assert sum(first <= time < first + period_s for time in served) <= 2 * calls


@given(group=st.sampled_from(sorted(GROUPS)), steps=STEPS)
def test_who_waits_as_told_is_served_next_and_never_blocked(group: str, steps: list[float]) -> None:
    limits, now = RateLimits(), T
    for step in steps:
        now += step
        verdict = limits.admit(group, "here", now)
        assert verdict.status in (200, 429)
        if verdict.status == 429:
            assert 0 < verdict.wait_s <= 60.0
            now += verdict.wait_s
            assert limits.admit(group, "here", now).status == 200


@given(steps=STEPS)
def test_a_block_lasts_as_long_as_it_says(steps: list[float]) -> None:
    limits, now = RateLimits(), T
    statuses(limits, "ticker", *[T] * 31)
    for step in steps:
        now += step
        verdict = limits.admit("ticker", "here", now)
        if verdict.status == 418:
            assert limits.admit("market", "here", now + verdict.wait_s / 2).status == 418
            now += verdict.wait_s + 600.0
            assert limits.admit("market", "here", now).status == 200
