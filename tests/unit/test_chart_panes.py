"""Which panes there are and how high they are. Pure."""

from __future__ import annotations

import json

import pytest

from tests.chart_bars import TEXT
from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt_widgets.models.chart_layout import ChartLayout, PaneSubject
from upbit_ws_qt_widgets.models.chart_panes import Panes
from upbit_ws_qt_widgets.models.indicators.momentum import MACD, RSI

CHOSEN = (RSI.chosen(), MACD.chosen())


def laid_out(panes: Panes) -> ChartLayout:
    return ChartLayout.of(800, 800, 1.0, 90.0, TEXT, panes.wanted(CHOSEN))


def subjects(panes: Panes) -> list[PaneSubject]:
    return [one.subject for one in panes.wanted(CHOSEN)]


def test_the_amounts_come_first_and_can_be_left_out() -> None:
    panes = Panes()
    assert subjects(panes) == [None, *CHOSEN]
    panes.shows_amounts = False
    assert subjects(panes) == list(CHOSEN)


def test_a_dragged_edge_is_kept_and_a_reset_forgets_it() -> None:
    panes = Panes()
    before = laid_out(panes)
    panes.drag(before, 1, -30)
    after = laid_out(panes)
    assert after.panes[1].top == before.panes[1].top - 30
    assert after.panes[0].top == before.panes[0].top
    assert after.panes[2] == before.panes[2]
    panes.reset()
    assert laid_out(panes) == before


def test_a_closed_pane_comes_back_with_the_usual_height() -> None:
    panes = Panes()
    panes.drag(laid_out(panes), 2, -40)
    panes.forget(CHOSEN[1])
    panes.forget(CHOSEN[1])
    assert panes.heights(CHOSEN)[2] is None
    assert panes.heights(CHOSEN)[1] is not None


def test_heights_come_back_through_text() -> None:
    panes, others = Panes(), Panes()
    panes.drag(laid_out(panes), 0, -40)
    others.restore(others.checked(json.loads(json.dumps(panes.heights(CHOSEN)))), CHOSEN)
    assert laid_out(others) == laid_out(panes)
    others.restore([None], CHOSEN)
    assert others.heights(CHOSEN) == [None, None, None]


@pytest.mark.parametrize("wrong", ["x", None, [0.2] * 33, [True], ["a"], [0], [1.0], [-0.1], [2]])
def test_what_are_no_heights_is_refused(wrong: object) -> None:
    with pytest.raises(InvalidRequest, match="height"):
        Panes.checked(wrong)
