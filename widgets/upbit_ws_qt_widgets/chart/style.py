"""Colours, fonts and the shared strokes of a chart's painting. Qt, no widget."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a dash pattern unknown.

from __future__ import annotations

import math
from collections.abc import Generator
from contextlib import contextmanager
from functools import lru_cache

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QFont, QFontInfo, QFontMetricsF, QPainter, QPen

from upbit_ws_qt_widgets.models.chart_layout import ChartLayout, TextMetrics
from upbit_ws_qt_widgets.models.chart_picture import Strokes
from upbit_ws_qt_widgets.models.chart_shapes import Shapes
from upbit_ws_qt_widgets.theme import Theme, korean_font, number_font

from .arrays import draw_lines, draw_polygon, draw_rects

__all__ = ["EDGE", "ChartStyle", "cosmetic", "device_pixels", "faint"]

EDGE = 10.0
"""The distance of texts from the edges, in px."""

_SMALL = 0.9
_KEPT_WIDTHS = 1024
_AREA_OPACITY = 0.1


class ChartStyle:
    """Colours and fonts, and how bars and lines are painted; made anew for another theme or font.

    Texts are placed in px; lines and bars in device pixels, so that each covers whole ones at
    every scale.
    """

    def __init__(self, theme: Theme, font: QFont) -> None:
        pixels = QFontInfo(font).pixelSize()
        self.theme = theme
        self.text_font = _sized(korean_font(font), pixels * _SMALL)
        self.number_font = _sized(number_font(font), pixels * _SMALL)
        self.title_font = _sized(korean_font(font), pixels)
        self.title_font.setBold(True)
        self.texts = QFontMetricsF(self.text_font)
        self.numbers = QFontMetricsF(self.number_font)
        self.titles = QFontMetricsF(self.title_font)
        # The same few texts are measured in every frame, which costs more than to paint them.
        self.text_width = lru_cache(_KEPT_WIDTHS)(self.texts.horizontalAdvance)
        self.number_width = lru_cache(_KEPT_WIDTHS)(self.numbers.horizontalAdvance)
        self.title_width = lru_cache(_KEPT_WIDTHS)(self.titles.horizontalAdvance)
        self.rise_fall = (theme.fall, theme.even, theme.rise)
        self._candles = (*self.rise_fall, theme.volume_even)
        self._amounts = (theme.volume_fall, theme.volume_even, theme.volume_rise)
        #: The sizes that the layout needs.
        self.metrics = TextMetrics(
            max(self.numbers.horizontalAdvance(digit) for digit in "0123456789"),
            max(self.numbers.horizontalAdvance(mark) for mark in ",."),
            math.ceil(self.titles.height()),
        )

    def bars(self, painter: QPainter, shapes: Shapes, layout: ChartLayout) -> None:
        """Candles and amounts, in device pixels."""
        painter.setPen(Qt.PenStyle.NoPen)
        for rects, colour in zip(shapes.amounts, self._amounts, strict=True):
            painter.setBrush(colour)
            draw_rects(painter, rects)
        painter.save()
        painter.setClipRect(0, 0, layout.plot_width, layout.price_bottom)
        for rects, colour in zip(shapes.candles, self._candles, strict=True):
            painter.setBrush(colour)
            draw_rects(painter, rects)
        painter.restore()

    def strokes(
        self, painter: QPainter, strokes: Strokes, layout: ChartLayout, top: int, bottom: int
    ) -> None:
        """What indicators draw between ``top`` and ``bottom``, in device pixels."""
        if not any(strokes):
            return
        painter.save()
        painter.setClipRect(0, top, layout.plot_width, bottom - top)
        painter.setPen(Qt.PenStyle.NoPen)
        for role, corners in strokes.areas:
            # Not smoothed: two that touch would show a seam.
            painter.setBrush(faint(getattr(self.theme, role), _AREA_OPACITY))
            draw_polygon(painter, corners)
        for role, rects in strokes.rects:
            painter.setBrush(getattr(self.theme, role))
            draw_rects(painter, rects)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for role, segments in strokes.lines:
            painter.setPen(cosmetic(getattr(self.theme, role), layout.line))
            draw_lines(painter, segments)
        painter.restore()

    def time_baseline(self, layout: ChartLayout) -> float:
        """The base line of texts on the time axis, in px."""
        room = (layout.height - layout.plot_bottom) / layout.ratio
        middle = layout.plot_bottom / layout.ratio + room / 2
        return middle + (self.texts.ascent() - self.texts.descent()) / 2


@contextmanager
def device_pixels(painter: QPainter, layout: ChartLayout) -> Generator[None]:
    """One unit is one device pixel inside."""
    painter.save()
    painter.scale(1 / layout.ratio, 1 / layout.ratio)
    try:
        yield
    finally:
        painter.restore()


def cosmetic(colour: QColor, width: int, dashes: tuple[float, ...] = ()) -> QPen:
    """A pen so many device pixels wide, with dashes and gaps as multiples of its width."""
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    if dashes:
        pen.setDashPattern(dashes)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


def faint(colour: QColor, opacity: float) -> QColor:
    """The colour, translucent."""
    made = QColor(colour)
    made.setAlphaF(opacity)
    return made


def _sized(font: QFont, pixels: float) -> QFont:
    font.setPixelSize(max(8, round(pixels)))
    return font
