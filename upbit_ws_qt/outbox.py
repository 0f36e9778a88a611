"""What one connection has to say, in order and stamped with where it came from. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Hashable

from .actions import Instant
from .errors import AuthenticationFailed, UpbitError
from .events import (
    ConnectionEvent,
    ConnectionType,
    ErrorEvent,
    RefusalEvent,
    Source,
    Stamp,
    SubscriptionEvent,
    WebSocketEvent,
)
from .recovery import RecoveryEngine
from .subscriptions import Stream

__all__ = ["Outbox"]


# State: the events that were not taken yet, and the stamp of what was read last.
class Outbox:
    """Status and data in one order, so that nobody sees data before the event that explains it.

    Attributes:
        events: what was not taken yet, oldest first.
        stamp: of the frames of the last read, which share it.
        put: adds one event as it is.
    """

    def __init__(self, connection_type: ConnectionType) -> None:
        self._connection_type = connection_type
        self.events: deque[WebSocketEvent] = deque()
        self.stamp = Stamp(connection_type=connection_type)
        self.put = self.events.append

    def take(self) -> WebSocketEvent | None:
        """The next event, or None when there is no more."""
        return self.events.popleft() if self.events else None

    def begin_epoch(self, epoch: int, now: Instant) -> None:
        """What is said from now on belongs to another connection."""
        self.stamp = Stamp(epoch, Source.WEBSOCKET, self._connection_type, now.wall)

    def stamp_at(self, now: Instant, source: Source = Source.WEBSOCKET) -> Stamp:
        """The present connection's stamp for another moment or source."""
        return Stamp(self.stamp.epoch, source, self._connection_type, now.wall)

    def say_state(
        self,
        recovery: RecoveryEngine,
        now: Instant,
        reason: str,
        error: UpbitError | None,
        *,
        resumed: bool,
    ) -> None:
        """Where the connection stands now, and what it came from."""
        retry_at = recovery.retry_at
        self.put(
            ConnectionEvent(
                state=recovery.state,
                reason=reason,
                error=error,
                retry_in_s=0.0 if retry_at is None else retry_at - now.monotonic,
                attempt=recovery.attempts,
                resumed=resumed,
                stamp=self.stamp_at(now),
            )
        )

    def say_asked(self, streams: Collection[Stream], *, accepted: bool) -> None:
        """A request for ``streams`` went out, or was accepted."""
        self.put(SubscriptionEvent(accepted=accepted, streams=frozenset(streams), stamp=self.stamp))

    def say_refused(
        self,
        name: str,
        message: str,
        consumers: tuple[Hashable, ...] = (),
        streams: Collection[Stream] = (),
    ) -> None:
        """The exchange refused these streams, which these consumers want."""
        self.put(
            RefusalEvent(
                name=name,
                message=message,
                consumers=consumers,
                streams=frozenset(streams),
                stamp=self.stamp,
            )
        )

    def say_key_refused(
        self,
        error: UpbitError,
        consumers: tuple[Hashable, ...],
        streams: Collection[Stream] = (),
    ) -> None:
        """The key may not read these streams, which these consumers want."""
        self.put(
            RefusalEvent(
                name=error.name if isinstance(error, AuthenticationFailed) else "",
                message=str(error),
                consumers=consumers,
                streams=frozenset(streams),
                error=error,
                stamp=self.stamp,
            )
        )

    def say_error(self, error: UpbitError, count: int = 1, stamp: Stamp | None = None) -> None:
        """Something went wrong that ended nothing, the ``count``-th of its kind."""
        self.put(ErrorEvent(error=error, count=count, stamp=stamp or self.stamp))
