"""Days and minutes of one market, past and future, made from the seed when asked for. Pure.

The day comes first: its prices lie on a slow random curve, its range, volume and traded value are
drawn, and only then the minutes are laid inside so that they add up to it exactly. The minute
does the same to its trades (``trades.py``). So a candle of any unit is the exact aggregate of the
finer ones, nothing is stored, and the present is the same curve a moment later.

Prices are quanta of the market's grid; volumes are units of ``10**-volume_decimals`` coins; a
traded value is the product of the two.
"""

from __future__ import annotations

from collections import OrderedDict
import dataclasses
from dataclasses import dataclass

import numpy as np

from .grid import PriceGrid
from .listing import Listing
from .noise import Floats, Ints, Noise
from .settle import least_volume, tilted

__all__ = ["DAY_MS", "MINUTES_A_DAY", "MINUTE_MS", "Days", "History", "Minutes"]

MINUTE_MS = 60_000
DAY_MS = 86_400_000
MINUTES_A_DAY = 1440
_ANCHOR_DAY = 20_727  # 2026-10-01: the day of the price levels of the listing
_OCTAVES = 11
_KEPT_DAYS = 12
# Days are worked out in blocks: a block costs little more than one day.
_BLOCK_DAYS = 64
_KEPT_BLOCKS = 8
_MOST_TRADES_A_MINUTE = 60_000
# A minute with fewer trades spans at most one tick: so few cannot be settled over a wider range.
WIDE_MINUTE = 6
# Sums of volume times range must fit 63 bits, with room for a wild day.
_PRODUCT_LIMIT = 2e17


@dataclass(frozen=True, slots=True)
class Days:
    """Days from ``first`` (days since 1970) on, one row each.

    ``value_above`` is the traded value above ``volume * low``; ``high_at`` and ``low_at`` say when
    in the day (0 to 1) the extremes were; ``last_ms`` is the offset of its last trade.
    """

    first: int
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    value_above: Ints
    high_at: Floats
    low_at: Floats
    last_ms: Ints


@dataclass(frozen=True, slots=True)
class Minutes:
    """The minutes of one day in which somebody traded, one row each.

    ``minute`` counts from 00:00 UTC; ``last_ms`` is the offset of the last trade in its minute;
    ``before`` is the price of the last trade before each minute. The sums have one row more than
    the others: what was before each row, and the whole at the end.
    """

    day: int
    minute: Ints
    count: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    value_above: Ints
    last_ms: Ints
    before: Ints
    volume_sums: Ints
    value_sums: Ints
    """Above ``day_low`` times the volume."""
    day_low: int

    def value(self, first: int, last: int) -> int:
        """The traded value of the rows from ``first`` up to, not including, ``last``."""
        volume = int(self.volume_sums[last] - self.volume_sums[first])
        return self.day_low * volume + int(self.value_sums[last] - self.value_sums[first])

    def row_of(self, minute: int) -> int:
        """The number of rows before ``minute``; its own row when it was traded in."""
        return int(np.searchsorted(self.minute, minute))


# State: the caches of minutes (least recently used first) and of blocks of days.
class History:
    """All days and minutes of one listed market.

    Args:
        listing: what is known of the market.
        seed: the market's whole story hangs on it.
        pace: factor on the number of trades.
    """

    def __init__(self, listing: Listing, seed: int, pace: float) -> None:
        self.listing = listing
        self.grid = PriceGrid(listing.code, listing.lowest_price)
        self.first_day = listing.listed_ms // DAY_MS
        self.volume_decimals = _volume_decimals(listing, self.grid)
        self._rate = listing.trades_a_minute * pace
        self._curve = [Noise(seed, listing.code, "curve", str(k)) for k in range(_OCTAVES)]
        self._noise = {
            name: Noise(seed, listing.code, name)
            for name in ("mood", "gap", "up", "down", "volume", "high_at", "low_at", "value", "end")
        }
        self._minutes_noise = Noise(seed, listing.code, "minutes")
        self._anchor = float(self._wander(np.array([_ANCHOR_DAY], dtype=np.int64))[0])
        self._cache: OrderedDict[int, Minutes] = OrderedDict()
        self._blocks: dict[int, Days] = {}

    def _wander(self, days: Ints) -> Floats:
        # Octaves of smooth noise: a random walk that can be read at any day and never runs away.
        sigma = self.listing.volatility * 0.5
        total = np.zeros(days.shape, dtype=np.float64)
        for octave, noise in enumerate(self._curve):
            total += noise.smooth(days, 1 << octave) * (sigma * 2.0 ** (octave / 2))
        return total

    def _midnights(self, days: Ints) -> Ints:
        """The price at 00:00 UTC of each day, in quanta."""
        reach = np.log(self.listing.price / self.listing.lowest_price) - 0.7
        drift = np.clip(self._wander(days) - self._anchor, -reach, reach)
        level = self.listing.price * 10**self.grid.decimals / self.grid.scale
        return self.grid.on_grid(level * np.exp(drift))

    def days(self, first: int, last: int) -> Days:
        """The days from ``first`` up to, not including, ``last``; none before the listing."""
        first = max(first, self.first_day)
        number = np.arange(first, max(last, first), dtype=np.int64)
        noise = self._noise
        edges = self._midnights(np.arange(first, first + len(number) + 1, dtype=np.int64))
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
        volume = (units * np.clip(busy, 0.3, 8.0)).astype(np.int64)
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
        pause_ms = -np.log(1.0 - noise["end"].uniform(number)) * (MINUTE_MS / self._rate)
        last_ms = DAY_MS - 1 - np.minimum(pause_ms, DAY_MS / 24).astype(np.int64)
        return Days(first, open_, high, low, close, volume, value_above, high_at, low_at, last_ms)

    def _one_day(self, day: int) -> Days:
        block = day // _BLOCK_DAYS
        found = self._blocks.get(block)
        if found is None:
            found = self.days(block * _BLOCK_DAYS, (block + 1) * _BLOCK_DAYS)
            self._blocks[block] = found
            if len(self._blocks) > _KEPT_BLOCKS:
                del self._blocks[next(iter(self._blocks))]
        row = day - found.first
        return Days(
            day,
            *(
                getattr(found, field.name)[row : row + 1]
                for field in dataclasses.fields(Days)
                if field.name != "first"
            ),
        )

    def minutes(self, day: int) -> Minutes:
        """The minutes of ``day`` (days since 1970) in which somebody traded."""
        if day < self.first_day:
            return _untraded(day)
        found = self._cache.get(day)
        if found is not None:
            self._cache.move_to_end(day)
            return found
        found = self._make_minutes(day)
        self._cache[day] = found
        if len(self._cache) > _KEPT_DAYS:
            self._cache.popitem(last=False)
        return found

    def _make_minutes(self, day: int) -> Minutes:
        grid, days = self.grid, self._one_day(day)
        rng = self._minutes_noise.generator(day)
        trades, steps = _activity(rng, self._rate)
        final_minute, final_ms = divmod(int(days.last_ms[0]), MINUTE_MS)
        trades[final_minute + 1 :] = 0
        trades[final_minute] = max(int(trades[final_minute]), 1)
        minute = np.flatnonzero(trades)
        count = trades[minute]
        rows = len(minute)
        day_open, day_close = int(days.open[0]), int(days.close[0])
        day_high, day_low = int(days.high[0]), int(days.low[0])
        at_high, at_low = _two_rows(rows, float(days.high_at[0]), float(days.low_at[0]))
        count[at_low] = max(int(count[at_low]), 2)
        alone, few = count == 1, count < WIDE_MINUTE

        # The way of the closing prices through the four fixed points, never outside the day.
        anchors = sorted(
            ((0, day_open), (at_high, day_high), (at_low, day_low), (rows - 1, day_close))
        )
        points = np.array([row for row, _ in anchors], dtype=np.float64)
        prices = np.array([price for _, price in anchors], dtype=np.float64)
        row = np.arange(rows, dtype=np.float64)
        stride = (day_high - day_low) / 1.67 / np.sqrt(rows)
        way = np.cumsum(steps[minute] * stride)
        way += np.interp(row, points, prices - way[points.astype(np.int64)])
        way = np.where(way > day_high, 2 * day_high - way, way)
        way = np.where(way < day_low, 2 * day_low - way, way)
        close = np.clip(grid.on_grid(np.clip(way, day_low, day_high)), day_low, day_high)
        for index, price in anchors:
            close[index] = price

        before = np.empty(rows, dtype=np.int64)
        before[0], before[1:] = day_open, close[:-1]
        jump = rng.integers(-1, 2, rows)
        near = np.clip(grid.steps(np.where(few, close, before), jump), day_low, day_high)
        # A step down from a band's lower edge may be smaller than the tick above it: stay then.
        few_fits = np.abs(near - close) <= grid.ticks(np.minimum(near, close))
        open_ = np.where(alone | (few & ~few_fits), close, near)
        open_[0] = day_open
        above_low = day_low + grid.tick(day_low)
        if few[at_low]:
            open_[at_low] = above_low
        wick = np.abs(rng.standard_normal((2, rows))) * (stride * 0.7)
        top, bottom = np.maximum(open_, close), np.minimum(open_, close)
        high = np.where(few, top, np.clip(grid.on_grid(top + wick[0]), top, day_high))
        low = np.where(few, bottom, np.clip(grid.on_grid(bottom - wick[1]), day_low, bottom))
        high[at_low] = max(int(high[at_low]), above_low)

        volume, value_above = self._share_out(days, rng, count, high, low, (open_ + close) / 2)
        # The last of n trades comes late in its minute, the later the more there are.
        last_ms = (60_000 * rng.random(rows) ** (1.0 / count)).astype(np.int64)
        last_ms[-1] = final_ms
        value_sums = np.zeros(rows + 1, dtype=np.int64)
        np.cumsum(volume * (low - day_low) + value_above, out=value_sums[1:])
        volume_sums = np.zeros(rows + 1, dtype=np.int64)
        np.cumsum(volume, out=volume_sums[1:])
        return Minutes(
            day=day,
            minute=minute,
            count=count,
            open=open_,
            high=high,
            low=low,
            close=close,
            volume=volume,
            value_above=value_above,
            last_ms=last_ms,
            before=before,
            volume_sums=volume_sums,
            value_sums=value_sums,
            day_low=day_low,
        )

    def _share_out(
        self, days: Days, rng: np.random.Generator, count: Ints, high: Ints, low: Ints, mid: Floats
    ) -> tuple[Ints, Ints]:
        """The volume and the value above the low of each minute; they add up to the day's."""
        day_low, total = int(days.low[0]), int(days.volume[0])
        tick = self.grid.ticks(low)
        span = (high - low) // tick
        least = least_volume(span, count)
        share = np.where(span > 0, 0.3 + 0.4 * (mid - low) / np.maximum(high - low, 1), 0.0)
        mean = (low - day_low) + share * (high - low)
        free = total - int(least.sum())
        weights = count * np.exp(0.6 * rng.standard_normal(len(count)))
        goal = (int(days.value_above[0]) - float(least @ mean)) / free
        volume = least + np.floor(tilted(weights, mean, goal) * free).astype(np.int64)
        volume[int(np.argmax(volume))] += total - int(volume.sum())
        value_above = np.floor(share * span * volume).astype(np.int64) * tick

        missing = int(days.value_above[0]) - int(volume @ (low - day_low) + value_above.sum())
        # Rounding has left a little. Most of it goes by moving volume from a cheap minute to a
        # dear one, the rest into the value of a minute that has room for it.
        day_tick = self.grid.tick(day_low)
        dear, cheap = int(np.argmax(low)), int(np.argmin(low))
        gap = int(low[dear] - low[cheap])
        if gap:
            moved = missing // gap
            volume[dear] += moved
            volume[cheap] -= moved
            missing -= moved * gap
        room = np.where((tick == day_tick) & (span > 0), volume * span, -1)
        value_above[int(np.argmax(room))] += missing
        return volume, value_above


def _untraded(day: int) -> Minutes:
    none, zero = np.zeros(0, dtype=np.int64), np.zeros(1, dtype=np.int64)
    return Minutes(
        day, none, none, none, none, none, none, none, none, none, none, zero, zero, day_low=1
    )


def _volume_decimals(listing: Listing, grid: PriceGrid) -> int:
    """How finely coins are counted: eight decimals, fewer where the sums would be too large."""
    span = 0.05 * listing.price * 10**grid.decimals / grid.scale + 1
    for decimals in range(8, 0, -1):
        if listing.daily_volume * 10**decimals * span < _PRODUCT_LIMIT:
            return decimals
    return 0


def _activity(rng: np.random.Generator, rate: float) -> tuple[Ints, Floats]:
    """Trades in each minute of a day, and the size of the price's step in it.

    Bursts: what is busy stays busy for minutes or hours and then calms down to the mean.
    """
    minute = np.arange(MINUTES_A_DAY, dtype=np.float64)
    hours = np.interp(minute, np.arange(-30, 1531, 60), rng.standard_normal(27))
    fives = np.interp(minute, np.arange(-2, 1443, 5), rng.standard_normal(289))
    # Korea's morning (00:00 UTC) and the American one (14:00 UTC) are busy.
    season = 0.35 * np.cos(minute / 720 * np.pi) + 0.15 * np.cos((minute - 840) / 360 * np.pi)
    heat = np.exp(0.45 * hours + 0.45 * fives + season - 0.25)
    trades = np.minimum(rng.poisson(rate * heat), _MOST_TRADES_A_MINUTE).astype(np.int64)
    for forced in range(7, MINUTES_A_DAY, 160):
        trades[forced] = max(int(trades[forced]), 1)
    steps = rng.standard_normal(MINUTES_A_DAY) * np.sqrt(heat)
    return trades, steps


def _two_rows(rows: int, high_at: float, low_at: float) -> tuple[int, int]:
    """The rows of the day's high and low: different, and neither the first nor the last."""
    at_high = 1 + min(int(high_at * (rows - 2)), rows - 3)
    at_low = 1 + min(int(low_at * (rows - 2)), rows - 3)
    if at_high == at_low:
        at_low = at_high + 1 if at_high < rows - 2 else at_high - 1
    return at_high, at_low
