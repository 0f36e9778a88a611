"""What of the account and its owner's wishes is marked on the prices of one market. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from upbit_ws_qt.events import OrderEvent

from .holding_values import EXACT
from .own_fills import OwnFills
from .own_orders import OwnOrders
from .own_position import Position
from .price_alerts import PriceAlerts

__all__ = ["LineKey", "OrderKey", "OrderLine", "TradingMarks"]


class OrderKey(NamedTuple):
    """Names a line of own orders: all of one side at one price."""

    is_ask: bool
    price: Decimal


LineKey = OrderKey | int
"""Names a line that can be taken hold of: one of own orders, or an alert by its id."""


class OrderLine(NamedTuple):
    """Own orders at one price: ``remaining`` of ``volume`` coins, and the ids of the orders."""

    key: OrderKey
    remaining: Decimal
    volume: Decimal
    uuids: tuple[str, ...]


# State: own orders with their lines, fills, what is held, the alerts, what of it is shown and how,
# which line is chosen, and the price it is being moved to.
class TradingMarks:
    """Own orders, fills and position in the market on show, and the alerts of all markets.

    ``ghost`` is the price that the ``chosen`` line is being moved to, None while it is not.
    """

    def __init__(self) -> None:
        self.fills = OwnFills()
        self.position: Position | None = None
        self.alerts = PriceAlerts()
        self.shows_orders = True
        self.shows_fills = True
        self.shows_average = True
        self.hides_amounts = False
        self.are_orders_draggable = True
        self.chosen: LineKey | None = None
        self.ghost: float | None = None
        self._orders = OwnOrders()
        self._lines: tuple[OrderLine, ...] | None = None

    @property
    def fills_shown(self) -> tuple[int, bool]:
        """What of the fills a picture shows: the same while these are."""
        return self.fills.revision if self.shows_fills else -1, self.hides_amounts

    def show(self, market: str) -> None:
        """Another market is on show: what is known of the account there is yet to be told."""
        self.set_orders(())
        self.fills.clear()
        self.position = None
        self.alerts.show(market)
        self.let_go()

    # -- orders --------------------------------------------------------------------------------

    def set_orders(self, events: Iterable[OrderEvent]) -> None:
        """These orders are open and no others."""
        self._orders.replace(events)
        self._lines = None

    def take_order(self, event: OrderEvent) -> bool:
        """What became of one order; whether anything is different."""
        changed = self._orders.apply(event)
        if changed:
            self._lines = None
        return changed

    @property
    def order_lines(self) -> tuple[OrderLine, ...]:
        """The lines of own orders on show, the highest price first."""
        if not self.shows_orders:
            return ()
        if self._lines is None:
            lines: dict[OrderKey, OrderLine] = {}
            for uuid, order in self._orders.resting.items():
                key = OrderKey(order.is_ask, order.price)
                had = lines.get(key, OrderLine(key, Decimal(0), Decimal(0), ()))
                lines[key] = OrderLine(
                    key,
                    EXACT.add(had.remaining, order.size),
                    EXACT.add(had.volume, order.volume),
                    (*had.uuids, uuid),
                )
            self._lines = tuple(sorted(lines.values(), key=_price, reverse=True))
        return self._lines

    # -- lines that can be taken hold of -------------------------------------------------------

    def movable(self) -> dict[LineKey, float]:
        """The lines that can be moved and their prices, own orders first, then alerts."""
        found: dict[LineKey, float] = {}
        if self.are_orders_draggable:
            found.update((line.key, float(line.key.price)) for line in self.order_lines)
        found.update((alert.id, alert.price) for alert in self.alerts.items)
        return found

    def settle(self) -> None:
        """Let go of a chosen line that is not there any more."""
        if self.chosen is not None and self.chosen not in self.movable():
            self.let_go()

    def let_go(self) -> None:
        """Choose no line; one that was being moved is back in its place."""
        self.chosen = self.ghost = None


def _price(line: OrderLine) -> Decimal:
    return line.key.price
