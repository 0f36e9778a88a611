"""What was traded at each price lately. Pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt.events import TradeEvent
from upbit_ws_qt_widgets.models.ladder_sides import Level, Sides
from upbit_ws_qt_widgets.models.level_trades import WINDOW_MS, LevelTrades

SIDES = Sides((Level(103.0, 1.0, 103.0),), (Level(102.0, 1.0, 102.0),))


def trade(number: int, price: float, volume: float, ms: int = 0) -> TradeEvent:
    return TradeEvent(
        type="trade",
        code="KRW-BTC",
        timestamp=ms,
        trade_price=price,
        trade_volume=volume,
        ask_bid="BID",
        sequential_id=number,
    )


def taken(*trades: TradeEvent) -> LevelTrades:
    made = LevelTrades()
    for each in trades:
        made.take(each)
    return made


def amounts(trades: LevelTrades, step: float = 1.0, *, in_value: bool = False) -> object:
    return dict(trades.amounts(SIDES, step, in_value=in_value))


def test_trades_are_summed_up_on_the_side_that_their_price_is_on_now() -> None:
    trades = taken(trade(1, 103, 0.5), trade(2, 103, 0.25), trade(3, 101, 2.0))
    assert amounts(trades) == {(True, 103): 0.75, (False, 101): 2.0}
    assert amounts(trades, in_value=True) == {(True, 103): 77.25, (False, 101): 202.0}


def test_on_a_coarser_grid_asks_go_up_and_bids_down() -> None:
    trades = taken(trade(1, 103, 0.5), trade(2, 104, 0.25), trade(3, 101, 2.0), trade(4, 102, 1.0))
    assert amounts(trades, 5.0) == {(True, 21): 0.75, (False, 20): 3.0}


def test_a_trade_counts_for_a_minute_and_leaves_nothing_behind() -> None:
    trades = taken(trade(1, 103, 0.1, 1000), trade(2, 103, 0.2, 2000), trade(3, 101, 0.3, 2000))
    assert trades.next_due_ms() == 1000 + WINDOW_MS
    trades.forget(999 + WINDOW_MS)
    assert amounts(trades) == {(True, 103): pytest.approx(0.3), (False, 101): 0.3}
    trades.forget(1000 + WINDOW_MS)
    assert amounts(trades) == {(True, 103): 0.2, (False, 101): 0.3}
    trades.forget(2000 + WINDOW_MS)
    assert amounts(trades) == {}
    assert trades.next_due_ms() is None


def test_a_newer_trade_shows_that_older_ones_are_over() -> None:
    trades = taken(trade(1, 103, 0.1, 1000), trade(2, 101, 0.2, 1000 + WINDOW_MS))
    assert amounts(trades) == {(False, 101): 0.2}


def test_what_is_told_is_made_once_until_something_is_different() -> None:
    trades = taken(trade(1, 103, 0.1, 1000))
    told = trades.amounts(SIDES, 1.0, in_value=False)
    assert trades.amounts(SIDES, 1.0, in_value=False) is told
    trades.take(trade(2, 103, 0.2, 1000))
    assert amounts(trades) == {(True, 103): pytest.approx(0.3)}
    trades.take(trade(3, 103, 0.4, 1500 + WINDOW_MS))
    assert amounts(trades) == {(True, 103): 0.4}
    trades = taken(trade(1, 103, 0.1, 1000))
    above = Sides((Level(105.0, 1.0, 105.0),), (Level(104.0, 1.0, 104.0),))
    assert dict(trades.amounts(above, 1.0, in_value=False)) == {(False, 103): 0.1}
    assert dict(trades.amounts(above, 1.0, in_value=True)) == {(False, 103): 10.3}
    assert dict(trades.amounts(above, 10.0, in_value=True)) == {(False, 10): 10.3}


def test_trades_come_late_and_again() -> None:
    trades = taken(trade(2, 103, 0.2, 2000), trade(1, 103, 0.1, 1000), trade(2, 103, 0.2, 2000))
    assert amounts(trades) == {(True, 103): pytest.approx(0.3)}
    trades.forget(1000 + WINDOW_MS)
    assert amounts(trades) == {(True, 103): 0.2}
    # One that is over is not counted even when it comes last.
    trades.take(trade(3, 103, 5.0, 2000))
    trades.forget(2000 + WINDOW_MS)
    assert amounts(trades) == {}


def test_a_pause_holds_what_is_told() -> None:
    trades = taken(trade(1, 103, 0.1, 1000))
    trades.pause(on=True)
    trades.take(trade(2, 103, 0.2, 2000))
    trades.forget(1000 + WINDOW_MS)
    assert amounts(trades) == {(True, 103): 0.1}
    assert trades.next_due_ms() is None
    trades.pause(on=False)
    assert amounts(trades) == {(True, 103): 0.2}


@given(
    st.lists(
        st.tuples(st.integers(0, 3 * WINDOW_MS), st.integers(100, 105), st.integers(1, 10**9)),
        max_size=40,
    )
)
def test_the_sums_are_those_of_the_last_minute(rows: list[tuple[int, int, int]]) -> None:
    trades = LevelTrades()
    for number, (ms, price, units) in enumerate(rows):
        trades.take(trade(number, price, units / 1e8, ms))
    newest = max((ms for ms, _, _ in rows), default=0)
    trades.forget(newest)
    wanted: dict[float, int] = {}
    for ms, price, units in rows:
        if ms > newest - WINDOW_MS:
            wanted[price] = wanted.get(price, 0) + units
    told = trades.amounts(SIDES, 1.0, in_value=False)
    assert {index: round(amount * 1e8) for (_, index), amount in told.items()} == wanted
