"""What wheel, keys and pointer do to an order book. Pure."""

from __future__ import annotations

from typing import NamedTuple

from .ladder import Row
from .ladder_layout import LadderLayout
from .ladder_rungs import Cursor, Rungs, locate, step
from .ladder_state import Ladder

__all__ = ["Cell", "LadderHand", "cell_at", "cursor_price", "cursor_row"]

_ROWS_PER_NOTCH = 3


class Cell(NamedTuple):
    """A filled row under the pointer, as painted, and whether its price or its size is meant.

    ``place`` counts the visible rows.
    """

    place: int
    on_price: bool
    price: float
    size: float


def cell_at(ladder: Ladder | None, x: int, y: int) -> Cell | None:
    """The cell of ``ladder`` at a point (device pixels), or None beside the filled rows.

    On a curve every price is a cell, as long as it is pointed at.
    """
    if ladder is None:
        return None
    if ladder.curve is not None and ladder.curve.pointed is not None:
        return Cell(0, on_price=True, price=ladder.curve.pointed.price, size=0.0)
    if not ladder.rows:
        return None
    row = ladder.layout.row_at(x, y, first=ladder.first)
    if row is None:
        return None
    place = row - ladder.first
    painted = ladder.rows[place]
    if not painted.price:
        return None
    left, right = ladder.layout.columns.price
    return Cell(place, left <= x < right, painted.price, painted.size)


def cursor_price(ladder: Ladder | None) -> float | None:
    """The price seen under the cursor; None when it is out of sight, because unseen is unmeant."""
    row = cursor_row(ladder)
    if row is not None:
        return row.price
    pointed = ladder.curve.pointed if ladder is not None and ladder.curve is not None else None
    return pointed.price if pointed is not None else None


def cursor_row(ladder: Ladder | None) -> Row | None:
    """The row that is seen under the cursor, or None."""
    rows = ladder.rows if ladder is not None else ()
    return next((row for row in rows if row.cursor), None)


# State: how far it is scrolled, whether by the user, with what a turn of the wheel has left over;
# where the middle of a static ladder was; the cursor; the cell that is pressed.
class LadderHand:
    """The user's hand on a book. Rows and scrolling count downwards."""

    def __init__(self) -> None:
        self.scroll = 0
        self.cursor: Cursor | None = None
        self._is_away = False
        self._middle: tuple[int, float] | None = None
        self._turned = 0.0
        self._pressed: Cell | None = None

    def turn(self, notches: float, layout: LadderLayout) -> bool:
        """Turn the wheel towards the user; returns whether there is anything to scroll."""
        if layout.visible >= layout.rows:
            return False
        self._turned += notches * _ROWS_PER_NOTCH
        rows = int(self._turned)
        self._turned -= rows
        wanted = self.scroll + rows
        self.move(rows, layout)
        if self.scroll != wanted:
            self._turned = 0.0  # turning on at the end does not delay turning back
        return True

    def move(self, rows: int, layout: LadderLayout) -> None:
        """Scroll by ``rows``, as far as there are any."""
        self.scroll = layout.first(self.scroll + rows) - layout.centred
        self._is_away = self.scroll != 0

    def page(self, pages: int, layout: LadderLayout) -> None:
        """Scroll by what is visible, but for one row to hold on to."""
        self.move(pages * max(1, layout.visible - 1), layout)

    def centre(self) -> None:
        """Bring the middle of the book to the middle."""
        self.scroll = 0
        self._is_away = False

    def hold_still(self, split: int, step: float, layout: LadderLayout) -> None:
        """Scroll a static ladder against the market, so that its prices stay where they are.

        When the best prices have left the inner half, they are brought back to the middle, unless
        the user has scrolled away: a book that jumps from under the eye cannot be read.

        Args:
            split: the number of the lowest ask price on the grid.
            step: of that grid; on another one there is nothing to hold.
            layout: where rows stand.
        """
        before, self._middle = self._middle, (split, step)
        if before is None or before[1] != step:
            self.centre()
            return
        self.scroll = layout.first(self.scroll + split - before[0]) - layout.centred
        if not self._is_away and abs(self.scroll) > layout.visible // 4:
            self.scroll = 0

    def let_go(self) -> None:
        """The ladder is static no more."""
        if self._middle is not None:
            self._middle = None
            self.centre()

    def step(self, rows: int, rungs: Rungs, layout: LadderLayout) -> None:
        """Move the cursor, and the book with it where it would leave the screen."""
        self.cursor = step(rungs, self.cursor, rows)
        row = locate(rungs, self.cursor) if self.cursor is not None else None
        if row is not None and layout.visible:
            first = layout.first(self.scroll)
            rows = min(max(first, row - layout.visible + 1), row) - first
            if rows:
                self.move(rows, layout)

    def press(self, cell: Cell | None) -> None:
        """The button went down on ``cell``."""
        self._pressed = cell

    def release(self, cell: Cell | None) -> Cell | None:
        """The button came up on ``cell``; returns what was clicked, if anything.

        The book may have moved in between: what was pressed counts, if the pointer is where it was.
        """
        pressed, self._pressed = self._pressed, None
        if pressed is None or cell is None or pressed[:2] != cell[:2]:
            return None
        return pressed
