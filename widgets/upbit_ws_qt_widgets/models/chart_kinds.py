"""The kinds of bars a chart draws, and the prices each kind shows. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .bars import CLOSE, HIGH, LOW, OPEN, VOLUME, Bars
from .indicators import IndicatorSeries, IndicatorSpec, Plot, Stretch, Title
from .indicators.recursions import follow

__all__ = ["ChartKind", "ColourRule", "DrawnPrices", "Look", "Prices"]

_Floats = npt.NDArray[np.float64]


class ChartKind(enum.StrEnum):
    """How a bar is drawn."""

    SOLID = "solid"
    #: Where the close is not below the open, the body is empty.
    HOLLOW = "hollow"
    #: Where the close is below the open, the body is empty.
    DOWN_HOLLOW = "down_hollow"
    #: All bodies are empty.
    OUTLINE = "outline"
    #: Candles of averaged prices.
    HEIKIN_ASHI = "heikin_ashi"
    #: Open to the left and close to the right of a line from low to high.
    BARS = "bars"
    #: A line through the closes.
    LINE = "line"
    #: The same, and the space below it filled.
    AREA = "area"

    @property
    def is_line(self) -> bool:
        """Whether only closes are drawn."""
        return self in (ChartKind.LINE, ChartKind.AREA)


class ColourRule(enum.StrEnum):
    """What a close is compared with for its colour."""

    OPEN = "open"
    #: The close of the bar before.
    PREVIOUS = "previous"


@dataclass(frozen=True, slots=True)
class Look:
    """How the bars of a chart look; ``amount`` is VOLUME or VALUE.

    With ``empty_bars`` an interval in which nobody traded has a flat bar, else none.
    """

    kind: ChartKind = ChartKind.SOLID
    rule: ColourRule = ColourRule.OPEN
    amount: int = VOLUME
    empty_bars: bool = False

    @property
    def by_previous(self) -> bool:
        """Whether colours compare with the bar before; of hollow candles bodies tell the rest."""
        return self.rule is ColourRule.PREVIOUS or self.kind is ChartKind.HOLLOW


class Prices(NamedTuple):
    """What is drawn of each bar; views, valid until the next change of the bars.

    ``peak`` and ``trough`` are the highest and lowest price to be named; averaged candles reach
    elsewhere.
    """

    open: _Floats
    high: _Floats
    low: _Floats
    close: _Floats
    peak: _Floats
    trough: _Floats


def _averaged(stretch: Stretch) -> tuple[_Floats, ...]:
    close = (stretch.open + stretch.high + stretch.low + stretch.close) / 4
    before = stretch.before(close)
    # An open is the middle of the former open and close: an average that follows the closes.
    former = np.where(np.isnan(before), (stretch.open + stretch.close) / 2, before)
    open_ = stretch.step(follow, former, 0.5, 1)
    high = np.maximum(stretch.high, np.maximum(open_, close))
    low = np.minimum(stretch.low, np.minimum(open_, close))
    return open_, high, low, close


_HEIKIN_ASHI = IndicatorSpec(
    key="heikin_ashi",
    title=Title("하이킨아시", "Heikin-Ashi"),
    short="HA",
    function=_averaged,
    plots=tuple(
        Plot(Title(ko, en), "line_1")
        for ko, en in (("시가", "Open"), ("고가", "High"), ("저가", "Low"), ("종가", "Close"))
    ),
    on_price=True,
)


# State: the averaged prices, worked out while they are drawn.
class DrawnPrices:
    """The prices a chart draws, which are not always those of its bars."""

    def __init__(self) -> None:
        self._averaged = IndicatorSeries(_HEIKIN_ASHI.chosen())

    def of(self, bars: Bars, kind: ChartKind) -> Prices:
        """The prices of ``bars`` for this kind."""
        figures = bars.figures
        high, low, close = figures[HIGH], figures[LOW], figures[CLOSE]
        if kind.is_line:
            return Prices(figures[OPEN], close, close, close, close, close)
        if kind is ChartKind.HEIKIN_ASHI:
            self._averaged.update(bars)
            open_, *drawn = self._averaged.values
            return Prices(open_, drawn[0], drawn[1], drawn[2], high, low)
        return Prices(figures[OPEN], high, low, close, high, low)
