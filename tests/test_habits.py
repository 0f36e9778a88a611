"""The habits of every test catch what they promise to catch. Tests only."""

from __future__ import annotations

from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")

LEAKS = """
import asyncio, atexit, collections, functools, os, socket, sys
import pytest
from PyQt6 import sip
from PyQt6.QtCore import QObject, QSocketNotifier, QTimer
from PyQt6.QtWidgets import QDialog, QLabel

hoard = []


class Registry:
    pass


registry = Registry()


class Clock(QObject):
    pass


def test_task_before_there_is_an_application():
    loop = asyncio.new_event_loop()
    task = loop.create_task(asyncio.Event().wait(), name="without Qt")
    loop.run_until_complete(asyncio.sleep(0))
    hoard.append((loop, task))


def test_tidy_window(qtbot):
    qtbot.addWidget(QLabel("tidy"))


@pytest.fixture
def tidy_label(qapp):
    label = QLabel("from a fixture")
    yield label
    label.deleteLater()


def test_tidy_fixture(tidy_label):
    tidy_label.show()


@pytest.fixture
def unkept_label(qapp):
    return QLabel("only pytest keeps it")


def test_fixture_value(unkept_label):
    unkept_label.show()


def test_window_in_a_cycle_is_collected(qapp):
    label = QLabel("cycle")
    label.itself = label


def test_window_in_a_list(qapp):
    label = QLabel("listed", objectName="in-list")
    label.dialog = QDialog(label)
    hoard.append(label)


def test_window_in_an_attribute(qapp):
    registry.favourite = QLabel("favoured", objectName="in-attribute")


def test_window_in_a_closure(qapp):
    label = QLabel("closed over", objectName="in-closure")
    hoard.append(lambda: label)


def test_window_in_a_bound_method(qapp):
    hoard.append(functools.partial(QLabel("bound", objectName="in-partial").setText, "x"))


def test_window_in_a_dictionary(qapp):
    hoard.append({"main": QLabel("listed", objectName="in-dictionary")})


def test_window_in_a_queue(qapp):
    registry.queue = collections.deque([QLabel("queued", objectName="in-queue")])


def test_window_in_a_traceback(qapp):
    label = QLabel("traced", objectName="in-traceback")
    try:
        1 / 0
    except ZeroDivisionError:
        hoard.append(sys.exc_info()[2])


def test_window_in_a_connection(qapp):
    label = QLabel("connected", objectName="in-connection")
    registry.source = QTimer()
    registry.source.timeout.connect(lambda: label)


def test_window_until_the_exit(qapp):
    label = QLabel("last", objectName="at-exit")
    atexit.register(lambda: label)


def test_deleted_timer_is_no_leak(qapp):
    registry.deleted = QTimer()
    sip.delete(registry.deleted)


def test_timer(qapp):
    registry.timer = QTimer()
    registry.timer.start(60_000)


def test_raw_timer(qapp):
    registry.clock = Clock()
    registry.clock.startTimer(60_000)


def test_stopped_timer_is_no_leak(qapp):
    registry.stopped = QTimer()
    registry.stopped.start(60_000)
    registry.stopped.stop()


def test_notifier(qapp):
    registry.sockets = socket.socketpair()
    registry.notifier = QSocketNotifier(
        registry.sockets[0].fileno(), QSocketNotifier.Type.Read
    )


def test_close_sockets(qapp):
    for end in registry.sockets:
        end.close()


def test_task(qapp):
    loop = registry.loop = asyncio.new_event_loop()
    registry.task = loop.create_task(asyncio.Event().wait(), name="waits for ever")
    loop.run_until_complete(asyncio.sleep(0))


def test_close_loop(qapp):
    registry.task.cancel()
    registry.loop.run_until_complete(asyncio.gather(registry.task, return_exceptions=True))
    registry.loop.close()


@pytest.fixture(scope="module")
def window_of_the_module(qapp):
    label = QLabel("of the module")
    yield label
    label.deleteLater()


def test_what_a_wider_fixture_makes_is_no_leak(window_of_the_module):
    window_of_the_module.show()


@pytest.mark.upbit_allow_leaks("this is what the test is about")
def test_allowed(qapp):
    hoard.append(QLabel("allowed"))


def test_not_blamed_for_others(qapp):
    pass


def test_failing_keeps_its_locals(qapp):
    label = QLabel("in the traceback")
    assert label is None
"""

LOGS = """
import asyncio, logging
import pytest

log = logging.getLogger("market")


def test_quiet():
    log.info("nothing to see")


def test_warns():
    log.warning("lost %d frames", 3)


def test_unretrieved():
    async def fails():
        raise ValueError("nobody awaits me")

    async def main():
        task = asyncio.ensure_future(fails())
        await asyncio.sleep(0)
        del task

    asyncio.run(main())


@pytest.fixture
def warns_at_the_end():
    yield
    log.error("too late")


def test_warns_in_a_fixture(warns_at_the_end):
    pass


@pytest.mark.allow_logs("the warning is the point")
def test_allowed(caplog):
    log.warning("expected")
    assert caplog.messages == ["expected"]


@pytest.fixture
def hoards():
    from PyQt6.QtCore import QObject, QTimer

    class Dying:
        def __del__(self):
            log.error("last words")

    dying = Dying()
    dying.itself = dying
    timer = QTimer()
    timer.itself = timer
    timer.dying = dying
    timer.start(60_000)
    return timer


def test_warns_while_it_dies(qapp, hoards):
    pass


def test_failing():
    log.warning("explains the failure")
    assert False
"""

SCREEN = """
import os
import pytest


@pytest.mark.display
def test_window_system():
    assert False, "there is none"


def test_platform():
    assert os.environ["QT_QPA_PLATFORM"] == "offscreen"
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project of its own that shares our conftest."""
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    pytester.makepyprojecttoml(
        f"""
        [tool.pytest.ini_options]
        pythonpath = ['{CONFTEST.parents[1].as_posix()}']
        filterwarnings = ["error"]
        markers = ["display", "allow_logs(reason)"]
        upbit_leak_check = "all"
        qt_api = "pyqt6"
        """
    )
    return pytester


def _outcomes(result: pytest.RunResult) -> dict[str, set[str]]:
    """The tests of each outcome, from the lines of ``-rA``; an error counts over a pass."""
    outcomes: dict[str, set[str]] = {}
    for line in result.outlines:
        word, _, rest = line.partition(" ")
        if word in {"PASSED", "FAILED", "ERROR"} and "::" in rest:
            outcomes.setdefault(word, set()).add(rest.split("::")[1].split(" ")[0])
    outcomes["PASSED"] -= outcomes.get("ERROR", set())
    return outcomes


def test_leaks_fail_and_name_their_holder(project: pytest.Pytester) -> None:
    """Whatever survives its test fails it, and the message says who holds it."""
    project.makepyfile(test_leaks=LEAKS)
    result = project.runpytest_subprocess("-rA", "-p", "no:randomly", timeout=120)
    assert _outcomes(result) == {
        "PASSED": {
            "test_tidy_window",
            "test_tidy_fixture",
            "test_fixture_value",
            "test_window_in_a_cycle_is_collected",
            "test_stopped_timer_is_no_leak",
            "test_deleted_timer_is_no_leak",
            "test_what_a_wider_fixture_makes_is_no_leak",
            "test_close_sockets",
            "test_close_loop",
            "test_allowed",
            "test_not_blamed_for_others",
        },
        "ERROR": {
            "test_task_before_there_is_an_application",
            "test_window_in_a_dictionary",
            "test_window_in_a_queue",
            "test_window_in_a_traceback",
            "test_window_in_a_connection",
            "test_window_until_the_exit",
            "test_window_in_a_list",
            "test_window_in_an_attribute",
            "test_window_in_a_closure",
            "test_window_in_a_bound_method",
            "test_timer",
            "test_raw_timer",
            "test_notifier",
            "test_task",
        },
        "FAILED": {"test_failing_keeps_its_locals"},
    }
    for line in (
        "*window: QLabel 'in-list'",
        "*held by list < name 'hoard' of module test_leaks",
        "*window: QLabel 'in-attribute'",
        "*held by attribute 'favourite' of Registry",
        "*window: QLabel 'in-closure'",
        "*held by closure < tuple < function test_window_in_a_closure.<locals>.<lambda> < list < *",
        "*window: QLabel 'in-partial'",
        "*window: QLabel 'in-dictionary'",
        "*held by key 'main' < list < name 'hoard' of module test_leaks",
        "*held by deque object",
        "*held by a local of test_window_in_a_traceback (*test_leaks.py:*)",
        "*window: QLabel 'in-connection'",
        "*held by closure < tuple < function test_window_in_a_connection*<lambda> < QTimer object",
        "*held by closure < tuple < function test_window_until_the_exit.<locals>.<lambda>",
        "*active timer: QTimer",
        "*held by attribute 'timer' of Registry",
        "*object with a running timer: Clock",
        "*enabled notifier: QSocketNotifier",
        "*pending task: *waits for ever*",
    ):
        result.stdout.fnmatch_lines([line])
    result.stdout.no_fnmatch_line("*window: QDialog*")


def test_logs_fail(project: pytest.Pytester) -> None:
    """A warning in the log fails the test that caused it and is quoted."""
    project.makepyfile(test_logs=LOGS)
    result = project.runpytest_subprocess("-rA", timeout=120)
    assert _outcomes(result) == {
        "PASSED": {"test_quiet", "test_allowed"},
        "ERROR": {
            "test_warns",
            "test_unretrieved",
            "test_warns_in_a_fixture",
            "test_warns_while_it_dies",
        },
        "FAILED": {"test_failing"},
    }
    result.stdout.fnmatch_lines(["*WARNING market: lost 3 frames"])
    result.stdout.fnmatch_lines(["*ERROR market: too late"])


def test_no_window_system(project: pytest.Pytester) -> None:
    """Qt draws offscreen by default, and what needs a window system is skipped, not failed."""
    project.makepyfile(test_screen=SCREEN)
    result = project.runpytest_subprocess("-rs", timeout=120)
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["*needs a window system; QT_QPA_PLATFORM is offscreen"])
