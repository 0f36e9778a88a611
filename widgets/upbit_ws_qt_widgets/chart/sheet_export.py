"""Writes a long table in slices, while the window goes on. Qt, no widget."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from PyQt6.QtCore import QElapsedTimer, QIODevice, QObject, QTimer, pyqtSignal

from upbit_ws_qt_widgets.models.chart_export import BarsSheet

__all__ = ["SheetExport"]

_ROWS = 250
_AT_ONCE = 5000
_SLICE_MS = 8
_BOM = "\ufeff"


# State: the table and what it is written to, how many of its bars are written, whether it is over,
# and whether somebody wanted that.
class SheetExport(QObject):
    """Writes a table to an open device, at once if it is short.

    Signals:
        progressed(int): so many of 100 parts are written.
        finished(bool): it is over; whether all of it is written.
    """

    progressed = pyqtSignal(int)
    finished = pyqtSignal(bool)

    def __init__(
        self, sheet: BarsSheet, device: QIODevice, parent: QObject, *, marked: bool
    ) -> None:
        """Get ready for ``start``.

        Args:
            sheet: what to write.
            device: where to; open.
            parent: what it goes with, before it is over too.
            marked: whether UTF-8 is marked as such, which spreadsheets look for.
        """
        super().__init__(parent)
        device.setParent(self)
        self._sheet = sheet
        self._device = device
        self._done = 0
        self._is_over = False
        self.is_cancelled = False
        self._start = (_BOM if marked else "") + sheet.head()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._go_on)

    @property
    def device(self) -> QIODevice:
        """What it writes to; goes with it."""
        return self._device

    def start(self) -> None:
        """Begin. A table of up to 5,000 bars is written when this returns."""
        if self._write(self._start):
            while not self._is_over and self._done < min(_AT_ONCE, len(self._sheet)):
                self._write_rows()
            self._tell()
        if not self._is_over:
            self._timer.start()

    def cancel(self) -> None:
        """Write no more, and say that it is not whole."""
        self.is_cancelled = not self._is_over
        self._end(whole=False)

    def _go_on(self) -> None:
        clock = QElapsedTimer()
        clock.start()
        while not self._is_over and self._done < len(self._sheet):
            self._write_rows()
            if clock.elapsed() >= _SLICE_MS:
                break
        self._tell()

    def _tell(self) -> None:
        if self._is_over:
            return
        if self._done < len(self._sheet):
            self.progressed.emit(100 * self._done // len(self._sheet))
        else:
            self._end(whole=True)

    def _write_rows(self) -> None:
        stop = min(self._done + _ROWS, len(self._sheet))
        if self._write(self._sheet.lines(self._done, stop)):
            self._done = stop

    def _write(self, text: str) -> bool:
        data = text.encode()
        if self._device.write(data) != len(data):
            self._end(whole=False)
        return not self._is_over

    def _end(self, *, whole: bool) -> None:
        if not self._is_over:
            self._is_over = True
            self._timer.stop()
            self.finished.emit(whole)
