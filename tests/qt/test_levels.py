"""The market list and the groupings of order books: what is not offered is said at the call."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.feed import Feed
from upbit_ws_qt import (
    GlobalWebSocketManager,
    InvalidRequest,
    OrderbookEvent,
    UpbitError,
    WebSocketClientProxy,
    WrongThread,
)
from upbit_ws_qt.qt.markets import MarketList
from upbit_ws_qt.qt.running import feed_loop
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt.simulator.market.listing import Listing
from upbit_ws_qt.subscriptions import Stream

BTC, XRP = "KRW-BTC", "KRW-XRP"
NOT_OFFERED = 20_000.0
SAYS = "groups the order book of KRW-BTC by 0, 10000, .*; got level 20000$"


@pytest.fixture
def proxy(manager: GlobalWebSocketManager) -> WebSocketClientProxy:
    return WebSocketClientProxy("levels_one", manager, manager)


def offered(manager: GlobalWebSocketManager, code: str) -> bool:
    """Whether the exchange has told the levels of a market."""
    return len(manager.markets.levels(code)) > 1


def test_a_level_that_is_not_offered_is_refused_at_the_call_with_those_that_are(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    books: list[OrderbookEvent] = []
    feed(proxy.subscribe_ticker([BTC]))
    feed.until(lambda: offered(manager, BTC))
    before = manager.get_subscription_summary()

    with pytest.raises(InvalidRequest, match=SAYS):
        proxy.subscribe_orderbook([BTC], books.append, level=NOT_OFFERED)
    with pytest.raises(InvalidRequest, match=SAYS):
        feed(proxy.get_orderbook_snapshot([BTC], level=NOT_OFFERED))

    assert manager.get_subscription_summary() == before
    level = manager.markets.levels(BTC)[1]
    feed(proxy.subscribe_orderbook([BTC], books.append, level=level))
    feed.until(lambda: books)
    assert books[-1].level == level


def test_asked_for_before_the_levels_were_known_it_is_looked_up_when_they_come(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    """The exchange sends nothing for it and says nothing, so nobody else would."""
    told: list[Exception] = []
    wrong = proxy.subscribe_orderbook([BTC], level=NOT_OFFERED, error_handler=told.append)
    right = proxy.subscribe_orderbook([BTC], level=10_000.0, error_handler=told.append)

    with pytest.raises(InvalidRequest, match=SAYS):
        feed(wrong)
    feed(right)

    assert [str(error) for error in told] == [str(told[0])]
    assert not wrong.is_active
    assert right.is_active
    feed.until(lambda: [*manager.wire_subscription()] == [Stream("orderbook", BTC, 10_000.0)])


def test_of_several_markets_only_those_without_the_level_end(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    told: list[Exception] = []
    books: list[OrderbookEvent] = []
    level = 10_000.0
    both = proxy.subscribe_orderbook(
        [BTC, XRP], books.append, level=level, error_handler=told.append
    )
    feed.until(lambda: told)
    assert "KRW-XRP" in str(told[0])
    assert both.spec is not None
    assert both.spec.symbols == (BTC,)
    feed.until(lambda: books)
    assert {book.symbol for book in books} == {BTC}
    with pytest.raises(InvalidRequest, match="KRW-XRP"):
        proxy.subscribe_orderbook([BTC, XRP], level=level)


@pytest.mark.allow_logs("a level that nobody handles the refusal of")
def test_where_nobody_listens_the_manager_says_it(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    said: list[UpbitError] = []
    manager.error_occurred.connect(said.append)
    proxy.subscribe_orderbook([BTC], level=NOT_OFFERED)
    feed.until(lambda: said)
    assert isinstance(said[0], InvalidRequest)


def test_levels_hang_on_the_price_so_a_miss_reads_them_again(
    feed: Feed,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    feed(proxy.subscribe_ticker([BTC]))
    feed.until(lambda: offered(manager, BTC))
    later = property(lambda _: (Decimal(0), Decimal(20_000)))
    monkeypatch.setattr(Listing, "levels", later)
    with pytest.raises(InvalidRequest, match="got level 20000"):
        proxy.subscribe_orderbook([BTC], level=20_000.0)
    feed.until(lambda: 20_000.0 in manager.markets.levels(BTC))
    assert proxy.subscribe_orderbook([BTC], level=20_000.0).is_active
    with pytest.raises(InvalidRequest, match="by 0, 20000; got level 10000"):
        proxy.subscribe_orderbook([BTC], level=10_000.0)


def test_a_market_that_has_left_the_prices_its_tick_was_read_at_is_read_again(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    feed(proxy.subscribe_ticker([BTC]))
    feed.until(lambda: offered(manager, BTC))
    reads: list[None] = []
    manager.markets.changed.connect(lambda: reads.append(None))
    assert manager.markets.tick_size(BTC, 116_000_000.0) == 1000.0
    feed.turns()
    assert not reads
    assert manager.markets.tick_size(BTC, 700_000.0) == 500.0
    feed.until(lambda: reads)
    # The exchange has named one tick for the prices of now; the next price says which.
    assert manager.markets.tick_size(BTC, 700_000.0) == 1000.0
    assert manager.markets.tick_size(BTC, 116_000_000.0) == 1000.0
    feed.turns()
    assert len(reads) == 1, "however often it crosses a border, it is not read again so soon"


def test_a_market_that_was_delisted_meanwhile_does_not_hold_up_the_others(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
) -> None:
    """The exchange refuses a whole call for one code that it does not know."""
    feed(proxy.subscribe_ticker([BTC]))
    feed.until(lambda: offered(manager, BTC))
    exchange.faults.delist_market("KRW-ETH")
    feed(exchange.advance(1))
    proxy.subscribe_ticker(["KRW-ETH", XRP])
    feed.until(lambda: offered(manager, XRP))
    assert "KRW-ETH" not in manager.markets


def test_a_stopped_manager_reads_nothing_and_goes_on_with_it_after_a_start(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    feed(proxy.subscribe_ticker([BTC]))
    feed.until(lambda: offered(manager, BTC))
    assert manager.markets.tick_size(BTC, 116_000_000.0) == 1000.0
    feed(manager.stop())
    before = asyncio.all_tasks(feed_loop())
    manager.markets.tick_size(BTC, 700_000.0)
    assert asyncio.all_tasks(feed_loop()) == before
    reads: list[None] = []
    manager.markets.changed.connect(lambda: reads.append(None))
    feed(manager.start())
    feed.until(lambda: reads)


def test_stopped_and_started_in_one_breath_one_task_reads(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
) -> None:
    def reading() -> int:
        return [task.get_name() for task in asyncio.all_tasks(feed_loop())].count("market list")

    exchange.faults.refuse("timeout", of="rest")
    proxy.subscribe_ticker([BTC])
    feed.until(lambda: reading() == 1)

    async def again() -> None:
        await asyncio.gather(manager.stop(), manager.start())

    feed(again())
    feed.turns()
    proxy.subscribe_ticker([XRP])
    assert reading() == 1
    exchange.faults.clear()


@pytest.mark.parametrize(
    "call",
    [
        lambda markets: markets.require(BTC),
        lambda markets: markets.want([BTC]),
        lambda markets: markets.tick_size(BTC, 1.0),
    ],
)
def test_what_may_begin_to_read_belongs_to_the_gui_thread(
    manager: GlobalWebSocketManager, call: Callable[[MarketList], object]
) -> None:
    raised: list[type[Exception]] = []

    def elsewhere() -> None:
        try:
            call(manager.markets)
        except WrongThread as error:
            raised.append(type(error))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert raised == [WrongThread]
