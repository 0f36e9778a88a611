"""What can be chosen about balances: methods, and properties for Qt Designer. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QWidget

from .live_widget import LiveWidget, contained, pyqtProperty
from .models.holding_values import Fees
from .models.holding_wishes import HIDEABLE, HoldingWishes

__all__ = ["OptionedBalances"]


# State: the choices.
class OptionedBalances(LiveWidget):
    """The choices of balances. A wrong value changes nothing and is reported as an error.

    Signals:
        optionsChanged(): something was chosen.
    """

    optionsChanged = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wishes = HoldingWishes()

    def wished(self) -> None:
        """For subclasses: the choices are others now."""
        raise NotImplementedError

    @contained
    def _wish(self, /, **choices: Any) -> None:
        wishes = replace(self._wishes, **choices)
        if wishes != self._wishes:
            self._wishes = wishes
            self.wished()
            self.optionsChanged.emit()
        self.clearError()

    def isPrivate(self) -> bool:
        """Whether amounts are masked."""
        return self._wishes.private

    def setPrivate(self, private: bool) -> None:
        """Mask every amount, also in what is copied, saved, and told to assistive technology.

        Prices and percentages stay.
        """
        self._wish(private=private)

    def isSmallHidden(self) -> bool:
        """Whether assets below ``smallLimit`` have no row."""
        return self._wishes.small_hidden

    def setSmallHidden(self, hidden: bool) -> None:
        """Leave assets below ``smallLimit`` out of the table; they stay in the totals."""
        self._wish(small_hidden=hidden)

    def smallLimit(self) -> int:
        """The value in won from which an asset is not small."""
        return self._wishes.small_limit

    def setSmallLimit(self, won: int) -> None:
        """Call assets small that are worth less than so many won."""
        self._wish(small_limit=won)

    def isApartShown(self) -> bool:
        """Whether assets that are delisted, without a market, or worthless have rows."""
        return self._wishes.apart_shown

    def setApartShown(self, shown: bool) -> None:
        """Show assets that are delisted, without a market, or worth less than one won.

        They stand behind all others, however the table is sorted.
        """
        self._wish(apart_shown=shown)

    def areFeesIncluded(self) -> bool:
        """Whether profits are after fees."""
        return self._wishes.fees_included

    def setFeesIncluded(self, included: bool) -> None:
        """Take the fees of having bought and of selling now off every profit.

        Without them profits are as the exchange's own pages have them.
        """
        self._wish(fees_included=included)

    def fees(self) -> Fees:
        """What trades cost, as fractions by the currency of the market."""
        return self._wishes.fees

    @contained
    def setFees(self, fees: Fees) -> None:
        """Take other fees: ``Fees(krw=Decimal("0.0004"))``. A rate is a fraction from 0 below 1."""
        if not isinstance(fees, Fees):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ValueError(f"fees are a Fees; got {type(fees).__name__}")  # noqa: TRY004
        self._wish(fees=fees)

    @contained
    def setFeePercent(self, quote: str, percent: float) -> None:
        """Take another fee in markets quoted in ``krw``, ``btc`` or ``usdt``: 0.05 is 0.05 %."""
        rate = Decimal(repr(percent)).scaleb(-2)
        self._wish(fees=replace(self._wishes.fees, **{quote: rate}))

    def allocation(self) -> str:
        """How the division among assets is drawn: ``none``, ``bar`` or ``donut``."""
        return self._wishes.allocation

    def setAllocation(self, kind: str) -> None:
        """Draw how the account is divided as a ``bar`` or a ``donut``, or not at all (``none``)."""
        self._wish(allocation=kind)

    def hiddenColumns(self) -> tuple[str, ...]:
        """The columns left out, by their names."""
        return self._wishes.hidden_columns

    @contained
    def setHiddenColumns(self, names: Iterable[str]) -> None:
        """Leave these columns out; the asset's own cannot be."""
        chosen = set(names)
        known = [name for name in HIDEABLE if name in chosen]
        self._wish(hidden_columns=(*known, *sorted(chosen.difference(known))))

    smallHidden = pyqtProperty(bool, fget=isSmallHidden, fset=setSmallHidden, notify=optionsChanged)
    smallLimitWon = pyqtProperty(int, fget=smallLimit, fset=setSmallLimit, notify=optionsChanged)
    apartShown = pyqtProperty(bool, fget=isApartShown, fset=setApartShown, notify=optionsChanged)
    privateAmounts = pyqtProperty(bool, fget=isPrivate, fset=setPrivate, notify=optionsChanged)
    feesIncluded = pyqtProperty(
        bool, fget=areFeesIncluded, fset=setFeesIncluded, notify=optionsChanged
    )
    allocationKind = pyqtProperty(str, fget=allocation, fset=setAllocation, notify=optionsChanged)
