"""The part of lines and areas that lies in a box. Pure.

A drawing may reach far out of view, and numbers that large overflow in the painter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["Point", "clipped_area", "clipped_line"]

Point = tuple[float, float]
"""x and y."""


def clipped_line(
    start: Point, end: Point, box: Point, *, endless: bool = False
) -> tuple[Point, Point] | None:
    """The part of a line between (0, 0) and the corner ``box``; None if there is none.

    An ``endless`` line goes on beyond ``end``.
    """
    steps = end[0] - start[0], end[1] - start[1]
    enter, leave = 0.0, math.inf if endless and any(steps) else 1.0
    for place, step, size in zip(start, steps, box, strict=True):
        if step == 0:
            if not 0 <= place <= size:
                return None
            continue
        low, high = sorted((-place / step, (size - place) / step))
        enter, leave = max(enter, low), min(leave, high)
    if enter > leave:
        return None
    return _along(start, steps, enter), _along(start, steps, leave)


def _along(start: Point, steps: Point, share: float) -> Point:
    return start[0] + share * steps[0], start[1] + share * steps[1]


def clipped_area(corners: Sequence[Point], box: Point) -> tuple[Point, ...]:
    """The corners of the part of a convex area between (0, 0) and ``box``; none if it is outside.

    Cut along one edge of the box after the other.
    """
    kept: list[Point] = list(corners)
    for axis, limit, side in ((0, 0.0, 1), (0, box[0], -1), (1, 0.0, 1), (1, box[1], -1)):
        whole, kept = kept, list[Point]()
        for index, corner in enumerate(whole):
            before = whole[index - 1]
            depth, depth_before = side * (corner[axis] - limit), side * (before[axis] - limit)
            if depth * depth_before < 0:
                share = depth_before / (depth_before - depth)
                steps = corner[0] - before[0], corner[1] - before[1]
                kept.append(_along(before, steps, share))
            if depth >= 0:
                kept.append(corner)
    return tuple(kept)
