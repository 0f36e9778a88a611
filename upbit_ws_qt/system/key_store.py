"""The system's key store: asked in a daemon thread, its failures in words. asyncio, no Qt.

A question runs where it may block for minutes, while the system asks its user. What it fails with
is handed over as a value that is made here: the error of a key store has the frames that failed,
and with them the key.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol, TypeVar

from upbit_ws_qt.errors import KeyStoreFailed

from .daemon_thread import in_daemon_thread

__all__ = ["SERVICE", "KeyStore", "ask"]

logger = logging.getLogger(__name__)

#: The name under which the key store shows what is ours.
SERVICE = "upbit-ws-qt"

_T = TypeVar("_T")


class KeyStore(Protocol):
    """What is used of the package keyring; an entry is found by service and name."""

    def get_password(self, service: str, name: str, /) -> str | None: ...
    def set_password(self, service: str, name: str, text: str, /) -> None: ...
    def delete_password(self, service: str, name: str, /) -> None: ...


async def ask(question: Callable[[KeyStore], _T | KeyStoreFailed]) -> _T:
    """Ask and wait for the answer; a cancelled wait ends at once, the question may go on.

    Raises:
        KeyStoreFailed: there is no key store, it refuses, or the answer is this.
    """
    loop = asyncio.get_running_loop()
    answer = await in_daemon_thread(loop, lambda: _answer(question), name="key store")
    if isinstance(answer, KeyStoreFailed):
        raise answer
    return answer


def _answer(question: Callable[[KeyStore], _T]) -> _T | KeyStoreFailed:
    try:
        # Only here: it looks for every key store there may be.
        import keyring
    except ImportError:
        return KeyStoreFailed(
            "the key store is reached through the package keyring, which is not installed; "
            "install it with: pip install 'upbit-ws-qt[keyring]'"
        )
    try:
        return question(keyring)
    except Exception as error:  # noqa: BLE001 - each key store has errors of its own
        logger.info("the key store failed with %s", type(error).__name__)
        return KeyStoreFailed(_words(error))


def _words(error: Exception) -> str:
    """What to do; never the error's own text, which may quote what was to be stored."""
    from keyring.errors import InitError, KeyringLocked, NoKeyringError, PasswordDeleteError

    match error:
        case NoKeyringError():
            return (
                "this system has no key store that can be used; set UPBIT_ACCESS_KEY and "
                "UPBIT_SECRET_KEY instead, or start one, such as GNOME Keyring or KWallet"
            )
        case KeyringLocked() | InitError():
            return "the key store is locked or denied access; unlock it, allow this, and try again"
        case PasswordDeleteError():
            return "the key store did not delete the key; delete it in the system's own program"
        case _:
            return (
                f"the key store failed ({type(error).__name__}); look at it in the system's own "
                "program for passwords, and try again"
            )
