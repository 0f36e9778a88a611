"""One market from a moment on, trade by trade: its last trade, its day, its book. Pure."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator
from typing import NamedTuple

from upbit_ws_qt.timeframe import Timeframe

from .book import Book, Customer, Moment
from .days import DAY_MS, MINUTE_MS, MINUTES_A_DAY
from .ledger import FOREVER
from .market import Market
from .story import Candle, candle_of, merged
from .trades import NUMBER_STEP, MinuteTrades, Trade

__all__ = ["DayState", "LiveMarket"]


class DayState(NamedTuple):
    """What a ticker says beside the last trade; prices, volumes and values as in a candle."""

    candle: Candle
    prev_close: int
    volume_24h: int
    value_24h: int
    sold_volume: int
    year_high: int
    year_high_day: int
    year_low: int
    year_low_day: int


# State: the minute being traded and how far it is, the sums of that minute, and what came before
# it in the day; all of it is worked out again by making another one at the same moment.
class LiveMarket:
    """A market from ``now_ms`` on, trade by trade.

    Raises:
        LookupError: nobody has traded it yet.
    """

    def __init__(self, market: Market, now_ms: int) -> None:
        last = market.last_trade(now_ms)
        if last is None:
            raise LookupError(f"nobody has traded {market.code} yet")
        self.market = market
        self.last: Trade = last
        self._quoted = self._last_seeded(last)
        self._day: int = -1
        self._sold_before: int = 0
        self._sold_in_minute = 0
        self._trades: MinuteTrades = market.story.trades(last.time_ms // MINUTE_MS)
        self._enter(self._trades)
        trades = self._trades
        self._done = bisect.bisect_right(trades.time, now_ms)
        self._minute = candle_of(trades, trades.start_ms, 0, self._done)
        self._sold_in_minute = sum(itertools.compress(trades.volume[: self._done], trades.sold))
        self._next = self._find_next()

    @property
    def next_ms(self) -> int:
        """When the next seeded trade happens; FOREVER while the market is closed."""
        if self._next is None:
            return FOREVER
        trades, index = self._next
        return trades.time[index]

    @property
    def is_halted(self) -> bool:
        """Whether nobody can trade it until further notice."""
        return self.market.ledger.is_closed

    def pop(self) -> Trade:
        """Let the next seeded trade happen.

        Raises:
            LookupError: the market is closed.
        """
        if self._next is None:
            raise LookupError(f"nobody trades {self.market.code} any more")
        trades, _ = self._next
        if trades is not self._trades:
            self._enter(trades)
        self._quoted = trade = self._apply()
        self._next = self._find_next()
        return trade

    def fill(self, now_ms: int, price: int, volume: int, *, sold: bool, takes: bool) -> Trade:
        """An order of the customer is filled now, after all trades that have happened.

        Args:
            now_ms: not before the last trade nor after the next one.
            price: in quanta.
            volume: in units of 1e-8 coins.
            sold: whether the taker sold.
            takes: whether the customer is the taker, so that the volume leaves others' level.

        Raises:
            ValueError: the market is closed, or there is no :meth:`room`.
        """
        last = self.last
        number = last.number + 1 if last.time_ms == now_ms else 1
        if number % NUMBER_STEP == 0:
            number += 1
        trade = Trade(now_ms, number, price, volume, sold, 0, 0)
        if self._next is not None and self.next_ms == now_ms:
            trades, index = self._next
            if trades.number[index] < number:
                raise ValueError(f"too many fills at {now_ms}: no number is left for {trade}")
        (ask, _), (bid, _) = self.best(now_ms, trade if takes else None)
        trade = trade._replace(bid=bid, ask=ask)
        self.market.add(trade, takes=takes)
        trades = self.market.story.trades(now_ms // MINUTE_MS)
        if trades.start_ms == self._trades.start_ms:
            self._trades = trades
        else:
            self._enter(trades)
        self._apply()
        self._next = self._find_next()
        return trade

    def room(self, now_ms: int) -> int | None:
        """How many fills there are numbers for before the next trade; None for any number."""
        if self._next is None or self.next_ms != now_ms:
            return None
        trades, index = self._next
        used = self.last.number if self.last.time_ms == now_ms else 0
        # The numbers of seeded trades between them are left out.
        last = trades.number[index] - 1
        return last - used - (last // NUMBER_STEP - used // NUMBER_STEP)

    def look_ahead(self) -> None:
        """The ledger's holes have changed; the next trade may be another."""
        self._trades = self.market.story.trades(self._trades.start_ms // MINUTE_MS)
        self._next = self._find_next()

    def candle(self, unit: Timeframe) -> Candle:
        """The candle of ``unit``, up to a day, that holds the last trade, up to it."""
        if unit is Timeframe.SECOND_1:
            return self._second()
        minute = self._minute
        start = unit.start_of(minute.start_ms)
        if unit not in self._parts:
            first, end = (at % DAY_MS // MINUTE_MS for at in (start, minute.start_ms))
            self._parts[unit] = self.market.story.part(self._day, first, end)
        return merged(self._parts[unit], minute)._replace(start_ms=start)

    def state(self) -> DayState:
        """The day of the last trade, up to it."""
        candle, minute = self.candle(Timeframe.DAY), self._minute
        high, high_day, low, low_day = self._year
        if candle.high >= high:
            high, high_day = candle.high, self._day
        if candle.low <= low or not low:
            low, low_day = candle.low, self._day
        return DayState(
            candle,
            self.prev_close,
            self._before_24h[0] + minute.volume,
            self._before_24h[1] + minute.value,
            self._sold_before + self._sold_in_minute,
            high,
            high_day,
            low,
            low_day,
        )

    def book(self, now_ms: int, level: int = 0) -> Book:
        """The book at ``now_ms``, at or after the last trade; ``level`` (quanta) 0: ungrouped.

        While the market is closed it stays as it was.
        """
        ledger, books = self.market.ledger, self.market.books
        moment = self._moment(now_ms)
        bid, ask = self._quoted.bid, self._quoted.ask
        customer = self._customer()
        if customer is not None:
            book = books.shared(moment, bid, ask, customer, level)
        elif level:
            book = books.grouped(moment, bid, ask, level)
        else:
            book = books.book(moment, bid, ask)
        hole = ledger.hole_at(now_ms)
        if hole is not None:
            book = book._replace(until_ms=hole[1])
        if book.changed_ms < ledger.book_changed_ms:
            book = book._replace(changed_ms=ledger.book_changed_ms)
        return book

    def best(
        self, now_ms: int, taken: Trade | None = None
    ) -> tuple[tuple[int, int], tuple[int, int]]:
        """Price and size of the best ask and the best bid, with ``taken`` taken off already."""
        moment, books = self._moment(now_ms), self.market.books
        bid, ask = self._quoted.bid, self._quoted.ask
        customer = self._customer(taken)
        if customer is not None:
            return books.best(moment, bid, ask, customer)
        return (ask, books.size(moment, ask)), (bid, books.size(moment, bid))

    def offers(self, now_ms: int, *, asks: bool) -> Iterator[tuple[int, int]]:
        """Others' levels, best first: price and size; what the customer took is taken off."""
        customer = self._customer() or Customer({}, {}, ())
        touch = self._quoted.ask if asks else self._quoted.bid
        return self.market.books.offers(self._moment(now_ms), touch, customer, up=asks)

    def _customer(self, taken: Trade | None = None) -> Customer | None:
        """What the customer changes in the book; None for nothing."""
        ledger = self.market.ledger
        takings = ledger.taken_since(self._quoted)
        if taken is not None:
            takings.append(taken)
        if not (takings or ledger.asks or ledger.bids):
            return None
        return Customer(ledger.asks, ledger.bids, takings)

    def _moment(self, now_ms: int) -> Moment:
        """``now_ms`` with the trades of its minute and how many of them have happened.

        While the market is closed, that is when it was closed.
        """
        hole = self.market.ledger.hole_at(now_ms)
        if hole is not None:
            now_ms = hole[0] - 1
        trades, done = self._trades, self._done
        if now_ms // MINUTE_MS != trades.start_ms // MINUTE_MS:
            if self._next is not None:
                trades, done = self._next
            if now_ms // MINUTE_MS != trades.start_ms // MINUTE_MS:
                trades, done = self.market.story.trades(now_ms // MINUTE_MS), 0
        return Moment(now_ms, self.last.time_ms, trades, done)

    def _last_seeded(self, last: Trade) -> Trade:
        """The trade whose quotes hold; the customer's fills change only what is left of them."""
        if last.is_seeded:
            return last
        before = self.market.trades_backwards(last.time_ms)
        return next(trade for trade in before if trade and trade.is_seeded)

    def _second(self) -> Candle:
        trades, last = self._trades, self._done
        start = trades.time[last - 1] // 1000 * 1000
        first = last - 1
        while first and trades.time[first - 1] >= start:
            first -= 1
        return candle_of(trades, start, first, last)

    def _find_next(self) -> tuple[MinuteTrades, int] | None:
        if self._done < len(self._trades):
            return self._trades, self._done
        trades = self.market.story.next_minute(self._trades.start_ms // MINUTE_MS + 1)
        return None if trades is None else (trades, 0)

    def _enter(self, trades: MinuteTrades) -> None:
        """Begin a minute that is traded in."""
        self._trades, self._done = trades, 0
        self._parts: dict[Timeframe, Candle | None] = {}
        day, of_day = divmod(trades.start_ms // MINUTE_MS, MINUTES_A_DAY)
        story = self.market.story
        today = self._parts[Timeframe.DAY] = story.part(day, 0, of_day)
        yesterday = story.part(day - 1, of_day, MINUTES_A_DAY)
        parts = [part for part in (yesterday, today) if part is not None]
        self._before_24h = sum(part.volume for part in parts), sum(part.value for part in parts)
        if day == self._day:
            self._sold_before += self._sold_in_minute
        else:
            self._sold_before = 0 if self._day >= 0 else self.market.sold_before(day, of_day)
            self._day = day
            self._year = self.market.year_extremes(day)
            self.prev_close = self.market.prev_close(day)
        self._sold_in_minute = 0
        self.market.note_sold(day, of_day, self._sold_before)

    def _apply(self) -> Trade:
        time_ms, _, price, volume, sold, _, _ = trade = self._trades.trade(self._done)
        value = price * volume
        if not self._done:
            start = self._trades.start_ms
            self._minute = Candle(start, price, price, price, price, volume, value, time_ms)
        else:
            minute = self._minute
            self._minute = Candle(
                minute.start_ms,
                minute.open,
                price if price > minute.high else minute.high,
                price if price < minute.low else minute.low,
                price,
                minute.volume + volume,
                minute.value + value,
                time_ms,
            )
        self._done += 1
        self.last = trade
        if sold:
            self._sold_in_minute += volume
        return trade
