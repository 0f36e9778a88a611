"""How long something takes, in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["duration"]

_SIZES_S = 86_400, 3600, 60, 1


def duration(length_ms: int, words: Mapping[str, str]) -> str:
    """A length of time by its two largest units: ``2h 50m`` or ``3d``; ``0s`` for none."""
    rest = length_ms // 1000
    parts: list[str] = []
    units = words["chart.drawing.duration"].split(",")
    for size, unit in zip(_SIZES_S, units, strict=True):
        number, rest = divmod(rest, size)
        if number:
            parts.append(f"{number:,}{unit}")
        elif parts:
            break  # the next unit would be of another order
    return " ".join(parts[:2]) or f"0{units[-1]}"
