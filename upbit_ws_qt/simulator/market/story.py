"""What happened in one market: the seeded story with the ledger's amendments in it. Pure.

What the ledger does not touch comes straight from the history; what it touches is worked out from
the trades.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from typing import NamedTuple

from .days import DAY_MS, MINUTE_MS, MINUTES_A_DAY
from .history import History, Minutes
from .ledger import FOREVER, Ledger
from .trades import MinuteTrades, TradeMaker

__all__ = ["Candle", "Story", "candle_of", "merged"]

_DAYS_AT_ONCE = 400
_KEPT_MINUTES = 4


class Candle(NamedTuple):
    """One candle; ``last_ms`` is the time of its last trade.

    Prices are quanta, the volume is in units of 1e-8 coins, the value in products of the two.
    """

    start_ms: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    value: int
    last_ms: int


def merged(early: Candle | None, late: Candle) -> Candle:
    """One candle of two neighbours; it starts where the first starts."""
    if early is None:
        return late
    return Candle(
        early.start_ms,
        early.open,
        max(early.high, late.high),
        min(early.low, late.low),
        late.close,
        early.volume + late.volume,
        early.value + late.value,
        late.last_ms,
    )


def candle_of(trades: MinuteTrades, start_ms: int, first: int, last: int) -> Candle:
    """One candle of the trades from `first` up to, not including, `last`."""
    prices, volumes = trades.price[first:last], trades.volume[first:last]
    return Candle(
        start_ms,
        prices[0],
        max(prices),
        min(prices),
        prices[-1],
        sum(volumes),
        sum(price * volume for price, volume in zip(prices, volumes, strict=True)),
        trades.time[last - 1],
    )


# State: the trades of the minutes read last, as seeded and as amended, and what else was read of
# the amended past; losing it changes nothing.
class Story:
    """Trades, minutes and days of one market."""

    def __init__(self, history: History, maker: TradeMaker, ledger: Ledger) -> None:
        self.history = history
        self._maker = maker
        self.ledger = ledger
        self._seeded: dict[int, MinuteTrades] = {}
        self._amended: dict[int, MinuteTrades] = {}
        self._cut_days: dict[int, Minutes] = {}
        self._minutes: dict[int, Candle | None] = {}
        self._days: dict[int, Candle | None] = {}

    @property
    def first_day(self) -> int:
        """Nobody traded before this day (since 1970)."""
        return max(self.history.first_day, self.ledger.opened_ms // DAY_MS)

    def forget(self, minute: int) -> None:
        """The ledger has another trade in ``minute`` (since 1970)."""
        self._amended.pop(minute, None)
        self._minutes.pop(minute, None)
        self._days.pop(minute // MINUTES_A_DAY, None)

    def forget_all(self) -> None:
        """The holes of the ledger have changed."""
        for memory in (self._amended, self._cut_days, self._minutes, self._days):
            memory.clear()

    def trades(self, minute: int) -> MinuteTrades:
        """All trades of ``minute`` (minutes since 1970), those to come included."""
        if not self.ledger.touches(minute):
            return self._seeded_trades(minute)
        found = self._amended.get(minute)
        if found is None:
            if len(self._amended) >= _KEPT_MINUTES:
                del self._amended[next(iter(self._amended))]
            found = self._amended[minute] = self._amended_trades(minute)
        return found

    def minutes(self, day: int) -> Minutes:
        """The minutes of ``day`` in which somebody traded, extra trades aside.

        Minutes that a hole takes away are absent; those it only cuts are as seeded.
        """
        cuts = self.ledger.cut(day)
        if not cuts:
            return self.history.minutes(day)
        if cuts[0] == (0, MINUTES_A_DAY):
            return Minutes.untraded(day)
        found = self._cut_days.get(day)
        if found is None:
            if len(self._cut_days) >= _KEPT_MINUTES:
                del self._cut_days[next(iter(self._cut_days))]
            found = self.history.minutes(day)
            for first, end in cuts:
                found = found.without(first, end)
            self._cut_days[day] = found
        return found

    def traded_minutes_backwards(self, end_ms: int) -> Iterator[int | None]:
        """Minutes (since 1970) with trades that start at or before ``end_ms``, newest first."""
        for day in range(end_ms // DAY_MS, self.first_day - 1, -1):
            minutes, touched = self.minutes(day).minute.tolist(), self.ledger.minutes_of(day)
            if touched:
                minutes = sorted({*minutes, *touched})
            for minute in reversed(minutes):
                number = day * MINUTES_A_DAY + minute
                if number * MINUTE_MS <= end_ms:
                    yield number
            yield None

    def next_minute(self, minute: int) -> MinuteTrades | None:
        """The trades of the first minute with any, at or after ``minute``; None: never again."""
        while True:
            day, of_day = divmod(minute, MINUTES_A_DAY)
            minutes = self.minutes(day)
            touched = [number for number in self.ledger.minutes_of(day) if number >= of_day]
            for number in sorted({*minutes.minute[minutes.row_of(of_day) :].tolist(), *touched}):
                trades = self.trades(day * MINUTES_A_DAY + number)
                if len(trades):
                    return trades
            hole = self.ledger.hole_at((day + 1) * DAY_MS)
            if hole is not None and hole[1] == FOREVER:
                return None
            minute = max((day + 1) * MINUTES_A_DAY, hole[1] // MINUTE_MS if hole else 0)

    def part_of_minute(self, now_ms: int) -> Candle | None:
        """The minute that ``now_ms`` is in, with what was traded in it up to and at that ms."""
        trades = self.trades(now_ms // MINUTE_MS)
        done = bisect.bisect_right(trades.time, now_ms)
        return candle_of(trades, trades.start_ms, 0, done) if done else None

    def part(self, day: int, first: int, end: int) -> Candle | None:
        """One candle of the minutes of ``day`` from ``first`` up to, not including, ``end``."""
        minutes, found, done = self.minutes(day), None, first
        for minute in self.ledger.minutes_of(day):
            if not first <= minute < end:
                continue
            for piece in (
                self._rows(minutes, done, minute),
                self._whole_minute(day * MINUTES_A_DAY + minute),
            ):
                found = found if piece is None else merged(found, piece)
            done = minute + 1
        last = self._rows(minutes, done, end)
        found = found if last is None else merged(found, last)
        return found and found._replace(start_ms=day * DAY_MS + first * MINUTE_MS)

    def days_backwards(self, first: int, end: int) -> Iterator[Candle | None]:
        """The traded days from ``first`` up to, not including, ``end``, newest first.

        None is yielded now and then so that a caller can pause during long searches.
        """
        first = max(first, self.first_day)
        scale = self.history.volume_scale
        while end > first:
            rows = self.history.days.days(max(end - _DAYS_AT_ONCE, first), end).rows()
            for day in reversed(rows):
                start = day.number * DAY_MS
                if self.ledger.touches_day(day.number):
                    yield self._whole_day(day.number)
                    continue
                yield Candle(
                    start,
                    day.open,
                    day.high,
                    day.low,
                    day.close,
                    day.volume * scale,
                    (day.low * day.volume + day.value_above) * scale,
                    start + day.last_ms,
                )
            yield None
            end = rows[0].number

    def close_before(self, day: int) -> int | None:
        """The last price before ``day``; None when nobody had traded."""
        if day > self.first_day and not self.ledger.touches_day(day - 1):
            return self.history.days.day(day - 1).close
        found = (candle.close for candle in self.days_backwards(0, day) if candle)
        return next(found, None)

    def _seeded_trades(self, minute: int) -> MinuteTrades:
        found = self._seeded.get(minute)
        if found is None:
            if len(self._seeded) >= _KEPT_MINUTES:
                del self._seeded[next(iter(self._seeded))]
            found = self._seeded[minute] = self._maker.minute(minute)
        return found

    def _amended_trades(self, minute: int) -> MinuteTrades:
        seeded, ledger = self._seeded_trades(minute), self.ledger
        trades = [seeded.trade(index) for index in range(len(seeded))]
        if ledger.holes:
            trades = [trade for trade in trades if not ledger.hole_at(trade.time_ms)]
        trades += ledger.between(seeded.start_ms, seeded.start_ms + MINUTE_MS)
        # Their time and number come first in them, and no two have both the same.
        return MinuteTrades.of(seeded.start_ms, sorted(trades))

    def _whole_minute(self, minute: int) -> Candle | None:
        if minute not in self._minutes:
            self._minutes[minute] = self.part_of_minute((minute + 1) * MINUTE_MS - 1)
        return self._minutes[minute]

    def _whole_day(self, day: int) -> Candle | None:
        if day not in self._days:
            self._days[day] = self.part(day, 0, MINUTES_A_DAY)
        return self._days[day]

    def _rows(self, minutes: Minutes, first_minute: int, end_minute: int) -> Candle | None:
        """One candle of the minutes of the day from the first up to, not including, the end."""
        first, end = minutes.row_of(first_minute), minutes.row_of(end_minute)
        if first >= end:
            return None
        scale = self.history.volume_scale
        return Candle(
            minutes.day * DAY_MS + first_minute * MINUTE_MS,
            int(minutes.open[first]),
            int(minutes.high[first:end].max()),
            int(minutes.low[first:end].min()),
            int(minutes.close[end - 1]),
            int(minutes.volume_sums[end] - minutes.volume_sums[first]) * scale,
            minutes.value(first, end) * scale,
            minutes.day * DAY_MS
            + int(minutes.minute[end - 1]) * MINUTE_MS
            + int(minutes.last_ms[end - 1]),
        )
