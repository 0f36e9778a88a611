"""Moving averages on the price: MA, EMA and WMA. Pure."""

from __future__ import annotations

from .spec import IndicatorSpec, Parameter, Plot, Title, ValueUnit
from .stretch import Floats, Stretch

__all__ = ["EMA", "MA", "WMA"]

_NO_TITLE = Title("", "")
_LENGTH = Parameter("length", Title("기간", "Length"), 20, 1, 1000)


def _simple(stretch: Stretch, length: int) -> tuple[Floats, ...]:
    return (stretch.mean(stretch.close, length),)


def _exponential(stretch: Stretch, length: int) -> tuple[Floats, ...]:
    return (stretch.exponential_mean(stretch.close, length),)


def _weighted(stretch: Stretch, length: int) -> tuple[Floats, ...]:
    return (stretch.weighted_mean(stretch.close, length),)


MA = IndicatorSpec(
    key="ma",
    title=Title("이동평균선", "Moving average"),
    short="MA",
    function=_simple,
    plots=(Plot(_NO_TITLE, "line_1"),),
    parameters=(_LENGTH,),
    on_price=True,
    unit=ValueUnit.PRICE,
)

EMA = IndicatorSpec(
    key="ema",
    title=Title("지수이동평균선", "Exponential moving average"),
    short="EMA",
    function=_exponential,
    plots=(Plot(_NO_TITLE, "line_1"),),
    parameters=(_LENGTH,),
    on_price=True,
    unit=ValueUnit.PRICE,
)

WMA = IndicatorSpec(
    key="wma",
    title=Title("가중이동평균선", "Weighted moving average"),
    short="WMA",
    function=_weighted,
    plots=(Plot(_NO_TITLE, "line_1"),),
    parameters=(_LENGTH,),
    on_price=True,
    unit=ValueUnit.PRICE,
)
