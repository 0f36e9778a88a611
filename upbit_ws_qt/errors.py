"""The error tree: whose fault it was is the first branch. Pure.

* :exc:`UpbitError`

  * :exc:`LocalError`, the caller is wrong:
    :exc:`InvalidMarket`, :exc:`InvalidRequest`, :exc:`InvalidState`, :exc:`DuplicateClient`,
    :exc:`ProxyClosed`, :exc:`WrongThread`, :exc:`RecordingError`, :exc:`HandlerError`,
    :exc:`KeyStoreFailed`
  * :exc:`RemoteError`, the exchange refused:
    :exc:`AuthenticationFailed`, :exc:`RateLimited`, :exc:`RequestRejected`,
    :exc:`SubscriptionLost`
  * :exc:`TransportError`, the path broke:
    :exc:`ConnectFailed`, :exc:`ConnectionLost`, :exc:`RequestTimeout`
  * :exc:`DecodeError`, a frame is not what the documents say: :exc:`UnknownType`

Messages say what was expected, what came and what to do; never a key, a token or a path.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "AuthenticationFailed",
    "ConnectFailed",
    "ConnectionLost",
    "DecodeError",
    "DuplicateClient",
    "HandlerError",
    "InvalidMarket",
    "InvalidRequest",
    "InvalidState",
    "KeyStoreFailed",
    "LocalError",
    "ProxyClosed",
    "RateLimited",
    "RecordingError",
    "RemoteError",
    "RequestRejected",
    "RequestTimeout",
    "SubscriptionLost",
    "TransportError",
    "UnknownType",
    "UpbitError",
    "WrongThread",
]


class UpbitError(Exception):
    """The root of everything this package raises on purpose."""


class LocalError(UpbitError):
    """The caller is wrong; the same call will fail again."""


class InvalidMarket(LocalError, ValueError):
    """A market code that cannot exist, such as ``btc`` for ``KRW-BTC``."""


class InvalidRequest(LocalError, ValueError):
    """An argument outside what the exchange or this package offers."""


class InvalidState(LocalError, RuntimeError):
    """The call does not fit the moment, such as a proxy without a QApplication."""


class DuplicateClient(LocalError):
    """A second living proxy with the same client id."""


class ProxyClosed(LocalError):
    """The proxy was released while something waited on it."""


class WrongThread(LocalError, RuntimeError):
    """A method of a Qt object was called outside the GUI thread."""


class RecordingError(LocalError):
    """A recording cannot be read or written.

    ``line`` is the 1-based number of the line that cannot be read, or None.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class HandlerError(LocalError):
    """A registered data handler raised; what it raised is the cause.

    ``details`` is the traceback as text, for the log: the cause itself has none, because it would
    keep alive whatever was on the way to the handler.
    """

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


class KeyStoreFailed(LocalError):
    """The system's key store is not there, is locked, or did not do what was asked."""


class RemoteError(UpbitError):
    """The exchange answered, and the answer was no."""


class AuthenticationFailed(RemoteError):
    """The key was refused; retrying with the same key is pointless.

    ``name`` is the exchange's own word for it, such as ``out_of_scope``; ``right`` is the right
    that the key lacks, in the words of the exchange's page of keys, or empty.
    """

    def __init__(self, message: str, name: str = "", right: str = "") -> None:
        super().__init__(message)
        self.name = name
        self.right = right


class RateLimited(RemoteError):
    """The exchange stops us with HTTP status 429 or 418.

    ``retry_at`` is the monotonic second to wait for, once that is known; ``retry_after_s`` what the
    exchange itself asked for, or 0. ``by_others`` says that this program had calls left, so that
    another one must have used the limit up.
    """

    def __init__(
        self,
        message: str,
        retry_at: float | None = None,
        *,
        status: int = 429,
        retry_after_s: float = 0.0,
    ) -> None:
        super().__init__(message)
        self.retry_at = retry_at
        self.status = status
        self.retry_after_s = retry_after_s
        self.by_others = False


class RequestRejected(RemoteError):
    """A request was refused; ``name`` and ``message`` are the exchange's own words.

    ``streams`` names what it is about, such as ``trade KRW-BTC``, where that is known.
    """

    def __init__(self, name: str, message: str, streams: Sequence[str] = ()) -> None:
        about = f" (asked for: {_few(streams)})" if streams else ""
        super().__init__(f"{name}: {message}{about}")
        self.name = name
        self.message = message
        self.streams = tuple(streams)


class SubscriptionLost(RemoteError):
    """The exchange's list of our streams is not what we asked for.

    Args:
        missing: streams that we asked for and it does not list, such as ``ticker KRW-BTC``.
        extra: streams that it lists and we did not ask for.
        again: whether what is wanted is asked for again; not where that was just done in vain.
    """

    def __init__(self, missing: Sequence[str], extra: Sequence[str], *, again: bool) -> None:
        lacks = f"lacks {_few(missing)}" if missing else ""
        adds = f"has {_few(extra)} too many" if extra else ""
        found = " and ".join(part for part in (lacks, adds) if part)
        then = "it is asked for again" if again else "asking for it again has not changed that"
        super().__init__(f"the exchange's list of our streams {found}; {then}")
        self.missing = tuple(missing)
        self.extra = tuple(extra)
        self.again = again


class TransportError(UpbitError):
    """The path between us and the exchange broke; the same call may work later."""


class ConnectFailed(TransportError):
    """No connection could be made.

    ``status`` is the HTTP status of a refused handshake, or None when there was no answer.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class ConnectionLost(TransportError):
    """An open connection ended; ``code`` is the WebSocket close code (1006: none was sent)."""

    def __init__(self, code: int, reason: str, epoch: int) -> None:
        super().__init__(f"connection {epoch} ended with code {code} {reason}".rstrip())
        self.code = code
        self.reason = reason
        self.epoch = epoch


class RequestTimeout(TransportError):
    """No answer came in time."""


class DecodeError(UpbitError):
    """A frame or answer is not what the documents say; ``frame`` is its start, for the log."""

    def __init__(self, message: str, frame: bytes = b"") -> None:
        super().__init__(message)
        self.frame = bytes(frame[:200])


class UnknownType(DecodeError):
    """A frame of a type that nobody here reads; ``type`` is what it says it is.

    ``payload`` is all of it, as one JSON object, for a handler that does.
    """

    def __init__(self, data_type: str, frame: bytes = b"") -> None:
        super().__init__(f"no frame type is called {data_type!r}", frame)
        self.type = data_type
        self.payload = bytes(frame)


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown


def asked_wait_s(error: object, now: float) -> float:
    """How long the exchange wants to hear nothing more, from the monotonic second ``now``."""
    if isinstance(error, RateLimited) and error.retry_at is not None:
        return max(0.0, error.retry_at - now)
    return 0.0
