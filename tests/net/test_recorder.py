"""The recorder: what it writes, when, and what becomes of a disk that fails or is slow."""

from __future__ import annotations

import asyncio
import gc
import io
import os
import stat
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from upbit_ws_qt.actions import Instant
from upbit_ws_qt.errors import ConnectionLost, RecordingError
from upbit_ws_qt.events import ConnectionType
from upbit_ws_qt.net import recorder as recorder_module
from upbit_ws_qt.net.connection import Line, SocketDriver
from upbit_ws_qt.net.recorder import Recorder
from upbit_ws_qt.probe import ProbeProtocol
from upbit_ws_qt.ratelimit import GlobalRateLimiter
from upbit_ws_qt.simulator.replay.recording import Break, Recording, read_recording

PUBLIC, PRIVATE = ConnectionType.PUBLIC, ConnectionType.PRIVATE
LIMIT_S = 20.0
"""Far more than anything here takes; what hangs fails."""


def trade(number: int) -> bytes:
    return (
        b'{"type":"trade","code":"KRW-BTC","timestamp":1,"trade_price":1.0,"trade_volume":1.0,'
        b'"ask_bid":"BID","sequential_id":%d}' % number
    )


def numbers(recording: Recording) -> list[int]:
    return [frame.event.sequential_id for frame in recording.frames]  # type: ignore[union-attr]


def driver() -> SocketDriver[ProbeProtocol]:
    """A connection that is not open; its taps are what is tested."""
    protocol = ProbeProtocol(1.0, lambda: "ticket", _never)
    line = Line("ws://127.0.0.1:9/", GlobalRateLimiter(), asyncio.get_event_loop, _never)
    return SocketDriver(protocol, line)


def _never(*_: Any) -> Any:
    raise AssertionError("nothing is dialled or judged here")


class Desk:
    """A connection with a recorder, and times that are numbers."""

    def __init__(self, recorder: Recorder, connection: ConnectionType = PUBLIC) -> None:
        self.epoch = 1
        self.driver = driver()
        recorder.listen(self.driver, connection, lambda: self.epoch)

    def receive(self, at_s: float, *messages: bytes) -> None:
        for tap in self.driver.taps:
            tap.received(messages, Instant(at_s, at_s))

    def lose(self, at_s: float, code: int | None) -> None:
        error = None if code is None else ConnectionLost(code, "a reason", self.epoch)
        for tap in self.driver.taps:
            tap.lost(error, Instant(at_s, at_s))

    def connect(self, at_s: float) -> None:
        self.epoch += 1
        for tap in self.driver.taps:
            tap.connected(Instant(at_s, at_s))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "session.rec"


def test_what_came_is_read_back_in_order(path: Path) -> None:
    """With its times, and the breaks of the connection in between."""
    with Recorder(path) as recorder:
        desk = Desk(recorder)
        desk.receive(10.0, trade(1), trade(2))
        desk.receive(10.5)
        desk.lose(11.0, 1006)
        desk.connect(12.5)
        desk.receive(13.0, trade(3))
    recording = read_recording(path)

    assert numbers(recording) == [1, 2, 3]
    assert [frame.at_s for frame in recording.frames] == [0.0, 0.0, 3.0]
    assert [cue for cue in recording.cues if isinstance(cue, Break)] == [
        Break(1.0, PUBLIC, is_over=False, code=1006),
        Break(2.5, PUBLIC, is_over=True),
    ]
    assert (recording.left_out, recording.unread_bytes) == (0, 0)


def test_statistics_agree_with_the_file(path: Path) -> None:
    with Recorder(path) as recorder:
        Desk(recorder).receive(10.0, *map(trade, range(100)))
    told = recorder.statistics()

    assert told.frames == 100
    assert told.waiting_bytes == told.left_out == 0
    assert told.written_bytes == path.stat().st_size
    assert told.blocks == 2


def test_the_end_is_final(path: Path) -> None:
    """Any number of times; nothing is taken in afterwards, and the connection is let go."""
    recorder = Recorder(path)
    desk = Desk(recorder)
    [tap] = desk.driver.taps
    assert recorder.is_running
    desk.receive(10.0, trade(1))
    recorder.stop()
    size = path.stat().st_size
    recorder.stop()

    assert not recorder.is_running
    assert recorder.error is None
    assert desk.driver.taps == ()
    tap.received([trade(2)], Instant(11.0, 11.0))
    tap.lost(None, Instant(11.0, 11.0))
    recorder.stop()
    assert path.stat().st_size == size
    assert recorder.statistics().frames == 1


def test_two_recordings_of_one_connection_are_apart(tmp_path: Path) -> None:
    first, second = Recorder(tmp_path / "1"), Recorder(tmp_path / "2")
    desk = Desk(first)
    second.listen(desk.driver, PUBLIC, lambda: 1)
    desk.receive(10.0, trade(1))
    first.stop()
    desk.receive(11.0, trade(2))
    second.stop()

    assert numbers(read_recording(tmp_path / "1")) == [1]
    assert numbers(read_recording(tmp_path / "2")) == [1, 2]


def test_a_recording_nobody_keeps_goes_on_and_ends_with_its_connection(path: Path) -> None:
    desk = Desk(Recorder(path))
    [tap] = desk.driver.taps
    recorder = weakref.ref(tap.recorder)  # type: ignore[attr-defined]
    del tap
    gc.collect()
    desk.receive(10.0, trade(1))
    assert recorder() is not None
    del desk
    gc.collect()

    assert recorder() is None
    assert numbers(read_recording(path)) == [1]
    assert all(thread.name != "recorder" for thread in threading.enumerate())


# -- files ----------------------------------------------------------------------------------------


def test_no_file_is_overwritten(path: Path) -> None:
    path.write_text("dear to somebody", encoding="utf-8")

    with pytest.raises(RecordingError, match="another name"):
        Recorder(path)
    assert path.read_text(encoding="utf-8") == "dear to somebody"


@pytest.mark.parametrize("name", ["", "absent/session.rec"])
def test_where_no_file_can_be_made_it_is_said_at_once(tmp_path: Path, name: str) -> None:
    """Without naming the place: the caller knows it, and the message may be shown to anybody."""
    with pytest.raises(RecordingError) as caught:
        Recorder(tmp_path / name)

    assert str(tmp_path) not in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights on files")
@pytest.mark.parametrize(("private", "rights"), [(True, 0), (False, 0o044)])
def test_an_account_is_for_its_owners_eyes(path: Path, private: bool, rights: int) -> None:
    mask = os.umask(0o022)
    try:
        Recorder(path, private=private).stop()
    finally:
        os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == rights


class Disk(io.BytesIO):
    """A file on a disk that is full after some bytes, or slow until it is told otherwise."""

    def __init__(self, room: int = 1 << 40) -> None:
        super().__init__()
        self.room = room
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.is_stuck = threading.Event()
        self.kept = b""

    def write(self, data: Any) -> int:
        if not self.goes_on.is_set():
            self.is_stuck.set()
            assert self.goes_on.wait(LIMIT_S)
        if self.tell() + len(data) > self.room:
            raise OSError(28, "No space left on device")
        return super().write(data)

    def close(self) -> None:
        self.kept = self.getvalue()
        super().close()


def on(disk: Disk) -> Callable[[Path, bool], BinaryIO]:
    def create(path: Path, private: bool) -> BinaryIO:
        return disk

    return create


def read_back(disk: Disk, path: Path) -> Recording:
    path.write_bytes(disk.kept)
    return read_recording(path)


def test_a_full_disk_ends_the_recording_and_is_told_once(path: Path) -> None:
    """The frames go on, unrecorded; what was written before can be read."""
    disk, told, heard = Disk(room=2_000), threading.Event(), list[RecordingError]()

    def failed(error: RecordingError) -> None:
        heard.append(error)
        told.set()

    recorder = Recorder(path, failed=failed, create=on(disk))
    desk = Desk(recorder)
    # Noise, as what compresses well would find room.
    big = [b'{"type":"trade","x":"%b"}' % os.urandom(400_000).hex().encode()]
    desk.receive(10.0, trade(1))
    recorder._writer._wake.set()
    while recorder.statistics().waiting_bytes:
        assert not told.wait(0.01)
    desk.receive(11.0, *big)
    assert told.wait(LIMIT_S)

    assert not recorder.is_running
    assert recorder.error is heard[0]
    assert "No space left" in str(heard[0])
    desk.receive(12.0, trade(2))
    recorder.stop()
    assert len(heard) == 1
    assert recorder.statistics().waiting_bytes == 0
    assert numbers(read_back(disk, path)) == [1]


def test_a_disk_that_is_full_at_once_is_said_at_the_call(path: Path) -> None:
    with pytest.raises(RecordingError, match="No space left"):
        Recorder(path, create=on(Disk(room=0)))


class FullAtTheEnd(Disk):
    """Says only at the close that it could not keep what it took, as network disks do."""

    def close(self) -> None:
        if not self.closed:
            super().close()
            raise OSError(28, "No space left on device")


def test_a_disk_that_fails_at_the_close_is_told_too(path: Path) -> None:
    heard: list[RecordingError] = []
    recorder = Recorder(path, failed=heard.append, create=on(FullAtTheEnd()))
    recorder.stop()

    assert [recorder.error] == heard
    assert "No space left" in str(recorder.error)


def test_a_slow_disk_holds_up_nobody_and_what_is_left_out_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the statistics and, where it was left out, in the file."""
    monkeypatch.setattr(recorder_module, "MOST_WAITING", 5 * len(trade(1)))
    disk = Disk()
    recorder = Recorder(path, create=on(disk))
    desk = Desk(recorder)
    disk.goes_on.clear()
    desk.receive(10.0, trade(1))
    recorder._writer._wake.set()
    assert disk.is_stuck.wait(LIMIT_S)
    for number in range(2, 9):
        desk.receive(11.0, trade(number))
    assert recorder.statistics().left_out == 3
    disk.goes_on.set()
    while recorder.statistics().waiting_bytes:
        recorder._writer._wake.set()
        assert recorder.is_running
    desk.receive(12.0, trade(9))
    recorder.stop()
    recording = read_back(disk, path)

    assert numbers(recording) == [1, 2, 3, 4, 5, 9]
    assert recording.left_out == recorder.statistics().left_out == 3


# -- the end of the process -----------------------------------------------------------------------

RECORDS = """
import os, sys
sys.path.insert(0, {root!r})
from tests.net.test_recorder import Desk, trade
from upbit_ws_qt.net.recorder import Recorder
recorder = Recorder(sys.argv[1])
desk = Desk(recorder)
for number in range(1, 5000):
    desk.receive(number / 1000, trade(number), os.urandom(100))
while recorder.statistics().waiting_bytes:
    pass
# A block that is smaller than any buffer.
desk.receive(5.0, trade(5000))
while recorder.statistics().waiting_bytes:
    pass
desk.receive(9.0, trade(5001))
{end}
"""


@pytest.mark.parametrize("end", ["os._exit(9)", "sys.exit(0)"], ids=["killed", "ended"])
def test_what_the_end_of_the_process_costs(path: Path, end: str) -> None:
    """Killed: what waited less than a second. Ended in peace: nothing. Nobody calls ``stop``."""
    code = RECORDS.format(root=str(Path(__file__).resolve().parents[2]), end=end)
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=120
    )
    assert done.stderr == ""
    recording = read_recording(path)
    got = [f.event.sequential_id for f in recording.frames if f.event]  # type: ignore[union-attr]

    killed = done.returncode == 9
    assert killed is ("_exit" in end)
    assert got == list(range(1, 5001 if killed else 5002))
    assert recording.unread_bytes == 0


def test_every_kind_of_message_may_come(path: Path) -> None:
    """Whatever a server sends is written, and nothing of it disturbs what follows."""
    strange: Sequence[bytes] = [b"", b"\n", b"\x00\xff", b'{"type":"trade"', b"null", trade(1)]
    with Recorder(path) as recorder:
        Desk(recorder).receive(1.0, *strange)
    payloads = [frame.payload for frame in read_recording(path).frames]

    assert payloads[-1] == trade(1)
    assert {b"\n", b"\x00\xff", b'{"type":"trade"'} <= set(payloads)
