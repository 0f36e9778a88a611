"""Which client side of websockets to stand on: whole frames to a decoded event, on plain asyncio.

One server process floods each client with the same ticker frames; the clients take turns, and the
medians are compared with the bare loop. Run: python -m benchmarks.transport
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import statistics
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.frames import Frame, Opcode

from upbit_ws_qt.events import Stamp
from upbit_ws_qt.net.transport import WebSocketTransport, dial
from upbit_ws_qt.wire import decode_frame

FRAMES = 40_000
ROUNDS = 9

TICKER = json.dumps(
    {
        "type": "ticker", "code": "KRW-BTC", "opening_price": 116539000.0,
        "high_price": 117000000.0, "low_price": 115000000.0, "trade_price": 116606000.0,
        "prev_closing_price": 116539000.0, "change": "RISE", "change_price": 67000.0,
        "signed_change_price": 67000.0, "change_rate": 0.0005749148,
        "signed_change_rate": 0.0005749148, "trade_volume": 0.0007772,
        "acc_trade_volume": 1234.56789012, "acc_trade_volume_24h": 2345.67890123,
        "acc_trade_price": 143889023456.12345, "acc_trade_price_24h": 273389023456.12345,
        "trade_date": "20260923", "trade_time": "073000", "trade_timestamp": 1790000000000,
        "ask_bid": "BID", "acc_ask_volume": 600.1, "acc_bid_volume": 634.4,
        "highest_52_week_price": 163000000.0, "highest_52_week_date": "2026-01-20",
        "lowest_52_week_price": 99000000.0, "lowest_52_week_date": "2025-12-01",
        "market_state": "ACTIVE", "is_trading_suspended": False, "delisting_date": None,
        "market_warning": "NONE", "timestamp": 1790000000021, "stream_type": "REALTIME",
    }
).encode()  # fmt: skip

STAMP = Stamp(epoch=1)


def _serve(pipe: Connection) -> None:
    async def flood(connection: ServerConnection) -> None:
        await connection.recv()
        for _ in range(FRAMES):
            await connection.send(TICKER)
        await connection.wait_closed()

    async def main() -> None:
        async with serve(flood, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
            pipe.send(server.sockets[0].getsockname()[1])
            await asyncio.to_thread(pipe.recv)

    asyncio.run(main())


async def bare_loop(url: str) -> None:
    async with connect(url, compression=None, max_queue=None) as connection:
        await connection.send("go")
        for _ in range(FRAMES):
            decode_frame(await connection.recv(), STAMP)  # type: ignore[arg-type]


async def connection_subclass(url: str) -> None:
    """``process_event`` overridden: documented only by its name."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    count = 0

    class Direct(ClientConnection):
        def process_event(self, event: Any) -> None:
            nonlocal count
            if isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.BINARY):
                decode_frame(bytes(event.data), STAMP)
                count += 1
                if count == FRAMES:
                    done.set_result(None)
            else:
                super().process_event(event)

    async with connect(url, compression=None, create_connection=Direct) as connection:
        await connection.send("go")
        await done


async def sans_io(url: str) -> None:
    """Ours: the public Sans-I/O protocol under a buffered protocol."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    count = 0
    transport: WebSocketTransport

    class Owner:
        def messages_waiting(self) -> None:
            nonlocal count
            while messages := transport.take():
                for message in messages:
                    decode_frame(message, STAMP)
                count += len(messages)
            if count == FRAMES:
                done.set_result(None)

        def transport_lost(self, error: Exception) -> None:
            done.set_exception(error)

    transport = await dial(url, Owner())
    transport.send(b"go")
    await done
    transport.abort()


def measure(client: Callable[[str], Awaitable[None]], url: str) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    asyncio.run(client(url))  # type: ignore[arg-type]
    return time.perf_counter() - wall, time.process_time() - processor


def main() -> None:
    mine, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_serve, args=(theirs,))
    server.start()
    url = f"ws://127.0.0.1:{mine.recv()}/"
    clients = {
        "bare websockets loop": bare_loop,
        "ClientConnection.process_event": connection_subclass,
        "Sans-I/O ClientProtocol (ours)": sans_io,
    }
    # A noisy machine slows down whole rounds, so each client is compared within its round.
    rounds = [
        {name: measure(client, url) for name, client in clients.items()} for _ in range(ROUNDS)
    ]
    mine.send("stop")
    server.join()
    ratios: dict[str, dict[str, float]] = {}
    print(f"{FRAMES} frames of {len(TICKER)} bytes, {ROUNDS} rounds, medians against the bare loop")
    print(f"{'client':34}{'throughput':>12}{'processor':>12}")
    for name in clients:
        bare = [row["bare websockets loop"] for row in rounds]
        pairs = [(row[name], base) for row, base in zip(rounds, bare, strict=True)]
        ratios[name] = {
            "throughput": round(statistics.median(base[0] / own[0] for own, base in pairs), 2),
            "processor": round(statistics.median(own[1] / base[1] for own, base in pairs), 2),
        }
        print(f"{name:34}{ratios[name]['throughput']:12.2f}{ratios[name]['processor']:12.2f}")
    print(json.dumps({"benchmark": "transport", "ratios": ratios}))


if __name__ == "__main__":
    main()
