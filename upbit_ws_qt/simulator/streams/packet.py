"""One frame for many connections: encoded, packed and compressed once for each way. Pure."""

from __future__ import annotations

import re
import zlib

__all__ = ["BINARY", "RESERVED", "TEXT", "Packet"]

# What a WebSocket frame says it is (RFC 6455, section 5.2); nobody has defined the last one.
TEXT, BINARY, RESERVED = 1, 2, 3
_SYNC_TAIL = b"\x00\x00\xff\xff"
_STREAM = re.compile(rb'\[?\{"(?:type|ty)":"([^"]+)"(?:,"(?:code|cd)":"([^"]+)")?')


# State: the ways it was packed before.
class Packet:
    """A payload and the WebSocket frames (RFC 6455, unmasked) that carry it.

    Args:
        payload: what is sent.
        opcode: the exchange sends everything as ``BINARY``; others are never compressed.
    """

    __slots__ = ("_deflated", "_plain", "opcode", "payload")

    def __init__(self, payload: bytes, opcode: int = BINARY) -> None:
        self.payload = payload
        self.opcode = opcode
        self._plain: bytes | None = None
        self._deflated: dict[int, bytes] = {}

    @property
    def stream(self) -> tuple[str, str] | None:
        """Type and code (empty where it has none) of a data frame; None for any other frame."""
        found = _STREAM.match(self.payload)
        return None if found is None else (found[1].decode(), (found[2] or b"").decode())

    def wire(self, window_bits: int) -> bytes:
        """The frame; ``window_bits`` is 0 without compression, else as was negotiated.

        Each payload is compressed by itself. That is allowed whatever was negotiated about
        context takeover (RFC 7692), and only so can connections share the result.
        """
        if not window_bits or self.opcode != BINARY:
            if self._plain is None:
                self._plain = _framed(0x80 | self.opcode, self.payload)
            return self._plain
        wire = self._deflated.get(window_bits)
        if wire is None:
            # zlib cannot make raw streams with a window of 8 bits; 9 is what it would use anyway.
            deflate = zlib.compressobj(wbits=-max(window_bits, 9))
            body = deflate.compress(self.payload) + deflate.flush(zlib.Z_SYNC_FLUSH)
            wire = _framed(0xC2, body.removesuffix(_SYNC_TAIL))
            self._deflated[window_bits] = wire
        return wire


def _framed(first: int, body: bytes) -> bytes:
    length = len(body)
    if length < 126:
        return bytes((first, length)) + body
    if length < 65_536:
        return bytes((first, 126)) + length.to_bytes(2, "big") + body
    return bytes((first, 127)) + length.to_bytes(8, "big") + body
