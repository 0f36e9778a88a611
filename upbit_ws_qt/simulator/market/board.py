"""What the exchange says of its markets: states, halts, warnings, cautions. Pure.

Only words are kept here; that nobody trades meanwhile is the floor's matter (``floor.py``).
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone

from .listing import CAUTIONS, Listing

__all__ = ["Board", "MarketState", "Notice"]

_KST = timezone(timedelta(hours=9))


class MarketState(enum.StrEnum):
    """``market_state`` of a ticker. Source: docs.upbit.com, websocket-ticker."""

    PREVIEW = "PREVIEW"
    ACTIVE = "ACTIVE"
    DELISTED = "DELISTED"


@dataclass(frozen=True, slots=True)
class Notice:
    """What is said of one market.

    ``opens_ms`` and ``closes_ms`` (ms since 1970) are when it is first traded and when it is
    delisted, None if that is not planned; ``suspended`` is ``is_trading_suspended`` of a ticker,
    ``warning`` and ``cautions`` are the ``market_event`` of ``/v1/market/all``.
    """

    listing: Listing
    opens_ms: int
    closes_ms: int | None = None
    suspended: bool = False
    warning: bool = False
    cautions: tuple[str, ...] = ()

    def state(self, now_ms: int) -> MarketState:
        """The state at ``now_ms`` (ms since 1970)."""
        if self.closes_ms is not None and now_ms >= self.closes_ms:
            return MarketState.DELISTED
        return MarketState.ACTIVE if now_ms >= self.opens_ms else MarketState.PREVIEW

    @property
    def delisting_date(self) -> date | None:
        """The day in Korea on which it is delisted; None if that is not planned."""
        if self.closes_ms is None:
            return None
        return datetime.fromtimestamp(self.closes_ms // 1000, _KST).date()


# State: the notice of each market by its code, in the order of the listing.
class Board:
    """The notices of all markets, which an operator may change at any moment."""

    def __init__(self, listings: Iterable[Listing]) -> None:
        self._notices = {
            row.code: Notice(row, row.listed_ms, warning=row.warning, cautions=row.cautions)
            for row in listings
        }

    def notice(self, code: str) -> Notice:
        """What is said of a market, delisted or not.

        Raises:
            ValueError: a code that was never listed.
        """
        notice = self._notices.get(code)
        if notice is None:
            raise ValueError(f"the simulated exchange lists no market {code!r}")
        return notice

    def state(self, code: str, now_ms: int) -> MarketState:
        """The state of a market; see :meth:`notice` for errors."""
        return self.notice(code).state(now_ms)

    def shown(self, now_ms: int) -> Iterator[Notice]:
        """The rows of ``/v1/market/all``: every market that is not delisted."""
        for notice in self._notices.values():
            if notice.state(now_ms) is not MarketState.DELISTED:
                yield notice

    def warn(self, code: str, on: bool) -> None:
        """Name a market one to be careful with, or no longer."""
        self._notices[code] = replace(self.notice(code), warning=on)

    def caution(self, code: str, name: str, on: bool) -> None:
        """Switch one of the five cautions of a market on or off.

        Raises:
            ValueError: no such caution or market.
        """
        if name not in CAUTIONS:
            raise ValueError(f"a caution is one of {', '.join(CAUTIONS)}; got {name!r}")
        notice = self.notice(code)
        active = {*notice.cautions, name} if on else {*notice.cautions} - {name}
        ordered = tuple(known for known in CAUTIONS if known in active)
        self._notices[code] = replace(notice, cautions=ordered)

    def halt(self, code: str, on: bool) -> None:
        """Say that trading is suspended, or that it goes on."""
        self._notices[code] = replace(self.notice(code), suspended=on)

    def announce_listing(self, listing: Listing, at_ms: int) -> None:
        """Show a new market at once; it is traded from ``at_ms`` on.

        Raises:
            ValueError: the code is taken, also when its market was delisted.
        """
        if listing.code in self._notices:
            raise ValueError(f"the simulated exchange has listed {listing.code!r} already")
        self._notices[listing.code] = Notice(
            listing, at_ms, warning=listing.warning, cautions=listing.cautions
        )

    def delist(self, code: str, at_ms: int) -> None:
        """Announce that a market is delisted at ``at_ms``."""
        self._notices[code] = replace(self.notice(code), closes_ms=at_ms)
