"""``run(main)``: exit codes, windows, signals, slots that raise, displays."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator

import httpx
import pytest
import websockets.asyncio.client
import websockets.asyncio.server
from PyQt6.QtCore import QCoreApplication, Qt, QTimer
from PyQt6.QtWidgets import QApplication, QWidget

from tests.qt.programs import LIMIT_S, run_program, start_program, wait_until_idle
from upbit_ws_qt.errors import InvalidState
from upbit_ws_qt.qt import program, running
from upbit_ws_qt.qt.display import display_problem
from upbit_ws_qt.qt.program import run
from upbit_ws_qt.qt.running import feed_loop, install, on_shutdown, spawn, uninstall

posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
needs_a_display = pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="there is always a display"
)


@pytest.fixture(autouse=True)
def as_before(qapp: QApplication) -> Iterator[None]:
    hook = sys.excepthook
    signals = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    wakeup = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(wakeup)
    closes_by_itself = qapp.quitOnLastWindowClosed()
    yield
    assert running.current_session() is None
    assert sys.excepthook == hook
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == signals
    assert signal.set_wakeup_fd(wakeup) == wakeup
    assert qapp.quitOnLastWindowClosed() == closes_by_itself
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


@pytest.fixture
def window(qapp: QApplication) -> Iterator[QWidget]:
    made = QWidget()
    yield made
    made.close()
    made.deleteLater()


# --- The end ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("returned", "code"), [(None, 0), (0, 0), (3, 3)])
def test_the_exit_code_is_mains(returned: int | None, code: int) -> None:
    async def main() -> int | None:
        await asyncio.sleep(0)
        return returned

    assert run(main) == code
    assert run(main) == code, "and again in the same process"


def test_an_exception_of_main_comes_out() -> None:
    async def main() -> int:
        spawn(asyncio.Event().wait(), name="left over")
        raise LookupError("no such market")

    with pytest.raises(LookupError, match="no such market"):
        run(main)


def test_an_exit_in_main_comes_out() -> None:
    async def main() -> int:
        await asyncio.sleep(0)
        raise SystemExit(5)

    with pytest.raises(SystemExit) as caught:
        run(main)
    assert caught.value.code == 5


def test_main_that_is_no_coroutine_is_refused() -> None:
    with pytest.raises(TypeError, match="coroutine"):
        run(lambda: 3)  # type: ignore[arg-type, return-value]


def test_main_cancelled_by_itself_is_no_failure() -> None:
    async def main() -> int:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.Event().wait()
        return 1

    assert run(main) == 0


@pytest.mark.parametrize("leave", ["quit", "exit"])
def test_quitting_the_application_cancels_main(qapp: QApplication, leave: str) -> None:
    cleaned: list[str] = []

    async def main() -> int:
        if leave == "quit":
            QTimer.singleShot(0, qapp.quit)
        else:
            qapp.exit(4)  # from inside a task
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.001)
            cleaned.append("main")
        return 1

    assert run(main) == (0 if leave == "quit" else 4)
    assert cleaned == ["main"]


def test_main_may_still_return_a_code_when_it_is_cancelled(qapp: QApplication) -> None:
    async def main() -> int:
        QTimer.singleShot(0, qapp.quit)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return 6
        return 1

    assert run(main) == 6


def test_everything_ends_in_order() -> None:
    order: list[str] = []

    async def stops() -> None:
        await asyncio.sleep(0)
        order.append("hook")

    async def works() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            order.append("task")

    async def main() -> None:
        on_shutdown(stops)
        spawn(works(), name="works")
        await asyncio.sleep(0)
        order.append("main")

    loops: list[asyncio.AbstractEventLoop] = []

    async def outer() -> None:
        loops.append(asyncio.get_running_loop())
        assert feed_loop() is loops[0]
        await main()

    assert run(outer) == 0
    assert order == ["main", "hook", "task"]
    assert loops[0].is_closed()


# --- Windows ---------------------------------------------------------------------------------


def test_the_last_window_closing_cancels_main(window: QWidget) -> None:
    async def main() -> int:
        window.show()
        QTimer.singleShot(0, window.close)
        await asyncio.Event().wait()
        return 1

    assert run(main) == 0


def test_a_window_open_when_main_returns_keeps_it_running(window: QWidget) -> None:
    order: list[str] = []

    async def later() -> None:
        await asyncio.sleep(0.005)
        order.append("closing")
        window.close()

    async def main() -> int:
        window.show()
        spawn(later(), name="later")
        order.append("main returned")
        return 2

    assert run(main) == 2
    assert order == ["main returned", "closing"]


def test_a_hidden_window_does_not_keep_it_running(window: QWidget) -> None:
    async def main() -> int:
        window.show()
        window.hide()
        return 2

    assert run(main) == 2


def test_one_of_two_windows_closing_changes_nothing(window: QWidget) -> None:
    other = QWidget()

    async def main() -> int:
        window.show()
        other.show()
        other.close()
        await asyncio.sleep(0.005)
        window.close()
        await asyncio.Event().wait()
        return 1

    assert run(main) == 0
    other.deleteLater()


@pytest.fixture
def login(qapp: QApplication) -> Iterator[QWidget]:
    """A window that is closed before the real one opens."""
    made = QWidget()
    yield made
    made.deleteLater()


def test_a_window_may_follow_the_last_one(
    qapp: QApplication, window: QWidget, login: QWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waited for the login window has some time to open the next one."""
    monkeypatch.setattr(program, "_NEXT_WINDOW_MS", 10_000)

    async def main() -> int:
        loop = asyncio.get_running_loop()
        closed = loop.create_future()
        qapp.lastWindowClosed.connect(
            lambda: loop.call_later(0.01, closed.set_result, None),
            Qt.ConnectionType.SingleShotConnection,
        )
        login.show()
        QTimer.singleShot(0, login.close)
        await closed
        window.show()
        spawn(end(), name="end")
        return 5

    async def end() -> None:
        window.hide()  # hiding is not closing
        qapp.quit()

    assert run(main) == 5


def test_a_window_that_followed_counts(
    qapp: QApplication, window: QWidget, login: QWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "_NEXT_WINDOW_MS", 0)

    async def main() -> int:
        idle = asyncio.get_running_loop().create_future()
        after = QTimer()  # of 0 ms like the other, and started later
        after.setSingleShot(True)
        after.timeout.connect(lambda: idle.set_result(None))

        def follow() -> None:
            window.show()
            after.start(0)

        qapp.lastWindowClosed.connect(follow, Qt.ConnectionType.SingleShotConnection)
        login.show()
        QTimer.singleShot(0, login.close)
        await idle
        window.close()
        return 5

    assert run(main) == 5


def test_the_end_of_one_run_does_not_reach_into_the_next(window: QWidget) -> None:
    async def first() -> None:
        window.show()
        window.close()

    async def second() -> int:
        await asyncio.sleep(0.15)  # longer than a first run waits for another window
        return 7

    assert run(first) == 0
    assert run(second) == 7


# --- Beside other loops ----------------------------------------------------------------------


def test_it_takes_over_what_was_installed(qapp: QApplication) -> None:
    loop = install(qapp)
    early = spawn(asyncio.Event().wait(), name="early")

    async def main() -> None:
        assert asyncio.get_running_loop() is loop
        assert install(qapp) is loop

    assert run(main) == 0
    assert early.cancelled()


def test_inside_a_running_application_it_refuses(qapp: QApplication) -> None:
    errors: list[str] = []

    async def main() -> None:
        raise AssertionError

    def slot() -> None:
        try:
            run(main)
        except InvalidState as error:
            errors.append(str(error))
        qapp.quit()

    QTimer.singleShot(0, slot)
    qapp.exec()
    assert "install(app)" in errors[0]


def test_beside_a_loop_of_the_host_it_refuses(qapp: QApplication) -> None:
    import qasync

    host = qasync.QEventLoop(qapp)
    asyncio.set_event_loop(host)

    async def main() -> None:
        raise AssertionError

    with pytest.raises(InvalidState, match="loop of its own"):
        run(main)
    asyncio.set_event_loop(None)
    uninstall()
    host.close()


def test_slots_may_use_asyncio_directly() -> None:
    results: list[int] = []

    async def answer() -> int:
        return 42

    async def main() -> None:
        done = asyncio.get_running_loop().create_future()

        def slot() -> None:
            task = asyncio.ensure_future(answer())
            task.add_done_callback(lambda t: (results.append(t.result()), done.set_result(None)))

        QTimer.singleShot(0, slot)
        await done

    assert run(main) == 0
    assert results == [42]


def test_sockets() -> None:
    results: list[object] = []

    async def echo(connection: websockets.asyncio.server.ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    async def serve_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        writer.close()

    async def main() -> None:
        async with websockets.asyncio.server.serve(echo, "localhost", 0) as server:
            port = server.sockets[0].getsockname()[1]
            url = f"ws://localhost:{port}"
            async with websockets.asyncio.client.connect(url, proxy=None) as connection:
                await connection.send("ticker")
                results.append(await connection.recv())
        async with await asyncio.start_server(serve_http, "127.0.0.1", 0) as http:
            port = http.sockets[0].getsockname()[1]
            async with httpx.AsyncClient(trust_env=False) as client:
                results.append((await client.get(f"http://127.0.0.1:{port}/")).text)

    assert run(main) == 0
    assert results == ["ticker", "ok"]


# --- Signals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "terminate"]
)
def test_a_signal_cancels_main(number: signal.Signals, code: int) -> None:
    cleaned: list[str] = []

    async def main() -> int:
        QTimer.singleShot(0, lambda: signal.raise_signal(number))
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append("main")
        return 1

    assert run(main) == code
    assert cleaned == ["main"]


def test_a_signal_ends_it_although_a_window_is_open(window: QWidget) -> None:
    async def main() -> int:
        window.show()
        QTimer.singleShot(0, lambda: signal.raise_signal(signal.SIGINT))
        await asyncio.Event().wait()
        return 1

    assert run(main) == 130


def test_a_signal_ends_the_wait_for_the_last_window(window: QWidget) -> None:
    async def main() -> int:
        window.show()
        QTimer.singleShot(5, lambda: signal.raise_signal(signal.SIGINT))
        return 2

    assert run(main) == 2


@pytest.mark.allow_logs("main that does not end is what this is about")
def test_a_second_signal_leaves_a_deaf_main(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(running, "_SHUTDOWN_LIMIT_S", 0.05)
    heard = 0

    async def main() -> int:
        nonlocal heard
        QTimer.singleShot(0, lambda: signal.raise_signal(signal.SIGINT))
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                heard += 1
                QTimer.singleShot(0, lambda: signal.raise_signal(signal.SIGINT))

    assert run(main) == 130
    assert heard > 1
    assert caplog.messages == ["these tasks did not end and are left: main"]


def test_the_programs_own_signal_handler_is_kept() -> None:
    heard: list[int] = []
    former = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))

    async def main() -> None:
        QTimer.singleShot(0, lambda: signal.raise_signal(signal.SIGINT))
        while not heard:  # noqa: ASYNC110 - the handler is no callback of the loop
            await asyncio.sleep(0)

    try:
        assert run(main) == 0
    finally:
        signal.signal(signal.SIGINT, former)
    assert heard == [signal.SIGINT]


IDLE = """
    import asyncio, sys
    from upbit_ws_qt.qt.program import run

    async def main():
        print("ready", flush=True)
        try:
            await asyncio.Event().wait()
        finally:
            print("cleaned up", flush=True)

    sys.exit(run(main))
"""


@posix_only
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_reaches_an_idle_program(number: signal.Signals, code: int) -> None:
    """Qt sleeps and no Python runs that could notice; there is no timer that would wake it."""
    with start_program(IDLE) as program:
        try:
            assert program.stdout is not None
            assert program.stdout.readline() == "ready\n"
            wait_until_idle(program)
            program.send_signal(number)
            output, _ = program.communicate(timeout=LIMIT_S)
        finally:
            program.kill()
    assert (output, program.returncode) == ("cleaned up\n", code)


# --- Slots -----------------------------------------------------------------------------------


def test_a_raising_slot_is_logged_and_the_program_goes_on() -> None:
    result = run_program(
        """
        import asyncio, sys
        from PyQt6.QtCore import QTimer
        from PyQt6.QtWidgets import QWidget
        from upbit_ws_qt.qt.program import run

        class Broken(QWidget):
            def paintEvent(self, event):
                QTimer.singleShot(0, painted.set)
                raise ValueError("from paintEvent")

        async def main():
            global painted, widget
            painted = asyncio.Event()
            widget = Broken()
            widget.show()
            await painted.wait()
            slot = asyncio.Event()
            def raises():
                QTimer.singleShot(0, slot.set)
                raise ValueError("from a slot")
            QTimer.singleShot(0, raises)
            await slot.wait()
            widget.hide()
            return 9

        code = run(main)
        print(sys.excepthook is sys.__excepthook__)
        sys.exit(code)
        """
    )
    assert (result.returncode, result.stdout) == (9, "True\n")
    assert "from paintEvent" in result.stderr
    assert "from a slot" in result.stderr


def test_ctrl_c_in_a_slot_ends_it() -> None:
    async def main() -> int:
        def slot() -> None:
            raise KeyboardInterrupt

        QTimer.singleShot(0, slot)
        await asyncio.Event().wait()
        return 1

    assert run(main) == 130


# --- Applications and displays ---------------------------------------------------------------


def test_an_application_without_windows_is_refused() -> None:
    result = run_program(
        """
        from PyQt6.QtCore import QCoreApplication
        from upbit_ws_qt.errors import InvalidState
        from upbit_ws_qt.qt.program import run
        app = QCoreApplication([])
        async def main(): ...
        try:
            run(main)
        except InvalidState as error:
            print(error)
        """
    )
    assert result.stdout == "run() needs a QApplication; there is a QCoreApplication already\n"


@needs_a_display
def test_without_a_display_one_line_says_so() -> None:
    result = run_program(
        """
        import sys
        from upbit_ws_qt.errors import InvalidState
        from upbit_ws_qt.qt.program import run
        async def main(): ...
        try:
            run(main)
        except InvalidState as error:
            sys.exit(str(error))
        """,
        DISPLAY=None,
        WAYLAND_DISPLAY=None,
        WAYLAND_SOCKET=None,
        QT_QPA_PLATFORM=None,
    )
    assert result.returncode == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert "no display" in line
    assert "QT_QPA_PLATFORM=offscreen" in line
    assert "make deps" in line


def test_it_makes_the_application() -> None:
    result = run_program(
        """
        import sys
        from PyQt6.QtWidgets import QApplication
        from upbit_ws_qt.qt.program import run
        async def main():
            return 3 if isinstance(QApplication.instance(), QApplication) else 1
        codes = [run(main), run(main)]
        print(codes, QApplication.instance() is not None)
        """
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "[3, 3] True\n", "")


@needs_a_display
@pytest.mark.parametrize(
    ("values", "arguments", "problem"),
    [
        ({}, [], True),
        ({"DISPLAY": ""}, [], True),
        ({"QT_QPA_PLATFORM": "xcb"}, [], True),
        ({"QT_QPA_PLATFORM": "wayland;xcb"}, [], True),
        ({"QT_QPA_PLATFORM": "wayland-egl"}, [], True),
        ({"QT_QPA_PLATFORM": "offscreen"}, [], False),
        ({"QT_QPA_PLATFORM": "minimal:enable_fonts"}, [], False),
        ({"QT_QPA_PLATFORM": "xcb;offscreen"}, [], False),
        ({"QT_QPA_PLATFORM": "vnc:size=800x600"}, [], False),
        ({}, ["program", "-platform", "offscreen"], False),
        ({}, ["program", "-platform"], True),
        ({"QT_QPA_PLATFORM": "offscreen"}, ["program", "--platform", "xcb"], True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, [], False),
        ({"WAYLAND_SOCKET": "5"}, [], False),
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, [], False),
    ],
)
def test_what_counts_as_a_display(
    values: dict[str, str], arguments: list[str], problem: bool
) -> None:
    assert (display_problem(values, arguments) is not None) == problem


@needs_a_display
def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(path: str) -> None:
        assert path.endswith("libqxcb.so")
        raise OSError(
            "libxcb-cursor.so.0: cannot open shared object file: No such file or directory"
        )

    monkeypatch.setattr("ctypes.CDLL", refuses)
    problem = display_problem({"DISPLAY": ":0"}, [])
    assert problem is not None
    assert "libxcb-cursor.so.0 is missing" in problem
    assert "make deps" in problem
    assert "/" not in problem
    assert display_problem({"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, []) is None


@needs_a_display
def test_a_qt_with_its_plugins_elsewhere_is_left_to_find_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pathlib.Path.is_file", lambda _: False)
    monkeypatch.setattr("upbit_ws_qt.qt.display._answers", lambda _: True)
    assert display_problem({"DISPLAY": ":0"}, []) is None


@needs_a_display
def test_a_display_whose_server_is_gone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """DISPLAY often outlives its server, in a terminal left open."""
    monkeypatch.setattr("upbit_ws_qt.qt.display._missing_library", lambda: "")
    problem = display_problem({"DISPLAY": ":7777"}, [])
    assert problem is not None
    assert ":7777 does not answer" in problem


@needs_a_display
@pytest.mark.display
def test_a_display_that_answers_is_no_problem() -> None:
    assert display_problem() is None


def test_other_systems_always_have_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert display_problem({}, []) is None


def test_the_application_of_the_tests_is_still_there(qapp: QApplication) -> None:
    assert QCoreApplication.instance() is qapp
