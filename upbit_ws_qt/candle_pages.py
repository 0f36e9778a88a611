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


# State: the pages taken so far, the end of the next one, and whether there can be one.
class CandlePages:
    """Which calls get the last ``count`` candles before ``to_ms``, however many pages they take.

    Ask for ``next_call()`` and hand its answer to ``take`` until there is none. Holes in the grid
    are not filled: where nothing was traded there is no candle, and a page of 200 reaches further
    back than 200 units. Older pages come later: what is seen first is what came last.
    """

    def __init__(
        self, code: str, timeframe: Timeframe, count: int, to_ms: int | None = None
    ) -> None:
        if count < 1:
            raise InvalidRequest(f"at least one candle must be asked for; got {count!r}")
        self._code = check_market(code)
        self._timeframe = timeframe
        self._left = count
        self._to_ms = to_ms
        self._pages: list[tuple[CandleEvent, ...]] = []

    def next_call(self) -> RestCall[tuple[CandleEvent, ...]] | None:
        """The next page to get; None when nothing is missing, or nothing is older."""
        if not self._left:
            return None
        asked = min(self._left, CANDLE_PAGE)
        return candles(self._code, self._timeframe, asked, self._to_ms)

    def take(self, page: Sequence[CandleEvent]) -> None:
        """The answer to the last ``next_call()``."""
        asked = min(self._left, CANDLE_PAGE)
        # Were the end of a page ever not heeded, the same candles would come for ever.
        older = tuple(row for row in page if self._to_ms is None or row.start_ms < self._to_ms)
        self._pages.append(older)
        # A page that is not full is the beginning of the market.
        self._left = self._left - len(older) if len(older) == asked else 0
        if older:
            self._to_ms = older[0].start_ms

    @property
    def candles(self) -> tuple[CandleEvent, ...]:
        """All candles taken so far, oldest first."""
        return tuple(row for page in reversed(self._pages) for row in page)
