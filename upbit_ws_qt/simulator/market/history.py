"""The minutes of one market, laid inside its days so that they add up to them exactly. Pure.

A minute does the same to its trades (``trades.py``). So a candle of any unit is the exact
aggregate of the finer ones, nothing is stored, and the present is the same curve a moment later.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from upbit_ws_qt.simulator.noise import Floats, Ints, Noise

from .days import MINUTE_MS, MINUTES_A_DAY, Day, DayMaker
from .listing import Listing
from .settle import least_volume, tilted

__all__ = ["WIDE_MINUTE", "History", "Minutes"]

_KEPT_DAYS = 12
_MOST_TRADES_A_MINUTE = 60_000
# The mean trade of a day in volume units, at least.
_LEAST_MEAN_TRADE = 1000
# A minute with fewer trades spans at most one tick: so few cannot be settled over a wider range.
WIDE_MINUTE = 6


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

    def without(self, first: int, end: int) -> Minutes:
        """The same day as if nobody had traded from minute ``first`` up to, not in, ``end``."""
        rows = slice(self.row_of(first), self.row_of(end))
        volume, low, value_above = (
            np.delete(column, rows) for column in (self.volume, self.low, self.value_above)
        )
        volume_sums, value_sums = _sums(volume, low, value_above, self.day_low)
        return Minutes(
            day=self.day,
            minute=np.delete(self.minute, rows),
            count=np.delete(self.count, rows),
            open=np.delete(self.open, rows),
            high=np.delete(self.high, rows),
            low=low,
            close=np.delete(self.close, rows),
            volume=volume,
            value_above=value_above,
            last_ms=np.delete(self.last_ms, rows),
            before=np.delete(self.before, rows),
            volume_sums=volume_sums,
            value_sums=value_sums,
            day_low=self.day_low,
        )

    @classmethod
    def untraded(cls, day: int) -> Minutes:
        """A day without trades."""
        none, zero = np.zeros(0, dtype=np.int64), np.zeros(1, dtype=np.int64)
        return cls(
            day, none, none, none, none, none, none, none, none, none, none, zero, zero, day_low=1
        )


# State: the minutes of the days read last, least recently used first.
class History:
    """All days and minutes of one listed market.

    Args:
        listing: what is known of the market.
        seed: the market's whole story hangs on it.
        pace: factor on the number of trades.
    """

    def __init__(self, listing: Listing, seed: int, pace: float) -> None:
        self.listing = listing
        self.days = DayMaker(listing, seed, listing.trades_a_minute * pace)
        self.grid = self.days.grid
        self.first_day = self.days.first_day
        self.volume_scale = 10 ** (8 - self.days.volume_decimals)
        """Units of 1e-8 coins in one unit of the arrays here."""
        self._way_noise = Noise(seed, listing.base, "way")
        self._minutes_noise = Noise(seed, listing.code, "minutes")
        self._cache: OrderedDict[int, Minutes] = OrderedDict()

    def minutes(self, day: int) -> Minutes:
        """The minutes of ``day`` (days since 1970) in which somebody traded."""
        if day < self.first_day:
            return Minutes.untraded(day)
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
        whole = self.days.day(day)
        rng = self._minutes_noise.generator(day)
        steps, heat = _weather(self._way_noise.generator(day))
        # However fast the pace, a trade is at least so large that volumes can be settled.
        rate = min(self.days.rate, whole.volume / _LEAST_MEAN_TRADE / MINUTES_A_DAY)
        trades = np.minimum(rng.poisson(rate * heat), _MOST_TRADES_A_MINUTE).astype(np.int64)
        for forced in range(7, MINUTES_A_DAY, 160):
            trades[forced] = max(int(trades[forced]), 1)
        final_minute, final_ms = divmod(whole.last_ms, MINUTE_MS)
        trades[final_minute + 1 :] = 0
        trades[final_minute] = max(int(trades[final_minute]), 1)
        minute = np.flatnonzero(trades)
        count = trades[minute]
        rows = len(minute)
        day_low = whole.low
        at_high, at_low = _two_rows(minute, whole.high_at, whole.low_at)
        count[at_low] = max(int(count[at_low]), 2)
        anchors = {0: whole.open, at_high: whole.high, at_low: day_low, rows - 1: whole.close}
        close = self._closes(whole, minute, steps, anchors)
        open_, high, low = self._bodies(whole, rng, count, close, at_low)
        volume, value_above = self._share_out(whole, rng, count, high, low, (open_ + close) / 2)
        # The last of n trades comes late in its minute, the later the more there are.
        last_ms = (60_000 * rng.random(rows) ** (1.0 / count)).astype(np.int64)
        last_ms[-1] = final_ms
        volume_sums, value_sums = _sums(volume, low, value_above, day_low)
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
            before=np.append(whole.open, close[:-1]),
            volume_sums=volume_sums,
            value_sums=value_sums,
            day_low=day_low,
        )

    def _closes(self, day: Day, minute: Ints, steps: Floats, anchors: dict[int, int]) -> Ints:
        """The way of the closing prices through ``anchors`` (row: price), never outside the day.

        It is the same in all markets of a coin, however rarely they are traded.
        """
        fixed = np.array(sorted(anchors), dtype=np.int64)
        prices = np.array([anchors[int(row)] for row in fixed], dtype=np.int64)
        points = minute[fixed]
        whole_way = np.cumsum(steps * self._stride(day))
        way = whole_way[minute] + np.interp(minute, points, prices - whole_way[points])
        way = np.where(way > day.high, 2 * day.high - way, way)
        way = np.where(way < day.low, 2 * day.low - way, way)
        close: Ints = np.clip(self.grid.on_grid(np.clip(way, day.low, day.high)), day.low, day.high)
        close[fixed] = prices
        return close

    def _stride(self, day: Day) -> float:
        """How far the price goes in a minute; a random walk's range is 1.67 times its end."""
        return (day.high - day.low) / 1.67 / float(np.sqrt(MINUTES_A_DAY))

    def _bodies(
        self, day: Day, rng: np.random.Generator, count: Ints, close: Ints, at_low: int
    ) -> tuple[Ints, Ints, Ints]:
        """Opens, highs and lows around the closes."""
        grid, rows = self.grid, len(close)
        jump = rng.integers(-1, 2, rows)
        wick = np.abs(rng.standard_normal((2, rows))) * (self._stride(day) * 0.7)
        open_ = np.clip(grid.steps(np.append(day.open, close[:-1]), jump), day.low, day.high)
        open_[0] = day.open
        top, bottom = np.maximum(open_, close), np.minimum(open_, close)
        high = np.clip(grid.on_grid(top + wick[0]), top, day.high)
        low = np.clip(grid.on_grid(bottom - wick[1]), day.low, bottom)

        # Few trades or little volume cannot be settled over such a range: they get one tick.
        fair = day.volume * (count / count.sum())
        least = least_volume((high - low) // grid.ticks(low), count)
        narrow = (count < WIDE_MINUTE) | (10 * least > fair)
        near = np.clip(grid.steps(close, jump), day.low, day.high)
        # A step down from a band's lower edge may be smaller than the tick above it: stay then.
        fits = (count > 1) & (np.abs(near - close) <= grid.ticks(np.minimum(near, close)))
        near = np.where(fits, near, close)
        near[0] = day.open
        near[at_low] = above_low = day.low + grid.tick(day.low)
        open_ = np.where(narrow, near, open_)
        high = np.where(narrow, np.maximum(near, close), high)
        low = np.where(narrow, np.minimum(near, close), low)
        # One minute in the band of the day's low always has room for what rounding leaves.
        high[at_low] = max(int(high[at_low]), above_low)
        return open_, high, low

    def _share_out(
        self, day: Day, rng: np.random.Generator, count: Ints, high: Ints, low: Ints, mid: Floats
    ) -> tuple[Ints, Ints]:
        """The volume and the value above the low of each minute; they add up to the day's."""
        day_low, total = day.low, day.volume
        tick = self.grid.ticks(low)
        span = (high - low) // tick
        least = least_volume(span, count)
        share = np.where(span > 0, 0.3 + 0.4 * (mid - low) / np.maximum(high - low, 1), 0.0)
        mean = np.asarray((low - day_low) + share * (high - low), dtype=np.float64)
        free = total - int(least.sum())
        weights = np.asarray(count * np.exp(0.6 * rng.standard_normal(len(count))), np.float64)
        goal = (day.value_above - float(least @ mean)) / free
        volume = least + np.floor(tilted(weights, mean, goal) * free).astype(np.int64)
        volume[int(np.argmax(volume))] += total - int(volume.sum())
        value_above = np.floor(share * span * volume).astype(np.int64) * tick

        missing = day.value_above - int(volume @ (low - day_low) + value_above.sum())
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


def _sums(volume: Ints, low: Ints, value_above: Ints, day_low: int) -> tuple[Ints, Ints]:
    """The running sums of the volume and of the value above the day's low."""
    sums = np.zeros((2, len(volume) + 1), dtype=np.int64)
    np.cumsum(volume, out=sums[0, 1:])
    np.cumsum(volume * (low - day_low) + value_above, out=sums[1, 1:])
    return sums[0], sums[1]


def _weather(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """For each minute of a day the price's step (deviation about 1) and how busy it is (about 1).

    Bursts: what is busy stays busy for minutes or hours and then calms down to the mean.
    """
    minute = np.arange(MINUTES_A_DAY, dtype=np.float64)
    hours = np.interp(minute, np.arange(-30, 1531, 60), rng.standard_normal(27))
    fives = np.interp(minute, np.arange(-2, 1443, 5), rng.standard_normal(289))
    # Korea's morning (00:00 UTC) and the American one (14:00 UTC) are busy.
    season = 0.35 * np.cos(minute / 720 * np.pi) + 0.15 * np.cos((minute - 840) / 360 * np.pi)
    heat = np.exp(0.45 * hours + 0.45 * fives + season - 0.25)
    return rng.standard_normal(MINUTES_A_DAY) * np.sqrt(heat), heat


def _two_rows(minute: Ints, high_at: float, low_at: float) -> tuple[int, int]:
    """The rows of the day's high and low: different, and neither the first nor the last."""
    last = len(minute) - 2
    at_high = min(max(int(np.searchsorted(minute, high_at * MINUTES_A_DAY)), 1), last)
    at_low = min(max(int(np.searchsorted(minute, low_at * MINUTES_A_DAY)), 1), last)
    if at_high == at_low:
        at_low = at_high + 1 if at_high < last else at_high - 1
    return at_high, at_low
