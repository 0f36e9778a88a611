"""What the simulated exchange accepts as an order: words, numbers, ticks, totals, fees. Pure."""

from __future__ import annotations

import re
from collections.abc import Container
from decimal import Decimal
from typing import Literal, cast

from upbit_ws_qt.simulator.market.grid import PriceGrid

from .orders import NewOrder, Order, SmpType

__all__ = [
    "MAXIMUM_TOTAL_KRW",
    "OrderRefused",
    "check_market",
    "fee_rate",
    "insufficient_funds",
    "market_offline",
    "minimum_total",
    "order_not_found",
    "read_order",
    "used_identifier",
]

# Source: docs.upbit.com, krw-market-info, btc-market-info, usdt-market-info, new-order.
MAXIMUM_TOTAL_KRW = Decimal(1_000_000_000)
_MINIMUM_TOTALS = {"KRW": Decimal(5000), "BTC": Decimal("0.00005"), "USDT": Decimal("0.5")}
_FEE_RATES = {"KRW": Decimal("0.0005"), "BTC": Decimal("0.0025"), "USDT": Decimal("0.0025")}
_LONGEST_IDENTIFIER = 64
_DECIMALS = 8
# Above any amount of anything, and longer than any; both keep products within the digits that sums
# are made with.
_LARGEST_NUMBER = Decimal(10) ** 15
_NUMBER = re.compile(r"(?=\.?[0-9])[0-9]{0,30}(\.[0-9]{0,30})?([eE][+-]?[0-9]{1,2})?")

_SIDES = ("bid", "ask")
_SMP_TYPES = ("cancel_maker", "cancel_taker", "reduce", "none")
# Which of price and volume an order has, by type and side; other combinations do not exist.
_NUMBERS = {
    ("limit", "bid"): ("price", "volume"),
    ("limit", "ask"): ("price", "volume"),
    ("price", "bid"): ("price",),
    ("market", "ask"): ("volume",),
    ("best", "bid"): ("price",),
    ("best", "ask"): ("volume",),
}
_CONDITIONS: dict[str, tuple[str | None, ...]] = {
    "limit": (None, "ioc", "fok", "post_only"),
    "price": (None,),
    "market": (None,),
    "best": ("ioc", "fok"),
}

_Side = Literal["bid", "ask"]


class OrderRefused(Exception):
    """An order is not accepted: the answer's status, and the exchange's name and words for it."""

    def __init__(self, status: int, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.status = status
        self.name = name
        self.message = message


def fee_rate(quote: str) -> Decimal:
    """The share of each fill's funds that goes to the exchange, for makers and takers alike."""
    return _FEE_RATES[quote]


def minimum_total(quote: str) -> Decimal:
    """The smallest order of a market, in its quote currency."""
    return _MINIMUM_TOTALS[quote]


def insufficient_funds(side: _Side, currency: str) -> OrderRefused:
    """The refusal of an order that the account cannot pay."""
    message = f"주문 가능한 금액({currency})이 부족합니다."
    return OrderRefused(400, f"insufficient_funds_{side}", message)


def used_identifier() -> OrderRefused:
    """The refusal of an identifier that was sent before, whatever became of that order."""
    return OrderRefused(400, "duplicated_identifier", "이미 사용된 identifier입니다.")


def market_offline() -> OrderRefused:
    """The refusal of orders for a market that is halted."""
    message = "시스템 점검 중입니다. 점검이 완료된 후에 다시 시도해주세요."
    return OrderRefused(403, "market_offline", message)


def order_not_found() -> OrderRefused:
    """The refusal to touch an order that does not exist or has ended."""
    return OrderRefused(404, "order_not_found", "주문을 찾지 못했습니다.")


def check_market(code: str | None, listed: Container[str]) -> str:
    """The code of the market an order is for.

    Raises:
        OrderRefused: there is none, or it is not listed.
    """
    if not code:
        raise _missing("market")
    if code not in listed:
        raise OrderRefused(400, "notfoundmarket", f"다음 마켓에 없는 종목입니다: {code}")
    return code


def read_order(
    new: NewOrder,
    code: str,
    grid: PriceGrid,
    last_price: Decimal,
    *,
    uuid: str,
    now_ms: int,
    default_smp: SmpType | None,
) -> Order:
    """Read what a client asks for; whether it can be paid is not looked at.

    Args:
        new: the client's words.
        code: the listed market it is for.
        grid: the ticks of that market.
        last_price: what coins are valued at where the order names no price.
        uuid: the order's own.
        now_ms: the time of the exchange.
        default_smp: the self-match prevention of an order that names none.

    Raises:
        OrderRefused: with the exchange's name for the first thing that is wrong. Source:
            docs.upbit.com, new-order and rest-api-guide.
    """
    side = cast("_Side", _word("side", new.side, _SIDES))
    kind = _word("ord_type", new.ord_type, _CONDITIONS)
    given = tuple(name for name in ("price", "volume") if getattr(new, name) is not None)
    if _NUMBERS.get((kind, side)) != given:
        raise OrderRefused(400, f"create_{side}_error", "주문 요청 정보가 올바르지 않습니다.")
    if new.time_in_force not in _CONDITIONS[kind]:
        raise OrderRefused(400, "invalid_time_in_force", "주문조건을 다시 확인해 주세요.")
    order = Order(
        uuid=uuid,
        code=code,
        side=side,
        ord_type=cast("Literal['limit', 'price', 'market', 'best']", kind),
        price=_number(new.price),
        volume=_number(new.volume),
        created_ms=now_ms,
        fee_rate=fee_rate(code.partition("-")[0]),
        time_in_force=cast("Literal['ioc', 'fok', 'post_only'] | None", new.time_in_force),
        smp_type=_smp_type(new, default_smp),
        identifier=_identifier(new.identifier),
    )
    _check_steps(order, grid)
    _check_total(order, last_price)
    order.remaining_volume = order.volume
    if order.volume is None:
        order.remaining_funds = order.price
    order.reserve()
    order.reserved_fee = order.remaining_fee
    return order


def _smp_type(new: NewOrder, default: SmpType | None) -> SmpType | None:
    is_post_only = new.time_in_force == "post_only"
    if new.smp_type is None:
        return "none" if is_post_only and default is not None else default
    word = _word("smp_type", new.smp_type, _SMP_TYPES)
    if is_post_only and word != "none":
        message = "post_only 주문에는 smp_type을 지정할 수 없습니다."
        raise OrderRefused(400, "invalid_post_only", message)
    return cast("SmpType", word)


def _identifier(text: str | None) -> str | None:
    if text is not None and not 0 < len(text) <= _LONGEST_IDENTIFIER:
        raise _invalid()
    return text


def _check_steps(order: Order, grid: PriceGrid) -> None:
    price, volume = order.price, order.volume
    if price is not None and (
        grid.quanta_of(price) is None if volume is not None else _is_finer(price)
    ):
        message = "주문가격 단위를 잘못 입력하셨습니다. 확인 후 시도해주세요."
        raise OrderRefused(400, f"invalid_price_{order.side}", message)
    if volume is not None and _is_finer(volume):
        message = "주문수량 단위를 잘못 입력하셨습니다. 확인 후 시도해주세요."
        raise OrderRefused(400, f"invalid_volume_{order.side}", message)


def _check_total(order: Order, last_price: Decimal) -> None:
    if order.volume is None:
        total = order.price or Decimal(0)
    else:
        total = order.volume * (order.price or last_price)
    if total < minimum_total(order.quote):
        message = "최소주문금액 이상으로 주문해주세요"
        raise OrderRefused(400, f"under_min_total_{order.side}", message)
    if order.quote == "KRW" and total > MAXIMUM_TOTAL_KRW:
        message = f"최대 주문 가능 금액 {MAXIMUM_TOTAL_KRW} KRW 보다 작은 주문을 입력해 주세요."
        raise OrderRefused(400, f"over_krw_funds_{order.side}", message)


def _word(name: str, word: str | None, allowed: Container[str]) -> str:
    if word is None:
        raise _missing(name)
    if word not in allowed:
        raise _invalid()
    return word


def _number(text: str | None) -> Decimal | None:
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise _invalid()
    number = Decimal(text)
    if not 0 < number < _LARGEST_NUMBER:
        raise _invalid()
    return number


def _is_finer(number: Decimal) -> bool:
    """Whether it has more decimals than the exchange keeps."""
    scaled = number.scaleb(_DECIMALS)
    return scaled != scaled.to_integral_value()


def _missing(name: str) -> OrderRefused:
    return OrderRefused(400, "validation_error", f"{name} is missing")


def _invalid() -> OrderRefused:
    return OrderRefused(400, "invalid_parameter", "잘못된 파라미터")
