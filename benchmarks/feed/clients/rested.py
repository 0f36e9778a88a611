"""The same work after rests of some lengths: what a wake-up costs on this machine beside the work.

A loop that is woken for each message stays warm; one that sleeps for a frame finds its caches cold.
"""

from __future__ import annotations

import json
import statistics
import time

from benchmarks.feed.frames import frame_of
from upbit_ws_qt.events import Stamp
from upbit_ws_qt.wire import decode_frame

RESTS_MS = (0.0, 0.5, 2.0, 16.0)
#: As many tickers as come in a frame at 2,000 a second.
TICKERS = 33
_ROUNDS = 150
# The WebSocket header in front of a message of this size.
_HEAD = 4


def main() -> None:
    """Print the median time in µs after each rest, as JSON."""
    template = frame_of("ticker", "KRW-BTC", simple=True)
    frames = [(template % (0, number, 0))[_HEAD:] for number in range(TICKERS)]
    stamp = Stamp()
    told: list[float] = []
    for rest_ms in RESTS_MS:
        took: list[float] = []
        for _ in range(_ROUNDS):
            if rest_ms:
                time.sleep(rest_ms / 1000)
            began = time.perf_counter()
            for frame in frames:
                decode_frame(frame, stamp)
            took.append(time.perf_counter() - began)
        told.append(statistics.median(took) * 1e6)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
