"""pyupbit, unmodified: REST, account and stream.

The exchange's address is written out in its functions, so what it calls is led to the simulated
one where its HTTP and WebSocket libraries open the connection. What it warns of concerns its own
code and is not ours to mend.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients.conftest import Served

pytest.importorskip("pyupbit", reason="pyupbit is not installed (pip install --group clients)")

import pyupbit
import requests.adapters
import websockets

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def led_here(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections to the exchange's host go to the simulated exchange instead."""
    send = requests.adapters.HTTPAdapter.send
    connect = websockets.connect

    def send_here(self: Any, request: Any, **options: Any) -> Any:
        request.url = request.url.replace("https://api.upbit.com", served.url)
        return send(self, request, **options)

    def connect_here(url: str, **options: Any) -> Any:
        url = url.replace("wss://api.upbit.com/websocket/v1", served.websocket_url)
        return connect(url, **options)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send_here)
    monkeypatch.setattr(websockets, "connect", connect_here)


@pytest.fixture
def account(served: Served) -> Any:
    return pyupbit.Upbit(served.access_key, served.secret_key)


# --- Quotation -------------------------------------------------------------------------------


def test_tickers() -> None:
    assert "KRW-BTC" in pyupbit.get_tickers(fiat="KRW")
    detailed = pyupbit.get_tickers(fiat="BTC", is_details=True)
    assert all(row["korean_name"] for row in detailed)


def test_limits_are_read_from_the_header() -> None:
    _, left = pyupbit.get_tickers(limit_info=True)
    assert left["group"] == "market"
    assert left["min"] == 600


def test_current_prices() -> None:
    assert pyupbit.get_current_price("KRW-BTC") > 1_000_000
    prices = pyupbit.get_current_price(["KRW-BTC", "KRW-ETH"])
    assert set(prices) == {"KRW-BTC", "KRW-ETH"}


def test_order_books() -> None:
    book = pyupbit.get_orderbook("KRW-BTC")
    assert len(book["orderbook_units"]) == 30
    assert len(pyupbit.get_orderbook(["KRW-BTC", "KRW-ETH"])) == 2


@pytest.mark.parametrize("interval", ["minute1", "minute240", "day", "week", "month"])
def test_candles(interval: str) -> None:
    table = pyupbit.get_ohlcv("KRW-BTC", interval=interval, count=10)
    assert len(table) == 10
    assert (table["low"] <= table["high"]).all()
    assert (table["volume"] > 0).all()


def test_pages_of_candles() -> None:
    """More than one call gives at most: it goes on from the oldest row, no row twice."""
    table = pyupbit.get_ohlcv("KRW-BTC", interval="minute60", count=450)
    assert len(table) == 450
    assert table.index.is_unique
    assert table.index.is_monotonic_increasing


# --- The account -----------------------------------------------------------------------------


def test_balances(account: Any) -> None:
    assert {row["currency"] for row in account.get_balances()} >= {"KRW", "BTC"}
    assert account.get_balance("KRW") > 0
    assert account.get_avg_buy_price("KRW-BTC") > 0


def test_limit_order_and_cancel(account: Any) -> None:
    price = pyupbit.get_current_price("KRW-BTC") * 0.7 // 100_000 * 100_000
    order = account.buy_limit_order("KRW-BTC", price, 0.001)
    assert order["state"] == "wait"
    assert order["uuid"] in {row["uuid"] for row in account.get_order("KRW-BTC")}
    assert account.get_order(order["uuid"])["side"] == "bid"
    account.cancel_order(order["uuid"])
    assert account.get_order(order["uuid"])["state"] == "cancel"


def test_market_orders(account: Any) -> None:
    before = account.get_balance("KRW-BTC")
    bought = account.buy_market_order("KRW-BTC", 50_000)
    detail = account.get_individual_order(bought["uuid"])
    assert detail["trades"]
    assert account.get_balance("KRW-BTC") == pytest.approx(
        before + float(detail["executed_volume"])
    )
    sold = account.sell_market_order("KRW-BTC", 0.001)
    assert account.get_order(sold["uuid"])["state"] == "done"


def test_wrong_secret(served: Served) -> None:
    with pytest.raises(pyupbit.JwtVerification):
        pyupbit.Upbit(served.access_key, "another").get_balances()


# --- The stream ------------------------------------------------------------------------------


class Enough(Exception):
    """Ends a client that would go on for ever."""


class Collected:
    """What it uses of a queue; full after five."""

    def __init__(self) -> None:
        self.items: list[Any] = []

    def put(self, item: Any) -> None:
        self.items.append(item)
        if len(self.items) == 5:
            raise Enough


@pytest.mark.parametrize("kind", ["ticker", "trade", "orderbook"])
def test_stream(kind: str) -> None:
    collected = Collected()
    with pytest.raises(Enough):
        pyupbit.WebSocketClient(kind, ["KRW-BTC", "KRW-ETH"], collected)
    assert {item["type"] for item in collected.items} == {kind}
    assert {item["stream_type"] for item in collected.items} == {"REALTIME"}
