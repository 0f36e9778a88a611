"""The README is true: its programs run, its commands and options exist. Tests only."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from upbit_ws_qt.simulator import SimulatedExchange

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SOURCES = os.pathsep.join(str(ROOT / folder) for folder in (".", "app", "widgets", "resources"))
ADDRESSES = ("public_url", "private_url", "rest_url")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


OWN_PROGRAM, SCRIPT, DATA_ONLY, TEST = _blocks("python")
ADDED = re.compile(r"^.*  # \+\n", re.MULTILINE)

# Runs before a program of the README, which then runs as it is printed. It does two things:
# a manager made without settings goes to the simulated exchange instead of Upbit, and
# unless a program ends by itself, `app.exec()` ends once as many charts as it should show have
# drawn candles (exit code 0), or after 60 seconds without them (exit code 3).
PRELUDE = """
import functools, json, runpy, sys, time

from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication

program, settings, wanted_charts = sys.argv[1], *map(json.loads, sys.argv[2:])
sys.argv = [program]

from upbit_ws_qt import FeedSettings, GlobalWebSocketManager

GlobalWebSocketManager.__init__ = functools.partialmethod(
    GlobalWebSocketManager.__init__, settings=FeedSettings(**settings)
)


def has_candles(chart):
    image = chart.grab().toImage()
    rising = falling = 0
    for x in range(0, image.width(), 3):
        for y in range(0, image.height(), 3):
            colour = image.pixelColor(x, y)
            warmth = colour.red() - colour.blue()
            rising += warmth > 80
            falling += warmth < -80
    return rising > 100 and falling > 100


def check():
    charts = [w for w in QApplication.allWidgets() if type(w).__name__ == "ChartWidget"]
    drawn = [chart for chart in charts if chart.isVisible() and has_candles(chart)]
    if len(drawn) == wanted_charts:
        QApplication.quit()
    elif time.monotonic() > deadline:
        print(f"{len(drawn)} of {wanted_charts} charts have candles", file=sys.stderr)
        QApplication.exit(3)


def exec_until_drawn(*_):
    timer = QTimer()
    timer.timeout.connect(check)
    timer.start(200)
    return original_exec()


deadline = time.monotonic() + 60
original_exec = QApplication.exec
if wanted_charts is not None:
    QApplication.exec = exec_until_drawn
runpy.run_path(program, run_name="__main__")
"""


@pytest.fixture(scope="module")
def settings() -> Iterator[dict[str, Any]]:
    """The settings for a simulated exchange that runs in a thread of its own."""
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


def _run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": SOURCES, "PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _run_program(
    folder: Path, program: str, settings: dict[str, Any], charts: int | None
) -> subprocess.CompletedProcess[str]:
    file = folder / "program.py"
    file.write_text(program, encoding="utf-8")
    return _run(folder, "-c", PRELUDE, str(file), json.dumps(settings), json.dumps(charts))


def _assert_ended_well(done: subprocess.CompletedProcess[str]) -> None:
    """Exit code 0 and nothing on stderr but the offscreen platform's remark about itself."""
    lines = done.stderr.splitlines()
    complaints = [line for line in lines if not line.startswith("This plugin does not support ")]
    assert done.returncode == 0, done.stderr
    assert not complaints, done.stderr


@pytest.mark.smoke
def test_own_program_shows_a_live_chart(tmp_path: Path, settings: dict[str, Any]) -> None:
    """A host's window with the added lines draws candles that came over the network."""
    done = _run_program(tmp_path, OWN_PROGRAM, settings, charts=1)
    _assert_ended_well(done)


def test_own_program_needs_at_most_ten_lines(tmp_path: Path, settings: dict[str, Any]) -> None:
    """Ten lines are added, and without them the host's program still runs."""
    assert len(ADDED.findall(OWN_PROGRAM)) <= 10
    before = ADDED.sub("", OWN_PROGRAM)
    assert "upbit" not in before.lower()
    done = _run_program(tmp_path, before, settings, charts=0)
    _assert_ended_well(done)


def test_script_prints_prices(tmp_path: Path, settings: dict[str, Any]) -> None:
    """The script without widgets prints five prices and ends with its exit code."""
    done = _run_program(tmp_path, SCRIPT, settings, charts=None)
    _assert_ended_well(done)
    prices = [re.fullmatch(r"(KRW-BTC|KRW-ETH) [\d,]+", line) for line in done.stdout.splitlines()]
    assert len(prices) == 5
    assert all(prices), done.stdout


@pytest.mark.smoke
def test_chart_draws_without_network(tmp_path: Path) -> None:
    """Candles given by slot are drawn; the manager, had one been made, would reach nobody."""
    nowhere = {
        "public_url": "ws://127.0.0.1:9/",
        "private_url": "ws://127.0.0.1:9/",
        "rest_url": "http://127.0.0.1:9",
    }
    done = _run_program(tmp_path, DATA_ONLY, nowhere, charts=1)
    _assert_ended_well(done)


def test_example_of_a_test_passes(tmp_path: Path) -> None:
    """The test for other people's programs passes under pytest, with warnings as errors."""
    (tmp_path / "test_example.py").write_text(TEST, encoding="utf-8")
    done = _run(tmp_path, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_make_targets_exist() -> None:
    """Every ``make x`` that the README names is a target."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b(?=[`\n])", README))
    assert {"demo", "test", "deps"} <= named <= targets


def test_options_exist(tmp_path: Path) -> None:
    """Every option of the viewer that the README names is one that it offers."""
    done = _run(tmp_path, "-m", "upbit_ws_qt_app", "--help")
    _assert_ended_well(done)
    offered = set(re.findall(r"(?<![\w-])--[a-z-]+", done.stdout))
    commands = "\n".join(_blocks("sh") + _blocks("bat") + _blocks("bash"))
    viewer = re.findall(r"(?:upbit-ws-qt|upbit_ws_qt_app)\b(.*)", commands)
    table = re.findall(r"^\| (`--.*?) \|", README, re.MULTILINE)
    named = set(re.findall(r"(?<![\w-])--[a-z-]+", "\n".join(viewer + table)))
    assert {"--demo", "--replay", "--screenshot", "--after", "--version"} <= named <= offered


def test_links_lead_somewhere() -> None:
    """Every picture and page that the README links to is there."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert len(links) > 5
    assert [link for link in links if not (ROOT / link).is_file()] == []
