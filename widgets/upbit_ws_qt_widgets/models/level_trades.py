"""How much was traded at each price in the last minute. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappop, heappush

from upbit_ws_qt.events import TradeEvent

from .ladder_sides import Sides, place_of

__all__ = ["WINDOW_MS", "LevelTrades"]

WINDOW_MS = 60_000
"""How long a trade counts, by the exchange's clock."""
# Sums are kept in the smallest amount of a coin, so that what comes and goes leaves nothing behind.
_UNITS = 10**8


# State: the trades of the last minute, earliest first, and their numbers; the sum at each price;
# the sums as they were when a pause began; what was told last, and what of.
class LevelTrades:
    """Sums up trades by price for as long as each counts; they may come late, or again."""

    def __init__(self) -> None:
        self._trades: list[tuple[int, int, float, int]] = []
        self._numbers: set[int] = set()
        self._sums: dict[float, int] = {}
        self._held: dict[float, int] | None = None
        self._told: Mapping[tuple[bool, int], float] = {}
        self._told_of: object = None

    def take(self, event: TradeEvent) -> None:
        """Add a trade; those that are a minute older than it count no more."""
        number, price = event.sequential_id, event.trade_price
        if number not in self._numbers:
            units = round(event.trade_volume * _UNITS)
            heappush(self._trades, (event.priced_ms, number, price, units))
            self._numbers.add(number)
            self._sums[price] = self._sums.get(price, 0) + units
            self._told_of = None
            self.forget(event.priced_ms)

    def forget(self, now_ms: float) -> None:
        """Leave out what is more than a minute ago."""
        trades = self._trades
        while trades and trades[0][0] <= now_ms - WINDOW_MS:
            _, number, price, units = heappop(trades)
            self._numbers.discard(number)
            self._told_of = None
            self._sums[price] -= units
            if not self._sums[price]:
                del self._sums[price]

    def next_due_ms(self) -> int | None:
        """When the earliest trade counts no more; None where none will be missed."""
        if self._held is not None or not self._trades:
            return None
        return self._trades[0][0] + WINDOW_MS

    def pause(self, *, on: bool) -> None:
        """Hold what ``amounts`` tells, or go on with the newest."""
        self._held = dict(self._sums) if on else None
        self._told_of = None

    def amounts(
        self, sides: Sides, step: float, *, in_value: bool
    ) -> Mapping[tuple[bool, int], float]:
        """What was traded, by the side (asks: True) and the number of the row it belongs to.

        Args:
            sides: of the book on show, not grouped.
            step: of the grid that its rows are on.
            in_value: whether to tell the quote currency instead of coins.
        """
        told_of = sides.middle, bool(sides.asks), step, in_value
        if told_of == self._told_of:
            return self._told
        amounts: dict[tuple[bool, int], float] = {}
        for price, units in (self._sums if self._held is None else self._held).items():
            place = place_of(sides, price, step)
            amount = units / _UNITS * (price if in_value else 1)
            amounts[place] = amounts.get(place, 0.0) + amount
        self._told, self._told_of = amounts, told_of
        return amounts
