"""Which proxy has which subscriptions. Qt, but no behaviour of its own."""

from __future__ import annotations

import weakref
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from upbit_ws_qt.events import DataType
from upbit_ws_qt.subscriptions import SubscriptionSpec

from .fanout import SubscriptionOutlet
from .lifecycle import is_gone
from .subscription import Subscription

if TYPE_CHECKING:
    from .proxy import WebSocketClientProxy

__all__ = ["Client", "ClientTable", "SubscriptionSummary"]


@dataclass(frozen=True, slots=True)
class SubscriptionSummary:
    """Who wants what: the specs by client id, and the codes wanted by data type."""

    clients: Mapping[str, tuple[SubscriptionSpec, ...]]
    wanted: Mapping[DataType, frozenset[str]]


# State: its outlets by subscription token.
@dataclass(slots=True)
class Client:
    """One proxy, which is not kept alive by it."""

    client_id: str
    reference: weakref.ref[WebSocketClientProxy]
    outlets: dict[int, SubscriptionOutlet] = field(default_factory=dict[int, SubscriptionOutlet])

    @property
    def proxy(self) -> WebSocketClientProxy | None:
        """The proxy while it lives, C++ half included."""
        proxy = self.reference()
        return None if is_gone(proxy) else proxy


# State: the clients by token, and the client of each subscription.
class ClientTable:
    """Clients and subscriptions by their tokens."""

    def __init__(self) -> None:
        self._clients: dict[int, Client] = {}
        self._owners: dict[int, int] = {}
        self._next_subscription = 1

    def __iter__(self) -> Iterator[Client]:
        return iter(tuple(self._clients.values()))

    def __getitem__(self, token: int) -> Client:
        return self._clients[token]

    def add(self, token: int, client_id: str, proxy: WebSocketClientProxy) -> None:
        """A proxy was made."""
        self._clients[token] = Client(client_id, weakref.ref(proxy))

    def remove(self, token: int) -> Client | None:
        """A proxy is gone; returns what is left of it."""
        client = self._clients.pop(token, None)
        for subscription in client.outlets if client is not None else ():
            del self._owners[subscription]
        return client

    def tokens(self, client_id: str) -> tuple[int, ...]:
        """The tokens of the clients with this id."""
        clients = self._clients.items()
        return tuple(token for token, client in clients if client.client_id == client_id)

    def next_subscription(self) -> int:
        """A token for a subscription that is about to be added."""
        self._next_subscription += 1
        return self._next_subscription - 1

    def subscribe(self, client: int, token: int, outlet: SubscriptionOutlet) -> None:
        """A client subscribed."""
        self._clients[client].outlets[token] = outlet
        self._owners[token] = client

    def unsubscribe(self, token: int) -> SubscriptionOutlet | None:
        """A subscription ended; returns its outlet, or None if it had ended before."""
        owner = self._owners.pop(token, None)
        return None if owner is None else self._clients[owner].outlets.pop(token)

    def outlet(self, token: int) -> SubscriptionOutlet | None:
        """The outlet of a subscription."""
        owner = self._owners.get(token)
        return None if owner is None else self._clients[owner].outlets[token]

    def subscription_tokens(self) -> set[Hashable]:
        """The tokens of all subscriptions."""
        return set(self._owners)

    def has_subscriptions(self) -> bool:
        """Whether anything is subscribed."""
        return bool(self._owners)

    def outlets(self) -> list[SubscriptionOutlet]:
        """All outlets."""
        return [outlet for client in self._clients.values() for outlet in client.outlets.values()]

    def subscriptions(self) -> Iterator[tuple[Subscription, SubscriptionOutlet]]:
        """All subscriptions that somebody keeps, with their outlets."""
        for outlet in self.outlets():
            subscription = outlet.consumer()
            if subscription is not None:
                yield subscription, outlet

    def specs(self) -> dict[str, tuple[SubscriptionSpec, ...]]:
        """What each client wants, by its id."""
        found: dict[str, tuple[SubscriptionSpec, ...]] = {}
        for client in self._clients.values():
            handles = (outlet.consumer() for outlet in client.outlets.values())
            found[client.client_id] = tuple(
                handle.spec for handle in handles if handle is not None and handle.spec is not None
            )
        return found
