"""Candles of every unit, read from a market's story up to a moment. Pure."""

from __future__ import annotations

import bisect
from collections.abc import Iterator

import numpy as np

from upbit_ws_qt.simulator.noise import Ints
from upbit_ws_qt.timeframe import Timeframe

from .days import DAY_MS, MINUTE_MS, MINUTES_A_DAY
from .history import Minutes
from .story import Candle, Story, candle_of, merged

__all__ = ["CandleReader"]


# State: none of its own.
class CandleReader:
    """Reads candles of one market at a moment ``now_ms``; nothing later is seen."""

    def __init__(self, story: Story) -> None:
        self._story = story

    def backwards(self, unit: Timeframe, to_ms: int, now_ms: int) -> Iterator[Candle | None]:
        """Candles that start before ``to_ms``, newest first, with gaps where nobody traded.

        None is yielded now and then so that a caller can pause during long searches.
        """
        if unit is Timeframe.SECOND_1:
            return self._seconds_backwards(to_ms, now_ms)
        if unit.is_streamed:
            return self._minutes_backwards(unit.duration_ms // MINUTE_MS, to_ms, now_ms)
        return self._days_backwards(unit, to_ms, now_ms)

    def _seconds_backwards(self, to_ms: int, now_ms: int) -> Iterator[Candle | None]:
        for minute in self._story.traded_minutes_backwards(min(to_ms - 1, now_ms)):
            if minute is None:
                yield None
                continue
            trades = self._story.trades(minute)
            last = bisect.bisect_right(trades.time, now_ms)
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
        today, part = now_ms // DAY_MS, self._story.part_of_minute(now_ms)
        for day in range(newest // DAY_MS, self._story.first_day - 1, -1):
            end = now_ms % DAY_MS // MINUTE_MS if day == today else MINUTES_A_DAY
            found = self._grouped(day, unit, end)
            if day == today and part is not None:
                start = part.start_ms - part.start_ms % (unit * MINUTE_MS)
                part = part._replace(start_ms=start)
                if found and found[-1].start_ms == start:
                    found[-1] = merged(found[-1], part)
                else:
                    found.append(part)
            yield from (candle for candle in reversed(found) if candle.start_ms < to_ms)
            yield None

    def _grouped(self, day: int, unit: int, end: int) -> list[Candle]:
        """The minutes of the day before ``end`` in candles of ``unit`` minutes, oldest first."""
        minutes = self._story.minutes(day)
        found = _groups(minutes, unit, minutes.row_of(end), self._story.history.volume_scale)
        touched = {minute // unit for minute in self._story.ledger.minutes_of(day)}
        if not touched:
            return found
        slots = {candle.start_ms: candle for candle in found}
        for slot in touched:
            start_ms = day * DAY_MS + slot * unit * MINUTE_MS
            candle = self._story.part(day, slot * unit, min((slot + 1) * unit, end))
            if candle is None:
                slots.pop(start_ms, None)
            else:
                slots[start_ms] = candle
        return [slots[start_ms] for start_ms in sorted(slots)]

    def _days_backwards(self, unit: Timeframe, to_ms: int, now_ms: int) -> Iterator[Candle | None]:
        growing: Candle | None = None
        # A week or year that starts before `to_ms` holds days after it.
        last = unit.next_start(unit.start_of(min(max(to_ms - 1, 0), now_ms)))
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
            past = self._story.part(today, 0, now_ms % DAY_MS // MINUTE_MS)
            part = self._story.part_of_minute(now_ms)
            whole = past if part is None else merged(past, part)
            yield whole and whole._replace(start_ms=today * DAY_MS)
            end = today
        yield from self._story.days_backwards(0, end)


def _groups(minutes: Minutes, unit: int, end: int, scale: int) -> list[Candle]:
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
        Candle(start, open_, high, least, close, coins * scale, (low * coins + more) * scale, last)
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
