"""Where the time axis gets its labels, in Korean time. Pure."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["DAY_MS", "KST_MS", "Landmark", "TimeTick", "time_ticks"]

KST_MS = 9 * 3_600_000
"""Korea is nine hours ahead of UTC all year."""

DAY_MS = 86_400_000

_Times = npt.NDArray[np.int64]

_STEPS_S = (1, 5, 10, 15, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200)


class Landmark(enum.IntEnum):
    """What begins at a tick; the greater, the more it is worth a label."""

    SECOND = 0
    MINUTE = 1
    DAY = 2
    """The exchange's day, at 09:00."""
    MONTH = 3
    YEAR = 4


@dataclass(frozen=True, slots=True)
class TimeTick:
    """A label at the bar in column ``column``, which starts at ``time`` (ms)."""

    column: int
    time: int
    landmark: Landmark


def time_ticks(times: _Times, x: _Times, gap: float, before: int | None) -> list[TimeTick]:
    """Choose the bars that get a label, at least ``gap`` px apart.

    Bars are not evenly spread over time, so a label goes to the first bar of each interval of the
    finest step for which all labels fit. The exchange's day begins at 00:00 UTC, 09:00 in Korea;
    days, months and years are counted from there, as the exchange's day candles are.

    Args:
        times: the start of each column in ms, ascending.
        x: the place of each column in px, ascending.
        gap: the least distance of two labels in px.
        before: the start of the bar before the first column; None if there is none, and the first
            column then counts as the first of a day.
    """
    if not len(times):
        return []
    known = np.concatenate(([times[0] - DAY_MS if before is None else before], times))
    most = (int(x[-1]) - int(x[0])) / gap + 1
    levels = _levels()
    begins = _changes(levels.pop(0)(known))
    while levels and len(begins) > most:
        begins = _changes(levels.pop(0)(known))
    # A column that begins a coarser interval as well goes first.
    ranks = np.zeros(len(begins), np.int64)
    for level in levels:
        ranks += np.isin(begins, _changes(level(known)))
    chosen: list[int] = []
    for at in np.lexsort((begins, -ranks)).tolist():
        place = int(x[begins[at]])
        if all(abs(place - int(x[begins[other]])) >= gap for other in chosen):
            chosen.append(at)
    marks = _landmarks(known, begins + 1)
    return [
        TimeTick(int(begins[at]), int(times[begins[at]]), Landmark(int(marks[at])))
        for at in sorted(chosen)
    ]


def _levels() -> list[Callable[[_Times], _Times]]:
    """Functions from times to the interval each falls into, finest first."""
    return [
        *(_within_day(step * 1000) for step in _STEPS_S),
        _day,
        *(_within_month(days) for days in (2, 5, 10)),
        _month,
        lambda times: _month(times) // 3,
        lambda times: _month(times) // 6,
        lambda times: _month(times) // 12,
        lambda times: _month(times) // 60,
    ]


def _within_day(step_ms: int) -> Callable[[_Times], _Times]:
    # The exchange's day begins at 09:00, which is no multiple of two or six hours: both count. Each
    # of them only ever rises, so the sum changes where either does.
    return lambda times: (times + KST_MS) // step_ms + _day(times)


def _day(times: _Times) -> _Times:
    return times // DAY_MS


def _within_month(days: int) -> Callable[[_Times], _Times]:
    # The 31st is no interval of its own.
    last = 30 // days - 1
    return lambda times: _month(times) * 31 + np.minimum((_day_of_month(times) - 1) // days, last)


def _month(times: _Times) -> _Times:
    """Months since 1970."""
    return times.astype("M8[ms]").astype("M8[M]").astype(np.int64)


def _day_of_month(times: _Times) -> _Times:
    months = times.astype("M8[ms]").astype("M8[M]")
    return _day(times) - months.astype("M8[D]").astype(np.int64) + 1


def _changes(intervals: _Times) -> npt.NDArray[np.intp]:
    """Which columns begin an interval; the first element is the bar before all columns."""
    return np.flatnonzero(intervals[1:] != intervals[:-1])


def _landmarks(known: _Times, at: npt.NDArray[np.intp]) -> _Times:
    has_seconds = bool((known[at] % 60_000).any())
    marks = np.full(len(at), Landmark.SECOND if has_seconds else Landmark.MINUTE, np.int64)
    for landmark, interval in (
        (Landmark.DAY, _day(known)),
        (Landmark.MONTH, _month(known)),
        (Landmark.YEAR, _month(known) // 12),
    ):
        marks[interval[at] != interval[at - 1]] = landmark
    return marks
