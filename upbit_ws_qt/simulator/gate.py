"""What stands before every REST call: faults, limits, keys, and both shapes of errors. asyncio."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec
from aiohttp import web

from .behaviour import Behaviour
from .keys import KEY_ERRORS, KeyRefused, KeyRing
from .query import ExchangeError, QuotationError

__all__ = ["Fields", "Gate", "Handler", "SignedHandler", "json_response"]

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
Fields: TypeAlias = dict[str, list[str]]
SignedHandler: TypeAlias = Callable[[web.Request, Fields], Awaitable[web.StreamResponse]]

_QUOTATION_LIMIT, _EXCHANGE_LIMIT = 10, 30
_TOO_MANY = "요청 수 제한을 초과했습니다."


# State: for each group the second its window began in and the calls counted since.
class Gate:
    """Wraps handlers in what the exchange does before it answers.

    Args:
        behaviour: the exchange's.
        keys: whose tokens are accepted.
    """

    def __init__(self, behaviour: Behaviour, keys: KeyRing) -> None:
        self._behaviour = behaviour
        self._keys = keys
        self._windows: dict[str, tuple[int, int]] = {}

    def quoted(self, group: str, handler: Handler) -> Handler:
        """A call of the quotation API: no key; errors are named by their HTTP status."""

        async def answer(request: web.Request) -> web.StreamResponse:
            left = self._count(group, _QUOTATION_LIMIT)
            if left < 0:
                response: web.StreamResponse = _error(429, 429, _TOO_MANY)
            else:
                try:
                    response = await handler(request)
                except QuotationError as error:
                    response = _error(error.status, error.status, error.message)
            _add_limit_headers(response, group, _QUOTATION_LIMIT, left)
            return response

        return answer

    def signed(self, group: str, handler: SignedHandler, right: str | None) -> Handler:
        """A call of the exchange API: with a token; errors are named by words.

        Args:
            group: whose limit it draws on.
            handler: is given the call's parameters, from the query string or from the JSON body;
                those that are arrays are named without ``[]``.
            right: what the key must be allowed to do; None for what every key may.
        """

        async def answer(request: web.Request) -> web.StreamResponse:
            fields: Fields = {}
            for name, value in request.query.items():
                fields.setdefault(name.removesuffix("[]"), []).append(value)
            try:
                key = self._keys.check(request.headers.get("Authorization"), request.query_string)
            except KeyRefused as refused:
                return _error(401, refused.name, KEY_ERRORS[refused.name])
            left = self._count(f"{group} {key}", _EXCHANGE_LIMIT)
            if left < 0:
                response: web.StreamResponse = _error(429, "too_many_requests", _TOO_MANY)
            else:
                try:
                    response = await handler(request, fields)
                except ExchangeError as error:
                    response = _error(error.status, error.name, error.message)
            _add_limit_headers(response, group, _EXCHANGE_LIMIT, left)
            return response

        return answer

    def _count(self, group: str, limit: int) -> int:
        """Count one call; how many are left in this second, below 0 when it is refused."""
        second = int(time.monotonic())
        began, calls = self._windows.get(group, (second, 0))
        if began != second:
            calls = 0
        self._windows[group] = (second, calls + 1)
        left = limit - calls - 1
        return left if self._behaviour.limits else max(left, 0)


def json_response(body: object, status: int = 200) -> web.Response:
    """An answer in JSON; floats and texts as they are."""
    return web.Response(
        body=msgspec.json.encode(body),
        status=status,
        content_type="application/json",
        charset="utf-8",
    )


def _error(status: int, name: int | str, message: str) -> web.Response:
    return json_response({"error": {"name": name, "message": message}}, status)


def _add_limit_headers(response: web.StreamResponse, group: str, limit: int, left: int) -> None:
    response.headers["Remaining-Req"] = f"group={group}; min={limit * 60}; sec={max(left, 0)}"
    response.headers["limit-by-ip"] = "Yes"
