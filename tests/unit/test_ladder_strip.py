"""The strip of figures. Pure."""

from __future__ import annotations

from typing import Any

from upbit_ws_qt_widgets.models.ladder_sides import Level, Sides
from upbit_ws_qt_widgets.models.ladder_strip import (
    STRIP_LINES,
    Money,
    Piece,
    StripLine,
    reach_pieces,
    strip_lines,
)
from upbit_ws_qt_widgets.models.ladder_wishes import Wishes


def side(*levels: tuple[float, float]) -> tuple[Level, ...]:
    return tuple(Level(price, size, price * size) for price, size in levels)


SIDES = Sides(side((1002, 1.0), (1003, 1.0)), side((1000, 3.0), (999, 1.0)))
MONEY = Money.of("KRW-BTC")
PLAIN = Wishes()


def text(key: str, **values: Any) -> str:
    return " ".join([key.removeprefix("orderbook."), *map(str, values.values())])


def lines(
    sides: Sides = SIDES,
    wishes: Wishes = PLAIN,
    pointed: float | None = None,
) -> tuple[StripLine, ...]:
    return strip_lines(sides, lambda _: 1.0, MONEY, wishes, text, pointed=pointed)


def test_what_can_be_ahead_of_own_orders_stands_before_the_rest() -> None:
    lines_ = strip_lines(SIDES, lambda _: 1.0, MONEY, PLAIN, text, pointed=1003, ahead=0.0)
    assert lines_[2][0] == Piece("ahead", "≤ 0.000 BTC")
    assert lines_[2][1:] == lines(pointed=1003)[2]


def test_money_is_written_as_its_market_does() -> None:
    assert MONEY.total(1_234_567.8) == "1,234,568 KRW"
    assert MONEY.quantity(1.5) == "1.500 BTC"
    assert Money.of("BTC-ETH").total(0.01234567) == "0.01234567 BTC"
    assert Money.of("USDT-ETH").total(12.5) == "12.500 USDT"


def test_spread_microprice_and_imbalance() -> None:
    first, second, third = lines()
    assert first == (
        Piece("spread", "spread_value 2 2 19.98"),
        Piece("microprice", "1,001.5", 1),
    )
    assert second == (
        Piece("imbalance", ""),
        Piece("1", "+50%", 1),
        Piece("5", "+33%", 1),
        Piece("15", "+33%", 1),
        Piece("30", "+33%", 1),
    )
    assert third == ()
    assert len(lines()) == STRIP_LINES


def test_what_leans_down_is_coloured_so() -> None:
    first, second, _ = lines(Sides(side((1002, 3.0)), side((1000, 1.0))))
    assert first[1].direction == -1
    assert second[1] == Piece("1", "-50%", -1)
    even = lines(Sides(side((1002, 1.0)), side((1000, 1.0))))
    assert even[0][1].direction == even[1][1].direction == 0


def test_without_both_sides_there_are_no_figures() -> None:
    assert lines(Sides(SIDES.asks, ())) == ()


def test_sizes_of_nothing_have_no_shares() -> None:
    first, second, _ = lines(Sides(side((1002, 0.0)), side((1000, 0.0))))
    assert [piece.label for piece in first] == ["spread"]
    assert second == (Piece("imbalance", ""),)


def test_a_trial_in_money_and_in_coins() -> None:
    third = lines(wishes=Wishes(trial=1503.5))[2]
    assert third[0] == Piece("trial", "1,504 KRW")
    assert third[1] == Piece("trial_buy", "trial_value 1,002.3 3.33", 1)
    assert third[2].label == "trial_sell"
    assert third[2].direction == -1
    third = lines(wishes=Wishes(trial=4.0, trial_in="quantity"))[2]
    assert third[0] == Piece("trial", "4.000 BTC")
    assert third[1] == Piece("trial_buy", "trial_short 1,002.5 2.000 BTC", 1)
    assert third[2] == Piece("trial_sell", "trial_value 999.8 2.50", -1)


def test_a_trial_where_nothing_stands() -> None:
    nothing = Sides(side((1002, 0.0)), side((1000, 1.0)))
    third = lines(nothing, Wishes(trial=1.0, trial_in="quantity"))[2]
    assert [piece.label for piece in third] == ["trial", "trial_sell"]


def test_what_is_pointed_at_comes_before_the_trial() -> None:
    wishes = Wishes(trial=1.0)
    up = lines(wishes=wishes, pointed=1003)[2]
    assert up == (
        Piece("reach_buy 1,003 +0.100%", "", 1),
        Piece("", "2.000 BTC"),
        Piece("", "2,005 KRW"),
        Piece("average", "1,002.5"),
    )
    down = lines(wishes=wishes, pointed=999)[2]
    assert down[0] == Piece("reach_sell 999 -0.100%", "", -1)
    assert down[1].value == "4.000 BTC"
    assert lines(wishes=wishes, pointed=1001)[2] == ()


def test_without_asks_every_price_is_below() -> None:
    assert reach_pieces(Sides((), SIDES.bids), 999, 1.0, MONEY, text)[1].value == "4.000 BTC"
