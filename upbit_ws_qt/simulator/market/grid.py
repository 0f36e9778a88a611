"""The price grid of one market in whole numbers, so that sums and steps are exact. Pure.

A price is counted in quanta: the tick of the lowest price the market can reach. Every tick of
the exchange's tables is a multiple of every smaller one, so all prices on the grid are integers.
"""

from __future__ import annotations

import bisect
from decimal import Decimal

import numpy as np

from upbit_ws_qt.markets import table_tick_size
from upbit_ws_qt.simulator.noise import Floats, Ints

__all__ = ["PriceGrid"]

_BOUNDS = tuple(Decimal(10) ** power * first for power in range(-8, 10) for first in (1, 5))


# State: none; the tables are made once.
class PriceGrid:
    """Ticks of the market ``code`` for prices from ``lowest`` (quote currency) upwards.

    ``scale / 10**decimals`` is one quantum in the quote currency.
    """

    __slots__ = (
        "_bounds",
        "_bounds_array",
        "_divisor",
        "_ticks",
        "_ticks_array",
        "decimals",
        "scale",
    )

    def __init__(self, code: str, lowest: float) -> None:
        quantum = Decimal(str(table_tick_size(code, lowest)))
        exponent = quantum.normalize().as_tuple().exponent
        self.decimals = max(0, -int(exponent))
        self.scale = int(quantum * 10**self.decimals)
        self._divisor: int = 10**self.decimals
        bounds: list[int] = [0]
        ticks: list[int] = [1]
        for bound in _BOUNDS:
            tick = int(Decimal(str(table_tick_size(code, float(bound)))) / quantum)
            if bound > quantum and tick > ticks[-1]:
                bounds.append(int(bound / quantum))
                ticks.append(tick)
        self._bounds, self._ticks = bounds, ticks
        self._bounds_array = np.array(bounds, dtype=np.int64)
        self._ticks_array = np.array(ticks, dtype=np.int64)

    def tick(self, price: int) -> int:
        """The step upwards from ``price``, in quanta."""
        return self._ticks[bisect.bisect_right(self._bounds, price) - 1]

    def ticks(self, prices: Ints) -> Ints:
        """The step upwards from each price, in quanta."""
        if len(self._ticks) == 1:
            return np.full(prices.shape, self._ticks[0], dtype=np.int64)
        return self._ticks_array[np.searchsorted(self._bounds_array, prices, "right") - 1]

    def step(self, price: int, count: int) -> int:
        """The price ``count`` ticks above (or below, when negative) ``price``, at least one."""
        for _ in range(count):
            price += self.tick(price)
        for _ in range(-count):
            price -= self.tick(price - 1)
        return max(price, 1)

    def steps(self, prices: Ints, counts: Ints) -> Ints:
        """Each price moved by a few ticks of its own, kept on the grid and above zero."""
        moved = prices + counts * self.ticks(prices)
        return self.on_grid(moved)

    def on_grid(self, prices: Floats | Ints) -> Ints:
        """The nearest price of the grid for each, at least one tick."""
        rough = np.maximum(prices, 1).astype(np.int64)
        ticks = self.ticks(rough)
        whole = np.rint(prices / ticks).astype(np.int64)
        return np.maximum(whole, 1) * ticks

    def quanta(self, price: float) -> int:
        """``price`` (quote currency) on the grid, in quanta."""
        return int(self.on_grid(np.array([price * 10**self.decimals / self.scale]))[0])

    def exact_price(self, quanta: int) -> Decimal:
        """The price in the quote currency."""
        return Decimal(quanta * self.scale).scaleb(-self.decimals)

    def quanta_of(self, price: Decimal) -> int | None:
        """``price`` (quote currency) in quanta; None when it does not lie on the grid."""
        # Beyond these bounds no market has prices, and exact numbers get long.
        if not price.is_finite() or not -20 < price.adjusted() < 20:
            return None
        numerator, denominator = price.as_integer_ratio()
        quanta, rest = divmod(numerator * self._divisor, denominator * self.scale)
        if rest or quanta <= 0 or quanta % self.tick(quanta):
            return None
        return quanta

    def price(self, quanta: int) -> float:
        """The price in the quote currency: the double nearest to the decimal number."""
        return quanta * self.scale / self._divisor
