"""The candle chart as a widget: its data slots, its properties and its live data. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy.typing as npt
from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.events import (
    CandleEvent,
    ConnectionState,
    MarketEvent,
    Source,
    TradeEvent,
)
from upbit_ws_qt.markets import check_market, table_tick_size
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_resources import translations
from upbit_ws_qt_widgets.live_widget import contained, pyqtProperty
from upbit_ws_qt_widgets.models.candle_input import bar_of, page_of
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.chart_words import Circumstances, describe
from upbit_ws_qt_widgets.models.live_bars import trade_of
from upbit_ws_qt_widgets.theme import Look
from upbit_ws_qt_widgets.wording import error_text

from .commands import CommandableWidget
from .feed import ChartFeed, Listeners
from .style import ChartStyle
from .surface import ChartSurface
from .toolbar import ChartToolbar

if TYPE_CHECKING:
    from upbit_ws_qt.qt.markets import MarketList
    from upbit_ws_qt.qt.proxy import WebSocketClientProxy

__all__ = ["ChartWidget"]

_STATE_VERSION = 1


# State: the market, whether somebody chose the unit, the chart's own state, the list of markets
# while bound, the epoch of the last connection, whether something was missed that is still to be
# asked for, and whether the last event was polled.
class ChartWidget(CommandableWidget):
    """Candles, volume and indicators of one market.

    It shows what its slots are given and needs no network; ``bind`` connects it to live data, and
    ``bind``, ``setMarket`` and ``setTimeframe`` may come in any order. Trades and candle frames
    make one live candle. Events of another market than ``market()`` are not shown; without a
    market the first event chooses it.

    Drag or turn the wheel sideways to move, turn the wheel to zoom, drag an axis or the edge of a
    pane to scale it and double-click it to undo that. Keys: arrows, Page Up and Down, Home, End,
    +, − and 0; Delete closes the pane under the pointer; Ctrl+Left and Ctrl+Right move the
    crosshair bar by bar, Escape lets it go. With a drawing chosen: arrows move it, Delete deletes
    it; Ctrl+Z and Ctrl+Y undo and redo. The menu (right button, Shift+F10) reaches everything and
    names the other keys.

    Signals:
        marketChanged(str): another market is shown.
        timeframeChanged(str): another candle unit is shown, such as ``1m``.
    """

    marketChanged = pyqtSignal(str)
    timeframeChanged = pyqtSignal(str)

    component = "chart"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._market = ""
        self._timeframe_chosen = False
        self._epoch = 0
        self._has_hole = False
        self._polled = False
        self._markets: MarketList | None = None
        self._chart = ChartState()
        self._feed = ChartFeed(self)
        self._feed.loaded.connect(self._on_loaded)
        self._feed.merged.connect(self._on_merged)
        self._feed.failed.connect(self.fail)
        self._feed.changed.connect(self._on_feed_changed)
        self._surface = ChartSurface(self._chart, ChartStyle(self.themeColors(), self.font()), self)
        self._surface.moved.connect(self._on_moved)
        self.attachChart(self._chart, self._surface.redraw)
        self.attachSurface(self._surface)
        self.attachComparison(self._surface)
        self.attachTime(self._feed, self._surface.now)
        self._surface.failed.connect(self.fail)
        self.attachDrawings(self._surface.drawings)
        # Made after the surface, which is so first in the order of the Tab key: keys move a chart
        # that was just opened.
        self._toolbar = ChartToolbar(self)
        self._toolbar.chosen.connect(self.setTimeframe)
        self._toolbar.set_timeframe(self.timeframe())
        self.attachToolbar(self._toolbar)
        self.setFocusProxy(self._surface)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._toolbar)
        column.addWidget(self._surface, 1)
        self.restyled()
        self.retranslated()

    # -- market and unit -----------------------------------------------------------------------

    def market(self) -> str:
        """The market on show, such as ``KRW-BTC``; empty until one is chosen."""
        return self._market

    @contained
    def setMarket(self, code: str) -> None:
        """Show another market. A wrong code changes nothing and is reported as an error."""
        check_market(code)
        if code == self._market and (self._feed.is_open or self.proxy() is None):
            self.clearError()
            return
        changed = code != self._market
        self._begin(code, self.timeframe())
        if changed:
            self.marketChanged.emit(code)

    #: ``market`` as a property for Qt Designer.
    marketCode = pyqtProperty(str, fget=market, fset=setMarket, notify=marketChanged)

    def timeframe(self) -> Timeframe:
        """The candle unit on show."""
        return self._chart.timeframe

    @contained
    def setTimeframe(self, timeframe: Timeframe | str) -> None:
        """Show another candle unit: ``Timeframe.MINUTE_5``, ``"5m"``, ``"day"`` and the like."""
        unit = _unit_of(timeframe)
        self._timeframe_chosen = True
        if unit is not self.timeframe():
            self._begin(self._market, unit)
            self.timeframeChanged.emit(unit.value)
        else:
            self.clearError()
        self._toolbar.set_timeframe(unit)

    #: ``timeframe`` as a property for Qt Designer, such as ``1m``.
    timeframeName = pyqtProperty(str, fget=timeframe, fset=setTimeframe, notify=timeframeChanged)

    def _begin(self, market: str, timeframe: Timeframe) -> None:
        """Forget the bars and start on this market and unit."""
        proxy = self.proxy()
        # First what may be refused, so that a refusal changes nothing.
        if proxy is not None and market:
            listeners = Listeners(self.applyTrade, self.upsertCandle, self.fail)
            self._feed.open(proxy, market, timeframe, listeners)
        self._market = market
        self.watchMarket(market)
        self.showDrawingsOf(market)
        self.showTradingOf(market)
        self._has_hole = self._polled = False
        self._chart.restart(timeframe)
        self.followComparison()
        self.clearError()
        self._on_markets_changed()

    # -- data ----------------------------------------------------------------------------------

    @contained
    def setCandles(self, candles: Sequence[CandleEvent] | npt.NDArray[Any]) -> None:
        """Show these candles instead of those shown; what is in view stays if it is among them.

        Args:
            candles: events of one market and unit, or a structured numpy array with the fields
                ``time`` (int64, ms since 1970, UTC, start of the candle), ``open``, ``high``,
                ``low``, ``close``, ``volume`` and ``value``; in any order.
        """
        page = page_of(candles)
        if page.market and self._market not in ("", page.market):
            raise InvalidRequest(
                f"the chart shows {self._market}; got candles of {page.market}: "
                f"call setMarket({page.market!r}) first"
            )
        if page.timeframe is not None:
            self._adopt_timeframe(page.timeframe, replacing=True)
        self._adopt_market(page.market)
        self._chart.load(page, keep_newer=bool(page.market))
        self.clearError()
        self.dataChanged()

    @contained
    def prependCandles(self, candles: Sequence[CandleEvent] | npt.NDArray[Any]) -> None:
        """Add older candles; the view holds still. Ones that exist already are replaced."""
        page = page_of(candles)
        if page.market and not self._is_ours(page.market, page.timeframe):
            return
        self._chart.merge(page)
        self.dataChanged()

    @contained
    def upsertCandle(self, event: CandleEvent) -> None:
        """Add a candle or replace the one with the same start; trades newer than it stay on top."""
        bar = bar_of(event)
        if self._is_ours(event.symbol, event.timeframe):
            self._chart.candle(bar, event.timestamp)
            self._note_arrival(event)

    @contained
    def applyTrade(self, event: TradeEvent) -> None:
        """Put a trade into its candle, or open a new one; what is counted already is not again."""
        trade = trade_of(event)
        if self._is_ours(event.symbol, None):
            self._chart.trade(trade)
            self.tradeSeen(trade)
            self._note_arrival(event)

    def _is_ours(self, market: str, unit: Timeframe | None) -> bool:
        if self._market not in ("", market):
            return False
        if unit is not None:
            self._adopt_timeframe(unit, replacing=False)
        self._adopt_market(market)
        return True

    def _adopt_market(self, market: str) -> None:
        if market and not self._market:
            self._market = market
            self.watchMarket(market)
            self.showDrawingsOf(market)
            self.showTradingOf(market)
            self._on_markets_changed()
            self.marketChanged.emit(market)

    def _adopt_timeframe(self, unit: Timeframe, *, replacing: bool) -> None:
        """Take the unit of the first candles, unless somebody chose one."""
        if unit is self.timeframe():
            return
        has_bars = bool(self._chart.bars) and not replacing
        if self._timeframe_chosen or self.proxy() is not None or has_bars:
            raise InvalidRequest(
                f"the chart shows {self.timeframe()} candles; got {unit}: "
                f"call setTimeframe({unit.value!r}) first"
            )
        self._chart.restart(unit)
        self._toolbar.set_timeframe(unit)
        self.timeframeChanged.emit(unit.value)

    def _note_arrival(self, event: MarketEvent) -> None:
        stamp = event.stamp
        if stamp.received_at and stamp.source is Source.WEBSOCKET and not stamp.replayed:
            self._surface.clock.observe(event.timestamp, stamp.received_at * 1000)
        self._chart.note_newest(event.timestamp)
        polled = stamp.source is Source.POLLED
        if polled is not self._polled or self._chart.message:
            self._polled = polled
            self.dataChanged()
        else:
            self._surface.refresh()

    def dataChanged(self) -> None:
        self._tell()
        self._surface.refresh()
        self.pageIfNeeded()

    # -- live data -----------------------------------------------------------------------------

    def bound(self, proxy: WebSocketClientProxy) -> None:
        self._markets = proxy.markets
        self._markets.changed.connect(self._on_markets_changed)
        proxy.gap_detected.connect(self.noteGap)
        self._epoch = 0
        if self._market:
            self._begin(self._market, self.timeframe())

    def unbound(self) -> None:
        super().unbound()
        if self._markets is not None:
            self._markets.changed.disconnect(self._on_markets_changed)
            self._markets = None
        self._feed.close()
        self._on_markets_changed()

    @contained
    def _on_feed_changed(self) -> None:
        self.noteMissing()
        self._tell()
        self._surface.refresh()

    @contained
    def _on_loaded(self, candles: tuple[CandleEvent, ...]) -> None:
        self._chart.load(page_of(candles), keep_newer=True)
        self.noteKnown(candles)
        self.clearError()
        self.dataChanged()

    @contained
    def _on_merged(self, candles: tuple[CandleEvent, ...]) -> None:
        self._chart.merge(page_of(candles))
        self.noteKnown(candles)
        self.clearError()
        self.dataChanged()

    @contained
    def _on_moved(self) -> None:
        self._feed.retry()
        self._tell()
        self.pageIfNeeded()
        self.settlePanes()

    def pageIfNeeded(self) -> None:
        if self._chart.wants_older():
            self._feed.older_than(int(self._chart.bars.times[0]))
        self.pageComparison()

    @contained
    def _on_markets_changed(self) -> None:
        code = self._market
        lookup = table_tick_size if self._markets is None else self._markets.tick_size
        self._chart.tick_size = functools.partial(lookup, code)
        self._tell()
        self._surface.refresh()

    @contained
    def showEvent(self, a0: QShowEvent | None) -> None:
        super().showEvent(a0)
        # Before what waited is delivered: the hole begins after the last bar that is there now.
        if self._feed.has_lost():
            self._has_hole = True
        self._fill_hole()

    # -- what it shows -------------------------------------------------------------------------

    def barCount(self) -> int:
        """How many bars there are, in view or not."""
        return len(self._chart.bars)

    def isLoading(self) -> bool:
        """Whether the newest candles are on their way."""
        return self._feed.is_loading

    def isFollowing(self) -> bool:
        """Whether new bars move the view along; not while the user looks at the past."""
        return self._chart.view.follow

    @contained
    def showLatest(self) -> None:
        """Go to the newest bar and follow it."""
        self._chart.show_latest()
        self._surface.update()
        self.viewMoved.emit()

    def saveState(self) -> dict[str, Any]:
        """What the user chose, as plain data for ``restoreState``."""
        return {
            "version": _STATE_VERSION,
            "market": self._market,
            "timeframe": self.timeframe().value,
            "spacing": self._chart.view.spacing,
            "drawings": self.savedDrawings(),
            "look": self.look().plain(),
            **self.savedSettings(),
        }

    @contained
    def restoreState(self, state: dict[str, Any]) -> None:
        """Take back what ``saveState`` gave; anything else changes nothing and is an error."""
        is_state = isinstance(cast("object", state), dict)
        if not is_state or state.get("version") != _STATE_VERSION:
            raise InvalidRequest(f"a state of version {_STATE_VERSION} is expected; got {state!r}")
        market, spacing = state.get("market", ""), state.get("spacing", 0)
        unit = _unit_of(state.get("timeframe"))
        if market:
            check_market(market)
        if not isinstance(spacing, int | float) or not 0 < spacing < 1000:
            raise InvalidRequest(f"the spacing must be px for each bar; got {spacing!r}")
        # A state from before there were any says nothing about them.
        drawings = self.checkedDrawings(state["drawings"]) if "drawings" in state else None
        look = Look.of(state["look"]) if "look" in state else self.look()
        restore_settings = self.checkedSettings(state)
        self.setTimeframe(unit)
        if market:
            self.setMarket(market)
        if drawings is not None:
            self.restoreDrawings(drawings)
        self._chart.set_spacing(spacing)
        restore_settings()
        self.setLook(look)
        self._surface.update()

    # -- texts, colours ------------------------------------------------------------------------

    def stateUpdated(self) -> None:
        super().stateUpdated()
        event = self.connection()
        if event is not None and event.state is ConnectionState.CONNECTED:
            self._on_connected(event.epoch)
        self._tell()
        self._surface.refresh()

    def _on_connected(self, epoch: int) -> None:
        former, self._epoch = self._epoch, epoch
        if former == epoch:
            return
        self._feed.retry()
        if former and self._chart.bars:
            # What was traded meanwhile came over no stream.
            self._has_hole = True
            self._fill_hole()

    def _fill_hole(self) -> None:
        """Ask for what was missed, once somebody can see it."""
        # Bars without a trade are none that the exchange has confirmed.
        proxy, bars = self.proxy(), self._chart.series.bars
        if self._has_hole and proxy is not None and not proxy.is_paused and bars:
            self._has_hole = False
            self._feed.since(int(bars.times[-1]))

    def restyled(self) -> None:
        theme = self.themeColors()
        self._toolbar.set_theme(theme)
        self._surface.set_style(ChartStyle(theme, self.font()))

    def retranslated(self) -> None:
        self._toolbar.set_texts(self.text)
        self._chart.words = translations(self.getLanguage())
        self._surface.latest_tip = self.text("chart.latest")
        self._surface.close_tip = self.text("chart.close_pane")
        self._surface.drawings.set_hint(self.text("chart.drawing.write"))
        self._tell()
        self._surface.redraw()

    def _tell(self) -> None:
        """Bring the texts of the chart up to date."""
        feed = self._feed
        badge = "" if self.proxy() is None and not self.errorText() else self.stateText()
        facts = Circumstances(
            code=self._market,
            market=None if self._markets is None else self._markets.find(self._market),
            language=self.getLanguage(),
            is_loading=feed.is_loading,
            is_paging=feed.is_paging,
            is_exhausted=feed.is_exhausted,
            failure=error_text(feed.failure, self.getLanguage()),
            is_retrying=feed.is_retrying,
            badge=badge or (self.text("state.polling") if self._polled else ""),
            is_aging=not self.errorText(),
            is_asking=feed.is_open,
        )
        describe(self._chart, facts)
        # The badge may have no room for all of it.
        self._surface.error_tip = self.errorText()
        unit = self.text(f"timeframe.{self.timeframe().value}")
        name = self.text("chart.name", market=self._chart.title, timeframe=unit)
        if name != self._surface.accessibleName():
            self._surface.setAccessibleName(name)


def _unit_of(given: object) -> Timeframe:
    if not isinstance(given, str):
        raise InvalidRequest(f"a candle unit such as '1m' is expected; got {given!r}")
    return Timeframe.parse(given)
