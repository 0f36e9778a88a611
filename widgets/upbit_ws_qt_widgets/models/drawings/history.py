"""The drawings of each market, and the states before that undo can bring back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .kinds import Item

__all__ = ["Histories", "History", "Items"]

_DEPTH = 200

Items = tuple[Item, ...]
"""What is drawn on one market, in the order it is painted."""


@dataclass(frozen=True, slots=True)
class History:
    """What is drawn now, what was before (newest last), and what was undone (next last)."""

    items: Items = ()
    past: tuple[Items, ...] = ()
    future: tuple[Items, ...] = ()

    def changed(self, items: Items) -> History:
        """After a change; what was undone before it is gone. The last 200 changes are kept."""
        if items == self.items:
            return self
        return History(items, (*self.past, self.items)[-_DEPTH:])

    def undone(self) -> History:
        """Before the last change, if there was one."""
        if not self.past:
            return self
        return History(self.past[-1], self.past[:-1], (*self.future, self.items))

    def redone(self) -> History:
        """With the last undone change again, if there is one."""
        if not self.future:
            return self
        return History(self.future[-1], (*self.past, self.items), self.future[:-1])


# State: the history of each market and which market is on show.
class Histories:
    """The drawings of every market; all changes are made to those of the one on show."""

    def __init__(self) -> None:
        self._market = ""
        self._by_market: dict[str, History] = {}

    @property
    def market(self) -> str:
        """The market on show."""
        return self._market

    @property
    def current(self) -> History:
        """The history of the market on show."""
        return self._by_market.get(self._market, History())

    @property
    def items(self) -> Items:
        """What is drawn on the market on show."""
        return self.current.items

    @property
    def by_market(self) -> dict[str, Items]:
        """What is drawn on each market that has drawings."""
        return {market: each.items for market, each in self._by_market.items() if each.items}

    def show(self, market: str) -> None:
        """Go to another market."""
        self._market = market

    def change(self, items: Items) -> None:
        """Draw these instead; undo brings back what was."""
        self.travel(self.current.changed(items))

    def travel(self, history: History) -> None:
        """Go to another state of the market on show."""
        self._by_market[self._market] = history

    def restore(self, by_market: Mapping[str, Items]) -> None:
        """Hold exactly these; there is nothing to undo then."""
        self._by_market = {market: History(items) for market, items in by_market.items()}
