"""What can be drawn on a chart, and what it hangs on. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import NamedTuple

__all__ = ["Anchor", "Drawing", "Foreign", "Item", "Kind"]


class Kind(enum.StrEnum):
    """The tools; the values are what hosts and files call them."""

    TREND = "trend"
    RAY = "ray"
    HORIZONTAL = "horizontal"
    VERTICAL = "vertical"
    RECTANGLE = "rectangle"
    FIBONACCI = "fibonacci"
    CHANNEL = "channel"
    TEXT = "text"
    MEASURE = "measure"

    @property
    def anchor_count(self) -> int:
        """How many places fix a drawing of this kind."""
        if self in (Kind.HORIZONTAL, Kind.VERTICAL, Kind.TEXT):
            return 1
        return 3 if self is Kind.CHANNEL else 2


class Anchor(NamedTuple):
    """A place on the chart: ``time`` in ms since 1970, UTC, and a price.

    The time need not be the start of a bar, nor lie within the bars that are loaded.
    """

    time: int
    price: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """One drawing. A locked one is neither moved nor deleted; ``text`` is a note's alone."""

    kind: Kind
    anchors: tuple[Anchor, ...]
    text: str = ""
    locked: bool = False

    def with_anchor(self, index: int, anchor: Anchor) -> Drawing:
        """The same with one anchor elsewhere."""
        anchors = (*self.anchors[:index], anchor, *self.anchors[index + 1 :])
        return replace(self, anchors=anchors)


@dataclass(frozen=True, slots=True)
class Foreign:
    """A drawing of a kind or version that is not known here: its JSON, kept as it came."""

    json: str


Item = Drawing | Foreign
"""What a market's list of drawings holds."""
