"""What is known of one account: frames and readings put together, exactly. Pure.

A reading (an answer of REST) and the frames of the socket come on two ways, and nothing tells which
of them is newer. So what frames have said since a reading was asked for stands above it, whatever
the reading says; and since every frame calls for another reading, both agree in the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from .events import AssetEvent, Balance, OrderEvent, OrderState

__all__ = ["BalanceSheet", "OpenOrders"]

#: So many orders that ended are remembered, so that a late answer does not bring one back.
_MOST_ENDED = 1000


# State: all balances once they were read, and the frames since the last reading was asked for.
class BalanceSheet:
    """All balances of the account; ``rows`` is None until they were read."""

    def __init__(self) -> None:
        self.rows: tuple[Balance, ...] | None = None
        self._since: list[AssetEvent] = []

    def asked(self) -> None:
        """A reading begins; what frames say from now on may be newer than it."""
        self._since.clear()

    def heard(self, event: AssetEvent) -> bool:
        """Some balances changed; returns whether all of them are known."""
        self._since.append(event)
        if self.rows is None:
            return False
        self.rows = event.merged_into(self.rows)
        return True

    def was_read(self, rows: tuple[Balance, ...]) -> bool:
        """All balances were read; returns whether that changed an amount that was known."""
        known = self.rows
        for event in self._since:
            rows = event.merged_into(rows)
        self.rows = rows
        return known is not None and _amounts(known) != _amounts(rows)


# State: the open orders by uuid as they were last heard of; which have ended, the latest ones; and
# which were heard of since the last reading was asked for.
class OpenOrders:
    """The orders to which something may still happen."""

    def __init__(self) -> None:
        self._open: dict[str, OrderEvent] = {}
        self._ended: dict[str, OrderEvent] = {}
        self._since: set[str] = set()

    def asked(self) -> None:
        """A reading begins; what frames say from now on may be newer than it."""
        self._since.clear()

    def heard(self, event: OrderEvent) -> bool:
        """A frame came; returns whether it says anything new."""
        uuid = event.uuid
        self._since.add(uuid)
        if uuid in self._ended:
            # Its end was read before the frames before it came. A fill is news even then.
            return event.state is OrderState.TRADE
        known = self._open.get(uuid)
        if known is not None and event.repeats(known):
            return False
        self._note(event)
        return True

    def end_of(self, uuid: str) -> OrderEvent | None:
        """How an order ended, if it is known to have; to be said once more behind a late fill."""
        return self._ended.get(uuid)

    def were_read(self, rows: Iterable[OrderEvent]) -> tuple[list[OrderEvent], list[str]]:
        """All open orders were read, the newest first.

        Returns:
            What differs from what was known, the oldest first; and the uuids of those that are open
            no longer, of which nobody knows yet how they ended.
        """
        listed: set[str] = set()
        news: list[OrderEvent] = []
        for row in reversed(tuple(rows)):
            listed.add(row.uuid)
            if row.uuid not in self._since and self._differs(row):
                self._note(row)
                news.append(row)
        vanished = [uuid for uuid in self._open if uuid not in listed and uuid not in self._since]
        return news, vanished

    def was_looked_up(self, event: OrderEvent) -> bool:
        """One order was read; returns whether that is news."""
        uuid = event.uuid
        if uuid not in self._open or uuid in self._since or not self._differs(event):
            return False
        self._note(event)
        return True

    def forget(self, uuid: str) -> None:
        """The exchange does not know this order any more."""
        self._open.pop(uuid, None)

    def _differs(self, row: OrderEvent) -> bool:
        if row.uuid in self._ended:
            return False
        known = self._open.get(row.uuid)
        return known is None or _progress(row) != _progress(known)

    def _note(self, event: OrderEvent) -> None:
        if event.is_open:
            self._open[event.uuid] = event
            return
        self._open.pop(event.uuid, None)
        self._ended[event.uuid] = event
        if len(self._ended) > _MOST_ENDED:
            del self._ended[next(iter(self._ended))]


def _amounts(rows: Iterable[Balance]) -> dict[str, tuple[Decimal, Decimal]]:
    # A currency of which there is nothing is left out by one and told as 0 by the other.
    return {row.currency: (row.balance, row.locked) for row in rows if row.balance or row.locked}


def _progress(event: OrderEvent) -> tuple[object, ...]:
    """How far an order has come, in what frames and readings have in common.

    After a fill a frame says ``trade`` where a reading says ``wait``.
    """
    return (
        event.is_open,
        event.state is OrderState.WATCH,
        event.executed_volume or 0,
        event.remaining_volume,
        event.prevented_volume or 0,
    )
