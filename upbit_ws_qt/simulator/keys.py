"""The keys the simulated exchange has issued, and the check of their tokens. Pure."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

import msgspec
from jwt.algorithms import HMACAlgorithm
from jwt.utils import base64url_decode

from upbit_ws_qt.errors import InvalidRequest
from upbit_ws_qt.system.credentials import Credentials

from .noise import Noise

__all__ = ["POCKET", "RIGHTS", "Caller", "IssuedKey", "KeyRefused", "KeyRing", "Right"]

Right: TypeAlias = Literal[
    "자산조회", "주문조회", "주문하기", "출금조회", "출금하기", "입금조회", "입금하기"
]
#: What a key may be allowed to do, in the exchange's words. Source: docs.upbit.com, auth.
RIGHTS: tuple[Right, ...] = get_args(Right)

#: All keys belong to one pocket, and their calls are counted together.
POCKET = "pocket"

# Names: docs.upbit.com, rest-api-guide. The messages are those that clients have met.
_ERRORS = {
    "no_authorization_token": "인증 토큰을 찾을 수 없습니다.",
    "jwt_verification": "Jwt 토큰 검증에 실패했습니다.",
    "invalid_access_key": "잘못된 엑세스 키입니다.",
    "expired_access_key": "This key has expired.",
    "no_authorization_ip": "This is not a verified IP.",
    "invalid_query_payload": "Query Payload 값이 올바르지 않습니다.",
    "nonce_used": "이미 사용한 nonce값입니다.",
    # The documents allow 401 and 403 for it, by the area of the call, without telling which.
    "out_of_scope": "권한이 부족합니다.",
}
_HASHES = {"HS256": HMACAlgorithm.SHA256, "HS512": HMACAlgorithm.SHA512}
_KEY_LENGTH = 40
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_NONCES_REMEMBERED = 100_000
# Source: docs.upbit.com, api-key.
_MOST_KEYS, _MOST_ADDRESSES = 10, 10


class KeyRefused(Exception):
    """A token is not accepted; ``name`` is the exchange's word for it, ``status`` that of HTTP."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.message = _ERRORS[name]
        self.status = 401
        super().__init__(f"{name}: {self.message}")


# State: the time of its expiry.
@dataclass(slots=True, eq=False)
class IssuedKey:
    """A key of the account.

    Attributes:
        access_key: its public half.
        secret_key: its other half.
        rights: what it may do.
        addresses: from where; empty where it may come from anywhere.
        expires_ms: since 1970; from then on it is refused.
    """

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    rights: frozenset[Right]
    addresses: tuple[str, ...]
    expires_ms: int

    def require(self, right: Right | None) -> None:
        """Nothing where the key has the right, or none is needed.

        Raises:
            KeyRefused: ``out_of_scope``.
        """
        if right is not None and right not in self.rights:
            raise KeyRefused("out_of_scope")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is at the other end: an address, and the key that was shown, if any."""

    address: str
    key: IssuedKey | None = None


# State: the keys by their public half, how many there have been, and the nonces seen.
class KeyRing:
    """Issues keys and checks tokens made with them.

    Args:
        seed: the same seed issues the same keys.
        accepts_hs384: whether tokens may be signed with HS384 too.
    """

    def __init__(self, seed: int, *, accepts_hs384: bool = False) -> None:
        self._noise = Noise(seed, "keys")
        self._hashes = dict(_HASHES)
        if accepts_hs384:
            self._hashes["HS384"] = HMACAlgorithm.SHA384
        self._keys: dict[str, IssuedKey] = {}
        self._issued = 0
        self._nonces: OrderedDict[tuple[str, str], None] = OrderedDict()

    def issue(
        self,
        *,
        rights: Collection[Right] = RIGHTS,
        addresses: Sequence[str] = (),
        expires_ms: int,
    ) -> Credentials:
        """Make another key pair.

        Args:
            rights: what it may do.
            addresses: from where it may be used; none for anywhere.
            expires_ms: when it expires, since 1970.

        Raises:
            InvalidRequest: an unknown right, too many addresses, or too many keys.
        """
        for right in rights:
            if right not in RIGHTS:
                raise InvalidRequest(f"rights are of {', '.join(RIGHTS)}; got {right!r}")
        if len(addresses) > _MOST_ADDRESSES:
            raise InvalidRequest(
                f"a key has at most {_MOST_ADDRESSES} addresses; got {len(addresses)}"
            )
        if len(self._keys) >= _MOST_KEYS:
            raise InvalidRequest(f"there are {_MOST_KEYS} keys, the most; delete one first")
        access, secret = (self._text(self._issued * 2 + part) for part in (0, 1))
        self._issued += 1
        self._keys[access] = IssuedKey(
            access, secret, frozenset(rights), tuple(addresses), expires_ms
        )
        return Credentials(access, secret)

    def expire(self, credentials: Credentials, now_ms: int) -> None:
        """Let a key expire now.

        Raises:
            InvalidRequest: it was not issued here, or deleted.
        """
        key = self._known(credentials)
        key.expires_ms = min(key.expires_ms, now_ms)

    def delete(self, credentials: Credentials) -> None:
        """Forget a key; tokens made with it are those of a stranger.

        Raises:
            InvalidRequest: it was not issued here, or deleted before.
        """
        del self._keys[self._known(credentials).access_key]

    def listed(self) -> tuple[IssuedKey, ...]:
        """All keys that are not deleted, in the order they were issued."""
        return tuple(self._keys.values())

    def is_valid(self, key: IssuedKey, now_ms: int) -> bool:
        """Whether a key was neither deleted nor expired."""
        return self._keys.get(key.access_key) is key and now_ms < key.expires_ms

    def check(
        self, authorization: str | None, query: str = "", *, address: str, now_ms: int
    ) -> IssuedKey:
        """Return the key of a request's ``Authorization`` header.

        Args:
            authorization: the header, or None where there is none.
            query: the parameters of the request, not URL-encoded, in the order sent.
            address: the caller's.
            now_ms: since 1970.

        Raises:
            KeyRefused: with the exchange's name for the reason.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme != "Bearer" or not token:
            raise KeyRefused("no_authorization_token")
        try:
            header, claims, signature = _opened(token)
        except (ValueError, RecursionError):
            raise KeyRefused("jwt_verification") from None
        key = self._keys.get(str(claims.get("access_key")))
        if key is None:
            raise KeyRefused("invalid_access_key")
        hash_ = self._hashes.get(str(header.get("alg")))
        # Checked by the algorithm itself: jwt.decode warns of the length of keys, which here the
        # exchange has chosen and not the user.
        if hash_ is None or not HMACAlgorithm(hash_).verify(
            token.rpartition(".")[0].encode(), key.secret_key.encode(), signature
        ):
            raise KeyRefused("jwt_verification")
        if now_ms >= key.expires_ms:
            raise KeyRefused("expired_access_key")
        if key.addresses and address not in key.addresses:
            raise KeyRefused("no_authorization_ip")
        if query and not _has_hash_of(query, claims):
            raise KeyRefused("invalid_query_payload")
        self._use(key, claims.get("nonce"))
        return key

    def _use(self, key: IssuedKey, nonce: object) -> None:
        if not isinstance(nonce, str) or not nonce:
            raise KeyRefused("jwt_verification")
        if (key.access_key, nonce) in self._nonces:
            raise KeyRefused("nonce_used")
        self._nonces[key.access_key, nonce] = None
        if len(self._nonces) > _NONCES_REMEMBERED:
            self._nonces.popitem(last=False)

    def _known(self, credentials: Credentials) -> IssuedKey:
        key = self._keys.get(credentials.access_key)
        if key is None:
            raise InvalidRequest("this key was not issued by this exchange, or it was deleted")
        return key

    def _text(self, number: int) -> str:
        rng = self._noise.generator(number)
        return "".join(_ALPHABET[index] for index in rng.integers(0, len(_ALPHABET), _KEY_LENGTH))


def _has_hash_of(query: str, claims: dict[str, Any]) -> bool:
    expected = hashlib.sha512(query.encode()).hexdigest()
    return claims.get("query_hash") == expected and claims.get("query_hash_alg") in (
        None,
        "SHA512",
    )


def _opened(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """The header, the claims and the signature of a token, nothing checked.

    Raises:
        ValueError: it is no token.
        RecursionError: it is nested too deep for one.
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
