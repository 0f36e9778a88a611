"""Hands an event to one consumer, so that its failure is nobody else's. Qt."""

from __future__ import annotations

import inspect
import logging
import time
import weakref
from collections.abc import Callable, Coroutine
from typing import Any

from upbit_ws_qt.isolation import SLOW_S
from upbit_ws_qt.routing import DataRoutingEngine, Outlet
from upbit_ws_qt.subscriptions import StreamEvent

from .lifecycle import is_gone
from .running import spawn
from .subscription import Subscription

__all__ = ["FanoutHub", "SubscriptionOutlet"]

logger = logging.getLogger(__name__)

SubscriptionOutlet = Outlet["weakref.ref[Subscription]"]


# State: counters.
class FanoutHub:
    """Calls callbacks and emits signals; isolates, counts and mutes those that fail.

    ``wake`` is called when a callback that went on as a task is done and may take the next event.
    """

    def __init__(
        self,
        router: DataRoutingEngine[weakref.ref[Subscription]],
        wake: Callable[[], None],
    ) -> None:
        self._router = router
        self._wake = wake
        self.callback_errors = 0
        self.slow_calls = 0
        self._delivered = 0

    def deliver(self, outlet: SubscriptionOutlet, event: StreamEvent) -> None:
        """Give ``event`` to the subscription behind ``outlet``, unless it is gone."""
        subscription = outlet.consumer()
        proxy = None if subscription is None else subscription.proxy()
        if subscription is None or proxy is None or not subscription.is_active or is_gone(proxy):
            self._router.detach(outlet)
            return
        began = time.monotonic()
        if not subscription.gate.admits(began):
            return
        subscription.settle()
        if not event.replayed:
            subscription.times.came(time.time() - event.stamp.received_at)
        outlet.busy = True
        self._delivered += 1
        number = self._delivered
        running = self._call(outlet, subscription, event)
        if not is_gone(proxy) and subscription.is_active:
            # A slot that raises cannot be caught here: PyQt hands it to sys.excepthook.
            proxy.emit_event(event)
        # One that opened a dialog was long, but held nobody up: others were served inside.
        if self._delivered == number:
            self._took(subscription, time.monotonic() - began)
        if not running:
            self._router.finished(outlet)

    def _took(self, subscription: Subscription, duration_s: float) -> None:
        self.slow_calls += duration_s >= SLOW_S
        if subscription.times.took(duration_s):
            name = "a slot"
            if subscription.callback is not None:
                name = getattr(subscription.callback.get(), "__qualname__", "a callback")
            logger.info("%s took %.0f ms for %r", name, duration_s * 1000, subscription)

    def failed(self, subscription: Subscription, error: Exception) -> None:
        """Report a failure to whoever asked for it, else to the log."""
        self.callback_errors += 1
        muted = subscription.gate.failed(time.monotonic())
        if not self.tell(subscription, error):
            logger.error("a callback of %r raised", subscription, exc_info=error)
        if muted:
            logger.warning("%r failed ten times in a row and rests for 30 s", subscription)

    def tell(self, subscription: Subscription, error: Exception) -> bool:
        """Hand an error to the subscription's handler; returns whether it has one."""
        handler = subscription.error_handler.get() if subscription.error_handler else None
        if handler is None:
            return False
        try:
            handler(error)
        except Exception:
            logger.exception("the error handler of %r raised", subscription)
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
        except Exception as error:  # noqa: BLE001 - isolated by design
            # One that died in its own call raises about that: a death, not an error.
            alive = subscription.callback.get() is not None and not is_gone(subscription.proxy())
            if alive and subscription.is_active:
                self.failed(subscription, error)
            return False
        if inspect.iscoroutine(result):
            # Until it is done the subscription is busy, and its policy handles what comes
            # meanwhile: one task for each subscription, never a pile of them.
            spawn(self._finish(outlet, weakref.ref(subscription), result), name="async callback")
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
        except Exception as error:  # noqa: BLE001 - isolated by design
            subscription = reference()
            if subscription is not None and subscription.is_active:
                self.failed(subscription, error)
        else:
            subscription = reference()
            if subscription is not None:
                subscription.gate.succeeded()
        finally:
            self._router.finished(outlet)
            self._wake()
