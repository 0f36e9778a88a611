"""Types that a program adds: read by the first that can, alone in their failures. Tests only."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from upbit_ws_qt.errors import DecodeError, HandlerError, UnknownType
from upbit_ws_qt.events import ConnectionType, DataType, Source, Stamp
from upbit_ws_qt.handlers import CustomEvent, HandlerStatistics, HandlerTable

STAMP = Stamp(3, Source.WEBSOCKET, ConnectionType.PRIVATE, 1_790_000_000.25)


class Handler:
    """Reads one type by a function, and remembers what it was given."""

    def __init__(self, data_type: str, read: Callable[[dict[str, Any]], object]) -> None:
        self.data_type = data_type
        self.read = read
        self.asked: list[str] = []

    def can_handle(self, data_type: str) -> bool:
        self.asked.append(data_type)
        return data_type == self.data_type

    def process_data(self, data: dict[str, Any]) -> object:
        return self.read(data)


def table(*handlers: Handler) -> HandlerTable:
    made = HandlerTable()
    for handler in handlers:
        made.register(handler)
    return made


def frame(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def test_an_event_is_the_frame_under_its_head_and_what_the_handler_made_of_it() -> None:
    handlers = table(Handler("notice", lambda data: data["title"].upper()))
    sent = frame(type="notice", code="KRW-BTC", timestamp=5, stream_type="SNAPSHOT", title="hi")
    event = handlers.read("notice", sent, STAMP)
    assert event == CustomEvent(
        type="notice",
        code="KRW-BTC",
        timestamp=5,
        stream_type="SNAPSHOT",
        data="HI",
        stamp=STAMP,
    )
    assert (event.data_type, event.symbol, event.epoch) == (DataType.CUSTOM, "KRW-BTC", 3)
    assert event.is_snapshot


def test_a_frame_may_lack_the_head() -> None:
    event = table(Handler("notice", dict)).read("notice", frame(code=7, timestamp="x"), STAMP)
    assert event is not None
    assert (event.code, event.timestamp, event.stream_type) == ("", 1_790_000_000_250, None)
    assert event.time == event.received_at, "the time of what has none is that of its arrival"


@pytest.mark.parametrize(
    ("data_type", "short", "long"),
    [
        (
            "announcement",
            {"ty": "announcement", "tt": "t", "cat": "c", "flat": "f", "tms": 1, "st": "REALTIME"},
            {
                "type": "announcement",
                "title": "t",
                "category": "c",
                "first_listed_at": "f",
                "timestamp": 1,
                "stream_type": "REALTIME",
            },
        ),
        (
            "unheard-of",
            {"ty": "unheard-of", "cd": "KRW-BTC", "tms": 1, "st": "REALTIME", "tt": "t"},
            {
                "type": "unheard-of",
                "code": "KRW-BTC",
                "timestamp": 1,
                "stream_type": "REALTIME",
                "tt": "t",
            },
        ),
    ],
)
def test_a_handler_is_given_long_names_where_they_are_known(
    data_type: str, short: dict[str, Any], long: dict[str, Any]
) -> None:
    for sent in (short, long):
        event = table(Handler(data_type, dict)).read(data_type, frame(**sent), STAMP)
        assert event is not None
        assert event.data == long


def test_what_a_handler_does_with_its_frame_is_not_seen_outside() -> None:
    event = table(Handler("notice", lambda data: data.clear() or "x")).read(
        "notice", frame(type="notice", code="KRW-BTC"), STAMP
    )
    assert event is not None
    assert event.code == "KRW-BTC"


def test_the_first_that_can_handle_a_type_reads_it() -> None:
    first, second, third = (Handler(kind, dict) for kind in ("a", "b", "b"))
    handlers = table(first, second, third)
    assert handlers.handles("b")
    assert not handlers.handles("c")
    assert (second.asked, third.asked) == (["b", "c"], ["c"])


def test_registering_twice_is_registering_once() -> None:
    handler = Handler("notice", dict)
    handlers = table(handler, handler)
    assert not handlers.handles("other")
    assert handler.asked == ["other"]


def test_none_keeps_a_frame_from_the_consumers_and_is_counted() -> None:
    handlers = table(Handler("notice", lambda data: data.get("title")))
    assert handlers.read("notice", frame(type="notice"), STAMP) is None
    assert handlers.read("notice", frame(type="notice", title=""), STAMP) is not None
    assert handlers.statistics() == HandlerStatistics(read=1, ignored=1)


def test_a_type_nobody_reads_says_so() -> None:
    with pytest.raises(UnknownType, match="'notice'") as caught:
        table(Handler("other", dict)).read("notice", b'{"type":"notice"}', STAMP)
    assert caught.value.type == "notice"
    assert caught.value.payload == b'{"type":"notice"}'


@pytest.mark.parametrize(
    "broken", [b'{"type":"notice"', b'{"type":"\xff"}', b'{"type":' + b"[" * 100_000]
)
def test_a_frame_that_is_not_whole_is_no_matter_of_the_handler(broken: bytes) -> None:
    handlers = table(Handler("notice", dict))
    with pytest.raises(DecodeError, match="not what the documents say"):
        handlers.read("notice", broken, STAMP)
    assert handlers.statistics() == HandlerStatistics()


def test_one_that_raises_is_named_and_counted() -> None:
    handlers = table(Handler("notice", lambda data: data["nothing"]))
    with pytest.raises(HandlerError, match=r"Handler raised KeyError.*'notice'") as caught:
        handlers.read("notice", frame(type="notice"), STAMP)
    assert isinstance(caught.value.__cause__, KeyError)
    assert caught.value.__cause__.__traceback__ is None
    assert 'lambda data: data["nothing"]' in caught.value.details
    assert handlers.statistics() == HandlerStatistics(failed=1)


def test_one_that_raises_when_asked_is_named_and_counted() -> None:
    class Broken(Handler):
        def can_handle(self, data_type: str) -> bool:
            raise ValueError(data_type)

    handlers = table(Broken("notice", dict))
    with pytest.raises(HandlerError, match="Broken raised ValueError"):
        handlers.handles("notice")
    with pytest.raises(HandlerError, match="Broken raised ValueError"):
        handlers.read("notice", frame(type="notice"), STAMP)
    assert handlers.statistics() == HandlerStatistics(failed=2)
