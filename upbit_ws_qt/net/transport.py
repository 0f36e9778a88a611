"""One WebSocket over asyncio; the only import of websockets. No Qt.

It stands on the public Sans-I/O ``ClientProtocol`` under a small buffered protocol of our own: no
task, queue or future for each message, and each read is bounded, so that a flood cannot hold the
thread. Whole messages gather in a list that the owner empties when it pleases.

The owner may also take over the reading (``hold``): then nothing is read but by its ``read``, until
``release``. What it does not read stays with the system, and the exchange feels it through TCP.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import deque
from collections.abc import Mapping
from typing import Protocol, cast
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
from upbit_ws_qt.frame_splitter import FrameSplitter
from upbit_ws_qt.logs import KeyFilter
from upbit_ws_qt.ratelimit import STOPS_S
from upbit_ws_qt.rest import error_of, seconds_of

from .reasons import unreachable
from .tunnel import open_tunnel
from .way_out import WayOut

__all__ = ["Listener", "WebSocketTransport", "dial"]

# websockets logs every request header at debug level, a token among them; so it never may, and
# where somebody lets it, the token is taken out.
_wire_logger = logging.getLogger("upbit_ws_qt.net.wire")
_wire_logger.setLevel(logging.INFO)
_wire_logger.addFilter(KeyFilter())

_QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)
_END_OF_HEADERS = b"\r\n\r\n"
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


class HoldingLoop(Protocol):
    """What an event loop offers whose descriptors can be read on demand."""

    def hold_reader(self, fd: int) -> bool: ...
    def read_held(self, fd: int) -> bool: ...
    def release_reader(self, fd: int) -> None: ...


# State: the protocol's own, the bytes of a frame that is not whole, the end of the handshake's last
# piece, whole messages not taken yet with their size, the parts of a message in fragments, the
# socket that is held, what the last read filled, and whether reading is paused, open, or ended.
class WebSocketTransport(asyncio.BufferedProtocol):
    """One connection; made by :func:`dial`."""

    def __init__(
        self, protocol: ClientProtocol, headers: Mapping[str, str], listener: Listener
    ) -> None:
        self.pongs = 0
        self._reads: deque[list[bytes]] = deque()
        self._coming: list[bytes] = []
        self._protocol = protocol
        self._headers = headers
        self._listener: Listener | None = listener
        self.pending_bytes = 0
        self._fragments: list[bytes] = []
        self.is_paused = False
        self._transport: asyncio.Transport | None = None
        # A view: asyncio's TLS writes several records into slices of it.
        self._block = memoryview(bytearray(_READ_SIZE))
        self._splitter = FrameSplitter(_MAX_MESSAGE)
        self._handshake_end = b""
        self._loop = asyncio.get_running_loop()
        self._held: tuple[socket.socket, int] | None = None
        self._filled = 0
        self._opened: asyncio.Future[None] = self._loop.create_future()

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
        return bool(self._reads)

    def take(self) -> list[bytes]:
        """Take the messages of one read, the oldest first; empty when there are no more.

        Reading goes on when everything is taken, if it was paused.
        """
        taken = self._reads.popleft() if self._reads else []
        if not self._reads:
            self.pending_bytes = 0
            if self.is_paused and self._transport is not None:
                self.is_paused = False
                self._transport.resume_reading()
        return taken

    @property
    def is_held(self) -> bool:
        """Whether nothing is read but by ``read``."""
        return self._held is not None

    def hold(self) -> bool:
        """Read only by ``read`` from now on; False where the event loop cannot do that."""
        if self._held is None and self._transport is not None and hasattr(self._loop, "read_held"):
            held: socket.socket = self._transport.get_extra_info("socket")
            # By its number: a socket that was closed has lost it.
            if cast(HoldingLoop, self._loop).hold_reader(held.fileno()):
                self._held = held, held.fileno()
        return self._held is not None

    def read(self) -> bool:
        """Read once, while held; returns whether more may be there to read at once."""
        if self._held is None:
            return False
        held, descriptor = self._held
        if _QUICK_ACK is not None and held.fileno() != -1:
            # Linux puts off acknowledging what nobody reads, and the exchange may send no more
            # than a few packets that are not acknowledged: the rest would come a frame later.
            # The mark lasts for some packets only. Under TLS we hear of a closed socket late.
            held.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)
        self._filled = 0
        return cast(HoldingLoop, self._loop).read_held(descriptor) and self._took_much

    @property
    def _took_much(self) -> bool:
        """Whether more may be there: of the block, or of what the other side could not send.

        A new socket's window is no larger than the block. Who takes no more than that in each
        frame never catches up.
        """
        return self._filled >= _READ_SIZE // 2

    def release(self) -> None:
        """Be read again whenever something comes, what waits already included."""
        if self._held is not None:
            (_, descriptor), self._held = self._held, None
            cast(HoldingLoop, self._loop).release_reader(descriptor)

    def abort(self) -> None:
        """End at once, telling nobody; a polite close frame is sent if there is room for it."""
        self._listener = None
        self.release()
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

    def get_buffer(self, sizehint: int) -> memoryview:
        del sizehint
        return self._block

    def buffer_updated(self, nbytes: int) -> None:
        self._filled = nbytes
        self.pending_bytes += nbytes
        waiting, pongs = len(self._reads), self.pongs
        data = self._block[:nbytes]
        if self._protocol.state is State.CONNECTING:
            data = self._receive_handshake(data)
        if self._protocol.state is State.OPEN:
            self._receive_frames(data)
        if self.pending_bytes > _MAX_PENDING and self._transport is not None and not self.is_paused:
            self.is_paused = True
            self._transport.pause_reading()
        came = (waiting, pongs) != (len(self._reads), self.pongs)
        # Whoever holds the reading looks by themselves.
        if came and self._held is None and self._listener is not None:
            self._listener.messages_waiting()

    def eof_received(self) -> bool:
        self._protocol.receive_eof()
        self._process_events()
        self._flush()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.release()
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

    def _receive_handshake(self, data: memoryview) -> memoryview:
        """Hand over the answer to our request; returns what comes after it, once it was a yes."""
        seen = self._handshake_end + data
        ends_at = seen.find(_END_OF_HEADERS)
        mine = len(data)
        if ends_at >= 0:
            mine = ends_at + len(_END_OF_HEADERS) - len(self._handshake_end)
        self._handshake_end = seen[1 - len(_END_OF_HEADERS) :]
        self._receive(bytes(data[:mine]))
        if self._protocol.state is State.CONNECTING and mine < len(data):
            # It was a no, and this is its body.
            self._receive(bytes(data[mine:]))
        return data[mine:]

    def _receive_frames(self, data: memoryview) -> None:
        self._coming = []
        for frame in self._splitter.feed(data, self._coming):
            self._receive(frame)
            if self._protocol.state is not State.OPEN:
                break
        if self._coming:
            self._reads.append(self._coming)

    def _receive(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        self._process_events()
        self._flush()

    def _process_events(self) -> None:
        for event in self._protocol.events_received():
            if isinstance(event, Frame):
                self._process_frame(event)
            elif isinstance(event, Response):
                self._process_response()

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
            self._coming.append(message)
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
    way_out: WayOut | None = None,
    timeout_s: float = 10.0,
) -> WebSocketTransport:
    """Connect and wait for the handshake.

    Args:
        url: ``wss://…``, or ``ws://…`` on loopback.
        listener: hears of messages and of the end.
        headers: extra request headers.
        way_out: the proxy and the TLS context; as the system has them when None.
        timeout_s: for everything together.

    Raises:
        AuthenticationFailed, RateLimited, ConnectFailed: no connection was made.
    """
    protocol = ClientProtocol(
        parse_uri(url),
        extensions=[ClientPerMessageDeflateFactory(client_max_window_bits=True)],
        max_size=_MAX_MESSAGE,
        logger=_wire_logger,
    )
    opening = WebSocketTransport(protocol, headers or {}, listener)
    try:
        async with asyncio.timeout(timeout_s):
            await _connect(opening, url, way_out or WayOut())
            await opening.opened()
    except BaseException as error:
        opening.abort()
        if isinstance(error, TimeoutError):
            raise ConnectFailed(f"no answer within {timeout_s:g} s") from None
        if isinstance(error, OSError):
            raise ConnectFailed(unreachable(error)) from error
        raise
    return opening


async def _connect(opening: WebSocketTransport, url: str, way_out: WayOut) -> None:
    """Give a transport the stream it stands on: straight to the host or through a proxy."""
    loop = asyncio.get_running_loop()
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_secure = parts.scheme == "wss"
    port = parts.port or (443 if is_secure else 80)
    tls = await way_out.tls() if is_secure else None
    proxy = await way_out.proxy(url)
    if proxy is None:
        await loop.create_connection(lambda: opening, host, port, ssl=tls)
        return
    tunnel = await open_tunnel(proxy, host, port, await way_out.tls())
    if tls is None:
        tunnel.set_protocol(opening)
        opening.connection_made(tunnel)
        return
    secured = await loop.start_tls(tunnel, opening, tls, server_hostname=host)
    if secured is None:
        raise ConnectFailed("the connection was given up before it was safe")
    opening.connection_made(secured)


def handshake_error(error: Exception | None) -> UpbitError:
    """What a failed handshake means; the status decides whether another try makes sense."""
    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        refused = f"the handshake was refused with HTTP {status}"
        if status in (401, 403):
            return _key_refused(status, bytes(error.response.body or b""), refused)
        if status in STOPS_S:
            asked_for = seconds_of(error.response.headers.get("Retry-After"))
            return RateLimited(refused, status=status, retry_after_s=asked_for)
        return ConnectFailed(refused, status)
    if isinstance(error, WebSocketException):
        return ConnectFailed(f"the handshake failed: {error}")
    return ConnectFailed("the connection ended during the handshake")


def _key_refused(status: int, body: bytes, refused: str) -> UpbitError:
    """What is wrong with the key, in the exchange's words if it sent any.

    A 403 without them is a gateway's word, and gateways recover.
    """
    said = error_of(status, body)
    if isinstance(said, AuthenticationFailed) and said.name != str(status):
        return AuthenticationFailed(f"{refused}: {said}", said.name)
    return AuthenticationFailed(refused) if status == 401 else ConnectFailed(refused, status)
