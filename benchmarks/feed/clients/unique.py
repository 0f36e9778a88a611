"""Counts the messages that a peer hands its user, each once however often it is handed."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from benchmarks.feed.frames import FIRST, moment


# State: the numbers that came since it was made, and when the last new one did.
class Unique:
    """What a user of a peer got; snapshots and repetitions do not count."""

    def __init__(self) -> None:
        self._numbers: set[float] = set()
        self._ended = moment()
        self._processor = time.process_time()

    def add(self, numbers: Iterable[float]) -> None:
        before = len(self._numbers)
        self._numbers.update(number for number in numbers if number >= FIRST)
        if len(self._numbers) > before:
            self._ended = moment()

    def facts(self, besides_s: float = 0.0) -> dict[str, Any]:
        """What was counted, ``besides_s`` being the processor time of other processes."""
        return {
            "count": len(self._numbers),
            "ended": self._ended,
            "processor_s": time.process_time() - self._processor + besides_s,
        }
