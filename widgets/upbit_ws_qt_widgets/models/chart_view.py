"""Which bars are in view: a window on the axis of bar numbers. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

__all__ = ["ChartView"]

_WIDEST_PX = 96.0
_NARROWEST_PX = 2.0
_KEPT_IN_VIEW = 3
_LATEST_MARGIN_PX = 40.0


@dataclass(frozen=True, slots=True)
class ChartView:
    """A window on bars ``first`` … ``end - 1``; bar ``n`` covers n … n + 1 of the axis.

    Numbers and not times: an interval without trades has no bar and leaves no hole. ``spacing`` is
    px for each bar, ``right`` the place on the axis at the right edge. While ``follow`` is set, new
    bars move the window along. Widths and distances are in (device independent) px.
    """

    spacing: float = 8.0
    right: float = 0.0
    follow: bool = True

    def left(self, width: float) -> float:
        """The place on the axis at the left edge."""
        return self.right - width / self.spacing

    def place(self, x: float, width: float) -> float:
        """The place on the axis ``x`` px from the left edge."""
        return self.right - (width - x) / self.spacing

    def panned(self, pixels: float, width: float, first: int, end: int) -> ChartView:
        """Moved so that the bars go ``pixels`` to the right, towards the past."""
        return _moved(self, self.right - pixels / self.spacing, width, first, end)

    def zoomed(self, factor: float, x: float, width: float, first: int, end: int) -> ChartView:
        """Bars ``factor`` times as wide, with what is under ``x`` held in place."""
        spacing = _bounded(self.spacing * factor, width, end - first)
        right = self.place(x, width) + (width - x) / spacing
        return _moved(replace(self, spacing=spacing), right, width, first, end)

    def zoomed_at_edge(self, factor: float, width: float, first: int, end: int) -> ChartView:
        """As ``zoomed``, holding the newest bar if it is in view, else the middle."""
        x = width - (self.right - end) * self.spacing if self.follow else width / 2
        return self.zoomed(factor, x, width, first, end)

    def zoomed_at_newest(self, factor: float, width: float, first: int, end: int) -> ChartView:
        """As ``zoomed``, holding the newest bar that is in view."""
        x = width - max(self.right - end, 0.0) * self.spacing
        return self.zoomed(factor, x, width, first, end)

    def between(self, left: float, right: float, width: float, first: int, end: int) -> ChartView:
        """From ``left`` to ``right`` on the axis; where zoom has its bounds ``right`` is kept."""
        spacing = _bounded(width / max(right - left, 1e-9), width, end - first)
        return _moved(replace(self, spacing=spacing), right, width, first, end)

    def reaching(self, right: float, width: float, first: int, end: int) -> ChartView:
        """Moved so that the right edge is at ``right`` on the axis."""
        return _moved(self, right, width, first, end)

    def revealing(self, number: int, width: float, first: int, end: int) -> ChartView:
        """Moved no farther than it takes to see all of bar ``number``."""
        right = min(max(self.right, number + 1.0), number + width / self.spacing)
        return self if right == self.right else _moved(self, right, width, first, end)

    def with_spacing(self, spacing: float, end: int) -> ChartView:
        """At the newest bars with so many px for each."""
        return replace(self, spacing=min(max(spacing, 1e-4), _WIDEST_PX)).at_latest(end)

    def at_latest(self, end: int) -> ChartView:
        """At the newest bars, following them."""
        return replace(self, right=end + _LATEST_MARGIN_PX / self.spacing, follow=True)

    def at_oldest(self, width: float, first: int, end: int) -> ChartView:
        """At the oldest bars."""
        return _moved(self, first + width / self.spacing, width, first, end)

    def shifted(self, bars: int) -> ChartView:
        """Moved by whole bars, towards newer ones if positive."""
        return replace(self, right=self.right + bars)

    def clamped(self, width: float, first: int, end: int) -> ChartView:
        """The nearest view that still shows bars, and all if there is room; ``follow`` stays."""
        kept = min(_KEPT_IN_VIEW, end - first)
        if (end - first) * self.spacing <= width:
            kept = end - first
        lowest, highest = first + kept, end - kept + width / self.spacing
        right = min(max(self.right, lowest), max(highest, lowest))
        return self if right == self.right else replace(self, right=right)

    def range(self, width: float, first: int, end: int) -> tuple[int, int]:
        """The numbers of the bars in view, as ``start, stop``; ``start == stop`` for none."""
        start = max(first, math.floor(self.left(width)))
        return start, max(start, min(end, math.ceil(self.right)))


def _bounded(spacing: float, width: float, count: int) -> float:
    """The px for each bar that come nearest to ``spacing``."""
    # Far enough out to see everything, and never farther: then nothing is left to look at.
    narrowest = min(_NARROWEST_PX, width / (1.25 * max(count, 1)))
    return min(max(spacing, narrowest), _WIDEST_PX)


def _moved(view: ChartView, right: float, width: float, first: int, end: int) -> ChartView:
    moved = replace(view, right=right).clamped(width, first, end)
    # Whoever still sees the newest bar wants to go on seeing it.
    return replace(moved, follow=end - 0.5 <= moved.right <= end + width / view.spacing)
