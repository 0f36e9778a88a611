"""The surface the chart is painted on, and the hand that moves it. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import copy
import functools
import math
import time
from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec

from PyQt6.QtCore import QEvent, QPointF, QRect, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import (
    QGuiApplication,
    QHideEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QWheelEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QWidget

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt_widgets.frame_timer import FrameTimer
from upbit_ws_qt_widgets.models.chart_hand import ChartHand, Part
from upbit_ws_qt_widgets.models.chart_keys import ChartKey, KeyTable
from upbit_ws_qt_widgets.models.chart_picture import Backdrop, Picture
from upbit_ws_qt_widgets.models.chart_resolve import ChartResolver
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.exchange_clock import ExchangeClock
from upbit_ws_qt_widgets.models.hangul_keys import letter_key

from .backdrop import paint_backdrop
from .drawing_hand import DrawingHand
from .front import paint_failure, paint_front
from .marks_hand import MarksHand
from .sight_teller import SightTeller
from .style import ChartStyle
from .touch import TOUCHES, TouchHand

__all__ = ["ChartSurface"]

_P = ParamSpec("_P")

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


def _guarded(
    handler: Callable[Concatenate[ChartSurface, _P], None],
) -> Callable[Concatenate[ChartSurface, _P], None]:
    """Keep an exception of an event handler inside: one that escapes ends the whole process."""

    @functools.wraps(handler)
    def call(self: ChartSurface, /, *args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            handler(self, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - see the docstring
            self.failed.emit(error)

    return call


# State: the hand, the keys, the resolver with what it keeps, the style in use, and the backdrop
# painted last.
class ChartSurface(QWidget):
    """Paints the picture of a :class:`ChartState` and lets mouse, wheel and keys move it.

    The backdrop is painted into a pixmap when it changed; a tick or a move of the pointer copies
    it and paints the front. However many changes of the data come, they are painted once a frame,
    and not at all while the surface is hidden.

    Signals:
        moved(): the user changed what is in view.
        failed(Exception): an event handler went wrong.
        refreshed(): the data changed, or what is made of them.
    """

    moved = pyqtSignal()
    refreshed = pyqtSignal()
    failed = pyqtSignal(object)

    def __init__(self, state: ChartState, style: ChartStyle, parent: QWidget) -> None:
        super().__init__(parent)
        self.clock = ExchangeClock()
        self.latest_tip = ""
        self.close_tip = ""
        self.error_tip = ""
        self._state = state
        self.hand = ChartHand(state)
        self.keys = KeyTable()
        self.sight = SightTeller(self)
        self._touch = TouchHand(self.hand, self)
        self._touch.changed.connect(self._changed)
        self._touch.dropped.connect(self._drop)
        self._resolver = ChartResolver()
        self._style = style
        self.drawings = DrawingHand(state, style, self)
        self.drawings.changed.connect(self.update)
        self.marks = MarksHand(state, self)
        self.marks.changed.connect(self.update)
        self._drawn: tuple[Backdrop, ChartStyle, QPixmap] | None = None
        self._frame = FrameTimer(self)
        self._frame.timeout.connect(self.update)
        self._glide = FrameTimer(self)
        self._glide.timeout.connect(self._run_on)
        self._second = QTimer(self)
        self._second.setSingleShot(True)
        self._second.timeout.connect(self.update)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.CrossCursor)

    def sizeHint(self) -> QSize:
        return QSize(800, 480)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 120)

    def fit(self) -> None:
        """Lay the chart out as it would be painted now; before it is shown nobody else does."""
        column = None if self.isVisible() else self.parentWidget()
        if column is not None and (layout := column.layout()) is not None:
            layout.activate()
        ratio, metrics = self.devicePixelRatioF(), self._style.metrics
        self._state.resize(self.width(), self.height(), ratio, metrics)

    def refresh(self) -> None:
        """The data changed: paint with the next frame."""
        self.refreshed.emit()
        if self.isVisible():
            self._frame.request()

    def redraw(self) -> None:
        """Something else than the data changed: paint now."""
        self.refreshed.emit()
        self.update()

    def set_style(self, style: ChartStyle) -> None:
        """Use other colours or fonts."""
        self._style = style
        self.drawings.set_style(style)
        self.update()

    def now(self) -> float:
        """The exchange's time in ms, as far as it is known."""
        return self.clock.now(time.time() * 1000)

    # -- painting ------------------------------------------------------------------------------

    @_guarded
    def paintEvent(self, a0: QPaintEvent | None) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter, self.rect() if a0 is None else a0.rect())
        except Exception:
            # Nothing has been painted, or half of it; say so rather than show what was there.
            painter.resetTransform()
            painter.setClipping(False)
            paint_failure(painter, self.rect(), self._state.badge, self._style)
            raise
        finally:
            painter.end()

    def _paint(self, painter: QPainter, damaged: QRect) -> None:
        ratio = self.devicePixelRatioF()
        if ratio % 1:
            # The pixmap may end within the last device pixel.
            painter.fillRect(damaged, self._style.theme.background)
        _snap(painter, ratio)
        self.sight.look(self._state, self._draw(painter, ratio).front.crosshair)

    def _draw(self, painter: QPainter, ratio: float) -> Picture:
        style = self._style
        self._state.resize(self.width(), self.height(), ratio, style.metrics)
        now = self.now()
        picture = self._resolver.resolve(self._state, now)
        backdrop = picture.backdrop
        if self._drawn is None or self._drawn[:2] != (backdrop, style):
            former = None if self._drawn is None else self._drawn[2]
            self._drawn = backdrop, style, paint_backdrop(backdrop, style, former)
        painter.drawPixmap(QPointF(0, 0), self._drawn[2])
        paint_front(painter, picture, style, self.drawings)
        front = picture.front
        if front.badge or (front.price is not None and front.price.countdown):
            self._second.start(int(1000 - now % 1000) + 1)
        return picture

    def image(self, ratio: float, subtitle: str) -> QImage:
        """What is on the surface, painted anew at ``ratio`` device pixels each px; no pointer.

        Args:
            ratio: how fine.
            subtitle: stands there instead of the chart's own.

        Raises:
            InvalidRequest: there is no memory for so large an image.
        """
        state, drawn, resolver = self._state, self._drawn, self._resolver
        with state.put_back():
            state.pointer, state.aim, state.subtitle = None, None, subtitle
            state.resize(self.width(), self.height(), ratio, self._style.metrics)
            size = state.layout.width, state.layout.height
            image = QImage(*size, QImage.Format.Format_RGB32)
            if image.isNull():
                raise InvalidRequest(
                    f"an image of {size[0]} × {size[1]} pixels is too large: use a smaller scale"
                )
            image.setDevicePixelRatio(ratio)
            painter = QPainter(image)
            # What is painted on screen stays as it is.
            self._drawn, self._resolver = None, copy.copy(resolver)
            try:
                self._draw(painter, ratio)
            finally:
                painter.end()
                self._drawn, self._resolver = drawn, resolver
        return image

    # -- mouse ---------------------------------------------------------------------------------

    @_guarded
    def mousePressEvent(self, a0: QMouseEvent | None) -> None:
        self.hand.stop()
        if a0 is not None and a0.button() == Qt.MouseButton.LeftButton:
            if self._is_on_plot(a0) and self._is_taken(a0):
                return
            self.hand.press(a0.position().x(), a0.position().y(), a0.timestamp())
            if self.hand.held in (Part.PLOT, Part.PANE):
                self.setCursor(Qt.CursorShape.ClosedHandCursor)

    @_guarded
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

    @_guarded
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

    @_guarded
    def mouseDoubleClickEvent(self, a0: QMouseEvent | None) -> None:
        if a0 is not None and a0.button() == Qt.MouseButton.LeftButton:
            x, y = a0.position().x(), a0.position().y()
            if self._is_on_plot(a0) and (self.drawings.double_click(a0) or self._is_taken(a0)):
                return
            self.hand.double_click(x, y)
            # The second press of a double click may also begin a drag.
            self.hand.press(x, y, a0.timestamp())
            self._changed()

    @_guarded
    def leaveEvent(self, a0: QEvent | None) -> None:
        super().leaveEvent(a0)
        self.hand.leave()
        self.update()

    @_guarded
    def hideEvent(self, a0: QHideEvent | None) -> None:
        super().hideEvent(a0)
        # No release will come for a drag that was going on.
        self._drop()
        self.hand.leave()
        self._second.stop()
        self.sight.hide()

    def _drop(self) -> None:
        self.hand.drop()
        self.drawings.drop()
        self.marks.drop()

    @_guarded
    def _run_on(self) -> None:
        if self.hand.is_gliding:
            self.hand.glide(time.monotonic() * 1000)
            self._changed()
            self._glide.request()

    @_guarded
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

    @_guarded
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

    @_guarded
    def _touched(self, event: QEvent) -> None:
        self._touch.take(event)

    def _changed(self) -> None:
        self.update()
        self.moved.emit()


def _key_name(key: int, held: Any) -> str:
    # The stubs would have the value of a flag be a flag again.
    return QKeySequence(key | held.value).toString(QKeySequence.SequenceFormat.PortableText)


def _snap(painter: QPainter, ratio: float) -> None:
    """Begin on a whole device pixel; at a scale such as 1.25 a widget may lie between two."""
    origin = painter.deviceTransform()
    # A half goes up, as Qt rounds the edge of what a widget may paint on.
    left, top = math.floor(origin.dx() + 0.5), math.floor(origin.dy() + 0.5)
    painter.translate((left - origin.dx()) / ratio, (top - origin.dy()) / ratio)
