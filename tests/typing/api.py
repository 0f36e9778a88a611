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
    AssetEvent,
    Balance,
    BalanceEvent,
    CandleEvent,
    ConnectionType,
    Credentials,
    Delivery,
    FeedSettings,
    GlobalWebSocketManager,
    HealthReport,
    InvalidMarket,
    JWTManager,
    ManagerStatistics,
    OrderbookEvent,
    OrderbookUnit,
    OrderEvent,
    OrderState,
    OrderTrade,
    PerformanceMetrics,
    TickerEvent,
    Timeframe,
    TradeEvent,
    UpbitAuthenticator,
    UpbitError,
    WebSocketClientProxy,
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


async def without_code() -> None: ...


def start() -> int:
    app = QApplication(sys.argv)
    install(app)
    assert_type(run(without_code), int)
    assert_type(run(simulated), int)
    return app.exec()
