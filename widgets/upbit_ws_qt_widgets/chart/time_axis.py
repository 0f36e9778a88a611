"""What a chart's user may choose about time: zone, empty intervals, and what is missing. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent, QShowEvent

from upbit_ws_qt.events import CandleEvent, ConnectionState
from upbit_ws_qt.gaps import DISORDER_MS
from upbit_ws_qt.status_events import GapEvent, GapState
from upbit_ws_qt_widgets.live_widget import contained, pyqtProperty
from upbit_ws_qt_widgets.models.chart_time import TimeZone

from .compare import ComparableWidget
from .settings import flag, one_of

if TYPE_CHECKING:
    from .feed import ChartFeed

__all__ = ["TimeAxisWidget"]

_SECOND_MS = 1000
_ON_ITS_WAY_MS = 500
_RELOAD = "reload"


# State: the chart's own, the feed and the exchange's clock, and the timer while intervals without a
# trade have bars.
class TimeAxisWidget(ComparableWidget):
    """A widget with a chart whose time axis can be adjusted; its subclass gives it the feed.

    Alt+Z changes the time zone, Alt+E shows bars for intervals without a trade, and Alt+V the
    volume profile.

    Signals:
        timeZoneChanged(str): times are those of another zone, ``KST`` or ``UTC``.
        emptyBarsShownChanged(bool): intervals without a trade have a bar now, or no longer.
        volumeProfileShownChanged(bool): the volume profile is shown, or no longer.
    """

    timeZoneChanged = pyqtSignal(str)
    emptyBarsShownChanged = pyqtSignal(bool)
    volumeProfileShownChanged = pyqtSignal(bool)

    def attachTime(self, feed: ChartFeed, now: Callable[[], float]) -> None:
        """For subclasses: ask this feed for what is missing; ``now`` is the exchange's ms."""
        self._missed, self._now = feed, now
        self._passing = QTimer(self)
        self._passing.setSingleShot(True)
        self._passing.timeout.connect(self._on_second)

    def market(self) -> str:
        """For subclasses: the market on show."""
        raise NotImplementedError

    def dataChanged(self) -> None:
        """For subclasses: there are other bars."""
        raise NotImplementedError

    # -- zone ----------------------------------------------------------------------------------

    def timeZone(self) -> str:
        """Whose clock times are read from: ``KST`` or ``UTC``."""
        return self._chart.zone.value

    @contained
    def setTimeZone(self, name: str) -> None:
        """Show times of Korea, ``KST``, or ``UTC``.

        The exchange's day begins at 09:00 in Korea, 00:00 UTC, in both.
        """
        zone = one_of(TimeZone, name, "time zone")
        if zone is not self._chart.zone:
            self._chart.zone = zone
            self.timeZoneChanged.emit(zone.value)
        self._repaint()

    #: ``timeZone`` as a property for Qt Designer.
    timeZoneName = pyqtProperty(str, fget=timeZone, fset=setTimeZone, notify=timeZoneChanged)

    # -- intervals without a trade -------------------------------------------------------------

    def isEmptyBarsShown(self) -> bool:
        """Whether intervals without a trade have a bar."""
        return self._chart.look.empty_bars

    @contained
    def setEmptyBarsShown(self, shown: bool) -> None:
        """Show a flat bar for each interval in which nobody traded, or none.

        Only of units up to four hours. The exchange has no candle there.
        """
        if shown is not self._chart.look.empty_bars:
            self._chart.show_empty_bars(shown=shown)
            self._await_second()
            self.emptyBarsShownChanged.emit(shown)
        self.dataChanged()

    emptyBarsShown = pyqtProperty(
        bool, fget=isEmptyBarsShown, fset=setEmptyBarsShown, notify=emptyBarsShownChanged
    )

    def _await_second(self) -> None:
        """Look again when the next second of the exchange is over; which unit it is may change."""
        if self.isVisible() and self._chart.look.empty_bars:
            self._passing.start(int(_SECOND_MS - self._passed() % _SECOND_MS) + 1)
        else:
            self._passing.stop()

    def _passed(self) -> float:
        """Until when it is known what was traded: what is on its way is not missing."""
        return self._now() - _ON_ITS_WAY_MS

    @contained
    def _on_second(self) -> None:
        connection = self.connection()
        is_live = connection is not None and connection.state is ConnectionState.CONNECTED
        if is_live and not self._chart.is_waiting and self._chart.pass_time(self._passed()):
            self.dataChanged()
        self._await_second()

    @contained
    def showEvent(self, a0: QShowEvent | None) -> None:
        super().showEvent(a0)
        self._await_second()

    @contained
    def hideEvent(self, a0: QHideEvent | None) -> None:
        super().hideEvent(a0)
        self._passing.stop()

    # -- volume profile ------------------------------------------------------------------------

    def isVolumeProfileShown(self) -> bool:
        """Whether the amounts by price are on show."""
        return self._chart.shows_profile

    @contained
    def setVolumeProfileShown(self, shown: bool) -> None:
        """Show how much was traded at which prices, of the bars in view."""
        if shown is not self._chart.shows_profile:
            self._chart.shows_profile = shown
            self.volumeProfileShownChanged.emit(shown)
        self._repaint()

    volumeProfileShown = pyqtProperty(
        bool,
        fget=isVolumeProfileShown,
        fset=setVolumeProfileShown,
        notify=volumeProfileShownChanged,
    )

    # -- what is missing -----------------------------------------------------------------------

    @contained
    def noteGap(self, event: GapEvent) -> None:
        """For subclasses: the core found, filled or gave up a hole in a stream."""
        unit, holes = self._chart.timeframe, self._chart.holes
        # Trades that are missing in a candle are in the exchange's own, which is streamed too.
        source = unit.wire_type if unit.is_streamed else "trade"
        if event.symbol != self.market() or event.stream.type != source:
            return
        if event.state is GapState.FOUND:
            holes.found(source, event.since_ms, event.until_ms)
        elif event.state is GapState.FILLED:
            holes.filled(source)
        else:
            holes.lost(source, event.since_ms, event.until_ms)
            self._missed.since(unit.start_of(event.since_ms))
        self._repaint()

    def noteMissing(self) -> None:
        """For subclasses: the feed has begun or ended a request."""
        since, holes = self._missed.missing_since, self._chart.holes
        if self._missed.is_retrying and since is not None and not holes.is_open(_RELOAD):
            # What came after the connection was back is in the bars.
            holes.found(_RELOAD, since, int(self._now()))

    def noteKnown(self, candles: Sequence[CandleEvent]) -> None:
        """For subclasses: the exchange gave all candles from the first to the last of these."""
        self._chart.holes.filled(_RELOAD)
        if candles:
            newest = candles[-1].timestamp
            self._chart.note_newest(newest)
            # A hole is named wider than it is by as much as trades may come out of order.
            self._chart.holes.known(candles[0].start_ms, newest + DISORDER_MS + 1)

    # -- keys and state ------------------------------------------------------------------------

    def altKeys(self) -> dict[int, Callable[[], None]]:
        return {
            **super().altKeys(),
            Qt.Key.Key_Z: self._switch_zone,
            Qt.Key.Key_E: lambda: self.setEmptyBarsShown(not self.isEmptyBarsShown()),
            Qt.Key.Key_V: lambda: self.setVolumeProfileShown(not self.isVolumeProfileShown()),
        }

    def _switch_zone(self) -> None:
        zones = list(TimeZone)
        self.setTimeZone(zones[zones.index(self._chart.zone) - 1])

    def savedSettings(self) -> dict[str, Any]:
        return {
            **super().savedSettings(),
            "time_zone": self.timeZone(),
            "empty_bars": self.isEmptyBarsShown(),
            "volume_profile": self.isVolumeProfileShown(),
        }

    def checkedSettings(self, state: Mapping[str, Any]) -> Callable[[], None]:
        restore_others = super().checkedSettings(state)
        known = {**self.savedSettings(), **state}
        zone = one_of(TimeZone, known["time_zone"], "time zone")
        empty, profile = flag(known, "empty_bars"), flag(known, "volume_profile")

        def restore() -> None:
            restore_others()
            self.setTimeZone(zone.value)
            self.setEmptyBarsShown(empty)
            self.setVolumeProfileShown(profile)

        return restore
