"""What a client counts at its callback, and how it tells who started it."""

from __future__ import annotations

import json
import sys
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.feed.clients.memory import resident_mb
from benchmarks.feed.frames import FIRST, MARKS, moment

_TOLD = 63
# Where counting starts before `begin`: snapshots must not complete anything.
_BEFORE = -(1 << 40)


@dataclass(frozen=True)
class Task:
    """What a client is told to do, as its one argument (JSON).

    ``count`` messages of ``type`` will come for ``markets`` markets. Our own client shares the
    markets among ``proxies``, or gives each of them all (``overlap``), with a ``delivery`` named
    as the constructor of that policy, by callback or by ``signal``; what is left out means: as it
    is by itself. ``lean`` only counts, and takes the time of one message in 64; ``exact`` looks for
    holes in the numbers, too. ``variant`` is for one kind of client alone.
    """

    url: str
    rest_url: str
    type: str
    codes: tuple[str, ...]
    count: int
    proxies: int = 1
    overlap: bool = False
    delivery: str = ""
    signal: bool = False
    lean: bool = False
    exact: bool = False
    variant: str = ""

    @classmethod
    def given(cls) -> Task:
        fields = json.loads(sys.argv[1])
        return cls(**(fields | {"codes": tuple(fields["codes"])}))


def tell(**facts: Any) -> None:
    """One line for whoever started this process."""
    print(json.dumps(facts), flush=True)


# State: what arrived, since `begin`; `last` has number and latency for each market.
class Tally:
    """Counts what arrives. ``when_all`` is called once ``count`` messages have."""

    def __init__(self, task: Task, when_all: Callable[[], None] | None = None) -> None:
        self._task = task
        self._when_all = when_all or (lambda: None)
        # One size from the beginning: what is measured must not grow by being measured.
        self._latencies = array("d", [0.0]) * (task.count + 1)
        self._resident_mb = resident_mb()
        self.begin()
        self.count = _BEFORE

    def begin(self) -> None:
        """Everything before, such as snapshots, does not count."""
        self.count = 0
        self.last: dict[str, tuple[float, float]] = {}
        self.holes = 0
        self.ended = 0.0
        self._processor = time.process_time()

    @property
    def snapshots(self) -> int:
        """How many events came before `begin`."""
        return self.count - _BEFORE

    def callback(self) -> Callable[[Any], None]:
        """What is to be called with each event."""
        if self._task.lean:
            return self._count_only()
        return self._take_exactly if self._task.exact else self._take_all

    def _count_only(self) -> Callable[[Any], None]:
        marks, all_of_them = MARKS[self._task.type], self._task.count
        latencies = self._latencies

        def take(event: Any) -> None:
            self.count = count = self.count + 1
            if not count & _TOLD and count > 0:
                latencies[count >> 6] = moment() - marks(event)[1]
            if count == all_of_them:
                self._complete()

        return take

    def _take_all(self, event: Any) -> None:
        number, sent = MARKS[self._task.type](event)
        late = moment() - sent
        if self.count >= 0:
            self._latencies[self.count] = late
        self.last[event.code] = number, late
        self.count += 1
        if self.count == self._task.count:
            self._complete()

    def _take_exactly(self, event: Any) -> None:
        """As well as that, each message must be the next of its market."""
        step = len(self._task.codes)
        last = self.last.get(event.code)
        self._take_all(event)
        self.holes += last is not None and self.last[event.code][0] != last[0] + step

    def _complete(self) -> None:
        self.ended = moment()
        self._when_all()

    def _measured(self) -> Sequence[float]:
        if self._task.lean:
            return self._latencies[1 : 1 + (self.count >> 6)]
        return self._latencies[: self.count]

    def facts(self) -> dict[str, Any]:
        """What was counted; times in ms, the end in µs as in the frames.

        ``grown_mb`` is by how much more memory is resident than when the tally was made.
        """
        facts: dict[str, Any] = {
            "processor_s": time.process_time() - self._processor,
            "count": self.count,
            "ended": self.ended or moment(),
            "latency": percentiles(self._measured()),
            "holes": self.holes,
            "grown_mb": resident_mb() - self._resident_mb,
        }
        if self.last:
            had_any = min(self._task.count, len(self._task.codes))
            final = FIRST + self._task.count - had_any
            newest = [late for number, late in self.last.values() if number >= final]
            facts["last_values_missing"] = had_any - len(newest)
            facts["last_value_late_ms"] = max(newest, default=0.0) / 1e3
        return facts


def percentiles(latencies: Sequence[float]) -> dict[str, float]:
    """Of latencies in µs, in ms."""
    if not latencies:
        return {}
    ordered = sorted(latencies)

    def share(part: float) -> float:
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))] / 1e3

    return {
        "mean": sum(ordered) / len(ordered) / 1e3,
        "p50": share(0.5),
        "p99": share(0.99),
        "p99.9": share(0.999),
        "max": ordered[-1] / 1e3,
    }
