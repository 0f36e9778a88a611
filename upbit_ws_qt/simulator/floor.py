"""The trading floor: which watched market does something next, and when. Pure.

Markets that nobody watches cost nothing; they are read from their history when asked for.
"""

from __future__ import annotations

import enum
import heapq
from collections.abc import Iterator
from typing import NamedTuple

from .book import GRID_MS
from .days import DAY_MS
from .listing import Listing
from .market import LiveMarket, Market, Trade

__all__ = ["Happening", "Kind", "TradingFloor", "Watched"]


class Kind(enum.IntEnum):
    """What happens; at the same ms in this order: a second ends before the next one's trades."""

    SECOND = 0
    TRADE = 1
    BOOK = 2


# State: the walking market, and what of it is due when (ms; -1 for nothing).
class Watched:
    """A market that somebody follows."""

    __slots__ = ("book_due", "live", "second_due", "wants_book")

    def __init__(self, live: LiveMarket) -> None:
        self.live = live
        self.wants_book = False
        self.book_due = -1
        self.second_due = -1


class Happening(NamedTuple):
    """Something a follower may want to hear of; ``trade`` only for a trade.

    BOOK: the book may have changed. SECOND: a second that had trades is over.
    """

    time_ms: int
    kind: Kind
    watched: Watched
    trade: Trade | None = None


# State: the time, the watched markets and the heap of what is due; entries that no longer
# fit their market are skipped when they come up.
class TradingFloor:
    """All markets of one exchange, from ``now_ms`` on."""

    def __init__(self, listings: tuple[Listing, ...], seed: int, pace: float, now_ms: int) -> None:
        self.now_ms = now_ms
        self._seed, self._pace = seed, pace
        # Only what has been traded for a day: then every market has a last price.
        self.listings = {
            listing.code: listing for listing in listings if listing.listed_ms + DAY_MS <= now_ms
        }
        self._markets: dict[str, Market] = {}
        self.watched: dict[str, Watched] = {}
        self._due: list[tuple[int, Kind, str]] = []

    def market(self, code: str) -> Market:
        """The market with this listed code."""
        market = self._markets.get(code)
        if market is None:
            market = Market(self.listings[code], self._seed, self._pace)
            self._markets[code] = market
        return market

    def live(self, code: str) -> LiveMarket:
        """The market as it is now, watched or not."""
        watched = self.watched.get(code)
        return LiveMarket(self.market(code), self.now_ms) if watched is None else watched.live

    def watch(self, code: str) -> Watched:
        """Follow a market from now on."""
        watched = self.watched.get(code)
        if watched is None:
            watched = Watched(LiveMarket(self.market(code), self.now_ms))
            self.watched[code] = watched
            self._push(watched.live.next_ms, Kind.TRADE, code)
        return watched

    def watch_book(self, code: str) -> Watched:
        """Follow a market and its book."""
        watched = self.watch(code)
        if not watched.wants_book:
            watched.wants_book = True
            self._book_at(code, watched, self.now_ms + 1)
        return watched

    def unwatch(self, code: str, *, only_book: bool = False) -> None:
        """Follow a market, or just its book, no longer."""
        watched = self.watched.get(code)
        if watched is None:
            return
        watched.wants_book, watched.book_due = False, -1
        if not only_book:
            del self.watched[code]

    def book_drawn(self, code: str, until_ms: int) -> None:
        """The book of ``code`` was looked at; it changes by itself at ``until_ms``."""
        watched = self.watched.get(code)
        if watched is not None and watched.wants_book:
            self._book_at(code, watched, max(until_ms, self.now_ms + 1))

    def skip_to(self, now_ms: int) -> None:
        """Go on from ``now_ms`` without playing what lies between."""
        self.now_ms = now_ms
        for code, watched in self.watched.items():
            watched.live = LiveMarket(self.market(code), now_ms)
            watched.book_due = watched.second_due = -1
            self._push(watched.live.next_ms, Kind.TRADE, code)
            if watched.wants_book:
                self._book_at(code, watched, now_ms + 1)

    def run(self, until_ms: int) -> Iterator[Happening]:
        """Everything up to and at ``until_ms``, in order; may be left and called again."""
        while self._due and self._due[0][0] <= until_ms:
            time_ms, kind, code = heapq.heappop(self._due)
            watched = self.watched.get(code)
            if watched is None:
                continue
            if kind is Kind.TRADE:
                if watched.live.next_ms != time_ms:
                    continue
                self.now_ms = time_ms
                trade = watched.live.pop()
                self._push(watched.live.next_ms, Kind.TRADE, code)
                if watched.second_due < 0:
                    watched.second_due = (time_ms // 1000 + 1) * 1000
                    self._push(watched.second_due, Kind.SECOND, code)
                if watched.wants_book:
                    self._book_at(code, watched, time_ms)
                yield Happening(time_ms, kind, watched, trade)
            elif kind is Kind.BOOK:
                if watched.book_due != time_ms:
                    continue
                self.now_ms, watched.book_due = time_ms, -1
                yield Happening(time_ms, kind, watched)
            elif watched.second_due == time_ms:
                self.now_ms, watched.second_due = time_ms, -1
                yield Happening(time_ms, kind, watched)
        self.now_ms = max(self.now_ms, until_ms)

    def _book_at(self, code: str, watched: Watched, time_ms: int) -> None:
        due = -(-time_ms // GRID_MS) * GRID_MS
        if watched.book_due < 0 or due < watched.book_due:
            watched.book_due = due
            self._push(due, Kind.BOOK, code)

    def _push(self, time_ms: int, kind: Kind, code: str) -> None:
        heapq.heappush(self._due, (time_ms, kind, code))
