"""What of a market's book is looked at: cut, grouped, on a grid. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from upbit_ws_qt.events import OrderbookEvent
from upbit_ws_qt.markets import format_price

from .ladder_rungs import Rungs, book_rungs, grid_rungs, grid_split
from .ladder_sides import Sides, grouped, place_of, sides_of
from .ladder_wishes import Wishes
from .market_memory import Known

__all__ = ["Sight", "see"]


@dataclass(frozen=True, slots=True)
class Sight:
    """A book as it is looked at.

    ``exact`` is all that is known of it, ``shown`` what is looked at, ``rungs`` the ladder of that.
    ``tick`` is the finest price step in it and ``step`` the way from one price of the ladder to the
    next. ``split`` is the number of the lowest ask price on that grid, None if the ladder is not
    static. ``last`` is where the last trade was: its side and number on the grid.
    """

    book: OrderbookEvent
    exact: Sides
    shown: Sides
    rungs: Rungs
    tick: float
    step: float
    split: int | None = None
    last: tuple[bool, int] | None = None

    @property
    def price_room(self) -> int:
        """The characters of the longest price."""
        ends = [end.price for side in self.shown for end in (side[:1] + side[-1:])]
        if self.split is not None:
            ends += [self.rungs[0].price, self.rungs[-1].price]
        return max(len(format_price(price, self.tick)) for price in ends)


def see(known: Known, wishes: Wishes, tick_at: Callable[[float], float]) -> Sight | None:
    """Look at what is known as it is wished; None where there is no price at all."""
    book = known.shown(wishes.grouping)
    if book is None:
        return None
    exact = sides_of(known.book or book)
    ungrouped = exact if book is known.book or known.book is None else sides_of(book)
    lowest = ungrouped.lowest
    if lowest is None:
        return None
    tick = tick_at(lowest)
    step = wishes.grouping or book.level or tick
    shown = grouped(ungrouped, step) if step != tick else ungrouped
    shown = shown.cut(wishes.depth)
    if wishes.static:
        rungs = grid_rungs(shown, step, wishes.bars, wishes.amounts)
    else:
        rungs = book_rungs(shown, wishes.bars, wishes.amounts)
    return Sight(
        book,
        exact,
        shown,
        rungs,
        tick,
        step,
        grid_split(shown, step) if wishes.static else None,
        place_of(exact, known.last_price, step) if known.last_price else None,
    )
