"""The menu that lets things go wrong on the simulated exchange. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu, QWidget

if TYPE_CHECKING:
    from upbit_ws_qt.simulator.faults.faults import Faults

__all__ = ["FaultsMenu"]

# What each entry does, as a line of a script; the key of its text is the name of the fault.
_DONE_AT_ONCE = ("drop", "reset", "expire_key", "oversized 2")
_SWITCHED = (
    ("half_open", "silence", "slow 2", "accept_then_close", "refuse 503 both", "maintenance"),
    ("duplicate", "reorder", "corrupt truncated 10", "wrong_type string 10"),
    ("halt_market", "skew_clock 600000"),
)


# State: the faults of the exchange on show, and which of them are checked.
class FaultsMenu(QMenu):
    """Faults on command; it is there only while a simulated exchange is."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._faults: Faults | None = None
        for command in _DONE_AT_ONCE:
            self._add(command).triggered.connect(partial(self._do, command))
        for group in _SWITCHED:
            self.addSeparator()
            for command in group:
                action = self._add(command)
                action.setCheckable(True)
                action.triggered.connect(partial(self._switch, command))
        self.addSeparator()
        self._add("clear").triggered.connect(self._clear)
        self.attach(None)

    def attach(self, faults: Faults | None) -> None:
        """Serve another exchange, on which nothing is wrong yet; None for none."""
        self._faults = faults
        self._uncheck()
        entry = self.menuAction()
        if entry is not None:
            entry.setVisible(faults is not None)

    def set_texts(self, text: Callable[[str], str]) -> None:
        """Label everything in the language of ``text``, which looks up a key."""
        self.setTitle(text("viewer.demo"))
        for action in self.actions():
            if not action.isSeparator():
                action.setText(text(f"viewer.fault_{action.objectName()}"))

    def _add(self, command: str) -> QAction:
        action = QAction(self)
        action.setObjectName(command.split()[0])
        self.addAction(action)
        return action

    def _do(self, command: str) -> None:
        # Loaded only here: a viewer of the real exchange does without the simulated one.
        from upbit_ws_qt.simulator.faults.script import parse_command

        if self._faults is not None:
            parse_command(command).run(self._faults)

    def _switch(self, command: str, on: bool) -> None:
        self._do(command if on else f"clear {command.split()[0]}")

    def _clear(self) -> None:
        self._do("clear")
        self._uncheck()

    def _uncheck(self) -> None:
        for action in self.actions():
            action.setChecked(False)
