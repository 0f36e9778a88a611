"""A type of data that a program adds, by the example of the exchange's announcements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from PyQt6.QtCore import QObject

from tests.feed import Feed
from upbit_ws_qt import (
    ConnectionState,
    ConnectionType,
    CustomEvent,
    DataType,
    Delivery,
    GlobalWebSocketManager,
    HandlerError,
    HandlerStatistics,
    InvalidRequest,
    SubscriptionSpec,
    WebSocketClientProxy,
)
from upbit_ws_qt.simulator import SimulatedExchange


@dataclass(frozen=True)
class Notice:
    title: str
    category: str


class Announcements:
    """Reads announcements; events that went away are nobody's business."""

    def can_handle(self, data_type: str) -> bool:
        return data_type == "announcement"

    def process_data(self, data: dict[str, Any]) -> Notice | None:
        if data["title"] == "broken":
            raise LookupError("a handler's own mistake")
        if data["category"] == "event":
            return None
        return Notice(data["title"], data["category"])


@pytest.fixture
def account(exchange: SimulatedExchange, manager: GlobalWebSocketManager) -> GlobalWebSocketManager:
    """The manager with a key, as announcements come over the private connection."""
    manager.set_credentials(exchange.credentials())
    manager.register_data_handler(Announcements())
    return manager


def listening(exchange: SimulatedExchange) -> bool:
    """Whether the exchange has a connection that asked for announcements."""
    return any(
        entry.get("type") == "announcement"
        for received in exchange.requests
        for entry in received.request
    )


def test_announcements_reach_callbacks_and_signals(
    feed: Feed, exchange: SimulatedExchange, account: GlobalWebSocketManager
) -> None:
    seen: list[CustomEvent] = []
    emitted: list[CustomEvent] = []
    proxy = WebSocketClientProxy("news_main", account)
    proxy.custom_received.connect(emitted.append)
    proxy.subscribe("announcement", callback=seen.append)
    feed.until(lambda: listening(exchange))
    exchange.announce("Listing of X", category="trade")
    feed.until(lambda: seen)
    assert seen[0].data == Notice("Listing of X", "trade")
    assert (seen[0].data_type, seen[0].type) == (DataType.CUSTOM, "announcement")
    assert seen[0].connection_type == "private"
    assert seen[0].timestamp == exchange.now_ms
    assert emitted == seen


def test_each_event_comes_in_order_or_as_the_policy_says(
    feed: Feed, exchange: SimulatedExchange, account: GlobalWebSocketManager
) -> None:
    every: list[str] = []
    newest: list[str] = []
    proxy = WebSocketClientProxy("news_main", account)
    proxy.subscribe("announcement", callback=lambda event: every.append(event.data.title))
    coalesced = proxy.subscribe(
        "announcement",
        callback=lambda event: newest.append(event.data.title),
        delivery=Delivery.coalesce_by_symbol(),
    )
    feed.until(lambda: listening(exchange))
    titles = [f"number {number}" for number in range(20)]
    for title in titles:
        exchange.announce(title)
    feed.until(lambda: len(every) == 20)
    assert every == titles
    feed.until(lambda: newest[-1:] == titles[-1:])
    told = coalesced.statistics()
    assert told.delivered + told.coalesced == 20


def test_a_joiner_gets_the_last_one_at_once(
    feed: Feed, exchange: SimulatedExchange, account: GlobalWebSocketManager
) -> None:
    first: list[CustomEvent] = []
    joiner: list[CustomEvent] = []
    proxy = WebSocketClientProxy("news_main", account)
    proxy.subscribe("announcement", callback=first.append)
    feed.until(lambda: listening(exchange))
    exchange.announce("old news")
    feed.until(lambda: first)
    feed(proxy.subscribe("announcement", callback=joiner.append))
    assert [(event.data.title, event.replayed) for event in joiner] == [("old news", True)]


def test_what_is_not_on_the_wire_any_more_is_not_replayed(
    feed: Feed, exchange: SimulatedExchange, account: GlobalWebSocketManager
) -> None:
    """Others may have come meanwhile, so it is not the last one."""
    first: list[CustomEvent] = []
    second: list[CustomEvent] = []
    proxy = WebSocketClientProxy("news_main", account)
    subscription = proxy.subscribe("announcement", callback=first.append)
    feed.until(lambda: listening(exchange))
    exchange.announce("old news")
    feed.until(lambda: first)
    subscription.unsubscribe()
    feed.until(lambda: account.connection_state(ConnectionType.PRIVATE) is ConnectionState.IDLE)
    exchange.announce("missed")
    feed(proxy.subscribe("announcement", callback=second.append))
    exchange.announce("news")
    feed.until(lambda: second)
    assert [event.data.title for event in second] == ["news"]


@pytest.mark.allow_logs("a broken handler is reported")
def test_a_handler_that_raises_costs_one_frame_and_is_counted(
    feed: Feed,
    exchange: SimulatedExchange,
    account: GlobalWebSocketManager,
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen: list[str] = []
    errors: list[Exception] = []
    account.error_occurred.connect(errors.append)
    proxy = WebSocketClientProxy("news_main", account)
    proxy.subscribe("announcement", callback=lambda event: seen.append(event.data.title))
    feed.until(lambda: listening(exchange))
    for title, category in (("broken", "trade"), ("gone", "event"), ("fine", "trade")):
        exchange.announce(title, category=category)
    feed.until(lambda: seen)
    assert seen == ["fine"]
    assert [type(error) for error in errors] == [HandlerError]
    assert isinstance(errors[0].__cause__, LookupError)
    told = account.statistics()
    assert told.handlers == HandlerStatistics(read=1, ignored=1, failed=1)
    assert account.health_check()["decode_errors"] == 1
    assert "a handler's own mistake" in caplog.text, "where it went wrong is in the log"
    assert "in process_data" in caplog.text


def test_a_type_that_nobody_reads_is_refused_at_the_call(
    feed: Feed, manager: GlobalWebSocketManager
) -> None:
    proxy = WebSocketClientProxy("news_main", manager)
    with pytest.raises(InvalidRequest, match=r"type 'announcement'.*register_data_handler"):
        proxy.subscribe("announcement")
    manager.register_data_handler(Announcements())
    with pytest.raises(InvalidRequest, match="'indicator'"):
        proxy.subscribe("indicator", ["KRW-BTC"])
    with pytest.raises(InvalidRequest, match="got '' for 'custom'"):
        proxy.subscribe(DataType.CUSTOM)
    subscription = proxy.subscribe("announcement")
    assert subscription.is_active
    assert manager.get_subscription_summary().clients["news_main"] == (
        SubscriptionSpec(DataType.CUSTOM, type="announcement"),
    )


def test_a_manager_subscribes_for_a_client_by_its_spec(
    feed: Feed, exchange: SimulatedExchange, account: GlobalWebSocketManager
) -> None:
    panel = QObject()
    proxy = WebSocketClientProxy("news_main", account, panel)
    emitted: list[CustomEvent] = []
    proxy.custom_received.connect(emitted.append)
    account.update_subscription("news_main", SubscriptionSpec(DataType.CUSTOM, type="announcement"))
    feed.until(lambda: listening(exchange))
    exchange.announce("hello")
    feed.until(lambda: emitted)
    assert emitted[0].data.title == "hello"


def test_a_handler_that_cannot_be_asked_is_named_at_the_call(
    feed: Feed, manager: GlobalWebSocketManager
) -> None:
    class Broken(Announcements):
        def can_handle(self, data_type: str) -> bool:
            raise ValueError(data_type)

    manager.register_data_handler(Broken())
    proxy = WebSocketClientProxy("news_main", manager)
    with pytest.raises(HandlerError, match="Broken raised ValueError"):
        proxy.subscribe("announcement")
    feed(proxy.subscribe_ticker("KRW-BTC"))
