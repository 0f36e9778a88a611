"""The handle of one subscription, which a slot may ignore and a coroutine may await. Qt."""

from __future__ import annotations

import asyncio
import inspect
import threading
import weakref
from collections.abc import Awaitable, Callable, Collection, Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QObject

from upbit_ws_qt.errors import ProxyClosed, UpbitError
from upbit_ws_qt.isolation import CallTimes, FailureGate
from upbit_ws_qt.routing import OutletStatistics
from upbit_ws_qt.subscriptions import SubscriptionSpec

from .lifecycle import is_gone
from .running import wrong_thread

if TYPE_CHECKING:
    from .manager import GlobalWebSocketManager
    from .proxy import WebSocketClientProxy

__all__ = [
    "Callback",
    "ErrorHandler",
    "Subscription",
    "SubscriptionStatistics",
    "WeakCallable",
]

Callback = Callable[[Any], Awaitable[None] | None]
ErrorHandler = Callable[[Exception], None]


@dataclass(frozen=True, slots=True)
class SubscriptionStatistics:
    """What became of one subscription's events, and how its callback did.

    Of the events that were ``routed`` to it: ``delivered``; ``dropped`` by a full queue;
    ``coalesced``, replaced by newer ones before their turn; ``withheld`` while the callback was
    muted; ``outdated``, as their connection ended first; ``queued`` now. Of the callback:
    ``failures``, ``slow_calls`` (50 ms and more), ``longest_call_s``; ``longest_lag_s`` is the
    longest time in seconds from an event's arrival to its delivery.
    """

    routed: int
    delivered: int
    dropped: int
    coalesced: int
    withheld: int
    outdated: int
    queued: int
    failures: int
    slow_calls: int
    longest_call_s: float
    longest_lag_s: float


class WeakCallable:
    """Holds a bound method weakly, and a function or lambda as it is."""

    __slots__ = ("_function", "_method")

    def __init__(self, target: Callable[..., Any]) -> None:
        bound = inspect.ismethod(target)
        self._method = weakref.WeakMethod(target) if bound else None
        self._function = None if bound else target

    def get(self) -> Callable[..., Any] | None:
        """The callable, or None when the object it belonged to is gone."""
        if self._method is None:
            return self._function
        method = self._method()
        owner = getattr(method, "__self__", None)
        if isinstance(owner, QObject) and is_gone(owner):
            return None
        return method


# State: whether it was settled and how, who awaits it, and the failures of its callback.
class Subscription:
    """One ``subscribe_*`` call. Await it any number of times, or not at all.

    It settles at the first value (a replayed one counts) or when the exchange has accepted the
    request; until there is a connection it waits. Cancelling a wait cancels that wait only.

    Raises (when awaited):
        RequestRejected: the exchange refused what was asked for.
        ProxyClosed: the proxy was released first.
    """

    def __init__(
        self,
        token: int,
        spec: SubscriptionSpec | None,
        manager: GlobalWebSocketManager | None,
        proxy: Callable[[], WebSocketClientProxy | None],
        callback: Callback | None = None,
        error_handler: ErrorHandler | None = None,
        *,
        may_mute: bool = True,
    ) -> None:
        self.token = token
        self.spec = spec
        self.gate = FailureGate(may_mute=may_mute)
        self.times = CallTimes()
        self.callback = WeakCallable(callback) if callback else None
        self.error_handler = WeakCallable(error_handler) if error_handler else None
        self.proxy = proxy
        self._thread = threading.get_ident()
        self._manager = manager
        # Looked at for each event, so these two are no properties.
        self.is_active = manager is not None
        self.is_settled = manager is None
        self._error: UpbitError | None = None
        self._waiters: list[asyncio.Future[None]] = []

    @classmethod
    def done(cls) -> Subscription:
        """What ends subscriptions returns: nothing is left to wait for."""
        return cls(0, None, None, lambda: None)

    def statistics(self) -> SubscriptionStatistics:
        """Counters since it was made; all zero once it has ended."""
        self._check_thread()
        outlet = OutletStatistics()
        if self._manager is not None and not is_gone(self._manager):
            outlet = self._manager.outlet_statistics(self.token)
        return SubscriptionStatistics(
            routed=outlet.routed,
            delivered=outlet.delivered,
            dropped=outlet.dropped,
            coalesced=outlet.coalesced,
            withheld=outlet.withheld,
            outdated=outlet.outdated,
            queued=outlet.queued,
            failures=self.gate.failures,
            slow_calls=self.times.slow_calls,
            longest_call_s=self.times.longest_call_s,
            longest_lag_s=self.times.longest_lag_s,
        )

    @property
    def is_awaited(self) -> bool:
        """Whether anything waits on it right now."""
        return bool(self._waiters)

    def drop(self, symbols: Collection[str]) -> None:
        """Go on without these markets; at least one must be left."""
        self._check_thread()
        if self._manager is not None and self.spec is not None:
            left = tuple(code for code in self.spec.symbols if code not in symbols)
            self.spec = replace(self.spec, symbols=left)
            self._manager.narrow_subscription(self.token, self.spec)

    def unsubscribe(self) -> None:
        """End this subscription and no other; may be called any number of times."""
        self._check_thread()
        if self._manager is not None:
            if not is_gone(self._manager):
                self._manager.end_subscription(self.token)
            self._manager = None
            self.is_active = False
            self.settle(ProxyClosed("the subscription was ended before its first value"))

    def ended(self) -> None:
        """The proxy was released: nothing is delivered any more."""
        self._check_thread()
        self._manager = None
        self.is_active = False
        self.settle(ProxyClosed("the proxy was released before the subscription's first value"))

    def settle(self, error: UpbitError | None = None) -> None:
        """The first value came, the request was accepted, or neither will happen."""
        self._check_thread()
        if self.is_settled:
            return
        self.is_settled = True
        self._error = error
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def __await__(self) -> Generator[Any, None, Subscription]:
        return self._wait().__await__()

    async def _wait(self) -> Subscription:
        self._check_thread()
        if not self.is_settled:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            try:
                await waiter
            finally:
                self._waiters.remove(waiter)
        if self._error is not None:
            raise self._error
        return self

    def log_fields(self) -> dict[str, str]:
        """What a log record about it says beside its message: whose it is, and of what type."""
        self._check_thread()
        proxy = self.proxy()
        return {
            "client": "" if proxy is None else proxy.client_id,
            "stream": "" if self.spec is None else self.spec.data_type,
        }

    def _check_thread(self) -> None:
        if threading.get_ident() != self._thread:
            raise wrong_thread()

    def __repr__(self) -> str:
        state = "active" if self.is_active else "ended"
        what = "" if self.spec is None else f" {self.spec.data_type} {list(self.spec.symbols)}"
        return f"<Subscription{what}, {state}>"
