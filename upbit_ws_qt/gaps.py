"""One stream of trades or candles, kept without a hole or with a named one. Pure.

Trades and candles are not like prices, of which the newest is enough: what was missed stays
missing. So a line remembers what it has handed on of late, and when something may have been missed
it reads that time once more over REST: what it does not know yet was missing, and is put in its
place. What comes over the stream meanwhile waits for that, if it is known to come after a hole.

The exchange numbers trades, but does not promise their order: one can arrive after a later one.
Therefore nothing is concluded from numbers alone, and what is read reaches some seconds further
back than the newest trade that came. Source: docs.upbit.com, websocket-trade.

Times of events are the exchange's ms since 1970; ``now`` is monotonic seconds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeAlias, TypeVar

from .candle_pages import CandlePages
from .events import CandleEvent, MarketEvent, TradeEvent
from .quotation import CANDLE_PAGE, TRADE_PAGE
from .rest_call import RestCall
from .subscriptions import Stream
from .timeframe import Timeframe
from .trade_pages import TradePages

__all__ = ["CandleLine", "Line", "Splice", "TradeLine"]

EventT = TypeVar("EventT", bound=MarketEvent)
RowT = TypeVar("RowT")
#: What orders a stream, and of the same event how far it has grown.
_Place: TypeAlias = tuple[int, float]

#: A trade that comes later than this after a younger one is not looked for.
DISORDER_MS = 10_000
#: So long, and for so many events, what follows a hole waits for what is missing. A market whose
#: trades stand still for longer looks dead.
HOLD_S = 15.0
MOST_HELD = 5_000
#: For so long it is tried to find out whether there is a hole at all; nothing waits for that.
CHECK_S = 60.0
#: So many pages are read for one hole; of a longer absence the older part is named instead.
MOST_PAGES = 10
#: A hole is usually small, so the first page is.
FIRST_TRADES, FIRST_CANDLES = 100, 10
_BEGINNING: _Place = (0, 0)
_UNKNOWN: tuple[None, int] = (None, 0)
#: So much is remembered of what was handed on; a flood shortens how far back that reaches.
MOST_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Splice(Generic[EventT]):
    """What ends a doubt, oldest first: what was missing, and what has waited for it.

    ``count`` were missing; ``waited`` says whether others did. ``since_ms`` and ``until_ms`` are
    the times of the events on both sides of the hole; until ``lost_until_ms``, if that is not None,
    what was missing stays missing. What was read before anything had come was not missing.
    """

    events: tuple[EventT, ...]
    count: int
    waited: bool
    since_ms: int
    until_ms: int
    lost_until_ms: int | None = None


class _Pages(Protocol[RowT]):
    """Reads a stretch of history, the newest page first."""

    def next_call(self) -> RestCall[tuple[RowT, ...]] | None: ...
    def take(self, page: Sequence[RowT], /) -> None: ...
    @property
    def rows(self) -> tuple[RowT, ...]: ...
    @property
    def is_whole(self) -> bool: ...


# State: the place and the time of what was handed on of late, by number; from where on all of that
# is known, the newest place with its time, and the number handed on last; whether something may
# have been missed since when, and whether what comes then waits; what waits, and the place and time
# of what came first after the last hole; what is being read, and how new it has to be.
class Line(ABC, Generic[EventT]):
    """One stream, as far as it was handed on.

    Attributes:
        repeated: how many events were not handed on because they had come before.
        give_up_at: when the doubt has to end; None while there is none, or nobody has asked yet.
    """

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.repeated = 0
        self.give_up_at: float | None = None
        self._known: dict[int, tuple[_Place, int]] = {}
        self._sure: _Place = _BEGINNING
        self._newest: _Place | None = None
        self._newest_ms = 0
        self._latest: int | None = None
        self._doubt_ms: int | None = None
        self._waits = False
        self._held: dict[int, EventT] | None = None
        self._resumed: tuple[_Place, int] = _BEGINNING, 0
        self._pages: _Pages[EventT] | None = None
        self._anchor: _Place = _BEGINNING
        self._anchor_ms = 0

    # -- of trades and of candles -----------------------------------------------------------------

    @abstractmethod
    def _key(self, event: EventT) -> tuple[int, _Place, int]:
        """Number, place and time of an event, in one call for the path of every message.

        The number tells it from all others of the stream. Of two with the same number the greater
        place has grown since. The time is ms since 1970, by the exchange's clock.
        """

    def _number(self, event: EventT) -> int:
        return self._key(event)[0]

    def _place(self, event: EventT) -> _Place:
        return self._key(event)[1]

    def _time_ms(self, event: EventT) -> int:
        return self._key(event)[2]

    @abstractmethod
    def _history(self, since: int | None) -> _Pages[EventT]:
        """Reads what there was from that place on; the last one if that is None."""

    @property
    @abstractmethod
    def _late_ms(self) -> int:
        """An event may come after others that are younger by so much."""

    @property
    def _early_ms(self) -> int:
        """And before others that are older by so much."""
        return 0

    # -- what happens ---------------------------------------------------------------------------

    @property
    def is_in_doubt(self) -> bool:
        """Whether something may be missing that is not named yet."""
        return self._doubt_ms is not None

    @property
    def is_holding(self) -> bool:
        """Whether what comes waits for what is missing."""
        return self._held is not None

    @property
    def hole(self) -> tuple[int, int]:
        """The times of the events on both sides of what may be missing."""
        until_ms = self._newest_ms
        since_ms = until_ms if self._doubt_ms is None else self._doubt_ms
        if self._held:
            until_ms = min(self._time_ms(event) for event in self._held.values())
        return since_ms, max(since_ms, until_ms)

    def heard(self, event: EventT, now: float) -> EventT | None:
        """An event came; returns it if it is to be handed on now."""
        number, place, time_ms = self._key(event)
        if self._held is None and not self._waits and number not in self._known:
            # Nearly always.
            self._hand_on(number, place, time_ms)
            return event
        known, _ = self._known.get(number, _UNKNOWN)
        waiting = self._held.get(number) if self._held else None
        before = known if waiting is None else self._place(waiting)
        if self._waits:
            self._waits = False
            if before is None and place >= self._sure:
                self._follows_hole(place, time_ms, now)
        if self._held is not None:
            if before is not None and place <= before:
                self.repeated += 1
                return None
            # Of a candle the last state counts.
            self._held[number] = event
            if len(self._held) > MOST_HELD:
                self.give_up_at = now
            return None
        if known is not None and place <= known and not self._is_told_again(event):
            self.repeated += 1
            return None
        self._hand_on(number, place, time_ms)
        return event

    def doubt(self, *, hold: bool) -> bool:
        """Something may have been missed; returns whether there is anything it could follow.

        Args:
            hold: whether what comes has to wait, because there is a hole before it.
        """
        if self._newest is None:
            return False
        if self._doubt_ms is None:
            self._doubt_ms = self._newest_ms
        self._waits = hold or self._waits
        # An answer that is on its way is about the time before.
        self._pages = None
        return True

    # -- what is read ---------------------------------------------------------------------------

    @property
    def has_more(self) -> bool:
        """Whether a page is missing that can be asked for at once."""
        return self._pages is not None

    def next_call(self, now: float) -> RestCall[tuple[EventT, ...]] | None:
        """What to ask now."""
        if self._pages is None:
            self._pages = self._history(None if self._newest is None else self._sure[0])
            # The answer has to be as new as what it is to be joined to.
            self._anchor, self._anchor_ms = self._newest or _BEGINNING, self._newest_ms
            if self._held is not None:
                self._anchor, self._anchor_ms = self._resumed
        if self.give_up_at is None and self.is_in_doubt:
            self.give_up_at = now + CHECK_S
        return self._pages.next_call()

    def take(self, page: Sequence[EventT]) -> Splice[EventT] | None:
        """A page came; returns what it all adds, once nothing is missing any more.

        None where there is more to read, at once (``has_more``) or a little later.
        """
        if self._pages is None:
            return None
        self._pages.take(page)
        if self._pages.next_call() is not None:
            return None
        pages, self._pages = self._pages, None
        if not self._is_new_enough(pages.rows):
            return None
        rows, lost_until_ms = pages.rows, None
        if self._newest is not None and rows and not pages.is_whole and self._is_missing(rows[0]):
            lost_until_ms = self._time_ms(rows[0])
        splice = self._splice(rows, lost_until_ms)
        # Up to the anchor nothing is missing but what comes late.
        late_ms = self._anchor_ms - self._late_ms
        late = (place for place, time_ms in self._known.values() if time_ms >= late_ms)
        self._be_sure_from(min(late, default=self._sure))
        return splice

    def give_up(self) -> Splice[EventT]:
        """End the doubt with what was read so far."""
        rows = () if self._pages is None else self._pages.rows
        self._pages = None
        lost_until_ms = self.hole[1]
        if rows and self._is_new_enough(rows):
            lost_until_ms = self._time_ms(rows[0])
        # What is lost is not looked for again.
        places = [self._place(event) for event in (self._held or {}).values()]
        sure = min(places, default=self._newest or _BEGINNING)
        splice = self._splice(rows, lost_until_ms)
        self._be_sure_from(sure)
        return splice

    # -- inside -----------------------------------------------------------------------------------

    def _follows_hole(self, place: _Place, time_ms: int, now: float) -> None:
        """The first event after a loss came, and others were missed before it."""
        if self._held is None:
            self._held = {}
            self.give_up_at = now + HOLD_S
        if self._doubt_ms is None:
            self._doubt_ms = self._newest_ms
        self._resumed = place, time_ms
        # An answer that is on its way may be older.
        self._pages = None

    def _is_told_again(self, event: EventT) -> bool:
        """A snapshot of the last one is for the router: it knows who never got that."""
        return event.is_snapshot and self._number(event) == self._latest

    def _is_new_enough(self, rows: Sequence[EventT]) -> bool:
        return max(map(self._place, rows), default=_BEGINNING) >= self._anchor

    def _splice(self, rows: Sequence[EventT], lost_until_ms: int | None) -> Splice[EventT]:
        """Join what was read to what is known."""
        since_ms, until_ms = self.hole
        waited, held = self._held is not None, self._held or {}
        missing = {self._number(row): row for row in rows if self._is_missing(row)}
        if missing:
            since_ms = min(since_ms, *map(self._time_ms, missing.values()))
        if lost_until_ms is not None:
            # Nobody knows which of those around it were to come in time.
            since_ms -= self._late_ms
            lost_until_ms += self._early_ms
            until_ms = max(until_ms, lost_until_ms)
        count = 0 if self._newest is None else len(missing)
        events = tuple(sorted((held | missing).values(), key=self._place))
        for event in events:
            self._hand_on(*self._key(event))
        # Whether what comes waits stays: that may be after another loss.
        self._held = self._doubt_ms = self.give_up_at = None
        return Splice(events, count, waited, since_ms, until_ms, lost_until_ms)

    def _be_sure_from(self, place: _Place) -> None:
        self._sure = max(self._sure, place)
        self._known = {n: known for n, known in self._known.items() if known[0] >= self._sure}

    def _is_missing(self, row: EventT) -> bool:
        number, place, _ = self._key(row)
        known, _ = self._known.get(number, _UNKNOWN)
        if self._held and number in self._held:
            known = self._place(self._held[number])
        return place >= self._sure if known is None else place > known

    def _hand_on(self, number: int, place: _Place, time_ms: int) -> None:
        newest = self._newest
        if newest is None:
            # What came before the first one was never asked for.
            self._sure = place
        if newest is None or place >= newest:
            self._newest, self._newest_ms = place, time_ms
        self._known[number] = place, time_ms
        self._latest = number
        if len(self._known) > MOST_REMEMBERED:
            self._remember_half()

    def _remember_half(self) -> None:
        remembered = list(self._known.items())
        half = len(remembered) // 2
        last_forgotten, _ = max(places for _, places in remembered[:half])
        self._sure = max(self._sure, (last_forgotten[0] + 1, 0))
        self._known = dict(remembered[half:])


# State: the base's.
class TradeLine(Line[TradeEvent]):
    """The trades of one market, each once.

    They are told apart and put in order by their numbers, which stay what they are when the
    exchange's clock is set; their times only say how far back to look.
    """

    def _key(self, event: TradeEvent) -> tuple[int, _Place, int]:
        number = event.sequential_id
        return number, (number, 0), event.priced_ms

    def _history(self, since: int | None) -> TradePages:
        code = self.stream.code
        if since is None:
            return TradePages(code, 1)
        most = MOST_PAGES * TRADE_PAGE
        return TradePages(code, most, since=since, first_page=FIRST_TRADES)

    @property
    def _late_ms(self) -> int:
        return DISORDER_MS

    @property
    def _early_ms(self) -> int:
        return DISORDER_MS


# State: the base's.
class CandleLine(Line[CandleEvent]):
    """The candles of one market and unit, each up to its last state."""

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream)
        self._unit = Timeframe.parse(stream.type.removeprefix("candle."))

    def _key(self, event: CandleEvent) -> tuple[int, _Place, int]:
        start_ms = event.start_ms
        # What was traded only grows, whatever the exchange's clock does.
        return start_ms, (start_ms, event.candle_acc_trade_volume), start_ms

    def _history(self, since: int | None) -> CandlePages:
        code = self.stream.code
        if since is None:
            return CandlePages(code, self._unit, 1)
        most = MOST_PAGES * CANDLE_PAGE
        return CandlePages(code, self._unit, most, since_ms=since, first_page=FIRST_CANDLES)

    @property
    def _late_ms(self) -> int:
        # The last state of a bar may come after the next one has begun.
        return max(DISORDER_MS, self._unit.duration_ms)
