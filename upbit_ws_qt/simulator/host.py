"""An exchange's port: an HTTP server on loopback with a beginning and an end. asyncio."""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeAlias, cast

from aiohttp import hdrs, web

from upbit_ws_qt.errors import InvalidState
from upbit_ws_qt.settings import FeedSettings

__all__ = ["PRIVATE_PATH", "PUBLIC_PATH", "Handler", "LoopbackServer"]

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

HOST = "127.0.0.1"
PUBLIC_PATH = "/websocket/v1"
PRIVATE_PATH = "/websocket/v1/private"
_LONGEST_LINE = 64 * 1024
_NOT_FOUND = '{"error":{"name":"not_found","message":"해당하는 경로가 없습니다."}}'.encode()


# State: the port, and the running server.
class LoopbackServer:
    """What the simulated exchange and a replayed recording have in common.

    Subclasses say what is served in :meth:`_routes`, what stands around every answer in
    :meth:`_around` and :meth:`_dress`, and what lives only while the port is open in
    :meth:`_opened` and :meth:`_closing`.
    """

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Open the port.

        Raises:
            InvalidState: it is open already, or the port is taken or forbidden.
        """
        if self._runner is not None:
            raise InvalidState("this exchange is already running")
        app = web.Application()
        app.on_response_prepare.append(self._dress)
        # No middlewares: the library remembers each application that has some, for ever, and with
        # it the whole exchange.
        for route in (*self._routes(), web.route("*", "/{path:.*}", _nowhere)):
            handler = _answering(self._around(cast("Handler", route.handler)))
            web.route(route.method, route.path, handler, **route.kwargs).register(app.router)
        # Long lines: a call may name every market there is.
        runner = web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=1.0,
            max_line_size=_LONGEST_LINE,
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, self.port).start()
        except OSError as error:
            await runner.cleanup()
            busy = error.errno == errno.EADDRINUSE
            reason = "is taken by another program" if busy else "may not be opened"
            raise InvalidState(
                f"port {self.port} on {HOST} {reason}; choose another one, or 0 for a free one"
            ) from None
        self._runner = runner
        self.port = runner.addresses[0][1]
        self._opened()

    async def stop(self) -> None:
        """Close the port and drop every connection; does nothing when it is closed."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await self._closing()
            await runner.cleanup()

    def settings(self) -> FeedSettings:
        """The settings that point a manager here."""
        return FeedSettings(
            public_url=f"ws://{HOST}:{self.port}{PUBLIC_PATH}",
            private_url=f"ws://{HOST}:{self.port}{PRIVATE_PATH}",
            rest_url=f"http://{HOST}:{self.port}",
        )

    def _routes(self) -> list[web.RouteDef]:
        raise NotImplementedError

    def _around(self, handler: Handler) -> Handler:
        return handler

    async def _dress(self, _request: web.Request, response: web.StreamResponse) -> None:
        """Let nobody take it for the real exchange: the conformance suite is rough only with us."""
        response.headers[hdrs.SERVER] = "upbit-ws-qt-simulator"

    def _opened(self) -> None:
        """The port is open."""

    async def _closing(self) -> None:
        """The port is about to be closed."""


async def _nowhere(_request: web.Request) -> web.Response:
    """A path that leads nowhere is answered in the exchange's own words."""
    return web.Response(body=_NOT_FOUND, status=404, content_type="application/json")


def _answering(handler: Handler) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except ConnectionResetError:
            # The client left before it was answered; the answer reaches nobody.
            return web.Response(status=499)

    return answer
