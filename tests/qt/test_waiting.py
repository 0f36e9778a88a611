"""Rule 6 and 7: handles that may be awaited, ignored and cancelled; threads that are told."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from PyQt6.QtCore import QObject

from tests.feed import Feed
from upbit_ws_qt import (
    DataType,
    GlobalWebSocketManager,
    InvalidMarket,
    InvalidRequest,
    InvalidState,
    ProxyClosed,
    RequestRejected,
    UpbitError,
    WebSocketClientProxy,
    WrongThread,
)
from upbit_ws_qt.simulator import SimulatedExchange

MARKET = "KRW-BTC"


@pytest.fixture
def component() -> QObject:
    return QObject()


@pytest.fixture
def proxy(manager: GlobalWebSocketManager, component: QObject) -> WebSocketClientProxy:
    return WebSocketClientProxy("waiting_one", manager, component)


def test_a_handle_may_be_awaited_any_number_of_times(
    feed: Feed, proxy: WebSocketClientProxy
) -> None:
    subscription = proxy.subscribe_ticker([MARKET])

    async def together() -> list[Any]:
        async def wait() -> Any:
            return await subscription

        return await asyncio.gather(wait(), wait(), wait())

    assert feed(together()) == [subscription] * 3
    assert feed(subscription) is subscription


def test_cancelling_one_wait_cancels_that_wait_only(
    feed: Feed, proxy: WebSocketClientProxy
) -> None:
    subscription = proxy.subscribe_ticker([MARKET])

    async def one_gives_up() -> Any:
        async def wait() -> Any:
            return await subscription

        impatient = asyncio.create_task(wait())
        patient = asyncio.create_task(wait())
        await asyncio.sleep(0)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        return await patient

    assert feed(one_gives_up()) is subscription
    assert subscription.is_active


def test_it_waits_while_there_is_no_connection(
    feed: Feed, exchange: SimulatedExchange, proxy: WebSocketClientProxy
) -> None:
    exchange.faults.refuse(503)
    subscription = proxy.subscribe_ticker([MARKET])
    states: list[str] = []
    proxy.state_changed.connect(lambda event: states.append(event.state))
    feed.until(lambda: "reconnecting" in states)
    exchange.faults.clear("refuse")
    assert feed(subscription) is subscription


def test_a_stream_without_values_settles_when_the_request_is_accepted(
    feed: Feed, exchange: SimulatedExchange, proxy: WebSocketClientProxy
) -> None:
    """A code that the exchange does not know is silent for ever; a second without a refusal is
    all the yes there is."""
    exchange.faults.silence()
    values: list[object] = []
    subscription = proxy.subscribe_ticker([MARKET], values.append)
    feed.until(lambda: exchange.connections)
    assert feed(subscription) is subscription
    assert values == []


def test_who_joins_a_stream_without_values_does_not_wait_for_ever(
    feed: Feed, exchange: SimulatedExchange, proxy: WebSocketClientProxy
) -> None:
    exchange.faults.silence()
    feed(proxy.subscribe_ticker([MARKET]))
    joined = proxy.subscribe_ticker([MARKET])
    assert feed(joined) is joined
    assert len(exchange.requests) == 1


def test_a_released_proxy_ends_the_waits(
    feed: Feed, exchange: SimulatedExchange, proxy: WebSocketClientProxy
) -> None:
    exchange.faults.refuse(503)
    subscription = proxy.subscribe_ticker([MARKET])

    async def released_meanwhile() -> None:
        asyncio.get_running_loop().call_soon(proxy.cleanup)
        await subscription

    with pytest.raises(ProxyClosed):
        feed(released_meanwhile())
    assert not subscription.is_active
    feed(proxy.cleanup())


def test_a_context_manager_releases(feed: Feed, manager: GlobalWebSocketManager) -> None:
    async def use() -> WebSocketClientProxy:
        async with WebSocketClientProxy("script_one", manager) as proxy:
            await proxy.subscribe_ticker(MARKET)
        return proxy

    released = feed(use())
    with pytest.raises(ProxyClosed):
        released.subscribe_ticker(MARKET)


def refuse_new_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the next requests spoken in a way that the exchange refuses."""
    from upbit_ws_qt import dialect

    def without_ticket(plan: Any, ticket: str) -> bytes:
        return b'[{"type":"ticker","codes":["KRW-BTC"]}]'

    monkeypatch.setattr(dialect, "encode_request", without_ticket)


def test_a_refusal_raises_where_it_is_awaited(
    feed: Feed, proxy: WebSocketClientProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_new_requests(monkeypatch)
    with pytest.raises(RequestRejected, match="NO_TICKET"):
        feed(proxy.subscribe_ticker([MARKET]))


def test_a_refusal_that_nobody_awaits_goes_to_the_error_handler(
    feed: Feed, proxy: WebSocketClientProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_new_requests(monkeypatch)
    errors: list[Exception] = []
    proxy.subscribe_ticker([MARKET], error_handler=errors.append)
    feed.until(lambda: errors)
    assert isinstance(errors[0], RequestRejected)


@pytest.mark.allow_logs("a refusal that nobody else was told of is one line in the log")
def test_a_refusal_that_nobody_handles_goes_to_the_manager_and_the_log(
    feed: Feed,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    refuse_new_requests(monkeypatch)
    errors: list[Exception] = []
    manager.error_occurred.connect(errors.append)
    subscription = proxy.subscribe_ticker([MARKET])
    feed.until(lambda: errors)
    assert isinstance(errors[0], RequestRejected)
    assert caplog.text.count("refused a request") == 1
    with pytest.raises(RequestRejected):
        feed(subscription)


def test_a_refusal_leaves_what_was_accepted_on_the_wire(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The exchange closes everyone's socket for one bad request; the last union returns."""
    from upbit_ws_qt import dialect

    prices: list[Any] = []
    accepted: list[Any] = []
    feed(proxy.subscribe_ticker([MARKET], prices.append))
    feed.until(lambda: len(exchange.requests) == 1)
    right = dialect.encode_request
    exchange_says_nothing = manager._connections.protocols["public"]
    feed.until(lambda: exchange_says_nothing._verdicts.due_at is None)

    def wrong_for_trades(plan: Any, ticket: str) -> bytes:
        bad = any(stream.type == "trade" for stream in plan)
        return b'[{"ticket":"t"},{"type":"nope","codes":["X"]}]' if bad else right(plan, ticket)

    monkeypatch.setattr(dialect, "encode_request", wrong_for_trades)
    with pytest.raises(RequestRejected, match="INVALID_PARAM"):
        feed(proxy.subscribe_trade([MARKET], accepted.append))
    feed.until(lambda: manager.health_check().epochs["public"] == 2)
    feed(exchange.advance(20_000))
    feed.until(lambda: prices and prices[-1].epoch == 2)
    assert {stream.type for stream in manager.wire_subscription()} == {"ticker"}
    assert accepted == []


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda proxy: proxy.subscribe_ticker(["btc"]), InvalidMarket),
        (lambda proxy: proxy.subscribe_ticker([]), InvalidMarket),
        (lambda proxy: proxy.subscribe_candle([MARKET], "7m"), InvalidRequest),
        (lambda proxy: proxy.subscribe_candle([MARKET], "1d"), InvalidRequest),
        (lambda proxy: proxy.subscribe_orderbook([MARKET], depth=7), InvalidRequest),
        (lambda proxy: proxy.subscribe_orderbook(["BTC-ETH"], level=1000), InvalidRequest),
    ],
)
def test_wrong_arguments_raise_at_the_call(
    proxy: WebSocketClientProxy,
    manager: GlobalWebSocketManager,
    call: Callable[[WebSocketClientProxy], object],
    error: type[Exception],
) -> None:
    with pytest.raises(error):
        call(proxy)
    assert manager.get_subscription_summary().clients == {"waiting_one": ()}


def test_an_unlisted_market_is_refused_with_a_suggestion(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    feed(proxy.subscribe_ticker([MARKET]))
    feed.until(lambda: len(manager.markets))
    with pytest.raises(InvalidMarket, match="KRW-BTC"):
        proxy.subscribe_ticker(["KRW-BTCC"])


def reads_of_the_list(exchange: SimulatedExchange, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every time the list of markets is read from now on."""
    reads: list[str] = []
    from upbit_ws_qt import rest

    def markets() -> Any:
        reads.append("read")
        return read()

    read = rest.markets
    monkeypatch.setattr("upbit_ws_qt.qt.markets.rest.markets", markets)
    return reads


@pytest.mark.upbit_exchange(markets=["KRW-BTC", "KRW-ETH"])
def test_a_market_listed_a_minute_ago_is_not_refused(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The list that does not hold it is read again, and the call waits for that."""
    reads = reads_of_the_list(exchange, monkeypatch)
    monkeypatch.setattr("upbit_ws_qt.qt.markets._READ_AGAIN_AFTER_S", 0.0)
    feed(proxy.subscribe_ticker([MARKET]))
    feed.until(lambda: len(manager.markets))
    exchange.faults.list_market("KRW-XRP")
    feed(exchange.advance(60_000))
    errors: list[Exception] = []
    values: list[Any] = []

    listed = proxy.subscribe_ticker(["KRW-XRP"], values.append, error_handler=errors.append)
    mixed = proxy.subscribe_trade([MARKET, "KRW-BTCC"], error_handler=errors.append)
    wrong = proxy.subscribe_ticker(["KRW-XRPP"])

    with pytest.raises(InvalidMarket, match="did you mean 'KRW-XRP'"):
        feed(wrong)
    feed.until(lambda: values and errors)
    assert reads == ["read", "read"], "once for all of them"
    assert listed.is_active
    assert len(errors) == 1
    assert "did you mean 'KRW-BTC'" in str(errors[0])
    assert mixed.spec is not None
    assert mixed.spec.symbols == (MARKET,)
    assert not wrong.is_active


@pytest.mark.upbit_exchange(markets=["KRW-BTC", "KRW-ETH"])
def test_a_list_that_is_read_again_says_nothing_of_what_it_does_not_hold_before_it_came(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ticks and levels may come in between, and whoever asked before is looked up then, too."""
    monkeypatch.setattr("upbit_ws_qt.qt.markets._READ_AGAIN_AFTER_S", 0.0)
    feed(proxy.subscribe_ticker([MARKET]))
    feed.until(lambda: manager.markets.statistics().instruments == 1)
    exchange.faults.list_market("KRW-XRP")
    feed(exchange.advance(60_000))
    errors: list[Exception] = []
    new = proxy.subscribe_ticker(["KRW-XRP"], error_handler=errors.append)
    manager.markets.changed.emit()
    assert errors == []
    feed.until(lambda: "KRW-XRP" in manager.markets)
    assert new.is_active
    assert errors == []


def test_who_mistypes_again_and_again_does_not_read_the_list_each_time(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads = reads_of_the_list(exchange, monkeypatch)
    feed(proxy.subscribe_ticker([MARKET]))
    feed.until(lambda: len(manager.markets))
    for _ in range(5):
        with pytest.raises(InvalidMarket):
            proxy.subscribe_ticker(["KRW-BTCC"])
    feed(proxy.subscribe_trade([MARKET]))
    assert reads == ["read"]


def test_a_code_asked_for_before_the_list_was_known_is_looked_up_when_it_comes(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    """The exchange is silent about what it does not know, so nobody else would say it."""
    errors: list[Exception] = []
    wrong = proxy.subscribe_ticker(["KRW-BTCC"], error_handler=errors.append)
    mixed = proxy.subscribe_trade([MARKET, "KRW-NOPE"], error_handler=errors.append)
    fine = proxy.subscribe_ticker([MARKET])

    feed.until(lambda: len(errors) == 2)

    assert [type(error) for error in errors] == [InvalidMarket, InvalidMarket]
    assert "did you mean 'KRW-BTC'" in str(errors[0])
    assert not wrong.is_active
    assert mixed.spec is not None
    assert mixed.spec.symbols == (MARKET,)
    with pytest.raises(InvalidMarket):
        feed(wrong)
    feed(fine)
    feed.until(lambda: {s.code for s in manager.wire_subscription()} == {MARKET})


@pytest.mark.allow_logs("an unknown code that nobody else was told of is one line in the log")
def test_an_unknown_code_that_nobody_handles_goes_to_the_manager(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    errors: list[Exception] = []
    manager.error_occurred.connect(errors.append)
    proxy.subscribe_ticker(["KRW-BTCC"])
    feed.until(lambda: errors)
    assert isinstance(errors[0], InvalidMarket)


def test_a_background_call_reports_and_ends_with_its_proxy(
    feed: Feed, exchange: SimulatedExchange, proxy: WebSocketClientProxy
) -> None:
    results: list[Any] = []
    errors: list[Any] = []
    proxy.start(proxy.get_candle_snapshot(MARKET, "1m", 10), results.append, errors.append)
    feed.until(lambda: results)
    assert len(results[0]) == 10
    proxy.start(proxy.get_ticker_snapshot(["KRW-NOTHERE"]), results.append, errors.append)
    feed.until(lambda: errors)
    assert isinstance(errors[0], RequestRejected)

    proxy.start(proxy.get_candle_snapshot(MARKET, "1m", 10), results.append, errors.append)
    proxy.cleanup()
    feed.turns(10)
    assert (len(results), len(errors)) == (1, 1)


def test_a_stop_says_once_how_many_calls_it_has_ended(
    feed: Feed,
    exchange: SimulatedExchange,
    manager: GlobalWebSocketManager,
    proxy: WebSocketClientProxy,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It was asked for, so there is nothing to warn of; who listens is told."""
    feed(proxy.subscribe_ticker([MARKET]))
    feed.until(lambda: manager.markets.statistics().instruments == 1)
    exchange.faults.refuse("timeout", of="rest")
    errors: list[UpbitError] = []
    with caplog.at_level(logging.INFO, "upbit_ws_qt"):
        for _ in range(30):
            proxy.start(proxy.get_ticker_snapshot([MARKET]))
        proxy.start(proxy.get_ticker_snapshot([MARKET]), on_error=errors.append)
        feed.turns()
        feed(manager.stop())
        feed.until(lambda: errors)
    assert isinstance(errors[0], InvalidState)
    assert caplog.text.count("without an answer") == 1
    assert "31 calls under way" in caplog.text


def test_another_event_loop_is_told_which_one_it_needs(
    feed: Feed, proxy: WebSocketClientProxy
) -> None:
    """The host's own ``asyncio.run`` works, but cannot wait for what happens on Qt's loop."""
    feed(proxy.subscribe_ticker(MARKET))
    with pytest.raises(InvalidState, match=r"on Qt.s event loop"):
        asyncio.run(proxy.get_candle_snapshot(MARKET, "1m", 1))


def in_a_thread(function: Callable[[], Any]) -> BaseException | None:
    caught: list[BaseException] = []

    def call() -> None:
        try:
            function()
        except BaseException as error:  # noqa: BLE001
            caught.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    return caught[0] if caught else None


def test_another_thread_is_told_what_to_write(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    """Rule 7: every public method checks its thread."""
    subscription = proxy.subscribe_ticker([MARKET])
    calls: list[Callable[[], Any]] = [
        lambda: proxy.subscribe_ticker([MARKET]),
        proxy.unsubscribe_all,
        proxy.cleanup,
        lambda: proxy.unsubscribe_ticker(),
        subscription.unsubscribe,
        manager.health_check,
        lambda: manager.set_credentials(None),
        lambda: manager.remove_client("waiting_one"),
        GlobalWebSocketManager.instance,
    ]
    for call in calls:
        error = in_a_thread(call)
        assert isinstance(error, WrongThread)
        assert "call_from_thread" in str(error)
    assert subscription.is_active


def test_every_public_method_of_the_manager_checks_its_thread(
    manager: GlobalWebSocketManager,
) -> None:
    """Whatever it is given: that is looked at afterwards."""
    unchecked: list[str] = []
    for name, method in inspect.getmembers(type(manager), inspect.isfunction):
        if name.startswith("_") or name == "call_from_thread":
            continue
        wanted = inspect.signature(method).parameters.values()
        nothing = {
            parameter.name: None
            for parameter in wanted
            if parameter.default is parameter.empty and parameter.name != "self"
        }

        def call(method: Any = method, nothing: Any = nothing) -> None:
            begun = method(manager, **nothing)
            if inspect.iscoroutine(begun):
                begun.send(None)

        if not isinstance(in_a_thread(call), WrongThread):
            unchecked.append(name)
    assert unchecked == []


ARGUMENTS: dict[str, Any] = {
    "code": MARKET,
    "codes": (MARKET,),
    "symbols": (MARKET,),
    "data_type": DataType.TICKER,
    "timeframe": "1m",
    "count": 1,
    "price": 1.0,
}


def public_calls(part: object, but: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every public method of a part, with arguments that are right where it has any."""
    for name, method in inspect.getmembers(type(part), inspect.isfunction):
        if name.startswith("_") or name in but:
            continue
        wanted = inspect.signature(method).parameters.values()
        given = {
            each.name: ARGUMENTS.get(each.name)
            for each in wanted
            if each.default is each.empty and each.name != "self"
        }

        def call(method: Any = method, given: Any = given) -> None:
            begun = method(part, **given)
            if inspect.iscoroutine(begun):
                begun.send(None)

        yield name, call


def test_so_does_every_public_method_of_a_proxy_a_subscription_and_the_markets(
    feed: Feed, manager: GlobalWebSocketManager, proxy: WebSocketClientProxy
) -> None:
    subscription = proxy.subscribe_ticker([MARKET])
    calls = [
        # Qt's own name, for Qt.
        *public_calls(proxy, but=("connectNotify",)),
        *public_calls(subscription),
        *public_calls(manager.markets),
        ("await", lambda: subscription.__await__().send(None)),
    ]
    unchecked = [name for name, call in calls if not isinstance(in_a_thread(call), WrongThread)]
    assert unchecked == []
    assert len(calls) > 30
    assert subscription.is_active


@pytest.mark.allow_logs("what a posted function raises is logged")
def test_call_from_thread_calls_in_the_gui_thread(
    feed: Feed, manager: GlobalWebSocketManager, caplog: pytest.LogCaptureFixture
) -> None:
    called: list[int] = []
    in_a_thread(lambda: manager.call_from_thread(lambda: 1 / 0))
    in_a_thread(lambda: manager.call_from_thread(lambda: called.append(threading.get_ident())))
    feed.until(lambda: called)
    assert called == [threading.get_ident()]
    assert "ZeroDivisionError" in caplog.text


def test_a_market_list_that_cannot_be_read_is_read_later(
    feed: Feed, exchange: SimulatedExchange
) -> None:
    """Nobody listens on the REST address; subscriptions work all the same."""
    settings = replace(exchange.settings(), rest_url="http://127.0.0.1:9")
    manager = GlobalWebSocketManager(settings)
    component = QObject()
    feed(WebSocketClientProxy("no_list", manager, component).subscribe_ticker([MARKET]))
    assert len(manager.markets) == 0
    assert manager.markets.tick_size(MARKET, 97_000_000) == 1000
    feed(manager.stop())
