"""A recording read from a file: its frames as they were spelled, and when each arrived. No Qt.

Two kinds of files are read: what ``manager.record(path)`` writes (see ``upbit_ws_qt.recording``),
and plain lines of JSON: ``{"recv_ts": seconds since 1970, "frame": {…}}``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeAlias

import msgspec

from upbit_ws_qt.errors import DecodeError, RecordingError
from upbit_ws_qt.events import ConnectionType, MarketEvent, Stamp
from upbit_ws_qt.recording import MAGIC, VERSION, BlockReader, Line, Mark
from upbit_ws_qt.wire import DataEvent, decode_frame

__all__ = ["Break", "Cue", "RecordedFrame", "Recording", "parse_recording", "read_recording"]

# The longest frame is a book of thirty rows, below 4 kB; what has no line ends is no recording.
_LONGEST_LINE = 1024 * 1024
_CHUNK = 64 * 1024
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class RecordedFrame(NamedTuple):
    """One frame: seconds since the first one, its bytes as they were, and what they say.

    ``event`` is None where nobody here can read it; a recording keeps such frames too.
    """

    at_s: float
    payload: bytes
    event: DataEvent | None
    connection: ConnectionType = ConnectionType.PUBLIC


class Break(NamedTuple):
    """Where the recorded connection ended, or was there again (``is_over``).

    ``code`` is the WebSocket's close code of its end; None where the recording side closed it.
    """

    at_s: float
    connection: ConnectionType
    is_over: bool
    code: int | None = None


Cue: TypeAlias = RecordedFrame | Break


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording in the order of arrival.

    Attributes:
        frames: all data frames; at least one.
        codes: the market codes in it, the one with the most frames first.
        cues: the frames with the breaks between them.
        left_out: frames that came too fast to be written, so that they are missing.
        unread_bytes: at the end of the file, which are no whole block: its writer was killed, or
            the file is damaged there.
    """

    frames: tuple[RecordedFrame, ...]
    codes: tuple[str, ...]
    cues: tuple[Cue, ...]
    left_out: int = 0
    unread_bytes: int = 0

    @property
    def duration_s(self) -> float:
        """From the first frame to the last."""
        return self.frames[-1].at_s


_line_decoder = msgspec.json.Decoder(Line)


def read_recording(path: str | PathLike[str]) -> Recording:
    """Read and check a whole recording.

    What was written by a process that was killed is read as far as it goes.

    Raises:
        RecordingError: the file cannot be read, or a line of it is wrong; ``line`` is its number.
    """
    try:
        with Path(path).open("rb") as file:
            packed = file.read(len(MAGIC)) == MAGIC
            file.seek(0)
            if not packed:
                return parse_recording(_lines(file))
            blocks = BlockReader(iter(lambda: file.read(_CHUNK), b""))
            recording = parse_recording(line for block in blocks for line in block.split(b"\n"))
            return replace(recording, unread_bytes=blocks.unread)
    except OSError as error:
        raise RecordingError(f"the recording cannot be read: {error.strerror}") from error


def parse_recording(lines: Iterable[bytes]) -> Recording:
    """Make a recording of its lines; empty ones are passed over.

    Answers to requests (errors, status) are left out: they belong to a connection that is gone.
    Where the arrival times step back, as a clock that was set does, the frame comes at once.

    Raises:
        RecordingError: a line is wrong, or there is no frame at all.
    """
    reader = _Reader()
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                reader.read(line, number)
            except DecodeError as error:
                raise RecordingError(f"line {number} of the recording: {error}", number) from error
            except _UNREADABLE as error:
                expected = '{"recv_ts": seconds, "frame": {…}}'
                message = f"line {number} of the recording is not {expected}: {error}"
                raise RecordingError(message, number) from error
    return reader.recording()


# State: what was read so far, when the first and the latest frame came, whether a recorder wrote
# the lines, and which connections are away.
class _Reader:
    def __init__(self) -> None:
        self._frames: list[RecordedFrame] = []
        self._cues: list[Cue] = []
        self._left_out = 0
        self._first = self._latest = 0.0
        self._was_recorded = False
        self._away: set[ConnectionType] = set()

    def read(self, text: bytes, number: int) -> None:
        line = _line_decoder.decode(text)
        if line.mark is not None:
            self._mark(line, line.mark, number)
            return
        payload = bytes(line.frame) if line.broken is None else line.broken
        try:
            event = decode_frame(payload, Stamp())
        except DecodeError:
            # A recorder writes down what came, whatever it was.
            if not self._was_recorded or not (payload or line.broken is not None):
                raise
            event = None
        if event is not None and not isinstance(event, DataEvent):
            return
        if not self._frames:
            self._first = self._latest = line.recv_ts
        frame = RecordedFrame(self._at_s(line), payload, event, line.connection)
        self._frames.append(frame)
        self._cues.append(frame)

    def _mark(self, line: Line, mark: Mark, number: int) -> None:
        kind = line.connection
        if mark is Mark.BEGUN:
            self._was_recorded = True
            if line.version > VERSION:
                raise RecordingError(
                    f"the recording was made by a later version of this program: its lines are "
                    f"of version {line.version}, and those up to {VERSION} are known here",
                    number,
                )
        elif mark is Mark.LEFT_OUT:
            self._left_out += line.count
        elif mark is Mark.LOST and self._frames:
            self._away.add(kind)
            self._cues.append(Break(self._at_s(line), kind, is_over=False, code=line.code))
        elif mark is Mark.CONNECTED and kind in self._away:
            self._away.remove(kind)
            self._cues.append(Break(self._at_s(line), kind, is_over=True))

    def _at_s(self, line: Line) -> float:
        self._latest = max(self._latest, line.recv_ts)
        return self._latest - self._first

    def recording(self) -> Recording:
        if not any(frame.event for frame in self._frames):
            raise RecordingError("the recording holds no frames")
        # It ends with the last frame: a replay stays where the recording was still connected.
        while isinstance(self._cues[-1], Break):
            self._cues.pop()
        counts = Counter(
            frame.event.code
            for frame in self._frames
            if isinstance(frame.event, MarketEvent) and frame.connection is ConnectionType.PUBLIC
        )
        codes = tuple(code for code, _ in counts.most_common())
        return Recording(tuple(self._frames), codes, tuple(self._cues), self._left_out)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE:
            raise RecordingError(f"line {number} of the recording is too long for a frame", number)
        yield line
