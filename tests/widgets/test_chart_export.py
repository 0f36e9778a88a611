"""Images and tables that leave a chart, with real keys, files and the clipboard. Qt."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PyQt6 import sip
from PyQt6.QtCore import QBuffer, QEvent, QIODevice, QPoint, Qt
from PyQt6.QtGui import QClipboard, QGuiApplication, QImage, QKeyEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QFileDialog, QProgressDialog
from pytestqt.qtbot import QtBot

from tests.chart_bars import MINUTE, START, trade, wave
from tests.chart_on_screen import settle, surface
from upbit_ws_qt_widgets import ChartWidget
from upbit_ws_qt_widgets.theme import Theme

ROOT = Path(__file__).resolve().parents[2]
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
#: More bars than one slice writes, on any machine.
MANY = 200_000

Pixels = npt.NDArray[np.uint32]


@pytest.fixture
def chart(qtbot: QtBot) -> Iterator[ChartWidget]:
    """A chart of 500 bars on screen, 800 × 500, light and English, that says it is one moment."""
    widget = ChartWidget()
    widget.setTheme("light")
    widget.setLanguage("en")
    widget.resize(800, 500)
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitExposed(widget)
    widget.setMarket("KRW-BTC")
    widget.setCandles(wave(500))
    surface(widget).now = lambda: START + 500.0 * MINUTE  # type: ignore[method-assign]
    settle(widget)
    return widget


@pytest.fixture
def errors(chart: ChartWidget) -> list[str]:
    found: list[str] = []
    chart.errorOccurred.connect(found.append)
    return found


@pytest.fixture
def saved(chart: ChartWidget) -> list[str]:
    found: list[str] = []
    chart.exported.connect(found.append)
    return found


@pytest.fixture
def clipboard(qapp: QApplication) -> Iterator[QClipboard]:
    found = QGuiApplication.clipboard()
    assert found is not None
    found.clear()
    yield found
    found.clear()


def pixels(image: QImage) -> Pixels:
    """An image as 0xffRRGGBB, by row and column."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    bits = image.constBits()
    assert bits is not None
    bits.setsize(image.sizeInBytes())
    return np.frombuffer(bits, np.uint32).reshape(image.height(), -1).copy()


def on_screen(chart: ChartWidget) -> Pixels:
    return pixels(surface(chart).grab().toImage())


def image(chart: ChartWidget, scale: float = 2.0) -> QImage:
    made = chart.toImage(scale)
    assert made is not None
    return made


def read(path: Path) -> list[dict[str, str]]:
    text = path.read_bytes()
    assert text.startswith(b"\xef\xbb\xbf"), "the mark that spreadsheets look for"
    return list(csv.DictReader(text.decode("utf-8-sig").splitlines()))


def load_many(chart: ChartWidget) -> None:
    many = np.tile(wave(1000), MANY // 1000)
    many["time"] = START + np.arange(MANY, dtype=np.int64) * MINUTE
    chart.setCandles(many)
    settle(chart)


# -- images ----------------------------------------------------------------------------------------


def test_an_image_is_what_is_on_screen_but_for_its_time(chart: ChartWidget) -> None:
    made, shown = pixels(image(chart, 1.0)), on_screen(chart)
    assert made.shape == shown.shape
    rows = np.flatnonzero((made != shown).any(axis=1))
    assert 0 < len(rows) < 20
    assert rows.max() < 30, "in the row of the title alone"


def test_it_says_when_it_was_made_in_the_zone_of_the_chart(chart: ChartWidget) -> None:
    written: list[str] = []
    paint = surface(chart).image

    def spy(ratio: float, subtitle: str) -> QImage:
        written.append(subtitle)
        return paint(ratio, subtitle)

    surface(chart).image = spy  # type: ignore[method-assign]
    first = pixels(image(chart))
    chart.setTimeZone("UTC")
    assert (pixels(image(chart)) != first).any()
    assert written == ["1m · 2026-01-02 17:20:00 KST", "1m · 2026-01-02 08:20:00 UTC"]


@pytest.mark.parametrize("scale", [0.5, 1.0, 1.25, 1.5, 2.0, 3.0])
def test_it_is_painted_anew_at_every_scale(chart: ChartWidget, scale: float) -> None:
    made = image(chart, scale)
    size = surface(chart).size()
    assert made.devicePixelRatio() == scale
    assert (made.width(), made.height()) == (
        -int(-size.width() * scale // 1),
        -int(-size.height() * scale // 1),
    )
    found, rise = pixels(made), Theme.named("light").rise.rgb()
    # Candles have clear edges at any scale, which an enlarged picture would not have.
    assert (found == rise).sum() > 200 * scale
    if scale > 1:
        smooth = Qt.TransformationMode.SmoothTransformation
        enlarged = image(chart, 1.0).scaled(made.size(), transformMode=smooth)
        assert (found == rise).sum() > (pixels(enlarged) == rise).sum()


def test_it_has_no_pointer_and_leaves_the_screen_alone(chart: ChartWidget) -> None:
    without = pixels(image(chart))
    QTest.mouseMove(surface(chart), QPoint(299, 199))
    QTest.mouseMove(surface(chart), QPoint(300, 200))
    settle(chart)
    before, drawn, layout = on_screen(chart), surface(chart)._drawn, chart._chart.layout
    left: list[bool] = []
    chart.crosshairLeft.connect(lambda: left.append(True))
    assert (pixels(image(chart)) == without).all()
    assert surface(chart)._drawn is drawn
    assert chart._chart.layout is layout
    settle(chart)
    assert surface(chart)._drawn is drawn, "nothing has to be painted again"
    assert (on_screen(chart) == before).all()
    assert left == []


def test_drawings_and_panes_are_on_it(chart: ChartWidget) -> None:
    plain = pixels(image(chart))
    chart.setDrawings(
        [{"version": 1, "kind": "horizontal", "anchors": [[START, 100_000]], "locked": False}]
    )
    drawn = pixels(image(chart))
    accent = Theme.named("light").accent.rgb()
    assert (drawn == accent).sum() > (plain == accent).sum() + 1000
    chart.setIndicators([{"key": "rsi"}])
    assert (pixels(image(chart)) != drawn).any()


def test_a_chart_that_was_never_shown_has_an_image(qtbot: QtBot) -> None:
    chart = ChartWidget()
    qtbot.addWidget(chart)
    chart.setTheme("light")
    chart.setToolbarVisible(False)
    chart.resize(600, 400)
    chart.setCandles(wave(100))
    made = image(chart, 1.0)
    assert (made.width(), made.height()) == (600, 400)
    assert (pixels(made) == Theme.named("light").rise.rgb()).sum() > 100


def test_it_is_saved_as_its_ending_says(
    chart: ChartWidget, saved: list[str], errors: list[str], tmp_path: Path
) -> None:
    for name, kind in (("a.png", b"\x89PNG"), ("b.jpg", b"\xff\xd8"), ("c", b"\x89PNG")):
        path = tmp_path / name
        path.write_bytes(b"former")
        chart.exportImage(path)
        assert path.read_bytes().startswith(kind)
        assert QImage(str(path)).size() == image(chart).size()
        assert saved.pop() == str(path)
    chart.exportImage(tmp_path / "d.docx")
    assert "png" in errors[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.jpg", "c"]


def test_it_goes_into_an_open_device(chart: ChartWidget, errors: list[str]) -> None:
    buffer = QBuffer()
    chart.exportImage(buffer)
    assert "open, writable device" in errors[0]
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    chart.exportImage(buffer, 1.0)
    made = QImage.fromData(buffer.data())
    assert made.width() == surface(chart).width()


@pytest.mark.parametrize("scale", [0.0, 0.4, 8.1, -1.0, float("nan"), float("inf"), "2", None])
def test_a_scale_that_is_none_is_reported(
    chart: ChartWidget, errors: list[str], scale: float
) -> None:
    assert chart.toImage(scale) is None
    assert "from 0.5 to 8" in errors[0]


def test_too_large_an_image_is_reported(
    chart: ChartWidget, errors: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upbit_ws_qt_widgets.chart.canvas.QImage.isNull", lambda _: True)
    assert chart.toImage(8.0) is None
    assert "smaller scale" in errors[0]
    monkeypatch.undo()
    settle(chart)
    assert (on_screen(chart) != 0).all()


def test_it_goes_to_the_clipboard(chart: ChartWidget, clipboard: QClipboard) -> None:
    QTest.keyClick(surface(chart), Qt.Key.Key_C, CTRL)
    assert (pixels(clipboard.image()) == pixels(image(chart))).all()


# -- tables ----------------------------------------------------------------------------------------


def test_all_bars_are_saved_with_their_indicators(
    chart: ChartWidget, saved: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "bars.csv"
    path.write_text("former")
    chart.exportCsv(path)
    assert saved == [str(path)]
    assert not chart.isExporting()
    rows = read(path)
    bars = wave(500)
    assert [int(row["time_ms"]) for row in rows] == bars["time"].tolist()
    for name in ("open", "high", "low", "close", "volume", "value"):
        assert [float(row[name]) for row in rows] == bars[name].tolist()
    assert rows[0]["time"] == "2026-01-02T09:00:00+09:00"
    assert float(rows[-1]["MA5"]) == pytest.approx(bars["close"][-5:].mean())


def test_only_what_is_in_view_if_that_is_wished(chart: ChartWidget, tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    chart.exportCsv(path, visible_only=True)
    rows = read(path)
    view, width = chart._chart.view, chart._chart.layout.view_width
    first, stop = view.range(width, 0, 500)
    assert [int(row["time_ms"]) for row in rows] == [
        START + number * MINUTE for number in range(first, stop)
    ]
    assert 0 < len(rows) < 500


def test_an_empty_chart_makes_a_table_with_a_head(qtbot: QtBot, tmp_path: Path) -> None:
    chart = ChartWidget()
    qtbot.addWidget(chart)
    chart.exportCsv(tmp_path / "bars.csv")
    assert read(tmp_path / "bars.csv") == []
    assert (tmp_path / "bars.csv").read_text("utf-8-sig").startswith("time,time_ms,open")


def test_what_is_in_view_goes_to_the_clipboard_for_spreadsheets(
    chart: ChartWidget, clipboard: QClipboard
) -> None:
    QTest.keyClick(surface(chart), Qt.Key.Key_C, CTRL | SHIFT)
    rows = list(csv.DictReader(clipboard.text().splitlines(), delimiter="\t"))
    assert int(rows[-1]["time_ms"]) == START + 499 * MINUTE
    assert 0 < len(rows) < 500
    chart.copyBars(START + 3 * MINUTE, START + 5 * MINUTE)
    rows = list(csv.DictReader(clipboard.text().splitlines(), delimiter="\t"))
    assert [int(row["time_ms"]) for row in rows] == [START + at * MINUTE for at in (3, 4, 5)]
    before = clipboard.text()
    chart.copyBars(0, START - 1)
    assert clipboard.text() == before, "there are none"
    chart.copyBars(0, START)
    assert clipboard.text().count("\n") == 2


def test_the_clipboard_has_a_limit(
    chart: ChartWidget, errors: list[str], clipboard: QClipboard
) -> None:
    load_many(chart)
    chart.applyTrade(trade(START + MANY * MINUTE, number=1))
    chart.copyCsv(visible_only=False)
    assert errors == [
        "Up to 200,000 candles fit on the clipboard; 200,001 were asked for. "
        "Save them as CSV instead."
    ]
    assert clipboard.text() == ""


def test_a_long_table_is_written_while_the_window_goes_on(
    chart: ChartWidget, saved: list[str], errors: list[str], tmp_path: Path, qtbot: QtBot
) -> None:
    load_many(chart)
    path = tmp_path / "bars.csv"
    path.write_text("former")
    chart.exportCsv(path)
    assert chart.isExporting()
    assert saved == []
    assert path.read_text() == "former"
    before = on_screen(chart)
    chart.applyTrade(trade(START + MANY * MINUTE, 50_000.0, number=1))
    settle(chart)
    assert chart.isExporting(), "not all at once"
    assert (on_screen(chart) != before).any(), "the chart is alive meanwhile"
    chart.exportCsv(tmp_path / "second.csv")
    assert "a table is being written" in errors[0]
    with qtbot.waitSignal(chart.exported, timeout=60_000):
        pass
    assert saved == [str(path)]
    assert not chart.isExporting()
    rows = read(path)
    assert len(rows) == MANY, "the bars there were when it began"
    assert int(rows[-1]["time_ms"]) == START + (MANY - 1) * MINUTE
    assert [one.name for one in tmp_path.iterdir()] == ["bars.csv"]


def test_a_long_table_can_be_cancelled(
    chart: ChartWidget, saved: list[str], errors: list[str], tmp_path: Path, qtbot: QtBot
) -> None:
    load_many(chart)
    path = tmp_path / "bars.csv"
    path.write_text("former")
    chart.exportCsv(path)
    dialog = chart.findChild(QProgressDialog)
    assert dialog is not None
    with qtbot.waitSignal(dialog.destroyed):
        qtbot.waitUntil(lambda: dialog.value() > 0)
        dialog.canceled.emit()
    assert not chart.isExporting()
    assert [one.name for one in tmp_path.iterdir()] == ["bars.csv"]
    assert path.read_text() == "former"
    assert (saved, errors) == ([], [])
    chart.cancelExport()
    chart.exportCsv(path, visible_only=True)
    assert saved == [str(path)], "the next one may begin"


def test_a_chart_that_goes_leaves_no_half_file(tmp_path: Path, qtbot: QtBot) -> None:
    chart = ChartWidget()
    chart.setCandles(wave(10))
    load_many(chart)
    path = tmp_path / "bars.csv"
    path.write_text("former")
    chart.exportCsv(path)
    assert chart.isExporting()
    device = chart._sheet_export.device  # type: ignore[union-attr]
    chart.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert sip.isdeleted(device), "whoever still knows of it"
    assert [one.name for one in tmp_path.iterdir()] == ["bars.csv"]
    assert path.read_text() == "former"


# -- files that cannot be --------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("name", ["exportImage", "exportCsv"])
def test_a_folder_that_is_not_there_is_named(
    chart: ChartWidget, errors: list[str], tmp_path: Path, name: str, language: str
) -> None:
    chart.setLanguage(language)
    getattr(chart, name)(str(tmp_path / "none" / "chart.png"))
    assert str(tmp_path / "none") in errors[0]
    assert ("Choose" if language == "en" else "선택하세요") in errors[0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["exportImage", "exportCsv"])
def test_a_file_that_cannot_be_written_is_named(
    chart: ChartWidget, errors: list[str], tmp_path: Path, name: str
) -> None:
    taken = tmp_path / "chart.png"
    taken.mkdir()
    getattr(chart, name)(taken)
    assert f"{taken} could not be saved: " in errors[0]
    assert "Choose another place" in errors[0]
    assert not chart.isExporting()
    assert [one.name for one in tmp_path.iterdir()] == ["chart.png"]


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from PyQt6.QtWidgets import QApplication
app = QApplication([])
from tests.chart_bars import wave
from upbit_ws_qt_widgets import ChartWidget
chart = ChartWidget()
chart.setLanguage("en")
chart.resize(600, 400)
chart.setCandles(wave(2000))
saved = []
chart.exported.connect(saved.append)
# Writing beyond so many bytes fails, as on a disk without room.
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
for path in sys.argv[1:]:
    Path(path).write_text("former")
    (chart.exportImage if path.endswith("png") else chart.exportCsv)(path)
    assert "could not be saved" in chart.errorText(), chart.errorText()
    assert "Unknown error" not in chart.errorText(), chart.errorText()
    assert "free some room" in chart.errorText()
    assert Path(path).read_text() == "former"
    assert not chart.isExporting()
    chart.clearError()
assert saved == []
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there the size of files has no limit to set")
def test_a_full_disk_leaves_the_former_file(tmp_path: Path) -> None:
    paths = [str(tmp_path / "chart.png"), str(tmp_path / "chart.csv")]
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, *paths],
        cwd=ROOT,
        env={
            **os.environ,
            "QT_QPA_PLATFORM": "offscreen",
            "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert sorted(one.name for one in tmp_path.iterdir()) == ["chart.csv", "chart.png"]


# -- asking where ----------------------------------------------------------------------------------


def answer(chart: ChartWidget, path: Path, qtbot: QtBot) -> str:
    """Choose ``path`` in the dialog that is open; what stood there first."""
    (dialog,) = chart.findChildren(QFileDialog)
    offered = Path(dialog.selectedFiles()[0]).name
    with qtbot.waitSignal(dialog.destroyed):
        dialog.setDirectory(str(path.parent))
        dialog.selectFile(path.name)
        dialog.done(QFileDialog.DialogCode.Accepted)
        dialog.fileSelected.emit(str(path))
        dialog.close()
    return offered


@pytest.mark.parametrize(
    ("key", "text"), [(Qt.Key.Key_S, "s"), (Qt.Key(0x3134), "ㄴ"), (Qt.Key(0), "ㄴ")]
)
def test_a_key_asks_where_to_save_also_on_a_korean_keyboard(
    chart: ChartWidget, saved: list[str], tmp_path: Path, qtbot: QtBot, key: Qt.Key, text: str
) -> None:
    QApplication.sendEvent(surface(chart), QKeyEvent(QEvent.Type.KeyPress, key, CTRL, text))
    assert answer(chart, tmp_path / "x.png", qtbot) == "KRW-BTC 1m.png"
    assert saved == [str(tmp_path / "x.png")]


def test_the_menu_asks_for_tables(
    chart: ChartWidget, saved: list[str], tmp_path: Path, qtbot: QtBot
) -> None:
    chart.askCsvFile()
    assert answer(chart, tmp_path / "all.csv", qtbot) == "KRW-BTC 1m.csv"
    chart.askCsvFile(visible_only=True)
    answer(chart, tmp_path / "seen.csv", qtbot)
    assert len(read(tmp_path / "all.csv")) == 500
    assert 0 < len(read(tmp_path / "seen.csv")) < 500
    assert len(saved) == 2
