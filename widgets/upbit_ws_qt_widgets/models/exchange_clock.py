"""The exchange's clock, estimated from what arrives. Pure."""

from __future__ import annotations

__all__ = ["ExchangeClock"]

_WINDOW_MS = 300_000


# State: the best offset of the running and of the former window, and when the running one began.
class ExchangeClock:
    """How far the exchange's clock is ahead of ours, in ms.

    An event's time stamp is older than the moment it was sent, never newer, so the greatest
    difference seen is the nearest to the truth. Only the last minutes count: clocks get set.
    """

    def __init__(self) -> None:
        self._best: float | None = None
        self._former: float | None = None
        self._began = 0.0

    def observe(self, timestamp: float, received: float) -> None:
        """Take an event's time stamp and when it arrived by our clock, both in ms."""
        if not 0 <= received - self._began < _WINDOW_MS:
            near = 0 <= received - self._began < 2 * _WINDOW_MS
            self._former = self._best if near else None
            self._best, self._began = None, received
        ahead = timestamp - received
        self._best = ahead if self._best is None else max(self._best, ahead)

    def now(self, local: float) -> float:
        """The exchange's time in ms when ours is ``local``."""
        seen = [ahead for ahead in (self._best, self._former) if ahead is not None]
        return local + max(seen, default=0.0)
