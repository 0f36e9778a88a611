"""Where one WebSocket frame ends and the next begins. Pure.

Nearly all that comes is whole, uncompressed data messages. They are cut out here, in a fifth of the
time that a full parser takes; every other frame is handed on, byte for byte, to one that knows them
all. Source of the format: RFC 6455, section 5.2.
"""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["FrameSplitter"]

# The first byte of a whole text or binary message: FIN, no extension's bits, the opcode.
_WHOLE_MESSAGES = (0x81, 0x82)
_OPCODE = 0x0F
_CONTINUATION = 0x00
_FIRST_CONTROL = 0x08
_FIN = 0x80
# The second byte: seven bits of length, of which two values say that it follows in 2 or 8 bytes.
# With the bit above them a frame is masked, which a server's never is.
_LONG = 126
_HUGE = 127
_LONG_HEAD = 4
_HUGE_HEAD = 10


# State: the bytes of a frame that is not whole yet, how many it takes to go on, and whether a
# message in fragments is under way.
class FrameSplitter:
    """Cuts a stream of bytes into frames.

    Args:
        max_size: bytes; a longer frame is not waited for but handed on as far as it came, for the
            parser to refuse.
    """

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size
        self._rest = b""
        self._needed = 2
        self._in_fragments = False

    def feed(self, data: bytes | memoryview, messages: list[bytes]) -> Iterator[bytes]:
        """Take what was read; the payloads of whole messages are added to ``messages``.

        Yields anything else when its turn has come: a control frame, a fragment, a compressed or
        a broken frame, header included.
        """
        buffer = self._rest + data if self._rest else bytes(data)
        size = len(buffer)
        if size < self._needed:
            self._rest = buffer
            return
        start = 0
        needed = 2
        while size - start >= 2:
            first, length = buffer[start], buffer[start + 1]
            if length < _LONG:
                head = 2
            elif length == _LONG:
                head = _LONG_HEAD
                if size - start < head:
                    needed = head
                    break
                length = buffer[start + 2] << 8 | buffer[start + 3]
            elif length == _HUGE:
                head = _HUGE_HEAD
                if size - start < head:
                    needed = head
                    break
                length = int.from_bytes(buffer[start + 2 : start + head], "big")
            else:
                # Masked: not what a server may send. All that follows is for the parser to judge.
                head, length = 0, size - start
            if length > self._max_size:
                head, length = 0, size - start
            end = start + head + length
            if end > size:
                needed = end - start
                break
            if first in _WHOLE_MESSAGES and head and not self._in_fragments:
                messages.append(buffer[start + head : end])
            else:
                if first & _OPCODE < _FIRST_CONTROL:
                    self._in_fragments = not first & _FIN
                yield buffer[start:end]
            start = end
        self._rest = buffer[start:]
        self._needed = needed
