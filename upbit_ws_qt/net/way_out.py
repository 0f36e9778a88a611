"""The way out of this machine: the proxy that leads to a URL, and one TLS context. No Qt.

Both transports of a manager share one. The system is asked in daemon threads: reading its
certificates takes longer than a frame, and on Windows the exceptions of a proxy look names up.

Certificates are those of the system, or what ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` name; nothing
here weakens how they are checked.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import urllib.request
from urllib.parse import urlsplit

from upbit_ws_qt.errors import ConnectFailed, InvalidRequest
from upbit_ws_qt.proxies import Proxy, is_loopback, proxy_for
from upbit_ws_qt.system.daemon_thread import in_daemon_thread

__all__ = ["WayOut"]


# State: the TLS context once somebody needed it.
class WayOut:
    """How hosts are reached; ``setting`` is that of :class:`FeedSettings`."""

    def __init__(self, setting: str = "system") -> None:
        self._setting = setting
        self._making = threading.Lock()
        self._tls: ssl.SSLContext | None = None

    async def tls(self) -> ssl.SSLContext:
        """The one TLS context; the first time it takes some milliseconds, elsewhere."""
        if self._tls is not None:
            return self._tls
        loop = asyncio.get_running_loop()
        return await in_daemon_thread(loop, self._make_tls, name="certificates")

    async def proxy(self, url: str) -> Proxy | None:
        """The proxy to reach ``url`` through, as the system has it now; None for straight ahead.

        Raises:
            ConnectFailed: the system names a proxy of a kind that cannot be used.
        """
        host = urlsplit(url).hostname or ""
        if self._setting != "system" or is_loopback(host):
            return proxy_for(url, self._setting, {})
        loop = asyncio.get_running_loop()
        named = await in_daemon_thread(loop, lambda: _named_by_the_system(host), name="proxies")
        try:
            return proxy_for(url, self._setting, named)
        except InvalidRequest as error:
            raise ConnectFailed(f"the system's proxy cannot be used: {error}") from None

    def _make_tls(self) -> ssl.SSLContext:
        with self._making:
            if self._tls is None:
                tls = ssl.create_default_context()
                # Said before anybody connects: httpx says the same, of the one we share.
                tls.set_alpn_protocols(["http/1.1"])
                self._tls = tls
            return self._tls


def _named_by_the_system(host: str) -> dict[str, str]:
    """The proxies of the environment, else of the system, under the environment's names."""
    named = {f"{scheme}_proxy": url for scheme, url in urllib.request.getproxies().items()}
    # Windows and macOS have rules for exceptions that only they can judge.
    if named and "no_proxy" not in named and urllib.request.proxy_bypass(host):
        named["no_proxy"] = host
    return named
