"""Everything that can be set. Tests only."""

from __future__ import annotations

import dataclasses

import pytest

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.exchange import UPBIT_KR, upbit_in
from upbit_ws_qt.settings import FeedSettings


def test_every_default_works() -> None:
    """Zero configuration: Upbit Korea, encrypted."""
    settings = FeedSettings()
    assert settings.public_url == "wss://api.upbit.com/websocket/v1"
    assert settings.private_url == "wss://api.upbit.com/websocket/v1/private"
    assert settings.rest_url == "https://api.upbit.com"
    assert (settings.grace_period_s, settings.frame_interval_ms) == (5.0, 16)
    assert settings.limit_share == 0.8
    assert settings.trusted_hosts == ()


def test_settings_are_frozen_and_given_by_name() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        FeedSettings().grace_period_s = 1.0  # type: ignore[misc]
    with pytest.raises(TypeError):
        FeedSettings("wss://api.upbit.com/websocket/v1")  # type: ignore[misc]


@pytest.mark.parametrize("host", ["127.0.0.1:9000", "localhost:9000", "[::1]:9000", "LOCALHOST"])
def test_unencrypted_is_for_loopback(host: str) -> None:
    settings = FeedSettings(
        public_url=f"ws://{host}/websocket/v1",
        private_url=f"ws://{host}/websocket/v1/private",
        rest_url=f"http://{host}",
    )
    assert settings.may_receive_key(settings.rest_url)


@pytest.mark.parametrize("name", ["public_url", "private_url", "rest_url"])
@pytest.mark.parametrize(
    "url",
    [
        "{plain}://api.upbit.com",
        "{plain}://127.0.0.1.evil.com/",
        "{plain}://localhost.evil.com/",
        "{plain}://localhost@evil.com/",
        "{plain}://0.0.0.0/",
        "{plain}://192.168.0.2/",
        "{other}://api.upbit.com",
        "{encrypted}://",
        "{encrypted}:///path",
        "api.upbit.com",
        "",
        "{encrypted}://[::1",
        "{encrypted}://api.upbit.com:https",
        "{plain}://127.0.0.1:99999",
    ],
)
def test_a_url_that_is_not_safe_or_not_a_url_is_refused_by_name(name: str, url: str) -> None:
    encrypted, plain = ("https", "http") if name == "rest_url" else ("wss", "ws")
    other = "wss" if name == "rest_url" else "https"
    text = url.format(encrypted=encrypted, plain=plain, other=other)
    with pytest.raises(InvalidRequest, match=rf"^{name} must (start with|be a URL)"):
        FeedSettings(**{name: text})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("frame_interval_ms", [0, -1]),
        ("balance_poll_interval_s", [0.0, -1.0, float("nan")]),
        ("order_poll_interval_s", [0.0, -1.0, float("nan")]),
        ("market_interval_s", [0.0, -1.0, float("nan")]),
        ("stale_after_s", [0.0, -1.0, float("nan")]),
        ("answer_within_s", [0.0, -1.0, float("nan")]),
        ("connect_timeout_s", [0.0, -1.0, float("nan")]),
        ("request_timeout_s", [0.0, -1.0, float("nan")]),
        ("alert_error_percent", [0.0, -1.0, float("nan")]),
        ("alert_latency_ms", [0.0, -1.0, float("nan")]),
        ("alert_disconnected_s", [0.0, -1.0, float("nan")]),
        ("alert_loop_lag_ms", [0.0, -1.0, float("nan")]),
        ("alert_clock_skew_ms", [0.0, -1.0, float("nan")]),
        ("alert_memory_mb", [0.0, -1.0, float("nan")]),
        ("grace_period_s", [-0.1, float("nan")]),
        ("fallback_after_s", [-0.1, float("nan")]),
        ("limit_share", [0.0, -0.5, 1.01, float("nan")]),
    ],
)
def test_a_number_that_makes_no_sense_is_refused_by_name(name: str, bad: list[float]) -> None:
    for value in bad:
        with pytest.raises(InvalidRequest, match=name) as caught:
            FeedSettings(**{name: value})  # type: ignore[arg-type]
        assert repr(value) in str(caught.value)


def test_the_edges_of_the_numbers_are_allowed() -> None:
    settings = FeedSettings(grace_period_s=0.0, limit_share=1.0, frame_interval_ms=1)
    assert (settings.grace_period_s, settings.limit_share) == (0.0, 1.0)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.upbit.com/v1/accounts",
        "wss://api.upbit.com/websocket/v1/private",
        "https://sg-api.upbit.com",
        "https://upbit.com",
        "https://API.UPBIT.COM:443/",
        "http://127.0.0.1:9000",
        "ws://localhost/",
        "ws://[::1]:1/",
        "https://gateway.example/",
    ],
)
def test_hosts_that_may_get_a_key(url: str) -> None:
    settings = FeedSettings(trusted_hosts=("Gateway.example",))
    assert settings.may_receive_key(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://notupbit.com",
        "https://api.upbit.com.evil.org",
        "https://upbit.com.evil.org",
        "https://upbit.company",
        "https://evil.org/upbit.com",
        "https://evil.org/?api.upbit.com",
        "https://evil.org#api.upbit.com",
        "https://api.upbit.com@evil.org/",
        "https://api.upbit.com:secret@evil.org/",
        "https://api-upbit.com",
        "https://.upbit.com.evil.org",
        "https://127.0.0.1.evil.org",
        "https://sub.gateway.example",
        "",
        "upbit.com",
    ],
)
def test_hosts_that_may_not_get_a_key(url: str) -> None:
    settings = FeedSettings(trusted_hosts=("gateway.example",))
    assert not settings.may_receive_key(url)


@pytest.mark.parametrize("region", ["kr", "sg", "id", "th"])
def test_a_region_brings_its_own_addresses(region: str) -> None:
    settings = FeedSettings(region=region)
    exchange = upbit_in(region)
    assert settings.exchange is exchange
    assert settings == FeedSettings(exchange=exchange)
    assert settings.public_url == exchange.public_url
    assert settings.private_url == exchange.private_url
    assert settings.rest_url == exchange.rest_url
    assert settings.may_receive_key(settings.rest_url)


def test_another_region_takes_no_address_along_but_those_that_were_chosen() -> None:
    chosen = FeedSettings(region="sg", rest_url="http://127.0.0.1:9000")
    moved = dataclasses.replace(chosen, region="th")
    assert moved.public_url == upbit_in("th").public_url
    assert moved.private_url == upbit_in("th").private_url
    assert moved.rest_url == "http://127.0.0.1:9000"
    back = dataclasses.replace(moved, exchange=UPBIT_KR)
    assert back.public_url == UPBIT_KR.public_url
    assert dataclasses.replace(chosen, grace_period_s=1.0).exchange is upbit_in("sg")


def test_there_is_no_other_region() -> None:
    with pytest.raises(InvalidRequest, match="kr, sg, id, th; got 'jp'"):
        FeedSettings(region="jp")


def test_a_key_goes_to_the_exchange_it_is_of_and_not_to_another() -> None:
    other = dataclasses.replace(UPBIT_KR, domain="exchange.example")
    settings = FeedSettings(exchange=other)
    assert settings.may_receive_key("https://exchange.example/v1")
    assert settings.may_receive_key("https://api.exchange.example/v1")
    assert not settings.may_receive_key("https://api.upbit.com/v1")
    assert not settings.may_receive_key("https://myexchange.example/v1")


# -- the network proxy -----------------------------------------------------------------------------


def test_the_proxy_is_the_system_s_unless_said_otherwise() -> None:
    assert FeedSettings().proxy == "system"
    for proxy in ("system", "none", "http://proxy.example:3128", "proxy.example:3128"):
        assert FeedSettings(proxy=proxy).proxy == proxy


def test_a_proxy_that_cannot_be_used_is_refused_without_its_password() -> None:
    with pytest.raises(
        InvalidRequest, match=r"^proxy must be .* got one of the kind socks5://$"
    ) as caught:
        FeedSettings(proxy="socks5://someone:hunter2@proxy.example:1080")
    assert "hunter2" not in str(caught.value)


def test_the_proxy_s_password_is_not_shown() -> None:
    settings = FeedSettings(proxy="http://someone:hunter2@proxy.example:3128")
    for text in (repr(settings), str(settings), f"{settings}", repr([settings])):
        assert "hunter2" not in text
        assert "public_url" in text
