"""The commands of a chart: its menu, its windows and their keys; and words for ears. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from PyQt6.QtCore import QPoint, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QContextMenuEvent, QKeyEvent
from PyQt6.QtWidgets import QApplication, QWidget

from upbit_ws_qt.markets import format_price
from upbit_ws_qt_widgets.live_widget import contained, pyqtProperty
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.chart_text import percent
from upbit_ws_qt_widgets.models.hangul_keys import letter_key

from .bars_table import BarsTable
from .chart_menu import chart_menu
from .exporting import ExportableWidget
from .indicator_dialog import IndicatorDialog
from .settings import flag
from .surface import ChartSurface

if TYPE_CHECKING:
    from .widget import ChartWidget

__all__ = ["CommandableWidget"]

_CALM_MS = 5000
_TABLE = "bars"
_TABLE_LEAST, _TABLE_SIZE = QSize(480, 320), QSize(1000, 600)

_NONE = Qt.KeyboardModifier.NoModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_CTRL = Qt.KeyboardModifier.ControlModifier
_IGNORED = Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.GroupSwitchModifier


# State: the toolbar, and when the chart was described last.
class CommandableWidget(ExportableWidget):
    """A widget with a chart whose commands can all be reached by mouse and by keys.

    Signals:
        barsChanged(): the bars, what is worked out of them or how they are told is another.
    """

    barsChanged = pyqtSignal()

    def attachSurface(self, surface: ChartSurface) -> None:
        """For subclasses: command what is on this surface."""
        super().attachSurface(surface)
        self._telling = QTimer(self)
        self._telling.setSingleShot(True)
        self._telling.setInterval(_CALM_MS)
        self._telling.timeout.connect(self._describe)
        surface.refreshed.connect(self.barsChanged)
        surface.refreshed.connect(self._describe_soon)

    # -- toolbar -------------------------------------------------------------------------------

    def attachToolbar(self, toolbar: QWidget) -> None:
        """For subclasses: show and hide this one."""
        self._row = toolbar

    def isToolbarVisible(self) -> bool:
        """Whether the toolbar is on show."""
        return not self._row.isHidden()

    @contained
    def setToolbarVisible(self, visible: bool) -> None:
        """Show or hide the toolbar: the row of candle units and of buttons for the menu."""
        self._row.setVisible(visible)

    toolbarVisible = pyqtProperty(bool, fget=isToolbarVisible, fset=setToolbarVisible)

    def savedSettings(self) -> dict[str, Any]:
        return {**super().savedSettings(), "toolbar_visible": self.isToolbarVisible()}

    def checkedSettings(self, state: Mapping[str, Any]) -> Callable[[], None]:
        restore_others = super().checkedSettings(state)
        visible = flag({**self.savedSettings(), **state}, "toolbar_visible")

        def restore() -> None:
            restore_others()
            self.setToolbarVisible(visible)

        return restore

    # -- windows and menu ----------------------------------------------------------------------

    def chartState(self) -> ChartState:
        """For tables: what there is to show."""
        return self._chart

    def barsTableName(self) -> str:
        """For tables: what they are of."""
        unit = self.text(f"timeframe.{self.timeframe().value}")
        return self.text("chart.table.title", market=self._chart.title, timeframe=unit)

    @contained
    def showBarsTable(self) -> None:
        """Open a window with the bars as a table, at the bar that is looked at."""
        open_ones = self.findChildren(BarsTable, _TABLE)
        table = open_ones[0] if open_ones else self._new_table()
        chart = self._chart
        seen = chart.view.range(chart.layout.view_width, chart.bars.first, chart.bars.end)
        pointed = self.crosshair()
        if pointed is not None:
            table.chooseBar(pointed[0])
        elif seen[0] < seen[1]:
            table.chooseBar(chart.bars.bar(seen[1] - 1).time)
        table.show()
        table.raise_()
        table.activateWindow()
        table.setFocus()

    def _new_table(self) -> BarsTable:
        table = BarsTable(self, self)
        table.setObjectName(_TABLE)
        table.setWindowFlag(Qt.WindowType.Window)
        table.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        table.resize(self._surface.size().boundedTo(_TABLE_SIZE).expandedTo(_TABLE_LEAST))
        return table

    @contained
    def editIndicators(self) -> None:
        """Open a window in which indicators are added, removed and adjusted."""
        dialog = self.findChild(IndicatorDialog) or IndicatorDialog(self)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    @contained
    def showBar(self, time_ms: int) -> None:
        """Put the crosshair on the bar that starts at a time, and the bar in view."""
        number = self._chart.bars.find(time_ms)
        if number is not None:
            self._chart.reveal(number)
            self.setCrosshair(time_ms, self._chart.bars.bar(number).close)

    @contained
    def showMenu(self, place: QPoint | None = None) -> None:
        """Open the menu of everything, at a place on screen or in the middle of the chart."""
        # Some systems send one key press both as a key and as a wish for the menu.
        if QApplication.activePopupWidget() is None:
            menu = chart_menu(cast("ChartWidget", self))
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            middle = self._surface.mapToGlobal(self._surface.rect().center())
            menu.popup(middle if place is None else place)

    @contained
    def contextMenuEvent(self, a0: QContextMenuEvent | None) -> None:
        if a0 is not None:
            self.showMenu(a0.globalPos())

    @contained
    def keyPressEvent(self, a0: QKeyEvent | None) -> None:
        command = None
        if a0 is not None:
            # A letter is meant whatever the keyboard writes just then.
            key = letter_key(a0.key(), a0.text())
            command = _COMMANDS.get((a0.modifiers() & ~_IGNORED, key))
        if command is None:
            super().keyPressEvent(a0)
        else:
            command(self)

    # -- words for screen readers --------------------------------------------------------------

    def _describe_soon(self) -> None:
        # Somebody who listens to it must not be talked to with every trade.
        has_bars = bool(self._chart.bars)
        if not (has_bars and self._telling.isActive()):
            self._describe()
            if has_bars:
                self._telling.start()
            else:
                self._telling.stop()

    @contained
    def _describe(self) -> None:
        bars = self._chart.bars
        text = self.text("chart.description_empty")
        if bars:
            close = bars.bar(bars.end - 1).close
            before = bars.bar(max(bars.end - 2, bars.first)).close
            price = format_price(close, self._chart.tick_size(close))
            text = self.text("chart.description", price=price, change=percent(close / before - 1))
        if text != self._surface.accessibleDescription():
            self._surface.setAccessibleDescription(text)


def _copy_image(widget: ExportableWidget) -> None:
    widget.copyImage()


def _copy_csv(widget: ExportableWidget) -> None:
    widget.copyCsv()


def _show_menu(widget: CommandableWidget) -> None:
    widget.showMenu()


_COMMANDS: Mapping[tuple[Qt.KeyboardModifier, int], Callable[[CommandableWidget], None]] = {
    (_CTRL, Qt.Key.Key_S): CommandableWidget.askImageFile,
    (_CTRL, Qt.Key.Key_C): _copy_image,
    (_CTRL | _SHIFT, Qt.Key.Key_C): _copy_csv,
    (_NONE, Qt.Key.Key_T): CommandableWidget.showBarsTable,
    (_NONE, Qt.Key.Key_I): CommandableWidget.editIndicators,
    (_SHIFT, Qt.Key.Key_F10): _show_menu,
    (_NONE, Qt.Key.Key_Menu): _show_menu,
}
