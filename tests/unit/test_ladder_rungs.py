"""The rungs of a ladder, of the book or of a grid, and the ways through them. Pure."""

from __future__ import annotations

import pytest

from upbit_ws_qt_widgets.models.ladder_rungs import (
    GRID_HALF,
    Cursor,
    Rung,
    Rungs,
    book_rungs,
    grid_rungs,
    grid_split,
    locate,
    step,
)
from upbit_ws_qt_widgets.models.ladder_sides import Level, Sides


def side(*levels: tuple[float, float]) -> tuple[Level, ...]:
    return tuple(Level(price, size, price * size) for price, size in levels)


SIDES = Sides(side((103, 1.0), (104, 2.0), (105, 0.5)), side((102, 4.0), (101, 1.0), (100, 3.0)))
RUNGS = book_rungs(SIDES)


def test_rungs_run_from_the_highest_ask_to_the_lowest_bid() -> None:
    assert [rung.price for rung in RUNGS] == [105, 104, 103, 102, 101, 100]
    assert [rung.ask for rung in RUNGS] == [True] * 3 + [False] * 3
    assert RUNGS[0] == Rung(ask=True, price=105, size=0.5, amount=0.5, weight=0.5)


@pytest.mark.parametrize(
    ("bars", "amounts", "amount", "weight"),
    [
        ("size", "quantity", [2.0, 1.0, 4.0, 1.0], [2.0, 1.0, 4.0, 1.0]),
        ("size", "total", [208.0, 103.0, 408.0, 101.0], [2.0, 1.0, 4.0, 1.0]),
        ("value", "quantity", [2.0, 1.0, 4.0, 1.0], [208.0, 103.0, 408.0, 101.0]),
        ("cumulative", "quantity", [3.0, 1.0, 4.0, 5.0], [3.0, 1.0, 4.0, 5.0]),
        ("cumulative", "total", [311.0, 103.0, 408.0, 509.0], [311.0, 103.0, 408.0, 509.0]),
    ],
)
def test_bars_and_amounts(
    bars: str, amounts: str, amount: list[float], weight: list[float]
) -> None:
    made = book_rungs(SIDES.cut(2), bars, amounts)
    assert [rung.amount for rung in made] == amount
    assert [rung.weight for rung in made] == weight
    assert [rung.size for rung in made] == [2.0, 1.0, 4.0, 1.0]


def test_the_shorter_side_is_padded_at_its_end() -> None:
    made = book_rungs(Sides(SIDES.asks[:1], SIDES.bids))
    assert [rung.price for rung in made] == [0, 0, 103, 102, 101, 100]
    made = book_rungs(Sides(SIDES.asks, SIDES.bids[:1]))
    assert [rung.price for rung in made] == [105, 104, 103, 102, 0, 0]
    assert made[-1] == Rung(ask=False)


# -- the grid -----------------------------------------------------------------------------------


def test_every_price_of_the_grid_has_a_rung() -> None:
    sides = Sides(side((103, 1.0), (106, 2.0)), side((102, 4.0), (99, 1.0)))
    made = grid_rungs(sides, 1.0)
    assert len(made) == 2 * GRID_HALF
    prices = [rung.price for rung in made]
    assert prices == [float(price) for price in range(102 + GRID_HALF, 102 - GRID_HALF, -1)]
    by_price = {rung.price: rung for rung in made}
    assert by_price[106].size == 2.0
    assert by_price[105] == Rung(ask=True, price=105)
    assert by_price[100] == Rung(ask=False, price=100)
    assert [rung.ask for rung in made] == [True] * GRID_HALF + [False] * GRID_HALF


def test_below_the_lowest_price_there_is_nothing() -> None:
    made = grid_rungs(Sides(side((3, 1.0)), side((2, 1.0))), 1.0)
    assert [rung.price for rung in made[-3:]] == [0, 0, 0]


@pytest.mark.parametrize(
    ("ask", "bid", "split"), [(103, 102, 103), (105, 102, 104), (106, 102, 105), (104, 102, 104)]
)
def test_the_gap_is_shared_by_both_sides(ask: float, bid: float, split: int) -> None:
    assert grid_split(Sides(side((ask, 1.0)), side((bid, 1.0))), 1.0) == split


def test_a_book_with_one_side_ends_there() -> None:
    assert grid_split(Sides(side((103, 1.0)), ()), 1.0) == 103
    assert grid_split(Sides((), side((102, 1.0))), 1.0) == 103


def test_prices_of_the_grid_are_clean() -> None:
    made = grid_rungs(Sides(side((0.3, 1.0)), side((0.2, 1.0))), 0.1)
    filled = [rung for rung in made if rung.size]
    assert [rung.price for rung in filled] == [0.3, 0.2]
    assert all(rung.price == round(rung.price, 1) for rung in made)


# -- the cursor ---------------------------------------------------------------------------------


def test_the_cursor_starts_at_the_best_price_of_its_direction() -> None:
    assert step(RUNGS, None, -1) == Cursor(ask=True, price=103)
    assert step(RUNGS, None, 1) == Cursor(ask=False, price=102)


def test_the_cursor_steps_across_the_middle_and_stops_at_the_ends() -> None:
    here = step(RUNGS, Cursor(ask=True, price=103), 1)
    assert here == Cursor(ask=False, price=102)
    assert step(RUNGS, here, -1) == Cursor(ask=True, price=103)
    assert step(RUNGS, here, 100) == Cursor(ask=False, price=100)
    assert step(RUNGS, here, -100) == Cursor(ask=True, price=105)


THIN = book_rungs(Sides(SIDES.asks[:1], SIDES.bids))


def test_the_cursor_passes_over_padding() -> None:
    assert step(THIN, Cursor(ask=True, price=103), -5) == Cursor(ask=True, price=103)


def test_the_cursor_stays_on_its_price_while_the_book_moves() -> None:
    cursor = Cursor(ask=True, price=104)
    assert locate(RUNGS, cursor) == 1
    moved = book_rungs(
        Sides(side((104, 1.0), (105, 1.0), (106, 1.0)), side((103, 1.0), (102, 1.0), (101, 1.0)))
    )
    assert locate(moved, cursor) == 2


def test_the_cursor_takes_the_nearest_price_when_its_own_is_gone() -> None:
    assert locate(RUNGS, Cursor(ask=True, price=999)) == 0
    assert locate(RUNGS, Cursor(ask=False, price=102.4)) == 3


def test_a_cursor_on_an_empty_side_starts_anew() -> None:
    only_bids = book_rungs(Sides((), SIDES.bids))
    lost = Cursor(ask=True, price=103)
    assert locate(only_bids, lost) is None
    assert step(only_bids, lost, 1) == Cursor(ask=False, price=102)
    nothing: Rungs = []
    assert step(nothing, lost, 1) is None
