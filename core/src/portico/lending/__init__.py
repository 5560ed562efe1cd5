"""What core lends to plugins: the objects in a hook's ``Context``."""

from portico.lending.factory import ContextFactory

__all__ = ["ContextFactory"]
