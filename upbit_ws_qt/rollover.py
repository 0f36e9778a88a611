"""What a market's ticker says when a day begins in which it was not traded yet. Pure.

The exchange's day runs from 00:00 UTC (09:00 in Korea). Then the figures of the day begin anew, but
the exchange sends nothing: a market keeps its old ticker until its first trade, which may take
hours. Until then its day is known all the same: nothing was traded, at the price of the day before.
"""

from __future__ import annotations

import msgspec

from .event_roots import Source, Stamp
from .events import TickerEvent
from .subscriptions import StreamEvent

__all__ = ["DAY_MS", "day_start", "of_today", "rolled_over"]

DAY_MS = 86_400_000


def day_start(now_ms: float) -> int:
    """When the exchange's day of this moment began; both in ms since 1970."""
    return int(now_ms // DAY_MS) * DAY_MS


def rolled_over(ticker: TickerEvent, day_start_ms: int) -> TickerEvent:
    """The ticker of a market on the day that began then, before its first trade of that day.

    What is about another span than the day (the last 24 hours, 52 weeks) is as it was last told,
    and so is what tells of the last trade. What the former ticker lacked stays None.
    """
    price = ticker.trade_price
    sums = ("acc_trade_volume", "acc_trade_price", "acc_ask_volume", "acc_bid_volume")
    return msgspec.structs.replace(
        ticker,
        timestamp=day_start_ms,
        opening_price=price,
        high_price=price,
        low_price=price,
        prev_closing_price=price,
        change="EVEN",
        change_price=0.0,
        signed_change_price=0.0,
        change_rate=0.0,
        signed_change_rate=0.0,
        **{name: None if getattr(ticker, name) is None else 0.0 for name in sums},
        stamp=_derived(ticker.stamp),
    )


def of_today(
    ticker: TickerEvent, last: StreamEvent | None, day_start_ms: int
) -> TickerEvent | None:
    """What a ticker that arrives says about the day that began then.

    One of this day says what it says. One of a former day says with which price this day began,
    unless this market was traded since, or an even later one has said it: then it comes late, and
    the answer is None.

    Args:
        ticker: what arrived.
        last: the newest event of its stream so far.
        day_start_ms: since 1970.
    """
    if ticker.timestamp >= day_start_ms:
        return ticker
    if isinstance(last, TickerEvent) and last.timestamp >= day_start_ms:
        if last.stamp.source is not Source.DERIVED:
            return None
        if (ticker.trade_timestamp or 0) < (last.trade_timestamp or 0):
            return None
    return rolled_over(ticker, day_start_ms)


def _derived(stamp: Stamp) -> Stamp:
    return msgspec.structs.replace(stamp, source=Source.DERIVED)
