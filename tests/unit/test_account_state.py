"""What is known of one account, from frames and readings in any order. Tests only."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from upbit_ws_qt.account_state import BalanceSheet, OpenOrders
from upbit_ws_qt.events import AssetEvent, Balance, OrderEvent, OrderState

S = OrderState


def row(currency: str, amount: int | str, locked: int = 0, average: int = 0) -> Balance:
    return Balance(
        currency=currency,
        balance=Decimal(amount),
        locked=Decimal(locked),
        avg_buy_price=Decimal(average),
    )


def assets(*rows: Balance) -> AssetEvent:
    return AssetEvent(type="myAsset", balances=rows, timestamp=1)


def order(uuid: str = "u", state: OrderState = S.WAIT, done: int = 0, **more: Any) -> OrderEvent:
    return OrderEvent(
        type="myOrder",
        code="KRW-BTC",
        timestamp=1,
        uuid=uuid,
        ask_bid="BID",
        order_type="limit",
        state=state,
        executed_volume=Decimal(done),
        remaining_volume=Decimal(10 - done),
        **more,
    )


# -- balances ----------------------------------------------------------------------------------


def test_nothing_is_known_before_the_first_reading() -> None:
    sheet = BalanceSheet()
    sheet.asked()
    assert not sheet.heard(assets(row("BTC", 2)))
    assert sheet.rows is None
    assert not sheet.was_read((row("BTC", 1, average=7), row("KRW", 5)))
    assert sheet.rows is not None
    assert [(each.currency, each.balance) for each in sheet.rows] == [("BTC", 2), ("KRW", 5)]
    assert [each.provisional for each in sheet.rows] == [True, False]


def test_a_frame_changes_its_rows_and_keeps_the_others() -> None:
    sheet = BalanceSheet()
    sheet.was_read((row("BTC", 1, average=7), row("KRW", 5)))
    assert sheet.heard(assets(row("BTC", 2)))
    assert sheet.rows is not None
    assert [(each.currency, each.balance, each.avg_buy_price) for each in sheet.rows] == [
        ("BTC", 2, 7),
        ("KRW", 5, 0),
    ]


def test_what_was_heard_since_it_was_asked_stands_above_a_reading() -> None:
    sheet = BalanceSheet()
    sheet.was_read((row("BTC", 1),))
    sheet.asked()
    sheet.heard(assets(row("BTC", 2)))
    sheet.was_read((row("BTC", 1, average=7),))
    assert sheet.rows is not None
    assert (sheet.rows[0].balance, sheet.rows[0].avg_buy_price) == (2, 7)
    assert sheet.rows[0].provisional


def test_what_was_heard_before_it_was_asked_does_not() -> None:
    sheet = BalanceSheet()
    sheet.was_read((row("BTC", 1),))
    sheet.heard(assets(row("BTC", 2)))
    sheet.asked()
    assert not sheet.was_read((row("BTC", 2, average=8),))
    assert sheet.rows == (row("BTC", 2, average=8),)


@pytest.mark.parametrize(
    ("read", "differs"),
    [
        ((row("BTC", 1), row("KRW", 5)), False),
        ((row("KRW", 5), row("BTC", 1, average=9)), False),
        ((row("BTC", 1), row("KRW", 5), row("ETH", 0)), False),
        ((row("BTC", 1), row("KRW", 5), row("ETH", 1)), True),
        ((row("BTC", 1), row("KRW", 4, locked=1)), True),
        ((row("BTC", 1),), True),
    ],
)
def test_a_reading_that_differs_from_what_was_known_says_so(
    read: tuple[Balance, ...], differs: bool
) -> None:
    sheet = BalanceSheet()
    assert not sheet.was_read((row("BTC", 1), row("KRW", 5)))
    assert sheet.was_read(read) is differs
    assert sheet.rows == read


# -- orders ------------------------------------------------------------------------------------


def read(orders: OpenOrders, *rows: OrderEvent) -> tuple[list[OrderEvent], list[str]]:
    orders.asked()
    return orders.were_read(rows)


def test_the_first_reading_is_news_the_oldest_first() -> None:
    orders = OpenOrders()
    newest, oldest = order("b"), order("a")
    assert read(orders, newest, oldest) == ([oldest, newest], [])
    assert read(orders, newest, oldest) == ([], [])


@pytest.mark.parametrize(
    ("change", "is_news"),
    [
        (order(), False),
        (order(state=S.TRADE), False),
        (order(done=1), True),
        (order(state=S.WATCH), True),
        (order(prevented_volume=Decimal(0)), False),
        (order(prevented_volume=Decimal(1)), True),
    ],
)
def test_only_progress_is_news(change: OrderEvent, is_news: bool) -> None:
    """A fill is ``trade`` in a frame and ``wait`` in a reading, and says the same."""
    orders = OpenOrders()
    read(orders, order())
    assert read(orders, change) == ([change] if is_news else [], [])


def test_what_is_not_listed_any_more_has_vanished_until_it_is_looked_up() -> None:
    orders = OpenOrders()
    read(orders, order("a"), order("b"))
    assert read(orders, order("b")) == ([], ["a"])
    assert read(orders, order("b")) == ([], ["a"])
    assert orders.was_looked_up(order("a", S.CANCEL))
    assert not orders.was_looked_up(order("a", S.CANCEL))
    assert read(orders, order("b")) == ([], [])


def test_one_that_was_between_two_pages_is_still_open() -> None:
    orders = OpenOrders()
    read(orders, order("a"))
    read(orders)
    assert not orders.was_looked_up(order("a"))
    assert orders.was_looked_up(order("a", done=2))
    assert read(orders, order("a", done=2)) == ([], [])


def test_one_that_the_exchange_does_not_know_is_forgotten() -> None:
    orders = OpenOrders()
    read(orders, order("a"))
    orders.forget("a")
    orders.forget("never heard of")
    assert read(orders) == ([], [])


def test_what_was_heard_since_it_was_asked_stands_above_an_older_reading() -> None:
    orders = OpenOrders()
    read(orders, order("a"), order("b"))
    orders.asked()
    assert orders.heard(order("a", S.CANCEL))
    assert orders.heard(order("b", S.TRADE, done=3, trade_uuid="t"))
    assert orders.heard(order("new"))
    assert orders.were_read((order("a"), order("b"))) == ([], [])
    assert not orders.was_looked_up(order("new", S.CANCEL)), "a frame was faster"


def test_an_order_that_ended_does_not_come_back() -> None:
    orders = OpenOrders()
    read(orders, order("a"))
    assert orders.heard(order("a", S.DONE, done=10))
    assert not orders.heard(order("a", S.DONE, done=10))
    assert not orders.heard(order("a", S.WAIT))
    assert orders.heard(order("a", S.TRADE, done=10, trade_uuid="t")), "a fill is news even so"
    assert read(orders, order("a")) == ([], [])
    assert not orders.was_looked_up(order("a"))


def test_a_frame_that_comes_twice_is_told_once() -> None:
    orders = OpenOrders()
    assert orders.heard(order("a", S.TRADE, done=3, trade_uuid="t"))
    assert not orders.heard(order("a", S.TRADE, done=3, trade_uuid="t"))
    assert orders.heard(order("a", S.TRADE, done=4, trade_uuid="u"))


def test_only_the_latest_ends_are_remembered() -> None:
    orders = OpenOrders()
    for number in range(1001):
        orders.heard(order(str(number), S.DONE))
    assert not orders.heard(order("1", S.DONE))
    assert orders.heard(order("0", S.DONE))


# -- any play ----------------------------------------------------------------------------------


class Exchange:
    """Holds one currency and numbered orders; every change is a frame that is on its way."""

    def __init__(self) -> None:
        self.held = 0
        self.orders: dict[str, int] = {}
        self.frames: list[AssetEvent | OrderEvent] = []

    def change(self, number: int) -> None:
        self.held += number
        self.frames.append(assets(row("BTC", self.held)))
        uuid = str(number)
        done = self.orders.get(uuid, -1) + 1
        self.orders[uuid] = done
        state = S.WAIT if done == 0 else S.DONE if done == 3 else S.TRADE
        if done <= 3:
            self.frames.append(order(uuid, state, done, trade_uuid=str(done)))

    def is_open(self) -> list[OrderEvent]:
        return [order(uuid, S.WAIT, done) for uuid, done in self.orders.items() if done < 3]


@given(st.lists(st.sampled_from(["change 1", "change 2", "deliver", "ask", "answer", "lose"])))
@example([*["change 1"] * 3, "ask", "answer", "change 1", "ask", "answer"])
def test_in_any_order_of_frames_and_readings_both_agree_in_the_end(steps: list[str]) -> None:
    exchange, sheet, orders = Exchange(), BalanceSheet(), OpenOrders()
    told: dict[str, OrderEvent] = {}
    answer: tuple[tuple[Balance, ...], list[OrderEvent]] | None = None

    def deliver() -> None:
        event = exchange.frames.pop(0)
        if isinstance(event, AssetEvent):
            sheet.heard(event)
        elif orders.heard(event):
            told[event.uuid] = orders.end_of(event.uuid) or event

    def ask() -> None:
        nonlocal answer
        sheet.asked()
        orders.asked()
        answer = (row("BTC", exchange.held),), exchange.is_open()

    def take() -> None:
        nonlocal answer
        assert answer is not None
        sheet.was_read(answer[0])
        news, vanished = orders.were_read(answer[1])
        for event in news:
            told[event.uuid] = event
        for uuid in vanished:
            done = min(exchange.orders[uuid], 3)
            event = order(uuid, S.DONE if done == 3 else S.WAIT, done)
            if orders.was_looked_up(event):
                told[uuid] = event
        answer = None

    for step in (*steps, "end"):
        if step.startswith("change"):
            exchange.change(int(step[-1]))
        elif step == "deliver" and exchange.frames:
            deliver()
        elif step == "lose":
            exchange.frames.clear()
        elif step == "ask" and answer is None:
            ask()
        elif step == "answer" and answer is not None:
            take()
    while exchange.frames:
        deliver()
    ask()
    take()
    assert sheet.rows == (row("BTC", exchange.held),)
    still = {uuid: event.executed_volume for uuid, event in told.items() if event.is_open}
    assert still == {event.uuid: event.executed_volume for event in exchange.is_open()}
