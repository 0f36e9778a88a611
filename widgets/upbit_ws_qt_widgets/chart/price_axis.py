"""What a chart's user may choose about its price axis: how it is spread and what it fits. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal

from upbit_ws_qt_widgets.live_widget import contained, pyqtProperty
from upbit_ws_qt_widgets.models.chart_scale import ScaleKind

from .settings import AdjustableWidget, flag, one_of

__all__ = ["PriceAxisWidget"]


# State: the chart's own.
class PriceAxisWidget(AdjustableWidget):
    """A widget with a chart whose price axis can be adjusted.

    Alt+L turns the logarithmic scale on and off, Alt+P the one in per cent, and Alt+I turns the
    prices upside down.

    Signals:
        priceScaleChanged(str): prices are spread or named in another way, such as ``log``.
        priceInvertedChanged(bool): high prices are at the bottom now, or no longer.
        fitIndicatorsChanged(bool): the axis fits the indicators too, or no longer.
    """

    priceScaleChanged = pyqtSignal(str)
    priceInvertedChanged = pyqtSignal(bool)
    fitIndicatorsChanged = pyqtSignal(bool)

    def priceScale(self) -> str:
        """How prices are spread over the axis, and named there."""
        return self._chart.scale.kind.value

    @contained
    def setPriceScale(self, name: str) -> None:
        """Spread and name the prices in another way.

        ``linear``; ``log``, on which the same change in per cent has the same height everywhere;
        or ``percent``, which names the change from the close of the first bar in view.
        """
        kind = one_of(ScaleKind, name, "price scale")
        if kind is not self._chart.scale.kind:
            self._chart.set_scale_kind(kind)
            self.priceScaleChanged.emit(kind.value)
        self._repaint()

    #: ``priceScale`` as a property for Qt Designer.
    priceScaleName = pyqtProperty(
        str, fget=priceScale, fset=setPriceScale, notify=priceScaleChanged
    )

    def isPriceInverted(self) -> bool:
        """Whether high prices are at the bottom."""
        return self._chart.scale.is_inverted

    @contained
    def setPriceInverted(self, inverted: bool) -> None:
        """Show high prices at the bottom, or at the top as usual."""
        if inverted is not self._chart.scale.is_inverted:
            self._chart.invert_prices(inverted)
            self.priceInvertedChanged.emit(inverted)
        self._repaint()

    priceInverted = pyqtProperty(
        bool, fget=isPriceInverted, fset=setPriceInverted, notify=priceInvertedChanged
    )

    def isFitIndicators(self) -> bool:
        """Whether the price axis fits the indicators on the prices too."""
        return self._chart.fits_indicators

    @contained
    def setFitIndicators(self, fit: bool) -> None:
        """Fit the price axis to the prices and the indicators on them, or to the prices alone."""
        if fit is not self._chart.fits_indicators:
            self._chart.fits_indicators = fit
            self.fitIndicatorsChanged.emit(fit)
        self._repaint()

    fitIndicators = pyqtProperty(
        bool, fget=isFitIndicators, fset=setFitIndicators, notify=fitIndicatorsChanged
    )

    def isScaledByHand(self) -> bool:
        """Whether the user has stretched the axis of the prices or of a pane."""
        return self._chart.is_scaled_by_hand

    @contained
    def resetScales(self) -> None:
        """Let the axes of the prices and of all panes follow what is in view again."""
        self._chart.reset_scales()
        self._repaint()

    def altKeys(self) -> dict[int, Callable[[], None]]:
        return {
            **super().altKeys(),
            Qt.Key.Key_L: lambda: self._toggle(ScaleKind.LOG),
            Qt.Key.Key_P: lambda: self._toggle(ScaleKind.PERCENT),
            Qt.Key.Key_I: lambda: self.setPriceInverted(not self.isPriceInverted()),
        }

    def _toggle(self, kind: ScaleKind) -> None:
        is_on = self._chart.scale.kind is kind
        self.setPriceScale(ScaleKind.LINEAR if is_on else kind)

    # -- state ---------------------------------------------------------------------------------

    def savedSettings(self) -> dict[str, Any]:
        return {
            **super().savedSettings(),
            "price_scale": self.priceScale(),
            "price_inverted": self.isPriceInverted(),
            "fit_indicators": self.isFitIndicators(),
        }

    def checkedSettings(self, state: Mapping[str, Any]) -> Callable[[], None]:
        restore_others = super().checkedSettings(state)
        known = {**self.savedSettings(), **state}
        kind = one_of(ScaleKind, known["price_scale"], "price scale")
        inverted, fit = flag(known, "price_inverted"), flag(known, "fit_indicators")

        def restore() -> None:
            restore_others()
            self.setPriceScale(kind.value)
            self.setPriceInverted(inverted)
            self.setFitIndicators(fit)

        return restore
