"""What changes a market's seeded story: a customer's fills and orders, and pauses. Pure.

The seeded trades stay as they are. A customer's fills are purely added to them, and in a hole, a
half-open interval of ms, nobody traded: a halt, the time before a listing or after a delisting.
"""

from __future__ import annotations

import bisect
import itertools
import operator

from .days import DAY_MS, MINUTE_MS, MINUTES_A_DAY
from .trades import Trade

__all__ = ["FOREVER", "Ledger"]

FOREVER = 1 << 62
"""The end of a hole that has none yet (ms)."""

_time_of = operator.attrgetter("time_ms")


# State: the extra trades in the order they happened and the minutes they were in, those of them
# that took from others, the holes in order, the customer's resting volume by price, and when that
# last changed the book.
class Ledger:
    """The amendments of one market.

    Args:
        opened_ms: nobody traded before; 0 when the seeded story counts from its beginning.
    """

    def __init__(self, opened_ms: int = 0) -> None:
        self.opened_ms = opened_ms
        self.trades: list[Trade] = []
        self.holes: list[tuple[int, int]] = [(0, opened_ms)] if opened_ms else []
        self.asks: dict[int, int] = {}
        self.bids: dict[int, int] = {}
        self.book_changed_ms = 0
        self._takings: list[Trade] = []
        self._minutes: dict[int, set[int]] = {}

    @property
    def is_blank(self) -> bool:
        """Whether the seeded story is the whole story."""
        return not self.trades and not self.holes

    # -- fills ---------------------------------------------------------------------------------

    def add(self, trade: Trade, *, takes: bool) -> None:
        """Add the newest trade; ``takes``: the customer took what another had offered.

        Raises:
            ValueError: it is not later than the last one, or lies in a hole.
        """
        if self.trades and trade.sequential_id <= self.trades[-1].sequential_id:
            raise ValueError(f"a trade after {self.trades[-1]} is expected, not {trade}")
        if self.hole_at(trade.time_ms):
            raise ValueError(f"nobody can trade at {trade.time_ms}: the market is closed then")
        self.trades.append(trade)
        if takes:
            self._takings.append(trade)
        day, minute = divmod(trade.time_ms // MINUTE_MS, MINUTES_A_DAY)
        self._minutes.setdefault(day, set()).add(minute)

    def between(self, start_ms: int, end_ms: int) -> list[Trade]:
        """The extra trades from ``start_ms`` up to, not including, ``end_ms``."""
        first = bisect.bisect_left(self.trades, start_ms, key=_time_of)
        return self.trades[first : bisect.bisect_left(self.trades, end_ms, key=_time_of)]

    def taken_since(self, trade: Trade) -> list[Trade]:
        """What the customer took after the seeded ``trade``; before it, makers refilled."""
        since = trade.sequential_id
        return list(
            itertools.takewhile(lambda taken: taken.sequential_id > since, reversed(self._takings))
        )

    def rest(self, price: int, volume: int, now_ms: int, *, ask: bool) -> None:
        """The customer's orders at ``price`` now hold ``volume`` in all."""
        side = self.asks if ask else self.bids
        if volume:
            side[price] = volume
        else:
            side.pop(price, None)
        self.book_changed_ms = now_ms

    # -- holes ---------------------------------------------------------------------------------

    def close(self, from_ms: int) -> None:
        """Nobody trades from ``from_ms`` on."""
        if not self.is_closed:
            self.holes.append((from_ms, FOREVER))

    def reopen(self, at_ms: int) -> None:
        """Trading goes on at ``at_ms``."""
        if self.is_closed:
            start_ms, _ = self.holes.pop()
            if start_ms < at_ms:
                self.holes.append((start_ms, at_ms))

    @property
    def is_closed(self) -> bool:
        """Whether the last hole has no end yet."""
        return bool(self.holes) and self.holes[-1][1] == FOREVER

    def hole_at(self, time_ms: int) -> tuple[int, int] | None:
        """The hole that this moment lies in."""
        for hole in reversed(self.holes):
            if hole[0] <= time_ms < hole[1]:
                return hole
        return None

    # -- what is touched -----------------------------------------------------------------------

    def touches_day(self, day: int) -> bool:
        """Whether the day (since 1970) is not as the seed made it."""
        start_ms, end_ms = day * DAY_MS, (day + 1) * DAY_MS
        return day in self._minutes or any(a < end_ms and start_ms < b for a, b in self.holes)

    def touches(self, minute: int) -> bool:
        """Whether the minute (since 1970) is not as the seed made it."""
        if self.is_blank:
            return False
        day, of_day = divmod(minute, MINUTES_A_DAY)
        start_ms, end_ms = minute * MINUTE_MS, (minute + 1) * MINUTE_MS
        return of_day in self._minutes.get(day, ()) or any(
            a < end_ms and start_ms < b for a, b in self.holes
        )

    def minutes_of(self, day: int) -> list[int]:
        """The minutes of the day with extra trades or the edge of a hole, in order."""
        if self.is_blank:
            return []
        found = set(self._minutes.get(day, ()))
        for hole in self.holes:
            for edge_ms in hole:
                if edge_ms % MINUTE_MS and edge_ms // DAY_MS == day:
                    found.add(edge_ms % DAY_MS // MINUTE_MS)
        return sorted(found)

    def cut(self, day: int) -> list[tuple[int, int]]:
        """The whole minutes of the day inside holes: first and end, counted in the day."""
        start_ms, found = day * DAY_MS, list[tuple[int, int]]()
        for hole_start, hole_end in self.holes:
            first = max(-(-(hole_start - start_ms) // MINUTE_MS), 0)
            end = min((hole_end - start_ms) // MINUTE_MS, MINUTES_A_DAY)
            if first < end:
                found.append((first, end))
        return found
