"""Making a loop the running one of this thread for a while. Shell, asyncio."""

from __future__ import annotations

import asyncio
import sys
from asyncio import (
    _enter_task,  # pyright: ignore[reportPrivateUsage] - documented for makers of loops
    _get_running_loop,  # pyright: ignore[reportPrivateUsage]
    _leave_task,  # pyright: ignore[reportPrivateUsage]
    _set_running_loop,  # pyright: ignore[reportPrivateUsage]
)
from types import TracebackType

__all__ = ["Entered"]


# State: what ran before, while inside.
class Entered:
    """``with Entered(loop):`` makes ``loop`` the running one of this thread.

    Whatever ran around it, be it a task of the same loop that opened a dialog, is set aside and
    comes back at the end. Nothing may be awaited inside.
    """

    __slots__ = ("_hooks", "_loop", "_previous", "_task")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def __enter__(self) -> None:
        loop = self._loop
        self._task = None
        self._previous = previous = _get_running_loop()
        if previous is not None:
            self._task = task = asyncio.current_task(previous)
            if task is not None:
                # Else asyncio refuses to step any other task while a nested exec() lasts.
                _leave_task(previous, task)
        if previous is not loop:
            self._hooks = sys.get_asyncgen_hooks()
            _set_running_loop(loop)
            sys.set_asyncgen_hooks(
                loop._asyncgen_firstiter_hook,  # type: ignore[attr-defined]  # noqa: SLF001
                loop._asyncgen_finalizer_hook,  # type: ignore[attr-defined]  # noqa: SLF001
            )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._previous is not self._loop:
            sys.set_asyncgen_hooks(*self._hooks)
            _set_running_loop(self._previous)
        if self._previous is not None and self._task is not None:
            _enter_task(self._previous, self._task)
