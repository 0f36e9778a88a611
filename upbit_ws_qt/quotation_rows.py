"""The answers to REST calls about markets, read as the same events as frames. Pure.

What REST calls otherwise is read under its own name, what it lacks is None, and signs follow the
frames. A field that the documents promise everywhere must be there.
Source: docs.upbit.com, the reference of each path.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from types import GenericAlias
from typing import TypeVar

import msgspec

from .errors import DecodeError
from .events import (
    CandleEvent,
    MarketEvent,
    OrderbookEvent,
    Source,
    Stamp,
    TickerEvent,
    TradeEvent,
)
from .markets import Instrument, Market
from .rest_call import read
from .timeframe import Timeframe
from .twins import twin

__all__ = [
    "read_candles",
    "read_instruments",
    "read_markets",
    "read_orderbooks",
    "read_tickers",
    "read_trades",
]

EventT = TypeVar("EventT", bound=MarketEvent)

_FROM_REST = Stamp(source=Source.REST)
_set = msgspec.structs.force_setattr


class _Flags(msgspec.Struct):
    warning: bool = False
    caution: dict[str, bool] = {}


class _MarketRow(msgspec.Struct):
    market: str
    english_name: str
    korean_name: str = ""
    market_event: _Flags | None = None
    market_warning: str = "NONE"


class _InstrumentRow(msgspec.Struct):
    market: str
    tick_size: str
    supported_levels: tuple[str, ...] = ()


_market_rows = msgspec.json.Decoder(list[_MarketRow])
_instrument_rows = msgspec.json.Decoder(list[_InstrumentRow])


def read_markets(body: bytes) -> dict[str, Market]:
    """By code."""
    found: dict[str, Market] = {}
    for row in read(body, _market_rows):
        # Abroad there is one word instead of the flags.
        flags = row.market_event or _Flags(warning=row.market_warning == "CAUTION")
        cautions = tuple(name for name, active in flags.caution.items() if active)
        found[row.market] = Market(
            row.market, row.korean_name, row.english_name, flags.warning, cautions
        )
    return found


def read_instruments(body: bytes) -> dict[str, Instrument]:
    """By code; the numbers are strings there."""
    try:
        return {
            row.market: Instrument(
                float(row.tick_size), tuple(float(level) for level in row.supported_levels)
            )
            for row in read(body, _instrument_rows)
        }
    except ValueError as error:
        raise DecodeError(f"an answer is not what the documents say: {error}", body) from error


def _rows_of(
    cls: type[EventT], promised: Collection[str], names: Mapping[str, str] | None = None
) -> msgspec.json.Decoder[tuple[EventT, ...]]:
    """Reads rows as events; the type is ours to say, under a name that no row uses."""
    spelled = {"code": "market", "type": "\u2063type", **(names or {})}
    row = twin(cls, spelled, required=promised, defaults={"type": ""})
    return msgspec.json.Decoder(GenericAlias(tuple, (row, ...)))


def _events(
    body: bytes, decoder: msgspec.json.Decoder[tuple[EventT, ...]], type_: str
) -> tuple[EventT, ...]:
    events = read(body, decoder)
    for event in events:
        _set(event, "type", type_)
        _set(event, "stamp", _FROM_REST)
    return events


_ticker_rows = _rows_of(
    TickerEvent,
    (
        "trade_date",
        "trade_time",
        "trade_timestamp",
        "opening_price",
        "high_price",
        "low_price",
        "prev_closing_price",
        "change",
        "change_price",
        "change_rate",
        "signed_change_price",
        "signed_change_rate",
        "trade_volume",
        "acc_trade_price",
        "acc_trade_price_24h",
        "acc_trade_volume",
        "acc_trade_volume_24h",
        "highest_52_week_price",
        "highest_52_week_date",
        "lowest_52_week_price",
        "lowest_52_week_date",
    ),
)
_trade_rows = _rows_of(
    TradeEvent,
    ("trade_date", "trade_time", "prev_closing_price", "change_price"),
    {"trade_date": "trade_date_utc", "trade_time": "trade_time_utc"},
)
_orderbook_rows = _rows_of(OrderbookEvent, ())


@cache
def _candle_rows(
    promised: tuple[str, ...],
) -> msgspec.json.Decoder[tuple[CandleEvent, ...]]:
    return _rows_of(CandleEvent, promised)


def _promised_of(timeframe: Timeframe, *, converted: bool) -> tuple[str, ...]:
    if timeframe is Timeframe.DAY:
        day = ("prev_closing_price", "change_price", "change_rate")
        return (*day, "converted_trade_price") if converted else day
    if timeframe.is_streamed:
        return () if timeframe is Timeframe.SECOND_1 else ("unit",)
    return ("first_day_of_period",)


def read_tickers(body: bytes) -> tuple[TickerEvent, ...]:
    """In the order of the answer."""
    return _events(body, _ticker_rows, "ticker")


def read_trades(body: bytes) -> tuple[TradeEvent, ...]:
    """Oldest first; the exchange sends the newest first."""
    events = _events(body, _trade_rows, "trade")
    for event in events:
        if event.change_price is not None:
            # Here it has a sign, in frames it has none.
            _set(event, "change_price", abs(event.change_price))
    return events[::-1]


def read_orderbooks(body: bytes) -> tuple[OrderbookEvent, ...]:
    """In the order of the answer."""
    return _events(body, _orderbook_rows, "orderbook")


def read_candles(
    body: bytes, timeframe: Timeframe, *, converted: bool = False
) -> tuple[CandleEvent, ...]:
    """Oldest first; the exchange sends the newest first. ``converted``: days were asked so."""
    rows = _candle_rows(_promised_of(timeframe, converted=converted))
    return _events(body, rows, f"candle.{timeframe}")[::-1]
