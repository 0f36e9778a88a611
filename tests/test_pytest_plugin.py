"""The pytest plugin in other people's projects: fixtures, marks, leaks, and no trace elsewhere.

Each test makes a project of its own without a conftest. Tests only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

FIXTURES = """
import asyncio
from dataclasses import replace

import pytest
from PyQt6.QtCore import QTimer
from upbit_ws_qt import GlobalWebSocketManager, WebSocketClientProxy, install
from upbit_ws_qt.pytest_plugin import UpbitLoop

seen = []
START_MS = 1_790_000_000_000


def first_prices(upbit_loop, upbit_exchange):
    prices = []
    proxy = WebSocketClientProxy("price_reader")
    upbit_loop(proxy.subscribe_trade(["KRW-BTC"], lambda event: prices.append(event.trade_price)))
    upbit_loop(upbit_exchange.advance(60_000))
    upbit_loop.until(lambda: len(prices) > 5)
    return prices[:5]


@pytest.mark.parametrize("run", [1, 2])
def test_each_test_sees_the_same_market(upbit_loop, upbit_exchange, upbit_manager, run):
    assert upbit_exchange.now_ms == START_MS
    seen.append(first_prices(upbit_loop, upbit_exchange))
    assert seen == [seen[0]] * run


@pytest.mark.upbit_exchange(seed=2, start_time_ms=START_MS + 60_000)
class TestMarks:
    def test_of_a_class(self, upbit_loop, upbit_exchange, upbit_manager):
        assert upbit_exchange.now_ms == START_MS + 60_000
        assert first_prices(upbit_loop, upbit_exchange) != seen[0]

    @pytest.mark.upbit_exchange(start_time_ms=START_MS, realtime=True)
    def test_of_a_function_counts_over_it(self, upbit_loop, upbit_exchange):
        upbit_loop.until(lambda: START_MS < upbit_exchange.now_ms < START_MS + 60_000)


def test_programs_find_the_manager_by_themselves(upbit_loop, upbit_exchange, upbit_manager):
    assert GlobalWebSocketManager.instance() is upbit_manager
    assert upbit_manager.settings == upbit_exchange.settings()
    assert not upbit_manager.is_private_available()
    first_prices(upbit_loop, upbit_exchange)
    seen.append(upbit_manager)
    upbit_manager.recovery_begun.connect(seen.append)


def test_the_next_test_has_another(upbit_loop):
    former = seen.pop()
    assert isinstance(former, GlobalWebSocketManager), "it ended before the exchange did"
    assert GlobalWebSocketManager.instance() is not former
    assert former.health_check().uptime_seconds == 0
    assert former.parent() is None


def test_a_key_of_the_exchange(upbit_loop, upbit_exchange, upbit_manager):
    upbit_manager.set_credentials(upbit_exchange.credentials())
    balances = []
    proxy = WebSocketClientProxy("balance_reader")
    proxy.subscribe_balance(balances.append)
    upbit_loop.until(lambda: balances)


class TestSettings:
    @pytest.fixture
    def upbit_settings(self, upbit_exchange):
        return replace(upbit_exchange.settings(), grace_period_s=1.5)

    def test_are_whatever_the_project_says(self, upbit_manager):
        assert upbit_manager.settings.grace_period_s == 1.5


def test_the_program_quits(upbit_loop, upbit_exchange, upbit_manager, qapp):
    first_prices(upbit_loop, upbit_exchange)
    QTimer.singleShot(0, qapp.quit)
    assert qapp.exec() == 0
    assert upbit_loop(asyncio.sleep(0, "goes on")) == "goes on"


def test_the_program_exits(upbit_loop):
    async def exits():
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        upbit_loop(exits())
    with pytest.raises(pytest.fail.Exception, match="not end before the program told Qt to exit"):
        upbit_loop(asyncio.sleep(5))
    with pytest.raises(pytest.fail.Exception, match="true before the program told Qt to exit"):
        upbit_loop.until(lambda: False)


def test_the_test_after_that(upbit_loop, upbit_exchange, upbit_manager):
    assert first_prices(upbit_loop, upbit_exchange) == seen[0]


def test_the_program_installs_the_loop(upbit_loop, qapp):
    async def running():
        return asyncio.get_running_loop()

    assert upbit_loop(running()) is install(qapp)


def test_loop(upbit_loop):
    async def fails():
        raise LookupError("from the awaitable")

    def is_wrong():
        return asked.append(None) or len(asked) > 1 and 1 / 0

    due = []
    QTimer.singleShot(0, lambda: QTimer.singleShot(0, lambda: due.append("later")))
    upbit_loop.turns(2)
    assert due == ["later"]

    asked = []
    hasty = UpbitLoop(limit_s=0.01)
    with pytest.raises(LookupError, match="from the awaitable"):
        upbit_loop(fails())
    with pytest.raises(ZeroDivisionError):
        upbit_loop.until(is_wrong)
    with pytest.raises(pytest.fail.Exception, match="not end within 0.01 s: <coroutine .*wait"):
        hasty(asyncio.Event().wait())
    with pytest.raises(pytest.fail.Exception, match="did not come true within 0.01 s"):
        hasty.until(lambda: False)
"""

WRONG_MARKS = """
import pytest


@pytest.mark.upbit_exchange(sede=2)
def test_unknown(upbit_exchange):
    pass


@pytest.mark.upbit_exchange(2)
def test_without_name(upbit_exchange):
    pass


@pytest.mark.upbit_exchange(pace=-1)
def test_out_of_range(upbit_exchange):
    pass


@pytest.mark.upbit_allow_leaks
def test_without_reason(upbit_loop):
    pass
"""

LEAKS = """
import pytest
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QLabel

hoard = []


def test_window(upbit_loop):
    hoard.append(QLabel("kept", objectName="main-window"))


def test_without_our_fixtures(qtbot):
    hoard.append(QLabel("not looked at"))


@pytest.mark.upbit_allow_leaks("known")
def test_allowed(upbit_loop):
    hoard.append(QLabel("allowed"))


def test_failing(upbit_loop):
    hoard.append(QLabel("said enough"))
    assert False


@pytest.fixture
def program(qtbot):
    timer = QTimer()
    yield timer
    timer.stop()


def test_ended_by_an_earlier_fixture(program, upbit_manager):
    program.start(60_000)


def test_task(upbit_loop):
    import asyncio

    loop = asyncio.new_event_loop()
    task = loop.create_task(asyncio.Event().wait(), name="never ends")
    loop.run_until_complete(asyncio.sleep(0))
    hoard.append((loop, task))
"""

UNTOUCHED = """
import sys


def test_nothing_is_imported(request):
    plugin = "upbit_ws_qt.pytest_plugin"
    ours = {name for name in sys.modules if name.startswith("upbit_ws_qt")}
    assert ours == {"upbit_ws_qt", plugin}
    assert not {"PyQt6", "numpy", "aiohttp", "qasync"} & set(sys.modules)
    hooks = request.config.hook.pytest_runtest_setup.get_hookimpls()
    assert not [hook for hook in hooks if hook.plugin_name.startswith("upbit")]
    assert request.fixturenames == ["request"]
"""


@pytest.fixture(autouse=True)
def no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")


def _outcomes(result: pytest.RunResult) -> dict[str, str]:
    """The outcome of each test; an error in a fixture or in the check counts over a pass."""
    outcomes: dict[str, str] = {}
    for line in result.outlines:
        word, _, rest = line.partition(" ")
        if word in {"PASSED", "FAILED", "ERROR"} and "::" in rest:
            name = rest.split("::")[1].split(" ")[0]
            outcomes[name] = word if word == "ERROR" else outcomes.get(name, word)
    return outcomes


def test_fixtures(pytester: pytest.Pytester) -> None:
    """What the manual says of the fixtures and the mark, leaks checked."""
    pytester.makepyfile(FIXTURES)
    result = pytester.runpytest_subprocess("-W", "error", "--strict-markers", timeout=200)
    result.assert_outcomes(passed=13)


def test_wrong_marks(pytester: pytest.Pytester) -> None:
    """One line that says what is wrong and what would be right."""
    pytester.makepyfile(WRONG_MARKS)
    result = pytester.runpytest_subprocess("--strict-markers", "-rE", timeout=100)
    result.assert_outcomes(errors=4)
    result.stdout.fnmatch_lines(
        [
            "the mark upbit_exchange has no option sede; it takes seed, port, pace, *",
            "the mark upbit_exchange has no option 2; it takes seed, port, pace, *",
            "the mark upbit_exchange: pace must be above 0, at most 100; got -1",
            'upbit_allow_leaks needs a reason: upbit_allow_leaks("why")',
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("* def *")


def test_leaks_of_users_of_the_fixtures(pytester: pytest.Pytester) -> None:
    """Only they are looked at, with everything that their fixtures end in whatever order."""
    pytester.makepyfile(test_leaks=LEAKS)
    result = pytester.runpytest_subprocess("-rA", timeout=100)
    assert _outcomes(result) == {
        "test_window": "ERROR",
        "test_without_our_fixtures": "PASSED",
        "test_allowed": "PASSED",
        "test_failing": "FAILED",
        "test_ended_by_an_earlier_fixture": "PASSED",
        "test_task": "ERROR",
    }
    result.stdout.fnmatch_lines(
        [
            "left behind by this test:",
            "  window: QLabel 'main-window'",
            "    held by list < name 'hoard' of module test_leaks",
        ]
    )
    result.stdout.fnmatch_lines(
        ["  pending task: *never ends*", "    held by tuple < list < *hoard*"]
    )


def test_leak_check_of_all_or_none(pytester: pytest.Pytester) -> None:
    """The option widens it to every test, and switches it off."""
    pytester.makepyfile(test_leaks=LEAKS)
    chosen = {}
    for choice in ("all", "off"):
        result = pytester.runpytest_subprocess(
            "-rA", "-o", f"upbit_leak_check={choice}", "-k", "window or our_fixtures", timeout=100
        )
        chosen[choice] = _outcomes(result)
    names = ("test_window", "test_without_our_fixtures")
    assert chosen == {"all": dict.fromkeys(names, "ERROR"), "off": dict.fromkeys(names, "PASSED")}

    result = pytester.runpytest_subprocess("-o", "upbit_leak_check=on", timeout=100)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: upbit_leak_check must be one of fixtures, all, off; got 'on'"]
    )


def test_other_suites_do_not_notice(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Installed and not used, it brings in nothing: no module, no hook on tests, no fixture."""
    pytester.makepyfile(UNTOUCHED)
    # A measured run would have imported more.
    for name in [name for name in os.environ if name.startswith("COV")]:
        monkeypatch.delenv(name)
    result = pytester.runpytest_subprocess("-p", "no:pytest-qt", "-W", "error", timeout=100)
    result.assert_outcomes(passed=1)


def test_importing_it_is_light() -> None:
    """It is imported in every test run on the machine."""
    probe = """
import json, sys
import pytest
before = set(sys.modules)
import upbit_ws_qt.pytest_plugin
print(json.dumps(sorted(set(sys.modules) - before)))
"""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-c", probe],
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert json.loads(done.stdout) == ["upbit_ws_qt", "upbit_ws_qt.pytest_plugin"]


def test_without_pytest_qt(pytester: pytest.Pytester) -> None:
    """One line says what is missing, and only to whom it is missing."""
    pytester.makepyfile(
        """
        def test_exchange(upbit_exchange):
            pass

        def test_other():
            pass
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:pytest-qt", timeout=100)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["upbit_loop needs the QApplication of pytest-qt, *"])


def test_an_application_of_another_qt(pytester: pytest.Pytester) -> None:
    """What pytest-qt found first may be another binding."""
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def qapp(request):
            if "incomplete" in request.function.__name__:
                request.getfixturevalue("nowhere")
            return object()

        def test_other(upbit_loop):
            pass

        def test_incomplete(upbit_loop):
            pass
        """
    )
    result = pytester.runpytest_subprocess("-rE", timeout=100)
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        [
            "upbit_loop needs an application of PyQt6, but the fixture qapp is a *object; *",
            "*fixture 'nowhere' not found",
        ]
    )
