"""The exchange on your desk: a simulated Upbit on a loopback port. No Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .server import MockUpbitWebSocketServer, ReceivedRequest, SimulatedExchange

__all__ = ["MockUpbitWebSocketServer", "ReceivedRequest", "SimulatedExchange"]


def __getattr__(name: str) -> Any:
    # Loaded when asked for, so that the pure modules do not pull in the HTTP server.
    if name in __all__:
        from . import server

        return getattr(server, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
