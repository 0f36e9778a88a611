"""What an exchange supplies, and Upbit's four as data. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import InvalidRequest

if TYPE_CHECKING:
    from .dialect import Dialect

__all__ = [
    "UPBIT_ID",
    "UPBIT_KR",
    "UPBIT_REGIONS",
    "UPBIT_SG",
    "UPBIT_TH",
    "Exchange",
    "upbit_in",
]

_OF_AN_ACCOUNT = frozenset({"myAsset", "myOrder"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One exchange: where it is, and in what it differs from others that speak as it does.

    Args:
        name: for people, such as ``Upbit Korea``.
        region: short and unique, such as ``kr``.
        domain: a key may be sent to it and to what is below it.
        public_url: the WebSocket of market data.
        private_url: the WebSocket of the account's data.
        rest_url: where paths such as ``/v1/ticker`` begin.
        default_market: what a program shows before anyone chose.
        has_levels: whether it groups order books.
        error_language: what its own messages are written in, ``ko`` or ``en``.
        private_types: the stream types that need a key and so the private connection.
        candle_types: the streams of candles that it has.
        has_rest: whether it answers Upbit's calls; without, only streams are served.
        has_days: whether its tickers are of days that begin at 00:00 UTC, and not of the last 24
            hours.
        dialect: makes what speaks with its WebSockets; Upbit's when None.
    """

    name: str
    region: str
    domain: str
    public_url: str
    private_url: str
    rest_url: str
    default_market: str
    has_levels: bool = False
    error_language: str = "en"
    private_types: frozenset[str] = frozenset()
    candle_types: frozenset[str]
    has_rest: bool = True
    has_days: bool = True
    dialect: Callable[[], Dialect] | None = None

    def check_stream(self, stream_type: str, level: float = 0.0) -> None:
        """Refuse what the exchange is known not to stream, such as its ``candle.10m``.

        Raises:
            InvalidRequest: it does not.
        """
        if level and not self.has_levels:
            raise InvalidRequest(f"{self.name} groups no order books; leave the level out")
        if stream_type.startswith("candle.") and stream_type not in self.candle_types:
            raise InvalidRequest(f"{self.name} streams no {stream_type}")
        if stream_type in _OF_AN_ACCOUNT - self.private_types:
            raise InvalidRequest(f"of {self.name} no accounts are served, only markets")

    def check_rest(self) -> None:
        """Refuse calls to an exchange that does not know them.

        Raises:
            InvalidRequest: it does not.
        """
        if not self.has_rest:
            raise InvalidRequest(f"of {self.name} only streams are served, no calls over REST")


def _upbit(
    country: str,
    region: str,
    host: str,
    default_market: str,
    *,
    has_levels: bool = False,
    error_language: str = "en",
) -> Exchange:
    # Source: docs.upbit.com, websocket-guide and rest-api-guide of each region.
    return Exchange(
        name=f"Upbit {country}",
        region=region,
        domain="upbit.com",
        public_url=f"wss://{host}/websocket/v1",
        private_url=f"wss://{host}/websocket/v1/private",
        rest_url=f"https://{host}",
        default_market=default_market,
        has_levels=has_levels,
        error_language=error_language,
        private_types=frozenset({"announcement", "myAsset", "myOrder"}),
        candle_types=frozenset(
            f"candle.{unit}"
            for unit in ("1s", "1m", "3m", "5m", "10m", "15m", "30m", "60m", "240m")
        ),
    )


UPBIT_KR = _upbit("Korea", "kr", "api.upbit.com", "KRW-BTC", has_levels=True, error_language="ko")
UPBIT_SG = _upbit("Singapore", "sg", "sg-api.upbit.com", "SGD-BTC")
UPBIT_ID = _upbit("Indonesia", "id", "id-api.upbit.com", "IDR-BTC")
UPBIT_TH = _upbit("Thailand", "th", "th-api.upbit.com", "THB-BTC")

#: Upbit's exchanges by region. Each has its own accounts, keys and markets.
UPBIT_REGIONS: Mapping[str, Exchange] = {
    exchange.region: exchange for exchange in (UPBIT_KR, UPBIT_SG, UPBIT_ID, UPBIT_TH)
}


def upbit_in(region: str) -> Exchange:
    """Upbit's exchange of a region.

    Raises:
        InvalidRequest: there is none of that name.
    """
    exchange = UPBIT_REGIONS.get(region)
    if exchange is None:
        regions = ", ".join(UPBIT_REGIONS)
        raise InvalidRequest(f"Upbit is in the regions {regions}; got {region!r}")
    return exchange
