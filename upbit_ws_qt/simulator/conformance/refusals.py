"""Cases about refused, tried-out and group-cancelled orders; simulated exchanges only. asyncio."""

from __future__ import annotations

import uuid
from decimal import Decimal

from .case import case, check, check_equal
from .client import Client
from .trader import BTC, limit_bid, trading


@case("7.12", "7.13", key=True, rough=True)
async def refused_orders(client: Client) -> None:
    """An order that cannot be placed is a 400 whose name says why."""
    async with trading(client) as desk:
        price = await desk.far_below()
        asked: list[tuple[str, dict[str, str]]] = [
            ("under_min_total_bid", {"side": "bid", "ord_type": "price", "price": "4999"}),
            ("under_min_total_bid", limit_bid(price) | {"volume": "0.00000001"}),
            ("insufficient_funds_bid", {"side": "bid", "ord_type": "price", "price": "999999999"}),
            ("insufficient_funds_ask", {"side": "ask", "ord_type": "market", "volume": "9"}),
            ("invalid_price_bid", limit_bid(price.rstrip("0") + "1.5")),
            ("over_krw_funds_bid", limit_bid(price) | {"volume": "1000"}),
        ]
        for name, fields in asked:
            answer = await desk.answer(**fields)
            check_equal(f"status and name for {fields}", answer.error, (400, name))


@case("7.7", key=True, rough=True)
async def identifiers(client: Client) -> None:
    """An identifier has up to 64 characters and is used once."""
    async with trading(client) as desk:
        price = await desk.far_below()
        name = f"{uuid.uuid4()}{uuid.uuid4()}"[:64]
        row = await desk.place(**limit_bid(price, identifier=name))
        await desk.cancel(row)
        for bad in (name, name + "x"):
            answer = await desk.answer(**limit_bid(price, identifier=bad))
            check_equal("the status", answer.status, 400)


@case("7.8", key=True, rough=True)
async def test_order(client: Client) -> None:
    """A test order is checked and answered like another, and nothing happens."""
    async with trading(client) as desk:
        before = await desk.balances()
        answer = await desk.answer("/v1/orders/test", **limit_bid(await desk.far_below()))
        check_equal("the status", answer.status, 201)
        check_equal("frames", await desk.assets(), [])
        check_equal("the balances", await desk.balances(), before)
        refused = await desk.answer("/v1/orders/test", side="bid", ord_type="price", price="1")
        check_equal("status and name", refused.error, (400, "under_min_total_bid"))


@case("7.8", key=True, rough=True)
async def cancel_and_new(client: Client) -> None:
    """An order is cancelled and another one placed in one call."""
    async with trading(client) as desk:
        price = await desk.far_below()
        row = await desk.place(**limit_bid(price))
        body = {
            "prev_order_uuid": row["uuid"],
            "new_ord_type": "limit",
            "new_price": price,
            "new_volume": "0.002",
        }
        answer = await client.signed("POST", "/v1/orders/cancel_and_new", body=body)
        check(answer.status in (200, 201), "an accepted call", f"{answer.status} {answer.text}")
        new = {"uuid": answer.row["new_order_uuid"]}
        await desk.reports(row, "cancel")
        [report] = await desk.reports(new, "wait")
        check(report["volume"] == Decimal("0.002"), "the new volume", report["volume"])
        await desk.cancel(new)


@case("7.8", key=True, rough=True)
async def cancel_many(client: Client) -> None:
    """Several orders are cancelled by their ids in one call."""
    async with trading(client) as desk:
        price = await desk.far_below()
        rows = [await desk.place(**limit_bid(price)) for _ in range(2)]
        query = "&".join(f"uuids[]={row['uuid']}" for row in rows)
        answer = await client.signed("DELETE", "/v1/orders/uuids", query)
        check_equal("the status", answer.status, 200)
        for row in rows:
            await desk.reports(row, "cancel")


@case("7.8", "5.6", key=True, rough=True)
async def cancel_all(client: Client) -> None:
    """All open orders of a market are cancelled in one call, once in two seconds."""
    async with trading(client) as desk:
        row = await desk.place(**limit_bid(await desk.far_below()))
        query = f"pairs={BTC}&cancel_side=bid"
        answer = await client.signed("DELETE", "/v1/orders/open", query)
        check_equal("the status", answer.status, 200)
        check_equal("the group", answer.remaining.get("group"), "order-cancel-all")
        await desk.reports(row, "cancel")
        again = await client.signed("DELETE", "/v1/orders/open", query)
        check_equal("the status of another at once", again.status, 429)
