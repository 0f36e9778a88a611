"""The live data of the market that is laid over a chart's own, and what it says of them. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from PyQt6.QtGui import QShowEvent

from upbit_ws_qt.errors import UpbitError
from upbit_ws_qt.events import (
    CandleEvent,
    ConnectionEvent,
    ConnectionState,
    Source,
    TickerEvent,
    TradeEvent,
)
from upbit_ws_qt_widgets.live_widget import contained
from upbit_ws_qt_widgets.models.candle_input import bar_of, page_of
from upbit_ws_qt_widgets.models.chart_compare import Comparison
from upbit_ws_qt_widgets.models.live_bars import trade_of
from upbit_ws_qt_widgets.wording import ErrorNote, error_text

from .feed import ChartFeed, Listeners
from .price_axis import PriceAxisWidget

if TYPE_CHECKING:
    from upbit_ws_qt.qt.markets import MarketList
    from upbit_ws_qt.qt.proxy import WebSocketClientProxy
    from upbit_ws_qt.qt.subscription import Subscription

    from .surface import ChartSurface

__all__ = ["SecondMarketWidget"]


# State: the chart's own, the feed of the second market with what it follows, the market's standing
# and the list of markets it listens to, why following it failed, whether its last event was polled,
# the epoch of the last connection, and whether something was missed that is still to be asked for.
class SecondMarketWidget(PriceAxisWidget):
    """A widget with a chart that follows a second market, once its subclass has chosen one.

    What goes wrong with it is told beside its name, and is no error of the chart.
    """

    def attachComparison(self, surface: ChartSurface) -> None:
        """For subclasses: show what comes of the second market on this surface."""
        self._refresh_comparison = surface.refresh
        self._compared_feed = ChartFeed(self)
        self._compared_feed.loaded.connect(self._on_compared_loaded)
        self._compared_feed.merged.connect(self._on_compared_merged)
        self._compared_feed.changed.connect(self._tell_comparison)
        self._followed: tuple[WebSocketClientProxy, str, str] | None = None
        self._compared_watch: Subscription | None = None
        self._compared_markets: MarketList | None = None
        self._compared_standing: TickerEvent | None = None
        self._compared_failure: ErrorNote | None = None
        self._compared_polled = False
        self._compared_epoch = 0
        self._compared_has_hole = False
        surface.moved.connect(self._on_view_moved)
        self.connectionChanged.connect(self._on_compared_connection)
        self.languageChanged.connect(self._on_compared_language)

    # -- live data -----------------------------------------------------------------------------

    def followComparison(self) -> None:
        """For subclasses: another unit or proxy is in use."""
        comparison, proxy, unit = self._chart.comparison, self.proxy(), self._chart.timeframe
        if comparison is None or proxy is None:
            self._leave_compared()
        elif self._followed != (proxy, comparison.market, unit.value):
            self._leave_compared()
            market, note = comparison.market, self._note_failure
            listeners = Listeners(self._on_compared_trade, self._on_compared_candle, note)
            comparison.tick_size = functools.partial(proxy.markets.tick_size, market)
            try:
                self._compared_feed.open(proxy, market, unit, listeners)
                self._compared_watch = proxy.subscribe_ticker(
                    [market], self._on_compared_standing, error_handler=note
                )
            except UpbitError as error:
                # Such as a market that is listed no longer.
                self._note_failure(error)
            self._followed = proxy, market, unit.value
            self._compared_markets = proxy.markets
            self._compared_markets.changed.connect(self._tell_comparison)
        self._tell_comparison()

    def _leave_compared(self) -> None:
        if self._compared_watch is not None:
            self._compared_watch.unsubscribe()
        if self._compared_markets is not None:
            self._compared_markets.changed.disconnect(self._tell_comparison)
        self._followed = self._compared_watch = self._compared_markets = None
        self._compared_standing = self._compared_failure = None
        self._compared_polled = self._compared_has_hole = False
        self._compared_feed.close()

    @contained
    def unbind(self) -> None:
        super().unbind()
        self.followComparison()

    @contained
    def _on_compared_trade(self, event: TradeEvent) -> None:
        if self._chart.comparison is not None:
            self._chart.comparison.series.trade(trade_of(event))
            self._note_compared(event)

    @contained
    def _on_compared_candle(self, event: CandleEvent) -> None:
        if self._chart.comparison is not None:
            self._chart.comparison.series.candle(bar_of(event), event.timestamp)
            self._note_compared(event)

    def _note_compared(self, event: TradeEvent | CandleEvent) -> None:
        polled = event.stamp.source is Source.POLLED
        if polled is not self._compared_polled:
            self._compared_polled = polled
            self._tell_comparison()
        self._refresh_comparison()

    @contained
    def _on_compared_loaded(self, candles: tuple[CandleEvent, ...]) -> None:
        if self._chart.comparison is not None:
            self._chart.comparison.series.load(page_of(candles), keep_newer=True)
            self._compared_failure = None
            self._tell_comparison()
            self.pageComparison()

    @contained
    def _on_compared_merged(self, candles: tuple[CandleEvent, ...]) -> None:
        if self._chart.comparison is not None:
            self._chart.comparison.series.merge(page_of(candles))
            self._tell_comparison()
            self.pageComparison()

    @contained
    def _on_compared_standing(self, event: TickerEvent) -> None:
        self._compared_standing = event
        self._tell_comparison()

    def pageComparison(self) -> None:
        """For subclasses: other bars of the chart's own may be in view."""
        older = self._chart.older_wanted_of_comparison()
        if older is not None and self._compared_feed.failure is None:
            self._compared_feed.older_than(older)

    @contained
    def _on_view_moved(self) -> None:
        self._compared_feed.retry()
        older = self._chart.older_wanted_of_comparison()
        if older is not None:
            # Also after a page that failed: the user tries again.
            self._compared_feed.older_than(older)

    @contained
    def _on_compared_connection(self, event: ConnectionEvent) -> None:
        if event.state is ConnectionState.CONNECTED and event.epoch != self._compared_epoch:
            former, self._compared_epoch = self._compared_epoch, event.epoch
            self._compared_feed.retry()
            self._compared_has_hole = bool(former)
            self._fill_compared_hole()
        self._tell_comparison()

    @contained
    def showEvent(self, a0: QShowEvent | None) -> None:
        super().showEvent(a0)
        if self._compared_feed.has_lost():
            self._compared_has_hole = True
        self._fill_compared_hole()

    def _fill_compared_hole(self) -> None:
        """Ask for what was missed, once somebody can see it."""
        proxy, comparison = self.proxy(), self._chart.comparison
        if comparison is None or not comparison.bars or proxy is None or proxy.is_paused:
            return
        if self._compared_has_hole:
            self._compared_has_hole = False
            self._compared_feed.since(int(comparison.bars.times[-1]))

    # -- what there is to say ------------------------------------------------------------------

    def _note_failure(self, error: Exception) -> None:
        self._compared_failure = type(error), str(error)
        self._tell_comparison()

    @contained
    def _on_compared_language(self, _: str) -> None:
        self._tell_comparison()

    @contained
    def _tell_comparison(self) -> None:
        comparison = self._chart.comparison
        if comparison is not None:
            comparison.is_waiting = self._compared_feed.is_loading
            comparison.note = self._comparison_note(comparison)
            self._refresh_comparison()

    def _comparison_note(self, comparison: Comparison) -> str:
        standing, markets = self._compared_standing, self._compared_markets
        is_gone = markets is not None and markets.is_gone(comparison.market)
        if is_gone or (standing is not None and standing.is_delisted):
            return self.text("state.gone")
        failure = self._compared_failure or self._compared_feed.failure
        if failure is not None:
            return self.text(
                "chart.compare.failed", message=error_text(failure, self.getLanguage())
            )
        if self._compared_feed.is_loading:
            return self.text("chart.compare.loading")
        if standing is not None and standing.is_halted:
            return self.text("state.halted")
        event = None if self._followed is None else self.connection()
        stale = "" if event is None else self.connectionText(event)
        return stale or (self.text("state.polling") if self._compared_polled else "")
