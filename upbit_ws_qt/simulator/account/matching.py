"""Who meets whom: an order's way through the book, and the queue at a price. Pure.

Prices are quanta, volumes whole units of 1e-8 coins.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from upbit_ws_qt.simulator.market.trades import Trade

from .orders import Order

__all__ = [
    "Meeting",
    "Waiting",
    "coins",
    "fills_whole",
    "in_priority",
    "meetings",
    "reached",
    "units",
    "units_for",
]

_DECIMALS = 8


@dataclass(slots=True, eq=False)
class Waiting:
    """An order that rests in the book; ``ahead`` is what others have before it at its price."""

    order: Order
    price: int
    volume: int
    ahead: int


class Meeting(NamedTuple):
    """Volume that a new order meets; ``maker`` is None where it is others'."""

    price: int
    volume: int
    maker: Waiting | None = None


def coins(volume: int) -> Decimal:
    """Whole units as coins."""
    return Decimal(volume).scaleb(-_DECIMALS)


def units(amount: Decimal) -> int:
    """Coins, at most 8 decimals, as whole units."""
    return int(amount.scaleb(_DECIMALS))


def units_for(funds: Decimal, price: Decimal) -> int:
    """The whole units that ``funds`` buy.

    Source: docs.upbit.com, faq-order: what would be the ninth decimal is cut off.
    """
    return int(funds.scaleb(_DECIMALS) // price)


def in_priority(
    offers: Iterable[tuple[int, int]], own: Iterable[Waiting], *, asks: bool
) -> Iterator[Meeting]:
    """What stands on one side of a book, best price first, others before the customer's own.

    Args:
        offers: others' prices and volumes, best first.
        own: the customer's resting orders of that side, oldest first.
        asks: whether it is the side of the asks.
    """
    direction = 1 if asks else -1
    return heapq.merge(
        (Meeting(price, volume) for price, volume in offers),
        (
            Meeting(waiting.price, waiting.volume, waiting)
            for waiting in sorted(own, key=lambda waiting: direction * waiting.price)
        ),
        key=lambda meeting: direction * meeting.price,
    )


def meetings(
    order: Order, limit: int | None, price_of: Callable[[int], Decimal], book: Iterable[Meeting]
) -> Iterator[Meeting]:
    """How far a new order gets through the opposite side of the book.

    A meeting with an own order is traded, prevented or ends the order, as ``smp_type`` has it:
    with ``cancel_maker`` it costs the new order nothing, with ``cancel_taker`` it is the last.

    Args:
        order: the new order; a best order goes no further than the first price it meets.
        limit: the worst price it accepts; None takes any.
        price_of: quanta as a price in the quote currency.
        book: see :func:`in_priority`.
    """
    volume, funds = order.remaining_volume, order.remaining_funds
    for met in book:
        if limit is None and order.ord_type == "best":
            limit = met.price
        if limit is not None and (met.price > limit if order.side == "bid" else met.price < limit):
            return
        price = price_of(met.price)
        wanted = _wanted(volume, funds, price)
        if not wanted:
            return
        if met.maker is not None and order.smp_type == "cancel_taker":
            yield met._replace(volume=wanted)
            return
        if met.maker is not None and order.smp_type == "cancel_maker":
            yield met
            continue
        part = min(met.volume, wanted)
        yield met._replace(volume=part)
        if volume is not None:
            volume -= coins(part)
        if funds is not None:
            funds -= coins(part) * price


def fills_whole(order: Order, price_of: Callable[[int], Decimal], way: Sequence[Meeting]) -> bool:
    """Whether all of a limit or best order is traded on its way, as far as units go."""
    if not way:
        return False
    traded = sum(met.volume for met in way if met.maker is None or not order.prevents_self_match)
    return traded == _wanted(order.remaining_volume, order.remaining_funds, price_of(way[0].price))


def reached(waiting: Iterable[Waiting], trade: Trade) -> list[tuple[Waiting, int]]:
    """Which resting orders a trade of others reaches, and how much of each; queues move up.

    Best price first, then the oldest. A trade beyond an order's price, or quotes that have come
    to it, reach all of it; at its very price others come first who were there before it.
    """
    found: list[tuple[Waiting, int]] = []
    own = 0
    for entry in sorted(waiting, key=_priority):
        if _is_swept(entry, trade):
            found.append((entry, entry.volume))
        elif entry.price == trade.price and (entry.order.side == "bid") == trade.sold:
            # The customer's older orders at this price have had their part.
            left = max(trade.volume - own, 0)
            volume = min(entry.volume, max(left - entry.ahead, 0))
            entry.ahead = max(entry.ahead - left, 0)
            own += volume
            if volume:
                found.append((entry, volume))
    return found


def _priority(entry: Waiting) -> int:
    return -entry.price if entry.order.side == "bid" else entry.price


def _is_swept(entry: Waiting, trade: Trade) -> bool:
    price = entry.price
    if entry.order.side == "bid":
        beyond = trade.price < price or (trade.price == price and not trade.sold)
        return beyond or trade.ask <= price
    beyond = trade.price > price or (trade.price == price and trade.sold)
    return beyond or trade.bid >= price


def _wanted(volume: Decimal | None, funds: Decimal | None, price: Decimal) -> int:
    """The whole units of ``volume``, or else those that ``funds`` buy."""
    if volume is not None:
        return units(volume)
    return 0 if funds is None else units_for(funds, price)
