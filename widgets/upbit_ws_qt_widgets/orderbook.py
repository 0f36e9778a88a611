"""The order book of one market, in the exchange's own look. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any, cast

from PyQt6.QtCore import QTimer
from PyQt6.QtGui import QContextMenuEvent, QGuiApplication, QHideEvent
from PyQt6.QtWidgets import QMenu, QWidget

from upbit_ws_qt.events import Source
from upbit_ws_qt.markets import format_price

from .choice_menu import command
from .frame_timer import FrameTimer
from .live_widget import contained
from .models.ladder import PriceTexts
from .models.ladder_changes import Changes
from .models.ladder_export import table
from .models.ladder_figures import spread
from .models.ladder_layout import lay_out
from .models.ladder_rungs import Rungs
from .models.ladder_sides import groupings
from .models.ladder_sight import Sight, see
from .models.ladder_state import Ladder, Marks, Words, resolve_ladder
from .models.ladder_strip import STRIP_LINES
from .models.ladder_wishes import AMOUNTS, Wishes
from .orderbook_data import FedBook
from .orderbook_menu import BOOK_KEYS, BookMenu
from .orderbook_painter import LadderPainter
from .theme import Look

__all__ = ["OrderbookWidget"]

_KST = timezone(timedelta(hours=9))
_STATE_VERSION = 1
# Trades that end one after another leave together: rows need not change more often than they do.
_SHORTEST_EXPIRY_MS = 250


# State: what was looked at last, with the texts of its prices and what in it has just changed.
class OrderbookWidget(FedBook):
    """Asks above, bids below, up to thirty rows a side, with the day's figures and last trades.

    It shows what its slots are given and needs no network; ``bind`` connects it to live data.
    Events of another market than ``market()`` are not shown; without a market the first event
    chooses it. The mouse wheel, Page Up and Page Down scroll; Home or Space centres; the arrow
    keys move a cursor that stays on its price, and Enter clicks it. A menu has the rest.

    Signals:
        marketChanged(str): another market is shown.
        priceClicked(float): a price was clicked, in the quote currency, as it stood under the
            pointer when the button went down; or Enter was pressed on the row with the cursor.
        sizeClicked(float, float): a size was clicked, or Shift+Enter pressed: price and size.
        priceDoubleClicked(float): a price was double-clicked, or Ctrl+Enter pressed.
        optionsChanged(): something was chosen.
        pausedChanged(bool): the book stands still, or goes on.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sight: Sight | None = None
        self._texts = PriceTexts()
        self._changes = Changes()
        self._fade = QTimer(self)
        self._fade.setSingleShot(True)
        self._fade.timeout.connect(self._changed)
        self._expiry = QTimer(self)
        self._expiry.setSingleShot(True)
        self._expiry.timeout.connect(self._changed)
        self._description = FrameTimer(self, interval_ms=1000)
        self._description.timeout.connect(self._describe)
        self._describe()

    # -- what is kept --------------------------------------------------------------------------

    def saveState(self) -> dict[str, Any]:
        """What the user chose, as plain data; see ``restoreState``."""
        return {
            "version": _STATE_VERSION,
            "market": self._market,
            "options": self._wishes.plain(),
            "look": self.look().plain(),
        }

    def restoreState(self, state: Mapping[str, Any]) -> bool:
        """Take back what ``saveState`` returned; False, and nothing changes, for anything else."""
        market, options = state.get("market"), state.get("options")
        if (
            state.get("version") != _STATE_VERSION
            or not isinstance(market, str)
            or not isinstance(options, Mapping)
        ):
            return False
        try:
            wishes = Wishes.of(cast("Mapping[str, Any]", options))
            # A state from before it was kept says nothing about it.
            look = Look.of(state["look"]) if "look" in state else self.look()
        except ValueError:
            return False
        if market:
            self.setMarket(market)
        if self._market != market:
            return False
        self._wish(**wishes.plain())
        self.setLook(look)
        return True

    # -- the frozen state ----------------------------------------------------------------------

    def _changed(self) -> None:
        super()._changed()
        if self.isVisible():
            self._description.request()

    def rungs(self) -> Rungs:
        return self._sight.rungs if self._sight is not None else ()

    def resolved(self, painter: LadderPainter, width: int, height: int) -> Ladder:
        known, wishes = self._memory.known, self._wishes
        sight = self._sight = see(known, wishes, self._tick_at)
        layout = lay_out(
            width,
            height,
            painter.metrics,
            depth=len(sight.rungs) // 2 if sight is not None else 0,
            price_room=sight.price_room if sight is not None else 0,
            figure_lines=STRIP_LINES if wishes.figures else 0,
        )
        if sight is None:
            return Ladder(layout, layout.first(0), badge=self._badge(), notice=self._notice())
        if sight.split is not None:
            self._hand.hold_still(sight.split, sight.step, layout)
        return resolve_ladder(
            sight,
            known,
            wishes,
            layout,
            Words(self.text, self._texts, self._tick_at),
            day=self._day,
            hand=self._hand_now(),
            marks=self._marks(sight),
            badge=self._badge(),
            map_=self._map.picture() if wishes.view == "heatmap" else None,
        )

    def _marks(self, sight: Sight) -> Marks:
        """Own orders, fresh changes, late trades: the last two go by themselves."""
        if self.view() != "ladder":
            return Marks()
        own = self._orders.marks(sight.step) if self.areOwnOrdersShown() else None
        traded = self._traded(sight) if self.areTradesPerLevelShown() else None
        heats = self._heats(sight) if self.isFading() else None
        return Marks(own, heats, traded, self._queue.bounds(sight.step))

    def _traded(self, sight: Sight) -> Mapping[tuple[bool, int], float]:
        """What was traded at each price in the last minute, also while nothing new comes."""
        traded, now = self._memory.traded, self._exchange_clock.now(self._clock.elapsed())
        traded.forget(now)
        due = traded.next_due_ms()
        if due is not None:
            self._expiry.start(max(int(due - now) + 1, _SHORTEST_EXPIRY_MS))
        return traded.amounts(sight.exact, sight.step, in_value=self.amounts() == "total")

    def _heats(self, sight: Sight) -> Mapping[tuple[bool, int], int]:
        """Fresh changes, and a wake-up for when they fade."""
        now, changes, step = self._clock.elapsed(), self._changes, sight.step
        changes.note(sight.rungs, step, (self._market, step, self._wishes), now)
        heats = changes.heats(now)
        due = changes.next_due_ms(now)
        if due is not None:
            self._fade.start(int(due - now) + 1)
        return heats

    def _badge(self) -> str:
        """The state of the data; a widget fed by its slots alone is live unless it failed."""
        book = self.orderbook()
        state = self.stateText() if self.proxy() is not None or self.errorText() else ""
        if state and book is not None:
            as_of = book.time.astimezone(_KST).strftime("%H:%M:%S")
            state = self.text("orderbook.as_of", state=state, time=as_of)
        elif book is not None and book.source is Source.POLLED:
            state = self.text("state.polling")
        if self.isPaused():
            paused = self.text("orderbook.paused", count=self.withheldCount())
            return f"{paused} · {state}" if state else paused
        return state

    def _notice(self) -> str:
        if not self._market:
            return self.text("orderbook.no_market")
        if self.orderbook() is not None:
            return self.text("orderbook.empty", market=self._market)
        key = "orderbook.no_data" if self.proxy() is None else "orderbook.loading"
        return self.text(key, market=self._market)

    @contained
    def _describe(self) -> None:
        """Tell assistive technology, which cannot see inside a painted surface."""
        self.setAccessibleName(self.text("orderbook.name", market=self._market).strip())
        known = self._memory.known
        sight = see(known, Wishes(), self._tick_at)
        best = spread(sight.exact, self._tick_at) if sight is not None else None
        if best is None:
            self.setAccessibleDescription(self._notice())
            return
        tick = self._tick_at(best.bid)
        self.setAccessibleDescription(
            self.text(
                "orderbook.description",
                ask=format_price(best.ask, tick),
                bid=format_price(best.bid, tick),
                gap=format_price(best.gap, tick),
                ticks=best.ticks,
            )
        )

    def stateUpdated(self) -> None:
        self.setToolTip(self.errorText())  # the badge may be too narrow for it
        super().stateUpdated()

    def retranslated(self) -> None:
        self._write_day()
        self._changed()
        self._describe()

    @contained
    def hideEvent(self, a0: QHideEvent | None) -> None:
        super().hideEvent(a0)
        self._map.interrupt()  # nothing comes while it is hidden

    # -- choosing ------------------------------------------------------------------------------

    def groupings(self) -> tuple[float, ...]:
        """What prices can be gathered by in this market; 0, the first, is not at all.

        The exchange's own levels; in markets for which it has none, multiples of the price step.
        """
        proxy, sight = self.proxy(), self._sight
        offered = proxy.markets.levels(self._market) if proxy is not None else (0.0,)
        if sight is None:
            return offered
        return groupings(offered, sight.tick)

    def regroup(self, steps: int) -> None:
        """Gather prices in steps coarser (or finer, below 0) by so many of ``groupings``."""
        offered = self.groupings()
        here = offered.index(self.grouping()) if self.grouping() in offered else 0
        self.setGrouping(offered[min(max(here + steps, 0), len(offered) - 1)])

    def footerClicked(self) -> None:
        self.setAmounts(AMOUNTS[1 - AMOUNTS.index(self.amounts())])

    def commanded(self, key: int) -> bool:
        return command(BOOK_KEYS, self, key)

    def contextMenu(self) -> QMenu:
        """A menu of everything that can be chosen and done here, as it stands now."""
        return BookMenu(self)

    @contained
    def contextMenuEvent(self, a0: QContextMenuEvent | None) -> None:
        if a0 is not None:
            menu = self.contextMenu()
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(a0.globalPos())

    # -- copying and saving --------------------------------------------------------------------

    def bookTable(self, separator: str = ",") -> str:
        """The rows on show as lines of plain numbers: side, price, size, value."""
        sight = see(self._memory.known, self._wishes, self._tick_at)
        return table(sight.shown, separator) if sight is not None else ""

    @contained
    def copy(self) -> None:
        """Put the rows on show on the clipboard, as spreadsheets take them."""
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(self.bookTable("\t"))

    @contained
    def saveCsv(self, path: str) -> None:
        """Write the rows on show to a file."""
        try:
            Path(path).write_text(self.bookTable(), encoding="utf-8", newline="\n")
        except OSError as error:
            raise ValueError(self.text("orderbook.not_saved", reason=error.strerror)) from error

    @contained
    def savePicture(self, path: str) -> None:
        """Write what is on show to a file, as PNG or what its ending says."""
        if not self.grab().save(path):
            raise ValueError(self.text("orderbook.not_saved", reason=Path(path).suffix))
