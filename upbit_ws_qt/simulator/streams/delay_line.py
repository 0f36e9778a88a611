"""Frames that reach the client later than they are sent. asyncio."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable

__all__ = ["DelayLine"]


# State: the frames under way with the moments they are due (s, on the loop's clock), their size in
# bytes, and the timer of the first one.
class DelayLine:
    """Keeps frames in order until they are due.

    Args:
        write: is handed the frames that are due together.
    """

    def __init__(self, write: Callable[[list[bytes]], None]) -> None:
        self.size = 0
        self._write = write
        self._frames: deque[tuple[float, bytes]] = deque()
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None

    def put(self, due: float, frame: bytes) -> None:
        """Send a frame on its way; it does not overtake those before it."""
        self._frames.append((due, frame))
        self.size += len(frame)
        if self._timer is None:
            self._timer = self._loop.call_at(due, self._arrive)

    def hurry(self) -> None:
        """Write all frames now."""
        self._arrive(math.inf)

    def close(self) -> None:
        """Forget all frames."""
        self._frames.clear()
        self.size = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arrive(self, until: float | None = None) -> None:
        now = self._loop.time() if until is None else until
        arrived: list[bytes] = []
        # The loop may call a timer a little early; the frame it was set for has arrived.
        while self._frames and (self._frames[0][0] <= now or not arrived):
            arrived.append(self._frames.popleft()[1])
        self.size -= sum(map(len, arrived))
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if self._frames:
            self._timer = self._loop.call_at(self._frames[0][0], self._arrive)
        self._write(arrived)
