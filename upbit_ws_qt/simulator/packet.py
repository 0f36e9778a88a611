"""One frame for many connections: encoded, packed and compressed once for each way. Pure."""

from __future__ import annotations

import zlib

__all__ = ["Packet"]

_SYNC_TAIL = b"\x00\x00\xff\xff"


# State: the ways it was packed before.
class Packet:
    """A payload and the WebSocket frames (RFC 6455, binary, unmasked) that carry it."""

    __slots__ = ("_deflated", "_plain", "payload")

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self._plain: bytes | None = None
        self._deflated: dict[int, bytes] = {}

    def wire(self, window_bits: int) -> bytes:
        """The frame; ``window_bits`` is 0 without compression, else as was negotiated.

        Each payload is compressed by itself. That is allowed whatever was negotiated about
        context takeover (RFC 7692), and only so can connections share the result.
        """
        if not window_bits:
            if self._plain is None:
                self._plain = _framed(0x82, self.payload)
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
