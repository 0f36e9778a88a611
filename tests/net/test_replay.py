"""A recording served on real sockets: subscriptions, snapshots, timing and REST. Tests only."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from tests.unit.test_playback import MINUTE, book, ticker, trade
from upbit_ws_qt.errors import InvalidRequest, InvalidState, RecordingError
from upbit_ws_qt.simulator.replay.recording import (
    Break,
    RecordedFrame,
    parse_recording,
    read_recording,
)
from upbit_ws_qt.simulator.replay.replay import RecordedExchange

LIMIT_S = 20.0
"""Far more than anything here takes; what hangs fails."""

Socket = websockets.ClientConnection


def run(story: Callable[[], Awaitable[None]]) -> None:
    """Run one test's coroutine to its end."""

    async def limited() -> None:
        async with asyncio.timeout(LIMIT_S):
            await story()

    asyncio.run(limited())


@asynccontextmanager
async def replaying(lines: list[bytes], speed: float = 1.0) -> AsyncIterator[RecordedExchange]:
    async with RecordedExchange(parse_recording(lines), speed) as exchange:
        yield exchange


def connect(exchange: RecordedExchange) -> websockets.connect:
    return websockets.connect(exchange.settings().public_url)


async def ask(socket: Socket, *wishes: dict[str, Any], form: str = "SIMPLE") -> None:
    await socket.send(json.dumps([{"ticket": "t"}, *wishes, {"format": form}]))


async def next_frame(socket: Socket) -> bytes:
    frame = await socket.recv()
    assert isinstance(frame, bytes), "the exchange sends binary frames"
    return frame


def payloads(lines: list[bytes]) -> list[bytes]:
    return [frame.payload for frame in parse_recording(lines).frames]


def test_frames_arrive_as_they_were_spelled() -> None:
    """Exponents, trailing zeros and spaces included."""
    spelled = (
        b'{"ty":"trade","cd":"KRW-BTC","tms":1,"tp":1.16539E8, "tv":0.00077720,"ab":"BID","sid":1}'
    )
    line = b'{"recv_ts":1,"frame":' + spelled + b"}"

    async def story() -> None:
        async with replaying([line]) as exchange, connect(exchange) as socket:
            await ask(socket, {"type": "trade", "codes": ["KRW-BTC"]})
            assert await next_frame(socket) == spelled

    run(story)


def test_only_what_was_asked_for_arrives() -> None:
    """By type and by code; unknown codes and grouped books are silent, as at the exchange."""
    lines = [book(0, 100), trade(0, 0, 1.0, 1.0, 1), book(0, 101), trade(0, 1, 2.0, 1.0, 2)]

    async def story() -> None:
        async with replaying(lines) as exchange, connect(exchange) as socket:
            await ask(
                socket,
                {"type": "ticker", "codes": ["KRW-BTC"]},
                {"type": "trade", "codes": ["KRW-NOPE", "KRW-BTC"]},
                {"type": "orderbook", "codes": ["KRW-BTC"], "level": 10000},
            )
            assert [await next_frame(socket) for _ in range(2)] == payloads(lines)[1::2]

    run(story)


def test_an_order_book_may_be_asked_for_with_a_depth() -> None:
    """The suffix is no part of the code; the frame stays whole."""
    lines = [book(0, 100)]

    async def story() -> None:
        async with replaying(lines) as exchange, connect(exchange) as socket:
            await ask(socket, {"type": "orderbook", "codes": ["KRW-BTC.15"]})
            assert await next_frame(socket) == payloads(lines)[0]

    run(story)


def test_a_request_replaces_the_former_one() -> None:
    """It never adds: after the second request trades are heard no more."""
    lines = [trade(0, 0, 1.0, 1.0, 1), trade(0.3, 1, 2.0, 1.0, 2), book(0.3, 100), book(0.4, 101)]

    async def story() -> None:
        async with replaying(lines) as exchange, connect(exchange) as socket:
            await ask(socket, {"type": "trade", "codes": ["KRW-BTC"]})
            first = await next_frame(socket)
            await ask(socket, {"type": "orderbook", "codes": ["KRW-BTC"]})
            after = [await next_frame(socket) for _ in range(2)]
            assert [first, *after] == [payloads(lines)[index] for index in (0, 2, 3)]

    run(story)


def test_a_subscription_begins_with_a_snapshot_of_the_last_frame() -> None:
    """The same frame, but for the mark that says so."""
    lines = [trade(0, 0, 1.0, 1.0, 1), trade(0, 1, 2.0, 1.0, 2), book(9_000, 100)]

    async def story() -> None:
        async with replaying(lines) as exchange, connect(exchange) as first:
            await ask(first, {"type": "trade", "codes": ["KRW-BTC"]})
            frames = [await next_frame(first) for _ in range(2)]
            async with connect(exchange) as second:
                await ask(
                    second,
                    {"type": "orderbook", "codes": ["KRW-BTC"]},
                    {"type": "trade", "codes": ["KRW-BTC"], "is_only_snapshot": True},
                )
                snapshot = await next_frame(second)
            assert snapshot == frames[1].replace(b'"REALTIME"', b'"SNAPSHOT"')
            async with connect(exchange) as third:
                wish = {"type": "trade", "codes": ["KRW-BTC"], "is_only_realtime": True}
                await ask(third, wish, form="DEFAULT")
                await third.send('[{"ticket":"t"},{"method":"LIST_SUBSCRIPTIONS"}]')
                # Had there been a snapshot, it would have come first.
                listed = json.loads(await next_frame(third))
            assert listed["method"] == "LIST_SUBSCRIPTIONS"
            assert listed["result"] == [{"type": "trade", "codes": ["KRW-BTC"]}]

    run(story)


def test_list_formats_wrap_each_frame() -> None:
    """With the spelling inside untouched."""
    lines = [book(0, 100)]

    async def story() -> None:
        async with replaying(lines) as exchange, connect(exchange) as socket:
            await ask(socket, {"type": "orderbook", "codes": ["KRW-BTC"]}, form="JSON_LIST")
            assert await next_frame(socket) == b"[" + payloads(lines)[0] + b"]"

    run(story)


def test_a_wrong_request_is_refused_and_the_socket_closed() -> None:
    """As the exchange does, with code 1000."""

    async def story() -> None:
        async with replaying([book(0, 100)]) as exchange, connect(exchange) as socket:
            await socket.send('[{"ticket":"t"},{"type":"weather","codes":["KRW-BTC"]}]')
            error = json.loads(await next_frame(socket))
            assert error["error"]["name"] == "INVALID_PARAM"
            with pytest.raises(websockets.ConnectionClosedOK):
                await socket.recv()
            assert socket.close_code == 1000

    run(story)


@pytest.mark.parametrize("speed", [1.0, 4.0])
def test_frames_keep_their_distance_divided_by_the_speed(speed: float) -> None:
    """A frame never comes before its moment, and time runs at the speed that was asked for."""
    lines = [book(100, 100), book(100.4, 101)]

    async def story() -> None:
        loop = asyncio.get_running_loop()
        async with replaying(lines, speed) as exchange, connect(exchange) as socket:
            assert exchange.position_s == 0.0
            before = loop.time()
            await ask(socket, {"type": "orderbook", "codes": ["KRW-BTC"]})
            await next_frame(socket)
            await next_frame(socket)
            took_s = loop.time() - before
            assert took_s * speed >= 0.4 - 1e-6
            assert 0.4 - 1e-6 <= exchange.position_s <= took_s * speed + 1e-6
            assert exchange.position_s <= exchange.duration_s

    run(story)


def test_time_begins_with_the_first_subscription() -> None:
    """So that a slow start of the program misses nothing."""
    lines = [book(0, 100), trade(0.05, 0, 1.0, 1.0, 1)]

    async def story() -> None:
        async with replaying(lines) as exchange, connect(exchange) as socket:
            await socket.ping()
            await (await socket.ping())
            assert exchange.position_s == 0.0
            assert not exchange.ended
            await ask(
                socket,
                {"type": "orderbook", "codes": ["KRW-BTC"]},
                {"type": "trade", "codes": ["KRW-BTC"]},
            )
            assert [await next_frame(socket) for _ in range(2)] == payloads(lines)

    run(story)


def test_it_stays_after_the_last_frame() -> None:
    """The port is open, the position is the end, and who comes now sees the last state."""
    lines = [trade(0, 0, 1.0, 1.0, 1), trade(0.1, 1, 2.0, 1.0, 2)]

    async def story() -> None:
        async with replaying(lines, 10.0) as exchange, connect(exchange) as socket:
            wish = {"type": "trade", "codes": ["KRW-BTC"]}
            await ask(socket, wish)
            for _ in lines:
                await next_frame(socket)
            assert exchange.ended
            await ask(socket, wish)
            assert json.loads(await next_frame(socket))["stream_type"] == "SNAPSHOT"
            assert exchange.position_s == pytest.approx(0.1)
            assert exchange.duration_s == pytest.approx(0.1)

    run(story)


def test_many_frames_at_once_all_arrive_in_order() -> None:
    """They are written in slices, with others served in between."""
    lines = [trade(0, number, 1.0, 1.0, number) for number in range(1, 1001)]

    async def story() -> None:
        async with replaying(lines) as exchange, connect(exchange) as socket:
            await ask(socket, {"type": "trade", "codes": ["KRW-BTC"]})
            numbers = [json.loads(await next_frame(socket))["sequential_id"] for _ in lines]
            assert numbers == list(range(1, 1001))

    run(story)


def test_a_text_ping_switches_the_status_on() -> None:
    """And does not begin the playback."""

    async def story() -> None:
        async with replaying([book(0, 100)]) as exchange, connect(exchange) as socket:
            await socket.send("PING")
            await (await socket.ping())
            assert exchange.position_s == 0.0

    run(story)


# -- breaks ---------------------------------------------------------------------------------------

BEGUN = b'{"recv_ts":0,"mark":"begun","version":1}'
TRADES = {"type": "trade", "codes": ["KRW-BTC"]}


def lost(at_s: float, code: int | None = None) -> bytes:
    return json.dumps({"recv_ts": at_s, "mark": "lost", "code": code}).encode()


def connected(at_s: float) -> bytes:
    return json.dumps({"recv_ts": at_s, "mark": "connected"}).encode()


async def let_in(exchange: RecordedExchange) -> Socket:
    """A connection as soon as there is one to be had."""
    while True:
        try:
            return await connect(exchange)
        except websockets.InvalidStatus:
            continue


async def closed(socket: Socket) -> int | None:
    """How it ends, with nothing before that."""
    with pytest.raises(websockets.ConnectionClosed):
        await socket.recv()
    return socket.close_code


async def closed_after_some(socket: Socket) -> int | None:
    """How it ends, whatever comes before that."""
    with contextlib.suppress(websockets.ConnectionClosed):
        while True:
            await socket.recv()
    return socket.close_code


@pytest.mark.parametrize(("code", "seen"), [(1006, 1006), (1012, 1012), (None, 1006), (1000, 1000)])
def test_a_lost_connection_is_lost_again_and_nothing_around_it(code: int | None, seen: int) -> None:
    """What came before arrives before; time waits until somebody is back for what came after."""
    many = [trade(0, number, 1.0, 1.0, number) for number in range(500)]
    lines = [BEGUN, *many, lost(0, code), connected(0.02), trade(0.03, 1, 2.0, 1.0, 501)]

    async def story() -> None:
        async with replaying(lines) as exchange:
            async with connect(exchange) as socket:
                await ask(socket, TRADES)
                for _ in many:
                    await next_frame(socket)
                assert await closed(socket) == seen
            async with await let_in(exchange) as socket:
                # The hole is over, and nobody has asked for anything.
                for _ in range(50):
                    await (await socket.ping())
                assert exchange.position_s == pytest.approx(0.02)
                assert not exchange.ended
                await ask(socket, TRADES | {"is_only_realtime": True})
                assert await next_frame(socket) == payloads(lines)[-1]

    run(story)


def test_nobody_is_let_in_while_the_recording_was_away() -> None:
    """With 503, as a server that is not there."""
    lines = [
        BEGUN,
        trade(0, 1, 1.0, 1.0, 1),
        lost(1),
        connected(5_000),
        trade(5_001, 2, 1.0, 1.0, 2),
    ]

    async def story() -> None:
        async with replaying(lines, 100.0) as exchange:
            async with connect(exchange) as socket:
                await ask(socket, TRADES)
                await next_frame(socket)
                await closed(socket)
            with pytest.raises(websockets.InvalidStatus) as caught:
                await connect(exchange)
            assert caught.value.response.status_code == 503
            exchange.speed = 1e6
            async with await let_in(exchange) as socket:
                assert exchange.position_s == 5_000
                await ask(socket, TRADES | {"is_only_realtime": True})
                assert await next_frame(socket) == payloads(lines)[-1]

    run(story)


def test_who_did_not_listen_is_not_awaited() -> None:
    """A connection that asked for nothing is ended, and time goes on for whoever listens later."""
    lines = [BEGUN, trade(0, 1, 1.0, 1.0, 1), lost(0.1), connected(0.2), trade(0.3, 2, 1.0, 1.0, 2)]

    async def story() -> None:
        async with replaying(lines) as exchange:
            async with connect(exchange) as listening, connect(exchange) as idle:
                await ask(listening, TRADES)
                await next_frame(listening)
                await ask(listening, TRADES | {"is_only_snapshot": True})
                await next_frame(listening)
                await closed(listening)
                await closed(idle)
            async with await let_in(exchange) as socket:
                while not exchange.ended:
                    await (await socket.ping())

    run(story)


def test_what_nobody_can_read_comes_to_everybody_who_listens() -> None:
    """The core counts such frames; so it does when they are replayed."""
    broken = b'{"recv_ts":0,"broken":"eyJ0eXBlIjo="}'
    lines = [BEGUN, trade(0, 1, 1.0, 1.0, 1), broken]

    async def story() -> None:
        async with replaying(lines) as exchange, connect(exchange) as socket:
            await ask(socket, TRADES)
            assert [await next_frame(socket) for _ in range(2)][1] == b'{"type":'

    run(story)


# -- pause, step and seek -------------------------------------------------------------------------


def test_a_pause_lasts_until_the_end_of_it() -> None:
    """Time stands still, the socket stays."""
    lines = [trade(0, 1, 1.0, 1.0, 1), trade(0.2, 2, 1.0, 1.0, 2)]

    async def story() -> None:
        loop = asyncio.get_running_loop()
        async with replaying(lines) as exchange, connect(exchange) as socket:
            await ask(socket, TRADES)
            await next_frame(socket)
            exchange.pause()
            assert exchange.is_paused
            position_s, over_at = exchange.position_s, loop.time() + 0.4
            while loop.time() < over_at:
                await (await socket.ping())
            assert exchange.position_s == position_s
            assert not exchange.ended
            exchange.resume()
            assert await next_frame(socket) == payloads(lines)[1]

    run(story)


def test_steps_come_when_they_are_asked_for() -> None:
    """One cue each, a break included, whatever lies between them; a step begins a pause."""
    lines = [
        BEGUN,
        trade(0, 1, 1.0, 1.0, 1),
        trade(3_600, 2, 1.0, 1.0, 2),
        book(7_200, 100),
        lost(7_201, 1012),
        connected(7_202),
        trade(9_000, 3, 1.0, 1.0, 3),
    ]

    async def story() -> None:
        async with replaying(lines) as exchange:
            async with connect(exchange) as socket:
                await ask(socket, TRADES)
                await next_frame(socket)
                frame = exchange.step()
                assert isinstance(frame, RecordedFrame)
                assert exchange.is_paused
                assert await next_frame(socket) == frame.payload == payloads(lines)[1]
                assert exchange.position_s == 3_600
                assert exchange.step() == exchange.recording.frames[2]
                assert isinstance(exchange.step(), Break)
                assert await closed(socket) == 1012
            assert isinstance(exchange.step(), Break)
            assert exchange.position_s == 7_202
            exchange.resume()
            async with connect(exchange) as socket:
                await ask(socket, TRADES)
                await next_frame(socket)
                last = exchange.step()
                assert isinstance(last, RecordedFrame)
                assert await next_frame(socket) == last.payload
            assert exchange.ended
            assert exchange.step() is None

    run(story)


def test_seek_begins_anew_from_any_moment() -> None:
    """Forwards and backwards; whoever listened is closed and begins with the last frame before."""
    lines = [trade(1_000 * n, n, 1.0, 1.0, n) for n in range(1, 6)]

    async def story() -> None:
        async with replaying(lines) as exchange:
            socket = await connect(exchange)
            await ask(socket, TRADES)
            assert await next_frame(socket) == payloads(lines)[0]
            for position_s, before in ((2_500, 2), (4_000, 3), (1_000, 0), (-5, None), (9e9, 3)):
                exchange.seek(position_s)
                stands_at = min(max(position_s, 0), exchange.duration_s)
                assert exchange.position_s == stands_at
                assert await closed_after_some(socket) == 1012
                exchange.speed = 1.0
                socket = await connect(exchange)
                await ask(socket, TRADES)
                if before is not None:
                    snapshot = await next_frame(socket)
                    assert json.loads(snapshot)["stream_type"] == "SNAPSHOT"
                    number = json.loads(snapshot)["sequential_id"]
                    assert number == 1 + before
                exchange.speed = 1e6
                following = json.loads(await next_frame(socket))
                assert following["sequential_id"] == 1 + (0 if before is None else before + 1)
            await socket.close()

    run(story)


def test_seek_into_a_hole_finds_nobody() -> None:
    lines = [BEGUN, trade(0, 1, 1.0, 1.0, 1), lost(10), connected(20), trade(30, 2, 1.0, 1.0, 2)]

    async def story() -> None:
        async with replaying(lines) as exchange:
            exchange.seek(15)
            with pytest.raises(websockets.InvalidStatus):
                await connect(exchange)
            exchange.seek(25)
            async with connect(exchange) as socket:
                await ask(socket, TRADES)
                assert json.loads(await next_frame(socket))["sequential_id"] == 1
            with pytest.raises(InvalidRequest, match="number of seconds"):
                exchange.seek(float("nan"))

    run(story)


def test_another_speed_changes_nothing_but_the_speed() -> None:
    lines = [trade(n, n, 1.0, 1.0, n) for n in range(1_000)]

    async def story() -> None:
        async with replaying(lines) as exchange, connect(exchange) as socket:
            await ask(socket, TRADES)
            await next_frame(socket)
            assert exchange.speed == 1.0
            exchange.speed = 100_000.0
            got = [json.loads(await next_frame(socket))["sequential_id"] for _ in lines[1:]]
            assert got == list(range(1, 1_000))
            with pytest.raises(InvalidRequest, match="speed"):
                exchange.speed = 0.0

    run(story)


# -- REST -----------------------------------------------------------------------------------------


def test_rest_answers_for_the_markets_of_the_recording() -> None:
    """Codes with their coins as names; no instruments, as nobody recorded them."""
    lines = [book(0, 100), ticker(0, 5.0), trade(0, 1_000, 100.0, 1.0, 1)]

    async def story() -> None:
        async with replaying(lines) as exchange, connect(exchange) as socket:
            await ask(socket, {"type": "trade", "codes": ["KRW-BTC"]})
            await next_frame(socket)
            async with httpx.AsyncClient(base_url=exchange.settings().rest_url) as client:

                async def get(path: str, **query: Any) -> Any:
                    answer = await client.get(path, params=query)
                    assert answer.status_code == 200, answer.text
                    return answer.json()

                assert await get("/v1/market/all", is_details="true") == [
                    {"market": "KRW-BTC", "korean_name": "BTC", "english_name": "BTC"}
                ]
                assert await get("/v1/orderbook/instruments", markets="KRW-BTC") == []
                [tick] = await get("/v1/ticker", markets="KRW-BTC")
                assert tick["trade_price"] == 5.0
                [row] = await get("/v1/orderbook", markets="KRW-BTC", count=1)
                assert len(row["orderbook_units"]) == 1
                path = "/v1/candles/minutes/1"
                [candle] = await get(path, market="KRW-BTC", count=200)
                assert candle["candle_date_time_kst"] == "2021-04-18T01:51:00"
                assert await get(path, market="KRW-BTC", to="2021-04-17T16:51:00Z") == []
                assert await get(path, market="KRW-BTC", to="2021-04-18T01:51:01+09:00") == [candle]

    run(story)


def test_candles_grow_with_the_playback() -> None:
    """Only trades that were played are in them."""
    lines = [trade(0, 1_000, 100.0, 1.0, 1), trade(9_000, 2_000, 200.0, 1.0, 2)]

    async def story() -> None:
        async with replaying(lines) as exchange, httpx.AsyncClient() as client:
            url = f"{exchange.settings().rest_url}/v1/candles/minutes/1?market=KRW-BTC"
            assert (await client.get(url)).json() == []
            async with connect(exchange) as socket:
                await ask(socket, {"type": "trade", "codes": ["KRW-BTC"]})
                await next_frame(socket)
            [candle] = (await client.get(url)).json()
            assert candle["high_price"] == 100.0
            assert candle["timestamp"] == MINUTE + 1_000

    run(story)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/ticker?markets=KRW-NOPE", 404),
        ("/v1/ticker", 404),
        ("/v1/orderbook?markets=KRW-BTC,KRW-NOPE", 404),
        ("/v1/orderbook?markets=KRW-BTC&count=many", 400),
        ("/v1/candles/minutes/1?market=KRW-NOPE", 404),
        ("/v1/candles/minutes/7?market=KRW-BTC", 404),
        ("/v1/candles/minutes/1?market=KRW-BTC&to=soon", 400),
        ("/v1/accounts", 404),
        ("/websocket/v1/private", 404),
        ("/", 404),
    ],
)
def test_what_it_does_not_have_is_refused_as_the_exchange_would(path: str, status: int) -> None:
    """In the form that clients can read."""

    async def story() -> None:
        async with replaying([book(0, 100)]) as exchange, httpx.AsyncClient() as client:
            answer = await client.get(f"{exchange.settings().rest_url}{path}")
            assert answer.status_code == status
            assert answer.json()["error"]["name"] == status

    run(story)


# -- its life -------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), float("inf")])
def test_a_speed_that_makes_no_sense_is_refused(speed: float) -> None:
    """At the call."""
    with pytest.raises(InvalidRequest, match="speed"):
        RecordedExchange(parse_recording([book(0, 100)]), speed)


def test_a_file_may_be_given(tmp_path: Path) -> None:
    """It is read and checked before anything is opened."""
    path = tmp_path / "frames.jsonl"
    path.write_bytes(book(0, 100) + b"\n{}\n")

    with pytest.raises(RecordingError, match="line 2"):
        RecordedExchange(path)
    path.write_bytes(book(0, 100))
    assert RecordedExchange(path).recording.codes == ("KRW-BTC",)


def test_it_ends_at_any_moment_and_is_not_started_twice() -> None:
    """A client hears of it; a playback has one life."""

    async def story() -> None:
        exchange = RecordedExchange(parse_recording([book(0, 100), book(9_000, 101)]))
        await exchange.start()
        with pytest.raises(InvalidState, match="make another"):
            await exchange.start()
        async with connect(exchange) as socket:
            await ask(socket, {"type": "orderbook", "codes": ["KRW-BTC"]})
            await next_frame(socket)
            await exchange.stop()
            await exchange.stop()
            with pytest.raises(websockets.ConnectionClosed):
                await socket.recv()
        with pytest.raises(InvalidState, match="make another"):
            await exchange.start()

    run(story)


def test_the_real_recording_is_played_whole(shared_recording: Path) -> None:
    """All 449 frames, byte by byte, a hundred times as fast."""
    recording = read_recording(shared_recording)

    async def story() -> None:
        async with RecordedExchange(recording, 100.0) as exchange, connect(exchange) as socket:
            wishes = [{"type": kind, "codes": recording.codes} for kind in ("trade", "orderbook")]
            await ask(socket, *wishes)
            got = [await next_frame(socket) for _ in recording.frames]
            assert got == [frame.payload for frame in recording.frames]
            assert exchange.ended

    run(story)
