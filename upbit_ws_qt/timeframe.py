"""Candle units, their spellings and their grid. Pure."""

from __future__ import annotations

import enum
import re
from datetime import UTC, datetime, timedelta

from .errors import InvalidRequest

__all__ = ["Timeframe"]

_SPELLING = re.compile(r"(?:(second|minute|hour|day|week|month|year)s?)?(\d*)(s|m|h|d|w|M|y)?")
_LONG_UNITS = {"second": "s", "minute": "m", "hour": "h", "day": "d", "week": "w", "month": "M"}


class Timeframe(enum.StrEnum):
    """A candle unit. ``Timeframe.parse`` takes every common spelling of it.

    1s to 240m are streamed by the exchange; day to year exist over REST only
    (source: docs.upbit.com, websocket-candle and list-candles).
    """

    SECOND_1 = "1s"
    MINUTE_1 = "1m"
    MINUTE_3 = "3m"
    MINUTE_5 = "5m"
    MINUTE_10 = "10m"
    MINUTE_15 = "15m"
    MINUTE_30 = "30m"
    MINUTE_60 = "60m"
    MINUTE_240 = "240m"
    DAY = "1d"
    WEEK = "1w"
    MONTH = "1M"
    YEAR = "1y"

    @classmethod
    def parse(cls, text: str | Timeframe) -> Timeframe:
        """Read ``1m``, ``minute1``, ``60m``, ``1h``, ``day``, ``1d`` and the like.

        Raises:
            InvalidRequest: the exchange has no such candle.
        """
        if isinstance(text, cls):
            return text
        match = _SPELLING.fullmatch(text.strip())
        if match and text.strip() and not (match[1] and match[3]):
            unit = match[3] or _LONG_UNITS.get(match[1] or "", "y" if match[1] else "m")
            try:
                count = int(match[2] or 1)
                return cls(f"{count * 60}m" if unit == "h" else f"{count}{unit}")
            except ValueError:
                pass
        expected = ", ".join(member.value for member in cls)
        raise InvalidRequest(f"no candle unit is called {text!r}; use one of {expected}")

    @property
    def is_streamed(self) -> bool:
        """Whether the exchange streams it; the others come from REST."""
        return self.value[-1] in "sm"

    @property
    def wire_type(self) -> str:
        """The stream's type, such as ``candle.1m``; only for streamed units."""
        if not self.is_streamed:
            raise InvalidRequest(f"the exchange does not stream {self.value} candles; use REST")
        return f"candle.{self.value}"

    @property
    def rest_path(self) -> str:
        """The tail of the REST path, such as ``minutes/1``."""
        unit = self.value[-1]
        if unit == "m":
            return f"minutes/{self.value[:-1]}"
        return {"s": "seconds", "d": "days", "w": "weeks", "M": "months", "y": "years"}[unit]

    @property
    def duration_ms(self) -> int:
        """The length in ms; a month counts 30 days and a year 365."""
        count, unit = int(self.value[:-1]), self.value[-1]
        seconds = {"s": 1, "m": 60, "d": 86_400, "w": 604_800, "M": 2_592_000, "y": 31_536_000}
        return count * seconds[unit] * 1000

    def start_of(self, time_ms: int) -> int:
        """The UTC start (ms) of the candle that holds ``time_ms``.

        Days begin at 00:00 UTC, which is 09:00 in Korea; weeks on Monday.
        """
        if self.is_streamed or self is Timeframe.DAY:
            return time_ms - time_ms % self.duration_ms
        moment = datetime.fromtimestamp(time_ms / 1000, UTC)
        day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        if self is Timeframe.WEEK:
            start = day - timedelta(days=day.weekday())
        elif self is Timeframe.MONTH:
            start = day.replace(day=1)
        else:
            start = day.replace(month=1, day=1)
        return int(start.timestamp()) * 1000

    def next_start(self, start_ms: int) -> int:
        """The start (ms) of the candle after the one that starts at ``start_ms``."""
        if self is Timeframe.MONTH:
            return self.start_of(start_ms + 32 * 86_400_000)
        if self is Timeframe.YEAR:
            return self.start_of(start_ms + 367 * 86_400_000)
        return start_ms + self.duration_ms
