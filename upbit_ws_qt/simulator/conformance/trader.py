"""Places orders at an exchange and reads what its private streams say of them. asyncio."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from .case import check, check_equal
from .client import Answer, Client
from .socket import Socket

__all__ = ["BTC", "ENDS", "Row", "Trader", "limit_bid", "trading"]

BTC = "KRW-BTC"
ENDS = ("done", "cancel")

Row = dict[str, Any]


# State: the frames read so far.
class Trader:
    """Places orders and reads what the private streams say of them."""

    def __init__(self, client: Client, socket: Socket) -> None:
        self.client = client
        self.seen: list[Row] = []
        self._socket = socket

    async def place(self, **fields: str) -> Row:
        """Place an order that must be accepted; the answer."""
        answer = await self.answer(**fields)
        check_equal("the status of a new order", answer.status, 201)
        return answer.row

    async def answer(self, path: str = "/v1/orders", **fields: str) -> Answer:
        """The answer to an order of KRW-BTC, unless another market is named."""
        return await self.client.signed("POST", path, body={"market": BTC, **fields})

    async def cancel(self, row: Row) -> None:
        """Cancel an order that waits."""
        answer = await self.client.signed("DELETE", "/v1/order", f"uuid={row['uuid']}")
        check_equal("the status of a cancel", answer.status, 200)

    async def clear_away(self, row: Row) -> None:
        """Cancel an order unless it has ended meanwhile."""
        answer = await self.client.signed("DELETE", "/v1/order", f"uuid={row['uuid']}")
        check(answer.status in (200, 404), "an end of the order", answer.text)

    async def order(self, row: Row) -> Row:
        """What the exchange says of an order now."""
        answer = await self.client.signed("GET", "/v1/order", f"uuid={row['uuid']}")
        return answer.row

    async def reports(self, row: Row, *states: str) -> list[Row]:
        """The myOrder frames of an order, up to the first in one of these states."""
        found = self.of(row)
        while not any(frame["state"] in states for frame in found):
            frame = await self._socket.find(lambda f: f.is_realtime, f"myOrder in {states}")
            self.seen.append(frame.data)
            found = self.of(row)
        return found

    def of(self, row: Row) -> list[Row]:
        """The myOrder frames of an order so far."""
        return [frame for frame in self.seen if frame.get("uuid") == row["uuid"]]

    async def assets(self) -> list[Row]:
        """The myAsset frames so far."""
        before, _ = await self._socket.listed()
        self.seen += [frame.data for frame in before]
        return [frame for frame in self.seen if frame["type"] == "myAsset"]

    async def balances(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Of each currency what is free and what is locked."""
        rows = (await self.client.signed("GET", "/v1/accounts")).rows
        return {r["currency"]: (Decimal(r["balance"]), Decimal(r["locked"])) for r in rows}

    async def far_below(self) -> str:
        """A price on the tick at which nobody sells."""
        [row] = await self.client.rows("/v1/ticker", markets=BTC)
        return f"{Decimal(row['trade_price']) * 7 // 1_000_000 * 100_000:f}"


@asynccontextmanager
async def trading(client: Client) -> AsyncGenerator[Trader]:
    """An account whose private streams are subscribed to, of which nothing has come yet."""
    async with client.socket(private=True) as socket:
        await socket.ask({"type": "myOrder", "codes": []}, {"type": "myAsset"})
        before, _ = await socket.listed()
        check_equal("frames before anything happened", [frame.text for frame in before], [])
        yield Trader(client, socket)


def limit_bid(price: str, **more: str) -> dict[str, str]:
    """The fields of an order to buy 0.001 coins."""
    return {"side": "bid", "ord_type": "limit", "price": price, "volume": "0.001", **more}
