"""An exchange reduced to its frames: it sends the same ones to every client, at an exact pace.

It lives in the process that conducts the benchmark, in one thread; clients are other processes.
Each paced frame is written by itself, and over TLS is a record of its own, as an exchange that
sends what just happened does. Subscriptions are answered with a snapshot of each market.
"""

from __future__ import annotations

import json
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from .frames import END, FIRST, frame_of, moment
from .rest import RestServer

_Stream = tuple[str, str]
# A write of a message with this number and this moment.
_Send = Callable[[int, float], None]

# Between two looks at what clients say while a load runs.
_LOOK_S = 0.1
# A client that takes nothing for so long has failed.
_STUCK_S = 20.0
# A write that takes longer waited for the client to take what came before.
_HELD_S = 0.005
# What waits here is not the client's delay, so it may not be much.
_KEPT_BACK = 128 * 1024
# So many frames go into one write of a flood: it must not be the server that is slow.
_BATCH = 32

_template = cache(frame_of)


@dataclass
class Sent:
    """What went out: so many messages, when the first of them (µs, as in the frames), how late.

    ``late_ms`` is how far the worst frame was behind its time.
    """

    count: int
    began: float
    late_ms: float = 0.0


@dataclass
class _Connection:
    socket: socket.socket
    protocol: ServerProtocol = field(
        default_factory=lambda: ServerProtocol(max_size=None, extensions=[])
    )
    wishes: list[dict[str, Any]] = field(default_factory=list)
    streams: list[_Stream] = field(default_factory=list)
    told_at: list[float] = field(default_factory=list)
    simple: bool = False

    def flush(self) -> None:
        for data in self.protocol.data_to_send():
            if data:
                self.socket.sendall(data)

    def list_streams(self, ticket: str) -> None:
        """Answer the question which streams there are (docs.upbit.com, list-subscriptions)."""
        keys = ("ty", "cds", "lv") if self.simple else ("type", "codes", "level")
        rows = [
            {
                key: entry.get(name, 0)
                for key, name in zip(keys, ("type", "codes", "level"), strict=True)
                if name != "level" or entry["type"] == "orderbook"
            }
            for entry in self.wishes
        ]
        names = ("mthd", "rslt", "tckt") if self.simple else ("method", "result", "ticket")
        answer = dict(zip(names, ("LIST_SUBSCRIPTIONS", rows, ticket), strict=True))
        self.protocol.send_binary(json.dumps(answer).encode())
        self.flush()

    def send(self, stream: _Stream, number: int, *, snapshot: bool = False) -> None:
        template = _template(*stream, simple=self.simple, snapshot=snapshot)
        sent = moment()
        self.socket.sendall(template % (time.time_ns() // 1_000_000, number, sent))


# State: the connections that are open, counters since `reset`, and what loads are sent over.
class FrameServer:
    """Serves clients one after another on loopback; ``with`` closes it.

    Since ``reset``, ``requests`` counts what clients sent and ``most`` the connections that were
    open at once.
    """

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._plain_port = socket.create_server(("127.0.0.1", 0))
        self._tls_port = socket.create_server(("127.0.0.1", 0))
        self._connections: dict[socket.socket, _Connection] = {}
        self._rest = RestServer()
        self.reset()

    def __enter__(self) -> FrameServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._rest.close()
        for connection in list(self._connections.values()):
            self._drop(connection)
        self._plain_port.close()
        self._tls_port.close()

    @property
    def rest_url(self) -> str:
        return self._rest.url

    def url(self, *, tls: bool) -> str:
        port = (self._tls_port if tls else self._plain_port).getsockname()[1]
        return f"{'wss' if tls else 'ws'}://127.0.0.1:{port}/websocket/v1"

    def reset(self) -> None:
        """Forget the former client and begin to count anew."""
        for connection in list(self._connections.values()):
            self._drop(connection)
        self.requests = self.most = 0
        self._told: list[list[float]] = []
        self._changed = False

    def most_in_a_second(self) -> int:
        """The most messages that came on one connection within any second."""
        return max(
            (sum(0 <= at - first < 1 for at in told) for told in self._told for first in told),
            default=0,
        )

    # -- what clients say -------------------------------------------------------------------------

    def serve(self, until: Callable[[], bool], limit_s: float) -> None:
        """Answer clients until the condition holds.

        Raises:
            TimeoutError: it does not hold in time.
        """
        end = time.monotonic() + limit_s
        while not until():
            if time.monotonic() > end:
                raise TimeoutError(f"the client did not get there within {limit_s:g} s")
            self._look(0.01)

    def _look(self, wait_s: float) -> None:
        listening = (self._plain_port, self._tls_port)
        readable, _, _ = select.select([*listening, *self._connections], [], [], wait_s)
        for ready in readable:
            if ready in listening:
                self._accept(ready)
            elif ready in self._connections:
                self._read(self._connections[ready])

    def _accept(self, listening: socket.socket) -> None:
        accepted, _ = listening.accept()
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        accepted.settimeout(_STUCK_S)
        if listening is self._tls_port:
            accepted = self._tls.wrap_socket(accepted, server_side=True)
        self._connections[accepted] = connection = _Connection(accepted)
        self._told.append(connection.told_at)
        self.most = max(self.most, len(self._connections))

    def _read(self, connection: _Connection) -> None:
        source = connection.socket
        try:
            data = source.recv(1 << 16)
            # What TLS has taken off the socket already does not make it readable.
            while isinstance(source, ssl.SSLSocket) and source.pending():
                data += source.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            self._drop(connection)
            return
        protocol = connection.protocol
        protocol.receive_data(data)
        for event in protocol.events_received():
            if isinstance(event, Request):
                protocol.send_response(protocol.accept(event))
            elif isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.BINARY):
                connection.flush()
                self._answer(connection, json.loads(bytes(event.data)))
        connection.flush()
        if protocol.state is State.CLOSING:
            self._drop(connection)

    def _answer(self, connection: _Connection, request: list[dict[str, Any]]) -> None:
        self.requests += 1
        connection.told_at.append(time.monotonic())
        if any("method" in entry for entry in request):
            connection.list_streams(request[0]["ticket"])
        else:
            self._subscribe(connection, request)

    def _subscribe(self, connection: _Connection, request: list[dict[str, Any]]) -> None:
        self._changed = True
        connection.simple = {"format": "SIMPLE"} in request
        connection.wishes = [entry for entry in request if "type" in entry]
        wished = [(entry["type"], code) for entry in connection.wishes for code in entry["codes"]]
        # What a client subscribes to twice comes once.
        connection.streams = list(dict.fromkeys(wished))
        wants_snapshots = not any(entry.get("isOnlyRealtime") for entry in request)
        loaded = self._loaded(connection)
        for place, stream in enumerate(loaded):
            if wants_snapshots:
                connection.send(stream, FIRST - len(loaded) + place, snapshot=True)

    def _drop(self, connection: _Connection) -> None:
        del self._connections[connection.socket]
        connection.socket.close()
        self._changed = True

    # -- loads ------------------------------------------------------------------------------------

    @staticmethod
    def _loaded(connection: _Connection) -> list[_Stream]:
        return [stream for stream in connection.streams if stream[1] != END]

    def pace(self, rate: float, seconds: float) -> Sent:
        """Send evenly, one market after another; a market that several want goes to each."""
        count = round(rate * seconds)
        sends = self._sends()
        clock, sleep = time.perf_counter, time.sleep
        looked = clock()
        began = looked + 0.02
        epoch = moment() - looked * 1e6
        worst, held_until = 0.0, began
        for number in range(count):
            due = began + number / rate
            left = due - clock()
            if left > 0.0003:
                sleep(left - 0.0002)
            while (now := clock()) < due:
                pass
            worst = max(worst, now - due)
            # A frame that had to wait for the client was to be sent when it was due.
            sent = epoch + 1e6 * (due if due < held_until else now)
            for send in next(sends):
                send(FIRST + number, sent)
            if (written := clock()) - now > _HELD_S:
                held_until = written
            if now - looked > _LOOK_S:
                looked = now
                self._look(0)
                if self._changed:
                    sends = islice(self._sends(), number + 1, None)
        return Sent(count, epoch + began * 1e6, worst * 1e3)

    def _sends(self) -> Iterator[tuple[_Send, ...]]:
        """For one message after the other, the writes that send it."""
        self._changed = False
        targets: dict[_Stream, list[_Send]] = {}
        for connection in self._connections.values():
            for stream in self._loaded(connection):
                targets.setdefault(stream, []).append(_sender(connection, stream))
        rows = [tuple(sends) for sends in targets.values()]
        if not rows:
            raise ConnectionError("the client has gone")
        while True:
            yield from rows

    def flood(self, count: int) -> Sent:
        """Send as fast as the one client takes it."""
        [connection] = self._connections.values()
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KEPT_BACK)
        templates = [
            _template(*stream, simple=connection.simple) for stream in self._loaded(connection)
        ]
        began = looked = moment()
        for start in range(0, count, _BATCH):
            sent, wall = moment(), time.time_ns() // 1_000_000
            connection.socket.sendall(
                b"".join(
                    templates[number % len(templates)] % (wall, FIRST + number, sent)
                    for number in range(start, min(start + _BATCH, count))
                )
            )
            if sent - looked > _LOOK_S * 1e6:
                looked = sent
                self._look(0)
        return Sent(count, began)

    def say_end(self) -> None:
        """Tell whoever listens that nothing more will come."""
        for connection in list(self._connections.values()):
            for stream in connection.streams:
                if stream[1] == END:
                    connection.send(stream, FIRST)


def _sender(connection: _Connection, stream: _Stream) -> _Send:
    template = _template(*stream, simple=connection.simple)
    write = connection.socket.sendall

    def send(number: int, sent: float) -> None:
        write(template % (time.time_ns() // 1_000_000, number, sent))

    return send
