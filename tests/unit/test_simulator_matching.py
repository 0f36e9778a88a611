"""Who meets whom: priority in the book and the queue at a price, in literal figures."""

from __future__ import annotations

from decimal import Decimal

import pytest

from upbit_ws_qt.simulator.account.matching import (
    Meeting,
    Waiting,
    coins,
    fills_whole,
    in_priority,
    meetings,
    reached,
    units,
)
from upbit_ws_qt.simulator.account.orders import Order
from upbit_ws_qt.simulator.market.trades import Trade

D = Decimal
ONE = 100_000_000


def order(side: str = "bid", **fields: object) -> Order:
    made = Order(
        uuid="u",
        code="KRW-BTC",
        side=side,  # type: ignore[arg-type]
        ord_type="limit",
        price=D(100),
        volume=D(1),
        created_ms=0,
        fee_rate=D(0),
        remaining_volume=D(1),
    )
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def waiting(price: int, volume: int = ONE, ahead: int = 0, side: str = "bid") -> Waiting:
    return Waiting(order(side), price, volume, ahead)


def traded(price: int, volume: int, *, sold: bool, bid: int = 0, ask: int = 1000) -> Trade:
    return Trade(0, 0, price, volume, sold, bid, ask)


def filled(entries: list[Waiting], trade: Trade) -> list[int]:
    """What each entry gets of a trade."""
    found = reached(entries, trade)
    parts = {id(entry): volume for entry, volume in found}
    assert len(parts) == len(found)
    return [parts.get(id(entry), 0) for entry in entries]


def test_units_and_coins_are_each_others_inverse() -> None:
    assert units(D("1.23456789")) == 123_456_789
    assert coins(123_456_789) == D("1.23456789")


# --- The way of a new order ------------------------------------------------------------------


@pytest.mark.parametrize(("asks", "prices"), [(True, [99, 100, 100, 100, 102]), (False, None)])
def test_best_price_first_others_before_own_own_by_age(
    asks: bool, prices: list[int] | None
) -> None:
    own = [waiting(100), waiting(99 if asks else 101), waiting(100)]
    others = [(100, 5), (102, 7)] if asks else [(100, 5), (98, 7)]
    found = list(in_priority(others, own, asks=asks))
    makers = [own[1], None, own[0], own[2], None]
    assert [met.maker for met in found] == makers
    assert [met.price for met in found] == (prices or [101, 100, 100, 100, 98])


def way(new: Order, book: list[Meeting], limit: int | None = None) -> list[tuple[int, int]]:
    return [(met.price, met.volume) for met in meetings(new, limit, Decimal, book)]


BOOK = [Meeting(100, 30_000_000), Meeting(101, 50_000_000), Meeting(102, ONE)]


def test_an_order_takes_level_by_level_until_it_has_enough() -> None:
    assert way(order(), BOOK) == [(100, 30_000_000), (101, 50_000_000), (102, 20_000_000)]


def test_it_goes_no_further_than_its_limit() -> None:
    assert way(order(), BOOK, limit=101) == [(100, 30_000_000), (101, 50_000_000)]
    bids = [Meeting(100, 30_000_000), Meeting(99, ONE)]
    assert way(order("ask"), bids, limit=100) == [(100, 30_000_000)]


def test_a_best_order_takes_one_price_only() -> None:
    best = order(ord_type="best", price=D(500), volume=None, remaining_volume=None)
    best.remaining_funds = D(500)
    assert way(best, [Meeting(100, 30_000_000), *BOOK]) == [(100, 30_000_000), (100, 30_000_000)]


def test_funds_buy_whole_units_at_each_price() -> None:
    """The example of the exchange's own pages: 10,000 at 30,000 buy 0.33333333."""
    buy = order(ord_type="price", volume=None, remaining_volume=None)
    buy.remaining_funds = D(10_000)
    assert way(buy, [Meeting(30_000, ONE)]) == [(30_000, 33_333_333)]
    assert way(buy, [Meeting(30_000, 10_000_000), Meeting(35_000, ONE)]) == [
        (30_000, 10_000_000),
        (35_000, 20_000_000),
    ]


@pytest.mark.parametrize(
    ("smp_type", "expected"),
    [
        ("none", [(100, 30_000_000), (100, 40_000_000), (101, 30_000_000)]),
        ("reduce", [(100, 30_000_000), (100, 40_000_000), (101, 30_000_000)]),
        # All of the own order goes, and none of the new one.
        ("cancel_maker", [(100, 30_000_000), (100, 40_000_000), (101, 70_000_000)]),
        # What is left of the new one goes.
        ("cancel_taker", [(100, 30_000_000), (100, 70_000_000)]),
    ],
)
def test_meeting_an_own_order(smp_type: str, expected: list[tuple[int, int]]) -> None:
    own = waiting(100, 40_000_000, side="ask")
    book = [Meeting(100, 30_000_000), Meeting(100, 40_000_000, own), Meeting(101, ONE)]
    assert way(order(smp_type=smp_type), book) == expected


@pytest.mark.parametrize(
    ("smp_type", "own_volume", "whole"),
    [("none", 70_000_000, True), ("none", 60_000_000, False), ("reduce", 70_000_000, False)],
)
def test_only_what_is_traded_fills_an_order(smp_type: str, own_volume: int, whole: bool) -> None:
    new = order(smp_type=smp_type)
    book = [Meeting(100, 30_000_000), Meeting(100, own_volume, waiting(100, own_volume))]
    assert fills_whole(new, Decimal, list(meetings(new, 100, Decimal, book))) is whole


def test_funds_are_spent_when_less_than_a_unit_is_left() -> None:
    best = order(ord_type="best", volume=None, remaining_volume=None, remaining_funds=D(10_000))
    assert fills_whole(best, Decimal, [Meeting(30_000, 33_333_333)])
    assert not fills_whole(best, Decimal, [Meeting(30_000, 33_333_332)])
    assert not fills_whole(best, Decimal, [])


# --- The queue at a price --------------------------------------------------------------------


def test_a_sale_at_the_price_goes_to_those_ahead_first() -> None:
    entry = waiting(100, 50, ahead=120)
    assert filled([entry], traded(100, 100, sold=True)) == [0]
    assert entry.ahead == 20
    assert filled([entry], traded(100, 50, sold=True)) == [30]
    assert entry.ahead == 0
    entry.volume -= 30
    assert filled([entry], traded(100, 50, sold=True)) == [20]


def test_own_orders_at_one_price_are_filled_by_age_with_others_between() -> None:
    first, second = waiting(100, 50, ahead=10), waiting(100, 50, ahead=30)
    # 10 others, 50 of the first, the 20 others that came before the second, then the second.
    assert filled([first, second], traded(100, 90, sold=True)) == [50, 10]
    assert second.ahead == 0


def test_the_own_older_order_uses_up_the_sale_before_the_younger() -> None:
    first, second = waiting(100, 50), waiting(100, 50, ahead=30)
    assert filled([first, second], traded(100, 60, sold=True)) == [50, 0]
    assert second.ahead == 20


@pytest.mark.parametrize(
    ("side", "trade", "part"),
    [
        ("bid", traded(99, 1, sold=True), ONE),
        ("bid", traded(99, 1, sold=False), ONE),
        ("bid", traded(100, 1, sold=False), ONE),
        ("bid", traded(101, ONE, sold=True), 0),
        ("bid", traded(101, 1, sold=True, ask=100), ONE),
        ("bid", traded(101, 1, sold=True, ask=101), 0),
        ("ask", traded(101, 1, sold=False), ONE),
        ("ask", traded(101, 1, sold=True), ONE),
        ("ask", traded(100, 1, sold=True), ONE),
        ("ask", traded(99, ONE, sold=False), 0),
        ("ask", traded(99, 1, sold=False, bid=100), ONE),
        ("ask", traded(99, 1, sold=False, bid=99), 0),
    ],
)
def test_what_is_passed_is_filled_whole(side: str, trade: Trade, part: int) -> None:
    assert filled([waiting(100, ahead=10 * ONE, side=side)], trade) == [part]


def test_an_ask_waits_in_its_queue_as_a_bid_does() -> None:
    entry = waiting(100, 50, ahead=120, side="ask")
    assert filled([entry], traded(100, 130, sold=False)) == [10]


def test_the_best_price_is_filled_first() -> None:
    low, high = waiting(100), waiting(105)
    assert [entry for entry, _ in reached([low, high], traded(99, 1, sold=True))] == [high, low]
    cheap, dear = waiting(95, side="ask"), waiting(97, side="ask")
    assert [entry for entry, _ in reached([dear, cheap], traded(99, 1, sold=False))] == [
        cheap,
        dear,
    ]
