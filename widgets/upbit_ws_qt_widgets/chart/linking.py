"""Charts that show the same market, the same time and the same crosshair. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import weakref
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from PyQt6 import sip
from PyQt6.QtCore import QObject, pyqtSignal

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_widgets.live_widget import contained, pyqtProperty

from .trading import TradingWidget

__all__ = ["ChartLink", "LinkableWidget"]


# State: the links it is in, and the name of its group.
class LinkableWidget(TradingWidget):
    """A widget with a chart that can be linked with others.

    Signals:
        linkGroupChanged(str): it joined another group, or left one (an empty name).
    """

    marketChanged: pyqtSignal
    timeframeChanged: pyqtSignal
    linkGroupChanged = pyqtSignal(str)

    _links: tuple[ChartLink, ...] = ()
    _link_group = ""

    def market(self) -> str:
        """For subclasses: the market on show."""
        raise NotImplementedError

    def setMarket(self, code: str) -> None:
        """For subclasses: show another market."""
        raise NotImplementedError

    def timeframe(self) -> Timeframe:
        """For subclasses: the candle unit on show."""
        raise NotImplementedError

    def setTimeframe(self, timeframe: Timeframe | str) -> None:
        """For subclasses: show another candle unit."""
        raise NotImplementedError

    def linkGroup(self) -> str:
        """The name of its group; empty for none."""
        return self._link_group

    @contained
    def setLinkGroup(self, name: str) -> None:
        """Link it with all charts of the program whose group has this name; empty for none.

        They share market, time and crosshair, as by a ``ChartLink``.
        """
        if not isinstance(cast("object", name), str):
            raise InvalidRequest(f"the name of a group is expected; got {name!r}")
        if name == self._link_group:
            return
        former, self._link_group = _groups.get(self._link_group), name
        if former is not None:
            former.remove(self)
        if name:
            link = _groups.get(name) or ChartLink()
            _groups[name] = link
            link.add(self)
        self.linkGroupChanged.emit(name)

    #: ``linkGroup`` as a property for Qt Designer.
    linkGroupName = pyqtProperty(str, fget=linkGroup, fset=setLinkGroup, notify=linkGroupChanged)

    def noteLinks(self, link: ChartLink, *, is_in: bool) -> None:
        """For links: it is in this one now, or no longer; what it is in it keeps alive."""
        others = tuple(one for one in self._links if one is not link)
        self._links = (*others, link) if is_in else others

    def savedSettings(self) -> dict[str, Any]:
        return {**super().savedSettings(), "link_group": self._link_group}

    def checkedSettings(self, state: Mapping[str, Any]) -> Callable[[], None]:
        restore_rest = super().checkedSettings(state)
        group = state.get("link_group", self._link_group)
        if not isinstance(group, str):
            raise InvalidRequest(f"the name of a group is expected; got {group!r}")

        def restore() -> None:
            restore_rest()
            self.setLinkGroup(group)

        return restore


# State: the charts, weakly, the one the crosshair is from, and whether it is just telling them.
class ChartLink(QObject):
    """Charts that move together: what the user or the program does to one happens to all.

    Each may be closed at any time. The charts keep the link alive, the link no chart.

    Args:
        parent: a Qt parent, if it is to end with that.
        market: they show the same market.
        timeframe: they have the same candle unit.
        time: they show the same time: with the same unit from edge to edge, with another unit the
            same newest moment, each with a zoom of its own.
        crosshair: pointing at a time in one shows it in all, with the price if they show the same
            market.
    """

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        market: bool = True,
        timeframe: bool = False,
        time: bool = True,
        crosshair: bool = True,
    ) -> None:
        super().__init__(parent)
        self._links_market = market
        self._links_timeframe = timeframe
        self._links_time = time
        self._links_crosshair = crosshair
        self._members: list[weakref.ref[LinkableWidget]] = []
        self._pointed: weakref.ref[LinkableWidget] | None = None
        self._is_telling = False

    def charts(self) -> list[LinkableWidget]:
        """The charts in it that are still there."""
        found = (member() for member in self._members)
        living = [chart for chart in found if chart is not None and not sip.isdeleted(chart)]
        self._members = [weakref.ref(chart) for chart in living]
        return living

    def add(self, chart: LinkableWidget) -> None:
        """Take a chart in; it shows what the others show, or they what it shows if they are empty.

        Raises:
            InvalidRequest: it is no chart.
        """
        if not isinstance(cast("object", chart), LinkableWidget):
            raise InvalidRequest(f"a ChartWidget is expected; got {chart!r}")
        others = self.charts()
        if chart in others:
            return
        self._members.append(weakref.ref(chart))
        chart.noteLinks(self, is_in=True)
        for signal, slot in self._wires(chart):
            signal.connect(slot)
        self._unite(chart, others)

    def remove(self, chart: LinkableWidget) -> None:
        """Let a chart go; it stays as it is."""
        if chart not in self.charts():
            return
        self._members = [member for member in self._members if member() is not chart]
        for signal, slot in self._wires(chart):
            signal.disconnect(slot)
        chart.noteLinks(self, is_in=False)
        chart.setCrosshair(None)
        chart.showPlace(None)
        self._forget_lost_crosshair()

    def _wires(self, chart: LinkableWidget) -> list[tuple[Any, Callable[..., None]]]:
        return [
            (chart.marketChanged, self._on_market_changed),
            (chart.timeframeChanged, self._on_timeframe_changed),
            (chart.viewMoved, self._on_view_moved),
            (chart.crosshairMoved, self._on_crosshair_moved),
            (chart.crosshairLeft, self._on_crosshair_left),
            (chart.destroyed, self._forget_lost_crosshair),
        ]

    def _unite(self, chart: LinkableWidget, others: list[LinkableWidget]) -> None:
        """A chart is new among the others."""
        everyone = [*others, chart]
        if self._links_timeframe and others:
            with self._telling():
                chart.setTimeframe(others[0].timeframe())
        leader = next((one for one in everyone if one.market()), None)
        if self._links_market and leader is not None:
            with self._telling():
                for one in everyone:
                    if one is not leader:
                        one.setMarket(leader.market())
        if self._links_time:
            shown = next((one for one in everyone if one.viewPlace() is not None), None)
            self._show_place_of(shown, everyone)

    # -- what one of them tells ----------------------------------------------------------------

    @contextmanager
    def _telling(self) -> Generator[None]:
        """What they signal now is our doing, and no news."""
        before, self._is_telling = self._is_telling, True
        try:
            yield
        finally:
            self._is_telling = before

    def _others(self, told: bool) -> tuple[LinkableWidget | None, list[LinkableWidget]]:
        """Who signals, and the rest; nobody if it is nothing to tell."""
        sender = self.sender()
        if not told or self._is_telling or not isinstance(sender, LinkableWidget):
            return None, []
        return sender, [chart for chart in self.charts() if chart is not sender]

    def _on_market_changed(self, code: str) -> None:
        _, others = self._others(self._links_market)
        with self._telling():
            for chart in others:
                chart.setMarket(code)

    def _on_timeframe_changed(self, name: str) -> None:
        _, others = self._others(self._links_timeframe)
        with self._telling():
            for chart in others:
                chart.setTimeframe(name)

    def _on_view_moved(self) -> None:
        leader, others = self._others(self._links_time)
        self._show_place_of(leader, others)

    def _show_place_of(self, leader: LinkableWidget | None, charts: list[LinkableWidget]) -> None:
        place = None if leader is None else leader.viewPlace()
        if leader is None or place is None:
            return
        for chart in charts:
            if chart is not leader:
                chart.showPlace(place)
        leader.keepPlace()

    def _on_crosshair_moved(self, time: int, price: float | None) -> None:
        leader, others = self._others(self._links_crosshair)
        if leader is None:
            return
        self._pointed = weakref.ref(leader)
        for chart in others:
            chart.setCrosshair(time, price if chart.market() == leader.market() else None)

    def _on_crosshair_left(self) -> None:
        leader, _ = self._others(self._links_crosshair)
        if self._pointed is not None and leader is self._pointed():
            self._clear_crosshairs()

    def _forget_lost_crosshair(self) -> None:
        """If the chart that was pointed at is gone, so is its crosshair in the others."""
        if self._pointed is not None and self._pointed() not in self.charts():
            self._clear_crosshairs()

    def _clear_crosshairs(self) -> None:
        self._pointed = None
        for chart in self.charts():
            chart.setCrosshair(None)


#: The links of the named groups; each lives as long as a chart is in it.
_groups: weakref.WeakValueDictionary[str, ChartLink] = weakref.WeakValueDictionary()
