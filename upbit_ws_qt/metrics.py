"""What was measured in the last seconds, in a fixed memory, and the record of it. Pure.

``at`` is monotonic seconds throughout.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import NamedTuple

__all__ = [
    "CounterHistory",
    "Counters",
    "PerformanceMetrics",
    "SampleWindow",
    "Summary",
    "error_rate_percent",
]

#: How far back anything is remembered, in seconds.
KEPT_S = 60
# So many values of each second serve for the percentiles; mean and extremes count every one.
_KEPT_VALUES = 32


@dataclass(frozen=True, slots=True)
class PerformanceMetrics:
    """How a manager does right now; made by ``GlobalWebSocketManager.collect_metrics()``.

    Attributes:
        active_connections: open sockets.
        connection_uptime: seconds for which the public connection has been open, 0 while it is not.
        reconnection_count: open connections that were lost since the manager was made.
        messages_per_second: data messages, over the last 10 s.
        average_latency_ms: from the exchange's timestamp to the arrival here, clock skew taken out,
            over the last 60 s; None where nothing was measured.
        max_latency_ms: the longest of these.
        memory_usage_mb: resident memory of the process in MiB; None without the package psutil.
        cpu_usage_percent: processor time of the process over the last 10 s, in percent of one core.
        queue_depth: events that wait for their consumers.
        error_rate_percent: over the last 60 s, the larger of two shares: frames that could not be
            decoded, and calls of callbacks that raised.
        dropped_message_count: events lost by full queues since the manager was made.
        callback_error_count: callbacks that raised since the manager was made.
        total_subscriptions: living subscriptions.
        event_loop_lag_ms: how late a timer of the GUI thread was at most in the last 60 s; None
            where nothing was measured.
        disconnected_seconds: for how long a connection that is wanted has not been open, the longer
            of the two; 0 while none is missing.
        failed_attempts: failures to connect in a row, the more of the two connections.
        is_key_refused: the exchange does not accept the key that was set.
        clock_skew_ms: how far this machine's clock is ahead of the exchange's; None where nothing
            was measured.
        dropped_last_minute: events lost by full queues.
        lost_streams_last_minute: how often the exchange was found to send something else than it
            had been asked for.
        rate_limited_last_minute: answers 429 and 418 of this host, to whoever in this program
            called it.
        rest_stopped_seconds: for how long yet no REST call of some group is made because of that.
        time: when this was measured (aware, UTC).
    """

    active_connections: int
    connection_uptime: float
    reconnection_count: int
    messages_per_second: float
    average_latency_ms: float | None
    max_latency_ms: float | None
    memory_usage_mb: float | None
    cpu_usage_percent: float
    queue_depth: int
    error_rate_percent: float
    dropped_message_count: int
    callback_error_count: int
    total_subscriptions: int
    event_loop_lag_ms: float | None
    disconnected_seconds: float
    failed_attempts: int
    is_key_refused: bool
    clock_skew_ms: float | None
    dropped_last_minute: int
    lost_streams_last_minute: int
    rate_limited_last_minute: int
    rest_stopped_seconds: float
    time: datetime


class Counters(NamedTuple):
    """What is only ever counted up: frames, calls of callbacks, and processor time in seconds.

    ``messages`` are data frames that were decoded, ``undecodable`` those that could not be.
    ``dropped``, ``lost_streams`` and ``rate_limited`` as in :class:`PerformanceMetrics`.
    """

    messages: int = 0
    undecodable: int = 0
    calls: int = 0
    failed_calls: int = 0
    cpu_s: float = 0.0
    dropped: int = 0
    lost_streams: int = 0
    rate_limited: int = 0

    def since(self, before: Counters) -> Counters:
        """How much was added to ``before``."""
        return Counters(
            self.messages - before.messages,
            self.undecodable - before.undecodable,
            self.calls - before.calls,
            self.failed_calls - before.failed_calls,
            self.cpu_s - before.cpu_s,
            self.dropped - before.dropped,
            self.lost_streams - before.lost_streams,
            self.rate_limited - before.rate_limited,
        )


def error_rate_percent(counted: Counters) -> float:
    """The larger of two shares: frames that could not be decoded, and calls that failed."""
    frames = counted.messages + counted.undecodable
    return 100 * max(
        counted.undecodable / frames if frames else 0.0,
        counted.failed_calls / counted.calls if counted.calls else 0.0,
    )


# State: what the counters were, at most once a second, oldest first.
class CounterHistory:
    """Counters as they were in the last minute, so that rates need no counting of their own."""

    def __init__(self) -> None:
        self._noted: deque[tuple[float, Counters]] = deque(maxlen=KEPT_S + 2)

    def note(self, at: float, counters: Counters) -> None:
        """Remember them; to be called about once a second while something happens."""
        if not self._noted or at - self._noted[-1][0] >= 0.5:
            self._noted.append((at, counters))

    def since(self, seconds: float, at: float, counters: Counters) -> tuple[float, Counters]:
        """What was counted in the last ``seconds`` or a little more, and in how many seconds.

        Less where it is not known for so long. Both are 0 before the first ``note``.
        """
        then, before = at, counters
        for then, before in reversed(self._noted):  # noqa: B007 - what it ends at is the answer
            if at - then >= seconds:
                break
        return at - then, counters.since(before)


@dataclass(frozen=True, slots=True)
class Summary:
    """Of ``count`` values: half are at most ``p50``, 99 % at most ``p99``.

    ``mean`` and ``max`` are exact; the percentiles are so where there were few values a second.
    """

    count: int
    mean: float
    p50: float
    p99: float
    max: float

    def shifted(self, by: float, scale: float = 1.0) -> Summary:
        """Of the same values, each plus ``by`` and then times ``scale`` (above 0)."""
        moved = ((value + by) * scale for value in (self.mean, self.p50, self.p99, self.max))
        return Summary(self.count, *moved)


# State: count, sum, extremes, and every how-manyth value, which are kept.
class _Second:
    __slots__ = ("count", "kept", "largest", "number", "smallest", "stride", "total")

    def __init__(self, number: int) -> None:
        self.number = number
        self.count = 0
        self.total = 0.0
        self.smallest = float("inf")
        self.largest = float("-inf")
        self.stride = 1
        self.kept: list[float] = []

    def add(self, value: float) -> None:
        self.total += value
        self.smallest = min(self.smallest, value)
        self.largest = max(self.largest, value)
        if self.count % self.stride == 0:
            if len(self.kept) == _KEPT_VALUES:
                del self.kept[1::2]
                self.stride *= 2
            self.kept.append(value)
        self.count += 1


# State: the seconds in which there was a value, oldest first.
class SampleWindow:
    """The values of the last minute; an hour of them needs no more memory than a minute."""

    def __init__(self) -> None:
        self._seconds: deque[_Second] = deque(maxlen=KEPT_S)

    def add(self, value: float, at: float) -> None:
        """Take one value."""
        number = int(at)
        if not self._seconds or self._seconds[-1].number != number:
            self._seconds.append(_Second(number))
        self._seconds[-1].add(value)

    def summary(self, at: float, seconds: int = KEPT_S) -> Summary | None:
        """Of the last ``seconds``, at most ``KEPT_S``, the one under way included.

        None where there was no value.
        """
        chosen = [second for second in self._seconds if second.number > int(at) - seconds]
        count = sum(second.count for second in chosen)
        if not count:
            return None
        # A second's values stand for all of it, also where only some were kept.
        weighted = sorted(
            (value, second.count / len(second.kept)) for second in chosen for value in second.kept
        )
        reached = list(accumulate(weight for _, weight in weighted))
        return Summary(
            count,
            sum(second.total for second in chosen) / count,
            _at_share(0.5, weighted, reached),
            _at_share(0.99, weighted, reached),
            max(second.largest for second in chosen),
        )


def _at_share(share: float, weighted: list[tuple[float, float]], reached: list[float]) -> float:
    # Rounding must not leave the last one a hair short.
    wanted = share * reached[-1] * (1 - 1e-9)
    pairs = zip(weighted, reached, strict=True)
    return next(value for (value, _), sum_so_far in pairs if sum_so_far >= wanted)
