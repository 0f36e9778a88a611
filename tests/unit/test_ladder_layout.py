"""Where an order book's parts stand. Pure."""

from __future__ import annotations

import pytest

from upbit_ws_qt_widgets.models.ladder_layout import LadderLayout, Metrics, lay_out

METRICS = Metrics(digit=8, bold_digit=8, small_digit=7, line=16, small_line=14)
PRICE_ROOM = 11


def laid_out(width: int, height: int = 700, depth: int = 30) -> LadderLayout:
    return lay_out(width, height, METRICS, depth=depth, price_room=PRICE_ROOM)


def test_wide_has_five_columns_and_both_corners() -> None:
    layout = laid_out(490)
    columns = layout.columns
    assert not columns.stacked
    assert columns.show_change
    assert (columns.ask_row[0], columns.bid_row[1]) == (0, 490)
    assert 0 < columns.ask_size[0] < columns.ask_size[1] == columns.price[0]
    assert columns.price[1] == columns.bid_size[0] < columns.bid_size[1] < 490
    assert columns.tape == (0, columns.price[0])
    assert columns.day == (columns.price[1], 490)
    assert columns.price[0] <= columns.mark < columns.price_end < columns.change_end
    assert columns.change_end <= columns.price[1]


def test_both_sides_are_mirrored() -> None:
    columns = laid_out(490).columns
    assert columns.ask_size[1] - columns.ask_size[0] == columns.bid_size[1] - columns.bid_size[0]
    assert columns.ask_size[0] == 490 - columns.bid_size[1]


def test_a_very_wide_book_keeps_its_sizes_near_its_prices() -> None:
    columns = laid_out(2000).columns
    assert columns.price[0] == 34 * 8
    # The price stands in the middle of the column that takes the rest.
    assert abs((columns.mark + columns.change_end) / 2 - 1000) < 2 * METRICS.digit


@pytest.mark.parametrize(
    ("width", "corners", "change", "stacked"),
    [(490, True, True, False), (340, False, True, False), (250, False, False, False)],
)
def test_less_room_drops_corners_then_changes(
    width: int,
    corners: bool,
    change: bool,
    stacked: bool,
) -> None:
    columns = laid_out(width).columns
    assert (columns.day is not None, columns.tape is not None) == (corners, corners)
    assert columns.show_change is change
    assert columns.stacked is stacked
    assert columns.ask_size[0] == 0 or corners


def test_least_room_stacks_both_sides_beside_the_price() -> None:
    layout = laid_out(190)
    columns = layout.columns
    assert columns.stacked
    assert columns.ask_size == columns.bid_size == (columns.price[1], 190)
    assert columns.ask_row == columns.bid_row == (0, 190)
    assert layout.size_room == int((190 - columns.price[1]) / 8 - 1)


def test_no_size_where_none_can_be_read() -> None:
    assert laid_out(130).size_room == 0
    layout = laid_out(60)
    assert layout.columns.price == (0, 60)
    assert layout.bar_width == 0


def test_all_rows_fill_a_tall_body_to_the_pixel() -> None:
    layout = laid_out(490, height=1403)
    assert layout.visible == 60
    assert layout.edges[0] == 0
    assert layout.edges[-1] == layout.footer[1]
    heights = {bottom - top for top, bottom in zip(layout.edges, layout.edges[1:], strict=False)}
    assert max(heights) - min(heights) <= 1
    assert layout.centred == 0


def test_few_rows_do_not_become_clumsy_but_stand_in_the_middle() -> None:
    layout = laid_out(490, height=1000, depth=1)
    assert layout.visible == 2
    assert layout.edges[2] - layout.edges[0] == 2 * 3 * METRICS.line
    above, below = layout.edges[0], layout.footer[1] - layout.edges[-1]
    assert abs(above - below) <= 1


def test_a_low_body_shows_the_rows_around_the_middle() -> None:
    layout = laid_out(490, height=400)
    assert 2 < layout.visible < 60
    first = layout.first(0)
    middle = first + layout.visible / 2
    assert abs(middle - 30) <= 0.5


def test_scrolling_ends_at_both_ends() -> None:
    layout = laid_out(490, height=400)
    assert layout.first(-1000) == 0
    assert layout.first(1000) == 60 - layout.visible
    assert layout.first(1) == layout.centred + 1


def test_no_room_for_any_row() -> None:
    layout = laid_out(490, height=20)
    assert layout.visible == 0
    assert layout.row_at(10, 5, first=layout.first(0)) is None
    assert layout.day_rect(layout.first(0)) is None
    assert laid_out(0, height=0).footer == (0, 0, 0, 0)


def test_no_rows_at_all() -> None:
    assert laid_out(490, depth=0).visible == 0


def test_a_point_finds_its_row_or_nothing() -> None:
    layout = laid_out(490, height=400)
    first = layout.first(0)
    inside = layout.columns.price[0] + 1
    for place in range(layout.visible):
        top, bottom = layout.edges[place], layout.edges[place + 1]
        assert layout.row_at(inside, top, first=first) == first + place
        assert layout.row_at(inside, bottom - 1, first=first) == first + place
    assert layout.row_at(inside, layout.edges[-1], first=first) is None
    assert layout.row_at(inside, -1, first=first) is None


def test_the_corners_belong_to_no_row() -> None:
    layout = laid_out(490, height=400)
    first = layout.first(0)
    top, bottom = layout.edges[0], layout.edges[-1] - 1
    assert layout.row_at(489, top, first=first) is None
    assert layout.row_at(489, bottom, first=first) is not None
    assert layout.row_at(0, top, first=first) is not None
    assert layout.row_at(0, bottom, first=first) is None


def test_corners_cover_what_the_rows_leave_free() -> None:
    layout = laid_out(490, height=400)
    first = layout.first(0)
    day, tape = layout.day_rect(first), layout.tape_rect(first)
    assert day is not None
    assert tape is not None
    asks = 30 - first
    assert day == (layout.columns.price[1], 0, 490 - layout.columns.price[1], layout.edges[asks])
    assert tape == (
        0,
        layout.edges[asks],
        layout.columns.price[0],
        layout.edges[-1] - layout.edges[asks],
    )
    assert layout.row_rect(0, ask=True) == (0, 0, layout.columns.price[1], layout.edges[1])
    assert layout.row_rect(0, ask=False)[0] == layout.columns.price[0]
    for ask, (left, right) in ((True, layout.columns.ask_size), (False, layout.columns.bid_size)):
        assert layout.size_rect(0, ask=ask) == (left, 0, right - left, layout.edges[1])


def test_a_corner_scrolled_away_is_gone() -> None:
    layout = laid_out(490, height=400)
    assert layout.tape_rect(layout.first(-1000)) is None
    assert layout.day_rect(layout.first(1000)) is None
    assert laid_out(190).day_rect(0) is None


def test_marks_have_a_place() -> None:
    layout = laid_out(490)
    assert layout.badge[:3] == (0, 0, 490)
    assert layout.corner_line > METRICS.small_line


def test_the_same_question_has_the_same_answer() -> None:
    assert laid_out(490) is laid_out(490)
    assert laid_out(490) is not laid_out(491)


def test_figures_take_their_strip_from_the_body() -> None:
    plain = laid_out(490)
    layout = lay_out(490, 700, METRICS, depth=30, price_room=PRICE_ROOM, figure_lines=3)
    assert plain.figures is None
    assert plain.body == (0, 0, 490, plain.footer[1])
    assert layout.figures is not None
    left, top, width, height = layout.figures
    assert (left, top, width) == (0, layout.edges[-1], 490)
    assert top + height == layout.footer[1] == plain.footer[1]
    assert height >= 3 * layout.corner_line
    assert layout.body == (0, 0, 490, top)
    assert layout.visible < plain.visible


@pytest.mark.parametrize(("width", "height"), [(490, 250), (180, 700)])
def test_figures_give_way(width: int, height: int) -> None:
    layout = lay_out(width, height, METRICS, depth=30, price_room=PRICE_ROOM, figure_lines=3)
    assert layout.figures is None
    assert layout.body[3] == laid_out(width, height).body[3]


def test_own_orders_have_room_beside_the_sizes_or_none() -> None:
    assert laid_out(490).own_room == int(laid_out(490).columns.ask_size[0] / 7 - 1) >= 3
    assert laid_out(340).own_room == 0
    assert laid_out(190).own_room == 0
