"""A plain client of an exchange, gentle with its limits. asyncio."""

from __future__ import annotations

import base64
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ssl import SSLContext
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import quote

import aiohttp
from multidict import CIMultiDictProxy
from yarl import URL

from upbit_ws_qt.ratelimit import SlidingWindows
from upbit_ws_qt.system.credentials import Credentials

from .address import Address
from .case import Mismatch, NotApplicable
from .socket import Socket, pause_for, read_json
from .token import bearer, query_hash

__all__ = ["SIMULATOR", "Answer", "Client", "Tempo"]

#: What a simulated exchange writes into the header ``Server``.
SIMULATOR = "upbit-ws-qt-simulator"

_CALL_S = 20.0
_LONGEST_MESSAGE = 16 * 1024 * 1024

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tempo:
    """How fast one may go, and how long the exchange takes for what it does by the clock.

    Attributes:
        calls: REST calls a second of one group. About half of what the exchange allows: other
            programs may share the address or the account.
        connects: WebSockets opened a second; likewise.
        idle_s: a socket without data is dropped after something between these two. Measured 60,
            documented 120.
        status_s: the cycle that a text ``PING`` switches on.
    """

    calls: int = 5
    connects: int = 3
    idle_s: tuple[float, float] = (55.0, 130.0)
    status_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A REST answer; numbers with a point are ``Decimal``."""

    status: int
    headers: CIMultiDictProxy[str]
    text: str
    body: object

    @property
    def rows(self) -> list[Row]:
        """The objects of a list.

        Raises:
            Mismatch: it is something else.
        """
        body = self.body
        if self.status != 200 or not isinstance(body, list):
            raise Mismatch("a list", f"{self.status} {self.text}")
        return cast("list[Row]", body)

    @property
    def row(self) -> Row:
        """The object.

        Raises:
            Mismatch: it is something else.
        """
        body = self.body
        if self.status not in (200, 201) or not isinstance(body, dict):
            raise Mismatch("an object", f"{self.status} {self.text}")
        return cast("Row", body)

    @property
    def error(self) -> tuple[int, Any]:
        """The status and the error's name.

        Raises:
            Mismatch: it is no error, or its object has another form.
        """
        body = self.body
        outer = cast("Row", body) if isinstance(body, dict) else {}
        inner = cast("Row", outer["error"]) if isinstance(outer.get("error"), dict) else {}
        if not {"name", "message"} <= set(inner):
            raise Mismatch("an error with a name and a message", f"{self.status} {self.text}")
        return self.status, inner["name"]

    @property
    def remaining(self) -> dict[str, str]:
        """The header ``Remaining-Req`` by its parts."""
        parts = (part.partition("=") for part in self.headers.get("Remaining-Req", "").split(";"))
        return {name.strip(): value.strip() for name, _, value in parts}


# State: the session, the budget of each kind of call, and what is known of the exchange.
class Client:
    """Calls one exchange; used as ``async with Client(address, credentials) as client:``.

    Args:
        address: of the exchange.
        credentials: of an account there, or None.
        tempo: another one than for the real exchange.
    """

    def __init__(
        self, address: Address, credentials: Credentials | None = None, tempo: Tempo | None = None
    ) -> None:
        self.address = address
        self.tempo = tempo or Tempo()
        self.simulated = False
        self.codes: tuple[str, ...] = ()
        self._credentials = credentials
        self._budgets: dict[str, SlidingWindows] = {}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_CALL_S))
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.session.close()

    @property
    def session(self) -> aiohttp.ClientSession:
        """The HTTP session."""
        if self._session is None:
            raise RuntimeError("use it as: async with Client(...) as client")
        return self._session

    @property
    def has_key(self) -> bool:
        """Whether there is an account to look at."""
        return self._credentials is not None

    @property
    def credentials(self) -> Credentials:
        """The account's key.

        Raises:
            NotApplicable: there is none.
        """
        if self._credentials is None:
            raise NotApplicable("needs a key")
        return self._credentials

    async def meet(self) -> None:
        """Learn which markets there are and whether this is a simulated exchange.

        Raises:
            Mismatch: it does not list its markets.
        """
        answer = await self.get("/v1/market/all")
        try:
            self.codes = tuple(row["market"] for row in answer.rows)
        except (LookupError, TypeError):
            raise Mismatch("a list of markets", answer.text) from None
        self.simulated = answer.headers.get("Server", "").startswith(SIMULATOR)

    def of_quote(self, quote_currency: str, most: int) -> list[str]:
        """The last codes of one quote currency: those that trade least."""
        return [code for code in self.codes if code.startswith(f"{quote_currency}-")][-most:]

    # -- REST ----------------------------------------------------------------------------------

    async def get(self, path: str, **query: object) -> Answer:
        """A call of the quotation API."""
        await self._pace(path.split("/")[2], self.tempo.calls)
        text = "&".join(f"{name}={value}" for name, value in query.items())
        return await self.call("GET", path, text)

    async def rows(self, path: str, **query: object) -> list[Row]:
        """The rows that a call of the quotation API answers."""
        return (await self.get(path, **query)).rows

    async def signed(
        self,
        method: str,
        path: str,
        query: str = "",
        *,
        body: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """A call of the exchange API.

        Args:
            method: GET, POST or DELETE.
            path: begins with ``/v1``.
            query: before URL encoding, as it goes into the token's hash.
            body: sent as JSON; hashed as the same fields in a query string.
            headers: in place of those made with the account's key.
        """
        await self._pace("exchange", self.tempo.calls)
        if headers is None:
            text = query or "&".join(f"{name}={value}" for name, value in (body or {}).items())
            headers = bearer(self.credentials, query_hash(text) if text else None)
        return await self.call(method, path, query, headers=headers, body=body)

    async def call(
        self,
        method: str,
        path: str,
        query: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, str] | None = None,
    ) -> Answer:
        """A call as it stands, without regard to limits; ``query`` is before URL encoding."""
        url = self.address.rest + path + (f"?{quote(query, safe='=&[],')}" if query else "")
        async with self.session.request(
            method, URL(url, encoded=True), headers=headers, json=body
        ) as response:
            data = await response.read()
            text = data.decode(errors="replace")
            return Answer(response.status, response.headers, text, read_json(data))

    # -- WebSocket -----------------------------------------------------------------------------

    @asynccontextmanager
    async def socket(
        self,
        *,
        private: bool = False,
        headers: Mapping[str, str] | None = None,
        compress: int = 0,
        autoping: bool = True,
        tls: SSLContext | None = None,
    ) -> AsyncGenerator[Socket]:
        """An open WebSocket.

        Args:
            private: open the private one.
            headers: of the upgrade; without them the private one gets a fresh token.
            compress: the window bits to offer; 0 offers no compression.
            autoping: answer pings and hide them.
            tls: how to encrypt; None is the HTTP library's way.

        Raises:
            Mismatch: it is refused.
        """
        await self._pace("connect", self.tempo.connects)
        settings = self.address.settings()
        if private and headers is None:
            headers = bearer(self.credentials)
        try:
            socket = await self.session.ws_connect(
                settings.private_url if private else settings.public_url,
                headers=headers,
                compress=compress,
                autoping=autoping,
                ssl=tls or True,
                max_msg_size=_LONGEST_MESSAGE,
            )
        except aiohttp.WSServerHandshakeError as error:
            raise Mismatch("an open WebSocket", f"HTTP status {error.status}") from None
        async with socket:
            yield Socket(socket)

    async def upgraded(self) -> Answer:
        """The HTTP answer to an upgrade of the public WebSocket, which is left at once."""
        await self._pace("connect", self.tempo.connects)
        headers = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        }
        url = self.address.settings().public_url.replace("ws", "http", 1)
        async with self.session.get(url, headers=headers) as response:
            response.close()
            return Answer(response.status, response.headers, "", None)

    async def _pace(self, kind: str, a_second: int) -> None:
        windows = self._budgets.setdefault(kind, SlidingWindows(((a_second, 1.0),)))
        await pause_for(windows)
