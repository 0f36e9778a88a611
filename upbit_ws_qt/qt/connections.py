"""The public and the private connection: the brain of each, and who does what it decides. Qt."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from upbit_ws_qt import rest
from upbit_ws_qt.account_feed import Reading
from upbit_ws_qt.auth import UpbitAuthenticator
from upbit_ws_qt.errors import InvalidState
from upbit_ws_qt.events import ConnectionType
from upbit_ws_qt.handlers import HandlerTable
from upbit_ws_qt.net.connection import ConnectionDriver, Line, Waker, now
from upbit_ws_qt.net.http import RestClient
from upbit_ws_qt.net.orders import open_orders
from upbit_ws_qt.polling import Fetch
from upbit_ws_qt.protocol import FeedProtocol
from upbit_ws_qt.ratelimit import GlobalRateLimiter
from upbit_ws_qt.recovery import EpochManager
from upbit_ws_qt.settings import FeedSettings
from upbit_ws_qt.subscriptions import BALANCE_STREAM, SubscriptionSpec

from .running import feed_loop, spawn

__all__ = ["Connections"]


# State: the two brains and drivers, each with its own; whether they were started; what makes the
# private one's headers.
class Connections:
    """Both connections of a manager; each does nothing while nothing of its kind is wanted.

    Args:
        settings: addresses and intervals.
        epochs: shared with the routing.
        limiter: where dials wait for their turn.
        client: asks over REST what is polled.
        wake: called when there is something to take from a driver.
        handlers: read what is of no type known here.
    """

    def __init__(
        self,
        settings: FeedSettings,
        epochs: EpochManager,
        limiter: GlobalRateLimiter,
        client: RestClient,
        wake: Waker,
        handlers: HandlerTable,
    ) -> None:
        urls = {
            ConnectionType.PUBLIC: settings.public_url,
            ConnectionType.PRIVATE: settings.private_url,
        }
        self.is_running = False
        self._key = _Key(may_send=settings.may_receive_key(settings.private_url))
        headers: dict[ConnectionType, Callable[[], Mapping[str, str]]] = {
            ConnectionType.PUBLIC: dict,
            ConnectionType.PRIVATE: self._key.headers,
        }
        self._private_types = settings.exchange.private_types
        self.protocols: Mapping[ConnectionType, FeedProtocol] = {
            ConnectionType.PUBLIC: FeedProtocol(
                ConnectionType.PUBLIC, settings, epochs, _ticket, handlers=handlers
            ),
            ConnectionType.PRIVATE: FeedProtocol(
                ConnectionType.PRIVATE,
                settings,
                epochs,
                _ticket,
                has_key=False,
                handlers=handlers,
            ),
        }
        self.drivers: Mapping[ConnectionType, ConnectionDriver] = {
            name: ConnectionDriver(
                self.protocols[name],
                Line(
                    url,
                    limiter,
                    feed_loop,
                    _spawn,
                    settings.connect_timeout_s,
                    headers=headers[name],
                ),
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
        name, at = self._connection_of(spec), now()
        self.protocols[name].subscribe(token, spec, at)
        self.drivers[name].settle(at)

    def narrow(self, token: int, spec: SubscriptionSpec) -> None:
        """Somebody goes on with less."""
        name, at = self._connection_of(spec), now()
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

    def key_changed(self, authenticator: UpbitAuthenticator | None) -> None:
        """Another key is there, or none."""
        at = now()
        self._key.authenticator = authenticator
        self.protocols[ConnectionType.PRIVATE].key_changed(authenticator is not None, at)
        if self.is_running:
            self.drivers[ConnectionType.PRIVATE].settle(at)

    def _connection_of(self, spec: SubscriptionSpec) -> ConnectionType:
        private = any(stream.type in self._private_types for stream in spec.streams)
        return ConnectionType.PRIVATE if private else ConnectionType.PUBLIC


# State: what signs, None without a key.
class _Key:
    """Makes the headers of the private connection's dials, a fresh token for each."""

    def __init__(self, *, may_send: bool) -> None:
        self.authenticator: UpbitAuthenticator | None = None
        self._may_send = may_send

    def headers(self) -> dict[str, str]:
        if self.authenticator is None:
            raise InvalidState("this needs a key; none is set")
        if not self._may_send:
            raise InvalidState("the key is not sent to this host; name it in trusted_hosts")
        return self.authenticator.headers()


class _Accounts:
    """Reads what the private connection wants to know."""

    def __init__(self, client: RestClient) -> None:
        self._client = client

    async def __call__(self, fetch: Fetch) -> Reading:
        if isinstance(fetch.subject, str):
            return await self._client.call(rest.order(uuid=fetch.subject))
        if fetch.subject == BALANCE_STREAM:
            return await self._client.call(rest.accounts())
        return await open_orders(self._client)


def _spawn(coroutine: Any, name: str) -> asyncio.Task[None]:
    return spawn(coroutine, name=name)


def _ticket() -> str:
    return str(uuid.uuid4())
