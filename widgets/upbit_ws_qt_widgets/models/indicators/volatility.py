"""How far prices swing: Bollinger bands on the price, ATR in a pane. Pure."""

from __future__ import annotations

import numpy as np

from .spec import Fill, IndicatorSpec, Parameter, Plot, Title, ValueUnit
from .stretch import Floats, Stretch

__all__ = ["ATR", "BOLLINGER"]


def _bollinger(stretch: Stretch, length: int, width: float) -> tuple[Floats, ...]:
    middle = stretch.mean(stretch.close, length)
    distance = width * stretch.deviation(stretch.close, length)
    return middle, middle + distance, middle - distance


def _true_range(stretch: Stretch, length: int) -> tuple[Floats, ...]:
    # The first bar has no close before it, so no range: as in TA-Lib.
    close = stretch.before(stretch.close)
    true_range = np.maximum(stretch.high, close) - np.minimum(stretch.low, close)
    return (stretch.smoothed(true_range, length),)


BOLLINGER = IndicatorSpec(
    key="bollinger",
    title=Title("볼린저 밴드", "Bollinger bands"),
    short="BB",
    function=_bollinger,
    plots=(
        Plot(Title("중심선", "Middle"), "line_1"),
        Plot(Title("상단", "Upper"), "line_2"),
        Plot(Title("하단", "Lower"), "line_2"),
    ),
    parameters=(
        Parameter("length", Title("기간", "Length"), 20, 1, 1000),
        Parameter("width", Title("표준편차", "Deviations"), 2.0, 0.1, 10.0),
    ),
    on_price=True,
    fills=(Fill(1, 2, "line_2", "line_2"),),
    unit=ValueUnit.PRICE,
)

ATR = IndicatorSpec(
    key="atr",
    title=Title("평균 실질 변동폭", "Average true range"),
    short="ATR",
    function=_true_range,
    plots=(Plot(Title("", ""), "line_1"),),
    parameters=(Parameter("length", Title("기간", "Length"), 14, 1, 1000),),
    unit=ValueUnit.PRICE,
)
