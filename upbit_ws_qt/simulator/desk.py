"""What the exchange does with a client's message. asyncio."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

from .connection import ServedConnection
from .frames import subscription_list_frame
from .hub import Hub
from .packet import Packet
from .request import Refusal, Request, read_request

__all__ = ["MessageDesk", "ReceivedRequest"]

_SLICE_S = 0.002
_PINGS = ("PING", b"PING")


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """One message of a client: the number of its connection and the JSON in it.

    ``request`` is the text itself where it was not JSON.
    """

    connection: int
    request: Any


# State: none of its own; it appends to the record it was given.
class MessageDesk:
    """Reads messages and carries them out.

    Args:
        hub: where subscriptions are kept.
        record: every message is appended to it, text pings aside.
    """

    def __init__(self, hub: Hub, record: list[ReceivedRequest]) -> None:
        self._hub = hub
        self._record = record

    async def obey(self, connection: ServedConnection, text: str | bytes) -> None:
        """Do what a message asks for, or refuse it and close."""
        if text not in _PINGS:
            self._record.append(ReceivedRequest(connection.number, _parsed(text)))
        if connection.too_many():
            connection.refuse("TOO_MANY_REQUEST")
            return
        if text in _PINGS:
            connection.begin_status()
            return
        request = read_request(text, private=connection.private)
        if isinstance(request, Refusal):
            connection.refuse(request.name, **request.fields)
            return
        if request.lists_subscriptions:
            self._list(connection, request)
        if request.wishes:
            connection.request = request
            connection.format = request.format or "DEFAULT"
            await self._subscribe(connection, request)
        connection.flush()

    def _list(self, connection: ServedConnection, request: Request) -> None:
        # A format sent with it changes the running streams too.
        connection.format = request.format or connection.format
        simple = connection.format.startswith("SIMPLE")
        rows = connection.subscription_rows()
        connection.push(Packet(subscription_list_frame(request.ticket, rows, simple=simple)))

    async def _subscribe(self, connection: ServedConnection, request: Request) -> None:
        if connection.private:
            # The account does not change, and private streams begin with no snapshot.
            return
        since = time.perf_counter()
        for _ in self._hub.replace(connection, request.wishes):
            if time.perf_counter() - since > _SLICE_S:
                connection.flush()
                await asyncio.sleep(0)
                since = time.perf_counter()


def _parsed(text: str | bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
