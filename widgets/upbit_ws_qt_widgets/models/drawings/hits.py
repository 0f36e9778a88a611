"""Which drawing, and which handle of it, lies at a place. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .clip import Point
from .geometry import Figure, Line

__all__ = ["distance", "handle_at", "hit"]


def hit(figures: Sequence[Figure | None], place: Point, reach: float) -> int | None:
    """The index of the topmost figure no farther than ``reach`` from ``place``, or None."""
    for index in reversed(range(len(figures))):
        figure = figures[index]
        if figure is not None and distance(figure, place) <= reach:
            return index
    return None


def distance(figure: Figure, place: Point) -> float:
    """How far the nearest line or text is; the inside of an area is not part of it.

    Whoever drags inside a large rectangle wants to move the chart.
    """
    lines = (_from_line(line, place) for line in figure.lines)
    x, y = place
    texts = (
        math.hypot(
            max(label.x - x, 0.0, x - label.x - label.width),
            max(label.y - y, 0.0, y - label.y - label.height),
        )
        for label in figure.labels
    )
    return min([*lines, *texts], default=math.inf)


def handle_at(figure: Figure, place: Point, reach: float) -> int | None:
    """The index of the nearest handle no farther than ``reach``, or None."""
    far = [math.dist(handle, place) for handle in figure.handles]
    nearest = min(range(len(far)), key=far.__getitem__)
    return nearest if far[nearest] <= reach else None


def _from_line(line: Line, place: Point) -> float:
    (x, y), (end_x, end_y) = line.start, line.end
    across, along = end_x - x, end_y - y
    length = across * across + along * along
    share = 0.0
    if length:
        share = min(max(((place[0] - x) * across + (place[1] - y) * along) / length, 0.0), 1.0)
    return math.dist((x + share * across, y + share * along), place)
