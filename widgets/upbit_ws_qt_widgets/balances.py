"""What an account holds, valued as prices come. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, cast

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent
from PyQt6.QtWidgets import QMenu

from .balances_menu import BALANCE_KEYS, BalancesMenu
from .balances_surface import BalancesSurface
from .choice_menu import command
from .live_widget import contained
from .models.hangul_keys import letter_key
from .models.holding_export import table
from .models.holding_rows import Column
from .models.holding_wishes import HIDEABLE, HoldingWishes
from .theme import Look

__all__ = ["BalanceMonitor"]

_KST = timezone(timedelta(hours=9))
_STATE_VERSION = 1
_COMMAND = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


# State: none of its own.
class BalanceMonitor(BalancesSurface):
    """What an account holds, valued in won as prices come, with profit and loss.

    It shows what its slots are given and needs no network; ``bind`` connects it to live data,
    which needs a key with the right to read assets. What has no price is shown so and counted.
    A click on a column's head sorts by its numbers; Ctrl+C copies the selected rows; letters go to
    an asset. A menu has the rest.

    Signals:
        totalsChanged(): the totals are others; see ``totals``.
        optionsChanged(): something was chosen.
    """

    # -- what is kept --------------------------------------------------------------------------

    def saveState(self) -> dict[str, Any]:
        """What the user chose, as plain data; see ``restoreState``."""
        column, descending = self.sorting()
        return {
            "version": _STATE_VERSION,
            "sort": column,
            "descending": descending,
            "widths": self._table.widths(),
            "order": self._table.columnOrder(),
            "options": self._wishes.plain(),
            "look": self.look().plain(),
        }

    def restoreState(self, state: Mapping[str, Any]) -> bool:
        """Take back what ``saveState`` returned; False, and nothing changes, for anything else."""
        sort, widths, order = state.get("sort"), state.get("widths"), state.get("order")
        options = state.get("options")
        columns = {"asset", *HIDEABLE}
        if (
            state.get("version") != _STATE_VERSION
            or not isinstance(sort, str)
            or sort not in columns
            or not isinstance(widths, dict)
            or not isinstance(order, list)
            or sorted(map(str, cast("list[object]", order))) != sorted(columns)
            or not isinstance(options, Mapping)
        ):
            return False
        try:
            wishes = HoldingWishes.of(cast("Mapping[str, Any]", options))
            # A state from before it was kept says nothing about it.
            look = Look.of(state["look"]) if "look" in state else self.look()
        except ValueError:
            return False
        self._wish(**{name: getattr(wishes, name) for name in wishes.plain()})
        self.setLook(look)
        self._table.setColumnOrder(cast("list[str]", order))
        self._table.setWidths(cast("dict[str, object]", widths))
        self.sortBy(sort, bool(state.get("descending")))
        return True

    # -- choosing and doing --------------------------------------------------------------------

    def sorting(self) -> tuple[str, bool]:
        """The name of the column that is sorted by, and whether the greatest comes first."""
        column, descending = self._model.sorting()
        return Column(column).name.lower(), descending

    @contained
    def sortBy(self, column: str, descending: bool = True) -> None:
        """Sort by a column's numbers, or by ``asset``."""
        if column not in ("asset", *HIDEABLE):
            raise ValueError(f"columns are asset, {', '.join(HIDEABLE)}; got {column!r}")
        self._table.sortBy(Column[column.upper()], descending=descending)

    def columnText(self, name: str) -> str:
        """The name of a column in the widget's language."""
        return self._model.head(Column[name.upper()])

    @contained
    def feeEntered(self, percent: float) -> None:
        """For the menu's dialog, which is called like the currency it asks the fee of."""
        dialog = self.sender()
        if dialog is not None:
            self.setFeePercent(dialog.objectName(), percent)

    @contained
    def limitEntered(self, won: float) -> None:
        """For the menu's dialog, whose numbers are all of one kind."""
        self.setSmallLimit(round(won))

    def contextMenu(self) -> QMenu:
        """A menu of everything that can be chosen and done here, as it stands now."""
        return BalancesMenu(self)

    def holdingsTable(self, separator: str = ",") -> str:
        """The rows on show as lines of plain numbers to the last digit, under a line of names."""
        wishes = self._wishes
        return table(
            self._model.rows(),
            self.text,
            datetime.now(_KST),
            separator=separator,
            private=wishes.private,
            with_fees=wishes.fees_included,
        )

    @contained
    def copyRows(self) -> None:
        """Put the selected rows on the clipboard as they are written."""
        self._table.copySelection()

    @contained
    def copy(self) -> None:
        """Put all rows on show on the clipboard with all digits, as spreadsheets take them."""
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(self.holdingsTable("\t"))

    @contained
    def saveCsv(self, path: str) -> None:
        """Write the rows on show to a file, in UTF-8 with the mark that spreadsheets look for."""
        try:
            Path(path).write_text(self.holdingsTable(), encoding="utf-8-sig", newline="\n")
        except OSError as error:
            raise ValueError(self.text("balances.not_saved", reason=error.strerror)) from error

    @contained
    def savePicture(self, path: str) -> None:
        """Write what is on show to a file, as PNG or what its ending says."""
        if not self.grab().save(path):
            raise ValueError(self.text("balances.not_saved", reason=Path(path).suffix))

    # -- events --------------------------------------------------------------------------------

    @contained
    def keyPressEvent(self, a0: QKeyEvent | None) -> None:
        if a0 is None:
            return
        key = letter_key(a0.key(), a0.text())
        if a0.modifiers() == _COMMAND and command(BALANCE_KEYS, self, key):
            a0.accept()
        else:
            super().keyPressEvent(a0)

    @contained
    def contextMenuEvent(self, a0: QContextMenuEvent | None) -> None:
        if a0 is not None:
            menu = self.contextMenu()
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(a0.globalPos())
