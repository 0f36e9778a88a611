"""The part of the picture that a tick leaves alone. Pure."""

from __future__ import annotations

import math

import numpy as np

from .chart_fills import fill_marks
from .chart_ground import pauses_of, profile_of, shades_of
from .chart_kinds import ChartKind
from .chart_overlays import OverlayPlot
from .chart_picture import NO_STROKES, AxisLabel, Backdrop, PanePicture, Strokes, TimeLabel
from .chart_scale import nice_step, round_to_tick
from .chart_scene import PaneScene, Scene
from .chart_state import ChartState
from .chart_strokes import Canvas, together
from .chart_text import axis_time, compact, value_text
from .chart_time import Landmark, day_starts, time_ticks

__all__ = [
    "backdrop_of",
    "empty_backdrop",
    "pane_strokes",
    "price_strokes",
    "widest_price_labels",
]

_TIME_LABEL_GAP_PX = 76.0
_DAY_LINE_GAP_PX = 32.0
_PRICE_LABEL_GAP_PX = 36.0
_VALUE_LABEL_GAP_PX = 22.0


def empty_backdrop(state: ChartState) -> Backdrop:
    """The backdrop of a chart without bars."""
    panes = tuple(PanePicture(box, "", NO_STROKES, (), ()) for box in state.layout.panes)
    return Backdrop(state.layout, None, NO_STROKES, (), (), panes)


def backdrop_of(state: ChartState, scene: Scene) -> Backdrop:
    """The settled columns with the indicators over them, the axes and the grid."""
    return Backdrop(
        layout=scene.layout,
        shapes=scene.shapes(scene.settled) if len(scene.settled) else None,
        overlays=price_strokes(state, scene, live=False),
        price_labels=_price_labels(state, scene),
        time_labels=_time_labels(state, scene),
        panes=tuple(_pane(state, scene, pane) for pane in scene.panes),
        shades=shades_of(state, scene),
        pauses=pauses_of(state, scene),
        profile=profile_of(state, scene),
        fills=fill_marks(state, scene, scene.settled),
    )


def price_strokes(state: ChartState, scene: Scene, *, live: bool) -> Strokes:
    """The indicators on the price, a second market, and the price where it is a line.

    All of them go through the ends of columns.

    Args:
        state: the chart.
        scene: what is in view of it.
        live: the parts that lead to the newest bar, else all that is settled.
    """
    canvas = Canvas(scene.sight, scene.scale, 0, scene.layout.price_bottom, live)
    parts = [canvas.strokes(overlay) for overlay in scene.overlays]
    if scene.compared is not None:
        parts.append(Strokes(lines=(canvas.trace("comparison", scene.compared.prices),)))
    if scene.kind.is_line:
        close = OverlayPlot("accent", 0, state.prices().close)
        if scene.kind is ChartKind.AREA:
            parts.insert(0, canvas.down_to_bottom(close))
        parts.append(Strokes(lines=(canvas.line(close),)))
    return together(parts)


def pane_strokes(scene: Scene, pane: PaneScene, *, live: bool) -> Strokes:
    """What the indicator of a pane draws there; nothing for the amounts, which are no lines."""
    if pane.overlay is None:
        return NO_STROKES
    box = pane.box
    return Canvas(scene.sight, pane.scale, box.top, box.bottom, live).strokes(pane.overlay)


def _pane(state: ChartState, scene: Scene, pane: PaneScene) -> PanePicture:
    top, bottom = pane.box.top, pane.box.bottom
    if pane.overlay is None:
        place = top + scene.layout.pane_headroom // 2 + 2
        label = AxisLabel(place, compact(scene.top, state.words))
        caption = state.words["chart.value" if state.shows_value else "chart.volume"]
        return PanePicture(pane.box, caption, NO_STROKES, (label,), ())
    spec, scale = pane.overlay.indicator.spec, pane.scale
    values = list(spec.levels) if spec.limits is not None else _round_values(scene, pane)
    half_line = round(state.text.height * state.layout.ratio / 2)
    labels: list[AxisLabel] = []
    for value in values:
        y = round(float(scale.y(value, top, bottom - top)))
        lowest = labels[-1].y - 2 * half_line if labels else bottom - half_line
        if top + half_line <= y <= lowest:
            labels.append(AxisLabel(y, value_text(value, spec.unit, scale, state.words)))
    levels = (round(float(scale.y(level, top, bottom - top))) for level in spec.levels)
    return PanePicture(
        pane.box,
        "",
        pane_strokes(scene, pane, live=False),
        tuple(labels),
        tuple(y for y in levels if top < y < bottom),
    )


def _round_values(scene: Scene, pane: PaneScene) -> list[float]:
    """Round values inside the scale of a pane, ascending."""
    if not pane.has_values:
        return []
    low, high = pane.scale.low, pane.scale.high
    height = (pane.box.bottom - pane.box.top) / scene.layout.ratio
    finest = 10.0 ** (math.floor(math.log10(high - low)) - 3)
    step = nice_step((high - low) / max(1, int(height / _VALUE_LABEL_GAP_PX)), finest)
    lowest, highest = math.ceil(low / step), math.floor(high / step)
    return [round_to_tick(index * step, finest) for index in range(lowest, highest + 1)]


def widest_price_labels(state: ChartState, scene: Scene) -> list[str]:
    """Texts as wide as any on the price axis can get; there must be a bar."""
    last = state.bars.bar(state.bars.end - 1).close
    return [*scene.axis(state).widest(), scene.axis(state).text(last)]


def _price_labels(state: ChartState, scene: Scene) -> tuple[AxisLabel, ...]:
    layout = scene.layout
    most = max(1, int(layout.price_bottom / layout.ratio / _PRICE_LABEL_GAP_PX))
    marks = scene.axis(state).marks(most)
    prices = [mark.price for mark in marks]
    places = np.rint(scene.scale.y(prices, 0, layout.price_bottom)).astype(int).tolist()
    half_line = round(state.text.height * layout.ratio / 2)
    return tuple(
        AxisLabel(y, mark.text)
        for y, mark in zip(places, marks, strict=True)
        if half_line <= y <= layout.price_bottom - half_line
    )


def _time_labels(state: ChartState, scene: Scene) -> tuple[TimeLabel, ...]:
    parts = [scene.settled] if scene.growing is None else [scene.settled, scene.growing]
    times = np.concatenate([part.times for part in parts])
    numbers = np.concatenate([part.numbers for part in parts])
    if not len(times):
        return ()
    bars, layout = state.bars, scene.layout
    at = int(numbers[0]) - 1 - bars.first
    before = int(bars.times[at]) if at >= 0 else None
    x = scene.sight.grid.wick_left(numbers)
    ticks = time_ticks(times, x, _TIME_LABEL_GAP_PX * layout.ratio, before, state.zone)
    labels = [
        TimeLabel(
            int(x[tick.column]),
            axis_time(tick.time, tick.landmark, state.words, state.zone),
            tick.begins_day,
            tick.landmark >= Landmark.DAY,
        )
        for tick in ticks
    ]
    days = x[day_starts(times, before)]
    if len(days) > 1 and days[-1] - days[0] >= (len(days) - 1) * _DAY_LINE_GAP_PX * layout.ratio:
        # The exchange's days are told apart where only dates, or only some days, have a label.
        labelled = {label.x for label in labels}
        labels += [TimeLabel(day, "", is_day=True) for day in days.tolist() if day not in labelled]
    return tuple(labels)
