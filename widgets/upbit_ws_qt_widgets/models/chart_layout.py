"""Where the parts of the chart lie, in device pixels. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["BarGrid", "ChartLayout", "TextMetrics"]

_VOLUME_SHARE = 0.2
_LEAST_HEIGHT_WITH_VOLUME = 220.0
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


@dataclass(frozen=True, slots=True)
class ChartLayout:
    """Edges in device pixels, from the top left.

    The price pane reaches from 0 to ``price_bottom``, the volume pane from there to
    ``volume_bottom`` (the same where it is hidden), the time axis from there to ``height``; the
    price axis lies right of ``plot_width``. ``headroom`` is what the legend takes of the price
    pane, and ``legend_rows`` how many rows it may have.
    """

    width: int
    height: int
    ratio: float
    plot_width: int
    price_bottom: int
    volume_bottom: int
    headroom: int
    legend_rows: int

    @staticmethod
    def of(
        width: float, height: float, ratio: float, axis_width: float, text: TextMetrics
    ) -> ChartLayout:
        """Lay out a surface of so many px at ``ratio`` device pixels each."""
        total_width, total_height = (
            max(1, math.ceil(width * ratio)),
            max(1, math.ceil(height * ratio)),
        )
        plot_width = max(1, total_width - math.ceil(axis_width * ratio))
        bottom = max(1, total_height - math.ceil((text.height + 8) * ratio))
        volume = round(bottom * _VOLUME_SHARE) if height >= _LEAST_HEIGHT_WITH_VOLUME else 0
        row = text.height + 4
        rows = min(3, int(height / 3 / row)) if width >= _LEAST_WIDTH_WITH_LEGEND else 0
        return ChartLayout(
            total_width,
            total_height,
            ratio,
            plot_width,
            max(1, bottom - volume),
            bottom,
            round((rows * row + 8) * ratio) if rows else 0,
            rows,
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
    def has_volume(self) -> bool:
        """Whether there is room for the volume pane."""
        return self.volume_bottom > self.price_bottom


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
