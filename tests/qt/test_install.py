"""``install``: one loop, the host's own asyncio, quitting and starting again, tasks and hooks."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import threading
import weakref
from collections.abc import Callable, Coroutine, Iterator

import httpx
import pytest
import qasync
import websockets.asyncio.client
import websockets.asyncio.server
from PyQt6.QtCore import QEventLoop, QTimer
from PyQt6.QtWidgets import QApplication

from tests.qt.programs import run_program
from upbit_ws_qt.errors import WrongThread
from upbit_ws_qt.qt import running
from upbit_ws_qt.qt.guard import SlotGuard
from upbit_ws_qt.qt.loop import FeedEventLoop
from upbit_ws_qt.qt.running import (
    Session,
    entered,
    feed_loop,
    install,
    on_shutdown,
    spawn,
    uninstall,
)


@pytest.fixture(autouse=True)
def nothing_installed(qapp: QApplication) -> Iterator[None]:
    yield
    uninstall()
    assert running.current_session() is None


def exec_until_quit(app: QApplication, start: Callable[[], object]) -> None:
    """Run the application as a host does, and call ``start`` in a slot once it runs."""
    QTimer.singleShot(0, start)
    app.exec()


async def answer() -> int:
    return 42


# --- One loop --------------------------------------------------------------------------------


def test_installing_twice_gives_the_same_loop(qapp: QApplication) -> None:
    loop = install(qapp)
    assert install(qapp) is loop
    assert feed_loop() is loop
    assert isinstance(loop, FeedEventLoop)
    assert loop.is_running()


def test_it_is_made_on_first_use(qapp: QApplication) -> None:
    assert feed_loop() is install(qapp)


def test_tasks_made_before_exec_begin_when_it_runs(qapp: QApplication) -> None:
    install(qapp)
    began: list[str] = []

    async def work() -> None:
        began.append("began")
        await asyncio.sleep(0)
        qapp.quit()

    spawn(work(), name="work")
    assert began == []
    qapp.exec()
    assert began == ["began"]


def test_installing_after_exec_began(qapp: QApplication) -> None:
    results: list[int] = []

    def slot() -> None:
        install(qapp)

        async def work() -> None:
            results.append(await answer())
            qapp.quit()

        spawn(work(), name="work")

    exec_until_quit(qapp, slot)
    assert results == [42]


def test_it_undoes_itself_at_quit_and_can_be_installed_again(qapp: QApplication) -> None:
    loops: list[asyncio.AbstractEventLoop] = []
    ended: list[asyncio.Task[None]] = []

    def slot() -> None:
        loops.append(install(qapp))

        async def quits() -> None:
            qapp.quit()
            await asyncio.Event().wait()

        ended.append(spawn(quits(), name="quits"))

    for _ in range(3):
        exec_until_quit(qapp, slot)
        assert running.current_session() is None
        assert loops[-1].is_closed()
        assert ended[-1].cancelled()
    assert len(set(loops)) == 3


def test_quitting_inside_a_dialog_that_a_task_opened(qapp: QApplication) -> None:
    """The task is still inside its ``exec()`` when Qt announces the end."""
    steps: list[str] = []

    async def opens() -> None:
        QTimer.singleShot(0, qapp.quit)
        QEventLoop().exec()
        steps.append("dialog closed")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            steps.append("cancelled")
            await asyncio.sleep(0.001)
            steps.append("cleaned up")

    loop = install(qapp)
    spawn(opens(), name="opens")
    qapp.exec()
    assert steps == ["dialog closed", "cancelled", "cleaned up"]
    assert loop.is_closed()


def test_uninstalling_in_a_task_ends_that_too(qapp: QApplication) -> None:
    loop = install(qapp)

    async def ends() -> None:
        uninstall()
        assert not loop.is_closed()
        await asyncio.Event().wait()

    task = spawn(ends(), name="ends")
    while not task.done():
        qapp.processEvents()
    assert task.cancelled()
    assert loop.is_closed()


def test_stopping_the_loop_ends_the_hosts_exec(qapp: QApplication) -> None:
    loop = install(qapp)
    loop.call_soon(loop.stop)
    assert qapp.exec() == 0
    assert loop.is_closed()


def test_a_loop_that_was_closed_is_replaced(qapp: QApplication) -> None:
    host = qasync.QEventLoop(qapp)
    asyncio.set_event_loop(host)
    assert feed_loop() is host
    asyncio.set_event_loop(None)
    host.close()
    assert isinstance(feed_loop(), FeedEventLoop)


def test_without_an_application_the_missing_lines_are_named() -> None:
    result = run_program(
        """
        from upbit_ws_qt.errors import InvalidState
        from upbit_ws_qt.qt.running import feed_loop
        try:
            feed_loop()
        except InvalidState as error:
            print(error)
        """
    )
    assert result.stderr == ""
    assert "app = QApplication(sys.argv)" in result.stdout
    assert "install(app)" in result.stdout


@pytest.mark.parametrize("installed", [True, False])
def test_another_thread_is_refused(qapp: QApplication, installed: bool) -> None:
    if installed:
        install(qapp)
    errors: list[BaseException] = []

    def work() -> None:
        for call in (feed_loop, lambda: install(qapp)):
            try:
                call()
            except WrongThread as error:
                errors.append(error)

    thread = threading.Thread(target=work, name="worker")
    thread.start()
    thread.join()
    assert len(errors) == 2
    assert "call_from_thread" in str(errors[0])
    assert "'worker'" in str(errors[0])


# --- The host's own asyncio ------------------------------------------------------------------


def test_the_host_may_call_asyncio_run_at_any_time(qapp: QApplication) -> None:
    install(qapp)
    results = {"before": asyncio.run(answer())}

    def slot() -> None:
        results["inside"] = asyncio.run(answer())
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        spawn(work(), name="work")

    async def work() -> None:
        results["ours"] = await asyncio.create_task(answer())
        QTimer.singleShot(0, again)

    def again() -> None:
        results["inside again"] = asyncio.run(answer())
        qapp.quit()

    exec_until_quit(qapp, slot)
    results["after"] = asyncio.run(answer())
    assert set(results.values()) == {42}
    assert len(results) == 5


def test_the_hosts_asyncio_run_may_serve_qt(qapp: QApplication) -> None:
    """A host that calls ``processEvents`` from its own coroutine drives ours as well."""
    results: list[int] = []

    async def ours() -> None:
        await asyncio.sleep(0)
        assert asyncio.get_running_loop() is install(qapp)
        results.append(await asyncio.create_task(answer()))

    async def hosts() -> None:
        here, me = asyncio.get_running_loop(), asyncio.current_task()
        spawn(ours(), name="ours")
        while not results:
            qapp.processEvents()
            assert asyncio.get_running_loop() is here
            assert asyncio.current_task() is me
            await asyncio.sleep(0)

    asyncio.run(hosts())
    assert results == [42]


def test_entered_gives_a_slot_the_running_loop(qapp: QApplication) -> None:
    results: list[int] = []

    def slot() -> None:
        with entered():
            assert asyncio.get_running_loop() is feed_loop()
            task = asyncio.create_task(answer())
            asyncio.get_running_loop().create_future().cancel()
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        task.add_done_callback(lambda done: (results.append(done.result()), qapp.quit()))

    exec_until_quit(qapp, slot)
    assert results == [42]


def test_a_hosts_running_loop_is_used(qapp: QApplication) -> None:
    host = qasync.QEventLoop(qapp)
    stopped: list[str] = []

    async def main() -> None:
        assert install(qapp) is host
        assert feed_loop() is host
        on_shutdown(lambda: stopped.append("hook"))
        task = spawn(asyncio.Event().wait(), name="ours")
        theirs = asyncio.create_task(asyncio.Event().wait())
        with entered():
            assert asyncio.get_running_loop() is host
        uninstall()
        assert task.cancelled()
        assert not theirs.cancelled()
        theirs.cancel()

    host.run_until_complete(main())
    assert stopped == ["hook"]
    assert not host.is_closed()
    host.close()


def test_a_hosts_loop_marked_as_running_for_ever_is_used(qapp: QApplication) -> None:
    host = qasync.QEventLoop(qapp, already_running=True)
    try:
        assert install(qapp) is host
        seen: list[int] = []

        async def work() -> None:
            seen.append(await answer())
            qapp.quit()

        spawn(work(), name="work")
        qapp.exec()
        assert seen == [42]
        assert running.current_session() is None
    finally:
        asyncio._set_running_loop(None)
        host.stop()
        host.close()


def test_a_hosts_loop_that_is_set_and_will_run_is_used(qapp: QApplication) -> None:
    host = qasync.QEventLoop(qapp)
    asyncio.set_event_loop(host)
    try:
        assert install(qapp) is host
        task = spawn(answer(), name="before it runs")
        assert host.run_until_complete(task) == 42
        uninstall()
    finally:
        asyncio.set_event_loop(None)
        host.close()


def test_a_hosts_loop_made_later_runs_beside_ours(qapp: QApplication) -> None:
    ours = install(qapp)
    host = qasync.QEventLoop(qapp)

    async def hosts() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    async def both() -> list[asyncio.AbstractEventLoop]:
        task = spawn(hosts(), name="ours")
        done = asyncio.get_running_loop().create_future()
        task.add_done_callback(lambda _: done.set_result(None))
        await done
        return [asyncio.get_running_loop(), task.result()]

    assert host.run_until_complete(both()) == [host, ours]
    host.close()


def test_a_plain_loop_of_the_host_is_not_used(qapp: QApplication) -> None:
    """It is over long before the application is."""

    async def main() -> None:
        assert feed_loop() is not asyncio.get_running_loop()

    asyncio.run(main())
    assert isinstance(feed_loop(), FeedEventLoop)


def test_sockets_under_a_hosts_exec(qapp: QApplication) -> None:
    install(qapp)
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
        qapp.quit()

    spawn(main(), name="main")
    qapp.exec()
    assert results == ["ticker", "ok"]


# --- Tasks and hooks -------------------------------------------------------------------------


@pytest.mark.allow_logs("a failing task is what this is about")
def test_a_failing_task_is_logged_once(
    qapp: QApplication, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails() -> None:
        await asyncio.sleep(0)
        raise ValueError("no such thing")

    task = spawn(fails(), name="the failing one")
    task.add_done_callback(lambda _: qapp.quit())
    qapp.exec()
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "the failing one" in record.getMessage()
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], ValueError)
    # Nor does asyncio complain when it dies that nobody asked for its error.
    reference = weakref.ref(task)
    caplog.clear()
    record.exc_info = None
    del task, record
    gc.collect()
    assert reference() is None
    assert caplog.messages == []


def test_a_task_is_kept_until_it_ends(qapp: QApplication) -> None:
    loop = install(qapp)
    waiting = weakref.WeakSet[asyncio.Future[None]]()

    async def waits() -> None:
        future = loop.create_future()
        waiting.add(future)
        loop.call_later(0.005, collect)
        await future

    def collect() -> None:
        # Only the task holds the future, and nothing but us holds the task.
        gc.collect()
        for future in waiting:
            future.set_result(None)
        QTimer.singleShot(0, qapp.quit)

    reference = weakref.ref(spawn(waits(), name="waits"))
    done: list[bool] = []
    qapp.aboutToQuit.connect(lambda: done.append((t := reference()) is None or t.done()))
    qapp.exec()
    qapp.aboutToQuit.disconnect()
    assert done == [True]


def test_hooks_run_last_in_first_out_and_once(qapp: QApplication) -> None:
    order: list[str] = []

    async def slow() -> None:
        await asyncio.sleep(0)
        order.append("slow")

    def slot() -> None:
        install(qapp)
        on_shutdown(lambda: order.append("first"))
        on_shutdown(slow)
        on_shutdown(lambda: order.append("removed"))()
        on_shutdown(lambda: order.append("last"))
        qapp.quit()

    exec_until_quit(qapp, slot)
    assert order == ["last", "slow", "first"]
    exec_until_quit(qapp, qapp.quit)
    assert order == ["last", "slow", "first"]


def test_hooks_may_use_the_loop(qapp: QApplication) -> None:
    """What is being shut down gets no new loop, which nobody would end."""
    loop = install(qapp)
    session = running.current_session()
    sessions: list[running.Session | None] = []
    loops: list[asyncio.AbstractEventLoop] = []
    results: list[int] = []

    async def stops() -> None:
        loops.extend((feed_loop(), install(qapp)))
        sessions.append(running.current_session())
        with entered():
            loops.append(asyncio.get_running_loop())
        results.append(await spawn(answer(), name="while it ends"))

    on_shutdown(stops)
    exec_until_quit(qapp, qapp.quit)
    assert set(loops) == {loop}
    assert sessions == [session]
    assert results == [42]
    assert running.current_session() is None


def test_hooks_run_before_tasks_are_cancelled(qapp: QApplication) -> None:
    order: list[str] = []

    async def works() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            order.append("cancelled")
            raise

    async def stops() -> None:
        await asyncio.sleep(0)
        order.append("hook")

    install(qapp)
    spawn(works(), name="works")
    on_shutdown(stops)
    exec_until_quit(qapp, qapp.quit)
    assert order == ["hook", "cancelled"]


def test_tasks_that_others_make_while_they_end_are_ended_too(qapp: QApplication) -> None:
    ended: list[str] = []

    async def child() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("child")

    async def parent() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            children.append(asyncio.create_task(child()))
            ended.append("parent")

    children: list[asyncio.Task[None]] = []
    spawn(parent(), name="parent")
    exec_until_quit(qapp, lambda: QTimer.singleShot(0, qapp.quit))
    assert ended[0] == "parent"
    assert children[0].cancelled()


def test_tasks_begin_before_they_are_cancelled(qapp: QApplication) -> None:
    """What a task was given to run would else complain that nobody awaited it."""
    began: list[str] = []

    async def inner() -> None:
        began.append("inner")
        await asyncio.Event().wait()

    async def outer(given: Coroutine[object, object, None]) -> None:
        await given

    loop = install(qapp)
    loop.create_task(outer(inner()))
    uninstall()
    gc.collect()
    assert began == ["inner"]


@pytest.mark.allow_logs("a failing hook is what this is about")
def test_a_failing_hook_stops_nothing(qapp: QApplication, caplog: pytest.LogCaptureFixture) -> None:
    order: list[str] = []

    def fails() -> None:
        raise ValueError

    loop = install(qapp)
    on_shutdown(lambda: order.append("first"))
    on_shutdown(fails)
    uninstall()
    assert order == ["first"]
    assert loop.is_closed()
    assert caplog.messages == ["a shutdown hook failed"]


@pytest.mark.allow_logs("a hook and a task that do not end are what this is about")
def test_what_does_not_end_is_left_and_named(
    qapp: QApplication, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_HOOKS_LIMIT_S", 0.05)
    monkeypatch.setattr(running, "_SHUTDOWN_LIMIT_S", 0.1)
    ran: list[str] = []

    async def deaf() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue

    loop = install(qapp)
    spawn(deaf(), name="deaf")
    on_shutdown(lambda: ran.append("after the one that hangs"))
    on_shutdown(asyncio.Event().wait)  # type: ignore[arg-type]
    exec_until_quit(qapp, qapp.quit)
    assert loop.is_closed()
    assert ran == ["after the one that hangs"]
    assert "hook" in caplog.messages[0]
    assert "deaf" in caplog.messages[1]
    running._tasks.clear()
    gc.collect()
    assert len(caplog.messages) == 2


def test_connections_are_broken_and_generators_closed_at_the_end(qapp: QApplication) -> None:
    heard: list[str] = []

    class Peer(asyncio.Protocol):
        def connection_lost(self, _: Exception | None) -> None:
            heard.append("lost")

    async def numbers() -> object:
        try:
            yield 1
        finally:
            heard.append("closed")

    generator = numbers()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Peer, "127.0.0.1", 0)
        await loop.create_connection(Peer, *server.sockets[0].getsockname())
        await asyncio.sleep(0)
        server.close()
        await anext(generator)
        qapp.quit()

    install(qapp)
    spawn(main(), name="main")
    qapp.exec()
    assert sorted(heard) == ["closed", "lost", "lost"]


# --- Slots of the host -----------------------------------------------------------------------

RAISING_SLOT = """
    import sys
    from PyQt6.QtCore import QTimer
    from PyQt6.QtWidgets import QApplication
    from upbit_ws_qt.qt.running import install

    app = QApplication([])
    install(app, guard_slots={guard})
    def slot():
        QTimer.singleShot(0, lambda: (print("went on"), app.quit()))
        raise ValueError("from the host's slot")
    QTimer.singleShot(0, slot)
    app.exec()
    print(sys.excepthook is sys.__excepthook__)
"""


def test_the_hosts_slots_are_left_alone() -> None:
    """Qt ends a process whose slot raises, and that stays the host's business."""
    result = run_program(RAISING_SLOT.format(guard=False))
    assert result.returncode not in (0, 1)
    assert "went on" not in result.stdout
    assert "from the host's slot" in result.stderr


def test_the_hosts_slots_are_guarded_on_demand() -> None:
    result = run_program(RAISING_SLOT.format(guard=True))
    assert result.returncode == 0
    assert result.stdout.split("\n")[:2] == ["went on", "True"]
    assert "a slot or event handler raised" in result.stderr
    assert "from the host's slot" in result.stderr


@pytest.mark.parametrize(
    ("interruption", "code"),
    [(SystemExit(7), 7), (SystemExit(), 0), (SystemExit("why"), 1), (KeyboardInterrupt(), 130)],
)
def test_an_interruption_in_a_task_ends_the_hosts_exec(
    qapp: QApplication, interruption: BaseException, code: int
) -> None:
    async def leaves() -> None:
        raise interruption

    install(qapp)
    spawn(leaves(), name="leaves")
    assert qapp.exec() == code


@pytest.mark.allow_logs("a raising slot is what this is about")
def test_a_guard_respects_other_hooks(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One that was there is called too; one that came later stays."""
    seen: list[object] = []
    monkeypatch.setattr(sys, "excepthook", lambda *args: seen.append(args[1]))
    guard = SlotGuard()
    error = ValueError("from a slot")
    sys.excepthook(ValueError, error, None)
    assert seen == [error]
    assert len(caplog.messages) == 1
    monkeypatch.setattr(sys, "excepthook", print)
    guard.remove()
    assert sys.excepthook is print


@pytest.mark.allow_logs("a shutdown that fails is what this is about")
def test_a_shutdown_that_fails_still_ends(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_: Session, end: float) -> None:
        raise OSError(f"before {end}")

    loop = install(qapp)
    monkeypatch.setattr(Session, "_run_hooks", fails)
    exec_until_quit(qapp, qapp.quit)
    assert loop.is_closed()
    assert caplog.messages == ["the event loop could not be shut down in order"]
