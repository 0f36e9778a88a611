"""Hundreds of listed markets: believable rows, and a sound story behind each."""

from __future__ import annotations

import itertools
from collections import Counter
from decimal import Decimal

import pytest

from upbit_ws_qt.markets import table_tick_size
from upbit_ws_qt.simulator.market.days import DAY_MS, DayMaker
from upbit_ws_qt.simulator.market.listing import CAUTIONS, MARKETS, select
from upbit_ws_qt.simulator.market.market import Market
from upbit_ws_qt.timeframe import Timeframe

NOW = 1_795_348_842_345  # 2026-11-22, 42 s into a minute
TODAY = NOW // DAY_MS
# The dearest and the cheapest, a few satoshi, stable, hardly traded, new.
ODD_CODES = [
    "KRW-XAUT",
    "KRW-BABYDOGE",
    "KRW-ELON",
    "KRW-QUBIC",
    "KRW-USDC",
    "KRW-KAS",
    "BTC-PUMP",
    "BTC-YFI",
    "BTC-AFC",
    "USDT-BABYDOGE",
]


def on_grid(code: str, price: float) -> bool:
    return Decimal(repr(price)) % Decimal(str(table_tick_size(code, price))) == 0


def test_as_many_markets_are_listed_as_the_exchange_had() -> None:
    """Counted on 2026-09-23."""
    assert Counter(row.quote for row in MARKETS) == {"KRW": 289, "BTC": 328, "USDT": 238}
    assert len({row.code for row in MARKETS}) == len(MARKETS)
    assert not [row.code for row in MARKETS if row.base == row.quote]


def test_coins_keep_their_names_in_every_market_and_share_them_with_none() -> None:
    coins = {(row.base, row.korean_name, row.english_name) for row in MARKETS}
    for column in zip(*coins, strict=True):
        assert len(set(column)) == len({row.base for row in MARKETS})
        assert all(name == name.strip() != "" for name in column)


def test_bitcoin_leads_and_turnover_orders_the_others() -> None:
    assert MARKETS[0].code == "KRW-BTC"
    turnover = [row.daily_volume * row.price for row in MARKETS if row.quote == "KRW"][1:]
    assert all(here >= there * 0.999999 for here, there in itertools.pairwise(turnover))


@pytest.mark.parametrize(
    ("code", "price", "volume", "trades", "listed_day"),
    [
        ("KRW-BTC", 116_539_000, 310e9 / 116_539_000, 190, 17_167),
        ("KRW-AQT", 1_216, 0.3e9 / 1_216, 0.25, 18_496),
        ("BTC-ETH", 3_874_000 / 116_539_000, 0.36e9 / 3_874_000, 1.17, 17_167),
        ("USDT-TRX", 412 / 1_442, 0.12e9 / 412, 0.42, 17_850),
    ],
)
def test_a_story_hangs_on_figures_that_stay(
    code: str, price: float, volume: float, trades: float, listed_day: int
) -> None:
    """Other rows may come and go: recordings and pictures rely on these stories."""
    row = select((code,))[0]
    figures = (row.price, row.daily_volume, row.trades_a_minute)
    assert figures == pytest.approx((price, volume, trades), rel=1e-12)
    assert row.listed_ms == listed_day * DAY_MS


def test_there_are_prices_in_every_band_of_the_krw_ticks() -> None:
    ticks = {table_tick_size(row.code, row.price) for row in MARKETS if row.quote == "KRW"}
    assert ticks == {
        1000, 500, 100, 50, 10, 5, 1, 0.1, 0.01, 0.001, 0.0001, 1e-5, 1e-6, 1e-7, 1e-8
    }  # fmt: skip


def test_some_coins_cost_a_few_satoshi_but_none_too_few_to_move() -> None:
    satoshi = sorted(row.price / 1e-8 for row in MARKETS if row.quote == "BTC")
    assert satoshi[0] > 3
    assert satoshi[4] < 10


def test_the_mean_trade_is_above_the_least_order() -> None:
    """Source: docs.upbit.com, krw-market-info and the pages of the other two markets."""
    least = {"KRW": 5_000, "BTC": 0.00005, "USDT": 0.5}
    for row in MARKETS:
        trade = row.daily_volume * row.price / row.trades_a_minute / 1440
        assert trade > least[row.quote], row.code


def test_every_caution_and_a_warning_is_on_somewhere() -> None:
    assert {name for row in MARKETS for name in row.cautions} == set(CAUTIONS)
    assert sum(bool(row.cautions) for row in MARKETS) == 10
    assert {row.code for row in MARKETS if row.warning} == {"KRW-STEEM", "KRW-OM", "BTC-GHX"}


def test_some_markets_are_new_and_most_are_years_old() -> None:
    ages = [TODAY - row.listed_ms // DAY_MS for row in MARKETS]
    assert min(ages) > 0
    assert sum(age < 30 for age in ages) >= 6
    assert sum(age > 365 for age in ages) > 600


def test_every_price_of_the_days_lies_on_the_grid() -> None:
    for row in MARKETS:
        maker = DayMaker(row, 1, row.trades_a_minute)
        days = maker.days(TODAY - 40, TODAY + 1).rows()
        assert days[-1].number == TODAY
        for day in days[::8]:
            assert 0 < day.low < day.high, row.code
            for quanta in (day.open, day.high, day.low, day.close):
                assert on_grid(row.code, maker.grid.price(quanta)), row.code


@pytest.mark.parametrize("code", ODD_CODES)
def test_odd_markets_trade_on_the_grid_and_agree_with_their_candles(code: str) -> None:
    market = Market(select((code,))[0], 1)
    candles = (c for c in market.candles_backwards(Timeframe.MINUTE_60, NOW, NOW) if c)
    _, hour = next(candles), next(candles)
    trades = [
        trade
        for trade in itertools.takewhile(
            lambda trade: trade is None or trade.time_ms >= hour.start_ms,
            market.trades_backwards(hour.start_ms + 3_600_000 - 1),
        )
        if trade is not None
    ]
    prices = [trade.price for trade in trades]
    assert all(on_grid(code, market.grid.price(price)) for price in prices)
    assert (prices[-1], max(prices), min(prices), prices[0]) == hour[1:5]
    assert sum(trade.volume for trade in trades) == hour.volume
    assert sum(trade.volume * trade.price for trade in trades) == hour.value


def test_a_stable_coin_is_stable() -> None:
    maker = DayMaker(select(("KRW-USDC",))[0], 1, 1.0)
    days = maker.days(TODAY - 365, TODAY).rows()
    assert max(day.high for day in days) < 1.15 * min(day.low for day in days)
