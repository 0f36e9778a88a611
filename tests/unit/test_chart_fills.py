"""Own fills on the bars: where their marks are, and what they tell. Pure."""

from __future__ import annotations

import numpy as np
import pytest

from tests.chart_bars import MINUTE, START, chart, wave
from upbit_ws_qt_widgets.models.chart_fills import coins
from upbit_ws_qt_widgets.models.chart_picture import Picture
from upbit_ws_qt_widgets.models.chart_resolve import ChartResolver
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.marks_picture import FillMarks
from upbit_ws_qt_widgets.models.own_fills import Fill


def state_with(*fills: Fill, spacing: float = 8.0, ratio: float = 1.0) -> ChartState:
    state = chart(wave(300), ratio=ratio)
    state.tick_size = lambda _: 10.0
    state.set_spacing(spacing)
    state.marks.fills.add(fills)
    return state


def fill(bar: int, volume: float = 0.5, *, ask: bool = False, price: float = 100_000.0) -> Fill:
    return Fill(START + bar * MINUTE + 1_000, price, volume, ask)


def resolved(state: ChartState) -> Picture:
    return ChartResolver().resolve(state, START + 300 * MINUTE)


def settled(state: ChartState) -> FillMarks:
    found = resolved(state).backdrop.fills
    assert found is not None
    return found


def x(state: ChartState, bar: int) -> int:
    """The middle of the wick of a bar."""
    resolved(state)
    layout = state.layout
    origin = layout.plot_width - round(state.view.right * state.view.spacing * layout.ratio)
    return origin + int((bar + 0.5) * state.view.spacing * layout.ratio)


def y(state: ChartState, price: float) -> int:
    return round(float(state.scale.y(price, 0, state.layout.price_bottom)))


@pytest.mark.parametrize("ratio", [1.0, 1.25, 2.0])
def test_bids_point_up_under_their_bar_and_asks_down_over_it(ratio: float) -> None:
    state = state_with(fill(290), fill(290, ask=True), ratio=ratio)
    marks = settled(state)
    bar, rows, gap = state.bars.bar(290), round(5 * ratio), round(3 * ratio)
    middle = abs(marks.bids[:, 0] + marks.bids[:, 2] / 2 - 0.5 - x(state, 290))
    assert middle.max() <= ratio
    assert marks.bids[0].tolist()[1:] == [y(state, bar.low) + gap, 1, 1]
    assert marks.bids[-1].tolist()[1:] == [y(state, bar.low) + gap + rows - 1, 2 * rows - 1, 1]
    assert marks.asks[0].tolist()[1:] == [y(state, bar.high) - gap - 1, 1, 1]
    assert marks.asks[-1].tolist()[1:] == [y(state, bar.high) - gap - rows, 2 * rows - 1, 1]


def test_on_an_inverted_scale_bids_are_still_below() -> None:
    state = state_with(fill(290), fill(290, ask=True))
    state.invert_prices(inverted=True)
    marks = settled(state)
    bar = state.bars.bar(290)
    assert y(state, bar.high) > y(state, bar.low)
    assert marks.bids[0][1] == y(state, bar.high) + 3
    assert marks.asks[0][1] == y(state, bar.low) - 4


def test_no_mark_leaves_the_pane() -> None:
    state = state_with(fill(290), fill(290, ask=True))
    resolved(state)
    state.stretch_prices(0.001)
    marks = settled(state)
    assert marks.asks[:, 1].min() >= 0
    assert marks.bids[:, 1].max() < state.layout.price_bottom


def test_fills_of_one_bar_and_side_are_one_mark_with_their_sum() -> None:
    marks = settled(state_with(fill(290, 0.1), fill(290, 0.2), fill(280, 1.5, ask=True)))
    assert len(marks.bids) == len(marks.asks) == 5
    assert [(label.text, label.is_ask) for label in marks.labels] == [("0.3", False), ("1.5", True)]


def test_amounts_stand_where_there_is_room_beside_the_neighbours() -> None:
    close = settled(state_with(fill(290), fill(291), fill(270), fill(291, ask=True)))
    assert [(label.is_ask, label.x) for label in close.labels] == [
        (False, x(state_with(), 270)),
        (True, x(state_with(), 291)),
    ]
    # A long one needs more.
    assert len(settled(state_with(fill(290, 0.5), fill(286, 0.5))).labels) == 2
    assert len(settled(state_with(fill(290, 0.12345678), fill(286, 0.5))).labels) == 1


def test_hidden_amounts_are_on_no_mark() -> None:
    state = state_with(fill(290))
    state.marks.hides_amounts = True
    assert settled(state).labels == ()
    assert len(settled(state).bids) == 5


def test_the_newest_bars_are_apart_because_it_grows() -> None:
    state = state_with(fill(299), fill(298))
    picture = resolved(state)
    assert picture.front.marks is not None
    live = picture.front.marks.fills
    assert live is not None
    assert len(live.bids) == len(settled(state).bids) == 5
    assert live.bids[0][1] == y(state, state.bars.bar(299).low) + 3


def test_the_newest_amount_needs_room_beside_the_others_and_they_beside_it() -> None:
    def labels(*bars: int, spacing: float = 8.0, ask: bool = False) -> list[str]:
        fills = [fill(bar, bar - 290.0) for bar in bars] + [fill(299, 9.5, ask=True)] * ask
        picture = resolved(state_with(*fills, spacing=spacing))
        assert picture.front.marks is not None
        parts = (picture.backdrop.fills, picture.front.marks.fills)
        return [label.text for part in parts if part is not None for label in part.labels]

    assert labels(298, 299) == []
    assert labels(298, 299, spacing=40.0) == ["8", "9"]
    assert labels(295, 299) == ["5", "9"]
    assert labels(299) == ["9"]
    # Marks on the other side of the bars are not in the way.
    assert labels(298, ask=True) == ["8", "9.5"]


def test_without_fills_there_is_nothing() -> None:
    state = state_with()
    assert resolved(state).backdrop.fills is None
    assert resolved(state).front.marks is None
    state.marks.fills.add([fill(10), fill(-5)])
    assert resolved(state).backdrop.fills is None, "none is in view"
    state = state_with(fill(290), fill(299))
    state.marks.shows_fills = False
    assert resolved(state).backdrop.fills is None
    assert resolved(state).front.marks is None


def test_zoomed_out_a_column_has_the_fills_of_its_bars() -> None:
    state = state_with(fill(200, 0.25), fill(201, 0.5), spacing=0.5)
    marks = settled(state)
    assert len(marks.bids) == 5
    assert [label.text for label in marks.labels] == ["0.75"]


def test_the_backdrop_is_made_again_when_the_fills_are_others() -> None:
    state, resolver = state_with(fill(290)), ChartResolver()
    first = resolver.resolve(state, 0.0).backdrop
    assert resolver.resolve(state, 0.0).backdrop is first
    state.marks.fills.add([fill(285)])
    second = resolver.resolve(state, 0.0).backdrop
    assert second is not first
    state.marks.hides_amounts = True
    assert resolver.resolve(state, 0.0).backdrop is not second


# -- the note ------------------------------------------------------------------------------------


def note(state: ChartState, bar: int, *, ask: bool = False, right: float = 0) -> tuple[str, ...]:
    """What the pointer on the mark of a bar is told."""
    resolved(state)
    found = state.bars.bar(bar)
    place = y(state, found.high) - 5 if ask else y(state, found.low) + 5
    state.pointer = x(state, bar) / state.layout.ratio + right, place / state.layout.ratio
    marks = resolved(state).front.marks
    return () if marks is None or marks.note is None else marks.note.rows


def test_the_pointer_on_a_mark_is_told_what_it_stands_for() -> None:
    first, last = fill(290, 0.25), fill(290, 0.75, price=100_100.0)
    state = state_with(first, last._replace(time=last.time + 30_000), fill(290, ask=True))
    assert note(state, 290) == (
        "Buy fills: 2",
        "Amount 1",
        "Average 100,075",
        "2026-01-02 (Fri) 13:50:01",
        "2026-01-02 (Fri) 13:50:31",
    )
    assert note(state, 290, ask=True) == (
        "Sell fills: 1",
        "Amount 0.5",
        "Average 100,000",
        "2026-01-02 (Fri) 13:50:01",
    )
    state.marks.hides_amounts = True
    assert note(state, 290)[1] == "Amount *****"


def test_the_newest_bar_tells_too_and_the_nearest_of_two() -> None:
    state = state_with(fill(299, 1.0), fill(298, 2.0), spacing=6.0)
    assert note(state, 299)[1] == "Amount 1"
    assert note(state, 298)[1] == "Amount 2"
    assert note(state, 298, right=1)[1] == "Amount 2"


def test_beside_the_marks_nothing_is_told() -> None:
    state = state_with(fill(290), fill(299))
    assert note(state, 290, right=9) == ()
    assert note(state, 290, ask=True) == ()
    assert note(state, 250) == ()
    state.pointer = -500.0, 100.0
    marks = resolved(state).front.marks
    assert marks is not None
    assert marks.note is None
    state.marks.shows_fills = False
    assert note(state, 290) == ()


def test_out_of_view_of_the_newest_bar_the_others_tell() -> None:
    state = state_with(fill(200))
    resolved(state)
    state.pan(500.0)
    assert note(state, 200)[0] == "Buy fills: 1"


@pytest.mark.parametrize(
    ("volume", "text"),
    [(1.0, "1"), (0.1 + 0.2, "0.3"), (1234.5, "1,234.5"), (1e-8, "0.00000001"), (100.0, "100")],
)
def test_an_amount_has_the_decimals_it_needs(volume: float, text: str) -> None:
    assert coins(volume) == text


def test_ten_thousand_fills_are_as_many_marks_as_columns_in_view() -> None:
    state = state_with()
    times = START + np.arange(10_000) * 1_800
    state.marks.fills.add(Fill(int(time), 100_000.0, 1.0, is_ask=bool(time % 3)) for time in times)
    marks = settled(state)
    in_view = len(state.bars) - int(state.view.left(state.layout.view_width))
    assert len(marks.bids) <= 5 * in_view
    assert len(marks.labels) == 0
