"""The table of holdings: sorts itself, tells exactly what changed. Qt, no widget."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from PyQt6.QtGui import QColor

from upbit_ws_qt_resources import translations

from .models.holding_rows import (
    UNKNOWN,
    UNPRICED,
    Column,
    HoldingRow,
    changed_columns,
    explain,
    in_order,
)
from .theme import Theme

__all__ = ["HoldingsModel"]

_HEADERS = {
    Column.ASSET: "balances.asset",
    Column.QUANTITY: "balances.quantity",
    Column.LOCKED: "balances.locked",
    Column.AVERAGE: "balances.average_price",
    Column.PRICE: "balances.price",
    Column.VALUE: "balances.value",
    Column.PROFIT: "balances.profit",
    Column.RATE: "balances.profit_rate",
}
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_SHOWN = [Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ForegroundRole]


# State: the rows in their order with the place of each currency, how they are sorted, and the
# theme and language that cells and headers are given in.
class HoldingsModel(QAbstractTableModel):
    """Rows of ready texts. It is sorted by numbers, never by text."""

    def __init__(self, theme: Theme, language: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[HoldingRow] = []
        self._places: dict[str, int] = {}
        self._column: int = Column.VALUE
        self._descending = True
        self._theme = theme
        self._language = language

    # -- rows ----------------------------------------------------------------------------------

    def rows(self) -> list[HoldingRow]:
        """The rows as they stand."""
        return list(self._rows)

    def rowAt(self, place: int) -> HoldingRow:
        """The row at a place from the top."""
        return self._rows[place]

    def changeRows(self, rows: Iterable[HoldingRow]) -> None:
        """Put rows in place of those of the same currencies; only cells that differ are told."""
        for row in rows:
            place = self._places[row.holding.currency]
            before, self._rows[place] = self._rows[place], row
            columns = changed_columns(before, row)
            if columns is not None:
                first, last = columns
                self.dataChanged.emit(self.index(place, first), self.index(place, last), _SHOWN)

    def addRows(self, rows: Iterable[HoldingRow]) -> None:
        """Add rows of new currencies at the end; ``resort`` puts them in order."""
        added = list(rows)
        if added:
            first = len(self._rows)
            self.beginInsertRows(QModelIndex(), first, first + len(added) - 1)
            self._rows += added
            self._count_places()
            self.endInsertRows()

    def removeRowsOf(self, currencies: Iterable[str]) -> None:
        """Take away the rows of currencies."""
        for currency in currencies:
            place = self._places[currency]
            self.beginRemoveRows(QModelIndex(), place, place)
            del self._rows[place]
            self._count_places()
            self.endRemoveRows()

    def resort(self) -> None:
        """Bring the rows in order; selections stay on their rows. Says nothing if they are."""
        ordered = in_order(self._rows, self._column, descending=self._descending)
        if ordered == self._rows:
            return
        self.layoutAboutToBeChanged.emit()
        before = self._rows
        persistent = self.persistentIndexList()
        self._rows = ordered
        self._count_places()
        self.changePersistentIndexList(
            persistent,
            [
                self.index(self._places[before[index.row()].holding.currency], index.column())
                for index in persistent
            ],
        )
        self.layoutChanged.emit()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._column = column if 0 <= column < len(Column) else Column.VALUE
        self._descending = order == Qt.SortOrder.DescendingOrder
        self.resort()

    def sorting(self) -> tuple[int, bool]:
        """The column that is sorted by, and whether downwards."""
        return int(self._column), self._descending

    def _count_places(self) -> None:
        self._places = {row.holding.currency: place for place, row in enumerate(self._rows)}

    # -- looks ---------------------------------------------------------------------------------

    def restyle(self, theme: Theme, language: str) -> None:
        """Take another theme or language."""
        self._theme, self._language = theme, language
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(Column) - 1)
        if self._rows:
            last = self.index(len(self._rows) - 1, len(Column) - 1)
            self.dataChanged.emit(self.index(0, 0), last, _SHOWN)

    def text(self, key: str, **values: Any) -> str:
        """A text of the interface in the model's language."""
        return translations(self._language)[key].format(**values)

    # -- what views ask ------------------------------------------------------------------------

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(Column)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return row.texts[column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if column == Column.ASSET else _RIGHT
        if role == Qt.ItemDataRole.ForegroundRole:
            return self.colour(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return explain(row, column, self.text) or None
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and 0 <= section < len(Column):
            if role == Qt.ItemDataRole.DisplayRole:
                return self.text(_HEADERS[Column(section)])
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return _LEFT if section == Column.ASSET else _RIGHT
            if role == Qt.ItemDataRole.InitialSortOrderRole and section != Column.ASSET:
                return Qt.SortOrder.DescendingOrder
        return None

    def colour(self, row: HoldingRow, column: int) -> QColor | None:
        """The colour of a cell's text where it is not the ordinary one."""
        if column in (Column.PROFIT, Column.RATE) and row.sign:
            return self._theme.direction(row.sign)
        if row.texts[column] in (UNKNOWN, UNPRICED):
            return self._theme.sub_text
        return None
