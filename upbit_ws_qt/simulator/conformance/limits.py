"""Cases about the limits: what is told of them, and what follows when they are passed. asyncio."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from .case import Mismatch, case, check, check_equal
from .client import Answer, Client
from .token import bearer

_BTC = "KRW-BTC"
_GROUPS = {
    "market": "/v1/market/all",
    "candle": f"/v1/candles/minutes/1?market={_BTC}",
    "trade": f"/v1/trades/ticks?market={_BTC}",
    "ticker": f"/v1/ticker?markets={_BTC}",
    "orderbook": f"/v1/orderbook?markets={_BTC}",
}
_MOST_TRIES = 400


def _check_left(answer: Answer, group: str, limit: int) -> None:
    left = answer.remaining
    check_equal("the group", left.get("group"), group)
    check_equal(f"min of {group}", left.get("min"), str(limit * 60))
    check(left.get("sec", "").isdecimal() and int(left["sec"]) <= limit, "what is left", left)


@case("5.1", "5.2")
async def headers(client: Client) -> None:
    """Every group of quotation calls tells its limit, what is left, and that addresses count."""
    for group, path in _GROUPS.items():
        name, _, query = path.partition("?")
        parameter, _, value = query.partition("=")
        answer = await client.get(name, **({parameter: value} if query else {}))
        _check_left(answer, group, 10)
        check_equal("limit-by-ip", answer.headers.get("limit-by-ip"), "Yes")


@case("5.4", key=True)
async def headers_of_the_account(client: Client) -> None:
    """Calls of the exchange API draw on the group default."""
    _check_left(await client.signed("GET", "/v1/accounts"), "default", 30)


@case("5.5", key=True, rough=True)
async def headers_of_orders(client: Client) -> None:
    """Orders and test orders draw on groups of their own."""
    order = {"market": _BTC, "side": "bid", "ord_type": "price", "price": "6000"}
    _check_left(await client.signed("POST", "/v1/orders/test", body=order), "order-test", 8)
    _check_left(await client.signed("POST", "/v1/orders", body=order), "order", 12)


async def _served_before_429(call: Callable[[], Awaitable[int]], most: int) -> int:
    """How many calls are served, one after the other, before the first 429.

    It stops there: who goes on is blocked.
    """
    # Windows and buckets are full again after that.
    await asyncio.sleep(2.0)
    for served in range(most):
        status = await call()
        if status == 429:
            return served
        check(status in (101, 200), "an answer, or 429", status)
    raise Mismatch(f"429 within {most} calls", "none")


@case("5.1", "5.10", rough=True)
async def window(client: Client) -> None:
    """Within a fixed second each quotation group answers ten calls; the next second is new."""
    left: list[str] = []

    async def ticker() -> int:
        answer = await client.call("GET", "/v1/ticker", f"markets={_BTC}")
        left.append(answer.remaining["sec"])
        return answer.status

    served = await _served_before_429(ticker, 60)
    # The calls may lie across two seconds.
    check(10 <= served <= 20, "10 answers a second", served)
    check_equal(
        "what was left at each call", left[served - 10 :], [*map(str, range(9, -1, -1)), "0"]
    )
    other = await client.call("GET", "/v1/orderbook", f"markets={_BTC}")
    check_equal("the status of another group", other.status, 200)
    await asyncio.sleep(1.1)
    check_equal("the status a second later", await ticker(), 200)


@case("5.4", "5.10", key=True, rough=True)
async def pocket(client: Client) -> None:
    """An account has 30 calls of the group default at once, and 30 more each second."""
    loop = asyncio.get_running_loop()
    times: list[float] = []

    async def accounts() -> int:
        times.append(loop.time())
        headers = bearer(client.credentials)
        return (await client.call("GET", "/v1/accounts", headers=headers)).status

    served = await _served_before_429(accounts, 400)
    most = 31 + 30 * (loop.time() - times[0])
    check(30 <= served <= most, f"30 to {most:.0f} answers", served)


@case("5.7", rough=True)
async def connects(client: Client) -> None:
    """An address opens five WebSockets a second."""

    async def connect() -> int:
        return await _connect(client)

    served = await _served_before_429(connect, 30)
    check(5 <= served <= 10, "5 accepted a second", served)
    await asyncio.sleep(1.1)
    check_equal("the status a second later", await connect(), 101)


async def _connect(client: Client, **options: Any) -> int:
    url = client.address.settings().public_url
    try:
        async with client.session.ws_connect(url, **options):
            return 101
    except aiohttp.WSServerHandshakeError as error:
        return error.status


@case("4.5", "5.8", rough=True)
async def messages_a_second(client: Client) -> None:
    """A connection takes five messages a second; one more is a TOO_MANY_REQUEST."""
    message = json.dumps([{"ticket": "t"}, {"method": "LIST_SUBSCRIPTIONS"}])
    async with client.socket() as socket:
        for _ in range(6):
            await socket.raw.send_str(message)
        frames = await socket.frames(6)
    names = [frame.error_name for frame in frames]
    check_equal("the errors of six messages", names, [""] * 5 + ["TOO_MANY_REQUEST"])


@case("5.8", rough=True, slow=True)
async def messages_a_minute(client: Client) -> None:
    """A connection takes 100 messages a minute; one more is a TOO_MANY_REQUEST."""
    message = json.dumps([{"ticket": "t"}, {"method": "LIST_SUBSCRIPTIONS"}])
    async with client.socket() as socket:
        for _ in range(101):
            await socket.raw.send_str(message)
            await asyncio.sleep(0.21)
        names = [frame.error_name for frame in await socket.frames(101)]
    check_equal("errors of 100 messages", set(names[:100]), {""})
    check_equal("the error of one more", names[100], "TOO_MANY_REQUEST")


@case("5.9")
async def origin(client: Client) -> None:
    """A request with an Origin header is counted in a group of its own."""
    headers = {"Origin": "https://example.com"}
    answer = await client.call("GET", "/v1/ticker", f"markets={_BTC}", headers=headers)
    check(answer.status in (200, 429), "an answer, or 429 where another just asked", answer.status)
    left = answer.remaining
    check_equal("the group", left.get("group"), "origin")
    check_equal("min", left.get("min"), "6")
    check_equal("sec", left.get("sec"), "0")


@case("5.9", rough=True)
async def origin_limit(client: Client) -> None:
    """With an Origin header there is one request in ten seconds, WebSockets included."""
    headers = {"Origin": "https://example.com"}
    statuses = [
        (await client.call("GET", "/v1/ticker", f"markets={_BTC}", headers=headers)).status
        for _ in range(2)
    ]
    check_equal("the status of a second request", statuses[1], 429)
    check_equal("that of a WebSocket", await _connect(client, origin="https://example.com"), 429)
    plain = await client.get("/v1/ticker", markets=_BTC)
    check_equal("that of a request without the header", plain.status, 200)


@case("5.11", rough=True)
async def blocked(client: Client) -> None:
    """Who goes on after 429 is blocked with 418, and for longer the next time."""
    loop = asyncio.get_running_loop()
    await _provoke_block(client)
    began = loop.time()
    for _ in range(_MOST_TRIES):
        await asyncio.sleep(0.5)
        if await _status(client) == 200:
            break
    first_s = loop.time() - began
    await _provoke_block(client)
    await asyncio.sleep(first_s + 1.0)
    check_equal(f"the status {first_s + 1:.0f} s into a second block", await _status(client), 418)


async def _status(client: Client) -> int:
    return (await client.call("GET", "/v1/ticker", f"markets={_BTC}")).status


async def _provoke_block(client: Client) -> None:
    for _ in range(_MOST_TRIES):
        if await _status(client) == 418:
            return
    raise Mismatch(f"418 within {_MOST_TRIES} calls", "none")
