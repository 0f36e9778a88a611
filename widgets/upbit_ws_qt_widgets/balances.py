"""What an account holds, valued as prices come. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QLabel, QStackedLayout, QVBoxLayout, QWidget

from upbit_ws_qt.errors import AuthenticationFailed
from upbit_ws_qt.events import (
    Balance,
    BalanceEvent,
    ConnectionState,
    ConnectionType,
    TickerEvent,
)
from upbit_ws_qt.markets import table_tick_size
from upbit_ws_qt.protocol import NO_KEY

from .balances_model import HoldingsModel
from .balances_table import HoldingsTable, theme_palette
from .balances_totals import TotalsBar, TotalsCell
from .frame_timer import FrameTimer
from .live_widget import LiveWidget, contained
from .models.holding_rows import (
    UNKNOWN,
    UNPRICED,
    Column,
    HoldingRow,
    format_rate,
    format_won,
    make_row,
)
from .models.holdings import CASH, Holding, Portfolio, Totals, paths
from .theme import korean_font

if TYPE_CHECKING:
    from upbit_ws_qt.qt.markets import MarketList
    from upbit_ws_qt.qt.proxy import WebSocketClientProxy
    from upbit_ws_qt.qt.subscription import Subscription

__all__ = ["BalanceMonitor"]

_STATE_VERSION = 1
_RESORT_MS = 500
_UNSEEN_MS = 1000
_MISSING_RIGHT = "out_of_scope"


# State: the portfolio and the totals on show; the subscriptions to balances and to each market's
# ticker, and the list of markets it listens to; whether balances are known, whether they came from
# an account, and a refusal of its key.
class BalanceMonitor(LiveWidget):
    """What an account holds, valued in won as prices come, with profit and loss.

    It shows what its slots are given and needs no network; ``bind`` connects it to live data,
    which needs a key with the right to read assets. What has no price is shown so and counted.
    A click on a column's head sorts by its numbers; Ctrl+C copies the selected rows.

    Signals:
        totalsChanged(): the totals are others; see ``totals``.
    """

    totalsChanged = pyqtSignal()

    component = "balances"
    connection_type = ConnectionType.PRIVATE

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._portfolio = Portfolio()
        self._totals = Totals()
        self._balances: Subscription | None = None
        self._tickers: dict[str, Subscription] = {}
        self._markets: MarketList | None = None
        self._known = False
        self._from_account = False
        self._refusal: AuthenticationFailed | None = None
        self._frame = FrameTimer(self)
        self._frame.timeout.connect(self._refresh)
        self._unseen = FrameTimer(self, _UNSEEN_MS)
        self._unseen.timeout.connect(self._refresh)
        self._order = FrameTimer(self, _RESORT_MS)
        self._order.timeout.connect(self._resort)
        self._model = HoldingsModel(self.themeColors(), self.getLanguage(), self)
        self._bar = TotalsBar(self.themeColors(), self)
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
        layout.addWidget(self._bar)
        layout.addLayout(self._pages, 1)
        self.setFocusProxy(self._table)
        self.restyled()
        self.retranslated()

    # -- data ----------------------------------------------------------------------------------

    @contained
    def setBalances(self, balances: Sequence[Balance]) -> None:
        """Show these balances; they replace the former ones as a whole."""
        self._take_balances(balances, from_account=False)

    @contained
    def applyTicker(self, event: TickerEvent) -> None:
        """Value what follows the market of ``event``; other markets change nothing."""
        delisted = event.market_state == "DELISTED"
        self._portfolio.set_price(event.code, None if delisted else event.trade_price)
        self._changed()

    def totals(self) -> Totals:
        """The totals as shown."""
        return self._totals

    def _take_balances(self, balances: Iterable[Balance], *, from_account: bool) -> None:
        self._portfolio.set_balances(balances)
        self._known, self._from_account = True, from_account
        self._follow_markets()
        self._changed()

    # -- the account ---------------------------------------------------------------------------

    def bound(self, proxy: WebSocketClientProxy) -> None:
        if self._markets is not proxy.markets:
            self._markets = proxy.markets
            self._markets.changed.connect(self._on_markets_changed)
        self._balances = proxy.subscribe_balance(self._on_balances, error_handler=self._on_refused)
        self._follow_markets()
        self.stateUpdated()

    def unbound(self) -> None:
        self._balances = None
        self._tickers.clear()
        self._refusal = None
        self.stateUpdated()

    @contained
    def _on_balances(self, event: BalanceEvent) -> None:
        self._refusal = None
        self.clearError()
        self._take_balances(event.balances, from_account=True)

    @contained
    def _on_refused(self, error: Exception) -> None:
        """A refused key is no fault of the program: what to do stands where the table would."""
        if not isinstance(error, AuthenticationFailed):
            self.fail(error)
            return
        self._refusal = error
        self.errorOccurred.emit(str(error))
        self.stateUpdated()

    @contained
    def _on_markets_changed(self) -> None:
        self._follow_markets()
        self._rewrite()

    def _follow_markets(self) -> None:
        """Hold one ticker subscription for each market that is needed, and no other."""
        proxy = self.proxy()
        if proxy is None:
            return
        listed = proxy.markets.__contains__ if len(proxy.markets) else None
        needed = self._portfolio.markets(listed)
        for market in set(self._tickers).difference(needed):
            self._tickers.pop(market).unsubscribe()
        self._portfolio.keep_prices(needed)
        for market in needed:
            if market not in self._tickers:
                self._tickers[market] = proxy.subscribe_ticker(
                    market, self.applyTicker, error_handler=self.fail
                )

    def _has_no_key(self) -> bool:
        proxy, event = self.proxy(), self.connection()
        if proxy is None or proxy.is_private_available():
            return False
        return event is None or event.state is not ConnectionState.REFUSED or event.reason == NO_KEY

    @contained
    def stateUpdated(self) -> None:
        if self._from_account and self._has_no_key():
            # The key was taken away, and with it the right to show what it opened.
            self._portfolio.set_balances(())
            self._known = self._from_account = False
            self._refusal = None
            self._follow_markets()
        self._changed()

    # -- what is kept --------------------------------------------------------------------------

    def saveState(self) -> dict[str, Any]:
        """What the user chose, as plain data; see ``restoreState``."""
        column, descending = self._model.sorting()
        return {
            "version": _STATE_VERSION,
            "sort": Column(column).name.lower(),
            "descending": descending,
            "widths": self._table.widths(),
        }

    def restoreState(self, state: Mapping[str, Any]) -> bool:
        """Take back what ``saveState`` returned; False, and nothing changes, for anything else."""
        sort, widths = state.get("sort"), state.get("widths")
        names = {column.name.lower(): column for column in Column}
        if (
            state.get("version") != _STATE_VERSION
            or not isinstance(sort, str)
            or sort not in names
            or not isinstance(widths, dict)
        ):
            return False
        self._table.setWidths(cast("dict[str, object]", widths))
        self._table.sortBy(names[sort], descending=bool(state.get("descending")))
        return True

    # -- what is shown -------------------------------------------------------------------------

    def _changed(self) -> None:
        (self._frame if self.isVisible() else self._unseen).request()

    @contained
    def _refresh(self) -> None:
        """Bring rows and totals up to date; only what differs is told to the view."""
        changed = self._portfolio.revalue()
        holdings = self._portfolio.holdings()
        shown = {row.holding.currency for row in self._model.rows()}
        self._model.removeRowsOf(shown.difference(holdings))
        rows = [self._row(holding) for currency, holding in changed.items() if currency in shown]
        added = [self._row(holdings[currency]) for currency in holdings if currency not in shown]
        self._table.makeRoom(rows + added)
        self._model.changeRows(rows)
        if added:
            self._model.addRows(added)
            self._model.resort()
        elif changed:
            self._order.request()
        self._show_totals()
        self._show_page()

    @contained
    def _resort(self) -> None:
        if self._table.isUnderPointer():
            self._order.request()  # rows do not run away from under the pointer
        else:
            self._model.resort()

    def _row(self, holding: Holding) -> HoldingRow:
        return make_row(holding, self._name_of(holding.currency), self._tick_at)

    def _name_of(self, currency: str) -> str:
        if currency == CASH:
            return self.text("balances.won")
        proxy = self.proxy()
        if proxy is not None:
            for path in paths(currency):
                market = proxy.markets.find(path[0])
                if market is not None:
                    korean = self.getLanguage() == "ko"
                    return market.korean_name if korean else market.english_name
        return ""

    def _tick_at(self, market: str, price: float) -> float:
        proxy = self.proxy()
        if proxy is None:
            return table_tick_size(market, price)
        return proxy.markets.tick_size(market, price)

    def _rewrite(self) -> None:
        """Write every row anew: names, ticks or the language are others."""
        self._model.restyle(self.themeColors(), self.getLanguage())
        self._model.changeRows([self._row(row.holding) for row in self._model.rows()])
        self._changed()

    def _show_totals(self) -> None:
        totals = self._portfolio.totals()
        if totals != self._totals:
            self._totals = totals
            self.totalsChanged.emit()
        sign = (totals.profit > 0) - (totals.profit < 0)
        rate = UNKNOWN if totals.profit_rate is None else format_rate(totals.profit_rate)
        figures = (
            ("total_assets", format_won(totals.assets), 0),
            ("total_cash", format_won(totals.cash), 0),
            ("total_cost", format_won(totals.cost), 0),
            ("total_value", format_won(totals.value), 0),
            ("total_profit", format_won(totals.profit, signed=True), sign),
            ("total_rate", rate, sign),
        )
        cells = tuple(
            TotalsCell(self.text(f"balances.{key}"), text if self._known else UNPRICED, sign)
            for key, text, sign in figures
        )
        remarks = [
            self.text(f"balances.{key}", count=count)
            for key, count in (
                ("unpriced_count", totals.unpriced),
                ("uncosted_count", totals.uncosted),
            )
            if count
        ]
        self._bar.show_totals(cells, " · ".join(remarks), self._badge())

    def _badge(self) -> str:
        """The state of the data; what was put in by a slot is live unless something failed."""
        if self.errorText():
            return self.stateText()
        if not self._from_account:
            return ""
        states = [self.stateText()]
        prices = self.connection(ConnectionType.PUBLIC)
        if self._tickers and prices is not None and prices.state is not ConnectionState.IDLE:
            text = self.connectionText(prices)
            states.append(self.text("balances.prices_state", state=text) if text else "")
        return " · ".join(state for state in states if state)

    def _show_page(self) -> None:
        text = self._notice_text()
        self._notice.setText(text)
        self._pages.setCurrentWidget(self._notice if text else self._table)

    def _notice_text(self) -> str:
        """Why there is no table, and what to do; empty where there is one."""
        if self._known:
            return "" if self._portfolio.holdings() else self.text("balances.empty")
        if self.proxy() is None:
            return self.text("balances.unbound")
        if self._has_no_key():
            return self.text("balances.no_key")
        if self._refusal is not None and self._refusal.name == _MISSING_RIGHT:
            return self.text("balances.no_right")
        if not self._is_available():
            return self.text("balances.key_refused")
        return self.text("balances.loading")

    def _is_available(self) -> bool:
        proxy = self.proxy()
        return proxy is not None and proxy.is_private_available()

    def restyled(self) -> None:
        theme = self.themeColors()
        self._table.restyle(theme, self.font())
        self._notice.setPalette(theme_palette(theme, self.palette()))
        self._notice.setFont(korean_font(self.font()))
        self._bar.restyle(theme)
        self._model.restyle(theme, self.getLanguage())

    def retranslated(self) -> None:
        self._table.setAccessibleName(self.text("balances.name"))
        self._rewrite()
        self._refresh()

    # -- events --------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(920, 360)

    @contained
    def showEvent(self, a0: QShowEvent | None) -> None:
        super().showEvent(a0)
        self._refresh()
