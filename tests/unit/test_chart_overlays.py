"""Indicators over the bars: choice, colours, values and saved data. Pure."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.indicator_bars import at_once, bars_of, walk
from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt_widgets.models.chart_overlays import Overlays
from upbit_ws_qt_widgets.models.indicators.averages import EMA, MA
from upbit_ws_qt_widgets.models.indicators.ichimoku import ICHIMOKU
from upbit_ws_qt_widgets.models.indicators.momentum import MACD, RSI
from upbit_ws_qt_widgets.models.indicators.volatility import BOLLINGER


def roles(overlays: Overlays) -> list[list[str]]:
    return [[plot.role for plot in one.plots] for one in overlays.on_price(bars_of(walk(5)))]


def test_three_averages_are_there_at_first() -> None:
    overlays = Overlays()
    assert overlays.averages == (5, 20, 60)
    assert [one.label for one in overlays.chosen] == ["MA5", "MA20", "MA60"]
    assert roles(overlays) == [["average_1"], ["average_2"], ["average_3"]]


def test_averages_take_the_place_of_averages_alone() -> None:
    overlays = Overlays()
    overlays.choose([EMA.chosen(), MA.chosen(), BOLLINGER.chosen()])
    overlays.choose_averages((7, 9))
    assert [one.label for one in overlays.chosen] == ["MA7", "MA9", "EMA20", "BB 20 2"]
    assert overlays.averages == (7, 9)


def test_colours_are_taken_in_turn() -> None:
    overlays = Overlays()
    overlays.choose([MA.chosen(), BOLLINGER.chosen(), ICHIMOKU.chosen(), EMA.chosen()])
    assert roles(overlays) == [
        ["average_1"],
        ["average_2", "average_3", "average_3"],
        ["average_1", "average_2", "rise", "fall", "average_3"],
        ["average_1"],
    ]


def test_values_follow_the_bars() -> None:
    overlays, rows = Overlays(), walk(100)
    bars = bars_of(rows[:90])
    overlays.choose([BOLLINGER.chosen(), ICHIMOKU.chosen()])
    overlays.on_price(bars)
    bars.merge(rows[90:])
    for overlay in overlays.on_price(bars):
        values = np.array([plot.values for plot in overlay.plots])
        np.testing.assert_array_equal(values, at_once(overlay.indicator, rows))
        assert tuple(plot.shift for plot in overlay.plots) == overlay.indicator.shifts


def test_what_stays_is_not_worked_out_again() -> None:
    overlays, bars = Overlays(), bars_of(walk(100))
    before = overlays.on_price(bars)[2].plots[0].values
    overlays.choose([EMA.chosen(), overlays.chosen[2]])
    after = overlays.on_price(bars)[1].plots[0].values
    assert np.shares_memory(before, after)


def test_saved_ones_come_back_through_text() -> None:
    overlays, others = Overlays(), Overlays()
    overlays.choose([EMA.chosen({"length": 9}), ICHIMOKU.chosen()])
    others.choose(others.checked(json.loads(json.dumps(overlays.saved()))))
    assert others.chosen == overlays.chosen


@pytest.mark.parametrize(
    ("saved", "said"),
    [
        ("ma", "a list of indicators is expected; got 'ma'"),
        ({"key": "ma"}, "a list of indicators is expected"),
        (["ma"], "a saved indicator is a mapping"),
        (
            [{"key": "ma", "settings": {"length": n}} for n in range(1, 14)],
            "up to 12 indicators are .* MA1, ",
        ),
    ],
)
def test_what_cannot_be_shown_is_refused(saved: object, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        Overlays.checked(saved)


def test_twelve_can_be_shown_and_no_more() -> None:
    overlays = Overlays()
    chosen = overlays.checked([{"key": "ema", "settings": {"length": n}} for n in range(1, 13)])
    overlays.choose(chosen)
    with pytest.raises(InvalidRequest, match="up to 12 indicators are expected; got MA5, EMA1,"):
        overlays.choose_averages((5,))
    assert overlays.chosen == chosen


def test_the_same_may_be_chosen_twice() -> None:
    overlays = Overlays()
    overlays.choose_averages((5, 5))
    assert overlays.checked(overlays.saved()) == overlays.chosen
    assert len(overlays.on_price(bars_of(walk(5)))) == 2


def test_what_needs_a_pane_is_not_on_the_price_and_its_colours_begin_anew() -> None:
    overlays, bars = Overlays(), bars_of(walk(60))
    overlays.choose([MA.chosen(), MACD.chosen(), EMA.chosen(), RSI.chosen()])
    assert overlays.in_panes == (MACD.chosen(), RSI.chosen())
    assert roles(overlays) == [["average_1"], ["average_2"]]
    macd = overlays.pane(MACD.chosen(), bars)
    assert [plot.role for plot in macd.plots] == ["average_1", "average_2", "direction"]
    assert [plot.is_histogram for plot in macd.plots] == [False, False, True]
    values = np.array([plot.values for plot in macd.plots])
    np.testing.assert_array_equal(values, at_once(MACD.chosen(), walk(60)))


def test_areas_have_the_colours_of_their_lines() -> None:
    overlays = Overlays()
    overlays.choose([MA.chosen(), BOLLINGER.chosen(), ICHIMOKU.chosen()])
    average, bands, cloud = overlays.on_price(bars_of(walk(5)))
    assert average.fills == ()
    assert bands.fills == ((1, 2, "average_3", "average_3"),)
    assert cloud.fills == ((2, 3, "rise", "fall"),)
