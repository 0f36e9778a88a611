"""The menu and the command keys of balances. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction, QActionGroup
from PyQt6.QtWidgets import QFileDialog, QInputDialog, QMenu

from .models.holding_wishes import ALLOCATIONS, HIDEABLE, SMALL_LIMITS

if TYPE_CHECKING:
    from .balances import BalanceMonitor

__all__ = ["BalancesMenu", "command"]

_QUOTES = ("krw", "btc", "usdt")
_MOST_WON = 2**31 - 1
_MOST_PERCENT = 99.0


def _next_allocation(monitor: BalanceMonitor) -> None:
    place = ALLOCATIONS.index(monitor.allocation()) + 1
    monitor.setAllocation(ALLOCATIONS[place % len(ALLOCATIONS)])


def _copy(monitor: BalanceMonitor) -> None:
    monitor.copy()


_KEYS: Mapping[int, Callable[[BalanceMonitor], None]] = {
    Qt.Key.Key_P: lambda monitor: monitor.setPrivate(not monitor.isPrivate()),
    Qt.Key.Key_H: lambda monitor: monitor.setSmallHidden(not monitor.isSmallHidden()),
    Qt.Key.Key_D: lambda monitor: monitor.setApartShown(not monitor.isApartShown()),
    Qt.Key.Key_F: lambda monitor: monitor.setFeesIncluded(not monitor.areFeesIncluded()),
    Qt.Key.Key_A: _next_allocation,
    Qt.Key.Key_C: _copy,
}


def command(monitor: BalanceMonitor, key: int) -> bool:
    """Do what a letter with Ctrl and Shift is for; returns whether it is for anything."""
    do = _KEYS.get(key)
    if do is not None:
        do(monitor)
    return do is not None


# State: none of its own; what its entries say is read when it is made.
class BalancesMenu(QMenu):
    """Everything that can be chosen and done, as it stands now; a child of its widget."""

    def __init__(self, monitor: BalanceMonitor) -> None:
        super().__init__(monitor)
        text = monitor.text
        for key, is_on, switch, letter in (
            ("private", monitor.isPrivate(), monitor.setPrivate, "P"),
            ("hide_small", monitor.isSmallHidden(), monitor.setSmallHidden, "H"),
            ("show_apart", monitor.isApartShown(), monitor.setApartShown, "D"),
            ("include_fees", monitor.areFeesIncluded(), monitor.setFeesIncluded, "F"),
        ):
            action = self._add(self, text(f"balances.{key}"), letter)
            action.setCheckable(True)
            action.setChecked(is_on)
            action.toggled.connect(switch)
        self.addSeparator()
        kinds = [(kind, text(f"balances.allocation_{kind}")) for kind in ALLOCATIONS]
        self._choices("allocation", kinds, monitor.allocation(), "setAllocation", "A")
        self._sorting()
        self._columns()
        limits = [(won, f"{won:,}") for won in sorted({*SMALL_LIMITS, monitor.smallLimit()})]
        inner = self._choices("small_limit", limits, monitor.smallLimit(), "setSmallLimit")
        self._add(inner, text("balances.other")).triggered.connect(self._ask_limit)
        self._fees()
        self.addSeparator()
        self._add(self, f"{text('balances.copy_rows')}\tCtrl+C").triggered.connect(monitor.copyRows)
        for key, slot, letter in (
            ("copy_all", monitor.copy, "C"),
            ("save_csv", self._ask_csv, ""),
            ("save_picture", self._ask_picture, ""),
        ):
            self._add(self, text(f"balances.{key}"), letter).triggered.connect(slot)

    def _monitor(self) -> BalanceMonitor:
        """Its parent: an attribute would be a cycle through a Qt object."""
        return cast("BalanceMonitor", self.parent())

    @staticmethod
    def _add(menu: QMenu, text: str, letter: str = "") -> QAction:
        """An entry that shows its key; the key itself is heard by the widget."""
        action = QAction(f"{text}\tCtrl+Shift+{letter}" if letter else text, menu)
        menu.addAction(action)
        return action

    def _inner(self, key: str) -> QMenu:
        inner = QMenu(self._monitor().text(f"balances.{key}"), self)
        self.addMenu(inner)
        return inner

    def _choices(
        self,
        key: str,
        choices: Iterable[tuple[Any, str]],
        now: Any,
        setter: str,
        letter: str = "",
    ) -> QMenu:
        inner = self._inner(key)
        if letter:
            inner.setTitle(f"{inner.title()}\tCtrl+Shift+{letter}")
        group = QActionGroup(inner)
        for value, text in choices:
            action = self._add(inner, text)
            action.setCheckable(True)
            action.setChecked(value == now)
            action.setData((setter, value))
            group.addAction(action)
        group.triggered.connect(self._choose)
        return inner

    def _choose(self, action: QAction) -> None:
        setter, value = action.data()
        getattr(self._monitor(), setter)(value)

    def _sorting(self) -> None:
        monitor = self._monitor()
        column, descending = monitor.sorting()
        heads = [(name, monitor.columnText(name)) for name in ("asset", *HIDEABLE)]
        inner = self._choices("sort", heads, column, "sortBy")
        inner.addSeparator()
        action = self._add(inner, monitor.text("balances.descending"))
        action.setCheckable(True)
        action.setChecked(descending)
        action.toggled.connect(self._turn)

    def _turn(self, descending: bool) -> None:
        self._monitor().sortBy(self._monitor().sorting()[0], descending)

    def _columns(self) -> None:
        monitor = self._monitor()
        inner = self._inner("columns")
        for name in HIDEABLE:
            action = self._add(inner, monitor.columnText(name))
            action.setCheckable(True)
            action.setChecked(name not in monitor.hiddenColumns())
            action.setData(name)
        inner.triggered.connect(self._show_column)

    def _show_column(self, action: QAction) -> None:
        monitor, name = self._monitor(), action.data()
        others = set(monitor.hiddenColumns()).difference([name])
        monitor.setHiddenColumns(others if action.isChecked() else others | {name})

    def _fees(self) -> None:
        monitor = self._monitor()
        inner = self._inner("fees_menu")
        for quote in _QUOTES:
            percent = f"{getattr(monitor.fees(), quote) * 100:f}".rstrip("0").rstrip(".") or "0"
            text = monitor.text("balances.fee_of", quote=quote.upper(), percent=percent)
            self._add(inner, text).setData(quote)
        inner.triggered.connect(self._ask_fee)

    # -- dialogs: none holds up anybody --------------------------------------------------------

    def _dialog(self, title: str, label: str) -> QInputDialog:
        dialog = QInputDialog(self._monitor())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(title)
        dialog.setLabelText(label)
        return dialog

    def _ask_fee(self, action: QAction) -> None:
        monitor, quote = self._monitor(), str(action.data())
        label = monitor.text("balances.fee_label", quote=quote.upper())
        dialog = self._dialog(monitor.text("balances.fees_menu"), label)
        dialog.setInputMode(QInputDialog.InputMode.DoubleInput)
        dialog.setDoubleDecimals(4)
        dialog.setDoubleRange(0.0, _MOST_PERCENT)
        dialog.setDoubleValue(float(getattr(monitor.fees(), quote) * 100))
        dialog.setObjectName(quote)
        dialog.doubleValueSelected.connect(monitor.feeEntered)
        dialog.open()

    def _ask_limit(self) -> None:
        monitor = self._monitor()
        title = monitor.text("balances.small_limit")
        dialog = self._dialog(title, monitor.text("balances.limit_label"))
        dialog.setInputMode(QInputDialog.InputMode.IntInput)
        dialog.setIntRange(0, _MOST_WON)
        dialog.setIntValue(min(monitor.smallLimit(), _MOST_WON))
        dialog.intValueSelected.connect(monitor.setSmallLimit)
        dialog.open()

    def _ask_csv(self) -> None:
        self._ask_file("csv").fileSelected.connect(self._monitor().saveCsv)

    def _ask_picture(self) -> None:
        self._ask_file("png").fileSelected.connect(self._monitor().savePicture)

    def _ask_file(self, ending: str) -> QFileDialog:
        monitor = self._monitor()
        dialog = QFileDialog(monitor, monitor.text("balances.save_title"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(ending)
        dialog.selectFile(f"balances.{ending}")
        dialog.open()
        return dialog
