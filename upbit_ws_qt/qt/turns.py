"""How callbacks wait for their turn in Qt's event loop, in asyncio's own queues. Qt.

One posted wake-up runs the callbacks that wait then; one precise timer stands for all that are due
later. A nested ``exec()`` inside a callback goes on with the others.
"""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import asyncio
import contextvars
import heapq
import logging
import math
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVarTuple

from PyQt6 import sip
from PyQt6.QtCore import QCoreApplication, QObject, Qt, QTimer, pyqtSignal

from .entered import Entered

__all__ = ["Turns"]

_Args = TypeVarTuple("_Args")
logger = logging.getLogger("upbit_ws_qt")
_LONGEST_WAIT_S = 24 * 3600.0
_KEPT_CANCELLED_TIMERS = 100

if TYPE_CHECKING:

    class Asyncio(asyncio.SelectorEventLoop):
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
    Asyncio = object


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


# State: whether a wake-up is on its way (`_woken`), the turns so far (`_turns`), how many callbacks
# are being run in each other (`_depth`), what to call when none is (`_unwound`), when the clock
# fires (`_armed_for`) and what a callback ended the loop with (`interruption`). The queues `_ready`
# and `_scheduled` are asyncio's.
class Turns(Asyncio):
    """The part of the loop that runs callbacks; comes before qasync's class."""

    interruption: BaseException | None = None
    """The ``SystemExit`` or ``KeyboardInterrupt`` that a callback raised."""

    def __init__(self, app: QCoreApplication | None = None) -> None:
        self._waker = _Waker()
        queued = Qt.ConnectionType.QueuedConnection
        self._waker.woken.connect(self._on_woken, queued)  # type: ignore[call-arg]
        self._woken = False
        self._turns = 0
        self._depth = 0
        self._unwound: Callable[[], None] | None = None
        self._clock = QTimer()
        self._clock.setSingleShot(True)
        self._clock.setTimerType(Qt.TimerType.PreciseTimer)
        self._clock.timeout.connect(self._on_clock)
        self._armed_for = math.inf
        super().__init__(app)

    def close(self) -> None:
        super().close()
        self._turns += 1
        self._clock.stop()

    def end_by(self, interruption: BaseException) -> None:
        """Leave Qt's event loop because a callback raised ``SystemExit`` or Ctrl-C came."""
        self.interruption = interruption
        QCoreApplication.exit(exit_code(interruption))

    def when_unwound(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` once no callback of this loop is being run: possibly now."""
        if self._depth:
            self._unwound = callback
        else:
            callback()

    # --- Queueing ----------------------------------------------------------------------------

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
        is either seen by the turn that begins or wakes the next one. When the interpreter ends,
        Qt's half of the waker may be gone, and there is nobody to wake.
        """
        if not self._woken and not sip.isdeleted(self._waker):
            self._woken = True
            self._waker.woken.emit()

    def _add_callback(self, handle: asyncio.Handle) -> None:
        if not handle.cancelled():
            self._ready.append(handle)
            self._write_to_self()

    # --- Timers ------------------------------------------------------------------------------

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        before = self._timer_cancelled_count
        super()._timer_handle_cancelled(handle)
        cancelled = self._timer_cancelled_count
        if cancelled == before:
            return  # it was due already and is in no heap
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

    # --- Running -----------------------------------------------------------------------------

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
        self._depth += 1
        try:
            with Entered(self):
                for _ in range(len(ready)):
                    handle = ready.popleft()
                    if handle.cancelled():
                        continue
                    if ready and not self._woken:
                        # Before it is run: a nested exec() inside it needs the wake-up.
                        self._write_to_self()
                    self._run(handle)
                    if self._turns != turn:
                        break
        except (SystemExit, KeyboardInterrupt) as interruption:
            # All else was given to the exception handler. A slot of Qt must not let it out.
            self.end_by(interruption)
        finally:
            self._unwind()

    def _unwind(self) -> None:
        self._depth -= 1
        if not self._depth and self._unwound is not None:
            unwound, self._unwound = self._unwound, None
            unwound()

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
        """Run ``handle`` now, from wherever Qt called."""
        self._depth += 1
        try:
            with Entered(self):
                self._run(handle)
        except (SystemExit, KeyboardInterrupt) as interruption:
            self.end_by(interruption)
        finally:
            self._unwind()

    def _run(self, handle: asyncio.Handle) -> None:
        if not self._debug:
            _run_handle(handle)
            return
        self._current_handle = handle
        began = self.time()
        try:
            _run_handle(handle)
        finally:
            self._current_handle = None
        took = self.time() - began
        if took >= self.slow_callback_duration:
            logger.warning("%r took %.3f s on the event loop", handle, took)
