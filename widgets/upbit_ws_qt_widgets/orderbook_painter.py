"""Draws a resolved order book on one surface. Qt, no widget."""

from __future__ import annotations

import math
from collections import defaultdict
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

# Ask or bid, under the pointer or not, and what is left of a change.
_Mix = tuple[bool, bool, int]
# How much of its colour a change has at first; it fades in steps.
_HOTTEST = 0.24


class _Place(NamedTuple):
    """Where a row is, and what of it is filled.

    Where it and its price are to be looked for is in device-independent pixels.
    """

    where: QRect
    price_where: QRect
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
        self._mixed: dict[_Mix, tuple[QBrush, QBrush, QBrush]] = {}

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
        price_start, price_end = layout.columns.price
        filled = height - layout.metrics.hair
        return _Place(
            logical_rect(rect, self.ratio),
            logical_rect((price_start, top, price_end - price_start, height), self.ratio),
            QRect(left, top, width, filled),
            QRect(start, top, end - start, filled),
        )

    def _brushes(self, key: _Mix, theme: Theme) -> tuple[QBrush, QBrush, QBrush]:
        """The tint of a row, and of its sizes and its bar with what is left of a change in them."""
        made = self._mixed.get(key)
        if made is None:
            ask, hover, heat = key
            if ask:
                tint, bar = (theme.ask_hover if hover else theme.ask_row), theme.ask_bar
            else:
                tint, bar = (theme.bid_hover if hover else theme.bid_row), theme.bid_bar
            colour = theme.warning if heat > 0 else theme.sub_text
            share = _HOTTEST * abs(heat) / FADE_STEPS
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
        # What has one colour is filled by one call: a call costs five times what a rectangle does.
        tints, changes, bars = (defaultdict[_Mix, list[QRect]](list) for _ in range(3))
        traded: list[QRect] = []
        for place in places:
            row = ladder.rows[place]
            _, _, whole, sizes = all_places[row.ask][place]
            key = row.ask, row.hover, row.heat
            tints[key].append(whole)
            if row.heat:
                # What changed is the size, so the price keeps its quiet.
                changes[key].append(sizes)
            at_left = row.ask or columns.stacked
            if row.bar:
                start = columns.ask_size[1] - row.bar if at_left else columns.bid_size[0]
                bars[key].append(
                    QRect(start, whole.top() + inset, row.bar, whole.height() - 2 * inset)
                )
            if row.traded_bar:
                start = columns.ask_size[1] - row.traded_bar if at_left else columns.bid_size[0]
                traded.append(QRect(start, whole.bottom() + 1 - inset, row.traded_bar, inset))
        painter.setPen(Qt.PenStyle.NoPen)
        for layer, rects_of in enumerate((tints, changes, bars)):
            for key, rects in rects_of.items():
                painter.setBrush(self._brushes(key, theme)[layer])
                painter.drawRects(*rects)
        if traded:
            painter.setBrush(theme.sub_text)
            painter.drawRects(*traded)
        if places:
            body = layout.edges[-1] - layout.edges[0]
            for x in columns.price:
                painter.fillRect(x, layout.edges[0], hair, body, theme.background)
        priced = [
            place
            for place in places
            if region.intersects(all_places[ladder.rows[place].ask][place].price_where)
        ]
        self._paint_prices(painter, ladder, theme, priced)
        self._paint_sizes(painter, ladder, theme, places)
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

    def _paint_prices(
        self, painter: QPainter, ladder: Ladder, theme: Theme, places: list[int]
    ) -> None:
        """One pass for each font: changing a painter's font costs as much as a text.

        Changing its pen costs as much too, so that is done only where the colour is another.
        """
        columns, fonts, draw = ladder.layout.columns, self.fonts, painter.drawStaticText
        filled = _filled(ladder, places)
        painter.setFont(fonts.bold.font)
        direction = None
        for middle, row in filled:
            if row.direction != direction:
                direction = row.direction
                painter.setPen(theme.direction(direction))
            laid_out, width, height = fonts.bold.text(row.price_text)
            draw(QPointF(columns.price_end - width, middle - height / 2), laid_out)
        if not columns.show_change:
            return
        painter.setFont(fonts.small.font)
        painter.setPen(theme.sub_text)
        direction = None
        for middle, row in filled:
            if row.direction != direction and not ladder.from_middle:
                direction = row.direction
                painter.setPen(theme.direction(direction))
            laid_out, width, height = fonts.small.text(row.change_text)
            draw(QPointF(columns.change_end - width, middle - height / 2), laid_out)

    def _paint_sizes(
        self, painter: QPainter, ladder: Ladder, theme: Theme, places: list[int]
    ) -> None:
        """The sizes beside the prices, and at the outer end of their column what was traded."""
        columns, fonts, draw = ladder.layout.columns, self.fonts, painter.drawStaticText
        gap = ladder.layout.metrics.digit * 0.6
        (ask_start, ask_end), (bid_start, bid_end) = columns.ask_size, columns.bid_size
        filled = _filled(ladder, places)
        painter.setFont(fonts.plain.font)
        painter.setPen(theme.text)
        for middle, row in filled:
            laid_out, width, height = fonts.plain.text(row.size_text)
            at_left = row.ask or columns.stacked
            x = ask_end - gap - width if at_left else bid_start + gap
            draw(QPointF(x, middle - height / 2), laid_out)
        traded = [(middle, row) for middle, row in filled if row.traded]
        if traded:
            painter.setFont(fonts.small.font)
            painter.setPen(theme.sub_text)
        for middle, row in traded:
            laid_out, width, height = fonts.small.text(row.traded)
            at_left = row.ask or columns.stacked
            x = ask_start + gap if at_left else bid_end - gap - width
            draw(QPointF(x, middle - height / 2), laid_out)

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


def _filled(ladder: Ladder, places: list[int]) -> list[tuple[float, Row]]:
    """The rows with a price among those at ``places``, and the middle of their height."""
    edges, rows = ladder.layout.edges, ladder.rows
    return [
        ((edges[place] + edges[place + 1]) / 2, rows[place])
        for place in places
        if rows[place].price
    ]


def _frame(painter: QPainter, rect: Rect, thick: int, colour: QColor) -> None:
    left, top, width, height = rect
    painter.fillRect(left, top, width, thick, colour)
    painter.fillRect(left, top + height - thick, width, thick, colour)
    painter.fillRect(left, top + thick, thick, height - 2 * thick, colour)
    painter.fillRect(left + width - thick, top + thick, thick, height - 2 * thick, colour)
