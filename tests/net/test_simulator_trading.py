"""Trading on the simulated exchange as a plain client does it: signed calls and private streams."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import json
import uuid
import weakref
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Any, TypeVar

import aiohttp
import jwt
import numpy as np
import pytest

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt.simulator.behaviour import Behaviour
from upbit_ws_qt.system.credentials import Credentials

NOW = 1_793_000_042_345
D = Decimal
ChoiceT = TypeVar("ChoiceT")
EVERYTHING = ({"type": "myOrder"}, {"type": "myAsset"})


class Trader:
    """A client with a key, and one private WebSocket that hears everything."""

    def __init__(self, exchange: SimulatedExchange, session: aiohttp.ClientSession) -> None:
        self.exchange = exchange
        self.session = session
        self.credentials: Credentials = exchange.credentials()
        self.ear = Ear(self)
        # By currency what the frames told last, beginning with the accounts; by uuid the last
        # frame of each order, and the trades that frames told of.
        self.assets: dict[str, tuple[Decimal, Decimal]] = {}
        self.orders: dict[str, dict[str, Any]] = {}
        self.fills: dict[str, list[dict[str, Any]]] = {}

    # -- calls -----------------------------------------------------------------------------------

    def token(self, query: str = "") -> dict[str, str]:
        claims = {"access_key": self.credentials.access_key, "nonce": str(uuid.uuid4())}
        if query:
            claims["query_hash"] = hashlib.sha512(query.encode()).hexdigest()
            claims["query_hash_alg"] = "SHA512"
        secret = self.credentials.secret_key
        return {"Authorization": "Bearer " + jwt.encode(claims, secret, algorithm="HS256")}

    async def call(
        self, method: str, path: str, status: int = 200, body: Any = None, **query: Any
    ) -> Any:
        url = self.exchange.settings().rest_url + path
        pairs = [
            (f"{name}[]", each) if isinstance(value, list) else (name, value)
            for name, value in query.items()
            for each in (value if isinstance(value, list) else [value])
        ]
        text = "&".join(f"{name}={value}" for name, value in pairs if value is not None)
        if body is not None and method == "POST":
            text = "&".join(f"{name}={value}" for name, value in body.items())
        async with self.session.request(
            method, url, params=pairs, json=body, headers=self.token(text)
        ) as response:
            answer = json.loads(await response.text())
            assert response.status == status, answer
            return answer

    async def get(self, path: str, status: int = 200, **query: Any) -> Any:
        return await self.call("GET", path, status, **query)

    async def delete(self, path: str, status: int = 200, **query: Any) -> Any:
        return await self.call("DELETE", path, status, **query)

    async def place(self, market: str, side: str, ord_type: str, **fields: Any) -> Any:
        body = {"market": market, "side": side, "ord_type": ord_type}
        numbers = {name: f"{value}" for name, value in fields.items()}
        return await self.call("POST", "/v1/orders", 201, body | numbers)

    async def refusal(self, method: str, path: str, status: int, **options: Any) -> str:
        answer = await self.call(method, path, status, **options)
        assert set(answer) == {"error"}
        assert set(answer["error"]) == {"name", "message"}
        return str(answer["error"]["name"])

    async def book(self, market: str) -> Any:
        """The best row of the book: prices and sizes as decimals."""
        url = f"{self.exchange.settings().rest_url}/v1/orderbook"
        async with self.session.get(url, params={"markets": market}) as response:
            (row,) = json.loads(await response.text(), parse_float=D, parse_int=D)
        return row["orderbook_units"]

    # -- what must agree -------------------------------------------------------------------------

    async def begin(self) -> None:
        await self.ear.open(*EVERYTHING)
        for row in await self.get("/v1/accounts"):
            self.assets[row["currency"]] = (D(row["balance"]), D(row["locked"]))

    async def heard(self) -> list[dict[str, Any]]:
        """The frames since the last time, and what they add up to."""
        frames = await self.ear.heard()
        for frame in frames:
            if frame["type"] == "myAsset":
                for row in frame["assets"]:
                    self.assets[row["currency"]] = (D(row["balance"]), D(row["locked"]))
                continue
            self.orders[frame["uuid"]] = frame
            if frame["state"] == "trade":
                self.fills.setdefault(frame["uuid"], []).append(frame)
        return frames

    async def agree(self) -> list[str]:
        """Check that calls and frames tell the same; the states that orders' frames told."""
        frames = await self.heard()
        accounts = await self.get("/v1/accounts")
        told = {row["currency"]: (D(row["balance"]), D(row["locked"])) for row in accounts}
        assert {name: told.get(name) for name in self.assets} == self.assets
        waiting = {row["uuid"]: row for row in await self.get("/v1/orders/open")}
        ended = {row["uuid"]: row for row in await self.get("/v1/orders/closed", limit=1000)}
        assert waiting.keys().isdisjoint(ended)
        held: dict[str, Decimal] = {}
        for row in waiting.values():
            quote, base = row["market"].split("-")
            currency = quote if row["side"] == "bid" else base
            held[currency] = held.get(currency, D(0)) + D(row["locked"])
        assert {name: locked for name, (_, locked) in told.items() if locked} == held
        states = [frame for frame in frames if frame["type"] == "myOrder"]
        for uid in {frame["uuid"] for frame in states}:
            await self._agree_on(uid, waiting | ended)
        for uid, frame in self.orders.items():
            assert uid in (ended if frame["state"] in ("done", "cancel") else waiting)
        return [frame["state"] for frame in states]

    async def _agree_on(self, uid: str, listed: dict[str, Any]) -> None:
        row, frame = await self.get("/v1/order", uuid=uid), self.orders[uid]
        trades, fills = row.pop("trades"), self.fills.get(uid, [])
        names = ("executed_volume", "remaining_volume", "paid_fee", "remaining_fee", "locked")
        for name in (*names, "reserved_fee", "prevented_volume", "prevented_locked"):
            in_row = None if row.get(name) is None else D(row[name])
            in_list = None if listed[uid].get(name) is None else D(listed[uid][name])
            assert in_row == in_list, name
            # While a market buy waits its frames have no executed volume, but its rows do.
            if frame[name] is not None:
                assert in_row == frame[name], name
        assert row["trades_count"] == frame["trades_count"] == len(trades) == len(fills)
        for trade, fill in zip(trades, fills, strict=True):
            assert trade["uuid"] == fill["trade_uuid"]
            assert (D(trade["price"]), D(trade["volume"])) == (fill["price"], fill["volume"])
            assert D(trade["funds"]) == fill["price"] * fill["volume"]
        assert sum((D(trade["volume"]) for trade in trades), D(0)) == D(row["executed_volume"])
        assert sum((D(trade["funds"]) for trade in trades), D(0)) == frame["executed_funds"]
        assert sum((fill["trade_fee"] for fill in fills), D(0)) == D(row["paid_fee"])


class Ear:
    """One private WebSocket."""

    def __init__(self, trader: Trader) -> None:
        self._trader = trader
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def open(self, *wishes: Any) -> None:
        url = self._trader.exchange.settings().private_url
        headers = self._trader.token()
        self._socket = await self._trader.session.ws_connect(url, headers=headers)
        await self.ask(*wishes)

    async def ask(self, *parts: Any) -> None:
        assert self._socket is not None
        await self._socket.send_str(json.dumps([{"ticket": "t"}, *parts]))

    async def heard(self) -> list[Any]:
        """Everything that came before the answer to a question asked now."""
        assert self._socket is not None
        await self.ask({"method": "LIST_SUBSCRIPTIONS"})
        frames: list[Any] = []
        while True:
            message = await self._socket.receive()
            assert message.type is aiohttp.WSMsgType.BINARY, message
            frame = json.loads(message.data, parse_float=D, parse_int=D)
            if isinstance(frame, dict) and {"method", "mthd"} & set(frame):
                return frames
            frames.append(frame)

    async def close(self) -> None:
        assert self._socket is not None
        await self._socket.close()


def play(scene: Callable[[Trader], Awaitable[None]], **options: Any) -> None:
    options = {
        "start_time_ms": NOW,
        "realtime": False,
        "behaviour": Behaviour(limits=False),
    } | options

    async def run() -> None:
        async with (
            asyncio.timeout(60),
            SimulatedExchange(**options) as exchange,
            aiohttp.ClientSession() as session,
        ):
            trader = Trader(exchange, session)
            await trader.begin()
            await trader.agree()
            await scene(trader)
            await trader.ear.close()

    asyncio.run(run())


def types(frames: list[dict[str, Any]]) -> list[str]:
    """The order of frames: the states of orders, and ``assets``."""
    return [frame.get("state", "assets") for frame in frames]


# --- The life of each type of order ----------------------------------------------------------


def test_what_an_account_begins_with_is_held_by_open_orders() -> None:
    async def scene(trader: Trader) -> None:
        rows = await trader.get("/v1/orders/open")
        assert {(row["market"], row["side"]) for row in rows} == {
            ("KRW-BTC", "bid"),
            ("KRW-BTC", "ask"),
            ("KRW-XRP", "ask"),
        }
        assert await trader.heard() == []

    play(scene)


def test_a_limit_order_rests_until_it_is_cancelled() -> None:
    async def scene(trader: Trader) -> None:
        price = (await trader.book("KRW-BTC"))[-1]["bid_price"]
        row = await trader.place("KRW-BTC", "bid", "limit", price=price, volume="0.001")
        assert (row["state"], row["executed_volume"]) == ("wait", "0.0")
        assert D(row["locked"]) == price * D("0.001") * D("1.0005")
        placed = await trader.heard()
        assert types(placed) == ["wait", "assets"]
        assert placed[0]["price"] == price
        await trader.agree()
        answer = await trader.delete("/v1/order", uuid=row["uuid"])
        # The answer says that the wish was taken; the order waits still.
        assert answer == row
        frames = await trader.heard()
        assert types(frames) == ["cancel", "assets"]
        await trader.agree()
        assert (await trader.get("/v1/order", uuid=row["uuid"]))["state"] == "cancel"
        assert await trader.refusal("DELETE", "/v1/order", 404, uuid=row["uuid"]) == (
            "order_not_found"
        )

    play(scene)


def test_a_limit_order_that_crosses_trades_at_once_at_the_better_price() -> None:
    async def scene(trader: Trader) -> None:
        best, second = (await trader.book("KRW-SXP"))[:2]
        limit, volume = second["ask_price"] + 5, best["ask_size"] + 100
        row = await trader.place("KRW-SXP", "bid", "limit", price=limit, volume=volume)
        assert (row["state"], row["trades_count"]) == ("wait", 0)
        assert D(row["locked"]) == limit * volume * D("1.0005")
        frames = await trader.heard()
        assert types(frames) == ["wait", "assets", "trade", "assets", "trade", "assets", "done"]
        first, then = (frame for frame in frames if frame.get("state") == "trade")
        assert (first["price"], first["volume"]) == (best["ask_price"], best["ask_size"])
        assert (then["price"], then["volume"]) == (second["ask_price"], 100)
        assert (first["is_maker"], then["is_maker"]) == (False, False)
        assert (frames[-1]["remaining_volume"], frames[-1]["locked"]) == (0, 0)
        await trader.agree()

    play(scene)


def test_a_resting_order_is_filled_by_the_market() -> None:
    async def scene(trader: Trader) -> None:
        price = (await trader.book("KRW-BTC"))[0]["bid_price"]
        row = await trader.place("KRW-BTC", "bid", "limit", price=price, volume="0.05")
        states = await trader.agree()
        while states[-1] != "done":
            await trader.exchange.advance(10_000)
            states += await trader.agree()
        assert states[0] == "wait"
        assert set(states[1:-1]) == {"trade"}
        for fill in trader.fills[row["uuid"]]:
            assert (fill["is_maker"], fill["price"]) == (True, price)

    play(scene)


def test_a_market_buy_spends_its_funds_and_ends_with_what_is_left() -> None:
    async def scene(trader: Trader) -> None:
        row = await trader.place("KRW-BTC", "bid", "price", price="50000")
        assert {"volume", "remaining_volume"}.isdisjoint(row)
        assert (row["price"], row["locked"], row["state"]) == ("50000", "50025.0", "wait")
        frames = await trader.heard()
        assert types(frames) == ["wait", "assets", "trade", "assets", "cancel", "assets"]
        names = ("volume", "remaining_volume", "executed_volume")
        assert [frames[0][name] for name in names] == [None, None, None]
        spent = frames[-2]["executed_funds"]
        price = (await trader.book("KRW-BTC"))[0]["ask_price"]
        assert 50_000 - price * D("0.00000001") < spent < 50_000
        await trader.agree()

    play(scene)


def test_a_market_sale_is_done() -> None:
    async def scene(trader: Trader) -> None:
        before = {row["currency"]: D(row["balance"]) for row in await trader.get("/v1/accounts")}
        row = await trader.place("KRW-XRP", "ask", "market", volume="10")
        assert "price" not in row
        frames = await trader.heard()
        assert types(frames) == ["wait", "assets", "trade", "assets", "done"]
        assert frames[0]["price"] is None
        await trader.agree()
        after = {row["currency"]: D(row["balance"]) for row in await trader.get("/v1/accounts")}
        assert after["XRP"] == before["XRP"] - 10
        funds = frames[-1]["executed_funds"]
        assert after["KRW"] == before["KRW"] + funds - funds * D("0.0005")

    play(scene)


@pytest.mark.parametrize("condition", ["ioc", "fok"])
def test_a_best_order_takes_only_the_best_price(condition: str) -> None:
    async def scene(trader: Trader) -> None:
        best = (await trader.book("KRW-ETH"))[0]
        volume = min(best["bid_size"] * 2, D("2"))
        expected = ["wait", "trade", "cancel"] if best["bid_size"] < volume else ["wait", "trade"]
        if condition == "fok":
            expected = ["wait", "cancel"] if best["bid_size"] < volume else expected
        row = await trader.place("KRW-ETH", "ask", "best", volume=volume, time_in_force=condition)
        states = await trader.agree()
        assert states[: len(expected)] == expected
        for fill in trader.fills.get(row["uuid"], ()):
            assert fill["price"] == best["bid_price"]

    play(scene)


def test_what_an_ioc_order_cannot_trade_at_once_is_cancelled() -> None:
    async def scene(trader: Trader) -> None:
        best = (await trader.book("KRW-SXP"))[0]
        wanted = {"price": best["ask_price"], "volume": best["ask_size"] + 10}
        await trader.place("KRW-SXP", "bid", "limit", time_in_force="ioc", **wanted)
        assert await trader.agree() == ["wait", "trade", "cancel"]

    play(scene)


def test_a_fok_order_trades_as_a_whole_or_not() -> None:
    async def scene(trader: Trader) -> None:
        best = (await trader.book("KRW-SXP"))[0]
        wanted = {"price": best["ask_price"], "time_in_force": "fok"}
        await trader.place("KRW-SXP", "bid", "limit", volume=best["ask_size"] + 10, **wanted)
        assert await trader.agree() == ["wait", "cancel"]
        await trader.place("KRW-SXP", "bid", "limit", volume=best["ask_size"], **wanted)
        assert await trader.agree() == ["wait", "trade", "done"]

    play(scene)


def test_a_post_only_order_never_takes() -> None:
    async def scene(trader: Trader) -> None:
        best = (await trader.book("KRW-BTC"))[0]
        wanted = {"volume": "0.001", "time_in_force": "post_only"}
        crossing = await trader.place("KRW-BTC", "bid", "limit", price=best["ask_price"], **wanted)
        assert crossing["time_in_force"] == "post_only"
        assert await trader.agree() == ["wait", "cancel"]
        await trader.place("KRW-BTC", "bid", "limit", price=best["bid_price"], **wanted)
        assert await trader.agree() == ["wait"]

    play(scene)


@pytest.mark.parametrize(
    ("smp_type", "expected", "prevented", "left"),
    [
        ("cancel_maker", ["wait", "prevented", "cancel"], (100, 0), ("cancel", "wait")),
        ("cancel_taker", ["wait", "prevented", "cancel"], (0, 150), ("wait", "cancel")),
        (
            "reduce",
            ["wait", "prevented", "cancel", "prevented"],
            (100, 100),
            ("cancel", "wait"),
        ),
        ("none", ["wait", "trade", "trade", "done"], (0, 0), ("done", "wait")),
    ],
)
def test_own_orders_that_meet(
    smp_type: str, expected: list[str], prevented: tuple[int, int], left: tuple[str, str]
) -> None:
    async def scene(trader: Trader) -> None:
        await trader.place("KRW-HUNT", "bid", "price", price="100000")
        best = (await trader.book("KRW-HUNT"))[0]
        # Nobody else is within the spread.
        price = best["ask_price"] - 1
        assert price > best["bid_price"]
        maker = await trader.place("KRW-HUNT", "ask", "limit", price=price, volume="100")
        await trader.agree()
        taker = await trader.place(
            "KRW-HUNT", "bid", "limit", price=price, volume="150", smp_type=smp_type
        )
        assert await trader.agree() == expected
        made, took = trader.orders[maker["uuid"]], trader.orders[taker["uuid"]]
        assert (made["prevented_volume"], took["prevented_volume"]) == prevented
        rows = [await trader.get("/v1/order", uuid=row["uuid"]) for row in (maker, taker)]
        assert (rows[0]["state"], rows[1]["state"]) == left

    play(scene)


def test_an_order_is_replaced_by_another_for_what_is_left() -> None:
    async def scene(trader: Trader) -> None:
        rows = await trader.book("KRW-BTC")
        first = await trader.place(
            "KRW-BTC", "bid", "limit", price=rows[9]["bid_price"], volume="0.003", identifier="a"
        )
        body = {
            "prev_order_identifier": "a",
            "new_ord_type": "limit",
            "new_price": str(rows[8]["bid_price"]),
            "new_volume": "remain_only",
            "new_identifier": "b",
        }
        answer = await trader.call("POST", "/v1/orders/cancel_and_new", 201, body)
        assert (answer["uuid"], answer["state"]) == (first["uuid"], "wait")
        assert answer["new_order_identifier"] == "b"
        assert await trader.agree() == ["wait", "cancel", "wait"]
        second = await trader.get("/v1/order", identifier="b")
        assert second["uuid"] == answer["new_order_uuid"]
        assert (second["volume"], second["side"], second["market"]) == ("0.003", "bid", "KRW-BTC")
        assert await trader.refusal("POST", "/v1/orders/cancel_and_new", 404, body=body) == (
            "order_not_found"
        )
        body = {"prev_order_uuid": second["uuid"], "new_ord_type": "price", "new_price": "6000"}
        answer = await trader.call("POST", "/v1/orders/cancel_and_new", 201, body)
        assert (answer["identifier"], "new_order_identifier" in answer) == ("b", False)
        assert await trader.agree() == ["cancel", "wait", "trade", "cancel"]

    play(scene)


def test_a_tested_order_leaves_no_trace() -> None:
    async def scene(trader: Trader) -> None:
        body = {"market": "KRW-BTC", "side": "bid", "ord_type": "price", "price": "5000"}
        row = await trader.call("POST", "/v1/orders/test", 201, body)
        assert (row["state"], row["locked"]) == ("wait", "5002.5")
        assert await trader.heard() == []
        assert await trader.refusal("GET", "/v1/order", 404, uuid=row["uuid"]) == "order_not_found"
        body["price"] = "4999"
        assert await trader.refusal("POST", "/v1/orders/test", 400, body=body) == (
            "under_min_total_bid"
        )

    play(scene)


# --- Reading and cancelling many -------------------------------------------------------------


async def three_bids(trader: Trader) -> list[str]:
    rows = await trader.book("KRW-BTC")
    placed = [
        await trader.place(
            "KRW-BTC",
            "bid",
            "limit",
            price=rows[number]["bid_price"],
            volume="0.001",
            identifier=f"mine-{number}",
        )
        for number in (7, 8, 9)
    ]
    await trader.agree()
    return [row["uuid"] for row in placed]


def test_orders_are_listed_by_their_names() -> None:
    async def scene(trader: Trader) -> None:
        one, two, three = await three_bids(trader)
        rows = await trader.get("/v1/orders/uuids", uuids=[one, three, str(uuid.uuid4())])
        assert [row["uuid"] for row in rows] == [three, one]
        rows = await trader.get(
            "/v1/orders/uuids", identifiers=["mine-7", "mine-8"], order_by="asc"
        )
        assert [row["uuid"] for row in rows] == [one, two]
        assert rows[0]["executed_volume"] == "0"
        assert await trader.get("/v1/orders/uuids", uuids=[one], market="KRW-ETH") == []

    play(scene)


def test_open_orders_come_in_pages() -> None:
    async def scene(trader: Trader) -> None:
        expected = (await three_bids(trader))[::-1]
        pages = [await trader.get("/v1/orders/open", limit=2, page=page) for page in (1, 2, 3, 4)]
        assert [len(page) for page in pages] == [2, 2, 2, 0]
        assert [row["uuid"] for page in pages for row in page][:3] == expected
        assert await trader.get("/v1/orders/open", state="watch") == []
        assert len(await trader.get("/v1/orders/open", states=["wait", "watch"])) == 6
        assert len(await trader.get("/v1/orders/open", market="KRW-XRP")) == 1

    play(scene)


def test_the_call_of_older_clients_lists_orders_of_any_one_state() -> None:
    async def scene(trader: Trader) -> None:
        one, _, _ = await three_bids(trader)
        await trader.delete("/v1/order", identifier="mine-7")
        assert len(await trader.get("/v1/orders", market="KRW-BTC", state="wait")) == 4
        (row,) = await trader.get("/v1/orders", state="cancel", page=1, limit=100)
        assert row["uuid"] == one

    play(scene)


def test_many_orders_are_cancelled_by_name() -> None:
    async def scene(trader: Trader) -> None:
        one, two, three = await three_bids(trader)
        await trader.delete("/v1/order", uuid=one)
        answer = await trader.delete("/v1/orders/uuids", uuids=[one, two, "unknown"])
        assert answer == {
            "success": {
                "count": 1,
                "orders": [{"uuid": two, "market": "KRW-BTC", "identifier": "mine-8"}],
            },
            "failed": {
                "count": 1,
                "orders": [{"uuid": one, "market": "KRW-BTC", "identifier": "mine-7"}],
            },
        }
        assert await trader.agree() == ["cancel", "cancel"]
        answer = await trader.delete("/v1/orders/uuids", identifiers=["mine-9", "mine-9"])
        assert answer["success"]["orders"][0]["uuid"] == three
        assert answer["failed"]["count"] == 0

    play(scene)


def test_all_orders_of_a_side_are_cancelled_at_once() -> None:
    async def scene(trader: Trader) -> None:
        await three_bids(trader)
        answer = await trader.delete(
            "/v1/orders/open", cancel_side="bid", quote_currencies="KRW,BTC"
        )
        assert (answer["success"]["count"], answer["failed"]["count"]) == (4, 0)
        assert await trader.agree() == ["cancel"] * 4
        left = await trader.get("/v1/orders/open")
        assert {row["side"] for row in left} == {"ask"}
        await trader.delete("/v1/orders/open", pairs="KRW-XRP")
        answer = await trader.delete("/v1/orders/open")
        assert answer["success"]["count"] == 1
        assert await trader.agree() == ["cancel", "cancel"]
        assert await trader.refusal("DELETE", "/v1/orders/open", 404) == "order_not_found"
        accounts = await trader.get("/v1/accounts")
        assert {row["locked"] for row in accounts} == {"0.0"}

    play(scene)


def test_what_can_be_ordered() -> None:
    async def scene(trader: Trader) -> None:
        row = await trader.get("/v1/orders/chance", market="KRW-BTC")
        accounts = {row["currency"]: row for row in await trader.get("/v1/accounts")}
        assert row["bid_account"] == accounts["KRW"]
        assert row["ask_account"] == accounts["BTC"]
        assert (row["bid_fee"], row["market"]["bid"]["min_total"]) == ("0.0005", "5000")
        # A currency the account never had is not entered by looking.
        row = await trader.get("/v1/orders/chance", market="KRW-DOGE")
        assert (row["ask_account"]["currency"], row["ask_account"]["balance"]) == ("DOGE", "0.0")
        assert {row["currency"]: row for row in await trader.get("/v1/accounts")} == accounts

    play(scene)


def test_wallets_keys_deposits_and_withdrawals() -> None:
    async def scene(trader: Trader) -> None:
        wallets = await trader.get("/v1/status/wallet")
        assert {"BTC", "XRP"} <= {row["currency"] for row in wallets}
        assert {row["wallet_state"] for row in wallets} == {"working"}
        (key,) = await trader.get("/v1/api_keys")
        assert key["access_key"] == trader.credentials.access_key
        assert key["expire_at"].endswith("+09:00")
        for path in (
            "/v1/deposits",
            "//v1/deposits",
            "/v1/deposits/coin_addresses",
            "/v1/withdraws",
            "/v1/withdraws/coin_addresses",
        ):
            assert await trader.get(path) == []
        assert await trader.refusal("GET", "/v1/deposit", 404) == "deposit_not_found"
        assert await trader.refusal("GET", "/v1/withdraw", 404) == "withdraw_not_found"

    play(scene)


# --- Errors ----------------------------------------------------------------------------------

LIMIT = {"market": "KRW-BTC", "side": "bid", "ord_type": "limit"}
MANY = [str(number) for number in range(21)]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "validation_error"),
        ({"market": "KRW-NONE"}, "notfoundmarket"),
        ({"market": "KRW-BTC", "side": "buy", "ord_type": "limit"}, "invalid_parameter"),
        (LIMIT | {"price": "116000000.5", "volume": "0.001"}, "invalid_price_bid"),
        (LIMIT | {"price": "116000000", "volume": "0.00000001"}, "under_min_total_bid"),
        (LIMIT | {"price": "116000000", "volume": "9"}, "over_krw_funds_bid"),
        (LIMIT | {"price": "116000000", "volume": "8"}, "insufficient_funds_bid"),
        (LIMIT | {"price": "116000000", "volume": "much"}, "invalid_parameter"),
        (
            {"market": "KRW-XRP", "side": "ask", "ord_type": "market", "volume": "4000"},
            "insufficient_funds_ask",
        ),
        (
            LIMIT
            | {
                "price": "116000000",
                "volume": "0.001",
                "time_in_force": "post_only",
                "smp_type": "reduce",
            },
            "invalid_post_only",
        ),
    ],
)
def test_orders_that_are_refused(body: dict[str, str], name: str) -> None:
    async def scene(trader: Trader) -> None:
        assert await trader.refusal("POST", "/v1/orders", 400, body=body) == name
        assert await trader.agree() == []

    play(scene)


def test_an_identifier_is_used_once() -> None:
    async def scene(trader: Trader) -> None:
        fields = {"price": "5000", "identifier": "once"}
        await trader.place("KRW-BTC", "bid", "price", **fields)
        body = {"market": "KRW-BTC", "side": "bid", "ord_type": "price", **fields}
        name = await trader.refusal("POST", "/v1/orders", 400, body=body)
        assert name == "duplicated_identifier"

    play(scene)


@pytest.mark.parametrize(
    ("method", "path", "query", "status", "name"),
    [
        ("GET", "/v1/orders/chance", {}, 400, "invalid_parameter"),
        ("GET", "/v1/orders/chance", {"market": "KRW-NONE"}, 400, "notfoundmarket"),
        ("GET", "/v1/order", {}, 400, "invalid_parameter"),
        ("GET", "/v1/order", {"uuid": "unknown"}, 404, "order_not_found"),
        ("GET", "/v1/order", {"identifier": "unknown"}, 404, "order_not_found"),
        ("GET", "/v1/orders/open", {"state": "done"}, 400, "invalid_parameter"),
        ("GET", "/v1/orders/open", {"limit": 101}, 400, "invalid_parameter"),
        ("GET", "/v1/orders/closed", {"states": ["wait"]}, 400, "invalid_parameter"),
        ("GET", "/v1/orders/closed", {"limit": 1001}, 400, "invalid_parameter"),
        ("GET", "/v1/orders/uuids", {}, 400, "invalid_parameter"),
        (
            "GET",
            "/v1/orders/uuids",
            {"uuids": ["a"], "identifiers": ["b"]},
            400,
            "invalid_parameter",
        ),
        ("DELETE", "/v1/order", {}, 400, "bad_request"),
        ("DELETE", "/v1/order", {"uuid": "unknown"}, 404, "order_not_found"),
        ("DELETE", "/v1/orders/uuids", {}, 400, "bad_request"),
        ("DELETE", "/v1/orders/uuids", {"uuids": MANY}, 400, "bad_request"),
        ("DELETE", "/v1/orders/open", {"count": 301}, 400, "invalid_parameter"),
        ("DELETE", "/v1/orders/open", {"quote_currencies": "USDT"}, 404, "order_not_found"),
        ("POST", "/v1/orders/cancel_and_new", {"body": {}}, 400, "invalid_parameter"),
        (
            "POST",
            "/v1/orders/cancel_and_new",
            {"body": {"prev_order_uuid": "unknown"}},
            404,
            "order_not_found",
        ),
        (
            "DELETE",
            "/v1/orders/open",
            {"body": {"cancel_side": "all"}},
            400,
            "QUERY_PARAMETER_NOT_SUPPORTED",
        ),
    ],
)
def test_calls_that_are_refused(
    method: str, path: str, query: dict[str, Any], status: int, name: str
) -> None:
    async def scene(trader: Trader) -> None:
        if method == "DELETE" and "body" in query:
            # What is in a body counts for the token too.
            text = "&".join(f"{key}={value}" for key, value in query["body"].items())
            url = trader.exchange.settings().rest_url + path
            async with trader.session.delete(
                url, json=query["body"], headers=trader.token(text)
            ) as response:
                assert response.status == status
                assert (await response.json())["error"]["name"] == name
        else:
            assert await trader.refusal(method, path, status, **query) == name
        assert await trader.agree() == []

    play(scene)


def test_each_call_needs_its_right() -> None:
    async def scene(trader: Trader) -> None:
        trader.credentials = trader.exchange.issue_key(rights=["주문조회"])
        assert len(await trader.get("/v1/orders/open")) == 3
        body = {"market": "KRW-BTC", "side": "bid", "ord_type": "price", "price": "5000"}
        assert await trader.refusal("POST", "/v1/orders", 401, body=body) == "out_of_scope"
        assert await trader.refusal("GET", "/v1/accounts", 401) == "out_of_scope"
        assert await trader.refusal("GET", "/v1/deposits", 401) == "out_of_scope"
        await trader.get("/v1/status/wallet")
        assert len(trader.exchange.broker.orders) == 3

    play(scene)


# --- The streams -----------------------------------------------------------------------------


def test_what_the_customer_trades_is_seen_by_everybody() -> None:
    async def scene(trader: Trader) -> None:
        settings = trader.exchange.settings()
        async with trader.session.ws_connect(settings.public_url) as socket:
            wish = {"type": "trade", "codes": ["KRW-BTC"], "is_only_realtime": True}
            await socket.send_str(json.dumps([{"ticket": "t"}, wish]))
            await socket.send_str('[{"ticket":"t"},{"method":"LIST_SUBSCRIPTIONS"}]')
            assert b"LIST_SUBSCRIPTIONS" in await socket.receive_bytes()
            row = await trader.place("KRW-BTC", "bid", "price", price="7000")
            public = json.loads(await socket.receive_bytes(), parse_float=D)
        await trader.agree()
        (fill,) = trader.fills[row["uuid"]]
        assert D(public["trade_price"]) == fill["price"]
        assert public["trade_volume"] == fill["volume"]
        assert public["ask_bid"] == "BID"
        assert public["trade_timestamp"] == fill["trade_timestamp"]
        query = {"market": "KRW-BTC"}
        url = settings.rest_url + "/v1/trades/ticks"
        async with trader.session.get(url, params=query) as response:
            (tick,) = await response.json()
        assert tick["sequential_id"] == public["sequential_id"]

    play(scene)


def test_orders_of_chosen_markets_in_a_chosen_format() -> None:
    async def scene(trader: Trader) -> None:
        ear = Ear(trader)
        await ear.open({"type": "myOrder", "codes": ["KRW-XRP", "NO-SUCH"]}, {"format": "SIMPLE"})
        assert await ear.heard() == []
        await trader.place("KRW-BTC", "bid", "price", price="5000")
        await trader.place("KRW-XRP", "ask", "market", volume="10")
        frames = await ear.heard()
        assert [(frame["ty"], frame["cd"], frame["s"]) for frame in frames] == [
            ("myOrder", "KRW-XRP", "wait"),
            ("myOrder", "KRW-XRP", "trade"),
            ("myOrder", "KRW-XRP", "done"),
        ]
        await ear.ask({"type": "myAsset"}, {"format": "JSON_LIST"})
        await trader.place("KRW-XRP", "ask", "market", volume="10")
        frames = await ear.heard()
        assert [frame[0]["type"] for frame in frames] == ["myAsset", "myAsset"]
        await ear.close()

    play(scene)


def test_a_client_who_is_gone_is_forgotten() -> None:
    async def scene(trader: Trader) -> None:
        ear = Ear(trader)
        await ear.open(*EVERYTHING)
        gone = weakref.ref(trader.exchange.connections[-1])
        await ear.close()
        await gone().ended_event.wait()
        assert len(trader.exchange.connections) == 1
        await trader.place("KRW-BTC", "bid", "price", price="5000")
        assert types(await trader.heard())[0] == "wait"
        gc.collect()
        assert gone() is None

    play(scene)


def test_the_first_subscription_to_balances_may_be_silent_at_first() -> None:
    async def scene(trader: Trader) -> None:
        await trader.place("KRW-BTC", "bid", "price", price="5000")
        assert "assets" not in types(await trader.heard())
        await trader.exchange.advance(60_000)
        await trader.heard()
        await trader.place("KRW-BTC", "bid", "price", price="5000")
        assert "assets" in types(await trader.heard())

    play(scene, behaviour=Behaviour(limits=False, first_asset_delay_s=60))


def test_announcements_reach_those_who_asked() -> None:
    async def scene(trader: Trader) -> None:
        ear = Ear(trader)
        await ear.open({"type": "announcement", "categories": ["trade"]})
        assert await ear.heard() == []
        trader.exchange.announce("점검", category="maintenance")
        trader.exchange.announce("신규 거래지원", "본문", "trade")
        (frame,) = await ear.heard()
        assert (frame["title"], frame["event_type"]) == ("신규 거래지원", "CREATED")
        assert "body" not in frame
        assert await trader.heard() == []
        with pytest.raises(InvalidRequest, match="category is of notice, trade"):
            trader.exchange.announce("?", category="gossip")
        await ear.close()

    play(scene)


# --- An hour of it ---------------------------------------------------------------------------


class Dice:
    """Chance that can be had again."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def choice(self, choices: Sequence[ChoiceT]) -> ChoiceT:
        return choices[int(self._rng.integers(len(choices)))]


async def random_order(trader: Trader, dice: Dice) -> None:
    market = dice.choice(["KRW-BTC", "KRW-XRP", "BTC-ETH", "KRW-HUNT"])
    side = dice.choice(["bid", "ask"])
    row = dice.choice((await trader.book(market))[:3])
    price = dice.choice([row["ask_price"], row["bid_price"]])
    if market == "KRW-HUNT":
        # Within the spread one's own orders meet.
        price = (row["ask_price"] + row["bid_price"]) // 2
    money = D("0.0002") if market.startswith("BTC") else D(dice.choice([6_000, 90_000, 300_000]))
    kind = dice.choice(["limit", "limit", "limit", "market", "best"])
    body = {"market": market, "side": side, "ord_type": kind}
    if kind == "limit":
        body["time_in_force"] = dice.choice(["", "", "ioc", "fok", "post_only"])
        body["smp_type"] = dice.choice(["", "none", "reduce", "cancel_taker", "cancel_maker"])
    if kind == "best":
        body["time_in_force"] = dice.choice(["ioc", "fok"])
    if kind == "market" and side == "bid":
        body["ord_type"] = "price"
    if kind != "limit" and side == "bid":
        body["price"] = f"{money}"
    else:
        body["volume"] = f"{(money / price).quantize(D('0.00000001'))}"
    if kind == "limit":
        body["price"] = f"{price:f}"
    body = {name: value for name, value in body.items() if value}
    url = trader.exchange.settings().rest_url + "/v1/orders"
    text = "&".join(f"{name}={value}" for name, value in body.items())
    async with trader.session.post(url, json=body, headers=trader.token(text)) as response:
        answer = await response.json()
    # Chance may ask for what is not there, or for what does not go together; nothing else.
    if response.status != 201:
        assert answer["error"]["name"] in (
            "insufficient_funds_bid",
            "insufficient_funds_ask",
            "invalid_post_only",
        ), answer


def test_an_hour_of_trading_after_which_everything_agrees() -> None:
    async def scene(trader: Trader) -> None:
        dice = Dice(11)
        expected = {name: free + locked for name, (free, locked) in trader.assets.items()}
        states: list[str] = []
        for _ in range(60):
            for _ in range(dice.choice([0, 1, 2, 3])):
                await random_order(trader, dice)
            waiting = await trader.get("/v1/orders/open")
            if len(waiting) > 8:
                await trader.delete("/v1/order", uuid=dice.choice(waiting)["uuid"])
            states += await trader.agree()
            await trader.exchange.advance(60_000)
            states += await trader.agree()
        assert {"wait", "trade", "done", "cancel", "prevented"} <= set(states)
        fills = [fill for fills in trader.fills.values() for fill in fills]
        assert {True, False} == {fill["is_maker"] for fill in fills}
        # Nothing was made or lost but by trading and its fees.
        for fill in fills:
            quote, base = fill["code"].split("-")
            sign = 1 if fill["ask_bid"] == "BID" else -1
            expected[base] = expected.get(base, D(0)) + sign * fill["volume"]
            expected[quote] -= sign * fill["price"] * fill["volume"] + fill["trade_fee"]
        accounts = await trader.get("/v1/accounts")
        owned = {row["currency"]: D(row["balance"]) + D(row["locked"]) for row in accounts}
        assert {name: total for name, total in owned.items() if total} == expected

    play(scene)
