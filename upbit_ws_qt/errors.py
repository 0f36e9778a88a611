"""The error tree: whose fault it was is the first branch. Pure.

* :exc:`UpbitError`

  * :exc:`LocalError`, the caller is wrong:
    :exc:`InvalidMarket`, :exc:`InvalidRequest`, :exc:`InvalidState`, :exc:`DuplicateClient`,
    :exc:`ProxyClosed`, :exc:`WrongThread`, :exc:`RecordingError`
  * :exc:`RemoteError`, the exchange refused:
    :exc:`AuthenticationFailed`, :exc:`RateLimited`, :exc:`RequestRejected`
  * :exc:`TransportError`, the path broke:
    :exc:`ConnectFailed`, :exc:`ConnectionLost`, :exc:`RequestTimeout`
  * :exc:`DecodeError`, a frame is not what the documents say

Messages say what was expected, what came and what to do; never a key, a token or a path.
"""

from __future__ import annotations

__all__ = [
    "AuthenticationFailed",
    "ConnectFailed",
    "ConnectionLost",
    "DecodeError",
    "DuplicateClient",
    "InvalidMarket",
    "InvalidRequest",
    "InvalidState",
    "LocalError",
    "ProxyClosed",
    "RateLimited",
    "RecordingError",
    "RemoteError",
    "RequestRejected",
    "RequestTimeout",
    "TransportError",
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
    """A recording cannot be read; ``line`` is the 1-based line number, or None."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class RemoteError(UpbitError):
    """The exchange answered, and the answer was no."""


class AuthenticationFailed(RemoteError):
    """The key was refused; retrying with the same key is pointless.

    ``name`` is the exchange's own word for it, such as ``out_of_scope``.
    """

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.name = name


class RateLimited(RemoteError):
    """The exchange stops us with HTTP status 429 or 418.

    ``retry_at`` is the monotonic second to wait for, once that is known; ``retry_after_s`` what the
    exchange itself asked for, or 0.
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


class RequestRejected(RemoteError):
    """A request was refused; ``name`` and ``message`` are the exchange's own words."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message


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
