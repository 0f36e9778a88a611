"""The simulated exchange as a server: WebSocket and REST on one loopback port. asyncio."""

from __future__ import annotations

import asyncio
import errno
import logging
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from aiohttp import WSMsgType, web

from upbit_ws_qt.errors import InvalidRequest, InvalidState
from upbit_ws_qt.settings import Credentials, FeedSettings

from .account import Account
from .connection import ConnectionOptions, ServedConnection
from .desk import MessageDesk, ReceivedRequest
from .floor import TradingFloor
from .hub import Hub
from .keys import KEY_ERRORS, KeyRefused, KeyRing
from .listing import select
from .rest import RestApi

__all__ = ["MockUpbitWebSocketServer", "ReceivedRequest", "SimulatedExchange"]

_log = logging.getLogger(__name__)

HOST = "127.0.0.1"
_PUBLIC_PATH = "/websocket/v1"
_PRIVATE_PATH = "/websocket/v1/private"
_TICK_S = 0.025
_SLICE_S = 0.002
# After a longer stall (a debugger, a sleeping machine) the market goes on from now instead of
# playing what nobody can have seen.
_LONGEST_STALL_MS = 10_000
_LONGEST_MESSAGE = 1024 * 1024
_LONGEST_LINE = 64 * 1024
_UPGRADE_HEADERS = {"remaining-req": "group=websocket; min=300; sec=3", "limit-by-ip": "Yes"}
_MOST_PACE = 100.0


# State: the floor and who listens to it, the open connections, the record of requests, the
# running server with its clock, and the faults that are switched on.
class SimulatedExchange:
    """A real exchange on a free loopback port, for tests and demonstrations.

    Use it as ``async with SimulatedExchange(seed=1) as exchange:`` on a running loop, then hand
    ``exchange.settings()`` to a manager. The market is believable and repeatable: the same seed
    and start give the same trades.

    Args:
        seed: the market's whole story hangs on it.
        port: 0 takes a free one.
        pace: factor on how often is traded, at most 100.
        start_time_ms: the market's time at the start (ms since 1970); None is the wall clock's.
        markets: codes to list, in this order; None lists all.
        realtime: whether the market walks by itself. If not, only :meth:`advance` moves it.
        limits: whether messages and calls are counted and refused as the exchange does.
        idle_timeout_s: a socket without data in either direction is dropped after this long.
        status_interval_s: the cycle that a text ``PING`` switches on.
        write_limit_bytes: a client that lets more than this wait unread is dropped.

    Raises:
        InvalidRequest: an argument outside its range.
        InvalidState: on entering, when the port cannot be opened.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        port: int = 0,
        pace: float = 1.0,
        start_time_ms: int | None = None,
        markets: Sequence[str] | None = None,
        realtime: bool = True,
        limits: bool = True,
        idle_timeout_s: float = 120.0,
        status_interval_s: float = 10.0,
        write_limit_bytes: int = 8 * 1024 * 1024,
    ) -> None:
        if not 0 <= port <= 65_535:
            raise InvalidRequest(f"port must be from 0 to 65535; got {port!r}")
        if not 0 < pace <= _MOST_PACE:
            raise InvalidRequest(f"pace must be above 0, at most {_MOST_PACE:g}; got {pace!r}")
        if idle_timeout_s <= 0 or status_interval_s <= 0:
            raise InvalidRequest("idle_timeout_s and status_interval_s must be above 0")
        try:
            listings = select(None if markets is None else tuple(markets))
        except ValueError as error:
            raise InvalidRequest(str(error)) from None
        start_ms = int(time.time() * 1000) if start_time_ms is None else start_time_ms
        self.port = port
        self.requests: list[ReceivedRequest] = []
        self.connections: list[ServedConnection] = []
        self.floor = TradingFloor(listings, seed, pace, start_ms)
        self._hub = Hub(self.floor)
        self._desk = MessageDesk(self._hub, self.requests)
        self._keys = KeyRing(seed)
        self._credentials = self._keys.issue()
        self._rest = RestApi(self.floor, self._keys, Account(), limits=limits)
        self._options = ConnectionOptions(
            idle_timeout_s=idle_timeout_s,
            status_interval_s=status_interval_s,
            limits=limits,
            write_limit=write_limit_bytes,
        )
        self._realtime = realtime
        self._number = 0
        self._runner: web.AppRunner | None = None
        self._walker: asyncio.Task[None] | None = None
        # The market's time minus the loop's clock, both in ms; set while time runs.
        self._clock_offset_ms = 0.0
        self._halted = False
        self._silent = False
        self._refusal: int | None = None

    # -- start and end -------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Open the port.

        Raises:
            InvalidState: it is open already, or the port is taken or forbidden.
        """
        if self._runner is not None:
            raise InvalidState("the simulated exchange is already running")
        app = web.Application(middlewares=[_named_errors])
        app.add_routes(self._rest.routes())
        app.router.add_get(_PUBLIC_PATH, self._serve_public)
        app.router.add_get(_PRIVATE_PATH, self._serve_private)
        # Long lines: a call may name every market there is.
        runner = web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=1.0,
            max_line_size=_LONGEST_LINE,
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, self.port).start()
        except OSError as error:
            await runner.cleanup()
            busy = error.errno == errno.EADDRINUSE
            reason = "is taken by another program" if busy else "may not be opened"
            raise InvalidState(
                f"port {self.port} on {HOST} {reason}; choose another one, or 0 for a free one"
            ) from None
        self._runner = runner
        self.port = runner.addresses[0][1]
        self._restart_clock()
        if self._realtime:
            self._walker = asyncio.create_task(self._walk())

    async def stop(self) -> None:
        """Close the port and drop every connection; does nothing when it is closed."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        if self._walker is not None:
            self._walker.cancel()
            await asyncio.wait([self._walker])
            self._walker = None
        for connection in list(self.connections):
            connection.abort()
        await runner.cleanup()

    def settings(self) -> FeedSettings:
        """The settings that point a manager here."""
        return FeedSettings(
            public_url=f"ws://{HOST}:{self.port}{_PUBLIC_PATH}",
            private_url=f"ws://{HOST}:{self.port}{_PRIVATE_PATH}",
            rest_url=f"http://{HOST}:{self.port}",
        )

    def credentials(self) -> Credentials:
        """A key pair this exchange has issued; it accepts no others."""
        return Credentials(self._credentials.access_key, self._credentials.secret_key)

    # -- the market's time ---------------------------------------------------------------------

    @property
    def now_ms(self) -> int:
        """The market's time, ms since 1970."""
        return self.floor.now_ms

    async def advance(self, duration_ms: int) -> None:
        """Let the market go on for this long; only with ``realtime=False``.

        All frames of that time are written before it returns.

        Raises:
            InvalidState: the market walks by itself.
        """
        if self._realtime:
            raise InvalidState("advance() needs SimulatedExchange(realtime=False)")
        if duration_ms < 0:
            raise InvalidRequest(f"time only goes forward; got {duration_ms!r} ms")
        await self._go_to(self.floor.now_ms + duration_ms)

    def halt_market(self, on: bool) -> None:
        """Stop the market's time, or let it go on from where it stood; nobody trades meanwhile."""
        self._halted = on
        self._restart_clock()

    def _restart_clock(self) -> None:
        self._clock_offset_ms = self.floor.now_ms - time.monotonic() * 1000

    async def _walk(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            if self._halted:
                continue
            until_ms = int(time.monotonic() * 1000 + self._clock_offset_ms)
            if until_ms - self.floor.now_ms > _LONGEST_STALL_MS:
                _log.info("the market stood for %d ms", until_ms - self.floor.now_ms)
                self.floor.skip_to(until_ms)
            await self._go_to(until_ms)

    async def _go_to(self, until_ms: int) -> None:
        # In slices, because a client may live on the same loop.
        since = time.perf_counter()
        for happening in self.floor.run(until_ms):
            self._hub.report(happening)
            if time.perf_counter() - since > _SLICE_S:
                self._flush()
                await asyncio.sleep(0)
                if self._halted and self._realtime:
                    return
                since = time.perf_counter()
        self._flush()

    def _flush(self) -> None:
        for connection in list(self.connections):
            connection.flush()

    # -- faults --------------------------------------------------------------------------------

    async def drop_connections(self, code: int | None = None) -> None:
        """End every WebSocket: with a closing frame of ``code``, or without one (1006)."""
        connections = list(self.connections)
        for connection in connections:
            if code is None:
                connection.abort()
            else:
                connection.close(code)
        for connection in connections:
            await connection.ended_event.wait()

    def silence(self, on: bool) -> None:
        """Keep all sockets open, answer protocol pings, and send nothing else."""
        self._silent = on
        for connection in self.connections:
            connection.silent = on

    def refuse(self, status: int | None) -> None:
        """Refuse new WebSockets with this HTTP status; None accepts them again."""
        if status is not None and not 400 <= status <= 599:
            raise InvalidRequest(f"a refusal is an HTTP status from 400 to 599; got {status!r}")
        self._refusal = status

    # -- serving -------------------------------------------------------------------------------

    async def _serve_public(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, private=False)

    async def _serve_private(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, private=True)

    async def _serve(self, request: web.Request, *, private: bool) -> web.StreamResponse:
        if self._refusal is not None:
            return web.Response(status=self._refusal)
        if private:
            try:
                self._keys.check(request.headers.get("Authorization"))
            except KeyRefused as refused:
                return _error_response(401, refused.name, KEY_ERRORS[refused.name])
        socket = web.WebSocketResponse(
            autoping=False, timeout=2.0, max_msg_size=_LONGEST_MESSAGE, compress=True
        )
        socket.headers.update(_UPGRADE_HEADERS)
        await socket.prepare(request)
        transport = request.transport
        if not isinstance(transport, asyncio.Transport):
            return socket
        self._number += 1
        connection = ServedConnection(
            self._number,
            transport,
            lambda code: socket.close(code=code),
            self._options,
            private=private,
            window_bits=int(socket.compress),
        )
        connection.silent = self._silent
        self.connections.append(connection)
        try:
            await self._receive(socket, connection)
            await connection.closed()
        finally:
            self.connections.remove(connection)
            self._hub.remove(connection)
            connection.ended()
        return socket

    async def _receive(self, socket: web.WebSocketResponse, connection: ServedConnection) -> None:
        async for message in socket:
            connection.heard()
            if message.type is WSMsgType.PING:
                await socket.pong(message.data)
            elif message.type in (WSMsgType.TEXT, WSMsgType.BINARY) and not connection.refused:
                await self._desk.obey(connection, message.data)


MockUpbitWebSocketServer = SimulatedExchange


def _error_response(status: int, name: str, message: str) -> web.Response:
    return web.json_response({"error": {"name": name, "message": message}}, status=status)


@web.middleware
async def _named_errors(request: web.Request, handler: Any) -> web.StreamResponse:
    """An unrouted path is answered in the exchange's own words."""
    try:
        response: web.StreamResponse = await handler(request)
    except web.HTTPNotFound:
        return _error_response(404, "not_found", "해당하는 경로가 없습니다.")
    except web.HTTPMethodNotAllowed:
        return _error_response(404, "not_found", "해당하는 경로가 없습니다.")
    except ConnectionResetError:
        # The client left before it was answered; the answer reaches nobody.
        return web.Response(status=499)
    return response
