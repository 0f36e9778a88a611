"""Alerts at prices: which trade fires them, once, and what is kept of them. Pure."""

from __future__ import annotations

from typing import Any

import pytest

from upbit_ws_qt.errors import InvalidMarket, InvalidRequest
from upbit_ws_qt_widgets.models.live_bars import Trade
from upbit_ws_qt_widgets.models.price_alerts import PriceAlerts


def alerts(*prices: float, direction: str = "cross", last: float | None = 100.0) -> PriceAlerts:
    made = PriceAlerts()
    made.show("KRW-BTC")
    for price in prices:
        made.add(price, direction, last)
    return made


class Tape:
    """Trades one after the other; tells the ids of the alerts that each of them fires."""

    def __init__(self, watched: PriceAlerts) -> None:
        self.watched = watched
        self.time = 0

    def __call__(self, *prices: float) -> list[list[int]]:
        fired: list[list[int]] = []
        for price in prices:
            self.time += 1
            trade = Trade(self.time, self.time, price, 1.0)
            fired.append([crossed.alert.id for crossed in self.watched.take(trade)])
        return fired


@pytest.mark.parametrize(
    ("direction", "prices", "fired"),
    [
        ("cross", [109, 110, 111, 109], [[], [1], [], []]),
        ("cross", [109, 130], [[], [1]]),
        ("above", [111], [[1]]),
        ("below", [111, 112, 110], [[], [], [1]]),
        ("below", [105, 110, 105, 111, 90], [[], [], [], [], [1]]),
    ],
)
def test_the_trade_that_reaches_or_jumps_over_it_fires_it_once(
    direction: str, prices: list[float], fired: list[list[int]]
) -> None:
    assert Tape(alerts(110.0, direction=direction))(*prices) == fired


def test_it_says_which_trade_did() -> None:
    watched = alerts(110.0)
    [crossed] = watched.take(Trade(1, 1, 125.0, 1.0))
    assert (crossed.alert.price, crossed.trade_price) == (110.0, 125.0)
    assert [alert.fired for alert in watched.items] == [True]
    assert not watched.is_waiting


def test_one_at_the_price_waits_for_the_market_to_leave_and_come_back() -> None:
    assert Tape(alerts(100.0))(100, 101, 102, 100) == [[], [], [], [1]]
    assert Tape(alerts(100.0, last=None))(90, 95, 105) == [[], [], [1]]


def test_neither_late_trades_nor_repeated_ones_fire() -> None:
    watched = alerts(110.0, last=None)
    assert watched.take(Trade(10, 5, 100.0, 1.0)) == []
    assert watched.take(Trade(9, 4, 111.0, 1.0)) == []
    assert watched.take(Trade(10, 5, 111.0, 1.0)) == []
    # Another one in the same millisecond, whatever its number is.
    assert len(watched.take(Trade(10, 3, 111.0, 1.0))) == 1


def test_each_fires_by_itself() -> None:
    assert Tape(alerts(110.0, 105.0, 120.0))(112, 121) == [[1, 2], [3]]


def test_armed_again_it_fires_again() -> None:
    watched = alerts(110.0)
    tape = Tape(watched)
    assert tape(112, 108, 112) == [[1], [], []]
    watched.rearm(1, 112.0)
    assert watched.is_waiting
    assert tape(113, 110) == [[], [1]]


def test_moved_it_is_armed_at_its_new_price() -> None:
    watched = alerts(110.0)
    tape = Tape(watched)
    assert tape(112) == [[1]]
    watched.move(1, 120.0, 112.0)
    assert tape(119, 121) == [[], [1]]


def test_a_jump_while_another_market_was_on_show_is_told_afterwards() -> None:
    watched = alerts(110.0)
    watched.show("KRW-ETH")
    assert watched.market == "KRW-ETH"
    assert watched.items == ()
    assert not watched.is_waiting
    assert watched.take(Trade(50, 9, 500.0, 1.0)) == []
    watched.show("KRW-BTC")
    # Each market has its own clock and numbers.
    assert [crossed.alert.id for crossed in watched.take(Trade(49, 9, 115.0, 1.0))] == [1]


def test_to_show_the_same_market_forgets_nothing() -> None:
    watched = alerts(110.0, last=None)
    watched.take(Trade(10, 5, 100.0, 1.0))
    watched.show("KRW-BTC")
    assert watched.take(Trade(9, 6, 111.0, 1.0)) == []


def test_removed_ones_are_gone() -> None:
    watched = alerts(110.0, 120.0)
    watched.remove(1)
    assert [alert.id for alert in watched.items] == [2]
    with pytest.raises(InvalidRequest, match="has the id 1; known: 2"):
        watched.find(1)
    watched.clear()
    watched.clear()
    assert watched.items == ()
    with pytest.raises(InvalidRequest, match="known: none"):
        watched.remove(2)
    # An id is never given twice.
    assert watched.add(130.0, "cross", None) == 3


@pytest.mark.parametrize("price", [0, -1.0, float("nan"), float("inf"), "7", True, None])
def test_a_price_is_checked(price: Any) -> None:
    watched = alerts(110.0)
    with pytest.raises(InvalidRequest, match="a price above 0"):
        watched.add(price, "cross", None)
    with pytest.raises(InvalidRequest, match="a price above 0"):
        watched.move(1, price, None)
    assert [alert.price for alert in watched.items] == [110.0]


@pytest.mark.parametrize("direction", ["up", "", 3])
def test_a_direction_is_checked(direction: Any) -> None:
    with pytest.raises(InvalidRequest, match="one of cross, above, below"):
        alerts().add(1.0, direction, None)


def test_what_is_kept_comes_back_with_where_the_market_was() -> None:
    watched = alerts(110.0, 90.0)
    watched.show("KRW-ETH")
    watched.add(5.0, "below", 7.0)
    kept = watched.plain()
    assert list(kept) == ["KRW-BTC", "KRW-ETH"]
    assert kept["KRW-ETH"] == [
        {"id": 3, "price": 5.0, "direction": "below", "fired": False, "side": 1}
    ]
    other = PriceAlerts()
    other.show("KRW-BTC")
    other.restore(PriceAlerts.checked(kept))
    assert other.plain() == kept
    assert Tape(other)(115) == [[1]]
    assert other.add(1.0, "cross", None) == 4
    other.restore({})
    assert other.add(1.0, "cross", None) > 4
    other.clear()
    assert other.plain() == {}


def row(**changes: Any) -> dict[str, Any]:
    return {"id": 1, "price": 5.0, "direction": "cross", **changes}


def test_a_row_needs_no_more_than_id_price_and_direction() -> None:
    [alert] = PriceAlerts.checked({"": [row()]})[""].values()
    assert (alert.fired, alert.side) == (False, 0)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ([], "lists by their market"),
        ({"KRW-BTC": 3}, "KRW-BTC: alerts must be a list"),
        ({"KRW-BTC": [3]}, "has an id"),
        ({"KRW-BTC": [row(id=0)]}, "has an id"),
        ({"KRW-BTC": [row(id=True)]}, "has an id"),
        ({"KRW-BTC": [row(id="1")]}, "has an id"),
        ({"KRW-BTC": [row(fired=1)]}, "has an id"),
        ({"KRW-BTC": [row(side=2)]}, "has an id"),
        ({"KRW-BTC": [row(price=None)]}, "a price above 0"),
        ({"KRW-BTC": [row(direction=None)]}, "one of cross, above, below"),
        ({"KRW-BTC": [row(), row()]}, "two alerts have one id"),
        ({"KRW-BTC": [row()], "KRW-ETH": [row()]}, "KRW-ETH: two alerts have one id"),
    ],
)
def test_anything_else_is_refused(state: Any, message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        PriceAlerts.checked(state)


def test_a_market_has_to_be_one() -> None:
    with pytest.raises(InvalidMarket):
        PriceAlerts.checked({"btc": []})
