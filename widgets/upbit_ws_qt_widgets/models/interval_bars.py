"""A series with a flat bar for each interval in which nobody traded. Pure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .bars import BAR_DTYPE, CLOSE, Bar, Bars

__all__ = ["MOST_FLAT", "MOST_IN_A_ROW", "IntervalBars"]

MOST_IN_A_ROW = 1024
"""So many flat bars follow each other; what is left of a longer pause has none."""

MOST_FLAT = 1_000_000
"""So many there are altogether, 56 MB; where more would be needed, rows of them get shorter."""

_Rows = npt.NDArray[np.void]


# State: the bars with the flat ones among them, and how many flat ones may follow each other.
class IntervalBars:
    """The bars of a series, and flat ones at the close before where the exchange has no candle.

    The series given stays as it is; whoever changes it says so here. Flat bars have no volume. They
    are real bars with numbers, because then views, indicators and drawings need not know of them.
    A pause of seconds over weeks would have millions, so their number is limited.

    Args:
        traded: the bars of intervals in which somebody traded.
        duration_ms: the length of an interval, the same for all.
    """

    def __init__(self, traded: Bars, duration_ms: int) -> None:
        self.bars = Bars()
        self._traded = traded
        self._step = duration_ms
        self._most = MOST_IN_A_ROW
        self.rebuild()

    @property
    def most_in_a_row(self) -> int:
        """How many flat bars may follow each other."""
        return self._most

    def rebuild(self) -> None:
        """Everything is different: begin anew."""
        times = self._traded.times
        pauses = np.diff(times) // self._step - 1
        while int(np.minimum(pauses, self._most).sum()) > MOST_FLAT:
            self._most //= 2
        self.bars.replace(_filled(self._traded, 0, len(times), self._step, self._most))

    def merged(self, rows: _Rows) -> None:
        """These rows, ascending, were added to the series or took the place of others there."""
        if not len(rows):
            return
        times = self._traded.times
        first, last = np.searchsorted(times, rows["time"][[0, -1]]).tolist()
        start, stop = max(first - 1, 0), min(last + 2, len(times))
        filled = _filled(self._traded, start, stop, self._step, self._most)
        # The neighbours were there before; without them an older page is older than everything.
        self._add(filled[first - start : len(filled) - (stop - last - 1)])
        self._follow(int(times[last]), float(rows["close"][-1]))

    def put(self, bar: Bar) -> None:
        """This bar was added to the series or took the place of one there."""
        if self.bars and bar.time > int(self.bars.times[-1]):
            self.pass_time(bar.time)
        self.bars.put(bar)
        self._follow(bar.time, bar.close)

    def pass_time(self, now_ms: int) -> bool:
        """Intervals that ended by ``now_ms`` without a trade have a bar; whether there were any."""
        if not self.bars:
            return False
        newest, traded = int(self.bars.times[-1]), int(self._traded.times[-1])
        if traded > newest:
            # The bar that ends the pause is in the series already.
            traded = int(self._traded.times[-2])
        ended = (now_ms - newest) // self._step - 1
        count = min(ended, self._most - (newest - traded) // self._step)
        if count <= 0:
            return False
        self._add(_flat(newest, float(self.bars.figures[CLOSE, -1]), count, self._step))
        return True

    def _follow(self, time: int, close: float) -> None:
        """The flat bars behind a traded one are at its close."""
        shown, times = self.bars, self._traded.times
        if time == int(shown.times[-1]):
            return
        behind = shown.find(time + self._step)
        if behind is None or shown.bar(behind).close != close:
            after = int(np.searchsorted(times, time)) + 1
            end = int(times[after]) if after < len(times) else int(shown.times[-1]) + self._step
            count = min((end - time) // self._step - 1, self._most)
            self._add(_flat(time, close, count, self._step))

    def _add(self, rows: _Rows) -> None:
        self.bars.merge(rows)
        if len(self.bars) - len(self._traded) > MOST_FLAT:
            self.rebuild()


def _filled(traded: Bars, start: int, stop: int, step: int, most: int) -> _Rows:
    """The bars from index ``start`` to ``stop - 1`` with the flat ones between them."""
    times, figures = traded.times[start:stop], traded.figures[:, start:stop]
    pauses = np.minimum(np.maximum(np.diff(times) // step - 1, 0), most)
    # How many flat bars stand before each bar.
    before = np.concatenate(([0], np.cumsum(pauses)))[: len(times)]
    places = np.arange(len(times)) + before
    rows = np.zeros(len(times) + int(pauses.sum()), BAR_DTYPE)
    latest = np.repeat(np.arange(len(times)), np.append(pauses + 1, 1)[: len(times)])
    rows["time"] = times[latest] + (np.arange(len(rows)) - places[latest]) * step
    for name in ("open", "high", "low", "close"):
        rows[name] = figures[CLOSE, latest]
    for index, name in enumerate(BAR_DTYPE.names[1:] if BAR_DTYPE.names else ()):
        rows[name][places] = figures[index]
    return rows


def _flat(time: int, close: float, count: int, step: int) -> _Rows:
    """So many flat bars after ``time``."""
    rows = np.zeros(count, BAR_DTYPE)
    rows["time"] = time + np.arange(1, count + 1, dtype=np.int64) * step
    for name in ("open", "high", "low", "close"):
        rows[name] = close
    return rows
