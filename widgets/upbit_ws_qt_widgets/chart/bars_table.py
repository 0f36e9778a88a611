"""The bars of a chart as a table, for eyes, keys and screen readers. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QKeySequence, QShowEvent
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from upbit_ws_qt_widgets.frame_timer import FrameTimer
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.chart_table import CHANGE, BarRows
from upbit_ws_qt_widgets.theme import Theme

from .palette import themed

if TYPE_CHECKING:
    from .commands import CommandableWidget

__all__ = ["BarsModel", "BarsTable"]

_NOWHERE = QModelIndex()
_ROLE = Qt.ItemDataRole
_TO_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_TO_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_ROW_GAP = 6
_COLUMN_GAP = 18
_REMEMBERED = 500
_MEASURED = 200


# State: the rows' own, how many there are with the number after the newest bar's, the texts that
# were asked for, and the colours.
class BarsModel(QAbstractTableModel):
    """A chart's bars, the newest first; it holds no copy of them.

    Rows keep their bars while others come: a new bar is a row inserted at the top, an older page
    are rows added at the end. ``refresh`` tells the views what changed.
    """

    def __init__(self, state: ChartState, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._state = state
        self._rows = BarRows(state)
        self._count = 0
        self._end = 0
        self._texts: dict[int, tuple[str, ...]] = {}
        self._theme = theme
        self.refresh()

    def refresh(self) -> None:
        """Bring the table up to date with the bars."""
        change = self._rows.update()
        rows = self._rows
        if change.anew:
            self.beginResetModel()
            self._texts.clear()
            self._count, self._end = rows.end - rows.first, rows.end
            self.endResetModel()
            return
        if change.newer:
            self.beginInsertRows(_NOWHERE, 0, change.newer - 1)
            self._count, self._end = self._count + change.newer, rows.end
            self.endInsertRows()
        if change.older:
            self.beginInsertRows(_NOWHERE, self._count, self._count + change.older - 1)
            self._count += change.older
            self.endInsertRows()
        if change.changed:
            if change.changed > _REMEMBERED:
                self._texts.clear()
            for number in range(self._end - min(change.changed, _REMEMBERED), self._end):
                self._texts.pop(number, None)
            last = self.index(change.changed - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last, [_ROLE.DisplayRole, _ROLE.ForegroundRole])

    def set_theme(self, theme: Theme) -> None:
        """Colour rises and falls as the chart does."""
        self._theme = theme
        if self._count:
            last = self.index(self._count - 1, CHANGE)
            self.dataChanged.emit(self.index(0, CHANGE), last, [_ROLE.ForegroundRole])

    def number(self, row: int) -> int:
        """The number of the bar in a row."""
        return self._end - 1 - row

    def time(self, row: int) -> int | None:
        """When the bar in a row starts, in ms; None if it is there no more."""
        bars, number = self._state.bars, self.number(row)
        return bars.bar(number).time if bars.first <= number < bars.end else None

    def row_at(self, time: int) -> int | None:
        """The row of the bar that starts at a time in ms, or None."""
        number = self._state.bars.find(time)
        row = None if number is None else self._end - 1 - number
        return row if row is not None and 0 <= row < self._count else None

    # -- Qt's model ----------------------------------------------------------------------------

    def rowCount(self, parent: QModelIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else self._count

    def columnCount(self, parent: QModelIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows.heads)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = _ROLE.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Vertical:
            return None
        if role == _ROLE.DisplayRole:
            return self._rows.heads[section]
        if role == _ROLE.TextAlignmentRole:
            return _TO_RIGHT if section else _TO_LEFT
        return None

    def data(self, index: QModelIndex, role: int = _ROLE.DisplayRole) -> Any:
        number, column = self.number(index.row()), index.column()
        if role == _ROLE.DisplayRole:
            return self._cells(number)[column]
        if role == _ROLE.TextAlignmentRole:
            return _TO_RIGHT if column else _TO_LEFT
        if role == _ROLE.ForegroundRole and column == CHANGE:
            return self._theme.direction(self._rows.direction(number))
        return None

    def _cells(self, number: int) -> tuple[str, ...]:
        texts = self._texts.get(number)
        if texts is None:
            if len(self._texts) >= _REMEMBERED:
                self._texts.clear()
            texts = self._texts[number] = self._rows.cells(number)
        return texts


# State: a way to the chart, which it does not keep alive, and the time of the chosen bar.
class BarsTable(QTableView):
    """All bars of a chart with their indicators, the newest first; live while it can be seen.

    It may stand anywhere: in a dock, on a tab, in the window of ``ChartWidget.showBarsTable``.
    Choosing a row puts the chart's crosshair on its bar, and pointing at a bar chooses its row.
    Ctrl+C copies the chosen rows with all their digits. When its chart goes, what it shows stays.

    Signals:
        barChosen(qint64): the user chose the bar that starts then, in ms since 1970.
    """

    barChosen = pyqtSignal("qint64")

    def __init__(self, chart: CommandableWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chart = weakref.ref(chart)
        self._chosen: int | None = None
        self._model = BarsModel(chart.chartState(), chart.themeColors(), self)
        self.setModel(self._model)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        # Tab leaves the table; the arrows are for its cells.
        self.setTabKeyNavigation(False)
        self._frame = FrameTimer(self)
        self._frame.timeout.connect(self._refresh)
        self._model.modelReset.connect(self._after_reset)
        chart.barsChanged.connect(self._on_bars_changed)
        chart.themeChanged.connect(self._restyle)
        chart.crosshairMoved.connect(self.chooseBar)
        self.barChosen.connect(chart.showBar)
        self._restyle()
        self._after_reset()

    def chooseBar(self, time: int) -> None:
        """Go to the bar that starts at ``time`` (ms since 1970), if there is one."""
        row = self._model.row_at(time)
        if row is not None and row != self.currentIndex().row():
            # What was chosen from outside is not told outside again.
            self._chosen = time
            self.selectRow(row)
            self.scrollTo(self._model.index(row, 0))

    def copySelection(self) -> None:
        """Put the chosen rows on the clipboard with all their digits, as spreadsheets take them."""
        chart, chosen = self._chart(), self.selectionModel()
        if chart is None or chosen is None or not chosen.hasSelection():
            return
        selection = chosen.selection()
        ranges = [selection[at] for at in range(len(selection))]
        first = self._model.time(max(one.bottom() for one in ranges))
        last = self._model.time(min(one.top() for one in ranges))
        if first is not None and last is not None:
            chart.copyBars(first, last)

    # -- events --------------------------------------------------------------------------------

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:
        super().currentChanged(current, previous)
        time = self._model.time(current.row()) if current.isValid() else None
        if time is not None and time != self._chosen:
            self._chosen = time
            self.barChosen.emit(time)

    def keyPressEvent(self, e: QKeyEvent | None) -> None:
        if e is not None and e.matches(QKeySequence.StandardKey.Copy):
            self.copySelection()
        elif e is not None and e.key() == Qt.Key.Key_Escape and self.isWindow():
            self.close()
        else:
            super().keyPressEvent(e)

    def showEvent(self, a0: QShowEvent | None) -> None:
        super().showEvent(a0)
        self._refresh()

    def _on_bars_changed(self) -> None:
        if self.isVisible():
            self._frame.request()

    def _refresh(self) -> None:
        self._model.refresh()

    def _after_reset(self) -> None:
        """Name and fit the columns, and choose the same bar again."""
        chart = self._chart()
        if chart is not None:
            name = chart.barsTableName()
            self.setWindowTitle(name)
            self.setAccessibleName(name)
        metrics, model = self.fontMetrics(), self._model
        rows = range(min(model.rowCount(), _MEASURED))
        for column in range(model.columnCount()):
            head = model.headerData(column, Qt.Orientation.Horizontal)
            longest = max(
                (model.data(model.index(row, column)) for row in rows), key=len, default=""
            )
            width = max(map(metrics.horizontalAdvance, (head, longest)))
            self.setColumnWidth(column, width + _COLUMN_GAP)
        if self._chosen is not None:
            self.chooseBar(self._chosen)

    def _restyle(self) -> None:
        chart = self._chart()
        if chart is not None:
            self._model.set_theme(chart.themeColors())
            self.setPalette(themed(chart.palette(), chart.themeColors()))
        heads, rows = self.horizontalHeader(), self.verticalHeader()
        if heads is not None:
            # A row is always chosen, so all heads would be bold.
            heads.setHighlightSections(False)
        if rows is not None:
            rows.hide()
            # One height for all: a million rows are not measured.
            rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            rows.setDefaultSectionSize(self.fontMetrics().height() + _ROW_GAP)
