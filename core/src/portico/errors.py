"""Errors that any part of Portico may raise. Their messages are written for people."""

__all__ = ["ConfigurationError", "PorticoError"]


class PorticoError(Exception):
    """What somebody asked for cannot be done; the message says why and what to do."""


class ConfigurationError(PorticoError):
    """A setting is missing or wrong; the message names the setting and says how to fix it."""
