"""The row of candle units above a chart. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QResizeEvent
from PyQt6.QtWidgets import QButtonGroup, QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_widgets.theme import Theme

__all__ = ["TimeframeBar"]

_UNITS = tuple(Timeframe)
_MARGIN = 4


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
        row.setContentsMargins(_MARGIN, 2, _MARGIN, 2)
        row.setSpacing(0)
        self._buttons = {unit: QToolButton(self) for unit in _UNITS}
        for index, button in enumerate(self._buttons.values()):
            button.setCheckable(True)
            button.setAutoRaise(True)
            self._group.addButton(button, index)
            row.addWidget(button)
        self._more = QToolButton(self)
        self._more.setText("⋯")
        self._more.setAutoRaise(True)
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self)
        self._menu.triggered.connect(self._choose_action)
        self._more.setMenu(self._menu)
        row.addWidget(self._more)
        row.addStretch(1)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

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
        """Colour the row; only this row, whatever the host's style is."""
        background, panel, line = (
            colour.name() for colour in (theme.background, theme.panel, theme.line)
        )
        text, sub_text, accent = (
            colour.name() for colour in (theme.text, theme.sub_text, theme.accent)
        )
        self.setStyleSheet(
            f"TimeframeBar {{ background: {background}; border-bottom: 1px solid {line}; }}"
            f"QToolButton {{ color: {sub_text}; background: transparent; padding: 2px 6px;"
            " border: 1px solid transparent; border-radius: 3px; }"
            f"QToolButton:hover {{ color: {text}; background: {panel}; }}"
            f"QToolButton:checked {{ color: {accent}; background: {panel}; }}"
            f"QToolButton:focus {{ border-color: {accent}; }}"
            "QToolButton::menu-indicator { image: none; }"
            f"QMenu {{ color: {text}; background: {background}; border: 1px solid {line}; }}"
            f"QMenu::item {{ padding: 4px 16px; }} QMenu::item:selected {{ background: {panel}; }}"
        )
        self._fit()

    def resizeEvent(self, a0: QResizeEvent | None) -> None:
        super().resizeEvent(a0)
        self._fit()

    def _fit(self) -> None:
        """Show the buttons that have room, the one in use among them, and the rest in the menu."""
        widths = {unit: button.sizeHint().width() for unit, button in self._buttons.items()}
        room = self.width() - 2 * _MARGIN
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
