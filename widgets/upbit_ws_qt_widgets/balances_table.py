"""The view of the holdings: widths, sorting, copying. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from PyQt6.QtCore import QModelIndex, QPointF, QRect, Qt
from PyQt6.QtGui import (
    QFont,
    QFontMetrics,
    QFontMetricsF,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPalette,
    QPolygonF,
    QResizeEvent,
)
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from .balances_model import HoldingsModel
from .models.holding_rows import Column, HoldingRow
from .theme import Theme, number_font

__all__ = ["HoldingsTable", "theme_palette"]

# Each numeric column begins as wide as this and grows with longer texts, because half a number is
# a wrong number; it never shrinks by itself. The asset's column takes what is left.
_SAMPLES = {
    Column.QUANTITY: "123,456.12345678",
    Column.LOCKED: "1,234.12345678",
    Column.AVERAGE: "123,456,789",
    Column.PRICE: "123,456,789",
    Column.VALUE: "123,456,789",
    Column.PROFIT: "+123,456,789",
    Column.RATE: "+123.45%",
}
_NARROWEST_DIGITS = 6
_ASSET_DIGITS = 17
_WIDEST_PX = 2000
_ROW_LINES = 1.8


# State: the theme.
class _Cells(QStyledItemDelegate):
    """Draws a cell from its row: a style's own cells are dearer and have no air around numbers."""

    def __init__(self, model: HoldingsModel, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._holdings = model
        self.theme = theme

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        if painter is None:
            return
        row, column = self._holdings.rowAt(index.row()), index.column()
        rect, metrics, theme = option.rect, option.fontMetrics, self.theme
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme.ask_hover)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, theme.grid)
        painter.setFont(option.font)
        painter.setPen(self._holdings.colour(row, column) or theme.text)
        room = _inside(rect, metrics)
        if column != Column.ASSET:
            _draw(painter, room, row.texts[column], metrics, Qt.AlignmentFlag.AlignRight)
            return
        name = row.name or row.holding.currency
        _draw(painter, room, name, metrics, Qt.AlignmentFlag.AlignLeft)
        if row.name:
            room.setLeft(room.left() + metrics.horizontalAdvance(name + " "))
            painter.setPen(theme.sub_text)
            _draw(painter, room, row.holding.currency, metrics, Qt.AlignmentFlag.AlignLeft)


# State: the theme.
class _Heads(QHeaderView):
    """Heads with the sort mark beside the text instead of on it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.theme = theme
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setSectionsMovable(True)

    def paintSection(self, painter: QPainter | None, rect: QRect, logicalIndex: int) -> None:
        model = self.model()
        if painter is None or model is None:
            return
        metrics, theme = self.fontMetrics(), self.theme
        painter.fillRect(rect, theme.panel)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, theme.line)
        painter.fillRect(rect.right(), rect.top() + 4, 1, rect.height() - 8, theme.line)
        text = str(model.headerData(logicalIndex, Qt.Orientation.Horizontal))
        room = _inside(rect, metrics)
        left = logicalIndex == Column.ASSET
        sorted_by = self.sortIndicatorSection() == logicalIndex
        painter.setFont(self.font())
        painter.setPen(theme.text if sorted_by else theme.sub_text)
        side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
        _draw(painter, room, text, metrics, side)
        if sorted_by:
            width = metrics.horizontalAdvance(text)
            mark = metrics.height() * 0.42
            x = room.left() + width + mark if left else room.right() - width - mark
            down = self.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
            _draw_mark(painter, QPointF(x, room.center().y() + 0.5), mark / 2, down=down)


# State: the font that the columns were measured with, and the longest text each has had.
class HoldingsTable(QTableView):
    """A table of rows: numbers sort as numbers, Ctrl+C copies what is selected."""

    def __init__(self, model: HoldingsModel, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._holdings = model
        self._measured: QFont | None = None
        self._longest: dict[Column, int] = {}
        self._columns = _Heads(theme, self)
        self._cells = _Cells(model, theme, self)
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
        """The width of each column that the user can change."""
        return {column.name.lower(): self._columns.sectionSize(column) for column in _SAMPLES}

    def setWidths(self, widths: Mapping[str, object]) -> None:
        """Take back ``widths``; what is no width is passed over."""
        for column in _SAMPLES:
            width = widths.get(column.name.lower())
            if isinstance(width, int):
                self._columns.resizeSection(column, min(max(width, 1), _WIDEST_PX))

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
                if len(text) > self._longest[column]:
                    self._longest[column] = len(text)
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

    def isUnderPointer(self) -> bool:
        """Whether the pointer rests on the rows."""
        return cast("QWidget", self.viewport()).underMouse()

    def keyPressEvent(self, e: QKeyEvent | None) -> None:
        if e is not None and e.matches(QKeySequence.StandardKey.Copy):
            self.copySelection()
        else:
            super().keyPressEvent(e)

    def copySelection(self) -> None:
        """Put the selected rows on the clipboard as they are written: tabs between columns."""
        order = [self._columns.logicalIndex(place) for place in range(self._columns.count())]
        selection = self.selectionModel()
        clipboard = QGuiApplication.clipboard()
        if selection is None or clipboard is None or not selection.hasSelection():
            return
        rows = sorted(index.row() for index in selection.selectedRows())
        texts = [self._holdings.rows()[row].texts for row in rows]
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


def _inside(rect: QRect, metrics: QFontMetrics) -> QRect:
    pad = metrics.height() // 2
    return rect.adjusted(pad, 0, -pad, 0)


def _draw(
    painter: QPainter, room: QRect, text: str, metrics: QFontMetrics, side: Qt.AlignmentFlag
) -> None:
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(room, side | Qt.AlignmentFlag.AlignVCenter, shown)


def _draw_mark(painter: QPainter, centre: QPointF, half: float, *, down: bool) -> None:
    """A triangle that points where the greater numbers are not."""
    tip = half * 0.7 if down else -half * 0.7
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(painter.pen().color())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawPolygon(
        QPolygonF(
            [
                centre + QPointF(-half, -tip),
                centre + QPointF(half, -tip),
                centre + QPointF(0, tip),
            ]
        )
    )
    painter.restore()
