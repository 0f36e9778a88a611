"""The Ichimoku cloud on the price: five lines, three of them displaced. Pure."""

from __future__ import annotations

from .spec import Fill, IndicatorSpec, Parameter, Plot, Title, ValueUnit
from .stretch import Floats, Stretch

__all__ = ["ICHIMOKU"]


def _cloud(
    stretch: Stretch, conversion: int, base: int, span: int, _displacement: int
) -> tuple[Floats, ...]:
    turning, standard, second = (
        (stretch.highest(stretch.high, length) + stretch.lowest(stretch.low, length)) / 2
        for length in (conversion, base, span)
    )
    return turning, standard, (turning + standard) / 2, second, stretch.close


# The bar itself counts as the first of the bars it is displaced by, as is the custom.
def _ahead(_conversion: int, _base: int, _span: int, displacement: int) -> int:
    return displacement - 1


def _behind(_conversion: int, _base: int, _span: int, displacement: int) -> int:
    return 1 - displacement


ICHIMOKU = IndicatorSpec(
    key="ichimoku",
    title=Title("일목균형표", "Ichimoku cloud"),
    short="Ichimoku",
    function=_cloud,
    plots=(
        Plot(Title("전환선", "Conversion"), "line_1"),
        Plot(Title("기준선", "Base"), "line_2"),
        Plot(Title("선행스팬 1", "Leading span 1"), "rise", shift=_ahead),
        Plot(Title("선행스팬 2", "Leading span 2"), "fall", shift=_ahead),
        Plot(Title("후행스팬", "Lagging span"), "line_3", shift=_behind),
    ),
    parameters=(
        Parameter("conversion", Title("전환선", "Conversion"), 9, 1, 1000),
        Parameter("base", Title("기준선", "Base"), 26, 1, 1000),
        Parameter("span", Title("선행스팬 2", "Leading span 2"), 52, 1, 1000),
        Parameter("displacement", Title("이동", "Displacement"), 26, 1, 1000),
    ),
    on_price=True,
    fills=(Fill(2, 3, "rise", "fall"),),
    unit=ValueUnit.PRICE,
)
