"""How much the simulated exchange delivers, and what it costs, alone and beside its client.

The exchange has a process of its own and a bare client another; between them is a real socket.
The market goes as fast as it can. Then both share one process, as in tests and demonstrations.
Run: python -m benchmarks.exchange
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import statistics
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from typing import NamedTuple

import aiohttp

from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt.simulator.behaviour import Behaviour
from upbit_ws_qt.simulator.market.listing import MARKETS
from upbit_ws_qt.timeframe import Timeframe

ROUNDS = 3
START_MS = 1_793_000_042_345
# A minute of market time: what is worked out once in a minute has its share.
FLOOD_MS = 60_000
ALL_MS = 20_000

BUSIEST = tuple(row.code for row in MARKETS if row.quote == "KRW")[:10]
ALL = tuple(row.code for row in MARKETS)
CANDLES = tuple(unit.wire_type for unit in Timeframe if unit.is_streamed)


class Kind(NamedTuple):
    """What is subscribed to, at which pace the market goes, and the messages a second hoped for.

    A book comes ten times a second at most, however many trades there are.
    """

    types: tuple[str, ...]
    pace: float = 100.0
    target: int | None = None


KINDS = {
    "ticker": Kind(("ticker",)),
    "trade": Kind(("trade",)),
    "ticker and trade": Kind(("ticker", "trade"), target=20_000),
    "orderbook, 30 levels": Kind(("orderbook",), pace=5.0, target=5_000),
    "candle, nine units": Kind(CANDLES, pace=5.0),
}
LIST = json.dumps([{"ticket": "end"}, {"method": "LIST_SUBSCRIPTIONS"}])


class Cost(NamedTuple):
    """What one flood came to: seconds of the wall clock, and of the processor."""

    messages: int
    size: int
    opened_s: float
    wall_s: float
    exchange_s: float
    client_s: float


class Remote:
    """The exchange in another process."""

    def __init__(self, pace: float) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, pace))
        self._process.start()
        self.url: str = self._pipe.recv()

    async def ask(self, duration_ms: int) -> float:
        """Advance the market; the processor seconds of the exchange so far."""
        self._pipe.send(duration_ms)
        return await asyncio.to_thread(self._pipe.recv)

    def stop(self) -> None:
        self._pipe.send(None)
        self._process.join()


def exchange_of(pace: float) -> SimulatedExchange:
    """An exchange that goes only when told, and waits for no client."""
    behaviour = Behaviour(limits=False, write_limit_bytes=1 << 30)
    return SimulatedExchange(pace=pace, start_time_ms=START_MS, realtime=False, behaviour=behaviour)


def _serve(pipe: Connection, pace: float) -> None:
    async def main() -> None:
        async with exchange_of(pace) as exchange:
            pipe.send(exchange.settings().public_url)
            while (duration_ms := await asyncio.to_thread(pipe.recv)) is not None:
                await exchange.advance(duration_ms)
                pipe.send(time.process_time())

    asyncio.run(main())


async def read_to_the_list(socket: aiohttp.ClientWebSocketResponse) -> tuple[int, int]:
    """Messages and bytes up to the list of subscriptions, which comes after all that was sent."""
    count = size = 0
    while True:
        data: bytes = await socket.receive_bytes()
        if data.startswith(b'{"method"'):
            return count, size
        count += 1
        size += len(data)


async def flood(
    url: str,
    types: tuple[str, ...],
    codes: tuple[str, ...],
    duration_ms: int,
    ask: Callable[[int], Awaitable[float]],
) -> Cost:
    """What a bare client gets while the market goes on for ``duration_ms``."""
    wishes: list[dict[str, object]] = [{"type": type_, "codes": codes} for type_ in types]
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, compress=0, max_msg_size=0) as socket,
    ):
        began = time.perf_counter()
        await socket.send_str(json.dumps([{"ticket": "benchmark"}, *wishes]))
        await socket.send_str(LIST)
        await read_to_the_list(socket)
        opened_s = time.perf_counter() - began
        before = await ask(0)
        wall, own = time.perf_counter(), time.process_time()
        reading = asyncio.create_task(read_to_the_list(socket))
        await ask(duration_ms)
        await socket.send_str(LIST)
        count, size = await reading
        wall, own = time.perf_counter() - wall, time.process_time() - own
        return Cost(count, size, opened_s, wall, await ask(0) - before, own)


async def floods_at_home(kind: Kind) -> list[Cost]:
    """The same with both in this process; its processor time counts as the client's."""
    async with exchange_of(kind.pace) as exchange:

        async def ask(duration_ms: int) -> float:
            await exchange.advance(duration_ms)
            return 0.0

        url = exchange.settings().public_url
        return [await flood(url, kind.types, BUSIEST, FLOOD_MS, ask) for _ in range(ROUNDS)]


async def floods_from_afar(
    kind: Kind, codes: tuple[str, ...], duration_ms: int, rounds: int
) -> list[Cost]:
    """The same with the exchange in a process of its own."""
    remote = Remote(kind.pace)
    try:
        return [
            await flood(remote.url, kind.types, codes, duration_ms, remote.ask)
            for _ in range(rounds)
        ]
    finally:
        remote.stop()


def median(values: list[float]) -> float:
    return float(f"{statistics.median(values):.3g}")


def per_thousand(seconds: float, cost: Cost) -> float:
    return seconds / cost.messages * 1_000


def measured(kind: Kind) -> dict[str, float]:
    apart = asyncio.run(floods_from_afar(kind, BUSIEST, FLOOD_MS, ROUNDS))
    home = asyncio.run(floods_at_home(kind))
    found = {
        "messages_a_second": median([cost.messages / cost.wall_s for cost in apart]),
        "megabytes_a_second": median([cost.size / cost.wall_s / 1e6 for cost in apart]),
        "messages_a_processor_second": median([c.messages / c.exchange_s for c in apart]),
        "exchange_s_per_1000": median([per_thousand(cost.exchange_s, cost) for cost in apart]),
        "client_s_per_1000": median([per_thousand(cost.client_s, cost) for cost in apart]),
        "together_s_per_1000": median([per_thousand(cost.client_s, cost) for cost in home]),
    }
    if kind.target is not None:
        found["of_target"] = median([found["messages_a_processor_second"] / kind.target])
    return found


def main() -> None:
    print(
        f"{len(BUSIEST)} busy markets at many times their pace, a minute of them; medians of"
        f" {ROUNDS}\n"
        "processor seconds for 1,000 messages: of the exchange and of a bare client, each in its\n"
        "own process, and of both in one; the target is of messages a processor second"
    )
    print(
        f"{'kind':22}{'a second':>10}{'MB/s':>8}{'a proc.s':>10}{'exchange':>10}{'client':>10}"
        f"{'both':>10}{'of target':>11}"
    )
    kinds: dict[str, dict[str, float]] = {}
    for name, kind in KINDS.items():
        row = kinds[name] = measured(kind)
        print(
            f"{name:22}{row['messages_a_second']:10,.0f}{row['megabytes_a_second']:8.1f}"
            f"{row['messages_a_processor_second']:10,.0f}{row['exchange_s_per_1000']:10.4f}"
            f"{row['client_s_per_1000']:10.4f}{row['together_s_per_1000']:10.4f}"
            + (f"{row['of_target']:11.2f}" if "of_target" in row else "")
        )
    everything = Kind(("ticker", "trade", "orderbook"), pace=1.0)
    [cost] = asyncio.run(floods_from_afar(everything, ALL, ALL_MS, 1))
    seconds = ALL_MS / 1000
    all_markets = {
        "markets": len(ALL),
        "opened_s": median([cost.opened_s]),
        "messages_a_market_second": median([cost.messages / seconds]),
        "exchange_share": median([cost.exchange_s / seconds]),
        "client_share": median([cost.client_s / seconds]),
    }
    print(
        f"tickers, trades and books of all {len(ALL)} markets at their own pace: open after"
        f" {cost.opened_s:.1f} s, then {cost.messages / seconds:,.0f} messages a second, which take"
        f" {cost.exchange_s / seconds:.0%} of a processor, and of the client's"
        f" {cost.client_s / seconds:.0%}"
    )
    print(json.dumps({"benchmark": "exchange", "kinds": kinds, "all_markets": all_markets}))


if __name__ == "__main__":
    main()
