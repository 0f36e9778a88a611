"""How a chart runs on when it is let go in motion. Pure."""

from __future__ import annotations

import math
from collections import deque

__all__ = ["Flick", "Glide"]

_REMEMBERED_MS = 100.0
_SHORTEST_MS = 15.0
_SLOWEST = 0.25
_FASTEST = 6.0
_SLOWED_MS = 325.0
_STILL = 0.02


# State: where the pointer was lately, each with its time.
class Flick:
    """The last movements of a drag. Places are in px, times in ms of any one clock."""

    def __init__(self) -> None:
        self._track: deque[tuple[float, float]] = deque()

    def begin(self, x: float, now: float) -> None:
        """A drag begins."""
        self._track.clear()
        self.drag(x, now)

    def drag(self, x: float, now: float) -> None:
        """The pointer is at ``x`` now."""
        self._track.append((now, x))
        while now - self._track[0][0] > _REMEMBERED_MS:
            self._track.popleft()

    def speed(self, x: float, now: float) -> float:
        """How fast it is let go, in px/ms; 0 for a drag that had come to rest, or was too short."""
        self.drag(x, now)
        (begun, first), elapsed = self._track[0], now - self._track[0][0]
        # A single jump of the pointer is no motion.
        if elapsed < _SHORTEST_MS or begun == now:
            return 0.0
        speed = (x - first) / elapsed
        return math.copysign(min(abs(speed), _FASTEST), speed) if abs(speed) >= _SLOWEST else 0.0


# State: the time and the way of the last step.
class Glide:
    """A motion that slows down by itself; ``speed`` in px/ms at the time ``now`` (ms)."""

    def __init__(self, speed: float, now: float) -> None:
        self._speed = speed
        self._begun = now
        self._way = 0.0

    def step(self, now: float) -> float:
        """How many px it went since the last step."""
        former = self._way
        slowed = math.exp(-max(now - self._begun, 0.0) / _SLOWED_MS)
        self._way = self._speed * _SLOWED_MS * (1 - slowed)
        return self._way - former

    def is_over(self, now: float) -> bool:
        """Whether it has all but come to rest."""
        return abs(self._speed) * math.exp(-max(now - self._begun, 0.0) / _SLOWED_MS) < _STILL
