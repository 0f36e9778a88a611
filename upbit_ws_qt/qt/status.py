"""Takes what the connections say of themselves and tells whom it concerns. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_ws_qt.errors import HandlerError
from upbit_ws_qt.events import (
    ConnectionEvent,
    ConnectionState,
    ConnectionType,
    ErrorEvent,
    GapEvent,
    RefusalEvent,
    StatusEvent,
    SubscriptionEvent,
)
from upbit_ws_qt.subscriptions import Stream

from .clients import ClientTable
from .lifecycle import is_gone
from .markets import MarketList
from .notices import ConnectionNotices, GapNotices, SubscriptionNotices
from .pump import EventPump

__all__ = ["StatusDesk"]

logger = logging.getLogger(__name__)


# State: none of its own; the notices have theirs.
class StatusDesk(QObject):
    """Hands each status event to the part that knows who has to hear of it.

    Args:
        pump: where the events come from, each in its place among the data.
        clients: who is there.
        markets: what is known of the markets.
        private_types: the types of streams of the private connection.
        parent: its Qt parent.

    Attributes:
        connections, subscriptions, gaps: tell of each kind.

    Signals:
        connection(ConnectionEvent): a connection changed its state; before anybody else hears it.
        told(): everybody has heard it.
        error_occurred(UpbitError): something failed that nobody else was told of.
    """

    connection = pyqtSignal(object)
    told = pyqtSignal()
    error_occurred = pyqtSignal(object)

    def __init__(
        self,
        pump: EventPump,
        clients: ClientTable,
        markets: MarketList,
        private_types: Iterable[str],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.connections = ConnectionNotices(clients, self)
        self.subscriptions = SubscriptionNotices(clients, pump.hub, markets, self)
        self.subscriptions.unheard.connect(self.error_occurred)
        self.gaps = GapNotices(clients, self)
        self._router = pump.router
        self._private = frozenset(Stream(name, "") for name in private_types)
        pump.status.connect(self._take)

    def _take(self, event: StatusEvent) -> None:
        if isinstance(event, ConnectionEvent):
            self.connection.emit(event)
            if event.state is ConnectionState.IDLE:
                # Nothing is on the wire, so nothing that was may be handed to whoever comes next.
                self._retain(event.connection_type, frozenset())
            self.connections.tell(event)
            if not is_gone(self):
                self.told.emit()
        elif isinstance(event, SubscriptionEvent):
            if event.accepted:
                self.subscriptions.accepted(event.streams)
            else:
                self._retain(event.connection_type, event.streams)
        elif isinstance(event, RefusalEvent):
            self.subscriptions.refused(event)
        elif isinstance(event, GapEvent):
            self.gaps.tell(event)
        elif isinstance(event, ErrorEvent):
            self._tell_error(event)

    def _retain(self, connection_type: ConnectionType, streams: frozenset[Any]) -> None:
        if connection_type is ConnectionType.PUBLIC:
            self._router.retain(streams)
            return
        for stream in self._private - streams:
            self._router.forget(stream)

    def _tell_error(self, event: ErrorEvent) -> None:
        about = {
            "connection": event.connection_type,
            "epoch": event.epoch,
            "error": type(event.error).__name__,
            "count": event.count,
        }
        details = f"\n{event.error.details}" if isinstance(event.error, HandlerError) else ""
        message = "%s (number %d of its kind)%s"
        logger.warning(message, event.error, event.count, details, extra=about)
        self.error_occurred.emit(event.error)
