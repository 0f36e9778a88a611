"""Times on the axis of bar numbers. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chart_bars import MINUTE, START
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_widgets.models.bars import LATEST_MS
from upbit_ws_qt_widgets.models.drawings.time_axis import TimeAxis


def axis(*minutes: int, first: int = 10) -> TimeAxis:
    times = np.array([START + minute * MINUTE for minute in minutes], np.int64)
    return TimeAxis(times, first, Timeframe.MINUTE_1)


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


@pytest.mark.parametrize(
    ("minute", "place"),
    [
        (0, 10.5),
        (1, 11.5),
        (3.5, 11.75),  # a quarter of the pause from 1 to 11
        (6, 12.0),
        (11, 12.5),
        (12, 13.5),
        (13.5, 15.0),
        (-1, 9.5),
        (-2.5, 8.0),
    ],
)
def test_the_start_of_a_bar_is_its_middle_and_pauses_take_no_room(
    minute: float, place: float
) -> None:
    made = axis(0, 1, 11, 12)
    time = round(START + minute * MINUTE)
    assert made.place(time) == pytest.approx(place)
    assert made.time(place) == time


def test_one_bar_is_enough() -> None:
    made = axis(0)
    assert [made.place(START + step * MINUTE) for step in (-2, 0, 3)] == [8.5, 10.5, 13.5]
    assert [made.time(place) for place in (8.5, 10.5, 13.5)] == [
        START - 2 * MINUTE,
        START,
        START + 3 * MINUTE,
    ]


@given(
    st.lists(st.integers(0, 500), min_size=1, max_size=30, unique=True),
    st.integers(-1000 * MINUTE, 1000 * MINUTE),
    st.sampled_from(Timeframe),
)
def test_there_and_back_is_the_same_time(
    minutes: list[int], offset: int, timeframe: Timeframe
) -> None:
    times = np.array([START + minute * MINUTE for minute in sorted(minutes)], np.int64)
    made = TimeAxis(times, -5, timeframe)
    assert made.time(made.place(START + offset)) == pytest.approx(START + offset, abs=1)


@given(st.lists(st.integers(-300, 300), min_size=2, max_size=20, unique=True))
def test_later_is_always_farther_right(minutes: list[int]) -> None:
    made = axis(0, 3, 4, 60)
    places = [made.place(START + minute * MINUTE) for minute in sorted(minutes)]
    assert places == sorted(set(places))


def test_months_and_years_are_those_of_the_calendar() -> None:
    months = TimeAxis(np.array([ms("2024-01-01")]), 0, Timeframe.MONTH)
    assert months.place(ms("2024-03-01")) == 2.5
    assert months.place(ms("2023-12-01")) == -0.5
    assert months.time(13.5 - 1) == ms("2025-01-01")
    assert months.place(ms("2024-02-15T12:00")) == pytest.approx(2.0), "February had 29 days"
    years = TimeAxis(np.array([ms("2020-01-01")]), 0, Timeframe.YEAR)
    assert years.place(ms("2030-01-01")) == 10.5
    assert years.time(-0.5) == ms("2019-01-01")


@pytest.mark.parametrize("timeframe", [Timeframe.DAY, Timeframe.YEAR])
def test_far_out_it_stays_a_time_that_can_be_kept(timeframe: Timeframe) -> None:
    made = TimeAxis(np.array([START]), 0, timeframe)
    assert made.time(-1e6) == 1
    assert made.time(1e6) == LATEST_MS - 1
