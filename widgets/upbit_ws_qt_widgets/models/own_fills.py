"""The account's fills in one market, as arrays, and their sums by column. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.events import OrderEvent, OrderState, OrderTrade

__all__ = ["Fill", "FillSums", "OwnFills", "checked_fill", "fill_of", "fills_of_trades"]

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]
_ROW = np.dtype(
    [("time", np.int64), ("price", np.float64), ("volume", np.float64), ("is_ask", np.bool_)]
)


class Fill(NamedTuple):
    """One fill: ``time`` in ms since 1970, ``price`` in the quote currency, ``volume`` in coins.

    ``is_ask`` where the account sold. Fills with the same ``uuid`` are one; without one each
    counts.
    """

    time: int
    price: float
    volume: float
    is_ask: bool
    uuid: str = ""


class FillSums(NamedTuple):
    """One entry for each column and side with fills, ascending by column, bids before asks.

    ``columns`` are indices of the columns asked for; ``value`` is price times volume, summed;
    ``first`` and ``last`` are times in ms.
    """

    columns: _Ints
    is_ask: npt.NDArray[np.bool_]
    counts: _Ints
    volume: _Floats
    value: _Floats
    first: _Ints
    last: _Ints


def fill_of(event: OrderEvent) -> Fill | None:
    """The fill that an event of an order tells of, or None where it tells of none."""
    if event.state is not OrderState.TRADE or event.price is None or event.volume is None:
        return None
    time = event.timestamp if event.trade_timestamp is None else event.trade_timestamp
    is_ask = event.ask_bid == "ASK"
    return Fill(time, float(event.price), float(event.volume), is_ask, event.trade_uuid or "")


def fills_of_trades(trades: Iterable[OrderTrade]) -> list[Fill]:
    """The fills of an order that was read with its trades."""
    return [
        Fill(
            int(trade.created_at.timestamp() * 1000),
            float(trade.price),
            float(trade.volume),
            trade.side == "ask",
            trade.uuid,
        )
        for trade in trades
    ]


def checked_fill(given: object) -> Fill:
    """A fill from outside.

    Raises:
        InvalidRequest: it is none, or its numbers make no sense.
    """
    if not isinstance(given, Fill):
        raise InvalidRequest(f"a fill must be a Fill; got {type(given).__name__}")
    if not (given.time >= 0 and 0 < given.price < np.inf and 0 < given.volume < np.inf):
        raise InvalidRequest(
            "a fill needs a time in ms since 1970, a price and a volume above 0; "
            f"got time={given.time!r} price={given.price!r} volume={given.volume!r}"
        )
    return given


# State: the fills in order of time, the ids of those that have one, and how often they changed.
class OwnFills:
    """Keeps fills in arrays: what is asked of them costs what is in view, not what there is."""

    def __init__(self) -> None:
        self._rows = np.empty(0, _ROW)
        self._uuids: set[str] = set()
        self._revision = 0

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def revision(self) -> int:
        """Changes with every change."""
        return self._revision

    def clear(self) -> None:
        """Forget all."""
        if len(self._rows):
            self._rows = np.empty(0, _ROW)
            self._uuids.clear()
            self._revision += 1

    def add(self, fills: Iterable[Fill]) -> bool:
        """Take in some more, in any order; whether any of them is new."""
        new: list[tuple[int, float, float, bool]] = []
        for fill in fills:
            if fill.uuid in self._uuids:
                continue
            if fill.uuid:
                self._uuids.add(fill.uuid)
            new.append(fill[:4])
        if not new:
            return False
        rows: npt.NDArray[np.void] = np.concatenate((self._rows, np.array(new, _ROW)))
        times: _Ints = rows["time"]
        self._rows = rows[np.argsort(times, kind="stable")]
        self._revision += 1
        return True

    def sums(self, starts: _Ints, end: int) -> FillSums:
        """The fills of some columns, summed.

        Args:
            starts: when each column begins, ms, ascending.
            end: when the last one ends, ms, exclusive.
        """
        times: _Ints = self._rows["time"]
        begin = int(np.searchsorted(times, int(starts[0]))) if len(starts) else len(times)
        rows = self._rows[begin : max(begin, int(np.searchsorted(times, end)))]
        times = rows["time"]
        key: _Ints = 2 * (np.searchsorted(starts, times, side="right") - 1) + rows["is_ask"]
        groups, first, group, counts = np.unique(
            key, return_index=True, return_inverse=True, return_counts=True
        )
        # They are in order of time, so the last of a group is the first of it from behind.
        behind = np.unique(key[::-1], return_index=True)[1]
        volumes: _Floats = rows["volume"]
        prices: _Floats = rows["price"]
        return FillSums(
            groups // 2,
            groups % 2 == 1,
            counts,
            _totals(group, volumes, len(groups)),
            _totals(group, volumes * prices, len(groups)),
            times[first],
            times[len(times) - 1 - behind],
        )


def _totals(group: _Ints, values: _Floats, groups: int) -> _Floats:
    """The sum of the values of each group."""
    return np.bincount(group, values, groups).astype(np.float64)
