"""What a chart is painted on: the picture of its state, once a frame. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import copy
import functools
import math
import time
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from PyQt6.QtCore import QPointF, QRect, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent, QImage, QPainter, QPaintEvent, QPixmap
from PyQt6.QtWidgets import QSizePolicy, QWidget

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt_widgets.frame_timer import FrameTimer
from upbit_ws_qt_widgets.models.chart_picture import Backdrop, Picture
from upbit_ws_qt_widgets.models.chart_resolve import ChartResolver
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.exchange_clock import ExchangeClock

from .backdrop import paint_backdrop
from .drawing_hand import DrawingHand
from .front import paint_failure, paint_front
from .sight_teller import SightTeller
from .style import ChartStyle

__all__ = ["ChartCanvas", "guarded"]

_P = ParamSpec("_P")
_C = TypeVar("_C", bound="ChartCanvas")


def guarded(handler: Callable[Concatenate[_C, _P], None]) -> Callable[Concatenate[_C, _P], None]:
    """Keep an exception of an event handler inside: one that escapes ends the whole process."""

    @functools.wraps(handler)
    def call(self: _C, /, *args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            handler(self, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - see the docstring
            self.failed.emit(error)

    return call


# State: the resolver with what it keeps, the style in use, and the backdrop painted last.
class ChartCanvas(QWidget):
    """Paints the picture of a :class:`ChartState`.

    The backdrop is painted into a pixmap when it changed; a tick or a move of the pointer copies
    it and paints the front. However many changes of the data come, they are painted once a frame,
    and not at all while the canvas is hidden.

    Signals:
        failed(Exception): an event handler went wrong.
        refreshed(): the data changed, or what is made of them.
    """

    refreshed = pyqtSignal()
    failed = pyqtSignal(object)

    def __init__(self, state: ChartState, style: ChartStyle, parent: QWidget) -> None:
        super().__init__(parent)
        self.clock = ExchangeClock()
        self.sight = SightTeller(self)
        self.drawings = DrawingHand(state, style, self)
        self.drawings.changed.connect(self.update)
        self._state = state
        self._resolver = ChartResolver()
        self._style = style
        self._drawn: tuple[Backdrop, ChartStyle, QPixmap] | None = None
        self._frame = FrameTimer(self)
        self._frame.timeout.connect(self.update)
        self._second = QTimer(self)
        self._second.setSingleShot(True)
        self._second.timeout.connect(self.update)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

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

    @guarded
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

    @guarded
    def hideEvent(self, a0: QHideEvent | None) -> None:
        super().hideEvent(a0)
        self._second.stop()
        self.sight.hide()


def _snap(painter: QPainter, ratio: float) -> None:
    """Begin on a whole device pixel; at a scale such as 1.25 a widget may lie between two."""
    origin = painter.deviceTransform()
    # A half goes up, as Qt rounds the edge of what a widget may paint on.
    left, top = math.floor(origin.dx() + 0.5), math.floor(origin.dy() + 0.5)
    painter.translate((left - origin.dx()) / ratio, (top - origin.dy()) / ratio)
