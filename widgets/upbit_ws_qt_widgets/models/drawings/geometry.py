"""The lines, areas and texts that a drawing is made of on screen. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from upbit_ws_qt.markets import format_price
from upbit_ws_qt_widgets.models.chart_text import full_time, percent

from .clip import Point, clipped_area, clipped_line
from .duration import duration
from .frame import Frame
from .kinds import Anchor, Drawing, Kind

__all__ = ["FIBONACCI_LEVELS", "Figure", "Label", "Line", "figure_of"]

FIBONACCI_LEVELS = (0.0, 0.236, 0.382, 0.5, 0.618, 0.786, 1.0, 1.618)
"""Shares of the way back from the second price to the first."""

_GAP_PX = 4.0
_ARROW_PX = 5.0


class Line(NamedTuple):
    """A line from one point to another, in device pixels."""

    start: Point
    end: Point
    dashed: bool = False


class Label(NamedTuple):
    """Rows of text in a box given by its upper left corner and size, in device pixels.

    A ``framed`` one has a ground of its own.
    """

    x: float
    y: float
    width: float
    height: float
    rows: tuple[str, ...]
    framed: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """One drawing as it is to be painted: what is in view of it, and where its handles are.

    ``direction`` is that of a measured change (-1, 0, 1), else None.
    """

    lines: tuple[Line, ...] = ()
    areas: tuple[tuple[Point, ...], ...] = ()
    labels: tuple[Label, ...] = ()
    handles: tuple[Point, ...] = ()
    direction: int | None = None


def figure_of(drawing: Drawing, frame: Frame) -> Figure:
    """The figure of a drawing; one that is still being made may lack its last anchors."""
    points = [frame.point(anchor) for anchor in drawing.anchors]
    parts = _Parts(frame)
    direction = None
    match drawing.kind:
        case Kind.HORIZONTAL:
            parts.horizontal(points[0], drawing.anchors[0])
        case Kind.VERTICAL:
            parts.vertical(points[0], drawing.anchors[0])
        case Kind.RECTANGLE:
            parts.rectangle(points[0], points[1])
        case Kind.FIBONACCI:
            parts.fibonacci(points, drawing.anchors)
        case Kind.CHANNEL if len(points) == 3:
            parts.channel(*points)
        case Kind.TEXT:
            parts.label(points[0], drawing.text.split("\n"))
        case Kind.MEASURE:
            direction = parts.measure(points, drawing.anchors)
        case _:
            parts.line(points[0], points[1], endless=drawing.kind is Kind.RAY)
    return Figure(
        tuple(parts.lines), tuple(parts.areas), tuple(parts.labels), tuple(points), direction
    )


# State: what has been put together so far.
class _Parts:
    """The parts of one figure, cut to what is in view."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._ratio = frame.layout.ratio
        self.lines: list[Line] = []
        self.areas: list[tuple[Point, ...]] = []
        self.labels: list[Label] = []

    def line(
        self, start: Point, end: Point, *, endless: bool = False, dashed: bool = False
    ) -> None:
        cut = clipped_line(start, end, self._frame.box, endless=endless)
        if cut is not None:
            self.lines.append(Line(*cut, dashed))

    def area(self, corners: Sequence[Point]) -> None:
        cut = clipped_area(corners, self._frame.box)
        if len(cut) > 2:
            self.areas.append(cut)

    def label(
        self, place: Point, rows: Sequence[str], *, to_left: bool = False, framed: bool = False
    ) -> None:
        """Rows of text right of ``place`` and below; or left of it, but not out of view."""
        gap = _GAP_PX * self._ratio
        width = max(map(self._frame.text_width, rows)) * self._ratio + 2 * gap
        height = self._frame.line_height * len(rows) * self._ratio
        x = place[0]
        if to_left and x > 0:
            x = max(x - width, 0.0)
        across, down = self._frame.box
        if -width < x < across and -height < place[1] < down:
            self.labels.append(Label(x, place[1], width, height, tuple(rows), framed))

    def horizontal(self, point: Point, anchor: Anchor) -> None:
        across, _ = self._frame.box
        y = point[1]
        self.line((0.0, y), (across, y))
        # Above the line, or below where there is no room.
        row = self._frame.line_height * self._ratio
        self.label((across, y - row if y >= row else y), [self._price(anchor.price)], to_left=True)

    def vertical(self, point: Point, anchor: Anchor) -> None:
        across, down = self._frame.box
        self.line((point[0], 0.0), (point[0], down))
        frame = self._frame
        text = full_time(anchor.time, frame.axis.timeframe, frame.words, frame.zone)
        bottom = down - (self._frame.line_height + _GAP_PX) * self._ratio
        self.label((point[0], bottom), [text], to_left=point[0] > across / 2)

    def rectangle(self, one: Point, other: Point) -> None:
        corners = one, (other[0], one[1]), other, (one[0], other[1])
        self.area(corners)
        for start, end in zip(corners, (*corners[1:], one), strict=True):
            self.line(start, end)

    def fibonacci(self, points: Sequence[Point], anchors: Sequence[Anchor]) -> None:
        frame = self._frame
        left, right = sorted((points[0][0], points[1][0]))
        self.line(points[0], points[1], dashed=True)
        first, second = anchors[0].price, anchors[1].price
        for level in FIBONACCI_LEVELS:
            price = second + (first - second) * level
            y = frame.y(price)
            self.line((left, y), (right, y))
            # Beside the bars that are measured, as far as there is room.
            place = max(left, 0.0) if right > 0 else left, y - frame.line_height * self._ratio / 2
            self.label(place, [f"{level:g} ({self._price(price)})"], to_left=True)

    def channel(self, start: Point, end: Point, third: Point) -> None:
        # Parallel on screen, on every scale; one of a vertical line lies beside it.
        run = end[0] - start[0]
        if run:
            share = (third[0] - start[0]) / run
            aside = 0.0, third[1] - (start[1] + share * (end[1] - start[1]))
        else:
            aside = third[0] - start[0], 0.0
        far_start, far_end = _plus(start, aside), _plus(end, aside)
        self.area((start, end, far_end, far_start))
        self.line(start, end)
        self.line(far_start, far_end)
        half = aside[0] / 2, aside[1] / 2
        self.line(_plus(start, half), _plus(end, half), dashed=True)

    def measure(self, points: Sequence[Point], anchors: Sequence[Anchor]) -> int:
        (x, y), (end_x, end_y) = points
        middle_x, middle_y = (x + end_x) / 2, (y + end_y) / 2
        self.rectangle(points[0], points[1])
        self._arrow((x, middle_y), (end_x, middle_y))
        self._arrow((middle_x, y), (middle_x, end_y))
        rows = self._change(*anchors), self._span(*anchors)
        gap = _GAP_PX * self._ratio
        width = max(map(self._frame.text_width, rows)) * self._ratio + 2 * gap
        height = 2 * self._frame.line_height * self._ratio
        across, down = self._frame.box
        # Where the measure points to, as far as that is in view.
        top = end_y - height - gap if end_y < y else end_y + gap
        left = min(max(middle_x - width / 2, 0.0), max(across - width, 0.0))
        if max(x, end_x) >= 0 and min(x, end_x) <= across:
            top = min(max(top, 0.0), max(down - height, 0.0))
            self.label((left, top), rows, framed=True)
        before, after = anchors[0].price, anchors[1].price
        return (after > before) - (after < before)

    def _arrow(self, start: Point, end: Point) -> None:
        self.line(start, end)
        size = _ARROW_PX * self._ratio
        across, along = end[0] - start[0], end[1] - start[1]
        length = abs(across) + abs(along)  # one of them is 0
        if length > 2 * size:
            across, along = across / length * size, along / length * size
            for turn in (-1, 1):
                tip = end[0] - across + turn * along, end[1] - along + turn * across
                self.line(end, tip)

    def _change(self, start: Anchor, end: Anchor) -> str:
        change = end.price - start.price
        sign = "+" if change > 0 else "-" if change < 0 else ""
        text = sign + self._price(abs(change), near=end.price)
        return f"{text} ({percent(change / start.price)})" if start.price > 0 else text

    def _span(self, start: Anchor, end: Anchor) -> str:
        axis, words = self._frame.axis, self._frame.words
        bars = round(axis.place(end.time) - axis.place(start.time))
        sign = "-" if end.time < start.time else ""
        time = sign + duration(abs(end.time - start.time), words)
        return words["chart.drawing.span"].format(bars=f"{bars:,}", time=time)

    def _price(self, price: float, *, near: float | None = None) -> str:
        return format_price(price, self._frame.tick(price if near is None else near))


def _plus(point: Point, step: Point) -> Point:
    return point[0] + step[0], point[1] + step[1]
