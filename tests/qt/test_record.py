"""A manager's session on disk, and back through the very same core."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import QObject

from tests.feed import Feed
from upbit_ws_qt import (
    ConnectionState,
    ConnectionType,
    Credentials,
    Delivery,
    GlobalWebSocketManager,
    RecordingError,
    TradeEvent,
    UpbitError,
    WebSocketClientProxy,
)
from upbit_ws_qt.net import recorder as recorder_module
from upbit_ws_qt.simulator import RecordedExchange, SimulatedExchange
from upbit_ws_qt.simulator.account.orders import NewOrder
from upbit_ws_qt.simulator.keys import KeyRing
from upbit_ws_qt.simulator.replay.recording import Break, read_recording

PUBLIC = ConnectionType.PUBLIC
MARKETS = ["KRW-BTC", "KRW-ETH"]


class Tape:
    """Takes every trade, and counts the connections."""

    def __init__(self, feed: Feed, manager: GlobalWebSocketManager) -> None:
        self.feed, self.manager = feed, manager
        self.owner = QObject()
        self.trades: list[TradeEvent] = []
        self.proxy = WebSocketClientProxy("tape_one", manager, self.owner)
        self.proxy.subscribe_trade(MARKETS, self.trades.append, delivery=Delivery.immediate())

    def live(self) -> list[tuple[str, int, float, float]]:
        """Those of the socket; what is read over REST or repeated is in no recording."""
        return [
            (trade.code, trade.sequential_id, trade.trade_price, trade.trade_volume)
            for trade in self.trades
            if trade.source == "websocket" and not trade.replayed
        ]

    @property
    def is_connected(self) -> bool:
        return self.manager.connection_state(PUBLIC) is ConnectionState.CONNECTED


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
def path(tmp_path: Path) -> Path:
    return tmp_path / "session.rec"


def trade_for(feed: Feed, exchange: SimulatedExchange, tape: Tape) -> None:
    """A minute of the market, and all of it has arrived."""
    known = len(tape.trades)
    feed(exchange.advance(60_000))
    feed.until(lambda: len(tape.trades) > known + 3)


@pytest.mark.allow_logs("a replay has no REST of the trades that nobody recorded")
def test_a_session_with_reconnects_comes_back_the_same(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, path: Path
) -> None:
    """Every trade, one by one, and as many connections."""
    recorder = manager.record(path)
    tape = Tape(feed, manager)
    feed.until(lambda: tape.trades)
    for code in (None, 1012):
        trade_for(feed, exchange, tape)
        asked = len(exchange.requests)
        exchange.faults.drop(code)
        feed.until(lambda: not tape.is_connected)
        feed.until(lambda: tape.is_connected and len(exchange.requests) > asked)  # noqa: B023
        trade_for(feed, exchange, tape)
    epoch = tape.trades[-1].epoch
    feed(manager.stop())
    assert not recorder.is_running
    recording = read_recording(path)
    breaks = [cue for cue in recording.cues if isinstance(cue, Break)]
    assert [cue.is_over for cue in breaks] == [False, True, False, True]
    assert [cue.code for cue in breaks] == [1006, None, 1012, None]

    async def replay() -> RecordedExchange:
        replayer = RecordedExchange(recording, speed=20.0)
        await replayer.start()
        return replayer

    replayer = feed(replay())
    other = GlobalWebSocketManager(replayer.settings())
    played = Tape(feed, other)
    feed.until(lambda: replayer.ended)
    feed.until(lambda: len(played.live()) >= len(tape.live()))

    assert played.live() == tape.live()
    assert played.trades[-1].epoch == epoch == 3
    feed(other.stop())
    feed(replayer.stop())


@pytest.mark.parametrize("private", [False, True])
def test_an_account_is_recorded_only_where_that_is_asked_for(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    path: Path,
    tokens: list[str],
    private: bool,
) -> None:
    """And what may sign is in no recording at all."""
    credentials: Credentials = exchange.credentials()
    manager.set_credentials(credentials)
    recorder = manager.record(path, private=private)
    tape = Tape(feed, manager)
    balances: list[object] = []
    tape.proxy.subscribe_balance(balances.append)
    feed.until(lambda: balances and tape.trades)
    known = len(balances)
    exchange.broker.place(NewOrder(market="KRW-BTC", side="bid", ord_type="price", price="10000"))
    feed(exchange.advance(1))
    feed.until(lambda: len(balances) > known + 1)
    recorder.stop()

    text = gzip.decompress(path.read_bytes())
    assert (b"myAsset" in text) is private
    assert b"KRW-BTC" in text
    assert text.count(b'"connection":"private"') > 0 if private else b'"private",' not in text
    assert recorder.is_private is private
    for secret in (credentials.access_key, credentials.secret_key):
        assert secret.encode() not in text
    assert tokens
    for token in filter(None, tokens):
        assert token.encode() not in text


def test_nothing_is_recorded_after_its_end(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, path: Path
) -> None:
    """Begun in the middle of a connection it knows that there is one."""
    tape = Tape(feed, manager)
    feed.until(lambda: tape.trades)
    with manager.record(path) as recorder:
        trade_for(feed, exchange, tape)
    frames = recorder.statistics().frames
    trade_for(feed, exchange, tape)

    assert recorder.statistics().frames == frames > 0
    assert b'"mark":"connected","epoch":1' in gzip.decompress(path.read_bytes())
    assert all(not client.taps for client in manager._connections.clients.values())


def test_a_recording_may_begin_before_anything_is_wanted(
    feed: Feed, manager: GlobalWebSocketManager, path: Path
) -> None:
    """And ends with a manager that never began."""
    recorder = manager.record(path)
    feed(manager.stop())

    assert not recorder.is_running
    with pytest.raises(RecordingError, match="no frames"):
        read_recording(path)


def test_a_file_that_cannot_be_made_is_said_at_the_call(
    manager: GlobalWebSocketManager, tmp_path: Path
) -> None:
    with pytest.raises(RecordingError, match="cannot be written"):
        manager.record(tmp_path)


@pytest.mark.allow_logs("a full disk is worth a warning")
def test_a_full_disk_ends_the_recording_and_not_the_session(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is told by the manager's signal, and to whoever asks the recording."""
    errors: list[UpbitError] = []
    manager.error_occurred.connect(errors.append)
    tape = Tape(feed, manager)
    feed.until(lambda: tape.trades)
    recorder = manager.record(path)
    # What the system would say from inside the write.
    monkeypatch.setattr(recorder_module, "pack", _full)
    trade_for(feed, exchange, tape)
    feed.until(lambda: errors)

    assert isinstance(errors[0], RecordingError)
    assert recorder.error is errors[0]
    assert not recorder.is_running
    assert str(path) not in str(errors[0])
    trade_for(feed, exchange, tape)


def _full(_: bytes) -> bytes:
    raise OSError(28, "No space left on device")


def test_a_forgotten_manager_ends_its_recording(
    feed: Feed, exchange: SimulatedExchange, path: Path
) -> None:
    """Without ``stop``; the file is whole."""
    manager = GlobalWebSocketManager(exchange.settings())
    tape = Tape(feed, manager)
    manager.record(path)
    feed.until(tape.live)
    manager.deleteLater()
    del manager, tape
    feed.until(lambda: b'"mark":"ended"' in _readable(path))


def _readable(path: Path) -> bytes:
    try:
        return gzip.decompress(path.read_bytes())
    except EOFError:
        return b""
