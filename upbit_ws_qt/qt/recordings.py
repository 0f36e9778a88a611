"""The recordings of a manager: begun here, ended with it, and their failures told. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import logging
from contextlib import suppress
from functools import partial
from os import PathLike

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_ws_qt.errors import RecordingError
from upbit_ws_qt.events import ConnectionType
from upbit_ws_qt.net.recorder import Recorder
from upbit_ws_qt.recovery import EpochManager

from .connections import Connections
from .lifecycle import weakly

__all__ = ["Recordings"]

logger = logging.getLogger(__name__)


# State: the recordings that may still run.
class Recordings(QObject):
    """Writes what a manager's connections receive.

    Signals:
        failed(RecordingError): a recording ended because its file cannot be written any further.
    """

    failed = pyqtSignal(object)
    _heard = pyqtSignal(object)

    def __init__(
        self, connections: Connections, epochs: EpochManager, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._connections = connections
        self._epochs = epochs
        self._recorders: list[Recorder] = []
        # From the writer's thread to this one.
        self._heard.connect(self._end_failed)

    def begin(self, path: str | PathLike[str], *, private: bool) -> Recorder:
        """Write to a new file from now on.

        Raises:
            RecordingError: the file cannot be made.
        """
        recorder = Recorder(path, private=private, failed=weakly(self._tell))
        for name, client in self._connections.clients.items():
            if private or name is ConnectionType.PUBLIC:
                recorder.listen(client, name, partial(self._epochs.current_epoch, name))
        self._recorders = [known for known in self._recorders if known.is_running]
        self._recorders.append(recorder)
        return recorder

    def end(self) -> None:
        """End all of them; what came so far is written."""
        recorders, self._recorders = self._recorders, []
        for recorder in recorders:
            recorder.stop()

    def _tell(self, error: RecordingError) -> None:
        # Deleted in this very moment: nobody is left to be told.
        with suppress(RuntimeError):
            self._heard.emit(error)

    def _end_failed(self, error: RecordingError) -> None:
        for recorder in self._recorders:
            if recorder.error is error:
                recorder.stop()
        logger.warning("a recording ended: %s", error)
        self.failed.emit(error)
