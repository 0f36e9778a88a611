"""What a chart has in view, its crosshair, and the hands and keys that move both. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, cast

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QKeySequence

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt_widgets.live_widget import contained, pyqtProperty
from upbit_ws_qt_widgets.models.bars import LATEST_MS
from upbit_ws_qt_widgets.models.chart_crosshair import pointed_bar, pointed_price
from upbit_ws_qt_widgets.models.chart_keys import KeyTable
from upbit_ws_qt_widgets.models.chart_place import Aim, ViewPlace

from .settings import flag
from .surface import ChartSurface
from .time_axis import TimeAxisWidget

__all__ = ["NavigableWidget"]

_ANCHORS = ("cursor", "latest")
_PORTABLE = QKeySequence.SequenceFormat.PortableText


# State: the surface's hand and keys, and the chart's own.
class NavigableWidget(TimeAxisWidget):
    """A widget with a chart to move about in; its subclass gives it the surface.

    Times are ms since 1970, UTC. A bar covers the time from its start to the next bar's.

    Signals:
        visibleRangeChanged(int, int): the times at the left and right edge are others now; at most
            once a frame, and not while hidden.
        viewMoved(): the user or the program moved or zoomed the chart; not told for new bars.
        crosshairMoved(int, float | None): the user points at the bar that starts then, and at a
            price where it is among the prices; at most once a frame.
        crosshairLeft(): the user points at nothing any more.
    """

    visibleRangeChanged = pyqtSignal("qlonglong", "qlonglong")
    viewMoved = pyqtSignal()
    crosshairMoved = pyqtSignal("qlonglong", object)
    crosshairLeft = pyqtSignal()

    _surface: ChartSurface

    def attachSurface(self, surface: ChartSurface) -> None:
        """For subclasses: move about on this surface."""
        self._surface = surface
        surface.moved.connect(self.viewMoved)
        surface.sight.sightChanged.connect(self._on_sight_changed)
        surface.sight.crosshairMoved.connect(self.crosshairMoved)
        surface.sight.crosshairLeft.connect(self.crosshairLeft)

    def pageIfNeeded(self) -> None:
        """For subclasses: load older bars if they are about to be seen."""
        raise NotImplementedError

    # -- what is in view -----------------------------------------------------------------------

    def visibleRange(self) -> tuple[int, int] | None:
        """The times at the left and right edge, or None without bars."""
        self._surface.fit()
        place = self._chart.place()
        return None if place is None else (place.end - place.span, place.end)

    @contained
    def setVisibleRange(self, from_ms: int, to_ms: int) -> None:
        """Show the time from ``from_ms`` to ``to_ms``, as nearly as zoom and bars allow.

        Older bars are loaded until it is covered or there are none. It stays in view when the
        widget is resized or the unit changes, until somebody moves the chart. While the user drags
        the chart nothing happens.
        """
        for time in (from_ms, to_ms):
            if not _is_number(time) or not 0 <= time < LATEST_MS:
                raise InvalidRequest(f"a time in ms since 1970 is expected; got {time!r}")
        if from_ms >= to_ms:
            raise InvalidRequest(f"the range must begin before its end; got {from_ms} to {to_ms}")
        self.showPlace(ViewPlace(int(to_ms), int(to_ms) - int(from_ms)))
        self.viewMoved.emit()

    def viewPlace(self) -> ViewPlace | None:
        """For links: which time is to be in view, told so that other charts can show it too."""
        self._surface.fit()
        return self._chart.wished_place()

    def showPlace(self, place: ViewPlace | None) -> None:
        """For links: keep this in view until somebody moves the chart; ``viewMoved`` stays still.

        With None nothing is kept any longer.
        """
        self._chart.show_place(place)
        self._repaint()
        if self._surface.isVisible():
            self.pageIfNeeded()

    def keepPlace(self) -> None:
        """For links: keep what is in view there, until somebody moves the chart."""
        self._surface.fit()
        self._chart.keep_place()

    @contained
    def _on_sight_changed(self) -> None:
        # What it lacked while it was hidden, it asks for when it is first painted.
        self.pageIfNeeded()
        found = self.visibleRange()
        if found is not None:
            self.visibleRangeChanged.emit(*found)

    # -- crosshair -----------------------------------------------------------------------------

    def crosshair(self) -> tuple[int, float | None] | None:
        """The start of the bar the crosshair is on, and its price if it is among the prices."""
        number = pointed_bar(self._chart)
        return (
            None
            if number is None
            else (self._chart.bars.bar(number).time, pointed_price(self._chart))
        )

    @contained
    def setCrosshair(self, time_ms: int | None, price: float | None = None) -> None:
        """Put the crosshair on the bar at a time, and its level line to a price if there is one.

        It stays until the pointer moves over the chart; with None it goes again. No signal tells of
        it: those are about the user.
        """
        chart = self._chart
        if time_ms is None:
            if chart.aim is not None and chart.aim.is_given:
                chart.aim = None
        elif not _is_number(time_ms) or (price is not None and not _is_number(price)):
            raise InvalidRequest(
                f"a time in ms and a price or None are expected; got {time_ms!r}, {price!r}"
            )
        else:
            chart.aim = Aim(int(time_ms), price, is_given=True)
            # Two charts that both have a pointer on them would tell each other for ever.
            self._surface.sight.give_way()
        self._repaint()

    # -- hands ---------------------------------------------------------------------------------

    def zoomAnchor(self) -> str:
        """What stays in place when wheel or fingers zoom: ``cursor`` or ``latest``."""
        return _ANCHORS[self._chart.zooms_at_newest]

    @contained
    def setZoomAnchor(self, name: str) -> None:
        """Zoom around the pointer (``cursor``), or the newest bar in view (``latest``)."""
        self._chart.zooms_at_newest = _anchor(name)

    #: ``zoomAnchor`` as a property for Qt Designer.
    zoomAnchorName = pyqtProperty(str, fget=zoomAnchor, fset=setZoomAnchor)

    def isKineticScrolling(self) -> bool:
        """Whether a chart that is let go in motion runs on for a while."""
        return self._surface.hand.is_kinetic

    @contained
    def setKineticScrolling(self, on: bool) -> None:
        """Let the chart run on when it is let go in motion, or stop at once."""
        self._surface.hand.is_kinetic = bool(on)
        self._surface.hand.stop()

    kineticScrolling = pyqtProperty(bool, fget=isKineticScrolling, fset=setKineticScrolling)

    # -- keys ----------------------------------------------------------------------------------

    def keys(self) -> dict[str, list[QKeySequence]]:
        """The keys of each action, such as ``zoom_in``."""
        table = self._surface.keys.keys
        return {action.value: [QKeySequence(key) for key in table[action]] for action in table}

    @contained
    def setKey(self, action: str, key: QKeySequence | str) -> None:
        """Let ``key``, and no other, do this; an empty one for none.

        Whatever else the key did it does no more.

        Args:
            action: one of ``keys()``.
            key: one key with or without Ctrl, Shift, Alt and Meta, such as ``"Ctrl+L"``.
        """
        chosen = KeyTable.action_named(action)
        is_key = isinstance(cast("object", key), QKeySequence | str)
        name = QKeySequence(key).toString(_PORTABLE) if is_key else ""
        # Of a word that names no key nothing is left, and of several keys a list.
        if not is_key or (key and not name) or QKeySequence(name).count() > 1:
            raise InvalidRequest(f"one key such as 'Ctrl+L' is expected; got {key!r}")
        self._surface.keys.bind(chosen, [name] if name else [])

    @contained
    def navigate(self, action: str) -> None:
        """Do what the key of an action does."""
        self._surface.act(KeyTable.action_named(action))

    # -- state ---------------------------------------------------------------------------------

    def savedSettings(self) -> dict[str, Any]:
        return {
            **super().savedSettings(),
            "zoom_anchor": self.zoomAnchor(),
            "kinetic_scrolling": self.isKineticScrolling(),
            "keys": self._surface.keys.saved(),
        }

    def checkedSettings(self, state: Mapping[str, Any]) -> Callable[[], None]:
        restore_rest = super().checkedSettings(state)
        known = {**self.savedSettings(), **state}
        at_newest, kinetic = _anchor(known["zoom_anchor"]), flag(known, "kinetic_scrolling")
        keys = KeyTable.checked(known["keys"])

        def restore() -> None:
            restore_rest()
            self._chart.zooms_at_newest = at_newest
            self.setKineticScrolling(kinetic)
            self._surface.keys.restore(keys)

        return restore


def _anchor(name: object) -> bool:
    if name not in _ANCHORS:
        raise InvalidRequest(f"a zoom anchor is one of {', '.join(_ANCHORS)}; got {name!r}")
    return name == _ANCHORS[1]


def _is_number(given: object) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given)
