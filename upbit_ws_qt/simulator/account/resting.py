"""What the customer has resting in the book, market by market. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from upbit_ws_qt.simulator.market.floor import TradingFloor

from .matching import Waiting, units
from .orders import Order

__all__ = ["RestingOrders"]


# State: the entries of each market, the oldest first.
class RestingOrders:
    """Keeps the floor informed of the customer's volume, and its markets walking."""

    def __init__(self, floor: TradingFloor) -> None:
        self._floor = floor
        self._entries: dict[str, list[Waiting]] = {}

    def of(self, code: str) -> Sequence[Waiting]:
        """What rests in a market, the oldest first."""
        return self._entries.get(code, ())

    def entry(self, order: Order) -> Waiting:
        """The place of an open order in the book."""
        return next(entry for entry in self._entries[order.code] if entry.order is order)

    def add(self, order: Order, price: int) -> None:
        """Let what is left of an order rest at ``price`` behind what others have there."""
        code, asks = order.code, order.side == "ask"
        ahead = 0
        for others_price, volume in self._floor.offers(code, asks=asks):
            if others_price == price:
                ahead = volume
            if others_price >= price if asks else others_price <= price:
                break
        entry = Waiting(order, price, units(order.remaining_volume or Decimal(0)), ahead)
        self._entries.setdefault(code, []).append(entry)
        self._floor.keep(code)
        self._show(entry)

    def lessen(self, entry: Waiting, volume: int) -> None:
        """Take ``volume`` out of the book; an entry of which nothing is left leaves it."""
        code = entry.order.code
        entry.volume -= volume
        if not entry.volume:
            self._entries[code].remove(entry)
        self._show(entry)
        if not entry.volume:
            self._floor.release(code)

    def move_up(self, code: str, price: int, volume: int, *, bids: bool) -> None:
        """Others have lost ``volume`` at a price to a new order of the same customer."""
        for entry in self.of(code):
            if entry.price == price and (entry.order.side == "bid") == bids:
                entry.ahead = max(entry.ahead - volume, 0)

    def _show(self, entry: Waiting) -> None:
        """Tell the floor what rests at the entry's price in all."""
        code, side = entry.order.code, entry.order.side
        volume = sum(
            other.volume
            for other in self._entries[code]
            if other.price == entry.price and other.order.side == side
        )
        self._floor.rest(code, entry.price, volume, ask=side == "ask")
