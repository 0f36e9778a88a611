"""The markets that are listed: codes, names, price levels and how busy they are. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from upbit_ws_qt.markets import quote_currency, table_tick_size

__all__ = ["MARKETS", "Listing", "select"]

_DAY_MS = 86_400_000
_USDT_KRW = 1_442.0
# A price may wander this far from its level, up and down, in the whole past and future.
_REACH = 40.0

# Code of the coin, Korean name, English name, price in KRW (autumn of 2026), daily volatility,
# turnover of a day in 10^9 KRW, trades a minute, and the year it was listed.
_COINS: tuple[tuple[str, str, str, float, float, float, float, int], ...] = (
    ("BTC", "비트코인", "Bitcoin", 116_539_000, 0.021, 310, 190, 2017),
    ("ETH", "이더리움", "Ethereum", 3_874_000, 0.030, 240, 130, 2017),
    ("XRP", "엑스알피(리플)", "XRP(Ripple)", 2_913, 0.036, 420, 160, 2017),
    ("SOL", "솔라나", "Solana", 181_400, 0.038, 120, 70, 2021),
    ("DOGE", "도지코인", "Dogecoin", 236, 0.043, 90, 60, 2021),
    ("ADA", "에이다", "Ada", 884, 0.041, 45, 30, 2017),
    ("USDT", "테더", "Tether", 1_442, 0.003, 180, 55, 2024),
    ("TRX", "트론", "TRON", 412, 0.024, 20, 14, 2018),
    ("LINK", "체인링크", "Chainlink", 19_870, 0.041, 18, 12, 2020),
    ("AVAX", "아발란체", "Avalanche", 27_640, 0.045, 14, 10, 2022),
    ("SUI", "수이", "Sui", 2_781, 0.051, 38, 26, 2023),
    ("SHIB", "시바이누", "Shiba Inu", 0.0151, 0.047, 17, 14, 2021),
    ("PEPE", "페페", "Pepe", 0.01243, 0.060, 22, 18, 2025),
    ("XLM", "스텔라루멘", "Stellar Lumens", 418, 0.042, 16, 12, 2018),
    ("BCH", "비트코인캐시", "Bitcoin Cash", 681_500, 0.035, 8, 6, 2017),
    ("ETC", "이더리움클래식", "Ethereum Classic", 22_860, 0.037, 7, 6, 2017),
    ("DOT", "폴카닷", "Polkadot", 4_327, 0.042, 7, 5, 2020),
    ("HBAR", "헤데라", "Hedera", 262, 0.048, 12, 9, 2019),
    ("NEAR", "니어프로토콜", "NEAR Protocol", 3_104, 0.049, 9, 7, 2022),
    ("APT", "앱토스", "Aptos", 4_872, 0.047, 9, 7, 2022),
    ("ONDO", "온도파이낸스", "Ondo Finance", 1_027, 0.052, 14, 10, 2024),
    ("ENA", "에테나", "Ethena", 611, 0.062, 16, 12, 2025),
    ("VIRTUAL", "버추얼프로토콜", "Virtuals Protocol", 1_618, 0.066, 18, 13, 2025),
    ("TRUMP", "오피셜트럼프", "Official Trump", 9_240, 0.055, 11, 8, 2025),
    ("SEI", "세이", "Sei", 273, 0.052, 8, 6, 2023),
    ("STX", "스택스", "Stacks", 712, 0.048, 5, 4, 2021),
    ("SAND", "샌드박스", "The Sandbox", 341, 0.045, 6, 5, 2020),
    ("MANA", "디센트럴랜드", "Decentraland", 338, 0.045, 3, 3, 2019),
    ("AXS", "엑시인피니티", "Axie Infinity", 2_944, 0.046, 4, 3, 2021),
    ("GRT", "더그래프", "The Graph", 117, 0.046, 3, 3, 2022),
    ("ALGO", "알고랜드", "Algorand", 266, 0.043, 4, 3, 2022),
    ("VET", "비체인", "VeChain", 31.7, 0.043, 3, 3, 2018),
    ("ARB", "아비트럼", "Arbitrum", 492, 0.049, 5, 4, 2023),
    ("MINA", "미나", "Mina", 214, 0.046, 2, 2, 2021),
    ("BTT", "비트토렌트", "BitTorrent", 0.000843, 0.034, 3, 3, 2019),
    ("STEEM", "스팀", "Steem", 183, 0.046, 2, 2, 2017),
    ("ICX", "아이콘", "ICON", 171, 0.042, 1.5, 1.6, 2017),
    ("QTUM", "퀀텀", "Qtum", 2_967, 0.039, 1.6, 1.5, 2017),
    ("NEO", "네오", "NEO", 8_135, 0.038, 1.5, 1.4, 2017),
    ("KAVA", "카바", "Kava", 512, 0.041, 1.1, 1.2, 2019),
    ("CELO", "셀로", "Celo", 437, 0.046, 1.2, 1.2, 2020),
    ("IOST", "아이오에스티", "IOST", 4.63, 0.047, 1.4, 1.4, 2018),
    ("ANKR", "앵커", "Ankr", 19.8, 0.045, 1.2, 1.2, 2019),
    ("STORJ", "스토리지", "Storj", 327, 0.047, 1.0, 1.0, 2018),
    ("WAXP", "왁스", "WAX", 27.3, 0.046, 0.8, 0.9, 2019),
    ("HUNT", "헌트", "HUNT", 284, 0.047, 0.5, 0.5, 2020),
    ("CBK", "코박토큰", "Cobak Token", 643, 0.044, 0.35, 0.35, 2021),
    ("AQT", "알파쿼크", "Alpha Quark Token", 1_216, 0.044, 0.3, 0.25, 2020),
)

# Base coins of the other two quote currencies, with a share of the KRW turnover and of its trades.
_OTHER_QUOTES: tuple[tuple[str, tuple[str, ...], float, float], ...] = (
    ("BTC", ("ETH", "XRP", "SOL", "ADA", "DOGE", "LINK", "AVAX", "DOT", "XLM"), 0.0015, 0.009),
    ("USDT", ("BTC", "ETH", "XRP", "SOL", "DOGE", "TRX"), 0.006, 0.03),
)
_FEWEST_TRADES_A_MINUTE = 0.2

_CAUTIONS: dict[str, tuple[str, ...]] = {
    "KRW-VIRTUAL": ("PRICE_FLUCTUATIONS", "TRADING_VOLUME_SOARING"),
    "KRW-TRUMP": ("GLOBAL_PRICE_DIFFERENCES",),
    "KRW-AQT": ("CONCENTRATION_OF_SMALL_ACCOUNTS",),
}
_WARNED = frozenset({"KRW-STEEM"})


@dataclass(frozen=True, slots=True)
class Listing:
    """One listed market.

    ``price`` (quote currency) is its level on 2026-10-01, ``volatility`` the deviation of a day of
    the coin in KRW and ``quote_volatility`` that of the quote currency,
    ``daily_volume`` coins, ``trades_a_minute`` a mean, ``listed_ms`` the first moment it traded.
    """

    code: str
    korean_name: str
    english_name: str
    price: float
    volatility: float
    quote_volatility: float
    daily_volume: float
    trades_a_minute: float
    listed_ms: int
    warning: bool = False
    cautions: tuple[str, ...] = ()

    @property
    def quote(self) -> str:
        """The currency the price is in."""
        return quote_currency(self.code)

    @property
    def base(self) -> str:
        """The coin that is traded."""
        return self.code.partition("-")[2]

    @property
    def lowest_price(self) -> float:
        """No price of it was or will be below (quote currency)."""
        return max(self.price / _REACH, table_tick_size(self.code, 0.0))

    @property
    def levels(self) -> tuple[Decimal, ...]:
        """The order book groupings on offer: none, then tens of ticks; KRW markets only."""
        if self.quote != "KRW":
            return (Decimal(0),)
        level = Decimal(str(table_tick_size(self.code, self.price))) * 10
        found = [Decimal(0)]
        while level < Decimal(str(self.price)):
            found.append(level)
            level *= 10
        return tuple(found)


def _made() -> tuple[Listing, ...]:
    coins = {coin[0]: coin for coin in _COINS}
    krw_of_quote = {"KRW": 1.0, "BTC": coins["BTC"][3], "USDT": _USDT_KRW}
    rows = [("KRW", base, 1.0, 1.0) for base in coins]
    rows += [
        (quote, base, turnover, trades)
        for quote, bases, turnover, trades in _OTHER_QUOTES
        for base in bases
    ]
    found: list[Listing] = []
    for number, (quote, base, turnover, trades) in enumerate(rows):
        _, korean, english, krw, volatility, billions, busy, year = coins[base]
        code = f"{quote}-{base}"
        listed = datetime(year, 1 + number * 5 % 12, 1 + number * 7 % 28, tzinfo=UTC)
        found.append(
            Listing(
                code=code,
                korean_name=korean,
                english_name=english,
                price=krw / krw_of_quote[quote],
                volatility=volatility,
                quote_volatility=coins[quote][4] if quote in coins else 0.0,
                daily_volume=billions * 1e9 * turnover / krw,
                trades_a_minute=max(busy * trades, _FEWEST_TRADES_A_MINUTE),
                listed_ms=int(listed.timestamp()) * 1000 // _DAY_MS * _DAY_MS,
                warning=code in _WARNED,
                cautions=_CAUTIONS.get(code, ()),
            )
        )
    return tuple(found)


MARKETS: tuple[Listing, ...] = _made()


def select(codes: tuple[str, ...] | None = None) -> tuple[Listing, ...]:
    """The listed markets with these codes in this order, or all.

    Raises:
        ValueError: a code that is not listed.
    """
    if codes is None:
        return MARKETS
    by_code = {listing.code: listing for listing in MARKETS}
    unknown = [code for code in codes if code not in by_code]
    if unknown:
        raise ValueError(f"the simulated exchange lists no market {unknown[0]!r}")
    return tuple(by_code[code] for code in codes)
