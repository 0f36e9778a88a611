"""From the state of a chart to its picture, doing again only what changed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .chart_backdrop import backdrop_of, empty_backdrop, widest_price_labels
from .chart_columns import Columns, Extreme
from .chart_front import front_of, texts_of
from .chart_layout import ChartLayout
from .chart_picture import Backdrop, Picture
from .chart_scale import PriceScale, volume_top
from .chart_scene import Scene, Sight, sight_of
from .chart_state import ChartState
from .live_bars import LiveBars

__all__ = ["ChartResolver"]


class _ColumnsKey(NamedTuple):
    """The settled columns are the same while these are."""

    series: LiveBars
    revision: int
    sight: Sight
    amount: int


class _BackdropKey(NamedTuple):
    """The backdrop is the same while these are."""

    columns: _ColumnsKey | None
    layout: ChartLayout
    scale: PriceScale
    top: float
    tick: float
    averages: tuple[int, ...]
    words: Mapping[str, str]


# State: the last settled columns and the last backdrop, each with its key, and the amount scale.
class ChartResolver:
    """Makes the pictures of one chart; keeps what a tick or a move of the pointer leaves alone."""

    def __init__(self) -> None:
        self._columns: tuple[_ColumnsKey, Columns] | None = None
        self._backdrop: tuple[_BackdropKey, Backdrop] | None = None
        self._top = 0.0

    def resolve(self, state: ChartState, now: float) -> Picture:
        """The picture at ``now`` (ms by the exchange's clock).

        Fits the price scale and the width of the price axis of ``state`` to what is in view.
        """
        if not state.bars or state.is_waiting:
            return Picture(self._kept_backdrop(state, None, None), texts_of(state))
        key, scene = self._scene(state)
        if state.fit_axis(widest_price_labels(state)):
            # Another width of the axis is another width of the plot.
            key, scene = self._scene(state)
        return Picture(self._kept_backdrop(state, key, scene), front_of(state, scene, now))

    def _scene(self, state: ChartState) -> tuple[_ColumnsKey, Scene]:
        bars, sight = state.bars, sight_of(state)
        key = _ColumnsKey(state.series, bars.revision, sight, state.amount)
        if self._columns is None or self._columns[0] != key:
            self._columns = key, sight.settled_columns(bars, state.amount)
        settled = self._columns[1]
        growing = sight.growing_column(bars, state.amount)
        parts = [part for part in (settled, growing) if part is not None and len(part)]
        low, high = _lowest(parts), _highest(parts)
        if low is not None and high is not None:
            headroom = min(state.layout.headroom / state.layout.price_bottom, 0.4)
            tick = state.tick_size(high.price)
            state.scale = state.scale.fitted(low.price, high.price, tick, headroom)
        amounts = (float(part.amount.max()) for part in parts)
        self._top = volume_top(self._top, max(amounts, default=0.0))
        scene = Scene(sight, settled, growing, low, high, state.layout, state.scale, self._top)
        return key, scene

    def _kept_backdrop(
        self, state: ChartState, columns: _ColumnsKey | None, scene: Scene | None
    ) -> Backdrop:
        tick = state.tick_size(max(state.scale.high, 0.0))
        key = _BackdropKey(
            columns, state.layout, state.scale, self._top, tick, state.averages, state.words
        )
        if self._backdrop is None or self._backdrop[0] != key:
            made = empty_backdrop(state) if scene is None else backdrop_of(state, scene)
            self._backdrop = key, made
        return self._backdrop[1]


def _lowest(parts: list[Columns]) -> Extreme | None:
    return min((part.lowest() for part in parts), key=lambda one: one.price, default=None)


def _highest(parts: list[Columns]) -> Extreme | None:
    return max((part.highest() for part in parts), key=lambda one: one.price, default=None)
