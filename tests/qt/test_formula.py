"""What the exchange carries is (wanted ∪ in grace) − refused, and it is never asked too often."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QObject, QTimer

from tests.feed import Feed
from upbit_ws_qt import (
    ConnectionEvent,
    ConnectionState,
    ConnectionType,
    DataType,
    GlobalWebSocketManager,
    RequestRejected,
    Subscription,
    WebSocketClientProxy,
)
from upbit_ws_qt.simulator import SimulatedExchange, limits
from upbit_ws_qt.subscriptions import Stream, SubscriptionSpec
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt.wire import encode_request

MARKETS = ("KRW-BTC", "KRW-ETH", "KRW-XRP")
BAD = Stream("trade", "KRW-DOGE")


def carried(exchange: SimulatedExchange) -> dict[Stream, int]:
    """What the exchange itself says that it carries, when it has one connection or none."""
    plan: dict[Stream, int] = {}
    for connection in exchange.connections:
        for wish in connection.request.wishes if connection.request else ():
            for written in wish.codes:
                code, _, suffix = written.partition(".")
                depth = int(suffix or 30) if wish.type == "orderbook" else 0
                plan[Stream(wish.type, code, float(wish.level))] = depth
    return plan


# -- a random walk ---------------------------------------------------------------------------------


class Walk:
    """Components come, want, give up and die; connections end; the exchange refuses one stream.

    ``wanted`` is kept by hand: by the subscriptions that this walk has made and not ended.
    """

    def __init__(
        self, feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, seed: int
    ) -> None:
        self.feed = feed
        self.exchange = exchange
        self.manager = manager
        self.chance = random.Random(seed)  # noqa: S311 - a walk that can be repeated
        self.components: list[QObject] = []
        self.wishes: dict[QObject, list[tuple[Subscription, SubscriptionSpec]]] = {}
        self.errors: list[Exception] = []
        self.made = 0

    @property
    def wanted(self) -> dict[Stream, int]:
        plan: dict[Stream, int] = {}
        for wishes in self.wishes.values():
            for _, spec in wishes:
                for stream, depth in spec.streams.items():
                    plan[stream] = max(depth, plan.get(stream, 0))
        return plan

    def settled(self) -> bool:
        """The grace periods are over, everything is judged, and the formula holds."""
        if len(self.exchange.connections) > 1 or self.manager.health_check().suspects:
            # A refusal is being looked into, on a connection beside.
            return False
        formula = {stream: depth for stream, depth in self.wanted.items() if stream != BAD}
        return carried(self.exchange) == self.manager.wire_subscription() == formula

    def step(self) -> None:
        steps: list[Callable[[], None]] = [
            *[self.come] * 3,
            *[self.want] * 6,
            *[self.give_up] * 3,
            *[self.narrow] * 2,
            *[self.flip] * 2,
            *[self.die] * 3,
            self.lose,
        ]
        self.chance.choice(steps)()

    def proxy(self) -> tuple[QObject, WebSocketClientProxy]:
        if not self.components:
            self.come()
        component = self.chance.choice(self.components)
        proxy = component.findChild(WebSocketClientProxy)
        assert proxy is not None
        return component, proxy

    def come(self) -> None:
        self.made += 1
        component = QObject()
        WebSocketClientProxy(f"walker_{self.made}", self.manager, component)
        self.components.append(component)
        self.wishes[component] = []

    def spec(self) -> SubscriptionSpec:
        codes = tuple(self.chance.sample(MARKETS, self.chance.randint(1, 3)))
        match self.chance.randint(1, 6):
            case 1 | 2:
                return SubscriptionSpec(DataType.TICKER, codes)
            case 3:
                return SubscriptionSpec(DataType.CANDLE, codes, Timeframe.MINUTE_1)
            case 4:
                return SubscriptionSpec(DataType.TRADE, (*codes, BAD.code))
            case _:
                depth, level = self.chance.choice([1, 5, 15, 30]), self.chance.choice([0, 10_000])
                codes = codes if not level else ("KRW-BTC",)
                return SubscriptionSpec(DataType.ORDERBOOK, codes, depth=depth, level=level)

    def want(self) -> None:
        component, proxy = self.proxy()
        spec = self.spec()
        subscription = proxy.subscribe(
            spec.data_type,
            spec.symbols,
            error_handler=self.errors.append,
            timeframe=spec.timeframe,
            depth=spec.depth,
            level=spec.level,
        )
        self.wishes[component].append((subscription, spec))

    def give_up(self) -> None:
        component, _ = self.proxy()
        if self.wishes[component]:
            number = self.chance.randrange(len(self.wishes[component]))
            subscription, _ = self.wishes[component].pop(number)
            subscription.unsubscribe()

    def narrow(self) -> None:
        component, _ = self.proxy()
        for number, (subscription, spec) in enumerate(self.wishes[component]):
            if len(spec.symbols) > 1:
                subscription.drop(spec.symbols[:1])
                spec = replace(spec, symbols=spec.symbols[1:])
                self.wishes[component][number] = subscription, spec
                return

    def flip(self) -> None:
        """Somebody clicks through the markets and stays with none of them."""
        _, proxy = self.proxy()
        for code in MARKETS:
            flipped = proxy.subscribe_ticker([code], error_handler=self.errors.append)
            self.feed.turns()
            flipped.unsubscribe()

    def die(self) -> None:
        """In one of the ways in which components die."""
        component, proxy = self.proxy()
        self.components.remove(component)
        del self.wishes[component]
        match self.chance.randint(1, 4):
            case 1:
                component.deleteLater()
            case 2:
                sip.delete(component)
            case 3:
                proxy.cleanup()
            case _:
                pass  # the last reference goes with this call

    def lose(self) -> None:
        self.chance.choice([self.exchange.faults.drop, self.exchange.faults.reset])()


@pytest.fixture
def bad_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exchange does not know this one: whatever is asked for with it is refused."""

    def spoken(plan: Mapping[Stream, int], ticket: str) -> bytes:
        parts = json.loads(encode_request(plan, ticket))
        if BAD in plan:
            parts.insert(1, {"type": "nope", "codes": [BAD.code]})
        return json.dumps(parts).encode()

    for module in ("upbit_ws_qt.dialect", "upbit_ws_qt.probe"):
        monkeypatch.setattr(f"{module}.encode_request", spoken)


@pytest.mark.allow_logs("whoever asked for what is refused may be gone when it is found")
@pytest.mark.usefixtures("bad_stream")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_random_walk(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, seed: int
) -> None:
    walk = Walk(feed, exchange, manager, seed)
    manager.error_occurred.connect(walk.errors.append)
    for _ in range(6):
        for _ in range(8):
            walk.step()
            feed.turns()
        feed.until(walk.settled)
    names = {error.name for error in walk.errors if isinstance(error, RequestRejected)}
    assert names <= {"INVALID_PARAM", "REFUSED"}
    assert names, "the refused stream was among the wishes"
    assert not [error for error in walk.errors if not isinstance(error, RequestRejected)]
    for component in list(walk.components):
        walk.components.remove(component)
        del walk.wishes[component]
    del component
    feed.until(lambda: not exchange.connections)
    state = manager.connection_state(ConnectionType.PUBLIC)
    assert state is ConnectionState.IDLE
    assert manager.get_subscription_summary().clients == {}


# -- a storm ---------------------------------------------------------------------------------------

#: As they are, and with a minute that is over sooner.
WINDOWS = [((5, 1.0), (100, 60.0)), ((5, 1.0), (10, 3.0))]
CHANGES = 300


@pytest.mark.parametrize("windows", WINDOWS)
def test_a_storm_of_changes_stays_within_the_limits_and_the_last_one_wins(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    monkeypatch: pytest.MonkeyPatch,
    windows: tuple[tuple[int, float], ...],
) -> None:
    """The exchange counts each message of a connection, and closes it for one too many."""
    counted = replace(limits._GROUPS["websocket-message"], limits=windows)
    monkeypatch.setitem(limits._GROUPS, "websocket-message", counted)
    monkeypatch.setattr("upbit_ws_qt.protocol.MESSAGE_WINDOWS", windows)
    changes: list[ConnectionEvent] = []
    owner = QObject()
    proxy = WebSocketClientProxy("storm_one", manager, owner)
    feed(proxy.subscribe_ticker([MARKETS[0]]))
    feed.until(lambda: len(manager.markets))
    codes = [market.code for market in manager.markets]
    manager.connection_changed.connect(changes.append)
    shown: list[Subscription] = []

    def change() -> None:
        if shown:
            shown[-1].unsubscribe()
        shown.append(proxy.subscribe_trade([codes[len(shown)]]))
        if len(shown) == CHANGES:
            storm.stop()

    storm = QTimer()
    storm.timeout.connect(change)
    storm.start(5)
    feed.until(lambda: len(shown) == CHANGES)
    last = {Stream("ticker", MARKETS[0]): 0, Stream("trade", codes[CHANGES - 1]): 0}
    feed.until(lambda: carried(exchange) == last)

    assert changes == [], "it was never told to stop, and never closed"
    assert {request.connection for request in exchange.requests} == {1}
    assert 3 <= len(exchange.requests) <= CHANGES / 10
