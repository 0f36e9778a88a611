"""Tokens for signed calls: a fresh one for each. Tests only."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
import warnings
from typing import Any

import jwt
import pytest

from upbit_ws_qt.auth import UpbitAuthenticator
from upbit_ws_qt.errors import InvalidState
from upbit_ws_qt.settings import Credentials

# The exchange's keys have 40 characters.
ACCESS = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7aB3dE6gH9jK2m"
SECRET = "zY8xW5vU2tS9rQ6pO3nM0lK7jI4hG1fE8dC5bA2z"
NONCE = "6f1d0c1e-3a52-4b7e-9d2b-0c8f5a9e7b41"

# Made with `openssl dgst -sha512` and `openssl dgst -sha512 -hmac`, not with our own code.
QUERY = "market=KRW-BTC&states[]=wait&states[]=watch&limit=10"
QUERY_HASH = (
    "e3cfc649139c595e1c26a8aa2b3c8504f4b15011fc2b819081451e5e845172bd5dbbb5110ec5d7a3d1d32ff7"
    "1f46a78323a040e8bedf8672021fd2206190a3a8"
)
TOKEN = (
    "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJhY2Nlc3Nfa2V5IjoiYUIzZEU2Z0g5aksybU41cFE4c1Qxdlc"
    "0eVo3YUIzZEU2Z0g5aksybSIsIm5vbmNlIjoiNmYxZDBjMWUtM2E1Mi00YjdlLTlkMmItMGM4ZjVhOWU3YjQxIiw"
    "icXVlcnlfaGFzaCI6ImUzY2ZjNjQ5MTM5YzU5NWUxYzI2YThhYTJiM2M4NTA0ZjRiMTUwMTFmYzJiODE5MDgxNDU"
    "xZTVlODQ1MTcyYmQ1ZGJiYjUxMTBlYzVkN2EzZDFkMzJmZjcxZjQ2YTc4MzIzYTA0MGU4YmVkZjg2NzIwMjFmZDI"
    "yMDYxOTBhM2E4IiwicXVlcnlfaGFzaF9hbGciOiJTSEE1MTIifQ.1jMF0atvfqhl67RWD6ZK590WgrCQKvCyt1SW"
    "lXWeZPOBFKhDFomWeTT_zQ1uXOrF5qrjYtVYMDJEK6QSyN-byw"
)


def authenticator() -> UpbitAuthenticator:
    return UpbitAuthenticator(Credentials(ACCESS, SECRET), nonce=lambda: NONCE)


def claims_of(headers: dict[str, str]) -> dict[str, Any]:
    assert list(headers) == ["Authorization"]
    scheme, _, token = headers["Authorization"].partition(" ")
    assert scheme == "Bearer"
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * 3))
    return claims


def test_a_dial_is_signed_with_key_and_nonce_and_nothing_else() -> None:
    """No expiry, no issue time: the exchange's tokens have none."""
    assert claims_of(authenticator().headers()) == {"access_key": ACCESS, "nonce": NONCE}


def test_a_call_is_signed_with_the_hash_of_its_query_as_it_is_sent() -> None:
    """Not URL-encoded, in the order sent."""
    assert claims_of(authenticator().headers(QUERY)) == {
        "access_key": ACCESS,
        "nonce": NONCE,
        "query_hash": QUERY_HASH,
        "query_hash_alg": "SHA512",
    }
    assert hashlib.sha512(QUERY.encode()).hexdigest() == QUERY_HASH


def test_the_whole_token_is_that_of_another_tool() -> None:
    headers = authenticator().headers(QUERY)
    assert headers["Authorization"] == f"Bearer {TOKEN}"


def test_the_token_says_hs512_and_verifies_with_the_raw_secret() -> None:
    """The secret's own bytes are the key; it is not base64-decoded first."""
    token = authenticator().headers()["Authorization"].removeprefix("Bearer ")
    assert jwt.get_unverified_header(token) == {"alg": "HS512", "typ": "JWT"}
    signed, _, signature = token.rpartition(".")
    expected = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha512).digest()
    assert base64.urlsafe_b64decode(signature + "==") == expected


def test_no_two_tokens_are_alike() -> None:
    """A repeated nonce is refused, so nothing is ever sent twice."""
    maker = UpbitAuthenticator(Credentials(ACCESS, SECRET))
    nonces = {claims_of(maker.headers())["nonce"] for _ in range(50)}
    assert len(nonces) == 50
    assert all(uuid.UUID(nonce).version == 4 for nonce in nonces)


def test_a_key_of_the_exchange_makes_no_warning() -> None:
    """Its 40 bytes are short for HS512; a user cannot help that."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        authenticator().headers(QUERY)
    assert not caught


def test_other_users_of_the_token_library_are_not_touched() -> None:
    with pytest.warns(UserWarning, match="below the minimum recommended length"):
        jwt.encode({}, SECRET, algorithm="HS512")


def test_a_deleted_key_signs_nothing() -> None:
    credentials = Credentials(ACCESS, SECRET)
    maker = UpbitAuthenticator(credentials)
    credentials.delete()
    with pytest.raises(InvalidState, match="the key was deleted; set another"):
        maker.headers()


def test_the_authenticator_shows_no_key() -> None:
    for text in (repr(authenticator()), str(authenticator()), f"{authenticator()}"):
        assert ACCESS not in text
        assert SECRET not in text
        assert text == "UpbitAuthenticator(***)"
