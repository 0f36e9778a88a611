"""What the chart writes: times in Korea, count-downs, large numbers. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from upbit_ws_qt.timeframe import Timeframe

from .chart_scale import PriceScale
from .chart_time import DAY_MS, KST_MS, Landmark
from .indicators import ValueUnit

__all__ = [
    "axis_time",
    "compact",
    "countdown",
    "full_time",
    "percent",
    "value_text",
    "volume_text",
]

Words = Mapping[str, str]
"""The texts of one language by key."""


def axis_time(time: int, landmark: Landmark, words: Words) -> str:
    """The label of a tick on the time axis at ``time`` (ms)."""
    moment = _kst(time)
    if landmark in (Landmark.SECOND, Landmark.MINUTE):
        return moment.strftime("%H:%M:%S" if landmark is Landmark.SECOND else "%H:%M")
    # A day that begins at 09:00 in Korea has one date there. Where nobody traded until after
    # midnight, the first bar has the next one, and that is when it was.
    if landmark is Landmark.YEAR:
        return str(moment.year)
    if landmark is Landmark.MONTH:
        return words["chart.months"].split(",")[moment.month - 1]
    return f"{moment.month}/{moment.day}"


def full_time(time: int, timeframe: Timeframe, words: Words) -> str:
    """The start of a bar in full, as far as its unit is fine."""
    moment = _kst(time)
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


def _kst(time: int) -> datetime:
    return datetime.fromtimestamp((time + KST_MS) / 1000, UTC)
