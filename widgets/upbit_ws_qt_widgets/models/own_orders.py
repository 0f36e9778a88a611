"""The account's open orders in one market, and the prices they rest at. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from upbit_ws_qt.events import OrderEvent, OrderState

from .ladder_sides import grid_index

__all__ = ["OwnMark", "OwnOrders", "Resting"]


class OwnMark(NamedTuple):
    """What rests at one price: coins of all orders together, and how many orders."""

    size: float
    orders: int


class Resting(NamedTuple):
    """One order in the book: ``size`` is what is left of its ``volume``, both in coins."""

    price: Decimal
    size: Decimal
    is_ask: bool
    volume: Decimal


# State: the resting orders by their id, and the marks last asked for with the step they are for.
class OwnOrders:
    """Keeps what rests in the book. Orders without a price, or waiting for a trigger, do not."""

    def __init__(self) -> None:
        self._resting: dict[str, Resting] = {}
        self._marks: dict[tuple[bool, int], OwnMark] | None = None
        self._step = 0.0

    def __len__(self) -> int:
        return len(self._resting)

    @property
    def resting(self) -> Mapping[str, Resting]:
        """The orders by their id, in the order in which they were heard of."""
        return self._resting

    def replace(self, events: Iterable[OrderEvent]) -> None:
        """Take these orders and forget all others."""
        self._resting.clear()
        self._marks = None
        for event in events:
            self.apply(event)

    def apply(self, event: OrderEvent) -> bool:
        """Take in what became of one order; returns whether anything resting is different."""
        known = self._resting.get(event.uuid)
        new = self._after(event, known)
        if new == known:
            return False
        if new is None:
            del self._resting[event.uuid]
        else:
            self._resting[event.uuid] = new
        self._marks = None
        return True

    @staticmethod
    def _after(event: OrderEvent, known: Resting | None) -> Resting | None:
        rest = event.remaining_volume
        if not event.is_open or event.state is OrderState.WATCH or rest is None or not rest:
            return None
        if known is not None:
            # Where it was filled, the event names the price of the fill and not the order's own.
            return known._replace(size=rest)
        if event.state is OrderState.TRADE or event.price is None or event.order_type != "limit":
            return None
        return Resting(event.price, rest, event.ask_bid == "ASK", event.volume or rest)

    def marks(self, step: float) -> Mapping[tuple[bool, int], OwnMark]:
        """What rests, by side (asks: True) and the number of its price on a grid of ``step``."""
        if self._marks is None or step != self._step:
            marks: dict[tuple[bool, int], OwnMark] = {}
            for order in self._resting.values():
                place = order.is_ask, grid_index(float(order.price), step, up=order.is_ask)
                had = marks.get(place, OwnMark(0.0, 0))
                marks[place] = OwnMark(had.size + float(order.size), had.orders + 1)
            self._marks, self._step = marks, step
        return self._marks
