"""The hand on the lines of own orders and alerts. Pure."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.chart_bars import chart, wave
from tests.own_trading import order
from upbit_ws_qt_widgets.models.chart_scale import PriceScale
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.line_hand import LineHand, Moved
from upbit_ws_qt_widgets.models.trading_marks import OrderKey

BID = OrderKey(is_ask=False, price=Decimal(100_000))


@pytest.fixture
def state() -> ChartState:
    """Prices from 99,000 at the bottom to 101,000, an order in the middle, steps of 10."""
    made = chart(wave(300))
    made.tick_size = lambda _: 10.0
    made.scale = PriceScale(99_000.0, 101_000.0, auto=False)
    made.marks.set_orders([order("a", "100000")])
    return made


@pytest.fixture
def hand(state: ChartState) -> LineHand:
    return LineHand(state)


def y(state: ChartState, price: float) -> float:
    layout = state.layout
    return float(state.scale.y(price, 0, layout.price_bottom)) / layout.ratio


def test_a_line_is_taken_near_it_and_nowhere_else(state: ChartState, hand: LineHand) -> None:
    middle = y(state, 100_000)
    assert hand.line_at(middle) == BID
    assert hand.line_at(middle + 4) == BID
    assert hand.line_at(middle + 5) is None
    assert not hand.press(middle + 5)
    assert not hand.is_held
    assert not state.is_held


def test_the_nearest_line_is_taken_and_at_one_place_the_alert(
    state: ChartState, hand: LineHand
) -> None:
    alert = state.marks.alerts.add(100_000.0, "cross", None)
    middle = y(state, 100_000)
    assert hand.line_at(middle) == alert
    state.marks.alerts.move(alert, 100_020.0, None)
    assert hand.line_at(middle + 1) == BID
    assert hand.line_at(y(state, 100_020) - 1) == alert


def test_on_a_finer_screen_places_are_in_px_all_the_same(state: ChartState, hand: LineHand) -> None:
    state.resize(800.0, 480.0, 2.0, state.text)
    middle = y(state, 100_000)
    assert hand.line_at(middle + 4) == BID
    assert hand.line_at(middle + 5) is None
    assert hand.price_at(middle) == 100_000


def test_a_drag_moves_the_ghost_to_price_steps_and_leaves_the_line(
    state: ChartState, hand: LineHand
) -> None:
    hand.move(5.0)
    assert state.marks.ghost is None
    middle = y(state, 100_000)
    assert hand.press(middle)
    assert state.is_held
    hand.move(middle - 3)
    assert state.marks.ghost is None
    hand.move(y(state, 100_256))
    assert state.marks.ghost == 100_260
    # Back where it began it is still a drag.
    hand.move(middle - 1)
    assert state.marks.ghost == 100_010
    hand.move(y(state, 99_871))
    assert state.marks.movable() == {BID: 100_000.0}
    assert hand.release() == Moved(BID, 99_870.0)
    assert (state.marks.chosen, state.marks.ghost) == (BID, None)
    assert not state.is_held
    assert not hand.is_held


def test_a_click_chooses_and_moves_nothing(state: ChartState, hand: LineHand) -> None:
    hand.press(y(state, 100_000))
    assert hand.release() is None
    assert state.marks.chosen == BID
    assert not hand.press(y(state, 100_500))
    assert state.marks.chosen is None


def test_a_drag_back_to_the_line_moves_nothing(state: ChartState, hand: LineHand) -> None:
    hand.press(y(state, 100_000))
    hand.move(y(state, 100_300))
    hand.move(y(state, 100_000))
    assert hand.release() is None


def test_no_line_goes_below_one_price_step(state: ChartState, hand: LineHand) -> None:
    state.scale = PriceScale(-1_000.0, 101_000.0, auto=False)
    hand.press(y(state, 100_000))
    hand.move(y(state, -500))
    assert state.marks.ghost == 10


def test_a_cancelled_drag_is_back_and_the_next_cancel_lets_go(
    state: ChartState, hand: LineHand
) -> None:
    assert not hand.cancel()
    hand.press(y(state, 100_000))
    hand.move(y(state, 100_300))
    assert hand.cancel()
    assert (state.marks.chosen, state.marks.ghost, hand.is_held) == (BID, None, False)
    assert not state.is_held
    # The button may be up still to come.
    hand.move(y(state, 100_400))
    assert hand.release() is None
    assert hand.cancel()
    assert state.marks.chosen is None


def test_a_line_that_goes_while_it_is_dragged_is_moved_nowhere(
    state: ChartState, hand: LineHand
) -> None:
    hand.press(y(state, 100_000))
    hand.move(y(state, 100_300))
    state.marks.set_orders([])
    state.marks.settle()
    hand.move(y(state, 100_400))
    assert state.marks.ghost is None
    assert hand.release() is None


def test_keys_go_round_the_lines_in_view_from_the_top(state: ChartState, hand: LineHand) -> None:
    low = state.marks.alerts.add(99_500.0, "cross", None)
    high = state.marks.alerts.add(100_500.0, "cross", None)
    state.marks.alerts.add(150_000.0, "cross", None)
    chosen = []
    for _ in range(4):
        assert hand.choose_next()
        chosen.append(state.marks.chosen)
    assert chosen == [high, BID, low, high]


def test_without_a_line_in_view_there_is_nothing_to_choose(
    state: ChartState, hand: LineHand
) -> None:
    state.scale = PriceScale(10.0, 20.0, auto=False)
    assert not hand.choose_next()
    assert not hand.nudge(1)
    assert hand.commit() is None


def test_keys_move_the_chosen_line_by_price_steps(state: ChartState, hand: LineHand) -> None:
    hand.choose_next()
    assert hand.nudge(1)
    assert hand.nudge(10)
    assert hand.nudge(-1)
    assert state.marks.ghost == 100_100
    assert hand.commit() == Moved(BID, 100_100.0)
    assert state.marks.ghost is None
    hand.nudge(1)
    hand.nudge(-1)
    assert hand.commit() is None
    # Another line is chosen as it is.
    hand.nudge(1)
    hand.choose_next()
    assert state.marks.ghost is None
