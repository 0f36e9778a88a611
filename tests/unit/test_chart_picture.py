"""The frozen picture. Pure."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from tests.chart_bars import chart
from upbit_ws_qt_widgets.models.chart_backdrop import empty_backdrop
from upbit_ws_qt_widgets.models.chart_picture import Front, LegendItem, Picture


def test_a_picture_cannot_be_changed_after_it_was_resolved() -> None:
    backdrop = empty_backdrop(chart())
    picture = Picture(backdrop, Front())
    for part, name in ((picture, "front"), (backdrop, "shapes"), (picture.front, "title")):
        with pytest.raises(FrozenInstanceError):
            setattr(part, name, None)


def test_backdrops_are_compared_by_identity_because_painting_one_again_is_what_costs() -> None:
    state = chart()
    assert empty_backdrop(state) != empty_backdrop(state)


def test_a_front_says_nothing_by_itself_and_entries_may_give_way() -> None:
    assert Front().price is None
    assert not LegendItem("O", "1", "rise").essential
