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


# State: the part that is held down, if any, and where the pointer was last.
class ChartHand:
    """One user's hand on one chart. Places are in px from the top left."""

    def __init__(self, state: ChartState) -> None:
        self._state = state
        self._held: Part | None = None
        self._x = 0.0
        self._y = 0.0

    @property
    def held(self) -> Part | None:
        """What is held down."""
        return self._held

    def part_at(self, x: float, y: float) -> Part:
        """What lies at a place."""
        layout, view = self._state.layout, self._state.view
        left, top, width, height = layout.latest_button
        if not view.follow and left <= x < left + width and top <= y < top + height:
            return Part.LATEST
        if x * layout.ratio >= layout.plot_width:
            return Part.PRICE_AXIS
        return Part.TIME_AXIS if y * layout.ratio >= layout.volume_bottom else Part.PLOT

    def press(self, x: float, y: float) -> None:
        """The main button goes down."""
        self._held, self._x, self._y = self.part_at(x, y), x, y
        self._state.hold()

    def move(self, x: float, y: float) -> None:
        """The pointer moves, with or without the button down."""
        state = self._state
        right, down, self._x, self._y = x - self._x, y - self._y, x, y
        if self._held is Part.PLOT:
            state.pan(right)
            state.move_prices(down)
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

    def key(self, key: ChartKey) -> None:
        """A key is pressed."""
        state = self._state
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
