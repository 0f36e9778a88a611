"""The one manager of an application: two connections, and everyone's share of them. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Collection
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from PyQt6.QtCore import QCoreApplication, QObject, pyqtSignal

from upbit_ws_qt import rest
from upbit_ws_qt.alerts import AlertManager
from upbit_ws_qt.auth import UpbitAuthenticator
from upbit_ws_qt.backpressure import Delivery, check_delivery
from upbit_ws_qt.errors import InvalidRequest, InvalidState
from upbit_ws_qt.events import (
    Balance,
    ConnectionEvent,
    ConnectionState,
    ConnectionType,
    DataType,
    OrderEvent,
    Source,
    Stamp,
)
from upbit_ws_qt.handlers import DataHandler, HandlerTable
from upbit_ws_qt.health import HealthReport
from upbit_ws_qt.metrics import PerformanceMetrics
from upbit_ws_qt.net.http import RestClient
from upbit_ws_qt.net.limits import limiter_for
from upbit_ws_qt.net.orders import open_orders
from upbit_ws_qt.net.recorder import Recorder
from upbit_ws_qt.ratelimit import Priority
from upbit_ws_qt.recovery import EpochManager
from upbit_ws_qt.routing import OutletStatistics
from upbit_ws_qt.settings import FeedSettings
from upbit_ws_qt.subscriptions import (
    BALANCE_STREAM,
    ORDER_STREAM,
    Stream,
    StreamEvent,
    SubscriptionSpec,
)
from upbit_ws_qt.system.credentials import Credentials

from . import report
from .clients import ClientTable, SubscriptionSummary
from .connections import Connections
from .day import DayTurn
from .desk import SubscriptionDesk
from .lifecycle import ComponentLifecycleManager, is_gone, weakly
from .markets import MarketList
from .monitor import PerformanceMonitor
from .pump import EventPump
from .readings import Readings
from .recordings import Recordings
from .remains import Remains
from .running import check_gui_thread, feed_loop, on_shutdown, wrong_thread
from .sockets import Surroundings
from .status import StatusDesk
from .subscription import Callback, ErrorHandler, Subscription

if TYPE_CHECKING:
    from .proxy import WebSocketClientProxy

__all__ = ["GlobalWebSocketManager"]

logger = logging.getLogger(__name__)

ResultT = TypeVar("ResultT")


# State: the parts below, each with its own; whether there is a key, and how to take the shutdown's
# call back while it runs.
class GlobalWebSocketManager(QObject):
    """Owns both connections and shares them among all components of an application.

    Use :meth:`instance`, or make one of your own with other settings. It starts by itself with the
    first subscription and ends with the application.

    Args:
        settings: addresses, intervals and shares; Upbit Korea when None.
        credentials: a key for private data; everything public works without.
        parent: its Qt parent.

    Signals:
        connection_changed(ConnectionEvent): a connection changed its state, with the reason.
        resumed_after_sleep(ConnectionEvent): the machine slept; connections are made anew.
        recovery_begun(ConnectionEvent): a connection was lost.
        recovery_completed(ConnectionEvent): it is back.
        fallback_entered(ConnectionEvent): what a connection carries is read over REST, as it has
            been missing for some seconds.
        fallback_left(ConnectionEvent): it is not any more.
        gap_found(GapEvent): trades or candles of a market may be missing, after a reconnect or the
            like; they are asked for.
        gap_filled(GapEvent): what was missing has been delivered.
        gap_unfillable(GapEvent): it stays missing; the event says of which time.
        market_listed(Market): the exchange lists a market that it did not list before.
        market_gone(Market): it lists this one no longer; what is subscribed of it stays so.
        error_occurred(UpbitError): something failed that nobody else was told of.
        alert_raised(Alert): somebody should look.
        alert_cleared(Alert): what an alert was about is over.
        memory_short(PerformanceMetrics): the process uses more than ``alert_memory_mb``; drop what
            can be had again. Sent at most once a minute.
    """

    connection_changed = pyqtSignal(object)
    resumed_after_sleep = pyqtSignal(object)
    recovery_begun = pyqtSignal(object)
    recovery_completed = pyqtSignal(object)
    fallback_entered = pyqtSignal(object)
    fallback_left = pyqtSignal(object)
    gap_found = pyqtSignal(object)
    gap_filled = pyqtSignal(object)
    gap_unfillable = pyqtSignal(object)
    market_listed = pyqtSignal(object)
    market_gone = pyqtSignal(object)
    error_occurred = pyqtSignal(object)
    alert_raised = pyqtSignal(object)
    alert_cleared = pyqtSignal(object)
    memory_short = pyqtSignal(object)
    _called = pyqtSignal(object)

    _instance: ClassVar[GlobalWebSocketManager | None] = None

    def __init__(
        self,
        settings: FeedSettings | None = None,
        credentials: Credentials | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.settings = settings or FeedSettings()
        self._thread = threading.get_ident()
        self._epochs = EpochManager()
        self._pump = EventPump(self._epochs, self.settings.frame_interval_ms, self)
        limiter = limiter_for(self.settings.rest_url, self.settings.limit_share)
        self._rest = RestClient(self.settings, limiter)
        self._has_key = False
        self._handlers = HandlerTable()
        self._connections = Connections(
            Surroundings(
                self.settings,
                self._epochs,
                limiter,
                self._rest,
                weakly(self._pump.wake),
                self._handlers,
            )
        )
        self._clients = ClientTable()
        self._markets = MarketList(
            self._rest, self.settings.market_interval_s, self._clients.has_subscriptions, self
        )
        self._markets.listed.connect(self.market_listed)
        self._markets.gone.connect(self.market_gone)
        self._day = DayTurn(self._pump, self) if self.settings.exchange.has_days else None
        self._lifecycle = ComponentLifecycleManager(self)
        self._called.connect(self._call)
        self._status = StatusDesk(
            self._pump, self._clients, self._markets, self.settings.exchange.private_types, self
        )
        self._desk = SubscriptionDesk(
            self._clients,
            self._pump,
            self._connections,
            self._markets,
            self._status.subscriptions,
            self._lifecycle,
        )
        self._parts = report.Parts(
            self._epochs,
            self._connections,
            self._pump,
            self._clients,
            self._lifecycle,
            self._markets,
            self._rest,
            limiter,
            Readings(self._connections, self._pump, limiter),
            self._handlers,
            self._status.gaps,
        )
        self._monitor = PerformanceMonitor(self._parts, self.settings, self)
        self._monitor.alert_raised.connect(self.alert_raised)
        self._monitor.alert_cleared.connect(self.alert_cleared)
        self._monitor.memory_short.connect(self.memory_short)
        self._status.connection.connect(self._monitor.connection_changed)
        self._status.told.connect(self._monitor.check)
        self._status.error_occurred.connect(self.error_occurred)
        connections, gaps = self._status.connections, self._status.gaps
        connections.changed.connect(self.connection_changed)
        connections.resumed.connect(self.resumed_after_sleep)
        connections.recovery_begun.connect(self.recovery_begun)
        connections.recovery_completed.connect(self.recovery_completed)
        connections.fallback_entered.connect(self.fallback_entered)
        connections.fallback_left.connect(self.fallback_left)
        gaps.found.connect(self.gap_found)
        gaps.filled.connect(self.gap_filled)
        gaps.unfillable.connect(self.gap_unfillable)
        self._recordings = Recordings(self._connections, self._epochs, self)
        self._recordings.failed.connect(self.error_occurred)
        self._remains = Remains(self, self._connections, self._markets, self._rest)
        self._forget_shutdown: Callable[[], None] | None = None
        if credentials is not None:
            self.set_credentials(credentials)

    @classmethod
    def instance(cls) -> GlobalWebSocketManager:
        """The application's own manager, made on first use and gone with the QApplication.

        Raises:
            InvalidState: there is no QApplication yet.
            WrongThread: called outside the GUI thread.
        """
        application = QCoreApplication.instance()
        if application is None:
            raise InvalidState(
                "there is no QApplication yet; two lines are missing before this one:\n"
                "    from PyQt6.QtWidgets import QApplication\n"
                "    app = QApplication([])"
            )
        check_gui_thread(application)
        manager = cls._instance
        if manager is None or is_gone(manager) or manager.parent() is not application:
            cls._instance = manager = cls(parent=application)
        return manager

    # -- start and stop ---------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to work; also happens by itself with the first subscription."""
        self.check_thread()
        self._ensure_started()

    async def stop(self) -> None:
        """End everything at once, whatever the exchange does; wishes stay for the next start.

        May be called in any state, and inside a callback; it is over in 2 seconds. Calls under way
        raise ``InvalidState``.
        """
        self.check_thread()
        closed = self._rest.close()
        self._recordings.end()
        if self._connections.is_running:
            if self._forget_shutdown is not None:
                self._forget_shutdown()
                self._forget_shutdown = None
            self._connections.stop()
            self._markets.stop()
            self._monitor.stop()
            self._pump.hub.cancel_all()
            # Last, because whoever hears of the end may start again.
            self._pump.stop()
            if not self._connections.is_running:
                # Those that began with what was handed out last.
                self._pump.hub.cancel_all()
                if self._day is not None:
                    self._day.stop()
        await closed

    def _ensure_started(self) -> None:
        if self._connections.is_running:
            return
        self._remains.loop = feed_loop()
        self._monitor.start()
        self._forget_shutdown = on_shutdown(weakly(self.stop))
        if self.settings.exchange.has_rest:
            self._markets.start()
        self._pump.start(tuple(self._connections.clients.values()))
        self._connections.start()

    # -- clients ----------------------------------------------------------------------------------

    def register_client(self, client_id: str, proxy: WebSocketClientProxy) -> int:
        """Watch over a proxy; its end is noticed however it comes. Returns its token.

        Raises:
            DuplicateClient: another living proxy has this id.
        """
        self.check_thread()
        token = self._lifecycle.watch(proxy, client_id)
        self._clients.add(token, client_id, proxy)
        return token

    def remove_client(self, client_id: str) -> None:
        """Release the client with this id; unknown ids are ignored."""
        self.check_thread()
        for token in self._clients.tokens(client_id):
            self._lifecycle.release(token)

    def update_subscription(self, client_id: str, spec: SubscriptionSpec) -> Subscription:
        """Add a subscription to a registered client; its proxy's signals deliver it.

        Raises:
            InvalidState: no living client has this id.
        """
        self.check_thread()
        for client in self._clients:
            if client.client_id == client_id and (proxy := client.proxy) is not None:
                return proxy.subscribe(
                    spec.type or spec.data_type,
                    spec.symbols,
                    timeframe=spec.timeframe,
                    depth=spec.depth,
                    level=spec.level,
                )
        raise InvalidState(f"no living client is called {client_id!r}; make its proxy first")

    def subscribe(
        self,
        client: int,
        spec: SubscriptionSpec,
        callback: Callback | None = None,
        *,
        error_handler: ErrorHandler | None = None,
        delivery: Delivery | None = None,
    ) -> Subscription:
        """Add a subscription to the client with this token; proxies call this."""
        self.check_thread()
        if spec.type and not self._handlers.handles(spec.type):
            raise InvalidRequest(
                f"nothing here reads data of type {spec.type!r}; give what does to "
                "register_data_handler first"
            )
        # All streams of a subscription are of one type.
        stream = next(iter(spec.streams))
        self.settings.exchange.check_stream(stream.type, stream.level)
        if delivery is not None:
            check_delivery(spec.data_type, delivery)
        for code in spec.symbols:
            self._markets.require(code, spec.level)
        token = self._clients.next_subscription()
        may_mute = not spec.data_type.is_private
        proxy = self._clients[client].reference
        subscription = Subscription(
            token, spec, self, proxy, callback, error_handler, may_mute=may_mute
        )
        self._ensure_started()
        self._desk.begin(client, subscription, spec, delivery)
        return subscription

    def end_subscription(self, token: int) -> None:
        """End one subscription; unknown tokens are ignored."""
        self.check_thread()
        self._desk.end(token)

    def narrow_subscription(self, token: int, spec: SubscriptionSpec) -> None:
        """Go on with fewer markets."""
        self.check_thread()
        self._desk.narrow(token, spec)

    def release_client(self, token: int) -> None:
        """A proxy is done; may be called any number of times."""
        self.check_thread()
        self._lifecycle.release(token)

    def pause_client(self, token: int, *, paused: bool) -> None:
        """Hold back what a proxy's subscriptions are given, or hand it over; proxies call this."""
        self.check_thread()
        self._desk.pause(token, paused=paused)

    def outlet_statistics(self, token: int) -> OutletStatistics:
        """The counters of the subscription with this token; subscriptions call this."""
        self.check_thread()
        return self._desk.statistics(token)

    def register_data_handler(self, handler: DataHandler) -> None:
        """Add a type of data that the exchange sends and this package does not know.

        ``proxy.subscribe("announcement", callback=...)`` then delivers :class:`CustomEvent`, whose
        ``data`` is what ``handler.process_data`` made of a frame. Types that are known here are
        not handed to handlers. One that raises costs the frame it raised for, and is counted.
        """
        self.check_thread()
        self._handlers.register(handler)

    def switch_to_rest_fallback(self, types: Collection[DataType | str]) -> None:
        """Read these types of data over REST from now on, and none of them over a socket.

        For where sockets are blocked or broken. Their events are marked ``Source.POLLED`` and come
        once a second at best; only what visible components need is read. An empty collection goes
        back to the sockets. Without this call the same happens by itself while a connection has
        been missing for ``FeedSettings.fallback_after_s``.

        Raises:
            InvalidRequest: one of them cannot be read over REST, or nothing of this exchange can.
        """
        self.check_thread()
        chosen = frozenset(DataType(name) for name in types)
        wrong = sorted(chosen & {DataType.STATUS, DataType.CUSTOM})
        if wrong:
            raise InvalidRequest(f"data of type {', '.join(wrong)} comes over the socket alone")
        if chosen:
            self.settings.exchange.check_rest()
        self._connections.choose_polling(chosen)

    # -- what is known ----------------------------------------------------------------------------

    @property
    def markets(self) -> MarketList:
        """The exchange's markets; read over REST when something is subscribed."""
        return self._markets

    def get_subscription_summary(self) -> SubscriptionSummary:
        """Who wants what."""
        self.check_thread()
        wanted: dict[DataType, frozenset[str]] = dict.fromkeys(DataType, frozenset())
        for protocol in self._connections.protocols.values():
            for data_type, codes in protocol.subscriptions.get_consolidated_subscription().items():
                wanted[data_type] |= codes
        return SubscriptionSummary(self._clients.specs(), wanted)

    def wire_subscription(self) -> dict[Stream, int]:
        """What the public connection carries now: its streams with their depth."""
        self.check_thread()
        return self._connections.protocols[ConnectionType.PUBLIC].wire

    def connection_state(self, connection_type: ConnectionType) -> ConnectionState:
        """Where a connection stands."""
        self.check_thread()
        return self._connections.protocols[connection_type].state

    def connection_event(self, connection_type: ConnectionType) -> ConnectionEvent:
        """Where a connection stands, as an event for someone who joins."""
        stamp = self.stamp(connection_type=connection_type)
        return ConnectionEvent(
            state=self.connection_state(connection_type),
            reason=self._connections.protocols[connection_type].reason,
            error=self._connections.protocols[connection_type].error,
            stamp=stamp,
        )

    def is_public_available(self) -> bool:
        """Whether the public connection is open."""
        return self.connection_state(ConnectionType.PUBLIC) is ConnectionState.CONNECTED

    def is_private_available(self) -> bool:
        """Whether there is a key and the exchange has not refused it."""
        state = self.connection_state(ConnectionType.PRIVATE)
        return self._has_key and state is not ConnectionState.REFUSED

    def health_check(self) -> HealthReport:
        """How the manager is, with the reason where it is not well."""
        self.check_thread()
        return report.health(self._parts)

    def collect_metrics(self) -> PerformanceMetrics:
        """How much is going on, how fast, and what it costs."""
        self.check_thread()
        return self._monitor.collect_metrics()

    @property
    def alerts(self) -> AlertManager:
        """The alerts that last and the recent ones, and the rules that raise them."""
        self.check_thread()
        return self._monitor.alerts

    def statistics(self) -> report.ManagerStatistics:
        """What each part has counted."""
        self.check_thread()
        return report.statistics(self._parts)

    def record(self, path: str | PathLike[str], private: bool = False) -> Recorder:
        """Write what the exchange sends to a new file from now on, to be replayed later.

        The frames are written as they come, with the time of their arrival and the number of their
        connection, and so are the ends and beginnings of connections. It goes on until ``stop()``
        of what is returned, or of this manager, whichever is first. What was written last is at
        most a second old, so that much is lost where the process is killed. Where the file cannot
        be written any further, as on a full disk, the recording ends and ``error_occurred`` says
        so.

        Args:
            path: the file, which must not exist yet.
            private: whether balances and orders are recorded as well. Keys and tokens never are:
                they are in no frame.

        Raises:
            RecordingError: the file cannot be made.
        """
        self.check_thread()
        return self._recordings.begin(path, private=private)

    # -- data -------------------------------------------------------------------------------------

    def stamp(
        self,
        source: Source = Source.WEBSOCKET,
        connection_type: ConnectionType = ConnectionType.PUBLIC,
    ) -> Stamp:
        """The stamp of something that arrives now."""
        self.check_thread()
        epoch = self._epochs.current_epoch(connection_type)
        return Stamp(epoch, source, connection_type, time.time())

    def distribute_data(self, event: StreamEvent) -> None:
        """Deliver an event to everyone who subscribed to its stream, in the next frame."""
        self.check_thread()
        self._pump.router.route(event)
        self._pump.wake()

    async def call_rest(
        self, call: rest.RestCall[ResultT], priority: Priority = Priority.SHOWN
    ) -> ResultT:
        """Make one REST call within the limits; the proxies' ``get_*`` are made of it.

        Raises:
            InvalidState: awaited in another event loop, such as that of ``asyncio.run``.
            InvalidRequest: the exchange answers no such calls.
        """
        self._check_loop()
        return await self._rest.call(call, priority)

    def _check_loop(self) -> None:
        self.check_thread()
        self.settings.exchange.check_rest()
        if asyncio.get_running_loop() is not feed_loop():
            raise InvalidState(
                "this can only be awaited on Qt's event loop; use proxy.start(...) in a slot, or "
                "upbit_ws_qt.run(main) instead of asyncio.run(main())"
            )

    async def get_accounts(self) -> tuple[Balance, ...]:
        """All balances, asked for now.

        Raises:
            InvalidState: no key is set.
            AuthenticationFailed: the key is refused or lacks the right to read assets.
        """
        return await self.call_rest(rest.accounts())

    async def get_open_orders(self, market: str | None = None) -> tuple[OrderEvent, ...]:
        """All orders that wait, of one market or of all, the newest first; asked for now.

        Raises:
            InvalidState: no key is set.
            AuthenticationFailed: the key is refused or lacks the right to read orders.
        """
        self._check_loop()
        return await open_orders(self._rest, market)

    async def get_closed_orders(
        self,
        market: str | None = None,
        *,
        start_ms: int | None = None,
        end_ms: int | None = None,
        limit: int = rest.CLOSED_PAGE,
    ) -> tuple[OrderEvent, ...]:
        """Orders that ended, the newest first, by when they were made; asked for now.

        Args:
            market: one market; None for all.
            start_ms: since 1970; alone it means the seven days after it.
            end_ms: since 1970; alone it means the seven days before it. None of the two means the
                last seven days, and both are at most seven days apart.
            limit: 1 to 1000.

        Raises:
            InvalidRequest: the exchange does not offer it.
            InvalidState: no key is set.
            AuthenticationFailed: the key is refused or lacks the right to read orders.
        """
        call = rest.closed_orders(market, start_ms=start_ms, end_ms=end_ms, limit=limit)
        return await self.call_rest(call)

    def set_credentials(self, credentials: Credentials | None) -> None:
        """Use another key from now on, or none; the former account's data is not delivered."""
        self.check_thread()
        self._has_key = self._parts.readings.has_key = credentials is not None
        authenticator = UpbitAuthenticator(credentials) if credentials else None
        self._rest.set_authenticator(authenticator)
        self._pump.router.forget(BALANCE_STREAM)
        self._pump.router.forget(ORDER_STREAM)
        self._connections.key_changed(authenticator)

    # -- threads ----------------------------------------------------------------------------------

    def check_thread(self) -> None:
        """Raise WrongThread outside the GUI thread."""
        if threading.get_ident() != self._thread:
            raise wrong_thread()

    def call_from_thread(self, function: Callable[[], Any]) -> None:
        """Have ``function`` called in the GUI thread; may be called in any thread."""
        self._called.emit(function)

    def _call(self, function: Callable[[], Any]) -> None:
        try:
            function()
        except Exception:
            # A slot must not let it out: that would end the process.
            logger.exception("a function from call_from_thread raised")
