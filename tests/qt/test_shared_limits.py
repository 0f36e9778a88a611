"""Managers of one program share what the exchange allows their address."""

from __future__ import annotations

import asyncio

from PyQt6.QtCore import QObject

from tests.feed import Feed
from upbit_ws_qt import GlobalWebSocketManager, WebSocketClientProxy
from upbit_ws_qt.simulator import SimulatedExchange

MARKET = "KRW-BTC"
#: Each manager's share of a second's ten calls is eight: two that did not know of each other would
#: make sixteen.
CALLS = 10


def test_two_managers_at_one_exchange_are_never_refused(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    """The exchange counts, and would answer 429 to one call too many."""
    other = GlobalWebSocketManager(exchange.settings())
    component = QObject()
    proxies = [
        WebSocketClientProxy("shared_one", manager, component),
        WebSocketClientProxy("shared_two", other, component),
    ]

    async def all_at_once() -> None:
        calls = [proxy.get_ticker_snapshot([MARKET]) for proxy in proxies for _ in range(CALLS)]
        await asyncio.gather(*calls)

    feed(all_at_once())

    for each in (manager, other):
        rest = each.statistics().rest
        assert (rest.answered, rest.refused) == (CALLS, 0)
        assert each.statistics().limiter.refusals == 0
    feed(other.stop())


def test_a_refusal_of_one_holds_up_the_other(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    other = GlobalWebSocketManager(exchange.settings())
    component = QObject()
    first = WebSocketClientProxy("refused_one", manager, component)
    WebSocketClientProxy("refused_two", other, component)
    exchange.faults.refuse(429, of="rest", times=1)

    async def refused() -> None:
        await asyncio.gather(first.get_ticker_snapshot([MARKET]), return_exceptions=True)

    feed(refused())

    assert "ticker" in other.statistics().limiter.stopped_for_s
    feed(other.stop())
