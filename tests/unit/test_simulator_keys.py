"""Keys as the exchange issues them, and tokens as it checks them."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

import jwt
import pytest

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.simulator.keys import RIGHTS, IssuedKey, KeyRefused, KeyRing
from upbit_ws_qt.system.credentials import Credentials

NOW = 1_793_000_042_345
LATER = NOW + 1000
HERE = "127.0.0.1"


def issue(ring: KeyRing, **options: Any) -> Credentials:
    return ring.issue(**{"expires_ms": LATER} | options)


def signed(key: Credentials, algorithm: str = "HS256", **claims: Any) -> str:
    body = {"access_key": key.access_key, "nonce": str(uuid.uuid4()), **claims}
    options = jwt.algorithms.HMACAlgorithm
    hashes = {"HS384": options.SHA384, "HS512": options.SHA512}
    method = options(hashes.get(algorithm, options.SHA256))
    # Made with the algorithm itself: jwt.encode warns of keys as short as the exchange's.
    head = jwt.utils.base64url_encode(json.dumps({"alg": algorithm, "typ": "JWT"}).encode())
    whole = head + b"." + jwt.utils.base64url_encode(json.dumps(body).encode())
    signature = jwt.utils.base64url_encode(method.sign(whole, key.secret_key.encode()))
    return f"Bearer {whole.decode()}.{signature.decode()}"


def check(
    ring: KeyRing,
    authorization: str | None,
    query: str = "",
    address: str = HERE,
    now_ms: int = NOW,
) -> IssuedKey:
    return ring.check(authorization, query, address=address, now_ms=now_ms)


def refusal(ring: KeyRing, *args: Any, **options: Any) -> str:
    with pytest.raises(KeyRefused) as caught:
        check(ring, *args, **options)
    assert caught.value.status == 401
    assert caught.value.message
    return caught.value.name


# --- Tokens ----------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
def test_its_own_keys_are_accepted(algorithm: str) -> None:
    ring = KeyRing(1)
    key = issue(ring)
    assert check(ring, signed(key, algorithm)).access_key == key.access_key
    assert len(key.access_key) == len(key.secret_key) == 40
    assert issue(ring).access_key != key.access_key
    assert issue(KeyRing(1)).access_key == key.access_key
    assert issue(KeyRing(2)).access_key != key.access_key


def test_a_token_by_the_library_is_accepted() -> None:
    ring = KeyRing(1)
    key = issue(ring)
    claims = {"access_key": key.access_key, "nonce": "n"}
    token = jwt.encode(claims, key.secret_key, algorithm="HS256")
    assert check(ring, f"Bearer {token}").access_key == key.access_key


def test_hs384_is_accepted_where_that_is_chosen() -> None:
    strict, generous = KeyRing(1), KeyRing(1, accepts_hs384=True)
    key = issue(strict)
    assert refusal(strict, signed(key, "HS384")) == "jwt_verification"
    assert issue(generous).access_key == key.access_key
    assert check(generous, signed(key, "HS384")).access_key == key.access_key


def test_other_tokens_are_refused_with_the_exchanges_words() -> None:
    ring = KeyRing(1)
    key = issue(ring)
    forged = Credentials(key.access_key, "x" * 40)
    good = signed(key)
    assert refusal(ring, None) == "no_authorization_token"
    assert refusal(ring, "Basic abc") == "no_authorization_token"
    for broken in ("Bearer abc", "Bearer a.b.c", "Bearer W10.W10.W10", good[:-3] + "abc"):
        assert refusal(ring, broken) == "jwt_verification"
    assert refusal(ring, signed(forged)) == "jwt_verification"
    assert refusal(ring, signed(key, "none")) == "jwt_verification"
    assert refusal(ring, signed(key, nonce="")) == "jwt_verification"
    assert refusal(ring, signed(key, nonce=5)) == "jwt_verification"
    assert refusal(ring, signed(Credentials("unknown", "y" * 40))) == "invalid_access_key"
    assert refusal(ring, signed(key, access_key=5)) == "invalid_access_key"
    assert check(ring, good).access_key == key.access_key
    assert refusal(ring, good) == "nonce_used"


def test_a_token_nested_too_deep_is_no_token() -> None:
    deep = jwt.utils.base64url_encode(b'{"alg":' + b"[" * 3000).decode()
    assert refusal(KeyRing(1), f"Bearer {deep}.e30.eA") == "jwt_verification"


def test_old_nonces_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("upbit_ws_qt.simulator.keys._NONCES_REMEMBERED", 2)
    ring = KeyRing(1)
    key = issue(ring)
    for nonce in ("a", "b", "c"):
        check(ring, signed(key, nonce=nonce))
    assert refusal(ring, signed(key, nonce="b")) == "nonce_used"
    check(ring, signed(key, nonce="a"))


def test_nonces_belong_to_their_key() -> None:
    ring = KeyRing(1)
    first, second = issue(ring), issue(ring)
    check(ring, signed(first, nonce="a"))
    check(ring, signed(second, nonce="a"))


def test_the_hash_of_the_query_is_checked() -> None:
    ring = KeyRing(1)
    key = issue(ring)
    query = "market=KRW-BTC&states[]=wait"
    right = hashlib.sha512(query.encode()).hexdigest()
    check(ring, signed(key, query_hash=right, query_hash_alg="SHA512"), query)
    check(ring, signed(key, query_hash=right), query)
    assert refusal(ring, signed(key), query) == "invalid_query_payload"
    assert refusal(ring, signed(key, query_hash="0" * 128), query) == "invalid_query_payload"
    assert refusal(ring, signed(key, query_hash=5), query) == "invalid_query_payload"
    wrong_name = signed(key, query_hash=right, query_hash_alg="MD5")
    assert refusal(ring, wrong_name, query) == "invalid_query_payload"


# --- Keys ------------------------------------------------------------------------------------


def test_a_key_is_for_its_addresses() -> None:
    ring = KeyRing(1)
    anywhere, there = issue(ring), issue(ring, addresses=["10.0.0.1", "10.0.0.2"])
    check(ring, signed(anywhere), address="10.9.9.9")
    check(ring, signed(there), address="10.0.0.2")
    assert refusal(ring, signed(there), address=HERE) == "no_authorization_ip"


def test_a_key_expires_at_its_time() -> None:
    ring = KeyRing(1)
    key = issue(ring)
    assert check(ring, signed(key), now_ms=LATER - 1).expires_ms == LATER
    assert refusal(ring, signed(key), now_ms=LATER) == "expired_access_key"


def test_a_key_can_expire_early_or_be_deleted() -> None:
    ring = KeyRing(1)
    expired, deleted, third = (issue(ring) for _ in range(3))
    keys = {key.access_key: key for key in ring.listed()}
    ring.expire(expired, NOW)
    ring.expire(expired, NOW + 500)
    ring.delete(deleted)
    assert refusal(ring, signed(expired)) == "expired_access_key"
    assert refusal(ring, signed(deleted)) == "invalid_access_key"
    assert [(key.access_key, key.expires_ms) for key in ring.listed()] == [
        (expired.access_key, NOW),
        (third.access_key, LATER),
    ]
    assert [ring.is_valid(keys[key.access_key], NOW) for key in (expired, deleted, third)] == [
        False,
        False,
        True,
    ]
    with pytest.raises(InvalidRequest, match="not issued by this exchange, or it was deleted"):
        ring.delete(deleted)
    with pytest.raises(InvalidRequest, match="not issued by this exchange"):
        ring.expire(Credentials("a", "b"), NOW)


def test_a_key_has_the_rights_it_was_given() -> None:
    ring = KeyRing(1)
    everything = check(ring, signed(issue(ring)))
    reader = check(ring, signed(issue(ring, rights=["자산조회"])))
    for right in RIGHTS:
        everything.require(right)
    reader.require("자산조회")
    reader.require(None)
    with pytest.raises(KeyRefused) as caught:
        reader.require("주문하기")
    assert caught.value.name == "out_of_scope"


def test_what_the_exchange_does_not_issue() -> None:
    ring = KeyRing(1)
    with pytest.raises(InvalidRequest, match=r"rights are of 자산조회, .*; got 'everything'"):
        issue(ring, rights=["everything"])
    issue(ring, addresses=["10.0.0.1"] * 10)
    with pytest.raises(InvalidRequest, match="at most 10 addresses; got 11"):
        issue(ring, addresses=["10.0.0.1"] * 11)
    for _ in range(9):
        last = issue(ring)
    with pytest.raises(InvalidRequest, match="10 keys, the most; delete one first"):
        issue(ring)
    ring.delete(last)
    assert issue(ring).access_key != last.access_key


def test_keys_are_never_shown() -> None:
    ring = KeyRing(1)
    key = issue(ring)
    with pytest.raises(KeyRefused) as caught:
        check(ring, signed(Credentials(key.access_key, "z" * 40)))
    for text in (str(caught.value), repr(caught.value), repr(ring.listed())):
        assert key.access_key not in text
        assert key.secret_key not in text
