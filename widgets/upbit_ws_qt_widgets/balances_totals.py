"""The line of totals above the holdings. Qt."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from .models.holding_rows import MASK, UNKNOWN, UNPRICED, format_rate, format_won
from .models.holding_wishes import HoldingWishes
from .models.holdings import Totals
from .theme import Theme, korean_font, number_font

__all__ = ["TotalsBar", "TotalsCell", "total_cells", "total_remarks"]

_SMALL = 0.86
_CELL_DIGITS = 17


class TotalsCell(NamedTuple):
    """One total: ``sign`` colours it (-1, 0, 1)."""

    label: str
    text: str
    sign: int = 0


def total_cells(
    totals: Totals, wishes: HoldingWishes, text: Callable[..., str], *, known: bool
) -> tuple[TotalsCell, ...]:
    """The totals as they are said; all unknown while there are no balances."""
    sign = (totals.profit > 0) - (totals.profit < 0)
    rate = UNKNOWN if totals.profit_rate is None else format_rate(totals.profit_rate)
    net = "net_" if wishes.fees_included else ""

    def won(amount: Decimal, *, signed: bool = False) -> str:
        return MASK if wishes.private else format_won(amount, signed=signed)

    figures = (
        ("total_assets", won(totals.assets), 0),
        ("total_cash", won(totals.cash), 0),
        ("total_cost", won(totals.cost), 0),
        ("total_value", won(totals.value), 0),
        (f"total_{net}profit", won(totals.profit, signed=True), sign),
        (f"total_{net}rate", rate, sign),
    )
    return tuple(
        TotalsCell(text(f"balances.{key}"), shown if known else UNPRICED, colour if known else 0)
        for key, shown, colour in figures
    )


def total_remarks(totals: Totals, hidden: int, text: Callable[..., str]) -> str:
    """What the totals leave out, and how many assets have no row."""
    return " · ".join(
        text(f"balances.{key}", count=count)
        for key, count in (
            ("unpriced_count", totals.unpriced),
            ("uncosted_count", totals.uncosted),
            ("provisional_count", totals.provisional),
            ("hidden_count", hidden),
        )
        if count
    )


# State: what it shows, the theme, and fonts made from its own.
class TotalsBar(QWidget):
    """Totals in as many columns as fit, and a line of remarks below."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cells: tuple[TotalsCell, ...] = ()
        self._note = ""
        self._badge = ""
        self._advice = ""
        self._theme = theme
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._make_fonts()

    def show_totals(
        self, cells: tuple[TotalsCell, ...], note: str, badge: str, advice: str
    ) -> None:
        """Show totals, a remark on them, and the state of the data (empty while it is live).

        ``advice`` says what the state means and what to do; the tool tip has it.
        """
        shown = (cells, note, badge, advice)
        if shown == (self._cells, self._note, self._badge, self._advice):
            return
        lines = self._lines()
        self._cells, self._note = cells, note
        self._badge, self._advice = badge, advice
        if self._lines() != lines:
            self.updateGeometry()
        self.setToolTip("\n".join(text for text in (badge, advice, note) if text))
        self.setAccessibleName(", ".join(f"{cell.label} {cell.text}" for cell in cells))
        self.setAccessibleDescription(self.toolTip())
        self.update()

    def restyle(self, theme: Theme) -> None:
        """Take another theme, or the font anew."""
        self._theme = theme
        self._make_fonts()
        self.updateGeometry()
        self.update()

    def _make_fonts(self) -> None:
        self._value_font = number_font(self.font())
        self._value_font.setBold(True)
        self._small_font = korean_font(self.font())
        _scale(self._small_font, _SMALL)
        self._value = QFontMetricsF(self._value_font)
        self._small = QFontMetricsF(self._small_font)

    # -- geometry ------------------------------------------------------------------------------

    def _columns(self, width: int) -> int:
        fitting = int(width / (self._value.horizontalAdvance("0") * _CELL_DIGITS))
        count = len(self._cells)
        # Rows of equal length: six totals stand as six, three, two or one, never as five and one.
        return next((n for n in (count, 3, 2) if n and n <= min(fitting, count)), 1)

    def _cell_height(self) -> int:
        return math.ceil(self._small.height() + self._value.height() * 1.35)

    def _lines(self) -> tuple[int, bool]:
        return len(self._cells), bool(self._note or self._badge)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, a0: int) -> int:
        rows = math.ceil(len(self._cells) / self._columns(a0))
        remark = math.ceil(self._small.height() * 1.4) if self._note or self._badge else 0
        return rows * self._cell_height() + remark + 2 * self._pad()

    def _pad(self) -> int:
        return math.ceil(self._small.height() * 0.6)

    def sizeHint(self) -> QSize:
        return QSize(640, self.heightForWidth(640))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._pad() * 8, self.heightForWidth(self.width()))

    # -- painting ------------------------------------------------------------------------------

    def paintEvent(self, a0: QPaintEvent | None) -> None:  # noqa: ARG002 - all is drawn
        painter = QPainter(self)
        theme, pad = self._theme, self._pad()
        painter.fillRect(self.rect(), theme.panel)
        columns = self._columns(self.width())
        width = self.width() / columns
        height = self._cell_height()
        for number, cell in enumerate(self._cells):
            left = number % columns * width + pad
            top = number // columns * height + pad
            room = width - 1.5 * pad
            painter.setFont(self._small_font)
            painter.setPen(theme.sub_text)
            label = self._small.elidedText(cell.label, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QPointF(left, top + self._small.ascent()), label)
            painter.setFont(self._value_font)
            painter.setPen(theme.direction(cell.sign) if cell.sign else theme.text)
            text = self._value.elidedText(cell.text, Qt.TextElideMode.ElideRight, room)
            baseline = top + self._small.height() + self._value.ascent()
            painter.drawText(QPointF(left, baseline), text)
        self._paint_remark(painter, pad)
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.line)
        painter.end()

    def _paint_remark(self, painter: QPainter, pad: int) -> None:
        if not self._note and not self._badge:
            return
        theme = self._theme
        height = self._small.height() * 1.4
        line = QRectF(pad, self.height() - height - 1, self.width() - 2 * pad, height)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(self._small_font)
        if self._badge:
            text = self._small.elidedText(
                self._badge, Qt.TextElideMode.ElideRight, line.width() - pad
            )
            width = self._small.horizontalAdvance(text) + pad
            painter.fillRect(
                QRectF(line.left(), line.top(), width, height), theme.warning_background
            )
            painter.setPen(theme.warning)
            painter.drawText(line.adjusted(pad / 2, 0, 0, 0), middle, text)
            line.setLeft(line.left() + width + pad)
        painter.setPen(theme.sub_text)
        note = self._small.elidedText(self._note, Qt.TextElideMode.ElideRight, line.width())
        painter.drawText(line, middle, note)


def _scale(font: QFont, factor: float) -> None:
    """Qt keeps a size in points or in pixels; the other reads -1."""
    if font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * factor)
    else:
        font.setPixelSize(max(1, round(font.pixelSize() * factor)))
