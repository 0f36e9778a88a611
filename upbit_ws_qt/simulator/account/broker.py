"""The customer's orders in the simulated market: taking, resting, being reached. Pure.

The market's own trades are a story that nobody can change. What the customer trades is added to
it: each fill is one more trade, at the very moment it happens.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Generator, Iterator, ValuesView
from contextlib import contextmanager
from decimal import Decimal, localcontext
from uuid import UUID

from upbit_ws_qt.simulator.market.floor import Happening, TradingFloor
from upbit_ws_qt.simulator.noise import Noise

from .account import EXACT, Account
from .clearing import Clearing, Report
from .matching import Meeting, Waiting, coins, fills_whole, in_priority, meetings, reached
from .opening import opening_orders
from .order_rules import (
    check_market,
    insufficient_funds,
    market_offline,
    order_not_found,
    read_order,
    used_identifier,
)
from .orders import Fill, NewOrder, Order, SmpType
from .resting import RestingOrders

__all__ = ["Broker"]

_REMAIN_ONLY = "remain_only"
_ZERO = Decimal(0)


# State: the orders by uuid in order of creation, the identifiers ever sent, what rests in the
# book, and how many uuids were made.
class Broker:
    """Takes one customer's orders to the floor and keeps account of them.

    What the account has locked at first becomes resting orders, so that open orders and balances
    agree from the beginning; where the market for that is not listed it becomes free.

    Args:
        floor: where the orders are traded. A market with resting orders is kept walking.
        account: the customer's.
        seed: uuids follow from it.
        report: hears of every change of an order and of balances, in the exchange's order.
        publish: hears of every trade that is added to the market.
        default_smp: the self-match prevention of an order that names none; None is what the
            exchange had before 2026-11-09: no prevention. Source: docs.upbit.com, changelog.

    Raises:
        OrderRefused: what the account has locked at first makes no acceptable order.
    """

    def __init__(
        self,
        floor: TradingFloor,
        account: Account,
        *,
        seed: int,
        report: Report,
        publish: Callable[[Happening], None],
        default_smp: SmpType | None = "cancel_maker",
    ) -> None:
        self._floor = floor
        self._account = account
        self._publish = publish
        self._default_smp: SmpType | None = default_smp
        floor.on_closed.append(self._end_all_of)
        self._clearing = Clearing(account, report)
        self._orders: dict[str, Order] = {}
        self._identifiers: dict[str, str] = {}
        self._resting = RestingOrders(floor)
        self._order_uuids = _uuids(Noise(seed, "orders"))
        self._fill_uuids = _uuids(Noise(seed, "fills"))
        with localcontext(EXACT):
            for new in opening_orders(floor, account):
                order = self._read(new)
                self._accept(order)
                self._resting.add(order, self._quanta(order))

    @property
    def orders(self) -> ValuesView[Order]:
        """All orders, the oldest first."""
        return self._orders.values()

    def find(self, *, uuid: str | None = None, identifier: str | None = None) -> Order | None:
        """The order with this uuid or, where none is given, with this identifier."""
        if uuid is None:
            uuid = self._identifiers.get(identifier or "")
        return self._orders.get(uuid or "")

    def check(self, new: NewOrder) -> Order:
        """What :meth:`place` would accept; nothing happens.

        Raises:
            OrderRefused: as :meth:`place`.
        """
        with localcontext(EXACT):
            return self._read(new)

    def place(self, new: NewOrder) -> Order:
        """Accept an order and trade what can be traded at once.

        Raises:
            OrderRefused: with the exchange's name for the reason. The identifier is used up even
                so. Source: docs.upbit.com, new-order.
        """
        with localcontext(EXACT):
            order = self._read_once(new)
            self._start(order)
            return order

    def cancel(self, order: Order) -> None:
        """Take an open order out of the book.

        Raises:
            OrderRefused: it has ended.
        """
        if not order.is_open:
            raise order_not_found()
        with localcontext(EXACT):
            entry = self._resting.entry(order)
            self._resting.lessen(entry, entry.volume)
            self._clearing.end(order, "cancel", self._floor.now_ms)

    def cancel_and_new(self, order: Order, new: NewOrder) -> Order:
        """Cancel an open order and place another on the same side of its market.

        ``new`` may leave out market and side; its volume may be ``remain_only``, which is what
        was left. Where ``new`` is refused, ``order`` stays open.

        Raises:
            OrderRefused: ``order`` has ended, or as :meth:`place`.
        """
        if not order.is_open:
            raise order_not_found()
        volume = new.volume
        if volume == _REMAIN_ONLY:
            volume = f"{order.remaining_volume:f}"
        new = dataclasses.replace(new, market=order.code, side=order.side, volume=volume)
        with localcontext(EXACT):
            successor = self._read_once(new, freed=order.locked)
            self.cancel(order)
            self._start(successor)
            return successor

    def react(self, happening: Happening) -> None:
        """Fill what a trade of others has reached, right after it."""
        trade, code = happening.trade, happening.watched.live.market.code
        waiting = self._resting.of(code)
        if trade is None or not waiting:
            return
        with localcontext(EXACT), self._walking(code):
            # What there is no room for is reached again by the next trade, in this very ms.
            for entry, volume in reached(waiting, trade)[: self._floor.room(code)]:
                sold = entry.order.side == "bid"
                self._trade(code, entry.price, volume, sold=sold, maker=entry)

    def _end_all_of(self, code: str) -> None:
        """The exchange cancels what is open in a market that it delists."""
        for entry in list(self._resting.of(code)):
            self.cancel(entry.order)

    # -- accepting -----------------------------------------------------------------------------

    def _read(self, new: NewOrder, freed: Decimal = _ZERO) -> Order:
        """Check everything; ``freed`` is what the account will have besides what is free now."""
        code = check_market(new.market, self._floor.listings)
        if self._floor.is_halted(code):
            raise market_offline()
        grid = self._floor.market(code).grid
        last_price = grid.exact_price(self._floor.live(code).last.price)
        uuid, now_ms = next(self._order_uuids), self._floor.now_ms
        order = read_order(
            new,
            code,
            grid,
            last_price,
            uuid=uuid,
            now_ms=now_ms,
            default_smp=self._default_smp,
        )
        if order.identifier in self._identifiers:
            raise used_identifier()
        if order.locked > self._account.free(order.held_currency) + freed:
            raise insufficient_funds(order.side, order.held_currency)
        return order

    def _read_once(self, new: NewOrder, freed: Decimal = _ZERO) -> Order:
        """Check everything and use up the identifier, whatever comes of it."""
        uuid = ""
        try:
            order = self._read(new, freed)
            uuid = order.uuid
            return order
        finally:
            if new.identifier is not None:
                self._identifiers.setdefault(new.identifier, uuid)

    def _accept(self, order: Order) -> None:
        self._clearing.accept(order)
        self._orders[order.uuid] = order

    # -- taking --------------------------------------------------------------------------------

    def _start(self, order: Order) -> None:
        """Let a new order meet the book; what is left rests, or ends it."""
        self._accept(order)
        self._clearing.announce(order, self._floor.now_ms)
        condition = order.time_in_force
        with self._walking(order.code):
            rests = order.ord_type == "limit" and condition in (None, "post_only")
            # The whole way is looked at before anything is traded, which changes the book.
            way = self._way(order)
            if condition == "post_only" and way:
                rests, way = False, []
            way = way[: self._floor.room(order.code)]
            if condition == "fok" and not fills_whole(order, self._price_of(order.code), way):
                way = []
            for met in way:
                self._meet(order, met)
            if order.is_open and rests:
                self._resting.add(order, self._quanta(order))
            elif order.is_open:
                self._clearing.end(order, "cancel", self._floor.now_ms)

    def _way(self, order: Order) -> list[Meeting]:
        """What the order meets on the other side of the book."""
        code, asks = order.code, order.side == "bid"
        own = [entry for entry in self._resting.of(code) if entry.order.side != order.side]
        book = in_priority(self._floor.offers(code, asks=asks), own, asks=asks)
        limit = self._quanta(order) if order.ord_type == "limit" else None
        return list(meetings(order, limit, self._price_of(code), book))

    def _meet(self, order: Order, met: Meeting) -> None:
        maker = met.maker
        if maker is None or not order.prevents_self_match:
            sold = order.side == "ask"
            self._trade(order.code, met.price, met.volume, sold=sold, taker=order, maker=maker)
            return
        now_ms, volume = self._floor.now_ms, coins(met.volume)
        funds = volume * self._price_of(order.code)(met.price)
        if order.smp_type == "cancel_taker":
            self._clearing.prevent(order, volume, order.remaining_funds or funds, now_ms)
            return
        self._resting.lessen(maker, met.volume)
        self._clearing.prevent(maker.order, volume, funds, now_ms)
        if order.smp_type == "reduce":
            self._clearing.prevent(order, volume, funds, now_ms)

    # -- trading -------------------------------------------------------------------------------

    def _trade(
        self,
        code: str,
        price: int,
        volume: int,
        *,
        sold: bool,
        taker: Order | None = None,
        maker: Waiting | None = None,
    ) -> None:
        """Add a trade to the market and fill the customer's part in it, which may be both sides."""
        if maker is None:
            self._resting.move_up(code, price, volume, bids=sold)
        else:
            self._resting.lessen(maker, volume)
        before = self._floor.live(code).last
        happening = self._floor.execute(
            code, price, volume, sold=sold, taker_is_customer=maker is None
        )
        self._publish(happening)
        funds = coins(volume) * self._price_of(code)(price)
        uuid, trade = next(self._fill_uuids), self._floor.live(code).last
        for order in (taker, maker.order if maker else None):
            if order is None:
                continue
            fill = Fill(
                uuid=uuid,
                price=self._price_of(code)(price),
                volume=coins(volume),
                funds=funds,
                fee=funds * order.fee_rate,
                is_maker=order is not taker,
                trend="up" if price >= before.price else "down",
                time_ms=trade.time_ms,
                sequential_id=trade.sequential_id,
            )
            self._clearing.fill(order, fill)

    @contextmanager
    def _walking(self, code: str) -> Generator[None]:
        """Keep a market walking while something is done in it."""
        self._floor.keep(code)
        try:
            yield
        finally:
            self._floor.release(code)

    def _price_of(self, code: str) -> Callable[[int], Decimal]:
        return self._floor.market(code).grid.exact_price

    def _quanta(self, order: Order) -> int:
        """The limit price of an order; that it is on the grid was checked."""
        quanta = self._floor.market(order.code).grid.quanta_of(order.price or _ZERO)
        return quanta or 0


def _uuids(noise: Noise) -> Iterator[str]:
    """Valid version 4 UUIDs, the same in every run of the same seed."""
    return (
        str(UUID(bytes=noise.generator(number).bytes(16), version=4))
        for number in itertools.count()
    )
