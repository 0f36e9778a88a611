"""Recordings: lines and blocks, how they are read, and every way to be wrong. Tests only.

First what is written, then what a replay makes of it.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt import recording as recording_module
from upbit_ws_qt.errors import RecordingError
from upbit_ws_qt.events import ConnectionType, OrderbookEvent, TradeEvent
from upbit_ws_qt.recording import BlockReader, Line, Mark, frame_lines, pack
from upbit_ws_qt.recording import line as mark_line
from upbit_ws_qt.simulator.replay.recording import (
    Break,
    Recording,
    parse_recording,
    read_recording,
)

PUBLIC, PRIVATE = ConnectionType.PUBLIC, ConnectionType.PRIVATE

TRADE = (
    b'{"ty":"trade","cd":"KRW-LAMB","tms":1618678262712,"ttms":1618678262000,"tp":127.0,'
    b'"tv":46.48838371,"ab":"BID","pcp":123.00000000,"sid":1618678262000003,"st":"REALTIME"}'
)
BOOK = (
    b'{"ty":"orderbook","cd":"KRW-WAVES","tms":1,"tas":7.9276E-4,"tbs":2,'
    b'"obu":[{"ap":2,"bp":1,"as":7.9276E-4,"bs":2}],"st":"REALTIME"}'
)


def line(recv_ts: Any, frame: bytes) -> bytes:
    """One line of a recording; the frame's bytes are kept."""
    return b'{"recv_ts":' + json.dumps(recv_ts).encode() + b',"frame":' + frame + b"}\n"


def test_frames_keep_their_bytes_and_their_distance() -> None:
    """Spelling is evidence: it is passed on as it was."""
    recording = parse_recording([line(1618678263.5, TRADE), line(1618678264.75, BOOK)])

    assert [frame.payload for frame in recording.frames] == [TRADE, BOOK]
    assert [frame.at_s for frame in recording.frames] == [0.0, 1.25]
    assert recording.duration_s == 1.25
    assert isinstance(recording.frames[0].event, TradeEvent)
    assert isinstance(recording.frames[1].event, OrderbookEvent)


def test_the_busiest_market_comes_first() -> None:
    """It is what a viewer shows when nobody chose."""
    recording = parse_recording([line(1, TRADE), line(2, BOOK), line(3, BOOK)])

    assert recording.codes == ("KRW-WAVES", "KRW-LAMB")


def test_empty_lines_and_answers_to_requests_are_passed_over() -> None:
    """A status or an error belongs to a connection that is gone."""
    lines = [b"\n", line(5, b'{"status":"UP"}'), line(6, TRADE), b"  \n"]
    lines.append(line(9, b'{"error":{"name":"NO_TYPE","message":""}}'))

    recording = parse_recording(lines)

    assert len(recording.frames) == 1
    assert recording.duration_s == 0.0


def test_a_clock_that_was_set_back_delays_nothing() -> None:
    """Arrival times are kept in order."""
    recording = parse_recording([line(10, TRADE), line(8, TRADE), line(11, TRADE)])

    assert [frame.at_s for frame in recording.frames] == [0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    "wrong",
    [
        b"garbage\n",
        b"[1, 2]\n",
        b'{"recv_ts":1}\n',
        b'{"frame":{}}\n',
        line("soon", TRADE),
        line(None, TRADE),
        b'{"recv_ts":1e999,"frame":' + TRADE + b"}\n",
        line(1, b'{"ty":"trade","cd":"KRW-BTC"}'),
        line(1, b'{"ty":"weather"}'),
        line(1, b'"text"'),
        line(1, TRADE)[:-40],
        line(1, TRADE.replace(b"KRW", b"\xff\xfe")),
        b'{"recv_ts":1,"frame":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=[
        "garbage", "array", "no frame", "no time", "time is text", "time is null", "endless time",
        "half a frame", "unknown type", "frame is text", "cut off", "not UTF-8", "too deep",
    ],
)  # fmt: skip
def test_a_wrong_line_is_named_by_its_number(wrong: bytes) -> None:
    """Counted from 1, empty lines included, in one line of text."""
    with pytest.raises(RecordingError, match="line 3 of the recording") as caught:
        parse_recording([line(1, TRADE), b"\n", wrong, line(2, TRADE)])

    assert caught.value.line == 3
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("lines", [[], [b"\n"], [line(1, b'{"status":"UP"}')]])
def test_a_recording_without_frames_is_refused(lines: list[bytes]) -> None:
    """Nothing to play is no recording."""
    with pytest.raises(RecordingError, match="holds no frames"):
        parse_recording(lines)


def test_a_file_is_read(tmp_path: Path) -> None:
    """With the line ends of Windows as well."""
    path = tmp_path / "frames.jsonl"
    path.write_bytes(line(1, TRADE).rstrip() + b"\r\n" + line(2, BOOK).rstrip())

    assert len(read_recording(path).frames) == 2


@pytest.mark.parametrize("name", ["absent.jsonl", "."])
def test_a_file_that_cannot_be_read_is_said(tmp_path: Path, name: str) -> None:
    """No line is to blame."""
    with pytest.raises(RecordingError, match="cannot be read") as caught:
        read_recording(tmp_path / name)

    assert caught.value.line is None


def test_a_file_without_lines_is_given_up_early(tmp_path: Path) -> None:
    """A film or an endless device is not read to its end."""
    path = tmp_path / "film"
    path.write_bytes(line(1, TRADE) + b"\0" * (3 * 1024 * 1024))

    with pytest.raises(RecordingError, match="line 2 of the recording is too long"):
        read_recording(path)


def test_the_real_recording(shared_recording: Path) -> None:
    """What its own description says of it."""
    recording = read_recording(shared_recording)

    assert len(recording.frames) == 449
    assert recording.duration_s == pytest.approx(29.8, abs=0.1)
    assert recording.codes[0] == "KRW-LAMB"
    assert len(recording.codes) == 5


# -- lines and blocks -----------------------------------------------------------------------------


def read_lines(text: bytes) -> list[Line]:
    assert text.endswith(b"\n")
    return [msgspec.json.decode(one, type=Line) for one in text[:-1].split(b"\n")]


def spelled(line: Line) -> bytes:
    return bytes(line.frame) if line.broken is None else line.broken


def test_frames_are_lines_that_anybody_can_read() -> None:
    """A line is a JSON object with the frame in it, not a text of it."""
    [first, second] = frame_lines(1618678263.5, 7, PRIVATE, [TRADE, BOOK]).splitlines()

    told = json.loads(first)
    assert told["frame"]["cd"] == "KRW-LAMB"
    assert (told["recv_ts"], told["epoch"], told["connection"]) == (1618678263.5, 7, "private")
    assert BOOK in second


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b'{"ty":"trade","cd":"KRW',
        b'{"a":1},"epoch":9,"x":{}',
        b'{"a":\n1}',
        b' {"a":1}',
        b'{"a":1} ',
        b"\x00\xff garbage",
        b'{"price":NaN}',
        b"[" * 100_000,
    ],
)
def test_what_cannot_stand_in_a_line_is_kept_all_the_same(message: bytes) -> None:
    """And the frames that came with it stand as ever."""
    lines = read_lines(frame_lines(1.0, 3, PUBLIC, [TRADE, message, BOOK]))

    assert [spelled(line) for line in lines] == [TRADE, message, BOOK]
    assert [line.broken is None for line in lines] == [True, False, True]
    assert {line.epoch for line in lines} == {3}


@given(st.lists(st.binary(max_size=40) | st.sampled_from([TRADE, BOOK, b"1", b"{}"]), min_size=1))
def test_whatever_comes_is_read_back_byte_by_byte(messages: list[bytes]) -> None:
    assert [spelled(line) for line in read_lines(frame_lines(1.5, 1, PUBLIC, messages))] == messages


def test_marks_say_only_what_there_is_to_say() -> None:
    assert mark_line(Line(recv_ts=1.5, mark=Mark.ENDED)) == b'{"recv_ts":1.5,"mark":"ended"}\n'
    lost = Line(recv_ts=2.0, mark=Mark.LOST, epoch=4, connection=PRIVATE, code=1006)
    assert read_lines(mark_line(lost)) == [lost]


BLOCKS = [b"one\n" * 50, Random(1).randbytes(9000) + b"\n", b"three\n"]  # noqa: S311


def in_pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_blocks_come_back_whatever_the_pieces(size: int) -> None:
    packed = b"".join(map(pack, BLOCKS))
    reader = BlockReader(in_pieces(packed, size))

    assert list(reader) == BLOCKS
    assert reader.unread == 0
    assert gzip.decompress(packed) == b"".join(BLOCKS), "any gzip reads it"


@pytest.mark.parametrize("size", [1, 100_000])
def test_a_torn_end_costs_one_block_wherever_it_is_torn(size: int) -> None:
    whole, last = b"".join(map(pack, BLOCKS[:2])), pack(BLOCKS[2])
    for kept in range(len(last)):
        reader = BlockReader(in_pieces(whole + last[:kept], size))
        assert list(reader) == BLOCKS[:2]
        assert reader.unread == kept


@pytest.mark.parametrize("size", [1, 100, 100_000])
def test_damage_ends_it_and_is_counted_to_the_end_of_the_file(size: int) -> None:
    """A flipped bit is found by the check sum of its block."""
    first, second, third = map(pack, BLOCKS)
    damaged = bytearray(second)
    damaged[len(damaged) // 2] ^= 0x10
    reader = BlockReader(in_pieces(first + damaged + third, size))

    assert list(reader) == BLOCKS[:1]
    assert reader.unread == len(damaged) + len(third)


@pytest.mark.parametrize("too_much", [10_001, 1_000_000])
@pytest.mark.parametrize("size", [64, 100_000])
def test_a_block_of_no_recorder_is_not_unpacked_without_end(
    size: int, too_much: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_module, "_LARGEST_BLOCK", 10_000)
    bomb = zlib.compress(b"0" * too_much, wbits=31)
    reader = BlockReader(in_pieces(pack(BLOCKS[0]) + bomb, size))

    assert list(reader) == BLOCKS[:1]
    assert reader.unread == len(bomb)


# -- what a replay makes of it --------------------------------------------------------------------

BEGUN = Line(recv_ts=100.0, mark=Mark.BEGUN, version=1)


def told(
    at: float, mark: Mark, connection: ConnectionType = PUBLIC, code: int | None = None
) -> Line:
    return Line(recv_ts=at, mark=mark, connection=connection, code=code)


def recorded(*entries: Line | tuple[float, bytes]) -> Recording:
    lines = b"".join(
        mark_line(entry)
        if isinstance(entry, Line)
        else frame_lines(entry[0], 1, PUBLIC, [entry[1]])
        for entry in (BEGUN, *entries)
    )
    return parse_recording(lines.split(b"\n"))


def test_breaks_stand_between_the_frames() -> None:
    """Each with its time and code."""
    recording = recorded(
        told(100, Mark.CONNECTED),
        (101, TRADE),
        told(102, Mark.LOST, code=1006),
        told(102.5, Mark.LOST, PRIVATE),
        told(103, Mark.CONNECTED),
        (104, TRADE),
        told(105, Mark.CONNECTED, PRIVATE),
        (106, BOOK),
        told(106, Mark.ENDED),
    )

    first, second, third = recording.frames
    assert recording.cues == (
        first,
        Break(1.0, PUBLIC, is_over=False, code=1006),
        Break(1.5, PRIVATE, is_over=False),
        Break(2.0, PUBLIC, is_over=True),
        second,
        Break(4.0, PRIVATE, is_over=True),
        third,
    )


def test_breaks_before_the_first_frame_and_after_the_last_are_none() -> None:
    """A replay begins and ends connected."""
    recording = recorded(
        told(100, Mark.CONNECTED),
        told(101, Mark.LOST),
        told(102, Mark.CONNECTED),
        (103, TRADE),
        told(104, Mark.LOST, code=1006),
        told(105, Mark.CONNECTED),
        told(106, Mark.LOST),
    )

    assert recording.cues == recording.frames
    assert recording.duration_s == 0.0


def test_frames_that_nobody_reads_are_kept_where_a_recorder_wrote_them() -> None:
    """Half a frame is what came; in a file of plain lines it is a mistake."""
    half = TRADE[:40]
    recording = recorded((101, half), (102, TRADE), (103, b'{"type":"weather","code":"KRW-BTC"}'))

    assert [frame.payload for frame in recording.frames][:2] == [half, TRADE]
    assert [frame.event is None for frame in recording.frames] == [True, False, True]
    assert recording.codes == ("KRW-LAMB",)
    with pytest.raises(RecordingError, match="holds no frames"):
        recorded((101, half))


def test_frames_left_out_are_counted() -> None:
    left_out = [Line(recv_ts=101, mark=Mark.LEFT_OUT, count=count) for count in (7, 5)]

    assert recorded((100, TRADE), *left_out).left_out == 12


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (b'{"recv_ts":1,"mark":"begun","version":2}', "later version"),
        (b'{"recv_ts":1,"mark":"danced"}', "danced"),
        (b'{"recv_ts":1}', "not what the documents say"),
    ],
)
def test_a_recorders_line_may_be_wrong_too(wrong: bytes, said: str) -> None:
    with pytest.raises(RecordingError, match=said) as caught:
        parse_recording([mark_line(BEGUN), wrong, line(1, TRADE)])

    assert caught.value.line == 2


def test_a_torn_file_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """And tells how much of it was not read."""
    path = tmp_path / "session"
    blocks = [pack(mark_line(BEGUN)), *(pack(frame_lines(n, 1, PUBLIC, [TRADE])) for n in range(3))]
    path.write_bytes(b"".join(blocks)[:-9])

    recording = read_recording(path)

    assert len(recording.frames) == 2
    assert recording.unread_bytes == len(blocks[-1]) - 9
    path.write_bytes(b"".join(blocks))
    assert len(read_recording(path).frames) == 3
    assert read_recording(path).unread_bytes == 0
