"""What can at most be ahead of own orders. Pure."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from upbit_ws_qt.events import TradeEvent
from upbit_ws_qt_widgets.models.ladder_sides import Level, Sides
from upbit_ws_qt_widgets.models.own_orders import Resting
from upbit_ws_qt_widgets.models.queue_bounds import QueueBounds

BID, ASK = (False, 102), (True, 103)


def sides(bid: float = 5.0, ask: float = 5.0) -> Sides:
    return Sides(
        (Level(103.0, ask, 0.0), Level(104.0, 1.0, 0.0)),
        (Level(102.0, bid, 0.0), Level(101.0, 1.0, 0.0)),
    )


def order(size: float, price: int = 102, *, is_ask: bool = False) -> Resting:
    return Resting(Decimal(price), Decimal(str(size)), is_ask, Decimal(str(size)))


def trade(price: float, volume: float, side: str, ms: int) -> TradeEvent:
    return TradeEvent(
        type="trade",
        code="KRW-BTC",
        timestamp=ms,
        trade_price=price,
        trade_volume=volume,
        ask_bid=side,
        sequential_id=ms,
    )


OWN = {"a": order(1.0)}


@pytest.fixture
def queue() -> QueueBounds:
    """One that knows of five coins at the price, of which one is our own."""
    made = QueueBounds()
    made.take_book(sides(), 1.0, 0, OWN)
    assert made.bounds(1.0) == {}  # this book may be older than the order
    made.take_book(sides(), 1.0, 1999, OWN)
    assert made.bounds(1.0) == {}
    made.take_book(sides(), 1.0, 2000, OWN)
    assert made.bounds(1.0) == {BID: 4.0}
    return made


def test_the_least_of_what_the_others_had_counts(queue: QueueBounds) -> None:
    queue.take_book(sides(bid=3.5), 1.0, 3000, OWN)
    assert queue.bounds(1.0) == {BID: 2.5}
    queue.take_book(sides(bid=9.0), 1.0, 4000, OWN)  # who came later is behind
    assert queue.bounds(1.0) == {BID: 2.5}
    queue.take_book(sides(bid=0.5), 1.0, 5000, OWN)
    assert queue.bounds(1.0) == {BID: 0.0}


def test_what_is_traded_is_gone_from_the_front(queue: QueueBounds) -> None:
    queue.take_trade(trade(102, 1.5, "ASK", 4000))
    assert queue.bounds(1.0) == {BID: 2.5}
    for other in (
        trade(102, 1.0, "BID", 4000),  # somebody bought at this price
        trade(101, 1.0, "ASK", 4000),
        trade(102, 1.0, "ASK", 3999),  # the book may know of it already
    ):
        queue.take_trade(other)
    assert queue.bounds(1.0) == {BID: 2.5}
    queue.take_trade(trade(102, 9.0, "ASK", 5000))
    assert queue.bounds(1.0) == {BID: 0.0}


def test_without_a_bound_there_is_nothing_to_take_from() -> None:
    queue = QueueBounds()
    queue.take_trade(trade(102, 1.0, "ASK", 9000))
    queue.take_book(sides(), 1.0, 0, OWN)
    queue.take_trade(trade(102, 1.0, "ASK", 9000))
    assert queue.bounds(1.0) == {}


def test_both_sides_and_several_orders_at_one_price() -> None:
    own = {"a": order(1.0), "b": order(0.5), "c": order(2.0, 103, is_ask=True)}
    queue = QueueBounds()
    for ms in (0, 2000):
        queue.take_book(sides(), 1.0, ms, own)
    assert queue.bounds(1.0) == {BID: 3.5, ASK: 3.0}


def test_another_order_at_the_price_begins_anew(queue: QueueBounds) -> None:
    # Where the first one goes the second is the first, and more may be ahead of it.
    queue.take_book(sides(bid=8.0), 1.0, 3000, {**OWN, "b": order(1.0)})
    assert queue.bounds(1.0) == {}
    queue.take_book(sides(bid=8.0), 1.0, 5000, {**OWN, "b": order(1.0)})
    assert queue.bounds(1.0) == {BID: 6.0}
    queue.take_book(sides(bid=8.0), 1.0, 6000, {})
    assert queue.bounds(1.0) == {}


def test_a_fill_of_our_own_does_not_begin_anew(queue: QueueBounds) -> None:
    queue.take_book(sides(bid=0.5), 1.0, 3000, {"a": order(0.5)})
    assert queue.bounds(1.0) == {BID: 0.0}


def test_what_the_book_does_not_reach_is_not_known() -> None:
    queue = QueueBounds()
    own = {"a": order(1.0, 90), "b": order(1.0, 105), "c": order(0.5, 101)}
    for ms in (0, 2000):
        queue.take_book(sides(), 1.0, ms, own)
    assert queue.bounds(1.0) == {(False, 101): 0.5}


def test_on_another_grid_nothing_is_told_and_with_another_step_all_begins_anew(
    queue: QueueBounds,
) -> None:
    assert queue.bounds(10.0) == {}
    queue.take_book(sides(), 0.5, 9000, OWN)
    assert queue.bounds(0.5) == {}
    assert queue.bounds(1.0) == {}


@pytest.mark.parametrize("seed", range(20))
def test_it_is_never_less_than_what_is_ahead(seed: int) -> None:
    """A line of orders, of which ours is one; others come, go, and are filled from the front."""
    random_ = random.Random(seed)  # noqa: S311 - no secret
    line: list[tuple[str, float]] = [("x", random_.uniform(1, 5)) for _ in range(6)]
    line.append(("own", 1.0))
    queue = QueueBounds()
    told = 0
    for ms in range(0, 60_000, 500):
        place = next(index for index, (who, _) in enumerate(line) if who == "own")
        ahead = sum(size for _, size in line[:place])
        total = sum(size for _, size in line)
        if random_.random() < 0.8:
            queue.take_book(sides(bid=total), 1.0, ms, OWN)
        bound = queue.bounds(1.0).get(BID)
        if bound is not None:
            told += 1
            assert bound >= ahead - 1e-6
        if random_.random() < 0.3:
            line.append(("x", random_.uniform(0.1, 3)))
        if place and random_.random() < 0.1:
            line.pop(random_.randrange(place))
        elif place and random_.random() < 0.3:
            who, size = line[0]
            sold = min(size, random_.uniform(0.1, 2))
            queue.take_trade(trade(102, sold, "ASK", ms + 1))
            line[0] = who, size - sold
    assert told > 50
