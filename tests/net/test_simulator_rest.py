"""The REST side of the simulated exchange over real sockets: what a plain HTTP client reads."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import uuid
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import aiohttp
import jwt
import pytest
import yarl

from upbit_ws_qt.markets import table_tick_size
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt.simulator.behaviour import Behaviour
from upbit_ws_qt.system.credentials import Credentials
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt.wire import decode

NOW = 1_793_000_042_345


class Rest:
    """A plain client."""

    def __init__(self, exchange: SimulatedExchange, session: aiohttp.ClientSession) -> None:
        self.exchange = exchange
        self.session = session

    async def get(self, path: str, status: int = 200, **query: Any) -> Any:
        return (await self.answer(path, status, **query))[0]

    async def answer(self, path: str, status: int = 200, **query: Any) -> tuple[Any, Any]:
        url = self.exchange.settings().rest_url + path
        async with self.session.get(url, params=query) as response:
            body = json.loads(await response.text(), parse_float=Decimal)
            assert response.status == status, body
            assert response.content_type == "application/json"
            return body, response.headers


def bearer(key: Credentials) -> dict[str, str]:
    claims = {"access_key": key.access_key, "nonce": str(uuid.uuid4())}
    return {"Authorization": f"Bearer {jwt.encode(claims, key.secret_key, algorithm='HS256')}"}


def play(scene: Callable[[Rest], Awaitable[None]], **options: Any) -> None:
    options = {
        "start_time_ms": NOW,
        "realtime": False,
        "behaviour": Behaviour(limits=False),
    } | options

    async def run() -> None:
        async with (
            asyncio.timeout(30),
            SimulatedExchange(**options) as exchange,
            aiohttp.ClientSession() as session,
        ):
            await scene(Rest(exchange, session))

    asyncio.run(run())


# --- Quotation -------------------------------------------------------------------------------


def test_markets_with_and_without_details() -> None:
    async def scene(rest: Rest) -> None:
        rows = await rest.get("/v1/market/all")
        assert rows[0] == {
            "market": "KRW-BTC",
            "korean_name": "비트코인",
            "english_name": "Bitcoin",
        }
        detailed = await rest.get("/v1/market/all", is_details="true")
        assert [row["market"] for row in detailed] == [row["market"] for row in rows]
        assert set(detailed[0]["market_event"]) == {"warning", "caution"}
        assert await rest.get("/v1/market/all", isDetails="true") == detailed

    play(scene)


def test_a_chosen_list_of_markets() -> None:
    async def scene(rest: Rest) -> None:
        rows = await rest.get("/v1/market/all")
        assert [row["market"] for row in rows] == ["KRW-XRP", "BTC-ETH"]

    play(scene, markets=["KRW-XRP", "BTC-ETH"])


def test_tickers_are_those_of_the_stream() -> None:
    async def scene(rest: Rest) -> None:
        (row,) = await rest.get("/v1/ticker", markets="KRW-BTC")
        url = rest.exchange.settings().public_url
        async with rest.session.ws_connect(url) as socket:
            wish = {"type": "ticker", "codes": ["KRW-BTC"]}
            await socket.send_str(json.dumps([{"ticket": "t"}, wish]))
            streamed = json.loads(await socket.receive_bytes(), parse_float=Decimal)
        for name in set(row) & set(streamed) - {"acc_trade_price", "acc_trade_price_24h"}:
            assert row[name] == streamed[name], name
        assert float(row["acc_trade_price"]) == float(streamed["acc_trade_price"])

    play(scene)


def test_tickers_of_whole_currencies() -> None:
    async def scene(rest: Rest) -> None:
        rows = await rest.get("/v1/ticker/all", quote_currencies="BTC,USDT")
        assert {row["market"].split("-")[0] for row in rows} == {"BTC", "USDT"}
        assert len(rows) > 10
        for query, said in (
            ({}, "Missing request parameter error. Check the required parameters!"),
            ({"quote_currencies": "KRW,EUR"}, "Invalid parameter. Check the given value!"),
        ):
            error = await rest.get("/v1/ticker/all", 400, **query)
            assert error == {"error": {"name": 400, "message": said}}

    play(scene)


def test_one_call_may_name_every_market_there_is() -> None:
    async def scene(rest: Rest) -> None:
        codes = ",".join(["KRW-BTC"] * 2000 + ["KRW-VIRTUAL"])
        rows = await rest.get("/v1/orderbook/instruments", markets=codes)
        assert len(rows) == 2001

    play(scene)


def test_one_bad_code_spoils_the_call() -> None:
    async def scene(rest: Rest) -> None:
        for path, query, status in (
            ("/v1/ticker", {"markets": "KRW-BTC,KRW-NOPE"}, 404),
            ("/v1/orderbook", {"markets": "KRW-NOPE"}, 404),
            ("/v1/candles/days", {"market": "krw-nope"}, 404),
            ("/v1/orderbook/supported_levels", {"markets": "KRW-NOPE"}, 404),
            ("/v1/ticker", {}, 400),
            ("/v1/candles/days", {}, 400),
            ("/v1/candles/minutes/7", {"market": "KRW-BTC"}, 400),
            ("/v1/candles/days", {"market": "KRW-BTC", "to": "soon"}, 400),
            ("/v1/candles/days", {"market": "KRW-BTC", "converting_price_unit": "EUR"}, 400),
            ("/v1/candles/days", {"market": "KRW-BTC", "count": 0}, 400),
            ("/v1/trades/ticks", {"market": "KRW-BTC", "count": "many"}, 400),
        ):
            error = await rest.get(path, status, **query)
            assert error["error"]["name"] == status
            assert isinstance(error["error"]["message"], str)

    play(scene)


def test_lower_case_is_accepted_other_than_by_the_websocket() -> None:
    async def scene(rest: Rest) -> None:
        for path, name in (
            ("/v1/orderbook", "markets"),
            ("/v1/ticker", "markets"),
            ("/v1/candles/days", "market"),
        ):
            (row,) = await rest.get(path, **{name: "krw-btc"})
            assert row["market"] == "KRW-BTC"

    play(scene)


def test_answers_are_compressed_for_who_accepts_gzip() -> None:
    async def scene(rest: Rest) -> None:
        base = rest.exchange.settings().rest_url
        bodies: list[bytes] = []
        for accepted, encoded in (("gzip, deflate", "gzip"), ("identity", None)):
            # The session would decompress on its own.
            async with (
                aiohttp.ClientSession(
                    auto_decompress=False, headers={"Accept-Encoding": accepted}
                ) as session,
                session.get(base + "/v1/market/all?is_details=true") as response,
            ):
                assert response.headers.get("Content-Encoding") == encoded
                bodies.append(await response.read())
        assert len(bodies[0]) < len(bodies[1]) / 4
        assert gzip.decompress(bodies[0]) == bodies[1]
        error = await rest.get("/v1/ticker", 404, markets="KRW-NOPE")
        assert error["error"]["name"] == 404
        token = bearer(rest.exchange.credentials())
        async with rest.session.get(base + "/v1/accounts", headers=token) as response:
            assert response.status == 200
            assert "Content-Encoding" not in response.headers

    play(scene)


def test_unrouted_paths_have_an_error_with_a_word() -> None:
    async def scene(rest: Rest) -> None:
        body, headers = await rest.answer("/v1/nope", 404)
        assert body["error"]["name"] == "not_found"
        assert "Remaining-Req" not in headers
        url = rest.exchange.settings().rest_url + "/v1/ticker"
        async with rest.session.post(url) as response:
            assert response.status == 404
            assert (await response.json())["error"]["name"] == "not_found"

    play(scene)


def test_candles_of_every_unit_newest_first() -> None:
    async def scene(rest: Rest) -> None:
        for unit in Timeframe:
            rows = await rest.get(f"/v1/candles/{unit.rest_path}", market="KRW-BTC", count=5)
            assert len(rows) == 5, unit
            starts = [row["candle_date_time_utc"] for row in rows]
            assert starts == sorted(set(starts), reverse=True)
            for row in rows:
                event = decode(
                    json.dumps({"type": "candle.1m", "code": "KRW-BTC"} | row, default=float)
                )
                assert event.symbol == "KRW-BTC"
                assert row["low_price"] <= row["opening_price"] <= row["high_price"]
                assert row["low_price"] <= row["trade_price"] <= row["high_price"]
                assert row["timestamp"] <= NOW
            assert ("unit" in rows[0]) is unit.value.endswith("m")
            assert ("prev_closing_price" in rows[0]) is (unit is Timeframe.DAY)
            assert ("first_day_of_period" in rows[0]) is (unit.value[-1] in "wMy")

    play(scene)


def test_candle_pages_follow_each_other_because_to_is_exclusive() -> None:
    async def scene(rest: Rest) -> None:
        path, market = "/v1/candles/minutes/1", "KRW-AQT"
        whole = await rest.get(path, market=market, count=120)
        paged: list[Any] = []
        query: dict[str, Any] = {}
        for _ in range(4):
            page = await rest.get(path, market=market, count=30, **query)
            query = {"to": page[-1]["candle_date_time_utc"] + "Z"}
            paged += page
        assert paged == whole
        kst = whole[10]["candle_date_time_kst"] + "+09:00"
        (before,) = await rest.get(path, market=market, to=kst)
        assert before == whole[11]

    play(scene)


def test_counts_are_cut_and_default_to_one() -> None:
    async def scene(rest: Rest) -> None:
        assert len(await rest.get("/v1/candles/minutes/1", market="KRW-BTC")) == 1
        assert len(await rest.get("/v1/candles/minutes/1", market="KRW-BTC", count=999)) == 200
        assert len(await rest.get("/v1/trades/ticks", market="KRW-BTC")) == 1
        assert len(await rest.get("/v1/trades/ticks", market="KRW-BTC", count=999)) == 500

    play(scene)


def test_days_know_the_close_of_the_day_before_and_years_end_with_the_listing() -> None:
    async def scene(rest: Rest) -> None:
        days = await rest.get("/v1/candles/days", market="KRW-BTC", count=4)
        for day, before in itertools.pairwise(days):
            assert day["prev_closing_price"] == before["trade_price"]
            assert day["change_price"] == day["trade_price"] - before["trade_price"]
        years = await rest.get("/v1/candles/years", market="KRW-BTC", count=200)
        assert years[-1]["first_day_of_period"] == "2017-01-01"
        first = (await rest.get("/v1/candles/days", market="KRW-BTC", count=1, to="2017-01-02"))[0]
        assert first["prev_closing_price"] == first["opening_price"]
        assert await rest.get("/v1/candles/days", market="KRW-BTC", to="2017-01-01") == []

    play(scene)


def test_closes_of_days_are_converted_to_krw() -> None:
    async def scene(rest: Rest) -> None:
        path = "/v1/candles/days"
        days = await rest.get(path, market="BTC-ETH", count=5, converting_price_unit="KRW")
        rates = {
            row["candle_date_time_utc"]: row["trade_price"]
            for row in await rest.get(path, market="KRW-BTC", count=20)
        }
        for day in days:
            exact = day["trade_price"] * rates[day["candle_date_time_utc"]]
            assert abs(day["converted_trade_price"] - exact) < Decimal("0.00000001")
        # There is nothing to convert in a KRW market.
        (day,) = await rest.get(path, market="KRW-ETH", converting_price_unit="KRW")
        assert day["converted_trade_price"] is None
        (day,) = await rest.get(path, market="BTC-ETH")
        assert "converted_trade_price" not in day

    play(scene)


def test_closes_are_not_converted_where_the_rate_is_not_listed() -> None:
    async def scene(rest: Rest) -> None:
        query = {"market": "BTC-ETH", "converting_price_unit": "KRW"}
        (day,) = await rest.get("/v1/candles/days", **query)
        assert day["converted_trade_price"] is None

    play(scene, markets=["BTC-ETH"])


def test_to_is_understood_in_every_way_it_is_written() -> None:
    async def scene(rest: Rest) -> None:
        base = rest.exchange.settings().rest_url + "/v1/candles/minutes/1?market=KRW-BTC&to="
        found: list[Any] = []
        for written in (
            "2026-10-01T00:00:00Z",
            "2026-10-01T00:00:00",
            "2026-10-01%2000:00:00",
            "2026-10-01T09:00:00%2B09:00",
            "2026-10-01T09:00:00+09:00",
        ):
            async with rest.session.get(yarl.URL(base + written, encoded=True)) as response:
                found.append(await response.json())
        assert found == [found[0]] * 5
        assert found[0][0]["candle_date_time_utc"] == "2026-09-30T23:59:00"

    play(scene)


def test_seconds_are_kept_for_three_months() -> None:
    async def scene(rest: Rest) -> None:
        path = "/v1/candles/seconds"
        assert len(await rest.get(path, market="KRW-BTC", count=10, to="2026-08-01")) == 10
        assert await rest.get(path, market="KRW-BTC", count=10, to="2026-07-01") == []

    play(scene)


def test_history_ends_where_the_stream_goes_on() -> None:
    async def scene(rest: Rest) -> None:
        path = "/v1/candles/minutes/1"
        (before,) = await rest.get(path, market="KRW-BTC")
        url = rest.exchange.settings().public_url
        async with rest.session.ws_connect(url) as socket:
            wish = {"type": "trade", "codes": ["KRW-BTC"], "is_only_realtime": True}
            await socket.send_str(json.dumps([{"ticket": "t"}, wish]))
            await socket.send_str(json.dumps([{"ticket": "t"}, {"method": "LIST_SUBSCRIPTIONS"}]))
            await socket.receive_bytes()
            await rest.exchange.advance(10_000)
            await socket.send_str(json.dumps([{"ticket": "t"}, {"method": "LIST_SUBSCRIPTIONS"}]))
            trades: list[Any] = []
            while "method" not in (frame := json.loads(await socket.receive_bytes())):
                trades.append(frame)
        (after,) = await rest.get(path, market="KRW-BTC")
        assert after["candle_date_time_utc"] == before["candle_date_time_utc"]
        grown = after["candle_acc_trade_volume"] - before["candle_acc_trade_volume"]
        assert float(grown) == pytest.approx(sum(trade["trade_volume"] for trade in trades))
        assert float(after["trade_price"]) == trades[-1]["trade_price"]

    play(scene)


def test_trades_page_by_cursor_by_time_and_by_day() -> None:
    async def scene(rest: Rest) -> None:
        path, market = "/v1/trades/ticks", "KRW-XRP"
        whole = await rest.get(path, market=market, count=60)
        ids = [row["sequential_id"] for row in whole]
        assert ids == sorted(set(ids), reverse=True)
        page = await rest.get(path, market=market, count=30, cursor=ids[29])
        assert page == whole[30:]
        earlier = await rest.get(path, market=market, count=5, to="01:00:00")
        assert {row["trade_time_utc"] < "01:00:00" for row in earlier} == {True}
        yesterday = await rest.get(path, market=market, days_ago=1)
        assert yesterday[0]["trade_date_utc"] == "2026-10-25"
        compact = await rest.get(path, market=market, to="010000", count=5)
        assert compact == earlier
        row = whole[0]
        assert row["change_price"] == row["trade_price"] - row["prev_closing_price"]

    play(scene)


def test_books_with_counts_and_levels() -> None:
    async def scene(rest: Rest) -> None:
        path = "/v1/orderbook"
        (book,) = await rest.get(path, markets="KRW-BTC")
        assert len(book["orderbook_units"]) == 30
        assert book["level"] == 0
        assert book["total_ask_size"] == sum(unit["ask_size"] for unit in book["orderbook_units"])
        assert [len((await rest.get(path, markets="KRW-BTC", count=count))[0]["orderbook_units"])
                for count in (1, 15, 31)] == [1, 15, 30]  # fmt: skip
        (grouped,) = await rest.get(path, markets="KRW-BTC", level="1000000")
        assert grouped["level"] == 1_000_000
        assert all(unit["ask_price"] % 1_000_000 == 0 for unit in grouped["orderbook_units"])
        assert await rest.get(path, markets="KRW-BTC", level="123") == []
        assert await rest.get(path, markets="BTC-ETH", level="1") == []
        await rest.get(path, 400, markets="KRW-BTC", level="x")
        assert len(await rest.get(path, markets="KRW-BTC,BTC-ETH,KRW-AQT")) == 3

    play(scene)


def test_instruments_have_the_tick_of_the_present_price_as_a_string() -> None:
    async def scene(rest: Rest) -> None:
        codes = "KRW-BTC,KRW-BTT,BTC-XLM,USDT-DOGE"
        rows = await rest.get("/v1/orderbook/instruments", markets=codes)
        assert rows[0]["tick_size"] == "1000"
        assert rows[2]["tick_size"] == "0.00000001"
        assert rows[2]["supported_levels"] == ["0"]
        old = await rest.get("/v1/orderbook/supported_levels", markets=codes)
        for new, former in zip(rows, old, strict=True):
            assert former["market"] == new["market"]
            assert former["supported_levels"] == [
                Decimal(level) for level in new["supported_levels"]
            ]
        tickers = await rest.get("/v1/ticker", markets=codes)
        for row, ticker in zip(rows, tickers, strict=True):
            tick = table_tick_size(row["market"], float(ticker["trade_price"]))
            assert float(row["tick_size"]) == tick

    play(scene)
