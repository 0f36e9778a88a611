"""REST calls as values and their answers as events. Pure.

Source: docs.upbit.com, the reference of each path. Quotation answers carry numbers, exchange
answers strings; both write errors as ``{"error": {"name": …, "message": …}}``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import msgspec

from .errors import (
    AuthenticationFailed,
    DecodeError,
    InvalidRequest,
    RateLimited,
    RequestRejected,
    UpbitError,
)
from .events import (
    Balance,
    CandleEvent,
    OrderbookEvent,
    OrderbookUnit,
    TickerEvent,
)
from .markets import Instrument, Market, check_market, check_markets
from .ratelimit import STOPS_S
from .subscriptions import DEPTHS
from .timeframe import Timeframe

__all__ = [
    "CANDLE_PAGE",
    "RestCall",
    "accounts",
    "candles",
    "error_of",
    "instruments",
    "markets",
    "orderbooks",
    "seconds_of",
    "tickers",
]

#: The most candles one answer holds.
CANDLE_PAGE = 200

ResultT = TypeVar("ResultT")

# The key itself is refused with these names, also where the status is 403.
_KEY_REFUSED = frozenset(
    {
        "invalid_access_key",
        "jwt_verification",
        "expired_access_key",
        "no_authorization_ip",
        "no_authorization_token",
        "out_of_scope",
    }
)


# These say 401 as well, but are about one call; the next may pass.
_CALL_REFUSED = frozenset({"nonce_used", "invalid_query_payload"})

# What an answer can do to the decoder: broken JSON, a string that is not UTF-8, too many brackets.
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@dataclass(frozen=True, slots=True)
class RestCall(Generic[ResultT]):
    """One GET: its path and parameters, its rate limit group and how to read the answer."""

    path: str
    params: tuple[tuple[str, str], ...]
    group: str
    parse: Callable[[bytes], ResultT]
    signed: bool = False

    @property
    def query(self) -> str:
        """The query string, not URL-encoded, as the hash of a signed call wants it."""
        return "&".join(f"{name}={value}" for name, value in self.params)


def markets() -> RestCall[Mapping[str, Market]]:
    """All markets with their names and warnings."""
    return RestCall("/v1/market/all", (("is_details", "true"),), "market", _read_markets)


def instruments(codes: Sequence[str]) -> RestCall[Mapping[str, Instrument]]:
    """Tick sizes and order book groupings."""
    listed = ",".join(check_markets(codes))
    params = (("markets", listed),)
    return RestCall("/v1/orderbook/instruments", params, "orderbook", _read_instruments)


def tickers(codes: Sequence[str]) -> RestCall[tuple[TickerEvent, ...]]:
    """The day of each market; one unknown code refuses the whole call."""
    params = (("markets", ",".join(check_markets(codes))),)
    return RestCall("/v1/ticker", params, "ticker", _read_tickers)


def orderbooks(
    codes: Sequence[str], depth: int = 30, level: float = 0.0
) -> RestCall[tuple[OrderbookEvent, ...]]:
    """The books of some markets, ``depth`` rows each, grouped by ``level`` KRW (0: not)."""
    if depth not in DEPTHS:
        raise InvalidRequest(f"an order book has 1, 5, 15 or 30 rows; got {depth!r}")
    params: tuple[tuple[str, str], ...] = (
        ("markets", ",".join(check_markets(codes))),
        ("count", str(depth)),
    )
    if level:
        params = (*params, ("level", f"{level:.8f}".rstrip("0").rstrip(".")))
    return RestCall("/v1/orderbook", params, "orderbook", _read_orderbooks)


def candles(
    code: str, timeframe: Timeframe, count: int, to_ms: int | None = None
) -> RestCall[tuple[CandleEvent, ...]]:
    """One page of candles, oldest first; ``to_ms`` is exclusive. Candles without trades are absent.

    Raises:
        InvalidRequest: ``count`` is not 1 to 200.
    """
    if not 1 <= count <= CANDLE_PAGE:
        raise InvalidRequest(f"one page holds 1 to {CANDLE_PAGE} candles; got {count!r}")
    params: tuple[tuple[str, str], ...] = (("market", check_market(code)), ("count", str(count)))
    if to_ms is not None:
        moment = datetime.fromtimestamp(to_ms / 1000, UTC)
        params = (*params, ("to", moment.strftime("%Y-%m-%dT%H:%M:%SZ")))
    return RestCall(
        f"/v1/candles/{timeframe.rest_path}",
        params,
        "candle",
        lambda body: _read_candles(body, timeframe),
    )


def accounts() -> RestCall[tuple[Balance, ...]]:
    """All balances; needs a key with the right to read assets (자산조회)."""
    return RestCall("/v1/accounts", (), "default", _read_accounts, signed=True)


def error_of(status: int, body: bytes, retry_after: str | None = None) -> UpbitError:
    """The error an answer with a status other than 2xx stands for.

    ``retry_after`` is the header of that name. It is not documented, nor are the bodies of 429 and
    418.
    """
    try:
        error = msgspec.json.decode(body, type=_ErrorBody).error
    except _UNREADABLE:
        error = _ErrorDetail(name=str(status), message="the answer has no readable error")
    name = str(error.name)
    if status in STOPS_S:
        blocked = "blocks this address for a while" if status == 418 else "has no call left for us"
        return RateLimited(
            f"the exchange {blocked} ({name})", status=status, retry_after_s=seconds_of(retry_after)
        )
    if name in _KEY_REFUSED or (status == 401 and name not in _CALL_REFUSED):
        return AuthenticationFailed(f"{name}: {error.message}", name)
    return RequestRejected(name, error.message)


def seconds_of(retry_after: str | None) -> float:
    """What a ``Retry-After`` header asks for; 0 without one, and for its other form, a date."""
    return float(retry_after) if retry_after is not None and retry_after.isdecimal() else 0.0


class _ErrorDetail(msgspec.Struct):
    name: int | str
    message: str = ""


class _ErrorBody(msgspec.Struct):
    error: _ErrorDetail


class _MarketEventRow(msgspec.Struct):
    warning: bool = False
    caution: dict[str, bool] = {}


class _MarketRow(msgspec.Struct):
    market: str
    korean_name: str = ""
    english_name: str = ""
    market_event: _MarketEventRow | None = None
    market_warning: str = "NONE"


class _InstrumentRow(msgspec.Struct):
    market: str
    tick_size: str
    supported_levels: tuple[str, ...] = ()


class _BookRow(msgspec.Struct):
    market: str
    timestamp: int
    total_ask_size: float
    total_bid_size: float
    orderbook_units: tuple[OrderbookUnit, ...]
    level: float = 0.0


def _decode(body: bytes, type_: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=type_)
    except _UNREADABLE as error:
        raise DecodeError(f"an answer is not what the documents say: {error}", body) from error


def _read_markets(body: bytes) -> dict[str, Market]:
    rows: list[_MarketRow] = _decode(body, list[_MarketRow])
    found: dict[str, Market] = {}
    for row in rows:
        flags = row.market_event or _MarketEventRow(warning=row.market_warning == "CAUTION")
        cautions = tuple(name for name, active in flags.caution.items() if active)
        found[row.market] = Market(
            row.market, row.korean_name, row.english_name, flags.warning, cautions
        )
    return found


def _read_instruments(body: bytes) -> dict[str, Instrument]:
    rows: list[_InstrumentRow] = _decode(body, list[_InstrumentRow])
    try:
        return {
            row.market: Instrument(
                float(row.tick_size), tuple(float(level) for level in row.supported_levels)
            )
            for row in rows
        }
    except ValueError as error:
        raise DecodeError(f"an answer is not what the documents say: {error}", body) from error


def _read_tickers(body: bytes) -> tuple[TickerEvent, ...]:
    rows: list[dict[str, Any]] = _decode(body, list[dict[str, Any]])
    return tuple(_event(TickerEvent, row, "ticker") for row in rows)


def _read_orderbooks(body: bytes) -> tuple[OrderbookEvent, ...]:
    rows: list[_BookRow] = _decode(body, list[_BookRow])
    return tuple(
        OrderbookEvent(
            type="orderbook",
            code=row.market,
            timestamp=row.timestamp,
            total_ask_size=row.total_ask_size,
            total_bid_size=row.total_bid_size,
            orderbook_units=row.orderbook_units,
            level=row.level,
        )
        for row in rows
    )


def _read_candles(body: bytes, timeframe: Timeframe) -> tuple[CandleEvent, ...]:
    rows: list[dict[str, Any]] = _decode(body, list[dict[str, Any]])
    return tuple(_event(CandleEvent, row, f"candle.{timeframe}") for row in reversed(rows))


def _read_accounts(body: bytes) -> tuple[Balance, ...]:
    rows: tuple[Balance, ...] = _decode(body, tuple[Balance, ...])
    return rows


def _event(cls: type[Any], row: dict[str, Any], type_: str) -> Any:
    """REST says ``market`` where the wire says ``code``, and no type."""
    try:
        return msgspec.convert(row | {"type": type_, "code": row["market"]}, cls)
    except (KeyError, msgspec.ValidationError) as error:
        raise DecodeError(f"an answer is not what the documents say: {error}") from error
