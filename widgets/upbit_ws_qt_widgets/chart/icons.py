"""The icons of a chart's toolbar and menus, painted as lines. Qt, no widget."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF

__all__ = ["ICONS", "painted_icon"]

_Line = tuple[tuple[float, float], ...]

_BOX = 16.0
_PEN = 1.3
_DOT = 1.6

#: Lines through points of a square of 16 × 16; a single point is a dot.
ICONS: Mapping[str, tuple[_Line, ...]] = {
    "kind": (
        ((4.5, 1.5), (4.5, 4)),
        ((2.5, 4), (6.5, 4), (6.5, 11), (2.5, 11), (2.5, 4)),
        ((4.5, 11), (4.5, 14)),
        ((11.5, 2.5), (11.5, 6)),
        ((9.5, 6), (13.5, 6), (13.5, 12), (9.5, 12), (9.5, 6)),
        ((11.5, 12), (11.5, 14.5)),
    ),
    "indicators": (
        ((1.5, 11.5), (4.5, 6), (8, 9.5), (11, 3.5), (14.5, 6.5)),
        ((1.5, 14.5), (14.5, 14.5)),
    ),
    "drawings": (
        ((2.5, 13.5), (3.5, 9.8), (11, 2.3), (13.7, 5), (6.2, 12.5), (2.5, 13.5)),
        ((9.2, 4.1), (11.9, 6.8)),
    ),
    "export": (
        ((1.5, 4.5), (4.5, 4.5), (5.8, 2.5), (10.2, 2.5), (11.5, 4.5), (14.5, 4.5)),
        ((14.5, 4.5), (14.5, 13.5), (1.5, 13.5), (1.5, 4.5)),
        (
            (10.8, 8.8),
            (10, 10.8),
            (8, 11.6),
            (6, 10.8),
            (5.2, 8.8),
            (6, 6.8),
            (8, 6),
            (10, 6.8),
            (10.8, 8.8),
        ),
    ),
    "all": (((3, 8),), ((8, 8),), ((13, 8),)),
    "more": (((4, 6.5), (8, 10.5), (12, 6.5)),),
    "none": (
        ((4, 2), (4, 12.5), (6.8, 9.8), (8.8, 14), (10.4, 13.2), (8.5, 9.2), (12, 9), (4, 2)),
    ),
    "trend": (((3, 13), (13, 3)), ((3, 13),), ((13, 3),)),
    "ray": (((3, 13), (14.5, 1.5)), ((3, 13),), ((8, 8),)),
    "horizontal": (((1.5, 8), (14.5, 8)), ((8, 8),)),
    "vertical": (((8, 1.5), (8, 14.5)), ((8, 8),)),
    "rectangle": (((2.5, 4), (13.5, 4), (13.5, 12), (2.5, 12), (2.5, 4)),),
    "fibonacci": (
        ((2, 3), (14, 3)),
        ((2, 6.8), (14, 6.8)),
        ((2, 9.2), (14, 9.2)),
        ((2, 13), (14, 13)),
    ),
    "channel": (((1.5, 10), (11, 1.5)), ((5, 14.5), (14.5, 6))),
    "text": (((3, 4.5), (3, 3), (13, 3), (13, 4.5)), ((8, 3), (8, 13.5)), ((6, 13.5), (10, 13.5))),
    "measure": (
        ((8, 2), (8, 14)),
        ((5.5, 4.5), (8, 2), (10.5, 4.5)),
        ((5.5, 11.5), (8, 14), (10.5, 11.5)),
        ((2, 8), (14, 8)),
    ),
    "undo": (
        ((5.5, 2.5), (2.5, 5.5), (5.5, 8.5)),
        ((2.5, 5.5), (10, 5.5), (12.6, 6.7), (13.5, 9), (12.6, 11.8), (10, 13), (6, 13)),
    ),
    "redo": (
        ((10.5, 2.5), (13.5, 5.5), (10.5, 8.5)),
        ((13.5, 5.5), (6, 5.5), (3.4, 6.7), (2.5, 9), (3.4, 11.8), (6, 13), (10, 13)),
    ),
}


def painted_icon(name: str, colour: QColor, size: int, ratio: float) -> QIcon:
    """One of ``ICONS`` in this colour, ``size`` px wide and high.

    It is sharp on a screen of ``ratio`` device pixels each px.
    """
    pixels = round(size * ratio)
    pixmap = QPixmap(pixels, pixels)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(size / _BOX, size / _BOX)
    pen = QPen(colour, _PEN)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    for line in ICONS[name]:
        points = [QPointF(x, y) for x, y in line]
        if len(points) == 1:
            painter.setBrush(colour)
            painter.drawEllipse(points[0], _DOT / 2, _DOT / 2)
        else:
            painter.drawPolyline(QPolygonF(points))
    painter.end()
    return QIcon(pixmap)
