"""What stands before every REST call: limits, keys, and both shapes of errors. asyncio."""

from __future__ import annotations

import asyncio
import math
import time
import zlib
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec
from aiohttp import hdrs, web

from upbit_ws_qt.simulator.behaviour import Behaviour
from upbit_ws_qt.simulator.host import Handler
from upbit_ws_qt.simulator.keys import POCKET, IssuedKey, KeyRefused, KeyRing, Right
from upbit_ws_qt.simulator.limits import RateLimits, Verdict

from .query import ExchangeError, Fields, QuotationError, read_body, read_query

__all__ = ["Fields", "Gate", "Handler", "SignedHandler", "error_response", "json_response"]

SignedHandler: TypeAlias = Callable[[web.Request, Fields], Awaitable[web.StreamResponse]]

# The names of these errors are in the exchange's own client library; the texts are ours.
_NAMES = {429: "too_many_requests", 418: "rate_limit_exceeded_penalty"}
_TOO_MANY = "요청 수 제한을 초과했습니다."
_BLOCKED = "과도한 요청으로 인해 제한되었습니다. {seconds}초 후에 다시 시도해 주세요."
_PIECE = 64 * 1024


# State: the limits' counters.
class Gate:
    """Decides who is let in, and wraps handlers in what the exchange does before it answers.

    Args:
        behaviour: the exchange's.
        keys: whose tokens are accepted.
        market_time: ms since 1970; keys expire by it.
    """

    def __init__(self, behaviour: Behaviour, keys: KeyRing, market_time: Callable[[], int]) -> None:
        self._behaviour = behaviour
        self._keys = keys
        self._market_time = market_time
        self._limits = RateLimits(
            enforced=behaviour.limits, origin_interval_s=behaviour.origin_interval_s
        )

    def quoted(self, group: str, handler: Handler) -> Handler:
        """A call of the quotation API: no key; errors are named by their HTTP status."""

        async def answer(request: web.Request) -> web.StreamResponse:
            drawn_on = "origin" if hdrs.ORIGIN in request.headers else group
            verdict = self.admit(drawn_on, address(request))
            if verdict.status != 200:
                response: web.StreamResponse = self.refusal(verdict, worded=False)
            else:
                try:
                    response = await handler(request)
                except QuotationError as error:
                    response = error_response(error.status, error.status, error.message)
                await _compress(request, response)
            response.headers.update(limit_headers(verdict, by_address=True))
            return response

        return answer

    def signed(self, group: str, handler: SignedHandler, right: Right | None) -> Handler:
        """A call of the exchange API: with a token; errors are named by words.

        Args:
            group: whose limit it draws on.
            handler: is given the call's parameters, from the query string, a JSON body or a form;
                those that are arrays are named without ``[]``.
            right: what the key must be allowed to do; None for what every key may.
        """

        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                fields, text = await _parameters(request)
                key = self.key_of(request, text)
            except KeyRefused as refused:
                return error_response(refused.status, refused.name, refused.message)
            except ExchangeError as error:
                return error_response(error.status, error.name, error.message)
            verdict = self.admit(group, POCKET)
            if verdict.status != 200:
                response: web.StreamResponse = self.refusal(verdict, worded=True)
            else:
                try:
                    key.require(right)
                    response = await handler(request, fields)
                except KeyRefused as refused:
                    status = self._behaviour.scope_status
                    response = error_response(status, refused.name, refused.message)
                except ExchangeError as error:
                    response = error_response(error.status, error.name, error.message)
            response.headers.update(limit_headers(verdict, by_address=False))
            return response

        return answer

    def key_of(self, request: web.Request, text: str = "") -> IssuedKey:
        """The key a request shows; ``text`` is what its parameters are hashed as.

        Raises:
            KeyRefused: it shows none, or none that is accepted.
        """
        return self._keys.check(
            request.headers.get(hdrs.AUTHORIZATION),
            text,
            address=address(request),
            now_ms=self._market_time(),
        )

    def admit(self, group: str, who: str, *, heeds_blocks: bool = True) -> Verdict:
        """Count one call; see :meth:`RateLimits.admit`."""
        # The windows of the exchange begin with the seconds of the wall clock.
        return self._limits.admit(group, who, time.time(), heeds_blocks=heeds_blocks)

    def refusal(self, verdict: Verdict, *, worded: bool) -> web.Response:
        """The answer to a call that came too often; ``worded`` names the error by a word."""
        seconds = math.ceil(verdict.wait_s)
        message = _TOO_MANY if verdict.status == 429 else _BLOCKED.format(seconds=seconds)
        name = _NAMES[verdict.status] if worded else verdict.status
        if self._behaviour.limit_body == "json":
            response = error_response(verdict.status, name, message)
        else:
            response = web.Response(text=message, status=verdict.status)
        if self._behaviour.retry_after:
            response.headers[hdrs.RETRY_AFTER] = str(seconds)
        return response


def address(request: web.Request) -> str:
    """The caller's IP address."""
    return request.remote or ""


def limit_headers(verdict: Verdict, *, by_address: bool) -> dict[str, str]:
    """What an answer tells of the limits; ``by_address`` where an address is counted."""
    headers = {"Remaining-Req": verdict.remaining_req}
    if by_address:
        headers["limit-by-ip"] = "Yes"
    return headers


def json_response(body: object, status: int = 200) -> web.Response:
    """An answer in JSON; floats and texts as they are."""
    return web.Response(
        body=msgspec.json.encode(body),
        status=status,
        content_type="application/json",
        charset="utf-8",
    )


def error_response(status: int, name: int | str, message: str) -> web.Response:
    """An error as the exchange writes it."""
    return json_response({"error": {"name": name, "message": message}}, status)


async def _parameters(request: web.Request) -> tuple[Fields, str]:
    # Some clients send the parameters of GET and DELETE in a body too.
    fields, text = read_query(request.rel_url.raw_query_string)
    in_body, rest = read_body(await request.read())
    return fields | in_body, "&".join(part for part in (text, rest) if part)


async def _compress(request: web.Request, response: web.StreamResponse) -> None:
    """Compress an answer for who accepts gzip; in pieces, so that it holds nobody up."""
    if "gzip" not in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
        return
    if isinstance(response, web.Response) and isinstance(response.body, bytes):
        body = response.body
        compressor = zlib.compressobj(1, wbits=31)
        packed: list[bytes] = []
        for begin in range(0, len(body), _PIECE):
            packed.append(compressor.compress(body[begin : begin + _PIECE]))
            await asyncio.sleep(0)
        response.body = b"".join((*packed, compressor.flush()))
        response.headers[hdrs.CONTENT_ENCODING] = "gzip"
