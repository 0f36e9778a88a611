"""Recordings read from lines, every way in which a line can be wrong, and files. Tests only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from upbit_ws_qt.errors import RecordingError
from upbit_ws_qt.events import OrderbookEvent, TradeEvent
from upbit_ws_qt.simulator.replay.recording import parse_recording, read_recording

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
