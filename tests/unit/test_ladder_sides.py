"""The sides of a book, cut and grouped. Pure."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt.events import OrderbookEvent, OrderbookUnit
from upbit_ws_qt_widgets.models.ladder_sides import (
    Level,
    Sides,
    grid_index,
    grid_price,
    grouped,
    groupings,
    place_of,
    sides_of,
)


def book(asks: list[tuple[float, float]], bids: list[tuple[float, float]]) -> OrderbookEvent:
    """A book from (price, size) pairs, the shorter side padded as the exchange does."""
    depth = max(len(asks), len(bids))
    padded_asks = asks + [(0.0, 0.0)] * (depth - len(asks))
    padded_bids = bids + [(0.0, 0.0)] * (depth - len(bids))
    return OrderbookEvent(
        type="orderbook",
        code="KRW-BTC",
        timestamp=1,
        total_ask_size=0.0,
        total_bid_size=0.0,
        orderbook_units=tuple(
            OrderbookUnit(ask_price=ask[0], bid_price=bid[0], ask_size=ask[1], bid_size=bid[1])
            for ask, bid in zip(padded_asks, padded_bids, strict=True)
        ),
    )


def test_sides_have_values_and_no_padding() -> None:
    sides = sides_of(book([(103, 2.0)], [(102, 1.0), (101, 3.0)]))
    assert sides.asks == (Level(103, 2.0, 206.0),)
    assert sides.bids == (Level(102, 1.0, 102.0), Level(101, 3.0, 303.0))
    sides = sides_of(book([(103, 2.0), (104, 1.0)], [(102, 1.0)]))
    assert [len(side) for side in sides] == [2, 1]
    assert sides_of(book([], [])) == Sides()
    assert sides.cut(1) == Sides(sides.asks[:1], sides.bids[:1])


def test_the_middle_needs_both_sides_and_the_lowest_price_any() -> None:
    ask, bid = Level(103.0, 1.0, 103.0), Level(101.0, 1.0, 101.0)
    deeper = Level(100.0, 1.0, 100.0)
    assert Sides((ask,), (bid, deeper)).middle == 102.0
    assert Sides((ask,), (bid, deeper)).lowest == 100.0
    assert (Sides((ask,)).middle, Sides((ask,)).lowest) == (None, 103.0)
    assert (Sides().middle, Sides().lowest) == (None, None)


def test_a_price_belongs_to_the_side_of_the_middle_it_is_on() -> None:
    ask, bid = Level(110.0, 1.0, 110.0), Level(101.0, 1.0, 101.0)
    both = Sides((ask,), (bid,))
    assert place_of(both, 105.0, 1.0) == (False, 105)
    assert place_of(both, 106.0, 1.0) == (True, 106)
    assert place_of(both, 106.0, 10.0) == (True, 11)
    assert place_of(both, 105.0, 10.0) == (False, 10)
    assert place_of(Sides((ask,)), 90.0, 1.0) == (True, 90)
    assert place_of(Sides((), (bid,)), 190.0, 1.0) == (False, 190)


def test_asks_are_gathered_upwards_and_bids_downwards() -> None:
    sides = sides_of(
        book([(103, 1.0), (105, 2.0), (106, 4.0)], [(102, 1.0), (100, 2.0), (99, 4.0)])
    )
    coarse = grouped(sides, 5.0)
    assert coarse.asks == (Level(105, 3.0, 313.0), Level(110, 4.0, 424.0))
    assert coarse.bids == (Level(100, 3.0, 302.0), Level(95, 4.0, 396.0))


def test_what_stands_on_the_step_stays_there_in_any_decimals() -> None:
    assert grid_index(0.1 + 0.2, 0.1, up=True) == grid_index(0.3, 0.1, up=False) == 3
    assert grid_index(0.00001236, 1e-8, up=True) == 1236
    assert (grid_index(0.31, 0.1, up=True), grid_index(0.31, 0.1, up=False)) == (4, 3)
    assert grid_price(3, 0.1) == 0.3
    assert grid_price(1236, 1e-8) == 0.00001236


@given(
    st.lists(st.integers(min_value=1, max_value=100_000), min_size=1, max_size=30, unique=True),
    st.sampled_from([1e-8, 0.01, 1.0, 500.0]),
    st.sampled_from([2, 5, 10, 100]),
)
def test_grouping_loses_nothing_and_promises_no_better_price(
    ticks: list[int], tick: float, steps: int
) -> None:
    prices = sorted(grid_price(index, tick) for index in ticks)
    levels = tuple(Level(price, 1.5, price * 1.5) for price in prices)
    step = grid_price(steps, tick)
    coarse = grouped(Sides(levels, levels[::-1]), step)
    for side in coarse:
        assert math.isclose(sum(level.size for level in side), 1.5 * len(levels))
        assert math.isclose(
            sum(level.value for level in side), sum(level.value for level in levels)
        )
        numbers = [round(level.price / step) for level in side]
        assert len(set(numbers)) == len(numbers)
    assert coarse.asks[0].price >= prices[0] > coarse.asks[0].price - step - tick / 2
    assert coarse.bids[0].price <= prices[-1] < coarse.bids[0].price + step + tick / 2


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        ((0.0, 10_000.0, 100_000.0), (0.0, 10_000.0, 100_000.0)),
        ((0.0,), (0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)),
    ],
)
def test_steps_are_the_exchanges_or_multiples_of_the_tick(
    offered: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    assert groupings(offered, 0.01) == expected
