"""Streams that are served over REST because no socket carries them now. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .subscriptions import Stream

__all__ = ["Fetch", "Poller"]


@dataclass(frozen=True, slots=True)
class Fetch:
    """An action: ask REST for the present value of ``stream``; ``round`` tells late answers."""

    stream: Stream
    round: int


# State: for each polled stream when it is due and whether an answer is on its way; the round.
class Poller:
    """Asks for each stream again and again, one question at a time.

    ``now`` is monotonic seconds.
    """

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._due: dict[Stream, float] = {}
        self._asked: set[Stream] = set()
        self._round = 0

    def restart(self) -> None:
        """Answers to what was asked so far do not count any more."""
        self._round += 1
        self._asked.clear()
        self._due = dict.fromkeys(self._due, float("-inf"))

    def poll(self, streams: Iterable[Stream]) -> None:
        """Poll exactly these; a new one is due at once."""
        wanted = set(streams)
        self._due = {stream: self._due.get(stream, float("-inf")) for stream in wanted}
        self._asked &= wanted

    def next_fetch(self, now: float) -> Fetch | None:
        """What to ask now."""
        for stream, due in self._due.items():
            if due <= now and stream not in self._asked:
                self._asked.add(stream)
                return Fetch(stream, self._round)
        return None

    def answered(self, fetch: Fetch, now: float, wait_s: float = 0.0) -> bool:
        """An answer came, good or bad; returns whether it still counts."""
        if fetch.round != self._round or fetch.stream not in self._due:
            return False
        self._asked.discard(fetch.stream)
        self._due[fetch.stream] = now + max(self._interval_s, wait_s)
        return True

    def next_deadline(self) -> float | None:
        """When the next question is due."""
        return min(
            (due for stream, due in self._due.items() if stream not in self._asked), default=None
        )
