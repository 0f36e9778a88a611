"""The product with one consumer that takes 20 ms a call, and what the others have of it.

``variant``: ``async``, a coroutine that waits; ``blocking``, a function that holds the GUI thread;
``none``, nobody is slow.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from PyQt6.QtCore import QTimer

from benchmarks.feed.clients.memory import resident_mb, slope
from benchmarks.feed.clients.ours import Feed
from benchmarks.feed.clients.tally import Task, tell
from upbit_ws_qt import Subscription, WebSocketClientProxy, run

_CALL_S = 0.02
_LOOK_MS = 250


def slow_subscription(feed: Feed) -> tuple[WebSocketClientProxy, Subscription]:
    """Everything, with the policy that its type has by itself."""

    async def wait(_: Any) -> None:
        await asyncio.sleep(_CALL_S)

    def block(_: Any) -> None:
        time.sleep(_CALL_S)

    callbacks = {"async": wait, "blocking": block, "none": lambda _: None}
    proxy = WebSocketClientProxy("slow", feed.manager)
    subscribe = getattr(proxy, f"subscribe_{feed.task.type}")
    return proxy, subscribe(feed.task.codes, callbacks[feed.task.variant])


async def main() -> None:
    feed = Feed(Task.given())
    await feed.begin()
    proxy, slow = slow_subscription(feed)
    # Its replays are delivered, or wait.
    await slow
    before = slow.statistics()
    memory: list[float] = []
    looking = QTimer()
    looking.timeout.connect(lambda: memory.append(resident_mb()))
    looking.start(_LOOK_MS)
    feed.tally.begin()
    tell(ready=True)
    await feed.end()
    looking.stop()
    after = slow.statistics()
    # While its queue fills, memory grows as it should.
    flat = memory[len(memory) // 3 :]
    times = [_LOOK_MS / 1000 * number for number in range(len(flat))]
    tell(
        **feed.tally.facts(),
        delivered=after.delivered - before.delivered,
        lost=after.dropped + after.coalesced - before.dropped - before.coalesced,
        queued=after.queued - before.queued,
        memory=slope(times, flat),
        calls_named=feed.manager.health_check().slow_callbacks,
    )
    proxy.cleanup()


if __name__ == "__main__":
    run(main)
