"""The price and volume scales: what fits, when to refit, and where the ticks are. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

__all__ = ["PriceScale", "nice_step", "round_to_tick", "tick_prices", "volume_top"]

_MARGIN = 0.07
_EDGE = 0.02
_FEWEST_TICKS_IN_SPAN = 8


@dataclass(frozen=True, slots=True)
class PriceScale:
    """The prices at the bottom (``low``) and top (``high``) of a pane.

    While ``auto`` is set the scale follows what is in view, calmly: it stays as it is until the
    prices leave it or fill too little of it.
    """

    low: float = 0.0
    high: float = 1.0
    auto: bool = True

    def fitted(self, low: float, high: float, tick: float, headroom: float) -> PriceScale:
        """The scale for prices from ``low`` to ``high``.

        Args:
            low: the lowest price in view.
            high: the highest price in view.
            tick: the price step; a flat market gets a few of them around its price.
            headroom: the share of the pane at the top that texts need, 0 … 0.5.
        """
        if not self.auto:
            return self
        least = max(_FEWEST_TICKS_IN_SPAN * tick, abs(high) * 1e-6)
        missing = max(0.0, least - (high - low))
        low, high = low - missing / 2, high + missing / 2
        room, span = self.high - self.low, high - low
        inside = self.low + _EDGE * room <= low and high <= self.high - headroom * room
        used = 1 - headroom - _MARGIN
        if inside and span >= 0.7 * used * room:
            return self
        room = span / (used - _MARGIN / 2)
        bottom = low - _MARGIN * room
        return replace(self, low=bottom, high=bottom + room)

    def y(self, prices: npt.ArrayLike, top: float, height: float) -> npt.NDArray[np.float64]:
        """Where prices are, in px from the top of the widget, not rounded."""
        distance = self.high - np.asarray(prices, np.float64)
        return top + distance * (height / (self.high - self.low))

    def price(self, y: float, top: float, height: float) -> float:
        """The price at ``y``."""
        return self.high - (y - top) * (self.high - self.low) / height

    def stretched(self, factor: float) -> PriceScale:
        """By hand: ``factor`` times the prices in the same height."""
        middle, half = (self.low + self.high) / 2, (self.high - self.low) / 2
        smallest = abs(middle) * 1e-9 or 1e-9
        half = min(max(half * factor, smallest), abs(middle) * 1e3 + 1)
        return PriceScale(middle - half, middle + half, auto=False)

    def moved(self, share: float) -> PriceScale:
        """By hand: moved up by a share of the height, so that the bars go down."""
        shift = share * (self.high - self.low)
        return PriceScale(self.low + shift, self.high + shift, auto=False)


def nice_step(least: float, tick: float) -> float:
    """The smallest 1, 2 or 5 times a power of ten that is at least ``least`` and whole ticks."""
    ticks = max(least / tick, 1.0)
    power = 10.0 ** math.floor(math.log10(ticks))
    for factor in (1, 2, 5):
        if factor * power >= ticks * (1 - 1e-9):
            return factor * power * tick
    return 10 * power * tick


def tick_prices(scale: PriceScale, tick: float, most: int) -> list[float]:
    """Round prices above 0 inside the scale, ascending, about ``most`` of them at most."""
    step = nice_step((scale.high - scale.low) / max(most, 1), tick)
    lowest, highest = max(1, math.ceil(scale.low / step)), math.floor(scale.high / step)
    return [round_to_tick(index * step, tick) for index in range(lowest, highest + 1)]


def round_to_tick(price: float, tick: float) -> float:
    """The price of the tick grid next to ``price``."""
    # 0.1 + 0.2 must not become a label: the tick's own decimals are exact.
    decimals = max(0, 2 - math.floor(math.log10(tick)))
    return round(round(price / tick) * tick, decimals)


def volume_top(current: float, highest: float) -> float:
    """The top of the volume scale for the highest volume in view, kept while it still serves."""
    if highest <= 0:
        return current if current > 0 else 1.0
    return current if 0.5 * current <= highest <= current else highest * 1.15
