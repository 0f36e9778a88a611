"""The pytest plugin: a loop, a simulated exchange and a manager as fixtures. pytest.

Installed with the package and known to pytest by its entry point, so it is imported in every test
run on the machine: whatever costs time is imported by who asks for it. ``docs/testing.md`` is its
manual.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from PyQt6.QtCore import QCoreApplication

    from upbit_ws_qt import FeedSettings, GlobalWebSocketManager
    from upbit_ws_qt.simulator import SimulatedExchange

    from .loop import UpbitLoop

__all__ = ["UpbitLoop"]

_FIXTURES = frozenset({"upbit_loop", "upbit_exchange", "upbit_settings", "upbit_manager"})
_LEAK_CHECKS = ("fixtures", "all", "off")

# The same prices at the same times in every run; only `advance` moves the market.
_REPEATABLE = {"seed": 1, "realtime": False, "start_time_ms": 1_790_000_000_000}


def __getattr__(name: str) -> Any:
    if name in __all__:
        from .loop import UpbitLoop

        return UpbitLoop
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


# --- Options and marks -----------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        "upbit_leak_check",
        "which tests fail when they leave windows, timers, socket notifiers or tasks behind: "
        "those with fixtures of upbit-ws-qt (fixtures), all, or none (off)",
        default=_LEAK_CHECKS[0],
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "upbit_exchange(**options): make upbit_exchange with these, such as seed=2"
    )
    config.addinivalue_line(
        "markers", "upbit_allow_leaks(reason): what this test leaves behind is not reported"
    )
    if (chosen := config.getini("upbit_leak_check")) not in _LEAK_CHECKS:
        raise pytest.UsageError(
            f"upbit_leak_check must be one of {', '.join(_LEAK_CHECKS)}; got {chosen!r}"
        )


def pytest_collection_finish(session: pytest.Session) -> None:
    """Check for leaks where there is someone to check: other test runs get no hook at all."""
    chosen = session.config.getini("upbit_leak_check")
    checked = {
        item
        for item in session.items
        if isinstance(item, pytest.Function)
        and (chosen == "all" or (chosen == "fixtures" and _FIXTURES & set(item.fixturenames)))
    }
    if checked:
        from .leak_check import LeakCheck

        session.config.pluginmanager.register(LeakCheck(checked))


# --- Fixtures --------------------------------------------------------------------------------


@pytest.fixture
def upbit_loop(request: pytest.FixtureRequest) -> Iterator[UpbitLoop]:
    """Qt's event loop for one test: ``upbit_loop(awaitable)`` runs it to its end."""
    app = _application(request)
    from upbit_ws_qt.qt.running import install, uninstall

    from .loop import UpbitLoop, forget_exit

    forget_exit(app)
    install(app)
    yield UpbitLoop()
    uninstall()


@pytest.fixture
def upbit_exchange(
    request: pytest.FixtureRequest, upbit_loop: UpbitLoop
) -> Iterator[SimulatedExchange]:
    """A simulated exchange on the same loop; its market stands still until ``advance``.

    The mark ``upbit_exchange`` takes other options of SimulatedExchange; that of a function
    counts over that of its class or module.
    """
    exchange = _exchange(request)
    upbit_loop(exchange.start())
    yield exchange
    upbit_loop(exchange.stop())


@pytest.fixture
def upbit_settings(upbit_exchange: SimulatedExchange) -> FeedSettings:
    """The settings of ``upbit_manager``; define a fixture of this name to have others."""
    return upbit_exchange.settings()


@pytest.fixture
def upbit_manager(
    upbit_loop: UpbitLoop, upbit_settings: FeedSettings
) -> Iterator[GlobalWebSocketManager]:
    """The application's manager for one test, bound to ``upbit_exchange`` and without a key.

    Proxies and widgets that are made without a manager find this one.
    """
    from PyQt6.QtCore import QCoreApplication

    from upbit_ws_qt import GlobalWebSocketManager

    manager = GlobalWebSocketManager(upbit_settings, parent=QCoreApplication.instance())
    with pytest.MonkeyPatch.context() as patch:
        # Programs have no business with replacing their manager, so there is no method for it.
        patch.setattr(GlobalWebSocketManager, "_instance", manager)
        yield manager
        upbit_loop(manager.stop())
    # From now on it lives as long as someone holds it: the application would keep it for ever.
    manager.setParent(None)


def _application(request: pytest.FixtureRequest) -> QCoreApplication:
    # Asked for by name, so that it is missed only by those who use a fixture.
    try:
        app = request.getfixturevalue("qapp")
    except pytest.FixtureLookupError as error:
        if error.argname != "qapp":
            raise
        pytest.fail(
            "upbit_loop needs the QApplication of pytest-qt, which is not installed or switched "
            "off; install it: python -m pip install pytest-qt",
            pytrace=False,
        )
    from PyQt6.QtCore import QCoreApplication

    if not isinstance(app, QCoreApplication):
        pytest.fail(
            f"upbit_loop needs an application of PyQt6, but the fixture qapp is a "
            f"{type(app).__module__}.{type(app).__qualname__}; set qt_api = pyqt6 in the "
            "configuration of pytest",
            pytrace=False,
        )
    return app


def _exchange(request: pytest.FixtureRequest) -> SimulatedExchange:
    from upbit_ws_qt.errors import InvalidRequest
    from upbit_ws_qt.simulator import SimulatedExchange

    options: dict[str, Any] = dict(_REPEATABLE)
    known = [name for name in inspect.signature(SimulatedExchange).parameters if name != "self"]
    for mark in reversed([*request.node.iter_markers("upbit_exchange")]):
        for wrong in [*map(repr, mark.args), *(name for name in mark.kwargs if name not in known)]:
            pytest.fail(
                f"the mark upbit_exchange has no option {wrong}; it takes "
                f"{', '.join(known)}, each by its name",
                pytrace=False,
            )
        options.update(mark.kwargs)
    try:
        return SimulatedExchange(**options)
    except InvalidRequest as error:
        pytest.fail(f"the mark upbit_exchange: {error}", pytrace=False)
