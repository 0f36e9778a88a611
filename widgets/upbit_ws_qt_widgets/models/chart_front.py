"""The part of the picture that changes with every tick and move of the pointer. Pure."""

from __future__ import annotations

import math
from dataclasses import replace

from upbit_ws_qt.markets import format_price

from .chart_backdrop import pane_strokes, price_strokes
from .chart_columns import Extreme
from .chart_legend import direction_at, legend_of, pane_legend
from .chart_picture import Crosshair, ExtremeMark, Front, PaneFront, PriceTag
from .chart_scale import round_to_tick
from .chart_scene import Scene
from .chart_state import ChartState
from .chart_text import compact, countdown, full_time, value_text

__all__ = ["front_of", "texts_of"]


def texts_of(state: ChartState) -> Front:
    """The front of a chart without bars: its texts."""
    return Front(
        title=state.title,
        subtitle=state.subtitle,
        message=state.message,
        notice=state.notice,
        badge=state.badge,
    )


def front_of(state: ChartState, scene: Scene, now: float) -> Front:
    """The newest column, the last price, the marks, the pointer and the legend.

    ``now`` is in ms by the exchange's clock.
    """
    newest, pointed = state.bars.end - 1, _pointed_bar(state, scene)
    number = newest if pointed is None else pointed
    return replace(
        texts_of(state),
        live=None if scene.growing is None else scene.shapes(scene.growing),
        live_overlays=price_strokes(state, scene, live=True),
        price=_price_tag(state, scene, newest, now),
        extremes=_extreme_marks(state, scene),
        crosshair=None if pointed is None else _crosshair(state, scene, pointed),
        legend=legend_of(state, scene.overlays, number),
        panes=tuple(
            PaneFront(pane_strokes(scene, pane, live=True), pane_legend(state, pane, number))
            for pane in scene.panes
        ),
        closable=None if state.pointer is None else _pane_at(scene, state.pointer),
        grip=None if state.pointer is None else _grip_at(scene, state.pointer),
        offers_latest=scene.growing is None,
        is_scaled_by_hand=not scene.scale.auto,
    )


def _pane_at(scene: Scene, place: tuple[float, float]) -> int | None:
    """The index of the pane under the pointer."""
    return scene.layout.pane_at(place[1]) if 0 <= place[0] < scene.layout.view_width else None


def _grip_at(scene: Scene, place: tuple[float, float]) -> int | None:
    """Where the edge is that a press would take hold of, in device pixels."""
    index = scene.layout.grip_at(place[1])
    return None if index is None else scene.layout.panes[index].top


def _y(scene: Scene, price: float) -> int:
    return round(float(scene.scale.y(price, 0, scene.layout.price_bottom)))


def _price_tag(state: ChartState, scene: Scene, number: int, now: float) -> PriceTag:
    bar = state.bars.bar(number)
    closes = state.timeframe.next_start(bar.time)
    return PriceTag(
        # A price out of sight is tagged at the edge it left by.
        min(max(_y(scene, bar.close), 0), scene.layout.price_bottom - 1),
        format_price(bar.close, state.tick_size(bar.close)),
        direction_at(state, number),
        countdown(closes - now, state.words) if bar.time <= now < closes else "",
    )


def _extreme_marks(state: ChartState, scene: Scene) -> tuple[ExtremeMark, ...]:
    grid, layout = scene.sight.grid, scene.layout

    def mark(extreme: Extreme, *, is_high: bool) -> ExtremeMark:
        x = int(grid.wick_left(extreme.number)) + grid.wick // 2
        price = format_price(extreme.price, state.tick_size(extreme.price))
        text = state.words["chart.highest" if is_high else "chart.lowest"].format(price=price)
        return ExtremeMark(
            min(max(x, 0), layout.plot_width), _y(scene, extreme.price), text, is_high
        )

    if scene.low is None or scene.high is None or not layout.legend_rows:
        return ()
    marks = mark(scene.high, is_high=True), mark(scene.low, is_high=False)
    return tuple(found for found in marks if 0 <= found.y < layout.price_bottom)


def _pointed_bar(state: ChartState, scene: Scene) -> int | None:
    """The number of the bar under the pointer, or None if the pointer is not on the plot."""
    if state.pointer is None:
        return None
    x, y = state.pointer
    layout = scene.layout
    if not (0 <= x < layout.view_width and 0 <= y * layout.ratio < layout.plot_bottom):
        return None
    number = math.floor(state.view.place(x, layout.view_width))
    return min(max(number, state.bars.first), state.bars.end - 1)


def _crosshair(state: ChartState, scene: Scene, number: int) -> Crosshair:
    layout, words = scene.layout, state.words
    y = int((state.pointer or (0.0, 0.0))[1] * layout.ratio)
    if y < layout.price_bottom:
        price = scene.scale.price(y, 0, layout.price_bottom)
        tick = state.tick_size(max(price, 0.0))
        side_text = format_price(round_to_tick(price, tick), tick)
    else:
        side_text = _pane_text(state, scene, y)
    time = state.bars.bar(number).time
    return Crosshair(
        scene.sight.grid.centre(number), y, side_text, full_time(time, state.timeframe, words)
    )


def _pane_text(state: ChartState, scene: Scene, y: int) -> str:
    """The value at ``y`` device pixels in the pane there."""
    pane = next(pane for pane in scene.panes if y < pane.box.bottom)
    box = pane.box
    value = pane.scale.price(y, box.top, box.bottom - box.top)
    if pane.overlay is None:
        return compact(value, state.words)
    return value_text(value, pane.overlay.indicator.spec.unit, pane.scale, state.words)
