"""What the exchange says of its markets: halts, delistings, warnings, cautions. Pure.

Only words are kept here; that nobody trades meanwhile is the floor's matter (``floor.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone

from .listing import CAUTIONS, Listing

__all__ = ["Board", "Notice"]

_KST = timezone(timedelta(hours=9))


@dataclass(frozen=True, slots=True)
class Notice:
    """What is said of one market.

    ``closes_ms`` (ms since 1970) is when it is delisted, None if that is not planned;
    ``suspended`` is ``is_trading_suspended`` of a ticker, ``warning`` and ``cautions`` are the
    ``market_event`` of ``/v1/market/all``.
    """

    listing: Listing
    closes_ms: int | None = None
    suspended: bool = False
    warning: bool = False
    cautions: tuple[str, ...] = ()

    def state(self, now_ms: int) -> str:
        """``market_state`` of a ticker at ``now_ms``. Source: docs.upbit.com, websocket-ticker."""
        over = self.closes_ms is not None and now_ms >= self.closes_ms
        return "DELISTED" if over else "ACTIVE"

    @property
    def delisting_date(self) -> date | None:
        """The day in Korea on which it is delisted; None if that is not planned."""
        if self.closes_ms is None:
            return None
        return datetime.fromtimestamp(self.closes_ms // 1000, _KST).date()


# State: the notice of each market by its code.
class Board:
    """The notices of all markets, which an operator may change at any moment.

    Every method raises ValueError for a code that was never listed.
    """

    def __init__(self, listings: Iterable[Listing]) -> None:
        self._notices = {row.code: _first_notice(row) for row in listings}

    def notice(self, code: str) -> Notice:
        """What is said of a market, delisted or not."""
        notice = self._notices.get(code)
        if notice is None:
            raise ValueError(f"the simulated exchange lists no market {code!r}")
        return notice

    def add(self, listing: Listing) -> None:
        """Begin anew with a market that is listed, or listed again."""
        self._notices[listing.code] = _first_notice(listing)

    def warn(self, code: str, on: bool) -> None:
        """Name a market one to be careful with, or no longer."""
        self._notices[code] = replace(self.notice(code), warning=on)

    def caution(self, code: str, name: str, on: bool) -> None:
        """Switch one of the five cautions of a market on or off.

        Raises:
            ValueError: no such caution.
        """
        if name not in CAUTIONS:
            raise ValueError(f"a caution is one of {', '.join(CAUTIONS)}; got {name!r}")
        notice = self.notice(code)
        active = {*notice.cautions, name} if on else {*notice.cautions} - {name}
        ordered = tuple(known for known in CAUTIONS if known in active)
        self._notices[code] = replace(notice, cautions=ordered)

    def suspend(self, code: str, on: bool) -> None:
        """Say that trading is suspended, or that it goes on."""
        self._notices[code] = replace(self.notice(code), suspended=on)

    def delist(self, code: str, at_ms: int) -> None:
        """Say that a market is delisted at ``at_ms``."""
        self._notices[code] = replace(self.notice(code), closes_ms=at_ms)


def _first_notice(listing: Listing) -> Notice:
    return Notice(listing, warning=listing.warning, cautions=listing.cautions)
