"""The rungs of a ladder: which price stands in which row, and the ways through them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from .ladder_sides import Level, Sides, grid_index, grid_price

__all__ = [
    "GRID_HALF",
    "Cursor",
    "Rung",
    "Rungs",
    "book_rungs",
    "grid_rungs",
    "grid_split",
    "locate",
    "step",
]

GRID_HALF = 100
"""The rows of each side of a static ladder."""


class Cursor(NamedTuple):
    """The keyboard's place in the book; it stays on its price while the book moves."""

    ask: bool
    price: float


class Rung(NamedTuple):
    """One row: its price (0 where a side is shorter than the other) and what stands there.

    ``amount`` is what its text says and ``weight`` what its bar is as long as.
    """

    ask: bool
    price: float = 0.0
    size: float = 0.0
    amount: float = 0.0
    weight: float = 0.0


Rungs = Sequence[Rung]
"""From the highest ask down to the lowest bid, as many of either side."""


def _measured(levels: Sequence[Level], *, ask: bool, bars: str, amounts: str) -> list[Rung]:
    """The rungs of a side, best first. Summed bars have summed amounts, as the exchange shows."""
    written = [level.value if amounts == "total" else level.size for level in levels]
    if bars == "cumulative":
        written = weights = list(accumulate(written))
    else:
        weights = [level.value if bars == "value" else level.size for level in levels]
    return [
        Rung(ask, level.price, level.size, amount, weight)
        for level, amount, weight in zip(levels, written, weights, strict=True)
    ]


def book_rungs(sides: Sides, bars: str = "size", amounts: str = "quantity") -> Rungs:
    """A rung for each level; what bars and amounts may be is said by ``Wishes``."""
    half = max(len(sides.asks), len(sides.bids))
    asks = _measured(sides.asks, ask=True, bars=bars, amounts=amounts)
    bids = _measured(sides.bids, ask=False, bars=bars, amounts=amounts)
    above = [Rung(ask=True)] * (half - len(asks))
    below = [Rung(ask=False)] * (half - len(bids))
    return above + asks[::-1] + bids + below


def grid_split(sides: Sides, step: float) -> int:
    """The number of the lowest price that counts as an ask on a grid of ``step``.

    Prices between the best ones belong to the nearer side; a book with one side has no other.
    """
    if not sides.asks:
        return grid_index(sides.bids[0].price, step, up=True) + 1
    ask = grid_index(sides.asks[0].price, step, up=False)
    if not sides.bids:
        return ask
    return (ask + grid_index(sides.bids[0].price, step, up=True)) // 2 + 1


def grid_rungs(sides: Sides, step: float, bars: str = "size", amounts: str = "quantity") -> Rungs:
    """A rung for every price of the grid around the middle, also where nothing stands.

    Args:
        sides: not both empty.
        step: from one price to the next.
        bars: see ``Wishes``.
        amounts: see ``Wishes``.
    """
    split = grid_split(sides, step)
    filled: dict[tuple[bool, int], Rung] = {}
    for ask, levels in ((True, sides.asks), (False, sides.bids)):
        for rung in _measured(levels, ask=ask, bars=bars, amounts=amounts):
            filled[ask, grid_index(rung.price, step, up=ask)] = rung
    rungs: list[Rung] = []
    for index in range(split + GRID_HALF - 1, split - GRID_HALF - 1, -1):
        ask = index >= split
        rungs.append(filled.get((ask, index)) or Rung(ask, max(0.0, grid_price(index, step))))
    return rungs


def locate(rungs: Rungs, cursor: Cursor) -> int | None:
    """The row of the cursor's price, else of the nearest price on its side; None without any."""
    half = len(rungs) // 2
    side = range(half) if cursor.ask else range(half, 2 * half)
    filled = [row for row in side if rungs[row].price]
    return min(filled, key=lambda row: abs(rungs[row].price - cursor.price), default=None)


def step(rungs: Rungs, cursor: Cursor | None, rows: int) -> Cursor | None:
    """The cursor after ``rows`` filled rows downwards (upwards when negative).

    Without a cursor it starts at the best ask going up and at the best bid going down.
    """
    filled = [row for row, rung in enumerate(rungs) if rung.price]
    if not filled:
        return None
    if cursor is None or (here := locate(rungs, cursor)) is None:
        asks = sum(1 for row in filled if rungs[row].ask)
        place = asks - 1 if rows < 0 else asks
    else:
        place = filled.index(here) + rows
    chosen = rungs[filled[min(max(place, 0), len(filled) - 1)]]
    return Cursor(chosen.ask, chosen.price)
