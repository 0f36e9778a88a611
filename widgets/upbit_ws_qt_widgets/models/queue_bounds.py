"""How much can at most stand ahead of the account's own orders. Pure.

Orders at one price are filled in the order in which they came, so what is ahead only shrinks: by
what is cancelled and by what is traded. Who came before and who after is not told. But all that
stands at the price, less the own orders, is never less than what is ahead; so the least of that
seen so far, less what was traded there since, is a bound from above.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from upbit_ws_qt.events import TradeEvent

from .ladder_sides import Sides, grid_index
from .own_orders import Resting

__all__ = ["QueueBounds"]

# A book may be a little older than its neighbours from other streams: before an order it says
# nothing about it, and what was traded before it is not in it any more.
_APART_MS = 2000

Place = tuple[bool, int]


@dataclass(slots=True)
class _Line:
    """The own orders at one price, since when, and what the book ``at_ms`` bounds them by."""

    orders: set[str]
    since_ms: int
    ahead: float | None = None
    at_ms: int = 0


# State: the lines at each price that own orders stand at, and the step their numbers are for.
class QueueBounds:
    """Follows books and trades, and what is ahead of the first own order at each price.

    Where an own order comes or goes it begins anew, because another may be the first one then.
    """

    def __init__(self) -> None:
        self._lines: dict[Place, _Line] = {}
        self._step = 0.0

    def take_book(
        self, sides: Sides, step: float, when_ms: int, resting: Mapping[str, Resting]
    ) -> None:
        """Take a whole book, not grouped, and the own orders as they are known then.

        Args:
            sides: of the book.
            step: the price step.
            when_ms: the time of the book, by the exchange.
            resting: the own orders by their id.
        """
        former = self._lines if step == self._step else {}
        self._lines, self._step = {}, step
        own: dict[Place, float] = {}
        for uuid, order in resting.items():
            place = order.is_ask, grid_index(float(order.price), step, up=order.is_ask)
            self._lines.setdefault(place, _Line(set(), when_ms)).orders.add(uuid)
            own[place] = own.get(place, 0.0) + float(order.size)
        for place, line in self._lines.items():
            before = former.get(place)
            if before is not None and before.orders == line.orders:
                self._lines[place] = before
        for is_ask, levels in ((True, sides.asks), (False, sides.bids)):
            numbers = [number for ask, number in own if ask is is_ask]
            if not numbers:
                continue
            # Finding its number is what a level costs, and most are beside the own orders.
            low, high = (min(numbers) - 1) * step, (max(numbers) + 1) * step
            for level in levels:
                if low < level.price < high:
                    place = is_ask, grid_index(level.price, step, up=is_ask)
                    if place in own:
                        others = max(0.0, round(level.size - own[place], 8))
                        self._bound(place, others, when_ms)

    def _bound(self, place: Place, others: float, when_ms: int) -> None:
        line = self._lines[place]
        if when_ms >= line.since_ms + _APART_MS and (line.ahead is None or others < line.ahead):
            line.ahead, line.at_ms = others, when_ms

    def take_trade(self, event: TradeEvent) -> None:
        """Take a trade: who buys takes from the asks, who sells from the bids."""
        if not self._lines:
            return
        is_ask = event.ask_bid == "BID"
        line = self._lines.get((is_ask, grid_index(event.trade_price, self._step, up=is_ask)))
        if (
            line is not None
            and line.ahead is not None
            and event.priced_ms >= line.at_ms + _APART_MS
        ):
            line.ahead = max(0.0, round(line.ahead - event.trade_volume, 8))

    def bounds(self, step: float) -> Mapping[Place, float]:
        """What can at most be ahead, in coins, by side (asks: True) and number on the grid.

        Nothing on a grid of another step than that of the prices, where several share a row.
        """
        if step != self._step:
            return {}
        return {place: line.ahead for place, line in self._lines.items() if line.ahead is not None}
