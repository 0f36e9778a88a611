"""Everything that can be set, with its unit and a default that works. Pure."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from urllib.parse import urlsplit

from .errors import InvalidRequest
from .exchange import UPBIT_KR, UPBIT_REGIONS, Exchange, upbit_in
from .proxies import check_proxy

__all__ = ["FeedSettings"]

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_URLS = ("public_url", "private_url", "rest_url")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSettings:
    """How one manager works. Every field has a default that works for Upbit Korea.

    ``FeedSettings(region="sg")`` is Upbit Singapore: ``region`` (``kr``, ``sg``, ``id``, ``th``)
    chooses the ``exchange`` by its short name. Addresses that are not given are the exchange's own,
    also where ``dataclasses.replace`` changes the region.

    Raises:
        InvalidRequest: a URL is not encrypted and not loopback, the proxy is of a kind that cannot
            be used, a number makes no sense, or Upbit is not in that region.
    """

    exchange: Exchange = UPBIT_KR
    region: InitVar[str | None] = None
    public_url: str = UPBIT_KR.public_url
    private_url: str = UPBIT_KR.private_url
    rest_url: str = UPBIT_KR.rest_url
    proxy: str = field(default="system", repr=False)
    """The way to the exchange: ``system`` asks the environment and the system, ``none`` goes
    straight ahead, or the URL of an HTTP proxy. Loopback is never reached through one."""
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
    order_poll_interval_s: float = 2.0
    """How often open orders are read while no stream carries them."""
    market_poll_interval_s: float = 1.0
    """How often the prices, books, trades and candles of visible components are read while no
    stream carries them; of many markets more seldom, as the limits allow."""
    stale_after_s: float = 15.0
    """After so long without data the exchange is asked which streams a connection carries. A busy
    stream says something every second, but the last change of a thin market was measured to be
    minutes old: so a shorter silence means little."""
    answer_within_s: float = 10.0
    """A connection that brings neither data nor that answer for so long is dead, and made anew."""
    fallback_after_s: float = 3.0
    """How long a connection may be missing before what it carries is read over REST instead."""
    market_interval_s: float = 600.0
    """How often the list of markets with its warnings is read while something is subscribed."""
    connect_timeout_s: float = 10.0
    request_timeout_s: float = 10.0
    alert_error_percent: float = 5.0
    """Above this share of unreadable frames or failing callbacks there is an alert. ``math.inf``
    switches this alert off, as it does with each of those below."""
    alert_latency_ms: float = 1_000.0
    """Above this mean latency there is an alert."""
    alert_disconnected_s: float = 10.0
    """After a connection has been missing for so long there is an alert."""
    alert_loop_lag_ms: float = 500.0
    """When the GUI thread was held up for longer there is an alert."""
    alert_clock_skew_ms: float = 5_000.0
    """When this machine's clock is further from the exchange's there is an alert."""
    alert_memory_mb: float = 1_024.0
    """Above this resident memory of the process, in MiB, there is an alert, and caches are
    trimmed; needs the package psutil."""

    def __post_init__(self, region: str | None) -> None:
        if region is not None:
            object.__setattr__(self, "exchange", upbit_in(region))
        for name in _URLS:
            # Those of another region are a default, or what `replace` took along, and no choice.
            if getattr(self, name) in [getattr(upbit, name) for upbit in UPBIT_REGIONS.values()]:
                object.__setattr__(self, name, getattr(self.exchange, name))
        for name, schemes in (
            ("public_url", ("wss", "ws")),
            ("private_url", ("wss", "ws")),
            ("rest_url", ("https", "http")),
        ):
            _check_url(name, getattr(self, name), schemes)
        check_proxy(self.proxy)
        for name in (
            "frame_interval_ms",
            "balance_poll_interval_s",
            "order_poll_interval_s",
            "market_poll_interval_s",
            "market_interval_s",
            "stale_after_s",
            "answer_within_s",
            "connect_timeout_s",
            "request_timeout_s",
            "alert_error_percent",
            "alert_latency_ms",
            "alert_disconnected_s",
            "alert_loop_lag_ms",
            "alert_clock_skew_ms",
            "alert_memory_mb",
        ):
            if not getattr(self, name) > 0:
                raise InvalidRequest(f"{name} must be above 0; got {getattr(self, name)!r}")
        for name in ("grace_period_s", "fallback_after_s"):
            if not getattr(self, name) >= 0:
                raise InvalidRequest(f"{name} must be 0 or more; got {getattr(self, name)!r}")
        if not 0 < self.limit_share <= 1:
            raise InvalidRequest(f"limit_share is above 0, at most 1; got {self.limit_share!r}")

    def may_receive_key(self, url: str) -> bool:
        """Whether a key may be sent to the host of ``url``."""
        host = urlsplit(url).hostname or ""
        return (
            host in _LOOPBACK
            or host in (trusted.lower() for trusted in self.trusted_hosts)
            or f".{host}".endswith(f".{self.exchange.domain}")
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
