"""What the chart writes: times, count-downs, large numbers. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from upbit_ws_qt.timeframe import Timeframe

from .chart_scale import PriceScale
from .chart_time import DAY_MS, Landmark, TimeZone
from .indicators import ValueUnit

__all__ = [
    "axis_time",
    "compact",
    "countdown",
    "full_time",
    "percent",
    "span",
    "value_text",
    "volume_text",
]

Words = Mapping[str, str]
"""The texts of one language by key."""


def axis_time(time: int, landmark: Landmark, words: Words, zone: TimeZone) -> str:
    """The label of a tick on the time axis at ``time`` (ms)."""
    moment = _moment(time, zone)
    if landmark in (Landmark.SECOND, Landmark.MINUTE):
        return moment.strftime("%H:%M:%S" if landmark is Landmark.SECOND else "%H:%M")
    if landmark is Landmark.YEAR:
        return str(moment.year)
    if landmark is Landmark.MONTH:
        return words["chart.months"].split(",")[moment.month - 1]
    return f"{moment.month}/{moment.day}"


def full_time(time: int, timeframe: Timeframe, words: Words, zone: TimeZone) -> str:
    """The start of a bar in full, as far as its unit is fine.

    A day of the exchange begins at 00:00 UTC, 09:00 in Korea, so its date is the same in both.
    """
    moment = _moment(time, zone)
    if timeframe is Timeframe.YEAR:
        return f"{moment:%Y}"
    if timeframe is Timeframe.MONTH:
        return f"{moment:%Y-%m}"
    weekday = words["chart.weekdays"].split(",")[moment.weekday()]
    day = f"{moment:%Y-%m-%d} ({weekday})"
    if not timeframe.is_streamed:
        return day
    return (
        f"{day} {moment:%H:%M:%S}" if timeframe is Timeframe.SECOND_1 else f"{day} {moment:%H:%M}"
    )


def span(since: int, until: int, words: Words, zone: TimeZone) -> str:
    """A stretch of time: ``09:31:02-09:31:14``, with the date where it is longer than a day."""
    dash = words["chart.span"]
    is_long = until - since >= DAY_MS
    pattern = "%Y-%m-%d %H:%M" if is_long else "%H:%M:%S"
    return dash.format(
        since=_moment(since, zone).strftime(pattern), until=_moment(until, zone).strftime(pattern)
    )


def countdown(remaining_ms: float, words: Words) -> str:
    """The time until a bar closes: ``04:59``, ``3:04:59`` or ``2 days 03:04``."""
    seconds = max(0, -int(-remaining_ms // 1000))
    days, rest = divmod(seconds, DAY_MS // 1000)
    hours, minutes, seconds = rest // 3600, rest // 60 % 60, rest % 60
    if days:
        return words["chart.days"].format(days=days, time=f"{hours:02}:{minutes:02}")
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def compact(number: float, words: Words) -> str:
    """A large amount in three to four digits: ``1.23만`` or ``12.3K``."""
    for match in re.finditer(r"(\d+)(\S+)", words["number.units"]):
        size = 10.0 ** int(match[1])
        if number >= size * 0.9995:
            return _short(number / size) + match[2]
    return _short(number)


def volume_text(volume: float) -> str:
    """Coins traded, as precise as a glance needs: three decimals, eight below one."""
    if volume >= 1 or volume == 0:
        return f"{volume:,.3f}"
    return f"{volume:.8f}".rstrip("0").ljust(5, "0")


def value_text(value: float, unit: ValueUnit, scale: PriceScale, words: Words) -> str:
    """A value of an indicator, as fine as its pane shows it; ``–`` where there is none."""
    if math.isnan(value):
        return "–"
    if unit is ValueUnit.AMOUNT:
        return ("-" if value < 0 else "") + compact(abs(value), words)
    decimals = max(0, 2 - math.floor(math.log10(scale.high - scale.low)))
    # Of a strength from 0 to 100 two decimals are the custom.
    decimals = decimals if unit is ValueUnit.PRICE else max(decimals, 2)
    return f"{value:z,.{decimals}f}"


def percent(ratio: float) -> str:
    """A change with its sign: ``+1.23%``."""
    return f"{ratio * 100:+.2f}%"


def _short(number: float) -> str:
    # Four-digit units reach 9999; from there on decimals say nothing.
    if number >= 99.95 or number == 0:
        return f"{number:,.0f}"
    if number >= 9.995:
        return f"{number:.1f}"
    return f"{number:.2f}" if number >= 0.1 else f"{number:.3g}"


def _moment(time: int, zone: TimeZone) -> datetime:
    return datetime.fromtimestamp((time + zone.offset_ms) / 1000, UTC)
