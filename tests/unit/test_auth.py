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

from upbit_ws_qt.auth import Algorithm, JWTManager, UpbitAuthenticator, query_string
from upbit_ws_qt.errors import InvalidRequest, InvalidState
from upbit_ws_qt.logs import redact
from upbit_ws_qt.system.credentials import Credentials

# The exchange's keys have 40 characters.
ACCESS = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7aB3dE6gH9jK2m"
SECRET = "zY8xW5vU2tS9rQ6pO3nM0lK7jI4hG1fE8dC5bA2z"
ALGORITHMS: tuple[Algorithm, ...] = ("HS512", "HS256")
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

# A dial, signed both ways; made with the same tool.
DIAL_HS512 = (
    "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJhY2Nlc3Nfa2V5IjoiYUIzZEU2Z0g5aksybU41cFE4c1Qxdlc"
    "0eVo3YUIzZEU2Z0g5aksybSIsIm5vbmNlIjoiNmYxZDBjMWUtM2E1Mi00YjdlLTlkMmItMGM4ZjVhOWU3YjQxIn0"
    ".rytNlM77GzySPMSJgko03Sk2Tp2uU2naqEcookmEiPQ4VljsNU6jZUU1xH5MVBzFUcGmqljiHYuHLaLbR_jkuw"
)
DIAL_HS256 = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhY2Nlc3Nfa2V5IjoiYUIzZEU2Z0g5aksybU41cFE4c1Qxdlc"
    "0eVo3YUIzZEU2Z0g5aksybSIsIm5vbmNlIjoiNmYxZDBjMWUtM2E1Mi00YjdlLTlkMmItMGM4ZjVhOWU3YjQxIn0"
    ".Z0IQut-cH7hWk_QET-eLbjCSGX0qD2YcNzwYgwC9Cvs"
)
# What is sent, as parameters or as the members of a JSON body; the text that is hashed; its hash.
HASHED: list[tuple[dict[str, str | list[str]], str, str]] = [
    (
        {"states": ["wait", "watch"], "page": "1", "limit": "100"},
        "states[]=wait&states[]=watch&page=1&limit=100",
        "74bf449285bae93d765033a4eec2e335d8d61f99707c7562c8710d09ff0fc8ed"
        "7b256a28720be2922fc0da96595f4604b1d237d739fe80c9c965356f77fac4f2",
    ),
    (
        {
            "market": "KRW-BTC",
            "side": "bid",
            "volume": "0.01",
            "price": "100.0",
            "ord_type": "limit",
        },
        "market=KRW-BTC&side=bid&volume=0.01&price=100.0&ord_type=limit",
        "1db802a392c559d55c99662a20c6911ba9ea31a9f58bf92156af243ca1462b00"
        "4c6e6b27c934afefbde5ca15d28deb67e90cd619b466c9a3c2fe020ad2bbdd24",
    ),
    (
        {"uuids": ["9ca023a5", "b2"], "order_by": "asc"},
        "uuids[]=9ca023a5&uuids[]=b2&order_by=asc",
        "57f803ba2b73b2b59dd7ceff81e49cfa2ff0eeee19ef33993bb63773adb08703"
        "6edf1af257d708a16b520a1e42ff548ee315b7334c03dbf59473b32bbfc6add5",
    ),
    (
        {"identifier": "내 주문", "x": "+%20"},
        "identifier=내 주문&x=+%20",
        "fd57d10b61a1d1ce18c749a6fff4fe5cd933af74369c118557e107d4df5c445c"
        "f8569d42a87f214f8e109a9506a1ac9b268aaf8f173330c6a899971a82ac90ae",
    ),
]


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


@pytest.mark.parametrize(("algorithm", "token"), [("HS512", DIAL_HS512), ("HS256", DIAL_HS256)])
def test_both_ways_of_signing_are_those_of_another_tool(algorithm: Any, token: str) -> None:
    """The documents recommend HS512, the exchange's own kit uses HS256."""
    credentials = Credentials(ACCESS, SECRET)
    assert JWTManager(credentials, algorithm, lambda: NONCE).make_token() == token
    maker = UpbitAuthenticator(credentials, algorithm, lambda: NONCE)
    assert maker.headers() == {"Authorization": f"Bearer {token}"}


def test_hs512_is_what_is_used_unless_another_is_chosen() -> None:
    manager = JWTManager(Credentials(ACCESS, SECRET), nonce=lambda: NONCE)
    assert manager.make_token() == DIAL_HS512
    assert authenticator().headers() == {"Authorization": f"Bearer {DIAL_HS512}"}


@pytest.mark.parametrize("maker", [JWTManager, UpbitAuthenticator])
def test_other_ways_of_signing_are_refused(maker: Any) -> None:
    for algorithm in ("HS384", "none", "RS256"):
        with pytest.raises(InvalidRequest, match=f"HS512 or HS256; got '{algorithm}'"):
            maker(Credentials(ACCESS, SECRET), algorithm)


@pytest.mark.parametrize(("fields", "text", "digest"), HASHED)
def test_parameters_are_hashed_in_their_order_with_their_arrays(
    fields: dict[str, str | list[str]], text: str, digest: str
) -> None:
    assert query_string(fields) == text
    for query in (fields, text):
        claims = claims_of(authenticator().headers(query))
        assert (claims["query_hash"], claims["query_hash_alg"]) == (digest, "SHA512")


def test_no_parameters_are_no_hash() -> None:
    for nothing in ("", {}):
        assert "query_hash" not in claims_of(authenticator().headers(nothing))


def test_a_token_of_the_exchange_never_expires() -> None:
    """It is used once, at once; there is nothing to renew."""
    assert JWTManager(Credentials(ACCESS, SECRET)).expires_at is None
    assert authenticator().expires_at is None
    assert "exp" not in claims_of(authenticator().headers())


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
        for algorithm in ALGORITHMS:
            UpbitAuthenticator(Credentials(ACCESS, SECRET), algorithm).headers(QUERY)
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


@pytest.mark.parametrize("maker", [JWTManager, UpbitAuthenticator])
def test_whoever_holds_the_key_does_not_show_it(maker: Any) -> None:
    holder = maker(Credentials(ACCESS, SECRET))
    for text in (repr(holder), str(holder), f"{holder}"):
        assert ACCESS not in text
        assert SECRET not in text
        assert text == f"{maker.__name__}(***)"


def test_logs_can_ask_for_the_key_to_be_taken_out() -> None:
    credentials = Credentials("my access", "my secret")
    authenticator = UpbitAuthenticator(credentials)
    assert redact("my access and my secret, no more") == "*** and ***, no more"
    credentials.delete()
    assert redact("my access") == "my access"
    del authenticator


def test_a_token_is_not_shown_where_locals_are_written_out() -> None:
    """Reporters of crashes write ``repr`` of every local; the value itself stays what it is."""
    headers = UpbitAuthenticator(Credentials("access", "secret" * 8)).headers()
    assert headers["Authorization"].startswith("Bearer ey")
    assert repr(headers) == "{'Authorization': '***'}"
