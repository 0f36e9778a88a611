"""Lists of orders over REST, as many pages as there are. No Qt."""

from __future__ import annotations

from upbit_ws_qt import rest
from upbit_ws_qt.events import OrderEvent
from upbit_ws_qt.ratelimit import Priority

from .http import RestClient

__all__ = ["open_orders"]


async def open_orders(
    client: RestClient, market: str | None = None, priority: Priority = Priority.SHOWN
) -> tuple[OrderEvent, ...]:
    """All orders that wait, the newest first; of one market or of all.

    Orders come and go between two pages, so one may be listed twice, or by neither.

    Raises:
        UpbitError: as ``RestClient.call``.
    """
    found: dict[str, OrderEvent] = {}
    page = 1
    while True:
        orders = await client.call(rest.open_orders(market, page=page), priority)
        found.update((order.uuid, order) for order in orders)
        if len(orders) < rest.OPEN_PAGE:
            return tuple(found.values())
        page += 1
