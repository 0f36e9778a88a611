"""One TLS context for everything, made aside, and what is said of a wrong certificate."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ssl
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme

from tests.proxy_peer import behind_tls, serving
from upbit_ws_qt import rest
from upbit_ws_qt.errors import ConnectFailed
from upbit_ws_qt.net.http import RestClient
from upbit_ws_qt.net.transport import dial
from upbit_ws_qt.net.way_out import WayOut
from upbit_ws_qt.ratelimit import GlobalRateLimiter
from upbit_ws_qt.settings import FeedSettings
from upbit_ws_qt.simulator import SimulatedExchange

YESTERDAY = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)


class Nobody:
    """Does not listen."""

    def messages_waiting(self) -> None: ...

    def transport_lost(self, error: Exception) -> None: ...


def server_context(authority: trustme.CA, *names: str, **options: object) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **options).configure_cert(context)  # type: ignore[arg-type]
    return context


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """An authority of the company's own, named as the pages say."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "company.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "company.pem"))
    return authority


@contextlib.asynccontextmanager
async def exchange_under(tls: ssl.SSLContext) -> AsyncIterator[int]:
    async with (
        SimulatedExchange(seed=1, realtime=False) as exchange,
        behind_tls(int(exchange.settings().rest_url.rpartition(":")[2]), tls) as port,
    ):
        yield port


def rest_client(port: int) -> RestClient:
    return RestClient(FeedSettings(rest_url=f"https://127.0.0.1:{port}"), GlobalRateLimiter(1.0))


async def failures(port: int) -> list[str]:
    """What each transport says of whoever listens there."""
    said: list[str] = []
    client = rest_client(port)
    with pytest.raises(ConnectFailed) as caught:
        await dial(f"wss://127.0.0.1:{port}/websocket/v1", Nobody(), way_out=client.way_out)
    said.append(str(caught.value))
    with pytest.raises(ConnectFailed) as caught:
        await client.call(rest.markets())
    said.append(str(caught.value))
    await client.close()
    assert "127" not in "".join(said), "what a user reads names no address"
    return said


def test_both_transports_trust_what_the_system_trusts(trusted: trustme.CA) -> None:
    async def main() -> None:
        async with exchange_under(server_context(trusted, "127.0.0.1")) as port:
            client = rest_client(port)
            transport = await dial(
                f"wss://127.0.0.1:{port}/websocket/v1", Nobody(), way_out=client.way_out
            )
            assert "KRW-BTC" in await client.call(rest.markets())
            transport.abort()
            await client.close()

    asyncio.run(main())


@pytest.mark.usefixtures("trusted")
def test_an_unknown_authority_is_named_with_what_to_do() -> None:
    async def main() -> None:
        async with exchange_under(server_context(trustme.CA(), "127.0.0.1")) as port:
            for said in await failures(port):
                assert "signed by nobody this computer trusts" in said
                assert "SSL_CERT_FILE" in said

    asyncio.run(main())


def test_a_certificate_of_another_host_is_refused(trusted: trustme.CA) -> None:
    async def main() -> None:
        async with exchange_under(server_context(trusted, "127.0.0.2", "other.test")) as port:
            for said in await failures(port):
                assert said.startswith("the certificate is not that of the exchange")

    asyncio.run(main())


def test_a_certificate_that_is_over_asks_for_the_clock(trusted: trustme.CA) -> None:
    async def main() -> None:
        over = server_context(trusted, "127.0.0.1", not_after=YESTERDAY)
        async with exchange_under(over) as port:
            for said in await failures(port):
                assert "the certificate of the exchange is out of date" in said
                assert "clock" in said

    asyncio.run(main())


def test_who_speaks_no_tls_is_no_exchange() -> None:
    async def main() -> None:
        async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        async with serving(plain) as port:
            for said in await failures(port):
                assert said.startswith("no safe connection to the exchange")

    asyncio.run(main())


def test_everybody_shares_one_context_that_is_made_elsewhere(
    trusted: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading the system's certificates takes longer than a frame."""
    made: list[threading.Thread] = []
    make = ssl.create_default_context

    def noting() -> ssl.SSLContext:
        made.append(threading.current_thread())
        return make()

    monkeypatch.setattr(ssl, "create_default_context", noting)

    async def main() -> None:
        async with exchange_under(server_context(trusted, "127.0.0.1")) as port:
            client = rest_client(port)
            url = f"wss://127.0.0.1:{port}/websocket/v1"
            first, second, _ = await asyncio.gather(
                dial(url, Nobody(), way_out=client.way_out),
                dial(url, Nobody(), way_out=client.way_out),
                client.call(rest.markets()),
            )
            third = await dial(url, Nobody(), way_out=client.way_out)
            for transport in (first, second, third):
                transport.abort()
            await client.close()

    asyncio.run(main())
    [thread] = made
    assert thread is not threading.main_thread()
    assert thread.daemon


def test_nothing_is_read_where_nothing_is_encrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    def never() -> ssl.SSLContext:
        raise AssertionError("nobody needs certificates here")

    monkeypatch.setattr(ssl, "create_default_context", never)

    async def main() -> None:
        async with SimulatedExchange(seed=1, realtime=False) as exchange:
            client = RestClient(exchange.settings(), GlobalRateLimiter(1.0))
            assert "KRW-BTC" in await client.call(rest.markets())
            transport = await dial(exchange.settings().public_url, Nobody(), way_out=client.way_out)
            transport.abort()
            await client.close()

    asyncio.run(main())


def test_what_cannot_be_checked_is_not_let_through() -> None:
    """The context is Python's default: certificates required, names checked."""
    context = asyncio.run(WayOut().tls())
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
