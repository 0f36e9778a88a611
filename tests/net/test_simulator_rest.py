"""The REST side of the simulated exchange over real sockets: what a plain HTTP client reads."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import aiohttp
import jwt
import pytest

from upbit_ws_qt.markets import table_tick_size
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt.simulator.behaviour import Behaviour
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
        assert await rest.get("/v1/ticker/all") == []

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
            ("/v1/candles/days", {"market": "krw-btc"}, 404),
            ("/v1/ticker", {}, 400),
            ("/v1/candles/days", {}, 400),
            ("/v1/candles/minutes/7", {"market": "KRW-BTC"}, 400),
            ("/v1/candles/days", {"market": "KRW-BTC", "to": "soon"}, 400),
            ("/v1/trades/ticks", {"market": "KRW-BTC", "count": "many"}, 400),
        ):
            error = await rest.get(path, status, **query)
            assert error["error"]["name"] == status
            assert isinstance(error["error"]["message"], str)

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
        tickers = await rest.get("/v1/ticker", markets=codes)
        for row, ticker in zip(rows, tickers, strict=True):
            tick = table_tick_size(row["market"], float(ticker["trade_price"]))
            assert float(row["tick_size"]) == tick

    play(scene)


# --- Limits ----------------------------------------------------------------------------------


def test_each_group_has_ten_calls_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("upbit_ws_qt.simulator.gate.time.monotonic", lambda: clock[0])

    async def scene(rest: Rest) -> None:
        left: list[str] = []
        for _ in range(10):
            _, headers = await rest.answer("/v1/market/all")
            left.append(headers["Remaining-Req"])
            assert headers["limit-by-ip"] == "Yes"
        assert left[0] == "group=market; min=600; sec=9"
        assert left[9] == "group=market; min=600; sec=0"
        error = await rest.get("/v1/market/all", 429)
        assert error["error"]["name"] == 429
        await rest.get("/v1/ticker", markets="KRW-BTC")
        clock[0] += 1.0
        await rest.get("/v1/market/all")

    play(scene, behaviour=Behaviour())


def test_limits_can_be_switched_off() -> None:
    async def scene(rest: Rest) -> None:
        for _ in range(25):
            await rest.get("/v1/market/all")

    play(scene)


# --- Exchange --------------------------------------------------------------------------------


def test_accounts_need_a_token_and_are_strings(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("upbit_ws_qt.simulator.gate.time.monotonic", lambda: clock[0])

    async def scene(rest: Rest) -> None:
        error = await rest.get("/v1/accounts", 401)
        assert error["error"]["name"] == "no_authorization_token"
        key = rest.exchange.credentials()
        url = rest.exchange.settings().rest_url + "/v1/accounts"
        statuses: list[int] = []
        for number in range(31):
            claims = {"access_key": key.access_key, "nonce": str(number)}
            token = jwt.encode(claims, key.secret_key, algorithm="HS256")
            headers = {"Authorization": f"Bearer {token}"}
            async with rest.session.get(url, headers=headers) as response:
                statuses.append(response.status)
                rows = await response.json()
                if response.status == 200:
                    assert {row["currency"] for row in rows} >= {"KRW", "BTC", "ETH"}
                    assert all(isinstance(row["balance"], str) for row in rows)
                    group = f"group=default; min=1800; sec={29 - number}"
                    assert response.headers["Remaining-Req"] == group
                else:
                    assert rows["error"]["name"] == "too_many_requests"
        assert statuses == [200] * 30 + [429]
        async with rest.session.get(url, headers=headers) as response:
            assert (await response.json())["error"]["name"] == "nonce_used"

    play(scene, behaviour=Behaviour())
