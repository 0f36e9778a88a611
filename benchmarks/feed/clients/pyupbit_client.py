"""pyupbit's client, unmodified, used as its users do: a process that fills a queue of 1,000.

The exchange's address is written out in it, so its WebSocket library is led here where it
connects. That reaches the process it starts only where that is forked.
"""

from __future__ import annotations

import multiprocessing
import os
from typing import Any

import pyupbit
import websockets

from benchmarks.feed.clients.tally import Task, tell
from benchmarks.feed.clients.unique import Unique
from benchmarks.feed.frames import END

_FIELDS = {"ticker": "acc_ask_volume", "trade": "sequential_id"}


def main() -> None:
    multiprocessing.set_start_method("fork")
    task = Task.given()
    connect = websockets.connect

    def connect_here(_: str, **options: Any) -> Any:
        return connect(task.url, **options)

    websockets.connect = connect_here  # type: ignore[assignment,misc]
    field = _FIELDS[task.type]
    manager = pyupbit.WebSocketManager(task.type, [*task.codes, END])
    seen = Unique()
    tell(ready=True)
    while True:
        message = manager.get()
        if message["code"] == END:
            break
        seen.add((message[field],))
    # Nothing is sent any more; a process that has ended says what it took.
    manager.terminate()
    manager.join()
    spent = os.times()
    tell(**seen.facts(besides_s=spent.children_user + spent.children_system))


if __name__ == "__main__":
    main()
