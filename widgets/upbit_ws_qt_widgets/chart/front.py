"""Paints the part of a chart that changes with every tick, onto its backdrop. Qt, no widget."""

from __future__ import annotations

import itertools
import math

from PyQt6.QtCore import QPointF, QRect, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen

from upbit_ws_qt_widgets.models.chart_picture import (
    ComparedTag,
    Crosshair,
    ExtremeMark,
    LegendItem,
    Picture,
    PriceTag,
)

from .drawing_hand import DrawingHand
from .marks_layer import paint_fills, paint_labels, paint_lines, paint_note
from .style import EDGE, ChartStyle, cosmetic, device_pixels

__all__ = ["paint_failure", "paint_front"]

_LEADER = 12.0
_OUTWARDS = 6.0
_DASHES = (3.0, 3.0)


def paint_front(
    painter: QPainter, picture: Picture, style: ChartStyle, drawings: DrawingHand | None = None
) -> None:
    """Paint the newest bar, the drawings, the last price, the marks, the pointer and the texts."""
    front, layout, brush = picture.front, picture.backdrop.layout, _Brush(painter, picture, style)
    with device_pixels(painter, layout):
        painter.setClipRect(0, 0, layout.plot_width, layout.plot_bottom)
        if front.live is not None:
            style.bars(painter, front.live, layout)
        style.strokes(painter, front.live_overlays, layout, 0, layout.price_bottom)
        for box, pane in zip(layout.panes, front.panes, strict=False):
            style.strokes(painter, pane.strokes, layout, box.top, box.bottom)
    if drawings is not None:
        drawings.paint(painter)
    brush.clear_labels()
    brush.marks()
    for mark in front.extremes:
        brush.extreme(mark)
    if front.compared is not None:
        brush.compared(front.compared)
    if front.price is not None:
        brush.last_price(front.price)
    if front.crosshair is not None:
        brush.crosshair(front.crosshair)
    if front.marks is not None:
        paint_labels(painter, front.marks, layout, style)
    brush.legend()
    brush.panes()
    if front.offers_latest:
        brush.latest_button()
    brush.notice()
    brush.message()
    brush.badge()
    if front.marks is not None and front.marks.note is not None:
        paint_note(painter, front.marks.note, layout, style)


def paint_failure(painter: QPainter, rect: QRect, message: str, style: ChartStyle) -> None:
    """Say on an otherwise empty surface why nothing is painted."""
    painter.fillRect(rect, style.theme.background)
    painter.setFont(style.text_font)
    painter.setPen(style.theme.warning)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, message)


class _Brush:
    """One painting of one front. Places of texts and boxes are in px."""

    def __init__(self, painter: QPainter, picture: Picture, style: ChartStyle) -> None:
        self._painter = painter
        self._style = style
        self._theme = style.theme
        self._front = picture.front
        self._backdrop = picture.backdrop
        self._layout = layout = picture.backdrop.layout
        self._right = layout.view_width
        self._price_bottom = layout.price_bottom / layout.ratio
        self._plot_bottom = layout.plot_bottom / layout.ratio

    # -- lines and tags ------------------------------------------------------------------------

    def last_price(self, price: PriceTag) -> None:
        """The line of the last price and its tag with the count-down."""
        colour = self._style.rise_fall[price.direction + 1]
        self._dashed(colour, 0, price.y, self._layout.plot_width, price.y)
        self._price_tag(price.y, colour, [price.text, *filter(None, [price.countdown])])

    def compared(self, tag: ComparedTag) -> None:
        """The tag of the second market."""
        self._price_tag(tag.y, self._theme.comparison, [tag.text])

    def crosshair(self, cross: Crosshair) -> None:
        """The pointer's lines with their tags on the axes."""
        layout, colour = self._layout, self._theme.crosshair
        self._dashed(colour, cross.x, 0, cross.x, layout.plot_bottom)
        if cross.y is not None:
            self._dashed(colour, 0, cross.y, layout.plot_width, cross.y)
            self._price_tag(cross.y, self._theme.tag, [cross.side_text])
        self._time_tag(cross.x, cross.time_text)

    def _dashed(self, colour: QColor, x: int, y: int, end_x: int, end_y: int) -> None:
        with device_pixels(self._painter, self._layout):
            self._painter.setPen(cosmetic(colour, self._layout.line, _DASHES))
            middle = self._layout.line / 2
            self._painter.drawLine(
                QPointF(x + middle, y + middle), QPointF(end_x + middle, end_y + middle)
            )

    def _price_tag(self, y: int, colour: QColor, lines: list[str]) -> None:
        numbers, box = self._style.numbers, self._tag_box(y, len(lines))
        self._painter.fillRect(box, colour)
        # The background's colour is readable on every colour that is readable on it.
        self._painter.setPen(self._theme.background)
        self._painter.setFont(self._style.number_font)
        for index, text in enumerate(lines):
            base = box.top() + 2 + index * numbers.height() + numbers.ascent()
            self._painter.drawText(QPointF(self._layout.price_text_left, base), text)

    def _tag_box(self, y: int, rows: int) -> QRectF:
        """Where a tag on the price axis lies, whose first row is at ``y``."""
        row, ratio = self._style.numbers.height(), self._layout.ratio
        height = row * rows + 4
        top = min(max(y / ratio - row / 2 - 2, 0.0), self._plot_bottom - height)
        return QRectF(self._right, top, self._layout.width / ratio - self._right, height)

    def clear_labels(self) -> None:
        """Clear the labels that tags will cover: half of one beside a tag reads as a price.

        Before any of the tags is painted, or it would be cut.
        """
        front, row, ratio = self._front, self._style.numbers.height(), self._layout.ratio
        tags: list[tuple[int, int]] = []
        if front.price is not None:
            tags.append((front.price.y, 1 + bool(front.price.countdown)))
        if front.compared is not None:
            tags.append((front.compared.y, 1))
        if front.crosshair is not None and front.crosshair.y is not None:
            tags.append((front.crosshair.y, 1))
        if front.marks is not None:
            tags += ((line.tag_at, 1) for line in front.marks.lines if line.tag_at is not None)
            tags += ((edge.tag_at, 1) for edge in front.marks.edges)
        boxes = [self._tag_box(y, rows) for y, rows in tags]
        panes = (pane.labels for pane in self._backdrop.panes)
        for label in itertools.chain(self._backdrop.price_labels, *panes):
            centre = label.y / ratio
            if any(box.top() - row / 2 < centre < box.bottom() + row / 2 for box in boxes):
                box = QRectF(self._right + 1, centre - row / 2, boxes[0].width(), row)
                self._painter.fillRect(box, self._theme.background)

    def marks(self) -> None:
        """Own orders, fills, the average price and alerts."""
        marks = self._front.marks
        if marks is None:
            return
        if marks.fills is not None:
            paint_fills(self._painter, marks.fills, self._layout, self._style)
        paint_lines(self._painter, marks, self._layout, self._style)
        for line in marks.lines:
            if line.tag_at is not None:
                self._price_tag(line.tag_at, getattr(self._theme, line.role), [line.tag])
        cross = self._front.crosshair
        pointed = QRectF()
        if cross is not None and cross.y is not None:
            pointed = self._tag_box(cross.y, 1)
        for edge in marks.edges:
            # It has the colour of the pointer's tag: half covered, both would be one.
            if not pointed.intersects(self._tag_box(edge.tag_at, 1)):
                self._price_tag(edge.tag_at, self._theme.tag, [edge.text])

    def _time_tag(self, x: int, text: str) -> None:
        ratio = self._layout.ratio
        width = self._style.text_width(text) + 2 * EDGE
        left = max(0.0, min(x / ratio - width / 2, self._right - width))
        top = self._plot_bottom
        height = self._layout.height / ratio - top
        for label in self._backdrop.time_labels:
            half = self._style.text_width(label.text) / 2 + 1
            if left - half < label.x / ratio < left + width + half:
                box = QRectF(label.x / ratio - half, top + 1, 2 * half, height - 1)
                self._painter.fillRect(box, self._theme.background)
        self._painter.fillRect(QRectF(left, top, width, height), self._theme.tag)
        self._painter.setPen(self._theme.background)
        self._painter.setFont(self._style.text_font)
        base = self._style.time_baseline(self._layout)
        self._painter.drawText(QPointF(left + EDGE, base), text)

    def extreme(self, mark: ExtremeMark) -> None:
        """A mark at the highest or lowest price, on the side that has room."""
        texts, ratio = self._style.texts, self._layout.ratio
        x, y, room = mark.x / ratio, mark.y / ratio, self._right
        width = self._style.text_width(mark.text)
        reach = _LEADER + 3 + width
        to_right = x + reach <= room and (x < room / 2 or x < reach)
        if not to_right and x < reach:
            return
        # A little outwards, where no other candle reaches.
        y += -_OUTWARDS if mark.is_above else _OUTWARDS
        end = x + _LEADER if to_right else x - _LEADER
        self._painter.setPen(cosmetic(self._theme.sub_text, 1))
        self._painter.drawLine(QPointF(x, y), QPointF(end, y))
        self._painter.setFont(self._style.text_font)
        left = end + 3 if to_right else end - 3 - width
        centre = (texts.ascent() - texts.descent()) / 2
        self._painter.drawText(QPointF(left, y + centre), mark.text)

    # -- texts ---------------------------------------------------------------------------------

    def legend(self) -> None:
        """The title, and rows of figures as far as there is room."""
        style, front = self._style, self._front
        if not self._layout.legend_rows:
            return
        room = self._badge_box().left() - EDGE if front.badge else self._right - EDGE
        base = 6 + style.titles.ascent()
        self._painter.setFont(style.title_font)
        self._painter.setPen(self._theme.text)
        elide = Qt.TextElideMode.ElideRight
        title = style.titles.elidedText(front.title, elide, room - EDGE)
        x = EDGE + (style.title_width(title) + 8 if title else 0)
        end = x + style.text_width(front.subtitle)
        self._clear(base, x if end > room else end)
        self._painter.drawText(QPointF(EDGE, base), title)
        if end <= room:
            self._text(x, base, front.subtitle)
        row = style.metrics.height + 4
        for index, items in enumerate(front.legend[: self._layout.legend_rows - 1], 1):
            self._legend_row(items, base + index * row, self._right - EDGE)

    def panes(self) -> None:
        """The legends of the panes, the button that closes one, the edge that can be dragged."""
        front, layout = self._front, self._layout
        base = 5 + self._style.texts.ascent()
        for box, pane in zip(layout.panes, front.panes, strict=False):
            if layout.legend_rows:
                self._legend_row(pane.legend, box.top / layout.ratio + base, self._right - EDGE)
        if front.grip is not None:
            with device_pixels(self._painter, layout):
                wide = 3 * layout.line
                self._painter.fillRect(
                    0, front.grip - layout.line, layout.width, wide, self._theme.accent
                )
        elif front.closable is not None:
            self._close_button(QRectF(*layout.close_box(front.closable)))

    def _close_button(self, box: QRectF) -> None:
        painter = self._painter
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.line, 1.0))
        painter.setBrush(self._theme.panel)
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(QPen(self._theme.text, 1.4))
        reach = box.width() / 5
        painter.drawLine(box.center() - QPointF(reach, reach), box.center() + QPointF(reach, reach))
        painter.drawLine(
            box.center() - QPointF(reach, -reach), box.center() + QPointF(reach, -reach)
        )
        painter.restore()

    def _clear(self, base: float, end: float) -> None:
        """Clear the ground for a row of text: lines behind it would make it hard to read."""
        row = self._style.metrics.height + 4
        box = QRectF(EDGE - 4, base - self._style.titles.ascent() - 2, end - EDGE + 8, row)
        self._painter.fillRect(box, self._theme.background)

    def _legend_row(self, items: tuple[LegendItem, ...], base: float, room: float) -> None:
        if EDGE + sum(map(self._item_width, items)) > room:
            items = tuple(item for item in items if item.essential)
        widths = list(itertools.accumulate(map(self._item_width, items), initial=EDGE))
        items = tuple(item for item, end in zip(items, widths[1:], strict=True) if end <= room)
        if not items:
            return
        self._clear(base, widths[len(items)] - 10)
        x = EDGE
        for item in items:
            end = x + self._item_width(item)
            if item.label:
                self._text(x, base, item.label)
                x += self._style.text_width(item.label) + 4
            self._painter.setFont(self._style.number_font)
            self._painter.setPen(getattr(self._theme, item.role))
            self._painter.drawText(QPointF(x, base), item.value)
            x = end

    def _item_width(self, item: LegendItem) -> float:
        label = self._style.text_width(item.label) + 4 if item.label else 0
        return label + self._style.number_width(item.value) + 10

    def notice(self) -> None:
        """What there is to say about older bars, or such as may lack something, on their side."""
        if self._front.notice:
            texts, base = self._style.texts, self._price_bottom - 8
            elide, room = Qt.TextElideMode.ElideRight, self._right - 2 * EDGE
            text = texts.elidedText(self._front.notice, elide, room)
            self._clear(base, EDGE + self._style.text_width(text))
            self._text(EDGE, base, text)

    def message(self) -> None:
        """What there is to say instead of bars."""
        if self._front.message:
            self._painter.setFont(self._style.text_font)
            self._painter.setPen(self._theme.sub_text)
            box = QRectF(EDGE, 0, max(1.0, self._right - 2 * EDGE), self._price_bottom)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            self._painter.drawText(box, flags, self._front.message)

    def badge(self) -> None:
        """The state of the data, if it is not live."""
        if not self._front.badge:
            return
        texts, elide, box = self._style.texts, Qt.TextElideMode.ElideRight, self._badge_box()
        text = texts.elidedText(self._front.badge, elide, box.width() - 16)
        self._painter.fillRect(box, self._theme.warning_background)
        self._painter.setFont(self._style.text_font)
        self._painter.setPen(self._theme.warning)
        self._painter.drawText(QPointF(box.left() + 8, box.top() + 2 + texts.ascent()), text)

    def _badge_box(self) -> QRectF:
        texts = self._style.texts
        wanted = math.ceil(self._style.text_width(self._front.badge)) + 16.0
        # Beside it the title keeps a third.
        width = min(wanted, max(1.0, (self._right - 2 * EDGE) * 2 / 3))
        return QRectF(self._right - width - EDGE, 4, width, texts.height() + 4)

    def _text(self, x: float, base: float, text: str) -> None:
        self._painter.setFont(self._style.text_font)
        self._painter.setPen(self._theme.sub_text)
        self._painter.drawText(QPointF(x, base), text)

    def latest_button(self) -> None:
        """The button that goes to the newest bar."""
        painter, box = self._painter, QRectF(*self._layout.latest_button)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.line, 1.0))
        painter.setBrush(self._theme.panel)
        painter.drawEllipse(box)
        painter.setPen(QPen(self._theme.text, 1.6))
        reach = box.width() / 7
        for shift in (0.0, 1.6 * reach):
            tip = box.center() + QPointF(shift, 0)
            painter.drawLine(tip - QPointF(reach, reach), tip)
            painter.drawLine(tip - QPointF(reach, -reach), tip)
        painter.restore()
