"""Parts of an account: order, rest, percentages, places. Pure."""

from __future__ import annotations

import itertools
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt_widgets.models.allocation import Slice, allocate, percentages, spans
from upbit_ws_qt_widgets.models.holding_values import Holding

D = Decimal


def holdings(**values: str | None) -> list[Holding]:
    return [
        Holding(name, D(1), D(0), D(1), value=None if value is None else D(value))
        for name, value in values.items()
    ]


def test_the_greatest_comes_first_and_what_has_no_value_is_no_part() -> None:
    parts = allocate(holdings(A="25", KRW="50", B="25", GONE=None, NIL="0"))
    assert [(part.currency, part.share) for part in parts] == [
        ("KRW", D("0.5")),
        ("A", D("0.25")),
        ("B", D("0.25")),
    ]
    assert allocate([]) == ()


def test_the_small_rest_is_one_part() -> None:
    parts = allocate(holdings(A="9900", B="60", C="30", D="10"))
    assert [(part.currency, part.assets) for part in parts] == [("A", 1), ("", 3)]
    assert parts[-1] == Slice("", D(100), D("0.01"), 3)
    many = allocate(holdings(**{f"C{number}": "10" for number in range(10)}))
    assert [part.assets for part in many] == [1] * 7 + [3]


def test_a_rest_of_one_keeps_its_name() -> None:
    parts = allocate(holdings(A="9995", B="5"))
    assert [part.currency for part in parts] == ["A", "B"]
    assert len(allocate(holdings(**{f"C{number}": "10" for number in range(8)}))) == 8


def test_percentages_go_to_those_that_lost_most() -> None:
    thirds = allocate(holdings(A="1", B="1", C="1"))
    assert percentages(thirds) == ("33.4%", "33.3%", "33.3%")
    assert percentages(allocate(holdings(A="7"))) == ("100.0%",)
    assert percentages(()) == ()


values = st.lists(st.decimals(min_value="0.01", max_value=10**12, places=2), min_size=1)


@given(values, st.integers(1, 5000))
def test_parts_are_everything_without_a_gap(held: list[Decimal], length: int) -> None:
    parts = allocate(
        Holding(f"C{number}", D(1), D(0), D(1), value=value) for number, value in enumerate(held)
    )
    assert sum(Fraction(part.value) for part in parts) == sum(map(Fraction, held))
    assert sum(part.assets for part in parts) == len(held)
    tenths = [int(text[:-1].replace(".", "")) for text in percentages(parts)]
    assert sum(tenths) == 1000
    places = spans(parts, length)
    assert (places[0][0], places[-1][1]) == (0, length)
    for (_, end), (begin, _) in itertools.pairwise(places):
        assert end == begin


def test_nothing_has_no_places() -> None:
    assert spans((), 100) == ()
