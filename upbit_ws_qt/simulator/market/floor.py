"""The trading floor: which followed market does something next, and when. Pure.

Markets that nobody follows cost nothing; they are read from their history when asked for.
"""

from __future__ import annotations

import enum
import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from .board import Board
from .book import GRID_MS
from .ledger import FOREVER
from .listing import Listing
from .live import LiveMarket
from .market import Market
from .trades import Trade

__all__ = ["Happening", "Kind", "TradingFloor", "Watched"]

_SURELY_TRADED_MS = 86_400_000
"""In its first day every market is traded."""


class Kind(enum.IntEnum):
    """What happens; at the same ms in this order: a second ends before the next one's trades.

    CLOSE is a delisting; it is no happening of a market, which is gone by then.
    """

    CLOSE = 0
    SECOND = 1
    TRADE = 2
    BOOK = 3


# State: the walking market, who wants it, and what of it is due when (ms; -1 for nothing).
class Watched:
    """A market that somebody follows: ``wanted`` by clients, ``kept`` by the broker's orders."""

    __slots__ = ("book_due", "kept", "live", "second_due", "wanted", "wants_book")

    def __init__(self, live: LiveMarket) -> None:
        self.live = live
        self.wanted = False
        self.kept = 0
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


# State: the time, the first listings, what is listed now, what comes and when to look for its
# first trade, the markets made so far, the followed ones, and the heap of what is due; entries
# that no longer fit their market are skipped when they come up.
class TradingFloor:
    """All markets of one exchange, from ``now_ms`` on.

    A market is listed with its first trade, so every listed market has a last price.

    Attributes:
        board: what is said of the markets.
        on_closed: called with the code of each market that is delisted, while it still can be
            looked at.
        on_halted: called with the code of each market that is halted, or goes on after that.
    """

    def __init__(self, listings: Iterable[Listing], seed: int, pace: float, now_ms: int) -> None:
        self.now_ms = now_ms
        listings = tuple(listings)
        self.board = Board(listings)
        self.on_closed: list[Callable[[str], None]] = []
        self.on_halted: list[Callable[[str], None]] = []
        self._seed, self._pace = seed, pace
        self._first: dict[str, Listing] = {}
        self._listings: dict[str, Listing] = {}
        self._coming: list[tuple[int, str]] = []
        self._markets: dict[str, Market] = {}
        self._followed: dict[str, Watched] = {}
        self._due: list[tuple[int, Kind, str]] = []
        # A market is not even made before somebody asks for it, or its first trade must be found.
        for listing in listings:
            self._first[listing.code] = listing
            if listing.listed_ms + _SURELY_TRADED_MS <= now_ms:
                self._listings[listing.code] = listing
            else:
                heapq.heappush(self._coming, (listing.listed_ms, listing.code))

    # -- the markets ---------------------------------------------------------------------------

    @property
    def listings(self) -> Mapping[str, Listing]:
        """What is listed now, by code."""
        while self._coming and self._coming[0][0] <= self.now_ms:
            looked_ms, code = heapq.heappop(self._coming)
            market = self.market(code)
            first_ms = market.first_trade_ms(looked_ms)
            if first_ms <= self.now_ms:
                self._listings[code] = market.listing
            else:
                heapq.heappush(self._coming, (first_ms, code))
        return self._listings

    @property
    def watched(self) -> dict[str, Watched]:
        """The markets that clients follow, by code."""
        return {code: watched for code, watched in self._followed.items() if watched.wanted}

    def market(self, code: str) -> Market:
        """The market with this code; it stays after its delisting."""
        market = self._markets.get(code)
        if market is None:
            market = Market(self._first[code], self._seed, self._pace)
            self._markets[code] = market
        return market

    def live(self, code: str) -> LiveMarket:
        """The market as it is now, followed or not."""
        watched = self._followed.get(code)
        return LiveMarket(self.market(code), self.now_ms) if watched is None else watched.live

    def list_at(self, listing: Listing, time_ms: int) -> int:
        """List a market that nobody traded before ``time_ms``.

        Returns:
            When it has its first trade and is listed.

        Raises:
            ValueError: its code is listed already, or will be.
        """
        code = listing.code
        if code in self.listings or any(code == coming for _, coming in self._coming):
            raise ValueError(f"{code} is listed already")
        market = self._markets.get(code)
        if market is None:
            market = self._markets[code] = Market(listing, self._seed, self._pace, time_ms)
        else:
            # It comes back after a delisting.
            market.reopen(time_ms)
            self._look_ahead(code)
        self.board.add(listing)
        first_ms = market.first_trade_ms(max(time_ms, listing.listed_ms))
        heapq.heappush(self._coming, (first_ms, code))
        return first_ms

    def close_market(self, code: str, at_ms: int | None = None) -> None:
        """Delist a market, now or at ``at_ms``: from then on it is never traded again.

        Raises:
            KeyError: it is not listed.
        """
        if code not in self.listings:
            raise KeyError(code)
        if at_ms is not None and at_ms > self.now_ms:
            self.board.delist(code, at_ms)
            self._push(at_ms, Kind.CLOSE, code)
            return
        self._stop(code, on=True)
        self.board.delist(code, self.now_ms)
        for told in self.on_closed:
            told(code)
        del self._listings[code]

    def halt(self, code: str, on: bool) -> None:
        """Halt a market after this ms, or let it go on; nothing happens in it meanwhile.

        Raises:
            KeyError: it is not listed.
        """
        if code not in self.listings:
            raise KeyError(code)
        self._stop(code, on=on)
        for told in self.on_halted:
            told(code)

    def _stop(self, code: str, *, on: bool) -> None:
        market = self.market(code)
        if on:
            market.close(self.now_ms + 1)
        else:
            market.reopen(self.now_ms)
        self.board.suspend(code, on)
        self._look_ahead(code)

    def is_halted(self, code: str) -> bool:
        """Whether nobody can trade it at the moment."""
        return self.market(code).ledger.is_closed

    # -- who follows ---------------------------------------------------------------------------

    def watch(self, code: str) -> Watched:
        """A client follows a market from now on."""
        watched = self._follow(code)
        watched.wanted = True
        return watched

    def watch_book(self, code: str) -> Watched:
        """A client follows a market and its book."""
        watched = self.watch(code)
        if not watched.wants_book:
            watched.wants_book = True
            self._book_at(code, watched, self.now_ms + 1)
        return watched

    def unwatch(self, code: str, *, only_book: bool = False) -> None:
        """Clients follow a market, or just its book, no longer."""
        watched = self._followed.get(code)
        if watched is None:
            return
        watched.wants_book, watched.book_due = False, -1
        if not only_book:
            watched.wanted = False
            self._forget_idle(code, watched)

    def keep(self, code: str) -> None:
        """Follow a market, whether a client does or not, until it is released as often."""
        self._follow(code).kept += 1

    def release(self, code: str) -> None:
        """One reason less to follow a market."""
        watched = self._followed[code]
        watched.kept -= 1
        self._forget_idle(code, watched)

    def book_drawn(self, code: str, until_ms: int) -> None:
        """The book of ``code`` was looked at; it changes by itself at ``until_ms``."""
        watched = self._followed.get(code)
        if watched is not None:
            self._book_at(code, watched, max(until_ms, self.now_ms + 1))

    # -- the customer --------------------------------------------------------------------------

    def offers(self, code: str, *, asks: bool) -> Iterator[tuple[int, int]]:
        """Others' levels, best first: price (quanta) and size (1e-8 coins).

        What the customer took is off already; what the customer offers is not in it.
        """
        return self.live(code).offers(self.now_ms, asks=asks)

    def room(self, code: str) -> int | None:
        """How many fills a market that is kept has room for now; None for any number.

        Where its next trade comes in the same ms there are less than a hundred.
        """
        return self._followed[code].live.room(self.now_ms)

    def execute(
        self, code: str, price: int, volume: int, *, sold: bool, taker_is_customer: bool
    ) -> Happening:
        """Fill an order of the customer in a market that is kept.

        Args:
            code: the market.
            price: in quanta.
            volume: in units of 1e-8 coins.
            sold: whether the taker sold.
            taker_is_customer: the volume is then taken from what others offer at this price.

        Raises:
            ValueError: the market is halted, or there is no :meth:`room`.
        """
        watched = self._followed[code]
        trade = watched.live.fill(self.now_ms, price, volume, sold=sold, takes=taker_is_customer)
        self._traded(code, watched)
        return Happening(self.now_ms, Kind.TRADE, watched, trade)

    def rest(self, code: str, price: int, volume: int, *, ask: bool) -> None:
        """The customer's orders at ``price`` hold ``volume`` in all from now on; 0: none."""
        self.market(code).ledger.rest(price, volume, self.now_ms, ask=ask)
        watched = self._followed.get(code)
        if watched is not None:
            self._book_at(code, watched, self.now_ms)

    # -- time ----------------------------------------------------------------------------------

    def skip_to(self, now_ms: int) -> None:
        """Go on from ``now_ms`` without playing what lies between."""
        self.now_ms = now_ms
        for code, watched in self._followed.items():
            watched.live = LiveMarket(self.market(code), now_ms)
            watched.book_due = watched.second_due = -1
            self._push(watched.live.next_ms, Kind.TRADE, code)
            self._book_at(code, watched, now_ms + 1)

    def run(self, until_ms: int) -> Iterator[Happening]:
        """Everything up to and at ``until_ms``, in order; may be left and called again."""
        while self._due and self._due[0][0] <= until_ms:
            time_ms, kind, code = heapq.heappop(self._due)
            if kind is Kind.CLOSE:
                self._close_if_due(code, time_ms)
                continue
            watched = self._followed.get(code)
            if watched is None:
                continue
            if kind is Kind.TRADE:
                if watched.live.next_ms != time_ms:
                    continue
                self.now_ms = time_ms
                trade = watched.live.pop()
                self._push(watched.live.next_ms, Kind.TRADE, code)
                self._traded(code, watched)
                yield Happening(time_ms, kind, watched, trade)
            elif kind is Kind.BOOK:
                if watched.book_due != time_ms:
                    continue
                self.now_ms, watched.book_due = time_ms, -1
                # The book of a halted market stands still.
                if not watched.live.is_halted:
                    yield Happening(time_ms, kind, watched)
            elif watched.second_due == time_ms:
                self.now_ms, watched.second_due = time_ms, -1
                yield Happening(time_ms, kind, watched)
        self.now_ms = max(self.now_ms, until_ms)

    def _close_if_due(self, code: str, time_ms: int) -> None:
        # It may have been delisted earlier, and even have come back since.
        if code in self.listings and self.board.notice(code).closes_ms == time_ms:
            # What is due at this very ms does not happen any more.
            self.now_ms = max(self.now_ms, time_ms - 1)
            self.close_market(code)

    def _follow(self, code: str) -> Watched:
        watched = self._followed.get(code)
        if watched is None:
            watched = Watched(LiveMarket(self.market(code), self.now_ms))
            self._followed[code] = watched
            self._push(watched.live.next_ms, Kind.TRADE, code)
        return watched

    def _look_ahead(self, code: str) -> None:
        """The holes of a market have changed."""
        watched = self._followed.get(code)
        if watched is not None:
            watched.live.look_ahead()
            self._push(watched.live.next_ms, Kind.TRADE, code)
            self._book_at(code, watched, self.now_ms + 1)

    def _forget_idle(self, code: str, watched: Watched) -> None:
        if not watched.wanted and not watched.kept:
            del self._followed[code]

    def _traded(self, code: str, watched: Watched) -> None:
        if watched.second_due < 0:
            watched.second_due = (self.now_ms // 1000 + 1) * 1000
            self._push(watched.second_due, Kind.SECOND, code)
        if watched.wants_book:
            self._book_at(code, watched, self.now_ms)

    def _book_at(self, code: str, watched: Watched, time_ms: int) -> None:
        if not watched.wants_book:
            return
        due = -(-time_ms // GRID_MS) * GRID_MS
        if watched.book_due < 0 or due < watched.book_due:
            watched.book_due = due
            self._push(due, Kind.BOOK, code)

    def _push(self, time_ms: int, kind: Kind, code: str) -> None:
        if time_ms < FOREVER:
            heapq.heappush(self._due, (time_ms, kind, code))
