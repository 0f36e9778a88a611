"""The loop itself: order, clocks, threads, nested event loops, sockets, reading on demand."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import os
import random
import selectors
import socket
import sys
import threading
import weakref
from collections.abc import Callable, Iterator

import httpx
import pytest
import websockets.asyncio.client
import websockets.asyncio.server
from PyQt6 import sip
from PyQt6.QtCore import QCoreApplication, QEvent, QEventLoop, QSocketNotifier, QTimer
from PyQt6.QtWidgets import QApplication

from tests.qt.programs import run_program
from upbit_ws_qt.qt.entered import Entered
from upbit_ws_qt.qt.loop import FeedEventLoop

SAFETY_MS = 20_000
"""Ends a nested event loop that would otherwise hang; a test that needs it fails."""

posix_only = pytest.mark.skipif(os.name == "nt", reason="completion ports have no readers")


@pytest.fixture
def loop(qapp: QApplication) -> Iterator[FeedEventLoop]:
    made = FeedEventLoop(qapp)
    yield made
    made.close()


async def until(condition: Callable[[], object]) -> None:
    """Give the loop and Qt one turn after the other until ``condition()`` holds."""
    while not condition():  # noqa: ASYNC110 - turns of the loop are what is tested
        await asyncio.sleep(0)


async def later(loop: FeedEventLoop, delay_s: float) -> None:
    """Wait for a timer of the loop, which comes after all timers that were due before."""
    fired = loop.create_future()
    loop.call_later(delay_s, fired.set_result, None)
    await fired


class Nested:
    """A nested Qt event loop, as a modal dialog runs one."""

    def __init__(self) -> None:
        self._loop = QEventLoop()
        self.left_by_itself = False

    def exec(self) -> None:
        safety = QTimer()
        safety.setSingleShot(True)
        safety.timeout.connect(self._loop.quit)
        safety.start(SAFETY_MS)
        self._loop.exec()

    def quit(self) -> None:
        self.left_by_itself = True
        self._loop.quit()


# --- Order -----------------------------------------------------------------------------------


def test_callbacks_run_in_the_order_of_their_calls(loop: FeedEventLoop) -> None:
    seen: list[int] = []

    async def main() -> None:
        busy = QTimer()  # keeps Qt's own queue full beside ours
        busy.timeout.connect(QCoreApplication.processEvents)
        busy.start(0)
        last = loop.create_future()
        for number in range(2000):
            loop.call_soon(seen.append, number)
            if number % 50 == 0:
                await asyncio.sleep(0)
        loop.call_soon(last.set_result, None)
        await last
        busy.stop()

    loop.run_until_complete(main())
    assert seen == list(range(2000))


def test_callbacks_from_threads_keep_their_order(loop: FeedEventLoop) -> None:
    seen: list[tuple[int, int]] = []
    threads_done = 0

    async def main() -> None:
        done = loop.create_future()

        def finish() -> None:
            nonlocal threads_done
            threads_done += 1
            if threads_done == 4:
                done.set_result(None)

        def work(which: int) -> None:
            for number in range(500):
                loop.call_soon_threadsafe(seen.append, (which, number))
            loop.call_soon_threadsafe(finish)

        threads = [threading.Thread(target=work, args=(which,)) for which in range(4)]
        for thread in threads:
            thread.start()
        await done
        for thread in threads:
            thread.join()

    loop.run_until_complete(main())
    assert len(seen) == 2000
    for which in range(4):
        assert [number for thread, number in seen if thread == which] == list(range(500))


def test_a_thread_wakes_an_idle_loop(loop: FeedEventLoop) -> None:
    async def main() -> threading.Thread:
        called = loop.create_future()
        go = threading.Event()

        def work() -> None:
            go.wait()
            loop.call_soon_threadsafe(called.set_result, threading.current_thread())

        thread = threading.Thread(target=work)
        thread.start()
        # Once nothing of ours is queued and Qt is about to wait.
        QTimer.singleShot(0, go.set)
        await called
        thread.join()
        return called.result()

    assert loop.run_until_complete(main()) is not threading.current_thread()


def test_a_wake_up_after_qt_has_gone_harms_nobody(qapp: QApplication) -> None:
    """What is freed at the interpreter's end may still call; an error there would be an abort."""
    loop = FeedEventLoop(qapp)
    sip.delete(loop._waker)
    loop.call_soon_threadsafe(loop.stop)
    loop.close()


def test_a_turn_runs_only_what_was_there_when_it_began(loop: FeedEventLoop) -> None:
    """A callback that queues itself again for ever leaves Qt its turns."""
    rounds = 0
    served = False

    async def main() -> None:
        def again() -> None:
            nonlocal rounds
            rounds += 1
            assert rounds < 100_000, "Qt is never served"
            if not served:
                loop.call_soon(again)

        def serve() -> None:
            nonlocal served
            served = True

        again()
        QTimer.singleShot(0, serve)
        await until(lambda: served)

    loop.run_until_complete(main())
    assert served


def test_cancelled_callbacks_do_not_run(loop: FeedEventLoop) -> None:
    seen: list[str] = []

    async def main() -> None:
        loop.call_soon(seen.append, "soon").cancel()
        loop.call_later(0, seen.append, "later").cancel()
        loop.call_soon_threadsafe(seen.append, "thread").cancel()
        await later(loop, 0.002)

    loop.run_until_complete(main())
    assert seen == []


def test_context_variables_follow_their_callbacks(loop: FeedEventLoop) -> None:
    market: contextvars.ContextVar[str] = contextvars.ContextVar("market", default="none")
    seen: dict[str, str] = {}

    def note(name: str) -> None:
        seen[name] = market.get()

    async def main() -> None:
        given = contextvars.Context()
        given.run(market.set, "given")
        market.set("soon")
        loop.call_soon(note, "soon")
        market.set("later")
        loop.call_later(0.001, note, "later")
        market.set("thread")
        loop.call_soon_threadsafe(note, "thread")
        loop.call_soon(note, "given", context=given)
        loop.call_at(loop.time(), lambda: note("given at"), context=given)
        market.set("after")
        await later(loop, 0.002)
        note("task")

    loop.run_until_complete(main())
    assert seen == {
        "soon": "soon",
        "later": "later",
        "thread": "thread",
        "given": "given",
        "given at": "given",
        "task": "after",
    }


# --- The clock -------------------------------------------------------------------------------


def test_a_timer_is_never_early(loop: FeedEventLoop) -> None:
    early: list[float] = []
    rng = random.Random(1)  # noqa: S311

    async def main() -> None:
        pending = 400
        done = loop.create_future()

        def fired(when: float) -> None:
            nonlocal pending
            if (late := loop.time() - when) < 0:
                early.append(late)
            pending -= 1
            if not pending:
                done.set_result(None)

        now = loop.time()
        for _ in range(pending):
            when = now + rng.uniform(0, 0.3)
            timer = loop.call_at(when, fired, when)
            assert isinstance(timer, asyncio.TimerHandle)
            assert timer.when() == when
        await done

    loop.run_until_complete(main())
    assert early == []


def test_an_early_clock_is_armed_again(loop: FeedEventLoop) -> None:
    """Qt's timer may fire early; the call waits for its time, and the loop sleeps till then."""
    safety = QTimer()
    safety.setSingleShot(True)

    async def main() -> None:
        ran = loop.create_future()
        safety.timeout.connect(ran.cancel)
        safety.start(SAFETY_MS)
        when = loop.time() + 0.02
        loop.call_at(when, lambda: ran.set_result(loop.time()))
        loop._clock.stop()  # it fires once
        loop._on_clock()
        assert not ran.done()
        assert await ran >= when

    loop.run_until_complete(main())
    safety.stop()


def test_timers_run_in_the_order_of_their_times(loop: FeedEventLoop) -> None:
    seen: list[int] = []

    async def main() -> None:
        now = loop.time()
        for number in (3, 1, 2, 0):
            loop.call_at(now + number / 1000, seen.append, number)
        loop.call_later(-1, seen.append, -1)
        await later(loop, 0.004)

    loop.run_until_complete(main())
    assert seen == [-1, 0, 1, 2, 3]


def test_an_earlier_timer_overtakes_the_armed_one(loop: FeedEventLoop) -> None:
    async def main() -> str:
        first = loop.create_future()
        slow = loop.call_later(3600, first.set_result, "late")
        loop.call_later(0.001, first.set_result, "early")
        result = await first
        slow.cancel()
        return result

    assert loop.run_until_complete(main()) == "early"


def test_far_timers_do_not_overflow_the_clock(loop: FeedEventLoop) -> None:
    timer = loop.call_later(10**9, print)
    assert loop._clock.isActive()
    timer.cancel()


def test_cancelled_timeouts_do_not_pile_up(loop: FeedEventLoop) -> None:
    """A timeout around every message leaves neither calls nor Qt timers behind."""
    most = 0

    async def main() -> None:
        nonlocal most
        for number in range(20_000):
            loop.call_later(60, print).cancel()
            if number % 100 == 0:
                ready = loop.create_future()
                loop.call_soon(ready.set_result, None)
                await asyncio.wait_for(ready, 60)
            most = max(most, len(loop._scheduled))

    loop.run_until_complete(main())
    assert most < 500
    dispatcher = QCoreApplication.eventDispatcher()
    assert dispatcher is not None
    assert len(dispatcher.registeredTimers(loop._clock)) <= 1


def test_timers_survive_a_compaction(loop: FeedEventLoop) -> None:
    seen: list[int] = []

    async def main() -> None:
        for number in range(300):
            timer = loop.call_later(number / 100_000, seen.append, number)
            if number % 3:
                timer.cancel()
        await later(loop, 0.004)

    loop.run_until_complete(main())
    assert seen == list(range(0, 300, 3))
    assert loop._timer_cancelled_count == 0


def test_a_fired_timer_may_be_cancelled(loop: FeedEventLoop) -> None:
    async def main() -> None:
        ran: list[str] = []
        timer = loop.call_later(0, ran.append, "ran")
        await until(lambda: ran)
        timer.cancel()

    loop.run_until_complete(main())
    assert loop._timer_cancelled_count == 0


# --- Errors ----------------------------------------------------------------------------------


@pytest.mark.allow_logs("an exception in a callback is what this is about")
def test_an_exception_goes_to_the_exception_handler(
    loop: FeedEventLoop, caplog: pytest.LogCaptureFixture
) -> None:
    contexts: list[dict[str, object]] = []

    async def main() -> None:
        loop.call_soon(lambda: 1 / 0)
        await until(lambda: caplog.records)
        loop.set_exception_handler(lambda _, context: contexts.append(context))
        loop.call_later(0, lambda: 1 / 0)
        await until(lambda: contexts)

    loop.run_until_complete(main())
    assert [record.name for record in caplog.records] == ["asyncio"]
    assert isinstance(contexts[0]["exception"], ZeroDivisionError)
    assert loop.get_exception_handler() is not None


@pytest.mark.parametrize("interruption", [SystemExit(3), KeyboardInterrupt()])
def test_an_interruption_leaves_the_loop(loop: FeedEventLoop, interruption: BaseException) -> None:
    ran: list[str] = []

    def interrupt() -> None:
        raise interruption

    async def main() -> None:
        loop.call_soon(interrupt)
        loop.call_soon(ran.append, "after")
        await loop.create_future()

    task = loop.create_task(main())
    with pytest.raises(type(interruption)):
        loop.run_until_complete(task)
    assert not loop.is_running()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(task)
    assert ran == ["after"]


@pytest.mark.allow_logs("debug mode reports slow callbacks")
def test_debug_mode_works(loop: FeedEventLoop, caplog: pytest.LogCaptureFixture) -> None:
    loop.set_debug(True)
    loop.slow_callback_duration = 0.0
    outside: list[str] = []

    def misuse() -> None:
        try:
            loop.call_soon(print)
        except RuntimeError as error:
            outside.append(str(error))

    async def main() -> int:
        thread = threading.Thread(target=misuse)
        thread.start()
        thread.join()
        return sys.get_coroutine_origin_tracking_depth()

    assert loop.run_until_complete(main()) > 0
    assert sys.get_coroutine_origin_tracking_depth() == 0
    assert "Non-thread-safe" in outside[0]
    assert any("on the event loop" in message for message in caplog.messages)


# --- Running and closing ---------------------------------------------------------------------


def test_the_running_loop_is_marked_while_it_runs(loop: FeedEventLoop) -> None:
    in_slot: list[asyncio.AbstractEventLoop] = []

    async def main() -> asyncio.AbstractEventLoop:
        QTimer.singleShot(0, lambda: in_slot.append(asyncio.get_running_loop()))
        await until(lambda: in_slot)
        return asyncio.get_running_loop()

    assert loop.run_until_complete(main()) is loop
    assert in_slot == [loop]
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


def test_stop_before_running_runs_what_is_queued(loop: FeedEventLoop) -> None:
    seen: list[str] = []
    loop.call_soon(seen.append, "queued")
    loop.stop()
    loop.run_forever()
    assert seen == ["queued"]


def test_a_second_loop_cannot_run_inside(loop: FeedEventLoop, qapp: QApplication) -> None:
    other = FeedEventLoop(qapp)

    async def main() -> None:
        with pytest.raises(RuntimeError, match="another loop is running"):
            other.run_forever()
        with pytest.raises(RuntimeError, match="already running"):
            loop.run_forever()

    loop.run_until_complete(main())
    other.close()


def test_running_does_not_quit_the_application(loop: FeedEventLoop, qapp: QApplication) -> None:
    quits: list[None] = []
    qapp.aboutToQuit.connect(lambda: quits.append(None))
    loop.run_until_complete(until(lambda: True))
    qapp.aboutToQuit.disconnect()
    assert quits == []


def test_a_closed_loop_refuses_work(qapp: QApplication) -> None:
    loop = FeedEventLoop(qapp)
    loop.call_soon(print)
    loop.close()
    loop.close()
    for call in (loop.call_soon, loop.call_soon_threadsafe):
        with pytest.raises(RuntimeError, match="closed"):
            call(print)
    qapp.processEvents()  # the wake-up that was on its way


def test_a_closed_loop_is_freed(qapp: QApplication) -> None:
    """Nothing of Qt keeps it, nor does it keep anything of Qt."""
    loop = FeedEventLoop(qapp)
    loop.run_until_complete(later(loop, 0.001))
    loop.close()
    kept = [weakref.ref(loop._clock), weakref.ref(loop._waker)]
    reference = weakref.ref(loop)
    del loop
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()
    assert reference() is None
    assert [ref() for ref in kept] == [None, None]


def test_async_generators_are_closed(loop: FeedEventLoop) -> None:
    closed: list[str] = []

    async def numbers() -> object:
        try:
            yield 1
            yield 2
        finally:
            await until(lambda: True)
            closed.append("closed")

    async def main() -> None:
        generator = numbers()
        await anext(generator)
        del generator
        await until(lambda: closed)

    loop.run_until_complete(main())
    assert closed == ["closed"]


def test_the_executor_is_the_one_of_asyncio(loop: FeedEventLoop) -> None:
    async def main() -> str:
        return await asyncio.to_thread(lambda: threading.current_thread().name)

    assert loop.run_until_complete(main()).startswith("asyncio")
    loop.run_until_complete(loop.shutdown_default_executor())


# --- Nested event loops ----------------------------------------------------------------------


def test_other_tasks_go_on_inside_a_nested_exec(loop: FeedEventLoop) -> None:
    nested = Nested()
    steps: list[str] = []

    async def other() -> None:
        for _ in range(3):
            await later(loop, 0.001)
            steps.append("other")
        nested.quit()

    async def opener() -> str:
        me = asyncio.current_task()
        task = asyncio.create_task(other())
        nested.exec()
        steps.append("opener")
        assert asyncio.current_task() is me
        await task
        return "done"

    assert loop.run_until_complete(opener()) == "done"
    assert nested.left_by_itself
    assert steps == ["other", "other", "other", "opener"]


def test_the_rest_of_a_turn_runs_inside_a_nested_exec(loop: FeedEventLoop) -> None:
    nested = Nested()
    seen: list[str] = []

    def opener() -> None:
        seen.append("opener")
        nested.exec()
        seen.append("opener ends")

    async def main() -> None:
        loop.call_soon(opener)
        loop.call_soon(seen.append, "rest")
        loop.call_soon(lambda: loop.call_soon(seen.append, "new"))
        loop.call_soon(loop.call_later, 0.002, nested.quit)
        loop.call_soon(seen.append, "last")
        await until(lambda: "opener ends" in seen)

    loop.run_until_complete(main())
    assert nested.left_by_itself
    assert seen == ["opener", "rest", "last", "new", "opener ends"]


def test_nested_execs_in_two_tasks(loop: FeedEventLoop) -> None:
    first, second = Nested(), Nested()
    order: list[str] = []

    async def opener(nested: Nested, name: str) -> None:
        nested.exec()
        order.append(name)

    async def main() -> None:
        tasks = [
            asyncio.create_task(opener(first, "first")),
            asyncio.create_task(opener(second, "second")),
        ]
        loop.call_later(0.005, second.quit)
        loop.call_later(0.010, first.quit)
        await asyncio.gather(*tasks)

    loop.run_until_complete(main())
    assert first.left_by_itself
    assert second.left_by_itself
    assert order == ["second", "first"]


@posix_only
def test_a_read_callback_is_not_entered_again(loop: FeedEventLoop) -> None:
    """A receiver that opens a dialog is not called inside it, and gets the rest afterwards."""
    ours, theirs = socket.socketpair()
    nested = Nested()
    depth = deepest = 0
    received: list[bytes] = []

    async def main() -> None:
        done = loop.create_future()

        def readable() -> None:
            nonlocal depth, deepest
            depth += 1
            deepest = max(deepest, depth)
            received.append(ours.recv(1))
            if received == [b"a"]:
                theirs.send(b"bc")
                loop.call_later(0.01, nested.quit)
                nested.exec()
            if len(received) == 3:
                done.set_result(None)
            depth -= 1

        loop.add_reader(ours, readable)
        theirs.send(b"a")
        await done
        loop.remove_reader(ours)

    loop.run_until_complete(main())
    ours.close()
    theirs.close()
    assert nested.left_by_itself
    assert deepest == 1
    assert received == [b"a", b"b", b"c"]


def test_entered_sets_another_running_loop_aside(loop: FeedEventLoop) -> None:
    """A Qt slot that comes while the host's own ``asyncio.run`` serves Qt."""

    async def hosts() -> None:
        here = asyncio.get_running_loop()
        task = asyncio.current_task()
        hooks = sys.get_asyncgen_hooks()
        with Entered(loop):
            assert asyncio.get_running_loop() is loop
            assert asyncio.current_task() is None
            assert sys.get_asyncgen_hooks() != hooks
        assert asyncio.get_running_loop() is here
        assert asyncio.current_task() is task
        assert sys.get_asyncgen_hooks() == hooks

    asyncio.run(hosts())


# --- Sockets ---------------------------------------------------------------------------------


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


def test_streams(loop: FeedEventLoop) -> None:
    payload = random.Random(2).randbytes(3_000_000)  # noqa: S311

    async def main() -> bytes:
        async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            sending = asyncio.ensure_future(loop.run_in_executor(None, lambda: payload))
            writer.write(await sending)
            writer.write_eof()
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
        return answer

    assert loop.run_until_complete(main()) == payload


def test_websockets_and_http(loop: FeedEventLoop) -> None:
    async def answer(connection: websockets.asyncio.server.ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    async def serve_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()

    async def main() -> tuple[str | bytes, str]:
        async with websockets.asyncio.server.serve(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            url = f"ws://127.0.0.1:{port}"
            async with websockets.asyncio.client.connect(url, proxy=None) as connection:
                await connection.send("ticker")
                frame = await connection.recv()
        async with await asyncio.start_server(serve_http, "127.0.0.1", 0) as http:
            port = http.sockets[0].getsockname()[1]
            async with httpx.AsyncClient(trust_env=False) as client:
                response = await client.get(f"http://127.0.0.1:{port}/")
        return frame, response.text

    assert loop.run_until_complete(main()) == ("ticker", "ok")


@posix_only
def test_a_notifier_is_kept_over_pauses(loop: FeedEventLoop) -> None:
    async def main() -> None:
        async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            fd = writer.get_extra_info("socket").fileno()
            notifier = loop._readers._watches[fd].notifier
            for number in range(50):
                writer.transport.pause_reading()
                assert not notifier.isEnabled()
                writer.transport.resume_reading()
                writer.write(b"%d\n" % number)
                assert await reader.readline() == b"%d\n" % number
            assert loop._readers._watches[fd].notifier is notifier
            writer.close()
            await writer.wait_closed()
            assert not notifier.isEnabled()

    loop.run_until_complete(main())


@posix_only
def test_closed_files_can_be_removed(loop: FeedEventLoop) -> None:
    ours, theirs = socket.socketpair()
    loop.add_reader(ours, print)
    loop.add_writer(ours, print)
    ours.close()
    theirs.close()
    assert loop.remove_reader(ours)
    assert loop.remove_writer(ours)
    assert not loop.remove_reader(ours)


@posix_only
def test_a_replaced_reader_is_cancelled(loop: FeedEventLoop) -> None:
    ours, theirs = socket.socketpair()
    seen: list[str] = []

    async def main() -> None:
        done = loop.create_future()

        def second() -> None:
            seen.append("second")
            loop.remove_reader(ours)
            done.set_result(None)

        loop.add_reader(ours, seen.append, "first")
        loop.add_reader(ours.fileno(), second)
        theirs.send(b"x")
        await done

    loop.run_until_complete(main())
    ours.close()
    theirs.close()
    assert seen == ["second"]


@posix_only
def test_signal_handlers_of_asyncio_work(loop: FeedEventLoop) -> None:
    import signal

    async def main() -> str:
        heard = loop.create_future()
        loop.add_signal_handler(signal.SIGUSR1, heard.set_result, "heard")
        # From a thread: the wake-up must come through the descriptor, Qt being idle.
        threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGUSR1)).start()
        try:
            return await heard
        finally:
            loop.remove_signal_handler(signal.SIGUSR1)

    assert loop.run_until_complete(main()) == "heard"


@posix_only
def test_one_bad_event_does_not_lose_the_others(loop: FeedEventLoop) -> None:
    """What a system reports comes in lists (completion ports do; here asyncio's own kind)."""
    contexts: list[dict[str, object]] = []
    loop.set_exception_handler(lambda _, context: contexts.append(context))
    called: list[str] = []
    handle = asyncio.Handle(called.append, ("good",), loop)
    good = selectors.SelectorKey(0, 0, selectors.EVENT_READ, (handle, None))
    loop._process_events([None, (good, selectors.EVENT_READ)])
    loop.run_until_complete(until(lambda: called))
    assert isinstance(contexts[0]["exception"], TypeError)
    closed = FeedEventLoop()
    closed.close()
    closed._process_events([None])


@posix_only
def test_an_interruption_in_a_reader_leaves_the_loop(loop: FeedEventLoop) -> None:
    ours, theirs = socket.socketpair()

    def readable() -> None:
        loop.remove_reader(ours)
        raise SystemExit(4)

    loop.add_reader(ours, readable)
    theirs.send(b"x")
    with pytest.raises(SystemExit):
        loop.run_forever()
    ours.close()
    theirs.close()


@posix_only
def test_subprocesses_work(loop: FeedEventLoop) -> None:
    async def main() -> bytes:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "print(21 * 2)", stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
        return output

    assert loop.run_until_complete(main()).strip() == b"42"


# --- Reading on demand -----------------------------------------------------------------------


class Receiver(asyncio.Protocol):
    """Keeps what it gets."""

    def __init__(self) -> None:
        self.data = b""
        self.lost = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        self.data += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set_result(exc)


async def connected(
    loop: FeedEventLoop,
) -> tuple[asyncio.Transport, Receiver, socket.socket, int]:
    ours, theirs = socket.socketpair()
    transport, receiver = await loop.create_connection(Receiver, sock=ours)
    await until(transport.is_reading)
    return transport, receiver, theirs, ours.fileno()


def numbered(fd: int) -> tuple[socket.socket, socket.socket]:
    """A new pair of sockets, the first of which has the number ``fd``, free before."""
    first, second = socket.socketpair()
    if second.fileno() == fd:
        first, second = second, first
    elif first.fileno() != fd:
        number = first.detach()
        os.dup2(number, fd)
        os.close(number)
        first = socket.socket(fileno=fd)
    return first, second


def let_qt_read() -> None:
    """Serve every notifier that is on and has something to read."""
    for _ in range(3):
        QCoreApplication.processEvents()


@posix_only
def test_a_held_reader_reads_on_demand(loop: FeedEventLoop) -> None:
    async def main() -> None:
        transport, receiver, theirs, fd = await connected(loop)
        assert loop.hold_reader(fd)
        theirs.send(b"held")
        let_qt_read()
        assert receiver.data == b""
        assert loop.read_held(fd)
        assert receiver.data == b"held"
        assert loop.read_held(fd), "harmless with nothing to read"
        theirs.send(b" and released")
        loop.release_reader(fd)
        loop.release_reader(fd)
        assert not loop.read_held(fd)
        await until(lambda: receiver.data == b"held and released")
        transport.close()
        theirs.close()
        await receiver.lost

    loop.run_until_complete(main())


@posix_only
def test_a_held_reader_hears_of_the_end(loop: FeedEventLoop) -> None:
    async def main() -> None:
        _, receiver, theirs, fd = await connected(loop)
        loop.hold_reader(fd)
        theirs.send(b"last words")
        theirs.close()
        loop.read_held(fd)
        loop.read_held(fd)
        assert receiver.data == b"last words"
        assert await receiver.lost is None
        assert not loop.read_held(fd)

    loop.run_until_complete(main())


@posix_only
def test_held_survives_a_pause_but_not_its_owner(loop: FeedEventLoop) -> None:
    async def main() -> None:
        transport, receiver, theirs, fd = await connected(loop)
        loop.hold_reader(fd)
        transport.pause_reading()
        assert not loop.read_held(fd)
        assert not loop.hold_reader(fd)
        transport.resume_reading()
        theirs.send(b"x")
        let_qt_read()
        assert receiver.data == b""
        assert loop.read_held(fd)
        assert receiver.data == b"x"
        # The number goes to a stranger without anybody having released it.
        transport.abort()
        await receiver.lost
        other, peer = numbered(fd)
        other_transport, other_receiver = await loop.create_connection(Receiver, sock=other)
        peer.send(b"read by itself")
        await until(lambda: other_receiver.data)
        assert not loop.read_held(fd)
        other_transport.close()
        await other_receiver.lost
        peer.close()
        theirs.close()

    loop.run_until_complete(main())


@posix_only
def test_a_held_read_may_open_a_dialog(loop: FeedEventLoop) -> None:
    """The tick inside a nested ``exec()`` does not enter the read that opened it."""
    entered_again: list[bool] = []

    async def main() -> None:
        transport, receiver, theirs, fd = await connected(loop)
        nested = Nested()

        class Opening(asyncio.Protocol):
            def data_received(self, data: bytes) -> None:
                theirs.send(b"more")
                loop.call_later(0.002, lambda: entered_again.append(loop.read_held(fd)))
                loop.call_later(0.004, nested.quit)
                nested.exec()
                receiver.data += data
                transport.set_protocol(receiver)

        loop.hold_reader(fd)
        transport.set_protocol(Opening())
        theirs.send(b"first ")
        assert loop.read_held(fd)
        assert nested.left_by_itself
        loop.read_held(fd)
        assert receiver.data == b"first more"
        transport.close()
        theirs.close()
        await receiver.lost

    loop.run_until_complete(main())
    assert entered_again == [False]


def test_what_is_not_read_cannot_be_held(loop: FeedEventLoop) -> None:
    unused = socket.socket()
    assert not loop.hold_reader(unused.fileno())
    assert not loop.read_held(unused.fileno())
    loop.release_reader(unused.fileno())
    unused.close()


# --- Names -----------------------------------------------------------------------------------


def test_names_are_looked_up_in_daemon_threads(
    loop: FeedEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []
    look_up = socket.getaddrinfo

    def recording(*args: object, **options: object) -> object:
        threads.append(threading.current_thread())
        return look_up(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", recording)

    async def main() -> None:
        found = await loop.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)
        assert found[0][4] == ("127.0.0.1", 80)
        assert await loop.getnameinfo(("127.0.0.1", 80), socket.NI_NUMERICHOST) is not None
        with pytest.raises(socket.gaierror):
            await loop.getaddrinfo("", None, family=99)

    loop.run_until_complete(main())
    assert all(thread.daemon for thread in threads)
    assert threads


@pytest.mark.parametrize("closed", [True, False])
def test_a_blocked_look_up_can_be_cancelled(
    loop: FeedEventLoop, monkeypatch: pytest.MonkeyPatch, closed: bool
) -> None:
    """It delays neither others nor the closing; its late answer is dropped."""
    blocked, go_on = threading.Event(), threading.Event()

    def blocking(host: str, *_: object) -> list[object]:
        if host == "blocked":
            blocked.set()
            go_on.wait()
            raise socket.gaierror
        return []

    monkeypatch.setattr(socket, "getaddrinfo", blocking)
    before = set(threading.enumerate())

    async def main() -> None:
        task = asyncio.ensure_future(loop.getaddrinfo("blocked", 80))
        await until(blocked.is_set)
        assert await loop.getaddrinfo("other", 80) == []
        second = asyncio.ensure_future(loop.getaddrinfo("blocked", 80))
        await until(lambda: len(set(threading.enumerate()) - before) == 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        if not closed:
            go_on.set()
            with pytest.raises(socket.gaierror):
                await second
        second.cancel()

    loop.run_until_complete(main())
    if closed:
        loop.run_until_complete(until(lambda: True))
        loop.close()
        go_on.set()
    for thread in set(threading.enumerate()) - before:
        thread.join()


# --- Importing qasync ------------------------------------------------------------------------


@pytest.mark.parametrize("chosen", ["pyside6", "nonsense", None])
def test_other_qt_bindings_do_not_confuse_qasync(chosen: str | None) -> None:
    result = run_program(
        """
        import os, sys, types
        before = os.environ.get("QT_API")
        for name in ("PyQt5", "PySide6"):
            sys.modules[name] = types.ModuleType(name)
        import upbit_ws_qt.qt.loop, qasync
        assert qasync.QtModuleName == "PyQt6", qasync.QtModuleName
        assert os.environ.get("QT_API") == before
        assert isinstance(sys.modules["PyQt5"], types.ModuleType)
        """,
        QT_API=chosen,
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_qasync_of_another_binding_is_refused() -> None:
    result = run_program(
        """
        import sys, types
        qasync = sys.modules["qasync"] = types.ModuleType("qasync")
        qasync.QtModuleName = "PySide6"
        from upbit_ws_qt.errors import InvalidState
        try:
            import upbit_ws_qt.qt.loop
        except InvalidState as error:
            print(error)
        """
    )
    assert "qasync must work with PyQt6" in result.stdout


def test_the_system_gives_precise_notifiers(loop: FeedEventLoop) -> None:
    """The self-pipe of asyncio is watched by one of ours."""
    if os.name == "nt":
        pytest.skip("completion ports have no self-pipe of this kind")
    (watch,) = loop._readers._watches.values()
    assert watch.notifier.type() is QSocketNotifier.Type.Read
    assert watch.notifier.isEnabled()
