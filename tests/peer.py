"""The exchange's end of one WebSocket, played by the test itself. Tests only.

Where it matters what is in the socket and when: nothing is sent but by ``send``, whose bytes go
straight to the system as far as it takes them.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
from collections.abc import Iterable

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

__all__ = ["Peer", "numbered_trades"]


def numbered_trades(numbers: Iterable[int], code: str = "KRW-BTC") -> list[bytes]:
    """Trades that are told apart by ``sequential_id``."""
    return [
        json.dumps(
            {
                "type": "trade", "code": code, "timestamp": 1_790_000_000_000 + number,
                "trade_timestamp": 1_790_000_000_000 + number, "trade_price": 1000.0 + number,
                "trade_volume": 0.5, "ask_bid": "BID", "prev_closing_price": 1000.0,
                "change": "RISE", "change_price": 1.0, "trade_date": "2026-09-21",
                "trade_time": "14:13:20", "sequential_id": number, "stream_type": "REALTIME",
            },
            separators=(",", ":"),
        ).encode()
        for number in numbers
    ]  # fmt: skip


class Peer:
    """Listens on loopback; serves one connection after the other."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(0)
        self._socket: socket.socket | None = None
        self._protocol = ServerProtocol()
        self._unsent = bytearray()
        self.requests: list[bytes] = []

    @property
    def url(self) -> str:
        """Where to dial."""
        scheme = "ws" if self._tls is None else "wss"
        return f"{scheme}://127.0.0.1:{self._listening.getsockname()[1]}/websocket/v1"

    def asked(self) -> bool:
        """Take what has come; whether this connection has asked for something."""
        self._listen()
        return bool(self.requests)

    def send(self, payloads: Iterable[bytes]) -> None:
        """Send each as one message, as far as the system takes it; ``sent`` goes on."""
        for payload in payloads:
            self._unsent += Frame(Opcode.BINARY, payload).serialize(mask=False)
        self.sent()

    def sent(self) -> bool:
        """Hand on what is left; whether the system has taken everything."""
        assert self._socket is not None
        with contextlib.suppress(BlockingIOError, ssl.SSLWantWriteError):
            while self._unsent:
                del self._unsent[: self._socket.send(memoryview(self._unsent)[:65_536].tobytes())]
        return not self._unsent

    @property
    def unsent_bytes(self) -> int:
        """What the system has not taken, because nobody reads the other end."""
        return len(self._unsent)

    def drop(self) -> None:
        """End the connection without a word; the next one may come."""
        assert self._socket is not None
        self._socket.close()
        self._socket = None
        self._protocol = ServerProtocol()
        self._unsent.clear()
        self.requests.clear()

    def close(self) -> None:
        """End everything."""
        if self._socket is not None:
            self._socket.close()
        self._listening.close()

    def _listen(self) -> None:
        with contextlib.suppress(BlockingIOError, ssl.SSLWantReadError):
            if self._socket is None:
                accepted, _ = self._listening.accept()
                accepted.settimeout(0)
                self._socket = accepted
                if self._tls is not None:
                    self._socket = self._tls.wrap_socket(
                        accepted, server_side=True, do_handshake_on_connect=False
                    )
            if isinstance(self._socket, ssl.SSLSocket):
                self._socket.do_handshake()
            if data := self._socket.recv(65_536):
                self._protocol.receive_data(data)
            for event in self._protocol.events_received():
                if isinstance(event, Request):
                    self._protocol.send_response(self._protocol.accept(event))
                elif event.opcode is Opcode.TEXT:
                    self.requests.append(bytes(event.data))
            for answer in self._protocol.data_to_send():
                self._socket.send(answer)
