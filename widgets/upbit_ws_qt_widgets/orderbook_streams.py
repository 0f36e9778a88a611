"""The streams behind an order book. Qt, no widget."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from upbit_ws_qt.events import OrderbookEvent, OrderEvent, TickerEvent, TradeEvent

if TYPE_CHECKING:
    from upbit_ws_qt.qt.proxy import WebSocketClientProxy
    from upbit_ws_qt.qt.subscription import Subscription

__all__ = ["BookStreams", "Listeners"]

_DEPTH = 30


class Listeners(NamedTuple):
    """Who hears of the streams; methods, which the core holds weakly."""

    book: Callable[[OrderbookEvent], None]
    ticker: Callable[[TickerEvent], None]
    trade: Callable[[TradeEvent], None]
    order: Callable[[OrderEvent], None]
    failed: Callable[[Exception], None]
    orders_failed: Callable[[Exception], None]


# State: what is subscribed, by what it is.
class BookStreams:
    """Holds the subscriptions of one book: what is wanted is said whole, and planned afresh.

    The exact book is always among them, all thirty rows of it: the spread of a grouped one says
    nothing, and the depth and what a size costs need every row.
    """

    def __init__(self) -> None:
        self._held: dict[tuple[str, str, float], Subscription] = {}

    def follow(
        self,
        proxy: WebSocketClientProxy,
        code: str,
        listeners: Listeners,
        *,
        level: float = 0.0,
        orders: bool = False,
    ) -> None:
        """Hold the streams of one market and no others.

        Args:
            proxy: to subscribe with.
            code: of the market.
            listeners: who hears of what comes.
            level: what the exchange is to group by as well; 0 for nothing.
            orders: whether the account's orders are wanted.

        Raises:
            InvalidMarket: the exchange lists no such market; what was held is held on to.
        """
        book = partial(
            proxy.subscribe_orderbook,
            code,
            listeners.book,
            depth=_DEPTH,
            error_handler=listeners.failed,
        )
        wanted: dict[tuple[str, str, float], Callable[[], Subscription]] = {
            ("orderbook", code, 0.0): book,
            ("ticker", code, 0.0): partial(
                proxy.subscribe_ticker, code, listeners.ticker, error_handler=listeners.failed
            ),
            ("trade", code, 0.0): partial(
                proxy.subscribe_trade, code, listeners.trade, error_handler=listeners.failed
            ),
        }
        if level:
            wanted["orderbook", code, level] = partial(book, level=level)
        if orders:
            wanted["orders", code, 0.0] = partial(
                proxy.subscribe_orders,
                listeners.order,
                symbols=code,
                error_handler=listeners.orders_failed,
            )
        made: dict[tuple[str, str, float], Subscription] = {}
        try:
            for key, subscribe in wanted.items():
                if key not in self._held:
                    made[key] = subscribe()
        except Exception:
            for subscription in made.values():
                subscription.unsubscribe()
            raise
        for key in self._held.keys() - wanted.keys():
            self._held.pop(key).unsubscribe()
        self._held.update(made)

    def has_orders(self) -> bool:
        """Whether the account's orders are among what is held."""
        return any(kind == "orders" for kind, _, _ in self._held)

    def forget(self) -> None:
        """The proxy is gone, and every subscription with it."""
        self._held.clear()
