"""Starting, sharing and ending the loop: ``install``, ``feed_loop``, ``spawn``. Qt.

There is at most one session: a loop attached to the application until it quits. It is made by
:func:`install`, by :func:`feed_loop` on first use, or by ``run`` (module ``program``).
"""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import asyncio
import logging
import math
import sys
import threading
from asyncio import _get_running_loop  # pyright: ignore[reportPrivateUsage]
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from PyQt6 import sip
from PyQt6.QtCore import QCoreApplication, QEventLoop, QThread, QTimer

from upbit_ws_qt.errors import InvalidState, WrongThread

from .entered import Entered
from .guard import SlotGuard
from .loop import FeedEventLoop, is_qt_loop

__all__ = [
    "Session",
    "after_reading",
    "check_gui_thread",
    "entered",
    "feed_loop",
    "install",
    "on_shutdown",
    "spawn",
    "uninstall",
    "wrong_thread",
]

_T = TypeVar("_T")
logger = logging.getLogger("upbit_ws_qt")
_HOOKS_LIMIT_S = 1.5
_SHUTDOWN_LIMIT_S = 2.0
_WAIT = (
    QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents
    | QEventLoop.ProcessEventsFlag.WaitForMoreEvents
)


# State: whether it ends or has ended; the guard of the host's slots, or None.
class Session:
    """A loop attached to an application until that quits.

    ``owned`` says whether the loop is ours to close; a loop that the host made is only used.
    """

    def __init__(self, app: QCoreApplication) -> None:
        self.app = app
        self.thread_id = threading.get_ident()
        self._guard: SlotGuard | None = None
        self.ending = False
        # Before the loop is made: handlers run in the order of connection, and what a loop
        # connects may stop what ours needs.
        app.aboutToQuit.connect(self.end_soon)
        host = _loop_of_host()
        self.owned = host is None
        self.loop: asyncio.AbstractEventLoop
        if host is not None:
            self.loop = host
        else:
            self.loop = own = FeedEventLoop(app)
            own.attach()

    @property
    def alive(self) -> bool:
        # While it ends too: what is being shut down still asks for the loop.
        return not (self.loop.is_closed() or sip.isdeleted(self.app))

    def guard_slots(self) -> None:
        if self._guard is None:
            self._guard = SlotGuard()

    def end_soon(self) -> None:
        """End now, or as soon as the callback that is being run has returned.

        Qt announces its end from inside ``quit()``, which a task may have called; that one is
        to end as well.
        """
        if isinstance(self.loop, FeedEventLoop) and self.owned:
            self.loop.when_unwound(self.end)
        else:
            self.end()

    def end(self) -> None:
        """Run the shutdown hooks, cancel what runs and close the loop, within 2 seconds."""
        global _session
        if self.ending:
            return
        self.ending = True
        try:
            if not self.loop.is_closed() and not sip.isdeleted(self.app):
                self.app.aboutToQuit.disconnect(self.end_soon)
                self._wind_down()
        except Exception:
            # A slot of Qt: whatever went wrong, the program ends as it was told to.
            logger.exception("the event loop could not be shut down in order")
        finally:
            self._close()
            if self._guard is not None:
                self._guard.remove()
            if _session is self:
                _session = None

    def _close(self) -> None:
        if isinstance(self.loop, FeedEventLoop) and self.owned:
            for task in asyncio.all_tasks(self.loop):
                # It was named in the log already.
                task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001
            self.loop.detach()
            self.loop.close()

    def _wind_down(self) -> None:
        began = self.loop.time()
        end = began + _SHUTDOWN_LIMIT_S
        # In a loop that the host made, quitting from inside a task gets here; it can't be awaited.
        on_stack = asyncio.current_task(self.loop)
        with Entered(self.loop):
            hooks = self._run_hooks(began + _HOOKS_LIMIT_S)
            left = self._cancel_all(hooks, {on_stack}, end)
            if left:
                names = ", ".join(sorted(task.get_name() for task in left))
                logger.warning("these tasks did not end and are left: %s", names)
            if isinstance(self.loop, FeedEventLoop) and self.owned:
                last = self.loop.create_task(_last_steps(self.loop), name="shutdown")
                self._serve_until(last.done, end)

    def _run_hooks(self, end: float) -> set[asyncio.Task[Any]]:
        """Call every hook; return the tasks of those that have not ended by then."""
        late: set[asyncio.Task[Any]] = set()
        while _hooks:
            hook = self.loop.create_task(_call(_hooks.pop()), name="shutdown hook")
            self._serve_until(hook.done, end)
            if not hook.done():
                logger.warning("a shutdown hook is stopped: %s s are over", _HOOKS_LIMIT_S)
                late.add(hook)
        return late

    def _cancel_all(
        self, hooks: set[asyncio.Task[Any]], spared: set[asyncio.Task[Any] | None], end: float
    ) -> set[asyncio.Task[Any]]:
        """Cancel every task, those that others make while they end too; return who is left."""

        def pending() -> set[asyncio.Task[Any]]:
            return {task for task in (self._tasks() | hooks) - spared if not task.done()}

        asked: set[asyncio.Task[Any]] = set()
        while pending() and self.loop.time() < end:
            # Let each take its first step: a task that is cancelled before leaves what it was
            # given to run unawaited, which Python complains about (anyio's tasks are such).
            begun = self.loop.create_task(asyncio.sleep(0), name="shutdown")
            self._serve_until(begun.done, end)
            for task in pending() - asked:
                task.cancel()
                asked.add(task)
            self._serve_until(lambda: not pending() or not pending() <= asked, end)
        return pending()

    def _serve_until(self, condition: Callable[[], bool], end: float) -> None:
        """Serve Qt and the loop until ``condition()`` or the time ``end``."""
        limit = QTimer()
        limit.setSingleShot(True)
        limit.start(max(0, math.ceil((end - self.loop.time()) * 1000)))
        waiting = QEventLoop()
        while not condition() and limit.isActive():
            # It sleeps until something happens; `exec()` would refuse once `quit()` was called.
            waiting.processEvents(_WAIT)
        limit.stop()

    def _tasks(self) -> set[asyncio.Task[Any]]:
        return asyncio.all_tasks(self.loop) if self.owned else set(_tasks)


# State of this module: the session; tasks that run; what to call at the end, oldest first.
_session: Session | None = None
_tasks: set[asyncio.Task[Any]] = set()
_hooks: list[Callable[[], Awaitable[None] | None]] = []


def current_session() -> Session | None:
    """The session that lasts, or None."""
    return _session if _session is not None and _session.alive else None


def install(app: QCoreApplication, *, guard_slots: bool = False) -> asyncio.AbstractEventLoop:
    """Attach the loop to a program that calls ``app.exec()`` itself, before or after it does.

    Calling it again returns the same loop. A loop that the program made with qasync and that runs,
    or is set as the current one, is used instead of a new one. Otherwise the program's own use
    of asyncio goes on working: ``asyncio.run`` may be called at any time. Everything ends
    when the application quits; then it can be installed again.

    Args:
        app: the QApplication.
        guard_slots: also log what the program's own slots raise and go on, where Qt would end
            the process; until the application quits.

    Raises:
        WrongThread: not called in the GUI thread.
    """
    global _session
    check_gui_thread(app)
    session = current_session()
    if session is None or session.app is not app:
        if _session is not None:
            _session.end()
        session = _session = Session(app)
    if guard_slots:
        session.guard_slots()
    return session.loop


def uninstall() -> None:
    """End what :func:`install` began as quitting the application would, which goes on."""
    if _session is not None:
        check_gui_thread(_session.app)
        _session.end_soon()


def feed_loop() -> asyncio.AbstractEventLoop:
    """The loop to use now; attached to the application on first use.

    Raises:
        InvalidState: there is no QApplication.
        WrongThread: not called in the GUI thread.
    """
    session = _session
    if session is not None and session.alive:
        if session.thread_id != threading.get_ident():
            raise wrong_thread()
        return session.loop
    app = QCoreApplication.instance()
    if app is None:
        raise InvalidState(
            "there must be a QApplication first; add these two lines before:\n"
            "    app = QApplication(sys.argv)\n"
            "    upbit_ws_qt.install(app)"
        )
    return install(app)


def after_reading(callback: Callable[[], None]) -> bool:
    """Call as soon as the read callback that runs now has returned, without another wake-up.

    Returns:
        False where there is none, or where the loop is not ours; then nothing will be called.
    """
    loop = feed_loop()
    return isinstance(loop, FeedEventLoop) and loop.after_reading(callback)


def entered() -> Entered:
    """Let a Qt slot call what asyncio allows only inside a running loop.

    ``with entered(): …``; nothing may be awaited inside.
    """
    return Entered(feed_loop())


def on_shutdown(callback: Callable[[], Awaitable[None] | None]) -> Callable[[], None]:
    """Have ``callback`` called, and awaited where it returns an awaitable, at the next shutdown.

    The last one registered comes first, as what was built last may need what was there before.
    All of them together have 1.5 seconds. Each is called once: what starts again registers
    again.

    Returns:
        A function that takes it back; calling it twice, or after the shutdown, is harmless.
    """

    # A function of its own for each registration: the same callback may be registered twice.
    def hook() -> Awaitable[None] | None:
        return callback()

    _hooks.append(hook)

    def remove() -> None:
        if hook in _hooks:
            _hooks.remove(hook)

    return remove


def spawn(coroutine: Coroutine[Any, Any, _T], *, name: str) -> asyncio.Task[_T]:
    """Run ``coroutine`` as a task that is kept until it ends; what it raises is logged once.

    Works anywhere in the GUI thread, running loop or not.
    """
    task = feed_loop().create_task(coroutine, name=name)
    _tasks.add(task)
    task.add_done_callback(_ended)
    return task


def _ended(task: asyncio.Task[Any]) -> None:
    _tasks.discard(task)
    error = None if task.cancelled() else task.exception()
    if error is not None and not isinstance(error, (SystemExit, KeyboardInterrupt)):
        about = {"task": task.get_name(), "error": type(error).__name__}
        logger.error("task %r failed", task.get_name(), exc_info=error, extra=about)


async def _last_steps(loop: FeedEventLoop) -> None:
    await loop.shutdown_asyncgens()
    loop.abort_transports()
    await asyncio.sleep(0)  # their protocols hear of it


async def _call(hook: Callable[[], Awaitable[None] | None]) -> None:
    try:
        result = hook()
        if result is not None:
            await result
    except Exception:
        logger.exception("a shutdown hook failed")


def _loop_of_host() -> asyncio.AbstractEventLoop | None:
    """A loop that the host made with qasync for this thread: running, or set and about to run.

    A plain asyncio loop is none: ``asyncio.run`` inside a slot is over before the application is.
    """
    running = _get_running_loop()
    if is_qt_loop(running):
        return running
    current = _current_loop()
    return current if is_qt_loop(current) and not current.is_closed() else None


def _current_loop() -> Any:
    if sys.version_info >= (3, 14):
        try:
            return asyncio.get_event_loop()
        except RuntimeError:
            return None
    # Asking as above would make a loop where there is none.
    policy = asyncio.get_event_loop_policy()  # pyright: ignore[reportDeprecated]
    return getattr(getattr(policy, "_local", None), "_loop", None)


def check_gui_thread(app: QCoreApplication) -> None:
    """Raise WrongThread outside the thread of ``app``."""
    if QThread.currentThread() != app.thread():
        raise wrong_thread()


def wrong_thread() -> WrongThread:
    """What to raise outside the GUI thread; says what to write instead."""
    return WrongThread(
        f"this belongs to the GUI thread, and was called in {threading.current_thread().name!r}; "
        "from here use:\n"
        "    manager.call_from_thread(f)"
    )
