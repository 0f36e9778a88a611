"""What lies between streams and subscriptions: the routing's records. Pure."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .backpressure import Delivery
from .subscriptions import Stream, StreamEvent, stream_of

__all__ = [
    "KEPT_WHILE_RESTING",
    "BackpressureHandler",
    "Link",
    "OutletStatistics",
    "Route",
    "RoutingStatistics",
]

ConsumerT = TypeVar("ConsumerT")

#: So many events wait for a consumer that rests or is at work, beside the newest of each stream:
#: few enough to be handed over within a frame, and as many candles as one REST page holds.
KEPT_WHILE_RESTING = 200


@dataclass(frozen=True, slots=True)
class OutletStatistics:
    """Counts of events since the subscription was made; nothing is lost in silence.

    Of the events that were ``routed`` to it, some were ``delivered``; ``dropped`` by a full queue;
    ``coalesced``, replaced by newer ones of their stream; ``withheld`` while its callback was
    muted; ``outdated``, as their connection ended first; and ``queued`` wait now. These six sum up
    to the first.
    """

    delivered: int = 0
    dropped: int = 0
    coalesced: int = 0
    queued: int = 0
    withheld: int = 0
    outdated: int = 0
    routed: int = 0

    def __add__(self, other: OutletStatistics) -> OutletStatistics:
        return OutletStatistics(
            delivered=self.delivered + other.delivered,
            dropped=self.dropped + other.dropped,
            coalesced=self.coalesced + other.coalesced,
            queued=self.queued + other.queued,
            withheld=self.withheld + other.withheld,
            outdated=self.outdated + other.outdated,
            routed=self.routed + other.routed,
        )


@dataclass(frozen=True, slots=True)
class RoutingStatistics:
    """What became of all events since the engine was made.

    Of the ``events`` that came in, ``repeated`` were snapshots of what had been delivered,
    ``unwanted`` had no subscriber left, and ``late`` were tickers of a former day that came after
    one of this day. ``streams`` are routed now. The rest are sums over all
    subscriptions, ended ones included, as in :class:`OutletStatistics`.
    """

    events: int
    repeated: int
    unwanted: int
    late: int
    streams: int
    routed: int
    delivered: int
    dropped: int
    coalesced: int
    withheld: int
    outdated: int
    queued: int


# State: the newest event and how many there were; whether a round that hands it out is due
# (``fresh``) and in the engine's list (``listed``), and who is still to get it in the round under
# way (``behind``); who takes events how (``newest``: coalesced, ``keeping``: each one, ``resting``:
# none now); and who has never received the newest one, because it was of an older connection.
class Route:
    """One stream, and everyone who takes part in it."""

    __slots__ = (
        "behind",
        "count",
        "fresh",
        "is_candle",
        "keeping",
        "last",
        "listed",
        "newest",
        "resting",
        "stream",
        "waiting",
    )

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.is_candle = stream.type.startswith("candle")
        self.last: StreamEvent | None = None
        self.count = 0
        self.fresh = False
        self.listed = False
        self.behind: list[Link] = []
        self.newest: dict[Link, None] = {}
        self.keeping: dict[Link, None] = {}
        self.resting: dict[Link, None] = {}
        self.waiting: dict[Link, None] = {}

    @property
    def is_wanted(self) -> bool:
        """Whether anyone takes part."""
        return bool(self.newest or self.keeping or self.resting)


# State: how many of the route's events came before it took part (``joined``), and how many it has
# been handed or has passed over (``seen``); the event to be handed over as a replay; the one that
# was queued last; the earliest time of its next event.
class Link:
    """One subscription's part in one stream.

    What is beyond ``seen`` is not lost, but counts only when it is caught up with: so an event
    costs nothing for each of a hundred consumers, nor for one that rests.
    """

    __slots__ = ("joined", "next_at", "outlet", "queued", "replay", "route", "seen")

    def __init__(self, outlet: BackpressureHandler[Any], route: Route) -> None:
        self.outlet = outlet
        self.route = route
        self.joined = route.count
        self.seen = route.count
        self.replay: StreamEvent | None = None
        self.queued: StreamEvent | None = None
        self.next_at = -math.inf

    @property
    def unseen(self) -> int:
        """How many events it is behind; what keeps each event is behind only while it is muted."""
        outlet = self.outlet
        if outlet.keeps_each_event and outlet.muted_until is None:
            return 0
        return self.route.count - self.seen

    @property
    def owed(self) -> int:
        """How many of these will be handed over: the newest, or none."""
        return 0 if self.outlet.keeps_each_event else min(1, self.unseen)

    def owe_newest(self) -> None:
        """The newest event is still to be handed over, though it came before."""
        self.joined -= 1
        self.seen = self.route.count - 1


# State: the backlog, with what does not fit but is the newest of its stream (``spared``: older than
# all that is queued, and there only while the queue is full); its part in each stream, and which of
# them have something newer for it; the marks of the engine and of the shell (``busy``); until when
# it is muted, and since when it is neither that nor paused; and counters.
class BackpressureHandler(Generic[ConsumerT]):
    """One subscription's outlet: it holds what comes faster than the consumer takes it.

    How is its ``delivery``'s to say: each event waits in line, or the newest of each stream is due.
    Whatever does not arrive is counted. ``consumer`` is whatever the shell delivers to.

    The shell sets ``busy`` while the consumer is at work, be it nested or as a task, and calls
    the engine's ``finished`` after that; meanwhile nothing is delivered to it.
    """

    __slots__ = (
        "active",
        "awake_since",
        "busy",
        "coalesced",
        "consumer",
        "delivered",
        "delivery",
        "depth",
        "dropped",
        "due",
        "keeps_each_event",
        "links",
        "muted_until",
        "outdated",
        "paused",
        "queue",
        "ready",
        "room",
        "routed",
        "spared",
        "streams",
        "withheld",
    )

    def __init__(
        self,
        consumer: ConsumerT,
        streams: Iterable[Stream],
        delivery: Delivery,
        depth: int = 30,
    ) -> None:
        self.consumer = consumer
        self.streams = tuple(streams)
        self.delivery = delivery
        self.keeps_each_event = delivery.keeps_each_event
        self.depth = depth
        self.queue: deque[StreamEvent] = deque()
        self.spared: dict[Link, StreamEvent] = {}
        self.links: dict[Stream, Link] = {}
        self.due: dict[Link, None] = {}
        self.active = True
        self.busy = False
        self.paused = False
        self.ready = False
        self.muted_until: float | None = None
        self.awake_since = -math.inf
        self.routed = 0
        self.delivered = 0
        self.dropped = 0
        self.coalesced = 0
        self.withheld = 0
        self.outdated = 0
        self.room: float = math.inf

    @property
    def is_resting(self) -> bool:
        """Whether nothing is delivered until it is resumed or its mute is over."""
        return self.paused or self.muted_until is not None

    @property
    def is_free(self) -> bool:
        """Whether it can take an event now."""
        return not self.busy and not self.paused and self.muted_until is None

    def push(self, link: Link, event: StreamEvent) -> None:
        """Queue one event of ``link``; a queue that is full loses its oldest, counted.

        But never the newest of a stream: a busy market does not push out the last word of a quiet
        one.
        """
        queue = self.queue
        queue.append(event)
        link.queued = event
        if len(queue) > self.room:
            if self.spared.pop(link, None) is not None:
                self.dropped += 1
            self._lose_oldest()

    def take(self) -> StreamEvent:
        """The oldest of what waits; there must be something queued."""
        if self.spared:
            return self.spared.pop(next(iter(self.spared)))
        return self.queue.popleft()

    @property
    def backlog(self) -> list[StreamEvent]:
        """All that waits in line, oldest first."""
        return [*self.spared.values(), *self.queue]

    def replace_backlog(self, events: Iterable[StreamEvent]) -> None:
        """Have these wait in line instead, oldest first."""
        self.spared.clear()
        self.queue = deque(events)
        self.make_room()

    def make_room(self) -> None:
        """Find how many events may wait in the queue, and lose what is beyond, counted."""
        if self.spared:
            self.queue = deque(self.backlog)
            self.spared.clear()
        if not self.keeps_each_event:
            # For the ends of candles, at least one of each stream: they all end at the same time.
            # While they are caught up with, as many may come again.
            room = max(KEPT_WHILE_RESTING, len(self.links))
            self.room = room if self.paused else 2 * room
        elif self.paused:
            self.room = min(self.delivery.maxlen, KEPT_WHILE_RESTING)
        else:
            self.room = self.delivery.maxlen or math.inf
        while len(self.queue) > self.room:
            self._lose_oldest()

    def _lose_oldest(self) -> None:
        event = self.queue.popleft()
        if len(self.links) > 1:
            link = self.links[stream_of(event)]
            if event is link.queued:
                self.spared[link] = event
                return
        # Of a single stream the oldest is not the newest, too.
        self.dropped += 1

    def settle(self, link: Link) -> None:
        """Count what ``link`` is behind and will never be handed."""
        missed = link.unseen - link.owed
        link.seen += missed
        if self.muted_until is None:
            self.coalesced += missed
        else:
            self.withheld += missed

    def statistics(self) -> OutletStatistics:
        """The counters as of now."""
        routed, queued, passed_over = self.routed, len(self.queue) + len(self.spared), 0
        for link in self.links.values():
            routed += link.route.count - link.joined
            owed = link.owed
            queued += owed
            passed_over += link.unseen - owed
        muted = self.muted_until is not None
        return OutletStatistics(
            delivered=self.delivered,
            dropped=self.dropped,
            coalesced=self.coalesced + (0 if muted else passed_over),
            queued=queued,
            withheld=self.withheld + (passed_over if muted else 0),
            outdated=self.outdated,
            routed=routed,
        )
