"""The product as in ``ours``, while it records what comes; tells what the recording counted."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.feed.clients.ours import Feed
from benchmarks.feed.clients.tally import Task, tell
from upbit_ws_qt import run


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        feed = Feed(Task.given())
        recorder = feed.manager.record(Path(folder) / "session.rec")
        await feed.begin()
        tell(ready=True)
        await feed.end()
        facts = feed.tally.facts()
        recorder.stop()
        tell(**facts, **asdict(recorder.statistics()))


if __name__ == "__main__":
    run(main)
