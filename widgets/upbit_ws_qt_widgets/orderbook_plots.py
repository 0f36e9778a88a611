"""Draws the depth of a book, and a book over time. Qt, no widget."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave some argument types unknown.

from __future__ import annotations

import math

import numpy as np
from PyQt6.QtCore import QPointF, QRect, Qt
from PyQt6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from upbit_ws_qt.markets import format_price

from .models.depth_curve import Curve
from .models.heat_map import HeatPicture
from .models.ladder_state import Ladder
from .orderbook_texts import BookFonts, blend
from .theme import Theme

__all__ = ["paint_curve", "paint_map"]

_SHADES = 126
_ASKS_FROM = 128
_FAINTEST = 0.12
_MAP_LABELS = 8


def paint_curve(painter: QPainter, fonts: BookFonts, curve: Curve, theme: Theme) -> None:
    """Both sides as stepped areas, with their axes and what is pointed at."""
    left, top, width, height = curve.plot
    hair = fonts.metrics.hair
    painter.fillRect(left, top, width, height, theme.background)
    for label in curve.amounts:
        painter.fillRect(left, label.at, width, hair, theme.grid)
    for points, fill, line in (
        (curve.asks, theme.ask_bar, theme.fall),
        (curve.bids, theme.bid_bar, theme.rise),
    ):
        if points:
            steps = QPolygonF([QPointF(x, y) for x, y in points])
            area = QPolygonF(steps)
            area.append(QPointF(points[-1][0], curve.base))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(fill)
            painter.drawPolygon(area)
            painter.setPen(QPen(line, 2 * hair))
            painter.drawPolyline(steps)
    painter.setFont(fonts.small.font)
    painter.setPen(theme.sub_text)
    gap = fonts.metrics.small_digit / 2
    for label in curve.amounts:
        fonts.small.draw(painter, left + gap, label.at - fonts.metrics.small_line, label.text)
    painter.fillRect(left, curve.base, width, hair, theme.line)
    for label in curve.prices:
        text = fonts.small.text(label.text)
        painter.drawStaticText(QPointF(label.at - text.width / 2, curve.base + gap), text.laid_out)
    if curve.pointed is not None:
        _paint_pointed(painter, fonts, curve, theme)


def _paint_pointed(painter: QPainter, fonts: BookFonts, curve: Curve, theme: Theme) -> None:
    """A line at the price, a dot on the curve, and in words what it takes to get there."""
    pointed = curve.pointed
    if pointed is None:
        return
    left, top, width, _ = curve.plot
    hair, line = fonts.metrics.hair, fonts.metrics.small_line
    colour = theme.fall if pointed.is_ask else theme.rise
    painter.fillRect(pointed.x, top, hair, curve.base - top, theme.crosshair)
    if not pointed.pieces:
        return
    dot = 5 * hair
    painter.fillRect(pointed.x - dot // 2, pointed.y - dot // 2, dot, dot, colour)
    pad = round(fonts.metrics.small_digit)
    texts = [f"{piece.label} {piece.value}".strip() for piece in pointed.pieces]
    wide = min(
        width - 2 * pad, math.ceil(max(fonts.small.text(text).width for text in texts)) + 2 * pad
    )
    box = QRect(0, top + pad, wide, line * len(texts) + pad)
    # On the other side of the middle, where it covers nothing that is pointed at.
    box.moveLeft(left + pad if pointed.is_ask else left + width - pad - wide)
    painter.fillRect(box, theme.panel)
    painter.setPen(theme.line)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box)
    y = box.top() + pad / 2
    for number, text in enumerate(texts):
        painter.setPen(theme.text if number else colour)
        made = fonts.small.fitting(text, wide - 2 * pad)
        painter.drawStaticText(QPointF(box.left() + pad, y), made.laid_out)
        y += line


def paint_map(
    painter: QPainter, fonts: BookFonts, ladder: Ladder, picture: HeatPicture, theme: Theme
) -> None:
    """The book over time, the way of its middle, and the prices beside it."""
    left, top, width, height = ladder.layout.body
    shades = np.ascontiguousarray(picture.shades)
    rows, columns = shades.shape
    image = QImage(shades.tobytes(), columns, rows, columns, QImage.Format.Format_Indexed8)
    image.setColorTable(_colour_table(theme))
    room = math.ceil(
        fonts.small.text(format_price(picture.high, ladder.tick)).width + fonts.metrics.small_digit
    )
    wide = max(1, width - room)
    painter.fillRect(left, top, width, height, theme.background)
    painter.drawImage(QRect(left, top, wide, height), image)
    painter.setPen(QPen(theme.text, fonts.metrics.hair))
    tall, across = height / rows, wide / columns
    way: list[QPointF] = []
    for column, middle in enumerate([*picture.middles.tolist(), math.nan]):
        if math.isnan(middle):
            if len(way) > 1:
                painter.drawPolyline(QPolygonF(way))
            way = []
        else:
            way.append(QPointF(left + (column + 0.5) * across, top + (middle + 0.5) * tall))
    painter.setFont(fonts.small.font)
    painter.setPen(theme.sub_text)
    count = max(1, min(_MAP_LABELS, height // (3 * fonts.metrics.small_line)))
    for number in range(count):
        row = round((number + 0.5) / count * (rows - 1))
        price = picture.high + (picture.low - picture.high) * row / max(1, rows - 1)
        y = top + (row + 0.5) * tall - fonts.metrics.small_line / 2
        text = format_price(price, ladder.tick)
        fonts.small.draw(painter, left + wide + fonts.metrics.small_digit / 2, y, text)


def _colour_table(theme: Theme) -> list[int]:
    """The colours of the shades: nothing, bids from thin to thick, asks from thin to thick."""
    table = [theme.background.rgb()] * 256

    def ramp(first: int, strong: QColor) -> None:
        for shade in range(1, _SHADES + 1):
            share = _FAINTEST + (1 - _FAINTEST) * shade / _SHADES
            table[first + shade] = blend(theme.background, strong, share).rgb()

    ramp(0, theme.rise)
    ramp(_ASKS_FROM, theme.fall)
    return table
