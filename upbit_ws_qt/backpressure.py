"""What is to happen to events that come faster than a consumer takes them. Pure.

``BackpressureHandler`` (:mod:`.routes`) carries it out, one for each subscription.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from .errors import InvalidRequest
from .events import DataType

__all__ = ["Delivery", "Policy", "check_delivery", "default_delivery"]

#: What is delivered at once waits only while its own callback is at work, be it for ever.
_IMMEDIATE_MAXLEN = 100_000


class Policy(enum.StrEnum):
    """How a subscription treats a backlog."""

    DROP_OLDEST = "drop_oldest"
    COALESCE_BY_SYMBOL = "coalesce_by_symbol"
    THROTTLE = "throttle"
    IMMEDIATE = "immediate"
    KEEP_ALL = "keep_all"


@dataclass(frozen=True, slots=True)
class Delivery:
    """The policy of one subscription; make it with one of the named constructors.

    ``maxlen`` counts events, ``interval_ms`` is the shortest time between two of one stream.
    """

    policy: Policy
    maxlen: int = 0
    interval_ms: float = 0.0

    @classmethod
    def drop_oldest(cls, maxlen: int = 10_000) -> Delivery:
        """Every event in order; a backlog longer than ``maxlen`` loses its oldest, counted.

        What is the last of its stream is not lost: a busy market does not push out a quiet one's.
        """
        if maxlen < 1:
            raise InvalidRequest(f"maxlen must be 1 or more; got {maxlen!r}")
        return cls(Policy.DROP_OLDEST, maxlen=maxlen)

    @classmethod
    def coalesce_by_symbol(cls) -> Delivery:
        """At most the newest event of each stream in a frame; the last one always arrives."""
        return cls(Policy.COALESCE_BY_SYMBOL)

    @classmethod
    def throttle(cls, ms: float = 100.0) -> Delivery:
        """One event of each stream in ``ms``: the first at once, the newest at the end."""
        if ms <= 0:
            raise InvalidRequest(f"ms must be above 0; got {ms!r}")
        return cls(Policy.THROTTLE, interval_ms=ms)

    @classmethod
    def immediate(cls) -> Delivery:
        """Every event in order, without waiting for the frame, also while nobody can see it.

        Behind a callback that is at work up to 100,000 wait; then the oldest are lost, counted.
        """
        return cls(Policy.IMMEDIATE, maxlen=_IMMEDIATE_MAXLEN)

    @classmethod
    def keep_all(cls) -> Delivery:
        """Every event in order, whatever the backlog; for what is rare and must not be lost."""
        return cls(Policy.KEEP_ALL)

    @property
    def keeps_each_event(self) -> bool:
        """Whether events queue up instead of the newest replacing the older."""
        return self.policy in (Policy.DROP_OLDEST, Policy.IMMEDIATE, Policy.KEEP_ALL)

    @property
    def may_rest(self) -> bool:
        """Whether it may be held back while nobody can see the consumer.

        The others promise each event, and an alarm must not fall silent in the tray.
        """
        return self.policy not in (Policy.IMMEDIATE, Policy.KEEP_ALL)


def default_delivery(data_type: DataType) -> Delivery:
    """What each event counts of queues and is bounded; an account's data is never dropped.

    Trades do, and custom types may. The rest shows the newest.
    """
    if data_type in (DataType.TRADE, DataType.CUSTOM):
        return Delivery.drop_oldest()
    if data_type.is_private:
        return Delivery.keep_all()
    return Delivery.coalesce_by_symbol()


def check_delivery(data_type: DataType, delivery: Delivery) -> None:
    """Orders are never dropped: each event says something that no later one repeats.

    Raises:
        InvalidRequest: it would drop orders.
    """
    if data_type is DataType.ORDER and delivery.may_rest:
        raise InvalidRequest(
            "orders are never dropped; leave delivery out, or use Delivery.immediate(); "
            f"got {delivery.policy}"
        )
