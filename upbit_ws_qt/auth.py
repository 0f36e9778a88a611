"""Tokens for signed calls: a fresh one for each. Pure."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from jwt import PyJWS
from jwt.algorithms import HMACAlgorithm

from .errors import InvalidRequest, InvalidState
from .logs import redact_with

if TYPE_CHECKING:
    from .system.credentials import Credentials

__all__ = ["Algorithm", "JWTManager", "UpbitAuthenticator", "query_string"]

#: How tokens are signed; the exchange's documents recommend HS512 and accept HS256.
Algorithm: TypeAlias = Literal["HS512", "HS256"]
#: Parameters of a call, or the members of a JSON body, in the order sent; arrays as sequences.
Fields: TypeAlias = Mapping[str, str | Sequence[str]]

_HASHES = {"HS512": HMACAlgorithm.SHA512, "HS256": HMACAlgorithm.SHA256}


class _Hmac(HMACAlgorithm):
    """For the exchange's secrets: they have 40 bytes and PyJWT warns below 64 for HS512."""

    def check_key_length(self, key: bytes) -> None:
        del key


class _Signer(Protocol):
    def encode(self, payload: bytes, key: str, algorithm: str) -> str: ...


def _make_signer() -> _Signer:
    # One of our own: others in this process go on being warned of their short keys.
    signer = PyJWS()
    for name, hash_ in _HASHES.items():
        signer.unregister_algorithm(name)
        signer.register_algorithm(name, _Hmac(hash_))
    return signer


_signer = _make_signer()


# State: none.
class _Unshown(str):
    """A header's value that reporters of crashes, which write out locals, do not show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


def query_string(fields: Fields) -> str:
    """The text that is hashed for a call: not URL-encoded, in the order given.

    Arrays read ``states[]=wait&states[]=watch``. A JSON body is written the same way.
    Source: docs.upbit.com, auth.
    """
    pairs: list[str] = []
    for name, value in fields.items():
        if isinstance(value, str):
            pairs.append(f"{name}={value}")
        else:
            pairs += [f"{name}[]={each}" for each in value]
    return "&".join(pairs)


# State: the credentials; the only place that holds them at work.
class JWTManager:
    """Makes the exchange's tokens: no two alike, because a repeated nonce is refused.

    Args:
        credentials: the key.
        algorithm: how tokens are signed; an argument, as the exchange takes both.
        nonce: makes the part that must never come twice.

    Raises:
        InvalidRequest: an algorithm the exchange does not take.
    """

    def __init__(
        self,
        credentials: Credentials,
        algorithm: Algorithm = "HS512",
        nonce: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        if algorithm not in _HASHES:
            raise InvalidRequest(f"tokens are signed with HS512 or HS256; got {algorithm!r}")
        self._credentials = credentials
        self._algorithm = algorithm
        self._nonce = nonce
        redact_with(self)

    @property
    def expires_at(self) -> datetime | None:
        """When a token made now ends. None: the exchange's never do, each is used once, at once."""
        return None

    def make_token(self, query: str | Fields = "") -> str:
        """A token for one dial, or for one call with these parameters.

        Args:
            query: the query string, not URL-encoded, in the order sent; or the parameters, or the
                members of a JSON body, as a mapping. Empty for a dial.

        Raises:
            InvalidState: the key was deleted.
        """
        if not self._credentials.secret_key:
            raise InvalidState("the key was deleted; set another one")
        claims = {"access_key": self._credentials.access_key, "nonce": self._nonce()}
        text = query if isinstance(query, str) else query_string(query)
        if text:
            claims["query_hash"] = hashlib.sha512(text.encode()).hexdigest()
            claims["query_hash_alg"] = "SHA512"
        payload = json.dumps(claims, separators=(",", ":")).encode()
        return _signer.encode(payload, self._credentials.secret_key, self._algorithm)

    def redacted(self, text: str) -> str:
        """``text`` without this key; what goes to a log is asked for here, see ``logs``."""
        for secret in (self._credentials.secret_key, self._credentials.access_key):
            if secret:
                text = text.replace(secret, "***")
        return text

    def __repr__(self) -> str:
        return "JWTManager(***)"


# State: none of its own; the tokens' maker holds the key.
class UpbitAuthenticator:
    """Makes the ``Authorization`` header of one dial or call; transports see nothing but headers.

    Args:
        credentials: the key.
        algorithm: how tokens are signed.
        nonce: makes the part that must never come twice.

    Raises:
        InvalidRequest: an algorithm the exchange does not take.
    """

    def __init__(
        self,
        credentials: Credentials,
        algorithm: Algorithm = "HS512",
        nonce: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._tokens = JWTManager(credentials, algorithm, nonce)

    @property
    def expires_at(self) -> datetime | None:
        """When a header made now stops being good; None, see :class:`JWTManager`."""
        return self._tokens.expires_at

    def headers(self, query: str | Fields = "") -> dict[str, str]:
        """The header for a call with this query; see :meth:`JWTManager.make_token`.

        Raises:
            InvalidState: the key was deleted.
        """
        return {"Authorization": _Unshown(f"Bearer {self._tokens.make_token(query)}")}

    def __repr__(self) -> str:
        return "UpbitAuthenticator(***)"
