"""What an order book is fed with: its market, its streams, its data slots. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PyQt6.QtCore import QElapsedTimer, pyqtSignal
from PyQt6.QtWidgets import QWidget

from upbit_ws_qt.events import (
    ConnectionState,
    ConnectionType,
    MarketEvent,
    OrderbookEvent,
    OrderEvent,
    TickerEvent,
    TradeEvent,
)
from upbit_ws_qt.markets import check_market, table_tick_size
from upbit_ws_qt.private_protocol import NO_KEY

from .live_widget import contained, pyqtProperty
from .models.day_figures import Figure, day_figures
from .models.exchange_clock import ExchangeClock
from .models.heat_map import HeatMap
from .models.ladder_hand import LadderHand
from .models.ladder_sides import sides_of
from .models.ladder_wishes import Wishes
from .models.market_memory import MarketMemory
from .models.own_orders import OwnOrders
from .models.queue_bounds import QueueBounds
from .orderbook_pause import PausableBook
from .orderbook_streams import BookStreams, Listeners
from .wording import error_text

if TYPE_CHECKING:
    from upbit_ws_qt.qt.markets import MarketList
    from upbit_ws_qt.qt.proxy import WebSocketClientProxy

__all__ = ["FedBook"]

_CLOSED = (ConnectionState.IDLE, ConnectionState.REFUSED)


# State: the market with its streams, and the list of markets it listens to; the day's figures as
# texts, the own orders, what is ahead of them and whether they are live, the book over time; the
# clocks.
class FedBook(PausableBook):
    """Knows one market: from its slots, from the streams of a proxy, or from both.

    Signals:
        marketChanged(str): another market is shown.
    """

    marketChanged = pyqtSignal(str)

    component = "orderbook"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._market = ""
        self._streams = BookStreams()
        self._markets: MarketList | None = None
        self._day: tuple[Figure, ...] = ()
        self._orders = OwnOrders()
        self._orders_live = False
        self._queue = QueueBounds()
        self._map = HeatMap()
        self._clock = QElapsedTimer()
        self._clock.start()
        self._exchange_clock = ExchangeClock()

    # -- the market ----------------------------------------------------------------------------

    def market(self) -> str:
        """The market on show, such as ``KRW-BTC``; empty until one is chosen."""
        return self._market

    @contained
    def setMarket(self, code: str) -> None:
        """Show another market. A wrong code changes nothing and is reported as an error."""
        check_market(code)
        if code != self._market:
            self._follow(code, 0.0)
            self._show_market(code)
        self.clearError()

    #: ``market`` as a property for Qt Designer.
    marketCode = pyqtProperty(str, fget=market, fset=setMarket, notify=marketChanged)

    def _show_market(self, code: str) -> None:
        self._market = code
        self.watchMarket(code)
        self.setPaused(False)
        self._memory = MarketMemory()
        self._day = ()
        self._orders.replace(())
        self._queue = QueueBounds()
        self._map = HeatMap()
        self._hand = LadderHand()
        self._wish(grouping=0.0)  # its steps are those of another market's prices
        self.marketChanged.emit(code)
        self._changed()

    # -- the streams ---------------------------------------------------------------------------

    def bound(self, proxy: WebSocketClientProxy) -> None:
        if self._markets is not proxy.markets:
            self._markets = proxy.markets
            self._markets.changed.connect(self._on_markets_changed)
        self._follow(self._market, self.grouping())
        self._changed()

    def unbound(self) -> None:
        self._streams.forget()
        self._forget_account()
        self._changed()

    def stateUpdated(self) -> None:
        private = self.connection(ConnectionType.PRIVATE)
        if private is not None and private.state in _CLOSED:
            self._forget_account()
        if self.proxy() is not None:
            self._follow(self._market, self.grouping())  # there may be a key now, or none any more
        self._changed()

    def _forget_account(self) -> None:
        """What a key has opened goes with it; another one may be of another account."""
        if self._orders_live:
            self._orders_live = False
            self._orders.replace(())

    def _follow(self, code: str, grouping: float) -> None:
        """Hold the streams of a market, if there is anyone to ask."""
        proxy = self.proxy()
        if proxy is None or not code:
            return
        listeners = Listeners(
            self.setOrderbook,
            self.applyTicker,
            self.applyTrade,
            self._on_order,
            self.fail,
            self._on_orders_refused,
        )
        self._streams.follow(
            proxy,
            code,
            listeners,
            level=grouping if grouping in proxy.markets.levels(code) else 0.0,
            orders=self._wants_orders(proxy),
        )

    def _wants_orders(self, proxy: WebSocketClientProxy) -> bool:
        """Whether to follow the account's orders: only with a key, or health would miss one.

        A refused key is not given up, because taking it up again would be a retry.
        """
        if not self.areOwnOrdersShown():
            return False
        if not self._streams.has_orders():
            return proxy.is_private_available()
        event = self.connection(ConnectionType.PRIVATE)
        return event is None or event.state is not ConnectionState.REFUSED or event.reason != NO_KEY

    @contained
    def _on_markets_changed(self) -> None:
        self._write_day()
        self._follow(self._market, self.grouping())
        self._changed()

    def wished(self, former: Wishes) -> None:
        super().wished(former)
        if not self.areOwnOrdersShown():
            self._forget_account()
        if not self._is_queue_told():
            self._queue = QueueBounds()
        self._follow(self._market, self.grouping())
        if former.static and not self.isStatic():
            self._hand.let_go()

    # -- data ----------------------------------------------------------------------------------

    @contained
    def setOrderbook(self, event: OrderbookEvent) -> None:
        """Show a book; it replaces the former one of its grouping as a whole."""
        if self._is_ours(event):
            self._memory.take_book(event)
            self._exchange_clock.observe(event.timestamp, self._clock.elapsed())
            self._look_for_a_key()
            if not event.level and event.orderbook_units:
                sides = sides_of(event)
                self._map.take(
                    sides, self._tick_at(event.orderbook_units[0].bid_price), event.timestamp
                )
                if self._is_queue_told() and sides.lowest is not None:
                    tick = self._tick_at(sides.lowest)
                    self._queue.take_book(sides, tick, event.timestamp, self._orders.resting)
            self._changed()

    def _look_for_a_key(self) -> None:
        """Nobody says that there is one while nothing private is wanted."""
        proxy = self.proxy()
        if proxy is not None and not self._streams.has_orders() and self._wants_orders(proxy):
            self._follow(self._market, self.grouping())

    def orderbook(self) -> OrderbookEvent | None:
        """The book on show, or None while there is none."""
        return self._memory.known.shown(self.grouping())

    @contained
    def applyTicker(self, event: TickerEvent) -> None:
        """Take the day's figures, the previous close and the last price."""
        if self._is_ours(event):
            self._memory.take_ticker(event)
            self._write_day()
            self._changed()

    @contained
    def applyTrade(self, event: TradeEvent) -> None:
        """Add a trade to the list; one that is there already (sent again) changes nothing."""
        if self._is_ours(event) and self._memory.take_trade(event):
            self._exchange_clock.observe(event.timestamp, self._clock.elapsed())
            self._queue.take_trade(event)
            self._changed()

    @contained
    def setOrders(self, events: Iterable[OrderEvent]) -> None:
        """Mark these open orders; they replace the former ones. Those of other markets are not."""
        self._orders.replace(event for event in events if event.code == self._market)
        self._orders_live = False
        self._changed()

    @contained
    def applyOrder(self, event: OrderEvent) -> None:
        """Take in what became of one order."""
        if event.code == self._market and self._orders.apply(event):
            self._changed()

    @contained
    def _on_order(self, event: OrderEvent) -> None:
        self._orders_live = True
        self.applyOrder(event)

    @contained
    def _on_orders_refused(self, error: Exception) -> None:
        """The book needs no key: what is refused to it is told, and nothing is wrong with it."""
        self.errorOccurred.emit(error_text(error, self.getLanguage()))

    def _is_ours(self, event: MarketEvent) -> bool:
        if not self._market:
            self.setMarket(event.code)
        return event.code == self._market

    def _tick_at(self, price: float) -> float:
        proxy = self.proxy()
        if proxy is None:
            return table_tick_size(self._market, price)
        return proxy.markets.tick_size(self._market, price)

    def _write_day(self) -> None:
        ticker = self._memory.known.ticker
        if ticker is not None:
            self._day = day_figures(ticker, self._tick_at, self.text)

    def _is_queue_told(self) -> bool:
        return self.isQueueShown() and self.areOwnOrdersShown()

    def otherKnown(self) -> None:
        self._write_day()
