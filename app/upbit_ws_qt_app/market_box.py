"""Where a market is chosen: from the list, or by typing a code or a name. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from PyQt6.QtCore import QMetaObject, QModelIndex, QObject, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QStandardItem, QStandardItemModel, QWheelEvent
from PyQt6.QtWidgets import QComboBox, QCompleter, QLineEdit, QSizePolicy, QWidget

from upbit_ws_qt.errors import InvalidMarket
from upbit_ws_qt.markets import Market, check_market
from upbit_ws_qt.qt.markets import MarketList

__all__ = ["MarketBox"]

_CODE_ROLE = Qt.ItemDataRole.UserRole
_SEARCH_ROLE = Qt.ItemDataRole.UserRole + 1
_WIDTH_IN_LETTERS = 28
_FONT_SCALE = 1.1
_ROW_PADDING = 9


# State: none of its own.
class _MarketCompleter(QCompleter):
    """Searches codes and names in both languages and completes to what the list shows."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setCompletionRole(_SEARCH_ROLE)
        self.setMaxVisibleItems(16)

    def pathFromIndex(self, index: QModelIndex) -> str:
        return str(index.data(Qt.ItemDataRole.DisplayRole))


# State: the market list with the connection to it, the language of the names and the market.
class MarketBox(QComboBox):
    """A combo box of all markets that also takes what is typed.

    Signals:
        chosen(str): a market's code; it is listed, or the list is not known yet.
        refused(str): what was typed is no market.
    """

    chosen = pyqtSignal(str)
    refused = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._markets: MarketList | None = None
        self._listening: QMetaObject.Connection | None = None
        self._language = "en"
        self._market = ""
        self._rows = QStandardItemModel(self)
        self.setModel(self._rows)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setMaxVisibleItems(20)
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * _FONT_SCALE)
        self.setFont(font)
        completer = _MarketCompleter(self)
        completer.setModel(self._rows)
        self.setCompleter(completer)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.activated.connect(self._on_activated)
        edit = self.edit()
        edit.setTextMargins(4, 0, 0, 0)
        edit.returnPressed.connect(self._on_return)
        edit.editingFinished.connect(self._show_current)

    def edit(self) -> QLineEdit:
        """The field that is typed into."""
        edit = self.lineEdit()
        assert edit is not None  # noqa: S101 - an editable combo box has one
        return edit

    def market(self) -> str:
        """The market on show."""
        return self._market

    def set_market(self, code: str) -> None:
        """Show this market as the chosen one."""
        self._market = code
        self._show_current()

    def set_markets(self, markets: MarketList | None) -> None:
        """Offer these; they may become known later."""
        if self._listening is not None:
            # Harmless where the list is gone, which its own signal's method is not.
            QObject.disconnect(self._listening)
            self._listening = None
        self._markets = markets
        if markets is not None:
            self._listening = markets.changed.connect(self._fill)
        self._fill()

    def set_texts(self, language: str, hint: str) -> None:
        """Show names in ``ko`` or ``en``; ``hint`` stands in the empty field."""
        self._language = language
        self.edit().setPlaceholderText(hint)
        self.setAccessibleName(hint)
        self._fill()

    def start_typing(self) -> None:
        """Take the keyboard, ready to be typed over."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.edit().selectAll()

    def sizeHint(self) -> QSize:
        letter = self.fontMetrics().averageCharWidth()
        return QSize(letter * _WIDTH_IN_LETTERS + 40, super().sizeHint().height() + 6)

    def wheelEvent(self, e: QWheelEvent | None) -> None:
        # Turning the wheel over it would change the market by accident.
        if e is not None:
            e.ignore()

    def _fill(self) -> None:
        listed = list(self._markets) if self._markets is not None else []
        rows: list[QStandardItem] = []
        size = QSize(0, self.fontMetrics().height() + _ROW_PADDING)
        for market in listed:
            row = QStandardItem(self._shown(market))
            row.setSizeHint(size)
            row.setData(market.code, _CODE_ROLE)
            base = market.code.partition("-")[2]
            names = (market.code, market.korean_name, market.english_name, base)
            row.setData(" ".join(names), _SEARCH_ROLE)
            rows.append(row)
        # The market of the first row would become the current one for a moment.
        self.blockSignals(True)  # noqa: FBT003 - Qt's own spelling
        self._rows.clear()
        self._rows.invisibleRootItem().appendRows(rows)  # type: ignore[union-attr]
        self.blockSignals(False)  # noqa: FBT003
        self._show_current()

    def _shown(self, market: Market) -> str:
        name = market.korean_name if self._language == "ko" else market.english_name
        return f"{name}  {market.code}".strip()

    def _show_current(self) -> None:
        market = self._markets.find(self._market) if self._markets is not None else None
        row = self.findData(self._market, _CODE_ROLE) if self._market else -1
        if row != self.currentIndex():
            self.setCurrentIndex(row)
        edit = self.edit()
        edit.setText(self._market if market is None else self._shown(market))
        edit.setCursorPosition(0)

    def _on_activated(self, row: int) -> None:
        code = self.itemData(row, _CODE_ROLE)
        if isinstance(code, str):
            self._choose(code)

    def _on_return(self) -> None:
        text = self.edit().text().strip()
        code = self._code_of(text)
        if code is not None:
            self._choose(code)
        elif text:
            self.refused.emit(text)
        self._show_current()
        self.edit().selectAll()

    def _choose(self, code: str) -> None:
        if code != self._market:
            self._market = code
            self.chosen.emit(code)

    def _code_of(self, text: str) -> str | None:
        """The market that a typed text means: a code in any case, a coin, or a whole name."""
        upper = text.upper().replace("/", "-")
        markets = self._markets
        if markets is None or not len(markets):
            try:
                return check_market(upper)
            except InvalidMarket:
                return None
        for code in (upper, f"KRW-{upper}"):
            if code in markets:
                return code
        plain = text.casefold()
        for market in markets:
            names = (market.korean_name, market.english_name, self._shown(market))
            if plain in (name.casefold() for name in names):
                return market.code
        return None
