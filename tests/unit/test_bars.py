"""Bars in columns: order, numbers that hold still, room at both ends. Pure."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chart_bars import MINUTE, START, bar, rows
from upbit_ws_qt_widgets.models.bars import BAR_DTYPE, CLOSE, NEWEST, Bar, Bars


def filled(*indices: int) -> Bars:
    bars = Bars()
    bars.replace(rows(indices))
    return bars


def indices(bars: Bars) -> list[int]:
    return ((bars.times - START) // MINUTE).tolist()


def test_there_may_be_no_bar() -> None:
    bars = Bars()
    assert (len(bars), bars.first, bars.end) == (0, 0, 0)
    assert bars.find(START) is None
    assert bars.latest_at(START) is None
    with pytest.raises(IndexError, match="got 0"):
        bars.bar(0)


def test_replacing_holds_exactly_these() -> None:
    bars = filled(1, 2, 4)
    bars.replace(rows([7, 8]))
    assert indices(bars) == [7, 8]
    assert (bars.first, bars.end) == (0, 2)
    assert bars.bar(1) == bar(8, 1008.0)
    bars.clear()
    assert len(bars) == 0


def test_bars_are_found_by_time() -> None:
    bars = filled(1, 2, 4)
    assert bars.find(START + 4 * MINUTE) == 2
    assert bars.find(START + 3 * MINUTE) is None
    assert bars.find(START + 9 * MINUTE) is None
    assert bars.latest_at(START + 3 * MINUTE) == 1
    assert bars.latest_at(START) is None


def test_a_newer_bar_is_appended_and_a_known_one_replaced() -> None:
    bars = filled(1, 2)
    revision = bars.revision
    bars.put(bar(2, 5.0))
    assert bars.revision == revision, "only the last bar's figures changed"
    assert bars.bar(1).close == 5.0
    bars.put(bar(3, 6.0))
    assert indices(bars) == [1, 2, 3]
    assert (bars.first, bars.end) == (0, 3)
    assert bars.revision > revision
    revision = bars.revision
    bars.put(bar(2, 7.0))
    assert bars.revision > revision
    assert bars.figures[CLOSE].tolist() == [1001.0, 7.0, 6.0]


@pytest.mark.parametrize("late", [1, 8])
def test_a_late_bar_is_inserted_and_newer_ones_keep_their_numbers(late: int) -> None:
    bars = filled(0, 2, 4, 6, 7, 9)
    number_of_last = bars.find(START + 9 * MINUTE)
    bars.put(bar(late, 5.0))
    assert indices(bars) == sorted([0, 2, 4, 6, 7, 9, late])
    assert bars.find(START + 9 * MINUTE) == number_of_last
    assert bars.first == -1
    found = bars.find(START + late * MINUTE)
    assert found is not None
    assert bars.bar(found).close == 5.0


def test_older_rows_leave_all_numbers_alone() -> None:
    bars = filled(10, 11)
    bars.merge(rows([5, 7]))
    assert indices(bars) == [5, 7, 10, 11]
    assert (bars.first, bars.end) == (-2, 2)
    assert bars.bar(0) == bar(10, 1010.0)


def test_newer_rows_are_appended() -> None:
    bars = filled(1)
    bars.merge(rows([2, 3]))
    assert indices(bars) == [1, 2, 3]
    assert (bars.first, bars.end) == (0, 3)


def test_merging_into_nothing_and_merging_nothing() -> None:
    bars = Bars()
    bars.merge(rows([1, 2]))
    assert indices(bars) == [1, 2]
    revision = bars.revision
    bars.merge(np.empty(0, BAR_DTYPE))
    assert bars.revision == revision


def test_overlapping_rows_win_and_newer_bars_keep_their_numbers() -> None:
    bars = filled(2, 4, 6)
    known = bars.find(START + 6 * MINUTE)
    page = rows([1, 3, 4, 8])
    page["close"] = 1001.5
    revision = bars.revision
    bars.merge(page)
    assert indices(bars) == [1, 2, 3, 4, 6, 8]
    assert bars.figures[CLOSE].tolist() == [1001.5, 1002.0, 1001.5, 1001.5, 1006.0, 1001.5]
    assert bars.find(START + 6 * MINUTE) == known
    assert bars.revision == revision + 1


def test_both_ends_grow_far_beyond_the_first_room() -> None:
    bars = filled(0)
    for index in range(1, 3000):
        bars.put(bar(index))
    for start in range(-200, -3200, -200):
        bars.merge(rows(range(start, start + 200)))
    bars.merge(rows(range(-9000, -3000)))
    bars.merge(rows(range(3000, 9000)))
    assert indices(bars) == list(range(-9000, 9000))
    assert (bars.first, bars.end) == (-9000, 9000)


@given(st.lists(st.tuples(st.integers(0, 40), st.floats(1, 1e9)), max_size=60))
def test_any_order_of_bars_gives_the_last_of_each_in_order(puts: list[tuple[int, float]]) -> None:
    bars = Bars()
    expected: dict[int, Bar] = {}
    for index, price in puts:
        made = bar(index, price + 1)
        end, numbers = bars.end, {int(t): n for n, t in enumerate(bars.times, bars.first)}
        bars.put(made)
        expected[made.time] = made
        for time, number in numbers.items():
            if time > made.time:
                assert bars.find(time) == number, "a newer bar keeps its number"
        assert bars.end - end in (0, 1)
    kept = [bars.bar(number) for number in range(bars.first, bars.end)]
    assert kept == [expected[time] for time in sorted(expected)]


@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)))
def test_merging_is_putting_one_by_one(first: set[int], second: set[int]) -> None:
    merged, put = filled(*sorted(first)), filled(*sorted(first))
    page = rows(sorted(second))
    page["volume"] = 9.0
    merged.merge(page)
    for row in page:
        put.put(Bar(*row.tolist()))
    assert merged.times.tolist() == put.times.tolist()
    assert merged.figures.tolist() == put.figures.tolist()
    assert merged.end == put.end


def test_history_stays_while_the_newest_bars_change_and_others_are_appended() -> None:
    bars = filled(*range(20))
    history = bars.history
    for index in range(20 - NEWEST, 20):
        bars.put(bar(index, 5.0))
    bars.put(bar(20, 6.0))
    bars.merge(rows([21, 22]))
    assert bars.history == history


@pytest.mark.parametrize(
    "change",
    [
        lambda bars: bars.put(bar(22 - NEWEST, 5.0)),
        lambda bars: bars.put(bar(21)),
        lambda bars: bars.put(bar(3)),
        lambda bars: bars.merge(rows([0, 1])),
        lambda bars: bars.merge(rows([22, 23])),
        lambda bars: bars.replace(rows([1])),
        lambda bars: bars.clear(),
    ],
    ids=["older one", "between new ones", "between old ones", "prepend", "overlap", "all", "none"],
)
def test_history_changes_with_older_bars_and_with_their_numbers(
    change: Callable[[Bars], None],
) -> None:
    bars = filled(2, *range(4, 21), 22)
    bars.put(bar(23))
    history = bars.history
    change(bars)
    assert bars.history != history
