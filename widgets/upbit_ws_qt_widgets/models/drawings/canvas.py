"""The figures of the drawings in one frame, each worked out once. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from upbit_ws_qt_widgets.models.bars import Bars
from upbit_ws_qt_widgets.models.chart_layout import ChartLayout
from upbit_ws_qt_widgets.models.chart_scale import PriceScale
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.chart_time import TimeZone
from upbit_ws_qt_widgets.models.chart_view import ChartView

from .frame import Frame, frame_of
from .geometry import Figure, figure_of
from .kinds import Drawing, Item

__all__ = ["Canvas", "CanvasMaker", "Lettering"]


@dataclass(frozen=True, slots=True, eq=False)
class Lettering:
    """The font of texts on drawings: how many px a text is wide and a line is high."""

    width: Callable[[str], float]
    height: float


# State: the figures of what was drawn last.
class Canvas:
    """One frame and what is drawn in it."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self._figures: dict[Drawing, Figure] = {}

    def figure(self, drawing: Drawing) -> Figure:
        """Where a drawing is."""
        figure = self._figures.get(drawing)
        if figure is None:
            figure = self._figures[drawing] = figure_of(drawing, self.frame)
        return figure

    def figures(self, items: Sequence[Item]) -> list[Figure | None]:
        """Where all drawings are; None for those of an unknown kind. Others are forgotten.

        A drag shows a drawing at thousands of places, and each of them once.
        """
        figures = [self.figure(item) if isinstance(item, Drawing) else None for item in items]
        self._figures = {
            item: figure
            for item, figure in zip(items, figures, strict=True)
            if isinstance(item, Drawing) and figure is not None
        }
        return figures


class _Key(NamedTuple):
    """The places are the same while these are."""

    bars: Bars
    revision: int
    view: ChartView
    scale: PriceScale
    layout: ChartLayout
    words: Mapping[str, str]
    zone: TimeZone
    tick_size: Callable[[float], float]
    is_waiting: bool
    lettering: Lettering


# State: the last canvas with its key.
class CanvasMaker:
    """Makes the canvases of one chart; keeps the last one while nothing moved."""

    def __init__(self) -> None:
        self._key: _Key | None = None
        self._canvas: Canvas | None = None

    def canvas(self, state: ChartState, lettering: Lettering) -> Canvas | None:
        """The canvas of what ``state`` shows; None while it shows no bars."""
        key = _Key(
            state.bars,
            state.bars.revision,
            state.view,
            state.scale,
            state.layout,
            state.words,
            state.zone,
            state.tick_size,
            state.is_waiting,
            lettering,
        )
        if key != self._key:
            frame = frame_of(state, lettering.width, lettering.height)
            self._key, self._canvas = key, None if frame is None else Canvas(frame)
        return self._canvas
