"""Labels that do not cover each other. Pure."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from upbit_ws_qt_widgets.models.label_places import apart


def test_labels_with_room_stay_where_they_are() -> None:
    assert apart([20, 40, 60], 20, 10, 90) == [20, 40, 60]
    assert apart([], 20, 10, 90) == []


def test_labels_that_touch_make_room_on_both_sides() -> None:
    assert apart([50, 50], 20, 10, 90) == [40, 60]
    assert apart([50, 50, 51], 20, 10, 90) == pytest.approx([30 + 1 / 3, 50 + 1 / 3, 70 + 1 / 3])


def test_a_group_that_grows_into_another_takes_it_in() -> None:
    assert apart([30, 45, 46], 20, 0, 100) == pytest.approx([61 / 3, 121 / 3, 181 / 3])


def test_none_leaves_the_pane() -> None:
    assert apart([0, 5], 20, 10, 90) == [10, 30]
    assert apart([88, 100], 20, 10, 90) == [70, 90]


def test_whatever_is_wanted_they_are_apart_and_inside() -> None:
    dice = random.Random(7)  # noqa: S311 - not a secret
    for _ in range(300):
        count = dice.randint(1, 9)
        wanted = sorted(dice.uniform(-50, 150) for _ in range(count))
        placed = apart(wanted, 10, 5, 95)
        gaps = [after - before for before, after in pairwise(placed)]
        assert min(gaps, default=10) > 10 - 1e-9
        assert placed[0] > 5 - 1e-9
        assert placed[-1] < 95 + 1e-9
