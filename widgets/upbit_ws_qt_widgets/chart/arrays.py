"""Many rectangles, lines or corners to a painter at once, from an array. Qt, no widget."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt
from PyQt6 import sip
from PyQt6.QtCore import QLineF, QPointF, QRectF
from PyQt6.QtGui import QPainter

__all__ = ["draw_lines", "draw_polygon", "draw_rects"]


def draw_rects(painter: QPainter, rects: npt.NDArray[np.float64]) -> None:
    """Draw rectangles given as x, y, width and height, shape (n, 4)."""
    if len(rects):
        painter.drawRects(_as_qt(QRectF, rects))


def draw_lines(painter: QPainter, lines: npt.NDArray[np.float64]) -> None:
    """Draw lines given as x1, y1, x2 and y2, shape (n, 4)."""
    if len(lines):
        painter.drawLines(_as_qt(QLineF, lines))


def draw_polygon(painter: QPainter, corners: npt.NDArray[np.float64]) -> None:
    """Draw one polygon given by x and y of its corners, shape (n, 2)."""
    painter.drawPolygon(_as_qt(QPointF, corners))


def _as_qt(kind: type, rows: npt.NDArray[np.float64]) -> Any:
    # These classes are two or four doubles; sip hands the painter the memory as it is, where a
    # list of Python objects would cost a microsecond for each. PyQt6's stubs know nothing of it.
    array = cast("Any", sip).array(kind, len(rows))
    np.frombuffer(array, np.float64).reshape(rows.shape)[:] = rows
    return array
