"""The order book of one market at a moment, worked out from the last trade and the next ones. Pure.

A price level holds a random amount that is drawn anew every so often, plus what will be traded
there until it is drawn again. So a trade takes exactly its volume from the level it hits, a level
never runs dry before the price moves on, and the book of any moment can be asked for without
having followed the market.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from upbit_ws_qt.simulator.noise import Noise

from .days import MINUTE_MS
from .history import History
from .trades import MinuteTrades, Trade

__all__ = ["DEPTH", "Book", "BookMaker", "Customer", "Moment"]

DEPTH = 30
GRID_MS = 100
"""Books change on a grid of this many ms, and with trades."""
# Grouped books look further: so many single ticks, then so many tens, hundreds and so on.
_FINE, _COARSE, _DECADES = 60, 54, 5
# Nobody offers further than so many ticks from the best price.
_FARTHEST = 1000
# Of each kind in one market: far more than a book needs, few enough for hundreds of markets.
_REMEMBERED = 2048


class Book(NamedTuple):
    """Asks ascending and bids descending, pairs of price (quanta) and size (1e-8 coins).

    ``changed_ms`` is when it last changed, ``until_ms`` when it next may, trades aside.
    """

    changed_ms: int
    asks: Sequence[tuple[int, int]]
    bids: Sequence[tuple[int, int]]
    until_ms: int

    @property
    def best_ask(self) -> tuple[int, int]:
        """The lowest price somebody sells at, and the size there."""
        return self.asks[0] if self.asks else (0, 0)

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


class Customer(NamedTuple):
    """What a customer has changed: resting volume by price, and what was just taken from others."""

    asks: Mapping[int, int]
    bids: Mapping[int, int]
    taken: Sequence[Trade]


class _Level(NamedTuple):
    period: int
    phase: int
    present: bool
    log_size: float


# What a level was drawn to hold, and the ms it was drawn and will be drawn again.
_Life: TypeAlias = tuple[int, int, int]
# By price and beginning of the level's life, the trades in it: their place in the minute and
# their volume.
_Waiting: TypeAlias = dict[int, dict[int, list[tuple[int, int]]]]


# State: memories of what was worked out (levels, lives, ladders); losing them changes nothing.
class BookMaker:
    """Works out books of one market."""

    def __init__(self, history: History, seed: int) -> None:
        listing = history.listing
        self._grid = history.grid
        self._level_noise = Noise(seed, listing.code, "level")
        self._size_noise = Noise(seed, listing.code, "size")
        busy = listing.trades_a_minute
        # Redrawn after this many steps of the grid at least. All books together then change about
        # as often as was measured at the exchange, 800 times a second.
        self._period = max(round(300 / min(busy, busy**1.7)), 3)
        tick = history.grid.price(history.grid.tick(history.grid.quanta(listing.price)))
        fine = tick / listing.price < 5e-6
        self._gaps = 0.85 if fine else 0.0 if busy > 20 else 0.25 if busy > 1 else 0.45
        mean_trade = listing.daily_volume * 10**8 / 1440 / busy
        self._log_size = math.log(max(mean_trade * 12.0, 10.0))
        self._levels: dict[int, _Level] = {}
        self._lives: dict[int, _Life] = {}
        self._known_waiting: tuple[MinuteTrades | None, _Waiting] = (None, {})
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
        """What the level ``price`` holds, in units of 1e-8 coins; nothing at price 0."""
        if price <= 0:
            return 0
        waiting = self._waiting(moment.trades)
        return self._held(moment.now_ms, price, waiting, moment.done)[0]

    # -- with a customer -----------------------------------------------------------------------

    def offers(
        self, moment: Moment, touch: int, customer: Customer, *, up: bool
    ) -> Iterator[tuple[int, int]]:
        """What others offer from the price ``touch`` on, best first: price and size."""
        for price, size, _, _ in self._left(moment, self._walk(touch, up=up), customer, up=up):
            if size > 0:
                yield price, size

    def shared(
        self, moment: Moment, bid: int, ask: int, customer: Customer, level: int = 0
    ) -> Book:
        """The book of others and the customer; ``level`` as for :meth:`grouped`, 0: ungrouped."""
        changed, until = moment.last_ms, moment.trades.start_ms + MINUTE_MS
        if moment.trades.time:
            changed = max(changed, moment.trades.start_ms)
        others: list[list[tuple[int, int]]] = []
        for touch, up in ((ask, True), (bid, False)):
            prices = self._deep_ladder(touch, up=up) if level else self._walk(touch, up=up)
            side: list[tuple[int, int]] = []
            for price, size, since, end in self._left(moment, prices, customer, up=up):
                changed, until = max(changed, since), min(until, end)
                if size > 0:
                    side.append((price, size))
                if not level and len(side) == DEPTH:
                    break
            others.append(side)
        best_ask, best_bid = (side[0][0] if side else 0 for side in others)
        asks = _joined(others[0], customer.asks, best_bid, up=True)
        bids = _joined(others[1], customer.bids, best_ask, up=False)
        if level:
            asks = _gathered([(-(-price // level) * level, size) for price, size in asks])
            bids = _gathered([(price // level * level, size) for price, size in bids])
        return Book(changed, asks[:DEPTH], bids[:DEPTH], until)

    def best(
        self, moment: Moment, bid: int, ask: int, customer: Customer
    ) -> tuple[tuple[int, int], tuple[int, int]]:
        """Price and size of the best ask and the best bid of :meth:`shared`; zeros for none."""
        asks = list(itertools.islice(self.offers(moment, ask, customer, up=True), 1))
        bids = list(itertools.islice(self.offers(moment, bid, customer, up=False), 1))
        all_asks = _joined(asks, customer.asks, bids[0][0] if bids else 0, up=True)
        all_bids = _joined(bids, customer.bids, asks[0][0] if asks else 0, up=False)
        return all_asks[0] if all_asks else (0, 0), all_bids[0] if all_bids else (0, 0)

    def _walk(self, touch: int, *, up: bool) -> Iterator[int]:
        """The prices of the levels from ``touch`` on."""
        price = touch
        for _ in range(_FARTHEST):
            if price <= 0:
                return
            if price == touch or self._level(price).present:
                yield price
            price = self._next(price, up=up)

    def _left(
        self, moment: Moment, prices: Iterable[int], customer: Customer, *, up: bool
    ) -> Iterator[tuple[int, int, int, int]]:
        """Price, size, and the ms drawn and drawn again, of others' levels after the takings."""
        waiting = self._waiting(moment.trades)
        takings: dict[int, list[Trade]] = {}
        for trade in customer.taken:
            if trade.sold is not up:
                takings.setdefault(trade.price, []).append(trade)
        facing = max(customer.bids, default=0) if up else min(customer.asks, default=0)
        for price in prices:
            size, since, end = self._held(moment.now_ms, price, waiting, moment.done)
            if price in takings:
                # Makers refill in the level's next life, but not into the customer's own order.
                if facing and (price <= facing if up else price >= facing):
                    size = 0
                size -= sum(taken.volume for taken in takings[price] if taken.time_ms >= since)
            yield price, size, since, end

    # -- levels --------------------------------------------------------------------------------

    def _made(
        self, moment: Moment, ask_ladder: tuple[int, ...], bid_ladder: tuple[int, ...]
    ) -> Book:
        now_ms, trades, done = moment.now_ms, moment.trades, moment.done
        lives, waiting = self._lives, self._waiting(trades)
        changed, until = moment.last_ms, trades.start_ms + MINUTE_MS
        if trades.time:
            # A new minute shows what waits in it.
            changed = max(changed, trades.start_ms)
        sides: list[list[tuple[int, int]]] = []
        for ladder in (ask_ladder, bid_ladder):
            side: list[tuple[int, int]] = []
            for price in ladder:
                # The common case by itself, for speed: drawn before, and nothing waits there.
                life = lives.get(price)
                if life is None or price in waiting or not life[1] <= now_ms < life[2]:
                    life = self._held(now_ms, price, waiting, done)
                size, since, end = life
                if since > changed:
                    changed = since
                if end < until:
                    until = end
                side.append((price, size))
            sides.append(side)
        return Book(changed, sides[0], sides[1], until)

    def _waiting(self, trades: MinuteTrades) -> _Waiting:
        """What will be traded at each level in each of its lives in this minute."""
        known_trades, known = self._known_waiting
        if known_trades is trades:
            return known
        waiting: _Waiting = {}
        rows = zip(trades.time, trades.price, trades.volume, strict=True)
        for index, (time, price, volume) in enumerate(rows):
            _, since, _ = self._life(time, price)
            waiting.setdefault(price, {}).setdefault(since, []).append((index, volume))
        self._known_waiting = (trades, waiting)
        return waiting

    def _held(self, now_ms: int, price: int, waiting: _Waiting, done: int) -> _Life:
        """What a level holds: what was drawn, and what will be traded there in this life."""
        life = self._life(now_ms, price)
        lives = waiting.get(price)
        if lives is None:
            return life
        size, since, end = life
        for index, volume in lives.get(since, ()):
            if index >= done:
                size += volume
        return size, since, end

    def _life(self, time_ms: int, price: int) -> _Life:
        life = self._lives.get(price)
        if life is None or not life[1] <= time_ms < life[2]:
            if len(self._lives) > _REMEMBERED:
                self._lives.clear()
            level = self._level(price)
            number = (time_ms // GRID_MS + level.phase) // level.period
            chance = self._size_noise.one(price * 1_000_003 + number)
            size = max(int(math.exp(level.log_size + 2.6 * (chance - 0.5))), 1)
            since = (number * level.period - level.phase) * GRID_MS
            life = self._lives[price] = (size, since, since + level.period * GRID_MS)
        return life

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
            found = self._ladders[touch, up] = tuple(
                itertools.islice(self._walk(touch, up=up), DEPTH)
            )
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


def _joined(
    others: list[tuple[int, int]], own: Mapping[int, int], facing: int, *, up: bool
) -> list[tuple[int, int]]:
    """One side of a book with the customer's volume in it.

    A customer's order that others' best price on the other side, ``facing``, has just reached is
    about to be filled and not shown: the book is never crossed.
    """
    sizes = dict(others)
    for price, volume in own.items():
        if not facing or (price > facing if up else price < facing):
            sizes[price] = sizes.get(price, 0) + volume
    return sorted(sizes.items(), reverse=not up)


def _gathered(levels: list[tuple[int, int]]) -> list[tuple[int, int]]:
    sums: dict[int, int] = {}
    for price, size in levels:
        if price > 0:
            sums[price] = sums.get(price, 0) + size
    return list(sums.items())[:DEPTH]
