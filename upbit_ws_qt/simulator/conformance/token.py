"""Tokens as the exchange reads them, right and deliberately wrong ones. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid

from upbit_ws_qt.system.credentials import Credentials

__all__ = ["bearer", "query_hash"]

_HASHES = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}


def bearer(
    credentials: Credentials,
    claims: dict[str, str] | None = None,
    *,
    algorithm: str = "HS256",
    nonce: str | None = None,
) -> dict[str, str]:
    """The header of a call. Written out here so that a client's own signing is not its judge.

    Source: docs.upbit.com, auth: three parts in base64url, the secret's bytes as they are.
    """
    payload = {
        "access_key": credentials.access_key,
        "nonce": nonce or str(uuid.uuid4()),
        **(claims or {}),
    }
    head = f"{_part({'alg': algorithm, 'typ': 'JWT'})}.{_part(payload)}"
    digest = hmac.new(credentials.secret_key.encode(), head.encode(), _HASHES[algorithm]).digest()
    return {"Authorization": f"Bearer {head}.{_encoded(digest)}"}


def query_hash(query: str) -> dict[str, str]:
    """The claims for a call with parameters, given as the query string before URL encoding."""
    return {"query_hash": hashlib.sha512(query.encode()).hexdigest(), "query_hash_alg": "SHA512"}


def _part(fields: dict[str, str]) -> str:
    return _encoded(json.dumps(fields, separators=(",", ":")).encode())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
