"""Waiting for one's turn within the exchange's limits. No Qt."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import AsyncGenerator
from typing import Final
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from upbit_ws_qt.errors import RateLimited
from upbit_ws_qt.ratelimit import GlobalRateLimiter, Priority, Turn

__all__ = ["in_turn", "limiter_for", "note_refusal"]

logger = logging.getLogger(__name__)

# The exchange counts by address: everyone in this program who calls one host shares one budget.
_limiters: Final = WeakValueDictionary[str, GlobalRateLimiter]()
# It goes on counting when the last of them is gone, and a block lasts up to an hour: the limiters
# of the latest hosts are kept. A program has a few hosts; only tests have many.
_kept: Final = deque[GlobalRateLimiter](maxlen=16)


def limiter_for(rest_url: str, share: float) -> GlobalRateLimiter:
    """The limiter of a host, made with ``share`` where there is none yet."""
    host = urlsplit(rest_url).netloc.lower()
    limiter = _limiters.get(host)
    if limiter is None:
        limiter = _limiters[host] = GlobalRateLimiter(share)
        _kept.append(limiter)
    return limiter


@contextlib.asynccontextmanager
async def in_turn(
    limiter: GlobalRateLimiter, groups: tuple[str, ...], priority: Priority
) -> AsyncGenerator[None]:
    """Enter when one call of these groups may go out, and leave when it is answered.

    A cancelled wait gives its place back.
    """
    woken = asyncio.Event()
    turn = limiter.ask(groups, priority, woken.set)
    try:
        await _granted(limiter, turn, woken)
    except asyncio.CancelledError:
        limiter.give_up(turn)
        raise
    try:
        yield
    finally:
        limiter.made(turn, time.monotonic())


async def _granted(limiter: GlobalRateLimiter, turn: Turn, woken: asyncio.Event) -> None:
    while True:
        now = time.monotonic()
        limiter.grant(now)
        if turn.granted_at is not None:
            return
        # Somebody waits at least: this one.
        next_at = limiter.next_grant(now)
        # Whoever wakes first grants for all; timers may fire early, so the time is read again.
        waiting_s = None if next_at is None else max(0.0, next_at - now)
        woken.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(waiting_s):
                await woken.wait()


def note_refusal(limiter: GlobalRateLimiter, error: RateLimited, groups: tuple[str, ...]) -> None:
    """Stop these groups, and write into ``error`` until when and whose doing it was.

    What we count is below the exchange's limit, so who is refused with calls left has company.
    """
    now = time.monotonic()
    remaining = limiter.get_remaining_tokens(now)
    left = min(remaining[name] for name in groups)
    if left:
        error.by_others = True
        error.args = (f"{error}; another program on this address calls the exchange as well",)
    logger.info(
        "%s; %d calls were left", error, left, extra={"groups": ", ".join(groups), "left": left}
    )
    error.retry_at = limiter.refused(error.status, groups, now, error.retry_after_s)
