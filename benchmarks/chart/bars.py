"""The same bars for every chart: a seeded random walk. Needs numpy alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

MINUTE_MS = 60_000
AVERAGES = (5, 20, 60)

_START = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp()) * 1000
_FIELDS = ("time", "open", "high", "low", "close", "volume", "value")


def bars(count: int) -> Any:
    """So many minutes around 100,000,000, as a structured array; prices are whole thousands."""
    random = np.random.default_rng(7)
    made = np.zeros(count, [(name, "<i8" if name == "time" else "<f8") for name in _FIELDS])
    made["time"] = _START + np.arange(count, dtype=np.int64) * MINUTE_MS
    steps = random.normal(0, 40, count)
    close = np.rint(100_000 + 8_000 * np.sin(np.cumsum(steps) / 20_000)) * 1000
    made["close"], made["open"] = close, np.concatenate((close[:1], close[:-1]))
    made["high"] = np.maximum(made["open"], close) + random.integers(0, 60, count) * 1000
    made["low"] = np.minimum(made["open"], close) - random.integers(0, 60, count) * 1000
    made["volume"] = random.exponential(2.0, count)
    made["value"] = made["volume"] * close
    return made


def average(closes: Any, period: int) -> Any:
    """The mean of each close and those before it, for charts that are given their averages."""
    sums = np.cumsum(np.concatenate(([0.0], closes)))
    means = np.full(len(closes), np.nan)
    means[period - 1 :] = (sums[period:] - sums[:-period]) / period
    return means


def close_after(last: Any, number: int) -> float:
    """The price of tick ``number``: another one than before, inside of the last bar's range.

    Inside, so that no chart has to scale itself anew: the ordinary tick.
    """
    low, high = float(last["low"]), float(last["high"])
    return low + (high - low) * (1 + number % 7) / 8
