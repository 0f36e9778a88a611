"""A worker from outside: started, asked for samples, and ended when it takes too long."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .environments import surroundings

#: A step that takes longer is given up: nobody would wait for it.
CAP_S = 20.0
_START_LIMIT_S = 120.0
# How long a worker goes on taking samples before it answers.
_BUDGET_S = 2.0
_LAST_WORDS = 2_000


class Overdue(Exception):
    """A step took longer than the cap."""


class Ended(Exception):
    """A worker ended without an answer; what it said is on stderr."""


@dataclass(frozen=True)
class Scene:
    """Which chart, with how many bars, how many of them in view, and how many charts at once."""

    subject: str
    bars: int
    charts: int = 1
    in_view: int = 300

    def of(self, subject: str) -> Scene:
        """The same with another chart."""
        return replace(self, subject=subject)


# State: the process, its answers that wait, what it says about itself, and whether it broke down.
class WorkerProcess:
    """One chart in its process; see ``worker``.

    Raises:
        Ended: it could not start, or could not draw its first chart.
        Overdue: it took more than two minutes for that.
    """

    def __init__(self, python: Path, scene: Scene) -> None:
        self.scene = scene
        self._broke_down = False
        self._words = tempfile.TemporaryFile("w+")  # noqa: SIM115 - it lives as long as the process
        command = [str(python), "-m", "benchmarks.chart.worker"]
        self._process = subprocess.Popen(
            [*command, scene.subject, *map(str, (scene.bars, scene.charts, scene.in_view))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            text=True,
            env=surroundings(python),
        )
        self._answers: queue.Queue[str | None] = queue.Queue()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        try:
            self.versions: dict[str, str] = self._answer(_START_LIMIT_S)["versions"]
        except (Ended, Overdue):
            self.end()
            raise

    def begin(self) -> None:
        """Make new charts, still empty; needed before each load."""
        self._say(step="begin")
        self._answer(_START_LIMIT_S)

    def ask(self, step: str, samples: int) -> dict[str, Any]:
        """Some samples of a step; fewer if they take long, but one at least.

        Raises:
            Overdue: a sample took longer than the cap. The worker is of no use any more.
            Ended: the worker broke down.
        """
        self._say(step=step, samples=samples, budget_s=_BUDGET_S)
        return self._answer(_BUDGET_S + CAP_S)

    def _say(self, **command: Any) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()
        except OSError:
            # It ended between two steps.
            self._broke_down = True
            raise Ended(f"{self.scene.subject} ended") from None

    def end(self) -> None:
        """Kill it, and pass on the last that it said if it broke down."""
        self._process.kill()
        self._process.wait()
        self._reading.join()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
        if self._broke_down:
            self._words.seek(0)
            sys.stderr.write(self._words.read()[-_LAST_WORDS:])
        self._words.close()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._answers.put(line)
        self._answers.put(None)

    def _answer(self, limit_s: float) -> dict[str, Any]:
        try:
            line = self._answers.get(timeout=limit_s)
        except queue.Empty:
            raise Overdue(f"{self.scene.subject}: no answer within {limit_s:.0f} s") from None
        if line is None:
            self._broke_down = True
            raise Ended(f"{self.scene.subject} ended without an answer")
        answer: dict[str, Any] = json.loads(line)
        return answer
