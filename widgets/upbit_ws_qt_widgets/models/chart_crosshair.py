"""Where the crosshair is: under the pointer, or where keys, the program or another chart put it.

Whatever came last counts. Pure.
"""

from __future__ import annotations

import math

from .chart_place import Aim
from .chart_scale import round_to_tick
from .chart_state import ChartState

__all__ = ["lift_crosshair", "pointed_bar", "pointed_price", "step_crosshair"]

_LIFT_PX = 4.0


def pointed_bar(state: ChartState) -> int | None:
    """The number of the bar the crosshair is on, or None while there is none in view."""
    bars, layout, view = state.bars, state.layout, state.view
    if not bars:
        return None
    if state.aim is not None:
        number = bars.latest_at(state.aim.time)
        is_seen = number is not None and view.left(layout.view_width) - 1 < number < view.right
        return number if is_seen else None
    if state.pointer is None:
        return None
    x, y = state.pointer
    if not (0 <= x < layout.view_width and 0 <= y * layout.ratio < layout.plot_bottom):
        return None
    number = math.floor(view.place(x, layout.view_width))
    return min(max(number, bars.first), bars.end - 1)


def pointed_price(state: ChartState) -> float | None:
    """The price the crosshair is at, or None where it is not among the prices."""
    if state.aim is not None or state.pointer is None:
        return None if state.aim is None else state.aim.price
    y, bottom = int(state.pointer[1] * state.layout.ratio), state.layout.price_bottom
    if y >= bottom:
        return None
    price = state.scale.price(y, 0, bottom)
    return round_to_tick(price, state.tick_size(max(price, 0.0)))


def step_crosshair(state: ChartState, steps: int) -> bool:
    """Put the crosshair so many bars on, at the close there; False without any bar.

    It begins at the newest bar in view, and the view goes along where it has to.
    """
    bars, pointed = state.bars, pointed_bar(state)
    if not bars:
        return False
    if pointed is None:
        number = min(math.ceil(state.view.right), bars.end) - 1
    else:
        number = min(max(pointed + steps, bars.first), bars.end - 1)
    bar = bars.bar(number)
    state.aim = Aim(bar.time, bar.close, is_given=False)
    state.reveal(number)
    return True


def lift_crosshair(state: ChartState, steps: int) -> bool:
    """Put the crosshair some px higher on the screen, by a price step at least."""
    aim = state.aim
    if aim is None or aim.price is None:
        return step_crosshair(state, 0)
    scale, height = state.scale, state.layout.price_bottom
    y = float(scale.y(aim.price, 0, height)) - steps * _LIFT_PX * state.layout.ratio
    tick = state.tick_size(aim.price)
    wanted = scale.price(y, 0, height)
    price = round_to_tick(wanted, tick)
    if price == aim.price:
        price = round_to_tick(aim.price + math.copysign(tick, wanted - aim.price), tick)
    if 0 <= float(scale.y(price, 0, height)) < height:
        state.aim = Aim(aim.time, price, is_given=False)
    return True
