"""``stop()`` in every state: it is over within two seconds, leaves nothing, and is not the end."""

from __future__ import annotations

import asyncio
import importlib
import os
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from msgspec import structs
from PyQt6.QtCore import QEventLoop, QObject, QTimer

from tests.feed import Feed
from upbit_ws_qt import (
    BalanceEvent,
    ConnectionEvent,
    ConnectionState,
    ConnectionType,
    Credentials,
    DataType,
    GlobalWebSocketManager,
    InvalidState,
    RateLimited,
    TickerEvent,
    TradeEvent,
    WebSocketClientProxy,
)
from upbit_ws_qt.qt.running import feed_loop
from upbit_ws_qt.simulator import Behaviour, SimulatedExchange

S = ConnectionState
PUBLIC, PRIVATE = ConnectionType.PUBLIC, ConnectionType.PRIVATE
MARKET = "KRW-BTC"
LIMIT_S = 2.0


class Stage:
    """One manager with a component, and the exchange it talks to."""

    def __init__(
        self, feed: Feed, exchange: SimulatedExchange, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.feed = feed
        self.exchange = exchange
        self.monkeypatch = monkeypatch
        self.tickers: list[TickerEvent] = []
        self.before = asyncio.all_tasks(feed_loop())
        self.undo: list[Callable[[], object]] = []
        self.goes_on_to = S.CONNECTED
        self.open()

    def open(self, **changes: Any) -> None:
        """Another manager with these settings; the one before was not used."""
        settings = replace(self.exchange.settings(), grace_period_s=0.05, **changes)
        self.manager = GlobalWebSocketManager(settings)
        self.owner = QObject()
        self.proxy = WebSocketClientProxy("stage_one", self.manager, self.owner)
        # Those that watch over proxies, which outlive a stop.
        self.idle_timers = self.timers()

    def timers(self) -> set[QTimer]:
        """The manager's timers that run."""
        return {timer for timer in self.manager.findChildren(QTimer) if timer.isActive()}

    def state(self, connection: ConnectionType = PUBLIC) -> ConnectionState:
        return self.manager.connection_state(connection)

    def until(self, state: ConnectionState, connection: ConnectionType = PUBLIC) -> None:
        self.feed.until(lambda: self.state(connection) is state)

    def connected(self) -> None:
        """There is data."""
        self.feed(self.proxy.subscribe_ticker([MARKET], self.tickers.append))
        self.feed.until(lambda: self.tickers and len(self.manager.markets.levels(MARKET)) > 1)

    def in_time(self, stopping: Awaitable[object]) -> None:
        """What the two seconds are for: it is the contract itself that is limited here."""

        async def limited() -> None:
            async with asyncio.timeout(LIMIT_S):
                await stopping
                # One that never waited, but held the thread for too long, is noticed only now.
                for _ in range(2):
                    await asyncio.sleep(0)

        self.feed(limited())

    def sockets(self) -> list[Any]:
        """Our ends of what is open to the exchange, which lives in this process, too."""
        port = urlsplit(self.exchange.settings().rest_url).port
        psutil = importlib.import_module("psutil")
        open_sockets = psutil.Process().net_connections("tcp")
        return [each for each in open_sockets if each.raddr and each.raddr.port == port]

    def left(self) -> set[asyncio.Task[Any]]:
        """Tasks that were not there before the manager was."""
        return {task for task in asyncio.all_tasks(feed_loop()) - self.before if not task.done()}

    def over(self) -> None:
        """Nothing of the manager is left, here or at the exchange."""
        assert {self.state(connection) for connection in ConnectionType} == {S.STOPPED}
        health = self.manager.health_check()
        assert (health.active_connections, health.suspects) == (0, 0)
        assert self.manager.wire_subscription() == {}
        assert self.timers() <= self.idle_timers
        # Also while the exchange does nothing about it.
        self.feed.until(lambda: not self.sockets())
        self.exchange.faults.clear()
        while self.undo:
            self.undo.pop()()
        self.feed.until(lambda: not self.exchange.connections)
        self.feed.until(lambda: not self.left())

    def goes_on(self) -> None:
        """Started again, it serves whoever wanted something before, and who comes now."""
        self.feed(self.manager.start())
        late: list[TickerEvent] = []
        self.proxy.subscribe_ticker([MARKET], late.append)
        self.until(self.goes_on_to)
        if self.goes_on_to is S.CONNECTED:
            wanted = len(self.tickers) > 0
            self.tickers.clear()
            self.feed(self.exchange.advance(60_000))
            self.feed.until(lambda: late and (self.tickers or not wanted))


@pytest.fixture
def stage(
    feed: Feed, exchange: SimulatedExchange, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    stage = Stage(feed, exchange, monkeypatch)
    yield stage
    feed(stage.manager.stop())


# -- the states ------------------------------------------------------------------------------------


def stopped(stage: Stage) -> None:
    """It was never started."""


def idle(stage: Stage) -> None:
    stage.feed(stage.manager.start())
    stage.until(S.IDLE)


def idle_again(stage: Stage) -> None:
    stage.connected()
    stage.proxy.unsubscribe_all()
    stage.tickers.clear()
    stage.until(S.IDLE)


def looking_up(stage: Stage) -> None:
    """The name server is dead: a look-up that nobody can cancel."""
    answered, asked = threading.Event(), threading.Event()
    look_up = socket.getaddrinfo

    def blocked(*arguments: Any, **options: Any) -> Any:
        asked.set()
        answered.wait()
        return look_up(*arguments, **options)

    stage.monkeypatch.setattr(socket, "getaddrinfo", blocked)
    stage.undo.append(answered.set)
    url = stage.exchange.settings().public_url
    stage.open(public_url=url.replace("127.0.0.1", "localhost"))
    stage.proxy.subscribe_ticker([MARKET], stage.tickers.append)
    stage.feed.until(asked.is_set)
    assert stage.state() is S.CONNECTING


def unanswered(stage: Stage) -> None:
    """The connection is accepted and the handshake never answered."""
    stage.exchange.faults.refuse("timeout")
    stage.proxy.subscribe_ticker([MARKET], stage.tickers.append)
    stage.feed.until(lambda: stage.state() is S.CONNECTING)
    stage.feed.until(lambda: len(stage.manager.markets))


def encrypting(stage: Stage) -> None:
    """Somebody accepts and says nothing at all, so the TLS handshake hangs."""
    deaf = socket.create_server(("127.0.0.1", 0))
    deaf.settimeout(20.0)
    stage.open(public_url=f"wss://127.0.0.1:{deaf.getsockname()[1]}/")
    stage.proxy.subscribe_ticker([MARKET], stage.tickers.append)
    hello = threading.Event()

    def listen() -> None:
        peer, _ = deaf.accept()
        with peer:
            peer.recv(1)
            hello.set()
            # Until the client has gone.
            while peer.recv(4096):
                pass

    listening = threading.Thread(target=listen, daemon=True)
    listening.start()
    stage.feed.until(hello.is_set)
    assert stage.state() is S.CONNECTING
    # The client's end is the peer's: its socket is closed, not only forgotten.
    stage.undo += [deaf.close, lambda: stage.feed.until(lambda: not listening.is_alive())]
    stage.goes_on_to = S.RECONNECTING


def connected(stage: Stage) -> None:
    stage.connected()


def half_open(stage: Stage) -> None:
    """Nothing comes any more, not even an answer to the closing frame."""
    stage.connected()
    stage.exchange.faults.half_open()


def choked(stage: Stage) -> None:
    """The peer does not read, and what we wanted to send fills every buffer on the way."""
    half_open(stage)
    transport = stage.manager._connections.public._transport
    assert transport is not None
    # Nothing that compression could make small.
    transport.send(os.urandom(16 * 1024 * 1024))


def flooded(stage: Stage) -> None:
    """More has come than was delivered."""
    for kind in (DataType.TICKER, DataType.TRADE, DataType.ORDERBOOK):
        stage.proxy.subscribe(kind, [MARKET, "KRW-ETH"])
    stage.connected()
    stage.feed(stage.exchange.advance(120_000))


def waiting_to_dial_again(stage: Stage) -> None:
    stage.connected()
    stage.exchange.faults.refuse(503)
    stage.exchange.faults.drop()
    stage.feed.until(lambda: stage.manager.connection_event(PUBLIC).state is S.RECONNECTING)


def waiting_for_a_turn(stage: Stage) -> None:
    """The exchange has just said that there are no more dials for us."""
    stage.exchange.faults.refuse(429, times=1)
    stage.proxy.subscribe_ticker([MARKET], stage.tickers.append)
    stage.until(S.RECONNECTING)
    stage.feed(stage.manager.stop())
    stage.feed(stage.manager.start())
    stage.feed.until(lambda: stage.state() is S.CONNECTING)
    assert "dial" in {task.get_name() for task in stage.left()}
    assert not stage.exchange.connections


def with_a_call_that_waits_for_its_turn(stage: Stage) -> None:
    stage.connected()
    stage.exchange.faults.refuse(429, of="rest", times=1)
    with pytest.raises(RateLimited):
        stage.feed(stage.proxy.get_ticker_snapshot([MARKET]))
    call = feed_loop().create_task(failing(stage.proxy.get_ticker_snapshot([MARKET])))
    stage.feed.turns()
    assert not call.done()


def with_a_call_that_hangs(stage: Stage) -> None:
    stage.connected()
    stage.exchange.faults.refuse("timeout", of="rest", times=1)
    call = feed_loop().create_task(failing(stage.proxy.get_ticker_snapshot([MARKET])))
    stage.feed.until(lambda: stage.exchange.faults._refusals["rest"].left == 0)
    assert not call.done()


async def failing(call: Awaitable[object]) -> None:
    """Who waits for an answer is told at once that none will come."""
    with pytest.raises(InvalidState, match="stopped before the exchange answered"):
        await call


def while_the_market_list_is_read(stage: Stage) -> None:
    stage.exchange.faults.refuse("timeout", of="rest")
    stage.feed(stage.proxy.subscribe_ticker([MARKET], stage.tickers.append))
    stage.feed.until(lambda: stage.tickers)


def while_the_market_list_is_refused(stage: Stage) -> None:
    stage.exchange.faults.refuse(503, of="rest")
    stage.feed(stage.proxy.subscribe_ticker([MARKET], stage.tickers.append))
    stage.feed.until(lambda: stage.tickers)


def with_an_account(stage: Stage) -> None:
    stage.manager.set_credentials(stage.exchange.credentials())
    balances: list[BalanceEvent] = []
    stage.feed(stage.proxy.subscribe_balance(balances.append))
    stage.until(S.CONNECTED, PRIVATE)
    stage.feed.until(lambda: balances)


def polling(stage: Stage) -> None:
    stage.open(fallback_after_s=0.05)
    stage.exchange.faults.refuse(503)
    stage.manager.set_credentials(stage.exchange.credentials())
    balances: list[BalanceEvent] = []
    stage.feed(stage.proxy.subscribe_balance(balances.append))
    stage.until(S.POLLING, PRIVATE)
    stage.feed.until(lambda: balances)


def polling_without_an_answer(stage: Stage) -> None:
    stage.open(fallback_after_s=0.05)
    stage.exchange.faults.refuse("timeout", of="both")
    stage.manager.set_credentials(stage.exchange.credentials())
    stage.proxy.subscribe_balance()
    stage.until(S.POLLING, PRIVATE)


def refused(stage: Stage) -> None:
    stage.manager.set_credentials(Credentials("nobody", "knows"))
    told: list[Exception] = []
    stage.proxy.subscribe_balance(error_handler=told.append)
    stage.until(S.REFUSED, PRIVATE)
    stage.feed.until(lambda: told)
    stage.connected()


def probing(stage: Stage) -> None:
    """Too many for this exchange; what is to blame is tried on a second connection."""
    stage.connected()
    stage.proxy.subscribe_trade([MARKET, "KRW-ETH", "KRW-XRP"], error_handler=lambda _: None)
    stage.feed.until(lambda: stage.manager.health_check().suspects)


def with_callbacks_that_hang(stage: Stage) -> None:
    begun: list[TickerEvent] = []

    async def hang(event: TickerEvent) -> None:
        begun.append(event)
        await asyncio.Event().wait()

    stage.proxy.subscribe_ticker([MARKET], hang)
    stage.feed.until(lambda: begun)
    stage.connected()


def with_a_callback_that_is_about_to_hang(stage: Stage) -> None:
    """It gets what waits for it, the last event of a joiner, only while all is stopped."""
    stage.connected()

    async def hang(_: TickerEvent) -> None:
        await asyncio.Event().wait()

    stage.proxy.subscribe_ticker([MARKET], hang)


def with_a_consumer_that_is_behind(stage: Stage) -> None:
    """It takes 20 ms for each trade, and six seconds' worth of them wait."""
    stage.connected()
    taken: list[TradeEvent] = []

    def labour(trade: TradeEvent) -> None:
        taken.append(trade)
        rested = time.monotonic() + 0.02
        while time.monotonic() < rested:
            pass

    stage.undo.append(stage.proxy.subscribe_trade([MARKET], labour).unsubscribe)
    stage.feed.until(lambda: taken)
    for number in range(300):
        stage.manager.distribute_data(structs.replace(taken[0], sequential_id=number))


STATES = {
    state.__name__: state
    for state in (
        stopped,
        idle,
        idle_again,
        looking_up,
        unanswered,
        encrypting,
        connected,
        half_open,
        choked,
        flooded,
        waiting_to_dial_again,
        waiting_for_a_turn,
        with_a_call_that_waits_for_its_turn,
        with_a_call_that_hangs,
        while_the_market_list_is_read,
        while_the_market_list_is_refused,
        with_an_account,
        polling,
        polling_without_an_answer,
        refused,
        with_callbacks_that_hang,
        with_a_callback_that_is_about_to_hang,
        with_a_consumer_that_is_behind,
    )
}


# -- in each of them -------------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES)
def test_stop_is_over_in_time_and_leaves_nothing_and_it_goes_on_after_a_start(
    stage: Stage, state: str
) -> None:
    STATES[state](stage)
    stage.in_time(stage.manager.stop())
    stage.over()
    stage.goes_on()


async def at_once(*calls: Awaitable[object]) -> None:
    await asyncio.gather(*calls)


@pytest.mark.upbit_exchange(behaviour=Behaviour(most_codes=1))
def test_so_it_is_while_a_refusal_is_looked_into(stage: Stage) -> None:
    probing(stage)
    stage.in_time(stage.manager.stop())
    stage.over()
    stage.goes_on()


@pytest.mark.parametrize("state", ["stopped", "connected", "waiting_for_a_turn", "polling"])
def test_twice_at_once_is_once(stage: Stage, state: str) -> None:
    STATES[state](stage)
    stage.in_time(at_once(stage.manager.stop(), stage.manager.stop()))
    stage.over()
    stage.goes_on()


@pytest.mark.parametrize("state", ["stopped", "connected", "waiting_for_a_turn", "polling"])
def test_a_stop_a_start_and_a_stop_in_one_breath_are_a_stop(stage: Stage, state: str) -> None:
    STATES[state](stage)
    manager = stage.manager
    stage.in_time(at_once(manager.stop(), manager.start(), manager.stop()))
    stage.over()
    stage.goes_on()


def test_a_stop_and_a_start_in_one_breath_are_a_new_connection(stage: Stage) -> None:
    stage.connected()
    stage.feed(at_once(stage.manager.stop(), stage.manager.start()))
    stage.goes_on()
    assert stage.tickers[-1].epoch == 2


@pytest.mark.parametrize("waits", [True, False])
def test_inside_a_callback(stage: Stage, waits: bool) -> None:
    """A callback that stops everything is not stopped by that itself."""
    done: list[str] = []

    async def stop_and_wait(_: TickerEvent) -> None:
        await stage.manager.stop()
        done.append("stopped")

    def stop_soon(event: TickerEvent) -> None:
        stage.proxy.start(stop_and_wait(event))

    subscription = stage.proxy.subscribe_ticker([MARKET], stop_and_wait if waits else stop_soon)
    stage.feed.until(lambda: done)
    stage.over()
    subscription.unsubscribe()
    stage.goes_on()
    assert done == ["stopped"]


def test_inside_a_dialog_of_a_callback(stage: Stage) -> None:
    """A nested loop of Qt runs in the middle of a delivery."""
    closed: list[str] = []

    def ask(_: TickerEvent) -> None:
        dialog = QEventLoop()
        task = feed_loop().create_task(stage.manager.stop())
        task.add_done_callback(lambda _: dialog.quit())
        dialog.exec()
        closed.append("closed")

    subscription = stage.proxy.subscribe_ticker([MARKET], ask)
    stage.feed.until(lambda: closed)
    stage.over()
    subscription.unsubscribe()
    stage.goes_on()


def test_who_hears_of_the_end_may_start_again(stage: Stage) -> None:
    stage.connected()
    started: list[ConnectionEvent] = []
    again: list[TickerEvent] = []

    def changed(event: ConnectionEvent) -> None:
        if event.connection_type is PUBLIC and event.state is S.STOPPED and not started:
            started.append(event)
            stage.proxy.subscribe_ticker(["KRW-ETH"], again.append)

    stage.manager.connection_changed.connect(changed)
    stage.in_time(stage.manager.stop())
    stage.feed.until(lambda: again)
    assert stage.state() is S.CONNECTED
    stage.in_time(stage.manager.stop())
    stage.over()
    stage.goes_on()


def test_a_call_of_a_manager_that_was_never_started_leaves_no_connection(stage: Stage) -> None:
    stage.feed(stage.proxy.get_ticker_snapshot([MARKET]))
    assert stage.left(), "the connection is kept for the next call"
    stage.in_time(stage.manager.stop())
    stage.over()
