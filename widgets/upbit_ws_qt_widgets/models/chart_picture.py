"""The chart as it is to be painted, frozen: what stands still and what lies on top. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .chart_layout import ChartLayout, PaneBox
from .chart_shapes import Shapes
from .marks_picture import FillMarks, MarksPicture

__all__ = [
    "NO_STROKES",
    "Area",
    "AxisLabel",
    "Backdrop",
    "ComparedTag",
    "Crosshair",
    "ExtremeMark",
    "Front",
    "LegendItem",
    "Line",
    "PaneFront",
    "PanePicture",
    "Picture",
    "PriceTag",
    "ProfilePicture",
    "Rects",
    "Shade",
    "Strokes",
    "TimeLabel",
]

Segments = npt.NDArray[np.float64]
"""Line segments x1, y1, x2, y2 in device pixels, shape (n, 4)."""


class Line(NamedTuple):
    """A line through the bars; ``role`` is its colour, as in a legend item."""

    role: str
    segments: Segments


class Area(NamedTuple):
    """A translucent polygon; ``corners`` has x and y in device pixels, shape (n, 2)."""

    role: str
    corners: npt.NDArray[np.float64]


class Rects(NamedTuple):
    """Rectangles of a histogram, shape (n, 4)."""

    role: str
    rects: npt.NDArray[np.float64]


class Strokes(NamedTuple):
    """What indicators draw in one pane, in this order."""

    areas: tuple[Area, ...] = ()
    rects: tuple[Rects, ...] = ()
    lines: tuple[Line, ...] = ()


NO_STROKES = Strokes()


class AxisLabel(NamedTuple):
    """A label of a value axis and its grid line at ``y``."""

    y: int
    text: str


class TimeLabel(NamedTuple):
    """A label of the time axis, empty for none, and its grid line at ``x``.

    ``is_day`` where a day of the exchange begins, ``is_date`` where the text is a date.
    """

    x: int
    text: str
    is_day: bool
    is_date: bool = False


class Shade(NamedTuple):
    """A stretch in which the bars may lack something, in device pixels."""

    x: int
    width: int


class ProfilePicture(NamedTuple):
    """Amounts by price at the right edge: rectangles, shape (n, 4).

    ``x`` is where the row with the most begins and ``y`` its middle, ``text`` its price.
    """

    rise: npt.NDArray[np.float64]
    fall: npt.NDArray[np.float64]
    x: int
    y: int
    text: str


class PanePicture(NamedTuple):
    """A pane below the price: what is settled in it, its axis, and guide lines at ``levels``.

    ``caption`` names it where the legend has nothing more to say than that.
    """

    box: PaneBox
    caption: str
    strokes: Strokes
    labels: tuple[AxisLabel, ...]
    levels: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Backdrop:
    """What stays the same while the newest bar grows and the pointer moves. All in device px.

    At ``pauses`` time is left out between two bars though it should have bars of its own.
    """

    layout: ChartLayout
    shapes: Shapes | None
    overlays: Strokes
    price_labels: tuple[AxisLabel, ...]
    time_labels: tuple[TimeLabel, ...]
    panes: tuple[PanePicture, ...]
    shades: tuple[Shade, ...] = ()
    pauses: tuple[int, ...] = ()
    profile: ProfilePicture | None = None
    fills: FillMarks | None = None


class PriceTag(NamedTuple):
    """The last price: its line at ``y``, its text, its direction (-1, 0, 1) and the count-down."""

    y: int
    text: str
    direction: int
    countdown: str


class ComparedTag(NamedTuple):
    """The last price of the second market: its place and its change."""

    y: int
    text: str


class ExtremeMark(NamedTuple):
    """The highest or lowest price in view, at a pixel; ``is_above`` where all bars are below."""

    x: int
    y: int
    text: str
    is_above: bool


class Crosshair(NamedTuple):
    """Lines through ``x`` and ``y`` with the texts of both axes; with None there is no level line.

    ``time`` is the start of its bar in ms, ``price`` what ``y`` stands for in the price pane.
    ``is_given`` if it was not the user who put it there.
    """

    x: int
    y: int | None
    side_text: str
    time_text: str
    time: int = 0
    price: float | None = None
    is_given: bool = False


class LegendItem(NamedTuple):
    """One entry of the legend.

    ``role`` is the colour role of its value: a direction's (``rise``, ``even``, ``fall``) or
    ``average_1``, ``comparison`` …; ``essential`` entries stay when there is no room for all.
    """

    label: str
    value: str
    role: str
    essential: bool = False


class PaneFront(NamedTuple):
    """What of a pane changes with every tick: the newest values and the legend."""

    strokes: Strokes
    legend: tuple[LegendItem, ...]


@dataclass(frozen=True, slots=True)
class Front:
    """What lies on the backdrop and changes with every tick and move of the pointer.

    ``panes`` has an entry for each pane of the backdrop; of ``closable`` the button to close it is
    shown, and of ``grip`` the upper edge can be dragged. ``message`` is for the middle of an empty
    chart, ``notice`` for the side of the past, ``badge`` for a state the data are in; each is empty
    where there is nothing to say.
    """

    live: Shapes | None = None
    live_overlays: Strokes = NO_STROKES
    price: PriceTag | None = None
    compared: ComparedTag | None = None
    extremes: tuple[ExtremeMark, ...] = ()
    crosshair: Crosshair | None = None
    title: str = ""
    subtitle: str = ""
    legend: tuple[tuple[LegendItem, ...], ...] = ()
    panes: tuple[PaneFront, ...] = ()
    closable: int | None = None
    grip: int | None = None
    message: str = ""
    notice: str = ""
    badge: str = ""
    marks: MarksPicture | None = None
    offers_latest: bool = False
    is_scaled_by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """Both, for one frame; the same ``backdrop`` object as before need not be painted again."""

    backdrop: Backdrop
    front: Front
