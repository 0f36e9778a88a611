"""The bound: websockets' own client and msgspec on plain asyncio, the least that a user would do.

It decodes into the very struct that our events are, and calls a function for each.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.feed.clients.tally import Tally, Task, tell
from benchmarks.feed.frames import FIRST, frame_of
from upbit_ws_qt import decode


def decoder_of(type_: str) -> Callable[[bytes], Any]:
    """Reads a SIMPLE frame of one type."""
    frame = frame_of(type_, "KRW-BTC", simple=True) % (0, FIRST, 0)
    return msgspec.json.Decoder(type(decode(frame[4:]))).decode


async def subscribed(task: Task, codes: tuple[str, ...], **options: Any) -> ClientConnection:
    """A connection that has got its snapshots."""
    connection = await connect(task.url, compression=None, proxy=None, **options)
    wish = [{"ticket": "bare"}, {"type": task.type, "codes": codes}, {"format": "SIMPLE"}]
    await connection.send(json.dumps(wish))
    for _ in codes:
        await connection.recv()
    return connection


async def main() -> None:
    task = Task.given()
    decoded = decoder_of(task.type)
    tally = Tally(task)
    take = tally.callback()
    # Without a limit of its queue it is a little faster than with it.
    connection = await subscribed(task, task.codes, max_queue=None)
    tally.begin()
    tell(ready=True)
    async for frame in connection:
        take(decoded(frame))  # type: ignore[arg-type]
        if tally.ended:
            break
    tell(**tally.facts())
    await connection.close()


if __name__ == "__main__":
    asyncio.run(main())
