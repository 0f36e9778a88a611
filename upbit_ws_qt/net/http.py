"""REST calls over HTTP; the only import of httpx. No Qt."""

from __future__ import annotations

import asyncio
import logging
import math
import ssl
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from upbit_ws_qt.auth import UpbitAuthenticator
from upbit_ws_qt.errors import (
    ConnectFailed,
    InvalidState,
    RateLimited,
    RequestTimeout,
    TransportError,
)
from upbit_ws_qt.proxies import Proxy
from upbit_ws_qt.ratelimit import GlobalRateLimiter, Priority
from upbit_ws_qt.rest import RestCall, error_of
from upbit_ws_qt.settings import FeedSettings

from .limits import in_turn, note_refusal
from .reasons import is_about_tls, refused_by_proxy, unreachable
from .way_out import WayOut

__all__ = ["CallEnded", "RestClient", "RestStatistics"]

logger = logging.getLogger(__name__)

ResultT = TypeVar("ResultT")


class CallEnded(InvalidState):
    """``RestClient.close`` came before the answer."""


@dataclass(frozen=True, slots=True)
class RestStatistics:
    """Calls since the client was made: sent, answered with what was asked for, refused.

    The rest had no answer, one that could not be read, or is under way.
    """

    calls: int
    answered: int
    refused: int


# State: the HTTP client, made at the first call and gone after `close`, its proxy and whether that
# still leads there, with the calls under way; the authenticator; counters.
class RestClient:
    """Makes calls within the limits; usable again after ``close``.

    ``way_out`` is for all that connects for these settings.
    """

    def __init__(self, settings: FeedSettings, limiter: GlobalRateLimiter) -> None:
        self._settings = settings
        self._limiter = limiter
        self.way_out = WayOut(settings.proxy)
        self._client: httpx.AsyncClient | None = None
        self._proxy: Proxy | None = None
        self._knows_the_way = False
        self._under_way: set[asyncio.Timeout] = set()
        self._authenticator: UpbitAuthenticator | None = None
        self._calls = self._answered = self._refused = 0

    def statistics(self) -> RestStatistics:
        """What was counted since it was made."""
        return RestStatistics(self._calls, self._answered, self._refused)

    def set_authenticator(self, authenticator: UpbitAuthenticator | None) -> None:
        """Sign with this from now on; None takes the right to make signed calls away."""
        self._authenticator = authenticator

    async def call(self, call: RestCall[ResultT], priority: Priority = Priority.SHOWN) -> ResultT:
        """Make one call, waiting for its turn among all others of its group.

        Raises:
            InvalidState: it must be signed and there is no key, or the host may not get it; or
                ``close`` came before the answer.
            ConnectFailed, RequestTimeout: no answer.
            AuthenticationFailed, RateLimited, RequestRejected: the exchange said no.
            DecodeError: the answer is not what the documents say.
        """
        until_closed = asyncio.timeout(None)
        try:
            async with until_closed:
                self._under_way.add(until_closed)
                try:
                    return await self._call(call, priority)
                finally:
                    self._under_way.discard(until_closed)
        except (TimeoutError, TransportError):
            if not until_closed.expired():
                raise
            raise CallEnded("stopped before the exchange answered; start it again") from None

    def close(self) -> Coroutine[Any, Any, None]:
        """End every call under way, now; what is returned closes their connections.

        The next call makes new ones.
        """
        if self._under_way:
            logger.info("%d calls under way end without an answer", len(self._under_way))
        for call in self._under_way:
            # One that a former `close` ends may not have come to its end yet.
            if not call.expired():
                call.reschedule(-math.inf)
        client, self._client = self._client, None
        return _closed(client)

    async def _call(self, call: RestCall[ResultT], priority: Priority) -> ResultT:
        groups = (call.group,)
        async with in_turn(self._limiter, groups, priority):
            response = await self._answer(call)
            left = response.headers.get("Remaining-Req")
            self._limiter.note_left(left, groups, time.monotonic())
        if response.is_success:
            parsed = call.parse(response.content)
            self._answered += 1
            return parsed
        self._refused += 1
        asked_for = response.headers.get("Retry-After")
        refusal = error_of(response.status_code, response.content, asked_for, call.right)
        if isinstance(refusal, RateLimited):
            note_refusal(self._limiter, refusal, groups)
        raise refusal

    async def _answer(self, call: RestCall[Any]) -> httpx.Response:
        headers = self._signature(call) if call.signed else {}
        self._calls += 1
        try:
            async with asyncio.timeout(self._settings.request_timeout_s):
                http = await self._http()
            return await http.get(call.target, headers=headers)
        except (httpx.TimeoutException, TimeoutError):
            self._knows_the_way = False
            waited = self._settings.request_timeout_s
            about = {"path": call.path, "error": "RequestTimeout"}
            logger.info("no answer to %s within %g s", call.path, waited, extra=about)
            raise RequestTimeout(f"the exchange did not answer within {waited:g} s") from None
        except httpx.HTTPError as error:
            self._knows_the_way = False
            about = {"path": call.path, "error": type(error).__name__}
            logger.info("no answer to %s: %s", call.path, error, extra=about)
            raise ConnectFailed(_why(error, self._proxy)) from error

    async def _http(self) -> httpx.AsyncClient:
        """The client; another one where another proxy leads to the exchange since a call failed."""
        former = self._client
        if former is not None and self._knows_the_way:
            return former
        proxy = await self.way_out.proxy(self._settings.rest_url)
        tls = await self._tls()
        former = self._client
        self._knows_the_way = True
        if former is not None and proxy == self._proxy:
            return former
        self._client, self._proxy = self._made(proxy, tls), proxy
        made = self._client
        # What is under way on the former one was sent where no answer comes from.
        await _closed(former)
        return made

    async def _tls(self) -> ssl.SSLContext:
        if self._settings.rest_url.startswith("https:"):
            return await self.way_out.tls()
        # Not used, and it trusts nobody; the system's certificates are not read for nothing.
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    def _made(self, proxy: Proxy | None, tls: ssl.SSLContext) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self._settings.rest_url,
            timeout=self._settings.request_timeout_s,
            headers={"Accept": "application/json"},
            trust_env=False,
            verify=tls,
            proxy=None if proxy is None else _proxy(proxy, tls),
        )

    def _signature(self, call: RestCall[ResultT]) -> dict[str, str]:
        if self._authenticator is None:
            raise InvalidState("this needs a key; none is set")
        if not self._settings.may_receive_key(self._settings.rest_url):
            raise InvalidState("the key is not sent to this host; name it in trusted_hosts")
        return self._authenticator.headers(call.query)


async def _closed(client: httpx.AsyncClient | None) -> None:
    if client is not None:
        await client.aclose()


def _proxy(proxy: Proxy, tls: ssl.SSLContext) -> httpx.Proxy:
    """The same in httpx's own words."""
    host = f"[{proxy.host}]" if ":" in proxy.host else proxy.host
    return httpx.Proxy(
        f"{'https' if proxy.encrypted else 'http'}://{host}:{proxy.port}",
        ssl_context=tls if proxy.encrypted else None,
        auth=None if proxy.username is None else (proxy.username, proxy.password),
    )


def _why(error: httpx.HTTPError, proxy: Proxy | None) -> str:
    if isinstance(error, httpx.ProxyError):
        # What httpx says of it begins with the status.
        return refused_by_proxy(int(str(error)[:3]))
    # Behind a proxy only TLS is between the exchange and us.
    behind = proxy is not None and isinstance(error, httpx.ConnectError) and not is_about_tls(error)
    return unreachable(error, "the proxy" if behind else "the exchange")
