"""What all events share: their kind, their stamp and their market. Pure.

What one frame shares with its neighbours (epoch, source, arrival) sits in one :class:`Stamp`, set
once when the frame is decoded; its encoded name is one that no frame of the exchange uses, and it
is always overwritten, so that a frame that carries a key ``epoch`` cannot set ours.
"""

from __future__ import annotations

import copy
import enum
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar

import msgspec

__all__ = [
    "ConnectionType",
    "DataType",
    "MarketEvent",
    "Source",
    "Stamp",
    "StreamType",
    "WebSocketEvent",
    "stamped",
]


class DataType(enum.StrEnum):
    """What a subscription is about."""

    TICKER = "ticker"
    TRADE = "trade"
    ORDERBOOK = "orderbook"
    CANDLE = "candle"
    ORDER = "order"
    BALANCE = "balance"
    STATUS = "status"
    CUSTOM = "custom"
    """A type that a registered handler reads."""

    @property
    def is_private(self) -> bool:
        """Whether it is about one account and needs its key."""
        return self in (DataType.ORDER, DataType.BALANCE)


class ConnectionType(enum.StrEnum):
    """Which of the two connections."""

    PUBLIC = "public"
    PRIVATE = "private"


class Source(enum.StrEnum):
    """How an event came to us."""

    WEBSOCKET = "websocket"
    REST = "rest"
    """Asked for once by a ``get_*`` call or as history."""
    POLLED = "polled"
    """Asked for again and again because no stream carries it now."""
    DERIVED = "derived"
    """Computed here, because nothing came: a day that began without a trade."""


class StreamType(enum.StrEnum):
    """The exchange's own mark on a frame."""

    SNAPSHOT = "SNAPSHOT"
    REALTIME = "REALTIME"


class Stamp(msgspec.Struct, frozen=True, gc=False):
    """What the frames of one read share.

    ``received_at`` is wall time in seconds since 1970; ``epoch`` counts the connections made.
    """

    epoch: int = 0
    source: Source = Source.WEBSOCKET
    connection_type: ConnectionType = ConnectionType.PUBLIC
    received_at: float = 0.0
    replayed: bool = False


_NO_STAMP = Stamp()


class WebSocketEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The root of all events."""

    data_type: ClassVar[DataType]
    stamp: Stamp = msgspec.field(default=_NO_STAMP, name="\u2063stamp")

    @property
    def symbol(self) -> str:
        """The market code, such as ``KRW-BTC``; empty for events without a market."""
        return ""

    @property
    def connection_type(self) -> ConnectionType:
        """Which connection it came over, or would have."""
        return self.stamp.connection_type

    @property
    def epoch(self) -> int:
        """The number of the connection it came over; 0 outside any connection."""
        return self.stamp.epoch

    @property
    def source(self) -> Source:
        """How it came."""
        return self.stamp.source

    @property
    def replayed(self) -> bool:
        """Whether it is a remembered value handed to someone who joined later."""
        return self.stamp.replayed

    @property
    def received_at(self) -> datetime:
        """When it arrived here (aware, UTC)."""
        return datetime.fromtimestamp(self.stamp.received_at, UTC)

    @property
    def time(self) -> datetime:
        """When it happened, by the exchange's clock (aware, UTC)."""
        return self.received_at


EventT = TypeVar("EventT", bound=WebSocketEvent)


def stamped(event: EventT, stamp: Stamp) -> EventT:
    """A copy of ``event`` under another stamp."""
    copied = copy.copy(event)
    msgspec.structs.force_setattr(copied, "stamp", stamp)
    return copied


class MarketEvent(WebSocketEvent, frozen=True, kw_only=True, gc=False):
    """An event of one market. ``timestamp``: int milliseconds since 1970, exchange's clock."""

    type: str
    code: str
    timestamp: int
    stream_type: str | None = None

    @property
    def symbol(self) -> str:
        return self.code

    @property
    def time(self) -> datetime:
        return datetime.fromtimestamp(self.timestamp / 1000, UTC)

    @property
    def is_snapshot(self) -> bool:
        """Whether the exchange sent it in answer to a request."""
        return self.stream_type == StreamType.SNAPSHOT

    @property
    def identity(self) -> tuple[Any, ...]:
        """What two events of one stream share when they say the same."""
        return (self.timestamp,)

    def repeats(self, last: MarketEvent) -> bool:
        """Whether it says nothing that ``last`` of the same stream did not say."""
        return self.identity == last.identity
