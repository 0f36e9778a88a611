"""Every conformance case can fail: on a hollow exchange, and on slightly wrong ones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from yarl import URL

from upbit_ws_qt.simulator import Behaviour, SimulatedExchange
from upbit_ws_qt.simulator.conformance.address import Address
from upbit_ws_qt.simulator.conformance.cases import CASES
from upbit_ws_qt.simulator.conformance.client import Client, Tempo
from upbit_ws_qt.simulator.conformance.runner import Result, run_case
from upbit_ws_qt.simulator.conformance.token import bearer
from upbit_ws_qt.system.credentials import Credentials

FAST = Tempo(calls=1000, connects=1000, idle_s=(0.5, 3.0), status_s=0.2)
KEY = Credentials("somebody", "whose secret is long enough for every hash there is")
Handler = Callable[[web.Request], Any]


@asynccontextmanager
async def served(handler: Handler, key: Credentials) -> AsyncIterator[Client]:
    """A client of an exchange that answers everything with ``handler``."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.2, max_line_size=64 * 1024)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = Address.parse(f"http://127.0.0.1:{runner.addresses[0][1]}")
        async with Client(address, key, FAST) as client:
            yield client
    finally:
        await runner.cleanup()


# --- A hollow exchange -----------------------------------------------------------------------

# What an exchange does right that accepts everything and has nothing.
HOLLOW_PASSES = {
    "handshake.hs256",
    "handshake.hs512",
    "account.algorithms",
    "account.open-orders",
    "handshake.compression-not-offered",
    "quotation.account-not-compressed",
}


async def hollow(request: web.Request) -> web.StreamResponse:
    """Answers everything, and nothing with what was asked for."""
    if request.headers.get("Upgrade") != "websocket":
        return web.json_response([])
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await socket.send_bytes(json.dumps({"method": "", "result": []}).encode())
            await socket.close(code=1001)
    return socket


def test_no_case_is_content_with_an_exchange_that_has_nothing() -> None:
    async def run() -> list[Result]:
        async with served(hollow, KEY) as client:
            client.simulated = True
            client.codes = ("KRW-BTC", "KRW-ETH", "BTC-ETH", "USDT-BTC")
            return await asyncio.gather(*(run_case(client, case) for case in CASES))

    results = asyncio.run(run())
    assert {result.case.id for result in results if result.outcome == "ok"} == HOLLOW_PASSES
    skipped = {result.case.id for result in results if result.outcome == "skipped"}
    assert skipped == {"handshake.tls"}
    assert all(
        "expected" in result.detail and "came" in result.detail
        for result in results
        if result.outcome == "FAILED"
    )


# --- Slightly wrong ones ---------------------------------------------------------------------


def as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Bend:
    """Between a client and a simulated exchange: each part changes what passes through.

    ``frames`` and ``rows`` are given JSON and change it; ``rows`` those of paths that begin with
    ``path``.
    """

    reds: tuple[str, ...]
    frames: Callable[[Any], list[Any]] | None = None
    requests: Callable[[list[Any], list[Any]], list[Any]] | None = None
    text_frames: bool = False
    close_code: int | None = None
    refused_algorithm: str = ""
    path: str = "/"
    rows: Callable[[Any], Any] = as_it_is
    query: Callable[[str], str] = as_it_is
    left_out: str = ""


def changed(**values: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    """Change fields of a frame where it has them."""

    def change(frame: Any) -> list[Any]:
        for name, value in values.items():
            if isinstance(frame, dict) and name in frame:
                frame[name] = value(frame[name])
        return [frame]

    return change


def each(**values: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Change fields of all rows."""

    def change(rows: Any) -> Any:
        return [changed(**values)(row)[0] for row in rows] if isinstance(rows, list) else rows

    return change


def both(old: list[Any], new: list[Any]) -> list[Any]:
    return [*new, *(part for part in old if "type" in part)]


def every_second(kind: str) -> Callable[[Any], list[Any]]:
    seen = 0

    def drop(frame: Any) -> list[Any]:
        nonlocal seen
        if frame.get("type") == kind:
            seen += 1
        return [] if frame.get("type") == kind and seen % 2 == 0 else [frame]

    return drop


def upside_down(rows: list[Any]) -> list[Any]:
    return rows[::-1]


def kept(change: Callable[[Any], Any], when: str) -> Callable[[str], str]:
    return lambda text: change(text) if when in text else text


BENDS = {
    "text frames": Bend(("handshake.binary-frames", "errors.shape"), text_frames=True),
    "subscriptions add up": Bend(("requests.replaces",), requests=both),
    "snapshots for ever": Bend(
        ("streams.snapshot-then-realtime",), frames=changed(stream_type=lambda _: "SNAPSHOT")
    ),
    "no snapshots": Bend(
        ("requests.only-snapshot",), frames=changed(stream_type=lambda _: "REALTIME")
    ),
    "ids without times": Bend(
        ("streams.trade-values",), frames=changed(sequential_id=lambda number: number + 10_000)
    ),
    "signed changes": Bend(
        ("streams.trade-values", "streams.ticker-values"),
        frames=changed(change_price=lambda change: -abs(change) - 1),
    ),
    "books upside down": Bend(
        ("streams.orderbook-is-whole", "streams.orderbook-padding"),
        frames=changed(orderbook_units=upside_down),
    ),
    "books twice": Bend(("streams.orderbook-cadence",), frames=lambda frame: [frame, frame]),
    "half of the trades": Bend(("streams.a-frame-for-each-fill",), frames=every_second("trade")),
    "shallow books": Bend(
        ("requests.depths", "requests.other-depths", "streams.orderbook-is-whole"),
        frames=changed(orderbook_units=lambda rows: rows[:-1]),
    ),
    "no levels": Bend(("requests.level",), frames=changed(level=lambda _: 0)),
    "candles off the grid": Bend(
        ("candles.fields", "candles.updates"),
        frames=changed(candle_date_time_utc=lambda text: text[:-1] + "7"),
    ),
    "plain numbers": Bend(
        ("numbers.default-spelling", "numbers.candle-spelling"), frames=lambda frame: [frame]
    ),
    "other texts": Bend(("errors.texts",), frames=changed(error=lambda e: e | {"message": "no"})),
    "other errors": Bend(
        ("errors.no-ticket", "errors.no-type", "errors.no-codes", "errors.unknown-unit"),
        frames=changed(error=lambda e: e | {"name": "WRONG"}),
    ),
    "another close code": Bend(
        ("errors.not-json", "errors.end-every-stream", "handshake.idle"), close_code=1008
    ),
    "status at once": Bend(
        ("handshake.status-cycle",), frames=lambda frame: [frame] * (2 if "status" in frame else 1)
    ),
    "names in the list": Bend(
        ("requests.list-of-subscriptions",), frames=changed(ticket=lambda _: "another")
    ),
    "no HS512": Bend(("handshake.hs512", "account.algorithms"), refused_algorithm="HS512"),
    "no HS256": Bend(("handshake.hs256", "account.algorithms"), refused_algorithm="HS256"),
    "no counts": Bend(
        ("limits.headers", "handshake.upgrade-headers", "limits.headers-of-the-account"),
        left_out="Remaining-Req",
    ),
    "not for addresses": Bend(
        ("limits.headers", "handshake.upgrade-headers"), left_out="limit-by-ip"
    ),
    "inclusive to": Bend(
        ("history.to-is-exclusive", "history.spellings-of-to", "history.pages"),
        query=kept(lambda text: text.replace("%3A00Z", "%3A01Z"), "to="),
    ),
    "oldest first": Bend(
        ("history.minutes", "history.days", "quotation.trades", "history.to-is-exclusive"),
        rows=lambda rows: rows[::-1] if isinstance(rows, list) else rows,
    ),
    "filled up": Bend(("history.absent",), rows=each(candle_acc_trade_volume=lambda _: 0)),
    "named errors": Bend(
        ("quotation.error-names", "quotation.ticker-of-a-wrong-market"),
        rows=lambda body: changed(error=lambda e: e | {"name": "bad"})(body)[0],
    ),
    "another day": Bend(
        ("numbers.day",), path="/v1/ticker", rows=each(opening_price=lambda price: price + 1000)
    ),
    "wrong changes": Bend(
        ("quotation.ticker", "history.days"), rows=each(change_price=lambda change: change + 1)
    ),
    "numbers for strings": Bend(
        ("account.balances", "numbers.account-in-strings"),
        path="/v1/accounts",
        rows=each(balance=float),
    ),
    "another zone": Bend(
        ("account.open-orders",),
        path="/v1/orders",
        rows=each(created_at=lambda text: text.replace("+09:00", "Z")),
    ),
    "numbers for levels": Bend(
        ("quotation.instruments",), path="/v1/orderbook/instruments", rows=each(tick_size=float)
    ),
    "no English": Bend(
        ("quotation.markets",),
        path="/v1/market/all",
        rows=lambda rows: [{**row, "english": row.pop("english_name")} for row in rows],
    ),
}


class BentExchange:
    """Passes everything on to a simulated exchange and back, bent."""

    def __init__(self, exchange: SimulatedExchange, session: aiohttp.ClientSession, bend: Bend):
        self.base = exchange.settings().rest_url
        self.session = session
        self.bend = bend

    def bent_headers(self, headers: Any) -> dict[str, str]:
        names = {"remaining-req", "limit-by-ip"} - {self.bend.left_out.lower()}
        return {name: value for name, value in headers.items() if name.lower() in names}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        token = request.headers.get("Authorization", "")
        if self.bend.refused_algorithm and token:
            head = token.removeprefix("Bearer ").split(".")[0]
            if head == bearer_head(self.bend.refused_algorithm):
                return web.json_response({"error": {"name": "no", "message": ""}}, status=401)
        if request.headers.get("Upgrade") == "websocket":
            return await self.stream(request)
        path, _, query = request.raw_path.partition("?")
        url = self.base + path + ("?" + self.bend.query(query) if query else "")
        headers = {"Authorization": token} if token else {}
        async with self.session.get(URL(url, encoded=True), headers=headers) as came:
            body = json.loads(await came.text())
            if path.startswith(self.bend.path):
                body = self.bend.rows(body)
            return web.json_response(
                body, status=came.status, headers=self.bent_headers(came.headers)
            )

    async def stream(self, request: web.Request) -> web.StreamResponse:
        headers = {
            name: value for name, value in request.headers.items() if name == "Authorization"
        }
        url = self.base.replace("http", "ws") + request.path
        async with self.session.ws_connect(url, headers=headers) as there:
            here = web.WebSocketResponse()
            here.headers.update(self.bent_headers(there._response.headers))
            await here.prepare(request)
            back = asyncio.ensure_future(self.back(there, here))
            old: list[Any] = []
            async for message in here:
                text = message.data
                if self.bend.requests is not None and text.startswith("["):
                    old = self.bend.requests(old, json.loads(text))
                    text = json.dumps(old)
                await there.send_str(text)
            await there.close()
            await back
            return here

    async def back(self, there: Any, here: web.WebSocketResponse) -> None:
        async for message in there:
            data = message.data
            bodies = [data]
            if self.bend.frames is not None:
                bodies = [json.dumps(b).encode() for b in self.bend.frames(json.loads(data))]
            for body in bodies:
                if here.closed:
                    return
                if self.bend.text_frames:
                    await here.send_str(body.decode())
                else:
                    await here.send_bytes(body)
        await here.close(code=self.bend.close_code or there.close_code)


def bearer_head(algorithm: str) -> str:
    return bearer(KEY, algorithm=algorithm)["Authorization"].removeprefix("Bearer ").split(".")[0]


@pytest.mark.parametrize("name", ["nothing bent", *BENDS])
def test_a_case_that_looks_at_it_sees_what_is_bent(name: str) -> None:
    bend = BENDS.get(name, Bend(tuple(sorted({case for b in BENDS.values() for case in b.reds}))))
    cases = [case for case in CASES if case.id in bend.reds]
    assert len(cases) == len(bend.reds)

    async def run() -> list[Result]:
        behaviour = Behaviour(limits=False, idle_timeout_s=1.5, status_interval_s=0.2)
        async with AsyncExitStack() as stack:
            exchange = await stack.enter_async_context(
                SimulatedExchange(seed=1, pace=20, behaviour=behaviour)
            )
            session = await stack.enter_async_context(aiohttp.ClientSession())
            bent = BentExchange(exchange, session, bend)
            client = await stack.enter_async_context(served(bent.answer, exchange.credentials()))
            await client.meet()
            return [await run_case(client, case) for case in cases]

    outcomes = {result.case.id: (result.outcome, result.detail) for result in asyncio.run(run())}
    expected = "FAILED" if name in BENDS else "ok"
    assert {case: outcome[0] for case, outcome in outcomes.items()} == dict.fromkeys(
        outcomes, expected
    ), outcomes


# --- Limits ----------------------------------------------------------------------------------

LIMITS = ("window", "pocket", "connects", "messages-a-second", "origin-limit", "blocked")


def test_an_exchange_that_limits_nobody_is_found_out() -> None:
    cases = [case for case in CASES if case.id in {f"limits.{name}" for name in LIMITS}]

    async def run() -> list[Result]:
        async with SimulatedExchange(behaviour=Behaviour(limits=False)) as exchange:
            address = Address.parse(exchange.settings().rest_url)
            async with Client(address, exchange.credentials(), FAST) as client:
                client.simulated = True
                return [await run_case(client, case) for case in cases]

    outcomes = [result.outcome for result in asyncio.run(run())]
    assert outcomes == ["FAILED"] * len(LIMITS)
