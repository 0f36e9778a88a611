"""The simulated exchange, WebSocket and REST, and its operator's desk. asyncio."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Collection, Sequence

from aiohttp import web

from upbit_ws_qt.errors import InvalidRequest, InvalidState
from upbit_ws_qt.system.credentials import Credentials

from .account.account import Account
from .account.broker import Broker
from .behaviour import Behaviour
from .faults.fault_answers import FaultAnswers
from .faults.faults import Faults
from .faults.levers import ExchangeLevers
from .faults.script import Script, Timeline
from .host import PRIVATE_PATH, PUBLIC_PATH, Handler, LoopbackServer
from .keys import RIGHTS, KeyRing, Right
from .market.floor import TradingFloor
from .market.listing import select
from .rest.gate import Gate
from .rest.quotation import QuotationApi
from .rest.trading import TradingApi
from .streams.connection import ServedConnection
from .streams.desk import MessageDesk, ReceivedRequest
from .streams.handshake import Handshake
from .streams.hub import Hub
from .streams.private_hub import PrivateHub
from .streams.request import CATEGORIES
from .streams.sockets import Sockets

__all__ = ["MockUpbitWebSocketServer", "ReceivedRequest", "SimulatedExchange"]

_log = logging.getLogger(__name__)

_TICK_S = 0.025
_SLICE_S = 0.002
# After a longer stall (a debugger, a sleeping machine) the market goes on from now instead of
# playing what nobody can have seen.
_LONGEST_STALL_MS = 10_000
_MOST_PACE = 100.0
_YEAR_MS = 365 * 86_400_000


# State: the parts of the exchange, the clock while time runs, and what scripts have still to do.
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

    Attributes:
        faults: what goes wrong on command.
        account: the customer's balances.
        broker: the customer's orders.
        floor: the markets.
        requests: the latest thousand messages of clients.

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
        if all(listing.listed_ms > start_ms for listing in listings):
            raise InvalidRequest(f"at start_time_ms={start_ms} none of the markets is listed yet")
        self._hub = Hub(self.floor, self.behaviour)
        self._private_hub = PrivateHub(seed, round(self.behaviour.first_asset_delay_s * 1000))
        self._desk = MessageDesk(
            self.behaviour,
            self._hub,
            self._private_hub,
            lambda: self.floor.now_ms,
            self.requests,
        )
        self._keys = KeyRing(seed, accepts_hs384=self.behaviour.accepts_hs384)
        self._credentials = self.issue_key()
        self.account = Account()
        self.broker = Broker(
            self.floor,
            self.account,
            seed=seed,
            report=self._private_hub.report,
            publish=self._hub.report,
            default_smp=self.behaviour.default_smp,
        )
        self._sockets = Sockets(self.behaviour, self._desk.obey, self._left)
        self._gate = Gate(self.behaviour, self._keys, lambda: self.floor.now_ms)
        self._handshake = Handshake(self.behaviour, self._gate, self._sockets.open)
        self._realtime = realtime
        self._walker: asyncio.Task[None] | None = None
        # The market's time minus the loop's clock, both in ms; set while time runs.
        self._clock_offset_ms = 0.0
        self._halted = False
        self._levers = ExchangeLevers(
            self.floor, self._stop_clock, self._expire_own_key, self._lose_streams
        )
        self.faults = Faults(self._sockets.open, self._levers, seed)
        self._fault_answers = FaultAnswers(self.faults)
        self._timeline = Timeline()
        # Seconds since the port was opened, or what advance() made of them.
        self._opened_at_s = 0.0
        self._advanced_ms = 0

    @property
    def connections(self) -> list[ServedConnection]:
        """The WebSockets that are open, in the order they came."""
        return self._sockets.open

    def credentials(self) -> Credentials:
        """A key pair this exchange has issued; it accepts no others."""
        return Credentials(self._credentials.access_key, self._credentials.secret_key)

    # -- keys ----------------------------------------------------------------------------------

    def issue_key(
        self,
        *,
        rights: Collection[Right] = RIGHTS,
        addresses: Sequence[str] = (),
        valid_for_ms: int = _YEAR_MS,
    ) -> Credentials:
        """Make another key of the account.

        Args:
            rights: what it may do, in the exchange's words, such as ``자산조회``.
            addresses: from where it may be used, at most ten; none for anywhere.
            valid_for_ms: of the market's time; the exchange gives a year.

        Raises:
            InvalidRequest: an unknown right, too many addresses, or too many keys.
        """
        expires_ms = self.floor.now_ms + valid_for_ms
        return self._keys.issue(rights=rights, addresses=addresses, expires_ms=expires_ms)

    def expire_key(self, credentials: Credentials) -> None:
        """Let a key expire now; see :attr:`Behaviour.expired_key` for what is open with it.

        Raises:
            InvalidRequest: it was not issued here, or deleted.
        """
        self._keys.expire(credentials, self.floor.now_ms)
        self._end_expired()

    def delete_key(self, credentials: Credentials) -> None:
        """Delete a key; see :attr:`Behaviour.expired_key` for what is open with it.

        Raises:
            InvalidRequest: it was not issued here, or deleted before.
        """
        self._keys.delete(credentials)
        self._end_expired()

    def _end_expired(self) -> None:
        if self.behaviour.expired_key == "stays":
            return
        for connection in self.connections:
            key = connection.caller.key
            if key is not None and not self._keys.is_valid(key, self.floor.now_ms):
                connection.refuse("INVALID_AUTH")

    # -- start and end -------------------------------------------------------------------------

    def _routes(self) -> list[web.RouteDef]:
        trading = TradingApi(self.floor, self.account, self.broker, self._keys, self._sockets.flush)
        return [
            *QuotationApi(self.floor).routes(self._gate),
            *trading.routes(self._gate),
            web.get(PUBLIC_PATH, self._serve_public),
            web.get(PRIVATE_PATH, self._serve_private),
        ]

    def _around(self, handler: Handler) -> Handler:
        return self._fault_answers.around(handler)

    async def _dress(self, request: web.Request, response: web.StreamResponse) -> None:
        await super()._dress(request, response)
        self._fault_answers.set_date(response)

    def _opened(self) -> None:
        self._fault_answers.open()
        self._restart_clock()
        self._opened_at_s = time.monotonic()
        if self._realtime:
            self._walker = asyncio.create_task(self._walk())
            self._walker.add_done_callback(_report_end)

    async def _closing(self) -> None:
        if self._walker is not None:
            self._walker.cancel()
            await asyncio.wait([self._walker])
            self._walker = None
        self._fault_answers.close()
        self._timeline = Timeline()
        self._sockets.abort()

    async def _serve_public(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, private=False)

    async def _serve_private(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, private=True)

    async def _serve(self, request: web.Request, *, private: bool) -> web.StreamResponse:
        answer = self._handshake.answer(request, private=private)
        if isinstance(answer, web.Response):
            return answer

        def begin(connection: ServedConnection) -> None:
            self.faults.greet(connection)
            if answer.error is not None:
                connection.refuse(answer.error)

        return await self._sockets.serve(
            request, private=private, headers=answer.headers, caller=answer.caller, opened=begin
        )

    def announce(self, title: str, body: str = "", category: str = "notice") -> None:
        """Publish a notice of the exchange to those who listen for announcements.

        Raises:
            InvalidRequest: a category that the exchange does not have.
        """
        if category not in CATEGORIES:
            raise InvalidRequest(f"category is of {', '.join(CATEGORIES)}; got {category!r}")
        self._private_hub.announce(title, body, category, self.floor.now_ms)
        self._sockets.flush()

    def _left(self, connection: ServedConnection) -> None:
        self._desk.forget(connection)
        self.faults.forget(connection)

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
            InvalidRequest: the duration is negative.
        """
        if self._realtime:
            raise InvalidState("advance() needs SimulatedExchange(realtime=False)")
        if duration_ms < 0:
            raise InvalidRequest(f"time only goes forward; got {duration_ms!r} ms")
        end_ms = self._advanced_ms + duration_ms
        self._obey_script()
        while self._advanced_ms < end_ms:
            next_s = self._timeline.next_s
            until_ms = end_ms if next_s is None else min(math.ceil(next_s * 1000), end_ms)
            if not self._halted:
                await self._go_to(self.floor.now_ms + until_ms - self._advanced_ms)
            self._advanced_ms = until_ms
            self._obey_script()

    def play(self, script: Script) -> None:
        """Begin a script of faults; its times count from now, or from the start.

        They are those of the wall clock, or with ``realtime=False`` those of :meth:`advance`.
        """
        began_s = self._elapsed_s
        for at_s, command in script.steps:
            self._timeline.add(began_s + at_s, command)

    @property
    def _elapsed_s(self) -> float:
        if not self._realtime:
            return self._advanced_ms / 1000
        return time.monotonic() - self._opened_at_s if self._walker is not None else 0.0

    def _obey_script(self) -> None:
        for command in self._timeline.due(self._elapsed_s):
            try:
                command.run(self.faults)
            except InvalidRequest as error:
                # What a script could not know: which markets are listed by then.
                _log.warning("a script's %s was not done: %s", command.name, error)

    def _stop_clock(self, on: bool) -> None:
        self._halted = on
        self._restart_clock()

    def _lose_streams(self, stream: str | None, code: str | None) -> None:
        for connection in self._sockets.open:
            self._desk.lose_streams(connection, stream, code)

    def _expire_own_key(self) -> None:
        self.expire_key(self._credentials)

    def _restart_clock(self) -> None:
        self._clock_offset_ms = self.floor.now_ms - time.monotonic() * 1000

    async def _walk(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            self._obey_script()
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
            self.broker.react(happening)
            if time.perf_counter() - since > _SLICE_S:
                self._sockets.flush()
                await asyncio.sleep(0)
                if self._halted and self._realtime:
                    return
                since = time.perf_counter()
        self._hub.catch_up(self.floor.now_ms)
        self._end_expired()
        self._sockets.flush()


MockUpbitWebSocketServer = SimulatedExchange


def _report_end(walker: asyncio.Task[None]) -> None:
    if not walker.cancelled() and (error := walker.exception()) is not None:
        _log.error("the simulated market stands still", exc_info=error)
