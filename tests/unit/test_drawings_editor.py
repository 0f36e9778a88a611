"""The user's hand on the drawings. Pure."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.drawing_frames import at, canvas
from upbit_ws_qt_widgets.models.drawings.canvas import Canvas
from upbit_ws_qt_widgets.models.drawings.clip import Point
from upbit_ws_qt_widgets.models.drawings.editor import DrawingEditor, Note, Sketch
from upbit_ws_qt_widgets.models.drawings.kinds import Anchor, Drawing, Foreign, Kind

A, B, C = at(60, 950.0), at(90, 1050.0), at(70, 1000.0)
TREND = Drawing(Kind.TREND, (A, B))
LEVEL = Drawing(Kind.HORIZONTAL, (at(50, 1020.0),))
NOTE = Drawing(Kind.TEXT, (at(30, 1080.0),), "buy")
LOCKED = Drawing(Kind.HORIZONTAL, (at(50, 930.0),), locked=True)
FOREIGN = Foreign('{"version": 2}')


@pytest.fixture(scope="module")
def view() -> Canvas:
    return canvas()


@pytest.fixture
def editor() -> DrawingEditor:
    made = DrawingEditor()
    made.show("KRW-BTC")
    return made


def place(view: Canvas, anchor: Anchor) -> Point:
    return view.frame.point(anchor)


def press(editor: DrawingEditor, view: Canvas, anchor: Anchor) -> bool:
    return editor.press(place(view, anchor), view, magnet=False)


def move(editor: DrawingEditor, view: Canvas, anchor: Anchor) -> None:
    editor.move(place(view, anchor), view, magnet=False)


def release(editor: DrawingEditor, view: Canvas, anchor: Anchor) -> None:
    editor.release(place(view, anchor), view, magnet=False)


def click(editor: DrawingEditor, view: Canvas, anchor: Anchor) -> bool:
    taken = press(editor, view, anchor)
    if taken:
        release(editor, view, anchor)
    return taken


def drag(editor: DrawingEditor, view: Canvas, start: Anchor, end: Anchor) -> None:
    assert press(editor, view, start)
    move(editor, view, end)
    release(editor, view, end)


# -- making ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.TEXT])
def test_every_kind_is_made_by_clicks(editor: DrawingEditor, view: Canvas, kind: Kind) -> None:
    editor.choose_tool(kind)
    assert editor.tool is kind
    anchors = (A, B, C)[: kind.anchor_count]
    for anchor in anchors:
        assert editor.items == ()
        move(editor, view, anchor)
        assert click(editor, view, anchor)
    assert editor.items == (Drawing(kind, anchors),)
    assert (editor.tool, editor.chosen, editor.is_held) == (None, 0, False)
    editor.undo()
    assert editor.items == ()


def test_a_drag_makes_a_line(editor: DrawingEditor, view: Canvas) -> None:
    editor.choose_tool(Kind.TREND)
    assert press(editor, view, A)
    assert editor.is_held
    move(editor, view, C)
    assert editor.sketch(view).chosen == view.figure(Drawing(Kind.TREND, (A, C)))
    release(editor, view, B)
    assert editor.items == (TREND,)


def test_a_hand_that_trembles_does_not_drag(editor: DrawingEditor, view: Canvas) -> None:
    editor.choose_tool(Kind.TREND)
    x, y = place(view, A)
    editor.press((x, y), view, magnet=False)
    editor.release((x + 3.0, y), view, magnet=False)
    assert editor.items == ()
    click(editor, view, B)
    assert editor.items == (TREND,)


def test_the_magnet_works_while_drawing(editor: DrawingEditor, view: Canvas) -> None:
    editor.choose_tool(Kind.HORIZONTAL)
    x, y = place(view, at(90, 1091.0))
    editor.press((x, y - 5), view, magnet=True)
    editor.release((x, y - 5), view, magnet=True)
    assert editor.items == (Drawing(Kind.HORIZONTAL, (at(90, 1091.0),)),)


def test_below_the_prices_nothing_is_drawn(editor: DrawingEditor, view: Canvas) -> None:
    editor.choose_tool(Kind.TREND)
    below = 200.0, view.frame.layout.price_bottom + 5.0
    assert not editor.press(below, view, magnet=False)
    assert not editor.is_held


def test_a_new_tool_ends_what_was_begun(editor: DrawingEditor, view: Canvas) -> None:
    editor.choose_tool(Kind.TREND)
    click(editor, view, A)
    editor.choose_tool(Kind.RAY)
    assert editor.sketch(view) == Sketch()
    editor.choose_tool(None)
    assert editor.tool is None
    assert not press(editor, view, A)


def test_escape_puts_down_one_thing_after_the_other(editor: DrawingEditor, view: Canvas) -> None:
    editor.load((TREND,))
    click(editor, view, A)
    assert editor.chosen == 0
    assert editor.escape()
    assert editor.chosen is None
    assert not editor.escape()
    editor.choose_tool(Kind.TREND)
    click(editor, view, A)
    assert editor.escape()
    assert (editor.tool, editor.items) == (None, (TREND,))


# -- choosing and moving ---------------------------------------------------------------------------


def test_a_press_chooses_and_one_beside_chooses_nothing(
    editor: DrawingEditor, view: Canvas
) -> None:
    editor.load((TREND, LEVEL, FOREIGN))
    assert editor.is_over(place(view, at(40, 1020.0)), view)
    assert click(editor, view, at(40, 1020.0))
    assert editor.chosen == 1
    assert editor.chosen_drawing() == LEVEL
    sketch = editor.sketch(view)
    assert sketch == Sketch((view.figure(TREND), view.figure(LEVEL)), view.figure(LEVEL))
    assert not editor.is_over(place(view, at(40, 990.0)), view)
    assert not press(editor, view, at(40, 990.0))
    assert editor.chosen is None
    assert editor.items == (TREND, LEVEL, FOREIGN)


def test_while_a_tool_is_in_hand_drawings_are_not_in_the_way(
    editor: DrawingEditor, view: Canvas
) -> None:
    editor.load((LEVEL,))
    editor.choose_tool(Kind.VERTICAL)
    assert not editor.is_over(place(view, at(40, 1020.0)), view)
    click(editor, view, at(40, 1020.0))
    assert len(editor.items) == 2


def test_a_drag_of_the_line_moves_the_whole(editor: DrawingEditor, view: Canvas) -> None:
    editor.load((LEVEL, TREND))
    drag(editor, view, at(75, 1000.0), at(78, 990.0))
    assert editor.items == (LEVEL, Drawing(Kind.TREND, (at(63, 940.0), at(93, 1040.0))))
    editor.undo()
    assert editor.items == (LEVEL, TREND)
    editor.redo()
    assert editor.items[1] == Drawing(Kind.TREND, (at(63, 940.0), at(93, 1040.0)))


def test_a_drag_of_a_handle_moves_an_anchor_and_is_seen_at_once(
    editor: DrawingEditor, view: Canvas
) -> None:
    editor.load((TREND,))
    press(editor, view, B)
    move(editor, view, at(80, 1000.0))
    moved = Drawing(Kind.TREND, (A, at(80, 1000.0)))
    assert editor.sketch(view).figures == (view.figure(moved),)
    assert editor.items == (TREND,), "nothing is changed until the button is let go"
    release(editor, view, at(80, 1000.0))
    assert editor.items == (moved,)


def test_handles_of_the_chosen_one_lie_above_the_others(
    editor: DrawingEditor, view: Canvas
) -> None:
    channel = Drawing(Kind.CHANNEL, (A, B, at(75, 1020.0)))
    across = Drawing(Kind.HORIZONTAL, (at(10, 1020.0),))
    editor.load((channel, across))
    click(editor, view, at(75, 1000.0))
    assert editor.chosen == 0
    drag(editor, view, at(75, 1020.0), at(75, 1040.0))
    assert editor.items == (Drawing(Kind.CHANNEL, (A, B, at(75, 1040.0))), across)


def test_a_click_moves_nothing(editor: DrawingEditor, view: Canvas) -> None:
    editor.load((TREND,))
    x, y = place(view, B)
    editor.press((x + 2.0, y + 2.0), view, magnet=False)
    editor.release((x + 4.0, y + 4.0), view, magnet=False)
    assert editor.items == (TREND,), "not even where the hand was beside the handle"
    assert not editor.can_undo


def test_a_drag_that_is_cancelled_leaves_things_as_they_were(
    editor: DrawingEditor, view: Canvas
) -> None:
    editor.load((TREND,))
    press(editor, view, B)
    move(editor, view, C)
    assert editor.cancel()
    assert editor.sketch(view).figures == (view.figure(TREND),)
    release(editor, view, C)
    assert editor.items == (TREND,)


def test_a_locked_one_is_chosen_and_not_moved(editor: DrawingEditor, view: Canvas) -> None:
    editor.load((LOCKED,))
    assert not press(editor, view, at(40, 930.0)), "the chart moves instead"
    assert editor.chosen == 0
    assert editor.sketch(view).is_locked
    assert editor.nudge(1, 1, view)
    assert editor.delete()
    assert editor.items == (LOCKED,)


# -- keys and commands -----------------------------------------------------------------------------


def test_keys_move_the_chosen_one_and_only_it(editor: DrawingEditor, view: Canvas) -> None:
    editor.load((TREND, LEVEL))
    assert not editor.nudge(1, 0, view)
    click(editor, view, at(40, 1020.0))
    assert editor.nudge(0, 5, view)
    assert editor.items == (TREND, Drawing(Kind.HORIZONTAL, (at(50, 1025.0),)))
    press(editor, view, at(40, 1025.0))
    assert not editor.nudge(0, 5, view), "while it is in hand"


def test_delete_takes_the_chosen_one(editor: DrawingEditor, view: Canvas) -> None:
    editor.load((TREND, LEVEL))
    assert not editor.delete()
    click(editor, view, A)
    assert editor.delete()
    assert (editor.items, editor.chosen) == ((LEVEL,), None)
    editor.undo()
    assert editor.items == (TREND, LEVEL)


def test_lock_and_unlock(editor: DrawingEditor, view: Canvas) -> None:
    editor.load((TREND,))
    editor.lock(locked=True)
    assert editor.items == (TREND,), "none is chosen"
    click(editor, view, A)
    editor.lock(locked=True)
    assert editor.items == (Drawing(Kind.TREND, (A, B), locked=True),)
    assert editor.chosen == 0
    editor.lock(locked=False)
    assert editor.items == (TREND,)


def test_clear_leaves_what_is_locked_or_unknown(editor: DrawingEditor) -> None:
    editor.load((TREND, LOCKED, FOREIGN, LEVEL))
    editor.clear()
    assert editor.items == (LOCKED, FOREIGN)
    assert editor.can_undo
    editor.undo()
    assert editor.items == (TREND, LOCKED, FOREIGN, LEVEL)
    assert editor.can_redo


@pytest.mark.parametrize("command", [DrawingEditor.undo, DrawingEditor.redo, DrawingEditor.clear])
def test_commands_put_down_what_is_in_hand(
    editor: DrawingEditor, view: Canvas, command: Callable[[DrawingEditor], None]
) -> None:
    editor.load((TREND,))
    press(editor, view, A)
    move(editor, view, C)
    command(editor)
    assert (editor.is_held, editor.chosen) == (False, None)
    assert editor.sketch(view).chosen is None


# -- notes -----------------------------------------------------------------------------------------


def test_a_note_is_placed_and_then_written(editor: DrawingEditor, view: Canvas) -> None:
    editor.choose_tool(Kind.TEXT)
    click(editor, view, C)
    assert editor.note == Note(C, None, "")
    assert editor.items == ()
    editor.write("support")
    assert editor.items == (Drawing(Kind.TEXT, (C,), "support"),)
    assert (editor.note, editor.chosen) == (None, 0)


@pytest.mark.parametrize("text", ["", "  "])
def test_a_note_without_words_is_none(editor: DrawingEditor, view: Canvas, text: str) -> None:
    editor.choose_tool(Kind.TEXT)
    click(editor, view, C)
    editor.write(text)
    assert (editor.items, editor.note) == ((), None)
    editor.write("nobody asked")
    assert editor.items == ()


def test_a_double_click_changes_a_note(editor: DrawingEditor, view: Canvas) -> None:
    editor.load((NOTE, TREND))
    assert editor.double_click(place(view, NOTE.anchors[0]), view)
    assert editor.note == Note(NOTE.anchors[0], 0, "buy")
    editor.write("sell")
    assert editor.items == (Drawing(Kind.TEXT, NOTE.anchors, "sell"), TREND)
    editor.double_click(place(view, NOTE.anchors[0]), view)
    editor.cancel()
    assert editor.note is None
    assert editor.items[0] == Drawing(Kind.TEXT, NOTE.anchors, "sell")


def test_a_double_click_on_anything_else_is_none_of_ours(
    editor: DrawingEditor, view: Canvas
) -> None:
    locked = Drawing(Kind.TEXT, (at(30, 960.0),), "locked", locked=True)
    editor.load((NOTE, TREND, locked))
    for anchor in (A, at(30, 1000.0), locked.anchors[0]):
        assert not editor.double_click(place(view, anchor), view)
    editor.choose_tool(Kind.TREND)
    assert not editor.double_click(place(view, NOTE.anchors[0]), view)
    assert editor.note is None


# -- markets ---------------------------------------------------------------------------------------


def test_each_market_has_its_drawings(editor: DrawingEditor, view: Canvas) -> None:
    editor.load((TREND,))
    click(editor, view, A)
    editor.show("KRW-ETH")
    assert (editor.market, editor.items, editor.chosen) == ("KRW-ETH", (), None)
    editor.load((LEVEL,))
    assert editor.by_market == {"KRW-BTC": (TREND,), "KRW-ETH": (LEVEL,)}
    editor.restore({"KRW-XRP": (NOTE,)})
    assert editor.by_market == {"KRW-XRP": (NOTE,)}
    assert editor.items == ()
    assert not editor.can_undo


# -- all together ----------------------------------------------------------------------------------

anchors = st.builds(at, st.integers(20, 110), st.integers(900, 1100).map(float))
steps = st.one_of(
    st.tuples(st.just("tool"), st.sampled_from(Kind)),
    st.tuples(st.sampled_from(["press", "move", "release", "double"]), anchors),
    st.tuples(
        st.sampled_from(["escape", "delete", "lock", "clear", "undo", "redo", "write", "nudge"]),
        st.none(),
    ),
)


@given(st.lists(steps, max_size=30))
def test_no_order_of_events_breaks_it_and_all_can_be_taken_back(
    events: list[tuple[str, Kind | Anchor | None]],
) -> None:
    editor, view = DrawingEditor(), canvas()
    editor.load((TREND, NOTE))
    for name, value in events:
        if isinstance(value, Kind):
            editor.choose_tool(value)
        elif isinstance(value, Anchor):
            spot = place(view, value)
            if name == "double":
                editor.double_click(spot, view)
            else:
                getattr(editor, name)(spot, view, magnet=True)
        elif name == "lock":
            editor.lock(locked=True)
        elif name == "write":
            editor.write("words")
        elif name == "nudge":
            editor.nudge(1, -1, view)
        else:
            getattr(editor, name)()
        sketch = editor.sketch(view)
        assert sketch.chosen is None or sketch.chosen in sketch.figures
    while editor.can_undo:
        editor.undo()
    assert editor.items == (TREND, NOTE)
