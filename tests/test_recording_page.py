"""The page on recordings is true: its program runs as it is printed. Tests only."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from upbit_ws_qt.simulator import RecordedExchange, Replayer

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/recording.md").read_text(encoding="utf-8")
[PROGRAM] = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_the_program_runs_as_it_is_printed(tmp_path: Path) -> None:
    """In an empty directory, where it leaves its recording."""
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", "program.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    live, again, position = done.stdout.splitlines()
    assert int(live.removeprefix("live: ")) > 1
    assert int(again.removeprefix("again: ")) > 1
    played, length = re.findall(r"[\d.]+", position)
    assert 0 < float(played) <= float(length) < 60
    assert (tmp_path / "session.rec").is_file()


@pytest.mark.parametrize(
    "name", re.findall(r"`(\w+)(?:\([a-z]*\))?`", PAGE.split("| | |")[1].split("\n\n")[0])
)
def test_every_name_of_the_table_is_there(name: str) -> None:
    assert Replayer is RecordedExchange
    fields = {"recording", *Replayer.__dict__}
    recorded = {"frames", "codes", "cues", "left_out", "unread_bytes"}
    assert name in fields | recorded
