"""Stretches of time of which a chart may lack something. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["Hole", "Holes"]


class Hole(NamedTuple):
    """A stretch of time, in ms by the exchange's clock.

    ``is_lost`` where what was asked for has not been given; else it is on its way.
    """

    since_ms: int
    until_ms: int
    is_lost: bool = False


# State: by who told of it, the hole that is being filled; those that could not be.
class Holes:
    """What is not known at the moment. Nearly always there is none.

    Several may tell of holes, each of one at a time: a stream, and whoever reads candles anew.
    """

    def __init__(self) -> None:
        self._open: dict[str, Hole] = {}
        self._lost: tuple[Hole, ...] = ()
        self._shown: tuple[Hole, ...] = ()

    @property
    def shown(self) -> tuple[Hole, ...]:
        """All of them in order of time, none touching another of its sort; stays if unchanged."""
        return self._shown

    def is_open(self, source: str) -> bool:
        """Whether this one still asks for something."""
        return source in self._open

    def found(self, source: str, since_ms: int, until_ms: int) -> None:
        """Something may be missing, and is asked for."""
        self._open[source] = Hole(since_ms, until_ms)
        self._settle()

    def filled(self, source: str) -> None:
        """What this one asked for is there."""
        self._open.pop(source, None)
        self._settle()

    def lost(self, source: str, since_ms: int, until_ms: int) -> None:
        """What this one asked for does not come."""
        self._open.pop(source, None)
        self._lost = _joined((*self._lost, Hole(since_ms, until_ms, is_lost=True)))
        self._settle()

    def known(self, since_ms: int, until_ms: int) -> None:
        """All that happened in this time is there now, whoever missed it."""
        if since_ms >= until_ms:
            return
        self._open = {
            source: rest[0]
            for source, hole in self._open.items()
            if (rest := _without(hole, since_ms, until_ms))
        }
        self._lost = tuple(
            rest for hole in self._lost for rest in _without(hole, since_ms, until_ms)
        )
        self._settle()

    def clear(self) -> None:
        """Nothing is missing: something else is shown."""
        self._open.clear()
        self._lost = self._shown = ()

    def at(self, since_ms: int, until_ms: int) -> Hole | None:
        """The first hole that reaches into this time; one that is lost before any other."""
        touching = (
            hole for hole in self._shown if hole.since_ms < until_ms and hole.until_ms > since_ms
        )
        return min(touching, key=lambda hole: (not hole.is_lost, hole.since_ms), default=None)

    def _settle(self) -> None:
        shown = sorted((*self._lost, *_joined(self._open.values())))
        if tuple(shown) != self._shown:
            self._shown = tuple(shown)


def _without(hole: Hole, since_ms: int, until_ms: int) -> tuple[Hole, ...]:
    """What is left of a hole outside of a time, the newest part first."""
    parts = (
        hole._replace(since_ms=max(hole.since_ms, until_ms)),
        hole._replace(until_ms=min(hole.until_ms, since_ms)),
    )
    return tuple(part for part in parts if part.since_ms < part.until_ms)


def _joined(holes: Iterable[Hole]) -> tuple[Hole, ...]:
    """The same time as stretches that do not touch; all of one sort, and none empty."""
    joined: list[Hole] = []
    for hole in sorted(hole for hole in holes if hole.since_ms < hole.until_ms):
        if joined and hole.since_ms <= joined[-1].until_ms:
            last = joined.pop()
            hole = last._replace(until_ms=max(last.until_ms, hole.until_ms))
        joined.append(hole)
    return tuple(joined)
