"""Live data for a chart's marks: own orders, fills and balances, and each trade. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_ws_qt import rest
from upbit_ws_qt.backpressure import Delivery
from upbit_ws_qt.errors import AuthenticationFailed, UpbitError
from upbit_ws_qt.events import (
    BalanceEvent,
    ConnectionEvent,
    ConnectionState,
    OrderEvent,
    TradeEvent,
)
from upbit_ws_qt.private_protocol import NO_KEY
from upbit_ws_qt.ratelimit import Priority
from upbit_ws_qt_widgets.models.own_fills import fills_of_trades

if TYPE_CHECKING:
    from upbit_ws_qt.qt.manager import GlobalWebSocketManager
    from upbit_ws_qt.qt.proxy import WebSocketClientProxy
    from upbit_ws_qt.qt.subscription import Subscription

__all__ = ["Source", "TradingFeed", "Wanted"]

_CLOSED = (ConnectionState.IDLE, ConnectionState.REFUSED)
_SERVED = (ConnectionState.CONNECTED, ConnectionState.POLLING)
_MISSING_RIGHT = "out_of_scope"
_MOST_ORDERS = 100

_Orders = tuple[OrderEvent, ...]
_T = TypeVar("_T")


class Source(NamedTuple):
    """Whom to ask: the component's proxy, its manager, and the state of the account."""

    proxy: WebSocketClientProxy
    manager: GlobalWebSocketManager
    private: ConnectionEvent | None


class Wanted(NamedTuple):
    """What is shown of a market, or watched."""

    market: str
    orders: bool
    fills: bool
    balances: bool
    trades: bool


# State: what is subscribed, by what it is and of which market; of which market and connection the
# fills were asked for, the generation of that asking, the orders yet to be read and those read
# already, with how far they had come; and why orders and balances are refused.
class TradingFeed(QObject):
    """Holds the streams that are wanted and no others; nothing of an account without a key.

    Past fills are those of the newest orders of the last seven days, read one by one: only an
    order that is read alone tells when it was filled. They come as they are read.

    Signals:
        order(OrderEvent): what became of one order.
        balances(BalanceEvent): all balances.
        trade(TradeEvent): a trade, at once, also while nobody can see the chart.
        fills(list): some past fills.
        forgotten(): the key is gone; what it has opened goes with it.
        failed(UpbitError): past fills could not be read.
    """

    order = pyqtSignal(object)
    balances = pyqtSignal(object)
    trade = pyqtSignal(object)
    fills = pyqtSignal(list)
    forgotten = pyqtSignal()
    failed = pyqtSignal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._held: dict[tuple[str, str], Subscription] = {}
        self._asked: tuple[str, int] | None = None
        self._generation = 0
        self._unread: list[str] = []
        self._read: set[tuple[str, Decimal | None]] = set()
        self._source: Source | None = None
        self._refusals: dict[str, str] = {}

    # -- what is held --------------------------------------------------------------------------

    def follow(self, source: Source, wanted: Wanted) -> None:
        """Hold what is wanted, as far as there is a key for it."""
        private = source.private
        if private is not None and private.state in _CLOSED and self._source is not None:
            self._forget()
        self._source = source
        has_account = self._has_account(source)
        orders = has_account and (wanted.orders or wanted.fills)
        self._hold(source.proxy, wanted, orders=orders, balances=has_account and wanted.balances)
        if not orders or not wanted.fills:
            self._stop_reading()
        elif private is not None and private.state in _SERVED:
            self._ask_for_fills(wanted.market, private.epoch)

    def close(self) -> None:
        """The proxy is gone, and every subscription with it."""
        self._held.clear()
        self._forget()
        self._source = None

    def holds(self, *kinds: str) -> bool:
        """Whether any of these is held: ``orders``, ``balances``, ``trades``."""
        return any(kind in kinds for kind, _ in self._held)

    def refusal(self, kind: str) -> str:
        """Why there are no ``orders`` or ``balances``: the last part of a text's key, or empty."""
        source = self._source
        if source is None:
            return ""
        if source.proxy.is_private_available():
            return self._refusals.get(kind, "")
        return "refused" if _is_refused(source.private) else "no_key"

    def _hold(
        self, proxy: WebSocketClientProxy, wanted: Wanted, *, orders: bool, balances: bool
    ) -> None:
        market = wanted.market
        plans: dict[tuple[str, str], Callable[[], Subscription]] = {}
        if orders:
            plans["orders", market] = partial(
                proxy.subscribe_orders,
                self._on_order,
                symbols=market,
                error_handler=self._on_orders_refused,
            )
        if balances:
            # Of all markets: the same goes on when another one is shown.
            plans["balances", ""] = partial(
                proxy.subscribe_balance, self._on_balances, error_handler=self._on_balances_refused
            )
        if wanted.trades:
            plans["trades", market] = partial(
                proxy.subscribe_trade, market, self._on_trade, delivery=Delivery.immediate()
            )
        for key in self._held.keys() - plans.keys():
            self._held.pop(key).unsubscribe()
            if key[0] == "orders":
                self._read.clear()
        for key, subscribe in plans.items():
            if key not in self._held:
                self._held[key] = subscribe()

    def _has_account(self, source: Source) -> bool:
        """Whether to ask for anything of the account: only with a key, or health would miss one.

        A refused key is not given up, because taking it up again would be a retry.
        """
        if not self.holds("orders", "balances"):
            return source.proxy.is_private_available()
        event = source.private
        return event is None or event.state is not ConnectionState.REFUSED or _is_refused(event)

    def _forget(self) -> None:
        self._stop_reading()
        self._read.clear()
        self._refusals.clear()
        self.forgotten.emit()

    # -- what comes ----------------------------------------------------------------------------

    def _on_order(self, event: OrderEvent) -> None:
        self._refusals.pop("orders", None)
        self.order.emit(event)

    def _on_balances(self, event: BalanceEvent) -> None:
        self._refusals.pop("balances", None)
        self.balances.emit(event)

    def _on_trade(self, event: TradeEvent) -> None:
        self.trade.emit(event)

    def _on_orders_refused(self, error: Exception) -> None:
        self._refuse("orders", error)

    def _on_balances_refused(self, error: Exception) -> None:
        self._refuse("balances", error)

    def _refuse(self, kind: str, error: Exception) -> None:
        """The chart needs no key: why there is none of this stands in its menu."""
        if isinstance(error, AuthenticationFailed):
            self._refusals[kind] = "no_right" if error.name == _MISSING_RIGHT else "refused"
        else:
            self.failed.emit(error)

    # -- past fills ----------------------------------------------------------------------------

    def _ask_for_fills(self, market: str, epoch: int) -> None:
        source = self._source
        if source is not None and self._asked != (market, epoch):
            self._stop_reading()
            self._asked = market, epoch
            stream = self._held["orders", market]
            read = partial(_traded_orders, source.manager, market, stream)
            self._start(source, read, self._on_listed)

    def _stop_reading(self) -> None:
        self._generation += 1
        self._asked = None
        self._unread.clear()

    def _start(
        self,
        source: Source,
        read: Callable[[], Awaitable[_T]],
        on_answer: Callable[[tuple[int, _T | UpbitError]], None],
    ) -> None:
        source.proxy.start(_answer(self._generation, read), on_answer)

    def _on_listed(self, answer: tuple[int, _Orders | UpbitError]) -> None:
        generation, result = answer
        if generation != self._generation:
            return
        if isinstance(result, UpbitError):
            self._refuse("orders", result)
            return
        news = [one for one in result if (one.uuid, one.executed_volume) not in self._read]
        self._unread = [order.uuid for order in reversed(news)]
        self._read_next()

    def _on_read(self, answer: tuple[int, OrderEvent | UpbitError]) -> None:
        generation, result = answer
        if generation != self._generation:
            return
        if isinstance(result, UpbitError):
            # All are asked for again when the connection is back.
            self._refuse("orders", result)
            return
        self._read.add((result.uuid, result.executed_volume))
        self.fills.emit(fills_of_trades(result.trades or ()))
        self._read_next()

    def _read_next(self) -> None:
        """The next order, the newest first; they give way to what others ask for."""
        source = self._source
        if self._unread and source is not None:
            call = rest.order(uuid=self._unread.pop())
            read = partial(source.manager.call_rest, call, Priority.BACKFILL)
            self._start(source, read, self._on_read)


def _is_refused(event: ConnectionEvent | None) -> bool:
    """Whether there is a key, and the exchange wants none of it."""
    return event is not None and event.state is ConnectionState.REFUSED and event.reason != NO_KEY


async def _traded_orders(
    manager: GlobalWebSocketManager, market: str, stream: Subscription
) -> _Orders:
    """The newest orders that have fills: those that are open still, and those that ended."""
    # What is filled from then on the stream tells.
    await stream
    orders = (
        *await manager.get_open_orders(market),
        *await manager.get_closed_orders(market),
    )
    traded = [order for order in orders if order.executed_volume]
    traded.sort(key=lambda order: order.timestamp, reverse=True)
    return tuple(traded[:_MOST_ORDERS])


async def _answer(
    generation: int, read: Callable[[], Awaitable[_T]]
) -> tuple[int, _T | UpbitError]:
    # The error comes back as a result, because only that can carry its generation.
    try:
        return generation, await read()
    except UpbitError as error:
        return generation, error
