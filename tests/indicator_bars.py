"""Bars for indicators, and their values by the plainest way: all at once. Tests only."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.chart_bars import MINUTE, START
from upbit_ws_qt_widgets.models.bars import BAR_DTYPE, Bars
from upbit_ws_qt_widgets.models.indicators import Indicator, Stretch
from upbit_ws_qt_widgets.models.indicators.stretch import Floats, Memory

FIGURES = ("open", "high", "low", "close", "volume", "value")


def walk(
    count: int, *, seed: int = 1, price: float = 100.0, step: int = MINUTE
) -> npt.NDArray[np.void]:
    """So many bars of a random walk, some intervals left out; the same ones for each seed."""
    chance = np.random.default_rng(seed)
    made = np.zeros(count, BAR_DTYPE)
    made["time"] = START + np.cumsum(chance.integers(1, 4, count)) * step
    close = price * np.exp(np.cumsum(chance.normal(0, 0.01, count)))
    made["close"], made["open"] = close, np.concatenate((close[:1], close[:-1]))
    made["high"] = np.maximum(made["open"], close) * (1 + chance.random(count) / 100)
    made["low"] = np.minimum(made["open"], close) * (1 - chance.random(count) / 100)
    made["volume"] = chance.exponential(3.0, count)
    made["value"] = made["volume"] * (made["high"] + made["low"]) / 2
    return made


def stretch_of(rows: npt.NDArray[np.void], memory: Memory | None = None) -> Stretch:
    """These rows as the bars that follow those of ``memory``."""
    figures = np.array([rows[name] for name in FIGURES])
    return Stretch(rows["time"].copy(), figures, memory)


def at_once(indicator: Indicator, rows: npt.NDArray[np.void]) -> Floats:
    """The values of all bars, shape (plots, n)."""
    return np.array(indicator.values(stretch_of(rows)))


def in_blocks(indicator: Indicator, rows: npt.NDArray[np.void], cuts: Sequence[int]) -> Floats:
    """The same, worked out from one cut to the next."""
    parts: list[Floats] = []
    memory: Memory | None = None
    edges = [0, *sorted({cut for cut in cuts if 0 < cut < len(rows)}), len(rows)]
    for start, stop in itertools.pairwise(edges):
        stretch = stretch_of(rows[start:stop], memory)
        parts.append(np.array(indicator.values(stretch)))
        memory = stretch.memory
    return np.concatenate(parts, axis=1)


def bars_of(rows: npt.NDArray[np.void]) -> Bars:
    """A series of just these rows."""
    bars = Bars()
    bars.replace(rows)
    return bars


def ta_lib() -> Any:
    """The library that values are compared with; the test is skipped without it."""
    return pytest.importorskip("talib", reason="TA-Lib is not installed (pip install --group test)")


def pandas() -> Any:
    """The same for what TA-Lib does not have."""
    return pytest.importorskip(
        "pandas", reason="pandas is not installed (pip install --group test)"
    )
