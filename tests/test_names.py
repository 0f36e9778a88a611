"""The card of the names: what the product promises by name is there, documented and typed."""

from __future__ import annotations

import enum
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import QObject, pyqtSignal

import upbit_ws_qt

#: Every promised name, with the methods, properties, fields and signals promised of it.
CARD: dict[str, str] = {
    # to start
    "run": "",
    "install": "",
    "FeedSettings": """
        exchange region public_url private_url rest_url proxy trusted_hosts grace_period_s
        frame_interval_ms balance_poll_interval_s order_poll_interval_s market_poll_interval_s
        limit_share alert_error_percent alert_latency_ms alert_memory_mb""",
    "Credentials": "access_key secret_key from_environment from_keyring delete",
    # the manager
    "GlobalWebSocketManager": """
        instance start stop register_client remove_client update_subscription distribute_data
        get_subscription_summary wire_subscription register_data_handler is_public_available
        is_private_available set_credentials record call_from_thread markets get_accounts
        get_open_orders get_closed_orders health_check collect_metrics alerts
        switch_to_rest_fallback""",
    "MarketList": "find tick_size levels changed",
    "Market": "code korean_name english_name warning cautions",
    "HealthReport": """
        status uptime_seconds last_message_timestamp connection_quality active_connections
        active_subscriptions messages_per_second average_latency_ms max_latency_ms dropped epochs
        reason suspects""",
    # the proxy
    "WebSocketClientProxy": """
        subscribe_ticker subscribe_trade subscribe_orderbook subscribe_candle subscribe_orders
        subscribe_balance subscribe unsubscribe_ticker unsubscribe_trade unsubscribe_orderbook
        unsubscribe_candle unsubscribe_orders unsubscribe_balance unsubscribe_all
        get_ticker_snapshot get_orderbook_snapshot get_trade_snapshot get_candle_snapshot
        get_snapshot health_check is_public_available is_private_available cleanup""",
    "Subscription": "",
    "Delivery": "drop_oldest coalesce_by_symbol throttle immediate",
    "Timeframe": """
        SECOND_1 MINUTE_1 MINUTE_3 MINUTE_5 MINUTE_10 MINUTE_15 MINUTE_30 MINUTE_60 MINUTE_240
        DAY WEEK MONTH YEAR parse""",
    # events
    "WebSocketEvent": "data_type symbol connection_type epoch source replayed time received_at",
    "TickerEvent": """
        code timestamp stream_type trade_price opening_price high_price low_price
        prev_closing_price change change_price signed_change_price change_rate signed_change_rate
        trade_volume acc_trade_volume acc_trade_volume_24h acc_trade_price acc_trade_price_24h
        trade_date trade_time trade_timestamp ask_bid acc_ask_volume acc_bid_volume
        highest_52_week_price highest_52_week_date lowest_52_week_price lowest_52_week_date
        market_state is_trading_suspended delisting_date market_warning""",
    "TradeEvent": """
        code timestamp stream_type trade_price trade_volume ask_bid sequential_id trade_timestamp
        trade_date trade_time prev_closing_price change change_price best_ask_price best_ask_size
        best_bid_price best_bid_size""",
    "OrderbookEvent": """
        code timestamp stream_type total_ask_size total_bid_size orderbook_units level""",
    "OrderbookUnit": "ask_price bid_price ask_size bid_size",
    "CandleEvent": """
        code timestamp stream_type candle_date_time_utc candle_date_time_kst opening_price
        high_price low_price trade_price candle_acc_trade_volume candle_acc_trade_price open_price
        close_price volume value timeframe""",
    "OrderEvent": "code uuid state",
    "BalanceEvent": "balances",
    "Balance": "currency balance locked avg_buy_price",
    "StatusEvent": "",
    "ConnectionEvent": "state reason epoch",
    "SubscriptionEvent": "accepted streams",
    "RefusalEvent": "streams",
    "ErrorEvent": "error count",
    "GapEvent": "stream state since_ms until_ms count reason",
    "GapState": "FOUND FILLED UNFILLABLE",
    "decode": "",
    # states
    "ConnectionState": "IDLE CONNECTING CONNECTED RECONNECTING POLLING REFUSED STOPPED",
    "HealthStatus": "HEALTHY DEGRADED CRITICAL",
    "ConnectionQuality": "EXCELLENT GOOD POOR",
    "Source": "WEBSOCKET REST POLLED",
    "StreamType": "SNAPSHOT REALTIME",
    "DataType": "TICKER TRADE ORDERBOOK CANDLE ORDER BALANCE",
    # the parts
    "SubscriptionStateManager": "add_subscription remove_client get_consolidated_subscription",
    "SubscriptionDiff": "added_symbols removed_symbols",
    "SubscriptionSpec": "data_type symbols timeframe depth level",
    "UpbitWebSocketPublicClient": "start stop subscribe is_open",
    "UpbitWebSocketPrivateClient": "start stop subscribe is_open key_changed",
    "DataRoutingEngine": "attach detach route deliveries",
    "FanoutHub": "deliver statistics",
    "BackpressureHandler": "delivery statistics",
    "ComponentLifecycleManager": "watch release",
    "QtBridgeManager": "frame wake stop",
    "SignalEmitter": "heard",
    "RecoveryEngine": "is_critical",
    "ExponentialBackoff": "get_delay",
    "EpochManager": "increment_epoch is_current_epoch current_epoch",
    "HealthMonitor": "check",
    "GlobalRateLimiter": "get_remaining_tokens",
    "TokenBucket": "",
    "UpbitAuthenticator": "headers expires_at",
    "JWTManager": "make_token expires_at",
    "PerformanceMonitor": "collect_metrics",
    "PerformanceMetrics": """
        active_connections connection_uptime reconnection_count messages_per_second
        average_latency_ms max_latency_ms memory_usage_mb cpu_usage_percent queue_depth
        error_rate_percent dropped_message_count callback_error_count total_subscriptions
        event_loop_lag_ms""",
    "AlertManager": "check_alerts send_alert add_rule remove_rule active recent",
    "WebSocketDashboard": "get_dashboard_data",
    "DashboardData": "health metrics active_alerts",
    "DataHandler": "can_handle process_data",
    "CustomEvent": "type data",
    "AbstractWebSocketManager": "start stop register_client update_subscription health_check",
    "UpbitWebSocketManager": "",
    "Dialect": "",
    "Exchange": "public_url private_url rest_url default_market has_levels error_language dialect",
    "LegacyCompatibilityLayer": "create_legacy_client",
    "LegacyWebSocketClient": "subscribe_ticker",
}

SIGNALS: dict[str, str] = {
    "GlobalWebSocketManager": """
        connection_changed recovery_begun recovery_completed resumed_after_sleep alert_raised
        alert_cleared fallback_entered fallback_left market_listed market_gone error_occurred
        gap_found gap_filled gap_unfillable""",
    "WebSocketClientProxy": """
        ticker_received trade_received orderbook_received candle_received order_received
        balance_received custom_received state_changed gap_detected""",
}

#: Arguments by name, in this order; a default follows its sign of equality.
ARGUMENTS: dict[str, str] = {
    "run": "main",
    "install": "app",
    "GlobalWebSocketManager": "settings=None credentials=None parent=None",
    "GlobalWebSocketManager.update_subscription": "client_id spec",
    "GlobalWebSocketManager.register_data_handler": "handler",
    "GlobalWebSocketManager.record": "path private=False",
    "WebSocketClientProxy": "client_id manager=None parent=None",
    "WebSocketClientProxy.subscribe_ticker": """
        symbols callback=None error_handler=None delivery=None""",
    "WebSocketClientProxy.subscribe_trade": """
        symbols callback=None error_handler=None delivery=None""",
    "WebSocketClientProxy.subscribe_orderbook": """
        symbols callback=None depth=30 level=0.0 error_handler=None delivery=None""",
    "WebSocketClientProxy.subscribe_candle": """
        symbols timeframe callback=None error_handler=None delivery=None""",
    "WebSocketClientProxy.subscribe_orders": """
        callback=None symbols=None error_handler=None delivery=None""",
    "WebSocketClientProxy.subscribe_balance": "callback=None error_handler=None delivery=None",
    "WebSocketClientProxy.unsubscribe_ticker": "symbols=None",
    "WebSocketClientProxy.get_trade_snapshot": "symbols count=500 cursor=None",
    "WebSocketClientProxy.get_candle_snapshot": "symbols timeframe count to=None",
    "Delivery.drop_oldest": "maxlen=10000",
    "Delivery.throttle": "ms=100.0",
    "SubscriptionStateManager.add_subscription": "client_id data_type symbols=()",
    "ExponentialBackoff": "initial_delay=1.0 max_delay=60.0 multiplier=2.0 jitter=True",
    "ExponentialBackoff.get_delay": "attempt",
    "EpochManager.increment_epoch": "connection_type",
    "EpochManager.is_current_epoch": "connection_type epoch",
    "TokenBucket": "capacity refill_rate",
    "AlertManager.send_alert": "message severity metrics",
    "DataHandler.can_handle": "data_type",
    "DataHandler.process_data": "data",
}

STATES = (
    "ConnectionState",
    "HealthStatus",
    "ConnectionQuality",
    "Source",
    "StreamType",
    "DataType",
)


def promised(of: dict[str, str]) -> Iterator[tuple[Any, str]]:
    """Each promised attribute with the class it belongs to."""
    for name, attributes in of.items():
        for attribute in attributes.split():
            yield getattr(upbit_ws_qt, name), attribute


@pytest.mark.parametrize("name", CARD)
def test_it_is_importable_and_documented(name: str) -> None:
    assert name in upbit_ws_qt.__all__
    thing = getattr(upbit_ws_qt, name)
    # Its own words: a class without any would show those of its base.
    assert thing.__doc__, f"{name} has no docstring"


def test_what_is_promised_of_each_is_there() -> None:
    missing = [
        f"{owner.__name__}.{attribute}"
        for owner, attribute in promised(CARD)
        if not hasattr(owner, attribute) and attribute not in inspect.get_annotations(owner)
    ]
    assert missing == []


def test_every_promised_method_says_what_it_does() -> None:
    silent = [
        f"{owner.__name__}.{attribute}"
        for owner, attribute in promised(CARD)
        if inspect.isfunction(getattr(owner, attribute, None))
        and not inspect.getdoc(getattr(owner, attribute))
    ]
    assert silent == []


def test_signals_are_signals_and_named_in_the_docstring() -> None:
    for owner, name in promised(SIGNALS):
        assert isinstance(inspect.getattr_static(owner, name), pyqtSignal), name
        assert f"{name}(" in owner.__doc__, f"{owner.__name__} does not tell of {name}"


@pytest.mark.parametrize("path", ARGUMENTS)
def test_arguments_have_their_names_and_defaults(path: str) -> None:
    thing: Any = upbit_ws_qt
    for part in path.split("."):
        thing = getattr(thing, part)
    taken = [
        each.name if each.default is each.empty else f"{each.name}={each.default}"
        for each in inspect.signature(thing).parameters.values()
        if each.name != "self"
    ]
    assert taken[: len(ARGUMENTS[path].split())] == ARGUMENTS[path].split()


def test_what_takes_time_is_awaitable() -> None:
    """What a slot may call and forget returns a handle; what asks for something is awaited."""
    proxy = upbit_ws_qt.WebSocketClientProxy
    handles = ("subscribe", "unsubscribe", "cleanup")
    for name, method in inspect.getmembers(proxy, inspect.isfunction):
        if name.startswith(handles):
            assert inspect.signature(method).return_annotation == "Subscription", name
        if name.startswith("get_"):
            assert inspect.iscoroutinefunction(method), name
    assert inspect.isfunction(upbit_ws_qt.Subscription.__await__)
    manager = upbit_ws_qt.GlobalWebSocketManager
    for name in ("start", "stop", "get_accounts", "get_open_orders", "get_closed_orders"):
        assert inspect.iscoroutinefunction(getattr(manager, name)), name


def test_the_typed_program_uses_all_of_it() -> None:
    """``make types`` checks that program, so what is in it has types; nothing there is ignored."""
    text = (Path(__file__).parent / "typing/api.py").read_text(encoding="utf-8")
    used = set(re.findall(r"\w+", text))
    card = {*CARD, *(name for of in (CARD, SIGNALS) for _, name in promised(of))}
    assert card - used == set()
    assert "ignore" not in used


@pytest.mark.parametrize("name", STATES)
def test_states_are_words(name: str) -> None:
    states = getattr(upbit_ws_qt, name)
    assert issubclass(states, enum.StrEnum)
    assert all(str(state) == state.value for state in states)


def test_nothing_of_ours_looks_like_qts_own() -> None:
    """No public name begins with ``Q``, but for the bridge to Qt."""
    assert [name for name in upbit_ws_qt.__all__ if name.startswith("Q")] == ["QtBridgeManager"]
    assert issubclass(upbit_ws_qt.GlobalWebSocketManager, QObject)
    assert issubclass(upbit_ws_qt.WebSocketClientProxy, QObject)


@pytest.mark.parametrize("same", ["minute1", "1m", upbit_ws_qt.Timeframe.MINUTE_1])
def test_a_unit_may_be_spelled_as_it_is_known(same: str) -> None:
    assert upbit_ws_qt.Timeframe.parse(same) is upbit_ws_qt.Timeframe.MINUTE_1
