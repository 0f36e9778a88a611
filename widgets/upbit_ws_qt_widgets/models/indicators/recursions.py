"""Averages that never forget and running totals, in blocks of any length. Pure.

Each kernel takes what it kept from the values before and the next values (at least one), and gives
one result for each value and what to keep. However the values are split into blocks, the results
are the same to the last bit.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Followed", "Tally", "follow", "totals"]

Floats = npt.NDArray[np.float64]

_ROW = 256


class Tally(NamedTuple):
    """What ``follow`` keeps.

    ``seeds`` are the first values until there are enough of them. Then values are taken in rows:
    ``place`` is how many the last row has, ``base`` the result before it, and ``share`` what its
    values add to the result.
    """

    seeds: tuple[float, ...] = ()
    place: int = 0
    base: float = math.nan
    share: float = 0.0


Followed = tuple[Floats, Tally]


def follow(kept: Tally | None, values: Floats, weight: float, seeds: int) -> Followed:
    """Averages ``y`` that take in each value ``x`` by ``y += weight * (x - y)``.

    The first one is the plain mean of the first ``seeds`` values, as in TA-Lib; before it there is
    none (NaN). A value that is NaN is left out: it has no result and changes nothing.
    """
    kept = kept or Tally()
    results = np.full(len(values), np.nan)
    places = np.flatnonzero(~np.isnan(values))
    missing = seeds - len(kept.seeds)
    if missing > 0:
        first = tuple(values[places[:missing]].tolist())
        kept = kept._replace(seeds=kept.seeds + first)
        if len(first) < missing:
            return results, kept
        kept = kept._replace(base=math.fsum(kept.seeds) / seeds)
        results[places[missing - 1]] = kept.base
        places = places[missing:]
    results[places], kept = _followed(kept, values[places], weight)
    return results, kept


def _followed(kept: Tally, values: Floats, weight: float) -> Followed:
    """Row by row; within a row a result is what its values add, and what is left of the base.

    So that long blocks need no loop over values: the places of all their rows go together.
    """
    rest = _powers(1.0 - weight)
    head = min(_ROW - kept.place, len(values)) if kept.place else 0
    rows = (len(values) - head) // _ROW
    first, kept = _singly(kept, values[:head], weight, rest)
    body = np.multiply(values[head : head + rows * _ROW].reshape(rows, _ROW).T, weight, order="C")
    for place in range(1, _ROW if rows else 0):
        body[place] += rest[0] * body[place - 1]
    bases = [kept.base]
    for share in body[-1].tolist():
        bases.append(share + rest[-1] * bases[-1])
    body += np.multiply.outer(rest, bases[:-1])
    kept = kept._replace(base=bases[-1])
    last, kept = _singly(kept, values[head + rows * _ROW :], weight, rest)
    return np.concatenate((first, body.T.ravel(), last)), kept


def _singly(kept: Tally, values: Floats, weight: float, rest: Floats) -> Followed:
    """The same one by one, within a row."""
    place, base, share = kept.place, kept.base, kept.share
    left = rest[place : place + len(values)].tolist()
    keep = float(rest[0])
    results: list[float] = []
    for value, old in zip((values * weight).tolist(), left, strict=True):
        share = value + keep * share
        results.append(share + old * base)
    place += len(results)
    if place == _ROW:
        place, base, share = 0, results[-1], 0.0
    return np.array(results), kept._replace(place=place, base=base, share=share)


@functools.lru_cache(maxsize=64)
def _powers(factor: float) -> Floats:
    """``factor`` to the power of 1 … _ROW."""
    return np.multiply.accumulate(np.full(_ROW, factor))


def totals(
    kept: float | None, values: Floats, restarts: npt.NDArray[np.bool_]
) -> tuple[Floats, float]:
    """The sum of all values up to each, beginning anew wherever ``restarts`` is set.

    A value that is NaN is left out: it has no result and changes nothing.
    """
    missing = np.isnan(values)
    results = np.where(missing, 0.0, values)
    edges = np.concatenate(([0], np.flatnonzero(restarts), [len(values)]))
    if not restarts[0]:
        results[0] += kept or 0.0
    # Most stretches of long bars are a single one.
    for index in np.flatnonzero(np.diff(edges) > 1).tolist():
        stretch = results[edges[index] : edges[index + 1]]
        np.add.accumulate(stretch, out=stretch)
    total = float(results[-1])
    results[missing] = np.nan
    return results, total
