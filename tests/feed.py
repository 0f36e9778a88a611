"""Runs awaitables and waits for conditions on Qt's loop. Tests only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from PyQt6.QtCore import QEventLoop, QTimer

from upbit_ws_qt.qt.running import feed_loop

ResultT = TypeVar("ResultT")

#: Only a test that hangs ever waits so long.
HANGS_AFTER_MS = 20_000


class Feed:
    """``feed(awaitable)`` returns its result; ``feed.until(condition)`` waits for it."""

    def __call__(self, awaitable: Awaitable[ResultT]) -> ResultT:
        async def run() -> ResultT:
            return await awaitable

        waiting = QEventLoop()
        task = feed_loop().create_task(run(), name="test")
        task.add_done_callback(lambda _: waiting.quit())
        _exec(waiting)
        if not task.done():
            task.cancel()
            raise AssertionError("the awaitable did not end")
        return task.result()

    def until(self, condition: Callable[[], Any]) -> None:
        """Serve Qt until ``condition()`` is true."""
        waiting = QEventLoop()
        poll = QTimer()
        poll.timeout.connect(lambda: condition() and waiting.quit())
        poll.start(2)
        if not condition():
            _exec(waiting)
        poll.stop()
        assert condition(), "the condition never came true"

    def turns(self, number: int = 3) -> None:
        """Let everything posted so far happen."""
        for _ in range(number):
            waiting = QEventLoop()
            QTimer.singleShot(0, waiting.quit)
            waiting.exec()


def _exec(waiting: QEventLoop) -> None:
    limit = QTimer()
    limit.setSingleShot(True)
    limit.timeout.connect(waiting.quit)
    limit.start(HANGS_AFTER_MS)
    waiting.exec()
    limit.stop()
