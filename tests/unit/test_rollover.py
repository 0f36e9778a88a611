"""The day that began without a trade. Tests only."""

from __future__ import annotations

import pytest

from upbit_ws_qt.events import Source, Stamp, TickerEvent, TradeEvent
from upbit_ws_qt.rollover import DAY_MS, day_start, of_today, rolled_over
from upbit_ws_qt.wire import decode

TODAY_MS = 20_718 * DAY_MS
TRADED_MS = TODAY_MS - 5_000


def ticker(
    traded_ms: int | None = TRADED_MS,
    price: float = 712.0,
    source: Source = Source.WEBSOCKET,
    timestamp: int | None = None,
) -> TickerEvent:
    """A market's day; everything of it is known."""
    return TickerEvent(
        type="ticker",
        code="KRW-XRP",
        timestamp=(traded_ms or TRADED_MS) if timestamp is None else timestamp,
        stream_type="SNAPSHOT",
        trade_price=price,
        opening_price=700.0,
        high_price=730.0,
        low_price=690.0,
        prev_closing_price=701.0,
        change="RISE",
        change_price=11.0,
        signed_change_price=11.0,
        change_rate=0.0157,
        signed_change_rate=0.0157,
        trade_volume=3.5,
        acc_trade_volume=1000.0,
        acc_trade_volume_24h=1100.0,
        acc_trade_price=700_000.0,
        acc_trade_price_24h=770_000.0,
        trade_date="20260921",
        trade_time="235955",
        trade_timestamp=traded_ms,
        ask_bid="BID",
        acc_ask_volume=400.0,
        acc_bid_volume=600.0,
        highest_52_week_price=900.0,
        highest_52_week_date="2026-01-02",
        lowest_52_week_price=500.0,
        lowest_52_week_date="2026-03-04",
        market_state="ACTIVE",
        is_trading_suspended=False,
        market_warning="NONE",
        stamp=Stamp(epoch=3, source=source, received_at=12.5),
    )


@pytest.mark.parametrize(
    ("now_ms", "began_ms"),
    [
        (TODAY_MS, TODAY_MS),
        (TODAY_MS - 1, TODAY_MS - DAY_MS),
        (TODAY_MS - 0.25, TODAY_MS - DAY_MS),
        (TODAY_MS + DAY_MS - 1, TODAY_MS),
        (0, 0),
    ],
)
def test_a_day_begins_at_midnight_utc(now_ms: float, began_ms: int) -> None:
    assert day_start(now_ms) == began_ms


def test_the_day_begins_at_the_last_price_and_with_nothing_traded() -> None:
    former = ticker()
    event = rolled_over(former, TODAY_MS)
    assert event.timestamp == TODAY_MS
    assert event.trade_price == 712.0
    assert event.prev_closing_price == 712.0
    assert (event.opening_price, event.high_price, event.low_price) == (712.0, 712.0, 712.0)
    assert event.change == "EVEN"
    assert (event.change_price, event.signed_change_price) == (0.0, 0.0)
    assert (event.change_rate, event.signed_change_rate) == (0.0, 0.0)
    assert (event.acc_trade_volume, event.acc_trade_price) == (0.0, 0.0)
    assert (event.acc_ask_volume, event.acc_bid_volume) == (0.0, 0.0)


def test_what_is_of_another_span_or_of_the_last_trade_is_kept() -> None:
    former = ticker()
    event = rolled_over(former, TODAY_MS)
    for name in (
        "code",
        "stream_type",
        "trade_volume",
        "acc_trade_volume_24h",
        "acc_trade_price_24h",
        "trade_date",
        "trade_time",
        "trade_timestamp",
        "ask_bid",
        "highest_52_week_price",
        "highest_52_week_date",
        "lowest_52_week_price",
        "lowest_52_week_date",
        "market_state",
        "is_trading_suspended",
        "market_warning",
    ):
        assert getattr(event, name) == getattr(former, name) is not None, name


def test_it_says_that_it_was_computed_and_belongs_to_the_same_connection() -> None:
    former = ticker()
    event = rolled_over(former, TODAY_MS)
    assert event.source is Source.DERIVED
    assert (event.epoch, event.stamp.received_at, event.replayed) == (3, 12.5, False)
    assert former.source is Source.WEBSOCKET, "events are never changed"


def test_what_a_polled_ticker_lacks_is_not_made_up() -> None:
    former = TickerEvent(type="ticker", code="KRW-XRP", timestamp=TRADED_MS, trade_price=712.0)
    event = rolled_over(former, TODAY_MS)
    assert event.acc_ask_volume is event.acc_bid_volume is event.acc_trade_volume is None
    assert event.prev_closing_price == 712.0


def test_frames_with_short_names_begin_their_day_too() -> None:
    frame = b'{"ty":"ticker","cd":"KRW-XRP","tms":1,"tp":712.0,"atv":5.0,"st":"REALTIME"}'
    former = decode(frame)
    assert isinstance(former, TickerEvent)
    event = rolled_over(former, TODAY_MS)
    assert (event.code, event.acc_trade_volume, event.opening_price) == ("KRW-XRP", 0.0, 712.0)


@pytest.mark.parametrize("last", [None, ticker()])
def test_a_ticker_of_this_day_says_what_it_says(last: TickerEvent | None) -> None:
    first = ticker(TODAY_MS)
    assert of_today(first, last, TODAY_MS) is first


@pytest.mark.parametrize(
    "last",
    [
        None,
        ticker(),
        TradeEvent(
            type="trade",
            code="KRW-XRP",
            timestamp=1,
            trade_price=1.0,
            trade_volume=1.0,
            ask_bid="BID",
            sequential_id=1,
        ),
    ],
)
def test_one_of_a_former_day_says_with_which_price_this_one_began(
    last: TickerEvent | TradeEvent | None,
) -> None:
    event = of_today(ticker(), last, TODAY_MS)
    assert event == rolled_over(ticker(), TODAY_MS)


def test_once_it_was_traded_the_former_day_is_over() -> None:
    assert of_today(ticker(), ticker(TODAY_MS + 1), TODAY_MS) is None


@pytest.mark.parametrize(
    ("traded_ms", "price"),
    [
        pytest.param(TRADED_MS - 1, None, id="older"),
        pytest.param(None, None, id="of an unknown time"),
        pytest.param(TRADED_MS, 705.0, id="the same"),
        pytest.param(TRADED_MS + 1, 705.0, id="the very last"),
    ],
)
def test_of_the_former_days_last_words_the_latest_holds(
    traded_ms: int | None, price: float | None
) -> None:
    """Frames may come out of order; the close is the price of the last trade."""
    last = rolled_over(ticker(), TODAY_MS)
    event = of_today(ticker(traded_ms, 705.0), last, TODAY_MS)
    assert (None if event is None else event.prev_closing_price) == price


def test_a_day_without_any_trade_is_followed_by_another() -> None:
    quiet = rolled_over(ticker(), TODAY_MS)
    event = of_today(quiet, quiet, TODAY_MS + DAY_MS)
    assert event is not None
    assert (event.timestamp, event.trade_price) == (TODAY_MS + DAY_MS, 712.0)
    unknown = rolled_over(ticker(None), TODAY_MS)
    assert of_today(ticker(None, 705.0), unknown, TODAY_MS) is not None
