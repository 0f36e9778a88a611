"""Small programs run in a process of their own. Tests only."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 30
"""Far more than any of them needs: a program that hangs fails its test."""


def environment(**changes: str | None) -> dict[str, str]:
    """This process' environment with ``changes``; None removes a name."""
    values = dict(os.environ, PYTHONPATH=str(ROOT), PYTHONUNBUFFERED="1")
    for name, value in changes.items():
        values.pop(name, None)
        if value is not None:
            values[name] = value
    return values


def run_program(source: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Run ``source`` to its end and return its exit code and output."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)],
        env=environment(**changes),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def start_program(source: str) -> subprocess.Popen[str]:
    """Start ``source``; its output and errors come in one stream."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(source)],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_until_idle(program: subprocess.Popen[str]) -> None:
    """Return once its main thread sleeps (where the system tells, else at once)."""
    status = Path(f"/proc/{program.pid}/stat")
    while status.exists() and status.read_text().rpartition(")")[2].split()[0] != "S":
        pass
