"""Candle units, their spellings and their grid. Tests only."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.timeframe import Timeframe

FACTS = Path(__file__).resolve().parents[3] / "shared/facts/candle_types.json"

# Milliseconds between 2000 and 2100.
TIMES = st.integers(946_684_800_000, 4_102_444_800_000)


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("timeframe", "spellings"),
    [
        (Timeframe.SECOND_1, ["1s", "s", "second", "second1", "seconds1", " 1s "]),
        (Timeframe.MINUTE_1, ["1m", "m", "minute", "minute1", "minutes1", "1"]),
        (Timeframe.MINUTE_3, ["3m", "minute3", "3"]),
        (Timeframe.MINUTE_5, ["5m", "minute5"]),
        (Timeframe.MINUTE_10, ["10m", "minute10"]),
        (Timeframe.MINUTE_15, ["15m", "minute15"]),
        (Timeframe.MINUTE_30, ["30m", "minute30"]),
        (Timeframe.MINUTE_60, ["60m", "minute60", "1h", "h", "hour", "hour1", "60"]),
        (Timeframe.MINUTE_240, ["240m", "minute240", "4h", "hour4", "hours4"]),
        (Timeframe.DAY, ["1d", "d", "day", "day1", "days"]),
        (Timeframe.WEEK, ["1w", "w", "week", "weeks"]),
        (Timeframe.MONTH, ["1M", "M", "month", "month1"]),
        (Timeframe.YEAR, ["1y", "y", "year", "years1"]),
    ],
)
def test_every_common_spelling_is_the_same_thing(
    timeframe: Timeframe, spellings: list[str]
) -> None:
    assert Timeframe.parse(timeframe) is timeframe
    for spelling in spellings:
        assert Timeframe.parse(spelling) is timeframe, spelling


@pytest.mark.parametrize(
    "text",
    ["", " ", "2m", "7d", "2h", "0m", "1x", "m1", "minute1m", "fortnight", "-1m", "1.5m"],
)
def test_a_unit_the_exchange_lacks_is_refused_with_those_it_has(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"use one of 1s, 1m, 3m, .* 1d, 1w, 1M, 1y$"):
        Timeframe.parse(text)


def test_a_count_of_any_length_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        Timeframe.parse("9" * 5000)


@given(st.text(max_size=12) | st.from_regex(r"\d{0,5}(s|m|h|d|w|M|y|hour|day)\d{0,5}"))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing but ``InvalidRequest`` ever comes out of a user's text."""
    with suppress(InvalidRequest):
        assert Timeframe.parse(text) in Timeframe


def test_minutes_and_months_are_not_mixed_up() -> None:
    assert Timeframe.parse("1m") is Timeframe.MINUTE_1
    assert Timeframe.parse("1M") is Timeframe.MONTH


def test_what_is_streamed() -> None:
    streamed = [unit for unit in Timeframe if unit.is_streamed]
    assert [unit.wire_type for unit in streamed] == [
        "candle.1s",
        "candle.1m",
        "candle.3m",
        "candle.5m",
        "candle.10m",
        "candle.15m",
        "candle.30m",
        "candle.60m",
        "candle.240m",
    ]


def test_the_streamed_types_are_those_of_the_facts() -> None:
    if not FACTS.is_file():
        pytest.skip("the fact sheets do not lie beside this checkout")
    streamed = [unit.wire_type for unit in Timeframe if unit.is_streamed]
    assert streamed == json.loads(FACTS.read_text(encoding="utf-8"))


@pytest.mark.parametrize("unit", [Timeframe.DAY, Timeframe.WEEK, Timeframe.MONTH, Timeframe.YEAR])
def test_longer_units_are_not_streamed(unit: Timeframe) -> None:
    assert not unit.is_streamed
    with pytest.raises(InvalidRequest, match="use REST"):
        _ = unit.wire_type


def test_rest_paths() -> None:
    assert [unit.rest_path for unit in Timeframe] == [
        "seconds",
        "minutes/1",
        "minutes/3",
        "minutes/5",
        "minutes/10",
        "minutes/15",
        "minutes/30",
        "minutes/60",
        "minutes/240",
        "days",
        "weeks",
        "months",
        "years",
    ]


def test_durations() -> None:
    assert Timeframe.SECOND_1.duration_ms == 1000
    assert Timeframe.MINUTE_240.duration_ms == 4 * 60 * 60 * 1000
    assert Timeframe.DAY.duration_ms == 86_400_000
    assert Timeframe.WEEK.duration_ms == 7 * 86_400_000
    assert Timeframe.MONTH.duration_ms == 30 * 86_400_000
    assert Timeframe.YEAR.duration_ms == 365 * 86_400_000


@pytest.mark.parametrize(
    ("unit", "start", "following"),
    [
        (Timeframe.SECOND_1, "2026-03-18T14:37:21", "2026-03-18T14:37:22"),
        (Timeframe.MINUTE_1, "2026-03-18T14:37:00", "2026-03-18T14:38:00"),
        (Timeframe.MINUTE_5, "2026-03-18T14:35:00", "2026-03-18T14:40:00"),
        (Timeframe.MINUTE_240, "2026-03-18T12:00:00", "2026-03-18T16:00:00"),
        (Timeframe.DAY, "2026-03-18T00:00:00", "2026-03-19T00:00:00"),
        (Timeframe.WEEK, "2026-03-16T00:00:00", "2026-03-23T00:00:00"),
        (Timeframe.MONTH, "2026-03-01T00:00:00", "2026-04-01T00:00:00"),
        (Timeframe.YEAR, "2026-01-01T00:00:00", "2027-01-01T00:00:00"),
    ],
)
def test_the_candle_of_a_moment(unit: Timeframe, start: str, following: str) -> None:
    """A day begins at 00:00 UTC, which is 09:00 in Korea, and a week on Monday."""
    moment = ms("2026-03-18T14:37:21.250")
    assert unit.start_of(moment) == ms(start)
    assert unit.next_start(ms(start)) == ms(following)


def test_months_and_years_of_every_length() -> None:
    assert Timeframe.MONTH.next_start(ms("2028-02-01")) == ms("2028-03-01")
    assert Timeframe.MONTH.next_start(ms("2026-12-01")) == ms("2027-01-01")
    assert Timeframe.YEAR.next_start(ms("2028-01-01")) == ms("2029-01-01")
    assert Timeframe.YEAR.next_start(ms("2027-01-01")) == ms("2028-01-01")


@given(st.sampled_from(Timeframe), TIMES)
def test_candles_tile_time(unit: Timeframe, moment: int) -> None:
    """Every moment lies in exactly one candle, and the next one begins where it ends."""
    start = unit.start_of(moment)
    following = unit.next_start(start)
    assert start <= moment < following
    assert unit.start_of(start) == start
    assert unit.start_of(following - 1) == start
    assert unit.start_of(following) == following
