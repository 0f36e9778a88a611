"""Where everything of an order book stands, in whole device pixels. Pure."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["Columns", "LadderLayout", "Metrics", "Rect", "Span", "lay_out"]

Span = tuple[int, int]
"""From (inclusive) and to (exclusive), device pixels."""

Rect = tuple[int, int, int, int]
"""Left, top, width, height, device pixels."""

# Widths in digits of the row's font. The wide form has the exchange's own proportions, which are
# 42 / 120 / * / 120 / 42 of 490 pixels with digits of 8 pixels.
_MARK = 2
_CHANGE = 8
_NARROW_SIZE = 8
_CORNER = 20
_WIDEST_SIDE = 34
_GUTTER_SHARE = 0.26
_SHORTEST_SIZE = 4
# Heights in lines of text.
_ROW_PADDING = 0.35
_TALLEST_ROW = 3
_FOOTER = 1.9
_BADGE = 1.6
_CORNER_LINE = 1.35
_FIGURES_PADDING = 0.35
_ROWS_BEFORE_FIGURES = 12
# What is worth the room, in characters.
_SHORTEST_OWN = 3
_NARROWEST_FIGURES = 26


@dataclass(frozen=True, slots=True)
class Metrics:
    """Sizes of the fonts in device pixels; ``hair`` is the width of the thinnest line."""

    digit: float
    bold_digit: float
    small_digit: float
    line: int
    small_line: int
    hair: int = 1


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of an order book, device pixels.

    Within the price column the mark of the last trade begins at ``mark``, prices end at
    ``price_end`` and changes at ``change_end``. A row's tint covers its sizes and its price; what
    is free beside it is ``day`` (right of the asks) and ``tape`` (left of the bids), None where
    that is too narrow to read. The gutters outside the sizes belong to the rows. ``stacked`` says
    that there is room for one column of sizes only, which both sides use.
    """

    price: Span
    ask_size: Span
    bid_size: Span
    ask_row: Span
    bid_row: Span
    mark: int
    price_end: int
    change_end: int
    day: Span | None = None
    tape: Span | None = None
    show_change: bool = False
    stacked: bool = False


@dataclass(frozen=True, slots=True)
class LadderLayout:
    """The geometry of one size of the widget, device pixels.

    ``rows`` counts the rows of both sides together; ``edges`` has one top for each row that fits
    and the bottom of the last. ``body`` is where rows, curve or map stand; ``figures`` is the strip
    below it, None where there is no room.
    """

    width: int
    height: int
    metrics: Metrics
    columns: Columns
    rows: int
    edges: tuple[int, ...]
    body: Rect
    footer: Rect
    figures: Rect | None = None

    @property
    def visible(self) -> int:
        """How many rows fit."""
        return len(self.edges) - 1

    @property
    def badge(self) -> Rect:
        """Where the state of the data is written, over the row furthest from the middle."""
        return 0, 0, self.width, min(self.height, round(self.metrics.line * _BADGE))

    @property
    def corner_line(self) -> int:
        """The height of one line of the corners."""
        return round(self.metrics.small_line * _CORNER_LINE)

    @property
    def bar_width(self) -> int:
        """The length of the longest bar."""
        return self.columns.ask_size[1] - self.columns.ask_size[0]

    @property
    def size_room(self) -> int:
        """How many characters of a size fit in its column; 0 where none is worth showing."""
        room = int(self.bar_width / self.metrics.digit - 1)
        return room if room >= _SHORTEST_SIZE else 0

    @property
    def own_room(self) -> int:
        """How many characters of an own order fit beside the sizes; 0 where too few do."""
        room = int(self.columns.ask_size[0] / self.metrics.small_digit - 1)
        return room if room >= _SHORTEST_OWN and not self.columns.stacked else 0

    @property
    def centred(self) -> int:
        """The first visible row while the middle of the book stands in the middle."""
        return (self.rows - self.visible + 1) // 2

    def first(self, scroll: int) -> int:
        """The first visible row when scrolled ``scroll`` rows down from the middle."""
        return min(max(self.centred + scroll, 0), self.rows - self.visible)

    def row_at(self, x: int, y: int, *, first: int) -> int | None:
        """The row under a point, counted from the highest ask, or None beside the rows."""
        place = bisect_right(self.edges, y) - 1
        if not 0 <= place < self.visible:
            return None
        row = first + place
        left, right = self.columns.ask_row if row < self.rows // 2 else self.columns.bid_row
        return row if left <= x < right else None

    def row_rect(self, place: int, *, ask: bool) -> Rect:
        """What the visible row ``place`` covers, its separator included."""
        left, right = self.columns.ask_row if ask else self.columns.bid_row
        top = self.edges[place]
        return left, top, right - left, self.edges[place + 1] - top

    def size_rect(self, place: int, *, ask: bool) -> Rect:
        """The column of sizes in the visible row ``place``."""
        left, right = self.columns.ask_size if ask else self.columns.bid_size
        top = self.edges[place]
        return left, top, right - left, self.edges[place + 1] - top

    def day_rect(self, first: int) -> Rect | None:
        """The free corner beside the visible asks, or None."""
        asks = min(max(self.rows // 2 - first, 0), self.visible)
        return _box(self.columns.day, self.edges[0], self.edges[asks])

    def tape_rect(self, first: int) -> Rect | None:
        """The free corner beside the visible bids, or None."""
        asks = min(max(self.rows // 2 - first, 0), self.visible)
        return _box(self.columns.tape, self.edges[asks], self.edges[-1])


@lru_cache(maxsize=32)
def lay_out(
    width: int,
    height: int,
    metrics: Metrics,
    *,
    depth: int,
    price_room: int,
    figure_lines: int = 0,
) -> LadderLayout:
    """Fit an order book into ``width`` × ``height`` device pixels.

    Asked again for the same it returns the same object, so that "nothing moved" is cheap to see.

    Args:
        width: at least 0.
        height: at least 0.
        metrics: the sizes of the fonts.
        depth: the rows of each side.
        price_room: the characters of the longest price.
        figure_lines: the lines of the strip of figures; it gives way to rows and narrow columns.
    """
    footer = min(height, round(metrics.line * _FOOTER))
    body = height - footer
    line = round(metrics.small_line * _CORNER_LINE)
    strip = figure_lines and figure_lines * line + round(line * _FIGURES_PADDING)
    if (
        body - strip < _ROWS_BEFORE_FIGURES * metrics.line
        or width < _NARROWEST_FIGURES * metrics.small_digit
    ):
        strip = 0
    body -= strip
    return LadderLayout(
        width=width,
        height=height,
        metrics=metrics,
        columns=_columns(width, metrics, price_room),
        rows=2 * depth,
        edges=_edges(body, 2 * depth, metrics.line),
        body=(0, 0, width, body),
        footer=(0, height - footer, width, footer),
        figures=(0, body, width, strip) if strip else None,
    )


def _edges(body: int, rows: int, line: int) -> tuple[int, ...]:
    """Rows as low as can be read when many, stretched to fill the body, never clumsily tall."""
    lowest = line + max(2, round(line * _ROW_PADDING))
    visible = min(rows, body // lowest)
    if visible <= 0:
        return (0,)
    used = min(body, visible * _TALLEST_ROW * line)
    top = (body - used) // 2
    return tuple(top + used * place // visible for place in range(visible + 1))


def _columns(width: int, metrics: Metrics, price_room: int) -> Columns:
    mark = round(metrics.bold_digit * _MARK)
    plain = mark + round(metrics.bold_digit * (price_room + 1))
    change = round(metrics.small_digit * _CHANGE)
    narrow = round(metrics.digit * _NARROW_SIZE)
    if width < plain + 2 * narrow:
        price = (0, min(plain, width))
        size, row = (price[1], width), (0, width)
        end = plain - round(metrics.bold_digit / 2)
        return Columns(price, size, size, row, row, 0, end, end, stacked=True)
    show_change = width >= plain + change + 2 * narrow
    group = plain + change if show_change else plain
    side = min((width - group) // 2, round(metrics.digit * _WIDEST_SIDE))
    corners = show_change and side >= metrics.small_digit * _CORNER
    gutter = round(side * _GUTTER_SHARE) if corners else 0
    start = (width - group) // 2
    price_end = start + plain - round(metrics.bold_digit / 2)
    return Columns(
        price=(side, width - side),
        ask_size=(gutter, side),
        bid_size=(width - side, width - gutter),
        ask_row=(0, width - side),
        bid_row=(side, width),
        mark=start,
        price_end=price_end,
        change_end=price_end + change if show_change else price_end,
        day=(width - side, width) if corners else None,
        tape=(0, side) if corners else None,
        show_change=show_change,
    )


def _box(span: Span | None, top: int, bottom: int) -> Rect | None:
    if span is None or bottom <= top:
        return None
    return span[0], top, span[1] - span[0], bottom - top
