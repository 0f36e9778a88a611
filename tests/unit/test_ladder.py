"""Rows of an order book: texts, bars, marks, and ways through them. Pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt.events import OrderbookEvent, OrderbookUnit
from upbit_ws_qt.markets import table_tick_size
from upbit_ws_qt_widgets.models.ladder import (
    Cursor,
    Entry,
    PriceTexts,
    change_text,
    entry,
    format_size,
    locate,
    resolve_rows,
    spread,
    step,
    tick_index,
)
from upbit_ws_qt_widgets.models.ladder_layout import Metrics, lay_out

METRICS = Metrics(digit=8, bold_digit=8, small_digit=7, line=16, small_line=14)
LAYOUT = lay_out(490, 1400, METRICS, depth=3, price_room=11)


def book(
    asks: list[tuple[float, float]], bids: list[tuple[float, float]], code: str = "KRW-BTC"
) -> OrderbookEvent:
    """A book from (price, size) pairs, the shorter side padded as the exchange does."""
    depth = max(len(asks), len(bids))
    padded_asks = asks + [(0.0, 0.0)] * (depth - len(asks))
    padded_bids = bids + [(0.0, 0.0)] * (depth - len(bids))
    units = tuple(
        OrderbookUnit(ask_price=ask[0], bid_price=bid[0], ask_size=ask[1], bid_size=bid[1])
        for ask, bid in zip(padded_asks, padded_bids, strict=True)
    )
    return OrderbookEvent(
        type="orderbook",
        code=code,
        timestamp=1,
        total_ask_size=sum(size for _, size in asks),
        total_bid_size=sum(size for _, size in bids),
        orderbook_units=units,
    )


BOOK = book([(103, 1.0), (104, 2.0), (105, 0.5)], [(102, 4.0), (101, 1.0), (100, 3.0)])


def texts(tick: float = 1.0, previous_close: float | None = 102.0) -> PriceTexts:
    made = PriceTexts()
    made.prepare(tick, previous_close)
    return made


def krw(price: float) -> float:
    return table_tick_size("KRW-BTC", price)


# -- sizes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "room", "text"),
    [
        (0.0, 9, "0.000"),
        (1.5, 9, "1.500"),
        (1234.5678, 9, "1,234.568"),
        (1234.5678, 8, "1,234.57"),
        (1234.5678, 5, "1,235"),
        (0.00097916, 12, "0.001"),
        (0.00012345, 12, "0.0001"),
        (0.0000012345, 12, "0.000001"),
        (0.00000001, 12, "0.00000001"),
        (0.0000012345, 7, "<.001"),
        (0.0000012345, 3, "<.0"),
        (123_456_789.0, 8, "123,457K"),
        (123_456_789.0, 5, "123M"),
        (9_876_543_210.0, 4, "10B"),
        (9_876_543_210_000.0, 4, "10T"),
        (1.5, 0, ""),
    ],
)
def test_sizes_fit_without_reading_as_nothing(size: float, room: int, text: str) -> None:
    assert format_size(size, room) == text


@given(st.floats(min_value=0, max_value=9e11), st.integers(min_value=5, max_value=20))
def test_no_size_is_longer_than_its_room(size: float, room: int) -> None:
    assert 0 < len(format_size(size, room)) <= room


# -- prices -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "previous", "expected"),
    [
        (101.0, 100.0, ("+1.00%", 1)),
        (98.5, 100.0, ("-1.50%", -1)),
        (100.0, 100.0, ("0.00%", 0)),
        (99.9999, 100.0, ("0.00%", -1)),
        (1.0, None, ("", 0)),
        (1.0, 0.0, ("", 0)),
    ],
)
def test_changes_say_their_direction(
    price: float, previous: float | None, expected: tuple[str, int]
) -> None:
    assert change_text(price, previous) == expected


def test_price_texts_are_made_once_until_what_they_are_made_with_changes() -> None:
    made = texts(tick=1.0, previous_close=100.0)
    assert made.of(1_234_567.0)[0] == "1,234,567"
    assert made.of(101.0) is made.of(101.0)
    before = made.of(101.0)
    made.prepare(1.0, 100.0)
    assert made.of(101.0) is before
    made.prepare(1.0, 99.0)
    assert made.of(101.0) == ("101", "+2.02%", 1)
    made.prepare(0.1, 99.0)
    assert made.of(101.0)[0] == "101.0"


def test_price_texts_do_not_grow_without_end() -> None:
    made = texts()
    first = made.of(0.0)
    for price in range(4200):
        made.of(float(price))
    made.prepare(1.0, 102.0)
    assert made.of(0.0) is not first


def test_equal_prices_have_equal_tick_numbers_however_they_were_reached() -> None:
    assert 0.1 + 0.2 != 0.3
    assert tick_index(0.1 + 0.2, 0.1) == tick_index(0.3, 0.1)
    assert tick_index(116_539_000.0, 1000) == 116_539


# -- the spread ---------------------------------------------------------------------------------


def test_spread_in_currency_and_ticks() -> None:
    both = spread(book([(116_542_000, 1)], [(116_539_000, 1)]), krw)
    assert both is not None
    assert (both.ask, both.bid, both.gap, both.ticks) == (116_542_000, 116_539_000, 3000, 3)


def test_spread_counts_the_ticks_of_the_bid_at_the_edge_of_a_band() -> None:
    both = spread(book([(1_000_000, 1)], [(999_500, 1)]), krw)
    assert both is not None
    assert both.ticks == 1


def test_spread_survives_binary_fractions() -> None:
    both = spread(book([(0.00001236, 1)], [(0.00001234, 1)], "BTC-ETH"), lambda _: 1e-8)
    assert both is not None
    assert both.ticks == 2


@pytest.mark.parametrize(
    "one_sided", [book([], []), book([(103, 1.0)], []), book([], [(102, 1.0)])]
)
def test_no_spread_without_both_sides(one_sided: OrderbookEvent) -> None:
    assert spread(one_sided, krw) is None


# -- rows ---------------------------------------------------------------------------------------


def test_entries_run_from_the_highest_ask_to_the_lowest_bid() -> None:
    assert [entry(BOOK, row).price for row in range(6)] == [105, 104, 103, 102, 101, 100]
    assert entry(BOOK, 0) == Entry(ask=True, price=105, size=0.5)
    assert entry(BOOK, 5) == Entry(ask=False, price=100, size=3.0)


def test_rows_carry_texts_direction_and_bars() -> None:
    rows = resolve_rows(BOOK, LAYOUT, texts(), first=0, tick=1.0)
    assert [row.price_text for row in rows] == ["105", "104", "103", "102", "101", "100"]
    assert [row.direction for row in rows] == [1, 1, 1, 0, -1, -1]
    assert rows[0].change_text == "+2.94%"
    assert rows[3].size_text == "4.000"
    longest = LAYOUT.bar_width
    assert rows[3].bar == longest
    assert rows[1].bar == round(longest / 2)
    assert not any(row.last or row.hover or row.cursor for row in rows)


def test_bars_scale_to_the_largest_size_in_sight() -> None:
    layout = lay_out(490, 80, METRICS, depth=3, price_room=11)
    assert layout.visible == 2
    rows = resolve_rows(BOOK, layout, texts(), first=0, tick=1.0)
    assert [row.size for row in rows] == [0.5, 2.0]
    assert rows[1].bar == layout.bar_width


def test_the_smallest_size_still_has_a_bar_and_nothing_has_none() -> None:
    tiny = book([(103, 1e-8), (104, 0.0)], [(102, 1000.0), (101, 1.0)])
    rows = resolve_rows(
        tiny, lay_out(490, 400, METRICS, depth=2, price_room=3), texts(), first=0, tick=1.0
    )
    assert [row.bar > 0 for row in rows] == [False, True, True, True]
    nothing = book([(103, 0.0)], [(102, 0.0)])
    layout = lay_out(490, 400, METRICS, depth=1, price_room=3)
    assert [row.bar for row in resolve_rows(nothing, layout, texts(), first=0, tick=1.0)] == [0, 0]


def test_the_last_price_is_found_by_its_tick() -> None:
    fractions = book([(0.3, 1.0)], [(0.2, 1.0)], "KRW-X")
    layout = lay_out(490, 400, METRICS, depth=1, price_room=3)
    rows = resolve_rows(
        fractions, layout, texts(0.1, None), first=0, tick=0.1, last_price=0.1 + 0.2
    )
    assert [row.last for row in rows] == [True, False]


def test_padding_is_shown_empty() -> None:
    thin = book([(103, 1.0)], [(102, 1.0), (101, 1.0), (100, 1.0)])
    rows = resolve_rows(thin, LAYOUT, texts(), first=0, tick=1.0, hover=0, cursor=0)
    assert [row.price for row in rows] == [0, 0, 103, 102, 101, 100]
    assert rows[0] == rows[1]
    assert rows[0].price_text == rows[0].size_text == ""
    assert not rows[0].hover
    assert not rows[0].cursor


def test_pointer_and_cursor_mark_their_rows() -> None:
    rows = resolve_rows(BOOK, LAYOUT, texts(), first=0, tick=1.0, hover=1, cursor=4)
    assert [row.hover for row in rows].index(True) == 1
    assert [row.cursor for row in rows].index(True) == 4


def test_no_visible_rows() -> None:
    layout = lay_out(490, 20, METRICS, depth=3, price_room=11)
    assert resolve_rows(BOOK, layout, texts(), first=3, tick=1.0) == ()


# -- the cursor ---------------------------------------------------------------------------------


def test_the_cursor_starts_at_the_best_price_of_its_direction() -> None:
    assert step(BOOK, None, -1) == Cursor(ask=True, price=103)
    assert step(BOOK, None, 1) == Cursor(ask=False, price=102)


def test_the_cursor_steps_across_the_middle_and_stops_at_the_ends() -> None:
    here = step(BOOK, Cursor(ask=True, price=103), 1)
    assert here == Cursor(ask=False, price=102)
    assert step(BOOK, here, -1) == Cursor(ask=True, price=103)
    assert step(BOOK, here, 100) == Cursor(ask=False, price=100)
    assert step(BOOK, here, -100) == Cursor(ask=True, price=105)


def test_the_cursor_passes_over_padding() -> None:
    thin = book([(103, 1.0)], [(102, 1.0), (101, 1.0), (100, 1.0)])
    assert step(thin, Cursor(ask=True, price=103), -5) == Cursor(ask=True, price=103)


def test_the_cursor_stays_on_its_price_while_the_book_moves() -> None:
    cursor = Cursor(ask=True, price=104)
    assert locate(BOOK, cursor) == 1
    moved = book([(104, 1.0), (105, 1.0), (106, 1.0)], [(103, 1.0), (102, 1.0), (101, 1.0)])
    assert locate(moved, cursor) == 2


def test_the_cursor_takes_the_nearest_price_when_its_own_is_gone() -> None:
    assert locate(BOOK, Cursor(ask=True, price=999)) == 0
    assert locate(BOOK, Cursor(ask=False, price=102.4)) == 3


def test_a_cursor_on_an_empty_side_starts_anew() -> None:
    only_bids = book([], [(102, 1.0)])
    lost = Cursor(ask=True, price=103)
    assert locate(only_bids, lost) is None
    assert step(only_bids, lost, 1) == Cursor(ask=False, price=102)
    assert step(book([], []), lost, 1) is None
