"""Tokens for signed calls: a fresh one for each. Pure."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Protocol

from jwt import PyJWS
from jwt.algorithms import HMACAlgorithm

from .errors import InvalidState
from .settings import Credentials

__all__ = ["UpbitAuthenticator"]


class _Hs512(HMACAlgorithm):
    """HS512 for the exchange's secrets: they have 40 bytes and PyJWT warns below 64."""

    def check_key_length(self, key: bytes) -> None:
        del key


class _Signer(Protocol):
    def encode(self, payload: bytes, key: str, algorithm: str) -> str: ...


def _make_signer() -> _Signer:
    signer = PyJWS()
    signer.unregister_algorithm("HS512")
    signer.register_algorithm("HS512", _Hs512(HMACAlgorithm.SHA512))
    return signer


_signer = _make_signer()


# State: the credentials; the only place that holds them at work.
class UpbitAuthenticator:
    """Makes the ``Authorization`` header of one dial or call.

    The exchange's tokens have no expiry and matter once: a repeated nonce is refused. HS512 is
    what its documents recommend. Source: docs.upbit.com, auth.
    """

    def __init__(
        self,
        credentials: Credentials,
        nonce: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._credentials = credentials
        self._nonce = nonce

    def headers(self, query: str = "") -> dict[str, str]:
        """The header for a call with this query string, not URL-encoded, in the order sent.

        Raises:
            InvalidState: the key was deleted.
        """
        if not self._credentials.secret_key:
            raise InvalidState("the key was deleted; set another one")
        claims = {"access_key": self._credentials.access_key, "nonce": self._nonce()}
        if query:
            claims["query_hash"] = hashlib.sha512(query.encode()).hexdigest()
            claims["query_hash_alg"] = "SHA512"
        payload = json.dumps(claims, separators=(",", ":")).encode()
        token = _signer.encode(payload, self._credentials.secret_key, "HS512")
        return {"Authorization": f"Bearer {token}"}

    def __repr__(self) -> str:
        return "UpbitAuthenticator(***)"
