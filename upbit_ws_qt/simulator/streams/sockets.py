"""The WebSockets that are open on an exchange's port. asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import WSMsgType, web

from upbit_ws_qt.simulator.behaviour import Behaviour
from upbit_ws_qt.simulator.keys import Caller

from .connection import ServedConnection

__all__ = ["Sockets"]

_LONGEST_MESSAGE = 1024 * 1024


# State: the open connections and how many there have been.
class Sockets:
    """Opens WebSockets, reads what clients send, and forgets them when they end.

    Args:
        behaviour: the exchange's.
        obey: carries out one message of a client.
        left: a client is gone.
    """

    def __init__(
        self,
        behaviour: Behaviour,
        obey: Callable[[ServedConnection, str | bytes], Awaitable[None]],
        left: Callable[[ServedConnection], None],
    ) -> None:
        self.open: list[ServedConnection] = []
        self._behaviour = behaviour
        self._obey = obey
        self._left = left
        self._number = 0

    async def serve(
        self,
        request: web.Request,
        *,
        private: bool,
        headers: Mapping[str, str],
        caller: Caller | None = None,
        opened: Callable[[ServedConnection], None] | None = None,
    ) -> web.StreamResponse:
        """Accept a WebSocket and serve it to its end.

        Args:
            request: the upgrade request.
            private: whether it came in on the private path.
            headers: of the answer to the upgrade.
            caller: the client; None for one without a key.
            opened: hears of the connection before the first message is read.
        """
        socket = web.WebSocketResponse(
            autoping=False, timeout=2.0, max_msg_size=_LONGEST_MESSAGE, compress=True
        )
        socket.headers.update(headers)
        await socket.prepare(request)
        transport = request.transport
        if not isinstance(transport, asyncio.Transport):
            return socket
        self._number += 1
        connection = ServedConnection(
            self._number,
            transport,
            lambda code: socket.close(code=code),
            self._behaviour,
            private=private,
            caller=caller or Caller(request.remote or ""),
            window_bits=int(socket.compress),
        )
        self.open.append(connection)
        try:
            if opened is not None:
                opened(connection)
            await self._receive(socket, connection)
            await connection.closed()
        finally:
            self.open.remove(connection)
            self._left(connection)
            connection.ended()
        return socket

    async def _receive(self, socket: web.WebSocketResponse, connection: ServedConnection) -> None:
        async for message in socket:
            connection.heard()
            if connection.frozen:
                continue
            if message.type is WSMsgType.PING:
                await socket.pong(message.data)
            elif message.type in (WSMsgType.TEXT, WSMsgType.BINARY) and not connection.refused:
                await self._obey(connection, message.data)

    def flush(self) -> None:
        """Write what is queued for every client."""
        for connection in list(self.open):
            connection.flush()

    def abort(self) -> None:
        """Drop every socket."""
        for connection in list(self.open):
            connection.abort()
