"""One REST call as a value, how its answer is read, and what a refusal means. Tests only."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest

from upbit_ws_qt.errors import AuthenticationFailed, DecodeError, RateLimited, RequestRejected
from upbit_ws_qt.rest_call import RestCall, Right, error_of, read, seconds_of


def body(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


# -- calls -----------------------------------------------------------------------------------------


def test_the_query_is_not_url_encoded_and_keeps_its_order() -> None:
    params = (("states[]", "wait"), ("states[]", "watch"), ("market", "KRW-BTC"), ("to", "09:00"))
    call = RestCall("/v1/x", params, "default", len)
    assert call.query == "states[]=wait&states[]=watch&market=KRW-BTC&to=09:00"
    assert (call.signed, call.right) == (False, None)
    assert RestCall("/v1/x", (), "default", len).query == ""


def test_what_goes_over_the_wire_is_url_encoded() -> None:
    """Blanks are not written as a plus, which is hashed as itself."""
    params = (("states[]", "wait"), ("identifier", "a b+c&d=é/%"), ("markets", "KRW-BTC,KRW-ETH"))
    call = RestCall("/v1/x", params, "default", len)
    assert call.target == (
        "/v1/x?states%5B%5D=wait&identifier=a%20b%2Bc%26d%3D%C3%A9%2F%25&markets=KRW-BTC%2CKRW-ETH"
    )
    assert unquote(call.target) == f"/v1/x?{call.query}"
    assert RestCall("/v1/x", (), "default", len).target == "/v1/x"


# -- answers ---------------------------------------------------------------------------------------


class Row(msgspec.Struct):
    price: float
    name: str = ""


ROWS = msgspec.json.Decoder(list[Row])


def test_unknown_fields_are_ignored() -> None:
    """The exchange adds fields without notice."""
    assert read(b'[{"price":1,"new":{"a":[null]}}]', ROWS)[0].price == 1.0


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b'[{"cost":1}]', "missing required field `price` - at `\\$\\[0\\]`"),
        (b'[{"price":"1"}]', "Expected `float`, got `str` - at `\\$\\[0\\].price`"),
        (b'{"price":1}', "Expected `array`"),
        (b"<html>502</html>", "malformed"),
        (b"", "truncated"),
        (b'[{"price":1,"name":"\xff"}]', "utf-8"),
        (b'[{"price":1,"x":' + b"[" * 100_000, "recursion"),
    ],
)
def test_an_answer_of_another_shape_is_one_kind_of_error(answer: bytes, said: str) -> None:
    """It names the field, and keeps the start of the answer for the log."""
    with pytest.raises(DecodeError, match=f"(?i)not what the documents say: .*{said}") as caught:
        read(answer, ROWS)
    assert caught.value.frame == answer[:200]


def test_an_answer_that_tells_keys_is_kept_by_nobody() -> None:
    with pytest.raises(DecodeError) as caught:
        read(b'[{"access_key":"abc"}]', ROWS, tells_keys=True)
    assert caught.value.frame == b""
    assert "abc" not in str(caught.value)


# -- refusals --------------------------------------------------------------------------------------


def error_body(name: str | int, message: str = "메시지") -> bytes:
    return body({"error": {"name": name, "message": message}})


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("invalid_access_key", "it was deleted"),
        ("jwt_verification", "secret key does not belong"),
        ("expired_access_key", "make another one"),
        ("no_authorization_ip", "register this computer's public address"),
        ("no_authorization_token", "set a key"),
        ("out_of_scope", "the right that is missing"),
    ],
)
def test_a_refused_key_is_told_apart_by_name(name: str, remedy: str) -> None:
    """``out_of_scope`` comes as 401 or as 403. Each says what to do."""
    for status in (401, 403):
        error = error_of(status, error_body(name))
        assert isinstance(error, AuthenticationFailed)
        assert error.name == name
        assert str(error).startswith(f"{name}: 메시지 (")
        assert remedy in str(error)


def test_a_missing_right_is_named_where_it_is_known() -> None:
    scope = error_body("out_of_scope")
    assert "주문조회" in str(error_of(401, scope, right=Right.ORDERS))
    assert "자산조회" in str(error_of(403, scope, right=Right.ASSETS))
    assert "조회" not in str(error_of(401, scope))
    assert "조회" not in str(error_of(401, error_body("expired_access_key"), right=Right.ASSETS))
    lacking = [
        error_of(401, scope, right=Right.ORDERS),
        error_of(401, scope),
        error_of(401, error_body("expired_access_key"), right=Right.ASSETS),
    ]
    rights = [error.right for error in lacking if isinstance(error, AuthenticationFailed)]
    assert rights == ["주문조회", "", ""]


def test_an_unknown_401_is_taken_for_a_refused_key() -> None:
    """Asking again and again with a bad key ends in a block."""
    for answer in (error_body("something_new"), b"", b"<html>"):
        error = error_of(401, answer)
        assert isinstance(error, AuthenticationFailed)
        assert "set another key" in str(error)


@pytest.mark.parametrize("name", ["nonce_used", "invalid_query_payload"])
def test_a_401_about_one_call_does_not_condemn_the_key(name: str) -> None:
    error = error_of(401, error_body(name))
    assert isinstance(error, RequestRejected)
    assert error.name == name


@pytest.mark.parametrize("status", [429, 418])
@pytest.mark.parametrize(
    ("header", "asked_for"), [(None, 0.0), ("30", 30.0), ("soon", 0.0), ("-3", 0.0)]
)
def test_a_limit_says_which_and_for_how_long(
    status: int, header: str | None, asked_for: float
) -> None:
    for answer in (error_body("too_many_requests"), error_body(status), b"", b"Too many requests"):
        error = error_of(status, answer, header)
        assert isinstance(error, RateLimited)
        assert (error.status, error.retry_after_s) == (status, asked_for)
        assert ("blocks" in str(error)) is (status == 418)
        assert error.retry_at is None, "that is for the limiter to say"


@pytest.mark.parametrize(
    ("status", "answer", "name", "message"),
    [
        (404, error_body(404, "Code not found"), "404", "Code not found"),
        (404, error_body("order_not_found", "없음"), "order_not_found", "없음"),
        (403, error_body("market_offline", "점검"), "market_offline", "점검"),
        (400, body({"error": {"name": "invalid_parameter"}}), "invalid_parameter", ""),
        (502, b"<html>Bad Gateway</html>", "502", "the answer has no readable error"),
        (500, b"", "500", "the answer has no readable error"),
        (500, b"null", "500", "the answer has no readable error"),
        (500, b'{"error":{"name":null}}', "500", "the answer has no readable error"),
        (500, b'{"error":{"name":"\xff"}}', "500", "the answer has no readable error"),
        (500, b"[" * 100_000, "500", "the answer has no readable error"),
    ],
)
def test_every_other_refusal_keeps_its_words(
    status: int, answer: bytes, name: str, message: str
) -> None:
    """The quotation half names errors by a number, the exchange half by a word."""
    error = error_of(status, answer)
    assert isinstance(error, RequestRejected)
    assert (error.name, error.message) == (name, message)


def test_a_date_to_come_back_at_is_not_read() -> None:
    assert seconds_of("Wed, 21 Oct 2026 07:28:00 GMT") == 0.0
    assert seconds_of("120") == 120.0
    assert seconds_of(None) == 0.0
