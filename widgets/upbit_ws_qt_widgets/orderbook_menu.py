"""The menu and the letter keys of an order book. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction, QActionGroup
from PyQt6.QtWidgets import QFileDialog, QInputDialog, QMenu

from upbit_ws_qt.markets import quote_currency

from .models.ladder import format_total
from .models.ladder_wishes import AMOUNTS, BARS, DEPTHS, VIEWS

if TYPE_CHECKING:
    from .orderbook import OrderbookWidget

__all__ = ["BookMenu", "command"]

_ROOM = 20
_MOST = 1e15


def _next(choices: tuple[Any, ...], now: Any) -> Any:
    return choices[(choices.index(now) + 1) % len(choices)]


def _switch_pause(book: OrderbookWidget) -> None:
    book.setPaused(not book.isPaused())


_KEYS: Mapping[int, Callable[[OrderbookWidget], None]] = {
    Qt.Key.Key_Plus: lambda book: book.regroup(1),
    Qt.Key.Key_Equal: lambda book: book.regroup(1),
    Qt.Key.Key_Minus: lambda book: book.regroup(-1),
    Qt.Key.Key_P: _switch_pause,
    Qt.Key.Key_Q: lambda book: book.setAmounts(_next(AMOUNTS, book.amounts())),
    Qt.Key.Key_B: lambda book: book.setBars(_next(BARS, book.bars())),
    Qt.Key.Key_D: lambda book: book.setDepth(_next(DEPTHS, book.depth())),
    Qt.Key.Key_V: lambda book: book.setView(_next(VIEWS, book.view())),
    Qt.Key.Key_S: lambda book: book.setStatic(not book.isStatic()),
}


def command(book: OrderbookWidget, key: int) -> bool:
    """Do what a letter or sign is for; returns whether it is for anything."""
    do = _KEYS.get(key)
    if do is not None:
        do(book)
    return do is not None


# State: none of its own; what its entries say is read when it is made.
class BookMenu(QMenu):
    """Everything that can be chosen and done, as it stands now; a child of its book."""

    def __init__(self, book: OrderbookWidget) -> None:
        super().__init__(book)
        text = book.text

        def named(key: str, choices: tuple[str, ...]) -> list[tuple[str, str]]:
            return [(choice, text(f"orderbook.{key}_{choice}")) for choice in choices]

        rows = [(depth, text("orderbook.depth_rows", rows=depth)) for depth in DEPTHS]
        steps = [(step, _step_text(book, step)) for step in book.groupings()]
        self._choices("view", named("view", VIEWS), book.view(), "setView", "V")
        self._choices("depth", rows, book.depth(), "setDepth", "D")
        self._choices("bars", named("bars", BARS), book.bars(), "setBars", "B")
        self._choices("amounts", named("amounts", AMOUNTS), book.amounts(), "setAmounts", "Q")
        self._choices("grouping", steps, book.grouping(), "setGrouping", "+ −")
        self.addSeparator()
        for key, is_on, switch, shortcut in (
            ("static", book.isStatic(), book.setStatic, "S"),
            ("fading", book.isFading(), book.setFading, ""),
            ("figures", book.areFiguresShown(), book.setFiguresShown, ""),
            ("own_orders", book.areOwnOrdersShown(), book.setOwnOrdersShown, ""),
            ("pause", book.isPaused(), book.setPaused, "P"),
        ):
            action = self._add(self, text(f"orderbook.{key}"), shortcut)
            action.setCheckable(True)
            action.setChecked(is_on)
            action.toggled.connect(switch)
        self.addSeparator()
        for key, slot, shortcut in (
            ("trial_ask", self._ask_trial, ""),
            ("copy", book.copy, "Ctrl+C"),
            ("save_csv", self._ask_csv, ""),
            ("save_picture", self._ask_picture, ""),
        ):
            self._add(self, text(f"orderbook.{key}"), shortcut).triggered.connect(slot)

    def _book(self) -> OrderbookWidget:
        """Its parent: an attribute would be a cycle through a Qt object."""
        return cast("OrderbookWidget", self.parent())

    @staticmethod
    def _add(menu: QMenu, text: str, shortcut: str = "") -> QAction:
        """An entry that shows its key; the key itself is heard by the book, which has the focus."""
        action = QAction(f"{text}\t{shortcut}" if shortcut else text, menu)
        menu.addAction(action)
        return action

    def _choices(
        self,
        key: str,
        choices: Iterable[tuple[Any, str]],
        now: Any,
        setter: str,
        shortcut: str,
    ) -> None:
        inner = QMenu(f"{self._book().text(f'orderbook.{key}')}\t{shortcut}", self)
        self.addMenu(inner)
        group = QActionGroup(inner)
        for value, text in choices:
            action = self._add(inner, text)
            action.setCheckable(True)
            action.setChecked(value == now)
            action.setData((setter, value))
            group.addAction(action)
        group.triggered.connect(self._choose)

    def _choose(self, action: QAction) -> None:
        setter, value = action.data()
        getattr(self._book(), setter)(value)

    def _ask_trial(self) -> None:
        """Ask for the trial size without holding up anybody."""
        book = self._book()
        quote = quote_currency(book.market())
        dialog = QInputDialog(book)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(book.text("orderbook.trial"))
        dialog.setLabelText(book.text("orderbook.trial_label", quote=quote))
        dialog.setInputMode(QInputDialog.InputMode.DoubleInput)
        dialog.setDoubleDecimals(0 if quote == "KRW" else 8)
        dialog.setDoubleRange(0.0, _MOST)
        dialog.setDoubleValue(book.trialSize()[0])
        dialog.doubleValueSelected.connect(book.setTrialSize)
        dialog.open()

    def _ask_csv(self) -> None:
        self._ask_file("csv").fileSelected.connect(self._book().saveCsv)

    def _ask_picture(self) -> None:
        self._ask_file("png").fileSelected.connect(self._book().savePicture)

    def _ask_file(self, ending: str) -> QFileDialog:
        """Ask where to save without holding up anybody."""
        book = self._book()
        dialog = QFileDialog(book, book.text("orderbook.save_title"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(ending)
        dialog.selectFile(f"{book.market() or 'orderbook'}.{ending}")
        dialog.open()
        return dialog


def _step_text(book: OrderbookWidget, step: float) -> str:
    if not step:
        return book.text("orderbook.grouping_none")
    written = f"{step:.8f}".rstrip("0").rstrip(".") if step < 1 else format_total(step, _ROOM, 0)
    return f"{written} {quote_currency(book.market())}"
