"""What the exchange accepts as an order, and the name of what it refuses."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest

from upbit_ws_qt.simulator.account.order_rules import (
    OrderRefused,
    check_market,
    fee_rate,
    minimum_total,
    read_order,
)
from upbit_ws_qt.simulator.account.orders import NewOrder, Order
from upbit_ws_qt.simulator.market.grid import PriceGrid

D = Decimal
GRIDS = {
    "KRW-BTC": PriceGrid("KRW-BTC", 1_000_000.0),
    "KRW-BTT": PriceGrid("KRW-BTT", 0.00002),
    "BTC-ETH": PriceGrid("BTC-ETH", 0.0001),
    "USDT-XRP": PriceGrid("USDT-XRP", 0.01),
}
LIMIT = NewOrder("KRW-BTC", "bid", "limit", "100000000", "0.01")


def read(new: NewOrder, last_price: str = "100000000") -> Order:
    code = new.market or ""
    return read_order(
        new, code, GRIDS[code], D(last_price), uuid="u", now_ms=7, default_smp="cancel_maker"
    )


def refusal(new: NewOrder, last_price: str = "100000000") -> str:
    with pytest.raises(OrderRefused) as caught:
        read(new, last_price)
    assert caught.value.status == 400
    assert str(caught.value) == f"{caught.value.name}: {caught.value.message}"
    return caught.value.name


def changed(**fields: str | None) -> NewOrder:
    return dataclasses.replace(LIMIT, **fields)


# --- What is accepted ------------------------------------------------------------------------


def test_a_limit_bid_holds_its_total_with_the_fee() -> None:
    order = read(LIMIT)
    assert (order.price, order.volume) == (D(100000000), D("0.01"))
    assert order.remaining_volume == D("0.01")
    assert (order.locked, order.reserved_fee, order.remaining_fee) == (D(1000500), D(500), D(500))
    assert (order.held_currency, order.created_ms, order.state) == ("KRW", 7, "wait")


def test_an_ask_holds_coins_and_reserves_no_fee() -> None:
    order = read(changed(side="ask"))
    assert (order.locked, order.reserved_fee, order.held_currency) == (D("0.01"), D(0), "BTC")


@pytest.mark.parametrize(("kind", "condition"), [("price", None), ("best", "ioc")])
def test_a_market_or_best_buy_spends_funds_and_has_no_volume(
    kind: str, condition: str | None
) -> None:
    order = read(NewOrder("KRW-BTC", "bid", kind, "5000", time_in_force=condition))
    assert (order.volume, order.remaining_volume, order.remaining_funds) == (None, None, D(5000))
    assert (order.locked, order.reserved_fee) == (D("5002.5"), D("2.5"))


@pytest.mark.parametrize(("kind", "condition"), [("market", None), ("best", "fok")])
def test_a_market_or_best_sale_has_no_price(kind: str, condition: str | None) -> None:
    new = NewOrder("KRW-BTC", "ask", kind, volume="0.5", time_in_force=condition)
    order = read(new)
    assert (order.price, order.volume, order.locked) == (None, D("0.5"), D("0.5"))


def test_fees_and_smallest_orders_go_by_the_quote_currency() -> None:
    assert [str(fee_rate(quote)) for quote in ("KRW", "BTC", "USDT")] == [
        "0.0005",
        "0.0025",
        "0.0025",
    ]
    assert [str(minimum_total(quote)) for quote in ("KRW", "BTC", "USDT")] == [
        "5000",
        "0.00005",
        "0.5",
    ]


@pytest.mark.parametrize(
    ("given", "condition", "kept"),
    [
        (None, None, "cancel_maker"),
        (None, "ioc", "cancel_maker"),
        (None, "post_only", "none"),
        ("none", "post_only", "none"),
        ("reduce", "fok", "reduce"),
        ("cancel_taker", None, "cancel_taker"),
    ],
)
def test_the_default_of_smp_type(given: str | None, condition: str | None, kept: str) -> None:
    assert read(changed(smp_type=given, time_in_force=condition)).smp_type == kept


# --- What is refused -------------------------------------------------------------------------


@pytest.mark.parametrize("market", [None, ""])
def test_a_market_is_needed(market: str | None) -> None:
    with pytest.raises(OrderRefused) as caught:
        check_market(market, {"KRW-BTC"})
    assert caught.value.name == "validation_error"


def test_an_unlisted_market_is_named() -> None:
    with pytest.raises(OrderRefused, match="KRW-BTCs") as caught:
        check_market("KRW-BTCs", {"KRW-BTC"})
    assert (caught.value.status, caught.value.name) == (400, "notfoundmarket")
    assert check_market("KRW-BTC", {"KRW-BTC"}) == "KRW-BTC"


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"side": None}, "validation_error"),
        ({"ord_type": None}, "validation_error"),
        ({"side": "buy"}, "invalid_parameter"),
        ({"ord_type": "stop"}, "invalid_parameter"),
        ({"smp_type": "cancel_both"}, "invalid_parameter"),
        ({"price": "abc"}, "invalid_parameter"),
        ({"price": "NaN"}, "invalid_parameter"),
        ({"price": "Infinity"}, "invalid_parameter"),
        ({"price": "-1000"}, "invalid_parameter"),
        ({"volume": "0"}, "invalid_parameter"),
        ({"volume": "1e15"}, "invalid_parameter"),
        ({"volume": "0.0" + "1" * 100}, "invalid_parameter"),
        ({"volume": "1e-5000000"}, "invalid_parameter"),
        ({"volume": "1_0"}, "invalid_parameter"),
        ({"volume": " 1"}, "invalid_parameter"),
        ({"volume": "\N{FULLWIDTH DIGIT ONE}"}, "invalid_parameter"),
        ({"volume": "."}, "invalid_parameter"),
        ({"identifier": ""}, "invalid_parameter"),
        ({"identifier": "x" * 65}, "invalid_parameter"),
        ({"volume": None}, "create_bid_error"),
        ({"side": "ask", "price": None}, "create_ask_error"),
        ({"ord_type": "price"}, "create_bid_error"),
        ({"ord_type": "price", "side": "ask", "volume": None}, "create_ask_error"),
        ({"ord_type": "market", "price": None}, "create_bid_error"),
        ({"ord_type": "market", "side": "ask"}, "create_ask_error"),
        ({"ord_type": "best", "time_in_force": "ioc"}, "create_bid_error"),
        ({"time_in_force": "gtc"}, "invalid_time_in_force"),
        ({"ord_type": "price", "volume": None, "time_in_force": "ioc"}, "invalid_time_in_force"),
        ({"ord_type": "best", "volume": None}, "invalid_time_in_force"),
        (
            {"ord_type": "best", "volume": None, "time_in_force": "post_only"},
            "invalid_time_in_force",
        ),
        ({"time_in_force": "post_only", "smp_type": "reduce"}, "invalid_post_only"),
        ({"price": "100000500"}, "invalid_price_bid"),
        ({"price": "100000500", "side": "ask"}, "invalid_price_ask"),
        ({"ord_type": "price", "volume": None, "price": "5000.000000001"}, "invalid_price_bid"),
        ({"volume": "0.010000001"}, "invalid_volume_bid"),
        ({"side": "ask", "volume": "0.010000001"}, "invalid_volume_ask"),
        ({"volume": "0.00004999"}, "under_min_total_bid"),
        ({"side": "ask", "volume": "0.00004999"}, "under_min_total_ask"),
        ({"ord_type": "price", "volume": None, "price": "4999"}, "under_min_total_bid"),
        (
            {"ord_type": "market", "side": "ask", "price": None, "volume": "0.00004"},
            "under_min_total_ask",
        ),
        ({"volume": "10.00000001"}, "over_krw_funds_bid"),
        ({"side": "ask", "volume": "10.00000001"}, "over_krw_funds_ask"),
    ],
)
def test_the_exchange_names_what_is_wrong(fields: dict[str, str | None], name: str) -> None:
    assert refusal(changed(**fields)) == name


@pytest.mark.parametrize("volume", ["0.00005", "10"])
def test_the_smallest_and_the_largest_order_are_accepted(volume: str) -> None:
    assert read(changed(volume=volume)).volume == D(volume)


@pytest.mark.parametrize("volume", ["0.01", "1e-2", "1E-02", ".01", "0.0100000000", "00.01"])
def test_a_number_may_be_written_in_many_ways(volume: str) -> None:
    assert read(changed(volume=volume)).volume == D("0.01")


def test_the_longest_identifier_is_accepted() -> None:
    assert read(changed(identifier="x" * 64)).identifier == "x" * 64


def test_only_krw_markets_have_a_largest_order() -> None:
    assert read(NewOrder("BTC-ETH", "bid", "limit", "0.03", "100000000")).locked > 10**6


@pytest.mark.parametrize(
    ("code", "price", "name"),
    [
        ("KRW-BTT", "0.00084", None),
        ("KRW-BTT", "0.0008400001", "invalid_price_bid"),
        ("BTC-ETH", "0.03300001", None),
        ("BTC-ETH", "0.033000001", "invalid_price_bid"),
        ("USDT-XRP", "2.001", None),
        ("USDT-XRP", "2.0001", "invalid_price_bid"),
    ],
)
def test_prices_lie_on_the_ticks_of_their_market(code: str, price: str, name: str | None) -> None:
    new = NewOrder(code, "bid", "limit", price, "10000000")
    if name is None:
        assert read(new).price == D(price)
    else:
        assert refusal(new) == name
