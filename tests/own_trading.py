"""Own orders that tests can reckon with. Tests only."""

from __future__ import annotations

from decimal import Decimal

from upbit_ws_qt.events import OrderEvent, OrderState

__all__ = ["order"]


def order(
    uuid: str,
    price: str,
    *,
    rest: str = "0.5",
    volume: str = "1.2",
    side: str = "BID",
    state: OrderState = OrderState.WAIT,
    market: str = "KRW-BTC",
) -> OrderEvent:
    """An open limit order at ``price`` of which ``rest`` of ``volume`` coins are left."""
    return OrderEvent(
        type="myOrder",
        code=market,
        timestamp=1,
        uuid=uuid,
        ask_bid=side,
        order_type="limit",
        state=state,
        price=Decimal(price),
        remaining_volume=Decimal(rest),
        volume=Decimal(volume),
    )
