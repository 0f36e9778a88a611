"""A recording served as an exchange: WebSocket and REST on one loopback port. asyncio.

The frames come through the very same path as the exchange's own: a socket, the core, the widgets.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Iterable
from os import PathLike

from aiohttp import web

from upbit_ws_qt.errors import InvalidRequest, InvalidState
from upbit_ws_qt.simulator.behaviour import Behaviour
from upbit_ws_qt.simulator.host import PUBLIC_PATH, Handler, LoopbackServer
from upbit_ws_qt.simulator.rest.gate import error_response, json_response
from upbit_ws_qt.simulator.rest.query import QuotationError, moment, whole_number
from upbit_ws_qt.simulator.streams.connection import ServedConnection
from upbit_ws_qt.simulator.streams.frames import subscription_list_frame
from upbit_ws_qt.simulator.streams.packet import Packet
from upbit_ws_qt.simulator.streams.request import Refusal, Wish, read_request
from upbit_ws_qt.simulator.streams.sockets import Sockets
from upbit_ws_qt.timeframe import Timeframe

from .playback import Playback
from .recording import Recording, read_recording

__all__ = ["RecordedExchange"]

_MOST_CANDLES, _DEPTH = 200, 30
_FRAMES_AT_ONCE = 64
_END_OF_TIME_MS = 1 << 60
_UNITS = {unit.rest_path: unit for unit in Timeframe}
_REALTIME = re.compile(rb'("(?:st|stream_type)"\s*:\s*)"REALTIME"')


# State: the playback, the loop that plays it (None before the first subscription) and when that
# began, and the streams of each open connection.
class RecordedExchange(LoopbackServer):
    """Plays a recording on a free loopback port, as often as it is made anew.

    Use it as ``async with RecordedExchange(path) as exchange:`` and hand ``exchange.settings()``
    to a manager. Time begins to run with the first subscription, so that nothing is missed, and
    stands still after the last frame; the port stays open. Frames keep their spelling and the time
    between their arrivals. A subscription replaces the former one and brings, as a snapshot, the
    last frame so far of each of its streams. REST answers with the recording's markets and with
    candles made of its trades so far; there are no accounts.

    Args:
        recording: a file, or what was read of one.
        speed: 2 plays twice as fast.

    Raises:
        InvalidRequest: the speed is not above 0.
        RecordingError: the file cannot be read or is no recording.
    """

    def __init__(self, recording: Recording | str | PathLike[str], speed: float = 1.0) -> None:
        if not (speed > 0 and math.isfinite(speed)):
            raise InvalidRequest(f"a replay's speed is above 0; got {speed!r}")
        if not isinstance(recording, Recording):
            recording = read_recording(recording)
        super().__init__()
        self.recording = recording
        self.speed = speed
        self._playback = Playback(recording)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._began_at = 0.0
        self._streams: dict[ServedConnection, frozenset[tuple[str, str]]] = {}
        self._sockets = Sockets(Behaviour(limits=False), self._obey, self._left)
        self._player: asyncio.Task[None] | None = None

    # -- start and end -------------------------------------------------------------------------

    async def start(self) -> None:
        """Open a port.

        Raises:
            InvalidState: it was played already; a playback has one life.
        """
        if self._runner is not None or self._player is not None:
            raise InvalidState("this replay was started already; make another one")
        await super().start()

    def _routes(self) -> list[web.RouteDef]:
        return [
            web.get(PUBLIC_PATH, self._serve),
            web.get("/v1/market/all", self._market_all),
            web.get("/v1/ticker", self._tickers),
            web.get("/v1/orderbook", self._orderbooks),
            web.get("/v1/orderbook/instruments", self._instruments),
            web.get("/v1/candles/{unit:.+}", self._candles),
            # All the rest, the private socket and the accounts included.
            web.get("/{path:.*}", self._nothing_here),
        ]

    def _around(self, handler: Handler) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except QuotationError as error:
                return error_response(error.status, error.status, error.message)

        return answer

    async def _closing(self) -> None:
        if self._player is not None:
            self._player.cancel()
            await asyncio.wait([self._player])
        self._sockets.abort()

    # -- the playback --------------------------------------------------------------------------

    @property
    def duration_s(self) -> float:
        """How long the recording is, at speed 1."""
        return self.recording.duration_s

    @property
    def position_s(self) -> float:
        """How much of it is played, at speed 1; 0 before the first subscription."""
        if self._loop is None:
            return 0.0
        return min((self._loop.time() - self._began_at) * self.speed, self.duration_s)

    @property
    def ended(self) -> bool:
        """Whether the last frame was sent."""
        return self._playback.next_at_s is None

    async def _play(self) -> None:
        while (at_s := self._playback.next_at_s) is not None:
            await asyncio.sleep(max(0.0, (at_s - self.position_s) / self.speed))
            for number, frame in enumerate(self._playback.advance(self.position_s), 1):
                packet = Packet(frame.payload)
                key = (frame.event.type, frame.event.code)
                for connection, streams in self._streams.items():
                    if key in streams:
                        connection.push(_formed(packet, connection))
                if number % _FRAMES_AT_ONCE == 0:
                    # A client may live on the same loop.
                    self._sockets.flush()
                    await asyncio.sleep(0)
            self._sockets.flush()

    # -- the socket ----------------------------------------------------------------------------

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        return await self._sockets.serve(request, private=False, headers={})

    def _left(self, connection: ServedConnection) -> None:
        self._streams.pop(connection, None)

    async def _obey(self, connection: ServedConnection, text: str | bytes) -> None:
        if text in ("PING", b"PING"):
            connection.begin_status()
            return
        request = read_request(text, private=False)
        if isinstance(request, Refusal):
            self._streams[connection] = frozenset()
            connection.refuse(request.name, **request.fields)
            return
        if request.lists_subscriptions:
            connection.format = request.format or connection.format
            rows, simple = connection.subscription_rows(), connection.format.startswith("SIMPLE")
            answer = subscription_list_frame(request.ticket, rows, simple=simple)
            connection.push(Packet(answer))
        if request.wishes:
            connection.request = request
            connection.format = request.format or "DEFAULT"
            self._subscribe(connection, request.wishes)
        connection.flush()

    def _subscribe(self, connection: ServedConnection, wishes: Iterable[Wish]) -> None:
        streams: set[tuple[str, str]] = set()
        for wish in wishes:
            if wish.level:
                continue  # nobody recorded grouped books; the exchange too is silent then
            for written in wish.codes:
                code = written.partition(".")[0] if wish.type == "orderbook" else written
                frame = self._playback.last(wish.type, code)
                if frame is not None and not wish.only_realtime:
                    packet = Packet(_REALTIME.sub(rb'\1"SNAPSHOT"', frame.payload, count=1))
                    connection.push(_formed(packet, connection))
                if not wish.only_snapshot:
                    streams.add((wish.type, code))
        self._streams[connection] = frozenset(streams)
        if self._player is None:
            self._loop = asyncio.get_running_loop()
            self._began_at = self._loop.time()
            self._player = self._loop.create_task(self._play())

    # -- REST ----------------------------------------------------------------------------------

    async def _market_all(self, _request: web.Request) -> web.Response:
        # Nobody recorded the names; the coin is what the code itself tells.
        return json_response(
            [
                {"market": code, "korean_name": coin, "english_name": coin}
                for code in self.recording.codes
                for coin in (code.partition("-")[2],)
            ]
        )

    async def _instruments(self, request: web.Request) -> web.Response:
        self._codes(request)
        return json_response([])

    async def _tickers(self, request: web.Request) -> web.Response:
        rows = [self._playback.ticker_row(code) for code in self._codes(request)]
        return json_response([row for row in rows if row is not None])

    async def _orderbooks(self, request: web.Request) -> web.Response:
        codes, count = self._codes(request), whole_number(request.query, "count", _DEPTH, _DEPTH)
        rows = [self._playback.orderbook_row(code, count) for code in codes]
        return json_response([row for row in rows if row is not None])

    async def _candles(self, request: web.Request) -> web.Response:
        unit = _UNITS.get(request.match_info["unit"])
        code = request.query.get("market", "")
        if unit is None or code not in self.recording.codes:
            raise QuotationError(404, "Code not found")
        count = whole_number(request.query, "count", 1, _MOST_CANDLES)
        to_ms = moment(request.query, _END_OF_TIME_MS)
        return json_response(self._playback.candle_rows(code, unit, count, to_ms))

    async def _nothing_here(self, _request: web.Request) -> web.Response:
        raise QuotationError(404, "this recording holds no such thing")

    def _codes(self, request: web.Request) -> list[str]:
        codes = [code for code in request.query.get("markets", "").split(",") if code]
        # As on the exchange, one bad code spoils the whole call.
        if not codes or not set(codes).issubset(self.recording.codes):
            raise QuotationError(404, "Code not found")
        return codes


def _formed(packet: Packet, connection: ServedConnection) -> Packet:
    """The LIST formats put each frame in an array; the spelling inside stays the recording's."""
    if connection.format.endswith("LIST"):
        return Packet(b"[" + packet.payload + b"]")
    return packet
