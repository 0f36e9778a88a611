"""How long messages were under way, without believing either clock. Pure.

Arrival minus the exchange's ``timestamp`` is the time under way plus whatever the two clocks are
apart. No message was under way for less than nothing, so the smallest of these differences tells
how far the clocks are apart, and what a message's difference has more than that is how much longer
than the fastest one it was under way. Where a round trip is known, the fastest one is taken to have
needed half of it; otherwise it counts as 0.

What could spoil that, and why it does not:

* Somebody sets the local clock, or it is corrected: arrivals are told by the monotonic clock.
* The exchange's clock is wrong: by how much does not matter. When it is set forward, or the machine
  slept, the differences fall by more than any network explains, and everything is measured afresh.
  When it is set back, latencies are too long until the smallest difference is forgotten.
* The clocks drift, by some milliseconds in minutes: the smallest is forgotten after five of them.
* Another connection may take another way: it is measured afresh.
* Messages that do not tell when something happened: snapshots carry the time of the last change,
  candles that of their last trade, and neither is counted; nor is what was polled.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from .events import MarketEvent, OrderbookEvent, Source, StreamType, TickerEvent, TradeEvent
from .metrics import SampleWindow, Summary

__all__ = ["LatencyEstimator", "LatencyStatistics"]

#: The smallest difference is that of so many stretches of so many seconds.
_STRETCHES, _STRETCH_S = 10, 30
#: Faster by more than this is no faster network: a clock was set, or this one stood still.
_STEP_S = 5.0


@dataclass(frozen=True, slots=True)
class LatencyStatistics:
    """Times under way in ms, of the last 10 and 60 s; None where nothing was measured.

    ``clock_skew_ms`` is how far this machine's clock is ahead of the exchange's. Without a known
    round trip it has the travel time of the fastest message in it, and the latencies lack it.
    """

    last_10_s: Summary | None = None
    last_60_s: Summary | None = None
    clock_skew_ms: float | None = None
    round_trip_ms: float | None = None


# State: the connection it measures, its differences of the last minute, and the smallest one of
# each stretch of the last five, oldest first.
class LatencyEstimator:
    """Measures one connection after the other. ``at`` is monotonic seconds."""

    def __init__(self) -> None:
        self._epoch = 0
        self._differences = SampleWindow()
        self._smallest: deque[tuple[int, float]] = deque(maxlen=_STRETCHES)

    def arrived(self, event: object, at: float) -> None:
        """An event came in; those that do not tell when something happened are passed over.

        Two of each read are enough: the first waited longest to be read, the last not at all.
        """
        if (
            isinstance(event, TradeEvent | OrderbookEvent | TickerEvent)
            and event.stream_type == StreamType.REALTIME
            and event.stamp.source is Source.WEBSOCKET
        ):
            self._take(event, at - event.timestamp / 1000, at)

    def statistics(
        self, at: float, clock_offset_s: float, round_trip_s: float | None = None
    ) -> LatencyStatistics:
        """What is known at ``at``.

        Args:
            at: now, monotonic.
            clock_offset_s: wall time minus monotonic time, now.
            round_trip_s: the shortest one known.
        """
        round_trip_ms = None if round_trip_s is None else round_trip_s * 1000
        apart_s = self.ahead_s(at, round_trip_s)
        if apart_s is None:
            return LatencyStatistics(round_trip_ms=round_trip_ms)
        last_10_s, last_60_s = self._differences.summary(at, 10), self._differences.summary(at)
        return LatencyStatistics(
            None if last_10_s is None else last_10_s.shifted(-apart_s, 1000),
            None if last_60_s is None else last_60_s.shifted(-apart_s, 1000),
            (apart_s + clock_offset_s) * 1000,
            round_trip_ms,
        )

    def ahead_s(self, at: float, round_trip_s: float | None = None) -> float | None:
        """How far this machine's monotonic clock is ahead of the exchange's at ``at``.

        None where nothing was measured in the last minutes; costs next to nothing.
        """
        oldest = int(at) // _STRETCH_S - _STRETCHES
        known = [smallest for stretch, smallest in self._smallest if stretch > oldest]
        return min(known) - (round_trip_s or 0.0) / 2 if known else None

    def _take(self, event: MarketEvent, difference_s: float, at: float) -> None:
        stretch = int(at) // _STRETCH_S
        fastest = min((smallest for _, smallest in self._smallest), default=difference_s)
        if event.epoch != self._epoch or difference_s < fastest - _STEP_S:
            self._epoch = event.epoch
            self._differences = SampleWindow()
            self._smallest.clear()
        if not self._smallest or self._smallest[-1][0] != stretch:
            self._smallest.append((stretch, difference_s))
        elif difference_s < self._smallest[-1][1]:
            self._smallest[-1] = (stretch, difference_s)
        self._differences.add(difference_s, at)
