"""From the state of a chart to its picture, doing again only what changed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .chart_backdrop import backdrop_of, empty_backdrop, widest_price_labels
from .chart_columns import Columns, Extreme
from .chart_front import front_of, texts_of
from .chart_kinds import Look
from .chart_layout import ChartLayout, PaneBox, PaneSubject
from .chart_picture import Backdrop, Picture
from .chart_scale import PriceScale, volume_top
from .chart_scene import PaneScene, Scene, Sight, sight_of
from .chart_state import ChartState
from .chart_strokes import values_in_view
from .indicators import Indicator
from .live_bars import LiveBars

__all__ = ["ChartResolver"]

_PANE_MARGIN = 0.06
_FLATTEST = 1e-6


class _ColumnsKey(NamedTuple):
    """The settled columns are the same while these are."""

    series: LiveBars
    revision: int
    sight: Sight
    look: Look


class _BackdropKey(NamedTuple):
    """The backdrop is the same while these are."""

    columns: _ColumnsKey | None
    layout: ChartLayout
    scale: PriceScale
    panes: tuple[tuple[PriceScale, bool], ...]
    tick: float
    overlays: tuple[Indicator, ...]
    words: Mapping[str, str]


# State: the last settled columns and the last backdrop, each with its key, and the scales of the
# panes, which stay while they serve.
class ChartResolver:
    """Makes the pictures of one chart; keeps what a tick or a move of the pointer leaves alone."""

    def __init__(self) -> None:
        self._columns: tuple[_ColumnsKey, Columns] | None = None
        self._backdrop: tuple[_BackdropKey, Backdrop] | None = None
        self._top = 0.0
        self._scales: dict[PaneSubject, PriceScale] = {}

    def resolve(self, state: ChartState, now: float) -> Picture:
        """The picture at ``now`` (ms by the exchange's clock).

        Fits the price scale and the width of the price axis of ``state`` to what is in view.
        """
        state.fit_panes()
        if not state.bars or state.is_waiting:
            return Picture(self._kept_backdrop(state, None, None), texts_of(state))
        key, scene = self._scene(state)
        if state.fit_axis(widest_price_labels(state)):
            # Another width of the axis is another width of the plot.
            key, scene = self._scene(state)
        return Picture(self._kept_backdrop(state, key, scene), front_of(state, scene, now))

    def _scene(self, state: ChartState) -> tuple[_ColumnsKey, Scene]:
        bars, sight, layout = state.bars, sight_of(state), state.layout
        key = _ColumnsKey(state.series, bars.revision, sight, state.look)
        if self._columns is None or self._columns[0] != key:
            self._columns = key, sight.settled_columns(state)
        settled = self._columns[1]
        growing = sight.growing_column(state)
        parts = [part for part in (settled, growing) if part is not None and len(part)]
        if parts:
            low, high = (
                min(part.low.min() for part in parts),
                max(part.high.max() for part in parts),
            )
            headroom = min(layout.headroom / layout.price_bottom, 0.4)
            tick = state.tick_size(float(high))
            state.scale = state.scale.fitted(float(low), float(high), tick, headroom)
        amounts = (float(part.amount.max()) for part in parts)
        self._top = volume_top(self._top, max(amounts, default=0.0))
        panes = tuple(self._pane(state, sight, box) for box in layout.panes)
        self._scales = {pane.box.subject: pane.scale for pane in panes}
        scene = Scene(
            sight,
            settled,
            growing,
            min((part.lowest() for part in parts), key=_price, default=None),
            max((part.highest() for part in parts), key=_price, default=None),
            layout,
            state.scale,
            self._top,
            tuple(state.overlays.on_price(bars)),
            panes,
            state.look.kind,
        )
        return key, scene

    def _pane(self, state: ChartState, sight: Sight, box: PaneBox) -> PaneScene:
        if box.subject is None:
            return PaneScene(box, PriceScale(0.0, self._top), None)
        overlay = state.overlays.pane(box.subject, state.bars)
        spec, scale = box.subject.spec, self._scales.get(box.subject, PriceScale())
        headroom = min(state.layout.pane_headroom / (box.bottom - box.top), 0.4)
        if spec.limits is not None:
            low, high = spec.limits
            low -= _PANE_MARGIN * (high - low)
            return PaneScene(box, PriceScale(low, low + (high - low) / (1 - headroom)), overlay)
        found = values_in_view(overlay, sight)
        if found is None:
            return PaneScene(box, scale, overlay, has_values=False)
        least = max(map(abs, found)) * _FLATTEST or _FLATTEST
        return PaneScene(box, scale.fitted(*found, least, headroom), overlay)

    def _kept_backdrop(
        self, state: ChartState, columns: _ColumnsKey | None, scene: Scene | None
    ) -> Backdrop:
        tick = state.tick_size(max(state.scale.high, 0.0))
        key = _BackdropKey(
            columns,
            state.layout,
            state.scale,
            () if scene is None else tuple((pane.scale, pane.has_values) for pane in scene.panes),
            tick,
            state.overlays.chosen,
            state.words,
        )
        if self._backdrop is None or self._backdrop[0] != key:
            made = empty_backdrop(state) if scene is None else backdrop_of(state, scene)
            self._backdrop = key, made
        return self._backdrop[1]


def _price(extreme: Extreme) -> float:
    return extreme.price
