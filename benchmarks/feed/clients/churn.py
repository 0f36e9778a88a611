"""Proxies that come and go while data flows, in each way that a component can end."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Any

from PyQt6 import sip
from PyQt6.QtCore import QCoreApplication, QObject, QTimer

from benchmarks.feed.clients.memory import resident_mb, slope
from benchmarks.feed.clients.ours import Feed
from benchmarks.feed.clients.tally import Task, tell
from upbit_ws_qt import Subscription, WebSocketClientProxy, run

_AT_ONCE = 20
_MEASURED_EVERY = 250


class Component(QObject):
    """What a proxy belongs to: its callback is a method, as in a widget."""

    def __init__(self, feed: Feed, number: int) -> None:
        super().__init__()
        self.proxy = WebSocketClientProxy(f"component_{number}", feed.manager, self)
        codes = feed.task.codes
        self.proxy.subscribe_ticker([codes[number % len(codes)]], self.show)

    def show(self, event: Any) -> None:
        """Nothing is drawn here."""


def forget(_: Component) -> None:
    """The last reference goes when this returns."""


ENDS: tuple[Callable[[Component], object], ...] = (
    forget,
    lambda component: component.deleteLater(),
    sip.delete,
    lambda component: component.proxy.cleanup(),
)


def left_over(feed: Feed) -> dict[str, int]:
    """What exists of everything that a proxy brings along."""
    gc.collect()
    alive = [type(thing) for thing in gc.get_objects()]
    app = QCoreApplication.instance()
    assert app is not None
    return {
        "subscriptions": feed.manager.health_check().active_subscriptions,
        "handles": alive.count(Subscription),
        "proxies": alive.count(WebSocketClientProxy),
        "components": alive.count(Component),
        "timers": alive.count(QTimer) + len(app.findChildren(QTimer)),
        "children": len(feed.manager.findChildren(QObject)),
        "tasks": len(asyncio.all_tasks()),
    }


async def main() -> None:
    task = Task.given()
    feed = Feed(task)
    await feed.begin()
    before = left_over(feed)
    tell(ready=True)
    total = int(task.variant)
    measured: list[tuple[float, float]] = []
    for first in range(0, total, _AT_ONCE):
        for number in range(first, first + _AT_ONCE):
            ENDS[number % len(ENDS)](Component(feed, number))
        # Qt deletes, and delivers, in between.
        await asyncio.sleep(0.001)
        if first % _MEASURED_EVERY < _AT_ONCE:
            gc.collect()
            measured.append((first / 1000, resident_mb()))
    # Two frames, for what was under way.
    await asyncio.sleep(0.1)
    after = left_over(feed)
    # What is made once and kept, such as caches, is made in the first fifth.
    flat = measured[len(measured) // 5 :]
    await feed.end()
    tell(
        **feed.tally.facts(),
        left={name: after[name] - before[name] for name in after},
        memory=slope([number for number, _ in flat], [mb for _, mb in flat]),
    )


if __name__ == "__main__":
    run(main)
