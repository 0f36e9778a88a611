"""Candles from outside: events and arrays, checked as a whole. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.chart_bars import MINUTE, START, bar, candle, rows
from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_widgets.models.bars import BAR_DTYPE, Bar
from upbit_ws_qt_widgets.models.candle_input import bar_of, page_of


def test_events_become_rows_with_their_market_unit_and_time_stamps() -> None:
    page = page_of([candle(0, 5.0, at=START + 7), candle(1, 6.0)])
    assert page.market == "KRW-BTC"
    assert page.timeframe is Timeframe.MINUTE_1
    assert page.timestamps is not None
    assert page.timestamps.tolist() == [START + 7, START + MINUTE]
    assert Bar(*page.rows[0].tolist()) == Bar(START, 5.0, 6.0, 4.0, 5.0, 1.0, 5.0)


def test_no_events_are_an_empty_page() -> None:
    page = page_of(())
    assert len(page.rows) == 0
    assert page.market == ""


def test_an_array_keeps_its_rows_and_says_nothing_of_a_market() -> None:
    given = rows([1, 2])
    page = page_of(given)
    assert page.rows.tolist() == given.tolist()
    assert page.timestamps is None
    assert page.market == ""
    assert page.timeframe is None
    assert page.rows is not given


def test_an_array_may_have_other_fields_types_and_order() -> None:
    other = np.zeros(
        1, [(n, "<f4" if n != "time" else "<u8") for n in reversed(BAR_DTYPE.names or ())]
    )
    other["time"], other["volume"], other["value"] = START, 2, 8
    for name in ("open", "high", "low", "close"):
        other[name] = 4
    assert page_of(other).rows[0].tolist() == (START, 4.0, 4.0, 4.0, 4.0, 2.0, 8.0)


def test_order_does_not_matter_and_the_last_of_one_start_holds() -> None:
    page = page_of([candle(2), candle(0), candle(2, 7.0, at=START + 9), candle(1)])
    assert ((page.rows["time"] - START) // MINUTE).tolist() == [0, 1, 2]
    assert page.rows["close"].tolist() == [100.0, 100.0, 7.0]
    assert page.timestamps is not None
    assert page.timestamps.tolist() == [START, START + MINUTE, START + 9]
    assert page_of(rows([3, 1, 3])[::-1]).rows["close"].tolist() == [1001.0, 1003.0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "got NoneType"),
        (5, "got int"),
        ([candle(0), {"time": 1}], "candle 1 must be a CandleEvent; got dict"),
        ([candle(0), candle(1, market="KRW-ETH")], "KRW-BTC candle.1m, KRW-ETH candle.1m"),
        ([candle(0), candle(0, unit="5m")], "one market and unit"),
        (np.zeros(3), "open, high, low, close, volume, value missing"),
        (np.zeros((1, 1), BAR_DTYPE), "got 2 dimensions"),
        (np.zeros(1, [(n, "<f8") for n in BAR_DTYPE.names or ()]), "whole ms since 1970"),
        (
            np.zeros(1, [("time", "<i8"), *((n, "O") for n in (BAR_DTYPE.names or ())[1:])]),
            "candle 0 needs",
        ),
        (
            np.array(
                [(1, "x", "x", "x", "x", "x", "x")],
                [("time", "<i8"), *((n, "U1") for n in (BAR_DTYPE.names or ())[1:])],
            ),
            "open must be numbers",
        ),
    ],
)
def test_what_is_no_sequence_of_candles_is_refused(given: Any, message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        page_of(given)


@pytest.mark.parametrize(
    "wrong",
    [
        {"high_price": 99.0},
        {"low_price": 101.0},
        {"low_price": 0.0},
        {"low_price": float("nan")},
        {"high_price": float("inf")},
        {"candle_acc_trade_volume": -1.0},
        {"candle_acc_trade_volume": float("nan")},
        {"candle_acc_trade_price": -1.0},
        {"candle_acc_trade_price": float("inf")},
        {"candle_date_time_utc": "1969-01-01T00:00:00"},
        {"candle_date_time_utc": "3200-01-01T00:00:00"},
    ],
)
def test_numbers_that_contradict_each_other_are_refused(wrong: dict[str, Any]) -> None:
    event = candle(1, **wrong)
    with pytest.raises(InvalidRequest, match="candle 1 needs a time in ms"):
        page_of([candle(0), event])
    with pytest.raises(InvalidRequest, match="the candle needs"):
        bar_of(event)


def test_one_event_becomes_a_bar() -> None:
    assert bar_of(candle(3, 50.0)) == bar(3, 50.0)
    with pytest.raises(InvalidRequest, match="a candle must be a CandleEvent; got str"):
        bar_of("candle")
