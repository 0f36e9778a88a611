"""One believable market at any moment of its past and present. Pure.

Everything follows from the seed: ``history.py`` makes days and minutes, ``trades.py`` the trades in
them, ``book.py`` the orders around them. A customer and the operator may change it: ``ledger.py``
keeps what they did, ``story.py`` reads both together and ``candles.py`` makes candles of it.
:class:`Market` answers for a moment; ``live.py`` walks along and says what changes.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator

from upbit_ws_qt.timeframe import Timeframe

from .book import BookMaker
from .candles import CandleReader
from .days import DAY_MS, MINUTE_MS, MINUTES_A_DAY
from .history import History
from .ledger import FOREVER, Ledger
from .listing import Listing
from .story import Candle, Story
from .trades import Trade, TradeMaker

__all__ = ["Market"]


# State: the ledger, and what takers sold in a day before a minute of it (the day, the minute, the
# volume); the other parts remember what they worked out.
class Market:
    """A listed market whose whole story hangs on ``seed`` and on its ledger.

    Args:
        listing: what is known of the market.
        seed: the same makes the same trades.
        pace: factor on the number of trades.
        opened_ms: nobody traded before.
    """

    def __init__(self, listing: Listing, seed: int, pace: float = 1.0, opened_ms: int = 0) -> None:
        self.listing = listing
        self.code = listing.code
        self.history = History(listing, seed, pace)
        self.grid = self.history.grid
        opened_ms = max(opened_ms, listing.listed_ms)
        begins_ms = self.history.first_day * DAY_MS
        self.ledger = Ledger(opened_ms if opened_ms > begins_ms else 0)
        maker = TradeMaker(self.history, seed)
        self.story = Story(self.history, maker, self.ledger)
        self._reader = CandleReader(self.story)
        self.books = BookMaker(self.history, seed)
        self._sold = (0, 0, 0)

    def close(self, from_ms: int) -> None:
        """Nobody trades from ``from_ms`` on."""
        self.ledger.close(from_ms)
        self.story.forget_all()

    def reopen(self, at_ms: int) -> None:
        """Trading goes on at ``at_ms``."""
        self.ledger.reopen(at_ms)
        self.story.forget_all()

    def add(self, trade: Trade, *, takes: bool) -> None:
        """A fill of a customer, the newest trade; ``takes`` as for :meth:`Ledger.add`."""
        self.ledger.add(trade, takes=takes)
        self.story.forget(trade.time_ms // MINUTE_MS)

    def first_trade_ms(self, from_ms: int) -> int:
        """When the first trade at or after ``from_ms`` happens; FOREVER for never."""
        minute = from_ms // MINUTE_MS
        while (trades := self.story.next_minute(minute)) is not None:
            if trades.time[-1] >= from_ms:
                return trades.time[bisect.bisect_left(trades.time, from_ms)]
            minute = trades.start_ms // MINUTE_MS + 1
        return FOREVER

    def trades_backwards(self, now_ms: int) -> Iterator[Trade | None]:
        """Trades at or before ``now_ms``, newest first; None now and then in long searches."""
        for minute in self.story.traded_minutes_backwards(now_ms):
            if minute is None:
                yield None
                continue
            trades = self.story.trades(minute)
            for index in range(bisect.bisect_right(trades.time, now_ms) - 1, -1, -1):
                yield trades.trade(index)

    def last_trade(self, now_ms: int) -> Trade | None:
        """The last trade at or before ``now_ms``; None before the market was listed."""
        return next((trade for trade in self.trades_backwards(now_ms) if trade), None)

    def prev_close(self, day: int) -> int:
        """What ``day``, which must be traded, compares with: the last price before it.

        On its first day a market compares with its own opening.
        """
        before = self.story.close_before(day)
        if before is not None:
            return before
        first = self.story.next_minute(day * MINUTES_A_DAY)
        return first.price[0] if first else 0

    def candles_backwards(
        self, unit: Timeframe, to_ms: int, now_ms: int
    ) -> Iterator[Candle | None]:
        """Candles of ``unit`` that start before ``to_ms``; see :class:`CandleReader`."""
        return self._reader.backwards(unit, to_ms, now_ms)

    def year_extremes(self, today: int) -> tuple[int, int, int, int]:
        """Highest price and its day, lowest price and its day, of the 364 days before today."""
        if not self.ledger.is_blank:
            return self._amended_extremes(today)
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

    def _amended_extremes(self, today: int) -> tuple[int, int, int, int]:
        days = [day for day in self.story.days_backwards(today - 364, today) if day]
        if not days:
            return 0, today, 0, today
        # The earliest of equals, as above.
        highest = max(reversed(days), key=lambda day: day.high)
        lowest = min(reversed(days), key=lambda day: day.low)
        return highest.high, highest.start_ms // DAY_MS, lowest.low, lowest.start_ms // DAY_MS

    def sold_before(self, day: int, of_day: int) -> int:
        """What takers sold in ``day`` before its minute ``of_day``, where it was followed.

        Where nobody followed it, half of what was traded: to count it there takes every trade of
        the day.
        """
        known_day, minute, sold = self._sold
        if known_day != day or minute > of_day:
            minute, sold = 0, 0
        unseen = self.story.part(day, minute, of_day)
        return sold + (unseen.volume // 2 if unseen else 0)

    def note_sold(self, day: int, of_day: int, volume: int) -> None:
        """Who follows the market has come to the minute ``of_day`` and counted."""
        self._sold = max(self._sold, (day, of_day, volume))
