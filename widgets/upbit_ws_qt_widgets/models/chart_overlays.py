"""The indicators of a chart, over its bars and in panes, with values and colours. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, cast

from upbit_ws_qt.errors import InvalidRequest

from .bars import Bars
from .indicators import INDICATORS, Indicator, IndicatorSeries, PlotKind
from .indicators.averages import MA
from .indicators.stretch import Floats

__all__ = ["MOST_INDICATORS", "Overlay", "OverlayFill", "OverlayPlot", "Overlays"]

MOST_INDICATORS = 12
"""The most a chart shows."""

_COLOURS = 3


class OverlayPlot(NamedTuple):
    """One line: its colour role, how many bars later it is drawn, and a value for each bar.

    A histogram has bars from zero instead; the role ``direction`` is a colour for each side.
    """

    role: str
    shift: int
    values: Floats
    is_histogram: bool = False


class OverlayFill(NamedTuple):
    """The space between two plots by their indices; ``role`` where the first is the upper one."""

    first: int
    second: int
    role: str
    below: str


class Overlay(NamedTuple):
    """One indicator with its lines, valid until the next change of the bars."""

    indicator: Indicator
    plots: tuple[OverlayPlot, ...]
    fills: tuple[OverlayFill, ...] = ()


# State: the series of each chosen indicator, in the order of choice.
class Overlays:
    """The indicators a chart shows, at first three moving averages.

    Lines on the price take the colours of the theme in turn, so that two averages are two colours;
    those of each pane begin with the first one.
    """

    def __init__(self) -> None:
        self._series: tuple[IndicatorSeries, ...] = ()
        self.choose_averages((5, 20, 60))

    @property
    def chosen(self) -> tuple[Indicator, ...]:
        """The indicators."""
        return tuple(series.indicator for series in self._series)

    def choose(self, indicators: Sequence[Indicator]) -> None:
        """Show these; what is worked out of one that stays is kept.

        Raises:
            InvalidRequest: they are too many.
        """
        _check_count(indicators)
        known = {series.indicator: series for series in self._series}
        self._series = tuple(known.get(one) or IndicatorSeries(one) for one in indicators)

    @property
    def averages(self) -> tuple[int, ...]:
        """The lengths of the moving averages."""
        return tuple(int(one.settings[0]) for one in self.chosen if one.spec is MA)

    @property
    def in_panes(self) -> tuple[Indicator, ...]:
        """Those that have a pane of their own."""
        return tuple(one for one in self.chosen if not one.spec.on_price)

    def choose_averages(self, lengths: Iterable[int]) -> None:
        """Show these moving averages before all else.

        Raises:
            InvalidRequest: together with the others they are too many.
        """
        others = [one for one in self.chosen if one.spec is not MA]
        self.choose([*(MA.chosen({"length": length}) for length in lengths), *others])

    def saved(self) -> list[dict[str, object]]:
        """The indicators as plain data for ``checked``."""
        return [one.saved() for one in self.chosen]

    @staticmethod
    def checked(saved: object) -> tuple[Indicator, ...]:
        """The indicators that ``saved`` gave.

        Raises:
            InvalidRequest: it is nothing of the kind, or they are too many.
        """
        if not isinstance(saved, list | tuple):
            raise InvalidRequest(f"a list of indicators is expected; got {saved!r}")
        chosen = tuple(INDICATORS.restored(one) for one in cast("Sequence[object]", saved))
        _check_count(chosen)
        return chosen

    def on_price(self, bars: Bars) -> list[Overlay]:
        """Those over the bars, with their values for ``bars`` as they are now."""
        overlays: list[Overlay] = []
        before = 0
        for series in self._series:
            if series.indicator.spec.on_price:
                overlays.append(_overlay(series, bars, before))
                own = {plot.role for plot in series.indicator.spec.plots}
                before += len({role for role in own if role.startswith("line_")})
        return overlays

    def pane(self, subject: Indicator, bars: Bars) -> Overlay:
        """One of ``in_panes`` with its values for ``bars`` as they are now."""
        series = next(one for one in self._series if one.indicator == subject)
        return _overlay(series, bars, 0)


def _overlay(series: IndicatorSeries, bars: Bars, before: int) -> Overlay:
    """The lines of one indicator, after ``before`` colours are taken."""
    series.update(bars)
    indicator = series.indicator
    spec = indicator.spec
    plots = tuple(
        OverlayPlot(_colour(plot.role, before), shift, values, plot.kind is PlotKind.HISTOGRAM)
        for plot, shift, values in zip(spec.plots, indicator.shifts, series.values, strict=True)
    )
    fills = tuple(
        OverlayFill(
            fill.first, fill.second, _colour(fill.role, before), _colour(fill.below, before)
        )
        for fill in spec.fills
    )
    return Overlay(indicator, plots, fills)


def _check_count(indicators: Sequence[Indicator]) -> None:
    if len(indicators) > MOST_INDICATORS:
        labels = ", ".join(one.label for one in indicators)
        raise InvalidRequest(f"up to {MOST_INDICATORS} indicators are expected; got {labels}")


def _colour(role: str, before: int) -> str:
    """The role of the theme for one of an indicator."""
    name, _, number = role.partition("_")
    return role if name != "line" else f"average_{(before + int(number) - 1) % _COLOURS + 1}"
