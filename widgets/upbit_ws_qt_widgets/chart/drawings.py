"""What a chart offers for drawing on it: tools, undo, and drawings as plain data. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from PyQt6.QtCore import pyqtSignal

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.markets import check_market
from upbit_ws_qt_widgets.live_widget import LiveWidget, contained, pyqtProperty
from upbit_ws_qt_widgets.models.drawings.history import Items
from upbit_ws_qt_widgets.models.drawings.kinds import Kind
from upbit_ws_qt_widgets.models.drawings.storage import items_of, rows_of

from .drawing_hand import DrawingHand

__all__ = ["DrawableWidget"]


# State: the hand on the drawings, which holds them.
class DrawableWidget(LiveWidget):
    """A widget with a chart to draw on; its subclass gives it the chart's hand.

    The drawings of each market are kept for the life of the widget, and by ``saveState``.

    Signals:
        drawingToolChanged(str): the next press draws this, such as ``trend``; empty for nothing.
        drawingsChanged(str): the drawings of this market are not the same any more.
    """

    drawingToolChanged = pyqtSignal(str)
    drawingsChanged = pyqtSignal(str)

    _drawing: DrawingHand

    def attachDrawings(self, hand: DrawingHand) -> None:
        """For subclasses: draw with this hand."""
        self._drawing = hand
        hand.toolChanged.connect(self.drawingToolChanged)
        hand.drawingsChanged.connect(self.drawingsChanged)
        hand.failed.connect(self.fail)

    def drawingTool(self) -> str:
        """What the next press draws, such as ``trend``; empty for nothing."""
        return self._drawing.editor.tool or ""

    @contained
    def setDrawingTool(self, name: str) -> None:
        """Draw with the next presses; with an empty name, put the tool away.

        The tools: ``trend``, ``ray``, ``horizontal``, ``vertical``, ``rectangle``, ``fibonacci``,
        ``channel``, ``text`` and ``measure``. A tool draws once.
        """
        if name and name not in list(Kind):
            raise InvalidRequest(
                f"no drawing tool is called {name!r}; use one of {', '.join(Kind)}, or an empty one"
            )
        self._drawing.editor.choose_tool(Kind(name) if name else None)
        self._drawing.settle()

    #: ``drawingTool`` as a property for Qt Designer.
    drawingToolName = pyqtProperty(
        str, fget=drawingTool, fset=setDrawingTool, notify=drawingToolChanged
    )

    def isDrawingMagnet(self) -> bool:
        """Whether anchors snap to the open, high, low or close of their bar."""
        return self._drawing.editor.magnet

    @contained
    def setDrawingMagnet(self, on: bool) -> None:
        """Let anchors snap to the open, high, low or close of their bar when near."""
        self._drawing.editor.magnet = on

    drawingMagnet = pyqtProperty(bool, fget=isDrawingMagnet, fset=setDrawingMagnet)

    def drawings(self) -> list[dict[str, Any]]:
        """The drawings of the market on show, as plain data for JSON."""
        return rows_of(self._drawing.editor.items)

    @contained
    def setDrawings(self, drawings: list[dict[str, Any]]) -> None:
        """Show these drawings on this market instead; there is nothing to undo then.

        Wrong data change nothing and are reported. Drawings of kinds or versions that are not
        known here are kept as they are, and not shown.
        """
        self._drawing.editor.load(items_of(drawings))
        self._drawing.settle()

    def selectedDrawing(self) -> int:
        """The index of the chosen one among ``drawings()``, or -1."""
        chosen = self._drawing.editor.chosen
        return -1 if chosen is None else chosen

    @contained
    def deleteDrawing(self) -> None:
        """Delete the chosen drawing, unless it is locked."""
        self._drawing.editor.delete()
        self._drawing.settle()

    @contained
    def lockDrawing(self, locked: bool) -> None:
        """Keep the chosen drawing from being moved and deleted, or no longer."""
        self._drawing.editor.lock(locked)
        self._drawing.settle()

    @contained
    def clearDrawings(self) -> None:
        """Delete the drawings of this market, but not locked ones; undo brings them back."""
        self._drawing.editor.clear()
        self._drawing.settle()

    def canUndoDrawing(self) -> bool:
        """Whether there is a change to the drawings of this market to take back."""
        return self._drawing.editor.can_undo

    def canRedoDrawing(self) -> bool:
        """Whether there is a change to make again."""
        return self._drawing.editor.can_redo

    @contained
    def undoDrawing(self) -> None:
        """Take back the last change to the drawings of this market."""
        self._drawing.editor.undo()
        self._drawing.settle()

    @contained
    def redoDrawing(self) -> None:
        """Make the change again that was taken back last."""
        self._drawing.editor.redo()
        self._drawing.settle()

    # -- for subclasses ------------------------------------------------------------------------

    def showDrawingsOf(self, market: str) -> None:
        """For subclasses: another market is on show."""
        if market != self._drawing.editor.market:
            self._drawing.editor.show(market)
            self._drawing.settle()

    def savedDrawings(self) -> dict[str, list[dict[str, Any]]]:
        """For subclasses: the drawings of all markets, for the widget's state."""
        return {market: rows_of(items) for market, items in self._drawing.editor.by_market.items()}

    def restoreDrawings(self, by_market: Mapping[str, Items]) -> None:
        """For subclasses: what ``checkedDrawings`` made of a widget's state."""
        self._drawing.editor.restore(by_market)
        self._drawing.settle()

    @staticmethod
    def checkedDrawings(state: object) -> dict[str, Items]:
        """For subclasses: the drawings in a widget's state, as ``savedDrawings`` gave them.

        Raises:
            InvalidRequest: they are something else.
        """
        if not isinstance(state, dict):
            raise InvalidRequest(f"drawings must be lists by their market; got {type(state)}")
        found: dict[str, Items] = {}
        for market, rows in cast("dict[object, object]", state).items():
            # Candles may be shown without any market; its name is empty then.
            name = check_market(market) if market else ""
            try:
                found[name] = items_of(rows)
            except InvalidRequest as error:
                raise InvalidRequest(f"{name}: {error}") from None
        return found
