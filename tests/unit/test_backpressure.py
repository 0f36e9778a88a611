"""What happens to events that come faster than a consumer takes them. Tests only."""

from __future__ import annotations

import dataclasses
import re

import pytest

from upbit_ws_qt.backpressure import Delivery, Policy, check_delivery, default_delivery
from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.events import DataType


def test_the_named_policies() -> None:
    assert Delivery.drop_oldest(maxlen=500) == Delivery(Policy.DROP_OLDEST, maxlen=500)
    assert Delivery.drop_oldest().maxlen == 10_000
    assert Delivery.coalesce_by_symbol().policy is Policy.COALESCE_BY_SYMBOL
    assert Delivery.throttle(ms=50) == Delivery(Policy.THROTTLE, interval_ms=50)
    assert Delivery.throttle().interval_ms == 100.0
    assert Delivery.immediate().policy is Policy.IMMEDIATE
    assert Delivery.keep_all().policy is Policy.KEEP_ALL


def test_a_policy_cannot_be_changed_under_way() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Delivery.drop_oldest().maxlen = 1  # type: ignore[misc]


@pytest.mark.parametrize("maxlen", [0, -1])
def test_a_queue_holds_at_least_one(maxlen: int) -> None:
    with pytest.raises(InvalidRequest, match=f"maxlen must be 1 or more; got {maxlen}"):
        Delivery.drop_oldest(maxlen)


@pytest.mark.parametrize("ms", [0, -5.0])
def test_an_interval_has_a_length(ms: float) -> None:
    with pytest.raises(InvalidRequest, match=re.escape(f"ms must be above 0; got {ms!r}")):
        Delivery.throttle(ms)


def test_what_queues_and_what_shows_the_newest() -> None:
    keeping = {Policy.DROP_OLDEST, Policy.IMMEDIATE, Policy.KEEP_ALL}
    assert {policy for policy in Policy if Delivery(policy).keeps_each_event} == keeping


def test_what_may_be_held_back_while_nobody_sees_it() -> None:
    promising = {Policy.IMMEDIATE, Policy.KEEP_ALL}
    assert {policy for policy in Policy if not Delivery(policy).may_rest} == promising


def test_what_is_delivered_at_once_waits_for_its_own_callback_bounded() -> None:
    assert Delivery.immediate().maxlen == 100_000


def test_defaults() -> None:
    """Trades queue, bounded; balances are never dropped; the rest shows the newest."""
    for data_type in (DataType.TRADE, DataType.CUSTOM):
        assert default_delivery(data_type) == Delivery.drop_oldest(10_000)
    assert default_delivery(DataType.BALANCE) == Delivery.keep_all()
    for data_type in (DataType.TICKER, DataType.ORDERBOOK, DataType.CANDLE):
        assert default_delivery(data_type) == Delivery.coalesce_by_symbol()


@pytest.mark.parametrize(
    "delivery",
    [Delivery.coalesce_by_symbol(), Delivery.drop_oldest(5), Delivery.throttle(ms=100)],
)
def test_orders_are_never_dropped(delivery: Delivery) -> None:
    assert default_delivery(DataType.ORDER) == Delivery.keep_all()
    with pytest.raises(InvalidRequest, match=f"never dropped.*got {delivery.policy}"):
        check_delivery(DataType.ORDER, delivery)
    check_delivery(DataType.BALANCE, delivery)
    for keeping in (Delivery.immediate(), Delivery.keep_all()):
        check_delivery(DataType.ORDER, keeping)
