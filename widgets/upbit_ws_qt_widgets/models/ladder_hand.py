"""What wheel, keys and pointer do to an order book. Pure."""

from __future__ import annotations

from typing import NamedTuple

from upbit_ws_qt.events import OrderbookEvent

from .ladder import Cursor, locate, step
from .ladder_layout import LadderLayout
from .ladder_state import Ladder

__all__ = ["Cell", "LadderHand", "cell_at", "cursor_price"]

_ROWS_PER_NOTCH = 3


class Cell(NamedTuple):
    """A filled row under the pointer, as painted, and whether its price or its size is meant."""

    row: int
    on_price: bool
    price: float
    size: float


def cell_at(ladder: Ladder | None, x: int, y: int) -> Cell | None:
    """The cell of ``ladder`` at a point (device pixels), or None beside the filled rows."""
    if ladder is None or not ladder.rows:
        return None
    row = ladder.layout.row_at(x, y, first=ladder.first)
    if row is None:
        return None
    painted = ladder.rows[row - ladder.first]
    if not painted.price:
        return None
    left, right = ladder.layout.columns.price
    return Cell(row, left <= x < right, painted.price, painted.size)


def cursor_price(ladder: Ladder | None) -> float | None:
    """The price seen under the cursor; None when it is out of sight, because unseen is unmeant."""
    rows = ladder.rows if ladder is not None else ()
    return next((row.price for row in rows if row.cursor), None)


# State: how far it is scrolled, with what a turn of the wheel has left over; the cursor; the cell
# that is pressed.
class LadderHand:
    """The user's hand on a book. Rows and scrolling count downwards."""

    def __init__(self) -> None:
        self.scroll = 0
        self.cursor: Cursor | None = None
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

    def page(self, pages: int, layout: LadderLayout) -> None:
        """Scroll by what is visible, but for one row to hold on to."""
        self.move(pages * max(1, layout.visible - 1), layout)

    def centre(self) -> None:
        """Bring the middle of the book to the middle."""
        self.scroll = 0

    def step(self, rows: int, book: OrderbookEvent, layout: LadderLayout) -> None:
        """Move the cursor, and the book with it where it would leave the screen."""
        self.cursor = step(book, self.cursor, rows)
        row = locate(book, self.cursor) if self.cursor is not None else None
        if row is not None and layout.visible:
            first = layout.first(self.scroll)
            self.move(min(max(first, row - layout.visible + 1), row) - first, layout)

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
