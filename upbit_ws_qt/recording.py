"""How a session is written down: lines of JSON, packed into blocks that stand alone. Pure.

A recording is a gzip file, so ``zcat`` shows it. Each of its members is one block of whole lines
and can be read without any other: a process that is killed loses no more than the block it was
about to write. One line is one :class:`Line`::

    {"recv_ts":1790000000.5,"mark":"begun","version":1,"private":false}
    {"recv_ts":1790000000.5,"mark":"connected","epoch":1,"connection":"public"}
    {"recv_ts":1790000000.6,"epoch":1,"connection":"public","frame":{"type":"trade",…}}
    {"recv_ts":1790000007.1,"mark":"lost","epoch":1,"connection":"public","code":1006}
    {"recv_ts":1790000009.9,"mark":"ended"}
"""

from __future__ import annotations

import enum
import zlib
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from upbit_ws_qt.event_roots import ConnectionType

__all__ = ["MAGIC", "VERSION", "BlockReader", "Line", "Mark", "frame_lines", "line", "pack"]

#: What a packed recording begins with.
MAGIC = b"\x1f\x8b"
#: Of the lines; a file of a later one is not guessed at.
VERSION = 1

# For zlib: gzip's own head and check sum.
_GZIP = 31
# Nine tenths of what the highest level saves, for half its time.
_LEVEL = 3
# Far more than is ever put into one block; more would be no recording.
_LARGEST_BLOCK = 64 * 1024 * 1024


class Mark(enum.StrEnum):
    """What happened beside the frames.

    ``LEFT_OUT`` says that ``count`` frames came too fast to be written.
    """

    BEGUN = "begun"
    CONNECTED = "connected"
    LOST = "lost"
    LEFT_OUT = "left_out"
    ENDED = "ended"


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line: a frame, or a mark.

    Attributes:
        recv_ts: when it arrived, in seconds since 1970 by the local clock.
        frame: what came, as it was spelled; empty on other lines.
        broken: what came, where it was not JSON of one line; None on other lines.
        mark: what happened; None on the lines of frames.
        epoch: counts the connections of its kind.
        connection: which of the two it was.
        code: the WebSocket's close code of a lost connection; None where we closed it ourselves.
        count: the frames that are left out here.
        version: of the lines that follow; 0 but on the first.
        private: whether the private connection was recorded as well.
    """

    recv_ts: float
    frame: msgspec.Raw = msgspec.Raw()
    broken: bytes | None = None
    mark: Mark | None = None
    epoch: int = 0
    connection: ConnectionType = ConnectionType.PUBLIC
    code: int | None = None
    count: int = 0
    version: int = 0
    private: bool = False


_raw = msgspec.json.Decoder(msgspec.Raw)
_encoder = msgspec.json.Encoder()


def line(entry: Line) -> bytes:
    """A line with its end."""
    return _encoder.encode(entry) + b"\n"


def frame_lines(
    recv_ts: float, epoch: int, connection: ConnectionType, messages: Sequence[bytes]
) -> bytes:
    """The lines of messages that came with one read; at least one.

    They are put in as they were spelled. What is not JSON of one line, such as half a frame, is
    written in base64 as ``broken``.
    """
    head = b'{"recv_ts":%.6f,"epoch":%d,"connection":"%b",' % (
        recv_ts,
        epoch,
        connection.value.encode(),
    )
    opening = head + b'"frame":'
    if all(map(_fits, messages)):
        return opening + (b"}\n" + opening).join(messages) + b"}\n"
    return b"".join(
        opening + message + b"}\n"
        if _fits(message)
        else head + b'"broken":"' + b64encode(message) + b'"}\n'
        for message in messages
    )


def _fits(message: bytes) -> bool:
    """Whether it can stand in a line and is read back byte by byte."""
    if b"\n" in message:
        return False
    try:
        # Spaces around it would not come back.
        return len(bytes(_raw.decode(message))) == len(message)
    except (msgspec.DecodeError, RecursionError):
        return False


def pack(lines: bytes) -> bytes:
    """One block of whole lines."""
    return zlib.compress(lines, _LEVEL, wbits=_GZIP)


# State: the bytes that are no whole block.
class BlockReader:
    """The blocks of a recording, unpacked, in order; ends quietly at what is no whole block.

    Args:
        chunks: the file's bytes, in pieces of any size.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self.unread = 0

    def __iter__(self) -> Iterator[bytes]:
        """Each block's lines; afterwards ``unread`` tells how many bytes at the end were none."""
        inflate, parts, size = zlib.decompressobj(wbits=_GZIP), list[bytes](), 0
        for chunk in self._chunks:
            rest = chunk
            while rest:
                self.unread += len(rest)
                try:
                    part = inflate.decompress(rest, _LARGEST_BLOCK + 1)
                except zlib.error:
                    self._give_up()
                    return
                parts.append(part)
                size += len(part)
                if size > _LARGEST_BLOCK:
                    self._give_up()
                    return
                rest = inflate.unused_data
                if inflate.eof:
                    self.unread = 0
                    yield b"".join(parts)
                    inflate, parts, size = zlib.decompressobj(wbits=_GZIP), [], 0

    def _give_up(self) -> None:
        self.unread += sum(map(len, self._chunks))
