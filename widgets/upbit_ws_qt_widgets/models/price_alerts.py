"""Prices at which somebody wants to be told, and which trade crosses them. Pure."""

from __future__ import annotations

import enum
import itertools
import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, cast

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.markets import check_market

from .live_bars import Trade

__all__ = ["Crossed", "Direction", "PriceAlert", "PriceAlerts"]


class Direction(enum.StrEnum):
    """Which way the price has to cross."""

    CROSS = "cross"
    """Either way."""
    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True, slots=True)
class PriceAlert:
    """One alert; ``side`` is where the market was last seen: above (1), below (-1), or at it (0).

    A ``fired`` one waits for nobody until it is armed again.
    """

    id: int
    price: float
    direction: Direction = Direction.CROSS
    fired: bool = False
    side: int = 0

    def plain(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return {
            "id": self.id,
            "price": self.price,
            "direction": self.direction.value,
            "fired": self.fired,
            "side": self.side,
        }


class Crossed(NamedTuple):
    """An alert and the price of the trade that crossed it."""

    alert: PriceAlert
    trade_price: float


AlertsByMarket = dict[str, dict[int, PriceAlert]]


# State: the alerts of each market by id, the market on show, the number of the next alert, and the
# time of the newest trade with the numbers of those at that time.
class PriceAlerts:
    """The alerts of every market; one market at a time is watched.

    An alert fires once: with the first trade that is at its price, or beyond it, after the market
    was seen on the other side. However far that trade jumps, it counts; a trade older than one
    that came before does not, and neither does one that comes again. The side is kept, so that
    what happened while nobody watched is told by the first trade afterwards.
    """

    def __init__(self) -> None:
        self._by_market: AlertsByMarket = {}
        self._market = ""
        self._numbers = itertools.count(1)
        self._newest = -1
        self._ids: set[int] = set()

    @property
    def market(self) -> str:
        """The market on show."""
        return self._market

    @property
    def items(self) -> tuple[PriceAlert, ...]:
        """The alerts of the market on show, in the order they were made."""
        return tuple(self._by_market.get(self._market, {}).values())

    @property
    def is_waiting(self) -> bool:
        """Whether a trade of the market on show may fire one."""
        return any(not alert.fired for alert in self.items)

    def show(self, market: str) -> None:
        """Watch another market; the alerts of the former one are kept."""
        if market != self._market:
            self._market, self._newest = market, -1
            self._ids.clear()

    def find(self, number: int) -> PriceAlert:
        """One of ``items``.

        Raises:
            InvalidRequest: there is no such alert on this market.
        """
        found = self._by_market.get(self._market, {}).get(number)
        if found is None:
            known = ", ".join(str(alert.id) for alert in self.items) or "none"
            raise InvalidRequest(f"no alert of this market has the id {number!r}; known: {known}")
        return found

    def add(self, price: float, direction: str, last: float | None) -> int:
        """Make an alert; ``last`` is the market's last price, if it is known. Returns its id.

        Raises:
            InvalidRequest: the price or the direction makes no sense.
        """
        alert = PriceAlert(0, _checked_price(price), _checked_direction(direction))
        alert = replace(alert, id=next(self._numbers), side=_side(last, alert.price))
        self._put(alert)
        return alert.id

    def move(self, number: int, price: float, last: float | None) -> None:
        """Give an alert another price, and arm it again."""
        wanted = _checked_price(price)
        alert = replace(self.find(number), price=wanted, fired=False, side=_side(last, wanted))
        self._put(alert)

    def rearm(self, number: int, last: float | None) -> None:
        """Let an alert that has fired wait for the next time."""
        alert = self.find(number)
        self._put(replace(alert, fired=False, side=_side(last, alert.price)))

    def remove(self, number: int) -> None:
        """Take an alert away."""
        self.find(number)
        del self._by_market[self._market][number]

    def clear(self) -> None:
        """Take all alerts of the market on show away."""
        self._by_market.pop(self._market, None)

    def take(self, trade: Trade) -> list[Crossed]:
        """A trade of the market on show; the alerts that it fires."""
        if trade.time < self._newest or trade.sequential_id in self._ids:
            return []
        if trade.time > self._newest:
            self._newest = trade.time
            self._ids.clear()
        self._ids.add(trade.sequential_id)
        crossed: list[Crossed] = []
        for alert in self.items:
            side = _side(trade.price, alert.price)
            if alert.fired or side == alert.side:
                continue
            known = replace(alert, fired=_fires(alert, side), side=side or alert.side)
            self._put(known)
            if known.fired:
                crossed.append(Crossed(known, trade.price))
        return crossed

    def _put(self, alert: PriceAlert) -> None:
        self._by_market.setdefault(self._market, {})[alert.id] = alert

    # -- what is kept --------------------------------------------------------------------------

    def plain(self) -> dict[str, list[dict[str, Any]]]:
        """The alerts of all markets as plain data for JSON."""
        return {
            market: [alert.plain() for alert in alerts.values()]
            for market, alerts in self._by_market.items()
            if alerts
        }

    @staticmethod
    def checked(state: object) -> AlertsByMarket:
        """What ``plain`` gave.

        Raises:
            InvalidRequest: it is something else.
        """
        if not isinstance(state, dict):
            raise InvalidRequest(f"alerts must be lists by their market; got {type(state)}")
        found: AlertsByMarket = {}
        ids: set[int] = set()
        for market, rows in cast("dict[object, object]", state).items():
            # Trades may be shown without any market; its name is empty then.
            name = check_market(market) if market else ""
            if not isinstance(rows, list):
                raise InvalidRequest(f"{name}: alerts must be a list; got {type(rows)}")
            alerts = [_alert_of(row) for row in cast("list[object]", rows)]
            found[name] = {alert.id: alert for alert in alerts}
            if len(found[name]) < len(alerts) or not ids.isdisjoint(found[name]):
                raise InvalidRequest(f"{name}: two alerts have one id; each needs its own")
            ids.update(found[name])
        return found

    def restore(self, by_market: AlertsByMarket) -> None:
        """Take these alerts, from ``checked``, instead of all there are."""
        self._by_market = by_market
        highest = max(itertools.chain.from_iterable(by_market.values()), default=0)
        self._numbers = itertools.count(max(highest + 1, next(self._numbers)))


def _side(price: float | None, level: float) -> int:
    if price is None:
        return 0
    return (price > level) - (price < level)


def _fires(alert: PriceAlert, side: int) -> bool:
    """Whether a trade at it, or on the other side of it than before, is what an alert waits for."""
    wanted = {Direction.CROSS: alert.side, Direction.ABOVE: -1, Direction.BELOW: 1}
    return alert.side not in (0, side) and alert.side == wanted[alert.direction]


def _checked_price(price: object) -> float:
    if isinstance(price, bool) or not isinstance(price, int | float) or not 0 < price < math.inf:
        raise InvalidRequest(f"an alert needs a price above 0; got {price!r}")
    return float(price)


def _checked_direction(direction: object) -> Direction:
    if not isinstance(direction, str) or direction not in list(Direction):
        listed = ", ".join(Direction)
        raise InvalidRequest(f"the direction of an alert is one of {listed}; got {direction!r}")
    return Direction(direction)


def _alert_of(row: object) -> PriceAlert:
    given = cast("dict[str, object]", row) if isinstance(row, dict) else {}
    number, fired, side = given.get("id"), given.get("fired", False), given.get("side", 0)
    is_number = isinstance(number, int) and not isinstance(number, bool) and number > 0
    if not is_number or not isinstance(fired, bool) or side not in (-1, 0, 1):
        raise InvalidRequest(f"an alert has an id from 1, a price and a direction; got {row!r}")
    price, direction = given.get("price"), given.get("direction")
    return PriceAlert(
        cast("int", number), _checked_price(price), _checked_direction(direction), fired, side
    )
