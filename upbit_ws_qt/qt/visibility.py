"""Whether a component's widget can be seen, as its own and its window's events tell. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, pyqtSignal
from PyQt6.QtWidgets import QWidget

__all__ = ["VisibilityWatch"]

_TELLING = frozenset({QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.ParentChange})


# State: whether the widget was on screen already, and whether it can be seen.
class VisibilityWatch(QObject):
    """Follows one widget: hidden, on a tab behind others or in a minimised window it is not seen.

    Qt tells a widget itself when an ancestor is hidden or its window minimised. Only that its
    window is first shown while it lies on a tab behind others has to be heard from the window.
    Until then it counts as seen: programs draw widgets that they never show, and tests read them.

    It keeps neither the widget nor a window: that would be a cycle.

    Args:
        parent: a child of the widget; the watch ends with it.

    Signals:
        changed(bool): from now on the widget can be seen, or cannot.
    """

    changed = pyqtSignal(bool)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._was_shown = False
        self.is_seen = True
        widget = self._widget()
        if widget is not None:
            widget.installEventFilter(self)
            self._look_at_window(widget)

    def eventFilter(self, a0: QObject | None, a1: QEvent | None) -> bool:
        if a1 is not None and a1.type() in _TELLING:
            self._told(a0, a1.type())
        return False

    def _told(self, by: QObject | None, kind: QEvent.Type) -> None:
        widget = self._widget()
        if widget is None:
            return
        if by is not widget or kind == QEvent.Type.ParentChange:
            if by is not None and by is not widget:
                by.removeEventFilter(self)
            self._look_at_window(widget)
        else:
            # Not what `isVisible()` says: in a minimised window that is still true.
            self._was_shown = True
            self._set_seen(kind == QEvent.Type.Show)

    def _look_at_window(self, widget: QWidget) -> None:
        window = widget.window()
        if self._was_shown or window is None:
            return
        if window.isVisible():
            self._was_shown = True
            self._set_seen(widget.isVisible() and not window.isMinimized())
        elif window is not widget:
            window.installEventFilter(self)

    def _set_seen(self, seen: bool) -> None:
        if seen is not self.is_seen:
            self.is_seen = seen
            self.changed.emit(seen)

    def _widget(self) -> QWidget | None:
        """The widget, or None while it ends."""
        proxy = self.parent()
        widget = None if proxy is None else proxy.parent()
        return widget if isinstance(widget, QWidget) else None
