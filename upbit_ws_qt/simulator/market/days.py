"""The days of one market, past and future, made from the seed when asked for. Pure.

The day comes first: its prices lie on a slow random curve, and its range, volume and traded value
are drawn. ``history.py`` lays the minutes inside so that they add up to it exactly.

Prices are quanta of the market's grid; volumes are units of ``10**-volume_decimals`` coins; a
traded value is the product of the two.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from upbit_ws_qt.simulator.noise import Floats, Ints, Noise, Wander

from .grid import PriceGrid
from .listing import Listing

__all__ = ["DAY_MS", "MINUTES_A_DAY", "MINUTE_MS", "Day", "DayMaker", "Days"]

MINUTE_MS = 60_000
DAY_MS = 86_400_000
MINUTES_A_DAY = 1440
_ANCHOR_DAY = 20_727  # 2026-10-01: the day of the price levels of the listing
_OCTAVES = 11
# Days are worked out in blocks: a block costs little more than one day.
_BLOCK_DAYS = 512
_KEPT_BLOCKS = 4
# Sums of volume times range must fit 63 bits, also on a day a hundred times as wild as others.
_PRODUCT_LIMIT = 2e16


class Day(NamedTuple):
    """One day; ``number`` is days since 1970.

    ``value_above`` is the traded value above ``volume * low``; ``high_at`` and ``low_at`` say when
    in the day (0 to 1) the extremes were; ``last_ms`` is the offset of its last trade.
    """

    number: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    value_above: int
    high_at: float
    low_at: float
    last_ms: int


@dataclass(frozen=True, slots=True)
class Days:
    """Consecutive days, one row each; the columns are the fields of :class:`Day`."""

    number: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    value_above: Ints
    high_at: Floats
    low_at: Floats
    last_ms: Ints

    def columns(self) -> list[Ints | Floats]:
        """The columns in the order of the fields."""
        return [getattr(self, field.name) for field in dataclasses.fields(self)]

    def part(self, first: int, last: int) -> Days:
        """The rows of the days from ``first`` up to, not including, ``last``."""
        start = int(self.number[0]) if len(self.number) else first
        rows = slice(max(first - start, 0), max(last - start, 0))
        return Days(*(column[rows] for column in self.columns()))  # type: ignore[arg-type]

    def rows(self) -> list[Day]:
        """The same day by day."""
        return [
            Day(*row) for row in zip(*(column.tolist() for column in self.columns()), strict=True)
        ]


# State: the blocks of days worked out last.
class DayMaker:
    """All days of one listed market.

    Args:
        listing: what is known of the market.
        seed: the market's whole story hangs on it.
        rate: trades a minute.
    """

    def __init__(self, listing: Listing, seed: int, rate: float) -> None:
        self.listing = listing
        self.grid = PriceGrid(listing.code, listing.lowest_price)
        self.first_day = listing.listed_ms // DAY_MS
        self.volume_decimals = _volume_decimals(listing, self.grid)
        self.rate = rate
        # Prices belong to coins and the markets follow them, so that a coin costs about the same
        # in each of its markets. Half of what happens to a coin happens to all of them.
        base, sigma = listing.base, listing.volatility * 0.35
        common = Wander(seed, "curve", octaves=_OCTAVES)
        self._curves = [(Wander(seed, base, "curve", octaves=_OCTAVES), sigma), (common, sigma)]
        if listing.quote_volatility:
            sigma = listing.quote_volatility * 0.35
            quote = Wander(seed, listing.quote, "curve", octaves=_OCTAVES)
            self._curves += [(quote, -sigma), (common, -sigma)]
        self._noise = {
            name: Noise(seed, owner, name)
            for owner, names in (
                (base, ("mood", "up", "down", "high_at", "low_at")),
                (listing.code, ("gap", "volume", "value", "end")),
            )
            for name in names
        }
        self._level = listing.price * 10**self.grid.decimals / self.grid.scale
        self._anchor = float(self._wander(np.array([_ANCHOR_DAY], dtype=np.int64))[0])
        self._blocks: dict[int, Days] = {}

    def day(self, number: int) -> Day:
        """One day, not before the listing."""
        return self._block(number // _BLOCK_DAYS).part(number, number + 1).rows()[0]

    def days(self, first: int, last: int) -> Days:
        """The days from ``first`` up to, not including, ``last``; none before the listing."""
        first = max(first, self.first_day)
        last = max(last, first)
        blocks = range(first // _BLOCK_DAYS, max(last - 1, first) // _BLOCK_DAYS + 1)
        parts = [self._block(block).part(first, last) for block in blocks]
        if len(parts) == 1:
            return parts[0]
        columns = zip(*(part.columns() for part in parts), strict=True)
        return Days(*(np.concatenate(column) for column in columns))

    def _block(self, block: int) -> Days:
        found = self._blocks.get(block)
        if found is None:
            first = max(block * _BLOCK_DAYS, self.first_day)
            found = self._make(np.arange(first, (block + 1) * _BLOCK_DAYS, dtype=np.int64))
            self._blocks[block] = found
            if len(self._blocks) > _KEPT_BLOCKS:
                del self._blocks[next(iter(self._blocks))]
        return found

    def _wander(self, days: Ints) -> Floats:
        return np.asarray(sum(sigma * curve.at(days) for curve, sigma in self._curves))

    def _midnights(self, days: Ints) -> Ints:
        """The price at 00:00 UTC of each day, in quanta."""
        reach = np.log(self.listing.price / self.listing.lowest_price) - 0.7
        drift = np.clip(self._wander(days) - self._anchor, -reach, reach)
        return self.grid.on_grid(self._level * np.exp(drift))

    def _make(self, number: Ints) -> Days:
        noise = self._noise
        edges = self._midnights(np.append(number, number[-1] + 1))
        gap = np.rint(noise["gap"].signed(number)).astype(np.int64)
        open_ = self.grid.steps(edges[:-1], gap)
        close = edges[1:]
        mood = np.exp(0.5 * noise["mood"].smooth(number, 9) + 0.3 * noise["mood"].signed(-number))
        spread = self.listing.volatility * mood
        up = spread * (0.08 + 1.1 * noise["up"].uniform(number) ** 2)
        down = spread * (0.08 + 1.1 * noise["down"].uniform(number) ** 2)
        top, bottom = np.maximum(open_, close), np.minimum(open_, close)
        low = np.minimum(self.grid.on_grid(bottom * np.exp(-down)), bottom)
        high = np.maximum(self.grid.on_grid(top * np.exp(up)), top)
        high = np.maximum(high, low + self.grid.ticks(low))
        moved = np.abs(close - open_) / bottom / self.listing.volatility
        busy = mood * (0.75 + 0.5 * moved) * np.exp(0.35 * noise["volume"].signed(number))
        units = self.listing.daily_volume * 10**self.volume_decimals
        # The turnover is steady: of a coin that costs more, fewer are traded.
        cheap = self._level / open_
        volume = (units * cheap * np.clip(busy, 0.3, 8.0)).astype(np.int64)
        high_at, low_at = noise["high_at"].uniform(number), noise["low_at"].uniform(number)
        # The mean price of a day that runs straight from point to point, a little disturbed.
        swapped = high_at > low_at
        early, late = np.where(swapped, low, high), np.where(swapped, high, low)
        at_early, at_late = np.minimum(high_at, low_at), np.maximum(high_at, low_at)
        mean = 0.5 * (
            (open_ + early) * at_early
            + (early + late) * (at_late - at_early)
            + (late + close) * (1.0 - at_late)
        )
        share = (mean - low) / (high - low) + 0.04 * noise["value"].signed(number)
        tick = self.grid.ticks(low)
        above = volume * np.clip(share, 0.12, 0.88) * ((high - low) // tick)
        value_above = above.astype(np.int64) * tick
        pause_ms = -np.log(1.0 - noise["end"].uniform(number)) * (MINUTE_MS / self.rate)
        last_ms = DAY_MS - 1 - np.minimum(pause_ms, DAY_MS / 24).astype(np.int64)
        return Days(number, open_, high, low, close, volume, value_above, high_at, low_at, last_ms)


def _volume_decimals(listing: Listing, grid: PriceGrid) -> int:
    """How finely coins are counted: eight decimals, fewer where the sums would be too large."""
    span = 0.05 * listing.price * 10**grid.decimals / grid.scale + 1
    for decimals in range(8, 0, -1):
        if listing.daily_volume * 10**decimals * span < _PRODUCT_LIMIT:
            return decimals
    return 0
