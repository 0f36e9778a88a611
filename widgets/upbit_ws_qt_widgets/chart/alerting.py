"""Prices that a chart's user wants to be told of. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PyQt6.QtCore import pyqtSignal

from upbit_ws_qt.markets import format_price
from upbit_ws_qt_widgets.live_widget import contained
from upbit_ws_qt_widgets.models.live_bars import Trade
from upbit_ws_qt_widgets.models.price_alerts import PriceAlerts

from .navigation import NavigableWidget
from .surface import ChartSurface
from .trading_menu import alert_price_dialog

__all__ = ["AlertingWidget"]


# State: the chart's own.
class AlertingWidget(NavigableWidget):
    """A widget with a chart that tells when the price crosses another.

    Signals:
        alertTriggered(int, float, float): the price crossed an alert: its id, its price, and the
            price of the trade that did.
        alertsChanged(str): the alerts of this market are not the same any more.
    """

    alertTriggered = pyqtSignal(int, float, float)
    alertsChanged = pyqtSignal(str)

    def attachSurface(self, surface: ChartSurface) -> None:
        super().attachSurface(surface)
        surface.marks.alertWanted.connect(self._on_alert_wanted)
        surface.marks.alertUnwanted.connect(self.removeAlert)

    @contained
    def addAlert(self, price: float, direction: str = "cross") -> int:
        """Be told once by ``alertTriggered`` when a trade crosses ``price``.

        Returns the id of the alert, or None where the price or the direction is wrong.

        Args:
            price: in the quote currency.
            direction: ``cross`` either way; ``above`` only upwards, ``below`` only downwards.
        """
        id_ = self._chart.marks.alerts.add(price, direction, self._last_price())
        self._edited()
        return id_

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts of the market on show, as plain data.

        Each has ``id``, ``price``, ``direction``, and whether it has ``fired``; ``side`` says where
        the market was last seen: above it (1), below it (-1), or not yet (0).
        """
        return [alert.plain() for alert in self._chart.marks.alerts.items]

    @contained
    def removeAlert(self, alert: int) -> None:
        """Take away the alert with this id."""
        self._chart.marks.alerts.remove(alert)
        self._edited()

    @contained
    def moveAlert(self, alert: int, price: float) -> None:
        """Give an alert another price, and arm it again."""
        self._chart.marks.alerts.move(alert, price, self._last_price())
        self._edited()

    @contained
    def rearmAlert(self, alert: int) -> None:
        """Let an alert that has fired wait for the next time."""
        self._chart.marks.alerts.rearm(alert, self._last_price())
        self._edited()

    @contained
    def clearAlerts(self) -> None:
        """Take away all alerts of the market on show."""
        self._chart.marks.alerts.clear()
        self._edited()

    def alertPrice(self) -> float | None:
        """The price that a new alert would have: under the pointer, else the last; None if none."""
        return self._surface.marks.pointed_price() if self._chart.bars else None

    def priceText(self, price: float) -> str:
        """A price as the market writes it."""
        return format_price(price, self._chart.tick_size(price))

    @contained
    def askAlertPrice(self) -> None:
        """Ask for a price in a dialog and make an alert there."""
        alert_price_dialog(self, self.alertPrice() or 0.0).open()

    def _edited(self) -> None:
        self.clearError()
        self._alerts_changed()

    def _alerts_changed(self) -> None:
        self.settleMarks()
        self.alertsChanged.emit(self._chart.marks.alerts.market)

    def _last_price(self) -> float | None:
        bars = self._chart.bars
        return bars.bar(bars.end - 1).close if bars else None

    @contained
    def _on_alert_wanted(self, price: float) -> None:
        self._chart.marks.chosen = self.addAlert(price)

    def fireAlerts(self, trade: Trade) -> None:
        """For subclasses: a trade of the market on show."""
        # Without an alert, too: one that is made later must not fire for an older trade.
        crossed = self._chart.marks.alerts.take(trade)
        if crossed:
            self._alerts_changed()
        for alert, price in crossed:
            self.alertTriggered.emit(alert.id, alert.price, price)

    # -- for subclasses ------------------------------------------------------------------------

    def settleMarks(self) -> None:
        """For subclasses: what is marked on the chart is not the same any more."""
        self._chart.marks.settle()
        self._repaint()

    def savedSettings(self) -> dict[str, Any]:
        return {**super().savedSettings(), "alerts": self._chart.marks.alerts.plain()}

    def checkedSettings(self, state: Mapping[str, Any]) -> Callable[[], None]:
        restore_others = super().checkedSettings(state)
        alerts = PriceAlerts.checked(state["alerts"]) if "alerts" in state else None

        def restore() -> None:
            restore_others()
            if alerts is not None:
                self._chart.marks.alerts.restore(alerts)
                self.settleMarks()

        return restore
