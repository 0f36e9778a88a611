"""Both connections of a manager: whose business is whose. Qt."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping

from upbit_ws_qt.auth import UpbitAuthenticator
from upbit_ws_qt.events import ConnectionType, DataType
from upbit_ws_qt.net.connection import now
from upbit_ws_qt.protocol import FeedProtocol
from upbit_ws_qt.subscriptions import SubscriptionSpec

from .sockets import (
    FeedClient,
    Surroundings,
    UpbitWebSocketPrivateClient,
    UpbitWebSocketPublicClient,
)

__all__ = ["Connections"]


# State: the two connections, each with its own, and whether they were started.
class Connections:
    """Both connections of a manager; each does nothing while nothing of its kind is wanted.

    Attributes:
        public: the one for markets.
        private: the one for an account.
        clients: both.
        protocols: what decides for them, for whoever wants to know where they stand.
    """

    def __init__(self, around: Surroundings) -> None:
        self.is_running = False
        self._private_types = around.settings.exchange.private_types
        self.public = UpbitWebSocketPublicClient(around)
        self.private = UpbitWebSocketPrivateClient(around)
        self.clients: Mapping[ConnectionType, FeedClient] = {
            ConnectionType.PUBLIC: self.public,
            ConnectionType.PRIVATE: self.private,
        }
        self.protocols: Mapping[ConnectionType, FeedProtocol] = {
            name: client.protocol for name, client in self.clients.items()
        }

    def start(self) -> None:
        """Begin to work; may follow ``stop``."""
        self.is_running = True
        for client in self.clients.values():
            client.start()

    def stop(self) -> None:
        """End both at once, whatever the exchange says; what is wanted is kept."""
        self.is_running = False
        for client in self.clients.values():
            client.stop()

    def subscribe(self, token: int, spec: SubscriptionSpec) -> None:
        """Somebody wants something."""
        self._client_for(spec).subscribe(token, spec)

    def is_idle(self, spec: SubscriptionSpec) -> bool:
        """Whether nothing of this kind is carried or polled at all."""
        return self._client_for(spec).protocol.is_idle(spec.data_type)

    def narrow(self, token: int, spec: SubscriptionSpec) -> None:
        """Somebody goes on with less."""
        self._client_for(spec).narrow(token, spec)

    def unsubscribe(self, token: Hashable) -> None:
        """Somebody wants nothing any more; after the last one call ``settle``."""
        at = now()
        for protocol in self.protocols.values():
            protocol.unsubscribe(token, at)

    def hide(self, token: Hashable, *, hidden: bool) -> None:
        """Nobody can see what somebody wants, or somebody can again."""
        for client in self.clients.values():
            client.hide(token, hidden=hidden)

    def choose_polling(self, data_types: Collection[DataType]) -> None:
        """Read these over REST, and none over a socket, from now on."""
        for client in self.clients.values():
            client.choose_polling(data_types)

    def consumers(self) -> set[Hashable]:
        """The tokens of all who want something."""
        wishes = (protocol.subscriptions for protocol in self.protocols.values())
        return {token for wish in wishes for token in wish.clients()}

    def settle(self) -> None:
        """Do what is due."""
        for client in self.clients.values():
            client.settle()

    def key_changed(self, authenticator: UpbitAuthenticator | None) -> None:
        """Another key is there, or none."""
        self.private.key_changed(authenticator)
        if self.is_running:
            self.private.settle()

    def _client_for(self, spec: SubscriptionSpec) -> FeedClient:
        private = any(stream.type in self._private_types for stream in spec.streams)
        return self.private if private else self.public
