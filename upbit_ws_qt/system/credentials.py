"""The key: two strings that are never shown, and where they are kept. asyncio, no Qt."""

from __future__ import annotations

import os
from collections.abc import Mapping

import msgspec

from upbit_ws_qt.errors import InvalidRequest, InvalidState, KeyStoreFailed

from .key_store import SERVICE, KeyStore, ask

__all__ = ["Credentials"]


class _Entry(msgspec.Struct):
    """What the key store keeps."""

    access_key: str
    secret_key: str


# State: the two strings, emptied by `delete`. Not a dataclass: `asdict`, and every encoder that
# knows dataclasses, would write the key out.
class Credentials:
    """An access key and its secret; neither is ever shown.

    Make the key on the exchange's page with the rights to read assets and orders, nothing more.

    The system's key store (Keychain, Windows Credential Manager, Secret Service) is asked in a
    thread of its own, because it may ask its user in turn: everything that is about it is
    awaitable. A cancelled wait ends at once. ``profile`` keeps the keys of several accounts apart.

    Raises:
        InvalidRequest: one of the two is empty.
    """

    __slots__ = ("access_key", "secret_key")

    def __init__(self, access_key: str, secret_key: str) -> None:
        if not access_key or not secret_key:
            raise InvalidRequest("credentials need both an access key and a secret key")
        self.access_key = access_key
        self.secret_key = secret_key

    def __repr__(self) -> str:
        return "Credentials(***)"

    def __reduce__(self) -> str:
        raise TypeError("credentials are not pickled: a key belongs in the system's key store")

    __getstate__ = __reduce__

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Credentials | None:
        """Read ``UPBIT_ACCESS_KEY`` and ``UPBIT_SECRET_KEY``; None where neither is set.

        Raises:
            InvalidRequest: only one of the two is set.
        """
        values = os.environ if environment is None else environment
        access = values.get("UPBIT_ACCESS_KEY", "")
        secret = values.get("UPBIT_SECRET_KEY", "")
        if not access and not secret:
            return None
        if not access or not secret:
            raise InvalidRequest("set both UPBIT_ACCESS_KEY and UPBIT_SECRET_KEY, or neither")
        return cls(access, secret)

    @classmethod
    async def from_keyring(cls, profile: str = "default") -> Credentials | None:
        """Read the key that :meth:`to_keyring` left in the system's key store; None without one.

        Raises:
            KeyStoreFailed: there is no key store, it is locked, or the entry cannot be read.
        """

        def read(store: KeyStore) -> Credentials | KeyStoreFailed | None:
            text = store.get_password(SERVICE, profile)
            return None if text is None else _parsed(text)

        return await ask(read)

    async def to_keyring(self, profile: str = "default") -> None:
        """Put the key into the system's key store, in place of the one that may be there.

        Raises:
            KeyStoreFailed: there is no key store, it is locked, or it does not keep the key.
            InvalidState: the key was deleted.
        """
        if not self.access_key:
            raise InvalidState("the key was deleted; there is nothing to store")
        # Not of this object, which may be emptied while the user is asked.
        kept = Credentials(self.access_key, self.secret_key)

        def write(store: KeyStore) -> KeyStoreFailed | None:
            text = msgspec.json.encode(_Entry(kept.access_key, kept.secret_key)).decode()
            store.set_password(SERVICE, profile, text)
            # One that is switched off takes everything and keeps nothing.
            if store.get_password(SERVICE, profile) == text:
                return None
            return KeyStoreFailed("the key store did not keep the key; is it switched off?")

        await ask(write)

    @staticmethod
    async def delete_from_keyring(profile: str = "default") -> bool:
        """Delete the key from the system's key store; whether there was one.

        Raises:
            KeyStoreFailed: there is no key store, it is locked, or it does not delete the key.
        """

        def delete(store: KeyStore) -> bool:
            if store.get_password(SERVICE, profile) is None:
                return False
            store.delete_password(SERVICE, profile)
            return True

        return await ask(delete)

    def delete(self) -> None:
        """Forget the key in this process; the system's key store keeps what it has."""
        self.access_key = self.secret_key = ""


def _parsed(text: str) -> Credentials | KeyStoreFailed:
    try:
        entry = msgspec.json.decode(text, type=_Entry)
        return Credentials(entry.access_key, entry.secret_key)
    except (msgspec.MsgspecError, InvalidRequest):
        return KeyStoreFailed(
            f"what the key store has under {SERVICE} is not a key of ours; delete it there or with "
            "delete_from_keyring, and enter the key again"
        )
