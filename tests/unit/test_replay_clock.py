"""Where a replay stands. Tests only."""

from __future__ import annotations

import pytest

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.simulator.replay.clock import ReplayClock


def running(speed: float, now: float = 100.0) -> ReplayClock:
    clock = ReplayClock(speed)
    clock.wait(now, waiting=False)
    return clock


def test_it_waits_at_first() -> None:
    clock = ReplayClock(2.0)

    assert clock.is_waiting
    assert clock.position_s(1e6) == 0.0
    assert clock.delay_s(1.0, 1e6) is None


def test_time_passes_at_its_speed() -> None:
    clock = running(4.0)

    assert clock.position_s(101.0) == 4.0
    assert clock.delay_s(10.0, 101.0) == 1.5
    assert clock.delay_s(1.0, 101.0) == 0.0


def test_a_pause_costs_no_time() -> None:
    clock = running(2.0)
    clock.pause(101.0, paused=True)

    assert clock.is_paused
    assert clock.position_s(500.0) == 2.0
    assert clock.delay_s(9.0, 500.0) is None
    clock.pause(500.0, paused=False)
    assert clock.position_s(501.0) == 4.0


def test_a_pause_and_a_wait_are_two_reasons() -> None:
    """Whoever comes back does not end a pause, and a resume does not replace whoever is awaited."""
    clock = running(1.0)
    clock.pause(101.0, paused=True)
    clock.wait(102.0, waiting=True)
    clock.wait(103.0, waiting=False)
    assert clock.stands
    clock.wait(104.0, waiting=True)
    clock.pause(105.0, paused=False)
    assert clock.stands
    clock.wait(106.0, waiting=False)
    assert not clock.stands
    assert clock.position_s(106.5) == 1.5


def test_another_speed_changes_only_what_comes() -> None:
    clock = running(1.0)
    clock.set_speed(10.0, 102.0)

    assert clock.speed == 10.0
    assert clock.position_s(103.0) == 12.0
    with pytest.raises(InvalidRequest):
        clock.set_speed(-1.0, 200.0)
    assert clock.position_s(103.0) == 12.0


def test_a_jump_goes_on_from_there() -> None:
    clock = running(2.0)
    clock.jump(50.0, 110.0)

    assert clock.position_s(111.0) == 52.0
