"""Where the parts of the chart lie, in device pixels. Pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .indicators import Indicator

__all__ = ["BarGrid", "ChartLayout", "PaneBox", "PaneSubject", "TextMetrics", "WantedPane"]

PaneSubject = Indicator | None
"""What a pane below the price shows: an indicator, or the amounts (None)."""

_MOST_SHARE = 0.2
_MOST_TOGETHER = 0.5
_LEAST_PRICE = 150.0
_LEAST_PANE = 44.0
_GRIP = 3.0
_CLOSE_BOX = 18.0
_LEAST_WIDTH_WITH_LEGEND = 180.0


@dataclass(frozen=True, slots=True)
class TextMetrics:
    """Sizes of the number font in px: a digit, a comma or point, a line."""

    digit: float
    mark: float
    height: float

    def width(self, number: str) -> float:
        """About how wide a formatted number is."""
        marks = sum(number.count(mark) for mark in ",.")
        return marks * self.mark + (len(number) - marks) * self.digit


class WantedPane(NamedTuple):
    """A pane to be laid out; ``share`` of the height if the user chose it."""

    subject: PaneSubject
    share: float | None = None


class PaneBox(NamedTuple):
    """A pane below the price, from ``top`` to ``bottom`` in device pixels."""

    subject: PaneSubject
    top: int
    bottom: int


@dataclass(frozen=True, slots=True)
class ChartLayout:
    """Edges in device pixels, from the top left.

    The price pane reaches from 0 to ``price_bottom``, the ``panes`` from there to ``plot_bottom``
    (those that have room), the time axis from there to ``height``; the price axis lies right of
    ``plot_width``. ``headroom`` is what the legend takes of the price pane, and ``legend_rows`` how
    many rows it may have. ``pane_headroom`` is what the legend takes of the other panes.
    """

    width: int
    height: int
    ratio: float
    plot_width: int
    price_bottom: int
    plot_bottom: int
    headroom: int
    legend_rows: int
    pane_headroom: int
    panes: tuple[PaneBox, ...]

    @staticmethod
    def of(
        width: float,
        height: float,
        ratio: float,
        axis_width: float,
        text: TextMetrics,
        wanted: Sequence[WantedPane] = (),
    ) -> ChartLayout:
        """Lay out a surface of so many px at ``ratio`` device pixels each.

        Where there is no room for all panes, the lower ones are left out.
        """
        total_width, total_height = (
            max(1, math.ceil(width * ratio)),
            max(1, math.ceil(height * ratio)),
        )
        plot_width = max(1, total_width - math.ceil(axis_width * ratio))
        bottom = max(1, total_height - math.ceil((text.height + 8) * ratio))
        panes = _stacked(wanted, bottom, ratio)
        row = text.height + 4
        rows = min(3, int(height / 3 / row)) if width >= _LEAST_WIDTH_WITH_LEGEND else 0
        return ChartLayout(
            total_width,
            total_height,
            ratio,
            plot_width,
            panes[0].top if panes else bottom,
            bottom,
            round((rows * row + 8) * ratio) if rows else 0,
            rows,
            round(row * ratio),
            panes,
        )

    @property
    def view_width(self) -> float:
        """The width of the plot in px, for the view."""
        return self.plot_width / self.ratio

    @property
    def line(self) -> int:
        """The width of a line that is one px wide, in whole device pixels."""
        return max(1, int(self.ratio))

    @property
    def price_text_left(self) -> float:
        """Where texts on the price axis begin, in px."""
        return self.view_width + 7

    @property
    def latest_button(self) -> tuple[float, float, float, float]:
        """Where the button that jumps to the newest bar lies: x, y, width and height in px."""
        size = 28.0
        x = self.plot_width / self.ratio - size - 10
        return x, self.price_bottom / self.ratio - size - 10, size, size

    @property
    def volume(self) -> PaneBox | None:
        """The pane with the amounts, or None."""
        return next((pane for pane in self.panes if pane.subject is None), None)

    def pane_at(self, y: float) -> int | None:
        """The index of the pane at ``y`` px, or None."""
        at = y * self.ratio
        found = (index for index, pane in enumerate(self.panes) if pane.top <= at < pane.bottom)
        return next(found, None)

    def grip_at(self, y: float) -> int | None:
        """The index of the pane whose upper edge can be taken at ``y`` px, or None."""
        for index, pane in enumerate(self.panes):
            if abs(y - pane.top / self.ratio) <= _GRIP:
                return index
        return None

    def is_on_axis(self, x: float) -> bool:
        """Whether ``x`` px is right of the plot."""
        return x * self.ratio >= self.plot_width

    def close_box(self, index: int) -> tuple[float, float, float, float]:
        """Where the button that closes a pane lies: x, y, width and height in px."""
        top = self.panes[index].top / self.ratio
        return self.view_width - _CLOSE_BOX - 6, top + 5, _CLOSE_BOX, _CLOSE_BOX

    def dragged(self, index: int, pixels: float) -> list[float]:
        """The shares of all panes after the upper edge of one was dragged down by so many px.

        What a pane loses goes to the pane, or the price, above it.
        """
        edges = [pane.top for pane in self.panes] + [self.plot_bottom]
        least, highest = _LEAST_PANE * self.ratio, _LEAST_PRICE * self.ratio
        above = edges[index - 1] + least if index else highest
        wanted = max(edges[index] + pixels * self.ratio, above)
        edges[index] = round(min(wanted, edges[index + 1] - least))
        return [(low - high) / self.plot_bottom for high, low in itertools.pairwise(edges)]


def _stacked(wanted: Sequence[WantedPane], bottom: int, ratio: float) -> tuple[PaneBox, ...]:
    """The panes that have room, one under the other."""
    least, most = _LEAST_PANE * ratio, bottom - _LEAST_PRICE * ratio
    shown = wanted[: max(0, int(most / least))]
    usual = min(_MOST_SHARE, _MOST_TOGETHER / max(len(shown), 1))
    heights = [max(least, bottom * (usual if pane.share is None else pane.share)) for pane in shown]
    spare = sum(heights) - least * len(shown)
    # What is over the least gives way where the price would have too little room.
    kept = min(1.0, (most - least * len(shown)) / spare) if spare else 1.0
    boxes: list[PaneBox] = []
    edge = bottom
    for pane, height in zip(reversed(shown), reversed(heights), strict=True):
        top = edge - round(least + (height - least) * kept)
        boxes.append(PaneBox(pane.subject, top, edge))
        edge = top
    return tuple(reversed(boxes))


@dataclass(frozen=True, slots=True)
class BarGrid:
    """From bar numbers to device pixels.

    Places are rounded as seen from number 0 and then moved as a whole, so that moving the view
    moves all bars alike and no gap between two of them flickers. ``pitch`` is the distance of two
    bars, ``origin`` the pixel of number 0.
    """

    pitch: float
    origin: int
    size: int
    wick: int
    body: int
    """The widths of the parts in pixels; a body of 0 is hidden behind its wick."""

    @staticmethod
    def of(spacing: float, right: float, layout: ChartLayout) -> BarGrid:
        """The grid of a view; ``size`` is how many bars share a column, a power of two."""
        pitch = spacing * layout.ratio
        origin = layout.plot_width - round(right * pitch)
        size = 1 if pitch >= 1 else 2 ** math.ceil(-math.log2(pitch))
        wick = layout.line
        body = math.floor(pitch - max(wick, 0.2 * pitch))
        body -= (body - wick) % 2  # the same on both sides of the wick
        return BarGrid(pitch, origin, size, wick, body if body > wick else 0)

    @property
    def is_dense(self) -> bool:
        """Whether columns touch: then each is as wide as its place."""
        return self.size * self.pitch < 2 * self.wick

    def left(self, numbers: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """The left edge of the place of bars."""
        return self.origin + np.rint(np.asarray(numbers) * self.pitch).astype(np.int64)

    def wick_left(self, numbers: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """The left edge of the wick of the columns that begin with these bars."""
        centre = (np.asarray(numbers) + self.size / 2) * self.pitch
        return self.origin + np.floor(centre - (self.wick - 1) / 2).astype(np.int64)

    def centre(self, number: int) -> int:
        """The middle pixel of one bar, for the crosshair."""
        return self.origin + math.floor((number + 0.5) * self.pitch)
