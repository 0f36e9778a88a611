"""The driver: it performs what the protocol decides, and is fooled neither by timers nor stalls."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from upbit_ws_qt.actions import Instant
from upbit_ws_qt.errors import ConnectFailed
from upbit_ws_qt.events import (
    Balance,
    ConnectionEvent,
    ConnectionState,
    DataType,
    TickerEvent,
    WebSocketEvent,
)
from upbit_ws_qt.net import connection as connection_module
from upbit_ws_qt.net.connection import ConnectionDriver, Line
from upbit_ws_qt.polling import Fetch
from upbit_ws_qt.public_protocol import PublicProtocol
from upbit_ws_qt.ratelimit import GlobalRateLimiter
from upbit_ws_qt.recovery import EpochManager, ExponentialBackoff, RecoveryEngine
from upbit_ws_qt.settings import FeedSettings
from upbit_ws_qt.subscriptions import SubscriptionSpec

TICKER = SubscriptionSpec(DataType.TICKER, ("KRW-BTC",))
FRAME = b'{"type":"ticker","code":"KRW-BTC","timestamp":1,"trade_price":97000000,"n":%d}'


class Scene:
    """A driver whose events are taken like a manager takes them."""

    def __init__(self, url: str) -> None:
        settings = FeedSettings(grace_period_s=0.0, connect_timeout_s=5.0)
        self.protocol = PublicProtocol(
            settings,
            EpochManager(),
            lambda: "ticket",
            recovery=RecoveryEngine(ExponentialBackoff(0.01, 0.05)),
        )
        self.events: list[WebSocketEvent] = []
        self.woken = asyncio.Event()
        self.tasks: set[asyncio.Task[None]] = set()
        line = Line(url, GlobalRateLimiter(), asyncio.get_running_loop, self.spawn)
        self.driver = ConnectionDriver(self.protocol, line, self.fetch, self.wake)

    def wake(self, *, reading: bool = False) -> None:
        del reading
        self.woken.set()

    async def fetch(self, fetch: Fetch) -> tuple[Balance, ...]:
        raise ConnectFailed(f"nothing serves {fetch}")

    def spawn(self, coroutine: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(coroutine, name=name)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    def start(self) -> None:
        at = connection_module.now()
        self.protocol.start(at)
        self.protocol.subscribe("consumer", TICKER, at)
        self.driver.settle()

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(20):
            while True:
                self.driver.ingest(float("inf"))
                while (event := self.protocol.next_event()) is not None:
                    self.events.append(event)
                if condition():
                    return
                await self.woken.wait()
                self.woken.clear()

    def states(self) -> list[ConnectionState]:
        return [event.state for event in self.events if isinstance(event, ConnectionEvent)]

    def data(self) -> list[WebSocketEvent]:
        return [event for event in self.events if isinstance(event, TickerEvent)]

    async def end(self) -> None:
        self.driver.close()
        if self.tasks:
            await asyncio.wait(self.tasks)


async def serve_frames(connection: ServerConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        async for _ in connection:
            await connection.send(FRAME % 1)


def test_it_dials_subscribes_and_hands_in_what_comes() -> None:
    async def main() -> None:
        async with serve(serve_frames, "127.0.0.1", 0) as server:
            scene = Scene(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
            scene.start()
            await scene.until(scene.data)
            assert scene.driver.is_open
            assert scene.states() == ["idle", "connecting", "connected"]
            await scene.end()
            assert not scene.driver.is_open

    asyncio.run(main())


def test_a_failed_dial_is_tried_again() -> None:
    async def main() -> None:
        scene = Scene("ws://127.0.0.1:9/")
        scene.start()
        await scene.until(lambda: scene.states().count(ConnectionState.RECONNECTING) == 3)
        assert scene.events[-1].attempt == 3  # type: ignore[attr-defined]
        await scene.end()

    asyncio.run(main())


def test_it_ends_at_any_moment_of_a_dial() -> None:
    async def main() -> None:
        scene = Scene("ws://127.0.0.1:9/")
        scene.start()
        await scene.end()
        scene = Scene("ws://127.0.0.1:9/")
        scene.start()
        await asyncio.sleep(0)
        await scene.end()
        assert not scene.driver.is_open

    asyncio.run(main())


def test_a_slice_leaves_the_rest_for_the_next() -> None:
    """Ingest looks at the clock and stops; nothing is lost."""

    async def many(connection: ServerConnection) -> None:
        await connection.recv()
        for number in range(3000):
            await connection.send(FRAME % number)
        await connection.wait_closed()

    async def main() -> None:
        async with serve(many, "127.0.0.1", 0, compression=None) as server:
            scene = Scene(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
            scene.start()
            await scene.until(lambda: scene.protocol.state is ConnectionState.CONNECTED)
            transport = scene.driver._transport
            assert transport is not None
            # More than one read: that is what a slice takes at least.
            while transport.pending_bytes < 70_000:
                await scene.woken.wait()
                scene.woken.clear()
            assert scene.driver.ingest(0.0)
            await scene.until(lambda: len(scene.data()) == 3000)
            await scene.end()

    asyncio.run(main())


class Times:
    """Stands in for both clocks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = Instant(0.0, 0.0)
        real = connection_module.now

        def now() -> Instant:
            at = real()
            return Instant(at.monotonic + self.ahead.monotonic, at.wall + self.ahead.wall)

        monkeypatch.setattr(connection_module, "now", now)


def test_our_own_stall_is_not_the_peers_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 16: after a late timer the socket is read first, and deadlines are judged after."""

    async def main() -> None:
        times = Times(monkeypatch)
        async with serve(serve_frames, "127.0.0.1", 0) as server:
            scene = Scene(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
            scene.start()
            await scene.until(scene.data)
            judged: list[float] = []
            handle_timer = scene.protocol.handle_timer

            def judge(at: Instant) -> None:
                judged.append(at.monotonic)
                handle_timer(at)

            monkeypatch.setattr(scene.protocol, "handle_timer", judge)
            # The thread stands for 20 s, in which the exchange has sent something: no ping is due.
            for connection in server.connections:
                await connection.send(FRAME % 2)
            times.ahead = Instant(20.0, 20.0)
            deadline = connection_module.now().monotonic - 10.0
            scene.driver._on_timer(deadline)
            assert judged == []
            await scene.until(lambda: judged)
            assert len(scene.data()) == 2
            assert scene.protocol.state is ConnectionState.CONNECTED
            statistics = scene.protocol.statistics()
            assert statistics.pings == statistics.questions == 0
            await scene.end()

    asyncio.run(main())


def test_a_machine_that_slept_connects_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 17: wall time went on while monotonic time stood still."""

    async def main() -> None:
        times = Times(monkeypatch)
        async with serve(serve_frames, "127.0.0.1", 0) as server:
            scene = Scene(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
            scene.start()
            await scene.until(scene.data)
            times.ahead = Instant(5.1, 3600.0)
            scene.driver._on_timer(connection_module.now().monotonic)
            await scene.until(lambda: scene.states()[-1] is ConnectionState.CONNECTED)
            slept = [e for e in scene.events if isinstance(e, ConnectionEvent) and e.resumed]
            assert [event.state for event in slept] == [ConnectionState.RECONNECTING]
            assert scene.protocol.recovery.attempts <= 1
            await scene.end()

    asyncio.run(main())


def test_an_early_timer_is_armed_again_and_a_hair_is_forgiven(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rule 8: more than 1 ms early: again; within 1 ms: the deadline itself is passed on."""

    async def main() -> None:
        scene = Scene("ws://127.0.0.1:9/")
        told: list[float] = []
        monkeypatch.setattr(scene.protocol, "handle_timer", lambda at: told.append(at.monotonic))
        at = Instant(1000.0, 5000.0)
        monkeypatch.setattr(connection_module, "now", lambda: at)

        scene.driver._on_timer(1000.2)
        assert told == []
        assert scene.driver._timer is not None
        scene.driver._disarm()

        scene.driver._on_timer(1000.0005)
        assert told == [1000.0005]
        scene.driver._on_timer(999.9)
        assert told == [1000.0005, 1000.0]
        await scene.end()

    asyncio.run(main())
