"""What any manager offers, whatever its exchange, and the manager of one of Upbit's regions. Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from PyQt6.QtCore import QObject

from upbit_ws_qt.events import ConnectionState, ConnectionType
from upbit_ws_qt.exchange import upbit_in
from upbit_ws_qt.handlers import DataHandler
from upbit_ws_qt.health import HealthReport
from upbit_ws_qt.settings import FeedSettings
from upbit_ws_qt.subscriptions import Stream, StreamEvent, SubscriptionSpec
from upbit_ws_qt.system.credentials import Credentials

from .clients import SubscriptionSummary
from .manager import GlobalWebSocketManager
from .subscription import Subscription

if TYPE_CHECKING:
    from .proxy import WebSocketClientProxy

__all__ = ["AbstractWebSocketManager", "UpbitWebSocketManager"]


class AbstractWebSocketManager(Protocol):
    """What a program may expect of a manager, for its own annotations.

    A protocol and no base class: Qt's classes have a metaclass of their own, and a test double
    needs nothing but the methods.
    """

    settings: FeedSettings

    async def start(self) -> None:
        """Begin to work."""
        ...

    async def stop(self) -> None:
        """End everything at once; wishes stay for the next start."""
        ...

    def register_client(self, client_id: str, proxy: WebSocketClientProxy, /) -> int:
        """Watch over a proxy; returns its token."""
        ...

    def remove_client(self, client_id: str, /) -> None:
        """Release the client with this id."""
        ...

    def update_subscription(self, client_id: str, spec: SubscriptionSpec, /) -> Subscription:
        """Add a subscription to a registered client."""
        ...

    def register_data_handler(self, handler: DataHandler, /) -> None:
        """Add a type of data."""
        ...

    def distribute_data(self, event: StreamEvent, /) -> None:
        """Deliver an event to everyone who subscribed to its stream."""
        ...

    def get_subscription_summary(self) -> SubscriptionSummary:
        """Who wants what."""
        ...

    def wire_subscription(self) -> Mapping[Stream, int]:
        """What the public connection carries now."""
        ...

    def connection_state(self, connection_type: ConnectionType, /) -> ConnectionState:
        """Where a connection stands."""
        ...

    def is_public_available(self) -> bool:
        """Whether the public connection is open."""
        ...

    def is_private_available(self) -> bool:
        """Whether there is a key and the exchange has not refused it."""
        ...

    def health_check(self) -> HealthReport:
        """How it is."""
        ...

    def set_credentials(self, credentials: Credentials | None, /) -> None:
        """Use another key, or none."""
        ...

    def call_from_thread(self, function: Callable[[], Any], /) -> None:
        """Have a function called in the GUI thread."""
        ...


# State: the base's.
class UpbitWebSocketManager(GlobalWebSocketManager):
    """The manager of one of Upbit's regions: ``UpbitWebSocketManager("sg")``.

    For other settings, or another exchange, make a :class:`GlobalWebSocketManager`.

    Args:
        region: ``kr``, ``sg``, ``id`` or ``th``. Each has accounts, keys and markets of its own.
        credentials: a key of that region.
        parent: its Qt parent.

    Raises:
        InvalidRequest: Upbit is not in that region.
    """

    def __init__(
        self,
        region: str = "kr",
        credentials: Credentials | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(FeedSettings(exchange=upbit_in(region)), credentials, parent)
