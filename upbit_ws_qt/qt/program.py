"""A whole program: ``run(main)`` makes the application, runs ``main`` and ends in order. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
import threading
from collections.abc import Callable, Coroutine, Generator
from types import FrameType
from typing import Any

from PyQt6.QtCore import QCoreApplication, QSocketNotifier, Qt, QThread, QTimer
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QApplication

from upbit_ws_qt.errors import InvalidState

from .display import display_problem
from .entered import Entered
from .loop import FeedEventLoop
from .running import Session, current_session, install

__all__ = ["run"]

_NEXT_WINDOW_MS = 100
_made: QApplication | None = None
"""The application that ``run`` made; it stays for the next ``run`` and for windows still alive."""


def run(main: Callable[[], Coroutine[Any, Any, int | None]]) -> int:
    """Run a whole program and return its exit code.

    Makes the QApplication where there is none, runs ``main`` on the loop and shuts everything
    down. It ends when ``main`` returns, or, where a window is open then, when the last window
    closes. The last window closing while ``main`` runs cancels ``main``, and so do Ctrl-C and
    SIGTERM, unless the program handles these itself. What slots raise is logged, and it goes on.

    Returns:
        What ``main`` returned, with None as 0; 0 where it was cancelled, 130 by Ctrl-C, 143 by
        SIGTERM, or the code of ``QApplication.exit``.

    Raises:
        InvalidState: there is no display, ``app.exec()`` already runs, or the program uses a loop
            of its own.
        Exception: ``main`` raised it.
    """
    app = _application()
    thread = QThread.currentThread()
    if thread is not None and thread.loopLevel() > 0:
        raise InvalidState("run() starts the event loop itself; inside app.exec() use install(app)")
    loop = install(app, guard_slots=True)
    session = current_session()
    if session is None or not isinstance(loop, FeedEventLoop) or not session.owned:
        raise InvalidState("this program has an event loop of its own; use install(app) with it")
    closes_by_itself = app.quitOnLastWindowClosed()
    app.setQuitOnLastWindowClosed(False)
    try:
        return _Program(app, session, loop, main).execute()
    finally:
        session.end()
        app.setQuitOnLastWindowClosed(closes_by_itself)


def _application() -> QApplication:
    global _made
    app = QCoreApplication.instance()
    if app is None:
        if problem := display_problem():
            raise InvalidState(problem)
        app = _made = QApplication(sys.argv)
    if not isinstance(app, QApplication):
        raise InvalidState(f"run() needs a QApplication; there is a {type(app).__name__} already")
    return app


# State: the task of `main`; the signal that asked for the end, or 0; the timer that waits for
# another window after the last one closed.
class _Program:
    def __init__(
        self,
        app: QApplication,
        session: Session,
        loop: FeedEventLoop,
        main: Callable[[], Coroutine[Any, Any, int | None]],
    ) -> None:
        self._app = app
        self._session = session
        self._loop = loop
        self._main = loop.create_task(main(), name="main")
        self._main.add_done_callback(self._main_ended)
        self._signal = 0
        # Later: whoever waited for the last window to close may open the next one.
        self._windowless = QTimer()
        self._windowless.setSingleShot(True)
        self._windowless.setInterval(_NEXT_WINDOW_MS)
        self._windowless.timeout.connect(self._end_without_window)

    def execute(self) -> int:
        self._app.lastWindowClosed.connect(self._windowless.start)
        try:
            with _signals_heard(self._on_signal), Entered(self._loop):
                status = self._app.exec()
        finally:
            self._app.lastWindowClosed.disconnect(self._windowless.start)
            self._windowless.stop()
        if not self._main.done():
            return self._code(status)
        error = None if self._main.cancelled() else self._main.exception()
        if self._loop.interruption is not None:
            raise self._loop.interruption
        if error is not None:
            raise error
        if self._main.cancelled():
            return self._code(status)
        return self._main.result() or 0

    def _code(self, status: int) -> int:
        return 128 + self._signal if self._signal else status

    def _main_ended(self, main: asyncio.Task[int | None]) -> None:
        failed = main.cancelled() or main.exception() is not None
        if failed or self._signal or not _window_open():
            self._exit()

    def _end_without_window(self) -> None:
        if not _window_open():
            self._ask_to_end()

    def _ask_to_end(self) -> None:
        if self._main.done():
            self._exit()
        else:
            self._main.cancel()

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        # Python calls this between any two lines of the GUI thread: only leave a note.
        again = bool(self._signal)
        self._signal = number
        if not self._loop.is_closed():
            # Asked again, it ends although `main` has not.
            self._loop.call_soon_threadsafe(self._exit if again else self._ask_to_end)

    def _exit(self) -> None:
        # Where it quits already, it does so with a code that must not be replaced.
        if not self._session.ending:
            self._app.exit(0)


def _window_open() -> bool:
    """Whether a window is open whose closing Qt would report as that of the last one."""
    passing = (Qt.WindowType.ToolTip, Qt.WindowType.Popup)
    return any(
        window.isVisible() and window.transientParent() is None and window.type() not in passing
        for window in QGuiApplication.topLevelWindows()
    )


@contextlib.contextmanager
def _signals_heard(handler: Callable[[int, FrameType | None], None]) -> Generator[None]:
    """Call ``handler`` for Ctrl-C and SIGTERM, even while Qt waits; the program's own are kept."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    receiving, sending = socket.socketpair()
    receiving.setblocking(False)  # noqa: FBT003
    sending.setblocking(False)  # noqa: FBT003
    # Python calls handlers between two of its own lines; while Qt waits there are none. The byte
    # that Python writes when a signal comes makes Qt call a slot, and that is Python again.
    notifier = QSocketNotifier(receiving.fileno(), QSocketNotifier.Type.Read)  # type: ignore[call-overload]
    notifier.activated.connect(lambda: receiving.recv(4096))
    former_wakeup = signal.set_wakeup_fd(sending.fileno(), warn_on_full_buffer=False)
    defaults = ((signal.SIGINT, signal.default_int_handler), (signal.SIGTERM, signal.SIG_DFL))
    ours = [(number, former) for number, former in defaults if signal.getsignal(number) == former]
    for number, _ in ours:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, former in ours:
            signal.signal(number, former)
        try:
            signal.set_wakeup_fd(former_wakeup)
        except (OSError, ValueError):
            signal.set_wakeup_fd(-1)  # it was the loop's, which is closed by now (Windows)
        notifier.setEnabled(False)
        receiving.close()
        sending.close()
