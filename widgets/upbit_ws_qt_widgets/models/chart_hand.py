"""What pointer, fingers, wheel and keys do to the view of a chart. Pure."""

from __future__ import annotations

import enum
import math

from .chart_crosshair import lift_crosshair, step_crosshair
from .chart_flick import Flick, Glide
from .chart_keys import ChartKey
from .chart_layout import PaneBox
from .chart_state import ChartState
from .chart_view import ChartView

__all__ = ["ChartHand", "Part"]

_ZOOM_PER_NOTCH = 1.15
_ZOOM_PER_KEY = 1.25
_PAN_PER_NOTCH_PX = 60.0
_PAN_PER_KEY_PX = 40.0
_PAGE = 0.9
_STRETCH_PX = 200.0
_PIXELS_PER_NOTCH = 40.0
_DECIDED_PX = 6.0

_CROSSHAIR_STEPS = {ChartKey.CROSSHAIR_OLDER: -1, ChartKey.CROSSHAIR_NEWER: 1}
_CROSSHAIR_LIFTS = {ChartKey.CROSSHAIR_UP: 1, ChartKey.CROSSHAIR_DOWN: -1}


class Part(enum.Enum):
    """What of the chart lies under the pointer."""

    PLOT = enum.auto()
    PANE = enum.auto()
    """A pane below the prices."""
    GRIP = enum.auto()
    """The upper edge of such a pane."""
    CLOSE = enum.auto()
    """The button that closes the pane."""
    PRICE_AXIS = enum.auto()
    PANE_AXIS = enum.auto()
    """The axis of a pane below the prices."""
    TIME_AXIS = enum.auto()
    LATEST = enum.auto()
    """The button that goes to the newest bar."""


# State: the part that is held down, if any, the pane it belongs to, where the pointer was last and
# lately, the motion after it was let go, and how far two fingers on a touchpad have gone each way.
class ChartHand:
    """One user's hand on one chart. Places are in px from the top left, times in ms.

    While ``is_kinetic`` is set, a chart that is let go in motion runs on; ``glide`` moves it.
    """

    def __init__(self, state: ChartState) -> None:
        self._state = state
        self._held: Part | None = None
        self._pane: int | None = None
        self._x = 0.0
        self._y = 0.0
        self.is_kinetic = True
        self._flick = Flick()
        self._speed = 0.0
        self._glide: Glide | None = None
        self._scrolled = 0.0, 0.0

    @property
    def held(self) -> Part | None:
        """What is held down."""
        return self._held

    def part_at(self, x: float, y: float) -> Part:
        """What lies at a place."""
        layout = self._state.layout
        if not self._state.view.follow and _is_in(layout.latest_button, x, y):
            return Part.LATEST
        if layout.grip_at(y) is not None:
            return Part.GRIP
        pane = layout.pane_at(y)
        if layout.is_on_axis(x):
            return Part.PRICE_AXIS if pane is None else Part.PANE_AXIS
        if pane is not None:
            return Part.CLOSE if _is_in(layout.close_box(pane), x, y) else Part.PANE
        return Part.TIME_AXIS if y * layout.ratio >= layout.plot_bottom else Part.PLOT

    def press(self, x: float, y: float, now: float = 0.0) -> None:
        """The main button goes down."""
        self.stop()
        self._flick.begin(x, now)
        self._held, self._x, self._y = self.part_at(x, y), x, y
        layout = self._state.layout
        self._pane = layout.grip_at(y) if self._held is Part.GRIP else layout.pane_at(y)
        self._state.hold()

    def move(self, x: float, y: float, now: float = 0.0) -> None:
        """The pointer moves, with or without the button down."""
        state = self._state
        if self._held is not None:
            self._flick.drag(x, now)
        right, down, self._x, self._y = x - self._x, y - self._y, x, y
        if self._held is Part.PLOT:
            state.pan(right)
            state.move_prices(down)
        elif self._held is Part.PANE:
            state.pan(right)
            if (box := self._held_pane()) is not None:
                state.move_pane(box, down)
        elif self._held is Part.PANE_AXIS:
            if (box := self._held_pane()) is not None:
                state.stretch_pane(box.subject, math.exp(down / _STRETCH_PX))
        elif self._held is Part.GRIP:
            self._drag_grip(y)
        elif self._held is Part.PRICE_AXIS:
            state.stretch_prices(math.exp(down / _STRETCH_PX))
        elif self._held is Part.TIME_AXIS:
            state.zoom(math.exp(right / _STRETCH_PX))
        state.pointer, state.aim = (x, y), None

    def release(self, x: float, y: float, now: float = 0.0) -> None:
        """The main button goes up."""
        held, self._held = self._held, None
        self._state.release()
        if self.is_kinetic and held in (Part.PLOT, Part.PANE):
            self._speed = self._flick.speed(x, now)
        if held is Part.LATEST and self.part_at(x, y) is Part.LATEST:
            self._state.show_latest()
        elif held is Part.CLOSE and self.part_at(x, y) is Part.CLOSE:
            self._close(self._pane)

    def drop(self) -> None:
        """Let go without a click, as when the chart is hidden."""
        self.stop()
        self._held = None
        self._state.release()

    def leave(self) -> None:
        """The pointer leaves the chart."""
        self._state.pointer = None

    def double_click(self, x: float, y: float) -> None:
        """The main button is clicked twice; on an axis that undoes what was done to it."""
        part = self.part_at(x, y)
        pane = self._state.layout.pane_at(y)
        if part is Part.PRICE_AXIS:
            self._state.reset_prices()
        elif part is Part.PANE_AXIS and pane is not None:
            self._state.reset_pane(self._state.layout.panes[pane].subject)
        elif part is Part.TIME_AXIS:
            self._state.set_spacing(ChartView().spacing)
        elif part is Part.GRIP:
            self._state.panes.reset()
            self._state.fit_panes()

    # -- running on ----------------------------------------------------------------------------

    @property
    def is_gliding(self) -> bool:
        """Whether the chart runs on by itself."""
        return self._speed != 0.0

    def glide(self, now: float) -> None:
        """Run on until ``now``; the clock need not be that of the pointer."""
        if self._glide is None:
            self._glide = Glide(self._speed, now)
            return
        way, before = self._glide.step(now), self._state.view.right
        self._state.pan(way)
        is_at_end = bool(way) and self._state.view.right == before
        if is_at_end or self._glide.is_over(now):
            self.stop()

    def stop(self) -> None:
        """Do not run on."""
        self._speed, self._glide = 0.0, None

    # -- wheel and fingers ---------------------------------------------------------------------

    def wheel(self, x: float, sideways: float, upwards: float) -> None:
        """The wheel turns by so many notches; sideways moves, up and down zooms at ``x``."""
        self.stop()
        if abs(sideways) > abs(upwards):
            self._state.pan(sideways * _PAN_PER_NOTCH_PX)
        elif upwards:
            self._state.zoom(_ZOOM_PER_NOTCH**upwards, x)

    def rest(self) -> None:
        """Two fingers are put on a touchpad."""
        self.stop()
        self._scrolled = 0.0, 0.0

    def touchpad(self, x: float, sideways: float, upwards: float, *, runs_on: bool = False) -> None:
        """Two fingers move by so many px; the touchpad may go on for a while after them.

        The way they set out stays theirs until they are lifted: a hand does not move straight.
        """
        across, along = self._scrolled
        if abs(across) + abs(along) < _DECIDED_PX:
            across, along = across + abs(sideways), along + abs(upwards)
            self._scrolled = across, along
        if runs_on and (across <= along or not self.is_kinetic):
            return  # zooming ends with the fingers
        if across > along:
            self.stop()
            self._state.pan(sideways)
        else:
            self.wheel(x, 0.0, upwards / _PIXELS_PER_NOTCH)

    def pinch(self, x: float, sideways: float, factor: float) -> None:
        """Two fingers around ``x`` went sideways, in px, and ``factor`` times as far apart."""
        self.stop()
        if sideways:
            self._state.pan(sideways)
        if factor > 0:
            self._state.zoom(factor, x)

    # -- keys ----------------------------------------------------------------------------------

    def key(self, key: ChartKey) -> bool:
        """A key is pressed; whether there was something to do."""
        state = self._state
        self.stop()
        if key is ChartKey.CLOSE_PANE:
            pointer = state.pointer
            pane = None if pointer is None else state.layout.pane_at(pointer[1])
            self._close(pane)
            return pane is not None
        if key in _CROSSHAIR_STEPS:
            return step_crosshair(state, _CROSSHAIR_STEPS[key])
        if key in _CROSSHAIR_LIFTS:
            return lift_crosshair(state, _CROSSHAIR_LIFTS[key])
        if key is ChartKey.CROSSHAIR_OFF:
            is_ours = state.aim is not None and not state.aim.is_given
            state.aim = None if is_ours else state.aim
            return is_ours
        step = max(_PAN_PER_KEY_PX, state.view.spacing)
        page = state.layout.view_width * _PAGE
        if key is ChartKey.OLDER:
            state.pan(step)
        elif key is ChartKey.NEWER:
            state.pan(-step)
        elif key is ChartKey.PAGE_OLDER:
            state.pan(page)
        elif key is ChartKey.PAGE_NEWER:
            state.pan(-page)
        elif key is ChartKey.OLDEST:
            state.show_oldest()
        elif key is ChartKey.LATEST:
            state.show_latest()
        elif key is ChartKey.ZOOM_IN:
            state.zoom(_ZOOM_PER_KEY)
        elif key is ChartKey.ZOOM_OUT:
            state.zoom(1 / _ZOOM_PER_KEY)
        else:
            state.set_spacing(ChartView().spacing)
            state.reset_scales()
        return True

    def _drag_grip(self, y: float) -> None:
        """Keep the edge under the pointer, as far as the panes beside it let it."""
        state, pane = self._state, self._pane
        if pane is not None and pane < len(state.layout.panes):
            edge = state.layout.panes[pane].top / state.layout.ratio
            state.panes.drag(state.layout, pane, y - edge)
            state.fit_panes()

    def _held_pane(self) -> PaneBox | None:
        """The pane that is held, unless it was closed meanwhile."""
        pane, panes = self._pane, self._state.layout.panes
        return panes[pane] if pane is not None and pane < len(panes) else None

    def _close(self, pane: int | None) -> None:
        if pane is not None and pane < len(self._state.layout.panes):
            self._state.close_pane(self._state.layout.panes[pane].subject)
            self._state.fit_panes()


def _is_in(box: tuple[float, float, float, float], x: float, y: float) -> bool:
    left, top, width, height = box
    return left <= x < left + width and top <= y < top + height
