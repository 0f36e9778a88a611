"""What is known of a market, and the pause. Pure."""

from __future__ import annotations

from upbit_ws_qt.events import OrderbookEvent, TickerEvent, TradeEvent
from upbit_ws_qt.rollover import rolled_over
from upbit_ws_qt_widgets.models.market_memory import Known, MarketMemory


def book(number: int, level: float = 0.0) -> OrderbookEvent:
    return OrderbookEvent(
        type="orderbook",
        code="KRW-BTC",
        timestamp=number,
        total_ask_size=0.0,
        total_bid_size=0.0,
        orderbook_units=(),
        level=level,
    )


def ticker(price: float, ms: int, previous: float | None = 100.0) -> TickerEvent:
    return TickerEvent(
        type="ticker",
        code="KRW-BTC",
        timestamp=ms + 5,
        trade_timestamp=ms,
        trade_price=price,
        prev_closing_price=previous,
    )


def trade(number: int, price: float = 101.0, ms: int | None = None) -> TradeEvent:
    return TradeEvent(
        type="trade",
        code="KRW-BTC",
        timestamp=number if ms is None else ms,
        trade_price=price,
        trade_volume=1.0,
        ask_bid="BID",
        sequential_id=number,
    )


def test_the_wanted_grouping_is_shown_where_the_exchange_sent_it() -> None:
    memory = MarketMemory()
    assert memory.known.shown(0.0) is None
    memory.take_book(book(1, level=10.0))
    assert memory.known.shown(0.0) is memory.known.coarse
    memory.take_book(book(2))
    assert memory.known.shown(0.0) is memory.known.book
    assert memory.known.shown(10.0) is memory.known.coarse
    assert memory.known.shown(20.0) is memory.known.book


def test_the_newest_of_ticker_and_trades_is_the_last_price() -> None:
    memory = MarketMemory()
    memory.take_ticker(ticker(101.0, ms=10))
    assert (memory.known.last_price, memory.known.previous_close) == (101.0, 100.0)
    assert memory.take_trade(trade(1, 102.0, ms=20))
    assert (memory.known.last_price, memory.known.previous_close) == (102.0, 100.0)
    memory.take_ticker(ticker(101.0, ms=15, previous=99.0))
    assert (memory.known.last_price, memory.known.previous_close) == (102.0, 100.0)
    memory.take_ticker(ticker(103.0, ms=30, previous=None))
    assert (memory.known.last_price, memory.known.previous_close) == (103.0, 100.0)


def test_a_trade_of_the_former_day_does_not_bring_back_its_close() -> None:
    """The day began without a trade; the snapshot of the last one still tells of the day before."""
    memory = MarketMemory()
    day_ms = 86_400_000
    memory.take_ticker(rolled_over(ticker(101.0, ms=day_ms - 50), day_ms))
    assert memory.take_trade(trade(1, 101.0, ms=day_ms - 50))
    assert (memory.known.last_price, memory.known.previous_close) == (101.0, 101.0)
    assert memory.take_trade(trade(2, 102.0, ms=day_ms + 10))
    assert memory.known.last_price == 102.0


def test_trades_are_newest_first_once_each_and_not_without_end() -> None:
    memory = MarketMemory()
    assert memory.take_trade(trade(1))
    assert memory.take_trade(trade(2))
    assert not memory.take_trade(trade(1))
    assert [known.sequential_id for known in memory.known.trades] == [2, 1]
    for number in range(3, 300):
        memory.take_trade(trade(number))
    assert len(memory.known.trades) == 100
    assert memory.known.trades[0].sequential_id == 299


def test_a_pause_holds_what_is_shown_and_counts_what_comes() -> None:
    memory = MarketMemory()
    memory.take_book(book(1))
    memory.pause(on=True)
    held = memory.known
    assert memory.is_paused
    memory.take_book(book(2))
    memory.take_ticker(ticker(101.0, ms=10))
    memory.take_trade(trade(1))
    memory.take_trade(trade(1))
    assert memory.known is held
    assert memory.withheld == 3
    memory.pause(on=True)
    assert memory.withheld == 3
    memory.pause(on=False)
    assert not memory.is_paused
    assert memory.withheld == 0
    assert memory.known.book == book(2)
    assert memory.known.trades == (trade(1),)
    memory.take_book(book(3))
    assert memory.withheld == 0


def test_at_first_nothing_is_known() -> None:
    assert MarketMemory().known == Known()
