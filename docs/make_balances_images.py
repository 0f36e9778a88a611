"""Draws the pictures of the balances for ``docs/images``, from an account that is always the same.

Run it with ``make docs``, which sees to it that no screen is needed.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from PyQt6.QtGui import QFont
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from upbit_ws_qt.events import Balance, TickerEvent
from upbit_ws_qt_widgets import BalanceMonitor

FOLDER = Path(__file__).resolve().parent / "images"

#: Longer than rows take to come, go and change places, in ms.
SETTLED_MS = 700

# Each asset: how much of it, locked, its average price, and the market's price; None is delisted.
ACCOUNT: dict[str, tuple[str, str, str, float | None]] = {
    "BTC": ("0.3512", "0.05", "98500123.5", 116_540_000.0),
    "ETH": ("3.5", "0", "4650000", 4_321_000.0),
    "XRP": ("5200", "300", "2890.5", 3_412.0),
    "SOL": ("21.75", "0", "201400", 238_900.0),
    "ADA": ("2800", "0", "1204", 1_118.0),
    "DOGE": ("3100.5", "0", "0", 351.0),
    "TRX": ("12.25", "0", "402", 482.0),
    "PEPE": ("31.5", "0", "0.02", 0.014),
    "LUNC": ("1204.5", "0", "0.11", None),
}


def picture(name: str, size: tuple[int, int], **choices: Any) -> None:
    """Draw a widget with these choices to ``name``.png; keywords are its setters."""
    widget = BalanceMonitor()
    for setter, value in choices.items():
        getattr(widget, setter)(value)
    widget.resize(*size)
    rows = [
        Balance(
            currency=code,
            balance=Decimal(amount),
            locked=Decimal(locked),
            avg_buy_price=Decimal(average),
            provisional=code == "SOL",
        )
        for code, (amount, locked, average, _) in ACCOUNT.items()
    ]
    crossed = Balance(
        currency="RVN",
        balance=Decimal("4200.5"),
        avg_buy_price=Decimal("0.00000012"),
        unit_currency="BTC",
    )
    cash = Balance(currency="KRW", balance=Decimal("1386929.37"), locked=Decimal(500_000))
    widget.setBalances([cash, *rows, crossed])
    prices = {f"KRW-{code}": price for code, (*_, price) in ACCOUNT.items()}
    for market, price in {**prices, "BTC-RVN": 0.00000015}.items():
        state = "DELISTED" if price is None else "ACTIVE"
        widget.applyTicker(
            TickerEvent(
                type="ticker",
                code=market,
                timestamp=0,
                trade_price=price or 0.0,
                market_state=state,
            )
        )
    widget.show()
    QTest.qWait(SETTLED_MS)
    path = FOLDER / f"{name}.png"
    widget.grab().save(str(path))
    sys.stdout.write(f"{path}\n")


def main() -> None:
    """Draw all of them."""
    application = QApplication(sys.argv)
    font = QFont(application.font())
    font.setPixelSize(13)
    application.setFont(font)
    picture("balances-light-ko", (1000, 460), setTheme="light", setLanguage="ko")
    picture(
        "balances-dark-en",
        (1000, 560),
        setTheme="dark",
        setLanguage="en",
        setAllocation="donut",
        setFeesIncluded=False,
    )
    picture(
        "balances-private",
        (1000, 320),
        setTheme="light",
        setLanguage="en",
        setPrivate=True,
        setSmallHidden=True,
        setApartShown=False,
    )


if __name__ == "__main__":
    main()
