"""The values of an indicator, kept current with the bars. Pure."""

from __future__ import annotations

import numpy as np

from upbit_ws_qt_widgets.models.bars import NEWEST, Bars

from .spec import Indicator
from .stretch import Floats, Memory, Stretch

__all__ = ["IndicatorSeries"]

_SPARE = 1024


# State: the values with room at the end, how many there are, which bars they are of and how those
# were, and what the steps of the indicator remember at the end of the settled bars.
class IndicatorSeries:
    """One indicator of one series of bars.

    All but the newest bars are settled: worked out once, and what the indicator has to remember of
    them is kept. An update works out the rest anew, which is between ``NEWEST`` and a few times as
    many bars however many there are. A change to settled bars, such as an older page of history,
    means all of them again: averages that never forget depend on where they begin.

    A bar with a figure that is NaN has no values, and the others are as if it were not there.
    """

    def __init__(self, indicator: Indicator) -> None:
        self.indicator = indicator
        self._values: Floats = np.empty((len(indicator.spec.plots), 0))
        self._count = 0
        self._bars: Bars | None = None
        self._history = -1
        self._seen: tuple[int, bytes] | None = None
        self._settled = 0
        self._memory: Memory | None = None

    @property
    def values(self) -> Floats:
        """A row for each plot, a column for each bar; a view, valid until the next update."""
        return self._values[:, : self._count]

    def update(self, bars: Bars) -> None:
        """Work out what changed in ``bars`` since the last time."""
        if bars is not self._bars or bars.history != self._history:
            self._bars, self._history = bars, bars.history
            self._settled, self._memory, self._seen = 0, None, None
        count = len(bars)
        # Most frames are painted for something else: the pointer, or a drag.
        seen = bars.revision, bars.figures[:, -1:].tobytes()
        if seen == self._seen and self._count == count:
            return
        self._make_room(count)
        self._count = count
        settled = max(count - NEWEST, self._settled)
        if settled - self._settled > NEWEST:
            self._memory = self._work_out(bars, settled)
            self._settled = settled
        self._work_out(bars, count)
        self._seen = seen

    def _work_out(self, bars: Bars, stop: int) -> Memory | None:
        """Put down the values from the settled bars on; what is to be remembered at their end."""
        part = slice(self._settled, stop)
        times, figures, values = bars.times[part], bars.figures[:, part], self._values[:, part]
        # An indicator that changes what it is given must not change the bars.
        times.flags.writeable = figures.flags.writeable = False
        missing = np.isnan(figures).any(axis=0)
        if missing.all():
            values[:] = np.nan
            return self._memory
        whole = ~missing if missing.any() else slice(None)
        stretch = Stretch(times[whole], figures[:, whole], self._memory)
        values[:] = np.nan
        values[:, whole] = self.indicator.values(stretch)
        return stretch.memory

    def _make_room(self, count: int) -> None:
        if count > self._values.shape[1]:
            values = np.empty((len(self._values), count + max(_SPARE, count // 4)))
            values[:, : self._count] = self.values
            self._values = values
