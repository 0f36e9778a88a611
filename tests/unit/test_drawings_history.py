"""Undo and redo, market by market. Pure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt_widgets.models.drawings.history import Histories, History
from upbit_ws_qt_widgets.models.drawings.kinds import Foreign

A, B, C = (Foreign(name) for name in "abc")


def test_a_change_is_taken_back_and_made_again() -> None:
    history = History().changed((A,)).changed((A, B))
    back = history.undone()
    assert back.items == (A,)
    assert back.undone().items == ()
    assert back.undone().undone().items == ()
    assert back.redone() == history
    assert history.redone() is history


def test_a_new_change_ends_what_was_undone() -> None:
    history = History().changed((A,)).undone().changed((B,))
    assert history.redone().items == (B,)
    assert history.undone().items == ()


def test_the_same_again_is_no_change() -> None:
    history = History().changed((A,))
    assert history.changed((A,)) is history


def test_the_last_200_changes_are_kept() -> None:
    history = History()
    for number in range(300):
        history = history.changed((Foreign(str(number)),))
    for _ in range(300):
        history = history.undone()
    assert history.items == (Foreign("99"),)


@given(st.lists(st.sampled_from(["a", "b", "c", "undo", "redo"]), max_size=40))
def test_any_way_back_and_forth_ends_where_it_should(steps: list[str]) -> None:
    """Against the plainest history there is: a list of states and a place in it."""
    history, states, place = History(), [()], 0
    for step in steps:
        if step == "undo":
            history, place = history.undone(), max(0, place - 1)
        elif step == "redo":
            history, place = history.redone(), min(len(states) - 1, place + 1)
        else:
            items = (Foreign(step),)
            history = history.changed(items)
            if items != states[place]:
                states[place + 1 :] = [items]
                place += 1
        assert history.items == states[place]


def test_each_market_has_its_own() -> None:
    histories = Histories()
    assert histories.market == ""
    histories.show("KRW-BTC")
    histories.change((A,))
    histories.show("KRW-ETH")
    assert histories.items == ()
    assert not histories.current.past
    histories.change((B,))
    histories.change(())
    assert histories.by_market == {"KRW-BTC": (A,)}
    histories.travel(histories.current.undone())
    assert histories.by_market == {"KRW-BTC": (A,), "KRW-ETH": (B,)}


def test_what_is_restored_has_no_past() -> None:
    histories = Histories()
    histories.show("KRW-BTC")
    histories.change((A,))
    histories.restore({"KRW-BTC": (C,), "KRW-XRP": (B,)})
    assert histories.items == (C,)
    assert histories.current == History((C,))
    assert histories.market == "KRW-BTC"
