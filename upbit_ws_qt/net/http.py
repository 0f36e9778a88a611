"""REST calls over HTTP; the only import of httpx. No Qt."""

from __future__ import annotations

import logging
import time
from typing import TypeVar

import httpx

from upbit_ws_qt.auth import UpbitAuthenticator
from upbit_ws_qt.errors import ConnectFailed, InvalidState, RateLimited, RequestTimeout
from upbit_ws_qt.ratelimit import GlobalRateLimiter, Priority
from upbit_ws_qt.rest import RestCall, error_of
from upbit_ws_qt.settings import FeedSettings

from .limits import note_refusal, wait_turn
from .reasons import unreachable

__all__ = ["RestClient"]

logger = logging.getLogger(__name__)

ResultT = TypeVar("ResultT")


# State: the HTTP client, made at the first call and gone after `close`, and the authenticator.
class RestClient:
    """Makes calls within the limits; usable again after ``close``."""

    def __init__(self, settings: FeedSettings, limiter: GlobalRateLimiter) -> None:
        self._settings = settings
        self._limiter = limiter
        self._client: httpx.AsyncClient | None = None
        self._authenticator: UpbitAuthenticator | None = None

    def set_authenticator(self, authenticator: UpbitAuthenticator | None) -> None:
        """Sign with this from now on; None takes the right to make signed calls away."""
        self._authenticator = authenticator

    async def call(self, call: RestCall[ResultT], priority: Priority = Priority.SHOWN) -> ResultT:
        """Make one call, waiting for its turn among all others of its group.

        Raises:
            InvalidState: it must be signed and there is no key, or the host may not get it.
            ConnectFailed, RequestTimeout: no answer.
            AuthenticationFailed, RateLimited, RequestRejected: the exchange said no.
            DecodeError: the answer is not what the documents say.
        """
        groups = (call.group,)
        await wait_turn(self._limiter, groups, priority)
        headers = self._signature(call) if call.signed else {}
        try:
            response = await self._http().get(call.path, params=call.params, headers=headers)
        except httpx.TimeoutException:
            waited = self._settings.request_timeout_s
            logger.info("no answer to %s within %g s", call.path, waited)
            raise RequestTimeout(f"the exchange did not answer within {waited:g} s") from None
        except httpx.HTTPError as error:
            logger.info("no answer to %s: %s", call.path, error)
            raise ConnectFailed(unreachable(error)) from error
        left = response.headers.get("Remaining-Req")
        self._limiter.answered(left, groups, time.monotonic())
        if response.is_success:
            return call.parse(response.content)
        asked_for = response.headers.get("Retry-After")
        refusal = error_of(response.status_code, response.content, asked_for)
        if isinstance(refusal, RateLimited):
            note_refusal(self._limiter, refusal, groups)
        raise refusal

    async def close(self) -> None:
        """Close the connections; the next call makes new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                base_url=self._settings.rest_url,
                timeout=self._settings.request_timeout_s,
                headers={"Accept": "application/json"},
                trust_env=False,
            )
        return self._client

    def _signature(self, call: RestCall[ResultT]) -> dict[str, str]:
        if self._authenticator is None:
            raise InvalidState("this needs a key; none is set")
        if not self._settings.may_receive_key(self._settings.rest_url):
            raise InvalidState("the key is not sent to this host; name it in trusted_hosts")
        return self._authenticator.headers(call.query)
