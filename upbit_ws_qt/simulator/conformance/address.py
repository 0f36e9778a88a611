"""The address of an exchange, as one writes it on a command line. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.settings import FeedSettings

__all__ = ["Address"]

_SCHEMES = {"http": "ws", "ws": "ws", "https": "wss", "wss": "wss"}


@dataclass(frozen=True, slots=True)
class Address:
    """Where REST and WebSocket of one exchange are; without a slash at the end."""

    rest: str
    websocket: str

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``https://api.upbit.com``, ``http://127.0.0.1:8080`` and the like.

        Raises:
            InvalidRequest: it is no such address, or plain text would leave this machine.
        """
        wrong = InvalidRequest(
            f"an address reads http(s)://host:port or ws(s)://host:port; got {text!r}"
        )
        try:
            parts = urlsplit(text)
        except ValueError:
            raise wrong from None
        scheme = _SCHEMES.get(parts.scheme, "")
        if not scheme or not parts.netloc or parts.path not in ("", "/") or parts.query:
            raise wrong
        rest = {"ws": "http", "wss": "https"}[scheme]
        made = cls(f"{rest}://{parts.netloc}", f"{scheme}://{parts.netloc}/websocket/v1")
        made.settings()
        return made

    def settings(self) -> FeedSettings:
        """The same as settings, which know where a key may go."""
        return FeedSettings(
            public_url=self.websocket,
            private_url=f"{self.websocket}/private",
            rest_url=self.rest,
        )
