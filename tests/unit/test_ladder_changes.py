"""Which sizes have just changed, and how their colour fades. Pure."""

from __future__ import annotations

from upbit_ws_qt_widgets.models.ladder_changes import FADE_MS, FADE_STEPS, Changes
from upbit_ws_qt_widgets.models.ladder_rungs import Rung, Rungs

STEP_MS = FADE_MS // FADE_STEPS


def rungs(asks: dict[float, float], bids: dict[float, float]) -> Rungs:
    return [Rung(True, price, size) for price, size in asks.items()] + [  # noqa: FBT003
        Rung(False, price, size)  # noqa: FBT003
        for price, size in bids.items()
    ]


def noted(*books: Rungs, at_ms: float = 0.0, context: object = "same") -> Changes:
    changes = Changes()
    for book in books:
        changes.note(book, 1.0, context, at_ms)
    return changes


BOOK = rungs({104: 1.0, 103: 1.0}, {102: 1.0, 101: 1.0})


def test_the_first_book_and_the_same_again_are_no_change() -> None:
    assert noted(BOOK).heats(0) == {}
    assert noted(BOOK, BOOK).heats(0) == {}
    assert noted(BOOK, BOOK).next_due_ms(0) is None


def test_what_grew_is_hot_and_what_shrank_is_hot_below_zero() -> None:
    changes = noted(BOOK, rungs({104: 2.0, 103: 0.5}, {102: 1.0, 101: 3.0}))
    assert changes.heats(0) == {(True, 104): 3, (True, 103): -3, (False, 101): 3}


def test_colours_fade_in_steps_and_come_to_rest() -> None:
    changes = noted(BOOK, rungs({104: 2.0, 103: 1.0}, {102: 1.0, 101: 1.0}), at_ms=1000.0)
    place = (True, 104)
    for step in range(FADE_STEPS):
        now = 1000.0 + step * STEP_MS
        assert changes.heats(now) == {place: FADE_STEPS - step}
        assert changes.next_due_ms(now) == now + STEP_MS
        assert changes.heats(now + STEP_MS - 1) == {place: FADE_STEPS - step}
        assert changes.next_due_ms(now + STEP_MS - 1) == now + STEP_MS
    assert changes.heats(1000.0 + FADE_MS) == {}
    assert changes.next_due_ms(1000.0 + FADE_MS) is None


def test_another_change_begins_anew() -> None:
    changes = noted(BOOK, rungs({104: 2.0, 103: 1.0}, {102: 1.0, 101: 1.0}))
    changes.note(BOOK, 1.0, "same", 300.0)
    assert changes.heats(300.0) == {(True, 104): -3}


def test_a_price_between_the_others_appears_and_goes() -> None:
    sparse = rungs({104: 1.0, 102: 1.0}, {100: 1.0, 98: 1.0})
    full = rungs({104: 1.0, 103: 1.0, 102: 1.0}, {100: 1.0, 99: 1.0, 98: 1.0})
    assert noted(sparse, full).heats(0) == {(True, 103): 3, (False, 99): 3}
    assert noted(full, sparse).heats(0) == {(True, 103): -3, (False, 99): -3}


def test_a_better_price_has_appeared() -> None:
    better = rungs({105: 1.0, 104: 1.0}, {103: 1.0, 102: 1.0})
    assert noted(BOOK, better).heats(0)[False, 103] == 3


def test_what_comes_into_sight_at_the_far_end_has_not_changed() -> None:
    moved = rungs({105: 9.0, 104: 1.0}, {103: 1.0, 102: 1.0})
    heats = noted(BOOK, moved).heats(0)
    assert (True, 105) not in heats
    assert (False, 101) not in heats
    assert heats == {(True, 103): -3, (False, 103): 3}


def test_a_side_that_was_empty_fills_without_a_flash() -> None:
    assert noted(rungs({103: 1.0}, {}), rungs({103: 1.0}, {102: 1.0})).heats(0) == {}
    assert noted(rungs({}, {102: 1.0}), rungs({103: 1.0}, {102: 1.0})).heats(0) == {}


def test_shown_with_something_else_nothing_can_be_compared() -> None:
    changes = noted(BOOK, rungs({104: 2.0, 103: 1.0}, {102: 1.0, 101: 1.0}))
    changes.note(BOOK, 1.0, "other", 10.0)
    assert changes.heats(10.0) == {}


def test_empty_rungs_are_nothing() -> None:
    with_gaps = [Rung(ask=True), Rung(True, 105.0), *BOOK, Rung(ask=False)]  # noqa: FBT003
    assert noted(BOOK, with_gaps).heats(0) == {}
