"""Every REST call on the simulated exchange, over HTTP; orders as calls and frames tell them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import aiohttp
import pytest

from upbit_ws_qt import rest
from upbit_ws_qt.auth import Algorithm, UpbitAuthenticator
from upbit_ws_qt.errors import AuthenticationFailed, RequestRejected, UpbitError
from upbit_ws_qt.events import (
    AssetEvent,
    Balance,
    CandleEvent,
    ConnectionType,
    OrderEvent,
    OrderState,
    Source,
)
from upbit_ws_qt.net.http import RestClient
from upbit_ws_qt.ratelimit import GlobalRateLimiter
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt.simulator.behaviour import Behaviour
from upbit_ws_qt.system.credentials import Credentials
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt.wire import DataEvent, decode

NOW_MS = 1_793_000_042_345
DAY_MS = 86_400_000
ASSETS_ONLY, ORDERS_ONLY = ("자산조회",), ("주문조회",)


class Desk:
    """A client of ours, a plain one that trades, and a private WebSocket that hears everything."""

    def __init__(self, exchange: SimulatedExchange, session: aiohttp.ClientSession) -> None:
        self.exchange = exchange
        self.session = session
        self.settings = exchange.settings()
        self.signer = UpbitAuthenticator(exchange.credentials())
        self.client = RestClient(self.settings, GlobalRateLimiter(1.0))
        self.client.set_authenticator(self.signer)
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def call(self, call: rest.RestCall[Any]) -> Any:
        return await self.client.call(call)

    async def place(self, **fields: str) -> str:
        """Place an order as a JSON body, which is signed as a query; its uuid."""
        url = f"{self.settings.rest_url}/v1/orders"
        headers = self.signer.headers(fields)
        async with self.session.post(url, json=fields, headers=headers) as answer:
            row = await answer.json()
            assert answer.status == 201, row
            return str(row["uuid"])

    async def cancel(self, uuid: str) -> None:
        url = f"{self.settings.rest_url}/v1/order"
        headers = self.signer.headers({"uuid": uuid})
        async with self.session.delete(url, params={"uuid": uuid}, headers=headers) as answer:
            assert answer.status == 200

    async def listen(self, form: str = "DEFAULT") -> None:
        url = self.settings.private_url
        self._socket = await self.session.ws_connect(url, headers=self.signer.headers())
        await self._ask({"type": "myOrder"}, {"type": "myAsset"}, {"format": form})

    async def heard(self) -> list[DataEvent]:
        """Everything that came before the answer to a question asked now, decoded."""
        assert self._socket is not None
        await self._ask({"method": "LIST_SUBSCRIPTIONS"})
        events: list[DataEvent] = []
        while True:
            frame = await self._socket.receive_bytes()
            if b"LIST_SUBSCRIPTIONS" in frame:
                return events
            events.append(decode(frame))

    async def _ask(self, *parts: dict[str, Any]) -> None:
        assert self._socket is not None
        await self._socket.send_str(json.dumps([{"ticket": "t"}, *parts]))

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()
        await self.client.close()


def play(scene: Callable[[Desk], Awaitable[None]], **options: Any) -> None:
    choices = {"seed": 1, "start_time_ms": NOW_MS, "behaviour": Behaviour(limits=False)} | options

    async def main() -> None:
        async with (
            asyncio.timeout(60),
            SimulatedExchange(realtime=False, **choices) as exchange,
            aiohttp.ClientSession() as session,
        ):
            desk = Desk(exchange, session)
            try:
                await scene(desk)
            finally:
                await desk.close()

    asyncio.run(main())


# -- markets ---------------------------------------------------------------------------------------


def test_all_tickers_of_a_quote_currency() -> None:
    async def scene(desk: Desk) -> None:
        markets = await desk.call(rest.markets())
        found = await desk.call(rest.tickers_in(["BTC", "USDT"]))
        assert {event.code for event in found} == {
            code for code in markets if code.startswith(("BTC-", "USDT-"))
        }
        by_code = {event.code: event for event in found}
        (one,) = await desk.call(rest.tickers(["BTC-ETH"]))
        assert one == by_code["BTC-ETH"]
        assert one.source is Source.REST
        assert one.trade_date_kst is not None
        assert one.ask_bid is None

    play(scene)


def test_trades_page_by_page_are_all_trades() -> None:
    """What is older than a page is found by its smallest id, none missing and none twice."""

    async def scene(desk: Desk) -> None:
        whole = await desk.call(rest.trades("KRW-BTC", 500))
        numbers = [event.sequential_id for event in whole]
        assert numbers == sorted(set(numbers))
        assert len(numbers) == 500
        paged: list[int] = []
        cursor: int | None = None
        while len(paged) < 500:
            page = await desk.call(rest.trades("KRW-BTC", 125, cursor=cursor))
            paged[:0] = [event.sequential_id for event in page]
            cursor = paged[0]
        assert paged == numbers
        assert all(event.change_price >= 0 for event in whole)
        assert any(event.trade_price < event.prev_closing_price for event in whole)

    play(scene)


def test_trades_of_another_day_and_before_a_time_of_it() -> None:
    async def scene(desk: Desk) -> None:
        today = datetime.fromtimestamp(NOW_MS // 1000, UTC).date()
        (last,) = await desk.call(rest.trades("KRW-BTC", 1, days_ago=2))
        assert last.time.date() == today - timedelta(days=2)
        call = rest.trades("KRW-BTC", 50, days_ago=1, to=time(3, 0))
        events = await desk.call(call)
        assert events[-1].time < datetime.combine(today - timedelta(days=1), time(3, 0), tzinfo=UTC)
        assert events[-1].time.date() == today - timedelta(days=1)

    play(scene)


def test_books_in_every_depth_and_level() -> None:
    async def scene(desk: Desk) -> None:
        instruments = await desk.call(rest.instruments(["KRW-BTC", "BTC-ETH"]))
        level = instruments["KRW-BTC"].levels[1]
        for depth in (1, 5, 15, 30):
            books = await desk.call(rest.orderbooks(["KRW-BTC", "KRW-ETH"], depth))
            assert [(book.code, len(book.orderbook_units)) for book in books] == [
                ("KRW-BTC", depth),
                ("KRW-ETH", depth),
            ]
        (grouped,) = await desk.call(rest.orderbooks(["KRW-BTC"], level=level))
        assert grouped.level == level
        assert all(row.ask_price % level == 0 for row in grouped.orderbook_units)
        assert await desk.call(rest.orderbooks(["BTC-ETH"], level=level)) == ()

    play(scene)


def test_days_converted_to_won() -> None:
    async def scene(desk: Desk) -> None:
        days = await desk.call(rest.candles("BTC-ETH", Timeframe.DAY, 3, converted_to="KRW"))
        rates = await desk.call(rest.candles("KRW-BTC", Timeframe.DAY, 3))
        for day, rate in zip(days, rates, strict=True):
            assert day.converted_trade_price == pytest.approx(day.trade_price * rate.trade_price)
            assert day.change_price == pytest.approx(day.trade_price - day.prev_closing_price)
            assert rate.converted_trade_price is None

    play(scene)


@pytest.mark.parametrize("unit", [Timeframe.SECOND_1, Timeframe.MINUTE_3, Timeframe.WEEK])
def test_more_candles_than_a_page_come_without_a_seam(unit: Timeframe) -> None:
    """They are those of the pages, oldest first; a hole in a quiet market stays a hole."""

    async def read(desk: Desk, pages: rest.CandlePages) -> tuple[CandleEvent, ...]:
        while (call := pages.next_call()) is not None:
            pages.take(await desk.call(call))
        return pages.rows

    async def scene(desk: Desk) -> None:
        end_ms = NOW_MS - 10 * unit.duration_ms
        found = await read(desk, rest.CandlePages("KRW-BTT", unit, 450, end_ms))
        starts = [candle.start_ms for candle in found]
        assert starts == sorted(set(starts))
        assert starts[-1] < end_ms
        assert {candle.timeframe for candle in found} == {unit}
        if unit is Timeframe.WEEK:
            assert len(found) < 450, "the market is younger"
        else:
            assert len(found) == 450
            assert starts[-1] - starts[0] > 449 * unit.duration_ms, "it has holes"
        middle = rest.CandlePages("KRW-BTT", unit, 100, starts[-50])
        assert await read(desk, middle) == found[-150:-50]

    play(scene, markets=["KRW-BTT"])


# -- orders ----------------------------------------------------------------------------------------

# What only frames tell, or only calls, or each in its own way.
_OWN = {"stamp", "timestamp", "stream_type", "avg_price", "executed_funds", "trades"}


def as_both_tell(event: OrderEvent) -> dict[str, Any]:
    told = {name: getattr(event, name) for name in event.__struct_fields__ if name not in _OWN}
    # While a market buy waits, frames have no executed volume and rows have 0.
    return told | {"executed_volume": event.executed_volume or 0}


@pytest.mark.parametrize("form", ["DEFAULT", "SIMPLE"])
def test_orders_are_the_same_however_they_are_told(form: str) -> None:
    """Through all that can become of them; and balances merged from frames are the accounts."""

    async def scene(desk: Desk) -> None:
        balances: tuple[Balance, ...] = await desk.call(rest.accounts())
        orders = {event.uuid: event for event in await desk.call(rest.open_orders())}
        assert {event.state for event in orders.values()} == {OrderState.WAIT}
        await desk.listen(form)
        (book,) = await desk.call(rest.orderbooks(["KRW-BTC"]))
        far = str(book.orderbook_units[-1].bid_price)
        best = str(book.orderbook_units[0].bid_price)
        rests = await desk.place(
            market="KRW-BTC", side="bid", ord_type="limit", price=far, volume="0.001"
        )
        gone = await desk.place(
            market="KRW-BTC",
            side="bid",
            ord_type="limit",
            price=far,
            volume="0.002",
            identifier="mine & only mine/é+1",
            time_in_force="post_only",
        )
        await desk.cancel(gone)
        filled = await desk.place(
            market="KRW-BTC", side="bid", ord_type="limit", price=best, volume="0.05"
        )
        bought = await desk.place(market="KRW-ETH", side="bid", ord_type="price", price="50000")
        sold = await desk.place(market="KRW-XRP", side="ask", ord_type="market", volume="10")
        heard: list[DataEvent] = []
        while not any(
            isinstance(event, OrderEvent) and event.uuid == filled and not event.is_open
            for event in heard
        ):
            await desk.exchange.advance(10_000)
            heard += await desk.heard()
        fills: dict[str, list[OrderEvent]] = {}
        for event in heard:
            assert event.connection_type is ConnectionType.PRIVATE
            if isinstance(event, AssetEvent):
                balances = event.merged_into(balances)
                continue
            assert isinstance(event, OrderEvent)
            orders[event.uuid] = event
            if event.state is OrderState.TRADE:
                fills.setdefault(event.uuid, []).append(event)

        waiting = await desk.call(rest.open_orders())
        ended = await desk.call(rest.closed_orders())
        assert {event.uuid for event in (*waiting, *ended)} == orders.keys()
        for event in (*waiting, *ended):
            assert event.source is Source.REST
            assert as_both_tell(event) == as_both_tell(orders[event.uuid])
            assert event.is_open is (event in waiting)
        assert {rests} < {event.uuid for event in waiting}
        states = {event.uuid: event.state for event in ended}
        assert states == {gone: "cancel", filled: "done", bought: "cancel", sold: "done"}

        for uuid in (filled, bought, sold):
            whole = await desk.call(rest.order(uuid=uuid))
            assert [trade.uuid for trade in whole.trades] == [f.trade_uuid for f in fills[uuid]]
            for trade, fill in zip(whole.trades, fills[uuid], strict=True):
                assert (trade.price, trade.volume) == (fill.price, fill.volume)
                assert trade.funds == trade.price * trade.volume
                assert int(trade.created_at.timestamp() * 1000) == fill.trade_timestamp
            assert sum(fill.trade_fee or 0 for fill in fills[uuid]) == whole.paid_fee
        by_name = await desk.call(rest.order(identifier="mine & only mine/é+1"))
        assert (by_name.uuid, by_name.trades) == (gone, ())
        with pytest.raises(RequestRejected, match="order_not_found"):
            await desk.call(rest.order(uuid="nobody's"))

        read = {row.currency: row for row in await desk.call(rest.accounts())}
        kept = {row.currency: row for row in balances}
        assert kept.keys() == read.keys()
        for currency, row in kept.items():
            assert (row.balance, row.locked) == (read[currency].balance, read[currency].locked)
        changed = {currency for currency, row in kept.items() if row.provisional}
        assert changed == {"KRW", "BTC", "ETH", "XRP"}

    play(scene)


def test_pages_states_and_windows_of_orders() -> None:
    async def scene(desk: Desk) -> None:
        (book,) = await desk.call(rest.orderbooks(["KRW-BTC"]))
        price = str(book.orderbook_units[-1].bid_price)
        made = [
            await desk.place(
                market="KRW-BTC", side="bid", ord_type="limit", price=price, volume="0.001"
            )
            for _ in range(5)
        ]
        begun = {event.uuid for event in await desk.call(rest.open_orders())} - set(made)
        pages = [await desk.call(rest.open_orders(page=page, limit=3)) for page in (1, 2, 3, 4)]
        listed = [event.uuid for page in pages for event in page]
        assert listed[:5] == made[::-1], "the newest first"
        assert set(listed[5:]) == begun
        assert pages[-1] == ()
        assert await desk.call(rest.open_orders("KRW-XRP")) == await desk.call(
            rest.open_orders("KRW-XRP", states=["wait"])
        )
        assert await desk.call(rest.open_orders(states=["watch"])) == ()

        await desk.cancel(made[0])
        await desk.exchange.advance(1000)
        now_ms = desk.exchange.now_ms
        (only,) = await desk.call(rest.closed_orders("KRW-BTC", states=["cancel"]))
        assert only.uuid == made[0]
        assert await desk.call(rest.closed_orders(states=["done"])) == ()
        assert await desk.call(rest.closed_orders("KRW-ETH")) == ()
        window = rest.closed_orders(start_ms=now_ms - 7 * DAY_MS, end_ms=now_ms)
        assert await desk.call(window) == (only,)
        assert await desk.call(rest.closed_orders(end_ms=NOW_MS - DAY_MS)) == ()
        assert await desk.call(rest.closed_orders(start_ms=NOW_MS - DAY_MS)) == (only,)

    play(scene)


# -- keys ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["HS512", "HS256"])
def test_both_ways_of_signing_are_accepted_for_calls_and_dials(algorithm: Algorithm) -> None:
    async def scene(desk: Desk) -> None:
        desk.signer = UpbitAuthenticator(desk.exchange.credentials(), algorithm)
        desk.client.set_authenticator(desk.signer)
        assert await desk.call(rest.open_orders("KRW-BTC", states=["wait", "watch"]))
        await desk.listen()
        assert await desk.heard() == []

    play(scene)


def test_when_the_key_ends() -> None:
    async def scene(desk: Desk) -> None:
        mine = desk.exchange.credentials()
        other = desk.exchange.issue_key(valid_for_ms=30 * DAY_MS)
        keys = await desk.call(rest.api_keys())
        (own,) = (key for key in keys if key.is_of(mine))
        (shorter,) = (key for key in keys if key.is_of(other))
        began = datetime.fromtimestamp(NOW_MS // 1000, UTC)
        assert own.expires_at == began + timedelta(days=365)
        assert shorter.expires_at == began + timedelta(days=30)

    play(scene)


async def refusal(desk: Desk, credentials: Credentials, call: rest.RestCall[Any]) -> UpbitError:
    desk.client.set_authenticator(UpbitAuthenticator(credentials))
    with pytest.raises(UpbitError) as caught:
        await desk.call(call)
    text = str(caught.value)
    assert credentials.access_key not in text
    assert credentials.secret_key not in text
    return caught.value


@pytest.mark.parametrize("status", [401, 403])
def test_a_missing_right_is_named_and_the_others_work(status: int) -> None:
    async def scene(desk: Desk) -> None:
        for rights, works, fails, missing in (
            (ASSETS_ONLY, [rest.accounts()], rest.open_orders(), "주문조회"),
            (ORDERS_ONLY, [rest.open_orders(), rest.closed_orders()], rest.accounts(), "자산조회"),
        ):
            key = desk.exchange.issue_key(rights=rights)  # type: ignore[arg-type]
            error = await refusal(desk, key, fails)
            assert isinstance(error, AuthenticationFailed)
            assert error.name == "out_of_scope"
            assert missing in str(error)
            for call in (*works, rest.api_keys()):
                await desk.call(call)

    play(scene, behaviour=Behaviour(limits=False, scope_status=status))


def test_every_way_a_key_is_refused_has_its_own_name() -> None:
    async def scene(desk: Desk) -> None:
        exchange = desk.exchange
        good = exchange.credentials()
        expired, deleted = exchange.issue_key(), exchange.issue_key()
        exchange.expire_key(expired)
        exchange.delete_key(deleted)
        cases = {
            "expired_access_key": expired,
            "invalid_access_key": deleted,
            "jwt_verification": Credentials(good.access_key, "x" * 40),
            "no_authorization_ip": exchange.issue_key(addresses=["203.0.113.5"]),
        }
        for name, credentials in cases.items():
            error = await refusal(desk, credentials, rest.accounts())
            assert isinstance(error, AuthenticationFailed), name
            assert error.name == name

    play(scene)


def test_refusals_of_both_halves_are_typed() -> None:
    """One names errors by a number, the other by a word."""

    async def scene(desk: Desk) -> None:
        for call, name in (
            (rest.tickers(["KRW-NOTHERE"]), "404"),
            (rest.trades("KRW-NOTHERE", 1), "404"),
            (rest.tickers_in(["XYZ"]), "400"),
            (rest.order(identifier="nobody's"), "order_not_found"),
        ):
            with pytest.raises(RequestRejected) as caught:
                await desk.call(call)
            assert caught.value.name == name
            assert caught.value.message

    play(scene)
