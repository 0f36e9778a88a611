"""A book as a table of plain numbers, for other programs. Pure."""

from __future__ import annotations

from .ladder_sides import Level, Sides

__all__ = ["table"]

_HEAD = ("side", "price", "size", "value")


def table(sides: Sides, separator: str = ",") -> str:
    """The levels from the highest ask to the lowest bid, one a line, under a line of names.

    Numbers are written in full and without thousands separators.
    """
    asks = [_cells("ask", level) for level in reversed(sides.asks)]
    bids = [_cells("bid", level) for level in sides.bids]
    return "".join(separator.join(cells) + "\n" for cells in [_HEAD, *asks, *bids])


def _cells(side: str, level: Level) -> tuple[str, ...]:
    return side, *(f"{number:.8f}".rstrip("0").rstrip(".") for number in level)
