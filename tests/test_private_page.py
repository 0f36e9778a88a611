"""The page on private data is true: its programs run, its tables are the code's. Tests only."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from upbit_ws_qt import rest
from upbit_ws_qt.errors import AuthenticationFailed
from upbit_ws_qt.events import OrderState
from upbit_ws_qt.rest_call import error_of

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/private.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
# What each program prints stands right after it, in a line or in a block.
PRINTED = [
    "public data only\n",
    "polled KRW\nKRW-BTC wait 0.01270852\nKRW-BTC wait 0.02\n",
    "KRW-BTC wait 50000 None True\n",
    "KRW 1000000 0 False\nBTC 0.75 90000000 True\n",
]


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table under a heading."""
    part = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize(("program", "printed"), list(zip(PROGRAMS, PRINTED, strict=True)))
def test_a_program_prints_what_the_page_says(program: str, printed: str) -> None:
    assert printed.strip() in PAGE
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=ROOT,
        env=os.environ | {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stderr, done.stdout) == ("", printed)


def test_the_rights_are_those_that_calls_need() -> None:
    calls = (
        rest.accounts(),
        rest.open_orders(),
        rest.closed_orders(),
        rest.order(uuid="u"),
        rest.api_keys(),
    )
    told = {row[1]: (row[2], row[3]) for row in rows("Rights") if row[1].startswith("GET")}
    assert told == {f"GET {call.path}": (call.right or "none", call.group) for call in calls}


def test_all_states_of_orders_are_explained() -> None:
    assert [row[0] for row in rows("Orders")] == list(OrderState)


def test_every_refusal_that_is_explained_is_one_of_the_key() -> None:
    names = [row[0] for row in rows("When the key is refused")]
    assert len(names) == 6
    for name in names:
        body = f'{{"error":{{"name":"{name}","message":"m"}}}}'.encode()
        error = error_of(403, body)
        assert isinstance(error, AuthenticationFailed)
        assert error.name == name
