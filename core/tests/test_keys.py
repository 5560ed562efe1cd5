"""Signing, encrypting and changing keys."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from portico.errors import ConfigurationError
from portico.keys import DecryptionError, Keys

OLD, NEW = "o" * 32, "n" * 32


def test_a_signature_holds_for_its_purpose_and_data_only() -> None:
    keys = Keys([OLD])
    signature = keys.sign("csrf", b"data")
    assert keys.verify("csrf", b"data", signature)
    assert not keys.verify("csrf", b"dato", signature)
    assert not keys.verify("grant", b"data", signature)
    assert not Keys([NEW]).verify("csrf", b"data", signature)


@pytest.mark.parametrize("forged", ["", "x", "é", "a" * 43, "=" * 43, "!" * 43])
def test_nonsense_is_no_signature(forged: str) -> None:
    assert not Keys([OLD]).verify("csrf", b"data", forged)


def test_a_signature_has_one_spelling() -> None:
    keys = Keys([OLD])
    signature = keys.sign("csrf", b"data")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    others = [signature[:-1] + letter for letter in alphabet if letter != signature[-1]]
    assert not any(keys.verify("csrf", b"data", other) for other in [*others, signature + "="])


def test_a_token_is_decrypted_for_its_purpose_only() -> None:
    keys = Keys([OLD])
    token = keys.encrypt("a", b"secret")
    assert keys.decrypt("a", token) == b"secret"
    assert b"secret" not in token.encode()
    assert keys.encrypt("a", b"secret") != token
    with pytest.raises(DecryptionError):
        keys.decrypt("b", token)
    with pytest.raises(DecryptionError):
        keys.decrypt("a", "")


def test_a_changed_token_is_refused() -> None:
    keys = Keys([OLD])
    token = keys.encrypt("a", b"secret")
    for place in range(len(token)):
        letter = "A" if token[place] != "A" else "B"
        with pytest.raises(DecryptionError):
            keys.decrypt("a", token[:place] + letter + token[place + 1 :])


@pytest.mark.parametrize("secret", ["s", "ü" * 32, "long" * 50])
def test_subkeys_are_those_of_hkdf(secret: str) -> None:
    derive = HKDF(hashes.SHA256(), length=32, salt=None, info=b"portico/sign/csrf").derive
    assert Keys([secret])._derived("sign", "csrf") == [derive(secret.encode())]


def test_keys_are_changed_without_an_interruption() -> None:
    before, both, after = Keys([OLD]), Keys([NEW, OLD]), Keys([NEW])
    token, signature = before.encrypt("a", b"secret"), before.sign("a", b"data")
    assert both.decrypt("a", token) == b"secret"
    assert both.verify("a", b"data", signature)
    with pytest.raises(DecryptionError):
        after.decrypt("a", token)
    rotated = both.rotate("a", token)
    assert after.decrypt("a", rotated) == b"secret"
    assert after.verify("a", b"data", both.sign("a", b"data"))
    with pytest.raises(DecryptionError):
        before.decrypt("a", rotated)


def test_there_is_no_start_without_a_key() -> None:
    with pytest.raises(ConfigurationError, match="PORTICO_SECRET_KEYS"):
        Keys([])
