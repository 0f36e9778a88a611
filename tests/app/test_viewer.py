"""The window and what feeds it: no network, the demo, a recording, a picture. Tests only."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import pytest
from PyQt6 import sip
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QImage
from PyQt6.QtTest import QTest

from tests.app.conftest import MakeWindow
from tests.feed import Feed
from tests.unit.test_playback import MINUTE, book, trade
from upbit_ws_qt.errors import RecordingError
from upbit_ws_qt.events import TradeEvent
from upbit_ws_qt.settings import FeedSettings
from upbit_ws_qt.simulator import SimulatedExchange
from upbit_ws_qt.simulator.replay.recording import parse_recording, read_recording
from upbit_ws_qt.system.credentials import Credentials
from upbit_ws_qt_app import viewer as viewer_module
from upbit_ws_qt_app.options import CommandError
from upbit_ws_qt_app.sources import DemoSource, LiveSource, ReplaySource
from upbit_ws_qt_app.viewer import Viewer, save_picture
from upbit_ws_qt_app.window import ViewerWindow
from upbit_ws_qt_widgets.models.bars import VOLUME


class Unreachable(LiveSource):
    """Upbit at a port where nobody listens yet."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    async def open(self) -> tuple[FeedSettings, Credentials | None]:
        at = f"127.0.0.1:{self._port}"
        settings = FeedSettings(
            public_url=f"ws://{at}/websocket/v1",
            private_url=f"ws://{at}/websocket/v1/private",
            rest_url=f"http://{at}",
        )
        return settings, None


class Fed:
    """A window with its viewer, for ``with``."""

    def __init__(self, feed: Feed, window: ViewerWindow) -> None:
        self.feed = feed
        self.window = window
        self.viewer = Viewer(window)

    def __enter__(self) -> Viewer:
        return self.viewer

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.feed(self.viewer.__aexit__(None, None, None))


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def window(make_window: MakeWindow) -> ViewerWindow:
    return make_window(theme="light", language="en")


@pytest.fixture
def fed(feed: Feed, window: ViewerWindow) -> Iterator[Viewer]:
    with Fed(feed, window) as viewer:
        yield viewer


def test_without_a_network_it_says_so_and_keeps_trying(
    fed: Viewer, window: ViewerWindow, closed_port: int, feed: Feed
) -> None:
    """Until the exchange is there; then everything fills by itself."""
    feed(fed.show(Unreachable(closed_port)))
    banner = window.banner
    feed.until(banner.isVisible)
    assert banner.label.text().startswith("No network, or Upbit does not answer. Trying again ")
    assert "Upbit · " in window._state_label.text()
    assert not window.has_data()

    exchange = SimulatedExchange(port=closed_port)
    feed(exchange.start())

    feed.until(lambda: not banner.isVisible())
    feed.until(window.has_data)
    feed.until(lambda: window._state_label.text() == "Upbit · Live")
    feed(exchange.stop())


def test_the_demo_opens_in_the_same_window(
    fed: Viewer, window: ViewerWindow, closed_port: int, feed: Feed
) -> None:
    """By the banner's button, with an account, and what there was before is ended."""
    feed(fed.show(Unreachable(closed_port)))
    former = fed._manager
    assert former is not None
    feed.until(window.banner.isVisible)
    QTest.mouseClick(window.banner.button, Qt.MouseButton.LeftButton)
    opening = fed._changing
    window.menus.demo.trigger()
    assert fed._changing is opening, "it is opened once, however often it is asked for"

    feed.until(window.has_data)

    assert not window.banner.isVisible()
    assert window.windowTitle().endswith("(Demo)")
    assert window.balances.totals().assets > 0
    assert fed._manager is not former
    feed.until(lambda: sip.isdeleted(former))
    feed.until(lambda: opening is not None and opening.done())


def test_it_may_be_closed_while_the_demo_opens(
    feed: Feed, window: ViewerWindow, closed_port: int
) -> None:
    """Nothing is left running; the leak check looks."""
    with Fed(feed, window) as viewer:
        feed(viewer.show(Unreachable(closed_port)))
        window.demoAsked.emit()


# -- record and replay ----------------------------------------------------------------------------


def test_what_is_shown_is_recorded_for_a_replay(
    fed: Viewer, window: ViewerWindow, feed: Feed, tmp_path: Path
) -> None:
    """As long as it is shown; of the account nothing."""
    path = tmp_path / "session.rec"
    feed(fed.show(DemoSource(), path))
    feed.until(window.has_data)
    feed(fed.show(DemoSource()))
    recording = read_recording(path)

    assert "KRW-BTC" in recording.codes
    assert all(frame.connection == "public" for frame in recording.frames)
    with pytest.raises(RecordingError, match="such a file already"):
        feed(fed.show(DemoSource(), path))


def test_a_recording_moves_book_price_and_candles(
    fed: Viewer, window: ViewerWindow, feed: Feed
) -> None:
    """Between two moments of it all three have moved, and time is that of the recording."""
    lines = [
        trade(0, 0, 100.0, 1.0, 1, prev_closing_price=80.0),
        book(0, 101.0),
        trade(1.5, 1_500, 200.0, 2.0, 2, prev_closing_price=80.0),
        trade(1.5, 2_500, 210.0, 2.0, 3, prev_closing_price=80.0),
        book(1.5, 211.0),
    ]
    feed(fed.show(ReplaySource(parse_recording(lines))))

    feed.until(window.has_data)
    first_book = window.book.orderbook()
    assert window.header.quote().price == 100.0
    assert first_book is not None
    assert first_book.orderbook_units[0].ask_price == 101.0
    assert window.chart.barCount() == 1
    assert window._position_label.text().startswith("Replay ")

    feed.until(lambda: window.header.quote().price == 210.0)
    feed.until(lambda: window.chart.barCount() == 3)
    feed.until(lambda: window.book.orderbook() != first_book)
    assert window.header.texts().change == "+162.50%  ▲ 130"
    times = window.chart._chart.bars.times
    assert [int(time) for time in times] == [MINUTE, MINUTE + 1_000, MINUTE + 2_000]
    feed.until(lambda: window._position_label.text() == "Replay ended: 1.5 / 1.5 s")
    assert window._state_label.text() == "Replay"


def test_candles_of_another_unit_are_made_of_the_trades_so_far(
    fed: Viewer, window: ViewerWindow, feed: Feed
) -> None:
    """Asked for over REST in the middle of the playback."""
    lines = [trade(0, 1_000 * number, 100.0, 1.0, number) for number in range(1, 40)]
    feed(fed.show(ReplaySource(parse_recording([*lines, book(0, 101.0), book(500, 102.0)]))))
    feed.until(lambda: window.chart.barCount() == 39)

    window.chart.setTimeframe("1m")

    feed.until(lambda: window.chart.barCount() == 1 and not window.chart.isLoading())
    assert window.chart._chart.bars.figures[VOLUME].tolist() == [39.0]


def test_the_real_recording_moves_everything(
    fed: Viewer, window: ViewerWindow, feed: Feed, shared_recording: Path
) -> None:
    """The main thing on real input; ten times as fast."""
    recording = read_recording(shared_recording)
    feed(fed.show(ReplaySource(recording, 10.0)))
    feed.until(window.has_data)
    assert window.market() == "KRW-LAMB"
    first = (window.header.quote(), window.book.orderbook(), window.chart.barCount())

    trades = [f.event for f in recording.frames if isinstance(f.event, TradeEvent)]
    traded = sum(event.trade_volume for event in trades if event.code == "KRW-LAMB")

    # Every trade is in a candle once, those that came late or were told by REST as well.
    feed.until(lambda: sum(window.chart._chart.bars.figures[VOLUME]) == pytest.approx(traded))
    feed.until(lambda: window._position_label.text() == "Replay ended: 29.8 / 29.8 s")
    quote = window.header.quote()
    assert quote.time_ms > first[0].time_ms
    assert quote.previous_close == 123.0
    assert window.book.orderbook() != first[1]
    assert window.chart.barCount() > first[2]
    # 2021-04-18 01:51 in Korea
    assert int(window.chart._chart.bars.times[0]) == 1_618_678_262_000


# -- pictures -------------------------------------------------------------------------------------


def test_a_picture_is_taken_when_the_data_is_there(
    fed: Viewer, window: ViewerWindow, feed: Feed, tmp_path: Path
) -> None:
    """Of the whole window, and with something on it."""
    feed(fed.show(DemoSource(seed=5)))
    path = tmp_path / "a picture.png"
    feed(save_picture(window, path, 0.0))

    image = QImage(str(path))
    assert window.has_data()
    assert (image.width(), image.height()) == (window.width(), window.height())
    places = [(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)]
    assert len({image.pixel(x, y) for x, y in places}) > 200


def test_a_picture_without_data_shows_that(
    fed: Viewer,
    window: ViewerWindow,
    feed: Feed,
    tmp_path: Path,
    closed_port: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    request: pytest.FixtureRequest,
) -> None:
    """It does not wait for ever, and the log says what the picture is."""
    request.applymarker(pytest.mark.allow_logs("that is what it is about"))
    monkeypatch.setattr(viewer_module, "_DATA_WITHIN_S", 0.2)
    feed(fed.show(Unreachable(closed_port)))
    feed(save_picture(window, tmp_path / "empty.png", 0.0))

    assert not QImage(str(tmp_path / "empty.png")).isNull()
    assert "no data came" in caplog.text


def test_a_picture_that_cannot_be_written_is_said(
    fed: Viewer, window: ViewerWindow, feed: Feed, tmp_path: Path
) -> None:
    """Though the place looked good at first."""
    feed(fed.show(DemoSource(seed=5)))

    with pytest.raises(CommandError, match="cannot be written to"):
        feed(save_picture(window, tmp_path / "gone" / "picture.png", 0.0))
