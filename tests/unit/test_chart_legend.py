"""The legend: prices, change, amount and averages of one bar. Pure."""

from __future__ import annotations

import pytest

from tests.chart_bars import chart, rows, wave
from upbit_ws_qt_widgets.models.bars import VALUE
from upbit_ws_qt_widgets.models.chart_legend import direction_of, legend_of


def texts(items: object) -> list[str]:
    return [f"{item.label} {item.value}".strip() for item in items]  # type: ignore[attr-defined]


def test_directions() -> None:
    assert [direction_of(x) for x in (0.5, 0.0, -2.0)] == [1, 0, -1]


def test_a_bar_is_compared_with_the_close_before_it() -> None:
    made = rows([0, 1])
    made["open"], made["close"] = [100, 104], [100, 102]
    made["high"], made["low"], made["volume"] = [101, 105], [99, 95], [1, 2.5]
    prices, averages = legend_of(chart(made), 1)
    assert texts(prices) == ["O 104", "H 105", "L 95", "C 102", "▲+2.00%", "Volume 2.500"]
    assert [item.role for item in prices] == ["fall", "fall", "fall", "fall", "rise", "text"]
    assert [item.essential for item in prices] == [False, False, False, True, True, False]
    assert texts(averages) == ["MA5 –", "MA20 –", "MA60 –"]


def test_the_first_bar_of_all_is_compared_with_its_own_open() -> None:
    made = rows([0])
    made["open"], made["close"], made["high"], made["low"] = 100, 90, 100, 90
    prices, _ = legend_of(chart(made), 0)
    assert texts(prices)[4] == "▼-10.00%"
    assert prices[4].role == "fall"


def test_no_change_has_no_arrow() -> None:
    prices, _ = legend_of(chart(rows([0])), 0)
    assert texts(prices)[4] == "+0.00%"
    assert {item.role for item in prices[:5]} == {"even"}


def test_averages_have_the_roles_of_their_lines() -> None:
    state = chart(rows(range(30)))
    state.averages = (3, 10)
    _, averages = legend_of(state, 29)
    assert texts(averages) == ["MA3 1,028", "MA10 1,024"]
    assert [item.role for item in averages] == ["average_1", "average_2"]
    state.averages = ()
    assert legend_of(state, 29)[1] == ()


@pytest.mark.parametrize(("language", "text"), [("ko", "거래대금 1,002"), ("en", "Value 1.00K")])
def test_the_traded_value_takes_the_place_of_the_volume(language: str, text: str) -> None:
    state = chart(rows([0, 1, 2]), language=language)
    state.amount = VALUE
    assert texts(legend_of(state, 2)[0])[-1] == text


def test_prices_have_the_decimals_of_their_tick() -> None:
    state = chart(wave(3))
    state.tick_size = lambda _: 0.01
    assert legend_of(state, 0)[0][0].value == "100,000.00"
