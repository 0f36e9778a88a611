"""The chart beside finplot, pglive and vnpy's: one command, one table, one line of JSON.

How it measures and how to read it: docs/benchmarks.md.
Run: python -m benchmarks.chart [--quick] [--only NAME ...]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .environments import CannotInstall, interpreter_of
from .process import CAP_S, Ended, Overdue, Scene, WorkerProcess
from .table import OURS, STEPS, Figure, lines, plain, targets

PEERS = ("finplot", "pglive", "vnpy")
SIZES = (1_000, 10_000, 100_000, 1_000_000)
JUDGED_BARS = 100_000
CHARTS_AT_ONCE = 4
MANY_IN_VIEW = 50_000
SAMPLES = {"load": 1, "tick": 8, "pan": 8}
ROUNDS, QUICK_ROUNDS = 5, 2
# No further round of a step that has taken longer than that.
ENOUGH_MS = 6_000.0


# State: the figures so far, the workers that live, and what is known about each chart.
class Bench:
    """Runs all scenes side by side: they take turns, so that a noisy machine slows down all."""

    def __init__(self) -> None:
        self.figures: dict[tuple[Scene, str], Figure] = defaultdict(Figure)
        self.versions: dict[str, dict[str, str]] = {}
        self._workers: list[WorkerProcess] = []

    def start(self, subject: str, python: Path, scenes: list[Scene]) -> None:
        """Start a worker for each scene of a chart; say why where it cannot be."""
        for scene in scenes:
            try:
                worker = WorkerProcess(python, scene)
            except Ended:
                self.give_up(scene, STEPS, "broke down")
            except Overdue:
                self.give_up(scene, STEPS, "does not start")
            else:
                self.versions[subject] = worker.versions
                self._workers.append(worker)

    def give_up(self, scene: Scene, steps: tuple[str, ...], why: str) -> None:
        for step in steps:
            self.figures[scene, step].failure = why

    def run(self, step: str, samples: int) -> None:
        """Samples of one step from each worker in turn."""
        for worker in tuple(self._workers):
            figure = self.figures[worker.scene, step]
            if sum(figure.ms) > ENOUGH_MS:
                continue
            try:
                if step == "load":
                    worker.begin()
                answer = worker.ask(step, samples)
            except Overdue:
                self._end(worker, step, f"> {CAP_S:.0f} s")
            except Ended:
                self._end(worker, step, "broke down")
            else:
                figure.ms += answer["ms"]
                figure.processor_ms += answer["processor_ms"]
                figure.unchanged += answer["unchanged"]

    def _end(self, worker: WorkerProcess, step: str, why: str) -> None:
        """What it has not done is not measured."""
        worker.end()
        self._workers.remove(worker)
        self.give_up(worker.scene, (step,), why)
        self.give_up(worker.scene, STEPS[STEPS.index(step) + 1 :], "not tried")

    def close(self) -> None:
        for worker in self._workers:
            worker.end()


def measure(bench: Bench, subjects: list[str], rounds: int) -> dict[str, str]:
    """Install, start and sample everything; what could not be installed, and why."""
    missing: dict[str, str] = {}
    for subject in subjects:
        sizes = [Scene(subject, size) for size in SIZES]
        several = Scene(subject, JUDGED_BARS, charts=CHARTS_AT_ONCE)
        scenes = [*sizes, several, Scene(subject, JUDGED_BARS, in_view=MANY_IN_VIEW)]
        for scene in scenes:
            for step in STEPS:
                bench.figures[scene, step] = Figure()
        try:
            python = Path(sys.executable) if subject == OURS else interpreter_of(subject)
        except CannotInstall as error:
            missing[subject] = str(error)
            for scene in scenes:
                bench.give_up(scene, STEPS, "not installed")
        else:
            bench.start(subject, python, scenes)
    for step in STEPS:
        for _ in range(rounds):
            bench.run(step, SAMPLES[step])
    return missing


def machine() -> dict[str, Any]:
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        # What else it does: figures of a machine that is busy otherwise are no record.
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.chart")
    parser.add_argument("--quick", action="store_true", help="few rounds, to develop by")
    parser.add_argument(
        "--only", nargs="+", choices=(OURS, *PEERS), default=[OURS, *PEERS], metavar="CHART",
        help=f"of: {OURS}, {', '.join(PEERS)}",
    )  # fmt: skip
    options = parser.parse_args()
    subjects: list[str] = options.only
    began, before = time.monotonic(), machine()
    bench = Bench()
    try:
        missing = measure(bench, subjects, QUICK_ROUNDS if options.quick else ROUNDS)
    finally:
        bench.close()
    judged = targets(bench.figures, JUDGED_BARS, SIZES)
    print("ms from the call to finished painting: median (quartiles; samples)")
    for line in lines(bench.figures, subjects):
        print(line)
    for target in judged:
        print(target.line())
    for step in STEPS[1:]:
        figure = bench.figures.get((Scene(OURS, JUDGED_BARS), step), Figure())
        if figure.processor_ms:
            taken = statistics.median(figure.processor_ms)
            print(f"{step} of {JUDGED_BARS:,} bars, the processor's time: {taken:.2f} ms")
    for why in missing.values():
        print(f"not installed: {why}")
    print(f"in {time.monotonic() - began:.0f} s")
    missed = [target.key for target in judged if target.is_met is False]
    print(
        json.dumps(
            {
                "benchmark": "chart",
                "date": datetime.now(UTC).isoformat(timespec="seconds"),
                "machine": before,
                "versions": bench.versions,
                "figures": plain(bench.figures),
                "targets": {target.key: target.value for target in judged},
                "missed": missed,
                "not_installed": missing,
            }
        )
    )
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
