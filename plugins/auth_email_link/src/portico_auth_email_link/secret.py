"""Making links' tokens and codes, and the form in which they are stored."""

import hashlib
import secrets

# Without vowels (no words) and without what looks alike: 0 O, 1 I L, 2 Z, 5 S, 8 B, U V.
ALPHABET = "34679CDFGHJKMNPQRTWXY"
CODE_LENGTH = 6


def new_token() -> str:
    """256 random bits, in URL-safe base64."""
    return secrets.token_urlsafe(32)


def new_code() -> str:
    """Six characters of 21: one in 85 million, and five tries."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def hash_token(token: str) -> str:
    """SHA-256 in hex; a token is random enough to need nothing more."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def hash_code(code: str, attempt_id: str, device: str) -> str:
    """SHA-256 over the code, however it was typed, and what it belongs to.

    A code alone could be found from its hash by trying; it opens nothing without the cookie of
    the browser that asked, of which only a hash is stored.
    """
    typed = "".join(code.split()).replace("-", "").upper()
    text = f"{attempt_id}\n{device}\n{typed}"
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
