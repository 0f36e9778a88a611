"""Fonts of an order book with the texts laid out in them. Qt, no widget."""

from __future__ import annotations

import math
from typing import NamedTuple

from PyQt6.QtCore import QPointF, QRect, QRectF, Qt
from PyQt6.QtGui import (
    QColor,
    QFont,
    QFontInfo,
    QFontMetricsF,
    QPainter,
    QStaticText,
    QTransform,
)

from .models.ladder_layout import Metrics, Rect
from .theme import Theme, number_font

__all__ = ["BookFonts", "TextFont", "blend", "logical_rect", "paint_failure"]

_SMALL = 0.86
_REMEMBERED = 2048


class _Text(NamedTuple):
    laid_out: QStaticText
    width: float
    height: float


# State: the texts laid out so far, and those seen once; forgotten all at once when they are many.
class TextFont:
    """A font and the texts laid out in it: laying out costs three times what drawing does."""

    def __init__(self, base: QFont, pixels: float, *, bold: bool = False) -> None:
        self.font = number_font(base)
        self.font.setPixelSize(max(1, round(pixels)))
        self.font.setBold(bold)
        self.metrics = QFontMetricsF(self.font)
        self._texts: dict[str, _Text] = {}
        self._seen: set[str] = set()

    def text(self, text: str) -> _Text:
        """``text`` laid out."""
        made = self._texts.get(text)
        if made is None:
            if len(self._texts) >= _REMEMBERED:
                self._texts.clear()
            laid_out = QStaticText(text)
            laid_out.setTextFormat(Qt.TextFormat.PlainText)
            laid_out.prepare(QTransform(), self.font)
            size = laid_out.size()
            made = self._texts[text] = _Text(laid_out, size.width(), size.height())
        return made

    def fitting(self, text: str, width: float) -> _Text:
        """``text``, or its beginning and ``…`` where it is wider than ``width``."""
        made = self.text(text)
        if made.width <= width:
            return made
        return self.text(self.metrics.elidedText(text, Qt.TextElideMode.ElideRight, width))

    def draw(self, painter: QPainter, x: float, y: float, text: str) -> float:
        """Draw ``text`` with the painter's pen, its font being this one; returns its width."""
        made = self.text(text)
        painter.drawStaticText(QPointF(x, y), made.laid_out)
        return made.width

    def width(self, text: str) -> float:
        """How wide ``text`` is; it is not laid out for that."""
        made = self._texts.get(text)
        return made.width if made is not None else self.metrics.horizontalAdvance(text)

    def draw_fleeting(self, painter: QPainter, x: float, y: float, text: str) -> None:
        """Draw a text that may never come again.

        Laying it out to keep costs twice what drawing it does, so that is done at second sight.
        """
        if text in self._texts or text in self._seen:
            self.draw(painter, x, y, text)
            return
        if len(self._seen) >= _REMEMBERED:
            self._seen.clear()
        self._seen.add(text)
        painter.drawText(QPointF(x, y + self.metrics.ascent()), text)


# State: none that changes but what the fonts remember.
class BookFonts:
    """The fonts of an order book for one host font and pixel ratio."""

    def __init__(self, font: QFont, ratio: float) -> None:
        self.ratio = ratio
        pixels = QFontInfo(font).pixelSize() * ratio
        self.plain = TextFont(font, pixels)
        self.bold = TextFont(font, pixels, bold=True)
        self.small = TextFont(font, pixels * _SMALL)
        #: The sizes that the layout needs.
        self.metrics = Metrics(
            digit=self.plain.metrics.horizontalAdvance("0"),
            bold_digit=self.bold.metrics.horizontalAdvance("0"),
            small_digit=self.small.metrics.horizontalAdvance("0"),
            line=math.ceil(self.bold.metrics.height()),
            small_line=math.ceil(self.small.metrics.height()),
            hair=max(1, round(self.ratio)),
        )


def blend(under: QColor, over: QColor, share: float) -> QColor:
    """``share`` of ``over`` upon ``under``, opaque."""
    rest = 1 - share
    return QColor(
        round(under.red() * rest + over.red() * share),
        round(under.green() * rest + over.green() * share),
        round(under.blue() * rest + over.blue() * share),
    )


def logical_rect(rect: Rect, ratio: float) -> QRect:
    """The smallest rectangle in device-independent pixels around one in device pixels."""
    left, top, width, height = rect
    if ratio == 1:
        return QRect(left, top, width, height)
    return QRectF(left / ratio, top / ratio, width / ratio, height / ratio).toAlignedRect()


def paint_failure(painter: QPainter, rect: QRect, theme: Theme, message: str) -> None:
    """Say on an otherwise empty surface why nothing is drawn (device-independent pixels)."""
    painter.resetTransform()
    painter.fillRect(rect, theme.background)
    painter.setPen(theme.warning)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, message)
