"""How an account is divided, as a bar or a ring with a legend. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from .models.allocation import Slice, percentages, spans
from .theme import Theme, number_font

__all__ = ["HUES", "AllocationView"]

#: The colours of the parts, in their order. Those of neighbours differ in lightness as well as in
#: hue, so that eyes that miss a hue tell them apart; each is seen on every ground of its kind.
HUES: Mapping[str, tuple[int, ...]] = {
    "light": (0x2A8E98, 0x8B2F01, 0x224FAD, 0xAD7263, 0x5A3256, 0x688D20, 0xAD65C2, 0x215030),
    "dark": (0x3384E7, 0xE7A660, 0x78D0E4, 0x6B8F22, 0xF5E874, 0xDE5564, 0xAA7AB6, 0x97BD92),
}
_SMALL = 0.86
_RING_LINES = 8
_WHOLE_TURN = 5760


class _Entry(NamedTuple):
    """One part as drawn: ``code`` is empty for the rest; ``where`` is its place in the legend."""

    code: str
    text: str
    tip: str
    colour: QColor
    where: QRectF


# State: the parts with the texts of their amounts, what the rest is called, the kind, the theme,
# and what is drawn of all that at the present size.
class AllocationView(QWidget):
    """The parts of an account. A click on one tells its code.

    Signals:
        picked(str): an asset was clicked.
    """

    picked = pyqtSignal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slices: tuple[Slice, ...] = ()
        self._amounts: tuple[str, ...] = ()
        self._others = ""
        self._kind = "bar"
        self._theme = theme
        self._entries: list[_Entry] = []
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._measure()

    def show_slices(
        self, kind: str, slices: Sequence[Slice], amounts: Sequence[str], others: str
    ) -> None:
        """Show parts.

        Args:
            kind: ``bar`` or ``donut``.
            slices: the parts, the greatest first.
            amounts: what each is worth, as it is said.
            others: the name of the rest.
        """
        shown = (kind, tuple(slices), tuple(amounts), others)
        if shown == (self._kind, self._slices, self._amounts, self._others):
            return
        self._kind, self._slices, self._amounts, self._others = shown
        self._arrange()

    def restyle(self, theme: Theme) -> None:
        """Take another theme, or the font anew."""
        self._theme = theme
        self._measure()
        self._arrange()

    def _measure(self) -> None:
        self._small = number_font(self.font())
        if self._small.pointSizeF() > 0:
            self._small.setPointSizeF(self._small.pointSizeF() * _SMALL)
        else:
            self._small.setPixelSize(max(1, round(self._small.pixelSize() * _SMALL)))
        self._metrics = QFontMetricsF(self._small)
        self._line = math.ceil(self._metrics.height() * 1.4)
        self._pad = math.ceil(self._metrics.height() * 0.6)

    # -- geometry ------------------------------------------------------------------------------

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, a0: int) -> int:
        entries = self._laid_out(a0)
        lines = 1 + max((round(e.where.top()) for e in entries), default=0) // self._line
        legend = lines * self._line
        if self._kind == "donut":
            return max(self._ring_size(), legend) + 2 * self._pad
        return self._bar_height() + legend + 2 * self._pad

    def sizeHint(self) -> QSize:
        return QSize(640, self.heightForWidth(640))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._pad * 8, self.heightForWidth(self.width()))

    def _bar_height(self) -> int:
        return self._line

    def _ring_size(self) -> int:
        return self._line * _RING_LINES

    def _legend_left(self) -> int:
        return self._pad + (self._ring_size() + 2 * self._pad if self._kind == "donut" else 0)

    def _laid_out(self, width: int) -> list[_Entry]:
        """The parts with their places in the legend, which begins at 0, 0."""
        hues = HUES[self._theme.name]
        room = max(width - self._legend_left() - self._pad, 1)
        entries: list[_Entry] = []
        for number, (each, percent, amount) in enumerate(
            zip(self._slices, percentages(self._slices), self._amounts, strict=True)
        ):
            name = each.currency or f"{self._others} ({each.assets})"
            text = f"{name} {percent}"
            told = f"{text}  {amount}" if self._kind == "donut" else text
            wide = min(self._metrics.horizontalAdvance(told) + self._line, room)
            colour = QColor(hues[number % len(hues)]) if each.currency else self._theme.sub_text
            where = QRectF(0, 0, wide, self._line)
            entries.append(_Entry(each.currency, told, f"{text}\n{amount}", colour, where))
        places = self._in_columns if self._kind == "donut" else self._in_lines
        points = places([entry.where.width() for entry in entries], room)
        return [
            entry._replace(where=entry.where.translated(point))
            for entry, point in zip(entries, points, strict=True)
        ]

    def _in_lines(self, widths: Sequence[float], room: float) -> list[QPointF]:
        """One behind the other, and below where the room ends."""
        points: list[QPointF] = []
        left, top = 0.0, 0.0
        for wide in widths:
            if left and left + wide > room:
                left, top = 0.0, top + self._line
            points.append(QPointF(left, top))
            left += wide + self._pad
        return points

    def _in_columns(self, widths: Sequence[float], room: float) -> list[QPointF]:
        """One below the other; a second column beside where there is room for it."""
        column = max(widths, default=0.0) + 2 * self._pad
        columns = max(1, int(room / column)) if widths else 1
        lines = max(_RING_LINES, math.ceil(len(widths) / columns))
        return [
            QPointF(number // lines * column, number % lines * self._line)
            for number in range(len(widths))
        ]

    def _arrange(self) -> None:
        origin = QPointF(self._legend_left(), self._pad)
        if self._kind == "bar":
            origin += QPointF(0, self._bar_height() + self._pad * 0.4)
        self._entries = [
            entry._replace(where=entry.where.translated(origin))
            for entry in self._laid_out(self.width())
        ]
        self.setAccessibleName(", ".join(entry.text for entry in self._entries))
        self.updateGeometry()
        self.update()

    def resizeEvent(self, a0: QResizeEvent | None) -> None:
        super().resizeEvent(a0)
        self._arrange()

    def _bar(self) -> QRectF:
        return QRectF(self._pad, self._pad, self.width() - 2 * self._pad, self._bar_height())

    def _ring(self) -> QRectF:
        return QRectF(self._pad, self._pad, self._ring_size(), self._ring_size())

    def entryAt(self, point: QPointF) -> int | None:
        """The number of the part that is drawn, or told in the legend, at a point."""
        for number, entry in enumerate(self._entries):
            if entry.where.contains(point):
                return number
        if self._kind == "donut":
            middle = self._ring().center()
            x, y = point.x() - middle.x(), middle.y() - point.y()
            outer = self._ring_size() / 2
            if not outer * 0.6 <= math.hypot(x, y) <= outer:
                return None
            turned = math.atan2(x, y) / (2 * math.pi) % 1.0
            return self._span_at(round(turned * _WHOLE_TURN), _WHOLE_TURN)
        bar = self._bar()
        if not bar.contains(point):
            return None
        return self._span_at(int(point.x() - bar.left()), round(bar.width()))

    def _span_at(self, place: int, length: int) -> int | None:
        for number, (begin, end) in enumerate(spans(self._slices, length)):
            if begin <= place < end:
                return number
        return None

    # -- events --------------------------------------------------------------------------------

    def mousePressEvent(self, a0: QMouseEvent | None) -> None:
        if a0 is None or a0.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(a0)
            return
        number = self.entryAt(a0.position())
        if number is not None and self._entries[number].code:
            self.picked.emit(self._entries[number].code)

    def event(self, a0: QEvent | None) -> bool:
        if isinstance(a0, QHelpEvent) and a0.type() == QEvent.Type.ToolTip:
            number = self.entryAt(QPointF(a0.pos()))
            QToolTip.showText(
                a0.globalPos(), self._entries[number].tip if number is not None else "", self
            )
            return True
        return super().event(a0)

    # -- painting ------------------------------------------------------------------------------

    def paintEvent(self, a0: QPaintEvent | None) -> None:  # noqa: ARG002 - all is drawn
        painter = QPainter(self)
        theme = self._theme
        painter.fillRect(self.rect(), theme.background)
        if self._kind == "donut":
            self._paint_ring(painter)
        else:
            self._paint_bar(painter)
        painter.setFont(self._small)
        painter.setPen(theme.text)
        swatch = self._line * 0.5
        for entry in self._entries:
            where = entry.where
            top = where.center().y() - swatch / 2
            painter.fillRect(QRectF(where.left(), top, swatch, swatch), entry.colour)
            room = where.adjusted(self._line * 0.7, 0, 0, 0)
            text = self._metrics.elidedText(
                entry.text, Qt.TextElideMode.ElideRight, room.width() + 1
            )
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.line)
        painter.end()

    def _paint_bar(self, painter: QPainter) -> None:
        bar = self._bar()
        for entry, (begin, end) in zip(
            self._entries, spans(self._slices, round(bar.width())), strict=True
        ):
            wide = max(end - begin - 1, 1)  # a pixel of air between parts
            painter.fillRect(
                QRectF(bar.left() + begin, bar.top(), wide, bar.height()), entry.colour
            )

    def _paint_ring(self, painter: QPainter) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        thick = self._ring_size() * 0.2
        ring = self._ring().adjusted(thick / 2, thick / 2, -thick / 2, -thick / 2)
        for entry, (begin, end) in zip(
            self._entries, spans(self._slices, _WHOLE_TURN), strict=True
        ):
            painter.setPen(QPen(entry.colour, thick, cap=Qt.PenCapStyle.FlatCap))
            # Angles count from three o'clock against the clock; parts go with it from twelve.
            painter.drawArc(ring, _WHOLE_TURN // 4 - begin, begin - end)
        painter.restore()
