"""Events about connections and streams, not about markets. Pure.

They travel in one line with the data, each before the data that it explains.
"""

from __future__ import annotations

import enum
from typing import Any, ClassVar

from .errors import UpbitError
from .event_roots import DataType, WebSocketEvent

__all__ = [
    "ConnectionEvent",
    "ConnectionState",
    "ErrorEvent",
    "GapEvent",
    "GapState",
    "RefusalEvent",
    "StatusEvent",
    "SubscriptionEvent",
]


class ConnectionState(enum.StrEnum):
    """The state of one connection; see ``docs/protocol.md`` for the table."""

    IDLE = "idle"
    """Nothing is wanted; no socket, and that is healthy."""
    CONNECTING = "connecting"
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    """Waiting for the next attempt."""
    POLLING = "polling"
    """Served over REST, as there has been no socket for some seconds; dials go on."""
    REFUSED = "refused"
    """The key was refused; waits for another key."""
    STOPPED = "stopped"


class GapState(enum.StrEnum):
    """What became of a hole in the trades or candles of a market."""

    FOUND = "found"
    """Something may be missing; it is asked for, and what follows it waits."""
    FILLED = "filled"
    """What was missing has been delivered, in its place."""
    UNFILLABLE = "unfillable"
    """It stays: what was missing in this time is not delivered."""


class StatusEvent(WebSocketEvent, frozen=True, kw_only=True):
    """An event about the connection; it comes before the data it explains."""

    data_type: ClassVar[DataType] = DataType.STATUS


class ConnectionEvent(StatusEvent, frozen=True, kw_only=True):
    """A connection changed its state; ``reason`` is for people, ``error`` is what it came from.

    ``retry_in_s`` is the wait before the next attempt, 0 where there is none. ``resumed`` says
    that the machine slept and the connection was given up for that.
    """

    state: ConnectionState
    reason: str = ""
    error: UpbitError | None = None
    retry_in_s: float = 0.0
    attempt: int = 0
    resumed: bool = False


class SubscriptionEvent(StatusEvent, frozen=True, kw_only=True):
    """A request went out, or a second passed without a refusal, which is all the yes there is.

    The yes is said again when somebody joins what is on the wire already.

    ``streams`` are what is carried from then on, or read over REST instead.
    """

    accepted: bool
    streams: frozenset[Any]


class ErrorEvent(StatusEvent, frozen=True, kw_only=True):
    """Something went wrong that ended nothing; ``count`` of its kind so far."""

    error: UpbitError
    count: int = 1


class RefusalEvent(StatusEvent, frozen=True, kw_only=True):
    """The exchange refused ``streams``, which these ``consumers`` want.

    Both are empty where a request was refused for something else, such as a limit. Where it is
    about the key, ``error`` is what is wrong with it; then no streams means all.
    """

    name: str
    message: str
    consumers: tuple[Any, ...] = ()
    streams: frozenset[Any] = frozenset()
    error: UpbitError | None = None


class GapEvent(StatusEvent, frozen=True, kw_only=True):
    """A hole in a stream of trades or candles was found, filled, or has to stay.

    It comes in its place among the data: FOUND before the hole, FILLED behind what filled it.

    ``stream`` is the type, market and grouping, as in the subscription. ``since_ms`` and
    ``until_ms`` are ms since 1970 by the exchange's clock: of the last event before the hole and of
    the first one after it. ``count`` trades or candles were missing and have been delivered.
    ``reason`` says to people why a hole stays; one that does is named somewhat wider than it may
    be, as nobody knows which events around it were to come in time.
    """

    stream: Any
    state: GapState
    since_ms: int
    until_ms: int
    count: int = 0
    reason: str = ""

    @property
    def symbol(self) -> str:
        return str(self.stream.code)
