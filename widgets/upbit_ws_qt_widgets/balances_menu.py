"""The menu and the command keys of balances. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QFileDialog

from .choice_menu import ChoiceMenu, next_choice
from .models.holding_wishes import ALLOCATIONS, HIDEABLE, SMALL_LIMITS

if TYPE_CHECKING:
    from .balances import BalanceMonitor

__all__ = ["BALANCE_KEYS", "BalancesMenu"]

_QUOTES = ("krw", "btc", "usdt")
_MOST_WON = 1e15
_MOST_PERCENT = 99.0
_PERCENT_DECIMALS = 4
_COMMAND = "Ctrl+Shift+"


def _copy(monitor: BalanceMonitor) -> None:
    monitor.copy()


#: What letters with Ctrl and Shift are for.
BALANCE_KEYS: Mapping[int, Callable[[BalanceMonitor], None]] = {
    Qt.Key.Key_P: lambda monitor: monitor.setPrivate(not monitor.isPrivate()),
    Qt.Key.Key_H: lambda monitor: monitor.setSmallHidden(not monitor.isSmallHidden()),
    Qt.Key.Key_D: lambda monitor: monitor.setApartShown(not monitor.isApartShown()),
    Qt.Key.Key_F: lambda monitor: monitor.setFeesIncluded(not monitor.areFeesIncluded()),
    Qt.Key.Key_A: lambda monitor: monitor.setAllocation(
        next_choice(ALLOCATIONS, monitor.allocation())
    ),
    Qt.Key.Key_C: _copy,
}


# State: none of its own; what its entries say is read when it is made.
class BalancesMenu(ChoiceMenu["BalanceMonitor"]):
    """Everything that can be chosen and done, as it stands now; a child of its widget."""

    def __init__(self, monitor: BalanceMonitor) -> None:
        super().__init__(monitor)
        text = monitor.text
        for key, is_on, slot, letter in (
            ("private", monitor.isPrivate(), monitor.setPrivate, "P"),
            ("hide_small", monitor.isSmallHidden(), monitor.setSmallHidden, "H"),
            ("show_apart", monitor.isApartShown(), monitor.setApartShown, "D"),
            ("include_fees", monitor.areFeesIncluded(), monitor.setFeesIncluded, "F"),
        ):
            self.switch(text(f"balances.{key}"), slot, _COMMAND + letter, is_on=is_on)
        self.addSeparator()
        kinds = [(kind, text(f"balances.allocation_{kind}")) for kind in ALLOCATIONS]
        title = text("balances.allocation")
        self.choices(title, kinds, monitor.allocation(), "setAllocation", f"{_COMMAND}A")
        self._sorting()
        self._columns()
        limits = [(won, f"{won:,}") for won in sorted({*SMALL_LIMITS, monitor.smallLimit()})]
        title = text("balances.small_limit")
        inner = self.choices(title, limits, monitor.smallLimit(), "setSmallLimit")
        self.entry(text("balances.other"), menu=inner).triggered.connect(self._ask_limit)
        self._fees()
        self.addSeparator()
        for key, do, shortcut in (
            ("copy_rows", monitor.copyRows, "Ctrl+C"),
            ("copy_all", monitor.copy, f"{_COMMAND}C"),
            ("save_csv", self._ask_csv, ""),
            ("save_picture", self._ask_picture, ""),
        ):
            self.entry(text(f"balances.{key}"), shortcut).triggered.connect(do)

    def _sorting(self) -> None:
        monitor = self.widget()
        column, descending = monitor.sorting()
        heads = [(name, monitor.columnText(name)) for name in ("asset", *HIDEABLE)]
        inner = self.choices(monitor.text("balances.sort"), heads, column, "sortBy")
        inner.addSeparator()
        self.switch(monitor.text("balances.descending"), self._turn, is_on=descending, menu=inner)

    def _turn(self, descending: bool) -> None:
        self.widget().sortBy(self.widget().sorting()[0], descending)

    def _columns(self) -> None:
        monitor = self.widget()
        inner = self.inner(monitor.text("balances.columns"))
        for name in HIDEABLE:
            action = self.entry(monitor.columnText(name), menu=inner)
            action.setCheckable(True)
            action.setChecked(name not in monitor.hiddenColumns())
            action.setData(name)
        inner.triggered.connect(self._show_column)

    def _show_column(self, action: QAction) -> None:
        monitor, name = self.widget(), action.data()
        others = set(monitor.hiddenColumns()).difference([name])
        monitor.setHiddenColumns(others if action.isChecked() else others | {name})

    def _fees(self) -> None:
        monitor = self.widget()
        inner = self.inner(monitor.text("balances.fees_menu"))
        for quote in _QUOTES:
            percent = f"{getattr(monitor.fees(), quote) * 100:f}".rstrip("0").rstrip(".") or "0"
            text = monitor.text("balances.fee_of", quote=quote.upper(), percent=percent)
            self.entry(text, menu=inner).setData(quote)
        inner.triggered.connect(self._ask_fee)

    # -- dialogs -------------------------------------------------------------------------------

    def _ask_fee(self, action: QAction) -> None:
        monitor, quote = self.widget(), str(action.data())
        title = monitor.text("balances.fees_menu")
        label = monitor.text("balances.fee_label", quote=quote.upper())
        now = float(getattr(monitor.fees(), quote) * 100)
        dialog = self.numberDialog(title, label, now, _MOST_PERCENT, _PERCENT_DECIMALS)
        dialog.setObjectName(quote)
        dialog.doubleValueSelected.connect(monitor.feeEntered)

    def _ask_limit(self) -> None:
        monitor = self.widget()
        title, label = monitor.text("balances.small_limit"), monitor.text("balances.limit_label")
        dialog = self.numberDialog(title, label, monitor.smallLimit(), _MOST_WON, 0)
        dialog.doubleValueSelected.connect(monitor.limitEntered)

    def _ask_csv(self) -> None:
        self._ask_file("csv").fileSelected.connect(self.widget().saveCsv)

    def _ask_picture(self) -> None:
        self._ask_file("png").fileSelected.connect(self.widget().savePicture)

    def _ask_file(self, ending: str) -> QFileDialog:
        return self.fileDialog(self.widget().text("balances.save_title"), "balances", ending)
