"""Candles and trades that a test can reckon with. Tests only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from upbit_ws_qt.events import CandleEvent, TradeEvent
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_resources import translations
from upbit_ws_qt_widgets.models.bars import BAR_DTYPE, Bar
from upbit_ws_qt_widgets.models.candle_input import page_of
from upbit_ws_qt_widgets.models.chart_compare import Comparison
from upbit_ws_qt_widgets.models.chart_layout import TextMetrics
from upbit_ws_qt_widgets.models.chart_state import ChartState

#: 2026-01-02 00:00 UTC, a Friday; 09:00 in Korea.
START = int(datetime(2026, 1, 2, tzinfo=UTC).timestamp()) * 1000
MINUTE = 60_000
DAY = 86_400_000
TEXT = TextMetrics(digit=8.0, mark=4.0, height=16.0)


def bar(index: int, close: float = 100.0, volume: float = 1.0, *, step: int = MINUTE) -> Bar:
    """Bar ``index`` after ``START``, two units tall around its close, which is its open too."""
    time = START + index * step
    return Bar(time, close, close + 1, close - 1, close, volume, volume * close)


def rows(indices: Sequence[int], *, step: int = MINUTE) -> npt.NDArray[np.void]:
    """Rows of bars whose close is 1000 plus their index."""
    return np.array([bar(index, 1000.0 + index, step=step) for index in indices], BAR_DTYPE)


def wave(count: int, *, step: int = MINUTE, price: float = 100_000.0) -> npt.NDArray[np.void]:
    """So many bars that rise and fall by about a tenth."""
    made = np.zeros(count, BAR_DTYPE)
    made["time"] = START + np.arange(count) * step
    close = np.rint(price * (1 + 0.1 * np.sin(np.arange(count) / 17)))
    made["close"], made["open"] = close, np.concatenate((close[:1], close[:-1]))
    made["high"] = np.maximum(made["open"], close) + price // 200
    made["low"] = np.minimum(made["open"], close) - price // 200
    made["volume"] = 1 + np.arange(count) % 7
    made["value"] = made["volume"] * close
    return made


def candle(
    index: int,
    close: float = 100.0,
    *,
    market: str = "KRW-BTC",
    unit: str = "1m",
    at: int | None = None,
    **changes: Any,
) -> CandleEvent:
    """The event of ``bar(index)``; ``at`` is its time stamp, by default its start."""
    step = Timeframe.parse(unit).duration_ms
    start = START + index * step
    moment = datetime.fromtimestamp(start / 1000, UTC)
    fields: dict[str, Any] = {
        "type": f"candle.{unit}",
        "code": market,
        "timestamp": start if at is None else at,
        "candle_date_time_utc": moment.strftime("%Y-%m-%dT%H:%M:%S"),
        "opening_price": close,
        "high_price": close + 1,
        "low_price": close - 1,
        "trade_price": close,
        "candle_acc_trade_volume": 1.0,
        "candle_acc_trade_price": close,
    }
    return CandleEvent(**{**fields, **changes})


def trade(
    time: int, price: float = 100.0, volume: float = 1.0, *, number: int, market: str = "KRW-BTC"
) -> TradeEvent:
    """A trade at ``time`` (ms) with the exchange's ``number``."""
    return TradeEvent(
        type="trade",
        code=market,
        timestamp=time + 5,
        trade_timestamp=time,
        trade_price=price,
        trade_volume=volume,
        ask_bid="BID",
        sequential_id=number,
    )


def chart(
    candles: npt.NDArray[np.void] | None = None,
    *,
    width: float = 800.0,
    height: float = 480.0,
    ratio: float = 1.0,
    language: str = "en",
    timeframe: Timeframe = Timeframe.MINUTE_1,
) -> ChartState:
    """The state of a chart of this size with these candles."""
    state = ChartState(timeframe)
    state.words = translations(language)
    state.tick_size = lambda _: 1.0
    state.resize(width, height, ratio, TEXT)
    if candles is not None:
        state.load(page_of(candles), keep_newer=False)
    return state


def second(indices: Sequence[int], *, market: str = "KRW-ETH") -> Comparison:
    """A second market in minutes, whose close at index i is 1000 + i; others have no bar."""
    comparison = Comparison(market, Timeframe.MINUTE_1)
    comparison.series.load(page_of(rows(indices)), keep_newer=False)
    return comparison
