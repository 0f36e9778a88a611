"""Descriptors that the loop watches by Qt's notifiers, and reading them on demand. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from PyQt6.QtCore import QSocketNotifier

__all__ = ["Watches"]


# State: the registered callback and its handle, or None; `source`, what it was registered with;
# `running` while it is called; `blocked` when the notifier was switched off because it was running;
# `held`, the callback that is called on demand only, or None.
class _Watch:
    __slots__ = ("blocked", "callback", "handle", "held", "notifier", "running", "source")

    def __init__(self, notifier: QSocketNotifier) -> None:
        self.notifier = notifier
        self.source: Any = None
        self.callback: Callable[..., object] | None = None
        self.handle: asyncio.Handle | None = None
        self.held: Callable[..., object] | None = None
        self.running = False
        self.blocked = False

    def switch(self) -> None:
        wanted = self.handle is not None and self.held is None and not self.blocked
        if self.notifier.isEnabled() != wanted:
            self.notifier.setEnabled(wanted)


# State: one watch for each descriptor seen, of which a notifier is kept for the next owner of its
# number; whether a callback runs straight from its notifier, and what is to be called after it.
class Watches:
    """All descriptors watched in one direction.

    ``run`` calls a handle and lets no exception out. It is called straight from the notifier: a
    trip through the loop's queue would cost a wake-up for each read.
    """

    def __init__(self, kind: QSocketNotifier.Type, run: Callable[[asyncio.Handle], None]) -> None:
        self._kind = kind
        self._run = run
        self._watches: dict[int, _Watch] = {}
        self._is_straight = False
        self._after: Callable[[], None] | None = None

    def after(self, callback: Callable[[], None]) -> bool:
        """Call once the callback that runs now, straight from its notifier, has returned.

        It saves a wake-up. The callback that asks must not open a nested ``exec()`` after that.

        Returns:
            False where none runs in this way; then nothing will be called.
        """
        if self._is_straight:
            self._after = callback
        return self._is_straight

    def add(
        self, source: Any, callback: Callable[..., object], handle: asyncio.Handle
    ) -> asyncio.Handle:
        """Call ``handle`` whenever ``source`` (a number or a file) is ready, in place of another.

        ``callback`` is what the handle calls; it tells one connection from the next.
        """
        fd: int = source if isinstance(source, int) else source.fileno()
        watch = self._watches.get(fd)
        if watch is None:
            notifier = QSocketNotifier(fd, self._kind)  # type: ignore[call-overload]
            notifier.activated["int"].connect(self._on_activated)
            watch = self._watches[fd] = _Watch(notifier)
        elif watch.handle is not None:
            watch.handle.cancel()
        if watch.held is not None and watch.held != callback:
            # The number now belongs to another connection, which nobody reads on demand.
            watch.held = None
        watch.source = source
        watch.callback = callback
        watch.handle = handle
        watch.switch()
        return handle

    def remove(self, source: Any) -> bool:
        """Stop watching ``source``; False where it is not watched."""
        if isinstance(source, int):
            watch = self._watches.get(source)
        else:
            # Not by its number first: a file that was closed has lost it.
            same = (each for each in self._watches.values() if each.source is source)
            watch = next(same, None) or self._watches.get(source.fileno())
        if watch is None or watch.handle is None:
            return False
        watch.handle.cancel()
        watch.handle = watch.callback = watch.source = None
        watch.switch()
        return True

    def clear(self) -> None:
        """Watch nothing any more and drop the notifiers."""
        for watch in self._watches.values():
            watch.handle = None
            watch.switch()
        self._watches.clear()

    def hold(self, fd: int) -> bool:
        """Call on demand only; False where ``fd`` is not watched now."""
        watch = self._watches.get(fd)
        if watch is None or watch.handle is None:
            return False
        watch.held = watch.callback
        watch.switch()
        return True

    def call_held(self, fd: int) -> bool:
        """Call once, now; False where it is not held, not watched or running already."""
        watch = self._watches.get(fd)
        if watch is None or watch.handle is None or watch.held is None or watch.running:
            return False
        self._call(watch, watch.handle)
        return True

    def release(self, fd: int) -> None:
        """Call whenever it is ready again."""
        watch = self._watches.get(fd)
        if watch is not None:
            watch.held = None
            watch.switch()

    def _on_activated(self, fd: int) -> None:
        watch = self._watches.get(fd)
        if watch is None or watch.handle is None or watch.held is not None:
            return
        if watch.running:
            # A nested exec() inside its own callback, which must not be entered again.
            watch.blocked = True
            watch.switch()
            return
        self._is_straight = True
        try:
            self._call(watch, watch.handle)
        finally:
            self._is_straight = False
        after, self._after = self._after, None
        if after is not None:
            after()

    def _call(self, watch: _Watch, handle: asyncio.Handle) -> None:
        watch.running = True
        try:
            self._run(handle)
        finally:
            watch.running = False
            if watch.blocked:
                watch.blocked = False
                watch.switch()
