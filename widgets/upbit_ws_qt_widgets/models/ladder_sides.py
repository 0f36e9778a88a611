"""The two sides of a book, best price first: as they came, and in coarser steps. Pure."""

from __future__ import annotations

import math
from itertools import groupby
from typing import NamedTuple

from upbit_ws_qt.events import OrderbookEvent

__all__ = [
    "Level",
    "Sides",
    "grid_index",
    "grid_price",
    "grouped",
    "groupings",
    "place_of",
    "sides_of",
]

# How far off the grid, in steps, a price may seem to be for the way floats are divided.
_NEARLY = 1e-6
# What a book is grouped by where the exchange has no levels for it, in price steps.
_STEPS = (2, 5, 10, 20, 50, 100)


class Level(NamedTuple):
    """One price with what stands there, in coins and in the quote currency."""

    price: float
    size: float
    value: float


class Sides(NamedTuple):
    """Both sides of a book without padding, best price first."""

    asks: tuple[Level, ...] = ()
    bids: tuple[Level, ...] = ()

    @property
    def middle(self) -> float | None:
        """Halfway between the best prices; None while a side is empty."""
        return (self.asks[0].price + self.bids[0].price) / 2 if self.asks and self.bids else None

    @property
    def lowest(self) -> float | None:
        """The price that the finest price step belongs to; None of an empty book."""
        return min((side[-1].price for side in self if side), default=None)

    def cut(self, depth: int) -> Sides:
        """At most ``depth`` levels of each side."""
        return Sides(self.asks[:depth], self.bids[:depth])


def sides_of(book: OrderbookEvent) -> Sides:
    """The sides of ``book``; the padding of the shorter one is left out."""
    units = book.orderbook_units
    return Sides(
        tuple(
            [
                Level(unit.ask_price, unit.ask_size, unit.ask_price * unit.ask_size)
                for unit in units
                if unit.ask_price
            ]
        ),
        tuple(
            [
                Level(unit.bid_price, unit.bid_size, unit.bid_price * unit.bid_size)
                for unit in units
                if unit.bid_price
            ]
        ),
    )


def grid_index(price: float, step: float, *, up: bool) -> int:
    """The number of ``price`` on a grid of ``step``, rounded up or down where it lies between.

    Equal prices have equal numbers, however the floats came about.
    """
    steps = price / step
    nearest = round(steps)
    if abs(steps - nearest) < _NEARLY:
        return nearest
    return math.ceil(steps) if up else math.floor(steps)


def grid_price(index: int, step: float) -> float:
    """The price with this number: ``3 × 0.1`` is 0.3, not 0.30000000000000004."""
    return round(index * step, 10)


def place_of(sides: Sides, price: float, step: float) -> tuple[bool, int]:
    """The side (asks: True) and the number on a grid of ``step`` of the row ``price`` belongs to.

    A price between the best ones, or gone since, belongs to the side of the middle it is on.
    """
    middle = sides.middle
    is_ask = bool(sides.asks) if middle is None else price > middle
    return is_ask, grid_index(price, step, up=is_ask)


def grouped(sides: Sides, step: float) -> Sides:
    """The sides in steps of ``step``: asks go up to the next one and bids down.

    So does the exchange where it groups (docs.upbit.com, ``level`` of the order book), and nobody
    is promised a better price than there is.
    """
    return Sides(
        _gathered(sides.asks, step, up=True),
        _gathered(sides.bids, step, up=False),
    )


def _gathered(levels: tuple[Level, ...], step: float, *, up: bool) -> tuple[Level, ...]:
    gathered: list[Level] = []
    for index, members in groupby(levels, lambda level: grid_index(level.price, step, up=up)):
        together = tuple(members)
        gathered.append(
            Level(
                grid_price(index, step),
                math.fsum(level.size for level in together),
                math.fsum(level.value for level in together),
            )
        )
    return tuple(gathered)


def groupings(offered: tuple[float, ...], tick: float) -> tuple[float, ...]:
    """What a book can be grouped by, in the quote currency; 0, the first, is not at all.

    Args:
        offered: the levels of the exchange, ``(0.0,)`` where it has none (or none is known yet).
        tick: the price step of the market now, for multiples of it then.
    """
    levels = tuple(sorted(level for level in offered if level))
    return (0.0, *(levels or (grid_price(steps, tick) for steps in _STEPS)))
