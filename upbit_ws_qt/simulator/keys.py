"""The keys the simulated exchange has issued, and the check of their tokens. Pure."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Any
from urllib.parse import unquote

import msgspec
from jwt.algorithms import HMACAlgorithm
from jwt.utils import base64url_decode

from upbit_ws_qt.settings import Credentials

from .noise import Noise

__all__ = ["KEY_ERRORS", "KeyRefused", "KeyRing"]

# Source of the names: docs.upbit.com, rest-api-guide.
KEY_ERRORS = {
    "no_authorization_token": "인증 토큰을 찾을 수 없습니다.",
    "jwt_verification": "JWT 토큰 검증에 실패했습니다.",
    "invalid_access_key": "잘못된 엑세스 키입니다.",
    "nonce_used": "이미 사용한 nonce값입니다.",
    "invalid_query_payload": "Query Payload 값이 올바르지 않습니다.",
}
_HASHES = {"HS256": HMACAlgorithm.SHA256, "HS512": HMACAlgorithm.SHA512}
_KEY_LENGTH = 40
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_NONCES_REMEMBERED = 100_000


class KeyRefused(Exception):
    """A token is not accepted; ``name`` is the exchange's word for it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: {KEY_ERRORS[name]}")
        self.name = name


# State: the issued keys and the nonces seen.
class KeyRing:
    """Issues keys and checks tokens made with them."""

    def __init__(self, seed: int) -> None:
        self._noise = Noise(seed, "keys")
        self._secrets: dict[str, str] = {}
        self._nonces: OrderedDict[str, None] = OrderedDict()

    def issue(self) -> Credentials:
        """Make another key pair."""
        number = len(self._secrets)
        access, secret = (self._text(number * 2 + part) for part in (0, 1))
        self._secrets[access] = secret
        return Credentials(access, secret)

    def _text(self, number: int) -> str:
        rng = self._noise.generator(number)
        return "".join(_ALPHABET[index] for index in rng.integers(0, len(_ALPHABET), _KEY_LENGTH))

    def check(self, authorization: str | None, query: str = "") -> str:
        """Return the access key of a request's ``Authorization`` header.

        Args:
            authorization: the header, or None where there is none.
            query: the query string of the request as it was sent.

        Raises:
            KeyRefused: with the exchange's name for the reason.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme != "Bearer" or not token:
            raise KeyRefused("no_authorization_token")
        try:
            header, claims, signature = _opened(token)
        except ValueError:
            raise KeyRefused("jwt_verification") from None
        access, nonce = claims.get("access_key"), claims.get("nonce")
        secret = self._secrets.get(access) if isinstance(access, str) else None
        if not isinstance(access, str) or secret is None:
            raise KeyRefused("invalid_access_key")
        hash_ = _HASHES.get(str(header.get("alg")))
        # Checked by the algorithm itself: jwt.decode warns of the length of keys, which here the
        # exchange has chosen and not the user.
        if hash_ is None or not HMACAlgorithm(hash_).verify(
            token.rpartition(".")[0].encode(), secret.encode(), signature
        ):
            raise KeyRefused("jwt_verification")
        if query:
            expected = hashlib.sha512(unquote(query).encode()).hexdigest()
            if claims.get("query_hash") != expected:
                raise KeyRefused("invalid_query_payload")
            if claims.get("query_hash_alg", "SHA512") != "SHA512":
                raise KeyRefused("invalid_query_payload")
        if not isinstance(nonce, str) or not nonce:
            raise KeyRefused("jwt_verification")
        if nonce in self._nonces:
            raise KeyRefused("nonce_used")
        self._nonces[nonce] = None
        if len(self._nonces) > _NONCES_REMEMBERED:
            self._nonces.popitem(last=False)
        return access


def _opened(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """The header, the claims and the signature of a token, nothing checked.

    Raises:
        ValueError: it is no token.
    """
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError("a token has three parts")
    header, claims, signature = (base64url_decode(part) for part in parts)
    table = dict[str, Any]
    return (
        msgspec.json.decode(header, type=table),
        msgspec.json.decode(claims, type=table),
        signature,
    )
