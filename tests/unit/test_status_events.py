"""Events about connections and streams, not about markets. Tests only."""

from __future__ import annotations

import pytest

from upbit_ws_qt.errors import UpbitError
from upbit_ws_qt.events import DataType, Source, Stamp
from upbit_ws_qt.status_events import (
    ConnectionEvent,
    ConnectionState,
    ErrorEvent,
    GapEvent,
    GapState,
    RefusalEvent,
    StatusEvent,
    SubscriptionEvent,
)
from upbit_ws_qt.subscriptions import Stream

TRADES = Stream("trade", "KRW-BTC")
HOLE = GapEvent(stream=TRADES, state=GapState.FOUND, since_ms=1000, until_ms=2000)


@pytest.mark.parametrize(
    ("event", "symbol"),
    [
        (ConnectionEvent(state=ConnectionState.IDLE), ""),
        (SubscriptionEvent(accepted=True, streams=frozenset({TRADES})), ""),
        (ErrorEvent(error=UpbitError("x")), ""),
        (RefusalEvent(name="NO_CODES", message="codes"), ""),
        (HOLE, "KRW-BTC"),
    ],
)
def test_each_is_about_the_connection_and_only_a_hole_is_of_one_market(
    event: StatusEvent, symbol: str
) -> None:
    assert isinstance(event, StatusEvent)
    assert event.data_type is DataType.STATUS
    assert event.symbol == symbol


def test_what_is_not_said_is_nothing() -> None:
    state = ConnectionEvent(state=ConnectionState.CONNECTED)
    assert (state.reason, state.error, state.retry_in_s) == ("", None, 0.0)
    assert (state.attempt, state.resumed) == (0, False)
    assert ErrorEvent(error=UpbitError("x")).count == 1
    refusal = RefusalEvent(name="TOO_MANY_REQUEST", message="slower")
    assert (refusal.consumers, refusal.streams, refusal.error) == ((), frozenset(), None)
    assert (HOLE.count, HOLE.reason) == (0, "")


def test_each_carries_the_stamp_of_its_connection() -> None:
    stamp = Stamp(3, Source.POLLED, received_at=1.0)
    event = GapEvent(
        stream=TRADES, state=GapState.FILLED, since_ms=1, until_ms=2, count=1, stamp=stamp
    )
    assert (event.epoch, event.source) == (3, Source.POLLED)


def test_none_can_be_changed() -> None:
    with pytest.raises(AttributeError):
        HOLE.count = 2  # type: ignore[misc]


def test_states_read_as_plain_words() -> None:
    """They are ``str``, so that a log or a comparison with a literal needs no conversion."""
    assert [f"{state}" for state in ConnectionState] == [
        "idle",
        "connecting",
        "connected",
        "reconnecting",
        "polling",
        "refused",
        "stopped",
    ]
    assert [f"{state}" for state in GapState] == ["found", "filled", "unfillable"]
