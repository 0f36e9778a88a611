"""Which way prices press, in panes: RSI, MACD and Stochastic. Pure."""

from __future__ import annotations

import numpy as np

from .spec import IndicatorSpec, Parameter, Plot, PlotKind, Title, ValueUnit
from .stretch import Floats, Stretch

__all__ = ["MACD", "RSI", "STOCHASTIC"]


def _percent(part: Floats, whole: Floats) -> Floats:
    """``part`` of ``whole`` in percent; 50 where there is neither: nothing presses either way."""
    empty = whole == 0
    return np.where(empty, 50.0, 100.0 * part / np.where(empty, 1.0, whole))


def _relative_strength(stretch: Stretch, length: int) -> tuple[Floats, ...]:
    change = stretch.close - stretch.before(stretch.close)
    gain = stretch.smoothed(np.maximum(change, 0.0), length)
    loss = stretch.smoothed(np.maximum(-change, 0.0), length)
    return (_percent(gain, gain + loss),)


def _convergence(stretch: Stretch, fast: int, slow: int, signal: int) -> tuple[Floats, ...]:
    # Both begin at the same bar, as in TA-Lib; so the faster one leaves out the first bars.
    longest = max(fast, slow)
    lines = [
        stretch.exponential_mean(stretch.without_first(stretch.close, longest - length), length)
        for length in (fast, slow)
    ]
    difference = lines[0] - lines[1]
    average = stretch.exponential_mean(difference, signal)
    return difference, average, difference - average


def _stochastic(stretch: Stretch, length: int, smooth: int, signal: int) -> tuple[Floats, ...]:
    lowest = stretch.lowest(stretch.low, length)
    highest = stretch.highest(stretch.high, length)
    k = stretch.mean(_percent(stretch.close - lowest, highest - lowest), smooth)
    return k, stretch.mean(k, signal)


RSI = IndicatorSpec(
    key="rsi",
    title=Title("상대강도지수", "Relative strength index"),
    short="RSI",
    function=_relative_strength,
    plots=(Plot(Title("", ""), "line_1"),),
    parameters=(Parameter("length", Title("기간", "Length"), 14, 1, 1000),),
    limits=(0.0, 100.0),
    levels=(30.0, 70.0),
)

MACD = IndicatorSpec(
    key="macd",
    title=Title("이동평균 수렴·확산", "Moving average convergence and divergence"),
    short="MACD",
    function=_convergence,
    plots=(
        Plot(Title("MACD", "MACD"), "line_1"),
        Plot(Title("시그널", "Signal"), "line_2"),
        Plot(Title("오실레이터", "Histogram"), "direction", PlotKind.HISTOGRAM),
    ),
    parameters=(
        Parameter("fast", Title("단기", "Fast"), 12, 1, 1000),
        Parameter("slow", Title("장기", "Slow"), 26, 1, 1000),
        Parameter("signal", Title("시그널", "Signal"), 9, 1, 1000),
    ),
    unit=ValueUnit.PRICE,
    levels=(0.0,),
)

STOCHASTIC = IndicatorSpec(
    key="stochastic",
    title=Title("스토캐스틱", "Stochastic"),
    short="Stoch",
    function=_stochastic,
    plots=(Plot(Title("%K", "%K"), "line_1"), Plot(Title("%D", "%D"), "line_2")),
    parameters=(
        Parameter("length", Title("기간", "Length"), 14, 1, 1000),
        Parameter("smooth", Title("%K 평활", "%K smoothing"), 3, 1, 1000),
        Parameter("signal", Title("%D 기간", "%D length"), 3, 1, 1000),
    ),
    limits=(0.0, 100.0),
    levels=(20.0, 80.0),
)
