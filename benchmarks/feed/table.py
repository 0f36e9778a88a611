"""The rows of the benchmark's one table, and how they are printed."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

KeyT = TypeVar("KeyT")
RunT = TypeVar("RunT")


@dataclass(frozen=True)
class Effort:
    """How much of everything: rounds whose median counts, and the length of each paced run."""

    rounds: int
    seconds: float
    flood: int
    is_quick: bool = False


@dataclass(frozen=True)
class Row:
    """One line: what was measured, of ours and of the bound or peer, and what is judged.

    ``value`` is a ratio, or a number in ``unit``; ``most`` or ``least`` is its target. Without
    either, the row only informs.
    """

    key: str
    what: str
    ours: str
    bound: str
    value: float
    unit: str = ""
    most: float | None = None
    least: float | None = None

    @property
    def is_met(self) -> bool | None:
        if self.most is not None:
            return self.value <= self.most
        if self.least is not None:
            return self.value >= self.least
        return None

    def cells(self) -> tuple[str, ...]:
        unit = f" {self.unit}" if self.unit else ""
        target = ""
        if self.most is not None:
            target = f"≤ {self.most:g}{unit}"
        elif self.least is not None:
            target = f"≥ {self.least:g}{unit}"
        ratio = f"{self.value:.2f}" if not self.unit else ""
        met = {None: "", True: "yes", False: "NO"}[self.is_met]
        return self.what, self.ours, self.bound, ratio, target, met


HEAD = ("what", "ours", "bound or peer", "ratio", "target", "met")


def lines(rows: Sequence[Row]) -> Iterable[str]:
    """A table in Markdown, aligned for a terminal."""
    cells = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEAD))]

    def line(row: Sequence[str]) -> str:
        return "| " + " | ".join(f"{c:{w}}" for c, w in zip(row, widths, strict=True)) + " |"

    yield line(HEAD)
    yield line(["-" * width for width in widths])
    for row in cells[1:]:
        yield line(row)


def summary(rows: Sequence[Row]) -> str:
    """The one line of JSON: what is judged in each row, and the rows that missed their target."""
    return json.dumps(
        {
            "benchmark": "feed",
            "ratios": {row.key: float(f"{row.value:.4g}") for row in rows},
            "missed": [row.key for row in rows if row.is_met is False],
        }
    )


def interleaved(rounds: int, runs: Mapping[KeyT, Callable[[], RunT]]) -> dict[KeyT, list[RunT]]:
    """Round by round one run of each, every second round the other way round.

    A noisy machine slows down whole rounds, so each is compared within its round.
    """
    done: dict[KeyT, list[RunT]] = {name: [] for name in runs}
    for number in range(rounds):
        for name in list(runs) if number % 2 == 0 else list(runs)[::-1]:
            done[name].append(runs[name]())
    return done


def median_of(runs: Iterable[RunT], number: Callable[[RunT], float]) -> float:
    """The median of a number of some runs."""
    return statistics.median(number(run) for run in runs)


def median_ratio(
    ours: Sequence[RunT], bound: Sequence[RunT], number: Callable[[RunT], float]
) -> float:
    """The median of the ratios within each round."""
    pairs = zip(ours, bound, strict=True)
    return statistics.median(number(own) / number(other) for own, other in pairs)
