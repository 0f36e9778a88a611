"""What a chart does not know: found, filled, lost, and known after all. Pure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt_widgets.models.chart_holes import Hole, Holes


def lost(since: int, until: int) -> Hole:
    return Hole(since, until, is_lost=True)


def test_at_first_everything_is_known() -> None:
    assert Holes().shown == ()
    assert Holes().at(0, 100) is None


def test_what_is_found_is_open_until_it_is_filled() -> None:
    holes = Holes()
    holes.found("trade", 10, 20)
    assert holes.is_open("trade")
    assert holes.shown == (Hole(10, 20),)
    shown = holes.shown
    holes.filled("candle")
    assert holes.shown is shown
    holes.filled("trade")
    assert not holes.is_open("trade")
    assert holes.shown == ()


def test_who_finds_another_hole_has_no_other_one_open() -> None:
    holes = Holes()
    holes.found("trade", 10, 20)
    holes.found("trade", 30, 40)
    assert holes.shown == (Hole(30, 40),)


def test_two_who_miss_the_same_time_miss_it_once() -> None:
    holes = Holes()
    holes.found("trade", 10, 20)
    holes.found("candle", 15, 30)
    holes.found("reload", 40, 40)
    assert holes.shown == (Hole(10, 30),)


def test_what_is_lost_stays_when_something_else_is_filled() -> None:
    holes = Holes()
    holes.found("trade", 10, 20)
    holes.lost("trade", 10, 15)
    assert not holes.is_open("trade")
    holes.found("trade", 50, 60)
    holes.filled("trade")
    assert holes.shown == (lost(10, 15),)


def test_lost_stretches_grow_together() -> None:
    holes = Holes()
    for since, until in ((10, 20), (30, 40), (20, 25), (38, 39), (70, 70)):
        holes.lost("trade", since, until)
    assert holes.shown == (lost(10, 25), lost(30, 40))


def test_what_is_known_after_all_is_no_hole() -> None:
    holes = Holes()
    holes.lost("trade", 10, 20)
    holes.found("candle", 10, 20)
    holes.known(20, 30)
    assert holes.shown == (Hole(10, 20), lost(10, 20))
    holes.known(12, 15)
    assert holes.shown == (lost(10, 12), Hole(15, 20), lost(15, 20))
    holes.known(0, 100)
    assert holes.shown == ()
    assert not holes.is_open("candle")


def test_the_lost_one_is_named_first_then_the_oldest() -> None:
    holes = Holes()
    holes.found("trade", 10, 20)
    holes.lost("candle", 15, 30)
    assert holes.at(0, 10) is None
    assert holes.at(30, 40) is None
    assert holes.at(0, 11) == Hole(10, 20)
    assert holes.at(0, 100) == lost(15, 30)
    holes.found("reload", 12, 14)
    assert holes.at(10, 15) == Hole(10, 20)


def test_of_something_else_nothing_is_missing() -> None:
    holes = Holes()
    holes.lost("trade", 10, 20)
    holes.found("trade", 30, 40)
    holes.clear()
    assert holes.shown == ()
    assert not holes.is_open("trade")


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 40), st.integers(0, 15)), max_size=20))
def test_each_moment_is_lost_exactly_if_it_was_lost_last(
    steps: list[tuple[bool, int, int]],
) -> None:
    holes, missing = Holes(), set[int]()
    for is_lost, since, length in steps:
        moments = set(range(since, since + length))
        if is_lost:
            holes.lost("trade", since, since + length)
            missing |= moments
        else:
            holes.known(since, since + length)
            missing -= moments
    found = [set(range(hole.since_ms, hole.until_ms)) for hole in holes.shown]
    assert set().union(*found) == missing
    assert sum(map(len, found)) == len(missing)
    edges = [edge for hole in holes.shown for edge in hole[:2]]
    assert edges == sorted(set(edges))
