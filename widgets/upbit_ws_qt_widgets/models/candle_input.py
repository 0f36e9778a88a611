"""Candles from outside, checked and brought into one form. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.events import CandleEvent
from upbit_ws_qt.timeframe import Timeframe

from .bars import BAR_DTYPE, LATEST_MS, Bar

__all__ = ["CandlePage", "bar_of", "page_of"]


@dataclass(frozen=True, slots=True, eq=False)
class CandlePage:
    """Candles in ascending order, one for each start.

    ``rows`` has the type ``BAR_DTYPE``. ``timestamps`` says up to which ms each row is the
    exchange's truth, or is None when nobody knows (rows from an array). ``market`` and
    ``timeframe`` are those of the events, empty and None for rows from an array.
    """

    rows: npt.NDArray[np.void]
    timestamps: npt.NDArray[np.int64] | None = None
    market: str = ""
    timeframe: Timeframe | None = None


def page_of(candles: Sequence[CandleEvent] | npt.NDArray[Any]) -> CandlePage:
    """Read events or a structured array, in any order; the last of several with one start holds.

    Raises:
        InvalidRequest: says which candle is wrong and what was expected. Nothing was taken.
    """
    if isinstance(candles, np.ndarray):
        rows, page = _rows_of_array(candles), CandlePage(np.empty(0, BAR_DTYPE))
        timestamps = None
    else:
        events = _events_of(candles)
        page = _identity_of(events)
        rows = np.array([_figures(event) for event in events], BAR_DTYPE)
        timestamps = np.array([event.timestamp for event in events], np.int64)
    _check(rows)
    times = rows["time"]
    if len(rows) > 1 and not bool((times[1:] > times[:-1]).all()):
        newest_last = np.argsort(times, kind="stable")
        is_last = np.append(times[newest_last][1:] != times[newest_last][:-1], True)
        chosen = newest_last[is_last]
        rows = rows[chosen]
        timestamps = None if timestamps is None else timestamps[chosen]
    return CandlePage(rows, timestamps, page.market, page.timeframe)


def bar_of(event: object) -> Bar:
    """The bar of one event.

    Raises:
        InvalidRequest: it is no candle, or its numbers contradict each other.
    """
    bar = Bar(*_figures(_checked_event(event, "a candle")))
    if not _is_sound(bar):
        raise InvalidRequest(_complaint("the candle", bar))
    return bar


def _figures(event: CandleEvent) -> tuple[int, float, float, float, float, float, float]:
    return (
        event.start_ms,
        event.open_price,
        event.high_price,
        event.low_price,
        event.close_price,
        event.volume,
        event.value,
    )


def _checked_event(event: object, name: str) -> CandleEvent:
    if not isinstance(event, CandleEvent):
        raise InvalidRequest(f"{name} must be a CandleEvent; got {type(event).__name__}")
    return event


def _events_of(candles: object) -> tuple[CandleEvent, ...]:
    if not isinstance(candles, Iterable):
        raise InvalidRequest(
            "a sequence of CandleEvent or a structured array is expected; "
            f"got {type(candles).__name__}"
        )
    given = enumerate(cast("Iterable[object]", candles))
    return tuple(_checked_event(event, f"candle {index}") for index, event in given)


def _identity_of(events: tuple[CandleEvent, ...]) -> CandlePage:
    kinds = {(event.symbol, event.type): event for event in events}
    if len(kinds) > 1:
        named = ", ".join(f"{market} {kind}" for market, kind in sorted(kinds)[:3])
        raise InvalidRequest(f"candles of one market and unit are expected; got {named}")
    for (market, _), event in kinds.items():
        return CandlePage(np.empty(0, BAR_DTYPE), None, market, event.timeframe)
    return CandlePage(np.empty(0, BAR_DTYPE))


def _rows_of_array(array: npt.NDArray[Any]) -> npt.NDArray[np.void]:
    names = BAR_DTYPE.names or ()
    given = array.dtype.names or ()
    missing = [name for name in names if name not in given]
    if missing or array.ndim != 1:
        raise InvalidRequest(
            f"a one-dimensional structured array with the fields {', '.join(names)} is expected; "
            + (f"{', '.join(missing)} missing" if missing else f"got {array.ndim} dimensions")
        )
    if array.dtype["time"].kind not in "iu":
        raise InvalidRequest(f"time must be whole ms since 1970; got {array.dtype['time']}")
    rows = np.empty(len(array), BAR_DTYPE)
    for name in names:
        try:
            rows[name] = array[name]
        except (TypeError, ValueError) as error:
            raise InvalidRequest(f"{name} must be numbers; got {array.dtype[name]}") from error
    return rows


def _check(rows: npt.NDArray[np.void]) -> None:
    if not len(rows):
        return
    highest = np.maximum(rows["open"], rows["close"])
    lowest = np.minimum(rows["open"], rows["close"])
    # A comparison with NaN is False, so NaN is caught by asking for what must hold.
    sound = (rows["high"] >= highest) & (rows["low"] <= lowest) & (rows["low"] > 0)
    sound &= (rows["volume"] >= 0) & (rows["value"] >= 0) & (rows["time"] >= 0)
    sound &= rows["time"] < LATEST_MS
    for name in ("high", "volume", "value"):
        sound &= np.isfinite(rows[name])
    if not bool(sound.all()):
        index = int(np.argmin(sound))
        raise InvalidRequest(_complaint(f"candle {index}", Bar(*rows[index].tolist())))


def _is_sound(bar: Bar) -> bool:
    return (
        bar.high >= max(bar.open, bar.close)
        and 0 < bar.low <= min(bar.open, bar.close)
        and bar.volume >= 0
        and bar.value >= 0
        and 0 <= bar.time < LATEST_MS
        and all(map(math.isfinite, bar[1:]))
    )


def _complaint(name: str, bar: Bar) -> str:
    return (
        f"{name} needs a time in ms since 1970, finite figures, 0 < low ≤ open, close ≤ high, "
        "volume and value ≥ 0; "
        f"got time={bar.time} open={bar.open:g} high={bar.high:g} low={bar.low:g} "
        f"close={bar.close:g} volume={bar.volume:g} value={bar.value:g}"
    )
