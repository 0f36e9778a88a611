"""Which time a chart has in view, told so that other bars can show it too. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

from upbit_ws_qt.timeframe import Timeframe

from .chart_view import ChartView
from .drawings.time_axis import TimeAxis

__all__ = ["Aim", "ViewPlace", "times_in_view"]


class Aim(NamedTuple):
    """A crosshair that was set and not pointed at: on the bar of a time (ms), maybe at a price.

    ``is_given`` if the program set it, or another chart; else the user did, by key.
    """

    time: int
    price: float | None
    is_given: bool


@dataclass(frozen=True, slots=True)
class ViewPlace:
    """The time at the right edge, and how much time lies between the edges, both in ms.

    Charts of another unit than ``timeframe`` keep their zoom; with None there is no other unit.
    ``room`` is set while the newest bar is followed: so many bars lie between its end and the right
    edge, and ``end`` is only where that was.
    """

    end: int
    span: int
    timeframe: Timeframe | None = None
    room: float | None = None

    @staticmethod
    def of(view: ChartView, axis: TimeAxis, width: float) -> ViewPlace:
        """What ``view`` shows of the bars of ``axis`` on ``width`` px."""
        start, end = times_in_view(view, axis, width)
        room = view.right - _end(axis) if view.follow else None
        return ViewPlace(end, end - start, axis.timeframe, room)

    def view(self, former: ChartView, axis: TimeAxis, width: float) -> ChartView:
        """This place among other bars, as nearly as they and the bounds of zoom allow."""
        extent = width, axis.first, _end(axis)
        if not self._is_of(axis.timeframe):
            if self.room is not None:
                return former.at_latest(_end(axis))
            right = _place(axis, self.end)
            if self.timeframe and axis.timeframe.duration_ms > self.timeframe.duration_ms:
                # The bar that holds this time is seen whole.
                right = float(math.ceil(right))
            return former.reaching(right, *extent)
        right = _place(axis, self.end) if self.room is None else _end(axis) + self.room
        left = _place(axis, _time(axis, right) - self.span)
        return former.between(left, right, *extent)

    def settled(self, view: ChartView, axis: TimeAxis) -> ViewPlace:
        """The same once ``view`` is at it: along with the newest bar, if that is where it is."""
        if self.room is None and view.follow and _place(axis, self.end) >= _end(axis) - 0.5:
            return replace(self, room=view.right - _end(axis))
        return self

    def _is_of(self, timeframe: Timeframe) -> bool:
        return self.timeframe in (None, timeframe)


def times_in_view(view: ChartView, axis: TimeAxis, width: float) -> tuple[int, int]:
    """The times (ms) at both edges of ``view``; a bar covers all time until the next one."""
    return _time(axis, view.left(width)), _time(axis, view.right)


def _end(axis: TimeAxis) -> int:
    return axis.first + len(axis.times)


# The axis has the start of a bar in its middle; for what is in view it is the bar's left edge.


def _time(axis: TimeAxis, place: float) -> int:
    return axis.time(place + 0.5)


def _place(axis: TimeAxis, time: int) -> float:
    return axis.place(time) - 0.5
