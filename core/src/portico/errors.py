"""Errors that any part of Portico may raise."""

from __future__ import annotations

__all__ = ["ConfigurationError"]


class ConfigurationError(Exception):
    """A setting is missing or wrong; the message names the setting and says how to fix it."""
