"""Indicators kept current: whatever happens to the bars, as if worked out anew. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chart_bars import MINUTE
from tests.indicator_bars import FIGURES, at_once, bars_of, walk
from upbit_ws_qt_widgets.models.bars import BAR_DTYPE, NEWEST, Bar, Bars
from upbit_ws_qt_widgets.models.indicators import (
    Indicator,
    IndicatorSeries,
    IndicatorSpec,
    Plot,
    Stretch,
    Title,
)
from upbit_ws_qt_widgets.models.indicators.registry import BUILT_IN

SHORT = {
    "length": 5,
    "fast": 3,
    "slow": 6,
    "signal": 4,
    "smooth": 3,
    "conversion": 3,
    "base": 5,
    "span": 9,
}


def shortened(spec: IndicatorSpec) -> Indicator:
    names = {parameter.name for parameter in spec.parameters}
    return spec.chosen({name: value for name, value in SHORT.items() if name in names})


PLOT = Plot(Title("", ""), "line_1")

CHOSEN = [shortened(spec) for spec in BUILT_IN]


def rows_of(bars: Bars) -> Any:
    rows = np.zeros(len(bars), BAR_DTYPE)
    rows["time"] = bars.times
    for index, name in enumerate(FIGURES):
        rows[name] = bars.figures[index]
    return rows


class Watched:
    """An indicator that notes how many bars it was asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        spec = IndicatorSpec("watched", Title("", ""), "", self.function, (PLOT,))
        self.series = IndicatorSeries(spec.chosen())

    def function(self, stretch: Stretch) -> tuple[Any, ...]:
        self.asked.append(len(stretch.times))
        return (stretch.mean(stretch.close, 5),)


#: (what, where in the bars, a factor for prices)
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["grow", "append", "late", "insert", "prepend", "overlap", "many", "load"]),
        st.integers(0, 200),
        st.floats(0.9, 1.1),
    ),
    min_size=1,
    max_size=12,
)


def change(bars: Bars, what: str, where: int, factor: float) -> None:
    """Do to ``bars`` one of the things that data do to them."""
    first, last = bars.bar(bars.first), bars.bar(bars.end - 1)
    chosen = bars.bar(bars.first + where % len(bars))
    if what == "grow":
        bars.put(scaled(last, last.time, factor))
    elif what == "append":
        bars.put(scaled(last, last.time + MINUTE, factor))
    elif what == "late":
        bars.put(scaled(chosen, chosen.time, factor))
    elif what == "insert":
        bars.put(scaled(chosen, chosen.time + MINUTE // 2, factor))
    elif what == "load":
        bars.replace(walk(1 + where, seed=where))
    else:
        rows = walk(1 + where % 40, seed=where)
        shift = {
            "prepend": first.time - MINUTE - rows["time"][-1],
            "many": last.time + MINUTE - rows["time"][0],
            "overlap": chosen.time - rows["time"][0],
        }
        rows["time"] += shift[what]
        bars.merge(rows)


def scaled(bar: Bar, time: int, factor: float) -> Bar:
    return Bar(time, *(figure * factor for figure in bar[1:]))


@settings(max_examples=40)
@given(count=st.integers(1, 80), changes=CHANGES, quiet=st.sets(st.integers(0, 11)))
def test_any_changes_leave_what_working_out_anew_gives(
    count: int, changes: list[tuple[str, int, float]], quiet: set[int]
) -> None:
    """To the last bit. ``quiet``: changes after which nobody asked."""
    bars = bars_of(walk(count))
    kept = [IndicatorSeries(chosen) for chosen in CHOSEN]
    for series in kept:
        series.update(bars)
    for number, (what, where, factor) in enumerate(changes):
        change(bars, what, where, factor)
        if number in quiet and number + 1 < len(changes):
            continue
        rows = rows_of(bars)
        for series in kept:
            series.update(bars)
            np.testing.assert_array_equal(
                series.values, at_once(series.indicator, rows), err_msg=series.indicator.label
            )


def test_newest_bars_alone_are_worked_out_again() -> None:
    watched, bars = Watched(), bars_of(walk(5000))
    watched.series.update(bars)
    watched.asked.clear()
    for number in range(100):
        last = bars.bar(bars.end - 1)
        bars.put(last._replace(close=last.close + 1))
        watched.series.update(bars)
        if number % 2:
            bars.put(last._replace(time=last.time + MINUTE))
            watched.series.update(bars)
    assert max(watched.asked) <= 2 * NEWEST + 1


def test_bars_that_did_not_change_are_not_worked_out_again() -> None:
    watched, bars = Watched(), bars_of(walk(100))
    watched.series.update(bars)
    watched.asked.clear()
    watched.series.update(bars)
    assert watched.asked == []
    last = bars.bar(bars.end - 1)
    for changed in (last._replace(close=last.close + 1), bars.bar(bars.end - 2)):
        bars.put(changed)
        watched.series.update(bars)
        assert watched.asked
        watched.asked.clear()


def test_another_series_of_bars_is_worked_out() -> None:
    watched = Watched()
    watched.series.update(bars_of(walk(100)))
    other = bars_of(walk(100, seed=2))
    watched.series.update(other)
    np.testing.assert_array_equal(
        watched.series.values, at_once(watched.series.indicator, rows_of(other))
    )


def test_no_bars_have_no_values() -> None:
    watched, bars = Watched(), bars_of(walk(30))
    watched.series.update(bars)
    bars.clear()
    watched.series.update(bars)
    assert watched.series.values.shape == (1, 0)


@pytest.mark.parametrize("chosen", CHOSEN, ids=lambda chosen: chosen.spec.key)
def test_gap_has_no_values_and_the_rest_is_as_without_it(chosen: Indicator) -> None:
    rows = walk(60)
    gaps = np.isin(np.arange(60), [0, 7, 8, 30, 57, 59])
    bars, series = Bars(), IndicatorSeries(chosen)
    for index in range(60):
        bar = Bar(*rows[index].tolist())
        bars.put(bar._replace(close=np.nan) if gaps[index] else bar)
        series.update(bars)
    assert np.isnan(series.values[:, gaps]).all()
    np.testing.assert_array_equal(series.values[:, ~gaps], at_once(chosen, rows[~gaps]))


def test_indicator_cannot_change_the_bars() -> None:
    def greedy(stretch: Stretch) -> tuple[Any, ...]:
        stretch.close[:] = 0
        return (stretch.close,)

    spec = IndicatorSpec("greedy", Title("", ""), "", greedy, (PLOT,))
    bars = bars_of(walk(10))
    series = IndicatorSeries(spec.chosen())
    for _ in range(2):
        with pytest.raises(ValueError, match="read-only"):
            series.update(bars)
    assert bars.figures.flags.writeable


def test_values_stay_while_they_grow() -> None:
    """Past the room there was."""
    watched, bars = Watched(), bars_of(walk(20))
    watched.series.update(bars)
    rows = walk(3000, seed=3)
    rows["time"] += bars.times[-1]
    bars.merge(rows)
    watched.series.update(bars)
    assert watched.asked[-2:] == [3000, NEWEST], "twelve of the first twenty were settled"
    np.testing.assert_array_equal(
        watched.series.values, at_once(watched.series.indicator, rows_of(bars))
    )
