"""What faults make of the frames to a client: none, others, more, or later ones. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from typing import Literal, TypeAlias

from upbit_ws_qt.simulator.noise import Noise

from .packet import RESERVED, TEXT, Packet

__all__ = ["Corruption", "FrameFaults", "FrameFilter", "Mistake", "Occasion", "skewed"]

Corruption: TypeAlias = Literal["truncated", "garbage", "utf8", "framing", "nan"]
Mistake: TypeAlias = Literal["text", "type", "string", "shape"]
Change: TypeAlias = Callable[[Packet], tuple[Packet, ...]]

# A number after a key; the colons of a time of day stand between digits.
_NUMBER = re.compile(rb'(":\s*)(-?\d[0-9.eE+-]*)')
_MOMENT = re.compile(rb'("(?:[a-z_]*timestamp|[a-z]*tms)":\s*)(\d{13})(?!\d)')
_TYPE = re.compile(rb'("(?:type|ty)":)"[^"]*"')


def skewed(body: bytes, shift_ms: int) -> bytes:
    """The JSON ``body`` with every timestamp in ms moved by ``shift_ms``."""
    return _MOMENT.sub(lambda found: found[1] + b"%d" % (int(found[2]) + shift_ms), body)


# State: how many frames it has seen, and how many it may still take.
class Occasion:
    """Which data frames a fault takes: every n-th, so many times, of all sockets together."""

    def __init__(self, every: int, times: int | None) -> None:
        self._every = every
        self._left = times
        self._seen = 0

    def takes_next(self) -> bool:
        """Whether the fault takes the frame that is sent now."""
        if self._left == 0:
            return False
        self._seen += 1
        if self._seen % self._every:
            return False
        if self._left is not None:
            self._left -= 1
        return True


# State: the faults that are on.
class FrameFaults:
    """The faults that change frames, the same for all sockets.

    Attributes:
        silent: type and code of the streams that are silent; None stands for every one.
        shift_ms: how wrong the exchange's clock is.
        window: so many data frames at a time come in reverse order; 1 leaves the order.
        delay_s: every frame comes so much later.
        bytes_per_second: no more than this goes to one client; None for no limit.
    """

    def __init__(self, seed: int) -> None:
        self._noise = Noise(seed, "faults")
        self._garbage = itertools.count()
        self._changes: dict[str, tuple[Occasion, Change]] = {}
        self.silent: set[tuple[str | None, str | None]] = set()
        self.shift_ms = 0
        self.window = 1
        self.delay_s = 0.0
        self.bytes_per_second: float | None = None

    @property
    def on(self) -> bool:
        """Whether any frame may be changed."""
        return bool(
            self.silent or self._changes or self.shift_ms or self.window > 1 or self.is_slow
        )

    @property
    def is_slow(self) -> bool:
        """Whether frames come later."""
        return bool(self.delay_s or self.bytes_per_second)

    def end(self, name: str) -> None:
        """End one kind of changes; nothing happens where it is not on."""
        self._changes.pop(name, None)

    def duplicate(self, occasion: Occasion) -> None:
        """Send frames twice."""
        self._changes["duplicate"] = occasion, lambda packet: (packet, packet)

    def corrupt(self, kind: Corruption, occasion: Occasion) -> None:
        """Send frames that cannot be read."""
        self._changes["corrupt"] = occasion, lambda packet: (self._corrupted(packet, kind),)

    def wrong_type(self, kind: Mistake, occasion: Occasion) -> None:
        """Send frames that can be read and are not what they should be."""
        self._changes["wrong_type"] = occasion, lambda packet: (_mistaken(packet, kind),)

    def oversized(self, size: int, occasion: Occasion) -> None:
        """Send frames of so many bytes."""
        self._changes["oversized"] = occasion, lambda packet: (_padded(packet, size),)

    def of(self, packet: Packet) -> tuple[Packet, ...]:
        """What is sent instead of ``packet``."""
        stream = packet.stream
        if stream is None:
            # Not data: errors, the status, and the list of subscriptions.
            return () if (None, None) in self.silent else (packet,)
        type_, code = stream
        if not self.silent.isdisjoint(((None, None), (type_, None), (None, code), stream)):
            return ()
        if self.shift_ms:
            packet = Packet(skewed(packet.payload, self.shift_ms))
        sent: tuple[Packet, ...] = (packet,)
        for occasion, change in self._changes.values():
            if sent and occasion.takes_next():
                sent = (*change(sent[0]), *sent[1:])
        return sent

    def _corrupted(self, packet: Packet, kind: Corruption) -> Packet:
        payload = packet.payload
        if kind == "truncated":
            return Packet(payload[: len(payload) // 2])
        if kind == "garbage":
            return Packet(self._noise.generator(next(self._garbage)).bytes(len(payload)))
        if kind == "utf8":
            # A byte that UTF-8 never has, inside the first text.
            return Packet(payload.replace(b':"', b':"\xff', 1))
        if kind == "framing":
            return Packet(payload, RESERVED)
        return Packet(_NUMBER.sub(rb"\1NaN", payload))


# State: the frames that wait for their neighbours, and when the line to the client is free again.
class FrameFilter:
    """Passes the frames of one client through the faults that are on."""

    def __init__(self, faults: FrameFaults) -> None:
        self._faults = faults
        self._held: list[Packet] = []
        self._free_at = 0.0

    def passed(self, packet: Packet) -> Iterable[Packet]:
        """What is sent now that ``packet`` should be; it may have waited for others."""
        sent = self._faults.of(packet)
        if packet.stream is None:
            return sent
        self._held += sent
        return self.released() if len(self._held) >= self._faults.window else ()

    def released(self) -> list[Packet]:
        """The frames that waited, newest first; they wait no longer."""
        held, self._held = self._held, []
        return held[::-1]

    def due(self, size: int, now: float) -> float:
        """When a frame of so many bytes that is sent ``now`` (s) has arrived."""
        rate = self._faults.bytes_per_second
        begins = max(self._free_at, now)
        self._free_at = begins + size / rate if rate is not None else begins
        return self._free_at + self._faults.delay_s


def _mistaken(packet: Packet, kind: Mistake) -> Packet:
    payload = packet.payload
    if kind == "text":
        return Packet(payload, TEXT)
    if kind == "type":
        return Packet(_TYPE.sub(rb'\1"surprise"', payload, count=1))
    if kind == "string":
        return Packet(_NUMBER.sub(rb'\1"\2"', payload))
    return Packet(b'{"data":[' + payload + b"]}")


def _padded(packet: Packet, size: int) -> Packet:
    """The same frame with one more field, so long that the whole has ``size`` bytes."""
    begins = packet.payload.index(b"{") + 1
    head, tail = packet.payload[:begins], packet.payload[begins:]
    filling = size - len(packet.payload) - len(b'"padding":"",')
    return Packet(head + b'"padding":"' + b"x" * max(filling, 0) + b'",' + tail)
