"""Which streams may have a hole, when that is looked into, and what consumers are told. Pure.

Something may be missing after each new connection, after a request that replaced a running one, and
after a frame that could not be read, for it may have been of any stream. And now and then each
stream is looked into in any case: it can fall silent behind a connection that seems well.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, TypeAlias

from .actions import Instant
from .events import CandleEvent, GapEvent, GapState, Source, Stamp, TradeEvent, stamped
from .gaps import CandleLine, Line, Splice, TradeLine
from .outbox import Outbox
from .rest_call import RestCall
from .subscriptions import Stream

__all__ = ["GapRepair"]

_Line: TypeAlias = Line[Any]

#: What a frame that cannot be read has said is in REST by then; such rounds are so far apart.
_READ_AFTER_S, _ROUNDS_APART_S = 1.0, 5.0
#: Each line is read so often even if nothing seems wrong, but not more than one a second.
_CHECK_EVERY_S, _CHECKS_APART_S = 60.0, 1.0
#: What was not up to date yet is read once more after this.
_BEHIND_S = 0.5
_TOO_LATE = "it could not be read in time"
_TOO_LONG = "too much was missed to read it all"
_NOT_LISTED = "the exchange does not answer for this market"
_NO_REST = "this exchange cannot be asked for what was missed"


# State: a line for each stream of trades and of candles, by stream and by name; those in doubt;
# when all are read next because of an unreadable frame, and were last; when one is checked next,
# and which are to come; and what lines of before have counted.
class GapRepair:
    """Keeps trades and candles whole for consumers. ``now`` is monotonic seconds.

    Args:
        outbox: what consumers are told goes there.
        ask: has a stream read over REST, by then; None where there is no REST.
    """

    def __init__(self, outbox: Outbox, ask: Callable[[Stream, float], None] | None) -> None:
        self._outbox = outbox
        self._ask = ask
        self._lines: dict[Stream, _Line] = {}
        self._by_name: dict[tuple[str, str], _Line] = {}
        self._doubtful: set[Stream] = set()
        self._round_at: float | None = None
        self._last_round_at = float("-inf")
        self._check_at: float | None = None
        self._unchecked: list[Stream] = []
        self._left_repeated = 0

    # -- what happens ---------------------------------------------------------------------------

    def follow(self, streams: Collection[Stream]) -> frozenset[Stream]:
        """Keep these whole, and forget what is known of others; returns those it can keep so."""
        lines = [(stream, self._lines.get(stream) or _line_of(stream)) for stream in streams]
        before = self.repeated
        self._lines = {stream: line for stream, line in lines if line is not None}
        # Making a stream of each event costs more than finding its line.
        self._by_name = {
            (line.stream.type, line.stream.code): line for line in self._lines.values()
        }
        # What lines that are not followed any more had counted stays counted.
        self._left_repeated += before - self.repeated
        self._doubtful &= self._lines.keys()
        return frozenset(self._lines)

    def opened(self, now: float) -> None:
        """A new connection was made: what happened since the last one is missing."""
        self._doubt_all(hold=True)
        self._check_at = now + _CHECK_EVERY_S

    def requested(self) -> None:
        """A request may have replaced a running one; nothing has to wait for what it cost."""
        self._doubt_all(hold=False)

    def left(self, streams: Collection[Stream]) -> None:
        """These are not polled any more: until a socket carries them they are missed."""
        self._doubt((self._lines[stream] for stream in streams if stream in self._lines), hold=True)

    def accepted(self) -> None:
        """The streams flow: what came before can be read."""
        self._read(self._doubtful, float("-inf"))

    def unreadable(self, now: float) -> None:
        """A frame could not be read."""
        if self._round_at is None and self._lines:
            # Should it stay missing, it is named from now on.
            self._doubt_all(hold=False)
            self._round_at = max(now + _READ_AFTER_S, self._last_round_at + _ROUNDS_APART_S)

    def heard(self, event: TradeEvent | CandleEvent, now: float) -> None:
        """A trade or a candle came over the stream."""
        line = self._by_name.get((event.type, event.code))
        if line is None:
            self._outbox.put(event)
            return
        was_holding = line.is_holding
        passed = line.heard(event, now)
        if passed is not None:
            self._outbox.put(passed)
        elif line.is_holding and not was_holding:
            self._doubtful.add(line.stream)
            self._say(line, GapState.FOUND, line.hole, event.stamp)
            self._read((line.stream,), now)
            if self._ask is None:
                self._join(line, line.give_up(), event.stamp, _NO_REST)

    def next_call(self, stream: Stream, now: float) -> RestCall[Any] | None:
        """How to read the next page of a stream."""
        return self._lines[stream].next_call(now)

    def take(self, stream: Stream, page: Any, stamp: Stamp, now: float) -> None:
        """A page of a stream was read; ``stamp`` is for what is in it."""
        line = self._lines[stream]
        splice = line.take(page)
        if splice is not None:
            self._join(line, splice, stamp, _TOO_LONG)
        else:
            self._read((stream,), now if line.has_more else now + _BEHIND_S)

    def not_offered(self, stream: Stream, stamp: Stamp) -> None:
        """The exchange does not answer for a stream: it lists the market no longer, perhaps."""
        if stream in self._doubtful:
            line = self._lines[stream]
            self._join(line, line.give_up(), stamp, _NOT_LISTED)

    def handle_timer(self, now: Instant) -> None:
        """A deadline passed."""
        at = now.monotonic
        if self._round_at is not None and self._round_at <= at:
            self._round_at, self._last_round_at = None, at
            self._doubt_all(hold=False)
            self._read(self._doubtful, at)
        if self._check_at is not None and self._check_at <= at:
            self._check_next(at)
        for stream in tuple(self._doubtful):
            line = self._lines[stream]
            if line.give_up_at is not None and line.give_up_at <= at:
                stamp = self._outbox.stamp_at(now, Source.REST)
                self._join(line, line.give_up(), stamp, _TOO_LATE)

    # -- what follows ---------------------------------------------------------------------------

    @property
    def repeated(self) -> int:
        """How many events were not handed on because they had come before."""
        return self._left_repeated + sum(line.repeated for line in self._lines.values())

    def is_in_doubt(self, stream: Stream) -> bool:
        """Whether something of a stream may be missing."""
        return stream in self._doubtful

    def next_deadline(self) -> float | None:
        """When there is something to do."""
        ends = (self._lines[stream].give_up_at for stream in self._doubtful)
        deadlines = (self._round_at, self._check_at, *ends)
        return min((at for at in deadlines if at is not None), default=None)

    # -- inside -----------------------------------------------------------------------------------

    def _doubt_all(self, *, hold: bool) -> None:
        if self._ask is None and not hold:
            return  # Only a hole that shows can be named.
        self._doubt(self._lines.values(), hold=hold)

    def _doubt(self, lines: Iterable[_Line], *, hold: bool) -> None:
        for line in lines:
            if line.doubt(hold=hold):
                self._doubtful.add(line.stream)

    def _read(self, streams: Iterable[Stream], at: float) -> None:
        if self._ask is not None:
            for stream in streams:
                self._ask(stream, at)

    def _check_next(self, now: float) -> None:
        """Read one line in which nothing seems wrong."""
        self._unchecked = [stream for stream in self._unchecked if stream in self._lines]
        if self._unchecked:
            self._read((self._unchecked.pop(),), now)
            self._check_at = now + _CHECKS_APART_S
        else:
            self._unchecked = list(self._lines)
            self._check_at = now + _CHECK_EVERY_S

    def _join(self, line: _Line, splice: Splice[Any], stamp: Stamp, reason: str) -> None:
        """Hand on what a line has found, and say so."""
        hole, lost_until_ms = (splice.since_ms, splice.until_ms), splice.lost_until_ms
        polled = stamp.source is Source.POLLED
        self._doubtful.discard(line.stream)
        if splice.count and not splice.waited and not polled:
            self._say(line, GapState.FOUND, hole, stamp)
        if lost_until_ms is not None:
            lost = (splice.since_ms, lost_until_ms)
            self._say(line, GapState.UNFILLABLE, lost, stamp, reason=reason)
            hole = (lost_until_ms, splice.until_ms)
        for event in splice.events:
            from_rest = event.stamp.source is Source.REST
            self._outbox.put(stamped(event, stamp) if from_rest else event)
        if (splice.count and not polled) or (splice.waited and lost_until_ms is None):
            self._say(line, GapState.FILLED, hole, stamp, count=splice.count)

    def _say(
        self,
        line: _Line,
        state: GapState,
        hole: tuple[int, int],
        stamp: Stamp,
        *,
        count: int = 0,
        reason: str = "",
    ) -> None:
        since_ms, until_ms = hole
        self._outbox.put(
            GapEvent(
                stream=line.stream,
                state=state,
                since_ms=since_ms,
                until_ms=until_ms,
                count=count,
                reason=reason,
                stamp=stamp,
            )
        )


def _line_of(stream: Stream) -> _Line | None:
    if stream.type == "trade":
        return TradeLine(stream)
    return CandleLine(stream) if stream.type.startswith("candle.") else None
