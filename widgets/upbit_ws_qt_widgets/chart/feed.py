"""Live data for a chart: its streams, the newest candles, and older or missed ones. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from upbit_ws_qt.errors import UpbitError
from upbit_ws_qt.events import CandleEvent, TradeEvent
from upbit_ws_qt.timeframe import Timeframe

if TYPE_CHECKING:
    from upbit_ws_qt.qt.proxy import WebSocketClientProxy
    from upbit_ws_qt.qt.subscription import Subscription

__all__ = ["ChartFeed", "Listeners"]

_NEWEST = 400
_PAGE = 200
_AGAIN_MS = 1000

_Candles = tuple[CandleEvent, ...]


class Listeners(NamedTuple):
    """Who hears of the streams; methods, which the core holds weakly."""

    trade: Callable[[TradeEvent], None]
    candle: Callable[[CandleEvent], None]
    error: Callable[[Exception], None]


# State: what is open and how much of it was lost, the generation of the asking, what is on its way
# and after what, since when candles are missing that are still to be asked for, and how the last
# request ended.
class ChartFeed(QObject):
    """The live data of one market and unit.

    Over REST it asks for one thing at a time. Another ``open`` begins a new generation; answers to
    older ones are ignored. What failed is not tried again by itself: the user's next move does
    that, or the connection's return. Only what was missed is asked for until it is there: bars
    that lack it look like any others.

    Signals:
        loaded(tuple): the newest candles.
        merged(tuple): candles to be added, older ones or some that were missed.
        failed(UpbitError): the request on its way failed.
        changed(): ``is_open``, ``is_loading``, ``is_paging``, ``is_exhausted`` or ``failure``
            changed.
    """

    loaded = pyqtSignal(object)
    merged = pyqtSignal(object)
    failed = pyqtSignal(object)
    changed = pyqtSignal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._generation = 0
        self._proxy: WebSocketClientProxy | None = None
        self._subscriptions: list[Subscription] = []
        self._market = ""
        self._timeframe = Timeframe.MINUTE_1
        self._on_way = ""
        self._known_ms = 0
        self._missing_ms: int | None = None
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(_AGAIN_MS)
        self._again.timeout.connect(self._ask_for_missed)
        self._has_loaded = False
        self._is_exhausted = False
        self._dropped = 0
        self._failure: UpbitError | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a market to follow."""
        return self._proxy is not None

    @property
    def is_loading(self) -> bool:
        """Whether the newest candles are on their way."""
        return self._on_way == "newest"

    @property
    def is_paging(self) -> bool:
        """Whether older candles are on their way."""
        return self._on_way == "older"

    @property
    def is_exhausted(self) -> bool:
        """Whether the exchange has no older ones."""
        return self._is_exhausted

    @property
    def failure(self) -> UpbitError | None:
        """Why the last request failed, or None."""
        return self._failure

    @property
    def is_retrying(self) -> bool:
        """Whether candles that were missed could not be had yet; they are asked for again."""
        return self._failure is not None and self._missing_ms is not None

    @property
    def missing_since(self) -> int | None:
        """The start (ms) of the candle after which some are missing, while nobody asks for them."""
        return self._missing_ms

    def open(
        self,
        proxy: WebSocketClientProxy,
        market: str,
        timeframe: Timeframe,
        listeners: Listeners,
    ) -> None:
        """Follow a market and load its newest candles, instead of what was open.

        Raises:
            InvalidMarket: the exchange lists no such market; what was open goes on.
        """
        subscriptions = [
            proxy.subscribe_trade([market], listeners.trade, error_handler=listeners.error)
        ]
        if timeframe.is_streamed:
            subscriptions.append(
                proxy.subscribe_candle(
                    [market], timeframe, listeners.candle, error_handler=listeners.error
                )
            )
        self.close()
        self._proxy, self._market, self._timeframe = proxy, market, timeframe
        self._subscriptions = subscriptions
        self._ask("newest", _NEWEST)

    def close(self) -> None:
        """Follow nothing, ask for nothing, and ignore what is on its way."""
        for subscription in self._subscriptions:
            subscription.unsubscribe()
        self._subscriptions = []
        self._dropped = 0
        self._generation += 1
        self._proxy = None
        self._has_loaded = self._is_exhausted = False
        self._on_way, self._failure = "", None
        self._missing_ms = None
        self._again.stop()
        self.changed.emit()

    def retry(self) -> None:
        """Load the newest candles if that failed."""
        if self._failure is not None and not self._has_loaded:
            self._ask("newest", _NEWEST)

    def older_than(self, start_ms: int) -> None:
        """Load the candles before the one that starts at ``start_ms``, if there are any."""
        if self._has_loaded and not self._is_exhausted:
            self._ask("older", _PAGE, start_ms)

    def since(self, start_ms: int) -> None:
        """Load what may have been missed after the candle that starts at ``start_ms``."""
        if self._has_loaded or self._on_way:
            self._note_missing(start_ms)
            self._ask_for_missed()

    def has_lost(self) -> bool:
        """Whether candles were lost since it was last asked: more came than could wait unseen.

        Of units that no stream carries the trades are all there is.
        """
        dropped = sum(each.statistics().dropped for each in self._subscriptions[-1:])
        before, self._dropped = self._dropped, dropped
        return dropped > before

    def _note_missing(self, start_ms: int) -> None:
        known = self._missing_ms
        self._missing_ms = start_ms if known is None else min(known, start_ms)

    def _ask_for_missed(self) -> None:
        if self._missing_ms is not None and self._proxy is not None and not self._on_way:
            self._known_ms, self._missing_ms = self._missing_ms, None
            self._ask("missed", _NEWEST)

    def _ask(self, what: str, count: int, to_ms: int | None = None) -> None:
        if self._proxy is None or self._on_way:
            return
        self._on_way, self._failure = what, None
        snapshot = self._proxy.get_candle_snapshot
        get = partial(snapshot, self._market, self._timeframe, count, to_ms)
        self._proxy.start(_answer(self._generation, count, get), self._on_answer)
        self.changed.emit()

    def _on_answer(self, answer: tuple[int, int, _Candles | UpbitError]) -> None:
        generation, count, result = answer
        if generation != self._generation:
            return
        what, self._on_way = self._on_way, ""
        if isinstance(result, UpbitError):
            self._failure = result
            if what == "missed":
                self._note_missing(self._known_ms)
            if self._missing_ms is not None:
                self._again.start()
            self.changed.emit()
            self.failed.emit(result)
            return
        has_hole = len(result) == count and result[0].start_ms > self._known_ms
        if what == "missed" and (has_hole or not self._has_loaded):
            # There is a hole before these: they are a fresh start, and paging fills the past.
            what = "newest"
        if what == "newest":
            self._has_loaded = True
        if what != "missed":
            self._is_exhausted = len(result) < count
        self.changed.emit()
        (self.loaded if what == "newest" else self.merged).emit(result)
        # Another connection may have been lost meanwhile.
        self._ask_for_missed()


async def _answer(
    generation: int, count: int, get: Callable[[], Awaitable[_Candles]]
) -> tuple[int, int, _Candles | UpbitError]:
    # The error comes back as a result, because only that can carry its generation.
    try:
        return generation, count, await get()
    except UpbitError as error:
        return generation, count, error
