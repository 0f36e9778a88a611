"""One connection for everyone: what is on the wire is what is wanted, and nobody's data stops."""

from __future__ import annotations

from PyQt6.QtCore import QObject

from tests.feed import Feed
from upbit_ws_qt import (
    CandleEvent,
    ConnectionState,
    ConnectionType,
    GlobalWebSocketManager,
    OrderbookEvent,
    TickerEvent,
    TradeEvent,
    WebSocketClientProxy,
)
from upbit_ws_qt.simulator import SimulatedExchange

MARKET = "KRW-BTC"


def last_request(exchange: SimulatedExchange) -> set[tuple[str, str]]:
    """The (type, code) pairs of the last request on the wire."""
    entries = exchange.requests[-1].request
    return {
        (entry["type"], code) for entry in entries if "type" in entry for code in entry["codes"]
    }


def test_three_components_share_one_connection(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    """The last request is the union, each change of it is one request, one component goes, and
    the others' data never stops."""
    chart, book, tape = QObject(), QObject(), QObject()
    candles: list[CandleEvent] = []
    books: list[OrderbookEvent] = []
    trades: list[TradeEvent] = []

    # Everything that is wanted at once shares a request.
    first = WebSocketClientProxy("chart_one", manager, chart)
    first.subscribe_candle([MARKET], "1m", candles.append)
    feed(first.subscribe_ticker([MARKET]))
    assert len(exchange.requests) == 1
    assert last_request(exchange) == {("candle.1m", MARKET), ("ticker", MARKET)}

    # Each further change is one request that holds everything.
    second = WebSocketClientProxy("book_one", manager, book)
    feed(second.subscribe_orderbook([MARKET], books.append))
    third = WebSocketClientProxy("tape_one", manager, tape)
    feed(third.subscribe_trade([MARKET], trades.append))
    assert len(exchange.requests) == 3
    union = {("candle.1m", MARKET), ("ticker", MARKET), ("orderbook", MARKET), ("trade", MARKET)}
    assert last_request(exchange) == union

    # What somebody else wants already needs none.
    feed(WebSocketClientProxy("other_book", manager, tape).subscribe_orderbook([MARKET]))
    assert len(exchange.requests) == 3

    # One component goes: one request, without its streams, and the others go on.
    del first, chart
    feed.until(lambda: len(exchange.requests) == 4)
    assert last_request(exchange) == {("orderbook", MARKET), ("trade", MARKET)}
    assert {stream.type for stream in manager.wire_subscription()} == {"orderbook", "trade"}
    before = len(books), len(trades)
    feed(exchange.advance(20_000))
    feed.until(lambda: len(books) > before[0] and len(trades) > before[1])

    assert len(exchange.connections) == 1
    assert len({request.connection for request in exchange.requests}) == 1
    ids = [trade.sequential_id for trade in trades]
    assert len(ids) == len(set(ids)), "a repeated snapshot is not a second trade"


def test_a_second_chart_of_a_quiet_market_is_filled_at_once(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    """Nothing moves and nothing is asked: the core hands the last event on, marked as replayed."""
    component = QObject()
    first: list[TickerEvent] = []
    second: list[TickerEvent] = []
    proxy = WebSocketClientProxy("chart_one", manager, component)
    feed(proxy.subscribe_ticker([MARKET], first.append))
    joiner = WebSocketClientProxy("chart_two", manager, component)
    feed(joiner.subscribe_ticker([MARKET], second.append))

    assert len(exchange.requests) == 1
    assert [event.trade_price for event in second] == [first[-1].trade_price]
    assert second[0].replayed
    assert not first[0].replayed
    assert second[0].received_at == first[-1].received_at
    assert second[0].epoch == 1


def test_the_greatest_depth_is_asked_for_and_everyone_gets_their_slice(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    component = QObject()
    shallow: list[OrderbookEvent] = []
    deep: list[OrderbookEvent] = []
    proxy = WebSocketClientProxy("book_one", manager, component)
    proxy.subscribe_orderbook([MARKET], shallow.append, depth=1)
    feed(proxy.subscribe_orderbook([MARKET], deep.append, depth=15))

    assert last_request(exchange) == {("orderbook", f"{MARKET}.15")}
    feed.until(lambda: shallow and deep)
    assert len(shallow[-1].orderbook_units) == 1
    assert len(deep[-1].orderbook_units) == 15


def test_flipping_away_and_back_within_the_grace_period_costs_no_request(
    feed: Feed, exchange: SimulatedExchange
) -> None:
    """The stream stays on the wire meanwhile, so it is there at once."""
    from dataclasses import replace

    manager = GlobalWebSocketManager(replace(exchange.settings(), grace_period_s=60.0))
    component = QObject()
    proxy = WebSocketClientProxy("chart_one", manager, component)
    for _ in range(5):
        subscription = proxy.subscribe_ticker([MARKET])
        feed(subscription)
        subscription.unsubscribe()
    feed(proxy.subscribe_ticker([MARKET]))
    assert len(exchange.requests) == 1
    feed(manager.stop())


def test_nothing_wanted_closes_the_socket_and_is_healthy(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    """Never an empty request."""
    component = QObject()
    proxy = WebSocketClientProxy("chart_one", manager, component)
    feed(proxy.subscribe_ticker([MARKET]))
    proxy.unsubscribe_all()
    feed.until(lambda: manager.connection_state(ConnectionType.PUBLIC) is ConnectionState.IDLE)
    feed.until(lambda: not exchange.connections)
    assert len(exchange.requests) == 1
    assert manager.health_check()["status"] == "healthy"
    assert manager.health_check().active_connections == 0

    feed(proxy.subscribe_ticker([MARKET]))
    assert manager.connection_state(ConnectionType.PUBLIC) is ConnectionState.CONNECTED


def test_unsubscribing_some_markets_keeps_the_others(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    component = QObject()
    prices: list[TickerEvent] = []
    proxy = WebSocketClientProxy("list_one", manager, component)
    feed(proxy.subscribe_ticker([MARKET, "KRW-ETH", "KRW-XRP"], prices.append))
    feed(proxy.unsubscribe_ticker([MARKET, "KRW-XRP"]))
    feed.until(lambda: last_request(exchange) == {("ticker", "KRW-ETH")})
    assert manager.get_subscription_summary().wanted["ticker"] == {"KRW-ETH"}
    prices.clear()
    feed(exchange.advance(60_000))
    feed.until(lambda: prices)
    assert {event.symbol for event in prices} == {"KRW-ETH"}


def test_a_lost_connection_comes_back_with_everything(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    """A new epoch, the same union, and the loss is said before the data that follows it."""
    component = QObject()
    told: list[object] = []
    manager.recovery_begun.connect(lambda _: told.append("lost"))
    manager.recovery_completed.connect(lambda _: told.append("back"))
    proxy = WebSocketClientProxy("list_one", manager, component)
    feed(proxy.subscribe_ticker([MARKET], lambda event: told.append(event.epoch)))
    assert told == [1]

    exchange.faults.drop()
    feed.until(lambda: "back" in told)
    feed(exchange.advance(10_000))
    feed.until(lambda: 2 in told)

    assert told.index("lost") < told.index("back") < told.index(2)
    assert 1 not in told[told.index("lost") :]
    assert last_request(exchange) == {("ticker", MARKET)}
    assert manager.health_check().epochs[ConnectionType.PUBLIC] == 2
    assert manager.health_check().connection_quality == "good"


def test_a_stopped_manager_starts_again_and_its_proxies_go_on(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    component = QObject()
    prices: list[TickerEvent] = []
    proxy = WebSocketClientProxy("list_one", manager, component)
    feed(proxy.subscribe_ticker([MARKET], prices.append))
    feed(manager.stop())
    feed(manager.stop())
    feed.until(lambda: not exchange.connections)
    assert manager.connection_state(ConnectionType.PUBLIC) is ConnectionState.STOPPED

    feed(manager.start())
    feed.until(manager.is_public_available)
    feed(exchange.advance(10_000))
    feed.until(lambda: any(event.epoch == 2 for event in prices))


def test_the_summary_names_who_wants_what(feed: Feed, manager: GlobalWebSocketManager) -> None:
    component = QObject()
    proxy = WebSocketClientProxy("list_one", manager, component)
    proxy.subscribe_ticker([MARKET])
    manager.update_subscription("list_one", proxy.subscribe_trade("KRW-ETH").spec)  # type: ignore[arg-type]
    summary = manager.get_subscription_summary()
    assert [spec.data_type for spec in summary.clients["list_one"]] == ["ticker", "trade", "trade"]
    assert summary.wanted["trade"] == {"KRW-ETH"}
    manager.remove_client("list_one")
    assert manager.get_subscription_summary().clients == {}
    feed.turns()
