"""The WebSocket transport against a real server of another make."""

from __future__ import annotations

import asyncio
import http
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import InvalidStatus
from websockets.http11 import Request, Response

from upbit_ws_qt.errors import (
    AuthenticationFailed,
    ConnectFailed,
    ConnectionLost,
    RateLimited,
    UpbitError,
)
from upbit_ws_qt.net import transport as transport_module
from upbit_ws_qt.net.transport import WebSocketTransport, dial, handshake_error


class Owner:
    """Collects what a transport tells."""

    def __init__(self) -> None:
        self.transport: WebSocketTransport | None = None
        self.messages: list[bytes] = []
        self.lost: asyncio.Future[UpbitError] = asyncio.get_running_loop().create_future()
        self.woken = asyncio.Event()

    def messages_waiting(self) -> None:
        self.woken.set()

    def transport_lost(self, error: UpbitError) -> None:
        self.lost.set_result(error)

    async def receive(self, count: int) -> list[bytes]:
        assert self.transport is not None
        while len(self.messages) < count:
            while taken := self.transport.take():
                self.messages.extend(taken)
            if len(self.messages) < count:
                await self.woken.wait()
                self.woken.clear()
        return self.messages


Handler = Callable[[ServerConnection], Awaitable[None]]


def play(
    handler: Handler,
    scene: Callable[[str, Owner], Awaitable[None]],
    **options: Any,
) -> None:
    """Run a server and a scene against it."""

    async def main() -> None:
        async with serve(handler, "127.0.0.1", 0, **options) as server:
            port = server.sockets[0].getsockname()[1]
            async with asyncio.timeout(20):
                await scene(f"ws://127.0.0.1:{port}/", Owner())

    asyncio.run(main())


async def echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


async def opened(url: str, owner: Owner, **options: Any) -> WebSocketTransport:
    owner.transport = await dial(url, owner, **options)
    return owner.transport


def test_whole_messages_come_in_order() -> None:
    async def scene(url: str, owner: Owner) -> None:
        transport = await opened(url, owner)
        for number in range(100):
            transport.send(f"message {number}".encode())
        assert await owner.receive(100) == [f"message {n}".encode() for n in range(100)]
        assert not transport.has_messages
        transport.abort()

    play(echo, scene)


def test_large_and_compressed_messages_are_whole() -> None:
    """A message larger than one read, with permessage-deflate negotiated and without."""
    large = b"0123456789" * 50_000

    async def scene(url: str, owner: Owner) -> None:
        transport = await opened(url, owner)
        transport.send(large)
        assert await owner.receive(1) == [large]
        transport.abort()

    play(echo, scene)
    play(echo, scene, compression=None)


def test_a_message_in_fragments_is_put_together() -> None:
    async def fragments(connection: ServerConnection) -> None:
        await connection.send([b"one ", b"two ", b"three"])
        await connection.send(b"whole")
        await connection.wait_closed()

    async def scene(url: str, owner: Owner) -> None:
        transport = await opened(url, owner)
        assert await owner.receive(2) == [b"one two three", b"whole"]
        transport.abort()

    play(fragments, scene)


def test_what_the_owner_leaves_stays_for_the_next_time() -> None:
    sent = [letter * 100_000 for letter in (b"a", b"b", b"c")]

    async def three(connection: ServerConnection) -> None:
        for message in sent:
            await connection.send(message)
        await connection.wait_closed()

    async def scene(url: str, owner: Owner) -> None:
        transport = await opened(url, owner)
        first: list[bytes] = []
        while not first:
            await owner.woken.wait()
            owner.woken.clear()
            first = transport.take()
        assert first == sent[:1]
        assert await owner.receive(2) == sent[1:]
        transport.abort()

    play(three, scene, compression=None)


def test_pings_are_answered_and_counted() -> None:
    async def scene(url: str, owner: Owner) -> None:
        transport = await opened(url, owner)
        transport.ping()
        while transport.pongs == 0:
            await owner.woken.wait()
            owner.woken.clear()
        assert transport.pongs == 1
        transport.abort()

    play(echo, scene)


@pytest.mark.parametrize(("code", "reason"), [(1000, "bye"), (1001, ""), (4000, "own code")])
def test_a_close_is_told_with_its_code(code: int, reason: str) -> None:
    """The exchange closes with a clean 1000 after a bad request: that is a loss like any other."""

    async def close(connection: ServerConnection) -> None:
        await connection.close(code, reason)

    async def scene(url: str, owner: Owner) -> None:
        await opened(url, owner)
        error = await owner.lost
        assert isinstance(error, ConnectionLost)
        assert (error.code, error.reason) == (code, reason)

    play(close, scene)


def test_an_end_without_a_close_frame_is_1006() -> None:
    async def vanish(connection: ServerConnection) -> None:
        connection.transport.abort()

    async def scene(url: str, owner: Owner) -> None:
        await opened(url, owner)
        error = await owner.lost
        assert isinstance(error, ConnectionLost)
        assert error.code == 1006

    play(vanish, scene)


def test_messages_before_the_end_are_not_lost() -> None:
    async def last_words(connection: ServerConnection) -> None:
        await connection.send(b"last words")
        await connection.close()

    async def scene(url: str, owner: Owner) -> None:
        await opened(url, owner)
        await owner.lost
        assert await owner.receive(1) == [b"last words"]

    play(last_words, scene)


def test_abort_is_heard_by_the_peer_and_told_to_nobody() -> None:
    async def scene(url: str, owner: Owner) -> None:
        closed = asyncio.Event()

        async def watch(connection: ServerConnection) -> None:
            await connection.wait_closed()
            closed.set()

        async with serve(watch, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            transport = await opened(f"ws://127.0.0.1:{port}/", owner)
            transport.abort()
            transport.abort()
            transport.send(b"too late")
            transport.ping()
            await closed.wait()
        assert not owner.lost.done()

    play(echo, scene)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, AuthenticationFailed),
        (403, ConnectFailed),
        (418, RateLimited),
        (429, RateLimited),
        (404, ConnectFailed),
        (503, ConnectFailed),
    ],
)
def test_a_refused_handshake_says_why(status: int, expected: type[UpbitError]) -> None:
    def refuse(connection: ServerConnection, request: Request) -> Response:
        return connection.respond(http.HTTPStatus(status), "no")

    async def scene(url: str, owner: Owner) -> None:
        with pytest.raises(expected, match=str(status)):
            await dial(url, owner)
        assert not owner.lost.done()

    play(echo, scene, process_request=refuse)


@pytest.mark.parametrize("status", [401, 403])
def test_a_handshake_refused_for_the_key_says_what_is_wrong_with_it(status: int) -> None:
    body = b'{"error":{"name":"expired_access_key","message":"x"}}'
    error = handshake_error(InvalidStatus(Response(status, "no", Headers(), body)))

    assert isinstance(error, AuthenticationFailed)
    assert error.name == "expired_access_key"
    assert f"HTTP {status}" in str(error)
    assert "has expired" in str(error)


@pytest.mark.parametrize(
    ("headers", "asked_for"),
    [({}, 0.0), ({"Retry-After": "7"}, 7.0), ({"Retry-After": "Wed, 21 Oct 2026"}, 0.0)],
)
def test_a_handshake_refused_for_a_limit_says_how_long(
    headers: dict[str, str], asked_for: float
) -> None:
    error = handshake_error(InvalidStatus(Response(418, "no", Headers(headers))))

    assert isinstance(error, RateLimited)
    assert (error.status, error.retry_after_s, error.retry_at) == (418, asked_for, None)


def test_a_peer_that_is_no_exchange_is_a_failed_dial() -> None:
    async def main(answer: bytes) -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            writer.close()

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            with pytest.raises(ConnectFailed):
                await dial(f"ws://127.0.0.1:{port}/", Owner())

    asyncio.run(main(b"SMTP ready\r\n\r\n"))
    asyncio.run(main(b""))


def test_a_silent_peer_is_given_up() -> None:
    async def main() -> None:
        gone = asyncio.Event()

        async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while await reader.read(1000):
                pass
            writer.close()
            gone.set()

        server = await asyncio.start_server(silence, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            with pytest.raises(ConnectFailed, match=r"no answer within 0\.05 s"):
                await dial(f"ws://127.0.0.1:{port}/", Owner(), timeout_s=0.05)
            await gone.wait()

    asyncio.run(main())


def test_nobody_there_and_no_network_are_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    async def closed_port() -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with pytest.raises(ConnectFailed, match="cannot be reached: connection refused"):
            await dial(f"ws://127.0.0.1:{port}/", Owner())

    async def no_names() -> None:
        def fail(*args: object, **options: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")

        monkeypatch.setattr(socket, "getaddrinfo", fail)
        with pytest.raises(ConnectFailed, match="is there a network"):
            await dial("ws://exchange.invalid/", Owner())

    asyncio.run(closed_port())
    asyncio.run(no_names())


def test_cancelling_a_dial_leaves_nothing_open() -> None:
    async def main() -> None:
        seen, gone = asyncio.Event(), asyncio.Event()

        async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            seen.set()
            while await reader.read(1000):
                pass
            writer.close()
            gone.set()

        server = await asyncio.start_server(silence, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            task = asyncio.create_task(dial(f"ws://127.0.0.1:{port}/", Owner()))
            await seen.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await gone.wait()

    asyncio.run(main())


def test_headers_are_sent_and_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The library below logs request headers at debug level; a token is one of them."""
    received: list[str | None] = []

    async def note(connection: ServerConnection) -> None:
        assert connection.request is not None
        received.append(connection.request.headers.get("Authorization"))
        assert connection.request.headers.get("Origin") is None
        await connection.send("go")
        await connection.wait_closed()

    async def scene(url: str, owner: Owner) -> None:
        headers = {"Authorization": "Bearer secret-token"}
        transport = await opened(url, owner, headers=headers)
        await owner.receive(1)
        transport.abort()

    quiet = logging.getLogger("quiet server")
    quiet.setLevel(logging.CRITICAL)
    with caplog.at_level(logging.DEBUG):
        play(note, scene, logger=quiet)
    assert received == ["Bearer secret-token"]
    assert "secret-token" not in caplog.text


def test_a_flood_that_nobody_takes_stops_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Flow control down to the socket: what waits here is bounded, and nothing of it is lost."""
    limit, size, count = 100_000, 10_000, 2_000
    monkeypatch.setattr(transport_module, "_MAX_PENDING", limit)
    sent: list[int] = []

    async def flood(connection: ServerConnection) -> None:
        for number in range(count):
            await connection.send(b"x" * size)
            sent.append(number)
        await connection.wait_closed()

    async def scene(url: str, owner: Owner) -> None:
        transport = await opened(url, owner)
        while not transport.is_paused:
            await owner.woken.wait()
            owner.woken.clear()
        # In each turn the loop would read another block.
        for _ in range(200):
            await asyncio.sleep(0)
        assert limit < transport.pending_bytes <= limit + 64 * 1024
        assert len(sent) < count, "the peer feels it"
        assert len(await owner.receive(count)) == count
        assert transport.pending_bytes == 0
        transport.abort()

    play(flood, scene, compression=None)
