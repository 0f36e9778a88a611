"""The simulated exchange over real sockets: what a plain WebSocket client sees."""

from __future__ import annotations

import asyncio
import errno
import gc
import itertools
import json
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import jwt
import pytest
import websockets

from upbit_ws_qt.errors import InvalidRequest, InvalidState
from upbit_ws_qt.events import CandleEvent, OrderbookEvent, TickerEvent, TradeEvent
from upbit_ws_qt.simulator import MockUpbitWebSocketServer, SimulatedExchange
from upbit_ws_qt.simulator.behaviour import Behaviour
from upbit_ws_qt.simulator.market.floor import TradingFloor
from upbit_ws_qt.simulator.market.listing import MARKETS
from upbit_ws_qt.simulator.streams.hub import Hub
from upbit_ws_qt.simulator.streams.packet import Packet
from upbit_ws_qt.simulator.streams.request import Wish
from upbit_ws_qt.system.credentials import Credentials
from upbit_ws_qt.wire import decode

NOW = 1_793_000_042_345
TICKET = {"ticket": "t"}
EVERY_STREAM = [
    {"type": "ticker", "codes": ["KRW-BTC"]},
    {"type": "trade", "codes": ["KRW-BTC"]},
    {"type": "orderbook", "codes": ["KRW-BTC"]},
    {"type": "candle.1m", "codes": ["KRW-BTC"]},
]


class Client:
    """A plain client: sends JSON, collects frames."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def ask(self, *parts: Any) -> None:
        await self.socket.send_str(json.dumps([TICKET, *parts]))

    async def raw(self) -> bytes:
        message = await self.socket.receive()
        assert message.type is aiohttp.WSMsgType.BINARY, message
        return message.data

    async def frame(self) -> Any:
        return json.loads(await self.raw())

    async def frames(self, count: int) -> list[Any]:
        return [await self.frame() for _ in range(count)]

    async def up_to_now(self) -> list[Any]:
        """Every frame sent so far: the list of subscriptions comes after them."""
        await self.ask({"method": "LIST_SUBSCRIPTIONS"})
        found: list[Any] = []
        while True:
            frame = await self.frame()
            if isinstance(frame, dict) and {"method", "mthd"} & set(frame):
                return found
            found.append(frame)

    async def ending(self) -> int | None:
        """Read to the end; the close code."""
        while True:
            message = await self.socket.receive()
            if message.type not in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT):
                return self.socket.close_code


@asynccontextmanager
async def client(exchange: SimulatedExchange, **options: Any) -> AsyncIterator[Client]:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(exchange.settings().public_url, **options) as socket,
    ):
        yield Client(socket)


def play(scene: Callable[[SimulatedExchange], Awaitable[None]], **options: Any) -> None:
    """Run a scene against an exchange whose time only the scene moves."""
    options = {
        "seed": 1,
        "start_time_ms": NOW,
        "realtime": False,
        "behaviour": Behaviour(limits=False),
    } | options

    async def run() -> None:
        async with asyncio.timeout(30), SimulatedExchange(**options) as exchange:
            await scene(exchange)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not others, f"left behind: {others}"

    asyncio.run(run())


# --- Streams ---------------------------------------------------------------------------------


def test_a_snapshot_of_each_stream_comes_first_and_then_what_happens() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain:
            await plain.ask(*EVERY_STREAM)
            snapshots = [decode(await plain.raw()) for _ in EVERY_STREAM]
            assert [type(event) for event in snapshots] == [
                TickerEvent,
                TradeEvent,
                OrderbookEvent,
                CandleEvent,
            ]
            assert all(event.is_snapshot for event in snapshots)
            await exchange.advance(5_000)
            later = await plain.up_to_now()
            assert {frame["type"] for frame in later} == {
                "ticker",
                "trade",
                "orderbook",
                "candle.1m",
            }
            assert {frame["stream_type"] for frame in later} == {"REALTIME"}

    play(scene)


def test_a_second_request_replaces_the_first() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain:
            await plain.ask({"type": "ticker", "codes": ["KRW-BTC", "KRW-ETH"]})
            await plain.frames(2)
            await plain.ask({"type": "trade", "codes": ["KRW-XRP"]})
            assert (await plain.frame())["code"] == "KRW-XRP"
            await exchange.advance(20_000)
            later = await plain.up_to_now()
            assert later
            assert {(frame["type"], frame["code"]) for frame in later} == {("trade", "KRW-XRP")}
            assert set(exchange.floor.watched) == {"KRW-XRP"}

    play(scene)


def test_unknown_and_lower_case_codes_are_silent_and_the_rest_is_served() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain:
            codes = ["KRW-NOPE", "krw-btc", "KRW-ETH.5", "KRW-ETH", "KRW-ETH"]
            await plain.ask({"type": "ticker", "codes": codes})
            assert [frame["code"] for frame in await plain.up_to_now()] == ["KRW-ETH"]

    play(scene)


def test_only_snapshots_and_only_realtime() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain:
            await plain.ask(
                {"type": "ticker", "codes": ["KRW-BTC"], "is_only_snapshot": True},
                {"type": "trade", "codes": ["KRW-BTC"], "is_only_realtime": True},
            )
            assert [frame["type"] for frame in await plain.up_to_now()] == ["ticker"]
            await exchange.advance(20_000)
            later = await plain.up_to_now()
            assert {frame["type"] for frame in later} == {"trade"}
            assert {frame["stream_type"] for frame in later} == {"REALTIME"}

    play(scene)


@pytest.mark.parametrize("format_", ["DEFAULT", "SIMPLE", "JSON_LIST", "SIMPLE_LIST"])
def test_four_formats(format_: str) -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain:
            await plain.ask({"type": "ticker", "codes": ["KRW-BTC"]}, {"format": format_})
            snapshot = await plain.frame()
            assert isinstance(snapshot, list) is format_.endswith("LIST")
            fields = snapshot[0] if isinstance(snapshot, list) else snapshot
            assert fields["cd" if format_.startswith("SIMPLE") else "code"] == "KRW-BTC"
            await exchange.advance(10_000)
            assert isinstance((await plain.up_to_now())[0], type(snapshot))

    play(scene)


def test_listeners_of_every_format_hear_of_the_same_trade() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as first, client(exchange) as second, client(exchange) as third:
            for plain, format_ in ((first, "DEFAULT"), (second, "SIMPLE"), (third, "DEFAULT")):
                await plain.ask({"type": "trade", "codes": ["KRW-BTC"]}, {"format": format_})
            for plain in (first, second, third):
                await plain.frame()
            await exchange.advance(10_000)
            long_frames = await first.up_to_now()
            assert await third.up_to_now() == long_frames
            short_frames = await second.up_to_now()
            assert [frame["sid"] for frame in short_frames] == [
                frame["sequential_id"] for frame in long_frames
            ]

    play(scene)


def test_tickers_follow_trades_one_by_one() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain:
            await plain.ask(
                {"type": "ticker", "codes": ["KRW-XRP"]}, {"type": "trade", "codes": ["KRW-XRP"]}
            )
            first, *_ = await plain.frames(2)
            await exchange.advance(30_000)
            later = await plain.up_to_now()
            tickers, trades = later[::2], later[1::2]
            assert len(tickers) == len(trades) > 5
            volume = first["acc_trade_volume"]
            for ticker, trade in zip(tickers, trades, strict=True):
                assert (ticker["type"], trade["type"]) == ("ticker", "trade")
                for name in ("trade_price", "trade_volume", "trade_timestamp", "ask_bid"):
                    assert ticker[name] == trade[name]
                volume += trade["trade_volume"]
                assert ticker["acc_trade_volume"] == pytest.approx(volume)
                assert ticker["low_price"] <= trade["trade_price"] <= ticker["high_price"]
                assert trade["best_bid_price"] < trade["best_ask_price"]

    play(scene)


def test_books_come_on_a_grid_of_100_ms_and_only_when_changed() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain:
            await plain.ask({"type": "orderbook", "codes": ["KRW-BTC", "KRW-CBK"]})
            snapshots = await plain.frames(2)
            for _ in range(20):
                await exchange.advance(500)
            books = snapshots + await plain.up_to_now()
            for code, fewest, most in (("KRW-BTC", 60, 101), ("KRW-CBK", 1, 60)):
                own = [frame for frame in books if frame["code"] == code]
                assert fewest < len(own) <= most
                stamps = [frame["timestamp"] for frame in own]
                assert stamps == sorted(stamps)
                for before, after in itertools.pairwise(own):
                    assert before["orderbook_units"] != after["orderbook_units"]

    play(scene)


def test_a_book_in_which_nothing_happens_is_not_sent() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain, client(exchange) as other:
            await other.ask({"type": "ticker", "codes": ["KRW-AQT"]})
            await other.frame()
            wish = {"type": "orderbook", "codes": ["KRW-AQT"]}
            await plain.ask(wish)
            sent = await plain.frames(1)
            for _ in range(40):
                await exchange.advance(10_000)
                sent += await plain.up_to_now()
            for before, after in itertools.pairwise(sent):
                assert before["orderbook_units"] != after["orderbook_units"]
                assert before["timestamp"] < after["timestamp"]
            # Who looks away and comes back begins afresh.
            await plain.ask({"type": "ticker", "codes": ["KRW-AQT"]})
            await plain.up_to_now()
            await exchange.advance(300_000)
            await plain.ask(wish)
            sent = [(await plain.up_to_now())[-1]]
            for _ in range(20):
                await exchange.advance(100)
                sent += await plain.up_to_now()
            for before, after in itertools.pairwise(sent):
                assert before["orderbook_units"] != after["orderbook_units"]
            # Who comes later gets the same book, and both hear of the next change.
            async with client(exchange) as late:
                await late.ask(wish)
                (snapshot,) = await late.frames(1)
                assert snapshot["orderbook_units"] == sent[-1]["orderbook_units"]
                await exchange.advance(20_000)
                assert await late.up_to_now() == await plain.up_to_now()

    play(scene)


def test_who_wants_no_snapshot_of_a_book_hears_of_its_first_change() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain:
            wish = {"type": "orderbook", "codes": ["KRW-AQT"]}
            await plain.ask(wish | {"is_only_snapshot": True})
            (snapshot,) = await plain.frames(1)
            await plain.ask(wish | {"is_only_realtime": True})
            assert await plain.up_to_now() == []
            await exchange.advance(60_000)
            first, *_ = await plain.up_to_now()
            assert first["orderbook_units"] != snapshot["orderbook_units"]

    play(scene)


def test_depths_and_levels_of_books() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain:
            codes = ["KRW-BTC.1", "KRW-BTC.5", "KRW-BTC.15", "KRW-BTC.30", "KRW-BTC", "KRW-BTC.7"]
            await plain.ask({"type": "orderbook", "codes": codes})
            frames = await plain.up_to_now()
            assert [len(frame["orderbook_units"]) for frame in frames] == [1, 5, 15, 30, 30, 30]
            assert {(frame["code"], frame["level"]) for frame in frames} == {("KRW-BTC", 0)}
            assert len({frame["total_ask_size"] for frame in frames}) == 1

            await plain.ask(
                {"type": "orderbook", "codes": ["KRW-BTC.5"], "level": 10_000},
                {"type": "orderbook", "codes": ["KRW-BTC"], "level": 12_345},
                {"type": "orderbook", "codes": ["BTC-ETH"], "level": 1},
                {"type": "orderbook", "codes": ["BTC-ETH.1"], "level": 0},
            )
            await plain.frames(2)
            await exchange.advance(3_000)
            frames = await plain.up_to_now()
            assert {(frame["code"], frame["level"]) for frame in frames} == {
                ("KRW-BTC", 10_000),
                ("BTC-ETH", 0),
            }
            for frame in frames:
                if frame["code"] == "KRW-BTC":
                    assert all(unit["ask_price"] % 10_000 == 0 for unit in frame["orderbook_units"])

    play(scene)


def test_candles_come_once_a_second_at_most_and_only_when_traded() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain:
            await plain.ask(
                {"type": "candle.1s", "codes": ["KRW-BTC"]},
                {"type": "candle.3m", "codes": ["KRW-BTC"]},
                {"type": "trade", "codes": ["KRW-BTC"], "is_only_realtime": True},
            )
            await plain.up_to_now()
            await exchange.advance(60_000 - NOW % 1000)
            later = await plain.up_to_now()
            seconds = [frame for frame in later if frame["type"] == "candle.1s"]
            minutes = [frame for frame in later if frame["type"] == "candle.3m"]
            traded = {frame["trade_timestamp"] // 1000 for frame in later if "trade_date" in frame}
            assert len(seconds) == len(minutes) == len(traded) < 60
            # The last word on a second holds all its trades.
            for candle in seconds:
                own = [
                    frame["trade_volume"]
                    for frame in later
                    if frame["type"] == "trade"
                    and frame["trade_timestamp"] // 1000 == candle["timestamp"] // 1000
                ]
                assert candle["candle_acc_trade_volume"] == pytest.approx(sum(own))

    play(scene)


def test_the_snapshot_of_a_quiet_market_is_an_older_candle() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain:
            await plain.ask({"type": "candle.1m", "codes": ["KRW-AQT"]})
            event = decode(await plain.raw())
            assert isinstance(event, CandleEvent)
            assert event.start_ms < NOW // 60_000 * 60_000
            assert event.is_snapshot

    play(scene)


def test_the_same_seed_sends_the_same_bytes() -> None:
    async def record(frames: list[bytes], seed: int) -> None:
        async with (
            SimulatedExchange(seed=seed, start_time_ms=NOW, realtime=False) as exchange,
            client(exchange) as plain,
        ):
            await plain.ask(*EVERY_STREAM)
            frames += [await plain.raw() for _ in EVERY_STREAM]
            await exchange.advance(3_000)
            await plain.ask({"method": "LIST_SUBSCRIPTIONS"})
            while b"LIST" not in (frame := await plain.raw()):
                frames.append(frame)

    async def run() -> tuple[list[bytes], list[bytes], list[bytes]]:
        first: list[bytes] = []
        second: list[bytes] = []
        other: list[bytes] = []
        await record(first, 7)
        await record(second, 7)
        await record(other, 8)
        return first, second, other

    first, second, other = asyncio.run(run())
    assert first == second
    assert first != other


def test_in_real_time_the_market_walks_alone_until_it_is_halted() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain:
            await plain.ask({"type": "trade", "codes": ["KRW-BTC"]})
            first = await plain.frame()
            while (await plain.frame())["timestamp"] == first["timestamp"]:
                pass
            exchange.faults.halt_market()
            await plain.up_to_now()
            halted_at = exchange.now_ms
            loop = asyncio.get_running_loop()
            # Long enough for the walker to come round several times.
            until = loop.time() + 0.15
            while loop.time() < until:
                assert await plain.up_to_now() == []
            assert exchange.now_ms == halted_at
            exchange.faults.clear("halt_market")
            assert (await plain.frame())["timestamp"] >= halted_at
            with pytest.raises(InvalidState, match="realtime=False"):
                await exchange.advance(1)

    play(scene, realtime=True, pace=50.0)


def test_a_halt_takes_hold_in_the_middle_of_a_busy_stretch(monkeypatch: pytest.MonkeyPatch) -> None:
    # A slice for every trade, as on a machine that is much too slow.
    monkeypatch.setattr("upbit_ws_qt.simulator.server._SLICE_S", -1.0)

    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain:
            await plain.ask({"type": "trade", "codes": ["KRW-BTC"], "is_only_realtime": True})
            await plain.up_to_now()
            exchange._clock_offset_ms += 9_000
            await plain.frames(3)
            exchange.faults.halt_market()
            halted_at = exchange.now_ms
            loop = asyncio.get_running_loop()
            until = loop.time() + 0.15
            while loop.time() < until:
                await plain.up_to_now()
            assert exchange.now_ms - halted_at < 500

    play(scene, realtime=True, pace=50.0)


@pytest.mark.allow_logs("that the market breaks is what this is about")
def test_a_market_that_breaks_says_so(caplog: pytest.LogCaptureFixture) -> None:
    """A defect of ours must not look like a quiet market."""

    async def scene(exchange: SimulatedExchange) -> None:
        broken = asyncio.Event()

        def run(_until_ms: int) -> Any:
            asyncio.get_running_loop().call_soon(broken.set)
            raise ArithmeticError("no such price")

        exchange.floor.run = run  # type: ignore[method-assign]
        await broken.wait()
        await asyncio.sleep(0)

    play(scene, realtime=True)
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.getMessage() == "the simulated market stands still"
    assert "no such price" in str(record.exc_info)


def test_an_exchange_that_is_stopped_is_forgotten() -> None:
    """A suite makes one for each test; their markets take megabytes."""
    ghosts: list[weakref.ref[SimulatedExchange]] = []

    async def scene(exchange: SimulatedExchange) -> None:
        ghosts.append(weakref.ref(exchange))
        async with client(exchange) as plain:
            await plain.ask(*EVERY_STREAM)
            await plain.frames(4)

    play(scene)
    gc.collect()
    assert [ghost() for ghost in ghosts] == [None]


def test_after_a_long_stall_the_market_goes_on_from_now(caplog: pytest.LogCaptureFixture) -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain:
            await plain.ask({"type": "trade", "codes": ["KRW-BTC"]})
            await plain.frame()
            exchange._clock_offset_ms += 3_600_000
            seen = 0
            while (await plain.frame())["timestamp"] < NOW + 3_600_000:
                seen += 1
            assert seen < 1000

    with caplog.at_level("INFO", "upbit_ws_qt.simulator.server"):
        play(scene, realtime=True, pace=20.0)
    assert "stood for 36" in caplog.text


# --- Requests and refusals -------------------------------------------------------------------

GOOD = {"type": "ticker", "codes": ["KRW-BTC"]}


@pytest.mark.parametrize(
    ("message", "name", "text"),
    [
        ("nope", "WRONG_FORMAT", "Format 이 맞지 않습니다."),
        ("{}", "WRONG_FORMAT", "Format 이 맞지 않습니다."),
        (json.dumps([GOOD]), "NO_TICKET", "티켓이 존재하지 않거나, 유효하지 않습니다."),
        (json.dumps([TICKET]), "NO_TYPE", "type 필드가 존재하지 않습니다."),
        (json.dumps([TICKET, {"type": "ticker"}]), "NO_CODES", "codes 필드가 존재하지 않습니다."),
        (
            json.dumps([TICKET, {"type": "nope", "codes": ["KRW-BTC"]}]),
            "INVALID_PARAM",
            "nope 은 지원하지 않는 타입입니다.",
        ),
    ],
)
def test_a_bad_request_gets_an_error_and_ends_every_stream_of_the_socket(
    message: str, name: str, text: str
) -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain, client(exchange) as other:
            await plain.ask({"type": "trade", "codes": ["KRW-BTC"]})
            await plain.frame()
            await other.ask({"type": "trade", "codes": ["KRW-BTC"]})
            await other.frame()
            await plain.socket.send_str(message)
            assert await plain.frame() == {"error": {"name": name, "message": text}}
            await exchange.advance(10_000)
            # A message after the error changes nothing.
            await plain.ask(GOOD)
            message_after = await plain.socket.receive()
            assert message_after.type is aiohttp.WSMsgType.CLOSE
            assert plain.socket.close_code == 1000
            assert await other.up_to_now() != []

    play(scene)


def test_requests_and_connections_are_kept_for_tests() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as first:
            await first.ask(GOOD)
            await first.frame()
            async with client(exchange) as second:
                await second.socket.send_str("nope")
                await second.frame()
                assert [connection.number for connection in exchange.connections] == [1, 2]
                assert "2 public" in repr(exchange.connections[1])
                ending = exchange.connections[1]
                assert await second.ending() == 1000
            await ending.ended_event.wait()
            assert [connection.number for connection in exchange.connections] == [1]
        assert [(row.connection, row.request) for row in exchange.requests] == [
            (1, [TICKET, GOOD]),
            (2, "nope"),
        ]

    play(scene)


def test_only_the_latest_requests_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exchange may run for days."""
    monkeypatch.setattr("upbit_ws_qt.simulator.streams.desk._MOST_KEPT", 2)

    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain:
            for code in ("KRW-BTC", "KRW-ETH", "KRW-XRP"):
                await plain.ask({"type": "ticker", "codes": [code]})
            await plain.frames(3)
            kept = [row.request[1]["codes"] for row in exchange.requests]
            assert kept == [["KRW-ETH"], ["KRW-XRP"]]

    play(scene)


def test_subscriptions_are_listed_and_a_format_changes_the_running_streams() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain:
            book = {"type": "orderbook", "codes": ["KRW-BTC.5", "KRW-NOPE"], "level": 10_000}
            await plain.ask(GOOD, book)
            await plain.frames(2)
            await plain.ask({"method": "LIST_SUBSCRIPTIONS"})
            assert await plain.frame() == {
                "method": "LIST_SUBSCRIPTIONS",
                "result": [GOOD, book],
                "ticket": "t",
            }
            await plain.ask({"method": "LIST_SUBSCRIPTIONS"}, {"format": "SIMPLE"})
            short = await plain.frame()
            assert short["mthd"] == "LIST_SUBSCRIPTIONS"
            assert short["rslt"][1] == {"ty": "orderbook", "cds": book["codes"], "lv": 10_000}
            await exchange.advance(5_000)
            assert all("ty" in frame for frame in await plain.up_to_now())

    play(scene)


def test_too_many_messages_are_refused() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain:
            for _ in range(6):
                await plain.ask({"method": "LIST_SUBSCRIPTIONS"})
            frames = await plain.frames(6)
            assert ["result" in frame for frame in frames] == [True] * 5 + [False]
            assert frames[5]["error"]["name"] == "TOO_MANY_REQUEST"
            assert await plain.ending() == 1000

    play(scene, behaviour=Behaviour())


# --- The socket itself -----------------------------------------------------------------------


def test_the_upgrade_says_what_is_left() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain:
            headers = plain.socket._response.headers
            assert headers["remaining-req"] == "group=websocket; min=300; sec=4"
            assert headers["limit-by-ip"] == "Yes"
            assert "Sec-WebSocket-Extensions" not in headers

    play(scene)


@pytest.mark.parametrize("compression", ["deflate", None])
def test_an_unmodified_client_reads_with_and_without_compression(compression: Any) -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        url = exchange.settings().public_url
        # A client whose queue is full does not read on, not even the closing frame.
        async with websockets.connect(url, compression=compression, max_queue=None) as socket:
            assert socket.response is not None
            offered = socket.response.headers.get("Sec-WebSocket-Extensions", "")
            assert ("permessage-deflate" in offered) is (compression is not None)
            waiter = await socket.ping()
            await waiter
            await socket.send(json.dumps([TICKET, *EVERY_STREAM]))
            frames = [await socket.recv() for _ in EVERY_STREAM]
            await exchange.advance(20_000)
            frames += [await socket.recv() for _ in range(10)]
            assert all(isinstance(frame, bytes) for frame in frames)
            for frame in frames:
                assert isinstance(frame, bytes)
                assert decode(frame).symbol == "KRW-BTC"

    play(scene)


def test_a_text_ping_begins_a_status_that_never_ends() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain:
            await plain.socket.send_str("PING")
            await plain.socket.send_str("PING")
            assert await plain.frames(4) == [{"status": "UP"}] * 4
        assert exchange.requests == []

    play(scene, behaviour=Behaviour(limits=False, status_interval_s=0.02))


def test_an_idle_socket_is_dropped_without_a_closing_frame() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with websockets.connect(exchange.settings().public_url) as socket:
            with pytest.raises(websockets.ConnectionClosedError) as caught:
                await socket.recv()
            assert caught.value.rcvd is None

    play(scene, behaviour=Behaviour(limits=False, idle_timeout_s=0.1))


def test_data_in_either_direction_keeps_a_socket() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        exchange_time = asyncio.get_running_loop().time
        async with client(exchange, autoping=False) as plain:
            connection = exchange.connections[0]
            connection._active_at -= 119.9
            await plain.socket.ping(b"")
            assert (await plain.socket.receive()).type is aiohttp.WSMsgType.PONG
            assert exchange_time() - connection._active_at < 60
            await plain.ask({"type": "trade", "codes": ["KRW-BTC"]})
            await plain.frame()
            connection._active_at -= 119.9
            await exchange.advance(20_000)
            assert exchange_time() - connection._active_at < 60
            connection._check_idle()
            assert await plain.up_to_now() != []
            connection._active_at -= 121
            connection._check_idle()
            assert await plain.ending() == 1006

    play(scene)


def test_a_client_that_does_not_read_is_dropped() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        # The handshake by hand: a client library would read on its own.
        reader, writer = await asyncio.open_connection("127.0.0.1", exchange.port, limit=1024)
        writer.write(
            b"GET /websocket/v1 HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        await reader.readuntil(b"\r\n\r\n")
        codes = [code for code in exchange.floor.listings if code.startswith("KRW-")][:20]
        body = json.dumps([TICKET, {"type": "orderbook", "codes": codes}]).encode()
        mask = b"\0\0\0\0"
        writer.write(bytes((0x81, 0x80 | 126)) + len(body).to_bytes(2, "big") + mask + body)
        await reader.readexactly(2)
        while exchange.connections:
            await exchange.advance(1_000)
        assert exchange.floor.watched == {}
        writer.transport.abort()

    play(scene, behaviour=Behaviour(limits=False, write_limit_bytes=200_000))


def test_a_refusal_and_a_close_are_sent_once() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain:
            connection = exchange.connections[0]
            connection.refuse("NO_TYPE")
            connection.refuse("NO_CODES")
            connection.close(1000)
            connection.close(1001)
            assert (await plain.frame())["error"]["name"] == "NO_TYPE"
            assert await plain.ending() == 1000
        connection.close(1000)
        connection.push(Packet(b"{}"))
        connection.flush()

    play(scene)


def test_a_market_followed_from_outside_sends_nothing() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        async with client(exchange) as plain:
            exchange.floor.watch_book("KRW-BTC")
            await plain.ask({"type": "ticker", "codes": ["KRW-AQT"]})
            await plain.frame()
            await exchange.advance(2_000)
            assert {frame["code"] for frame in await plain.up_to_now()} <= {"KRW-AQT"}

    play(scene)


def test_who_leaves_while_being_subscribed_is_not_served_further() -> None:
    class Nobody:
        format = "DEFAULT"

        def __init__(self) -> None:
            self.received: list[Packet] = []

        def push(self, packet: Packet) -> None:
            self.received.append(packet)

    floor = TradingFloor(MARKETS, 1, 1.0, NOW)
    hub, nobody = Hub(floor, Behaviour()), Nobody()
    steps = hub.replace(nobody, [Wish("ticker", ("KRW-BTC", "KRW-ETH", "KRW-XRP"))])
    next(steps)
    hub.remove(nobody)
    assert list(steps) == []
    assert len(nobody.received) == 1
    assert floor.watched == {}


# --- The private path ------------------------------------------------------------------------


def bearer(key: Credentials, **claims: Any) -> dict[str, str]:
    body = {"access_key": key.access_key, "nonce": "1", **claims}
    return {"Authorization": f"Bearer {jwt.encode(body, key.secret_key, algorithm='HS256')}"}


def test_the_private_path_asks_for_a_token_it_can_trust() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        url = exchange.settings().private_url
        key = exchange.credentials()
        forged = Credentials(key.access_key, "x" * 40)
        async with aiohttp.ClientSession() as session:
            for headers in ({}, bearer(forged)):
                with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
                    await session.ws_connect(url, headers=headers)
                assert caught.value.status == 401
            async with session.ws_connect(url, headers=bearer(key)) as socket:
                plain = Client(socket)
                await plain.ask({"type": "myAsset"})
                await exchange.advance(5_000)
                assert await plain.up_to_now() == []
                assert exchange.connections[0].private
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(url, headers=bearer(key))
            again = bearer(exchange.credentials(), nonce="2")
            async with session.ws_connect(url, headers=again) as socket:
                await Client(socket).ask(GOOD)
                error = await Client(socket).frame()
                assert error["error"]["name"] == "INVALID_PARAM"

    play(scene)


# --- Start and end ---------------------------------------------------------------------------


def test_settings_and_names() -> None:
    assert MockUpbitWebSocketServer is SimulatedExchange

    async def scene(exchange: SimulatedExchange) -> None:
        settings = exchange.settings()
        base = f"127.0.0.1:{exchange.port}"
        assert settings.public_url == f"ws://{base}/websocket/v1"
        assert settings.private_url == f"ws://{base}/websocket/v1/private"
        assert settings.rest_url == f"http://{base}"
        assert exchange.credentials().access_key == exchange.credentials().access_key
        with pytest.raises(InvalidState, match="already running"):
            await exchange.start()
        with pytest.raises(InvalidState, match=rf"port {exchange.port} .* taken"):
            await SimulatedExchange(port=exchange.port).start()
        async with SimulatedExchange() as another:
            assert another.port != exchange.port

    play(scene)


def test_a_forbidden_port_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async def forbidden(site: object) -> None:
        raise PermissionError(errno.EACCES, "permission denied")

    monkeypatch.setattr("aiohttp.web.TCPSite.start", forbidden)
    exchange = SimulatedExchange(port=80)
    with pytest.raises(InvalidState, match=r"port 80 .* may not be opened"):
        asyncio.run(exchange.start())


def test_it_can_be_stopped_twice_and_started_again_with_clients_connected() -> None:
    async def run() -> None:
        exchange = SimulatedExchange(seed=1)
        await exchange.start()
        async with client(exchange) as plain:
            await plain.ask(GOOD)
            await plain.frame()
            await exchange.stop()
            await exchange.stop()
            assert await plain.ending() == 1006
        await exchange.start()
        async with client(exchange) as plain:
            await plain.ask(GOOD)
            await plain.frame()
        await exchange.stop()

    asyncio.run(run())


@pytest.mark.parametrize(
    "options",
    [
        {"pace": 0},
        {"pace": 1000},
        {"port": 70_000},
        {"markets": ["KRW-NOPE"]},
        {"start_time_ms": 0},
    ],
)
def test_bad_options_are_refused_at_once(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        SimulatedExchange(**options)


def test_time_only_goes_forward() -> None:
    async def scene(exchange: SimulatedExchange) -> None:
        with pytest.raises(InvalidRequest):
            await exchange.advance(-1)
        await exchange.advance(0)
        assert exchange.now_ms == NOW

    play(scene)


def test_an_unknown_name_of_the_package_is_an_attribute_error() -> None:
    import upbit_ws_qt.simulator as package

    with pytest.raises(AttributeError, match="Nonsense"):
        package.Nonsense  # noqa: B018
