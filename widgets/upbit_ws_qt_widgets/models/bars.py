"""Candles in columns, with room at both ends. Pure."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = [
    "BAR_DTYPE",
    "CLOSE",
    "HIGH",
    "LATEST_MS",
    "LOW",
    "NEWEST",
    "OPEN",
    "VALUE",
    "VOLUME",
    "Bar",
    "Bars",
]

BAR_DTYPE = np.dtype(
    [
        ("time", "<i8"),
        ("open", "<f8"),
        ("high", "<f8"),
        ("low", "<f8"),
        ("close", "<f8"),
        ("volume", "<f8"),
        ("value", "<f8"),
    ]
)
"""One candle: ``time`` is its start in ms since 1970, UTC; volume in coins, value in money."""

LATEST_MS = 32_503_680_000_000
"""The year 3000: a time beyond is in another unit than ms."""

OPEN, HIGH, LOW, CLOSE, VOLUME, VALUE = range(6)
"""The rows of ``Bars.figures``."""

NEWEST = 8
"""How many bars at the end may change without counting as history; trades reach back four."""

_FIGURES = ("open", "high", "low", "close", "volume", "value")
_SPARE = 1024


class Bar(NamedTuple):
    """One candle; the fields of ``BAR_DTYPE``."""

    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    value: float


# State: the two arrays, where the bars begin in them and how many there are, the number after the
# last bar, the revision, and the history's.
class Bars:
    """Bars in order of time, one for each start.

    Columns rather than records: a reduction over a million highs then reads 8 MB and not 56.

    Every bar has a number. Appending and prepending leave all numbers alone, so a view, or a bucket
    of many bars, that is anchored to numbers holds still. A bar inserted between others renumbers
    the older ones (one less each). ``revision`` changes with everything but the last bar's figures,
    ``history`` only with what is not among the ``NEWEST`` bars.
    """

    def __init__(self) -> None:
        self._times: npt.NDArray[np.int64] = np.empty(0, np.int64)
        self._figures: npt.NDArray[np.float64] = np.empty((6, 0), np.float64)
        self._start = 0
        self._count = 0
        self._end = 0
        self._revision = 0
        self._history = 0

    def __len__(self) -> int:
        return self._count

    @property
    def first(self) -> int:
        """The number of the oldest bar."""
        return self._end - self._count

    @property
    def end(self) -> int:
        """The number after the newest bar's."""
        return self._end

    @property
    def revision(self) -> int:
        """Changes with everything but the figures of the last bar."""
        return self._revision

    @property
    def history(self) -> int:
        """Stays while bars are only appended, and the figures of the ``NEWEST`` ones replaced."""
        return self._history

    @property
    def times(self) -> npt.NDArray[np.int64]:
        """Starts in ms, shape (n,); a view, valid until the next change."""
        return self._times[self._start : self._start + self._count]

    @property
    def figures(self) -> npt.NDArray[np.float64]:
        """OPEN … VALUE by bars, shape (6, n); a view, valid until the next change."""
        return self._figures[:, self._start : self._start + self._count]

    def bar(self, number: int) -> Bar:
        """The bar with this number.

        Raises:
            IndexError: there is none.
        """
        if not self.first <= number < self._end:
            raise IndexError(f"bars {self.first} to {self._end - 1} exist; got {number}")
        at = self._start + number - self.first
        return Bar(int(self._times[at]), *(float(x) for x in self._figures[:, at]))

    def find(self, time: int) -> int | None:
        """The number of the bar that starts at ``time`` (ms), or None."""
        at = int(np.searchsorted(self.times, time))
        return self.first + at if at < self._count and int(self.times[at]) == time else None

    def latest_at(self, time: int) -> int | None:
        """The number of the newest bar that starts at or before ``time`` (ms), or None."""
        at = int(np.searchsorted(self.times, time, side="right"))
        return self.first + at - 1 if at else None

    def clear(self) -> None:
        """Forget everything."""
        self.replace(np.empty(0, BAR_DTYPE))

    def replace(self, rows: npt.NDArray[np.void]) -> None:
        """Hold exactly these rows of ``BAR_DTYPE``: ascending, one for each start."""
        self._count = 0
        self._make_room(0, len(rows))
        self._write(self._start, rows)
        self._count = self._end = len(rows)
        self._revision += 1
        self._history += 1

    def put(self, bar: Bar) -> None:
        """Add a bar, or replace the one with the same start.

        O(1) at the end; a late one moves the shorter side of its neighbours.
        """
        times = self.times
        if not self._count or bar.time > times[-1]:
            self._make_room(0, 1)
            at = self._start + self._count
            self._count += 1
            self._end += 1
            self._revision += 1
        elif bar.time == times[-1]:
            at = self._start + self._count - 1
        else:
            index = int(np.searchsorted(times, bar.time))
            if times[index] != bar.time:
                self._open_gap(index)
                self._history += 1
            elif index < self._count - NEWEST:
                self._history += 1
            at = self._start + index
            self._revision += 1
        self._times[at] = bar.time
        self._figures[:, at] = bar[1:]

    def merge(self, rows: npt.NDArray[np.void]) -> None:
        """Add rows of ``BAR_DTYPE`` (ascending, one for each start); where both exist, they win.

        O(rows) when all are older than the first bar or newer than the last, else O(all bars).
        """
        if not len(rows):
            return
        self._revision += 1
        if not self._count or rows["time"][0] > self.times[-1]:
            self._make_room(0, len(rows))
            self._write(self._start + self._count, rows)
            self._count += len(rows)
            self._end += len(rows)
        elif rows["time"][-1] < self.times[0]:
            self._make_room(len(rows), 0)
            self._start -= len(rows)
            self._write(self._start, rows)
            self._count += len(rows)
            self._history += 1
        else:
            self._merge_overlapping(rows)

    def _merge_overlapping(self, rows: npt.NDArray[np.void]) -> None:
        kept = ~np.isin(self.times, rows["time"])
        merged = np.empty(int(kept.sum()) + len(rows), BAR_DTYPE)
        own = len(merged) - len(rows)
        merged["time"][:own], merged["time"][own:] = self.times[kept], rows["time"]
        for index, name in enumerate(_FIGURES):
            merged[name][:own], merged[name][own:] = self.figures[index, kept], rows[name]
        newer = int((rows["time"] > self.times[-1]).sum())
        end, revision = self._end + newer, self._revision
        self.replace(merged[np.argsort(merged["time"])])
        self._end, self._revision = end, revision

    def _write(self, at: int, rows: npt.NDArray[np.void]) -> None:
        self._times[at : at + len(rows)] = rows["time"]
        for index, name in enumerate(_FIGURES):
            self._figures[index, at : at + len(rows)] = rows[name]

    def _open_gap(self, index: int) -> None:
        """Make place for one bar before the one at ``index`` by moving the shorter side."""
        if index * 2 < self._count:
            self._make_room(1, 0)
            old = slice(self._start, self._start + index)
            new = slice(self._start - 1, self._start + index - 1)
            self._start -= 1
        else:
            self._make_room(0, 1)
            old = slice(self._start + index, self._start + self._count)
            new = slice(self._start + index + 1, self._start + self._count + 1)
        self._times[new] = self._times[old]
        self._figures[:, new] = self._figures[:, old]
        self._count += 1

    def _make_room(self, front: int, back: int) -> None:
        """Make sure that so many bars fit before the first and after the last."""
        size = len(self._times)
        if self._start >= front and self._start + self._count + back <= size:
            return
        spare = max(_SPARE, (self._count + front + back) // 4)
        start = spare + front
        size = start + self._count + back + spare
        times = np.empty(size, np.int64)
        figures = np.empty((6, size), np.float64)
        times[start : start + self._count] = self.times
        figures[:, start : start + self._count] = self.figures
        self._times, self._figures, self._start = times, figures, start
