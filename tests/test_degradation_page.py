"""The page on what is missing is true: its programs run, its tables are the code's. Tests only."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/degradation.md").read_text(encoding="utf-8")
# Each program, and what stands after it in "It prints `…`", one line of output in each.
PARTS = re.findall(
    r"^```python\n(.*?)^```\n\nIt prints (.*?)\.(?:\n|\s[A-Z])", PAGE, re.DOTALL | re.MULTILINE
)
PROGRAMS = [program for program, _ in PARTS]
PRINTED = [re.findall(r"`(.*?)`", told, re.DOTALL) for _, told in PARTS]


def test_every_program_says_what_it_prints() -> None:
    assert len(PROGRAMS) == PAGE.count("```python\n") > 1


@pytest.mark.parametrize(("program", "printed"), list(zip(PROGRAMS, PRINTED, strict=True)))
def test_a_program_prints_what_the_page_says(program: str, printed: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    complaints = [line for line in done.stderr.splitlines() if "This plugin does not" not in line]
    assert (done.returncode, complaints, done.stdout.splitlines()) == (0, [], printed)
