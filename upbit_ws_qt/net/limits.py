"""Waiting for one's turn within the exchange's limits. No Qt."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Final
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from upbit_ws_qt.errors import RateLimited
from upbit_ws_qt.ratelimit import GlobalRateLimiter, Priority

__all__ = ["limiter_for", "note_refusal", "wait_turn"]

# The exchange counts by address: everyone in this program who calls one host shares one budget.
_limiters: Final = WeakValueDictionary[str, GlobalRateLimiter]()


def limiter_for(rest_url: str, share: float) -> GlobalRateLimiter:
    """The limiter of a host, made with ``share`` where there is none yet."""
    host = urlsplit(rest_url).netloc.lower()
    limiter = _limiters.get(host)
    if limiter is None:
        limiter = _limiters[host] = GlobalRateLimiter(share)
    return limiter


async def wait_turn(
    limiter: GlobalRateLimiter, groups: tuple[str, ...], priority: Priority
) -> None:
    """Return when one call of these groups may go out; a cancelled wait gives its place back."""
    granted = asyncio.Event()
    turn = limiter.ask(groups, priority, granted.set)
    try:
        while True:
            now = time.monotonic()
            limiter.grant(now)
            if granted.is_set():
                return
            # Somebody waits at least: this one.
            next_at = limiter.next_grant(now)
            # Whoever wakes first grants for all; timers may fire early, so the time is read again.
            waiting_s = None if next_at is None else max(0.0, next_at - now)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(waiting_s):
                    await granted.wait()
    except asyncio.CancelledError:
        limiter.give_up(turn)
        raise


def note_refusal(limiter: GlobalRateLimiter, error: RateLimited, groups: tuple[str, ...]) -> None:
    """Stop these groups, and write into ``error`` until when."""
    now = time.monotonic()
    error.retry_at = limiter.refused(error.status, groups, now, error.retry_after_s)
