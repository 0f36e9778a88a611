"""Whether a client may open a WebSocket, and what it is told. asyncio."""

from __future__ import annotations

from aiohttp import web

from .behaviour import Behaviour
from .gate import json_response
from .keys import KEY_ERRORS, KeyRefused, KeyRing

__all__ = ["Handshake"]

_HEADERS = {"remaining-req": "group=websocket; min=300; sec=3", "limit-by-ip": "Yes"}


# State: none of its own.
class Handshake:
    """Checks upgrade requests.

    Args:
        behaviour: the exchange's.
        keys: whose tokens the private path accepts.
    """

    def __init__(self, behaviour: Behaviour, keys: KeyRing) -> None:
        self._behaviour = behaviour
        self._keys = keys

    def headers(self) -> dict[str, str]:
        """Of the answer to an upgrade that is accepted."""
        return dict(_HEADERS)

    def refusal(self, request: web.Request, *, private: bool) -> web.Response | None:
        """The answer to a request that is not accepted; None where it is."""
        if private:
            try:
                self._keys.check(request.headers.get("Authorization"))
            except KeyRefused as refused:
                error = {"name": refused.name, "message": KEY_ERRORS[refused.name]}
                return json_response({"error": error}, 401)
        return None
