"""Tokens: random, and stored as their hash only."""

import hashlib
import secrets


def new_token() -> str:
    """256 random bits, in URL-safe base64 (43 characters)."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """SHA-256 in hex. Tokens are random, so that neither salt nor stretching adds anything."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
