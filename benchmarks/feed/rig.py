"""One client in a fresh process against the frame server: one run, one record."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .certificate import server_context
from .clients.tally import Task
from .frames import CODES
from .server import FrameServer, Sent

_START_LIMIT_S = 60.0
_END_LIMIT_S = 60.0
_END_EVERY_S = 0.05
# Of what a client writes on stderr; one that fails may do so for each message.
_LAST_WORDS = 2_000


@dataclass(frozen=True)
class Run:
    """What came of one run: the client's own facts, what was sent, and what the server counted."""

    facts: dict[str, Any]
    sent: Sent
    requests: int
    most_connections: int
    most_in_a_second: int

    def __getitem__(self, name: str) -> Any:
        return self.facts[name]

    @property
    def rate(self) -> float:
        """Messages a second that the client took."""
        return float(self.facts["count"] / self.seconds)

    @property
    def processor(self) -> float:
        """The client's share of one processor."""
        return float(self.facts["processor_s"] / self.seconds)

    @property
    def seconds(self) -> float:
        """From the first message sent to the last one taken."""
        return float(self.facts["ended"] - self.sent.began) / 1e6


class RunFailed(Exception):
    """A client did not do what it was told; says which, and how that showed."""


Load = Callable[[FrameServer], Sent]


# State: how far the worst frame of each paced run was behind its time.
class Rig:
    """Makes runs; see :func:`rig`."""

    def __init__(self, server: FrameServer, trusted: Path) -> None:
        self.server = server
        self._trusted = trusted
        self.late_ms: list[float] = []

    def task(self, type_: str, markets: int, count: int, *, tls: bool = False, **more: Any) -> Task:
        """A task on the busiest markets."""
        url = self.server.url(tls=tls)
        return Task(url, self.server.rest_url, type_, CODES[:markets], count, **more)

    def paced(self, client: str, task: Task, rate: float, limit_s: float = _END_LIMIT_S) -> Run:
        """All messages of the task at an even rate."""
        run = self.run(client, task, lambda server: server.pace(rate, task.count / rate), limit_s)
        self.late_ms.append(run.sent.late_ms)
        return run

    def flooded(self, client: str, task: Task, limit_s: float = _END_LIMIT_S) -> Run:
        """All messages of the task as fast as the client takes them."""
        return self.run(client, task, lambda server: server.flood(task.count), limit_s)

    def run(self, client: str, task: Task, load: Load, limit_s: float = _END_LIMIT_S) -> Run:
        """Start a client, load it when it is ready, and hear what it says.

        Raises:
            RunFailed: it did not begin, ended without a result, broke its connection, took nothing
                any more, or did not end within ``limit_s`` after the load.
        """
        try:
            return self._run(client, task, load, limit_s)
        except OSError as error:
            raise RunFailed(f"{client}, {task.count:,} {task.type}s: {error}") from error

    def _run(self, client: str, task: Task, load: Load, limit_s: float) -> Run:
        server = self.server
        server.reset()
        with self._started(client, task) as (process, lines):
            server.serve(lambda: not lines.empty() or process.poll() is not None, _START_LIMIT_S)
            _line_of(client, lines)
            # A client that cannot know may say that it is ready a little too early.
            server.serve(lambda: server.requests > 0 or not lines.empty(), _START_LIMIT_S)
            sent = load(server)
            said = time.monotonic()

            def told() -> bool:
                nonlocal said
                if not lines.empty() or process.poll() is not None:
                    return True
                if time.monotonic() - said > _END_EVERY_S:
                    said = time.monotonic()
                    server.say_end()
                return False

            server.serve(told, limit_s)
            facts = _line_of(client, lines)
            return Run(facts, sent, server.requests, server.most, server.most_in_a_second())

    @contextmanager
    def _started(
        self, client: str, task: Task
    ) -> Iterator[tuple[subprocess.Popen[str], queue.Queue[str]]]:
        environment = os.environ | {
            "QT_QPA_PLATFORM": "offscreen",
            "SSL_CERT_FILE": str(self._trusted),
        }
        command = [sys.executable, "-m", f"benchmarks.feed.clients.{client}"]
        lines: queue.Queue[str] = queue.Queue()
        with (
            tempfile.TemporaryFile("w+") as words,
            subprocess.Popen(
                [*command, json.dumps(asdict(task))],
                stdout=subprocess.PIPE,
                stderr=words,
                text=True,
                env=environment,
            ) as process,
        ):

            def read() -> None:
                for line in process.stdout or ():
                    lines.put(line)

            reading = threading.Thread(target=read, daemon=True)
            reading.start()
            try:
                yield process, lines
            finally:
                # It has said all; how it ends is not what is measured here.
                process.kill()
                process.wait()
                reading.join()
                words.seek(0)
                sys.stderr.write(words.read()[-_LAST_WORDS:])


def _line_of(client: str, lines: queue.Queue[str]) -> dict[str, Any]:
    try:
        line = lines.get(timeout=1)
    except queue.Empty:
        raise RunFailed(f"{client} ended without a result; what it said is on stderr") from None
    facts: dict[str, Any] = json.loads(line)
    return facts


@contextmanager
def rig() -> Iterator[Rig]:
    """A server with a certificate of its own, for one benchmark."""
    with tempfile.TemporaryDirectory() as folder:
        context, trusted = server_context(Path(folder))
        with FrameServer(context) as server:
            yield Rig(server, trusted)
