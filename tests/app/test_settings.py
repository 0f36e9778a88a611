"""What the viewer remembers, and what it makes of garbage. Tests only."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest
from PyQt6.QtCore import QByteArray, QSettings

from upbit_ws_qt_app.settings import ViewerSettings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "viewer.ini"


def opened(path: Path) -> ViewerSettings:
    return ViewerSettings(QSettings(str(path), QSettings.Format.IniFormat))


def test_what_is_kept_is_there_next_time(path: Path) -> None:
    """Texts and bytes, also those that look like nothing."""
    blob = QByteArray(bytes(range(256)))
    first = opened(path)
    first.keep("theme", "dark")
    first.keep("geometry", blob)
    first.write()

    again = opened(path)

    assert again.choice("theme", "auto", "light", "dark") == "dark"
    assert again.blob("geometry") == blob


@pytest.mark.allow_logs("unusable settings are said")
def test_nothing_is_kept_without_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures and tests leave no trace of what the user chose, nor in it."""
    monkeypatch.chdir(tmp_path)
    settings = ViewerSettings()
    settings.keep("theme", "dark")
    settings.unusable("theme")
    settings.write()

    assert settings.choice("theme", "auto", "dark") == "auto"
    assert settings.blob("geometry").isEmpty()
    assert not settings.remembers
    assert list(tmp_path.iterdir()) == []


def test_the_users_settings_are_a_file_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in a registry, where nobody finds them."""
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path))
    settings = ViewerSettings.of_user()
    settings.keep("theme", "dark")
    settings.write()

    assert (tmp_path / "upbit-ws-qt" / "viewer.ini").is_file()


@pytest.mark.allow_logs("that is what it is about")
@pytest.mark.parametrize("kept", ["pink", "", "[1, 2]", "한글", "@Invalid()", "a, b, c"])
def test_a_value_that_cannot_be_used_is_as_good_as_absent(
    path: Path, kept: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The default is used, and the log says so."""
    path.write_text(f"[General]\ntheme={kept}\ngeometry=!{kept}!\n", encoding="utf-8")
    settings = opened(path)

    assert settings.choice("theme", "auto", "dark") == "auto"
    assert settings.blob("geometry").isEmpty()
    assert "cannot be used" in caplog.text


@pytest.mark.allow_logs("that is what it is about")
@pytest.mark.parametrize(
    "garbage",
    [
        b"\0\1\2\3" * 1000,
        b"[General\ntheme=dark",
        b"%%%=\xff\xfe\n[[[]]]\n=\n=theme",
        b"[General]\ntheme=@Rect(1 2 3)\nlanguage=@ByteArray(\xff\n",
    ],
)
def test_a_damaged_file_is_begun_anew(path: Path, garbage: bytes) -> None:
    """It neither stops the program nor stays damaged."""
    path.write_bytes(garbage)
    settings = opened(path)
    assert settings.choice("theme", "auto", "dark") == "auto"
    settings.keep("theme", "dark")
    settings.write()

    assert opened(path).choice("theme", "auto", "dark") == "dark"


def test_a_file_that_is_no_settings_file_is_said_once(
    path: Path, caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    """Qt calls such a file damaged."""
    request.applymarker(pytest.mark.allow_logs("that is what it is about"))
    path.write_bytes(b"no settings at all\n")

    opened(path)

    assert "damaged" in caplog.text


def test_two_instances_do_not_harm_each_other(path: Path) -> None:
    """What each kept last is there; neither takes the other's away."""
    one, other = opened(path), opened(path)
    one.keep("theme", "dark")
    other.keep("language", "ko")
    one.write()
    other.write()

    again = opened(path)

    assert again.choice("theme", "auto", "dark") == "dark"
    assert again.choice("language", "auto", "ko") == "ko"


@pytest.mark.skipif(os.name == "nt", reason="a folder cannot stand in a file's place there")
def test_a_place_that_cannot_be_written_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    """And nothing else happens."""
    request.applymarker(pytest.mark.allow_logs("that is what it is about"))
    (tmp_path / "file").write_text("", encoding="utf-8")
    settings = opened(tmp_path / "file" / "viewer.ini")
    settings.keep("theme", "dark")
    settings.write()

    assert "could not be written" in caplog.text
    assert caplog.records[-1].levelno == logging.WARNING
