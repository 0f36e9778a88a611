"""Runs the simulated exchange by itself: ``python -m upbit_ws_qt.simulator``. asyncio."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from collections.abc import Sequence
from typing import NoReturn

from upbit_ws_qt.errors import LocalError

from .server import SimulatedExchange


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, where argparse would print its usage as well."""
        self.exit(2, f"{message}; see {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C; return the exit code."""
    parser = _Parser(
        prog="python -m upbit_ws_qt.simulator",
        description="A simulated Upbit for tests and demonstrations, on this machine only.",
    )
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--seed", type=int, default=1, help="the market's whole story")
    parser.add_argument("--pace", type=float, default=1.0, help="factor on how often is traded")
    parser.add_argument(
        "--show-key", action="store_true", help="also print the secret half of the key"
    )
    options = parser.parse_args(arguments)
    try:
        exchange = SimulatedExchange(seed=options.seed, port=options.port, pace=options.pace)
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_serve(exchange, show_key=options.show_key))
    except LocalError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


async def _serve(exchange: SimulatedExchange, *, show_key: bool) -> None:
    async with exchange:
        key = exchange.credentials()
        secret = f" secret {key.secret_key}" if show_key else ""
        url = exchange.settings().rest_url
        sys.stdout.write(f"simulated exchange on {url} access key {key.access_key}{secret}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    sys.exit(main())
