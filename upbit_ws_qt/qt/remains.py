"""Closes what a manager leaves open when it is forgotten or deleted without ``stop``. Qt."""

# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import asyncio
import weakref

from PyQt6.QtCore import QObject

from upbit_ws_qt.net.http import RestClient

from .connections import Connections
from .markets import MarketList
from .running import spawn

__all__ = ["Remains"]


# State: the loop on which there is something to close, or None.
class Remains:
    """The sockets and timers of a manager live in the event loop and would outlive it.

    It knows them and not the manager. Its end is heard twice, as that of a component (see
    ``lifecycle``): the wrapper may be freed, in any thread and inside the collector, or the C++
    half deleted under it. So ``close`` only asks the loop to do the rest.
    """

    def __init__(
        self, owner: QObject, connections: Connections, markets: MarketList, rest: RestClient
    ) -> None:
        self._connections = connections
        self._markets = markets
        self._rest = rest
        self.loop: asyncio.AbstractEventLoop | None = None
        # `finalize` keeps this object until then; at the interpreter's end nothing is left to do.
        weakref.finalize(owner, self.close).atexit = False
        owner.destroyed.connect(self.close)

    def close(self) -> None:
        """The manager is gone; may be called in any thread, and twice."""
        loop, self.loop = self.loop, None
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._close)

    def _close(self) -> None:
        self._connections.stop()
        self._markets.stop()
        spawn(self._rest.close(), name="closing")
