"""Which calls get more candles than one page holds. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from .errors import InvalidRequest
from .events import CandleEvent
from .markets import check_market
from .quotation import CANDLE_PAGE, candles
from .rest_call import RestCall
from .timeframe import Timeframe

__all__ = ["CandlePages"]


# State: the pages taken so far, the end and the size of the next one, how many candles are still
# missing, and whether nothing is older.
class CandlePages:
    """Which calls get the last ``count`` candles before ``to_ms``, however many pages they take.

    Ask for ``next_call()`` and hand its answer to ``take`` until there is none. Holes in the grid
    are not filled: where nothing was traded there is no candle, and a page of 200 reaches further
    back than 200 units. Older pages come later: what is seen first is what came last.

    Args:
        code: the market.
        timeframe: the unit.
        count: 1 or more.
        to_ms: the exclusive end, ms since 1970; None for now.
        since_ms: none that start before are wanted; None for no such bound.
        first_page: how many to ask for first, 1 to 200, where few are expected.
    """

    def __init__(
        self,
        code: str,
        timeframe: Timeframe,
        count: int,
        to_ms: int | None = None,
        *,
        since_ms: int | None = None,
        first_page: int = CANDLE_PAGE,
    ) -> None:
        if count < 1:
            raise InvalidRequest(f"at least one candle must be asked for; got {count!r}")
        self._code = check_market(code)
        self._timeframe = timeframe
        self._left = count
        self._to_ms = to_ms
        self._since_ms = since_ms
        self._page = first_page
        self._pages: list[tuple[CandleEvent, ...]] = []
        self._is_at_end = False

    def next_call(self) -> RestCall[tuple[CandleEvent, ...]] | None:
        """The next page to get; None when nothing is missing, or nothing is older."""
        if self._is_at_end or not self._left:
            return None
        asked = min(self._left, self._page)
        return candles(self._code, self._timeframe, asked, self._to_ms)

    def take(self, page: Sequence[CandleEvent]) -> None:
        """The answer to the last ``next_call()``."""
        asked = min(self._left, self._page)
        self._page = CANDLE_PAGE
        # Were the end of a page ever not heeded, the same candles would come for ever.
        older = tuple(row for row in page if self._to_ms is None or row.start_ms < self._to_ms)
        since_ms = self._since_ms
        wanted = tuple(row for row in older if since_ms is None or row.start_ms >= since_ms)
        self._pages.append(wanted)
        self._left -= len(wanted)
        # A page that is not full is the beginning of the market.
        self._is_at_end = len(older) < asked or len(wanted) < len(older)
        if older:
            self._to_ms = older[0].start_ms
            self._is_at_end = self._is_at_end or self._to_ms == since_ms

    @property
    def rows(self) -> tuple[CandleEvent, ...]:
        """All candles taken so far, oldest first."""
        return tuple(row for page in reversed(self._pages) for row in page)

    @property
    def is_whole(self) -> bool:
        """Whether there are no more of them since ``since_ms``, or since the market began."""
        return self._is_at_end
