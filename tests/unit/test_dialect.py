"""How Upbit is spoken with, and that both dialects keep the same promises. Tests only."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from upbit_ws_qt.binance import BinanceDialect
from upbit_ws_qt.dialect import Dialect, UpbitDialect
from upbit_ws_qt.events import Stamp, TickerEvent
from upbit_ws_qt.subscriptions import Stream
from upbit_ws_qt.wire import ListFrame

BTC, ETH = Stream("ticker", "KRW-BTC"), Stream("ticker", "KRW-ETH")


def test_each_connection_has_a_dialect_of_its_own() -> None:
    first, second = UpbitDialect(), UpbitDialect()
    first.request({BTC: 0}, "t")
    assert first.carries({BTC: 0})
    assert not second.carries({BTC: 0})


@pytest.mark.parametrize("make", [UpbitDialect, BinanceDialect])
def test_messages_lead_to_the_plan_and_end(make: Callable[[], Dialect]) -> None:
    dialect = make()
    dialect.connection_made()
    for plan in ({BTC: 0}, {BTC: 0, ETH: 0}, {ETH: 0}):
        assert not dialect.carries(plan)
        sent = 0
        while not dialect.carries(plan):
            dialect.request(plan, f"ticket {sent}")
            sent += 1
        assert sent == 1
    assert json.loads(dialect.request({ETH: 0}, "again")), "what is carried can be asked for again"
    assert dialect.carries({ETH: 0})
    dialect.connection_made()
    assert not dialect.carries({ETH: 0})


def test_upbit_is_told_the_whole_list_each_time() -> None:
    dialect = UpbitDialect()
    dialect.request({BTC: 0}, "1")
    ticket, entry, form = json.loads(dialect.request({BTC: 0, ETH: 0}, "2"))
    assert ticket == {"ticket": "2"}
    assert entry == {"type": "ticker", "codes": ["KRW-BTC", "KRW-ETH"]}
    assert form == {"format": "SIMPLE"}


def test_upbit_is_not_told_what_the_plan_becomes_afterwards() -> None:
    dialect, plan = UpbitDialect(), {BTC: 0}
    dialect.request(plan, "1")
    plan[ETH] = 0
    assert not dialect.carries(plan)


def test_upbit_is_read_and_asked() -> None:
    dialect = UpbitDialect()
    event = dialect.decode(b'{"ty":"ticker","cd":"KRW-BTC","tms":1,"tp":2.0}', Stamp(epoch=4))
    assert isinstance(event, TickerEvent)
    assert (event.trade_price, event.epoch) == (2.0, 4)
    assert {"method": "LIST_SUBSCRIPTIONS"} in json.loads(dialect.question("q"))
    answer = b'{"mthd":"LIST_SUBSCRIPTIONS","rslt":[{"ty":"ticker","cds":["KRW-BTC"]}],"tckt":"q"}'
    assert dialect.decode(answer, Stamp()) == ListFrame("q", frozenset({BTC}))
