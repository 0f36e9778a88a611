"""How cells and heads of the holdings are drawn. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from PyQt6.QtCore import QModelIndex, QPointF, QRect, Qt
from PyQt6.QtGui import QFontMetrics, QPainter, QPolygonF
from PyQt6.QtWidgets import (
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from .balances_model import HoldingsModel
from .models.holding_rows import Column
from .theme import Theme

__all__ = ["HoldingCells", "HoldingHeads"]

_MIDDLE = Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignRight


# State: the theme.
class HoldingCells(QStyledItemDelegate):
    """Draws a cell from its row: a style's own cells are dearer and have no air around numbers."""

    def __init__(self, model: HoldingsModel, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._holdings = model
        self.theme = theme

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        if painter is None:
            return
        place, column = index.row(), index.column()
        row = self._holdings.rowAt(place)
        rect, metrics, theme = option.rect, option.fontMetrics, self.theme
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme.ask_hover)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, theme.grid)
        if self._holdings.beginsApart(place):
            painter.fillRect(rect.left(), rect.top() - 1, rect.width(), 2, theme.line)
        painter.setFont(option.font)
        painter.setPen(self._holdings.colour(row, column) or theme.text)
        room = _inside(rect, metrics)
        if column != Column.ASSET:
            _draw(painter, room, row.texts[column], metrics, _RIGHT)
            return
        code = row.holding.currency
        parts = [row.name, code, row.tag] if row.name else [code, row.tag]
        for part in parts:
            _draw(painter, room, part, metrics, _LEFT)
            room.setLeft(room.left() + metrics.horizontalAdvance(f"{part}  "))
            painter.setPen(theme.sub_text)


# State: the theme.
class HoldingHeads(QHeaderView):
    """Heads with the sort mark beside the text instead of on it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.theme = theme
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setSectionsMovable(True)

    def paintSection(self, painter: QPainter | None, rect: QRect, logicalIndex: int) -> None:
        model = self.model()
        if painter is None or model is None:
            return
        metrics, theme = self.fontMetrics(), self.theme
        painter.fillRect(rect, theme.panel)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, theme.line)
        painter.fillRect(rect.right(), rect.top() + 4, 1, rect.height() - 8, theme.line)
        text = str(model.headerData(logicalIndex, Qt.Orientation.Horizontal))
        room = _inside(rect, metrics)
        left = logicalIndex == Column.ASSET
        sorted_by = self.sortIndicatorSection() == logicalIndex
        painter.setFont(self.font())
        painter.setPen(theme.text if sorted_by else theme.sub_text)
        _draw(painter, room, text, metrics, _LEFT if left else _RIGHT)
        if sorted_by:
            width = metrics.horizontalAdvance(text)
            mark = metrics.height() * 0.42
            x = room.left() + width + mark if left else room.right() - width - mark
            down = self.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
            _draw_mark(painter, QPointF(x, room.center().y() + 0.5), mark / 2, down=down)


def _inside(rect: QRect, metrics: QFontMetrics) -> QRect:
    pad = metrics.height() // 2
    return rect.adjusted(pad, 0, -pad, 0)


def _draw(
    painter: QPainter, room: QRect, text: str, metrics: QFontMetrics, side: Qt.AlignmentFlag
) -> None:
    if text and room.width() > 0:
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, side | _MIDDLE, shown)


def _draw_mark(painter: QPainter, centre: QPointF, half: float, *, down: bool) -> None:
    """A triangle that points where the greater numbers are not."""
    tip = half * 0.7 if down else -half * 0.7
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(painter.pen().color())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawPolygon(
        QPolygonF(
            [
                centre + QPointF(-half, -tip),
                centre + QPointF(half, -tip),
                centre + QPointF(0, tip),
            ]
        )
    )
    painter.restore()
