"""Who wants what, and what therefore belongs on the wire. Pure.

The exchange knows one subscription list for a connection and every request replaces it, so what is
on the wire is always planned afresh: (wanted ∪ in grace) − refused, never patched.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from .errors import InvalidRequest
from .events import BalanceEvent, DataType, MarketEvent, OrderbookEvent
from .markets import check_markets, quote_currency
from .timeframe import Timeframe

__all__ = [
    "BALANCE_STREAM",
    "DEPTHS",
    "ORDER_STREAM",
    "Stream",
    "StreamEvent",
    "SubscriptionDiff",
    "SubscriptionSpec",
    "SubscriptionStateManager",
    "WirePlan",
    "WishStatistics",
    "stream_names",
    "stream_of",
]

#: The numbers of order book rows the exchange offers.
DEPTHS = (1, 5, 15, 30)


class Stream(NamedTuple):
    """One stream of the exchange: its type there (``candle.1m``), market code and grouping.

    A reply carries no depth, so depth is not part of a stream's identity.
    """

    type: str
    code: str
    level: float = 0.0

    @property
    def data_type(self) -> DataType:
        """What a subscription to it is about."""
        return _DATA_TYPES.get(self.type.partition(".")[0], DataType.CUSTOM)


_DATA_TYPES = {
    "ticker": DataType.TICKER,
    "trade": DataType.TRADE,
    "orderbook": DataType.ORDERBOOK,
    "candle": DataType.CANDLE,
    "myOrder": DataType.ORDER,
    "myAsset": DataType.BALANCE,
}


def stream_names(streams: Iterable[Stream]) -> list[str]:
    """Streams in words, in order: ``orderbook KRW-BTC by 1000``, ``ticker KRW-BTC``."""
    return [
        f"{stream.type} {stream.code}".rstrip() + (f" by {stream.level:g}" if stream.level else "")
        for stream in sorted(streams)
    ]


#: The stream of the account's balances.
BALANCE_STREAM = Stream("myAsset", "")
#: The stream of the account's orders in all markets, which is the one that goes over the wire: an
#: account has few orders, and who wants those of one market costs no request of their own.
ORDER_STREAM = Stream("myOrder", "")

#: The events that belong to a stream.
StreamEvent: TypeAlias = MarketEvent | BalanceEvent


def stream_of(event: StreamEvent) -> Stream:
    """The stream an event belongs to."""
    if isinstance(event, OrderbookEvent):
        return Stream(event.type, event.code, event.level)
    if isinstance(event, MarketEvent):
        return Stream(event.type, event.code)
    return BALANCE_STREAM


#: Every stream on the wire with its depth (0 where depth means nothing).
WirePlan: TypeAlias = Mapping[Stream, int]


@dataclass(frozen=True, slots=True)
class SubscriptionSpec:
    """What one consumer wants; checked at construction.

    ``depth`` counts order book rows, ``level`` is their grouping in KRW (0: none), ``type`` names
    the stream of a custom handler and is empty for all others. Orders without ``symbols`` are those
    of all markets.

    Raises:
        InvalidMarket: a code has the wrong form.
        InvalidRequest: the exchange does not offer it.
    """

    data_type: DataType
    symbols: tuple[str, ...] = ()
    timeframe: Timeframe | None = None
    depth: int = 30
    level: float = 0.0
    type: str = ""

    def __post_init__(self) -> None:
        if self.data_type is DataType.STATUS:
            raise InvalidRequest("status events come by themselves; subscribe to market data")
        if bool(self.type) is not (self.data_type is DataType.CUSTOM):
            raise InvalidRequest(
                "a type is what a custom subscription has, and no other, such as 'announcement'; "
                f"got {self.type!r} for {self.data_type.value!r}"
            )
        if self.data_type is DataType.CUSTOM and not self.symbols:
            pass  # What some types are about is no market.
        elif self.data_type is DataType.BALANCE:
            if self.symbols:
                raise InvalidRequest("balances have no markets; leave the symbols out")
        elif self.symbols or self.data_type is not DataType.ORDER:
            object.__setattr__(self, "symbols", check_markets(self.symbols))
        if self.data_type is DataType.CANDLE:
            if self.timeframe is None:
                raise InvalidRequest("a candle subscription needs a timeframe, such as '1m'")
            _ = self.timeframe.wire_type
        elif self.timeframe is not None:
            raise InvalidRequest(f"only candles have a timeframe; got {self.timeframe.value!r}")
        if self.depth not in DEPTHS:
            raise InvalidRequest(f"an order book has 1, 5, 15 or 30 rows; got {self.depth!r}")
        if not 0 <= self.level < math.inf:
            raise InvalidRequest(f"level is 0 (no grouping) or above; got {self.level!r}")
        others = [code for code in self.symbols if quote_currency(code) != "KRW"]
        if self.level and others:
            # The exchange sends nothing at all for a level on any other market.
            raise InvalidRequest(
                f"grouping by {self.level!r} is for KRW markets only; got {', '.join(others)}"
            )

    @property
    def streams(self) -> dict[Stream, int]:
        """Its streams as they go over the wire, with their depth."""
        if self.data_type is DataType.BALANCE:
            return {BALANCE_STREAM: 0}
        if self.data_type is DataType.ORDER:
            return {ORDER_STREAM: 0}
        if self.data_type is DataType.ORDERBOOK:
            return {Stream("orderbook", code, self.level): self.depth for code in self.symbols}
        if self.data_type is DataType.CUSTOM:
            return {Stream(self.type, code): 0 for code in self.symbols or ("",)}
        name = self.timeframe.wire_type if self.timeframe else self.data_type.value
        return {Stream(name, code): 0 for code in self.symbols}

    @property
    def routes(self) -> tuple[Stream, ...]:
        """Its streams as its events are routed: orders of some markets by their market."""
        if self.data_type is DataType.ORDER and self.symbols:
            return tuple(Stream(ORDER_STREAM.type, code) for code in self.symbols)
        return tuple(self.streams)


@dataclass(frozen=True, slots=True)
class SubscriptionDiff:
    """The market codes of the streams that became wanted, or that nobody wants any more."""

    added_symbols: frozenset[str] = frozenset()
    removed_symbols: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class WishStatistics:
    """How many consumers there are, and streams: wanted, in grace only, and refused."""

    consumers: int
    wanted: int
    in_grace: int
    refused: int


# State: every consumer's wishes; for each wanted stream who wants it and how deep (an index of the
# wishes, so that a change costs its own size); the streams in grace with their end; the refused;
# and the consumers that nobody can see.
class SubscriptionStateManager:
    """The one source of truth. ``now`` is monotonic seconds everywhere."""

    def __init__(self, grace_period_s: float = 5.0) -> None:
        self._grace_period_s = grace_period_s
        self._wishes: dict[Hashable, list[SubscriptionSpec]] = {}
        self._wanters: dict[Stream, dict[Hashable, int]] = {}
        self._grace: dict[tuple[Stream, int], float] = {}
        self._refused: set[Stream] = set()
        self._hidden: set[Hashable] = set()

    def add_subscription(
        self,
        client_id: Hashable,
        data_type: DataType,
        symbols: Iterable[str] = (),
        *,
        timeframe: Timeframe | None = None,
        depth: int = 30,
        level: float = 0.0,
    ) -> SubscriptionDiff:
        """Add to a consumer's wishes; returns what became wanted that was not before."""
        codes = (symbols,) if isinstance(symbols, str) else tuple(symbols)
        return self.add(client_id, SubscriptionSpec(data_type, codes, timeframe, depth, level))

    def add(self, client_id: Hashable, spec: SubscriptionSpec) -> SubscriptionDiff:
        """Add ``spec`` to a consumer's wishes."""
        added: set[str] = set()
        self._wishes.setdefault(client_id, []).append(spec)
        for stream, depth in spec.streams.items():
            wanters = self._wanters.setdefault(stream, {})
            if not wanters:
                added.add(stream.code)
            wanters[client_id] = max(depth, wanters.get(client_id, 0))
        return SubscriptionDiff(added_symbols=frozenset(added))

    def remove_client(self, client_id: Hashable, now: float = 0.0) -> SubscriptionDiff:
        """Drop all wishes of a consumer; what nobody else wants goes into grace."""
        removed: set[str] = set()
        self._hidden.discard(client_id)
        specs = self._wishes.pop(client_id, ())
        for stream in {stream for spec in specs for stream in spec.streams}:
            wanters = self._wanters[stream]
            depth = wanters.pop(client_id)
            if not wanters:
                del self._wanters[stream]
                removed.add(stream.code)
            if stream in self._refused:
                if not wanters:
                    self._refused.discard(stream)
            elif depth > max(wanters.values(), default=-1):
                self._grace[stream, depth] = now + self._grace_period_s
        return SubscriptionDiff(removed_symbols=frozenset(removed))

    def clients(self) -> dict[Hashable, tuple[SubscriptionSpec, ...]]:
        """Every consumer with its wishes."""
        return {client: tuple(specs) for client, specs in self._wishes.items()}

    def wanted(self) -> dict[Stream, int]:
        """Every wanted stream with the greatest depth wanted."""
        return {stream: max(wanters.values()) for stream, wanters in self._wanters.items()}

    def hide(self, client_id: Hashable, *, hidden: bool) -> bool:
        """Nobody can see what a consumer shows, or somebody can again; whether that is new."""
        if client_id not in self._wishes or hidden is (client_id in self._hidden):
            return False
        self._hidden ^= {client_id}
        return True

    def visible(self) -> dict[Stream, int]:
        """What is wanted by consumers that are not hidden, and not refused, with its depth."""
        visible: dict[Stream, int] = {}
        for stream, wanters in self._wanters.items():
            depths = [depth for client, depth in wanters.items() if client not in self._hidden]
            if depths and stream not in self._refused:
                visible[stream] = max(depths)
        return visible

    def get_consolidated_subscription(self) -> dict[DataType, frozenset[str]]:
        """The market codes wanted of each data type."""
        wanted: dict[DataType, set[str]] = {data_type: set() for data_type in DataType}
        for specs in self._wishes.values():
            for spec in specs:
                wanted[spec.data_type].update(spec.symbols)
        return {data_type: frozenset(codes) for data_type, codes in wanted.items()}

    def wire_plan(self, now: float = 0.0) -> dict[Stream, int]:
        """(wanted ∪ in grace) − refused."""
        plan = self.wanted()
        for (stream, depth), until in self._grace.items():
            if until > now:
                plan[stream] = max(depth, plan.get(stream, 0))
        return {stream: depth for stream, depth in plan.items() if stream not in self._refused}

    def expire(self, now: float) -> None:
        """Forget the streams whose grace is over."""
        self._grace = {key: until for key, until in self._grace.items() if until > now}

    def next_deadline(self) -> float | None:
        """When the next grace ends."""
        return min(self._grace.values(), default=None)

    def refuse(self, streams: Iterable[Stream]) -> tuple[Hashable, ...]:
        """Keep these off the wire while anyone wants them; returns the consumers that do."""
        refused = dict.fromkeys(streams)
        self._refused |= refused.keys() & self._wanters.keys()
        self.forget_grace(refused)
        owners = (client for stream in refused for client in self._wanters.get(stream, ()))
        return tuple(dict.fromkeys(owners))

    def pardon(self) -> None:
        """Nothing is refused any more."""
        self._refused.clear()

    def forget_grace(self, streams: Collection[Stream]) -> None:
        """Take these off the wire as soon as nobody wants them."""
        self._grace = {key: end for key, end in self._grace.items() if key[0] not in streams}

    def refused_of(self, client_id: Hashable) -> set[Stream]:
        """What the exchange refused of what this consumer wants."""
        specs = self._wishes.get(client_id, ())
        return {stream for spec in specs for stream in spec.streams if stream in self._refused}

    def statistics(self) -> WishStatistics:
        """The numbers of what it holds."""
        in_grace = {stream for stream, _ in self._grace} - self._wanters.keys()
        return WishStatistics(
            len(self._wishes), len(self._wanters), len(in_grace), len(self._refused)
        )
