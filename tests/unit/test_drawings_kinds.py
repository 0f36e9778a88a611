"""What can be drawn. Pure."""

from __future__ import annotations

import pytest

from tests.drawing_frames import at
from upbit_ws_qt_widgets.models.drawings.kinds import Drawing, Kind


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_says_how_many_places_fix_it(kind: Kind) -> None:
    counts = {"horizontal": 1, "vertical": 1, "text": 1, "channel": 3}
    assert kind.anchor_count == counts.get(kind.value, 2)


def test_one_anchor_moves_and_the_others_stay() -> None:
    drawing = Drawing(Kind.CHANNEL, (at(0, 1.0), at(1, 2.0), at(2, 3.0)), locked=True)
    moved = drawing.with_anchor(1, at(5, 9.0))
    assert moved == Drawing(Kind.CHANNEL, (at(0, 1.0), at(5, 9.0), at(2, 3.0)), locked=True)
