"""Realistic use of the public names, only type-checked, never run. Tests only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol, assert_type

import numpy as np
import numpy.typing as npt
from PyQt6.QtWidgets import QApplication, QWidget

from upbit_ws_qt import (
    BINANCE,
    UPBIT_REGIONS,
    AbstractWebSocketManager,
    Alert,
    AlertManager,
    AlertRule,
    AssetEvent,
    AuthenticationFailed,
    BackpressureHandler,
    Balance,
    BalanceEvent,
    CandleEvent,
    ComponentLifecycleManager,
    ConnectionEvent,
    ConnectionQuality,
    ConnectionState,
    ConnectionType,
    Credentials,
    CustomEvent,
    DashboardData,
    DataHandler,
    DataRoutingEngine,
    DataType,
    Delivery,
    Dialect,
    EpochManager,
    ErrorEvent,
    Exchange,
    ExponentialBackoff,
    FanoutHub,
    FeedSettings,
    GapEvent,
    GapState,
    GlobalRateLimiter,
    GlobalWebSocketManager,
    HandlerStatistics,
    HealthMonitor,
    HealthReport,
    HealthStatus,
    InvalidMarket,
    JWTManager,
    LegacyCompatibilityLayer,
    LegacyWebSocketClient,
    ManagerStatistics,
    Market,
    MarketList,
    OrderbookEvent,
    OrderbookUnit,
    OrderEvent,
    OrderState,
    OrderTrade,
    PerformanceMetrics,
    PerformanceMonitor,
    QtBridgeManager,
    RecoveryEngine,
    RefusalEvent,
    Severity,
    SignalEmitter,
    Source,
    StatusEvent,
    StreamType,
    Subscription,
    SubscriptionDiff,
    SubscriptionEvent,
    SubscriptionSpec,
    SubscriptionStateManager,
    TickerEvent,
    Timeframe,
    TokenBucket,
    TradeEvent,
    UpbitAuthenticator,
    UpbitError,
    UpbitWebSocketManager,
    UpbitWebSocketPrivateClient,
    UpbitWebSocketPublicClient,
    WebSocketClientProxy,
    WebSocketDashboard,
    WebSocketEvent,
    decode,
    install,
    logs,
    run,
)
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt_widgets import BalanceMonitor, BarsTable, ChartWidget, OrderbookWidget


class Signal(Protocol):
    """A signal of PyQt6, whose own stubs leave the type of a slot unknown."""

    def connect(self, slot: Callable[..., Any], /) -> Any: ...


def heard_by(signal: Signal, slot: Callable[..., Any]) -> None:
    signal.connect(slot)


def settings_and_manager(parent: QWidget) -> GlobalWebSocketManager:
    settings = FeedSettings(
        public_url="ws://127.0.0.1:9000/websocket/v1",
        private_url="ws://127.0.0.1:9000/websocket/v1/private",
        rest_url="http://127.0.0.1:9000",
        grace_period_s=5.0,
        frame_interval_ms=16,
    )
    assert_type(settings.limit_share, float)
    assert_type(settings.trusted_hosts, tuple[str, ...])
    FeedSettings(
        proxy="none",
        balance_poll_interval_s=5.0,
        order_poll_interval_s=5.0,
        market_poll_interval_s=2.0,
        alert_error_percent=10.0,
        alert_latency_ms=2_000.0,
        alert_memory_mb=512.0,
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
    proxy.unsubscribe_trade()
    proxy.unsubscribe_orderbook("KRW-BTC")
    proxy.unsubscribe_candle()
    handle: Subscription = proxy.unsubscribe_all()
    assert_type(await handle, Subscription)
    await proxy.cleanup()

    async with WebSocketClientProxy("short_lived") as other:
        candles = await other.get_candle_snapshot(["KRW-BTC"], Timeframe.MINUTE_1, 200)
        first: CandleEvent = candles[0]
        assert_type(first.open_price, float)


async def snapshots(proxy: WebSocketClientProxy) -> None:
    tickers = await proxy.get_ticker_snapshot(["KRW-BTC", "KRW-ETH"])
    assert_type(tickers, tuple[TickerEvent, ...])
    books = await proxy.get_orderbook_snapshot("KRW-BTC", depth=5, level=1000)
    assert_type(books[0].orderbook_units, tuple[OrderbookUnit, ...])
    newest = await proxy.get_trade_snapshot("KRW-BTC", count=2000)
    assert_type(newest, tuple[TradeEvent, ...])
    await proxy.get_trade_snapshot("KRW-BTC", count=500, cursor=newest[0].sequential_id)
    candles = await proxy.get_candle_snapshot("KRW-BTC", "day", 400, to=datetime.now(UTC))
    await proxy.get_candle_snapshot("KRW-BTC", Timeframe.WEEK, 10, to=candles[0].start_ms)
    for event in await proxy.get_snapshot(DataType.CANDLE, "KRW-BTC", timeframe="1m", count=3):
        assert_type(event.source, Source)
    if not proxy.is_public_available():
        print(proxy.health_check().reason, proxy.is_private_available())


def signals(proxy: WebSocketClientProxy) -> None:
    def on_state(event: ConnectionEvent) -> None:
        if event.state is ConnectionState.RECONNECTING:
            print(event.connection_type, event.reason, event.retry_in_s)

    def on_event(event: WebSocketEvent) -> None:
        print(event.symbol, event.time)

    heard_by(proxy.state_changed, on_state)
    heard_by(proxy.gap_detected, on_event)
    heard_by(proxy.ticker_received, on_event)
    heard_by(proxy.trade_received, on_event)
    heard_by(proxy.orderbook_received, on_event)
    heard_by(proxy.candle_received, on_event)
    heard_by(proxy.order_received, on_event)
    heard_by(proxy.balance_received, on_event)
    heard_by(proxy.custom_received, on_event)


def every_field(
    ticker: TickerEvent, trade: TradeEvent, book: OrderbookEvent, candle: CandleEvent
) -> None:
    prices: tuple[float | None, ...] = (
        ticker.opening_price,
        ticker.high_price,
        ticker.low_price,
        ticker.prev_closing_price,
        ticker.change_price,
        ticker.signed_change_price,
        ticker.change_rate,
        ticker.signed_change_rate,
        ticker.trade_volume,
        ticker.acc_trade_volume,
        ticker.acc_trade_volume_24h,
        ticker.acc_trade_price,
        ticker.acc_trade_price_24h,
        ticker.acc_ask_volume,
        ticker.acc_bid_volume,
        ticker.highest_52_week_price,
        ticker.lowest_52_week_price,
        trade.prev_closing_price,
        trade.change_price,
        trade.best_ask_price,
        trade.best_ask_size,
        trade.best_bid_price,
        trade.best_bid_size,
    )
    words: tuple[str | None, ...] = (
        ticker.change,
        ticker.trade_date,
        ticker.trade_time,
        ticker.ask_bid,
        ticker.highest_52_week_date,
        ticker.lowest_52_week_date,
        ticker.market_state,
        ticker.market_warning,
        ticker.stream_type,
        trade.trade_date,
        trade.trade_time,
        trade.change,
        candle.candle_date_time_kst,
    )
    print(prices, words, ticker.is_trading_suspended, ticker.delisting_date)
    assert_type(ticker.timestamp, int)
    assert_type(ticker.trade_timestamp, int | None)
    assert_type(trade.ask_bid, str)
    assert_type(trade.trade_volume, float)
    assert_type(book.total_ask_size + book.total_bid_size, float)
    assert_type(book.level, float)
    unit: OrderbookUnit = book.orderbook_units[0]
    assert_type(unit.ask_price - unit.bid_price, float)
    assert_type(unit.ask_size + unit.bid_size, float)
    assert_type(candle.candle_date_time_utc, str)
    assert_type((candle.open_price, candle.opening_price), tuple[float, float])
    assert_type((candle.high_price, candle.low_price), tuple[float, float])
    assert_type((candle.close_price, candle.trade_price), tuple[float, float])
    assert_type((candle.volume, candle.candle_acc_trade_volume), tuple[float, float])
    assert_type((candle.value, candle.candle_acc_trade_price), tuple[float, float])


def told(event: StatusEvent) -> str:
    if isinstance(event, ConnectionEvent):
        return f"{event.connection_type} {event.epoch}: {event.state}, {event.reason}"
    if isinstance(event, SubscriptionEvent):
        return f"{event.accepted}: {len(event.streams)}"
    if isinstance(event, RefusalEvent):
        return f"{event.name} {event.message}: {len(event.streams)}"
    if isinstance(event, ErrorEvent):
        return f"{event.error} ({event.count})"
    return str(event.data_type)


def states() -> dict[str, Sequence[str]]:
    """They are words, and every one has its name."""
    units = [
        *(Timeframe.SECOND_1, Timeframe.MINUTE_1, Timeframe.MINUTE_3, Timeframe.MINUTE_5),
        *(Timeframe.MINUTE_10, Timeframe.MINUTE_15, Timeframe.MINUTE_30, Timeframe.MINUTE_60),
        *(Timeframe.MINUTE_240, Timeframe.DAY, Timeframe.WEEK, Timeframe.MONTH, Timeframe.YEAR),
    ]
    waiting = [ConnectionState.IDLE, ConnectionState.CONNECTING, ConnectionState.RECONNECTING]
    ended = [ConnectionState.REFUSED, ConnectionState.STOPPED]
    private = [DataType.ORDER, DataType.BALANCE]
    return {
        "unit": [*units, Timeframe.parse("minute1")],
        "state": [*waiting, ConnectionState.CONNECTED, ConnectionState.POLLING, *ended],
        "health": [HealthStatus.HEALTHY, HealthStatus.DEGRADED, HealthStatus.CRITICAL],
        "quality": [ConnectionQuality.EXCELLENT, ConnectionQuality.GOOD, ConnectionQuality.POOR],
        "source": [Source.WEBSOCKET, Source.REST, Source.POLLED],
        "stream": [StreamType.SNAPSHOT, StreamType.REALTIME],
        "data": [DataType.TICKER, DataType.TRADE, DataType.ORDERBOOK, DataType.CANDLE, *private],
    }


def events(frame: bytes, known: Sequence[Balance]) -> None:
    event = decode(frame)
    if isinstance(event, OrderbookEvent):
        assert_type(event.orderbook_units, tuple[OrderbookUnit, ...])
    elif isinstance(event, CandleEvent):
        assert_type(event.timeframe, Timeframe)
    elif isinstance(event, TickerEvent):
        assert_type(event.connection_type, ConnectionType)
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
        assert_type(balances.balances[0].locked, Decimal)
        assert_type(balances.balances[0].avg_buy_price, Decimal)
    base: WebSocketEvent = event
    assert_type(base.replayed, bool)


async def account(manager: GlobalWebSocketManager) -> None:
    def on_order(event: OrderEvent) -> None:
        assert_type(event.is_open, bool)
        assert_type(event.uuid, str)

    def on_error(error: Exception) -> None:
        if isinstance(error, AuthenticationFailed):
            assert_type(error.right, str)

    proxy = WebSocketClientProxy("account_one", manager)
    await proxy.subscribe_balance(error_handler=on_error)
    await proxy.subscribe_orders(on_order, symbols=["KRW-BTC"], error_handler=on_error)
    proxy.subscribe_orders(delivery=Delivery.immediate())
    proxy.unsubscribe_orders(["KRW-BTC"])
    proxy.unsubscribe_balance()
    assert_type(await manager.get_accounts(), tuple[Balance, ...])
    assert_type(await manager.get_open_orders("KRW-BTC"), tuple[OrderEvent, ...])
    assert_type(await manager.get_closed_orders(start_ms=0, limit=10), tuple[OrderEvent, ...])


async def keys(manager: GlobalWebSocketManager) -> None:
    stored = await Credentials.from_keyring()
    assert_type(stored, Credentials | None)
    credentials = stored or Credentials("access", "secret")
    assert_type((credentials.access_key, credentials.secret_key), tuple[str, str])
    manager.set_credentials(credentials)
    manager.set_credentials(None)
    credentials.delete()


def tokens(credentials: Credentials) -> dict[str, str]:
    manager = JWTManager(credentials, "HS256")
    assert_type(manager.expires_at, datetime | None)
    assert_type(manager.make_token({"states": ["wait", "watch"], "limit": "100"}), str)
    authenticator = UpbitAuthenticator(credentials)
    assert_type(authenticator.expires_at, datetime | None)
    return authenticator.headers("market=KRW-BTC")


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
    chart.exportImage(Path("chart.png"), scale=2.0)
    chart.exportCsv("chart.csv", visible_only=True)
    image = chart.toImage()
    if image is not None:
        print(image.width())
    BarsTable(chart, QWidget()).chooseBar(1_790_000_000_000)

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


def shared(manager: GlobalWebSocketManager, proxy: WebSocketClientProxy) -> None:
    """What a program does with the manager itself."""
    token = manager.register_client("alarm_one", proxy)
    assert_type(token, int)
    spec = SubscriptionSpec(DataType.CANDLE, ("KRW-BTC",), Timeframe.MINUTE_5)
    assert_type(manager.update_subscription("alarm_one", spec), Subscription)
    manager.distribute_data(decode(b"{}"))
    manager.remove_client("alarm_one")
    summary = manager.get_subscription_summary()
    print(summary.clients["alarm_one"][0].symbols, summary.wanted[DataType.TICKER])
    for stream, depth in manager.wire_subscription().items():
        print(stream.type, stream.code, stream.level, depth)
    manager.call_from_thread(lambda: print(manager.is_public_available()))
    print(manager.is_private_available())
    manager.switch_to_rest_fallback([DataType.TICKER])
    markets: MarketList = manager.markets
    heard_by(markets.changed, lambda: print(len(markets)))
    market = markets.find("KRW-BTC")
    assert_type(market, Market | None)
    if market is not None:
        assert_type((market.korean_name, market.english_name), tuple[str, str])
        print(market.code, market.warning, market.cautions)
    assert_type(markets.tick_size("KRW-BTC", 97_000_000.0), float)
    assert_type(markets.levels("KRW-BTC"), tuple[float, ...])


def recorded(manager: GlobalWebSocketManager) -> None:
    recording = manager.record("session.jsonl.zst", private=False)
    recording.stop()


def listened(manager: GlobalWebSocketManager) -> None:
    def on_connection(event: ConnectionEvent) -> None:
        print(event.epoch, event.state)

    def on_gap(event: GapEvent) -> None:
        if event.state is GapState.UNFILLABLE:
            print(event.stream, event.since_ms, event.until_ms, event.reason)
        print(event.count, event.state in (GapState.FOUND, GapState.FILLED))

    heard_by(manager.connection_changed, on_connection)
    heard_by(manager.recovery_begun, on_connection)
    heard_by(manager.recovery_completed, on_connection)
    heard_by(manager.resumed_after_sleep, on_connection)
    heard_by(manager.fallback_entered, on_connection)
    heard_by(manager.gap_found, on_gap)
    heard_by(manager.gap_filled, on_gap)
    heard_by(manager.gap_unfillable, on_gap)
    heard_by(manager.fallback_left, on_connection)
    heard_by(manager.market_listed, print)
    heard_by(manager.market_gone, print)
    heard_by(manager.error_occurred, print)
    heard_by(manager.alert_raised, print)
    heard_by(manager.alert_cleared, print)


def observed(manager: GlobalWebSocketManager) -> None:
    end_log = logs.to_file("feed.jsonl", "DEBUG")
    health: HealthReport = manager.health_check()
    assert_type(health.average_latency_ms, float | None)
    metrics: PerformanceMetrics = manager.collect_metrics()
    assert_type(metrics.messages_per_second, float)
    counts: tuple[int, ...] = (
        metrics.active_connections,
        metrics.reconnection_count,
        metrics.queue_depth,
        metrics.dropped_message_count,
        metrics.callback_error_count,
        metrics.total_subscriptions,
    )
    measured: tuple[float | None, ...] = (
        metrics.connection_uptime,
        metrics.average_latency_ms,
        metrics.max_latency_ms,
        metrics.memory_usage_mb,
        metrics.cpu_usage_percent,
        metrics.error_rate_percent,
        metrics.event_loop_lag_ms,
    )
    print(counts, measured)
    assert_type(health.status, HealthStatus)
    print(health["status"], health.reason, health.uptime_seconds, health.suspects)
    assert_type(health.last_message_timestamp, datetime | None)
    assert_type(health.connection_quality, ConnectionQuality)
    assert_type(health.active_connections + health.active_subscriptions + health.dropped, int)
    assert_type(health.epochs[ConnectionType.PRIVATE], int)
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
    alerts: AlertManager = manager.alerts
    alerts.remove_rule("memory")
    assert_type(alerts.active, tuple[Alert, ...])
    assert_type(alerts.recent, tuple[Alert, ...])
    metrics = manager.collect_metrics()
    assert_type(manager.alerts.check_alerts(metrics), tuple[Alert, ...])
    on_alert(manager.alerts.send_alert("the disk is full", Severity.INFO, metrics))
    data: DashboardData = WebSocketDashboard(manager).get_dashboard_data()
    assert_type(data.health, HealthReport)
    assert_type(data.active_alerts, tuple[Alert, ...])
    assert_type(data.metrics, PerformanceMetrics)


def wishes() -> SubscriptionDiff:
    """The pure parts, as a tool without Qt uses them."""
    wanted = SubscriptionStateManager(grace_period_s=0.0)
    diff = wanted.add_subscription("chart_main", DataType.TICKER, ["KRW-BTC"])
    assert_type(diff.added_symbols, frozenset[str])
    assert_type(wanted.get_consolidated_subscription()[DataType.TICKER], frozenset[str])
    print(wanted.remove_client("chart_main").removed_symbols)
    return diff


def routed(ticker: TickerEvent) -> list[tuple[str, float]]:
    epochs = EpochManager()
    epoch = epochs.increment_epoch(ConnectionType.PUBLIC)
    print(epochs.is_current_epoch(ConnectionType.PUBLIC, epoch))
    print(epochs.current_epoch(ConnectionType.PUBLIC))
    router: DataRoutingEngine[str] = DataRoutingEngine(epochs)
    streams = SubscriptionSpec(DataType.TICKER, ("KRW-BTC",)).streams
    chart = BackpressureHandler("chart", streams, Delivery.coalesce_by_symbol())
    router.attach(chart)
    router.route(ticker)
    reached = [
        (handler.consumer, event.stamp.received_at) for handler, event in router.deliveries(0)
    ]
    print(chart.delivery, chart.statistics().delivered)
    router.detach(chart)
    return reached


def retried() -> float:
    backoff = ExponentialBackoff(initial_delay=1.0, max_delay=60.0, multiplier=2.0, jitter=True)
    assert_type(RecoveryEngine(backoff).is_critical, bool)
    limiter = GlobalRateLimiter(share=0.5)
    assert_type(limiter.get_remaining_tokens(0.0), dict[str, int])
    assert_type(TokenBucket(capacity=5, refill_rate=5.0).remaining(0.0), int)
    silence = HealthMonitor(lambda: "unique")
    if silence.check(0.0, may_ask=True) is None:
        print(silence.questions)
    return backoff.get_delay(3)


def framed(
    hub: FanoutHub, monitor: PerformanceMonitor, proxy: WebSocketClientProxy, widget: QWidget
) -> None:
    """The parts of the Qt shell."""
    frames = QtBridgeManager(16, widget)
    heard_by(frames.frame, lambda: print(hub.deliver(0.0, slow_too=False)))
    frames.wake(immediate=True)
    frames.stop()
    components = ComponentLifecycleManager(widget)
    components.release(components.watch(widget, "window"))
    print(hub.statistics().callback_errors, monitor.collect_metrics().time)
    emitter: SignalEmitter = proxy.emitter
    emit = emitter.heard(DataType.TICKER)
    if emit is not None:
        emit(decode(b"{}"))


def connected(
    public: UpbitWebSocketPublicClient, private: UpbitWebSocketPrivateClient, key: Credentials
) -> bool:
    """The manager's two connections."""
    public.start()
    public.subscribe(1, SubscriptionSpec(DataType.TICKER, ("KRW-BTC",)))
    private.key_changed(UpbitAuthenticator(key))
    private.settle()
    assert_type(private.protocol.state, ConnectionState)
    public.stop()
    return public.is_open


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
    print(settings.exchange.has_levels, settings.exchange.error_language)
    speaks: Callable[[], Dialect] | None = BINANCE.dialect
    print(speaks)
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
