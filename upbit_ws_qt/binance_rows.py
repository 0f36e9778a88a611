"""Payloads of Binance's public streams as the events of this package. Pure.

Source: developers.binance.com, web-socket-streams of the spot market.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from typing import TypeAlias

import msgspec

from .events import (
    CandleEvent,
    MarketEvent,
    OrderbookEvent,
    OrderbookUnit,
    Stamp,
    TickerEvent,
    TradeEvent,
)
from .subscriptions import Stream

__all__ = ["READERS", "Reader"]

_EPOCH = datetime.fromtimestamp(0, UTC)


class _Ticker(
    msgspec.Struct,
    rename={
        "time_ms": "E",
        "price": "c",
        "volume": "Q",
        "before": "x",
        "opening": "o",
        "high": "h",
        "low": "l",
        "change": "p",
        "change_percent": "P",
        "sum_volume": "v",
        "sum_value": "q",
    },
):
    time_ms: int
    price: float
    volume: float
    before: float
    opening: float
    high: float
    low: float
    change: float
    change_percent: float
    sum_volume: float
    sum_value: float


class _Trade(
    msgspec.Struct,
    rename={
        "time_ms": "E",
        "number": "t",
        "price": "p",
        "volume": "q",
        "traded_ms": "T",
        "maker_bought": "m",
    },
):
    time_ms: int
    number: int
    price: float
    volume: float
    traded_ms: int
    maker_bought: bool


class _Bar(
    msgspec.Struct,
    rename={
        "start_ms": "t",
        "opening": "o",
        "high": "h",
        "low": "l",
        "closing": "c",
        "volume": "v",
        "value": "q",
    },
):
    start_ms: int
    opening: float
    high: float
    low: float
    closing: float
    volume: float
    value: float


class _Candle(msgspec.Struct, rename={"time_ms": "E", "bar": "k"}):
    time_ms: int
    bar: _Bar


class _Book(msgspec.Struct):
    asks: tuple[tuple[float, float], ...]
    bids: tuple[tuple[float, float], ...]


# Prices and amounts are strings there: `strict=False` reads them as the numbers they are.
_ticker = msgspec.json.Decoder(_Ticker, strict=False).decode
_trade = msgspec.json.Decoder(_Trade, strict=False).decode
_candle = msgspec.json.Decoder(_Candle, strict=False).decode
_book = msgspec.json.Decoder(_Book, strict=False).decode


def _read_ticker(data: msgspec.Raw, stream: Stream, stamp: Stamp) -> TickerEvent:
    """A day is the last 24 hours there, and a change is against the trade before them."""
    row = _ticker(data)
    return TickerEvent(
        type=stream.type,
        code=stream.code,
        timestamp=row.time_ms,
        trade_price=row.price,
        trade_volume=row.volume,
        opening_price=row.opening,
        high_price=row.high,
        low_price=row.low,
        prev_closing_price=row.before,
        change="RISE" if row.change > 0 else "FALL" if row.change < 0 else "EVEN",
        change_price=abs(row.change),
        signed_change_price=row.change,
        change_rate=abs(row.change_percent) / 100,
        signed_change_rate=row.change_percent / 100,
        acc_trade_volume=row.sum_volume,
        acc_trade_volume_24h=row.sum_volume,
        acc_trade_price=row.sum_value,
        acc_trade_price_24h=row.sum_value,
        stamp=stamp,
    )


def _read_trade(data: msgspec.Raw, stream: Stream, stamp: Stamp) -> TradeEvent:
    row = _trade(data)
    return TradeEvent(
        type=stream.type,
        code=stream.code,
        timestamp=row.time_ms,
        trade_price=row.price,
        trade_volume=row.volume,
        ask_bid="ASK" if row.maker_bought else "BID",
        sequential_id=row.number,
        trade_timestamp=row.traded_ms,
        stamp=stamp,
    )


def _read_candle(data: msgspec.Raw, stream: Stream, stamp: Stamp) -> CandleEvent:
    row = _candle(data)
    bar = row.bar
    start = _EPOCH + timedelta(milliseconds=bar.start_ms)
    return CandleEvent(
        type=stream.type,
        code=stream.code,
        timestamp=row.time_ms,
        candle_date_time_utc=start.strftime("%Y-%m-%dT%H:%M:%S"),
        opening_price=bar.opening,
        high_price=bar.high,
        low_price=bar.low,
        trade_price=bar.closing,
        candle_acc_trade_volume=bar.volume,
        candle_acc_trade_price=bar.value,
        stamp=stamp,
    )


def _read_book(data: msgspec.Raw, stream: Stream, stamp: Stamp) -> OrderbookEvent:
    """Books carry no time of their own: that of their arrival stands for it."""
    row = _book(data)
    nothing = (0.0, 0.0)
    return OrderbookEvent(
        type=stream.type,
        code=stream.code,
        timestamp=int(stamp.received_at * 1000),
        total_ask_size=sum(size for _, size in row.asks),
        total_bid_size=sum(size for _, size in row.bids),
        orderbook_units=tuple(
            OrderbookUnit(ask_price=ask[0], bid_price=bid[0], ask_size=ask[1], bid_size=bid[1])
            for ask, bid in zip_longest(row.asks, row.bids, fillvalue=nothing)
        ),
        stamp=stamp,
    )


#: Makes an event of a payload.
Reader: TypeAlias = Callable[[msgspec.Raw, Stream, Stamp], MarketEvent]
#: By the type of stream here; candles by their prefix.
READERS: dict[str, Reader] = {
    "ticker": _read_ticker,
    "trade": _read_trade,
    "orderbook": _read_book,
    "candle": _read_candle,
}
