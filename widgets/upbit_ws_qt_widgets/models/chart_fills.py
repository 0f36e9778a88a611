"""Own fills on the bars in view: a mark for each column and side, and what it tells. Pure."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from upbit_ws_qt.markets import format_price
from upbit_ws_qt.timeframe import Timeframe

from .bars import LATEST_MS, Bars
from .chart_columns import Columns
from .chart_scene import Scene
from .chart_state import ChartState
from .chart_text import full_time
from .holding_rows import MASK
from .marks_picture import FillLabel, FillMarks, NoteMark
from .own_fills import FillSums

__all__ = ["coins", "fill_marks", "fill_note"]

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]

_ROWS_PX = 5.0
_GAP_PX = 3.0
_REACH_PX = 8.0
_LABEL_GAP_PX = 8.0
_NARROWEST_LABEL_PX = 24.0
_WIDEST_LABEL_PX = 160.0


def fill_marks(state: ChartState, scene: Scene, columns: Columns | None) -> FillMarks | None:
    """The marks on some columns, or None where there are none.

    Where marks lie close, their amounts are left out; so the number of texts is that of as many as
    fit beside each other, whatever the number of fills.
    """
    if columns is None or not _has_fills(state) or not len(columns):
        return None
    sums = state.marks.fills.sums(columns.times, _end(state.bars, columns, len(columns)))
    if not len(sums.columns):
        return None
    x, tips = _places(scene, columns, sums.columns, sums.is_ask)
    asks, bids = sums.is_ask, ~sums.is_ask
    labels: list[FillLabel] = []
    for side, is_ask in ((bids, False), (asks, True)):
        if not state.marks.hides_amounts:
            others = _beside(state, scene, columns, is_ask=is_ask)
            labels += _labels(
                state, scene, x[side], tips[side], sums.volume[side], others, is_ask=is_ask
            )
    return FillMarks(
        _triangles(scene, x[bids], tips[bids], is_ask=False),
        _triangles(scene, x[asks], tips[asks], is_ask=True),
        tuple(labels),
    )


def fill_note(state: ChartState, scene: Scene) -> NoteMark | None:
    """What the mark under the pointer stands for, or None if there is none."""
    if state.pointer is None or not _has_fills(state):
        return None
    reach = _REACH_PX * scene.layout.ratio
    pointer_x, pointer_y = (side * scene.layout.ratio for side in state.pointer)
    nearest, note = reach, None
    for part in (scene.settled, scene.growing):
        if part is None:
            continue
        near = np.flatnonzero(abs(_centres(scene, part.numbers) - pointer_x) <= reach)
        if not len(near):
            continue
        start, stop = int(near[0]), int(near[-1]) + 1
        sums = state.marks.fills.sums(part.times[start:stop], _end(state.bars, part, stop))
        x, tips = _places(scene, part, sums.columns + start, sums.is_ask)
        half = _rows(scene) // 2
        y = tips + np.where(sums.is_ask, -half, half)
        for index, distance in enumerate(np.hypot(x - pointer_x, y - pointer_y).tolist()):
            if distance <= nearest:
                nearest = distance
                note = NoteMark(int(x[index]), int(y[index]), _told(state, sums, index))
    return note


def coins(volume: float) -> str:
    """An amount of coins with as many decimals as it has, at most eight."""
    return f"{volume:,.8f}".rstrip("0").rstrip(".")


def _has_fills(state: ChartState) -> bool:
    return state.marks.shows_fills and len(state.marks.fills) > 0


def _end(bars: Bars, columns: Columns, stop: int) -> int:
    """When the bar after the first ``stop`` columns begins."""
    after = int(columns.last[stop - 1]) + 1 - bars.first
    return int(bars.times[after]) if after < len(bars) else LATEST_MS


def _rows(scene: Scene) -> int:
    """The height of a mark in device pixels."""
    return max(3, round(_ROWS_PX * scene.layout.ratio))


def _centres(scene: Scene, numbers: _Ints) -> _Ints:
    grid = scene.sight.grid
    return grid.wick_left(numbers) + grid.wick // 2


def _places(
    scene: Scene, columns: Columns, at: _Ints, is_ask: npt.NDArray[np.bool_]
) -> tuple[_Ints, _Ints]:
    """The middles and tips of marks: those of asks over their column, the others under it.

    On an inverted scale, too: there the high is the lower end.
    """
    layout, rows = scene.layout, _rows(scene)
    ends = scene.scale.y((columns.high[at], columns.low[at]), 0, layout.price_bottom)
    gap = round(_GAP_PX * layout.ratio)
    over: _Floats = np.maximum(np.rint(ends.min(axis=0)) - gap, rows)
    under: _Floats = np.minimum(np.rint(ends.max(axis=0)) + gap, layout.price_bottom - rows)
    return _centres(scene, columns.numbers[at]), np.where(is_ask, over, under).astype(np.int64)


def _triangles(scene: Scene, x: _Ints, tips: _Ints, *, is_ask: bool) -> _Floats:
    """One rectangle for each row of pixels: thousands of them go to the painter as one array."""
    step = np.arange(_rows(scene))
    made = np.empty((len(x), len(step), 4))
    made[..., 0] = x[:, np.newaxis] - step
    made[..., 1] = tips[:, np.newaxis] + (-step - 1 if is_ask else step)
    made[..., 2] = 2 * step + 1
    made[..., 3] = 1
    return made.reshape(-1, 4)


def _beside(state: ChartState, scene: Scene, columns: Columns, *, is_ask: bool) -> _Ints:
    """The middles of marks beside those of some columns: of the newest one, or of those before."""
    other = scene.growing if columns is scene.settled else scene.settled
    if other is None or not len(other):
        return np.empty(0, np.int64)
    width = scene.sight.grid.pitch * scene.sight.grid.size
    start = max(0, len(other) - 1 - int(_WIDEST_LABEL_PX * scene.layout.ratio / width))
    sums = state.marks.fills.sums(other.times[start:], _end(state.bars, other, len(other)))
    return _centres(scene, other.numbers[sums.columns[sums.is_ask == is_ask] + start])


def _labels(
    state: ChartState,
    scene: Scene,
    x: _Ints,
    tips: _Ints,
    volumes: _Floats,
    others: _Ints,
    *,
    is_ask: bool,
) -> list[FillLabel]:
    """The amounts that have room beside their neighbours."""
    ratio, rows = scene.layout.ratio, _rows(scene)
    marks = np.concatenate(([-math.inf], np.sort(np.concatenate((x, others))), [math.inf]))
    at = np.searchsorted(marks, x)
    room = np.minimum(marks[at] - marks[at - 1], marks[at + 1] - marks[at])
    labels: list[FillLabel] = []
    for index in np.flatnonzero(room >= _NARROWEST_LABEL_PX * ratio).tolist():
        text = coins(volumes[index])
        if (state.text.width(text) + _LABEL_GAP_PX) * ratio <= room[index]:
            end = tips[index] - rows if is_ask else tips[index] + rows
            labels.append(FillLabel(int(x[index]), int(end), text, is_ask))
    return labels


def _told(state: ChartState, sums: FillSums, index: int) -> tuple[str, ...]:
    """One mark in words."""
    words, volume = state.words, float(sums.volume[index])
    average = float(sums.value[index]) / volume
    side = words["chart.sell" if sums.is_ask[index] else "chart.buy"]
    times = sorted({int(sums.first[index]), int(sums.last[index])})
    return (
        words["chart.fills_count"].format(side=side, count=int(sums.counts[index])),
        words["chart.fills_amount"].format(
            amount=MASK if state.marks.hides_amounts else coins(volume)
        ),
        words["chart.fills_average"].format(price=format_price(average, state.tick_size(average))),
        *(full_time(time, Timeframe.SECOND_1, words, state.zone) for time in times),
    )
