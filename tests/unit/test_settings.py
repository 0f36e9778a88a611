"""Everything that can be set, and the key. Tests only."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import sys
import traceback
from typing import Any

import msgspec
import pytest

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.exchange import UPBIT_KR, upbit_in
from upbit_ws_qt.settings import Credentials, FeedSettings

ACCESS = "ACCESS-p7Fq"
SECRET = "SECRET-9xKz"


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


# -- the key ---------------------------------------------------------------------------------------


@dataclasses.dataclass
class Careless:
    access_key: str
    secret_key: str


def ways_to_show(value: object) -> dict[str, str]:
    """Everything that writes an object down without asking it for its key."""
    ways: dict[str, Any] = {
        "repr": lambda: repr(value),
        "str": lambda: str(value),
        "format": lambda: f"{value} {value!r} {value!s:>30} {{}}",
        "percent": lambda: "%s %r" % (value, value),  # noqa: UP031
        "in a list": lambda: repr([value]),
        "in a dataclass": lambda: repr(dataclasses.make_dataclass("D", ["key"])(value)),
        "vars": lambda: repr(vars(value)),
        "asdict": lambda: repr(dataclasses.asdict(value)),  # type: ignore[call-overload]
        "replace": lambda: repr(dataclasses.replace(value)),  # type: ignore[type-var]
        "pickle": lambda: repr(pickle.dumps(value)),
        "old pickle": lambda: repr(pickle.dumps(value, protocol=0)),
        "copy": lambda: repr(vars(copy.copy(value))),
        "deepcopy": lambda: repr(vars(copy.deepcopy(value))),
        "json": lambda: json.dumps(value),
        "json by vars": lambda: json.dumps(value, default=vars),
        "msgspec": lambda: repr(msgspec.json.encode(value)),
        "getstate": lambda: repr(getattr(value, "__getstate__", lambda: None)()),
    }
    shown: dict[str, str] = {}
    for name, way in ways.items():
        try:
            shown[name] = way()
        except TypeError as error:
            shown[name] = "".join(traceback.format_exception(error))
    return shown


def test_a_key_is_never_shown() -> None:
    for name, text in ways_to_show(Credentials(ACCESS, SECRET)).items():
        assert ACCESS not in text, name
        assert SECRET not in text, name


def test_the_test_above_would_see_a_key() -> None:
    """A dataclass of two strings shows itself in most of these ways."""
    shown = ways_to_show(Careless(ACCESS, SECRET))
    assert {name for name, text in shown.items() if SECRET not in text} == {"json"}


def test_a_key_is_not_in_a_traceback() -> None:
    """Not even in one that prints the locals of every frame."""
    try:
        raise_in(Credentials(ACCESS, SECRET))
    except ZeroDivisionError:
        text = "".join(
            traceback.TracebackException(*sys.exc_info(), capture_locals=True).format()  # type: ignore[arg-type]
        )
    assert "credentials = Credentials(***)" in text
    assert ACCESS not in text
    assert SECRET not in text


def raise_in(credentials: Credentials) -> None:
    raise ZeroDivisionError(f"with {credentials}")


def test_a_key_cannot_be_pickled_or_copied() -> None:
    credentials = Credentials(ACCESS, SECRET)
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="key store"):
            attempt(credentials)


def test_both_halves_are_needed() -> None:
    for access, secret in (("", SECRET), (ACCESS, ""), ("", "")):
        with pytest.raises(InvalidRequest, match="both an access key and a secret") as caught:
            Credentials(access, secret)
        assert ACCESS not in str(caught.value)
        assert SECRET not in str(caught.value)


def test_a_key_from_the_environment() -> None:
    environment = {"UPBIT_ACCESS_KEY": ACCESS, "UPBIT_SECRET_KEY": SECRET}
    credentials = Credentials.from_environment(environment)
    assert credentials is not None
    assert (credentials.access_key, credentials.secret_key) == (ACCESS, SECRET)
    assert Credentials.from_environment({}) is None
    assert Credentials.from_environment({"UPBIT_ACCESS_KEY": "", "UPBIT_SECRET_KEY": ""}) is None


@pytest.mark.parametrize("name", ["UPBIT_ACCESS_KEY", "UPBIT_SECRET_KEY"])
def test_half_a_key_in_the_environment_is_an_error(name: str) -> None:
    with pytest.raises(InvalidRequest, match="set both UPBIT_ACCESS_KEY and UPBIT_SECRET_KEY") as e:
        Credentials.from_environment({name: SECRET})
    assert SECRET not in str(e.value)


def test_the_environment_is_the_process_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UPBIT_ACCESS_KEY", raising=False)
    monkeypatch.delenv("UPBIT_SECRET_KEY", raising=False)
    assert Credentials.from_environment() is None
    monkeypatch.setenv("UPBIT_ACCESS_KEY", ACCESS)
    monkeypatch.setenv("UPBIT_SECRET_KEY", SECRET)
    credentials = Credentials.from_environment()
    assert credentials is not None
    assert credentials.secret_key == SECRET


def test_a_deleted_key_is_gone() -> None:
    credentials = Credentials("".join(["ACC", "-gone"]), "".join(["SEC", "-gone"]))
    credentials.delete()
    assert (credentials.access_key, credentials.secret_key) == ("", "")
    assert repr(credentials) == "Credentials(***)"


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
