"""Whatever goes wrong, every trade and every candle arrives once, or the hole is named."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest
from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.feed import Feed
from upbit_ws_qt import (
    CandleEvent,
    ConnectionState,
    ConnectionType,
    Delivery,
    GapEvent,
    GapState,
    GlobalWebSocketManager,
    Source,
    Timeframe,
    TradeEvent,
    WebSocketClientProxy,
)
from upbit_ws_qt.simulator import SimulatedExchange

MARKET = "KRW-BTC"
MINUTE = 60_000


class Tape:
    """A component that keeps the trades and candles of one market."""

    def __init__(
        self, feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
    ) -> None:
        self.feed, self.exchange, self.manager = feed, exchange, manager
        self.owner = QObject()
        self.trades: list[TradeEvent] = []
        self.candles: list[CandleEvent] = []
        self.gaps: list[GapEvent] = []
        self.proxy = WebSocketClientProxy("tape_main", manager, self.owner)
        self.proxy.gap_detected.connect(self.gaps.append)
        feed(self.proxy.subscribe_trade([MARKET], self.trades.append))
        feed(self.proxy.subscribe_candle([MARKET], "1m", self.candles.append))
        feed.until(lambda: self.trades and self.candles)

    def numbers(self) -> list[int]:
        return [trade.sequential_id for trade in self.trades]

    def times(self) -> dict[int, int]:
        """When the trades since the first that came were made, by number: the exchange's word."""
        first = self.trades[0].sequential_id
        found: dict[int, int] = {}
        for trade in self.exchange.floor.market(MARKET).trades_backwards(self.exchange.now_ms):
            if trade is not None:
                if trade.sequential_id < first:
                    break
                found[trade.sequential_id] = trade.time_ms
        return found

    def ledger(self) -> list[int]:
        """The exchange's own list since the first trade that came."""
        return sorted(self.times())

    def is_up_to_date(self) -> bool:
        """Whether the newest trade of all has come."""
        last = self.exchange.floor.market(MARKET).last_trade(self.exchange.now_ms)
        return last is not None and last.sequential_id in self.numbers()

    def pass_time(self, ms: int = MINUTE) -> None:
        self.feed(self.exchange.advance(ms))

    def is_connected(self) -> bool:
        state = self.manager.connection_state(ConnectionType.PUBLIC)
        return state is ConnectionState.CONNECTED

    def lose_time(self, ms: int) -> None:
        """The connection is gone while the market goes on."""
        self.exchange.faults.drop()
        self.feed.until(lambda: not self.is_connected())
        self.pass_time(ms)

    def holes(self, stream: str = "trade") -> list[GapEvent]:
        return [gap for gap in self.gaps if gap.stream.type == stream]

    def states(self, stream: str = "trade") -> list[GapState]:
        return [gap.state for gap in self.holes(stream)]


@pytest.fixture
def tape(feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager) -> Tape:
    return Tape(feed, exchange, manager)


def test_what_was_traded_without_a_connection_is_put_in_its_place(tape: Tape) -> None:
    tape.pass_time()
    tape.lose_time(3 * MINUTE)
    tape.feed.until(tape.is_up_to_date)
    tape.pass_time()
    tape.feed.until(tape.is_up_to_date)

    assert tape.numbers() == tape.ledger()
    assert tape.states() == [GapState.FOUND, GapState.FILLED]
    found, filled = tape.holes()
    assert filled.count > 10
    assert 2 * MINUTE < filled.until_ms - filled.since_ms < 4 * MINUTE
    assert found.symbol == MARKET
    rest = [trade for trade in tape.trades if trade.source is Source.REST]
    assert len(rest) == filled.count
    epochs = [trade.epoch for trade in tape.trades]
    assert epochs == sorted(epochs)


def candles_of(tape: Tape, unit: Timeframe = Timeframe.MINUTE_1) -> list[CandleEvent]:
    """What the exchange itself has of the bars that came, as REST tells it."""
    count = (tape.exchange.now_ms - tape.candles[0].start_ms) // unit.duration_ms + 1
    rows = tape.feed(tape.proxy.get_candle_snapshot(MARKET, unit, count))
    # Where nothing was traded there is no bar, and so many reach further back.
    return [row for row in rows if row.start_ms >= tape.candles[0].start_ms]


def last_states(candles: list[CandleEvent]) -> dict[int, tuple[float, ...]]:
    return {
        candle.start_ms: (
            candle.open_price,
            candle.high_price,
            candle.low_price,
            candle.close_price,
            candle.volume,
            candle.value,
        )
        for candle in candles
    }


def test_candles_that_ended_without_a_connection_come_whole_and_in_order(tape: Tape) -> None:
    tape.pass_time(MINUTE // 2)
    tape.lose_time(5 * MINUTE)
    tape.feed.until(lambda: GapState.FILLED in tape.states("candle.1m"))
    tape.pass_time(2 * MINUTE)
    tape.feed.until(lambda: tape.candles[-1].volume == candles_of(tape)[-1].volume)

    starts = [candle.start_ms for candle in tape.candles]
    assert starts == sorted(starts)
    assert last_states(tape.candles) == last_states(candles_of(tape))
    assert len(set(starts)) >= 6


def test_where_nothing_was_missed_nothing_is_said(tape: Tape) -> None:
    tape.pass_time()
    tape.feed.until(tape.is_up_to_date)
    tape.exchange.faults.drop()
    tape.feed.until(lambda: not tape.is_connected())
    tape.feed.until(tape.is_connected)
    tape.pass_time()
    tape.feed.until(tape.is_up_to_date)
    assert tape.numbers() == tape.ledger()
    assert [gap for gap in tape.gaps if gap.state is GapState.UNFILLABLE] == []


@pytest.mark.allow_logs("unreadable frames are logged")
def test_a_frame_that_nobody_can_read_is_made_good(tape: Tape) -> None:
    tape.pass_time()
    tape.exchange.faults.corrupt(times=3)
    tape.pass_time()
    tape.feed.until(lambda: sorted(tape.numbers()) == tape.ledger())
    assert tape.manager.health_check().decode_errors == 3


def test_frames_that_come_twice_are_delivered_once(tape: Tape) -> None:
    tape.exchange.faults.duplicate()
    tape.pass_time(2 * MINUTE)
    tape.feed.until(tape.is_up_to_date)
    assert tape.numbers() == tape.ledger()
    assert tape.manager.health_check().repeated >= len(tape.numbers()) - 1


@pytest.mark.allow_logs("so is a hole that stays")
def test_a_hole_that_cannot_be_filled_is_named_and_life_goes_on(
    tape: Tape, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upbit_ws_qt.gaps.HOLD_S", 0.3)
    tape.pass_time()
    tape.feed.until(tape.is_up_to_date)
    before = tape.numbers()
    tape.exchange.faults.refuse(503, of="rest")
    tape.lose_time(2 * MINUTE)
    tape.feed.until(lambda: GapState.UNFILLABLE in tape.states())
    tape.exchange.faults.clear("refuse")
    tape.pass_time()
    tape.feed.until(tape.is_up_to_date)

    (lost,) = (gap for gap in tape.holes() if gap.state is GapState.UNFILLABLE)
    assert lost.reason
    missing = set(tape.ledger()) - set(tape.numbers())
    assert missing
    assert tape.numbers()[: len(before)] == before
    times = tape.times()
    assert all(lost.since_ms <= times[number] <= lost.until_ms for number in missing)


def test_the_signals_of_the_manager_say_the_same(tape: Tape) -> None:
    heard: list[tuple[str, GapEvent]] = []
    tape.manager.gap_found.connect(lambda gap: heard.append(("found", gap)))
    tape.manager.gap_filled.connect(lambda gap: heard.append(("filled", gap)))
    tape.manager.gap_unfillable.connect(lambda gap: heard.append(("unfillable", gap)))
    tape.pass_time()
    tape.lose_time(2 * MINUTE)
    tape.feed.until(lambda: GapState.FILLED in tape.states())
    assert heard
    assert [gap for _, gap in heard] == tape.gaps
    assert all(name == gap.state for name, gap in heard)


FAULTS: dict[str, Callable[[SimulatedExchange], None]] = {
    "drop": lambda exchange: exchange.faults.drop(),
    "reset": lambda exchange: exchange.faults.reset(),
    "corrupt": lambda exchange: exchange.faults.corrupt("garbage", times=2),
    "framing": lambda exchange: exchange.faults.corrupt("framing", times=1),
    "wrong type": lambda exchange: exchange.faults.wrong_type("type", times=2),
    "duplicate": lambda exchange: exchange.faults.duplicate(times=5),
    "lose streams": lambda exchange: exchange.faults.lose_streams("trade"),
    "silence": lambda exchange: exchange.faults.silence("trade", MARKET),
    "skewed": lambda exchange: exchange.faults.skew_clock(-300_000),
    "refuse": lambda exchange: exchange.faults.refuse(500, of="rest", times=2),
}


class Reader(QWidget):
    """Somebody else who follows the trades: hidden now and then, or late."""

    def __init__(self, tape: Tape, name: str) -> None:
        super().__init__()
        self.tape = tape
        self.seen: list[int] = []
        self.proxy = WebSocketClientProxy(name, tape.manager, self)
        self.proxy.pause_while_hidden()
        self.show()
        self.proxy.subscribe_trade([MARKET], self.read, delivery=Delivery.keep_all())

    def read(self, trade: TradeEvent) -> None:
        self.seen.append(trade.sequential_id)

    def is_whole(self) -> bool:
        """Whether it got what the other one got since the first that came to it, in that order."""
        everything = self.tape.numbers()
        return bool(self.seen) and self.seen == everything[everything.index(self.seen[0]) :]


def walk(tape: Tape, qtbot: QtBot, seed: int) -> None:
    """Random faults, alone and together; at the end nobody lacks anything, nor has it twice."""
    dice = random.Random(seed)  # noqa: S311 (a walk, no secret)
    readers = [Reader(tape, "reader_first")]
    qtbot.addWidget(readers[0])
    names: list[str] = []
    for step in range(6):
        names.append(dice.choice(list(FAULTS)))
        FAULTS[names[-1]](tape.exchange)
        readers[0].setVisible(dice.random() < 0.5)
        tape.pass_time(dice.randrange(1, 120) * 1000)
        if step == 3:
            readers.append(Reader(tape, "reader_late"))
            qtbot.addWidget(readers[1])
        if dice.random() < 0.5:
            tape.feed.until(tape.is_connected)
            tape.pass_time(dice.randrange(1, 60) * 1000)
        tape.exchange.faults.clear()
    readers[0].show()
    tape.feed.until(tape.is_connected)
    tape.pass_time()
    tape.feed.until(lambda: sorted(tape.numbers()) == tape.ledger())
    assert GapState.UNFILLABLE not in [gap.state for gap in tape.gaps]
    for reader in readers:
        tape.feed.until(reader.is_whole)
    if "skewed" not in names:
        # By a clock that was wrong for a while a bar has another start.
        wanted = last_states(candles_of(tape))
        tape.feed.until(lambda: last_states(tape.candles) == wanted)
    numbers = tape.numbers()
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.allow_logs("faults are logged")
def test_after_any_faults_every_consumer_has_what_the_exchange_has(
    tape: Tape, qtbot: QtBot, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upbit_ws_qt.gap_repair._CHECK_EVERY_S", 0.3)
    monkeypatch.setattr("upbit_ws_qt.gap_repair._CHECKS_APART_S", 0.1)
    monkeypatch.setattr("upbit_ws_qt.gap_repair._ROUNDS_APART_S", 0.3)
    monkeypatch.setattr("upbit_ws_qt.gap_repair._READ_AFTER_S", 0.1)
    monkeypatch.setattr("upbit_ws_qt.liveness.ASK_ANYWAY_AFTER_S", 1.0)
    walk(tape, qtbot, seed)


def test_a_loss_while_a_hole_is_being_filled_makes_no_other_one(tape: Tape) -> None:
    """The answer is on its way when the connection is lost again."""
    tape.pass_time()
    for _ in range(3):
        tape.lose_time(MINUTE)
        tape.feed.until(tape.is_connected)
        tape.feed.until(lambda: tape.gaps and tape.gaps[-1].state is not GapState.UNFILLABLE)
    tape.pass_time()
    tape.feed.until(lambda: tape.is_up_to_date() and tape.numbers() == tape.ledger())
    assert GapState.UNFILLABLE not in tape.states()


def test_a_hole_over_midnight_is_filled(
    feed: Feed, exchange: SimulatedExchange, manager: GlobalWebSocketManager
) -> None:
    """One call lists the trades of one day."""
    day = 86_400_000
    feed(exchange.advance(day - exchange.now_ms % day - 3 * MINUTE))
    tape = Tape(feed, exchange, manager)
    tape.pass_time()
    tape.lose_time(4 * MINUTE)
    tape.feed.until(tape.is_up_to_date)
    assert exchange.now_ms % day > MINUTE
    assert tape.numbers() == tape.ledger()
    assert tape.states() == [GapState.FOUND, GapState.FILLED]


def test_a_callback_that_takes_its_time_gets_each_trade_in_its_place(tape: Tape) -> None:
    slow: list[int] = []

    async def read(trade: TradeEvent) -> None:
        await asyncio.sleep(0)
        slow.append(trade.sequential_id)

    tape.proxy.subscribe_trade([MARKET], read)
    tape.lose_time(MINUTE // 2)
    tape.feed.until(tape.is_up_to_date)
    tape.feed.until(lambda: slow and slow[-1] == tape.numbers()[-1])
    assert slow == tape.ledger()
