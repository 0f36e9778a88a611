"""The price of the market on show, in large. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from upbit_ws_qt.events import TickerEvent, TradeEvent
from upbit_ws_qt.markets import check_market, table_tick_size
from upbit_ws_qt_widgets.frame_timer import FrameTimer
from upbit_ws_qt_widgets.live_widget import LiveWidget, contained
from upbit_ws_qt_widgets.theme import korean_font, number_font

from .quote import Figure, Quote, QuoteTexts, resolve, with_ticker, with_trade

if TYPE_CHECKING:
    from upbit_ws_qt.qt.proxy import WebSocketClientProxy
    from upbit_ws_qt.qt.subscription import Subscription

__all__ = ["PriceHeader"]

_PRICE_SCALE = 1.85
_SMALL_SCALE = 0.92
_MARGIN = 14.0
_GAP = 28.0
_ROWS = 2


@dataclass(frozen=True, slots=True)
class _Fonts:
    """The fonts in use with their metrics."""

    price: QFont
    change: QFont
    small: QFont
    number: QFont

    @staticmethod
    def of(base: QFont) -> _Fonts:
        price = number_font(base)
        price.setPointSizeF(base.pointSizeF() * _PRICE_SCALE)
        price.setBold(True)
        change = number_font(base)
        change.setBold(True)
        small = korean_font(base)
        small.setPointSizeF(base.pointSizeF() * _SMALL_SCALE)
        return _Fonts(price, change, small, number_font(small))


# State: the market with its subscriptions, what is known of its price, the texts painted last, and
# the fonts.
class PriceHeader(LiveWidget):
    """The last price, its change against the previous close, and the day's figures.

    The price comes from tickers and trades, whichever is newer; where there are no tickers, as in
    many recordings, the trades alone tell it. It turns grey while the data is not live.
    """

    component = "header"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._subscriptions: list[Subscription] = []
        self._quote = Quote("")
        self._texts = self._resolve()
        self._fonts = _Fonts.of(self.font())
        self._frame = FrameTimer(self)
        self._frame.timeout.connect(self._refresh)
        self._spoken = FrameTimer(self, interval_ms=1000)
        self._spoken.timeout.connect(self._describe)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    # -- data ----------------------------------------------------------------------------------

    def market(self) -> str:
        """The market on show; empty until one is chosen."""
        return self._quote.market

    def quote(self) -> Quote:
        """What is known of its price."""
        return self._quote

    @contained
    def setMarket(self, code: str) -> None:
        """Show another market. A wrong code changes nothing and is reported as an error."""
        check_market(code)
        if code != self._quote.market:
            proxy = self.proxy()
            subscriptions = [] if proxy is None else self._subscribe(proxy, code)
            self._unsubscribe()
            self._subscriptions = subscriptions
            self._quote = Quote(code)
            self._changed()
        self.clearError()

    @contained
    def applyTicker(self, event: TickerEvent) -> None:
        """Take the day's figures and the price."""
        if event.code == self._quote.market:
            self._quote = with_ticker(self._quote, event)
            self._changed()

    @contained
    def applyTrade(self, event: TradeEvent) -> None:
        """Take the price."""
        if event.code == self._quote.market:
            self._quote = with_trade(self._quote, event)
            self._changed()

    def bound(self, proxy: WebSocketClientProxy) -> None:
        proxy.markets.changed.connect(self._on_markets_changed)
        self._quote = Quote(self._quote.market)
        if self._quote.market:
            self._subscriptions = self._subscribe(proxy, self._quote.market)
        self._changed()

    def unbound(self) -> None:
        self._subscriptions = []
        self._changed()

    def _subscribe(self, proxy: WebSocketClientProxy, code: str) -> list[Subscription]:
        return [
            proxy.subscribe_ticker([code], self.applyTicker, error_handler=self.fail),
            proxy.subscribe_trade([code], self.applyTrade, error_handler=self.fail),
        ]

    def _unsubscribe(self) -> None:
        for subscription in self._subscriptions:
            subscription.unsubscribe()
        self._subscriptions = []

    @contained
    def _on_markets_changed(self) -> None:
        self._changed()

    # -- what is painted -----------------------------------------------------------------------

    def texts(self) -> QuoteTexts:
        """What is to be seen now."""
        return self._resolve()

    def _resolve(self) -> QuoteTexts:
        return resolve(self._quote, self._tick_at, self.text)

    def _tick_at(self, price: float) -> float:
        proxy, code = self.proxy(), self._quote.market
        if proxy is None:
            return table_tick_size(code, price)
        return proxy.markets.tick_size(code, price)

    def _changed(self) -> None:
        if self.isVisible():
            self._frame.request()
            self._spoken.request()

    @contained
    def _refresh(self) -> None:
        if self._resolve() != self._texts:
            self.update()

    @contained
    def _describe(self) -> None:
        """Tell assistive technology, which cannot see inside a painted surface."""
        texts = self._resolve()
        self.setAccessibleName(f"{self._quote.market} {texts.price} {texts.unit}")
        self.setAccessibleDescription(
            ", ".join([texts.change, *(f"{item.label} {item.text}" for item in texts.figures)])
        )

    def stateUpdated(self) -> None:
        self.setToolTip(self.errorText())
        self.update()

    def restyled(self) -> None:
        self._fonts = _Fonts.of(self.font())
        self.updateGeometry()
        self.update()

    def retranslated(self) -> None:
        self.update()

    def sizeHint(self) -> QSize:
        fonts = self._fonts
        height = QFontMetricsF(fonts.price).height() + QFontMetricsF(fonts.change).height()
        return QSize(480, round(height + 14))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    @contained
    def paintEvent(self, a0: QPaintEvent | None) -> None:
        del a0
        painter = QPainter(self)
        try:
            self._texts = texts = self._resolve()
            self._paint(painter, texts)
        finally:
            painter.end()

    def _paint(self, painter: QPainter, texts: QuoteTexts) -> None:
        theme, fonts = self.themeColors(), self._fonts
        live = self.proxy() is None or not self.stateText()
        price_metrics, change_metrics = QFontMetricsF(fonts.price), QFontMetricsF(fonts.change)
        top = (self.height() - price_metrics.height() - change_metrics.height()) / 2
        baseline = top + price_metrics.ascent()
        painter.setPen(theme.direction(texts.sign) if live else theme.sub_text)
        painter.setFont(fonts.price)
        painter.drawText(QPointF(_MARGIN, baseline), texts.price)
        right = _MARGIN + price_metrics.horizontalAdvance(texts.price)
        painter.setFont(fonts.change)
        below = top + price_metrics.height() + change_metrics.ascent()
        painter.drawText(QPointF(_MARGIN, below), texts.change)
        painter.setPen(theme.sub_text)
        painter.setFont(fonts.small)
        painter.drawText(QPointF(right + 6, baseline), texts.unit)
        right += 6 + QFontMetricsF(fonts.small).horizontalAdvance(texts.unit)
        right = max(right, _MARGIN + change_metrics.horizontalAdvance(texts.change))
        self._paint_figures(painter, texts.figures, right + _GAP)

    def _paint_figures(self, painter: QPainter, figures: tuple[Figure, ...], left: float) -> None:
        """In columns of two; a column without room is left out."""
        theme, fonts = self.themeColors(), self._fonts
        labels, numbers = QFontMetricsF(fonts.small), QFontMetricsF(fonts.number)
        pitch = labels.height() + 6
        top = (self.height() - _ROWS * pitch) / 2
        align = Qt.AlignmentFlag.AlignVCenter
        for first in range(0, len(figures), _ROWS):
            column = figures[first : first + _ROWS]
            label_width = max(labels.horizontalAdvance(item.label) for item in column)
            number_width = max(numbers.horizontalAdvance(item.text) for item in column)
            width = label_width + 12 + number_width
            if left + width > self.width() - _MARGIN / 2:
                return
            for row, item in enumerate(column):
                box = QRectF(left, top + row * pitch, width, pitch)
                painter.setPen(theme.sub_text)
                painter.setFont(fonts.small)
                painter.drawText(box, align | Qt.AlignmentFlag.AlignLeft, item.label)
                painter.setPen(theme.direction(item.sign) if item.sign else theme.text)
                painter.setFont(fonts.number)
                painter.drawText(box, align | Qt.AlignmentFlag.AlignRight, item.text)
            left += width + _GAP
