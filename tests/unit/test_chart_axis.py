"""What the price axis says on each scale: round marks, and the texts of tags. Pure."""

from __future__ import annotations

import functools
import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt.markets import table_tick_size
from upbit_ws_qt_widgets.models.chart_axis import PriceAxis
from upbit_ws_qt_widgets.models.chart_scale import PriceScale, ScaleKind

KRW = functools.partial(table_tick_size, "KRW-BTC")
BTC = functools.partial(table_tick_size, "BTC-ETH")


def axis(
    low: float, high: float, kind: ScaleKind, *, base: float = 1000.0, market: str = "KRW-BTC"
) -> PriceAxis:
    scale = PriceScale(low, high, kind=kind)
    return PriceAxis(scale, base, functools.partial(table_tick_size, market))


def texts(made: PriceAxis, most: int) -> list[str]:
    return [mark.text for mark in made.marks(most)]


def test_linear_marks_are_round_prices() -> None:
    made = axis(97_000.0, 143_000.0, ScaleKind.LINEAR)
    assert texts(made, 5) == ["100,000", "110,000", "120,000", "130,000", "140,000"]
    assert made.text(123_456.0) == "123,456"
    assert made.text_near(123_456.0) == "123,500", "prices go by 100 there"
    assert made.widest() == ["97,000", "143,000"]
    below = axis(-50_000.0, 143_000.0, ScaleKind.LINEAR)
    assert below.widest() == ["-50,000", "143,000"], "the steps near 0 are no matter there"


def test_marks_of_many_decades_are_at_one_two_and_five() -> None:
    made = axis(0.9, 2_100_000.0, ScaleKind.LOG)
    assert texts(made, 24)[:8] == ["1.00", "2.00", "5.00", "10.0", "20.0", "50.0", "100", "200"]
    assert texts(made, 24)[-1] == "2,000,000"


def test_where_there_is_no_room_marks_are_at_powers_of_ten() -> None:
    assert texts(axis(0.9, 2_100_000.0, ScaleKind.LOG), 8) == [
        "1.00",
        "10.0",
        "100",
        "1,000",
        "10,000",
        "100,000",
        "1,000,000",
    ]
    made = axis(0.9, 2_100_000.0, ScaleKind.LOG)
    assert [mark.price for mark in made.marks(4)] == [1.0, 100.0, 10_000.0, 1_000_000.0]


def test_marks_of_part_of_a_decade_are_as_fine_as_there_is_room() -> None:
    made = axis(95_000.0, 260_000.0, ScaleKind.LOG)
    assert texts(made, 8) == ["100,000", "150,000", "200,000", "250,000"]
    assert texts(made, 14)[:6] == ["100,000", "120,000", "140,000", "160,000", "180,000", "200,000"]


def test_a_log_axis_zoomed_in_names_price_steps() -> None:
    made = axis(100_000_500.0, 100_010_500.0, ScaleKind.LOG)
    assert texts(made, 11) == [f"100,0{thousand:02},000" for thousand in range(1, 11)]


def test_a_step_that_would_not_end_where_the_next_one_begins_is_left_out() -> None:
    """From 2 to 5 steps of 2 would leave a narrow one at the end."""
    made = axis(100.0, 990.0, ScaleKind.LOG)
    assert [mark.price for mark in made.marks(4)] == [100.0, 200.0, 500.0]
    assert [mark.price for mark in made.marks(3)] == [100.0, 300.0], "no room for those"


def test_nothing_is_marked_below_the_smallest_price() -> None:
    made = axis(1e-10, 3e-7, ScaleKind.LOG, market="BTC-ETH")
    assert texts(made, 12) == [
        "0.00000001",
        "0.00000002",
        "0.00000005",
        "0.00000010",
        "0.00000020",
    ]
    assert texts(axis(1e-12, 3e-7, ScaleKind.LOG, market="BTC-ETH"), 6) == ["0.00000001", "0.00000010"]  # fmt: skip  # noqa: E501


def test_a_log_scale_that_fits_nothing_yet_has_marks_all_the_same() -> None:
    assert all(price > 0 for price, _ in axis(0.0, 1.0, ScaleKind.LOG).marks(8))
    assert axis(0.0, 0.0, ScaleKind.LOG).marks(8) == []


@given(
    st.floats(-8, 8),
    st.floats(1e-3, 14),
    st.integers(2, 30),
    st.sampled_from([KRW, BTC, lambda _: 1e-8]),
)
def test_log_marks_are_round_ascending_inside_and_apart(
    power: float, decades: float, most: int, tick_size: object
) -> None:
    low = 10.0**power
    high = low * 10**decades
    assert callable(tick_size)
    marks = PriceAxis(PriceScale(low, high, kind=ScaleKind.LOG), 1.0, tick_size).marks(most)
    prices = [price for price, _ in marks]
    assert all(low * (1 - 1e-6) <= price <= high * (1 + 1e-6) for price in prices)
    gap = decades / most
    for one, next_one in pairwise(prices):
        assert math.log10(next_one / one) >= gap * (1 - 1e-6)
    assert len(prices) <= most * 1.01 + 2


def test_percent_marks_are_round_changes_from_the_base() -> None:
    made = axis(899.0, 1101.0, ScaleKind.PERCENT)
    assert texts(made, 5) == ["-10.00%", "-5.00%", "0.00%", "+5.00%", "+10.00%"]
    assert [mark.price for mark in made.marks(5)] == pytest.approx([900, 950, 1000, 1050, 1100])


def test_percent_texts_have_the_decimals_that_tell_them_apart() -> None:
    made = axis(999.89, 1000.11, ScaleKind.PERCENT)
    assert texts(made, 8) == ["-0.010%", "-0.005%", "0.000%", "+0.005%", "+0.010%"]
    assert made.text(1000.05) == "+0.005%"
    wide = axis(10.0, 100_000.0, ScaleKind.PERCENT)
    assert wide.text_near(99_999.0) == "+9,899.90%"
    assert wide.text(1000.0) == "0.00%"
    assert wide.widest() == ["-99.00%%", "+9,900.00%%"], "the sign is wide"


def test_no_change_is_below_minus_a_hundred_per_cent() -> None:
    made = axis(-2000.0, 2000.0, ScaleKind.PERCENT)
    assert texts(made, 8) == ["-50.00%", "0.00%", "+50.00%", "+100.00%"]


@given(st.floats(1e-8, 1e9), st.floats(0.01, 0.9), st.floats(0.01, 5), st.integers(1, 30))
def test_percent_marks_say_what_their_prices_are(
    base: float, down: float, up: float, most: int
) -> None:
    scale = PriceScale(base * (1 - down), base * (1 + up), kind=ScaleKind.PERCENT)
    made = PriceAxis(scale, base, BTC)
    for price, text in made.marks(most):
        assert float(text[:-1].replace(",", "")) == pytest.approx(
            100 * (price / base - 1), abs=0.01
        )
        assert float(made.text(price)[:-1].replace(",", "")) == pytest.approx(
            100 * (price / base - 1), abs=0.01
        )
