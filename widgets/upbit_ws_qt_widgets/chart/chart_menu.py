"""A menu of how a chart looks: kind, colours, indicators, panes and drawings. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from typing import Any, cast

from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu

from upbit_ws_qt_widgets.models.chart_kinds import ChartKind, ColourRule
from upbit_ws_qt_widgets.models.indicators import INDICATORS

from .drawing_menu import drawing_menu
from .settings import AdjustableWidget

__all__ = ["chart_menu"]


def chart_menu(chart: AdjustableWidget) -> QMenu:
    """A menu of what can be chosen for ``chart``, its parent, as it is now."""
    return _ChartMenu(chart)


# State: nothing of its own; the actions mirror the chart as it was when the menu was made. The data
# of each action are the name of a method of the chart and what to call it with.
class _ChartMenu(QMenu):
    def __init__(self, chart: AdjustableWidget) -> None:
        super().__init__(chart)
        text = chart.text
        kinds = self._group("kind")
        for kind in ChartKind:
            name = text(f"chart.kind.{kind.value}")
            self._add(kinds, name, "setKind", kind.value, is_on=kind == chart.kind())
        rules = self._group("color_rule")
        for rule in ColourRule:
            name = text(f"chart.color_rule.{rule.value}")
            self._add(rules, name, "setColorRule", rule.value, is_on=rule == chart.colorRule())
        self._add_indicators(chart)
        self.addSeparator()
        shown, is_value = chart.isVolumeVisible(), chart.isValueShown()
        self._add(self, text("chart.volume_pane"), "setVolumeVisible", not shown, is_on=shown)
        self._add(self, text("chart.value_shown"), "setValueShown", not is_value, is_on=is_value)
        for index, label in enumerate(chart.panes()):
            name = text("chart.volume_pane") if label == "volume" else label
            self._add(self, text("chart.close_named", name=name), "closePane", index)
        self._add(self, text("chart.reset_panes"), "resetPanes")
        self.addSeparator()
        # Its parent is the chart, so it would stay when this menu goes.
        drawings = drawing_menu(chart)
        self.destroyed.connect(drawings.deleteLater)
        self.addMenu(drawings)
        self.triggered.connect(self._on_triggered)

    def _chart(self) -> AdjustableWidget:
        # Kept as an attribute it would close a cycle: a parent keeps its children.
        return cast("AdjustableWidget", self.parentWidget())

    def _group(self, name: str) -> QMenu:
        menu = QMenu(self._chart().text(f"chart.{name}"), self)
        self.addMenu(menu)
        return menu

    def _add(
        self, menu: QMenu, title: str, method: str, *given: object, is_on: bool | None = None
    ) -> None:
        """An entry that calls a method of the chart; with a tick if it can be on or off."""
        # An ampersand would underline the letter after it.
        action = QAction(title.replace("&", "&&"), menu)
        action.setData((method, given))
        if is_on is not None:
            action.setCheckable(True)
            action.setChecked(is_on)
        menu.addAction(action)

    def _add_indicators(self, chart: AdjustableWidget) -> None:
        """An entry for each indicator there is: adds it with its usual settings, or removes it."""
        menu, shown = self._group("indicators"), chart.indicators()
        for spec in INDICATORS.specs():
            rest = [one for one in shown if one["key"] != spec.key]
            is_shown = len(rest) < len(shown)
            wanted = rest if is_shown else [*shown, {"key": spec.key}]
            title = f"{spec.title.text(chart.getLanguage())} ({spec.short})"
            self._add(menu, title, "setIndicators", wanted, is_on=is_shown)

    def _on_triggered(self, action: QAction) -> None:
        chosen: Any = action.data()
        # The menu of drawings, which is in this one, sees to its own.
        if isinstance(chosen, tuple):
            method, given = cast("tuple[str, tuple[object, ...]]", chosen)
            getattr(self._chart(), method)(*given)
