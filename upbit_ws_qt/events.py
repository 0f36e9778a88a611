"""Immutable, typed events: what every consumer receives. Pure.

Fields carry the exchange's documented DEFAULT names with their raw values: ``timestamp`` is int
milliseconds, ``change_rate`` is absolute, ``signed_change_rate`` has a sign. What they all share is
in :mod:`.event_roots`, what is about one account in :mod:`.account_events`, about connections in
:mod:`.status_events`; all of it is importable from here.

Source of the fields: docs.upbit.com, websocket-ticker, -trade, -orderbook and -candle.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec

from .account_events import (
    AssetEvent,
    Balance,
    BalanceEvent,
    OrderEvent,
    OrderState,
    OrderTrade,
)
from .event_roots import (
    ConnectionType,
    DataType,
    MarketEvent,
    Source,
    Stamp,
    StreamType,
    WebSocketEvent,
    stamped,
)
from .status_events import (
    ConnectionEvent,
    ConnectionState,
    ErrorEvent,
    GapEvent,
    GapState,
    RefusalEvent,
    StatusEvent,
    SubscriptionEvent,
)
from .timeframe import Timeframe

__all__ = [
    "AssetEvent",
    "Balance",
    "BalanceEvent",
    "CandleEvent",
    "ConnectionEvent",
    "ConnectionState",
    "ConnectionType",
    "DataType",
    "ErrorEvent",
    "GapEvent",
    "GapState",
    "MarketEvent",
    "OrderEvent",
    "OrderState",
    "OrderTrade",
    "OrderbookEvent",
    "OrderbookUnit",
    "RefusalEvent",
    "Source",
    "Stamp",
    "StatusEvent",
    "StreamType",
    "SubscriptionEvent",
    "TickerEvent",
    "TradeEvent",
    "WebSocketEvent",
    "stamped",
]


class TickerEvent(MarketEvent, frozen=True, kw_only=True):
    """The state of a market's day, which runs from 00:00 UTC (09:00 in Korea).

    Prices in the quote currency, volumes in coins, ``acc_trade_price`` in the quote currency.
    Fields the REST answer lacks are None; so are the Korean date and time, which it alone has, in
    frames and abroad.
    """

    data_type: ClassVar[DataType] = DataType.TICKER
    trade_price: float
    opening_price: float | None = None
    high_price: float | None = None
    low_price: float | None = None
    prev_closing_price: float | None = None
    change: str | None = None
    change_price: float | None = None
    signed_change_price: float | None = None
    change_rate: float | None = None
    signed_change_rate: float | None = None
    trade_volume: float | None = None
    acc_trade_volume: float | None = None
    acc_trade_volume_24h: float | None = None
    acc_trade_price: float | None = None
    acc_trade_price_24h: float | None = None
    trade_date: str | None = None
    trade_time: str | None = None
    trade_date_kst: str | None = None
    trade_time_kst: str | None = None
    trade_timestamp: int | None = None
    ask_bid: str | None = None
    acc_ask_volume: float | None = None
    acc_bid_volume: float | None = None
    highest_52_week_price: float | None = None
    highest_52_week_date: str | None = None
    lowest_52_week_price: float | None = None
    lowest_52_week_date: str | None = None
    market_state: str | None = None
    is_trading_suspended: bool | None = None
    delisting_date: Any = None
    market_warning: str | None = None

    @property
    def priced_ms(self) -> int:
        """From when its price and its day are: the last trade, or a day that began without one."""
        if self.source is Source.DERIVED or self.trade_timestamp is None:
            return self.timestamp
        return self.trade_timestamp

    @property
    def identity(self) -> tuple[Any, ...]:
        return (self.timestamp, self.acc_trade_volume, self.trade_price)

    @property
    def is_halted(self) -> bool | None:
        """Whether the market is listed and nobody can trade it; None where that is not told."""
        if self.market_state is None and self.is_trading_suspended is None:
            return None
        waits = self.market_state == "PREVIEW"
        return not self.is_delisted and (waits or bool(self.is_trading_suspended))

    @property
    def is_delisted(self) -> bool:
        """Whether the exchange says that it lists the market no longer."""
        return self.market_state == "DELISTED"


class TradeEvent(MarketEvent, frozen=True, kw_only=True):
    """One fill. ``ask_bid`` is the taker's side: ``ASK`` sold, ``BID`` bought.

    ``sequential_id`` is unique in its market but not always in order (17 digits: no double holds
    it). ``timestamp`` is when a frame was sent, ``trade_timestamp`` when it was traded; over REST
    the former is the latter. ``change_price`` is absolute.
    """

    data_type: ClassVar[DataType] = DataType.TRADE
    trade_price: float
    trade_volume: float
    ask_bid: str
    sequential_id: int
    trade_timestamp: int | None = None
    trade_date: str | None = None
    trade_time: str | None = None
    prev_closing_price: float | None = None
    change: str | None = None
    change_price: float | None = None
    best_ask_price: float | None = None
    best_ask_size: float | None = None
    best_bid_price: float | None = None
    best_bid_size: float | None = None

    @property
    def priced_ms(self) -> int:
        """When it was traded, ms since 1970."""
        return self.timestamp if self.trade_timestamp is None else self.trade_timestamp

    @property
    def time(self) -> datetime:
        return datetime.fromtimestamp(self.priced_ms / 1000, UTC)

    @property
    def identity(self) -> tuple[Any, ...]:
        return (self.sequential_id,)


class OrderbookUnit(msgspec.Struct, frozen=True, gc=False, eq=False):
    """One row of a book; prices in the quote currency, sizes in coins.

    A side that is shorter than the other is padded with price 0 and size 0. Rows with the same
    numbers are equal, whichever way they came.
    """

    ask_price: float
    bid_price: float
    ask_size: float
    bid_size: float

    def __eq__(self, other: object) -> bool:
        # Rows of SIMPLE frames are of a subclass, which msgspec's own comparison tells apart.
        if not isinstance(other, OrderbookUnit):
            return NotImplemented
        return self._numbers() == other._numbers()

    def __ne__(self, other: object) -> bool:
        # Python would derive it, but msgspec's base has one of its own.
        return not self == other

    def __hash__(self) -> int:
        return hash(self._numbers())

    def _numbers(self) -> tuple[float, float, float, float]:
        return self.ask_price, self.bid_price, self.ask_size, self.bid_size


class OrderbookEvent(MarketEvent, frozen=True, kw_only=True):
    """A whole book: asks ascending, bids descending, paired by index.

    ``level`` is the grouping in the quote currency, 0 for none. The totals are the exchange's own
    and may count more rows than ``orderbook_units`` holds.
    """

    data_type: ClassVar[DataType] = DataType.ORDERBOOK
    total_ask_size: float
    total_bid_size: float
    orderbook_units: tuple[OrderbookUnit, ...]
    level: float = 0.0

    @property
    def identity(self) -> tuple[Any, ...]:
        return (self.timestamp, self.orderbook_units)

    def sliced(self, depth: int) -> OrderbookEvent:
        """The same book with at most ``depth`` rows."""
        if len(self.orderbook_units) <= depth:
            return self
        return msgspec.structs.replace(self, orderbook_units=self.orderbook_units[:depth])


class CandleEvent(MarketEvent, frozen=True, kw_only=True):
    """One candle, possibly still growing; the same start may come again and the last one holds.

    ``timestamp`` is the time of its last trade; ``time`` is its start (UTC). Volume in coins,
    value in the quote currency. What stands after the value comes over REST alone: ``unit`` with
    minutes, the signed changes and ``converted_trade_price`` (KRW, where asked for) with days,
    ``first_day_of_period`` with longer ones.
    """

    data_type: ClassVar[DataType] = DataType.CANDLE
    candle_date_time_utc: str
    candle_date_time_kst: str | None = None
    opening_price: float
    high_price: float
    low_price: float
    trade_price: float
    candle_acc_trade_volume: float
    candle_acc_trade_price: float
    prev_closing_price: float | None = None
    change_price: float | None = None
    change_rate: float | None = None
    converted_trade_price: float | None = None
    first_day_of_period: str | None = None
    unit: int | None = None

    @property
    def time(self) -> datetime:
        return datetime.fromisoformat(self.candle_date_time_utc).replace(tzinfo=UTC)

    @property
    def start_ms(self) -> int:
        """The start in ms since 1970, UTC."""
        return int(self.time.timestamp()) * 1000

    @property
    def timeframe(self) -> Timeframe:
        """Its unit."""
        return Timeframe.parse(self.type.removeprefix("candle."))

    @property
    def open_price(self) -> float:
        """The price of its first trade."""
        return self.opening_price

    @property
    def close_price(self) -> float:
        """The price of its last trade so far."""
        return self.trade_price

    @property
    def volume(self) -> float:
        """Coins traded in it."""
        return self.candle_acc_trade_volume

    @property
    def value(self) -> float:
        """Quote currency traded in it."""
        return self.candle_acc_trade_price

    @property
    def identity(self) -> tuple[Any, ...]:
        return (self.timestamp, self.candle_date_time_utc, self.candle_acc_trade_volume)
