"""ccxt, unmodified and given only the address: public and private, REST and streams.

What it warns of concerns its own code and is not ours to mend.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.clients.conftest import Served

pytest.importorskip("ccxt", reason="ccxt is not installed (pip install --group clients)")

import ccxt
import ccxt.pro

pytestmark = pytest.mark.filterwarnings("ignore")

SYMBOL = "BTC/KRW"
Play = Callable[[Callable[[Any], Awaitable[None]]], None]


@pytest.fixture(scope="module")
def play(served: Served) -> Play:
    """Runs a scene with a client that knows the exchange's address and a key."""

    async def run(scene: Callable[[Any], Awaitable[None]]) -> None:
        urls = {"public": served.url, "private": served.url, "ws": served.websocket_url}
        client = ccxt.pro.upbit(
            {"urls": {"api": urls}, "apiKey": served.access_key, "secret": served.secret_key}
        )
        try:
            async with asyncio.timeout(60):
                await scene(client)
        finally:
            await client.close()

    return lambda scene: asyncio.run(run(scene))


# --- REST, public ----------------------------------------------------------------------------


def test_markets(play: Play) -> None:
    async def scene(client: Any) -> None:
        markets = await client.load_markets()
        assert markets[SYMBOL]["id"] == "KRW-BTC"
        assert markets["ETH/BTC"]["active"]
        assert len(markets) > 50

    play(scene)


def test_tickers(play: Play) -> None:
    async def scene(client: Any) -> None:
        ticker = await client.fetch_ticker(SYMBOL)
        assert 0 < ticker["low"] <= ticker["last"] <= ticker["high"]
        assert ticker["change"] == pytest.approx(ticker["last"] - ticker["previousClose"])
        several = await client.fetch_tickers(["ETH/KRW", "ETH/BTC"])
        assert set(several) == {"ETH/KRW", "ETH/BTC"}

    play(scene)


def test_order_books(play: Play) -> None:
    async def scene(client: Any) -> None:
        book = await client.fetch_order_book(SYMBOL)
        assert len(book["asks"]) == len(book["bids"]) == 30
        assert book["bids"][0][0] < book["asks"][0][0]

    play(scene)


def test_trades(play: Play) -> None:
    async def scene(client: Any) -> None:
        trades = await client.fetch_trades(SYMBOL, limit=50)
        assert len({trade["id"] for trade in trades}) == 50
        times = [trade["timestamp"] for trade in trades]
        assert times == sorted(times)

    play(scene)


@pytest.mark.parametrize("unit", ["1s", "1m", "4h", "1d", "1w", "1M"])
def test_candles(play: Play, unit: str) -> None:
    async def scene(client: Any) -> None:
        candles = await client.fetch_ohlcv(SYMBOL, unit, limit=20)
        assert len(candles) == 20
        for _, open_, high, low, close, volume in candles:
            assert low <= min(open_, close) <= max(open_, close) <= high
            assert volume > 0

    play(scene)


def test_pages_of_candles(play: Play) -> None:
    """Paging forward by ``since`` as its users do: every hour once."""

    async def scene(client: Any) -> None:
        hour_ms = 3_600_000
        last = (await client.fetch_ohlcv(SYMBOL, "1h", limit=1))[0][0]
        since = last - 500 * hour_ms
        starts: list[int] = []
        while since < last:
            page = await client.fetch_ohlcv(SYMBOL, "1h", since=since, limit=200)
            assert page
            starts += [row[0] for row in page if row[0] >= since]
            since = starts[-1] + hour_ms
        assert starts == list(range(last - 500 * hour_ms, starts[-1] + 1, hour_ms))

    play(scene)


# --- Streams, public -------------------------------------------------------------------------


def test_streamed_tickers(play: Play) -> None:
    async def scene(client: Any) -> None:
        first = await client.watch_ticker(SYMBOL)
        second = await client.watch_ticker(SYMBOL)
        assert first["symbol"] == second["symbol"] == SYMBOL
        assert second["timestamp"] >= first["timestamp"]
        seen: set[str] = set()
        while len(seen) < 3:
            seen |= set(await client.watch_tickers([SYMBOL, "ETH/KRW", "XRP/KRW"]))

    play(scene)


def test_streamed_trades(play: Play) -> None:
    async def scene(client: Any) -> None:
        ids: set[str] = set()
        while len(ids) < 10:
            ids |= {trade["id"] for trade in await client.watch_trades(SYMBOL)}
        listed = {trade["id"] for trade in await client.fetch_trades(SYMBOL, limit=200)}
        assert ids <= listed

    play(scene)


def test_streamed_order_books(play: Play) -> None:
    async def scene(client: Any) -> None:
        for _ in range(5):
            book = await client.watch_order_book(SYMBOL)
            assert book["bids"][0][0] < book["asks"][0][0]

    play(scene)


def test_streamed_candles(play: Play) -> None:
    async def scene(client: Any) -> None:
        # One candle, although ccxt says that it is a list of them.
        start, open_, high, low, close, volume = await client.watch_ohlcv(SYMBOL, "1s")
        assert start % 1000 == 0
        assert low <= min(open_, close) <= max(open_, close) <= high
        assert volume > 0

    play(scene)


def test_streams_side_by_side(play: Play) -> None:
    """It sends one message for all its subscriptions, because each replaces the one before."""

    async def scene(client: Any) -> None:
        await client.watch_ticker(SYMBOL)
        await client.watch_order_book("ETH/KRW")
        ticker, book = await asyncio.gather(
            client.watch_ticker(SYMBOL), client.watch_order_book("ETH/KRW")
        )
        assert ticker["symbol"] == SYMBOL
        assert book["symbol"] == "ETH/KRW"

    play(scene)


# --- The account -----------------------------------------------------------------------------


def test_balance(play: Play) -> None:
    async def scene(client: Any) -> None:
        balance = await client.fetch_balance()
        assert balance["KRW"]["total"] == pytest.approx(
            balance["KRW"]["free"] + balance["KRW"]["used"]
        )
        assert balance["BTC"]["free"] > 0

    play(scene)


async def far_below(client: Any) -> float:
    """A price at which nobody sells, on the tick."""
    last: float = (await client.fetch_ticker(SYMBOL))["last"]
    return last * 0.7 // 100_000 * 100_000


def test_limit_order_and_cancel(play: Play) -> None:
    async def scene(client: Any) -> None:
        price = await far_below(client)
        order = await client.create_order(SYMBOL, "limit", "buy", 0.001, price)
        assert order["status"] == "open"
        open_orders = await client.fetch_open_orders(SYMBOL)
        assert order["id"] in {other["id"] for other in open_orders}
        fetched = await client.fetch_order(order["id"])
        assert (fetched["price"], fetched["amount"], fetched["filled"]) == (price, 0.001, 0)
        await client.cancel_order(order["id"])
        assert (await client.fetch_order(order["id"]))["status"] == "canceled"
        canceled = await client.fetch_canceled_orders(SYMBOL)
        assert order["id"] in {other["id"] for other in canceled}

    play(scene)


def test_market_orders(play: Play) -> None:
    async def scene(client: Any) -> None:
        before = await client.fetch_balance()
        bought = await client.create_market_buy_order_with_cost(SYMBOL, 100_000)
        bought = await client.fetch_order(bought["id"])
        assert bought["filled"] > 0
        assert bought["cost"] <= 100_000
        sold = await client.create_order(SYMBOL, "market", "sell", 0.001)
        sold = await client.fetch_order(sold["id"])
        assert (sold["status"], sold["filled"]) == ("closed", 0.001)
        after = await client.fetch_balance()
        gained = after["BTC"]["total"] - before["BTC"]["total"]
        assert gained == pytest.approx(bought["filled"] - 0.001)
        closed = {order["id"] for order in await client.fetch_closed_orders(SYMBOL)}
        assert sold["id"] in closed

    play(scene)


def test_refusals_have_their_classes(play: Play) -> None:
    async def scene(client: Any) -> None:
        with pytest.raises(ccxt.InsufficientFunds):
            await client.create_order(SYMBOL, "market", "sell", 9)
        with pytest.raises(ccxt.ExchangeError, match="under_min_total_bid"):
            await client.create_market_buy_order_with_cost(SYMBOL, 100)
        with pytest.raises(ccxt.OrderNotFound):
            await client.fetch_order("3d9f2ae7-3cf3-4e58-9a49-9fd07bb4a2d1")
        client.secret = "another"
        with pytest.raises(ccxt.AuthenticationError):
            await client.fetch_balance()

    play(scene)


def test_streamed_orders_and_fills(play: Play) -> None:
    async def scene(client: Any) -> None:
        price = await far_below(client)
        watched = asyncio.ensure_future(client.watch_orders())
        # It tells nothing of when it is subscribed; an order placed before would not be seen.
        while not watched.done():
            order = await client.create_order(SYMBOL, "limit", "buy", 0.001, price)
            await client.cancel_order(order["id"])
            await asyncio.wait([watched], timeout=1)
        assert {row["symbol"] for row in watched.result()} == {SYMBOL}
        fills = asyncio.ensure_future(client.watch_my_trades())
        while not fills.done():
            bought = await client.create_market_buy_order_with_cost(SYMBOL, 20_000)
            await asyncio.wait([fills], timeout=1)
        assert bought["id"] in {fill["order"] for fill in fills.result()}

    play(scene)


def test_streamed_balance(play: Play) -> None:
    async def scene(client: Any) -> None:
        watched = asyncio.ensure_future(client.watch_balance())
        while not watched.done():
            await client.create_market_buy_order_with_cost(SYMBOL, 20_000)
            await asyncio.wait([watched], timeout=1)
        streamed = watched.result()
        assert streamed["BTC"]["total"] > 0

    play(scene)
