"""What a component asks for once, over REST: what is now, and what was. Qt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from upbit_ws_qt import rest
from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.events import (
    CandleEvent,
    OrderbookEvent,
    Source,
    TickerEvent,
    TradeEvent,
    WebSocketEvent,
    stamped,
)
from upbit_ws_qt.markets import check_markets
from upbit_ws_qt.ratelimit import Priority
from upbit_ws_qt.timeframe import Timeframe

from .manager import GlobalWebSocketManager

__all__ = ["SnapshotReader", "Symbols"]

ResultT = TypeVar("ResultT")
EventT = TypeVar("EventT", bound=WebSocketEvent)
RowT = TypeVar("RowT", bound=WebSocketEvent)
Symbols = str | Sequence[str]


class _Pages(Protocol[RowT]):
    """Reads more than one answer holds, the newest page first."""

    def next_call(self) -> rest.RestCall[tuple[RowT, ...]] | None: ...
    def take(self, page: Sequence[RowT], /) -> None: ...
    @property
    def rows(self) -> tuple[RowT, ...]: ...


class SnapshotReader:
    """Asks the exchange in the name of one proxy.

    Args:
        manager: makes the calls.
        check: raises where the proxy may not ask, or not any more; called before each call and
            after it.
    """

    def __init__(self, manager: GlobalWebSocketManager, check: Callable[[], object]) -> None:
        self._manager = manager
        self._check = check

    async def tickers(self, symbols: Symbols) -> tuple[TickerEvent, ...]:
        """The day's figures of some markets."""
        return self._stamped(await self._call(rest.tickers(check_markets(symbols))))

    async def orderbooks(
        self, symbols: Symbols, depth: int, level: float
    ) -> tuple[OrderbookEvent, ...]:
        """The books of some markets."""
        codes = check_markets(symbols)
        self._manager.settings.exchange.check_stream("orderbook", level)
        for code in codes:
            self._manager.markets.require(code, level)
        return self._stamped(await self._call(rest.orderbooks(codes, depth, level)))

    async def trades(
        self, symbols: Symbols, count: int, cursor: int | None
    ) -> tuple[TradeEvent, ...]:
        """The last trades of each market."""
        plans = [rest.TradePages(code, count, cursor=cursor) for code in check_markets(symbols)]
        return self._stamped(await self._read(plans))

    async def candles(
        self, symbols: Symbols, timeframe: str | Timeframe, count: int, to: datetime | int | None
    ) -> tuple[CandleEvent, ...]:
        """The last candles of each market."""
        unit, to_ms = Timeframe.parse(timeframe), _as_ms(to)
        plans = [rest.CandlePages(code, unit, count, to_ms) for code in check_markets(symbols)]
        return self._stamped(await self._read(plans))

    async def _read(self, plans: Sequence[_Pages[RowT]]) -> tuple[RowT, ...]:
        """All pages of one after the other."""
        for pages in plans:
            # What is seen first is what came last: older pages give way to other callers.
            priority = Priority.SHOWN
            while (call := pages.next_call()) is not None:
                page = await self._call(call, priority)
                pages.take(page)
                priority = Priority.BACKFILL
        return tuple(row for pages in plans for row in pages.rows)

    async def _call(
        self, call: rest.RestCall[ResultT], priority: Priority = Priority.SHOWN
    ) -> ResultT:
        self._check()
        result = await self._manager.call_rest(call, priority)
        self._check()
        return result

    def _stamped(self, events: tuple[EventT, ...]) -> tuple[EventT, ...]:
        stamp = self._manager.stamp(Source.REST)
        return tuple(stamped(event, stamp) for event in events)


def _as_ms(moment: datetime | int | None) -> int | None:
    if not isinstance(moment, datetime):
        return moment
    if moment.tzinfo is None:
        raise InvalidRequest("'to' must be an aware datetime, such as datetime.now(UTC)")
    return int(moment.astimezone(UTC).timestamp() * 1000)
