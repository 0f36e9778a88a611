"""The program as its user starts it: one clear line and exit code 2, or a window. Tests only."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import NoReturn

import pytest
from PyQt6.QtGui import QImage

import upbit_ws_qt_app.__main__ as program
from tests.unit.test_playback import book, trade

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 120
"""Far more than any of them needs: a program that hangs fails its test."""

NO_GRAPHICS = """
import sys
from importlib.abc import MetaPathFinder

class WithoutGraphics(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "PyQt6.QtGui":
            raise ImportError("libEGL.so.1: cannot open shared object file: No such file")
        return None

sys.meta_path.insert(0, WithoutGraphics())
from upbit_ws_qt_app.__main__ import main
sys.exit(main(["--demo"]))
"""


def environment(home: Path, **changes: str | None) -> dict[str, str]:
    """A user without a display who never ran it before; None removes a name."""
    paths = [str(ROOT / folder) for folder in (".", "app", "widgets", "resources")]
    values = dict(os.environ, PYTHONPATH=os.pathsep.join(paths))
    homes = dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "XDG_CONFIG_HOME"), str(home))
    removed = dict.fromkeys(
        ("DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "QT_QPA_PLATFORM", "UPBIT_ACCESS_KEY")
    )
    for name, value in {**homes, **removed, "UPBIT_SECRET_KEY": None, **changes}.items():
        values.pop(name, None)
        if value is not None:
            values[name] = value
    return values


def run(
    home: Path, *arguments: str, code: str | None = None, **changes: str | None
) -> subprocess.CompletedProcess[str]:
    """Run the viewer to its end, in ``home``."""
    program = ["-m", "upbit_ws_qt_app"] if code is None else ["-c", code]
    return subprocess.run(
        [sys.executable, *program, *arguments],
        cwd=home,
        env=environment(home, **changes),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=LIMIT_S,
        check=False,
    )


def assert_refused(done: subprocess.CompletedProcess[str], said: str) -> None:
    """Exactly one line that says it, exit code 2, and nothing else."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("upbit-ws-qt: error: ")
    assert said in line
    assert "Traceback" not in done.stderr


@pytest.fixture
def home(tmp_path: Path) -> Path:
    frames = [trade(0, 1000 * n, 100.0 + n, 1.0, n) for n in range(9)]
    (tmp_path / "good.jsonl").write_bytes(b"\n".join([*frames, book(0.2, 100)]))
    (tmp_path / "corrupt.jsonl").write_bytes(frames[0] + b"\n" + frames[1] + b"\nnonsense\n")
    (tmp_path / "empty.jsonl").write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--nonsense"], "unrecognized arguments: --nonsense"),
        (["two\nlines"], "unrecognized arguments: two lines"),
        (["--market", "btc"], "did you mean 'KRW-BTC'?"),
        (["--timeframe", "7m"], "no candle unit is called '7m'"),
        (["--demo", "--market", "KRW-NOPE"], "the demo lists no KRW-NOPE"),
        (["--replay", "absent.jsonl"], "cannot replay absent.jsonl: the recording cannot be read"),
        (["--replay", "."], "cannot replay .: the recording cannot be read"),
        (["--replay", "empty.jsonl"], "the recording holds no frames"),
        (["--replay", "corrupt.jsonl"], "cannot replay corrupt.jsonl: line 3 of the recording"),
        (["--replay", "good.jsonl", "--market", "KRW-ETH"], "it holds KRW-BTC"),
        (["--demo", "--screenshot", "gone/picture.png"], "there is no folder gone"),
        (["--demo", "--screenshot", "."], "it is a folder"),
    ],
)
def test_what_cannot_be_done_is_one_line(home: Path, arguments: list[str], said: str) -> None:
    """Before anything opens, also where every warning is an error."""
    assert_refused(run(home, *arguments, PYTHONWARNINGS="error"), said)


def test_half_a_key_is_one_line_that_does_not_show_it(home: Path) -> None:
    """Nor a traceback."""
    done = run(home, UPBIT_ACCESS_KEY="my-access-key")

    assert_refused(done, "set both UPBIT_ACCESS_KEY and UPBIT_SECRET_KEY")
    assert "my-access-key" not in done.stderr


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a display")
def test_a_missing_display_is_one_line_with_the_way_out(home: Path) -> None:
    """How to have one, and how to do without."""
    done = run(home, PYTHONWARNINGS="error")

    assert_refused(done, "there is no display")
    assert "upbit-ws-qt --screenshot FILE --after SECONDS" in done.stderr


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="those wheels are complete")
def test_a_missing_library_is_one_line_with_the_remedy(home: Path) -> None:
    """As on a machine where Qt was never used."""
    done = run(home, code=NO_GRAPHICS, QT_QPA_PLATFORM="offscreen")

    assert_refused(done, "Qt cannot be loaded because libEGL.so.1 is missing")
    assert "`make deps`" in done.stderr


def test_the_options_are_understood_before_qt_is_loaded(home: Path) -> None:
    """A typing error is answered at once."""
    code = (
        "import sys; from upbit_ws_qt_app.__main__ import main; main(['--nonsense']);"
        "print([name for name in sys.modules if name.startswith(('PyQt6', 'qasync', 'numpy'))])"
    )

    assert run(home, code=code).stdout == "[]\n"


def test_a_place_that_may_not_be_written(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Said before anything opens; here by the system's word, as root may write anywhere."""
    monkeypatch.setattr(os, "access", lambda *_: False)

    assert program.main(["--demo", "--screenshot", str(home / "out.png")]) == 2
    assert "that is not allowed" in capsys.readouterr().err


def test_ctrl_c_while_it_starts_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long recording may take a while to read."""

    def interrupted(_: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "_run", interrupted)

    assert program.main([]) == 130


def test_a_fault_of_ours_is_not_put_on_the_machine(home: Path) -> None:
    """An import that fails for another reason shows where."""
    code = NO_GRAPHICS.replace("libEGL.so.1: cannot open shared object file: ", "")
    done = run(home, code=code, QT_QPA_PLATFORM="offscreen")

    assert done.returncode == 1
    assert "ImportError: No such file" in done.stderr


def test_the_version(home: Path) -> None:
    """On standard output, without a display."""
    done = run(home, "--version")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"upbit-ws-qt {metadata.version('upbit-ws-qt')}\n"


def test_the_help(home: Path) -> None:
    """Likewise."""
    done = run(home, "--help")

    assert (done.returncode, done.stderr) == (0, "")
    assert "--screenshot FILE" in done.stdout


def test_a_session_is_recorded_and_played_again(home: Path) -> None:
    """By the same command; a file that is there already is one line."""
    shown = ["--screenshot", "out.png", "--after", "0.5"]
    recorded = run(home, "--demo", "--record", "session.rec", *shown)
    assert (recorded.returncode, recorded.stderr) == (0, "")

    played = run(home, "--replay", "session.rec", *shown, PYTHONWARNINGS="error")
    assert (played.returncode, played.stderr) == (0, "")
    assert_refused(
        run(home, "--demo", "--record", "session.rec", *shown), "there is such a file already"
    )


@pytest.mark.parametrize(
    "arguments",
    [["--demo", "--seed", "3", "--theme", "dark"], ["--replay", "good.jsonl", "--language", "ko"]],
    ids=["demo", "replay"],
)
def test_a_picture_needs_no_display(home: Path, arguments: list[str]) -> None:
    """Nor does it read or write what the user chose; where warnings are errors there are none."""
    config = home / "upbit-ws-qt"
    config.mkdir()
    (config / "viewer.ini").write_text("[General]\ntheme=light\nmarket=KRW-XRP\n", encoding="utf-8")
    done = run(
        home, *arguments, "--screenshot", "out.png", "--after", "0.5", PYTHONWARNINGS="error"
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    image = QImage(str(home / "out.png"))
    assert (image.width(), image.height()) == (1440, 900)
    places = [(x, y) for x in range(0, 1440, 3) for y in range(0, 900, 3)]
    assert len({image.pixel(x, y) for x, y in places}) > 100
    corner = image.pixelColor(3, 3).lightness()
    assert corner < 60 if "dark" in arguments else corner > 200
    written = (config / "viewer.ini").read_text(encoding="utf-8")
    assert written == "[General]\ntheme=light\nmarket=KRW-XRP\n"
    assert sorted(path.name for path in config.iterdir()) == ["viewer.ini"]


def test_a_picture_that_cannot_be_written_in_the_end(home: Path) -> None:
    """The place vanished while the data came in."""
    code = (
        "import sys, shutil; from pathlib import Path; import upbit_ws_qt_app.__main__ as program;"
        "Path('sub').mkdir(); program._check_place = lambda path: shutil.rmtree('sub');"
        "sys.exit(program.main(['--demo', '--screenshot', 'sub/out.png']))"
    )

    assert_refused(run(home, code=code), "the picture cannot be written to sub")


LOGS_A_KEY = """
import logging
from upbit_ws_qt_app.__main__ import main
main(["--replay", "nowhere.jsonl"])
logging.getLogger("somebody").error("the key is %s", "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7aB3dE6gH9jK2m")
"""


def test_no_log_of_the_viewer_shows_a_key(tmp_path: Path) -> None:
    done = run(tmp_path, code=LOGS_A_KEY)
    assert "ERROR somebody: the key is ***" in done.stderr
