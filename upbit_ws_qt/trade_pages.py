"""Which calls get more trades than one page holds. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from .errors import InvalidRequest
from .events import TradeEvent
from .markets import check_market
from .quotation import TRADE_DAYS, TRADE_PAGE, trades
from .rest_call import RestCall

__all__ = ["TradePages"]


# State: the pages taken so far; the end, the day and the size of the next one; how many trades are
# still missing, and whether nothing older is wanted.
class TradePages:
    """Which calls get the last ``count`` trades of a market, however many pages they take.

    Ask for ``next_call()`` and hand its answer to ``take`` until there is none. Older pages come
    later: what is seen first is what came last.

    One call lists the trades of one day (UTC), and the days before it are asked for by their
    distance, so a page that is not full is the beginning of its day. Should midnight come between
    two calls, the day that was being read is asked for once more: nothing is left out. More than
    seven days back nothing is listed. Source: docs.upbit.com, list-pair-trades.

    Args:
        code: the market.
        count: 1 or more.
        cursor: only trades with a smaller ``sequential_id``; None for the newest.
        since: none with a smaller ``sequential_id`` are wanted; None for no such bound.
        first_page: how many to ask for first, 1 to 500, where few are expected.

    Raises:
        InvalidMarket: the code is not of a market.
        InvalidRequest: fewer than one trade was asked for.
    """

    def __init__(
        self,
        code: str,
        count: int,
        *,
        cursor: int | None = None,
        since: int | None = None,
        first_page: int = TRADE_PAGE,
    ) -> None:
        if count < 1:
            raise InvalidRequest(f"at least one trade must be asked for; got {count!r}")
        self._code = check_market(code)
        self._left = count
        self._cursor = cursor
        self._since = since
        self._page = first_page
        self._days_ago = 0
        self._pages: list[tuple[TradeEvent, ...]] = []
        self._is_at_since = False

    def next_call(self) -> RestCall[tuple[TradeEvent, ...]] | None:
        """The next page to get; None when nothing is missing, or nothing older is listed."""
        if self._is_at_since or not self._left or self._days_ago > TRADE_DAYS:
            return None
        asked = min(self._left, self._page)
        return trades(self._code, asked, cursor=self._cursor, days_ago=self._days_ago)

    def take(self, page: Sequence[TradeEvent]) -> None:
        """The answer to the last ``next_call()``."""
        asked = min(self._left, self._page)
        self._page = TRADE_PAGE
        # Were the cursor ever not heeded, the same trades would come for ever.
        cursor = self._cursor
        fresh = tuple(row for row in page if cursor is None or row.sequential_id < cursor)
        since = -1 if self._since is None else self._since
        wanted = tuple(row for row in fresh if row.sequential_id >= since)
        self._pages.append(wanted)
        self._left -= len(wanted)
        self._is_at_since = any(row.sequential_id <= since for row in fresh)
        if len(fresh) < asked:
            self._days_ago += 1
        if fresh:
            self._cursor = min(row.sequential_id for row in fresh)

    @property
    def rows(self) -> tuple[TradeEvent, ...]:
        """All trades taken so far, oldest first, each once."""
        return tuple(row for page in reversed(self._pages) for row in page)

    @property
    def is_whole(self) -> bool:
        """Whether all from ``since`` on are there; without that bound, whether ``count`` are.

        What was traded before the oldest that the exchange lists stays unknown: not whole.
        """
        return self._is_at_since if self._since is not None else not self._left
