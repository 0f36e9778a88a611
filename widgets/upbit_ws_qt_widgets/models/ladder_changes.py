"""Which sizes of a book have just changed, and how much of their colour is left. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .ladder_rungs import Rung

__all__ = ["FADE_MS", "FADE_STEPS", "Changes"]

FADE_MS = 600
FADE_STEPS = 3
"""A colour that fades evenly would paint its row again in every frame; three steps do."""
_STEP_MS = FADE_MS // FADE_STEPS

# The side, and the number of the price on the grid.
Place = tuple[bool, int]


# State: the sizes seen last, what they were seen with and how far they went on each side; the
# changes that still fade, by place: the sign and when it was seen.
class Changes:
    """Compares each book that is shown with the one that was shown before it.

    A price that came into sight at the far end, because others went, has not changed.
    """

    def __init__(self) -> None:
        self._sizes: dict[Place, float] = {}
        self._context: object = None
        self._ends: dict[bool, int] = {}
        self._hot: dict[Place, tuple[int, float]] = {}

    def note(self, rungs: Iterable[Rung], step: float, context: object, now_ms: float) -> None:
        """Compare with what was noted before.

        Args:
            rungs: the book as it is shown, from the highest ask down to the lowest bid.
            step: of the grid its prices are on.
            context: what the book is shown with; with another one nothing can be compared.
            now_ms: of a clock that only goes forward.
        """
        sizes: dict[Place, float] = {}
        ends = {True: 0, False: 0}
        for ask, price, size, _, _ in rungs:
            if price and size:
                index = round(price / step)
                sizes[ask, index] = size
                if not (ask and ends[True]):
                    ends[ask] = index
        if context == self._context:
            self._compare(sizes, ends, now_ms)
        else:
            self._hot.clear()
        self._sizes, self._context, self._ends = sizes, context, ends

    def _compare(self, sizes: dict[Place, float], ends: dict[bool, int], now_ms: float) -> None:
        before, top, bottom = self._sizes, self._ends[True], self._ends[False]
        for place, size in sizes.items():
            old = before.get(place, 0.0)
            if size == old:
                continue
            ask, index = place
            # On a side that was empty nothing was in sight.
            if top and index <= top if ask else bottom and index >= bottom:
                self._hot[place] = (1 if size > old else -1, now_ms)
        for place in before.keys() - sizes.keys():
            ask, index = place
            if index <= ends[True] if ask else index >= ends[False]:
                self._hot[place] = (-1, now_ms)

    def heats(self, now_ms: float) -> Mapping[Place, int]:
        """How hot prices are: up to ``FADE_STEPS`` after they grew, below 0 after they shrank.

        By side (asks: True) and number on the grid; those that have come to rest are forgotten.
        """
        self._hot = {
            place: (sign, since)
            for place, (sign, since) in self._hot.items()
            if now_ms - since < FADE_MS
        }
        return {
            place: sign * (FADE_STEPS - int((now_ms - since) // _STEP_MS))
            for place, (sign, since) in self._hot.items()
        }

    def next_due_ms(self, now_ms: float) -> float | None:
        """When the next colour fades by a step; None where none does."""
        return min(
            (
                since + ((now_ms - since) // _STEP_MS + 1) * _STEP_MS
                for _, since in self._hot.values()
            ),
            default=None,
        )
