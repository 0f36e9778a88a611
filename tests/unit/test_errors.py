"""Whose fault it was is the first branch of the error tree. Tests only."""

from __future__ import annotations

import inspect

import pytest

from upbit_ws_qt import errors
from upbit_ws_qt.errors import (
    AuthenticationFailed,
    ConnectFailed,
    ConnectionLost,
    DecodeError,
    DuplicateClient,
    HandlerError,
    InvalidMarket,
    InvalidRequest,
    InvalidState,
    KeyStoreFailed,
    LocalError,
    ProxyClosed,
    RateLimited,
    RecordingError,
    RemoteError,
    RequestRejected,
    RequestTimeout,
    SubscriptionLost,
    TransportError,
    UnknownType,
    UpbitError,
    WrongThread,
    asked_wait_s,
)


@pytest.mark.parametrize(
    ("fault", "kinds"),
    [
        (
            LocalError,
            {
                InvalidMarket,
                InvalidRequest,
                InvalidState,
                DuplicateClient,
                ProxyClosed,
                WrongThread,
                RecordingError,
                HandlerError,
                KeyStoreFailed,
            },
        ),
        (RemoteError, {AuthenticationFailed, RateLimited, RequestRejected, SubscriptionLost}),
        (TransportError, {ConnectFailed, ConnectionLost, RequestTimeout}),
    ],
)
def test_every_error_has_one_culprit(fault: type[UpbitError], kinds: set[type[UpbitError]]) -> None:
    assert set(fault.__subclasses__()) == kinds
    culprits = {LocalError, RemoteError, TransportError, DecodeError}
    for kind in kinds:
        assert {culprit for culprit in culprits if issubclass(kind, culprit)} == {fault}


def test_one_except_clause_catches_all() -> None:
    """Users catch ``UpbitError``; everything exported is of its family."""
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), UpbitError)
    defined = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and value.__module__ == errors.__name__
    }
    assert defined == set(errors.__all__)


def test_the_module_page_names_every_error() -> None:
    for name in errors.__all__:
        assert name in (errors.__doc__ or "")


@pytest.mark.parametrize(
    ("error", "standard"),
    [
        (InvalidMarket, ValueError),
        (InvalidRequest, ValueError),
        (InvalidState, RuntimeError),
        (WrongThread, RuntimeError),
    ],
)
def test_a_host_that_knows_nothing_of_us_catches_what_it_expects(
    error: type[UpbitError], standard: type[Exception]
) -> None:
    assert issubclass(error, standard)


def test_what_an_error_carries() -> None:
    assert RecordingError("line 3 is not JSON", 3).line == 3
    assert RecordingError("no such file").line is None
    assert AuthenticationFailed("out of scope", "out_of_scope").name == "out_of_scope"
    assert AuthenticationFailed("refused").name == ""
    assert RateLimited("wait", 12.5).retry_at == 12.5
    assert RateLimited("wait").retry_at is None
    assert ConnectFailed("refused", 503).status == 503
    assert ConnectFailed("no answer").status is None


def test_a_refusal_keeps_the_words_of_the_exchange() -> None:
    error = RequestRejected("WRONG_FORMAT", "Format 이 맞지 않습니다.")
    assert (error.name, error.message) == ("WRONG_FORMAT", "Format 이 맞지 않습니다.")
    assert str(error) == "WRONG_FORMAT: Format 이 맞지 않습니다."


def test_a_lost_connection_says_which_and_how() -> None:
    error = ConnectionLost(1006, "", 4)
    assert str(error) == "connection 4 ended with code 1006"
    assert (error.code, error.reason, error.epoch) == (1006, "", 4)
    assert str(ConnectionLost(1000, "bye", 1)) == "connection 1 ended with code 1000 bye"


@pytest.mark.parametrize(
    ("missing", "extra", "found"),
    [
        (["ticker KRW-BTC"], [], "lacks ticker KRW-BTC;"),
        ([], ["trade KRW-ETH", "trade KRW-XRP"], "has trade KRW-ETH, trade KRW-XRP too many;"),
        (["ticker KRW-BTC"], ["trade KRW-ETH"], "lacks ticker KRW-BTC and has trade KRW-ETH too"),
    ],
)
def test_lost_streams_are_named(missing: list[str], extra: list[str], found: str) -> None:
    error = SubscriptionLost(missing, extra, again=True)
    assert f"the exchange's list of our streams {found}" in str(error)
    assert (error.missing, error.extra) == (tuple(missing), tuple(extra))


def test_a_refusal_names_what_is_refused_where_that_is_known() -> None:
    assert str(RequestRejected("NO_CODES", "why")) == "NO_CODES: why"
    error = RequestRejected("NO_CODES", "why", ["trade KRW-BTC", "trade KRW-ETH"])
    assert str(error) == "NO_CODES: why (asked for: trade KRW-BTC, trade KRW-ETH)"
    assert error.streams == ("trade KRW-BTC", "trade KRW-ETH")


def test_of_many_lost_streams_five_are_named() -> None:
    codes = [f"ticker KRW-{letter}" for letter in "ABCDEFG"]
    assert "lacks ticker KRW-A, ticker KRW-B, ticker KRW-C, ticker KRW-D, ticker KRW-E; " in str(
        SubscriptionLost(codes[:5], [], again=True)
    )
    error = SubscriptionLost(codes, [], again=True)
    assert "ticker KRW-E and 2 more;" in str(error)
    assert error.missing == tuple(codes), "the record is whole, only the words are short"


@pytest.mark.parametrize(
    ("again", "then"),
    [(True, "it is asked for again"), (False, "asking for it again has not changed that")],
)
def test_a_lost_stream_says_what_follows(*, again: bool, then: str) -> None:
    error = SubscriptionLost(["ticker KRW-BTC"], [], again=again)
    assert error.again is again
    assert str(error).endswith(f"; {then}")


def test_a_decode_error_keeps_only_the_start_of_the_frame() -> None:
    error = DecodeError("not JSON", memoryview(b"x" * 1000))
    assert error.frame == b"x" * 200
    assert isinstance(error.frame, bytes)
    assert str(error) == "not JSON"
    assert DecodeError("empty").frame == b""


def test_an_unknown_type_says_which() -> None:
    error = UnknownType("announcement", b'{"ty":"announcement"}')
    assert error.type == "announcement"
    assert str(error) == "no frame type is called 'announcement'"
    assert error.frame == error.payload == b'{"ty":"announcement"}'
    long = UnknownType("announcement", b"x" * 1000)
    assert (len(long.frame), len(long.payload)) == (200, 1000)
    assert isinstance(error, DecodeError)


def test_the_failure_of_a_handler_keeps_its_traceback_as_text() -> None:
    error = HandlerError("the handler H raised", "Traceback …")
    assert (str(error), error.details) == ("the handler H raised", "Traceback …")
    assert HandlerError("raised").details == ""


@pytest.mark.parametrize(
    ("error", "wait_s"),
    [
        (RateLimited("429", 160.0), 60.0),
        (RateLimited("429", 100.0), 0.0),
        (RateLimited("429", 90.0), 0.0),
        (RateLimited("429", retry_after_s=60.0), 0.0),
        (RequestRejected("500", "broken"), 0.0),
        ((), 0.0),
    ],
)
def test_how_long_the_exchange_wants_to_hear_nothing_more(error: object, wait_s: float) -> None:
    """By the moment that was found out, not by what was asked for at some other moment."""
    assert asked_wait_s(error, now=100.0) == wait_s
