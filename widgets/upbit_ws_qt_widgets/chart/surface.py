"""The surface the chart is painted on, and the hand that moves it. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Mapping
from typing import Concatenate, ParamSpec

from PyQt6.QtCore import QEvent, QPointF, QRect, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import (
    QGuiApplication,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QWheelEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QWidget

from upbit_ws_qt_widgets.frame_timer import FrameTimer
from upbit_ws_qt_widgets.models.chart_hand import ChartHand, ChartKey, Part
from upbit_ws_qt_widgets.models.chart_picture import Backdrop
from upbit_ws_qt_widgets.models.chart_resolve import ChartResolver
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.exchange_clock import ExchangeClock

from .backdrop import paint_backdrop
from .drawing_hand import DrawingHand
from .front import paint_failure, paint_front
from .style import ChartStyle

__all__ = ["ChartSurface"]

_P = ParamSpec("_P")

_KEYS: Mapping[int, ChartKey] = {
    Qt.Key.Key_Left: ChartKey.OLDER,
    Qt.Key.Key_Right: ChartKey.NEWER,
    Qt.Key.Key_PageUp: ChartKey.PAGE_OLDER,
    Qt.Key.Key_PageDown: ChartKey.PAGE_NEWER,
    Qt.Key.Key_Home: ChartKey.OLDEST,
    Qt.Key.Key_End: ChartKey.LATEST,
    Qt.Key.Key_Plus: ChartKey.ZOOM_IN,
    Qt.Key.Key_Equal: ChartKey.ZOOM_IN,
    Qt.Key.Key_Minus: ChartKey.ZOOM_OUT,
    Qt.Key.Key_0: ChartKey.RESET,
    Qt.Key.Key_Delete: ChartKey.CLOSE_PANE,
    Qt.Key.Key_Backspace: ChartKey.CLOSE_PANE,
}
_CURSORS: Mapping[Part, Qt.CursorShape] = {
    Part.PLOT: Qt.CursorShape.CrossCursor,
    Part.PANE: Qt.CursorShape.CrossCursor,
    Part.GRIP: Qt.CursorShape.SplitVCursor,
    Part.CLOSE: Qt.CursorShape.PointingHandCursor,
    Part.PRICE_AXIS: Qt.CursorShape.SizeVerCursor,
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


# State: the hand, the resolver with what it keeps, the style in use, and the backdrop
# painted last.
class ChartSurface(QWidget):
    """Paints the picture of a :class:`ChartState` and lets mouse, wheel and keys move it.

    The backdrop is painted into a pixmap when it changed; a tick or a move of the pointer copies
    it and paints the front. However many changes of the data come, they are painted once a frame,
    and not at all while the surface is hidden.

    Signals:
        moved(): the user changed what is in view.
        failed(Exception): an event handler went wrong.
    """

    moved = pyqtSignal()
    failed = pyqtSignal(object)

    def __init__(self, state: ChartState, style: ChartStyle, parent: QWidget) -> None:
        super().__init__(parent)
        self.clock = ExchangeClock()
        self.latest_tip = ""
        self.close_tip = ""
        self.error_tip = ""
        self._state = state
        self._hand = ChartHand(state)
        self._resolver = ChartResolver()
        self._style = style
        self.drawings = DrawingHand(state, style, self)
        self.drawings.changed.connect(self.update)
        self._drawn: tuple[Backdrop, ChartStyle, QPixmap] | None = None
        self._frame = FrameTimer(self)
        self._frame.timeout.connect(self.update)
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

    def refresh(self) -> None:
        """The data changed: paint with the next frame."""
        if self.isVisible():
            self._frame.request()

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
        ratio, style = self.devicePixelRatioF(), self._style
        self._state.resize(self.width(), self.height(), ratio, style.metrics)
        now = self.now()
        picture = self._resolver.resolve(self._state, now)
        backdrop = picture.backdrop
        if self._drawn is None or self._drawn[:2] != (backdrop, style):
            former = None if self._drawn is None else self._drawn[2]
            self._drawn = backdrop, style, paint_backdrop(backdrop, style, former)
        if ratio % 1:
            # The pixmap may end within the last device pixel.
            painter.fillRect(damaged, style.theme.background)
        _snap(painter, ratio)
        painter.drawPixmap(QPointF(0, 0), self._drawn[2])
        paint_front(painter, picture, style, self.drawings)
        if picture.front.price is not None and picture.front.price.countdown:
            self._second.start(int(1000 - now % 1000) + 1)

    # -- mouse ---------------------------------------------------------------------------------

    @_guarded
    def mousePressEvent(self, a0: QMouseEvent | None) -> None:
        if a0 is not None and a0.button() == Qt.MouseButton.LeftButton:
            if self._is_on_plot(a0) and self.drawings.press(a0):
                return
            self._hand.press(a0.position().x(), a0.position().y())
            if self._hand.held in (Part.PLOT, Part.PANE):
                self.setCursor(Qt.CursorShape.ClosedHandCursor)

    @_guarded
    def mouseMoveEvent(self, a0: QMouseEvent | None) -> None:
        if a0 is None:
            return
        x, y = a0.position().x(), a0.position().y()
        self.drawings.move(a0)
        self._hand.move(x, y)
        if self._hand.held is None:
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
            self._hand.release(x, y)
            self._point_at(x, y)
            self._changed()

    @_guarded
    def mouseDoubleClickEvent(self, a0: QMouseEvent | None) -> None:
        if a0 is not None and a0.button() == Qt.MouseButton.LeftButton:
            x, y = a0.position().x(), a0.position().y()
            if self._is_on_plot(a0) and (self.drawings.double_click(a0) or self.drawings.press(a0)):
                return
            self._hand.double_click(x, y)
            # The second press of a double click may also begin a drag.
            self._hand.press(x, y)
            self._changed()

    @_guarded
    def leaveEvent(self, a0: QEvent | None) -> None:
        super().leaveEvent(a0)
        self._hand.leave()
        self.update()

    @_guarded
    def hideEvent(self, a0: QHideEvent | None) -> None:
        super().hideEvent(a0)
        # No release will come for a drag that was going on.
        self._hand.drop()
        self.drawings.drop()
        self._second.stop()

    @_guarded
    def wheelEvent(self, a0: QWheelEvent | None) -> None:
        if a0 is None:
            return
        pixels, notches = a0.pixelDelta(), a0.angleDelta()
        x = a0.position().x()
        # Under X11 drivers say what they like in pixels.
        if not pixels.isNull() and QGuiApplication.platformName() != "xcb":
            self._hand.touchpad(x, pixels.x(), pixels.y())
        elif a0.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._hand.wheel(x, (notches.x() or notches.y()) / _NOTCH, 0.0)
        else:
            self._hand.wheel(x, notches.x() / _NOTCH, notches.y() / _NOTCH)
        a0.accept()
        self._changed()

    def _is_on_plot(self, event: QMouseEvent) -> bool:
        return self._hand.part_at(event.position().x(), event.position().y()) is Part.PLOT

    def _point_at(self, x: float, y: float) -> None:
        part = self._hand.part_at(x, y)
        over_drawing = part is Part.PLOT and self.drawings.is_over(x, y)
        self.setCursor(Qt.CursorShape.PointingHandCursor if over_drawing else _CURSORS[part])
        tips = {Part.LATEST: self.latest_tip, Part.CLOSE: self.close_tip}
        self.setToolTip(tips.get(part, self.error_tip))

    # -- keys ----------------------------------------------------------------------------------

    @_guarded
    def keyPressEvent(self, a0: QKeyEvent | None) -> None:
        if a0 is None:
            return
        if self.drawings.key(a0):
            return
        key = _KEYS.get(a0.key())
        reserved = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        if key is None or a0.modifiers() & reserved or not self._hand.key(key):
            super().keyPressEvent(a0)
            return
        self._changed()

    def _changed(self) -> None:
        self.update()
        self.moved.emit()


def _snap(painter: QPainter, ratio: float) -> None:
    """Begin on a whole device pixel; at a scale such as 1.25 a widget may lie between two."""
    origin = painter.deviceTransform()
    # A half goes up, as Qt rounds the edge of what a widget may paint on.
    left, top = math.floor(origin.dx() + 0.5), math.floor(origin.dy() + 0.5)
    painter.translate((left - origin.dx()) / ratio, (top - origin.dy()) / ratio)
