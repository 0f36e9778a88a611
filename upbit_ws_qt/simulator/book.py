"""The order book of one market at a moment, worked out from the last trade and the next ones. Pure.

A price level holds a random amount that is drawn anew every so often, plus what will be traded
there until it is drawn again. So a trade takes exactly its volume from the level it hits, a level
never runs dry before the price moves on, and the book of any moment can be asked for without
having followed the market.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from .days import MINUTE_MS
from .history import History
from .noise import Noise
from .trades import MinuteTrades

__all__ = ["DEPTH", "Book", "BookMaker", "Moment"]

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


class Moment(NamedTuple):
    """When a book is looked at.

    ``now_ms`` lies in the minute of ``trades``, of which ``done`` have happened; ``last_ms`` is the
    time of the last trade, in that minute or before it.
    """

    now_ms: int
    last_ms: int
    trades: MinuteTrades
    done: int


class _Level(NamedTuple):
    period: int
    phase: int
    present: bool
    log_size: float


# By price and life of the level, the trades in it: their place in the minute and their volume.
_Waiting: TypeAlias = dict[tuple[int, int], list[tuple[int, int]]]


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
        self._known_waiting: tuple[int, _Waiting] = (-1, {})
        self._ladders: dict[tuple[int, bool], tuple[int, ...]] = {}

    def book(self, moment: Moment, bid: int, ask: int) -> Book:
        """The book of 30 levels around the best prices ``bid`` (0 for none) and ``ask``."""
        return self._made(moment, self._ladder(ask, up=True), self._ladder(bid, up=False))

    def grouped(self, moment: Moment, bid: int, ask: int, level: int) -> Book:
        """The book in steps of ``level`` quanta: asks rounded up to it, bids down."""
        asks, bids = self._deep_ladder(ask, up=True), self._deep_ladder(bid, up=False)
        deep = self._made(moment, asks, bids)
        return Book(
            deep.changed_ms,
            _gathered([(-(-price // level) * level, size) for price, size in deep.asks]),
            _gathered([(price // level * level, size) for price, size in deep.bids]),
            deep.until_ms,
        )

    def size(self, moment: Moment, price: int) -> int:
        """What the level ``price`` holds, in volume units; nothing at price 0."""
        if price <= 0:
            return 0
        waiting = self._waiting(moment.trades)
        return self._held(moment.now_ms // GRID_MS, price, waiting, moment.done)[0]

    def _made(
        self, moment: Moment, ask_ladder: tuple[int, ...], bid_ladder: tuple[int, ...]
    ) -> Book:
        trades, done, step = moment.trades, moment.done, moment.now_ms // GRID_MS
        waiting = self._waiting(trades)
        changed, until = moment.last_ms, trades.start_ms + MINUTE_MS
        if trades.time:
            # A new minute shows what waits in it.
            changed = max(changed, trades.start_ms)
        sides: list[list[tuple[int, int]]] = []
        for ladder in (ask_ladder, bid_ladder):
            side: list[tuple[int, int]] = []
            for price in ladder:
                size, since, end = self._held(step, price, waiting, done)
                if since > changed:
                    changed = since
                if end < until:
                    until = end
                side.append((price, size))
            sides.append(side)
        return Book(changed, sides[0], sides[1], until)

    def _waiting(self, trades: MinuteTrades) -> _Waiting:
        """What will be traded at each level in each of its lives in this minute."""
        start_ms, known = self._known_waiting
        if start_ms == trades.start_ms:
            return known
        waiting: _Waiting = {}
        rows = zip(trades.time, trades.price, trades.volume, strict=True)
        for index, (time, price, volume) in enumerate(rows):
            level = self._level(price)
            life = (time // GRID_MS + level.phase) // level.period
            waiting.setdefault((price, life), []).append((index, volume))
        self._known_waiting = (trades.start_ms, waiting)
        return waiting

    def _held(self, step: int, price: int, waiting: _Waiting, done: int) -> tuple[int, int, int]:
        """What a level holds, and the ms it was drawn and will be drawn again."""
        level = self._levels.get(price) or self._level(price)
        period, phase = level.period, level.phase
        life = (step + phase) // period
        known = self._sizes.get(price)
        if known is None or known[0] != life:
            if len(self._sizes) > _REMEMBERED:
                self._sizes.clear()
            chance = self._size_noise.one(price * 1_000_003 + life)
            size = max(int(math.exp(level.log_size + 2.6 * (chance - 0.5))), 1)
            known = self._sizes[price] = (life, size)
        size = known[1]
        for index, volume in waiting.get((price, life), ()):
            if index >= done:
                size += volume
        since = (life * period - phase) * GRID_MS
        return size, since, since + period * GRID_MS

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

    def _ladder(self, touch: int, *, up: bool) -> tuple[int, ...]:
        found = self._ladders.get((touch, up))
        if found is None:
            if len(self._ladders) > _REMEMBERED:
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
