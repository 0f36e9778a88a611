"""What faults move: the sockets that are open and the exchange behind them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.simulator.market.floor import TradingFloor
from upbit_ws_qt.simulator.market.listing import select
from upbit_ws_qt.simulator.streams.frame_faults import FrameFaults

__all__ = ["ExchangeLevers", "FaultyConnection", "Levers"]


class FaultyConnection(Protocol):
    """What faults do to an open WebSocket."""

    def abort(self) -> None:
        """Drop it without a closing frame."""
        ...

    def close(self, code: int) -> None:
        """Close it with a closing frame."""
        ...

    def end_after(self, delay_s: float, code: int | None) -> None:
        """Say nothing more and end in a while."""
        ...

    def reset(self) -> None:
        """Drop it with a TCP reset."""
        ...

    def freeze(self) -> None:
        """Read and write nothing."""
        ...

    def thaw(self) -> None:
        """Go on."""
        ...

    def filter(self, faults: FrameFaults | None) -> None:
        """Let faults change what is sent; None: no longer."""
        ...


class Levers(Protocol):
    """What faults move in the exchange behind the sockets."""

    def lose_streams(self, stream: str | None, code: str | None) -> None:
        """Forget these streams of every open WebSocket; None stands for all."""
        ...

    def stop_clock(self, on: bool) -> None:
        """Stop the market's time, or let it go on."""
        ...

    def halt(self, code: str, on: bool) -> None:
        """Halt one market, or let it go on."""
        ...

    def list_market(self, code: str) -> None:
        """List a market from now on."""
        ...

    def delist_market(self, code: str, after_s: float) -> None:
        """Delist a market after so many seconds of its time."""
        ...

    def expire_key(self) -> None:
        """Let the key of ``credentials()`` expire."""
        ...


# State: none of its own.
class ExchangeLevers:
    """The levers of a whole exchange.

    Args:
        floor: its markets.
        stop_clock: stops the market's time, or lets it go on.
        expire_key: lets the key expire that the exchange hands out.
        lose_streams: forgets what was subscribed to, by type and code.
    """

    def __init__(
        self,
        floor: TradingFloor,
        stop_clock: Callable[[bool], None],
        expire_key: Callable[[], None],
        lose_streams: Callable[[str | None, str | None], None],
    ) -> None:
        self._floor = floor
        self._stop_clock = stop_clock
        self._expire_key = expire_key
        self._lose_streams = lose_streams

    def lose_streams(self, stream: str | None, code: str | None) -> None:
        self._lose_streams(stream, code)

    def stop_clock(self, on: bool) -> None:
        self._stop_clock(on)

    def halt(self, code: str, on: bool) -> None:
        if on:
            self._check_listed(code)
        elif code not in self._floor.listings:
            return  # It was delisted meanwhile, and stays so.
        self._floor.halt(code, on)

    def list_market(self, code: str) -> None:
        try:
            (listing,) = select((code,))
            self._floor.list_at(listing, self._floor.now_ms)
        except ValueError as error:
            raise InvalidRequest(str(error)) from None

    def delist_market(self, code: str, after_s: float) -> None:
        self._check_listed(code)
        self._floor.close_market(code, self._floor.now_ms + round(after_s * 1000))

    def expire_key(self) -> None:
        self._expire_key()

    def _check_listed(self, code: str) -> None:
        if code not in self._floor.listings:
            raise InvalidRequest(f"the market must be a listed one; got {code!r}")
