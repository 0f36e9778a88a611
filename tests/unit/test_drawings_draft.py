"""A drawing that is being made. Pure."""

from __future__ import annotations

from tests.drawing_frames import at
from upbit_ws_qt_widgets.models.drawings.draft import Draft
from upbit_ws_qt_widgets.models.drawings.kinds import Drawing, Kind

A, B, C, D = (at(index, 100.0 + index) for index in range(4))


def click(draft: Draft, anchor: tuple[int, float]) -> Draft:
    place = at(0, 0.0)._replace(time=anchor[0], price=anchor[1])
    return draft.pressed(place).released(place, dragged=False)


def test_before_the_first_press_there_is_nothing() -> None:
    draft = Draft(Kind.TREND)
    assert draft.pointed(A) is draft
    assert draft.drawing() is None


def test_two_clicks_make_a_line_that_follows_the_pointer_in_between() -> None:
    draft = click(Draft(Kind.TREND), A)
    assert not draft.is_complete
    assert draft.pointed(C).drawing() == Drawing(Kind.TREND, (A, C))
    draft = click(draft.pointed(C), B)
    assert draft.is_complete
    assert draft.drawing() == Drawing(Kind.TREND, (A, B))


def test_the_last_anchor_is_placed_where_the_button_is_let_go() -> None:
    draft = click(Draft(Kind.TREND), A).pressed(B)
    assert not draft.is_complete
    assert draft.pointed(C).drawing() == Drawing(Kind.TREND, (A, C))
    assert draft.released(D, dragged=True).drawing() == Drawing(Kind.TREND, (A, D))


def test_a_drag_makes_a_line() -> None:
    draft = Draft(Kind.MEASURE).pressed(A).pointed(B)
    assert draft.drawing() == Drawing(Kind.MEASURE, (A, B))
    assert draft.released(C, dragged=True).drawing() == Drawing(Kind.MEASURE, (A, C))
    assert draft.released(C, dragged=True).is_complete


def test_a_line_across_the_pane_can_be_moved_until_it_is_let_go() -> None:
    draft = Draft(Kind.HORIZONTAL).pressed(A).pointed(B)
    assert draft.drawing() == Drawing(Kind.HORIZONTAL, (B,))
    done = draft.released(C, dragged=True)
    assert (done.is_complete, done.drawing()) == (True, Drawing(Kind.HORIZONTAL, (C,)))
    assert click(Draft(Kind.HORIZONTAL), A).is_complete


def test_a_channel_takes_three_clicks_or_a_drag_and_a_click() -> None:
    by_clicks = click(click(click(Draft(Kind.CHANNEL), A), B), C)
    dragged = Draft(Kind.CHANNEL).pressed(A).released(B, dragged=True)
    assert not dragged.is_complete
    assert dragged.pointed(D).drawing() == Drawing(Kind.CHANNEL, (A, B, D))
    for draft in (by_clicks, click(dragged, C)):
        assert draft.is_complete
        assert draft.drawing() == Drawing(Kind.CHANNEL, (A, B, C))


def test_a_second_click_on_the_spot_is_not_taken() -> None:
    draft = click(click(Draft(Kind.TREND), A), A)
    assert not draft.is_complete
    assert click(draft, B).drawing() == Drawing(Kind.TREND, (A, B))
    assert not click(click(Draft(Kind.CHANNEL), A), A).pointed(B).is_complete
