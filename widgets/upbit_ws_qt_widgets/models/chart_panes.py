"""Which panes lie below the prices of a chart, and how high they are. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from upbit_ws_qt.errors import InvalidRequest

from .chart_layout import ChartLayout, PaneSubject, WantedPane
from .indicators import Indicator

__all__ = ["Panes"]

_MOST = 32


# State: whether there is a pane for the amounts, and the shares of the height that the user chose.
class Panes:
    """The panes below the prices: the amounts first, then the indicators in the order of choice.

    A pane whose height nobody chose shares it with the others alike.
    """

    def __init__(self) -> None:
        self.shows_amounts = True
        self._shares: dict[PaneSubject, float] = {}

    def wanted(self, indicators: Sequence[Indicator]) -> tuple[WantedPane, ...]:
        """The panes for these indicators."""
        subjects: list[PaneSubject] = [None] if self.shows_amounts else []
        return tuple(
            WantedPane(subject, self._shares.get(subject)) for subject in [*subjects, *indicators]
        )

    def drag(self, layout: ChartLayout, index: int, pixels: float) -> None:
        """Move the upper edge of a pane of ``layout`` down by so many px."""
        for pane, share in zip(layout.panes, layout.dragged(index, pixels), strict=True):
            self._shares[pane.subject] = share

    def reset(self) -> None:
        """Forget the heights that the user chose."""
        self._shares.clear()

    def forget(self, subject: PaneSubject) -> None:
        """A pane was closed: when it comes back it has the usual height."""
        self._shares.pop(subject, None)

    def heights(self, indicators: Sequence[Indicator]) -> list[float | None]:
        """The shares of the amounts and of these indicators, None for the usual one."""
        return [self._shares.get(subject) for subject in (None, *indicators)]

    def restore(self, heights: Sequence[float | None], indicators: Sequence[Indicator]) -> None:
        """Take back what ``heights`` gave for the same indicators."""
        subjects = (None, *indicators)
        self._shares = {
            subject: share
            for subject, share in zip(subjects, heights, strict=False)
            if share is not None
        }

    @staticmethod
    def checked(heights: object) -> list[float | None]:
        """What ``heights`` gave.

        Raises:
            InvalidRequest: it is something else.
        """
        if not isinstance(heights, list | tuple) or len(cast("list[object]", heights)) > _MOST:
            raise InvalidRequest(f"a list of the panes' heights is expected; got {heights!r}")
        found: list[float | None] = []
        for share in cast("Sequence[object]", heights):
            is_share = isinstance(share, float | int) and not isinstance(share, bool)
            if share is not None and not (is_share and 0 < cast("float", share) < 1):
                raise InvalidRequest(
                    f"the height of a pane is a share of 0 to 1 or None; got {share!r}"
                )
            found.append(cast("float | None", share))
        return found
