"""Rate limits as sliding windows, exact at sending. Pure.

Source of the numbers: docs.upbit.com, rate-limits. The exchange counts REST calls by group and
address, WebSocket messages by connection.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

__all__ = [
    "MESSAGE_WINDOWS",
    "REST_WINDOWS",
    "STOPS_S",
    "GlobalRateLimiter",
    "SlidingWindows",
]

#: Limit and seconds of each window.
Windows = tuple[tuple[int, float], ...]

MESSAGE_WINDOWS: Windows = ((5, 1.0), (100, 60.0))

REST_WINDOWS: Mapping[str, Windows] = {
    "market": ((10, 1.0),),
    "candle": ((10, 1.0),),
    "trade": ((10, 1.0),),
    "ticker": ((10, 1.0),),
    "orderbook": ((10, 1.0),),
    "default": ((30, 1.0),),
}

#: How long to stand still after these HTTP statuses, in seconds. 429 means that a second is used
#: up, 418 a block, longer each time. Neither their bodies nor a Retry-After are documented, so the
#: waits are ours.
STOPS_S: Mapping[int, float] = {429: 1.0, 418: 60.0}

# The exchange counts arrivals, we count departures: two calls can arrive closer together than they
# left, so every window is kept this much longer than the exchange's.
_MARGIN_S = 0.05


# State: the times of the last sends, as many as the largest limit, and a stop.
class SlidingWindows:
    """At most so many sends in any window; ``share`` leaves the rest to others on this address."""

    def __init__(self, windows: Windows, share: float = 1.0) -> None:
        self._windows = tuple((max(1, int(n * share)), per + _MARGIN_S) for n, per in windows)
        self._sent: deque[float] = deque(maxlen=max(n for n, _ in self._windows))
        self._stopped_until = float("-inf")

    def next_send_time(self, now: float) -> float:
        """The earliest time, from ``now`` on, at which one more may be sent."""
        at = max(now, self._stopped_until)
        for limit, per_s in self._windows:
            if len(self._sent) >= limit:
                at = max(at, self._sent[-limit] + per_s)
        return at

    def sent(self, now: float) -> None:
        """One was sent."""
        self._sent.append(now)

    def reserve(self, now: float) -> float:
        """Take the next place and return its time; the caller sends then, not before."""
        at = self.next_send_time(now)
        self.sent(at)
        return at

    def is_stopped(self, now: float) -> bool:
        """Whether the exchange said stop and that still holds."""
        return now < self._stopped_until

    def stop_until(self, time: float) -> None:
        """The exchange said stop; nothing goes out before ``time``."""
        self._stopped_until = max(self._stopped_until, time)

    def remaining(self, now: float) -> int:
        """How many may be sent at once."""
        if self.is_stopped(now):
            return 0
        return min(
            limit - sum(1 for sent in self._sent if sent + per_s > now)
            for limit, per_s in self._windows
        )


# State: the windows of each group.
class GlobalRateLimiter:
    """One budget for each group of REST calls, shared by everyone on this address."""

    def __init__(self, share: float = 0.8) -> None:
        self._groups = {
            name: SlidingWindows(windows, share) for name, windows in REST_WINDOWS.items()
        }

    def group(self, name: str) -> SlidingWindows:
        """The budget of a group, such as ``candle``."""
        return self._groups[name]

    def get_remaining_tokens(self, now: float) -> dict[str, int]:
        """How many calls of each group may be made at once."""
        return {name: windows.remaining(now) for name, windows in self._groups.items()}
