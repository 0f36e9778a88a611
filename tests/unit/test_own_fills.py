"""Own fills in arrays, and their sums by column. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import numpy as np
import pytest

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.events import OrderEvent, OrderState, OrderTrade
from upbit_ws_qt_widgets.models.own_fills import (
    Fill,
    FillSums,
    OwnFills,
    checked_fill,
    fill_of,
    fills_of_trades,
)

STARTS = np.array([1000, 2000, 3000], np.int64)


def told(sums: FillSums) -> list[tuple[object, ...]]:
    return list(zip(*(values.tolist() for values in sums), strict=True))


def test_fills_are_summed_by_column_and_side() -> None:
    fills = OwnFills()
    assert fills.add(
        [
            Fill(2500, 10.0, 1.0, is_ask=False),
            Fill(2000, 20.0, 3.0, is_ask=False),
            Fill(2999, 30.0, 0.5, is_ask=True),
            Fill(1000, 40.0, 2.0, is_ask=True),
        ]
    )
    assert len(fills) == 4
    assert told(fills.sums(STARTS, 4000)) == [
        (0, True, 1, 2.0, 80.0, 1000, 1000),
        (1, False, 2, 4.0, 70.0, 2000, 2500),
        (1, True, 1, 0.5, 15.0, 2999, 2999),
    ]


def test_what_is_before_or_after_the_columns_is_left_out() -> None:
    fills = OwnFills()
    fills.add([Fill(999, 10.0, 1.0, is_ask=False), Fill(4000, 10.0, 1.0, is_ask=False)])
    assert told(fills.sums(STARTS, 4000)) == []
    assert told(fills.sums(STARTS, 4001)) == [(2, False, 1, 1.0, 10.0, 4000, 4000)]
    assert told(fills.sums(np.empty(0, np.int64), 4000)) == []
    # An end before the start has nothing between.
    assert told(fills.sums(np.array([5000], np.int64), 10)) == []


def test_the_same_fill_counts_once_and_one_without_a_name_each_time() -> None:
    fills = OwnFills()
    one = Fill(1000, 10.0, 1.0, is_ask=False, uuid="a")
    assert fills.add([one, one])
    before = fills.revision
    assert not fills.add([one._replace(time=1001)])
    assert (len(fills), fills.revision) == (1, before)
    nameless = one._replace(uuid="")
    assert fills.add([nameless, nameless])
    assert len(fills) == 3
    assert fills.revision > before


def test_cleared_it_is_as_new_and_what_was_known_is_news_again() -> None:
    fills = OwnFills()
    one = Fill(1000, 10.0, 1.0, is_ask=False, uuid="a")
    fills.clear()
    assert fills.revision == 0
    fills.add([one])
    revision = fills.revision
    fills.clear()
    assert len(fills) == 0
    assert fills.revision > revision
    assert fills.add([one])


def event(**changes: object) -> OrderEvent:
    made = OrderEvent(
        type="myOrder",
        code="KRW-BTC",
        timestamp=5,
        uuid="order",
        ask_bid="ASK",
        order_type="limit",
        state=OrderState.TRADE,
        price=Decimal("100.5"),
        volume=Decimal("0.25"),
        trade_uuid="fill",
        trade_timestamp=3,
    )
    return msgspec.structs.replace(made, **changes)


def test_an_order_event_tells_of_a_fill() -> None:
    assert fill_of(event()) == Fill(3, 100.5, 0.25, is_ask=True, uuid="fill")
    assert fill_of(event(ask_bid="BID", trade_timestamp=None, trade_uuid=None)) == Fill(
        5, 100.5, 0.25, is_ask=False
    )


@pytest.mark.parametrize("changes", [{"state": OrderState.WAIT}, {"price": None}, {"volume": None}])
def test_other_events_tell_of_none(changes: dict[str, object]) -> None:
    assert fill_of(event(**changes)) is None


def test_an_order_that_was_read_tells_of_all_its_fills() -> None:
    trade = OrderTrade(
        market="KRW-BTC",
        uuid="fill",
        price=Decimal("100.5"),
        volume=Decimal("0.25"),
        funds=Decimal("25.125"),
        side="ask",
        created_at=datetime(1970, 1, 1, 0, 0, 2, 500_400, tzinfo=UTC),
    )
    other = msgspec.structs.replace(trade, uuid="other", side="bid")
    assert fills_of_trades([trade, other]) == [
        Fill(2500, 100.5, 0.25, is_ask=True, uuid="fill"),
        Fill(2500, 100.5, 0.25, is_ask=False, uuid="other"),
    ]


def test_a_fill_from_outside_is_checked() -> None:
    fill = Fill(0, 1.0, 1.0, is_ask=False)
    assert checked_fill(fill) is fill
    with pytest.raises(InvalidRequest, match="must be a Fill; got int"):
        checked_fill(3)
    for wrong in (
        fill._replace(time=-1),
        fill._replace(price=0.0),
        fill._replace(price=float("inf")),
        fill._replace(price=float("nan")),
        fill._replace(volume=0.0),
        fill._replace(volume=float("inf")),
    ):
        with pytest.raises(InvalidRequest, match="a fill needs a time"):
            checked_fill(wrong)
