"""Events about one account, its orders and balances. Tests only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from upbit_ws_qt.account_events import (
    AssetEvent,
    Balance,
    BalanceEvent,
    OrderEvent,
    OrderState,
    OrderTrade,
)
from upbit_ws_qt.event_roots import ConnectionType, DataType, Source, Stamp, stamped

D = Decimal


def order(**changes: Any) -> OrderEvent:
    fields: dict[str, Any] = {
        "type": "myOrder",
        "code": "KRW-BTC",
        "timestamp": 1_790_000_000_123,
        "uuid": "9ca023a5-851b-4fec-9f0a-48cd83c2eaae",
        "ask_bid": "BID",
        "order_type": "limit",
        "state": OrderState.WAIT,
        "remaining_volume": D("0.5"),
        "executed_volume": D(0),
    }
    return OrderEvent(**fields | changes)


def balance(currency: str, amount: str, locked: str = "0", **changes: Any) -> Balance:
    return Balance(currency=currency, balance=D(amount), locked=D(locked), **changes)


def assets(*rows: Balance) -> AssetEvent:
    return AssetEvent(type="myAsset", balances=rows, timestamp=1_790_000_000_123)


# -- orders ----------------------------------------------------------------------------------------


def test_an_order_event_is_about_a_market() -> None:
    event = order()
    assert event.data_type is DataType.ORDER
    assert event.symbol == "KRW-BTC"
    assert event.time == datetime(2026, 9, 21, 14, 13, 20, 123_000, tzinfo=UTC)
    polled = stamped(event, Stamp(3, Source.POLLED, ConnectionType.PRIVATE))
    assert (polled.source, polled.epoch, polled.uuid) == (Source.POLLED, 3, event.uuid)


def test_what_was_not_told_is_none() -> None:
    told = {"type", "code", "timestamp", "uuid", "ask_bid", "order_type", "state", "stamp"}
    bare = OrderEvent(
        type="myOrder",
        code="KRW-BTC",
        timestamp=1,
        uuid="u",
        ask_bid="ASK",
        order_type="market",
        state=OrderState.DONE,
    )
    assert all(getattr(bare, name) is None for name in bare.__struct_fields__ if name not in told)


def test_an_order_is_open_until_it_is_done_or_cancelled() -> None:
    """A fill and a prevented match do not end it: the exchange says so in an event of its own."""
    open_states = {state for state in OrderState if order(state=state).is_open}
    assert open_states == {"wait", "watch", "trade", "prevented"}


def test_the_states_are_the_exchange_s_words() -> None:
    words = ["wait", "watch", "trade", "done", "cancel", "prevented"]
    assert [f"{state}" for state in OrderState] == words


def test_a_call_and_a_frame_about_the_same_state_repeat_each_other() -> None:
    """Their times differ; a waiting market buy has no executed volume in frames and 0 in rows."""
    frame = order(executed_volume=None, prevented_volume=None, remaining_volume=None)
    row = order(executed_volume=D("0.0"), prevented_volume=D(0), remaining_volume=None, timestamp=5)
    assert row.repeats(frame)
    assert frame.repeats(row)


@pytest.mark.parametrize(
    "change",
    [
        {"uuid": "another"},
        {"state": OrderState.CANCEL},
        {"trade_uuid": "a fill"},
        {"executed_volume": D("0.1")},
        {"remaining_volume": D("0.4")},
        {"prevented_volume": D("0.1")},
    ],
)
def test_whatever_happens_to_an_order_is_news(change: dict[str, Any]) -> None:
    assert not order(**change).repeats(order())


def test_a_fill_has_an_aware_time() -> None:
    row = (
        b'{"market":"KRW-BTC","uuid":"u","price":"1","volume":"2","funds":"2","side":"bid",'
        b'"created_at":"2026-10-01T09:00:00.123456+09:00"}'
    )
    trade = msgspec.json.decode(row, type=OrderTrade)
    assert trade.created_at == datetime(2026, 10, 1, 0, 0, 0, 123_456, tzinfo=UTC)
    assert trade.created_at.utcoffset() == timedelta(hours=9)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(row.replace(b"+09:00", b""), type=OrderTrade)


# -- balances --------------------------------------------------------------------------------------


def test_a_row_made_by_hand_needs_a_currency_and_an_amount() -> None:
    row = Balance(currency="DOGE", balance=D(5))
    assert (row.locked, row.avg_buy_price, row.avg_buy_price_modified) == (0, 0, False)
    assert (row.unit_currency, row.provisional) == ("KRW", False)


def test_no_row_of_the_exchange_can_say_that_it_is_provisional() -> None:
    row = b'{"currency":"BTC","balance":"1","provisional":true}'
    assert msgspec.json.decode(row, type=Balance).provisional is False


def test_the_balances_of_the_account_have_no_market() -> None:
    event = BalanceEvent(balances=(balance("KRW", "1"),))
    assert (event.data_type, event.symbol) == (DataType.BALANCE, "")
    assert event.time == event.received_at


def test_changed_balances_are_an_event_with_the_exchange_s_time() -> None:
    event = assets(balance("KRW", "1"))
    assert isinstance(event, BalanceEvent)
    assert event.assets is event.balances
    assert event.time == datetime(2026, 9, 21, 14, 13, 20, 123_000, tzinfo=UTC)


def test_a_change_leaves_the_other_balances_and_their_order_alone() -> None:
    before = (balance("KRW", "100"), balance("BTC", "1", avg_buy_price=D(90)), balance("ETH", "2"))
    after = assets(balance("BTC", "3", "0.5")).merged_into(before)
    assert [row.currency for row in after] == ["KRW", "BTC", "ETH"]
    assert (after[0], after[2]) == (before[0], before[2])
    assert (after[1].balance, after[1].locked) == (D(3), D("0.5"))


def test_an_average_price_is_kept_but_provisional_once_the_sum_has_changed() -> None:
    """A frame knows no averages; what it does not know must not become 0."""
    before = (
        balance(
            "BTC",
            "1",
            "0.5",
            avg_buy_price=D(90),
            avg_buy_price_modified=True,
            unit_currency="USDT",
        ),
    )
    (bought,) = assets(balance("BTC", "2", "0.5")).merged_into(before)
    assert (bought.avg_buy_price, bought.avg_buy_price_modified) == (D(90), True)
    assert (bought.unit_currency, bought.provisional) == ("USDT", True)


def test_what_is_only_locked_keeps_its_average() -> None:
    before = (balance("BTC", "1", "0.5", avg_buy_price=D(90)),)
    (locked,) = assets(balance("BTC", "0.25", "1.25")).merged_into(before)
    assert (locked.balance, locked.locked, locked.provisional) == (D("0.25"), D("1.25"), False)


def test_what_is_provisional_stays_so_until_it_is_read_again() -> None:
    before = (balance("BTC", "1"),)
    bought = assets(balance("BTC", "2")).merged_into(before)
    (locked,) = assets(balance("BTC", "1", "1")).merged_into(bought)
    assert locked.provisional


def test_a_new_currency_comes_last_and_provisional() -> None:
    after = assets(balance("XRP", "7")).merged_into((balance("KRW", "100"),))
    assert [(row.currency, row.balance, row.provisional) for row in after] == [
        ("KRW", D(100), False),
        ("XRP", D(7), True),
    ]


def test_sums_do_not_round() -> None:
    """Balances have up to 27 digits, and Decimal's own sums stop at 28."""
    before = (balance("KRW", "1386929372310667713482.07123", "0.000000000000000000001"),)
    (after,) = assets(
        balance("KRW", "1386929372310667713482.07123", "0.000000000000000000002")
    ).merged_into(before)
    assert after.provisional


def test_events_and_rows_are_immutable() -> None:
    for kind in (OrderEvent, OrderTrade, Balance, BalanceEvent, AssetEvent):
        assert kind.__struct_config__.frozen
