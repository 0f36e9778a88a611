"""The page on extending is true: its programs run, its table is the code's. Tests only."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from upbit_ws_qt import UPBIT_REGIONS
from upbit_ws_qt.qt.legacy import WRITE_NOW

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/extending.md").read_text(encoding="utf-8")
SOURCES = os.pathsep.join(str(ROOT / folder) for folder in (".", "widgets", "resources"))
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
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": SOURCES},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    complaints = [line for line in done.stderr.splitlines() if "This plugin does not" not in line]
    assert (done.returncode, complaints, done.stdout.splitlines()) == (0, [], printed)


def test_the_table_of_the_earlier_style_says_what_the_warnings_say() -> None:
    part = PAGE.split("## From the earlier style", 1)[1]
    rows = re.findall(r"^\| `(\w+)\S* \| (.+) \|$", part, re.MULTILINE)
    assert {then: now.strip("`") for then, now in rows} == WRITE_NOW


def test_the_table_of_regions_is_the_data() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (.+) \| (\S+) \| (yes|no) \| (ko|en) \|$", PAGE, re.MULTILINE
    )
    assert rows == [
        (
            region,
            exchange.name,
            exchange.default_market,
            "yes" if exchange.has_levels else "no",
            exchange.error_language,
        )
        for region, exchange in UPBIT_REGIONS.items()
    ]
