"""Totals, division and table of balances, brought up to date once a frame. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetricsF, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import QLabel, QLayout, QStackedLayout, QVBoxLayout, QWidget

from .balances_allocation import AllocationView
from .balances_data import FedBalances
from .balances_model import HoldingsModel
from .balances_table import HoldingsTable, theme_palette
from .balances_totals import TotalsBar, total_cells, total_remarks
from .frame_timer import FrameTimer
from .live_widget import contained
from .models.allocation import allocate
from .models.holding_rows import MASK, HoldingRow, format_won, make_row
from .models.holding_values import Holding, Standing
from .models.holdings import Totals
from .theme import korean_font

__all__ = ["BalancesSurface"]

_ARRANGE_MS = 500
_UNSEEN_MS = 1000
# The picture of the division goes first where there is little height.
_LINES_BESIDE_PICTURE = {"bar": 16, "donut": 24}
_FEWEST_LINES = 5


# State: the totals on show, and whether rows have to come or go at once.
class BalancesSurface(FedBalances):
    """What is seen of balances. Prices change cells; rows move and come twice a second at most.

    Signals:
        totalsChanged(): the totals are others; see ``totals``.
    """

    totalsChanged = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._totals = Totals()
        self._is_rearranged = False
        self._frame = FrameTimer(self)
        self._frame.timeout.connect(self._refresh)
        self._unseen = FrameTimer(self, _UNSEEN_MS)
        self._unseen.timeout.connect(self._refresh)
        self._order = FrameTimer(self, _ARRANGE_MS)
        self._order.timeout.connect(self._rearrange)
        self._model = HoldingsModel(self.themeColors(), self.getLanguage(), self)
        self._bar = TotalsBar(self.themeColors(), self)
        self._division = AllocationView(self.themeColors(), self)
        self._division.picked.connect(self.goTo)
        self._table = HoldingsTable(self._model, self.themeColors(), self)
        self._notice = QLabel(self)
        self._notice.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._notice.setWordWrap(True)
        self._notice.setMargin(16)
        self._notice.setAutoFillBackground(True)
        self._pages = QStackedLayout()
        self._pages.addWidget(self._notice)
        self._pages.addWidget(self._table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        # The least height is without the picture, which makes room.
        layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        layout.addWidget(self._bar)
        layout.addWidget(self._division)
        layout.addLayout(self._pages, 1)
        self.setFocusProxy(self._table)
        self._table.leaveOut(self.hiddenColumns())
        self.restyled()
        self.retranslated()

    def totals(self) -> Totals:
        """The totals, exact, also in private."""
        return self._totals

    # -- what is shown -------------------------------------------------------------------------

    def wished(self) -> None:
        wishes = self._wishes
        self._portfolio.set_fees(wishes.fees, included=wishes.fees_included)
        self._table.leaveOut(wishes.hidden_columns)
        self._is_rearranged = True
        self._rewrite()
        self._refresh()

    def changed(self) -> None:
        (self._frame if self.isVisible() else self._unseen).request()

    def renamed(self) -> None:
        self._rewrite()

    @contained
    def _refresh(self) -> None:
        """Bring rows and totals up to date; only what differs is told to the view."""
        changed = self._portfolio.revalue()
        holdings = self._portfolio.holdings()
        shown = self._model.currencies()
        self._model.removeRowsOf(shown.difference(holdings))
        held = [holding for currency, holding in changed.items() if currency in shown]
        self._table.makeRoom(self._model.changeHoldings(held, self._table.sight()))
        came = any(currency not in shown for currency in changed)
        if came or self._is_rearranged:
            self._arrange()
        elif changed:
            self._order.request()
        self._show_totals()
        self._show_page()

    @contained
    def _rearrange(self) -> None:
        if self._table.isUnderPointer():
            self._order.request()  # rows do not run away from under the pointer
        else:
            self._arrange()
            self._show_totals()

    def _arrange(self) -> None:
        """Let rows come and go as they are wished for, and put them in order."""
        self._is_rearranged = False
        holdings = self._portfolio.holdings()
        shown = self._model.currencies()
        wanted = [holding for holding in holdings.values() if self._wishes.shows(holding)]
        self._model.removeRowsOf(shown.difference(holding.currency for holding in wanted))
        self._model.addHoldings(h for h in wanted if h.currency not in shown)
        self._table.makeRoom(self._model.rows())
        self._model.resort()
        self._show_division()

    def writeRow(self, holding: Holding) -> HoldingRow:
        """For the model: a holding as it is written."""
        standing = "worthless" if holding.is_worthless else holding.standing
        is_told = holding.is_apart and standing is not Standing.PRICED
        return make_row(
            holding,
            self.nameOf(holding.currency),
            self.tickAt,
            tag=self.text(f"balances.tag_{standing}") if is_told else "",
            private=self.isPrivate(),
        )

    def _rewrite(self) -> None:
        """Write every row anew: names, ticks, the language or the choices are others."""
        self._model.restyle(self.themeColors(), self.getLanguage(), self._wishes)
        self._table.makeRoom(self._model.rewrite())
        self._show_division()
        self.changed()

    def _show_totals(self) -> None:
        totals = self._portfolio.totals()
        if totals != self._totals:
            self._totals = totals
            self.totalsChanged.emit()
        hidden = len(self._portfolio.holdings()) - self._model.rowCount()
        self._bar.show_totals(
            total_cells(totals, self._wishes, self.text, known=self._known),
            total_remarks(totals, hidden, self.text),
            self.badge(),
            self.advice(),
        )

    def _show_division(self) -> None:
        kind = self.allocation()
        slices = allocate(self._portfolio.holdings().values())
        fits = self.height() >= self._line() * _LINES_BESIDE_PICTURE.get(kind, 0)
        self._division.setVisible(kind != "none" and bool(slices) and fits)
        private = self.isPrivate()
        self._division.show_slices(
            kind,
            slices,
            [MASK if private else f"{format_won(each.value)} KRW" for each in slices],
            self.text("balances.others"),
        )

    def _show_page(self) -> None:
        text = self.notice()
        self._notice.setText(text)
        self._pages.setCurrentWidget(self._notice if text else self._table)

    @contained
    def goTo(self, currency: str) -> None:
        """Select the row of an asset; nothing happens where it has none."""
        place = self._model.placeOf(currency)
        if place is not None:
            self._table.goTo(place)

    def restyled(self) -> None:
        theme = self.themeColors()
        self._table.restyle(theme, self.font())
        self._notice.setPalette(theme_palette(theme, self.palette()))
        self._notice.setFont(korean_font(self.font()))
        self._bar.restyle(theme)
        self._division.restyle(theme)
        self._model.restyle(theme, self.getLanguage(), self._wishes)

    def retranslated(self) -> None:
        self._table.setAccessibleName(self.text("balances.name"))
        self._rewrite()
        self._refresh()

    # -- events --------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(1000, 460)

    def minimumSizeHint(self) -> QSize:
        height = self._bar.heightForWidth(self.width()) + self._line() * _FEWEST_LINES
        return QSize(self._bar.minimumSizeHint().width(), round(height))

    def _line(self) -> float:
        return QFontMetricsF(self.font()).height()

    @contained
    def showEvent(self, a0: QShowEvent | None) -> None:
        super().showEvent(a0)
        self._refresh()

    @contained
    def resizeEvent(self, a0: QResizeEvent | None) -> None:
        super().resizeEvent(a0)
        self._show_division()
