"""An account over the socket: whole, exact, explained without a key, and nobody else's."""

from __future__ import annotations

import contextlib
import random
from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal

import pytest
from PyQt6.QtCore import QObject

from tests.feed import Feed
from upbit_ws_qt import (
    AuthenticationFailed,
    Balance,
    BalanceEvent,
    ConnectionEvent,
    ConnectionState,
    ConnectionType,
    Credentials,
    Delivery,
    FeedSettings,
    GlobalWebSocketManager,
    InvalidRequest,
    InvalidState,
    OrderEvent,
    OrderState,
    Source,
    WebSocketClientProxy,
)
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt.simulator.account.order_rules import OrderRefused
from upbit_ws_qt.simulator.account.orders import NewOrder, Order
from upbit_ws_qt.simulator.behaviour import Behaviour

PRIVATE = ConnectionType.PRIVATE
ASSETS: Literal["자산조회"] = "자산조회"
ORDERS: Literal["주문조회"] = "주문조회"
FAR_BELOW = "1000000"


@pytest.fixture
def component() -> QObject:
    return QObject()


@pytest.fixture
def upbit_settings(upbit_exchange: SimulatedExchange) -> FeedSettings:
    """What takes seconds otherwise is quick here."""
    return replace(
        upbit_exchange.settings(),
        grace_period_s=0.05,
        fallback_after_s=0.05,
        balance_poll_interval_s=0.05,
        order_poll_interval_s=0.05,
    )


class Desk:
    """Somebody who trades at the exchange, and somebody who looks on."""

    def __init__(
        self,
        feed: Feed,
        exchange: SimulatedExchange,
        manager: GlobalWebSocketManager,
        owner: QObject,
    ) -> None:
        self.feed, self.exchange, self.manager, self.owner = feed, exchange, manager, owner
        self.proxy = WebSocketClientProxy("desk_one", manager, owner)
        self.balances: list[BalanceEvent] = []
        self.orders: list[OrderEvent] = []
        self.errors: list[Exception] = []

    def watch(self, credentials: Credentials | None = None) -> None:
        self.manager.set_credentials(credentials or self.exchange.credentials())
        self.proxy.subscribe_balance(self.balances.append, error_handler=self.errors.append)
        self.proxy.subscribe_orders(self.orders.append, error_handler=self.errors.append)

    def connected(self) -> None:
        """What is asked for is accepted, and what was read before that is there."""
        self.watch()
        self.feed.until(lambda: self.state is ConnectionState.CONNECTED)
        self.feed.until(self.agrees)

    @property
    def state(self) -> ConnectionState:
        return self.manager.connection_state(PRIVATE)

    def place(self, **fields: str) -> Order:
        order = self.exchange.broker.place(
            NewOrder(**{"market": "KRW-BTC", "side": "bid", "ord_type": "limit"} | fields)
        )
        self.flush()
        return order

    def cancel(self, order: Order) -> None:
        self.exchange.broker.cancel(order)
        self.flush()

    def flush(self) -> None:
        self.feed(self.exchange.advance(1))

    def of(self, order: Order) -> list[OrderEvent]:
        return [event for event in self.orders if event.uuid == order.uuid]

    def agrees(self) -> bool:
        """What the consumer knows is what the exchange knows, to the last digit."""
        return self.knows_balances() and self.knows_orders()

    def knows_balances(self) -> bool:
        if not self.balances:
            return False
        known = {row.currency: row for row in self.balances[-1].balances}
        held = {
            name: Balance(
                currency=name,
                balance=row.balance,
                locked=row.locked,
                avg_buy_price=row.avg_buy_price,
                avg_buy_price_modified=row.avg_buy_price_modified,
                unit_currency=row.unit_currency,
            )
            for name, row in self.exchange.account.holdings.items()
        }
        return known == held

    def knows_orders(self) -> bool:
        last = {event.uuid: event for event in self.orders}
        known = {
            uuid: (event.executed_volume or 0, event.remaining_volume)
            for uuid, event in last.items()
            if event.is_open
        }
        placed = {
            order.uuid: (order.executed_volume, order.remaining_volume)
            for order in self.exchange.broker.orders
            if order.is_open
        }
        return known == placed


@pytest.fixture
def desk(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager, component: QObject
) -> Desk:
    return Desk(feed, exchange, manager, component)


def test_balances_and_open_orders_come_at_once_and_over_one_socket(desk: Desk) -> None:
    desk.connected()
    assert desk.balances[0].balances == desk.feed(desk.manager.get_accounts())
    open_orders = desk.feed(desk.manager.get_open_orders())
    assert {event.uuid for event in desk.orders} == {order.uuid for order in open_orders}
    assert {event.source for event in (*desk.orders, *desk.balances)} == {Source.POLLED}
    assert desk.manager.is_private_available()
    (connection,) = desk.exchange.connections
    assert connection.private, "balances need no public connection"
    (request,) = [entry.request for entry in desk.exchange.requests]
    assert request[1:-1] == [{"type": "myAsset"}, {"type": "myOrder"}]


def test_an_order_is_followed_from_its_beginning_to_its_end(desk: Desk) -> None:
    desk.connected()
    desk.balances.clear()
    order = desk.place(price=FAR_BELOW, volume="0.01")
    desk.feed.until(lambda: desk.of(order) and desk.balances)
    locked = {row.currency: row.locked for row in desk.balances[0].balances}
    assert desk.balances[0].source is Source.WEBSOCKET
    assert locked["KRW"] == desk.exchange.account.holdings["KRW"].locked
    assert len(locked) == len(desk.exchange.account.holdings), "always all of them"
    desk.cancel(order)
    desk.feed.until(lambda: not desk.of(order)[-1].is_open)
    assert [event.state for event in desk.of(order)] == [OrderState.WAIT, OrderState.CANCEL]
    assert {event.source for event in desk.of(order)} == {Source.WEBSOCKET}
    desk.feed.until(desk.agrees)


def test_a_market_buy_changes_balances_and_its_average_is_read_again(desk: Desk) -> None:
    desk.connected()
    desk.balances.clear()
    order = desk.place(ord_type="price", price="100000")
    desk.feed.until(lambda: desk.of(order) and not desk.of(order)[-1].is_open)
    states = [event.state for event in desk.of(order)]
    assert states[0] is OrderState.WAIT
    assert states.count(OrderState.TRADE) == len(order.fills) > 0
    first = desk.of(order)[0]
    assert (first.price, first.volume) == (Decimal(100000), None)
    filled = sum((event.volume or 0 for event in desk.of(order) if event.trade_uuid), Decimal(0))
    assert filled == order.executed_volume
    assert any(row.provisional for event in desk.balances for row in event.balances)
    desk.feed.until(desk.agrees)
    assert not any(row.provisional for row in desk.balances[-1].balances)


def test_a_joiner_gets_the_open_orders_of_its_markets(desk: Desk) -> None:
    desk.connected()
    ether = desk.place(market="KRW-ETH", price="1000000", volume="0.01")
    ended = desk.place(market="KRW-ETH", price="1000000", volume="0.02")
    desk.cancel(ended)
    desk.feed.until(lambda: desk.of(ended) and not desk.of(ended)[-1].is_open)
    joined: list[OrderEvent] = []
    other = WebSocketClientProxy("desk_two", desk.manager, desk.owner)
    desk.feed(other.subscribe_orders(joined.append, symbols=["KRW-ETH"]))
    desk.feed.until(lambda: joined)
    assert [(event.uuid, event.replayed) for event in joined] == [(ether.uuid, True)]
    desk.place(price=FAR_BELOW, volume="0.01")
    desk.cancel(ether)
    desk.feed.until(lambda: len(joined) == 2)
    assert (joined[1].uuid, joined[1].state) == (ether.uuid, OrderState.CANCEL)
    other.unsubscribe_orders(["KRW-ETH"])
    desk.proxy.unsubscribe_orders(["KRW-ETH"])
    seen = len(desk.orders)
    desk.place(market="KRW-ETH", price="1000000", volume="0.01")
    desk.feed.until(lambda: len(desk.orders) > seen)
    assert len(joined) == 2


def test_what_happened_while_the_socket_was_gone_is_told_as_polled(desk: Desk) -> None:
    desk.connected()
    ends, waits = (desk.place(price=FAR_BELOW, volume="0.01") for _ in range(2))
    desk.feed.until(desk.agrees)
    desk.exchange.faults.drop()
    desk.exchange.broker.cancel(ends)
    new = desk.exchange.broker.place(NewOrder("KRW-BTC", "ask", "market", volume="0.01"))
    later = desk.exchange.broker.place(NewOrder("KRW-BTC", "bid", "limit", FAR_BELOW, "0.02"))
    before = len(desk.orders)
    desk.feed.until(lambda: desk.state is not ConnectionState.CONNECTED)
    desk.feed.until(lambda: desk.state is ConnectionState.CONNECTED and desk.agrees())
    told = {event.uuid: event for event in desk.orders[before:]}
    assert told[ends.uuid].state is OrderState.CANCEL
    assert told[ends.uuid].trades == (), "its end was looked up"
    assert told[later.uuid].state is OrderState.WAIT
    assert waits.uuid not in told, "nothing happened to it"
    assert new.uuid not in told, "it began and ended in between; the closed orders tell"
    assert {event.source for event in told.values()} == {Source.POLLED}
    closed = desk.feed(desk.manager.get_closed_orders("KRW-BTC"))
    assert new.uuid in {order.uuid for order in closed}


def test_without_a_socket_it_is_polled_and_back_without_a_seam(desk: Desk) -> None:
    told: list[str] = []
    for name in ("recovery_begun", "recovery_completed", "fallback_entered", "fallback_left"):
        getattr(desk.manager, name).connect(lambda _, name=name: told.append(name))
    desk.exchange.faults.refuse(503, of="sockets")
    desk.watch()
    desk.feed.until(lambda: desk.state is ConnectionState.POLLING and desk.agrees())
    order = desk.place(price=FAR_BELOW, volume="0.01")
    desk.feed.until(lambda: desk.agrees() and desk.of(order))
    assert {event.source for event in (*desk.orders, *desk.balances)} == {Source.POLLED}
    assert desk.manager.health_check()["status"] == "degraded"
    assert not desk.errors
    desk.exchange.faults.clear()
    desk.feed.until(lambda: desk.state is ConnectionState.CONNECTED)
    ended = desk.place(price=FAR_BELOW, volume="0.02")
    desk.feed.until(desk.agrees)
    assert len(desk.of(order)) == 1, "nothing is told twice"
    desk.cancel(ended)
    desk.feed.until(desk.agrees)
    assert sorted(told[:2]) == ["fallback_entered", "recovery_begun"]
    assert sorted(told[2:]) == ["fallback_left", "recovery_completed"]


def test_more_open_orders_than_one_answer_holds(desk: Desk) -> None:
    before = len([order for order in desk.exchange.broker.orders if order.is_open])
    for number in range(110):
        desk.exchange.broker.place(
            NewOrder("KRW-BTC", "bid", "limit", FAR_BELOW, f"0.005{number:03}")
        )
    desk.connected()
    assert len({event.uuid for event in desk.orders}) == before + 110
    assert len(desk.feed(desk.manager.get_open_orders("KRW-BTC"))) >= 110
    others = desk.feed(desk.manager.get_open_orders("KRW-ETH"))
    assert {order.symbol for order in others} <= {"KRW-ETH"}


def behaving(*values: Any, **switches: Any) -> Any:
    """A case of a test at an exchange that behaves like this."""
    return pytest.param(*values, marks=pytest.mark.upbit_exchange(behaviour=Behaviour(**switches)))


@pytest.mark.parametrize(
    "missing",
    [
        behaving(ASSETS, scope_status=401),
        behaving(ORDERS, scope_status=403),
    ],
)
def test_a_missing_right_is_named_and_the_other_half_goes_on(desk: Desk, missing: str) -> None:
    feed, exchange, manager = desk.feed, desk.exchange, desk.manager
    desk.watch(exchange.issue_key(rights=[ORDERS if missing == ASSETS else ASSETS]))
    feed.until(lambda: desk.errors)
    (error,) = desk.errors
    assert isinstance(error, AuthenticationFailed)
    assert (error.name, error.right) == ("out_of_scope", missing)
    assert missing in str(error)
    goes_on = desk.knows_orders if missing == ASSETS else desk.knows_balances
    feed.until(lambda: desk.state is ConnectionState.CONNECTED and manager.health_check().requests)
    feed.until(goes_on)
    desk.place(price=FAR_BELOW, volume="0.01")
    feed.until(goes_on)
    late: list[Exception] = []
    again = desk.proxy.subscribe_balance if missing == ASSETS else desk.proxy.subscribe_orders
    again(error_handler=late.append)
    feed.until(lambda: late)
    assert late == desk.errors


def wrong_secret(exchange: SimulatedExchange) -> Credentials:
    return Credentials(exchange.credentials().access_key, "another" * 6)


def expired(exchange: SimulatedExchange) -> Credentials:
    key = exchange.issue_key()
    exchange.expire_key(key)
    return key


def deleted(exchange: SimulatedExchange) -> Credentials:
    key = exchange.issue_key()
    exchange.delete_key(key)
    return key


def of_another_address(exchange: SimulatedExchange) -> Credentials:
    return exchange.issue_key(addresses=["203.0.113.7"])


REASONS = [
    (wrong_secret, "jwt_verification", "does not belong to"),
    (expired, "expired_access_key", "has expired"),
    (deleted, "invalid_access_key", "no such key"),
    (of_another_address, "no_authorization_ip", "public address"),
]


@pytest.mark.parametrize(
    ("make", "name", "advice"),
    [
        behaving(*reason, private_refusal=refusal)
        for reason in REASONS
        for refusal in ("http", "frame")
    ],
)
def test_each_reason_to_refuse_a_key_has_its_words(
    desk: Desk, make: Any, name: str, advice: str
) -> None:
    feed, exchange, manager = desk.feed, desk.exchange, desk.manager
    desk.watch(make(exchange))
    feed.until(lambda: len(desk.errors) == 2)
    for error in desk.errors:
        assert isinstance(error, AuthenticationFailed)
        assert (error.name, error.right) == (name, "")
        assert advice in str(error)
    feed.until(lambda: desk.state is ConnectionState.REFUSED)
    assert not manager.is_private_available()
    assert manager.health_check()["status"] == "degraded"
    assert advice in manager.connection_event(PRIVATE).reason
    late: list[Exception] = []
    desk.proxy.subscribe_orders(error_handler=late.append)
    feed.until(lambda: late)
    assert late == desk.errors[:1], "who comes later is told as well"

    manager.set_credentials(exchange.credentials())
    feed.until(lambda: desk.state is ConnectionState.CONNECTED and desk.agrees())


def test_a_key_that_ends_while_it_is_in_use(desk: Desk) -> None:
    """An open socket may stay open; the next reading tells."""
    desk.connected()
    desk.exchange.expire_key(desk.exchange.credentials())
    desk.place(price=FAR_BELOW, volume="0.01")
    desk.feed.until(lambda: len(desk.errors) == 2)
    assert {type(error) for error in desk.errors} == {AuthenticationFailed}
    desk.feed.until(lambda: desk.state is ConnectionState.REFUSED)
    assert desk.exchange.connections == []


def test_without_a_key_it_says_so_and_public_data_works(
    feed: Feed, manager: GlobalWebSocketManager, component: QObject
) -> None:
    states: list[ConnectionEvent] = []
    proxy = WebSocketClientProxy("balances_one", manager, component)
    proxy.state_changed.connect(states.append)
    proxy.subscribe_balance()
    feed.until(lambda: any(event.state is ConnectionState.REFUSED for event in states))
    assert states[-1].connection_type is ConnectionType.PRIVATE
    assert "no key" in states[-1].reason
    assert not manager.is_private_available()
    feed(proxy.subscribe_ticker(["KRW-BTC"]))
    assert manager.health_check()["status"] == "healthy"
    for call in (manager.get_accounts, manager.get_open_orders, manager.get_closed_orders):
        with pytest.raises(InvalidState, match="needs a key"):
            feed(call())


def test_another_key_brings_it_back_and_the_former_account_is_forgotten(desk: Desk) -> None:
    desk.connected()
    desk.manager.set_credentials(None)
    balances: list[BalanceEvent] = []
    orders: list[OrderEvent] = []
    other = WebSocketClientProxy("desk_two", desk.manager, desk.owner)
    other.subscribe_balance(balances.append)
    other.subscribe_orders(orders.append)
    desk.feed.until(lambda: not desk.exchange.connections)
    assert (balances, orders) == ([], [])

    desk.manager.set_credentials(desk.exchange.credentials())
    desk.feed.until(lambda: balances and orders)
    assert not balances[0].replayed
    assert not orders[0].replayed


def test_another_key_dials_anew(desk: Desk) -> None:
    desk.connected()
    (before,) = desk.exchange.connections
    desk.manager.set_credentials(desk.exchange.issue_key())
    desk.feed.until(lambda: before not in desk.exchange.connections)
    desk.feed.until(lambda: desk.state is ConnectionState.CONNECTED and desk.agrees())


@pytest.mark.parametrize(
    "delivery",
    [Delivery.coalesce_by_symbol(), Delivery.drop_oldest(), Delivery.throttle(100)],
)
def test_no_policy_may_drop_orders(desk: Desk, delivery: Delivery) -> None:
    with pytest.raises(InvalidRequest, match="never dropped"):
        desk.proxy.subscribe_orders(delivery=delivery)
    desk.proxy.subscribe_orders(delivery=Delivery.immediate())


def test_a_key_is_not_sent_to_a_stranger(feed: Feed, exchange: SimulatedExchange) -> None:
    """Only the exchange's own domains, loopback and trusted hosts get it."""
    settings = replace(exchange.settings(), rest_url="https://exchange.example")
    manager = GlobalWebSocketManager(settings, exchange.credentials())
    with pytest.raises(InvalidState, match="trusted_hosts"):
        feed(manager.get_accounts())
    feed(manager.stop())


def test_no_dial_carries_a_key_to_a_stranger(
    feed: Feed, exchange: SimulatedExchange, component: QObject
) -> None:
    settings = replace(exchange.settings(), private_url="wss://exchange.example/private")
    manager = GlobalWebSocketManager(settings, exchange.credentials())
    errors: list[Exception] = []
    proxy = WebSocketClientProxy("desk_one", manager, component)
    proxy.subscribe_orders(error_handler=errors.append)
    feed.until(lambda: errors)
    assert "trusted_hosts" in str(errors[0])
    assert manager.connection_state(PRIVATE) is ConnectionState.REFUSED
    feed(manager.stop())


CODES = ("KRW-BTC", "KRW-ETH")


def trade_at_random(desk: Desk, dice: random.Random) -> None:
    """Somebody does something at the exchange, whether we are connected or not."""
    broker = desk.exchange.broker
    open_orders = [order for order in broker.orders if order.is_open]
    code = dice.choice(CODES)
    with contextlib.suppress(OrderRefused):
        match dice.choice(["rest", "buy", "sell", "cancel", "cancel", "cross"]):
            case "rest":
                volume = f"0.{dice.randint(1, 9_999_999):08}"
                broker.place(NewOrder(code, "bid", "limit", FAR_BELOW, volume))
            case "buy":
                broker.place(NewOrder(code, "bid", "price", str(dice.randint(5_000, 400_000))))
            case "sell":
                volume = f"0.{dice.randint(1, 999_999):08}"
                broker.place(NewOrder(code, "ask", "market", None, volume))
            case "cross":
                # Its rest stays in the book after the first fills.
                price = str(1_000 * dice.randint(150_000, 170_000))
                broker.place(NewOrder("KRW-BTC", "bid", "limit", price, "0.01"))
            case _ if open_orders:
                broker.cancel(dice.choice(open_orders))


def disturb_at_random(desk: Desk, dice: random.Random) -> None:
    """Something happens to the way between us."""
    faults = desk.exchange.faults
    match dice.choice(["", "", "drop", "reset", "refuse", "clear", "duplicate", "rest"]):
        case "drop":
            faults.drop(dice.choice([None, 1000, 1012]))
        case "reset":
            faults.reset()
        case "refuse":
            faults.refuse(503, of="sockets", times=2)
        case "rest":
            faults.refuse(503, of="rest", times=2)
        case "duplicate":
            faults.duplicate(every=3)
        case "clear":
            faults.clear()


@pytest.mark.allow_logs("readings that fail are said")
@pytest.mark.parametrize("seed", range(3))
def test_after_any_trading_and_any_fault_everything_is_known_to_the_last_digit(
    desk: Desk, seed: int
) -> None:
    """At each pause balances, averages and open orders are the exchange's, and so are all ends."""
    dice = random.Random(seed)  # noqa: S311 - a walk that can be repeated
    desk.connected()
    for _ in range(12):
        for _ in range(dice.randint(1, 5)):
            trade_at_random(desk, dice)
            if dice.random() < 0.5:
                desk.feed(desk.exchange.advance(dice.choice([1, 40, 700])))
            if dice.random() < 0.3:
                desk.feed.turns(dice.randint(1, 10))
        disturb_at_random(desk, dice)
        desk.flush()
        desk.feed.until(desk.agrees)
    desk.exchange.faults.clear()
    desk.feed.until(lambda: desk.state is ConnectionState.CONNECTED and desk.agrees())
    last = {event.uuid: event for event in desk.orders}
    for order in desk.exchange.broker.orders:
        # One that began and ended while nobody listened is among the closed ones alone.
        if order.uuid in last:
            event = last[order.uuid]
            assert event.is_open is order.is_open
            assert (event.executed_volume or 0) == order.executed_volume
    assert desk.balances[-1].balances == desk.feed(desk.manager.get_accounts())
    assert not desk.errors
