"""Runs awaitables and waits for conditions on Qt's loop, from plain test functions. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from PyQt6.QtCore import QCoreApplication, QEventLoop, QTimer

from upbit_ws_qt.qt.running import feed_loop

__all__ = ["UpbitLoop", "forget_exit"]

ResultT = TypeVar("ResultT")

# Long enough for any busy machine: only a test that hangs ever waits for it.
_LIMIT_S = 20.0
_POLL_MS = 2
_REFUSED = -1


# State: none that changes; the loop belongs to the application.
class UpbitLoop:
    """Qt's loop for one test: ``upbit_loop(awaitable)`` returns what the awaitable returns.

    While it waits, Qt is served as in ``app.exec()``, so sockets, timers and widgets live on.

    Args:
        limit_s: what has not ended or come true after this many seconds fails the test.
    """

    def __init__(self, limit_s: float = _LIMIT_S) -> None:
        self._limit_s = limit_s

    def __call__(self, awaitable: Awaitable[ResultT]) -> ResultT:
        """Run ``awaitable`` to its end; what it raises is raised here."""
        __tracebackhide__ = True

        async def run() -> ResultT:
            return await awaitable

        waiting = QEventLoop()
        task = feed_loop().create_task(run(), name="test")
        task.add_done_callback(lambda _: waiting.quit())
        limit = self._serve(waiting)
        if not task.done():
            # The end of the test cancels it, like all that the program leaves running.
            pytest.fail(f"this did not end {limit}: {awaitable!r}")
        return task.result()

    def until(self, condition: Callable[[], object]) -> None:
        """Serve Qt until ``condition()`` is true; what it raises is raised here."""
        __tracebackhide__ = True
        waiting = QEventLoop()
        met = bool(condition())
        limit = ""
        failed: list[Exception] = []

        def look() -> None:
            nonlocal met
            try:
                # Not asked again: what was true may be so no longer.
                met = met or bool(condition())
            except Exception as error:  # noqa: BLE001 - a slot can't raise it; raised below
                failed.append(error)
            if met or failed:
                waiting.quit()

        poll = QTimer()
        poll.timeout.connect(look)
        if not met:
            poll.start(_POLL_MS)
            limit = self._serve(waiting)
            poll.stop()
        if failed:
            raise failed[0]
        if not met:
            pytest.fail(f"the condition did not come true {limit}")

    def turns(self, number: int = 3) -> None:
        """Let happen what has been posted so far, and ``number - 1`` times what follows from it."""
        for _ in range(number):
            waiting = QEventLoop()
            QTimer.singleShot(0, waiting.quit)
            waiting.exec()

    def _serve(self, waiting: QEventLoop) -> str:
        """Serve Qt until ``waiting`` is left; return what else may have ended it, in words."""
        limit = QTimer()
        limit.setSingleShot(True)
        limit.timeout.connect(waiting.quit)
        limit.start(round(self._limit_s * 1000))
        waiting.exec()
        in_time = limit.isActive()
        limit.stop()
        return "before the program told Qt to exit" if in_time else f"within {self._limit_s:g} s"


def forget_exit(app: QCoreApplication) -> None:
    """Make nested event loops possible again.

    Qt refuses them from the moment a program called ``exit()``, which ``sys.exit()`` in a task
    leads to, until its next ``app.exec()``: all later tests would suffer.
    """
    nested = QEventLoop()
    QTimer.singleShot(0, nested.quit)
    if nested.exec() == _REFUSED:
        QTimer.singleShot(0, app.quit)
        app.exec()
