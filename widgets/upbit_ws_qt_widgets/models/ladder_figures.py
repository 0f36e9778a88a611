"""What a book says in numbers: spread, imbalance, and what an amount would be filled at. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from .ladder_sides import Level, Sides

__all__ = [
    "Fill",
    "Reach",
    "Spread",
    "fill",
    "imbalance",
    "microprice",
    "reach",
    "spread",
]


class Spread(NamedTuple):
    """The best prices and what lies between them: quote currency, ticks, and bps of the middle."""

    ask: float
    bid: float
    gap: float
    ticks: int
    bps: float


class Fill(NamedTuple):
    """What a market order would be filled at. ``slippage_bps`` is against the best price.

    Where the book does not hold the whole amount, ``is_whole`` is False and the rest of the record
    is about what it holds.
    """

    size: float
    value: float
    average: float
    slippage_bps: float
    is_whole: bool


class Reach(NamedTuple):
    """What it takes to move the price to ``price``: everything from the best price up to there.

    ``change_bps`` is the way from the best price to there.
    """

    price: float
    size: float
    value: float
    average: float
    change_bps: float


def spread(sides: Sides, tick_at: Callable[[float], float]) -> Spread | None:
    """The best prices of a book, or None while a side is empty; ticks are those of the bid."""
    if not sides.asks or not sides.bids:
        return None
    ask, bid = sides.asks[0].price, sides.bids[0].price
    gap = ask - bid
    return Spread(ask, bid, gap, round(gap / tick_at(bid)), gap / (ask + bid) * 2e4)


def imbalance(sides: Sides, depth: int) -> float | None:
    """How far bids outweigh asks in the first ``depth`` levels: from -1 (asks only) to 1.

    None where nothing stands.
    """
    asks = sum([level.size for level in sides.asks[:depth]])
    bids = sum([level.size for level in sides.bids[:depth]])
    return (bids - asks) / (bids + asks) if bids + asks else None


def microprice(sides: Sides) -> float | None:
    """The best prices, each weighted with the size on the other side; None without both.

    Where many bid and few offer, it is near the ask: that is where the next trade is likely.
    """
    if not sides.asks or not sides.bids:
        return None
    ask, bid = sides.asks[0], sides.bids[0]
    both = ask.size + bid.size
    if not both:
        return None
    return (ask.price * bid.size + bid.price * ask.size) / both


def fill(levels: Sequence[Level], amount: float, *, in_value: bool) -> Fill | None:
    """What ``amount`` would be filled at, taken from ``levels`` (best first); None without any.

    Args:
        levels: the asks for a buy, the bids for a sell.
        amount: more than 0.
        in_value: whether it is in the quote currency, as in a market buy, or in coins.
    """
    size = value = 0.0
    is_whole = False
    for level in levels:
        rest = amount - (value if in_value else size)
        here = level.value if in_value else level.size
        if here >= rest:
            size += rest / level.price if in_value else rest
            value += rest if in_value else rest * level.price
            is_whole = True
            break
        size += level.size
        value += level.value
    if not size:
        return None
    average = value / size
    return Fill(size, value, average, abs(average / levels[0].price - 1) * 1e4, is_whole)


def reach(levels: Sequence[Level], price: float, *, up: bool) -> Reach | None:
    """What stands from the best price to ``price``; None where that is nothing.

    Args:
        levels: of one side, best first.
        price: where the price is to go.
        up: whether that is upwards, so that ``levels`` are asks.
    """
    met = [level for level in levels if (level.price <= price if up else level.price >= price)]
    size = math.fsum(level.size for level in met)
    if not size:
        return None
    value = math.fsum(level.value for level in met)
    return Reach(price, size, value, value / size, (price / levels[0].price - 1) * 1e4)
