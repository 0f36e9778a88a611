"""What is known of the market on show, and what is withheld while it is paused. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from upbit_ws_qt.events import OrderbookEvent, TickerEvent, TradeEvent

from .level_trades import LevelTrades

__all__ = ["Known", "MarketMemory"]

_REMEMBERED_TRADES = 100


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known at one moment.

    ``book`` is the exact one, ``coarse`` the last that the exchange had grouped. ``trades`` are
    newest first. The newest of ticker and trades is the last price: they are not in step, and
    trades may come late.
    """

    book: OrderbookEvent | None = None
    coarse: OrderbookEvent | None = None
    ticker: TickerEvent | None = None
    trades: tuple[TradeEvent, ...] = ()
    last_price: float | None = None
    last_price_ms: int = 0
    previous_close: float | None = None

    def shown(self, grouping: float) -> OrderbookEvent | None:
        """The book to show: the exchange's own grouping if it is the wanted one, else the exact."""
        coarse = self.coarse
        if coarse is not None and (self.book is None or coarse.level == grouping):
            return coarse
        return self.book


# State: what is known, what is shown instead while paused, and how many updates that holds back;
# what was traded at each price lately.
class MarketMemory:
    """Takes in events of one market; ``known`` is what is to be shown of them."""

    def __init__(self) -> None:
        self._newest = Known()
        self._held: Known | None = None
        self._withheld = 0
        #: What was traded lately, as it is to be shown.
        self.traded = LevelTrades()

    @property
    def known(self) -> Known:
        """What is to be shown: the newest, or what it was when the pause began."""
        return self._newest if self._held is None else self._held

    @property
    def is_paused(self) -> bool:
        """Whether what comes is withheld."""
        return self._held is not None

    @property
    def withheld(self) -> int:
        """How many updates came in this pause."""
        return self._withheld

    def pause(self, *, on: bool) -> None:
        """Hold what is shown, or go on with the newest."""
        if on != self.is_paused:
            self._held = self._newest if on else None
            self._withheld = 0
            self.traded.pause(on=on)

    def take_book(self, event: OrderbookEvent) -> None:
        """A whole book, exact or grouped by the exchange."""
        if event.level:
            self._take(replace(self._newest, coarse=event))
        else:
            self._take(replace(self._newest, book=event))

    def take_ticker(self, event: TickerEvent) -> None:
        """The day's figures."""
        known = replace(self._newest, ticker=event)
        self._take(_priced(known, event, event.trade_price, event.prev_closing_price))

    def take_trade(self, event: TradeEvent) -> bool:
        """A trade; returns False for one that is known already."""
        trades = self._newest.trades
        if any(trade.sequential_id == event.sequential_id for trade in trades):
            return False
        self.traded.take(event)
        # One that was missed comes late, and stands where it would have stood.
        later = sum(_order(trade) > _order(event) for trade in trades)
        trades = (*trades[:later], event, *trades[later:])[:_REMEMBERED_TRADES]
        known = replace(self._newest, trades=trades)
        self._take(_priced(known, event, event.trade_price, event.prev_closing_price))
        return True

    def _take(self, known: Known) -> None:
        self._newest = known
        self._withheld += self.is_paused


def _order(trade: TradeEvent) -> tuple[int, int]:
    return trade.priced_ms, trade.sequential_id


def _priced(
    known: Known, event: TickerEvent | TradeEvent, price: float, previous_close: float | None
) -> Known:
    if event.priced_ms < known.last_price_ms:
        return known
    close = previous_close or known.previous_close
    return replace(known, last_price=price, last_price_ms=event.priced_ms, previous_close=close)
