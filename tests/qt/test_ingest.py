"""Reading in step with the screen: nothing gets stuck, at no change of the pacing, in no way."""

from __future__ import annotations

import ssl
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from PyQt6.QtCore import QEventLoop, QTimer
from PyQt6.QtWidgets import QApplication

from tests.feed import Feed
from tests.peer import Peer, numbered_trades
from upbit_ws_qt import FeedSettings, GlobalWebSocketManager, TradeEvent, WebSocketClientProxy
from upbit_ws_qt.backpressure import Delivery
from upbit_ws_qt.events import ConnectionState, ConnectionType
from upbit_ws_qt.net.connection import ConnectionDriver
from upbit_ws_qt.net.transport import WebSocketTransport
from upbit_ws_qt.pacing import Pacing
from upbit_ws_qt.simulator import SimulatedExchange

#: A message that needs more than one read.
LONG = "x" * 200_000


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's context, whose authority the program under test trusts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture(params=["plain", "TLS"])
def peer(request: pytest.FixtureRequest) -> Iterator[Peer]:
    tls = request.param == "TLS" and request.getfixturevalue("certificate")
    peer = Peer(tls or None)
    yield peer
    peer.close()


@pytest.fixture
def plain_peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


class Program:
    """A manager whose public stream a peer plays; it keeps the numbers of the trades it gets."""

    def __init__(self, feed: Feed, exchange: SimulatedExchange, peer: Peer) -> None:
        self.feed = feed
        self.peer = peer
        # The peer answers no calls, and the simulated exchange knows none of its trades.
        silent = replace(exchange.settings().exchange, has_rest=False)
        settings: FeedSettings = replace(exchange.settings(), exchange=silent, public_url=peer.url)
        self.manager = GlobalWebSocketManager(settings)
        self.proxy = WebSocketClientProxy("tape_main", self.manager)
        self.numbers: list[int] = []
        self.tape = self.proxy.subscribe_trade(
            ["KRW-BTC"], self.take, delivery=Delivery.drop_oldest(maxlen=1_000_000)
        )
        feed.until(peer.asked)

    def take(self, event: TradeEvent) -> None:
        self.numbers.append(event.sequential_id)

    @property
    def driver(self) -> ConnectionDriver:
        return self.manager._pump._drivers[0]

    @property
    def transport(self) -> WebSocketTransport:
        transport = self.driver._transport
        assert transport is not None
        return transport

    def play(self, numbers: range) -> None:
        """Send and wait until all have come, each once and in order."""
        before = len(self.numbers)
        self.peer.send(numbered_trades(numbers))
        self.feed.until(lambda: self.peer.sent() and self.numbers[-1:] == [numbers[-1]])
        assert self.numbers[before:] == list(numbers)

    def rests(self) -> bool:
        """Whether everything waits for the socket alone."""
        return self.driver.pacing is Pacing.AT_ONCE and not self.manager._pump.bridge.is_awake

    def end(self) -> None:
        self.proxy.cleanup()
        self.feed(self.manager.stop())
        self.manager.deleteLater()


@pytest.fixture
def program(feed: Feed, exchange: SimulatedExchange, peer: Peer) -> Iterator[Program]:
    program = Program(feed, exchange, peer)
    yield program
    program.end()


@pytest.fixture
def plain(feed: Feed, exchange: SimulatedExchange, plain_peer: Peer) -> Iterator[Program]:
    program = Program(feed, exchange, plain_peer)
    yield program
    program.end()


@pytest.mark.parametrize("length", [1, 24, 25, 100, 3000])
def test_the_last_value_comes_when_the_stream_falls_silent_in_the_middle_of_a_burst(
    program: Program, length: int
) -> None:
    """And the one after it, when nothing is paced any more."""
    number = 0
    for _ in range(3):
        program.play(range(number, number + length))
        number += length
    program.feed.until(program.rests)
    program.play(range(number, number + 1))


def test_the_pacing_follows_the_rate_and_ends_with_it(plain: Program) -> None:
    assert plain.driver.pacing is Pacing.AT_ONCE
    plain.play(range(200))
    assert plain.driver.is_paced
    plain.feed.until(plain.rests)
    assert not plain.driver.is_paced


def test_nothing_is_lost_at_a_change_of_pacing(plain: Program) -> None:
    """Single messages at every moment of the way back from frames to reading at once."""
    number = 0
    for frames in range(0, 40, 3):
        plain.play(range(number, number + 200))
        number += 200
        assert plain.driver.is_paced
        # Silence for so many frames, or until they end.
        bridge = plain.manager._pump.bridge
        enough = bridge.frames + frames
        plain.feed.until(lambda: bridge.frames >= enough or not bridge.is_awake)  # noqa: B023
        plain.play(range(number, number + 1))
        number += 1
    assert not plain.driver.is_paced
    assert plain.numbers == list(range(number))


def test_what_tls_has_read_ahead_is_not_forgotten(
    feed: Feed, exchange: SimulatedExchange, certificate: ssl.SSLContext
) -> None:
    """Bursts around the sizes of its records, our block and asyncio's buffers; then silence."""
    peer = Peer(certificate)
    program = Program(feed, exchange, peer)
    number = 0
    for size in (16_384, 65_536, 131_072, 262_144, 300_000, 1_000_000):
        trades = numbered_trades(range(number, number + 1 + size // 300))
        number += len(trades)
        peer.send(trades)
        feed.until(lambda: peer.sent() and len(program.numbers) == number)  # noqa: B023
    assert program.numbers == list(range(number))
    program.end()
    peer.close()


def test_a_message_longer_than_a_read_is_whole(program: Program) -> None:
    (trade,) = numbered_trades([7])
    program.play(range(5))
    program.peer.send([trade[:-1] + b',"unknown":"' + LONG.encode() + b'"}'])
    program.feed.until(lambda: program.peer.sent() and program.numbers[-1] == 7)


def test_a_dialog_in_a_callback_holds_nobody_up(plain: Program) -> None:
    """The socket is read on demand then, and the nested loop must go on demanding."""
    others: list[int] = []
    tape = WebSocketClientProxy("tape_other", plain.manager)
    tape.subscribe_trade(["KRW-BTC"], lambda event: others.append(event.sequential_id))
    plain.play(range(200))
    assert plain.driver.is_paced
    seen: list[list[int]] = []

    def open_dialog(event: TradeEvent) -> None:
        if event.sequential_id == 200:
            dialog = QEventLoop()
            look = QTimer()
            look.timeout.connect(lambda: others[-1] == 1299 and dialog.quit())
            look.start(1)
            plain.peer.send(numbered_trades(range(201, 1300)))
            # Nothing else would read: the socket itself wakes nobody now.
            assert plain.manager._pump.bridge.is_awake
            dialog.exec()
            look.stop()
            seen.append(list(others))

    opener = WebSocketClientProxy("tape_dialog", plain.manager)
    opener.subscribe_trade(["KRW-BTC"], open_dialog)
    plain.peer.send(numbered_trades([200]))
    plain.feed.until(lambda: seen)
    assert seen[0][-1] == 1299
    for proxy in (tape, opener):
        proxy.cleanup()


@pytest.mark.allow_logs("what came between two connections cannot be asked for here")
def test_a_new_connection_begins_anew_while_the_old_one_was_paced(plain: Program) -> None:
    plain.play(range(200))
    assert plain.driver.is_paced
    plain.peer.drop()
    plain.feed.until(
        lambda: (
            plain.manager.connection_state(ConnectionType.PUBLIC) is ConnectionState.RECONNECTING
        )
    )
    plain.feed.until(plain.peer.asked)
    plain.play(range(200, 201))
    plain.play(range(201, 500))


def test_what_was_on_its_way_when_the_connection_ended_still_comes(plain: Program) -> None:
    plain.play(range(200))
    assert plain.driver.is_paced
    plain.peer.send(numbered_trades(range(200, 300)))
    plain.peer.drop()
    plain.feed.until(lambda: plain.numbers[-1:] == [299])
    assert plain.numbers == list(range(300))


def test_a_stop_in_a_callback_while_frames_are_paced(plain: Program) -> None:
    plain.play(range(200))
    stopped: list[int] = []

    async def stop(event: TradeEvent) -> None:
        await plain.manager.stop()
        stopped.append(event.sequential_id)

    stopper = WebSocketClientProxy("tape_stop", plain.manager)
    stopper.subscribe_trade(["KRW-BTC"], stop)
    driver = plain.driver
    plain.peer.send(numbered_trades(range(200, 260)))
    plain.feed.until(lambda: stopped)
    assert not driver.is_open
    assert not driver.is_paced
    assert not plain.manager._pump.bridge.is_awake
    stopper.cleanup()


def test_a_flood_is_held_up_by_the_socket_and_not_kept_in_memory(plain: Program) -> None:
    """What nobody has time to decode stays with the exchange; no more than a block is here."""
    number = 120_000
    plain.peer.send(numbered_trades(range(number)))
    assert plain.peer.unsent_bytes > 10_000_000
    most = 0
    sliced = False

    def look() -> bool:
        nonlocal most, sliced
        plain.peer.sent()
        most = max(most, plain.transport.pending_bytes)
        sliced = sliced or plain.driver.pacing is Pacing.SLICED
        return len(plain.numbers) == number

    plain.feed.until(look)
    assert plain.numbers == list(range(number))
    assert sliced
    assert most < 200_000


def test_qt_is_served_between_the_slices_of_a_flood(plain: Program, qapp: QApplication) -> None:
    """A timer that fires again and again keeps firing while the flood lasts."""
    number = 60_000
    during: list[int] = []
    ticker = QTimer()
    ticker.timeout.connect(lambda: during.append(len(plain.numbers)))
    ticker.start(1)
    plain.peer.send(numbered_trades(range(number)))
    plain.feed.until(lambda: plain.peer.sent() and len(plain.numbers) == number)
    ticker.stop()
    assert len({count for count in during if 0 < count < number}) >= 5


def test_one_slow_consumer_does_not_keep_input_from_the_others(plain: Program) -> None:
    """Its backlog is cut off by the slice each time; the others get what comes meanwhile."""
    calls: list[int] = []

    def slow(event: TradeEvent) -> None:
        calls.append(len(plain.numbers))
        over_at = time.monotonic() + 0.010
        while time.monotonic() < over_at:
            pass

    sluggard = WebSocketClientProxy("tape_slow", plain.manager)
    slow_tape = sluggard.subscribe_trade(
        ["KRW-BTC"], slow, delivery=Delivery.drop_oldest(maxlen=50)
    )
    plain.peer.send(numbered_trades(range(5000)))
    plain.feed.until(lambda: plain.peer.sent() and plain.numbers[-1:] == [4999])
    assert plain.numbers == list(range(5000))
    assert slow_tape.statistics().dropped > 0
    # Two frames are four of its calls; its whole backlog would be fifty.
    in_between = Counter(count for count in calls if count < 5000)
    assert max(in_between.values()) <= 10
    sluggard.cleanup()
