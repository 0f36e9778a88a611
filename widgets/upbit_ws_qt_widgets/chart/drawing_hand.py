"""Mouse and keys on the drawings of a chart, and the writing of notes. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from PyQt6.QtCore import QObject, QPoint, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PyQt6.QtWidgets import QLineEdit, QWidget

from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.drawings.canvas import Canvas, CanvasMaker, Lettering
from upbit_ws_qt_widgets.models.drawings.clip import Point
from upbit_ws_qt_widgets.models.drawings.editor import DrawingEditor, Note
from upbit_ws_qt_widgets.models.drawings.history import Items
from upbit_ws_qt_widgets.models.drawings.kinds import Kind
from upbit_ws_qt_widgets.models.drawings.storage import LONGEST_TEXT

from .drawing_layer import DrawingLayer
from .style import ChartStyle

__all__ = ["DrawingHand"]

_STEPS: Mapping[int, tuple[int, int]] = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
_FAST = 10
_LINE_GAP = 2


class _Seen(NamedTuple):
    """What the signals have told so far."""

    market: str
    items: Items
    tool: Kind | None


# State: the editor with all drawings, the last canvas, the layer, the lettering in use, and what
# the signals have told.
class DrawingHand(QObject):
    """One user's hand on the drawings of one surface.

    Whoever changes something through ``editor`` calls ``settle`` afterwards.

    Signals:
        changed(): another drawing, another tool, another choice, or one of them moved.
        drawingsChanged(str): what is drawn on the market on show is not the same any more.
        toolChanged(str): another tool is in hand, or none (an empty name).
        failed(Exception): writing a note went wrong.
    """

    changed = pyqtSignal()
    drawingsChanged = pyqtSignal(str)
    toolChanged = pyqtSignal(str)
    failed = pyqtSignal(object)

    def __init__(self, state: ChartState, style: ChartStyle, surface: QWidget) -> None:
        super().__init__(surface)
        self.editor = DrawingEditor()
        self._state = state
        self._canvases = CanvasMaker()
        self._layer = DrawingLayer()
        self._seen = _Seen("", (), None)
        self._paper = _Paper(surface)
        self._paper.editingFinished.connect(self._on_written)
        self._paper.given_up.connect(self._on_given_up)
        self.set_style(style)

    def set_style(self, style: ChartStyle) -> None:
        """Use other colours or fonts."""
        self._style = style
        self._lettering = Lettering(
            style.numbers.horizontalAdvance, style.metrics.height + _LINE_GAP
        )
        self._paper.set_style(style)

    def canvas(self) -> Canvas | None:
        """Where the drawings are now; None while the chart shows no bars."""
        return self._canvases.canvas(self._state, self._lettering)

    def paint(self, painter: QPainter) -> None:
        """Paint the drawings."""
        canvas = self.canvas()
        if canvas is not None:
            sketch = self.editor.sketch(canvas)
            self._layer.paint(painter, sketch, self._state.layout, self._style)

    def settle(self) -> None:
        """Tell what changed, and ask for a note that is to be written."""
        editor = self.editor
        former, self._seen = self._seen, _Seen(editor.market, editor.items, editor.tool)
        note, canvas = editor.note, self.canvas()
        if note is None:
            self._paper.put_away()
        elif canvas is not None:
            self._paper.ask(note, canvas.frame.point(note.anchor), self._state.layout.ratio)
        if self._seen.tool is not former.tool:
            self.toolChanged.emit(self._seen.tool or "")
        if self._seen.market == former.market and self._seen.items != former.items:
            self.drawingsChanged.emit(self._seen.market)
        self.changed.emit()

    # -- mouse ---------------------------------------------------------------------------------

    @property
    def is_held(self) -> bool:
        """Whether the button is down on a drawing or draws one."""
        return self.editor.is_held

    def press(self, event: QMouseEvent) -> bool:
        """The main button goes down on the plot; whether that was for the drawings."""
        canvas = self.canvas()
        if canvas is None:
            return False
        taken = self.editor.press(self._place(event), canvas, magnet=self._magnet(event))
        if taken:
            # New bars must not move the chart under the hand.
            self._state.hold()
        self.settle()
        return taken

    def move(self, event: QMouseEvent) -> None:
        """The pointer moves."""
        canvas = self.canvas()
        if canvas is not None:
            self.editor.move(self._place(event), canvas, magnet=self._magnet(event))

    def release(self, event: QMouseEvent) -> None:
        """The main button goes up after a press that was for the drawings."""
        canvas = self.canvas()
        if canvas is None:
            self.drop()
            return
        self.editor.release(self._place(event), canvas, magnet=self._magnet(event))
        self._state.release()
        self.settle()

    def double_click(self, event: QMouseEvent) -> bool:
        """The main button is clicked twice on the plot; whether that was for a note."""
        canvas = self.canvas()
        taken = canvas is not None and self.editor.double_click(self._place(event), canvas)
        if taken:
            self.settle()
        return taken

    def drop(self) -> None:
        """Let go without a click, as when the chart is hidden."""
        if self.editor.is_held:
            self.editor.cancel()
            self._state.release()
            self.settle()

    def is_over(self, x: float, y: float) -> bool:
        """Whether a press at a place on the plot, in px, would take hold of a drawing."""
        canvas, ratio = self.canvas(), self._state.layout.ratio
        return canvas is not None and self.editor.is_over((x * ratio, y * ratio), canvas)

    def _place(self, event: QMouseEvent) -> Point:
        ratio = self._state.layout.ratio
        return event.position().x() * ratio, event.position().y() * ratio

    def _magnet(self, event: QMouseEvent) -> bool:
        """Whether the magnet works now: Ctrl turns it round."""
        return self.editor.magnet is not bool(
            event.modifiers() & Qt.KeyboardModifier.ControlModifier
        )

    # -- keys ----------------------------------------------------------------------------------

    def key(self, event: QKeyEvent) -> bool:
        """A key is pressed; whether it was for the drawings."""
        taken = self._edit(event.key(), event.modifiers())
        if taken:
            self.settle()
        return taken

    def _edit(self, key: int, modifiers: Qt.KeyboardModifier) -> bool:
        editor, canvas = self.editor, self.canvas()
        shift = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        if modifiers & Qt.KeyboardModifier.AltModifier:
            return False
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            # Both habits for doing it again, on every system.
            if key == Qt.Key.Key_Y or (key == Qt.Key.Key_Z and shift):
                editor.redo()
            elif key == Qt.Key.Key_Z:
                editor.undo()
            return key in (Qt.Key.Key_Y, Qt.Key.Key_Z)
        if key == Qt.Key.Key_Escape:
            return editor.escape()
        if key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            return editor.delete()
        if key in _STEPS and canvas is not None:
            bars, ticks = (step * (_FAST if shift else 1) for step in _STEPS[key])
            return editor.nudge(bars, ticks, canvas)
        return False

    # -- notes ---------------------------------------------------------------------------------

    def set_hint(self, text: str) -> None:
        """Say in the empty field of a note what to do."""
        self._paper.setPlaceholderText(text)
        self._paper.setAccessibleName(text)

    def _on_written(self) -> None:
        try:
            self.editor.write(self._paper.text())
            self.settle()
        except Exception as error:  # noqa: BLE001 - one that escapes ends the whole process
            self.failed.emit(error)

    def _on_given_up(self) -> None:
        self._paper.clear()
        self._on_written()


class _Paper(QLineEdit):
    """The field a note is written in, on the chart.

    Signals:
        given_up(): the user does not want to write after all.
    """

    given_up = pyqtSignal()

    def __init__(self, surface: QWidget) -> None:
        super().__init__(surface)
        self.setMaxLength(LONGEST_TEXT)
        self.hide()

    def set_style(self, style: ChartStyle) -> None:
        """Look like the chart."""
        theme = style.theme
        self.setFont(style.number_font)
        self.setStyleSheet(
            f"QLineEdit {{ color: {theme.text.name()}; background: {theme.background.name()};"
            f" border: 1px solid {theme.accent.name()}; padding: 0 3px; }}"
        )

    def ask(self, note: Note, place: Point, ratio: float) -> None:
        """Let the user write ``note``, which hangs at ``place``."""
        surface = self.parentWidget()
        if not self.isHidden() or surface is None:
            return
        self.setText(note.text)
        self.resize(
            max(180, self.fontMetrics().horizontalAdvance(note.text) + 40), self.sizeHint().height()
        )
        room = surface.rect().bottomRight() - self.rect().bottomRight()
        x, y = round(place[0] / ratio), round(place[1] / ratio)
        self.move(QPoint(max(0, min(x, room.x())), max(0, min(y, room.y()))))
        self.show()
        self.selectAll()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def put_away(self) -> None:
        """The note is written, or given up."""
        surface = self.parentWidget()
        if self.hasFocus() and surface is not None:
            surface.setFocus(Qt.FocusReason.OtherFocusReason)
        self.hide()

    def keyPressEvent(self, a0: QKeyEvent | None) -> None:
        if a0 is not None and a0.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
        else:
            super().keyPressEvent(a0)
