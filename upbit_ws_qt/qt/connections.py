"""The public and the private connection: the brain of each, and who does what it decides. Qt."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Hashable, Mapping
from typing import Any

from upbit_ws_qt import rest
from upbit_ws_qt.events import Balance, ConnectionType, DataType
from upbit_ws_qt.net.connection import ConnectionDriver, Line, Waker, now
from upbit_ws_qt.net.http import RestClient
from upbit_ws_qt.polling import Fetch
from upbit_ws_qt.protocol import FeedProtocol
from upbit_ws_qt.ratelimit import GlobalRateLimiter
from upbit_ws_qt.recovery import EpochManager
from upbit_ws_qt.settings import FeedSettings
from upbit_ws_qt.subscriptions import SubscriptionSpec

from .running import feed_loop, spawn

__all__ = ["Connections"]


# State: the two brains and drivers, each with its own; whether they were started.
class Connections:
    """Both connections of a manager; each does nothing while nothing of its kind is wanted.

    Args:
        settings: addresses and intervals.
        epochs: shared with the routing.
        limiter: where dials wait for their turn.
        client: asks over REST what is polled.
        wake: called when there is something to take from a driver.
    """

    def __init__(
        self,
        settings: FeedSettings,
        epochs: EpochManager,
        limiter: GlobalRateLimiter,
        client: RestClient,
        wake: Waker,
    ) -> None:
        urls = {
            ConnectionType.PUBLIC: settings.public_url,
            ConnectionType.PRIVATE: settings.private_url,
        }
        self.is_running = False
        self.protocols: Mapping[ConnectionType, FeedProtocol] = {
            ConnectionType.PUBLIC: FeedProtocol(ConnectionType.PUBLIC, settings, epochs, _ticket),
            ConnectionType.PRIVATE: FeedProtocol(
                ConnectionType.PRIVATE, settings, epochs, _ticket, polled=True, has_key=False
            ),
        }
        self.drivers: Mapping[ConnectionType, ConnectionDriver] = {
            name: ConnectionDriver(
                self.protocols[name],
                Line(url, limiter, feed_loop, _spawn, settings.connect_timeout_s),
                _Accounts(client),
                wake,
            )
            for name, url in urls.items()
        }

    def start(self) -> None:
        """Begin to work; may follow ``stop``."""
        self.is_running = True
        at = now()
        for name, driver in self.drivers.items():
            self.protocols[name].start(at)
            driver.settle(at)

    def stop(self) -> None:
        """End both at once, whatever the exchange says; what is wanted is kept."""
        self.is_running = False
        at = now()
        for name, driver in self.drivers.items():
            self.protocols[name].stop(at)
            driver.settle(at)
            driver.close()

    def subscribe(self, token: int, spec: SubscriptionSpec) -> None:
        """Somebody wants something."""
        name, at = _connection_of(spec), now()
        self.protocols[name].subscribe(token, spec, at)
        self.drivers[name].settle(at)

    def narrow(self, token: int, spec: SubscriptionSpec) -> None:
        """Somebody goes on with less."""
        name, at = _connection_of(spec), now()
        self.protocols[name].unsubscribe(token, at)
        self.protocols[name].subscribe(token, spec, at)
        self.drivers[name].settle(at)

    def unsubscribe(self, token: Hashable) -> None:
        """Somebody wants nothing any more; after the last one call ``settle``."""
        at = now()
        for protocol in self.protocols.values():
            protocol.unsubscribe(token, at)

    def consumers(self) -> set[Hashable]:
        """The tokens of all who want something."""
        wishes = (protocol.subscriptions for protocol in self.protocols.values())
        return {token for wish in wishes for token in wish.clients()}

    def settle(self) -> None:
        """Do what is due."""
        for driver in self.drivers.values():
            driver.settle()

    def key_changed(self, *, has_key: bool) -> None:
        """Another key is there, or none."""
        at = now()
        self.protocols[ConnectionType.PRIVATE].key_changed(has_key, at)
        if self.is_running:
            self.drivers[ConnectionType.PRIVATE].settle(at)


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
