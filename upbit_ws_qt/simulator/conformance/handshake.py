"""Cases about opening and holding a WebSocket. asyncio."""

from __future__ import annotations

import asyncio
import ssl

import aiohttp

from upbit_ws_qt.system.credentials import Credentials

from .case import Mismatch, NotApplicable, case, check, check_equal
from .client import Client
from .token import bearer

_TICKER = {"type": "ticker", "codes": ["KRW-BTC"]}


@case("1.1")
async def public(client: Client) -> None:
    """The public WebSocket needs no key and serves tickers, trades, books and candles."""
    types = ["ticker", "trade", "orderbook", "candle.1m"]
    async with client.socket() as socket:
        await socket.ask(*({"type": name, "codes": ["KRW-BTC"]} for name in types))
        frames = await socket.frames(len(types))
    check_equal("frames of each type", sorted(f.data["type"] for f in frames), sorted(types))


@case("1.2", "1.7", "1.8", key=True)
async def private(client: Client) -> None:
    """The private WebSocket takes a token with the upgrade and serves myOrder and myAsset."""
    async with client.socket(private=True) as socket:
        await socket.ask({"type": "myOrder", "codes": []}, {"type": "myAsset"})
        _, answer = await socket.listed()
    check_equal(
        "subscriptions", {row["type"] for row in answer.data["result"]}, {"myOrder", "myAsset"}
    )


@case("1.2", key=True)
async def announcements(client: Client) -> None:
    """The private WebSocket takes a subscription to announcements."""
    async with client.socket(private=True) as socket:
        await socket.ask({"type": "announcement", "include_body": False})
        _, answer = await socket.listed()
    check_equal("subscriptions", [row["type"] for row in answer.data["result"]], ["announcement"])


@case("1.7")
async def no_account_in_public(client: Client) -> None:
    """Streams of an account are refused on the public WebSocket."""
    async with client.socket() as socket:
        await socket.ask({"type": "myOrder", "codes": []})
        frame = await socket.frame()
    check(frame.error_name, "an error", frame.text)


@case("1.7", key=True)
async def my_trade_is_gone(client: Client) -> None:
    """The former type myTrade is refused."""
    async with client.socket(private=True) as socket:
        await socket.ask({"type": "myTrade", "codes": ["KRW-BTC"]})
        frame = await socket.frame()
    check(frame.error_name, "an error", frame.text)


@case("1.5")
async def tls(client: Client) -> None:
    """The connection is encrypted with TLS 1.2 or newer."""
    if not client.address.rest.startswith("https"):
        raise NotApplicable("this address is not encrypted")
    context = ssl.create_default_context()
    async with client.socket(tls=context) as socket:
        cipher = socket.raw.get_extra_info("cipher")
    check(cipher and cipher[1] in ("TLSv1.2", "TLSv1.3"), "TLSv1.2 or TLSv1.3", cipher)


@case("1.9", key=True)
async def hs256(client: Client) -> None:
    """A token signed with HS256 is accepted."""
    headers = bearer(client.credentials, algorithm="HS256")
    async with client.socket(private=True, headers=headers) as socket:
        await socket.listed()


@case("1.10", key=True)
async def hs512(client: Client) -> None:
    """A token signed with HS512 is accepted."""
    headers = bearer(client.credentials, algorithm="HS512")
    async with client.socket(private=True, headers=headers) as socket:
        await socket.listed()


@case("1.14", "4.7")
async def no_token(client: Client) -> None:
    """A private WebSocket without a token is refused, by status 401 or by INVALID_AUTH."""
    await _refused(client, {})


@case("1.14", "4.7")
async def wrong_token(client: Client) -> None:
    """A private WebSocket with a token of nobody is refused."""
    await _refused(client, bearer(Credentials("nobody", "knows-this-secret")))


@case("1.11", "1.14", key=True)
async def wrong_signature(client: Client) -> None:
    """A token signed with another secret is refused."""
    right = client.credentials
    await _refused(client, bearer(Credentials(right.access_key, "x" + right.secret_key)))


async def _refused(client: Client, headers: dict[str, str]) -> None:
    try:
        async with client.socket(private=True, headers=headers) as socket:
            await socket.ask({"type": "myAsset"})
            frame = await socket.frame()
            check_equal("the error", frame.error_name, "INVALID_AUTH")
    except Mismatch as mismatch:
        # Which of the two the exchange does is not known.
        if "HTTP status 401" not in str(mismatch):
            raise


@case("1.17")
async def binary_frames(client: Client) -> None:
    """Data comes in binary frames that hold UTF-8 JSON."""
    async with client.socket() as socket:
        await socket.ask(_TICKER, {"type": "orderbook", "codes": ["KRW-BTC"]})
        for frame in await socket.frames(4):
            check(frame.binary, "a binary frame", frame.text)
            check(isinstance(frame.body, dict), "a JSON object", frame.text)


@case("1.18")
async def compression_offered(client: Client) -> None:
    """permessage-deflate is agreed on when it is offered, and the frames decode."""
    async with client.socket(compress=15) as socket:
        check(socket.raw.compress, "permessage-deflate", socket.raw.compress)
        await socket.ask(_TICKER)
        frame = await socket.frame()
        check_equal("the type", frame.data["type"], "ticker")


@case("1.18")
async def compression_not_offered(client: Client) -> None:
    """Nothing is compressed for a client that does not offer it."""
    async with client.socket(compress=0) as socket:
        check(not socket.raw.compress, "no extension", socket.raw.compress)


@case("1.19")
async def ping(client: Client) -> None:
    """A protocol ping is answered with its own payload, and none is sent to the client."""
    async with client.socket(autoping=False) as socket:
        await socket.ask(_TICKER)
        await socket.raw.ping(b"are you there")
        while True:
            message = await socket.raw.receive(timeout=10)
            check(message.type is not aiohttp.WSMsgType.PING, "no ping of the exchange", "a ping")
            check(
                message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.PONG),
                "a pong",
                str(message.type),
            )
            if message.type is aiohttp.WSMsgType.PONG:
                check_equal("the payload", bytes(message.data), b"are you there")
                return


@case("1.20")
async def status_cycle(client: Client) -> None:
    """A text PING switches on a status that comes by the clock and goes on."""
    wait_s = client.tempo.status_s
    loop = asyncio.get_running_loop()
    async with client.socket() as socket:
        await socket.say("PING")
        first = await socket.frame(wait_s * 1.5 + 2)
        check_equal("the status", first.body, {"status": "UP"})
        began = loop.time()
        second = await socket.frame(wait_s * 1.5 + 2)
        check_equal("the status", second.body, {"status": "UP"})
        apart = loop.time() - began
        check(apart > wait_s / 2, f"{wait_s:g} s between two of them", f"{apart:.1f} s")


@case("1.21", slow=True)
async def idle(client: Client) -> None:
    """A WebSocket without data is dropped without a close frame."""
    least, most = client.tempo.idle_s
    loop = asyncio.get_running_loop()
    async with client.socket() as socket:
        began = loop.time()
        code = await socket.end(most)
        lasted = loop.time() - began
    check_equal("the close code", code, 1006)
    check(lasted >= least, f"at least {least:g} s", f"{lasted:.1f} s")


@case("1.21", slow=True)
async def pings_keep_open(client: Client) -> None:
    """Protocol pings keep a WebSocket without data open."""
    least, most = client.tempo.idle_s
    loop = asyncio.get_running_loop()
    async with client.socket() as socket:
        until = loop.time() + most
        while loop.time() < until:
            await socket.raw.ping()
            await asyncio.sleep(least / 3)
        await socket.ask(_TICKER)
        frame = await socket.frame()
    check_equal("the type", frame.data["type"], "ticker")


@case("1.22", "5.2")
async def upgrade_headers(client: Client) -> None:
    """The answer to the upgrade tells what is left of the group websocket."""
    answer = await client.upgraded()
    left = answer.remaining
    check_equal("the group", left.get("group"), "websocket")
    check_equal("min", left.get("min"), "300")
    check(left.get("sec", "").isdecimal(), "a number left in this second", left)
    check_equal("limit-by-ip", answer.headers.get("limit-by-ip"), "Yes")
