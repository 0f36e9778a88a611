"""Own orders, fills and alerts as they are to be painted on the prices, frozen. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["EdgeMark", "FillLabel", "FillMarks", "LineMark", "MarksPicture", "NoteMark"]

Rects = npt.NDArray[np.float64]


class LineMark(NamedTuple):
    """A line across the prices at ``y``, with a label on the plot and a tag on the axis.

    ``label_at`` and ``tag_at`` are their middles, None where there is no room for one. ``role`` is
    its colour. An alert has a bell; a chosen line is thick, a ghost one dashed.
    """

    y: int
    role: str
    label: str
    tag: str
    label_at: int | None
    tag_at: int | None
    has_bell: bool = False
    is_chosen: bool = False
    is_ghost: bool = False


class EdgeMark(NamedTuple):
    """How many lines are out of view above or below, as a tag on the axis."""

    text: str
    tag_at: int


class NoteMark(NamedTuple):
    """What the pointer on a mark is told, in rows beside that mark."""

    x: int
    y: int
    rows: tuple[str, ...]


class FillLabel(NamedTuple):
    """The amount of a mark of fills, with its middle at ``x``, and below or above ``y``."""

    x: int
    y: int
    text: str
    is_ask: bool


@dataclass(frozen=True, slots=True, eq=False)
class FillMarks:
    """Triangles below the bars where the account bought, and above those where it sold.

    Each is a stack of rectangles, shape (n, 4), in device pixels.
    """

    bids: Rects
    asks: Rects
    labels: tuple[FillLabel, ...]


@dataclass(frozen=True, slots=True, eq=False)
class MarksPicture:
    """What of the marks lies on the backdrop. ``row`` is the height of a label or tag.

    ``fills`` are those of the newest column.
    """

    row: int
    lines: tuple[LineMark, ...] = ()
    edges: tuple[EdgeMark, ...] = ()
    fills: FillMarks | None = None
    note: NoteMark | None = None
