"""Faults on command over real sockets: what plain clients see of each."""

from __future__ import annotations

import asyncio
import base64
import errno
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import jwt
import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from tests.net.test_simulator import NOW, TICKET, client, play
from upbit_ws_qt.simulator import Behaviour, Script, SimulatedExchange
from upbit_ws_qt.simulator.account.orders import NewOrder

BTC = {"type": "trade", "codes": ["KRW-BTC"]}
BTC_TICKER = {"type": "ticker", "codes": ["KRW-BTC"]}
ETH = {"type": "trade", "codes": ["KRW-ETH"]}
LIST = {"method": "LIST_SUBSCRIPTIONS"}


@asynccontextmanager
async def socket(exchange: SimulatedExchange, **options: Any) -> AsyncIterator[ClientConnection]:
    """A client of another library than the exchange is built with."""
    # The proxy of the environment is not for this machine.
    url = exchange.settings().public_url
    async with websockets.connect(url, proxy=None, **options) as opened:
        yield opened


async def ask(opened: ClientConnection, *parts: Any) -> None:
    await opened.send(json.dumps([TICKET, *parts]))


async def frames(opened: ClientConnection) -> list[Any]:
    """Every frame sent so far: the list of subscriptions comes after them."""
    await ask(opened, LIST)
    found: list[Any] = []
    while "method" not in (frame := json.loads(await opened.recv())):
        found.append(frame)
    return found


@asynccontextmanager
async def by_hand(
    exchange: SimulatedExchange,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]]:
    """A TCP connection after the handshake, and what the exchange answered to it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", exchange.port)
    key = base64.b64encode(bytes(16))
    writer.write(
        b"GET /websocket/v1 HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
        + key
        + b"\r\n\r\n"
    )
    try:
        yield reader, writer, await reader.readuntil(b"\r\n\r\n")
    finally:
        writer.transport.abort()


@asynccontextmanager
async def get(
    exchange: SimulatedExchange, path: str, **options: Any
) -> AsyncIterator[aiohttp.ClientResponse]:
    url = exchange.settings().rest_url + path
    async with aiohttp.ClientSession() as session, session.get(url, **options) as response:
        yield response


def token(exchange: SimulatedExchange) -> dict[str, str]:
    key = exchange.credentials()
    claims = {"access_key": key.access_key, "nonce": str(uuid.uuid4())}
    return {"Authorization": f"Bearer {jwt.encode(claims, key.secret_key, algorithm='HS256')}"}


# --- Connections -----------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "seen"), [(None, 1006), (1012, 1012)])
def test_dropped_connections_and_new_ones_are_served(code: int | None, seen: int) -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as first, client(exchange) as second:
            await first.ask(BTC)
            endings = asyncio.gather(first.ending(), second.ending())
            ended = [connection.ended_event for connection in exchange.connections]
            exchange.faults.drop(code)
            assert await endings == [seen, seen]
            for event in ended:
                await event.wait()
            assert exchange.connections == []
            assert exchange.floor.watched == {}
        async with client(exchange) as third:
            await third.ask(BTC)
            await third.frame()

    play(scene)


def test_a_reset_is_an_error_of_the_tcp_connection() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with by_hand(exchange) as (reader, _, _), socket(exchange) as plain:
            exchange.faults.reset()
            with pytest.raises(ConnectionResetError):
                await reader.read()
            with pytest.raises(websockets.ConnectionClosedError) as caught:
                await plain.recv()
            assert caught.value.rcvd is None, "no closing frame came"
            assert plain.close_code == 1006

    play(scene)


def test_a_dropped_connection_ends_without_an_error_of_tcp() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with by_hand(exchange) as (reader, _, _):
            exchange.faults.drop()
            assert await reader.read() == b""

    play(scene)


def test_everything_may_happen_to_a_connection_that_is_ending() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with socket(exchange) as plain:
            (connection,) = exchange.connections
            exchange.faults.drop()
            for _ in range(2):
                exchange.faults.drop(1001)
                exchange.faults.reset()
                exchange.faults.half_open()
                exchange.faults.slow(1.0)
                exchange.faults.clear()
                await asyncio.sleep(0)
            await connection.ended_event.wait()
            await plain.wait_closed()
            assert plain.close_code == 1006

    play(scene)


def test_a_half_open_socket_says_nothing_and_stays() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with socket(exchange, ping_interval=None) as dead:
            await ask(dead, BTC)
            await dead.recv()
            exchange.faults.half_open()
            pong = await dead.ping()
            await ask(dead, ETH)
            await exchange.advance(10_000)
            async with socket(exchange) as alive:
                # It is idle for long enough to be dropped, and the dead one is not.
                await ask(alive, BTC)
                await alive.recv()
                with pytest.raises(websockets.ConnectionClosedError):
                    await alive.recv()
            assert len(exchange.connections) == 1
            assert not pong.done()
            assert len(exchange.requests) == 2, "its request was not read"
            exchange.faults.clear("half_open")
            await pong
            frame = json.loads(await dead.recv())
            assert (frame["code"], frame["stream_type"]) == ("KRW-ETH", "SNAPSHOT")

    play(scene, behaviour=Behaviour(limits=False, idle_timeout_s=0.2))


def test_lost_streams_end_without_a_word_and_come_back_when_they_are_asked_for() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with socket(exchange) as opened, socket(exchange) as idle:
            await ask(opened, BTC, BTC_TICKER)
            assert {frame["type"] for frame in await frames(opened)} == {"trade", "ticker"}
            exchange.faults.lose_streams("ticker", "KRW-BTC")
            await exchange.advance(60_000)
            kept = await frames(opened)
            assert {(frame["type"], frame["stream_type"]) for frame in kept} == {
                ("trade", "REALTIME")
            }
            await ask(opened, LIST)
            assert json.loads(await opened.recv())["result"] == [BTC]
            exchange.faults.lose_streams()
            await exchange.advance(60_000)
            assert await frames(opened) == await frames(idle) == []
            await ask(opened, BTC_TICKER)
            assert [frame["stream_type"] for frame in await frames(opened)] == ["SNAPSHOT"]

    play(scene)


def test_the_exchange_stops_with_dead_sockets_and_unanswered_calls() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with by_hand(exchange) as (reader, _, _):
            exchange.faults.half_open()
            exchange.faults.refuse("timeout", of="rest")
            asked, asking = await asyncio.open_connection("127.0.0.1", exchange.port)
            asking.write(b"GET /v1/market/all HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            async with client(exchange) as plain:
                await plain.up_to_now()
            await exchange.stop()
            with pytest.raises(ConnectionResetError):
                await asked.read()
            assert await reader.read() == b""
            assert exchange.faults._frozen == [], "what has ended is forgotten"
            asking.transport.abort()

    play(scene)


@pytest.mark.parametrize(("code", "seen"), [(None, 1006), (4000, 4000)])
def test_accepted_and_closed_before_any_data(code: int | None, seen: int) -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        exchange.faults.accept_then_close(code, after_ms=20, times=1)
        async with socket(exchange) as plain:
            await ask(plain, BTC)
            with pytest.raises(websockets.ConnectionClosed):
                await plain.recv()
            assert plain.close_code == seen
        async with socket(exchange) as second:
            await ask(second, BTC)
            assert json.loads(await second.recv())["type"] == "trade"

    play(scene)


# --- Refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403, 418, 429, 500, 503])
def test_handshakes_are_refused_with_a_status(status: int) -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        exchange.faults.refuse(status, times=1, retry_after_s=3)
        with pytest.raises(websockets.InvalidStatus) as caught:
            async with socket(exchange):
                pass
        assert caught.value.response.status_code == status
        assert caught.value.response.headers["Retry-After"] == "3"
        async with client(exchange) as plain:
            assert await plain.up_to_now() == []

    play(scene)


@pytest.mark.parametrize(
    ("status", "path", "name"),
    [
        (401, "/v1/accounts", "jwt_verification"),
        (403, "/v1/accounts", "out_of_scope"),
        (418, "/v1/accounts", "rate_limit_exceeded_penalty"),
        (429, "/v1/accounts", "too_many_requests"),
        (400, "/v1/accounts", "validation_error"),
        (418, "/v1/ticker?markets=KRW-BTC", 418),
        (429, "/v1/candles/minutes/1?market=KRW-BTC", 429),
    ],
)
def test_calls_are_refused_in_the_words_of_their_half(
    status: int, path: str, name: int | str
) -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        exchange.faults.refuse(status, of="rest")
        async with get(exchange, path, headers=token(exchange)) as response:
            assert response.status == status
            assert (await response.json())["error"]["name"] == name
            assert "Retry-After" not in response.headers
        async with client(exchange) as plain:
            assert await plain.up_to_now() == [], "sockets are not meant"
        exchange.faults.clear("refuse")
        async with get(exchange, path, headers=token(exchange)) as response:
            assert response.status == 200

    play(scene)


def test_a_server_error_is_no_json() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        exchange.faults.refuse(502, of="both")
        async with get(exchange, "/v1/market/all") as response:
            assert response.status == 502
            assert response.content_type == "text/html"
        with pytest.raises(websockets.InvalidStatus):
            async with socket(exchange):
                pass

    play(scene)


def test_a_refusal_may_be_a_reset() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        exchange.faults.refuse("reset", of="both")
        with pytest.raises(aiohttp.ClientOSError) as caught:
            async with get(exchange, "/v1/market/all"):
                pass
        assert caught.value.errno == errno.ECONNRESET
        with pytest.raises((websockets.InvalidMessage, OSError)):
            async with socket(exchange):
                pass

    play(scene)


def test_a_refusal_may_be_no_answer_at_all() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        exchange.faults.refuse("timeout", of="both", times=2)
        with pytest.raises(TimeoutError):
            async with get(exchange, "/v1/market/all", timeout=aiohttp.ClientTimeout(total=0.05)):
                pass
        with pytest.raises(TimeoutError):
            async with socket(exchange, open_timeout=0.05):
                pass
        async with get(exchange, "/v1/market/all") as response:
            assert response.status == 200

    play(scene)


def test_who_gives_up_waiting_for_an_answer_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("upbit_ws_qt.simulator.faults.fault_answers._LOOK_AGAIN_S", 0.001)

    async def scene(exchange: SimulatedExchange) -> None:
        before = asyncio.all_tasks()
        exchange.faults.refuse("timeout", of="rest")
        timeout = aiohttp.ClientTimeout(total=0.05)
        with pytest.raises(TimeoutError):
            async with get(exchange, "/v1/market/all", timeout=timeout):
                pass
        if left := asyncio.all_tasks() - before:
            await asyncio.wait(left)

    play(scene)


# --- Frames ----------------------------------------------------------------------------------


def test_silence_keeps_the_socket_and_sends_nothing() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain:
            await plain.ask(BTC)
            await plain.frame()
            exchange.faults.silence()
            await exchange.advance(10_000)
            async with socket(exchange) as late:
                await ask(late, BTC)
                # Pings are answered, in order: this server is alive, only silent.
                await (await late.ping())
                assert len(exchange.requests) == 2
                exchange.faults.clear("silence")
                assert await frames(late) == []
            resumed_at = exchange.now_ms
            await exchange.advance(10_000)
            later = await plain.up_to_now()
            assert later
            assert all(frame["timestamp"] > resumed_at for frame in later)

    play(scene)


def test_one_stream_may_be_silent() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with socket(exchange) as plain:
            await ask(plain, {"type": "trade", "codes": ["KRW-BTC", "KRW-ETH"]}, BTC_TICKER)
            exchange.faults.silence("trade", "KRW-BTC")
            await frames(plain)
            await exchange.advance(10_000)
            seen = {(frame["type"], frame["code"]) for frame in await frames(plain)}
            assert seen == {("trade", "KRW-ETH"), ("ticker", "KRW-BTC")}

    play(scene)


def test_a_stream_of_the_account_may_be_silent() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        exchange.faults.silence("myAsset")
        url = exchange.settings().private_url
        headers = token(exchange)
        async with websockets.connect(url, proxy=None, additional_headers=headers) as plain:
            await ask(plain, {"type": "myOrder"}, {"type": "myAsset"})
            assert await frames(plain) == []
            exchange.broker.place(NewOrder("KRW-BTC", "bid", "limit", "100000000", "0.001"))
            await exchange.advance(1)
            assert {frame["type"] for frame in await frames(plain)} == {"myOrder"}

    play(scene)


@pytest.mark.parametrize("slowness", [{"delay_s": 3600.0}, {"bytes_per_second": 0.1}])
def test_a_slow_line_holds_frames_and_loses_none(slowness: dict[str, float]) -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with socket(exchange) as plain, socket(exchange) as fast:
            await ask(plain, BTC)
            await plain.recv()
            exchange.faults.slow(**slowness)
            await exchange.advance(10_000)
            unread = asyncio.create_task(plain.recv())
            await (await plain.ping())
            assert not unread.done(), "a pong came, but no frame"
            exchange.faults.clear("slow")
            sent = [json.loads(await unread), *await frames(plain)]
            assert len(sent) > 5
            ids = [frame["sequential_id"] for frame in sent]
            assert ids == sorted(set(ids))
            await ask(fast, BTC)
            await fast.recv()

    play(scene)


def test_a_short_delay_delivers_by_itself() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with socket(exchange) as plain:
            exchange.faults.slow(0.02, bytes_per_second=1e6)
            await ask(plain, BTC)
            assert json.loads(await plain.recv())["stream_type"] == "SNAPSHOT"
            await exchange.advance(5_000)
            ids = [frame["sequential_id"] for frame in await frames(plain)]
            assert len(ids) > 1
            assert ids == sorted(set(ids))

    play(scene)


def test_an_error_arrives_before_the_end_on_a_slow_line_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("upbit_ws_qt.simulator.streams.connection._CLOSE_DELAY_S", 0.0)

    async def scene(exchange: SimulatedExchange) -> None:
        for ends_by_itself in (True, False):
            async with socket(exchange) as plain:
                exchange.faults.slow(0.05 if ends_by_itself else 3600)
                await plain.send("nonsense")
                await (await plain.ping())
                if not ends_by_itself:
                    exchange.faults.clear("slow")
                assert json.loads(await plain.recv())["error"]["name"] == "WRONG_FORMAT"
                with pytest.raises(websockets.ConnectionClosedOK):
                    await plain.recv()
                assert plain.close_code == 1000

    play(scene)


def test_who_keeps_up_on_a_slow_line_is_not_dropped() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with socket(exchange, compression=None) as plain:
            exchange.faults.slow(0.001)
            await ask(plain, {"type": "orderbook", "codes": ["KRW-BTC"]})
            came = 0
            while came < 60:
                await exchange.advance(1_000)
                came += len(await frames(plain))
            assert len(exchange.connections) == 1

    play(scene, behaviour=Behaviour(limits=False, write_limit_bytes=100_000))


def test_who_is_too_far_behind_on_a_slow_line_is_dropped() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with socket(exchange) as plain:
            exchange.faults.slow(bytes_per_second=1)
            await ask(plain, {"type": "orderbook", "codes": ["KRW-BTC"]})
            await (await plain.ping())
            while exchange.connections:
                await exchange.advance(1_000)
            with pytest.raises(websockets.ConnectionClosedError):
                await plain.recv()
            assert plain.close_code == 1006

    play(scene, behaviour=Behaviour(limits=False, write_limit_bytes=100_000))


def test_frames_come_twice() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with socket(exchange) as plain:
            exchange.faults.duplicate()
            await ask(plain, BTC)
            assert await plain.recv() == await plain.recv()
            await exchange.advance(5_000)
            ids = [frame["sequential_id"] for frame in await frames(plain)]
            assert len(ids) > 2
            assert ids[0::2] == ids[1::2] == sorted(set(ids))

    play(scene)


def test_neighbours_come_in_the_other_order() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with socket(exchange) as plain:
            await ask(plain, BTC)
            await plain.recv()
            exchange.faults.reorder()
            await exchange.advance(10_000)
            ids = [frame["sequential_id"] for frame in await frames(plain)]
            assert len(ids) > 4
            pairs = list(zip(ids[0::2], ids[1::2], strict=True))
            assert all(first > second for first, second in pairs)
            exchange.faults.clear("reorder")
            later = [frame["sequential_id"] for frame in await frames(plain)]
            assert len(later) <= 1, "the one that waited for its neighbour"
            assert sorted(ids + later) == sorted(set(ids + later))

    play(scene)


@pytest.mark.parametrize(
    ("kind", "error"),
    [("truncated", json.JSONDecodeError), ("garbage", ValueError), ("utf8", UnicodeDecodeError)],
)
@pytest.mark.parametrize("compression", ["deflate", None])
def test_corrupt_frames_cannot_be_decoded(
    kind: Any, error: type[Exception], compression: Any
) -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with socket(exchange, compression=compression) as plain:
            exchange.faults.corrupt(kind, times=1)
            await ask(plain, BTC)
            payload = await plain.recv()
            assert isinstance(payload, bytes)
            with pytest.raises(error):
                json.loads(payload.decode())
            await exchange.advance(5_000)
            assert await frames(plain), "the connection goes on"

    play(scene)


def test_broken_framing_ends_the_connection() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with socket(exchange) as plain:
            exchange.faults.corrupt("framing")
            await ask(plain, BTC)
            with pytest.raises(websockets.ConnectionClosedError) as caught:
                await plain.recv()
            assert caught.value.sent is not None
            assert caught.value.sent.code == 1002, "a protocol error"

    play(scene)


def test_numbers_come_as_nan() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with socket(exchange) as plain:
            exchange.faults.corrupt("nan", times=1)
            await ask(plain, BTC)
            payload = await plain.recv()
            assert b'"trade_price":NaN' in payload
            frame = json.loads(payload)
            assert frame["trade_price"] != frame["trade_price"]

    play(scene)


def test_an_oversized_frame() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        options = {"max_size": None, "compression": None}
        async with socket(exchange) as plain, socket(exchange, **options) as patient:
            exchange.faults.oversized(10.0, times=2)
            await ask(patient, BTC)
            payload = await patient.recv()
            assert len(payload) == 10 * 1024 * 1024
            assert json.loads(payload)["type"] == "trade"
            await ask(plain, BTC)
            with pytest.raises(websockets.ConnectionClosedError) as caught:
                await plain.recv()
            assert caught.value.sent is not None
            assert caught.value.sent.code == 1009, "too big"
            await exchange.advance(5_000)
            assert await frames(patient), "beyond the exchange's limit of what may wait, too"

    play(scene, behaviour=Behaviour(limits=False, write_limit_bytes=1024 * 1024))


def of_text(payload: Any) -> bool:
    return isinstance(payload, str) and json.loads(payload)["type"] == "trade"


def of_unknown_type(payload: Any) -> bool:
    return bool(json.loads(payload)["type"] == "surprise")


def of_string(payload: Any) -> bool:
    return isinstance(json.loads(payload)["trade_price"], str)


def of_shape(payload: Any) -> bool:
    return bool(json.loads(payload)["data"][0]["type"] == "trade")


@pytest.mark.parametrize(
    ("kind", "is_wrong"),
    [
        ("text", of_text),
        ("type", of_unknown_type),
        ("string", of_string),
        ("shape", of_shape),
    ],
)
@pytest.mark.parametrize("compression", ["deflate", None])
def test_frames_of_a_wrong_type(
    kind: Any, is_wrong: Callable[[Any], bool], compression: Any
) -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with socket(exchange, compression=compression) as plain:
            exchange.faults.wrong_type(kind, times=1)
            await ask(plain, BTC, BTC_TICKER)
            assert is_wrong(await plain.recv())
            assert json.loads(await plain.recv())["type"] == "ticker"

    play(scene)


# --- The clock, the market, the key ----------------------------------------------------------


def date_of(headers: Any) -> float:
    return parsedate_to_datetime(headers["Date"]).timestamp()


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_wrong_clock_is_seen_in_frames_rest_and_headers(encoding: str) -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async def seen() -> tuple[int, int, float, float]:
            async with socket(exchange) as plain:
                await ask(plain, BTC)
                frame = json.loads(await plain.recv())
                assert plain.response is not None
                upgraded = date_of(plain.response.headers)
            headers = {"Accept-Encoding": encoding}
            path = "/v1/trades/ticks?market=KRW-BTC"
            async with get(exchange, path, headers=headers) as response:
                (row,) = await response.json()
                assert row["sequential_id"] == frame["sequential_id"]
                return frame["timestamp"], row["timestamp"], upgraded, date_of(response.headers)

        right = await seen()
        exchange.faults.skew_clock(3_600_000)
        wrong = await seen()
        assert wrong[0] - right[0] == wrong[1] - right[1] == 3_600_000
        for before, after in zip(right[2:], wrong[2:], strict=True):
            assert 3_540 < after - before < 3_660
        exchange.faults.clear("skew_clock")
        assert (await seen())[:2] == right[:2]

    play(scene)


def test_maintenance_is_a_closed_exchange() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain:
            await plain.ask(BTC)
            exchange.faults.maintenance()
            assert await plain.ending() == 1001
        with pytest.raises(websockets.InvalidStatus) as caught:
            async with socket(exchange):
                pass
        assert caught.value.response.status_code == 503
        async with get(exchange, "/v1/market/all") as response:
            assert (response.status, (await response.json())["error"]["name"]) == (503, 503)
        async with get(exchange, "/v1/accounts", headers=token(exchange)) as response:
            assert response.status == 403
            assert (await response.json())["error"]["name"] == "market_offline"
        await exchange.advance(60_000)
        assert exchange.now_ms == NOW, "trading stops"
        exchange.faults.clear("maintenance")
        await exchange.advance(1_000)
        assert exchange.now_ms == NOW + 1_000
        async with get(exchange, "/v1/accounts", headers=token(exchange)) as response:
            assert response.status == 200

    play(scene)


def test_one_market_is_halted_and_the_others_go_on() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with socket(exchange) as plain:
            await ask(plain, {"type": "trade", "codes": ["KRW-BTC", "KRW-ETH"]})
            await frames(plain)
            exchange.faults.halt_market("KRW-BTC")
            await exchange.advance(10_000)
            assert {frame["code"] for frame in await frames(plain)} == {"KRW-ETH"}
            exchange.faults.clear("halt_market")
            await exchange.advance(10_000)
            assert {frame["code"] for frame in await frames(plain)} == {"KRW-BTC", "KRW-ETH"}

    play(scene)


def test_markets_come_and_go() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async def listed() -> set[str]:
            async with get(exchange, "/v1/market/all") as response:
                return {row["market"] for row in await response.json()}

        async with socket(exchange) as plain:
            await ask(plain, {"type": "trade", "codes": ["KRW-BTC", "KRW-ETH"]})
            await frames(plain)
            exchange.faults.delist_market("KRW-ETH")
            exchange.faults.list_market("KRW-XRP")
            await exchange.advance(60_000)
            assert {frame["code"] for frame in await frames(plain)} == {"KRW-BTC"}
            assert await listed() == {"KRW-BTC", "KRW-XRP"}
            await ask(plain, {"type": "trade", "codes": ["KRW-ETH", "KRW-XRP"]})
            (snapshot,) = await frames(plain)
            assert snapshot["code"] == "KRW-XRP"
            assert snapshot["trade_timestamp"] >= NOW
        async with get(exchange, "/v1/ticker?markets=KRW-ETH") as response:
            assert response.status == 404

    play(scene, markets=["KRW-BTC", "KRW-ETH"])


def test_the_key_expires() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with get(exchange, "/v1/accounts", headers=token(exchange)) as response:
            assert response.status == 200
        exchange.faults.expire_key()
        async with get(exchange, "/v1/accounts", headers=token(exchange)) as response:
            assert response.status == 401
            assert (await response.json())["error"]["name"] == "expired_access_key"

    play(scene)


# --- Scripts ---------------------------------------------------------------------------------

SCRIPT = """
1   silence trade for 2
10  halt_market
+5  clear halt_market
20  drop 4001
"""


def test_a_script_is_played_with_the_time_that_advance_makes() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with socket(exchange, max_queue=None) as plain:
            await ask(plain, BTC)
            await frames(plain)
            await exchange.advance(5_000)
            seconds = {(frame["timestamp"] - NOW) / 1000 for frame in await frames(plain)}
            assert seconds
            assert not [second for second in seconds if 1 < second <= 3]
            assert {second < 1 for second in seconds} == {True, False}
            await exchange.advance(10_000)
            assert exchange.now_ms == NOW + 10_000, "five seconds were a halt"
            await exchange.advance(5_000)
            await plain.wait_closed()
            assert plain.close_code == 4001

    async def played(exchange: SimulatedExchange) -> None:
        exchange.play(Script.parse(SCRIPT))
        await scene(exchange)

    play(played)


def test_a_script_is_played_by_the_clock_where_the_market_walks_by_itself() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        exchange.play(Script.parse("0.05 halt_market for 0.05\n0.12 drop 4002"))
        async with socket(exchange) as plain:
            with pytest.raises(websockets.ConnectionClosedError):
                await plain.recv()
            assert plain.close_code == 4002, "a halt does not stop the script"

    play(scene, realtime=True)


@pytest.mark.allow_logs("the log says what a script could not do")
def test_what_a_script_cannot_do_is_said_and_the_rest_is_done(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        exchange.play(Script.parse("0 halt_market KRW-ETH\n0 refuse 503"))
        await exchange.advance(0)
        assert exchange.faults.refusal("sockets") is not None

    play(scene, markets=["KRW-BTC"])
    assert "halt_market was not done: the market must be a listed one" in caplog.text
