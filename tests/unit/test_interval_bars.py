"""Flat bars where nobody traded: between all bars, at the right close, and not too many. Pure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chart_bars import MINUTE, START, bar, rows
from upbit_ws_qt_widgets.models import interval_bars
from upbit_ws_qt_widgets.models.bars import BAR_DTYPE, CLOSE, OPEN, VALUE, VOLUME, Bars
from upbit_ws_qt_widgets.models.interval_bars import MOST_IN_A_ROW, IntervalBars


def series(*indices: int) -> Bars:
    traded = Bars()
    traded.replace(rows(indices))
    return traded


def starts(shown: Bars) -> list[int]:
    """Which minutes after START have a bar."""
    return ((shown.times - START) // MINUTE).tolist()


def closes(made: IntervalBars) -> list[float]:
    return made.bars.figures[CLOSE].tolist()


def test_without_bars_there_are_none() -> None:
    made = IntervalBars(Bars(), MINUTE)
    assert len(made.bars) == 0
    assert not made.pass_time(START)


def test_a_flat_bar_is_at_the_close_before_and_has_no_volume() -> None:
    traded = series(0, 3, 4)
    made = IntervalBars(traded, MINUTE)
    assert starts(made.bars) == [0, 1, 2, 3, 4]
    assert closes(made) == [1000.0, 1000.0, 1000.0, 1003.0, 1004.0]
    flat = made.bars.bar(made.bars.first + 1)
    assert set(flat[OPEN + 1 : CLOSE + 2]) == {1000.0}
    assert made.bars.figures[[VOLUME, VALUE], 1].tolist() == [0.0, 0.0]
    assert made.bars.bar(made.bars.end - 2) == traded.bar(1)
    assert starts(traded) == [0, 3, 4]


def put(traded: Bars, made: IntervalBars, index: int, close: float) -> None:
    traded.put(bar(index, close))
    made.put(bar(index, close))


def test_the_first_bar_of_all_and_the_next_ones() -> None:
    traded = Bars()
    made = IntervalBars(traded, MINUTE)
    put(traded, made, 5, 50.0)
    put(traded, made, 6, 60.0)
    put(traded, made, 9, 90.0)
    assert starts(made.bars) == [5, 6, 7, 8, 9]
    assert closes(made) == [50.0, 60.0, 60.0, 60.0, 90.0]


def test_time_makes_flat_bars_of_intervals_that_are_over() -> None:
    traded = series(0)
    made = IntervalBars(traded, MINUTE)
    assert not made.pass_time(START + 2 * MINUTE - 1)
    assert made.pass_time(START + 2 * MINUTE)
    assert starts(made.bars) == [0, 1]
    assert made.pass_time(START + 4 * MINUTE + 5)
    assert not made.pass_time(START + 4 * MINUTE + 6)
    assert starts(made.bars) == [0, 1, 2, 3]
    put(traded, made, 6, 7.0)
    assert closes(made) == [1000.0] * 6 + [7.0]


def test_a_late_bar_takes_the_place_of_a_flat_one_and_those_behind_follow_it() -> None:
    traded = series(0, 6)
    made = IntervalBars(traded, MINUTE)
    history = made.bars.history
    put(traded, made, 2, 22.0)
    assert starts(made.bars) == list(range(7))
    assert closes(made) == [1000.0, 1000.0, 22.0, 22.0, 22.0, 22.0, 1006.0]
    assert made.bars.history > history


def test_the_newest_traded_bar_may_change_while_flat_ones_follow_it() -> None:
    traded = series(0)
    made = IntervalBars(traded, MINUTE)
    made.pass_time(START + 4 * MINUTE)
    put(traded, made, 0, 5.0)
    assert closes(made) == [5.0, 5.0, 5.0, 5.0]
    revision = made.bars.revision
    put(traded, made, 0, 5.0)
    assert made.bars.revision == revision + 1  # nothing but that bar was touched


def test_an_older_page_comes_before_everything_and_leaves_the_numbers_alone() -> None:
    traded = series(20, 22)
    made = IntervalBars(traded, MINUTE)
    newest = made.bars.bar(made.bars.end - 1)
    end = made.bars.end
    page = rows([10, 13])
    traded.merge(page)
    made.merged(page)
    assert starts(made.bars) == list(range(10, 23))
    assert closes(made)[:5] == [1010.0, 1010.0, 1010.0, 1013.0, 1013.0]
    assert made.bars.end == end
    assert made.bars.bar(end - 1) == newest


def test_a_page_in_between_and_one_behind() -> None:
    traded = series(0, 8)
    made = IntervalBars(traded, MINUTE)
    for indices in ([3, 4], [], [10]):
        page = rows(indices)
        traded.merge(page)
        made.merged(page)
    assert starts(made.bars) == list(range(11))
    assert closes(made)[2:9] == [1000.0, 1003.0, 1004.0, 1004.0, 1004.0, 1004.0, 1008.0]


def test_only_the_beginning_of_a_long_pause_has_bars() -> None:
    far = MOST_IN_A_ROW + 500
    made = IntervalBars(series(0, far), MINUTE)
    assert starts(made.bars) == [*range(MOST_IN_A_ROW + 1), far]
    live = IntervalBars(series(0), MINUTE)
    live.pass_time(START + far * MINUTE)
    assert starts(live.bars) == list(range(MOST_IN_A_ROW + 1))
    assert not live.pass_time(START + far * MINUTE + 10 * MINUTE)
    # A trade far behind what was left out begins another row.
    traded = series(0, far)
    made = IntervalBars(traded, MINUTE)
    put(traded, made, MOST_IN_A_ROW + 100, 9.0)
    assert starts(made.bars)[MOST_IN_A_ROW:] == [
        MOST_IN_A_ROW,
        *range(MOST_IN_A_ROW + 100, far + 1),
    ]


def test_rows_get_shorter_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interval_bars, "MOST_FLAT", 100)
    traded = series(0, 200)
    made = IntervalBars(traded, MINUTE)
    assert made.most_in_a_row == 64
    assert len(made.bars) == 2 + 64
    put(traded, made, 400, 1.0)
    assert made.most_in_a_row == 32
    assert len(made.bars) == 3 + 2 * 32


def test_a_million_pauses_cost_no_more_than_a_million_bars() -> None:
    count = 1_000_000
    many = np.zeros(count, BAR_DTYPE)
    many["time"] = START + np.arange(count, dtype=np.int64) * 300_000
    traded = Bars()
    traded.replace(many)
    made = IntervalBars(traded, 1000)
    assert made.most_in_a_row == 1
    assert len(made.bars) == 2 * count - 1


@given(
    st.lists(st.integers(0, 40), min_size=1, unique=True),
    st.lists(
        st.tuples(st.sampled_from(["put", "merge", "time"]), st.integers(0, 60), st.integers(1, 9)),
        max_size=12,
    ),
)
def test_however_bars_come_it_is_as_if_made_of_all_at_once(
    first: list[int], changes: list[tuple[str, int, int]]
) -> None:
    traded = series(*sorted(first))
    made = IntervalBars(traded, MINUTE)
    until = START
    for what, index, close in changes:
        if what == "put":
            put(traded, made, index, float(close))
        elif what == "merge":
            page = rows([index, index + close])
            traded.merge(page)
            made.merged(page)
        else:
            until = START + index * MINUTE
            made.pass_time(until)
    newest = max(until, int(made.bars.times[-1]) + MINUTE)
    made.pass_time(newest)
    whole = IntervalBars(traded, MINUTE)
    whole.pass_time(newest)
    assert made.bars.times.tolist() == whole.bars.times.tolist()
    assert made.bars.figures.tolist() == whole.bars.figures.tolist()
