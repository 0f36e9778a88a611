"""Hands events to consumers, so that the failure or the slowness of one is nobody else's. Qt."""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
import time
import weakref
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from PyQt6 import sip

from upbit_ws_qt.isolation import SLOW_S
from upbit_ws_qt.routing import BackpressureHandler, DataRoutingEngine
from upbit_ws_qt.subscriptions import StreamEvent

from .bridge import SLICE_S
from .lifecycle import is_gone
from .running import spawn
from .subscription import Subscription

__all__ = ["FanoutHub", "FanoutStatistics", "SubscriptionOutlet"]

logger = logging.getLogger(__name__)

SubscriptionOutlet = BackpressureHandler["weakref.ref[Subscription]"]


@dataclass(frozen=True, slots=True)
class FanoutStatistics:
    """Calls and how they went, since the hub was made; ``slow_calls`` took 50 ms or more."""

    delivered: int
    callback_errors: int
    slow_calls: int


# State: the async callbacks at work, and the slow ones set aside; counters, and the longest lag
# since somebody asked for it.
class FanoutHub:
    """Calls callbacks and emits signals; isolates, counts and mutes those that fail.

    ``wake`` is called when a callback that went on as a task is done and may take the next event.

    Attributes:
        rested: called with the token of a subscription that nobody sees, once it has its first
            event.
    """

    def __init__(
        self,
        router: DataRoutingEngine[weakref.ref[Subscription]],
        wake: Callable[[], None],
    ) -> None:
        self._router = router
        self._wake = wake
        self.rested: Callable[[int], object] = _nobody_minds
        self.callback_errors = 0
        self.slow_calls = 0
        self._tasks: dict[SubscriptionOutlet, asyncio.Task[None]] = {}
        self._aside: deque[SubscriptionOutlet] = deque()
        self._delivered = 0
        self._longest_lag_s = 0.0

    def statistics(self) -> FanoutStatistics:
        """What was counted since it was made."""
        return FanoutStatistics(self._delivered, self.callback_errors, self.slow_calls)

    def take_longest_lag(self) -> float:
        """The longest time in seconds from arrival to delivery since the last time it was taken."""
        longest, self._longest_lag_s = self._longest_lag_s, 0.0
        return longest

    def deliver(self, deadline: float, *, slow_too: bool) -> bool:
        """Hand out what is due until ``deadline`` (monotonic seconds), at least one event.

        Whoever took longer than a slice waits until all others have theirs, and then for
        ``slow_too``, so that one slow consumer ages nobody else's data.

        Returns:
            Whether something is still due.
        """
        router = self._router
        now = time.monotonic()
        wall_offset_s = time.time() - now
        while True:
            for outlet, event in router.deliveries(now):
                now = self._hand_over(outlet, event, now, wall_offset_s)
                if now >= deadline:
                    return router.has_work() or (slow_too and bool(self._aside))
            if not (slow_too and self._aside):
                return False
            router.finished(self._aside.popleft())

    def _hand_over(
        self, outlet: SubscriptionOutlet, event: StreamEvent, began: float, wall_offset_s: float
    ) -> float:
        """Give ``event`` to the subscription behind ``outlet``, unless it is gone.

        Returns when that was over, in monotonic seconds.
        """
        subscription = outlet.consumer()
        proxy = None if subscription is None else subscription.proxy()
        if (
            subscription is None
            or proxy is None
            or not subscription.is_active
            or sip.isdeleted(proxy)
        ):
            self._router.detach(outlet)
            return began
        if not subscription.is_settled:
            subscription.settle()
        # Nearly every call is neither the latest nor the slowest so far, which costs nothing here.
        times = subscription.times
        stamp = event.stamp
        if not stamp.replayed:
            lag_s = began + wall_offset_s - stamp.received_at
            if lag_s > times.longest_lag_s or lag_s > self._longest_lag_s:
                # What waited unseen or muted is not late: its time begins with the end of that.
                lag_s = min(lag_s, began - outlet.awake_since)
                times.came(lag_s)
                self._longest_lag_s = max(lag_s, self._longest_lag_s)
        outlet.busy = True
        self._delivered = number = self._delivered + 1
        try:
            running = self._call(outlet, subscription, event)
            emit = proxy.emitter.heard(event.data_type)
            if emit is not None and subscription.is_active and not sip.isdeleted(proxy):
                # A slot that raises cannot be caught here: PyQt hands it to sys.excepthook.
                emit(event)
        except BaseException:
            # SystemExit and Ctrl-C are let through; the consumer is free for the next event.
            self._router.finished(outlet)
            raise
        ended = time.monotonic()
        took_s = ended - began
        # One that opened a dialog was long, but held nobody up: others were served inside.
        if self._delivered == number and (took_s > times.longest_call_s or took_s >= SLOW_S):
            self._took(subscription, took_s)
        if not running and took_s < SLICE_S:
            self._router.finished(outlet)
        elif not running:
            self._aside.append(outlet)
        if proxy.is_paused:
            # The first event of a subscription comes even so: somebody may await it.
            self._router.pause(outlet)
            self.rested(subscription.token)
        return ended

    def cancel(self, outlet: SubscriptionOutlet) -> None:
        """End the async callback that is at work, but not one that asks for its own end."""
        task = self._tasks.get(outlet)
        if task is not None and task is not asyncio.current_task(task.get_loop()):
            task.cancel()

    def cancel_all(self) -> None:
        """End all async callbacks that are at work."""
        for outlet in tuple(self._tasks):
            self.cancel(outlet)

    def _took(self, subscription: Subscription, duration_s: float) -> None:
        self.slow_calls += duration_s >= SLOW_S
        if subscription.times.took(duration_s):
            name = "a slot"
            if subscription.callback is not None:
                name = getattr(subscription.callback.get(), "__qualname__", "a callback")
            took_ms = duration_s * 1000
            about = {**subscription.log_fields(), "callback": name, "took_ms": took_ms}
            logger.info("%s took %.0f ms for %r", name, took_ms, subscription, extra=about)

    def _failed(
        self, outlet: SubscriptionOutlet, subscription: Subscription, error: Exception
    ) -> None:
        """Report a failure to whoever asked for it, else to the log."""
        self.callback_errors += 1
        muted_until = subscription.gate.failed(time.monotonic())
        about = {**subscription.log_fields(), "error": type(error).__name__}
        if not self.tell(subscription, error):
            message = "a callback of %r raised"
            logger.error(message, subscription, exc_info=error, extra=about)
        if muted_until is not None:
            self._router.mute(outlet, muted_until)
            message = "%r failed ten times in a row and rests for 30 s"
            logger.warning(message, subscription, extra=about)

    def tell(self, subscription: Subscription, error: Exception) -> bool:
        """Hand an error to the subscription's handler; returns whether it has one."""
        handler = subscription.error_handler.get() if subscription.error_handler else None
        if handler is None:
            return False
        try:
            handler(error)
        except (Exception, asyncio.CancelledError):
            about = subscription.log_fields()
            logger.exception("the error handler of %r raised", subscription, extra=about)
        return True

    def _call(
        self, outlet: SubscriptionOutlet, subscription: Subscription, event: StreamEvent
    ) -> bool:
        """Call the callback; returns whether it goes on as a task."""
        if subscription.callback is None:
            return False
        callback = subscription.callback.get()
        if callback is None:
            # The object whose method it was is gone: a death, not an error.
            subscription.unsubscribe()
            return False
        try:
            result = callback(event)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - isolated by design
            # One that died in its own call raises about that: a death, not an error.
            alive = subscription.callback.get() is not None and not is_gone(subscription.proxy())
            if alive and subscription.is_active:
                self._failed(outlet, subscription, _as_failure(error))
            return False
        if result is not None and inspect.iscoroutine(result):
            # Until it is done the subscription is busy, and its policy handles what comes
            # meanwhile: one task for each subscription, never a pile of them.
            waiting = self._finish(outlet, weakref.ref(subscription), result)
            self._tasks[outlet] = task = spawn(waiting, name="async callback")
            task.add_done_callback(functools.partial(self._finished, outlet, result))
            return True
        subscription.gate.succeeded()
        return False

    async def _finish(
        self,
        outlet: SubscriptionOutlet,
        reference: weakref.ref[Subscription],
        running: Coroutine[Any, Any, None],
    ) -> None:
        try:
            await running
        except (Exception, asyncio.CancelledError) as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                # Not what it waited for was cancelled, but the callback itself.
                raise
            subscription = reference()
            if subscription is not None and subscription.is_active:
                self._failed(outlet, subscription, _as_failure(error))
        else:
            subscription = reference()
            if subscription is not None:
                subscription.gate.succeeded()

    def _finished(
        self,
        outlet: SubscriptionOutlet,
        running: Coroutine[Any, Any, None],
        _task: asyncio.Task[None],
    ) -> None:
        del self._tasks[outlet]
        # A task that is cancelled before its first step leaves its coroutine unstarted.
        running.close()
        self._router.finished(outlet)
        self._wake()


def _as_failure(error: Exception | asyncio.CancelledError) -> Exception:
    """What an error handler is told; ``CancelledError`` is no ``Exception`` in Python."""
    if isinstance(error, Exception):
        return error
    failure = RuntimeError("the callback raised CancelledError: what it asked for was cancelled")
    failure.__cause__ = error
    return failure


def _nobody_minds(token: int) -> None:
    """Before somebody asks to be told."""
