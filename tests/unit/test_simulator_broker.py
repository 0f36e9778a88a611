"""The customer's orders on the real floor: each type's life, the queue, self-matches, refusals."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from upbit_ws_qt.simulator.account.account import Account, Holding
from upbit_ws_qt.simulator.account.broker import Broker
from upbit_ws_qt.simulator.account.order_rules import OrderRefused
from upbit_ws_qt.simulator.account.orders import AssetReport, NewOrder, Order, OrderReport
from upbit_ws_qt.simulator.market.floor import Happening, Kind, TradingFloor
from upbit_ws_qt.simulator.market.listing import select
from upbit_ws_qt.simulator.market.trades import Trade

D = Decimal
NOW = 1_793_000_042_345  # 2026-10-26
CODE = "KRW-BTC"
FEE = D("0.0005")


@dataclass
class Scene:
    """A floor and a broker, and what they told."""

    floor: TradingFloor
    account: Account
    seed: int = 1
    code: str = CODE
    told: list[OrderReport | AssetReport] = field(default_factory=list)
    published: list[Happening] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.broker = Broker(
            self.floor,
            self.account,
            seed=self.seed,
            report=self.told.append,
            publish=self.published.append,
        )

    def place(self, side: str, kind: str = "limit", **fields: object) -> Order:
        """Place an order in the scene's market."""
        texts = {name: None if value is None else str(value) for name, value in fields.items()}
        return self.broker.place(NewOrder(self.code, side, kind, **texts))

    def refusal(self, side: str, kind: str = "limit", **fields: object) -> str:
        with pytest.raises(OrderRefused) as caught:
            self.place(side, kind, **fields)
        return caught.value.name

    def run(self, ms: int) -> list[Trade]:
        """Let the market's own trades happen, and the broker react."""
        found: list[Trade] = []
        for happening in self.floor.run(self.floor.now_ms + ms):
            if happening.kind is Kind.TRADE and happening.trade is not None:
                found.append(happening.trade)
                self.broker.react(happening)
        return found

    def levels(self, *, asks: bool, count: int = 5) -> list[tuple[Decimal, Decimal]]:
        """Others' best levels: price and size."""
        grid = self.floor.market(self.code).grid
        found = itertools.islice(self.floor.offers(self.code, asks=asks), count)
        return [(grid.exact_price(price), D(size).scaleb(-8)) for price, size in found]

    def states(self, order: Order) -> list[str]:
        """What was reported of an order, in order; ``asset`` for balances in between."""
        return [
            "asset" if isinstance(report, AssetReport) else report.state
            for report in self.told
            if isinstance(report, AssetReport) or report.order.uuid == order.uuid
        ]

    def amounts(self, currency: str) -> tuple[Decimal, Decimal]:
        holding = self.account.holding(currency)
        return holding.balance, holding.locked


def scene(krw: str = "900000000", btc: str = "10", seed: int = 1, code: str = CODE) -> Scene:
    floor = TradingFloor(select((code,)), seed, 1.0, NOW)
    return Scene(floor, Account([Holding("KRW", D(krw)), Holding("BTC", D(btc))]), seed, code)


def sums(order: Order) -> tuple[Decimal, Decimal, Decimal]:
    """Volume, funds and fees over the fills."""
    return (
        sum((fill.volume for fill in order.fills), D(0)),
        sum((fill.funds for fill in order.fills), D(0)),
        sum((fill.fee for fill in order.fills), D(0)),
    )


# --- Taking ----------------------------------------------------------------------------------


def test_a_market_buy_walks_the_book_and_gives_back_what_buys_no_unit() -> None:
    desk = scene()
    (first, first_size), (second, _) = desk.levels(asks=True, count=2)
    funds = (first * first_size).to_integral_value() + 1_000_003
    order = desk.place("bid", "price", price=funds)

    left = funds - first * first_size
    part = (left / second).quantize(D("0.00000001"), rounding="ROUND_DOWN")
    assert [(fill.price, fill.volume) for fill in order.fills] == [
        (first, first_size),
        (second, part),
    ]
    spent = first * first_size + second * part
    assert 0 < order.remaining_funds == funds - spent  # type: ignore[operator]
    assert (order.state, order.executed_funds, order.paid_fee) == ("cancel", spent, spent * FEE)
    assert desk.amounts("KRW") == (D(900_000_000) - spent * (1 + FEE), 0)
    assert desk.amounts("BTC") == (10 + first_size + part, 0)
    bitcoin = desk.account.holding("BTC")
    assert abs(bitcoin.avg_buy_price - spent / (10 + first_size + part)) <= D("0.000000005")
    assert desk.states(order) == [
        *("wait", "asset"),
        *("trade", "asset"),
        *("trade", "asset"),
        *("cancel", "asset"),
    ]
    trades = [happening.trade for happening in desk.published]
    assert [(t.volume, t.sold, t.time_ms) for t in trades if t] == [
        (int(first_size.scaleb(8)), False, NOW),
        (int(part.scaleb(8)), False, NOW),
    ]


def test_a_market_buy_without_remainder_is_done() -> None:
    desk = scene()
    (price, size), *_ = desk.levels(asks=True)
    assert size > D("0.001")
    order = desk.place("bid", "price", price=price * D("0.001"))
    assert (order.state, order.executed_volume, order.locked) == ("done", D("0.001"), 0)
    assert desk.states(order) == ["wait", "asset", "trade", "asset", "done"]


def test_a_market_buy_has_no_volumes_to_report() -> None:
    desk = scene()
    order = desk.place("bid", "price", price="1000000")
    reports = [report for report in desk.told if isinstance(report, OrderReport)]
    assert all(r.order.volume is r.order.remaining_volume is None for r in reports)
    assert reports[0].order.locked == D("1000500")
    # A report is of its moment, whatever becomes of the order.
    assert (reports[0].order.state, reports[0].order.executed_funds) == ("wait", 0)
    assert reports[1].fill is order.fills[0]
    assert [report.fill for report in (reports[0], reports[-1])] == [None, None]


def test_a_market_sale_walks_the_bids_and_pays_the_fee_from_what_it_earns() -> None:
    desk = scene()
    (first, first_size), (second, _) = desk.levels(asks=False, count=2)
    order = desk.place("ask", "market", volume=first_size + D("0.00000001"))
    earned = first * first_size + second * D("0.00000001")
    assert (order.state, order.executed_funds, order.paid_fee) == ("done", earned, earned * FEE)
    assert desk.amounts("KRW") == (D(900_000_000) + earned * (1 - FEE), 0)
    assert desk.amounts("BTC") == (10 - first_size - D("0.00000001"), 0)
    assert all(happening.trade and happening.trade.sold for happening in desk.published)


def test_a_limit_bid_takes_what_is_better_and_rests_with_the_remainder() -> None:
    desk = scene()
    (first, first_size), (second, second_size) = desk.levels(asks=True, count=2)
    order = desk.place("bid", price=second, volume=first_size + second_size + D("0.5"))
    assert (order.state, order.remaining_volume) == ("wait", D("0.5"))
    # What the better price saved is free at once.
    assert order.locked == second * D("0.5") * (1 + FEE)
    spent = (first * first_size + second * second_size) * (1 + FEE)
    assert desk.amounts("KRW") == (900_000_000 - spent - order.locked, order.locked)
    assert [fill.is_maker for fill in order.fills] == [False, False]
    book = desk.floor.live(CODE).book(NOW)
    quanta = desk.floor.market(CODE).grid.quanta_of(second)
    assert book.bids[0] == (quanta, 50_000_000)
    assert book.asks[0][0] > book.bids[0][0]


def test_ioc_takes_what_there_is_and_ends() -> None:
    desk = scene()
    (price, size), *_ = desk.levels(asks=True)
    order = desk.place("bid", price=price, volume=size + 1, time_in_force="ioc")
    assert (order.state, order.executed_volume, order.remaining_volume) == ("cancel", size, 1)
    assert desk.amounts("KRW") == (900_000_000 - price * size * (1 + FEE), 0)
    # As on the wire, a cancelled order goes on saying what it held.
    assert order.locked == price * (1 + FEE)
    assert desk.states(order)[-2:] == ["cancel", "asset"]


def test_fok_takes_all_or_nothing() -> None:
    desk = scene()
    (_, first_size), (second, second_size) = desk.levels(asks=True, count=2)
    volume = first_size + second_size
    short = desk.place("bid", price=second, volume=volume + D("1e-8"), time_in_force="fok")
    assert (short.state, short.fills, desk.published) == ("cancel", [], [])
    assert desk.states(short) == ["wait", "asset", "cancel", "asset"]
    whole = desk.place("bid", price=second, volume=volume, time_in_force="fok")
    assert (whole.state, whole.executed_volume) == ("done", volume)


def test_post_only_never_takes() -> None:
    desk = scene()
    (ask, _), (bid, _) = desk.levels(asks=True)[0], desk.levels(asks=False)[0]
    crossing = desk.place("bid", price=ask, volume=1, time_in_force="post_only")
    assert (crossing.state, crossing.fills) == ("cancel", [])
    assert desk.states(crossing) == ["wait", "asset", "cancel", "asset"]
    resting = desk.place("bid", price=bid, volume=1, time_in_force="post_only")
    assert resting.state == "wait"


@pytest.mark.parametrize("condition", ["ioc", "fok"])
def test_a_best_sale_takes_the_best_price_only(condition: str) -> None:
    desk = scene()
    (price, size), *_ = desk.levels(asks=False)
    order = desk.place("ask", "best", volume=size + 1, time_in_force=condition)
    executed = size if condition == "ioc" else 0
    assert (order.state, order.executed_volume) == ("cancel", executed)
    assert {fill.price for fill in order.fills} <= {price}
    assert desk.amounts("BTC") == (10 - executed, 0)


@pytest.mark.parametrize("condition", ["ioc", "fok"])
def test_a_best_buy_spends_funds_at_the_best_price(condition: str) -> None:
    desk = scene()
    (price, size), *_ = desk.levels(asks=True)
    assert price * size > 1_000_001
    order = desk.place("bid", "best", price="1000001", time_in_force=condition)
    volume = (1_000_001 / price).quantize(D("0.00000001"), rounding="ROUND_DOWN")
    assert [(fill.price, fill.volume) for fill in order.fills] == [(price, volume)]
    assert order.state == "cancel"


def test_what_was_taken_is_gone_for_the_next_order() -> None:
    desk = scene()
    (first, first_size), (second, _) = desk.levels(asks=True, count=2)
    desk.place("bid", price=first, volume=first_size, time_in_force="fok")
    assert desk.levels(asks=True)[0][0] == second
    order = desk.place("bid", price=first, volume="0.1", time_in_force="ioc")
    assert order.fills == []


# --- Resting ---------------------------------------------------------------------------------


def expected_fills(
    order: Order, quanta: int, ahead: int, trades: list[Trade]
) -> list[tuple[int, int]]:
    """Time and volume by the rules, worked out from the market's own trades alone."""
    left, found = int((order.volume or D(0)).scaleb(8)), []
    for trade in trades:
        swept = (
            trade.ask <= quanta
            or trade.price < quanta
            or (trade.price == quanta and not trade.sold)
        )
        part = left if swept else 0
        if trade.price == quanta and trade.sold and not swept:
            part = min(left, max(trade.volume - ahead, 0))
            ahead = max(ahead - trade.volume, 0)
        if part:
            found.append((trade.time_ms, part))
        left -= part
        if not left:
            break
    return found


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_a_resting_bid_is_filled_behind_those_who_came_before(depth: int) -> None:
    desk = scene()
    price, size = desk.levels(asks=False)[depth]
    order = desk.place("bid", price=price, volume="0.7")
    assert (order.state, desk.published) == ("wait", [])
    trades: list[Trade] = []
    while order.state == "wait":
        trades += desk.run(10_000)
        assert desk.floor.now_ms < NOW + 3_600_000
    quanta = desk.floor.market(CODE).grid.quanta_of(price)
    assert quanta is not None
    found = [(fill.time_ms, int(fill.volume.scaleb(8))) for fill in order.fills]
    assert found == expected_fills(order, quanta, int(size.scaleb(8)), trades)
    assert {(fill.price, fill.is_maker) for fill in order.fills} == {(price, True)}
    assert desk.amounts("KRW") == (900_000_000 - price * D("0.7") * (1 + FEE), 0)
    assert all(happening.trade and happening.trade.sold for happening in desk.published)
    assert desk.states(order)[-3:] == ["trade", "asset", "done"]


def test_a_fill_follows_the_trade_that_brought_it() -> None:
    desk = scene()
    order = desk.place("ask", price=desk.levels(asks=True)[0][0], volume="0.0001")
    trades: list[Trade] = []
    while order.state == "wait":
        trades += desk.run(10_000)
    fill = order.fills[0]
    before = [trade.sequential_id for trade in trades if trade.sequential_id < fill.sequential_id]
    assert trades[len(before) - 1].time_ms == fill.time_ms
    made = next(itertools.islice(desk.floor.market(CODE).trades_backwards(fill.time_ms), 1))
    assert made is not None
    assert made.sequential_id == fill.sequential_id
    assert made.volume == 10_000


def resting_beyond_the_queue(seed: int) -> tuple[Scene, Order]:
    """An order behind the others at the best bid of a market whose price moves slowly."""
    desk = scene(seed=seed, code="KRW-XRP")
    price, size = desk.levels(asks=False)[0]
    return desk, desk.place("bid", price=price, volume=int(size) + 20_000)


def test_a_queue_that_is_used_up_gives_partial_fills() -> None:
    partial = 0
    for seed in range(1, 5):
        desk, order = resting_beyond_the_queue(seed)
        ahead = int(desk.levels(asks=False)[0][1].scaleb(8))
        trades: list[Trade] = []
        while order.state == "wait":
            trades += desk.run(60_000)
        quanta = desk.floor.market("KRW-XRP").grid.quanta_of(order.price or D(0))
        assert quanta is not None
        found = [(fill.time_ms, int(fill.volume.scaleb(8))) for fill in order.fills]
        assert found == expected_fills(order, quanta, ahead, trades)
        partial += len(found) > 1
    assert partial


def test_a_makers_fill_takes_nothing_from_what_others_offer() -> None:
    compared = 0
    for seed in range(1, 5):
        desk, order = resting_beyond_the_queue(seed)
        alone = TradingFloor(select(("KRW-XRP",)), seed, 1.0, NOW)
        alone.keep("KRW-XRP")
        while not desk.published:
            happenings = desk.floor.run(desk.floor.now_ms + 86_400_000)
            happening = next(found for found in happenings if found.kind is Kind.TRADE)
            for _ in alone.run(happening.time_ms):
                pass
            desk.broker.react(happening)
        for asks in (True, False):
            mine = itertools.islice(desk.floor.offers("KRW-XRP", asks=asks), 10)
            assert list(mine) == list(itertools.islice(alone.offers("KRW-XRP", asks=asks), 10))
        # Others may have left the price; there must be a case in which they have not.
        compared += order.price in dict(desk.levels(asks=False))
    assert compared


def test_more_orders_than_a_moment_has_numbers_for_are_filled_by_its_next_trade() -> None:
    desk = scene(btc="100")
    desk.floor.keep(CODE)
    desk.run(13_124)
    price = desk.levels(asks=False)[0][0] + 1000
    orders = [desk.place("ask", price=price, volume="0.001") for _ in range(150)]
    assert {order.state for order in orders} == {"wait"}

    first, second = desk.run(1)
    assert first.time_ms == second.time_ms
    assert {order.state for order in orders} == {"done"}
    fills = [happening.trade for happening in desk.published]
    made = itertools.islice(desk.floor.market(CODE).trades_backwards(first.time_ms), 152)
    assert list(made)[::-1] == [first, *fills[:99], second, *fills[99:]]


def test_an_order_takes_no_more_than_the_moment_has_numbers_for() -> None:
    desk = scene(krw="9000000000", btc="100")
    desk.floor.keep(CODE)
    desk.run(13_124)
    price = desk.levels(asks=False)[0][0]
    for _ in range(120):
        desk.place("bid", price=price, volume="0.001", smp_type="none")
    walk = desk.floor.run(desk.floor.now_ms + 1)
    assert next(walk).kind is Kind.TRADE
    order = desk.place("ask", price=price, volume="8", smp_type="none")
    assert (len(desk.published), order.state) == (99, "wait")
    desk.broker.react(next(walk))
    assert len(desk.published) == 100
    assert order.state == "done"


def test_a_market_walks_while_an_order_rests_in_it_and_no_longer() -> None:
    desk = scene()
    assert desk.run(60_000) == []
    order = desk.place("bid", price="100000000", volume="0.001")
    assert len(desk.run(60_000)) > 10
    desk.broker.cancel(order)
    assert desk.run(60_000) == []


def test_a_market_without_own_orders_is_left_alone() -> None:
    desk = scene()
    desk.floor.watch(CODE)
    assert len(desk.run(60_000)) > 10
    assert (desk.told, desk.published) == ([], [])


def test_selling_to_those_ahead_moves_the_own_bid_up() -> None:
    desk = scene()
    (best, size), (second, second_size) = desk.levels(asks=False, count=2)
    half = (size / 2).quantize(D("0.00000001"))
    for price in (best, second):
        desk.place("bid", price=price, volume="0.1")
    desk.place("ask", "market", volume=half, smp_type="none")
    first, other = desk.broker._resting.of(CODE)
    assert first.ahead == int((size - half).scaleb(8))
    assert other.ahead == int(second_size.scaleb(8))


def test_own_volume_shows_in_the_book_until_it_is_cancelled() -> None:
    desk = scene()
    price, size = desk.levels(asks=False)[1]
    first = desk.place("bid", price=price, volume="0.3")
    second = desk.place("bid", price=price, volume="0.4")
    shown = dict(desk.floor.live(CODE).book(NOW).bids)
    quanta = desk.floor.market(CODE).grid.quanta_of(price)
    assert shown[quanta] == int((size + D("0.7")).scaleb(8))
    desk.broker.cancel(first)
    desk.broker.cancel(second)
    assert dict(desk.floor.live(CODE).book(NOW).bids)[quanta] == int(size.scaleb(8))


def test_cancelling_gives_back_what_was_held() -> None:
    desk = scene()
    order = desk.place("bid", price="100000000", volume="0.5")
    assert desk.amounts("KRW") == (900_000_000 - D("50025000"), D("50025000"))
    desk.broker.cancel(order)
    assert desk.amounts("KRW") == (900_000_000, 0)
    assert (order.state, order.ended_ms) == ("cancel", NOW)
    assert (order.remaining_volume, order.locked) == (D("0.5"), D("50025000"))
    assert desk.states(order) == ["wait", "asset", "cancel", "asset"]
    with pytest.raises(OrderRefused) as caught:
        desk.broker.cancel(order)
    assert (caught.value.status, caught.value.name) == (404, "order_not_found")


# --- Meeting oneself -------------------------------------------------------------------------


def own_ask_at_the_best_price(desk: Scene) -> tuple[Order, Decimal, Decimal]:
    """Rest 0.5 behind others' best ask; returns that order, the price and others' size."""
    (price, size), *_ = desk.levels(asks=True)
    return desk.place("ask", price=price, volume="0.5"), price, size


def test_cancel_maker_takes_the_older_order_out() -> None:
    desk = scene()
    maker, price, size = own_ask_at_the_best_price(desk)
    order = desk.place("bid", price=price, volume=size + D("0.2"))
    assert (order.smp_type, order.executed_volume, order.remaining_volume) == (
        "cancel_maker",
        size,
        D("0.2"),
    )
    assert (order.state, order.prevented_volume) == ("wait", 0)
    assert (maker.state, maker.remaining_volume, maker.executed_volume) == ("cancel", 0, 0)
    assert (maker.prevented_volume, maker.prevented_locked) == (D("0.5"), D("0.5"))
    assert desk.amounts("BTC") == (10 + size, 0)
    reports = [
        r.state for r in desk.told if isinstance(r, OrderReport) and r.order.uuid == maker.uuid
    ]
    assert reports == ["wait", "prevented", "cancel"]


def test_cancel_taker_ends_the_new_order() -> None:
    desk = scene()
    maker, price, size = own_ask_at_the_best_price(desk)
    order = desk.place("bid", price=price, volume=size + D("0.2"), smp_type="cancel_taker")
    assert (order.state, order.executed_volume, order.remaining_volume) == ("cancel", size, 0)
    assert order.prevented_volume == D("0.2")
    assert order.prevented_locked == price * D("0.2") * (1 + FEE)
    assert (maker.state, maker.remaining_volume) == ("wait", D("0.5"))
    assert desk.amounts("KRW") == (900_000_000 - price * size * (1 + FEE), 0)
    assert desk.states(order)[-3:] == ["prevented", "asset", "cancel"]


def test_cancel_taker_gives_back_all_of_a_market_buy() -> None:
    desk = scene()
    _, price, size = own_ask_at_the_best_price(desk)
    funds = (price * size).to_integral_value() + 1_000_000
    order = desk.place("bid", "price", price=funds, smp_type="cancel_taker")
    left = funds - price * size
    assert (order.state, order.remaining_funds) == ("cancel", 0)
    assert order.prevented_locked == left * (1 + FEE)
    assert desk.amounts("KRW") == (900_000_000 - price * size * (1 + FEE), 0)


@pytest.mark.parametrize(
    ("more", "order_state", "maker_state"),
    [
        ("0.2", "cancel", "wait"),
        ("0.5", "cancel", "cancel"),
        ("0.7", "wait", "cancel"),
    ],
)
def test_reduce_makes_both_smaller(more: str, order_state: str, maker_state: str) -> None:
    desk = scene()
    maker, price, size = own_ask_at_the_best_price(desk)
    order = desk.place("bid", price=price, volume=size + D(more), smp_type="reduce")
    both = min(D(more), D("0.5"))
    assert (order.state, maker.state) == (order_state, maker_state)
    assert (order.prevented_volume, maker.prevented_volume) == (both, both)
    assert (order.remaining_volume, maker.remaining_volume) == (D(more) - both, D("0.5") - both)
    assert order.prevented_locked == price * both * (1 + FEE)
    assert desk.amounts("BTC") == (10 + size - maker.locked, maker.locked)
    assert [h.trade.volume for h in desk.published if h.trade] == [int(size.scaleb(8))]


def test_without_prevention_both_fill_each_other_and_pay() -> None:
    desk = scene()
    maker, price, size = own_ask_at_the_best_price(desk)
    order = desk.place("bid", price=price, volume=size + D("0.2"), smp_type="none")
    assert (order.state, maker.state) == ("done", "wait")
    taken, given = order.fills[-1], maker.fills[-1]
    assert (taken.uuid, taken.sequential_id) == (given.uuid, given.sequential_id)
    assert (taken.is_maker, given.is_maker) == (False, True)
    assert (taken.volume, given.volume) == (D("0.2"), D("0.2"))
    assert len(desk.published) == 2
    fees = price * (size + D("0.2")) * FEE + price * D("0.2") * FEE
    assert desk.amounts("KRW") == (900_000_000 - price * size - fees, 0)
    assert desk.amounts("BTC") == (10 + size - D("0.3"), D("0.3"))


def test_fok_counts_own_orders_only_where_they_may_trade() -> None:
    for smp_type, state in (("none", "done"), ("reduce", "cancel"), ("cancel_maker", "cancel")):
        desk = scene()
        maker, price, size = own_ask_at_the_best_price(desk)
        order = desk.place(
            "bid", price=price, volume=size + D("0.2"), smp_type=smp_type, time_in_force="fok"
        )
        assert (order.state, maker.state) == (state, "wait")


def test_post_only_does_not_meet_its_owner_either() -> None:
    desk = scene()
    (ask, size), *_ = desk.levels(asks=True)
    desk.place("bid", "limit", price=ask, volume=size, time_in_force="fok")
    own = desk.place("ask", price=ask, volume="0.5")
    order = desk.place("bid", price=ask, volume="0.1", time_in_force="post_only")
    assert (order.state, own.state, own.fills) == ("cancel", "wait", [])


# --- Identifiers, refusals, tests ------------------------------------------------------------


def test_an_identifier_serves_once_for_ever() -> None:
    desk = scene()
    order = desk.place("bid", price="100000000", volume="0.1", identifier="mine")
    assert desk.broker.find(identifier="mine") is order
    assert desk.broker.find(uuid=order.uuid) is order
    desk.broker.cancel(order)
    assert desk.refusal("bid", price="100000000", volume="0.1", identifier="mine") == (
        "duplicated_identifier"
    )
    assert desk.broker.find(identifier="mine") is order


def test_a_refused_order_uses_up_its_identifier_too() -> None:
    desk = scene()
    assert desk.refusal("bid", price="100000500", volume=1, identifier="x") == "invalid_price_bid"
    assert desk.broker.find(identifier="x") is None
    assert desk.refusal("bid", price="100000000", volume=1, identifier="x") == (
        "duplicated_identifier"
    )


def test_nothing_is_found_where_nothing_was_placed() -> None:
    desk = scene()
    assert desk.broker.find(uuid="nope") is None
    assert desk.broker.find(identifier="nope") is None
    assert desk.broker.find() is None


def test_an_order_beyond_the_account_is_refused_and_leaves_no_trace() -> None:
    desk = scene(krw="1000499", btc="0.5")
    assert desk.refusal("bid", price="100000000", volume="0.01") == "insufficient_funds_bid"
    assert desk.refusal("ask", "market", volume="0.51") == "insufficient_funds_ask"
    assert (desk.told, list(desk.broker.orders)) == ([], [])
    assert desk.amounts("KRW") == (D(1000499), 0)
    stranger = Scene(desk.floor, Account([]))
    assert stranger.refusal("ask", "market", volume="0.5") == "insufficient_funds_ask"
    assert stranger.account.rows() == []
    exact = scene(krw="1000500")
    assert exact.place("bid", price="100000000", volume="0.01").locked == D(1000500)


def test_a_halted_market_takes_no_orders_but_gives_them_back() -> None:
    desk = scene()
    order = desk.place("bid", price="100000000", volume="0.1")
    desk.floor.halt(CODE, on=True)
    assert desk.refusal("bid", price="100000000", volume="0.1") == "market_offline"
    desk.broker.cancel(order)
    assert order.state == "cancel"


def test_an_unlisted_market_is_refused() -> None:
    desk = scene()
    with pytest.raises(OrderRefused, match="notfoundmarket"):
        desk.broker.place(NewOrder("KRW-ETH", "bid", "price", "5000"))


def test_checking_an_order_changes_nothing() -> None:
    desk = scene()
    new = NewOrder(CODE, "bid", "price", "1000000", identifier="later")
    checked = desk.broker.check(new)
    assert (checked.state, checked.locked) == ("wait", D(1000500))
    assert (desk.told, desk.published, list(desk.broker.orders)) == ([], [], [])
    assert desk.broker.find(uuid=checked.uuid) is None
    assert desk.broker.place(new).identifier == "later"
    with pytest.raises(OrderRefused, match="duplicated_identifier"):
        desk.broker.check(new)


def test_cancel_and_new_takes_over_side_market_and_remainder() -> None:
    desk = scene(krw="50025000")
    old = desk.place("bid", price="100000000", volume="0.5", identifier="old")
    new = NewOrder(None, None, "limit", "90000000", "remain_only", identifier="new")
    successor = desk.broker.cancel_and_new(old, new)
    assert (old.state, successor.state) == ("cancel", "wait")
    assert (successor.code, successor.side, successor.volume) == (CODE, "bid", D("0.5"))
    # The money of the old order pays the new one.
    assert desk.amounts("KRW") == (50025000 - successor.locked, successor.locked)
    assert list(desk.broker.orders) == [old, successor]
    with pytest.raises(OrderRefused, match="order_not_found"):
        desk.broker.cancel_and_new(old, new)


def test_a_refused_successor_leaves_the_old_order_open() -> None:
    desk = scene(krw="50025000")
    old = desk.place("bid", price="100000000", volume="0.5", identifier="old")
    for new, name in (
        (NewOrder(None, None, "limit", "100001000", "0.5"), "insufficient_funds_bid"),
        (NewOrder(None, None, "limit", "100000001", "0.5"), "invalid_price_bid"),
        (NewOrder(None, None, "limit", "100000000", "0.4", identifier="old"), "duplicated"),
    ):
        with pytest.raises(OrderRefused, match=name):
            desk.broker.cancel_and_new(old, new)
        assert old.state == "wait"
        assert desk.amounts("KRW") == (0, D(50025000))


def test_uuids_are_valid_and_the_same_in_every_run() -> None:
    def made(seed: int) -> list[str]:
        desk = scene(seed=seed)
        orders = [desk.place("bid", "price", price="5000000") for _ in range(3)]
        return [o.uuid for o in orders] + [fill.uuid for o in orders for fill in o.fills]

    found = made(1)
    assert len(set(found)) == len(found) >= 6
    assert all(str(uuid.UUID(text)) == text and uuid.UUID(text).version == 4 for text in found)
    assert made(1) == found
    assert not set(made(2)) & set(found)


def test_the_trend_says_whether_the_price_fell() -> None:
    desk = scene()
    desk.place("bid", "price", price="100000000")
    sale = desk.place("ask", "market", volume="0.5")
    rise = desk.place("bid", "price", price="1000000")
    same = desk.place("bid", "price", price="1000000")
    assert sale.fills[0].trend == "down"
    assert rise.fills[0].trend == "up"
    assert same.fills[0].price == rise.fills[0].price
    assert same.fills[0].trend == "up"


# --- The account it begins with --------------------------------------------------------------


def test_what_is_locked_at_first_becomes_resting_orders() -> None:
    floor = TradingFloor(select((CODE, "KRW-XRP", "KRW-ETH")), 1, 1.0, NOW)
    desk = Scene(floor, Account())
    bid, ask, coins = desk.broker.orders
    assert [(o.code, o.side, o.state) for o in (bid, ask, coins)] == [
        ("KRW-BTC", "bid", "wait"),
        ("KRW-BTC", "ask", "wait"),
        ("KRW-XRP", "ask", "wait"),
    ]
    assert (ask.volume, coins.volume) == (D("0.02"), D(500))
    assert sum(desk.amounts("KRW")) == D("9923150.12842915")
    assert desk.amounts("KRW")[1] == bid.locked
    # To the unit: one more would have been too much.
    assert D(1_499_990) < bid.locked <= D(1_500_000)
    assert desk.amounts("BTC") == (D("0.18420557"), D("0.02"))
    assert desk.amounts("XRP") == (D(3500), D(500))
    assert desk.told == []
    last = D(floor.live(CODE).last.price * 1000)
    assert bid.price is not None
    assert ask.price is not None
    assert abs(bid.price / last - D("0.97")) < D("0.001")
    assert abs(ask.price / last - D("1.03")) < D("0.001")


def test_locks_without_their_market_become_free() -> None:
    floor = TradingFloor(select(("KRW-ETH",)), 1, 1.0, NOW)
    desk = Scene(floor, Account())
    assert list(desk.broker.orders) == []
    assert desk.amounts("KRW") == (D("9923150.12842915"), 0)
    assert desk.amounts("XRP") == (D(4000), 0)
