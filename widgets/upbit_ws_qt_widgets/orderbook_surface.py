"""The painted surface of an order book: frames, mouse and keys. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import QEvent, QPointF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QShowEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QWidget

from .frame_timer import FrameTimer
from .live_widget import LiveWidget, contained
from .models.hangul_keys import letter_key
from .models.ladder_hand import Cell, LadderHand, cell_at, cursor_price, cursor_row
from .models.ladder_layout import Rect
from .models.ladder_rungs import Rungs
from .models.ladder_state import Hand, Ladder, damage
from .orderbook_painter import LadderPainter
from .orderbook_texts import logical_rect, paint_failure

__all__ = ["BookSurface"]

_WHEEL_NOTCH = 120
_STEPS: Mapping[int, int] = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
# On a curve prices rise to the right.
_STEPS_ON_CURVE: Mapping[int, int] = {Qt.Key.Key_Right: -1, Qt.Key.Key_Left: 1, **_STEPS}
_PAGES: Mapping[int, int] = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


# State: the user's hand and pointer, and whether the footer is pressed; the resolved ladder on
# screen with its painter and what it was drawn for, and whether it is behind the data.
class BookSurface(LiveWidget):
    """Paints what a subclass resolves, once a frame and only where it differs.

    Signals:
        priceClicked(float): a price was clicked, in the quote currency, as it stood under the
            pointer when the button went down; or Enter was pressed on the row with the cursor.
        sizeClicked(float, float): a size was clicked, or Shift+Enter pressed: price and size.
        priceDoubleClicked(float): a price was double-clicked, or Ctrl+Enter pressed.
    """

    priceClicked = pyqtSignal(float)
    sizeClicked = pyqtSignal(float, float)
    priceDoubleClicked = pyqtSignal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hand = LadderHand()
        self._pointer: QPointF | None = None
        self._footer_pressed = False
        self._painter: LadderPainter | None = None
        self._ladder: Ladder | None = None
        self._drawn_for = (0.0, 0, 0)
        self._behind = True
        self._frame = FrameTimer(self)
        self._frame.timeout.connect(self._refresh)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    # -- for subclasses ------------------------------------------------------------------------

    def resolved(self, painter: LadderPainter, width: int, height: int) -> Ladder:
        """What is to be seen now, in so many device pixels."""
        raise NotImplementedError

    def rungs(self) -> Rungs:
        """The rows the cursor can go through."""
        raise NotImplementedError

    def footerClicked(self) -> None:
        """The line of totals was clicked."""
        raise NotImplementedError

    def copy(self) -> None:
        """Put what is on show on the clipboard."""
        raise NotImplementedError

    def commanded(self, key: int) -> bool:
        """A key was pressed that is not about moving; returns whether it is for anything."""
        raise NotImplementedError

    # -- frames --------------------------------------------------------------------------------

    def _changed(self) -> None:
        self._behind = True
        if self.isVisible():
            self._frame.request()

    @contained
    def _refresh(self) -> None:
        if self.isVisible():
            self._catch_up()

    def _catch_up(self) -> Ladder:
        """Resolve what is to be seen now and repaint only where it differs."""
        old, new = self._ladder, self._resolve()
        region = QRegion()
        for rect in damage(old, new):
            region += logical_rect(rect, self.devicePixelRatioF())
        if not region.isEmpty():
            self.update(region)
        return new

    def _resolve(self) -> Ladder:
        painter = self._current_painter()
        self._drawn_for = _, width, height = self._surface()
        self._ladder = self.resolved(painter, width, height)
        self._behind = False
        return self._ladder

    def _hand_now(self) -> Hand:
        hand = self._hand
        pointer = self._device(self._pointer) if self._pointer is not None else None
        return Hand(hand.scroll, hand.cursor, pointer, self.hasFocus())

    def _current_painter(self) -> LadderPainter:
        ratio = self.devicePixelRatioF()
        if self._painter is None or self._painter.ratio != ratio:
            self._painter = LadderPainter(self.font(), ratio)
        return self._painter

    def _surface(self) -> tuple[float, int, int]:
        """The pixel ratio and the size in device pixels."""
        ratio = self.devicePixelRatioF()
        return ratio, round(self.width() * ratio), round(self.height() * ratio)

    def _device(self, position: QPointF) -> tuple[int, int]:
        ratio = self.devicePixelRatioF()
        return int(position.x() * ratio), int(position.y() * ratio)

    def fail(self, error: Exception) -> None:
        super().fail(error)
        self.update()  # what failed may be the very way to find out what to repaint

    def restyled(self) -> None:
        self._painter = None
        self._changed()

    def sizeHint(self) -> QSize:
        return QSize(490, 640)

    def minimumSizeHint(self) -> QSize:
        return QSize(140, 120)

    @contained
    def paintEvent(self, a0: QPaintEvent | None) -> None:
        region = a0.region() if a0 is not None else QRegion(self.rect())
        painter = QPainter(self)
        try:
            ladder = self._ladder
            if ladder is None or self._drawn_for != self._surface():
                ladder = self._resolve()
            elif self._behind:
                # This may be another surface (grab, render): the screen has to follow by itself.
                ladder = self._catch_up()
            self._current_painter().paint(painter, ladder, self.themeColors(), region)
        except Exception as error:  # noqa: BLE001 - what cannot be drawn is said instead
            self.fail(error)
            paint_failure(painter, self.rect(), self.themeColors(), self.stateText())
        finally:
            painter.end()

    @contained
    def showEvent(self, a0: QShowEvent | None) -> None:
        super().showEvent(a0)
        self._changed()

    @contained
    def focusInEvent(self, a0: QFocusEvent | None) -> None:
        super().focusInEvent(a0)
        self._changed()

    @contained
    def focusOutEvent(self, a0: QFocusEvent | None) -> None:
        super().focusOutEvent(a0)
        self._changed()

    # -- mouse ---------------------------------------------------------------------------------

    @contained
    def leaveEvent(self, a0: QEvent | None) -> None:
        super().leaveEvent(a0)
        self._pointer = None
        self._changed()

    @contained
    def mouseMoveEvent(self, a0: QMouseEvent | None) -> None:
        if a0 is not None:
            self._pointer = a0.position()
            self._changed()

    @contained
    def mousePressEvent(self, a0: QMouseEvent | None) -> None:
        if a0 is not None and a0.button() is Qt.MouseButton.LeftButton:
            self._hand.press(self._cell_at(a0.position()))
            self._footer_pressed = self._is_on_footer(a0.position())

    @contained
    def mouseReleaseEvent(self, a0: QMouseEvent | None) -> None:
        if a0 is None or a0.button() is not Qt.MouseButton.LeftButton:
            return
        clicked = self._hand.release(self._cell_at(a0.position()))
        if self._footer_pressed and self._is_on_footer(a0.position()):
            self.footerClicked()
        elif clicked is None:
            return
        elif clicked.on_price:
            self.priceClicked.emit(clicked.price)
        elif clicked.size:
            self.sizeClicked.emit(clicked.price, clicked.size)

    @contained
    def mouseDoubleClickEvent(self, a0: QMouseEvent | None) -> None:
        if a0 is None or a0.button() is not Qt.MouseButton.LeftButton:
            return
        cell = self._cell_at(a0.position())
        if cell is not None and cell.on_price:
            self.priceDoubleClicked.emit(cell.price)

    def _cell_at(self, position: QPointF) -> Cell | None:
        ladder, where = self._ladder, self._device(position)
        if ladder is None or not _is_inside(ladder.layout.body, where):
            return None
        if ladder.curve is not None:
            # A curve has a cell only where it is pointed at.
            self._pointer = position
            ladder = self._catch_up()
        return cell_at(ladder, *where)

    def _is_on_footer(self, position: QPointF) -> bool:
        ladder = self._ladder
        return (
            ladder is not None
            and not ladder.notice
            and _is_inside(ladder.layout.footer, self._device(position))
        )

    @contained
    def wheelEvent(self, a0: QWheelEvent | None) -> None:
        if a0 is None:
            return
        notches = -a0.angleDelta().y() / _WHEEL_NOTCH
        ladder = self._ladder
        if ladder is not None and ladder.rows and self._hand.turn(notches, ladder.layout):
            self._changed()
        else:
            a0.ignore()  # nothing to scroll here: a scroll area around us may have

    # -- keys ----------------------------------------------------------------------------------

    @contained
    def keyPressEvent(self, a0: QKeyEvent | None) -> None:
        if a0 is None:
            return
        key, modifiers = letter_key(a0.key(), a0.text()), a0.modifiers()
        if QKeyEvent(a0.type(), key, modifiers).matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif key in _ENTER and self._hand.cursor is not None:
            self._enter(modifiers)
        elif modifiers & ~Qt.KeyboardModifier.KeypadModifier & ~Qt.KeyboardModifier.ShiftModifier:
            super().keyPressEvent(a0)  # with Ctrl or Alt it is a shortcut of somebody
        elif not self._moved_by(key) and not self.commanded(key):
            super().keyPressEvent(a0)

    def _enter(self, modifiers: Qt.KeyboardModifier) -> None:
        price, row = cursor_price(self._ladder), cursor_row(self._ladder)
        if price is None:
            return
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            self.priceDoubleClicked.emit(price)
        elif not modifiers & Qt.KeyboardModifier.ShiftModifier:
            self.priceClicked.emit(price)
        elif row is not None and row.size:
            self.sizeClicked.emit(price, row.size)

    def _moved_by(self, key: int) -> bool:
        """Move cursor or rows, if the key is for that; returns whether it is."""
        ladder = self._ladder
        steps = _STEPS if ladder is None or ladder.curve is None else _STEPS_ON_CURVE
        if key in steps:
            if ladder is not None:
                self._pointer = None  # the keys have taken over from the mouse
                self._hand.step(steps[key], self.rungs(), ladder.layout)
        elif key in _PAGES:
            if ladder is not None:
                self._hand.page(_PAGES[key], ladder.layout)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_Space):
            self._hand.centre()
        elif key == Qt.Key.Key_Escape and self._hand.cursor is not None:
            self._hand.cursor = None
        else:
            return False
        self._changed()
        return True


def _is_inside(rect: Rect, point: tuple[int, int]) -> bool:
    left, top, width, height = rect
    return left <= point[0] < left + width and top <= point[1] < top + height
