"""The exchange on your desk: a simulated Upbit on a loopback port. No Qt."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .behaviour import Behaviour
    from .faults.faults import Faults
    from .faults.script import Script
    from .replay.replay import RecordedExchange, Replayer
    from .server import MockUpbitWebSocketServer, SimulatedExchange
    from .streams.desk import ReceivedRequest

# Loaded when asked for, so that the pure modules do not pull in the HTTP server.
_MODULES = {
    "Behaviour": "behaviour",
    "Faults": "faults.faults",
    "MockUpbitWebSocketServer": "server",
    "ReceivedRequest": "streams.desk",
    "RecordedExchange": "replay.replay",
    "Replayer": "replay.replay",
    "Script": "faults.script",
    "SimulatedExchange": "server",
}
__all__ = [
    "Behaviour",
    "Faults",
    "MockUpbitWebSocketServer",
    "ReceivedRequest",
    "RecordedExchange",
    "Replayer",
    "Script",
    "SimulatedExchange",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)
