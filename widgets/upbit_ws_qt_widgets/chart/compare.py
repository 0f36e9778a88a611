"""What a chart's user may choose about a second market laid over the chart's own. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy.typing as npt
from PyQt6.QtCore import Qt, pyqtSignal

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.events import CandleEvent
from upbit_ws_qt.markets import check_market
from upbit_ws_qt_widgets.live_widget import contained, pyqtProperty
from upbit_ws_qt_widgets.models.candle_input import page_of
from upbit_ws_qt_widgets.models.chart_compare import Comparison
from upbit_ws_qt_widgets.models.chart_scale import ScaleKind
from upbit_ws_qt_widgets.models.hangul_keys import latin_text

from .market_dialog import market_dialog
from .second_market import SecondMarketWidget
from .settings import one_of

if TYPE_CHECKING:
    from .surface import ChartSurface

__all__ = ["ComparableWidget"]


# State: the second market's, and the kind of scale before one was compared.
class ComparableWidget(SecondMarketWidget):
    """A widget with a chart that a second market can be laid over, as a line of its closes.

    Both are counted from the first bar in view, on an axis in per cent. Alt+C asks for a market.

    Signals:
        comparisonChanged(str): another market is compared; empty for none.
    """

    comparisonChanged = pyqtSignal(str)

    def attachComparison(self, surface: ChartSurface) -> None:
        super().attachComparison(surface)
        self._scale_before = ScaleKind.LINEAR

    # -- choosing ------------------------------------------------------------------------------

    def comparison(self) -> str:
        """The market that is laid over the chart's own; empty for none."""
        return "" if self._chart.comparison is None else self._chart.comparison.market

    @contained
    def setComparison(self, code: str) -> None:
        """Lay a second market over the chart's own, such as ``KRW-ETH``; empty for none.

        It has the chart's unit, and may have another quote currency. The axis changes to per cent
        meanwhile. A wrong code changes nothing and is reported as an error.
        """
        if code:
            check_market(code)
        if code == self.comparison():
            return
        if code and not self.comparison():
            self._scale_before = self._chart.scale.kind
        self._chart.comparison = Comparison(code, self._chart.timeframe) if code else None
        self.followComparison()
        if code:
            self.setPriceScale(ScaleKind.PERCENT)
        elif self._chart.scale.kind is ScaleKind.PERCENT:
            self.setPriceScale(self._scale_before)
        self.comparisonChanged.emit(code)
        self._repaint()

    #: ``comparison`` as a property for Qt Designer.
    comparisonCode = pyqtProperty(
        str, fget=comparison, fset=setComparison, notify=comparisonChanged
    )

    @contained
    def setComparisonCandles(self, candles: Sequence[CandleEvent] | npt.NDArray[Any]) -> None:
        """Give the second market these candles instead of those it has.

        They are given as to ``setCandles``, and are of the chart's unit. Events choose the market
        they are of; for an array it is chosen before.
        """
        page = page_of(candles)
        unit = self._chart.timeframe
        if page.timeframe not in (None, unit):
            raise InvalidRequest(
                f"the chart shows {unit} candles; got {page.timeframe} ones of {page.market}: "
                "compare candles of one unit"
            )
        if page.market and not self.comparison():
            self.setComparison(page.market)
        comparison = self._chart.comparison
        if comparison is None:
            raise InvalidRequest(
                "an array does not say which market it is of: call setComparison first"
            )
        if page.market not in ("", comparison.market):
            raise InvalidRequest(
                f"the chart compares {comparison.market}; got candles of {page.market}: "
                f"call setComparison({page.market!r}) first"
            )
        comparison.series.load(page, keep_newer=bool(page.market))
        self._tell_comparison()

    @contained
    def askComparison(self) -> None:
        """Ask for a market to compare with, in a dialog that holds up nobody."""
        proxy, korean = self.proxy(), self.getLanguage() == "ko"
        offered = () if proxy is None else proxy.markets
        names = [
            f"{each.code}  {each.korean_name if korean else each.english_name}" for each in offered
        ]
        title, label = self.text("chart.compare"), self.text("chart.compare.ask")
        dialog = market_dialog(self, title, label, self.comparison(), names)
        dialog.setOkButtonText(self.text("chart.compare.done"))
        dialog.setCancelButtonText(self.text("chart.export.cancel"))
        dialog.textValueSelected.connect(self._on_market_given)
        dialog.open()

    @contained
    def _on_market_given(self, text: str) -> None:
        words = latin_text(text).upper().split()
        self.setComparison(words[0] if words else "")

    def altKeys(self) -> dict[int, Callable[[], None]]:
        return {**super().altKeys(), Qt.Key.Key_C: self.askComparison}

    # -- state ---------------------------------------------------------------------------------

    def savedSettings(self) -> dict[str, Any]:
        before = self._scale_before.value
        code = self.comparison()
        kept = {"market": code, "scale_before": before} if code else None
        return {**super().savedSettings(), "comparison": kept}

    def checkedSettings(self, state: Mapping[str, Any]) -> Callable[[], None]:
        restore_others = super().checkedSettings(state)
        if "comparison" not in state:
            return restore_others
        market, before = _checked(state["comparison"])

        def restore() -> None:
            self.setComparison(market)
            self._scale_before = before
            # Last, as the comparison has changed the axis.
            restore_others()

        return restore


def _checked(kept: object) -> tuple[str, ScaleKind]:
    """The market, empty for none, and the kind of scale before it was compared.

    Raises:
        InvalidRequest: it is something else that was kept.
    """
    if kept is None:
        return "", ScaleKind.LINEAR
    if not isinstance(kept, dict):
        raise InvalidRequest(f"a comparison is a market with a scale, or None; got {kept!r}")
    given = cast("dict[str, object]", kept)
    before = one_of(ScaleKind, given.get("scale_before"), "price scale")
    return check_market(cast("str", given.get("market"))), before
