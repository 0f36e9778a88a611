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
import os
import socket
import threading
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QCoreApplication, QEventLoop, QSocketNotifier

from upbit_ws_qt.errors import InvalidState
from upbit_ws_qt.system.daemon_thread import in_daemon_thread

from .entered import Entered
from .turns import Asyncio, Turns
from .watches import Watches

__all__ = ["FeedEventLoop", "is_qt_loop"]


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
    _QtLoop = Asyncio
else:
    _QtLoop = _qasync.QEventLoop


def is_qt_loop(loop: asyncio.AbstractEventLoop | None) -> bool:
    """Whether ``loop`` is driven by Qt: ours, or one that the host made with qasync."""
    return isinstance(loop, (_qasync.QEventLoop, _qasync.QSelectorEventLoop))


# State: the descriptors (`_readers`, `_writers`) and the Qt loop inside `run_forever` (`_qt_loop`);
# the thread that runs it (`_thread_id`) is asyncio's.
class FeedEventLoop(Turns, _QtLoop):
    """An asyncio loop that runs whenever Qt's event loop runs in the GUI thread.

    ``attach`` leaves running to the program's own ``app.exec()``: then asyncio's mark of the
    running loop is set only while callbacks run, so that ``asyncio.run`` works anywhere else.
    ``run_forever`` and ``run_until_complete`` run a Qt event loop of their own.
    """

    def __init__(self, app: QCoreApplication | None = None) -> None:
        # The constructor of asyncio's class already watches a descriptor.
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
        self._readers.clear()
        self._writers.clear()

    def abort_transports(self) -> None:
        """Break every connection of this loop without asking the other side."""
        for transport in list(getattr(self, "_transports", {}).values()):
            transport.abort()

    def end_by(self, interruption: BaseException) -> None:
        if self._qt_loop is None:
            super().end_by(interruption)
        else:
            self.interruption = interruption
            self._qt_loop.quit()

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

    def after_reading(self, callback: Callable[[], None]) -> bool:
        """Call as soon as the read callback that runs now has returned, outside of asyncio.

        Returns:
            False where none runs straight from Qt; then nothing will be called.
        """
        return self._readers.after(callback)

    def _process_events(self, events: list[Any]) -> None:
        """Settle what Windows' completion ports report; unused elsewhere."""
        if self.is_closed():
            return
        with Entered(self):
            for event in events:
                try:
                    super()._process_events([event])
                except Exception as error:  # noqa: BLE001 - reported as asyncio reports it
                    self.call_exception_handler(
                        {"message": "a completed operation failed", "exception": error}
                    )

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
