"""Where the connection behind the window stands, counted down while it waits. Qt, no widget."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import math
import time

from PyQt6.QtCore import QMetaObject, QObject, QTimer, pyqtSignal

from upbit_ws_qt.errors import UpbitError
from upbit_ws_qt.events import ConnectionEvent, ConnectionState, ConnectionType
from upbit_ws_qt.qt.manager import GlobalWebSocketManager

__all__ = ["ConnectionView"]

_BROKEN = (ConnectionState.RECONNECTING, ConnectionState.POLLING)


# State: that it listens to a manager, the state with its reason, when the next attempt is due in
# monotonic seconds, and whether the path is broken.
class ConnectionView(QObject):
    """The public connection's state as a person sees it.

    Signals:
        changed(): the state, its reason or the seconds left are others.
    """

    changed = pyqtSignal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._listening: QMetaObject.Connection | None = None
        self.state = ConnectionState.STOPPED
        self.reason = ""
        self.error: UpbitError | None = None
        self.is_broken = False
        self._due_at = 0.0
        self._second = QTimer(self)
        self._second.setInterval(250)
        self._second.timeout.connect(self.changed)

    def watch(self, manager: GlobalWebSocketManager | None) -> None:
        """Tell of this manager from now on."""
        if self._listening is not None:
            # Harmless where the manager is gone, which its own signal's method is not.
            QObject.disconnect(self._listening)
            self._listening = None
        self.state, self.is_broken = ConnectionState.STOPPED, False
        self.reason, self.error = "", None
        self._second.stop()
        if manager is not None:
            self._listening = manager.connection_changed.connect(self._on_connection_changed)
            self._on_connection_changed(manager.connection_event(ConnectionType.PUBLIC))
        else:
            self.changed.emit()

    @property
    def seconds_left(self) -> int:
        """Whole seconds before the next attempt; 0 while none is waited for."""
        return max(0, math.ceil(self._due_at - time.monotonic()))

    def _on_connection_changed(self, event: ConnectionEvent) -> None:
        if event.connection_type is not ConnectionType.PUBLIC:
            return
        self.state = event.state
        if event.state in _BROKEN:
            self.is_broken = True
            self.reason = event.reason or self.reason
            self.error = event.error or self.error
        elif event.state is not ConnectionState.CONNECTING:
            # While it dials again, what went wrong is still what there is to say.
            self.is_broken = False
            self.reason, self.error = event.reason, event.error
        self._due_at = time.monotonic() + event.retry_in_s
        if event.retry_in_s > 0:
            self._second.start()
        else:
            self._second.stop()
        self.changed.emit()
