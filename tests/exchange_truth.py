"""What a simulated exchange holds at a moment, in exact numbers, read past its sockets. Tests only.

Nothing here goes through the product's decoding, its streams or its REST client: the numbers come
from the exchange's own ledgers, so that what a consumer shows can be compared with them.
"""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import NamedTuple

from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt.simulator.account.orders import Order
from upbit_ws_qt.timeframe import Timeframe

__all__ = ["Candle", "Day", "ExchangeTruth", "Level", "Trade"]

_UNITS_A_COIN = 8
_MOST_ROWS = 30
_DAY_MS = 86_400_000


class Candle(NamedTuple):
    """One candle: start in ms since 1970, prices and value in the quote currency, volume."""

    time: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    value: Decimal


class Level(NamedTuple):
    """One row of one side of a book."""

    price: Decimal
    size: Decimal


class Trade(NamedTuple):
    """One fill; ``bought`` is the taker's side."""

    number: int
    price: Decimal
    volume: Decimal
    bought: bool


class Day(NamedTuple):
    """What a ticker says of a market's day, beside its last price."""

    high: Decimal
    low: Decimal
    previous_close: Decimal
    bought: Decimal
    sold: Decimal
    volume_24h: Decimal
    value_24h: Decimal
    year_high: Decimal
    year_high_date: int
    year_low: Decimal
    year_low_date: int


# State: the candles read last, by what was asked for and when; losing them changes nothing.
class ExchangeTruth:
    """Reads the ledgers of ``exchange`` as they are now; the market has to stand still."""

    def __init__(self, exchange: SimulatedExchange) -> None:
        self._exchange = exchange
        self._candles: dict[tuple[str, Timeframe, int], tuple[int, list[Candle]]] = {}

    # -- markets -------------------------------------------------------------------------------

    def candles(self, code: str, unit: Timeframe, since_ms: int) -> list[Candle]:
        """The candles from the one that starts at ``since_ms`` on, the oldest first."""
        now_ms = self._exchange.now_ms
        read_ms, known = self._candles.get((code, unit, since_ms), (0, []))
        if read_ms == now_ms:
            return known
        market = self._exchange.floor.market(code)
        found = (
            candle
            for candle in market.candles_backwards(unit, now_ms + 1, now_ms)
            if candle is not None
        )
        newest_first = [
            Candle(
                candle.start_ms,
                self.price(code, candle.open),
                self.price(code, candle.high),
                self.price(code, candle.low),
                self.price(code, candle.close),
                _coins(candle.volume),
                self.price(code, candle.value).scaleb(-_UNITS_A_COIN),
            )
            for candle in itertools.takewhile(lambda each: each.start_ms >= since_ms, found)
        ]
        candles = newest_first[::-1]
        self._candles[code, unit, since_ms] = now_ms, candles
        return candles

    def trades(self, code: str, since_ms: int, *, before: int = 0) -> list[Trade]:
        """The trades after ``since_ms`` and so many before it, the newest first."""
        found = self._exchange.floor.market(code).trades_backwards(self._exchange.now_ms)
        trades: list[Trade] = []
        for trade in filter(None, found):
            if trade.time_ms <= since_ms:
                before -= 1
            if before < 0:
                break
            price, volume = self.price(code, trade.price), _coins(trade.volume)
            trades.append(Trade(trade.sequential_id, price, volume, not trade.sold))
        return trades

    def last_price(self, code: str) -> Decimal:
        """The price of the last trade, in the quote currency."""
        return self.price(code, self._exchange.floor.live(code).last.price)

    def book(self, code: str, level: Decimal = Decimal(0)) -> tuple[list[Level], list[Level]]:
        """Asks ascending and bids descending, at most thirty of each."""
        grid = self._exchange.floor.market(code).grid
        quanta = int(level / grid.exact_price(1))
        book = self._exchange.floor.live(code).book(self._exchange.now_ms, quanta)
        asks, bids = (
            [Level(self.price(code, price), _coins(size)) for price, size in side[:_MOST_ROWS]]
            for side in (book.asks, book.bids)
        )
        return asks, bids

    def day(self, code: str) -> Day:
        """The day of the last trade."""
        state = self._exchange.floor.live(code).state()
        return Day(
            high=self.price(code, state.candle.high),
            low=self.price(code, state.candle.low),
            previous_close=self.price(code, state.prev_close),
            bought=_coins(state.candle.volume - state.sold_volume),
            sold=_coins(state.sold_volume),
            volume_24h=_coins(state.volume_24h),
            value_24h=self.price(code, state.value_24h).scaleb(-_UNITS_A_COIN),
            year_high=self.price(code, state.year_high),
            year_high_date=state.year_high_day * _DAY_MS,
            year_low=self.price(code, state.year_low),
            year_low_date=state.year_low_day * _DAY_MS,
        )

    def places(self, code: str, price: Decimal) -> int:
        """The decimals of the price step at ``price``."""
        grid = self._exchange.floor.market(code).grid
        quanta = grid.quanta_of(price)
        assert quanta is not None, f"{price} is no price of {code}"
        exponent = grid.exact_price(grid.tick(quanta)).normalize().as_tuple().exponent
        return max(0, -int(exponent))

    def price(self, code: str, quanta: int) -> Decimal:
        """A price, or a sum of prices, in the quote currency."""
        return self._exchange.floor.market(code).grid.exact_price(quanta)

    def listed(self) -> frozenset[str]:
        """The codes of all markets."""
        return frozenset(self._exchange.floor.listings)

    # -- the account ---------------------------------------------------------------------------

    def holdings(self) -> dict[str, tuple[Decimal, Decimal, Decimal, str]]:
        """By currency: what is free, what is locked, the average price and its currency."""
        return {
            name: (row.balance, row.locked, row.avg_buy_price, row.unit_currency)
            for name, row in self._exchange.account.holdings.items()
        }

    def orders(self) -> dict[str, Order]:
        """All orders by their uuid, the oldest first."""
        return {order.uuid: order for order in self._exchange.broker.orders}


def _coins(units: int) -> Decimal:
    return Decimal(units).scaleb(-_UNITS_A_COIN)
