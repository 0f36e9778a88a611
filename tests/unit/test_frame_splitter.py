"""Where frames end, compared with a parser of another make on random streams."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from upbit_ws_qt.frame_splitter import FrameSplitter

MAX_SIZE = 100_000


def pieces(data: bytes, sizes: list[int]) -> list[bytes]:
    """``data`` in pieces of these sizes; the rest in one."""
    found: list[bytes] = []
    for size in sizes:
        found.append(data[:size])
        data = data[size:]
    return [piece for piece in (*found, data) if piece]


def split(stream: list[bytes]) -> list[tuple[bool, bytes]]:
    splitter = FrameSplitter(MAX_SIZE)
    return [part for piece in stream for part in fed(splitter, piece)]


def fed(splitter: FrameSplitter, piece: bytes | memoryview) -> list[tuple[bool, bytes]]:
    """The parts of one piece in their order, and whether each is a whole message."""
    parts: list[tuple[bool, bytes]] = []
    messages: list[bytes] = []
    for frame in splitter.feed(piece, messages):
        parts += [(True, message) for message in messages]
        messages.clear()
        parts.append((False, frame))
    return parts + [(True, message) for message in messages]


def parser() -> ClientProtocol:
    """A parser that has the handshake behind it."""
    return ClientProtocol(parse_uri("ws://localhost/"), state=State.OPEN, max_size=MAX_SIZE)


payloads = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([125, 126, 127, 65_535, 65_536, 70_000]).map(lambda size: b"x" * size),
)
frames = st.one_of(
    st.builds(Frame, st.sampled_from([Opcode.TEXT, Opcode.BINARY]), payloads),
    st.builds(Frame, st.sampled_from([Opcode.PING, Opcode.PONG]), st.binary(max_size=125)),
)
#: A message in fragments, with a ping in its middle.
in_fragments = st.lists(st.binary(max_size=20), min_size=2, max_size=4).map(
    lambda parts: [
        Frame(Opcode.BINARY, parts[0], fin=False),
        Frame(Opcode.PING, b"?"),
        *(Frame(Opcode.CONT, part, fin=False) for part in parts[1:-1]),
        Frame(Opcode.CONT, parts[-1]),
    ]
)
streams = st.lists(st.one_of(frames.map(lambda frame: [frame]), in_fragments), max_size=8)


@given(streams, st.lists(st.integers(1, 300), max_size=20))
def test_it_finds_what_a_whole_parser_finds(groups: list[list[Frame]], sizes: list[int]) -> None:
    sent = [frame for group in groups for frame in group]
    data = b"".join(frame.serialize(mask=False) for frame in sent)
    rest = parser()
    found: list[tuple[Opcode | None, bytes, bool]] = []
    for is_message, part in split(pieces(data, sizes)):
        if is_message:
            found.append((None, part, True))
            continue
        rest.receive_data(part)
        for event in rest.events_received():
            assert isinstance(event, Frame)
            found.append((event.opcode, bytes(event.data), event.fin))
    assert rest.parser_exc is None
    assert [(bytes(payload), fin) for _, payload, fin in found] == [
        (bytes(frame.data), frame.fin) for frame in sent
    ]
    # Whole messages did not need the parser; nothing else got past it.
    for (opcode, _, _), frame in zip(found, sent, strict=True):
        whole = frame.fin and frame.opcode in (Opcode.TEXT, Opcode.BINARY)
        assert (opcode is None) == whole


@given(st.binary(max_size=400), st.lists(st.integers(1, 50), max_size=10))
def test_not_one_byte_is_lost(data: bytes, sizes: list[int]) -> None:
    """Whatever comes, nonsense too, it comes out again or waits for the rest of its frame."""
    splitter = FrameSplitter(MAX_SIZE)
    parts = [part for piece in pieces(data, sizes) for part in fed(splitter, piece)]
    at = 0
    for is_message, part in parts:
        at = data.index(part, at if not is_message else at + 2) + len(part)
    assert at <= len(data)


def test_a_whole_message_inside_a_fragmented_one_is_for_the_parser_to_refuse() -> None:
    stream = [
        Frame(Opcode.BINARY, b"begun", fin=False).serialize(mask=False),
        Frame(Opcode.BINARY, b"whole").serialize(mask=False),
    ]
    assert [is_message for is_message, _ in split(stream)] == [False, False]


def test_a_compressed_message_is_for_the_parser() -> None:
    plain = Frame(Opcode.BINARY, b"deflated").serialize(mask=False)
    frame = bytes([plain[0] | 0x40]) + plain[1:]
    assert split([frame]) == [(False, frame)]


@pytest.mark.parametrize(
    "broken",
    [
        Frame(Opcode.BINARY, b"masked").serialize(mask=True),
        bytes([0x82, 127]) + (MAX_SIZE + 1).to_bytes(8, "big") + b"the beginning",
        bytes([0x82, 127]) + b"\xff" * 8,
    ],
    ids=["masked", "too long", "longer than anything"],
)
def test_what_a_server_may_not_send_is_handed_on_at_once(broken: bytes) -> None:
    """Nothing waits for bytes that never come; the parser refuses it and says why."""
    good = Frame(Opcode.TEXT, b"good").serialize(mask=False)
    assert split([good + broken]) == [(True, b"good"), (False, broken)]
    rest = parser()
    rest.receive_data(broken)
    assert rest.parser_exc is not None


def test_a_long_message_is_not_looked_at_before_it_is_whole() -> None:
    frame = Frame(Opcode.BINARY, b"y" * 70_000).serialize(mask=False)
    splitter = FrameSplitter(MAX_SIZE)
    assert [fed(splitter, piece) for piece in (frame[:1], frame[1:5], frame[5:9])] == [[]] * 3
    assert fed(splitter, memoryview(frame)[9:60_000]) == []
    assert fed(splitter, memoryview(frame)[60_000:]) == [(True, b"y" * 70_000)]


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_a_header_may_come_in_pieces(size: int) -> None:
    """A length of either width that is cut at any of its bytes is read when the rest is there."""
    frame = Frame(Opcode.BINARY, b"z" * size).serialize(mask=False)
    for cut in range(1, len(frame) - size):
        splitter = FrameSplitter(MAX_SIZE)
        assert fed(splitter, frame[:cut]) == []
        assert fed(splitter, frame[cut:]) == [(True, b"z" * size)]
