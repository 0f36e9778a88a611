"""A connection to a host through an HTTP proxy: its CONNECT method. No Qt.

The proxy sees the name of the host and what it wants to know for itself; all else goes through the
tunnel under TLS. Source: RFC 9110, section 9.3.6.
"""

from __future__ import annotations

import asyncio
import re
import ssl

from upbit_ws_qt.errors import ConnectFailed
from upbit_ws_qt.proxies import Proxy

from .reasons import refused_by_proxy, unreachable

__all__ = ["open_tunnel"]

_END_OF_HEADERS = b"\r\n\r\n"
# Proxies send a page with a refusal; its headers are shorter than this.
_MAX_ANSWER = 64 * 1024
_STATUS = re.compile(rb"HTTP/1\.\d (\d{3})(?: |\r\n)")


# State: what was answered so far, and whether the answer is whole.
class _Request(asyncio.Protocol):
    """Sends the request; ``status`` is that of the answer, or why there is none."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._answer = b""
        self.status: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a stream, by construction
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        is_whole = _END_OF_HEADERS in self._answer
        if not self.status.done() and (is_whole or len(self._answer) > _MAX_ANSWER):
            found = _STATUS.match(self._answer)
            if found and is_whole:
                self.status.set_result(int(found[1]))
            else:
                self._fail("the proxy answered with something that is not HTTP")

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if not self.status.done():
            self._fail("the proxy ended the connection without an answer")

    def _fail(self, why: str) -> None:
        self.status.set_exception(ConnectFailed(why))
        # Who dialled may have given up already; then asyncio would report it as lost.
        self.status.exception()


async def open_tunnel(proxy: Proxy, host: str, port: int, tls: ssl.SSLContext) -> asyncio.Transport:
    """Connect to a proxy and have it connect to ``host``; what is sent then goes there.

    Args:
        proxy: where to connect.
        host: the name or address to reach; the proxy looks it up.
        port: the port to reach.
        tls: for a proxy that is itself under TLS.

    Raises:
        ConnectFailed: the proxy cannot be reached, or it refused.
    """
    loop = asyncio.get_running_loop()
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if proxy.authorization is not None:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    asked = "\r\n".join([*lines, "", ""]).encode()
    try:
        transport, request = await loop.create_connection(
            lambda: _Request(asked),
            proxy.host,
            proxy.port,
            ssl=tls if proxy.encrypted else None,
        )
    except OSError as error:
        raise ConnectFailed(unreachable(error, "the proxy")) from error
    try:
        status = await request.status
    except BaseException:
        transport.abort()
        raise
    if not 200 <= status < 300:
        transport.abort()
        raise ConnectFailed(refused_by_proxy(status))
    if proxy.encrypted:

        def break_off(error: BaseException | None) -> None:
            del error
            transport.abort()

        # WORKAROUND for https://github.com/python/cpython/issues/113214: where TLS inside TLS
        # fails, Python up to 3.11.7 and 3.12.1 stumbles over this method of its own and never
        # tells whoever waits.
        vars(transport)["_force_close"] = break_off
    return transport
