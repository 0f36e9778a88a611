"""How an account is divided among its assets, for a bar or a ring. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple

from .holding_values import EXACT, QUOTIENT, Holding

__all__ = ["Slice", "allocate", "percentages", "spans"]

_MOST = 7
_LEAST = Decimal("0.01")
_ZERO = Decimal(0)
_PARTS = 1000


class Slice(NamedTuple):
    """One part; ``currency`` is empty for the small rest, which is of so many ``assets``."""

    currency: str
    value: Decimal
    share: Decimal
    """A fraction of all."""
    assets: int = 1


def allocate(
    holdings: Iterable[Holding], *, most: int = _MOST, least: Decimal = _LEAST
) -> tuple[Slice, ...]:
    """The parts of what has a value, the greatest first and the small rest together last.

    Args:
        holdings: what there is; cash counts as well.
        most: so many assets at most have a part of their own.
        least: assets with a lesser share go to the rest, unless only one would.
    """
    valued = [(holding.value, holding.currency) for holding in holdings if holding.value]
    valued.sort(key=lambda pair: (-pair[0], pair[1]))
    total = _ZERO
    for value, _ in valued:
        total = EXACT.add(total, value)
    slices = [Slice(name, value, QUOTIENT.divide(value, total)) for value, name in valued]
    large = [each for each in slices[:most] if each.share >= least]
    rest = slices[len(large) :]
    if len(rest) <= 1:
        return tuple(slices)
    value = _ZERO
    for each in rest:
        value = EXACT.add(value, each.value)
    return (*large, Slice("", value, QUOTIENT.divide(value, total), len(rest)))


def percentages(slices: Sequence[Slice]) -> tuple[str, ...]:
    """The shares with one decimal, such that they sum up to 100.0 %.

    Each is rounded down, and the tenths that are left go to those that lost most.
    """
    exact = [each.share * _PARTS for each in slices]
    whole = [int(part.to_integral_value(ROUND_FLOOR)) for part in exact]
    order = sorted(range(len(slices)), key=lambda place: whole[place] - exact[place])
    for place in order[: _PARTS - sum(whole)]:
        whole[place] += 1
    return tuple(f"{part // 10}.{part % 10}%" for part in whole)


def spans(slices: Sequence[Slice], length: int) -> tuple[tuple[int, int], ...]:
    """Where each part begins and ends on a line (or round a ring) of ``length``, without gaps."""
    ends = [0]
    share = _ZERO
    for each in slices:
        share += each.share
        ends.append(round(share * length))
    return tuple(itertools.pairwise(ends))
