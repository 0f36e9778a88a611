"""What all events share: their kind, their stamp and their market. Tests only."""

from __future__ import annotations

import enum
import inspect
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from upbit_ws_qt import event_roots
from upbit_ws_qt.event_roots import (
    ConnectionType,
    DataType,
    MarketEvent,
    Source,
    Stamp,
    StreamType,
    WebSocketEvent,
    stamped,
)

STAMP = Stamp(7, Source.POLLED, ConnectionType.PRIVATE, 1_790_000_000.25, replayed=True)


class Plain(WebSocketEvent, frozen=True, kw_only=True):
    """An event without a market."""

    data_type = DataType.STATUS
    text: str = ""


class Bare(MarketEvent, frozen=True, kw_only=True):
    """A type of a custom handler: nothing but what every event of a market has."""

    data_type = DataType.STATUS


def bare(timestamp: int = 1_790_000_000_123, stream_type: str | None = None) -> Bare:
    return Bare(type="x", code="KRW-BTC", timestamp=timestamp, stream_type=stream_type)


def test_an_event_says_what_its_stamp_says() -> None:
    event = stamped(Plain(text="hello"), STAMP)
    assert event.epoch == 7
    assert event.source is Source.POLLED
    assert event.connection_type is ConnectionType.PRIVATE
    assert event.replayed is True
    assert event.received_at == datetime(2026, 9, 21, 14, 13, 20, 250_000, tzinfo=UTC)
    assert event.text == "hello"


def test_without_a_stamp_it_came_from_nowhere() -> None:
    event = Plain()
    assert (event.epoch, event.replayed, event.symbol) == (0, False, "")
    assert event.source is Source.WEBSOCKET
    assert event.connection_type is ConnectionType.PUBLIC


def test_another_stamp_makes_another_event() -> None:
    """Events are shared by all consumers: the one that others hold does not change."""
    first = bare()
    second = stamped(first, STAMP)
    assert (first.epoch, second.epoch) == (0, 7)
    assert type(second) is Bare
    assert second.stamp is STAMP
    assert second.timestamp == first.timestamp


def test_the_time_of_an_event_is_its_arrival_unless_the_exchange_says_it() -> None:
    assert stamped(Plain(), STAMP).time == stamped(Plain(), STAMP).received_at
    event = stamped(bare(), STAMP)
    assert event.time == datetime(2026, 9, 21, 14, 13, 20, 123_000, tzinfo=UTC)
    assert event.time.utcoffset() == event.received_at.utcoffset() == timedelta(0)


def test_an_event_of_a_market_names_it() -> None:
    assert bare().symbol == "KRW-BTC"


def test_what_answers_a_request_is_a_snapshot() -> None:
    assert bare(stream_type=StreamType.SNAPSHOT).is_snapshot
    assert not bare(stream_type="REALTIME").is_snapshot
    assert not bare().is_snapshot


def test_events_of_the_same_moment_say_the_same_where_nothing_else_is_known() -> None:
    assert stamped(bare(stream_type="SNAPSHOT"), STAMP).repeats(bare())
    assert not bare(timestamp=1).repeats(bare())


ROOTS = [kind for kind in vars(event_roots).values() if inspect.isclass(kind)]


@pytest.mark.parametrize("kind", [kind for kind in ROOTS if issubclass(kind, msgspec.Struct)])
def test_events_and_stamps_are_immutable(kind: type[msgspec.Struct]) -> None:
    assert kind.__struct_config__.frozen


def test_a_stamp_is_encoded_under_a_name_that_no_frame_uses() -> None:
    (field,) = (item for item in msgspec.structs.fields(Bare) if item.name == "stamp")
    assert field.encode_name == "\u2063stamp"


@pytest.mark.parametrize("kind", [DataType, ConnectionType, Source, StreamType])
def test_kinds_are_plain_words(kind: type[enum.StrEnum]) -> None:
    """A log, or a comparison with a literal, needs no conversion."""
    for member in kind:
        assert f"{member}" == member.value == member
        assert kind(member.value) is member


def test_what_needs_a_key_is_told_apart() -> None:
    assert {kind for kind in DataType if kind.is_private} == {DataType.ORDER, DataType.BALANCE}
