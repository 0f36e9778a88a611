"""What a table of bars says, and what it has to do when they change. Pure."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.chart_bars import MINUTE, START, bar, chart, rows, wave
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_resources import translations
from upbit_ws_qt_widgets.models.bars import NEWEST
from upbit_ws_qt_widgets.models.candle_input import page_of
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.chart_table import CHANGE, BarRows, RowChange
from upbit_ws_qt_widgets.models.chart_time import TimeZone
from upbit_ws_qt_widgets.models.live_bars import Trade


def made(count: int = 20, *keys: str) -> tuple[ChartState, BarRows]:
    """A chart with so many bars and these indicators, and its table, up to date."""
    state = chart(wave(count))
    state.overlays.choose(state.overlays.checked([{"key": key} for key in keys]))
    table = BarRows(state)
    assert table.update() == RowChange(anew=True)
    return state, table


def test_a_bar_is_a_row_of_words() -> None:
    _, table = made()
    assert (table.first, table.end) == (0, 20)
    assert dict(zip(table.heads, table.cells(1), strict=True)) == {
        "Time": "2026-01-02 (Fri) 09:01",
        "Open": "100,000",
        "High": "101,088",
        "Low": "99,500",
        "Close": "100,588",
        "Change": "+0.59%",
        "Volume": "2.000",
        "Value": "201,176",
    }
    assert table.cells(0)[CHANGE] == "+0.00%", "of the first bar, from its open"


def test_small_values_have_their_decimals() -> None:
    state, table = made(0)
    state.candle(bar(0, 0.5), None)
    table.update()
    assert table.cells(0)[-1] == "0.500"


def test_language_and_zone_change_all_rows() -> None:
    state, table = made()
    state.words = translations("ko")
    assert table.update() == RowChange(anew=True)
    assert table.heads[0] == "시각"
    assert table.cells(1)[0] == "2026-01-02 (금) 09:01"
    state.zone = TimeZone.UTC
    assert table.update() == RowChange(anew=True)
    assert table.cells(1)[0] == "2026-01-02 (금) 00:01"


def test_indicators_have_columns_in_their_units() -> None:
    state, table = made(60, "ma", "rsi", "macd", "obv", "ichimoku")
    heads = dict(zip(table.heads, table.cells(59), strict=True))
    assert heads["MA20"] == f"{state.overlays.on_price(state.bars)[0].plots[0].values[59]:,.0f}"
    assert heads["RSI14"].count(".") == 1
    assert len(heads["RSI14"].partition(".")[2]) == 2
    assert len(heads["MACD 12 26 9 Signal"].partition(".")[2]) == 2, "finer than a price step of 1"
    assert heads["OBV"] == "-10.0"
    assert heads["Ichimoku 9 26 52 26 Lagging span"] == "", "drawn in the past"
    early = dict(zip(table.heads, table.cells(3), strict=True))
    assert (early["MA20"], early["RSI14"]) == ("", "")
    state.overlays.choose(())
    assert table.update() == RowChange(anew=True)
    assert len(table.heads) == len(table.cells(3)) == 8


def test_amounts_below_zero_keep_their_sign() -> None:
    state, table = made(0, "obv")
    for index, close in enumerate((100.0, 90.0, 80.0)):
        state.candle(bar(index, close, 20_000.0), None)
    table.update()
    assert table.cells(2)[-1] == "-20.0K"


def test_direction_is_against_the_close_before() -> None:
    state, table = made(0)
    for index, close in enumerate((100.0, 101.0, 101.0, 90.0)):
        state.candle(bar(index, close), None)
    table.update()
    assert [table.direction(number) for number in range(-1, 5)] == [0, 0, 1, 0, -1, 0]


def test_a_tick_changes_one_row() -> None:
    state, table = made()
    state.trade(Trade(START + 19 * MINUTE + 5, 1, 100.0, 1.0))
    assert table.update() == RowChange(changed=1)
    assert table.cells(19)[4] == "100"
    assert BarRows(chart()).update() == RowChange(anew=True)


def test_new_bars_come_at_the_top() -> None:
    state, table = made()
    for index in range(20, 23):
        state.trade(Trade(START + index * MINUTE + 5, index, 100.0, 1.0))
    assert table.update() == RowChange(newer=3, changed=3 + NEWEST)
    assert (table.first, table.end) == (0, 23)


def test_history_comes_at_the_end_and_may_change_all_indicators() -> None:
    state, table = made()
    state.merge(page_of(rows(range(-5, 0))))
    assert table.update() == RowChange(older=5, changed=25)
    assert table.cells(-5)[4] == "995"


def test_an_empty_table_fills_from_its_first_bar() -> None:
    state, table = made(0)
    assert table.update() == RowChange(changed=0)
    state.candle(bar(0), None)
    assert table.update() == RowChange(newer=1, changed=1)


def test_a_bar_in_between_makes_all_rows_anew() -> None:
    """It renumbers what is older."""
    state = chart(rows([0, 1, 2, 4, 5]))
    table = BarRows(state)
    table.update()
    state.merge(page_of(rows([3])))
    assert table.update() == RowChange(anew=True)
    assert table.cells(table.first)[4] == "1,000"


def test_another_market_is_another_table_and_old_rows_are_blank() -> None:
    state, table = made()
    state.load(page_of(wave(3)), keep_newer=False)
    assert table.cells(10) == ("",) * 8, "asked for before it is told"
    assert table.update() == RowChange(anew=True)
    state.restart(Timeframe.MINUTE_5)
    assert table.update() == RowChange(anew=True)
    assert (table.first, table.end) == (0, 0)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("candle"), st.integers(-30, 30)),
            st.tuples(st.just("page"), st.integers(-30, 30)),
            st.tuples(st.just("load"), st.integers(0, 10)),
            st.tuples(st.just("look"), st.just(0)),
        ),
        max_size=25,
    )
)
def test_rows_moved_as_told_are_the_rows_of_a_new_table(steps: list[tuple[str, int]]) -> None:
    """A list that only does what it is told has the same times as the bars."""
    state = chart(rows(range(5)))
    table = BarRows(state)
    shown: list[str] = []
    for what, index in [*steps, ("look", 0)]:
        if what == "candle":
            state.candle(bar(index), None)
        elif what == "page":
            state.merge(page_of(rows(range(index, index + 3))))
        elif what == "load":
            state.load(page_of(rows(range(index))), keep_newer=False)
        else:
            change = table.update()
            now = [table.cells(number)[0] for number in reversed(range(table.first, table.end))]
            if change.anew:
                shown = list(now)
            shown[:0] = now[: change.newer]
            shown += now[len(now) - change.older :]
            shown[: change.changed] = now[: change.changed]
    times = np.flip(state.bars.times).tolist()
    assert len(shown) == len(times)
    fresh = BarRows(state)
    fresh.update()
    assert shown == [fresh.cells(number)[0] for number in reversed(range(fresh.first, fresh.end))]
