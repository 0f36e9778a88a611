"""Ten components that change their markets as people do: how many requests that takes.

All follow one market to the next, as a linked chart, book and tape do; then single ones look at
another market for a moment and come back. ``variant``: ``ours``, or ``separate`` connections.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import qasync
from PyQt6.QtWidgets import QApplication
from websockets.asyncio.client import connect

from benchmarks.feed.clients.tally import Task, tell
from upbit_ws_qt import FeedSettings, GlobalWebSocketManager, WebSocketClientProxy, run

_LINKED = 5
_SINGLE = 5
_BETWEEN_S = 1.0
_MOMENT_S = 0.3

Show = Callable[[int, str], Awaitable[None]]


async def play(task: Task, show: Show) -> None:
    """The scene: ``show(component, market)`` is one change of one component."""
    codes = task.codes
    components = range(task.proxies)
    for turn in range(1 + _LINKED):
        await asyncio.gather(*(show(component, codes[turn]) for component in components))
        await asyncio.sleep(_BETWEEN_S)
    for component in range(_SINGLE):
        await show(component, codes[-1 - component])
        await asyncio.sleep(_MOMENT_S)
        await show(component, codes[_LINKED])
        await asyncio.sleep(_BETWEEN_S - _MOMENT_S)


async def ours() -> None:
    task = Task.given()
    settings = FeedSettings(
        public_url=task.url, private_url=task.url + "/private", rest_url=task.rest_url
    )
    manager = GlobalWebSocketManager(settings)
    proxies = [WebSocketClientProxy(f"part_{n}", manager) for n in range(task.proxies)]

    async def show(component: int, code: str) -> None:
        proxies[component].unsubscribe_trade()
        proxies[component].subscribe_trade([code])

    tell(ready=True)
    await play(task, show)
    # The last ones that nobody wants any more go when their grace period is over.
    await asyncio.sleep(settings.grace_period_s + _BETWEEN_S)
    tell(done=True)
    # The last request of all is on its way.
    await asyncio.sleep(_BETWEEN_S)


async def separate(task: Task) -> None:
    connections = [
        await connect(task.url, compression=None, proxy=None) for _ in range(task.proxies)
    ]

    async def show(component: int, code: str) -> None:
        wish = [{"ticket": "flip"}, {"type": task.type, "codes": [code]}, {"format": "SIMPLE"}]
        await connections[component].send(json.dumps(wish))

    tell(ready=True)
    await play(task, show)
    tell(done=True)
    await asyncio.sleep(_BETWEEN_S)


if __name__ == "__main__":
    given = Task.given()
    if given.variant == "ours":
        run(ours)
    else:
        app = QApplication([])
        with qasync.QEventLoop(app) as loop:
            loop.run_until_complete(separate(given))
