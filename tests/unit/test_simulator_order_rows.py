"""Orders as the REST interface tells of them, and which of them a call means."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from upbit_ws_qt.simulator.account.amounts import plain_amount, pointed_amount
from upbit_ws_qt.simulator.account.orders import Fill, NewOrder, Order
from upbit_ws_qt.simulator.market.listing import select
from upbit_ws_qt.simulator.rest.order_query import (
    bad_request,
    closed_orders,
    identifiers,
    new_order,
    one,
    orders_in_state,
    orders_to_cancel,
    sorted_orders,
)
from upbit_ws_qt.simulator.rest.order_rows import (
    as_accepted,
    cancellation,
    chance_row,
    order_row,
    trade_row,
    wallet_rows,
)
from upbit_ws_qt.simulator.rest.query import ExchangeError

D = Decimal
# 2026-10-26 06:14:02.345 in Korea.
NOW = 1_792_962_842_345
DAY = 86_400_000
HALF = D("0.0005")


def order(uuid: str = "o-1", **changes: Any) -> Order:
    """A waiting bid for one bitcoin."""
    fields: dict[str, Any] = {
        "code": "KRW-BTC",
        "side": "bid",
        "ord_type": "limit",
        "price": D("140000000"),
        "volume": D("1"),
        "created_ms": NOW,
        "fee_rate": HALF,
        "smp_type": "cancel_maker",
        "remaining_volume": D("1"),
        "reserved_fee": D("70000"),
        "remaining_fee": D("70000.0000"),
        "locked": D("140070000.0000"),
    }
    return Order(uuid, **fields | changes)


def fill(uuid: str = "t-1", **changes: Any) -> Fill:
    fields: dict[str, Any] = {
        "price": D("1375"),
        "volume": D("5.37759400"),
        "funds": D("7394.19175000"),
        "fee": D("3.697095875"),
        "is_maker": False,
        "trend": "down",
        "time_ms": NOW,
        "sequential_id": NOW * 10_000 + 5_002,
    }
    return Fill(uuid, **fields | changes)


# --- Rows ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "plain", "pointed"),
    [
        ("0", "0", "0.0"),
        ("0E-8", "0", "0.0"),
        ("140000000", "140000000", "140000000.0"),
        ("1.4E+8", "140000000", "140000000.0"),
        ("1E-8", "0.00000001", "0.00000001"),
        ("7.78860000", "7.7886", "7.7886"),
        ("1386929.37231066771348207123", *["1386929.37231066771348207123"] * 2),
        (
            "1234567890123456789012345678901234567.5",
            *["1234567890123456789012345678901234567.5"] * 2,
        ),
    ],
)
def test_amounts_have_all_their_digits_and_no_exponent(
    amount: str, plain: str, pointed: str
) -> None:
    assert plain_amount(D(amount)) == plain
    assert pointed_amount(D(amount)) == pointed


def test_a_waiting_order_in_both_spellings() -> None:
    assert order_row(order(identifier="mine"), pointed=True) == {
        "market": "KRW-BTC",
        "uuid": "o-1",
        "side": "bid",
        "ord_type": "limit",
        "price": "140000000",
        "state": "wait",
        "created_at": "2026-10-26T06:14:02+09:00",
        "volume": "1.0",
        "remaining_volume": "1.0",
        "executed_volume": "0.0",
        "reserved_fee": "70000.0",
        "remaining_fee": "70000.0",
        "paid_fee": "0.0",
        "locked": "140070000.0",
        "prevented_volume": "0",
        "prevented_locked": "0",
        "trades_count": 0,
        "identifier": "mine",
        "smp_type": "cancel_maker",
    }
    plain = order_row(order(), pointed=False)
    assert (plain["volume"], plain["executed_volume"], plain["locked"]) == ("1", "0", "140070000")


def test_what_an_order_does_not_have_is_left_out() -> None:
    market_buy = order(ord_type="price", volume=None, remaining_volume=None, price=D(10_000))
    assert {"volume", "remaining_volume"}.isdisjoint(order_row(market_buy, pointed=True))
    market_sell = order(side="ask", ord_type="market", price=None, smp_type=None)
    row = order_row(market_sell, pointed=True)
    assert {"price", "time_in_force", "identifier", "smp_type"}.isdisjoint(row)
    assert order_row(order(time_in_force="ioc"), pointed=True)["time_in_force"] == "ioc"


def test_a_trade_has_microseconds_that_keep_trades_of_one_ms_apart() -> None:
    assert trade_row(order(side="ask", code="KRW-USDT"), fill()) == {
        "market": "KRW-USDT",
        "uuid": "t-1",
        "price": "1375",
        "volume": "5.377594",
        "funds": "7394.19175",
        "trend": "down",
        "created_at": "2026-10-26T06:14:02.345002+09:00",
        "side": "ask",
    }


def test_an_answer_to_a_new_order_is_written_before_it_trades() -> None:
    before = order()
    after = before.copy()
    after.fills.append(fill())
    after.state, after.remaining_volume, after.executed_volume = "done", D(0), D(1)
    after.executed_funds, after.paid_fee = D(139_000_000), D(69_500)
    after.remaining_fee = after.locked = D(0)
    after.ended_ms = NOW
    assert as_accepted(after) == before
    assert after.state == "done"


def test_an_accepted_market_buy_holds_its_funds_and_the_fee() -> None:
    buy = order(ord_type="price", price=D(10_000), volume=None, remaining_volume=None)
    buy.reserved_fee, buy.locked, buy.executed_volume = D(5), D(0), D("0.0001")
    accepted = as_accepted(buy)
    assert (accepted.locked, accepted.remaining_fee) == (D(10_005), D(5))
    assert (accepted.remaining_volume, accepted.remaining_funds) == (None, D(10_000))


def test_an_accepted_sale_holds_its_coins() -> None:
    sale = order(side="ask", ord_type="market", price=None, volume=D("0.5"), reserved_fee=D(0))
    sale.remaining_volume = sale.locked = D(0)
    accepted = as_accepted(sale)
    assert (accepted.locked, accepted.remaining_volume) == (D("0.5"), D("0.5"))


def test_what_came_of_cancelling_many() -> None:
    assert cancellation([order("a"), order("b", identifier="mine")], []) == {
        "success": {
            "count": 2,
            "orders": [
                {"uuid": "a", "market": "KRW-BTC"},
                {"uuid": "b", "market": "KRW-BTC", "identifier": "mine"},
            ],
        },
        "failed": {"count": 0, "orders": []},
    }


def test_what_can_be_ordered_in_a_market() -> None:
    (listing,) = select(("BTC-ETH",))
    row = chance_row(listing, {"currency": "BTC"}, {"currency": "ETH"})
    assert row["bid_fee"] == row["maker_ask_fee"] == "0.0025"
    assert row["market"]["id"] == "BTC-ETH"
    assert row["market"]["name"] == "ETH/BTC"
    assert row["market"]["bid"] == {"currency": "BTC", "min_total": "0.00005"}
    assert row["market"]["ask"] == {"currency": "ETH", "min_total": "0.00005"}
    assert "price" in row["market"]["bid_types"]
    assert "market" in row["market"]["ask_types"]
    assert (row["bid_account"], row["ask_account"]) == ({"currency": "BTC"}, {"currency": "ETH"})


def test_each_coin_has_one_wallet() -> None:
    listings = select(("KRW-ETH", "BTC-ETH", "KRW-XRP"))
    rows = wallet_rows(listings, NOW)
    assert [row["currency"] for row in rows] == ["ETH", "XRP"]
    assert rows[0]["block_updated_at"] == "2026-10-25T21:10:00.000+00:00"
    assert rows[0]["block_elapsed_minutes"] == 4
    later = wallet_rows(listings, NOW + 600_000)
    assert [row["block_height"] for row in later] == [row["block_height"] + 1 for row in rows]


# --- Which orders a call means ---------------------------------------------------------------


def test_a_repeated_parameter_counts_once_the_last_time() -> None:
    assert one({"uuid": ["a", "b"]}, "uuid") == "b"
    assert one({}, "uuid") is None


def test_a_new_order_is_read_word_by_word() -> None:
    fields = {
        "market": ["KRW-BTC"],
        "side": ["bid"],
        "ord_type": ["limit"],
        "price": ["1"],
        "volume": ["2"],
        "time_in_force": ["ioc"],
        "smp_type": ["reduce"],
        "identifier": ["x"],
    }
    wanted = NewOrder("KRW-BTC", "bid", "limit", "1", "2", "ioc", "reduce", "x")
    assert new_order(fields) == wanted
    assert new_order({}) == NewOrder(None, None, None)


ORDERS = [
    order("wait-btc", created_ms=NOW - 4000),
    order("done-btc", created_ms=NOW - 3000, state="done"),
    order("wait-eth", created_ms=NOW - 2000, code="KRW-ETH", side="ask"),
    order("cancel-eth", created_ms=NOW - 8 * DAY, code="BTC-ETH", state="cancel"),
    order("watch-xrp", created_ms=NOW, code="BTC-XRP", state="watch"),
]
EVERY = ("wait", "watch", "done", "cancel")


def uuids(orders: list[Order]) -> list[str]:
    return [each.uuid for each in orders]


def in_state(**fields: list[str]) -> list[str]:
    found = orders_in_state(ORDERS, fields, allowed=EVERY, default=("wait",), most=100)
    return uuids(found)


def test_orders_come_newest_first_unless_asked_otherwise() -> None:
    assert in_state() == ["wait-eth", "wait-btc"]
    assert in_state(order_by=["asc"]) == ["wait-btc", "wait-eth"]
    assert uuids(sorted_orders(ORDERS[:2], {})) == ["done-btc", "wait-btc"]


def test_orders_are_chosen_by_market_and_state() -> None:
    assert in_state(market=["KRW-BTC"]) == ["wait-btc"]
    assert in_state(market=[""]) == ["wait-eth", "wait-btc"]
    assert in_state(market=["KRW-NONE"]) == []
    assert in_state(state=["done"]) == ["done-btc"]
    assert in_state(states=["wait", "watch"]) == ["watch-xrp", "wait-eth", "wait-btc"]


def test_orders_come_in_pages() -> None:
    pages = [in_state(states=[*EVERY], limit=["2"], page=[str(page)]) for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [2, 2, 1, 0]
    assert [uuid for page in pages for uuid in page] == uuids(ORDERS)[::-1]


@pytest.mark.parametrize(
    "fields",
    [
        {"state": ["wait"], "states": ["wait"]},
        {"state": ["open"]},
        {"states": ["wait", "open"]},
        {"limit": ["101"]},
        {"limit": ["0"]},
        {"limit": ["many"]},
        {"page": ["0"]},
        {"page": ["-1"]},
        {"order_by": ["up"]},
    ],
)
def test_parameters_that_make_no_sense_are_refused(fields: dict[str, list[str]]) -> None:
    with pytest.raises(ExchangeError) as refused:
        in_state(**fields)
    assert (refused.value.status, refused.value.name) == (400, "invalid_parameter")


def closed(**fields: list[str]) -> list[str]:
    return uuids(closed_orders(ORDERS, fields, NOW, allowed=("done", "cancel"), most=1000))


def test_closed_orders_are_those_of_the_last_seven_days() -> None:
    assert closed() == ["done-btc"]


def test_a_window_may_be_given_by_either_end() -> None:
    past = NOW - 8 * DAY
    assert closed(start_time=[str(past)]) == ["cancel-eth"]
    assert closed(end_time=[str(past)]) == ["cancel-eth"]
    assert closed(end_time=[str(past - 1)]) == []
    assert closed(start_time=[str(past + 1)], end_time=[str(past + 2)]) == []
    made = str(NOW - 3000)
    assert closed(start_time=[made], end_time=[made]) == ["done-btc"]
    assert closed(start_time=["2026-10-18T06:14:02+09:00"]) == ["cancel-eth"]
    assert closed(start_time=["2026-10-17T21:14:02"]) == ["cancel-eth"]
    assert closed(start_time=["2026-10-18T06:14:03+09:00"]) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"start_time": [str(NOW - 7 * DAY - 1)], "end_time": [str(NOW)]},
        {"start_time": [str(NOW)], "end_time": [str(NOW - 1)]},
        {"start_time": ["yesterday"]},
        {"state": ["wait"]},
        {"limit": ["1001"]},
    ],
)
def test_windows_that_make_no_sense_are_refused(fields: dict[str, list[str]]) -> None:
    with pytest.raises(ExchangeError, match="invalid_parameter"):
        closed(**fields)


def test_orders_are_named_in_one_way() -> None:
    assert identifiers({"uuids": ["a", "b"]}, 2) == ("uuids", ["a", "b"])
    assert identifiers({"identifiers": ["a"]}, 2) == ("identifiers", ["a"])
    assert identifiers({"uuids": ["a", "b", "c"]}, 2) is None
    assert identifiers({"uuids": ["a"], "identifiers": ["b"]}, 2) is None
    assert identifiers({}, 2) is None


def test_a_cancellation_of_nothing_named_has_an_error_of_its_own() -> None:
    error = bad_request()
    assert (error.status, error.name) == (400, "bad_request")


def to_cancel(**fields: list[str]) -> list[str]:
    return uuids(orders_to_cancel(ORDERS, fields))


def test_cancelling_many_means_the_waiting_ones() -> None:
    assert to_cancel() == ["wait-eth", "wait-btc"]
    assert to_cancel(cancel_side=["bid"]) == ["wait-btc"]
    assert to_cancel(pairs=["KRW-ETH,KRW-XRP"]) == ["wait-eth"]
    assert to_cancel(quote_currencies=["BTC"]) == []
    assert to_cancel(quote_currencies=["KRW", "BTC"], excluded_pairs=["KRW-ETH"]) == ["wait-btc"]
    assert to_cancel(pairs=["KRW-BTC"], excluded_pairs=["KRW-BTC"]) == []
    assert to_cancel(count=["1"]) == ["wait-eth"]
    assert to_cancel(count=["1"], order_by=["asc"]) == ["wait-btc"]


def test_cancelling_many_means_twenty_unless_more_are_named() -> None:
    many = [order(str(number)) for number in range(301)]
    assert len(orders_to_cancel(many, {})) == 20
    assert len(orders_to_cancel(many, {"count": ["300"]})) == 300


@pytest.mark.parametrize(
    "fields",
    [
        {"cancel_side": ["both"]},
        {"pairs": ["KRW-BTC"], "quote_currencies": ["KRW"]},
        {"pairs": [",".join(f"KRW-C{number}" for number in range(21))]},
        {"excluded_pairs": [",".join(f"KRW-C{number}" for number in range(21))]},
        {"count": ["301"]},
        {"order_by": ["up"]},
    ],
)
def test_cancellations_that_make_no_sense_are_refused(fields: dict[str, list[str]]) -> None:
    with pytest.raises(ExchangeError, match="invalid_parameter"):
        to_cancel(**fields)
