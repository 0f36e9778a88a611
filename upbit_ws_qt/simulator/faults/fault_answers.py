"""What HTTP clients are told while faults are on: refusals, resets, a wrong clock. asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import time
from email.utils import formatdate

from aiohttp import web

from upbit_ws_qt.simulator.host import Handler
from upbit_ws_qt.simulator.rest.gate import json_response
from upbit_ws_qt.simulator.streams.connection import reset
from upbit_ws_qt.simulator.streams.frame_faults import skewed

from .faults import Faults, Refusal

__all__ = ["FaultAnswers"]

_LOOK_AGAIN_S = 1.0
_SOCKETS = "/websocket/"
_QUOTATION = ("/v1/market/", "/v1/ticker", "/v1/trades/", "/v1/orderbook", "/v1/candles/")
# Source: docs.upbit.com, rest-api-guide; what the calls with a key name their errors.
_NAMES = {
    401: "jwt_verification",
    403: "out_of_scope",
    418: "rate_limit_exceeded_penalty",
    429: "too_many_requests",
}
_OFFLINE = "서비스 점검 중입니다."
_REFUSED = "요청을 처리할 수 없습니다."


# State: whether the exchange is closing, which ends the waiting of those who get no answer.
class FaultAnswers:
    """Stands before all routes of the exchange.

    Args:
        faults: what is asked before each answer.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._closing = asyncio.Event()

    def open(self) -> None:
        """The port is open; who gets no answer waits until :meth:`close`."""
        self._closing = asyncio.Event()

    def close(self) -> None:
        """Let nobody wait any longer."""
        self._closing.set()

    def around(self, handler: Handler) -> Handler:
        """The handler as it is while faults are on."""

        async def answer(request: web.Request) -> web.StreamResponse:
            refusal = self._faults.refusal(
                "sockets" if request.path.startswith(_SOCKETS) else "rest"
            )
            if refusal is not None:
                return await self._refuse(request, refusal)
            response = await handler(request)
            shift_ms = self._faults.shift_ms
            if shift_ms and isinstance(response, web.Response) and isinstance(response.body, bytes):
                response.body = _shifted(response, response.body, shift_ms)
            return response

        return answer

    async def _refuse(self, request: web.Request, refusal: Refusal) -> web.StreamResponse:
        # Nobody tells a handler that its client is gone.
        while refusal.how == "timeout" and request.transport and not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), _LOOK_AGAIN_S)
        if refusal.how in ("reset", "timeout"):
            if isinstance(request.transport, asyncio.Transport):
                reset(request.transport)
            # Nobody reads it: the connection is gone.
            return web.Response(status=503)
        response = _refused(refusal.how, request.path)
        if refusal.retry_after_s is not None:
            response.headers["Retry-After"] = str(refusal.retry_after_s)
        return response

    def set_date(self, response: web.StreamResponse) -> None:
        """Write the ``Date`` header of a wrong clock."""
        if self._faults.shift_ms:
            now = time.time() + self._faults.shift_ms / 1000
            response.headers["Date"] = formatdate(now, usegmt=True)


def _shifted(response: web.Response, body: bytes, shift_ms: int) -> bytes:
    """The body with its timestamps moved; it may be compressed already."""
    if response.headers.get("Content-Encoding") == "gzip":
        return gzip.compress(skewed(gzip.decompress(body), shift_ms), 1)
    return skewed(body, shift_ms)


def _refused(how: int | str, path: str) -> web.Response:
    has_key = not path.startswith((_SOCKETS, *_QUOTATION))
    worded = has_key or path.startswith(_SOCKETS)
    if how == "maintenance":
        if has_key:
            return _error(403, "market_offline", _OFFLINE)
        return _error(503, 503, _OFFLINE)
    status = int(how)
    if status >= 500:
        # The exchange itself is not reached; what stands before it does not speak JSON.
        text = f"<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>"
        return web.Response(text=text, status=status, content_type="text/html")
    return _error(status, _NAMES.get(status, "validation_error") if worded else status, _REFUSED)


def _error(status: int, name: int | str, message: str) -> web.Response:
    return json_response({"error": {"name": name, "message": message}}, status)
