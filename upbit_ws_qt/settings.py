"""Everything that can be set, with its unit and a default that works; and the key. Pure."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from .errors import InvalidRequest

__all__ = ["Credentials", "FeedSettings"]

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_EXCHANGE_DOMAIN = "upbit.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSettings:
    """How one manager works. Every field has a default that works for Upbit Korea.

    Raises:
        InvalidRequest: a URL is not encrypted and not loopback, or a number makes no sense.
    """

    public_url: str = "wss://api.upbit.com/websocket/v1"
    private_url: str = "wss://api.upbit.com/websocket/v1/private"
    rest_url: str = "https://api.upbit.com"
    trusted_hosts: tuple[str, ...] = ()
    """Hosts beside the exchange's own and loopback that a key may be sent to."""
    grace_period_s: float = 5.0
    """How long a stream that nobody wants any more stays on the wire."""
    frame_interval_ms: int = 16
    """The shortest time between two deliveries."""
    limit_share: float = 0.8
    """The share of the exchange's limits we use; the rest is for others on this address."""
    balance_poll_interval_s: float = 5.0
    """How often balances are read while no stream carries them."""
    connect_timeout_s: float = 10.0
    request_timeout_s: float = 10.0

    def __post_init__(self) -> None:
        for name, schemes in (
            ("public_url", ("wss", "ws")),
            ("private_url", ("wss", "ws")),
            ("rest_url", ("https", "http")),
        ):
            _check_url(name, getattr(self, name), schemes)
        for name in (
            "frame_interval_ms",
            "balance_poll_interval_s",
            "connect_timeout_s",
            "request_timeout_s",
        ):
            if not getattr(self, name) > 0:
                raise InvalidRequest(f"{name} must be above 0; got {getattr(self, name)!r}")
        if not self.grace_period_s >= 0:
            raise InvalidRequest(f"grace_period_s must be 0 or more; got {self.grace_period_s!r}")
        if not 0 < self.limit_share <= 1:
            raise InvalidRequest(f"limit_share is above 0, at most 1; got {self.limit_share!r}")

    def may_receive_key(self, url: str) -> bool:
        """Whether a key may be sent to the host of ``url``."""
        host = urlsplit(url).hostname or ""
        return (
            host in _LOOPBACK
            or host in (trusted.lower() for trusted in self.trusted_hosts)
            or host == _EXCHANGE_DOMAIN
            or host.endswith("." + _EXCHANGE_DOMAIN)
        )


def _check_url(name: str, url: str, schemes: tuple[str, str]) -> None:
    encrypted, plain = schemes
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise InvalidRequest(f"{name} must be a URL; got {url!r} ({error})") from None
    if parts.scheme == encrypted and parts.hostname:
        return
    if parts.scheme == plain and parts.hostname in _LOOPBACK:
        return
    raise InvalidRequest(
        f"{name} must start with {encrypted}:// ({plain}:// is for loopback only); got {url!r}"
    )


# State: the two strings, emptied by `delete`. Not a dataclass: `asdict`, and every encoder that
# knows dataclasses, would write the key out.
class Credentials:
    """An access key and its secret; neither is ever shown.

    Make the key on the exchange's page with the rights to read assets and orders, nothing more.

    Raises:
        InvalidRequest: one of the two is empty.
    """

    __slots__ = ("access_key", "secret_key")

    def __init__(self, access_key: str, secret_key: str) -> None:
        if not access_key or not secret_key:
            raise InvalidRequest("credentials need both an access key and a secret key")
        self.access_key = access_key
        self.secret_key = secret_key

    def __repr__(self) -> str:
        return "Credentials(***)"

    def __reduce__(self) -> str:
        raise TypeError("credentials are not pickled: a key belongs in the system's key store")

    __getstate__ = __reduce__

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Credentials | None:
        """Read ``UPBIT_ACCESS_KEY`` and ``UPBIT_SECRET_KEY``; None where neither is set.

        Raises:
            InvalidRequest: only one of the two is set.
        """
        values = os.environ if environment is None else environment
        access = values.get("UPBIT_ACCESS_KEY", "")
        secret = values.get("UPBIT_SECRET_KEY", "")
        if not access and not secret:
            return None
        if not access or not secret:
            raise InvalidRequest("set both UPBIT_ACCESS_KEY and UPBIT_SECRET_KEY, or neither")
        return cls(access, secret)

    def delete(self) -> None:
        """Forget the key in this process."""
        self.access_key = self.secret_key = ""
