"""What components do without the product: each has a connection of its own, on Qt's event loop.

websockets' client and msgspec under qasync, a callback for each message.
"""

from __future__ import annotations

import asyncio

import qasync
from PyQt6.QtWidgets import QApplication
from websockets.asyncio.client import ClientConnection

from benchmarks.feed.clients.bare import decoder_of, subscribed
from benchmarks.feed.clients.tally import Tally, Task, tell


async def main(task: Task) -> None:
    over = asyncio.Event()
    tally = Tally(task, over.set)
    take, decoded = tally.callback(), decoder_of(task.type)
    parts = range(task.proxies)
    shares = [task.codes if task.overlap else task.codes[part :: task.proxies] for part in parts]
    connections = [await subscribed(task, codes) for codes in shares]

    async def follow(connection: ClientConnection) -> None:
        async for frame in connection:
            take(decoded(frame))  # type: ignore[arg-type]

    tally.begin()
    following = [asyncio.create_task(follow(connection)) for connection in connections]
    tell(ready=True)
    await over.wait()
    tell(**tally.facts())
    for one in following:
        one.cancel()


if __name__ == "__main__":
    app = QApplication([])
    with qasync.QEventLoop(app) as loop:
        loop.run_until_complete(main(Task.given()))
