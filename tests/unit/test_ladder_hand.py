"""What wheel, keys and pointer do to an order book. Pure."""

from __future__ import annotations

import pytest

from upbit_ws_qt.events import OrderbookEvent, OrderbookUnit
from upbit_ws_qt_widgets.models.ladder import Cursor, Row
from upbit_ws_qt_widgets.models.ladder_hand import Cell, LadderHand, cell_at, cursor_price
from upbit_ws_qt_widgets.models.ladder_layout import LadderLayout, Metrics, lay_out
from upbit_ws_qt_widgets.models.ladder_state import Ladder

METRICS = Metrics(digit=8, bold_digit=8, small_digit=7, line=16, small_line=14)
DEPTH = 30
BOOK = OrderbookEvent(
    type="orderbook",
    code="KRW-X",
    timestamp=1,
    total_ask_size=1.0,
    total_bid_size=1.0,
    orderbook_units=tuple(
        OrderbookUnit(ask_price=1001.0 + row, bid_price=1000.0 - row, ask_size=1.0, bid_size=2.0)
        for row in range(DEPTH)
    ),
)


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
    hand.step(1, BOOK, layout())
    assert hand.cursor == Cursor(ask=False, price=1000.0)
    assert hand.scroll == 0
    hand.step(29, BOOK, layout())
    assert hand.cursor == Cursor(ask=False, price=971.0)
    assert first(hand) == 60 - layout().visible
    hand.step(-59, BOOK, layout())
    assert hand.cursor == Cursor(ask=True, price=1030.0)
    assert first(hand) == 0


def test_the_cursor_needs_rows_and_room() -> None:
    hand = LadderHand()
    empty = OrderbookEvent(
        type="orderbook",
        code="KRW-X",
        timestamp=1,
        total_ask_size=0.0,
        total_bid_size=0.0,
        orderbook_units=(),
    )
    hand.step(1, empty, layout())
    assert hand.cursor is None
    hand.step(1, BOOK, layout(10))
    assert hand.cursor is not None
    assert hand.scroll == 0


# -- clicks -------------------------------------------------------------------------------------

PRICE = Cell(row=5, on_price=True, price=1001.0, size=1.0)


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
        (PRICE, PRICE._replace(row=6)),
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
