"""Rows of an order book: texts, bars and marks. Pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt_widgets.models.ladder import (
    PriceTexts,
    Row,
    change_text,
    format_size,
    format_total,
    resolve_rows,
)
from upbit_ws_qt_widgets.models.ladder_layout import LadderLayout, Metrics, lay_out
from upbit_ws_qt_widgets.models.ladder_rungs import Rung
from upbit_ws_qt_widgets.models.own_orders import OwnMark

METRICS = Metrics(digit=8, bold_digit=8, small_digit=7, line=16, small_line=14)
LAYOUT = lay_out(490, 1400, METRICS, depth=3, price_room=11)


def rung(price: float, size: float, *, ask: bool) -> Rung:
    return Rung(ask, price, size, size, size)


RUNGS = [
    rung(105, 0.5, ask=True),
    rung(104, 2.0, ask=True),
    rung(103, 1.0, ask=True),
    rung(102, 4.0, ask=False),
    rung(101, 1.0, ask=False),
    rung(100, 3.0, ask=False),
]


def texts(tick: float = 1.0, previous_close: float | None = 102.0) -> PriceTexts:
    made = PriceTexts()
    made.prepare(tick, previous_close)
    return made


def rows(
    rungs: list[Rung] = RUNGS, layout: LadderLayout = LAYOUT, first: int = 0, **marks: object
) -> tuple[Row, ...]:
    return resolve_rows(rungs, layout, texts(), format_size, first=first, step=1.0, **marks)  # type: ignore[arg-type]


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
    assert texts(previous_close=previous).of(price)[1:] == expected


def test_changes_may_be_from_the_middle_and_directions_are_not() -> None:
    made = PriceTexts()
    made.prepare(1.0, 102.0, 103.5)
    assert made.of(104.0)[1:] == ("+0.483%", 1)
    assert made.of(101.0)[1:] == ("-2.415%", -1)
    made.prepare(1.0, 102.0, 0.0)
    assert made.of(104.0)[1:] == ("", 1)


@pytest.mark.parametrize(
    ("price", "text"),
    [(100.0004, "0.000%"), (100.0006, "+0.001%"), (109.9, "+9.900%"), (88.0, "-12.00%")],
)
def test_small_changes_have_a_decimal_more_than_great_ones(price: float, text: str) -> None:
    assert change_text(price, 100.0) == text


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


@pytest.mark.parametrize(
    ("value", "room", "decimals", "text"),
    [
        (58_269_500.4, 12, 0, "58,269,500"),
        (58_269_500.4, 8, 0, "58,270K"),
        (0.01234567, 12, 8, "0.01234567"),
        (0.01234567, 6, 8, "0.0123"),
        (5.0, 0, 8, ""),
    ],
)
def test_money_fits_with_the_decimals_of_its_currency(
    value: float, room: int, decimals: int, text: str
) -> None:
    assert format_total(value, room, decimals) == text


# -- rows ---------------------------------------------------------------------------------------


def test_rows_carry_texts_direction_and_bars() -> None:
    made = rows()
    assert [row.price_text for row in made] == ["105", "104", "103", "102", "101", "100"]
    assert [row.direction for row in made] == [1, 1, 1, 0, -1, -1]
    assert made[0].change_text == "+2.94%"
    assert made[3].size_text == "4.000"
    assert made[3].bar == LAYOUT.bar_width
    assert made[1].bar == round(LAYOUT.bar_width / 2)
    assert not any(row.last or row.hover or row.cursor or row.heat or row.own for row in made)
    assert not any(row.traded or row.traded_bar for row in made)


def test_a_row_knows_whether_only_its_size_is_another() -> None:
    row = rows()[0]
    assert row.differs_in_size_only(row._replace(size=9.0, size_text="9", bar=9, heat=1))
    assert row.differs_in_size_only(row._replace(traded="9", traded_bar=9))
    for name in ("price_text", "change_text", "own"):
        assert not row.differs_in_size_only(row._replace(**{name: "other"}))
    for name in ("last", "hover", "cursor"):
        assert not row.differs_in_size_only(row._replace(**{name: True}))


def test_what_was_traded_has_a_bar_and_a_text_where_sizes_leave_room() -> None:
    made = rows(traded={(True, 105): 4.0, (True, 104): 1.0, (False, 99): 9.0, (False, 102): 1e-9})
    assert rows(traded={(False, 99): 9.0}) == rows()
    width = LAYOUT.bar_width
    assert [row.traded_bar for row in made] == [
        width,
        round(width / 4),
        0,
        1,
        0,
        0,
    ]
    assert [row.traded for row in made[:3]] == ["4.000", "1.000", ""]
    narrow = lay_out(380, 1400, METRICS, depth=3, price_room=11)
    crowded = [rung(105, 1234.5, ask=True), rung(104, 2.0, ask=True)]
    made = rows(crowded, narrow, traded={(True, 105): 4.0, (True, 104): 4.0})
    assert [row.traded for row in made] == ["", "4.000"]
    assert [row.traded_bar for row in made] == [narrow.bar_width] * 2


def test_text_and_bar_may_be_of_different_amounts() -> None:
    made = rows([Rung(True, 103, 1.0, 7.0, 10.0), Rung(False, 102, 1.0, 9.0, 5.0)])  # noqa: FBT003
    assert [row.size_text for row in made] == ["7.000", "9.000"]
    assert [row.size for row in made] == [1.0, 1.0]
    assert made[1].bar == round(made[0].bar / 2)


def test_bars_scale_to_the_largest_size_in_sight() -> None:
    layout = lay_out(490, 80, METRICS, depth=3, price_room=11)
    assert layout.visible == 2
    made = rows(layout=layout)
    assert [row.size for row in made] == [0.5, 2.0]
    assert made[1].bar == layout.bar_width


def test_the_smallest_size_still_has_a_bar_and_nothing_has_none() -> None:
    tiny = [
        rung(104, 0.0, ask=True),
        rung(103, 1e-8, ask=True),
        rung(102, 1000.0, ask=False),
        rung(101, 1.0, ask=False),
    ]
    made = rows(tiny)
    assert [row.bar > 0 for row in made] == [False, True, True, True]
    assert (made[0].price_text, made[0].size_text) == ("104", "")
    nothing = [rung(103, 0.0, ask=True), rung(102, 0.0, ask=False)]
    assert [row.bar for row in rows(nothing)] == [0, 0]


def test_marks_find_their_row_by_side_and_number() -> None:
    made = rows(
        last=(False, 101),
        hover=1,
        cursor=4,
        heats={(True, 104): 2, (False, 104): 1},
        own={(True, 105): OwnMark(0.25, 1), (False, 105): OwnMark(9.0, 1)},
    )
    assert [row.price for row in made if row.last] == [101]
    assert [row.price for row in made if row.hover] == [104]
    assert [row.price for row in made if row.cursor] == [101]
    assert [(row.price, row.heat) for row in made if row.heat] == [(104, 2)]
    assert [(row.price, row.own) for row in made if row.own] == [(105, "0.250")]


def test_a_price_is_found_by_its_number_however_its_float_came_about() -> None:
    made = resolve_rows(
        [rung(0.1 + 0.2, 1.0, ask=True), rung(0.2, 1.0, ask=False)],
        LAYOUT,
        texts(0.1, None),
        format_size,
        first=0,
        step=0.1,
        last=(True, 3),
    )
    assert [row.last for row in made] == [True, False]


def test_an_own_order_without_room_is_a_dot() -> None:
    narrow = lay_out(250, 400, METRICS, depth=3, price_room=11)
    assert narrow.own_room == 0
    made = rows(layout=narrow, own={(True, 105): OwnMark(0.25, 1)})
    assert [row.own for row in made if row.own] == ["•"]


def test_padding_is_shown_empty() -> None:
    made = rows([Rung(ask=True), *RUNGS], hover=0, cursor=0, last=(True, 0))
    assert made[0] == Row(ask=True)


def test_no_visible_rows() -> None:
    layout = lay_out(490, 20, METRICS, depth=3, price_room=11)
    assert rows(layout=layout, first=3) == ()
