"""The user's hand on the drawings: making, choosing, moving, changing them. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from .canvas import Canvas
from .clip import Point
from .draft import Draft
from .geometry import Figure
from .history import Histories, History, Items
from .hits import handle_at, hit
from .kinds import Anchor, Drawing, Kind
from .moving import Grab, grabbed, nudged

__all__ = ["DrawingEditor", "Note", "Sketch"]

_REACH_PX = 6.0
_SLOP_PX = 4.0


@dataclass(frozen=True, slots=True)
class Note:
    """A text that the user is to write: of drawing ``index``, or of a new one when None."""

    anchor: Anchor
    index: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is to be painted, in this order; ``chosen`` is the one with its handles shown."""

    figures: tuple[Figure, ...] = ()
    chosen: Figure | None = None
    is_locked: bool = False


# State: the drawings with their histories, the magnet, what is being made, what is chosen, what is
# in hand, the note to be written, and where the button went down, if it is down, and whether the
# pointer has left that place since.
class DrawingEditor:
    """The drawings of every market and what the user does to those of one of them.

    Places are in device pixels. Everything that changes drawings is one step for undo; a drag is
    one when it ends.
    """

    def __init__(self) -> None:
        self.magnet = False
        self._histories = Histories()
        self._draft: Draft | None = None
        self._chosen: int | None = None
        self._grab: Grab | None = None
        self._in_hand: Drawing | None = None
        self._note: Note | None = None
        self._down: Point | None = None
        self._dragged = False

    # -- what there is -------------------------------------------------------------------------

    @property
    def market(self) -> str:
        """The market on show."""
        return self._histories.market

    @property
    def items(self) -> Items:
        """What is drawn on the market on show."""
        return self._histories.items

    @property
    def by_market(self) -> dict[str, Items]:
        """What is drawn on each market that has drawings."""
        return self._histories.by_market

    @property
    def tool(self) -> Kind | None:
        """What the next press draws."""
        return None if self._draft is None else self._draft.kind

    @property
    def chosen(self) -> int | None:
        """The index of the drawing that is chosen."""
        return self._chosen

    @property
    def note(self) -> Note | None:
        """The text that the user is to write now."""
        return self._note

    @property
    def is_held(self) -> bool:
        """Whether the button is down on a drawing or draws one."""
        return self._down is not None

    def chosen_drawing(self) -> Drawing | None:
        """The drawing that is chosen."""
        item = None if self._chosen is None else self.items[self._chosen]
        return item if isinstance(item, Drawing) else None

    def sketch(self, canvas: Canvas) -> Sketch:
        """What is to be painted now."""
        figures = canvas.figures(self._shown_items())
        chosen = None if self._chosen is None else figures[self._chosen]
        drawing = self.chosen_drawing()
        made = None if self._draft is None else self._draft.drawing()
        if made is not None:
            chosen = canvas.figure(made)
            figures.append(chosen)
        shown = tuple(figure for figure in figures if figure is not None)
        return Sketch(shown, chosen, drawing is not None and drawing.locked)

    def is_over(self, place: Point, canvas: Canvas) -> bool:
        """Whether a press at ``place`` would take hold of a drawing."""
        return self._draft is None and self._find(place, canvas)[0] is not None

    def _shown_items(self) -> Items:
        if self._grab is None or self._in_hand is None:
            return self.items
        return _replaced(self.items, self._grab.index, self._in_hand)

    def _find(self, place: Point, canvas: Canvas) -> tuple[int | None, int | None]:
        """The drawing at ``place`` and its handle there."""
        figures, reach = canvas.figures(self.items), _REACH_PX * canvas.frame.layout.ratio
        chosen = None if self._chosen is None else figures[self._chosen]
        if chosen is not None:
            # Its handles are on show and lie above everything.
            handle = handle_at(chosen, place, reach)
            if handle is not None:
                return self._chosen, handle
        index = hit(figures, place, reach)
        figure = None if index is None else figures[index]
        return index, None if figure is None else handle_at(figure, place, reach)

    # -- markets -------------------------------------------------------------------------------

    def show(self, market: str) -> None:
        """Go to the drawings of another market."""
        self.cancel()
        self._chosen = None
        self._histories.show(market)

    def load(self, items: Items) -> None:
        """Hold exactly these on the market on show."""
        self.cancel()
        self._chosen = None
        self._histories.travel(History(items))

    def restore(self, by_market: Mapping[str, Items]) -> None:
        """Hold exactly these on all markets."""
        self.cancel()
        self._chosen = None
        self._histories.restore(by_market)

    # -- pointer -------------------------------------------------------------------------------

    def choose_tool(self, kind: Kind | None) -> None:
        """Draw one of this kind with the next presses, or nothing."""
        self.cancel()
        self._chosen = None
        self._draft = None if kind is None else Draft(kind)

    def press(self, place: Point, canvas: Canvas, *, magnet: bool) -> bool:
        """The button goes down; whether that was for the drawings."""
        if place[1] >= canvas.frame.layout.price_bottom:
            return False
        if self._draft is not None:
            self._draft = self._draft.pressed(canvas.frame.anchor(*place, magnet=magnet))
        else:
            index, handle = self._find(place, canvas)
            self._chosen = index
            drawing = self.chosen_drawing()
            if index is None or drawing is None or drawing.locked:
                return False
            self._grab = grabbed(index, drawing, handle, place, canvas.frame)
        self._down, self._dragged = place, False
        return True

    def move(self, place: Point, canvas: Canvas, *, magnet: bool) -> None:
        """The pointer moves, with or without the button down."""
        slop = _SLOP_PX * canvas.frame.layout.ratio
        if self._down is not None and math.dist(place, self._down) > slop:
            self._dragged = True
        if self._draft is not None:
            self._draft = self._draft.pointed(canvas.frame.anchor(*place, magnet=magnet))
        elif self._grab is not None and self._dragged:
            self._in_hand = self._grab.moved(place, canvas.frame, magnet=magnet)

    def release(self, place: Point, canvas: Canvas, *, magnet: bool) -> None:
        """The button goes up."""
        self.move(place, canvas, magnet=magnet)
        if self._grab is not None:
            self._histories.change(self._shown_items())
            self._drop()
        elif self._draft is not None:
            anchor = canvas.frame.anchor(*place, magnet=magnet)
            self._draft = self._draft.released(anchor, dragged=self._dragged)
            if self._draft.is_complete:
                self._finish(self._draft)
        self._down = None

    def double_click(self, place: Point, canvas: Canvas) -> bool:
        """The button is clicked twice; on a note that is to change it."""
        index, _ = self._find(place, canvas)
        item = None if index is None else self.items[index]
        if self._draft is not None or not isinstance(item, Drawing):
            return False
        if item.kind is not Kind.TEXT or item.locked:
            return False
        self._chosen = index
        self._note = Note(item.anchors[0], index, item.text)
        return True

    def write(self, text: str) -> None:
        """The text of ``note`` is written; an empty one changes nothing."""
        note, self._note = self._note, None
        if note is None or not text.strip():
            return
        written = Drawing(Kind.TEXT, (note.anchor,), text)
        if note.index is None:
            self._add(written)
        else:
            self._histories.change(_replaced(self.items, note.index, written))

    def cancel(self) -> bool:
        """Put everything down: what is being made, moved or written; whether there was any."""
        busy = self._draft is not None or self._grab is not None or self._note is not None
        self._draft = self._note = self._down = None
        self._drop()
        return busy

    def escape(self) -> bool:
        """As ``cancel``, and if there was nothing, choose no drawing; whether one was."""
        if self.cancel():
            return True
        chosen, self._chosen = self._chosen, None
        return chosen is not None

    # -- changes -------------------------------------------------------------------------------

    def nudge(self, bars: int, ticks: int, canvas: Canvas) -> bool:
        """Move the chosen drawing by bars and price steps; whether one is chosen."""
        drawing, index = self.chosen_drawing(), self._chosen
        if drawing is None or index is None or self._grab is not None:
            return False
        if not drawing.locked:
            moved = nudged(drawing, bars, ticks, canvas.frame)
            self._histories.change(_replaced(self.items, index, moved))
        return True

    def delete(self) -> bool:
        """Delete the chosen drawing; whether one was chosen. A locked one stays."""
        self.cancel()
        drawing, index = self.chosen_drawing(), self._chosen
        if drawing is None or index is None:
            return False
        if not drawing.locked:
            self._chosen = None
            self._histories.change((*self.items[:index], *self.items[index + 1 :]))
        return True

    def lock(self, locked: bool) -> None:
        """Keep the chosen drawing from being moved and deleted, or no longer."""
        self.cancel()
        drawing, index = self.chosen_drawing(), self._chosen
        if drawing is not None and index is not None:
            self._histories.change(_replaced(self.items, index, replace(drawing, locked=locked)))

    def clear(self) -> None:
        """Delete all drawings but locked ones and those of an unknown kind."""
        self.cancel()
        self._chosen = None
        self._histories.change(
            tuple(item for item in self.items if not isinstance(item, Drawing) or item.locked)
        )

    def undo(self) -> None:
        """Take the last change back."""
        self._travel(self._histories.current.undone())

    def redo(self) -> None:
        """Make the change again that was taken back last."""
        self._travel(self._histories.current.redone())

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._histories.current.past)

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to make again."""
        return bool(self._histories.current.future)

    def _travel(self, history: History) -> None:
        self.cancel()
        self._chosen = None
        self._histories.travel(history)

    def _finish(self, draft: Draft) -> None:
        self._draft = None
        if draft.kind is Kind.TEXT:
            self._note = Note(draft.placed[0], None, "")
        else:
            self._add(Drawing(draft.kind, draft.placed))

    def _add(self, drawing: Drawing) -> None:
        self._histories.change((*self.items, drawing))
        self._chosen = len(self.items) - 1

    def _drop(self) -> None:
        self._grab = self._in_hand = None
        self._dragged = False


def _replaced(items: Items, index: int, drawing: Drawing) -> Items:
    return (*items[:index], drawing, *items[index + 1 :])
