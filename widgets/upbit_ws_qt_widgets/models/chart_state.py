"""What a chart knows and what its user wishes to see. Pure."""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from upbit_ws_qt.markets import table_tick_size
from upbit_ws_qt.timeframe import Timeframe

from .bars import VALUE, Bar, Bars
from .candle_input import CandlePage
from .chart_compare import Comparison
from .chart_holes import Holes
from .chart_kinds import DrawnPrices, Look, Prices
from .chart_layout import ChartLayout, PaneBox, PaneSubject, TextMetrics
from .chart_overlays import Overlays
from .chart_panes import Panes
from .chart_place import Aim, ViewPlace
from .chart_scale import PriceScale, ScaleKind
from .chart_time import TimeZone
from .chart_view import ChartView
from .drawings.time_axis import TimeAxis
from .live_bars import LiveBars, Trade
from .trading_marks import TradingMarks

__all__ = ["ChartState"]

_NARROW_AXIS_PX = 56.0


# State: the bars, those of a second market, the view and the time that is to stay in it, the scales
# of all panes and what they fit, the pointer and a crosshair that was set, whether the user holds
# the chart and how many bars came meanwhile, the look of the bars, the indicators, panes and marks,
# the size of the surface, the texts, the time zone and price steps in use, what is missing, how new
# the data are, and what is said of them.
class ChartState:
    """The bars of one market, the window on them, and the surface they are painted on.

    The view holds still through every change of the data, but for one case: while it follows the
    newest bar and nobody holds it, a new bar moves it along. While ``is_waiting`` is set, bars are
    kept but not shown: what was asked for is on its way.
    """

    def __init__(self, timeframe: Timeframe = Timeframe.MINUTE_1) -> None:
        self.series = LiveBars(timeframe)
        self.view = ChartView()
        self.scale = PriceScale()
        self.fits_indicators = False
        self.comparison: Comparison | None = None
        self.pane_scales: dict[PaneSubject, PriceScale] = {}
        self.pointer: tuple[float, float] | None = None
        self.aim: Aim | None = None
        self.zooms_at_newest = False
        self.title = ""
        self.subtitle = ""
        self.message = ""
        self.notice = ""
        self.badge = ""
        self.is_aging = False
        self.is_asking = False
        self.newest_ms: int | None = None
        self.is_waiting = False
        self.tick_size: Callable[[float], float] = functools.partial(table_tick_size, "")
        self.words: Mapping[str, str] = {}
        self.zone = TimeZone.KST
        self.holes = Holes()
        self.shows_profile = False
        self.overlays = Overlays()
        self.look = Look()
        self.panes = Panes()
        self.marks = TradingMarks()
        self._drawn = DrawnPrices()
        self._held = False
        self._missed = 0
        self._place: ViewPlace | None = None
        self._size = (1.0, 1.0, 1.0)
        self._text = TextMetrics(7.0, 4.0, 14.0)
        self._axis_width = _NARROW_AXIS_PX
        self.layout = self._laid_out()

    @property
    def bars(self) -> Bars:
        """The bars, with flat ones for intervals without a trade where these are wanted."""
        intervals = self.series.intervals
        return self.series.bars if intervals is None else intervals.bars

    @property
    def timeframe(self) -> Timeframe:
        """The unit of the bars."""
        return self.series.timeframe

    @property
    def shows_value(self) -> bool:
        """Whether the lower pane shows the traded value and not the volume."""
        return self.look.amount == VALUE

    def prices(self) -> Prices:
        """What is drawn of the bars; views, valid until the next change."""
        return self._drawn.of(self.bars, self.look.kind)

    @property
    def text(self) -> TextMetrics:
        """The sizes of the number font."""
        return self._text

    # -- surface -------------------------------------------------------------------------------

    def resize(self, width: float, height: float, ratio: float, text: TextMetrics) -> None:
        """The surface has so many px, ``ratio`` device pixels each, and this number font."""
        if (width, height, ratio) != self._size or text != self._text:
            self._size, self._text = (width, height, ratio), text
            self._lay_out()

    @contextmanager
    def put_back(self) -> Generator[None]:
        """Whatever is set inside is afterwards as it was before: for a picture of another size."""
        before = dict(vars(self))
        try:
            yield
        finally:
            vars(self).update(before)

    def fit_axis(self, labels: list[str]) -> bool:
        """Make the price axis as wide as these labels need; whether that changed the layout."""
        width = max((self._text.width(label) for label in labels), default=0.0)
        axis_width = max(_NARROW_AXIS_PX, math.ceil(width + 2 * self._text.digit))
        if axis_width == self._axis_width:
            return False
        self._axis_width = axis_width
        self._lay_out()
        return True

    def fit_panes(self) -> None:
        """Lay out the panes that are wanted now."""
        if self.panes.wanted(self.overlays.in_panes) != self._wanted:
            self.layout = self._laid_out()

    def _laid_out(self) -> ChartLayout:
        self._wanted = self.panes.wanted(self.overlays.in_panes)
        return ChartLayout.of(*self._size, self._axis_width, self._text, self._wanted)

    def _lay_out(self) -> None:
        self.layout = self._laid_out()
        self.view = self.view.clamped(*self._extent())
        self._settle()

    # -- data ----------------------------------------------------------------------------------

    def restart(self, timeframe: Timeframe) -> None:
        """Forget the bars; the next ones are of this unit. The zoom stays."""
        self.holes.clear()
        self.newest_ms = None
        self.series = LiveBars(timeframe)
        self.series.fill_intervals(wanted=self.look.empty_bars)
        self.view = self.view.at_latest(0)
        self.aim = None
        self.reset_scales()
        if self.comparison is not None:
            self.comparison.restart(timeframe)

    def load(self, page: CandlePage, *, keep_newer: bool) -> None:
        """Show these candles instead of those shown."""
        anchor = self._anchor()
        newest = int(self.bars.times[-1]) if self.bars else None
        self.series.load(page, keep_newer=keep_newer)
        if newest is None or self.bars.find(newest) is None:
            # Something else is shown now; a scale set by hand would show nothing of it.
            self.reset_scales()
        number = self.bars.find(anchor[0]) if anchor else None
        if anchor is None or number is None:
            self.view = self.view.at_latest(self.bars.end)
        else:
            self.view = self.view.shifted(number - anchor[1])
        self._settle()

    def merge(self, page: CandlePage) -> None:
        """Add candles, older ones or some in between."""
        end, anchor = self.bars.end, self._anchor()
        self.series.merge(page)
        self._hold_view(end, anchor)
        self._settle()

    def candle(self, bar: Bar, timestamp: int | None) -> None:
        """Add or replace one candle."""
        end, anchor = self.bars.end, self._anchor()
        self.series.candle(bar, timestamp)
        self._hold_view(end, anchor)

    def trade(self, trade: Trade) -> bool:
        """Add one trade; whether it changed anything."""
        end, anchor = self.bars.end, self._anchor()
        taken = self.series.trade(trade)
        self._hold_view(end, anchor)
        return taken

    def note_newest(self, timestamp: int) -> None:
        """Something of this time (ms, the exchange's) is in the bars."""
        self.newest_ms = max(self.newest_ms or 0, timestamp)

    def pass_time(self, now: float) -> bool:
        """Intervals that ended by ``now`` (ms, the exchange's) without a trade have their bar.

        Returns whether there were any; never while no such bars are wanted.
        """
        if self.series.intervals is None:
            return False
        end, anchor = self.bars.end, self._anchor()
        has_new = self.series.intervals.pass_time(int(now))
        self._hold_view(end, anchor)
        return has_new

    def show_empty_bars(self, *, shown: bool) -> None:
        """Show bars for intervals without a trade, or none; what is in view stays at its place."""
        end, anchor = self.bars.end, self._anchor()
        self.look = replace(self.look, empty_bars=shown)
        self.series.fill_intervals(wanted=shown)
        # The newest bar in view may be one that goes: then the one before takes its place.
        number = None if anchor is None else self.bars.latest_at(anchor[0])
        if anchor is None or number is None:
            self.view = self.view.shifted(self.bars.end - end)
        else:
            self.view = self.view.shifted(number - anchor[1]).clamped(*self._extent())
        self._settle()

    def _anchor(self) -> tuple[int, int] | None:
        """Time and number of the newest bar in view, unless the view follows the newest of all."""
        if not self.bars or (self.view.follow and not self._held):
            return None
        newest = math.ceil(self.view.right) - 1
        number = min(max(newest, self.bars.first), self.bars.end - 1)
        return int(self.bars.times[number - self.bars.first]), number

    def _hold_view(self, end: int, anchor: tuple[int, int] | None) -> None:
        added = self.bars.end - end
        if self._held:
            self._missed += added
        if anchor is None:
            if len(self.bars) == added:
                self.view = self.view.at_latest(self.bars.end)
                self._settle()
            else:
                self.view = self.view.shifted(added)
            return
        number = self.bars.find(anchor[0])
        if number is not None and number != anchor[1]:
            self.view = self.view.shifted(number - anchor[1])

    # -- wishes --------------------------------------------------------------------------------

    def hold(self) -> None:
        """The user takes hold of the chart: from now on only the user moves it."""
        self._held, self._missed, self._place = True, 0, None

    def release(self) -> None:
        """The user lets go; if the newest bar was in view it is again."""
        if self._held and self.view.follow:
            self.view = self.view.shifted(self._missed)
        self._held = False

    @property
    def is_held(self) -> bool:
        """Whether the user holds the chart."""
        return self._held

    def pan(self, pixels: float) -> None:
        """Move the bars to the right (towards the past) by so many px."""
        self._see(self.view.panned(pixels, *self._extent()))

    def zoom(self, factor: float, x: float | None = None) -> None:
        """Make bars ``factor`` times as wide, around ``x`` px or the newest bar."""
        if x is None:
            self._see(self.view.zoomed_at_edge(factor, *self._extent()))
        elif self.zooms_at_newest:
            self._see(self.view.zoomed_at_newest(factor, *self._extent()))
        else:
            self._see(self.view.zoomed(factor, x, *self._extent()))

    def show_latest(self) -> None:
        """Go to the newest bar and follow it."""
        self._see(self.view.at_latest(self.bars.end))

    def show_oldest(self) -> None:
        """Go to the oldest bar there is."""
        self._see(self.view.at_oldest(*self._extent()))

    def reveal(self, number: int) -> None:
        """Move no farther than it takes to see this bar."""
        view = self.view.revealing(number, *self._extent())
        if view != self.view:
            self._see(view)

    def set_spacing(self, spacing: float) -> None:
        """Give each bar so many px, at the newest bar."""
        self._see(self.view.with_spacing(spacing, self.bars.end))

    def _see(self, view: ChartView) -> None:
        """Show something else, instead of what a place asked for."""
        self.view, self._place = view, None

    def axis(self) -> TimeAxis:
        """The bars in time; there must be one."""
        return TimeAxis(self.bars.times, self.bars.first, self.timeframe)

    def place(self) -> ViewPlace | None:
        """Which time is in view, or None without bars."""
        return ViewPlace.of(self.view, self.axis(), self.layout.view_width) if self.bars else None

    def show_place(self, place: ViewPlace | None) -> None:
        """Keep a time in view until somebody moves the chart; not while the user holds it.

        It stays there when the surface gets another size, when bars come that it needs, and on
        another unit. With None it is let go.
        """
        if not self._held:
            self._place = place
            self._settle()

    def wished_place(self) -> ViewPlace | None:
        """What is to be in view of this unit once all bars are there; None if nobody knows."""
        if self._place is None:
            return self.place()
        return replace(self._place, timeframe=self._place.timeframe or self.timeframe)

    def keep_place(self) -> None:
        """Let what is to be in view stay there, as by ``show_place``."""
        if not self._held:
            self._place = self._place or self.place()

    def _settle(self) -> None:
        if self._place is not None and self.bars:
            axis = self.axis()
            self.view = self._place.view(self.view, axis, self.layout.view_width)
            self._place = self._place.settled(self.view, axis)

    def stretch_prices(self, factor: float) -> None:
        """Show ``factor`` times the range of prices; from now on the scale is the user's."""
        self.scale = self.scale.stretched(factor)

    def move_prices(self, pixels: float) -> None:
        """Move the bars down by so many px, if the scale is the user's."""
        if not self.scale.auto:
            self.scale = self.scale.moved(pixels * self.layout.ratio / self.layout.price_bottom)

    def close_pane(self, subject: PaneSubject) -> None:
        """Take away a pane with what it shows."""
        self.panes.forget(subject)
        if subject is None:
            self.panes.shows_amounts = False
        else:
            self.overlays.choose([one for one in self.overlays.chosen if one != subject])

    def reset_prices(self) -> None:
        """Let the scale follow what is in view again."""
        self.scale = self.scale.released()

    def reset_scales(self) -> None:
        """Let the scales of all panes follow what is in view again."""
        self.reset_prices()
        self.pane_scales.clear()

    def set_scale_kind(self, kind: ScaleKind) -> None:
        """Spread the prices over the pane, and name them, in another way."""
        self.scale = self.scale.of_kind(kind)

    def invert_prices(self, inverted: bool) -> None:
        """Show high prices at the bottom, or at the top again."""
        self.scale = replace(self.scale, is_inverted=inverted)

    def stretch_pane(self, subject: PaneSubject, factor: float) -> None:
        """Show ``factor`` times the range of values in a pane, which is then the user's."""
        scale = self.pane_scales.get(subject)
        if scale is None:
            return  # it has not been shown yet
        if subject is None:
            # Amounts stand on zero.
            top = max(scale.high * factor, sys.float_info.min)
            self.pane_scales[subject] = replace(scale, high=top, auto=False)
        else:
            self.pane_scales[subject] = scale.stretched(factor)

    def move_pane(self, box: PaneBox, pixels: float) -> None:
        """Move what a pane shows down by so many px, if its scale is the user's."""
        scale = self.pane_scales.get(box.subject)
        if box.subject is not None and scale is not None and not scale.auto:
            share = pixels * self.layout.ratio / (box.bottom - box.top)
            self.pane_scales[box.subject] = scale.moved(share)

    def reset_pane(self, subject: PaneSubject) -> None:
        """Let the scale of a pane follow what is in view again."""
        self.pane_scales.pop(subject, None)

    @property
    def is_scaled_by_hand(self) -> bool:
        """Whether the user has stretched the scale of the prices or of a pane."""
        return not all(scale.auto for scale in (self.scale, *self.pane_scales.values()))

    def wants_older(self) -> bool:
        """Whether the user sees, or is about to see, the end of what there is."""
        width = self.layout.view_width
        left = self.view.left(width)
        return bool(self.bars) and left - 0.5 * width / self.view.spacing < self.bars.first

    def older_wanted_of_comparison(self) -> int | None:
        """The start (ms) before which bars of the second market are missing; None for none.

        Those are wanted that the user sees, or is about to see.
        """
        own = None if self.comparison is None else self.comparison.bars
        if not own or not self.bars:
            return None
        width, bars = self.layout.view_width, self.bars
        left = math.floor(self.view.left(width) - 0.5 * width / self.view.spacing)
        number = min(max(left, bars.first), bars.end - 1)
        first = int(own.times[0])
        return first if first > int(bars.times[number - bars.first]) else None

    def shows_oldest(self) -> bool:
        """Whether the first bar of all is in view."""
        return bool(self.bars) and self.view.left(self.layout.view_width) <= self.bars.first

    def _extent(self) -> tuple[float, int, int]:
        return self.layout.view_width, self.bars.first, self.bars.end
