"""The part of the picture that changes with every tick and move of the pointer. Pure."""

from __future__ import annotations

from dataclasses import replace

from upbit_ws_qt.markets import format_price

from .chart_backdrop import pane_strokes, price_strokes
from .chart_columns import Extreme
from .chart_crosshair import pointed_bar, pointed_price
from .chart_ground import note_of
from .chart_legend import direction_at, legend_of, pane_legend
from .chart_marks import marks_of
from .chart_picture import ComparedTag, Crosshair, ExtremeMark, Front, PaneFront, PriceTag
from .chart_scene import Scene
from .chart_state import ChartState
from .chart_text import compact, countdown, full_time, percent, value_text
from .drawings.duration import duration

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
    newest, pointed = state.bars.end - 1, pointed_bar(state)
    number = newest if pointed is None else pointed
    price = _price_tag(state, scene, newest, now)
    return replace(
        texts_of(state),
        badge=_badge(state, now),
        notice=state.notice or note_of(state, scene),
        live=None if scene.growing is None else scene.shapes(scene.growing),
        live_overlays=price_strokes(state, scene, live=True),
        price=price,
        compared=_compared_tag(state, scene, newest, price),
        marks=marks_of(state, scene, price),
        extremes=_extreme_marks(state, scene),
        crosshair=None if pointed is None else _crosshair(state, scene, pointed),
        legend=legend_of(state, scene.overlays, number, scene.compared),
        panes=tuple(
            PaneFront(pane_strokes(scene, pane, live=True), pane_legend(state, pane, number))
            for pane in scene.panes
        ),
        closable=None if state.pointer is None else _pane_at(scene, state.pointer),
        grip=None if state.pointer is None else _grip_at(scene, state.pointer),
        offers_latest=scene.growing is None,
        is_scaled_by_hand=not scene.scale.auto,
    )


def _badge(state: ChartState, now: float) -> str:
    """The state of the data, with the age of the newest of them where it matters."""
    if not (state.badge and state.is_aging and state.newest_ms is not None):
        return state.badge
    age = duration(max(int(now) - state.newest_ms, 0), state.words)
    return state.words["chart.aged"].format(state=state.badge, age=age)


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
        scene.axis(state).text(bar.close),
        direction_at(state, number),
        countdown(closes - now, state.words) if bar.time <= now < closes else "",
    )


def _compared_tag(
    state: ChartState, scene: Scene, number: int, price: PriceTag
) -> ComparedTag | None:
    """The tag of the second market, above or below that of the last price where they would meet."""
    last = None if scene.compared is None else scene.compared.at(number)
    if last is None:
        return None
    layout, height = scene.layout, state.text.height
    y = min(max(_y(scene, last.price), 0), layout.price_bottom - 1)
    above = price.y - round((height + 4) * layout.ratio)
    below = price.y + round(((1 + bool(price.countdown)) * height + 4) * layout.ratio)
    if above < y < below:
        is_up = y < price.y and above >= height / 2 * layout.ratio
        y = above if is_up or below >= layout.price_bottom else below
    return ComparedTag(y, percent(last.change))


def _extreme_marks(state: ChartState, scene: Scene) -> tuple[ExtremeMark, ...]:
    grid, layout = scene.sight.grid, scene.layout

    def mark(extreme: Extreme, *, is_high: bool) -> ExtremeMark:
        x = int(grid.wick_left(extreme.number)) + grid.wick // 2
        price = format_price(extreme.price, state.tick_size(extreme.price))
        text = state.words["chart.highest" if is_high else "chart.lowest"].format(price=price)
        return ExtremeMark(
            min(max(x, 0), layout.plot_width),
            _y(scene, extreme.price),
            text,
            is_high is not scene.scale.is_inverted,
        )

    if scene.low is None or scene.high is None or not layout.legend_rows:
        return ()
    marks = mark(scene.high, is_high=True), mark(scene.low, is_high=False)
    return tuple(found for found in marks if 0 <= found.y < layout.price_bottom)


def _crosshair(state: ChartState, scene: Scene, number: int) -> Crosshair:
    layout, words = scene.layout, state.words
    start = state.bars.bar(number).time
    time = full_time(start, state.timeframe, words, state.zone)
    x, is_given = scene.sight.grid.centre(number), state.aim is not None and state.aim.is_given
    y, price = _crosshair_y(state, scene), pointed_price(state)
    if y is None:
        side_text = ""
    elif y < layout.price_bottom and price is not None:
        side_text = scene.axis(state).text_near(price)
    else:
        side_text = _pane_text(state, scene, y)
    return Crosshair(x, y, side_text, time, start, price, is_given)


def _crosshair_y(state: ChartState, scene: Scene) -> int | None:
    """Where the level line is in device pixels, or None without one."""
    if state.aim is None:
        return int((state.pointer or (0.0, 0.0))[1] * scene.layout.ratio)
    y = -1 if state.aim.price is None else _y(scene, state.aim.price)
    return y if 0 <= y < scene.layout.price_bottom else None


def _pane_text(state: ChartState, scene: Scene, y: int) -> str:
    """The value at ``y`` device pixels in the pane there."""
    pane = next(pane for pane in scene.panes if y < pane.box.bottom)
    box = pane.box
    value = pane.scale.price(y, box.top, box.bottom - box.top)
    if pane.overlay is None:
        return compact(value, state.words)
    return value_text(value, pane.overlay.indicator.spec.unit, pane.scale, state.words)
