"""Runs the simulated exchange by itself: ``python -m upbit_ws_qt.simulator``. asyncio."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import threading
import typing
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn

from upbit_ws_qt.errors import InvalidRequest, LocalError

from .behaviour import Behaviour
from .faults.script import Script, parse_command
from .faults.words import value_of
from .server import SimulatedExchange


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, where argparse would print its usage as well."""
        self.exit(2, f"{message}; see {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C, or until the owner is gone; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        exchange = _exchange(options)
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_serve(exchange, show_key=options.show_key, owned=options.owned))
    except LocalError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m upbit_ws_qt.simulator",
        description="A simulated Upbit for tests and demonstrations, on this machine only.",
    )
    add = parser.add_argument
    add("--port", type=int, default=0, help="0, the default, takes a free one")
    add("--seed", type=int, default=1, help="the market's whole story")
    add("--pace", type=float, default=1.0, help="factor on how often is traded")
    add("--start", metavar="TIME", help="the market's time, such as 2026-10-01T09:00:00+09:00")
    add("--markets", metavar="CODES", help="list only these, such as KRW-BTC,KRW-ETH")
    add("--no-limits", action="store_true", help="count no messages, connections and calls")
    add("--set", metavar="NAME=VALUE", action="append", default=[], help="a switch of Behaviour")
    add("--script", metavar="FILE", help="faults and their times")
    add("--show-key", action="store_true", help="also print the secret half of the key")
    add(
        "--owned",
        action="store_true",
        help="do the faults that come in on standard input, and stop when it ends",
    )
    return parser


def _exchange(options: argparse.Namespace) -> SimulatedExchange:
    # A program without a console on Windows has none.
    if options.owned and sys.stdin is None:
        raise InvalidRequest("--owned needs a standard input; there is none")
    exchange = SimulatedExchange(
        seed=options.seed,
        port=options.port,
        pace=options.pace,
        start_time_ms=None if options.start is None else _time_ms(options.start),
        markets=None if options.markets is None else options.markets.split(","),
        behaviour=_behaviour(options.set, limits=not options.no_limits),
    )
    if options.script is not None:
        exchange.play(Script.read(options.script))
    return exchange


def _time_ms(written: str) -> int:
    try:
        time = datetime.fromisoformat(written)
    except ValueError:
        raise InvalidRequest(
            f"--start is a time such as 2026-10-01T09:00:00+09:00; got {written!r}"
        ) from None
    # As on the exchange: a time without a zone is UTC.
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)


def _behaviour(settings: Sequence[str], *, limits: bool) -> Behaviour:
    switches = typing.get_type_hints(Behaviour)
    chosen: dict[str, Any] = {"limits": limits}
    for setting in settings:
        name, equals, word = setting.partition("=")
        if name not in switches or not equals:
            listed = ", ".join(switches)
            raise InvalidRequest(f"--set is NAME=VALUE with one of {listed}; got {setting!r}")
        chosen[name] = value_of(name, switches[name], word)
    return Behaviour(**chosen)


async def _serve(exchange: SimulatedExchange, *, show_key: bool, owned: bool) -> None:
    async with exchange:
        key = exchange.credentials()
        secret = f" secret {key.secret_key}" if show_key else ""
        url = exchange.settings().rest_url
        sys.stdout.write(f"simulated exchange on {url} access key {key.access_key}{secret}\n")
        sys.stdout.flush()
        owner_is_gone = asyncio.Event()
        if owned:
            loop = asyncio.get_running_loop()
            listener = threading.Thread(
                target=_listen, args=(loop, exchange, owner_is_gone), daemon=True
            )
            listener.start()
        await owner_is_gone.wait()


def _listen(
    loop: asyncio.AbstractEventLoop, exchange: SimulatedExchange, owner_is_gone: asyncio.Event
) -> None:
    """Read standard input to its end, in a thread: no loop can wait for it on every system."""
    unread = b""
    # Ctrl-C may end the loop first.
    with contextlib.suppress(RuntimeError):
        # Not through sys.stdin, whose lock would be held while the interpreter ends.
        while came := os.read(sys.stdin.fileno(), 4096):
            *lines, unread = (unread + came).split(b"\n")
            for line in lines:
                loop.call_soon_threadsafe(_obey, exchange, line.decode(errors="replace"))
        loop.call_soon_threadsafe(owner_is_gone.set)


def _obey(exchange: SimulatedExchange, line: str) -> None:
    if not line.strip():
        return
    try:
        exchange.play(Script(((0.0, parse_command(line)),)))
    except LocalError as error:
        sys.stderr.write(f"{error}\n")
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
