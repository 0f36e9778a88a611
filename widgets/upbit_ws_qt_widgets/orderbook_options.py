"""What can be chosen about an order book: methods, and properties for Qt Designer. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QWidget

from .live_widget import contained, pyqtProperty
from .models.ladder_wishes import Wishes
from .orderbook_surface import BookSurface

__all__ = ["OptionedBook"]


# State: the choices.
class OptionedBook(BookSurface):
    """The choices of an order book. A wrong value changes nothing and is reported as an error.

    Signals:
        optionsChanged(): something was chosen.
    """

    optionsChanged = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wishes = Wishes()

    def wished(self, former: Wishes) -> None:
        """For subclasses: the choices are others now."""
        raise NotImplementedError

    @contained
    def _wish(self, /, **choices: Any) -> None:
        wishes = replace(self._wishes, **choices)
        if wishes != self._wishes:
            former, self._wishes = self._wishes, wishes
            self.wished(former)
            self.optionsChanged.emit()
            self._changed()
        self.clearError()

    def depth(self) -> int:
        """How many rows each side shows at most: 1, 5, 15 or 30."""
        return self._wishes.depth

    def setDepth(self, rows: int) -> None:
        """Show at most so many rows of each side."""
        self._wish(depth=rows)

    def bars(self) -> str:
        """What bars are as long as: ``size``, ``cumulative`` or ``value``."""
        return self._wishes.bars

    def setBars(self, kind: str) -> None:
        """Draw bars of the size, of the sum of sizes from the best price on, or of the value.

        Where they are summed up, so are the amounts beside them.
        """
        self._wish(bars=kind)

    def amounts(self) -> str:
        """What is written beside prices: coins (``quantity``) or money (``total``)."""
        return self._wishes.amounts

    def setAmounts(self, kind: str) -> None:
        """Write coins (``quantity``) or money (``total``). A click on the footer changes it too."""
        self._wish(amounts=kind)

    def grouping(self) -> float:
        """The step prices are gathered in, in the quote currency; 0 for none."""
        return self._wishes.grouping

    def setGrouping(self, step: float) -> None:
        """Gather prices in steps of ``step``; see ``groupings``.

        Where the exchange offers the step it does the gathering, over more rows than it sends
        otherwise; elsewhere (markets in BTC and USDT, other steps) the thirty rows are gathered.
        """
        self._wish(grouping=step)

    def view(self) -> str:
        """``ladder``, ``depth`` or ``heatmap``."""
        return self._wishes.view

    def setView(self, view: str) -> None:
        """Show rows, the curve of the depth, or the book over time."""
        self._wish(view=view)

    def isStatic(self) -> bool:
        """Whether prices keep their places while the market moves."""
        return self._wishes.static

    def setStatic(self, static: bool) -> None:
        """Give every price step a row that stays where it is.

        It is centred anew when the best prices have left the inner half. Otherwise, as on the
        exchange's page, the best prices stand still and all others move.
        """
        self._wish(static=static)

    def isFading(self) -> bool:
        """Whether sizes that change are lit for a moment."""
        return self._wishes.fading

    def setFading(self, fading: bool) -> None:
        """Light sizes that change, for 0.6 seconds."""
        self._wish(fading=fading)

    def areFiguresShown(self) -> bool:
        """Whether there is a strip with spread, imbalance and what an amount costs."""
        return self._wishes.figures

    def setFiguresShown(self, shown: bool) -> None:
        """Show the strip of figures, where there is room for it."""
        self._wish(figures=shown)

    def areOwnOrdersShown(self) -> bool:
        """Whether the account's open orders are marked."""
        return self._wishes.own_orders

    def setOwnOrdersShown(self, shown: bool) -> None:
        """Mark the account's open orders; bound and with a key, they are followed for that."""
        self._wish(own_orders=shown)

    def trialSize(self) -> tuple[float, str]:
        """The amount whose average price is shown, 0 for none, and what it is in."""
        return self._wishes.trial, self._wishes.trial_in

    def setTrialSize(self, amount: float, kind: str = "total") -> None:
        """Show what buying and selling so much at once would cost on average; 0 for nothing.

        Args:
            amount: from 0 up.
            kind: whether that is money (``total``) or coins (``quantity``).
        """
        self._wish(trial=amount, trial_in=kind)

    def changeBase(self) -> str:
        """What the change of each price is counted from: ``previous`` or ``middle``."""
        return self._wishes.change_base

    def setChangeBase(self, base: str) -> None:
        """Write changes from the previous close (``previous``) or the middle of the book.

        Prices are coloured by the previous close in any case.
        """
        self._wish(change_base=base)

    def areTradesPerLevelShown(self) -> bool:
        """Whether rows tell what was traded at their price in the last minute."""
        return self._wishes.trades_per_level

    def setTradesPerLevelShown(self, shown: bool) -> None:
        """Tell in each row what was traded at its price in the last 60 seconds."""
        self._wish(trades_per_level=shown)

    def isPauseOnHover(self) -> bool:
        """Whether the book stands still while the pointer is on it."""
        return self._wishes.pause_on_hover

    def setPauseOnHover(self, on: bool) -> None:
        """Let the book stand still from when the pointer comes until it leaves.

        Going on meanwhile holds until the pointer comes the next time.
        """
        self._wish(pause_on_hover=on)

    def isQueueShown(self) -> bool:
        """Whether the strip tells what can at most be ahead of own orders."""
        return self._wishes.queue

    def setQueueShown(self, shown: bool) -> None:
        """Tell in the strip what can at most be ahead of the own orders that are pointed at.

        It takes some seconds until that is known, and own orders have to be shown.
        """
        self._wish(queue=shown)

    levelCount = pyqtProperty(int, fget=depth, fset=setDepth, notify=optionsChanged)
    barKind = pyqtProperty(str, fget=bars, fset=setBars, notify=optionsChanged)
    amountKind = pyqtProperty(str, fget=amounts, fset=setAmounts, notify=optionsChanged)
    groupingStep = pyqtProperty(float, fget=grouping, fset=setGrouping, notify=optionsChanged)
    viewKind = pyqtProperty(str, fget=view, fset=setView, notify=optionsChanged)
    staticLadder = pyqtProperty(bool, fget=isStatic, fset=setStatic, notify=optionsChanged)
    fadingChanges = pyqtProperty(bool, fget=isFading, fset=setFading, notify=optionsChanged)
    figuresShown = pyqtProperty(
        bool, fget=areFiguresShown, fset=setFiguresShown, notify=optionsChanged
    )
    changeFrom = pyqtProperty(str, fget=changeBase, fset=setChangeBase, notify=optionsChanged)
    tradesPerLevelShown = pyqtProperty(
        bool, fget=areTradesPerLevelShown, fset=setTradesPerLevelShown, notify=optionsChanged
    )
    queueShown = pyqtProperty(bool, fget=isQueueShown, fset=setQueueShown, notify=optionsChanged)
    pauseOnHover = pyqtProperty(
        bool, fget=isPauseOnHover, fset=setPauseOnHover, notify=optionsChanged
    )
    ownOrdersShown = pyqtProperty(
        bool, fget=areOwnOrdersShown, fset=setOwnOrdersShown, notify=optionsChanged
    )
