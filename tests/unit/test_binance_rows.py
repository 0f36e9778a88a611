"""Payloads of Binance's documents, read as our events. Tests only."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from upbit_ws_qt.binance_rows import READERS
from upbit_ws_qt.events import (
    CandleEvent,
    MarketEvent,
    OrderbookEvent,
    OrderbookUnit,
    Stamp,
    TickerEvent,
    TradeEvent,
)
from upbit_ws_qt.subscriptions import Stream, stream_of
from upbit_ws_qt.timeframe import Timeframe

STAMP = Stamp(epoch=2, received_at=1_672_515_783.5)

TICKER = {
    "e": "24hrTicker",
    "E": 1672515782136,
    "s": "BTCUSDT",
    "p": "-15.50000000",
    "P": "-1.250",
    "w": "1230.0",
    "x": "1240.00000000",
    "c": "1224.50000000",
    "Q": "0.75000000",
    "b": "1224.4",
    "B": "10",
    "a": "1224.6",
    "A": "100",
    "o": "1240.00000000",
    "h": "1250.00000000",
    "l": "1200.00000000",
    "v": "10000.00000000",
    "q": "12300000.00000000",
    "O": 0,
    "C": 86400000,
    "F": 0,
    "L": 18150,
    "n": 18151,
}
TRADE = {
    "e": "trade",
    "E": 1672515782136,
    "s": "BTCUSDT",
    "t": 12345,
    "p": "0.00100000",
    "q": "100.00000000",
    "T": 1672515782130,
    "m": True,
    "M": True,
}
BAR = {
    "t": 1672515780000,
    "T": 1672515839999,
    "s": "BTCUSDT",
    "i": "1m",
    "f": 100,
    "L": 200,
    "o": "0.0010",
    "c": "0.0020",
    "h": "0.0025",
    "l": "0.0005",
    "v": "1000",
    "n": 100,
    "x": False,
    "q": "1.5",
    "V": "500",
    "Q": "0.500",
    "B": "0",
}
CANDLE = {"e": "kline", "E": 1672515782136, "s": "BTCUSDT", "k": BAR}
BOOK = {
    "lastUpdateId": 160,
    "bids": [["0.0024", "10"], ["0.0022", "5"]],
    "asks": [["0.0026", "100"]],
}


def read(kind: str, payload: dict[str, Any], type_: str = "") -> MarketEvent:
    raw = msgspec.Raw(json.dumps(payload).encode())
    stream = Stream(type_ or kind, "USDT-BTC")
    event = READERS[kind](raw, stream, STAMP)
    assert stream_of(event) == stream
    assert event.stamp is STAMP
    return event


def test_a_ticker_tells_the_last_24_hours() -> None:
    event = read("ticker", TICKER)
    assert isinstance(event, TickerEvent)
    assert (event.trade_price, event.trade_volume) == (1224.5, 0.75)
    assert (event.opening_price, event.high_price, event.low_price) == (1240.0, 1250.0, 1200.0)
    assert event.prev_closing_price == 1240.0
    assert (event.change, event.change_price, event.signed_change_price) == ("FALL", 15.5, -15.5)
    assert event.change_rate == pytest.approx(0.0125)
    assert event.signed_change_rate == pytest.approx(-0.0125)
    assert event.acc_trade_volume == event.acc_trade_volume_24h == 10_000.0
    assert event.acc_trade_price == event.acc_trade_price_24h == 12_300_000.0
    assert event.timestamp == 1672515782136


@pytest.mark.parametrize(("change", "word"), [("0.5", "RISE"), ("0.00", "EVEN"), ("-0.5", "FALL")])
def test_a_change_has_its_word(change: str, word: str) -> None:
    event = read("ticker", TICKER | {"p": change})
    assert isinstance(event, TickerEvent)
    assert event.change == word


@pytest.mark.parametrize(("maker_bought", "side"), [(True, "ASK"), (False, "BID")])
def test_a_trade_names_the_side_of_the_taker(*, maker_bought: bool, side: str) -> None:
    event = read("trade", TRADE | {"m": maker_bought})
    assert isinstance(event, TradeEvent)
    assert event.ask_bid == side
    assert (event.trade_price, event.trade_volume) == (0.001, 100.0)
    assert (event.sequential_id, event.trade_timestamp) == (12345, 1672515782130)
    assert event.time == datetime(2022, 12, 31, 19, 43, 2, 130_000, tzinfo=UTC)


def test_a_candle_is_known_by_its_start() -> None:
    event = read("candle", CANDLE, "candle.1m")
    assert isinstance(event, CandleEvent)
    assert event.timeframe is Timeframe.MINUTE_1
    assert event.candle_date_time_utc == "2022-12-31T19:43:00"
    assert event.start_ms == 1672515780000
    assert (event.open_price, event.high_price) == (0.001, 0.0025)
    assert (event.low_price, event.close_price) == (0.0005, 0.002)
    assert (event.volume, event.value) == (1000.0, 1.5)


def test_a_book_is_paired_by_row_and_timed_by_its_arrival() -> None:
    event = read("orderbook", BOOK)
    assert isinstance(event, OrderbookEvent)
    assert event.orderbook_units == (
        OrderbookUnit(ask_price=0.0026, bid_price=0.0024, ask_size=100.0, bid_size=10.0),
        OrderbookUnit(ask_price=0.0, bid_price=0.0022, ask_size=0.0, bid_size=5.0),
    )
    assert (event.total_ask_size, event.total_bid_size) == (100.0, 15.0)
    assert event.timestamp == 1_672_515_783_500
    assert event.level == 0.0


@pytest.mark.parametrize(
    ("kind", "payload"),
    [("ticker", TICKER), ("trade", TRADE), ("candle", CANDLE), ("orderbook", BOOK)],
)
def test_what_is_missing_is_missed(kind: str, payload: dict[str, Any]) -> None:
    last = next(name for name in ("c", "p", "k", "asks") if name in payload)
    short = {name: value for name, value in payload.items() if name != last}
    with pytest.raises(msgspec.DecodeError):
        read(kind, short, "candle.1m" if kind == "candle" else "")
