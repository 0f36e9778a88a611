"""One WebSocket over asyncio; the only import of websockets. No Qt.

It stands on the public Sans-I/O ``ClientProtocol`` under a small buffered protocol of our own: no
task, queue or future for each message, and each read is bounded, so that a flood cannot hold the
thread. Whole messages gather in a list that the owner empties when it pleases.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

from upbit_ws_qt.errors import (
    AuthenticationFailed,
    ConnectFailed,
    ConnectionLost,
    RateLimited,
    UpbitError,
)
from upbit_ws_qt.ratelimit import STOPS_S
from upbit_ws_qt.rest import seconds_of

from .reasons import unreachable

__all__ = ["Listener", "WebSocketTransport", "dial"]

# websockets logs every request header at debug level, a token among them; so it never may.
_wire_logger = logging.getLogger("upbit_ws_qt.net.wire")
_wire_logger.setLevel(logging.INFO)

# Larger blocks gave nothing and hold the thread longer.
_READ_SIZE = 64 * 1024
# The largest message we take; a book of 30 rows has 3 kB, the whole market list in one frame 1 MB.
_MAX_MESSAGE = 4 * 1024 * 1024
# With so much undecoded we stop reading, and the exchange feels it through TCP.
_MAX_PENDING = 8 * 1024 * 1024


class Listener(Protocol):
    """Who owns a transport. Both are called from the event loop."""

    def messages_waiting(self) -> None:
        """Something came: messages or a pong."""

    def transport_lost(self, error: UpbitError) -> None:
        """The open connection ended; called once, never after ``abort``."""


# State: the protocol's own, whole messages not taken yet with their size, the parts of a message
# in fragments, and whether reading is paused, open, or ended.
class WebSocketTransport(asyncio.BufferedProtocol):
    """One connection; made by :func:`dial`."""

    def __init__(
        self, protocol: ClientProtocol, headers: Mapping[str, str], listener: Listener
    ) -> None:
        self.pongs = 0
        self._messages: deque[bytes] = deque()
        self._protocol = protocol
        self._headers = headers
        self._listener: Listener | None = listener
        self.pending_bytes = 0
        self._fragments: list[bytes] = []
        self.is_paused = False
        self._transport: asyncio.Transport | None = None
        self._block = bytearray(_READ_SIZE)
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    # -- the owner's side -------------------------------------------------------------------------

    async def opened(self) -> None:
        """Wait for the handshake.

        Raises:
            AuthenticationFailed, RateLimited, ConnectFailed: it was refused.
        """
        await self._opened

    def send(self, data: bytes) -> None:
        """Send one text message; ignored when the connection is closing."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_text(data)
            self._flush()

    def ping(self) -> None:
        """Send a protocol ping; ``pongs`` counts the answers."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_ping(b"")
            self._flush()

    @property
    def has_messages(self) -> bool:
        """Whether anything came that was not taken."""
        return bool(self._messages)

    def messages(self) -> Iterator[bytes]:
        """Take what came, oldest first; what the caller leaves stays for the next time.

        Reading goes on when everything is taken, if it was paused.
        """
        waiting = self._messages
        while waiting:
            message = waiting.popleft()
            self.pending_bytes -= len(message)
            yield message
        if self.is_paused and self._transport is not None:
            self.is_paused = False
            self._transport.resume_reading()

    def abort(self) -> None:
        """End at once, telling nobody; a polite close frame is sent if there is room for it."""
        self._listener = None
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(CloseCode.NORMAL_CLOSURE)
            self._flush()
        if self._transport is not None:
            self._transport.abort()
        if not self._opened.done():
            self._opened.cancel()

    # -- the event loop's side --------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a stream, by construction
        self._transport = transport
        request = self._protocol.connect()
        for name, value in self._headers.items():
            request.headers[name] = value
        self._protocol.send_request(request)
        self._flush()

    def get_buffer(self, sizehint: int) -> bytearray:
        del sizehint
        return self._block

    def buffer_updated(self, nbytes: int) -> None:
        self._protocol.receive_data(self._block[:nbytes])
        self._process_events()
        self._flush()

    def eof_received(self) -> bool:
        self._protocol.receive_eof()
        self._process_events()
        self._flush()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._protocol.receive_eof()
        if not self._opened.done():
            refused = self._protocol.handshake_exc or exc
            self._opened.set_exception(handshake_error(refused))
        elif self._listener is not None:
            # 1006 stands for an end without a close frame; the exchange ends idle ones like that.
            code = self._protocol.close_code or CloseCode.ABNORMAL_CLOSURE
            reason = self._protocol.close_reason or (str(exc) if exc else "")
            listener, self._listener = self._listener, None
            listener.transport_lost(ConnectionLost(int(code), reason, 0))

    # -- inside -----------------------------------------------------------------------------------

    def _process_events(self) -> None:
        before = len(self._messages), self.pongs
        for event in self._protocol.events_received():
            if isinstance(event, Frame):
                self._process_frame(event)
            elif isinstance(event, Response):
                self._process_response()
        if self.pending_bytes > _MAX_PENDING and self._transport is not None and not self.is_paused:
            self.is_paused = True
            self._transport.pause_reading()
        if self._listener is not None and before != (len(self._messages), self.pongs):
            self._listener.messages_waiting()

    def _process_response(self) -> None:
        if self._opened.done():
            return
        if self._protocol.handshake_exc is None:
            self._opened.set_result(None)
        else:
            self._opened.set_exception(handshake_error(self._protocol.handshake_exc))

    def _process_frame(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            if frame.fin and not self._fragments:
                message = bytes(frame.data)
            else:
                self._fragments.append(bytes(frame.data))
                if not frame.fin:
                    return
                message = b"".join(self._fragments)
                self._fragments.clear()
            self._messages.append(message)
            self.pending_bytes += len(message)
        elif frame.opcode is Opcode.PONG:
            self.pongs += 1

    def _flush(self) -> None:
        if self._transport is None:
            return
        for data in self._protocol.data_to_send():
            if data:
                self._transport.write(data)
            elif self._transport.can_write_eof():
                self._transport.write_eof()
        if self._protocol.close_expected():
            # Both sides have said what they had to; nobody waits for the other's end.
            self._transport.close()


async def dial(
    url: str,
    listener: Listener,
    *,
    headers: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
    timeout_s: float = 10.0,
) -> WebSocketTransport:
    """Connect and wait for the handshake.

    Args:
        url: ``wss://…``, or ``ws://…`` on loopback.
        listener: hears of messages and of the end.
        headers: extra request headers.
        tls: the context for ``wss``; the system's default when None.
        timeout_s: for everything together.

    Raises:
        AuthenticationFailed, RateLimited, ConnectFailed: no connection was made.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "wss"
    protocol = ClientProtocol(
        parse_uri(url),
        extensions=[ClientPerMessageDeflateFactory(client_max_window_bits=True)],
        max_size=_MAX_MESSAGE,
        logger=_wire_logger,
    )
    options: dict[str, Any] = {}
    if secure:
        options = {"ssl": tls or ssl.create_default_context(), "server_hostname": parts.hostname}
    transport: WebSocketTransport | None = None

    def make_transport() -> WebSocketTransport:
        nonlocal transport
        transport = WebSocketTransport(protocol, headers or {}, listener)
        return transport

    host, port = parts.hostname or "", parts.port or (443 if secure else 80)
    try:
        async with asyncio.timeout(timeout_s):
            loop = asyncio.get_running_loop()
            _, opening = await loop.create_connection(make_transport, host, port, **options)
            await opening.opened()
    except BaseException as error:
        if transport is not None:
            transport.abort()
        if isinstance(error, TimeoutError):
            raise ConnectFailed(f"no answer within {timeout_s:g} s") from None
        if isinstance(error, OSError):
            raise ConnectFailed(unreachable(error)) from error
        raise
    return opening


def handshake_error(error: Exception | None) -> UpbitError:
    """What a failed handshake means; the status decides whether another try makes sense."""
    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        refused = f"the handshake was refused with HTTP {status}"
        if status in (401, 403):
            return AuthenticationFailed(refused)
        if status in STOPS_S:
            asked_for = seconds_of(error.response.headers.get("Retry-After"))
            return RateLimited(refused, status=status, retry_after_s=asked_for)
        return ConnectFailed(refused, status)
    if isinstance(error, WebSocketException):
        return ConnectFailed(f"the handshake failed: {error}")
    return ConnectFailed("the connection ended during the handshake")
