"""The menu that reaches everything on a chart, in sections that also serve one by one. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from PyQt6.QtGui import QAction, QActionGroup
from PyQt6.QtWidgets import QMenu

from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_widgets.choice_menu import ChoiceMenu
from upbit_ws_qt_widgets.models.chart_kinds import ChartKind, ColourRule
from upbit_ws_qt_widgets.models.chart_scale import ScaleKind
from upbit_ws_qt_widgets.models.chart_time import TimeZone
from upbit_ws_qt_widgets.models.indicators import INDICATORS
from upbit_ws_qt_widgets.theme import CHOICES, CONVENTIONS

from .drawing_menu import drawing_menu, readable
from .palette import themed
from .trading_menu import fill_alerts, fill_trading

if TYPE_CHECKING:
    from .widget import ChartWidget

__all__ = ["ChartSection", "chart_menu", "chart_section"]

_LINK_GROUPS = ("A", "B", "C", "D")


def chart_menu(chart: ChartWidget) -> QMenu:
    """A menu of all sections, as the chart is now; a child of the chart."""
    menu = QMenu(chart)
    menu.setPalette(themed(chart.palette(), chart.themeColors()))
    for name in _SECTIONS:
        if name in _FIRST_OF_GROUP:
            menu.addSeparator()
        section = chart_section(chart, name)
        # Its parent is the chart, so it would stay when this menu goes.
        menu.destroyed.connect(section.deleteLater)
        menu.addMenu(section)
    return menu


def chart_section(chart: ChartWidget, name: str) -> QMenu:
    """One section of the menu, such as ``kind``, as the chart is now; a child of the chart."""
    menu = _SECTIONS[name](chart)
    menu.setPalette(themed(chart.palette(), chart.themeColors()))
    return menu


# State: nothing of its own; the entries mirror the chart as it was when the section was made. The
# data of each are the name of a method of the chart and what to call it with.
class ChartSection(ChoiceMenu["ChartWidget"]):
    """Entries that call methods of the chart."""

    def __init__(self, chart: ChartWidget, name: str) -> None:
        super().__init__(chart)
        self.setTitle(chart.text(f"chart.menu.{name}"))
        self.triggered.connect(self._on_triggered)

    def call(
        self, title: str, method: str, *given: object, keys: str = "", is_on: bool | None = None
    ) -> QAction:
        """An entry that calls a method of the chart; with a tick if it can be on or off.

        ``keys`` are named as in ``Ctrl+S``, and written as the system writes them.
        """
        action = self.entry(title, readable(keys))
        action.setData((method, given))
        if is_on is not None:
            action.setCheckable(True)
            action.setChecked(is_on)
        return action

    def one_of(
        self, setter: str, choices: Iterable[tuple[object, str]], now: object, keys: str = ""
    ) -> None:
        """An entry for each value with its text; the present one is marked."""
        group = QActionGroup(self)
        for value, text in choices:
            group.addAction(self.call(text, setter, value, keys=keys, is_on=value == now))

    def _on_triggered(self, action: QAction) -> None:
        chosen: Any = action.data()
        if chosen is not None:
            method, given = cast("tuple[str, tuple[object, ...]]", chosen)
            getattr(self.widget(), method)(*given)


# -- the sections ----------------------------------------------------------------------------------


def _units(chart: ChartWidget) -> QMenu:
    menu = ChartSection(chart, "units")
    units = [(unit, chart.text(f"timeframe.{unit.value}")) for unit in Timeframe]
    menu.one_of("setTimeframe", units, chart.timeframe())
    menu.addSeparator()
    menu.call(chart.text("chart.latest_short"), "showLatest", keys="End")
    shown = chart.isToolbarVisible()
    menu.call(chart.text("chart.toolbar"), "setToolbarVisible", not shown, is_on=shown)
    return menu


def _view(chart: ChartWidget) -> QMenu:
    menu, text = ChartSection(chart, "view"), chart.text
    keys = chart.keys()
    for name in ("zoom_in", "zoom_out", "reset", "oldest", "crosshair_older", "crosshair_newer"):
        key = next((key.toString() for key in keys[name]), "")
        menu.call(text(f"chart.view.{name}"), "navigate", name, keys=key)
    menu.addSeparator()
    anchors = [(name, text(f"chart.view.anchor.{name}")) for name in ("cursor", "latest")]
    menu.one_of("setZoomAnchor", anchors, chart.zoomAnchor())
    menu.addSeparator()
    kinetic = chart.isKineticScrolling()
    menu.call(text("chart.view.kinetic"), "setKineticScrolling", not kinetic, is_on=kinetic)
    return menu


def _link(chart: ChartWidget) -> QMenu:
    menu, text = ChartSection(chart, "link"), chart.text
    names = [*_LINK_GROUPS, *{chart.linkGroup()}.difference(_LINK_GROUPS, ("",))]
    groups = [(name, text("chart.link.group", name=name)) for name in names]
    menu.one_of("setLinkGroup", [("", text("chart.link.none")), *groups], chart.linkGroup())
    return menu


def _kind(chart: ChartWidget) -> QMenu:
    menu = ChartSection(chart, "kind")
    kinds = [(kind.value, chart.text(f"chart.kind.{kind.value}")) for kind in ChartKind]
    menu.one_of("setKind", kinds, chart.kind())
    return menu


def _colours(chart: ChartWidget) -> QMenu:
    menu, text = ChartSection(chart, "colours"), chart.text
    rules = [(rule.value, text(f"chart.color_rule.{rule.value}")) for rule in ColourRule]
    menu.one_of("setColorRule", rules, chart.colorRule())
    menu.addSeparator()
    themes = [(name, text(f"chart.theme.{name}")) for name in CHOICES]
    menu.one_of("setTheme", themes, chart.getTheme())
    menu.addSeparator()
    conventions = [(name, text(f"chart.convention.{name}")) for name in CONVENTIONS]
    menu.one_of("setColorConvention", conventions, chart.getColorConvention())
    return menu


def _indicators(chart: ChartWidget) -> QMenu:
    """An entry for each indicator there is: adds it with its usual settings, or removes it."""
    menu, shown = ChartSection(chart, "indicators"), chart.indicators()
    for spec in INDICATORS.specs():
        rest = [one for one in shown if one["key"] != spec.key]
        is_shown = len(rest) < len(shown)
        wanted = rest if is_shown else [*shown, {"key": spec.key}]
        title = f"{spec.title.text(chart.getLanguage())} ({spec.short})"
        menu.call(title, "setIndicators", wanted, is_on=is_shown)
    menu.addSeparator()
    menu.call(chart.text("chart.indicators.edit"), "editIndicators", keys="I")
    return menu


def _panes(chart: ChartWidget) -> QMenu:
    menu, text = ChartSection(chart, "panes"), chart.text
    shown, is_value = chart.isVolumeVisible(), chart.isValueShown()
    menu.call(text("chart.volume_pane"), "setVolumeVisible", not shown, is_on=shown)
    menu.call(text("chart.value_shown"), "setValueShown", not is_value, is_on=is_value)
    menu.addSeparator()
    for index, label in enumerate(chart.panes()):
        name = text("chart.volume_pane") if label == "volume" else label
        menu.call(text("chart.close_named", name=name), "closePane", index)
    menu.call(text("chart.reset_panes"), "resetPanes")
    return menu


def _price_axis(chart: ChartWidget) -> QMenu:
    menu, text = ChartSection(chart, "price_axis"), chart.text
    group, keys = QActionGroup(menu), {ScaleKind.LOG: "Alt+L", ScaleKind.PERCENT: "Alt+P"}
    for kind in ScaleKind:
        name, is_on = text(f"chart.scale.{kind.value}"), kind == chart.priceScale()
        key = keys.get(kind, "")
        group.addAction(menu.call(name, "setPriceScale", kind.value, keys=key, is_on=is_on))
    menu.addSeparator()
    inverted, fit = chart.isPriceInverted(), chart.isFitIndicators()
    name = text("chart.scale.inverted")
    menu.call(name, "setPriceInverted", not inverted, keys="Alt+I", is_on=inverted)
    menu.call(text("chart.scale.fit_indicators"), "setFitIndicators", not fit, is_on=fit)
    menu.addSeparator()
    menu.call(text("chart.scale.reset"), "resetScales").setEnabled(chart.isScaledByHand())
    menu.addSeparator()
    menu.call(text("chart.compare"), "askComparison", keys="Alt+C")
    if chart.comparison():
        menu.call(text("chart.compare.remove", market=chart.comparison()), "setComparison", "")
    return menu


def _time(chart: ChartWidget) -> QMenu:
    menu, text = ChartSection(chart, "time"), chart.text
    zones = [(zone.value, text(f"chart.time_zone.{zone.value}")) for zone in TimeZone]
    menu.one_of("setTimeZone", zones, chart.timeZone(), keys="Alt+Z")
    menu.addSeparator()
    empty, profile = chart.isEmptyBarsShown(), chart.isVolumeProfileShown()
    menu.call(text("chart.empty_bars"), "setEmptyBarsShown", not empty, keys="Alt+E", is_on=empty)
    name = text("chart.volume_profile")
    menu.call(name, "setVolumeProfileShown", not profile, keys="Alt+V", is_on=profile)
    return menu


def _export(chart: ChartWidget) -> QMenu:
    menu, text = ChartSection(chart, "export"), chart.text
    menu.call(text("chart.export.image"), "askImageFile", keys="Ctrl+S")
    menu.call(text("chart.export.copy_image"), "copyImage", keys="Ctrl+C")
    menu.addSeparator()
    menu.call(text("chart.export.csv"), "askCsvFile")
    menu.call(text("chart.export.csv_in_view"), "askCsvFile", True)  # noqa: FBT003 - data
    menu.call(text("chart.export.copy_csv"), "copyCsv", keys="Ctrl+Shift+C")
    menu.addSeparator()
    menu.call(text("chart.export.table"), "showBarsTable", keys="T")
    return menu


def _trading(chart: ChartWidget) -> QMenu:
    menu = ChartSection(chart, "trading")
    fill_trading(menu, chart)
    return menu


def _alerts(chart: ChartWidget) -> QMenu:
    menu = ChartSection(chart, "alerts")
    fill_alerts(menu, chart)
    return menu


#: What has a line above it in the menu.
_FIRST_OF_GROUP = ("kind", "indicators", "drawings", "export")
#: The sections of the menu in its order, by the names of their titles ("chart.menu.NAME").
_SECTIONS: Mapping[str, Callable[[ChartWidget], QMenu]] = {
    "units": _units,
    "view": _view,
    "kind": _kind,
    "colours": _colours,
    "indicators": _indicators,
    "panes": _panes,
    "price_axis": _price_axis,
    "time": _time,
    "drawings": drawing_menu,
    "trading": _trading,
    "alerts": _alerts,
    "link": _link,
    "export": _export,
}
