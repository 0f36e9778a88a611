"""The product by its public names: one manager, some proxies, one callback for each event."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.feed.clients.tally import Tally, Task, tell
from benchmarks.feed.frames import END
from upbit_ws_qt import (
    Delivery,
    FeedSettings,
    GlobalWebSocketManager,
    Subscription,
    WebSocketClientProxy,
    run,
)

# Deliveries that were under way when the end was announced.
_LAST_ONES_S = 0.1


# State: what it is made of; whether the load is over.
class Feed:
    """One manager with the proxies of a task, and a tally of what they get.

    The variant ``managers`` gives each proxy a manager, and so a connection, of its own; ``30 Hz``
    delivers in frames of 33 ms.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self.tally = Tally(task, self._end)
        self._over = asyncio.Event()
        # No address but the benchmark's.
        settings = FeedSettings(
            public_url=task.url,
            private_url=task.url + "/private",
            rest_url=task.rest_url,
            frame_interval_ms=33 if task.variant == "30 Hz" else 16,
        )
        parts = range(task.proxies)
        count = len(parts) if task.variant == "managers" else 1
        managers = [GlobalWebSocketManager(settings) for _ in range(count)]
        self.manager = managers[0]
        self.proxies = [WebSocketClientProxy(f"part_{n}", managers[n % count]) for n in parts]
        take = self.tally.callback()
        self._wishes = [self.subscribe(part, take) for part in parts]
        self._ending = WebSocketClientProxy("end", self.manager)
        self._ending.subscribe_ticker([END], lambda _: self._end())

    def codes(self, part: int) -> tuple[str, ...]:
        """The markets of one proxy."""
        codes = self.task.codes
        return codes if self.task.overlap else codes[part :: self.task.proxies]

    def subscribe(self, part: int, take: Callable[[Any], Any]) -> Subscription:
        """The markets of one proxy as the task wants them."""
        task, proxy = self.task, self.proxies[part]
        if task.signal:
            getattr(proxy, f"{task.type}_received").connect(take)
        subscribe = getattr(proxy, f"subscribe_{task.type}")
        subscription: Subscription = subscribe(
            self.codes(part), None if task.signal else take, delivery=_delivery(task)
        )
        return subscription

    async def begin(self) -> None:
        """Wait until every snapshot was delivered and the lists over REST are read."""
        await asyncio.gather(*self._wishes)
        expected = sum(len(self.codes(part)) for part in range(self.task.proxies))
        known = [
            partial(proxy.markets.levels, code)
            for part, proxy in enumerate(self.proxies)
            for code in self.codes(part)
        ]

        def is_quiet() -> bool:
            return self.tally.snapshots >= expected and all(levels() for levels in known)

        # Nothing tells of the last snapshot: what is delivered is only counted.
        while not is_quiet():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        self.tally.begin()

    async def end(self) -> None:
        """Wait until all messages came, or no more will come."""
        await self._over.wait()
        if not self.tally.ended:
            await asyncio.sleep(_LAST_ONES_S)

    def _end(self) -> None:
        self._over.set()


def _delivery(task: Task) -> Delivery | None:
    # A queue has room for all.
    if task.delivery == "drop_oldest":
        return Delivery.drop_oldest(maxlen=task.count)
    policy: Delivery | None = getattr(Delivery, task.delivery)() if task.delivery else None
    return policy


async def main() -> None:
    feed = Feed(Task.given())
    await feed.begin()
    tell(ready=True)
    await feed.end()
    tell(**feed.tally.facts())


if __name__ == "__main__":
    run(main)
