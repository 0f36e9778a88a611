"""What this machine makes of a rest: the part of a frame's cost that no program can save."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.feed.clients.rested import RESTS_MS, TICKERS
from benchmarks.feed.rig import Rig
from benchmarks.feed.table import Effort, Row


def machine(rig: Rig, effort: Effort) -> list[Row]:
    """Decoding the same tickers without a rest and after some; rows that only inform."""
    del rig, effort
    client = [sys.executable, "-m", "benchmarks.feed.clients.rested"]
    told = subprocess.run(client, check=True, capture_output=True, text=True).stdout
    took_us: list[float] = json.loads(told)
    return [
        Row(
            f"machine_rest_{rest_ms:g}_ms",
            f"{TICKERS} tickers decoded after {rest_ms:g} ms of rest",
            f"{took:.0f} µs",
            f"{took_us[0]:.0f} µs",
            took / took_us[0],
        )
        for rest_ms, took in zip(RESTS_MS[1:], took_us[1:], strict=True)
    ]
