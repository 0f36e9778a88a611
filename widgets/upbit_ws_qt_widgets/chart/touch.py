"""Fingers on a touch screen, and pinches on a touchpad, for the surface of a chart. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import math

from PyQt6.QtCore import QEvent, QObject, QPointF, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import (
    QContextMenuEvent,
    QEventPoint,
    QGuiApplication,
    QInputDevice,
    QMouseEvent,
    QNativeGestureEvent,
    QTouchEvent,
)
from PyQt6.QtWidgets import QApplication, QWidget

from upbit_ws_qt_widgets.models.chart_hand import ChartHand

__all__ = ["TOUCHES", "TouchHand"]

#: The events it looks at.
TOUCHES = (
    QEvent.Type.TouchBegin,
    QEvent.Type.TouchUpdate,
    QEvent.Type.TouchEnd,
    QEvent.Type.TouchCancel,
    QEvent.Type.NativeGesture,
)
_AT_REST_PX = 8.0
_CLOSEST_PX = 10.0


# State: how many fingers were down last with their middle and distance, whether one of them acts as
# the mouse, and where it went down.
class TouchHand(QObject):
    """One finger does what the mouse does; two move the chart and make bars wider.

    A finger held still opens the menu. Whoever puts a second finger down means both, so what the
    first one began is let go.

    Signals:
        changed(): the view was changed.
        dropped(): what the first finger holds is to be let go, without a click.
    """

    changed = pyqtSignal()
    dropped = pyqtSignal()

    def __init__(self, hand: ChartHand, surface: QWidget) -> None:
        super().__init__(surface)
        self._hand = hand
        self._count = 0
        self._middle = QPointF()
        self._distance = 0.0
        self._is_mouse = False
        self._put_at = QPointF()
        self._held_still = QTimer(self)
        self._held_still.setSingleShot(True)
        self._held_still.timeout.connect(self._open_menu)
        surface.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)

    def take(self, event: QEvent) -> None:
        """Do what an event of ``TOUCHES`` means, and accept it; others stay ignored."""
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self._hand.pinch(event.position().x(), 0.0, 1 + event.value())
                self.changed.emit()
                event.accept()
        elif isinstance(event, QTouchEvent):
            device = event.device()
            # A touchpad moves the pointer, and its pinches come as gestures of the system.
            if device is not None and device.type() == QInputDevice.DeviceType.TouchScreen:
                self._touch(event)
                event.accept()

    def _touch(self, event: QTouchEvent) -> None:
        points = [event.point(index) for index in range(event.pointCount())]
        down = [self._place(one) for one in points if one.state() != QEventPoint.State.Released]
        if event.type() == QEvent.Type.TouchCancel:
            self._let_go()
        elif event.type() == QEvent.Type.TouchEnd or not down:
            if self._is_mouse and points:
                self._is_mouse = False
                self._held_still.stop()
                self._as_mouse(QEvent.Type.MouseButtonRelease, self._place(points[0]), event)
            # Where there is no finger nothing is pointed at.
            self._hand.leave()
            self.changed.emit()
        elif len(down) == 1:
            self._one(down[0], event)
        else:
            self._two(down)
        self._count = len(down)

    def _one(self, place: QPointF, event: QTouchEvent) -> None:
        if event.type() == QEvent.Type.TouchBegin:
            self._is_mouse, self._put_at = True, place
            self._as_mouse(QEvent.Type.MouseButtonPress, place, event)
            hints = QGuiApplication.styleHints()
            self._held_still.start(800 if hints is None else hints.mousePressAndHoldInterval())
        elif self._is_mouse:
            if (place - self._put_at).manhattanLength() > _AT_REST_PX:
                self._held_still.stop()
            self._as_mouse(QEvent.Type.MouseMove, place, event)

    def _two(self, places: list[QPointF]) -> None:
        if self._is_mouse:
            self._let_go()
        count = len(places)
        middle = QPointF(sum(p.x() for p in places) / count, sum(p.y() for p in places) / count)
        apart = sum(math.hypot(p.x() - middle.x(), p.y() - middle.y()) for p in places) / count
        distance = max(apart, _CLOSEST_PX)
        if self._count == count:
            sideways = middle.x() - self._middle.x()
            self._hand.pinch(middle.x(), sideways, distance / self._distance)
            self.changed.emit()
        self._middle, self._distance = middle, distance

    def _let_go(self) -> None:
        self._held_still.stop()
        self._is_mouse = False
        self._hand.leave()
        self.dropped.emit()
        self.changed.emit()

    def _open_menu(self) -> None:
        surface, place = self.parent(), self._put_at.toPoint()
        if isinstance(surface, QWidget):
            self._let_go()
            where = surface.mapToGlobal(place)
            event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, where)
            QApplication.postEvent(surface, event)

    def _place(self, point: QEventPoint) -> QPointF:
        surface = self.parent()
        place = point.globalPosition()
        return surface.mapFromGlobal(place) if isinstance(surface, QWidget) else place

    def _as_mouse(self, kind: QEvent.Type, place: QPointF, event: QTouchEvent) -> None:
        surface = self.parent()
        if not isinstance(surface, QWidget):
            return
        moves = kind == QEvent.Type.MouseMove
        button = Qt.MouseButton.NoButton if moves else Qt.MouseButton.LeftButton
        is_down = kind != QEvent.Type.MouseButtonRelease
        buttons = Qt.MouseButton.LeftButton if is_down else Qt.MouseButton.NoButton
        where = surface.mapToGlobal(place)
        made = _FingerEvent(kind, place, where, button, buttons, event.modifiers())
        made.time = event.timestamp()
        QApplication.sendEvent(surface, made)


# State: when it happened.
class _FingerEvent(QMouseEvent):
    """What the mouse would do, at the time of the finger: PyQt6 cannot set the time of an event."""

    time = 0

    def timestamp(self) -> int:
        return self.time
