"""One client's socket on the exchange's side: queue, limits, idle time, status cycle. asyncio."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections.abc import Awaitable, Callable

from upbit_ws_qt.simulator.behaviour import Behaviour
from upbit_ws_qt.simulator.keys import Caller
from upbit_ws_qt.simulator.limits import RateLimits
from upbit_ws_qt.simulator.streams.frame_faults import FrameFaults, FrameFilter

from .delay_line import DelayLine
from .frames import STATUS_UP, error_frame
from .packet import Packet
from .request import Request

__all__ = ["ServedConnection", "reset"]

_CLOSE_DELAY_S = 0.15


# State: the frames not yet written or batched, the current request and its format, the count of
# messages, whether it is frozen or refused, the filter of its frames and those under way, its
# three timers and the closing task.
class ServedConnection:
    """An open WebSocket of a client.

    Args:
        number: counts the exchange's connections from 1.
        private: whether it came in on the private path.
        caller: the client.
        transport: frames are written to it whole, so they never mix with the pongs and closing
            frames of the HTTP library.
        window_bits: of the negotiated compression; 0 for none.
        close: sends a closing frame with a code.
        behaviour: the exchange's.
    """

    def __init__(
        self,
        number: int,
        transport: asyncio.Transport,
        close: Callable[[int], Awaitable[object]],
        behaviour: Behaviour,
        *,
        private: bool,
        caller: Caller,
        window_bits: int,
    ) -> None:
        self.number = number
        self.private = private
        self.caller = caller
        self.format = "DEFAULT"
        self.request: Request | None = None
        self.refused = False
        self.frozen = False
        self._transport = transport
        self._close = close
        self._behaviour = behaviour
        self._window_bits = window_bits
        self._queue: list[bytes] = []
        self._batch: list[bytes] = []
        self._loop = asyncio.get_running_loop()
        self._limits = RateLimits(enforced=behaviour.limits)
        self._active_at = self._loop.time()
        self._idle_timer = self._loop.call_later(behaviour.idle_timeout_s, self._check_idle)
        self._status_timer: asyncio.TimerHandle | None = None
        self._close_timer: asyncio.TimerHandle | None = None
        self._closing: asyncio.Task[None] | None = None
        self._filter: FrameFilter | None = None
        self._late = DelayLine(self._write)
        self.ended_event = asyncio.Event()

    def __repr__(self) -> str:
        path = "private" if self.private else "public"
        return f"<ServedConnection {self.number} {path}>"

    def push(self, packet: Packet) -> None:
        """Queue a frame of data; it goes out with the next :meth:`flush`."""
        # Faults choose among single frames.
        batches = self._behaviour.list_batch > 1 and self._filter is None
        if batches and self.format.endswith("LIST"):
            self._batch.append(packet.payload[1:-1])
            if len(self._batch) == self._behaviour.list_batch:
                self._end_batch()
        else:
            self._queue_up(packet)

    def _end_batch(self) -> None:
        """In the LIST formats several frames of data may come as one array."""
        if self._batch:
            batch, self._batch = self._batch, []
            self._queue_up(Packet(b"[" + b",".join(batch) + b"]"))

    def _queue_up(self, packet: Packet) -> None:
        if self.refused or self.frozen:
            return
        if self._filter is None:
            self._queue.append(packet.wire(self._window_bits))
        else:
            self._push_through(self._filter, packet)

    def tell(self, payload: bytes) -> None:
        """Queue a message that is no data: a status, an error or a list of subscriptions."""
        if self._behaviour.wraps_messages and self.format.endswith("LIST"):
            payload = b"[" + payload + b"]"
        self._queue_up(Packet(payload))

    def flush(self) -> None:
        """Write what is queued; a client that does not read is dropped, not waited for."""
        self._end_batch()
        if not self._queue:
            return
        data = b"".join(self._queue)
        self._queue.clear()
        if self._transport.is_closing():
            return
        if self._behaviour.idle_counts == "both":
            self._active_at = self._loop.time()
        # Looked at beforehand: one frame of any size may be written to a client that reads.
        if self._transport.get_write_buffer_size() > self._behaviour.write_limit_bytes:
            self.abort()
        else:
            self._transport.write(data)

    def heard(self) -> None:
        """The client sent something, a ping or a pong included."""
        self._active_at = self._loop.time()

    def too_many(self) -> bool:
        """Count one message; whether the client sends more of them than it may."""
        verdict = self._limits.admit("websocket-message", "connection", self._loop.time())
        return verdict.status != 200

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
        """Send an error and close a moment later with code 1000, as the exchange does.

        On a slow line that moment is after the error has arrived.
        """
        if self.refused:
            return
        self.tell(error_frame(name, **fields))
        self.flush()
        self.refused = True
        self._close_when_told()

    def _close_when_told(self) -> None:
        if self._close_timer is None and not self._late.size:
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

    def hang_up(self) -> None:
        """End without a closing frame once all is written; the client sees code 1006."""
        self._transport.close()

    def end_after(self, delay_s: float, code: int | None) -> None:
        """Say and obey nothing more, and end in a while; ``code`` as for :meth:`Faults.drop`."""
        self.refused = True
        end = self.abort if code is None else lambda: self.close(code)
        self._close_timer = self._loop.call_later(delay_s, end)

    # -- faults --------------------------------------------------------------------------------

    def reset(self) -> None:
        """Drop the connection with a TCP reset."""
        reset(self._transport)

    def freeze(self) -> None:
        """Read and write nothing, not even pongs, and keep the socket open."""
        self.frozen = True
        self._queue.clear()
        self._transport.pause_reading()

    def thaw(self) -> None:
        """Go on; what was to be written meanwhile is lost."""
        if self.frozen:
            self.frozen = False
            self.heard()
            self._transport.resume_reading()

    def filter(self, faults: FrameFaults | None) -> None:
        """Let faults change what is sent from now on; None: no longer, and nothing waits."""
        if faults is not None:
            self._filter = self._filter or FrameFilter(faults)
        elif self._filter is not None:
            for packet in self._filter.released():
                self._late.put(0.0, packet.wire(self._window_bits))
            self._filter = None
            self._late.hurry()

    def _push_through(self, frame_filter: FrameFilter, packet: Packet) -> None:
        for sent in frame_filter.passed(packet):
            wire = sent.wire(self._window_bits)
            now = self._loop.time()
            due = frame_filter.due(len(wire), now)
            if due <= now and not self._late.size:
                self._queue.append(wire)
            else:
                self._late.put(due, wire)
        if self._late.size > self._behaviour.write_limit_bytes:
            self.abort()

    def _write(self, frames: list[bytes]) -> None:
        if not self.frozen:
            self._queue += frames
            self.flush()
        if self.refused:
            self._close_when_told()

    def ended(self) -> None:
        """The socket is gone: stop the timers."""
        self._queue.clear()
        self._late.close()
        for timer in (self._idle_timer, self._status_timer, self._close_timer):
            if timer is not None:
                timer.cancel()
        self.ended_event.set()

    def _send_status(self) -> None:
        self._status_timer = self._loop.call_later(
            self._behaviour.status_interval_s, self._send_status
        )
        self.tell(STATUS_UP)
        self.flush()

    def _check_idle(self) -> None:
        timeout_s = self._behaviour.idle_timeout_s
        left = timeout_s if self.frozen else self._active_at + timeout_s - self._loop.time()
        if left <= 0:
            self.abort()
        else:
            self._idle_timer = self._loop.call_later(left, self._check_idle)


def reset(transport: asyncio.Transport) -> None:
    """End a TCP connection with a reset: what is not delivered yet is thrown away."""
    if transport.is_closing():
        return
    # Windows keeps both numbers of this structure in 16 bits.
    linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()
