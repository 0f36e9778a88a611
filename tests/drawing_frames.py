"""Frames that a test of drawings can reckon with. Tests only."""

from __future__ import annotations

from typing import Any

from tests.chart_bars import MINUTE, START, chart, rows
from upbit_ws_qt_widgets.models.chart_scale import PriceScale
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.drawings.canvas import Canvas
from upbit_ws_qt_widgets.models.drawings.frame import Frame, frame_of
from upbit_ws_qt_widgets.models.drawings.kinds import Anchor

CHARACTER = 7.0
LINE = 14.0


def state_of(count: int = 100, **options: Any) -> ChartState:
    """A chart of bars that close at 1000, 1001 …, between the prices 900 and 1100."""
    state = chart(rows(range(count)), **options)
    state.scale = PriceScale(900.0, 1100.0, auto=False)
    return state


def frame(count: int = 100, **options: Any) -> Frame:
    """The frame of such a chart, with letters of one width."""
    made = frame_of(state_of(count, **options), lambda text: CHARACTER * len(text), LINE)
    assert made is not None
    return made


def canvas(count: int = 100, **options: Any) -> Canvas:
    """The canvas of such a chart."""
    return Canvas(frame(count, **options))


def at(index: float, price: float) -> Anchor:
    """The anchor at bar ``index`` of it, also between bars and outside."""
    return Anchor(round(START + index * MINUTE), price)
