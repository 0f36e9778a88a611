"""Cases about orders and the private streams; they trade, so only a simulated exchange. asyncio."""

from __future__ import annotations

import uuid
from decimal import Decimal

from upbit_ws_qt.field_names import MY_ASSET, MY_ORDER

from .case import Mismatch, NotApplicable, case, check, check_equal
from .client import Client
from .forms import check_form, check_names, is_amount, is_milliseconds
from .trader import BTC, ENDS, Row, Trader, limit_bid, trading

_MEETINGS = 5
_FILL = ("trade_uuid", "trade_fee", "is_maker", "trade_timestamp")


@case("3.18", "3.22", "7.5", "7.7", "7.11", key=True, rough=True)
async def limit_order(client: Client) -> None:
    """A limit order is answered with 201, waits, is listed and found, and locks its money."""
    async with trading(client) as desk:
        before = (await desk.balances())["KRW"]
        name = str(uuid.uuid4())
        row = await desk.place(**limit_bid(await desk.far_below(), identifier=name))
        check_equal("the state", row["state"], "wait")
        check_form("created_at", row["created_at"], r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+09:00")
        for field in ("price", "volume", "locked", "reserved_fee", "executed_volume"):
            check(is_amount(row[field]), f"{field} in a string", row[field])
        [report] = await desk.reports(row, "wait")
        check_names("a myOrder frame", report, list(MY_ORDER))
        check_equal("stream_type", report["stream_type"], "REALTIME")
        check_equal("identifier", report["identifier"], name)
        check_equal("the order's time in ms of a second", report["order_timestamp"] % 1000, 0)
        check(is_milliseconds(report["timestamp"]), "ms since 1970", report["timestamp"])
        check_equal("what a fill sets", [report[field] for field in _FILL], [None] * len(_FILL))
        free, locked = (await desk.balances())["KRW"]
        check_equal("money in all", free + locked, sum(before))
        check_equal("money locked", locked - before[1], Decimal(row["locked"]))
        listed = (await client.signed("GET", "/v1/orders/open", f"market={BTC}")).rows
        check(row["uuid"] in [other["uuid"] for other in listed], "the order in the list", listed)
        answer = await client.signed("GET", "/v1/order", f"identifier={name}")
        check_equal("the uuid of that identifier", answer.row["uuid"], row["uuid"])
        check_equal("its trades", answer.row["trades"], [])
        await desk.cancel(row)


@case("3.19", "7.4", key=True, rough=True)
async def cancelled_order(client: Client) -> None:
    """A cancelled order is reported, listed as closed, and its money is free again."""
    async with trading(client) as desk:
        before = (await desk.balances())["KRW"]
        row = await desk.place(**limit_bid(await desk.far_below()))
        await desk.cancel(row)
        states = [report["state"] for report in await desk.reports(row, "cancel")]
        check_equal("states", states, ["wait", "cancel"])
        check_equal("the balance", (await desk.balances())["KRW"], before)
        query = "states[]=cancel&limit=100"
        rows = (await client.signed("GET", "/v1/orders/closed", query)).rows
        check(row["uuid"] in [other["uuid"] for other in rows], "the order in the list", len(rows))


@case("3.20", "3.21", "7.5", "7.7", "7.11", key=True, rough=True)
async def market_buy(client: Client) -> None:
    """A market buy waits without a volume, fills, and ends with what it spent and bought."""
    async with trading(client) as desk:
        before = await desk.balances()
        row = await desk.place(side="bid", ord_type="price", price="100000")
        reports = await desk.reports(row, *ENDS)
        first, *fills, _ = reports
        check_equal("the first state", first["state"], "wait")
        check(first["price"] == 100_000, "the funds as its price", first["price"])
        nothing = [first[name] for name in ("volume", "remaining_volume", "executed_volume")]
        check_equal("volumes while it waits", nothing, [None] * 3)
        states = {report["state"] for report in fills}
        check_equal("states between", states, {"trade"})
        for fill in fills:
            check(None not in [fill[name] for name in _FILL], "a fill's fields", fill)
            check(fill["is_maker"] is False, "a taker", fill["is_maker"])
        order = await desk.order(row)
        volume = sum((Decimal(fill["volume"]) for fill in fills), Decimal(0))
        funds = sum((fill["price"] * Decimal(fill["volume"]) for fill in fills), Decimal(0))
        check(Decimal(order["executed_volume"]) == volume, f"{volume} executed", order)
        _check_trades(order, len(fills))
        after = await desk.balances()
        gone = sum(before["KRW"]) - sum(after["KRW"])
        check(gone == funds + Decimal(order["paid_fee"]), f"{funds} and the fee spent", gone)
        check_equal("coins bought", sum(after["BTC"]) - sum(before["BTC"]), volume)


def _check_trades(order: Row, count: int) -> None:
    check_equal("trades of the order", len(order["trades"]), count)
    names = ["market", "uuid", "price", "volume", "funds", "trend", "created_at", "side"]
    for trade in order["trades"]:
        check(set(names) <= set(trade), f"a trade with {names}", trade)
        amounts = [trade[name] for name in ("price", "volume", "funds")]
        check(all(is_amount(amount) for amount in amounts), "strings", amounts)
        check_form("created_at", trade["created_at"], r".*T\d\d:\d\d:\d\d\.\d{1,6}\+09:00")
        check(trade["trend"] in ("up", "down"), "up or down", trade["trend"])


@case("3.20", "7.7", key=True, rough=True)
async def market_sell(client: Client) -> None:
    """A market sell has a volume and no price, and brings money for coins."""
    async with trading(client) as desk:
        before = await desk.balances()
        row = await desk.place(side="ask", ord_type="market", volume="0.002")
        reports = await desk.reports(row, *ENDS)
        check_equal("the end", reports[-1]["state"], "done")
        check_equal("the price while it waits", reports[0]["price"], None)
        after = await desk.balances()
        check_equal("coins sold", sum(before["BTC"]) - sum(after["BTC"]), Decimal("0.002"))
        check(sum(after["KRW"]) > sum(before["KRW"]), "more money", after["KRW"])


@case("3.25", "3.22", key=True, rough=True)
async def asset_frames(client: Client) -> None:
    """MyAsset tells, as numbers, only the currencies that changed, and agrees with the account."""
    async with trading(client) as desk:
        row = await desk.place(side="bid", ord_type="price", price="50000")
        await desk.reports(row, *ENDS)
        frames = await desk.assets()
        balances = await desk.balances()
    check(frames, "a myAsset frame", frames)
    last: dict[str, tuple[Decimal, Decimal]] = {}
    for frame in frames:
        check_names("a myAsset frame", frame, list(MY_ASSET))
        check_equal("stream_type", frame["stream_type"], "REALTIME")
        for asset in frame["assets"]:
            check_names("an asset", asset, ["currency", "balance", "locked"])
            amounts = asset["balance"], asset["locked"]
            check(not any(isinstance(a, str) for a in amounts), "numbers", amounts)
            last[asset["currency"]] = Decimal(amounts[0]), Decimal(amounts[1])
    check_equal("currencies", set(last), {"KRW", "BTC"})
    check_equal("the last balances", last, {name: balances[name] for name in last})


@case("7.7", key=True, rough=True)
async def conditions(client: Client) -> None:
    """Ioc and fok end an order that finds nobody at once; post_only lets it wait."""
    async with trading(client) as desk:
        price = await desk.far_below()
        for word in ("ioc", "fok"):
            row = await desk.place(**limit_bid(price, time_in_force=word))
            reports = await desk.reports(row, *ENDS)
            check_equal(f"the end of {word}", reports[-1]["state"], "cancel")
            check_equal("time_in_force", reports[0]["time_in_force"], word)
        row = await desk.place(**limit_bid(price, time_in_force="post_only"))
        check_equal("the state of post_only", (await desk.order(row))["state"], "wait")
        await desk.cancel(row)


@case("7.7", key=True, rough=True)
async def best_order(client: Client) -> None:
    """A best order buys at the best price only."""
    async with trading(client) as desk:
        row = await desk.place(side="bid", ord_type="best", price="20000", time_in_force="ioc")
        reports = await desk.reports(row, *ENDS)
        prices = {report["price"] for report in reports if report["state"] == "trade"}
        check_equal("order_type", reports[0]["order_type"], "best")
        check(len(prices) <= 1, "one price", prices)


async def _meet(desk: Trader, fields: dict[str, str]) -> tuple[Row, Row, list[Row]]:
    """Let two orders of the account meet; the waiting one, the other, and reports to its end."""
    maker = await desk.place(side="ask", **fields)
    taker = await desk.place(side="bid", smp_type="cancel_maker", **fields)
    return maker, taker, await desk.reports(maker, *ENDS)


@case("3.19", "3.24", key=True, rough=True)
async def self_match(client: Client) -> None:
    """Two orders of one account do not trade with each other; the waiting one is cancelled."""
    async with trading(client) as desk:
        code, price = await _gap(desk)
        volume = str((Decimal(20_000) / price).quantize(Decimal("1e-8")))
        fields = {"market": code, "ord_type": "limit", "price": f"{price:f}", "volume": volume}
        held = code.split("-")[1]
        if (await desk.balances()).get(held, (Decimal(0),))[0] < _MEETINGS * Decimal(volume):
            funds = {"market": code, "side": "bid", "ord_type": "price", "price": "120000"}
            await desk.reports(await desk.place(**funds), *ENDS)
            code, price = await _gap(desk, code)
            fields["price"] = f"{price:f}"
        maker, taker, reports = await _meet(desk, fields)
        for _ in range(_MEETINGS - 1):
            if reports[-1]["state"] != "done":
                break
            # Somebody else was faster and bought it; that says nothing.
            maker, taker, reports = await _meet(desk, fields)
        check_equal("the end of the waiting order", reports[-1]["state"], "cancel")
        states = {report["state"] for report in desk.of(maker) + desk.of(taker)}
        check("prevented" in states, "a report of the prevention", states)
        check("trade" not in states, "no fill", states)
        await desk.clear_away(taker)


async def _gap(desk: Trader, code: str = "") -> tuple[str, Decimal]:
    """A market, and a price of it between the best bid and the best ask."""
    codes = [code] if code else [c for c in desk.client.codes if c.startswith("KRW-")][:60]
    listed = ",".join(codes)
    instruments = await desk.client.rows("/v1/orderbook/instruments", markets=listed)
    books = await desk.client.rows("/v1/orderbook", markets=listed, count=1)
    check_equal("books", [book["market"] for book in books], codes)
    for instrument, book in zip(instruments, books, strict=True):
        tick, row = Decimal(instrument["tick_size"]), book["orderbook_units"][0]
        if row["ask_price"] - row["bid_price"] > tick and row["bid_price"] > 100:
            return book["market"], Decimal(row["bid_price"]) + tick
    raise NotApplicable("no market has a gap between bid and ask now")


@case("3.18", key=True, rough=True)
async def order_in_short_names(client: Client) -> None:
    """In SIMPLE a myOrder frame has short names."""
    async with client.socket(private=True) as socket, trading(client) as desk:
        await socket.ask({"type": "myOrder"}, {"format": "SIMPLE"})
        await socket.listed()
        row = await desk.place(**limit_bid(await desk.far_below()))
        frame = await socket.find(lambda frame: frame.data.get("uid") == row["uuid"], "the order")
        await desk.cancel(row)
    check_names("a SIMPLE frame", frame.data, list(MY_ORDER.values()))


@case("2.3", key=True, rough=True)
async def orders_of_one_market(client: Client) -> None:
    """MyOrder with codes tells only of the orders of these markets."""
    async with client.socket(private=True) as socket, trading(client) as desk:
        await socket.ask({"type": "myOrder", "codes": ["KRW-ETH"]})
        await socket.listed()
        row = await desk.place(**limit_bid(await desk.far_below()))
        await desk.cancel(row)
        await desk.reports(row, "cancel")
        before, _ = await socket.listed()
    if before:
        raise Mismatch("no frame of another market", before[0].text)
