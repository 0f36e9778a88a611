"""Two clocks that tell that the machine slept. Tests only."""

from __future__ import annotations

import pytest

from upbit_ws_qt.actions import Instant
from upbit_ws_qt.clocks import SleepWatch

WALL = 1_790_000_000.0
START = Instant(100.0, WALL)


def watching() -> SleepWatch:
    watch = SleepWatch()
    watch.start(START)
    return watch


@pytest.mark.parametrize(
    ("monotonic_s", "wall_s", "slept"),
    [
        (5.0, 5.0, False),
        (5.0, 10.0, False),
        (5.0, 10.1, True),
        (5.0, 3600.0, True),
        (5.0, -3600.0, True),
        (3600.0, 3600.0, True),
        (35.0, 35.0, False),
        (35.1, 35.1, True),
        (4.9, 3600.0, False),
    ],
)
def test_clocks_that_have_drifted_apart_or_a_look_that_comes_late(
    monotonic_s: float, wall_s: float, slept: bool
) -> None:
    """Monotonic time stands still in sleep on Linux and macOS and runs on Windows."""
    assert watching().slept(Instant(100.0 + monotonic_s, WALL + wall_s)) is slept


def test_it_looks_every_five_seconds_and_says_it_once() -> None:
    watch = watching()
    assert watch.next_deadline() == 105.0
    assert not watch.slept(Instant(104.0, WALL + 3600.0))
    assert watch.next_deadline() == 105.0
    assert watch.slept(Instant(105.0, WALL + 3600.0))
    assert watch.next_deadline() == 110.0
    assert not watch.slept(Instant(110.0, WALL + 3605.0))


def test_small_drifts_do_not_add_up() -> None:
    watch = watching()
    for number in range(1, 100):
        assert not watch.slept(Instant(100.0 + 5.0 * number, WALL + 9.0 * number))


def test_while_nobody_looks_sleep_goes_unnoticed() -> None:
    watch = watching()
    watch.stop()
    assert watch.next_deadline() is None
    assert not watch.slept(Instant(200.0, WALL + 3600.0))
    watch.start(Instant(200.0, WALL + 3600.0))
    assert not watch.slept(Instant(205.0, WALL + 3605.0))


def test_starting_again_does_not_put_the_look_off() -> None:
    watch = watching()
    watch.start(Instant(103.0, WALL + 3600.0))
    assert watch.next_deadline() == 105.0
    assert watch.slept(Instant(105.0, WALL + 3602.0))
