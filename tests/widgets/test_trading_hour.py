"""An hour of trading with lost connections: what is on screen is the exchange's to the last digit.

The market's hour passes by ``advance``, in steps of seconds; somebody trades all the while, and
connections end at moments that nobody chose. Nobody waits for them: what is missed meanwhile has to
be made good, and at each pause all is compared with the exchange's own ledgers.
"""

from __future__ import annotations

import contextlib
import itertools
import random
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import TypeVar

import pytest
from PyQt6 import sip
from PyQt6.QtWidgets import QWidget

from tests.exchange_truth import ExchangeTruth
from tests.feed import Feed
from tests.screen_numbers import (
    ShownAccount,
    ShownBalances,
    ShownBook,
    ShownChart,
    ShownDepth,
    Shows,
)
from upbit_ws_qt import (
    ConnectionState,
    ConnectionType,
    GlobalWebSocketManager,
    WebSocketClientProxy,
)
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt.simulator.account.order_rules import OrderRefused
from upbit_ws_qt.simulator.account.orders import NewOrder
from upbit_ws_qt_widgets import BalanceMonitor, ChartWidget, OrderbookWidget
from upbit_ws_qt_widgets.live_widget import LiveWidget

MARKETS = ("KRW-BTC", "KRW-ETH", "KRW-XRP", "KRW-USDT", "BTC-ETH", "BTC-DOT", "USDT-XRP")
TRADED = ("KRW-BTC", "KRW-ETH", "KRW-XRP", "KRW-USDT", "BTC-ETH", "USDT-XRP")
#: 08:30 in Korea: the exchange's day ends in the middle of the hour.
HALF_PAST_EIGHT = 1_789_947_000_000
HOUR_S, PAUSE_S, STEP_S = 3600, 600, 10
LOSSES = 8
#: What is traded in a step.
ACTS = 2
PATIENCE_S = 20.0
#: Of the moments at which a condition may be looked at.
LOOKS_APART = 50
#: What an order is worth: so many of the smallest orders' own unit.
AMOUNTS = {"KRW": (5_000, 400_000), "BTC": (5, 300), "USDT": (5, 60)}
SMALLEST = {"KRW": "1", "BTC": "0.00001", "USDT": "1"}

CHARTS = (
    ("KRW-BTC", "1s"),
    ("KRW-BTC", "1m"),
    ("KRW-XRP", "5m"),
    ("KRW-BTC", "1d"),
    ("KRW-XRP", "1w"),
    ("BTC-ETH", "1m"),
)
BOOKS = (("KRW-BTC", 900), ("BTC-ETH", 900), ("USDT-XRP", 420))
DEPTHS = (("KRW-BTC", 1, "0"), ("BTC-ETH", 5, "0"), ("KRW-BTC", 15, "1000000"))

WidgetT = TypeVar("WidgetT", bound=LiveWidget)


# State: the numbers it draws, and how often it did what.
class Trader:
    """Somebody with a plan of dice: limit and market orders on both sides, and cancels."""

    def __init__(self, exchange: SimulatedExchange, dice: random.Random) -> None:
        self._exchange, self._dice = exchange, dice
        self.refused = 0

    def act(self) -> None:
        """Do one thing; what the account cannot pay for is refused, as on the exchange."""
        with self._refusals():
            self._dice.choice((self._limit, self._limit, self._limit, self._market, self._cancel))()

    @contextlib.contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except OrderRefused:
            self.refused += 1

    def _limit(self) -> None:
        code, side = self._dice.choice(TRADED), self._dice.choice(("bid", "ask"))
        grid = self._exchange.floor.market(code).grid
        last = self._exchange.floor.live(code).last.price
        # Some cross the book, some rest close to it and are reached in parts.
        price = grid.exact_price(grid.step(last, self._dice.randint(-4, 4)))
        volume = self._amount(code) / price
        self._place(code, side, "limit", price=price, volume=_eight(volume))

    def _market(self) -> None:
        code = self._dice.choice(TRADED)
        if self._dice.random() < 0.5:
            self._place(code, "bid", "price", price=_eight(self._amount(code)))
        else:
            price = ExchangeTruth(self._exchange).last_price(code)
            self._place(code, "ask", "market", volume=_eight(self._amount(code) / price))

    def _cancel(self) -> None:
        waiting = [order for order in self._exchange.broker.orders if order.is_open]
        if waiting:
            self._exchange.broker.cancel(self._dice.choice(waiting))

    def _amount(self, code: str) -> Decimal:
        """In the market's quote currency."""
        quote = code.partition("-")[0]
        return Decimal(self._dice.randint(*AMOUNTS[quote])) * Decimal(SMALLEST[quote])

    def _place(self, code: str, side: str, kind: str, **numbers: Decimal) -> None:
        texts = {name: f"{number:f}" for name, number in numbers.items()}
        self._exchange.broker.place(NewOrder(code, side, kind, **texts))


def _eight(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.00000001"))


# State: the windows, and what is to be compared.
class Desk:
    """Widgets and subscriptions over the account and its markets."""

    def __init__(self, feed: Feed, manager: GlobalWebSocketManager) -> None:
        self._feed, self._manager = feed, manager
        self.windows: list[QWidget] = []
        self.shows: list[Shows] = []
        for market, unit in CHARTS:
            chart = self._open(ChartWidget(), 900, 420)
            chart.setTimeframe(unit)
            chart.setMarket(market)
            self.shows.append(ShownChart(chart))
        for market, width in BOOKS:
            book = self._open(OrderbookWidget(), width, 900)
            book.setMarket(market)
            self.shows.append(ShownBook(book, HALF_PAST_EIGHT))
        self.shows.append(ShownBalances(self._open(BalanceMonitor(), 1000, 500)))
        self.proxy = WebSocketClientProxy("hour_desk", manager, self.windows[0])
        self.account = ShownAccount()
        self.proxy.subscribe_balance(self.account.take_balances)
        self.proxy.subscribe_orders(self.account.take_order)
        self.shows.append(self.account)
        for market, depth, level in DEPTHS:
            shown = ShownDepth(market, depth, level)
            self.proxy.subscribe_orderbook([market], shown.take, depth=depth, level=float(level))
            self.shows.append(shown)

    def _open(self, widget: WidgetT, width: int, height: int) -> WidgetT:
        widget.setLanguage("en")
        widget.resize(width, height)
        widget.bind(self._manager)
        widget.show()
        self.windows.append(widget)
        return widget

    def is_complete(self) -> bool:
        """Whether both connections are there, and something to compare everywhere."""
        return all(
            self._manager.connection_state(kind) is ConnectionState.CONNECTED
            for kind in ConnectionType
        ) and all(each.shown() is not None for each in self.shows)

    def compare(self, truth: ExchangeTruth) -> list[str]:
        """Wait until all show what the exchange says; what does not in the end."""
        patience = Feed(PATIENCE_S)
        found: list[tuple[str, object, object]] = []
        for each in self.shows:
            # What never agrees is told below, with its numbers.
            with contextlib.suppress(pytest.fail.Exception):
                patience.until(partial(_agrees, each, truth, itertools.count()))
            # At once: a widget that is about to draw something shows nothing for a moment.
            found.append((each.name, each.shown(), each.expected(truth)))
        ended = self.account.ended(), self.account.expected_ended(truth)
        found.append(("ended orders", *ended))
        return [line for comparison in found for line in differences(*comparison)]


def _agrees(shows: Shows, truth: ExchangeTruth, looks: Iterator[int]) -> bool:
    # To look costs more than what is waited for, and holds it up: it runs on the same thread.
    if next(looks) % LOOKS_APART:
        return False
    # What is expected depends on how far back a chart goes, which a reload changes.
    return shows.shown() == shows.expected(truth)


def differences(where: str, shown: object, expected: object) -> Iterator[str]:
    """Each number that differs, with its place."""
    if shown == expected:
        return
    if isinstance(shown, dict) and isinstance(expected, dict):
        for key in {**shown, **expected}:
            pair = shown.get(key, "nothing"), expected.get(key, "nothing")
            yield from differences(f"{where}, {key}", *pair)
    elif (
        isinstance(shown, list | tuple)
        and isinstance(expected, list | tuple)
        and len(shown) == len(expected)
    ):
        for place, pair in enumerate(zip(shown, expected, strict=True)):
            yield from differences(f"{where}, {place}", *pair)
    else:
        yield f"{where}: shown {shown!r}, the exchange says {expected!r}"


def assert_same(differing: list[str], when: str) -> None:
    """One difference a line."""
    if differing:
        pytest.fail(f"{when}:\n" + "\n".join(differing), pytrace=False)


@pytest.fixture
def desk(
    feed: Feed, manager: GlobalWebSocketManager, exchange: SimulatedExchange
) -> Iterator[Desk]:
    manager.set_credentials(exchange.credentials())
    made = Desk(feed, manager)
    feed.until(made.is_complete)
    yield made
    for window in made.windows:
        sip.delete(window)


@pytest.mark.long
@pytest.mark.allow_logs("connections that are lost are logged")
@pytest.mark.upbit_exchange(markets=MARKETS, seed=5, pace=0.4, start_time_ms=HALF_PAST_EIGHT)
def test_after_an_hour_with_losses_every_number_is_the_exchanges(
    feed: Feed, exchange: SimulatedExchange, desk: Desk
) -> None:
    dice = random.Random(20260921)  # noqa: S311 - an hour that can be repeated
    truth = ExchangeTruth(exchange)
    trader = Trader(exchange, dice)
    losses = set(dice.sample(range(0, HOUR_S, STEP_S), LOSSES))
    assert_same(desk.compare(truth), "at the beginning")
    for second in range(0, HOUR_S, STEP_S):
        if second in losses:
            exchange.faults.drop(dice.choice((None, 1001, 1012)))
        for _ in range(ACTS):
            trader.act()
        feed(exchange.advance(STEP_S * 1000))
        if not (second + STEP_S) % PAUSE_S:
            assert_same(desk.compare(truth), f"after {second + STEP_S} s")
