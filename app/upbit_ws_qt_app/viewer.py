"""The window and what feeds it, from the first to the last moment. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from PyQt6.QtCore import QBuffer, QIODevice

from upbit_ws_qt.qt.manager import GlobalWebSocketManager
from upbit_ws_qt.qt.running import spawn

from .options import CommandError
from .sources import DemoSource, Source
from .window import ViewerWindow

__all__ = ["Viewer", "save_picture"]

logger = logging.getLogger(__name__)

_LOOK_S = 0.05
_DATA_WITHIN_S = 10.0


# State: the source with its manager, and the change to another one that is under way.
class Viewer:
    """Feeds a window from one source at a time; ``async with`` ends what it started."""

    def __init__(self, window: ViewerWindow) -> None:
        self._window = window
        self._source: Source | None = None
        self._manager: GlobalWebSocketManager | None = None
        self._changing: asyncio.Task[None] | None = None
        window.demoAsked.connect(self._open_demo)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._changing is not None:
            self._changing.cancel()
            await asyncio.wait([self._changing])
        self._window.unfeed()
        await self._end(self._source, self._manager)
        self._source = self._manager = None

    async def show(self, source: Source, record: Path | None = None) -> None:
        """Feed the window from ``source`` and end the former one.

        What the source sends is written to ``record``, as long as the window shows it.

        Raises:
            RecordingError: that file cannot be made.
        """
        settings, credentials = await source.open()
        manager = GlobalWebSocketManager(settings, credentials)
        former = self._source, self._manager
        self._source, self._manager = source, manager
        self._window.feed(manager, source)
        await self._end(*former)
        if record is not None:
            manager.record(record)

    async def _end(self, source: Source | None, manager: GlobalWebSocketManager | None) -> None:
        if manager is not None:
            await manager.stop()
            manager.deleteLater()
        if source is not None:
            await source.close()

    def _open_demo(self) -> None:
        if self._changing is None or self._changing.done():
            self._changing = spawn(self.show(DemoSource()), name="open the demo")


async def save_picture(window: ViewerWindow, path: Path, after_s: float) -> None:
    """Write what ``window`` shows to a PNG file.

    Waits until every part shows something and ``after_s`` seconds have passed. Where nothing
    comes, as without a network, the picture shows that.

    Raises:
        CommandError: the file cannot be written.
    """
    since = time.monotonic()
    while (waited := time.monotonic() - since) < after_s or not window.has_data():
        if waited > after_s + _DATA_WITHIN_S:
            logger.warning("no data came within %.0f s; the picture shows that", waited)
            break
        await asyncio.sleep(_LOOK_S)
    _write(window, path)


def _write(window: ViewerWindow, path: Path) -> None:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    window.grab().save(buffer, "PNG")
    try:
        path.write_bytes(buffer.data().data())
    except OSError as error:
        raise CommandError(f"the picture cannot be written to {path}: {error.strerror}") from error
