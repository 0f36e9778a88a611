"""Paints the part of a chart that a tick leaves alone, into a pixmap. Qt, no widget."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF
from PyQt6.QtGui import QPainter, QPixmap

from upbit_ws_qt_widgets.models.chart_layout import ChartLayout
from upbit_ws_qt_widgets.models.chart_picture import Backdrop

from .style import EDGE, ChartStyle, device_pixels

__all__ = ["paint_backdrop"]


def paint_backdrop(backdrop: Backdrop, style: ChartStyle, former: QPixmap | None) -> QPixmap:
    """Grid, settled bars, averages and axes.

    Paints over ``former`` if it has the right size: new memory costs as much as the painting.
    """
    layout, pixmap = backdrop.layout, former
    if pixmap is None or (pixmap.width(), pixmap.height()) != (layout.width, layout.height):
        pixmap = QPixmap(layout.width, layout.height)
    pixmap.setDevicePixelRatio(layout.ratio)
    pixmap.fill(style.theme.background)
    painter = QPainter(pixmap)
    with device_pixels(painter, layout):
        _grid(painter, backdrop, style)
        painter.setClipRect(0, 0, layout.plot_width, layout.volume_bottom)
        if backdrop.shapes is not None:
            style.bars(painter, backdrop.shapes, layout)
        style.averages(painter, backdrop.averages, layout)
        painter.setClipping(False)
        _separators(painter, layout, style)
    _price_texts(painter, backdrop, style)
    _time_texts(painter, backdrop, style)
    if layout.has_volume:
        _amount_texts(painter, backdrop, style)
    painter.end()
    return pixmap


def _grid(painter: QPainter, backdrop: Backdrop, style: ChartStyle) -> None:
    layout, theme = backdrop.layout, style.theme
    for price in backdrop.price_labels:
        painter.fillRect(0, price.y, layout.plot_width, layout.line, theme.grid)
    for time in backdrop.time_labels:
        colour = theme.line if time.is_day else theme.grid
        painter.fillRect(time.x, 0, layout.line, layout.volume_bottom, colour)


def _separators(painter: QPainter, layout: ChartLayout, style: ChartStyle) -> None:
    line, colour = layout.line, style.theme.line
    painter.fillRect(layout.plot_width, 0, line, layout.volume_bottom, colour)
    painter.fillRect(0, layout.volume_bottom, layout.width, line, colour)
    if layout.has_volume:
        painter.fillRect(0, layout.price_bottom, layout.width, line, colour)


def _price_texts(painter: QPainter, backdrop: Backdrop, style: ChartStyle) -> None:
    painter.setFont(style.number_font)
    painter.setPen(style.theme.sub_text)
    centre = (style.numbers.ascent() - style.numbers.descent()) / 2
    left, ratio = backdrop.layout.price_text_left, backdrop.layout.ratio
    for price in backdrop.price_labels:
        painter.drawText(QPointF(left, price.y / ratio + centre), price.text)


def _time_texts(painter: QPainter, backdrop: Backdrop, style: ChartStyle) -> None:
    layout, theme = backdrop.layout, style.theme
    base = style.time_baseline(layout)
    painter.setFont(style.text_font)
    for time in backdrop.time_labels:
        painter.setPen(theme.text if time.is_day else theme.sub_text)
        width = style.texts.horizontalAdvance(time.text)
        x = time.x / layout.ratio - width / 2
        if x >= 2 and x + width <= layout.view_width:
            painter.drawText(QPointF(x, base), time.text)


def _amount_texts(painter: QPainter, backdrop: Backdrop, style: ChartStyle) -> None:
    layout = backdrop.layout
    base = layout.price_bottom / layout.ratio + style.texts.ascent() + 4
    painter.setFont(style.text_font)
    painter.setPen(style.theme.sub_text)
    width = style.texts.horizontalAdvance(backdrop.amount_caption)
    ground = QRectF(EDGE - 2, base - style.texts.ascent(), width + 4, style.texts.height())
    painter.fillRect(ground, style.theme.background)
    painter.drawText(QPointF(EDGE, base), backdrop.amount_caption)
    painter.drawText(QPointF(layout.price_text_left, base), backdrop.amount_label)
