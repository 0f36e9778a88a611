"""The shell and the exchange on both sides of a protocol, played by the test itself. Tests only.

Nothing is dialled or sent: what the protocol wants done is written down, and time is a number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, TypeVar

from upbit_ws_qt.actions import Instant, Ping, Probe, Send
from upbit_ws_qt.errors import ConnectionLost, UpbitError
from upbit_ws_qt.events import (
    ConnectionEvent,
    ConnectionState,
    ConnectionType,
    DataType,
    WebSocketEvent,
)
from upbit_ws_qt.handlers import HandlerTable
from upbit_ws_qt.polling import Fetch
from upbit_ws_qt.protocol import Action, FeedProtocol, ProtocolStatistics
from upbit_ws_qt.public_protocol import PublicProtocol
from upbit_ws_qt.recovery import EpochManager, ExponentialBackoff, RecoveryEngine
from upbit_ws_qt.settings import FeedSettings
from upbit_ws_qt.subscriptions import Stream, SubscriptionSpec

__all__ = [
    "BOOK",
    "BTC",
    "ETH",
    "LOST",
    "PRIVATE",
    "PUBLIC",
    "TRADES",
    "WALL",
    "Desk",
    "S",
    "asked",
    "book",
    "frame",
    "is_question",
    "listing",
    "refusal",
    "ticker",
    "trade",
]

S = ConnectionState
PUBLIC, PRIVATE = ConnectionType.PUBLIC, ConnectionType.PRIVATE
BTC, ETH = Stream("ticker", "KRW-BTC"), Stream("ticker", "KRW-ETH")
TRADES, BOOK = Stream("trade", "KRW-BTC"), Stream("orderbook", "KRW-BTC")

EventT = TypeVar("EventT", bound=WebSocketEvent)

#: The wall clock at monotonic 0.
WALL = 1_790_000_000.0

LOST = ConnectionLost(1006, "", 1)


def ticker(*codes: str) -> SubscriptionSpec:
    return SubscriptionSpec(DataType.TICKER, codes or ("KRW-BTC",))


def trade(*codes: str) -> SubscriptionSpec:
    return SubscriptionSpec(DataType.TRADE, codes or ("KRW-BTC",))


def book(depth: int, *codes: str) -> SubscriptionSpec:
    return SubscriptionSpec(DataType.ORDERBOOK, codes or ("KRW-BTC",), depth=depth)


def asked(data: bytes) -> dict[Stream, int]:
    """The streams that a request asks for, with their depth."""
    _ticket, *entries, _format = json.loads(data)
    plan: dict[Stream, int] = {}
    for entry in entries:
        for written in entry.get("codes", [""]):
            code, _, suffix = written.partition(".")
            depth = int(suffix or 30) if entry["type"] == "orderbook" else 0
            plan[Stream(entry["type"], code, float(entry.get("level", 0)))] = depth
    return plan


def frame(number: int = 1, code: str = "KRW-BTC") -> bytes:
    return json.dumps({"ty": "ticker", "cd": code, "tms": number, "tp": 1.0}).encode()


def is_question(data: bytes) -> bool:
    """Whether it asks for the list of our streams."""
    return b"LIST_SUBSCRIPTIONS" in data


def listing(ticket: str, streams: Iterable[Stream]) -> bytes:
    """The exchange's list of our streams."""
    rows = [{"ty": s.type, "cds": [s.code], "lv": s.level} for s in streams]
    return json.dumps({"mthd": "LIST_SUBSCRIPTIONS", "rslt": rows, "tckt": ticket}).encode()


def refusal(name: str = "WRONG_FORMAT") -> bytes:
    return json.dumps({"error": {"message": "왜", "name": name}}).encode()


class Desk:
    """The shell and the exchange: performs nothing, writes everything down.

    Time is a number that only the test moves. ``to`` lets every deadline on the way pass in order.
    What is about the socket is tried without the polling beside it: so far away is the fallback.
    """

    def __init__(self, *, share: float = 0.8, fallback_after_s: float = 1e9) -> None:
        tickets = count(1)
        self.epochs = EpochManager()
        self.handlers = HandlerTable()
        self.protocol = self.make(
            FeedSettings(grace_period_s=5.0, limit_share=share, fallback_after_s=fallback_after_s),
            lambda: f"ticket-{next(tickets)}",
            RecoveryEngine(ExponentialBackoff(jitter=False)),
        )
        self.time = 100.0
        self.wall_shift = 0.0
        self.answers_pings = self.answers_questions = True
        self.carried: dict[Stream, int] = {}
        self.actions: list[tuple[float, Action]] = []
        self.probed: list[tuple[float, Action]] = []
        self.events: list[WebSocketEvent] = []

    def make(
        self, settings: FeedSettings, ticket: Callable[[], str], recovery: RecoveryEngine
    ) -> FeedProtocol:
        """The protocol this is about."""
        return PublicProtocol(
            settings, self.epochs, ticket, recovery=recovery, handlers=self.handlers
        )

    @property
    def now(self) -> Instant:
        return Instant(self.time, WALL + self.time + self.wall_shift)

    def call(self, method: Callable[..., object], *arguments: Any) -> None:
        """Tell the protocol something, then do what the shell does after every call."""
        method(*arguments, self.now)
        self.settle()

    def settle(self) -> None:
        while (action := self.protocol.next_action(self.now)) is not None:
            self.actions.append((self.time, action))
            if isinstance(action, Ping) and self.answers_pings:
                self.protocol.pong_received(self.now)
            if isinstance(action, Send):
                self.obey(action.data)
            if isinstance(action, Probe):
                self.settle_probe()
        while (event := self.protocol.next_event()) is not None:
            self.events.append(event)

    def obey(self, data: bytes) -> None:
        """What the exchange does with a message; it answers questions at once."""
        if not is_question(data):
            self.carried = asked(data)
        elif self.answers_questions:
            ticket = json.loads(data)[0]["ticket"]
            self.protocol.receive_messages((listing(ticket, self.carried),), self.now)

    def tell_probe(self, method: Callable[..., None], *arguments: Any) -> None:
        """The same for the probe; what it finds out may change what its owner does."""
        method(*arguments, self.now)
        self.settle_probe()
        self.settle()

    def settle_probe(self) -> None:
        while (action := self.protocol.probe.next_action(self.now)) is not None:
            self.probed.append((self.time, action))

    def to(self, time: float) -> None:
        fired = 0
        while (first := self.next_timer()) is not None and first[0] <= time:
            fired = fired + 1 if first[0] <= self.time else 0
            # There are three clocks here: the connection's, the probe's and the exchange's.
            assert fired <= 3, "the timer would spin"
            self.time = max(self.time, first[0])
            first[1]()
        self.time = time

    def next_timer(self) -> tuple[float, Callable[[], None]] | None:
        """When which timer fires next."""
        probe = self.protocol.probe
        timers = [
            (self.protocol.next_deadline(), lambda: self.call(self.protocol.handle_timer)),
            (probe.next_deadline(), lambda: self.tell_probe(probe.handle_timer)),
        ]
        armed = [(at, fire) for at, fire in timers if at is not None]
        return min(armed, key=lambda timer: timer[0], default=None)

    def later(self, seconds: float) -> None:
        self.to(self.time + seconds)

    def sleep(self, seconds: float, *, monotonic_s: float) -> None:
        """The machine sleeps; afterwards the timer that was armed fires once."""
        self.time += monotonic_s
        self.wall_shift += seconds - monotonic_s
        self.call(self.protocol.handle_timer)

    # -- short words --

    def start(self) -> None:
        self.call(self.protocol.start)

    def stop(self) -> None:
        self.call(self.protocol.stop)

    def subscribe(self, consumer: object, spec: SubscriptionSpec) -> None:
        self.call(self.protocol.subscribe, consumer, spec)

    def unsubscribe(self, consumer: object) -> None:
        self.call(self.protocol.unsubscribe, consumer)

    def made(self) -> None:
        self.call(self.protocol.connection_made)

    def lost(self, error: UpbitError = LOST) -> None:
        self.call(self.protocol.connection_lost, error)

    def receive(self, data: bytes) -> None:
        self.call(self.protocol.receive_messages, (data,))

    def reply(self, fetch: Fetch, result: Any) -> None:
        self.call(self.protocol.reply, fetch, result)

    def connected(self, **wishes: SubscriptionSpec) -> None:
        """Started, connected, and what is wanted was asked for and accepted."""
        self.start()
        for consumer, spec in (wishes or {"a": ticker()}).items():
            self.subscribe(consumer, spec)
        self.later(0.02)
        self.made()
        self.later(1.0)
        assert self.state is S.CONNECTED

    def reconnect(self) -> None:
        """After a loss: wait, and the dial succeeds."""
        self.later(1.0)
        self.made()

    @property
    def state(self) -> ConnectionState:
        return self.protocol.state

    @property
    def statistics(self) -> ProtocolStatistics:
        return self.protocol.statistics()

    def took(self, kind: type[Action]) -> list[float]:
        """When actions of this kind were asked for."""
        return [time for time, action in self.actions if isinstance(action, kind)]

    @property
    def requests(self) -> list[dict[Stream, int]]:
        """What each request asked for."""
        sent = [action.data for _, action in self.actions if isinstance(action, Send)]
        return [asked(data) for data in sent if not is_question(data)]

    @property
    def questions(self) -> list[float]:
        """When the exchange was asked for its list."""
        return [
            time
            for time, action in self.actions
            if isinstance(action, Send) and is_question(action.data)
        ]

    @property
    def fetches(self) -> list[Fetch]:
        return [action for _, action in self.actions if isinstance(action, Fetch)]

    def heard(self, kind: type[EventT]) -> list[EventT]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def states(self) -> list[ConnectionState]:
        return [event.state for event in self.heard(ConnectionEvent)]

    def forget(self) -> None:
        """Begin a new page."""
        self.actions.clear()
        self.events.clear()
