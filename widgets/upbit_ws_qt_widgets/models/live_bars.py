"""Candle frames and trades folded into one series without counting anything twice. Pure."""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.events import TradeEvent
from upbit_ws_qt.timeframe import Timeframe

from .bars import LATEST_MS, Bar, Bars
from .candle_input import CandlePage
from .interval_bars import IntervalBars

__all__ = ["LiveBars", "Trade", "trade_of"]

_NEVER = (-1, -1)
_NO_ID = 2**63 - 1
_KEPT_BARS = 4
_KEPT_TRADES = 1024


class Trade(NamedTuple):
    """One fill, in the order of its key: ``time`` in ms, then the exchange's number."""

    time: int
    sequential_id: int
    price: float
    volume: float

    @property
    def key(self) -> tuple[int, int]:
        """What orders trades: by time, then by number."""
        return self[:2]


def trade_of(event: object) -> Trade:
    """The fill of one event.

    Raises:
        InvalidRequest: it is no trade, or its numbers make no sense.
    """
    if not isinstance(event, TradeEvent):
        raise InvalidRequest(f"a trade must be a TradeEvent; got {type(event).__name__}")
    time = event.timestamp if event.trade_timestamp is None else event.trade_timestamp
    trade = Trade(time, event.sequential_id, event.trade_price, event.trade_volume)
    if not (0 <= time < LATEST_MS and 0 < trade.price < math.inf and 0 <= trade.volume < math.inf):
        raise InvalidRequest(
            "a trade needs a time in ms since 1970, a price above 0 and a volume of 0 or more; "
            f"got time={time} price={trade.price!r} volume={trade.volume!r}"
        )
    return trade


# State: the truth so far and up to which trade it reaches, the trades on top of it in order, and
# the bar that follows from both.
@dataclass(slots=True)
class _GrowingBar:
    """A bar that may still change: the exchange's truth and newer trades on top of it."""

    start: int
    truth: Bar | None = None
    upto: tuple[int, int] = _NEVER
    trades: list[Trade] = field(default_factory=list[Trade])
    ids: set[int] = field(default_factory=set[int])
    bar: Bar | None = None

    def contains(self, trade: Trade) -> bool:
        """Whether the trade is in the bar already."""
        return trade.key <= self.upto or trade.sequential_id in self.ids

    def add(self, trade: Trade) -> Bar:
        """Put a new trade on top; O(1) when it is the newest, as nearly all are."""
        self.ids.add(trade.sequential_id)
        if self.trades and trade.key < self.trades[-1].key:
            bisect.insort(self.trades, trade)
            return self._rebuild()
        self.trades.append(trade)
        self.bar = _grown(self.bar, trade) if self.bar else _opened(self.start, trade)
        if len(self.trades) > _KEPT_TRADES:
            self._settle(_KEPT_TRADES // 2)
        return self.bar

    def set_truth(self, truth: Bar, timestamp: int | None) -> Bar:
        """Take a frame that holds everything up to ``timestamp`` (None: everything seen)."""
        if timestamp is None:
            self.trades.clear()
        else:
            self.upto = (timestamp, _NO_ID)
            self.trades = [trade for trade in self.trades if trade.key > self.upto]
            self.ids = {trade.sequential_id for trade in self.trades}
        self.truth = truth
        return self._rebuild()

    def _settle(self, count: int) -> None:
        """Count the oldest trades to the truth, so that a day's bar does not keep a day's trades.

        The frames of the short units do this each second; a day's bar gets none.
        """
        newer = self.trades[count:]
        del self.trades[count:]
        self.truth, self.upto = self._rebuild(), self.trades[-1].key
        self.trades, self.ids = newer, {trade.sequential_id for trade in newer}
        self._rebuild()

    def _rebuild(self) -> Bar:
        bar = self.truth or _opened(self.start, self.trades[0])
        for trade in self.trades if self.truth else self.trades[1:]:
            bar = _grown(bar, trade)
        self.bar = bar
        return bar


# State: the bars, the growing ones among them by start, the start before which everything is
# settled, and the bars with flat ones between them while these are wanted.
class LiveBars:
    """The bars of one market and unit, kept current.

    A candle frame is the exchange's truth for its bar up to its timestamp. Trades newer than that
    are put on top; trades it contains are not; the next frame takes the place of both. A trade in a
    new interval opens a bar. Trades before the last loaded candle are part of what was loaded.

    Attributes:
        bars: one for each interval in which somebody traded.
    """

    def __init__(self, timeframe: Timeframe) -> None:
        self.timeframe = timeframe
        self.bars = Bars()
        self._growing: dict[int, _GrowingBar] = {}
        self._settled_before = 0
        self._intervals: IntervalBars | None = None

    @property
    def intervals(self) -> IntervalBars | None:
        """The bars with a flat one for each interval without a trade; None unless wanted."""
        return self._intervals

    def fill_intervals(self, *, wanted: bool) -> None:
        """Keep bars for the intervals without a trade as well, or no longer.

        Only of units of one length: a day or more without any trade is worth no bar.
        """
        filled = wanted and self.timeframe.is_streamed
        if not filled:
            self._intervals = None
        elif self._intervals is None:
            self._intervals = IntervalBars(self.bars, self.timeframe.duration_ms)

    def clear(self) -> None:
        """Forget everything."""
        self.bars.clear()
        if self._intervals is not None:
            self._intervals.rebuild()
        self._growing.clear()
        self._settled_before = 0

    def load(self, page: CandlePage, *, keep_newer: bool) -> None:
        """Hold the candles of ``page`` instead of those held so far.

        Args:
            page: what to hold.
            keep_newer: put the frames and trades that came before the page, and are newer than it,
                on top. For a page of the same market and unit that was asked for earlier.
        """
        waiting = [self._growing[start] for start in sorted(self._growing)] if keep_newer else []
        self.clear()
        self.bars.replace(page.rows)
        if self._intervals is not None:
            self._intervals.rebuild()
        if len(page.rows):
            last = self.bars.bar(self.bars.end - 1)
            timestamp = None if page.timestamps is None else int(page.timestamps[-1])
            self._settled_before = last.time
            self._growing[last.time] = growing = _GrowingBar(last.time)
            growing.set_truth(last, timestamp)
        for former in waiting:
            if former.start < self._settled_before:
                continue
            if former.truth is not None:
                self.candle(former.truth, former.upto[0])
            for trade in former.trades:
                self.trade(trade)

    def merge(self, page: CandlePage) -> None:
        """Add the candles of ``page``: older ones, or those missed in between."""
        if not self.bars:
            self.load(page, keep_newer=True)
            return
        rows = page.rows
        growing = min(self._growing)
        settled = int(np.searchsorted(rows["time"], growing))
        self.bars.merge(rows[:settled])
        if self._intervals is not None:
            self._intervals.merged(rows[:settled])
        self._settled_before = max(self._settled_before, growing if settled else 0)
        for index in range(settled, len(rows)):
            timestamp = None if page.timestamps is None else int(page.timestamps[index])
            self.candle(Bar(*rows[index].tolist()), timestamp)

    def candle(self, bar: Bar, timestamp: int | None) -> None:
        """Take one candle frame; the last one of each start holds.

        Args:
            bar: the exchange's figures.
            timestamp: the time of its last trade in ms; None if not known.
        """
        growing = self._growing.get(bar.time)
        if growing is None and bar.time < self._settled_before:
            self._put(bar)
            return
        if growing is None:
            growing = self._grow(bar.time)
        if timestamp is None or growing.truth is None or timestamp >= growing.upto[0]:
            self._put(growing.set_truth(bar, timestamp))

    def trade(self, trade: Trade) -> bool:
        """Take one trade; False if the bars contain it, as settled bars contain all of theirs."""
        start = self._start_of(trade.time)
        growing = self._growing.get(start)
        if growing is None:
            if start < self._settled_before:
                return False
            growing = self._grow(start)
        if growing.contains(trade):
            return False
        self._put(growing.add(trade))
        return True

    def _put(self, bar: Bar) -> None:
        self.bars.put(bar)
        if self._intervals is not None:
            self._intervals.put(bar)

    def _start_of(self, time: int) -> int:
        # Months and years need a calendar; nearly all trades fall into the newest bar.
        if self.bars:
            newest = int(self.bars.times[-1])
            if newest <= time < self.timeframe.next_start(newest):
                return newest
        return self.timeframe.start_of(time)

    def _grow(self, start: int) -> _GrowingBar:
        growing = self._growing[start] = _GrowingBar(start)
        if len(self._growing) > _KEPT_BARS:
            oldest = min(self._growing)
            del self._growing[oldest]
            self._settled_before = max(self._settled_before, oldest + 1)
        return growing


def _opened(start: int, trade: Trade) -> Bar:
    price, volume = trade.price, trade.volume
    return Bar(start, price, price, price, price, volume, price * volume)


def _grown(bar: Bar, trade: Trade) -> Bar:
    price, volume = trade.price, trade.volume
    return Bar(
        bar.time,
        bar.open,
        max(bar.high, price),
        min(bar.low, price),
        price,
        bar.volume + volume,
        bar.value + price * volume,
    )
