"""From times to places on the axis of bar numbers, and back. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_widgets.models.bars import LATEST_MS

__all__ = ["TimeAxis"]


@dataclass(frozen=True, slots=True, eq=False)
class TimeAxis:
    """The axis of the bars that start at ``times`` (ms, ascending), numbered from ``first``.

    There is at least one. Bar ``n`` covers n … n + 1 of the axis, and its start lies in the middle,
    at n + 0.5, where its wick is: a line between two highs has to meet both wicks. Between the
    starts of two bars time runs evenly, however long the pause between them was; before the first
    bar and after the last it goes on in steps of the unit, months and years by the calendar.
    """

    times: npt.NDArray[np.int64]
    first: int
    timeframe: Timeframe

    def place(self, time: int) -> float:
        """The place of ``time`` (ms)."""
        times, last = self.times, len(self.times) - 1
        at = int(np.searchsorted(times, time, side="right")) - 1
        if 0 <= at < last:
            start, end = int(times[at]), int(times[at + 1])
            return self.first + at + 0.5 + (time - start) / (end - start)
        at = max(at, 0)
        return self.first + at + 0.5 + self._units(time) - self._units(int(times[at]))

    def time(self, place: float) -> int:
        """The time (ms) at a place."""
        times, last = self.times, len(self.times) - 1
        steps = place - self.first - 0.5
        if 0 <= steps < last:
            at = int(steps)
            start, end = int(times[at]), int(times[at + 1])
            return start + round((steps - at) * (end - start))
        at = 0 if steps < 0 else last
        time = self._time_of(self._units(int(times[at])) + steps - at)
        return min(max(time, 1), LATEST_MS - 1)

    def _units(self, time: int) -> float:
        """Candle units since 1970."""
        months = _MONTHS.get(self.timeframe)
        if months is None:
            return time / self.timeframe.duration_ms
        month = int(np.datetime64(time, "ms").astype("M8[M]").astype(np.int64))
        start, end = _start_of(month), _start_of(month + 1)
        return (month + (time - start) / (end - start)) / months

    def _time_of(self, units: float) -> int:
        months = _MONTHS.get(self.timeframe)
        if months is None:
            return round(units * self.timeframe.duration_ms)
        month = math.floor(units * months)
        start, end = _start_of(month), _start_of(month + 1)
        return start + round((units * months - month) * (end - start))


_MONTHS = {Timeframe.MONTH: 1, Timeframe.YEAR: 12}


def _start_of(month: int) -> int:
    """When a month after January 1970 begins, in ms."""
    return int(np.datetime64(month, "M").astype("M8[ms]").astype(np.int64))
