"""The key in the system's key store: never on the GUI thread, never shown, whatever goes wrong."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import keyring
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import pytest
from keyring.backend import KeyringBackend

from tests.feed import Feed
from upbit_ws_qt.errors import InvalidState, KeyStoreFailed
from upbit_ws_qt.system import key_store
from upbit_ws_qt.system.credentials import Credentials
from upbit_ws_qt.system.daemon_thread import in_daemon_thread
from upbit_ws_qt.system.key_store import SERVICE

ACCESS = "ACCESS-p7Fq"
SECRET = "SECRET-9xKz"


class MemoryKeyring(KeyringBackend):
    """A key store of its own kind, in memory."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}
        self.threads: list[threading.Thread] = []
        #: What each question runs into.
        self.trouble: Callable[[], None] = lambda: None

    def _asked(self) -> None:
        self.threads.append(threading.current_thread())
        self.trouble()

    def get_password(self, service: str, username: str) -> str | None:
        self._asked()
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._asked()
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._asked()
        del self.entries[service, username]


@pytest.fixture
def memory() -> Iterator[MemoryKeyring]:
    former = keyring.get_keyring()
    memory = MemoryKeyring()
    keyring.set_keyring(memory)
    yield memory
    keyring.set_keyring(former)


def credentials() -> Credentials:
    return Credentials(ACCESS, SECRET)


ASKING: dict[str, Callable[[], Coroutine[None, None, object]]] = {
    "read": Credentials.from_keyring,
    "write": lambda: credentials().to_keyring(),
    "delete": Credentials.delete_from_keyring,
}


@pytest.fixture(params=ASKING)
def ask(request: pytest.FixtureRequest) -> Callable[[], Coroutine[None, None, object]]:
    return ASKING[request.param]


def test_a_key_comes_back_as_it_was_put_and_can_be_deleted(memory: MemoryKeyring) -> None:
    async def main() -> None:
        assert await Credentials.from_keyring() is None
        await credentials().to_keyring()
        found = await Credentials.from_keyring()
        assert found is not None
        assert (found.access_key, found.secret_key) == (ACCESS, SECRET)
        assert await Credentials.delete_from_keyring()
        assert await Credentials.from_keyring() is None
        assert not await Credentials.delete_from_keyring()
        assert memory.entries == {}

    asyncio.run(main())


def test_each_profile_has_a_key_of_its_own(memory: MemoryKeyring) -> None:
    async def main() -> None:
        await credentials().to_keyring()
        await Credentials("other", "one").to_keyring("second account")
        await Credentials("newer", "one").to_keyring("second account")
        first, second = (
            await Credentials.from_keyring(),
            await Credentials.from_keyring("second account"),
        )
        assert first is not None
        assert second is not None
        assert (first.access_key, second.access_key) == (ACCESS, "newer")
        assert await Credentials.delete_from_keyring("second account")
        assert await Credentials.from_keyring() is not None
        assert set(memory.entries) == {(SERVICE, "default")}

    asyncio.run(main())


def test_a_question_that_waits_for_its_user_holds_up_nobody(
    feed: Feed, memory: MemoryKeyring, ask: Callable[[], Coroutine[None, None, object]]
) -> None:
    """The system shows a dialog and may wait for minutes; Qt goes on, the answer comes."""
    asked, answered = threading.Event(), threading.Event()

    def dialog() -> None:
        asked.set()
        answered.wait()

    memory.trouble = dialog
    done: list[object] = []

    async def main() -> None:
        done.append(await ask())

    async def program() -> None:
        waiting = asyncio.ensure_future(main())
        # Qt's loop runs all of this while the question is open.
        await asyncio.get_running_loop().run_in_executor(None, asked.wait)
        assert not done
        answered.set()
        await waiting

    feed(program())
    assert len(done) == 1
    assert threading.main_thread() not in memory.threads
    assert all(thread.daemon for thread in memory.threads), "it does not hold up the end either"


def test_a_wait_is_given_up_without_an_answer(memory: MemoryKeyring) -> None:
    asked, answered, over = threading.Event(), threading.Event(), threading.Event()

    def dialog() -> None:
        asked.set()
        answered.wait()
        over.set()

    memory.trouble = dialog

    async def main() -> None:
        waiting = asyncio.ensure_future(Credentials.from_keyring())
        await asyncio.to_thread(asked.wait)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(main())
    assert not over.is_set()
    answered.set()
    assert over.wait(20)


PROGRAM = """
import asyncio, threading
import keyring
from keyring.backend import KeyringBackend
from upbit_ws_qt import Credentials, run

asked = threading.Event()

class Dialog(KeyringBackend):
    priority = 1

    def get_password(self, service, username):
        asked.set()
        threading.Event().wait()

    set_password = delete_password = get_password

keyring.set_keyring(Dialog())

async def main():
    waiting = asyncio.ensure_future(Credentials.from_keyring())
    while not asked.is_set():
        await asyncio.sleep(0.01)
    print("asked")
    return 3

raise SystemExit(run(main))
"""


def test_a_program_ends_while_its_user_is_asked() -> None:
    """The question stays open for ever; nobody joins its thread."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "asked\n", "")


def test_the_key_that_is_stored_is_the_one_of_the_call(
    memory: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forgotten here before the question is asked, it is stored all the same."""
    key = credentials()

    def forgetting(*args: Any, **options: Any) -> asyncio.Future[Any]:
        key.delete()
        return in_daemon_thread(*args, **options)

    async def main() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(key_store, "in_daemon_thread", forgetting)
            await key.to_keyring()
        found = await Credentials.from_keyring()
        assert found is not None
        assert found.secret_key == SECRET
        with pytest.raises(InvalidState, match="deleted"):
            await key.to_keyring()

    asyncio.run(main())


# -- what goes wrong -------------------------------------------------------------------------------


def failure_of(asking: Coroutine[None, None, object]) -> KeyStoreFailed:
    async def main() -> KeyStoreFailed:
        with pytest.raises(KeyStoreFailed) as caught:
            await asking
        return caught.value

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (keyring.errors.NoKeyringError(SECRET), "has no key store .* UPBIT_ACCESS_KEY"),
        (keyring.errors.KeyringLocked(SECRET), "locked .* unlock it"),
        (keyring.errors.InitError(SECRET), "locked .* unlock it"),
        (keyring.errors.PasswordSetError(SECRET), r"failed \(PasswordSetError\)"),
        (keyring.errors.PasswordDeleteError(SECRET), "did not delete the key"),
        (keyring.errors.KeyringError(SECRET), r"failed \(KeyringError\)"),
        (OSError(5, SECRET), r"failed \(OSError\)"),
        (ValueError(SECRET), r"failed \(ValueError\)"),
    ],
)
def test_what_fails_says_what_to_do_and_nothing_of_the_key(
    memory: MemoryKeyring,
    caplog: pytest.LogCaptureFixture,
    ask: Callable[[], Coroutine[None, None, object]],
    error: Exception,
    words: str,
) -> None:
    def fail() -> None:
        raise error

    memory.trouble = fail
    caplog.set_level(logging.DEBUG)
    failed = failure_of(ask())
    assert re.search(words, str(failed))
    assert failed.__cause__ is None
    assert failed.__context__ is None
    told = traceback.TracebackException.from_exception(failed, capture_locals=True)
    text = "".join(told.format()) + caplog.text
    assert SECRET not in text
    assert ACCESS not in text
    assert type(error).__name__ in caplog.text, "for who looks for the cause"


def test_a_system_without_a_key_store_says_so(
    memory: MemoryKeyring, ask: Callable[[], Coroutine[None, None, object]]
) -> None:
    keyring.set_keyring(keyring.backends.fail.Keyring())
    assert "no key store that can be used" in str(failure_of(ask()))


def test_a_key_store_that_keeps_nothing_is_noticed(memory: MemoryKeyring) -> None:
    keyring.set_keyring(keyring.backends.null.Keyring())
    assert "did not keep the key" in str(failure_of(credentials().to_keyring()))


def test_without_the_package_it_is_named(
    monkeypatch: pytest.MonkeyPatch, ask: Callable[[], Coroutine[None, None, object]]
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert "pip install 'upbit-ws-qt[keyring]'" in str(failure_of(ask()))


@pytest.mark.parametrize(
    "entry",
    [
        SECRET,
        "",
        "null",
        f'"{SECRET}"',
        f'["{ACCESS}", "{SECRET}"]',
        json.dumps({"secret_key": SECRET}),
        json.dumps({"access_key": ACCESS, "secret_key": ""}),
        json.dumps({"access_key": ACCESS, "secret_key": None}),
        json.dumps({"access_key": ACCESS, "secret_key": [SECRET]}),
    ],
)
def test_an_entry_of_somebody_else_is_told_without_being_shown(
    memory: MemoryKeyring, entry: str
) -> None:
    memory.entries[SERVICE, "default"] = entry
    failed = failure_of(Credentials.from_keyring())
    assert "not a key of ours" in str(failed)
    told = traceback.TracebackException.from_exception(failed, capture_locals=True)
    assert SECRET not in "".join(told.format())
    assert asyncio.run(Credentials.delete_from_keyring()), "it can be deleted all the same"
