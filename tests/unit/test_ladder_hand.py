"""What wheel, keys and pointer do to an order book. Pure."""

from __future__ import annotations

import pytest

from upbit_ws_qt_widgets.models.depth_curve import Curve, Pointed
from upbit_ws_qt_widgets.models.ladder import Row
from upbit_ws_qt_widgets.models.ladder_hand import (
    Cell,
    LadderHand,
    cell_at,
    cursor_price,
    cursor_row,
)
from upbit_ws_qt_widgets.models.ladder_layout import LadderLayout, Metrics, lay_out
from upbit_ws_qt_widgets.models.ladder_rungs import Cursor, Rung
from upbit_ws_qt_widgets.models.ladder_state import Ladder

METRICS = Metrics(digit=8, bold_digit=8, small_digit=7, line=16, small_line=14)
DEPTH = 30
RUNGS = [Rung(True, 1000.0 + DEPTH - row, 1.0) for row in range(DEPTH)] + [  # noqa: FBT003
    Rung(False, 1000.0 - row, 2.0)  # noqa: FBT003
    for row in range(DEPTH)
]


def layout(height: int = 400) -> LadderLayout:
    return lay_out(490, height, METRICS, depth=DEPTH, price_room=5)


def first(hand: LadderHand) -> int:
    return layout().first(hand.scroll)


# -- scrolling ----------------------------------------------------------------------------------


def test_a_notch_is_three_rows() -> None:
    hand = LadderHand()
    assert hand.turn(1, layout())
    assert hand.scroll == 3
    assert hand.turn(-2, layout())
    assert hand.scroll == -3


def test_parts_of_a_notch_add_up() -> None:
    hand = LadderHand()
    for _ in range(3):
        hand.turn(0.25, layout())
    assert hand.scroll == 2
    hand.turn(0.25, layout())
    assert hand.scroll == 3


def test_at_the_end_nothing_is_saved_up() -> None:
    hand = LadderHand()
    hand.turn(100.25, layout())
    assert first(hand) == 60 - layout().visible
    end = hand.scroll
    hand.turn(0.5, layout())
    hand.turn(-1, layout())
    assert hand.scroll == end - 3


def test_where_all_is_visible_the_wheel_is_for_others() -> None:
    hand = LadderHand()
    assert not hand.turn(1, layout(2000))
    assert hand.scroll == 0


def test_pages_keep_one_row_to_hold_on_to() -> None:
    hand = LadderHand()
    hand.page(1, layout())
    assert hand.scroll == min(layout().visible - 1, 60 - layout().visible - layout().centred)
    hand.page(-10, layout())
    assert first(hand) == 0
    hand.centre()
    assert first(hand) == layout().centred


# -- the cursor ---------------------------------------------------------------------------------


def test_the_cursor_pulls_the_book_along_only_where_it_must() -> None:
    hand = LadderHand()
    hand.step(1, RUNGS, layout())
    assert hand.cursor == Cursor(ask=False, price=1000.0)
    assert hand.scroll == 0
    hand.step(29, RUNGS, layout())
    assert hand.cursor == Cursor(ask=False, price=971.0)
    assert first(hand) == 60 - layout().visible
    hand.step(-59, RUNGS, layout())
    assert hand.cursor == Cursor(ask=True, price=1030.0)
    assert first(hand) == 0


def test_the_cursor_needs_rows_and_room() -> None:
    hand = LadderHand()
    hand.step(1, [], layout())
    assert hand.cursor is None
    hand.step(1, RUNGS, layout(10))
    assert hand.cursor is not None
    assert hand.scroll == 0


# -- a static ladder ----------------------------------------------------------------------------


def held(*splits: int, step: float = 1.0) -> LadderHand:
    hand = LadderHand()
    for split in splits:
        hand.hold_still(split, step, layout())
    return hand


def test_a_static_ladder_scrolls_against_the_market() -> None:
    assert held(1000).scroll == 0
    assert held(1000, 1002).scroll == 2
    assert held(1000, 1002, 999).scroll == -1


def test_it_is_centred_when_the_best_prices_leave_the_inner_half() -> None:
    inner = layout().visible // 4
    assert held(1000, 1000 + inner).scroll == inner
    assert held(1000, 1000 + inner + 1).scroll == 0
    assert held(1000, 1000 - inner - 1).scroll == 0


def test_who_has_scrolled_away_is_left_there() -> None:
    hand = held(1000)
    hand.turn(4, layout())
    assert hand.scroll == 12
    hand.hold_still(1001, 1.0, layout())
    assert hand.scroll == 13
    hand.centre()
    hand.hold_still(1002, 1.0, layout())
    assert hand.scroll == 1


def test_on_another_grid_there_is_nothing_to_hold() -> None:
    hand = held(1000, 1002)
    hand.hold_still(100, 10.0, layout())
    assert hand.scroll == 0


def test_let_go_it_is_centred() -> None:
    hand = held(1000, 1002)
    hand.let_go()
    assert hand.scroll == 0
    hand.turn(1, layout())
    hand.let_go()
    assert hand.scroll == 3


def test_a_cursor_in_sight_moves_nothing() -> None:
    hand = held(1000, 1002)
    hand.step(1, RUNGS, layout())
    hand.hold_still(1000 + layout().visible, 1.0, layout())
    assert hand.scroll == 0


# -- clicks -------------------------------------------------------------------------------------

PRICE = Cell(place=5, on_price=True, price=1001.0, size=1.0)


def test_what_was_pressed_is_what_is_clicked() -> None:
    hand = LadderHand()
    hand.press(PRICE)
    assert hand.release(PRICE._replace(price=1002.0)) == PRICE
    assert hand.release(PRICE) is None


@pytest.mark.parametrize(
    ("pressed", "released"),
    [
        (None, PRICE),
        (PRICE, None),
        (PRICE, PRICE._replace(place=6)),
        (PRICE, PRICE._replace(on_price=False)),
    ],
)
def test_a_pointer_that_left_its_cell_clicks_nothing(
    pressed: Cell | None, released: Cell | None
) -> None:
    hand = LadderHand()
    hand.press(pressed)
    assert hand.release(released) is None


LADDER = Ladder(
    lay_out(490, 400, METRICS, depth=2, price_room=5),
    0,
    (
        Row(ask=True),
        Row(ask=True, price=103.0, size=2.0),
        Row(ask=False, price=102.0, size=3.0, cursor=True),
        Row(ask=False, price=101.0, size=1.0),
    ),
)


def test_a_point_finds_its_cell() -> None:
    columns, edges = LADDER.layout.columns, LADDER.layout.edges
    price, size = columns.price[0] + 1, columns.bid_size[0] + 1
    assert cell_at(LADDER, price, edges[2] + 1) == Cell(2, on_price=True, price=102.0, size=3.0)
    assert cell_at(LADDER, size, edges[2] + 1) == Cell(2, on_price=False, price=102.0, size=3.0)


def test_beside_the_filled_rows_there_is_no_cell() -> None:
    columns, edges = LADDER.layout.columns, LADDER.layout.edges
    assert cell_at(LADDER, columns.price[0] + 1, edges[0] + 1) is None
    assert cell_at(LADDER, 489, edges[1] + 1) is None
    assert cell_at(LADDER._replace(rows=()), columns.price[0] + 1, edges[2] + 1) is None
    assert cell_at(None, 1, 1) is None


def test_only_a_cursor_in_sight_has_a_price() -> None:
    assert cursor_price(LADDER) == 102.0
    assert cursor_price(LADDER._replace(rows=LADDER.rows[:2])) is None
    assert cursor_price(None) is None
    row = cursor_row(LADDER)
    assert row is not None
    assert row.size == 3.0
    assert cursor_row(None) is None


def test_on_a_curve_what_is_pointed_at_is_meant() -> None:
    bare = Curve((0, 0, 490, 300), 280, (), (), (), ())
    ladder = LADDER._replace(rows=(), curve=bare)
    assert cell_at(ladder, 100, 100) is None
    assert cursor_price(ladder) is None
    pointed = bare._replace(pointed=Pointed(103.0, 100, 50, is_ask=True, pieces=()))
    ladder = LADDER._replace(rows=(), curve=pointed)
    assert cell_at(ladder, 100, 100) == Cell(0, on_price=True, price=103.0, size=0.0)
    assert cursor_price(ladder) == 103.0
