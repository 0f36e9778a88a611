"""Which network proxy leads to a URL: one rule for WebSocket and REST. Pure.

The setting is ``system``, ``none`` or the URL of a proxy. ``system`` reads what the environment
says in ``https_proxy`` (for ``https`` and ``wss``), ``http_proxy``, ``all_proxy`` and ``no_proxy``;
small letters win over capitals. What a system keeps elsewhere is handed in under the same names.

Loopback addresses are never reached through a proxy, whatever the setting says.
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from .errors import InvalidRequest

__all__ = ["Proxy", "check_proxy", "is_loopback", "proxy_for"]

_VARIABLE = {"https": "https_proxy", "wss": "https_proxy", "http": "http_proxy", "ws": "http_proxy"}
# What an HTTP proxy listens on where its URL does not say; other kinds are not spoken.
_PORT_OF_PROXY = {"https": 443, "http": 80}
_PORT = {"https": 443, "wss": 443, "http": 80, "ws": 80}


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy and what it wants to know; name and password are never shown.

    ``encrypted`` says that the way to the proxy itself is under TLS.
    """

    host: str
    port: int
    encrypted: bool = False
    username: str | None = field(default=None, repr=False)
    password: str = field(default="", repr=False)

    @property
    def authorization(self) -> str | None:
        """The value of its ``Proxy-Authorization`` header; None where it wants none."""
        if self.username is None:
            return None
        pair = f"{self.username}:{self.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"


def check_proxy(setting: str) -> None:
    """Nothing where ``setting`` is ``system``, ``none`` or the URL of a proxy.

    Raises:
        InvalidRequest: it is none of them.
    """
    if setting not in ("system", "none"):
        _parsed(setting, "proxy")


def proxy_for(url: str, setting: str, environment: Mapping[str, str]) -> Proxy | None:
    """The proxy to reach ``url`` through; None for straight ahead.

    Args:
        url: of the exchange: ``https``, ``wss``, or for loopback ``http`` and ``ws``.
        setting: ``system``, ``none`` or the URL of a proxy.
        environment: the variables of the process.

    Raises:
        InvalidRequest: the proxy that is named is of a kind that cannot be used.
    """
    target = urlsplit(url)
    if setting == "none" or is_loopback(target.hostname or ""):
        return None
    if setting != "system":
        return _parsed(setting, "proxy")
    if _is_excepted(target, _variable(environment, "no_proxy")):
        return None
    for name in (_VARIABLE[target.scheme], "all_proxy"):
        named = _variable(environment, name)
        if named:
            return _parsed(named, name)
    return None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host.rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _variable(environment: Mapping[str, str], name: str) -> str:
    return (environment.get(name) or environment.get(name.upper()) or "").strip()


def _is_excepted(target: SplitResult, no_proxy: str) -> bool:
    """``no_proxy`` lists hosts, ends of hosts and hosts with a port, or is ``*`` for all.

    Ranges of addresses are not understood: the exchange is reached by its name.
    """
    host = (target.hostname or "").rstrip(".")
    port = target.port or _PORT[target.scheme]
    for entry in no_proxy.replace(",", " ").lower().split():
        # An IPv6 address has colons of its own; with a port it stands in brackets.
        name, _, only_port = entry.rpartition(":") if _has_port(entry) else (entry, "", "")
        name = name.strip("[]").removeprefix("*").strip(".")
        if only_port and only_port != str(port):
            continue
        if entry == "*" or host == name or (name and host.endswith(f".{name}")):
            return True
    return False


def _has_port(entry: str) -> bool:
    return entry.count(":") == 1 or "]:" in entry


def _parsed(text: str, name: str) -> Proxy:
    try:
        # In the environment the scheme is often left out.
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _unusable(name, "one that cannot be read") from None
    if parts.scheme not in _PORT_OF_PROXY:
        raise _unusable(name, f"one of the kind {parts.scheme}://")
    if not host:
        raise _unusable(name, "one without a host")
    return Proxy(
        host,
        port or _PORT_OF_PROXY[parts.scheme],
        parts.scheme == "https",
        None if parts.username is None else unquote(parts.username),
        unquote(parts.password or ""),
    )


def _unusable(name: str, what: str) -> InvalidRequest:
    # The text itself is not shown: there may be a password in it.
    return InvalidRequest(
        f"{name} must be the URL of an HTTP proxy, such as http://proxy.example:3128 (the setting "
        f"may be 'system' or 'none' as well); got {what}"
    )
