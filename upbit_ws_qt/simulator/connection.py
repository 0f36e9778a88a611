"""One client's socket on the exchange's side: queue, limits, idle time, status cycle. asyncio."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from .behaviour import Behaviour
from .frames import STATUS_UP, error_frame
from .packet import Packet
from .request import Request

__all__ = ["ServedConnection"]

_CLOSE_DELAY_S = 0.15
_MESSAGES_A_SECOND, _MESSAGES_A_MINUTE = 5, 100


# State: the frames not yet written, the current request and its format, the times of the last
# messages, whether it is silent or refused, its three timers and the closing task.
class ServedConnection:
    """An open WebSocket of a client.

    Args:
        number: counts the exchange's connections from 1.
        private: whether it came in on the private path.
        transport: frames are written to it whole, so they never mix with the pongs and closing
            frames of the HTTP library.
        window_bits: of the negotiated compression; 0 for none.
        close: sends a closing frame with a code.
        behaviour: the exchange's.
    """

    def __init__(
        self,
        number: int,
        transport: asyncio.WriteTransport,
        close: Callable[[int], Awaitable[object]],
        behaviour: Behaviour,
        *,
        private: bool,
        window_bits: int,
    ) -> None:
        self.number = number
        self.private = private
        self.format = "DEFAULT"
        self.request: Request | None = None
        self.silent = False
        self.refused = False
        self._transport = transport
        self._close = close
        self._behaviour = behaviour
        self._window_bits = window_bits
        self._queue: list[bytes] = []
        self._loop = asyncio.get_running_loop()
        self._messages: deque[float] = deque(maxlen=_MESSAGES_A_MINUTE)
        self._active_at = self._loop.time()
        self._idle_timer = self._loop.call_later(behaviour.idle_timeout_s, self._check_idle)
        self._status_timer: asyncio.TimerHandle | None = None
        self._close_timer: asyncio.TimerHandle | None = None
        self._closing: asyncio.Task[None] | None = None
        self.ended_event = asyncio.Event()

    def __repr__(self) -> str:
        path = "private" if self.private else "public"
        return f"<ServedConnection {self.number} {path}>"

    def push(self, packet: Packet) -> None:
        """Queue a frame; it goes out with the next :meth:`flush`."""
        if not self.silent and not self.refused:
            self._queue.append(packet.wire(self._window_bits))

    def flush(self) -> None:
        """Write what is queued; a client that does not read is dropped, not waited for."""
        if not self._queue:
            return
        data = b"".join(self._queue)
        self._queue.clear()
        if self._transport.is_closing():
            return
        self._active_at = self._loop.time()
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > self._behaviour.write_limit_bytes:
            self.abort()

    def heard(self) -> None:
        """The client sent something, a ping or a pong included."""
        self._active_at = self._loop.time()

    def too_many(self) -> bool:
        """Count one message; whether the client sends more of them than it may."""
        now = self._loop.time()
        recent = self._messages
        over = self._behaviour.limits and (
            (len(recent) == _MESSAGES_A_MINUTE and now - recent[0] < 60.0)
            or (len(recent) >= _MESSAGES_A_SECOND and now - recent[-_MESSAGES_A_SECOND] < 1.0)
        )
        recent.append(now)
        return over

    def subscription_rows(self) -> list[dict[str, object]]:
        """What LIST_SUBSCRIPTIONS tells of the current request."""
        rows: list[dict[str, object]] = []
        for wish in self.request.wishes if self.request else ():
            row: dict[str, object] = {"type": wish.type}
            if wish.codes:
                row["codes"] = list(wish.codes)
            if wish.type == "orderbook":
                row["level"] = int(wish.level) if wish.level == int(wish.level) else wish.level
            rows.append(row)
        return rows

    def begin_status(self) -> None:
        """A text PING does not get an answer: it switches on a status cycle that never ends."""
        if self._status_timer is None:
            interval = self._behaviour.status_interval_s
            # The cycle is the server's: the first status comes anywhere within one interval.
            first = interval - self._loop.time() % interval
            self._status_timer = self._loop.call_later(first, self._send_status)

    def refuse(self, name: str, **fields: str) -> None:
        """Send an error and close a moment later with code 1000, as the exchange does."""
        if self.refused:
            return
        self.push(Packet(error_frame(name, **fields)))
        self.flush()
        self.refused = True
        self._close_timer = self._loop.call_later(_CLOSE_DELAY_S, self.close, 1000)

    def close(self, code: int) -> None:
        """Close with a closing frame."""
        if self._closing is None and not self._transport.is_closing():
            self._closing = self._loop.create_task(self._finish(code))

    async def _finish(self, code: int) -> None:
        await self._close(code)

    async def closed(self) -> None:
        """Wait for a closing handshake under way."""
        if self._closing is not None:
            await asyncio.wait([self._closing])

    def abort(self) -> None:
        """Drop the socket without a closing frame; the client sees code 1006."""
        self._transport.abort()

    def ended(self) -> None:
        """The socket is gone: stop the timers."""
        self._queue.clear()
        for timer in (self._idle_timer, self._status_timer, self._close_timer):
            if timer is not None:
                timer.cancel()
        self.ended_event.set()

    def _send_status(self) -> None:
        self._status_timer = self._loop.call_later(
            self._behaviour.status_interval_s, self._send_status
        )
        self.push(Packet(STATUS_UP))
        self.flush()

    def _check_idle(self) -> None:
        left = self._active_at + self._behaviour.idle_timeout_s - self._loop.time()
        if left <= 0:
            self.abort()
        else:
            self._idle_timer = self._loop.call_later(left, self._check_idle)
