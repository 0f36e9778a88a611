"""What the chart writes, in both languages. Pure."""

from __future__ import annotations

import pytest

from tests.chart_bars import DAY, MINUTE, START
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_resources import translations
from upbit_ws_qt_widgets.models.chart_scale import PriceScale
from upbit_ws_qt_widgets.models.chart_text import (
    axis_time,
    compact,
    countdown,
    full_time,
    percent,
    span,
    value_text,
    volume_text,
)
from upbit_ws_qt_widgets.models.chart_time import Landmark, TimeZone
from upbit_ws_qt_widgets.models.indicators import ValueUnit

KO, EN = translations("ko"), translations("en")
KST = TimeZone.KST
HALF_PAST_THREE = START + (6 * 3600 + 30 * 60 + 7) * 1000
"""15:30:07 in Korea."""


@pytest.mark.parametrize(
    ("landmark", "ko", "en"),
    [
        (Landmark.SECOND, "15:30:07", "15:30:07"),
        (Landmark.MINUTE, "15:30", "15:30"),
        (Landmark.DAY, "1/2", "1/2"),
        (Landmark.MONTH, "1월", "Jan"),
        (Landmark.YEAR, "2026", "2026"),
    ],
)
def test_axis_labels_say_what_begins(landmark: Landmark, ko: str, en: str) -> None:
    assert axis_time(HALF_PAST_THREE, landmark, KO, KST) == ko
    assert axis_time(HALF_PAST_THREE, landmark, EN, KST) == en


def test_a_date_is_the_date_in_korea() -> None:
    assert axis_time(START, Landmark.DAY, EN, KST) == "1/2"
    assert axis_time(START + 16 * 3_600_000, Landmark.DAY, EN, KST) == "1/3"


@pytest.mark.parametrize(
    ("unit", "ko"),
    [
        ("1s", "2026-01-02 (금) 15:30:07"),
        ("1m", "2026-01-02 (금) 15:30"),
        ("240m", "2026-01-02 (금) 15:30"),
        ("1d", "2026-01-02 (금)"),
        ("1w", "2026-01-02 (금)"),
        ("1M", "2026-01"),
        ("1y", "2026"),
    ],
)
def test_a_start_in_full_is_as_fine_as_its_unit(unit: str, ko: str) -> None:
    assert full_time(HALF_PAST_THREE, Timeframe.parse(unit), KO, KST) == ko
    assert full_time(START, Timeframe.DAY, EN, KST) == "2026-01-02 (Fri)"


def test_in_utc_hours_are_nine_less_and_the_exchanges_dates_the_same() -> None:
    zone = TimeZone.UTC
    assert axis_time(HALF_PAST_THREE, Landmark.MINUTE, EN, zone) == "06:30"
    assert full_time(START - MINUTE, Timeframe.MINUTE_1, EN, zone) == "2026-01-01 (Thu) 23:59"
    for unit in (Timeframe.DAY, Timeframe.WEEK, Timeframe.MONTH):
        assert full_time(START, unit, EN, zone) == full_time(START, unit, EN, KST)


def test_a_stretch_of_time_has_dates_only_when_it_is_long() -> None:
    assert span(START + 2000, START + 14_000, EN, KST) == "09:00:02–09:00:14"
    assert span(START + 2000, START + 14_000, KO, TimeZone.UTC) == "00:00:02~00:00:14"
    assert span(START, START + DAY, EN, KST) == "2026-01-02 09:00–2026-01-03 09:00"


@pytest.mark.parametrize(
    ("remaining", "text"),
    [
        (0, "00:00"),
        (-5, "00:00"),
        (1, "00:01"),
        (1000, "00:01"),
        (59_001, "01:00"),
        (299_000, "04:59"),
        (3_600_000, "1:00:00"),
        (DAY - 1000, "23:59:59"),
        (DAY + 3 * 3_600_000 + 4 * 60_000, "1d 03:04"),
    ],
)
def test_the_countdown_reaches_nothing_when_the_bar_closes(remaining: float, text: str) -> None:
    assert countdown(remaining, EN) == text


@pytest.mark.parametrize(
    ("number", "ko", "en"),
    [
        (0.0, "0", "0"),
        (0.00123, "0.00123", "0.00123"),
        (0.5, "0.50", "0.50"),
        (9.994, "9.99", "9.99"),
        (12.34, "12.3", "12.3"),
        (999.0, "999", "999"),
        (1_234.0, "1,234", "1.23K"),
        (9_999.6, "1.00만", "10.0K"),
        (12_345.0, "1.23만", "12.3K"),
        (99_999_999.0, "1.00억", "100M"),
        (1.5e9, "15.0억", "1.50B"),
        (2.34e12, "2.34조", "2.34T"),
        (1.2e16, "12,000조", "12,000T"),
    ],
)
def test_large_amounts_are_shortened_as_each_language_does(number: float, ko: str, en: str) -> None:
    assert compact(number, KO) == ko
    assert compact(number, EN) == en


@pytest.mark.parametrize(
    ("volume", "text"),
    [
        (0.0, "0.000"),
        (12.3456, "12.346"),
        (1_234_567.0, "1,234,567.000"),
        (0.00012, "0.00012"),
        (0.5, "0.500"),
        (0.12345678, "0.12345678"),
    ],
)
def test_volumes_are_as_precise_as_a_glance_needs(volume: float, text: str) -> None:
    assert volume_text(volume) == text


def test_changes_carry_their_sign() -> None:
    assert [percent(x) for x in (0.0123, -0.5, 0.0)] == ["+1.23%", "-50.00%", "+0.00%"]


@pytest.mark.parametrize(
    ("value", "unit", "span", "text"),
    [
        (62.314, ValueUnit.NUMBER, 100.0, "62.31"),
        (0.12345, ValueUnit.NUMBER, 0.2, "0.123"),
        (-0.4, ValueUnit.PRICE, 5000.0, "0"),
        (-1234.6, ValueUnit.PRICE, 5000.0, "-1,235"),
        (1.2345, ValueUnit.PRICE, 5.0, "1.23"),
        (0.00001234, ValueUnit.PRICE, 0.00002, "0.0000123"),
        (12_340_000.0, ValueUnit.AMOUNT, 1e7, "12.3M"),
        (-12_340_000.0, ValueUnit.AMOUNT, 1e7, "-12.3M"),
        (float("nan"), ValueUnit.AMOUNT, 1e7, "–"),
    ],
)
def test_values_are_as_fine_as_their_pane(
    value: float, unit: ValueUnit, span: float, text: str
) -> None:
    scale = PriceScale(-span / 4, span * 3 / 4)
    assert value_text(value, unit, scale, translations("en")) == text
