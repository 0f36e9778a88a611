"""How the exchange spells amounts of money and coins, with all their digits. Pure."""

from __future__ import annotations

from decimal import Decimal

__all__ = ["plain_amount", "pointed_amount"]


def plain_amount(amount: Decimal) -> str:
    """Without exponent and idle zeros: ``140000000``, ``0.0001``, ``0``."""
    whole, _, decimals = f"{amount:f}".partition(".")
    decimals = decimals.rstrip("0")
    return f"{whole}.{decimals}" if decimals else whole


def pointed_amount(amount: Decimal) -> str:
    """Like :func:`plain_amount`, but never without a point: ``1.0``, ``0.0``."""
    text = plain_amount(amount)
    return text if "." in text else text + ".0"
