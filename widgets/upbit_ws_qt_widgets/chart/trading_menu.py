"""The sections of a chart's menu about its owner's trading and about price alerts. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QInputDialog

from upbit_ws_qt.markets import quote_currency

if TYPE_CHECKING:
    from .alerting import AlertingWidget
    from .chart_menu import ChartSection
    from .widget import ChartWidget

__all__ = ["alert_price_dialog", "fill_alerts", "fill_trading"]

_MOST = 1e15
_DECIMALS = 8


def fill_trading(menu: ChartSection, chart: ChartWidget) -> None:
    """What is marked, and why something is missing."""
    for name, method, kind, is_on in (
        ("orders", "setOrdersShown", "orders", chart.areOrdersShown()),
        ("fills", "setFillsShown", "orders", chart.areFillsShown()),
        ("average", "setAveragePriceShown", "balances", chart.isAveragePriceShown()),
        ("draggable", "setOrdersDraggable", "", chart.areOrdersDraggable()),
        ("hidden", "setAmountsHidden", "", chart.areAmountsHidden()),
    ):
        title, reason = chart.text(f"chart.trading.{name}"), chart.tradingNotice(kind)
        if reason:
            title = chart.text("chart.trading.missing", title=title, reason=reason)
        menu.call(title, method, not is_on, is_on=is_on)
    menu.addSeparator()
    menu.call(chart.text("chart.trading.next_line"), "chooseNextLine", keys="O")


def fill_alerts(menu: ChartSection, chart: ChartWidget) -> None:
    """New alerts at the pointer's price, and what can be done with those there are."""
    price = chart.alertPrice()
    if price is not None:
        add, shown = chart.text, chart.priceText(price)
        menu.call(add("chart.alert.add", price=shown), "addAlert", price, keys="A")
        menu.call(add("chart.alert.add_above", price=shown), "addAlert", price, "above")
        menu.call(add("chart.alert.add_below", price=shown), "addAlert", price, "below")
    menu.call(chart.text("chart.alert.ask"), "askAlertPrice")
    alerts = chart.alerts()
    if alerts:
        menu.addSeparator()
    for alert in alerts:
        shown = chart.priceText(alert["price"])
        if alert["fired"]:
            menu.call(chart.text("chart.alert.rearm", price=shown), "rearmAlert", alert["id"])
        menu.call(chart.text("chart.alert.remove", price=shown), "removeAlert", alert["id"])
    if alerts:
        menu.call(chart.text("chart.alert.clear"), "clearAlerts")


def alert_price_dialog(chart: AlertingWidget, price: float) -> QInputDialog:
    """Asks for the price of an alert, ``price`` at first; it goes when it is closed."""
    dialog = QInputDialog(chart)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(chart.text("chart.menu.alerts"))
    quote = quote_currency(chart.market()) or "KRW"
    dialog.setLabelText(chart.text("chart.alert.ask_label", quote=quote))
    dialog.setInputMode(QInputDialog.InputMode.DoubleInput)
    dialog.setDoubleDecimals(_DECIMALS)
    dialog.setDoubleRange(10.0**-_DECIMALS, _MOST)
    dialog.setDoubleValue(price)
    dialog.doubleValueSelected.connect(chart.addAlert)
    return dialog
