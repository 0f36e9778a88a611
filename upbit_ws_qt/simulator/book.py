"""The order book of one market at a moment, worked out from the last trade and the next ones. Pure.

A price level holds a random amount that is drawn anew every so often, plus what will be traded
there until it is drawn again. So a trade takes exactly its volume from the level it hits, a level
never runs dry before the price moves on, and the book of any moment can be asked for without
having followed the market.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from .days import MINUTE_MS
from .history import History
from .noise import Noise
from .trades import MinuteTrades

__all__ = ["DEPTH", "Book", "BookMaker"]

DEPTH = 30
GRID_MS = 100
"""Books change on a grid of this many ms, and with trades."""
# Grouped books look further: so many single ticks, then so many tens, hundreds and so on.
_FINE, _COARSE, _DECADES = 60, 54, 5
_REMEMBERED = 8192


class Book(NamedTuple):
    """Asks ascending and bids descending, pairs of price (quanta) and size (volume units).

    ``changed_ms`` is when it last changed, ``until_ms`` when it next may, trades aside.
    """

    changed_ms: int
    asks: Sequence[tuple[int, int]]
    bids: Sequence[tuple[int, int]]
    until_ms: int

    @property
    def best_ask(self) -> tuple[int, int]:
        """The lowest price somebody sells at, and the size there."""
        return self.asks[0]

    @property
    def best_bid(self) -> tuple[int, int]:
        """The highest price somebody buys at, and the size there."""
        return self.bids[0] if self.bids else (0, 0)


class _Level(NamedTuple):
    period: int
    phase: int
    present: bool
    log_size: float


# State: memories of what was worked out (levels, sizes, ladders); losing them changes nothing.
class BookMaker:
    """Works out books of one market."""

    def __init__(self, history: History, seed: int) -> None:
        listing = history.listing
        self._grid = history.grid
        self._level_noise = Noise(seed, listing.code, "level")
        self._size_noise = Noise(seed, listing.code, "size")
        busy = listing.trades_a_minute
        # Redrawn after this many steps of the grid at least: what is traded a lot changes a lot.
        self._period = min(max(round(60 / busy**0.7), 3), 600)
        tick = history.grid.price(history.grid.tick(history.grid.quanta(listing.price)))
        fine = tick / listing.price < 5e-6
        self._gaps = 0.85 if fine else 0.0 if busy > 20 else 0.25 if busy > 1 else 0.45
        mean_trade = listing.daily_volume * 10**history.volume_decimals / 1440 / busy
        self._log_size = math.log(max(mean_trade * 12.0, 10.0))
        self._levels: dict[int, _Level] = {}
        self._sizes: dict[int, tuple[int, int]] = {}
        self._ladders: dict[tuple[int, bool], tuple[int, ...]] = {}

    def book(self, now_ms: int, bid: int, ask: int, trades: MinuteTrades, done: int) -> Book:
        """The book of 30 levels at ``now_ms``.

        Args:
            now_ms: the moment, in the minute of ``trades``.
            bid: the best price of buyers (quanta); 0 for none.
            ask: the best price of sellers.
            trades: the minute's trades, those to come included.
            done: how many of them have happened.
        """
        return self._made(
            now_ms, self._ladder(ask, up=True), self._ladder(bid, up=False), trades, done
        )

    def grouped(
        self, now_ms: int, bid: int, ask: int, trades: MinuteTrades, done: int, level: int
    ) -> Book:
        """The book in steps of ``level`` quanta: asks rounded up to it, bids down."""
        asks, bids = self._deep_ladder(ask, up=True), self._deep_ladder(bid, up=False)
        deep = self._made(now_ms, asks, bids, trades, done)
        return Book(
            deep.changed_ms,
            _gathered([(-(-price // level) * level, size) for price, size in deep.asks]),
            _gathered([(price // level * level, size) for price, size in deep.bids]),
            deep.until_ms,
        )

    def size(self, now_ms: int, price: int, trades: MinuteTrades, done: int) -> int:
        """What the level ``price`` holds at ``now_ms``, in volume units."""
        if price <= 0:
            return 0
        return self._own_size(now_ms // GRID_MS, price)[0] + self._waiting(
            now_ms, trades, done
        ).get(price, 0)

    def _made(
        self,
        now_ms: int,
        ask_ladder: tuple[int, ...],
        bid_ladder: tuple[int, ...],
        trades: MinuteTrades,
        done: int,
    ) -> Book:
        waiting = self._waiting(now_ms, trades, done)
        step = now_ms // GRID_MS
        # A new minute shows what waits in it.
        changed = trades.start_ms if trades.time else 0
        until = trades.start_ms + MINUTE_MS
        sides: list[list[tuple[int, int]]] = []
        for ladder in (ask_ladder, bid_ladder):
            side: list[tuple[int, int]] = []
            for price in ladder:
                size, since, end = self._own_size(step, price)
                changed = max(changed, since)
                until = min(until, end)
                side.append((price, size + waiting.get(price, 0) if waiting else size))
            sides.append(side)
        if done:
            changed = max(changed, trades.time[done - 1])
        return Book(changed, sides[0], sides[1], until)

    def _waiting(self, now_ms: int, trades: MinuteTrades, done: int) -> dict[int, int]:
        """By price, what will be traded there before its level is drawn again."""
        found: dict[int, int] = {}
        step = now_ms // GRID_MS
        # No level lives longer than this, so no later trade can count.
        horizon = now_ms + self._period * 13 * GRID_MS
        for index in range(done, len(trades.time)):
            time = trades.time[index]
            if time > horizon:
                break
            price = trades.price[index]
            level = self._level(price)
            now_drawn = (step + level.phase) // level.period
            if (time // GRID_MS + level.phase) // level.period == now_drawn:
                found[price] = found.get(price, 0) + trades.volume[index]
        return found

    def _level(self, price: int) -> _Level:
        level = self._levels.get(price)
        if level is None:
            if len(self._levels) > _REMEMBERED:
                self._levels.clear()
            one = self._level_noise.one
            period = self._period * (1 + int(12 * one(price * 4) ** 2))
            round_number = price % (self._grid.tick(price) * 10) == 0
            log_size = self._log_size + 0.9 * (one(price * 4 + 1) - 0.5) + 0.5 * round_number
            present = round_number or one(price * 4 + 2) >= self._gaps
            level = _Level(period, int(one(price * 4 + 3) * period), present, log_size)
            self._levels[price] = level
        return level

    def _own_size(self, step: int, price: int) -> tuple[int, int, int]:
        """The random part of a level's size, and the ms it was drawn and will be drawn again."""
        level = self._level(price)
        drawn = (step + level.phase) // level.period
        since = (drawn * level.period - level.phase) * GRID_MS
        known = self._sizes.get(price)
        if known is None or known[0] != drawn:
            if len(self._sizes) > _REMEMBERED:
                self._sizes.clear()
            chance = self._size_noise.one(price * 1_000_003 + drawn)
            size = max(int(math.exp(level.log_size + 2.6 * (chance - 0.5))), 1)
            known = self._sizes[price] = (drawn, size)
        return known[1], since, since + level.period * GRID_MS

    def _ladder(self, touch: int, *, up: bool) -> tuple[int, ...]:
        found = self._ladders.get((touch, up))
        if found is None:
            if len(self._ladders) > 256:
                self._ladders.clear()
            prices: list[int] = []
            price, tried = touch, 0
            while price > 0 and len(prices) < DEPTH and tried < 1000:
                if price == touch or self._level(price).present:
                    prices.append(price)
                price, tried = self._next(price, up=up), tried + 1
            found = self._ladders[touch, up] = tuple(prices)
        return found

    def _next(self, price: int, *, up: bool) -> int:
        return price + self._grid.tick(price) if up else price - self._grid.tick(price - 1)

    def _deep_ladder(self, touch: int, *, up: bool) -> tuple[int, ...]:
        prices: list[int] = []
        price = touch
        for _ in range(_FINE):
            if price <= 0:
                return tuple(prices)
            if price == touch or self._level(price).present:
                prices.append(price)
            price = self._next(price, up=up)
        step = self._grid.tick(touch)
        for _ in range(_DECADES):
            step *= 10
            price = -(-price // step) * step if up else price // step * step
            for _ in range(_COARSE):
                if price <= 0:
                    return tuple(prices)
                prices.append(price)
                price += step if up else -step
        return tuple(prices)


def _gathered(levels: list[tuple[int, int]]) -> list[tuple[int, int]]:
    sums: dict[int, int] = {}
    for price, size in levels:
        if price > 0:
            sums[price] = sums.get(price, 0) + size
    return list(sums.items())[:DEPTH]
