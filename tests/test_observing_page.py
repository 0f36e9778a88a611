"""The page on observing is true: its programs run as they are printed. Tests only."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from upbit_ws_qt import FeedSettings, HealthReport, PerformanceMetrics
from upbit_ws_qt.alerts import default_rules
from upbit_ws_qt.simulator import SimulatedExchange

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/observing.md").read_text(encoding="utf-8")
SOURCES = os.pathsep.join(str(ROOT / folder) for folder in (".", "widgets", "resources"))
PROGRAM, ALERTS, HANDLER = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
[LINE] = re.findall(r"^```json\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)

ADDRESSES = ("public_url", "private_url", "rest_url")

# A manager made without settings goes to the simulated exchange instead of Upbit.
PRELUDE = """
import functools, json, runpy, sys

program, settings = sys.argv[1], json.loads(sys.argv[2])
sys.argv = [program]

from upbit_ws_qt import FeedSettings, GlobalWebSocketManager

GlobalWebSocketManager.__init__ = functools.partialmethod(
    GlobalWebSocketManager.__init__, settings=FeedSettings(**settings)
)
runpy.run_path(program, run_name="__main__")
"""


@pytest.fixture(scope="module")
def settings() -> Iterator[dict[str, Any]]:
    """The settings for a simulated exchange that runs in a thread of its own."""
    import asyncio
    import threading

    ready: list[dict[str, Any]] = []
    is_ready = threading.Event()
    loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        finish = asyncio.Event()
        async with SimulatedExchange(seed=1) as exchange:
            here = exchange.settings()
            ready.append({name: getattr(here, name) for name in ADDRESSES})
            loops.append((asyncio.get_running_loop(), finish))
            is_ready.set()
            await finish.wait()

    thread = threading.Thread(target=asyncio.run, args=[serve()], daemon=True)
    thread.start()
    assert is_ready.wait(30), "the simulated exchange did not start"
    yield ready[0]
    loop, finish = loops[0]
    loop.call_soon_threadsafe(finish.set)
    thread.join(30)
    assert not thread.is_alive(), "the simulated exchange did not stop"


def run(folder: Path, source: str, settings: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    (folder / "prelude.py").write_text(PRELUDE, encoding="utf-8")
    (folder / "program.py").write_text(source, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-W", "error", "prelude.py", "program.py", json.dumps(settings)],
        cwd=folder,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": SOURCES},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_the_program_tells_how_it_does_and_leaves_a_log(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    done = run(tmp_path, PROGRAM, settings)
    assert (done.returncode, done.stderr) == (0, "")
    status, messages, latency, processor, calls = done.stdout.splitlines()
    assert status == "healthy "
    rate = re.fullmatch(r"([\d.]+) messages a second, 0 dropped", messages)
    assert rate
    assert float(rate[1]) > 0
    assert re.fullmatch(r"\d+ ms from the exchange", latency)
    assert re.fullmatch(r"\d+ % of a processor", processor)
    assert re.fullmatch(r"[1-9] REST calls, \d+ left", calls)

    read = [json.loads(line) for line in (tmp_path / "feed.jsonl").read_text("utf-8").splitlines()]
    printed = json.loads(LINE)
    [alike] = [line for line in read if line["message"] == printed["message"]]
    assert {**alike, "time": ""} == {**printed, "time": ""}


def test_a_rule_of_your_own_as_printed(tmp_path: Path, settings: dict[str, Any]) -> None:
    done = run(tmp_path, ALERTS, settings)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "warning: 2 subscriptions",
        "healthy, 1 alert",
        "over: 2 subscriptions",
    ]


def test_the_table_of_alerts_is_that_of_the_rules() -> None:
    settings = FeedSettings()
    section = PAGE.split("## Alerts")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*) \| .* \| (\w+) \|$", section, re.MULTILINE)
    rules = default_rules(settings)
    assert [(name, severity) for name, _, severity in rows] == [
        (rule.name, rule.severity) for rule in rules
    ]
    limits = re.findall(r"`(alert_\w+)` \(([\d,]+)\)", " ".join(raised for _, raised, _ in rows))
    told = {name: float(limit.replace(",", "")) for name, limit in limits}
    known = dataclasses.asdict(settings)
    assert told == {name: value for name, value in known.items() if name.startswith("alert_")}


def test_a_handler_of_your_own_as_printed(tmp_path: Path, settings: dict[str, Any]) -> None:
    key = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7aB3dE6gH9jK2m"
    says = f"\nlogging.getLogger('upbit_ws_qt').warning('the key is %s', '{key}')\n"
    done = run(tmp_path, HANDLER + says, settings)
    [line] = done.stderr.splitlines()
    assert json.loads(line)["message"] == "the key is ***"


@pytest.mark.parametrize("record", [HealthReport, PerformanceMetrics])
def test_every_field_of_a_table_exists(record: type[Any]) -> None:
    section = PAGE.split("## Health" if record is HealthReport else "## Metrics")[1]
    table = section.split("\n## ")[0]
    rows = re.findall(r"^\| (`[a-z_0-9`, ]+`) \|", table, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    named -= {"healthy", "degraded", "critical"}
    known = {field.name for field in dataclasses.fields(record)}
    assert named <= known
    if record is PerformanceMetrics:
        assert named == known
        assert f"of {len(known)} numbers" in table
    assert len(named) > 10
