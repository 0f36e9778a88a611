"""A small exchange whose streams are added and taken away by messages with an id. Tests only.

It speaks as Binance's combined streams do, over a real socket on loopback: see
developers.binance.com, web-socket-streams. Nothing moves but by :meth:`DeltaExchange.trade`.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from aiohttp import WSMsgType, web

from upbit_ws_qt import FeedSettings
from upbit_ws_qt.binance import BINANCE
from upbit_ws_qt.simulator.host import LoopbackServer

__all__ = ["DeltaExchange"]

_MINUTE_MS = 60_000


# State: what it carries.
class Served:
    """One connection."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.socket = socket
        self.streams: set[str] = set()
        self._request = request

    def drop(self) -> None:
        """End it without a word."""
        if self._request.transport is not None:
            self._request.transport.abort()


# State: the open connections and how many there were, what came in, which names it refuses; the
# number of the last trade.
class DeltaExchange(LoopbackServer):
    """Serves as many connections as come; refuses the names in ``unknown``."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[Served] = []
        self.dials = 0
        self.messages: list[dict[str, Any]] = []
        self.unknown: set[str] = set()
        self.calls: list[str] = []
        self._number = 0

    @property
    def carried(self) -> set[str]:
        """The streams of the newest connection."""
        return set(self.open[-1].streams) if self.open else set()

    def settings(self) -> FeedSettings:
        """The settings that point a manager here."""
        here = f"ws://127.0.0.1:{self.port}/stream"
        return FeedSettings(
            exchange=dataclasses.replace(BINANCE, region="here"),
            public_url=here,
            private_url=here,
            rest_url=f"http://127.0.0.1:{self.port}",
            grace_period_s=0.05,
        )

    async def trade(self, symbol: str, price: float, time_ms: int, volume: float = 0.5) -> None:
        """Somebody buys; all streams of the market say so."""
        self._number += 1
        name, text, amount = symbol.lower(), f"{price:.8f}", f"{volume:.8f}"
        head = {"E": time_ms, "s": symbol}
        start = time_ms - time_ms % _MINUTE_MS
        bar = dict.fromkeys("ohlc", text) | {"t": start, "i": "1m", "v": amount, "q": text}
        day = dict.fromkeys("xohlc", text) | {
            "p": "0",
            "P": "0",
            "Q": amount,
            "v": amount,
            "q": text,
        }
        book = {
            "lastUpdateId": self._number,
            "bids": [[f"{price - row:.8f}", "1.0"] for row in range(1, 21)],
            "asks": [[f"{price + row:.8f}", "2.0"] for row in range(1, 21)],
        }
        shallow = book | {side: book[side][:5] for side in ("bids", "asks")}  # type: ignore[index]
        sale = {"t": self._number, "p": text, "q": amount, "T": time_ms, "m": False, "M": True}
        await self.publish(f"{name}@trade", {"e": "trade", **head, **sale})
        await self.publish(f"{name}@ticker", {"e": "24hrTicker", **head, **day})
        await self.publish(f"{name}@kline_1m", {"e": "kline", **head, "k": bar})
        await self.publish(f"{name}@depth5@100ms", shallow)
        await self.publish(f"{name}@depth20@100ms", book)

    def drop(self) -> None:
        """End all connections without a word."""
        for served in self.open:
            served.drop()

    async def publish(self, name: str, data: dict[str, Any]) -> None:
        """Send data to those who asked for it by this name."""
        frame = json.dumps({"stream": name, "data": data})
        for served in tuple(self.open):
            if name in served.streams:
                await served.socket.send_str(frame)

    def _routes(self) -> list[web.RouteDef]:
        return [web.get("/stream", self._serve)]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        served = Served(socket, request)
        self.open.append(served)
        self.dials += 1
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await socket.send_str(json.dumps(self._obey(served, message.data)))
        finally:
            self.open.remove(served)
        return socket

    def _obey(self, served: Served, text: str) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(text)
        self.messages.append(said)
        names = set(said.get("params", ()))
        if said["method"] == "LIST_SUBSCRIPTIONS":
            return {"result": sorted(served.streams), "id": said["id"]}
        if names & self.unknown:
            refusal = {"code": 2, "msg": "Invalid request: unknown stream"}
            return {"error": refusal, "id": said["id"]}
        if said["method"] == "SUBSCRIBE":
            served.streams |= names
        else:
            served.streams -= names
        return {"result": None, "id": said["id"]}

    async def _closing(self) -> None:
        self.drop()
