"""The exchange half of the simulated exchange's REST interface: what needs a key. asyncio."""

from __future__ import annotations

from aiohttp import web

from .account import Account
from .gate import Fields, Gate, json_response

__all__ = ["TradingApi"]


# State: none of its own.
class TradingApi:
    """Answers for one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self, gate: Gate) -> list[web.RouteDef]:
        """Everything that is served, behind ``gate``."""
        return [web.get("/v1/accounts", gate.signed("default", self._accounts, "자산조회"))]

    async def _accounts(self, _request: web.Request, _fields: Fields) -> web.Response:
        return json_response(self._account.rows())
