"""Hears the end of every component, however it dies, and keeps no component alive. Qt.

Tried in PyQt6 6.11, two ways of listening together catch every death, and either alone misses some:
a weak reference misses a C++ half deleted under a kept wrapper; the object's own ``destroyed``
misses a cycle the object is part of. Both may run in any thread, inside the collector, in any
order, twice. So both only put a token into a mailbox; the rest happens later, in the GUI thread.
"""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import gc
import inspect
import logging
import os
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from PyQt6 import sip
from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal

from upbit_ws_qt.errors import DuplicateClient

__all__ = [
    "ComponentLifecycleManager",
    "LifecycleStatistics",
    "is_gone",
    "weakly",
    "where_called",
]

logger = logging.getLogger(__name__)

#: How often the registry is compared with what is alive.
AUDIT_INTERVAL_MS = 60_000

_P = ParamSpec("_P")
_R = TypeVar("_R")

_PACKAGES = ("upbit_ws_qt.", "upbit_ws_qt_widgets.")


def is_gone(component: QObject | None) -> bool:
    """Whether an object is dead, or its C++ half is."""
    return component is None or sip.isdeleted(component)


def weakly(method: Callable[_P, _R]) -> Callable[_P, _R | None]:
    """Call a bound method without keeping its object; does nothing once that is gone.

    A part that kept its owner would be a cycle through a QObject, which only the collector frees.
    """
    reference = weakref.WeakMethod(method)

    def call(*args: _P.args, **kwargs: _P.kwargs) -> _R | None:
        living = reference()
        owner = getattr(living, "__self__", None)
        if living is None or (isinstance(owner, QObject) and is_gone(owner)):
            return None
        return living(*args, **kwargs)

    return call


def where_called() -> str:
    """The file name and line of the nearest caller outside these packages."""
    frame = inspect.currentframe()
    while frame is not None and f"{frame.f_globals.get('__name__')}.".startswith(_PACKAGES):
        frame = frame.f_back
    if frame is None:
        return "an unknown place"
    # Not by pathlib, which interns what it takes apart: ten thousand proxies would grow that table.
    name = os.path.basename(frame.f_code.co_filename)  # noqa: PTH119
    return f"{name}, line {frame.f_lineno}"


class _Waker(QObject):
    woken = pyqtSignal()


# State: the tokens not handled yet, and whether the wake-up for them is on its way.
class _Mailbox:
    """Takes tokens in any thread; knows no component and no registry."""

    def __init__(self) -> None:
        self.tokens: deque[int] = deque()
        self.waker = _Waker()
        self._posted = False

    def put(self, token: int) -> None:
        self.tokens.append(token)
        if not self._posted and not sip.isdeleted(self.waker):
            self._posted = True
            self.waker.woken.emit()

    def take(self) -> list[int]:
        self._posted = False
        taken: list[int] = []
        while self.tokens:
            taken.append(self.tokens.popleft())
        return taken


class _Release:
    """Connected to a component's own ``destroyed``; knows only a token."""

    __slots__ = ("__weakref__", "_mailbox", "_token")

    def __init__(self, mailbox: _Mailbox, token: int) -> None:
        self._mailbox = mailbox
        self._token = token

    def fire(self) -> None:
        self._mailbox.put(self._token)


class _Entry:
    __slots__ = ("client_id", "made_at", "reference", "release")

    def __init__(
        self, client_id: str, made_at: str, reference: weakref.ref[QObject], release: _Release
    ) -> None:
        self.client_id = client_id
        self.made_at = made_at
        self.reference = reference
        self.release = release


@dataclass(frozen=True, slots=True)
class LifecycleStatistics:
    """Components: made so far, in the registry now, and dead ones that only the audit found."""

    made: int
    registered: int
    repaired: int


# State: an entry for each living component by token, and the tokens by client id.
class ComponentLifecycleManager(QObject):
    """The registry of components.

    Signals:
        gone(int): the component with this token has ended; once for each, in the GUI thread.
        audited(): the registry agrees with what is alive; whoever keeps more may compare, too.
    """

    gone = pyqtSignal(int)
    audited = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mailbox = _Mailbox()
        # Queued even within this thread: a token may arrive in the middle of a collection.
        queued = Qt.ConnectionType.QueuedConnection
        self._mailbox.waker.woken.connect(self._collect, queued)  # type: ignore[call-arg]
        self._entries: dict[int, _Entry] = {}
        self._tokens: dict[str, int] = {}
        self._next_token = 1
        self.repaired = 0
        self._audit_timer = QTimer(self)
        self._audit_timer.setInterval(AUDIT_INTERVAL_MS)
        self._audit_timer.timeout.connect(self.audit)

    def watch(self, component: QObject, client_id: str) -> int:
        """Register a component under its id; returns its token.

        Raises:
            DuplicateClient: another living component has this id.
        """
        self._make_room(client_id)
        token = self._next_token
        self._next_token += 1
        mailbox = self._mailbox
        release = _Release(mailbox, token)
        component.destroyed.connect(release.fire)
        reference = weakref.ref(component, lambda _: mailbox.put(token))
        self._entries[token] = _Entry(client_id, where_called(), reference, release)
        self._tokens[client_id] = token
        if not self._audit_timer.isActive():
            self._audit_timer.start()
        return token

    def release(self, token: int) -> None:
        """The component has gone or was closed; may be called any number of times."""
        entry = self._entries.pop(token, None)
        if entry is None:
            return
        if self._tokens.get(entry.client_id) == token:
            del self._tokens[entry.client_id]
        if not self._entries:
            self._audit_timer.stop()
        self.gone.emit(token)

    def living(self) -> dict[int, QObject]:
        """Every living component by token."""
        found = {token: entry.reference() for token, entry in self._entries.items()}
        return {
            token: component
            for token, component in found.items()
            if component is not None and not sip.isdeleted(component)
        }

    def statistics(self) -> LifecycleStatistics:
        """How many components came and went."""
        return LifecycleStatistics(self._next_token - 1, len(self._entries), self.repaired)

    def audit(self) -> None:
        """Release what is dead and was not heard of; a difference is counted and named."""
        living = self.living()
        for token in [token for token in self._entries if token not in living]:
            self.repaired += 1
            client = self._entries[token].client_id
            message = "the end of %s was not heard of; its subscriptions are released now"
            logger.warning(message, client, extra={"client": client})
            self.release(token)
        self.audited.emit()

    def _make_room(self, client_id: str) -> None:
        for attempt in ("as it is", "after a collection"):
            token = self._tokens.get(client_id)
            if token is None:
                return
            if is_gone(self._entries[token].reference()):
                self.release(token)
                return
            if attempt == "as it is":
                gc.collect()
        entry = self._entries[self._tokens[client_id]]
        raise DuplicateClient(
            f"a living proxy has the id {client_id!r} already; it was made at {entry.made_at}. "
            "Give this one another id, or call cleanup() on the first"
        )

    def _collect(self) -> None:
        for token in self._mailbox.take():
            self.release(token)
