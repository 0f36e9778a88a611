"""The coroutine that is the whole program. Qt."""
# pyright: reportUnknownVariableType=false
# PyQt6's stubs leave the type of a message handler unknown.

from __future__ import annotations

import asyncio
import logging

from PyQt6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler
from PyQt6.QtWidgets import QApplication

from .options import PROGRAM, Options
from .settings import ViewerSettings
from .sources import Source
from .viewer import Viewer, save_picture
from .window import ViewerWindow

__all__ = ["Program"]

_qt_logger = logging.getLogger("qt")

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
# What the offscreen platform cannot do is no news.
_EXPECTED = "This plugin does not support "


# State: none of its own.
class Program:
    """What ``run`` is given: shows the window until it is closed, or until its picture is written.

    Raises:
        CommandError: the picture could not be written.
    """

    def __init__(self, options: Options, source: Source) -> None:
        self._options = options
        self._source = source

    async def __call__(self) -> int:
        options = self._options
        qInstallMessageHandler(_log)
        QApplication.setApplicationName(PROGRAM)
        QApplication.setDesktopFileName(PROGRAM)
        # The same everywhere: only it follows a palette of ours in all its parts.
        QApplication.setStyle("Fusion")
        # A picture shows the same whatever this user once chose.
        pictured = options.screenshot is not None
        window = ViewerWindow(
            ViewerSettings() if pictured else ViewerSettings.of_user(),
            market=options.market,
            timeframe=options.timeframe,
            theme=options.theme,
            language=options.language,
        )
        try:
            async with Viewer(window) as viewer:
                window.show()
                await viewer.show(self._source, options.record)
                if options.screenshot is None:
                    # The last window that closes ends this.
                    await asyncio.Event().wait()
                else:
                    await save_picture(window, options.screenshot, options.after_s)
        finally:
            window.close()
            # Qt may have something to say when Python is gone already.
            qInstallMessageHandler(None)
        return 0


def _log(kind: QtMsgType, _: QMessageLogContext, message: str | None) -> None:
    text = message or ""
    expected = text.startswith(_EXPECTED)
    _qt_logger.log(logging.DEBUG if expected else _LEVELS[kind], "%s", text)
