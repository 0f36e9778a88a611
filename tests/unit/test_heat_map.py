"""A book over time as an image. Pure."""

from __future__ import annotations

import numpy as np
import pytest

from upbit_ws_qt_widgets.models.heat_map import COLUMN_MS, HeatMap, HeatPicture
from upbit_ws_qt_widgets.models.ladder_sides import Level, Sides


def book(bid: float = 1000.0, size: float = 1.0, ask_size: float = 1.0, depth: int = 3) -> Sides:
    return Sides(
        tuple(Level(bid + 1 + row, ask_size, 0.0) for row in range(depth)),
        tuple(Level(bid - row, size, 0.0) for row in range(depth)),
    )


def filled(*books: tuple[int, Sides]) -> HeatMap:
    """A map of books by the number of their quarter of a second."""
    heat = HeatMap()
    for number, sides in books:
        heat.take(sides, 1.0, number * COLUMN_MS)
    return heat


def drawn(heat: HeatMap) -> HeatPicture:
    picture = heat.picture()
    assert picture is not None
    return picture


def row(picture: HeatPicture, price: float) -> int:
    return round(picture.high - price)


def test_nothing_is_drawn_before_a_quarter_of_a_second_is_over() -> None:
    assert HeatMap().picture() is None
    assert filled((1, book())).picture() is None
    assert filled((1, book()), (2, book())).picture() is not None


def test_bids_stand_below_asks_in_shades_of_their_own() -> None:
    picture = drawn(filled((1, book()), (2, book())))
    newest = picture.shades[:, -1]
    assert {int(newest[row(picture, price)]) for price in (1001, 1002, 1003)} == {254}
    assert {int(newest[row(picture, price)]) for price in (1000, 999, 998)} == {126}
    assert np.count_nonzero(newest) == 6
    assert picture.high - picture.low == len(newest) - 1
    assert picture.middles[-1] == picture.high - 1000.5


def test_shades_go_by_the_root_of_the_size() -> None:
    picture = drawn(filled((1, book(size=0.25)), (2, book())))
    newest = picture.shades[:, -1]
    assert newest[row(picture, 1000)] == 63
    tiny = drawn(filled((1, book(size=1e-9)), (2, book())))
    assert tiny.shades[row(tiny, 1000), -1] == 1


def test_the_last_book_of_a_quarter_stands_for_it() -> None:
    heat = filled((1, book(size=9.0)), (1, book(size=0.25)), (2, book()))
    picture = drawn(heat)
    assert picture.shades[row(picture, 1000), -1] == 63


def test_time_goes_to_the_left_and_a_book_stands_until_the_next() -> None:
    picture = drawn(filled((1, book(size=0.25)), (4, book()), (5, book())))
    bids = picture.shades[row(picture, 1000)]
    assert bids[-4:].tolist() == [63, 63, 63, 126]
    assert bids[-5] == 0
    assert np.isnan(picture.middles[-5])
    assert not np.isnan(picture.middles[-4:]).any()


def test_a_hole_is_left_open() -> None:
    heat = filled((1, book(size=0.25)))
    heat.interrupt()
    for number in (4, 5):
        heat.take(book(), 1.0, number * COLUMN_MS)
    picture = drawn(heat)
    assert picture.shades[row(picture, 1000)][-4:].tolist() == [63, 0, 0, 126]
    assert np.isnan(picture.middles[-3:-1]).all()


def test_what_comes_late_changes_nothing() -> None:
    heat = filled((1, book()), (2, book()))
    before = drawn(heat)
    heat.take(book(size=9.0), 1.0, COLUMN_MS)
    assert heat.picture() is before


def test_the_same_picture_until_there_is_another_column() -> None:
    heat = filled((1, book()), (2, book()))
    before = drawn(heat)
    heat.take(book(), 1.0, 2 * COLUMN_MS + 5)
    assert heat.picture() is before
    heat.take(book(), 1.0, 3 * COLUMN_MS)
    assert heat.picture() is not before


def test_it_remembers_two_minutes() -> None:
    heat = filled(*((number, book()) for number in range(1000)))
    picture = drawn(heat)
    assert picture.shades.shape[1] == 480
    assert np.count_nonzero(picture.shades[row(picture, 1000)]) == 480
    late = filled((1, book()), (2, book()), (900, book()), (901, book()))
    assert np.count_nonzero(drawn(late).shades[row(drawn(late), 1000)]) == 480


def test_prices_in_the_picture_stay_until_the_middle_has_left_the_inner_half() -> None:
    heat = filled((1, book()), (2, book(1007)), (3, book(1007)))
    first = drawn(heat)
    assert first.high - first.low == 30
    assert first.high == 1015
    heat.take(book(1012), 1.0, 4 * COLUMN_MS)
    heat.take(book(1012), 1.0, 5 * COLUMN_MS)
    moved = drawn(heat)
    assert moved.high == 1027
    assert moved.shades[row(moved, 1012), -1] == 126


def test_what_is_out_of_the_picture_is_left_out() -> None:
    far = Sides(book().asks, (*book().bids, Level(1.0, 5.0, 5.0)))
    picture = drawn(filled((1, far), (2, far)))
    assert picture.high - picture.low == 300
    assert np.count_nonzero(picture.shades[:, -1]) == 6


@pytest.mark.parametrize("sides", [Sides(), Sides(book().asks, ()), Sides((), book().bids)])
def test_a_book_with_one_side_is_not_taken(sides: Sides) -> None:
    heat = filled((1, book()), (2, sides))
    assert heat.picture() is None


def test_another_price_step_begins_anew() -> None:
    heat = filled((1, book()), (2, book()))
    heat.take(book(), 0.5, 3 * COLUMN_MS)
    assert heat.picture() is None


def test_a_map_of_nothing_is_empty() -> None:
    picture = drawn(filled((1, book(size=0.0, ask_size=0.0)), (2, book())))
    assert not picture.shades.any()
