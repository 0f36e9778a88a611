"""Fails tests that leave something behind: the check around each test. pytest."""

from __future__ import annotations

from collections.abc import Collection, Generator
from typing import Any

import pytest

from .survivors import Known, alive, report_survivors, set_older_objects_aside

__all__ = ["LeakCheck"]


# State: what the running test may leave alive, or None where it is not checked; whether it passed.
class LeakCheck:
    """Hooks around every test; ``checked`` are those that it looks at.

    Only tests that passed are judged: a failed one keeps its locals alive in its traceback.
    """

    def __init__(self, checked: Collection[pytest.Item]) -> None:
        self._checked = checked
        self._known: Known | None = None
        self._passed = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._known = None
        self._passed = False
        if item in self._checked and not _may_leak(item):
            set_older_objects_aside()
            self._known = alive()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
        """What a fixture of a module or session makes is not the test's."""
        value = yield
        if self._known is not None and fixturedef.scope != "function":
            self._known |= alive()
        return value

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if call.when == "call":
            self._passed = report.passed
        return report

    # Innermost, right after the fixtures have ended: pytest-qt, around it, still catches what
    # slots raise while things die.
    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None]:
        yield
        if self._known is None or not self._passed or not isinstance(item, pytest.Function):
            return
        # The fixtures are finished, but pytest keeps their values until later.
        item.funcargs.clear()
        if text := report_survivors(self._known):
            pytest.fail(f"left behind by this test:\n{text}", pytrace=False)


def _may_leak(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("upbit_allow_leaks")
    if mark is None:
        return False
    if not [*mark.args, *mark.kwargs.values()]:
        pytest.fail('upbit_allow_leaks needs a reason: upbit_allow_leaks("why")', pytrace=False)
    return True
