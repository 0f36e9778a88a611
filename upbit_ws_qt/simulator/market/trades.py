"""The trades of one minute, made so that they add up to its candle exactly. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from upbit_ws_qt.simulator.noise import Ints, Noise

from .days import MINUTE_MS, MINUTES_A_DAY
from .grid import PriceGrid
from .history import WIDE_MINUTE, History, Minutes
from .settle import settle

__all__ = ["NUMBER_STEP", "MinuteTrades", "Trade", "TradeMaker"]

NUMBER_STEP = 100
"""Seeded trades of one ms are numbered in such steps: a customer's fills fit between them."""


class Trade(NamedTuple):
    """One fill; ``bid`` and ``ask`` are the best quotes right after it (quanta).

    The volume is in units of 1e-8 coins.
    """

    time_ms: int
    number: int
    price: int
    volume: int
    sold: bool
    bid: int
    ask: int

    @property
    def sequential_id(self) -> int:
        """Unique in its market; grows with time."""
        return self.time_ms * 10_000 + self.number

    @property
    def is_seeded(self) -> bool:
        """Whether it belongs to the seeded story; else it is a customer's fill."""
        return self.number % NUMBER_STEP == 0


@dataclass(frozen=True, slots=True)
class MinuteTrades:
    """The trades of one minute in order, one entry each, as plain lists.

    ``time`` is in ms since 1970; ``number`` orders the trades of the same ms; ``volume`` is in
    units of 1e-8 coins; ``bid`` and ``ask`` are the best quotes right after the trade, ``sold``
    whether the taker sold.
    """

    start_ms: int
    time: list[int]
    number: list[int]
    price: list[int]
    volume: list[int]
    sold: list[bool]
    bid: list[int]
    ask: list[int]

    def __len__(self) -> int:
        return len(self.time)

    def trade(self, index: int) -> Trade:
        """One of them."""
        return Trade(
            self.time[index],
            self.number[index],
            self.price[index],
            self.volume[index],
            self.sold[index],
            self.bid[index],
            self.ask[index],
        )

    @classmethod
    def of(cls, start_ms: int, trades: Sequence[Trade]) -> MinuteTrades:
        """These trades of the minute that starts at ``start_ms``."""
        columns = (list(column) for column in zip(*trades, strict=True))
        return cls(start_ms, *columns) if trades else cls(start_ms, [], [], [], [], [], [], [])


# State: none.
class TradeMaker:
    """Makes the trades of any minute of one market."""

    def __init__(self, history: History, seed: int) -> None:
        self.history = history
        self._noise = Noise(seed, history.listing.code, "trades")
        # Rarely traded markets have a wide spread now and then.
        self._wide = 0.05 + 0.5 * float(np.exp(-history.listing.trades_a_minute / 4))

    def minute(self, minute: int) -> MinuteTrades:
        """The trades of ``minute`` (minutes since 1970)."""
        day, of_day = divmod(minute, MINUTES_A_DAY)
        minutes = self.history.minutes(day)
        row = minutes.row_of(of_day)
        start = minute * MINUTE_MS
        if row == len(minutes.minute) or int(minutes.minute[row]) != of_day:
            return MinuteTrades.of(start, ())
        rng = self._noise.generator(minute)
        prices, volumes = _prices_and_volumes(self.history.grid, minutes, row, rng)
        count = len(prices)
        times = _times(rng, count, int(minutes.last_ms[row])) + start
        sold = _sides(rng, prices, int(minutes.before[row]))
        bid, ask = _quotes(self.history.grid, rng, prices, sold, self._wide)
        time_list: list[int] = times.tolist()
        volume_list: list[int] = volumes.tolist()
        scale = self.history.volume_scale
        if scale > 1:
            # Not in numpy: cheap coins come in such numbers that 64 bits are too few.
            volume_list = [volume * scale for volume in volume_list]
        return MinuteTrades(
            start_ms=start,
            time=time_list,
            number=_numbers(time_list),
            price=prices.tolist(),
            volume=volume_list,
            sold=sold.tolist(),
            bid=bid.tolist(),
            ask=ask.tolist(),
        )


def _prices_and_volumes(
    grid: PriceGrid, minutes: Minutes, row: int, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    count = int(minutes.count[row])
    open_, close = int(minutes.open[row]), int(minutes.close[row])
    high, low = int(minutes.high[row]), int(minutes.low[row])
    volume, value_above = int(minutes.volume[row]), int(minutes.value_above[row])
    if count == 1:
        return np.array([open_], dtype=np.int64), np.array([volume], dtype=np.int64)
    tick = grid.tick(low)
    if high == low:
        prices = np.full(count, low, dtype=np.int64)
    elif count < WIDE_MINUTE:
        prices = np.where(rng.random(count) < 0.5, low, high).astype(np.int64)
        prices[0], prices[-1] = open_, close
    else:
        prices = _way(grid, rng, count, (open_, high, low, close), tick)
    weights = np.exp(1.25 * rng.standard_normal(count))
    return prices, settle(prices - low, weights, volume, value_above, tick)


def _way(
    grid: PriceGrid,
    rng: np.random.Generator,
    count: int,
    candle: tuple[int, int, int, int],
    tick: int,
) -> Ints:
    """Prices from the open to the close that touch the high, the low and a tick above it."""
    open_, high, low, close = candle
    places = rng.choice(count - 2, 2, replace=False) + 1
    at_high, at_low = int(places[0]), int(places[1])
    points = {0: open_, at_high: high, at_low: low, count - 1: close}
    beside = next(
        place
        for place in (at_low + 1, at_low - 1, at_low + 2, at_low - 2)
        if 0 < place < count - 1 and place not in points
    )
    points[beside] = low + tick
    anchors = np.array(sorted(points), dtype=np.int64)
    prices = np.array([points[int(anchor)] for anchor in anchors], dtype=np.float64)
    # Prices stay for a while and then jump: most steps are none, some are wide.
    step = rng.standard_normal(count) * (rng.random(count) < 0.35)
    stride = max((high - low) / np.sqrt(count), tick * 0.8)
    way = np.cumsum(step * stride)
    way += np.interp(np.arange(count), anchors, prices - way[anchors])
    way = np.where(way > high, 2 * high - way, way)
    way = np.where(way < low, 2 * low - way, way)
    found: Ints = np.clip(grid.on_grid(np.clip(way, low, high)), low, high)
    found[anchors] = prices.astype(np.int64)
    return found


def _times(rng: np.random.Generator, count: int, last_ms: int) -> Ints:
    """Offsets in the minute, the last one at ``last_ms``: short bursts with pauses between."""
    gaps = rng.standard_gamma(0.35, count)
    sums = np.cumsum(gaps)
    offsets: Ints = np.floor(sums / sums[-1] * last_ms).astype(np.int64)
    return offsets


def _sides(
    rng: np.random.Generator, prices: Ints, before: int
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether each taker sold: what fell was sold, what rose was bought, else mostly as before."""
    move = np.sign(np.diff(prices, prepend=before))
    turn = rng.random(len(prices)) < 0.25
    drawn = np.where(rng.random(len(prices)) < 0.5, -1, 1)
    known = np.where(move != 0, move, np.where(turn, drawn, 0))
    known[0] = known[0] or 1
    last_known = np.maximum.accumulate(np.where(known != 0, np.arange(len(prices)), 0))
    return np.asarray(known[last_known] < 0)


def _quotes(
    grid: PriceGrid,
    rng: np.random.Generator,
    prices: Ints,
    sold: np.ndarray[tuple[int], np.dtype[np.bool_]],
    wide: float,
) -> tuple[Ints, Ints]:
    """Best bid and ask after each trade: the price it was done at and one across the spread."""
    ticks = 1 + (rng.random(len(prices)) < wide) + (rng.random(len(prices)) < wide * 0.6)
    below, above = prices, prices
    for number in (1, 2, 3):
        more = ticks >= number
        below = np.where(more, below - grid.ticks(below - 1), below)
        above = np.where(more, above + grid.ticks(above), above)
    below = np.maximum(below, 0)
    return np.where(sold, prices, below), np.where(sold, above, prices)


def _numbers(times: list[int]) -> list[int]:
    numbers: list[int] = []
    last, number = -1, 0
    for time in times:
        number = number + NUMBER_STEP if time == last else NUMBER_STEP
        numbers.append(number)
        last = time
    return numbers
