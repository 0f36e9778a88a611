"""Which event goes to whom, and when. Pure.

Coalescing happens at the stream, not at the consumer: one dirty mark and one newest event serve all
coalescing consumers of a stream, so a hundred of them cost no more than one until delivery. One
that rests, because nobody can see it or because it is muted, has no part in that mark: it is caught
up with when its rest is over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from .backpressure import Policy
from .events import (
    CandleEvent,
    MarketEvent,
    OrderbookEvent,
    OrderEvent,
    Stamp,
    StreamType,
    TickerEvent,
    TradeEvent,
    stamped,
)
from .recovery import EpochManager
from .rollover import of_today
from .routes import BackpressureHandler, Link, OutletStatistics, Route, RoutingStatistics
from .subscriptions import BALANCE_STREAM, ORDER_STREAM, Stream, StreamEvent, stream_of

__all__ = ["BackpressureHandler", "DataRoutingEngine", "OutletStatistics", "RoutingStatistics"]

ConsumerT = TypeVar("ConsumerT")
_SNAPSHOT = StreamType.SNAPSHOT.value


# State: a route for each stream on the wire or wanted; the outlets; the routes and outlets with
# something to deliver; the open orders; the outlets that wait for a time, and for which; the latest
# time it was told; when the exchange's day began; and counters, with what those who left had
# counted.
class DataRoutingEngine(Generic[ConsumerT]):
    """Takes events in, hands out who gets what. ``now`` is monotonic seconds."""

    def __init__(self, epochs: EpochManager) -> None:
        self._epochs = epochs
        self._routes: dict[tuple[str, str, float], Route] = {}
        self._outlets: dict[BackpressureHandler[ConsumerT], None] = {}
        self._dirty: deque[Route] = deque()
        self._ready: deque[BackpressureHandler[ConsumerT]] = deque()
        self._sleeping: dict[BackpressureHandler[ConsumerT], float] = {}
        self._now = float("-inf")
        self._orders: dict[str, OrderEvent] = {}
        self._left = OutletStatistics()
        self._immediate = 0
        self._day_start_ms = 0
        self.events = 0
        self.repeated = 0
        self.unwanted = 0
        self.late = 0

    @property
    def has_immediate(self) -> bool:
        """Whether anyone wants events without waiting for the frame."""
        return self._immediate > 0

    # -- who takes part ---------------------------------------------------------------------------

    def attach(self, outlet: BackpressureHandler[ConsumerT]) -> None:
        """Add a subscription; the last event of each of its streams is handed to it, replayed."""
        self._outlets[outlet] = None
        for stream in outlet.streams:
            route = self._routes.get(stream)
            if route is None:
                route = self._routes[stream] = Route(stream)
            link = outlet.links[stream] = Link(outlet, route)
            (route.keeping if outlet.keeps_each_event else route.newest)[link] = None
            last = route.last
            if route.fresh and not outlet.keeps_each_event:
                # The round that is due reaches it, too.
                link.owe_newest()
            elif last is None or not self._is_current(last):
                route.waiting[link] = None
            elif outlet.keeps_each_event:
                link.joined -= 1
                outlet.push(link, _replayed(last))
            else:
                link.owe_newest()
                link.replay = last
                outlet.due[link] = None
            for event in self._orders.values():
                if stream in _order_routes(event):
                    link.joined -= 1
                    outlet.push(link, _replayed(event))
        outlet.make_room()
        self._make_ready(outlet)
        self._immediate += outlet.delivery.policy is Policy.IMMEDIATE

    def detach(self, outlet: BackpressureHandler[ConsumerT]) -> None:
        """Remove a subscription; nothing more is delivered to it. May be called twice."""
        if not outlet.active:
            return
        outlet.active = False
        self.narrow(outlet, ())
        self._sleeping.pop(outlet, None)
        self._immediate -= outlet.delivery.policy is Policy.IMMEDIATE
        del self._outlets[outlet]
        self._left = self._left + outlet.statistics()

    def narrow(self, outlet: BackpressureHandler[ConsumerT], streams: Iterable[Stream]) -> None:
        """Go on with only these of a subscription's streams; what waits of others was never its."""
        kept = set(streams)
        for stream in set(outlet.links) - kept:
            self._leave(outlet.links.pop(stream))
        outlet.streams = tuple(stream for stream in outlet.streams if stream in kept)
        waiting = outlet.backlog
        left = [event for event in waiting if stream_of(event) in kept]
        outlet.routed -= len(waiting) - len(left)
        outlet.replace_backlog(left)
        if not outlet.due and outlet.muted_until is None:
            self._sleeping.pop(outlet, None)

    def pause(self, outlet: BackpressureHandler[ConsumerT]) -> None:
        """Nobody can see the consumer: deliver nothing until ``resume``. May be called twice.

        Of each stream that is coalesced only the newest waits, of a queue the newest 200 events.
        What promises each event (``immediate``, ``keep_all``) goes on.
        """
        if outlet.active and outlet.delivery.may_rest:
            outlet.paused = True
            outlet.make_room()
            self._arrange(outlet)

    def resume(self, outlet: BackpressureHandler[ConsumerT], now: float) -> None:
        """The consumer can be seen again: what it missed is due. May be called at any time."""
        if outlet.paused:
            outlet.awake_since = now
        outlet.paused = False
        outlet.make_room()
        self._arrange(outlet)

    def mute(self, outlet: BackpressureHandler[ConsumerT], until: float) -> None:
        """The consumer fails again and again: deliver nothing until then.

        Of what is coalesced the newest comes afterwards; queued events are withheld, counted.
        """
        if not outlet.active:
            return
        for link in outlet.links.values():
            outlet.settle(link)
            if outlet.keeps_each_event and outlet.muted_until is None:
                link.seen = link.route.count
        outlet.muted_until = until
        if outlet.keeps_each_event:
            outlet.withheld += len(outlet.backlog)
            outlet.replace_backlog(())
        self._arrange(outlet)
        self._sleeping[outlet] = until

    # -- events come in ---------------------------------------------------------------------------

    def retain(self, streams: Iterable[Stream]) -> None:
        """Forget the last events of public streams that are not on the wire any more."""
        kept = {*streams, BALANCE_STREAM}
        for route in tuple(self._routes.values()):
            if route.stream not in kept and route.stream.type != ORDER_STREAM.type:
                self.forget(route.stream)

    def forget(self, stream: Stream) -> None:
        """Hand the last event of a stream to nobody from now on."""
        if stream == ORDER_STREAM:
            self._orders.clear()
        route = self._routes.get(stream)
        if route is None:
            return
        if not route.is_wanted:
            del self._routes[stream]
            return
        route.last = None
        route.fresh = False
        for link in (*route.newest, *route.resting):
            if link.owed:
                link.outlet.settle(link)
                link.outlet.outdated += 1
                link.seen = route.count

    def route(self, event: StreamEvent) -> Stream | None:
        """Take one event; returns its stream, or None if nobody has a use for it."""
        self.events += 1
        if isinstance(event, OrderEvent):
            return self._route_order(event)
        # A plain tuple finds a stream too, and making a Stream costs more than all that follows.
        if isinstance(event, MarketEvent):
            level = event.level if isinstance(event, OrderbookEvent) else 0.0
            route = self._routes.get((event.type, event.code, level))
            may_repeat = event.stream_type == _SNAPSHOT
        else:
            route = self._routes.get(stream_of(event))
            may_repeat = False
        if route is None:
            self.unwanted += 1
            return None
        last = route.last
        if isinstance(event, TickerEvent) and event.timestamp < self._day_start_ms:
            today = of_today(event, last, self._day_start_ms)
            if today is None:
                self.late += 1
                return None
            event = today
        route.last = event
        if last is not None:
            if may_repeat and _repeats(event, last):
                self.repeated += 1
                self._serve_waiting(route, event)
                return route.stream
            if route.is_candle and _begins_another_bar(event, last):
                self._keep_ended_bar(route, last)
        route.count += 1
        if route.waiting:
            route.waiting.clear()
        if route.newest:
            route.fresh = True
            if not route.listed:
                route.listed = True
                self._dirty.append(route)
        for link in route.keeping:
            outlet = link.outlet
            outlet.push(link, event)
            if not outlet.ready:
                self._make_ready(outlet)
        return route.stream

    def _route_order(self, event: OrderEvent) -> Stream | None:
        """Orders go to who wants all and to who wants those of the market, each event by itself."""
        if event.is_open:
            self._orders[event.uuid] = event
        else:
            self._orders.pop(event.uuid, None)
        routes = [self._routes[key] for key in _order_routes(event) if key in self._routes]
        for route in routes:
            route.count += 1
            for link in route.keeping:
                link.outlet.push(link, event)
                self._make_ready(link.outlet)
        if not routes:
            self.unwanted += 1
            return None
        return routes[0].stream

    def begin_day(self, start_ms: int, received_at: float) -> None:
        """A day of the exchange began at ``start_ms`` (since 1970), for all tickers.

        Those of a former day are handed out once more, as this day begins with them, and so is one
        that still comes. ``received_at`` is now, in seconds since 1970.
        """
        self._day_start_ms = start_ms
        for route in tuple(self._routes.values()):
            last = route.last
            if isinstance(last, TickerEvent) and last.timestamp < start_ms:
                old = last.stamp
                stamp = Stamp(old.epoch, old.source, old.connection_type, received_at)
                self.route(stamped(last, stamp))

    def last(self, stream: Stream) -> StreamEvent | None:
        """The newest event of a stream."""
        route = self._routes.get(stream)
        return route.last if route else None

    # -- events go out ----------------------------------------------------------------------------

    def deliveries(
        self, now: float
    ) -> Iterator[tuple[BackpressureHandler[ConsumerT], StreamEvent]]:
        """What is to be delivered now, each in order; new arrivals are taken along.

        The caller delivers between two steps and may do anything there, also attach and detach, or
        deliver in a nested loop. It may stop at any step; what is left is due in the next call.
        """
        # An unfinished call of before goes by this clock, too.
        self._now = now
        for outlet in [outlet for outlet, at in self._sleeping.items() if at <= now]:
            self._wake(outlet)
        while self._dirty or self._ready:
            if self._ready:
                outlet = self._ready.popleft()
                outlet.ready = False
                while outlet.queue and outlet.is_free:
                    event = self._checked(outlet, outlet.take())
                    if event is not None:
                        yield outlet, event
                for link in tuple(outlet.due):
                    # What is queued is older: it comes first, and so in another turn.
                    if not outlet.is_free or outlet.queue:
                        break
                    event = self._take_due(link)
                    if event is not None:
                        yield outlet, event
                if outlet.queue:
                    self._make_ready(outlet)
                elif outlet.due and outlet.is_free:
                    self._sleep(outlet, min(link.next_at for link in outlet.due))
                continue
            route = self._dirty[0]
            if route.fresh:
                route.fresh = False
                route.behind = list(reversed(route.newest))
            # A newer event begins another round, after the backlogs.
            while route.behind and not route.fresh:
                link, last = route.behind.pop(), route.last
                if last is None or link.seen == route.count or link not in route.newest:
                    continue
                outlet = link.outlet
                if outlet.busy or outlet.queue:
                    outlet.due[link] = None
                    self._make_ready(outlet)
                elif link.next_at > self._now:
                    outlet.due[link] = None
                    self._sleep(outlet, link.next_at)
                elif (event := self._hand_out(link, last)) is not None:
                    yield outlet, event
            if not route.fresh and self._dirty and self._dirty[0] is route:
                self._dirty.popleft()
                route.listed = False

    def next_deadline(self) -> float | None:
        """When a throttled event is due, or a mute is over."""
        return min(self._sleeping.values(), default=None)

    def has_work(self) -> bool:
        """Whether something is to be delivered now."""
        return bool(self._dirty or self._ready)

    def finished(self, outlet: BackpressureHandler[ConsumerT]) -> None:
        """A delivery that had kept ``outlet`` busy is over; what it missed is due again."""
        outlet.busy = False
        if not outlet.ready and (outlet.queue or outlet.due):
            self._make_ready(outlet)

    # -- what is known ----------------------------------------------------------------------------

    def outlet_statistics(self, outlet: BackpressureHandler[ConsumerT]) -> OutletStatistics:
        """The counters of an outlet as of now."""
        return outlet.statistics()

    def backlog(self) -> tuple[int, int]:
        """Events that wait for their consumers, and those lost by full queues since it was made.

        Costs little with any number of streams. What rests unseen or muted does not wait.
        """
        outlets = self._outlets
        waiting = sum(len(outlet.queue) + len(outlet.due) for outlet in outlets)
        return waiting, self._left.dropped + sum(outlet.dropped for outlet in outlets)

    def statistics(self) -> RoutingStatistics:
        """The counters of the whole engine."""
        total = sum((outlet.statistics() for outlet in self._outlets), self._left)
        return RoutingStatistics(
            events=self.events,
            repeated=self.repeated,
            unwanted=self.unwanted,
            late=self.late,
            streams=len(self._routes),
            routed=total.routed,
            delivered=total.delivered,
            dropped=total.dropped,
            coalesced=total.coalesced,
            withheld=total.withheld,
            outdated=total.outdated,
            queued=total.queued,
        )

    # -- inside -----------------------------------------------------------------------------------

    def _hand_out(self, link: Link, event: StreamEvent) -> StreamEvent | None:
        """The newest event for someone who has not got it; None if it is outdated."""
        outlet, count = link.outlet, link.route.count
        outlet.coalesced += count - link.seen - 1
        link.seen = count
        return self._checked(outlet, _replayed(event) if event is link.replay else event)

    def _take_due(self, link: Link) -> StreamEvent | None:
        """What is due by ``link``, unless a round or a nested delivery was faster, or too early."""
        due = link.outlet.due
        if link not in due or link.next_at > self._now:
            return None
        del due[link]
        last = link.route.last
        return self._hand_out(link, last) if last is not None and link.unseen else None

    def _checked(
        self, outlet: BackpressureHandler[ConsumerT], event: StreamEvent
    ) -> StreamEvent | None:
        """The event as ``outlet`` gets it now, counted; None if it is outdated."""
        if not self._is_current(event):
            present = self._present(outlet, event)
            if present is None:
                outlet.outdated += 1
                return None
            event = present
        outlet.delivered += 1
        if outlet.delivery.interval_ms:
            link = outlet.links[stream_of(event)]
            link.next_at = self._now + outlet.delivery.interval_ms / 1000
        return event.sliced(outlet.depth) if isinstance(event, OrderbookEvent) else event

    def _present(
        self, outlet: BackpressureHandler[ConsumerT], event: StreamEvent
    ) -> StreamEvent | None:
        """What says the same as the outdated ``event`` on the present connection, if anything.

        What was traded was traded, whichever connection told of it, and what came between the two
        is repaired: so trades and candles are handed on as the present connection's. Of anything
        else, if there is nothing yet, the next one is delivered even if it repeats: ``outlet``
        never got it.
        """
        if isinstance(event, TradeEvent | CandleEvent):
            old = event.stamp
            epoch = self._epochs.current_epoch(old.connection_type)
            now = Stamp(epoch, old.source, old.connection_type, old.received_at, old.replayed)
            return stamped(event, now)
        if isinstance(event, OrderEvent):
            return None  # Of another account; and no other event says the same.
        link = outlet.links[stream_of(event)]
        last = link.route.last
        if last is None or not _say_the_same(event, last):
            # Something newer is on its way to `outlet`.
            return None
        if not self._is_current(last):
            link.route.waiting[link] = None
            return None
        return last if _repeats(last, event) else None

    def _is_current(self, event: StreamEvent) -> bool:
        stamp = event.stamp
        return self._epochs.is_current_epoch(stamp.connection_type, stamp.epoch)

    def _serve_waiting(self, route: Route, event: StreamEvent) -> None:
        """A repetition is news to those who never got the event that it repeats."""
        for link in route.waiting:
            outlet = link.outlet
            link.owe_newest()
            if not outlet.keeps_each_event:
                outlet.due[link] = None
            elif outlet.muted_until is None:
                outlet.push(link, event)
            self._make_ready(outlet)
        route.waiting.clear()

    def _keep_ended_bar(self, route: Route, last: StreamEvent) -> None:
        """Coalescing must not swallow the last state of a candle: it is what the candle was."""
        for link in (*route.newest, *route.resting):
            if link.owed:
                outlet = link.outlet
                outlet.settle(link)
                link.seen = route.count
                outlet.push(link, _replayed(last) if last is link.replay else last)
                self._make_ready(outlet)

    def _leave(self, link: Link) -> None:
        outlet, route = link.outlet, link.route
        outlet.settle(link)
        outlet.routed += route.count - link.joined - link.owed
        outlet.due.pop(link, None)
        for part in (route.newest, route.keeping, route.resting, route.waiting):
            part.pop(link, None)

    def _arrange(self, outlet: BackpressureHandler[ConsumerT]) -> None:
        """Let an outlet take part, or rest, as its marks say."""
        # A queue that is paused goes on to fill.
        muted = outlet.muted_until is not None
        resting = muted or (outlet.paused and not outlet.keeps_each_event)
        for link in outlet.links.values():
            route = link.route
            active = route.keeping if outlet.keeps_each_event else route.newest
            former, home = (active, route.resting) if resting else (route.resting, active)
            former.pop(link, None)
            home[link] = None
            if link.owed and not route.fresh:
                outlet.due[link] = None
        self._make_ready(outlet)

    def _wake(self, outlet: BackpressureHandler[ConsumerT]) -> None:
        """The time that an outlet waited for has come."""
        del self._sleeping[outlet]
        if outlet.muted_until is not None:
            for link in outlet.links.values():
                outlet.settle(link)
            outlet.muted_until = None
            outlet.awake_since = self._now
            self._arrange(outlet)
        self._make_ready(outlet)

    def _sleep(self, outlet: BackpressureHandler[ConsumerT], until: float) -> None:
        self._sleeping[outlet] = min(until, self._sleeping.get(outlet, until))

    def _make_ready(self, outlet: BackpressureHandler[ConsumerT]) -> None:
        if not outlet.ready and outlet.is_free and (outlet.queue or outlet.due):
            outlet.ready = True
            self._ready.append(outlet)


def _order_routes(event: OrderEvent) -> tuple[Stream, Stream]:
    return ORDER_STREAM, stream_of(event)


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
