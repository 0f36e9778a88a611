"""``python -m upbit_ws_qt.simulator``: the exchange as a program of its own."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import websockets


def simulator(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "upbit_ws_qt.simulator", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str, int]]:
    """A simulator, the line it begins with, and its port; killed if it is still there."""
    with simulator(*arguments) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("simulated exchange on http://127.0.0.1:"), line
        try:
            yield process, line, int(line.split()[3].rpartition(":")[2])
        finally:
            process.kill()


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code and what it said of errors."""
    _, error = process.communicate(timeout=30)
    return process.returncode, error


async def get(port: int, path: str) -> Any:
    url = f"http://127.0.0.1:{port}{path}"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return await response.json()


def test_it_runs_until_interrupted_and_a_second_one_says_the_port_is_taken() -> None:
    with running("--seed", "3", "--pace", "2") as (process, line, port):
        assert "access key" in line
        assert "secret" not in line
        with simulator("--port", str(port)) as second:
            code, error = ended(second)
        assert code == 2
        assert error.count("\n") == 1
        assert f"port {port}" in error
        assert len(asyncio.run(get(port, "/v1/market/all"))) > 50
        if sys.platform == "win32":
            process.terminate()
            process.communicate(timeout=30)
        else:
            process.send_signal(signal.SIGINT)
            assert ended(process) == (0, "")


def test_a_second_one_takes_another_port() -> None:
    with running() as (_, _, first), running() as (_, _, second):
        assert first != second


def test_the_secret_is_shown_when_asked_for() -> None:
    with running("--show-key") as (_, line, _):
        assert len(line.split()[-1]) == 40
        assert " secret " in line


@pytest.mark.parametrize("start", ["2026-10-01T09:00:00+09:00", "2026-10-01"])
def test_the_market_is_the_one_asked_for(start: str) -> None:
    with running("--markets", "KRW-ETH,KRW-BTC", "--start", start) as (_, _, port):
        rows = asyncio.run(get(port, "/v1/market/all"))
        assert [row["market"] for row in rows] == ["KRW-ETH", "KRW-BTC"]
        (row,) = asyncio.run(get(port, "/v1/ticker?markets=KRW-BTC"))
        assert abs(row["timestamp"] - 1_790_812_800_000) < 600_000


@pytest.mark.parametrize(
    "options", [["--no-limits"], ["--set", "limits=off"], ["--set", "limits=OFF"]]
)
def test_switches_are_set(options: list[str]) -> None:
    async def ask_often(port: int) -> list[int]:
        url = f"http://127.0.0.1:{port}/v1/ticker?markets=KRW-BTC"
        statuses: list[int] = []
        async with aiohttp.ClientSession() as session:
            for _ in range(40):
                async with session.get(url) as response:
                    statuses.append(response.status)
        return statuses

    with running(*options) as (_, _, port):
        assert set(asyncio.run(ask_often(port))) == {200}


def test_a_script_is_played(tmp_path: Path) -> None:
    file = tmp_path / "storm.txt"
    file.write_text("0 refuse 502 rest\n", encoding="utf-8")

    async def status(port: int) -> int:
        url = f"http://127.0.0.1:{port}/v1/market/all"
        async with aiohttp.ClientSession() as session:
            while True:
                async with session.get(url) as response:
                    if response.status != 200:
                        return response.status

    with running("--script", str(file), "--no-limits") as (_, _, port):
        assert asyncio.run(asyncio.wait_for(status(port), 30)) == 502


def test_an_owned_one_does_what_is_typed_and_stops_with_its_owner() -> None:
    async def closed_with(process: subprocess.Popen[str], port: int) -> int | None:
        assert process.stdin is not None
        url = f"ws://127.0.0.1:{port}/websocket/v1"
        async with websockets.connect(url, proxy=None) as socket:
            process.stdin.write("\nexplode\ndrop 4003\n")
            process.stdin.flush()
            await asyncio.wait_for(socket.wait_closed(), 30)
            return socket.close_code

    with running("--owned") as (process, _, port):
        assert asyncio.run(closed_with(process, port)) == 4003
        # communicate() closes its standard input, as the end of the owner would.
        code, error = ended(process)
        assert code == 0
        assert error.count("\n") == 1
        assert error.endswith("got 'explode'\n")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no interrupt for a single process")
def test_an_owned_one_can_be_interrupted() -> None:
    with running("--owned") as (process, _, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--pace", "0"], "pace must be above 0"),
        (["--port", "70000"], "port must be from 0 to 65535; got 70000"),
        (["--port", "x"], "invalid int value: 'x'; see python -m upbit_ws_qt.simulator --help"),
        (["--nonsense"], "unrecognized arguments: --nonsense"),
        (["--start", "soon"], "--start is a time such as 2026-10-01T09:00:00+09:00; got 'soon'"),
        (["--markets", "KRW-BTC,KRW-NOPE"], "lists no market 'KRW-NOPE'"),
        (["--set", "idle=1"], "first_asset_delay_s; got 'idle=1'"),
        (["--set", "limits"], "got 'limits'"),
        (["--set", "limits=maybe"], "limits is 'on' or 'off'; got 'maybe'"),
        (["--set", "idle_timeout_s=0"], "idle_timeout_s must be above 0; got 0.0"),
        (["--set", "most_codes=few"], "most_codes is a whole number or nothing; got 'few'"),
        (["--set", "totals=half"], "totals is 'full' or 'sent'; got 'half'"),
        (["--script", "nowhere.txt"], "cannot read the script nowhere.txt"),
    ],
)
def test_bad_options_get_one_clear_line(
    arguments: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from upbit_ws_qt.simulator.__main__ import main

    try:
        code = main(arguments)
    except SystemExit as end:
        code = end.code
    printed = capsys.readouterr()
    assert code == 2
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert said in printed.err


def test_without_standard_input_there_is_no_owner(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from upbit_ws_qt.simulator.__main__ import main

    monkeypatch.setattr("sys.stdin", None)
    assert main(["--owned"]) == 2
    assert capsys.readouterr().err == "--owned needs a standard input; there is none\n"


def test_a_bad_option_ends_the_program_with_code_2(tmp_path: Path) -> None:
    file = tmp_path / "storm.txt"
    file.write_text("1 drop\n2 explode\n", encoding="utf-8")
    with simulator("--script", str(file)) as process:
        code, error = ended(process)
    assert code == 2
    assert error.count("\n") == 1
    assert "storm.txt, line 2: expected one of " in error
