"""One REST call as a value, how its answer is read, and what a refusal means. Pure.

Source: docs.upbit.com, rest-api-guide and auth. Both halves of the interface write errors as
``{"error": {"name": …, "message": …}}``: the quotation half names them by the HTTP status as a
number, the exchange half by a word.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import quote

import msgspec

from .errors import AuthenticationFailed, DecodeError, RateLimited, RequestRejected, UpbitError
from .ratelimit import STOPS_S

__all__ = ["RestCall", "Right", "error_of", "read", "seconds_of"]

ResultT = TypeVar("ResultT")

# What an answer can do to the decoder: broken JSON, a string that is not UTF-8, too many brackets.
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

# The key itself is refused with these names, also where the status is 403; and what to do then.
_KEY_REFUSED = {
    "invalid_access_key": "the exchange knows no such key: it was deleted, or is of another region",
    "jwt_verification": "the secret key does not belong to the access key",
    "expired_access_key": "the key has expired: make another one",
    "no_authorization_ip": "register this computer's public address with the key",
    "no_authorization_token": "set a key",
    "out_of_scope": "make a key with the right that is missing",
}
# These say 401 as well, but are about one call; the next may pass.
_CALL_REFUSED = frozenset({"nonce_used", "invalid_query_payload"})


class Right(enum.StrEnum):
    """What a key must be allowed to do, in the words of the exchange's page of keys.

    Only rights to read are ever asked for. Source: docs.upbit.com, auth.
    """

    ASSETS = "자산조회"
    ORDERS = "주문조회"


@dataclass(frozen=True, slots=True)
class RestCall(Generic[ResultT]):
    """One GET: its path and parameters, its rate limit group and how to read the answer.

    ``parse`` raises :exc:`DecodeError` where the answer is not what the documents say. ``right``
    is what the key of a signed call must be allowed to do; None where every key may.
    """

    path: str
    params: tuple[tuple[str, str], ...]
    group: str
    parse: Callable[[bytes], ResultT]
    signed: bool = False
    right: Right | None = None

    @property
    def query(self) -> str:
        """The query string, not URL-encoded, as the hash of a signed call wants it."""
        return "&".join(f"{name}={value}" for name, value in self.params)

    @property
    def target(self) -> str:
        """Path and query as they go over the wire.

        A blank is written ``%20``: read as ``+`` by one side and as itself by the other, it would
        not have the hash that the call is signed with.
        """
        pairs = (f"{quote(name)}={quote(value, safe='')}" for name, value in self.params)
        return f"{self.path}?{'&'.join(pairs)}" if self.params else self.path


def read(
    body: bytes, decoder: msgspec.json.Decoder[ResultT], *, tells_keys: bool = False
) -> ResultT:
    """What an answer says; unknown fields are ignored.

    Args:
        body: the answer.
        decoder: reads it.
        tells_keys: whether there are access keys in it, which an error must not carry on.

    Raises:
        DecodeError: it is not what the documents say; names the field.
    """
    try:
        return decoder.decode(body)
    except _UNREADABLE as error:
        shown = b"" if tells_keys else body
        raise DecodeError(f"an answer is not what the documents say: {error}", shown) from error


def error_of(
    status: int, body: bytes, retry_after: str | None = None, right: Right | None = None
) -> UpbitError:
    """The error an answer with a status other than 2xx stands for.

    Args:
        status: of HTTP.
        body: the answer, in either form of errors or in none.
        retry_after: the header of that name. It is not documented, nor are the bodies of 429 and
            418.
        right: what the call needs a right for.
    """
    try:
        error = msgspec.json.decode(body, type=_ErrorBody).error
    except _UNREADABLE:
        error = _ErrorDetail(name=str(status), message="the answer has no readable error")
    name = str(error.name)
    if status in STOPS_S:
        blocked = "blocks this address for a while" if status == 418 else "has no call left for us"
        return RateLimited(
            f"the exchange {blocked} ({name})", status=status, retry_after_s=seconds_of(retry_after)
        )
    if name in _KEY_REFUSED or (status == 401 and name not in _CALL_REFUSED):
        remedy = _KEY_REFUSED.get(name, "set another key")
        lacking = str(right) if right and name == "out_of_scope" else ""
        missing = f": {lacking}" if lacking else ""
        return AuthenticationFailed(f"{name}: {error.message} ({remedy}{missing})", name, lacking)
    return RequestRejected(name, error.message)


def seconds_of(retry_after: str | None) -> float:
    """What a ``Retry-After`` header asks for; 0 without one, and for its other form, a date."""
    return float(retry_after) if retry_after is not None and retry_after.isdecimal() else 0.0


class _ErrorDetail(msgspec.Struct):
    name: int | str
    message: str = ""


class _ErrorBody(msgspec.Struct):
    error: _ErrorDetail
