"""What pointer and keys do to the lines of own orders and alerts on a chart. Pure."""

from __future__ import annotations

from typing import NamedTuple

from .chart_scale import round_to_tick
from .chart_state import ChartState
from .trading_marks import LineKey

__all__ = ["LineHand", "Moved"]

_REACH_PX = 4.0
_SLOP_PX = 3.0


class Moved(NamedTuple):
    """A line that the user has moved, and the price it was let go at."""

    key: LineKey
    price: float


# State: where the button went down on a line, if it is down, and whether the pointer has left that
# place since.
class LineHand:
    """One user's hand on the lines of one chart. Places are in px from the top left.

    A line that is being moved stays where it is; the price it may go to is its ghost.
    """

    def __init__(self, state: ChartState) -> None:
        self._state = state
        self._down: float | None = None
        self._dragged = False

    @property
    def is_held(self) -> bool:
        """Whether the button is down on a line."""
        return self._down is not None

    def line_at(self, y: float) -> LineKey | None:
        """The line that a press at ``y`` on the prices takes hold of: the nearest.

        Of two at one place, the one that lies on top: an alert.
        """
        best, found = _REACH_PX, None
        for key, price in self._state.marks.movable().items():
            distance = abs(self._y(price) - y)
            if distance <= best:
                best, found = distance, key
        return found

    def press(self, y: float) -> bool:
        """The main button goes down on the prices; whether on a line, which is chosen then."""
        marks = self._state.marks
        marks.let_go()
        marks.chosen = self.line_at(y)
        if marks.chosen is None:
            return False
        self._down, self._dragged = y, False
        # New bars must not move the chart under the hand.
        self._state.hold()
        return True

    def move(self, y: float) -> None:
        """The pointer moves."""
        if self._down is None:
            return
        self._dragged = self._dragged or abs(y - self._down) > _SLOP_PX
        if self._dragged and self._state.marks.chosen is not None:
            self._state.marks.ghost = self.price_at(y)

    def release(self) -> Moved | None:
        """The main button goes up; a line that was dragged to another price."""
        self._drop()
        return self.commit()

    def cancel(self) -> bool:
        """Put a line back that is being moved, else choose none; whether there was one."""
        marks = self._state.marks
        had = marks.chosen is not None
        self._drop()
        if marks.ghost is not None:
            marks.ghost = None
        else:
            marks.let_go()
        return had

    def _drop(self) -> None:
        if self._down is not None:
            self._down = None
            self._state.release()

    # -- keys ----------------------------------------------------------------------------------

    def choose_next(self) -> bool:
        """Choose the next line in view, from the top down; whether there is one."""
        marks = self._state.marks
        places = [(self._y(price), key) for key, price in marks.movable().items()]
        bottom = self._state.layout.price_bottom / self._state.layout.ratio
        keys = [key for y, key in sorted(places, key=_height) if 0 <= y < bottom]
        if keys:
            after = [at for at, key in enumerate(keys, 1) if key == marks.chosen]
            marks.chosen, marks.ghost = keys[sum(after) % len(keys)], None
        return bool(keys)

    def nudge(self, ticks: int) -> bool:
        """Move the chosen line by so many price steps; whether there is one."""
        marks = self._state.marks
        if marks.chosen is None:
            return False
        price = marks.movable()[marks.chosen] if marks.ghost is None else marks.ghost
        marks.ghost = self._snapped(price + ticks * self._state.tick_size(price))
        return True

    def commit(self) -> Moved | None:
        """Let the chosen line go where it was moved to, if that is another price."""
        marks = self._state.marks
        key, price, marks.ghost = marks.chosen, marks.ghost, None
        if key is None or price is None or price == marks.movable()[key]:
            return None
        return Moved(key, price)

    # -- prices --------------------------------------------------------------------------------

    def _y(self, price: float) -> float:
        layout = self._state.layout
        return float(self._state.scale.y(price, 0, layout.price_bottom)) / layout.ratio

    def price_at(self, y: float) -> float:
        """The price of the market's price step at ``y`` px."""
        layout = self._state.layout
        return self._snapped(self._state.scale.price(y * layout.ratio, 0, layout.price_bottom))

    def _snapped(self, price: float) -> float:
        tick = self._state.tick_size(max(price, 0.0))
        return max(round_to_tick(price, tick), tick)


def _height(place: tuple[float, LineKey]) -> float:
    return place[0]
