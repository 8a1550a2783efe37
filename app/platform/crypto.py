"""Encryption of sensitive columns and the blind index by which they are searched.

Identity numbers, certificate numbers and telephones are personal information that must not be read
from a stolen dump. A value is stored as `key id ‖ 0x00 ‖ nonce ‖ AES-256-GCM ciphertext`; equality is searched
through a keyed HMAC beside it.
"""

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask, current_app
from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_NONCE_BYTES = 12


@dataclass(frozen=True)
class FieldKeys:
    """Keys by id; the first encrypts, all decrypt, so that a rotation can go on while the system runs."""

    ciphers: dict[str, AESGCM]
    current: str

    @classmethod
    def parse(cls, text: str) -> "FieldKeys":
        """Read `id:base64,id:base64`. Raises ValueError where a key is not 32 bytes."""
        ciphers: dict[str, AESGCM] = {}
        for part in text.split(","):
            key_id, _, encoded = part.strip().partition(":")
            key = base64.b64decode(encoded, validate=True)
            if not key_id or len(key) != 32:
                raise ValueError("FIELD_KEYS: each entry is id:base64 of 32 bytes")
            ciphers[key_id] = AESGCM(key)
        return cls(ciphers, next(iter(ciphers)))

    def encrypt(self, text: str) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self.ciphers[self.current].encrypt(nonce, text.encode(), None)
        return self.current.encode() + b"\0" + nonce + sealed

    def decrypt(self, stored: bytes) -> str:
        """Raises KeyError for an unknown key id, InvalidTag for a changed value."""
        key_id, _, rest = stored.partition(b"\0")
        nonce, sealed = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
        return self.ciphers[key_id.decode()].decrypt(nonce, sealed, None).decode()

    def is_current(self, stored: bytes) -> bool:
        """Whether a rotation may leave this value as it is."""
        return stored.startswith(self.current.encode() + b"\0")


def blind_index(text: str) -> bytes:
    """Keyed digest of a number, equal exactly where the numbers are equal."""
    key: bytes = current_app.extensions["qiming.blind_index_key"]
    return hmac.digest(key, text.encode(), hashlib.sha256)


class EncryptedText(TypeDecorator[str]):
    """Text that the database only ever sees encrypted."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else _keys().encrypt(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:
        return None if value is None else _keys().decrypt(bytes(value))


def _keys() -> FieldKeys:
    keys: FieldKeys = current_app.extensions["qiming.field_keys"]
    return keys


def init_app(app: Flask, *, field_keys: str, blind_index_key: str) -> None:
    app.extensions["qiming.field_keys"] = FieldKeys.parse(field_keys)
    app.extensions["qiming.blind_index_key"] = blind_index_key.encode()
