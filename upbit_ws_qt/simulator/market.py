"""One believable market at any moment of its past and present. Pure.

Everything follows from the seed: ``history.py`` makes days and minutes, ``trades.py`` the trades in
them, ``book.py`` the orders around them, ``candles.py`` reads candles. :class:`Market` answers
for a moment; :class:`LiveMarket` walks along and says what changes.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator
from typing import NamedTuple

from upbit_ws_qt.timeframe import Timeframe

from .book import Book, BookMaker, Moment
from .candles import Candle, CandleReader, candle_of, merged
from .days import DAY_MS, MINUTE_MS, MINUTES_A_DAY
from .history import History
from .listing import Listing
from .trades import MinuteTrades, TradeMaker

__all__ = ["DayState", "LiveMarket", "Market", "Trade"]


class Trade(NamedTuple):
    """One fill; ``bid`` and ``ask`` are the best quotes right after it (quanta)."""

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


class DayState(NamedTuple):
    """What a ticker says beside the last trade; quanta, volume units and their products."""

    candle: Candle
    prev_close: int
    volume_24h: int
    value_24h: int
    sold_volume: int
    year_high: int
    year_high_day: int
    year_low: int
    year_low_day: int


# State: none of its own; the parts remember what they worked out.
class Market:
    """A listed market whose whole story hangs on ``seed``."""

    def __init__(self, listing: Listing, seed: int, pace: float = 1.0) -> None:
        self.listing = listing
        self.code = listing.code
        self.history = History(listing, seed, pace)
        self.grid = self.history.grid
        maker = TradeMaker(self.history, seed)
        self.reader = CandleReader(self.history, maker)
        self.books = BookMaker(self.history, seed)

    def trades_backwards(self, now_ms: int) -> Iterator[Trade | None]:
        """Trades at or before ``now_ms``, newest first; None now and then in long searches."""
        for minute in self.reader.traded_minutes_backwards(now_ms):
            if minute is None:
                yield None
                continue
            trades = self.reader.trades(minute)
            for index in range(len(trades) - 1, -1, -1):
                if trades.time[index] <= now_ms:
                    yield _trade(trades, index)

    def last_trade(self, now_ms: int) -> Trade | None:
        """The last trade at or before ``now_ms``; None before the market was listed."""
        return next((trade for trade in self.trades_backwards(now_ms) if trade), None)

    def candles_backwards(
        self, unit: Timeframe, to_ms: int, now_ms: int
    ) -> Iterator[Candle | None]:
        """Candles of ``unit`` that start before ``to_ms``; see :class:`CandleReader`."""
        return self.reader.backwards(unit, to_ms, now_ms)

    def year_extremes(self, today: int) -> tuple[int, int, int, int]:
        """Highest price and its day, lowest price and its day, of the 364 days before today."""
        days = self.history.days.days(today - 364, today)
        if not len(days.number):
            return 0, today, 0, today
        at_high, at_low = int(days.high.argmax()), int(days.low.argmin())
        return (
            int(days.high[at_high]),
            int(days.number[at_high]),
            int(days.low[at_low]),
            int(days.number[at_low]),
        )


# State: the minute being traded and how far it is, the sums of that minute, and what came before
# it in the day; all of it is worked out again by making another one at the same moment, except
# `_sold_before`: nobody counted the sides before it was made, so about half is taken.
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
        self._day: int = -1
        self._sold_before = self._sold_in_minute = 0
        self._enter(market.reader.trades(last.time_ms // MINUTE_MS))
        trades = self._trades
        self._done = bisect.bisect_right(trades.time, now_ms)
        self._minute = candle_of(trades, trades.start_ms, 0, self._done)
        self._sold_in_minute = sum(itertools.compress(trades.volume[: self._done], trades.sold))
        self._next = self._find_next()

    @property
    def next_ms(self) -> int:
        """When the next trade happens."""
        trades, index = self._next
        return trades.time[index]

    def pop(self) -> Trade:
        """Let the next trade happen."""
        trades, _ = self._next
        if trades is not self._trades:
            self._enter(trades)
        trade = self._apply()
        self._next = self._find_next()
        return trade

    def candle(self, unit: Timeframe) -> Candle:
        """The candle of ``unit``, up to a day, that holds the last trade, up to it."""
        if unit is Timeframe.SECOND_1:
            return self._second()
        minute = self._minute
        start = unit.start_of(minute.start_ms)
        if unit not in self._parts:
            minutes = self.market.history.minutes(self._day)
            first = minutes.row_of(start % DAY_MS // MINUTE_MS)
            last = minutes.row_of(minute.start_ms % DAY_MS // MINUTE_MS)
            self._parts[unit] = self.market.reader.rows(minutes, first, last, start)
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
        """The book at ``now_ms``, at or after the last trade; ``level`` (quanta) 0: ungrouped."""
        trades, done = self._at(now_ms)
        moment = Moment(now_ms, self.last.time_ms, trades, done)
        books, bid, ask = self.market.books, self.last.bid, self.last.ask
        return books.grouped(moment, bid, ask, level) if level else books.book(moment, bid, ask)

    def best_sizes(self, now_ms: int) -> tuple[int, int]:
        """Sizes (volume units) at the best ask and the best bid."""
        moment = Moment(now_ms, self.last.time_ms, *self._at(now_ms))
        books = self.market.books
        return books.size(moment, self.last.ask), books.size(moment, self.last.bid)

    def _at(self, now_ms: int) -> tuple[MinuteTrades, int]:
        if now_ms // MINUTE_MS == self._trades.start_ms // MINUTE_MS:
            return self._trades, self._done
        trades, done = self._next
        if now_ms // MINUTE_MS == trades.start_ms // MINUTE_MS:
            return trades, done
        return self.market.reader.trades(now_ms // MINUTE_MS), 0

    def _second(self) -> Candle:
        trades, last = self._trades, self._done
        start = trades.time[last - 1] // 1000 * 1000
        first = last - 1
        while first and trades.time[first - 1] >= start:
            first -= 1
        return candle_of(trades, start, first, last)

    def _find_next(self) -> tuple[MinuteTrades, int]:
        if self._done < len(self._trades):
            return self._trades, self._done
        history = self.market.history
        minute = self._trades.start_ms // MINUTE_MS + 1
        while True:
            day, of_day = divmod(minute, MINUTES_A_DAY)
            minutes = history.minutes(day)
            row = minutes.row_of(of_day)
            if row < len(minutes.minute):
                number = day * MINUTES_A_DAY + int(minutes.minute[row])
                return self.market.reader.trades(number), 0
            minute = (day + 1) * MINUTES_A_DAY

    def _enter(self, trades: MinuteTrades) -> None:
        """Begin a minute that is traded in."""
        history = self.market.history
        self._trades, self._done = trades, 0
        self._parts: dict[Timeframe, Candle | None] = {}
        day, of_day = divmod(trades.start_ms // MINUTE_MS, MINUTES_A_DAY)
        today, yesterday = history.minutes(day), history.minutes(day - 1)
        row, row_before = today.row_of(of_day), yesterday.row_of(of_day)
        end = len(yesterday.minute)
        self._before_24h = (
            int(today.volume_sums[row] + yesterday.volume_sums[end])
            - int(yesterday.volume_sums[row_before]),
            today.value(0, row) + yesterday.value(row_before, end),
        )
        first_time = self._day < 0
        if day != self._day:
            self._day = day
            self._year = self.market.year_extremes(day)
            listed_today = day == history.first_day
            self.prev_close = (
                int(today.open[0]) if listed_today else history.days.day(day - 1).close
            )
            self._sold_before = int(today.volume_sums[row]) // 2 if first_time else 0
        else:
            self._sold_before += self._sold_in_minute
        self._sold_in_minute = 0

    def _apply(self) -> Trade:
        time_ms, _, price, volume, sold, _, _ = trade = _trade(self._trades, self._done)
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


def _trade(trades: MinuteTrades, index: int) -> Trade:
    return Trade(
        trades.time[index],
        trades.number[index],
        trades.price[index],
        trades.volume[index],
        trades.sold[index],
        trades.bid[index],
        trades.ask[index],
    )
