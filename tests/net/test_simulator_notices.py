"""What the exchange says of its markets, and the shapes it may say it in, over real sockets."""

from __future__ import annotations

import asyncio
import hashlib
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import jwt
import pytest

from upbit_ws_qt.simulator import Behaviour, SimulatedExchange

NOW = 1_793_000_042_345
DAY_MS = 86_400_000
TICKER = {"type": "ticker", "codes": ["KRW-BTC"]}
# Far below the market, so that it rests.
FAR_BID = {
    "market": "KRW-DOGE",
    "side": "bid",
    "ord_type": "limit",
    "price": "100",
    "volume": "100",
}


class Client:
    """A plain client of the socket and of REST."""

    def __init__(
        self, exchange: SimulatedExchange, http: aiohttp.ClientSession, socket: Any
    ) -> None:
        self.exchange = exchange
        self.http = http
        self.socket = socket

    async def ask(self, *parts: Any) -> None:
        await self.socket.send_str(json.dumps([{"ticket": "t"}, *parts]))

    async def frame(self) -> Any:
        return json.loads(await self.socket.receive_bytes())

    async def frames_until(self, found: Callable[[Any], bool]) -> list[Any]:
        frames = [await self.frame()]
        while not found(frames[-1]):
            frames.append(await self.frame())
        return frames

    async def rest(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        key, query = self.exchange.credentials(), ""
        claims = {"access_key": key.access_key, "nonce": str(uuid.uuid4())}
        if body:
            query = "&".join(f"{name}={value}" for name, value in body.items())
            claims["query_hash"] = hashlib.sha512(query.encode()).hexdigest()
        token = jwt.encode(claims, key.secret_key, algorithm="HS256")
        url = f"{self.exchange.settings().rest_url}{path}"
        headers = {"Authorization": f"Bearer {token}"}
        async with self.http.request(method, url, json=body, headers=headers) as answer:
            return await answer.json()


def play(scene: Callable[[Client], Awaitable[None]], **behaviour: Any) -> None:
    async def run() -> None:
        exchange = SimulatedExchange(
            start_time_ms=NOW, realtime=False, behaviour=Behaviour(limits=False, **behaviour)
        )
        async with exchange, aiohttp.ClientSession() as http:
            url = exchange.settings().public_url
            async with http.ws_connect(url, max_msg_size=0) as socket:
                await scene(Client(exchange, http, socket))

    asyncio.run(run())


async def event_of(client: Client, code: str) -> Any:
    rows = await client.rest("GET", "/v1/market/all?is_details=true")
    return next((row["market_event"] for row in rows if row["market"] == code), None)


# --- Words about a market --------------------------------------------------------------------


def test_warnings_and_cautions_are_the_operators_to_give() -> None:
    async def scene(client: Client) -> None:
        board = client.exchange.floor.board
        await client.ask(TICKER)
        assert (await client.frame())["market_warning"] == "NONE"
        assert (await event_of(client, "KRW-BTC"))["warning"] is False

        board.warn("KRW-BTC", on=True)
        board.caution("KRW-BTC", "PRICE_FLUCTUATIONS", on=True)

        event = await event_of(client, "KRW-BTC")
        assert event["warning"] is True
        assert [name for name, given in event["caution"].items() if given] == ["PRICE_FLUCTUATIONS"]
        await client.exchange.advance(10_000)
        assert (await client.frame())["market_warning"] == "CAUTION"

    play(scene)


def test_a_halted_market_says_so_to_who_comes() -> None:
    async def scene(client: Client) -> None:
        client.exchange.faults.halt_market("KRW-BTC")
        await client.ask(TICKER)
        assert (await client.frame())["is_trading_suspended"] is True
        client.exchange.faults.clear("halt_market")
        await client.ask(TICKER)
        assert (await client.frame())["is_trading_suspended"] is False

    play(scene)


@pytest.mark.parametrize(
    ("shape", "said"),
    [("object", {"year": 2026, "month": 10, "day": 27}), ("text", "2026-10-27")],
)
def test_a_delisting_is_announced_and_comes_at_its_time(shape: str, said: object) -> None:
    async def scene(client: Client) -> None:
        exchange, at_ms = client.exchange, NOW + DAY_MS
        await client.ask(TICKER, {"type": "trade", "codes": ["KRW-BTC"]})
        ticker, _trade = await client.frame(), await client.frame()
        assert ticker["delisting_date"] is None
        exchange.faults.delist_market("KRW-BTC", after_s=DAY_MS / 1000)
        await client.ask(TICKER, {"type": "trade", "codes": ["KRW-BTC"]})
        announced = await client.frame()
        assert (announced["market_state"], announced["delisting_date"]) == ("ACTIVE", said)
        exchange.floor.skip_to(at_ms - 5000)

        await exchange.advance(10_000)

        frames = await client.frames_until(lambda frame: frame.get("market_state") == "DELISTED")
        assert all(frame["timestamp"] < at_ms for frame in frames)
        assert frames[-1]["delisting_date"] == said
        assert await event_of(client, "KRW-BTC") is None
        await client.ask(TICKER, {"type": "ticker", "codes": ["KRW-ETH"]})
        assert (await client.frame())["code"] == "KRW-ETH"

    play(scene, delisting_date=shape)


def test_a_delisting_that_came_earlier_is_not_repeated_for_a_market_that_came_back() -> None:
    async def scene(client: Client) -> None:
        exchange = client.exchange
        exchange.faults.delist_market("KRW-BTC", after_s=60)
        exchange.faults.delist_market("KRW-BTC")
        exchange.faults.list_market("KRW-BTC")
        await exchange.advance(120_000)
        assert await event_of(client, "KRW-BTC") is not None

    play(scene)


def test_a_delisting_cancels_what_is_open_in_the_market() -> None:
    async def scene(client: Client) -> None:
        before = await client.rest("GET", "/v1/accounts")
        order = await client.rest("POST", "/v1/orders", FAR_BID)
        assert order["state"] == "wait"
        client.exchange.faults.delist_market("KRW-DOGE")
        open_orders = await client.rest("GET", "/v1/orders/open")
        assert order["uuid"] not in {row["uuid"] for row in open_orders}
        assert await client.rest("GET", "/v1/accounts") == before

    play(scene)


# --- Shapes that nobody knows ----------------------------------------------------------------


@pytest.mark.parametrize("most", [1, 4])
def test_an_array_of_a_list_format_may_hold_more_than_one_frame(most: int) -> None:
    codes = ["KRW-BTC", "KRW-ETH", "KRW-XRP", "KRW-SOL", "KRW-ADA", "KRW-DOGE"]

    async def scene(client: Client) -> None:
        await client.ask({"type": "ticker", "codes": codes}, {"format": "JSON_LIST"})
        arrays: list[list[Any]] = []
        while sum(map(len, arrays)) < len(codes):
            arrays.append(await client.frame())
        assert [frame["code"] for array in arrays for frame in array] == codes
        assert max(map(len, arrays)) <= most
        assert (len(arrays) == len(codes)) == (most == 1)
        # What is no data does not wait for a batch to be full.
        await client.ask({"method": "LIST_SUBSCRIPTIONS"})
        assert (await client.frame())["method"] == "LIST_SUBSCRIPTIONS"

    play(scene, list_batch=most)


@pytest.mark.parametrize("totals", ["full", "sent"])
def test_the_totals_of_a_short_book_are_of_all_rows_or_of_these(totals: str) -> None:
    async def scene(client: Client) -> None:
        await client.ask(
            {"type": "orderbook", "codes": ["KRW-BTC"], "is_only_snapshot": True},
            {"type": "orderbook", "codes": ["KRW-BTC.5"], "is_only_snapshot": True},
        )
        whole, short = await client.frame(), await client.frame()
        assert short["orderbook_units"] == whole["orderbook_units"][:5]
        rows = short if totals == "sent" else whole
        for side in ("ask", "bid"):
            total = sum(unit[f"{side}_size"] for unit in rows["orderbook_units"])
            assert short[f"total_{side}_size"] == pytest.approx(total)

    play(scene, totals=totals)


@pytest.mark.parametrize("interval_ms", [0, 1000])
def test_tickers_come_with_every_trade_or_once_in_an_interval(interval_ms: int) -> None:
    async def scene(client: Client) -> None:
        await client.ask({"type": "trade", "codes": ["KRW-BTC"]}, TICKER)
        frames = [await client.frame(), await client.frame()]
        for _ in range(120):
            await client.exchange.advance(500)
        await client.ask({"method": "LIST_SUBSCRIPTIONS"})
        frames += await client.frames_until(lambda frame: "method" in frame)
        prices = {
            kind: [frame["trade_price"] for frame in frames if frame.get("type") == kind]
            for kind in ("trade", "ticker")
        }
        assert prices["ticker"][-1] == prices["trade"][-1], "the last one always comes"
        if interval_ms:
            # The snapshot, and at most one for each second that was begun.
            assert len(prices["ticker"]) <= 62 < len(prices["trade"])
        else:
            assert prices["ticker"] == prices["trade"]

    play(scene, ticker_interval_ms=interval_ms)


def test_no_ticker_comes_after_the_last_one_of_a_delisted_market() -> None:
    async def scene(client: Client) -> None:
        await client.ask(TICKER)
        assert (await client.frame())["market_state"] == "ACTIVE"
        client.exchange.faults.delist_market("KRW-BTC", after_s=13)
        await client.exchange.advance(40_000)
        await client.ask({"method": "LIST_SUBSCRIPTIONS"})
        *tickers, _list = await client.frames_until(lambda frame: "method" in frame)
        states = [ticker["market_state"] for ticker in tickers]
        assert states == ["ACTIVE"] * (len(states) - 1) + ["DELISTED"]

    play(scene, ticker_interval_ms=5000)


@pytest.mark.parametrize("default", ["cancel_maker", "none", None])
def test_orders_that_name_no_self_match_prevention_get_the_exchanges(default: str | None) -> None:
    async def scene(client: Client) -> None:
        order = await client.rest("POST", "/v1/orders", FAR_BID)
        assert order.get("smp_type") == default

    play(scene, default_smp=default)
