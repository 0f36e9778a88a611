"""What the options make of the three sources, before any window. Tests only."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.feed import Feed
from tests.unit.test_playback import book, trade
from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.exchange import upbit_in
from upbit_ws_qt.timeframe import Timeframe
from upbit_ws_qt_app.options import CommandError, parse
from upbit_ws_qt_app.sources import SourceKind, source_of


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "frames.jsonl"
    path.write_bytes(b"\n".join([trade(0, 0, 1.0, 1.0, 1), book(3, 100)]))
    return path


def test_upbit_itself_needs_no_key(monkeypatch: pytest.MonkeyPatch, feed: Feed) -> None:
    """And takes the one in the environment."""
    monkeypatch.delenv("UPBIT_ACCESS_KEY", raising=False)
    monkeypatch.delenv("UPBIT_SECRET_KEY", raising=False)
    source = source_of(parse([]))
    settings, credentials = feed(source.open())

    assert source.kind is SourceKind.LIVE
    assert settings.public_url == "wss://api.upbit.com/websocket/v1"
    assert credentials is None
    assert source.position() is None
    feed(source.close())

    monkeypatch.setenv("UPBIT_ACCESS_KEY", "access")
    monkeypatch.setenv("UPBIT_SECRET_KEY", "secret")
    _, credentials = feed(source_of(parse([])).open())
    assert credentials is not None
    assert credentials.access_key == "access"


@pytest.mark.parametrize("region", ["kr", "sg", "id", "th"])
def test_each_region_is_at_its_own_address(
    region: str, monkeypatch: pytest.MonkeyPatch, feed: Feed
) -> None:
    monkeypatch.delenv("UPBIT_ACCESS_KEY", raising=False)
    monkeypatch.delenv("UPBIT_SECRET_KEY", raising=False)
    source = source_of(parse(["--region", region]))
    settings, _ = feed(source.open())
    assert source.region == region
    assert settings.exchange is upbit_in(region)
    assert settings.rest_url == upbit_in(region).rest_url


def test_half_a_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the window opens, and without showing it."""
    monkeypatch.setenv("UPBIT_ACCESS_KEY", "my-access-key")
    monkeypatch.delenv("UPBIT_SECRET_KEY", raising=False)

    with pytest.raises(InvalidRequest, match="set both") as caught:
        source_of(parse([]))
    assert "my-access-key" not in str(caught.value)


def test_a_demo_is_on_loopback_with_a_key_of_its_own(feed: Feed) -> None:
    """The user's key has no business there."""
    source = source_of(parse(["--demo"]))
    settings, credentials = feed(source.open())

    assert source.kind is SourceKind.DEMO
    assert settings.public_url.startswith("ws://127.0.0.1:")
    assert credentials is not None
    assert source.position() is None
    feed(source.close())
    feed(source.close())


def test_a_demo_with_a_seed_is_the_same_each_time(feed: Feed) -> None:
    """Market and moment."""

    def story(*arguments: str) -> tuple[int, str]:
        source = source_of(parse(["--demo", *arguments]))
        feed(source.open())
        exchange = source._exchange  # type: ignore[attr-defined]
        last = exchange.floor.live("KRW-BTC").last
        feed(source.close())
        return exchange.now_ms // 60_000, repr(last.price)

    first, again, other = story("--seed", "5"), story("--seed", "5"), story("--seed", "6")
    assert first == again
    assert other[1] != first[1]
    assert story()[0] != first[0]


def test_a_recording_knows_its_market_unit_and_length(recording: Path, feed: Feed) -> None:
    """It is short, so seconds are shown."""
    source = source_of(parse(["--replay", str(recording), "--speed", "3"]))

    assert source.kind is SourceKind.REPLAY
    assert source.market == "KRW-BTC"
    assert source.timeframe is Timeframe.SECOND_1
    assert source.position() is None
    settings, credentials = feed(source.open())
    assert settings.rest_url.startswith("http://127.0.0.1:")
    assert credentials is None
    assert source.position() == (0.0, 3.0)
    feed(source.close())
    feed(source.close())


def test_a_long_recording_leaves_the_unit_to_the_user(tmp_path: Path) -> None:
    """From ten minutes on."""
    path = tmp_path / "long.jsonl"
    path.write_bytes(b"\n".join([book(0, 100), book(600, 101)]))

    assert source_of(parse(["--replay", str(path)])).timeframe is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--demo", "--market", "KRW-NOPE"), "the demo lists no KRW-NOPE"),
        (("--replay", "{recording}", "--market", "KRW-ETH"), "holds no KRW-ETH; it holds KRW-BTC"),
        (("--replay", "{folder}/absent.jsonl"), "cannot be read"),
        (("--replay", "{folder}/corrupt.jsonl"), "line 2 of the recording"),
    ],
)
def test_what_cannot_be_shown_is_said_beforehand(
    recording: Path, arguments: tuple[str, ...], said: str
) -> None:
    """With the file as it was typed."""
    folder = recording.parent
    (folder / "corrupt.jsonl").write_bytes(book(0, 100) + b"\n{oops\n")
    typed = [part.format(recording=recording, folder=folder) for part in arguments]

    with pytest.raises(CommandError, match=said) as caught:
        source_of(parse(typed))
    if "{folder}" in arguments[1]:
        assert typed[1] in str(caught.value)


@pytest.mark.parametrize("market", [None, "KRW-BTC"])
def test_a_market_that_is_there_may_be_asked_for(recording: Path, market: str | None) -> None:
    """In the demo and in the recording."""
    more = [] if market is None else ["--market", market]

    assert source_of(parse(["--demo", *more])).kind is SourceKind.DEMO
    assert source_of(parse(["--replay", str(recording), *more])).kind is SourceKind.REPLAY


def test_a_recording_of_an_account_alone_chooses_no_market(tmp_path: Path) -> None:
    """The viewer then shows what it shows by itself."""
    asset = b'{"type":"myAsset","asset_uuid":"a","assets":[],"asset_timestamp":1,"timestamp":1}'
    path = tmp_path / "account.rec"
    path.write_bytes(b'{"recv_ts":1,"connection":"private","frame":' + asset + b"}\n")

    assert source_of(parse(["--replay", str(path)])).market is None
