"""Steps over a stretch of bars, and what they hand on to the next stretch. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.indicator_bars import stretch_of, walk
from upbit_ws_qt.errors import InvalidState
from upbit_ws_qt_widgets.models.indicators import Stretch

ROWS = walk(60)


def steps(stretch: Stretch) -> list[Any]:
    close = stretch.close
    return [
        stretch.before(close),
        stretch.mean(close, 5),
        stretch.weighted_mean(close, 5),
        stretch.deviation(close, 5),
        stretch.highest(stretch.high, 5),
        stretch.lowest(stretch.low, 5),
        stretch.windows(close, 3).max(axis=1),
        stretch.exponential_mean(close, 5),
        stretch.smoothed(close, 5),
        stretch.total(stretch.volume),
        stretch.total(stretch.value, stretch.times % 5 == 0),
        stretch.without_first(close, 40),
    ]


def test_stretch_has_the_figures_of_its_bars() -> None:
    stretch = stretch_of(ROWS)
    for name in ("open", "high", "low", "close", "volume", "value"):
        assert getattr(stretch, name).tolist() == ROWS[name].tolist()
    assert stretch.times.tolist() == ROWS["time"].tolist()


def test_steps_are_what_their_names_say() -> None:
    close = ROWS["close"]
    before, mean, weighted, deviation, high, low, greatest, _, _, total, _, later = steps(
        stretch_of(ROWS)
    )
    window = close[-5:]
    assert before[-1] == close[-2]
    assert mean[-1] == pytest.approx(window.mean())
    assert weighted[-1] == pytest.approx((window * [1, 2, 3, 4, 5]).sum() / 15)
    assert deviation[-1] == pytest.approx(window.std())
    assert high[-1] == ROWS["high"][-5:].max()
    assert low[-1] == ROWS["low"][-5:].min()
    assert greatest[-1] == close[-3:].max()
    assert total[-1] == pytest.approx(ROWS["volume"].sum())
    assert np.isnan(later[:40]).all()
    assert later[40:].tolist() == close[40:].tolist()


@pytest.mark.parametrize(
    ("average", "weight"), [(Stretch.exponential_mean, 1 / 3), (Stretch.smoothed, 1 / 5)]
)
def test_averages_that_never_forget_begin_with_a_mean(average: Any, weight: float) -> None:
    close = ROWS["close"]
    results = average(stretch_of(ROWS), close, 5)
    assert np.isnan(results[:4]).all()
    assert results[4] == pytest.approx(close[:5].mean())
    assert results[5] == pytest.approx(results[4] + weight * (close[5] - results[4]))


@pytest.mark.parametrize("cut", [1, 20, 39, 40, 41, 59])
def test_next_stretch_goes_on_where_the_one_before_ended(cut: int) -> None:
    whole = steps(stretch_of(ROWS))
    first = stretch_of(ROWS[:cut])
    begun = steps(first)
    ended = steps(stretch_of(ROWS[cut:], first.memory))
    for one, start, rest in zip(whole, begun, ended, strict=True):
        np.testing.assert_array_equal(np.concatenate((start, rest)), one)


def test_memory_may_be_used_again() -> None:
    """The newest bar is worked out with every trade, from the same memory each time."""
    first = stretch_of(ROWS[:50])
    steps(first)
    memory = first.memory
    once = steps(stretch_of(ROWS[50:], memory))
    again = steps(stretch_of(ROWS[50:], memory))
    for one, other in zip(once, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_other_steps_than_before_are_refused() -> None:
    first = stretch_of(ROWS[:20])
    first.mean(first.close, 5)
    second = stretch_of(ROWS[20:], first.memory)
    with pytest.raises(InvalidState, match="got highest as number 1"):
        second.highest(second.high, 5)
    second.mean(second.close, 5)
    with pytest.raises(InvalidState, match="got sums as number 2"):
        second.mean(second.close, 5)


def test_fewer_steps_than_before_are_refused() -> None:
    first = stretch_of(ROWS[:20])
    first.mean(first.close, 5)
    first.mean(first.close, 9)
    second = stretch_of(ROWS[20:], first.memory)
    second.mean(second.close, 5)
    with pytest.raises(InvalidState, match="got 1 instead of 2"):
        _ = second.memory
