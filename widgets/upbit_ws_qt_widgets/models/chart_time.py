"""Where the time axis gets its labels, in the time zone it shows. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["DAY_MS", "KST_MS", "Landmark", "TimeTick", "TimeZone", "day_starts", "time_ticks"]

KST_MS = 9 * 3_600_000
"""Korea is nine hours ahead of UTC all year."""

DAY_MS = 86_400_000

_Times = npt.NDArray[np.int64]

_STEPS_S = (1, 5, 10, 15, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200)


class TimeZone(enum.StrEnum):
    """Whose clock the times on a chart are read from."""

    KST = "KST"
    UTC = "UTC"

    @property
    def offset_ms(self) -> int:
        """How far it is ahead of UTC."""
        return KST_MS if self is TimeZone.KST else 0


class Landmark(enum.IntEnum):
    """What begins at a tick, by the zone; the greater, the more it is worth a label."""

    SECOND = 0
    MINUTE = 1
    DAY = 2
    MONTH = 3
    YEAR = 4


@dataclass(frozen=True, slots=True)
class TimeTick:
    """A label at the bar in column ``column``, which starts at ``time`` (ms).

    ``begins_day`` says whether the exchange's day begins there, at 09:00 in Korea.
    """

    column: int
    time: int
    landmark: Landmark
    begins_day: bool


def time_ticks(
    times: _Times, x: _Times, gap: float, before: int | None, zone: TimeZone
) -> list[TimeTick]:
    """Choose the bars that get a label, at least ``gap`` px apart.

    Bars are not evenly spread over time, so a label goes to the first bar of each interval of the
    finest step for which all labels fit. Dates change at midnight of the zone. The exchange's day
    begins at 00:00 UTC, 09:00 in Korea; that is where its day, week and month candles begin, which
    have the same date in both zones.

    Args:
        times: the start of each column in ms, ascending.
        x: the place of each column in px, ascending.
        gap: the least distance of two labels in px.
        before: the start of the bar before the first column; None if there is none, and the first
            column then counts as the first of a day.
        zone: whose hours and dates are meant.
    """
    if not len(times):
        return []
    known = np.concatenate(([times[0] - DAY_MS if before is None else before], times))
    local = known + zone.offset_ms
    most = (int(x[-1]) - int(x[0])) / gap + 1
    levels = np.array([_changes(interval) for interval in _intervals(local)])
    fits = np.count_nonzero(levels, axis=1) <= most
    finest = int(np.argmax(fits)) if fits.any() else len(levels) - 1
    day = _changes(_day(known))
    hours = max(len(_STEPS_S) - finest, 0)
    # 09:00 is no multiple of two or six hours.
    begins = np.flatnonzero(levels[finest] | day if hours else levels[finest])
    # A column that begins a coarser interval as well goes first: a date before a day of the
    # exchange, and that before all hours.
    begins_day = day[begins]
    ranks = np.count_nonzero(levels[finest + 1 :, begins], axis=0)
    ranks[begins_day] = np.maximum(ranks[begins_day], hours - 1)
    chosen: list[int] = []
    for at in np.lexsort((begins, ~begins_day, -ranks)).tolist():
        place = int(x[begins[at]])
        if all(abs(place - int(x[begins[other]])) >= gap for other in chosen):
            chosen.append(at)
    marks = _landmarks(local, begins + 1)
    return [
        TimeTick(
            int(begins[at]), int(times[begins[at]]), Landmark(int(marks[at])), bool(begins_day[at])
        )
        for at in sorted(chosen)
    ]


def day_starts(times: _Times, before: int | None) -> npt.NDArray[np.intp]:
    """The columns in which a day of the exchange begins; arguments as for ``time_ticks``."""
    known = np.concatenate(([times[0] - DAY_MS if before is None else before], times))
    return np.flatnonzero(_changes(_day(known)))


def _intervals(local: _Times) -> list[_Times]:
    """Which interval each time falls into: of seconds to hours, then of days to years."""
    months = _month(local)
    day = _day(local) - months.astype("M8[M]").astype("M8[D]").astype(np.int64) + 1
    return [
        *(local // (step * 1000) for step in _STEPS_S),
        _day(local),
        # The 31st is no interval of its own.
        *(months * 31 + np.minimum((day - 1) // days, 30 // days - 1) for days in (2, 5, 10)),
        *(months // count for count in (1, 3, 6, 12, 60)),
    ]


def _day(times: _Times) -> _Times:
    return times // DAY_MS


def _month(times: _Times) -> _Times:
    """Months since 1970."""
    return times.astype("M8[ms]").astype("M8[M]").astype(np.int64)


def _changes(intervals: _Times) -> npt.NDArray[np.bool_]:
    """Whether each column begins an interval; the first element is the bar before all columns."""
    begins: npt.NDArray[np.bool_] = intervals[1:] != intervals[:-1]
    return begins


def _landmarks(known: _Times, at: npt.NDArray[np.intp]) -> _Times:
    begins, before = known[at], known[at - 1]
    has_seconds = bool((begins % 60_000).any())
    marks = np.full(len(at), Landmark.SECOND if has_seconds else Landmark.MINUTE, np.int64)
    marks[_day(begins) != _day(before)] = Landmark.DAY
    months, months_before = _month(begins), _month(before)
    marks[months != months_before] = Landmark.MONTH
    marks[months // 12 != months_before // 12] = Landmark.YEAR
    return marks
