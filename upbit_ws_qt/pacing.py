"""How a connection is read: as messages come, or in step with the screen's frames. Pure.

What costs is not a message but a wake-up. With few messages each is read when it comes. With many,
the system keeps them for up to a frame, and one wake-up reads, decodes and delivers them all. When
a slice of the frame's time is over and more is waiting, the next slice follows as soon as Qt has
been served, and the exchange is held up by TCP meanwhile.
"""

from __future__ import annotations

import enum

__all__ = ["Pacer", "Pacing"]

#: Over so long the rate is taken. A burst does not wait for its end; silence does.
WINDOW_S = 0.25
#: Messages a second from which a wake-up a frame is cheaper than one a message, as measured with
#: benchmarks.feed, and below which it is dearer; in between all stays as it is.
MANY_PER_S = 100.0
FEW_PER_S = 50.0


class Pacing(enum.StrEnum):
    """When a connection is read."""

    AT_ONCE = "at once"
    FRAMED = "framed"
    SLICED = "sliced"


# State: the pacing, when the window began, and the messages since.
class Pacer:
    """Chooses the pacing of one connection. ``now`` is monotonic seconds."""

    def __init__(self) -> None:
        self.pacing = Pacing.AT_ONCE
        self._window_began = float("-inf")
        self._messages = 0

    def took(self, now: float, messages: int, *, more: bool) -> Pacing:
        """So many messages were taken at ``now``, with more waiting or none; returns the pacing."""
        elapsed_s = now - self._window_began
        few = False
        if elapsed_s >= WINDOW_S:
            few = self._messages < FEW_PER_S * elapsed_s
            self._window_began = now
            self._messages = 0
        self._messages += messages
        many = self._messages >= MANY_PER_S * WINDOW_S
        if more:
            self.pacing = Pacing.SLICED
        elif many or self.pacing is Pacing.SLICED:
            self.pacing = Pacing.FRAMED
        elif few:
            self.pacing = Pacing.AT_ONCE
        return self.pacing

    def restart(self) -> None:
        """Another connection begins."""
        self.pacing = Pacing.AT_ONCE
        self._window_began = float("-inf")
        self._messages = 0
