"""What stands around the rows of an order book: corners, figures, footer, badge. Qt, no widget."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter

from .models.ladder_layout import Rect
from .models.ladder_state import Ladder
from .models.ladder_strip import STRIP_LINES
from .orderbook_texts import BookFonts
from .theme import Theme

__all__ = [
    "paint_badge",
    "paint_day",
    "paint_footer",
    "paint_notice",
    "paint_strip",
    "paint_tape",
]


def paint_day(
    painter: QPainter, fonts: BookFonts, ladder: Ladder, theme: Theme, rect: Rect
) -> None:
    """The day's figures in the free corner beside the asks."""
    left, top, width, height = rect
    line = ladder.layout.corner_line
    pad = round(line * 0.5)
    painter.setFont(fonts.small.font)
    _, badge_top, _, badge_height = ladder.layout.badge
    begin = max(top, badge_top + badge_height) if ladder.badge else top
    y, bottom = begin + pad // 2, top + height
    for figure in ladder.day:
        label = fonts.small.fitting(figure.label, width - 2 * pad)
        value = fonts.small.fitting(figure.value, width - 2 * pad)
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
            note = fonts.small.fitting(figure.note, width - 2 * pad)
            if not figure.direction or not figure.note.endswith("%"):
                painter.setPen(theme.sub_text)
            painter.drawStaticText(QPointF(left + width - pad - note.width, y), note.laid_out)
            y += line
        y += line // 4


def paint_tape(
    painter: QPainter, fonts: BookFonts, ladder: Ladder, theme: Theme, rect: Rect
) -> None:
    """The trade strength and the last trades in the free corner beside the bids."""
    left, top, width, height = rect
    tape, line = ladder.tape, ladder.layout.corner_line
    pad = round(line * 0.5)
    hair = ladder.layout.metrics.hair
    painter.setFont(fonts.small.font)
    y, bottom = top + pad // 2, top + height

    def pair(first: str, second: str, first_colour: QColor, second_colour: QColor) -> None:
        right = fonts.small.fitting(second, width - 2 * pad)
        wanted = width - 3 * pad - right.width
        painter.setPen(first_colour)
        painter.drawStaticText(QPointF(left + pad, y), fonts.small.fitting(first, wanted).laid_out)
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


def paint_footer(
    painter: QPainter, fonts: BookFonts, ladder: Ladder, theme: Theme, rect: Rect
) -> None:
    """The totals of both sides, and what they are in."""
    left, top, width, height = rect
    columns, hair = ladder.layout.columns, ladder.layout.metrics.hair
    footer = ladder.footer
    painter.fillRect(left, top, width, height, theme.panel)
    painter.fillRect(left, top, width, hair, theme.line)
    pad = round(ladder.layout.metrics.digit * 0.6)
    unit = fonts.small.text(footer.unit)
    ask, bid = fonts.plain.text(footer.ask_text), fonts.plain.text(footer.bid_text)
    ask_end = columns.price[0] - pad
    bid_start = columns.price[1] + pad
    if columns.stacked:
        ask_end, bid_start = width // 2 - pad, width // 2 + pad
    painter.setFont(fonts.plain.font)
    painter.setPen(theme.text)
    y = top + (height - ask.height) / 2
    painter.drawStaticText(QPointF(max(pad, ask_end - ask.width), y), ask.laid_out)
    painter.drawStaticText(QPointF(min(bid_start, width - pad - bid.width), y), bid.laid_out)
    painter.setFont(fonts.small.font)
    painter.setPen(theme.sub_text)
    y = top + (height - unit.height) / 2
    if not columns.stacked:
        painter.drawStaticText(QPointF((width - unit.width) / 2, y), unit.laid_out)
    ask_label, bid_label = (
        fonts.small.text(footer.ask_label),
        fonts.small.text(footer.bid_label),
    )
    if ask_label.width + ask.width + 3 * pad <= ask_end:
        painter.drawStaticText(QPointF(pad, y), ask_label.laid_out)
    if bid_label.width + bid.width + 3 * pad <= width - bid_start:
        painter.drawStaticText(QPointF(width - pad - bid_label.width, y), bid_label.laid_out)


def paint_strip(
    painter: QPainter, fonts: BookFonts, ladder: Ladder, theme: Theme, rect: Rect
) -> None:
    """The figures, line by line; what has no room at the end of a line is left out."""
    left, top, width, height = rect
    line, hair = ladder.layout.corner_line, ladder.layout.metrics.hair
    painter.fillRect(left, top, width, height, theme.background)
    painter.fillRect(left, top, width, hair, theme.line)
    painter.setFont(fonts.small.font)
    gap = fonts.metrics.small_digit
    y = top + (height - line * STRIP_LINES) // 2 + hair
    for pieces in ladder.strip:
        x, end = left + gap, left + width - gap
        for label, value, direction in pieces:
            label_width = fonts.small.text(label).width if label else 0.0
            wide = fonts.small.width(value) if value else 0.0
            between = gap / 2 if label and value else 0.0
            if x + label_width + between + wide > end:
                break
            colour = theme.direction(direction) if direction else theme.text
            if label:
                painter.setPen(theme.sub_text if value or not direction else colour)
                fonts.small.draw(painter, x, y, label)
            if value:
                painter.setPen(colour)
                fonts.small.draw_fleeting(painter, x + label_width + between, y, value)
            x += label_width + between + wide + 1.5 * gap
        y += line


def paint_badge(
    painter: QPainter, fonts: BookFonts, ladder: Ladder, theme: Theme, rect: Rect
) -> None:
    """The state of the data, above everything."""
    left, top, width, height = rect
    painter.fillRect(left, top, width, height, theme.warning_background)
    text = fonts.small.fitting(ladder.badge, width - ladder.layout.metrics.digit)
    painter.setFont(fonts.small.font)
    painter.setPen(theme.warning)
    painter.drawStaticText(
        QPointF(left + (width - text.width) / 2, top + (height - text.height) / 2),
        text.laid_out,
    )


def paint_notice(painter: QPainter, fonts: BookFonts, ladder: Ladder, theme: Theme) -> None:
    """What is missing, in the middle."""
    layout = ladder.layout
    pad = layout.metrics.digit
    painter.setFont(fonts.plain.font)
    painter.setPen(theme.sub_text)
    painter.drawText(
        QRectF(pad, 0, layout.width - 2 * pad, layout.footer[1]),
        Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
        ladder.notice,
    )
