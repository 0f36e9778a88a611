"""The depth of a book as a curve, in device pixels. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple

from upbit_ws_qt.markets import format_price

from .ladder_layout import Metrics, Rect
from .ladder_sides import Level, Sides, grid_index, grid_price
from .ladder_strip import Money, StripLine, reach_pieces

__all__ = ["Curve", "Label", "Pointed", "draw_curve", "price_at"]

_LABEL_DIGITS = 16
_AMOUNT_LINES = 4
_HEADROOM = 0.85
_AXIS = 1.5
_MARGIN = 1.02


class Label(NamedTuple):
    """A text beside an axis; ``at`` is where its middle is."""

    at: int
    text: str


class Pointed(NamedTuple):
    """The price under the pointer, with what it takes to move the market there."""

    price: float
    x: int
    y: int
    is_ask: bool
    pieces: StripLine


class Curve(NamedTuple):
    """Both sides summed up from the best price outwards, as corners of a stepped line.

    ``base`` is the height of the empty book; ``prices`` stand below it, ``amounts`` beside.
    """

    plot: Rect
    base: int
    asks: tuple[tuple[int, int], ...]
    bids: tuple[tuple[int, int], ...]
    prices: tuple[Label, ...]
    amounts: tuple[Label, ...]
    pointed: Pointed | None = None


def _bounds(sides: Sides) -> tuple[float, float]:
    """The lowest and the highest price of the plot, with the middle of the book in its middle."""
    ends = [level.price for side in sides for level in (side[:1] + side[-1:])]
    if sides.asks and sides.bids:
        middle = (sides.asks[0].price + sides.bids[0].price) / 2
    else:
        middle = ends[0]
    reach = max(abs(price - middle) for price in ends) or middle / 1000
    return middle - reach * _MARGIN, middle + reach * _MARGIN


def price_at(sides: Sides, body: Rect, x: int, step: float) -> float:
    """The price on the grid at ``x``; rounded away from the best price of its side."""
    low, high = _bounds(sides)
    price = low + (high - low) * (x - body[0]) / max(1, body[2])
    up = price * 2 > low + high
    return grid_price(grid_index(price, step, up=up), step)


def draw_curve(
    sides: Sides,
    body: Rect,
    metrics: Metrics,
    money: Money,
    text: Callable[..., str],
    *,
    tick: float,
    in_value: bool,
    pointed: float | None = None,
) -> Curve:
    """Lay out the curve of ``sides`` in ``body``.

    Args:
        sides: not both empty.
        body: where it stands.
        metrics: the sizes of the fonts.
        money: how amounts are written.
        text: the text of a key in the reader's language.
        tick: the finest price step.
        in_value: whether money is summed up, or coins.
        pointed: the price that is pointed at.
    """
    left, top, width, height = body
    base = top + max(0, height - round(metrics.small_line * _AXIS))
    low, high = _bounds(sides)
    sums = [_sums(side, in_value=in_value) for side in sides]
    most = max((side[-1] for side in sums if side), default=0.0)
    tall = (base - top) * _HEADROOM / most if most else 0.0

    def across(price: float) -> int:
        return left + round((price - low) / (high - low) * width)

    def corners(
        levels: Sequence[Level], heights: Sequence[float], end: int
    ) -> list[tuple[int, int]]:
        points: list[tuple[int, int]] = []
        y = base
        for level, amount in zip(levels, heights, strict=True):
            x = across(level.price)
            points.append((x, y))
            y = base - round(amount * tall)
            points.append((x, y))
        return [*points, (end, y)] if points else points

    asks = corners(sides.asks, sums[0], left + width)
    bids = corners(sides.bids, sums[1], left)
    count = max(1, int(width / (metrics.small_digit * _LABEL_DIGITS)))
    prices = [
        Label(
            left + round(width * (place + 0.5) / count),
            format_price(_near(low + (high - low) * (place + 0.5) / count, tick), tick),
        )
        for place in range(count)
    ]
    write = money.total if in_value else money.quantity
    amounts = [
        Label(
            base - round(most * place / _AMOUNT_LINES * tall), write(most * place / _AMOUNT_LINES)
        )
        for place in range(1, _AMOUNT_LINES + 1)
        if most
    ]
    mark = None
    if pointed is not None:
        pieces = reach_pieces(sides, pointed, tick, money, text)
        is_ask = bool(sides.asks) and pointed >= sides.asks[0].price
        x = min(max(across(pointed), left), left + width)
        side = asks if is_ask else bids
        y = _height_at(side, x, base) if pieces else base
        mark = Pointed(pointed, x, y, is_ask, pieces)
    return Curve(body, base, tuple(asks), tuple(bids), tuple(prices), tuple(amounts), mark)


def _sums(levels: Sequence[Level], *, in_value: bool) -> list[float]:
    return list(accumulate(level.value if in_value else level.size for level in levels))


def _near(price: float, tick: float) -> float:
    return grid_price(round(price / tick), tick)


def _height_at(points: Sequence[tuple[int, int]], x: int, base: int) -> int:
    """How high a stepped line stands at ``x``, which lies on its side of the middle."""
    away = -1 if points[-1][0] < points[0][0] else 1
    y = base
    for corner_x, corner_y in points:
        if (corner_x - x) * away > 0:
            break
        y = corner_y
    return y
