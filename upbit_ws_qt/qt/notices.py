"""Tells whom it concerns what became of a connection, or of a subscription. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_ws_qt.errors import RequestRejected, UpbitError
from upbit_ws_qt.events import (
    ConnectionEvent,
    ConnectionState,
    ConnectionType,
    GapEvent,
    GapState,
    RefusalEvent,
)
from upbit_ws_qt.subscriptions import SubscriptionSpec, stream_names

from .clients import ClientTable
from .fanout import FanoutHub
from .markets import MarketList
from .subscription import Subscription

__all__ = ["ConnectionNotices", "GapNotices", "GapStatistics", "SubscriptionNotices"]

logger = logging.getLogger(__name__)


# State: the connections that were lost and are not back yet, and those that are polled instead.
class ConnectionNotices(QObject):
    """Tells the log, the manager's listeners and every proxy where a connection stands.

    Signals:
        changed(ConnectionEvent): every change.
        resumed(ConnectionEvent): the machine slept.
        recovery_begun(ConnectionEvent): it was lost, or could not be made.
        recovery_completed(ConnectionEvent): it is back.
        fallback_entered(ConnectionEvent): what it carries is read over REST.
        fallback_left(ConnectionEvent): it is not any more.
    """

    changed = pyqtSignal(object)
    resumed = pyqtSignal(object)
    recovery_begun = pyqtSignal(object)
    recovery_completed = pyqtSignal(object)
    fallback_entered = pyqtSignal(object)
    fallback_left = pyqtSignal(object)

    def __init__(self, clients: ClientTable, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clients = clients
        self._lost: set[ConnectionType] = set()
        self._polled: set[ConnectionType] = set()

    def tell(self, event: ConnectionEvent) -> None:
        """A connection changed its state."""
        about = {
            "connection": event.connection_type,
            "epoch": event.epoch,
            "state": event.state,
            "error": event.error and type(event.error).__name__,
        }
        reason = f" ({event.reason})" if event.reason else ""
        message = "the %s connection is %s%s"
        logger.info(message, event.connection_type, event.state, reason, extra=about)
        self.changed.emit(event)
        if event.resumed:
            self.resumed.emit(event)
        self._follow(event)
        self._follow_fallback(event)
        for client in self._clients:
            if (proxy := client.proxy) is not None:
                proxy.state_changed.emit(event)

    def _follow(self, event: ConnectionEvent) -> None:
        connection, state = event.connection_type, event.state
        was_lost = connection in self._lost
        if state is ConnectionState.RECONNECTING:
            self._lost.add(connection)
            if not was_lost:
                self.recovery_begun.emit(event)
        elif state not in (ConnectionState.CONNECTING, ConnectionState.POLLING):
            self._lost.discard(connection)
            if was_lost and state is ConnectionState.CONNECTED:
                self.recovery_completed.emit(event)

    def _follow_fallback(self, event: ConnectionEvent) -> None:
        connection = event.connection_type
        polled = event.state is ConnectionState.POLLING
        if polled and connection not in self._polled:
            self._polled.add(connection)
            self.fallback_entered.emit(event)
        elif not polled and connection in self._polled:
            self._polled.discard(connection)
            self.fallback_left.emit(event)


@dataclass(frozen=True, slots=True)
class GapStatistics:
    """Holes in streams of trades and candles since the manager was made.

    Of those ``found``, some were ``filled``, with ``delivered`` events in all; ``unfillable`` stay.
    """

    found: int = 0
    filled: int = 0
    delivered: int = 0
    unfillable: int = 0


# State: how many holes there were.
class GapNotices(QObject):
    """Tells the log, the manager's listeners and the proxies concerned of holes in streams.

    Signals:
        found(GapEvent), filled(GapEvent), unfillable(GapEvent): what became of a hole.
    """

    found = pyqtSignal(object)
    filled = pyqtSignal(object)
    unfillable = pyqtSignal(object)

    def __init__(self, clients: ClientTable, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clients = clients
        self._counted = GapStatistics()

    def statistics(self) -> GapStatistics:
        """What was counted since it was made."""
        return self._counted

    def tell(self, event: GapEvent) -> None:
        """A hole was found, filled, or has to stay."""
        counted = self._counted
        self._counted = GapStatistics(
            found=counted.found + (event.state is GapState.FOUND),
            filled=counted.filled + (event.state is GapState.FILLED),
            delivered=counted.delivered + event.count,
            unfillable=counted.unfillable + (event.state is GapState.UNFILLABLE),
        )
        about = {"stream": event.stream.type, "market": event.symbol, "epoch": event.epoch}
        (name,) = stream_names((event.stream,))
        span_s = (event.until_ms - event.since_ms) / 1000
        if event.state is GapState.UNFILLABLE:
            message = "%s lacks what came in %.1f s: %s"
            logger.warning(message, name, span_s, event.reason, extra=about)
            self.unfillable.emit(event)
        elif event.state is GapState.FILLED:
            message = "%s: %d were missing in %.1f s and were delivered"
            logger.info(message, name, event.count, span_s, extra=about)
            self.filled.emit(event)
        else:
            logger.info("%s may lack what came in %.1f s", name, span_s, extra=about)
            self.found.emit(event)
        for client in self._clients:
            follows = any(event.stream in outlet.links for outlet in client.outlets.values())
            if follows and (proxy := client.proxy) is not None:
                proxy.gap_detected.emit(event)


# State: the subscriptions whose markets are not known well enough yet.
class SubscriptionNotices(QObject):
    """Finds the subscriptions that something is about, and tells their owners.

    Signals:
        unheard(UpbitError): something is wrong with a subscription, and nobody listens for that.
    """

    unheard = pyqtSignal(object)

    def __init__(
        self,
        clients: ClientTable,
        hub: FanoutHub,
        markets: MarketList,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._clients = clients
        self._hub = hub
        self._markets = markets
        self._markets.changed.connect(self._look_up)
        self._unchecked: set[int] = set()

    def subscribed(self, token: int, spec: SubscriptionSpec) -> None:
        """A subscription was made; what is not known of its markets yet is looked up later."""
        if not self._markets.judges(spec.symbols, spec.level):
            self._unchecked.add(token)

    def ended(self, token: int) -> None:
        """A subscription ended."""
        self._unchecked.discard(token)

    def accepted(self, streams: frozenset[Any]) -> None:
        """The exchange did not refuse these."""
        for subscription, _ in self._clients.subscriptions():
            spec = subscription.spec
            if not subscription.is_settled and spec and streams.issuperset(spec.streams):
                subscription.settle()

    def refused(self, event: RefusalEvent) -> None:
        """The exchange refused a request, or the key."""
        error = event.error or RequestRejected(
            event.name, event.message, stream_names(event.streams)
        )
        told = [self._tell(subscription, error) for subscription in self._living(event.consumers)]
        if not any(told):
            about = {
                "connection": event.connection_type,
                "epoch": event.epoch,
                "error": event.name,
            }
            logger.warning("the exchange refused a request: %s", error, extra=about)
            self.unheard.emit(error)

    def _look_up(self) -> None:
        """What was asked for before enough was known is looked up now.

        The exchange itself says nothing of a code that it does not know, nor of such a level.
        """
        unchecked, self._unchecked = self._unchecked, set()
        for subscription in self._living(unchecked):
            spec = subscription.spec
            if spec is None:
                continue
            wrong = self._markets.objections(spec.symbols, spec.level)
            for error in wrong.values():
                if not self._tell(subscription, error):
                    about = {**subscription.log_fields(), "error": type(error).__name__}
                    logger.warning("%r: %s", subscription, error, extra=about)
                    self.unheard.emit(error)
            if wrong and len(wrong) == len(spec.symbols):
                subscription.unsubscribe()
            elif wrong:
                subscription.drop(wrong)
            if not self._markets.judges(spec.symbols, spec.level):
                self._unchecked.add(subscription.token)

    def _living(self, tokens: Iterable[Hashable]) -> list[Subscription]:
        outlets = (self._clients.outlet(token) for token in tokens if isinstance(token, int))
        found = (outlet.consumer() for outlet in outlets if outlet is not None)
        return [subscription for subscription in found if subscription is not None]

    def _tell(self, subscription: Subscription, error: UpbitError) -> bool:
        """Say what is wrong with a subscription; returns whether somebody heard it."""
        awaited = subscription.is_awaited
        subscription.settle(error)
        return self._hub.tell(subscription, error) or awaited
