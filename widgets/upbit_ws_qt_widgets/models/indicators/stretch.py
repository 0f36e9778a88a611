"""A stretch of bars, and the steps indicators are made of. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from upbit_ws_qt.errors import InvalidState
from upbit_ws_qt_widgets.models.bars import CLOSE, HIGH, LOW, OPEN, VALUE, VOLUME

from . import recursions, windows

__all__ = ["Floats", "Kernel", "Memory", "Stretch"]

Floats = npt.NDArray[np.float64]

Kernel = Callable[..., tuple[Any, Any]]
"""``kernel(kept, values, *settings)`` gives results and what to keep; ``kept`` is None at first."""

Memory = tuple[tuple[Kernel, Any], ...]
"""What each step of an indicator kept, in the order of the steps."""


# State: what the steps so far have kept.
class Stretch:
    """Bars that follow one another, with what the steps remember of the bars before them.

    An indicator is a function of a stretch. It is written as if the stretch were all there is:
    every step takes an array with a value for each bar and gives such an array, and gets what it
    needs from earlier bars by itself. So the same function works out a million bars at once, and
    the newest one alone when a trade comes in.

    For that, a function must take its steps in the same order every time, whatever the figures are,
    and look at other bars than a value's own through steps only. In the first bars, where too few
    came before, results are NaN.

    Args:
        times: the starts of the bars, ms since 1970, UTC; at least one.
        figures: OPEN … VALUE by bars, shape (6, n), without NaN.
        memory: what the steps kept at the end of the stretch before; None if this is the first.
    """

    def __init__(
        self, times: npt.NDArray[np.int64], figures: Floats, memory: Memory | None = None
    ) -> None:
        self.times = times
        self.open = figures[OPEN]
        self.high = figures[HIGH]
        self.low = figures[LOW]
        self.close = figures[CLOSE]
        self.volume = figures[VOLUME]
        self.value = figures[VALUE]
        self._former = memory
        self._kept: list[tuple[Kernel, Any]] = []

    @property
    def memory(self) -> Memory:
        """What the steps have kept, for the stretch that follows.

        Raises:
            InvalidState: other steps were taken than in the stretch before.
        """
        if self._former is not None and len(self._kept) != len(self._former):
            raise _other_steps(f"{len(self._kept)} instead of {len(self._former)}")
        return tuple(self._kept)

    def step(self, kernel: Kernel, values: npt.NDArray[Any], *settings: Any) -> Any:
        """The results of ``kernel``, which gets what it kept from the bars before.

        All other steps are made of this one. A kernel must not change what it is given.

        Raises:
            InvalidState: the stretch before had another step in this place.
        """
        kept = None
        if self._former is not None:
            place = len(self._kept)
            if place >= len(self._former) or self._former[place][0] is not kernel:
                raise _other_steps(f"{kernel.__name__} as number {place + 1}")
            kept = self._former[place][1]
        results, kept = kernel(kept, values, *settings)
        self._kept.append((kernel, kept))
        return results

    def before(self, values: npt.NDArray[Any], distance: int = 1) -> Floats:
        """The value so many bars earlier."""
        return self.step(windows.before, values, distance)  # type: ignore[no-any-return]

    def mean(self, values: Floats, length: int) -> Floats:
        """The mean of the newest ``length`` values; it costs the same for every length."""
        return self.step(windows.sums, values, length) / length  # type: ignore[no-any-return]

    def weighted_mean(self, values: Floats, length: int) -> Floats:
        """The same, with the oldest value counted once and the newest ``length`` times."""
        return self.step(windows.weighted_means, values, length)  # type: ignore[no-any-return]

    def deviation(self, values: Floats, length: int) -> Floats:
        """The standard deviation of the newest ``length`` values, as of a whole population."""
        return self.step(windows.deviations, values, length)  # type: ignore[no-any-return]

    def highest(self, values: Floats, length: int) -> Floats:
        """The greatest of the newest ``length`` values."""
        return self.step(windows.highest, values, length)  # type: ignore[no-any-return]

    def lowest(self, values: Floats, length: int) -> Floats:
        """The smallest of the newest ``length`` values."""
        return self.step(windows.lowest, values, length)  # type: ignore[no-any-return]

    def windows(self, values: Floats, length: int) -> Floats:
        """The newest ``length`` values of each bar, oldest first, shape (n, length)."""
        return self.step(windows.windows, values, length)  # type: ignore[no-any-return]

    def exponential_mean(self, values: Floats, length: int) -> Floats:
        """The average in which each new value weighs 2 / (length + 1).

        It begins with the mean of the first ``length`` values.
        """
        weight = 2.0 / (length + 1)
        return self.step(recursions.follow, values, weight, length)  # type: ignore[no-any-return]

    def smoothed(self, values: Floats, length: int) -> Floats:
        """Wilder's average, in which each new value weighs 1 / length.

        It begins with the mean of the first ``length`` values.
        """
        return self.step(recursions.follow, values, 1.0 / length, length)  # type: ignore[no-any-return]

    def total(self, values: Floats, restarts: npt.NDArray[np.bool_] | None = None) -> Floats:
        """The sum of all values so far, or of those since ``restarts`` was set last."""
        marks = np.zeros(len(values), np.bool_) if restarts is None else restarts
        return self.step(recursions.totals, values, marks)  # type: ignore[no-any-return]

    def without_first(self, values: Floats, count: int) -> Floats:
        """The same values, NaN in the first ``count`` bars of all: an average then begins later."""
        return self.step(_without_first, values, count)  # type: ignore[no-any-return]


def _without_first(kept: int | None, values: Floats, count: int) -> tuple[Floats, int]:
    left = count if kept is None else kept
    results = values.copy()
    results[:left] = np.nan
    return results, max(left - len(values), 0)


def _other_steps(what: str) -> InvalidState:
    return InvalidState(
        "an indicator must take the same steps for each stretch of bars, whatever the figures; "
        f"got {what}"
    )
