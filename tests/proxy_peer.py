"""An HTTP proxy that knows one host, and the TLS of that host, played by the test. Tests only.

The exchange's name exists nowhere but in the proxy: whoever gets there went through it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

__all__ = ["HOST", "ProxyPeer", "behind_tls", "serving"]

#: A name that is never looked up: it ends in a domain that nobody can own.
HOST = "exchange.test"

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class ProxyPeer:
    """Takes CONNECT to ``HOST`` and carries bytes to a port of this machine.

    Args:
        port: where ``HOST`` is in truth.
        authorization: what a client has to send as ``Proxy-Authorization``.
    """

    def __init__(self, port: int, authorization: str | None = None) -> None:
        self.target = port
        self._authorization = authorization
        self.port = 0
        #: The heads of all requests, as they came.
        self.heads: list[str] = []
        #: Everything that was carried to the host.
        self.carried = bytearray()

    @contextlib.asynccontextmanager
    async def open(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[ProxyPeer]:
        """Listen, under TLS if asked to."""
        async with serving(self._talk, tls) as self.port:
            yield self

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        request, *headers = head.split("\r\n")
        wanted = f"Proxy-Authorization: {self._authorization}"
        if self._authorization is not None and wanted not in headers:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        elif request != f"CONNECT {HOST}:443 HTTP/1.1":
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
        else:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
            await _carry_both(reader, writer, there, back, self.carried)


@contextlib.asynccontextmanager
async def behind_tls(port: int, tls: ssl.SSLContext) -> AsyncIterator[int]:
    """Put TLS in front of a port of this machine; the other port is what this gives."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await _carry_both(reader, writer, there, back, bytearray())

    async with serving(talk, tls) as front:
        yield front


@contextlib.asynccontextmanager
async def serving(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve ``talk`` on a free port; at the end what is still open is broken off."""
    open_now: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        open_now[task] = writer
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await talk(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()
        del open_now[task]

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in open_now.values():
            writer.transport.abort()
        await asyncio.gather(*filter(None, open_now), return_exceptions=True)


async def _carry_both(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    there: asyncio.StreamReader,
    back: asyncio.StreamWriter,
    carried: bytearray,
) -> None:
    try:
        async with asyncio.TaskGroup() as both:
            both.create_task(_carry(reader, back, carried))
            both.create_task(_carry(there, writer, bytearray()))
    except* ConnectionError:
        pass
    finally:
        back.transport.abort()


async def _carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, carried: bytearray
) -> None:
    while data := await reader.read(65_536):
        carried += data
        writer.write(data)
        await writer.drain()
    # Who has nothing more to say here ends the connection.
    writer.close()
