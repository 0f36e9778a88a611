"""Fixtures and habits for every test: no screen, no unexpected logs, no leaks. Tests only.

Four habits hold without being asked for (``docs/testing.md`` explains them):

* Qt draws offscreen unless ``QT_QPA_PLATFORM`` says otherwise;
* a log record of WARNING or above fails the test, unless it is marked ``allow_logs(reason)``;
* a window, timer, socket notifier or task that outlives its test fails it and the message names
  who holds it, unless the test is marked ``allow_leaks(reason)``;
* tests marked ``display`` are skipped where there is no window system.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.leak_check import alive, report_survivors, set_older_objects_aside

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QApplication

    from tests.feed import Feed
    from upbit_ws_qt import GlobalWebSocketManager
    from upbit_ws_qt.simulator import SimulatedExchange

# Before anything imports Qt: the platform is chosen when the first application is made.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

pytest_plugins = ["pytester"]

_PASSED = pytest.StashKey[bool]()
_WITHOUT_WINDOWS = ("offscreen", "minimal", "vnc")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a window system where there is none."""
    platform = os.environ["QT_QPA_PLATFORM"]
    if item.get_closest_marker("display") and platform.startswith(_WITHOUT_WINDOWS):
        pytest.skip(f"needs a window system; QT_QPA_PLATFORM is {platform}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Remember whether the test passed: a failed one keeps its locals alive in its traceback."""
    report = yield
    if report.when == "call":
        item.stash[_PASSED] = report.passed
    return report


# --- Logs ------------------------------------------------------------------------------------


class _WarningsHandler(logging.Handler):
    """Keeps the records of one test."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture(autouse=True)
def no_unexpected_logs(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a passing test that logged a warning or worse without saying so."""
    handler = _WarningsHandler()
    root = logging.getLogger()
    root.addHandler(handler)
    yield
    root.removeHandler(handler)
    if request.node.get_closest_marker("allow_logs") or not request.node.stash.get(_PASSED, False):
        return
    if handler.records:
        lines = [f"  {r.levelname} {r.name}: {r.getMessage()}" for r in handler.records]
        pytest.fail(
            "unexpected log records; fix their cause, or mark the test allow_logs(reason):\n"
            + "\n".join(lines),
            pytrace=False,
        )


# --- Leaks -----------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def no_leaks(request: pytest.FixtureRequest, no_unexpected_logs: None) -> Iterator[None]:
    """Fail a passing test that leaves a window, timer, notifier or task behind.

    Look for: a widget without parent that nobody closes and deletes, a lambda or
    ``functools.partial`` that keeps ``self``, a callback registered with something that lives
    longer, a manager or exchange that was not stopped.

    It ends before the check of the logs, because a dying task or slot may log.
    """
    node = request.node
    if node.get_closest_marker("allow_leaks") or not _uses_qt(request):
        yield
        return
    set_older_objects_aside()
    before = alive()
    yield
    if not node.stash.get(_PASSED, False):
        return
    # Fixtures of this test are finished by now, but pytest keeps their values until later.
    node.funcargs.clear()
    if text := report_survivors(before):
        pytest.fail(f"left behind by this test:\n{text}", pytrace=False)


def _uses_qt(request: pytest.FixtureRequest) -> bool:
    return "qapp" in request.fixturenames or request.node.path.parent.name in {
        "qt",
        "widgets",
        "app",
    }


# --- Recordings ------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def shared_recording() -> Path:
    """A real recording of the exchange (JSON lines, 449 frames of 2021-04-17).

    It is not part of the project: ``UPBIT_WS_QT_RECORDING`` names the file, or it lies beside the
    checkout.
    """
    beside = Path(__file__).resolve().parents[2] / "shared/data/upbit-2021-04-17/frames.jsonl"
    path = Path(os.environ.get("UPBIT_WS_QT_RECORDING", beside))
    if not path.is_file():
        pytest.skip("no real recording here; name one in UPBIT_WS_QT_RECORDING")
    return path


# --- The loop, the exchange and the manager --------------------------------------------------


@pytest.fixture
def feed(qapp: QApplication) -> Iterator[Feed]:
    """Qt's loop attached for one test: ``feed(awaitable)`` runs it to its end."""
    from tests.feed import Feed
    from upbit_ws_qt.qt.running import install, uninstall

    install(qapp)
    yield Feed()
    uninstall()


@pytest.fixture
def exchange(feed: Feed) -> Iterator[SimulatedExchange]:
    """A simulated exchange on the same loop, whose market moves only by ``advance``."""
    from upbit_ws_qt.simulator import SimulatedExchange

    simulated = SimulatedExchange(seed=1, realtime=False, start_time_ms=1_790_000_000_000)
    feed(simulated.start())
    yield simulated
    feed(simulated.stop())


@pytest.fixture
def manager(feed: Feed, exchange: SimulatedExchange) -> Iterator[GlobalWebSocketManager]:
    """A manager bound to ``exchange``, without a key, whose grace period is short."""
    from dataclasses import replace

    from upbit_ws_qt import GlobalWebSocketManager

    manager = GlobalWebSocketManager(replace(exchange.settings(), grace_period_s=0.05))
    yield manager
    feed(manager.stop())
