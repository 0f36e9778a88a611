"""What the window is fed from: Upbit itself, a simulated exchange or a recording. No Qt."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from upbit_ws_qt.errors import RecordingError
from upbit_ws_qt.settings import FeedSettings
from upbit_ws_qt.system.credentials import Credentials
from upbit_ws_qt.timeframe import Timeframe

from .options import CommandError, Options

if TYPE_CHECKING:
    from upbit_ws_qt.simulator.faults.faults import Faults
    from upbit_ws_qt.simulator.replay.recording import Recording
    from upbit_ws_qt.simulator.replay.replay import RecordedExchange
    from upbit_ws_qt.simulator.server import SimulatedExchange

__all__ = ["DemoSource", "LiveSource", "ReplaySource", "Source", "SourceKind", "source_of"]

# 2026-10-01 14:12:30 in Korea: with --seed the market has the same past and future every time.
_START_OF_SEEDED_MS = 1_790_831_550_000
_SHORT_RECORDING_S = 600.0


class SourceKind(enum.StrEnum):
    """The three kinds."""

    LIVE = "live"
    DEMO = "demo"
    REPLAY = "replay"


class Source(Protocol):
    """Something a manager can be pointed at."""

    @property
    def kind(self) -> SourceKind:
        """Which of the kinds it is."""
        ...

    @property
    def region(self) -> str:
        """Whose markets it has, such as ``kr``."""
        ...

    async def open(self) -> tuple[FeedSettings, Credentials | None]:
        """Start what must run for it; returns where it is and the key for it."""
        ...

    async def close(self) -> None:
        """End what ``open`` started."""
        ...

    @property
    def market(self) -> str | None:
        """The market to show where nothing else is asked for; None leaves the choice."""
        ...

    @property
    def timeframe(self) -> Timeframe | None:
        """The candle unit to show where nothing else is asked for; None leaves the choice."""
        ...

    def position(self) -> tuple[float, float] | None:
        """Seconds played and seconds there are; None for what has no end."""
        ...

    def faults(self) -> Faults | None:
        """What can go wrong on command; None where nothing can."""
        ...


# State: none; the key is the caller's.
class LiveSource:
    """Upbit itself, in one of its regions."""

    kind = SourceKind.LIVE
    market: str | None = None
    timeframe: Timeframe | None = None

    def __init__(self, credentials: Credentials | None = None, region: str = "kr") -> None:
        self._credentials = credentials
        self.region = region

    async def open(self) -> tuple[FeedSettings, Credentials | None]:
        return FeedSettings(region=self.region), self._credentials

    async def close(self) -> None:
        """Nothing runs."""

    def position(self) -> tuple[float, float] | None:
        return None

    def faults(self) -> Faults | None:
        return None


# State: the exchange while it runs.
class DemoSource:
    """A simulated exchange with an account, on the program's own loop."""

    kind = SourceKind.DEMO
    region = "kr"
    market: str | None = None
    timeframe: Timeframe | None = None

    def __init__(self, seed: int | None = None) -> None:
        self._seed = seed
        self._exchange: SimulatedExchange | None = None

    async def open(self) -> tuple[FeedSettings, Credentials | None]:
        from upbit_ws_qt.simulator.server import SimulatedExchange

        if self._seed is None:
            exchange = SimulatedExchange()
        else:
            exchange = SimulatedExchange(seed=self._seed, start_time_ms=_START_OF_SEEDED_MS)
        await exchange.start()
        self._exchange = exchange
        return exchange.settings(), exchange.credentials()

    async def close(self) -> None:
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            await exchange.stop()

    def position(self) -> tuple[float, float] | None:
        return None

    def faults(self) -> Faults | None:
        return None if self._exchange is None else self._exchange.faults


# State: the exchange while it runs.
class ReplaySource:
    """A recording, served as an exchange on the program's own loop."""

    kind = SourceKind.REPLAY
    region = "kr"

    def __init__(self, recording: Recording, speed: float = 1.0) -> None:
        self._recording = recording
        self._speed = speed
        self._exchange: RecordedExchange | None = None

    @property
    def market(self) -> str | None:
        """The market with the most frames; None where only an account was recorded."""
        return next(iter(self._recording.codes), None)

    @property
    def timeframe(self) -> Timeframe | None:
        """Seconds where candles of a minute would show next to nothing."""
        short = self._recording.duration_s < _SHORT_RECORDING_S
        return Timeframe.SECOND_1 if short else None

    async def open(self) -> tuple[FeedSettings, Credentials | None]:
        from upbit_ws_qt.simulator.replay.replay import RecordedExchange

        exchange = RecordedExchange(self._recording, self._speed)
        await exchange.start()
        self._exchange = exchange
        return exchange.settings(), None

    async def close(self) -> None:
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            await exchange.stop()

    def position(self) -> tuple[float, float] | None:
        exchange = self._exchange
        return None if exchange is None else (exchange.position_s, exchange.duration_s)

    def faults(self) -> Faults | None:
        return None


def source_of(options: Options) -> Source:
    """What the options ask for; everything that can be checked beforehand is.

    Raises:
        CommandError: the recording cannot be read, or the demo or it does not hold the market.
        InvalidRequest: only half of a key is in the environment.
    """
    if options.replay is not None:
        recording = _read(options.replay)
        if options.market not in (None, *recording.codes):
            held = ", ".join(recording.codes[:8])
            raise CommandError(f"the recording holds no {options.market}; it holds {held}")
        return ReplaySource(recording, options.speed)
    if options.demo:
        from upbit_ws_qt.simulator.market.listing import MARKETS

        if options.market is not None and all(row.code != options.market for row in MARKETS):
            raise CommandError(f"the demo lists no {options.market}; try KRW-BTC or KRW-ETH")
        return DemoSource(options.seed)
    return LiveSource(Credentials.from_environment(), options.region)


def _read(path: Path) -> Recording:
    from upbit_ws_qt.simulator.replay.recording import read_recording

    try:
        return read_recording(path)
    except RecordingError as error:
        raise CommandError(f"cannot replay {path}: {error}") from error
