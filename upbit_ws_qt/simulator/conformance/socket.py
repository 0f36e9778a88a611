"""A WebSocket of an exchange and the frames in it, seen by a plain client. asyncio."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from aiohttp import ClientWebSocketResponse, WSMsgType

from upbit_ws_qt.ratelimit import MESSAGE_WINDOWS, SlidingWindows

from .case import Mismatch

__all__ = ["Frame", "Socket", "pause_for", "read_json"]

_FRAME_S = 30.0
# Other programs may share the address: we leave them something.
_SHARE = 0.8


def read_json(text: str | bytes) -> object:
    """JSON whose numbers with a point become ``Decimal``; None where it is no JSON."""
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError:
        return None


async def pause_for(windows: SlidingWindows) -> None:
    """Wait for the next place in a budget."""
    now = asyncio.get_running_loop().time()
    await asyncio.sleep(windows.reserve(now) - now)


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame of the exchange; numbers with a point are ``Decimal``."""

    text: str
    body: object
    binary: bool

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The objects in the array of a LIST format; none where it is no array."""
        body = self.body
        return cast("list[dict[str, Any]]", body) if isinstance(body, list) else []

    @property
    def data(self) -> dict[str, Any]:
        """The object in it, taken out of the array of a LIST format.

        Raises:
            Mismatch: there is none.
        """
        body = self.rows[0] if self.rows else self.body
        if not isinstance(body, dict):
            raise Mismatch("a JSON object, or an array of such", self.text)
        return cast("dict[str, Any]", body)

    @property
    def error_name(self) -> str:
        """The error's name; empty where it is none."""
        error = self.data.get("error")
        return str(cast("dict[str, Any]", error)["name"]) if isinstance(error, dict) else ""

    @property
    def is_list(self) -> bool:
        """Whether it answers LIST_SUBSCRIPTIONS."""
        return "method" in self.data or "mthd" in self.data

    @property
    def is_realtime(self) -> bool:
        """Whether it is data that came after the snapshots."""
        return self.data.get("stream_type", self.data.get("st")) == "REALTIME"


# State: the socket and the times of the messages sent.
class Socket:
    """An open WebSocket."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.raw = socket
        self._windows = SlidingWindows(MESSAGE_WINDOWS, _SHARE)

    async def say(self, message: str) -> None:
        """Send a text frame, as soon as the limits allow."""
        await pause_for(self._windows)
        await self.raw.send_str(message)

    async def ask(self, *parts: Mapping[str, Any]) -> None:
        """Send a request made of a ticket and these objects."""
        await self.say(json.dumps([{"ticket": "conformance"}, *parts]))

    async def frame(self, timeout_s: float = _FRAME_S) -> Frame:
        """The next frame of data.

        Raises:
            Mismatch: none comes, or the connection ends.
        """
        try:
            message = await self.raw.receive(timeout=timeout_s)
        except TimeoutError:
            raise Mismatch(f"a frame within {timeout_s:g} s", "none") from None
        if message.type is WSMsgType.BINARY:
            return Frame(message.data.decode(), read_json(message.data), binary=True)
        if message.type is WSMsgType.TEXT:
            return Frame(message.data, read_json(message.data), binary=False)
        raise Mismatch("a frame", f"the end of the connection, code {self.raw.close_code}")

    async def frames(self, count: int) -> list[Frame]:
        """The next so many frames."""
        return [await self.frame() for _ in range(count)]

    async def find(self, wanted: Callable[[Frame], object], what: str) -> Frame:
        """The next frame that is wanted; others are passed over.

        Raises:
            Mismatch: it does not come.
        """
        try:
            async with asyncio.timeout(_FRAME_S):
                while True:
                    frame = await self.frame()
                    if wanted(frame):
                        return frame
        except TimeoutError:
            raise Mismatch(f"{what} within {_FRAME_S:g} s", "other frames") from None

    async def realtime(self, count: int = 1) -> list[Frame]:
        """The next so many frames of data that are no snapshots."""
        return [
            await self.find(lambda frame: frame.is_realtime, "a REALTIME frame")
            for _ in range(count)
        ]

    async def listed(self, *parts: Mapping[str, Any]) -> tuple[list[Frame], Frame]:
        """Ask for the list of subscriptions; ``parts`` go with it.

        Returns:
            The frames before it, which are all that were sent so far, and the list.
        """
        await self.ask({"method": "LIST_SUBSCRIPTIONS"}, *parts)
        before: list[Frame] = []

        def is_list(frame: Frame) -> bool:
            if not frame.is_list:
                before.append(frame)
            return frame.is_list

        answer = await self.find(is_list, "the list of subscriptions")
        return before, answer

    async def end(self, timeout_s: float = _FRAME_S) -> int | None:
        """Read until the connection ends.

        Returns:
            Its close code; 1006 where there was no close frame.

        Raises:
            Mismatch: it does not end.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    message = await self.raw.receive()
                    if message.type not in (WSMsgType.BINARY, WSMsgType.TEXT):
                        return self.raw.close_code
        except TimeoutError:
            raise Mismatch(f"the end of the connection within {timeout_s:g} s", "none") from None
