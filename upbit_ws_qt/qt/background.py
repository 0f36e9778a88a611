"""Coroutines that a slot may start and forget: they end with the component they are for. Qt."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from upbit_ws_qt.errors import UpbitError
from upbit_ws_qt.net.http import CallEnded

from .running import spawn
from .subscription import WeakCallable

__all__ = ["BackgroundTasks"]

logger = logging.getLogger(__name__)

ResultT = TypeVar("ResultT")


# State: the tasks under way.
class BackgroundTasks:
    """What one component has begun and does not wait for."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(
        self,
        coroutine: Coroutine[Any, Any, ResultT],
        name: str,
        on_result: Callable[[ResultT], None] | None = None,
        on_error: Callable[[UpbitError], None] | None = None,
    ) -> None:
        """Run ``coroutine`` as a task called ``name``; bound methods are held weakly."""
        waiting = _report(
            coroutine,
            WeakCallable(on_result) if on_result else None,
            WeakCallable(on_error) if on_error else None,
        )
        task = spawn(waiting, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # A task that is cancelled before its first step leaves its coroutine unstarted.
        task.add_done_callback(lambda _: coroutine.close())

    def cancel(self) -> None:
        """End all that is under way."""
        for task in tuple(self._tasks):
            task.cancel()


async def _report(
    coroutine: Coroutine[Any, Any, Any],
    on_result: WeakCallable | None,
    on_error: WeakCallable | None,
) -> None:
    try:
        result = await coroutine
    except UpbitError as error:
        handler = on_error.get() if on_error else None
        if handler is not None:
            handler(error)
        elif not isinstance(error, CallEnded):
            # Of those that a stop has ended one line tells, with their number.
            logger.warning("a background call failed: %s", error)
        return
    receiver = on_result.get() if on_result else None
    if receiver is not None:
        receiver(result)
