"""A component's own small door to the manager; it ends with the component. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from PyQt6.QtCore import QMetaMethod, QObject, QTimer, pyqtSignal

from upbit_ws_qt.backpressure import Delivery
from upbit_ws_qt.errors import InvalidRequest, InvalidState, ProxyClosed, UpbitError
from upbit_ws_qt.events import (
    CandleEvent,
    ConnectionType,
    DataType,
    OrderbookEvent,
    TickerEvent,
    TradeEvent,
    WebSocketEvent,
)
from upbit_ws_qt.health import HealthReport
from upbit_ws_qt.markets import check_markets
from upbit_ws_qt.rest import TRADE_PAGE
from upbit_ws_qt.subscriptions import SubscriptionSpec
from upbit_ws_qt.timeframe import Timeframe

from .background import BackgroundTasks
from .lifecycle import is_gone
from .manager import GlobalWebSocketManager
from .markets import MarketList
from .signals import SignalEmitter
from .snapshots import SnapshotReader, Symbols
from .subscription import Callback, ErrorHandler, Subscription

if TYPE_CHECKING:
    from .visibility import VisibilityWatch

__all__ = ["WebSocketClientProxy"]

ResultT = TypeVar("ResultT")


# State: its token with the manager until it is released; its subscriptions and tasks, what emits
# its signals, and what follows its widget's visibility.
class WebSocketClientProxy(QObject):
    """What a component talks to. Give it the component as its parent and forget about the end.

    A proxy that nobody keeps and nobody parents ends at once, with its subscriptions. Callbacks
    that are methods are held weakly; functions and lambdas live as long as the proxy.

    Args:
        client_id: ``<component>_<role>``, such as ``chart_main``; unique among living proxies.
        manager: the application's own when None.
        parent: the component.

    Raises:
        DuplicateClient: a living proxy has this id; says where it was made.
        InvalidState: there is no QApplication yet.
        WrongThread: not in the GUI thread.

    Signals:
        ticker_received(TickerEvent), trade_received(TradeEvent),
        orderbook_received(OrderbookEvent), candle_received(CandleEvent),
        order_received(OrderEvent), balance_received(BalanceEvent),
        custom_received(CustomEvent): an event of one of its subscriptions; once for each
            of them, so two subscriptions to the same stream emit it twice.
        state_changed(ConnectionEvent): a connection changed its state; also once after making.
        gap_detected(GapEvent): trades or candles of one of its subscriptions may be missing, or
            were and have been delivered, or stay missing: ``state`` says which.
    """

    ticker_received = pyqtSignal(object)
    trade_received = pyqtSignal(object)
    orderbook_received = pyqtSignal(object)
    candle_received = pyqtSignal(object)
    order_received = pyqtSignal(object)
    balance_received = pyqtSignal(object)
    custom_received = pyqtSignal(object)
    state_changed = pyqtSignal(object)
    gap_detected = pyqtSignal(object)

    def __init__(
        self,
        client_id: str,
        manager: GlobalWebSocketManager | None = None,
        parent: QObject | None = None,
    ) -> None:
        #: What emits its event signals; the constructor may connect already.
        self.emitter = SignalEmitter()
        super().__init__(parent)
        self._manager = manager or GlobalWebSocketManager.instance()
        self._client_id = client_id
        self._subscriptions: list[Subscription] = []
        self._tasks = BackgroundTasks()
        self._watch: VisibilityWatch | None = None
        #: Whether deliveries wait until the parent widget can be seen again.
        self.is_paused = False
        self._token: int | None = self._manager.register_client(client_id, self)
        # After the maker had time to connect.
        QTimer.singleShot(0, self._announce_state)

    @property
    def client_id(self) -> str:
        """The id it was made with."""
        return self._client_id

    @property
    def markets(self) -> MarketList:
        """The exchange's markets."""
        return self._manager.markets

    # -- subscriptions ----------------------------------------------------------------------------

    def subscribe_ticker(
        self,
        symbols: Symbols,
        callback: Callback | None = None,
        *,
        error_handler: ErrorHandler | None = None,
        delivery: Delivery | None = None,
    ) -> Subscription:
        """Follow the day's figures of some markets; the newest in each frame.

        Raises:
            InvalidMarket: a code is not of a market.
        """
        return self.subscribe(
            DataType.TICKER, symbols, callback, error_handler=error_handler, delivery=delivery
        )

    def subscribe_trade(
        self,
        symbols: Symbols,
        callback: Callback | None = None,
        *,
        error_handler: ErrorHandler | None = None,
        delivery: Delivery | None = None,
    ) -> Subscription:
        """Follow every trade of some markets, in order of arrival."""
        return self.subscribe(
            DataType.TRADE, symbols, callback, error_handler=error_handler, delivery=delivery
        )

    def subscribe_orderbook(
        self,
        symbols: Symbols,
        callback: Callback | None = None,
        *,
        depth: int = 30,
        level: float = 0.0,
        error_handler: ErrorHandler | None = None,
        delivery: Delivery | None = None,
    ) -> Subscription:
        """Follow the books of some markets: 1, 5, 15 or 30 rows, grouped by ``level`` KRW."""
        return self.subscribe(
            DataType.ORDERBOOK,
            symbols,
            callback,
            depth=depth,
            level=level,
            error_handler=error_handler,
            delivery=delivery,
        )

    def subscribe_candle(
        self,
        symbols: Symbols,
        timeframe: str | Timeframe,
        callback: Callback | None = None,
        *,
        error_handler: ErrorHandler | None = None,
        delivery: Delivery | None = None,
    ) -> Subscription:
        """Follow the growing candle of some markets: 1s to 240m."""
        return self.subscribe(
            DataType.CANDLE,
            symbols,
            callback,
            timeframe=timeframe,
            error_handler=error_handler,
            delivery=delivery,
        )

    def subscribe_orders(
        self,
        callback: Callback | None = None,
        *,
        symbols: Symbols | None = None,
        error_handler: ErrorHandler | None = None,
        delivery: Delivery | None = None,
    ) -> Subscription:
        """Follow the account's orders, of some markets or of all; needs the right to read orders.

        The open ones come at once, then whatever happens to any; no event is ever dropped.

        Raises:
            InvalidMarket: a code is not of a market.
            InvalidRequest: ``delivery`` would drop events.
        """
        return self.subscribe(
            DataType.ORDER,
            () if symbols is None else symbols,
            callback,
            error_handler=error_handler,
            delivery=delivery,
        )

    def subscribe_balance(
        self,
        callback: Callback | None = None,
        *,
        error_handler: ErrorHandler | None = None,
        delivery: Delivery | None = None,
    ) -> Subscription:
        """Follow all balances of the account; needs a key with the right to read assets."""
        return self.subscribe(
            DataType.BALANCE, (), callback, error_handler=error_handler, delivery=delivery
        )

    def subscribe(
        self,
        data_type: DataType | str,
        symbols: Symbols = (),
        callback: Callback | None = None,
        *,
        timeframe: str | Timeframe | None = None,
        depth: int = 30,
        level: float = 0.0,
        error_handler: ErrorHandler | None = None,
        delivery: Delivery | None = None,
    ) -> Subscription:
        """The general form of the others. Each call is its own subscription.

        Args:
            data_type: one of :class:`DataType`, or a type that a handler reads, such as
                ``announcement`` (see ``GlobalWebSocketManager.register_data_handler``).
            symbols: market codes; none for what is of no market.
            callback: as everywhere.
            timeframe: of candles.
            depth: of order books.
            level: of order books.
            error_handler: as everywhere.
            delivery: by default what fits the data type; of custom types each event, in order.

        Raises:
            InvalidMarket, InvalidRequest: the exchange does not offer that.
            ProxyClosed: the proxy was released.
        """
        token = self._open_token()
        codes = (symbols,) if isinstance(symbols, str) else tuple(symbols)
        unit = None if timeframe is None else Timeframe.parse(timeframe)
        own = data_type not in tuple(DataType)
        known = DataType.CUSTOM if own else DataType(data_type)
        spec = SubscriptionSpec(known, codes, unit, depth, level, type=data_type if own else "")
        subscription = self._manager.subscribe(
            token, spec, callback, error_handler=error_handler, delivery=delivery
        )
        self._subscriptions = [known for known in self._subscriptions if known.is_active]
        self._subscriptions.append(subscription)
        return subscription

    def unsubscribe_ticker(self, symbols: Symbols | None = None) -> Subscription:
        """End the ticker subscriptions, all or those of some markets."""
        return self._unsubscribe(DataType.TICKER, symbols)

    def unsubscribe_trade(self, symbols: Symbols | None = None) -> Subscription:
        """End the trade subscriptions, all or those of some markets."""
        return self._unsubscribe(DataType.TRADE, symbols)

    def unsubscribe_orderbook(self, symbols: Symbols | None = None) -> Subscription:
        """End the order book subscriptions, all or those of some markets."""
        return self._unsubscribe(DataType.ORDERBOOK, symbols)

    def unsubscribe_candle(self, symbols: Symbols | None = None) -> Subscription:
        """End the candle subscriptions, all or those of some markets."""
        return self._unsubscribe(DataType.CANDLE, symbols)

    def unsubscribe_orders(self, symbols: Symbols | None = None) -> Subscription:
        """End the order subscriptions, all or those of some markets."""
        return self._unsubscribe(DataType.ORDER, symbols)

    def unsubscribe_balance(self) -> Subscription:
        """End the balance subscriptions."""
        return self._unsubscribe(DataType.BALANCE, None)

    def pause_while_hidden(self) -> None:
        """Deliver nothing while nobody can see the parent widget, and at once when it is shown.

        Hidden, on a tab behind others, in a closed dock or a minimised window it is not seen; until
        its window is first shown, it counts as seen. The streams stay on the wire, so hiding and
        showing costs no request. Shown again, it gets within a frame the newest event of each
        stream, and before it what queues (trades) or must not be swallowed (the ends of candles):
        up to 200 events, the rest is counted as dropped. What promises each event goes on
        meanwhile: balances, and subscriptions with ``Delivery.immediate()``. So does
        ``state_changed``.

        For what draws. A component that sounds an alarm from the tray must not ask for it.

        Raises:
            InvalidState: the parent of the proxy is not a widget.
        """
        self._manager.check_thread()
        if self._watch is not None:
            return
        # Only here: programs without widgets need not load them.
        from .visibility import VisibilityWatch

        parent = self.parent()
        if parent is None or not parent.isWidgetType():
            raise InvalidState(
                f"the proxy {self._client_id!r} has no widget to follow; make it with parent=widget"
            )
        self._watch = VisibilityWatch(self)
        self._watch.changed.connect(self._on_seen)
        self._on_seen(self._watch.is_seen)

    def unsubscribe_all(self) -> Subscription:
        """End all subscriptions; the proxy stays usable."""
        self._manager.check_thread()
        return self._end(self._subscriptions)

    def cleanup(self) -> Subscription:
        """Release the proxy with everything it has; may be called any number of times."""
        self._manager.check_thread()
        token, self._token = self._token, None
        if token is not None:
            self._tasks.cancel()
            if not is_gone(self._manager):
                self._manager.release_client(token)
            for subscription in self._subscriptions:
                subscription.ended()
            self._subscriptions.clear()
        return Subscription.done()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.cleanup()

    # -- snapshots over REST ----------------------------------------------------------------------

    async def get_ticker_snapshot(self, symbols: Symbols) -> tuple[TickerEvent, ...]:
        """The day's figures of some markets, asked for now."""
        return await self._reader.tickers(symbols)

    async def get_orderbook_snapshot(
        self, symbols: Symbols, depth: int = 30, level: float = 0.0
    ) -> tuple[OrderbookEvent, ...]:
        """The books of some markets, asked for now.

        Raises:
            InvalidRequest: the exchange is known not to offer this ``level``; it would answer with
                no book at all.
        """
        return await self._reader.orderbooks(symbols, depth, level)

    async def get_trade_snapshot(
        self, symbols: Symbols, count: int = TRADE_PAGE, cursor: int | None = None
    ) -> tuple[TradeEvent, ...]:
        """The last ``count`` trades of each market, oldest first.

        Fewer come when there were no more in the last seven days: the exchange lists none before.

        Args:
            symbols: one market code or several.
            count: 1 or more; as many pages of 500 as it takes.
            cursor: only trades with a smaller ``sequential_id``, such as that of the oldest one of
                a former answer; each market has its own numbers. None for the newest.
        """
        return await self._reader.trades(symbols, count, cursor)

    async def get_candle_snapshot(
        self,
        symbols: Symbols,
        timeframe: str | Timeframe,
        count: int,
        to: datetime | int | None = None,
    ) -> tuple[CandleEvent, ...]:
        """The last ``count`` candles of each market before ``to``, oldest first.

        Fewer come when the exchange has no more; candles without trades are absent.

        Args:
            symbols: one market code or several.
            timeframe: any candle unit.
            count: 1 or more; as many pages of 200 as it takes.
            to: the exclusive end, an aware datetime or ms since 1970; now when None.
        """
        return await self._reader.candles(symbols, timeframe, count, to)

    async def get_snapshot(
        self, data_type: DataType | str, symbols: Symbols, **fields: Any
    ) -> tuple[WebSocketEvent, ...]:
        """The general form of the others; ``fields`` are those that the one for this type takes.

        Raises:
            InvalidRequest: what is of this type cannot be asked for of a market; an account's data
                is the manager's to ask for.
        """
        self._open_token()
        known: dict[str, Callable[..., Coroutine[Any, Any, tuple[WebSocketEvent, ...]]]] = {
            DataType.TICKER: self.get_ticker_snapshot,
            DataType.ORDERBOOK: self.get_orderbook_snapshot,
            DataType.TRADE: self.get_trade_snapshot,
            DataType.CANDLE: self.get_candle_snapshot,
        }
        if data_type not in known:
            raise InvalidRequest(
                f"there are snapshots of {', '.join(known)}; got {str(data_type)!r}. Orders and "
                "balances come from the manager: get_open_orders(), get_accounts()"
            )
        return await known[data_type](symbols, **fields)

    def start(
        self,
        coroutine: Coroutine[Any, Any, ResultT],
        on_result: Callable[[ResultT], None] | None = None,
        on_error: Callable[[UpbitError], None] | None = None,
    ) -> None:
        """Run a coroutine as a task that ends with the proxy; for slots, which cannot await.

        The callbacks follow the rule of all callbacks: methods are held weakly.
        """
        self._open_token()
        self._tasks.start(coroutine, f"{self._client_id}.start", on_result, on_error)

    # -- state ------------------------------------------------------------------------------------

    def health_check(self) -> HealthReport:
        """The manager's health."""
        return self._manager.health_check()

    def is_public_available(self) -> bool:
        """Whether the public connection is open."""
        return self._manager.is_public_available()

    def is_private_available(self) -> bool:
        """Whether there is a key and the exchange has not refused it."""
        return self._manager.is_private_available()

    def connectNotify(self, signal: QMetaMethod) -> None:
        """Qt says so when somebody connects."""
        self.emitter.connected(self, signal)

    # -- inside -----------------------------------------------------------------------------------

    @property
    def _reader(self) -> SnapshotReader:
        # Made for each call: kept, it would be a cycle through a QObject.
        return SnapshotReader(self._manager, self._open_token)

    def _on_seen(self, seen: bool) -> None:
        self.is_paused = not seen
        if self._token is not None and not is_gone(self._manager):
            self._manager.pause_client(self._token, paused=not seen)

    def _announce_state(self) -> None:
        if self._token is not None:
            for connection_type in ConnectionType:
                self.state_changed.emit(self._manager.connection_event(connection_type))

    def _open_token(self) -> int:
        self._manager.check_thread()
        if self._token is None or is_gone(self):
            raise ProxyClosed(f"the proxy {self._client_id!r} was released; make another one")
        return self._token

    def _unsubscribe(self, data_type: DataType, symbols: Symbols | None) -> Subscription:
        self._manager.check_thread()
        chosen = None if symbols is None else set(check_markets(symbols))
        ended: list[Subscription] = []
        for subscription in self._subscriptions:
            spec = subscription.spec
            if spec is None or spec.data_type is not data_type:
                continue
            if chosen is None or (spec.symbols and chosen.issuperset(spec.symbols)):
                ended.append(subscription)
            elif not chosen.isdisjoint(spec.symbols):
                subscription.drop(chosen)
        return self._end(ended)

    def _end(self, ended: Sequence[Subscription]) -> Subscription:
        for subscription in tuple(ended):
            subscription.unsubscribe()
        self._subscriptions = [known for known in self._subscriptions if known.is_active]
        return Subscription.done()
