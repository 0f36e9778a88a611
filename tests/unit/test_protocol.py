"""The brain of one connection: facts and ``now`` in, events and actions out. Tests only."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from itertools import count
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.protocol_desk import (
    BOOK,
    BTC,
    ETH,
    LOST,
    PUBLIC,
    TRADES,
    WALL,
    Desk,
    S,
    asked,
    book,
    frame,
    is_question,
    refusal,
    ticker,
    trade,
)
from tests.unit.naive_wishes import NaiveWishes
from upbit_ws_qt.actions import Close, Connect, Instant, Ping, Send
from upbit_ws_qt.binance import BINANCE
from upbit_ws_qt.errors import (
    AuthenticationFailed,
    ConnectFailed,
    ConnectionLost,
    DecodeError,
    HandlerError,
    RateLimited,
    RequestTimeout,
    SubscriptionLost,
    UnknownType,
    UpbitError,
)
from upbit_ws_qt.events import (
    ConnectionEvent,
    DataType,
    ErrorEvent,
    RefusalEvent,
    SubscriptionEvent,
    TickerEvent,
    TradeEvent,
    WebSocketEvent,
)
from upbit_ws_qt.handlers import CustomEvent
from upbit_ws_qt.market_feed import Batch
from upbit_ws_qt.polling import Fetch
from upbit_ws_qt.public_protocol import PublicProtocol
from upbit_ws_qt.recovery import EpochManager
from upbit_ws_qt.settings import FeedSettings
from upbit_ws_qt.subscriptions import Stream, SubscriptionSpec
from upbit_ws_qt.timeframe import Timeframe

EventT = TypeVar("EventT", bound=WebSocketEvent)


@pytest.fixture
def desk() -> Desk:
    return Desk()


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


def test_what_the_feed_hears_goes_through_it_and_all_else_past_it(desk: Desk) -> None:
    """A trade that comes twice is delivered once; of tickers nobody keeps count here."""
    desk.connected(a=SubscriptionSpec(DataType.TRADE, ("KRW-BTC",)), b=ticker())
    desk.forget()
    trade = b'{"ty":"trade","cd":"KRW-BTC","tms":1,"tp":1.0,"tv":1.0,"ab":"BID","sid":7}'
    for data in (trade, trade, frame(), frame()):
        desk.receive(data)
    assert len(desk.heard(TradeEvent)) == 1
    assert len(desk.heard(TickerEvent)) == 2


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


def test_what_the_exchange_may_have_passed_over_goes_out_once_more(desk: Desk) -> None:
    """It does so with a market that it does not list yet."""
    desk.connected(a=ticker(), b=ticker("KRW-ETH"))
    desk.forget()
    desk.call(desk.protocol.ask_again, "KRW-ETH")
    desk.call(desk.protocol.ask_again, "KRW-ETH")
    desk.later(1.0)
    assert desk.requests == [{BTC: 0, ETH: 0}]
    assert desk.statistics.resent == 1


def test_nothing_goes_out_for_a_market_that_nobody_asked_for(desk: Desk) -> None:
    desk.connected(a=ticker())
    desk.forget()
    desk.call(desk.protocol.ask_again, "KRW-ETH")
    desk.later(1.0)
    assert desk.requests == []
    desk.lost()
    desk.call(desk.protocol.ask_again, "KRW-BTC")
    desk.reconnect()
    desk.later(1.0)
    assert desk.requests == [{BTC: 0}], "another connection asks for everything anyway"


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
    desk.protocol.receive_messages((frame(2),), desk.now)
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


def test_what_comes_with_one_read_stays_in_order(desk: Desk) -> None:
    desk.connected()
    desk.forget()
    desk.protocol.receive_messages([frame(1), frame(2)], desk.now)
    desk.settle()
    assert [event.timestamp for event in desk.heard(TickerEvent)] == [1, 2]


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
        desk.protocol.receive_messages((frame(number),), desk.now)
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


# -- over REST instead -----------------------------------------------------------------------------


def dialling(**wishes: SubscriptionSpec) -> Desk:
    """A dial is under way; three seconds later it is polled."""
    desk = Desk(fallback_after_s=3.0)
    desk.start()
    for consumer, spec in (wishes or {"a": ticker()}).items():
        desk.subscribe(consumer, spec)
    desk.later(0.02)
    assert desk.state is S.CONNECTING
    return desk


def polled(desk: Desk) -> set[Stream]:
    """What is asked for now, once everything else was answered."""
    answered = 0
    while answered < len(desk.fetches):
        desk.reply(desk.fetches[answered], ())
        answered += 1
    desk.forget()
    desk.later(1.0)
    batches = [fetch.subject for fetch in desk.fetches if isinstance(fetch.subject, Batch)]
    return {stream for batch in batches for stream in batch.streams}


@pytest.mark.parametrize("after_s", [3.0, 0.5, 0.0])
def test_after_some_seconds_without_a_socket_it_is_polled(after_s: float) -> None:
    desk = Desk(fallback_after_s=after_s)
    desk.subscribe("a", ticker())
    desk.start()
    began = desk.time
    desk.later(after_s)
    assert desk.states == [S.IDLE, S.CONNECTING, S.POLLING]
    assert desk.took(Fetch) == [began + after_s]
    assert desk.took(Connect) == [began], "the dial goes on"
    assert desk.took(Close) == []


def test_before_that_nothing_is_asked() -> None:
    desk = dialling()
    desk.later(2.99)
    assert desk.fetches == []
    assert desk.state is S.CONNECTING


def test_those_seconds_count_from_the_loss_whatever_the_dials_do() -> None:
    desk = dialling()
    desk.made()
    desk.lost()
    lost_at = desk.time
    for wait_s in (1.1, 1.5):
        desk.later(wait_s)
        desk.lost(ConnectFailed("no answer"))
    desk.to(lost_at + 3.0)
    assert desk.state is S.POLLING
    assert desk.took(Fetch) == [lost_at + 3.0]
    said = desk.heard(ConnectionEvent)[-1]
    assert (said.reason, str(said.error)) == ("no answer", "no answer")


def test_a_short_loss_is_not_polled_and_the_next_one_counts_by_itself() -> None:
    desk = dialling()
    desk.made()
    for _ in range(3):
        desk.receive(frame())
        desk.lost()
        desk.later(2.0)
        desk.made()
    desk.later(10.0)
    assert S.POLLING not in desk.states
    assert desk.fetches == []


def test_dials_go_on_behind_the_polling_and_end_it() -> None:
    desk = dialling()
    desk.later(3.0)
    desk.lost(ConnectFailed("no answer"))
    failed_at = desk.time
    assert polled(desk) == {BTC}
    assert desk.took(Connect) == [failed_at + 1.0]
    assert (desk.state, desk.protocol.reason) == (S.POLLING, "no answer")
    desk.made()
    assert (desk.state, desk.protocol.reason) == (S.CONNECTED, "")
    assert desk.requests == [{BTC: 0}]
    assert polled(desk) == set()


def test_a_stop_while_it_is_polled_ends_that_too() -> None:
    desk = dialling()
    desk.later(3.0)
    desk.forget()
    desk.stop()
    desk.later(3600.0)
    assert [type(action) for _, action in desk.actions] == [Close]
    assert desk.protocol.next_deadline() is None


def test_after_sleep_it_is_asked_anew() -> None:
    """What was asked before may never be answered."""
    desk = dialling()
    desk.later(3.0)
    desk.later(5.0)
    assert len(desk.fetches) == 1, "one question at a time"
    desk.forget()
    desk.sleep(3600.0, monotonic_s=5.0)
    (said,) = desk.heard(ConnectionEvent)
    assert (said.state, said.resumed) == (S.POLLING, True)
    assert len(desk.fetches) == 1


def test_what_nobody_sees_is_not_polled() -> None:
    desk = dialling(a=ticker("KRW-BTC", "KRW-ETH"), b=ticker("KRW-BTC"))
    desk.later(3.0)
    assert polled(desk) == {BTC, ETH}
    assert desk.protocol.hide("a", hidden=True)
    assert polled(desk) == {BTC}
    assert desk.protocol.hide("b", hidden=True)
    assert polled(desk) == set()
    desk.forget()
    assert desk.protocol.hide("a", hidden=False)
    desk.settle()
    assert desk.took(Fetch) == [desk.time], "who comes into sight does not wait"
    assert polled(desk) == {BTC, ETH}


def test_to_hide_what_is_hidden_is_nothing_new() -> None:
    desk = dialling()
    assert not desk.protocol.hide("a", hidden=False)
    assert not desk.protocol.hide("nobody", hidden=True)
    assert desk.protocol.hide("a", hidden=True)
    assert not desk.protocol.hide("a", hidden=True)


def test_what_nobody_sees_stays_on_the_wire() -> None:
    desk = dialling()
    desk.protocol.hide("a", hidden=True)
    desk.later(0.02)
    desk.made()
    assert desk.requests == [{BTC: 0}]


def test_by_choice_some_types_leave_the_wire_and_are_polled() -> None:
    desk = dialling(a=ticker(), b=trade())
    desk.made()
    desk.later(1.0)
    desk.forget()
    desk.call(desk.protocol.choose_polling, [DataType.TICKER])
    desk.later(0.02)
    assert desk.requests == [{TRADES: 0}]
    assert desk.protocol.wire == {TRADES: 0}
    told = [(event.accepted, event.streams) for event in desk.heard(SubscriptionEvent)]
    assert told == [(False, {BTC, TRADES})], "both are carried, one by the socket"
    assert polled(desk) == {BTC}
    assert desk.state is S.CONNECTED


def test_what_is_polled_by_choice_is_so_in_every_state() -> None:
    desk = dialling(a=ticker(), b=trade())
    desk.call(desk.protocol.choose_polling, [DataType.TICKER])
    desk.later(0.02)
    assert (desk.state, len(desk.fetches)) == (S.CONNECTING, 1)
    desk.lost(ConnectFailed("no answer"))
    assert desk.state is S.RECONNECTING
    desk.reply(desk.fetches[0], ())
    desk.forget()
    desk.later(0.99)
    assert desk.fetches == []
    desk.later(0.01)
    assert len(desk.fetches) == 1
    desk.later(3.0)
    assert desk.state is S.POLLING
    assert polled(desk) == {BTC}
    desk.made()
    assert polled(desk) == {BTC}
    desk.forget()
    desk.stop()
    desk.later(60.0)
    assert desk.fetches == []
    desk.start()
    assert polled(desk) == {BTC}
    assert desk.state is S.CONNECTING


def test_where_everything_is_polled_by_choice_there_is_no_socket() -> None:
    desk = dialling()
    desk.made()
    desk.forget()
    desk.call(desk.protocol.choose_polling, [DataType.TICKER])
    desk.later(0.02)
    assert desk.states == [S.IDLE]
    assert len(desk.took(Close)) == 1
    assert polled(desk) == {BTC}
    desk.subscribe("b", ticker("KRW-ETH"))
    desk.later(0.02)
    assert polled(desk) == {BTC, ETH}
    desk.unsubscribe("a")
    desk.later(0.02)
    assert polled(desk) == {ETH}, "there is no grace for what nobody sees"
    assert desk.took(Connect) == []


def test_the_choice_can_be_taken_back() -> None:
    desk = dialling()
    desk.call(desk.protocol.choose_polling, [DataType.TICKER])
    desk.later(0.02)
    assert desk.state is S.IDLE
    assert polled(desk) == {BTC}
    desk.forget()
    desk.call(desk.protocol.choose_polling, [])
    desk.later(0.02)
    assert desk.took(Connect) == [desk.time]
    desk.made()
    assert desk.requests == [{BTC: 0}]
    assert polled(desk) == set()


def test_a_choice_before_the_start_is_kept() -> None:
    desk = Desk()
    desk.subscribe("a", ticker())
    desk.call(desk.protocol.choose_polling, [DataType.TICKER])
    desk.later(10.0)
    assert desk.actions == []
    desk.start()
    assert (desk.state, len(desk.fetches)) == (S.IDLE, 1)


def test_it_is_idle_where_nothing_is_carried_or_polled() -> None:
    desk = Desk()
    assert not desk.protocol.is_idle(DataType.TICKER), "it was not started"
    desk.start()
    assert desk.protocol.is_idle(DataType.TICKER)
    desk.call(desk.protocol.choose_polling, [DataType.TICKER])
    assert not desk.protocol.is_idle(DataType.TICKER)
    assert desk.protocol.is_idle(DataType.TRADE)
    desk.subscribe("a", trade())
    desk.later(0.02)
    assert not desk.protocol.is_idle(DataType.TRADE)


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

    def call(self, method: Callable[..., object], *arguments: Any) -> None:
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
@settings(max_examples=150)
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
        self.protocol = PublicProtocol(settings, self.epochs, lambda: f"{next(tickets)}")
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
        self.protocol.receive_messages((json.dumps(fields).encode(),), self.now)

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


def test_where_nothing_can_be_read_over_rest_it_is_not_polled() -> None:
    there = Differing()
    there.protocol.subscribe("a", ticker("USDT-BTC"), there.now)
    there.later(0.02)
    there.later(3.0)
    assert there.protocol.state is S.CONNECTING
    assert there.protocol.next_deadline() != there.time, "it is not looked at again and again"
