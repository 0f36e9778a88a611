"""The account that the simulated exchange keeps for whoever holds its key. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

__all__ = ["Account", "Holding"]


@dataclass(frozen=True, slots=True)
class Holding:
    """One currency of the account; amounts are exact, prices in ``unit_currency``."""

    currency: str
    balance: Decimal
    locked: Decimal = Decimal(0)
    avg_buy_price: Decimal = Decimal(0)
    avg_buy_price_modified: bool = False
    unit_currency: str = "KRW"

    def row(self) -> dict[str, object]:
        """As ``/v1/accounts`` writes it: amounts are strings.

        Source: docs.upbit.com, get-balance.
        """
        return {
            "currency": self.currency,
            "balance": f"{self.balance:f}",
            "locked": f"{self.locked:f}",
            "avg_buy_price": f"{self.avg_buy_price:f}",
            "avg_buy_price_modified": self.avg_buy_price_modified,
            "unit_currency": self.unit_currency,
        }


def _opening_holdings() -> tuple[Holding, ...]:
    return (
        Holding("KRW", Decimal("8423150.12842915"), Decimal("1500000.0")),
        Holding("BTC", Decimal("0.18420557"), Decimal("0.02"), Decimal("104250000")),
        Holding("ETH", Decimal("2.51870034"), avg_buy_price=Decimal("4127500")),
        Holding(
            "XRP",
            Decimal("3500.0"),
            Decimal("500.0"),
            Decimal("2715.3"),
            avg_buy_price_modified=True,
        ),
        Holding("SOL", Decimal("12.40831877"), avg_buy_price=Decimal("201400.55")),
        # A gift: the exchange does not know what it cost.
        Holding("BTT", Decimal("1250000.0")),
        # Bought with BTC: the average is in BTC.
        Holding("DOT", Decimal("85.0"), avg_buy_price=Decimal("0.0000391"), unit_currency="BTC"),
    )


# State: the holdings; nothing changes them yet, because this account has no orders.
class Account:
    """Balances of one customer."""

    def __init__(self) -> None:
        self.holdings: tuple[Holding, ...] = _opening_holdings()

    def rows(self) -> list[dict[str, object]]:
        """All holdings as ``/v1/accounts`` lists them."""
        return [holding.row() for holding in self.holdings]
