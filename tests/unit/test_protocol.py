"""The brain of one connection: facts and ``now`` in, events and actions out. Tests only."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import count
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.naive_wishes import NaiveWishes
from upbit_ws_qt.account_feed import Reading
from upbit_ws_qt.actions import Close, Connect, Instant, Ping, Probe, Send
from upbit_ws_qt.binance import BINANCE
from upbit_ws_qt.errors import (
    AuthenticationFailed,
    ConnectFailed,
    ConnectionLost,
    DecodeError,
    HandlerError,
    InvalidState,
    RateLimited,
    RequestRejected,
    RequestTimeout,
    SubscriptionLost,
    UnknownType,
    UpbitError,
)
from upbit_ws_qt.events import (
    Balance,
    BalanceEvent,
    ConnectionEvent,
    ConnectionState,
    ConnectionType,
    DataType,
    ErrorEvent,
    OrderEvent,
    OrderState,
    RefusalEvent,
    Source,
    SubscriptionEvent,
    TickerEvent,
    WebSocketEvent,
)
from upbit_ws_qt.handlers import CustomEvent, HandlerTable
from upbit_ws_qt.polling import Fetch
from upbit_ws_qt.protocol import Action, FeedProtocol, ProtocolStatistics
from upbit_ws_qt.recovery import EpochManager, ExponentialBackoff, RecoveryEngine
from upbit_ws_qt.settings import FeedSettings
from upbit_ws_qt.subscriptions import BALANCE_STREAM, ORDER_STREAM, Stream, SubscriptionSpec
from upbit_ws_qt.timeframe import Timeframe

S = ConnectionState
PUBLIC, PRIVATE = ConnectionType.PUBLIC, ConnectionType.PRIVATE
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


BALANCES = SubscriptionSpec(DataType.BALANCE)


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
    """

    def __init__(
        self,
        connection_type: ConnectionType = PUBLIC,
        *,
        has_key: bool = True,
        share: float = 0.8,
    ) -> None:
        tickets = count(1)
        self.epochs = EpochManager()
        self.handlers = HandlerTable()
        self.protocol = FeedProtocol(
            connection_type,
            FeedSettings(grace_period_s=5.0, limit_share=share),
            self.epochs,
            lambda: f"ticket-{next(tickets)}",
            recovery=RecoveryEngine(ExponentialBackoff(jitter=False)),
            has_key=has_key,
            handlers=self.handlers,
        )
        self.time = 100.0
        self.wall_shift = 0.0
        self.answers_pings = self.answers_questions = True
        self.carried: dict[Stream, int] = {}
        self.actions: list[tuple[float, Action]] = []
        self.probed: list[tuple[float, Action]] = []
        self.events: list[WebSocketEvent] = []

    @property
    def now(self) -> Instant:
        return Instant(self.time, WALL + self.time + self.wall_shift)

    def call(self, method: Callable[..., None], *arguments: Any) -> None:
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
            self.protocol.receive_message(listing(ticket, self.carried), self.now)

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
        self.call(self.protocol.receive_message, data)

    def reply(self, fetch: Fetch, result: Reading | UpbitError) -> None:
        self.call(self.protocol.reply, fetch, result)

    def set_key(self, *, has_key: bool) -> None:
        self.call(self.protocol.key_changed, has_key)

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
    def sent(self) -> list[dict[Stream, int]]:
        """What each request asked for."""
        requests = (action.data for _, action in self.actions if isinstance(action, Send))
        return [asked(data) for data in requests if not is_question(data)]

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


@pytest.fixture
def desk() -> Desk:
    return Desk()


BTC, ETH = Stream("ticker", "KRW-BTC"), Stream("ticker", "KRW-ETH")
TRADES, BOOK = Stream("trade", "KRW-BTC"), Stream("orderbook", "KRW-BTC")


# -- the first wish --------------------------------------------------------------------------------


def test_without_a_wish_there_is_no_socket_and_no_timer(desk: Desk) -> None:
    desk.start()
    assert desk.state is S.IDLE
    assert desk.states == [S.IDLE]
    assert desk.actions == []
    assert desk.protocol.next_deadline() is None


def test_the_first_wish_dials_and_the_connection_asks_for_it(desk: Desk) -> None:
    desk.start()
    desk.subscribe("chart", ticker())
    assert desk.actions == []
    desk.later(0.02)
    assert desk.actions == [(100.02, Connect())]
    assert desk.state is S.CONNECTING
    desk.later(0.5)
    desk.made()
    assert desk.states == [S.IDLE, S.CONNECTING, S.CONNECTED]
    assert desk.protocol.error is None
    assert desk.requests == [{BTC: 0}]
    assert desk.protocol.wire == {BTC: 0}
    assert desk.protocol.requests_sent == 1
    assert desk.took(Connect) == [100.02]


def test_before_start_wishes_are_only_remembered(desk: Desk) -> None:
    desk.subscribe("chart", ticker())
    desk.later(10.0)
    assert desk.actions == []
    assert desk.protocol.next_deadline() is None
    desk.start()
    assert desk.took(Connect) == [110.0]


def test_every_request_has_a_mark_of_its_own(desk: Desk) -> None:
    desk.connected(a=ticker())
    desk.subscribe("b", trade())
    desk.later(0.02)
    sends = [action.data for _, action in desk.actions if isinstance(action, Send)]
    assert [json.loads(data)[0] for data in sends] == [
        {"ticket": "ticket-1"},
        {"ticket": "ticket-2"},
    ]


def test_an_event_explains_itself_before_its_data(desk: Desk) -> None:
    """Status travels in one stream with the data, each stamped with its connection."""
    desk.connected()
    desk.receive(frame())
    *status, event = desk.events
    assert [type(item) for item in status] == [
        ConnectionEvent,
        ConnectionEvent,
        ConnectionEvent,
        SubscriptionEvent,
        SubscriptionEvent,
    ]
    assert isinstance(event, TickerEvent)
    assert [item.epoch for item in desk.events] == [0, 0, 1, 1, 1, 1]
    assert event.connection_type is PUBLIC
    assert event.stamp.received_at == WALL + desk.time


# -- requests --------------------------------------------------------------------------------------


def test_a_burst_of_wishes_makes_one_request_with_all_of_them(desk: Desk) -> None:
    desk.connected(a=ticker())
    desk.forget()
    for number in range(5):
        desk.subscribe(f"t{number}", trade(f"KRW-A{number}"))
        desk.later(0.003)
    desk.subscribe("book", book(15))
    desk.later(1.0)
    expected = {BTC: 0, BOOK: 15} | {Stream("trade", f"KRW-A{n}"): 0 for n in range(5)}
    assert desk.requests == [expected]


def test_a_wish_that_is_on_the_wire_already_costs_nothing(desk: Desk) -> None:
    desk.connected(a=ticker(), b=book(15))
    desk.forget()
    desk.subscribe("c", ticker())
    desk.subscribe("d", book(5))
    desk.later(1.0)
    desk.unsubscribe("a")
    desk.unsubscribe("d")
    desk.later(10.0)
    assert desk.requests == []


def test_each_change_of_the_union_makes_one_request_and_the_last_one_is_the_union(
    desk: Desk,
) -> None:
    desk.connected(a=ticker())
    for consumer, spec in (("b", ticker("KRW-ETH")), ("c", trade()), ("d", book(5))):
        desk.subscribe(consumer, spec)
        desk.later(0.5)
    desk.subscribe("e", book(30))
    desk.later(0.5)
    assert desk.requests == [
        {BTC: 0},
        {BTC: 0, ETH: 0},
        {BTC: 0, ETH: 0, TRADES: 0},
        {BTC: 0, ETH: 0, TRADES: 0, BOOK: 5},
        {BTC: 0, ETH: 0, TRADES: 0, BOOK: 30},
    ]
    assert desk.protocol.wire == desk.requests[-1]


def test_what_nobody_wants_stays_for_the_grace_period(desk: Desk) -> None:
    desk.connected(a=ticker(), b=trade())
    desk.forget()
    desk.unsubscribe("b")
    desk.later(4.9)
    assert desk.requests == []
    desk.later(0.2)
    assert desk.requests == [{BTC: 0}]


def test_flipping_within_the_grace_period_sends_nothing(desk: Desk) -> None:
    desk.connected(a=ticker(), b=trade())
    desk.forget()
    for _ in range(10):
        desk.unsubscribe("b")
        desk.later(2.0)
        desk.subscribe("b", trade())
        desk.later(2.0)
    desk.later(10.0)
    assert desk.requests == []


def test_graces_that_end_together_make_one_request(desk: Desk) -> None:
    """A window with several widgets was closed."""
    desk.connected(a=ticker(), b=trade(), c=book(5), d=ticker("KRW-ETH"))
    desk.forget()
    for consumer in "bcd":
        desk.unsubscribe(consumer)
        desk.later(0.004)
    desk.later(10.0)
    assert desk.requests == [{BTC: 0}]


def test_with_nothing_wanted_the_socket_closes_and_that_is_healthy(desk: Desk) -> None:
    """Never an empty request."""
    desk.connected()
    desk.forget()
    desk.unsubscribe("a")
    desk.later(4.9)
    assert desk.actions == []
    desk.later(0.2)
    assert [action for _, action in desk.actions] == [Close()]
    assert desk.state is S.IDLE
    assert desk.states == [S.IDLE]
    assert desk.protocol.wire == {}
    assert desk.protocol.next_deadline() is None
    assert not desk.protocol.recovery.is_critical
    desk.subscribe("b", trade())
    desk.later(0.02)
    desk.made()
    assert desk.requests == [{TRADES: 0}]


def test_a_request_that_is_not_refused_within_a_second_is_accepted(desk: Desk) -> None:
    desk.start()
    desk.subscribe("a", ticker())
    desk.later(0.02)
    desk.made()
    assert [event.accepted for event in desk.heard(SubscriptionEvent)] == [False]
    desk.later(0.99)
    assert len(desk.heard(SubscriptionEvent)) == 1
    desk.later(0.02)
    said = desk.heard(SubscriptionEvent)[-1]
    assert (said.accepted, said.streams, said.epoch) == (True, {BTC}, 1)


def test_who_joins_what_is_accepted_is_told_so(desk: Desk) -> None:
    """Where nothing trades, no value would end the wait."""
    desk.connected()
    desk.forget()
    desk.subscribe("b", ticker())
    desk.later(0.02)
    (said,) = desk.heard(SubscriptionEvent)
    assert (said.accepted, said.streams) == (True, {BTC})
    assert desk.requests == []
    desk.unsubscribe("b")
    desk.later(0.02)
    assert len(desk.heard(SubscriptionEvent)) == 1, "nobody joined"


def test_who_joins_what_was_just_asked_for_waits_for_the_second(desk: Desk) -> None:
    desk.connected()
    desk.forget()
    desk.subscribe("b", trade())
    desk.later(0.1)
    desk.subscribe("c", trade())
    desk.later(0.5)
    assert [event.accepted for event in desk.heard(SubscriptionEvent)] == [False]
    desk.later(0.5)
    assert [event.accepted for event in desk.heard(SubscriptionEvent)] == [False, True]
    desk.unsubscribe("c")
    desk.later(0.1)
    assert len(desk.heard(SubscriptionEvent)) == 2


def test_the_second_counts_from_the_last_request(desk: Desk) -> None:
    """Nobody can tell which of two requests an error frame is about."""
    desk.connected()
    desk.forget()
    desk.subscribe("b", trade())
    desk.later(0.5)
    desk.subscribe("c", book(5))
    desk.later(0.9)
    assert [event.accepted for event in desk.heard(SubscriptionEvent)] == [False, False]
    desk.later(0.2)
    said = desk.heard(SubscriptionEvent)[-1]
    assert (said.accepted, said.streams) == (True, {BTC, TRADES, BOOK})


def test_the_limit_is_kept_and_the_last_request_is_still_the_union(desk: Desk) -> None:
    """Four a second of the exchange's five."""
    desk.connected()
    desk.forget()
    for number in range(20):
        desk.subscribe(number, trade(f"KRW-A{number}"))
        desk.later(0.1)
    desk.later(5.0)
    times = desk.took(Send)
    assert all(later - earlier >= 1.0 for earlier, later in zip(times, times[4:], strict=False))
    assert len(times) >= 8
    assert desk.requests[-1] == {BTC: 0} | {Stream("trade", f"KRW-A{n}"): 0 for n in range(20)}


def test_a_new_connection_has_a_budget_of_its_own() -> None:
    """The exchange counts messages by connection."""
    desk = Desk(share=0.2)
    desk.connected()
    desk.later(1.0)
    desk.subscribe("b", trade())
    desk.later(0.02)
    desk.lost()
    desk.forget()
    desk.later(1.0)
    desk.made()
    assert desk.took(Send) == [desk.time]


# -- refusals --------------------------------------------------------------------------------------


def test_only_what_is_new_in_a_request_is_to_blame(desk: Desk) -> None:
    """The last accepted union goes back first, and the owner of the rest is told."""
    desk.connected(a=ticker(), b=book(5))
    desk.forget()
    desk.subscribe("bad", trade("KRW-BAD"))
    desk.subscribe("worse", trade("KRW-BAD"))
    desk.later(0.1)
    desk.receive(refusal())
    (said,) = desk.heard(RefusalEvent)
    assert (said.name, said.message, said.consumers) == ("WRONG_FORMAT", "왜", ("bad", "worse"))
    assert said.streams == {BAD_TRADES}
    assert desk.state is S.RECONNECTING
    assert desk.took(Close) == [desk.time]
    assert desk.heard(ConnectionEvent)[-1].reason == "WRONG_FORMAT: 왜"
    assert desk.protocol.reason == "WRONG_FORMAT: 왜"
    desk.forget()
    desk.later(1.0)
    desk.made()
    assert desk.requests == [{BTC: 0, BOOK: 5}]
    desk.later(100.0)
    assert len(desk.requests) == 1, "the refused stream is not tried again while it is wanted"


def test_a_stream_that_delivered_is_not_to_blame_before_the_second_is_over(desk: Desk) -> None:
    desk.start()
    desk.subscribe("a", ticker())
    desk.later(0.02)
    desk.made()
    desk.receive(frame())
    desk.subscribe("bad", trade("KRW-BAD"))
    desk.later(0.1)
    desk.receive(frame(code="KRW-NOBODY"))
    desk.receive(refusal())
    assert [event.consumers for event in desk.heard(RefusalEvent)] == [("bad",)]


def test_another_depth_of_an_accepted_stream_is_not_to_blame(desk: Desk) -> None:
    desk.connected(a=book(5))
    desk.forget()
    desk.subscribe("deep", book(30))
    desk.subscribe("bad", trade("KRW-BAD"))
    desk.later(0.1)
    desk.receive(refusal())
    assert [event.consumers for event in desk.heard(RefusalEvent)] == [("bad",)]
    desk.later(1.0)
    desk.made()
    assert desk.requests[-1] == {BOOK: 30}


def test_who_joins_a_refused_stream_is_told_at_once(desk: Desk) -> None:
    desk.connected()
    desk.subscribe("bad", trade("KRW-BAD"))
    desk.later(0.1)
    desk.receive(refusal())
    desk.forget()
    desk.subscribe("late", trade("KRW-BTC", "KRW-BAD"))
    (said,) = desk.heard(RefusalEvent)
    assert (said.consumers, said.streams) == (("late",), {BAD_TRADES})


def test_when_everyone_who_wanted_it_is_gone_the_exchange_is_asked_again(desk: Desk) -> None:
    desk.connected()
    desk.subscribe("bad", trade())
    desk.later(0.1)
    desk.receive(refusal())
    desk.unsubscribe("bad")
    desk.later(1.0)
    desk.made()
    desk.forget()
    desk.subscribe("again", trade())
    desk.later(0.02)
    assert desk.heard(RefusalEvent) == []
    assert desk.requests == [{BTC: 0, TRADES: 0}]


def test_if_nothing_is_left_after_a_refusal_nothing_is_dialled(desk: Desk) -> None:
    desk.start()
    desk.subscribe("bad", trade("KRW-BAD"))
    desk.later(0.02)
    desk.made()
    desk.later(0.15)
    desk.receive(refusal("INVALID_PARAM"))
    assert desk.heard(RefusalEvent)[0].consumers == ("bad",)
    desk.later(60.0)
    assert desk.state is S.IDLE
    assert len(desk.took(Connect)) == 1
    assert desk.protocol.next_deadline() is None


BAD_TRADES = Stream("trade", "KRW-BAD")


def probing(**wishes: SubscriptionSpec) -> Desk:
    """Connected, and a request with these new wishes was refused."""
    desk = Desk()
    desk.connected(a=ticker())
    for consumer, spec in wishes.items():
        desk.subscribe(consumer, spec)
    desk.later(0.1)
    desk.forget()
    desk.receive(refusal())
    return desk


def test_of_several_new_streams_the_guilty_one_is_found_beside() -> None:
    """What was accepted goes back first; each acquitted part joins it with one request."""
    desk = probing(good=trade("KRW-BTC"), bad=trade("KRW-BAD"))
    assert desk.heard(RefusalEvent) == []
    assert [type(action) for _, action in desk.probed] == [Connect]
    desk.tell_probe(desk.protocol.probe.connection_made)
    desk.later(0.9)
    assert desk.protocol.subscriptions.wire_plan().keys() == {BTC, TRADES, BAD_TRADES}
    desk.later(0.1)
    desk.made()
    assert desk.requests == [{BTC: 0, TRADES: 0}], "the first half was not refused"
    desk.tell_probe(desk.protocol.probe.receive_message, refusal())
    assert [event.consumers for event in desk.heard(RefusalEvent)] == [("bad",)]
    desk.later(10.0)
    assert desk.protocol.wire == {BTC: 0, TRADES: 0}
    assert isinstance(desk.probed[-1][1], Close)


def test_streams_that_are_too_many_together_are_refused_together() -> None:
    """Each by itself is accepted; the exchange may have a limit that nobody documented."""
    desk = probing(one=trade("KRW-ONE"), two=trade("KRW-TWO"))
    desk.tell_probe(desk.protocol.probe.connection_made)
    desk.later(2.5)
    desk.made()
    assert desk.requests[-1].keys() == {BTC, *trade("KRW-ONE", "KRW-TWO").streams}
    desk.receive(refusal())
    assert [event.consumers for event in desk.heard(RefusalEvent)] == [("one", "two")]
    desk.later(5.0)
    desk.made()
    assert desk.protocol.wire == {BTC: 0}


def test_where_nothing_is_new_everything_is_suspect() -> None:
    """The exchange offers something no longer; asking for it again for ever would not help."""
    desk = Desk()
    desk.connected(a=ticker("KRW-BTC"), b=ticker("KRW-OLD"))
    desk.lost()
    desk.later(1.0)
    desk.made()
    desk.later(0.1)
    desk.receive(refusal())
    assert desk.protocol.probe.suspects == {BTC, Stream("ticker", "KRW-OLD")}
    desk.later(10.0)
    assert desk.state is S.IDLE, "nothing is left to ask for meanwhile"


def test_a_suspect_that_nobody_wants_any_more_is_forgotten_without_grace() -> None:
    desk = probing(one=trade("KRW-ONE"), two=trade("KRW-TWO"))
    desk.unsubscribe("one")
    desk.later(1.0)
    desk.made()
    assert desk.protocol.probe.suspects == set(trade("KRW-TWO").streams)
    assert desk.protocol.wire == {BTC: 0}
    desk.stop()
    assert desk.protocol.probe.suspects == frozenset()
    assert isinstance(desk.probed[-1][1], Close)


@pytest.mark.parametrize("name", ["TOO_MANY_REQUEST", "INVALID_AUTH"])
def test_a_refusal_about_the_connection_blames_nobody(desk: Desk, name: str) -> None:
    """The public connection carries no key; what is wanted goes out again."""
    desk.connected()
    desk.subscribe("b", trade())
    desk.later(0.1)
    desk.receive(refusal(name))
    assert [event.consumers for event in desk.heard(RefusalEvent)] == [()]
    desk.forget()
    desk.later(1.0)
    desk.made()
    assert desk.requests == [{BTC: 0, TRADES: 0}]


def test_a_request_under_way_when_the_connection_ends_is_not_accepted(desk: Desk) -> None:
    """So it is still suspect when the next connection refuses it."""
    desk.connected()
    desk.subscribe("b", trade())
    desk.later(0.5)
    desk.lost()
    desk.later(1.0)
    desk.made()
    desk.later(0.1)
    desk.receive(refusal())
    assert desk.heard(RefusalEvent)[0].consumers == ("b",)


# -- ends and beginnings ---------------------------------------------------------------------------


def test_a_lost_connection_is_dialled_within_a_second_and_asks_for_everything(desk: Desk) -> None:
    desk.connected(a=ticker(), b=trade())
    desk.receive(frame())
    desk.forget()
    desk.lost(ConnectionLost(1000, "bye", 1))
    (said,) = desk.heard(ConnectionEvent)
    assert (said.state, said.retry_in_s, said.attempt) == (S.RECONNECTING, 1.0, 1)
    assert said.reason == "connection 1 ended with code 1000 bye"
    assert desk.protocol.wire == {}
    lost_at = desk.time
    desk.later(1.0)
    assert desk.took(Connect) == [lost_at + 1.0]
    desk.made()
    assert desk.requests == [{BTC: 0, TRADES: 0}]
    assert desk.epochs.current_epoch(PUBLIC) == 2


def test_changes_while_there_is_no_connection_go_out_with_the_next_one(desk: Desk) -> None:
    desk.connected()
    desk.lost()
    desk.subscribe("b", trade())
    desk.later(0.5)
    desk.forget()
    desk.later(0.5)
    desk.made()
    assert desk.requests == [{BTC: 0, TRADES: 0}]


def test_failed_dials_wait_longer_and_longer_for_ever(desk: Desk) -> None:
    desk.start()
    desk.subscribe("a", ticker())
    desk.later(0.02)
    for _ in range(12):
        desk.lost(ConnectFailed("no answer within 10 s"))
        assert isinstance(desk.protocol.error, ConnectFailed)
        desk.later(60.0)
    said = [event for event in desk.heard(ConnectionEvent) if event.state is S.RECONNECTING]
    assert [event.retry_in_s for event in said] == pytest.approx(
        [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, *[60.0] * 6]
    )
    assert {event.reason for event in said} == {"no answer within 10 s"}
    assert {type(event.error) for event in said} == {ConnectFailed}
    assert desk.protocol.recovery.is_critical
    assert len(desk.took(Connect)) == 13


def test_an_exchange_that_accepts_and_closes_is_not_dialled_without_end(desk: Desk) -> None:
    desk.start()
    desk.subscribe("a", ticker())
    desk.later(0.02)
    began = desk.time
    while desk.time < began + 600.0:
        if desk.state is S.CONNECTING:
            desk.made()
            desk.lost()
        desk.later(0.25)
    assert len(desk.took(Connect)) <= 16


def test_data_starts_the_back_off_afresh(desk: Desk) -> None:
    desk.start()
    desk.subscribe("a", ticker())
    desk.later(0.02)
    for _ in range(4):
        desk.lost(ConnectFailed("no"))
        desk.later(60.0)
    desk.made()
    desk.receive(frame())
    desk.lost()
    assert desk.heard(ConnectionEvent)[-1].retry_in_s == 1.0


@pytest.mark.parametrize(("open_s", "attempt"), [(25.0, 5), (40.0, 1)])
@pytest.mark.parametrize("asks", [True, False])
def test_so_does_an_answer_after_thirty_seconds(
    desk: Desk, open_s: float, attempt: int, asks: bool
) -> None:
    """Where nothing trades there is no data, and the connection is good all the same."""
    if not asks:
        desk.connected()
        desk.receive(refusal_of_a_question(desk))
        desk.stop()
    desk.start()
    desk.subscribe("a", ticker())
    desk.later(0.02)
    for _ in range(4):
        desk.lost(ConnectFailed("no"))
        desk.later(60.0)
    desk.made()
    desk.later(open_s)
    desk.lost()
    assert desk.heard(ConnectionEvent)[-1].attempt == attempt


def test_a_429_at_the_handshake_waits_as_long_as_it_says(desk: Desk) -> None:
    desk.start()
    desk.subscribe("a", ticker())
    desk.later(0.02)
    refused_at = desk.time
    desk.lost(RateLimited("the handshake was refused with HTTP 429", refused_at + 30.0))
    desk.later(100.0)
    assert desk.took(Connect)[1:] == [refused_at + 30.0]
    desk.lost(RateLimited("the handshake was refused with HTTP 429"))
    assert desk.heard(ConnectionEvent)[-1].retry_in_s == 2.0


@pytest.mark.parametrize(
    "error", [LOST, ConnectFailed("reset"), RequestTimeout("late"), AuthenticationFailed("401")]
)
def test_however_the_public_connection_ends_it_is_dialled_again(
    desk: Desk, error: UpbitError
) -> None:
    """It carries no key: a 401 comes from a gateway in between, and gateways recover."""
    desk.connected()
    desk.lost(error)
    assert desk.state is S.RECONNECTING
    desk.later(1.0)
    desk.lost(error)
    assert desk.state is S.RECONNECTING


def test_what_is_wanted_no_more_is_not_dialled_for(desk: Desk) -> None:
    desk.connected()
    desk.lost()
    desk.unsubscribe("a")
    desk.later(0.9)
    assert desk.state is S.RECONNECTING
    desk.later(1.0)
    assert desk.state is S.CONNECTING
    desk.forget()
    desk.later(4.0)
    assert desk.state is S.IDLE
    assert [action for _, action in desk.actions] == [Close()]


def test_a_stop_ends_everything_and_keeps_the_wishes(desk: Desk) -> None:
    desk.connected(a=ticker(), b=trade())
    desk.forget()
    desk.stop()
    assert [action for _, action in desk.actions] == [Close()]
    assert desk.states == [S.STOPPED]
    assert desk.protocol.next_deadline() is None
    desk.unsubscribe("b")
    desk.subscribe("c", ticker("KRW-ETH"))
    desk.later(100.0)
    assert len(desk.actions) == 1
    desk.start()
    assert desk.took(Connect) == [desk.time]
    desk.made()
    assert desk.requests == [{BTC: 0, ETH: 0}]
    assert desk.epochs.current_epoch(PUBLIC) == 2


def test_a_stop_before_the_dial_was_begun_dials_nothing(desk: Desk) -> None:
    desk.connected()
    desk.lost()
    desk.forget()
    desk.time += 1.0
    desk.protocol.handle_timer(desk.now)
    assert desk.state is S.CONNECTING
    desk.call(desk.protocol.stop)
    assert desk.took(Connect) == []


def test_a_stop_and_a_start_in_one_breath_close_before_they_dial(desk: Desk) -> None:
    desk.connected()
    desk.forget()
    desk.protocol.stop(desk.now)
    desk.protocol.start(desk.now)
    desk.settle()
    assert [action for _, action in desk.actions] == [Close(), Connect()]


# -- quiet, changed or dead ------------------------------------------------------------------------


def test_a_half_open_connection_is_noticed_within_half_a_minute(desk: Desk) -> None:
    desk.connected()
    desk.answers_pings = desk.answers_questions = False
    desk.receive(frame())
    last_data = desk.time
    desk.forget()
    desk.later(30.0)
    assert desk.questions == [pytest.approx(last_data + 15.0)]
    assert desk.took(Ping) == [pytest.approx(last_data + 18.0)]
    assert desk.took(Close) == [pytest.approx(last_data + 25.0)]
    assert desk.states == [S.RECONNECTING, S.CONNECTING]
    said = desk.heard(ConnectionEvent)[0]
    assert said.reason == (
        "connection 1 ended with code 1006 (no data came, and no answer to LIST_SUBSCRIPTIONS)"
    )
    assert isinstance(said.error, ConnectionLost)
    assert desk.statistics.dead == 1


def test_a_connection_that_answers_pings_and_delivers_nothing_is_dead(desk: Desk) -> None:
    desk.connected()
    desk.answers_questions = False
    desk.forget()
    desk.later(30.0)
    assert len(desk.took(Ping)) == 1
    assert desk.states[0] is S.RECONNECTING


def test_a_quiet_connection_is_kept_by_questions_alone(desk: Desk) -> None:
    """The exchange closes what is idle for 60 s; an answer at the question's own instant counts."""
    desk.connected()
    desk.forget()
    desk.later(600.0)
    assert desk.state is S.CONNECTED
    assert len(desk.questions) == 40
    assert desk.took(Ping) == []
    assert desk.took(Close) == []
    assert desk.requests == []
    statistics = desk.statistics
    assert (statistics.questions, statistics.quiet, statistics.changed) == (40, 40, 0)
    assert statistics.round_trip_s == statistics.shortest_round_trip_s == 0.0


def test_data_postpones_the_question(desk: Desk) -> None:
    desk.connected()
    desk.receive(frame())
    desk.forget()
    for _ in range(20):
        desk.later(14.0)
        desk.receive(frame())
    assert desk.questions == []
    assert desk.took(Ping) == []


@pytest.mark.parametrize("data", [frame(), b'{"status":"UP"}', b"broken"])
def test_anything_at_all_after_a_ping_shows_life(desk: Desk, data: bytes) -> None:
    desk.connected()
    desk.answers_pings = False
    desk.receive(refusal_of_a_question(desk))
    desk.reconnect()
    desk.receive(frame())
    desk.forget()
    desk.later(20.0)
    assert len(desk.took(Ping)) == 1
    desk.receive(data)
    desk.later(17.0)
    assert desk.state is S.CONNECTED
    desk.later(30.0)
    assert desk.state is not S.CONNECTED
    assert desk.heard(ConnectionEvent)[0].reason == (
        "connection 2 ended with code 1006 (a ping was not answered)"
    )


def refusal_of_a_question(desk: Desk) -> bytes:
    """Wait for a question that is not answered, and refuse it."""
    desk.answers_questions = False
    while not desk.questions:
        desk.later(1.0)
    desk.forget()
    return refusal()


def test_an_exchange_that_refuses_the_question_is_never_asked_again(desk: Desk) -> None:
    """And no stream is blamed for it."""
    desk.connected(a=ticker(), b=trade())
    desk.receive(refusal_of_a_question(desk))
    assert desk.heard(RefusalEvent) == []
    assert desk.heard(ConnectionEvent)[0].reason == (
        "WRONG_FORMAT: 왜 (in answer to LIST_SUBSCRIPTIONS, which is not asked any more)"
    )
    desk.reconnect()
    assert desk.requests == [{BTC: 0, TRADES: 0}]
    desk.forget()
    desk.later(600.0)
    assert desk.questions == []
    assert 30 <= len(desk.took(Ping)) <= 35
    assert desk.state is S.CONNECTED
    assert desk.statistics.refusals == 1


def test_a_request_that_follows_a_question_is_not_blamed_for_its_error(desk: Desk) -> None:
    """The exchange takes messages in order; if it was the request, the next one shows that."""
    desk.connected()
    answer = refusal_of_a_question(desk)
    desk.subscribe("bad", trade("KRW-BAD"))
    desk.later(0.1)
    desk.receive(answer)
    assert desk.heard(RefusalEvent) == []
    desk.reconnect()
    desk.later(0.1)
    desk.receive(refusal())
    assert [event.consumers for event in desk.heard(RefusalEvent)] == [("bad",)]


def test_a_limit_after_a_question_says_nothing_about_questions(desk: Desk) -> None:
    desk.connected()
    refusal_of_a_question(desk)
    desk.receive(refusal("TOO_MANY_REQUEST"))
    desk.answers_questions = True
    desk.reconnect()
    desk.later(20.0)
    assert len(desk.questions) == 1


def test_a_list_that_has_changed_is_made_good_and_looked_at_again(desk: Desk) -> None:
    desk.connected(a=ticker(), b=trade(), c=book(5))
    desk.forget()
    del desk.carried[TRADES]
    asked_at = desk.time + 14.0
    desk.to(asked_at + 1.9)
    assert desk.requests == [{BTC: 0, TRADES: 0, BOOK: 5}]
    assert desk.carried.keys() == {BTC, TRADES, BOOK}
    (said,) = desk.heard(ErrorEvent)
    assert isinstance(said.error, SubscriptionLost)
    assert said.error.missing == ("trade KRW-BTC",)
    assert (said.error.extra, said.error.again, said.count) == ((), True, 1)
    desk.later(20.0)
    assert desk.questions == pytest.approx([asked_at, asked_at + 2.02, asked_at + 17.02])
    statistics = desk.statistics
    assert (statistics.changed, statistics.quiet, statistics.resent) == (1, 2, 1)
    assert desk.state is S.CONNECTED


def test_a_list_that_is_always_written_otherwise_is_asked_for_again_only_once(desk: Desk) -> None:
    """Each request sends every snapshot to everyone."""
    desk.connected(a=ticker(), b=ticker("KRW-GONE"))
    desk.forget()
    gone = Stream("ticker", "KRW-GONE")
    for _ in range(600):
        desk.carried.pop(gone, None)
        desk.later(1.0)
    assert len(desk.requests) == 1
    errors = [event.error for event in desk.heard(ErrorEvent)]
    assert [error.again for error in errors if isinstance(error, SubscriptionLost)] == [True, False]
    assert desk.statistics.changed == 2
    assert desk.statistics.quiet >= 35
    desk.forget()
    desk.carried = {}
    desk.later(18.0)
    assert len(desk.requests) == 1, "another difference is a change"


def test_questions_and_repetitions_count_as_messages() -> None:
    """With one message a minute for us, they wait for their turn, and pings serve meanwhile."""
    desk = Desk(share=0.01)
    desk.connected()
    desk.carried = {}
    desk.later(300.0)
    times = desk.took(Send)
    assert [later - earlier for earlier, later in itertools.pairwise(times)] == pytest.approx(
        [60.05] * 5
    )
    assert desk.questions == [times[1], *times[3:]]
    assert desk.statistics.resent == 1
    assert len(desk.took(Ping)) >= 12
    assert desk.state is S.CONNECTED


def test_a_change_and_a_wish_at_once_make_one_request(desk: Desk) -> None:
    desk.connected()
    desk.forget()
    desk.carried = {}
    desk.later(14.0)
    desk.subscribe("b", trade())
    desk.later(0.5)
    assert desk.requests == [{BTC: 0, TRADES: 0}]
    desk.later(100.0)
    assert len(desk.requests) == 1


def test_an_answered_question_and_a_closed_connection_leave_nothing_to_repeat(desk: Desk) -> None:
    desk.connected()
    desk.carried = {}
    desk.later(14.0)
    desk.lost()
    desk.forget()
    desk.reconnect()
    desk.later(10.0)
    assert len(desk.requests) == 1
    assert desk.statistics.resent == 0


@pytest.mark.parametrize("is_understood", [True, False])
def test_what_was_not_asked_yet_dies_with_its_connection(desk: Desk, is_understood: bool) -> None:
    desk.connected()
    if not is_understood:
        desk.receive(refusal_of_a_question(desk))
        desk.reconnect()
    desk.forget()
    desk.time += 20.0
    desk.protocol.handle_timer(desk.now)
    desk.protocol.connection_lost(LOST, desk.now)
    desk.settle()
    assert desk.took(Ping) == []
    assert desk.took(Send) == []


def test_what_came_while_we_stood_still_is_read_before_silence_is_judged(desk: Desk) -> None:
    """The shell hands in what waits in the socket, then tells the time."""
    desk.connected()
    desk.receive(frame())
    desk.forget()
    desk.time += 29.0
    desk.protocol.receive_message(frame(2), desk.now)
    desk.call(desk.protocol.handle_timer)
    assert desk.took(Ping) == []
    assert desk.questions == []
    assert desk.state is S.CONNECTED


def test_an_answer_that_waited_while_we_stood_still_is_an_answer(desk: Desk) -> None:
    desk.connected()
    desk.answers_questions = False
    desk.later(14.0)
    (question,) = (action for _, action in desk.actions[-1:] if isinstance(action, Send))
    desk.time += 30.0
    desk.answers_questions = True
    desk.obey(question.data)
    desk.call(desk.protocol.handle_timer)
    assert desk.state is S.CONNECTED
    assert desk.statistics.round_trip_s == pytest.approx(30.0)


# -- sleep -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slept_s", "monotonic_s"),
    [(3600.0, 5.0), (3600.0, 3600.0), (11.0, 5.5), (35.1, 35.1), (-3600.0, 5.0)],
)
def test_after_sleep_the_connection_is_made_anew_at_once(
    desk: Desk, slept_s: float, monotonic_s: float
) -> None:
    """Monotonic time stands still in sleep on Linux and macOS and runs on Windows."""
    desk.connected()
    desk.to(105.021)
    desk.forget()
    desk.sleep(slept_s, monotonic_s=monotonic_s)
    said = desk.heard(ConnectionEvent)[0]
    assert (said.state, said.resumed, said.reason) == (S.RECONNECTING, True, "the machine slept")
    assert said.retry_in_s == 1.0
    assert isinstance(desk.actions[0][1], Close)
    desk.later(1.0)
    desk.made()
    assert desk.requests == [{BTC: 0}]
    assert [event.resumed for event in desk.heard(ConnectionEvent)].count(True) == 1


@pytest.mark.parametrize(
    ("slept_s", "monotonic_s"), [(5.0, 5.0), (9.9, 5.0), (34.9, 34.9), (2.0, 6.9), (4.9, 4.9)]
)
def test_a_late_timer_or_a_clock_set_right_is_not_sleep(
    desk: Desk, slept_s: float, monotonic_s: float
) -> None:
    desk.connected()
    desk.to(105.021)
    desk.forget()
    desk.receive(frame())
    desk.sleep(slept_s, monotonic_s=monotonic_s)
    assert desk.state is S.CONNECTED
    assert desk.heard(ConnectionEvent) == []


def test_sleep_starts_the_back_off_afresh(desk: Desk) -> None:
    desk.start()
    desk.subscribe("a", ticker())
    desk.later(0.02)
    for _ in range(8):
        desk.lost(ConnectFailed("no network"))
        desk.later(60.0)
    desk.lost(ConnectFailed("no network"))
    desk.later(10.0)
    desk.sleep(3600.0, monotonic_s=5.0)
    assert desk.heard(ConnectionEvent)[-1].retry_in_s == 1.0
    assert not desk.protocol.recovery.is_critical


def test_a_dial_that_the_machine_slept_through_is_given_up(desk: Desk) -> None:
    desk.start()
    desk.subscribe("a", ticker())
    desk.later(0.02)
    desk.forget()
    desk.sleep(3600.0, monotonic_s=5.0)
    assert [action for _, action in desk.actions] == [Close()]
    assert desk.state is S.RECONNECTING


def test_an_idle_connection_sleeps_without_a_word(desk: Desk) -> None:
    desk.start()
    desk.forget()
    desk.sleep(3600.0, monotonic_s=5.0)
    assert desk.events == []
    desk.subscribe("a", ticker())
    desk.later(5.1)
    assert desk.states == [S.CONNECTING]


# -- frames ----------------------------------------------------------------------------------------


def test_frames_of_one_read_share_their_stamp(desk: Desk) -> None:
    desk.connected()
    desk.receive(frame(1))
    desk.receive(frame(2))
    desk.later(0.01)
    desk.receive(frame(3))
    first, second, third = desk.heard(TickerEvent)
    assert first.stamp is second.stamp
    assert third.stamp.received_at == pytest.approx(first.stamp.received_at + 0.01)
    assert third.epoch == 1


def test_a_flood_of_broken_frames_is_not_a_flood_of_reports(desk: Desk) -> None:
    desk.connected()
    desk.forget()
    for _ in range(100):
        desk.receive(b"broken")
    assert [event.count for event in desk.heard(ErrorEvent)] == [1, 2, 4, 8, 16, 32, 64]
    assert isinstance(desk.heard(ErrorEvent)[0].error, DecodeError)
    assert desk.protocol.decode_errors == 100
    assert desk.state is S.CONNECTED
    desk.receive(frame())
    assert len(desk.heard(TickerEvent)) == 1


class Titles:
    """Reads notices, if they have a title."""

    def can_handle(self, data_type: str) -> bool:
        return data_type == "notice"

    def process_data(self, data: dict[str, Any]) -> object:
        return data["title"]


def test_a_registered_handler_reads_what_nobody_else_knows(desk: Desk) -> None:
    desk.connected()
    desk.forget()
    desk.receive(b'{"type":"notice","title":"too early"}')
    desk.handlers.register(Titles())
    desk.receive(b'{"type":"notice","title":"news"}')
    desk.receive(b'{"type":"notice"}')
    desk.receive(b'{"type":"unheard-of"}')
    desk.receive(frame())
    assert [event.data for event in desk.heard(CustomEvent)] == ["news"]
    assert desk.heard(CustomEvent)[0].stamp is desk.heard(TickerEvent)[0].stamp
    # Of three the third is not told: reports come with the 1st, 2nd, 4th and so on.
    errors = [event.error for event in desk.heard(ErrorEvent)]
    assert [type(error) for error in errors] == [UnknownType, HandlerError]
    assert desk.protocol.decode_errors == 3
    assert desk.state is S.CONNECTED


def test_no_handler_takes_a_known_type_away(desk: Desk) -> None:
    class Greedy(Titles):
        def can_handle(self, data_type: str) -> bool:
            return bool(data_type)

    desk.connected()
    desk.handlers.register(Greedy())
    desk.receive(frame())
    desk.receive(b'{"type":"ticker","title":"a ticker without a price"}')
    assert len(desk.heard(TickerEvent)) == 1
    assert desk.heard(CustomEvent) == []
    assert desk.protocol.decode_errors == 1


def test_who_takes_many_events_at_a_time_finds_them_in_order(desk: Desk) -> None:
    desk.connected()
    for number in range(3):
        desk.protocol.receive_message(frame(number), desk.now)
    waiting = [event.timestamp for event in desk.protocol.events if isinstance(event, TickerEvent)]
    assert waiting == [0, 1, 2]
    desk.protocol.events.popleft()
    second = desk.protocol.next_event()
    assert isinstance(second, TickerEvent)
    assert second.timestamp == 1


def test_a_status_frame_is_nobodys_event(desk: Desk) -> None:
    desk.connected()
    desk.forget()
    desk.receive(b'{"status":"UP"}')
    assert desk.events == []


# -- the private side ------------------------------------------------------------------------------

ROW = Balance(currency="BTC", balance=Decimal("0.5"))
ORDERS = SubscriptionSpec(DataType.ORDER)
KEY_ENDED = AuthenticationFailed("another key is needed", "expired_access_key")
NO_RIGHT = AuthenticationFailed("a right is missing", "out_of_scope", "자산조회")


def private(*, has_key: bool = True) -> Desk:
    return Desk(PRIVATE, has_key=has_key)


def dialling(**wishes: SubscriptionSpec) -> Desk:
    desk = private()
    desk.start()
    for consumer, spec in (wishes or {"balances": BALANCES}).items():
        desk.subscribe(consumer, spec)
    desk.later(0.02)
    return desk


def an_order(uuid: str = "u", state: str = "wait") -> OrderEvent:
    return OrderEvent(
        type="myOrder",
        code="KRW-BTC",
        timestamp=1,
        uuid=uuid,
        ask_bid="BID",
        order_type="limit",
        state=OrderState(state),
        remaining_volume=Decimal(1),
    )


def test_both_streams_share_the_socket_and_are_read_when_they_begin_and_when_accepted() -> None:
    desk = dialling(balances=BALANCES, orders=ORDERS)
    assert desk.fetches == []
    desk.made()
    assert desk.sent == [{BALANCE_STREAM: 0, ORDER_STREAM: 0}]
    assert {fetch.subject for fetch in desk.fetches} == {BALANCE_STREAM, ORDER_STREAM}
    for fetch in tuple(desk.fetches):
        desk.reply(fetch, (ROW,) if fetch.subject == BALANCE_STREAM else (an_order(),))
    desk.later(1.0)
    assert desk.took(Fetch)[2:] == [desk.time, desk.time]
    assert [event.balances for event in desk.heard(BalanceEvent)] == [(ROW,)]
    assert [event.uuid for event in desk.heard(OrderEvent)] == ["u"]
    assert {event.source for event in desk.heard(OrderEvent)} == {Source.POLLED}


def test_frames_are_told_whole_and_call_for_another_reading() -> None:
    desk = dialling()
    desk.made()
    desk.reply(desk.fetches[0], (ROW,))
    desk.later(1.0)
    desk.reply(desk.fetches[1], (ROW,))
    desk.later(4.0)
    desk.forget()
    heard_at = desk.time
    desk.receive(b'{"ty":"myAsset","ast":[{"cu":"ETH","b":2,"l":0}],"tms":1}')
    (event,) = desk.heard(BalanceEvent)
    assert [row.currency for row in event.balances] == ["BTC", "ETH"]
    assert (event.source, event.epoch) == (Source.WEBSOCKET, 1)
    desk.later(1.0)
    assert desk.took(Fetch) == [heard_at + 0.2]


def test_a_later_connection_does_not_outdate_what_was_heard_before() -> None:
    desk = dialling()
    desk.made()
    desk.lost()
    desk.reconnect()
    assert desk.epochs.current_epoch(PRIVATE) == 2
    assert desk.epochs.is_current_epoch(PRIVATE, 1)
    desk.set_key(has_key=True)
    assert not desk.epochs.is_current_epoch(PRIVATE, 2)


@pytest.mark.parametrize(
    "error",
    [
        AuthenticationFailed("the handshake was refused with HTTP 401"),
        InvalidState("the key is not sent to this host"),
    ],
)
def test_a_refused_key_is_not_tried_again_until_it_is_changed(error: UpbitError) -> None:
    desk = dialling()
    desk.lost(error)
    said = desk.heard(ConnectionEvent)[-1]
    assert (said.state, said.reason, said.error) == (S.REFUSED, str(error), error)
    (told,) = desk.heard(RefusalEvent)
    assert (told.consumers, told.error, told.streams) == (("balances",), error, frozenset())
    desk.forget()
    desk.subscribe("late", ORDERS)
    (told,) = desk.heard(RefusalEvent)
    assert (told.consumers, told.error) == (("late",), error)
    desk.later(3600.0)
    assert desk.actions == []
    assert desk.protocol.next_deadline() is None
    desk.forget()
    desk.set_key(has_key=True)
    assert desk.took(Connect) == [desk.time]
    assert desk.states == [S.IDLE, S.CONNECTING]


def doubted(**wishes: SubscriptionSpec) -> Desk:
    """The socket refuses the key and does not say why."""
    desk = dialling(**wishes)
    desk.made()
    desk.receive(refusal("INVALID_AUTH"))
    assert desk.took(Close) == [desk.time]
    assert desk.state is S.RECONNECTING
    return desk


def test_a_key_that_the_socket_alone_refuses_is_refused() -> None:
    desk = doubted()
    desk.reply(desk.fetches[0], (ROW,))
    assert desk.state is S.RECONNECTING, "it was asked before the refusal"
    desk.reply(desk.fetches[1], (ROW,))
    assert desk.state is S.REFUSED
    assert desk.protocol.reason == "INVALID_AUTH: 왜"
    desk.later(3600.0)
    assert len(desk.took(Connect)) == 1


def test_what_is_read_says_what_is_wrong_with_the_key() -> None:
    desk = doubted(balances=BALANCES, orders=ORDERS)
    for fetch in tuple(desk.fetches):
        desk.reply(fetch, KEY_ENDED)
    (told,) = desk.heard(RefusalEvent)
    assert (told.error, told.name) == (KEY_ENDED, "expired_access_key")
    assert set(told.consumers) == {"balances", "orders"}
    assert desk.state is S.REFUSED


def test_a_missing_right_refuses_its_stream_alone() -> None:
    desk = doubted(balances=BALANCES, orders=ORDERS)
    for fetch in tuple(desk.fetches):
        missing = fetch.subject == BALANCE_STREAM
        desk.reply(fetch, NO_RIGHT if missing else (an_order(),))
        desk.reply(fetch, NO_RIGHT if missing else (an_order(),))
    (told,) = desk.heard(RefusalEvent)
    assert (told.consumers, told.streams, told.error) == (
        ("balances",),
        frozenset({BALANCE_STREAM}),
        NO_RIGHT,
    )
    desk.reconnect()
    assert desk.sent[-1] == {ORDER_STREAM: 0}
    desk.reply(desk.fetches[-1], (an_order(),))
    desk.forget()
    desk.subscribe("late", BALANCES)
    (told,) = desk.heard(RefusalEvent)
    assert (told.consumers, told.error) == (("late",), NO_RIGHT)
    desk.later(1.0)
    assert {fetch.subject for fetch in desk.fetches} == {ORDER_STREAM}
    desk.set_key(has_key=True)
    desk.made()
    assert desk.sent[-1] == {BALANCE_STREAM: 0, ORDER_STREAM: 0}


def test_two_readings_that_miss_the_same_right_say_it_once() -> None:
    desk = dialling(orders=ORDERS)
    desk.made()
    desk.reply(desk.fetches[0], (an_order("a"), an_order("b")))
    desk.later(1.0)
    desk.reply(desk.fetches[1], ())
    lookups = desk.fetches[2:]
    assert {fetch.subject for fetch in lookups} == {"a", "b"}
    lacks = AuthenticationFailed("a right is missing", "out_of_scope", "주문조회")
    for fetch in lookups:
        desk.reply(fetch, lacks)
    (told,) = desk.heard(RefusalEvent)
    assert told.streams == {ORDER_STREAM}


def test_where_nothing_can_be_read_the_socket_is_tried_again() -> None:
    desk = doubted()
    for fetch in tuple(desk.fetches):
        desk.reply(fetch, ConnectFailed("no route"))
    assert desk.state is S.RECONNECTING
    desk.reconnect()
    desk.reply(desk.fetches[-1], (ROW,))
    assert desk.state is S.CONNECTED
    assert desk.heard(RefusalEvent) == []


def test_a_doubt_ends_with_the_connection_it_was_about() -> None:
    desk = doubted()
    desk.reconnect()
    answered = 0
    while answered < len(desk.fetches):
        desk.reply(desk.fetches[answered], (ROW,))
        answered += 1
    assert answered == 2
    assert desk.state is S.CONNECTED


def test_where_nothing_is_to_be_read_a_refused_key_is_refused_at_once() -> None:
    desk = dialling(notices=SubscriptionSpec(DataType.CUSTOM, type="announcement"))
    desk.made()
    desk.receive(refusal("INVALID_AUTH"))
    assert desk.state is S.REFUSED
    assert desk.fetches == []


def test_without_a_key_it_says_so_and_asks_nothing() -> None:
    desk = private(has_key=False)
    desk.start()
    desk.subscribe("balances", BALANCES)
    desk.later(10.0)
    assert desk.states == [S.IDLE, S.REFUSED]
    assert desk.protocol.reason == "no key is set"
    assert desk.actions == []
    assert desk.heard(RefusalEvent) == [], "it waits for a key"
    desk.set_key(has_key=True)
    assert desk.took(Connect) == [desk.time]


def test_another_key_dials_anew_and_the_former_ones_answers_are_ignored() -> None:
    desk = dialling(balances=BALANCES, orders=ORDERS)
    desk.made()
    former = tuple(desk.fetches)
    desk.forget()
    desk.set_key(has_key=True)
    assert desk.took(Close) == desk.took(Connect) == [desk.time]
    assert desk.states == [S.IDLE, S.CONNECTING]
    for fetch in former:
        desk.reply(fetch, (ROW,))
        desk.reply(fetch, KEY_ENDED)
    desk.made()
    assert desk.heard(BalanceEvent) == []
    assert desk.state is S.CONNECTED
    desk.reply(next(f for f in desk.fetches if f.subject == BALANCE_STREAM), (ROW,))
    (event,) = desk.heard(BalanceEvent)
    assert event.epoch == 3


def test_a_key_that_is_taken_away_ends_the_connection() -> None:
    desk = dialling()
    desk.made()
    desk.forget()
    desk.set_key(has_key=False)
    assert desk.took(Close) == [desk.time]
    assert desk.states == [S.IDLE, S.REFUSED]
    desk.later(60.0)
    assert [type(action) for _, action in desk.actions] == [Close]
    desk.set_key(has_key=False)
    assert desk.states == [S.IDLE, S.REFUSED, S.IDLE, S.REFUSED]


def polling(**wishes: SubscriptionSpec) -> Desk:
    """The dial has been under way for three seconds."""
    desk = dialling(**wishes)
    desk.later(3.0)
    assert desk.state is S.POLLING
    return desk


def test_without_a_socket_it_is_read_again_and_again_and_said_so() -> None:
    desk = polling(balances=BALANCES, orders=ORDERS)
    began = desk.time
    for _ in range(3):
        for fetch in desk.fetches[-2:]:
            rows = (ROW,) if fetch.subject == BALANCE_STREAM else (an_order(),)
            desk.reply(fetch, rows)
        desk.later(5.0)
    balances = Fetch(BALANCE_STREAM, 0)
    asked_at = [at - began for at, action in desk.actions if action == balances]
    assert asked_at == pytest.approx([0.0, 5.0, 10.0, 15.0])
    assert {event.source for event in desk.heard(BalanceEvent)} == {Source.POLLED}
    assert len(desk.heard(OrderEvent)) == 1, "only what is new"
    accepted = [event.streams for event in desk.heard(SubscriptionEvent) if event.accepted]
    assert {BALANCE_STREAM} in accepted


def test_orders_are_read_every_two_seconds() -> None:
    desk = polling(orders=ORDERS)
    began = desk.time
    for _ in range(3):
        desk.reply(desk.fetches[-1], ())
        desk.later(2.0)
    assert desk.took(Fetch) == pytest.approx([began, began + 2, began + 4, began + 6])


def test_dials_go_on_behind_the_polling_and_end_it() -> None:
    desk = polling()
    assert len(desk.took(Connect)) == 1, "the first dial is still under way"
    desk.lost(ConnectFailed("no answer"))
    assert desk.state is S.POLLING
    failed_at = desk.time
    desk.later(1.0)
    assert desk.took(Connect)[1:] == [failed_at + 1.0]
    assert desk.protocol.reason == "no answer"
    desk.made()
    assert desk.state is S.CONNECTED
    desk.reply(desk.fetches[0], (ROW,))
    desk.reply(desk.fetches[1], (ROW,))
    desk.later(1.0)
    desk.reply(desk.fetches[2], (ROW,))
    desk.later(20.0)
    assert len(desk.fetches) == 3, "once for the request, once more when it was accepted"
    assert desk.sent[0] == {BALANCE_STREAM: 0}


def test_a_loss_that_lasts_is_polled_and_a_short_one_is_not() -> None:
    desk = dialling()
    desk.made()
    desk.lost()
    desk.reconnect()
    desk.later(10.0)
    assert S.POLLING not in desk.states
    desk.lost(ConnectionLost(1006, "reset", 0))
    desk.later(3.0)
    assert desk.state is S.POLLING
    assert "reset" in desk.protocol.reason
    assert isinstance(desk.protocol.error, ConnectionLost)


def test_what_cannot_be_read_is_not_polled() -> None:
    desk = dialling(notices=SubscriptionSpec(DataType.CUSTOM, type="announcement"))
    desk.later(8.0)
    assert desk.state is S.CONNECTING


def test_one_question_at_a_time() -> None:
    desk = polling()
    desk.later(60.0)
    assert len(desk.fetches) == 1


def test_a_failed_reading_is_told_and_tried_again() -> None:
    desk = polling()
    failed_at = desk.time
    desk.reply(desk.fetches[0], RequestRejected("500", "x"))
    assert [str(event.error) for event in desk.heard(ErrorEvent)] == ["500: x"]
    desk.later(5.0)
    assert desk.took(Fetch)[1:] == [failed_at + 5.0]
    assert desk.state is S.POLLING


def test_after_sleep_everything_is_read_at_once_and_it_is_said() -> None:
    """What was asked before the sleep may never be answered, nor the dial."""
    desk = polling()
    unanswered = desk.fetches[0]
    desk.to(desk.time + 5.0)
    desk.forget()
    desk.sleep(3600.0, monotonic_s=5.0)
    (said,) = desk.heard(ConnectionEvent)
    assert (said.state, said.resumed, said.reason) == (S.POLLING, True, "the machine slept")
    assert desk.took(Close) == [desk.time]
    assert desk.fetches == [Fetch(BALANCE_STREAM, 1)]
    desk.reply(unanswered, (ROW,))
    assert desk.heard(BalanceEvent) == []
    desk.reply(desk.fetches[0], (ROW,))
    assert len(desk.heard(BalanceEvent)) == 1


def test_polling_ends_after_the_grace_period() -> None:
    desk = polling()
    desk.unsubscribe("balances")
    desk.later(5.03)
    assert desk.state is S.IDLE
    assert len(desk.took(Close)) == 1, "the dial is given up"
    assert desk.protocol.next_deadline() is None
    desk.reply(desk.fetches[0], (ROW,))
    assert desk.heard(BalanceEvent) == []


def test_after_a_stop_and_a_start_everything_is_read_again() -> None:
    """The shell cancelled the question that was under way and will never answer it."""
    desk = polling()
    unanswered = desk.fetches[0]
    desk.stop()
    desk.reply(unanswered, (ROW,))
    assert desk.heard(BalanceEvent) == []
    desk.forget()
    desk.start()
    assert desk.states == [S.IDLE, S.CONNECTING]
    desk.made()
    assert desk.fetches == [Fetch(BALANCE_STREAM, 1)]


def test_the_public_side_has_no_key_and_no_replies() -> None:
    desk = Desk()
    desk.connected()
    desk.forget()
    desk.reply(Fetch(BALANCE_STREAM, 0), ())
    desk.set_key(has_key=False)
    assert desk.events == []
    assert desk.actions == []


def test_what_comes_with_one_read_stays_in_order() -> None:
    public, account = Desk(), dialling()
    public.connected()
    public.forget()
    assert public.protocol.receive_messages([frame(1), frame(2)], public.now)
    public.settle()
    assert [event.timestamp for event in public.heard(TickerEvent)] == [1, 2]
    account.made()
    account.reply(account.fetches[0], ())
    assets = [b'{"ty":"myAsset","ast":[{"cu":"ETH","b":%d,"l":0}],"tms":1}' % n for n in (1, 2)]
    assert not account.protocol.receive_messages(assets, account.now), "there is something to read"
    account.settle()
    seen = [event.balances[0].balance for event in account.heard(BalanceEvent)[1:]]
    assert seen == [1, 2]


# -- any life --------------------------------------------------------------------------------------

MARKETS = ("KRW-BTC", "KRW-ETH")
CODES = st.lists(st.sampled_from(MARKETS), min_size=1, max_size=2).map(tuple)
SPECS = st.one_of(
    st.builds(SubscriptionSpec, st.sampled_from([DataType.TICKER, DataType.TRADE]), CODES),
    st.builds(
        lambda codes: SubscriptionSpec(DataType.CANDLE, codes, Timeframe.MINUTE_1),
        CODES,
    ),
    st.builds(
        lambda codes, depth, level: SubscriptionSpec(
            DataType.ORDERBOOK, codes, depth=depth, level=level
        ),
        CODES,
        st.sampled_from([1, 5, 15, 30]),
        st.sampled_from([0.0, 1000.0]),
    ),
)
HAPPENINGS = (
    *("add",) * 6,
    *("remove",) * 4,
    *("wait",) * 6,
    *("answer",) * 4,
    *("burst", "stop_us", "lose_probe", "forget_a_stream") * 2,
    *("fail", "limit", "lose", "nap", "pause"),
)


STREAMS = [
    *(Stream(name, code) for name in ("ticker", "trade", "candle.1m") for code in MARKETS),
    *(Stream("orderbook", code, level) for code in MARKETS for level in (0.0, 1000.0)),
]


PAIRS = st.sets(st.sampled_from(STREAMS), min_size=2, max_size=2)


class Life(Desk):
    """Random clients, deaths, refusals, losses and sleeps, compared with the naive rule.

    The exchange refuses every request that has one of its ``guilty`` streams in it, or all of some
    that are ``too_many`` together, 100 ms later.
    """

    def __init__(self, data: st.DataObject) -> None:
        super().__init__()
        self.draw = data.draw
        self.naive = NaiveWishes(5.0)
        self.union: dict[Stream, int] = {}
        self.changes = 0
        self.changes_before_connection = 0
        self.connections: list[list[float]] = []
        self.messages: list[list[float]] = []
        self.resent_before = 0
        self.request: tuple[float, set[Stream]] | None = None
        self.accepted: set[Stream] = set()
        self.acquitted: set[Stream] = set()
        self.guilty = data.draw(st.sets(st.sampled_from(STREAMS), max_size=3))
        self.too_many = data.draw(st.one_of(st.just(set[Stream]()), PAIRS))
        self.probe_request: tuple[float, set[Stream]] | None = None
        self.probe_dials = 0

    def call(self, method: Callable[..., None], *arguments: Any) -> None:
        """Every step, also those that only time takes."""
        self.look()
        before, seen = self.request, len(self.actions)
        super().call(method, *arguments)
        if self.state is not S.CONNECTED:
            self.request = None
        elif before is not None and self.time >= before[0] + 1.0:
            self.accepted, self.request = before[1], None
            self.acquitted.clear()
        for time, action in self.actions[seen:]:
            if isinstance(action, Send) and is_question(action.data):
                self.messages[-1].append(time)
            elif isinstance(action, Send):
                plan = asked(action.data)
                assert plan == self.naive.wire(time) == self.protocol.wire
                self.connections[-1].append(time)
                self.messages[-1].append(time)
                self.request = (time, set(plan))
        self.look()
        self.check()

    def look(self) -> None:
        self.naive.look(self.time)
        union = self.naive.wire(self.time)
        self.changes += union != self.union
        self.union = union

    def check(self) -> None:
        """One request for a change of the union; settled, the wire is the union."""
        if self.connections:
            changes = self.changes - self.changes_before_connection
            resent = self.statistics.resent - self.resent_before
            assert len(self.connections[-1]) <= 1 + changes + resent
        is_planned = self.protocol._plan_at is not None
        grace_ends = self.protocol.subscriptions.next_deadline()
        if self.state is S.CONNECTED and not is_planned and grace_ends != self.time:
            assert self.protocol.wire == self.union != {}

    # -- what can happen --

    def happen(self) -> None:
        getattr(self, self.draw(st.sampled_from(HAPPENINGS)))()

    def add(self) -> None:
        client, spec = self.draw(st.integers(1, 4)), self.draw(SPECS)
        self.look()
        self.naive.wishes.append((client, spec))
        self.subscribe(client, spec)

    def remove(self, client: int | None = None) -> None:
        client = client or self.draw(st.integers(1, 4))
        self.look()
        self.naive.wishes = [wish for wish in self.naive.wishes if wish[0] != client]
        self.unsubscribe(client)

    def burst(self) -> None:
        """Someone clicks through the markets."""
        for number in range(self.draw(st.integers(4, 7))):
            self.look()
            spec = ticker(f"KRW-{self.time:.0f}{number}".replace(".", ""))
            self.naive.wishes.append((9, spec))
            self.subscribe(9, spec)
            self.later(0.03)
        self.remove(9)

    def wait(self) -> None:
        self.later(self.draw(st.sampled_from([0.01, 0.02, 0.1, 0.3, 1.0, 3.0, 5.0, 30.0])))

    def answer(self) -> None:
        if self.state is S.CONNECTING:
            self.look()
            self.changes_before_connection = self.changes
            self.resent_before = self.statistics.resent
            self.connections.append([])
            self.messages.append([])
            self.made()

    def fail(self) -> None:
        if self.state is S.CONNECTING:
            self.lost(ConnectFailed("no answer"))

    def limit(self) -> None:
        if self.state is S.CONNECTING:
            self.lost(RateLimited("429", self.time + 20.0))

    def lose(self) -> None:
        if self.state is S.CONNECTED:
            self.lost()

    def stop_us(self) -> None:
        """The exchange says that we are too fast; that blames no stream."""
        if self.state is S.CONNECTED:
            self.receive(refusal("TOO_MANY_REQUEST"))

    def forget_a_stream(self) -> None:
        """The exchange loses one from its list, and says nothing."""
        if self.carried:
            del self.carried[self.draw(st.sampled_from(sorted(self.carried)))]

    def lose_probe(self) -> None:
        if self.protocol.probe.is_open:
            self.probe_request = None
            self.tell_probe(self.protocol.probe.connection_lost, LOST)

    # -- what the exchange does --

    def next_timer(self) -> tuple[float, Callable[[], None]] | None:
        timers = [super().next_timer()]
        for request, refuse in ((self.request, self.refuse), (self.probe_request, self.convict)):
            if request is not None and self.is_bad(request[1]):
                timers.append((request[0] + 0.1, refuse))
        return min((timer for timer in timers if timer), key=lambda timer: timer[0], default=None)

    def is_bad(self, asked_for: set[Stream]) -> bool:
        too_many = bool(self.too_many) and self.too_many <= asked_for
        return too_many or not self.guilty.isdisjoint(asked_for)

    def refuse(self) -> None:
        self.look()
        assert self.request is not None
        sent = self.request[1]
        suspects = sent - self.accepted or sent
        self.accepted -= suspects
        self.request = None
        if len(suspects) == 1 or suspects <= self.acquitted:
            owners = {who for stream in suspects for who in self.naive.owners(stream)}
            self.naive.refuse(suspects)
            self.receive(refusal())
            assert set(self.heard(RefusalEvent)[-1].consumers) == owners
        else:
            self.naive.forget(suspects)
            self.naive.suspect(suspects - self.acquitted)
            self.receive(refusal())

    def convict(self) -> None:
        assert self.probe_request is not None
        self.look()
        sent, self.probe_request = self.probe_request[1], None
        if len(sent) == 1:
            self.naive.suspects -= sent
            self.naive.refuse(sent)
        said = len(self.heard(RefusalEvent))
        self.tell_probe(self.protocol.probe.receive_message, refusal())
        assert len(self.heard(RefusalEvent)) == said + (len(sent) == 1)

    def settle_probe(self) -> None:
        """Every third dial of the probe fails."""
        seen = len(self.probed)
        super().settle_probe()
        probe = self.protocol.probe
        for time, action in self.probed[seen:]:
            match action:
                case Connect():
                    self.probe_dials += 1
                    if self.probe_dials % 3 == 0:
                        probe.connection_lost(ConnectFailed("no answer"), self.now)
                    else:
                        probe.connection_made(self.now)
                    self.settle_probe()
                case Send(data):
                    assert set(asked(data)) <= self.naive.suspects
                    self.probe_request = (time, set(asked(data)))
                case Close():
                    self.probe_request = None

    def tell_probe(self, method: Callable[..., None], *arguments: Any) -> None:
        """A part that is not refused within a second is accepted."""
        tried = self.probe_request
        if method == self.protocol.probe.handle_timer and tried and self.time >= tried[0] + 1.0:
            self.look()
            self.naive.suspects -= tried[1]
            self.acquitted |= tried[1]
            self.probe_request = None
        super().tell_probe(method, *arguments)

    def nap(self) -> None:
        if self.protocol.next_deadline() is not None:
            self.sleep(600.0, monotonic_s=5.0)

    def pause(self) -> None:
        self.look()
        self.naive.suspects.clear()
        self.stop()
        self.later(1.0)
        self.start()


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_life(data: st.DataObject) -> None:
    """What the last request asked for is the rule's formula whenever all is settled.

    Never more requests than changes of the union and connections, never more than four in any
    second and 80 in any minute, and in the end everything wanted is on the wire.
    """
    life = Life(data)
    life.start()
    life.add()
    life.later(0.02)
    life.answer()
    for _ in range(data.draw(st.integers(5, 40))):
        life.happen()
    for _ in range(200):
        life.answer()
        life.later(0.5)
    life.look()
    assert life.protocol.wire == life.union
    assert life.state is (S.CONNECTED if life.union else S.IDLE)
    assert life.protocol.probe.suspects == frozenset(), "in the end everything is judged"
    assert life.union.keys() == life.naive.wanted().keys() - life.naive.refused
    assert life.too_many or life.naive.refused <= life.guilty
    assert life.union.keys().isdisjoint(life.guilty)
    assert life.carried.keys() == life.union.keys() or not life.union
    for times in life.messages:
        for limit, per_s in ((4, 1.0), (80, 60.0)):
            assert all(sum(t <= u < t + per_s for u in times) <= limit for t in times)


# -- an exchange that is told the difference -------------------------------------------------------


class Differing:
    """The protocol of an exchange whose messages add or take away, and what it sends."""

    def __init__(self) -> None:
        tickets = count(1)
        self.epochs = EpochManager()
        self.time = 100.0
        settings = FeedSettings(exchange=BINANCE)
        self.protocol = FeedProtocol(PUBLIC, settings, self.epochs, lambda: f"{next(tickets)}")
        self.protocol.start(self.now)
        self.later(0.0)

    @property
    def now(self) -> Instant:
        return Instant(self.time, WALL + self.time)

    def later(self, seconds: float) -> list[tuple[str, list[str]]]:
        """Let time pass; what is sent, by method and names."""
        self.time += seconds
        self.protocol.handle_timer(self.now)
        sent: list[tuple[str, list[str]]] = []
        while (action := self.protocol.next_action(self.now)) is not None:
            if isinstance(action, Send):
                message = json.loads(action.data)
                sent.append((message["method"], message.get("params", [])))
        return sent

    def made(self) -> list[tuple[str, list[str]]]:
        self.protocol.connection_made(self.now)
        return self.later(0.0)

    def answer(self, **fields: Any) -> None:
        self.protocol.receive_message(json.dumps(fields).encode(), self.now)

    def events(self, kind: type[EventT]) -> list[EventT]:
        found: list[EventT] = []
        while (event := self.protocol.next_event()) is not None:
            if isinstance(event, kind):
                found.append(event)
        return found


def test_what_is_new_and_what_is_over_are_two_messages() -> None:
    there = Differing()
    there.protocol.subscribe("a", ticker("USDT-BTC"), there.now)
    there.later(0.02)
    assert there.made() == [("SUBSCRIBE", ["btcusdt@ticker"])]
    there.answer(result=None, id="1")
    there.protocol.unsubscribe("a", there.now)
    there.protocol.subscribe("b", trade("USDT-ETH"), there.now)
    assert there.later(0.02) == [("SUBSCRIBE", ["ethusdt@trade"])], "the other one is in grace"
    there.time += 5.0
    assert there.later(0.02) == []
    assert there.later(0.02) == [("UNSUBSCRIBE", ["btcusdt@ticker"])]
    assert there.protocol.requests_sent == 3
    there.protocol.connection_lost(LOST, there.now)
    there.later(1.0)
    assert there.made() == [("SUBSCRIBE", ["ethusdt@trade"])], "a new connection has nothing"


def test_both_messages_follow_each_other_within_the_limit() -> None:
    there = Differing()
    there.protocol.subscribe("a", book(5, "USDT-BTC"), there.now)
    there.later(0.02)
    there.made()
    sent: list[tuple[str, list[str]]] = []
    for number in range(4):
        there.protocol.subscribe("deep", book(30, "USDT-BTC"), there.now)
        sent += there.later(0.02)
        there.protocol.subscriptions.remove_client("deep", there.time - 10.0)
        there.protocol.subscribe(f"c{number}", ticker(f"USDT-C{number}"), there.now)
        sent += there.later(0.02)
    names = [name for _, names in sent for name in names]
    assert len(sent) < 8, "more would be over the limit of messages"
    assert names[:2] == ["btcusdt@depth20@100ms", "btcusdt@depth5@100ms"]
    for _ in range(10):
        sent += there.later(0.5)
    carried: set[str] = {"btcusdt@depth5@100ms"}
    for method, names in sent:
        carried = carried | set(names) if method == "SUBSCRIBE" else carried - set(names)
    assert carried == {"btcusdt@depth5@100ms", *(f"c{number}usdt@ticker" for number in range(4))}


def test_a_message_that_is_refused_ends_only_what_it_asked_for() -> None:
    there = Differing()
    there.protocol.subscribe("a", ticker("USDT-BTC"), there.now)
    there.later(0.02)
    there.made()
    there.protocol.subscribe("b", trade("USDT-XYZ"), there.now)
    there.later(0.02)
    there.events(WebSocketEvent)
    there.answer(error={"code": 2, "msg": "unknown"}, id="2")
    assert there.later(0.02) == []
    refusal_of_b = there.events(RefusalEvent)[0]
    assert (refusal_of_b.name, refusal_of_b.consumers) == ("2", ("b",))
    assert refusal_of_b.streams == {Stream("trade", "USDT-XYZ")}
    assert there.protocol.state is S.CONNECTED
    assert there.protocol.wire == {Stream("ticker", "USDT-BTC"): 0}
    assert there.protocol.statistics().refusals == 1


def test_silence_is_asked_about_in_the_words_of_the_exchange() -> None:
    there = Differing()
    there.protocol.subscribe("a", ticker("USDT-BTC"), there.now)
    there.later(0.02)
    there.made()
    there.later(1.0)
    sent: list[tuple[str, list[str]]] = []
    while not sent:
        deadline = there.protocol.next_deadline()
        assert deadline is not None
        sent = there.later(deadline - there.time)
        there.protocol.pong_received(there.now)
    assert sent == [("LIST_SUBSCRIPTIONS", [])]
    there.answer(result=["btcusdt@ticker"], id="2")
    assert there.protocol.statistics().quiet == 1
