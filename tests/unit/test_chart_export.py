"""The bars of a chart as a table for other programs. Pure."""

from __future__ import annotations

import csv
import math
from datetime import datetime
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chart_bars import MINUTE, START, bar, chart, wave
from upbit_ws_qt_widgets.models.candle_input import page_of
from upbit_ws_qt_widgets.models.chart_export import BarsSheet, indicator_plots, sheet_of
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.chart_time import TimeZone


def read(sheet: BarsSheet) -> list[dict[str, str]]:
    text = sheet.head() + sheet.lines(0, len(sheet))
    return list(csv.DictReader(text.splitlines(), delimiter=sheet.separator))


def all_of(state: ChartState, separator: str = ",") -> BarsSheet:
    return sheet_of(state, state.bars.first, state.bars.end, separator=separator)


def figures(*numbers: float) -> BarsSheet:
    """A sheet of one column."""
    times = np.arange(len(numbers), dtype=np.int64)
    return BarsSheet(("time", "time_ms", "x"), times, (np.array(numbers),), 0, ",")


def bare(count: int) -> ChartState:
    state = chart(wave(count))
    state.overlays.choose(())
    return state


def test_bars_come_oldest_first_with_all_their_figures() -> None:
    rows = read(all_of(bare(3)))
    assert [row["time_ms"] for row in rows] == [str(START + at * MINUTE) for at in range(3)]
    assert list(rows[1].values()) == [
        "2026-01-02T09:01:00+09:00",
        "1767312060000",
        "100000",
        "101088",
        "99500",
        "100588",
        "2",
        "201176",
    ]


def test_an_empty_chart_has_a_head_alone() -> None:
    sheet = all_of(bare(0))
    assert (len(sheet), read(sheet)) == (0, [])
    assert sheet.head() == "time,time_ms,open,high,low,close,volume,value\n"


@pytest.mark.parametrize(("zone", "hour"), [(TimeZone.KST, "09"), (TimeZone.UTC, "00")])
def test_times_are_of_the_charts_zone_and_say_so(zone: TimeZone, hour: str) -> None:
    state = bare(1)
    state.zone = zone
    (row,) = read(all_of(state))
    assert row["time"].startswith(f"2026-01-02T{hour}:00:00+{hour}")
    assert datetime.fromisoformat(row["time"]).timestamp() * 1000 == int(row["time_ms"])


def test_some_of_the_bars_by_their_numbers() -> None:
    state = bare(9)
    rows = read(sheet_of(state, 4, 6))
    assert [row["time_ms"] for row in rows] == [str(START + at * MINUTE) for at in (4, 5)]
    older = wave(3)
    older["time"] -= 3 * MINUTE
    state.merge(page_of(older))
    assert state.bars.first == -3
    assert read(sheet_of(state, 4, 6)) == rows


def test_a_sheet_stays_when_the_bars_change() -> None:
    state = bare(3)
    sheet = all_of(state)
    before = sheet.lines(0, 3)
    state.candle(bar(1, 5.0), None)
    assert sheet.lines(0, 3) == before
    assert all_of(state).lines(0, 3) != before


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0.1 + 0.2, "0.3"),
        (163_000_000.0, "163000000"),
        (0.00000001, "0.00000001"),
        (1e15, "1000000000000000"),
        (123456.78901234, "123456.78901234"),
        (-4.5e-9, "-0.0000000045"),
        (math.nan, ""),
    ],
)
def test_numbers_are_plain_decimals(number: float, written: str) -> None:
    (row,) = read(figures(number))
    assert row["x"] == written


@given(st.integers(1, 10**15 - 1), st.integers(0, 8))
def test_what_the_exchange_writes_comes_out_again(digits: int, decimals: int) -> None:
    exact = Decimal(digits).scaleb(-decimals)
    (row,) = read(figures(float(exact)))
    assert Decimal(row["x"]) == exact
    assert "e" not in row["x"]


@given(st.lists(st.floats(0, 1e18), min_size=1, max_size=20), st.integers(0, 20))
def test_slices_together_are_the_whole(numbers: list[float], cut: int) -> None:
    sheet = figures(*numbers)
    assert sheet.lines(0, cut) + sheet.lines(cut, len(sheet)) == sheet.lines(0, len(sheet))


def test_indicators_have_a_column_for_each_line_where_it_is_drawn() -> None:
    state = bare(60)
    state.overlays.choose(
        state.overlays.checked(
            [
                {"key": "macd"},
                {"key": "ma", "settings": {"length": 5}},
                {"key": "ichimoku"},
            ]
        )
    )
    sheet = all_of(state)
    names = [name for name, _ in indicator_plots(state)]
    assert sheet.heads[8:] == tuple(names)
    assert names[0] == "MA5", "those on the price come first"
    assert "MACD 12 26 9 Signal" in names
    rows = read(sheet)
    assert [row["MA5"] for row in rows[:4]] == [""] * 4
    mean = math.fsum(float(row["close"]) for row in rows[:5]) / 5
    assert float(rows[4]["MA5"]) == pytest.approx(mean)
    for name, plot in indicator_plots(state):
        for at, row in enumerate(rows):
            place = at - plot.shift
            value = plot.values[place] if 0 <= place < 60 else math.nan
            written = float(row[name] or "nan")
            assert written == pytest.approx(value, nan_ok=True)
    shifts = {plot.shift for _, plot in indicator_plots(state)}
    assert min(shifts) < 0 < max(shifts), "lines drawn earlier and later are among them"


def test_of_a_line_drawn_later_than_all_bars_nothing_is_left() -> None:
    state = bare(10)
    state.overlays.choose(state.overlays.checked([{"key": "ichimoku"}]))
    heads = [name for name, plot in indicator_plots(state) if plot.shift > 10]
    rows = read(all_of(state))
    assert heads
    assert {row[name] for row in rows for name in heads} == {""}


def test_a_table_for_spreadsheets_has_tabs() -> None:
    sheet = all_of(bare(2), "\t")
    assert sheet.head().startswith("time\ttime_ms\topen")
    assert read(sheet)[1]["open"] == "100000"


def test_names_with_a_separator_are_quoted() -> None:
    times = np.zeros(1, np.int64)
    sheet = BarsSheet(("time", "time_ms", "a,b"), times, (np.ones(1),), 0, ",")
    assert read(sheet)[0]["a,b"] == "1"
