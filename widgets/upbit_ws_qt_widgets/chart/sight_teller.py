"""Tells which time a chart shows and where its crosshair is, once a frame. Qt, no widget."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from upbit_ws_qt_widgets.models.bars import Bars
from upbit_ws_qt_widgets.models.chart_picture import Crosshair
from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.chart_view import ChartView

__all__ = ["SightTeller"]

_Sight = tuple[ChartView, Bars, int, float]
_Pointed = tuple[int, float | None]


# State: what was painted last, and what of it was told.
class SightTeller(QObject):
    """Looks at what was painted, and tells of changes when the painting is over.

    Then a listener may do as it likes, even delete the chart.

    Signals:
        sightChanged(): another time is in view.
        crosshairMoved(int, float | None): the user points at the bar of this time (ms), at a price
            if it is among the prices.
        crosshairLeft(): the user points at nothing any more.
    """

    sightChanged = pyqtSignal()
    crosshairMoved = pyqtSignal("qlonglong", object)
    crosshairLeft = pyqtSignal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._sight: _Sight | None = None
        self._pointed: _Pointed | None = None
        self._told: tuple[_Sight | None, _Pointed | None] = None, None
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.timeout.connect(self._tell)

    def look(self, state: ChartState, crosshair: Crosshair | None) -> None:
        """This was painted."""
        self._sight = state.view, state.bars, state.bars.revision, state.layout.view_width
        if crosshair is None or not crosshair.is_given:
            self._pointed = None if crosshair is None else (crosshair.time, crosshair.price)
        self._compare()

    def give_way(self) -> None:
        """The crosshair is not the user's any more; of that there is nothing to tell."""
        self._pointed = None
        self._told = self._told[0], None

    def hide(self) -> None:
        """Nothing of it is on screen any more."""
        self._pointed = None
        self._compare()

    def _compare(self) -> None:
        if (self._sight, self._pointed) != self._told and not self._due.isActive():
            self._due.start(0)

    def _tell(self) -> None:
        (sight, pointed), self._told = self._told, (self._sight, self._pointed)
        now = self._told
        if now[0] != sight:
            self.sightChanged.emit()
        if now[1] == pointed:
            return
        if now[1] is None:
            self.crosshairLeft.emit()
        else:
            self.crosshairMoved.emit(*now[1])
