"""The order book of one market, in the exchange's own look. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta, timezone
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QEvent, QPointF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QShowEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QWidget

from upbit_ws_qt.events import MarketEvent, OrderbookEvent, Source, TickerEvent, TradeEvent
from upbit_ws_qt.markets import check_market, format_price, table_tick_size

from .frame_timer import FrameTimer
from .live_widget import LiveWidget, contained, pyqtProperty
from .models.day_figures import Figure, day_figures, strength
from .models.ladder import PriceTexts, spread
from .models.ladder_hand import LadderHand, cell_at, cursor_price
from .models.ladder_layout import lay_out
from .models.ladder_state import Facts, Ladder, damage, resolve_ladder
from .orderbook_painter import LadderPainter, logical_rect, paint_failure

if TYPE_CHECKING:
    from upbit_ws_qt.qt.markets import MarketList
    from upbit_ws_qt.qt.proxy import WebSocketClientProxy
    from upbit_ws_qt.qt.subscription import Subscription

__all__ = ["OrderbookWidget"]

_DEPTH = 30
_REMEMBERED_TRADES = 100
_WHEEL_NOTCH = 120
_STEPS: Mapping[int, int] = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
_PAGES: Mapping[int, int] = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}
_KST = timezone(timedelta(hours=9))
_STATE_VERSION = 1


# State: the market with its subscriptions, and the list of markets it listens to; the last book,
# trades and what is kept of the ticker; the user's hand and pointer; the resolved ladder on screen
# with its painter, and whether it is behind the data.
class OrderbookWidget(LiveWidget):
    """Asks above, bids below, up to thirty rows a side, with the day's figures and last trades.

    It shows what its slots are given and needs no network; ``bind`` connects it to live data.
    Events of another market than ``market()`` are not shown; without a market the first event
    chooses it. The mouse wheel, Page Up and Page Down scroll; Home or Space centres; the arrow
    keys move a cursor that stays on its price, and Enter clicks it.

    Signals:
        marketChanged(str): another market is shown.
        priceClicked(float): a price was clicked, in the quote currency, as it stood under the
            pointer when the button went down.
        sizeClicked(float, float): a size was clicked: the row's price and size.
        priceDoubleClicked(float): a price was double-clicked.
    """

    marketChanged = pyqtSignal(str)
    priceClicked = pyqtSignal(float)
    sizeClicked = pyqtSignal(float, float)
    priceDoubleClicked = pyqtSignal(float)

    component = "orderbook"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._market = ""
        self._subscriptions: list[Subscription] = []
        self._markets: MarketList | None = None
        self._book: OrderbookEvent | None = None
        self._ticker: TickerEvent | None = None
        self._day: tuple[Figure, ...] = ()
        self._previous_close: float | None = None
        self._last_price: float | None = None
        self._last_price_ms = 0
        self._trades: list[TradeEvent] = []
        self._texts = PriceTexts()
        self._hand = LadderHand()
        self._pointer: QPointF | None = None
        self._painter: LadderPainter | None = None
        self._ladder: Ladder | None = None
        self._drawn_for = (0.0, 0, 0)
        self._behind = True
        self._frame = FrameTimer(self)
        self._frame.timeout.connect(self._refresh)
        self._description = FrameTimer(self, interval_ms=1000)
        self._description.timeout.connect(self._describe)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._describe()

    # -- the market ----------------------------------------------------------------------------

    def market(self) -> str:
        """The market on show, such as ``KRW-BTC``; empty until one is chosen."""
        return self._market

    @contained
    def setMarket(self, code: str) -> None:
        """Show another market. A wrong code changes nothing and is reported as an error."""
        check_market(code)
        if code != self._market:
            proxy = self.proxy()
            subscriptions = [] if proxy is None else self._subscribe(proxy, code)
            self._unsubscribe()
            self._subscriptions = subscriptions
            self._show_market(code)
        self.clearError()

    #: ``market`` as a property for Qt Designer.
    marketCode = pyqtProperty(str, fget=market, fset=setMarket, notify=marketChanged)

    def bound(self, proxy: WebSocketClientProxy) -> None:
        if self._markets is not proxy.markets:
            self._markets = proxy.markets
            self._markets.changed.connect(self._on_markets_changed)
        if self._market:
            self._subscriptions = self._subscribe(proxy, self._market)
        self._changed()

    def unbound(self) -> None:
        self._subscriptions.clear()
        self._changed()

    def _subscribe(self, proxy: WebSocketClientProxy, code: str) -> list[Subscription]:
        return [
            proxy.subscribe_orderbook(
                [code], self.setOrderbook, depth=_DEPTH, error_handler=self.fail
            ),
            proxy.subscribe_ticker([code], self.applyTicker, error_handler=self.fail),
            proxy.subscribe_trade([code], self.applyTrade, error_handler=self.fail),
        ]

    def _unsubscribe(self) -> None:
        for subscription in self._subscriptions:
            subscription.unsubscribe()
        self._subscriptions = []

    def _show_market(self, code: str) -> None:
        self._market = code
        self._book = self._ticker = None
        self._day = ()
        self._previous_close = self._last_price = None
        self._last_price_ms = 0
        self._trades = []
        self._hand = LadderHand()
        self.marketChanged.emit(code)
        self._changed()

    # -- data ----------------------------------------------------------------------------------

    @contained
    def setOrderbook(self, event: OrderbookEvent) -> None:
        """Show a book; it replaces the former one as a whole."""
        if self._is_ours(event):
            self._book = event
            self._changed()

    def orderbook(self) -> OrderbookEvent | None:
        """The book on show, or None while there is none."""
        return self._book

    @contained
    def applyTicker(self, event: TickerEvent) -> None:
        """Take the day's figures, the previous close and the last price."""
        if self._is_ours(event):
            self._ticker = event
            self._day = day_figures(event, self._tick_at, self.text)
            self._note_price(event, event.trade_price, event.prev_closing_price)
            self._changed()

    @contained
    def applyTrade(self, event: TradeEvent) -> None:
        """Add a trade to the list; one that is there already (sent again) changes nothing."""
        if not self._is_ours(event):
            return
        if all(trade.sequential_id != event.sequential_id for trade in self._trades):
            self._trades = [event, *self._trades[: _REMEMBERED_TRADES - 1]]
            self._note_price(event, event.trade_price, event.prev_closing_price)
            self._changed()

    def _is_ours(self, event: MarketEvent) -> bool:
        if not self._market:
            self.setMarket(event.code)
        return event.code == self._market

    def _note_price(
        self, event: TickerEvent | TradeEvent, price: float, previous_close: float | None
    ) -> None:
        """The newest of both streams holds: they are not in step, and trades may come late."""
        when = event.trade_timestamp or event.timestamp
        if when >= self._last_price_ms:
            self._last_price_ms, self._last_price = when, price
            self._previous_close = previous_close or self._previous_close

    def _on_markets_changed(self) -> None:
        if self._ticker is not None:
            self._day = day_figures(self._ticker, self._tick_at, self.text)
        self._changed()

    def _tick_at(self, price: float) -> float:
        proxy = self.proxy()
        if proxy is None:
            return table_tick_size(self._market, price)
        return proxy.markets.tick_size(self._market, price)

    # -- what is kept --------------------------------------------------------------------------

    def saveState(self) -> dict[str, Any]:
        """What the user chose, as plain data; see ``restoreState``."""
        return {"version": _STATE_VERSION, "market": self._market}

    def restoreState(self, state: Mapping[str, Any]) -> bool:
        """Take back what ``saveState`` returned; False, and nothing changes, for anything else."""
        market = state.get("market")
        if state.get("version") != _STATE_VERSION or not isinstance(market, str):
            return False
        if market:
            self.setMarket(market)
        return self._market == market

    # -- the frozen state ----------------------------------------------------------------------

    def _changed(self) -> None:
        self._behind = True
        if self.isVisible():
            self._frame.request()
            self._description.request()

    @contained
    def _refresh(self) -> None:
        if self.isVisible():
            self._catch_up()

    def _catch_up(self) -> Ladder:
        """Resolve what is to be seen now and repaint only where it differs."""
        old, new = self._ladder, self._resolve()
        region = QRegion()
        for rect in damage(old, new):
            region += logical_rect(rect, self.devicePixelRatioF())
        if not region.isEmpty():
            self.update(region)
        return new

    def _resolve(self) -> Ladder:
        painter = self._current_painter()
        self._drawn_for = _, width, height = self._surface()
        book = self._book
        units = book.orderbook_units if book is not None else ()
        prices = [price for unit in units for price in (unit.ask_price, unit.bid_price) if price]
        tick = self._tick_at(min(prices)) if prices else 1.0
        room = len(format_price(max(prices), tick)) if prices else 0
        layout = lay_out(width, height, painter.metrics, depth=len(units), price_room=room)
        badge = self._badge()
        if book is None or not prices:
            ladder = Ladder(layout, layout.first(0), badge=badge, notice=self._notice())
        else:
            ladder = resolve_ladder(
                Facts(
                    book,
                    tick,
                    self._previous_close,
                    self._last_price,
                    strength(self._ticker) if self._ticker is not None else None,
                    self._day,
                    self._trades,
                ),
                layout,
                self._texts,
                self.text,
                scroll=self._hand.scroll,
                cursor=self._hand.cursor,
                pointer=self._device(self._pointer) if self._pointer is not None else None,
                badge=badge,
                focused=self.hasFocus(),
            )
        self._ladder = ladder
        self._behind = False
        return ladder

    def _badge(self) -> str:
        """The state of the data; a widget fed by its slots alone is live unless it failed."""
        book = self._book
        state = self.stateText() if self.proxy() is not None or self.errorText() else ""
        if book is None:
            return state
        if state:
            as_of = book.time.astimezone(_KST).strftime("%H:%M:%S")
            return self.text("orderbook.as_of", state=state, time=as_of)
        return self.text("state.polling") if book.source is Source.POLLED else ""

    def _notice(self) -> str:
        if not self._market:
            return self.text("orderbook.no_market")
        if self._book is not None:
            return self.text("orderbook.empty", market=self._market)
        key = "orderbook.no_data" if self.proxy() is None else "orderbook.loading"
        return self.text(key, market=self._market)

    def _current_painter(self) -> LadderPainter:
        ratio = self.devicePixelRatioF()
        if self._painter is None or self._painter.ratio != ratio:
            self._painter = LadderPainter(self.font(), ratio)
        return self._painter

    def _surface(self) -> tuple[float, int, int]:
        """The pixel ratio and the size in device pixels."""
        ratio = self.devicePixelRatioF()
        return ratio, round(self.width() * ratio), round(self.height() * ratio)

    @contained
    def _describe(self) -> None:
        """Tell assistive technology, which cannot see inside a painted surface."""
        self.setAccessibleName(self.text("orderbook.name", market=self._market).strip())
        book = self._book
        best = spread(book, self._tick_at) if book is not None else None
        if best is None:
            self.setAccessibleDescription(self._notice())
            return
        tick = self._tick_at(best.bid)
        self.setAccessibleDescription(
            self.text(
                "orderbook.description",
                ask=format_price(best.ask, tick),
                bid=format_price(best.bid, tick),
                gap=format_price(best.gap, tick),
                ticks=best.ticks,
            )
        )

    def stateUpdated(self) -> None:
        self.setToolTip(self.errorText())  # the badge may be too narrow for it
        self._changed()

    def fail(self, error: Exception) -> None:
        super().fail(error)
        self.update()  # what failed may be the very way to find out what to repaint

    def restyled(self) -> None:
        self._painter = None
        self._changed()

    def retranslated(self) -> None:
        self._on_markets_changed()
        self._describe()

    # -- events --------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(490, 640)

    def minimumSizeHint(self) -> QSize:
        return QSize(140, 120)

    @contained
    def paintEvent(self, a0: QPaintEvent | None) -> None:
        region = a0.region() if a0 is not None else QRegion(self.rect())
        painter = QPainter(self)
        try:
            ladder = self._ladder
            if ladder is None or self._drawn_for != self._surface():
                ladder = self._resolve()
            elif self._behind:
                # This may be another surface (grab, render): the screen has to follow by itself.
                ladder = self._catch_up()
            self._current_painter().paint(painter, ladder, self.themeColors(), region)
        except Exception as error:  # noqa: BLE001 - what cannot be drawn is said instead
            self.fail(error)
            paint_failure(painter, self.rect(), self.themeColors(), self.stateText())
        finally:
            painter.end()

    @contained
    def showEvent(self, a0: QShowEvent | None) -> None:
        super().showEvent(a0)
        self._changed()

    @contained
    def focusInEvent(self, a0: QFocusEvent | None) -> None:
        super().focusInEvent(a0)
        self._changed()

    @contained
    def focusOutEvent(self, a0: QFocusEvent | None) -> None:
        super().focusOutEvent(a0)
        self._changed()

    @contained
    def leaveEvent(self, a0: QEvent | None) -> None:
        super().leaveEvent(a0)
        self._pointer = None
        self._changed()

    @contained
    def mouseMoveEvent(self, a0: QMouseEvent | None) -> None:
        if a0 is not None:
            self._pointer = a0.position()
            self._changed()

    @contained
    def mousePressEvent(self, a0: QMouseEvent | None) -> None:
        if a0 is not None and a0.button() is Qt.MouseButton.LeftButton:
            self._hand.press(cell_at(self._ladder, *self._device(a0.position())))

    @contained
    def mouseReleaseEvent(self, a0: QMouseEvent | None) -> None:
        if a0 is None or a0.button() is not Qt.MouseButton.LeftButton:
            return
        clicked = self._hand.release(cell_at(self._ladder, *self._device(a0.position())))
        if clicked is None:
            return
        if clicked.on_price:
            self.priceClicked.emit(clicked.price)
        else:
            self.sizeClicked.emit(clicked.price, clicked.size)

    @contained
    def mouseDoubleClickEvent(self, a0: QMouseEvent | None) -> None:
        if a0 is None or a0.button() is not Qt.MouseButton.LeftButton:
            return
        cell = cell_at(self._ladder, *self._device(a0.position()))
        if cell is not None and cell.on_price:
            self.priceDoubleClicked.emit(cell.price)

    @contained
    def wheelEvent(self, a0: QWheelEvent | None) -> None:
        if a0 is None:
            return
        notches = -a0.angleDelta().y() / _WHEEL_NOTCH
        if self._ladder is not None and self._hand.turn(notches, self._ladder.layout):
            self._changed()
        else:
            a0.ignore()  # nothing to scroll here: a scroll area around us may have

    @contained
    def keyPressEvent(self, a0: QKeyEvent | None) -> None:
        if a0 is None:
            return
        if not self._press_key(a0.key()):
            super().keyPressEvent(a0)

    def _press_key(self, key: int) -> bool:
        """Do what a key is for; returns whether it is for anything."""
        layout = self._ladder.layout if self._ladder is not None else None
        if key in _STEPS:
            if self._book is not None and layout is not None:
                self._hand.step(_STEPS[key], self._book, layout)
        elif key in _PAGES:
            if layout is not None:
                self._hand.page(_PAGES[key], layout)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_Space):
            self._hand.centre()
        elif self._hand.cursor is None:
            return False
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            price = cursor_price(self._ladder)
            if price is not None:
                self.priceClicked.emit(price)
        elif key == Qt.Key.Key_Escape:
            self._hand.cursor = None
        else:
            return False
        self._changed()
        return True

    def _device(self, position: QPointF) -> tuple[int, int]:
        ratio = self.devicePixelRatioF()
        return int(position.x() * ratio), int(position.y() * ratio)
