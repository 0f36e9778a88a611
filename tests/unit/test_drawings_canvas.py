"""Figures are worked out once for each frame. Pure."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.chart_bars import MINUTE, START, rows
from tests.drawing_frames import at, state_of
from upbit_ws_qt_resources import translations
from upbit_ws_qt_widgets.models.candle_input import page_of
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.drawings.canvas import Canvas, CanvasMaker, Lettering
from upbit_ws_qt_widgets.models.drawings.kinds import Drawing, Foreign, Kind
from upbit_ws_qt_widgets.models.live_bars import Trade

LETTERING = Lettering(lambda text: 7.0 * len(text), 14.0)
TREND = Drawing(Kind.TREND, (at(60, 950.0), at(90, 1050.0)))


def made(maker: CanvasMaker, state: ChartState) -> Canvas:
    canvas = maker.canvas(state, LETTERING)
    assert canvas is not None
    return canvas


def test_what_did_not_move_is_not_worked_out_again() -> None:
    maker, state = CanvasMaker(), state_of()
    canvas = made(maker, state)
    figure = canvas.figure(TREND)
    assert canvas.figures([TREND, Foreign("{}")]) == [figure, None]
    assert canvas.figure(Drawing(TREND.kind, TREND.anchors)) is figure
    assert made(maker, state) is canvas


def test_places_that_a_drag_has_left_are_forgotten() -> None:
    canvas = made(CanvasMaker(), state_of())
    kept = canvas.figures([TREND])[0]
    for index in range(50):
        canvas.figure(TREND.with_anchor(0, at(index, 1000.0)))
    assert canvas.figures([TREND])[0] is kept
    assert list(canvas._figures) == [TREND]


def test_a_tick_of_the_newest_bar_moves_nothing() -> None:
    maker, state = CanvasMaker(), state_of()
    canvas = made(maker, state)
    state.trade(Trade(START + 99 * MINUTE + 5, 1, 1098.5, 1.0))
    assert made(maker, state) is canvas


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.pan(30.0),
        lambda state: state.zoom(1.5),
        lambda state: state.stretch_prices(2.0),
        lambda state: state.resize(900.0, 480.0, 1.0, state.text),
        lambda state: setattr(state, "words", translations("ko")),
        lambda state: setattr(state, "tick_size", lambda _: 0.5),
        lambda state: state.merge(page_of(rows(range(-10, 0)))),
        lambda state: state.trade(Trade(START + 100 * MINUTE, 1, 1098.5, 1.0)),
    ],
)
def test_whatever_moves_a_drawing_makes_a_new_canvas(
    change: Callable[[ChartState], object],
) -> None:
    maker, state = CanvasMaker(), state_of()
    canvas = made(maker, state)
    change(state)
    assert made(maker, state) is not canvas


def test_without_bars_there_is_no_canvas() -> None:
    maker = CanvasMaker()
    assert maker.canvas(state_of(0), LETTERING) is None
    state = state_of()
    assert made(maker, state).figure(TREND).lines
    state.is_waiting = True
    assert maker.canvas(state, LETTERING) is None
