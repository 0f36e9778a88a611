"""Draws a resolved order book on one surface. Qt, no widget."""

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
    QPolygonF,
    QRegion,
    QStaticText,
    QTransform,
)

from .models.ladder_layout import LadderLayout, Metrics, Rect
from .models.ladder_state import Ladder
from .theme import Theme, number_font

__all__ = ["LadderPainter", "logical_rect", "paint_failure"]

_SMALL = 0.86
_REMEMBERED = 2048


class _Text(NamedTuple):
    laid_out: QStaticText
    width: float
    height: float


# State: the texts laid out so far, forgotten all at once when they are too many.
class _Font:
    """A font and the texts laid out in it: laying out costs three times what drawing does."""

    def __init__(self, base: QFont, pixels: float, *, bold: bool = False) -> None:
        self.font = number_font(base)
        self.font.setPixelSize(max(1, round(pixels)))
        self.font.setBold(bold)
        self.metrics = QFontMetricsF(self.font)
        self._texts: dict[str, _Text] = {}

    def text(self, text: str) -> _Text:
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


# State: the fonts for one host font and pixel ratio; where the rows of the last layout stand.
class LadderPainter:
    """Draws :class:`Ladder` in device pixels; it decides nothing."""

    def __init__(self, font: QFont, ratio: float) -> None:
        self.ratio = ratio
        pixels = QFontInfo(font).pixelSize() * ratio
        self._plain = _Font(font, pixels)
        self._bold = _Font(font, pixels, bold=True)
        self._small = _Font(font, pixels * _SMALL)
        self._laid_out: LadderLayout | None = None
        self._rows: dict[bool, list[QRect]] = {}
        #: The sizes that the layout needs.
        self.metrics = Metrics(
            digit=self._plain.metrics.horizontalAdvance("0"),
            bold_digit=self._bold.metrics.horizontalAdvance("0"),
            small_digit=self._small.metrics.horizontalAdvance("0"),
            line=math.ceil(self._bold.metrics.height()),
            small_line=math.ceil(self._small.metrics.height()),
            hair=max(1, round(self.ratio)),
        )

    def paint(self, painter: QPainter, ladder: Ladder, theme: Theme, region: QRegion) -> None:
        """Draw what of ``ladder`` lies in ``region`` (device-independent pixels)."""
        layout = ladder.layout
        painter.fillRect(region.boundingRect(), theme.background)
        # From here on one unit is one device pixel, on the screen's own grid: at a scale such as
        # 1.25 a widget may begin between two of them. Qt rounds a half up, Python's round() to the
        # even number.
        origin = painter.deviceTransform()
        painter.translate(
            (math.floor(origin.dx() + 0.5) - origin.dx()) / self.ratio,
            (math.floor(origin.dy() + 0.5) - origin.dy()) / self.ratio,
        )
        painter.scale(1 / self.ratio, 1 / self.ratio)
        rows = self._row_rects(layout)
        places = [
            place
            for place, row in enumerate(ladder.rows)
            if region.intersects(rows[row.ask][place])
        ]
        self._paint_rows(painter, ladder, theme, places)
        for rect, paint in (
            (layout.day_rect(ladder.first), self._paint_day),
            (layout.tape_rect(ladder.first), self._paint_tape),
            (layout.footer, self._paint_footer),
            (layout.badge if ladder.badge else None, self._paint_badge),
        ):
            if rect is not None and region.intersects(logical_rect(rect, self.ratio)):
                paint(painter, ladder, theme, rect)
        if ladder.notice:
            self._paint_notice(painter, ladder, theme)

    def _row_rects(self, layout: LadderLayout) -> dict[bool, list[QRect]]:
        """Where each visible row stands, for an ask and for a bid (device-independent pixels)."""
        if layout is not self._laid_out:
            self._laid_out = layout
            self._rows = {
                ask: [
                    logical_rect(layout.row_rect(place, ask=ask), self.ratio)
                    for place in range(layout.visible)
                ]
                for ask in (True, False)
            }
        return self._rows

    def _paint_rows(
        self, painter: QPainter, ladder: Ladder, theme: Theme, places: list[int]
    ) -> None:
        layout = ladder.layout
        columns, hair = layout.columns, layout.metrics.hair
        for place in places:
            row = ladder.rows[place]
            left, top, width, height = layout.row_rect(place, ask=row.ask)
            if row.ask:
                tint = theme.ask_hover if row.hover else theme.ask_row
                bar = theme.ask_bar
            else:
                tint = theme.bid_hover if row.hover else theme.bid_row
                bar = theme.bid_bar
            painter.fillRect(left, top, width, height - hair, tint)
            if row.bar:
                towards_left = row.ask or columns.stacked
                start = columns.ask_size[1] - row.bar if towards_left else columns.bid_size[0]
                inset = 2 * hair
                painter.fillRect(start, top + inset, row.bar, height - hair - 2 * inset, bar)
        if places:
            body = layout.edges[-1] - layout.edges[0]
            for x in columns.price:
                painter.fillRect(x, layout.edges[0], hair, body, theme.background)
        self._paint_row_texts(painter, ladder, theme, places)
        for place in places:
            row = ladder.rows[place]
            left, top, width, height = layout.row_rect(place, ask=row.ask)
            if row.last:
                start, end = columns.price
                box = (start, top, end - start, height - hair)
                _frame(painter, box, 2 * hair, theme.text)
                self._paint_mark(painter, columns.mark, top, height - hair, theme.text)
            if row.cursor and ladder.focused:
                _frame(painter, (left, top, width, height - hair), 2 * hair, theme.accent)

    def _paint_row_texts(
        self, painter: QPainter, ladder: Ladder, theme: Theme, places: list[int]
    ) -> None:
        """One pass for each font: changing a painter's font costs as much as a text."""
        layout = ladder.layout
        columns, edges = layout.columns, layout.edges
        gap = layout.metrics.digit * 0.6
        painter.setFont(self._bold.font)
        for place in places:
            row = ladder.rows[place]
            text = self._bold.text(row.price_text)
            painter.setPen(theme.direction(row.direction))
            y = (edges[place] + edges[place + 1] - text.height) / 2
            painter.drawStaticText(QPointF(columns.price_end - text.width, y), text.laid_out)
        if columns.show_change:
            painter.setFont(self._small.font)
            for place in places:
                row = ladder.rows[place]
                text = self._small.text(row.change_text)
                painter.setPen(theme.direction(row.direction))
                y = (edges[place] + edges[place + 1] - text.height) / 2
                painter.drawStaticText(QPointF(columns.change_end - text.width, y), text.laid_out)
        painter.setFont(self._plain.font)
        painter.setPen(theme.text)
        for place in places:
            row = ladder.rows[place]
            text = self._plain.text(row.size_text)
            if row.ask or columns.stacked:
                x = columns.ask_size[1] - gap - text.width
            else:
                x = columns.bid_size[0] + gap
            y = (edges[place] + edges[place + 1] - text.height) / 2
            painter.drawStaticText(QPointF(x, y), text.laid_out)

    def _paint_mark(
        self, painter: QPainter, left: int, top: int, height: int, colour: QColor
    ) -> None:
        side = self._bold.metrics.capHeight() * 0.8
        middle = top + height / 2
        x = left + side / 2
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPolygon(
            QPolygonF(
                [
                    QPointF(x, middle - side / 2),
                    QPointF(x + side * 0.8, middle),
                    QPointF(x, middle + side / 2),
                ]
            )
        )
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def _paint_day(self, painter: QPainter, ladder: Ladder, theme: Theme, rect: Rect) -> None:
        left, top, width, height = rect
        line = ladder.layout.corner_line
        pad = round(line * 0.5)
        painter.setFont(self._small.font)
        _, badge_top, _, badge_height = ladder.layout.badge
        begin = max(top, badge_top + badge_height) if ladder.badge else top
        y, bottom = begin + pad // 2, top + height
        for figure in ladder.day:
            label = self._small.fitting(figure.label, width - 2 * pad)
            value = self._small.fitting(figure.value, width - 2 * pad)
            beside = label.width + value.width + pad <= width - 2 * pad
            needed = line * (1 + (not beside) + bool(figure.note))
            if y + needed > bottom:
                break
            painter.setPen(theme.sub_text)
            painter.drawStaticText(QPointF(left + pad, y), label.laid_out)
            if not beside:
                y += line
            painter.setPen(theme.direction(figure.direction) if figure.direction else theme.text)
            painter.drawStaticText(QPointF(left + width - pad - value.width, y), value.laid_out)
            y += line
            if figure.note:
                note = self._small.fitting(figure.note, width - 2 * pad)
                if not figure.direction or not figure.note.endswith("%"):
                    painter.setPen(theme.sub_text)
                painter.drawStaticText(QPointF(left + width - pad - note.width, y), note.laid_out)
                y += line
            y += line // 4

    def _paint_tape(self, painter: QPainter, ladder: Ladder, theme: Theme, rect: Rect) -> None:
        left, top, width, height = rect
        tape, line = ladder.tape, ladder.layout.corner_line
        pad = round(line * 0.5)
        hair = ladder.layout.metrics.hair
        painter.setFont(self._small.font)
        y, bottom = top + pad // 2, top + height

        def pair(first: str, second: str, first_colour: QColor, second_colour: QColor) -> None:
            right = self._small.fitting(second, width - 2 * pad)
            wanted = width - 3 * pad - right.width
            painter.setPen(first_colour)
            painter.drawStaticText(
                QPointF(left + pad, y), self._small.fitting(first, wanted).laid_out
            )
            painter.setPen(second_colour)
            painter.drawStaticText(QPointF(left + width - pad - right.width, y), right.laid_out)

        if tape.strength_label and y + line <= bottom:
            pair(tape.strength_label, tape.strength_text, theme.sub_text, theme.text)
            y += line + pad // 2
            painter.fillRect(left + pad, y, width - 2 * pad, hair, theme.line)
            y += pad // 2
        if tape.lines and y + 2 * line <= bottom:
            pair(tape.price_label, tape.size_label, theme.sub_text, theme.sub_text)
            y += line
            for trade in tape.lines:
                if y + line > bottom:
                    break
                pair(
                    trade.price_text,
                    trade.size_text,
                    theme.direction(trade.direction),
                    theme.rise if trade.bought else theme.fall,
                )
                y += line

    def _paint_footer(self, painter: QPainter, ladder: Ladder, theme: Theme, rect: Rect) -> None:
        left, top, width, height = rect
        columns, hair = ladder.layout.columns, ladder.layout.metrics.hair
        footer = ladder.footer
        painter.fillRect(left, top, width, height, theme.panel)
        painter.fillRect(left, top, width, hair, theme.line)
        pad = round(ladder.layout.metrics.digit * 0.6)
        unit = self._small.text(footer.unit)
        ask, bid = self._plain.text(footer.ask_text), self._plain.text(footer.bid_text)
        ask_end = columns.price[0] - pad
        bid_start = columns.price[1] + pad
        if columns.stacked:
            ask_end, bid_start = width // 2 - pad, width // 2 + pad
        painter.setFont(self._plain.font)
        painter.setPen(theme.text)
        y = top + (height - ask.height) / 2
        painter.drawStaticText(QPointF(max(pad, ask_end - ask.width), y), ask.laid_out)
        painter.drawStaticText(QPointF(min(bid_start, width - pad - bid.width), y), bid.laid_out)
        painter.setFont(self._small.font)
        painter.setPen(theme.sub_text)
        y = top + (height - unit.height) / 2
        if not columns.stacked:
            painter.drawStaticText(QPointF((width - unit.width) / 2, y), unit.laid_out)
        ask_label, bid_label = (
            self._small.text(footer.ask_label),
            self._small.text(footer.bid_label),
        )
        if ask_label.width + ask.width + 3 * pad <= ask_end:
            painter.drawStaticText(QPointF(pad, y), ask_label.laid_out)
        if bid_label.width + bid.width + 3 * pad <= width - bid_start:
            painter.drawStaticText(QPointF(width - pad - bid_label.width, y), bid_label.laid_out)

    def _paint_badge(self, painter: QPainter, ladder: Ladder, theme: Theme, rect: Rect) -> None:
        left, top, width, height = rect
        painter.fillRect(left, top, width, height, theme.warning_background)
        text = self._small.fitting(ladder.badge, width - ladder.layout.metrics.digit)
        painter.setFont(self._small.font)
        painter.setPen(theme.warning)
        painter.drawStaticText(
            QPointF(left + (width - text.width) / 2, top + (height - text.height) / 2),
            text.laid_out,
        )

    def _paint_notice(self, painter: QPainter, ladder: Ladder, theme: Theme) -> None:
        layout = ladder.layout
        pad = layout.metrics.digit
        painter.setFont(self._plain.font)
        painter.setPen(theme.sub_text)
        painter.drawText(
            QRectF(pad, 0, layout.width - 2 * pad, layout.footer[1]),
            Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
            ladder.notice,
        )


def logical_rect(rect: Rect, ratio: float) -> QRect:
    """The smallest rectangle in device-independent pixels around one in device pixels."""
    left, top, width, height = rect
    return QRectF(left / ratio, top / ratio, width / ratio, height / ratio).toAlignedRect()


def paint_failure(painter: QPainter, rect: QRect, theme: Theme, message: str) -> None:
    """Say on an otherwise empty surface why nothing is drawn (device-independent pixels)."""
    painter.resetTransform()
    painter.fillRect(rect, theme.background)
    painter.setPen(theme.warning)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, message)


def _frame(painter: QPainter, rect: Rect, thick: int, colour: QColor) -> None:
    left, top, width, height = rect
    painter.fillRect(left, top, width, thick, colour)
    painter.fillRect(left, top + height - thick, width, thick, colour)
    painter.fillRect(left, top + thick, thick, height - 2 * thick, colour)
    painter.fillRect(left + width - thick, top + thick, thick, height - 2 * thick, colour)
