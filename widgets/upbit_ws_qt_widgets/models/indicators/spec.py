"""What an indicator is: its function, its settings and how its values are drawn. Pure."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from upbit_ws_qt.errors import InvalidRequest

from .stretch import Floats, Stretch

__all__ = [
    "Fill",
    "Indicator",
    "IndicatorSpec",
    "Parameter",
    "Plot",
    "PlotKind",
    "Title",
    "ValueUnit",
]


_ROLE = re.compile("line_[1-9]|rise|fall|even")


class Title(NamedTuple):
    """A name in both languages."""

    ko: str
    en: str

    def text(self, language: str) -> str:
        """The name in ``ko``, or in English."""
        return self.ko if language == "ko" else self.en


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number the user may choose; whole if ``default`` is an int."""

    name: str
    title: Title
    default: float
    lowest: float
    highest: float

    def checked(self, value: object) -> float:
        """``value`` if it is one to choose.

        Raises:
            InvalidRequest: says what is expected.
        """
        whole = isinstance(self.default, int)
        if (
            (isinstance(value, int) or (isinstance(value, float) and not whole))
            and not isinstance(value, bool)
            and self.lowest <= value <= self.highest
        ):
            return value
        kind = "a whole number" if whole else "a number"
        raise InvalidRequest(
            f"{self.name} must be {kind} from {self.lowest:g} to {self.highest:g}; got {value!r}"
        )


class PlotKind(enum.StrEnum):
    """How the values of a plot are drawn."""

    LINE = "line"
    #: Bars from 0 to the value.
    HISTOGRAM = "histogram"


_TWO_COLOURS = (PlotKind.HISTOGRAM, "direction")


def _no_shift(*_settings: float) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Plot:
    """One array of values on the chart.

    Args:
        title: its name in the legend; empty where the indicator's own is enough.
        role: its colour: ``line_1``, ``line_2`` … for the first, second … of the indicator's own
            lines, or ``rise``, ``fall`` or ``even`` of the theme; for a histogram also
            ``direction``: one colour above 0 and another below.
        kind: a line or a histogram.
        shift: of the settings, how many bars later than its own bar a value is drawn; below 0,
            earlier. So a line may go on after the newest bar.
    """

    title: Title
    role: str
    kind: PlotKind = PlotKind.LINE
    shift: Callable[..., int] = _no_shift


@dataclass(frozen=True, slots=True)
class Fill:
    """The area between two plots, given by their places in ``plots``.

    ``role`` colours it where the first is above the second, ``below`` where it is not.
    """

    first: int
    second: int
    role: str
    below: str


class ValueUnit(enum.StrEnum):
    """What the values are, for the decimals on an axis and in the legend."""

    PRICE = "price"
    AMOUNT = "amount"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class IndicatorSpec:
    """An indicator, built in or one's own.

    Args:
        key: names it in saved settings; lower case letters, digits and ``_``.
        title: its name.
        short: what the legend calls it, such as ``RSI``.
        function: ``function(stretch, *settings)`` gives one array for each plot, with a value (or
            NaN) for each bar of the stretch. See :class:`Stretch` for how to write one.
        plots: what is drawn.
        parameters: what the user may choose, in the order in which ``function`` takes it.
        on_price: drawn over the bars, on their scale; else in a pane of its own.
        fills: areas between plots.
        unit: what the values are.
        limits: the lowest and highest value of the pane's scale; None: what is in view.
        levels: values marked by a line across the pane.
    """

    key: str
    title: Title
    short: str
    function: Callable[..., tuple[Floats, ...]]
    plots: tuple[Plot, ...]
    parameters: tuple[Parameter, ...] = ()
    on_price: bool = False
    fills: tuple[Fill, ...] = ()
    unit: ValueUnit = ValueUnit.NUMBER
    limits: tuple[float, float] | None = None
    levels: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.key or set(self.key) - set("abcdefghijklmnopqrstuvwxyz0123456789_"):
            raise InvalidRequest(
                f"the key of an indicator has lower case letters, digits and _ only; "
                f"got {self.key!r}"
            )
        if not self.plots:
            raise InvalidRequest(f"indicator {self.key} has no plots; at least one is expected")
        if self.on_price and any(plot.kind is PlotKind.HISTOGRAM for plot in self.plots):
            raise InvalidRequest(f"indicator {self.key} is on the price, where only lines can be")
        roles = [
            *(plot.role for plot in self.plots if (plot.kind, plot.role) != _TWO_COLOURS),
            *(role for fill in self.fills for role in (fill.role, fill.below)),
        ]
        if unknown := [role for role in roles if not _ROLE.fullmatch(role)]:
            raise InvalidRequest(
                f"a role of indicator {self.key} is line_1 to line_9, rise, fall or even; "
                f"got {unknown[0]!r}"
            )
        for fill in self.fills:
            if not {fill.first, fill.second} <= set(range(len(self.plots))):
                raise InvalidRequest(
                    f"indicator {self.key} has {len(self.plots)} plots; "
                    f"got a fill between number {fill.first} and {fill.second}, counted from 0"
                )
        for parameter in self.parameters:
            parameter.checked(parameter.default)

    def chosen(self, settings: Mapping[str, object] | None = None) -> Indicator:
        """The indicator with these settings, and defaults for the rest.

        Raises:
            InvalidRequest: a setting is unknown, or is none to choose.
        """
        given = dict(settings or {})
        values = tuple(
            parameter.checked(given.pop(parameter.name, parameter.default))
            for parameter in self.parameters
        )
        if given:
            names = ", ".join(parameter.name for parameter in self.parameters) or "none"
            raise InvalidRequest(
                f"indicator {self.key} has these settings: {names}; got {', '.join(given)}"
            )
        return Indicator(self, values)


@dataclass(frozen=True, slots=True)
class Indicator:
    """A spec with settings, from ``IndicatorSpec.chosen``."""

    spec: IndicatorSpec
    settings: tuple[float, ...]

    def values(self, stretch: Stretch) -> tuple[Floats, ...]:
        """One array for each plot, with a value for each bar.

        Raises:
            InvalidRequest: the function gave something else.
        """
        values = self.spec.function(stretch, *self.settings)
        count = len(stretch.times)
        if len(values) != len(self.spec.plots) or any(len(one) != count for one in values):
            raise InvalidRequest(
                f"indicator {self.spec.key} must give {len(self.spec.plots)} arrays of {count}; "
                f"got {[len(one) for one in values]}"
            )
        return values

    @property
    def shifts(self) -> tuple[int, ...]:
        """For each plot, how many bars later than its own bar a value is drawn."""
        return tuple(plot.shift(*self.settings) for plot in self.spec.plots)

    @property
    def label(self) -> str:
        """What the legend calls it, such as ``MA20`` or ``MACD 12 26 9``."""
        numbers = [f"{setting:g}" for setting in self.settings]
        gap = " " if len(numbers) > 1 else ""
        return self.spec.short + gap + " ".join(numbers)

    def saved(self) -> dict[str, object]:
        """Key and settings as plain data, for :meth:`IndicatorRegistry.restored`."""
        names = (parameter.name for parameter in self.spec.parameters)
        return {"key": self.spec.key, "settings": dict(zip(names, self.settings, strict=True))}
