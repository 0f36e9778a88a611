"""Draws a resolved order book on one surface. Qt, no widget."""

from __future__ import annotations

import math
from typing import NamedTuple

from PyQt6.QtCore import QPointF, QRect, Qt
from PyQt6.QtGui import QBrush, QColor, QFont, QPainter, QPolygonF, QRegion

from .models.ladder import Row
from .models.ladder_changes import FADE_STEPS
from .models.ladder_layout import LadderLayout, Rect
from .models.ladder_state import Ladder
from .orderbook_corners import (
    paint_badge,
    paint_day,
    paint_footer,
    paint_notice,
    paint_strip,
    paint_tape,
)
from .orderbook_plots import paint_curve, paint_map
from .orderbook_texts import BookFonts, blend, logical_rect
from .theme import Theme

__all__ = ["LadderPainter"]

# How much of its colour a change has at first; it fades in steps.
_HOTTEST = 0.24


class _Place(NamedTuple):
    """Where a row is to be looked for (device-independent pixels), and what of it is filled."""

    where: QRect
    row: QRect
    sizes: QRect


# State: the fonts with their texts; where the rows of the last layout stand; the colours of
# rows and changes made for the last theme.
class LadderPainter:
    """Draws :class:`Ladder` in device pixels; it decides nothing."""

    def __init__(self, font: QFont, ratio: float) -> None:
        self.ratio = ratio
        self.fonts = BookFonts(font, ratio)
        self.metrics = self.fonts.metrics
        self._laid_out: LadderLayout | None = None
        self._places: dict[bool, list[_Place]] = {}
        self._theme: Theme | None = None
        self._mixed: dict[tuple[bool, bool, int], tuple[QBrush, QBrush, QBrush]] = {}

    def paint(self, painter: QPainter, ladder: Ladder, theme: Theme, region: QRegion) -> None:
        """Draw what of ``ladder`` lies in ``region`` (device-independent pixels)."""
        layout, fonts = ladder.layout, self.fonts
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
        if theme is not self._theme:
            self._theme = theme
            self._mixed.clear()
        if ladder.rows:
            self._paint_rows(painter, ladder, theme, region)
        elif region.intersects(logical_rect(layout.body, self.ratio)):
            if ladder.curve is not None:
                paint_curve(painter, fonts, ladder.curve, theme)
            elif ladder.map is not None:
                paint_map(painter, fonts, ladder, ladder.map, theme)
        for rect, paint in (
            (layout.day_rect(ladder.first) if ladder.rows else None, paint_day),
            (layout.tape_rect(ladder.first) if ladder.rows else None, paint_tape),
            (layout.figures if ladder.strip else None, paint_strip),
            (layout.footer, paint_footer),
            (layout.badge if ladder.badge else None, paint_badge),
        ):
            if rect is not None and region.intersects(logical_rect(rect, self.ratio)):
                paint(painter, fonts, ladder, theme, rect)
        if ladder.notice:
            paint_notice(painter, fonts, ladder, theme)

    def _places_of(self, layout: LadderLayout) -> dict[bool, list[_Place]]:
        """Where each visible row stands, for an ask and for a bid."""
        if layout is not self._laid_out:
            self._laid_out = layout
            self._places = {
                ask: [self._place(layout, place, ask=ask) for place in range(layout.visible)]
                for ask in (True, False)
            }
        return self._places

    def _place(self, layout: LadderLayout, place: int, *, ask: bool) -> _Place:
        left, top, width, height = rect = layout.row_rect(place, ask=ask)
        start, end = layout.columns.ask_size if ask else layout.columns.bid_size
        filled = height - layout.metrics.hair
        return _Place(
            logical_rect(rect, self.ratio),
            QRect(left, top, width, filled),
            QRect(start, top, end - start, filled),
        )

    def _brushes(self, row: Row, theme: Theme) -> tuple[QBrush, QBrush, QBrush]:
        """The tint of a row, and of its sizes and its bar with what is left of a change in them.

        Brushes, because filling with a colour takes nearly three times as long.
        """
        key = row.ask, row.hover, row.heat
        made = self._mixed.get(key)
        if made is None:
            if row.ask:
                tint, bar = (theme.ask_hover if row.hover else theme.ask_row), theme.ask_bar
            else:
                tint, bar = (theme.bid_hover if row.hover else theme.bid_row), theme.bid_bar
            colour = theme.warning if row.heat > 0 else theme.sub_text
            share = _HOTTEST * abs(row.heat) / FADE_STEPS
            lit, lit_bar = (blend(under, colour, share) for under in (tint, bar))
            made = QBrush(tint), QBrush(lit), QBrush(lit_bar)
            self._mixed[key] = made
        return made

    def _paint_rows(self, painter: QPainter, ladder: Ladder, theme: Theme, region: QRegion) -> None:
        layout = ladder.layout
        all_places = self._places_of(layout)
        places = [
            place
            for place, row in enumerate(ladder.rows)
            if region.intersects(all_places[row.ask][place].where)
        ]
        columns, hair = layout.columns, layout.metrics.hair
        inset = 2 * hair
        for place in places:
            row = ladder.rows[place]
            _, whole, sizes = all_places[row.ask][place]
            quiet, tint, bar = self._brushes(row, theme)
            painter.fillRect(whole, quiet)
            if row.heat:
                # What changed is the size, so the price keeps its quiet.
                painter.fillRect(sizes, tint)
            if row.bar:
                towards_left = row.ask or columns.stacked
                start = columns.ask_size[1] - row.bar if towards_left else columns.bid_size[0]
                painter.fillRect(
                    start, whole.top() + inset, row.bar, whole.height() - 2 * inset, bar
                )
        if places:
            body = layout.edges[-1] - layout.edges[0]
            for x in columns.price:
                painter.fillRect(x, layout.edges[0], hair, body, theme.background)
        self._paint_texts(painter, ladder, theme, places)
        for place in places:
            row = ladder.rows[place]
            if not (row.own or row.last or row.cursor):
                continue
            left, top, width, height = layout.row_rect(place, ask=row.ask)
            if row.own:
                self._paint_own(painter, ladder, theme, place)
            if row.last:
                start, end = columns.price
                box = (start, top, end - start, height - hair)
                _frame(painter, box, 2 * hair, theme.text)
                self._paint_mark(painter, columns.mark, top, height - hair, theme.text)
            if row.cursor and ladder.focused:
                _frame(painter, (left, top, width, height - hair), 2 * hair, theme.accent)

    def _paint_texts(
        self, painter: QPainter, ladder: Ladder, theme: Theme, places: list[int]
    ) -> None:
        """One pass for each font: changing a painter's font costs as much as a text."""
        layout, fonts = ladder.layout, self.fonts
        columns, edges = layout.columns, layout.edges
        middles = {place: (edges[place] + edges[place + 1]) / 2 for place in places}
        pens = {sign: theme.direction(sign) for sign in (-1, 0, 1)}
        filled = [(place, row) for place in places if (row := ladder.rows[place]).price]
        painter.setFont(fonts.bold.font)
        for place, row in filled:
            laid_out, width, height = fonts.bold.text(row.price_text)
            painter.setPen(pens[row.direction])
            where = QPointF(columns.price_end - width, middles[place] - height / 2)
            painter.drawStaticText(where, laid_out)
        if columns.show_change:
            painter.setFont(fonts.small.font)
            for place, row in filled:
                laid_out, width, height = fonts.small.text(row.change_text)
                painter.setPen(pens[row.direction])
                where = QPointF(columns.change_end - width, middles[place] - height / 2)
                painter.drawStaticText(where, laid_out)
        gap = layout.metrics.digit * 0.6
        painter.setFont(fonts.plain.font)
        painter.setPen(theme.text)
        for place, row in filled:
            laid_out, width, height = fonts.plain.text(row.size_text)
            if row.ask or columns.stacked:
                x = columns.ask_size[1] - gap - width
            else:
                x = columns.bid_size[0] + gap
            painter.drawStaticText(QPointF(x, middles[place] - height / 2), laid_out)

    def _paint_own(self, painter: QPainter, ladder: Ladder, theme: Theme, place: int) -> None:
        """A bar at the outer edge of the row; beside it the size, where there is room."""
        layout, row = ladder.layout, ladder.rows[place]
        left, top, width, height = layout.row_rect(place, ask=row.ask)
        thick = 3 * layout.metrics.hair
        at_left = row.ask or layout.columns.stacked
        edge = left if at_left else left + width - thick
        painter.fillRect(edge, top, thick, height - layout.metrics.hair, theme.accent)
        if layout.own_room:
            text = self.fonts.small.text(row.own)
            painter.setFont(self.fonts.small.font)
            painter.setPen(theme.accent)
            y = top + (height - text.height) / 2
            x = edge + 2 * thick if at_left else edge - thick - text.width
            painter.drawStaticText(QPointF(x, y), text.laid_out)

    def _paint_mark(
        self, painter: QPainter, left: int, top: int, height: int, colour: QColor
    ) -> None:
        side = self.fonts.bold.metrics.capHeight() * 0.8
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


def _frame(painter: QPainter, rect: Rect, thick: int, colour: QColor) -> None:
    left, top, width, height = rect
    painter.fillRect(left, top, width, thick, colour)
    painter.fillRect(left, top + height - thick, width, thick, colour)
    painter.fillRect(left, top + thick, thick, height - 2 * thick, colour)
    painter.fillRect(left + width - thick, top + thick, thick, height - 2 * thick, colour)
