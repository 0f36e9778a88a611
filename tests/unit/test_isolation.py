"""When a consumer that fails again and again is left alone for a while. Tests only."""

from __future__ import annotations

from upbit_ws_qt.isolation import CallTimes, FailureGate


def fail(gate: FailureGate, times: int, now: float) -> list[float | None]:
    return [gate.failed(now) for _ in range(times)]


def test_ten_failures_in_a_row_mute_for_thirty_seconds() -> None:
    gate = FailureGate()
    assert fail(gate, 10, 100.0) == [None] * 9 + [130.0]
    assert gate.failures == 10


def test_one_success_ends_the_row() -> None:
    gate = FailureGate()
    for _ in range(5):
        assert fail(gate, 9, 100.0) == [None] * 9
        gate.succeeded()
    assert gate.failures == 45


def test_after_the_rest_it_is_tried_once_and_muted_again_if_it_fails() -> None:
    gate = FailureGate()
    fail(gate, 10, 100.0)
    assert fail(gate, 1, 130.0) == [160.0]
    assert fail(gate, 1, 160.0) == [190.0]


def test_a_success_after_the_rest_clears_it() -> None:
    gate = FailureGate()
    fail(gate, 10, 100.0)
    gate.succeeded()
    assert fail(gate, 10, 131.0) == [None] * 9 + [161.0]


def test_slow_calls_are_counted_and_reported_ever_more_rarely() -> None:
    times = CallTimes()
    assert not times.took(0.049)
    assert [times.took(0.05) for _ in range(8)] == [
        True,
        True,
        False,
        True,
        False,
        False,
        False,
        True,
    ]
    assert not times.took(3.0)
    assert (times.slow_calls, times.longest_call_s) == (9, 3.0)


def test_the_longest_lag_is_kept() -> None:
    times = CallTimes()
    for lag_s in (0.01, 0.4, 0.02, -5.0):
        times.came(lag_s)
    assert times.longest_lag_s == 0.4


def test_balances_and_orders_are_never_muted() -> None:
    gate = FailureGate(may_mute=False)
    assert fail(gate, 1000, 100.0) == [None] * 1000
    assert gate.failures == 1000
