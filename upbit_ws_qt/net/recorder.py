"""Writes what connections receive to a file, from a thread of its own. No Qt.

Whoever reads a socket only appends to a list. Once a second, or when much has come, the thread puts
it into lines, packs them as one block and hands that to the system: what was handed over survives
the end of the process, however it ends.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple, Self

from upbit_ws_qt.actions import Instant
from upbit_ws_qt.errors import ConnectionLost, RecordingError, UpbitError
from upbit_ws_qt.event_roots import ConnectionType
from upbit_ws_qt.recording import VERSION, Line, Mark, frame_lines, line, pack

from .connection import SocketDriver

__all__ = ["Recorder", "RecorderStatistics"]

#: What a killed process loses at most.
FLUSH_S = 1.0
#: A block is written before the second is over when so much has come, so that compressing it, and
#: looking at each frame, are many short pieces of work.
BLOCK_BYTES = 256 * 1024
#: What waits for a slow disk at most; what comes beyond it is left out and counted.
MOST_WAITING = 64 * 1024 * 1024
# So long the caller of `stop` waits for the disk. The manager has 2 s to stop altogether.
_STOP_S = 1.0

Create = Callable[[Path, bool], BinaryIO]


@dataclass(frozen=True, slots=True)
class RecorderStatistics:
    """What a recording has counted.

    Attributes:
        frames: taken in to be written.
        left_out: frames that came faster than they could be written, and are missing.
        waiting_bytes: of frames that are not written yet.
        blocks: written.
        written_bytes: the size of the file.
    """

    frames: int
    left_out: int
    waiting_bytes: int
    blocks: int
    written_bytes: int


class _Arrival(NamedTuple):
    """The messages of one read."""

    recv_ts: float
    epoch: int
    connection: ConnectionType
    messages: Sequence[bytes]


# State: the file with what was written; under the lock, what waits with its size, how many frames
# came and were left out, how many of these the file does not tell yet, and whether it is the end;
# what went wrong.
class _Writer:
    """The thread and what it shares with those who put something in."""

    def __init__(self, file: BinaryIO, failed: Callable[[RecordingError], object]) -> None:
        self.error: RecordingError | None = None
        self.frames = self.left_out = self.waiting_bytes = 0
        self.blocks = self.written_bytes = 0
        self._file = file
        self._failed = failed
        # Reentrant: the collector may end a recorder in this thread, anywhere.
        self._lock = threading.RLock()
        self._waiting: list[_Arrival | Line] = []
        self._untold = 0
        self._fresh = 0
        self._closing = False
        self._wake = threading.Event()
        # A disk that does not answer must not keep the program from ending.
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    @property
    def is_open(self) -> bool:
        return not self._closing and self.error is None

    def start(self, begun: Line) -> None:
        """Write the first line and go on in the thread.

        Raises:
            OSError: it cannot be written.
        """
        try:
            self._write(line(begun))
        except OSError:
            self._close()
            raise
        self._thread.start()

    def put(self, arrival: _Arrival) -> None:
        count, size = len(arrival.messages), sum(map(len, arrival.messages))
        with self._lock:
            if not self.is_open:
                return
            if self.waiting_bytes + size > MOST_WAITING:
                self.left_out += count
                self._untold += count
                return
            self._tell_left_out(arrival.recv_ts)
            self._waiting.append(arrival)
            self.frames += count
            self.waiting_bytes += size
            self._fresh += size
            if self._fresh < BLOCK_BYTES:
                return
            self._fresh = 0
        self._wake.set()

    def mark(self, mark: Line) -> None:
        """Marks are few and small, and are never left out."""
        with self._lock:
            if self.is_open:
                self._tell_left_out(mark.recv_ts)
                self._waiting.append(mark)

    def finish(self, ended: Line | None = None) -> None:
        """Write what waits and close the file; twice is harmless."""
        with self._lock:
            if self.is_open:
                ended = ended or Line(recv_ts=time.time(), mark=Mark.ENDED)
                self._tell_left_out(ended.recv_ts)
                self._waiting.append(ended)
            self._closing = True
        self._wake.set()
        if self._thread is not threading.current_thread():
            self._thread.join(_STOP_S)

    def _tell_left_out(self, recv_ts: float) -> None:
        if self._untold:
            self._waiting.append(Line(recv_ts=recv_ts, mark=Mark.LEFT_OUT, count=self._untold))
            self._untold = 0

    # -- in the thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while self._turn():
                self._wake.wait(FLUSH_S)
                self._wake.clear()
        except OSError as error:
            self.error = _not_written(error)
            with self._lock:
                self._waiting.clear()
                self.waiting_bytes = 0
        self._close()
        if self.error is not None:
            self._failed(self.error)

    def _turn(self) -> bool:
        """Write all that waits; returns whether there is to be another turn."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
            self._fresh = 0
            closing = self._closing
        block, size, written = list[bytes](), 0, 0
        for entry in waiting:
            if isinstance(entry, Line):
                lines = line(entry)
            else:
                lines = frame_lines(*entry)
                written += sum(map(len, entry.messages))
            block.append(lines)
            size += len(lines)
            if size >= BLOCK_BYTES:
                self._end_block(block, written)
                block, size, written = [], 0, 0
        if block:
            self._end_block(block, written)
        return not closing

    def _end_block(self, block: list[bytes], written: int) -> None:
        self._write(b"".join(block))
        with self._lock:
            self.waiting_bytes -= written

    def _write(self, lines: bytes) -> None:
        packed = pack(lines)
        self._file.write(packed)
        self._file.flush()
        self.blocks += 1
        self.written_bytes += len(packed)

    def _close(self) -> None:
        try:
            self._file.close()
        except OSError as error:
            # Closing writes what a failed write has left; that says the same once more.
            self.error = self.error or _not_written(error)


# State: the writer, and the connections that are listened to.
class Recorder:
    """A recording that is being written; it goes on until :meth:`stop`, or the end of its manager.

    Made by ``manager.record(path)``. Usable as ``with manager.record(path) as recorder:``. Whether
    anybody keeps it makes no difference.

    Args:
        path: the file, which must not exist yet.
        private: whether the private connection is recorded as well. Its frames hold balances and
            orders. Keys and tokens are never written: they are in no frame.
        failed: hears in another thread that the file cannot be written any further.
        create: makes the file, given whether it is private.

    Raises:
        RecordingError: the file cannot be made.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        private: bool = False,
        failed: Callable[[RecordingError], object] = lambda _: None,
        create: Create | None = None,
    ) -> None:
        self.is_private = private
        begun = Line(recv_ts=time.time(), mark=Mark.BEGUN, version=VERSION, private=private)
        try:
            self._writer = _Writer((create or _create)(Path(path), private), failed)
            self._writer.start(begun)
        except OSError as error:
            raise _not_written(error) from error
        self._drivers: list[weakref.ref[SocketDriver[Any]]] = []
        # At the interpreter's end as well: what waits is written.
        weakref.finalize(self, self._writer.finish)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def is_running(self) -> bool:
        """Whether what comes is still written."""
        return self._writer.is_open

    @property
    def error(self) -> RecordingError | None:
        """Why it ended by itself, such as a full disk; None otherwise."""
        return self._writer.error

    def stop(self) -> None:
        """Write what waits, and end; may be called any number of times.

        Where the disk is slow this waits for a second, and the rest is written behind it.
        """
        for reference in self._drivers:
            driver = reference()
            if driver is not None:
                driver.taps = tuple(tap for tap in driver.taps if not self._owns(tap))
        self._drivers.clear()
        self._writer.finish()

    def statistics(self) -> RecorderStatistics:
        """What was counted so far."""
        writer = self._writer
        return RecorderStatistics(
            frames=writer.frames,
            left_out=writer.left_out,
            waiting_bytes=writer.waiting_bytes,
            blocks=writer.blocks,
            written_bytes=writer.written_bytes,
        )

    def listen(
        self, driver: SocketDriver[Any], connection: ConnectionType, epoch: Callable[[], int]
    ) -> None:
        """Record what this connection receives from now on.

        Args:
            driver: the connection at work.
            connection: which of the two it is; the private one only of a private recording.
            epoch: the number of the connection that is open now.
        """
        tap = _RecorderTap(self, self._writer, connection, epoch)
        driver.taps = (*driver.taps, tap)
        self._drivers.append(weakref.ref(driver))
        if driver.is_open:
            tap.connected(Instant(time.monotonic(), time.time()))

    def _owns(self, tap: object) -> bool:
        return isinstance(tap, _RecorderTap) and tap.recorder is self


# State: the number of the connection. It keeps the recorder, so that a recording nobody keeps goes
# on.
class _RecorderTap:
    """Listens to one connection."""

    def __init__(
        self,
        recorder: Recorder,
        writer: _Writer,
        connection: ConnectionType,
        epoch: Callable[[], int],
    ) -> None:
        self.recorder = recorder
        self._writer = writer
        self._connection = connection
        self._current_epoch = epoch
        self._epoch = epoch()

    def connected(self, at: Instant) -> None:
        self._epoch = self._current_epoch()
        self._mark(Mark.CONNECTED, at)

    def received(self, messages: Sequence[bytes], at: Instant) -> None:
        # A read that ends in the middle of a message brings none.
        if messages:
            self._writer.put(_Arrival(at.wall, self._epoch, self._connection, messages))

    def lost(self, error: UpbitError | None, at: Instant) -> None:
        # The number alone: the reason is text from elsewhere.
        self._mark(Mark.LOST, at, error.code if isinstance(error, ConnectionLost) else None)

    def _mark(self, mark: Mark, at: Instant, code: int | None = None) -> None:
        self._writer.mark(
            Line(
                recv_ts=at.wall,
                mark=mark,
                epoch=self._epoch,
                connection=self._connection,
                code=code,
            )
        )


def _create(path: Path, private: bool) -> BinaryIO:
    """A new file; nobody's recording is overwritten. An account's is its owner's alone."""
    mode = 0o600 if private else 0o666
    # `Path.open` takes no opener.
    return open(path, "xb", opener=lambda name, flags: os.open(name, flags, mode))


def _not_written(error: OSError) -> RecordingError:
    if isinstance(error, FileExistsError):
        return RecordingError(
            "the recording cannot be written: there is such a file already; choose another name"
        )
    return RecordingError(f"the recording cannot be written: {error.strerror or error}")
