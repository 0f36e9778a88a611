"""A simulated exchange in a process of its own, which other people's clients are pointed at."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

ANNOUNCEMENT = re.compile(r"simulated exchange on (\S+) access key (\S+) secret (\S+)")


@dataclass(frozen=True)
class Served:
    """Where the exchange is, and an account's key, all a client is given."""

    url: str
    access_key: str
    secret_key: str

    @property
    def websocket_url(self) -> str:
        return self.url.replace("http", "ws", 1) + "/websocket/v1"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """An exchange for the tests of one module; it stops when its standard input ends."""
    command = [sys.executable, "-m", "upbit_ws_qt.simulator", "--owned", "--show-key"]
    with subprocess.Popen(
        [*command, "--pace", "20"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        line = process.stdout.readline()
        announced = ANNOUNCEMENT.match(line)
        assert announced, line
        yield Served(*announced.groups())
        process.stdin.close()
        assert process.wait(20) == 0
