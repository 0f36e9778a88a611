"""From the state of a chart to its picture, doing again only what changed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .bars import Bars
from .chart_backdrop import backdrop_of, empty_backdrop, widest_price_labels
from .chart_columns import Columns, Extreme
from .chart_compare import ComparedKey
from .chart_fit import fit_prices, fitted_pane
from .chart_front import front_of, texts_of
from .chart_holes import Hole
from .chart_kinds import Look
from .chart_layout import ChartLayout
from .chart_picture import Backdrop, Picture
from .chart_scale import PriceScale, ScaleKind
from .chart_scene import Scene, Sight, base_of, compared_of, sight_of
from .chart_state import ChartState
from .chart_time import TimeZone
from .indicators import Indicator

__all__ = ["ChartResolver"]


class _ColumnsKey(NamedTuple):
    """The settled columns are the same while these are."""

    bars: Bars
    revision: int
    sight: Sight
    look: Look


class _BackdropKey(NamedTuple):
    """The backdrop is the same while these are."""

    columns: _ColumnsKey | None
    layout: ChartLayout
    scale: PriceScale
    panes: tuple[tuple[PriceScale, bool], ...]
    base: float
    compared: ComparedKey | None
    ticks: tuple[float, float]
    overlays: tuple[Indicator, ...]
    words: Mapping[str, str]
    zone: TimeZone
    fills: tuple[int, bool]
    holes: tuple[Hole, ...]
    shows_profile: bool


# State: the last settled columns and the last backdrop, each with its key.
class ChartResolver:
    """Makes the pictures of one chart; keeps what a tick or a move of the pointer leaves alone."""

    def __init__(self) -> None:
        self._columns: tuple[_ColumnsKey, Columns] | None = None
        self._backdrop: tuple[_BackdropKey, Backdrop] | None = None

    def resolve(self, state: ChartState, now: float) -> Picture:
        """The picture at ``now`` (ms by the exchange's clock).

        Fits the scales of all panes and the width of the price axis to what is in view.
        """
        state.fit_panes()
        if not state.bars or state.is_waiting:
            return Picture(self._kept_backdrop(state, None, None), texts_of(state))
        key, scene = self._scene(state)
        if state.fit_axis(widest_price_labels(state, scene)):
            # Another width of the axis is another width of the plot.
            key, scene = self._scene(state)
        return Picture(self._kept_backdrop(state, key, scene), front_of(state, scene, now))

    def _scene(self, state: ChartState) -> tuple[_ColumnsKey, Scene]:
        bars, sight, layout = state.bars, sight_of(state), state.layout
        key = _ColumnsKey(bars, bars.revision, sight, state.look)
        if self._columns is None or self._columns[0] != key:
            self._columns = key, sight.settled_columns(state)
        settled = self._columns[1]
        growing = sight.growing_column(state)
        parts = [part for part in (settled, growing) if part is not None and len(part)]
        overlays = tuple(state.overlays.on_price(bars))
        compared = compared_of(state)
        fit_prices(state, sight, parts, overlays, compared)
        highest = max((float(part.amount.max()) for part in parts), default=0.0)
        panes = tuple(fitted_pane(state, sight, box, highest) for box in layout.panes)
        state.pane_scales = {pane.box.subject: pane.scale for pane in panes}
        scene = Scene(
            sight,
            settled,
            growing,
            min((part.lowest() for part in parts), key=_price, default=None),
            max((part.highest() for part in parts), key=_price, default=None),
            layout,
            state.scale,
            next((pane.scale.high for pane in panes if pane.overlay is None), 1.0),
            overlays,
            panes,
            state.look.kind,
            base_of(state),
            compared,
        )
        return key, scene

    def _kept_backdrop(
        self, state: ChartState, columns: _ColumnsKey | None, scene: Scene | None
    ) -> Backdrop:
        scale = state.scale
        names_changes = scene is not None and scale.kind is ScaleKind.PERCENT
        key = _BackdropKey(
            columns,
            state.layout,
            scale,
            () if scene is None else tuple((pane.scale, pane.has_values) for pane in scene.panes),
            scene.base if scene is not None and names_changes else 1.0,
            None
            if scene is None or scene.compared is None
            else scene.compared.key(scene.sight.growing),
            (state.tick_size(max(scale.low, 0.0)), state.tick_size(max(scale.high, 0.0))),
            state.overlays.chosen,
            state.words,
            state.zone,
            state.marks.fills_shown,
            state.holes.shown,
            state.shows_profile,
        )
        if self._backdrop is None or self._backdrop[0] != key:
            made = empty_backdrop(state) if scene is None else backdrop_of(state, scene)
            self._backdrop = key, made
        return self._backdrop[1]


def _price(extreme: Extreme) -> float:
    return extreme.price
