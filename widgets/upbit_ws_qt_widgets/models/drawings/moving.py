"""Drawings moved by the pointer or the keys. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from .clip import Point
from .frame import Frame
from .kinds import Anchor, Drawing

__all__ = ["Grab", "grabbed", "nudged"]


@dataclass(frozen=True, slots=True)
class Grab:
    """A drawing in the user's hand, by one of its anchors (``handle``) or as a whole.

    ``start`` is what the pointer was at when it was grabbed, and ``lead`` the anchor nearest to it,
    the one that the magnet draws. Each move begins with ``original``, so roundings do not add up.
    """

    index: int
    original: Drawing
    handle: int | None
    start: Anchor
    lead: int

    def moved(self, place: Point, frame: Frame, *, magnet: bool) -> Drawing:
        """The drawing with the pointer at ``place``."""
        if self.handle is not None:
            anchor = frame.anchor(*place, magnet=magnet)
            return self.original.with_anchor(self.handle, anchor)
        x, y = place
        bars = round(_bar_place(x, frame) - frame.axis.place(self.start.time))
        down = y - frame.y(self.start.price)
        moved = _shifted(self.original, bars, down, frame)
        if not magnet:
            return moved
        lead = moved.anchors[self.lead]
        attracted = frame.attracted(lead, frame.y(lead.price))
        more = frame.y(attracted.price) - frame.y(lead.price)
        # The anchor that was drawn is exactly on the bar's price, whatever the rounding.
        return _shifted(self.original, bars, down + more, frame).with_anchor(self.lead, attracted)


def grabbed(index: int, drawing: Drawing, handle: int | None, place: Point, frame: Frame) -> Grab:
    """Take hold of a drawing at ``place``."""
    x, y = place
    # Not on the price step: a small move must not jump by what was rounded here.
    price = frame.scale.price(y, 0, frame.layout.price_bottom)
    start = Anchor(frame.axis.time(_bar_place(x, frame)), price)
    far = [math.dist(frame.point(anchor), place) for anchor in drawing.anchors]
    return Grab(index, drawing, handle, start, min(range(len(far)), key=far.__getitem__))


def nudged(drawing: Drawing, bars: int, ticks: int, frame: Frame) -> Drawing:
    """Moved by so many bars towards newer ones and price steps up the screen."""
    if frame.scale.is_inverted:
        ticks = -ticks

    def nudge(anchor: Anchor) -> Anchor:
        tick = frame.tick(anchor.price)
        price = frame.on_step(anchor.price + ticks * tick, tick) if ticks else anchor.price
        return Anchor(_later(anchor.time, bars, frame), price)

    return replace(drawing, anchors=tuple(map(nudge, drawing.anchors)))


def _shifted(drawing: Drawing, bars: int, down: float, frame: Frame) -> Drawing:
    """Moved by whole bars, and by pixels: on every scale it then keeps its looks."""

    def shift(anchor: Anchor) -> Anchor:
        price = frame.price(frame.y(anchor.price) + down) if down else anchor.price
        return Anchor(_later(anchor.time, bars, frame), price)

    return replace(drawing, anchors=tuple(map(shift, drawing.anchors)))


def _later(time: int, bars: int, frame: Frame) -> int:
    return frame.axis.time(frame.axis.place(time) + bars) if bars else time


def _bar_place(x: float, frame: Frame) -> float:
    return (x - frame.grid.origin) / frame.grid.pitch
