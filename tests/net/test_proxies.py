"""Through a company's proxy: both transports, whatever it says, and what it gets to see."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gc
import logging
import re
import socket
import ssl
import threading
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.feed import Feed
from tests.proxy_peer import HOST, ProxyPeer, behind_tls, serving
from upbit_ws_qt import GlobalWebSocketManager, WebSocketClientProxy, rest
from upbit_ws_qt.errors import ConnectFailed, RequestTimeout
from upbit_ws_qt.net import transport as transport_module
from upbit_ws_qt.net.http import RestClient
from upbit_ws_qt.net.transport import dial
from upbit_ws_qt.net.tunnel import _Request, open_tunnel
from upbit_ws_qt.net.way_out import WayOut
from upbit_ws_qt.ratelimit import GlobalRateLimiter
from upbit_ws_qt.settings import FeedSettings
from upbit_ws_qt.simulator import SimulatedExchange

PASSWORD = "hunter2-p%40ss"
BASIC = "Basic " + base64.b64encode(b"someone:hunter2-p@ss").decode()
WSS = f"wss://{HOST}/websocket/v1"
HTTPS = f"https://{HOST}"


class Nobody:
    """Does not listen."""

    def messages_waiting(self) -> None: ...

    def transport_lost(self, error: Exception) -> None: ...


@pytest.fixture(autouse=True)
def no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody but the proxy knows the exchange's name; no proxy of this machine takes part."""
    look_up = socket.getaddrinfo

    def unknown(host: str, *args: object, **options: object) -> object:
        if HOST in str(host):
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return look_up(host, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    for name in [f"{scheme}_proxy" for scheme in ("http", "https", "all", "no")]:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """Signs for the exchange and the proxy; trusted."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return authority


def server_context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@dataclass
class Office:
    """An exchange that is reached through a proxy only."""

    exchange: SimulatedExchange
    proxy: ProxyPeer

    def settings(self, proxy: str | None = None) -> FeedSettings:
        return replace(
            self.exchange.settings(),
            public_url=WSS,
            private_url=f"{WSS}/private",
            rest_url=HTTPS,
            trusted_hosts=(HOST,),
            proxy=f"http://127.0.0.1:{self.proxy.port}" if proxy is None else proxy,
        )


@contextlib.asynccontextmanager
async def office(
    authority: trustme.CA,
    authorization: str | None = None,
    proxy_tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Office]:
    async with (
        SimulatedExchange(seed=1, realtime=False) as exchange,
        behind_tls(
            int(exchange.settings().rest_url.rpartition(":")[2]), server_context(authority, HOST)
        ) as front,
        ProxyPeer(front, authorization).open(proxy_tls) as proxy,
    ):
        yield Office(exchange, proxy)


def client_for(settings: FeedSettings) -> RestClient:
    return RestClient(settings, GlobalRateLimiter(1.0))


async def reached(settings: FeedSettings) -> None:
    """Both transports get there."""
    client = client_for(settings)
    transport = await dial(settings.public_url, Nobody(), way_out=client.way_out)
    transport.abort()
    assert "KRW-BTC" in await client.call(rest.markets())
    await client.close()


async def refusals(settings: FeedSettings) -> list[str]:
    """What each transport says when it does not get there."""
    client = client_for(settings)
    said: list[str] = []
    for attempt in (
        dial(settings.public_url, Nobody(), way_out=client.way_out),
        client.call(rest.markets()),
    ):
        with pytest.raises(ConnectFailed) as caught:
            await attempt
        assert caught.value.status is None, "no answer of the exchange"
        said.append(str(caught.value))
    await client.close()
    assert HOST not in "".join(said), "what a user reads names no address"
    return said


# -- the way ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "under TLS"])
@pytest.mark.parametrize("password", [False, True], ids=["open", "password"])
def test_a_whole_manager_works_behind_a_proxy_that_learns_nothing(
    feed: Feed,
    authority: trustme.CA,
    caplog: pytest.LogCaptureFixture,
    password: bool,
    encrypted: bool,
) -> None:
    """Public stream, private stream and calls; the proxy sees CONNECT, and bytes under TLS."""
    tls = server_context(authority, "127.0.0.1") if encrypted else None
    caplog.set_level(logging.DEBUG)

    stack = contextlib.AsyncExitStack()
    there = feed(stack.enter_async_context(office(authority, BASIC if password else None, tls)))
    scheme, user = "https" if encrypted else "http", f"someone:{PASSWORD}@" if password else ""
    url = f"{scheme}://{user}127.0.0.1:{there.proxy.port}"
    credentials = there.exchange.credentials()
    manager = GlobalWebSocketManager(there.settings(url), credentials)
    client = WebSocketClientProxy("office_one", manager)
    tickers: list[object] = []
    client.subscribe_ticker(["KRW-BTC"], tickers.append)
    client.subscribe_balance(lambda _: None)
    feed.until(lambda: tickers and len(there.exchange.connections) == 2)
    assert feed(manager.get_accounts())
    feed(manager.stop())
    feed(stack.aclose())

    heads = there.proxy.heads
    assert len(heads) >= 3
    assert all(head.startswith(f"CONNECT {HOST}:443 HTTP/1.1\r\n") for head in heads)
    assert len(there.proxy.carried) > 1000
    seen = "".join(heads).encode() + there.proxy.carried
    for secret in (b"Bearer", credentials.access_key.encode(), b"KRW-BTC", b"GET /"):
        assert secret not in seen
    if password:
        assert all(f"Proxy-Authorization: {BASIC}" in head for head in heads)
    for kept in ("hunter2", BASIC.removeprefix("Basic ")):
        assert kept not in caplog.text


def test_the_environment_s_proxy_and_its_exceptions_hold_for_both(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with office(authority) as there:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{there.proxy.port}")
            await reached(there.settings("system"))
            asked = len(there.proxy.heads)
            assert asked == 2

            for said in await refusals(there.settings("none")):
                assert "the exchange's name cannot be looked up" in said
            monkeypatch.setenv("no_proxy", f"other.test,{HOST}")
            for said in await refusals(there.settings("system")):
                assert "the exchange's name cannot be looked up" in said
            assert len(there.proxy.heads) == asked
            await reached(there.settings())

    asyncio.run(main())


def test_the_system_s_own_proxy_and_exceptions_are_asked_aside(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows and macOS keep them elsewhere, and may look names up for the exceptions."""
    asked: list[threading.Thread] = []
    excepted = False

    async def main() -> None:
        nonlocal excepted
        async with office(authority) as there:

            def system() -> dict[str, str]:
                asked.append(threading.current_thread())
                return {"https": f"http://127.0.0.1:{there.proxy.port}", "ftp": "http://other:1"}

            def bypass(host: str) -> bool:
                asked.append(threading.current_thread())
                assert host == HOST
                return excepted

            monkeypatch.setattr(urllib.request, "getproxies", system)
            monkeypatch.setattr(urllib.request, "proxy_bypass", bypass)
            await reached(there.settings("system"))
            excepted = True
            for said in await refusals(there.settings("system")):
                assert "name cannot be looked up" in said

    asyncio.run(main())
    assert len(asked) == 8
    assert all(thread.daemon for thread in asked)
    assert threading.main_thread() not in asked


def test_loopback_is_reached_directly_whatever_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with SimulatedExchange(seed=1, realtime=False) as exchange:
            nobody = ProxyPeer(0)
            async with nobody.open():
                url = f"http://127.0.0.1:{nobody.port}"
                monkeypatch.setenv("http_proxy", url)
                monkeypatch.setenv("all_proxy", url)
                for setting in (url, "system", "none"):
                    await reached(replace(exchange.settings(), proxy=setting))
                assert nobody.heads == []

    asyncio.run(main())


def test_a_name_without_encryption_is_tunnelled_too() -> None:
    """Settings refuse it for anything but loopback; the transport is not surprised by it."""

    async def main() -> None:
        async with SimulatedExchange(seed=1, realtime=False) as exchange:
            port = int(exchange.settings().rest_url.rpartition(":")[2])
            async with ProxyPeer(port).open() as proxy:
                way_out = WayOut(f"http://127.0.0.1:{proxy.port}")
                url = f"ws://{HOST}:443/websocket/v1"
                transport = await dial(url, Nobody(), way_out=way_out)
                assert len(exchange.connections) == 1
                transport.abort()

    asyncio.run(main())


# -- what goes wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize("user", ["", "someone:wrong-hunter@"])
def test_a_proxy_that_wants_another_password_says_so(
    authority: trustme.CA, caplog: pytest.LogCaptureFixture, user: str
) -> None:
    caplog.set_level(logging.DEBUG)

    async def main() -> None:
        async with office(authority, BASIC) as there:
            url = f"http://{user}127.0.0.1:{there.proxy.port}"
            for said in await refusals(there.settings(url)):
                assert said.startswith("the proxy refused: it wants another name and password")
                assert "hunter" not in said

    asyncio.run(main())
    assert "hunter" not in caplog.text


@contextlib.asynccontextmanager
async def proxy_that(answers: bytes) -> AsyncIterator[FeedSettings]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answers)

    async with serving(talk) as port:
        yield FeedSettings(public_url=WSS, rest_url=HTTPS, proxy=f"http://127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 403 Forbidden\r\n\r\nthis page is long", "refused to connect .* HTTP 403"),
        (b"HTTP/1.0 502 Bad Gateway\r\n\r\n", "cannot reach the exchange: it answered HTTP 502"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://login\r\n\r\n", "refused .* HTTP 302"),
    ],
)
def test_a_proxy_that_does_not_connect_is_named(answer: bytes, words: str) -> None:
    async def main() -> None:
        async with proxy_that(answer) as settings:
            for said in await refusals(settings):
                assert re.search(words, said)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"220 mail.test ESMTP\r\n\r\n", "something that is not HTTP"),
        (b"HTTP/1.1 20\r\n\r\n", "something that is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000, "something that is not HTTP"),
        (b"HTTP/1.1 200 OK\r\n", "without an answer"),
        (b"", "without an answer"),
    ],
)
def test_who_is_no_proxy_is_named(answer: bytes, words: str) -> None:
    """What the library for HTTP says of these is its own; it is a failure in words too."""

    async def main() -> None:
        async with proxy_that(answer) as settings:
            said, _ = await refusals(settings)
            assert words in said
            client = client_for(settings)
            for _ in range(2):
                with pytest.raises(ConnectFailed, match=r"reached|refused"):
                    await client.call(rest.markets())
            await client.close()

    asyncio.run(main())


def test_a_proxy_that_is_gone_is_named() -> None:
    async def main() -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}"
        settings = FeedSettings(public_url=WSS, rest_url=HTTPS, proxy=url)
        for said in await refusals(settings):
            assert said == "the proxy cannot be reached: connection refused"

    asyncio.run(main())


@contextlib.asynccontextmanager
async def proxy_to(
    port: int, authority: trustme.CA, *, encrypted: bool
) -> AsyncIterator[FeedSettings]:
    tls = server_context(authority, "127.0.0.1") if encrypted else None
    async with ProxyPeer(port).open(tls) as proxy:
        url = f"{'https' if encrypted else 'http'}://127.0.0.1:{proxy.port}"
        yield FeedSettings(public_url=WSS, rest_url=HTTPS, proxy=url)


@pytest.mark.parametrize("encrypted", [False, True])
def test_an_exchange_with_a_wrong_certificate_is_not_the_proxy_s_fault(
    authority: trustme.CA, encrypted: bool
) -> None:
    async def main() -> None:
        async with (
            behind_tls(9, server_context(trustme.CA(), HOST)) as front,
            proxy_to(front, authority, encrypted=encrypted) as settings,
        ):
            for said in await refusals(settings):
                assert said.startswith("the certificate of the exchange is signed by nobody")

    asyncio.run(main())


@pytest.mark.parametrize("encrypted", [False, True])
def test_an_exchange_that_ends_inside_the_tunnel_is_a_failed_dial(
    authority: trustme.CA, encrypted: bool
) -> None:
    async def main() -> None:
        async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)

        async with (
            serving(hang_up) as port,
            proxy_to(port, authority, encrypted=encrypted) as settings,
        ):
            said = await refusals(settings)
            assert all("exchange" in text for text in said), said

    asyncio.run(main())


def test_a_proxy_with_a_wrong_certificate_is_named() -> None:
    async def main() -> None:
        async with proxy_to(9, trustme.CA(), encrypted=True) as settings:
            said, over_http = await refusals(settings)
            assert said.startswith("the certificate of the proxy is signed by nobody")
            assert "is signed by nobody" in over_http

    asyncio.run(main())


def test_a_kind_of_proxy_that_is_not_spoken_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "socks5://someone:hunter2@127.0.0.1:1080")

    async def main() -> None:
        for said in await refusals(FeedSettings(public_url=WSS, rest_url=HTTPS)):
            assert said.startswith("the system's proxy cannot be used: all_proxy must be")
            assert "socks5://" in said
            assert "hunter2" not in said

    asyncio.run(main())


# -- time ------------------------------------------------------------------------------------------


class SilentProxy:
    """Answers nothing, or nothing after it has connected; notes when a client waits and goes."""

    def __init__(self, *, connects: bool) -> None:
        self._connects = connects
        self.waits = asyncio.Event()
        self.gone = asyncio.Event()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if self._connects:
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            await reader.read(1)
        self.waits.set()
        with contextlib.suppress(ConnectionError):
            while await reader.read(1000):
                pass
        self.gone.set()


@pytest.mark.parametrize("connects", [False, True])
def test_a_silent_proxy_is_given_up_in_time_and_nothing_is_left_open(connects: bool) -> None:
    async def main() -> None:
        proxy = SilentProxy(connects=connects)
        async with serving(proxy.talk) as port:
            url = f"http://127.0.0.1:{port}"
            settings = FeedSettings(rest_url=HTTPS, proxy=url, request_timeout_s=0.2)
            client = client_for(settings)
            await client.way_out.tls()
            with pytest.raises(ConnectFailed, match=r"no answer within 0\.2 s"):
                await dial(WSS, Nobody(), way_out=client.way_out, timeout_s=0.2)
            await proxy.gone.wait()
            proxy.gone.clear()
            with pytest.raises(RequestTimeout):
                await client.call(rest.markets())
            await client.close()
            await proxy.gone.wait()

    asyncio.run(main())


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize("connects", [False, True])
def test_a_dial_that_is_cancelled_in_the_tunnel_leaves_nothing_open(
    authority: trustme.CA, connects: bool, encrypted: bool
) -> None:
    async def main() -> None:
        proxy = SilentProxy(connects=connects)
        tls = server_context(authority, "127.0.0.1") if encrypted else None
        async with serving(proxy.talk, tls) as port:
            way_out = WayOut(f"{'https' if encrypted else 'http'}://127.0.0.1:{port}")
            task = asyncio.create_task(dial(WSS, Nobody(), way_out=way_out))
            await proxy.waits.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await proxy.gone.wait()

    asyncio.run(main())


def test_a_tunnel_that_is_broken_off_here_is_a_failed_dial(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As the end of a program does with every connection; asyncio then tells of no error."""
    tunnels: list[asyncio.Transport] = []

    async def noting(*args: Any) -> asyncio.Transport:
        tunnels.append(await open_tunnel(*args))
        return tunnels[0]

    monkeypatch.setattr(transport_module, "open_tunnel", noting)

    async def main() -> None:
        proxy = SilentProxy(connects=True)
        async with serving(proxy.talk) as port:
            way_out = WayOut(f"http://127.0.0.1:{port}")
            dialling = asyncio.create_task(dial(WSS, Nobody(), way_out=way_out))
            await proxy.waits.wait()
            tunnels[0].abort()
            with pytest.raises(ConnectFailed, match="given up before it was safe"):
                await dialling

    asyncio.run(main())


def test_a_proxy_that_goes_when_nobody_waits_any_more_is_not_reported() -> None:
    """asyncio would log an error of the future that nobody looked at."""

    async def main() -> None:
        _Request(b"").connection_lost(None)
        gc.collect()

    asyncio.run(main())


def test_a_system_that_does_not_tell_its_proxies_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def never() -> dict[str, str]:
        asked.set()
        go_on.wait()
        return {}

    monkeypatch.setattr(urllib.request, "getproxies", never)

    async def main() -> None:
        settings = FeedSettings(public_url=WSS, rest_url=HTTPS, request_timeout_s=0.05)
        client = client_for(settings)
        await client.way_out.tls()
        with pytest.raises(ConnectFailed, match=r"no answer within 0\.05 s"):
            await dial(WSS, Nobody(), way_out=client.way_out, timeout_s=0.05)
        with pytest.raises(RequestTimeout):
            await client.call(rest.markets())
        await client.close()

    asyncio.run(main())
    assert asked.is_set()
    go_on.set()


def test_calls_find_another_proxy_after_one_failed(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A laptop is carried from the office home; the manager runs for weeks."""

    async def main() -> None:
        async with office(authority) as there:
            client = client_for(there.settings("system"))
            async with ProxyPeer(there.proxy.target).open() as first:
                monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{first.port}")
                assert await client.call(rest.markets())
                assert await client.call(rest.markets())
                assert len(first.heads) == 1, "one connection for both"
                monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{there.proxy.port}")
                assert await client.call(rest.markets())
                assert there.proxy.heads == [], "what works is kept"
            with pytest.raises(ConnectFailed, match="the proxy cannot be reached"):
                await client.call(rest.markets())
            assert await client.call(rest.markets())
            assert len(there.proxy.heads) == 1
            await client.close()

    asyncio.run(main())
