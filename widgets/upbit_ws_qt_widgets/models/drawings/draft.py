"""A drawing that is being made, by clicks or by dragging. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .kinds import Anchor, Drawing, Kind

__all__ = ["Draft"]


@dataclass(frozen=True, slots=True)
class Draft:
    """The anchors placed so far and the one that follows the pointer.

    Each press places an anchor, but for the last one, which is placed where the button is let go:
    until then it can be moved. A drag places two, one at its beginning and one at its end.
    """

    kind: Kind
    placed: tuple[Anchor, ...] = ()
    floating: Anchor | None = None
    placed_by_press: bool = False

    def pressed(self, anchor: Anchor) -> Draft:
        """The button goes down."""
        if len(self.placed) == self.kind.anchor_count - 1:
            return replace(self, floating=anchor, placed_by_press=False)
        return replace(self._with(anchor), placed_by_press=True)

    def pointed(self, anchor: Anchor) -> Draft:
        """The pointer moves."""
        return self if self.floating is None else replace(self, floating=anchor)

    def released(self, anchor: Anchor, *, dragged: bool) -> Draft:
        """The button goes up, after a drag or in place."""
        return self._with(anchor) if dragged or not self.placed_by_press else self

    def _with(self, anchor: Anchor) -> Draft:
        # The second click of a double click would make a drawing without extent.
        placed = self.placed if anchor in self.placed[-1:] else (*self.placed, anchor)
        return replace(self, placed=placed, floating=anchor)

    @property
    def is_complete(self) -> bool:
        """Whether all anchors are placed."""
        return len(self.placed) == self.kind.anchor_count

    def drawing(self) -> Drawing | None:
        """What it looks like now; None before the first press."""
        if self.floating is None:
            return None
        anchors = self.placed if self.is_complete else (*self.placed, self.floating)
        return Drawing(self.kind, anchors)
