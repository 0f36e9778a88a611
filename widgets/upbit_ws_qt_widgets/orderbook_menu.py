"""The menu and the letter keys of an order book. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFileDialog

from upbit_ws_qt.markets import quote_currency

from .choice_menu import ChoiceMenu, next_choice
from .models.ladder import format_total
from .models.ladder_wishes import AMOUNTS, BARS, CHANGE_BASES, DEPTHS, VIEWS

if TYPE_CHECKING:
    from .orderbook import OrderbookWidget

__all__ = ["BOOK_KEYS", "BookMenu"]

_ROOM = 20
_MOST = 1e15


def _switch_pause(book: OrderbookWidget) -> None:
    book.setPaused(not book.isPaused())


#: What letters and signs are for.
BOOK_KEYS: Mapping[int, Callable[[OrderbookWidget], None]] = {
    Qt.Key.Key_Plus: lambda book: book.regroup(1),
    Qt.Key.Key_Equal: lambda book: book.regroup(1),
    Qt.Key.Key_Minus: lambda book: book.regroup(-1),
    Qt.Key.Key_P: _switch_pause,
    Qt.Key.Key_Q: lambda book: book.setAmounts(next_choice(AMOUNTS, book.amounts())),
    Qt.Key.Key_B: lambda book: book.setBars(next_choice(BARS, book.bars())),
    Qt.Key.Key_D: lambda book: book.setDepth(next_choice(DEPTHS, book.depth())),
    Qt.Key.Key_V: lambda book: book.setView(next_choice(VIEWS, book.view())),
    Qt.Key.Key_M: lambda book: book.setChangeBase(next_choice(CHANGE_BASES, book.changeBase())),
    Qt.Key.Key_T: lambda book: book.setTradesPerLevelShown(not book.areTradesPerLevelShown()),
    Qt.Key.Key_S: lambda book: book.setStatic(not book.isStatic()),
}


# State: none of its own; what its entries say is read when it is made.
class BookMenu(ChoiceMenu["OrderbookWidget"]):
    """Everything that can be chosen and done, as it stands now; a child of its book."""

    def __init__(self, book: OrderbookWidget) -> None:
        super().__init__(book)
        text = book.text

        def add(
            key: str, choices: tuple[str, ...], now: str, setter: str, letter: str = ""
        ) -> None:
            named = [(choice, text(f"orderbook.{key}_{choice}")) for choice in choices]
            self.choices(text(f"orderbook.{key}"), named, now, setter, letter)

        rows = [(depth, text("orderbook.depth_rows", rows=depth)) for depth in DEPTHS]
        steps = [(step, _step_text(book, step)) for step in book.groupings()]
        add("view", VIEWS, book.view(), "setView", "V")
        self.choices(text("orderbook.depth"), rows, book.depth(), "setDepth", "D")
        add("bars", BARS, book.bars(), "setBars", "B")
        add("amounts", AMOUNTS, book.amounts(), "setAmounts", "Q")
        add("change_base", CHANGE_BASES, book.changeBase(), "setChangeBase", "M")
        self.choices(text("orderbook.grouping"), steps, book.grouping(), "setGrouping", "+ −")
        self.addSeparator()
        for key, is_on, slot, letter in (
            ("static", book.isStatic(), book.setStatic, "S"),
            ("fading", book.isFading(), book.setFading, ""),
            ("figures", book.areFiguresShown(), book.setFiguresShown, ""),
            ("own_orders", book.areOwnOrdersShown(), book.setOwnOrdersShown, ""),
            ("queue", book.isQueueShown(), book.setQueueShown, ""),
            ("trades_per_level", book.areTradesPerLevelShown(), book.setTradesPerLevelShown, "T"),
            ("pause_on_hover", book.isPauseOnHover(), book.setPauseOnHover, ""),
            ("pause", book.isPaused(), book.setPaused, "P"),
        ):
            self.switch(text(f"orderbook.{key}"), slot, letter, is_on=is_on)
        self.addSeparator()
        self.entry(text("orderbook.trial_ask")).triggered.connect(self._ask_trial)
        self.entry(text("orderbook.copy"), "Ctrl+C").triggered.connect(book.copy)
        self.entry(text("orderbook.save_csv")).triggered.connect(self._ask_csv)
        self.entry(text("orderbook.save_picture")).triggered.connect(self._ask_picture)

    def _ask_trial(self) -> None:
        book = self.widget()
        quote = quote_currency(book.market())
        title, label = book.text("orderbook.trial"), book.text("orderbook.trial_label", quote=quote)
        decimals = 0 if quote == "KRW" else 8
        dialog = self.numberDialog(title, label, book.trialSize()[0], _MOST, decimals)
        dialog.doubleValueSelected.connect(book.setTrialSize)

    def _ask_csv(self) -> None:
        self._ask_file("csv").fileSelected.connect(self.widget().saveCsv)

    def _ask_picture(self) -> None:
        self._ask_file("png").fileSelected.connect(self.widget().savePicture)

    def _ask_file(self, ending: str) -> QFileDialog:
        book = self.widget()
        name = book.market() or "orderbook"
        return self.fileDialog(book.text("orderbook.save_title"), name, ending)


def _step_text(book: OrderbookWidget, step: float) -> str:
    if not step:
        return book.text("orderbook.grouping_none")
    written = f"{step:.8f}".rstrip("0").rstrip(".") if step < 1 else format_total(step, _ROOM, 0)
    return f"{written} {quote_currency(book.market())}"
