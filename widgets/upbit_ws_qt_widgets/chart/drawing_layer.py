"""Paints the drawings of a chart into a layer of their own. Qt, no widget."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPixmap, QPolygonF

from upbit_ws_qt_widgets.models.chart_layout import ChartLayout
from upbit_ws_qt_widgets.models.drawings.clip import Point
from upbit_ws_qt_widgets.models.drawings.editor import Sketch
from upbit_ws_qt_widgets.models.drawings.geometry import Figure, Label, Line

from .style import ChartStyle, cosmetic, device_pixels, faint

__all__ = ["DrawingLayer"]

_DASHES = (4.0, 3.0)
_AREA_OPACITY = 0.12
_GROUND_OPACITY = 0.7
_HANDLE_PX = 4.0
_TEXT_GAP = 4.0


# State: the layer painted last, and what it shows.
class DrawingLayer:
    """The drawings as a transparent picture, painted again only when something of it changed.

    A tick or a move of the pointer copies it; without drawings it costs nothing.
    """

    def __init__(self) -> None:
        self._drawn: tuple[Sketch, ChartLayout, ChartStyle, QPixmap] | None = None

    def paint(
        self, painter: QPainter, sketch: Sketch, layout: ChartLayout, style: ChartStyle
    ) -> None:
        """Paint what there is of ``sketch`` onto the price pane."""
        if not sketch.figures:
            self._drawn = None
            return
        if self._drawn is None or self._drawn[:3] != (sketch, layout, style):
            former = None if self._drawn is None else self._drawn[3]
            self._drawn = sketch, layout, style, _painted(sketch, layout, style, former)
        painter.drawPixmap(QPointF(0, 0), self._drawn[3])


def _painted(
    sketch: Sketch, layout: ChartLayout, style: ChartStyle, former: QPixmap | None
) -> QPixmap:
    """Paints over ``former`` if it has the right size: new memory costs as much as the painting."""
    pixmap = former
    if pixmap is None or (pixmap.width(), pixmap.height()) != (
        layout.plot_width,
        layout.price_bottom,
    ):
        pixmap = QPixmap(layout.plot_width, layout.price_bottom)
    pixmap.setDevicePixelRatio(layout.ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for figure in sketch.figures:
        _figure(painter, figure, layout, style)
    if sketch.chosen is not None:
        _handles(painter, sketch, layout, style)
    painter.end()
    return pixmap


def _figure(painter: QPainter, figure: Figure, layout: ChartLayout, style: ChartStyle) -> None:
    colour = style.theme.accent
    if figure.direction is not None:
        colour = style.rise_fall[figure.direction + 1]
    ground = faint(colour, _AREA_OPACITY)
    for label in figure.labels:
        # Candles shine through it, but do not make it hard to read.
        text_ground = colour if label.framed else faint(style.theme.background, _GROUND_OPACITY)
        painter.fillRect(_box(label, layout), text_ground)
    with device_pixels(painter, layout):
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        for area in figure.areas:
            painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in area]))
        for line in figure.lines:
            painter.setPen(cosmetic(colour, layout.line, _DASHES if line.dashed else ()))
            painter.drawLine(*_on_pixels(line, layout.line))
    for label in figure.labels:
        _label(painter, label, colour, layout, style)


def _on_pixels(line: Line, width: int) -> tuple[QPointF, QPointF]:
    """Its ends; an upright or level line covers whole pixels, or it would be a blur."""
    (x, y), (end_x, end_y) = line.start, line.end
    if x == end_x:
        x = end_x = int(x) + width / 2
    elif y == end_y:
        y = end_y = int(y) + width / 2
    return QPointF(x, y), QPointF(end_x, end_y)


def _label(
    painter: QPainter, label: Label, colour: QColor, layout: ChartLayout, style: ChartStyle
) -> None:
    box, numbers = _box(label, layout), style.numbers
    row = box.height() / len(label.rows)
    # The background's colour is readable on every colour that is readable on it.
    painter.setPen(style.theme.background if label.framed else colour)
    painter.setFont(style.number_font)
    base = box.top() + (row + numbers.ascent() - numbers.descent()) / 2
    for index, text in enumerate(label.rows):
        painter.drawText(QPointF(box.left() + _TEXT_GAP, base + index * row), text)


def _box(label: Label, layout: ChartLayout) -> QRectF:
    """Its place in px."""
    return QRectF(*(side / layout.ratio for side in (label.x, label.y, label.width, label.height)))


def _handles(painter: QPainter, sketch: Sketch, layout: ChartLayout, style: ChartStyle) -> None:
    """A ring on each anchor of the chosen drawing; of a locked one, a square."""
    theme, size = style.theme, _HANDLE_PX * layout.ratio
    handles: tuple[Point, ...] = () if sketch.chosen is None else sketch.chosen.handles
    with device_pixels(painter, layout):
        painter.setPen(cosmetic(theme.sub_text if sketch.is_locked else theme.accent, layout.line))
        painter.setBrush(theme.background)
        for x, y in handles:
            # Far outside nothing is seen, and huge numbers would overflow in the painter.
            if not (-size < x < layout.plot_width + size and -size < y < layout.height):
                continue
            if sketch.is_locked:
                painter.drawRect(QRectF(x - size, y - size, 2 * size, 2 * size))
            else:
                painter.drawEllipse(QPointF(x, y), size, size)
