"""The price and volume scales: what fits, when to refit, and where the ticks are. Pure."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

__all__ = ["PriceScale", "ScaleKind", "nice_step", "round_to_tick", "tick_prices", "volume_top"]

_MARGIN = 0.07
_EDGE = 0.02
_FEWEST_TICKS_IN_SPAN = 8
_SMALLEST = 1e-300
_MOST_DECADES = 250.0
_MOST = 1e18


class ScaleKind(enum.StrEnum):
    """How prices are spread over the height of a pane, and named beside it."""

    LINEAR = "linear"
    #: The same factor has the same height everywhere.
    LOG = "log"
    #: As linear, but named by the change from the close of the first bar in view.
    PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class PriceScale:
    """The prices at the bottom (``low``) and top (``high``) of a pane; inverted, the other way.

    While ``auto`` is set the scale follows what is in view, calmly: it stays as it is until the
    prices leave it or fill too little of it.
    """

    low: float = 0.0
    high: float = 1.0
    auto: bool = True
    kind: ScaleKind = ScaleKind.LINEAR
    is_inverted: bool = False

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
        # Half of a price is the farthest down that a logarithm should go for a few steps.
        lower = max(low - missing / 2, low / 2) if self.is_log else low - missing / 2
        lowest, highest = sorted((self._level(lower), self._level(high + missing / 2)))
        bottom, top = self._ends()
        room, span = top - bottom, highest - lowest
        inside = bottom + _EDGE * room <= lowest and highest <= top - headroom * room
        used = 1 - headroom - _MARGIN
        if inside and span >= 0.7 * used * room:
            return self
        room = span / (used - _MARGIN / 2)
        bottom = lowest - _MARGIN * room
        return self._between(bottom, bottom + room, auto=True)

    @property
    def is_log(self) -> bool:
        """Whether the same factor has the same height."""
        return self.kind is ScaleKind.LOG

    def y(self, prices: npt.ArrayLike, top: float, height: float) -> npt.NDArray[np.float64]:
        """Where prices are, in px from the top of the widget, not rounded.

        On a logarithmic scale a price of 0 or less, as an indicator may have, is far off.
        """
        levels = np.asarray(prices, np.float64)
        if self.is_log:
            levels = np.log10(np.maximum(levels, _SMALLEST))
        lowest, highest = self._ends()
        distance = highest + levels if self.is_inverted else highest - levels
        return top + distance * (height / (highest - lowest))

    def price(self, y: float, top: float, height: float) -> float:
        """The price at ``y``."""
        lowest, highest = self._ends()
        return self._price(highest - (y - top) * (highest - lowest) / height)

    def stretched(self, factor: float) -> PriceScale:
        """By hand: ``factor`` times the prices in the same height."""
        lowest, highest = self._ends()
        middle, half = (lowest + highest) / 2, (highest - lowest) / 2 * factor
        if self.is_log:
            half = min(max(half, 1e-9), _MOST_DECADES)
        else:
            half = min(max(half, abs(middle) * 1e-9 or 1e-9), _MOST)
        return self._between(middle - half, middle + half, auto=False)

    def moved(self, share: float) -> PriceScale:
        """By hand: moved up by a share of the height, so that the bars go down."""
        lowest, highest = self._ends()
        shift = share * (highest - lowest)
        return self._between(lowest + shift, highest + shift, auto=False)

    def of_kind(self, kind: ScaleKind) -> PriceScale:
        """The same prices, spread or named in another way.

        From and to a logarithm it fits what is in view again: there may be no price at an edge.
        """
        if self.is_log is (kind is ScaleKind.LOG):
            return replace(self, kind=kind)
        return replace(self, kind=kind).released()

    def released(self) -> PriceScale:
        """A scale of this kind that will fit what is in view."""
        return PriceScale(kind=self.kind, is_inverted=self.is_inverted)

    def _level(self, price: float) -> float:
        """How high a price is, in the scale's own unit; higher is farther up on the screen."""
        level = math.log10(max(price, _SMALLEST)) if self.is_log else price
        return -level if self.is_inverted else level

    def _price(self, level: float) -> float:
        level = -level if self.is_inverted else level
        return 10.0 ** min(max(level, -_MOST_DECADES), _MOST_DECADES) if self.is_log else level

    def _ends(self) -> tuple[float, float]:
        """The levels of the bottom and the top."""
        low, high = self._level(self.low), self._level(self.high)
        return (high, low) if self.is_inverted else (low, high)

    def _between(self, bottom: float, top: float, *, auto: bool) -> PriceScale:
        low, high = sorted((self._price(bottom), self._price(top)))
        if not low < high:
            # Moved to where a logarithm ends.
            return self
        return replace(self, low=low, high=high, auto=auto)


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
