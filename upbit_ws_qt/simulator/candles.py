"""Candles of every unit, read from the history up to a moment. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from upbit_ws_qt.timeframe import Timeframe

from .days import DAY_MS, MINUTE_MS, MINUTES_A_DAY
from .history import History, Minutes
from .noise import Ints
from .trades import MinuteTrades, TradeMaker

__all__ = ["Candle", "CandleReader", "candle_of", "merged"]

_DAYS_AT_ONCE = 400


class Candle(NamedTuple):
    """One candle in quanta and volume units; ``last_ms`` is the time of its last trade."""

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


# State: the trades of the minutes read last.
class CandleReader:
    """Reads candles and trades of one market at a moment ``now_ms``; nothing later is seen."""

    def __init__(self, history: History, maker: TradeMaker) -> None:
        self.history = history
        self._maker = maker
        self._trades: dict[int, MinuteTrades] = {}

    def trades(self, minute: int) -> MinuteTrades:
        """All trades of ``minute`` (minutes since 1970), those to come included."""
        found = self._trades.get(minute)
        if found is None:
            if len(self._trades) >= 4:
                del self._trades[next(iter(self._trades))]
            found = self._trades[minute] = self._maker.minute(minute)
        return found

    def part_of_minute(self, now_ms: int) -> Candle | None:
        """The minute that ``now_ms`` is in, with what was traded in it up to and at that ms."""
        trades = self.trades(now_ms // MINUTE_MS)
        done = sum(1 for time in trades.time if time <= now_ms)
        return candle_of(trades, trades.start_ms, 0, done) if done else None

    def span(self, start_ms: int, now_ms: int) -> Candle | None:
        """One candle from ``start_ms`` (a whole minute of the same day) up to ``now_ms``."""
        minutes = self.history.minutes(start_ms // DAY_MS)
        first = minutes.row_of(start_ms % DAY_MS // MINUTE_MS)
        last = minutes.row_of(now_ms % DAY_MS // MINUTE_MS)
        whole, part = self.rows(minutes, first, last, start_ms), self.part_of_minute(now_ms)
        return whole if part is None else merged(whole, part)

    def rows(self, minutes: Minutes, first: int, last: int, start_ms: int) -> Candle | None:
        """One candle of the rows from ``first`` up to, not including, ``last``."""
        if first >= last:
            return None
        return Candle(
            start_ms,
            int(minutes.open[first]),
            int(minutes.high[first:last].max()),
            int(minutes.low[first:last].min()),
            int(minutes.close[last - 1]),
            int(minutes.volume_sums[last] - minutes.volume_sums[first]),
            minutes.value(first, last),
            minutes.day * DAY_MS
            + int(minutes.minute[last - 1]) * MINUTE_MS
            + int(minutes.last_ms[last - 1]),
        )

    def backwards(self, unit: Timeframe, to_ms: int, now_ms: int) -> Iterator[Candle | None]:
        """Candles that start before ``to_ms``, newest first, with gaps where nobody traded.

        None is yielded now and then so that a caller can pause during long searches.
        """
        if unit is Timeframe.SECOND_1:
            return self._seconds_backwards(to_ms, now_ms)
        if unit.is_streamed:
            return self._minutes_backwards(unit.duration_ms // MINUTE_MS, to_ms, now_ms)
        return self._days_backwards(unit, to_ms, now_ms)

    def traded_minutes_backwards(self, end_ms: int) -> Iterator[int | None]:
        """Minutes (since 1970) with trades that start at or before ``end_ms``, newest first."""
        for day in range(end_ms // DAY_MS, self.history.first_day - 1, -1):
            minutes = self.history.minutes(day)
            for minute in reversed(minutes.minute.tolist()):
                number = day * MINUTES_A_DAY + minute
                if number * MINUTE_MS <= end_ms:
                    yield number
            yield None

    def _seconds_backwards(self, to_ms: int, now_ms: int) -> Iterator[Candle | None]:
        for minute in self.traded_minutes_backwards(min(to_ms - 1, now_ms)):
            if minute is None:
                yield None
                continue
            trades = self.trades(minute)
            last = sum(1 for time in trades.time if time <= now_ms)
            while last:
                start = trades.time[last - 1] // 1000 * 1000
                first = last - 1
                while first and trades.time[first - 1] >= start:
                    first -= 1
                if start < to_ms:
                    yield candle_of(trades, start, first, last)
                last = first

    def _minutes_backwards(self, unit: int, to_ms: int, now_ms: int) -> Iterator[Candle | None]:
        newest = min(to_ms - 1, now_ms)
        today, part = now_ms // DAY_MS, self.part_of_minute(now_ms)
        for day in range(newest // DAY_MS, self.history.first_day - 1, -1):
            minutes = self.history.minutes(day)
            end = minutes.row_of(now_ms % DAY_MS // MINUTE_MS) if day == today else None
            found = _grouped(minutes, unit, len(minutes.minute) if end is None else end)
            if day == today and part is not None:
                start = part.start_ms - part.start_ms % (unit * MINUTE_MS)
                part = part._replace(start_ms=start)
                if found and found[-1].start_ms == start:
                    found[-1] = merged(found[-1], part)
                else:
                    found.append(part)
            yield from (candle for candle in reversed(found) if candle.start_ms < to_ms)
            yield None

    def _days_backwards(self, unit: Timeframe, to_ms: int, now_ms: int) -> Iterator[Candle | None]:
        growing: Candle | None = None
        # A week or year that starts before `to_ms` holds days after it.
        last = unit.next_start(unit.start_of(max(to_ms - 1, 0)))
        for candle in self._single_days_backwards(min(last - 1, now_ms), now_ms):
            if candle is None:
                yield None
                continue
            start = unit.start_of(candle.start_ms)
            if growing is None or growing.start_ms != start:
                yield growing
                growing = candle._replace(start_ms=start)
            else:
                growing = merged(candle, growing)._replace(start_ms=start)
        yield growing

    def _single_days_backwards(self, end_ms: int, now_ms: int) -> Iterator[Candle | None]:
        today, end = now_ms // DAY_MS, end_ms // DAY_MS + 1
        if end > today:
            yield self.span(today * DAY_MS, now_ms)
            end = today
        while end > self.history.first_day:
            rows = self.history.days.days(end - _DAYS_AT_ONCE, end).rows()
            for day in reversed(rows):
                value = day.low * day.volume + day.value_above
                start = day.number * DAY_MS
                yield Candle(
                    start,
                    day.open,
                    day.high,
                    day.low,
                    day.close,
                    day.volume,
                    value,
                    start + day.last_ms,
                )
            yield None
            end = rows[0].number


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


def _grouped(minutes: Minutes, unit: int, end: int) -> list[Candle]:
    """The first ``end`` rows as candles of ``unit`` minutes, oldest first."""
    if not end:
        return []
    groups: Ints = minutes.minute[:end] // unit
    edges: Ints = np.flatnonzero(np.diff(groups, prepend=-1))
    ends: Ints = np.append(edges[1:], end)
    volume: Ints = minutes.volume_sums[ends] - minutes.volume_sums[edges]
    above: Ints = minutes.value_sums[ends] - minutes.value_sums[edges]
    day_ms = minutes.day * DAY_MS
    last_ms: Ints = day_ms + minutes.minute[ends - 1] * MINUTE_MS + minutes.last_ms[ends - 1]
    low = minutes.day_low
    return [
        Candle(start, open_, high, least, close, coins, low * coins + more, last)
        for start, open_, high, least, close, coins, more, last in zip(
            (day_ms + groups[edges] * (unit * MINUTE_MS)).tolist(),
            minutes.open[edges].tolist(),
            np.maximum.reduceat(minutes.high[:end], edges).tolist(),
            np.minimum.reduceat(minutes.low[:end], edges).tolist(),
            minutes.close[ends - 1].tolist(),
            volume.tolist(),
            above.tolist(),
            last_ms.tolist(),
            strict=True,
        )
    ]
