"""What raises in a slot is logged and the program goes on. Qt.

PyQt ends the process when a slot or an event handler raises, unless ``sys.excepthook`` was
replaced.
"""

from __future__ import annotations

import logging
import sys
from types import TracebackType

from PyQt6.QtCore import QCoreApplication

__all__ = ["SlotGuard"]

logger = logging.getLogger("upbit_ws_qt")


# State: the hook that was there before.
class SlotGuard:
    """Replaces ``sys.excepthook`` until ``remove``; a hook that was there is called too."""

    def __init__(self) -> None:
        self._former = sys.excepthook
        sys.excepthook = self._report

    def remove(self) -> None:
        """Put the former hook back, unless another one was put in place meanwhile."""
        if sys.excepthook == self._report:
            sys.excepthook = self._former

    def _report(
        self,
        kind: type[BaseException],
        error: BaseException,
        traceback: TracebackType | None,
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QCoreApplication.exit(130)
            return
        logger.error(
            "a slot or event handler raised; the program goes on", exc_info=(kind, error, traceback)
        )
        if self._former is not sys.__excepthook__:
            self._former(kind, error, traceback)
