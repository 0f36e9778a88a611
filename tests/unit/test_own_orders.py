"""The account's resting orders on their prices. Pure."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from upbit_ws_qt.events import OrderEvent, OrderState
from upbit_ws_qt_widgets.models.own_orders import OwnMark, OwnOrders, Resting


def order(
    uuid: str = "a",
    price: str | None = "103",
    rest: str | None = "0.5",
    side: str = "ASK",
    state: OrderState = OrderState.WAIT,
    order_type: str = "limit",
) -> OrderEvent:
    return OrderEvent(
        type="myOrder",
        code="KRW-BTC",
        timestamp=1,
        uuid=uuid,
        ask_bid=side,
        order_type=order_type,
        state=state,
        price=None if price is None else Decimal(price),
        remaining_volume=None if rest is None else Decimal(rest),
    )


def test_orders_at_one_price_add_up() -> None:
    orders = OwnOrders()
    orders.replace([order("a"), order("b", rest="0.25"), order("c", "102", "2", "BID")])
    assert orders.marks(1.0) == {(True, 103): OwnMark(0.75, 2), (False, 102): OwnMark(2.0, 1)}
    assert len(orders) == 3


def test_on_a_coarser_grid_asks_go_up_and_bids_down() -> None:
    orders = OwnOrders()
    orders.replace([order("a", "103"), order("b", "102", side="BID")])
    assert set(orders.marks(1.0)) == {(True, 103), (False, 102)}
    assert set(orders.marks(10.0)) == {(True, 11), (False, 10)}


def test_prices_are_matched_by_number_in_any_decimals() -> None:
    orders = OwnOrders()
    orders.replace([order(price="0.3"), order("b", "0.00001236")])
    assert set(orders.marks(0.1)) == {(True, 3), (True, 1)}
    assert (True, 1236) in orders.marks(1e-8)


def test_marks_are_made_once_until_something_rests_elsewhere() -> None:
    orders = OwnOrders()
    orders.replace([order()])
    marks = orders.marks(1.0)
    assert orders.marks(1.0) is marks
    assert not orders.apply(order())
    assert orders.marks(1.0) is marks
    assert orders.apply(order(rest="0.4"))
    assert orders.marks(1.0) == {(True, 103): OwnMark(0.4, 1)}


def test_a_fill_leaves_the_rest_at_the_orders_own_price() -> None:
    orders = OwnOrders()
    orders.replace([order(price="103")])
    assert orders.apply(order(price="104", rest="0.1", state=OrderState.TRADE))
    assert orders.marks(1.0) == {(True, 103): OwnMark(0.1, 1)}


@pytest.mark.parametrize(
    "event",
    [
        order(state=OrderState.DONE, rest="0"),
        order(state=OrderState.CANCEL),
        order(rest="0"),
        order(rest=None),
        order(state=OrderState.WATCH),
    ],
)
def test_what_rests_no_more_is_gone(event: OrderEvent) -> None:
    orders = OwnOrders()
    orders.replace([order()])
    assert orders.apply(event)
    assert orders.marks(1.0) == {}
    assert not orders.apply(event)


@pytest.mark.parametrize(
    "event",
    [
        order(state=OrderState.TRADE),
        order(price=None),
        order(order_type="price"),
        order(order_type="market", price=None),
    ],
)
def test_what_has_no_known_price_of_its_own_is_not_marked(event: OrderEvent) -> None:
    orders = OwnOrders()
    assert not orders.apply(event)
    assert len(orders) == 0


def test_each_order_is_known_with_what_is_left_of_it() -> None:
    orders = OwnOrders()
    whole = order("b", "102", "2", "BID")
    part = msgspec.structs.replace(order("a"), volume=Decimal("1.2"))
    orders.replace([part, whole])
    assert list(orders.resting.items()) == [
        ("a", Resting(Decimal(103), Decimal("0.5"), is_ask=True, volume=Decimal("1.2"))),
        # Where the whole was not told, what is left is all that is known of it.
        ("b", Resting(Decimal(102), Decimal(2), is_ask=False, volume=Decimal(2))),
    ]
