"""Immutable, typed events: what every consumer receives. Tests only."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from upbit_ws_qt import account_events, event_roots, events, status_events
from upbit_ws_qt.errors import InvalidRequest, UpbitError
from upbit_ws_qt.events import (
    Balance,
    BalanceEvent,
    CandleEvent,
    ConnectionEvent,
    ConnectionState,
    ConnectionType,
    DataType,
    ErrorEvent,
    MarketEvent,
    OrderbookEvent,
    OrderbookUnit,
    RefusalEvent,
    Source,
    Stamp,
    StreamType,
    SubscriptionEvent,
    TickerEvent,
    TradeEvent,
    WebSocketEvent,
    stamped,
)
from upbit_ws_qt.timeframe import Timeframe

STAMP = Stamp(7, Source.POLLED, ConnectionType.PRIVATE, 1_790_000_000.25, replayed=True)


def ticker(**changes: Any) -> TickerEvent:
    fields: dict[str, Any] = {
        "type": "ticker",
        "code": "KRW-BTC",
        "timestamp": 1_790_000_000_123,
        "trade_price": 116_539_000.0,
        "acc_trade_volume": 10.0,
    }
    return TickerEvent(**fields | changes)


def trade(**changes: Any) -> TradeEvent:
    fields: dict[str, Any] = {
        "type": "trade",
        "code": "KRW-BTC",
        "timestamp": 1_790_000_000_123,
        "trade_price": 116_539_000.0,
        "trade_volume": 0.01,
        "ask_bid": "BID",
        "sequential_id": 17_900_000_001_230_000,
    }
    return TradeEvent(**fields | changes)


def orderbook(rows: int = 3, **changes: Any) -> OrderbookEvent:
    fields: dict[str, Any] = {
        "type": "orderbook",
        "code": "KRW-BTC",
        "timestamp": 1_790_000_000_123,
        "total_ask_size": 30.0,
        "total_bid_size": 40.0,
        "orderbook_units": tuple(
            OrderbookUnit(101.0 + row, 100.0 - row, 1.0, 2.0) for row in range(rows)
        ),
    }
    return OrderbookEvent(**fields | changes)


def candle(**changes: Any) -> CandleEvent:
    fields: dict[str, Any] = {
        "type": "candle.1m",
        "code": "KRW-BTC",
        "timestamp": 1_790_000_000_123,
        "candle_date_time_utc": "2026-09-21T14:13:00",
        "opening_price": 100.0,
        "high_price": 120.0,
        "low_price": 90.0,
        "trade_price": 110.0,
        "candle_acc_trade_volume": 3.5,
        "candle_acc_trade_price": 385.0,
    }
    return CandleEvent(**fields | changes)


def balances() -> BalanceEvent:
    row = Balance(currency="BTC", balance=Decimal("1.00000001"), locked=Decimal("0.5"))
    return BalanceEvent(balances=(row,), stamp=STAMP)


@pytest.mark.parametrize(
    ("event", "data_type", "symbol"),
    [
        (ticker(), DataType.TICKER, "KRW-BTC"),
        (trade(), DataType.TRADE, "KRW-BTC"),
        (orderbook(), DataType.ORDERBOOK, "KRW-BTC"),
        (candle(), DataType.CANDLE, "KRW-BTC"),
        (balances(), DataType.BALANCE, ""),
        (ConnectionEvent(state=ConnectionState.IDLE), DataType.STATUS, ""),
        (SubscriptionEvent(accepted=True, streams=frozenset()), DataType.STATUS, ""),
        (ErrorEvent(error=UpbitError("x")), DataType.STATUS, ""),
        (RefusalEvent(name="NO_CODES", message=""), DataType.STATUS, ""),
    ],
)
def test_every_event_says_what_it_is_about(
    event: WebSocketEvent, data_type: DataType, symbol: str
) -> None:
    assert event.data_type is data_type
    assert event.symbol == symbol


@pytest.mark.parametrize(
    ("state", "suspended", "halted", "delisted"),
    [
        ("ACTIVE", False, False, False),
        ("ACTIVE", True, True, False),
        ("ACTIVE", None, False, False),
        ("PREVIEW", False, True, False),
        ("DELISTED", False, False, True),
        ("DELISTED", True, False, True),
        (None, True, True, False),
        (None, False, False, False),
        (None, None, None, False),
    ],
)
def test_a_ticker_says_whether_its_market_can_be_traded(
    state: str | None, suspended: bool | None, halted: bool | None, delisted: bool
) -> None:
    event = msgspec.structs.replace(ticker(), market_state=state, is_trading_suspended=suspended)
    assert (event.is_halted, event.is_delisted) == (halted, delisted)


def test_every_event_carries_its_stamp() -> None:
    event = stamped(ticker(), STAMP)
    assert event.epoch == 7
    assert event.source is Source.POLLED
    assert event.connection_type is ConnectionType.PRIVATE
    assert event.replayed is True
    assert event.received_at == datetime(2026, 9, 21, 14, 13, 20, 250_000, tzinfo=UTC)


def test_without_a_connection_the_epoch_is_zero() -> None:
    event = ticker()
    assert (event.epoch, event.source, event.replayed) == (0, Source.WEBSOCKET, False)
    assert event.connection_type is ConnectionType.PUBLIC


def test_another_stamp_makes_another_event() -> None:
    """Events are shared by all consumers: the one that others hold does not change."""
    first = trade()
    second = stamped(first, STAMP)
    assert (first.epoch, second.epoch) == (0, 7)
    assert type(second) is TradeEvent
    assert second.sequential_id == first.sequential_id


ALL_KINDS = [
    kind
    for kind in vars(events).values()
    if inspect.isclass(kind) and issubclass(kind, msgspec.Struct)
]


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_events_are_immutable_and_keyword_only(kind: type[msgspec.Struct]) -> None:
    assert kind.__struct_config__.frozen
    if issubclass(kind, WebSocketEvent):
        assert all(
            parameter.kind is inspect.Parameter.KEYWORD_ONLY
            for parameter in inspect.signature(kind).parameters.values()
        )


def test_an_event_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        ticker().trade_price = 1.0  # type: ignore[misc]
    with pytest.raises(AttributeError):
        del orderbook().level


def test_times_are_aware() -> None:
    """``time`` is the exchange's clock, ``received_at`` ours."""
    event = stamped(ticker(), STAMP)
    assert event.time == datetime(2026, 9, 21, 14, 13, 20, 123_000, tzinfo=UTC)
    for moment in (event.time, event.received_at, candle().time, balances().time):
        assert moment.utcoffset() == timedelta(0)
    assert balances().time == balances().received_at


def test_the_time_of_a_candle_is_its_start() -> None:
    event = candle()
    assert event.time == datetime(2026, 9, 21, 14, 13, tzinfo=UTC)
    assert event.start_ms == 1_789_999_980_000
    assert event.timeframe is Timeframe.MINUTE_1
    assert candle(type="candle.240m").timeframe is Timeframe.MINUTE_240
    with pytest.raises(InvalidRequest):
        _ = candle(type="candle.7m").timeframe


def test_the_time_of_a_trade_is_when_it_was_traded() -> None:
    """Its frame comes later; over REST there is one time only, and it is that one."""
    event = trade(trade_timestamp=1_790_000_000_100)
    assert event.time == datetime(2026, 9, 21, 14, 13, 20, 100_000, tzinfo=UTC)
    assert trade().time == datetime(2026, 9, 21, 14, 13, 20, 123_000, tzinfo=UTC)


def test_a_ticker_is_priced_by_its_last_trade_or_by_the_day_that_began_without_one() -> None:
    traded = ticker(trade_timestamp=1_790_000_000_100)
    assert traded.priced_ms == 1_790_000_000_100
    assert ticker().priced_ms == 1_790_000_000_123, "where the trade is not told"
    derived = stamped(traded, Stamp(source=Source.DERIVED))
    assert derived.priced_ms == 1_790_000_000_123


def test_a_candle_answers_by_short_names_too() -> None:
    event = candle()
    assert (event.open_price, event.high_price, event.low_price, event.close_price) == (
        100.0,
        120.0,
        90.0,
        110.0,
    )
    assert (event.volume, event.value) == (3.5, 385.0)


def test_what_answers_a_request_is_a_snapshot() -> None:
    assert ticker(stream_type="SNAPSHOT").is_snapshot
    assert not ticker(stream_type="REALTIME").is_snapshot
    assert not ticker().is_snapshot
    assert StreamType.SNAPSHOT == "SNAPSHOT"


class Bare(MarketEvent, frozen=True, kw_only=True):
    """A type of a custom handler."""

    data_type = DataType.STATUS


@pytest.mark.parametrize(
    ("event", "differing"),
    [
        (ticker(), [{"timestamp": 1}, {"acc_trade_volume": 11.0}, {"trade_price": 1.0}]),
        (trade(), [{"sequential_id": 1}]),
        (orderbook(), [{"timestamp": 1}, {"orderbook_units": ()}]),
        (
            candle(),
            [
                {"timestamp": 1},
                {"candle_date_time_utc": "2026-09-21T14:12:00"},
                {"candle_acc_trade_volume": 4.0},
            ],
        ),
        (Bare(type="x", code="KRW-BTC", timestamp=5), [{"timestamp": 1}]),
    ],
)
def test_an_event_repeats_one_that_said_the_same(
    event: MarketEvent, differing: list[dict[str, Any]]
) -> None:
    """The mark of the stream and the arrival do not matter, what is said does."""
    again = stamped(msgspec.structs.replace(event, stream_type="SNAPSHOT"), STAMP)
    assert again.repeats(event)
    for change in differing:
        assert not msgspec.structs.replace(event, **change).repeats(event), change


def test_a_book_is_sliced_to_a_depth() -> None:
    """The totals stay the exchange's own; a book that is short enough is not copied."""
    book = stamped(orderbook(rows=30, level=10_000.0), STAMP)
    shallow = book.sliced(5)
    assert shallow.orderbook_units == book.orderbook_units[:5]
    assert (shallow.total_ask_size, shallow.level, shallow.epoch) == (30.0, 10_000.0, 7)
    assert book.sliced(30) is book
    assert len(book.orderbook_units) == 30


class ShortUnit(OrderbookUnit, frozen=True):
    """Rows of SIMPLE frames are of a subclass."""


def test_rows_are_compared_by_their_numbers() -> None:
    row = OrderbookUnit(101.0, 100.0, 1.0, 2.0)
    assert row == ShortUnit(101.0, 100.0, 1.0, 2.0)
    assert not row != ShortUnit(101.0, 100.0, 1.0, 2.0)  # noqa: SIM202 - it is an operator of its own
    assert not row == OrderbookUnit(101.0, 100.0, 1.0, 7.0)  # noqa: SIM201
    assert hash(row) == hash(ShortUnit(101.0, 100.0, 1.0, 2.0))
    for position in range(4):
        numbers = [101.0, 100.0, 1.0, 2.0]
        numbers[position] = 7.0
        assert row != OrderbookUnit(*numbers)
    assert row != (101.0, 100.0, 1.0, 2.0)
    assert not row == (101.0, 100.0, 1.0, 2.0)  # noqa: SIM201


def test_what_a_balance_row_may_leave_out() -> None:
    row = Balance(currency="DOGE", balance=Decimal(5))
    assert (row.locked, row.avg_buy_price, row.avg_buy_price_modified) == (0, 0, False)
    assert row.unit_currency == "KRW"


def test_every_kind_of_event_is_importable_from_here() -> None:
    """Whichever module it lives in."""
    for module in (event_roots, account_events, status_events):
        for name in module.__all__:
            assert getattr(events, name) is getattr(module, name)
            assert name in events.__all__


def test_types_and_sources_read_as_plain_words() -> None:
    """They are ``str``, so that a log or a comparison with a literal needs no conversion."""
    assert f"{DataType.ORDERBOOK}" == "orderbook"
    assert DataType("candle") is DataType.CANDLE
    assert Source.REST == "rest"


def test_rows_of_a_book_are_equal_by_their_numbers_whichever_way_they_came() -> None:
    """One of a SIMPLE frame, one made by hand; and none equals something else."""
    from upbit_ws_qt.wire import decode

    book = decode(
        '{"ty":"orderbook","cd":"KRW-BTC","tms":1,"tas":1,"tbs":1,'
        '"obu":[{"ap":2,"bp":1,"as":3,"bs":4}]}'
    )
    assert isinstance(book, OrderbookEvent)
    by_hand = OrderbookUnit(2.0, 1.0, 3.0, 4.0)
    assert book.orderbook_units == (by_hand,)
    assert {by_hand, *book.orderbook_units} == {by_hand}
    assert by_hand != OrderbookUnit(2.0, 1.0, 3.0, 5.0)
    assert by_hand != (2.0, 1.0, 3.0, 4.0)
