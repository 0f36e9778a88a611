"""What a connection has to say, in order and stamped. Tests only."""

from __future__ import annotations

import pytest

from upbit_ws_qt.actions import Instant
from upbit_ws_qt.errors import (
    AuthenticationFailed,
    ConnectFailed,
    InvalidState,
    RequestRejected,
    UpbitError,
)
from upbit_ws_qt.events import (
    ConnectionEvent,
    ConnectionState,
    ConnectionType,
    ErrorEvent,
    RefusalEvent,
    Source,
    SubscriptionEvent,
)
from upbit_ws_qt.outbox import Outbox
from upbit_ws_qt.recovery import ExponentialBackoff, Happening, RecoveryEngine
from upbit_ws_qt.subscriptions import BALANCE_STREAM, Stream

WALL = 1_790_000_000.0
NOW, LATER = Instant(100.0, WALL), Instant(101.0, WALL + 1.0)
TICKER = Stream("ticker", "KRW-BTC")


def test_everything_comes_out_once_in_the_order_it_went_in() -> None:
    outbox = Outbox(ConnectionType.PUBLIC)
    assert outbox.take() is None
    outbox.say_asked([TICKER], accepted=False)
    outbox.say_error(RequestRejected("A", "b"), 4)
    outbox.say_refused("A", "b", ("chart",), [TICKER])
    first, second, third = outbox.take(), outbox.take(), outbox.take()
    assert outbox.take() is None
    assert isinstance(first, SubscriptionEvent)
    assert (first.accepted, first.streams) == (False, {TICKER})
    assert isinstance(second, ErrorEvent)
    assert (str(second.error), second.count) == ("A: b", 4)
    assert isinstance(third, RefusalEvent)
    assert (third.name, third.message, third.consumers) == ("A", "b", ("chart",))
    assert third.streams == {TICKER}


def test_what_is_said_carries_the_connection_it_is_about() -> None:
    outbox = Outbox(ConnectionType.PRIVATE)
    assert outbox.stamp.epoch == 0
    outbox.begin_epoch(3, NOW)
    outbox.say_refused("A", "b")
    outbox.say_error(RequestRejected("A", "b"), stamp=outbox.stamp_at(LATER, Source.POLLED))
    refusal, error = outbox.take(), outbox.take()
    assert refusal is not None
    assert error is not None
    assert {event.connection_type for event in (refusal, error)} == {ConnectionType.PRIVATE}
    assert (refusal.epoch, refusal.source, refusal.stamp.received_at) == (3, "websocket", WALL)
    assert (error.epoch, error.source, error.stamp.received_at) == (3, "polled", WALL + 1.0)


def test_a_state_comes_with_its_wait_and_its_reason() -> None:
    outbox = Outbox(ConnectionType.PUBLIC)
    recovery = RecoveryEngine(ExponentialBackoff(jitter=False))
    for happening in (Happening.START, Happening.WANTED):
        recovery.happen(happening, 100.0)
    outbox.say_state(recovery, NOW, "", None, resumed=False)
    error = ConnectFailed("no answer")
    recovery.happen(Happening.FAILED, 101.0, wait_s=7.0)
    outbox.say_state(recovery, LATER, "why", error, resumed=True)
    connecting, waiting = outbox.take(), outbox.take()
    assert isinstance(connecting, ConnectionEvent)
    assert connecting.state is ConnectionState.CONNECTING
    assert (connecting.retry_in_s, connecting.attempt, connecting.resumed) == (0.0, 0, False)
    assert isinstance(waiting, ConnectionEvent)
    assert waiting.state is ConnectionState.RECONNECTING
    assert (waiting.retry_in_s, waiting.attempt, waiting.resumed) == (7.0, 1, True)
    assert (waiting.reason, waiting.error) == ("why", error)
    assert waiting.stamp.received_at == WALL + 1.0


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (AuthenticationFailed("ended", "expired_access_key"), "expired_access_key"),
        (InvalidState("deleted"), ""),
    ],
)
def test_what_is_wrong_with_the_key_goes_to_whom_it_concerns(error: UpbitError, name: str) -> None:
    outbox = Outbox(ConnectionType.PRIVATE)
    outbox.say_key_refused(error, ("a",), (BALANCE_STREAM,))
    said = outbox.take()
    assert isinstance(said, RefusalEvent)
    assert (said.name, said.message, said.error) == (name, str(error), error)
    assert (said.consumers, said.streams) == (("a",), {BALANCE_STREAM})
    assert said.connection_type is ConnectionType.PRIVATE
