"""A book over time: where sizes stood in the last minutes, as an image. Pure."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .ladder_sides import Sides, grid_price

__all__ = ["COLUMN_MS", "HeatMap", "HeatPicture"]

COLUMN_MS = 250
_COLUMNS = 480
_LEAST_HALF = 15
_MOST_HALF = 150
# From thin to thick.
_SHADES = 126
_ASKS_FROM = 128


class _Book(NamedTuple):
    number: int
    sides: Sides
    follows_a_hole: bool


class _Column(NamedTuple):
    number: int
    indices: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.float64]
    middle: float
    follows_a_hole: bool


@dataclass(frozen=True, slots=True, eq=False)
class HeatPicture:
    """An image with the highest price first and the oldest moment left.

    ``shades`` (prices × columns): 0 is nothing, 1 to 126 are bids, 129 to 254 asks,
    both from thin to thick. ``middles`` (one a
    column, in rows from the top, NaN where nothing is known) is the way of the middle price.
    ``high`` and ``low`` are the prices of the first and the last row.
    """

    shades: npt.NDArray[np.uint8]
    middles: npt.NDArray[np.float64]
    high: float
    low: float


# State: the columns, the book that the next one is made of, the price step they are in, whether
# time was missed since; the prices that are in the picture; the last picture, None when outdated.
class HeatMap:
    """Remembers a book every quarter of a second for two minutes, by the exchange's clock."""

    def __init__(self) -> None:
        self._columns: deque[_Column] = deque(maxlen=_COLUMNS)
        self._newest: _Book | None = None
        self._step = 0.0
        self._missed = False
        self._centre = 0
        self._half = 0
        self._picture: HeatPicture | None = None

    def take(self, sides: Sides, step: float, when_ms: int) -> None:
        """Remember ``sides`` as they stood at ``when_ms``.

        The last book of a quarter of a second stands for it. With another price step the map
        begins anew.
        """
        if not sides.asks or not sides.bids:
            return
        if step != self._step:
            self._columns.clear()
            self._newest = self._picture = None
            self._step = step
        number, newest = when_ms // COLUMN_MS, self._newest
        if newest is None or number > newest.number:
            self._keep()
            self._newest = _Book(number, sides, self._missed)
            self._missed = False
        elif number == newest.number:
            self._newest = newest._replace(sides=sides)

    def _keep(self) -> None:
        """Make a column of the newest book: it is the last one of its quarter of a second."""
        if self._newest is None:
            return
        number, (asks, bids), follows = self._newest
        indices = np.array([round(level.price / self._step) for level in asks + bids], np.int64)
        sizes = np.array([level.size for level in asks] + [-level.size for level in bids])
        middle = (asks[0].price + bids[0].price) / 2 / self._step
        self._columns.append(_Column(number, indices, sizes, middle, follows))
        self._picture = None
        # The prices in the picture stay until the middle has left the inner half of it.
        if len(self._columns) == 1 or abs(middle - self._centre) * 2 > self._half:
            span = math.ceil(float(np.abs(indices - middle).max()))
            self._centre = round(middle)
            self._half = min(max(span, _LEAST_HALF), _MOST_HALF)

    def interrupt(self) -> None:
        """Nothing is known from here to the next book: do not draw the last one on."""
        self._missed = True

    def picture(self) -> HeatPicture | None:
        """The map as an image; the same object until there is another column. None without any.

        The quarter of a second that is under way is not in it.
        """
        if self._picture is None and self._columns:
            self._picture = self._draw()
        return self._picture

    def _draw(self) -> HeatPicture:
        newest = self._columns[-1].number
        rows = 2 * self._half + 1
        top = self._centre + self._half
        amounts = np.zeros((rows, _COLUMNS))
        middles = np.full(_COLUMNS, np.nan)
        end, hole_after = _COLUMNS, False
        for column in reversed(self._columns):
            start = _COLUMNS - 1 - (newest - column.number)
            if end <= 0:
                break
            # What stood in a column stands until the next one, but not across a hole.
            span = slice(max(0, start), max(0, start + 1) if hole_after else end)
            places = top - column.indices
            inside = (places >= 0) & (places < rows)
            amounts[places[inside], span] = column.sizes[inside, None]
            middles[span] = top - column.middle
            end, hole_after = start, column.follows_a_hole
        return HeatPicture(
            _shaded(amounts),
            middles,
            grid_price(top, self._step),
            grid_price(top - rows + 1, self._step),
        )


def _shaded(amounts: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """Signed sizes as shades: by the square root, because a few sizes tower over all others."""
    heavy = np.sqrt(np.abs(amounts) / (np.abs(amounts).max() or 1.0))
    shades: npt.NDArray[np.uint8] = np.ceil(heavy * _SHADES).astype(np.uint8)
    shades[amounts > 0] += _ASKS_FROM
    return shades
