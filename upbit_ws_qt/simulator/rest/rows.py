"""The rows of the REST answers, with the names and number types of the documents. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from upbit_ws_qt.simulator.market.board import Notice
from upbit_ws_qt.simulator.market.book import DEPTH, Book
from upbit_ws_qt.simulator.market.days import DAY_MS
from upbit_ws_qt.simulator.market.listing import CAUTIONS, Listing
from upbit_ws_qt.simulator.market.live import DayState
from upbit_ws_qt.simulator.market.market import Market
from upbit_ws_qt.simulator.market.story import Candle
from upbit_ws_qt.simulator.market.trades import Trade
from upbit_ws_qt.simulator.streams.frames import change_word
from upbit_ws_qt.simulator.streams.spelling import (
    Spelling,
    compact_date,
    compact_time,
    dashed_date,
    iso_seconds,
)
from upbit_ws_qt.timeframe import Timeframe

__all__ = ["RowWriter", "instrument_row", "market_row"]

_KST_HOURS = 9

Row = dict[str, Any]


def _number(text: str) -> msgspec.Raw:
    """A number spelled by us, not by the JSON encoder."""
    return msgspec.Raw(text.encode())


def market_row(notice: Notice, *, details: bool) -> Row:
    """One row of ``/v1/market/all``."""
    listing = notice.listing
    row: Row = {
        "market": listing.code,
        "korean_name": listing.korean_name,
        "english_name": listing.english_name,
    }
    if details:
        row["market_event"] = {
            "warning": notice.warning,
            "caution": {name: name in notice.cautions for name in CAUTIONS},
        }
    return row


def instrument_row(listing: Listing, tick: Decimal) -> Row:
    """One row of ``/v1/orderbook/instruments``; the numbers are strings."""
    return {
        "market": listing.code,
        "quote_currency": listing.quote,
        "tick_size": f"{tick.normalize():f}",
        "supported_levels": [f"{level.normalize():f}" for level in listing.levels],
    }


# State: the spelling's memory.
class RowWriter:
    """Writes the rows of one market."""

    def __init__(self, market: Market) -> None:
        self.code = market.code
        self._grid = market.grid
        self._spelling = Spelling(market.grid, simple=False)

    def _price(self, quanta: int) -> msgspec.Raw:
        return _number(_short(self._spelling.fixed_price(quanta)))

    def _signed_price(self, quanta: int) -> msgspec.Raw:
        text = _short(self._spelling.fixed_price(abs(quanta)))
        return _number("-" + text if quanta < 0 else text)

    def _eight(self, quanta: int) -> msgspec.Raw:
        return _number(self._spelling.fixed_price(quanta))

    def _signed_eight(self, quanta: int) -> msgspec.Raw:
        text = self._spelling.fixed_price(abs(quanta))
        return _number("-" + text if quanta < 0 else text)

    def _volume(self, volume: int) -> msgspec.Raw:
        return _number(self._spelling.fixed_volume(volume))

    def _value(self, value: int) -> msgspec.Raw:
        return _number(self._spelling.fixed_value(value))

    def ticker(self, trade: Trade, day: DayState) -> Row:
        """One row of ``/v1/ticker``."""
        candle = day.candle
        difference = trade.price - day.prev_close
        rate = round(abs(difference) / day.prev_close, 10)
        return {
            "market": self.code,
            "trade_date": compact_date(trade.time_ms),
            "trade_time": compact_time(trade.time_ms),
            "trade_date_kst": compact_date(trade.time_ms, _KST_HOURS),
            "trade_time_kst": compact_time(trade.time_ms, _KST_HOURS),
            "trade_timestamp": trade.time_ms,
            "opening_price": self._price(candle.open),
            "high_price": self._price(candle.high),
            "low_price": self._price(candle.low),
            "trade_price": self._price(trade.price),
            "prev_closing_price": self._price(day.prev_close),
            "change": change_word(difference),
            "change_price": self._price(abs(difference)),
            "change_rate": _plain_rate(rate),
            "signed_change_price": self._signed_price(difference),
            "signed_change_rate": _plain_rate(-rate if difference < 0 else rate),
            "trade_volume": self._volume(trade.volume),
            "acc_trade_price": self._value(candle.value),
            "acc_trade_price_24h": self._value(day.value_24h),
            "acc_trade_volume": self._volume(candle.volume),
            "acc_trade_volume_24h": self._volume(day.volume_24h),
            "highest_52_week_price": self._price(day.year_high),
            "highest_52_week_date": dashed_date(day.year_high_day * DAY_MS),
            "lowest_52_week_price": self._price(day.year_low),
            "lowest_52_week_date": dashed_date(day.year_low_day * DAY_MS),
            "timestamp": trade.time_ms,
        }

    def trade(self, trade: Trade, prev_close: int) -> Row:
        """One row of ``/v1/trades/ticks``; ``change_price`` has a sign here."""
        moment = iso_seconds(trade.time_ms)
        return {
            "market": self.code,
            "trade_date_utc": moment[:10],
            "trade_time_utc": moment[11:],
            "timestamp": trade.time_ms,
            "trade_price": self._price(trade.price),
            "trade_volume": self._volume(trade.volume),
            "prev_closing_price": self._price(prev_close),
            "change_price": self._signed_price(trade.price - prev_close),
            "ask_bid": "ASK" if trade.sold else "BID",
            "sequential_id": trade.sequential_id,
        }

    def orderbook(self, book: Book, count: int, level: Decimal) -> Row:
        """One row of ``/v1/orderbook``, padded with zeros to ``count`` rows."""
        asks = [*book.asks[:count], *[(0, 0)] * (count - len(book.asks))]
        bids = [*book.bids[:count], *[(0, 0)] * (count - len(book.bids))]
        return {
            "market": self.code,
            "timestamp": book.changed_ms,
            "total_ask_size": self._volume(sum(size for _, size in book.asks[:DEPTH])),
            "total_bid_size": self._volume(sum(size for _, size in book.bids[:DEPTH])),
            "orderbook_units": [
                {
                    "ask_price": self._price(ask),
                    "bid_price": self._price(bid),
                    "ask_size": self._volume(ask_size),
                    "bid_size": self._volume(bid_size),
                }
                for (ask, ask_size), (bid, bid_size) in zip(asks, bids, strict=True)
            ],
            "level": _number(f"{level.normalize():f}"),
        }

    def candle(self, unit: Timeframe, candle: Candle, prev_close: int | None) -> Row:
        """One row of the candle lists; ``prev_close`` for days only."""
        row: Row = {
            "market": self.code,
            "candle_date_time_utc": iso_seconds(candle.start_ms),
            "candle_date_time_kst": iso_seconds(candle.start_ms, _KST_HOURS),
            "opening_price": self._eight(candle.open),
            "high_price": self._eight(candle.high),
            "low_price": self._eight(candle.low),
            "trade_price": self._eight(candle.close),
            "timestamp": candle.last_ms,
            "candle_acc_trade_price": self._value(candle.value),
            "candle_acc_trade_volume": self._volume(candle.volume),
        }
        if prev_close is not None:
            change = candle.close - prev_close
            row["prev_closing_price"] = self._eight(prev_close)
            row["change_price"] = self._signed_eight(change)
            row["change_rate"] = _plain_rate(round(change / prev_close, 10))
        elif unit.value.endswith("m"):
            row["unit"] = int(unit.value[:-1])
        elif not unit.is_streamed:
            row["first_day_of_period"] = dashed_date(candle.start_ms)
        return row


def _short(eight: str) -> str:
    """``116606000.0`` of ``116606000.00000000``."""
    text = eight.rstrip("0")
    return text + "0" if text.endswith(".") else text


def _plain_rate(rate: float) -> msgspec.Raw:
    return _number(f"{rate:.10f}")
