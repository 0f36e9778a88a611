"""One chart in a process of its own: does what each line of its input says, answers with a line.

Run: python -m benchmarks.chart.worker SUBJECT BARS CHARTS IN_VIEW
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from typing import Any, Protocol

from .bars import bars
from .stage import Sample, Stage

_STEP_PX = 23
# Where a drag goes, in steps from where it began: into the past and back.
_DRAG = (*range(2, 10), *range(8, 0, -1))


class Subject(Protocol):
    """A chart with its data, not shown yet.

    Its module also says ``BINDING`` (which of Qt's bindings it stands on), ``PACKAGES`` (whose
    versions are worth knowing) and ``NOTE`` (what it draws, and what a tick is).
    """

    widget: Any
    #: What it paints on; the mouse is on the first.
    canvases: list[Any]

    def __init__(self, data: Any, in_view: int) -> None:
        """Make the widget, and the data in the form that it takes."""

    def load(self) -> None:
        """Give it all bars, with ``in_view`` of them in view."""

    def tick(self, number: int) -> None:
        """Another price in the last bar."""

    def forget(self) -> None:
        """Let go of what would outlive the window."""


# State: the charts on show with their window, and how many ticks and moves there were.
class Worker:
    """Takes samples of one kind of chart, one or several in a window.

    The first charts are there to warm up: what a process does once is not what is measured.
    """

    def __init__(self, module: Any, data: Any, charts: int, in_view: int) -> None:
        self._module, self._data = module, data
        self._charts, self._in_view = charts, in_view
        self._stage = Stage(module.BINDING)
        self._window: Any = None
        self._shown: list[Subject] = []
        self._ticks = self._moves = 0
        self._begin(bars(500))
        for action in (self._load_all, self._tick_all):
            self._sample(action)

    def answer(self, step: str, samples: int, budget_s: float) -> dict[str, Any]:
        """Take so many samples of a step, but no further one when the time is used up."""
        take: Callable[[], Sample | None] = getattr(self, f"_{step}")
        taken: list[Sample] = []
        began, unchanged = time.perf_counter(), 0
        for _ in range(samples):
            sample = take()
            if sample is None:
                unchanged += 1
            else:
                taken.append(sample)
            if time.perf_counter() - began > budget_s:
                break
        return {
            "ms": [sample.ms for sample in taken],
            "processor_ms": [sample.processor_ms for sample in taken],
            "unchanged": unchanged,
        }

    def begin(self) -> None:
        """Make new charts, still empty, and the data in the form that they take."""
        self._begin(self._data)

    def _load(self) -> Sample | None:
        taken = self._sample(self._load_all)
        for subject in self._shown:
            canvas = subject.canvases[0]
            self._stage.point(canvas, *_spot(canvas))
        return taken

    def _tick(self) -> Sample | None:
        return self._sample(self._tick_all)

    def _pan(self) -> Sample | None:
        """The mouse, with its button held, drags every chart one step on."""
        place = self._moves % len(_DRAG)
        if place == 0:
            for subject in self._shown:
                canvas = subject.canvases[0]
                x, y = _spot(canvas)
                self._stage.press(canvas, x, y)
                self._stage.point(canvas, x + _STEP_PX, y, button="LeftButton")
        taken = self._sample(self._drag_all)
        if place == len(_DRAG) - 1:
            for subject in self._shown:
                self._stage.release(subject.canvases[0], *_spot(subject.canvases[0]))
        self._moves += 1
        return taken

    def _begin(self, data: Any) -> None:
        if self._window is not None:
            for subject in self._shown:
                subject.forget()
            self._shown = []
            self._stage.close(self._window)
        self._shown = [self._module.Subject(data, self._in_view) for _ in range(self._charts)]
        self._window = self._stage.window([subject.widget for subject in self._shown])

    def _sample(self, action: Callable[[], None]) -> Sample | None:
        canvases = [canvas for subject in self._shown for canvas in subject.canvases]
        return self._stage.sample(self._window, canvases, action)

    def _load_all(self) -> None:
        for subject in self._shown:
            subject.load()

    def _tick_all(self) -> None:
        self._ticks += 1
        for subject in self._shown:
            subject.tick(self._ticks)

    def _drag_all(self) -> None:
        way = _DRAG[self._moves % len(_DRAG)] * _STEP_PX
        for subject in self._shown:
            canvas = subject.canvases[0]
            x, y = _spot(canvas)
            self._stage.point(canvas, x + way, y, button="LeftButton")


def _spot(canvas: Any) -> tuple[float, float]:
    return canvas.width() * 0.4, canvas.height() * 0.4


def main() -> None:
    name, (count, charts, in_view) = sys.argv[1], map(int, sys.argv[2:])
    # Whatever a library prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    module = import_module(f"benchmarks.chart.subjects.{name}_chart")
    worker = Worker(module, bars(count), charts, in_view)

    def say(answer: dict[str, Any]) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    say({"versions": {package: version(package) for package in module.PACKAGES}})
    for line in sys.stdin:
        command = json.loads(line)
        if command["step"] == "begin":
            worker.begin()
            say({})
        else:
            say(worker.answer(**command))


if __name__ == "__main__":
    main()
