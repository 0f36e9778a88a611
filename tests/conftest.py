"""Fixtures and habits for every test: no screen and no unexpected logs. Tests only.

Three habits hold without being asked for (``docs/testing.md`` explains them); the fourth, that
nothing outlives its test, comes from the product's own pytest plugin:

* Qt draws offscreen unless ``QT_QPA_PLATFORM`` says otherwise;
* a log record of WARNING or above fails the test, unless it is marked ``allow_logs(reason)``;
* tests marked ``display`` are skipped where there is no window system.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from tests.feed import Feed
    from upbit_ws_qt import FeedSettings, GlobalWebSocketManager
    from upbit_ws_qt.simulator import SimulatedExchange

# Before anything imports Qt: the platform is chosen when the first application is made.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

pytest_plugins = ["pytester"]

# A deadline would fail the tests of a slow machine.
hypothesis.settings.register_profile("no deadline", deadline=None)
hypothesis.settings.load_profile("no deadline")

# A shell that starts a run in the background has Ctrl-C ignored, and Python leaves it so: tests
# that send it to themselves or to a program they start would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_WITHOUT_WINDOWS = ("offscreen", "minimal", "vnc")


def pytest_xdist_auto_num_workers() -> int:
    """Two more than there are cores: many tests wait for sockets and for the exchange's seconds."""
    return (os.cpu_count() or 1) + 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest."""
    long = {item.path for item in items if item.get_closest_marker("long")}
    items.sort(key=lambda item: item.path not in long)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a window system where there is none; leave no pointer in the way."""
    platform = os.environ["QT_QPA_PLATFORM"]
    if item.get_closest_marker("display") and platform.startswith(_WITHOUT_WINDOWS):
        pytest.skip(f"needs a window system; QT_QPA_PLATFORM is {platform}")
    if "PyQt6.QtGui" in sys.modules and platform == "offscreen":
        _park_the_pointer()


def _park_the_pointer() -> None:
    """Where an earlier test has left it, it may rest on what the next one shows."""
    from PyQt6.QtCore import QCoreApplication, QPoint
    from PyQt6.QtGui import QCursor

    if QCoreApplication.instance() is not None:
        QCursor.setPos(QPoint(-5000, -5000))


# --- Logs ------------------------------------------------------------------------------------


class _Warnings(logging.Handler):
    """Keeps the records of one test."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []
        self.passed = False

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


_WARNINGS = pytest.StashKey[_Warnings]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Keep what is logged during the test, its fixtures and the check for leaks."""
    item.stash[_WARNINGS] = handler = _Warnings()
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        return (yield)
    finally:
        root.removeHandler(handler)
        # A record with a traceback keeps the objects of its test alive.
        del item.stash[_WARNINGS]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember whether the test passed: a failed one has said what is wrong."""
    report = yield
    if report.when == "call":
        item.stash[_WARNINGS].passed = report.passed
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Fail a passing test that logged a warning or worse without saying so."""
    yield
    handler = item.stash[_WARNINGS]
    if handler.records and handler.passed and not item.get_closest_marker("allow_logs"):
        lines = [f"  {r.levelname} {r.name}: {r.getMessage()}" for r in handler.records]
        pytest.fail(
            "unexpected log records; fix their cause, or mark the test allow_logs(reason):\n"
            + "\n".join(lines),
            pytrace=False,
        )


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


# --- The plugin's fixtures, under short names ------------------------------------------------


@pytest.fixture
def upbit_settings(upbit_exchange: SimulatedExchange) -> FeedSettings:
    """A short grace period: tests see the wire change without waiting for it."""
    return replace(upbit_exchange.settings(), grace_period_s=0.05)


@pytest.fixture
def feed(upbit_loop: Feed) -> Feed:
    """Qt's loop for one test: ``feed(awaitable)`` runs it to its end."""
    return upbit_loop


@pytest.fixture
def exchange(upbit_exchange: SimulatedExchange) -> SimulatedExchange:
    """A simulated exchange on the same loop, whose market moves only by ``advance``."""
    return upbit_exchange


@pytest.fixture
def manager(upbit_manager: GlobalWebSocketManager) -> GlobalWebSocketManager:
    """The application's manager, bound to ``exchange`` and without a key."""
    return upbit_manager
