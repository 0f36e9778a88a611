"""The depth of a book as a curve. Pure."""

from __future__ import annotations

from typing import Any

import pytest

from upbit_ws_qt_widgets.models.depth_curve import Curve, draw_curve, price_at
from upbit_ws_qt_widgets.models.ladder_layout import Metrics
from upbit_ws_qt_widgets.models.ladder_sides import Level, Sides
from upbit_ws_qt_widgets.models.ladder_strip import Money

METRICS = Metrics(digit=8, bold_digit=8, small_digit=7, line=16, small_line=14)
BODY = (0, 0, 408, 221)
"""Four pixels for each of the 102 steps between the ends, with their margin."""
BASE = 200


def side(*levels: tuple[float, float]) -> tuple[Level, ...]:
    return tuple(Level(price, size, price * size) for price, size in levels)


SIDES = Sides(side((1010, 1.0), (1050, 3.0)), side((990, 2.0), (980, 1.0)))


def text(key: str, **values: Any) -> str:
    return " ".join([key.removeprefix("orderbook."), *map(str, values.values())])


def curve(sides: Sides = SIDES, *, in_value: bool = False, pointed: float | None = None) -> Curve:
    return draw_curve(
        sides,
        BODY,
        METRICS,
        Money.of("KRW-X"),
        text,
        tick=10.0,
        in_value=in_value,
        pointed=pointed,
    )


def test_both_sides_rise_in_steps_from_the_best_price_outwards() -> None:
    made = curve()
    unit = (BASE * 0.85) / 4
    assert made.base == BASE
    assert [y for _, y in made.asks] == [
        200,
        round(200 - unit),
        round(200 - unit),
        round(200 - 4 * unit),
        round(200 - 4 * unit),
    ]
    assert [y for _, y in made.bids] == [
        200,
        round(200 - 2 * unit),
        round(200 - 2 * unit),
        round(200 - 3 * unit),
        round(200 - 3 * unit),
    ]
    asks, bids = [x for x, _ in made.asks], [x for x, _ in made.bids]
    assert asks == sorted(asks)
    assert bids == sorted(bids, reverse=True)
    assert (asks[-1], bids[-1]) == (408, 0)


def test_the_middle_of_the_book_is_in_the_middle() -> None:
    made = curve()
    ask, bid = made.asks[0][0], made.bids[0][0]
    assert ask - 204 == 204 - bid == 40


def test_money_and_coins_are_summed_up() -> None:
    assert curve().amounts[-1].text == "4.000 X"
    assert curve(in_value=True).amounts[-1].text == "4,160 KRW"
    assert [label.at for label in curve().amounts] == sorted(
        (label.at for label in curve().amounts), reverse=True
    )


def test_prices_stand_on_the_grid() -> None:
    made = curve()
    assert len(made.prices) == 3
    assert [label.text for label in made.prices] == ["970", "1,000", "1,030"]


def test_a_point_names_its_price_rounded_outwards() -> None:
    assert price_at(SIDES, BODY, 204 + 41, 10.0) == 1020
    assert price_at(SIDES, BODY, 204 + 40, 10.0) == 1010
    assert price_at(SIDES, BODY, 204 - 41, 10.0) == 980
    assert price_at(SIDES, (0, 0, 0, 0), 0, 10.0) == 940


@pytest.mark.parametrize(
    ("price", "is_ask", "levels", "size"),
    [
        (1010, True, 1.0, "1.000 X"),
        (1040, True, 1.0, "1.000 X"),
        (1050, True, 4.0, "4.000 X"),
        (990, False, 2.0, "2.000 X"),
        (980, False, 3.0, "3.000 X"),
    ],
)
def test_what_is_pointed_at_stands_on_the_curve(
    price: float, is_ask: bool, levels: float, size: str
) -> None:
    pointed = curve(pointed=price).pointed
    assert pointed is not None
    assert pointed.is_ask is is_ask
    assert pointed.price == price
    assert pointed.y == round(BASE - levels * BASE * 0.85 / 4)
    assert pointed.pieces[1].value == size


def test_in_the_spread_it_stands_on_the_ground() -> None:
    pointed = curve(pointed=1000).pointed
    assert pointed is not None
    assert (pointed.x, pointed.y, pointed.pieces) == (204, BASE, ())
    far = curve(pointed=1e9).pointed
    assert far is not None
    assert far.x == 408


def test_one_side_alone_and_nothing_at_all() -> None:
    only_bids = curve(Sides((), SIDES.bids), pointed=980)
    assert only_bids.asks == ()
    assert only_bids.pointed is not None
    assert not only_bids.pointed.is_ask
    single = curve(Sides(side((1000, 1.0)), ()))
    assert single.bids == ()
    assert single.asks[0][0] == 204
    empty = curve(Sides(side((1010, 0.0)), side((990, 0.0))))
    assert empty.amounts == ()
    assert {y for _, y in empty.asks} == {BASE}
