"""The bars of a chart as a table of plain numbers, for other programs. Pure."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from .chart_overlays import Overlay, OverlayPlot
from .chart_state import ChartState
from .indicators.stretch import Floats

__all__ = ["BarsSheet", "indicator_plots", "overlays_of", "sheet_of"]

_HEADS = ("time", "time_ms", "open", "high", "low", "close", "volume", "value")


@dataclass(frozen=True, slots=True, eq=False)
class BarsSheet:
    """A copy of some bars and of what their indicators have there, oldest first.

    Its text is made in slices, because a million lines take seconds. Numbers have a point, no
    thousands separators and 15 digits: all that the exchange writes, and none that adding in binary
    brings about. What is not known is empty.

    Args:
        heads: the names of all columns, the same in every language.
        times: the starts of the bars in ms since 1970, shape (n,).
        columns: the figures, each of shape (n,).
        offset_ms: how far the clock that times are written by is ahead of UTC.
        separator: what stands between two cells.
    """

    heads: tuple[str, ...]
    times: npt.NDArray[np.int64]
    columns: tuple[Floats, ...]
    offset_ms: int
    separator: str

    def __len__(self) -> int:
        return len(self.times)

    def head(self) -> str:
        """The line with the names of the columns."""
        out = io.StringIO()
        csv.writer(out, delimiter=self.separator, lineterminator="\n").writerow(self.heads)
        return out.getvalue()

    def lines(self, start: int, stop: int) -> str:
        """The lines of bars ``start … stop - 1``, counted from 0."""
        times = self.times[start:stop]
        clock = (times + self.offset_ms).astype("M8[ms]").astype("M8[s]")
        pattern = self.separator.join(["%s" + _offset(self.offset_ms), "%d"])
        pattern += f"{self.separator}%.15g" * len(self.columns)
        columns = [column[start:stop].tolist() for column in self.columns]
        rows = zip(np.datetime_as_string(clock).tolist(), times.tolist(), *columns, strict=True)
        lines = [pattern % row for row in rows]
        # Very small and very large numbers come out as 1e-08, and missing ones as nan.
        return "".join(
            (self._plain(line) if "e" in line or "n" in line else line) + "\n" for line in lines
        )

    def _plain(self, line: str) -> str:
        return self.separator.join(map(_plain, line.split(self.separator)))


def sheet_of(state: ChartState, start: int, stop: int, *, separator: str = ",") -> BarsSheet:
    """Bars number ``start … stop - 1`` of a chart with its indicators, as they are now."""
    bars = state.bars
    places = slice(start - bars.first, stop - bars.first)
    named = indicator_plots(state)
    return BarsSheet(
        _HEADS + tuple(name for name, _ in named),
        bars.times[places].copy(),
        (
            *(figure[places].copy() for figure in bars.figures),
            *(_drawn(plot, places.start, places.stop) for _, plot in named),
        ),
        state.zone.offset_ms,
        separator,
    )


def indicator_plots(state: ChartState) -> tuple[tuple[str, OverlayPlot], ...]:
    """What the indicators draw, with a name for each, such as ``MACD 12 26 9 Signal``.

    Those on the price come first, as in the legend.
    """
    return tuple(
        (" ".join(filter(None, (overlay.indicator.label, plot.title.en))), drawn)
        for overlay in overlays_of(state)
        for plot, drawn in zip(overlay.indicator.spec.plots, overlay.plots, strict=True)
    )


def overlays_of(state: ChartState) -> tuple[Overlay, ...]:
    """All indicators with their values, those on the price first."""
    overlays, bars = state.overlays, state.bars
    panes = (overlays.pane(subject, bars) for subject in overlays.in_panes)
    return (*overlays.on_price(bars), *panes)


def _drawn(plot: OverlayPlot, start: int, stop: int) -> Floats:
    """What is drawn at bars ``start … stop - 1``; a line may be drawn later than its own bar."""
    drawn = np.full(stop - start, np.nan)
    first = max(start - plot.shift, 0)
    last = max(first, min(stop - plot.shift, len(plot.values)))
    at = first + plot.shift - start
    drawn[at : at + last - first] = plot.values[first:last]
    return drawn


def _offset(milliseconds: int) -> str:
    """``+09:00``."""
    return f"+{milliseconds // 3_600_000:02}:00"


def _plain(cell: str) -> str:
    if cell == "nan":
        return ""
    return format(Decimal(cell), "f") if "e" in cell else cell
