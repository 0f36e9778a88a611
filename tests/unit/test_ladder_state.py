"""What of an order book has to be painted again. Pure."""

from __future__ import annotations

import pytest

from upbit_ws_qt.events import TradeEvent
from upbit_ws_qt_widgets.models.day_figures import Figure
from upbit_ws_qt_widgets.models.ladder import PriceTexts, Row
from upbit_ws_qt_widgets.models.ladder_layout import Metrics, lay_out
from upbit_ws_qt_widgets.models.ladder_state import (
    Footer,
    Ladder,
    Tape,
    TapeLine,
    damage,
    resolve_tape,
)

METRICS = Metrics(digit=8, bold_digit=8, small_digit=7, line=16, small_line=14)
LAYOUT = lay_out(490, 400, METRICS, depth=2, price_room=11)
ROWS = (
    Row(ask=True, price=104.0, size=1.0, price_text="104", size_text="1.000", bar=10),
    Row(ask=True, price=103.0, size=2.0, price_text="103", size_text="2.000", bar=20),
    Row(ask=False, price=102.0, size=2.0, price_text="102", size_text="2.000", bar=20),
    Row(ask=False, price=101.0, size=1.0, price_text="101", size_text="1.000", bar=10),
)
LADDER = Ladder(LAYOUT, 0, ROWS)
EVERYTHING = ((0, 0, 490, 400),)


def trade(number: int, price: float, volume: float, side: str) -> TradeEvent:
    return TradeEvent(
        type="trade",
        code="KRW-BTC",
        timestamp=number,
        trade_price=price,
        trade_volume=volume,
        ask_bid=side,
        sequential_id=number,
    )


def test_nothing_changed_nothing_painted() -> None:
    assert damage(LADDER, Ladder(LAYOUT, 0, tuple(ROWS))) == ()


@pytest.mark.parametrize("place", range(4))
def test_a_changed_row_is_painted_alone(place: int) -> None:
    rows = list(ROWS)
    rows[place] = rows[place]._replace(size_text="9.000")
    assert damage(LADDER, LADDER._replace(rows=tuple(rows))) == (
        LAYOUT.row_rect(place, ask=ROWS[place].ask),
    )


@pytest.mark.parametrize(
    ("change", "rect"),
    [
        ({"day": (Figure("a", "1"),)}, LAYOUT.day_rect(0)),
        ({"tape": Tape("a", "b")}, LAYOUT.tape_rect(0)),
        ({"footer": Footer("a", "b")}, LAYOUT.footer),
        ({"badge": "late"}, LAYOUT.badge),
    ],
)
def test_each_part_has_its_own_rectangle(
    change: dict[str, object], rect: tuple[int, int, int, int]
) -> None:
    assert damage(LADDER, LADDER._replace(**change)) == (rect,)  # type: ignore[arg-type]


def test_a_part_that_is_not_on_screen_costs_nothing() -> None:
    narrow = lay_out(190, 400, METRICS, depth=2, price_room=11)
    before = Ladder(narrow, 0, ROWS)
    assert damage(before, before._replace(day=(Figure("a", "1"),), tape=Tape("a"))) == ()


def test_focus_paints_the_cursor_only() -> None:
    rows = (ROWS[0], ROWS[1]._replace(cursor=True), ROWS[2], ROWS[3])
    before = LADDER._replace(rows=rows)
    assert damage(before, before._replace(focused=True)) == (LAYOUT.row_rect(1, ask=True),)
    assert damage(LADDER, LADDER._replace(focused=True)) == ()


@pytest.mark.parametrize(
    "other",
    [
        LADDER._replace(layout=lay_out(491, 400, METRICS, depth=2, price_room=11)),
        LADDER._replace(first=1),
        LADDER._replace(notice="empty"),
        LADDER._replace(rows=ROWS[:2]),
    ],
)
def test_another_geometry_paints_everything(other: Ladder) -> None:
    layout = other.layout
    assert damage(LADDER, other) == ((0, 0, layout.width, layout.height),)


def test_the_first_picture_is_painted_whole() -> None:
    assert damage(None, LADDER) == EVERYTHING


def test_an_equal_layout_made_anew_is_no_change() -> None:
    again = lay_out(490, 400, METRICS, depth=2, price_room=11)
    assert again is not LAYOUT
    assert damage(LADDER, LADDER._replace(layout=again)) == ()


def test_tape_lines_say_price_size_and_side() -> None:
    texts = PriceTexts()
    texts.prepare(1.0, 102.0)
    lines = resolve_tape(
        [trade(2, 103.0, 1234.5, "BID"), trade(1, 101.0, 0.25, "ASK")], texts, room=20
    )
    assert lines == (
        TapeLine("103", "1,234.500", 1, bought=True),
        TapeLine("101", "0.250", -1, bought=False),
    )
    assert resolve_tape([trade(2, 103.0, 1234.5, "BID")], texts, room=8)[0].size_text == "1,234"
    assert resolve_tape([], texts, room=20) == ()
