"""Tokens for signed calls: a fresh one for each. Pure."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable

import jwt

from .settings import Credentials

__all__ = ["UpbitAuthenticator"]


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
        """The header for a call with this query string, not URL-encoded, in the order sent."""
        claims = {"access_key": self._credentials.access_key, "nonce": self._nonce()}
        if query:
            claims["query_hash"] = hashlib.sha512(query.encode()).hexdigest()
            claims["query_hash_alg"] = "SHA512"
        token = jwt.encode(claims, self._credentials.secret_key, algorithm="HS512")
        return {"Authorization": f"Bearer {token}"}

    def __repr__(self) -> str:
        return "UpbitAuthenticator(***)"
