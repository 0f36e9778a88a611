"""Whether a client may open a WebSocket, and what it is told. asyncio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import hdrs, web

from upbit_ws_qt.simulator.behaviour import Behaviour
from upbit_ws_qt.simulator.keys import POCKET, Caller, KeyRefused
from upbit_ws_qt.simulator.rest.gate import Gate, address, error_response, limit_headers

from .connection import ServedConnection

__all__ = ["Handshake", "Welcome"]


@dataclass(frozen=True, slots=True)
class Welcome:
    """An upgrade that is accepted.

    Attributes:
        caller: who comes in.
        headers: of the answer.
        error: what the client is told at once before it is closed; None lets it stay.
    """

    caller: Caller
    headers: dict[str, str]
    error: str | None = None


# State: none of its own.
class Handshake:
    """Checks upgrade requests.

    Args:
        behaviour: the exchange's.
        gate: counts, and knows the keys.
        connections: those that are open.
    """

    def __init__(
        self, behaviour: Behaviour, gate: Gate, connections: Sequence[ServedConnection]
    ) -> None:
        self._behaviour = behaviour
        self._gate = gate
        self._connections = connections

    def answer(self, request: web.Request, *, private: bool) -> Welcome | web.Response:
        """Accept an upgrade, or answer it otherwise.

        Connections are counted by address, and with a key by pocket. Source: docs.upbit.com,
        rate-limits.
        """
        caller, refused = self._identify(request, private=private)
        by_address = caller.key is None or hdrs.ORIGIN in request.headers
        verdict = self._gate.admit(
            "origin" if hdrs.ORIGIN in request.headers else "websocket-connect",
            caller.address if by_address else POCKET,
            heeds_blocks=self._behaviour.blocks_connections,
        )
        headers = limit_headers(verdict, by_address=by_address)
        if verdict.status != 200:
            response = self._gate.refusal(verdict, worded=True)
        elif refused is None and self._has_too_many(caller):
            response = error_response(429, "too_many_requests", "연결 수 제한을 초과했습니다.")
        elif refused is None:
            return Welcome(caller, headers)
        elif self._behaviour.private_refusal == "frame":
            return Welcome(caller, headers, "INVALID_AUTH")
        else:
            response = error_response(refused.status, refused.name, refused.message)
        response.headers.update(headers)
        return response

    def _identify(self, request: web.Request, *, private: bool) -> tuple[Caller, KeyRefused | None]:
        came_from = address(request)
        if not private:
            return Caller(came_from), None
        try:
            return Caller(came_from, self._gate.key_of(request)), None
        except KeyRefused as refused:
            return Caller(came_from), refused

    def _has_too_many(self, caller: Caller) -> bool:
        most = self._behaviour.most_connections
        if most is None:
            return False
        counted = [
            connection
            for connection in self._connections
            if (connection.caller.key is None) is (caller.key is None)
            and (caller.key is not None or connection.caller.address == caller.address)
        ]
        return len(counted) >= most
