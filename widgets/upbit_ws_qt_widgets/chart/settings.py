"""What a chart's user may choose: kind, colours, indicators and panes. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt_widgets.live_widget import contained, pyqtProperty
from upbit_ws_qt_widgets.models.bars import VALUE, VOLUME
from upbit_ws_qt_widgets.models.chart_kinds import ChartKind, ColourRule
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.hangul_keys import letter_key

from .drawings import DrawableWidget

__all__ = ["AdjustableWidget", "flag", "one_of"]

_MOST_AVERAGES = 3

_Name = TypeVar("_Name", bound=enum.StrEnum)


# State: the chart's own, and which panes the last signal told of.
class AdjustableWidget(DrawableWidget):
    """A widget with a chart to adjust; its subclass gives it the chart's state.

    Signals:
        kindChanged(str): bars are drawn in another way, such as ``hollow``.
        panesChanged(): a pane was opened, closed or made higher or lower.
    """

    kindChanged = pyqtSignal(str)
    panesChanged = pyqtSignal()

    _chart: ChartState
    _repaint: Callable[[], None]

    def attachChart(self, chart: ChartState, repaint: Callable[[], None]) -> None:
        """For subclasses: adjust this chart, and repaint it so."""
        self._chart, self._repaint = chart, repaint
        self._told_panes = self._current_panes()

    # -- kind and colours ----------------------------------------------------------------------

    def kind(self) -> str:
        """How bars are drawn."""
        return self._chart.look.kind.value

    @contained
    def setKind(self, name: str) -> None:
        """Draw bars in another way.

        ``solid``, ``hollow`` (empty bodies where the close is not below the open, colours by the
        close before), ``down_hollow`` (empty where it is below), ``outline`` (all empty),
        ``heikin_ashi`` (averaged prices), ``bars``, ``line`` or ``area``.
        """
        kind = one_of(ChartKind, name, "kind of chart")
        if kind is not self._chart.look.kind:
            self._chart.look = replace(self._chart.look, kind=kind)
            self.kindChanged.emit(kind.value)
        self._settle()

    #: ``kind`` as a property for Qt Designer.
    kindName = pyqtProperty(str, fget=kind, fset=setKind, notify=kindChanged)

    def colorRule(self) -> str:
        """What a close is compared with for its colour: ``open`` or ``previous``."""
        return self._chart.look.rule.value

    @contained
    def setColorRule(self, rule: str) -> None:
        """Colour bars by their ``open``, or by the close of the ``previous`` bar."""
        chosen = one_of(ColourRule, rule, "rule for colours")
        self._chart.look = replace(self._chart.look, rule=chosen)
        self._settle()

    #: ``colorRule`` as a property for Qt Designer.
    colorRuleName = pyqtProperty(str, fget=colorRule, fset=setColorRule)

    # -- amounts -------------------------------------------------------------------------------

    def isValueShown(self) -> bool:
        """Whether the amounts are the traded value; else the volume."""
        return self._chart.shows_value

    @contained
    def setValueShown(self, shown: bool) -> None:
        """Show the traded value (quote currency) as the amount, or the volume (coins)."""
        self._chart.look = replace(self._chart.look, amount=VALUE if shown else VOLUME)
        self._settle()

    valueShown = pyqtProperty(bool, fget=isValueShown, fset=setValueShown)

    def isVolumeVisible(self) -> bool:
        """Whether there is a pane for the amounts."""
        return self._chart.panes.shows_amounts

    @contained
    def setVolumeVisible(self, visible: bool) -> None:
        """Show or hide the pane with the volume, or the traded value."""
        self._chart.panes.shows_amounts = visible
        self._settle()

    volumeVisible = pyqtProperty(bool, fget=isVolumeVisible, fset=setVolumeVisible)

    # -- indicators ----------------------------------------------------------------------------

    def averages(self) -> tuple[int, ...]:
        """The periods of the moving averages, in bars."""
        return self._chart.overlays.averages

    @contained
    def setAverages(self, periods: Sequence[int]) -> None:
        """Choose up to three moving averages of closes by their periods; none with ``()``."""
        chosen = tuple(cast("Sequence[object]", periods))
        if len(chosen) > _MOST_AVERAGES or not all(
            isinstance(period, int) and 1 <= period <= 1000 for period in chosen
        ):
            raise InvalidRequest(
                f"up to {_MOST_AVERAGES} periods of 1 to 1000 bars are expected; got {periods!r}"
            )
        self._chart.overlays.choose_averages(periods)
        self._settle()

    def indicators(self) -> list[dict[str, Any]]:
        """The indicators as plain data; the moving averages are among them."""
        return self._chart.overlays.saved()

    @contained
    def setIndicators(self, indicators: Sequence[dict[str, Any]]) -> None:
        """Choose the indicators by data like ``{"key": "rsi", "settings": {"length": 9}}``.

        Settings left out have their defaults. Each that is not on the price gets a pane of its
        own, in this order. Anything wrong changes nothing.
        """
        self._chart.overlays.choose(self._chart.overlays.checked(indicators))
        self.clearError()
        self._settle()

    # -- panes ---------------------------------------------------------------------------------

    def panes(self) -> tuple[str, ...]:
        """The panes below the prices from the top, such as ``("volume", "RSI14")``."""
        wanted = self._chart.panes.wanted(self._chart.overlays.in_panes)
        return tuple("volume" if one.subject is None else one.subject.label for one in wanted)

    @contained
    def closePane(self, index: int) -> None:
        """Take away one of ``panes()`` with what it shows."""
        wanted = self._chart.panes.wanted(self._chart.overlays.in_panes)
        if not 0 <= index < len(wanted):
            raise InvalidRequest(
                f"there are {len(wanted)} panes below the prices, counted from 0; got {index!r}"
            )
        self._chart.close_pane(wanted[index].subject)
        self._settle()

    @contained
    def resetPanes(self) -> None:
        """Give all panes their usual heights again."""
        self._chart.panes.reset()
        self._settle()

    def settlePanes(self) -> None:
        """For subclasses: the user may have dragged or closed a pane."""
        current = self._current_panes()
        if current != self._told_panes:
            self._told_panes = current
            self.panesChanged.emit()

    # -- keys ----------------------------------------------------------------------------------

    def altKeys(self) -> dict[int, Callable[[], None]]:
        """For subclasses: what a letter does together with Alt, by its Qt key code."""
        return {}

    @contained
    def keyPressEvent(self, a0: QKeyEvent | None) -> None:
        if a0 is None:
            return
        is_alone = a0.modifiers() == Qt.KeyboardModifier.AltModifier
        act = self.altKeys().get(letter_key(a0.key(), a0.text())) if is_alone else None
        if act is None:
            super().keyPressEvent(a0)
        else:
            act()

    # -- state ---------------------------------------------------------------------------------

    def savedSettings(self) -> dict[str, Any]:
        """For subclasses: what was chosen here, for the widget's state."""
        return {
            "kind": self.kind(),
            "color_rule": self.colorRule(),
            "value_shown": self.isValueShown(),
            "volume_visible": self.isVolumeVisible(),
            "indicators": self.indicators(),
            "pane_heights": self._chart.panes.heights(self._chart.overlays.in_panes),
        }

    def checkedSettings(self, state: Mapping[str, Any]) -> Callable[[], None]:
        """For subclasses: check what ``savedSettings`` gave; what comes back makes it so.

        What a state from before does not speak of stays as it is.

        Raises:
            InvalidRequest: something of it is wrong.
        """
        known = {**self.savedSettings(), **state}
        overlays, panes = self._chart.overlays, self._chart.panes
        kind = one_of(ChartKind, known["kind"], "kind of chart")
        rule = one_of(ColourRule, known["color_rule"], "rule for colours")
        value, volume = flag(known, "value_shown"), flag(known, "volume_visible")
        indicators = overlays.checked(known["indicators"])
        heights = panes.checked(state["pane_heights"]) if "pane_heights" in state else None

        def restore() -> None:
            self.setKind(kind.value)
            self.setColorRule(rule.value)
            self.setValueShown(value)
            overlays.choose(indicators)
            if heights is not None:
                panes.restore(heights, overlays.in_panes)
            self.setVolumeVisible(volume)

        return restore

    def _current_panes(self) -> object:
        return self._chart.panes.wanted(self._chart.overlays.in_panes)

    def _settle(self) -> None:
        self._repaint()
        self.settlePanes()


def one_of(names: type[_Name], given: object, what: str) -> _Name:
    """The member of ``names`` that ``given`` is.

    Raises:
        InvalidRequest: it is none; ``what`` says of what.
    """
    if not isinstance(given, str) or given not in list(names):
        raise InvalidRequest(f"a {what} is one of {', '.join(names)}; got {given!r}")
    return names(given)


def flag(state: Mapping[str, Any], name: str) -> bool:
    """Whether the state says yes to this.

    Raises:
        InvalidRequest: it says something else than yes or no.
    """
    if not isinstance(state[name], bool):
        raise InvalidRequest(f"{name} must be True or False; got {state[name]!r}")
    return bool(state[name])
