"""The toolbar above a chart: candle units, and buttons that open sections of its menu. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from PyQt6.QtCore import QEvent, QObject, QPoint, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QResizeEvent
from PyQt6.QtWidgets import QButtonGroup, QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_widgets.theme import Theme

from .chart_menu import chart_menu, chart_section
from .drawing_menu import readable
from .icons import painted_icon
from .palette import themed

if TYPE_CHECKING:
    from .widget import ChartWidget

__all__ = ["ChartToolbar", "TimeframeBar"]

_UNITS = tuple(Timeframe)
_MARGIN = 4

_ALL = "all"
#: The keys of the names of the buttons, by the sections they open; and a key that does as much.
_TOOLS: Mapping[str, tuple[str, str]] = {
    "kind": ("chart.menu.kind", ""),
    "indicators": ("chart.menu.indicators", "I"),
    "drawings": ("chart.drawing.menu", ""),
    "export": ("chart.menu.export", "Ctrl+S"),
    _ALL: ("chart.menu.all", "Shift+F10"),
}
#: The first to go where there is no room; the menu of everything stays.
_LEAST_NEEDED = ("export", "kind", "indicators", "drawings")
_MOST_SHARE = 0.3


# State: the unit in use.
class TimeframeBar(QWidget):
    """One button for each candle unit; those without room are in a menu at the end.

    Signals:
        chosen(Timeframe): the user wants another unit.
    """

    chosen = pyqtSignal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._current = Timeframe.MINUTE_1
        self._group = QButtonGroup(self)
        self._group.idClicked.connect(self._choose)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._buttons = {unit: QToolButton(self) for unit in _UNITS}
        for index, button in enumerate(self._buttons.values()):
            button.setCheckable(True)
            button.setAutoRaise(True)
            self._group.addButton(button, index)
            row.addWidget(button)
        self._more = QToolButton(self)
        self._more.setAutoRaise(True)
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self)
        self._menu.triggered.connect(self._choose_action)
        self._more.setMenu(self._menu)
        row.addWidget(self._more)
        row.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    @property
    def full_width(self) -> int:
        """The width in px with room for all units."""
        return sum(button.sizeHint().width() for button in self._buttons.values())

    def set_timeframe(self, timeframe: Timeframe) -> None:
        """Mark the unit in use."""
        self._current = timeframe
        self._buttons[timeframe].setChecked(True)
        self._fit()

    def set_texts(self, text: Callable[[str], str]) -> None:
        """Label the buttons in the language of ``text``, which looks up a key."""
        for unit, button in self._buttons.items():
            button.setText(text(f"timeframe.{unit.value}"))
        self._more.setToolTip(text("chart.more"))
        self._more.setAccessibleName(text("chart.more"))
        self.setAccessibleName(text("chart.units"))
        self._fit()

    def set_theme(self, theme: Theme) -> None:
        """Colour the menu and the icon."""
        self._menu.setPalette(themed(self._menu.palette(), theme))
        _paint_icon(self._more, "more", theme)
        self._fit()

    def resizeEvent(self, a0: QResizeEvent | None) -> None:
        super().resizeEvent(a0)
        self._fit()

    def _fit(self) -> None:
        """Show the buttons that have room, the one in use among them, and the rest in the menu."""
        widths = {unit: button.sizeHint().width() for unit, button in self._buttons.items()}
        room = self.width()
        shown = list(_UNITS)
        if sum(widths.values()) > room:
            room -= self._more.sizeHint().width() + widths[self._current]
            shown = [self._current]
            for unit in _UNITS:
                if unit is self._current:
                    continue
                room -= widths[unit]
                if room < 0:
                    break
                shown.append(unit)
        self._menu.clear()
        for unit, button in self._buttons.items():
            button.setVisible(unit in shown)
            if unit not in shown:
                action = self._menu.addAction(button.text())
                if action is not None:
                    action.setData(unit)
        self._more.setVisible(len(shown) < len(_UNITS))

    def _choose(self, index: int) -> None:
        self.chosen.emit(_UNITS[index])

    def _choose_action(self, action: QAction) -> None:
        self.chosen.emit(action.data())


# State: the theme in use.
class ChartToolbar(QWidget):
    """The candle units on the left; on the right, buttons that open the menu's sections.

    Where it is narrow some buttons go, and then units. The last button opens the whole menu, so
    nothing is out of reach.

    Signals:
        chosen(Timeframe): the user wants another unit.
    """

    chosen = pyqtSignal(object)

    def __init__(self, chart: QWidget) -> None:
        super().__init__(chart)
        row = QHBoxLayout(self)
        row.setContentsMargins(_MARGIN, 2, _MARGIN, 2)
        row.setSpacing(0)
        self._theme = Theme.named("light")
        self._units = TimeframeBar(self)
        self._units.chosen.connect(self.chosen)
        row.addWidget(self._units, 1)
        self._tools = {name: QToolButton(self) for name in _TOOLS}
        for name, button in self._tools.items():
            button.setObjectName(name)
            button.setAutoRaise(True)
            button.clicked.connect(self._open)
            row.addWidget(button)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def set_timeframe(self, timeframe: Timeframe) -> None:
        """Mark the unit in use."""
        self._units.set_timeframe(timeframe)

    def set_texts(self, text: Callable[[str], str]) -> None:
        """Label everything in the language of ``text``, which looks up a key."""
        self._units.set_texts(text)
        for name, (title, keys) in _TOOLS.items():
            button = self._tools[name]
            button.setToolTip(f"{text(title)} ({readable(keys)})" if keys else text(title))
            button.setAccessibleName(text(title))
            button.setAccessibleDescription(text("chart.opens_menu"))
        self.setAccessibleName(text("chart.toolbar"))
        self._fit()

    def set_theme(self, theme: Theme) -> None:
        """Colour the row; only this row, whatever the host's style is."""
        background, panel, line = (
            colour.name() for colour in (theme.background, theme.panel, theme.line)
        )
        text, sub_text, accent = (
            colour.name() for colour in (theme.text, theme.sub_text, theme.accent)
        )
        self.setStyleSheet(
            f"ChartToolbar {{ background: {background}; border-bottom: 1px solid {line}; }}"
            f"QToolButton {{ color: {sub_text}; background: transparent; padding: 2px 6px;"
            " border: 1px solid transparent; border-radius: 3px; }"
            f"QToolButton:hover {{ color: {text}; background: {panel}; }}"
            f"QToolButton:checked, QToolButton:pressed {{ color: {accent}; background: {panel}; }}"
            f"QToolButton:focus {{ border-color: {accent}; }}"
            "QToolButton::menu-indicator { image: none; }"
        )
        self._theme = theme
        self._paint_icons()

    def _paint_icons(self) -> None:
        for name, button in self._tools.items():
            _paint_icon(button, name, self._theme)
        self._units.set_theme(self._theme)
        self._fit()

    def event(self, a0: QEvent | None) -> bool:
        if a0 is not None and a0.type() == QEvent.Type.DevicePixelRatioChange:
            self._paint_icons()
        return super().event(a0)

    def resizeEvent(self, a0: QResizeEvent | None) -> None:
        super().resizeEvent(a0)
        self._fit()

    def _fit(self) -> None:
        """Hide buttons while they take more than their share of a row that is too narrow."""
        room = self.width() - 2 * _MARGIN
        widths = {name: button.sizeHint().width() for name, button in self._tools.items()}
        spare = room - self._units.full_width - sum(widths.values())
        for name in _LEAST_NEEDED:
            hides = spare < 0 and sum(widths.values()) > room * _MOST_SHARE
            self._tools[name].setHidden(hides)
            if hides:
                spare += widths.pop(name)

    def _chart(self) -> ChartWidget:
        # Kept as an attribute it would close a cycle: a parent keeps its children.
        return cast("ChartWidget", self.parentWidget())

    def _open(self) -> None:
        button = cast("QObject", self.sender())
        name, chart = button.objectName(), self._chart()
        menu = chart_menu(chart) if name == _ALL else chart_section(chart, name)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        tool = self._tools[name]
        menu.popup(tool.mapToGlobal(QPoint(0, tool.height())))


def _paint_icon(button: QToolButton, name: str, theme: Theme) -> None:
    """Give a button its icon, as high as its text and as fine as its screen."""
    size = button.fontMetrics().height()
    button.setIcon(painted_icon(name, theme.sub_text, size, button.devicePixelRatioF()))
    button.setIconSize(QSize(size, size))
