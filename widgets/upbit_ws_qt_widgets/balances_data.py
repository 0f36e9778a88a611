"""Where balances come from: slots, an account, and the markets that value it. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QWidget

from upbit_ws_qt.errors import AuthenticationFailed
from upbit_ws_qt.events import (
    Balance,
    BalanceEvent,
    ConnectionState,
    ConnectionType,
    TickerEvent,
)
from upbit_ws_qt.markets import table_tick_size
from upbit_ws_qt.private_protocol import NO_KEY

from .balances_options import OptionedBalances
from .live_widget import contained
from .models.holding_values import CASH, paths
from .models.holdings import Portfolio

if TYPE_CHECKING:
    from upbit_ws_qt.qt.markets import MarketList
    from upbit_ws_qt.qt.proxy import WebSocketClientProxy
    from upbit_ws_qt.qt.subscription import Subscription

__all__ = ["FedBalances"]

_MISSING_RIGHT = "out_of_scope"


# State: the portfolio; the subscriptions to balances and to each market's ticker, and the list of
# markets it listens to; whether balances are known, whether they came from an account, and a
# refusal of its key.
class FedBalances(OptionedBalances):
    """Balances with the prices of exactly the markets they need, and why something is missing."""

    component = "balances"
    connection_type = ConnectionType.PRIVATE

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._portfolio = Portfolio()
        self._balances: Subscription | None = None
        self._tickers: dict[str, Subscription] = {}
        self._markets: MarketList | None = None
        self._known = False
        self._from_account = False
        self._refusal: AuthenticationFailed | None = None

    def changed(self) -> None:
        """For subclasses: a price, a balance or the state of the data is another."""
        raise NotImplementedError

    def renamed(self) -> None:
        """For subclasses: names or price steps of markets are others."""
        raise NotImplementedError

    # -- data ----------------------------------------------------------------------------------

    @contained
    def setBalances(self, balances: Sequence[Balance]) -> None:
        """Show these balances; they replace the former ones as a whole."""
        self._take_balances(balances, from_account=False)

    @contained
    def applyTicker(self, event: TickerEvent) -> None:
        """Value what follows the market of ``event``; other markets change nothing."""
        if event.market_state == "DELISTED":
            self._portfolio.end_market(event.code)
        else:
            self._portfolio.set_price(event.code, event.trade_price)
        self.changed()

    def _take_balances(self, balances: Iterable[Balance], *, from_account: bool) -> None:
        self._portfolio.set_balances(balances)
        self._known, self._from_account = True, from_account
        self._follow_markets()
        self.changed()

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
        self.renamed()

    def _follow_markets(self) -> None:
        """Hold one ticker subscription for each market that is needed, and no other."""
        proxy = self.proxy()
        if proxy is None:
            return
        markets = proxy.markets
        needed = self._portfolio.follow(
            markets.__contains__ if len(markets) else None, markets.is_gone
        )
        for market in set(self._tickers).difference(needed):
            self._tickers.pop(market).unsubscribe()
        self._portfolio.keep_prices(needed)
        for market in needed:
            if market not in self._tickers:
                self._tickers[market] = proxy.subscribe_ticker(
                    market, self.applyTicker, error_handler=self.fail
                )

    @contained
    def stateUpdated(self) -> None:
        if self._from_account and self._has_no_key():
            # The key was taken away, and with it the right to show what it opened.
            self._portfolio.set_balances(())
            self._known = self._from_account = False
            self._refusal = None
            self._follow_markets()
        self.changed()

    # -- what is said of it --------------------------------------------------------------------

    def nameOf(self, currency: str) -> str:
        """The asset's name in the widget's language; empty where the exchange gives none."""
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

    def tickAt(self, market: str, price: float) -> float:
        """The price step of a market at a price."""
        proxy = self.proxy()
        if proxy is None:
            return table_tick_size(market, price)
        return proxy.markets.tick_size(market, price)

    def badge(self) -> str:
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

    def advice(self) -> str:
        """What the state of the data means and what to do, in full; empty while it is live."""
        if not self._from_account:
            return ""
        if self._refusal is not None:
            return self._of_refusal()
        event = self.connection()
        if event is not None and event.state is ConnectionState.POLLING:
            return self.text("balances.polled_advice")
        return self.text("balances.stale_advice") if self.badge() else ""

    def notice(self) -> str:
        """Why there is nothing to show, and what to do; empty where there is something."""
        if self._known:
            return "" if self._portfolio.holdings() else self.text("balances.empty")
        if self.proxy() is None:
            return self.text("balances.unbound")
        if self._has_no_key():
            return self.text("balances.no_key")
        if self._refusal is not None or not self._is_available():
            return self._of_refusal()
        return self.text("balances.loading")

    def _of_refusal(self) -> str:
        missing = self._refusal is not None and self._refusal.name == _MISSING_RIGHT
        return self.text("balances.no_right" if missing else "balances.key_refused")

    def _has_no_key(self) -> bool:
        proxy, event = self.proxy(), self.connection()
        if proxy is None or proxy.is_private_available():
            return False
        return event is None or event.state is not ConnectionState.REFUSED or event.reason == NO_KEY

    def _is_available(self) -> bool:
        proxy = self.proxy()
        return proxy is not None and proxy.is_private_available()
