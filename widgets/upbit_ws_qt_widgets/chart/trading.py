"""What a chart marks of its owner's trading: orders, fills and the average price. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import pyqtSignal

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.events import BalanceEvent, ConnectionType, OrderEvent, TradeEvent
from upbit_ws_qt_widgets.live_widget import contained, pyqtProperty
from upbit_ws_qt_widgets.models.line_hand import Moved
from upbit_ws_qt_widgets.models.live_bars import Trade, trade_of
from upbit_ws_qt_widgets.models.own_fills import Fill, checked_fill, fill_of
from upbit_ws_qt_widgets.models.own_position import Position, position_of
from upbit_ws_qt_widgets.models.trading_marks import OrderKey
from upbit_ws_qt_widgets.wording import error_text

from .alerting import AlertingWidget
from .settings import flag
from .surface import ChartSurface
from .trading_feed import Source, TradingFeed, Wanted

if TYPE_CHECKING:
    from upbit_ws_qt.qt.manager import GlobalWebSocketManager

__all__ = ["TradingWidget"]

_FLAGS = (
    "orders_shown",
    "fills_shown",
    "average_price_shown",
    "orders_draggable",
    "amounts_hidden",
)


# State: the chart's own; what feeds it, the manager to ask, the last balances, and which of the
# marks came from an account.
class TradingWidget(AlertingWidget):
    """A widget with a chart that marks own orders, fills and the average price.

    It only marks: it never trades. What a key has opened is shown while there is the key; without
    one the slots can be given the same.

    Signals:
        orderMoveRequested(list, float): the user dragged a line of own orders to this price: the
            ids of the orders on it, the oldest first. It stays where it is until the orders move.
    """

    orderMoveRequested = pyqtSignal(list, float)

    def attachSurface(self, surface: ChartSurface) -> None:
        super().attachSurface(surface)
        self._manager: GlobalWebSocketManager | None = None
        self._balances: BalanceEvent | None = None
        self._from_account: set[str] = set()
        surface.marks.moved.connect(self._on_moved_line)
        self._trading = TradingFeed(self)
        self._trading.order.connect(self._on_order)
        self._trading.balances.connect(self._on_balances)
        self._trading.trade.connect(self._on_watched_trade)
        self._trading.fills.connect(self._on_past_fills)
        self._trading.forgotten.connect(self._on_forgotten)
        self._trading.failed.connect(self._on_trading_failed)

    # -- own orders ----------------------------------------------------------------------------

    def areOrdersShown(self) -> bool:
        """Whether own open orders are shown."""
        return self._chart.marks.shows_orders

    @contained
    def setOrdersShown(self, shown: bool) -> None:
        """Show own open orders as lines, or not."""
        self._chart.marks.shows_orders = shown
        self.settleMarks()

    ordersShown = pyqtProperty(bool, fget=areOrdersShown, fset=setOrdersShown)

    def areOrdersDraggable(self) -> bool:
        """Whether lines of own orders can be dragged."""
        return self._chart.marks.are_orders_draggable

    @contained
    def setOrdersDraggable(self, draggable: bool) -> None:
        """Let lines of own orders be dragged, or hold them fast."""
        self._chart.marks.are_orders_draggable = draggable
        self.settleMarks()

    ordersDraggable = pyqtProperty(bool, fget=areOrdersDraggable, fset=setOrdersDraggable)

    @contained
    def setOrders(self, orders: Iterable[OrderEvent]) -> None:
        """Show these open orders instead of those shown; those of other markets are not."""
        market = self._chart.marks.alerts.market
        self._chart.marks.set_orders(event for event in orders if event.code == market)
        self._from_account.discard("orders")
        self.settleMarks()

    @contained
    def applyOrder(self, event: OrderEvent) -> None:
        """Take in what became of one order; a fill is marked as well."""
        marks = self._chart.marks
        if event.code != marks.alerts.market:
            return
        marks.take_order(event)
        fill = fill_of(event)
        if fill is not None:
            marks.fills.add([checked_fill(fill)])
        self.settleMarks()

    # -- own fills -----------------------------------------------------------------------------

    def areFillsShown(self) -> bool:
        """Whether own fills are marked."""
        return self._chart.marks.shows_fills

    @contained
    def setFillsShown(self, shown: bool) -> None:
        """Mark own fills on their bars, or not."""
        self._chart.marks.shows_fills = shown
        self.settleMarks()

    fillsShown = pyqtProperty(bool, fget=areFillsShown, fset=setFillsShown)

    @contained
    def setFills(self, fills: Iterable[Fill]) -> None:
        """Mark these fills of the market on show instead of those marked."""
        checked = [checked_fill(fill) for fill in fills]
        self._chart.marks.fills.clear()
        self._chart.marks.fills.add(checked)
        self._from_account.discard("fills")
        self.settleMarks()

    # -- the average price ---------------------------------------------------------------------

    def isAveragePriceShown(self) -> bool:
        """Whether the average price has a line."""
        return self._chart.marks.shows_average

    @contained
    def setAveragePriceShown(self, shown: bool) -> None:
        """Show the price that was paid on average, with the profit, or not."""
        self._chart.marks.shows_average = shown
        self.settleMarks()

    averagePriceShown = pyqtProperty(bool, fget=isAveragePriceShown, fset=setAveragePriceShown)

    @contained
    def setAveragePrice(self, price: Decimal | float, amount: Decimal | float) -> None:
        """Show that ``amount`` coins were bought at ``price`` on average; 0 of either is no line.

        Decimals are exact; a float stands for the shortest decimal that is this float.
        """
        exact_price, exact_amount = _exact(price), _exact(amount)
        position = Position(exact_price, exact_amount) if exact_price and exact_amount else None
        self._chart.marks.position = position
        self._from_account.discard("balances")
        self.settleMarks()

    def areAmountsHidden(self) -> bool:
        """Whether own amounts are masked."""
        return self._chart.marks.hides_amounts

    @contained
    def setAmountsHidden(self, hidden: bool) -> None:
        """Mask how much there is of orders, fills and profit; prices and rates stay."""
        self._chart.marks.hides_amounts = hidden
        self.settleMarks()

    amountsHidden = pyqtProperty(bool, fget=areAmountsHidden, fset=setAmountsHidden)

    @contained
    def chooseNextLine(self) -> None:
        """Choose the next line in view that can be moved, from the top down, as the key O does."""
        self._surface.marks.choose_next()

    # -- what the user and the market do ------------------------------------------------------

    @contained
    def _on_moved_line(self, moved: Moved) -> None:
        marks = self._chart.marks
        if isinstance(moved.key, OrderKey):
            for line in marks.order_lines:
                if line.key == moved.key:
                    self.orderMoveRequested.emit(list(line.uuids), moved.price)
        else:
            self.moveAlert(moved.key, moved.price)

    @contained
    def _on_watched_trade(self, event: TradeEvent) -> None:
        if event.code == self._chart.marks.alerts.market:
            self.fireAlerts(trade_of(event))

    # -- the account ---------------------------------------------------------------------------

    @contained
    def bind(self, manager: GlobalWebSocketManager | None = None) -> None:
        from upbit_ws_qt.qt.manager import GlobalWebSocketManager

        self.unbind()
        self._manager = manager or GlobalWebSocketManager.instance()
        super().bind(self._manager)

    def unbound(self) -> None:
        self._trading.close()
        self._manager = None

    def stateUpdated(self) -> None:
        super().stateUpdated()
        # There may be a key now, or none any more.
        self._follow_account()

    def showTradingOf(self, market: str) -> None:
        """For subclasses: another market is on show, or the same from another source."""
        marks = self._chart.marks
        if market != marks.alerts.market:
            marks.show(market)
            self._from_account -= {"orders", "fills", "balances"}
            if self._balances is not None:
                self._show_position(self._balances)
        self._follow_account()

    def tradeSeen(self, trade: Trade) -> None:
        """For subclasses: a trade of the market on show, not of a page of the past."""
        self.fireAlerts(trade)
        proxy = self.proxy()
        # Nobody says that there is a key while nothing private is wanted.
        if proxy is not None and not self._trading.holds("orders", "balances"):
            marks = self._chart.marks
            wants_any = marks.shows_orders or marks.shows_fills or marks.shows_average
            if wants_any and proxy.is_private_available():
                self._follow_account()

    def tradingNotice(self, kind: str) -> str:
        """Why there are no ``orders`` or ``balances`` of an account, in the widget's language."""
        reason = self._trading.refusal(kind)
        return self.text(f"chart.trading.{reason}") if reason else ""

    def _follow_account(self) -> None:
        proxy, marks = self.proxy(), self._chart.marks
        market = marks.alerts.market
        if proxy is None or self._manager is None or not market:
            return
        self._trading.follow(
            Source(proxy, self._manager, self.connection(ConnectionType.PRIVATE)),
            Wanted(
                market,
                marks.shows_orders,
                marks.shows_fills,
                marks.shows_average,
                marks.alerts.is_waiting,
            ),
        )
        if not self._trading.holds("orders"):
            self._forget("orders", "fills")
        if not self._trading.holds("balances"):
            self._forget("balances")

    @contained
    def _on_order(self, event: OrderEvent) -> None:
        self._from_account |= {"orders", "fills"}
        self.applyOrder(event)

    @contained
    def _on_past_fills(self, fills: list[Fill]) -> None:
        self._from_account.add("fills")
        self._chart.marks.fills.add(fills)
        self._repaint()

    @contained
    def _on_balances(self, event: BalanceEvent) -> None:
        self._balances = event
        self._show_position(event)
        self._repaint()

    def _show_position(self, event: BalanceEvent) -> None:
        self._from_account.add("balances")
        marks = self._chart.marks
        marks.position = position_of(event.balances, marks.alerts.market)

    @contained
    def _on_forgotten(self) -> None:
        self._forget("orders", "fills", "balances")

    def _forget(self, *kinds: str) -> None:
        """What came from an account goes; another key may be of another account."""
        marks, gone = self._chart.marks, self._from_account.intersection(kinds)
        if "balances" in kinds:
            self._balances = None
        if not gone:
            return
        if "orders" in gone:
            marks.set_orders(())
        if "fills" in gone:
            marks.fills.clear()
        if "balances" in gone:
            marks.position = None
        self._from_account -= gone
        marks.settle()
        self._repaint()

    @contained
    def _on_trading_failed(self, error: Exception) -> None:
        """The bars are there all the same: it is told, and nothing is wrong with them."""
        self.errorOccurred.emit(error_text(error, self.getLanguage()))

    def settleMarks(self) -> None:
        super().settleMarks()
        self._follow_account()

    # -- state ---------------------------------------------------------------------------------

    def savedSettings(self) -> dict[str, Any]:
        return {
            **super().savedSettings(),
            **self._flags(),
        }

    def _flags(self) -> dict[str, bool]:
        marks = self._chart.marks
        values = (
            marks.shows_orders,
            marks.shows_fills,
            marks.shows_average,
            marks.are_orders_draggable,
            marks.hides_amounts,
        )
        return dict(zip(_FLAGS, values, strict=True))

    def checkedSettings(self, state: Mapping[str, Any]) -> Callable[[], None]:
        restore_others = super().checkedSettings(state)
        known = {**self._flags(), **state}
        orders, fills, average, draggable, hidden = (flag(known, name) for name in _FLAGS)

        def restore() -> None:
            restore_others()
            marks = self._chart.marks
            marks.shows_orders, marks.shows_fills, marks.shows_average = orders, fills, average
            marks.are_orders_draggable, marks.hides_amounts = draggable, hidden
            self.settleMarks()

        return restore


def _exact(number: Decimal | float) -> Decimal:
    """The number, exactly.

    Raises:
        InvalidRequest: it is none, or below 0.
    """
    try:
        exact = number if isinstance(number, Decimal) else Decimal(repr(number))
    except InvalidOperation:
        exact = Decimal("nan")
    if not exact.is_finite() or exact < 0:
        raise InvalidRequest(f"a price and an amount of 0 or more are expected; got {number!r}")
    return exact
