"""Who wants what, and what therefore belongs on the wire. Tests only."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.unit.naive_wishes import NaiveWishes
from upbit_ws_qt.errors import InvalidMarket, InvalidRequest
from upbit_ws_qt.events import (
    BalanceEvent,
    DataType,
    OrderbookEvent,
    TickerEvent,
)
from upbit_ws_qt.subscriptions import (
    BALANCE_STREAM,
    ORDER_STREAM,
    Stream,
    StreamEvent,
    SubscriptionDiff,
    SubscriptionSpec,
    SubscriptionStateManager,
    WishStatistics,
    stream_names,
    stream_of,
)
from upbit_ws_qt.timeframe import Timeframe

TICKER_BTC = Stream("ticker", "KRW-BTC")
BOOK_BTC = Stream("orderbook", "KRW-BTC")
GRACE_S = 5.0


# -- one wish --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "streams"),
    [
        (
            SubscriptionSpec(DataType.TICKER, ("KRW-BTC", "KRW-ETH")),
            {TICKER_BTC: 0, Stream("ticker", "KRW-ETH"): 0},
        ),
        (SubscriptionSpec(DataType.TRADE, ("KRW-BTC",)), {Stream("trade", "KRW-BTC"): 0}),
        (SubscriptionSpec(DataType.ORDERBOOK, ("KRW-BTC",)), {BOOK_BTC: 30}),
        (
            SubscriptionSpec(DataType.ORDERBOOK, ("KRW-BTC",), depth=5, level=10_000.0),
            {Stream("orderbook", "KRW-BTC", 10_000.0): 5},
        ),
        (
            SubscriptionSpec(DataType.CANDLE, ("KRW-BTC",), Timeframe.MINUTE_240),
            {Stream("candle.240m", "KRW-BTC"): 0},
        ),
        (SubscriptionSpec(DataType.BALANCE), {BALANCE_STREAM: 0}),
    ],
)
def test_the_streams_of_a_wish(spec: SubscriptionSpec, streams: dict[Stream, int]) -> None:
    assert spec.streams == streams


def test_a_wish_names_each_market_once() -> None:
    spec = SubscriptionSpec(DataType.TICKER, ("KRW-ETH", "KRW-BTC", "KRW-ETH"))
    assert spec.symbols == ("KRW-ETH", "KRW-BTC")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"data_type": DataType.STATUS}, "status events come by themselves"),
        ({"data_type": DataType.BALANCE, "symbols": ("KRW-BTC",)}, "balances have no markets"),
        ({"data_type": DataType.CANDLE}, "needs a timeframe, such as '1m'"),
        ({"data_type": DataType.CANDLE, "timeframe": Timeframe.DAY}, "use REST"),
        (
            {"data_type": DataType.TICKER, "timeframe": Timeframe.MINUTE_1},
            "only candles have a timeframe; got '1m'",
        ),
        (
            {"data_type": DataType.BALANCE, "timeframe": Timeframe.DAY, "symbols": ()},
            "only candles",
        ),
        ({"data_type": DataType.ORDERBOOK, "depth": 10}, "1, 5, 15 or 30 rows; got 10"),
        ({"data_type": DataType.ORDERBOOK, "depth": 0}, "1, 5, 15 or 30 rows; got 0"),
        ({"data_type": DataType.ORDERBOOK, "level": -1.0}, r"level is 0 .*; got -1.0"),
        ({"data_type": DataType.ORDERBOOK, "level": float("nan")}, r"level is 0 .*; got nan"),
        ({"data_type": DataType.ORDERBOOK, "level": float("inf")}, r"level is 0 .*; got inf"),
        (
            {"data_type": DataType.ORDERBOOK, "level": 10.0, "symbols": ("KRW-BTC", "BTC-ETH")},
            "grouping by 10.0 is for KRW markets only; got BTC-ETH",
        ),
    ],
)
def test_what_the_exchange_does_not_offer_is_refused_at_the_call(
    wrong: dict[str, object], says: str
) -> None:
    """It would answer nothing at all, or take everyone's streams down with the request."""
    with pytest.raises(InvalidRequest, match=says):
        SubscriptionSpec(**{"symbols": ("KRW-BTC",)} | wrong)  # type: ignore[arg-type]


def test_a_wish_needs_well_formed_markets() -> None:
    for symbols in ((), ("btc",), ("KRW-BTC", "krw-eth")):
        with pytest.raises(InvalidMarket):
            SubscriptionSpec(DataType.TICKER, symbols)


BOOK = OrderbookEvent(
    type="orderbook",
    code="KRW-BTC",
    timestamp=1,
    total_ask_size=0.0,
    total_bid_size=0.0,
    orderbook_units=(),
)


@pytest.mark.parametrize(
    ("event", "stream"),
    [
        (TickerEvent(type="ticker", code="KRW-BTC", timestamp=1, trade_price=1.0), TICKER_BTC),
        (BOOK, BOOK_BTC),
        (replace(BOOK, level=1000.0), Stream("orderbook", "KRW-BTC", 1000.0)),
        (BalanceEvent(balances=()), BALANCE_STREAM),
    ],
)
def test_the_stream_of_an_event(event: StreamEvent, stream: Stream) -> None:
    assert stream_of(event) == stream


# -- all wishes ------------------------------------------------------------------------------------


def test_a_change_says_what_it_did() -> None:
    state = SubscriptionStateManager()
    assert state.add_subscription("a", DataType.TICKER, ["KRW-BTC"]) == SubscriptionDiff(
        added_symbols=frozenset({"KRW-BTC"})
    )
    assert state.add_subscription("b", DataType.TICKER, ["KRW-BTC", "KRW-ETH"]) == (
        SubscriptionDiff(added_symbols=frozenset({"KRW-ETH"}))
    )
    assert state.remove_client("a") == SubscriptionDiff()
    assert state.remove_client("b") == SubscriptionDiff(
        removed_symbols=frozenset({"KRW-BTC", "KRW-ETH"})
    )
    assert state.remove_client("b") == SubscriptionDiff()
    assert state.remove_client("nobody") == SubscriptionDiff()


def test_one_market_may_be_given_as_a_string() -> None:
    state = SubscriptionStateManager()
    diff = state.add_subscription("a", DataType.TICKER, "KRW-BTC")
    assert diff.added_symbols == {"KRW-BTC"}


def test_what_is_wanted_of_each_type() -> None:
    state = SubscriptionStateManager()
    state.add_subscription("a", DataType.TICKER, ["KRW-BTC"])
    state.add_subscription("a", DataType.CANDLE, ["KRW-ETH"], timeframe=Timeframe.MINUTE_1)
    state.add_subscription("b", DataType.TICKER, ["KRW-XRP"])
    state.add_subscription("b", DataType.ORDERBOOK, ["KRW-BTC"], depth=5, level=1000.0)
    wanted = state.get_consolidated_subscription()
    assert wanted.keys() == set(DataType)
    assert {data_type: codes for data_type, codes in wanted.items() if codes} == {
        DataType.TICKER: {"KRW-BTC", "KRW-XRP"},
        DataType.ORDERBOOK: {"KRW-BTC"},
        DataType.CANDLE: {"KRW-ETH"},
    }
    assert set(state.clients()) == {"a", "b"}
    assert [spec.data_type for spec in state.clients()["a"]] == ["ticker", "candle"]


def test_a_wrong_wish_changes_nothing() -> None:
    state = SubscriptionStateManager()
    with pytest.raises(InvalidMarket):
        state.add_subscription("a", DataType.TICKER, ["btc"])
    assert state.clients() == {}
    assert state.wire_plan(100.0) == {}


def test_the_wire_carries_the_greatest_depth_wanted() -> None:
    """Replies carry no depth, so one depth serves all; each consumer takes its slice."""
    state = SubscriptionStateManager(GRACE_S)
    state.add_subscription("small", DataType.ORDERBOOK, ["KRW-BTC"], depth=5)
    state.add_subscription("large", DataType.ORDERBOOK, ["KRW-BTC"], depth=15)
    state.add_subscription("grouped", DataType.ORDERBOOK, ["KRW-BTC"], depth=1, level=1000.0)
    grouped = Stream("orderbook", "KRW-BTC", 1000.0)
    assert state.wire_plan(100.0) == {BOOK_BTC: 15, grouped: 1}
    state.remove_client("large", 100.0)
    assert state.wire_plan(104.9) == {BOOK_BTC: 15, grouped: 1}
    assert state.wire_plan(105.0) == {BOOK_BTC: 5, grouped: 1}
    state.add_subscription("whole", DataType.ORDERBOOK, ["KRW-BTC"], depth=30)
    assert state.wire_plan(102.0) == {BOOK_BTC: 30, grouped: 1}


def test_a_consumer_with_two_depths_counts_with_the_greater() -> None:
    state = SubscriptionStateManager(GRACE_S)
    state.add_subscription("a", DataType.ORDERBOOK, ["KRW-BTC"], depth=15)
    state.add_subscription("a", DataType.ORDERBOOK, ["KRW-BTC"], depth=5)
    assert state.wire_plan(100.0) == {BOOK_BTC: 15}
    state.remove_client("a", 100.0)
    state.expire(105.0)
    assert state.wire_plan(105.0) == {}


def test_a_stream_nobody_wants_stays_for_the_grace_period() -> None:
    state = SubscriptionStateManager(GRACE_S)
    state.add_subscription("a", DataType.TICKER, ["KRW-BTC"])
    state.remove_client("a", 100.0)
    assert state.wanted() == {}
    assert state.next_deadline() == 105.0
    assert state.wire_plan(104.999) == {TICKER_BTC: 0}
    assert state.wire_plan(105.0) == {}
    state.expire(104.999)
    assert state.next_deadline() == 105.0
    state.expire(105.0)
    assert state.next_deadline() is None


def test_the_next_deadline_is_the_end_of_the_earliest_grace() -> None:
    state = SubscriptionStateManager(GRACE_S)
    for client, code in (("a", "KRW-BTC"), ("b", "KRW-ETH")):
        state.add_subscription(client, DataType.TICKER, [code])
    state.remove_client("a", 100.0)
    state.remove_client("b", 101.0)
    assert state.next_deadline() == 105.0


def test_without_grace_it_goes_at_once() -> None:
    state = SubscriptionStateManager(0.0)
    state.add_subscription("a", DataType.TICKER, ["KRW-BTC"])
    state.remove_client("a", 100.0)
    assert state.wire_plan(100.0) == {}


def test_a_refused_stream_is_off_the_wire_while_anyone_wants_it() -> None:
    state = SubscriptionStateManager(GRACE_S)
    state.add_subscription("a", DataType.TICKER, ["KRW-BTC", "KRW-ETH"])
    state.add_subscription("b", DataType.TICKER, ["KRW-BTC"])
    assert state.refuse([TICKER_BTC]) == ("a", "b")
    assert state.refused_of("a")
    assert not state.refused_of("nobody")
    assert state.wire_plan(100.0) == {Stream("ticker", "KRW-ETH"): 0}
    state.remove_client("a", 100.0)
    assert state.refused_of("b")
    state.remove_client("b", 100.0)
    assert state.wire_plan(100.0) == {Stream("ticker", "KRW-ETH"): 0}, "no grace for the refused"
    state.add_subscription("c", DataType.TICKER, ["KRW-BTC"])
    assert not state.refused_of("c"), "the exchange is asked again"
    assert TICKER_BTC in state.wire_plan(100.0)


def test_a_refused_stream_in_grace_leaves_the_wire_and_is_not_held_against_anyone() -> None:
    state = SubscriptionStateManager(GRACE_S)
    state.add_subscription("a", DataType.TICKER, ["KRW-BTC"])
    state.remove_client("a", 100.0)
    assert state.refuse([TICKER_BTC]) == ()
    assert state.wire_plan(100.0) == {}
    state.add_subscription("b", DataType.TICKER, ["KRW-BTC"])
    assert not state.refused_of("b")


def test_its_numbers() -> None:
    state = SubscriptionStateManager(GRACE_S)
    assert state.statistics() == WishStatistics(consumers=0, wanted=0, in_grace=0, refused=0)
    state.add_subscription("a", DataType.TICKER, ["KRW-BTC", "KRW-ETH"])
    state.add_subscription("b", DataType.ORDERBOOK, ["KRW-BTC"], depth=5)
    state.add_subscription("c", DataType.ORDERBOOK, ["KRW-BTC"], depth=15)
    state.refuse([TICKER_BTC])
    state.remove_client("c", 100.0)
    # The book is in grace at 15 rows and wanted with 5: wanted counts.
    assert state.statistics() == WishStatistics(consumers=2, wanted=3, in_grace=0, refused=1)
    state.remove_client("a", 100.0)
    assert state.statistics() == WishStatistics(consumers=1, wanted=1, in_grace=1, refused=0)


# -- any interleaving ------------------------------------------------------------------------------

CODES = st.lists(st.sampled_from(["KRW-BTC", "KRW-ETH"]), min_size=1, max_size=2)
SPECS = st.one_of(
    st.builds(
        lambda data_type, codes: SubscriptionSpec(data_type, tuple(codes)),
        st.sampled_from([DataType.TICKER, DataType.TRADE]),
        CODES,
    ),
    st.builds(
        lambda codes, unit: SubscriptionSpec(DataType.CANDLE, tuple(codes), unit),
        CODES,
        st.sampled_from([Timeframe.SECOND_1, Timeframe.MINUTE_1]),
    ),
    st.builds(
        lambda codes, depth, level: SubscriptionSpec(
            DataType.ORDERBOOK, tuple(codes), depth=depth, level=level
        ),
        CODES,
        st.sampled_from([1, 5, 15, 30]),
        st.sampled_from([0.0, 1000.0]),
    ),
    st.just(SubscriptionSpec(DataType.BALANCE)),
)


@given(st.data())
@settings(max_examples=200)
def test_any_interleaving(data: st.DataObject) -> None:
    """After every step the wire, the diffs and the owners are those of the naive rule."""
    state = SubscriptionStateManager(GRACE_S)
    naive = NaiveWishes(GRACE_S)
    now = 100.0
    for _ in range(data.draw(st.integers(5, 30))):
        now += data.draw(st.sampled_from([0.0, 0.5, 1.0, 2.5, 4.5, 5.0, 7.0]))
        naive.look(now)
        before = naive.wanted()
        client = data.draw(st.integers(1, 4))
        match data.draw(st.sampled_from(["add", "add", "remove", "refuse", "expire"])):
            case "add":
                spec = data.draw(SPECS)
                diff = state.add(client, spec)
                naive.wishes.append((client, spec))
                added = naive.wanted().keys() - before.keys()
                assert diff.added_symbols == {stream.code for stream in added}
                assert not diff.removed_symbols
            case "remove":
                diff = state.remove_client(client, now)
                naive.wishes = [wish for wish in naive.wishes if wish[0] != client]
                gone = before.keys() - naive.wanted().keys()
                assert diff.removed_symbols == {stream.code for stream in gone}
                assert not diff.added_symbols
            case "refuse":
                known = sorted({*naive.wire(now), TICKER_BTC})
                streams = set(data.draw(st.lists(st.sampled_from(known), max_size=3)))
                owners = state.refuse(streams)
                assert len(set(owners)) == len(owners)
                assert set(owners) == {who for s in streams for who in naive.owners(s)}
                naive.refuse(streams)
            case _:
                state.expire(now)
        naive.look(now)
        assert state.wanted() == naive.wanted()
        assert state.wire_plan(now) == naive.wire(now)
        for who in range(1, 5):
            assert bool(state.refused_of(who)) == any(who in naive.owners(s) for s in naive.refused)
        later = now + data.draw(st.floats(0.0, 10.0))
        deadline = state.next_deadline()
        while deadline is not None and deadline <= now:
            state.expire(now)
            deadline = state.next_deadline()
        if deadline is None or later < deadline:
            assert state.wire_plan(later) == state.wire_plan(now), "it changes at deadlines only"


def test_streams_in_words() -> None:
    streams = [
        Stream("ticker", "KRW-ETH"),
        Stream("orderbook", "KRW-BTC", 1000.0),
        Stream("orderbook", "KRW-BTC"),
        Stream("myAsset", ""),
    ]
    assert stream_names(streams) == [
        "myAsset",
        "orderbook KRW-BTC",
        "orderbook KRW-BTC by 1000",
        "ticker KRW-ETH",
    ]


# -- types of custom handlers ----------------------------------------------------------------------


def test_a_custom_type_is_of_markets_or_of_none() -> None:
    of_none = SubscriptionSpec(DataType.CUSTOM, type="announcement")
    assert of_none.streams == {Stream("announcement", ""): 0}
    of_two = SubscriptionSpec(DataType.CUSTOM, ("KRW-BTC", "KRW-ETH"), type="indicator")
    assert of_two.streams == {Stream("indicator", code): 0 for code in ("KRW-BTC", "KRW-ETH")}
    with pytest.raises(InvalidMarket, match="did you mean 'KRW-BTC'"):
        SubscriptionSpec(DataType.CUSTOM, ("btc",), type="indicator")


@pytest.mark.parametrize(
    ("data_type", "name"), [(DataType.CUSTOM, ""), (DataType.TICKER, "announcement")]
)
def test_a_type_is_named_where_it_is_custom_and_only_there(data_type: DataType, name: str) -> None:
    with pytest.raises(InvalidRequest, match=f"got '{name}' for '{data_type}'"):
        SubscriptionSpec(data_type, ("KRW-BTC",), type=name)


def test_orders_of_some_markets_go_over_the_wire_with_all_others() -> None:
    everything = SubscriptionSpec(DataType.ORDER)
    some = SubscriptionSpec(DataType.ORDER, ("KRW-BTC", "KRW-ETH"))
    assert everything.streams == some.streams == {ORDER_STREAM: 0}
    assert everything.routes == (ORDER_STREAM,)
    assert some.routes == (Stream("myOrder", "KRW-BTC"), Stream("myOrder", "KRW-ETH"))
    ticker = SubscriptionSpec(DataType.TICKER, ("KRW-BTC",))
    assert ticker.routes == (Stream("ticker", "KRW-BTC"),)
    with pytest.raises(InvalidMarket):
        SubscriptionSpec(DataType.ORDER, ("btc",))


def test_what_was_refused_may_be_wanted_again_under_another_key() -> None:
    wishes = SubscriptionStateManager()
    wishes.add("a", SubscriptionSpec(DataType.ORDER))
    assert wishes.refuse([ORDER_STREAM]) == ("a",)
    assert wishes.wire_plan() == {}
    wishes.pardon()
    assert wishes.wire_plan() == {ORDER_STREAM: 0}
    assert wishes.refused_of("a") == set()


# -- who can be seen -------------------------------------------------------------------------------


def test_what_nobody_can_see_is_wanted_but_not_visible() -> None:
    wishes = SubscriptionStateManager()
    wishes.add_subscription("a", DataType.TICKER, "KRW-BTC")
    wishes.add_subscription("b", DataType.TICKER, ["KRW-BTC", "KRW-ETH"])
    both = {TICKER_BTC: 0, Stream("ticker", "KRW-ETH"): 0}
    assert wishes.visible() == both
    assert wishes.hide("b", hidden=True)
    assert wishes.visible() == {TICKER_BTC: 0}, "somebody else sees it"
    assert wishes.hide("a", hidden=True)
    assert wishes.visible() == {}
    assert wishes.wanted() == wishes.wire_plan() == both
    assert wishes.hide("b", hidden=False)
    assert wishes.visible() == both


def test_the_visible_depth_is_the_greatest_that_is_seen() -> None:
    wishes = SubscriptionStateManager()
    wishes.add_subscription("shallow", DataType.ORDERBOOK, "KRW-BTC", depth=5)
    wishes.add_subscription("deep", DataType.ORDERBOOK, "KRW-BTC", depth=30)
    assert wishes.visible() == {BOOK_BTC: 30}
    wishes.hide("deep", hidden=True)
    assert wishes.visible() == {BOOK_BTC: 5}
    assert wishes.wire_plan() == {BOOK_BTC: 30}


def test_it_says_whether_being_hidden_is_new() -> None:
    wishes = SubscriptionStateManager()
    assert not wishes.hide("nobody", hidden=True)
    wishes.add_subscription("a", DataType.TICKER, "KRW-BTC")
    assert wishes.visible() == {TICKER_BTC: 0}, "nobody was hidden before it came"
    assert not wishes.hide("a", hidden=False)
    assert wishes.hide("a", hidden=True)
    assert not wishes.hide("a", hidden=True)
    assert wishes.hide("a", hidden=False)


def test_who_comes_back_is_seen_again() -> None:
    wishes = SubscriptionStateManager()
    wishes.add_subscription("a", DataType.TICKER, "KRW-BTC")
    wishes.hide("a", hidden=True)
    wishes.remove_client("a")
    wishes.add_subscription("a", DataType.TICKER, "KRW-BTC")
    assert wishes.visible() == {TICKER_BTC: 0}


def test_neither_what_is_refused_nor_what_is_in_grace_is_visible() -> None:
    wishes = SubscriptionStateManager(GRACE_S)
    wishes.add_subscription("a", DataType.TICKER, "KRW-BTC")
    wishes.add_subscription("b", DataType.TRADE, "KRW-BTC")
    wishes.refuse([TICKER_BTC])
    wishes.remove_client("b", 100.0)
    assert wishes.wire_plan(100.0) == {Stream("trade", "KRW-BTC"): 0}
    assert wishes.visible() == {}


@pytest.mark.parametrize(
    ("stream", "data_type"),
    [
        (TICKER_BTC, DataType.TICKER),
        (Stream("trade", "KRW-BTC"), DataType.TRADE),
        (BOOK_BTC, DataType.ORDERBOOK),
        (Stream("orderbook", "KRW-BTC", 1000.0), DataType.ORDERBOOK),
        (Stream("candle.240m", "KRW-BTC"), DataType.CANDLE),
        (ORDER_STREAM, DataType.ORDER),
        (BALANCE_STREAM, DataType.BALANCE),
        (Stream("announcement", ""), DataType.CUSTOM),
    ],
)
def test_what_a_stream_is_about(stream: Stream, data_type: DataType) -> None:
    assert stream.data_type is data_type
