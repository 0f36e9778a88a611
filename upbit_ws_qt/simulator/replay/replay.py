"""A recording served as an exchange: WebSocket and REST on one loopback port. asyncio.

The frames come through the very same path as the exchange's own: a socket, the core, the widgets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from os import PathLike

from aiohttp import web

from upbit_ws_qt.errors import InvalidRequest, InvalidState
from upbit_ws_qt.events import ConnectionType, MarketEvent
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

from .player import Player
from .recording import Break, Cue, RecordedFrame, Recording, read_recording

__all__ = ["RecordedExchange", "Replayer"]

_MOST_CANDLES, _DEPTH = 200, 30
_END_OF_TIME_MS = 1 << 60
_UNITS = {unit.rest_path: unit for unit in Timeframe}
_REALTIME = re.compile(rb'("(?:st|stream_type)"\s*:\s*)"REALTIME"')


# Close codes that no frame can carry: the connection ends without one.
_UNSENT_CODES = (None, 1005, 1006, 1015)
_RESTART = 1012


# State: whether it was started; the player; the streams of each open connection; which of the two
# recorded connections is away; and whose clients have to come back before time goes on.
class RecordedExchange(LoopbackServer):
    """Plays a recording on a free loopback port; also called ``Replayer``.

    Use it as ``async with RecordedExchange(path) as exchange:`` and hand ``exchange.settings()``
    to a manager. Time begins to run with the first subscription, so that nothing is missed, and
    stands still after the last frame; the port stays open. Frames keep their spelling and the time
    between their arrivals. A subscription replaces the former one and brings, as a snapshot, the
    last frame so far of each of its streams. REST answers with the recording's markets and with
    candles made of its trades so far; there are no accounts.

    Where the recorded connection was lost, those of the clients are: they end with the same code,
    nobody is let in for as long as that took, and then time stands still until they are back.

    Args:
        recording: a file, or what was read of one.
        speed: 2 plays twice as fast.

    Raises:
        InvalidRequest: the speed is not above 0.
        RecordingError: the file cannot be read or is no recording.
    """

    def __init__(self, recording: Recording | str | PathLike[str], speed: float = 1.0) -> None:
        if not isinstance(recording, Recording):
            recording = read_recording(recording)
        super().__init__()
        self.recording = recording
        self._sockets = Sockets(Behaviour(limits=False), self._obey, self._left)
        self._player = Player(recording, speed, self._perform, self._sockets.flush)
        self._was_started = False
        self._streams: dict[ServedConnection, frozenset[tuple[str, str]]] = {}
        self._away: set[ConnectionType] = set()
        self._awaited: set[ConnectionType] = set()

    # -- start and end -------------------------------------------------------------------------

    async def start(self) -> None:
        """Open a port.

        Raises:
            InvalidState: it was played already; a playback has one life.
        """
        if self._was_started:
            raise InvalidState("this replay was started already; make another one")
        self._was_started = True
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

    def _opened(self) -> None:
        self._player.start()

    async def _closing(self) -> None:
        await self._player.close()
        self._sockets.abort()

    # -- the playback --------------------------------------------------------------------------

    @property
    def duration_s(self) -> float:
        """How long the recording is, at speed 1."""
        return self.recording.duration_s

    @property
    def position_s(self) -> float:
        """How much of it is played, at speed 1; 0 before the first subscription."""
        return self._player.position_s

    @property
    def ended(self) -> bool:
        """Whether the last frame was sent."""
        return self._player.playback.next_at_s is None

    @property
    def speed(self) -> float:
        """Seconds of the recording in a second; may be set at any time."""
        return self._player.clock.speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._player.set_speed(speed)

    @property
    def is_paused(self) -> bool:
        """Whether it stands still until :meth:`resume`."""
        return self._player.clock.is_paused

    def pause(self) -> None:
        """Stand still; sockets stay open, and REST answers as of this moment."""
        self._player.pause(paused=True)

    def resume(self) -> None:
        """Go on from where it stands."""
        self._player.pause(paused=False)

    def step(self) -> Cue | None:
        """Pause, and play what comes next at once: a frame, or a break of the connection.

        Returns:
            What was played; None after the last frame.
        """
        self.pause()
        return self._player.step()

    def seek(self, position_s: float) -> None:
        """Go on from another moment; what lies between is not sent.

        Sockets are closed with code 1012 (restart), because nothing that was sent may be followed
        by something older on the same connection. Clients that come back begin with the last frame
        before that moment of each of their streams, and time stands still until they are there.

        Args:
            position_s: seconds since the first frame; held within the recording.

        Raises:
            InvalidRequest: it is no number.
        """
        if position_s != position_s:
            raise InvalidRequest(f"a moment is a number of seconds; got {position_s!r}")
        position_s = min(max(position_s, 0.0), self.duration_s)
        self._player.seek(position_s)
        self._away.clear()
        for cue in self.recording.cues:
            if cue.at_s >= position_s:
                break
            if isinstance(cue, Break):
                (self._away.discard if cue.is_over else self._away.add)(cue.connection)
        for connection in ConnectionType:
            self._drop(connection, _RESTART)
        if self._awaited:
            self._player.wait(position_s)

    def _perform(self, cue: Cue) -> None:
        if isinstance(cue, RecordedFrame):
            self._send(cue)
        elif not cue.is_over:
            self._away.add(cue.connection)
            self._drop(cue.connection, cue.code)
        else:
            self._away.discard(cue.connection)
            if cue.connection in self._awaited:
                self._player.wait(cue.at_s)

    def _send(self, frame: RecordedFrame) -> None:
        if frame.connection is not ConnectionType.PUBLIC:
            return
        packet, event = Packet(frame.payload), frame.event
        # What nobody can read is of no stream; it came to whoever listened.
        key = (event.type, event.code) if isinstance(event, MarketEvent) else None
        for connection, streams in self._streams.items():
            if key in streams or (key is None and streams):
                connection.push(_formed(packet, connection))

    def _drop(self, kind: ConnectionType, code: int | None) -> None:
        """End the connections of a kind; whoever listened is awaited."""
        for connection in list(self._sockets.open):
            if connection.private is not (kind is ConnectionType.PRIVATE):
                continue
            if self._streams.pop(connection, None):
                self._awaited.add(kind)
            # Nothing it says counts any more.
            connection.flush()
            connection.refused = True
            if code in _UNSENT_CODES:
                connection.hang_up()
            else:
                connection.close(code)

    # -- the socket ----------------------------------------------------------------------------

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if ConnectionType.PUBLIC in self._away:
            return web.Response(status=503)
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
                frame = self._player.playback.last(wish.type, code)
                if frame is not None and not wish.only_realtime:
                    packet = Packet(_REALTIME.sub(rb'\1"SNAPSHOT"', frame.payload, count=1))
                    connection.push(_formed(packet, connection))
                if not wish.only_snapshot:
                    streams.add((wish.type, code))
        self._streams[connection] = frozenset(streams)
        self._awaited.discard(ConnectionType.PUBLIC)
        if not self._awaited:
            self._player.go()

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
        rows = [self._player.playback.ticker_row(code) for code in self._codes(request)]
        return json_response([row for row in rows if row is not None])

    async def _orderbooks(self, request: web.Request) -> web.Response:
        codes, count = self._codes(request), whole_number(request.query, "count", _DEPTH, _DEPTH)
        rows = [self._player.playback.orderbook_row(code, count) for code in codes]
        return json_response([row for row in rows if row is not None])

    async def _candles(self, request: web.Request) -> web.Response:
        unit = _UNITS.get(request.match_info["unit"])
        code = request.query.get("market", "")
        if unit is None or code not in self.recording.codes:
            raise QuotationError(404, "Code not found")
        count = whole_number(request.query, "count", 1, _MOST_CANDLES)
        to_ms = moment(request.query, _END_OF_TIME_MS)
        return json_response(self._player.playback.candle_rows(code, unit, count, to_ms))

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


Replayer = RecordedExchange
