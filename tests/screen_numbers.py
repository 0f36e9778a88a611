"""What widgets show, beside what they have to show by the exchange's own numbers. Tests only.

Each ``Shown...`` has ``shown()``, read from what is painted or from the model behind the cells, and
``expected(truth)``, the same thing written out here from exact numbers.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from typing import Protocol

import pytest

from tests.exchange_truth import ExchangeTruth, Level
from upbit_ws_qt import BalanceEvent, OrderbookEvent, OrderEvent
from upbit_ws_qt.markets import table_tick_size
from upbit_ws_qt_widgets import BalanceMonitor, ChartWidget, OrderbookWidget
from upbit_ws_qt_widgets.models.chart_legend import legend_of
from upbit_ws_qt_widgets.models.holding_rows import Column

__all__ = ["ShownAccount", "ShownBalances", "ShownBook", "ShownChart", "ShownDepth", "Shows"]

# What the pointer can ask a chart for.
_LEGENDS = 20
_TAPE = 12
_EXACT = Context(prec=100)
_FEES = {"KRW": Decimal("0.0005"), "BTC": Decimal("0.0025"), "USDT": Decimal("0.0025")}


class Shows(Protocol):
    """Something that shows numbers of the exchange."""

    name: str

    def shown(self) -> object:
        """What it shows now."""
        ...

    def expected(self, truth: ExchangeTruth) -> object:
        """What it has to show."""
        ...


# State: none of its own.
class ShownChart:
    """Every bar, and the texts at the top, at the axis and at the extremes."""

    def __init__(self, widget: ChartWidget) -> None:
        self.name = f"chart {widget.market()} {widget.timeframe()}"
        self._widget = widget

    def shown(self) -> object:
        state, surface = self._widget._chart, self._widget._surface
        if state.is_waiting or not state.bars:
            return None
        front = surface._resolver.resolve(state, surface.now()).front
        bars = state.bars
        all_bars = [bars.bar(number) for number in range(bars.first, bars.end)]
        legends = [
            legend_of(state, state.overlays.on_price(bars), number)
            for number in range(max(bars.first + 1, bars.end - _LEGENDS), bars.end)
        ]
        return {
            "bars": [bar[:5] for bar in all_bars],
            "volumes": [bar.volume for bar in all_bars],
            "values": [bar.value for bar in all_bars],
            "price": front.price and front.price.text,
            "legend": [tuple(item.value for item in prices) for prices, _ in legends],
            "averages": [
                [float(item.value.replace(",", "")) for item in averages] for _, averages in legends
            ],
            "state": (front.badge, front.message, front.notice),
        }

    def expected(self, truth: ExchangeTruth) -> object:
        market, first = self._widget.market(), int(self._widget._chart.bars.times[0])
        candles = truth.candles(market, self._widget.timeframe(), first)
        legends: list[tuple[str, ...]] = []
        averages: list[list[object]] = []
        closes = [candle.close for candle in candles]
        for number in range(max(1, len(candles) - _LEGENDS), len(candles)):
            candle, before = candles[number], candles[number - 1]
            places = truth.places(market, candle.close)
            change = candle.close - before.close
            arrow = "▲" if change > 0 else "▼" if change < 0 else ""
            legends.append(
                (
                    _grouped(candle.open, places),
                    _grouped(candle.high, places),
                    _grouped(candle.low, places),
                    _grouped(candle.close, places),
                    f"{arrow}{_percent(candle.close, before.close)}",
                    _volume(candle.volume),
                )
            )
            # Correctly rounded either way, where the exact mean lies between two numbers.
            averages.append(
                [
                    pytest.approx(
                        float(sum(closes[number + 1 - period : number + 1], Decimal(0)) / period),
                        abs=0.5000001 * 10.0**-places,
                        rel=0,
                    )
                    for period in self._widget.averages()
                ]
            )
        last = candles[-1].close
        return {
            "bars": [(candle.time, *map(float, candle[1:5])) for candle in candles],
            # To the last of eight decimals, or of what a sum of doubles can tell.
            "volumes": [
                pytest.approx(float(candle.volume), rel=1e-14, abs=1e-9) for candle in candles
            ],
            # The exchange cuts a value behind the eighth decimal in one place and not in another.
            "values": [
                pytest.approx(float(candle.value), rel=1e-12, abs=1e-8) for candle in candles
            ],
            "price": _grouped(last, truth.places(market, last)),
            "legend": legends,
            "averages": averages,
            "state": ("", "", ""),
        }


# State: none of its own.
class ShownBook:
    """Every row in view, the totals, the day's figures and the last trades, as painted."""

    def __init__(self, widget: OrderbookWidget, began_ms: int) -> None:
        self.name = f"book {widget.market()}, {widget.width()} px"
        self._widget = widget
        self._began_ms = began_ms

    def shown(self) -> object:
        ladder = self._widget._ladder
        if ladder is None or self._widget._behind:
            return None
        return {
            "rows": [
                (row.price, row.size, row.price_text, row.change_text, row.size_text, row.last)
                for row in ladder.rows
            ],
            "totals": (ladder.footer.ask_text, ladder.footer.bid_text),
            "day": [(figure.value, figure.note) for figure in ladder.day],
            "strength": ladder.tape.strength_text,
            "trades": [
                (line.price_text, line.size_text, line.bought) for line in ladder.tape.lines[:_TAPE]
            ],
            "state": (ladder.badge, ladder.notice),
        }

    def expected(self, truth: ExchangeTruth) -> object:
        ladder, market = self._widget._ladder, self._widget.market()
        assert ladder is not None
        asks, bids = truth.book(market)
        day, last = truth.day(market), truth.last_price(market)
        lowest = min(level.price for level in (*asks, *bids))
        places = truth.places(market, lowest)
        depth = max(len(asks), len(bids))
        missing = Level(Decimal(0), Decimal(0))
        asks_down = [missing] * (depth - len(asks)) + asks[::-1]
        rows = (asks_down + bids + [missing] * (depth - len(bids)))[
            ladder.first : ladder.first + ladder.layout.visible
        ]
        has_tape = ladder.tape.strength_text != ""
        return {
            "rows": [
                (
                    float(level.price),
                    float(level.size),
                    _grouped(level.price, places) if level.price else "",
                    _percent(level.price, day.previous_close, zero="0.00%") if level.price else "",
                    _size(level.size) if level.price else "",
                    level.price == last,
                )
                for level in rows
            ],
            "totals": tuple(
                _grouped(sum((level.size for level in side), Decimal(0)), 3)
                for side in (asks, bids)
            ),
            "day": self._day(truth),
            "strength": f"{day.bought / day.sold * 100:,.2f}%" if has_tape else "",
            "trades": [
                (_grouped(trade.price, places), _size(trade.volume), trade.bought)
                # The last one before it began to listen is told to it as well.
                for trade in truth.trades(market, self._began_ms, before=1)[:_TAPE]
            ],
            "state": ("", ""),
        }

    def _day(self, truth: ExchangeTruth) -> list[tuple[str, str]]:
        market = self._widget.market()
        quote, base = market.split("-")
        day = truth.day(market)
        volume = _grouped(day.volume_24h, 0 if day.volume_24h >= 1000 else 3)
        if quote == "KRW":
            value = f"{_grouped(day.value_24h.scaleb(-6), 0)}M"
        else:
            value = f"{_grouped(day.value_24h, 3 if quote == 'BTC' else 0)} {quote}"

        def price(number: Decimal) -> str:
            return _grouped(number, truth.places(market, number))

        return [
            (f"{volume} {base}", ""),
            (value, ""),
            (price(day.year_high), _date(day.year_high_date)),
            (price(day.year_low), _date(day.year_low_date)),
            (price(day.previous_close), ""),
            (price(day.high), _percent(day.high, day.previous_close)),
            (price(day.low), _percent(day.low, day.previous_close)),
        ]


# State: the last book that came.
class ShownDepth:
    """A book of another depth or grouping than the widget's, as a program takes it."""

    def __init__(self, market: str, depth: int, level: str = "0") -> None:
        self.name = f"{depth} rows of {market} by {level}"
        self.market, self.depth, self.level = market, depth, Decimal(level)
        self._book: OrderbookEvent | None = None

    def take(self, event: OrderbookEvent) -> None:
        """The callback."""
        self._book = event

    def shown(self) -> object:
        book = self._book
        if book is None:
            return None
        rows = [
            (unit.ask_price, unit.ask_size, unit.bid_price, unit.bid_size)
            for unit in book.orderbook_units
        ]
        return rows, book.total_ask_size, book.total_bid_size

    def expected(self, truth: ExchangeTruth) -> object:
        asks, bids = truth.book(self.market, self.level)
        missing = Level(Decimal(0), Decimal(0))
        count = min(self.depth, max(len(asks), len(bids)))
        asks_padded, bids_padded = (
            (side + [missing] * self.depth)[:count] for side in (asks, bids)
        )
        rows = [
            (float(ask.price), float(ask.size), float(bid.price), float(bid.size))
            for ask, bid in zip(asks_padded, bids_padded, strict=True)
        ]
        sums = (float(sum((level.size for level in side), Decimal(0))) for side in (asks, bids))
        return rows, *sums


# State: none of its own.
class ShownBalances:
    """Every cell of the table but the names, and the line of totals."""

    def __init__(self, widget: BalanceMonitor) -> None:
        self.name = "balances"
        self._widget = widget

    def shown(self) -> object:
        model = self._widget._model
        cells = {
            model.rowAt(place).holding.currency: tuple(
                str(model.index(place, column).data())
                for column in Column
                if column is not Column.ASSET
            )
            for place in range(model.rowCount())
        }
        bar = self._widget._bar
        return cells, [cell.text for cell in bar._cells], bar._note, bar._badge

    def expected(self, truth: ExchangeTruth) -> object:
        holdings = truth.holdings()
        listed = truth.listed()
        cells: dict[str, tuple[str, ...]] = {}
        cash = value = cost = outlay = profit = Decimal(0)
        unpriced = uncosted = 0

        def way(currency: str) -> tuple[str, ...]:
            ways = [(f"KRW-{currency}",)]
            ways += [(f"{quote}-{currency}", f"KRW-{quote}") for quote in ("BTC", "USDT")]
            return next((each for each in ways if listed.issuperset(each)), ())

        def won(currency: str) -> Decimal | None:
            path = way(currency)
            return _product(map(truth.last_price, path)) if path else None

        def bought_and_sold(currency: str, unit: str) -> tuple[Decimal, Decimal]:
            """What a won of buying costs, and what a won of selling brings."""
            kept = _product(1 - _FEES[market.split("-")[0]] for market in way(currency))
            return 1 + _FEES[unit], kept

        def at_tick(currency: str, price: Decimal) -> str:
            tick = Decimal(str(table_tick_size(f"KRW-{currency}", float(price)))).normalize()
            return _grouped(price, max(0, -int(tick.as_tuple().exponent)))

        for currency, (free, locked, average, unit) in holdings.items():
            quantity = free + locked
            if currency == "KRW":
                cash = quantity
                whole = _cut(quantity, 0)
                held = _cut(locked, 0) if locked else ""
                usable = _cut(free, 0)
                cells["KRW"] = whole, usable, held, "-", "-", "-", _rounded(quantity), "-", "-"
                continue
            if not quantity:
                continue
            price = won(currency)
            paid = average if unit == "KRW" else _product((average, won(unit) or Decimal(0)))
            bought, kept = bought_and_sold(currency, unit)
            even = _EXACT.divide(_product((paid, bought)), kept) if paid and price else None
            texts = [
                _cut(quantity, 8),
                _cut(free, 8),
                _cut(locked, 8) if locked else "",
                at_tick(currency, paid) if paid else "-",
                at_tick(currency, even) if even else "-",
                at_tick(currency, price) if price else "—",
            ]
            if price is None:
                unpriced += 1
                cells[currency] = *texts, "—", "-", "-"
                continue
            worth = _product((quantity, price))
            value = _EXACT.add(value, worth)
            texts.append(_rounded(worth))
            if not paid:
                uncosted += 1
                cells[currency] = *texts, "-", "-"
                continue
            spent = _product((quantity, paid, bought))
            gain = _EXACT.subtract(_product((worth, kept)), spent)
            cost = _EXACT.add(cost, _product((quantity, paid)))
            outlay, profit = _EXACT.add(outlay, spent), _EXACT.add(profit, gain)
            cells[currency] = *texts, _rounded(gain, signed=True), _rate(gain, spent)
        totals = [
            _rounded(_EXACT.add(cash, value)),
            _rounded(cash),
            _rounded(cost),
            _rounded(value),
            _rounded(profit, signed=True),
            _rate(profit, outlay),
        ]
        note = (
            f"Without price: {unpriced}, not in the totals",
            f"Without average price: {uncosted}, not in the profit",
        )
        counts = unpriced, uncosted
        said = " · ".join(text for text, count in zip(note, counts, strict=True) if count)
        return cells, totals, said, ""


# State: the balances and what was last said of each order.
class ShownAccount:
    """What a program knows of its account, field by field."""

    name = "account"

    def __init__(self) -> None:
        self._balances: dict[str, tuple[Decimal, Decimal, Decimal, str]] = {}
        self._provisional = True
        self._orders: dict[str, OrderEvent] = {}

    def take_balances(self, event: BalanceEvent) -> None:
        """The callback of ``subscribe_balance``."""
        self._balances = {
            row.currency: (row.balance, row.locked, row.avg_buy_price, row.unit_currency)
            for row in event.balances
        }
        self._provisional = any(row.provisional for row in event.balances)

    def take_order(self, event: OrderEvent) -> None:
        """The callback of ``subscribe_orders``."""
        self._orders[event.uuid] = event

    def shown(self) -> object:
        """Balances and open orders; :meth:`ended` has the others."""
        return self._balances, self._provisional, self._told(is_open=True)

    def expected(self, truth: ExchangeTruth) -> object:
        return truth.holdings(), False, _written(truth, is_open=True)

    def ended(self) -> dict[str, object]:
        """The last words of the orders that have ended."""
        return self._told(is_open=False)

    def expected_ended(self, truth: ExchangeTruth) -> dict[str, object]:
        """The same by the exchange.

        What came and went while nobody was connected was told to nobody.
        """
        orders = _written(truth, is_open=False)
        return {uuid: row for uuid, row in orders.items() if uuid in self._orders}

    def _told(self, *, is_open: bool) -> dict[str, object]:
        return {
            uuid: (
                "wait" if is_open else event.state.value,
                event.symbol,
                event.ask_bid,
                event.order_type,
                event.executed_volume or Decimal(0),
                event.remaining_volume,
                event.paid_fee,
                event.remaining_fee,
                event.locked,
                event.trades_count,
            )
            for uuid, event in self._orders.items()
            if event.is_open == is_open
        }


def _written(truth: ExchangeTruth, *, is_open: bool) -> dict[str, object]:
    return {
        uuid: (
            order.state,
            order.code,
            order.side.upper(),
            order.ord_type,
            order.executed_volume,
            order.remaining_volume,
            order.paid_fee,
            order.remaining_fee,
            order.locked,
            len(order.fills),
        )
        for uuid, order in truth.orders().items()
        if order.is_open == is_open
    }


# -- how numbers are written ----------------------------------------------------------------------


def _grouped(number: Decimal, places: int) -> str:
    # Between two numbers the nearest double decides, which is what the exchange's JSON is read as.
    return f"{float(number):,.{places}f}"


def _size(size: Decimal) -> str:
    if 0 < size < Decimal("0.0005"):
        places = next((each for each in range(4, 8) if round(size, each)), 8)
        return _grouped(size, places)
    return _grouped(size, 3)


def _volume(volume: Decimal) -> str:
    if volume >= 1:
        return _grouped(volume, 3)
    return _grouped(volume, 8).rstrip("0").ljust(5, "0")


def _percent(number: Decimal, before: Decimal, zero: str = "") -> str:
    text = f"{(number / before - 1) * 100:+.2f}%"
    return zero if zero and text[1:] == "0.00%" else text


def _date(time_ms: int) -> str:
    return time.strftime("%Y.%m.%d", time.gmtime(time_ms / 1000))


def _product(numbers: Iterable[Decimal]) -> Decimal:
    product = Decimal(1)
    for number in numbers:
        product = _EXACT.multiply(product, number)
    return product


def _cut(amount: Decimal, places: int) -> str:
    return f"{amount.quantize(Decimal(1).scaleb(-places), ROUND_DOWN, _EXACT):,f}"


def _rounded(amount: Decimal, *, signed: bool = False) -> str:
    won = amount.quantize(Decimal(1), ROUND_HALF_UP, _EXACT)
    return f"{won:+,f}" if signed and won else f"{won or abs(won):,f}"


def _rate(gain: Decimal, spent: Decimal) -> str:
    percent = (_EXACT.divide(gain, spent) * 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{percent:+,f}%" if percent else "0.00%"
