"""The frozen picture of the marks. Pure."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from upbit_ws_qt_widgets.models.marks_picture import FillMarks, LineMark, MarksPicture


def test_a_picture_cannot_be_changed_and_says_nothing_by_itself() -> None:
    picture = MarksPicture(20)
    assert (picture.lines, picture.edges, picture.fills, picture.note) == ((), (), None, None)
    with pytest.raises(FrozenInstanceError):
        picture.row = 3  # type: ignore[misc]


def test_fills_are_compared_by_identity_because_arrays_have_no_truth() -> None:
    rects = np.empty((0, 4))
    assert FillMarks(rects, rects, ()) != FillMarks(rects, rects, ())


def test_a_line_is_plain_unless_it_is_said() -> None:
    line = LineMark(5, "rise", "Buy", "100", 5, 5)
    assert [line.has_bell, line.is_chosen, line.is_ghost] == [False] * 3
