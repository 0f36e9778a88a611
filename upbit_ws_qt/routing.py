"""Which event goes to whom, and when. Pure.

Coalescing happens at the stream, not at the consumer: one dirty mark and one newest event serve all
coalescing consumers of a stream, so a hundred of them cost no more than one until delivery.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .backpressure import Delivery, Policy
from .events import CandleEvent, MarketEvent, OrderbookEvent, Stamp, stamped
from .recovery import EpochManager
from .subscriptions import BALANCE_STREAM, Stream, StreamEvent, stream_of

__all__ = ["DataRoutingEngine", "Outlet", "OutletStatistics"]

ConsumerT = TypeVar("ConsumerT")


@dataclass(frozen=True, slots=True)
class OutletStatistics:
    """Counts of events since the subscription was made; ``queued`` wait now.

    ``dropped`` were lost by a full queue, ``coalesced`` replaced by newer ones of their stream.
    """

    delivered: int = 0
    dropped: int = 0
    coalesced: int = 0
    queued: int = 0


# State: the newest event; whether a round that hands it out is due (``fresh``) and in the engine's
# list (``listed``), and who is still to get it in the round under way (``behind``); who takes
# events how (``newest``: coalesced, ``keeping``: each one); who has not received it yet; from whom
# the newest one is held back; how many were ``replaced`` for everyone before their round began.
class _Route:
    __slots__ = (
        "behind",
        "fresh",
        "holding",
        "keeping",
        "last",
        "listed",
        "newest",
        "replaced",
        "waiting",
    )

    def __init__(self) -> None:
        self.last: StreamEvent | None = None
        self.fresh = False
        self.listed = False
        self.behind: list[Outlet[Any]] = []
        self.newest: dict[Outlet[Any], None] = {}
        self.keeping: dict[Outlet[Any], None] = {}
        self.waiting: dict[Outlet[Any], None] = {}
        self.holding: dict[Outlet[Any], None] = {}
        self.replaced = 0

    def side(self, outlet: Outlet[Any]) -> dict[Outlet[Any], None]:
        return self.keeping if outlet.delivery.keeps_each_event else self.newest


# State: the backlog, the streams whose newest event it is still to get, the marks of the engine and
# of the shell (``busy``), the times of the throttle, and counters; of what a route had replaced
# for everyone, ``joined_at`` is what was before its time.
class Outlet(Generic[ConsumerT]):
    """One subscription's end of the pipe; ``consumer`` is whatever the shell delivers to.

    The shell sets ``busy`` while the consumer is at work, be it nested or as a task, and calls
    ``finished`` after that; meanwhile nothing is delivered to it.
    """

    __slots__ = (
        "active",
        "busy",
        "coalesced",
        "consumer",
        "delivered",
        "delivery",
        "depth",
        "dropped",
        "held",
        "joined_at",
        "next_at",
        "queue",
        "ready",
        "streams",
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
        self.depth = depth
        self.queue: deque[StreamEvent] = deque()
        self.held: dict[Stream, None] = {}
        self.next_at: dict[Stream, float] = {}
        self.ready = False
        self.busy = False
        self.active = True
        self.delivered = 0
        self.dropped = 0
        self.coalesced = 0
        self.joined_at: dict[Stream, int] = {}

    def push(self, event: StreamEvent) -> None:
        """Queue one event; a bounded queue that is full loses its oldest, counted."""
        if self.delivery.policy is Policy.DROP_OLDEST and len(self.queue) >= self.delivery.maxlen:
            self.queue.popleft()
            self.dropped += 1
        self.queue.append(event)


# State: a route for each stream on the wire or wanted, the routes and outlets with something to
# deliver, the throttled outlets that wait, the latest time it was told, and counters.
class DataRoutingEngine(Generic[ConsumerT]):
    """Takes events in, hands out who gets what. ``now`` is monotonic seconds."""

    def __init__(self, epochs: EpochManager) -> None:
        self._epochs = epochs
        self._routes: dict[Stream, _Route] = {}
        self._dirty: deque[tuple[Stream, _Route]] = deque()
        self._ready: deque[Outlet[ConsumerT]] = deque()
        self._throttled: dict[Outlet[ConsumerT], None] = {}
        self._now = float("-inf")
        self.events = 0
        self.repeated = 0
        self.unwanted = 0
        self.outdated = 0
        self._immediate = 0

    @property
    def has_immediate(self) -> bool:
        """Whether anyone wants events without waiting for the frame."""
        return self._immediate > 0

    def attach(self, outlet: Outlet[ConsumerT]) -> None:
        """Add a subscription; the last event of each of its streams is handed to it, replayed."""
        for stream in outlet.streams:
            route = self._routes.setdefault(stream, _Route())
            route.side(outlet)[outlet] = None
            outlet.joined_at[stream] = route.replaced
            if route.fresh and outlet in route.newest:
                # The round that is due reaches it, too.
                continue
            if route.last is not None and self._is_current(route.last):
                outlet.push(_replayed(route.last))
            else:
                route.waiting[outlet] = None
        if outlet.queue:
            self._make_ready(outlet)
        self._immediate += outlet.delivery.policy is Policy.IMMEDIATE

    def detach(self, outlet: Outlet[ConsumerT]) -> None:
        """Remove a subscription; nothing more is delivered to it. May be called twice."""
        if not outlet.active:
            return
        outlet.active = False
        outlet.queue.clear()
        outlet.held.clear()
        self._throttled.pop(outlet, None)
        for stream in outlet.streams:
            self._leave(outlet, stream)
        self._immediate -= outlet.delivery.policy is Policy.IMMEDIATE

    def narrow(self, outlet: Outlet[ConsumerT], streams: Iterable[Stream]) -> None:
        """Go on with only these of a subscription's streams."""
        kept = set(streams)
        for stream in set(outlet.streams) - kept:
            self._leave(outlet, stream)
            self._let_go(outlet, stream)
        outlet.streams = tuple(stream for stream in outlet.streams if stream in kept)
        outlet.queue = deque(event for event in outlet.queue if stream_of(event) in kept)

    def retain(self, streams: Iterable[Stream]) -> None:
        """Forget the last events of streams that are not on the wire any more."""
        kept = {*streams, BALANCE_STREAM}
        for stream in [key for key in self._routes if key not in kept]:
            self.forget(stream)

    def forget(self, stream: Stream) -> None:
        """Hand the last event of a stream to nobody from now on."""
        route = self._routes.get(stream)
        if route is None:
            return
        if route.newest or route.keeping:
            route.last = None
        else:
            del self._routes[stream]

    def route(self, event: StreamEvent) -> Stream | None:
        """Take one event; returns its stream, or None if nobody has a use for it."""
        stream = stream_of(event)
        self.events += 1
        route = self._routes.get(stream)
        if route is None:
            self.unwanted += 1
            return None
        last = route.last
        route.last = event
        if last is not None and _repeats(event, last):
            self.repeated += 1
            for outlet in route.waiting:
                self._queue(outlet, event)
            route.waiting.clear()
            return stream
        route.waiting.clear()
        if route.newest:
            if last is not None and _begins_another_bar(event, last):
                self._keep_ended_bar(stream, route, last)
            elif route.fresh:
                route.replaced += 1
            else:
                for outlet in {*route.behind, *route.holding}:
                    outlet.coalesced += 1
            route.fresh = True
            if not route.listed:
                route.listed = True
                self._dirty.append((stream, route))
        for outlet in route.keeping:
            outlet.push(event)
            if not outlet.ready:
                self._make_ready(outlet)
        return stream

    def last(self, stream: Stream) -> StreamEvent | None:
        """The newest event of a stream."""
        route = self._routes.get(stream)
        return route.last if route else None

    def deliveries(self, now: float) -> Iterator[tuple[Outlet[ConsumerT], StreamEvent]]:
        """What is to be delivered now, each in order; new arrivals are taken along.

        The caller delivers between two steps and may do anything there, also attach and detach, or
        deliver in a nested loop. It may stop at any step; what is left is due in the next call.
        """
        # An unfinished call of before goes by this clock, too.
        self._now = now
        for outlet in list(self._throttled):
            self._throttle_over(outlet)
        while self._dirty or self._ready:
            if self._ready:
                outlet = self._ready.popleft()
                outlet.ready = False
                pause_s = outlet.delivery.interval_ms / 1000
                while outlet.queue and not outlet.busy:
                    event = outlet.queue.popleft()
                    if pause_s:
                        outlet.next_at[stream_of(event)] = self._now + pause_s
                    yield from self._give(outlet, event)
                continue
            stream, route = self._dirty[0]
            if route.fresh:
                route.fresh = False
                route.behind = list(reversed(route.newest))
            # A newer event begins another round, after the backlogs.
            while route.behind and not route.fresh:
                outlet = route.behind.pop()
                if outlet not in route.newest or route.last is None:
                    continue
                if self._must_wait(outlet, stream):
                    continue
                if outlet.queue:
                    # What it has not got yet is older: a replay, or the end of a bar.
                    self._queue(outlet, route.last)
                else:
                    yield from self._give(outlet, route.last)
            if not route.fresh and self._dirty and self._dirty[0][1] is route:
                self._dirty.popleft()
                route.listed = False

    def next_deadline(self) -> float | None:
        """When a throttled event is due."""
        ends = (min(o.next_at[s] for s in o.held) for o in self._throttled if not o.busy)
        return min(ends, default=None)

    def has_work(self) -> bool:
        """Whether something is to be delivered now."""
        return bool(self._dirty or self._ready)

    def finished(self, outlet: Outlet[ConsumerT]) -> None:
        """A delivery that had kept ``outlet`` busy is over; what it missed is due again."""
        outlet.busy = False
        if outlet.held and outlet not in self._throttled:
            for stream in outlet.held:
                self._catch_up(outlet, stream)
            outlet.held.clear()
        if outlet.queue and not outlet.ready:
            self._make_ready(outlet)

    def _give(
        self, outlet: Outlet[ConsumerT], event: StreamEvent
    ) -> Iterator[tuple[Outlet[ConsumerT], StreamEvent]]:
        if not self._is_current(event):
            newest = self._present(outlet, event)
            if newest is None:
                self.outdated += 1
                return
            event = newest
        outlet.delivered += 1
        if isinstance(event, OrderbookEvent):
            event = event.sliced(outlet.depth)
        yield outlet, event

    def _present(self, outlet: Outlet[ConsumerT], event: StreamEvent) -> StreamEvent | None:
        """What says the same as the outdated ``event`` on the present connection, if anything.

        If there is none yet, the next one is delivered even if it repeats: ``outlet`` never got it.
        """
        route = self._routes[stream_of(event)]
        last = route.last
        if last is None or not _say_the_same(event, last):
            # Something newer is on its way to `outlet`.
            return None
        if not self._is_current(last):
            route.waiting[outlet] = None
            return None
        return last if _repeats(last, event) else None

    def _is_current(self, event: StreamEvent) -> bool:
        return self._epochs.is_current_epoch(event.connection_type, event.epoch)

    def _is_coming(self, route: _Route, outlet: Outlet[ConsumerT]) -> bool:
        """Whether a round is due or under way that will reach ``outlet``."""
        return route.fresh or outlet in route.behind

    def _must_wait(self, outlet: Outlet[ConsumerT], stream: Stream) -> bool:
        if outlet.delivery.policy is not Policy.THROTTLE:
            if outlet.busy:
                self._hold(outlet, stream)
            return outlet.busy
        due = outlet.next_at.setdefault(stream, self._now)
        if outlet.busy or outlet.queue or due > self._now:
            self._hold(outlet, stream)
            self._throttled[outlet] = None
            return True
        outlet.next_at[stream] = self._now + outlet.delivery.interval_ms / 1000
        self._let_go(outlet, stream)
        return False

    def _hold(self, outlet: Outlet[ConsumerT], stream: Stream) -> None:
        outlet.held[stream] = None
        self._routes[stream].holding[outlet] = None

    def _catch_up(self, outlet: Outlet[ConsumerT], stream: Stream) -> None:
        """Give the newest event to an outlet from which it was held back."""
        route = self._routes[stream]
        route.holding.pop(outlet, None)
        if route.last is not None and not self._is_coming(route, outlet):
            self._queue(outlet, route.last)

    def statistics(self, outlet: Outlet[ConsumerT]) -> OutletStatistics:
        """The counters of an outlet as of now."""
        replaced = 0
        for stream, before in outlet.joined_at.items():
            route = self._routes.get(stream)
            if route is not None and outlet in route.newest:
                replaced += route.replaced - before
        return OutletStatistics(
            outlet.delivered, outlet.dropped, outlet.coalesced + replaced, len(outlet.queue)
        )

    def _leave(self, outlet: Outlet[ConsumerT], stream: Stream) -> None:
        route = self._routes[stream]
        joined_at = outlet.joined_at.pop(stream)
        if outlet in route.newest:
            outlet.coalesced += route.replaced - joined_at
        del route.side(outlet)[outlet]
        route.waiting.pop(outlet, None)
        route.holding.pop(outlet, None)

    def _let_go(self, outlet: Outlet[ConsumerT], stream: Stream) -> None:
        """Nothing of this stream is held back from ``outlet`` any more."""
        outlet.held.pop(stream, None)
        self._routes[stream].holding.pop(outlet, None)
        if not outlet.held:
            self._throttled.pop(outlet, None)

    def _keep_ended_bar(self, stream: Stream, route: _Route, last: StreamEvent) -> None:
        """Coalescing must not swallow the last state of a candle: it is what the candle was."""
        for outlet in route.newest:
            if stream in outlet.held or self._is_coming(route, outlet):
                self._queue(outlet, last)

    def _throttle_over(self, outlet: Outlet[ConsumerT]) -> None:
        if outlet.busy or outlet.queue:
            return
        for stream in [held for held in outlet.held if outlet.next_at[held] <= self._now]:
            self._let_go(outlet, stream)
            self._catch_up(outlet, stream)

    def _queue(self, outlet: Outlet[ConsumerT], event: StreamEvent) -> None:
        outlet.push(event)
        if not outlet.ready:
            self._make_ready(outlet)

    def _make_ready(self, outlet: Outlet[ConsumerT]) -> None:
        outlet.ready = True
        self._ready.append(outlet)


def _repeats(event: StreamEvent, last: StreamEvent) -> bool:
    # A request sends a snapshot of everything again, also of what nobody lost.
    return isinstance(event, MarketEvent) and event.is_snapshot and _say_the_same(event, last)


def _say_the_same(event: StreamEvent, last: StreamEvent) -> bool:
    return isinstance(event, MarketEvent) and isinstance(last, MarketEvent) and event.repeats(last)


def _begins_another_bar(event: StreamEvent, last: StreamEvent) -> bool:
    return (
        isinstance(event, CandleEvent)
        and isinstance(last, CandleEvent)
        and event.candle_date_time_utc != last.candle_date_time_utc
    )


def _replayed(event: StreamEvent) -> StreamEvent:
    old = event.stamp
    stamp = Stamp(old.epoch, old.source, old.connection_type, old.received_at, replayed=True)
    return stamped(event, stamp)
