"""What pointer, wheel and keys do to the view of a chart. Pure."""

from __future__ import annotations

import enum
import math

from .chart_state import ChartState
from .chart_view import ChartView

__all__ = ["ChartHand", "ChartKey", "Part"]

_ZOOM_PER_NOTCH = 1.15
_ZOOM_PER_KEY = 1.25
_PAN_PER_NOTCH_PX = 60.0
_PAN_PER_KEY_PX = 40.0
_PAGE = 0.9
_STRETCH_PX = 200.0
_PIXELS_PER_NOTCH = 40.0


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
    TIME_AXIS = enum.auto()
    LATEST = enum.auto()
    """The button that goes to the newest bar."""


class ChartKey(enum.Enum):
    """What a key asks for."""

    OLDER = enum.auto()
    NEWER = enum.auto()
    PAGE_OLDER = enum.auto()
    PAGE_NEWER = enum.auto()
    OLDEST = enum.auto()
    LATEST = enum.auto()
    ZOOM_IN = enum.auto()
    ZOOM_OUT = enum.auto()
    RESET = enum.auto()
    CLOSE_PANE = enum.auto()


# State: the part that is held down, if any, the pane it belongs to, and where the pointer was last.
class ChartHand:
    """One user's hand on one chart. Places are in px from the top left."""

    def __init__(self, state: ChartState) -> None:
        self._state = state
        self._held: Part | None = None
        self._pane: int | None = None
        self._x = 0.0
        self._y = 0.0

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
        if x * layout.ratio >= layout.plot_width:
            return Part.PRICE_AXIS if pane is None else Part.PANE
        if pane is not None:
            return Part.CLOSE if _is_in(layout.close_box(pane), x, y) else Part.PANE
        return Part.TIME_AXIS if y * layout.ratio >= layout.plot_bottom else Part.PLOT

    def press(self, x: float, y: float) -> None:
        """The main button goes down."""
        self._held, self._x, self._y = self.part_at(x, y), x, y
        layout = self._state.layout
        self._pane = layout.grip_at(y) if self._held is Part.GRIP else layout.pane_at(y)
        self._state.hold()

    def move(self, x: float, y: float) -> None:
        """The pointer moves, with or without the button down."""
        state = self._state
        right, down, self._x, self._y = x - self._x, y - self._y, x, y
        if self._held is Part.PLOT:
            state.pan(right)
            state.move_prices(down)
        elif self._held is Part.PANE:
            state.pan(right)
        elif self._held is Part.GRIP:
            self._drag_grip(y)
        elif self._held is Part.PRICE_AXIS:
            state.stretch_prices(math.exp(down / _STRETCH_PX))
        elif self._held is Part.TIME_AXIS:
            state.zoom(math.exp(right / _STRETCH_PX))
        state.pointer = x, y

    def release(self, x: float, y: float) -> None:
        """The main button goes up."""
        held, self._held = self._held, None
        self._state.release()
        if held is Part.LATEST and self.part_at(x, y) is Part.LATEST:
            self._state.show_latest()
        elif held is Part.CLOSE and self.part_at(x, y) is Part.CLOSE:
            self._close(self._pane)

    def drop(self) -> None:
        """Let go without a click, as when the chart is hidden."""
        self._held = None
        self._state.release()

    def leave(self) -> None:
        """The pointer leaves the chart."""
        self._state.pointer = None

    def double_click(self, x: float, y: float) -> None:
        """The main button is clicked twice; on an axis that undoes what was done to it."""
        part = self.part_at(x, y)
        if part is Part.PRICE_AXIS:
            self._state.reset_prices()
        elif part is Part.TIME_AXIS:
            self._state.set_spacing(ChartView().spacing)
        elif part is Part.GRIP:
            self._state.panes.reset()
            self._state.fit_panes()

    def wheel(self, x: float, sideways: float, upwards: float) -> None:
        """The wheel turns by so many notches; sideways moves, up and down zooms at ``x``."""
        if abs(sideways) > abs(upwards):
            self._state.pan(sideways * _PAN_PER_NOTCH_PX)
        elif upwards:
            self._state.zoom(_ZOOM_PER_NOTCH**upwards, x)

    def touchpad(self, x: float, sideways: float, upwards: float) -> None:
        """Two fingers move by so many px."""
        if abs(sideways) > abs(upwards):
            self._state.pan(sideways)
        else:
            self.wheel(x, 0.0, upwards / _PIXELS_PER_NOTCH)

    def key(self, key: ChartKey) -> bool:
        """A key is pressed; whether there was something to do."""
        state = self._state
        if key is ChartKey.CLOSE_PANE:
            pointer = state.pointer
            pane = None if pointer is None else state.layout.pane_at(pointer[1])
            self._close(pane)
            return pane is not None
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
            state.reset_prices()
        return True

    def _drag_grip(self, y: float) -> None:
        """Keep the edge under the pointer, as far as the panes beside it let it."""
        state, pane = self._state, self._pane
        if pane is not None and pane < len(state.layout.panes):
            edge = state.layout.panes[pane].top / state.layout.ratio
            state.panes.drag(state.layout, pane, y - edge)
            state.fit_panes()

    def _close(self, pane: int | None) -> None:
        if pane is not None and pane < len(self._state.layout.panes):
            self._state.close_pane(self._state.layout.panes[pane].subject)
            self._state.fit_panes()


def _is_in(box: tuple[float, float, float, float], x: float, y: float) -> bool:
    left, top, width, height = box
    return left <= x < left + width and top <= y < top + height
