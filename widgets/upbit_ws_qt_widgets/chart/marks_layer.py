"""Paints own orders, fills, the average price and alerts on a chart. Qt, no widget."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPainterPath

from upbit_ws_qt_widgets.models.chart_layout import ChartLayout
from upbit_ws_qt_widgets.models.marks_picture import FillMarks, LineMark, MarksPicture, NoteMark

from .arrays import draw_rects
from .style import EDGE, ChartStyle, cosmetic, device_pixels, faint

__all__ = ["paint_fills", "paint_labels", "paint_lines", "paint_note"]

_GHOST_DASHES = (5.0, 4.0)
_ALERT_DASHES = (1.0, 3.0)
_GROUND_OPACITY = 0.75
_PADDING = 6.0
_BELL = 10.0


def paint_fills(
    painter: QPainter, fills: FillMarks, layout: ChartLayout, style: ChartStyle
) -> None:
    """The triangles of own fills, and amounts where there is room."""
    with device_pixels(painter, layout):
        painter.setClipRect(0, 0, layout.plot_width, layout.price_bottom)
        painter.setPen(Qt.PenStyle.NoPen)
        for rects, colour in ((fills.bids, style.theme.rise), (fills.asks, style.theme.fall)):
            painter.setBrush(colour)
            draw_rects(painter, rects)
    texts = style.numbers
    ground = faint(style.theme.background, _GROUND_OPACITY)
    painter.save()
    painter.setClipRect(QRectF(0, 0, layout.view_width, layout.price_bottom / layout.ratio))
    painter.setFont(style.number_font)
    for label in fills.labels:
        width = style.number_width(label.text)
        left = label.x / layout.ratio - width / 2
        base = label.y / layout.ratio + (-texts.descent() - 1 if label.is_ask else texts.ascent())
        # Candles shine through it, but do not make it hard to read.
        box = QRectF(left - 1, base - texts.ascent() + 1, width + 2, texts.ascent())
        painter.fillRect(box, ground)
        painter.setPen(style.theme.fall if label.is_ask else style.theme.rise)
        painter.drawText(QPointF(left, base), label.text)
    painter.restore()


def paint_lines(
    painter: QPainter, marks: MarksPicture, layout: ChartLayout, style: ChartStyle
) -> None:
    """The lines across the prices; their tags are the axis's own."""
    with device_pixels(painter, layout):
        for line in marks.lines:
            dashes = _GHOST_DASHES if line.is_ghost else _ALERT_DASHES if line.has_bell else ()
            width = layout.line * (2 if line.is_chosen else 1)
            painter.setPen(cosmetic(_colour(line, style), width, dashes))
            middle = line.y + layout.line / 2
            painter.drawLine(QPointF(0, middle), QPointF(layout.plot_width, middle))


def paint_labels(
    painter: QPainter, marks: MarksPicture, layout: ChartLayout, style: ChartStyle
) -> None:
    """What the lines are, at their left."""
    for line in marks.lines:
        if line.label_at is not None:
            _label(painter, line, line.label_at, marks.row, layout, style)


def paint_note(painter: QPainter, note: NoteMark, layout: ChartLayout, style: ChartStyle) -> None:
    """What the mark under the pointer stands for, in a box beside it."""
    texts, ratio = style.texts, layout.ratio
    row = texts.height()
    width = max(map(style.text_width, note.rows)) + 2 * _PADDING
    height = row * len(note.rows) + _PADDING
    x, y = note.x / ratio, note.y / ratio
    left = x + EDGE if x + EDGE + width <= layout.view_width else max(0.0, x - EDGE - width)
    top = min(max(0.0, y - height / 2), max(0.0, layout.price_bottom / ratio - height))
    box = QRectF(left, top, width, height)
    painter.fillRect(box, style.theme.panel)
    painter.setPen(cosmetic(style.theme.sub_text, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box)
    painter.setFont(style.text_font)
    painter.setPen(style.theme.text)
    for index, text in enumerate(note.rows):
        base = top + _PADDING / 2 + index * row + texts.ascent()
        painter.drawText(QPointF(left + _PADDING, base), text)


def _colour(line: LineMark, style: ChartStyle) -> QColor:
    colour: QColor = getattr(style.theme, line.role)
    return colour


def _label(
    painter: QPainter, line: LineMark, middle: int, row: int, layout: ChartLayout, style: ChartStyle
) -> None:
    """A box with what a line is; the chosen one's is filled."""
    colour, texts, ratio = _colour(line, style), style.texts, layout.ratio
    bell = _BELL + 4 if line.has_bell else 0.0
    room = max(1.0, layout.view_width - 2 * EDGE - bell - 2 * _PADDING)
    text, width = line.label, style.text_width(line.label)
    if width > room:
        text, width = texts.elidedText(text, Qt.TextElideMode.ElideRight, room), room
    width += bell + 2 * _PADDING
    box = QRectF(EDGE, middle / ratio - row / ratio / 2 + 1, width, row / ratio - 2)
    ink = style.theme.background if line.is_chosen else colour
    painter.setPen(cosmetic(colour, 1))
    painter.setBrush(colour if line.is_chosen else style.theme.background)
    painter.drawRect(box)
    if line.has_bell:
        _bell(painter, QPointF(box.left() + _PADDING + _BELL / 2, box.center().y()), ink)
    painter.setPen(ink)
    painter.setFont(style.text_font)
    base = box.center().y() + (texts.ascent() - texts.descent()) / 2
    painter.drawText(QPointF(box.left() + _PADDING + bell, base), text)


def _bell(painter: QPainter, centre: QPointF, colour: QColor) -> None:
    """A bell about ten px high, around ``centre``."""
    x, y, half = centre.x(), centre.y(), _BELL / 2
    body = QPainterPath(QPointF(x - half, y + half * 0.55))
    body.quadTo(x - half * 0.65, y + half * 0.3, x - half * 0.65, y - half * 0.2)
    body.cubicTo(
        x - half * 0.6,
        y - half * 1.2,
        x + half * 0.6,
        y - half * 1.2,
        x + half * 0.65,
        y - half * 0.2,
    )
    body.quadTo(x + half * 0.65, y + half * 0.3, x + half, y + half * 0.55)
    body.closeSubpath()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPath(body)
    painter.drawEllipse(QPointF(x, y + half * 0.8), half * 0.25, half * 0.25)
    painter.restore()
