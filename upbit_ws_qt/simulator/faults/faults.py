"""What goes wrong on command: the operator's side of the simulated exchange. Pure.

Each method begins one fault; :meth:`Faults.clear` ends those that last. Scripts, the command line
and the viewer's menu call the very same methods by their names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.markets import check_market
from upbit_ws_qt.simulator.streams.frame_faults import Corruption, FrameFaults, Mistake, Occasion
from upbit_ws_qt.simulator.streams.request import STREAM_TYPES

from .levers import FaultyConnection, Levers

__all__ = ["AT_ONCE", "LASTING", "Door", "Faults", "Refusal"]

Door: TypeAlias = Literal["sockets", "rest"]

# The faults that are over at once, and those that last until they are cleared.
AT_ONCE = ("drop", "reset", "lose_streams", "expire_key", "list_market", "delist_market")
LASTING = (
    "half_open",
    "silence",
    "slow",
    "refuse",
    "accept_then_close",
    "duplicate",
    "reorder",
    "corrupt",
    "oversized",
    "wrong_type",
    "skew_clock",
    "maintenance",
    "halt_market",
)

_MOST_MEGABYTES = 64.0
_MOST_SKEW_MS = 366 * 86_400_000
# What waits is held in memory.
_MOST_REORDERED = 1000
_LONGEST_NOTICE_S = 366 * 86_400


# State: how often it is still given.
@dataclass(slots=True)
class Refusal:
    """What a client is told instead of being served.

    ``how`` is a status, ``reset`` (of the TCP connection), ``timeout`` (no answer ever comes) or
    ``maintenance``; ``left`` is None until it is cleared.
    """

    how: int | Literal["reset", "timeout", "maintenance"]
    left: int | None = None
    retry_after_s: int | None = None


# State: every fault that is on.
class Faults:
    """The faults of one exchange. Wrong arguments are ``InvalidRequest`` at the call.

    Faults that change frames take data frames only; errors, the status and the list of
    subscriptions pass. ``every=3`` takes each third of them, ``times=5`` five of them and then no
    more (None: until cleared), counted over all sockets together. The same fault asked for again
    takes the place of the former one; streams that are silent and markets that are halted add up.

    Args:
        connections: the open WebSockets, kept up to date by their owner.
        levers: the rest of the exchange.
        seed: of what is left to chance.
    """

    def __init__(
        self, connections: Sequence[FaultyConnection], levers: Levers, seed: int = 1
    ) -> None:
        self._connections = connections
        self._levers = levers
        self._frames = FrameFaults(seed)
        self._refusals: dict[Door, Refusal] = {}
        self._ending: Callable[[FaultyConnection], None] | None = None
        self._endings_left: int | None = None
        self._frozen: list[FaultyConnection] = []
        self._maintained = False
        self._all_halted = False
        self._halted: dict[str, None] = {}

    # -- connections ---------------------------------------------------------------------------

    def drop(self, code: int | None = None) -> None:
        """End every WebSocket: with a closing frame of ``code``, or without one.

        A client sees that code, or 1006.
        """
        _check_code(code)
        for connection in list(self._connections):
            if code is None:
                connection.abort()
            else:
                connection.close(code)

    def reset(self) -> None:
        """Reset the TCP connection of every WebSocket.

        A client sees code 1006, from an error of the socket ("connection reset by peer").
        """
        for connection in list(self._connections):
            connection.reset()

    def half_open(self) -> None:
        """Read and write nothing more on the WebSockets that are open now, and keep them open.

        A client sees nothing at all: no data, no pong, no answer to its closing frame. New
        connections are served. When cleared, the sockets go on; what was to be sent is lost.
        """
        for connection in list(self._connections):
            if connection not in self._frozen:
                connection.freeze()
                self._frozen.append(connection)

    def lose_streams(self, stream: str | None = None, code: str | None = None) -> None:
        """Forget what was subscribed to on the WebSockets that are open now, without a word.

        A client sees no more frames of one type of stream, of one market, of one stream of one
        market, or, without arguments, of any kind, until it subscribes again; LIST_SUBSCRIPTIONS
        does not list them.
        """
        _check_stream(stream, code)
        self._levers.lose_streams(stream, code)

    def accept_then_close(
        self, code: int | None = None, after_ms: int = 0, times: int | None = None
    ) -> None:
        """Accept new WebSockets and end them ``after_ms`` later, before any data.

        A client sees a good handshake and then ``code``, or 1006 where it is None.
        """
        _check_code(code)
        _check_least("after_ms", after_ms, 0)
        _check_times(times)
        self._ending = lambda connection: connection.end_after(after_ms / 1000, code)
        self._endings_left = times

    def refuse(
        self,
        how: int | Literal["reset", "timeout"] = 503,
        of: Literal["sockets", "rest", "both"] = "sockets",
        times: int | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        """Refuse new WebSockets, REST calls, or both, the next ``times``.

        A client sees the HTTP status (400 to 599) with an error in its body, a reset of the TCP
        connection, or no answer until it gives up. ``retry_after_s`` becomes a ``Retry-After``.
        """
        if not isinstance(how, int):
            _check_word("how", how, ("reset", "timeout"))
        elif not 400 <= how <= 599:
            raise InvalidRequest(f"a refusal is an HTTP status from 400 to 599; got {how!r}")
        _check_word("of", of, ("sockets", "rest", "both"))
        if retry_after_s is not None:
            _check_least("retry_after_s", retry_after_s, 0)
        _check_times(times)
        refusal = Refusal(how, times, retry_after_s)
        doors: tuple[Door, ...] = ("sockets", "rest") if of == "both" else (of,)
        for door in doors:
            self._refusals[door] = refusal

    # -- frames --------------------------------------------------------------------------------

    def silence(self, stream: str | None = None, code: str | None = None) -> None:
        """Keep the sockets open, answer protocol pings, and send nothing else.

        A client sees no frames: of one type of stream (``ticker``, ``candle.1m``), of one market,
        of one stream of one market, or, without arguments, of any kind.
        """
        _check_stream(stream, code)
        self._frames.silent.add((stream, code))
        self._filter_all()

    def slow(self, delay_s: float = 0.0, bytes_per_second: float | None = None) -> None:
        """Deliver every frame later, as over a long or a narrow line.

        A client sees all frames in order, with old timestamps. One that is more than
        ``write_limit_bytes`` of the exchange's behaviour behind is dropped.
        """
        _check_least("delay_s", delay_s, 0)
        if bytes_per_second is not None and not bytes_per_second > 0:
            raise InvalidRequest(f"bytes_per_second must be above 0; got {bytes_per_second!r}")
        if not delay_s and bytes_per_second is None:
            raise InvalidRequest("slow needs delay_s above 0, or bytes_per_second; got neither")
        self._frames.delay_s, self._frames.bytes_per_second = delay_s, bytes_per_second
        self._filter_all()

    def duplicate(self, every: int = 1, times: int | None = None) -> None:
        """Send frames twice.

        A client sees the same bytes again, at once.
        """
        self._frames.duplicate(_occasion(every, times))
        self._filter_all()

    def reorder(self, window: int = 2) -> None:
        """Send frames in another order: each ``window`` of one socket in reverse, newest first.

        A client sees older timestamps after newer ones. Frames wait until the window is full.
        """
        if not 2 <= window <= _MOST_REORDERED:
            raise InvalidRequest(f"window is from 2 to {_MOST_REORDERED} frames; got {window!r}")
        self._frames.window = window
        self._filter_all()

    def corrupt(
        self, kind: Corruption = "truncated", every: int = 1, times: int | None = None
    ) -> None:
        """Send frames that nobody can read.

        A client sees the first half of the JSON (``truncated``), random bytes (``garbage``), text
        that is not UTF-8 (``utf8``), a WebSocket frame of an opcode that nobody has defined
        (``framing``; clients end the connection), or ``NaN`` for every number (``nan``).
        """
        _check_word("kind", kind, get_args(Corruption))
        self._frames.corrupt(kind, _occasion(every, times))
        self._filter_all()

    def oversized(self, megabytes: float = 2.0, every: int = 1, times: int | None = 1) -> None:
        """Send frames of so many MiB; the next one only, unless ``times`` says otherwise.

        A client sees a frame with a field ``padding``; many libraries end the connection with
        code 1009 above 1 MiB or so.
        """
        if not 0 < megabytes <= _MOST_MEGABYTES:
            raise InvalidRequest(
                f"megabytes must be above 0, at most {_MOST_MEGABYTES:g}; got {megabytes!r}"
            )
        self._frames.oversized(int(megabytes * 1024 * 1024), _occasion(every, times))
        self._filter_all()

    def wrong_type(self, kind: Mistake = "text", every: int = 1, times: int | None = None) -> None:
        """Send frames that can be read and are not what the documents say.

        A client sees a text frame instead of a binary one (``text``), a ``type`` it does not know
        (``type``), every number as a string (``string``), or the frame inside an array in an
        object (``shape``).
        """
        _check_word("kind", kind, get_args(Mistake))
        self._frames.wrong_type(kind, _occasion(every, times))
        self._filter_all()

    def skew_clock(self, ms: int) -> None:
        """Let the exchange's clock be wrong by ``ms``, fast or (below 0) slow.

        A client sees it in every timestamp in ms, of frames and REST, and in the ``Date`` header;
        dates and times in words, and the market itself, stay.
        """
        if not abs(ms) <= _MOST_SKEW_MS:
            raise InvalidRequest(f"ms must be within {_MOST_SKEW_MS} of 0; got {ms!r}")
        self._frames.shift_ms = ms
        self._filter_all()

    # -- the exchange --------------------------------------------------------------------------

    def maintenance(self) -> None:
        """Close the exchange: trading stops, WebSockets end and are refused, REST is offline.

        A client sees code 1001 and then status 503; REST answers 503, and 403 ``market_offline``
        where a key is needed. Nothing announces it. When cleared, trading goes on.
        """
        self._maintained = True
        self._move_clock()
        self.drop(1001)

    def halt_market(self, code: str | None = None) -> None:
        """Stop trading in one market, or (None) everywhere: the market's time stands still.

        A client sees a ticker with ``is_trading_suspended`` of the one market, and no more trades,
        books and candles until it is cleared.
        """
        if code is None:
            self._all_halted = True
            self._move_clock()
        else:
            self._levers.halt(check_market(code), on=True)
            self._halted[code] = None

    def list_market(self, code: str) -> None:
        """List a market that has never been traded, or that was delisted.

        A client sees it, once it has its first trade, in ``/v1/market/all`` and in what it
        subscribes to from then on.
        """
        self._levers.list_market(check_market(code))

    def delist_market(self, code: str, after_s: float = 0.0) -> None:
        """Delist a market, at once or after so many seconds of the market's time.

        A client sees the day in its tickers (``delisting_date``) until then; then a last ticker
        ``DELISTED``, no more frames of it, open orders cancelled, and REST knows it no longer.
        """
        _check_least("after_s", after_s, 0)
        if after_s > _LONGEST_NOTICE_S:
            raise InvalidRequest(f"after_s must be at most {_LONGEST_NOTICE_S}; got {after_s!r}")
        self._levers.delist_market(check_market(code), after_s)

    def expire_key(self) -> None:
        """Let the key of ``credentials()`` expire.

        A client sees 401 ``expired_access_key``; what becomes of an open private WebSocket hangs
        on ``expired_key`` of the exchange's behaviour.
        """
        self._levers.expire_key()

    # -- the end -------------------------------------------------------------------------------

    def clear(self, *names: str) -> None:
        """End these lasting faults, or all: ``clear("silence", "slow")``, ``clear()``."""
        for name in names:
            if name not in LASTING:
                raise InvalidRequest(f"clear ends {', '.join(LASTING)}; got {name!r}")
        for name in names or LASTING:
            self._end(name)
        self._filter_all()

    def _end(self, name: str) -> None:
        frames = self._frames
        if name == "half_open":
            while self._frozen:
                self._frozen.pop().thaw()
        elif name == "silence":
            frames.silent.clear()
        elif name == "slow":
            frames.delay_s, frames.bytes_per_second = 0.0, None
        elif name == "refuse":
            self._refusals.clear()
        elif name == "accept_then_close":
            self._ending = None
        elif name == "reorder":
            frames.window = 1
        elif name == "skew_clock":
            frames.shift_ms = 0
        elif name == "maintenance":
            self._maintained = False
            self._move_clock()
        elif name == "halt_market":
            self._all_halted = False
            self._move_clock()
            while self._halted:
                self._levers.halt(self._halted.popitem()[0], on=False)
        else:
            frames.end(name)

    # -- what the sockets and the gate ask -----------------------------------------------------

    @property
    def shift_ms(self) -> int:
        """How wrong the clock is."""
        return self._frames.shift_ms

    def greet(self, connection: FaultyConnection) -> None:
        """A WebSocket was opened."""
        if self._frames.on:
            connection.filter(self._frames)
        if self._ending is not None and self._endings_left != 0:
            self._ending(connection)
            if self._endings_left is not None:
                self._endings_left -= 1

    def forget(self, connection: FaultyConnection) -> None:
        """A WebSocket has ended."""
        if connection in self._frozen:
            self._frozen.remove(connection)

    def refusal(self, door: Door) -> Refusal | None:
        """What whoever comes to this door now is told instead of being served."""
        if self._maintained:
            return Refusal("maintenance")
        refusal = self._refusals.get(door)
        if refusal is None or refusal.left == 0:
            return None
        if refusal.left is not None:
            refusal.left -= 1
        return refusal

    def _filter_all(self) -> None:
        for connection in self._connections:
            connection.filter(self._frames if self._frames.on else None)

    def _move_clock(self) -> None:
        self._levers.stop_clock(self._maintained or self._all_halted)


def _check_code(code: int | None) -> None:
    # Source: RFC 6455, section 7.4: the codes that may stand in a closing frame.
    if code is not None and not (
        (1000 <= code <= 1014 and code not in (1004, 1005, 1006)) or 3000 <= code <= 4999
    ):
        raise InvalidRequest(
            f"a close code is 1000 to 1014 but 1004 to 1006, or 3000 to 4999; got {code!r}"
        )


def _check_stream(stream: str | None, code: str | None) -> None:
    if stream is not None and stream not in STREAM_TYPES:
        listed = ", ".join(sorted(STREAM_TYPES))
        raise InvalidRequest(f"a stream is one of {listed}; got {stream!r}")
    if code is not None:
        check_market(code)


def _check_word(name: str, word: str, words: tuple[str, ...]) -> None:
    if word not in words:
        raise InvalidRequest(f"{name} is one of {', '.join(words)}; got {word!r}")


def _check_least(name: str, value: float, least: int) -> None:
    if not value >= least:
        raise InvalidRequest(f"{name} must be at least {least}; got {value!r}")


def _check_times(times: int | None) -> None:
    if times is not None:
        _check_least("times", times, 1)


def _occasion(every: int, times: int | None) -> Occasion:
    _check_least("every", every, 1)
    _check_times(times)
    return Occasion(every, times)
