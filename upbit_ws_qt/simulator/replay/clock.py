"""Where a replay stands: its speed, its pauses and its jumps. Pure."""

from __future__ import annotations

import math

from upbit_ws_qt.errors import InvalidRequest

__all__ = ["ReplayClock"]


# State: the position at a moment, that moment, the speed, and the two reasons to stand still.
class ReplayClock:
    """Seconds of a recording, which pass at ``speed`` unless it is paused or waits for somebody.

    ``now`` is any clock in seconds. It waits at first.

    Raises:
        InvalidRequest: the speed is not above 0.
    """

    def __init__(self, speed: float) -> None:
        self._speed = _checked(speed)
        self._position_s = self._since = 0.0
        self._is_paused = False
        self._is_waiting = True

    @property
    def speed(self) -> float:
        """Seconds of the recording in a second."""
        return self._speed

    @property
    def is_paused(self) -> bool:
        """Whether it stands still because somebody said so."""
        return self._is_paused

    @property
    def is_waiting(self) -> bool:
        """Whether it stands still because nobody is there."""
        return self._is_waiting

    @property
    def stands(self) -> bool:
        """Whether it stands still."""
        return self._is_paused or self._is_waiting

    def position_s(self, now: float) -> float:
        """Seconds since the first frame."""
        passed = 0.0 if self.stands else (now - self._since) * self._speed
        return self._position_s + passed

    def delay_s(self, at_s: float, now: float) -> float | None:
        """How long it is until ``at_s``, by the clock on the wall; None while it stands still."""
        return None if self.stands else max(0.0, (at_s - self.position_s(now)) / self._speed)

    def set_speed(self, speed: float, now: float) -> None:
        """Go on at another speed.

        Raises:
            InvalidRequest: it is not above 0.
        """
        checked = _checked(speed)
        self.jump(self.position_s(now), now)
        self._speed = checked

    def jump(self, position_s: float, now: float) -> None:
        """Stand somewhere else."""
        self._position_s, self._since = position_s, now

    def pause(self, now: float, *, paused: bool) -> None:
        """Stand still, or do not."""
        self.jump(self.position_s(now), now)
        self._is_paused = paused

    def wait(self, now: float, *, waiting: bool) -> None:
        """Stand still until somebody is there, or do not."""
        self.jump(self.position_s(now), now)
        self._is_waiting = waiting


def _checked(speed: float) -> float:
    if not (speed > 0 and math.isfinite(speed)):
        raise InvalidRequest(f"a replay's speed is above 0; got {speed!r}")
    return speed
