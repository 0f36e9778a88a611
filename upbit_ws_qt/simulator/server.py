"""The simulated exchange, WebSocket and REST, and its operator's desk. asyncio."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence

from aiohttp import web

from upbit_ws_qt.errors import InvalidRequest, InvalidState
from upbit_ws_qt.settings import Credentials

from .account import Account
from .behaviour import Behaviour
from .connection import ServedConnection
from .desk import MessageDesk, ReceivedRequest
from .floor import TradingFloor
from .gate import Gate
from .handshake import Handshake
from .host import PRIVATE_PATH, PUBLIC_PATH, LoopbackServer
from .hub import Hub
from .keys import KeyRing
from .listing import select
from .quotation import QuotationApi
from .sockets import Sockets
from .trading import TradingApi

__all__ = ["MockUpbitWebSocketServer", "ReceivedRequest", "SimulatedExchange"]

_log = logging.getLogger(__name__)

_TICK_S = 0.025
_SLICE_S = 0.002
# After a longer stall (a debugger, a sleeping machine) the market goes on from now instead of
# playing what nobody can have seen.
_LONGEST_STALL_MS = 10_000
_MOST_PACE = 100.0


# State: the parts of the exchange, the clock while time runs, and the faults that are switched on.
class SimulatedExchange(LoopbackServer):
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
        behaviour: limits, timeouts, and choices where nobody knows what the real exchange does.

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
        behaviour: Behaviour | None = None,
    ) -> None:
        if not 0 <= port <= 65_535:
            raise InvalidRequest(f"port must be from 0 to 65535; got {port!r}")
        if not 0 < pace <= _MOST_PACE:
            raise InvalidRequest(f"pace must be above 0, at most {_MOST_PACE:g}; got {pace!r}")
        try:
            listings = select(None if markets is None else tuple(markets))
        except ValueError as error:
            raise InvalidRequest(str(error)) from None
        super().__init__(port)
        start_ms = int(time.time() * 1000) if start_time_ms is None else start_time_ms
        self.behaviour = behaviour or Behaviour()
        self.requests: list[ReceivedRequest] = []
        self.floor = TradingFloor(listings, seed, pace, start_ms)
        self._hub = Hub(self.floor)
        self._desk = MessageDesk(self._hub, self.requests)
        self._keys = KeyRing(seed)
        self._credentials = self._keys.issue()
        self._account = Account()
        self._sockets = Sockets(self.behaviour, self._desk.obey, self._hub.remove)
        self._handshake = Handshake(self.behaviour, self._keys)
        self._gate = Gate(self.behaviour, self._keys)
        self._realtime = realtime
        self._walker: asyncio.Task[None] | None = None
        # The market's time minus the loop's clock, both in ms; set while time runs.
        self._clock_offset_ms = 0.0
        self._halted = False
        self._silent = False
        self._refusal: int | None = None

    @property
    def connections(self) -> list[ServedConnection]:
        """The WebSockets that are open, in the order they came."""
        return self._sockets.open

    def credentials(self) -> Credentials:
        """A key pair this exchange has issued; it accepts no others."""
        return Credentials(self._credentials.access_key, self._credentials.secret_key)

    # -- start and end -------------------------------------------------------------------------

    def _application(self) -> web.Application:
        app = web.Application()
        app.add_routes(QuotationApi(self.floor).routes(self._gate))
        app.add_routes(TradingApi(self._account).routes(self._gate))
        app.router.add_get(PUBLIC_PATH, self._serve_public)
        app.router.add_get(PRIVATE_PATH, self._serve_private)
        return app

    def _opened(self) -> None:
        self._restart_clock()
        if self._realtime:
            self._walker = asyncio.create_task(self._walk())

    async def _closing(self) -> None:
        if self._walker is not None:
            self._walker.cancel()
            await asyncio.wait([self._walker])
            self._walker = None
        self._sockets.abort()

    async def _serve_public(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, private=False)

    async def _serve_private(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, private=True)

    async def _serve(self, request: web.Request, *, private: bool) -> web.StreamResponse:
        if self._refusal is not None:
            return web.Response(status=self._refusal)
        refusal = self._handshake.refusal(request, private=private)
        if refusal is not None:
            return refusal
        return await self._sockets.serve(
            request, private=private, headers=self._handshake.headers(), opened=self._begin
        )

    def _begin(self, connection: ServedConnection) -> None:
        connection.silent = self._silent

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
                self._sockets.flush()
                await asyncio.sleep(0)
                if self._halted and self._realtime:
                    return
                since = time.perf_counter()
        self._sockets.flush()

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


MockUpbitWebSocketServer = SimulatedExchange
