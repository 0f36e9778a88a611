"""Noticing by two clocks that the machine slept. Pure.

Monotonic time stands still in sleep on Linux and macOS and runs on Windows.
"""

from __future__ import annotations

from .actions import Instant

__all__ = ["SleepWatch"]

#: How often the clocks are compared, and how far apart they mean that the machine slept.
CLOCK_CHECK_S = 5.0
SLEPT_DRIFT_S = 5.0
SLEPT_LATE_S = 30.0


# State: both clocks as last seen, or None while nobody looks.
class SleepWatch:
    """Compares the wall clock with the monotonic one every few seconds."""

    def __init__(self) -> None:
        self._seen: Instant | None = None

    def start(self, now: Instant) -> None:
        """Look from now on; nothing happens where it does already."""
        self._seen = self._seen or now

    def stop(self) -> None:
        """Look no longer: nobody would have to be woken."""
        self._seen = None

    def next_deadline(self) -> float | None:
        """The monotonic second of the next look."""
        return None if self._seen is None else self._seen.monotonic + CLOCK_CHECK_S

    def slept(self, now: Instant) -> bool:
        """Whether the machine slept since the last look; looks only when that is due."""
        last = self._seen
        if last is None or now.monotonic < last.monotonic + CLOCK_CHECK_S:
            return False
        self._seen = now
        elapsed_s = now.monotonic - last.monotonic
        drift_s = abs((now.wall - last.wall) - elapsed_s)
        return drift_s > SLEPT_DRIFT_S or elapsed_s - CLOCK_CHECK_S > SLEPT_LATE_S
