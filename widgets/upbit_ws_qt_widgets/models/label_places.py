"""Where labels of one height go so that none covers another. Pure."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["apart"]


def apart(wanted: Sequence[float], height: float, low: float, high: float) -> list[float]:
    """The places nearest to those wanted, at least ``height`` apart.

    Args:
        wanted: the middle of each label, ascending.
        height: of a label.
        low: the least place of a middle.
        high: the greatest one; there must be room for all between.
    """
    # With index * height taken off, labels that touch share a place. Groups that would have to
    # overlap are joined at their mean, which moves all of them the least.
    groups: list[tuple[float, int]] = []
    for index, place in enumerate(wanted):
        mean, count = place - index * height, 1
        while groups and groups[-1][0] > mean:
            other, members = groups.pop()
            mean = (other * members + mean * count) / (members + count)
            count += members
        groups.append((mean, count))
    highest = high - (len(wanted) - 1) * height
    bases = [min(max(mean, low), highest) for mean, count in groups for _ in range(count)]
    return [base + index * height for index, base in enumerate(bases)]
