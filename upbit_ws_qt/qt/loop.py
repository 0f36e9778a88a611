"""Qt's event loop as a hardened asyncio loop; the only importer of qasync. Qt.

qasync gives the class for each system. What is replaced here, and why:

* ``call_soon`` starts a Qt timer for each callback, which can reorder them and costs three times
  as much; here they wait in asyncio's own queue and one posted wake-up runs those present;
* ``call_later`` starts a Qt timer of integer milliseconds for each call, which fires early and
  stays when it is cancelled; here they wait in asyncio's own heap behind one precise timer;
* a socket's notifier is made anew at each pause of reading; here it is kept and switched;
* a nested ``exec()`` inside a task hangs every other task; here the task is set aside meanwhile;
* exception handlers and the default executor are asyncio's own again.

On Windows sockets stay with qasync's completion ports.
"""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import asyncio
import contextvars
import heapq
import logging
import math
import os
import socket
import threading
from collections import deque
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVarTuple

from PyQt6.QtCore import (
    QCoreApplication,
    QEventLoop,
    QObject,
    QSocketNotifier,
    Qt,
    QTimer,
    pyqtSignal,
)

from upbit_ws_qt.errors import InvalidState

from .entered import Entered
from .resolver import in_daemon_thread
from .watches import Watches

__all__ = ["FeedEventLoop", "exit_code", "is_qt_loop"]

_Args = TypeVarTuple("_Args")
logger = logging.getLogger("upbit_ws_qt")
_LONGEST_WAIT_S = 24 * 3600.0
_KEPT_CANCELLED_TIMERS = 100


def _import_qasync() -> ModuleType:
    """Import qasync for PyQt6, whatever ``QT_API`` says and whatever other Qt is loaded too."""
    chosen = os.environ.get("QT_API")
    os.environ["QT_API"] = "pyqt6"
    try:
        import qasync
    finally:
        if chosen is None:
            del os.environ["QT_API"]
        else:
            os.environ["QT_API"] = chosen
    if qasync.QtModuleName != "PyQt6":
        raise InvalidState(
            f"qasync must work with PyQt6 here, but was imported for {qasync.QtModuleName}; "
            "import upbit_ws_qt before qasync"
        )
    return qasync


_qasync = _import_qasync()

if TYPE_CHECKING:

    class _QtLoop(asyncio.SelectorEventLoop):
        """What asyncio and qasync have beside their documented methods."""

        slow_callback_duration: float
        _current_handle: asyncio.Handle | None
        _debug: bool
        _ready: deque[asyncio.Handle]
        _scheduled: list[asyncio.TimerHandle]
        _stopping: bool
        _thread_id: int | None
        _timer_cancelled_count: int
        _transports: dict[int, asyncio.WriteTransport]

        def __init__(self, app: QCoreApplication | None) -> None: ...
        def _after_run_forever(self) -> None: ...
        def _before_run_forever(self) -> None: ...
        def _check_closed(self) -> None: ...
        def _check_running(self) -> None: ...
        def _process_events(self, events: list[Any]) -> None: ...
        def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None: ...
        def _set_coroutine_origin_tracking(self, enabled: bool) -> None: ...
else:
    _QtLoop = _qasync.QEventLoop


def is_qt_loop(loop: asyncio.AbstractEventLoop | None) -> bool:
    """Whether ``loop`` is driven by Qt: ours, or one that the host made with qasync."""
    return isinstance(loop, (_qasync.QEventLoop, _qasync.QSelectorEventLoop))


class _Waker(QObject):
    """Its signal may be emitted in any thread and arrives in the GUI thread."""

    woken = pyqtSignal()


_run_handle = asyncio.Handle._run  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001


def exit_code(interruption: BaseException) -> int:
    """The exit code that Python gives for a ``SystemExit`` or ``KeyboardInterrupt``."""
    if not isinstance(interruption, SystemExit):
        return 130
    if interruption.code is None:
        return 0
    return interruption.code if isinstance(interruption.code, int) else 1


# State: whether a wake-up is on its way (`_woken`), the turns so far (`_turns`), when the timer
# fires (`_armed_for`), the descriptors (`_readers`, `_writers`), the Qt loop inside `run_forever`
# (`_qt_loop`) and what ended it (`interruption`). The queues `_ready` and `_scheduled` and
# the running thread `_thread_id` are asyncio's.
class FeedEventLoop(_QtLoop):
    """An asyncio loop that runs whenever Qt's event loop runs in the GUI thread.

    ``attach`` leaves running to the program's own ``app.exec()``: then asyncio's mark of the
    running loop is set only while callbacks run, so that ``asyncio.run`` works anywhere else.
    ``run_forever`` and ``run_until_complete`` run a Qt event loop of their own.
    """

    interruption: BaseException | None = None
    """The ``SystemExit`` or ``KeyboardInterrupt`` that a callback raised."""

    def __init__(self, app: QCoreApplication | None = None) -> None:
        # The constructor of asyncio's class already watches a descriptor.
        self._waker = _Waker()
        queued = Qt.ConnectionType.QueuedConnection
        self._waker.woken.connect(self._on_woken, queued)  # type: ignore[call-arg]
        self._woken = False
        self._turns = 0
        self._clock = QTimer()
        self._clock.setSingleShot(True)
        self._clock.setTimerType(Qt.TimerType.PreciseTimer)
        self._clock.timeout.connect(self._on_clock)
        self._armed_for = math.inf
        self._readers = Watches(QSocketNotifier.Type.Read, self._run_entered)
        self._writers = Watches(QSocketNotifier.Type.Write, self._run_entered)
        self._qt_loop: QEventLoop | None = None
        super().__init__(app)

    # qasync's versions of these keep state of their own; asyncio's do what the queues need.
    is_running = asyncio.BaseEventLoop.is_running
    run_until_complete = asyncio.BaseEventLoop.run_until_complete
    call_later = asyncio.BaseEventLoop.call_later
    call_soon_threadsafe = asyncio.BaseEventLoop.call_soon_threadsafe
    run_in_executor = asyncio.BaseEventLoop.run_in_executor
    set_default_executor = asyncio.BaseEventLoop.set_default_executor  # type: ignore[assignment]
    set_exception_handler = asyncio.BaseEventLoop.set_exception_handler
    default_exception_handler = asyncio.BaseEventLoop.default_exception_handler
    call_exception_handler = asyncio.BaseEventLoop.call_exception_handler

    # --- Running -----------------------------------------------------------------------------

    def attach(self) -> None:
        """Count as running from now on; whoever runs Qt's event loop runs this one."""
        self._check_closed()
        self._check_running()
        self._start()

    def detach(self) -> None:
        """Stop counting as running; callbacks that wait stay where they are."""
        if self.is_running():
            self._finish()

    def _start(self) -> None:
        self._thread_id = threading.get_ident()
        self._set_coroutine_origin_tracking(self._debug)
        self._before_run_forever()

    def _finish(self) -> None:
        self._after_run_forever()
        self._set_coroutine_origin_tracking(False)  # noqa: FBT003 - asyncio's signature
        self._thread_id = None

    def run_forever(self) -> None:
        """Run Qt's event loop until ``stop``.

        Raises:
            SystemExit, KeyboardInterrupt: a callback raised it.
        """
        self._check_closed()
        self._check_running()
        self._start()
        self._qt_loop = QEventLoop()
        try:
            with Entered(self):
                if self._stopping:
                    self.call_soon(self._qt_loop.quit)
                self._qt_loop.exec()
        finally:
            self._qt_loop = None
            self._stopping = False
            self._finish()
        if self.interruption is not None:
            interruption, self.interruption = self.interruption, None
            raise interruption

    def stop(self) -> None:
        """End ``run_forever``, or the program's ``app.exec()`` where that runs this loop."""
        if self._qt_loop is not None:
            self._qt_loop.quit()
        elif self.is_running():
            QCoreApplication.exit(0)
        else:
            self._stopping = True

    def close(self) -> None:
        """Give up all callbacks and notifiers; jobs of the default executor are not waited for."""
        if self.is_closed():
            return
        super().close()
        self._turns += 1
        self._clock.stop()
        self._readers.clear()
        self._writers.clear()

    def abort_transports(self) -> None:
        """Break every connection of this loop without asking the other side."""
        for transport in list(getattr(self, "_transports", {}).values()):
            transport.abort()

    # --- Callbacks ---------------------------------------------------------------------------

    def call_soon(
        self,
        callback: Callable[[*_Args], object],
        *args: *_Args,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        """Call it at the next wake-up, after all that wait already."""
        handle = asyncio.BaseEventLoop.call_soon(self, callback, *args, context=context)
        if not self._woken:
            self._write_to_self()
        return handle

    def call_at(
        self,
        when: float,
        callback: Callable[[*_Args], object],
        *args: *_Args,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call it at ``when`` (seconds of ``time()``), never earlier."""
        timer = asyncio.BaseEventLoop.call_at(self, when, callback, *args, context=context)
        if when < self._armed_for:
            self._arm()
        return timer

    def _write_to_self(self) -> None:
        """Wake the loop; from any thread, after the callback was queued.

        The mark is cleared before the queue is looked at, so a callback queued by another thread
        is either seen by the turn that begins or wakes the next one.
        """
        if not self._woken:
            self._woken = True
            self._waker.woken.emit()

    def _add_callback(self, handle: asyncio.Handle) -> None:
        if not handle.cancelled():
            self._ready.append(handle)
            self._write_to_self()

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        super()._timer_handle_cancelled(handle)
        cancelled = self._timer_cancelled_count
        if cancelled > _KEPT_CANCELLED_TIMERS and cancelled * 2 > len(self._scheduled):
            self._scheduled = [timer for timer in self._scheduled if not timer.cancelled()]
            heapq.heapify(self._scheduled)
            # The one being cancelled is marked only after this call.
            self._timer_cancelled_count = 1

    def _take_timer(self) -> asyncio.TimerHandle:
        timer = heapq.heappop(self._scheduled)
        timer._scheduled = False  # type: ignore[attr-defined]  # noqa: SLF001
        return timer

    def _arm(self) -> None:
        """Set the clock to the earliest call that is not cancelled."""
        while self._scheduled and self._scheduled[0].cancelled():
            self._take_timer()
            self._timer_cancelled_count -= 1
        if not self._scheduled:
            self._clock.stop()
            self._armed_for = math.inf
            return
        when = self._scheduled[0].when()
        if when == self._armed_for:
            return
        self._armed_for = when
        wait = when - self.time()
        if wait > 0:
            self._clock.start(math.ceil(min(wait, _LONGEST_WAIT_S) * 1000))
        else:
            # Not by the clock: Qt serves timers of 0 ms only when nothing else is to do.
            self._clock.stop()
            self._write_to_self()

    def _on_clock(self) -> None:
        # Possibly early; then `_turn` finds nothing due and arms it again.
        self._armed_for = math.inf
        self._turn()

    def _on_woken(self) -> None:
        self._woken = False
        self._turn()

    def _turn(self) -> None:
        """Run the callbacks that are due now; those they add come next time, after Qt's events.

        A nested ``exec()`` inside a callback gets here again: it goes on with the rest, and the
        outer turn, whose callbacks are gone then, ends.
        """
        if self.is_closed():
            return
        ready = self._ready
        self._take_due()
        if not ready:
            return
        self._turns = turn = self._turns + 1
        with Entered(self):
            for _ in range(len(ready)):
                handle = ready.popleft()
                if handle.cancelled():
                    continue
                if ready and not self._woken:
                    self._write_to_self()
                self._run(handle)
                if self._turns != turn:
                    break
        if ready and not self._woken:
            self._write_to_self()

    def _take_due(self) -> None:
        if not self._scheduled:
            return
        now = self.time()
        while self._scheduled and self._scheduled[0].when() <= now:
            timer = self._take_timer()
            if timer.cancelled():
                self._timer_cancelled_count -= 1
            else:
                self._ready.append(timer)
        if self._armed_for <= now or self._armed_for == math.inf:
            # Not when a cancelled call was merely the next: then the clock comes in vain, once.
            self._arm()

    def _run_entered(self, handle: asyncio.Handle) -> None:
        with Entered(self):
            self._run(handle)

    def _run(self, handle: asyncio.Handle) -> None:
        try:
            if self._debug:
                self._run_timed(handle)
            else:
                _run_handle(handle)
        except (SystemExit, KeyboardInterrupt) as interruption:
            # All else was given to the exception handler. A slot of Qt must not let it out.
            self._turns += 1
            self.interruption = interruption
            if self._qt_loop is not None:
                self._qt_loop.quit()
            else:
                QCoreApplication.exit(exit_code(interruption))

    def _run_timed(self, handle: asyncio.Handle) -> None:
        self._current_handle = handle
        began = self.time()
        try:
            _run_handle(handle)
        finally:
            self._current_handle = None
        took = self.time() - began
        if took >= self.slow_callback_duration:
            logger.warning("%r took %.3f s on the event loop", handle, took)

    def _process_events(self, events: list[Any]) -> None:
        """Settle what Windows' completion ports report; unused elsewhere."""
        if self.is_closed():
            return
        with Entered(self):
            try:
                super()._process_events(events)
            except Exception as error:  # noqa: BLE001 - reported as asyncio reports it
                self.call_exception_handler(
                    {"message": "a completed operation failed", "exception": error}
                )

    # --- Descriptors -------------------------------------------------------------------------

    def _add_reader(self, fd: Any, callback: Callable[..., object], *args: Any) -> asyncio.Handle:
        self._check_closed()
        return self._readers.add(fd, callback, asyncio.Handle(callback, args, self))

    def _remove_reader(self, fd: Any) -> bool:
        return not self.is_closed() and self._readers.remove(fd)

    def _add_writer(self, fd: Any, callback: Callable[..., object], *args: Any) -> asyncio.Handle:
        self._check_closed()
        return self._writers.add(fd, callback, asyncio.Handle(callback, args, self))

    def _remove_writer(self, fd: Any) -> bool:
        return not self.is_closed() and self._writers.remove(fd)

    def hold_reader(self, fd: int) -> bool:
        """Stop reading ``fd`` by itself; ``read_held`` reads it.

        It stays held while its transport pauses and resumes, and is no longer held when another
        transport gets the number.

        Returns:
            False where nothing reads it in this way: on Windows, or while its transport is paused.
        """
        return self._readers.hold(fd)

    def read_held(self, fd: int) -> bool:
        """Call the read callback of ``fd`` once, now; harmless where there is nothing to read.

        Returns:
            False where it was not called: not held, paused, closed, or running already and now
            inside a nested ``exec()``.
        """
        return self._readers.call_held(fd)

    def release_reader(self, fd: int) -> None:
        """Read ``fd`` by itself again, what waits there included; twice is harmless."""
        self._readers.release(fd)

    # --- Names -------------------------------------------------------------------------------

    async def getaddrinfo(
        self,
        host: bytes | str | None,
        port: bytes | str | int | None,
        *,
        family: int = 0,
        type: int = 0,  # noqa: A002 - asyncio's signature
        proto: int = 0,
        flags: int = 0,
    ) -> list[Any]:
        """Look up a name in a daemon thread: it can't be cancelled and must not delay the end."""
        return await in_daemon_thread(
            self,
            lambda: socket.getaddrinfo(host, port, family, type, proto, flags),
            name="name look-up",
        )

    async def getnameinfo(self, sockaddr: Any, flags: int = 0) -> tuple[str, str]:
        """Look up an address in a daemon thread."""
        return await in_daemon_thread(
            self, lambda: socket.getnameinfo(sockaddr, flags), name="name look-up"
        )
