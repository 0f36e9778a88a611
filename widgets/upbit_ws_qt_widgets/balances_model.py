"""The table of holdings: sorts itself, tells exactly what changed. Qt, no widget."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, cast

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from PyQt6.QtGui import QColor

from upbit_ws_qt_resources import translations

from .models.hangul_keys import latin_text
from .models.holding_rows import (
    UNKNOWN,
    UNPRICED,
    Column,
    HoldingRow,
    changed_columns,
    explain,
    in_order,
)
from .models.holding_values import Holding
from .models.holding_wishes import HoldingWishes
from .theme import Theme

__all__ = ["HoldingsModel"]

_HEADERS = {
    Column.ASSET: "balances.asset",
    Column.QUANTITY: "balances.quantity",
    Column.AVAILABLE: "balances.available",
    Column.LOCKED: "balances.locked",
    Column.AVERAGE: "balances.average_price",
    Column.BREAK_EVEN: "balances.break_even",
    Column.PRICE: "balances.price",
    Column.VALUE: "balances.value",
    Column.PROFIT: "balances.profit",
    Column.RATE: "balances.profit_rate",
}
_AFTER_FEES = {Column.PROFIT: "balances.net_profit", Column.RATE: "balances.net_rate"}
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_SHOWN = [Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ForegroundRole]


class RowWriter(Protocol):
    """What a model of holdings is a child of."""

    def writeRow(self, holding: Holding) -> HoldingRow:
        """Write a holding out."""
        ...


# State: the rows in their order with the place of each currency, what is newer than its row, how
# they are sorted, and the theme, language and choices that cells and headers are given by.
class HoldingsModel(QAbstractTableModel):
    """Rows of texts. It is sorted by numbers, never by text. Its parent is a ``RowWriter``."""

    def __init__(self, theme: Theme, language: str, parent: QObject) -> None:
        super().__init__(parent)
        self._rows: list[HoldingRow] = []
        self._unwritten: dict[str, Holding] = {}
        self._places: dict[str, int] = {}
        self._column: int = Column.VALUE
        self._descending = True
        self._theme = theme
        self._language = language
        self._wishes = HoldingWishes()

    # -- rows ----------------------------------------------------------------------------------

    def rows(self) -> list[HoldingRow]:
        """The rows as they stand, all of them written out."""
        return [self.rowAt(place) for place in range(len(self._rows))]

    def rowAt(self, place: int) -> HoldingRow:
        """The row at a place from the top, written out if it was not yet."""
        newer = self._unwritten.pop(self._rows[place].holding.currency, None)
        if newer is not None:
            self._rows[place] = self._write(newer)
        return self._rows[place]

    def currencies(self) -> set[str]:
        """What has a row."""
        return set(self._places)

    def _write(self, holding: Holding) -> HoldingRow:
        """By its parent: an attribute would be a cycle through a Qt object."""
        return cast("RowWriter", self.parent()).writeRow(holding)

    def beginsApart(self, place: int) -> bool:
        """Whether what stands apart begins with the row at a place."""
        if not place or not self.rowAt(place).holding.is_apart:
            return False
        return not self.rowAt(place - 1).holding.is_apart

    def find(self, typed: str, after: int) -> int | None:
        """The next place below ``after``, round the end, whose code or name begins with a text.

        A code is found by its keys as well while a Korean keyboard writes Hangul. While it is
        typed on, the row it stands on counts too.
        """
        start = after + (len(typed) == 1)
        wanted = typed.casefold()
        code = latin_text(typed).casefold()
        for step in range(len(self._rows)):
            place = (start + step) % len(self._rows)
            row = self._rows[place]
            currency, name = row.holding.currency.casefold(), row.name.casefold()
            if currency.startswith(code) or name.startswith(wanted):
                return place
        return None

    def placeOf(self, currency: str) -> int | None:
        """Where an asset stands; None where it has no row."""
        return self._places.get(currency)

    def changeHoldings(self, holdings: Iterable[Holding], sight: range) -> list[HoldingRow]:
        """Put holdings in place of those of the same currencies.

        Only rows in sight are written out, and told of, at once: writing is what is dear. The
        others are when somebody looks at them.

        Args:
            holdings: what has changed; each has a row.
            sight: the places that are seen.

        Returns:
            The rows that were written out.
        """
        written: list[HoldingRow] = []
        for holding in holdings:
            place = self._places[holding.currency]
            if place not in sight:
                self._unwritten[holding.currency] = holding
                continue
            self._unwritten.pop(holding.currency, None)
            row = self._write(holding)
            before, self._rows[place] = self._rows[place], row
            written.append(row)
            columns = changed_columns(before, row)
            if columns is not None:
                first, last = columns
                self.dataChanged.emit(self.index(place, first), self.index(place, last), _SHOWN)
        return written

    def rewrite(self) -> list[HoldingRow]:
        """Write out every row anew; returns them."""
        holdings = [self._unwritten.get(row.holding.currency, row.holding) for row in self._rows]
        return self.changeHoldings(holdings, range(len(holdings)))

    def addHoldings(self, holdings: Iterable[Holding]) -> None:
        """Add rows of new currencies at the end; ``resort`` puts them in order."""
        added = [self._write(holding) for holding in holdings]
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
            self._unwritten.pop(currency, None)
            self._count_places()
            self.endRemoveRows()

    def resort(self) -> None:
        """Bring the rows in order; selections stay on their rows. Says nothing if they are."""
        ordered = in_order(self.rows(), self._column, descending=self._descending)
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

    def restyle(self, theme: Theme, language: str, wishes: HoldingWishes) -> None:
        """Take another theme, language, or other choices."""
        self._theme, self._language, self._wishes = theme, language, wishes
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
        row, column = self.rowAt(index.row()), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return row.texts[column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if column == Column.ASSET else _RIGHT
        if role == Qt.ItemDataRole.ForegroundRole:
            return self.colour(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.explanation(row, column) or None
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and 0 <= section < len(Column):
            if role == Qt.ItemDataRole.DisplayRole:
                return self.head(Column(section))
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return _LEFT if section == Column.ASSET else _RIGHT
            if role == Qt.ItemDataRole.InitialSortOrderRole and section != Column.ASSET:
                return Qt.SortOrder.DescendingOrder
        return None

    def head(self, column: Column) -> str:
        """The name of a column."""
        after_fees = _AFTER_FEES.get(column) if self._wishes.fees_included else None
        return self.text(after_fees or _HEADERS[column])

    def explanation(self, row: HoldingRow, column: int) -> str:
        """What a pointer resting on a cell is told; empty where the cell says it all."""
        wishes = self._wishes
        return explain(
            row, column, self.text, private=wishes.private, with_fees=wishes.fees_included
        )

    def colour(self, row: HoldingRow, column: int) -> QColor | None:
        """The colour of a cell's text where it is not the ordinary one."""
        if column in (Column.PROFIT, Column.RATE) and row.sign:
            return self._theme.direction(row.sign)
        if row.texts[column] in (UNKNOWN, UNPRICED) or row.holding.is_apart:
            return self._theme.sub_text
        return None
