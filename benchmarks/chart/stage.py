"""From a call to finished painting, measured alike for every chart and every binding of Qt."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, NamedTuple

# Longer than a frame: a chart that waits for its next frame, or limits its rate, has done so.
_REST_S = 0.025
_LIMIT_S = 60.0


class Sample(NamedTuple):
    """What one step took: on the clock, and of the processor's time."""

    ms: float
    processor_ms: float


class NothingPainted(Exception):
    """A chart did not paint within a minute."""


# State: the filter that saw painting, and the application.
class Stage:
    """Shows charts in a window of 1280 × 720 and times what they do.

    A sample begins with the call, goes on while Qt's events are served, and ends when every
    canvas has painted and a round of events went by in which none painted again. Nobody is asked
    to paint: how soon and how much is the chart's own affair. Before and after, outside of the
    measured time, the pixels of the window are read; a sample in which none changed does not count.
    """

    def __init__(self, binding: str) -> None:
        self.core = import_module(f"{binding}.QtCore")
        self.gui = import_module(f"{binding}.QtGui")
        self.widgets = import_module(f"{binding}.QtWidgets")
        self.app = self.widgets.QApplication.instance() or self.widgets.QApplication(["benchmark"])
        self._watch = _paint_watch(self.core)

    def window(self, charts: Sequence[Any]) -> Any:
        """The charts side by side in rows of two, on show."""
        window = self.widgets.QWidget()
        grid = self.widgets.QGridLayout(window)
        grid.setContentsMargins(0, 0, 0, 0)
        for place, chart in enumerate(charts):
            grid.addWidget(chart, place // 2, place % 2)
        window.resize(1280, 720)
        window.show()
        self.rest()
        return window

    def close(self, window: Any) -> None:
        """Delete the window with what is in it."""
        window.close()
        window.deleteLater()
        self.rest()

    def rest(self) -> None:
        """Serve events for a little more than a frame."""
        end = time.perf_counter() + _REST_S
        while time.perf_counter() < end:
            self.app.processEvents()
            time.sleep(0.001)
        self.app.sendPostedEvents(None, int(self.core.QEvent.Type.DeferredDelete.value))

    def sample(
        self, window: Any, canvases: Sequence[Any], action: Callable[[], None]
    ) -> Sample | None:
        """From the call of ``action`` to finished painting; None if no pixel changed.

        Raises:
            NothingPainted: a canvas was not painted.
        """
        self.rest()
        before = self._pixels(window)
        self._watch.begin(canvases)
        start = _now()
        try:
            action()
            end = self._end_of_painting(start)
        finally:
            self._watch.end()
        if self._pixels(window) == before:
            return None
        return Sample(*((late - early) * 1000 for early, late in zip(start, end, strict=True)))

    def _end_of_painting(self, start: tuple[float, float]) -> tuple[float, float]:
        watch, seen, end = self._watch, 0, start
        while True:
            # Painting is over when the call that dispatched it has returned.
            if watch.count > seen:
                seen, end = watch.count, _now()
            elif not watch.missing:
                return end
            elif _now()[0] > start[0] + _LIMIT_S:
                raise NothingPainted(f"{len(watch.missing)} of the canvases were not painted")
            self.app.processEvents()

    def _pixels(self, window: Any) -> Any:
        return window.screen().grabWindow(window.winId()).toImage()

    def point(self, canvas: Any, x: float, y: float, *, button: str = "") -> None:
        """Move the mouse on the canvas, with the left button held or not."""
        self._mouse("MouseMove", canvas, x, y, "NoButton", button or "NoButton")

    def press(self, canvas: Any, x: float, y: float) -> None:
        self._mouse("MouseButtonPress", canvas, x, y, "LeftButton", "LeftButton")

    def release(self, canvas: Any, x: float, y: float) -> None:
        self._mouse("MouseButtonRelease", canvas, x, y, "LeftButton", "NoButton")

    def _mouse(self, kind: str, canvas: Any, x: float, y: float, button: str, held: str) -> None:
        buttons, place = self.core.Qt.MouseButton, self.core.QPointF(x, y)
        event = self.gui.QMouseEvent(
            getattr(self.core.QEvent.Type, kind),
            place,
            self.core.QPointF(canvas.mapToGlobal(place.toPoint())),
            getattr(buttons, button),
            getattr(buttons, held),
            self.core.Qt.KeyboardModifier.NoModifier,
        )
        self.app.sendEvent(canvas, event)


def _now() -> tuple[float, float]:
    """The clock and the processor's time of this thread, in s."""
    return time.perf_counter(), time.thread_time()


def _paint_watch(core: Any) -> Any:
    """An object that counts the paintings of some canvases; its class depends on the binding."""
    paint = core.QEvent.Type.Paint

    # State: the canvases, those not painted yet, and the number of paintings.
    class PaintWatch(core.QObject):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.canvases: tuple[Any, ...] = ()
            self.missing: set[int] = set()
            self.count = 0

        def begin(self, canvases: Sequence[Any]) -> None:
            self.canvases, self.count = tuple(canvases), 0
            self.missing = set(map(id, canvases))
            for canvas in canvases:
                canvas.installEventFilter(self)

        def end(self) -> None:
            for canvas in self.canvases:
                canvas.removeEventFilter(self)
            self.canvases = ()

        def eventFilter(self, watched: Any, event: Any) -> bool:
            if event.type() == paint:
                self.count += 1
                self.missing.discard(id(watched))
            return False

    return PaintWatch()
