"""What of an order book has to be painted again. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from upbit_ws_qt.events import OrderbookEvent, OrderbookUnit, TickerEvent, TradeEvent
from upbit_ws_qt_widgets.models.day_figures import Figure
from upbit_ws_qt_widgets.models.depth_curve import Curve
from upbit_ws_qt_widgets.models.heat_map import HeatMap
from upbit_ws_qt_widgets.models.ladder import PriceTexts, Row
from upbit_ws_qt_widgets.models.ladder_layout import LadderLayout, Metrics, lay_out
from upbit_ws_qt_widgets.models.ladder_rungs import Cursor
from upbit_ws_qt_widgets.models.ladder_sight import see
from upbit_ws_qt_widgets.models.ladder_state import (
    Footer,
    Hand,
    Ladder,
    Marks,
    Tape,
    TapeLine,
    Words,
    damage,
    resolve_ladder,
    resolve_tape,
)
from upbit_ws_qt_widgets.models.ladder_strip import Piece
from upbit_ws_qt_widgets.models.ladder_wishes import Wishes
from upbit_ws_qt_widgets.models.market_memory import Known
from upbit_ws_qt_widgets.models.own_orders import OwnMark

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
    rows[place] = rows[place]._replace(change_text="+9.00%")
    assert damage(LADDER, LADDER._replace(rows=tuple(rows))) == (
        LAYOUT.row_rect(place, ask=ROWS[place].ask),
    )


@pytest.mark.parametrize(
    "change",
    [{"size": 9.0}, {"size_text": "9"}, {"bar": 9}, {"heat": 2}, {"traded": "9", "traded_bar": 9}],
)
@pytest.mark.parametrize("place", range(4))
def test_where_only_sizes_changed_their_column_is_painted_alone(
    place: int, change: dict[str, Any]
) -> None:
    rows = list(ROWS)
    rows[place] = rows[place]._replace(**change)
    assert damage(LADDER, LADDER._replace(rows=tuple(rows))) == (
        LAYOUT.size_rect(place, ask=ROWS[place].ask),
    )


def test_rows_that_follow_each_other_are_one_rectangle() -> None:
    rows = tuple(row._replace(heat=1) for row in ROWS)
    top, bottom = LAYOUT.edges[0], LAYOUT.edges[2]
    (ask_start, ask_end), (bid_start, bid_end) = LAYOUT.columns.ask_size, LAYOUT.columns.bid_size
    assert damage(LADDER, LADDER._replace(rows=rows)) == (
        (ask_start, top, ask_end - ask_start, bottom - top),
        (bid_start, bottom, bid_end - bid_start, LAYOUT.edges[4] - bottom),
    )
    apart = (rows[0], *ROWS[1:3], rows[3])
    assert len(damage(LADDER, LADDER._replace(rows=apart))) == 2


def test_the_cursor_is_painted_whole_though_only_its_size_changed_when_the_focus_came() -> None:
    rows = (ROWS[0], ROWS[1]._replace(cursor=True), *ROWS[2:])
    others = (ROWS[0], rows[1]._replace(size_text="9.000"), *ROWS[2:])
    before, after = LADDER._replace(rows=rows), LADDER._replace(rows=others, focused=True)
    assert damage(before, after) == (LAYOUT.row_rect(1, ask=True),)


@pytest.mark.parametrize(
    ("change", "rect"),
    [
        ({"day": (Figure("a", "1"),)}, LAYOUT.day_rect(0)),
        ({"tape": Tape("a", "b")}, LAYOUT.tape_rect(0)),
        ({"footer": Footer("a", "b")}, LAYOUT.footer),
    ],
)
def test_each_part_has_its_own_rectangle(
    change: dict[str, object], rect: tuple[int, int, int, int]
) -> None:
    assert damage(LADDER, LADDER._replace(**change)) == (rect,)  # type: ignore[arg-type]


def test_the_day_makes_room_for_the_badge_when_it_comes_and_takes_it_when_it_goes() -> None:
    late, later = LADDER._replace(badge="late"), LADDER._replace(badge="later")
    assert damage(LADDER, late) == damage(late, LADDER) == (LAYOUT.day_rect(0), LAYOUT.badge)
    assert damage(late, later) == (LAYOUT.badge,)


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
        LADDER._replace(view="depth"),
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
    again = replace(LAYOUT)
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


BOOK = OrderbookEvent(
    type="orderbook",
    code="KRW-BTC",
    timestamp=1,
    total_ask_size=1234.5,
    total_bid_size=2.0,
    orderbook_units=(
        OrderbookUnit(ask_price=103, bid_price=102, ask_size=1.0, bid_size=2.0),
        OrderbookUnit(ask_price=104, bid_price=101, ask_size=1.0, bid_size=1.0),
    ),
)


STRIPPED = lay_out(490, 400, METRICS, depth=2, price_room=11, figure_lines=3)


def text(key: str, **values: Any) -> str:
    return " ".join([key.removeprefix("orderbook."), *map(str, values.values())])


def resolved(
    known: Known = Known(book=BOOK),  # noqa: B008
    wishes: Wishes = Wishes(),  # noqa: B008
    layout: LadderLayout = LAYOUT,
    **more: Any,
) -> Ladder:
    sight = see(known, wishes, lambda _: 1.0)
    assert sight is not None
    words = Words(text, PriceTexts(), lambda _: 1.0)
    return resolve_ladder(sight, known, wishes, layout, words, **more)


def test_known_and_wished_make_a_ladder() -> None:
    known = Known(
        book=BOOK,
        ticker=TickerEvent(
            type="ticker",
            code="KRW-BTC",
            timestamp=1,
            trade_price=103.0,
            acc_ask_volume=200.0,
            acc_bid_volume=197.0,
        ),
        previous_close=100.0,
        last_price=103.0,
        trades=tuple(trade(number, 103.0, 1.0, "BID") for number in range(50)),
    )
    day = (Figure("a", "1"),)
    middle = (LAYOUT.columns.price[0] + 1, LAYOUT.edges[2] + 1)
    ladder = resolved(
        known,
        day=day,
        hand=Hand(cursor=Cursor(ask=False, price=101.0), pointer=middle, focused=True),
        marks=Marks({(True, 104): OwnMark(0.5, 1)}, {(False, 102): -2}, {(True, 103): 2.0}),
        badge="late",
    )
    assert [row.price for row in ladder.rows] == [104, 103, 102, 101]
    assert [row.last for row in ladder.rows] == [False, True, False, False]
    assert [row.hover for row in ladder.rows] == [False, False, True, False]
    assert [row.cursor for row in ladder.rows] == [False, False, False, True]
    assert [row.heat for row in ladder.rows] == [0, 0, -2, 0]
    assert [row.own for row in ladder.rows] == ["0.500", "", "", ""]
    assert [row.traded_bar > 0 for row in ladder.rows] == [False, True, False, False]
    assert ladder.rows[0].change_text == "+4.00%"
    assert ladder.day == day
    assert ladder.footer == Footer(
        "total_asks", "1,234.500", "size_unit BTC", "total_bids", "2.000"
    )
    assert ladder.tape[:4] == ("strength", "98.50%", "trade_price", "trade_size")
    corner = LAYOUT.tape_rect(0)
    assert corner is not None
    assert len(ladder.tape.lines) == corner[3] // LAYOUT.corner_line < 50
    assert (ladder.badge, ladder.focused, ladder.notice) == ("late", True, "")
    assert (ladder.view, ladder.tick, ladder.strip) == ("ladder", 1.0, ())


def test_changes_are_from_the_middle_if_that_is_wished() -> None:
    known = Known(book=BOOK, previous_close=100.0)
    wishes = Wishes(change_base="middle")
    ladder = resolved(known, wishes)
    assert [row.change_text for row in ladder.rows] == ["+1.463%", "+0.488%", "-0.488%", "-1.463%"]
    assert {row.direction for row in ladder.rows} == {1}
    assert ladder.from_middle
    assert not resolved(known).from_middle
    one_sided = structs.replace(BOOK, orderbook_units=(OrderbookUnit(103, 0, 1.0, 0.0),))
    ladder = resolved(Known(book=one_sided, previous_close=100.0), wishes)
    assert [row.change_text for row in ladder.rows] == ["", ""]


def test_what_can_be_ahead_of_own_orders_is_told_where_they_are_pointed_at() -> None:
    marks = Marks(ahead={(False, 101): 1.25})
    pieces = [
        resolved(
            layout=STRIPPED, marks=marks, hand=Hand(cursor=Cursor(ask=False, price=price))
        ).strip[2]
        for price in (101.0, 102.0)
    ]
    assert pieces[0][0] == ("ahead", "≤ 1.250 BTC", 0)
    assert pieces[1][0].label != "ahead"
    assert resolved(layout=STRIPPED, marks=marks).strip[2] == ()


def test_what_is_not_known_is_left_open() -> None:
    ladder = resolved()
    assert ladder.tape.strength_text == "–"
    assert ladder.tape.lines == ()
    assert not any(
        row.last or row.hover or row.cursor or row.change_text or row.heat or row.own
        for row in ladder.rows
    )


def test_scrolling_shows_other_rows_and_no_corner_where_none_is() -> None:
    low = lay_out(490, 90, METRICS, depth=2, price_room=11)
    assert low.visible == 2
    ladder = resolved(layout=low, hand=Hand(scroll=-5))
    assert [row.price for row in ladder.rows] == [104, 103]
    assert ladder.tape == Tape()


def test_money_instead_of_coins() -> None:
    ladder = resolved(wishes=Wishes(amounts="total"))
    assert [row.size_text for row in ladder.rows] == ["104", "103", "204", "101"]
    assert ladder.footer[1:4] == ("207", "total_unit KRW", "total_bids")
    assert ladder.footer.bid_text == "305"


def test_the_strip_is_about_the_row_under_pointer_or_cursor() -> None:
    def third(hand: Hand) -> tuple[Piece, ...]:
        return resolved(layout=STRIPPED, hand=hand).strip[2]

    place = (STRIPPED.columns.price[0] + 1, STRIPPED.edges[0] + 1)
    assert third(Hand()) == ()
    assert third(Hand(pointer=place))[0].label == "reach_buy 104 +0.971%"
    below = Cursor(ask=False, price=101.0)
    assert third(Hand(cursor=below))[0].label == "reach_sell 101 -0.980%"
    assert third(Hand(cursor=below, pointer=place))[0].label.startswith("reach_buy")
    assert third(Hand(pointer=(5, STRIPPED.footer[1] + 1))) == ()


def test_depth_is_a_curve_instead_of_rows() -> None:
    wishes = Wishes(view="depth")
    ladder = resolved(wishes=wishes, layout=STRIPPED)
    assert ladder.rows == ()
    assert ladder.curve is not None
    assert ladder.curve.plot == STRIPPED.body
    assert ladder.curve.pointed is None
    assert len(ladder.strip) == 3
    pointed = resolved(wishes=wishes, hand=Hand(pointer=(480, 50))).curve
    assert pointed is not None
    assert pointed.pointed is not None
    assert pointed.pointed.price >= 104
    by_key = resolved(wishes=wishes, hand=Hand(cursor=Cursor(ask=False, price=101.0))).curve
    assert by_key is not None
    assert by_key.pointed is not None
    assert by_key.pointed.price == 101.0
    outside = resolved(wishes=wishes, hand=Hand(pointer=(480, LAYOUT.footer[1] + 1))).curve
    assert outside is not None
    assert outside.pointed is None


def test_the_map_is_handed_on() -> None:
    heat = HeatMap()
    sight = see(Known(book=BOOK), Wishes(), lambda _: 1.0)
    assert sight is not None
    for when_ms in (0, 1000):
        heat.take(sight.exact, 1.0, when_ms)
    ladder = resolved(wishes=Wishes(view="heatmap"), map_=heat.picture())
    assert ladder.map is heat.picture()
    assert ladder.rows == ()
    assert ladder.curve is None


# -- what is painted again in other views, and on a ladder that scrolls ---------------------------


def test_a_ladder_that_scrolled_paints_rows_that_differ_and_the_corners() -> None:
    low = lay_out(490, 90, METRICS, depth=2, price_room=11)
    before, after = (resolved(layout=low, hand=Hand(scroll=scroll)) for scroll in (-1, 0))
    rects = damage(before, after)
    assert low.day_rect(before.first) in rects
    assert low.tape_rect(after.first) in rects
    # The second place was an ask and is a bid now: both its shapes are painted.
    assert low.row_rect(1, ask=True) in rects
    assert low.row_rect(1, ask=False) in rects


def test_a_row_that_stands_still_while_the_ladder_scrolls_is_not_painted() -> None:
    moved = LADDER._replace(first=1)
    assert set(damage(LADDER, moved)) == {
        rect for first in (0, 1) for rect in (LAYOUT.day_rect(first), LAYOUT.tape_rect(first))
    }


def test_the_strip_the_curve_and_the_map_have_their_places() -> None:
    bare = Ladder(STRIPPED, 0, view="depth")
    assert damage(bare, bare._replace(strip=((Piece("a", "b"),),))) == (STRIPPED.figures,)
    curve = Curve(STRIPPED.body, 1, (), (), (), ())
    assert damage(bare, bare._replace(curve=curve)) == (STRIPPED.body,)
    assert damage(bare._replace(curve=curve), bare._replace(curve=curve._replace())) == ()
    heat = HeatMap()
    sight = see(Known(book=BOOK), Wishes(), lambda _: 1.0)
    assert sight is not None
    heat.take(sight.exact, 1.0, 0)
    heat.take(sight.exact, 1.0, 1000)
    assert damage(bare, bare._replace(map=heat.picture())) == (STRIPPED.body,)
    shown = bare._replace(map=heat.picture())
    assert damage(shown, shown._replace()) == ()
