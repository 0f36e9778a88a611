"""No log, print, file, error or crash report shows a key or a token, whatever is done or fails."""

from __future__ import annotations

import copy
import dataclasses
import faulthandler
import io
import json
import logging
import os
import pickle
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from PyQt6 import sip
from PyQt6.QtCore import QObject

from tests.feed import Feed
from tests.secret_search import find_secrets, written_below
from upbit_ws_qt import (
    ConnectionState,
    ConnectionType,
    Credentials,
    FeedSettings,
    GlobalWebSocketManager,
    InvalidRequest,
    UpbitError,
    WebSocketClientProxy,
    WebSocketDashboard,
)
from upbit_ws_qt.auth import UpbitAuthenticator
from upbit_ws_qt.logs import to_file
from upbit_ws_qt.net.transport import dial
from upbit_ws_qt.rest import api_keys
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt.simulator.behaviour import Behaviour
from upbit_ws_qt.simulator.keys import KeyRing
from upbit_ws_qt_widgets import BalanceMonitor, ChartWidget, OrderbookWidget

#: Libraries that log what they send, and asyncio, which logs what nobody caught.
NAMED = ("", "asyncio", "httpcore", "httpx", "websockets", "upbit_ws_qt", "upbit_ws_qt.net.wire")
PRIVATE = ConnectionType.PRIVATE
MARKET = "KRW-BTC"
WRONG_SECRET = "wR0ngS3cretThatN0Exchange1ssued" + "x" * 9

may_log = pytest.mark.allow_logs("what goes wrong may be logged, without the key")


# -- what a program leaves behind -----------------------------------------------------------------


class Unfiltered(logging.Formatter):
    """As a careless program writes a record: message, traceback, and all that it has besides."""

    def format(self, record: logging.LogRecord) -> str:
        return f"{super().format(record)} {vars(record)}"


# State: the secrets there are, and what was said of them.
class Evidence:
    """All that was printed, logged, written and said, and the secrets that must not be in it."""

    def __init__(self, capfd: pytest.CaptureFixture[str], folder: Path) -> None:
        self._capfd, self._folder = capfd, folder
        self._printed = ""
        self.log = io.StringIO()
        self.tokens: list[str] = []
        self.keys: list[Credentials] = []
        self.said: list[str] = []

    def hear(self, error: BaseException) -> None:
        """Keep whatever can be got out of an error, as reporters of crashes do."""
        whole = traceback.TracebackException.from_exception(error, capture_locals=True)
        self.said += [repr(error), str(error), repr(vars(error)), *whole.format()]

    def places(self) -> dict[str, str | bytes]:
        """Where to look."""
        out, err = self._capfd.readouterr()
        self._printed += out + err
        return {
            "what was printed": self._printed,
            "the log": self.log.getvalue(),
            "what was said": "\n".join(self.said),
            **written_below([self._folder]),
        }

    def secrets(self) -> dict[str, str]:
        """By their names. A token's signature alone would be enough for a call."""
        named: dict[str, str] = {}
        for number, key in enumerate(self.keys):
            named[f"access key {number}"] = key.access_key
            named[f"secret key {number}"] = key.secret_key
        for number, token in enumerate(filter(None, self.tokens)):
            named[f"token {number}"] = token
            named[f"signature {number}"] = token.rpartition(".")[2]
        return named

    def leaks(self) -> list[str]:
        """Which secret is where."""
        return find_secrets(self.secrets(), self.places())


@pytest.fixture
def evidence(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Evidence]:
    """Everything at any level from here on; files are written below a folder of the test."""
    found = Evidence(capfd, tmp_path)
    monkeypatch.chdir(tmp_path)
    check: Any = KeyRing.check

    def listening(ring: KeyRing, authorization: str | None, *args: Any, **options: Any) -> Any:
        found.tokens.append((authorization or "").removeprefix("Bearer "))
        return check(ring, authorization, *args, **options)

    monkeypatch.setattr(KeyRing, "check", listening)
    # Each logger that exists: a level of its own would keep its records back.
    loggers = [logging.getLogger(name) for name in {*NAMED, *logging.root.manager.loggerDict}]
    before = [logger.level for logger in loggers]
    handlers: list[logging.Handler] = [
        logging.StreamHandler(found.log),
        logging.FileHandler(tmp_path / "careless.log"),
    ]
    for handler in handlers:
        handler.setFormatter(Unfiltered())
        logging.root.addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield found
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)
    for handler in handlers:
        logging.root.removeHandler(handler)
        handler.close()


@pytest.fixture
def upbit_settings(upbit_exchange: SimulatedExchange) -> FeedSettings:
    """What takes seconds otherwise is quick here."""
    return replace(
        upbit_exchange.settings(),
        grace_period_s=0.05,
        request_timeout_s=0.5,
        fallback_after_s=0.05,
        balance_poll_interval_s=0.05,
        order_poll_interval_s=0.05,
    )


# State: the component, what it got and how it failed.
class Private:
    """A component that wants balances and orders, with a key of the exchange's."""

    def __init__(
        self,
        feed: Feed,
        exchange: SimulatedExchange,
        manager: GlobalWebSocketManager,
        evidence: Evidence,
    ) -> None:
        self.feed, self.exchange, self.manager, self.evidence = feed, exchange, manager, evidence
        self.balances: list[Any] = []
        self.owner = QObject()
        self.proxy = WebSocketClientProxy("key_safety", manager, self.owner)
        manager.error_occurred.connect(lambda *said: evidence.said.append(repr(said)))

    def use(self, key: Credentials) -> None:
        self.evidence.keys.append(Credentials(key.access_key, key.secret_key))
        self.manager.set_credentials(key)

    def subscribe(self) -> None:
        self.use(self.exchange.credentials())
        self.proxy.subscribe_balance(self.balances.append, error_handler=self.evidence.hear)
        self.proxy.subscribe_orders(error_handler=self.evidence.hear)
        self.feed.until(lambda: self.balances and self.state is ConnectionState.CONNECTED)

    @property
    def state(self) -> ConnectionState:
        return self.manager.connection_state(PRIVATE)

    def fails(self) -> None:
        """Ask for the accounts; they must not come."""
        with pytest.raises(UpbitError) as caught:
            self.feed(self.manager.get_accounts())
        self.evidence.hear(caught.value)

    def comes_back(self) -> None:
        """Lose the connection, and be refused for good when coming back."""
        self.exchange.faults.drop()
        self.feed.until(lambda: self.state is ConnectionState.REFUSED)

    def looks(self) -> None:
        """Print whatever can be asked of the manager."""
        manager = self.manager
        for thing in (
            manager.settings,
            manager.health_check(),
            manager.statistics(),
            manager.collect_metrics(),
            manager.get_subscription_summary(),
            manager.connection_event(PRIVATE),
            WebSocketDashboard(manager).get_dashboard_data(),
            self.proxy,
            self.proxy.health_check(),
            vars(self.proxy),
            vars(manager),
            dataclasses.asdict(manager.settings),
        ):
            print(repr(thing), str(thing))


@pytest.fixture
def private(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    evidence: Evidence,
) -> Private:
    return Private(feed, exchange, manager, evidence)


# -- whatever is done -----------------------------------------------------------------------------


@may_log
def test_a_program_that_uses_everything_leaves_no_key_behind(
    private: Private, feed: Feed, exchange: SimulatedExchange, evidence: Evidence, tmp_path: Path
) -> None:
    manager, proxy = private.manager, private.proxy
    end_log = to_file(tmp_path / "product.log", logging.DEBUG)
    recorder = manager.record(tmp_path / "recording", private=True)
    chart, book, holdings = ChartWidget(), OrderbookWidget(), BalanceMonitor()
    for widget in (chart, book, holdings):
        widget.bind(manager)
    chart.setMarket(MARKET)
    book.setMarket(MARKET)
    private.subscribe()
    private.looks()
    for asked in (
        manager.get_accounts(),
        manager.get_open_orders(),
        manager.get_closed_orders(),
        manager.call_rest(api_keys()),
        proxy.get_ticker_snapshot([MARKET]),
        proxy.get_orderbook_snapshot([MARKET]),
        proxy.get_candle_snapshot(MARKET, "1m", 10),
    ):
        print(feed(asked))
    feed(exchange.advance(5_000))
    # Without sockets it is polled.
    exchange.faults.refuse(503)
    exchange.faults.drop()
    feed.until(lambda: private.state is ConnectionState.POLLING)
    polled = len(evidence.tokens)
    feed.until(lambda: len(evidence.tokens) > polled + 3)
    private.looks()
    exchange.faults.clear()
    feed.until(lambda: private.state is ConnectionState.CONNECTED)
    states = [chart.saveState(), book.saveState(), holdings.saveState()]
    (tmp_path / "state.json").write_text(json.dumps(states), encoding="utf-8")
    (tmp_path / "settings.pickle").write_bytes(pickle.dumps(manager.settings))
    with (tmp_path / "crash.txt").open("w", encoding="utf-8") as file:
        faulthandler.dump_traceback(file)
    manager.set_credentials(None)
    feed.until(lambda: private.state is ConnectionState.REFUSED)
    private.looks()
    recorder.stop()
    end_log()
    for widget in (chart, book, holdings):
        sip.delete(widget)

    assert len([token for token in evidence.tokens if token]) > 8, "calls, dials and polling"
    places = evidence.places()
    assert "/v1/accounts" in str(places["the log"]), "the libraries log what they do"
    names = {Path(name).name for name in places}
    assert {"careless.log", "product.log", "state.json", "crash.txt"} <= names
    assert any(name.startswith("recording") for name in names)
    assert evidence.leaks() == []


# -- whatever fails -------------------------------------------------------------------------------


def no_right(private: Private, exchange: SimulatedExchange) -> None:
    private.use(exchange.issue_key(rights=[]))
    private.fails()


def wrong_secret(private: Private, exchange: SimulatedExchange) -> None:
    private.use(Credentials(exchange.credentials().access_key, WRONG_SECRET))
    private.fails()


def unknown_key(private: Private, exchange: SimulatedExchange) -> None:
    private.use(Credentials("n0bodyKnowsThisAccessKey" + "y" * 16, WRONG_SECRET))
    private.fails()


def foreign_address(private: Private, exchange: SimulatedExchange) -> None:
    private.use(exchange.issue_key(addresses=["203.0.113.9"]))
    private.fails()


def expired(private: Private, exchange: SimulatedExchange) -> None:
    exchange.faults.expire_key()
    private.fails()
    private.comes_back()


def deleted(private: Private, exchange: SimulatedExchange) -> None:
    exchange.delete_key(exchange.credentials())
    private.fails()
    private.comes_back()


def emptied(private: Private, exchange: SimulatedExchange) -> None:
    key = exchange.credentials()
    private.use(key)
    key.delete()
    private.fails()


def refused(private: Private, exchange: SimulatedExchange) -> None:
    exchange.faults.refuse(503, "rest")
    private.fails()
    exchange.faults.clear("refuse")


def limited(private: Private, exchange: SimulatedExchange) -> None:
    exchange.faults.refuse(418, "rest")
    private.fails()
    exchange.faults.clear("refuse")


def reset(private: Private, exchange: SimulatedExchange) -> None:
    exchange.faults.refuse("reset", "rest")
    private.fails()
    exchange.faults.clear("refuse")


def no_answer(private: Private, exchange: SimulatedExchange) -> None:
    exchange.faults.refuse("timeout", "rest")
    private.fails()
    exchange.faults.clear("refuse")


def maintenance(private: Private, exchange: SimulatedExchange) -> None:
    exchange.faults.maintenance()
    private.fails()


def broken_frames(private: Private, exchange: SimulatedExchange) -> None:
    for kind in ("truncated", "garbage", "utf8"):
        exchange.faults.corrupt(kind, times=2)
        order = next(order for order in exchange.broker.orders if order.is_open)
        exchange.broker.cancel(order)
        private.feed(exchange.advance(100))


def nobody_there(private: Private, exchange: SimulatedExchange) -> None:
    private.feed(exchange.stop())
    private.fails()
    private.feed.until(lambda: private.state is not ConnectionState.CONNECTED)


def raising_callback(private: Private, exchange: SimulatedExchange) -> None:
    def raises(event: Any) -> None:
        raise ValueError(repr(vars(private.manager)), event)

    private.feed(private.proxy.subscribe_balance(raises))


def raising_task(private: Private, exchange: SimulatedExchange) -> None:
    async def raises(event: Any) -> None:
        raise ValueError(repr(private.manager.settings), event)

    private.feed(private.proxy.subscribe_balance(raises))
    private.feed.turns()


FAILURES = [
    no_right,
    wrong_secret,
    unknown_key,
    foreign_address,
    expired,
    deleted,
    emptied,
    refused,
    limited,
    reset,
    no_answer,
    maintenance,
    broken_frames,
    nobody_there,
    raising_callback,
    raising_task,
]


@may_log
@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.__name__)
def test_no_failure_shows_a_key_or_a_token(
    private: Private,
    exchange: SimulatedExchange,
    evidence: Evidence,
    failure: Callable[[Private, SimulatedExchange], None],
) -> None:
    private.subscribe()
    failure(private, exchange)
    private.looks()
    private.manager.set_credentials(None)
    private.feed.until(lambda: private.state is ConnectionState.REFUSED)
    private.proxy.cleanup()
    assert evidence.tokens
    assert evidence.leaks() == []


@may_log
@pytest.mark.upbit_exchange(behaviour=Behaviour(private_refusal="frame", expired_key="closes"))
def test_a_refusal_in_a_frame_shows_none(
    private: Private, exchange: SimulatedExchange, evidence: Evidence
) -> None:
    private.subscribe()
    exchange.faults.expire_key()
    private.feed.until(lambda: private.state is ConnectionState.REFUSED)
    private.looks()
    private.proxy.cleanup()
    assert evidence.leaks() == []


@may_log
def test_a_host_that_may_not_have_the_key_is_told_nothing(
    feed: Feed, exchange: SimulatedExchange, evidence: Evidence
) -> None:
    settings = exchange.settings()
    elsewhere = replace(
        settings,
        private_url="wss://exchange.invalid/websocket/v1/private",
        rest_url="https://exchange.invalid",
    )
    manager = GlobalWebSocketManager(elsewhere)
    private = Private(feed, exchange, manager, evidence)
    private.use(exchange.credentials())
    private.proxy.subscribe_balance(error_handler=evidence.hear)
    private.fails()
    feed.until(lambda: private.state is not ConnectionState.CONNECTING)
    private.looks()
    feed(manager.stop())
    assert evidence.tokens == []
    assert evidence.leaks() == []


DIALS: dict[str, Callable[[SimulatedExchange], None]] = {
    "served": lambda exchange: exchange.faults.clear(),
    "refused": lambda exchange: exchange.faults.refuse(503),
    "not accepted": lambda exchange: exchange.faults.refuse(401),
    "blocked": lambda exchange: exchange.faults.refuse(418),
    "reset": lambda exchange: exchange.faults.refuse("reset"),
    "not answered": lambda exchange: exchange.faults.refuse("timeout"),
    "ended at once": lambda exchange: exchange.faults.accept_then_close(1011),
    "in maintenance": lambda exchange: exchange.faults.maintenance(),
}


@pytest.mark.parametrize("dialled", DIALS)
@pytest.mark.parametrize("path", ["private", "nowhere"])
def test_no_log_shows_the_token_of_a_dial(
    feed: Feed, exchange: SimulatedExchange, evidence: Evidence, dialled: str, path: str
) -> None:
    """Even where somebody lets the library log the headers it sends."""

    class Nobody:
        def messages_waiting(self) -> None: ...
        def transport_lost(self, error: UpbitError) -> None:
            evidence.hear(error)

    evidence.keys.append(exchange.credentials())
    headers = UpbitAuthenticator(exchange.credentials()).headers()
    sent = headers["Authorization"].removeprefix("Bearer ")
    url = exchange.settings().private_url.replace("private", path)
    DIALS[dialled](exchange)

    async def dial_and_end() -> None:
        try:
            transport = await dial(url, Nobody(), headers=headers, timeout_s=0.3)
        except UpbitError as error:
            evidence.hear(error)
            return
        transport.abort()

    feed(dial_and_end())
    assert "Authorization" in str(evidence.places()["the log"])
    if dialled == "served":
        assert evidence.tokens == ([sent] if path == "private" else [])
    evidence.tokens.append(sent)
    assert evidence.leaks() == []


# -- the key itself -------------------------------------------------------------------------------

ACCESS = "AccessKeyThatNobodyMaySee0123456789abcde"
SECRET = "SecretKeyThatNobodyMaySee0123456789abcde"


def _deleted(key: Credentials) -> UpbitAuthenticator:
    maker = UpbitAuthenticator(key)
    key.delete()
    return maker


#: Ways to write an object out by accident.
ATTEMPTS: dict[str, Callable[[Credentials], object]] = {
    "repr": repr,
    "str": str,
    "format": lambda key: f"{key} {key!r} {key!s} {[key]} { ({'key': key}) }",
    "pickle": pickle.dumps,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "json": json.dumps,
    "json by str": lambda key: json.dumps({"key": key}, default=str),
    "msgspec": msgspec.json.encode,
    "asdict": lambda key: dataclasses.asdict(cast("Any", key)),
    "vars": vars,
    "authenticator": lambda key: repr(vars(UpbitAuthenticator(key))),
    "pickled authenticator": lambda key: pickle.dumps(UpbitAuthenticator(key)),
    "deleted": lambda key: _deleted(key).headers(),
}


@pytest.mark.parametrize("way", ATTEMPTS)
def test_a_key_cannot_be_written_out_by_accident(evidence: Evidence, way: str) -> None:
    evidence.keys.append(Credentials(ACCESS, SECRET))
    try:
        written = ATTEMPTS[way](Credentials(ACCESS, SECRET))
    except (TypeError, UpbitError) as error:
        evidence.hear(error)
    else:
        evidence.said.append(repr(written))
    assert evidence.leaks() == []


@pytest.mark.parametrize("missing", ["UPBIT_ACCESS_KEY", "UPBIT_SECRET_KEY"])
def test_half_a_key_is_not_shown_either(evidence: Evidence, missing: str) -> None:
    evidence.keys.append(Credentials(ACCESS, SECRET))
    environment = {"UPBIT_ACCESS_KEY": ACCESS, "UPBIT_SECRET_KEY": SECRET, missing: ""}
    with pytest.raises(InvalidRequest) as caught:
        Credentials.from_environment(environment)
    evidence.said += [str(caught.value), repr(caught.value)]
    evidence.said += traceback.format_exception(caught.value)
    assert evidence.leaks() == []


def test_a_failed_test_shows_no_key_not_even_among_its_locals(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UPBIT_ACCESS_KEY", ACCESS)
    monkeypatch.setenv("UPBIT_SECRET_KEY", SECRET)
    pytester.makepyfile(
        """
        from upbit_ws_qt import Credentials, UpbitAuthenticator

        def test_that_fails():
            key = Credentials.from_environment()
            maker = UpbitAuthenticator(key)
            assert (key, maker) == (None, None), key
        """
    )
    result = pytester.runpytest_subprocess("--showlocals", "-vv", "-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    told = {"what pytest says": result.stdout.str() + result.stderr.str()}
    assert "Credentials(***)" in told["what pytest says"]
    assert find_secrets({"access key": ACCESS, "secret key": SECRET}, told) == []


# -- the search itself ----------------------------------------------------------------------------


def careless_log(key: Credentials, folder: Path) -> None:
    logging.getLogger("upbit_ws_qt.somewhere").debug("dialling", extra={"about": key.access_key})


def careless_traceback(key: Credentials, folder: Path) -> None:
    try:
        raise ValueError(key.secret_key)
    except ValueError:
        logging.getLogger("httpx").debug("failed", exc_info=True)


def careless_print(key: Credentials, folder: Path) -> None:
    os.write(2, key.secret_key.encode())


def careless_file(key: Credentials, folder: Path) -> None:
    (folder / "settings.ini").write_text(f"key={key.access_key}", encoding="utf-8")


def careless_token(key: Credentials, folder: Path) -> None:
    print(UpbitAuthenticator(key).headers()["Authorization"])


@pytest.mark.parametrize(
    "careless",
    [careless_log, careless_traceback, careless_print, careless_file, careless_token],
)
def test_carelessness_would_be_found(
    evidence: Evidence, tmp_path: Path, careless: Callable[[Credentials, Path], None]
) -> None:
    evidence.keys.append(Credentials(ACCESS, SECRET))
    assert evidence.leaks() == []
    careless(Credentials(ACCESS, SECRET), tmp_path)
    assert evidence.leaks()
