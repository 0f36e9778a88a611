"""What leaves a chart: images, and tables of its bars. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from PyQt6.QtCore import QBuffer, QIODevice, QSaveFile, Qt, pyqtSignal
from PyQt6.QtGui import QGuiApplication, QImage, QImageWriter
from PyQt6.QtWidgets import QFileDialog, QProgressDialog

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt_widgets.live_widget import contained
from upbit_ws_qt_widgets.models.chart_export import sheet_of

from .linking import LinkableWidget
from .palette import themed
from .sheet_export import SheetExport
from .surface import ChartSurface

__all__ = ["ExportableWidget"]

_SCALE = 2.0
_LEAST_SCALE, _MOST_SCALE = 0.5, 8.0
_MOMENT_MS = 600
_MOST_COPIED = 200_000


# State: the table that is being written, if any.
class ExportableWidget(LinkableWidget):
    """A widget with a chart to be saved and copied; its subclass gives it the surface.

    Signals:
        exported(str): a file is whole; its path.
    """

    exported = pyqtSignal(str)

    def attachSurface(self, surface: ChartSurface) -> None:
        """For subclasses: export what is on this surface."""
        super().attachSurface(surface)
        self._sheet_export: SheetExport | None = None

    # -- images --------------------------------------------------------------------------------

    @contained
    def toImage(self, scale: float = _SCALE) -> QImage:
        """The chart as an image, painted anew with ``scale`` device pixels for each px.

        It has the market, the unit and the time it was made, and neither pointer nor toolbar. None
        if the scale is not from 0.5 to 8, or there is no memory for it.
        """
        return self._painted_image(scale)

    @contained
    def exportImage(self, target: str | Path | QIODevice, scale: float = _SCALE) -> None:
        """Save the chart as PNG, or as what the ending of the file says.

        A file is replaced only when the new one is whole; ``exported`` tells of it.

        Args:
            target: a path, or an open device.
            scale: device pixels for each px, from 0.5 to 8.
        """
        image = self._painted_image(scale)
        if isinstance(target, QIODevice):
            if not (target.isWritable() and image.save(target, "PNG")):
                raise InvalidRequest(f"an open, writable device is expected; got {target}")
            return
        kind = Path(target).suffix.lstrip(".").lower() or "png"
        kinds = [one.data().decode() for one in QImageWriter.supportedImageFormats()]
        if kind not in kinds:
            raise InvalidRequest(f"the ending of an image is one of {', '.join(kinds)}; got {kind}")
        file = self._open_file(target)
        if not image.save(file, kind):
            file.cancelWriting()
        self._commit_file(file)

    @contained
    def copyImage(self, scale: float = _SCALE) -> None:
        """Put the chart on the clipboard as an image."""
        image, clipboard = self._painted_image(scale), QGuiApplication.clipboard()
        if clipboard is not None:
            clipboard.setImage(image)

    def _painted_image(self, scale: float) -> QImage:
        is_number = isinstance(cast("object", scale), int | float)
        # A number that is none at all is not between the two either.
        if not (is_number and _LEAST_SCALE <= scale <= _MOST_SCALE):
            raise InvalidRequest(
                f"a scale from {_LEAST_SCALE} to {_MOST_SCALE:g} is expected; got {scale!r}"
            )
        # Before it is first shown nothing has its place yet.
        self._surface.fit()
        zone = self._chart.zone
        moment = datetime.fromtimestamp((self._surface.now() + zone.offset_ms) / 1000, UTC)
        made = f"{moment:%Y-%m-%d %H:%M:%S} {zone}"
        return self._surface.image(scale, " · ".join(filter(None, (self._chart.subtitle, made))))

    # -- tables --------------------------------------------------------------------------------

    @contained
    def exportCsv(self, path: str | Path, visible_only: bool = False) -> None:
        """Save the bars and their indicators as CSV, in UTF-8 with the mark that Excel looks for.

        A table of more than 5,000 bars is written bit by bit while the window goes on; ``exported``
        says when it is whole, and until then a file that was there stays. One at a time.

        Args:
            path: the file.
            visible_only: leave out the bars that are not in view.
        """
        self._check_no_export()
        file = self._open_file(path)
        sheet = sheet_of(self._chart, *self._bars_to_export(visible_only))
        self._start_export(SheetExport(sheet, file, self, marked=True))

    @contained
    def copyCsv(self, visible_only: bool = True) -> None:
        """Put the bars and their indicators on the clipboard, as spreadsheets take them."""
        self._copy_bars(*self._bars_to_export(visible_only))

    @contained
    def copyBars(self, from_ms: int, to_ms: int) -> None:
        """Put the bars that start from one time to another, both included, on the clipboard."""
        first, last = self._chart.bars.latest_at(from_ms - 1), self._chart.bars.latest_at(to_ms)
        if last is not None:
            self._copy_bars(self._chart.bars.first if first is None else first + 1, last + 1)

    def _copy_bars(self, start: int, stop: int) -> None:
        self._check_no_export()
        if stop - start > _MOST_COPIED:
            most = f"{_MOST_COPIED:,}"
            raise ValueError(
                self.text("chart.export.too_many", most=most, count=f"{stop - start:,}")
            )
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        sheet = sheet_of(self._chart, start, stop, separator="\t")
        self._start_export(SheetExport(sheet, buffer, self, marked=False))

    def isExporting(self) -> bool:
        """Whether a long table is being written."""
        return self._sheet_export is not None

    def cancelExport(self) -> None:
        """Stop writing a long table; a file that was there stays as it was."""
        if self._sheet_export is not None:
            self._sheet_export.cancel()

    def _check_no_export(self) -> None:
        if self._sheet_export is not None:
            raise InvalidRequest("a table is being written; wait for `exported`, or cancel it")

    def _bars_to_export(self, visible_only: bool) -> tuple[int, int]:
        """The numbers of the bars: the first, and that after the last."""
        bars, view = self._chart.bars, self._chart.view
        if visible_only:
            return view.range(self._chart.layout.view_width, bars.first, bars.end)
        return bars.first, bars.end

    def _start_export(self, job: SheetExport) -> None:
        self._sheet_export = job
        job.finished.connect(self._on_sheet_written)
        job.start()
        if self.isExporting() and self.isVisible():
            self._show_export_progress(job)

    def _show_export_progress(self, job: SheetExport) -> None:
        dialog = QProgressDialog(self)
        dialog.setPalette(themed(self.palette(), self.themeColors()))
        dialog.setWindowTitle(self.text("chart.menu.export"))
        dialog.setLabelText(self.text("chart.export.writing"))
        dialog.setCancelButtonText(self.text("chart.export.cancel"))
        dialog.setMinimumDuration(_MOMENT_MS)
        dialog.setValue(0)
        dialog.canceled.connect(self.cancelExport)
        job.progressed.connect(dialog.setValue)
        job.finished.connect(dialog.deleteLater)

    @contained
    def _on_sheet_written(self, whole: bool) -> None:
        job, self._sheet_export = self._sheet_export, None
        if job is None:
            return
        job.deleteLater()
        device = job.device
        if isinstance(device, QSaveFile):
            if not whole:
                device.cancelWriting()
            if not job.is_cancelled:
                self._commit_file(device)
        elif isinstance(device, QBuffer) and whole:
            clipboard = QGuiApplication.clipboard()
            if clipboard is not None:
                clipboard.setText(device.data().data().decode())

    # -- files ---------------------------------------------------------------------------------

    def _open_file(self, path: str | Path) -> QSaveFile:
        """A file beside ``path`` that takes its place when it is whole."""
        folder = Path(path).parent
        if not folder.is_dir():
            raise ValueError(self.text("chart.export.no_folder", folder=folder))
        file = QSaveFile(str(path))
        if not file.open(QIODevice.OpenModeFlag.WriteOnly):
            raise self._file_refusal(file)
        return file

    def _commit_file(self, file: QSaveFile) -> None:
        if not file.commit():
            raise self._file_refusal(file)
        self.exported.emit(file.fileName())

    def _file_refusal(self, file: QSaveFile) -> ValueError:
        reason = file.errorString()
        if file.error() is QSaveFile.FileError.WriteError and reason == QSaveFile().errorString():
            # It knows no more than that a part is missing, as on a disk without room.
            reason = self.text("chart.export.cut")
        return ValueError(self.text("chart.export.not_saved", path=file.fileName(), reason=reason))

    @contained
    def askImageFile(self) -> None:
        """Ask where to save the chart as an image, and do it."""
        self._ask_export_file("png").fileSelected.connect(self.exportImage)

    @contained
    def askCsvFile(self, visible_only: bool = False) -> None:
        """Ask where to save the bars as CSV, and do it."""
        save = self._export_view if visible_only else self.exportCsv
        self._ask_export_file("csv").fileSelected.connect(save)

    def _export_view(self, path: str) -> None:
        self.exportCsv(path, visible_only=True)

    def _ask_export_file(self, ending: str) -> QFileDialog:
        title = self.text(f"chart.export.save_{ending}")
        dialog = QFileDialog(self, title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(f"{ending.upper()} (*.{ending})")
        dialog.setDefaultSuffix(ending)
        dialog.selectFile(f"{self.market() or 'chart'} {self._chart.timeframe}.{ending}")
        dialog.open()
        return dialog
