"""A menu of everything that can be done with drawings. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from typing import cast

from PyQt6.QtGui import QAction, QActionGroup, QKeySequence
from PyQt6.QtWidgets import QMenu

from upbit_ws_qt_widgets.models.drawings.kinds import Kind

from .drawings import DrawableWidget
from .icons import ICONS, painted_icon

__all__ = ["drawing_menu", "readable"]


def drawing_menu(chart: DrawableWidget) -> QMenu:
    """A menu of the tools and of what can be done with the drawings of ``chart``, its parent.

    Texts and ticks are brought up to date whenever it is opened.
    """
    return _DrawingMenu(chart)


# State: nothing of its own; the actions mirror the chart.
class _DrawingMenu(QMenu):
    def __init__(self, chart: DrawableWidget) -> None:
        super().__init__(chart)
        tools = QActionGroup(self)
        self._tools = {name: self._add(name or "none", checkable=True) for name in ("", *Kind)}
        for action in self._tools.values():
            tools.addAction(action)
        self.addSeparator()
        self._magnet = self._add("magnet", checkable=True)
        self._lock = self._add("lock", checkable=True)
        self._delete = self._add("delete", QKeySequence.StandardKey.Delete)
        self._clear = self._add("clear")
        self.addSeparator()
        self._undo = self._add("undo", QKeySequence.StandardKey.Undo)
        self._redo = self._add("redo", QKeySequence.StandardKey.Redo)
        self.aboutToShow.connect(self._refresh)
        self.triggered.connect(self._on_triggered)
        self._refresh()

    def _chart(self) -> DrawableWidget:
        # Kept as an attribute it would close a cycle: a parent keeps its children.
        return cast("DrawableWidget", self.parentWidget())

    def _add(
        self,
        name: str,
        keys: QKeySequence.StandardKey | None = None,
        *,
        checkable: bool = False,
    ) -> QAction:
        action = QAction(self)
        action.setObjectName(name)
        action.setCheckable(checkable)
        # Only to be read: the chart itself listens to its keys, while it has the focus.
        action.setData("" if keys is None else readable(keys))
        self.addAction(action)
        return action

    def _refresh(self) -> None:
        chart = self._chart()
        self.setTitle(chart.text("chart.drawing.menu"))
        colour, size = chart.themeColors().text, self.fontMetrics().height()
        ratio = chart.devicePixelRatioF()
        for action in self.actions():
            name = action.objectName()
            if name:
                text = chart.text(f"chart.drawing.{name}")
                action.setText("\t".join(filter(None, (text, action.data()))))
            if name in ICONS:
                action.setIcon(painted_icon(name, colour, size, ratio))
        self._tools[chart.drawingTool()].setChecked(True)
        self._magnet.setChecked(chart.isDrawingMagnet())
        drawings, selected = chart.drawings(), chart.selectedDrawing()
        locked = selected >= 0 and bool(drawings[selected]["locked"])
        self._lock.setChecked(locked)
        self._lock.setEnabled(selected >= 0)
        self._delete.setEnabled(selected >= 0 and not locked)
        self._clear.setEnabled(any(not drawing.get("locked", True) for drawing in drawings))
        self._undo.setEnabled(chart.canUndoDrawing())
        self._redo.setEnabled(chart.canRedoDrawing())

    def _on_triggered(self, action: QAction) -> None:
        chart = self._chart()
        if action is self._magnet:
            chart.setDrawingMagnet(action.isChecked())
        elif action is self._lock:
            chart.lockDrawing(action.isChecked())
        elif action is self._delete:
            chart.deleteDrawing()
        elif action is self._clear:
            chart.clearDrawings()
        elif action is self._undo:
            chart.undoDrawing()
        elif action is self._redo:
            chart.redoDrawing()
        else:
            name = action.objectName()
            chart.setDrawingTool("" if name == "none" else name)


def readable(keys: QKeySequence.StandardKey | str) -> str:
    """A key as the system writes it, such as ``Ctrl+Z``."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
