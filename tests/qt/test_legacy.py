"""Programs of the earlier style go on, and are told what to write now."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from typing import Any

import pytest
from PyQt6.QtCore import QObject

from tests.feed import Feed
from upbit_ws_qt import (
    BalanceEvent,
    CandleEvent,
    GlobalWebSocketManager,
    InvalidRequest,
    LegacyCompatibilityLayer,
    LegacyWebSocketClient,
    OrderbookEvent,
    OrderEvent,
    OrderState,
    Subscription,
    TickerEvent,
    TradeEvent,
    WebSocketClientProxy,
    WebSocketEvent,
)
from upbit_ws_qt.qt import legacy
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt.simulator.account.orders import NewOrder


def old(
    manager: GlobalWebSocketManager,
    kind: str = "public",
    callback: Callable[[Any], None] | None = None,
) -> LegacyWebSocketClient:
    with pytest.deprecated_call(match="WebSocketClientProxy"):
        return LegacyCompatibilityLayer.create_legacy_client(kind, callback, manager=manager)


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("subscribe_ticker", TickerEvent),
        ("subscribe_trade", TradeEvent),
        ("subscribe_orderbook", OrderbookEvent),
        ("subscribe_candle", CandleEvent),
    ],
)
def test_public_data_reaches_the_default_callback(
    feed: Feed, manager: GlobalWebSocketManager, method: str, kind: type[WebSocketEvent]
) -> None:
    seen: list[WebSocketEvent] = []
    client = old(manager, callback=seen.append)
    with pytest.deprecated_call(match=rf"proxy\.{method}\(") as told:
        subscription: Subscription = getattr(client, method)(["KRW-BTC"])
    assert told[0].filename == __file__, "the warning points at the caller"
    feed(subscription)
    feed.until(lambda: seen)
    assert isinstance(seen[0], kind)
    assert seen[0].symbol == "KRW-BTC"
    with pytest.deprecated_call(match="nothing"):
        feed(client.disconnect())


def test_a_callback_of_its_own_goes_before_the_default(
    feed: Feed, manager: GlobalWebSocketManager
) -> None:
    default: list[TickerEvent] = []
    own: list[TickerEvent] = []
    client = old(manager, callback=default.append)
    with pytest.deprecated_call():
        feed(client.subscribe_ticker("KRW-BTC", own.append))
    feed.until(lambda: own)
    assert default == []


def test_without_any_callback_the_log_is_told(
    feed: Feed, manager: GlobalWebSocketManager, caplog: pytest.LogCaptureFixture
) -> None:
    client = old(manager)
    with caplog.at_level("DEBUG", legacy.__name__), pytest.deprecated_call():
        feed(client.subscribe_ticker("KRW-BTC"))
        feed.until(lambda: caplog.messages)
    assert "nobody takes ticker KRW-BTC" in caplog.messages


def test_balances_come_to_a_private_client(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    manager.set_credentials(exchange.credentials())
    seen: list[BalanceEvent] = []
    client = old(manager, "private", seen.append)
    with pytest.deprecated_call():
        feed(client.subscribe_my_asset())
    feed.until(lambda: seen)
    assert "KRW" in {balance.currency for balance in seen[0].balances}
    with pytest.deprecated_call():
        assert client.is_connected


def test_orders_come_to_a_private_client(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    manager.set_credentials(exchange.credentials())
    seen: list[OrderEvent] = []
    client = old(manager, "private", seen.append)
    with pytest.deprecated_call(match=r"proxy\.subscribe_orders\("):
        subscription = client.subscribe_my_order()
    feed(subscription)
    order = exchange.broker.place(NewOrder("KRW-BTC", "bid", "limit", "1000000", "0.01"))
    feed.until(lambda: order.uuid in {event.uuid for event in seen})
    assert seen[-1].state is OrderState.WAIT


def test_it_connects_and_disconnects_as_before(feed: Feed, manager: GlobalWebSocketManager) -> None:
    other = WebSocketClientProxy("chart_main", manager)
    feed(other.subscribe_ticker("KRW-ETH"))
    client = old(manager)
    with pytest.deprecated_call():
        feed(client.connect())
    with pytest.deprecated_call():
        assert client.is_connected
    with pytest.deprecated_call():
        subscription = client.subscribe_ticker("KRW-BTC")
    feed(subscription)
    with pytest.deprecated_call():
        feed(client.disconnect())
    assert not subscription.is_active
    feed.until(lambda: {stream.code for stream in manager.wire_subscription()} == {"KRW-ETH"})


def test_each_kind_of_client_says_what_the_other_is_for(
    feed: Feed, manager: GlobalWebSocketManager
) -> None:
    with pytest.deprecated_call(), pytest.raises(InvalidRequest, match=r"'private'.*is 'public'"):
        old(manager).subscribe_my_asset()
    with pytest.deprecated_call(), pytest.raises(InvalidRequest, match=r"'public'.*is 'private'"):
        old(manager, "private").subscribe_ticker("KRW-BTC")
    with pytest.deprecated_call(), pytest.raises(InvalidRequest, match="'both'"):
        LegacyCompatibilityLayer.create_legacy_client("both", manager=manager)


def test_many_clients_live_side_by_side_and_end_with_their_parent(
    feed: Feed, manager: GlobalWebSocketManager
) -> None:
    seen: list[TickerEvent] = []
    panel = QObject()
    with pytest.deprecated_call():
        first = LegacyCompatibilityLayer.create_legacy_client(manager=manager, parent=panel)
        second = LegacyCompatibilityLayer.create_legacy_client(manager=manager, parent=panel)
        kept = first.subscribe_ticker("KRW-BTC", seen.append)
        gone = second.subscribe_ticker("KRW-BTC", seen.append)
    feed(kept)
    panel.deleteLater()
    feed.until(lambda: not (kept.is_active or gone.is_active))
    assert first.proxy.client_id != second.proxy.client_id


def test_a_callback_of_a_dying_object_does_not_keep_it(
    feed: Feed, manager: GlobalWebSocketManager
) -> None:
    class Panel:
        def __init__(self) -> None:
            self.client = old(manager, callback=self.show)

        def show(self, event: TickerEvent) -> None: ...

    panel = Panel()
    with pytest.deprecated_call():
        subscription = panel.client.subscribe_ticker("KRW-BTC")
    feed(subscription)
    del panel
    feed.until(lambda: not subscription.is_active)


def test_the_application_has_one_manager_for_old_and_new(
    feed: Feed, manager: GlobalWebSocketManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GlobalWebSocketManager, "instance", lambda: manager)
    with pytest.deprecated_call():
        client = LegacyCompatibilityLayer.create_legacy_client("public")
        feed(client.subscribe_ticker("KRW-BTC"))
    assert client.proxy.client_id in manager.get_subscription_summary().clients


def test_what_to_write_now_can_be_written() -> None:
    """Every method that is named is one of a proxy, and every warning has its words."""
    for then, now in legacy.WRITE_NOW.items():
        calls = [part for part in now.replace(",", " ").split() if part.startswith("proxy.")]
        for call in calls:
            assert hasattr(WebSocketClientProxy, call.removeprefix("proxy.").partition("(")[0])
        found = inspect.getattr_static(LegacyWebSocketClient, then, None)
        assert found or hasattr(LegacyCompatibilityLayer, then)
    tree = ast.parse(inspect.getsource(legacy))
    warned = {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", getattr(call.func, "attr", "")) in ("_warn", "_begin")
        and isinstance(call.args[0], ast.Constant)
    }
    assert warned == set(legacy.WRITE_NOW)
