"""What a connection's brain asks its shell to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["ACCEPTED_AFTER_S", "Close", "Connect", "Instant", "Ping", "Probe", "Send"]

#: A request that is not refused within this time is accepted; the exchange never says yes.
ACCEPTED_AFTER_S = 1.0


class Instant(NamedTuple):
    """One moment on both clocks, in seconds."""

    monotonic: float
    wall: float


@dataclass(frozen=True, slots=True)
class Connect:
    """Dial, then call ``connection_made`` or ``connection_lost``."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send ``data`` as one text message."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Ping:
    """Send a protocol ping; call ``pong_received`` when it is answered."""


@dataclass(frozen=True, slots=True)
class Close:
    """Give up the connection or the dial at once; call nothing back."""


@dataclass(frozen=True, slots=True)
class Probe:
    """There is something new for the probe to try, or to stop trying."""
