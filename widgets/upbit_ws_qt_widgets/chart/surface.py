"""The hands on a chart: mouse, wheel, keys and fingers, each to whom it is meant for. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from PyQt6.QtCore import QEvent, Qt, pyqtSignal
from PyQt6.QtGui import (
    QGuiApplication,
    QHideEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QWidget

from upbit_ws_qt_widgets.frame_timer import FrameTimer
from upbit_ws_qt_widgets.models.chart_hand import ChartHand, Part
from upbit_ws_qt_widgets.models.chart_keys import ChartKey, KeyTable
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.hangul_keys import letter_key

from .canvas import ChartCanvas, guarded
from .marks_hand import MarksHand
from .style import ChartStyle
from .touch import TOUCHES, TouchHand

__all__ = ["ChartSurface"]

_CURSORS: Mapping[Part, Qt.CursorShape] = {
    Part.PLOT: Qt.CursorShape.CrossCursor,
    Part.PANE: Qt.CursorShape.CrossCursor,
    Part.GRIP: Qt.CursorShape.SplitVCursor,
    Part.CLOSE: Qt.CursorShape.PointingHandCursor,
    Part.PRICE_AXIS: Qt.CursorShape.SizeVerCursor,
    Part.PANE_AXIS: Qt.CursorShape.SizeVerCursor,
    Part.TIME_AXIS: Qt.CursorShape.SizeHorCursor,
    Part.LATEST: Qt.CursorShape.PointingHandCursor,
}
_NOTCH = 120.0


# State: the hands and the keys, and the tips for what the pointer rests on.
class ChartSurface(ChartCanvas):
    """A canvas that mouse, wheel, keys and fingers move.

    Signals:
        moved(): the user changed what is in view.
    """

    moved = pyqtSignal()

    def __init__(self, state: ChartState, style: ChartStyle, parent: QWidget) -> None:
        super().__init__(state, style, parent)
        self.latest_tip = ""
        self.close_tip = ""
        self.error_tip = ""
        self.hand = ChartHand(state)
        self.keys = KeyTable()
        self.marks = MarksHand(state, self)
        self.marks.changed.connect(self.update)
        self._touch = TouchHand(self.hand, self)
        self._touch.changed.connect(self._changed)
        self._touch.dropped.connect(self._drop)
        self._glide = FrameTimer(self)
        self._glide.timeout.connect(self._run_on)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)

    # -- mouse ---------------------------------------------------------------------------------

    @guarded
    def mousePressEvent(self, a0: QMouseEvent | None) -> None:
        self.hand.stop()
        if a0 is not None and a0.button() == Qt.MouseButton.LeftButton:
            if self._is_on_plot(a0) and self._is_taken(a0):
                return
            self.hand.press(a0.position().x(), a0.position().y(), a0.timestamp())
            if self.hand.held in (Part.PLOT, Part.PANE):
                self.setCursor(Qt.CursorShape.ClosedHandCursor)

    @guarded
    def mouseMoveEvent(self, a0: QMouseEvent | None) -> None:
        if a0 is None:
            return
        x, y = a0.position().x(), a0.position().y()
        self.drawings.move(a0)
        self.marks.move(a0)
        self.hand.move(x, y, a0.timestamp())
        if self.hand.held is None:
            self._point_at(x, y)
            self.update()
        else:
            self._changed()

    @guarded
    def mouseReleaseEvent(self, a0: QMouseEvent | None) -> None:
        if a0 is not None and a0.button() == Qt.MouseButton.LeftButton:
            x, y = a0.position().x(), a0.position().y()
            if self.drawings.is_held:
                self.drawings.release(a0)
                self._point_at(x, y)
                return
            if self.marks.is_held:
                self.marks.release()
                self._point_at(x, y)
                return
            self.hand.release(x, y, a0.timestamp())
            self._point_at(x, y)
            if self.hand.is_gliding:
                self._glide.request()
            self._changed()

    @guarded
    def mouseDoubleClickEvent(self, a0: QMouseEvent | None) -> None:
        if a0 is not None and a0.button() == Qt.MouseButton.LeftButton:
            x, y = a0.position().x(), a0.position().y()
            if self._is_on_plot(a0) and (self.drawings.double_click(a0) or self._is_taken(a0)):
                return
            self.hand.double_click(x, y)
            # The second press of a double click may also begin a drag.
            self.hand.press(x, y, a0.timestamp())
            self._changed()

    @guarded
    def leaveEvent(self, a0: QEvent | None) -> None:
        super().leaveEvent(a0)
        self.hand.leave()
        self.update()

    @guarded
    def hideEvent(self, a0: QHideEvent | None) -> None:
        super().hideEvent(a0)
        # No release will come for a drag that was going on.
        self._drop()
        self.hand.leave()

    def _drop(self) -> None:
        self.hand.drop()
        self.drawings.drop()
        self.marks.drop()

    @guarded
    def _run_on(self) -> None:
        if self.hand.is_gliding:
            self.hand.glide(time.monotonic() * 1000)
            self._changed()
            self._glide.request()

    @guarded
    def wheelEvent(self, a0: QWheelEvent | None) -> None:
        if a0 is None:
            return
        pixels, notches = a0.pixelDelta(), a0.angleDelta()
        x = a0.position().x()
        # Under X11 drivers say what they like in pixels.
        if a0.phase() in (Qt.ScrollPhase.NoScrollPhase, Qt.ScrollPhase.ScrollBegin):
            self.hand.rest()
        if not pixels.isNull() and QGuiApplication.platformName() != "xcb":
            runs_on = a0.phase() == Qt.ScrollPhase.ScrollMomentum
            self.hand.touchpad(x, pixels.x(), pixels.y(), runs_on=runs_on)
        elif a0.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.hand.wheel(x, (notches.x() or notches.y()) / _NOTCH, 0.0)
        else:
            self.hand.wheel(x, notches.x() / _NOTCH, notches.y() / _NOTCH)
        a0.accept()
        self._changed()

    def _is_taken(self, event: QMouseEvent) -> bool:
        """Whether a press on the prices is for a line or a drawing.

        Lines, which lie on top, come first; but a tool in hand may draw anywhere.
        """
        is_drawing = self.drawings.editor.tool is not None
        return (not is_drawing and self.marks.press(event)) or self.drawings.press(event)

    def _is_on_plot(self, event: QMouseEvent) -> bool:
        return self.hand.part_at(event.position().x(), event.position().y()) is Part.PLOT

    def _point_at(self, x: float, y: float) -> None:
        part = self.hand.part_at(x, y)
        cursor = _CURSORS[part]
        if part is Part.PLOT:
            on_line = self.marks.is_held or self.marks.line_at(y) is not None
            if on_line and self.drawings.editor.tool is None:
                cursor = Qt.CursorShape.SizeVerCursor
            elif self.drawings.is_over(x, y):
                cursor = Qt.CursorShape.PointingHandCursor
        self.setCursor(cursor)
        tips = {Part.LATEST: self.latest_tip, Part.CLOSE: self.close_tip}
        self.setToolTip(tips.get(part, self.error_tip))

    # -- keys ----------------------------------------------------------------------------------

    @guarded
    def keyPressEvent(self, a0: QKeyEvent | None) -> None:
        self.hand.stop()
        if a0 is None:
            return
        if self.marks.key(a0) or self.drawings.key(a0):
            return
        key = self._action_of(a0)
        if key is None or not self.hand.key(key):
            super().keyPressEvent(a0)
            return
        self._changed()

    def act(self, action: ChartKey) -> None:
        """Do what a key of this action does."""
        if self.hand.key(action):
            self._changed()

    def _action_of(self, event: QKeyEvent) -> ChartKey | None:
        """What a key is for; Shift makes no difference unless there is something for both."""
        # A letter is meant whatever the keyboard writes just then.
        key, held = letter_key(event.key(), event.text()), event.modifiers()
        held &= ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.GroupSwitchModifier)
        action = self.keys.action(_key_name(key, held))
        if action is None and held & Qt.KeyboardModifier.ShiftModifier:
            action = self.keys.action(_key_name(key, held & ~Qt.KeyboardModifier.ShiftModifier))
        return action

    # -- fingers -------------------------------------------------------------------------------

    def event(self, a0: QEvent | None) -> bool:
        if a0 is not None and a0.type() in TOUCHES:
            a0.ignore()
            self._touched(a0)
            if a0.isAccepted():
                return True
        return super().event(a0)

    @guarded
    def _touched(self, event: QEvent) -> None:
        self._touch.take(event)

    def _changed(self) -> None:
        self.update()
        self.moved.emit()


def _key_name(key: int, held: Any) -> str:
    # The stubs would have the value of a flag be a flag again.
    return QKeySequence(key | held.value).toString(QKeySequence.SequenceFormat.PortableText)
