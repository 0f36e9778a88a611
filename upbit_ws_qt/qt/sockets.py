"""The public and the private connection: who decides for each, and what it dials with. Qt."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Collection, Hashable
from dataclasses import dataclass
from typing import Any

from upbit_ws_qt.auth import UpbitAuthenticator
from upbit_ws_qt.errors import InvalidState
from upbit_ws_qt.events import DataType
from upbit_ws_qt.handlers import HandlerTable
from upbit_ws_qt.net.connection import ConnectionDriver, Line, Waker, now
from upbit_ws_qt.net.http import RestClient
from upbit_ws_qt.net.orders import open_orders
from upbit_ws_qt.polling import Fetch
from upbit_ws_qt.private_protocol import PrivateProtocol
from upbit_ws_qt.public_protocol import PublicProtocol
from upbit_ws_qt.ratelimit import GlobalRateLimiter
from upbit_ws_qt.recovery import EpochManager
from upbit_ws_qt.settings import FeedSettings
from upbit_ws_qt.subscriptions import SubscriptionSpec

from .running import feed_loop, spawn

__all__ = [
    "FeedClient",
    "Surroundings",
    "UpbitWebSocketPrivateClient",
    "UpbitWebSocketPublicClient",
]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What both connections of a manager share.

    Args:
        settings: addresses and intervals.
        epochs: shared with the routing.
        limiter: where dials wait for their turn.
        rest: asks over REST what is polled.
        wake: called when there is something to take.
        handlers: read what is of no type known here.
    """

    settings: FeedSettings
    epochs: EpochManager
    limiter: GlobalRateLimiter
    rest: RestClient
    wake: Waker
    handlers: HandlerTable


# State: the base's.
class FeedClient(ConnectionDriver):
    """One connection and what is wanted of it; whatever is asked of it here is done at once.

    Its ``protocol`` knows where it stands and what is on the wire.
    """

    def start(self) -> None:
        """Begin to work; may follow ``stop``."""
        at = now()
        self.protocol.start(at)
        self.settle(at)

    def stop(self) -> None:
        """End it at once, whatever the exchange says; what is wanted is kept."""
        at = now()
        self.protocol.stop(at)
        self.settle(at)
        self.close()

    def subscribe(self, token: int, spec: SubscriptionSpec) -> None:
        """Somebody wants something."""
        at = now()
        self.protocol.subscribe(token, spec, at)
        self.settle(at)

    def narrow(self, token: int, spec: SubscriptionSpec) -> None:
        """Somebody goes on with less."""
        at = now()
        self.protocol.unsubscribe(token, at)
        self.protocol.subscribe(token, spec, at)
        self.settle(at)

    def hide(self, token: Hashable, *, hidden: bool) -> None:
        """Nobody can see what somebody wants, or somebody can again."""
        if self.protocol.hide(token, hidden=hidden):
            self.settle()

    def choose_polling(self, data_types: Collection[DataType]) -> None:
        """Read these over REST, and none over the socket, from now on."""
        at = now()
        self.protocol.choose_polling(data_types, at)
        self.settle(at)


# State: the base's.
class UpbitWebSocketPublicClient(FeedClient):
    """The connection for markets, which needs no key; of another exchange, where that is chosen."""

    def __init__(self, around: Surroundings) -> None:
        settings = around.settings
        protocol = PublicProtocol(settings, around.epochs, _ticket, handlers=around.handlers)
        line = _line(around, settings.public_url)
        super().__init__(protocol, line, _Reader(around.rest), around.wake)

    def ask_again(self, code: str) -> None:
        """What is asked for of this market has to be asked for once more."""
        self.protocol.ask_again(code, now())
        self.settle()


# State: the base's, and what makes the headers of its dials.
class UpbitWebSocketPrivateClient(FeedClient):
    """The connection for one account's orders and balances; it is refused without a key."""

    def __init__(self, around: Surroundings) -> None:
        settings = around.settings
        self._brain = PrivateProtocol(settings, around.epochs, _ticket, handlers=around.handlers)
        self._key = _Key(may_send=settings.may_receive_key(settings.private_url))
        line = _line(around, settings.private_url, self._key)
        super().__init__(self._brain, line, _Reader(around.rest), around.wake)

    def key_changed(self, authenticator: UpbitAuthenticator | None) -> None:
        """Another key is there, or none; call ``settle`` after it, unless it was stopped."""
        self._key.authenticator = authenticator
        self._brain.key_changed(authenticator is not None, now())


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


class _Reader:
    """Reads over REST what a connection wants to know."""

    def __init__(self, client: RestClient) -> None:
        self._client = client

    async def __call__(self, fetch: Fetch) -> Any:
        if fetch.call is not None:
            return await self._client.call(fetch.call, fetch.priority)
        return await open_orders(self._client)


def _line(around: Surroundings, url: str, key: _Key | None = None) -> Line:
    return Line(
        url,
        around.limiter,
        feed_loop,
        _spawn,
        around.settings.connect_timeout_s,
        around.rest.way_out,
        headers=dict if key is None else key.headers,
    )


def _spawn(coroutine: Any, name: str) -> asyncio.Task[None]:
    return spawn(coroutine, name=name)


def _ticket() -> str:
    return str(uuid.uuid4())
