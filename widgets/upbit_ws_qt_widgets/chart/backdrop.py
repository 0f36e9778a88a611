"""Paints the part of a chart that a tick leaves alone, into a pixmap. Qt, no widget."""

from __future__ import annotations

from PyQt6.QtCore import QLineF, QPointF, QRectF, Qt
from PyQt6.QtGui import QBrush, QPainter, QPixmap

from upbit_ws_qt_widgets.models.chart_layout import ChartLayout
from upbit_ws_qt_widgets.models.chart_picture import AxisLabel, Backdrop

from .arrays import draw_rects
from .marks_layer import paint_fills
from .style import EDGE, ChartStyle, cosmetic, device_pixels

__all__ = ["paint_backdrop"]

_DASHES = (2.0, 4.0)


def paint_backdrop(backdrop: Backdrop, style: ChartStyle, former: QPixmap | None) -> QPixmap:
    """Grid, settled bars, indicators and axes of all panes.

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
        painter.setClipRect(0, 0, layout.plot_width, layout.plot_bottom)
        _ground(painter, backdrop, style)
        if backdrop.shapes is not None:
            style.bars(painter, backdrop.shapes, layout)
        style.strokes(painter, backdrop.overlays, layout, 0, layout.price_bottom)
        for pane in backdrop.panes:
            style.strokes(painter, pane.strokes, layout, pane.box.top, pane.box.bottom)
        painter.setClipping(False)
        _separators(painter, layout, style)
    if backdrop.fills is not None:
        paint_fills(painter, backdrop.fills, layout, style)
    for labels in (backdrop.price_labels, *(pane.labels for pane in backdrop.panes)):
        _value_texts(painter, labels, layout, style)
    _time_texts(painter, backdrop, style)
    _captions(painter, backdrop, style)
    _control_text(painter, backdrop, style)
    painter.end()
    return pixmap


def _grid(painter: QPainter, backdrop: Backdrop, style: ChartStyle) -> None:
    layout, theme = backdrop.layout, style.theme
    for price in backdrop.price_labels:
        painter.fillRect(0, price.y, layout.plot_width, layout.line, theme.grid)
    for time in backdrop.time_labels:
        colour = theme.line if time.is_day else theme.grid
        painter.fillRect(time.x, 0, layout.line, layout.plot_bottom, colour)
    painter.setPen(cosmetic(theme.sub_text, layout.line, _DASHES))
    for pane in backdrop.panes:
        for y in pane.levels:
            middle = y + layout.line / 2
            painter.drawLine(QLineF(0, middle, layout.plot_width, middle))


def _ground(painter: QPainter, backdrop: Backdrop, style: ChartStyle) -> None:
    """Hatches where bars may lack something, the pauses left out, and the volume profile."""
    layout, theme = backdrop.layout, style.theme
    hatch = QBrush(theme.line, Qt.BrushStyle.BDiagPattern)
    for shade in backdrop.shades:
        painter.fillRect(shade.x, 0, shade.width, layout.plot_bottom, theme.panel)
        painter.fillRect(shade.x, 0, shade.width, layout.plot_bottom, hatch)
    painter.setPen(cosmetic(theme.sub_text, layout.line, _DASHES))
    for x in backdrop.pauses:
        middle = x + layout.line / 2
        painter.drawLine(QLineF(middle, 0, middle, layout.plot_bottom))
    profile = backdrop.profile
    if profile is not None:
        painter.setPen(Qt.PenStyle.NoPen)
        for rects, colour in (
            (profile.rise, theme.bid_bar),
            (profile.fall, theme.ask_bar),
        ):
            painter.setBrush(colour)
            draw_rects(painter, rects)
        painter.fillRect(profile.x, profile.y, layout.plot_width, layout.line, theme.accent)


def _separators(painter: QPainter, layout: ChartLayout, style: ChartStyle) -> None:
    line, colour = layout.line, style.theme.line
    painter.fillRect(layout.plot_width, 0, line, layout.plot_bottom, colour)
    painter.fillRect(0, layout.plot_bottom, layout.width, line, colour)
    for pane in layout.panes:
        painter.fillRect(0, pane.top, layout.width, line, colour)


def _value_texts(
    painter: QPainter, labels: tuple[AxisLabel, ...], layout: ChartLayout, style: ChartStyle
) -> None:
    painter.setFont(style.number_font)
    painter.setPen(style.theme.sub_text)
    centre = (style.numbers.ascent() - style.numbers.descent()) / 2
    for label in labels:
        place = QPointF(layout.price_text_left, label.y / layout.ratio + centre)
        painter.drawText(place, label.text)


def _time_texts(painter: QPainter, backdrop: Backdrop, style: ChartStyle) -> None:
    layout, theme = backdrop.layout, style.theme
    base = style.time_baseline(layout)
    painter.setFont(style.text_font)
    for time in backdrop.time_labels:
        painter.setPen(theme.text if time.is_date else theme.sub_text)
        width = style.text_width(time.text)
        x = time.x / layout.ratio - width / 2
        if x >= 2 and x + width <= layout.view_width:
            painter.drawText(QPointF(x, base), time.text)


def _captions(painter: QPainter, backdrop: Backdrop, style: ChartStyle) -> None:
    texts = style.texts
    painter.setFont(style.text_font)
    painter.setPen(style.theme.sub_text)
    for pane in backdrop.panes:
        if pane.caption:
            base = pane.box.top / backdrop.layout.ratio + texts.ascent() + 4
            width = style.text_width(pane.caption)
            ground = QRectF(EDGE - 2, base - texts.ascent(), width + 4, texts.height())
            painter.fillRect(ground, style.theme.background)
            painter.drawText(QPointF(EDGE, base), pane.caption)


def _control_text(painter: QPainter, backdrop: Backdrop, style: ChartStyle) -> None:
    """The price at which most was traded, above its line or below where there is no room."""
    profile, layout, texts = backdrop.profile, backdrop.layout, style.texts
    if profile is None:
        return
    width, row = style.text_width(profile.text), texts.height()
    y = profile.y / layout.ratio
    top = y - row - 2 if y > row + 2 else y + 3
    ground = QRectF(layout.view_width - width - EDGE, top, width + 4, row)
    painter.fillRect(ground, style.theme.background)
    painter.setFont(style.text_font)
    painter.setPen(style.theme.accent)
    painter.drawText(QPointF(ground.left() + 2, top + texts.ascent()), profile.text)
