"""The order book on the simulated exchange: its groups, the account's orders. Widgets."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from tests.feed import Feed
from tests.order_books import painted, settle
from upbit_ws_qt import ConnectionState, ConnectionType, GlobalWebSocketManager
from upbit_ws_qt.events import DataType
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt.simulator.account.orders import NewOrder
from upbit_ws_qt_widgets.models.ladder_sides import sides_of
from upbit_ws_qt_widgets.models.level_trades import WINDOW_MS
from upbit_ws_qt_widgets.orderbook import OrderbookWidget

LEVEL = 10_000.0


@pytest.fixture
def widget(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, qtbot: QtBot
) -> OrderbookWidget:
    """A widget on screen, bound, with a book of KRW-BTC."""
    made = OrderbookWidget()
    qtbot.addWidget(made)
    made.resize(490, 1500)
    made.setLanguage("en")
    made.setMarket("KRW-BTC")
    made.bind(manager)
    made.show()
    feed.until(lambda: made.orderbook() is not None and len(made.groupings()) > 1)
    settle(made, qtbot)
    return made


def rows(widget: OrderbookWidget) -> list[tuple[float, float]]:
    return [(row.price, row.size) for row in painted(widget).rows]


def own(widget: OrderbookWidget) -> dict[float, str]:
    return {row.price: row.own for row in painted(widget).rows if row.own}


def wanted_types(manager: GlobalWebSocketManager) -> set[DataType]:
    wanted = manager.get_subscription_summary().wanted
    return {kind for kind, codes in wanted.items() if codes}


def is_connected(manager: GlobalWebSocketManager) -> bool:
    return manager.connection_state(ConnectionType.PRIVATE) is ConnectionState.CONNECTED


def test_the_exchange_groups_where_it_offers_to(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    widget: OrderbookWidget,
    qtbot: QtBot,
) -> None:
    feed.until(lambda: manager.markets.levels("KRW-BTC") != (0.0,))
    assert widget.groupings() == manager.markets.levels("KRW-BTC")
    assert LEVEL in widget.groupings()
    spread = painted(widget).strip[0]
    widget.setGrouping(LEVEL)
    feed.until(lambda: getattr(widget.orderbook(), "level", 0.0) == LEVEL)
    settle(widget, qtbot)
    proxy = widget.proxy()
    assert proxy is not None
    [truth] = feed(proxy.get_orderbook_snapshot("KRW-BTC", level=LEVEL))
    asks = [(unit.ask_price, unit.ask_size) for unit in truth.orderbook_units]
    bids = [(unit.bid_price, unit.bid_size) for unit in truth.orderbook_units]
    assert rows(widget) == asks[::-1] + bids
    assert len(rows(widget)) == 60
    # The exact book goes on beside it: the spread is not that of the groups.
    assert painted(widget).strip[0] == spread
    widget.setGrouping(0.0)
    assert getattr(widget.orderbook(), "level", None) == 0.0


def test_groups_of_its_own_need_no_other_stream(
    manager: GlobalWebSocketManager, widget: OrderbookWidget, qtbot: QtBot
) -> None:
    before = manager.get_subscription_summary()
    widget.setGrouping(3000.0)
    settle(widget, qtbot)
    assert manager.get_subscription_summary() == before
    assert {price % 3000 for price, _ in rows(widget) if price} == {0}


def test_rows_tell_what_the_exchange_traded_in_the_last_minute(
    feed: Feed, exchange: SimulatedExchange, widget: OrderbookWidget, qtbot: QtBot
) -> None:
    proxy = widget.proxy()
    assert proxy is not None
    widget.setTradesPerLevelShown(True)
    widget.setGrouping(1_000_000.0)  # so coarse that no trade is beyond the rows
    # Everything that was traded before is over a minute ago then.
    feed(exchange.advance(2 * WINDOW_MS))
    truth = feed(proxy.get_trade_snapshot("KRW-BTC", count=500))
    newest = max(truth, key=lambda event: event.sequential_id)
    feed.until(lambda: newest.sequential_id in widget._memory.traded._numbers)
    settle(widget, qtbot)
    told = widget._memory.traded
    book = widget.orderbook()
    assert book is not None
    counted = [event for event in truth if event.sequential_id in told._numbers]
    # By the widget it is later than the last book, by as much as this test has taken since.
    now = book.timestamp
    sure = [event for event in truth if event.priced_ms > now - WINDOW_MS + 10_000]
    assert len(sure) > 3
    assert {event.sequential_id for event in sure} <= told._numbers
    assert all(event.priced_ms > now - WINDOW_MS for event in counted)
    shown = told.amounts(sides_of(book), 1.0, in_value=False)
    assert sum(shown.values()) == pytest.approx(sum(event.trade_volume for event in counted))
    assert any(row.traded_bar for row in painted(widget).rows)


def test_without_a_key_nothing_private_is_asked_for(
    manager: GlobalWebSocketManager, widget: OrderbookWidget
) -> None:
    assert manager.connection_state(ConnectionType.PRIVATE) is ConnectionState.IDLE
    assert DataType.ORDER not in wanted_types(manager)
    assert own(widget) == {}
    assert painted(widget).badge == ""


def test_own_orders_come_and_go_with_the_account(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    widget: OrderbookWidget,
    qtbot: QtBot,
) -> None:
    book = widget.orderbook()
    assert book is not None
    price = book.orderbook_units[5].bid_price
    manager.set_credentials(exchange.credentials())
    feed(exchange.advance(2_000))
    feed.until(lambda: is_connected(manager))
    order = exchange.broker.place(
        NewOrder("KRW-BTC", "bid", "limit", price=f"{price:.0f}", volume="0.01")
    )
    feed.until(lambda: own(widget) == {price: "0.010"})
    widget.setOwnOrdersShown(False)
    feed.until(lambda: own(widget) == {})
    widget.setOwnOrdersShown(True)
    feed.until(lambda: own(widget) == {price: "0.010"})
    exchange.broker.cancel(order)
    feed.until(lambda: own(widget) == {})


def test_without_the_key_its_orders_are_not_shown_any_more(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    widget: OrderbookWidget,
) -> None:
    book = widget.orderbook()
    assert book is not None
    price = book.orderbook_units[5].bid_price
    exchange.broker.place(NewOrder("KRW-BTC", "bid", "limit", price=f"{price:.0f}", volume="0.01"))
    manager.set_credentials(exchange.credentials())
    feed(exchange.advance(1_000))
    feed.until(lambda: own(widget))
    assert DataType.ORDER in wanted_types(manager)
    manager.set_credentials(None)
    feed.until(lambda: not own(widget))
    assert painted(widget).badge == ""
    # Without a key nothing private is wanted, or health would miss one.
    feed.until(lambda: DataType.ORDER not in wanted_types(manager))
    manager.set_credentials(exchange.credentials())
    feed(exchange.advance(1_000))
    feed.until(lambda: own(widget))


def test_a_key_without_the_right_is_said_and_the_book_goes_on(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    widget: OrderbookWidget,
    qtbot: QtBot,
) -> None:
    told: list[str] = []
    widget.errorOccurred.connect(told.append)
    manager.set_credentials(exchange.issue_key(rights=["자산조회"]))
    feed(exchange.advance(1_000))
    feed.until(lambda: told)
    assert len(told) == 1
    assert painted(widget).badge == ""
    feed(exchange.advance(2_000))
    settle(widget, qtbot)
    assert rows(widget)
