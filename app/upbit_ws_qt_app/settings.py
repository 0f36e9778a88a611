"""What the viewer remembers from one start to the next. Qt, no widget."""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Callable
from typing import TypeVar

from PyQt6.QtCore import QByteArray, QSettings

__all__ = ["ViewerSettings"]

logger = logging.getLogger(__name__)

ValueT = TypeVar("ValueT")
_NAME = "upbit-ws-qt"


# State: the store, which several instances of the program may share; Qt locks it while it writes.
class ViewerSettings:
    """Texts and blobs by key. What cannot be used is as good as absent, and the log says so.

    Args:
        store: where they are kept; None remembers nothing, for pictures and tests.
    """

    def __init__(self, store: QSettings | None = None) -> None:
        self._store = store
        if store is None:
            return
        store.allKeys()  # only now is the file read to its end
        if store.status() is QSettings.Status.FormatError:
            logger.warning("the settings are damaged; the viewer begins with its defaults")
            store.clear()

    @classmethod
    def of_user(cls) -> ViewerSettings:
        """Those of the user, in a file of their own."""
        form, scope = QSettings.Format.IniFormat, QSettings.Scope.UserScope
        return cls(QSettings(form, scope, _NAME, "viewer"))

    @property
    def remembers(self) -> bool:
        """Whether anything is kept at all."""
        return self._store is not None

    def read(self, key: str, parse: Callable[[str], ValueT], default: ValueT) -> ValueT:
        """What was kept under ``key``; ``parse`` raises ValueError for what cannot be used."""
        if self._store is None or not self._store.contains(key):
            return default
        try:
            # A list or a variant of another type is no text: somebody else wrote it.
            return parse(self._store.value(key, type=str))
        except (TypeError, ValueError):
            logger.warning("the setting %r cannot be used; the default is used instead", key)
            return default

    def choice(self, key: str, *allowed: str) -> str:
        """One of ``allowed``, the first by default."""

        def parse(text: str) -> str:
            if text not in allowed:
                raise ValueError(text)
            return text

        return self.read(key, parse, allowed[0])

    def blob(self, key: str) -> QByteArray:
        """Bytes that were kept; empty where there are none."""
        return QByteArray(self.read(key, _bytes, b""))

    def keep(self, key: str, value: str | QByteArray) -> None:
        """Keep a text or bytes under ``key``."""
        if self._store is not None:
            text = value if isinstance(value, str) else base64.b64encode(value.data()).decode()
            self._store.setValue(key, text)

    def unusable(self, key: str) -> None:
        """What was kept under ``key`` did not work: say so and forget it."""
        logger.warning("the setting %r cannot be used; the default is used instead", key)
        if self._store is not None:
            self._store.remove(key)

    def write(self) -> None:
        """Write now what is kept; where that fails the log says so."""
        if self._store is not None:
            self._store.sync()
            if self._store.status() is QSettings.Status.AccessError:
                logger.warning("the settings could not be written")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
