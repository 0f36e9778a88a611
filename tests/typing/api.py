"""Realistic use of the public names, only type-checked, never run. Tests only."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, assert_type

import numpy as np
import numpy.typing as npt
from PyQt6.QtWidgets import QApplication, QWidget

from upbit_ws_qt import (
    BINANCE,
    UPBIT_REGIONS,
    AbstractWebSocketManager,
    Alert,
    AlertRule,
    AssetEvent,
    AuthenticationFailed,
    Balance,
    BalanceEvent,
    CandleEvent,
    ConnectionType,
    Credentials,
    CustomEvent,
    DashboardData,
    DataHandler,
    DataType,
    Delivery,
    Exchange,
    FeedSettings,
    GlobalWebSocketManager,
    HandlerStatistics,
    HealthReport,
    InvalidMarket,
    JWTManager,
    LegacyCompatibilityLayer,
    LegacyWebSocketClient,
    ManagerStatistics,
    OrderbookEvent,
    OrderbookUnit,
    OrderEvent,
    OrderState,
    OrderTrade,
    PerformanceMetrics,
    Severity,
    TickerEvent,
    Timeframe,
    TradeEvent,
    UpbitAuthenticator,
    UpbitError,
    UpbitWebSocketManager,
    WebSocketClientProxy,
    WebSocketDashboard,
    WebSocketEvent,
    decode,
    install,
    logs,
    run,
)
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt_widgets import BalanceMonitor, ChartWidget, OrderbookWidget


def settings_and_manager(parent: QWidget) -> GlobalWebSocketManager:
    settings = FeedSettings(
        public_url="ws://127.0.0.1:9000/websocket/v1",
        private_url="ws://127.0.0.1:9000/websocket/v1/private",
        rest_url="http://127.0.0.1:9000",
        grace_period_s=5.0,
        frame_interval_ms=16,
    )
    credentials = Credentials.from_environment()
    assert_type(credentials, Credentials | None)
    assert_type(GlobalWebSocketManager.instance(), GlobalWebSocketManager)
    GlobalWebSocketManager(settings=settings)
    return GlobalWebSocketManager(settings=settings, credentials=credentials, parent=parent)


async def subscriptions(manager: GlobalWebSocketManager, widget: QWidget) -> None:
    def on_ticker(event: TickerEvent) -> None:
        assert_type(event.symbol, str)
        assert_type(event.trade_price, float)
        assert_type(event.epoch, int)
        assert_type(event.received_at, datetime)

    async def on_trade(event: TradeEvent) -> None:
        assert_type(event.sequential_id, int)

    def on_error(error: Exception) -> None:
        print(error)

    proxy = WebSocketClientProxy("chart_main", manager, parent=widget)
    await proxy.subscribe_ticker(["KRW-BTC"], on_ticker)
    await proxy.subscribe_ticker(
        ["KRW-BTC"], lambda event: print(event.symbol, event.trade_price, event.epoch)
    )
    proxy.subscribe_orderbook(
        ["KRW-BTC"], depth=15, level=0, delivery=Delivery.coalesce_by_symbol()
    )
    proxy.subscribe_trade(["KRW-BTC"], delivery=Delivery.drop_oldest(maxlen=10_000))
    proxy.subscribe_trade(["KRW-BTC"], on_trade, error_handler=on_error)
    proxy.subscribe_ticker(["KRW-BTC"], on_ticker, delivery=Delivery.throttle(ms=100))
    proxy.subscribe_ticker(["KRW-BTC"], on_ticker, delivery=Delivery.immediate())
    proxy.subscribe_candle(["KRW-BTC"], "1m")
    proxy.subscribe_candle(["KRW-BTC"], Timeframe.MINUTE_1)
    proxy.unsubscribe_ticker(["KRW-BTC"])
    proxy.unsubscribe_all()
    await proxy.cleanup()

    async with WebSocketClientProxy("short_lived") as other:
        candles = await other.get_candle_snapshot(["KRW-BTC"], Timeframe.MINUTE_1, 200)
        first: CandleEvent = candles[0]
        assert_type(first.open_price, float)


def events(frame: bytes, known: Sequence[Balance]) -> None:
    event = decode(frame)
    if isinstance(event, OrderbookEvent):
        assert_type(event.orderbook_units, tuple[OrderbookUnit, ...])
    elif isinstance(event, CandleEvent):
        assert_type(event.timeframe, Timeframe)
    elif isinstance(event, OrderEvent):
        assert_type(event.state, OrderState)
        assert_type(event.remaining_volume, Decimal | None)
        for trade in event.trades or ():
            assert_type(trade, OrderTrade)
            assert_type(trade.funds, Decimal)
    elif isinstance(event, AssetEvent):
        assert_type(event.merged_into(known), tuple[Balance, ...])
        balances: BalanceEvent = event
        assert_type(balances.balances[0].provisional, bool)
    base: WebSocketEvent = event
    assert_type(base.replayed, bool)


async def account(manager: GlobalWebSocketManager) -> None:
    def on_order(event: OrderEvent) -> None:
        assert_type(event.is_open, bool)

    def on_error(error: Exception) -> None:
        if isinstance(error, AuthenticationFailed):
            assert_type(error.right, str)

    proxy = WebSocketClientProxy("account_one", manager)
    await proxy.subscribe_balance(error_handler=on_error)
    await proxy.subscribe_orders(on_order, symbols=["KRW-BTC"], error_handler=on_error)
    proxy.subscribe_orders(delivery=Delivery.immediate())
    proxy.unsubscribe_orders(["KRW-BTC"])
    assert_type(await manager.get_open_orders("KRW-BTC"), tuple[OrderEvent, ...])
    assert_type(await manager.get_closed_orders(start_ms=0, limit=10), tuple[OrderEvent, ...])


def tokens(credentials: Credentials) -> dict[str, str]:
    manager = JWTManager(credentials, "HS256")
    assert_type(manager.expires_at, datetime | None)
    assert_type(manager.make_token({"states": ["wait", "watch"], "limit": "100"}), str)
    return UpbitAuthenticator(credentials).headers("market=KRW-BTC")


def widgets(
    manager: GlobalWebSocketManager,
    candles: Sequence[CandleEvent],
    array: npt.NDArray[Any],
    trade: TradeEvent,
    ticker: TickerEvent,
    book_event: OrderbookEvent,
) -> None:
    chart = ChartWidget()
    chart.bind(manager)
    chart.setMarket("KRW-BTC")
    chart.setTimeframe(Timeframe.MINUTE_1)
    chart.setCandles(candles)
    chart.setCandles(array)
    chart.setCandles(np.zeros(3, dtype=[("time", "i8"), ("open", "f8")]))
    chart.upsertCandle(candles[0])
    chart.applyTrade(trade)

    book = OrderbookWidget()
    book.bind(manager)
    book.setMarket("KRW-BTC")
    book.setOrderbook(book_event)

    balances = BalanceMonitor()
    balances.bind(manager)
    balances.setBalances([Balance(currency="KRW", balance=Decimal(1_000_000))])
    balances.applyTicker(ticker)


async def simulated() -> int:
    async with SimulatedExchange(seed=1) as exchange:
        assert_type(exchange.settings(), FeedSettings)
        assert_type(exchange.credentials(), Credentials)
        manager = GlobalWebSocketManager(
            settings=exchange.settings(), credentials=exchange.credentials()
        )
        try:
            WebSocketClientProxy("typed", manager).subscribe_ticker("btc")
        except InvalidMarket as error:
            problem: UpbitError = error
            print(problem)
        await manager.stop()
    return 0


def observed(manager: GlobalWebSocketManager) -> None:
    end_log = logs.to_file("feed.jsonl", "DEBUG")
    health: HealthReport = manager.health_check()
    assert_type(health.average_latency_ms, float | None)
    metrics: PerformanceMetrics = manager.collect_metrics()
    assert_type(metrics.messages_per_second, float)
    told: ManagerStatistics = manager.statistics()
    assert_type(told.connections[ConnectionType.PUBLIC].protocol.requests_sent, int)
    assert_type(told.limiter.remaining["ticker"], int)
    end_log()


def alarmed(manager: GlobalWebSocketManager) -> None:
    def on_alert(alert: Alert) -> None:
        assert_type(alert.raised_at, datetime)
        assert_type(alert.cleared_at, datetime | None)
        print(alert.severity, alert.message)

    manager.alerts.add_rule(
        AlertRule(
            name="silence",
            value=lambda metrics: -metrics.messages_per_second,
            raise_above=-1.0,
            clear_at=-10.0,
            message="hardly anything comes",
            severity=Severity.CRITICAL,
        )
    )
    manager.alerts.remove_rule("memory")
    metrics = manager.collect_metrics()
    assert_type(manager.alerts.check_alerts(metrics), tuple[Alert, ...])
    on_alert(manager.alerts.send_alert("the disk is full", Severity.INFO, metrics))
    data: DashboardData = WebSocketDashboard(manager).get_dashboard_data()
    assert_type(data.health, HealthReport)
    assert_type(data.active_alerts, tuple[Alert, ...])


class Announcements:
    """A data handler needs no base class."""

    def can_handle(self, data_type: str) -> bool:
        return data_type == "announcement"

    def process_data(self, data: dict[str, Any]) -> str:
        return str(data["title"])


def extended(manager: GlobalWebSocketManager, widget: QWidget) -> None:
    handler: DataHandler = Announcements()
    manager.register_data_handler(handler)

    def on_news(event: CustomEvent) -> None:
        print(event.type, event.code, event.data)

    proxy = WebSocketClientProxy("news_main", manager, parent=widget)
    proxy.subscribe("announcement", callback=on_news, delivery=Delivery.drop_oldest())
    proxy.subscribe(DataType.TICKER, ["KRW-BTC"])
    told: HandlerStatistics = manager.statistics().handlers
    assert_type(told.failed, int)


def elsewhere(widget: QWidget) -> AbstractWebSocketManager:
    settings = FeedSettings(region="sg")
    assert_type(settings.exchange, Exchange)
    assert_type(UPBIT_REGIONS["th"].default_market, str)
    binance = GlobalWebSocketManager(FeedSettings(exchange=BINANCE))
    managers: list[AbstractWebSocketManager] = [binance, UpbitWebSocketManager("id", parent=widget)]
    return managers[0]


async def as_before(widget: QWidget) -> None:
    def on_event(event: WebSocketEvent) -> None:
        print(event.symbol)

    client = LegacyCompatibilityLayer.create_legacy_client("public", on_event, parent=widget)
    assert_type(client, LegacyWebSocketClient)
    await client.connect()
    await client.subscribe_ticker(["KRW-BTC"])
    client.subscribe_candle("KRW-BTC", "1m", on_event)
    assert_type(client.proxy, WebSocketClientProxy)
    await client.disconnect()


async def without_code() -> None: ...


def start() -> int:
    app = QApplication(sys.argv)
    install(app)
    assert_type(run(without_code), int)
    assert_type(run(simulated), int)
    return app.exec()
