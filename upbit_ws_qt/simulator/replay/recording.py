"""A recording read from a file: its frames as they were spelled, and when each arrived. No Qt.

One JSON object a line: ``{"recv_ts": seconds since 1970, "frame": {…}}``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from upbit_ws_qt.errors import DecodeError, RecordingError
from upbit_ws_qt.events import MarketEvent, Stamp
from upbit_ws_qt.wire import decode_frame

__all__ = ["RecordedFrame", "Recording", "parse_recording", "read_recording"]

# The longest frame is a book of thirty rows, below 4 kB; what has no line ends is no recording.
_LONGEST_LINE = 1024 * 1024
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class RecordedFrame(NamedTuple):
    """One frame: seconds since the first one, its bytes as they were, and what they say."""

    at_s: float
    payload: bytes
    event: MarketEvent


@dataclass(frozen=True, slots=True)
class Recording:
    """All data frames of a recording in the order of arrival; at least one.

    ``codes`` are the market codes in it, the one with the most frames first.
    """

    frames: tuple[RecordedFrame, ...]
    codes: tuple[str, ...]

    @property
    def duration_s(self) -> float:
        """From the first frame to the last."""
        return self.frames[-1].at_s


class _Line(msgspec.Struct):
    recv_ts: float
    frame: msgspec.Raw


_line_decoder = msgspec.json.Decoder(_Line)


def read_recording(path: str | PathLike[str]) -> Recording:
    """Read and check a whole recording.

    Raises:
        RecordingError: the file cannot be read, or a line of it is wrong; ``line`` is its number.
    """
    try:
        with Path(path).open("rb") as file:
            return parse_recording(_lines(file))
    except OSError as error:
        raise RecordingError(f"the recording cannot be read: {error.strerror}") from error


def parse_recording(lines: Iterable[bytes]) -> Recording:
    """Make a recording of its lines; empty ones are passed over.

    Answers to requests (errors, status) are left out: they belong to a connection that is gone.
    Where the arrival times step back, as a clock that was set does, the frame comes at once.

    Raises:
        RecordingError: a line is wrong, or there is no frame at all.
    """
    frames: list[RecordedFrame] = []
    first = latest = 0.0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        arrived, payload, event = _read_line(line, number)
        if event is None:
            continue
        if not frames:
            first = latest = arrived
        latest = max(latest, arrived)
        frames.append(RecordedFrame(latest - first, payload, event))
    if not frames:
        raise RecordingError("the recording holds no frames")
    counts = Counter(frame.event.code for frame in frames)
    return Recording(tuple(frames), tuple(code for code, _ in counts.most_common()))


def _read_line(line: bytes, number: int) -> tuple[float, bytes, MarketEvent | None]:
    try:
        read = _line_decoder.decode(line)
        payload = bytes(read.frame)
        event = decode_frame(payload, Stamp())
    except DecodeError as error:
        raise RecordingError(f"line {number} of the recording: {error}", number) from error
    except _UNREADABLE as error:
        expected = '{"recv_ts": seconds, "frame": {…}}'
        message = f"line {number} of the recording is not {expected}: {error}"
        raise RecordingError(message, number) from error
    return read.recv_ts, payload, event if isinstance(event, MarketEvent) else None


def _lines(file: BinaryIO) -> Iterator[bytes]:
    number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE:
            raise RecordingError(f"line {number} of the recording is too long for a frame", number)
        yield line
