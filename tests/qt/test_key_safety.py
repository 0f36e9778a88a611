"""No log shows a key, whatever the level and whatever fails; nor does an error or a repr."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from PyQt6.QtCore import QObject

from tests.feed import Feed
from upbit_ws_qt import (
    AuthenticationFailed,
    ConnectionState,
    ConnectionType,
    Credentials,
    GlobalWebSocketManager,
    UpbitError,
    WebSocketClientProxy,
)
from upbit_ws_qt.auth import UpbitAuthenticator
from upbit_ws_qt.net.transport import dial
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt.simulator.keys import KeyRing

#: Libraries that log what they send, and asyncio, which logs what nobody caught.
NAMED = ("", "asyncio", "httpcore", "httpx", "websockets", "upbit_ws_qt", "upbit_ws_qt.net.wire")


class Everything(logging.Formatter):
    """Message, traceback, and all that a record has besides."""

    def format(self, record: logging.LogRecord) -> str:
        return f"{super().format(record)} {vars(record)}"


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every token that the exchange receives."""
    received: list[str] = []
    check: Any = KeyRing.check

    def listening(ring: KeyRing, authorization: str | None, *args: Any, **options: Any) -> Any:
        received.append((authorization or "").removeprefix("Bearer "))
        return check(ring, authorization, *args, **options)

    monkeypatch.setattr(KeyRing, "check", listening)
    return received


@pytest.fixture
def log() -> Iterator[Callable[[], str]]:
    """Everything that anybody logs at any level, as a careless program writes it: unfiltered."""
    # Each logger that exists: a level of its own would keep its records back.
    names = {*NAMED, *logging.root.manager.loggerDict}
    loggers = [logging.getLogger(name) for name in names]
    before = [logger.level for logger in loggers]
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(Everything())
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    logging.root.addHandler(handler)
    yield text.getvalue
    logging.root.removeHandler(handler)
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


class Private:
    """A component that wants balances, and how it fails."""

    def __init__(self, feed: Feed, manager: GlobalWebSocketManager) -> None:
        self.feed = feed
        self.manager = manager
        self.owner = QObject()
        self.balances: list[Any] = []
        self.errors: list[Exception] = []
        self.proxy = WebSocketClientProxy("key_safety", manager, self.owner)

    def subscribe(self) -> None:
        self.proxy.subscribe_balance(self.balances.append, error_handler=self.errors.append)

    def fails(self) -> None:
        """Ask for the accounts; they must not come."""
        with pytest.raises(UpbitError) as caught:
            self.feed(self.manager.get_accounts())
        self.errors.append(caught.value)


def no_right(private: Private, exchange: SimulatedExchange) -> None:
    private.manager.set_credentials(exchange.issue_key(rights=[]))
    private.fails()


def wrong_secret(private: Private, exchange: SimulatedExchange) -> None:
    access = exchange.credentials().access_key
    private.manager.set_credentials(Credentials(access, "wR0ng" * 8))
    private.fails()


def expired(private: Private, exchange: SimulatedExchange) -> None:
    exchange.faults.expire_key()
    private.fails()


def refused(private: Private, exchange: SimulatedExchange) -> None:
    exchange.faults.refuse(503, "rest", times=1)
    private.fails()


def limited(private: Private, exchange: SimulatedExchange) -> None:
    exchange.faults.refuse(418, "rest", times=1)
    private.fails()


def reset(private: Private, exchange: SimulatedExchange) -> None:
    exchange.faults.refuse("reset", "rest", times=1)
    private.fails()


def no_answer(private: Private, exchange: SimulatedExchange) -> None:
    exchange.faults.refuse("timeout", "rest", times=1)
    private.fails()


def raising_callback(private: Private, exchange: SimulatedExchange) -> None:
    def raises(event: Any) -> None:
        raise ValueError(repr(private.manager.settings))

    private.feed(private.proxy.subscribe_balance(raises))


FAILURES = [no_right, wrong_secret, expired, refused, limited, reset, no_answer, raising_callback]


@pytest.fixture
def upbit_settings(upbit_exchange: SimulatedExchange) -> Any:
    """An answer that does not come is given up soon."""
    return replace(upbit_exchange.settings(), request_timeout_s=0.5)


@pytest.mark.allow_logs("every failure may be logged, without the key")
@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.__name__)
def test_no_log_shows_a_key_or_token_whatever_fails(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    tokens: list[str],
    log: Callable[[], str],
    failure: Callable[[Private, SimulatedExchange], None],
) -> None:
    used = [exchange.credentials()]
    exchange.issue_key = remember(exchange.issue_key, used)  # type: ignore[method-assign]
    private = Private(feed, manager)
    manager.set_credentials(exchange.credentials())
    private.subscribe()
    feed.until(lambda: private.balances)
    failure(private, exchange)
    manager.set_credentials(None)
    feed.until(lambda: manager.connection_state(ConnectionType.PRIVATE) is ConnectionState.REFUSED)
    # The errors keep the frames they came from, and those the proxy.
    private.proxy.cleanup()

    assert tokens
    assert "/v1/accounts" in log(), "the libraries log what they do"
    told = log() + "".join(f"{error!r} {error} {vars(error)}" for error in private.errors)
    for credentials in used:
        assert credentials.access_key not in told
        assert credentials.secret_key not in told
    for token in filter(None, tokens):
        assert token not in told
    assert "wR0ng" not in told


def remember(issue: Callable[..., Credentials], used: list[Credentials]) -> Callable[..., Any]:
    def issuing(**options: Any) -> Credentials:
        used.append(issue(**options))
        return used[-1]

    return issuing


@pytest.mark.parametrize("path", ["/websocket/v1/private", "/websocket/v1/nowhere"])
def test_no_log_shows_the_token_of_a_dial(
    feed: Feed,
    exchange: SimulatedExchange,
    tokens: list[str],
    log: Callable[[], str],
    path: str,
) -> None:
    """Even where somebody lets the library log the headers it sends."""

    class Nobody:
        def messages_waiting(self) -> None: ...
        def transport_lost(self, error: UpbitError) -> None: ...

    authenticator = UpbitAuthenticator(exchange.credentials())
    headers = authenticator.headers()
    url = exchange.settings().private_url.replace("/websocket/v1/private", path)

    async def dial_and_end() -> str:
        try:
            transport = await dial(url, Nobody(), headers=headers)
        except UpbitError as error:
            return f"{error!r} {error}"
        transport.abort()
        return ""

    said = feed(dial_and_end())
    assert "Authorization" in log()
    sent = headers["Authorization"].removeprefix("Bearer ")
    assert tokens == ([sent] if path.endswith("private") else [])
    assert sent not in log() + said


def test_a_key_that_was_never_in_use_shows_nowhere() -> None:
    credentials = Credentials("my access key", "my secret key")
    authenticator = UpbitAuthenticator(credentials)
    for thing in (credentials, authenticator, vars(authenticator)):
        assert "my access key" not in f"{thing!r} {thing}"
        assert "my secret key" not in f"{thing!r} {thing}"
    credentials.delete()
    with pytest.raises(UpbitError) as caught:
        authenticator.headers()
    assert "my" not in str(caught.value)
    assert not isinstance(caught.value, AuthenticationFailed)
