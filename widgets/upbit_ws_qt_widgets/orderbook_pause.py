"""An order book that stands still: by choice, or while the pointer is on it. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from PyQt6.QtCore import QEvent, pyqtSignal
from PyQt6.QtGui import QEnterEvent, QHideEvent
from PyQt6.QtWidgets import QWidget

from .live_widget import contained
from .models.ladder_wishes import Wishes
from .models.market_memory import MarketMemory
from .orderbook_options import OptionedBook

__all__ = ["PausableBook"]


# State: what is known of the market, which holds what is shown; whether only the pointer holds it.
class PausableBook(OptionedBook):
    """Shows what is known, or what was known when it was told to stand still.

    Signals:
        pausedChanged(bool): the book stands still, or goes on.
    """

    pausedChanged = pyqtSignal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._memory = MarketMemory()
        self._held_by_pointer = False

    def otherKnown(self) -> None:
        """For subclasses: something else is to be shown now than before."""
        raise NotImplementedError

    def isPaused(self) -> bool:
        """Whether the book stands still."""
        return self._memory.is_paused

    @contained
    def setPaused(self, paused: bool) -> None:
        """Let the book stand still, or go on with the newest one. What comes meanwhile is counted.

        Own orders go on being marked.
        """
        self._held_by_pointer = False
        if paused != self.isPaused():
            self._memory.pause(on=paused)
            self.otherKnown()
            self.pausedChanged.emit(paused)
            self._changed()

    def withheldCount(self) -> int:
        """How many updates were not shown in this pause."""
        return self._memory.withheld

    def wished(self, former: Wishes) -> None:
        if not self.isPauseOnHover():
            self._let_go()
        elif not former.pause_on_hover and self.underMouse():
            self._hold()

    @contained
    def enterEvent(self, event: QEnterEvent | None) -> None:
        super().enterEvent(event)
        if self.isPauseOnHover():
            self._hold()

    @contained
    def leaveEvent(self, a0: QEvent | None) -> None:
        super().leaveEvent(a0)
        self._let_go()

    @contained
    def hideEvent(self, a0: QHideEvent | None) -> None:
        super().hideEvent(a0)
        self._let_go()  # nobody says that the pointer leaves what is not there

    def _hold(self) -> None:
        """Pause for the pointer, unless it is paused already: that pause is somebody's choice."""
        if not self.isPaused():
            self.setPaused(True)
            self._held_by_pointer = True

    def _let_go(self) -> None:
        if self._held_by_pointer:
            self.setPaused(False)
