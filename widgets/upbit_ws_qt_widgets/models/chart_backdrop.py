"""The part of the picture that a tick leaves alone. Pure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from upbit_ws_qt.markets import format_price

from .bars import CLOSE
from .chart_columns import moving_average
from .chart_picture import AxisLabel, Backdrop, Segments, TimeLabel
from .chart_scale import tick_prices
from .chart_scene import Scene
from .chart_state import ChartState
from .chart_text import axis_time, compact
from .chart_time import Landmark, time_ticks

__all__ = ["average_segments", "backdrop_of", "empty_backdrop", "widest_price_labels"]

_TIME_LABEL_GAP_PX = 76.0
_PRICE_LABEL_GAP_PX = 44.0


def empty_backdrop(state: ChartState) -> Backdrop:
    """The backdrop of a chart without bars."""
    return Backdrop(state.layout, None, (), (), (), "", "")


def backdrop_of(state: ChartState, scene: Scene) -> Backdrop:
    """The settled columns with their averages, the axes and the grid."""
    layout, words = scene.layout, state.words
    last = scene.settled.last
    return Backdrop(
        layout=layout,
        shapes=scene.shapes(scene.settled) if len(last) else None,
        averages=average_segments(state, scene, last),
        price_labels=_price_labels(state, scene),
        time_labels=_time_labels(state, scene),
        amount_caption=words["chart.value" if state.shows_value else "chart.volume"],
        amount_label=compact(scene.top, words),
    )


def average_segments(
    state: ChartState, scene: Scene, last: npt.NDArray[np.int64]
) -> tuple[Segments, ...]:
    """The moving averages through the columns that end with the bars ``last``."""
    bars, grid, layout = state.bars, scene.sight.grid, scene.layout
    left = grid.wick_left(last // grid.size * grid.size)
    x = np.asarray(left + grid.wick / 2, np.float64)
    lines: list[Segments] = []
    for period in state.averages:
        means = moving_average(bars.figures[CLOSE], last - bars.first, period)
        # Through the middle of a pixel row, as the flat candles beside it.
        y = scene.scale.y(means, 0, layout.price_bottom) + grid.wick / 2
        points = np.column_stack((x, y))[~np.isnan(y)]
        lines.append(np.hstack((points[:-1], points[1:])))
    return tuple(lines)


def widest_price_labels(state: ChartState) -> list[str]:
    """Texts as wide as any on the price axis can get; there must be a bar."""
    scale, last = state.scale, state.bars.bar(state.bars.end - 1).close
    tick = state.tick_size(max(scale.high, 0.0))
    texts = [format_price(price, tick) for price in (scale.low, scale.high)]
    return [*texts, format_price(last, state.tick_size(last))]


def _price_labels(state: ChartState, scene: Scene) -> tuple[AxisLabel, ...]:
    layout, scale = scene.layout, scene.scale
    tick = state.tick_size(max(scale.high, 0.0))
    most = max(1, int(layout.price_bottom / layout.ratio / _PRICE_LABEL_GAP_PX))
    prices = tick_prices(scale, tick, most)
    places = np.rint(scale.y(prices, 0, layout.price_bottom)).astype(int).tolist()
    half_line = round(state.text.height * layout.ratio / 2)
    return tuple(
        AxisLabel(y, format_price(price, tick))
        for y, price in zip(places, prices, strict=True)
        if half_line <= y <= layout.price_bottom - half_line
    )


def _time_labels(state: ChartState, scene: Scene) -> tuple[TimeLabel, ...]:
    parts = [scene.settled] if scene.growing is None else [scene.settled, scene.growing]
    times = np.concatenate([part.times for part in parts])
    numbers = np.concatenate([part.numbers for part in parts])
    if not len(times):
        return ()
    bars, layout = state.bars, scene.layout
    before = int(numbers[0]) - 1 - bars.first
    x = scene.sight.grid.wick_left(numbers)
    ticks = time_ticks(
        times,
        x,
        _TIME_LABEL_GAP_PX * layout.ratio,
        int(bars.times[before]) if before >= 0 else None,
    )
    return tuple(
        TimeLabel(
            int(x[tick.column]),
            axis_time(tick.time, tick.landmark, state.words),
            tick.landmark >= Landmark.DAY,
        )
        for tick in ticks
    )
