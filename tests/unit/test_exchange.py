"""Upbit's four as data: each complete, and different where they differ. Tests only."""

from __future__ import annotations

import dataclasses
from urllib.parse import urlsplit

import pytest

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.exchange import UPBIT_KR, UPBIT_REGIONS, Exchange, upbit_in
from upbit_ws_qt.markets import check_market

HOSTS = {
    "kr": "api.upbit.com",
    "sg": "sg-api.upbit.com",
    "id": "id-api.upbit.com",
    "th": "th-api.upbit.com",
}


@pytest.mark.parametrize("exchange", UPBIT_REGIONS.values(), ids=lambda exchange: exchange.region)
def test_every_region_is_at_its_own_host_under_the_same_paths(exchange: Exchange) -> None:
    host = HOSTS[exchange.region]
    assert exchange.public_url == f"wss://{host}/websocket/v1"
    assert exchange.private_url == f"wss://{host}/websocket/v1/private"
    assert exchange.rest_url == f"https://{host}"
    assert (urlsplit(exchange.rest_url).hostname or "").endswith("." + exchange.domain)
    assert exchange.private_types == {"announcement", "myAsset", "myOrder"}


def test_what_is_korean_is_korean_only() -> None:
    assert {region: exchange.default_market for region, exchange in UPBIT_REGIONS.items()} == {
        "kr": "KRW-BTC",
        "sg": "SGD-BTC",
        "id": "IDR-BTC",
        "th": "THB-BTC",
    }
    for exchange in UPBIT_REGIONS.values():
        assert check_market(exchange.default_market)
        korean = exchange is UPBIT_KR
        assert exchange.has_levels is korean
        assert exchange.error_language == ("ko" if korean else "en")


def test_a_region_is_found_by_its_name() -> None:
    assert upbit_in("kr") is UPBIT_KR
    assert upbit_in("th").name == "Upbit Thailand"
    for wrong in ("KR", "us", ""):
        with pytest.raises(InvalidRequest, match=rf"kr, sg, id, th; got '{wrong}'"):
            upbit_in(wrong)


def test_what_an_exchange_does_not_stream_is_refused() -> None:
    for unit in ("1s", "1m", "3m", "5m", "10m", "15m", "30m", "60m", "240m"):
        UPBIT_KR.check_stream(f"candle.{unit}")
    with pytest.raises(InvalidRequest, match=r"Upbit Korea streams no candle\.2m"):
        UPBIT_KR.check_stream("candle.2m")
    UPBIT_KR.check_stream("orderbook", 1000.0)
    singapore = upbit_in("sg")
    singapore.check_stream("orderbook")
    with pytest.raises(InvalidRequest, match="Upbit Singapore groups no order books"):
        singapore.check_stream("orderbook", 1000.0)
    without = dataclasses.replace(UPBIT_KR, private_types=frozenset({"announcement"}))
    for account in ("myAsset", "myOrder"):
        UPBIT_KR.check_stream(account)
        with pytest.raises(InvalidRequest, match="of Upbit Korea no accounts are served"):
            without.check_stream(account)
    without.check_stream("announcement")


def test_calls_go_only_where_they_are_answered() -> None:
    UPBIT_KR.check_rest()
    with pytest.raises(InvalidRequest, match="of Upbit Korea only streams are served"):
        dataclasses.replace(UPBIT_KR, has_rest=False).check_rest()
