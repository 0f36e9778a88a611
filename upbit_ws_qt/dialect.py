"""What a connection's brain leaves to the exchange: how to ask, and how to read. Pure."""

from __future__ import annotations

from typing import Protocol, TypeAlias

from .events import Stamp
from .subscriptions import Stream, WirePlan
from .wire import (
    ControlFrame,
    DataEvent,
    ErrorFrame,
    decode_frame,
    encode_question,
    encode_request,
)

__all__ = ["AnswerFrame", "Dialect", "Frame", "RefusedFrame", "UpbitDialect"]

#: What one message of the exchange is read as.
Frame: TypeAlias = DataEvent | ControlFrame


class AnswerFrame(ControlFrame, frozen=True):
    """The exchange did what the message with this ticket asked for."""

    ticket: str


class RefusedFrame(ErrorFrame, frozen=True, kw_only=True):
    """The exchange did not; ``streams`` are what the message asked for. The connection goes on."""

    streams: frozenset[Stream]


class Dialect(Protocol):
    """How to speak with one kind of exchange; one for each of a manager's two connections.

    The brain decides what belongs on the wire and when a message may be sent. A dialect knows what
    to write so that it comes true: the whole list each time, or the difference, in one message or
    in several.
    """

    def connection_made(self) -> None:
        """A new connection carries nothing yet."""
        ...

    def request(self, plan: WirePlan, ticket: str, /) -> bytes:
        """The next message on the way to ``plan``; ``ticket`` is its unique mark.

        Called while ``carries(plan)`` is false, and to ask for what is carried once more.
        """
        ...

    def carries(self, plan: WirePlan, /) -> bool:
        """Whether the messages so far ask for ``plan`` and nothing else."""
        ...

    def question(self, ticket: str, /) -> bytes:
        """Asks for the list of our streams; the answer is a ``ListFrame`` with this ticket."""
        ...

    def decode(self, frame: bytes, stamp: Stamp, /) -> Frame:
        """Read one message.

        Raises:
            UnknownType: it is of a type that nobody here reads.
            DecodeError: it is not what the documents say.
        """
        ...


# State: what was asked for last.
class UpbitDialect:
    """Upbit's: each request is the whole list and replaces the one before; nothing says yes."""

    decode = staticmethod(decode_frame)
    question = staticmethod(encode_question)

    def __init__(self) -> None:
        self._asked: WirePlan = {}

    def connection_made(self) -> None:
        """A new connection carries nothing yet."""
        self._asked = {}

    def request(self, plan: WirePlan, ticket: str) -> bytes:
        """The whole list, in one message."""
        self._asked = dict(plan)
        return encode_request(plan, ticket)

    def carries(self, plan: WirePlan) -> bool:
        """Whether the last message asked for it."""
        return plan == self._asked
