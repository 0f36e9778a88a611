"""What was traded with the prices: VWAP on the price, OBV in a pane. Pure."""

from __future__ import annotations

import numpy as np

from .spec import IndicatorSpec, Plot, Title, ValueUnit
from .stretch import Floats, Stretch

__all__ = ["OBV", "VWAP"]

_DAY_MS = 86_400_000


def _average_price(stretch: Stretch) -> tuple[Floats, ...]:
    # The exchange's day begins at 09:00 in Korea, which is midnight UTC (docs.upbit.com, Candles).
    day = stretch.times // _DAY_MS
    opens = day != stretch.before(day)
    value = stretch.total(stretch.value, opens)
    volume = stretch.total(stretch.volume, opens)
    return (value / np.where(volume > 0, volume, np.nan),)


def _on_balance(stretch: Stretch) -> tuple[Floats, ...]:
    close = stretch.before(stretch.close)
    # The first bar counts as rising, as in TA-Lib.
    direction = np.where(np.isnan(close), 1.0, np.sign(stretch.close - close))
    return (stretch.total(direction * stretch.volume),)


VWAP = IndicatorSpec(
    key="vwap",
    title=Title("거래량 가중 평균 가격", "Volume-weighted average price"),
    short="VWAP",
    function=_average_price,
    plots=(Plot(Title("", ""), "line_1"),),
    on_price=True,
    unit=ValueUnit.PRICE,
)

OBV = IndicatorSpec(
    key="obv",
    title=Title("누적 균형 거래량", "On-balance volume"),
    short="OBV",
    function=_on_balance,
    plots=(Plot(Title("", ""), "line_1"),),
    unit=ValueUnit.AMOUNT,
)
