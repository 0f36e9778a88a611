"""What lies under the bars: holes in what is known, pauses left out, the volume profile. Pure."""

from __future__ import annotations

import math

import numpy as np

from upbit_ws_qt.markets import format_price

from .bars import CLOSE, HIGH, LOW, OPEN
from .chart_columns import Columns, columns_of
from .chart_holes import Hole
from .chart_kinds import Look, Prices
from .chart_picture import ProfilePicture, Shade
from .chart_scale import nice_step, round_to_tick
from .chart_scene import Scene
from .chart_state import ChartState
from .chart_text import span
from .drawings.duration import duration
from .volume_profile import volume_profile

__all__ = ["hole_at", "hole_text", "note_of", "pauses_of", "profile_of", "shades_of"]

_ROW_PX = 8.0
_PROFILE_SHARE = 0.25


# -- holes -----------------------------------------------------------------------------------------


def shades_of(state: ChartState, scene: Scene) -> tuple[Shade, ...]:
    """Where the bars in view may lack something, from the left."""
    grid, plot = scene.sight.grid, scene.layout.plot_width
    shades: list[Shade] = []
    for hole in state.holes.shown:
        reach = _bars_of(state, hole)
        if reach is None:
            continue
        first, last = (number // grid.size * grid.size for number in reach)
        left, right = grid.left([first, last + grid.size]).tolist()
        left, right = max(left, 0), min(right, plot)
        if left < right:
            shades.append(Shade(left, right - left))
    return tuple(shades)


def hole_at(state: ChartState, number: int) -> Hole | None:
    """The hole in which the bar with this number may lack something."""
    if not state.holes.shown:
        return None
    start = state.bars.bar(number).time
    # A stretch may begin and end between two bars; then it belongs to the one before.
    following = number + 1
    is_newest = following == state.bars.end
    unit_end = state.timeframe.next_start(start)
    end = unit_end if is_newest else max(state.bars.bar(following).time, unit_end)
    return state.holes.at(start, end)


def hole_text(state: ChartState, hole: Hole) -> str:
    """What there is to say about a hole."""
    length = duration(max(hole.until_ms - hole.since_ms, 1000), state.words)
    stretch = span(hole.since_ms, hole.until_ms, state.words, state.zone)
    if state.is_asking and not hole.is_lost:
        return state.words["chart.hole.asked"].format(span=stretch)
    text = state.words["chart.hole.lost"].format(length=length, span=stretch)
    return f"{text} · {state.words['chart.hole.again']}" if state.is_asking else text


def _bars_of(state: ChartState, hole: Hole) -> tuple[int, int] | None:
    """The first and the last bar that may lack something, in view or not."""
    last = state.bars.latest_at(hole.until_ms - 1)
    if last is None:
        return None
    first = state.bars.latest_at(hole.since_ms)
    return state.bars.first if first is None else first, last


# -- pauses ----------------------------------------------------------------------------------------


def pauses_of(state: ChartState, scene: Scene) -> tuple[int, ...]:
    """Where a pause was too long for all of its bars: the edges between those on both sides."""
    if state.series.intervals is None:
        return ()
    parts = [scene.settled] if scene.growing is None else [scene.settled, scene.growing]
    times = np.concatenate([part.times for part in parts])
    numbers = np.concatenate([part.numbers for part in parts])
    lacks = np.diff(times) > np.diff(numbers) * state.timeframe.duration_ms
    edges: list[int] = scene.sight.grid.left(numbers[1:][lacks]).tolist()
    return tuple(edges)


def note_of(state: ChartState, scene: Scene) -> str:
    """What there is to say about what is in view and not whole; empty for nothing."""
    if state.holes.shown:
        sight = scene.sight
        numbers = max(sight.first, int(sight.left)), min(sight.end - 1, int(sight.right))
        start, last = (state.bars.bar(min(max(n, sight.first), sight.end - 1)) for n in numbers)
        hole = state.holes.at(start.time, state.timeframe.next_start(last.time))
        if hole is not None:
            return hole_text(state, hole)
    intervals = state.series.intervals
    if intervals is not None and pauses_of(state, scene):
        return state.words["chart.pauses"].format(count=f"{intervals.most_in_a_row:,}")
    return ""


# -- volume profile --------------------------------------------------------------------------------


def profile_of(state: ChartState, scene: Scene) -> ProfilePicture | None:
    """The volume profile of the settled bars in view, if it is wanted and there is any."""
    if not state.shows_profile:
        return None
    layout, scale = scene.layout, scene.scale
    most = max(1, int(layout.price_bottom / layout.ratio / _ROW_PX))
    tick = state.tick_size(max(scale.high, 0.0))
    if scale.is_log:
        step = math.log10(scale.high / scale.low) / most
    else:
        step = nice_step((scale.high - scale.low) / most, tick)
    columns = _real_columns(state, scene)
    profile = volume_profile(columns, step, scale.low, scale.high, is_log=scale.is_log)
    if profile is None:
        return None
    # The rows at the ends reach over the scale.
    places = np.clip(scale.y(profile.edges, 0, layout.price_bottom), 0, layout.price_bottom)
    edges = np.rint(places)
    tops, bottoms = np.minimum(edges[1:], edges[:-1]), np.maximum(edges[1:], edges[:-1])
    total = profile.rise + profile.fall
    unit = layout.plot_width * _PROFILE_SHARE / total[profile.control]
    whole, rising = np.rint(total * unit), np.rint(profile.rise * unit)
    # A line of the ground between two rows keeps them apart.
    heights = np.maximum(bottoms - tops - layout.line, layout.line)
    right = layout.plot_width
    rise = np.column_stack((right - rising, tops, rising, heights))
    fall = np.column_stack((right - whole, tops, whole - rising, heights))
    at = profile.control
    price = round_to_tick(float(profile.edges[at] + profile.edges[at + 1]) / 2, tick)
    text = state.words["chart.profile.control"].format(price=format_price(price, tick))
    middle = round(float(tops[at] + bottoms[at]) / 2)
    left = right - int(whole[at])
    return ProfilePicture(rise[rise[:, 2] > 0], fall[fall[:, 2] > 0], left, middle, text)


def _real_columns(state: ChartState, scene: Scene) -> Columns:
    """The settled columns in view with real prices, whatever is drawn of them."""
    sight, figures = scene.sight, state.bars.figures
    prices = Prices(*(figures[name] for name in (OPEN, HIGH, LOW, CLOSE, HIGH, LOW)))
    look = Look(amount=state.look.amount)
    return columns_of(state.bars, prices, sight.start, sight.stop, sight.grid.size, look)
