"""Cases about subscription requests: what they may hold and what they bring about. asyncio."""

from __future__ import annotations

from typing import Any

from .case import NotApplicable, case, check, check_equal
from .client import Client
from .socket import Frame, Socket

_BTC = "KRW-BTC"
_ETH = "KRW-ETH"
_TICKER = {"type": "ticker", "codes": [_BTC]}
_TRADE = {"type": "trade", "codes": [_BTC]}


def _book(*codes: str, **more: Any) -> dict[str, Any]:
    return {"type": "orderbook", "codes": list(codes), **more}


async def _first(client: Client, *parts: dict[str, Any]) -> Frame:
    async with client.socket() as socket:
        await socket.ask(*parts)
        return await socket.frame()


@case("2.1", "2.5")
async def no_format(client: Client) -> None:
    """Without a format the frames are DEFAULT: long names, a bare object."""
    frame = await _first(client, _TICKER)
    check(isinstance(frame.body, dict), "an object", frame.text)
    check({"type", "code", "trade_price"} <= set(frame.data), "long names", frame.text)


@case("2.1")
async def format_default(client: Client) -> None:
    """DEFAULT has long names."""
    frame = await _first(client, _TICKER, {"format": "DEFAULT"})
    check_equal("the type", frame.data.get("type"), "ticker")


@case("2.1")
async def format_simple(client: Client) -> None:
    """SIMPLE has short names."""
    frame = await _first(client, _TICKER, {"format": "SIMPLE"})
    check(isinstance(frame.body, dict), "an object", frame.text)
    check({"ty", "cd", "tp", "st"} <= set(frame.data), "short names", frame.text)


@case("2.8")
async def format_json_list(client: Client) -> None:
    """JSON_LIST puts long-named objects into an array."""
    frame = await _first(client, _TICKER, {"format": "JSON_LIST"})
    check(frame.rows, "an array", frame.text)
    check_equal("the type", frame.data.get("type"), "ticker")


@case("2.8")
async def format_simple_list(client: Client) -> None:
    """SIMPLE_LIST puts short-named objects into an array."""
    frame = await _first(client, _TICKER, {"format": "SIMPLE_LIST"})
    check(frame.rows, "an array", frame.text)
    check_equal("the type", frame.data.get("ty"), "ticker")


@case("2.6")
async def format_anywhere(client: Client) -> None:
    """The format may stand between the data objects."""
    frame = await _first(client, {"format": "SIMPLE"}, _TICKER)
    check_equal("the type", frame.data.get("ty"), "ticker")


@case("2.4", "3.3")
async def only_snapshot(client: Client) -> None:
    """is_only_snapshot brings the snapshot and nothing more; the socket stays open."""
    async with client.socket() as socket, client.socket() as witness:
        await socket.ask(_TRADE | {"is_only_snapshot": True})
        check_equal("the first frame", (await socket.frame()).data["stream_type"], "SNAPSHOT")
        await witness.ask(_TRADE | {"is_only_realtime": True})
        await witness.realtime(2)
        later, _ = await socket.listed()
    check_equal("frames after the snapshot", [frame.text for frame in later], [])


@case("2.4")
async def only_realtime(client: Client) -> None:
    """is_only_realtime leaves the snapshot out."""
    frame = await _first(client, _TRADE | {"is_only_realtime": True})
    check_equal("the first frame", frame.data["stream_type"], "REALTIME")


@case("2.4")
async def old_flags(client: Client) -> None:
    """The flags are understood in their old spelling too."""
    frame = await _first(client, _TRADE | {"isOnlyRealtime": True})
    check_equal("the first frame", frame.data["stream_type"], "REALTIME")


@case("2.7")
async def a_type_twice(client: Client) -> None:
    """The same type may stand in a request more than once, with different levels."""
    level = await _level(client, _BTC)
    async with client.socket() as socket:
        await socket.ask(
            _book(_BTC, level=level, is_only_snapshot=True), _book(_ETH, is_only_snapshot=True)
        )
        frames = await socket.frames(2)
    levels = {frame.data["code"]: frame.data["level"] for frame in frames}
    check_equal("levels", levels, {_BTC: level, _ETH: 0})


@case("2.9", "2.10")
async def replaces(client: Client) -> None:
    """A second request replaces the first; nothing acknowledges either."""
    async with client.socket() as socket, client.socket() as witness:
        await socket.ask(_TICKER)
        first = await socket.frame()
        check_equal("the answer to a request", first.data.get("type"), "ticker")
        await socket.ask({"type": "trade", "codes": [_ETH]})
        await socket.find(lambda frame: frame.data.get("code") == _ETH, "the new stream")
        _, answer = await socket.listed()
        rows = [(row["type"], row["codes"]) for row in answer.data["result"]]
        check_equal("subscriptions", rows, [("trade", [_ETH])])
        await witness.ask(_TICKER | {"is_only_realtime": True})
        await witness.realtime(2)
        later, _ = await socket.listed()
    stray = [frame.text for frame in later if frame.data.get("code") == _BTC]
    check_equal("frames of the old subscription", stray, [])


@case("2.10")
async def no_unsubscribe(client: Client) -> None:
    """There is no request that ends a subscription: a made-up method is refused."""
    async with client.socket() as socket:
        await socket.ask({"method": "UNSUBSCRIBE"})
        frame = await socket.frame()
    check(frame.error_name, "an error", frame.text)


@case("2.11")
async def list_of_subscriptions(client: Client) -> None:
    """LIST_SUBSCRIPTIONS tells types, codes and, of books, the level, with the ticket."""
    async with client.socket() as socket:
        await socket.ask(_TICKER, _book(_BTC, _ETH))
        _, answer = await socket.listed()
    check_equal("the answer's names", set(answer.data), {"method", "result", "ticket"})
    check_equal("the method", answer.data["method"], "LIST_SUBSCRIPTIONS")
    check_equal("the ticket", answer.data["ticket"], "conformance")
    rows = {row["type"]: row for row in answer.data["result"]}
    check_equal("the ticker's row", rows["ticker"], {"type": "ticker", "codes": [_BTC]})
    check_equal("the book's codes", rows["orderbook"]["codes"], [_BTC, _ETH])
    check("level" in rows["orderbook"], "a level in the book's row", rows["orderbook"])


@case("2.11")
async def list_in_short_names(client: Client) -> None:
    """In SIMPLE the list has short names."""
    async with client.socket() as socket:
        await socket.ask(_TICKER, {"format": "SIMPLE"})
        _, answer = await socket.listed()
    check_equal("the answer's names", set(answer.data), {"mthd", "rslt", "tckt"})
    check_equal("the row", answer.data["rslt"], [{"ty": "ticker", "cds": [_BTC]}])


@case("2.11", key=True)
async def list_of_private(client: Client) -> None:
    """The list names no codes for myAsset."""
    async with client.socket(private=True) as socket:
        await socket.ask({"type": "myAsset"})
        _, answer = await socket.listed()
    check_equal("the row", answer.data["result"], [{"type": "myAsset"}])


@case("2.12")
async def list_ends_nothing(client: Client) -> None:
    """Streams go on after LIST_SUBSCRIPTIONS."""
    async with client.socket() as socket:
        await socket.ask(_TICKER)
        await socket.listed()
        await socket.realtime()


@case("2.12")
async def list_changes_format(client: Client) -> None:
    """A format sent with LIST_SUBSCRIPTIONS changes that of the running streams."""
    async with client.socket() as socket:
        await socket.ask(_TICKER)
        await socket.listed({"format": "SIMPLE"})
        frame = await socket.find(lambda frame: frame.is_realtime, "a REALTIME frame")
    check_equal("the type under its short name", frame.data.get("ty"), "ticker")


@case("2.13")
async def unknown_codes(client: Client) -> None:
    """Unknown and lower-case codes are passed over in silence; the others are served."""
    async with client.socket() as socket:
        codes = ["KRW-NOSUCHCOIN", "krw-btc", _ETH]
        await socket.ask({"type": "ticker", "codes": codes, "is_only_snapshot": True})
        frame = await socket.frame()
        later, _ = await socket.listed()
    check_equal("the code served", frame.data.get("code"), _ETH)
    check_equal("other frames", [frame.text for frame in later], [])


@case("2.14")
async def every_code(client: Client) -> None:
    """One request may name every market there is."""
    served: set[str] = set()
    async with client.socket() as socket:
        await socket.ask({"type": "ticker", "codes": list(client.codes), "is_only_snapshot": True})
        while len(served) < len(client.codes):
            served.add((await socket.frame()).data["code"])
    check_equal("codes without a snapshot", sorted(set(client.codes) - served), [])


@case("2.15")
async def depths(client: Client) -> None:
    """A suffix of 1, 5, 15 or 30 chooses the rows of a book; the frame's code has no suffix."""
    for depth in (1, 5, 15, 30):
        frame = await _first(client, _book(f"{_BTC}.{depth}"))
        check_equal(f"rows of {_BTC}.{depth}", len(frame.data["orderbook_units"]), depth)
        check_equal("the code", frame.data["code"], _BTC)


@case("2.15")
async def other_depths(client: Client) -> None:
    """Without a suffix, or with another number, a book has 30 rows."""
    for code in (_BTC, f"{_BTC}.7"):
        frame = await _first(client, _book(code))
        check_equal(f"rows of {code}", len(frame.data["orderbook_units"]), 30)


async def _level(client: Client, code: str) -> int:
    """The first supported level above 0."""
    [row] = await client.rows("/v1/orderbook/instruments", markets=code)
    levels = [level for level in row["supported_levels"] if level.isdecimal() and level != "0"]
    if not levels:
        raise NotApplicable(f"{code} has no levels")
    return int(levels[0])


@case("2.16")
async def level(client: Client) -> None:
    """A supported level groups the prices of a KRW book, and the frame names it."""
    wanted = await _level(client, _BTC)
    frame = await _first(client, _book(_BTC, level=wanted))
    check_equal("the level", frame.data["level"], wanted)
    prices = [row["ask_price"] for row in frame.data["orderbook_units"]]
    check(all(price % wanted == 0 for price in prices), f"multiples of {wanted}", prices)
    check_equal("the level without one", (await _first(client, _book(_BTC))).data["level"], 0)


async def _silent(socket: Socket, request: dict[str, Any]) -> None:
    """Ask for something that brings nothing, together with what does."""
    await socket.ask(request, _TICKER)
    await socket.find(lambda frame: frame.data.get("type") == "ticker", "a ticker")
    await socket.realtime()
    later, _ = await socket.listed()
    books = [frame.text for frame in later if frame.data.get("type") == "orderbook"]
    check_equal("books", books, [])


@case("2.17")
async def level_of_btc_market(client: Client) -> None:
    """A level for a market that is not in KRW brings no frames and no error."""
    async with client.socket() as socket:
        await _silent(socket, _book("BTC-ETH", level=1000))


@case("2.18")
async def level_not_supported(client: Client) -> None:
    """A level that a market does not support brings no book and no error."""
    async with client.socket() as socket:
        await _silent(socket, _book(_BTC, level=7))


@case("2.3", key=True)
async def all_my_orders(client: Client) -> None:
    """MyOrder may come without codes, with an empty list or with some."""
    choices: list[dict[str, Any]] = [{}, {"codes": []}, {"codes": [_BTC]}]
    for more in choices:
        async with client.socket(private=True) as socket:
            await socket.ask({"type": "myOrder", **more})
            before, answer = await socket.listed()
            check(not any(frame.error_name for frame in before), f"no error with {more}", before)
            check_equal("the type", answer.data["result"][0]["type"], "myOrder")
