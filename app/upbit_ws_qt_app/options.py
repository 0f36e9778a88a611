"""The command line: what may be said on it, and one clear line for what may not. No Qt."""

from __future__ import annotations

import argparse
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, NoReturn

from upbit_ws_qt.errors import InvalidMarket, InvalidRequest
from upbit_ws_qt.exchange import UPBIT_REGIONS
from upbit_ws_qt.markets import check_market
from upbit_ws_qt.timeframe import Timeframe

__all__ = ["PROGRAM", "CommandError", "Options", "parse"]

PROGRAM = "upbit-ws-qt"

_LOG_LEVELS = ("debug", "info", "warning", "error")
_LONGEST_WAIT_S = 86_400.0


class CommandError(Exception):
    """The program cannot do what it was asked for; the message is one line for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for; None where nothing was said. ``after_s`` is in seconds."""

    demo: bool = False
    seed: int | None = None
    replay: Path | None = None
    speed: float = 1.0
    record: Path | None = None
    region: str = "kr"
    market: str | None = None
    timeframe: Timeframe | None = None
    theme: str | None = None
    language: str | None = None
    screenshot: Path | None = None
    after_s: float = 0.0
    log_level: int = logging.WARNING


def parse(arguments: Sequence[str]) -> Options:
    """Read the command line without the program's name.

    Raises:
        CommandError: it cannot be understood.
        SystemExit: ``--help`` or ``--version`` was asked for and answered.
    """
    found = _parser().parse_args(arguments)
    for name, needed in (("seed", "demo"), ("speed", "replay"), ("after", "screenshot")):
        if getattr(found, name) is not None and not getattr(found, needed):
            raise CommandError(f"--{name} goes with --{needed}; see {PROGRAM} --help")
    if found.region != "kr" and (found.demo or found.replay):
        raise CommandError(
            f"--region {found.region} goes with Upbit itself: demos and recordings are of kr; "
            f"see {PROGRAM} --help"
        )
    return Options(
        demo=found.demo,
        seed=found.seed,
        replay=found.replay,
        speed=1.0 if found.speed is None else found.speed,
        record=found.record,
        region=found.region,
        market=found.market,
        timeframe=found.timeframe,
        theme=found.theme,
        language=found.language,
        screenshot=found.screenshot,
        after_s=0.0 if found.after is None else found.after,
        log_level=getattr(logging, found.log_level.upper()),
    )


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Where argparse would print two lines and leave."""
        raise CommandError(f"{message}; see {PROGRAM} --help")


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        print(PROGRAM, metadata.version(PROGRAM))  # noqa: T201 - this is the answer
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=PROGRAM,
        description="Live candles, order book and balances of Upbit. Without options it connects "
        "to Upbit itself and needs no key; with UPBIT_ACCESS_KEY and UPBIT_SECRET_KEY in the "
        "environment it shows the balances of that account.",
        allow_abbrev=False,
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--demo", action="store_true", help="show a simulated exchange; needs no network"
    )
    source.add_argument("--replay", metavar="FILE", type=Path, help="play a recording")
    parser.add_argument(
        "--seed", metavar="N", type=_seed, help="with --demo: always the same market and time"
    )
    parser.add_argument(
        "--speed", metavar="X", type=_speed, help="with --replay: 2 plays twice as fast"
    )
    parser.add_argument(
        "--record",
        metavar="FILE",
        type=Path,
        help="write what the exchange sends to a new file, for --replay; no account",
    )
    parser.add_argument(
        "--region",
        choices=tuple(UPBIT_REGIONS),
        default="kr",
        help="whose Upbit; Korea's by default",
    )
    parser.add_argument("--market", metavar="CODE", type=_market, help="such as KRW-BTC")
    parser.add_argument(
        "--timeframe", metavar="UNIT", type=_timeframe, help="candle unit: 1s to 240m, 1d, 1w …"
    )
    parser.add_argument("--theme", choices=("light", "dark", "high-contrast", "colour-blind"))
    parser.add_argument("--language", choices=("ko", "en"))
    parser.add_argument(
        "--screenshot",
        metavar="FILE",
        type=Path,
        help="write the window to a PNG file and leave; needs no display",
    )
    parser.add_argument(
        "--after",
        metavar="SECONDS",
        type=_seconds,
        help="with --screenshot: how long to run before",
    )
    parser.add_argument("--log-level", choices=_LOG_LEVELS, default="warning", type=str.lower)
    parser.add_argument("--version", action=_Version, nargs=0, help="say the version and leave")
    return parser


def _market(text: str) -> str:
    try:
        return check_market(text)
    except InvalidMarket as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _timeframe(text: str) -> Timeframe:
    try:
        return Timeframe.parse(text)
    except InvalidRequest as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _seed(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"a whole number from 0 is expected; got {text!r}")
    return int(text)


def _speed(text: str) -> float:
    speed = _number(text)
    if not 0 < speed <= 1000:
        raise argparse.ArgumentTypeError(
            f"a factor above 0, at most 1000 is expected; got {text!r}"
        )
    return speed


def _seconds(text: str) -> float:
    seconds = _number(text)
    if not 0 <= seconds <= _LONGEST_WAIT_S:
        raise argparse.ArgumentTypeError(f"seconds from 0 to 86400 are expected; got {text!r}")
    return seconds


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
