"""Nothing is created or destroyed but by fees, whatever the customer does on the real floor."""

from __future__ import annotations

import itertools
from collections import defaultdict
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from upbit_ws_qt.simulator.account.account import EXACT, Account, Holding
from upbit_ws_qt.simulator.account.broker import Broker
from upbit_ws_qt.simulator.account.order_rules import OrderRefused
from upbit_ws_qt.simulator.account.orders import AssetReport, Fill, NewOrder, Order, OrderReport
from upbit_ws_qt.simulator.market.floor import Happening, Kind, TradingFloor
from upbit_ws_qt.simulator.market.listing import select

D = Decimal
NOW = 1_793_000_042_345  # 2026-10-26
# A fine grid and a coarse one, a coin of 8 decimals and a cheap one, and two quote currencies.
CODES = ("KRW-BTC", "KRW-XRP", "BTC-ETH", "KRW-SHIB")
OPENING = {"KRW": D(800_000_000), "BTC": D(3), "ETH": D(20), "XRP": D(90_000), "SHIB": D(10**10)}


class Wish(NamedTuple):
    """An order in terms of the book it comes upon."""

    code: str
    side: str
    kind: str
    ticks: int
    part: float
    condition: str | None
    smp_type: str | None


class Step(NamedTuple):
    """Place an order, or cancel, replace or meet the nth open one, then let time pass."""

    wish: Wish
    action: str
    number: int
    pause_ms: int


wishes = st.builds(
    Wish,
    st.sampled_from([*CODES, "KRW-BTC", "KRW-BTC"]),
    st.sampled_from(["bid", "ask"]),
    st.sampled_from(["limit", "limit", "limit", "limit", "taking", "best"]),
    st.integers(-2, 2),
    st.sampled_from([0.125, 0.5, 1.0, 1.75, 3.0]),
    st.sampled_from([None, None, None, None, "ioc", "fok", "post_only"]),
    st.sampled_from([None, "none", "reduce", "cancel_maker", "cancel_taker"]),
)
steps = st.builds(
    Step,
    wishes,
    st.sampled_from(["place", "place", "place", "place", "cancel", "replace", "meet"]),
    st.integers(0, 5),
    st.sampled_from([0, 0, 40, 700, 5_000]),
)


class Exchange:
    """The floor, the broker, and what is known from the reports alone."""

    def __init__(self, seed: int) -> None:
        self.floor = TradingFloor(select(CODES), seed, 1.0, NOW)
        self.account = Account(
            Holding(currency, amount, avg_buy_price=D(0)) for currency, amount in OPENING.items()
        )
        self.told: list[OrderReport | AssetReport] = []
        self.published: list[Happening] = []
        self.broker = Broker(
            self.floor,
            self.account,
            seed=seed,
            report=self.told.append,
            publish=self.published.append,
        )

    @property
    def open(self) -> list[Order]:
        return [order for order in self.broker.orders if order.is_open]

    def new_order(self, wish: Wish) -> NewOrder:
        """Words for a wish: a price some ticks from the other side, a part of the level there."""
        grid = self.floor.market(wish.code).grid
        buys = wish.side == "bid"
        quanta, size = next(self.floor.offers(wish.code, asks=buys))
        price = grid.exact_price(grid.step(quanta, wish.ticks))
        volume = max(D(int(size * wish.part)).scaleb(-8), D("0.00000001"))
        funds = f"{D(int((price * volume).scaleb(8))).scaleb(-8):f}"
        condition, kind = wish.condition, wish.kind
        if kind == "limit":
            numbers = {"price": f"{price:f}", "volume": f"{volume:f}"}
        else:
            if kind == "taking":
                kind, condition = ("price" if buys else "market"), None
            numbers = {"price": funds} if buys else {"volume": f"{volume:f}"}
        return NewOrder(
            wish.code,
            wish.side,
            kind,
            **numbers,
            time_in_force=condition,
            smp_type=wish.smp_type,
        )

    def counterpart(self, order: Order, wish: Wish) -> NewOrder:
        """Words for an order that gets as far as ``order``, which stands on the other side."""
        asks = order.side == "ask"
        assert order.price is not None
        assert order.remaining_volume is not None
        quanta = self.floor.market(order.code).grid.quanta_of(order.price)
        assert quanta is not None
        others = itertools.takewhile(
            lambda level: level[0] <= quanta if asks else level[0] >= quanta,
            self.floor.offers(order.code, asks=asks),
        )
        volume = D(sum(size for _, size in others)).scaleb(-8)
        volume += D(int(order.remaining_volume.scaleb(8) * D(wish.part))).scaleb(-8)
        return NewOrder(
            order.code,
            "bid" if asks else "ask",
            "limit",
            f"{order.price:f}",
            f"{volume:f}",
            time_in_force=wish.condition,
            smp_type=wish.smp_type,
        )

    def take(self, step: Step) -> None:
        chosen = self.open[step.number % len(self.open)] if self.open else None
        before = {c: (h.balance, h.locked) for c, h in self.account.holdings.items()}
        told = len(self.told)
        try:
            if chosen is None or step.action == "place":
                self.broker.place(self.new_order(step.wish))
            elif step.action == "cancel":
                self.broker.cancel(chosen)
            elif step.action == "meet":
                self.broker.place(self.counterpart(chosen, step.wish))
            else:
                wish = step.wish._replace(code=chosen.code, side=chosen.side)
                self.broker.cancel_and_new(chosen, self.new_order(wish))
        except OrderRefused:
            # A refusal changes nothing and is heard by nobody.
            for currency, amounts in before.items():
                holding = self.account.holding(currency)
                assert (holding.balance, holding.locked) == amounts
            assert len(self.told) == told
        for happening in self.floor.run(self.floor.now_ms + step.pause_ms):
            if happening.kind is Kind.TRADE:
                self.broker.react(happening)


def check_balances(exchange: Exchange) -> None:
    """Totals follow from the fills alone, exactly; locks from the open orders alone."""
    totals: dict[str, Decimal] = defaultdict(Decimal, OPENING)
    locks: dict[str, Decimal] = defaultdict(Decimal)
    for order in exchange.broker.orders:
        direction = 1 if order.side == "bid" else -1
        for fill in order.fills:
            assert fill.funds == fill.price * fill.volume
            assert fill.fee == fill.funds * order.fee_rate
            totals[order.base] += direction * fill.volume
            totals[order.quote] -= direction * fill.funds + fill.fee
        if order.is_open:
            locks[order.held_currency] += order.locked
    for currency, holding in exchange.account.holdings.items():
        assert holding.balance + holding.locked == totals[currency]
        assert holding.locked == locks[currency]
        assert holding.balance >= 0


def check_orders(exchange: Exchange) -> None:
    for order in exchange.broker.orders:
        volume = sum((fill.volume for fill in order.fills), D(0))
        funds = sum((fill.funds for fill in order.fills), D(0))
        fees = sum((fill.fee for fill in order.fills), D(0))
        assert (order.executed_volume, order.executed_funds, order.paid_fee) == (
            volume,
            funds,
            fees,
        )
        if order.volume is not None:
            assert order.remaining_volume is not None
            assert order.remaining_volume >= 0
            assert volume + order.remaining_volume + order.prevented_volume == order.volume
        else:
            assert order.price is not None
            assert order.remaining_funds is not None
            assert order.remaining_funds >= 0
            prevented = order.price - funds - order.remaining_funds
            assert order.prevented_locked == prevented * (1 + order.fee_rate)
        if order.ord_type == "limit":
            assert order.price is not None
            better = [
                fill.price <= order.price if order.side == "bid" else fill.price >= order.price
                for fill in order.fills
            ]
            assert all(better)
        if order.state == "done":
            assert order.is_used_up
            assert not order.locked
        assert (order.ended_ms is None) == order.is_open
        if order.is_open:
            assert order.ord_type == "limit"
            assert order.time_in_force in (None, "post_only")
            held = order.remaining_volume
            if order.side == "bid":
                held = order.remaining_volume * order.price * (1 + order.fee_rate)  # type: ignore[operator]
            assert order.locked == held


def check_market(exchange: Exchange) -> None:
    """Fills are trades of the market and the other way round; the book shows what rests."""
    for code in CODES:
        market = exchange.floor.market(code)
        fills: dict[int, tuple[Fill, bool]] = {}
        for order in exchange.broker.orders:
            for fill in order.fills if order.code == code else ():
                sold = (order.side == "ask") != fill.is_maker
                known = fills.setdefault(fill.sequential_id, (fill, sold))
                assert (known[0].volume, known[0].price, known[1]) == (
                    fill.volume,
                    fill.price,
                    sold,
                )
        trades = itertools.takewhile(
            lambda trade: trade is None or trade.time_ms >= NOW,
            market.trades_backwards(exchange.floor.now_ms),
        )
        extra = {trade.sequential_id: trade for trade in trades if trade and not trade.is_seeded}
        assert extra.keys() == fills.keys()
        assert [h.trade for h in exchange.published if h.trade in extra.values()] == [
            extra[number] for number in sorted(extra)
        ]
        for number, trade in extra.items():
            fill, sold = fills[number]
            assert (market.grid.exact_price(trade.price), trade.sold) == (fill.price, sold)
            assert (D(trade.volume).scaleb(-8), trade.time_ms) == (fill.volume, fill.time_ms)
        resting: dict[tuple[str, int | None], int] = defaultdict(int)
        for order in exchange.open:
            if order.code == code:
                assert order.price is not None
                assert order.remaining_volume is not None
                quanta = market.grid.quanta_of(order.price)
                resting[order.side, quanta] += int(order.remaining_volume.scaleb(8))
        shown = {("bid", price): size for price, size in market.ledger.bids.items()}
        shown |= {("ask", price): size for price, size in market.ledger.asks.items()}
        assert shown == resting
        book = exchange.floor.live(code).book(exchange.floor.now_ms)
        if book.bids and book.asks:
            assert book.best_bid[0] < book.best_ask[0]


def check_reports(exchange: Exchange) -> None:
    """Whoever follows the reports knows the account and the orders."""
    orders: dict[str, Order] = {}
    fills: dict[str, list[Fill]] = defaultdict(list)
    assets: dict[str, tuple[Decimal, Decimal]] = {}
    last_ms = NOW
    for report in exchange.told:
        assert report.time_ms >= last_ms
        last_ms = report.time_ms
        if isinstance(report, AssetReport):
            assets |= {currency: (free, locked) for currency, free, locked in report.assets}
            continue
        order = report.order
        assert (report.state == "wait") == (order.uuid not in orders)
        assert order.uuid not in orders or orders[order.uuid].is_open
        assert (report.fill is not None) == (report.state == "trade")
        if report.fill is not None:
            fills[order.uuid].append(report.fill)
        if report.state in ("done", "cancel"):
            assert order.state == report.state
        orders[order.uuid] = order
    assert orders == {order.uuid: order for order in exchange.broker.orders}
    assert all(fills[order.uuid] == order.fills for order in orders.values())
    for currency, amounts in assets.items():
        holding = exchange.account.holding(currency)
        assert amounts == (holding.balance, holding.locked)


def check_averages(exchange: Exchange) -> None:
    """The averages once more, in fractions, from the trade reports in their order."""
    totals = defaultdict(Fraction, {c: Fraction(a) for c, a in OPENING.items()})
    averages: dict[str, tuple[Fraction, str]] = {c: (Fraction(0), "KRW") for c in OPENING}
    purchases = 0
    for report in exchange.told:
        if not isinstance(report, OrderReport) or report.fill is None:
            continue
        order, fill = report.order, report.fill
        base, quote = order.base, order.quote
        volume, funds, fee = Fraction(fill.volume), Fraction(fill.funds), Fraction(fill.fee)
        if order.side == "bid":
            average, unit = averages[base]
            if unit == quote and totals[base]:
                average = (average * totals[base] + funds) / (totals[base] + volume)
            else:
                average = funds / volume
            averages[base] = average, quote
            totals[base] += volume
            totals[quote] -= funds + fee
            purchases += 1
        else:
            totals[base] -= volume
            totals[quote] += funds - fee
            if not totals[base]:
                averages[base] = Fraction(0), averages[base][1]
    for currency, (average, unit) in averages.items():
        holding = exchange.account.holding(currency)
        # Each purchase may have been rounded by half of the eighth decimal.
        assert abs(Fraction(holding.avg_buy_price) - average) <= Fraction(purchases + 1, 10**8)
        assert holding.unit_currency == unit


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(1, 3), played=st.lists(steps, min_size=12, max_size=30))
def test_nothing_is_created_or_destroyed_but_by_fees(seed: int, played: list[Step]) -> None:
    exchange = Exchange(seed)
    with localcontext(EXACT):
        for step in played:
            exchange.take(step)
            check_balances(exchange)
        check_orders(exchange)
        check_market(exchange)
        check_reports(exchange)
        check_averages(exchange)
