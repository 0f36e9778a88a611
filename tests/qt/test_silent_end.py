"""How a process ends: tasks pending, nobody stopped anything, a name that is never found."""

from __future__ import annotations

import pytest

from tests.qt.programs import run_program

PENDING = """
    import asyncio, sys
    from PyQt6.QtCore import QTimer
    from PyQt6.QtWidgets import QApplication
    from upbit_ws_qt.qt.program import run
    from upbit_ws_qt.qt.running import feed_loop, install, spawn

    tasks = []

    async def waits():
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)

    async def reads():
        reader, _ = await asyncio.open_connection(sock=ours)
        await reader.read()

    import socket
    ours, theirs = socket.socketpair()

    def leave_pending():
        tasks.append(spawn(waits(), name="waits"))
        tasks.append(spawn(reads(), name="reads"))
        tasks.append(feed_loop().create_task(waits(), name="of the host"))
        tasks.append(feed_loop().call_later(3600, print, "late"))
"""

ENDS = {
    "app.exec() quits": """
        app = QApplication([])
        install(app)
        leave_pending()
        QTimer.singleShot(20, app.quit)
        sys.exit(app.exec())
    """,
    "a slot leaves": """
        app = QApplication([])
        install(app)
        leave_pending()
        def slot():
            sys.exit(0)
        QTimer.singleShot(20, slot)
        app.exec()
    """,
    "app.exec() never ran": """
        app = QApplication([])
        install(app)
        leave_pending()
    """,
    "app.exec() never quit": """
        app = QApplication([])
        install(app)
        leave_pending()
        for _ in range(10):
            app.processEvents()
    """,
    "the application is gone first": """
        app = QApplication([])
        install(app)
        leave_pending()
        app.processEvents()
        del app
    """,
    "run() returns": """
        async def main():
            leave_pending()
            await asyncio.sleep(0)
        sys.exit(run(main))
    """,
    "main leaves": """
        async def main():
            leave_pending()
            await asyncio.sleep(0)
            sys.exit(0)
        run(main)
    """,
    "after run() something is left again": """
        async def main():
            leave_pending()
        run(main)
        install(QApplication.instance())
        tasks.append(spawn(waits(), name="waits"))
    """,
}


@pytest.mark.parametrize("end", ENDS)
def test_a_process_with_pending_tasks_ends_silently(end: str) -> None:
    import textwrap

    result = run_program(textwrap.dedent(PENDING) + textwrap.dedent(ENDS[end]))
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


BLOCKED = """
    import asyncio, socket, sys, threading
    from PyQt6.QtCore import QTimer
    from PyQt6.QtWidgets import QApplication
    from upbit_ws_qt.qt.program import run
    from upbit_ws_qt.qt.running import install, spawn

    looking_up = threading.Event()

    def never(*args, **options):
        looking_up.set()
        threading.Event().wait()

    socket.getaddrinfo = socket.getnameinfo = never

    async def dial():
        await asyncio.open_connection("exchange.invalid", 443)

    async def until_blocked():
        while not looking_up.is_set():
            await asyncio.sleep(0)
"""


@pytest.mark.parametrize("with_run", [True, False])
def test_a_blocked_look_up_does_not_hold_up_the_end(with_run: bool) -> None:
    """The event it waits for is never set: joined anywhere, it would hang for ever."""
    import textwrap

    under_run = """
        async def main():
            spawn(dial(), name="dial")
            await until_blocked()
            return 4
        sys.exit(run(main))
    """
    under_exec = """
        app = QApplication([])
        install(app)
        spawn(dial(), name="dial")
        async def quits():
            await until_blocked()
            app.exit(4)
        spawn(quits(), name="quits")
        sys.exit(app.exec())
    """
    program = textwrap.dedent(BLOCKED) + textwrap.dedent(under_run if with_run else under_exec)
    result = run_program(program)
    assert (result.returncode, result.stdout, result.stderr) == (4, "", "")


def test_a_blocked_job_of_the_executor_does_not_hold_up_the_loop() -> None:
    """The loop closes; Python itself then waits for the job, as it does for any of its pools."""
    result = run_program(
        """
        import asyncio, threading
        from upbit_ws_qt.qt.program import run

        began, go_on = threading.Event(), threading.Event()

        def job():
            began.set()
            go_on.wait()

        async def main():
            asyncio.get_running_loop().run_in_executor(None, job)
            while not began.is_set():
                await asyncio.sleep(0)

        print(run(main))
        go_on.set()
        """
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "0\n", "")
