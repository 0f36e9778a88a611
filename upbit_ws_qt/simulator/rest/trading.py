"""The exchange half of the simulated exchange's REST interface: what needs a key. asyncio.

Served is what concerns an account and its orders. There are no deposits and no withdrawals: their
lists are empty.
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from upbit_ws_qt.simulator.account.account import Account, Holding
from upbit_ws_qt.simulator.account.broker import Broker
from upbit_ws_qt.simulator.account.order_rules import OrderRefused, check_market, order_not_found
from upbit_ws_qt.simulator.account.orders import NewOrder, Order
from upbit_ws_qt.simulator.keys import KeyRing, Right
from upbit_ws_qt.simulator.market.floor import TradingFloor

from .gate import Fields, Gate, SignedHandler, json_response
from .order_query import (
    bad_request,
    closed_orders,
    identifiers,
    invalid_parameter,
    new_order,
    one,
    orders_in_state,
    orders_to_cancel,
    sorted_orders,
)
from .order_rows import (
    as_accepted,
    cancellation,
    chance_row,
    kst,
    order_row,
    trade_row,
    wallet_rows,
)
from .query import ExchangeError

__all__ = ["TradingApi"]

_OPEN, _CLOSED = ("wait", "watch"), ("done", "cancel")
_MOST_OPEN, _MOST_CLOSED, _MOST_READ, _MOST_CANCELLED = 100, 1000, 100, 20


# State: none of its own.
class TradingApi:
    """Answers for one account.

    Args:
        floor: where the orders are traded.
        account: the customer's balances.
        broker: the customer's orders.
        keys: the customer's.
        flush: writes what the private streams have to tell, after each change.
    """

    def __init__(
        self,
        floor: TradingFloor,
        account: Account,
        broker: Broker,
        keys: KeyRing,
        flush: Callable[[], None],
    ) -> None:
        self._floor = floor
        self._account = account
        self._broker = broker
        self._keys = keys
        self._flush = flush

    def routes(self, gate: Gate) -> list[web.RouteDef]:
        """Everything that is served, behind ``gate``."""
        # Source of groups and rights: docs.upbit.com, rate-limits and the page of each call.
        calls: tuple[tuple[str, str, str, Right | None, SignedHandler], ...] = (
            ("GET", "/v1/accounts", "default", "자산조회", self._accounts),
            ("GET", "/v1/orders/chance", "default", "주문조회", self._chance),
            ("GET", "/v1/order", "default", "주문조회", self._order),
            ("GET", "/v1/orders", "default", "주문조회", self._any_orders),
            ("GET", "/v1/orders/open", "default", "주문조회", self._open_orders),
            ("GET", "/v1/orders/closed", "default", "주문조회", self._closed_orders),
            ("GET", "/v1/orders/uuids", "default", "주문조회", self._named_orders),
            ("POST", "/v1/orders", "order", "주문하기", self._place),
            ("POST", "/v1/orders/test", "order-test", "주문하기", self._test),
            ("POST", "/v1/orders/cancel_and_new", "order", "주문하기", self._cancel_and_new),
            ("DELETE", "/v1/order", "default", "주문하기", self._cancel),
            ("DELETE", "/v1/orders/open", "order-cancel-all", "주문하기", self._cancel_many),
            ("DELETE", "/v1/orders/uuids", "default", "주문하기", self._cancel_named),
            ("GET", "/v1/status/wallet", "default", None, self._wallets),
            ("GET", "/v1/api_keys", "default", None, self._api_keys),
            ("GET", "/v1/deposits", "default", "입금조회", self._nothing),
            # A widespread client writes two slashes, which the exchange reads as one.
            ("GET", "//v1/deposits", "default", "입금조회", self._nothing),
            ("GET", "/v1/deposits/coin_addresses", "default", "입금조회", self._nothing),
            ("GET", "/v1/deposit", "default", "입금조회", self._no_deposit),
            ("GET", "/v1/withdraws", "default", "출금조회", self._nothing),
            ("GET", "/v1/withdraws/coin_addresses", "default", "출금조회", self._nothing),
            ("GET", "/v1/withdraw", "default", "출금조회", self._no_withdrawal),
        )
        return [
            web.route(method, path, gate.signed(group, _refusing(handler), right))
            for method, path, group, right, handler in calls
        ]

    # -- the account -----------------------------------------------------------------------------

    async def _accounts(self, _request: web.Request, _fields: Fields) -> web.Response:
        return json_response(self._account.rows())

    async def _chance(self, _request: web.Request, fields: Fields) -> web.Response:
        market = one(fields, "market")
        if not market:
            raise invalid_parameter()
        listing = self._floor.listings[check_market(market, self._floor.listings)]
        accounts = (self._holding(currency).row() for currency in (listing.quote, listing.base))
        return json_response(chance_row(listing, *accounts))

    def _holding(self, currency: str) -> Holding:
        return self._account.holdings.get(currency) or Holding(currency)

    # -- reading orders --------------------------------------------------------------------------

    async def _order(self, _request: web.Request, fields: Fields) -> web.Response:
        order = self._find(one(fields, "uuid"), one(fields, "identifier"), invalid_parameter)
        trades = [trade_row(order, fill) for fill in order.fills]
        return json_response(order_row(order, pointed=False) | {"trades": trades})

    async def _open_orders(self, _request: web.Request, fields: Fields) -> web.Response:
        orders = orders_in_state(
            self._broker.orders, fields, allowed=_OPEN, default=("wait",), most=_MOST_OPEN
        )
        return _rows(orders, pointed=True)

    async def _closed_orders(self, _request: web.Request, fields: Fields) -> web.Response:
        orders = closed_orders(
            self._broker.orders, fields, self._floor.now_ms, allowed=_CLOSED, most=_MOST_CLOSED
        )
        return _rows(orders, pointed=True)

    async def _any_orders(self, _request: web.Request, fields: Fields) -> web.Response:
        # The call from before those by state; older clients use it still.
        orders = orders_in_state(
            self._broker.orders,
            fields,
            allowed=_OPEN + _CLOSED,
            default=("wait",),
            most=_MOST_OPEN,
        )
        return _rows(orders, pointed=True)

    async def _named_orders(self, _request: web.Request, fields: Fields) -> web.Response:
        named = identifiers(fields, _MOST_READ)
        if named is None:
            raise invalid_parameter()
        uuids = {order.uuid for order in self._named(*named) if order is not None}
        market = one(fields, "market")
        found = (
            order
            for order in self._broker.orders
            if order.uuid in uuids and market in (None, order.code)
        )
        return _rows(sorted_orders(found, fields), pointed=False)

    def _named(self, name: str, values: list[str]) -> list[Order | None]:
        if name == "uuids":
            return [self._broker.find(uuid=value) for value in values]
        return [self._broker.find(identifier=value) for value in values]

    def _find(
        self,
        uuid: str | None,
        identifier: str | None,
        nothing_named: Callable[[], ExchangeError],
    ) -> Order:
        """The order that a call names; the uuid counts where both are given."""
        if not (uuid or identifier):
            raise nothing_named()
        order = self._broker.find(uuid=uuid or None, identifier=identifier)
        if order is None:
            raise order_not_found()
        return order

    # -- placing and cancelling ------------------------------------------------------------------

    async def _place(self, _request: web.Request, fields: Fields) -> web.Response:
        order = self._broker.place(new_order(fields))
        self._flush()
        return json_response(order_row(as_accepted(order), pointed=True), 201)

    async def _test(self, _request: web.Request, fields: Fields) -> web.Response:
        order = self._broker.check(new_order(fields))
        return json_response(order_row(order, pointed=True), 201)

    async def _cancel_and_new(self, _request: web.Request, fields: Fields) -> web.Response:
        former = self._find(
            one(fields, "prev_order_uuid"), one(fields, "prev_order_identifier"), invalid_parameter
        )
        row = order_row(former, pointed=False)
        wanted = NewOrder(
            market=former.code,
            side=former.side,
            ord_type=one(fields, "new_ord_type"),
            price=one(fields, "new_price"),
            volume=one(fields, "new_volume"),
            time_in_force=one(fields, "new_time_in_force"),
            smp_type=one(fields, "new_smp_type"),
            identifier=one(fields, "new_identifier"),
        )
        order = self._broker.cancel_and_new(former, wanted)
        self._flush()
        row["new_order_uuid"] = order.uuid
        if order.identifier is not None:
            row["new_order_identifier"] = order.identifier
        return json_response(row, 201)

    async def _cancel(self, _request: web.Request, fields: Fields) -> web.Response:
        order = self._find(one(fields, "uuid"), one(fields, "identifier"), bad_request)
        # What is answered is that the wish was taken: the order still waits.
        row = order_row(order, pointed=True)
        self._broker.cancel(order)
        self._flush()
        return json_response(row)

    async def _cancel_many(self, request: web.Request, fields: Fields) -> web.Response:
        _check_has_no_body(request)
        orders = orders_to_cancel(self._broker.orders, fields)
        if not orders:
            raise order_not_found()
        for order in orders:
            self._broker.cancel(order)
        self._flush()
        return json_response(cancellation(orders, ()))

    async def _cancel_named(self, request: web.Request, fields: Fields) -> web.Response:
        _check_has_no_body(request)
        named = identifiers(fields, _MOST_CANCELLED)
        if named is None:
            raise bad_request()
        cancelled: list[Order] = []
        failed: list[Order] = []
        for order in self._named(*named):
            if order is None:
                continue
            if order.is_open:
                self._broker.cancel(order)
                cancelled.append(order)
            elif order not in cancelled:
                failed.append(order)
        self._flush()
        return json_response(cancellation(cancelled, failed))

    # -- everything else -------------------------------------------------------------------------

    async def _wallets(self, _request: web.Request, _fields: Fields) -> web.Response:
        return json_response(wallet_rows(self._floor.listings.values(), self._floor.now_ms))

    async def _api_keys(self, _request: web.Request, _fields: Fields) -> web.Response:
        return json_response(
            [
                {"access_key": key.access_key, "expire_at": kst(key.expires_ms)}
                for key in self._keys.listed()
            ]
        )

    async def _nothing(self, _request: web.Request, _fields: Fields) -> web.Response:
        return json_response([])

    async def _no_deposit(self, _request: web.Request, _fields: Fields) -> web.Response:
        raise ExchangeError(404, "deposit_not_found", "입출금 정보를 찾지 못했습니다.")

    async def _no_withdrawal(self, _request: web.Request, _fields: Fields) -> web.Response:
        raise ExchangeError(404, "withdraw_not_found", "출금 정보를 찾지 못했습니다.")


def _refusing(handler: SignedHandler) -> SignedHandler:
    """Tell in the exchange's form what the broker refuses."""

    async def answer(request: web.Request, fields: Fields) -> web.StreamResponse:
        try:
            return await handler(request, fields)
        except OrderRefused as refused:
            raise ExchangeError(refused.status, refused.name, refused.message) from None

    return answer


def _rows(orders: list[Order], *, pointed: bool) -> web.Response:
    return json_response([order_row(order, pointed=pointed) for order in orders])


def _check_has_no_body(request: web.Request) -> None:
    # Source: docs.upbit.com, batch-cancel-orders.
    if request.body_exists:
        message = (
            "이 API는 쿼리 파라미터 형식의 요청만 지원합니다. 요청 본문에 값을 포함할 수 없습니다."
        )
        raise ExchangeError(400, "QUERY_PARAMETER_NOT_SUPPORTED", message)
