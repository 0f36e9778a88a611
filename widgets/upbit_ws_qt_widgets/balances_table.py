"""The view of the holdings: columns, sorting, finding, copying. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from PyQt6.QtCore import QElapsedTimer, Qt
from PyQt6.QtGui import (
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPalette,
    QResizeEvent,
)
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from .balances_cells import HoldingCells, HoldingHeads
from .balances_model import HoldingsModel
from .models.hangul_keys import letter_key
from .models.holding_rows import ABOUT, Column, HoldingRow
from .theme import Theme, number_font

__all__ = ["HoldingsTable", "theme_palette"]

# Each numeric column begins as wide as this and grows with longer texts, because half a number is
# a wrong number; it never shrinks by itself. The asset's column takes what is left.
_SAMPLES = {
    Column.QUANTITY: "123,456.12345678",
    Column.AVAILABLE: "123,456.12345678",
    Column.LOCKED: "1,234.12345678",
    Column.AVERAGE: "123,456,789",
    Column.BREAK_EVEN: "123,456,789",
    Column.PRICE: "123,456,789",
    Column.VALUE: "123,456,789",
    Column.PROFIT: "+123,456,789",
    Column.RATE: "+123.45%",
}
_NARROWEST_DIGITS = 6
_ASSET_DIGITS = 17
_WIDEST_PX = 2000
_ROW_LINES = 1.8
# As long as Qt's own views wait for the next letter.
_TYPING_MS = 400
_OURS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


# State: the font that the columns were measured with, the longest text each has had, and what was
# typed in one go.
class HoldingsTable(QTableView):
    """A table of rows: numbers sort as numbers, Ctrl+C copies what is selected.

    Letters typed go to the asset whose code or name begins with them.
    """

    def __init__(self, model: HoldingsModel, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._holdings = model
        self._measured: QFont | None = None
        self._longest: dict[Column, int] = {}
        self._typed = ""
        self._typed_at = QElapsedTimer()
        self._columns = HoldingHeads(theme, self)
        self._cells = HoldingCells(model, theme, self)
        self.setHorizontalHeader(self._columns)
        self.setItemDelegate(self._cells)
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self._columns.setSectionResizeMode(Column.ASSET, QHeaderView.ResizeMode.Fixed)
        self._columns.sectionResized.connect(self._fit_asset)
        lines = cast("QHeaderView", self.verticalHeader())
        lines.hide()
        lines.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        column, descending = model.sorting()
        self.sortBy(column, descending=descending)
        self.setSortingEnabled(True)

    def sortBy(self, column: int, *, descending: bool) -> None:
        """Sort by a column's numbers, and show that in its head."""
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        self.sortByColumn(column, order)

    def widths(self) -> dict[str, int]:
        """The width of each column on show that the user can change."""
        return {
            column.name.lower(): self._columns.sectionSize(column)
            for column in _SAMPLES
            if not self._columns.isSectionHidden(column)
        }

    def setWidths(self, widths: Mapping[str, object]) -> None:
        """Take back ``widths``; what is no width is passed over."""
        for column in _SAMPLES:
            width = widths.get(column.name.lower())
            if isinstance(width, int):
                self._columns.resizeSection(column, min(max(width, 1), _WIDEST_PX))

    def columnOrder(self) -> list[str]:
        """The names of the columns from left to right, also of those left out."""
        places = range(self._columns.count())
        return [Column(self._columns.logicalIndex(place)).name.lower() for place in places]

    def setColumnOrder(self, names: Iterable[str]) -> None:
        """Take back ``columnOrder``."""
        for place, name in enumerate(names):
            self._columns.moveSection(self._columns.visualIndex(Column[name.upper()]), place)

    def leaveOut(self, names: Iterable[str]) -> None:
        """Leave columns out by their names."""
        hidden = set(names)
        for column in _SAMPLES:
            self._columns.setSectionHidden(column, column.name.lower() in hidden)
        self._fit_asset()

    def restyle(self, theme: Theme, font: QFont) -> None:
        """Take a theme and a font; another font measures the columns anew."""
        self._columns.theme = self._cells.theme = theme
        palette = theme_palette(theme, self.palette())
        self.setPalette(palette)
        # In a host with a style sheet it does not inherit what changes later.
        cast("QWidget", self.viewport()).setPalette(palette)
        if self._measured == font:
            return
        self._measured = QFont(font)
        self.setFont(number_font(font))
        self._columns.setFont(number_font(font))
        metrics = QFontMetricsF(self.font())
        narrowest = metrics.horizontalAdvance("0") * _NARROWEST_DIGITS
        self._columns.setMinimumSectionSize(round(narrowest))
        for column, sample in _SAMPLES.items():
            self._longest[column] = len(sample)
            self._columns.resizeSection(column, self._width_of(sample))
        self.makeRoom(self._holdings.rows())
        lines = cast("QHeaderView", self.verticalHeader())
        lines.setDefaultSectionSize(round(metrics.height() * _ROW_LINES))
        self._columns.setFixedHeight(round(metrics.height() * _ROW_LINES))

    def makeRoom(self, rows: Iterable[HoldingRow]) -> None:
        """Widen columns for texts longer than any before."""
        for row in rows:
            for column in _SAMPLES:
                text = row.texts[column]
                # The sign of the provisional is as wide as two digits.
                length = len(text) + text.startswith(ABOUT)
                if length > self._longest[column]:
                    self._longest[column] = length
                    width = max(self._columns.sectionSize(column), self._width_of(text))
                    self._columns.resizeSection(column, width)

    def _width_of(self, text: str) -> int:
        metrics = QFontMetricsF(self.font())
        return round(metrics.horizontalAdvance(text) + metrics.height() + 2)

    def resizeEvent(self, e: QResizeEvent | None) -> None:
        super().resizeEvent(e)
        self._fit_asset()

    def _fit_asset(self) -> None:
        """Give the asset what the numbers leave, but never less than a name needs."""
        others = self._columns.length() - self._columns.sectionSize(Column.ASSET)
        room = cast("QWidget", self.viewport()).width() - others
        digit = QFontMetricsF(self.font()).horizontalAdvance("0")
        self._columns.resizeSection(Column.ASSET, max(room, round(digit * _ASSET_DIGITS)))

    def sight(self) -> range:
        """The places of the rows that are seen."""
        height = cast("QWidget", self.viewport()).height()
        count = self._holdings.rowCount()
        first, last = self.rowAt(0), self.rowAt(height - 1)
        return range(max(first, 0), last + 1 if last >= 0 else count)

    def isUnderPointer(self) -> bool:
        """Whether the pointer rests on the rows."""
        return cast("QWidget", self.viewport()).underMouse()

    def keyPressEvent(self, e: QKeyEvent | None) -> None:
        if e is None:
            return
        key = letter_key(e.key(), e.text())
        if QKeyEvent(e.type(), key, e.modifiers()).matches(QKeySequence.StandardKey.Copy):
            self.copySelection()
        elif e.modifiers() == _OURS and Qt.Key.Key_A <= key <= Qt.Key.Key_Z:
            e.ignore()  # a command, which the widget around it hears
        else:
            super().keyPressEvent(e)

    def keyboardSearch(self, search: str | None) -> None:
        """Go to the next asset whose code or name begins with what was typed in one go."""
        if self._typed_at.isValid() and self._typed_at.elapsed() < _TYPING_MS:
            self._typed += search or ""
        else:
            self._typed = search or ""
        self._typed_at.start()
        place = self._holdings.find(self._typed, self.currentIndex().row())
        if place is not None:
            self.goTo(place)

    def goTo(self, place: int) -> None:
        """Select the row at a place and bring it in sight."""
        index = self._holdings.index(place, Column.ASSET)
        self.setCurrentIndex(index)
        self.selectRow(place)
        self.scrollTo(index)

    def copySelection(self) -> None:
        """Put the selected rows on the clipboard as they are written: tabs between columns."""
        places = map(self._columns.logicalIndex, range(self._columns.count()))
        order = [column for column in places if not self._columns.isSectionHidden(column)]
        selection = self.selectionModel()
        clipboard = QGuiApplication.clipboard()
        if selection is None or clipboard is None or not selection.hasSelection():
            return
        rows = sorted(index.row() for index in selection.selectedRows())
        texts = [self._holdings.rowAt(row).texts for row in rows]
        clipboard.setText("\n".join("\t".join(line[column] for column in order) for line in texts))


def theme_palette(theme: Theme, base: QPalette) -> QPalette:
    """``base`` in the colours of a theme."""
    palette = QPalette(base)
    role = QPalette.ColorRole
    for colour, roles in (
        (theme.background, (role.Base, role.Window, role.AlternateBase)),
        (theme.panel, (role.Button,)),
        (theme.text, (role.Text, role.WindowText, role.HighlightedText)),
        (theme.sub_text, (role.ButtonText, role.PlaceholderText)),
        (theme.ask_hover, (role.Highlight,)),
    ):
        for one in roles:
            palette.setColor(one, colour)
    return palette
