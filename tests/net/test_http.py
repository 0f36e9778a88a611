"""REST calls over real HTTP: limits, errors, and a key that stays where it belongs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from upbit_ws_qt import rest
from upbit_ws_qt.auth import UpbitAuthenticator
from upbit_ws_qt.errors import (
    AuthenticationFailed,
    ConnectFailed,
    DecodeError,
    InvalidState,
    RateLimited,
    RequestRejected,
    RequestTimeout,
)
from upbit_ws_qt.net import http as http_module
from upbit_ws_qt.net.http import RestClient
from upbit_ws_qt.ratelimit import GlobalRateLimiter
from upbit_ws_qt.settings import FeedSettings
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt.system.credentials import Credentials
from upbit_ws_qt.timeframe import Timeframe


def against_the_exchange(
    scene: Callable[[SimulatedExchange, RestClient], Awaitable[None]], **options: Any
) -> None:
    async def main() -> None:
        async with SimulatedExchange(seed=1, realtime=False, **options) as exchange:
            client = RestClient(exchange.settings(), GlobalRateLimiter(1.0))
            try:
                await scene(exchange, client)
            finally:
                await client.close()

    asyncio.run(main())


def test_every_call_is_answered_in_our_own_types() -> None:
    async def scene(exchange: SimulatedExchange, client: RestClient) -> None:
        markets = await client.call(rest.markets())
        assert markets["KRW-BTC"].korean_name == "비트코인"
        instruments = await client.call(rest.instruments(["KRW-BTC"]))
        assert instruments["KRW-BTC"].tick_size == 1000
        (ticker,) = await client.call(rest.tickers(["KRW-BTC"]))
        (book,) = await client.call(rest.orderbooks(["KRW-BTC"], 5))
        assert len(book.orderbook_units) == 5
        assert book.orderbook_units[0].bid_price <= ticker.trade_price
        candles = await client.call(rest.candles("KRW-BTC", Timeframe.MINUTE_1, 200))
        assert len(candles) == 200
        assert candles[-1].close_price == ticker.trade_price
        for unit in Timeframe:
            page = await client.call(rest.candles("KRW-BTC", unit, 3))
            assert {candle.timeframe for candle in page} == {unit}
            assert [candle.start_ms for candle in page] == sorted(c.start_ms for c in page)
        client.set_authenticator(UpbitAuthenticator(exchange.credentials()))
        balances = await client.call(rest.accounts())
        assert "KRW" in {balance.currency for balance in balances}

    against_the_exchange(scene)


def test_what_the_exchange_refuses_is_a_typed_error() -> None:
    async def scene(exchange: SimulatedExchange, client: RestClient) -> None:
        with pytest.raises(RequestRejected, match="404"):
            await client.call(rest.tickers(["KRW-NOTHERE"]))
        with pytest.raises(InvalidState, match="needs a key"):
            await client.call(rest.accounts())
        wrong = Credentials(exchange.credentials().access_key, "wrong secret " * 6)
        client.set_authenticator(UpbitAuthenticator(wrong))
        with pytest.raises(AuthenticationFailed) as caught:
            await client.call(rest.accounts())
        assert "wrong secret" not in str(caught.value)

    against_the_exchange(scene)


def test_a_burst_waits_its_turn_instead_of_being_refused() -> None:
    """Ten a second for each group; the exchange counts and would answer 429."""

    async def scene(exchange: SimulatedExchange, client: RestClient) -> None:
        answers = await asyncio.gather(*(client.call(rest.tickers(["KRW-BTC"])) for _ in range(15)))
        assert len(answers) == 15

    against_the_exchange(scene)


async def call_until_refused(client: RestClient) -> None:
    """Call as fast as it goes, as a program without a limiter would."""
    for _ in range(1000):
        client._limiter = GlobalRateLimiter(1.0)
        await client.call(rest.tickers(["KRW-BTC"]))


def test_429_stops_the_whole_group_for_a_while() -> None:
    """Somebody else on this address has used everything up."""

    async def scene(exchange: SimulatedExchange, client: RestClient) -> None:
        with pytest.raises(RateLimited) as caught:
            await call_until_refused(client)
        assert caught.value.retry_at is not None
        assert client._limiter.stopped_until("ticker") == caught.value.retry_at
        assert client._limiter.stopped_until("candle") < caught.value.retry_at

    against_the_exchange(scene)


def test_what_others_have_used_up_is_not_asked_for_again() -> None:
    """Each answer says how much of the second is left to this whole address."""

    async def scene(exchange: SimulatedExchange, client: RestClient) -> None:
        other = RestClient(exchange.settings(), GlobalRateLimiter(1.0))
        left = {"ticker": 10}
        while left["ticker"] > 6:
            # The exchange counts in seconds of its clock: once more if they lay in two of them.
            client._limiter = GlobalRateLimiter(1.0)
            for _ in range(3):
                await other.call(rest.tickers(["KRW-BTC"]))
            before = http_module.time.monotonic()
            await client.call(rest.tickers(["KRW-BTC"]))
            left = client._limiter.get_remaining_tokens(before)
        assert left["candle"] == 10
        await other.close()

    against_the_exchange(scene)


def test_no_answer_is_a_transport_error() -> None:
    async def main() -> None:
        nowhere = RestClient(FeedSettings(rest_url="http://127.0.0.1:9"), GlobalRateLimiter())
        with pytest.raises(ConnectFailed, match="cannot be reached") as caught:
            await nowhere.call(rest.markets())
        assert "127" not in str(caught.value), "what a user reads names no address"
        await nowhere.close()

        async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while await reader.read(1000):
                pass
            writer.close()
            gone.set()

        gone = asyncio.Event()
        server = await asyncio.start_server(silence, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            settings = FeedSettings(rest_url=f"http://127.0.0.1:{port}", request_timeout_s=0.05)
            client = RestClient(settings, GlobalRateLimiter())
            with pytest.raises(RequestTimeout):
                await client.call(rest.markets())
            await client.close()
            await gone.wait()

    asyncio.run(main())


def test_an_answer_of_another_kind_is_a_decode_error() -> None:
    async def main() -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            client = RestClient(
                FeedSettings(rest_url=f"http://127.0.0.1:{port}"), GlobalRateLimiter()
            )
            with pytest.raises(DecodeError):
                await client.call(rest.markets())
            await client.close()

    asyncio.run(main())


def test_the_key_stays_with_those_who_may_have_it(caplog: pytest.LogCaptureFixture) -> None:
    async def scene(exchange: SimulatedExchange, client: RestClient) -> None:
        client.set_authenticator(UpbitAuthenticator(exchange.credentials()))
        with caplog.at_level(logging.DEBUG):
            await client.call(rest.accounts())
        credentials = exchange.credentials()
        assert credentials.secret_key not in caplog.text
        assert credentials.access_key not in caplog.text
        assert "Bearer" not in caplog.text

        stranger = replace(exchange.settings(), rest_url="https://exchange.example")
        other = RestClient(stranger, GlobalRateLimiter())
        other.set_authenticator(UpbitAuthenticator(credentials))
        with pytest.raises(InvalidState, match="trusted_hosts"):
            await other.call(rest.accounts())

    against_the_exchange(scene)


def test_closing_again_while_a_call_comes_to_its_end_is_harmless() -> None:
    async def main() -> None:
        asked = asyncio.Event()

        async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            asked.set()
            await reader.read()
            writer.close()

        server = await asyncio.start_server(never, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        client = RestClient(FeedSettings(rest_url=f"http://{host}:{port}"), GlobalRateLimiter(1.0))
        call = asyncio.create_task(client.call(rest.markets()))
        await asked.wait()
        closing = [client.close()]
        # In the turn in which the call is told, before it has come to its end.
        asyncio.get_running_loop().call_soon(lambda: closing.append(client.close()))
        with pytest.raises(InvalidState, match="stopped before"):
            await call
        for each in closing:
            await each
        assert len(closing) == 2
        server.close()
        await server.wait_closed()

    asyncio.run(main())
