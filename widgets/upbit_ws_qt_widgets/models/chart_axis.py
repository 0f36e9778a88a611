"""What the price axis says: marks at round prices or changes, and the texts of tags. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from upbit_ws_qt.markets import format_price

from .chart_scale import PriceScale, ScaleKind, nice_step, round_to_tick, tick_prices

__all__ = ["PriceAxis", "PriceMark"]

_LEAST = 1e-12
"""No market has prices below."""
_STRETCHES = ((1, 2), (2, 5), (5, 10))
_FEW_STRETCHES = ((1, 3), (3, 10))


class PriceMark(NamedTuple):
    """A price with its text on the axis."""

    price: float
    text: str


@dataclass(frozen=True, slots=True)
class PriceAxis:
    """Names the prices of one scale.

    ``base`` is the price that changes in per cent are counted from, and ``tick_size`` gives the
    price step at a price.
    """

    scale: PriceScale
    base: float
    tick_size: Callable[[float], float]

    def marks(self, most: int) -> list[PriceMark]:
        """Round prices above 0 inside the scale, ascending, about ``most`` of them at most.

        On a linear scale they are a price step apart, on a logarithmic one at 1, 2 and 5 times
        powers of ten or finer, and in per cent at round changes.
        """
        scale = self.scale
        if scale.kind is ScaleKind.PERCENT:
            return list(self._changes(max(most, 1)))
        if scale.kind is ScaleKind.LOG:
            prices = _log_prices(scale, self.tick_size, max(most, 1))
            return [PriceMark(price, self._price_text(price)) for price in prices]
        tick = self._tick(scale.high)
        return [
            PriceMark(price, format_price(price, tick)) for price in tick_prices(scale, tick, most)
        ]

    def text(self, price: float) -> str:
        """What a tag at exactly this price says."""
        if self.scale.kind is not ScaleKind.PERCENT:
            return self._price_text(price)
        low, high = self._percent(self.scale.low), self._percent(self.scale.high)
        return _percent_text(self._percent(price), 1 - math.floor(math.log10(high - low)))

    def text_near(self, price: float) -> str:
        """What a tag says at about this price, which lies somewhere between two price steps."""
        if self.scale.kind is ScaleKind.PERCENT:
            return self.text(price)
        tick = self._tick(price if price > 0 else self.scale.high)
        return format_price(round_to_tick(price, tick), tick)

    def widest(self) -> list[str]:
        """Texts as wide as any mark or tag inside the scale."""
        texts = [self.text_near(price) for price in (self.scale.low, self.scale.high)]
        # The sign of per cent is wider than a digit.
        return [f"{text}%" if text.endswith("%") else text for text in texts]

    def _tick(self, price: float) -> float:
        return self.tick_size(max(price, 0.0))

    def _price_text(self, price: float) -> str:
        return format_price(price, self._tick(price))

    def _percent(self, price: float) -> float:
        return 100 * (price / self.base - 1)

    def _changes(self, most: int) -> Iterator[PriceMark]:
        low, high = self._percent(self.scale.low), self._percent(self.scale.high)
        finest = 10.0 ** (math.floor(math.log10(high - low)) - 3)
        step = nice_step((high - low) / most, finest)
        decimals = -math.floor(math.log10(step * 1.001))
        for index in range(math.ceil(low / step), math.floor(high / step) + 1):
            change = round_to_tick(index * step, finest)
            price = self.base * (1 + change / 100)
            if price > 0:
                yield PriceMark(price, _percent_text(change, decimals))


def _percent_text(change: float, decimals: int) -> str:
    """A change in per cent with its sign, but none for no change."""
    text = f"{change:+z,.{max(2, decimals)}f}%"
    return text if float(text[:-1].replace(",", "")) else text[1:]


def _log_prices(scale: PriceScale, tick_size: Callable[[float], float], most: int) -> list[float]:
    """Round prices, about as many in one octave as in another.

    Each decade is cut at 1, 2 and 5, or at 1 and 3, and the steps in each part are even, as far as
    there is room for any.
    """
    low, high = max(scale.low, _LEAST), max(scale.high, 2 * _LEAST)
    lowest, highest = math.log10(low), math.log10(high)
    gap = (highest - lowest) / most
    if gap > math.log10(3):
        every = math.ceil(gap)
        powers = range(math.ceil(lowest / every), math.floor(highest / every) + 1)
        decades = [10.0 ** (every * power) for power in powers]
        return [price for price in decades if price >= tick_size(price)]
    prices: list[float] = []
    stretches = _STRETCHES if gap <= math.log10(2) else _FEW_STRETCHES
    for power in range(math.floor(lowest), math.floor(highest) + 1):
        for start, end in stretches:
            first, last = start * 10.0**power, end * 10.0**power
            tick = tick_size(first)
            if first >= high or last <= low or first < tick:
                continue
            top = min(last, high)
            step = nice_step(top - top / 10**gap, tick)
            count = round((last - first) / step)
            if not math.isclose(count * step, last - first, rel_tol=1e-6):
                # It would not end where the next one begins.
                step = last - first
            # Not from the start of it: a few steps may be in view of a thousand.
            begin = max(0, math.ceil((low - first) / step * (1 - 1e-9)))
            end_at = math.ceil((top - first) / step * (1 - 1e-9))
            steps = range(begin, end_at)
            prices += [round_to_tick(first + index * step, tick) for index in steps]
    return prices
