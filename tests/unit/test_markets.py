"""Market codes, their names and price ticks. Tests only."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_ws_qt.errors import InvalidMarket, InvalidRequest
from upbit_ws_qt.markets import (
    Instrument,
    Market,
    MarketCatalog,
    check_market,
    check_markets,
    format_price,
    format_volume,
    quote_currency,
    table_tick_size,
)

FACTS = Path(__file__).resolve().parents[3] / "shared/facts/tick_tables.json"


@pytest.mark.parametrize("code", ["KRW-BTC", "BTC-ETH", "USDT-BTC", "KRW-1INCH", "KRW-0G"])
def test_a_market_code_is_returned_unchanged(code: str) -> None:
    assert check_market(code) == code


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("krw-btc", "'KRW-BTC'"),
        ("KRW/BTC", "'KRW-BTC'"),
        ("krw_btc ", "'KRW-BTC'"),
        ("btc", "'KRW-BTC'"),
    ],
)
def test_a_wrong_spelling_is_answered_with_the_likely_one(code: str, hint: str) -> None:
    """The exchange ignores a wrong or lower-case code in silence, so the call must not."""
    with pytest.raises(InvalidMarket, match=f"did you mean {hint}"):
        check_market(code)


@pytest.mark.parametrize("code", ["", "-", "KRW-", "KRW-B T C", "비트코인", "KRW-BTC-X", None, 7])
def test_where_nothing_is_likely_only_the_form_is_named(code: object) -> None:
    with pytest.raises(InvalidMarket, match=r"reads QUOTE-BASE, such as 'KRW-BTC'; got ") as caught:
        check_market(code)
    assert "did you mean" not in str(caught.value)


@given(st.text(max_size=30))
def test_a_hint_is_a_code_that_would_pass(text: str) -> None:
    try:
        check_market(text)
    except InvalidMarket as error:
        _, found, hint = str(error).rpartition("did you mean ")
        if found:
            check_market(hint.rstrip("?").strip("'"))


def test_lists_of_codes() -> None:
    assert check_markets("KRW-BTC") == ("KRW-BTC",)
    assert check_markets(["KRW-ETH", "KRW-BTC", "KRW-ETH"]) == ("KRW-ETH", "KRW-BTC")
    assert check_markets(code for code in ("KRW-BTC",)) == ("KRW-BTC",)
    with pytest.raises(InvalidMarket, match="at least one market code is needed"):
        check_markets([])
    with pytest.raises(InvalidMarket, match="'krw-btc'"):
        check_markets(["KRW-ETH", "krw-btc"])


def test_quote_currency() -> None:
    assert quote_currency("KRW-BTC") == "KRW"
    assert quote_currency("USDT-BTC") == "USDT"


@pytest.mark.parametrize(
    ("code", "price", "tick"),
    [
        ("KRW-BTC", 116_539_000, 1000),
        ("KRW-BTC", 1_000_000, 1000),
        ("KRW-ETH", 999_999, 500),
        ("KRW-ETH", 499_999, 100),
        ("KRW-SOL", 99_950, 50),
        ("KRW-SOL", 49_999, 10),
        ("KRW-LINK", 9_999, 5),
        ("KRW-XRP", 4_999, 1),
        ("KRW-XRP", 100, 1),
        ("KRW-DOGE", 99.9, 0.1),
        ("KRW-A", 9.99, 0.01),
        ("KRW-A", 0.999, 0.001),
        ("KRW-A", 0.0999, 0.0001),
        ("KRW-A", 0.00999, 0.00001),
        ("KRW-A", 0.000999, 0.000001),
        ("KRW-A", 0.0000999, 0.0000001),
        ("KRW-A", 0.00000999, 0.00000001),
        ("USDT-BTC", 60_000, 0.01),
        ("USDT-XRP", 9.99, 0.001),
        ("USDT-A", 0.000_05, 0.000_000_01),
        ("BTC-ETH", 0.03, 0.000_000_01),
        ("ETH-A", 1.0, 0.000_000_01),
        ("KRW-A", -1.0, 0.000_000_01),
    ],
)
def test_ticks_by_the_published_table(code: str, price: float, tick: float) -> None:
    assert table_tick_size(code, price) == tick


def test_the_tables_are_those_of_the_facts() -> None:
    if not FACTS.is_file():
        pytest.skip("the fact sheets do not lie beside this checkout")
    facts = json.loads(FACTS.read_text(encoding="utf-8"))
    newest = {
        "KRW-X": facts["KRW"]["2025-07-31"],
        "USDT-X": facts["USDT"]["2024-08-19"],
        "BTC-X": facts["BTC"]["current"],
    }
    for code, rows in newest.items():
        for lower_bound, tick in rows:
            assert table_tick_size(code, float(lower_bound)) == float(tick), (code, lower_bound)


@pytest.mark.parametrize(
    ("price", "tick", "text"),
    [
        (116_539_000, 1000, "116,539,000"),
        (4_321, 1, "4,321"),
        (98.5, 0.1, "98.5"),
        (0.0123, 0.0001, "0.0123"),
        (0.00001234, 1e-08, "0.00001234"),
        (1234.5, 0.01, "1,234.50"),
    ],
)
def test_prices_have_the_decimals_of_their_tick(price: float, tick: float, text: str) -> None:
    assert format_price(price, tick) == text


@pytest.mark.parametrize(
    ("volume", "decimals", "text"),
    [
        (0.0007772, 8, "0.00077720"),
        (1234567.125, 2, "1,234,567.13"),
        (2.5, 0, "3"),
        (1e-9, 8, "0.00000000"),
        (7.9276e-4, 8, "0.00079276"),
        (np.float64(1.5), 1, "1.5"),
    ],
)
def test_volumes_are_rounded_half_up(volume: float, decimals: int, text: str) -> None:
    assert format_volume(volume, decimals) == text


@given(st.integers(0, 10**15), st.integers(0, 8))
def test_a_formatted_volume_reads_back(units: int, decimals: int) -> None:
    exact = Decimal(units).scaleb(-decimals)
    assert Decimal(format_volume(float(exact), decimals).replace(",", "")) == exact


BTC = Market("KRW-BTC", "비트코인", "Bitcoin")
ETH = Market("KRW-ETH", "이더리움", "Ethereum", warning=True, cautions=("PRICE_FLUCTUATIONS",))


def test_before_the_exchange_has_answered_nothing_is_judged() -> None:
    catalog = MarketCatalog()
    assert catalog.find("KRW-BTC") is None
    assert catalog.objection("KRW-BTC", 10_000.0) is None
    assert not catalog.judges("KRW-BTC")
    assert catalog.levels("KRW-BTC") == (0.0,)
    assert catalog.tick_size("KRW-BTC", 116_539_000) == 1000
    assert not catalog.has_left_band("KRW-BTC", 116_539_000)


def test_an_unlisted_code_is_answered_with_the_nearest() -> None:
    catalog = MarketCatalog({market.code: market for market in (BTC, ETH)})
    assert catalog.find("KRW-ETH") is ETH
    assert catalog.objection("KRW-BTC") is None
    assert catalog.judges("KRW-BTC")
    assert catalog.judges("KRW-BTV", 10.0), "no instrument will come of what is not listed"
    for code, says in (
        ("KRW-BTV", "the exchange lists no market 'KRW-BTV'; did you mean 'KRW-BTC'?"),
        ("X-ZZZZZZZZZ", "the exchange lists no market 'X-ZZZZZZZZZ'"),
    ):
        error = catalog.objection(code)
        assert isinstance(error, InvalidMarket)
        assert str(error) == says


def test_a_level_that_is_not_offered_is_answered_with_those_that_are() -> None:
    catalog = MarketCatalog({"KRW-BTC": BTC, "KRW-ETH": ETH})
    assert not catalog.judges("KRW-BTC", 10_000.0)
    assert catalog.judges("KRW-BTC", 0.0), "no grouping is always offered"
    catalog.learn({"KRW-BTC": Instrument(1000.0, (0.0, 10_000.0, 1e7, 0.5))})
    assert catalog.levels("KRW-BTC") == (0.0, 10_000.0, 1e7, 0.5)
    for level in (0.0, 10_000.0, 1e7, 0.5):
        assert catalog.judges("KRW-BTC", level)
        assert catalog.objection("KRW-BTC", level) is None
    error = catalog.objection("KRW-BTC", 20_000.0)
    assert isinstance(error, InvalidRequest)
    assert str(error) == (
        "the exchange groups the order book of KRW-BTC by 0, 10000, 10000000, 0.5; got level 20000"
    )
    assert catalog.judges("KRW-BTC", 20_000.0)
    assert not catalog.judges("KRW-ETH", 20_000.0)
    catalog.learn({"KRW-ETH": Instrument(500.0, ())})
    assert "by 0; got level 7" in str(catalog.objection("KRW-ETH", 7.0))


def test_the_instruments_api_overrules_the_table_in_the_band_it_was_read_in() -> None:
    """USDT kept steps of 0.5 where the table says 1; above 5,000 the table speaks again."""
    catalog = MarketCatalog(instruments={"KRW-USDT": Instrument(0.5, (0.0,))})
    assert catalog.tick_size("KRW-USDT", 1450.0) == 0.5
    assert catalog.tick_size("KRW-USDT", 4999.0) == 0.5
    assert not catalog.has_left_band("KRW-USDT", 4999.0)
    assert catalog.tick_size("KRW-USDT", 5000.0) == 5
    assert catalog.has_left_band("KRW-USDT", 5000.0)


def test_instruments_that_are_read_again_are_those_of_the_band_of_that_moment() -> None:
    catalog = MarketCatalog()
    catalog.learn({"KRW-USDT": Instrument(0.5, (0.0,)), "KRW-ETH": Instrument(250.0, (0.0,))})
    assert catalog.tick_size("KRW-USDT", 4999.0) == 0.5
    assert catalog.tick_size("KRW-ETH", 600_000.0) == 250.0
    catalog.learn({"KRW-USDT": Instrument(2.5, (0.0, 50.0))})
    assert catalog.tick_size("KRW-USDT", 5000.0) == 2.5
    assert catalog.levels("KRW-USDT") == (0.0, 50.0)
    assert catalog.tick_size("KRW-USDT", 4999.0) == 1
    assert catalog.tick_size("KRW-ETH", 450_000.0) == 100, "nothing new was read of this one"
    assert catalog.tick_size("KRW-ETH", 600_000.0) == 250.0


XRP = Market("KRW-XRP", "리플", "XRP")


def listed(*markets: Market) -> dict[str, Market]:
    return {market.code: market for market in markets}


def test_the_first_list_is_no_news_but_for_who_waits_for_a_market() -> None:
    assert MarketCatalog().take(listed(BTC, ETH)) == ((), ())
    catalog = MarketCatalog()
    assert catalog.take(listed(BTC, ETH), waiting=["KRW-ETH", "KRW-XRP"]) == ((ETH,), ())
    assert catalog.find("KRW-BTC") is BTC
    assert catalog.gone == {}


def test_later_lists_tell_what_is_new_and_what_is_gone() -> None:
    catalog = MarketCatalog()
    catalog.take(listed(BTC, ETH))
    changes = catalog.take(listed(BTC, XRP), waiting=["KRW-BTC"])
    assert changes.listed == (XRP,)
    assert changes.gone == (ETH,)
    assert catalog.gone == {"KRW-ETH": ETH}
    assert catalog.find("KRW-ETH") is ETH, "its name is still known"
    assert isinstance(catalog.objection("KRW-ETH"), InvalidMarket)
    assert catalog.take(listed(BTC)).gone == (XRP,)
    assert [*catalog.gone] == ["KRW-ETH", "KRW-XRP"]
    assert catalog.take(listed(BTC, ETH)).listed == (ETH,)
    assert [*catalog.gone] == ["KRW-XRP"], "it has come back"


def test_warnings_are_those_of_the_last_list() -> None:
    catalog = MarketCatalog()
    catalog.take(listed(BTC))
    warned = Market("KRW-BTC", "비트코인", "Bitcoin", warning=True)
    assert catalog.take(listed(warned)) == ((), ())
    assert catalog.find("KRW-BTC") is warned


def test_an_empty_list_changes_nothing() -> None:
    """Every market would be gone at once."""
    catalog = MarketCatalog()
    assert catalog.take({}) == ((), ())
    catalog.take(listed(BTC))
    assert catalog.take({}) == ((), ())
    assert catalog.find("KRW-BTC") is BTC


def test_of_a_market_that_is_gone_neither_tick_nor_levels_nor_band_are_kept() -> None:
    """When it comes back it may trade at quite another price."""
    catalog = MarketCatalog()
    catalog.take(listed(BTC, ETH))
    instrument = Instrument(250.0, (0.0, 1000.0))
    catalog.learn({"KRW-BTC": instrument, "KRW-ETH": instrument})
    assert catalog.tick_size("KRW-ETH", 600_000.0) == 250.0
    catalog.take(listed(BTC))
    assert catalog.levels("KRW-ETH") == (0.0,)
    assert catalog.levels("KRW-BTC") == (0.0, 1000.0)
    catalog.take(listed(BTC, ETH))
    assert not catalog.judges("KRW-ETH", 1000.0)
    catalog.learn({"KRW-ETH": Instrument(2.5, (0.0,))})
    assert catalog.tick_size("KRW-ETH", 5000.0) == 2.5
