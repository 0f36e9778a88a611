"""Whole programs with a manager: zero configuration, and silent ends."""

from __future__ import annotations

import pytest
from PyQt6.QtWidgets import QApplication

from tests.qt.programs import run_program
from upbit_ws_qt import GlobalWebSocketManager, WebSocketClientProxy

SILENT = (0, "", "")


def outcome(source: str) -> tuple[int, str, str]:
    result = run_program(source)
    return result.returncode, result.stdout, result.stderr


def test_without_a_qapplication_the_missing_lines_are_shown() -> None:
    result = run_program(
        """
        from upbit_ws_qt import InvalidState, WebSocketClientProxy
        try:
            WebSocketClientProxy("my_chart")
        except InvalidState as error:
            print(error)
        """
    )
    assert "from PyQt6.QtWidgets import QApplication" in result.stdout
    assert "app = QApplication([])" in result.stdout
    assert result.stderr == ""


def test_a_proxy_works_with_no_other_line(qapp: QApplication) -> None:
    """The application's own manager is its child, made on first use."""
    proxy = WebSocketClientProxy("my_chart")
    manager = GlobalWebSocketManager.instance()
    assert manager is GlobalWebSocketManager.instance()
    assert manager.parent() is qapp
    assert manager.settings.public_url == "wss://api.upbit.com/websocket/v1"
    proxy.cleanup()
    manager.deleteLater()
    qapp.processEvents()
    qapp.sendPostedEvents(None, 52)  # DeferredDelete
    assert GlobalWebSocketManager.instance() is not manager
    GlobalWebSocketManager.instance().deleteLater()
    qapp.sendPostedEvents(None, 52)


START = """
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication
from upbit_ws_qt import FeedSettings, GlobalWebSocketManager, WebSocketClientProxy
import upbit_ws_qt

def begin():
    global manager, proxy, subscription
    manager = GlobalWebSocketManager(FeedSettings(
        public_url="ws://127.0.0.1:9/", private_url="ws://127.0.0.1:9/",
        rest_url="http://127.0.0.1:9"))
    proxy = WebSocketClientProxy("global_one", manager)
    subscription = proxy.subscribe_ticker(["KRW-BTC"], lambda event: None)
    proxy.start(proxy.get_candle_snapshot("KRW-BTC", "1m", 1), print, lambda error: None)
"""


@pytest.mark.parametrize(
    "end",
    [
        # Under run(), with everything still wanted and under way.
        "async def main():\n    begin()\nraise SystemExit(upbit_ws_qt.run(main))",
        # Under the host's own exec().
        "app = QApplication([])\nbegin()\nQTimer.singleShot(100, app.quit)\n"
        "raise SystemExit(app.exec())",
        # Without any exec(): the script just ends.
        "app = QApplication([])\nbegin()",
    ],
    ids=["run", "exec", "neither"],
)
def test_a_program_that_stops_nothing_ends_silently(end: str) -> None:
    """Rule 3: proxies in globals, tasks pending, no stop(): exit code 0 and no output."""
    assert outcome(START + "\n" + end) == SILENT


def test_the_end_of_the_program_stops_the_manager() -> None:
    end = """
app = QApplication([])
begin()
manager.connection_changed.connect(lambda event: print(event.connection_type, event.state))
QTimer.singleShot(0, app.quit)
app.exec()
"""
    code, said, errors = outcome(START + end)
    assert (code, errors) == (0, "")
    assert "public stopped" in said.splitlines()


def test_a_consumer_may_end_the_program_while_it_is_called() -> None:
    """The whole shutdown then runs inside the delivery."""
    source = """
    from PyQt6.QtWidgets import QApplication
    from upbit_ws_qt import GlobalWebSocketManager, WebSocketClientProxy, install
    from upbit_ws_qt.qt.running import spawn
    from upbit_ws_qt.simulator import SimulatedExchange

    app = QApplication([])
    install(app)
    exchange = SimulatedExchange(seed=1)

    async def begin():
        global manager, proxy
        await exchange.start()
        manager = GlobalWebSocketManager(exchange.settings())
        proxy = WebSocketClientProxy("last_one", manager)
        proxy.subscribe_ticker(["KRW-BTC"], lambda event: app.quit())
        proxy.subscribe_orderbook(["KRW-BTC"], lambda event: None)

    begun = spawn(begin(), name="begin")
    raise SystemExit(app.exec())
    """
    assert outcome(source) == SILENT


def test_a_blocked_name_look_up_does_not_hold_up_the_end() -> None:
    """Rule 14: the look-up never returns; the program ends all the same."""
    source = """
    import socket, threading
    asked = threading.Event()
    def blocked(*args, **options):
        asked.set()
        threading.Event().wait()
    socket.getaddrinfo = blocked
    from upbit_ws_qt import WebSocketClientProxy, run
    async def main():
        global proxy
        proxy = WebSocketClientProxy("global_one")
        proxy.subscribe_ticker(["KRW-BTC"])
        import asyncio
        while not asked.is_set():
            await asyncio.sleep(0.01)
        return 7
    raise SystemExit(run(main))
    """
    assert outcome(source) == (7, "", "")


def test_importing_the_core_loads_nothing_it_does_not_need() -> None:
    """Qt and the sockets come when they are used; the heavy parts of others never."""
    source = """
    import sys
    import upbit_ws_qt
    print(sorted({"PyQt6", "websockets", "httpx", "msgspec"} & set(sys.modules)))
    from upbit_ws_qt import GlobalWebSocketManager, WebSocketClientProxy, run, install, decode
    print(sorted({"aiohttp", "keyring", "pyqtgraph", "psutil", "numpy"} & set(sys.modules)))
    for name in upbit_ws_qt.__all__:
        getattr(upbit_ws_qt, name)
    """
    assert outcome(source.replace("\n    ", "\n")) == (0, "[]\n[]\n", "")
