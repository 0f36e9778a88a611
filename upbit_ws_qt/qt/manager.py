"""The one manager of an application: two connections, and everyone's share of them. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import asyncio
import logging
import threading
import time
import uuid
import weakref
from collections.abc import Callable, Hashable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from PyQt6.QtCore import QCoreApplication, QObject, pyqtSignal

from upbit_ws_qt import rest
from upbit_ws_qt.auth import UpbitAuthenticator
from upbit_ws_qt.backpressure import Delivery, default_delivery
from upbit_ws_qt.errors import (
    AuthenticationFailed,
    InvalidState,
    RequestRejected,
    UpbitError,
    WrongThread,
)
from upbit_ws_qt.events import (
    Balance,
    ConnectionEvent,
    ConnectionState,
    ConnectionType,
    DataType,
    ErrorEvent,
    RefusalEvent,
    Source,
    Stamp,
    StatusEvent,
    SubscriptionEvent,
)
from upbit_ws_qt.health import HealthReport, assess
from upbit_ws_qt.net.connection import ConnectionDriver, Line, now
from upbit_ws_qt.net.http import RestClient
from upbit_ws_qt.net.limits import limiter_for
from upbit_ws_qt.polling import Fetch
from upbit_ws_qt.protocol import FeedProtocol
from upbit_ws_qt.ratelimit import Priority
from upbit_ws_qt.recovery import EpochManager
from upbit_ws_qt.routing import Outlet, OutletStatistics
from upbit_ws_qt.settings import Credentials, FeedSettings
from upbit_ws_qt.subscriptions import BALANCE_STREAM, Stream, StreamEvent, SubscriptionSpec

from .clients import ClientTable, SubscriptionSummary
from .fanout import SubscriptionOutlet
from .lifecycle import ComponentLifecycleManager, is_gone, weakly
from .markets import MarketList
from .pump import EventPump
from .running import feed_loop, on_shutdown, spawn
from .subscription import Callback, ErrorHandler, Subscription

if TYPE_CHECKING:
    from .proxy import WebSocketClientProxy

__all__ = ["GlobalWebSocketManager"]

logger = logging.getLogger(__name__)

ResultT = TypeVar("ResultT")


# State: the parts below, each with its own; whether there is a key; the subscriptions whose codes
# are still to be looked up; when it was started, and the reconnects so far.
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
        error_occurred(UpbitError): something failed that nobody else was told of.
    """

    connection_changed = pyqtSignal(object)
    resumed_after_sleep = pyqtSignal(object)
    recovery_begun = pyqtSignal(object)
    recovery_completed = pyqtSignal(object)
    error_occurred = pyqtSignal(object)
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
        self._pump.status.connect(self._take_status)
        self._limiter = limiter_for(self.settings.rest_url, self.settings.limit_share)
        self._rest = RestClient(self.settings, self._limiter)
        self._has_key = False
        self._protocols = {
            ConnectionType.PUBLIC: self._protocol(ConnectionType.PUBLIC, polled=False),
            ConnectionType.PRIVATE: self._protocol(ConnectionType.PRIVATE, polled=True),
        }
        self._drivers = {
            ConnectionType.PUBLIC: self._driver(ConnectionType.PUBLIC, self.settings.public_url),
            ConnectionType.PRIVATE: self._driver(ConnectionType.PRIVATE, self.settings.private_url),
        }
        self._markets = MarketList(self._rest, self)
        self._markets.changed.connect(self._check_codes)
        self._unchecked: set[int] = set()
        self._lifecycle = ComponentLifecycleManager(self)
        self._lifecycle.gone.connect(self._forget_client)
        self._called.connect(self._call)
        self._clients = ClientTable()
        self._started_at: float | None = None
        self._reconnects = 0
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
        _check_gui_thread(application)
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
        """End both connections at once; proxies and their wishes stay for the next start."""
        self.check_thread()
        if self._started_at is None:
            return
        self._started_at = None
        if self._forget_shutdown is not None:
            self._forget_shutdown()
            self._forget_shutdown = None
        at = now()
        for connection, driver in self._drivers.items():
            self._protocols[connection].stop(at)
            driver.settle(at)
            driver.close()
        self._markets.stop()
        self._pump.stop()
        await self._rest.close()

    def _ensure_started(self) -> None:
        if self._started_at is not None:
            return
        feed_loop()
        self._started_at = time.monotonic()
        self._forget_shutdown = on_shutdown(weakly(self.stop))
        self._pump.start(tuple(self._drivers.values()))
        at = now()
        for connection, driver in self._drivers.items():
            self._protocols[connection].start(at)
            driver.settle(at)

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
                    spec.data_type,
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
        for code in spec.symbols:
            self._markets.require(code)
        token = self._clients.next_subscription()
        may_mute = spec.data_type is not DataType.BALANCE
        proxy = self._clients[client].reference
        subscription = Subscription(
            token, spec, self, proxy, callback, error_handler, may_mute=may_mute
        )
        outlet: SubscriptionOutlet = Outlet(
            weakref.ref(subscription),
            spec.streams,
            delivery or default_delivery(spec.data_type),
            spec.depth,
        )
        self._clients.subscribe(client, token, outlet)
        self._ensure_started()
        self._pump.router.attach(outlet)
        self._markets.want(spec.symbols)
        if not len(self._markets):
            self._unchecked.add(token)
        connection = _connection_of(spec)
        at = now()
        self._protocols[connection].subscribe(token, spec, at)
        self._drivers[connection].settle(at)
        return subscription

    def end_subscription(self, token: int) -> None:
        """End one subscription; unknown tokens are ignored."""
        self.check_thread()
        outlet = self._clients.unsubscribe(token)
        if outlet is not None:
            self._end(token, outlet)
            self._settle()

    def narrow_subscription(self, token: int, spec: SubscriptionSpec) -> None:
        """Go on with fewer markets."""
        self.check_thread()
        outlet = self._clients.outlet(token)
        if outlet is not None:
            self._pump.router.narrow(outlet, spec.streams)
            connection, at = _connection_of(spec), now()
            self._protocols[connection].unsubscribe(token, at)
            self._protocols[connection].subscribe(token, spec, at)
            self._drivers[connection].settle(at)

    def release_client(self, token: int) -> None:
        """A proxy is done; may be called any number of times."""
        self.check_thread()
        self._lifecycle.release(token)

    def outlet_statistics(self, token: int) -> OutletStatistics:
        """The counters of the subscription with this token; subscriptions call this."""
        outlet = self._clients.outlet(token)
        return OutletStatistics() if outlet is None else self._pump.router.statistics(outlet)

    def _forget_client(self, token: int) -> None:
        client = self._clients.remove(token)
        if client is None:
            return
        for subscription, outlet in client.outlets.items():
            handle = outlet.consumer()
            if handle is not None:
                handle.ended()
            self._end(subscription, outlet)
        self._settle()

    def _end(self, token: int, outlet: SubscriptionOutlet) -> None:
        self._pump.router.detach(outlet)
        at = now()
        for protocol in self._protocols.values():
            protocol.unsubscribe(token, at)

    def _settle(self) -> None:
        for driver in self._drivers.values():
            driver.settle()

    # -- what is known ----------------------------------------------------------------------------

    @property
    def markets(self) -> MarketList:
        """The exchange's markets; read over REST when something is subscribed."""
        return self._markets

    def get_subscription_summary(self) -> SubscriptionSummary:
        """Who wants what."""
        wanted: dict[DataType, frozenset[str]] = dict.fromkeys(DataType, frozenset())
        for protocol in self._protocols.values():
            for data_type, codes in protocol.subscriptions.get_consolidated_subscription().items():
                wanted[data_type] |= codes
        return SubscriptionSummary(self._clients.specs(), wanted)

    def wire_subscription(self) -> dict[Stream, int]:
        """What the public connection carries now: its streams with their depth."""
        return self._protocols[ConnectionType.PUBLIC].wire

    def connection_state(self, connection_type: ConnectionType) -> ConnectionState:
        """Where a connection stands."""
        return self._protocols[connection_type].state

    def connection_event(self, connection_type: ConnectionType) -> ConnectionEvent:
        """Where a connection stands, as an event for someone who joins."""
        stamp = self.stamp(connection_type=connection_type)
        return ConnectionEvent(
            state=self.connection_state(connection_type),
            reason=self._protocols[connection_type].reason,
            error=self._protocols[connection_type].error,
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
        states = {name: protocol.state for name, protocol in self._protocols.items()}
        critical = any(protocol.recovery.is_critical for protocol in self._protocols.values())
        # Private data without a key is a choice, not a fault.
        judged = {
            name: state
            for name, state in states.items()
            if name is ConnectionType.PUBLIC or self._has_key
        }
        status, quality, reason = assess(judged, is_critical=critical, reconnects=self._reconnects)
        uptime = 0.0 if self._started_at is None else time.monotonic() - self._started_at
        router, outlets = self._pump.router, self._clients.outlets()
        last = self._pump.last_message_at
        return HealthReport(
            status=status,
            reason=reason,
            connection_quality=quality,
            uptime_seconds=uptime,
            last_message_timestamp=None if last is None else datetime.fromtimestamp(last, UTC),
            active_connections=sum(
                driver.is_open + driver.is_probing for driver in self._drivers.values()
            ),
            suspects=sum(len(protocol.probe.suspects) for protocol in self._protocols.values()),
            active_subscriptions=len(outlets),
            messages=router.events,
            messages_per_second=router.events / uptime if uptime else 0.0,
            requests=sum(protocol.requests_sent for protocol in self._protocols.values()),
            dropped=sum(outlet.dropped for outlet in outlets),
            coalesced=sum(router.statistics(outlet).coalesced for outlet in outlets),
            slow_callbacks=self._pump.hub.slow_calls,
            repeated=router.repeated,
            outdated=router.outdated,
            decode_errors=sum(protocol.decode_errors for protocol in self._protocols.values()),
            callback_errors=self._pump.hub.callback_errors,
            lifecycle_repairs=self._lifecycle.repaired,
            states=states,
            epochs={name: self._epochs.current_epoch(name) for name in ConnectionType},
        )

    # -- data -------------------------------------------------------------------------------------

    def stamp(
        self,
        source: Source = Source.WEBSOCKET,
        connection_type: ConnectionType = ConnectionType.PUBLIC,
    ) -> Stamp:
        """The stamp of something that arrives now."""
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
        """
        self.check_thread()
        if asyncio.get_running_loop() is not feed_loop():
            raise InvalidState(
                "this can only be awaited on Qt's event loop; use proxy.start(...) in a slot, or "
                "upbit_ws_qt.run(main) instead of asyncio.run(main())"
            )
        return await self._rest.call(call, priority)

    async def get_accounts(self) -> tuple[Balance, ...]:
        """All balances, asked for now.

        Raises:
            InvalidState: no key is set.
            AuthenticationFailed: the key is refused or lacks the right to read assets.
        """
        return await self.call_rest(rest.accounts())

    def set_credentials(self, credentials: Credentials | None) -> None:
        """Use another key from now on, or none; the former account's data is not delivered."""
        self.check_thread()
        self._has_key = credentials is not None
        self._rest.set_authenticator(UpbitAuthenticator(credentials) if credentials else None)
        self._pump.router.forget(BALANCE_STREAM)
        at = now()
        self._protocols[ConnectionType.PRIVATE].key_changed(self._has_key, at)
        if self._started_at is not None:
            self._drivers[ConnectionType.PRIVATE].settle(at)

    # -- threads ----------------------------------------------------------------------------------

    def check_thread(self) -> None:
        """Raise WrongThread outside the GUI thread."""
        if threading.get_ident() != self._thread:
            raise WrongThread(_WRONG_THREAD)

    def call_from_thread(self, function: Callable[[], Any]) -> None:
        """Have ``function`` called in the GUI thread; may be called in any thread."""
        self._called.emit(function)

    def _call(self, function: Callable[[], Any]) -> None:
        try:
            function()
        except Exception:
            # A slot must not let it out: that would end the process.
            logger.exception("a function from call_from_thread raised")

    # -- what the connections say -----------------------------------------------------------------

    def _take_status(self, event: StatusEvent) -> None:
        if isinstance(event, ConnectionEvent):
            self._connection_changed(event)
        elif isinstance(event, SubscriptionEvent):
            self._subscribed(event)
        elif isinstance(event, RefusalEvent):
            self._refused(event)
        elif isinstance(event, ErrorEvent):
            logger.warning("%s (number %d of its kind)", event.error, event.count)
            self.error_occurred.emit(event.error)

    def _connection_changed(self, event: ConnectionEvent) -> None:
        reason = f" ({event.reason})" if event.reason else ""
        logger.info("the %s connection is %s%s", event.connection_type, event.state, reason)
        if (event.connection_type, event.state) == (ConnectionType.PUBLIC, ConnectionState.IDLE):
            # Nothing is on the wire, so nothing that was may be handed to whoever comes next.
            self._pump.router.retain(())
        self.connection_changed.emit(event)
        if event.resumed:
            self.resumed_after_sleep.emit(event)
        if event.state is ConnectionState.RECONNECTING and event.attempt <= 1:
            self._reconnects += 1
            self.recovery_begun.emit(event)
        elif event.state is ConnectionState.CONNECTED and self._reconnects:
            self.recovery_completed.emit(event)
        for client in self._clients:
            if (proxy := client.proxy) is not None:
                proxy.state_changed.emit(event)

    def _subscribed(self, event: SubscriptionEvent) -> None:
        if not event.accepted:
            if event.connection_type is ConnectionType.PUBLIC:
                self._pump.router.retain(event.streams)
            return
        for subscription, outlet in self._clients.subscriptions():
            if event.streams.issuperset(outlet.streams):
                subscription.settle()

    def _refused(self, event: RefusalEvent) -> None:
        error: UpbitError = RequestRejected(event.name, event.message)
        if event.connection_type is ConnectionType.PRIVATE:
            error = AuthenticationFailed(event.message, event.name)
        told = [self._tell(subscription, error) for subscription in self._living(event.consumers)]
        if not any(told):
            logger.warning("the exchange refused a request: %s", error)
            self.error_occurred.emit(error)

    def _check_codes(self) -> None:
        """Codes that were asked for before the list was known are looked up now.

        The exchange itself says nothing of a code that it does not know.
        """
        unchecked, self._unchecked = self._unchecked, set()
        for subscription in self._living(unchecked):
            spec = subscription.spec
            missing = () if spec is None else self._markets.missing(spec.symbols)
            for code in missing:
                error = self._markets.unknown(code)
                if not self._tell(subscription, error):
                    logger.warning("%r: %s", subscription, error)
                    self.error_occurred.emit(error)
            if missing and spec is not None and len(missing) == len(spec.symbols):
                subscription.unsubscribe()
            elif missing:
                subscription.drop(missing)

    def _living(self, tokens: Iterable[Hashable]) -> list[Subscription]:
        outlets = (self._clients.outlet(token) for token in tokens if isinstance(token, int))
        found = (outlet.consumer() for outlet in outlets if outlet is not None)
        return [subscription for subscription in found if subscription is not None]

    def _tell(self, subscription: Subscription, error: UpbitError) -> bool:
        """Say what is wrong with a subscription; returns whether somebody heard it."""
        awaited = subscription.is_awaited
        subscription.settle(error)
        return self._pump.hub.tell(subscription, error) or awaited

    # -- making the parts -------------------------------------------------------------------------

    def _protocol(self, connection_type: ConnectionType, *, polled: bool) -> FeedProtocol:
        return FeedProtocol(
            connection_type,
            self.settings,
            self._epochs,
            _ticket,
            polled=polled,
            has_key=not polled,
        )

    def _driver(self, connection_type: ConnectionType, url: str) -> ConnectionDriver:
        line = Line(url, self._limiter, feed_loop, _spawn, self.settings.connect_timeout_s)
        fetch, wake = _Accounts(self._rest), weakly(self._pump.wake)
        return ConnectionDriver(self._protocols[connection_type], line, fetch, wake)


_WRONG_THREAD = (
    "this object lives in the GUI thread; from another thread write:\n"
    "    manager.call_from_thread(lambda: ...)"
)


class _Accounts:
    """Answers what the private connection polls."""

    def __init__(self, client: RestClient) -> None:
        self._client = client

    async def __call__(self, fetch: Fetch) -> tuple[Balance, ...]:
        del fetch  # balances are all that is polled
        return await self._client.call(rest.accounts())


def _spawn(coroutine: Any, name: str) -> asyncio.Task[None]:
    return spawn(coroutine, name=name)


def _ticket() -> str:
    return str(uuid.uuid4())


def _connection_of(spec: SubscriptionSpec) -> ConnectionType:
    private = spec.data_type is DataType.BALANCE
    return ConnectionType.PRIVATE if private else ConnectionType.PUBLIC


def _check_gui_thread(application: QCoreApplication) -> None:
    from PyQt6.QtCore import QThread

    if QThread.currentThread() is not application.thread():
        raise WrongThread(_WRONG_THREAD)
