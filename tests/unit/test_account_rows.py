"""The answers to REST calls about one account. Tests only."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from upbit_ws_qt.account_rows import (
    ApiKey,
    read_accounts,
    read_keys,
    read_order,
    read_orders,
)
from upbit_ws_qt.errors import DecodeError
from upbit_ws_qt.events import (
    Balance,
    ConnectionType,
    OrderEvent,
    OrderState,
    Source,
    Stamp,
    stamped,
)
from upbit_ws_qt.system.credentials import Credentials

D = Decimal


def body(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


ACCOUNT = {
    "currency": "BTC",
    "balance": "0.5",
    "locked": "0.25",
    "avg_buy_price": "140000000",
    "avg_buy_price_modified": True,
    "unit_currency": "USDT",
}
# What the documents' own examples leave out is left out here.
ORDER = {
    "market": "KRW-BTC",
    "uuid": "9ca023a5-851b-4fec-9f0a-48cd83c2eaae",
    "side": "ask",
    "ord_type": "limit",
    "price": "140000000",
    "state": "wait",
    "created_at": "2026-09-21T23:13:20+09:00",
    "volume": "1.0",
    "remaining_volume": "0.75",
    "executed_volume": "0.25",
    "reserved_fee": "0.0",
    "remaining_fee": "0.0",
    "paid_fee": "17500.000000000000000001",
    "locked": "0.75",
    "trades_count": 2,
}
OPTIONAL = {
    "prevented_volume": "0.125",
    "prevented_locked": "0.5",
    "executed_funds": "35000000",
    "time_in_force": "post_only",
    "identifier": "mine-1",
    "smp_type": "cancel_maker",
}
FILL = {
    "market": "KRW-BTC",
    "uuid": "trade-1",
    "price": "140000000",
    "volume": "0.125",
    "funds": "17500000",
    "trend": "up",
    "created_at": "2026-09-21T23:13:30.123456+09:00",
    "side": "ask",
}
EARLIER = FILL | {"uuid": "trade-0", "created_at": "2026-09-21T23:13:25.000001+09:00"}
WHOLE = ORDER | {"trades": [FILL, EARLIER]}
KEY = {"access_key": "xx-access", "expire_at": "2027-09-21T23:13:20+09:00"}

Reader = Callable[[bytes], Any]


# How each answer is read, one that holds the row, and what may be left out of the row.
ROWS: list[Any] = [
    pytest.param(read_accounts, lambda row: [row], ACCOUNT, set[str](), id="account"),
    pytest.param(
        read_orders,
        lambda row: [row],
        ORDER | OPTIONAL,
        {"price", "volume", "remaining_volume", *OPTIONAL},
        id="orders",
    ),
    pytest.param(
        read_order,
        lambda row: row,
        WHOLE | OPTIONAL,
        {"price", "volume", "remaining_volume", *OPTIONAL},
        id="order",
    ),
    pytest.param(read_order, lambda row: WHOLE | {"trades": [row]}, FILL, {"trend"}, id="fill"),
    pytest.param(read_keys, lambda row: [row], KEY, set[str](), id="key"),
]


@pytest.mark.parametrize(("reader", "answer", "row", "may_lack"), ROWS)
def test_a_missing_field_that_is_promised_is_named(
    reader: Reader, answer: Callable[[Any], Any], row: dict[str, Any], may_lack: set[str]
) -> None:
    assert reader(body(answer(row)))
    for name in row:
        without = body(answer({key: value for key, value in row.items() if key != name}))
        if name in may_lack:
            assert reader(without)
            assert reader(body(answer(row | {name: None})))
        else:
            with pytest.raises(DecodeError, match=f"missing required field `{name}`"):
                reader(without)


@pytest.mark.parametrize(("reader", "answer", "row", "may_lack"), ROWS)
def test_unknown_fields_are_ignored(
    reader: Reader, answer: Callable[[Any], Any], row: dict[str, Any], may_lack: set[str]
) -> None:
    extra = {"new": {"a": [1]}, "stamp": {"epoch": 9}, "\u2063stamp": {"epoch": 9}}
    read = reader(body(answer(extra | {"\u2063provisional": True, "provisional": True} | row)))
    for event in read if isinstance(read, tuple) else (read,):
        if isinstance(event, OrderEvent):
            assert event.epoch == 0
        if isinstance(event, Balance):
            assert not event.provisional


@pytest.mark.parametrize("reader", [read_accounts, read_orders, read_order, read_keys])
def test_an_answer_of_another_shape_is_one_kind_of_error(reader: Reader) -> None:
    for answer in (b"", b"<html>502</html>", b"7", b"[7]", b'[{"uuid":"\xff"}]', b"[" * 99_999):
        with pytest.raises(DecodeError, match="an answer is not what the documents say"):
            reader(answer)


# -- balances --------------------------------------------------------------------------------------


def test_amounts_are_exact() -> None:
    long = ACCOUNT | {"balance": "1386929.37231066771348207123", "locked": "0.0"}
    first, second = read_accounts(body([long, ACCOUNT]))
    assert (first.balance, first.locked) == (D("1386929.37231066771348207123"), D(0))
    assert second == Balance(
        currency="BTC",
        balance=D("0.5"),
        locked=D("0.25"),
        avg_buy_price=D(140_000_000),
        avg_buy_price_modified=True,
        unit_currency="USDT",
    )


def test_an_amount_that_is_no_number_is_an_error() -> None:
    for wrong in ("much", "", None, True):
        with pytest.raises(DecodeError, match="balance"):
            read_accounts(body([ACCOUNT | {"balance": wrong}]))


# -- orders ----------------------------------------------------------------------------------------


def test_an_order_is_the_same_event_as_a_frame_makes() -> None:
    """Under the names of frames; what a row does not tell is None."""
    (event,) = read_orders(body([ORDER | OPTIONAL]))
    assert type(event) is OrderEvent
    assert event == OrderEvent(
        stamp=Stamp(source=Source.REST, connection_type=ConnectionType.PRIVATE),
        type="myOrder",
        code="KRW-BTC",
        timestamp=1_790_000_000_000,
        order_timestamp=1_790_000_000_000,
        uuid="9ca023a5-851b-4fec-9f0a-48cd83c2eaae",
        ask_bid="ASK",
        order_type="limit",
        state=OrderState.WAIT,
        price=D(140_000_000),
        volume=D(1),
        remaining_volume=D("0.75"),
        executed_volume=D("0.25"),
        trades_count=2,
        reserved_fee=D(0),
        remaining_fee=D(0),
        paid_fee=D("17500.000000000000000001"),
        locked=D("0.75"),
        executed_funds=D(35_000_000),
        time_in_force="post_only",
        identifier="mine-1",
        smp_type="cancel_maker",
        prevented_volume=D("0.125"),
        prevented_locked=D("0.5"),
    )


def test_an_order_that_was_asked_for_again_and_again_is_marked_so() -> None:
    (event,) = read_orders(body([ORDER]))
    polled = stamped(event, Stamp(4, Source.POLLED, ConnectionType.PRIVATE, 1.0))
    assert (polled.source, polled.epoch, polled.uuid) == (Source.POLLED, 4, event.uuid)


def test_a_market_buy_has_funds_and_no_volumes() -> None:
    row = ORDER | {"side": "bid", "ord_type": "price", "volume": None, "remaining_volume": None}
    (event,) = read_orders(body([row]))
    assert (event.ask_bid, event.order_type) == ("BID", "price")
    assert (event.volume, event.remaining_volume) == (None, None)


def test_orders_keep_their_order() -> None:
    rows = [ORDER | {"uuid": uuid} for uuid in "bac"]
    assert [event.uuid for event in read_orders(body(rows))] == ["b", "a", "c"]


def test_a_time_in_any_zone_is_the_same_moment() -> None:
    in_utc = ORDER | {"created_at": "2026-09-21T14:13:20.5Z"}
    (event,) = read_orders(body([in_utc]))
    assert event.order_timestamp == 1_790_000_000_500
    with pytest.raises(DecodeError, match="created_at"):
        read_orders(body([ORDER | {"created_at": "2026-09-21T14:13:20"}]))


def test_words_that_nobody_knows_are_an_error() -> None:
    for change in ({"side": "both"}, {"state": "melted"}):
        with pytest.raises(DecodeError, match=next(iter(change.values()))):
            read_orders(body([ORDER | change]))


def test_one_order_brings_its_fills_oldest_first() -> None:
    """And the time of the last of them: the row itself does not say when it changed."""
    event = read_order(body(WHOLE))
    assert event.trades is not None
    assert [trade.uuid for trade in event.trades] == ["trade-0", "trade-1"]
    last = event.trades[1]
    assert (last.price, last.volume, last.funds) == (D(140_000_000), D("0.125"), D(17_500_000))
    assert (last.market, last.trend, last.side) == ("KRW-BTC", "up", "ask")
    assert last.created_at == datetime(2026, 9, 21, 14, 13, 30, 123_456, tzinfo=UTC)
    assert last.created_at.utcoffset() == timedelta(hours=9)
    assert event.timestamp == 1_790_000_010_123
    assert event.order_timestamp == 1_790_000_000_000


def test_an_order_without_fills_is_as_old_as_itself() -> None:
    event = read_order(body(ORDER | {"trades": []}))
    assert (event.trades, event.timestamp) == ((), 1_790_000_000_000)
    assert event.source is Source.REST


# -- keys ------------------------------------------------------------------------------------------


def test_a_key_knows_whose_it_is_and_when_it_ends() -> None:
    key, other = read_keys(body([KEY, KEY | {"access_key": "yy"}]))
    mine = Credentials("xx-access", "secret")
    assert key.is_of(mine)
    assert not other.is_of(mine)
    assert key.expires_at == datetime(2027, 9, 21, 14, 13, 20, tzinfo=UTC)
    assert key.expires_at.utcoffset() == timedelta(hours=9)


def test_a_key_is_never_shown() -> None:
    key = ApiKey("xx-access", datetime(2027, 9, 21, tzinfo=UTC))
    for text in (repr(key), str(key), f"{key}", repr([key])):
        assert "xx-access" not in text
        assert "2027-09-21" in text
    with pytest.raises(AttributeError):
        _ = key.__dict__
    for copying in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="not copied"):
            copying(key)


def test_an_error_about_keys_does_not_carry_them() -> None:
    with pytest.raises(DecodeError) as caught:
        read_keys(body([{"access_key": "xx-access"}]))
    assert caught.value.frame == b""
    assert "xx-access" not in str(caught.value)
