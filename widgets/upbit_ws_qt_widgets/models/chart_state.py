"""What a chart knows and what its user wishes to see. Pure."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping

from upbit_ws_qt.markets import table_tick_size
from upbit_ws_qt.timeframe import Timeframe

from .bars import VALUE, Bar, Bars
from .candle_input import CandlePage
from .chart_kinds import DrawnPrices, Look, Prices
from .chart_layout import ChartLayout, PaneSubject, TextMetrics
from .chart_overlays import Overlays
from .chart_panes import Panes
from .chart_scale import PriceScale
from .chart_view import ChartView
from .live_bars import LiveBars, Trade

__all__ = ["ChartState"]

_NARROW_AXIS_PX = 56.0


# State: the bars, the view and the price scale, the pointer, whether the user holds the chart and
# how many bars came meanwhile, the look of the bars, the indicators and panes, the size of the
# surface, and the texts and price steps in use.
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
        self.pointer: tuple[float, float] | None = None
        self.title = ""
        self.subtitle = ""
        self.message = ""
        self.notice = ""
        self.badge = ""
        self.is_waiting = False
        self.tick_size: Callable[[float], float] = functools.partial(table_tick_size, "")
        self.words: Mapping[str, str] = {}
        self.overlays = Overlays()
        self.look = Look()
        self.panes = Panes()
        self._drawn = DrawnPrices()
        self._held = False
        self._missed = 0
        self._size = (1.0, 1.0, 1.0)
        self._text = TextMetrics(7.0, 4.0, 14.0)
        self._axis_width = _NARROW_AXIS_PX
        self.layout = self._laid_out()

    @property
    def bars(self) -> Bars:
        """The bars."""
        return self.series.bars

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
        self.view = self.view.clamped(self.layout.view_width, self.bars.first, self.bars.end)

    # -- data ----------------------------------------------------------------------------------

    def restart(self, timeframe: Timeframe) -> None:
        """Forget the bars; the next ones are of this unit. The zoom stays."""
        self.series = LiveBars(timeframe)
        self.view = self.view.at_latest(0)
        self.scale = PriceScale()

    def load(self, page: CandlePage, *, keep_newer: bool) -> None:
        """Show these candles instead of those shown."""
        anchor = self._anchor()
        newest = int(self.bars.times[-1]) if self.bars else None
        self.series.load(page, keep_newer=keep_newer)
        if newest is None or self.bars.find(newest) is None:
            # Something else is shown now; a scale set by hand would show nothing of it.
            self.reset_prices()
        number = self.bars.find(anchor[0]) if anchor else None
        if anchor is None or number is None:
            self.show_latest()
        else:
            self.view = self.view.shifted(number - anchor[1])

    def merge(self, page: CandlePage) -> None:
        """Add candles, older ones or some in between."""
        end, anchor = self.bars.end, self._anchor()
        self.series.merge(page)
        self._hold_view(end, anchor)

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
            else:
                self.view = self.view.shifted(added)
            return
        number = self.bars.find(anchor[0])
        if number is not None and number != anchor[1]:
            self.view = self.view.shifted(number - anchor[1])

    # -- wishes --------------------------------------------------------------------------------

    def hold(self) -> None:
        """The user takes hold of the chart: from now on only the user moves it."""
        self._held, self._missed = True, 0

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
        self.view = self.view.panned(pixels, *self._extent())

    def zoom(self, factor: float, x: float | None = None) -> None:
        """Make bars ``factor`` times as wide, around ``x`` px or the newest bar."""
        if x is None:
            self.view = self.view.zoomed_at_edge(factor, *self._extent())
        else:
            self.view = self.view.zoomed(factor, x, *self._extent())

    def show_latest(self) -> None:
        """Go to the newest bar and follow it."""
        self.view = self.view.at_latest(self.bars.end)

    def show_oldest(self) -> None:
        """Go to the oldest bar there is."""
        self.view = self.view.at_oldest(*self._extent())

    def set_spacing(self, spacing: float) -> None:
        """Give each bar so many px, at the newest bar."""
        self.view = self.view.with_spacing(spacing, self.bars.end)

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
        self.scale = PriceScale()

    def wants_older(self) -> bool:
        """Whether the user sees, or is about to see, the end of what there is."""
        width = self.layout.view_width
        left = self.view.left(width)
        return bool(self.bars) and left - 0.5 * width / self.view.spacing < self.bars.first

    def shows_oldest(self) -> bool:
        """Whether the first bar of all is in view."""
        return bool(self.bars) and self.view.left(self.layout.view_width) <= self.bars.first

    def _extent(self) -> tuple[float, int, int]:
        return self.layout.view_width, self.bars.first, self.bars.end
