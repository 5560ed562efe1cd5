"""Portico: a self-hosted customer portal for people who sell digital goods."""

__version__ = "0.1.0"
