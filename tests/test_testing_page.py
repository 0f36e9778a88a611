"""The manual of the pytest plugin is true: its program runs as it is printed. Tests only."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).resolve().parents[1] / "docs/testing.md").read_text(encoding="utf-8")
PROGRAM, SETTINGS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def _pytest(folder: Path, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run one file in a directory that has nothing else: no conftest, no configuration."""
    (folder / "test_price_label.py").write_text(text, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options],
        cwd=folder,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def _broken(right: str, wrong: str) -> str:
    assert PROGRAM.count(right) == 1, f"the page no longer has: {right}"
    return PROGRAM.replace(right, wrong)


def test_the_program_passes_as_it_is_printed(tmp_path: Path) -> None:
    done = _pytest(tmp_path, PROGRAM, "-W", "error", "--strict-markers")
    assert done.returncode == pytest.ExitCode.OK, done.stdout + done.stderr
    assert re.search(r"= 1 passed in .* =", done.stdout)


def test_its_test_has_fifteen_lines() -> None:
    test = PROGRAM[PROGRAM.index("def test_") :].splitlines()
    assert len([line for line in test if line]) <= 15


def test_a_wrong_price_fails(tmp_path: Path) -> None:
    """The test of the page is one: it sees what the program shows."""
    done = _pytest(
        tmp_path, _broken('{ticker.trade_price:,.0f} KRW")', '{ticker.low_price:,.0f} KRW")')
    )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "assert label.text() == on_the_exchange()" in done.stdout


def test_a_window_left_behind_fails(tmp_path: Path) -> None:
    """And the message is the one of the page, with its own holder."""
    leaking = _broken("    qtbot.addWidget(label)\n", "    windows.append(label)\n")
    done = _pytest(tmp_path, leaking + "\n\nwindows = []\n")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    for line in (
        "left behind by this test:",
        "  window: PriceLabel",
        "    held by list < name 'windows' of module test_price_label",
    ):
        assert line in done.stdout.splitlines()


def test_settings_as_printed(tmp_path: Path) -> None:
    test = (
        "\n\ndef test_it(upbit_manager):\n    assert upbit_manager.settings.grace_period_s == 0.1\n"
    )
    done = _pytest(tmp_path, SETTINGS + test)
    assert done.returncode == pytest.ExitCode.OK, done.stdout + done.stderr


LEAKING = """
from PyQt6.QtWidgets import QLabel

kept = []


def test_leaks(upbit_loop):
    kept.append(QLabel())
"""


@pytest.mark.parametrize(
    ("switch", "outcome"),
    [
        ([], "left behind by this test"),
        (["-o", "upbit_leak_check=off"], "1 passed"),
        (["-p", "no:upbit_ws_qt"], "fixture 'upbit_loop' not found"),
    ],
)
def test_switches(tmp_path: Path, switch: list[str], outcome: str) -> None:
    """Both switch off what the page says."""
    assert f"`{' '.join(['python -m pytest', *switch])}`" in PAGE
    assert outcome in _pytest(tmp_path, LEAKING, *switch).stdout
