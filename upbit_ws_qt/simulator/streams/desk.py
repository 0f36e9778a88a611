"""What the exchange does with a client's message. asyncio."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from upbit_ws_qt.simulator.behaviour import Behaviour
from upbit_ws_qt.simulator.keys import Right

from .connection import ServedConnection
from .frames import error_frame, subscription_list_frame
from .hub import Hub
from .private_hub import PrivateHub
from .request import Refusal, Request, read_request

__all__ = ["MessageDesk", "ReceivedRequest"]

_SLICE_S = 0.002
# An exchange may run for days.
_MOST_KEPT = 1000
_PINGS = ("PING", b"PING")
# Source: docs.upbit.com, auth. What a request without the right gets is not documented;
# INVALID_AUTH is the only error there is about keys.
_RIGHTS: dict[str, Right] = {"myAsset": "자산조회", "myOrder": "주문조회"}


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
        behaviour: the exchange's.
        hub: where public subscriptions are kept.
        private_hub: where those to the account are kept.
        market_time: ms since 1970.
        record: every message is appended to it, text pings aside; the latest thousand stay.
    """

    def __init__(
        self,
        behaviour: Behaviour,
        hub: Hub,
        private_hub: PrivateHub,
        market_time: Callable[[], int],
        record: list[ReceivedRequest],
    ) -> None:
        self._behaviour = behaviour
        self._hub = hub
        self._private_hub = private_hub
        self._market_time = market_time
        self._record = record

    async def obey(self, connection: ServedConnection, text: str | bytes) -> None:
        """Do what a message asks for, or refuse it and close."""
        if text not in _PINGS:
            self._record.append(ReceivedRequest(connection.number, _parsed(text)))
            del self._record[:-_MOST_KEPT]
        if connection.too_many():
            self._complain(connection)
            return
        if text in _PINGS:
            connection.begin_status()
            return
        most_codes = self._behaviour.most_codes
        request = read_request(text, private=connection.private, most_codes=most_codes)
        if isinstance(request, Refusal):
            connection.refuse(request.name, **request.fields)
            return
        if not _may(connection, request):
            connection.refuse("INVALID_AUTH")
            return
        if request.lists_subscriptions:
            self._list(connection, request)
        if request.wishes:
            connection.request = request
            connection.format = request.format or "DEFAULT"
            await self._subscribe(connection, request)
        connection.flush()

    def forget(self, connection: ServedConnection) -> None:
        """End the streams of a connection that is gone."""
        self._hub.remove(connection)
        self._private_hub.remove(connection)

    def lose_streams(
        self, connection: ServedConnection, stream: str | None, code: str | None
    ) -> None:
        """Forget these streams of a client; the others go on without snapshots."""
        if connection.request is None:
            return
        connection.request = connection.request.without(stream, code)
        kept = [replace(wish, only_realtime=True) for wish in connection.request.wishes]
        if connection.private:
            self._private_hub.replace(connection, kept, self._market_time())
        else:
            deque(self._hub.replace(connection, kept), maxlen=0)

    def _complain(self, connection: ServedConnection) -> None:
        if self._behaviour.after_too_many == "close":
            connection.refuse("TOO_MANY_REQUEST")
        else:
            connection.tell(error_frame("TOO_MANY_REQUEST"))
            connection.flush()

    def _list(self, connection: ServedConnection, request: Request) -> None:
        # A format sent with it changes the running streams too.
        connection.format = request.format or connection.format
        simple = connection.format.startswith("SIMPLE")
        rows = connection.subscription_rows()
        connection.tell(subscription_list_frame(request.ticket, rows, simple=simple))

    async def _subscribe(self, connection: ServedConnection, request: Request) -> None:
        if connection.private:
            self._private_hub.replace(connection, request.wishes, self._market_time())
            return
        since = time.perf_counter()
        for _ in self._hub.replace(connection, request.wishes):
            if time.perf_counter() - since > _SLICE_S:
                connection.flush()
                await asyncio.sleep(0)
                since = time.perf_counter()


def _may(connection: ServedConnection, request: Request) -> bool:
    """Whether the key has the rights to all that is asked for."""
    key = connection.caller.key
    rights = {_RIGHTS[wish.type] for wish in request.wishes if wish.type in _RIGHTS}
    return not rights or (key is not None and rights <= key.rights)


def _parsed(text: str | bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
