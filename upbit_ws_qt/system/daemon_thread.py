"""Blocking calls that nobody may have to wait for at the end: daemon threads. asyncio, no Qt.

A name look-up on a dead network blocks for many seconds and cannot be cancelled; a key store may
ask its user and wait for ever. In a thread pool that holds up the end of the program, because pools
are joined at exit; a daemon thread is left behind.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable
from typing import TypeVar

__all__ = ["in_daemon_thread"]

_T = TypeVar("_T")


def in_daemon_thread(
    loop: asyncio.AbstractEventLoop, function: Callable[[], _T], *, name: str
) -> asyncio.Future[_T]:
    """Call ``function`` in a daemon thread of its own; ``name`` is the thread's.

    Cancelling the future ends the wait at once; the thread goes on and its result is dropped.
    For calls that may block for ever and whose loss does no harm: looking up a name, asking a
    key store that may prompt. One thread for each call, so that a blocked one delays no other.
    """
    outcome: concurrent.futures.Future[_T] = concurrent.futures.Future()

    def call() -> None:
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits
            outcome.set_exception(error)
        else:
            outcome.set_result(result)

    waiting: asyncio.Future[_T] = loop.create_future()

    def deliver(_: concurrent.futures.Future[_T]) -> None:
        try:
            loop.call_soon_threadsafe(settle)
        except RuntimeError:
            # Nobody waits any more where it was closed meanwhile.
            if not loop.is_closed():
                raise

    def settle() -> None:
        if waiting.cancelled():
            return
        error = outcome.exception()
        if error is not None:
            waiting.set_exception(error)
        else:
            waiting.set_result(outcome.result())

    outcome.add_done_callback(deliver)
    threading.Thread(target=call, daemon=True, name=name).start()
    return waiting
