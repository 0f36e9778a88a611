"""Faults on command: what they do to frames, connections and answers. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.simulator.faults.faults import AT_ONCE, LASTING, Faults, Refusal
from upbit_ws_qt.simulator.faults.levers import ExchangeLevers
from upbit_ws_qt.simulator.market.floor import TradingFloor
from upbit_ws_qt.simulator.market.listing import select
from upbit_ws_qt.simulator.streams.frame_faults import FrameFaults, FrameFilter, Occasion, skewed
from upbit_ws_qt.simulator.streams.packet import BINARY, RESERVED, TEXT, Packet

NOW = 1_793_000_042_345
TICKER = b'{"type":"ticker","code":"KRW-BTC","trade_price":1.1E8,"timestamp":1793000042345}'
SIMPLE = b'[{"ty":"trade","cd":"KRW-ETH","tp":-3.5,"ttm":"10:20:30","tms":1793000042345}]'
ASSET = b'{"type":"myAsset","asset_uuid":"u","assets":[{"currency":"KRW","balance":1.5}]}'
STATUS = b'{"status":"UP"}'


class Line:
    """A connection that keeps what is sent through the faults, and what is done to it."""

    def __init__(self) -> None:
        self.done: list[object] = []
        self.sent: list[bytes] = []
        self.filtered: FrameFilter | None = None

    def push(self, payload: bytes) -> None:
        packet = Packet(payload)
        sent = [packet] if self.filtered is None else self.filtered.passed(packet)
        self.sent += [one.payload for one in sent]

    def abort(self) -> None:
        self.done.append("abort")

    def close(self, code: int) -> None:
        self.done.append(code)

    def end_after(self, delay_s: float, code: int | None) -> None:
        self.done.append((delay_s, code))

    def reset(self) -> None:
        self.done.append("reset")

    def freeze(self) -> None:
        self.done.append("freeze")

    def thaw(self) -> None:
        self.done.append("thaw")

    def filter(self, faults: FrameFaults | None) -> None:
        self.filtered = None if faults is None else self.filtered or FrameFilter(faults)


class Desk:
    """Levers that write down how they are moved."""

    def __init__(self) -> None:
        self.moved: list[object] = []

    def lose_streams(self, stream: str | None, code: str | None) -> None:
        self.moved.append(("lost", stream, code))

    def stop_clock(self, on: bool) -> None:
        self.moved.append(("clock stopped", on))

    def halt(self, code: str, on: bool) -> None:
        self.moved.append((code, on))

    def list_market(self, code: str) -> None:
        self.moved.append(("list", code))

    def delist_market(self, code: str, after_s: float) -> None:
        self.moved.append(("delist", code, after_s))

    def expire_key(self) -> None:
        self.moved.append("expire")


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def faults(line: Line, desk: Desk) -> Faults:
    return Faults([line], desk)


# -- frames ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "stream"),
    [
        (TICKER, ("ticker", "KRW-BTC")),
        (SIMPLE, ("trade", "KRW-ETH")),
        (ASSET, ("myAsset", "")),
        (STATUS, None),
        (b'{"method":"LIST_SUBSCRIPTIONS","result":[{"type":"ticker"}],"ticket":"t"}', None),
        (b'[{"error":{"name":"NO_TYPE","message":"m"}}]', None),
    ],
)
def test_a_packet_knows_its_stream(payload: bytes, stream: tuple[str, str] | None) -> None:
    assert Packet(payload).stream == stream


def test_a_packet_of_another_opcode_is_never_compressed() -> None:
    assert Packet(b"ab").wire(0) == b"\x82\x02ab"
    assert Packet(b"ab").wire(15)[0] == 0xC2
    assert Packet(b"ab", TEXT).wire(15) == b"\x81\x02ab"
    assert Packet(b"ab", RESERVED).wire(15) == b"\x83\x02ab"


@pytest.mark.parametrize(
    ("stream", "code", "heard"),
    [
        (None, None, []),
        ("ticker", None, [SIMPLE, ASSET, STATUS]),
        ("ticker", "KRW-ETH", [TICKER, SIMPLE, ASSET, STATUS]),
        ("ticker", "KRW-BTC", [SIMPLE, ASSET, STATUS]),
        (None, "KRW-ETH", [TICKER, ASSET, STATUS]),
        ("myAsset", None, [TICKER, SIMPLE, STATUS]),
    ],
)
def test_silence_of_everything_or_of_some_streams(
    faults: Faults, line: Line, stream: str | None, code: str | None, heard: list[bytes]
) -> None:
    faults.silence(stream, code)
    for payload in (TICKER, SIMPLE, ASSET, STATUS):
        line.push(payload)
    assert line.sent == heard
    faults.clear("silence")
    assert line.filtered is None, "without a fault nothing stands in the way"


def test_silences_add_up(faults: Faults, line: Line) -> None:
    faults.silence("ticker")
    faults.silence("trade")
    line.push(TICKER)
    line.push(SIMPLE)
    assert line.sent == []


@pytest.mark.parametrize(
    ("every", "times", "copies"),
    [(1, None, [2, 2, 2, 2, 2, 2]), (3, None, [1, 1, 2, 1, 1, 2]), (2, 2, [1, 2, 1, 2, 1, 1])],
)
def test_every_nth_frame_and_so_many_times(
    faults: Faults, line: Line, every: int, times: int | None, copies: list[int]
) -> None:
    faults.duplicate(every, times)
    seen: list[int] = []
    for _ in copies:
        line.sent.clear()
        line.push(TICKER)
        line.push(STATUS)
        seen.append(len(line.sent) - 1)
    assert seen == copies, "and what is no data passes and is not counted"


def test_the_order_of_frames_is_reversed_in_windows(faults: Faults, line: Line) -> None:
    one, two, three, four, five = (
        TICKER.replace(b"1.1E8", b"%d" % number) for number in range(1, 6)
    )
    faults.reorder(3)
    for payload in (one, two, STATUS, three, four):
        line.push(payload)
    assert line.sent == [STATUS, three, two, one]
    faults.reorder(2)
    line.push(five)
    assert line.sent[4:] == [five, four]


def test_two_faults_at_once(faults: Faults, line: Line) -> None:
    faults.skew_clock(-42_345)
    faults.duplicate()
    line.push(TICKER)
    assert line.sent == [TICKER.replace(b"1793000042345", b"1793000000000")] * 2
    faults.clear("duplicate")
    line.push(TICKER)
    assert len(line.sent) == 3
    faults.clear()
    line.push(TICKER)
    assert line.sent[3] == TICKER


def corrupted(kind: Any, payload: bytes, seed: int = 1) -> Packet:
    faults = FrameFaults(seed)
    faults.corrupt(kind, Occasion(1, None))
    (packet,) = faults.of(Packet(payload))
    return packet


def test_corrupt_frames_cannot_be_read() -> None:
    assert corrupted("truncated", TICKER).payload == TICKER[: len(TICKER) // 2]
    assert corrupted("framing", TICKER).opcode == RESERVED
    utf8 = corrupted("utf8", TICKER).payload
    with pytest.raises(UnicodeDecodeError):
        utf8.decode()
    assert utf8.replace(b"\xff", b"") == TICKER
    assert corrupted("nan", SIMPLE).payload == (
        b'[{"ty":"trade","cd":"KRW-ETH","tp":NaN,"ttm":"10:20:30","tms":NaN}]'
    )


def test_garbage_is_random_and_the_same_for_the_same_seed() -> None:
    garbage = corrupted("garbage", TICKER).payload
    assert len(garbage) == len(TICKER)
    assert corrupted("garbage", TICKER).payload == garbage
    assert corrupted("garbage", TICKER, seed=2).payload != garbage
    faults = FrameFaults(1)
    faults.corrupt("garbage", Occasion(1, None))
    first, second = (faults.of(Packet(TICKER))[0].payload for _ in range(2))
    assert first != second


def mistaken(kind: Any, payload: bytes) -> Packet:
    faults = FrameFaults(1)
    faults.wrong_type(kind, Occasion(1, None))
    (packet,) = faults.of(Packet(payload))
    return packet


def test_wrong_frames_can_be_read() -> None:
    text = mistaken("text", TICKER)
    assert (text.opcode, text.payload) == (TEXT, TICKER)
    unknown = mistaken("type", SIMPLE)
    assert unknown.opcode == BINARY
    assert unknown.payload == SIMPLE.replace(b'"trade"', b'"surprise"')
    assert json.loads(mistaken("string", SIMPLE).payload) == [
        {"ty": "trade", "cd": "KRW-ETH", "tp": "-3.5", "ttm": "10:20:30", "tms": "1793000042345"}
    ]
    assert json.loads(mistaken("shape", TICKER).payload) == {"data": [json.loads(TICKER)]}


@pytest.mark.parametrize("payload", [TICKER, SIMPLE])
def test_oversized_frames_have_that_size_and_can_be_read(
    faults: Faults, line: Line, payload: bytes
) -> None:
    faults.oversized(0.5)
    line.push(payload)
    line.push(payload)
    huge, usual = line.sent
    assert len(huge) == 512 * 1024
    assert usual == payload, "one is enough unless more are asked for"
    frame, former = json.loads(huge), json.loads(payload)
    if payload is SIMPLE:
        (frame,), (former,) = frame, former
    assert set(frame.pop("padding")) == {"x"}
    assert frame == former


def test_a_skewed_clock_moves_moments_and_nothing_else() -> None:
    body = (
        b'{"timestamp": 1793000042345,"trade_timestamp":1793000042000,"asttms":1793000042001,'
        b'"sequential_id":17930000423450000,"trade_price":1793000042345,"timestamped":"x"}'
    )
    assert skewed(body, 1_000) == (
        b'{"timestamp": 1793000043345,"trade_timestamp":1793000043000,"asttms":1793000043001,'
        b'"sequential_id":17930000423450000,"trade_price":1793000042345,"timestamped":"x"}'
    )


def test_a_slow_line_delivers_later_and_a_narrow_one_one_by_one() -> None:
    faults = FrameFaults(1)
    filter_ = FrameFilter(faults)
    assert filter_.due(1_000, 5.0) == 5.0
    faults.delay_s = 2.0
    assert filter_.due(1_000, 5.0) == 7.0
    faults.bytes_per_second = 100.0
    assert filter_.due(1_000, 5.0) == 17.0
    assert filter_.due(50, 5.1) == 17.5, "it waits for the one before"
    assert filter_.due(100, 50.0) == 53.0, "and not longer"


def test_a_new_connection_is_met_by_the_faults_that_are_on(faults: Faults) -> None:
    late = Line()
    faults.greet(late)
    assert late.filtered is None
    faults.slow(1.0)
    faults.greet(late)
    assert late.filtered is not None


# -- connections ----------------------------------------------------------------------------------


def test_dropping_closing_and_resetting(faults: Faults, line: Line) -> None:
    faults.drop()
    faults.drop(4000)
    faults.reset()
    assert line.done == ["abort", 4000, "reset"]


def test_half_open_takes_the_sockets_of_now(line: Line, desk: Desk) -> None:
    open_lines = [line]
    faults = Faults(open_lines, desk)
    faults.half_open()
    faults.half_open()
    late = Line()
    open_lines.append(late)
    faults.greet(late)
    faults.clear()
    faults.clear()
    assert line.done == ["freeze", "thaw"]
    assert late.done == []


def test_a_half_open_socket_that_ended_is_forgotten(faults: Faults, line: Line) -> None:
    faults.half_open()
    faults.forget(line)
    faults.forget(Line())
    faults.clear("half_open")
    assert line.done == ["freeze"]


def test_accepted_and_closed_so_many_times(faults: Faults) -> None:
    faults.accept_then_close(1011, after_ms=250, times=2)
    lines = [Line() for _ in range(3)]
    for one in lines:
        faults.greet(one)
    assert [one.done for one in lines] == [[(0.25, 1011)], [(0.25, 1011)], []]
    faults.accept_then_close()
    faults.greet(lines[2])
    assert lines[2].done == [(0.0, None)]
    faults.clear("accept_then_close")
    faults.greet(lines[2])
    assert len(lines[2].done) == 1


def test_refusals_at_either_door(faults: Faults) -> None:
    faults.refuse(429, times=2, retry_after_s=7)
    assert faults.refusal("rest") is None
    refusal = faults.refusal("sockets")
    assert refusal is not None
    assert (refusal.how, refusal.retry_after_s) == (429, 7)
    assert faults.refusal("sockets") is not None
    assert faults.refusal("sockets") is None

    faults.refuse("reset", of="rest")
    faults.refuse("timeout", of="sockets")
    assert faults.refusal("rest") == Refusal("reset")
    assert faults.refusal("sockets") == Refusal("timeout")
    faults.clear("refuse")
    assert faults.refusal("rest") is faults.refusal("sockets") is None


def test_a_refusal_at_both_doors_is_counted_once(faults: Faults) -> None:
    faults.refuse(500, of="both", times=2)
    assert faults.refusal("rest") is not None
    assert faults.refusal("sockets") is not None
    assert faults.refusal("rest") is faults.refusal("sockets") is None


# -- the exchange ---------------------------------------------------------------------------------


def test_maintenance_closes_and_refuses_until_it_is_over(
    faults: Faults, line: Line, desk: Desk
) -> None:
    faults.maintenance()
    assert line.done == [1001]
    assert faults.refusal("rest") == faults.refusal("sockets") == Refusal("maintenance")
    faults.clear("maintenance")
    assert faults.refusal("rest") is None
    assert desk.moved == [("clock stopped", True), ("clock stopped", False)]


def test_the_market_stands_while_any_fault_wants_it_to(faults: Faults, desk: Desk) -> None:
    faults.halt_market()
    faults.maintenance()
    faults.clear("maintenance")
    assert desk.moved[-1] == ("clock stopped", True)
    faults.clear("halt_market")
    assert desk.moved[-1] == ("clock stopped", False)


def test_single_markets_are_halted_until_cleared(faults: Faults, desk: Desk) -> None:
    for code in ("KRW-BTC", "KRW-ETH", "KRW-BTC"):
        faults.halt_market(code)
    faults.list_market("KRW-NEO")
    faults.delist_market("KRW-NEO", after_s=60)
    faults.clear("halt_market")
    faults.clear("halt_market")
    halted = [("KRW-BTC", True), ("KRW-ETH", True), ("KRW-BTC", True)]
    listed = [("list", "KRW-NEO"), ("delist", "KRW-NEO", 60)]
    clock = ("clock stopped", False)
    assert desk.moved[:6] == [*halted, *listed, clock]
    assert {*desk.moved[6:8]} == {("KRW-BTC", False), ("KRW-ETH", False)}
    assert desk.moved[8:] == [clock], "each goes on once"


def test_a_halt_and_a_delisting_of_one_market_do_not_hold_each_other_up() -> None:
    floor = TradingFloor(select(("KRW-BTC", "KRW-ETH", "KRW-XRP")), 1, 1.0, NOW)
    faults = Faults((), ExchangeLevers(floor, bool, int, max))
    faults.halt_market("KRW-ETH")
    faults.delist_market("KRW-ETH", after_s=60)
    faults.clear("halt_market")
    assert not floor.is_halted("KRW-ETH"), "it is traded until it is delisted"

    faults.halt_market("KRW-ETH")
    faults.halt_market("KRW-XRP")
    list(floor.run(NOW + 61_000))
    assert "KRW-ETH" not in floor.listings
    faults.clear("halt_market")
    assert not floor.is_halted("KRW-XRP")
    assert floor.is_halted("KRW-ETH"), "what is delisted stays so"

    faults.list_market("KRW-ETH")
    list(floor.run(NOW + 3_600_000))
    faults.halt_market("KRW-ETH")
    assert floor.is_halted("KRW-ETH")


def test_lost_streams_must_exist(faults: Faults, desk: Desk) -> None:
    faults.lose_streams("trade", "KRW-BTC")
    faults.lose_streams()
    assert desk.moved == [("lost", "trade", "KRW-BTC"), ("lost", None, None)]


def test_the_key_expires(faults: Faults, desk: Desk) -> None:
    faults.expire_key()
    assert desk.moved == ["expire"]


def test_the_levers_of_an_exchange_move_its_floor() -> None:
    floor = TradingFloor(select(("KRW-BTC", "KRW-ETH")), 1, 1.0, NOW)
    done: list[object] = []
    levers = ExchangeLevers(
        floor, done.append, lambda: done.append("expired"), lambda *lost: done.append(lost)
    )
    levers.stop_clock(on=True)
    levers.expire_key()
    levers.lose_streams("ticker", None)
    assert done == [True, "expired", ("ticker", None)]

    levers.halt("KRW-ETH", on=True)
    assert floor.is_halted("KRW-ETH")
    levers.halt("KRW-ETH", on=False)
    assert not floor.is_halted("KRW-ETH")

    levers.list_market("KRW-NEO")
    list(floor.run(NOW + 3_600_000))
    assert "KRW-NEO" in floor.listings
    levers.delist_market("KRW-NEO", 0.0)
    assert "KRW-NEO" not in floor.listings


@pytest.mark.parametrize(
    ("move", "said"),
    [
        (lambda levers: levers.halt("KRW-NEO", on=True), "must be a listed one; got 'KRW-NEO'"),
        (
            lambda levers: levers.delist_market("KRW-NEO", 0.0),
            "must be a listed one; got 'KRW-NEO'",
        ),
        (lambda levers: levers.list_market("KRW-BTC"), "KRW-BTC is listed already"),
        (lambda levers: levers.list_market("KRW-NOPE"), "lists no market 'KRW-NOPE'"),
    ],
)
def test_markets_must_fit(move: Callable[[ExchangeLevers], None], said: str) -> None:
    floor = TradingFloor(select(("KRW-BTC",)), 1, 1.0, NOW)
    with pytest.raises(InvalidRequest, match=said):
        move(ExchangeLevers(floor, bool, int, max))


# -- arguments ------------------------------------------------------------------------------------


def test_every_fault_is_named_and_explained() -> None:
    """The names are what scripts, the command line and the menu offer."""
    public = {name for name in vars(Faults) if not name.startswith("_")}
    asked_by_the_exchange = {"greet", "forget", "refusal", "shift_ms", "clear"}
    assert public - asked_by_the_exchange == {*AT_ONCE, *LASTING}
    for name in (*AT_ONCE, *LASTING):
        assert "A client sees" in getattr(Faults, name).__doc__, name


@pytest.mark.parametrize(
    ("begin", "said"),
    [
        (lambda faults: faults.drop(1006), "a close code is .* got 1006"),
        (lambda faults: faults.drop(999), "got 999"),
        (lambda faults: faults.drop(2000), "got 2000"),
        (lambda faults: faults.drop(5000), "got 5000"),
        (lambda faults: faults.accept_then_close(1005), "got 1005"),
        (lambda faults: faults.accept_then_close(after_ms=-1), "after_ms must be at least 0"),
        (lambda faults: faults.accept_then_close(times=0), "times must be at least 1; got 0"),
        (lambda faults: faults.refuse(200), "from 400 to 599; got 200"),
        (lambda faults: faults.refuse(600), "from 400 to 599; got 600"),
        (lambda faults: faults.refuse("vanish"), "how is one of reset, timeout; got 'vanish'"),
        (lambda faults: faults.refuse(of="doors"), "of is one of .*rest, both; got 'doors'"),
        (lambda faults: faults.refuse(times=0), "times must be at least 1"),
        (lambda faults: faults.refuse(retry_after_s=-1), "retry_after_s must be at least 0"),
        (lambda faults: faults.silence("tickers"), "a stream is one of .* got 'tickers'"),
        (lambda faults: faults.silence(code="krw-btc"), "did you mean 'KRW-BTC'"),
        (lambda faults: faults.slow(), "slow needs delay_s above 0, or bytes_per_second"),
        (lambda faults: faults.slow(-1.0), "delay_s must be at least 0"),
        (lambda faults: faults.slow(bytes_per_second=0), "bytes_per_second must be above 0"),
        (lambda faults: faults.duplicate(0), "every must be at least 1"),
        (lambda faults: faults.corrupt("nan", times=0), "times must be at least 1"),
        (lambda faults: faults.corrupt("burnt"), "kind is one of truncated, .*; got 'burnt'"),
        (lambda faults: faults.wrong_type("burnt"), "kind is one of text, .*; got 'burnt'"),
        (lambda faults: faults.reorder(1), "window is from 2 to 1000 frames; got 1"),
        (lambda faults: faults.reorder(1001), "window is from 2 to 1000 frames; got 1001"),
        (lambda faults: faults.oversized(0), "megabytes must be above 0, at most 64; got 0"),
        (lambda faults: faults.oversized(65), "got 65"),
        (lambda faults: faults.skew_clock(10**12), "ms must be within .* of 0"),
        (lambda faults: faults.halt_market("BTC"), "did you mean 'KRW-BTC'"),
        (lambda faults: faults.lose_streams("tickers"), "a stream is one of .* got 'tickers'"),
        (lambda faults: faults.lose_streams(code="BTC"), "a market code reads"),
        (lambda faults: faults.list_market("BTC"), "a market code reads"),
        (lambda faults: faults.delist_market("BTC"), "a market code reads"),
        (lambda faults: faults.delist_market("KRW-BTC", -1), "after_s must be at least 0; got -1"),
        (lambda faults: faults.delist_market("KRW-BTC", float("inf")), "at most 31622400; got inf"),
        (lambda faults: faults.clear("drop"), "clear ends half_open, .* got 'drop'"),
    ],
)
def test_wrong_arguments_are_refused_at_the_call(
    line: Line, desk: Desk, faults: Faults, begin: Callable[[Faults], None], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        begin(faults)
    assert (line.done, line.filtered, desk.moved) == ([], None, []), "and nothing has begun"
    assert faults.refusal("sockets") is faults.refusal("rest") is None
