"""Where times and prices are on screen, and what the pointer points at. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from upbit_ws_qt_widgets.models.bars import CLOSE, OPEN, Bars
from upbit_ws_qt_widgets.models.chart_layout import BarGrid, ChartLayout
from upbit_ws_qt_widgets.models.chart_scale import PriceScale, round_to_tick
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.chart_time import TimeZone

from .kinds import Anchor
from .time_axis import TimeAxis

__all__ = ["Frame", "frame_of"]

_MAGNET_PX = 14.0


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The places of one picture of a chart that has bars; x and y are in device pixels.

    ``text_width`` tells how many px a text is wide, ``line_height`` how many a line is high.
    """

    bars: Bars
    axis: TimeAxis
    grid: BarGrid
    scale: PriceScale
    layout: ChartLayout
    words: Mapping[str, str]
    tick_size: Callable[[float], float]
    text_width: Callable[[str], float]
    line_height: float
    zone: TimeZone = TimeZone.KST

    def x(self, time: int) -> float:
        """Where a time is."""
        return self.grid.origin + self.axis.place(time) * self.grid.pitch

    def y(self, price: float) -> float:
        """Where a price is."""
        return float(self.scale.y(price, 0, self.layout.price_bottom))

    def point(self, anchor: Anchor) -> tuple[float, float]:
        """Where an anchor is."""
        return self.x(anchor.time), self.y(anchor.price)

    def price(self, y: float) -> float:
        """The price at ``y``, on the market's price step."""
        price = self.scale.price(y, 0, self.layout.price_bottom)
        return self.on_step(price, self.tick(price))

    def on_step(self, price: float, tick: float) -> float:
        """The price on the nearest step of ``tick``; a logarithm has no place for 0 or less."""
        rounded = round_to_tick(price, tick)
        return max(rounded, tick) if self.scale.is_log else rounded

    def tick(self, price: float) -> float:
        """The price step at a price."""
        return self.tick_size(max(price, 0.0))

    def anchor(self, x: float, y: float, *, magnet: bool) -> Anchor:
        """What is at a place: the start of the bar there, also of one that is yet to come.

        With the ``magnet`` the price is the bar's open, high, low or close if one is near.
        """
        number = math.floor((x - self.grid.origin) / self.grid.pitch)
        found = Anchor(self.axis.time(number + 0.5), self.price(y))
        return self.attracted(found, y) if magnet else found

    def attracted(self, anchor: Anchor, y: float) -> Anchor:
        """The anchor, which is at ``y``, on a price of its bar if one is near."""
        number = self.bars.find(anchor.time)
        if number is None:
            return anchor
        prices = self.bars.figures[OPEN : CLOSE + 1, number - self.bars.first].tolist()
        nearest = min(prices, key=lambda price: abs(self.y(price) - y))
        if abs(self.y(nearest) - y) > _MAGNET_PX * self.layout.ratio:
            return anchor
        return Anchor(anchor.time, nearest)

    @property
    def box(self) -> tuple[float, float]:
        """The width and height of the price pane, where drawings are."""
        return float(self.layout.plot_width), float(self.layout.price_bottom)


def frame_of(
    state: ChartState, text_width: Callable[[str], float], line_height: float
) -> Frame | None:
    """The frame of what ``state`` shows; None while it shows no bars."""
    bars = state.bars
    if not bars or state.is_waiting:
        return None
    return Frame(
        bars,
        TimeAxis(bars.times, bars.first, state.timeframe),
        BarGrid.of(state.view.spacing, state.view.right, state.layout),
        state.scale,
        state.layout,
        state.words,
        state.tick_size,
        text_width,
        line_height,
        state.zone,
    )
