"""The legend: prices, change, amount and averages of one bar. Pure."""

from __future__ import annotations

import pytest

from tests.chart_bars import chart, rows, second, wave
from upbit_ws_qt_widgets.models.bars import VALUE
from upbit_ws_qt_widgets.models.chart_kinds import ChartKind, ColourRule, Look
from upbit_ws_qt_widgets.models.chart_layout import PaneBox
from upbit_ws_qt_widgets.models.chart_legend import (
    direction_at,
    direction_of,
    legend_of,
    pane_legend,
)
from upbit_ws_qt_widgets.models.chart_picture import LegendItem
from upbit_ws_qt_widgets.models.chart_scale import PriceScale
from upbit_ws_qt_widgets.models.chart_scene import PaneScene, compared_of
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.indicators.ichimoku import ICHIMOKU
from upbit_ws_qt_widgets.models.indicators.momentum import MACD
from upbit_ws_qt_widgets.models.indicators.volatility import BOLLINGER


def texts(items: object) -> list[str]:
    return [f"{item.label} {item.value}".strip() for item in items]  # type: ignore[attr-defined]


def legend(state: ChartState, number: int) -> tuple[tuple[LegendItem, ...], ...]:
    return legend_of(state, state.overlays.on_price(state.bars), number)


def test_directions() -> None:
    assert [direction_of(x) for x in (0.5, 0.0, -2.0)] == [1, 0, -1]


def test_a_bar_is_compared_with_the_close_before_it() -> None:
    made = rows([0, 1])
    made["open"], made["close"] = [100, 104], [100, 102]
    made["high"], made["low"], made["volume"] = [101, 105], [99, 95], [1, 2.5]
    prices, averages = legend(chart(made), 1)
    assert texts(prices) == ["O 104", "H 105", "L 95", "C 102", "▲+2.00%", "Volume 2.500"]
    assert [item.role for item in prices] == ["fall", "fall", "fall", "fall", "rise", "text"]
    assert [item.essential for item in prices] == [False, False, False, True, True, False]
    assert texts(averages) == ["MA5 –", "MA20 –", "MA60 –"]


def test_the_first_bar_of_all_is_compared_with_its_own_open() -> None:
    made = rows([0])
    made["open"], made["close"], made["high"], made["low"] = 100, 90, 100, 90
    prices, _ = legend(chart(made), 0)
    assert texts(prices)[4] == "▼-10.00%"
    assert prices[4].role == "fall"


def test_a_second_market_comes_first_with_its_change_and_what_is_the_matter() -> None:
    state = chart(rows(range(300)))
    state.comparison = second(range(280, 300))
    compared = compared_of(state)

    def items(number: int) -> list[LegendItem]:
        overlays = state.overlays.on_price(state.bars)
        return list(legend_of(state, overlays, number, compared)[1][:2])

    assert texts(items(299)) == ["KRW-ETH 1,299  +1.48%", "MA5 1,297"]
    assert items(299)[0].role == "comparison"
    assert items(299)[0].essential
    assert texts(items(279))[0] == "KRW-ETH –"
    state.comparison.note = "Loading…"
    assert texts(items(279)) == ["KRW-ETH", "Loading…"]
    assert [item.role for item in items(279)] == ["comparison", "warning"]


@pytest.mark.parametrize(("language", "text"), [("en", "No trade"), ("ko", "거래 없음")])
def test_where_nobody_traded_that_stands_for_the_amount(language: str, text: str) -> None:
    state = chart(rows([0, 2]), language=language)
    state.show_empty_bars(shown=True)
    prices, _ = legend(state, 1)
    assert texts(prices)[-1] == text
    assert prices[-1].essential
    assert texts(legend(state, 0)[0])[-1] != text
    # Without the wish a volume of 0 is a number like any other.
    state = chart(rows([0, 2]), language=language)
    state.candle(state.bars.bar(0)._replace(volume=0.0), None)
    assert texts(legend(state, 0)[0])[-1].endswith("0.000")


def test_a_bar_that_may_lack_something_says_so() -> None:
    state = chart(rows([0, 1]))
    start = int(state.bars.times[0])
    state.holes.lost("trade", start + 2000, start + 14_000)
    item = legend(state, 0)[0][-1]
    assert item.value == "12s not known, 09:00:02–09:00:14"
    assert (item.role, item.essential) == ("warning", True)
    assert legend(state, 1)[0][-1].role == "text"


def test_no_change_has_no_arrow() -> None:
    prices, _ = legend(chart(rows([0])), 0)
    assert texts(prices)[4] == "+0.00%"
    assert {item.role for item in prices[:5]} == {"even"}


def test_averages_have_the_roles_of_their_lines() -> None:
    state = chart(rows(range(30)))
    state.overlays.choose_averages((3, 10))
    _, averages = legend(state, 29)
    assert texts(averages) == ["MA3 1,028", "MA10 1,024"]
    assert [item.role for item in averages] == ["average_1", "average_2"]
    state.overlays.choose(())
    assert legend(state, 29)[1] == ()


def test_indicator_of_many_lines_is_named_once() -> None:
    state = chart(rows(range(30)))
    state.overlays.choose([BOLLINGER.chosen({"length": 3, "width": 1})])
    _, items = legend(state, 29)
    assert texts(items) == ["BB 3 1 1,028", "1,029", "1,027"]
    assert [item.role for item in items] == ["average_1", "average_2", "average_2"]


def test_displaced_line_has_the_value_that_is_drawn_at_the_bar() -> None:
    state = chart(rows(range(30)))
    state.overlays.choose([ICHIMOKU.chosen({"conversion": 1, "base": 1, "displacement": 4})])
    for number, leading, lagging in [(29, "1,026", "–"), (10, "1,007", "1,013"), (2, "–", "1,005")]:
        _, items = legend(state, number)
        assert (items[2].value, items[4].value) == (leading, lagging)


@pytest.mark.parametrize(("language", "text"), [("ko", "거래대금 1,002"), ("en", "Value 1.00K")])
def test_the_traded_value_takes_the_place_of_the_volume(language: str, text: str) -> None:
    state = chart(rows([0, 1, 2]), language=language)
    state.look = Look(amount=VALUE)
    assert texts(legend(state, 2)[0])[-1] == text


def test_prices_have_the_decimals_of_their_tick() -> None:
    state = chart(wave(3))
    state.tick_size = lambda _: 0.01
    assert legend(state, 0)[0][0].value == "100,000.00"


def test_averaged_candles_say_that_the_prices_are_real_ones() -> None:
    state = chart(wave(30))
    plain = legend(state, 20)[0]
    state.look = Look(ChartKind.HEIKIN_ASHI)
    note, *rest = legend(state, 20)[0]
    assert (note.label, note.value, note.essential) == ("Real prices", "", True)
    assert tuple(rest) == plain


def test_the_direction_follows_the_rule() -> None:
    made = rows([0, 1])
    made["open"], made["close"] = [100, 104], [100, 102]
    made["high"], made["low"] = 105, 99
    state = chart(made)
    assert direction_at(state, 1) == -1
    state.look = Look(rule=ColourRule.PREVIOUS)
    assert direction_at(state, 1) == 1
    assert direction_at(state, 0) == 0, "the first bar has no close before it"
    assert legend(state, 1)[0][0].role == "rise"


def test_a_pane_names_its_indicator_once_and_colours_a_histogram_by_its_side() -> None:
    state = chart(wave(300))
    state.overlays.choose([MACD.chosen()])
    overlay = state.overlays.pane(MACD.chosen(), state.bars)
    box = PaneBox(MACD.chosen(), 300, 400)
    pane = PaneScene(box, PriceScale(-4000.0, 4000.0), overlay)
    items = pane_legend(state, pane, 299)
    assert [item.label for item in items] == ["MACD 12 26 9", "", ""]
    values = [float(plot.values[299]) for plot in overlay.plots]
    assert [item.value for item in items] == [f"{value:,.0f}" for value in values]
    assert items[2].role == ("rise" if values[2] > 0 else "fall")
    assert [item.value for item in pane_legend(state, pane, 3)] == ["–", "–", "–"]
    assert pane_legend(state, PaneScene(box, PriceScale(), None), 299) == ()
