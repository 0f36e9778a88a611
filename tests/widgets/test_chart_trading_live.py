"""A chart's marks of an account on the simulated exchange. Widgets."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from PyQt6 import sip

from tests.feed import Feed
from tests.own_trading import order
from upbit_ws_qt import GlobalWebSocketManager
from upbit_ws_qt.events import ConnectionState, ConnectionType, DataType
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt.simulator.account.orders import NewOrder, Order
from upbit_ws_qt.system.credentials import Credentials
from upbit_ws_qt_widgets import ChartWidget
from upbit_ws_qt_widgets.chart.chart_menu import chart_section
from upbit_ws_qt_widgets.models.own_fills import Fill
from upbit_ws_qt_widgets.models.own_position import Position
from upbit_ws_qt_widgets.models.trading_marks import TradingMarks

MARKET = "KRW-BTC"


@pytest.fixture
def chart(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> Iterator[ChartWidget]:
    """A chart with live bars, and no key yet."""
    widget = ChartWidget()
    widget.setLanguage("en")
    widget.resize(800, 500)
    widget.show()
    widget.bind(manager)
    widget.setMarket(MARKET)
    feed.until(lambda: widget._feed._has_loaded)
    for subscription in widget._feed._subscriptions:
        feed(subscription)
    yield widget
    sip.delete(widget)


def marks(chart: ChartWidget) -> TradingMarks:
    return chart._chart.marks


def wanted_types(manager: GlobalWebSocketManager) -> set[DataType]:
    """What is asked for, beside what every chart asks for."""
    [specs] = manager.get_subscription_summary().clients.values()
    bars = {DataType.TICKER, DataType.TRADE, DataType.CANDLE}
    return {spec.data_type for spec in specs} - bars


def alert_watches(manager: GlobalWebSocketManager) -> int:
    """How many subscriptions to trades there are beside that of the bars."""
    [specs] = manager.get_subscription_summary().clients.values()
    return [spec.data_type for spec in specs].count(DataType.TRADE) - 1


def place(feed: Feed, exchange: SimulatedExchange, **fields: Any) -> Order:
    """Place an order; its frames are sent when time goes on."""
    given = {"side": "bid", "ord_type": "limit", **fields}
    order = exchange.broker.place(NewOrder(MARKET, **given))
    feed(exchange.advance(1))
    return order


def unlock(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    key: Credentials | None = None,
) -> None:
    """Set a key, and wait until its connection is open; a trade makes the chart look for it."""
    manager.set_credentials(key or exchange.credentials())
    feed(exchange.advance(2_000))
    feed.until(
        lambda: manager.connection_state(ConnectionType.PRIVATE) is ConnectionState.CONNECTED
    )
    feed.turns()


def uuids(chart: ChartWidget) -> set[str]:
    return {uuid for line in marks(chart).order_lines for uuid in line.uuids}


def fill_rows(chart: ChartWidget) -> set[tuple[int, float, float]]:
    rows = marks(chart).fills._rows
    return {(int(row["time"]), float(row["price"]), float(row["volume"])) for row in rows}


def held(chart: ChartWidget) -> Decimal:
    position = marks(chart).position
    assert position is not None
    return position.amount


def truth(order: Order) -> set[tuple[int, float, float]]:
    return {(fill.time_ms, float(fill.price), float(fill.volume)) for fill in order.fills}


def names(*orders: Order) -> set[str]:
    return {fill.uuid for order in orders for fill in order.fills}


def section(chart: ChartWidget, name: str) -> list[str]:
    menu = chart_section(chart, name)
    titles = [action.text() for action in menu.actions()]
    menu.deleteLater()
    return titles


def test_without_a_key_nothing_private_is_asked_for_and_the_menu_says_why(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, chart: ChartWidget
) -> None:
    feed(exchange.advance(2_000))
    assert wanted_types(manager) == set()
    assert chart.stateText() == ""
    assert section(chart, "trading")[:3] == [
        "Show open orders (no API key)",
        "Show fills (no API key)",
        "Show the average price (no API key)",
    ]


def test_orders_fills_and_the_average_price_follow_the_account(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, chart: ChartWidget
) -> None:
    unlock(feed, exchange, manager)
    assert wanted_types(manager) == {DataType.ORDER, DataType.BALANCE}
    [specs] = manager.get_subscription_summary().clients.values()
    assert {spec.symbols for spec in specs if spec.data_type is DataType.ORDER} == {(MARKET,)}
    for subscription in chart._trading._held.values():
        feed(subscription)
    assert section(chart, "trading")[0] == "Show open orders"
    order = place(feed, exchange, price="50000000", volume="0.01")
    feed.until(lambda: order.uuid in uuids(chart))
    exchange.broker.cancel(order)
    feed(exchange.advance(1))
    feed.until(lambda: order.uuid not in uuids(chart))
    feed.until(lambda: marks(chart).position is not None)
    before = held(chart)
    bought = place(feed, exchange, ord_type="price", price="100000")
    feed.until(lambda: bought.fills and truth(bought) <= fill_rows(chart))
    feed.until(lambda: held(chart) == before + bought.executed_volume)


def test_fills_from_before_are_read_and_stand_at_their_own_times(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, chart: ChartWidget
) -> None:
    ended = place(feed, exchange, ord_type="price", price="100000")
    waits = place(feed, exchange, price="50000000", volume="0.01")
    feed(exchange.advance(60_000))
    later = place(feed, exchange, side="ask", ord_type="market", volume="0.001")
    assert ended.fills
    assert later.fills
    unlock(feed, exchange, manager)
    feed.until(lambda: truth(ended) | truth(later) <= fill_rows(chart))
    feed.until(lambda: waits.uuid in uuids(chart))
    # Asked for again, only what is new is read, and what the stream has told counts once.
    again: list[list[Fill]] = []
    chart._trading.fills.connect(again.append)
    newest = place(feed, exchange, ord_type="price", price="200000")
    feed.until(lambda: truth(newest) <= fill_rows(chart))
    chart.setFillsShown(False)
    chart.setFillsShown(True)
    feed.until(lambda: again and not chart._trading._unread)
    assert {fill.uuid for fills in again for fill in fills} == names(newest)
    assert truth(ended) | truth(later) | truth(newest) <= fill_rows(chart)
    assert len(marks(chart).fills) == len(fill_rows(chart))


def test_what_is_not_shown_is_not_asked_for(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, chart: ChartWidget
) -> None:
    unlock(feed, exchange, manager)
    feed.until(lambda: marks(chart).position is not None and uuids(chart))
    chart.setAveragePriceShown(False)
    feed.until(lambda: wanted_types(manager) == {DataType.ORDER})
    assert marks(chart).position is None
    chart.setOrdersShown(False)
    assert wanted_types(manager) == {DataType.ORDER}, "fills come the same way"
    chart.setFillsShown(False)
    feed.until(lambda: wanted_types(manager) == set())
    chart.setOrdersShown(True)
    chart.setAveragePriceShown(True)
    feed.until(lambda: marks(chart).position is not None and uuids(chart))
    chart.setFillsShown(True)


def test_without_the_key_what_it_opened_is_gone(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, chart: ChartWidget
) -> None:
    place(feed, exchange, ord_type="price", price="100000")
    unlock(feed, exchange, manager)
    feed.until(
        lambda: marks(chart).position is not None and uuids(chart) and len(marks(chart).fills)
    )
    manager.set_credentials(None)
    feed.until(lambda: not uuids(chart))
    assert (marks(chart).position, len(marks(chart).fills)) == (None, 0)
    feed.until(lambda: wanted_types(manager) == set())
    assert section(chart, "trading")[0] == "Show open orders (no API key)"
    unlock(feed, exchange, manager)
    feed.until(lambda: marks(chart).position is not None and uuids(chart))


def test_what_was_given_by_hand_does_not_go_with_a_key(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, chart: ChartWidget
) -> None:
    unlock(feed, exchange, manager)
    feed.until(lambda: marks(chart).position is not None and uuids(chart))
    chart.setOrders([order("mine", "90000000")])
    chart.setFills([Fill(int(chart._chart.bars.times[-1]), 1e8, 1.0, is_ask=False)])
    chart.setAveragePrice(90_000_000, 0.5)
    manager.set_credentials(None)
    feed.until(lambda: wanted_types(manager) == set())
    assert uuids(chart) == {"mine"}
    assert len(marks(chart).fills) == 1
    assert marks(chart).position == Position(Decimal(90_000_000), Decimal("0.5"))


def test_a_key_without_the_right_shows_the_rest_and_the_menu_says_why(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, chart: ChartWidget
) -> None:
    told: list[str] = []
    chart.errorOccurred.connect(told.append)
    unlock(feed, exchange, manager, exchange.issue_key(rights=["자산조회"]))
    feed.until(lambda: marks(chart).position is not None)
    feed.until(lambda: chart.tradingNotice("orders"))
    assert section(chart, "trading")[:3] == [
        "Show open orders (the API key lacks the right)",
        "Show fills (the API key lacks the right)",
        "Show the average price",
    ]
    assert told == []
    assert chart.stateText() == ""


@pytest.mark.allow_logs("a refused key is logged")
def test_a_refused_key_is_said_to_be(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, chart: ChartWidget
) -> None:
    key = exchange.issue_key()
    exchange.delete_key(key)
    manager.set_credentials(key)
    feed(exchange.advance(2_000))
    feed.until(lambda: chart.tradingNotice("balances") == "the API key was refused")
    assert chart.tradingNotice("orders") == "the API key was refused"


def test_another_market_has_its_own_orders_and_average(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, chart: ChartWidget
) -> None:
    bought = place(feed, exchange, ord_type="price", price="100000")
    unlock(feed, exchange, manager)
    feed.until(lambda: marks(chart).position is not None and uuids(chart))
    feed.until(lambda: truth(bought) <= fill_rows(chart))
    first = marks(chart).position
    chart.setMarket("KRW-ETH")
    assert uuids(chart) == set()
    assert fill_rows(chart).isdisjoint(truth(bought))
    # Balances are known already, of every coin.
    assert marks(chart).position != first
    rows = {row.currency: row for row in feed(manager.get_accounts())}
    position = marks(chart).position
    assert (None if position is None else position.price) == (
        rows["ETH"].avg_buy_price if "ETH" in rows else None
    )
    chart.setMarket(MARKET)
    feed.until(lambda: uuids(chart) and truth(bought) <= fill_rows(chart))
    assert marks(chart).position == first


def test_a_late_answer_about_the_former_market_is_ignored(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, chart: ChartWidget
) -> None:
    for price in ("100000", "110000", "120000"):
        place(feed, exchange, ord_type="price", price=price)
    read: list[list[Fill]] = []
    chart._trading.fills.connect(read.append)
    unlock(feed, exchange, manager)
    feed.until(lambda: len(read) == 1 and chart._trading._unread)
    # The next one is on its way.
    chart.setMarket("KRW-ETH")
    for _ in range(3):
        feed(manager.get_accounts())
    assert fill_rows(chart) == set()
    assert len(read) == 1


def test_unbound_the_account_is_gone_and_bound_again_it_is_back(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, chart: ChartWidget
) -> None:
    unlock(feed, exchange, manager)
    feed.until(lambda: marks(chart).position is not None and uuids(chart))
    chart.unbind()
    assert (marks(chart).position, uuids(chart)) == (None, set())
    chart.addAlert(1.0)
    chart.setOrdersShown(True)
    chart.bind(manager)
    feed.until(lambda: marks(chart).position is not None and uuids(chart))


# -- alerts --------------------------------------------------------------------------------------


def last_price(chart: ChartWidget) -> float:
    bars = chart._chart.bars
    return bars.bar(bars.end - 1).close


def test_trades_are_watched_only_while_an_alert_waits(
    manager: GlobalWebSocketManager, chart: ChartWidget
) -> None:
    assert alert_watches(manager) == 0
    alert = chart.addAlert(1.0)
    assert alert_watches(manager) == 1
    chart.addAlert(2.0)
    assert alert_watches(manager) == 1
    chart.removeAlert(alert)
    assert alert_watches(manager) == 1
    chart.setMarket("KRW-ETH")
    assert alert_watches(manager) == 0
    chart.setMarket(MARKET)
    assert alert_watches(manager) == 1
    chart.clearAlerts()
    assert alert_watches(manager) == 0


@pytest.mark.parametrize("hidden", [False, True])
def test_an_alert_fires_once_whether_or_not_the_chart_can_be_seen(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    chart: ChartWidget,
    hidden: bool,
) -> None:
    fired: list[tuple[int, float, float]] = []
    chart.alertTriggered.connect(lambda *told: fired.append(told))
    tick = chart._chart.tick_size(last_price(chart))
    above = chart.addAlert(last_price(chart) + tick, "above")
    below = chart.addAlert(last_price(chart) - tick, "below")
    far = chart.addAlert(last_price(chart) * 2)
    if hidden:
        chart.hide()
    proxy = chart.proxy()
    assert proxy is not None
    feed.until(lambda: proxy.is_paused is hidden)
    for _ in range(60):
        feed(exchange.advance(5_000))
        feed.turns()
        if len(fired) == 2:
            break
    feed(exchange.advance(10_000))
    feed.turns()
    assert sorted(alert for alert, _, _ in fired) == sorted([above, below])
    for alert, price, trade_price in fired:
        assert trade_price >= price if alert == above else trade_price <= price
    assert [alert["id"] for alert in chart.alerts() if not alert["fired"]] == [far]
