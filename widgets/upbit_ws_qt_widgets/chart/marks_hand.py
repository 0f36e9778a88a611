"""Mouse and keys on the lines of own orders and alerts of a chart. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import QObject, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QMouseEvent
from PyQt6.QtWidgets import QWidget

from upbit_ws_qt_widgets.models.chart_state import ChartState
from upbit_ws_qt_widgets.models.hangul_keys import letter_key
from upbit_ws_qt_widgets.models.line_hand import LineHand, Moved
from upbit_ws_qt_widgets.models.trading_marks import LineKey

__all__ = ["MarksHand"]

_STEPS: Mapping[int, int] = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}
_FAST = 10
_NOT_OURS = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.MetaModifier
)


# State: the hand on the lines.
class MarksHand(QObject):
    """One user's hand on the lines of one surface. Places are in px.

    Signals:
        changed(): something is painted otherwise.
        moved(Moved): a line was let go at another price.
        alertWanted(float): an alert at this price is wanted.
        alertUnwanted(int): the alert with this id is to go.
    """

    changed = pyqtSignal()
    moved = pyqtSignal(object)
    alertWanted = pyqtSignal(float)
    alertUnwanted = pyqtSignal(int)

    def __init__(self, state: ChartState, surface: QWidget) -> None:
        super().__init__(surface)
        self._state = state
        self._hand = LineHand(state)

    # -- mouse ---------------------------------------------------------------------------------

    @property
    def is_held(self) -> bool:
        """Whether the button is down on a line."""
        return self._hand.is_held

    def press(self, event: QMouseEvent) -> bool:
        """The main button goes down on the plot; whether on a line."""
        had = self._state.marks.chosen
        taken = self._shows_bars and self._hand.press(event.position().y())
        if taken or had is not None:
            self.changed.emit()
        return taken

    def move(self, event: QMouseEvent) -> None:
        """The pointer moves."""
        self._hand.move(event.position().y())

    def release(self) -> None:
        """The main button goes up after a press on a line."""
        self._tell(self._hand.release())

    def drop(self) -> None:
        """Let go without a click, as when the chart is hidden."""
        if self._hand.is_held:
            self._hand.cancel()
            self.changed.emit()

    def line_at(self, y: float) -> LineKey | None:
        """The line that a press at ``y`` on the plot would take hold of."""
        return self._hand.line_at(y) if self._shows_bars else None

    # -- keys ----------------------------------------------------------------------------------

    def key(self, event: QKeyEvent) -> bool:
        """A key is pressed; whether it was for the lines."""
        if event.modifiers() & _NOT_OURS or not self._shows_bars:
            return False
        taken = self._do(letter_key(event.key(), event.text()), event.modifiers())
        if taken:
            self.changed.emit()
        return taken

    def choose_next(self) -> bool:
        """Choose the next line in view; whether there is one."""
        found = self._shows_bars and self._hand.choose_next()
        self.changed.emit()
        return found

    def _do(self, key: int, modifiers: Qt.KeyboardModifier) -> bool:
        hand, marks = self._hand, self._state.marks
        if key == Qt.Key.Key_O:
            return self.choose_next()
        if key == Qt.Key.Key_A:
            self.alertWanted.emit(self.pointed_price())
            return True
        if key == Qt.Key.Key_Escape:
            return hand.cancel()
        if key in _STEPS:
            fast = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
            return hand.nudge(_STEPS[key] * (_FAST if fast else 1))
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            is_moving = marks.ghost is not None
            self._tell(hand.commit())
            return is_moving
        if key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            return self._delete()
        return False

    def _delete(self) -> bool:
        """Take away the chosen alert, else the one under the pointer."""
        line = self._state.marks.chosen
        if line is None and self._pointed_y is not None:
            line = self._hand.line_at(self._pointed_y)
        if isinstance(line, int):
            self.alertUnwanted.emit(line)
        return isinstance(line, int)

    def pointed_price(self) -> float:
        """The price at the crosshair; without one on the prices, that of the last trade.

        There must be a bar.
        """
        bars, y = self._state.bars, self._pointed_y
        return bars.bar(bars.end - 1).close if y is None else self._hand.price_at(y)

    @property
    def _shows_bars(self) -> bool:
        return bool(self._state.bars) and not self._state.is_waiting

    @property
    def _pointed_y(self) -> float | None:
        """Where the pointer is on the prices."""
        layout, pointer = self._state.layout, self._state.pointer
        if pointer is None:
            return None
        x, y = pointer
        is_on_prices = 0 <= x < layout.view_width and 0 <= y * layout.ratio < layout.price_bottom
        return y if is_on_prices else None

    def _tell(self, moved: Moved | None) -> None:
        self.changed.emit()
        if moved is not None:
            self.moved.emit(moved)
