"""Signatures and encryption with the installation's secret keys.

Every purpose has its own subkeys (HKDF-SHA256, RFC 5869), so that a value signed for one use is
worth nothing in another. The first configured key signs and encrypts; all of them verify and
decrypt, which is what makes changing keys possible without an interruption.

``cryptography`` is loaded when something is encrypted or decrypted first: it brings an OpenSSL of
its own, 9 MB, and the pages of a portal only sign.
"""

import base64
import binascii
import hmac
import os
from collections.abc import Sequence

from pydantic import SecretStr

from portico.errors import ConfigurationError

_VERSION = b"\x01"
_NONCE = 12  # bytes; what AES-GCM is specified for (NIST SP 800-38D)


class DecryptionError(Exception):
    """No key decrypts the token: it was changed, or its key is no longer configured."""


class Keys:
    """The secret keys, newest first. Raises ConfigurationError when there is none."""

    def __init__(self, secret_keys: Sequence[SecretStr | str]) -> None:
        if not secret_keys:
            raise ConfigurationError(
                "PORTICO_SECRET_KEYS is not set. Make a key with `portico secrets generate`."
            )
        self._secrets = [
            (one.get_secret_value() if isinstance(one, SecretStr) else one).encode()
            for one in secret_keys
        ]
        self._subkeys: dict[tuple[str, str], list[bytes]] = {}

    def sign(self, purpose: str, data: bytes) -> str:
        """The HMAC-SHA256 of ``data``, in URL-safe base64 without padding (43 characters)."""
        return _encode(hmac.digest(self._derived("sign", purpose)[0], data, "sha256"))

    def verify(self, purpose: str, data: bytes, signature: str) -> bool:
        """Whether any key made the signature; in constant time."""
        try:
            given = _decode(signature)
        except ValueError:
            return False
        found = False
        for key in self._derived("sign", purpose):
            found |= hmac.compare_digest(hmac.digest(key, data, "sha256"), given)
        return found

    def encrypt(self, purpose: str, data: bytes) -> str:
        """Encrypt with AES-256-GCM; a token of URL-safe base64."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - see above

        nonce = os.urandom(_NONCE)
        sealed = AESGCM(self._derived("encrypt", purpose)[0]).encrypt(nonce, data, _VERSION)
        return _encode(_VERSION + nonce + sealed)

    def decrypt(self, purpose: str, token: str) -> bytes:
        """What ``encrypt`` was given. Raises DecryptionError."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - see above
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        try:
            raw = _decode(token)
        except ValueError:
            raw = b""
        if raw[:1] == _VERSION and len(raw) > _NONCE + 16:
            nonce, sealed = raw[1 : 1 + _NONCE], raw[1 + _NONCE :]
            for key in self._derived("encrypt", purpose):
                try:
                    return AESGCM(key).decrypt(nonce, sealed, _VERSION)
                except InvalidTag:
                    continue
        raise DecryptionError(f"no key in PORTICO_SECRET_KEYS decrypts this {purpose} value")

    def rotate(self, purpose: str, token: str) -> str:
        """The same content, encrypted with the newest key. Raises DecryptionError."""
        return self.encrypt(purpose, self.decrypt(purpose, token))

    def _derived(self, use: str, purpose: str) -> list[bytes]:
        subkeys = self._subkeys.get((use, purpose))
        if subkeys is None:
            info = f"portico/{use}/{purpose}".encode()
            subkeys = [_hkdf(secret, info) for secret in self._secrets]
            self._subkeys[(use, purpose)] = subkeys
        return subkeys


def _hkdf(secret: bytes, info: bytes) -> bytes:
    """HKDF-SHA256 without a salt, for one block of output: 32 bytes."""
    extracted = hmac.digest(bytes(32), secret, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    """Raises ValueError for anything that ``_encode`` would not have written."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError(str(error)) from None
    if _encode(raw) != text:  # unused trailing bits would make a second spelling valid
        raise ValueError("not canonical")
    return raw
