"""Which network proxy leads to a URL: one rule for WebSocket and REST. Tests only."""

from __future__ import annotations

import base64

import pytest

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.proxies import Proxy, check_proxy, is_loopback, proxy_for

WSS = "wss://api.upbit.com/websocket/v1"
HTTPS = "https://api.upbit.com"
OFFICE = {"https_proxy": "http://proxy.office:3128", "http_proxy": "http://plain.office:80"}


@pytest.mark.parametrize("url", [WSS, HTTPS])
def test_both_transports_take_the_same_way(url: str) -> None:
    assert proxy_for(url, "system", OFFICE) == Proxy("proxy.office", 3128)
    assert proxy_for(url, "http://mine:8080", OFFICE) == Proxy("mine", 8080)
    assert proxy_for(url, "none", OFFICE) is None
    assert proxy_for(url, "system", {}) is None


@pytest.mark.parametrize(
    "url",
    [
        "ws://127.0.0.1:9000/websocket/v1",
        "http://localhost:9000",
        "http://LOCALHOST.:9000",
        "wss://[::1]:9000/websocket/v1",
        "https://127.8.9.10",
    ],
)
def test_loopback_is_never_proxied(url: str) -> None:
    everything = OFFICE | {"all_proxy": "http://a:1"}
    for setting in ("system", "none", "http://mine:8080"):
        assert proxy_for(url, setting, everything) is None


def test_what_is_this_machine() -> None:
    assert all(map(is_loopback, ["localhost", "127.0.0.1", "127.255.0.1", "::1"]))
    assert not any(map(is_loopback, ["", "api.upbit.com", "192.168.0.1", "localhost.example"]))


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ({"HTTPS_PROXY": "http://big:1"}, "big"),
        ({"HTTPS_PROXY": "http://big:1", "https_proxy": "http://small:1"}, "small"),
        ({"HTTPS_PROXY": "http://big:1", "https_proxy": ""}, "big"),
        ({"ALL_PROXY": "http://all:1"}, "all"),
        ({"all_proxy": "http://all:1", "https_proxy": "http://mine:1"}, "mine"),
        ({"https_proxy": " http://blanks:1 "}, "blanks"),
        ({"http_proxy": "http://plain:1"}, None),
        ({"https_proxy": "  "}, None),
        ({"wss_proxy": "http://no:1", "ftp_proxy": "http://no:1"}, None),
    ],
)
def test_which_variable_counts(environment: dict[str, str], host: str | None) -> None:
    found = proxy_for(WSS, "system", environment)
    assert (found and found.host) == host


def test_a_way_without_encryption_has_a_variable_of_its_own() -> None:
    found = proxy_for("http://10.0.0.5:9000", "system", OFFICE)
    assert found == Proxy("plain.office", 80)


@pytest.mark.parametrize(
    ("no_proxy", "excepted"),
    [
        ("api.upbit.com", True),
        ("upbit.com", True),
        (".upbit.com", True),
        ("*.upbit.com", True),
        ("UPBIT.COM", True),
        ("other.example,upbit.com", True),
        ("other.example upbit.com", True),
        ("  , upbit.com ,,", True),
        ("*", True),
        ("upbit.com:443", True),
        ("upbit.com:8443", False),
        ("com.", True),
        ("pbit.com", False),
        ("sg-api.upbit.com", False),
        ("api.upbit.com.example", False),
        ("", False),
        (",", False),
        (".", False),
        ("*.", False),
    ],
)
def test_exceptions_are_hosts_ends_of_hosts_and_ports(no_proxy: str, excepted: bool) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        for url in (WSS, HTTPS):
            found = proxy_for(url, "system", OFFICE | {name: no_proxy})
            assert (found is None) is excepted


@pytest.mark.parametrize(
    ("no_proxy", "excepted"),
    [
        ("2001:db8::5", True),
        ("[2001:db8::5]", True),
        ("[2001:db8::5]:8443", True),
        ("[2001:db8::5]:443", False),
        ("2001:db8::6", False),
    ],
)
def test_an_address_with_colons_is_an_exception_like_any_other(
    no_proxy: str, excepted: bool
) -> None:
    found = proxy_for("https://[2001:db8::5]:8443", "system", OFFICE | {"no_proxy": no_proxy})
    assert (found is None) is excepted


def test_a_proxy_that_is_set_by_hand_knows_no_exceptions() -> None:
    assert proxy_for(WSS, "http://mine:8080", {"no_proxy": "*"}) == Proxy("mine", 8080)


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("http://proxy", Proxy("proxy", 80)),
        ("https://proxy", Proxy("proxy", 443, encrypted=True)),
        ("https://proxy:8443/", Proxy("proxy", 8443, encrypted=True)),
        ("proxy:3128", Proxy("proxy", 3128)),
        ("10.0.0.1:3128", Proxy("10.0.0.1", 3128)),
        ("http://[::2]:3128", Proxy("::2", 3128)),
        ("http://me@proxy:3128", Proxy("proxy", 3128, username="me")),
        (
            "http://m%40e:p%3Aa%2Fss@proxy:3128",
            Proxy("proxy", 3128, username="m@e", password="p:a/ss"),
        ),
    ],
)
def test_what_a_proxy_s_url_says(text: str, proxy: Proxy) -> None:
    assert proxy_for(WSS, "system", {"https_proxy": text}) == proxy
    assert proxy_for(WSS, text, {}) == proxy
    check_proxy(text)


def test_name_and_password_go_into_a_header() -> None:
    proxy = proxy_for(WSS, "http://mé:p%3Aw@proxy", {})
    assert proxy is not None
    assert proxy.authorization is not None
    scheme, _, pair = proxy.authorization.partition(" ")
    assert (scheme, base64.b64decode(pair).decode()) == ("Basic", "mé:p:w")
    assert Proxy("proxy", 80).authorization is None


def test_a_password_is_never_shown() -> None:
    proxy = proxy_for(WSS, "http://someone:hunter2@proxy:3128", {})
    for text in (repr(proxy), str(proxy)):
        assert "hunter2" not in text
        assert "someone" not in text
        assert "proxy" in text


@pytest.mark.parametrize("setting", ["system", "none", "http://proxy:3128"])
def test_settings_that_make_sense(setting: str) -> None:
    check_proxy(setting)


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("socks5://someone:hunter2@proxy:1080", "one of the kind socks5://"),
        ("socks5://someone:hun/ter2@proxy:1080", "one that cannot be read"),
        ("http://someone:hunter2@proxy:port", "one that cannot be read"),
        ("http://someone:hunter2@proxy:99999", "one that cannot be read"),
        ("http://[someone:hunter2", "one that cannot be read"),
        ("http://someone:hunter2@", "one without a host"),
        ("", "one without a host"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_without_its_password(text: str, got: str) -> None:
    with pytest.raises(InvalidRequest, match=f"^proxy must be the URL .* got {got}$") as caught:
        check_proxy(text)
    errors = [caught.value]
    if text:
        with pytest.raises(InvalidRequest, match=r"^https_proxy must be") as caught:
            proxy_for(WSS, "system", {"https_proxy": text})
        errors.append(caught.value)
    for error in errors:
        assert "hun" not in str(error)
        assert "someone" not in str(error)
        assert error.__suppress_context__ or error.__context__ is None
