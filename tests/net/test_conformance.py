"""The conformance suite: green against the simulated exchange, red against a wrong one."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest
from aiohttp import web

from upbit_ws_qt.simulator import Behaviour, SimulatedExchange
from upbit_ws_qt.simulator.conformance.address import Address
from upbit_ws_qt.simulator.conformance.case import Case, Mismatch
from upbit_ws_qt.simulator.conformance.cases import CASES
from upbit_ws_qt.simulator.conformance.client import Client, Tempo
from upbit_ws_qt.simulator.conformance.runner import Result, run_case
from upbit_ws_qt.system.credentials import Credentials

pytestmark = [
    pytest.mark.long,
    pytest.mark.upbit_allow_leaks("the exchange of this module serves all its tests"),
]

# Limits passed and orders placed leave traces: each of these cases has an exchange of its own.
ROUGH = [case for case in CASES if case.rough]
# Each of these waits for half a minute or so; they do it at the same time.
LONG = [case for case in CASES if case.slow or case.id == "limits.blocked"]
OTHERS = [case for case in CASES if case not in ROUGH and case not in LONG]


def by_id(cases: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case.id for case in cases])


async def meet(
    stack: AsyncExitStack, exchange: SimulatedExchange, tempo: Tempo | None = None
) -> Client:
    await stack.enter_async_context(exchange)
    address = Address.parse(exchange.settings().rest_url)
    client = await stack.enter_async_context(Client(address, exchange.credentials(), tempo))
    await client.meet()
    assert client.simulated
    return client


async def run_alone(case: Case) -> Result:
    """Run a case against an exchange of its own, whose clockwork is wound faster."""
    idle_s = 0.6 if case.id.startswith("handshake") else 60.0
    exchange = SimulatedExchange(seed=1, behaviour=Behaviour(idle_timeout_s=idle_s))
    async with AsyncExitStack() as stack:
        client = await meet(stack, exchange, Tempo(idle_s=(idle_s - 0.1, idle_s + 1.0)))
        return await run_case(client, case)


def check(result: Result) -> None:
    if result.outcome == "skipped":
        pytest.skip(result.detail)
    assert result.outcome == "ok", result.detail


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def client(runner: asyncio.Runner) -> Iterator[Client]:
    """A client of one exchange, for the cases that leave no trace."""
    stack = AsyncExitStack()
    behaviour = Behaviour(limits=False, status_interval_s=0.4)
    exchange = SimulatedExchange(seed=1, pace=20, behaviour=behaviour)
    tempo = Tempo(calls=1000, connects=1000, status_s=0.4)
    yield runner.run(meet(stack, exchange, tempo))
    runner.run(stack.aclose())


@pytest.fixture(scope="module")
def long_results() -> dict[str, Result]:
    async def run() -> list[Result]:
        return await asyncio.gather(*map(run_alone, LONG))

    return {result.case.id: result for result in asyncio.run(run())}


@by_id(OTHERS)
def test_the_simulated_exchange_passes(case: Case, runner: asyncio.Runner, client: Client) -> None:
    check(runner.run(run_case(client, case)))


@by_id([case for case in ROUGH if case not in LONG])
def test_a_fresh_simulated_exchange_passes(case: Case) -> None:
    check(asyncio.run(run_alone(case)))


@by_id(LONG)
def test_a_patient_client_passes(case: Case, long_results: dict[str, Result]) -> None:
    check(long_results[case.id])


# --- The command -----------------------------------------------------------------------------


async def command(url: str, *arguments: str, key: Credentials | None = None) -> tuple[int, str]:
    """Run the suite as a user does; the exit code and what it printed."""
    environment = {name: text for name, text in os.environ.items() if "UPBIT" not in name}
    if key is not None:
        environment |= {"MY_KEY": key.access_key, "MY_SECRET": key.secret_key}
        arguments += ("--access-key-env", "MY_KEY", "--secret-key-env", "MY_SECRET")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "upbit_ws_qt.simulator.conformance", url, *arguments),
        env=environment | {"PYTHONIOENCODING": "utf-8"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


def only(*ids: str) -> list[str]:
    return [word for case_id in ids for word in ("--only", case_id)]


def test_the_command_says_of_each_case_what_became_of_it() -> None:
    async def run() -> None:
        async with SimulatedExchange() as exchange:
            url = exchange.settings().rest_url
            ids = only("requests.no-format", "account.balances")
            code, output = await command(url, *ids, key=exchange.credentials())
            assert code == 0, output
            first, second, summary = output.splitlines()
            assert first == "ok      requests.no-format"
            assert second == "ok      account.balances"
            assert summary.endswith(f"at {url}: 2 ok, 0 failed, 0 skipped")
            code, output = await command(url.replace("http", "ws"), *ids)
            assert code == 0, output
            assert "skipped account.balances: needs a key" in output

    asyncio.run(run())


def test_the_command_fails_with_what_was_expected_and_what_came() -> None:
    async def run() -> None:
        async with SimulatedExchange(markets=["KRW-ETH"]) as exchange:
            url = exchange.settings().rest_url
            code, output = await command(url, *only("quotation.ticker"))
            assert code == 1, output
            assert output.startswith("FAILED  quotation.ticker A ticker has the documented fields")
            assert "(docs/exchange.md 6.2, 8.9): expected a list; came 404" in output

    asyncio.run(run())


def test_who_lists_no_markets_is_no_exchange() -> None:
    async def scene() -> None:
        app = web.Application()
        app.router.add_get("/v1/market/all", _rows_of_something_else)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            async with Client(Address.parse(url)) as stranger:
                with pytest.raises(Mismatch, match="expected a list of markets; came"):
                    await stranger.meet()
        finally:
            await runner.cleanup()

    asyncio.run(scene())


async def _rows_of_something_else(_request: web.Request) -> web.Response:
    return web.json_response([{"coin": "BTC"}])
