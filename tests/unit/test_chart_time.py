"""Labels of the time axis: the hours of a zone, round intervals, never too close. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.chart_bars import DAY, MINUTE, START
from upbit_ws_qt_widgets.models.chart_time import (
    Landmark,
    TimeTick,
    TimeZone,
    day_starts,
    time_ticks,
)

HOUR = 60 * MINUTE


KST, UTC_ZONE = TimeZone.KST, TimeZone.UTC


def ticks(
    start: int, step: int, count: int, px: int, gap: float = 75.0, zone: TimeZone = KST
) -> list[TimeTick]:
    times = start + np.arange(count, dtype=np.int64) * step
    return time_ticks(times, np.arange(count, dtype=np.int64) * px, gap, start - step, zone)


def hours(found: list[TimeTick], zone: TimeZone = KST) -> list[str]:
    return [
        datetime.fromtimestamp((tick.time + zone.offset_ms) / 1000, UTC).strftime("%H:%M:%S")
        for tick in found
    ]


def test_korea_is_nine_hours_ahead() -> None:
    assert (KST.offset_ms, UTC_ZONE.offset_ms) == (9 * HOUR, 0)


def test_no_bars_have_no_labels() -> None:
    empty = np.empty(0, np.int64)
    assert time_ticks(empty, empty, 75.0, None, KST) == []


def test_a_single_bar_has_its_day() -> None:
    one = np.array([START + HOUR], np.int64)
    (tick,) = time_ticks(one, np.array([5], np.int64), 75.0, None, KST)
    assert tick == TimeTick(0, START + HOUR, Landmark.DAY, begins_day=True)


def test_minutes_get_round_minutes() -> None:
    found = ticks(START + 3 * HOUR, MINUTE, 100, 8)
    assert hours(found)[:3] == ["12:00:00", "12:10:00", "12:20:00"]
    assert {tick.landmark for tick in found} == {Landmark.MINUTE}


def test_seconds_get_seconds() -> None:
    found = ticks(START + HOUR, 1000, 60, 30)
    assert hours(found)[:3] == ["10:00:00", "10:00:05", "10:00:10"]
    assert {tick.landmark for tick in found} == {Landmark.SECOND}


def test_the_exchanges_day_begins_at_nine_in_korea_and_is_no_date() -> None:
    found = ticks(START - 5 * HOUR, 10 * MINUTE, 60, 8)
    days = [tick for tick in found if tick.begins_day]
    assert [tick.time for tick in days] == [START]
    assert hours(days) == ["09:00:00"]
    assert {tick.landmark for tick in days} == {Landmark.MINUTE}


def test_in_utc_the_exchanges_day_is_a_date() -> None:
    found = ticks(START - 5 * HOUR, 10 * MINUTE, 60, 8, zone=UTC_ZONE)
    (day,) = (tick for tick in found if tick.begins_day)
    assert (day.time, day.landmark) == (START, Landmark.DAY)
    assert hours([day], UTC_ZONE) == ["00:00:00"]


def test_dates_change_at_midnight_of_the_zone() -> None:
    for zone, hour in ((KST, 15), (UTC_ZONE, 0)):
        found = ticks(START, HOUR, 72, 20, zone=zone)
        dates = [tick.time for tick in found if tick.landmark is Landmark.DAY]
        assert dates == [START + hour * HOUR + day * DAY for day in range(len(dates))]
        assert len(dates) >= 2


def test_a_day_of_the_exchange_wins_over_a_round_hour_beside_it() -> None:
    found = ticks(START - 24 * HOUR, HOUR, 72, 20)
    assert hours([tick for tick in found if tick.begins_day]) == ["09:00:00"] * 3
    assert "10:00:00" not in hours(found)
    assert "00:00:00" in hours(found)


def test_a_date_wins_over_the_exchanges_day_and_then_noon_has_room() -> None:
    found = ticks(START - 9 * HOUR, HOUR, 96, 8)
    assert hours(found) == ["00:00:00", "12:00:00"] * 4
    assert [tick.landmark for tick in found[2:4]] == [Landmark.DAY, Landmark.MINUTE]


def test_days_of_the_exchange_are_found_in_any_case() -> None:
    times = START - 3 * HOUR + np.arange(60, dtype=np.int64) * HOUR
    assert day_starts(times, int(times[0]) - HOUR).tolist() == [3, 27, 51]
    assert day_starts(times, None).tolist() == [0, 3, 27, 51]


def test_intervals_without_trades_leave_no_label_and_no_hole() -> None:
    minutes = [0, 1, 2, 9, 10, 11, 31, 32, 33, 34]
    times = START + HOUR + np.array(minutes, np.int64) * MINUTE
    found = time_ticks(times, np.arange(10, dtype=np.int64) * 30, 75.0, START, KST)
    assert [tick.column for tick in found][:1] == [0]
    assert all(b.column > a.column for a, b in pairwise(found))


def test_days_months_and_years_come_as_bars_get_coarser() -> None:
    days = ticks(START, DAY, 120, 8)
    assert {tick.landmark for tick in days} >= {Landmark.DAY, Landmark.MONTH}
    weeks = ticks(START, 7 * DAY, 200, 4)
    assert {tick.landmark for tick in weeks} >= {Landmark.MONTH, Landmark.YEAR}
    decades = ticks(START - 9000 * DAY, 365 * DAY // 12, 300, 3)
    assert {tick.landmark for tick in decades} == {Landmark.YEAR}


def test_a_year_begins_with_its_first_day() -> None:
    found = ticks(START - 20 * DAY, DAY, 40, 8)
    years = [tick for tick in found if tick.landmark is Landmark.YEAR]
    assert [datetime.fromtimestamp(t.time / 1000, UTC).date().isoformat() for t in years] == [
        "2026-01-01"
    ]


def test_more_bars_than_any_interval_can_thin_are_still_kept_apart() -> None:
    found = ticks(0, 400 * DAY, 3000, 1)
    places = [tick.column for tick in found]
    assert places
    assert all(b - a >= 75 for a, b in pairwise(places))


@given(
    st.integers(0, 2_000_000_000_000),
    st.sampled_from([1000, MINUTE, 5 * MINUTE, HOUR, 4 * HOUR, DAY, 7 * DAY]),
    st.integers(1, 400),
    st.integers(1, 40),
    st.sampled_from(TimeZone),
)
def test_labels_never_come_too_close(
    start: int, step: int, count: int, px: int, zone: TimeZone
) -> None:
    found = ticks(start // step * step, step, count, px, zone=zone)
    places = [tick.column * px for tick in found]
    assert all(b - a >= 75 for a, b in pairwise(places))
