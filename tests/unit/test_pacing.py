"""How a connection is read follows from how many messages come; all on literal times."""

from __future__ import annotations

import pytest

from upbit_ws_qt.pacing import Pacer, Pacing

FRAME_S = 0.016


def steady(pacer: Pacer, per_s: float, *, begin: float, for_s: float) -> Pacing:
    """Messages at an even rate, taken one by one, or once a frame where reading is framed."""
    now, due, number = begin, begin, 0
    while now < begin + for_s:
        if pacer.pacing is Pacing.AT_ONCE:
            now, taken = due, 1
        else:
            now, taken = now + FRAME_S, 0
            while due + taken / per_s <= now:
                taken += 1
        number += taken
        due = begin + number / per_s
        pacer.took(now, taken, more=False)
    return pacer.pacing


@pytest.mark.parametrize("per_s", [0.5, 5, 40, 90])
def test_few_messages_are_read_when_they_come(per_s: float) -> None:
    pacer = Pacer()
    assert steady(pacer, per_s, begin=1000.0, for_s=20.0) is Pacing.AT_ONCE


@pytest.mark.parametrize("per_s", [110, 500, 20_000])
def test_many_messages_are_read_once_a_frame(per_s: float) -> None:
    pacer = Pacer()
    assert steady(pacer, per_s, begin=1000.0, for_s=0.6) is Pacing.FRAMED


def test_a_burst_is_framed_before_its_quarter_of_a_second_is_over() -> None:
    pacer = Pacer()
    pacer.took(1000.0, 1, more=False)
    assert pacer.took(1000.010, 23, more=False) is Pacing.AT_ONCE
    assert pacer.took(1000.020, 1, more=False) is Pacing.FRAMED
    assert Pacer().took(1000.0, 25, more=False) is Pacing.FRAMED


def test_silence_ends_the_frames_within_two_windows() -> None:
    pacer = Pacer()
    steady(pacer, 2000, begin=1000.0, for_s=1.0)
    ticks = 0
    while pacer.took(1001.1 + ticks * FRAME_S, 0, more=False) is not Pacing.AT_ONCE:
        ticks += 1
    assert 1 <= ticks <= 2 * 0.25 / FRAME_S + 1


@pytest.mark.parametrize("per_s", [60, 90])
def test_between_few_and_many_all_stays_as_it_is(per_s: float) -> None:
    framed = Pacer()
    steady(framed, 500, begin=1000.0, for_s=1.0)
    assert steady(framed, per_s, begin=1001.0, for_s=10.0) is Pacing.FRAMED
    assert steady(framed, 30, begin=1011.0, for_s=2.0) is Pacing.AT_ONCE
    assert steady(framed, per_s, begin=1013.0, for_s=10.0) is Pacing.AT_ONCE


def test_more_than_a_slice_can_take_is_sliced_until_nothing_is_left() -> None:
    pacer = Pacer()
    assert pacer.took(1000.0, 3, more=True) is Pacing.SLICED
    assert pacer.took(1000.004, 300, more=True) is Pacing.SLICED
    assert pacer.took(1000.008, 10, more=False) is Pacing.FRAMED


def test_another_connection_begins_at_once() -> None:
    pacer = Pacer()
    pacer.took(1000.0, 3, more=True)
    pacer.restart()
    assert pacer.pacing is Pacing.AT_ONCE
    assert pacer.took(1000.1, 20, more=False) is Pacing.AT_ONCE
