"""A menu of what can be chosen about a widget, and the keys that choose the same. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar, cast

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction, QActionGroup
from PyQt6.QtWidgets import QFileDialog, QInputDialog, QMenu

from .live_widget import LiveWidget

__all__ = ["ChoiceMenu", "command", "next_choice"]

_W = TypeVar("_W", bound=LiveWidget)
_C = TypeVar("_C")


def next_choice(choices: Sequence[_C], now: _C) -> _C:
    """The choice after the present one, round the end: what a key that steps through them takes."""
    return choices[(choices.index(now) + 1) % len(choices)]


def command(keys: Mapping[int, Callable[[_W], None]], widget: _W, key: int) -> bool:
    """Do what a key is for; returns whether it is for anything."""
    do = keys.get(key)
    if do is not None:
        do(widget)
    return do is not None


# State: none of its own; what its entries say is read when it is made.
class ChoiceMenu(QMenu, Generic[_W]):
    """Everything that can be chosen and done, as it stands now; a child of its widget.

    An entry shows its key beside its text, but does not hear it: the widget does, which has the
    focus. The dialogs hold up nobody, and go when they are closed.
    """

    def __init__(self, widget: _W) -> None:
        super().__init__(widget)

    def widget(self) -> _W:
        """Its parent: an attribute would be a cycle through a Qt object."""
        return cast("_W", self.parent())

    # -- entries -------------------------------------------------------------------------------

    def entry(self, text: str, key: str = "", *, menu: QMenu | None = None) -> QAction:
        """An entry with its key beside it, here or in an inner menu."""
        action = QAction(_titled(text, key), menu or self)
        (menu or self).addAction(action)
        return action

    def switch(
        self,
        text: str,
        slot: Callable[[bool], None],
        key: str = "",
        *,
        is_on: bool,
        menu: QMenu | None = None,
    ) -> QAction:
        """An entry with a tick that it switches."""
        action = self.entry(text, key, menu=menu)
        action.setCheckable(True)
        action.setChecked(is_on)
        action.toggled.connect(slot)
        return action

    def inner(self, title: str, key: str = "") -> QMenu:
        """A menu inside this one."""
        menu = QMenu(_titled(title, key), self)
        self.addMenu(menu)
        return menu

    def choices(
        self,
        title: str,
        choices: Iterable[tuple[Any, str]],
        now: Any,
        setter: str,
        key: str = "",
    ) -> QMenu:
        """A menu of values of which one is ticked.

        Args:
            title: of the menu.
            choices: each value with its text.
            now: the value that is ticked.
            setter: the name of the widget's method that takes the chosen value.
            key: what else steps through them.
        """
        menu = self.inner(title, key)
        group = QActionGroup(menu)
        for value, text in choices:
            action = self.entry(text, menu=menu)
            action.setCheckable(True)
            action.setChecked(value == now)
            action.setData((setter, value))
            group.addAction(action)
        group.triggered.connect(self._choose)
        return menu

    def _choose(self, action: QAction) -> None:
        setter, value = action.data()
        getattr(self.widget(), setter)(value)

    # -- dialogs -------------------------------------------------------------------------------

    def numberDialog(
        self, title: str, label: str, now: float, most: float, decimals: int
    ) -> QInputDialog:
        """Ask for a number from 0 to ``most``: connect its ``doubleValueSelected``."""
        dialog = QInputDialog(self.widget())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(title)
        dialog.setLabelText(label)
        dialog.setInputMode(QInputDialog.InputMode.DoubleInput)
        dialog.setDoubleDecimals(decimals)
        dialog.setDoubleRange(0.0, most)
        dialog.setDoubleValue(now)
        dialog.open()
        return dialog

    def fileDialog(self, title: str, name: str, ending: str) -> QFileDialog:
        """Ask where to save: connect its ``fileSelected``; ``name`` stands there at first."""
        dialog = QFileDialog(self.widget(), title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(ending)
        dialog.selectFile(f"{name}.{ending}")
        dialog.open()
        return dialog


def _titled(text: str, key: str) -> str:
    """The text with its key; an ampersand would underline the letter after it."""
    text = text.replace("&", "&&")
    return f"{text}\t{key}" if key else text
